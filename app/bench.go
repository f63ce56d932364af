package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
)

type benchCmd struct {
	Measure benchMeasureCmd `cmd:"" default:"withargs" help:"Measure the server beside a bare WebSocket echo."`
	Server  benchServerCmd  `cmd:"" hidden:"" help:"The server of one measurement; the bench starts it."`
}

type benchMeasureCmd struct {
	Duration    time.Duration `help:"Length of each measurement, 100ms to 10m." default:"3s"`
	Connections int           `help:"Stations that send at once, each waiting for its answer; 1 to 10000." default:"100"`
	Rounds      int           `help:"Rounds; each measures every scenario once, 1 to 100." default:"3"`
	Idle        int           `help:"Idle stations whose memory is measured; 0 measures none, at most 50000." default:"2000"`
	Backlog     int           `help:"Closed sessions that the settlement scenario settles; 100 to 1000000." default:"10000"`
	Scenario    []string      `help:"Scenarios to measure beside the echo: heartbeat, metervalues, transaction, sessions, settlement; all when empty." placeholder:"NAME"`
	Database    string        `help:"sqlite, or postgres://… of a server on which a database is made for each measurement and dropped." default:"sqlite" env:"-" placeholder:"URL"`
	Dir         string        `help:"Directory for the temporary data; its disk is what is measured (default: the system's temporary directory)." placeholder:"DIR"`
	Profile     string        `help:"Directory for a CPU profile of the server in each measurement." placeholder:"DIR"`
	JSON        bool          `name:"json" help:"Print JSON."`
}

func (c *benchMeasureCmd) check() error {
	switch {
	case c.Duration < 100*time.Millisecond || c.Duration > 10*time.Minute:
		return fail.Field("bench", "duration", "%s is not between 100ms and 10m", c.Duration)
	case c.Connections < 1 || c.Connections > 10_000:
		return fail.Field("bench", "connections", "%d is not between 1 and 10000", c.Connections)
	case c.Rounds < 1 || c.Rounds > 100:
		return fail.Field("bench", "rounds", "%d is not between 1 and 100", c.Rounds)
	case c.Idle < 0 || c.Idle > 50_000:
		return fail.Field("bench", "idle", "%d is not between 0 and 50000", c.Idle)
	case c.Backlog < 100 || c.Backlog > 1_000_000:
		return fail.Field("bench", "backlog", "%d is not between 100 and 1000000", c.Backlog)
	case c.Database != "sqlite" && !strings.HasPrefix(c.Database, "postgres"):
		return fail.Field("bench", "database", "it is sqlite or postgres://…, and never the database of an installation")
	}
	for _, n := range c.Scenario {
		if _, ok := scenarioNamed(n); !ok {
			return fail.Field("bench", "scenario", "%q is none of heartbeat, metervalues, transaction, sessions, settlement", n)
		}
	}
	return nil
}

// Run measures and prints.
func (c *benchMeasureCmd) Run(ctx context.Context, t terminal) error {
	if err := c.check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.Dir, "chargewright-bench-")
	if err != nil {
		return fail.Field("bench", "dir", "%v", err)
	}
	defer os.RemoveAll(dir)
	b := bench{benchMeasureCmd: c, dir: dir, progress: func(format string, args ...any) { fmt.Fprintf(t.err, format+"\n", args...) }}
	report, err := b.run(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(t.out)
		e.SetIndent("", "  ")
		return e.Encode(report)
	}
	return report.print(t.out)
}

// bench is one run of the command.
type bench struct {
	*benchMeasureCmd
	dir      string
	cells    int
	progress func(format string, args ...any)
}

// scenarios returns the echo and those asked for, in the order they are measured.
func (b *bench) scenarios() []scenario {
	all := benchScenarios()
	return slices.DeleteFunc(all, func(s scenario) bool {
		return s.name != echoName && len(b.Scenario) > 0 && !slices.Contains(b.Scenario, s.name)
	})
}

// run measures every scenario once a round, so that a change of the machine's
// speed meets all of them.
func (b *bench) run(ctx context.Context) (*benchReport, error) {
	r := &benchReport{Machine: lookAtMachine(), Settings: b.settings()}
	var err error
	if r.Machine.Fsync, err = measureFsync(b.dir); err != nil {
		return nil, err
	}
	cells := map[string][]benchCell{}
	list := b.scenarios()
	for round := range b.Rounds {
		for _, s := range list {
			cell, err := b.measure(ctx, s, round)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			b.progress("round %d of %d  %-12s %8.0f /s  %7.1f µs", round+1, b.Rounds, s.name, cell.PerSecond, cell.CPU)
			cells[s.name] = append(cells[s.name], cell)
		}
	}
	for _, s := range list {
		r.Scenarios = append(r.Scenarios, summarise(s, cells[s.name], cells[echoName]))
	}
	if b.Idle > 0 {
		r.Memory, err = b.memory(ctx)
	}
	return r, err
}

