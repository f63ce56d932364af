package app

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/tariff"
	"chargewright/schema"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

// dearer is plainTariff at 0.55 € a kWh.
var dearer = strings.Replace(plainTariff, `"price":0.40`, `"price":0.55`, 1)

func (w *world) plan(text string, from time.Time) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		p, err := tariff.Parse([]byte(text))
		if err != nil {
			return err
		}
		_, err = tariff.PutFrom(tx, access.DefaultTenant, "", p, from)
		return err
	})
}

// shown is how far each station is with a tariff, from a time on (zero: now).
func (w *world) shown(from time.Time) map[string]billing.DisplayState {
	w.t.Helper()
	out := map[string]billing.DisplayState{}
	for _, d := range do(w, func(tx *store.Tx) ([]billing.Display, error) {
		return billing.Displays(tx, everyone, "plain", billing.Display{}, 100)
	}) {
		if d.From.Equal(from) {
			out[d.Station] = d.State
		}
	}
	return out
}

func (w *world) screen(s *sim.Station) string {
	w.t.Helper()
	st, err := s.State(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(st.Shown, " | ")
}

func settled() { time.Sleep(30 * time.Second); synctest.Wait() }

// A price that is planned is on the screens at its time: told ahead
// where the version can, and at its time where not; who shows nothing is counted.
func TestAPlannedPriceIsOnTheScreensAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.MigratedURL(t, schema.FS), asking)
		w.addTariff(plainTariff)
		stations := map[string]*sim.Station{}
		for id, v := range map[string]ocpp.Version{"CS-16": ocpp.V16, "CS-201": ocpp.V201, "CS-21": ocpp.V21, "DULL": ocpp.V16} {
			w.addStation(id, "")
			stations[id] = w.startStation(sim.Config{ID: id, Version: v, Seed: 1, Screen: id != "DULL"})
		}
		settled()
		for id, s := range stations {
			if got := w.screen(s); strings.Contains(got, "0,40 €") != (id != "DULL") {
				t.Errorf("%s shows %q", id, got)
			}
		}
		change := time.Now().Truncate(time.Hour).Add(3 * time.Hour)
		w.plan(dearer, change)
		settled()
		want := map[string]billing.DisplayState{"CS-16": billing.DisplayWaiting, "CS-201": billing.DisplayTold, "CS-21": billing.DisplayTold, "DULL": billing.DisplayCannot}
		if got := w.shown(change); len(got) != 4 || got["CS-16"] != want["CS-16"] || got["CS-201"] != want["CS-201"] || got["CS-21"] != want["CS-21"] || got["DULL"] != want["DULL"] {
			t.Errorf("ahead: %v %+v", got, do(w, func(tx *store.Tx) ([]billing.Display, error) {
				return billing.Displays(tx, everyone, "plain", billing.Display{}, 100)
			}))
		}
		for id, s := range stations {
			if got := w.screen(s); strings.Contains(got, "0,55 €") {
				t.Errorf("%s shows the next price already: %q", id, got)
			}
		}
		time.Sleep(time.Until(change) + 5*time.Second)
		synctest.Wait()
		for id, s := range stations {
			if got := w.screen(s); id != "DULL" && (!strings.Contains(got, "0,55 €") || strings.Contains(got, "0,40 €")) {
				t.Errorf("%s shows %q after the change", id, got)
			}
		}
		settled()
		now := w.shown(time.Time{})
		if now["CS-16"] != billing.DisplayTold || now["CS-201"] != billing.DisplayTold || now["CS-21"] != billing.DisplayTold {
			t.Errorf("after the change: %v", now)
		}
		w.plan(plainTariff, time.Now())
		settled()
		for id, s := range stations {
			if got := w.screen(s); id != "DULL" && (!strings.Contains(got, "0,40 €") || strings.Contains(got, "0,55 €")) {
				t.Errorf("%s shows %q after a change at once", id, got)
			}
		}
	})
}

