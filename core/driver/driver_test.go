package driver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/driver"
	"chargewright/schema"
)

var (
	ours   = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	theirs = access.Scope{Tenant: "tn_other", Role: access.Owner}
)

func try[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) (T, error) {
	t.Helper()
	return store.Do(t.Context(), db, "drivers", fn)
}

func do[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := try(t, db, fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		do(t, db, func(tx *store.Tx) (int64, error) {
			return tx.Exec(`INSERT INTO access_tenant (id, name, created_at) VALUES ($1, 'Ours', 0), ('tn_other', 'Theirs', 0)`, ours.Tenant)
		})
		fn(t, db)
	})
}

func put(t testing.TB, db *store.DB, sc access.Scope, tok driver.Token) error {
	t.Helper()
	_, err := try(t, db, func(tx *store.Tx) (int64, error) { return 0, driver.PutToken(tx, sc, tok) })
	return err
}

func get(t testing.TB, db *store.DB, sc access.Scope, uid string) (driver.Token, error) {
	t.Helper()
	return try(t, db, func(tx *store.Tx) (driver.Token, error) { return driver.GetToken(tx, sc, uid) })
}

func card(uid string) driver.Token {
	return driver.Token{UID: uid, Type: "ISO14443", Status: driver.StatusAccepted}
}

func TestJudge(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		status  string
		expires time.Time
		at      time.Time
		want    driver.Verdict
	}{
		{"accepted", driver.StatusAccepted, time.Time{}, noon, driver.Accepted},
		{"blocked", driver.StatusBlocked, time.Time{}, noon, driver.Blocked},
		{"blocked and expired", driver.StatusBlocked, noon, noon, driver.Blocked},
		{"no status at all", "", time.Time{}, noon, driver.Blocked},
		{"before its end", driver.StatusAccepted, noon, noon.Add(-time.Nanosecond), driver.Accepted},
		{"at its end", driver.StatusAccepted, noon, noon, driver.Expired},
		{"after its end", driver.StatusAccepted, noon, noon.Add(time.Hour), driver.Expired},
		{"at its end elsewhere", driver.StatusAccepted, noon, noon.In(time.FixedZone("", -3600)), driver.Expired},
		{"at no time", driver.StatusAccepted, noon, time.Time{}, driver.Accepted},
	} {
		if got := (driver.Token{Status: c.status, ExpiresAt: c.expires}).Judge(c.at); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// OCPP 1.6 §7.28 CiString20Type, 2.x identifierString: letters compare without case.
func TestUIDsCompareWithoutCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		uid := rapid.StringMatching(`[0-9A-Za-z*|:=@._+-]{1,36}`).Draw(t, "uid")
		for _, same := range []string{strings.ToUpper(uid), strings.ToLower(uid), " " + uid + "\t"} {
			if driver.Key(same) != driver.Key(uid) {
				t.Fatalf("%q and %q are two", same, uid)
			}
		}
		other := rapid.StringMatching(`[0-9A-Za-z*|:=@._+-]{1,36}`).Draw(t, "other")
		if (driver.Key(uid) == driver.Key(other)) != strings.EqualFold(uid, other) {
			t.Fatalf("%q and %q", uid, other)
		}
		if driver.Key(driver.Key(uid)) != driver.Key(uid) {
			t.Fatalf("the key of a key of %q", uid)
		}
	})
	each(t, func(t *testing.T, db *store.DB) {
		if err := put(t, db, ours, card("AbCd")); err != nil {
			t.Fatal(err)
		}
		blocked := card("aBcD")
		blocked.Status = driver.StatusBlocked
		if err := put(t, db, ours, blocked); err != nil {
			t.Fatal(err)
		}
		for _, uid := range []string{"ABCD", "abcd", " AbCd "} {
			if got, err := get(t, db, ours, uid); err != nil || got.Status != driver.StatusBlocked || got.UID != "aBcD" {
				t.Errorf("%q: %+v, %v", uid, got, err)
			}
		}
		if list := do(t, db, func(tx *store.Tx) ([]driver.Token, error) { return driver.Tokens(tx, ours, "", 10) }); len(list) != 1 {
			t.Errorf("%d tokens", len(list))
		}
		if _, err := try(t, db, func(tx *store.Tx) (int64, error) { return 0, driver.DeleteToken(tx, ours, "ABcd") }); err != nil {
			t.Error(err)
		}
		if _, err := get(t, db, ours, "abcd"); !fail.Is(err, fail.NotFound) {
			t.Errorf("deleted: %v", err)
		}
	})
}

