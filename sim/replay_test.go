package sim

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v21"
)

func utc(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestReadSessions(t *testing.T) {
	for _, c := range []struct {
		name, file, id, station, start, end string
		evse                                int
		wh                                  int64
	}{
		{"zoned", "session_id,station_id,arrival,departure,energy_kwh,claimed\n" +
			"a,CA-1,2019-05-01T01:18:45-07:00,2019-05-01T15:52:36-07:00,44.0695,true\n",
			"a", "CA-1", "2019-05-01T08:18:45Z", "2019-05-01T22:52:36Z", 0, 44070},
		{"periods before the clocks change", "session_id,station_id,arrival_period,departure_period,energy_kwh,max_kw\n" +
			"b,CA-2,0,12,0.0004,6.6\n", "b", "CA-2", "2019-03-01T08:00:00Z", "2019-03-01T09:00:00Z", 0, 0},
		{"periods after it are elapsed time", "session_id,station_id,arrival_period,departure_period,energy_kwh,max_kw\n" +
			"b,CA-2,2880,2881,0.0005,6.6\n", "b", "CA-2", "2019-03-11T08:00:00Z", "2019-03-11T08:05:00Z", 0, 1},
		{"local winter", "session_id,plug,arrival_local,departure_local,energy_kwh\nc,CCS2,2022-11-01T19:00:00,2022-11-01T19:38:00,5.16\n",
			"c", "DESL", "2022-11-01T18:00:00Z", "2022-11-01T18:38:00Z", 2, 5160},
		{"local summer, other order", "energy_kwh,plug,departure_local,arrival_local,session_id\n5,CCS1,2022-07-01T19:38:00,2022-07-01T19:00:00,d\n",
			"d", "DESL", "2022-07-01T17:00:00Z", "2022-07-01T17:38:00Z", 1, 5000},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadSessions(strings.NewReader(c.file))
			if err != nil || len(got) != 1 {
				t.Fatalf("%v, %v", got, err)
			}
			s := got[0]
			if s.ID != c.id || s.Station != c.station || s.EVSE != c.evse || s.EnergyWh != c.wh ||
				!s.Start.Equal(utc(t, c.start)) || !s.End.Equal(utc(t, c.end)) {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestReadSessionsRefuses(t *testing.T) {
	const head = "session_id,station_id,arrival,departure,energy_kwh\n"
	for _, c := range []struct{ name, file, say string }{
		{"nothing", "", "EOF"},
		{"columns", "a,b\n1,2\n", "columns"},
		{"energy", head + "a,S,2019-05-01T01:00:00Z,2019-05-01T02:00:00Z,x\n", "line 2: energy_kwh"},
		{"negative energy", head + "a,S,2019-05-01T01:00:00Z,2019-05-01T02:00:00Z,-1\n", "energy_kwh"},
		{"time", head + "a,S,yesterday,2019-05-01T02:00:00Z,1\n", "arrival"},
		{"order", head + "a,S,2019-05-01T03:00:00Z,2019-05-01T02:00:00Z,1\n", "before"},
		{"station", head + "a,,2019-05-01T01:00:00Z,2019-05-01T02:00:00Z,1\n", "station_id"},
		{"short", head + "a,S\n", "wrong number of fields"},
		{"plug", "session_id,plug,arrival_local,departure_local,energy_kwh\nc,CCS,2022-11-01T19:00:00,2022-11-01T19:38:00,5\n", "plug"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadSessions(strings.NewReader(c.file))
			if err == nil || !strings.Contains(err.Error(), c.say) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// TestReadRealSessions checks the recorded sessions against what is known of
// them.
func TestReadRealSessions(t *testing.T) {
	for _, c := range []struct {
		file               string
		rows               int
		tenthsOfKWh, evses int64
	}{
		{"acn-caltech-2019-03-events5m.csv", 954, 89005, 47},
		{"acn-caltech-2019-05_2019-08.csv", 3527, 295328, 52},
		{"acn-caltech-2020-02_2020-05.csv", 1269, 95226, 49},
		{"acn-jpl-2019-05_2019-08.csv", 6026, 860604, 52},
		{"desl-dc-2022-04_2022-12.csv", 992, 330348, 1},
	} {
		t.Run(c.file, func(t *testing.T) {
			f, err := os.Open(filepath.Join("..", "..", "shared", "sessions", c.file))
			if err != nil {
				t.Skip("the recorded sessions are not here: " + err.Error())
			}
			defer f.Close()
			got, err := ReadSessions(f)
			if err != nil {
				t.Fatal(err)
			}
			var sum int64
			stations := map[string]bool{}
			for _, s := range got {
				sum += s.EnergyWh
				stations[s.Station] = true
			}
			if len(got) != c.rows || (sum+50)/100 != c.tenthsOfKWh || int64(len(stations)) != c.evses {
				t.Errorf("%d rows, %d Wh, %d stations", len(got), sum, len(stations))
			}
		})
	}
}

// anySessions draws sessions of a few stations, also overlapping and empty
// ones.
func anySessions(t *rapid.T) []Session {
	base := time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC)
	n := rapid.IntRange(1, 12).Draw(t, "n")
	out := make([]Session, n)
	for i := range out {
		start := base.Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "start")) * time.Second)
		out[i] = Session{
			ID: string(rune('a' + i)), Station: rapid.SampledFrom([]string{"S1", "S2", "S3"}).Draw(t, "station"),
			EVSE: rapid.IntRange(0, 2).Draw(t, "evse"), Start: start,
			End:      start.Add(time.Duration(rapid.IntRange(0, 30_000).Draw(t, "stay")) * time.Second),
			EnergyWh: rapid.Int64Range(0, 90_000).Draw(t, "wh"),
		}
	}
	return out
}

func TestAssignNeverOverlaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newReplay(ReplayOptions{Sessions: anySessions(t), Versions: []ocpp.Version{ocpp.V16},
			Password: func(string) string { return "" }, URL: "ws://x/"})
		for _, tr := range p.tracks {
			for i, a := range tr.plays {
				if a.evse < 1 || a.evse > len(tr.cfg.EVSEs) {
					t.Fatalf("EVSE %d of %d", a.evse, len(tr.cfg.EVSEs))
				}
				for _, b := range tr.plays[:i] {
					if a.evse == b.evse && a.s.Start.Before(b.s.End) {
						t.Fatalf("%+v and %+v share EVSE %d", a.s, b.s, a.evse)
					}
				}
			}
		}
	})
}

