package api

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/monitor"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
	"chargewright/schema"
)

func liveSamples(_ *harness, f fixture) map[string]sample {
	at, ses := "/stations/"+f.station, "/sessions/"+f.session
	return map[string]sample{
		"getOverview":     {path: "/overview", wide: true},
		"getNetworkPower": {path: "/overview/power?site=" + f.site},
		"getSitesMap":     {path: "/sites/map", wide: true},
		"getStationLive":  {path: at + "/live"},
		"getStationPower": {path: at + "/power?evse=1&hours=3"},
		"listProfiles":    {path: at + "/profiles"},
		"getCourse":       {path: ses + "/course"},
		"getPrice":        {path: ses + "/price"},
		"auditPrice":      {path: ses + "/price-audit"},
	}
}

// watched is a harness with a monitor whose telemetry works.
type watched struct {
	*harness
	monitor   *monitor.Monitor
	telemetry *store.Telemetry
}

func eachWatched(t *testing.T, fn func(h watched)) {
	t.Helper()
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		tel, err := store.OpenTelemetry(t.Context(), db, t.TempDir(), store.TelemetryOptions{BusyTimeout: -1, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := tel.Close(); err != nil {
				t.Error(err)
			}
		})
		m := monitor.New(monitor.Options{DB: db, Telemetry: tel, Log: log})
		h := newHarness(t, db, func(o *Options) { o.Monitor = m })
		fn(watched{h, m, tel})
	})
}

// measure keeps readings as a message of a station received when it was made.
func (h watched) measure(station string, at time.Time, rs ...energy.Reading) {
	h.Helper()
	if err := h.telemetry.Append(h.Context(), station, at, at, fmt.Sprint(at.UnixMicro()), energy.Pack(rs)); err != nil {
		h.Fatal(err)
	}
	h.monitor.Measured(station, at, rs)
}

// run makes CP1 charge at EVSE 1 since an hour ago, 5.5 kW all the time, and
// returns its session and when it began.
func (h watched) run(f fixture) (string, time.Time) {
	h.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	begun := now.Add(-time.Hour)
	h.atom(func(tx *store.Tx) error {
		if err := stations.Opened(tx, stations.Connection{Station: f.station, Epoch: 1, Node: "n", Protocol: "1.6"}); err != nil {
			return err
		}
		if err := stations.SetEVSE(tx, f.station, 1, "DE*ABC*E1", 22_000); err != nil {
			return err
		}
		return stations.SetStatus(tx, stations.Report{Station: f.station, EVSE: 1, Connector: 1, Status: stations.Charging, At: begun})
	})
	id := h.charge(f.station, 1, "CARD", begun)
	for i := 1; i <= 60; i++ {
		at := begun.Add(time.Duration(i) * time.Minute)
		wh := 1000 + i*5500/60
		h.measure(f.station, at,
			energy.Reading{At: at, EVSE: 1, Measurand: "Power.Active.Import", Value: "5.5", Unit: "kW"},
			energy.Reading{At: at, EVSE: 1, Measurand: "SoC", Value: fmt.Sprint(20 + i/2), Unit: "Percent", Location: "EV"},
			energy.Reading{At: at, EVSE: 1, Measurand: "Energy.Active.Import.Register", Value: fmt.Sprint(wh), Unit: "Wh"})
		if i%15 == 0 {
			h.sample(id, at, energy.Energy(wh)*energy.WattHour)
		}
	}
	return id, begun
}

// sample adds a register reading to a session.
func (h watched) sample(id string, at time.Time, register energy.Energy) {
	h.Helper()
	h.atom(func(tx *store.Tx) error {
		s, _, err := sessions.Find(tx, id)
		if err != nil {
			return err
		}
		_, err = sessions.Apply(tx, sessions.Report{
			Station: s.Station, Protocol: "1.6", Tx: s.Tx, Key: "m" + at.String(), Kind: sessions.Updated, Seq: -1, EVSE: s.EVSE, Connector: 1,
			At: at, Received: at, Samples: []energy.Sample{{At: at, Register: register}}, Message: []byte(at.String()),
		})
		return err
	})
}

