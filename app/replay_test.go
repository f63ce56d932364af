package app

import (
	"fmt"
	"os"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/core/session"
	"chargewright/sim"
)

// realSessions is a slice of a real month at Caltech, from the data beside the
// project; where that is missing, sessions made here stand in.
func realSessions(t *testing.T, n int) []sim.Session {
	t.Helper()
	f, err := os.Open("../../shared/sessions/acn-caltech-2019-03-events5m.csv")
	if err != nil {
		t.Log("the recorded sessions are not beside the project; made ones stand in")
		var made []sim.Session
		start := time.Date(2019, 3, 1, 8, 0, 0, 0, time.UTC)
		for i := range n {
			at := start.Add(time.Duration(i) * 37 * time.Minute)
			made = append(made, sim.Session{ID: fmt.Sprint("made", i), Station: fmt.Sprint("M-", i%7), Start: at, End: at.Add(time.Hour), EnergyWh: int64(1000 + 37*i)})
		}
		return made
	}
	defer f.Close()
	list, err := sim.ReadSessions(f)
	if err != nil {
		t.Fatal(err)
	}
	return list[:min(n, len(list))]
}

// Real sessions, a third of the stations for each version, are all in the
// database: energy to the Wh, one CDR and one receipt each, the ledger at zero.
func TestReplayOfRealSessions(t *testing.T) {
	sessions := realSessions(t, 150)
	if os.Getenv("CHARGEWRIGHT_REPLAY") == "whole" { // make replay
		sessions = realSessions(t, 1_000_000)
	}
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, func(c *Config) { c.AcceptUnknownStations, c.Zone = true, "America/Los_Angeles" })
		w.addToken("REPLAY")
		w.addTariff(plainTariff)
		results, err := sim.Replay(t.Context(), sim.ReplayOptions{
			URL: "ws://cs/ocpp/", Dial: w.net.Dial, Sessions: sessions, Versions: versions, Seed: uint64(time.Now().UnixNano()),
		})
		if err != nil {
			t.Fatal(err)
		}
		w.settle()
		stored := map[string]session.Session{}
		for _, s := range w.sessions() {
			stored[s.Station+"|"+s.Tx] = s
		}
		for i, r := range results {
			if r.Err != nil {
				t.Errorf("session %s: %v", r.Session.ID, r.Err)
				continue
			}
			s, found := stored[r.Station+"|"+r.Transaction]
			want := energy.Energy(sessions[i].EnergyWh) * energy.WattHour
			if !found || s.Energy != want || !s.Settled || s.State != session.Closed {
				t.Errorf("session %s (%s): found %v, %s of %s, settled %v, flags %v", r.Session.ID, s.Protocol, found, s.Energy, want, s.Settled, s.Flags)
			}
		}
		t.Logf("%d sessions, %d receipts", len(stored), len(w.receipts()))
		if len(stored) != len(sessions) || len(w.receipts()) != len(sessions) {
			t.Errorf("%d sessions stored, %d receipts, of %d", len(stored), len(w.receipts()), len(sessions))
		}
		w.checkMoney()
	})
}
