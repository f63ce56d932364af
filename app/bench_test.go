package app

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/session"
)

func TestBenchHistogramIsWithinASixteenth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "d"))
		from, to := least(slot(d)), least(slot(d)+1)
		if d < from || d >= to || to-from > max(1, d/16) {
			t.Fatalf("%d is put between %d and %d", d, from, to)
		}
	})
}

func TestBenchHistogramShares(t *testing.T) {
	var h, other histogram
	for i := range 90 {
		h.record(time.Duration(i) * time.Microsecond)
	}
	for range 10 {
		other.record(time.Second)
	}
	h.add(&other)
	if p := h.at(0.5); p < 50*time.Microsecond || p > 54*time.Microsecond {
		t.Errorf("the median is %s", p)
	}
	if p := h.at(0.99); p < time.Second || p > time.Second*17/16 {
		t.Errorf("the 99th percentile is %s", p)
	}
}

func TestBenchRefuses(t *testing.T) {
	good := benchMeasureCmd{Duration: time.Second, Connections: 1, Rounds: 1, Backlog: 100, Database: "sqlite"}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*benchMeasureCmd){
		"duration":    func(c *benchMeasureCmd) { c.Duration = time.Hour },
		"connections": func(c *benchMeasureCmd) { c.Connections = 0 },
		"rounds":      func(c *benchMeasureCmd) { c.Rounds = 1000 },
		"backlog":     func(c *benchMeasureCmd) { c.Backlog = 99 },
		"idle":        func(c *benchMeasureCmd) { c.Idle = -1 },
		"database":    func(c *benchMeasureCmd) { c.Database = "sqlite:data/core.db" },
		"scenario":    func(c *benchMeasureCmd) { c.Scenario = []string{"heartbeat", "flight"} },
	} {
		c := good
		change(&c)
		err := c.check()
		if e, ok := err.(*fail.Error); !ok || e.Kind != fail.Invalid || e.Field != field {
			t.Errorf("a wrong %s is answered by %v", field, err)
		}
	}
}

func TestBenchSummary(t *testing.T) {
	s, _ := scenarioNamed("metervalues")
	f := summarise(s, []benchCell{{CPU: 60, PerSecond: 10}, {CPU: 20, PerSecond: 30}, {CPU: 50, PerSecond: 20}}, []benchCell{{CPU: 10}, {CPU: 10}, {CPU: 5}})
	if f.CPU != (spread{50, 20}) || f.Ratio != (spread{6, 2}) || f.Rate != (spread{20, 30}) {
		t.Errorf("%+v", f)
	}
}

// What the bench sends is right to the letter: else the cost of recording
// findings would be measured too.
func TestBenchSpeaksCleanly(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, s := range append(benchScenarios(), idleScenario()) {
		t.Run(s.name, func(t *testing.T) {
			addr, tested, err := startEcho()
			if s.server() != echoName {
				c := benchServerCmd{Kind: s.server(), Dir: t.TempDir(), Stations: 2}
				addr, tested, err = c.startOwn(ctx, quiet)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { must(t, tested.stop(ctx)) }()
			if s.server() == backlogName {
				must(t, tested.backlog(ctx, 2, 2))
				must(t, tested.start(ctx))
				must(t, tested.settle(ctx, 2))
				checkSpoken(t, tested.(*own), s)
				return
			}
			l, err := dialLoad(ctx, addr, s, 2)
			if err != nil {
				t.Fatal(err)
			}
			defer l.close()
			must(t, l.once(ctx))
			must(t, tested.settle(ctx, l.sessions()))
			if own, ok := tested.(*own); ok {
				checkSpoken(t, own, s)
			} else if n := len(l.clients[0].buf); n != 300 {
				t.Errorf("the echo's message has %d bytes", n)
			}
		})
	}
}

func checkSpoken(t *testing.T, o *own, s scenario) {
	t.Helper()
	w := &world{t: t, Server: o.Server}
	for _, x := range do(w, func(tx *store.Tx) ([]string, error) {
		return store.All(tx, func(r *store.Row) string { return r.Text(0) + " " + r.Text(1) + " " + r.Text(2) }, `SELECT action, kind, path FROM device_finding ORDER BY action, kind, path`)
	}) {
		t.Errorf("found: %s", x)
	}
	list := w.sessions()
	if s.durable && len(list) != 2 {
		t.Errorf("%d sessions", len(list))
	}
	for _, x := range list {
		if len(x.Flags) > 0 || s.unit == unitSession && (x.State != session.Closed || !x.Settled) {
			t.Errorf("session %s: %s, settled %v, flags %v", x.Tx, x.State, x.Settled, x.Flags)
		}
	}
}
