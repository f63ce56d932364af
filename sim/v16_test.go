package sim

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
)

// rig is a station in front of a fake CSMS, inside a synctest bubble.
type rig struct {
	*csms
	st  *Station
	ctx context.Context
}

// bubble runs test with a station that is switched on, and checks that nothing
// of it is left afterwards.
func bubble(t *testing.T, cfg Config, test func(r rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := newCSMS(t)
		start(t, c, cfg, test)
	})
}

func start(t *testing.T, c *csms, cfg Config, test func(r rig)) {
	t.Helper()
	cfg.ID, cfg.URL, cfg.Dial = orText(cfg.ID, "CP-1"), "ws://csms.test/ocpp/", c.pipes.Dial
	st, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- st.Run(ctx) }()
	test(rig{c, st, ctx})
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func (r rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// statuses returns what 1.6 connector id has reported.
func (r rig) statuses(id int64) (out []string) {
	for _, q := range typed[v16.StatusNotification](r.csms, ocpp.V16) {
		if q.ConnectorID == id {
			out = append(out, string(q.Status))
		}
	}
	return out
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("%s differ at %d: got %v, want %v", what, i, got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))])
			return
		}
	}
}

func TestWholeSession16(t *testing.T) {
	bubble(t, Config{Version: ocpp.V16, EVSEs: []EVSE{{RegisterWh: 5000}}}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		r.must(r.st.Plug(r.ctx, 1))
		out, err := r.st.Tap(r.ctx, 1, "TAG1")
		r.must(err)
		if !out.Accepted() || out.Transaction == "" {
			t.Fatalf("tap: %+v", out)
		}
		time.Sleep(time.Hour + time.Second)
		r.must(r.st.StopLocal(r.ctx, 1))
		r.must(r.st.Unplug(r.ctx, 1))
		r.must(r.st.Flush(r.ctx))

		equal(t, "statuses", r.statuses(1), []string{available, preparing, charging, finishing, available})
		begin := typed[v16.StartTransaction](r.csms, ocpp.V16)[0]
		end := typed[v16.StopTransaction](r.csms, ocpp.V16)[0]
		if strconv.FormatInt(end.TransactionID, 10) != out.Transaction || end.Reason != v16.ReasonLocal {
			t.Errorf("stop: %+v", end)
		}
		if begin.MeterStart != 5000 || end.MeterStop != 5000+11_003 { // 11 kW for 3601 s
			t.Errorf("meter: %d to %d", begin.MeterStart, end.MeterStop)
		}
		samples := typed[v16.MeterValues](r.csms, ocpp.V16)
		if len(samples) != 60 {
			t.Errorf("%d samples in an hour", len(samples))
		}
		last := begin.MeterStart
		for _, m := range samples {
			v, err := strconv.ParseInt(m.MeterValue[0].SampledValue[0].Value, 10, 64)
			if err != nil || v < last || *m.TransactionID != end.TransactionID {
				t.Errorf("sample %+v after %d", m, last)
			}
			last = v
		}
		if n := len(r.of("Heartbeat")); n != 12 {
			t.Errorf("%d heartbeats in an hour at 300 s", n)
		}
	})
}
