package station_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/station"
	"chargewright/schema"
)

// The column that lists lean on is what Overall derives, whatever happens.
func TestOverallIsKept(t *testing.T) {
	statuses := []station.Status{
		station.Unknown, station.Available, station.Preparing, station.Charging, station.SuspendedEV, station.SuspendedEVSE, station.Finishing,
		station.Reserved, station.Unavailable, station.Faulted, station.Occupied, "something new",
	}
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		epoch := int64(0)
		rapid.Check(t, func(r *rapid.T) {
			for range rapid.IntRange(1, 12).Draw(r, "steps") {
				what, status := rapid.IntRange(0, 5).Draw(r, "what"), rapid.SampledFrom(statuses).Draw(r, "status")
				evse := rapid.Int64Range(0, 3).Draw(r, "evse")
				must(t, db, func(tx *store.Tx) error {
					switch what {
					case 0:
						epoch++
						return station.Opened(tx, station.Connection{Station: "S1", Epoch: epoch, Node: "n", Protocol: "1.6"})
					case 1:
						station.Closed(tx, "S1", epoch, "gone")
						return nil
					case 2:
						if evse == 0 { // the whole node, now and then
							station.CloseNode(tx, "n")
						}
						return nil
					}
					return station.SetStatus(tx, station.Report{Station: "S1", EVSE: evse, Connector: 1, Status: status})
				})
				s := get(t, db, "S1")
				cs := do(t, db, func(tx *store.Tx) ([]station.Connector, error) { return station.Connectors(tx, "S1") })
				if want := station.Overall(s, cs); s.Overall != want {
					r.Fatalf("kept as %s, and is %s: %+v %+v", s.Overall, want, s, cs)
				}
			}
		})
	})
}

func ids(ss []station.Station) (out []string) {
	for _, s := range ss {
		out = append(out, s.ID)
	}
	return out
}

// fleet makes 40 stations at two sites of ours beside place's.
func fleet(t *testing.T, db *store.DB) {
	t.Helper()
	must(t, db, func(tx *store.Tx) error {
		second := station.Site{ID: "site2", Tenant: ours.Tenant, Entity: access.DefaultEntity, Name: "Harbour ÄST", City: "Kiel", Country: "DE", Zone: "Europe/Berlin"}
		if err := station.PutSite(tx, second); err != nil {
			return err
		}
		for i := range 40 {
			s := station.Station{ID: fmt.Sprintf("F%02d", i), Tenant: ours.Tenant, Site: []string{"site", "site2"}[i%2], Name: fmt.Sprintf("Pole %d", i/4), Onboarding: station.Accepted}
			if err := station.Create(tx, s); err != nil {
				return err
			}
			if err := station.Describe(tx, s.ID, []string{"ACME", "Other"}[i%2], "Model-"+fmt.Sprint(i%3), fmt.Sprintf("SER%04d", i)); err != nil {
				return err
			}
			if i%4 != 0 {
				if err := station.Opened(tx, station.Connection{Station: s.ID, Epoch: 1, Node: "n", Protocol: []string{"1.6", "2.0.1"}[i%2]}); err != nil {
					return err
				}
			}
			status := []station.Status{station.Available, station.Charging, station.Faulted}[i%3]
			if err := station.SetStatus(tx, station.Report{Station: s.ID, EVSE: 1, Connector: 1, Status: status}); err != nil {
				return err
			}
		}
		return station.SetEVSE(tx, "F07", 1, "DE*ABC*E7", 22_000)
	})
}