func (b *bench) settings() benchSettings {
	engine := "sqlite"
	if b.Database != engine {
		engine = "postgres"
	}
	return benchSettings{Engine: engine, Seconds: b.Duration.Seconds(), Connections: b.Connections, Rounds: b.Rounds, Idle: b.Idle, Backlog: b.Backlog}
}

// start starts a fresh server of a kind. end stops it and removes what it left.
func (b *bench) start(ctx context.Context, kind string, stations int, profile string) (p *benchProcess, end func() error, err error) {
	b.cells++
	dir := filepath.Join(b.dir, fmt.Sprint("cell", b.cells))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fail.Wrap(fail.Unavailable, "bench", err)
	}
	url, drop := "", func() error { return nil }
	if kind != echoName && b.Database != "sqlite" {
		if url, drop, err = benchDatabase(ctx, b.Database); err != nil {
			return nil, nil, err
		}
	}
	p, err = startBenchProcess(ctx, kind, dir, url, stations, profile)
	if err != nil {
		return nil, nil, firstError(err, drop(), os.RemoveAll(dir))
	}
	return p, func() error { return firstError(p.stop(), drop(), os.RemoveAll(dir)) }, nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// measure takes one cell: a fresh server, its stations connected and each in
// the state that the scenario begins from, a while to warm up, and the window.
func (b *bench) measure(ctx context.Context, s scenario, round int) (cell benchCell, err error) {
	if s.server() == backlogName {
		return b.backlogged(ctx, s, round)
	}
	p, end, err := b.start(ctx, s.server(), b.Connections, b.profileOf(s, round))
	if err != nil {
		return cell, err
	}
	defer func() { err = firstError(err, end()) }()
	load, err := dialLoad(ctx, p.addr, s, b.Connections)
	if err != nil {
		return cell, err
	}
	defer load.close()
	if _, err := load.run(ctx, b.Duration/5); err != nil { // caches, pools and the runtime settle
		return cell, err
	}
	if _, err := p.ask("settle", load.sessions()); err != nil {
		return cell, err
	}
	before, err := p.ask("begin", 0)
	if err != nil {
		return cell, err
	}
	begun := time.Now()
	sample, err := load.run(ctx, b.Duration)
	if err != nil {
		return cell, err
	}
	if _, err := p.ask("settle", load.sessions()); err != nil {
		return cell, err
	}
	took := time.Since(begun)
	after, err := p.ask("end", 0)
	if err != nil {
		return cell, err
	}
	cell = newCell(s, sample, before, after, took)
	return cell, b.audit(p, s, load.sessions())
}

// audit fails a cell whose figures are of work that was not done.
func (b *bench) audit(p *benchProcess, s scenario, sessions int64) error {
	if s.unit != unitSession {
		return nil
	}
	u, err := p.ask("audit", 0)
	if err != nil {
		return err
	}
	if u.Receipts != sessions || u.Unbalanced != 0 {
		return fail.New(fail.Internal, "bench", "%d sessions ended, %d receipts, %d journals off balance", sessions, u.Receipts, u.Unbalanced)
	}
	return nil
}

func (b *bench) profileOf(s scenario, round int) string {
	if b.Profile == "" {
		return ""
	}
	return filepath.Join(b.Profile, fmt.Sprintf("%s-%d.pprof", s.name, round+1))
}

// memory measures what an idle connection costs, for the echo and for us.
func (b *bench) memory(ctx context.Context) ([]benchMemory, error) {
	var out []benchMemory
	for _, s := range []scenario{echoScenario(), idleScenario()} {
		m, err := b.memoryOf(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("memory of %s: %w", s.server(), err)
		}
		out = append(out, m)
		b.progress("%d idle connections of %-12s %7.1f KiB each", b.Idle, m.Server, m.RSS)
	}
	return out, nil
}

// warmStations connect and leave before idle memory is measured, so that what
// a server allocates once is not counted as a connection's.
const warmStations = 100

func (b *bench) memoryOf(ctx context.Context, s scenario) (m benchMemory, err error) {
	p, end, err := b.start(ctx, s.server(), b.Idle+warmStations, "")
	if err != nil {
		return m, err
	}
	defer func() { err = firstError(err, end()) }()
	warm, err := dialLoad(ctx, p.addr, s.from(b.Idle), warmStations)
	if err != nil {
		return m, err
	}
	err = warm.once(ctx)
	warm.close()
	if err != nil {
		return m, err
	}
	before, err := p.ask("collect", 0)
	if err != nil {
		return m, err
	}
	load, err := dialLoad(ctx, p.addr, s, b.Idle)
	if err != nil {
		return m, err
	}
	defer load.close()
	if err := load.once(ctx); err != nil {
		return m, err
	}
	after, err := p.ask("collect", 0)
	each := func(a, b int64) float64 { return float64(b-a) / 1024 / float64(load.size()) }
	return benchMemory{
		Server: s.server(), Connections: load.size(), RSS: each(before.RSS, after.RSS),
		Heap: each(before.Heap, after.Heap), Stack: each(before.Stack, after.Stack),
	}, err
}
