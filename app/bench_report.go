package app

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// benchReport is what `bench` prints.
type benchReport struct {
	Machine   benchMachine   `json:"machine"`
	Settings  benchSettings  `json:"settings"`
	Scenarios []benchFigures `json:"scenarios"`
	Memory    []benchMemory  `json:"memory,omitempty"`
}

type benchSettings struct {
	Engine      string  `json:"engine"`
	Seconds     float64 `json:"seconds"`
	Connections int     `json:"connections"`
	Rounds      int     `json:"rounds"`
	Idle        int     `json:"idle"`
	Backlog     int     `json:"backlog"`
}

// benchCell is one scenario in one round. CPU and Allocs are of the server
// alone and for one message.
type benchCell struct {
	PerSecond float64 `json:"per_second"` // units: messages, or sessions
	Messages  int64   `json:"messages"`
	Units     int64   `json:"units"`
	CPU       float64 `json:"cpu_us_per_message"`
	CPUUnit   float64 `json:"cpu_us_per_unit"`
	Allocs    float64 `json:"allocs_per_message"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
}

func newCell(s scenario, load loadSample, before, after benchUsage, took time.Duration) benchCell {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	cpu, messages, units := float64(after.CPU-before.CPU), float64(load.messages), float64(load.units)
	return benchCell{
		PerSecond: units / took.Seconds(), Messages: load.messages, Units: load.units, CPU: cpu / messages, CPUUnit: cpu / units,
		Allocs: float64(after.Allocs-before.Allocs) / messages, P50: ms(load.latency.at(0.5)), P99: ms(load.latency.at(0.99)),
	}
}

// benchFigures are a scenario's figures over all rounds.
type benchFigures struct {
	Name    string      `json:"name"`
	Unit    string      `json:"unit"`
	Durable bool        `json:"durable"`
	Rate    spread      `json:"per_second"`
	CPU     spread      `json:"cpu_us_per_message"`
	CPUUnit spread      `json:"cpu_us_per_unit"`
	Ratio   spread      `json:"times_echo"` // CPU of a message over the echo's in the same round
	Allocs  spread      `json:"allocs_per_message"`
	P50     spread      `json:"p50_ms"`
	P99     spread      `json:"p99_ms"`
	Rounds  []benchCell `json:"rounds"`
}

// spread is the median and the best of several rounds.
type spread struct {
	Median float64 `json:"median"`
	Best   float64 `json:"best"`
}

// text is a latency; "-" where nothing was waited for.
func (s spread) text() string {
	if s == (spread{}) {
		return "-"
	}
	return fmt.Sprintf("%.2f", s.Median)
}

func summarise(s scenario, cells, echo []benchCell) benchFigures {
	low := func(of func(int) float64) spread {
		all := make([]float64, len(cells))
		for i := range cells {
			all[i] = of(i)
		}
		slices.Sort(all)
		return spread{median(all), all[0]}
	}
	f := benchFigures{
		Name: s.name, Unit: s.unit, Durable: s.durable, Rounds: cells,
		Rate:    low(func(i int) float64 { return -cells[i].PerSecond }),
		CPU:     low(func(i int) float64 { return cells[i].CPU }),
		CPUUnit: low(func(i int) float64 { return cells[i].CPUUnit }),
		Ratio:   low(func(i int) float64 { return cells[i].CPU / echo[i].CPU }),
		Allocs:  low(func(i int) float64 { return cells[i].Allocs }),
		P50:     low(func(i int) float64 { return cells[i].P50 }),
		P99:     low(func(i int) float64 { return cells[i].P99 }),
	}
	f.Rate = spread{-f.Rate.Median, -f.Rate.Best} // the most is the best
	return f
}

// median of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// benchMemory is what one idle connection holds, in KiB.
type benchMemory struct {
	Server      string  `json:"server"`
	Connections int     `json:"connections"`
	RSS         float64 `json:"rss_kib"`
	Heap        float64 `json:"heap_kib"`
	Stack       float64 `json:"stack_kib"`
}

// What we aim at. The limit is the echo of the same run.
const (
	goalDurable = 6.0   // CPU of a durable message over the echo's
	goalMemory  = 14.0  // KiB of RSS per plain idle connection
	goalSettled = 5_000 // sessions a second, of a backlog
)

func (r *benchReport) print(w io.Writer) error {
	m, s := r.Machine, r.Settings
	fmt.Fprintf(w, "%s  %s, %d cores, %s, %s, commit %s\n", m.Time.Format(time.DateOnly), m.CPU, m.Cores, m.OS, m.Go, m.Commit)
	fmt.Fprintf(w, "%s; a durable write of 4 KiB takes %.0f µs (p99 %.0f µs) there\n", s.Engine, m.Fsync.Median, m.Fsync.P99)
	fmt.Fprintf(w, "%d rounds of %g s, %d stations in a closed loop on the same machine; median (best)\n\n", s.Rounds, s.Seconds, s.Connections)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "scenario\tper second\t\tCPU µs/message\t\t× echo\t\tallocs\tp50 ms\tp99 ms\t")
	for _, f := range r.Scenarios {
		fmt.Fprintf(t, "%s\t%.0f\t(%.0f)\t%.1f\t(%.1f)\t%.1f\t(%.1f)\t%.0f\t%s\t%s\t\n", f.Name,
			f.Rate.Median, f.Rate.Best, f.CPU.Median, f.CPU.Best, f.Ratio.Median, f.Ratio.Best, f.Allocs.Median, f.P50.text(), f.P99.text())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nCPU is the server process's alone. Latency is of the closed loop, at saturation. A session is start,")
	fmt.Fprintf(w, "%d meter values, stop, CDR, receipt and ledger; its CPU is divided by its %d messages. Settlement is of %d\n", meterValuesEach, meterValuesEach+2, s.Backlog)
	fmt.Fprintln(w, "such sessions that are closed already: no message, and its CPU is a session's.")
	if s.Engine != "sqlite" {
		fmt.Fprintln(w, "The CPU of the database's own processes is not counted; the durable write is of the temporary directory's disk.")
	}
	fmt.Fprintln(w)
	if len(r.Memory) > 0 {
		t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(t, "idle connections\tnumber\tRSS KiB each\theap\tstack\t")
		for _, m := range r.Memory {
			fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%.1f\t\n", m.Server, m.Connections, m.RSS, m.Heap, m.Stack)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return r.printGoals(w)
}

func (r *benchReport) printGoals(w io.Writer) error {
	said := func(ok bool) string {
		if ok {
			return "met"
		}
		return "not met"
	}
	for _, f := range r.Scenarios {
		if f.Name == settlementName {
			fmt.Fprintf(w, "goal: %s at least %d sessions a second: %.0f, %s\n", f.Name, goalSettled, f.Rate.Median, said(f.Rate.Median >= goalSettled))
		}
		if f.Durable && f.Unit == unitMessage {
			fmt.Fprintf(w, "goal: %s at most %.0f × echo: %.1f, %s\n", f.Name, goalDurable, f.Ratio.Median, said(f.Ratio.Median <= goalDurable))
		}
	}
	for _, m := range r.Memory {
		if m.Server == ownName {
			fmt.Fprintf(w, "goal: at most %.0f KiB per plain connection: %.1f, %s\n", goalMemory, m.RSS, said(m.RSS <= goalMemory))
		}
	}
	return nil
}