// Every order shows every station once, page by page, in that order.
func TestPagesOfEveryOrder(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		fleet(t, db)
		for _, o := range []station.Order{station.ByID, station.ByIDDown, station.ByName, station.ByWorst, station.ByRecently} {
			var seen []string
			var after station.Key
			var all []station.Station
			for range 20 {
				rows := do(t, db, func(tx *store.Tx) ([]station.Station, error) {
					return station.Search(tx, ours, station.Filter{}, o, after, 7)
				})
				if len(rows) == 0 {
					break
				}
				seen, all = append(seen, ids(rows)...), append(all, rows...)
				after = station.KeyOf(rows[len(rows)-1], o)
			}
			if n := len(slices.Compact(slices.Sorted(slices.Values(seen)))); n != 42 || len(seen) != 42 {
				t.Errorf("%s: %d rows of %d stations", o, len(seen), n)
			}
			sorted := slices.IsSortedFunc(all, func(a, b station.Station) int {
				switch o {
				case station.ByIDDown:
					return cmpText(b.ID, a.ID)
				case station.ByName:
					return cmpText(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID)
				case station.ByRecently:
					return b.OverallAt.Compare(a.OverallAt)
				case station.ByWorst:
					return rank(a.Overall) - rank(b.Overall)
				}
				return cmpText(a.ID, b.ID)
			})
			if !sorted {
				t.Errorf("%s: %v", o, seen)
			}
		}
		if _, err := try(t, db, func(tx *store.Tx) ([]station.Station, error) {
			return station.Search(tx, ours, station.Filter{}, "colour", station.Key{}, 5)
		}); !fail.Is(err, fail.Invalid) {
			t.Errorf("no order: %v", err)
		}
	})
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func rank(s station.Status) int {
	return slices.Index([]station.Status{station.Offline, station.Faulted, station.Unavailable, station.Charging, station.Available, station.Unknown}, s)
}

func TestSearch(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		fleet(t, db)
		number := func(f station.Filter, sc access.Scope) int64 {
			t.Helper()
			n := do(t, db, func(tx *store.Tx) (int64, error) { return station.Count(tx, sc, f) })
			rows := do(t, db, func(tx *store.Tx) ([]station.Station, error) {
				return station.Search(tx, sc, f, station.ByID, station.Key{}, 100)
			})
			if int64(len(rows)) != n {
				t.Errorf("%+v: %d rows and a count of %d", f, len(rows), n)
			}
			return n
		}
		host := ours
		host.Role, host.Sites = access.Host, []string{"site2"}
		for name, c := range map[string]struct {
			f    station.Filter
			sc   access.Scope
			want int64
		}{
			"all":              {station.Filter{}, ours, 42},
			"theirs":           {station.Filter{}, theirs, 1},
			"a host's":         {station.Filter{}, host, 20},
			"a host's others":  {station.Filter{Sites: []string{"site"}}, host, 0},
			"no site at all":   {station.Filter{}, access.Scope{Tenant: ours.Tenant, Role: access.Host, Sites: []string{}}, 0},
			"by id":            {station.Filter{Text: "f1"}, ours, 10},
			"by name":          {station.Filter{Text: "POLE 3"}, ours, 4},
			"by serial":        {station.Filter{Text: "ser0012"}, ours, 1},
			"by make":          {station.Filter{Text: "model-2"}, ours, 13},
			"by contract":      {station.Filter{Text: "de*abc"}, ours, 1},
			"by site's name":   {station.Filter{Text: "harbour äst"}, ours, 20},
			"by city":          {station.Filter{Text: " kiel "}, ours, 20},
			"no wildcards":     {station.Filter{Text: "%"}, ours, 0},
			"nobody":           {station.Filter{Text: "zzz"}, ours, 0},
			"not theirs":       {station.Filter{Text: "t1"}, ours, 0},
			"status":           {station.Filter{Overall: []string{"offline"}}, ours, 12},
			"two statuses":     {station.Filter{Overall: []string{"faulted", "charging"}}, ours, 20},
			"protocol":         {station.Filter{Protocols: []string{"2.0.1"}}, ours, 20},
			"vendor":           {station.Filter{Vendors: []string{"ACME"}}, ours, 20},
			"ids":              {station.Filter{IDs: []string{"F01", "F02", "T1"}}, ours, 2},
			"all at once":      {station.Filter{Text: "pole", Overall: []string{"faulted"}, Sites: []string{"site2"}, Protocols: []string{"2.0.1"}}, ours, 6},
			"site that is not": {station.Filter{Sites: []string{"none"}}, ours, 0},
		} {
			if got := number(c.f, c.sc); got != c.want {
				t.Errorf("%s: %d, want %d", name, got, c.want)
			}
		}
		f := do(t, db, func(tx *store.Tx) (station.Facets, error) {
			return station.CountBy(tx, ours, station.Filter{Overall: []string{"offline"}, Vendors: []string{"ACME"}})
		})
		total := int64(0)
		for _, x := range f.Overall {
			total += x.Count
		}
		if total != 20 || len(f.Vendors) != 2 || len(f.Sites) != 1 || f.Sites[0].Value != "site" || f.Sites[0].Label == "site" || f.Sites[0].Count != 10 {
			t.Errorf("facets %+v", f)
		}
		many := station.Filter{IDs: make([]string, station.MaxValues+1)}
		if _, err := try(t, db, func(tx *store.Tx) ([]station.Station, error) {
			return station.Search(tx, ours, many, "", station.Key{}, 5)
		}); !fail.Is(err, fail.Invalid) {
			t.Errorf("too many ids: %v", err)
		}
	})
}

