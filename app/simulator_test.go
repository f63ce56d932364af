package app

import (
	"context"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/session"
	"chargewright/edge/api"
)

// A new installation comes to a charging station by one call, and the stations
// of an earlier simulation serve again.
func TestSimulatedStationsCharge(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	s := listening(t, func(c *Config) { c.Simulator = true })
	sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	if _, err := s.simulator.Start(ctx, sc, api.Simulation{Stations: 1, Site: "elsewhere"}); !fail.Is(err, fail.NotFound) {
		t.Errorf("a site that is not there: %v", err)
	}
	for _, o := range []api.Simulation{{Stations: 4}, {Stations: 2, Protocol: "2.1"}} {
		events, _ := s.Live.Subscribe(ctx, s.Live.Position())
		ids, err := s.simulator.Start(ctx, sc, o)
		if err != nil || len(ids) != o.Stations {
			t.Fatalf("%v, %v", ids, err)
		}
		if _, err := s.simulator.Start(ctx, sc, o); !fail.Is(err, fail.Conflict) {
			t.Errorf("a second simulation: %v", err)
		}
		for !charging(ctx, t, s, sc) {
			if _, ok := <-events; !ok {
				t.Fatalf("no session: %v", ctx.Err())
			}
		}
		s.simulator.Stop("tn_other")
		if len(s.simulator.Running(sc.Tenant)) != o.Stations {
			t.Error("another tenant ended the simulation")
		}
		s.simulator.Stop(sc.Tenant)
	}
}

// listening starts a server on a real port of this machine; the test's end
// stops it.
func listening(t *testing.T, change func(*Config)) *Server {
	t.Helper()
	cfg := Config{DataDir: t.TempDir(), Listen: "127.0.0.1:0", Name: "New", Country: "DE", Currency: "EUR", Zone: "Europe/Berlin", TelemetryDays: 1, MessageLogDays: 1}
	change(&cfg)
	ctx := context.WithoutCancel(t.Context())
	s, err := Open(ctx, cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func charging(ctx context.Context, t *testing.T, s *Server, sc access.Scope) bool {
	rows, err := store.Read(ctx, s.DB, func(tx *store.Tx) ([]session.Session, error) {
		return session.List(tx, sc, session.Filter{Open: true}, 10)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Energy > 0 {
			return true
		}
	}
	return false
}