func TestReplay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sessions := anySessions(rt)
		synctest.Test(t, func(t *testing.T) {
			c := newCSMS(t)
			done := 0
			results, err := Replay(t.Context(), ReplayOptions{
				URL: "ws://csms.test/ocpp/", Dial: c.pipes.Dial, Sessions: sessions, Versions: ocpp.Versions(),
				Progress: func(p Progress) { done = p.Done },
			})
			if err != nil || done != len(sessions) {
				t.Fatalf("%d of %d done: %v", done, len(sessions), err)
			}
			for i, r := range results {
				if r.Err != nil || r.EnergyWh != sessions[i].EnergyWh || r.Transaction == "" || r.Session.ID != sessions[i].ID {
					t.Errorf("%+v", r)
				}
			}
			checkReplayed(t, c, results)
		})
	})
}

// checkReplayed compares what the server saw with the results.
func checkReplayed(t *testing.T, c *csms, results []Result) {
	t.Helper()
	wants := map[string]Result{}
	for _, r := range results {
		wants[r.Transaction] = r
	}
	opened, closed := map[string]int64{}, map[string]int64{}
	c.mu.Lock()
	calls := append([]seen(nil), c.calls...)
	c.mu.Unlock()
	for _, s := range calls {
		v := results[0].Version
		for _, r := range results {
			if r.Station == s.station {
				v = r.Version
			}
		}
		switch {
		case s.action == "StopTransaction":
			var q v16.StopTransaction
			if _, err := ocpp.Decode(v, &q, s.payload); err != nil {
				t.Error(err)
			}
			id := string(ocpp.Int(q.TransactionID).String())
			closed[id] = q.MeterStop
			begin, _ := ocpp.ParseNumber(q.TransactionData[0].SampledValue[0].Value)
			opened[id], _ = begin.Int64()
			if !q.Timestamp.Equal(wants[id].End) {
				t.Errorf("1.6 stop at %v, want %v", q.Timestamp, wants[id].End)
			}
		case s.action == "TransactionEvent":
			var q v21.TransactionEvent
			if _, err := ocpp.Decode(v, &q, s.payload); err != nil {
				t.Error(err)
			}
			id := q.TransactionInfo.TransactionID
			wh, _ := q.MeterValue[0].SampledValue[0].Value.Int64()
			switch q.EventType {
			case v21.TransactionEventStarted:
				opened[id] = wh
				if !q.Timestamp.Equal(wants[id].Start) || q.Offline == nil || !*q.Offline {
					t.Errorf("start %+v, want %v", q, wants[id].Start)
				}
			case v21.TransactionEventEnded:
				closed[id] = wh
			}
		}
	}
	for id, r := range wants {
		if got := closed[id] - opened[id]; got != r.Session.EnergyWh {
			t.Errorf("session %s on %s (%s): the server saw %d Wh, want %d", r.Session.ID, r.Station, r.Version, got, r.Session.EnergyWh)
		}
	}
}