func TestTokenChecks(t *testing.T) {
	minus, zero := int64(-1), int64(0)
	each(t, func(t *testing.T, db *store.DB) {
		for name, change := range map[string]func(*driver.Token){
			"no uid":            func(x *driver.Token) { x.UID = "" },
			"blank uid":         func(x *driver.Token) { x.UID = " \t" },
			"long uid":          func(x *driver.Token) { x.UID = strings.Repeat("a", 256) },
			"uid with NUL":      func(x *driver.Token) { x.UID = "a\x00" },
			"uid of no text":    func(x *driver.Token) { x.UID = "a\xff" },
			"no status":         func(x *driver.Token) { x.Status = "" },
			"unknown status":    func(x *driver.Token) { x.Status = "Accepted" },
			"no type":           func(x *driver.Token) { x.Type = "" },
			"long type":         func(x *driver.Token) { x.Type = strings.Repeat("a", 21) },
			"negative credit":   func(x *driver.Token) { x.PrepaidCredit = &minus },
			"negative energy":   func(x *driver.Token) { x.MaxEnergyWh = &minus },
			"negative sessions": func(x *driver.Token) { x.MaxParallelSessions = &minus },
			"group with NUL":    func(x *driver.Token) { x.Group = "\x00" },
			"uid long in bytes": func(x *driver.Token) { x.UID = strings.Repeat("€", 86) },
		} {
			x := card("AA")
			change(&x)
			if err := put(t, db, ours, x); !fail.Is(err, fail.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list := do(t, db, func(tx *store.Tx) ([]driver.Token, error) { return driver.Tokens(tx, ours, "", 10) }); len(list) != 0 {
			t.Errorf("tokens %+v of what was refused", list)
		}
		x := card(strings.Repeat("a", 255))
		x.PrepaidCredit, x.MaxEnergyWh, x.MaxParallelSessions = &zero, &zero, &zero
		if err := put(t, db, ours, x); err != nil {
			t.Error(err)
		}
		if err := put(t, db, ours, driver.Token{UID: "BB", Type: "x", Status: driver.StatusAccepted, Driver: "drv_none"}); err == nil {
			t.Error("a token of no driver")
		}
	})
}

func TestTokensComeBackAsPut(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		who := do(t, db, func(tx *store.Tx) (string, error) { return driver.CreateDriver(tx, ours, driver.Driver{Name: "A"}) })
		credit, wh, n := int64(1<<62), int64(0), int64(3)
		x := driver.Token{
			Tenant: ours.Tenant, UID: "aB", Type: "eMAID", Driver: who, Group: "G", Status: driver.StatusBlocked,
			ExpiresAt: time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), PrepaidCredit: &credit, MaxEnergyWh: &wh, MaxParallelSessions: &n,
		}
		for _, want := range []driver.Token{x, {Tenant: ours.Tenant, UID: "AB", Type: "Central", Status: driver.StatusAccepted}} {
			if err := put(t, db, ours, want); err != nil {
				t.Fatal(err)
			}
			got, err := get(t, db, ours, "ab")
			if err != nil || got.UpdatedAt.IsZero() {
				t.Fatalf("%+v, %v", got, err)
			}
			for _, p := range [][2]*int64{{got.PrepaidCredit, want.PrepaidCredit}, {got.MaxEnergyWh, want.MaxEnergyWh}, {got.MaxParallelSessions, want.MaxParallelSessions}} {
				if (p[0] == nil) != (p[1] == nil) || p[0] != nil && *p[0] != *p[1] {
					t.Errorf("limits of %+v", got)
				}
			}
			got.PrepaidCredit, got.MaxEnergyWh, got.MaxParallelSessions, got.UpdatedAt = want.PrepaidCredit, want.MaxEnergyWh, want.MaxParallelSessions, time.Time{}
			if got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
	})
}