func TestPositionsAndTallies(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		fleet(t, db)
		tally := do(t, db, func(tx *store.Tx) (map[string]station.Tally, error) {
			return station.Tallies(tx, ours.Tenant, []string{"site", "site2", "far"})
		})
		if tally["site2"].Stations != 20 || tally["site2"].EVSEs != 20 || tally["site"].Stations != 22 || tally["far"].Stations != 0 {
			t.Errorf("%+v", tally)
		}
		if err := done(t, db, func(tx *store.Tx) error { return station.DeleteSite(tx, ours, "site2") }); !fail.Is(err, fail.Conflict) {
			t.Errorf("deleting a site with stations: %v", err)
		}
		lat, lon, far := int64(54_320_000), int64(10_130_000), int64(90_000_001)
		empty := station.Site{ID: "empty", Tenant: ours.Tenant, Entity: access.DefaultEntity, Name: "Empty", Country: "DE", Zone: "Europe/Berlin", Latitude: &lat, Longitude: &lon}
		must(t, db, func(tx *store.Tx) error { return station.PutSite(tx, empty) })
		got := do(t, db, func(tx *store.Tx) (station.Site, error) { return station.GetSite(tx, ours, "empty") })
		if got.Latitude == nil || *got.Latitude != lat || got.Longitude == nil || *got.Longitude != lon {
			t.Errorf("%+v", got)
		}
		for _, bad := range []station.Site{{Latitude: &lat}, {Longitude: &lon}, {Latitude: &far, Longitude: &lon}} {
			x := empty
			x.Latitude, x.Longitude = bad.Latitude, bad.Longitude
			if err := done(t, db, func(tx *store.Tx) error { return station.PutSite(tx, x) }); !fail.Is(err, fail.Invalid) {
				t.Errorf("a position that is none: %v", err)
			}
		}
		if err := done(t, db, func(tx *store.Tx) error { return station.DeleteSite(tx, theirs, "empty") }); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant deletes it: %v", err)
		}
		must(t, db, func(tx *store.Tx) error { return station.DeleteSite(tx, ours, "empty") })
		found := do(t, db, func(tx *store.Tx) ([]station.Site, error) { return station.SearchSites(tx, ours, "KIEL", "", 10) })
		if len(found) != 1 || found[0].ID != "site2" {
			t.Errorf("%+v", found)
		}
	})
}