// A DC session falls off while its battery fills, and delivers what is recorded.
func TestReplayOfDC(t *testing.T) {
	begin := utc(t, "2026-01-01T10:00:00Z")
	y := &play{s: Session{Kind: DC, Start: begin, End: begin.Add(time.Hour), EnergyWh: 30_000}}
	was := y.reading(begin, 500)
	if was.mwh != 500_000 || was.watts != 48_000 || was.soc != 20 {
		t.Errorf("at first %+v", was)
	}
	for i := 1; i <= 60; i++ {
		at := begin.Add(time.Duration(i) * time.Minute)
		r := y.reading(at, 500)
		mean := (r.mwh - was.mwh) * 60 / 1000 // W; a register is in whole Wh
		if r.watts >= was.watts || r.soc < was.soc || mean > was.watts+120 || mean < r.watts-120 {
			t.Fatalf("after %d minutes %+v, %d W since the reading before, %+v", i, r, mean, was)
		}
		was = r
	}
	if was.mwh != 30_500_000 || was.watts != 12_000 || was.soc != 80 {
		t.Errorf("at last %+v", was)
	}
}

func TestReplayRefusedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCSMS(t)
		c.setVerdict("REPLAY", "Blocked")
		at := time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC)
		results, err := Replay(t.Context(), ReplayOptions{
			URL: "ws://csms.test/ocpp/", Dial: c.pipes.Dial, Versions: ocpp.Versions(),
			Sessions: []Session{{ID: "a", Station: "S1", Start: at, End: at.Add(time.Hour), EnergyWh: 9}, {ID: "b", Station: "S2", Start: at, End: at.Add(time.Hour), EnergyWh: 9}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Err == nil || r.EnergyWh != 0 || !strings.Contains(r.Err.Error(), "Blocked") {
				t.Errorf("%+v", r)
			}
		}
	})
}

func TestReplaySpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCSMS(t)
		began := time.Now()
		at := time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC)
		_, err := Replay(t.Context(), ReplayOptions{
			URL: "ws://csms.test/ocpp/", Dial: c.pipes.Dial, Speed: 60,
			Sessions: []Session{{ID: "a", Station: "S1", Start: at, End: at.Add(time.Hour), EnergyWh: 9}, {ID: "b", Station: "S2", Start: at.Add(2 * time.Hour), End: at.Add(3 * time.Hour), EnergyWh: 9}},
		})
		if took := time.Since(began); err != nil || took != 3*time.Minute {
			t.Errorf("three hours at 60 took %v, %v", took, err)
		}
	})
}

func TestReplayNobodyThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCSMS(t)
		c.away = true
		results, err := Replay(t.Context(), ReplayOptions{
			URL: "ws://csms.test/ocpp/", Dial: c.pipes.Dial, Sessions: []Session{{ID: "a", Station: "S1"}},
		})
		if err != nil || results[0].Err == nil {
			t.Errorf("%+v, %v", results, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := Replay(ctx, ReplayOptions{URL: "ws://csms.test/ocpp/", Dial: c.pipes.Dial, Sessions: []Session{{ID: "a", Station: "S1"}}}); err == nil {
			t.Error("a replay whose context ended reports no error")
		}
	})
}

// TestReplayRealSessions replays the files whose sessions overlap on a station.
func TestReplayRealSessions(t *testing.T) {
	for _, file := range []string{"acn-caltech-2019-03-events5m.csv", "desl-dc-2022-04_2022-12.csv"} {
		t.Run(file, func(t *testing.T) {
			f, err := os.Open(filepath.Join("..", "..", "shared", "sessions", file))
			if err != nil {
				t.Skip("the recorded sessions are not here: " + err.Error())
			}
			defer f.Close()
			sessions, err := ReadSessions(f)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				c := newCSMS(t)
				results, err := Replay(t.Context(), ReplayOptions{
					URL: "ws://csms.test/ocpp/", Dial: c.pipes.Dial, Sessions: sessions, Versions: ocpp.Versions(), MeterInterval: time.Hour,
				})
				if err != nil {
					t.Fatal(err)
				}
				for i, r := range results {
					if r.Err != nil || r.EnergyWh != sessions[i].EnergyWh {
						t.Fatalf("%+v", r)
					}
				}
				checkReplayed(t, c, results)
			})
		})
	}
}
