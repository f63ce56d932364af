package station_test

import (
	"fmt"
	"slices"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/station"
	"chargewright/schema"
)

func TestNumbersAndCodes(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		must(t, db, func(tx *store.Tx) error {
			for i := range int64(40) { // by status reports, which give none
				if err := station.SetStatus(tx, station.Report{Station: "S1", EVSE: i + 1, Status: station.Available}); err != nil {
					return err
				}
			}
			if err := station.SetEVSE(tx, "S2", 1, "DE*ABC*E12-3", 22_000); err != nil {
				return err
			}
			return station.SetEVSE(tx, "T1", 1, "DE*ABC*E12-3", 0)
		})
		all := func() []station.EVSE {
			return do(t, db, func(tx *store.Tx) ([]station.EVSE, error) { return station.EVSEsOf(tx, ours, "", "z") })
		}
		none := 0
		for _, e := range all() {
			if e.Number == "" {
				none++
			}
		}
		if none != 40 {
			t.Errorf("%d EVSEs have no number", none)
		}
		counts := []int{}
		for range 4 {
			counts = append(counts, do(t, db, func(tx *store.Tx) (int, error) { return station.NumberAll(tx, 25) }))
		}
		if !slices.Equal(counts, []int{25, 15, 0, 0}) {
			t.Errorf("numbered %v", counts)
		}
		seen := map[string]bool{}
		first := all()
		for _, e := range first {
			if len(e.Number) != 6 || e.Number[0] == '0' || seen[e.Number] {
				t.Errorf("number %q of %s/%d", e.Number, e.Station, e.EVSE)
			}
			seen[e.Number] = true
		}
		must(t, db, func(tx *store.Tx) error { return station.SetEVSE(tx, "S2", 1, "DE*ABC*E12-3", 50_000) })
		if again := all(); !slices.EqualFunc(again, first, func(a, b station.EVSE) bool { return a.Number == b.Number }) {
			t.Error("a number changed")
		}
		code := func(tenant, c string) (station.EVSE, error) {
			return try(t, db, func(tx *store.Tx) (station.EVSE, error) { return station.ByCode(tx, tenant, c) })
		}
		last := first[len(first)-1]
		if last.Station != "S2" {
			t.Fatalf("the last is %+v", last)
		}
		for _, c := range []string{last.Number, last.Number[:3] + " " + last.Number[3:], "DE*ABC*E12-3", "deabce123", "de-abc-e123", "S2:1", " S2:1 "} {
			if e, err := code(ours.Tenant, c); err != nil || e.Station != "S2" || e.EVSE != 1 || e.MaxPowerW != 50_000 {
				t.Errorf("%q finds %+v, %v", c, e, err)
			}
		}
		for _, c := range []string{"", "*", "-", "000000", "S2", "S2:2", "S2:", ":1", "T1:1", "S2:1:1", "s2:x", "DE*ABC*E12"} {
			if e, err := code(ours.Tenant, c); !fail.Is(err, fail.NotFound) {
				t.Errorf("%q finds %+v, %v", c, e, err)
			}
		}
		if e, err := code(theirs.Tenant, "DE*ABC*E12-3"); err != nil || e.Station != "T1" {
			t.Errorf("theirs: %+v, %v", e, err)
		}
		must(t, db, func(tx *store.Tx) error { return station.SetEVSE(tx, "S1", 1, "DEABCE123", 0) })
		if e, err := code(ours.Tenant, "DE*ABC*E123"); !fail.Is(err, fail.NotFound) {
			t.Errorf("what two have finds %+v, %v", e, err)
		}
	})
}

func TestStandards(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		set := func(evse, connector int64, s string) error {
			return done(t, db, func(tx *store.Tx) error { return station.SetStandard(tx, "S1", evse, connector, s) })
		}
		for _, c := range []struct {
			evse, connector int64
			standard        string
		}{{0, 1, "IEC_62196_T2"}, {1, 0, "IEC_62196_T2"}, {257, 1, "IEC_62196_T2"}, {1, 17, "IEC_62196_T2"}, {1, 1, "Type2"}, {1, 1, "iec_62196_t2"}} {
			if err := set(c.evse, c.connector, c.standard); !fail.Is(err, fail.Invalid) {
				t.Errorf("%+v: %v", c, err)
			}
		}
		standard := func() string {
			cs := do(t, db, func(tx *store.Tx) ([]station.Connector, error) { return station.Connectors(tx, "S1") })
			return fmt.Sprintf("%d %s %s", len(cs), cs[0].Standard, cs[0].Status)
		}
		if err := set(1, 1, "CHADEMO"); err != nil || standard() != "1 CHADEMO unknown" {
			t.Errorf("%v, %s", err, standard())
		}
		learn := func(s string) {
			must(t, db, func(tx *store.Tx) error { station.LearnStandard(tx, "S1", 1, 1, s); return nil })
		}
		learn("IEC_62196_T2") // an operator said otherwise
		must(t, db, func(tx *store.Tx) error {
			return station.SetStatus(tx, station.Report{Station: "S1", EVSE: 1, Connector: 1, Status: station.Available})
		})
		if got := standard(); got != "1 CHADEMO available" {
			t.Errorf("now %s", got)
		}
		if err := set(1, 1, ""); err != nil {
			t.Error(err)
		}
		learn("rubbish")
		learn("IEC_62196_T2")
		if got := standard(); got != "1 IEC_62196_T2 available" {
			t.Errorf("learnt %s", got)
		}
	})
}

