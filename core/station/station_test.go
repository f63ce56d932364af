package station_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/station"
	"chargewright/schema"
)

var (
	ours   = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	theirs = access.Scope{Tenant: "tn_other", Role: access.Owner}
)

func try[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) (T, error) {
	t.Helper()
	return store.Do(t.Context(), db, "S1", fn)
}

func do[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := try(t, db, fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// done runs what has no result.
func done(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) error {
	t.Helper()
	_, err := try(t, db, func(tx *store.Tx) (struct{}, error) { return struct{}{}, fn(tx) })
	return err
}

// must is done for what has to succeed.
func must(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := done(t, db, fn); err != nil {
		t.Fatal(err)
	}
}

// place installs two tenants, a site of ours and the stations S1 and S2 on it,
// and a station T1 of theirs.
func place(t *testing.T, db *store.DB) {
	t.Helper()
	must(t, db, func(tx *store.Tx) error {
		if err := access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
			return err
		}
		tx.Write(`INSERT INTO access_tenant (id, name, created_at) VALUES ('tn_other', 'Theirs', 0)`)
		tx.Write(`INSERT INTO access_entity (id, tenant_id, name, country, currency, number_prefix, bank, provider_account, created_at)
			VALUES ('le_other', 'tn_other', 'Theirs', 'FR', 'EUR', 'T', '', '', 0)`)
		for _, s := range []station.Site{
			{ID: "site", Tenant: ours.Tenant, Entity: access.DefaultEntity, Name: "Yard", Zone: "Europe/Berlin"},
			{ID: "far", Tenant: theirs.Tenant, Entity: "le_other", Name: "Far", Zone: "Europe/Paris"},
		} {
			if err := station.PutSite(tx, s); err != nil {
				return err
			}
		}
		for id, site := range map[string]string{"S1": "site", "S2": "site", "T1": "far"} {
			s := station.Station{ID: id, Tenant: ours.Tenant, Site: site, Name: id, Onboarding: station.Accepted}
			if site == "far" {
				s.Tenant = theirs.Tenant
			}
			if err := station.Create(tx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func get(t *testing.T, db *store.DB, id string) station.Station {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (station.Station, error) {
		s, found, err := station.Find(tx, id)
		if err == nil && !found {
			err = fail.New(fail.NotFound, "test", "there is no %s", id)
		}
		return s, err
	})
}

func TestSites(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		for _, zone := range []string{"", "Local", "Europe/Atlantis", "../etc/passwd", "UTC+1"} {
			err := done(t, db, func(tx *store.Tx) error {
				return station.PutSite(tx, station.Site{ID: "x", Tenant: ours.Tenant, Entity: access.DefaultEntity, Zone: zone})
			})
			if !fail.Is(err, fail.Invalid) {
				t.Errorf("zone %q: %v", zone, err)
			}
		}
		if _, err := try(t, db, func(tx *store.Tx) (station.Site, error) { return station.GetSite(tx, ours, "far") }); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant's site: %v", err)
		}
		_ = done(t, db, func(tx *store.Tx) error { // whatever is said, nothing changes
			return station.PutSite(tx, station.Site{ID: "far", Tenant: ours.Tenant, Entity: access.DefaultEntity, Name: "Taken", Zone: "UTC"})
		})
		s := do(t, db, func(tx *store.Tx) (station.Site, error) { return station.GetSite(tx, theirs, "far") })
		if s.Name != "Far" || s.Zone != "Europe/Paris" || s.Tenant != theirs.Tenant {
			t.Errorf("another tenant's site became %+v", s)
		}
		if list := do(t, db, func(tx *store.Tx) ([]station.Site, error) { return station.Sites(tx, ours) }); len(list) != 1 || list[0].ID != "site" {
			t.Errorf("our sites are %+v", list)
		}
		if s := do(t, db, func(tx *store.Tx) (station.Site, error) { return station.SiteOf(tx, "T1") }); s.ID != "far" {
			t.Errorf("T1 stands at %+v", s)
		}
		if _, err := try(t, db, func(tx *store.Tx) (station.Site, error) { return station.SiteOf(tx, "none") }); !fail.Is(err, fail.NotFound) {
			t.Errorf("the site of no station: %v", err)
		}
	})
}

func TestAnotherTenantsStationIsNotFound(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		for _, id := range []string{"T1", "none", "s1", ""} {
			for name, look := range map[string]func(tx *store.Tx) error{
				"Get":               func(tx *store.Tx) error { _, err := station.Get(tx, ours, id); return err },
				"Connections":       func(tx *store.Tx) error { _, err := station.Connections(tx, ours, id, 10); return err },
				"ConnectionsBefore": func(tx *store.Tx) error { _, err := station.ConnectionsBefore(tx, ours, id, 0, 10); return err },
			} {
				if err := done(t, db, look); !fail.Is(err, fail.NotFound) {
					t.Errorf("%s of %q: %v", name, id, err)
				}
			}
		}
		must(t, db, func(tx *store.Tx) error {
			return station.SetStatus(tx, station.Report{Station: "T1", EVSE: 1, Connector: 1, Status: station.Available})
		})
		list := do(t, db, func(tx *store.Tx) ([]station.Station, error) { return station.List(tx, ours, "", 10) })
		if len(list) != 2 || list[0].ID != "S1" || list[1].ID != "S2" {
			t.Errorf("our stations are %+v", list)
		}
		if cs := do(t, db, func(tx *store.Tx) ([]station.Connector, error) { return station.ConnectorsOf(tx, ours, "", "zzz") }); len(cs) != 0 {
			t.Errorf("we see connectors %+v", cs)
		}
		if es := do(t, db, func(tx *store.Tx) ([]station.EVSE, error) { return station.EVSEsOf(tx, ours, "", "zzz") }); len(es) != 0 {
			t.Errorf("we see EVSEs %+v", es)
		}
		err := done(t, db, func(tx *store.Tx) error {
			return station.Create(tx, station.Station{ID: "T1", Tenant: ours.Tenant, Site: "site", Onboarding: station.Accepted})
		})
		if !fail.Is(err, fail.Conflict) {
			t.Errorf("an identity is one per installation: %v", err)
		}
		before := get(t, db, "T1")
		_ = done(t, db, func(tx *store.Tx) error {
			return station.Update(tx, station.Station{ID: "T1", Tenant: ours.Tenant, Site: "site", Name: "ours now", Onboarding: station.Rejected})
		})
		if after := get(t, db, "T1"); after != before {
			t.Errorf("another tenant changed it to %+v", after)
		}
	})
}

