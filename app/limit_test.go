package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/station"
	"chargewright/edge/central"
	"chargewright/plug/simpay"
	"chargewright/schema"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

// guestWith lets a guest pay at CS-1 with limits of the page, or of the address that
// the station shows, and returns their visit once the card holds.
func (w *world) guestWith(query string, form url.Values) driver.Guest {
	w.t.Helper()
	w.write(func(tx *store.Tx) error { return station.Number(tx, "CS-1") })
	number := do(w, func(tx *store.Tx) (string, error) {
		n, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT number FROM station_evse WHERE station_id = 'CS-1' AND evse = 1`)
		return n, err
	})
	page := httptest.NewRecorder()
	w.handler.ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/pay/"+number+query, nil))
	for range 2 { // the second time with what the page then shows
		for _, m := range regexp.MustCompile(`<input (?:type="hidden"|id="[a-z]+") name="([a-z]+)"[^>]* value="([^"]*)"`).FindAllStringSubmatch(page.Body.String(), -1) {
			if _, mine := form[m[1]]; !mine || m[1] == "seal" {
				form.Set(m[1], m[2])
			}
		}
		r := httptest.NewRequest(http.MethodPost, "/pay/"+number, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		page = httptest.NewRecorder()
		if w.handler.ServeHTTP(page, r); page.Code == http.StatusSeeOther {
			break
		}
	}
	if page.Code != http.StatusSeeOther {
		w.t.Fatalf("%d: %s", page.Code, page.Body)
	}
	w.settle()
	g := w.lastGuest()
	p := do(w, func(tx *store.Tx) (payment.Payment, error) { p, _, err := payment.Find(tx, g.Payment); return p, err })
	if p.Asked != g.Hold {
		w.t.Errorf("%d are asked to be held, not %d", p.Asked, g.Hold)
	}
	must(w.t, w.till.sim.Pay(p.Ref, simpay.Good))
	return g
}

func (w *world) lastGuest() driver.Guest {
	w.t.Helper()
	id := do(w, func(tx *store.Tx) (string, error) {
		id, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT id FROM driver_guest ORDER BY created_at DESC, id DESC LIMIT 1`)
		return id, err
	})
	return do(w, func(tx *store.Tx) (driver.Guest, error) { g, _, err := driver.FindGuest(tx, id); return g, err })
}

// A guest's limits end their session, by the station where it keeps them and by the
// server where it does not.
func TestAGuestsLimitEndsTheSession(t *testing.T) {
	for name, x := range map[string]struct {
		version  ocpp.Version
		query    string // of the address
		form     url.Values
		reached  string
		most     energy.Energy // 0: not looked at
		lasts    time.Duration // likewise
		hold     int64
		told     string // what a 2.1 station is told
		confirms string
	}{
		"2.1, energy of the address": {ocpp.V21, "?maxenergy=3000", url.Values{}, driver.EnergyReached, 3 * energy.KiloWattHour, 0, 0, `"transactionLimit":{"maxEnergy":3000}`, `"triggerReason":"LimitSet"`},
		"2.1, time of the page":      {ocpp.V21, "", url.Values{"minutes": {"20"}}, driver.TimeReached, 0, 20 * time.Minute, 0, `"transactionLimit":{"maxTime":1200}`, `"triggerReason":"TimeLimitReached"`},
		"2.1, changed on the page":   {ocpp.V21, "?maxenergy=3000&maxtime=60", url.Values{"kwh": {"4"}, "minutes": {""}}, driver.EnergyReached, 4 * energy.KiloWattHour, 0, 0, `"transactionLimit":{"maxEnergy":4000}`, ""},
		"1.6, energy":                {ocpp.V16, "", url.Values{"kwh": {"3"}}, driver.EnergyReached, 3 * energy.KiloWattHour, 0, 0, "", ""},
		"1.6, time":                  {ocpp.V16, "", url.Values{"minutes": {"20"}}, driver.TimeReached, 0, 20 * time.Minute, 0, "", ""},
		"1.6, amount":                {ocpp.V16, "", url.Values{"cost": {"5"}}, driver.CostReached, 0, 0, 500, "", ""},
		"2.0.1, amount":              {ocpp.V201, "", url.Values{"cost": {"5"}}, driver.CostReached, 0, 0, 500, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.MigratedURL(t, schema.FS), func(c *Config) { c.Simpay, c.Listen = true, "127.0.0.1:1" })
				w.addStation("CS-1", "a password of sixteen")
				w.addTariff(plainTariff)
				var mu sync.Mutex
				var frames []string
				s := w.startStation(sim.Config{ID: "CS-1", Version: x.version, Password: "a password of sixteen", Seed: 1, Sample: time.Minute, Observe: func(f sim.Frame) {
					mu.Lock()
					defer mu.Unlock()
					frames = append(frames, string(f.Data))
				}})
				synctest.Wait()
				if x.version == ocpp.V21 { // it says which limits it keeps
					w.order(central.NewCommander(w.DB, w.central.Effective(w.Gateway), quiet), device.GetSettings{Settings: []device.Setting{device.SupportedLimits}})
				}
				synctest.Wait()
				g := w.guestWith(x.query, x.form)
				if x.hold > 0 && g.Hold != x.hold {
					t.Errorf("%d are held", g.Hold)
				}
				must(t, s.Plug(t.Context(), 1, sim.Vehicle{}))
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				w.settle()
				synctest.Wait()
				list := w.sessions()
				if len(list) != 1 || list[0].State.Open() || !list[0].Settled {
					t.Fatalf("%+v", list)
				}
				row := list[0]
				if g = w.lastGuest(); g.Reached != x.reached || g.State != driver.GuestDone {
					t.Errorf("the visit: %+v", g)
				}
				if x.most > 0 && (row.Energy > x.most+energy.KiloWattHour/100 || row.Energy < x.most*9/10) {
					t.Errorf("%s were taken of %s", row.Energy, x.most)
				}
				if d := row.StoppedAt.Sub(row.StartedAt); x.lasts > 0 && (d > x.lasts+20*time.Second || d < x.lasts-20*time.Second) {
					t.Errorf("it took %s", d)
				}
				p := do(w, func(tx *store.Tx) (payment.Payment, error) { p, _, err := payment.Find(tx, g.Payment); return p, err })
				if row.CostMinor == nil || *row.CostMinor > g.Hold || p.Captured != *row.CostMinor {
					t.Errorf("%+v of %d held, and %+v was taken", row.CostMinor, g.Hold, p)
				}
				mu.Lock()
				all := strings.Join(frames, "\n")
				mu.Unlock()
				if !strings.Contains(all, x.told) || !strings.Contains(all, x.confirms) || x.told == "" && strings.Contains(all, "transactionLimit") {
					t.Errorf("the station was not told %q, or has not said %q", x.told, x.confirms)
				}
			})
		})
	}
}
