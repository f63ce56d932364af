package session_test

import (
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/session"
)

// What a start is, and the energy of a part of a session.
func TestStartsAndEnergySince(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		run := func(tx, token, reason string, minutes int, kWh int64) {
			apply(t, db, started2(tx, token))
			end := ended2(tx, 1, minutes, 100+kWh)
			end.Reason = reason
			end.Samples = []energy.Sample{kwh(minutes, 100+kWh)}
			apply(t, db, end)
		}
		count := func(sc access.Scope) [2]int64 {
			return do(t, db, func(tx *store.Tx) (n [2]int64, err error) {
				n[0], n[1], err = session.StartsSince(tx, sc, at(-60))
				return n, err
			})
		}
		since := func(sc access.Scope, from time.Time) energy.Energy {
			return do(t, db, func(tx *store.Tx) (energy.Energy, error) { return session.EnergySince(tx, sc, from) })
		}
		for i, c := range []struct {
			token, reason  string
			minutes        int
			kWh            int64
			worked, failed int64
		}{
			{"CARD", "Local", 60, 10, 1, 0},
			{"CARD", "GroundFault", 60, 10, 1, 0}, // energy flowed
			{"CARD", "GroundFault", 2, 0, 0, 1},
			{"CARD", "Timeout", 4, 0, 0, 1},
			{"CARD", "GroundFault", 6, 0, 0, 0},    // not soon
			{"CARD", "EVDisconnected", 2, 0, 0, 0}, // a person changed their mind
			{"NOBODY", "GroundFault", 2, 0, 0, 0},  // a token that was refused
		} {
			before := count(ours)
			run(string(rune('a'+i)), c.token, c.reason, c.minutes, c.kWh)
			after := count(ours)
			if after[0]-before[0] != c.worked || after[1]-before[1] != c.failed {
				t.Errorf("%+v counted %d worked, %d failed", c, after[0]-before[0], after[1]-before[1])
			}
		}
		if failed := list(t, db, session.Filter{States: []string{session.AnyFailed}}); len(failed) != 2 {
			t.Errorf("%d failed starts are listed", len(failed))
		}
		if got := since(ours, at(-1)); got != 20*energy.KiloWattHour {
			t.Errorf("all of it: %s", got)
		}
		if got := since(ours, at(45)); got != 5*energy.KiloWattHour {
			t.Errorf("the last quarters of two sessions: %s", got)
		}
		if got := since(ours, at(61)); got != 0 {
			t.Errorf("after all ended: %s", got)
		}
		for _, sc := range []access.Scope{theirs, {Tenant: ours.Tenant, Sites: []string{}}, {Tenant: ours.Tenant, Sites: []string{"elsewhere"}}} {
			if n := count(sc); n != [2]int64{} || since(sc, at(-1)) != 0 {
				t.Errorf("%+v sees %v", sc, n)
			}
		}
		apply(t, db, started2("open", "CARD"))
		u := updated2("open", 1, 60, 0)
		u.Samples = []energy.Sample{kwh(60, 108)}
		apply(t, db, u)
		if got := since(ours, at(30)); got != 14*energy.KiloWattHour {
			t.Errorf("with one that runs: %s", got)
		}
		var open []session.Running
		must(t, db, func(tx *store.Tx) error {
			open = nil
			return session.EachOpen(tx, func(s session.Running) { open = append(open, s) })
		})
		if len(open) != 1 || open[0].Tx != "open" || open[0].EVSE != 1 || open[0].Energy != 8*energy.KiloWattHour {
			t.Errorf("open: %+v", open)
		}
		if n := do(t, db, func(tx *store.Tx) (int64, error) { return session.EVSEOf(tx, "S1", "open") }); n != 1 {
			t.Errorf("the transaction is on EVSE %d", n)
		}
		if at := do(t, db, func(tx *store.Tx) ([]session.Session, error) { return session.OpenAt(tx, "S1") }); len(at) != 1 || at[0].EVSEFlow() == "" {
			t.Errorf("open at S1: %+v", at)
		}
	})
}