func connector(t *testing.T, db *store.DB) station.Connector {
	t.Helper()
	cs := do(t, db, func(tx *store.Tx) ([]station.Connector, error) { return station.Connectors(tx, "S1") })
	if len(cs) != 1 {
		t.Fatalf("connectors %+v", cs)
	}
	return cs[0]
}

func TestOlderStatusDoesNotOverwrite(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		base := time.Now().UTC().Truncate(time.Microsecond).Add(-time.Hour)
		report := func(evse int64, minute int, s station.Status) {
			must(t, db, func(tx *store.Tx) error {
				return station.SetStatus(tx, station.Report{
					Station: "S1", EVSE: evse, Connector: min(evse, 1), Status: s, At: base.Add(time.Duration(minute) * time.Minute), ErrorCode: string(s),
				})
			})
		}
		for _, evse := range []int64{0, 1} {
			now := func() station.Status {
				if evse == 0 {
					return get(t, db, "S1").Status
				}
				c := connector(t, db)
				if c.ErrorCode != string(c.Status) {
					t.Errorf("error code %q of status %q", c.ErrorCode, c.Status)
				}
				return c.Status
			}
			for _, step := range []struct {
				minute    int
				say, want station.Status
			}{
				{10, station.Charging, station.Charging},
				{5, station.Available, station.Charging},
				{10, station.SuspendedEV, station.SuspendedEV}, // of one instant the later word counts
				{20, station.Finishing, station.Finishing},
				{19, station.Faulted, station.Finishing},
				{-600000, station.Faulted, station.Finishing},
			} {
				report(evse, step.minute, step.say)
				if got := now(); got != step.want {
					t.Errorf("evse %d: after %s at minute %d it is %s, want %s", evse, step.say, step.minute, got, step.want)
				}
			}
		}
	})
}