// shape reads an answer into a value.
func shape[T any](t *testing.T, r reply) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.text), &v); err != nil {
		t.Fatalf("%v\n%s", err, r.text)
	}
	return v
}

type line [][2]*float64

type courseShape struct {
	PowerW    *int64            `json:"power_w"`
	SoC       *float64          `json:"soc"`
	LimitW    *int64            `json:"limit_w"`
	EnergyWh  int64             `json:"energy_wh"`
	Cost      *amount           `json:"cost"`
	CostFinal bool              `json:"cost_final"`
	Power     line              `json:"power"`
	SoCSeries line              `json:"soc_series"`
	Limit     line              `json:"limit"`
	Energy    line              `json:"energy"`
	Price     [][2]any          `json:"price"`
	Events    []json.RawMessage `json:"events"`
}

func TestCourse(t *testing.T) {
	eachWatched(t, func(h watched) {
		f := h.furnish()
		id, begun := h.run(f)
		c := shape[courseShape](h.T, h.as(200, get, "/sessions/"+id+"/course", ""))
		if c.PowerW == nil || *c.PowerW != 5500 || c.SoC == nil || *c.SoC != 50 || c.EnergyWh != 5500-1000+1000 || c.CostFinal {
			h.Errorf("running: power %v, soc %v, energy %d", c.PowerW, c.SoC, c.EnergyWh)
		}
		if c.Cost == nil || c.Cost.Minor != 327 || c.Cost.Currency != "EUR" { // 5.5 kWh × 0.50 = 2.75 net, 3.27 gross
			h.Errorf("the running cost is %+v", c.Cost)
		}
		if len(c.Power) != 60 || len(c.SoCSeries) != 60 || *c.Power[59][1] != 5500 || *c.Power[0][0] != float64(begun.Add(time.Minute).UnixMilli()) {
			h.Errorf("power %v", c.Power)
		}
		if n := len(c.Energy); n < 5 || *c.Energy[0][1] != 0 || *c.Energy[n-1][1] != 5500 {
			h.Errorf("energy %v", c.Energy)
		}
		if len(c.Price) != 1 || c.Price[0][1] != "0.50" {
			h.Errorf("price %v", c.Price)
		}
		end := begun.Add(2 * time.Hour)
		h.end(id, 1, end)
		done := shape[courseShape](h.T, h.as(200, get, "/sessions/"+id+"/course", ""))
		if done.PowerW != nil || !done.CostFinal || done.Cost == nil || len(done.Power) != 60 || done.EnergyWh != 10_001 {
			h.Errorf("ended: power %v, final %t, cost %v, %d points, %d Wh", done.PowerW, done.CostFinal, done.Cost, len(done.Power), done.EnergyWh)
		}
		// The fixture's session measured no power: it is made of its registers.
		old := shape[courseShape](h.T, h.as(200, get, "/sessions/"+f.session+"/course", ""))
		if len(old.Power) == 0 || old.Power[0][1] == nil || *old.Power[0][1] != 10_001 || old.Cost.Minor != 595 || !old.CostFinal {
			h.Errorf("from registers: %+v", old)
		}
		p := h.as(200, get, "/sessions/"+f.session+"/price", "").body
		r := shape[struct{ Gross, Net amount }](h.T, h.as(200, get, "/documents/"+f.session, ""))
		if p["final"] != true || p["gross_minor"] != float64(r.Gross.Minor) || p["net_minor"] != float64(r.Net.Minor) || p["tariff_id"] != "T1" {
			h.Errorf("the price %v is not the receipt's", p)
		}
	})
}