func TestDismiss(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		refuse := func(tx *store.Tx) error {
			for _, id := range []string{"S1", "T1", "NOBODY"} {
				if err := station.Refuse(tx, station.Refusal{Identity: id, Reason: station.RefusedUnknown}); err != nil {
					return err
				}
			}
			return nil
		}
		must(t, db, refuse)
		host := access.Scope{Tenant: ours.Tenant, Role: access.Host, Sites: []string{"site2"}}
		for id, sc := range map[string]access.Scope{"T1": ours, "NOBODY": theirs, "none": ours, "S1": host} {
			if err := done(t, db, func(tx *store.Tx) error { return station.Dismiss(tx, sc, id) }); !fail.Is(err, fail.NotFound) {
				t.Errorf("%s: %v", id, err)
			}
		}
		for _, id := range []string{"S1", "NOBODY"} {
			must(t, db, func(tx *store.Tx) error { return station.Dismiss(tx, ours, id) })
		}
		if left := do(t, db, func(tx *store.Tx) ([]station.Refusal, error) { return station.Refusals(tx, 10) }); len(left) != 1 || left[0].Identity != "T1" {
			t.Errorf("%+v", left)
		}
	})
}

// BenchmarkSearch prints what a page, its total and its facets take among 50,000
// stations.
func BenchmarkSearch(b *testing.B) {
	if os.Getenv("CHARGEWRIGHT_BENCH") == "" {
		b.Skip("set CHARGEWRIGHT_BENCH to run it")
	}
	db := storetest.SQLite(b, schema.FS)
	placeB(b, db)
	for from := 0; from < 50_000; from += 5_000 {
		do(b, db, func(tx *store.Tx) (struct{}, error) {
			for i := from; i < from+5_000; i++ {
				id := fmt.Sprintf("CP%06d", i)
				if err := station.Create(tx, station.Station{ID: id, Tenant: ours.Tenant, Site: "site", Name: "Charger " + id, Onboarding: station.Accepted}); err != nil {
					return struct{}{}, err
				}
				if err := station.Describe(tx, id, []string{"ACME", "Beta", "Gamma"}[i%3], "M1", "SN"+id); err != nil {
					return struct{}{}, err
				}
				if i%10 == 0 {
					continue
				}
				if err := station.Opened(tx, station.Connection{Station: id, Epoch: 1, Node: "n", Protocol: []string{"1.6", "2.0.1"}[i%2]}); err != nil {
					return struct{}{}, err
				}
				if err := station.SetStatus(tx, station.Report{Station: id, EVSE: 1, Connector: 1, Status: []station.Status{station.Available, station.Charging, station.Faulted}[i%3]}); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		})
	}
	for name, f := range map[string]station.Filter{"all": {}, "text": {Text: "cp04321"}, "text rare": {Text: "zzzz"}, "status": {Overall: []string{"faulted"}}, "many": {Text: "acme", Overall: []string{"faulted", "offline"}, Protocols: []string{"1.6"}}} {
		for _, o := range []station.Order{station.ByID, station.ByName, station.ByWorst, station.ByRecently} {
			b.Run(name+"/"+string(o), func(b *testing.B) {
				for b.Loop() {
					do(b, db, func(tx *store.Tx) (int64, error) {
						if _, err := station.Search(tx, ours, f, o, station.Key{}, 51); err != nil {
							return 0, err
						}
						return station.Count(tx, ours, f)
					})
				}
			})
		}
		b.Run(name+"/facets", func(b *testing.B) {
			for b.Loop() {
				do(b, db, func(tx *store.Tx) (station.Facets, error) { return station.CountBy(tx, ours, f) })
			}
		})
	}
}

func placeB(b *testing.B, db *store.DB) {
	b.Helper()
	do(b, db, func(tx *store.Tx) (struct{}, error) {
		if err := access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, station.PutSite(tx, station.Site{ID: "site", Tenant: ours.Tenant, Entity: access.DefaultEntity, Name: "Depot", Country: "DE", Zone: "Europe/Berlin"})
	})
}