// In whatever order the reports come, the newest stands at the end.
func TestStatusOrderDoesNotMatter(t *testing.T) {
	db := storetest.SQLite(t, schema.FS)
	place(t, db)
	base := time.Now().UTC().Truncate(time.Microsecond).Add(-24 * time.Hour)
	statuses := []station.Status{station.Available, station.Charging, station.Faulted, station.Finishing, station.Unknown}
	evse := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		evse = evse%station.MaxEVSE + 1
		base = base.Add(time.Minute)
		n := rapid.IntRange(1, 8).Draw(rt, "reports")
		var rs []station.Report
		for i := range n {
			rs = append(rs, station.Report{
				Station: "S1", EVSE: evse, Connector: 1, Status: rapid.SampledFrom(statuses).Draw(rt, "status"), At: base.Add(time.Duration(i) * time.Second),
			})
		}
		want := rs[n-1]
		must(t, db, func(tx *store.Tx) error {
			for _, r := range rapid.Permutation(append(rs, rs...)).Draw(rt, "order") {
				if err := station.SetStatus(tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		for _, c := range do(t, db, func(tx *store.Tx) ([]station.Connector, error) { return station.Connectors(tx, "S1") }) {
			if c.EVSE == evse && (c.Status != want.Status || !c.StatusAt.Equal(want.At)) {
				rt.Fatalf("%s since %v, want %s since %v", c.Status, c.StatusAt, want.Status, want.At)
			}
		}
	})
}

// A clock far ahead must not freeze a connector for years.
func TestStatusFromTheFuture(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		for _, evse := range []int64{0, 1} {
			say := func(s station.Status, at time.Time) {
				must(t, db, func(tx *store.Tx) error {
					return station.SetStatus(tx, station.Report{Station: "S1", EVSE: evse, Connector: 1, Status: s, At: at})
				})
			}
			say(station.Faulted, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))
			say(station.Available, time.Time{})
		}
		if s := get(t, db, "S1").Status; s != station.Available {
			t.Errorf("the station stays %s", s)
		}
		if c := connector(t, db); c.Status != station.Available || c.StatusAt.After(time.Now().Add(time.Hour)) {
			t.Errorf("the connector stays %s since %v", c.Status, c.StatusAt)
		}
	})
}

func TestStatusBounds(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		for _, r := range []station.Report{
			{EVSE: -1, Connector: 1}, {EVSE: station.MaxEVSE + 1, Connector: 1}, {EVSE: 1 << 62, Connector: 1}, {EVSE: 1, Connector: -1},
			{EVSE: 1, Connector: station.MaxConnector + 1},
			{EVSE: 1, Connector: 1, Info: "a\x00b"}, {EVSE: 1, Connector: 1, VendorError: "\x00"}, {EVSE: 1, Connector: 1, ErrorCode: "\xff"},
		} {
			r.Station, r.Status = "S1", station.Available
			if err := done(t, db, func(tx *store.Tx) error { return station.SetStatus(tx, r) }); !fail.Is(err, fail.Invalid) {
				t.Errorf("%+v: %v", r, err)
			}
		}
		if cs := do(t, db, func(tx *store.Tx) ([]station.Connector, error) { return station.Connectors(tx, "S1") }); len(cs) != 0 {
			t.Errorf("connectors %+v of what was refused", cs)
		}
		if err := done(t, db, func(tx *store.Tx) error {
			return station.SetStatus(tx, station.Report{Station: "none", EVSE: 1, Connector: 1, Status: station.Available})
		}); err == nil {
			t.Error("a connector of no station")
		}
		for _, evse := range []int64{0, -1, station.MaxEVSE + 1} {
			if err := done(t, db, func(tx *store.Tx) error { return station.SetEVSE(tx, "S1", evse, "", 1) }); !fail.Is(err, fail.Invalid) {
				t.Errorf("EVSE %d: %v", evse, err)
			}
		}
		must(t, db, func(tx *store.Tx) error { return station.SetEVSE(tx, "S1", 2, "DE*ABC*E1", 150_000) })
		if w := do(t, db, func(tx *store.Tx) (int64, error) { return station.MaxPower(tx, "S1", 2) }); w != 150_000 {
			t.Errorf("%d W", w)
		}
		if w := do(t, db, func(tx *store.Tx) (int64, error) { return station.MaxPower(tx, "S1", 99) }); w != 0 {
			t.Errorf("an EVSE nobody knows has %d W", w)
		}
	})
}