func TestPlaces(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		read := func(f station.PlaceFilter, limit int) []station.Place {
			return do(t, db, func(tx *store.Tx) ([]station.Place, error) { return station.Places(tx, ours.Tenant, f, limit) })
		}
		if got := read(station.PlaceFilter{}, 10); len(got) != 0 {
			t.Errorf("places without EVSE: %+v", got)
		}
		must(t, db, func(tx *store.Tx) error {
			for i, lon := range []int64{-179_000_000, 7_000_000, 179_000_000} {
				id := fmt.Sprintf("p%d", i)
				if err := station.PutSite(tx, station.Site{ID: id, Tenant: ours.Tenant, Entity: "le_default", Name: id, Zone: "UTC"}); err != nil {
					return err
				}
				tx.Write(`UPDATE station_site SET latitude_e6 = $1, longitude_e6 = $2 WHERE id = $3`, int64(50_000_000), lon, id)
				if err := station.Create(tx, station.Station{ID: "C" + id, Tenant: ours.Tenant, Site: id, Onboarding: station.Accepted}); err != nil {
					return err
				}
				if err := station.Booted(tx, "C"+id, station.Accepted); err != nil {
					return err
				}
				for evse := range int64(2) {
					if err := station.SetEVSE(tx, "C"+id, evse+1, "", 11_000); err != nil {
						return err
					}
					if err := station.SetStatus(tx, station.Report{Station: "C" + id, EVSE: evse + 1, Connector: 1, Status: station.Available}); err != nil {
						return err
					}
				}
			}
			if err := station.SetEVSE(tx, "S1", 1, "", 0); err != nil { // never booted
				return err
			}
			return station.Opened(tx, station.Connection{Station: "Cp1", Epoch: 1, Node: "n", Protocol: "1.6"})
		})
		ids := func(ps []station.Place) (out []string) {
			for _, p := range ps {
				out = append(out, p.ID)
			}
			return out
		}
		for _, c := range []struct {
			name  string
			f     station.PlaceFilter
			limit int
			want  []string
		}{
			{"all", station.PlaceFilter{}, 10, []string{"p0", "p1", "p2"}},
			{"a page", station.PlaceFilter{}, 2, []string{"p0", "p1"}},
			{"the next", station.PlaceFilter{After: "p1"}, 2, []string{"p2"}},
			{"one", station.PlaceFilter{Only: "p1"}, 2, []string{"p1"}},
			{"of another tenant", station.PlaceFilter{Only: "far"}, 2, nil},
			{"never booted", station.PlaceFilter{Only: "site"}, 2, nil},
			{"a box", station.PlaceFilter{Bounds: &station.Bounds{West: 7_000_000, South: 50_000_000, East: 8_000_000, North: 51_000_000}}, 9, []string{"p1"}},
			{"a box beside", station.PlaceFilter{Bounds: &station.Bounds{West: 7_000_001, South: 0, East: 8_000_000, North: 51_000_000}}, 9, nil},
			{"across the 180th meridian", station.PlaceFilter{Bounds: &station.Bounds{West: 178_000_000, South: 0, East: -178_000_000, North: 60_000_000}}, 9, []string{"p0", "p2"}},
		} {
			if got := ids(read(c.f, c.limit)); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
		p := read(station.PlaceFilter{Only: "p1"}, 1)[0]
		if len(p.Bays) != 2 || p.Free() != 2 || p.Bays[0].Number == "" || len(p.Bays[1].Connectors) != 1 || !p.Located || p.Bays[0].State() != station.StateAvailable {
			t.Errorf("the place is %+v", p)
		}
		p.Bays[0].Open = station.FlowUnsaid
		if p.Free() != 1 {
			t.Error("an EVSE with an open session counts as free")
		}
		if off := read(station.PlaceFilter{Only: "p0"}, 1)[0]; off.Free() != 0 || off.Bays[0].State() != station.StateOffline {
			t.Errorf("offline: %+v", off.Bays)
		}
		b := do(t, db, func(tx *store.Tx) (station.Bounds, error) {
			b, found, err := station.Extent(tx, ours.Tenant)
			if !found {
				t.Error("no extent")
			}
			return b, err
		})
		if (b != station.Bounds{West: -179_000_000, South: 50_000_000, East: 179_000_000, North: 50_000_000}) {
			t.Errorf("the extent is %+v", b)
		}
		do(t, db, func(tx *store.Tx) (int, error) {
			if _, found, err := station.Extent(tx, theirs.Tenant); err != nil || found {
				t.Errorf("theirs: %v, %v", found, err)
			}
			return 0, nil
		})
	})
}
