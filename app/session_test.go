package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store/storetest"
	"chargewright/core/session"
	"chargewright/schema"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

var versions = []ocpp.Version{ocpp.V16, ocpp.V201, ocpp.V21}

// startStation connects a simulated station to the world and waits until it
// is accepted.
func (w *world) startStation(c sim.Config) *sim.Station {
	w.t.Helper()
	c.URL, c.Dial = "ws://cs/ocpp/", w.net.Dial
	s, err := sim.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx)
	}()
	w.t.Cleanup(func() { stop(); <-done })
	if err := s.WaitAccepted(ctx); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// A driver plugs in, taps, charges for an hour of virtual time, taps again and
// leaves with a receipt.
func TestSessionFromSocketToReceipt(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.MigratedURL(t, schema.FS), nil)
				w.addStation("CS-1", "correct horse battery")
				w.addToken("04AABBCC")
				w.addTariff(plainTariff)
				s := w.startStation(sim.Config{ID: "CS-1", Version: v, Password: "correct horse battery", Seed: 1})
				ctx := t.Context()
				must(t, s.Plug(ctx, 1, sim.Vehicle{WantWh: 9_000}))
				out, err := s.Tap(ctx, 1, "04aabbcc")
				if err != nil || !out.Accepted() {
					t.Fatalf("tap: %+v %v", out, err)
				}
				time.Sleep(time.Hour)
				must(t, s.StopLocal(ctx, 1))
				must(t, s.Unplug(ctx, 1))
				must(t, s.Flush(ctx))
				synctest.Wait()
				w.settle()

				list := w.sessions()
				if len(list) != 1 {
					t.Fatalf("%d sessions", len(list))
				}
				x := list[0]
				if x.State != session.Closed || x.Energy != 9*energy.KiloWattHour || len(x.Flags) != 0 || !x.Settled {
					t.Fatalf("session %s with %s, flags %v, settled %v", x.State, x.Energy, x.Flags, x.Settled)
				}
				// 0.50 + 9 × 0.40 = 4.10 net, 0.78 tax (0.779), 4.88 gross.
				r := w.receipts()
				if len(r) != 1 || r[0].Net != 410 || r[0].Tax != 78 || r[0].Gross != 488 {
					t.Fatalf("receipts %+v", r)
				}
				w.checkMoney()
				must(t, s.CutConnection(ctx))
			})
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