// What a station writes is cut between characters, never within one.
func TestTextsAreCut(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		for i, text := range []string{
			strings.Repeat("a", 500), strings.Repeat("a", 501), strings.Repeat("ü", 250), strings.Repeat("ü", 251), "a" + strings.Repeat("ü", 250),
			strings.Repeat("€", 300), "ab" + strings.Repeat("€", 300), strings.Repeat("😀", 200), "abc" + strings.Repeat("😀", 200), "",
		} {
			must(t, db, func(tx *store.Tx) error {
				return station.SetStatus(tx, station.Report{
					Station: "S1", EVSE: 1, Connector: 1, Status: station.Faulted, Info: text, VendorError: text, ErrorCode: text,
				})
			})
			c := connector(t, db)
			if c.Info != c.VendorError || c.Info != c.ErrorCode || !strings.HasPrefix(text, c.Info) || !utf8.ValidString(c.Info) {
				t.Fatalf("text %d became %q", i, c.Info)
			}
			if len(text) <= 500 && c.Info != text || len(text) > 500 && (len(c.Info) > 500 || len(c.Info) < 497) {
				t.Errorf("text %d of %d bytes keeps %d", i, len(text), len(c.Info))
			}
		}
	})
}

func opened(epoch int64, node string) func(tx *store.Tx) error {
	return func(tx *store.Tx) error {
		return station.Opened(tx, station.Connection{Station: "S1", Epoch: epoch, Node: node, Remote: "r", Protocol: "1.6"})
	}
}

func closed(epoch int64, reason string) func(tx *store.Tx) error {
	return func(tx *store.Tx) error { station.Closed(tx, "S1", epoch, reason); return nil }
}

func TestEpochsOnlyRise(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		must(t, db, opened(3, "n1"))
		for _, e := range []int64{3, 2, 0, -1} {
			if err := done(t, db, opened(e, "n2")); !fail.Is(err, fail.Conflict) {
				t.Errorf("epoch %d after 3: %v", e, err)
			}
		}
		must(t, db, closed(3, "bye"))
		if err := done(t, db, opened(3, "n2")); !fail.Is(err, fail.Conflict) {
			t.Errorf("an epoch lived twice: %v", err)
		}
		must(t, db, opened(4, "n1"))
		must(t, db, closed(3, "late"))
		s := get(t, db, "S1")
		if s.Epoch != 4 || !s.Connected || s.Protocol != "1.6" {
			t.Errorf("after the end of an older connection: %+v", s)
		}
		must(t, db, closed(4, "gone"))
		first := get(t, db, "S1")
		must(t, db, closed(4, "gone again"))
		if s := get(t, db, "S1"); s.Connected || s != first {
			t.Errorf("closed twice: %+v, before %+v", s, first)
		}
		cs := do(t, db, func(tx *store.Tx) ([]station.Connection, error) { return station.Connections(tx, ours, "S1", 10) })
		if len(cs) != 2 || cs[0].Epoch != 4 || cs[0].Reason != "gone" || cs[1].Reason != "bye" || cs[1].ClosedAt.IsZero() {
			t.Errorf("connections %+v", cs)
		}
	})
}

func TestOneOpensAtOnce(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		var won atomic.Int64
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				err := done(t, db, opened(1, fmt.Sprint("n", i)))
				if err == nil {
					won.Add(1)
				} else if !fail.Is(err, fail.Conflict) {
					t.Errorf("node %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		cs := do(t, db, func(tx *store.Tx) ([]station.Connection, error) { return station.Connections(tx, ours, "S1", 50) })
		if won.Load() != 1 || len(cs) != 1 {
			t.Errorf("%d won, %d connections", won.Load(), len(cs))
		}
	})
}

func TestCloseNodeClosesItsOwn(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		must(t, db, opened(1, "n1"))
		must(t, db, opened(2, "n2")) // S1 moved on
		must(t, db, func(tx *store.Tx) error {
			return station.Opened(tx, station.Connection{Station: "S2", Epoch: 1, Node: "n1", Protocol: "2.1"})
		})
		must(t, db, func(tx *store.Tx) error { station.CloseNode(tx, "n1"); return nil })
		if !get(t, db, "S1").Connected || get(t, db, "S2").Connected {
			t.Errorf("S1 %+v, S2 %+v", get(t, db, "S1"), get(t, db, "S2"))
		}
		cs := do(t, db, func(tx *store.Tx) ([]station.Connection, error) { return station.Connections(tx, ours, "S1", 10) })
		if len(cs) != 2 || !cs[0].ClosedAt.IsZero() || cs[1].ClosedAt.IsZero() {
			t.Errorf("connections %+v", cs)
		}
		cs = do(t, db, func(tx *store.Tx) ([]station.Connection, error) { return station.Connections(tx, ours, "S2", 10) })
		if len(cs) != 1 || cs[0].ClosedAt.IsZero() || cs[0].Reason != "server restarted" {
			t.Errorf("connections of S2 %+v", cs)
		}
		must(t, db, func(tx *store.Tx) error { station.CloseNode(tx, "none"); return nil })
		if !get(t, db, "S1").Connected {
			t.Error("closed by a node it never was on")
		}
	})
}

