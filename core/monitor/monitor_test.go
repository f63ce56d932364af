package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/schema"
)

const tenant = access.DefaultTenant

var owner = access.Scope{Tenant: tenant, Role: access.Owner}

type house struct {
	testing.TB
	db *store.DB
	*Monitor
}

// build makes two sites, A with CP1 and CP2 of two EVSEs each, B with CP3.
func build(t testing.TB, db *store.DB) *house {
	t.Helper()
	tel, err := store.OpenTelemetry(t.Context(), db, t.TempDir(), store.TelemetryOptions{BusyTimeout: -1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tel.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &house{t, db, New(Options{DB: db, Telemetry: tel, Log: slog.New(slog.DiscardHandler)})}
	h.do(func(tx *store.Tx) error {
		if err := access.Install(tx, access.Entity{Name: "T", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
			return err
		}
		for _, site := range []string{"A", "B"} {
			if err := station.PutSite(tx, station.Site{ID: site, Tenant: tenant, Entity: access.DefaultEntity, Name: "Site " + site, Country: "DE", Zone: "Europe/Berlin"}); err != nil {
				return err
			}
		}
		for id, site := range map[string]string{"CP1": "A", "CP2": "A", "CP3": "B"} {
			if err := station.Create(tx, station.Station{ID: id, Tenant: tenant, Site: site, Name: id, Onboarding: station.Accepted}); err != nil {
				return err
			}
			for e := int64(1); e <= 2; e++ {
				if err := station.SetStatus(tx, station.Report{Station: id, EVSE: e, Connector: 1, Status: station.Available}); err != nil {
					return err
				}
				if err := station.SetEVSE(tx, id, e, "", 11_000); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return h
}

func (h *house) do(fn func(tx *store.Tx) error) {
	h.Helper()
	if _, err := store.Do(h.Context(), h.db, "test", func(tx *store.Tx) (struct{}, error) { return struct{}{}, fn(tx) }); err != nil {
		h.Fatal(err)
	}
}

func (h *house) open(id string, epoch int64) {
	h.do(func(tx *store.Tx) error {
		return station.Opened(tx, station.Connection{Station: id, Epoch: epoch, Node: "n"})
	})
}

// begin starts a session of 2.x at an EVSE.
func (h *house) begin(id string, evse int64, at time.Time) {
	h.do(func(tx *store.Tx) error {
		_, err := session.Apply(tx, session.Report{
			Station: id, Protocol: "2.0.1", Tx: fmt.Sprint("tx", evse), Key: "0", Kind: session.Started, Seq: 0, EVSE: evse, Connector: 1,
			At: at, Received: at, Flow: session.FlowCharging, Samples: []energy.Sample{{At: at, Register: 1000}}, Message: []byte(`{}`),
		})
		return err
	})
}

func (h *house) paint() *Picture {
	h.Helper()
	p, err := store.Read(h.Context(), h.db, func(tx *store.Tx) (*Picture, error) { return paint(tx, h.gauge) })
	if err != nil {
		h.Fatal(err)
	}
	return p
}

func TestPicture(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := build(t, db)
		now := time.Now()
		p := h.paint()
		if a := p.Sites(owner)[0]; a.Worst() != station.StateOffline || a.Power != 0 || a.EVSEs[0].Known || a.MaxPower != 44_000 || len(a.EVSEs) != 4 {
			t.Fatalf("all offline: %+v", a)
		}
		h.open("CP1", 1)
		h.open("CP3", 1)
		h.Measured("CP1", now, []energy.Reading{say(now, "Power.Active.Import", "9000", "W", "")})
		a := h.paint().Sites(owner)[0]
		if e := a.EVSEs[0]; !e.Known || e.Power != 0 || e.State != station.StateAvailable {
			t.Errorf("a free EVSE gives nothing, whatever was measured: %+v", e)
		}
		h.begin("CP1", 1, now.Add(-time.Second))
		a = h.paint().Sites(owner)[0]
		if e := a.EVSEs[0]; e.Power != 9000 || !e.Known || e.State != station.StateCharging || a.Open != 1 || a.Drawing != 1 || a.Power != 9000 {
			t.Errorf("it charges: %+v in %+v", e, a)
		}
		h.begin("CP3", 2, now.Add(time.Minute))
		h.Measured("CP3", now, []energy.Reading{{At: now, EVSE: 2, Measurand: "Power.Active.Import", Value: "5000", Unit: "W"}})
		if e := h.paint().Sites(owner)[1].EVSEs[1]; e.Known {
			t.Errorf("a power older than its session is not of it: %+v", e)
		}
		h.do(func(tx *store.Tx) error { station.Closed(tx, "CP1", 1, "gone"); return nil })
		if e := h.paint().Sites(owner)[0].EVSEs[0]; e.Known || e.State != station.StateOffline {
			t.Errorf("the power of a station that is offline is unknown: %+v", e)
		}
		if n := len(h.paint().Sites(access.Scope{Tenant: tenant, Sites: []string{"B"}})); n != 1 {
			t.Errorf("a host of B sees %d sites", n)
		}
		for _, nothing := range [][]string{{}, nil} {
			if n := len(h.paint().Sites(access.Scope{Tenant: tenant, Role: access.Host, Sites: nothing})); n != 0 {
				t.Errorf("a host of nothing sees %d sites", n)
			}
		}
		if n := len(h.paint().Sites(access.Scope{Tenant: "tn_other"})); n != 0 {
			t.Errorf("another tenant sees %d sites", n)
		}
	})
}

func TestMeans(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := build(t, db)
		start := noon
		site := func(w float64) *Picture {
			a := &Site{Spot: station.Spot{ID: "A", Tenant: tenant}, Power: w, Stations: []station.Standing{{ID: "CP1"}},
				EVSEs: []EVSE{{Station: "CP1", EVSE: 1, Power: w, Known: true, Session: w > 0}, {Station: "CP2", EVSE: 1, Known: true}}}
			return &Picture{sites: []*Site{a}}
		}
		run := func(m *Monitor, from, to time.Time, w float64) {
			for at := from; at.Before(to); at = at.Add(sweep) {
				p := site(w)
				p.At = at
				if err := m.write(t.Context(), m.means.sweep(p)); err != nil {
					t.Fatal(err)
				}
			}
		}
		run(h.Monitor, start.Add(sweep), start.Add(150*time.Second+sweep), 10_000)
		h.finish(t.Context()) // the process ends in the middle of a step
		h.finish(t.Context()) // and nothing is written twice
		next := New(h.o)
		run(next, start.Add(150*time.Second+sweep), start.Add(Step+sweep), 0)
		run(next, start.Add(Step+sweep), start.Add(2*Step+sweep), 4_000)
		run(next, start.Add(4*Step+sweep), start.Add(5*Step+2*sweep), 2_000) // it was down for a while
		got := h.network(owner, "")
		if len(got) != 3 || got[0].Max != 10_000 || got[1].Watt != 4_000 || !got[2].At.Equal(start.Add(4*Step)) {
			t.Fatalf("%+v", got)
		}
		if w := got[0].Watt; w < 4_700 || w > 5_300 {
			t.Errorf("half a step of 10 kW has a mean of %d W", w)
		}
		for _, sc := range []access.Scope{owner, {Tenant: tenant, Sites: []string{"A"}}} {
			if one := h.network(sc, "A"); len(one) != len(got) || one[1] != got[1] {
				t.Errorf("the site: %+v", one)
			}
		}
		if n := len(h.network(access.Scope{Tenant: tenant, Sites: []string{"A", "B"}}, "")); n != len(got) {
			t.Errorf("a host of both sees %d steps", n)
		}
		for _, sc := range []access.Scope{{Tenant: tenant, Sites: []string{"B"}}, {Tenant: tenant, Sites: []string{}}, {Tenant: tenant, Role: access.Host}, {Tenant: "tn_other"}} {
			if n := len(h.network(sc, "")) + len(h.network(sc, "A")); n != 0 {
				t.Errorf("%+v sees %d steps", sc, n)
			}
		}
		h.do(func(tx *store.Tx) error { Forget(tx); return nil })
		if n := len(h.network(owner, "")); n != len(got) {
			t.Error("Forget took what is within its term")
		}
		h.do(func(tx *store.Tx) error {
			put(tx, mean{place{tenant, "", ""}, tx.Now().AddDate(0, 0, -401), sum{1, time.Minute, 1}})
			Forget(tx)
			return nil
		})
		old, err := store.Read(t.Context(), db, func(tx *store.Tx) ([]Mean, error) {
			return Network(tx, owner, "", time.Unix(0, 0), start.Add(-time.Hour))
		})
		if err != nil || len(old) != 0 {
			t.Errorf("Forget left %+v, %v", old, err)
		}
	})
}

func (h *house) network(sc access.Scope, site string) []Mean {
	h.Helper()
	got, err := store.Read(h.Context(), h.db, func(tx *store.Tx) ([]Mean, error) { return Network(tx, sc, site, noon, noon.Add(24*time.Hour)) })
	if err != nil {
		h.Fatal(err)
	}
	return got
}

// After a restart the gauge knows what the telemetry of open sessions says, and
// the history shows the same with its gaps.
func TestRestoreAndHistory(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := build(t, db)
		now := time.Now().UTC().Truncate(time.Second)
		h.open("CP1", 1)
		h.begin("CP1", 1, now.Add(-time.Hour))
		keep := func(at time.Time, rs ...energy.Reading) {
			if err := h.o.Telemetry.Append(t.Context(), "CP1", at, at, "k", energy.Pack(rs)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 30 {
			at := now.Add(-time.Duration(60-i) * time.Minute)
			if i > 9 {
				at = now.Add(-time.Duration(29-i) * time.Minute) // after a gap of half an hour
			}
			keep(at, say(at, "Power.Active.Import", fmt.Sprint(1000+i), "W", ""), say(at, "SoC", fmt.Sprint(i), "Percent", ""), say(at, "Power.Offered", fmt.Sprint(11000-i/10*1000), "W", ""))
		}
		fresh := New(h.o)
		fresh.restore(t.Context())
		if v, ok := fresh.Values("CP1", 1); !ok || v.Power.V != 1029 || v.SoC.V != 29 || v.Power.Every != time.Minute || !v.Power.Fresh(now) {
			t.Errorf("restored %+v", v)
		}
		got, err := fresh.History(t.Context(), "CP1", 1, now.Add(-2*time.Hour), now.Add(time.Second))
		if err != nil || len(got.Power) != 31 || len(got.SoC) != 31 || !got.Power[10].Gap || got.Power[30].V != 1029 {
			t.Fatalf("%+v %v", got.Power, err)
		}
		if len(got.Limit) != 3 || got.Limit[2].V != 9000 {
			t.Errorf("the limit in steps: %+v", got.Limit)
		}
		other, err := fresh.History(t.Context(), "CP1", 2, now.Add(-2*time.Hour), now)
		if err != nil || len(other.Power) != 0 {
			t.Errorf("another EVSE: %+v %v", other, err)
		}
	})
}

func TestThin(t *testing.T) {
	var line []Point
	for i := range 50_000 {
		line = append(line, Point{At: noon.Add(time.Duration(i) * time.Second), V: float64(i % 7)})
	}
	line[33_333].V, line[44_444].Gap = 99, true
	got := Thin(line)
	peak, gap := false, false
	for i, p := range got {
		peak, gap = peak || p.V == 99, gap || p.Gap
		if i > 0 && !p.At.After(got[i-1].At) {
			t.Fatal("out of order")
		}
	}
	if len(got) > maxPoints+maxPoints/2 || !peak || !gap {
		t.Errorf("%d points, the peak kept %t, the gap %t", len(got), peak, gap)
	}
}

// Many who ask at once share one reading, and an error does not stay.
func TestShared(t *testing.T) {
	var s Shared[int]
	made := 0
	gate := make(chan struct{})
	read := func(context.Context) (int, error) { made++; <-gate; return made, nil }
	done := make(chan int)
	for range 20 {
		go func() {
			v, err := s.Get(t.Context(), read)
			if err != nil {
				v = -1
			}
			done <- v
		}()
	}
	close(gate)
	for range 20 {
		if v := <-done; v != 1 {
			t.Errorf("got reading %d", v)
		}
	}
	var bad Shared[int]
	if _, err := bad.Get(t.Context(), func(context.Context) (int, error) { return 0, context.Canceled }); err == nil {
		t.Error("an error was hidden")
	}
	if v, err := bad.Get(t.Context(), func(context.Context) (int, error) { return 7, nil }); v != 7 || err != nil {
		t.Errorf("after an error: %d %v", v, err)
	}
}