// A station that is away is told once it is back; a plan taken back is taken off.
func TestAStationThatWasAwayIsToldWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.MigratedURL(t, schema.FS), asking)
		w.addTariff(plainTariff)
		w.addStation("CS-1", "")
		s := w.startStation(sim.Config{ID: "CS-1", Version: ocpp.V21, Seed: 1, Screen: true})
		settled()
		must(t, s.GoOffline(t.Context(), 10*time.Minute))
		change := time.Now().Truncate(time.Hour).Add(3 * time.Hour)
		w.plan(dearer, change)
		settled()
		if got := w.shown(change)["CS-1"]; got != billing.DisplayWaiting {
			t.Errorf("away it is %s", got)
		}
		jobs := do(w, func(tx *store.Tx) ([]device.Job, error) { return device.Jobs(tx, everyone, device.CommandKey{}, 10) })
		if len(jobs) == 0 || jobs[0].Kind != "show_price" || jobs[0].Count[device.ItemOffline] != 1 {
			t.Errorf("the failure is not in the list of jobs: %+v", jobs)
		}
		time.Sleep(15 * time.Minute)
		settled()
		if got := w.shown(change)["CS-1"]; got != billing.DisplayTold {
			t.Errorf("back it is %s", got)
		}
		w.write(func(tx *store.Tx) error { return tariff.Withdraw(tx, access.DefaultTenant, "plain", change) })
		settled()
		if got := w.shown(change); len(got) != 0 {
			t.Errorf("withdrawn, and still %v", got)
		}
		time.Sleep(time.Until(change) + time.Minute)
		if got := w.screen(s); strings.Contains(got, "0,55 €") || !strings.Contains(got, "0,40 €") {
			t.Errorf("it shows %q", got)
		}
	})
}

// A screen that is switched on, by whatever way that is learnt, is told the price.
func TestAScreenThatIsSwitchedOnIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.MigratedURL(t, schema.FS), asking)
		w.addTariff(plainTariff)
		w.addStation("CS-1", "")
		s := w.startStation(sim.Config{ID: "CS-1", Version: ocpp.V201, Seed: 1, Screen: true})
		settled()
		enable := func(value string) { // as a report or an accepted change is taken
			w.write(func(tx *store.Tx) error {
				d, _, err := device.At(tx, "CS-1")
				if err != nil {
					return err
				}
				return device.Learn(tx, d.ID, []device.Known{{Setting: device.Setting{Component: "DisplayMessageCtrlr", Variable: "Enabled"}, Value: value}})
			})
			settled()
		}
		enable("false")
		if got := w.shown(time.Time{})["CS-1"]; got != billing.DisplayCannot {
			t.Errorf("switched off it is %s", got)
		}
		w.plan(dearer, time.Now())
		settled()
		if got := w.screen(s); strings.Contains(got, "0,55 €") {
			t.Errorf("switched off it was told %q", got)
		}
		enable("true")
		if got := w.screen(s); w.shown(time.Time{})["CS-1"] != billing.DisplayTold || !strings.Contains(got, "0,55 €") {
			t.Errorf("switched on it is %v and shows %q", w.shown(time.Time{}), got)
		}
	})
}

// What is shown already is not told again.
func TestTheSamePriceIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.MigratedURL(t, schema.FS), asking)
		w.addTariff(plainTariff)
		w.addStation("CS-1", "")
		w.startStation(sim.Config{ID: "CS-1", Version: ocpp.V201, Seed: 1, Screen: true})
		settled()
		count := func() int {
			return len(do(w, func(tx *store.Tx) ([]device.Job, error) { return device.Jobs(tx, everyone, device.CommandKey{}, 10) }))
		}
		before := count()
		for range 3 {
			must(t, w.redisplay(t.Context(), "CS-1"))
			settled()
		}
		if after := count(); before != 1 || after != before {
			t.Errorf("%d jobs, then %d", before, after)
		}
	})
}