func TestRefusalsAreCounted(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		refuse := func(identity, reason, remote string) {
			must(t, db, func(tx *store.Tx) error {
				return station.Refuse(tx, station.Refusal{Identity: identity, Reason: reason, Remote: remote, Path: strings.Repeat("ü", 400)})
			})
		}
		for i := range 5 {
			refuse("X", station.RefusedUnknown, fmt.Sprint("r", i))
		}
		refuse("X", station.RefusedPassword, "r")
		refuse("T1", station.RefusedPassword, "r")
		refuse("S1", station.RefusedPassword, "r")
		fs := do(t, db, func(tx *store.Tx) ([]station.Refusal, error) { return station.Refusals(tx, 10) })
		i := slices.IndexFunc(fs, func(f station.Refusal) bool { return f.Identity == "X" && f.Reason == station.RefusedUnknown })
		if len(fs) != 4 || i < 0 || fs[i].Attempts != 5 || fs[i].Remote != "r4" || fs[i].FirstAt.After(fs[i].LastAt) || len(fs[i].Path) != 500 {
			t.Errorf("refusals %+v", fs)
		}
		for tenant, want := range map[string]string{ours.Tenant: "S1 X X", theirs.Tenant: "T1"} {
			sc := access.Scope{Tenant: tenant}
			var seen []string
			var after station.RefusalKey
			for range 10 {
				page := do(t, db, func(tx *store.Tx) ([]station.Refusal, error) { return station.RefusalsFor(tx, sc, after, 1) })
				if len(page) == 0 {
					break
				}
				seen = append(seen, page[0].Identity)
				after = station.RefusalKey{LastAt: page[0].LastAt, Identity: page[0].Identity, Reason: page[0].Reason}
			}
			slices.Sort(seen)
			if strings.Join(seen, " ") != want {
				t.Errorf("%s sees %v, want %s", tenant, seen, want)
			}
		}
	})
}

// Whoever invents identities fills a bounded number of rows; the oldest make room.
func TestRefusalsAreBounded(t *testing.T) {
	const bound = 10_000
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		must(t, db, func(tx *store.Tx) error {
			tx.Write(`INSERT INTO station_refusal (identity, reason, remote, path, protocols, first_at, last_at, attempts)
				WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10400)
				SELECT 'old' || i, 'unknown_station', '', '', '', i, i, 1 FROM n`)
			return nil
		})
		for i := range 3 {
			must(t, db, func(tx *store.Tx) error {
				return station.Refuse(tx, station.Refusal{Identity: fmt.Sprint("new", i), Reason: station.RefusedUnknown})
			})
		}
		rows := do(t, db, func(tx *store.Tx) ([]int64, error) {
			return store.All(tx, func(r *store.Row) int64 { return r.Int(0) },
				`SELECT COUNT(*) FROM station_refusal UNION ALL SELECT MIN(last_at) FROM station_refusal UNION ALL SELECT COUNT(*) FROM station_refusal WHERE identity LIKE 'new%'`)
		})
		if rows[0] != bound || rows[1] != 404 || rows[2] != 3 {
			t.Errorf("%d rows, the oldest of %d, %d of them new", rows[0], rows[1], rows[2])
		}
	})
}