func TestTheRunningPriceBecomesTheReceipt(t *testing.T) {
	eachWatched(t, func(h watched) {
		f := h.furnish()
		id, begun := h.run(f)
		h.atom(func(tx *store.Tx) error {
			s, _, err := sessions.Find(tx, id)
			if err != nil {
				return err
			}
			_, err = sessions.Apply(tx, sessions.Report{
				Station: s.Station, Protocol: "1.6", Tx: s.Tx, Key: "stop", Kind: sessions.Ended, Seq: -1, EVSE: 1, Connector: 1,
				At: begun.Add(time.Hour), Received: begun.Add(time.Hour), Reason: "Local", Message: []byte(`{}`),
			})
			return err
		})
		before := h.as(200, get, "/sessions/"+id+"/price", "").body
		if err := billing.Settle(h.Context(), h.db, id); err != nil {
			h.Fatal(err)
		}
		after := h.as(200, get, "/sessions/"+id+"/price", "").body
		if before["final"] != false || after["final"] != true {
			h.Errorf("final %v then %v", before["final"], after["final"])
		}
		for _, k := range []string{"gross_minor", "net_minor", "tax_minor"} {
			if before[k] != after[k] || before[k] == 0.0 {
				h.Errorf("%s: %v, then %v", k, before[k], after[k])
			}
		}
	})
}

func TestStationLive(t *testing.T) {
	eachWatched(t, func(h watched) {
		f := h.furnish()
		id, _ := h.run(f)
		bay := func() map[string]any {
			v := h.as(200, get, "/stations/"+f.station+"/live", "").body
			evses, _ := v["evses"].([]any)
			if len(evses) == 0 {
				h.Fatalf("no EVSE: %v", v)
			}
			b, _ := evses[0].(map[string]any)
			return b
		}
		b := bay()
		if b["state"] != "charging" || b["power_w"] != 5500.0 || b["session_id"] != id || b["soc"] != 50.0 || b["stale"] != false || b["limit_w"] != nil || b["contract_id"] != "DE*ABC*E1" {
			h.Errorf("charging: %v", b)
		}
		h.atom(func(tx *store.Tx) error {
			command, err := device.Queue(tx, access.DefaultTenant, f.station, "test", device.SetChargingProfile{EVSE: 1, Profile: device.Profile{
				ID: 1, Purpose: device.TxDefault, Kind: device.Absolute, Unit: device.Watt, Periods: []device.Period{{Rates: device.Upto(70_000)}},
			}})
			if err == nil {
				device.Settle(tx, command, device.Outcome{Status: device.Accepted, Word: "Accepted"}, nil)
			}
			return err
		})
		if b = bay(); b["limit_w"] != 7000.0 {
			h.Errorf("the profile in force: %v", b["limit_w"])
		}
		p := h.as(200, get, "/stations/"+f.station+"/profiles", "")
		if n := len(p.items(h.T)); n != 1 {
			h.Errorf("%d profiles", n)
		}
		if limits, _ := p.body["limits"].([]any); len(limits) == 0 {
			h.Errorf("no limits: %s", p.text)
		}
		hist := shape[struct{ Power, Limit, SoC line }](h.T, h.as(200, get, "/stations/"+f.station+"/power", ""))
		if len(hist.Power) != 60 || len(hist.Limit) == 0 || len(hist.SoC) != 60 {
			h.Errorf("%d of power, %d limits", len(hist.Power), len(hist.Limit))
		}
		h.atom(func(tx *store.Tx) error { stations.Closed(tx, f.station, 1, "gone"); return nil })
		if b = bay(); b["state"] != "offline" || b["power_w"] != nil {
			h.Errorf("offline: %v", b)
		}
	})
}