func TestAnotherTenantsTokensAndDrivers(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		who := do(t, db, func(tx *store.Tx) (string, error) { return driver.CreateDriver(tx, theirs, driver.Driver{Name: "T"}) })
		if err := put(t, db, theirs, card("AA")); err != nil {
			t.Fatal(err)
		}
		if _, err := get(t, db, ours, "AA"); !fail.Is(err, fail.NotFound) {
			t.Errorf("their token: %v", err)
		}
		if _, err := try(t, db, func(tx *store.Tx) (int64, error) { return 0, driver.DeleteToken(tx, ours, "AA") }); !fail.Is(err, fail.NotFound) {
			t.Errorf("deleting their token: %v", err)
		}
		if _, err := try(t, db, func(tx *store.Tx) (driver.Driver, error) { return driver.GetDriver(tx, ours, who) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("their driver: %v", err)
		}
		mine := card("AA")
		mine.Tenant, mine.Status = theirs.Tenant, driver.StatusBlocked // the scope decides, not the field
		if err := put(t, db, ours, mine); err != nil {
			t.Fatal(err)
		}
		if got, err := get(t, db, theirs, "AA"); err != nil || got.Status != driver.StatusAccepted {
			t.Errorf("their token became %+v, %v", got, err)
		}
		if got, err := get(t, db, ours, "AA"); err != nil || got.Status != driver.StatusBlocked {
			t.Errorf("our token is %+v, %v", got, err)
		}
	})
}

func TestPages(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var made []string
		do(t, db, func(tx *store.Tx) (int64, error) {
			made = nil
			for _, uid := range []string{"b", "A", "d", "C", "e"} {
				if err := driver.PutToken(tx, ours, card(uid)); err != nil {
					return 0, err
				}
				d, err := driver.CreateDriver(tx, ours, driver.Driver{Name: uid})
				if err != nil {
					return 0, err
				}
				made = append(made, d)
			}
			_, err := driver.CreateDriver(tx, theirs, driver.Driver{Name: "T"})
			return 0, err
		})
		uids, last := "", ""
		for range 10 {
			page := do(t, db, func(tx *store.Tx) ([]driver.Token, error) { return driver.Tokens(tx, ours, last, 2) })
			for _, p := range page {
				uids, last = uids+p.UID, p.UID
			}
		}
		if uids != "AbCde" {
			t.Errorf("tokens %q", uids)
		}
		var up, down []string
		before, at := "", time.Time{}
		for range 10 {
			for _, d := range do(t, db, func(tx *store.Tx) ([]driver.Driver, error) {
				return driver.Drivers(tx, ours, slices.Concat([]string{""}, up)[len(up)], 2)
			}) {
				up = append(up, d.ID)
			}
			for _, d := range do(t, db, func(tx *store.Tx) ([]driver.Driver, error) { return driver.DriversBefore(tx, ours, at, before, 2) }) {
				down, before, at = append(down, d.ID), d.ID, d.CreatedAt
			}
		}
		slices.Sort(made)
		slices.Reverse(down)
		if !slices.Equal(up, made) || !slices.Equal(down, made) {
			t.Errorf("up %v, down %v, made %v", up, down, made)
		}
	})
}

func TestATokenNamesADriverOfItsTenant(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		x := card("AA")
		x.Driver = do(t, db, func(tx *store.Tx) (string, error) { return driver.CreateDriver(tx, theirs, driver.Driver{Name: "T"}) })
		if err := put(t, db, theirs, x); err != nil {
			t.Error(err)
		}
		if err := put(t, db, ours, x); !fail.Is(err, fail.NotFound) {
			t.Errorf("our token belongs to their driver: %v", err)
		}
		x.Driver = "drv_none"
		if err := put(t, db, theirs, x); !fail.Is(err, fail.NotFound) {
			t.Errorf("a token of a driver that is not: %v", err)
		}
	})
}