func TestForget(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		must(t, db, opened(1, "n1"))
		must(t, db, closed(1, ""))
		must(t, db, opened(2, "n1"))
		must(t, db, func(tx *store.Tx) error {
			return station.Refuse(tx, station.Refusal{Identity: "X", Reason: station.RefusedUnknown})
		})
		forget := func() (connections, refusals int64) {
			must(t, db, func(tx *store.Tx) error { station.Forget(tx); return nil })
			rows := do(t, db, func(tx *store.Tx) ([]int64, error) {
				return store.All(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM station_connection UNION ALL SELECT COUNT(*) FROM station_refusal`)
			})
			return rows[0], rows[1]
		}
		age := func(days int64) {
			must(t, db, func(tx *store.Tx) error {
				tx.Write(`UPDATE station_connection SET closed_at = closed_at - $1, opened_at = opened_at - $1`, days*86400*1e6)
				tx.Write(`UPDATE station_refusal SET last_at = last_at - $1`, days*86400*1e6)
				return nil
			})
		}
		for _, c := range []struct{ days, connections, refusals int64 }{{0, 2, 1}, {89, 2, 1}, {2, 2, 0}, {308, 2, 0}, {2, 1, 0}, {1000, 1, 0}} {
			age(c.days)
			if n, r := forget(); n != c.connections || r != c.refusals {
				t.Errorf("%d days more: %d connections, %d refusals", c.days, n, r)
			}
		}
	})
}

// A station belongs to one site and so to one tenant and legal entity.
func TestSitesOfAnotherTenant(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		at := func(id, site string) station.Station {
			return station.Station{ID: id, Tenant: ours.Tenant, Site: site, Onboarding: station.Accepted}
		}
		for name, write := range map[string]func(tx *store.Tx) error{
			"moved to their site":   func(tx *store.Tx) error { return station.Update(tx, at("S1", "far")) },
			"created at their site": func(tx *store.Tx) error { return station.Create(tx, at("S9", "far")) },
			"their station updated": func(tx *store.Tx) error { return station.Update(tx, at("T1", "site")) },
			"no station updated":    func(tx *store.Tx) error { return station.Update(tx, at("none", "site")) },
			"their site put": func(tx *store.Tx) error {
				return station.PutSite(tx, station.Site{ID: "far", Tenant: ours.Tenant, Entity: "le_default", Zone: "UTC"})
			},
			"our site for their entity": func(tx *store.Tx) error {
				return station.PutSite(tx, station.Site{ID: "new", Tenant: ours.Tenant, Entity: "le_other", Zone: "UTC"})
			},
		} {
			if err := done(t, db, write); !fail.Is(err, fail.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// When a newer connection opens, the older one has ended, whoever failed to say so.
func TestOpeningEndsWhatWasOpen(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		must(t, db, opened(1, "n1"))
		must(t, db, opened(2, "n2"))
		cs := do(t, db, func(tx *store.Tx) ([]station.Connection, error) { return station.Connections(tx, ours, "S1", 10) })
		if len(cs) != 2 || !cs[0].ClosedAt.IsZero() || cs[1].ClosedAt.IsZero() || cs[1].Reason == "" {
			t.Errorf("connections %+v", cs)
		}
		was := cs[1]
		must(t, db, closed(1, "late"))
		must(t, db, opened(3, "n3"))
		cs = do(t, db, func(tx *store.Tx) ([]station.Connection, error) { return station.Connections(tx, ours, "S1", 10) })
		if len(cs) != 3 || cs[2] != was || cs[1].ClosedAt.IsZero() || !get(t, db, "S1").Connected {
			t.Errorf("after a third: %+v", cs)
		}
	})
}

// What strangers send is kept in a form that can be kept.
func TestForeignBytesAreRecorded(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		place(t, db)
		for _, text := range []string{"\xff", "a\x00b", strings.Repeat("\xff", 600), strings.Repeat("ü", 250) + "\xc3"} {
			must(t, db, func(tx *store.Tx) error {
				return station.Refuse(tx, station.Refusal{Identity: "X", Reason: station.RefusedUnknown, Remote: text, Path: text, Protocols: text})
			})
			fs := do(t, db, func(tx *store.Tx) ([]station.Refusal, error) { return station.Refusals(tx, 10) })
			if len(fs) != 1 || fs[0].Path == "" || len(fs[0].Path) > 500 || fs[0].Remote != fs[0].Path || fs[0].Protocols != fs[0].Path {
				t.Errorf("%.10q is kept as %+v", text, fs)
			}
		}
		must(t, db, opened(1, "n1"))
		must(t, db, closed(1, "peer said \xff\x00"))
		if get(t, db, "S1").Connected {
			t.Error("a close reason kept the station online")
		}
	})
}