func TestOverview(t *testing.T) {
	eachWatched(t, func(h watched) {
		f := h.furnish()
		h.run(f)
		h.atom(func(tx *store.Tx) error {
			lat, lon := int64(48_137_154), int64(11_576_124)
			return stations.PutSite(tx, stations.Site{ID: f.site, Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Name: "Depot", Country: "DE", Zone: "Europe/Berlin", Latitude: &lat, Longitude: &lon})
		})
		v := h.as(200, get, "/overview?tz=UTC", "").body
		if v["power_w"] != 5500.0 || v["sessions_open"] != 1.0 || v["sessions_drawing"] != 1.0 || v["sites_total"] != 1.0 || v["truncated"] != false {
			h.Errorf("%v", v)
		}
		if st, _ := v["stations"].(map[string]any); st["total"] != 1.0 || st["connected"] != 1.0 {
			h.Errorf("stations %v", v["stations"])
		}
		if e, _ := v["energy_today_wh"].(float64); e <= 0 || e > 5500+10_001 {
			h.Errorf("energy today %v", e)
		}
		if s, _ := v["starts_24h"].(map[string]any); s["worked"] != 1.0 || s["failed"] != 0.0 { // the other began in July
			h.Errorf("starts %v", s)
		}
		if net, _ := v["net_today"].([]any); len(net) != 1 {
			h.Errorf("net today %v", v["net_today"])
		}
		if tech := h.send(h.keys[access.Technician], get, "/api/v1/overview", ""); tech.body["net_today"] != nil {
			h.Errorf("a technician sees %v", tech.body["net_today"])
		}
		other := h.send(h.other, get, "/api/v1/overview", "").body
		if other["sites_total"] != 1.0 || other["power_w"] != 0.0 || other["sessions_open"] != 0.0 {
			h.Errorf("another tenant sees %v", other)
		}
		if r := h.as(422, get, "/overview?tz=Mars/Olympus", ""); r.body["field"] != "tz" {
			h.Errorf("%s", r.text)
		}
		if at := h.as(200, get, "/overview?site="+f.site, "").body; at["power_w"] != 5500.0 || at["sites_total"] != 1.0 || at["sessions_held"] != 0.0 || at["reports_open"] != 0.0 || at["net_today"] != nil {
			h.Errorf("at the site %v", at)
		}
		h.as(404, get, "/overview?site=nowhere", "")
		if r := h.send(h.other, get, "/api/v1/overview?site="+f.site, ""); r.code != 404 {
			h.Errorf("another tenant sees the site: %d", r.code)
		}
		if live, _ := h.as(200, get, "/sites/"+f.site, "").body["live"].(map[string]any); live["worst"] != "charging" || live["power_w"] != 5500.0 || live["sessions_open"] != 1.0 {
			h.Errorf("the site does %v", live)
		}
		m := h.as(200, get, "/sites/map", "").body
		features, _ := m["features"].([]any)
		if m["type"] != "FeatureCollection" || len(features) != 1 {
			h.Fatalf("%v", m)
		}
		feature, _ := features[0].(map[string]any)
		geometry, _ := feature["geometry"].(map[string]any)
		if at, _ := geometry["coordinates"].([]any); len(at) != 2 || at[0] != 11.576124 || at[1] != 48.137154 {
			h.Errorf("%v", geometry)
		}
	})
}

func TestUrgencyOfSites(t *testing.T) {
	site := func(name string, s stations.State) *monitor.Site {
		return &monitor.Site{Spot: stations.Spot{Name: name}, States: map[stations.State]int{s: 1, stations.StateAvailable: 3}}
	}
	sites := []*monitor.Site{site("a", stations.StateCharging), site("b", stations.StateOffline), site("c", stations.StateFaulted), site("d", stations.StateUnavailable), site("e", stations.StateFaulted)}
	slices.SortStableFunc(sites, func(a, b *monitor.Site) int { return urgency(a) - urgency(b) })
	got := ""
	for _, s := range sites {
		got += s.Name
	}
	if got != "cebad" {
		t.Errorf("the order is %s", got)
	}
}

func TestNetworkPowerHasGaps(t *testing.T) {
	from := noon
	means := []monitor.Mean{{At: from, Watt: 100}, {At: from.Add(5 * time.Minute), Watt: 201}, {At: from.Add(time.Hour), Watt: 7}}
	got := steps(means, from, from.Add(3*time.Hour), time.Hour, 24*time.Hour)
	want := series{{Ms: from.Add(24 * time.Hour).UnixMilli(), Value: 151}, {Ms: from.Add(25 * time.Hour).UnixMilli(), Value: 7}, {Ms: from.Add(26 * time.Hour).UnixMilli(), Gap: true}}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if b, err := got.MarshalJSON(); err != nil || !json.Valid(b) || string(b[len(b)-6:]) != "null]]" {
		t.Errorf("%s %v", b, err)
	}
}
