package access_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/schema"
)

func try[T any](t *testing.T, db *store.DB, fn func(tx *store.Tx) (T, error)) (T, error) {
	t.Helper()
	return store.Do(t.Context(), db, "access", fn)
}

func do[T any](t *testing.T, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := try(t, db, fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// twoTenants installs the default tenant and a second one beside it.
func twoTenants(t *testing.T, db *store.DB) (ours, theirs access.Scope) {
	t.Helper()
	do(t, db, func(tx *store.Tx) (int64, error) {
		err := access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"})
		tx.Write(`INSERT INTO access_tenant (id, name, created_at) VALUES ('tn_other', 'Theirs', 0)`)
		return 0, err
	})
	return access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}, access.Scope{Tenant: "tn_other", Role: access.Owner}
}

func createKey(t *testing.T, db *store.DB, sc access.Scope, r access.Role, label string) string {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (string, error) { return access.CreateKey(tx, sc.Tenant, r, label) })
}

func identify(t *testing.T, db *store.DB, secret string) (access.Scope, error) {
	t.Helper()
	return try(t, db, func(tx *store.Tx) (access.Scope, error) { return access.Identify(tx, secret) })
}

// What each role may do, written out once more: a change here is a decision.
func TestRoleTable(t *testing.T) {
	areas := []access.Area{
		access.Read, access.People, access.Books, access.Stations, access.Drivers, access.Money, access.Admin, access.Self, access.Me, access.Goodwill, access.Desk,
	}
	table := map[access.Role]string{
		access.Owner:      "yyyyyyyy-yy",
		access.Operator:   "yyyyyy-y-yy",
		access.Finance:    "yyy--y-y-y-",
		access.Technician: "y--y---y---",
		access.Support:    "yyy-y--y-yy",
		access.Viewer:     "yyy----y---",
		access.Host:       "y------y---",
		access.DriverRole: "-------yy--",
		"":                "-----------",
		"OWNER":           "-----------",
		"root":            "-----------",
	}
	for role, row := range table {
		for i, a := range areas {
			if want := row[i] == 'y'; role.May(a) != want {
				t.Errorf("%q may %s: %v", role, a, role.May(a))
			}
			if slices.Contains(role.Areas(), a) != role.May(a) {
				t.Errorf("%q lists %v", role, role.Areas())
			}
		}
		if role.May("") || role.May("everything") {
			t.Errorf("%q may what is no area", role)
		}
		if !role.May(access.Open) {
			t.Errorf("%q may not do what is open", role)
		}
	}
	if len(access.Roles) != 7 || slices.Contains(access.Roles, access.DriverRole) {
		t.Errorf("the roles of keys and staff are %v", access.Roles)
	}
}

func TestInstallOnce(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		ours, theirs := twoTenants(t, db)
		do(t, db, func(tx *store.Tx) (int64, error) {
			return 0, access.Install(tx, access.Entity{Name: "Again", Country: "FR", Currency: "USD", NumberPrefix: "X"})
		})
		e := do(t, db, func(tx *store.Tx) (access.Entity, error) { return access.FirstEntity(tx, ours) })
		if want := (access.Entity{ID: access.DefaultEntity, Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R", Zone: "UTC"}); e != want {
			t.Errorf("%+v, want %+v", e, want)
		}
		for _, c := range []struct{ tenant, entity string }{
			{theirs.Tenant, access.DefaultEntity}, {ours.Tenant, "le_none"}, {"", access.DefaultEntity}, {"tn_none", access.DefaultEntity},
		} {
			_, err := try(t, db, func(tx *store.Tx) (access.Entity, error) { return access.GetEntity(tx, c.tenant, c.entity) })
			if !fail.Is(err, fail.NotFound) {
				t.Errorf("%s of %s: %v", c.entity, c.tenant, err)
			}
		}
		if _, err := try(t, db, func(tx *store.Tx) (access.Entity, error) { return access.FirstEntity(tx, theirs) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("an entity of a tenant without one: %v", err)
		}
	})
}

func TestKeysIdentify(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		ours, theirs := twoTenants(t, db)
		for _, role := range access.Roles {
			secret := createKey(t, db, theirs, role, "machine")
			if !strings.HasPrefix(secret, "cw_") || len(secret) != 51 {
				t.Errorf("the secret is %q", secret)
			}
			for _, given := range []string{secret, " " + secret + "\n"} {
				if got, err := identify(t, db, given); err != nil || got.Tenant != theirs.Tenant || got.Role != role || got.Actor == "" {
					t.Errorf("%q identifies %+v, %v", given, got, err)
				}
			}
			for _, wrong := range []string{"", "cw_", secret[:50], secret + "0", strings.ToUpper(secret), "cw_" + strings.Repeat("0", 48), "%", "' OR 1=1 --"} {
				if _, err := identify(t, db, wrong); !fail.Is(err, fail.Denied) {
					t.Errorf("%q: %v", wrong, err)
				}
			}
		}
		for _, role := range []access.Role{"", "Owner", "root", access.DriverRole} {
			if _, err := try(t, db, func(tx *store.Tx) (string, error) { return access.CreateKey(tx, ours.Tenant, role, "") }); !fail.Is(err, fail.Invalid) {
				t.Errorf("a key of role %q: %v", role, err)
			}
		}
		if _, err := try(t, db, func(tx *store.Tx) (string, error) { return access.CreateKey(tx, "tn_none", access.Owner, "") }); err == nil {
			t.Error("a key of no tenant was made")
		}
	})
}

func TestSecretsAreNotKept(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		ours, _ := twoTenants(t, db)
		secret := createKey(t, db, ours, access.Owner, "laptop")
		rows := do(t, db, func(tx *store.Tx) ([]string, error) {
			return store.All(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT id || ' ' || digest || ' ' || label FROM access_key`)
		})
		if len(rows) != 1 || strings.Contains(rows[0], secret) || strings.Contains(rows[0], secret[3:]) {
			t.Errorf("on file is %q", rows)
		}
	})
}

func TestRevokedKeyIsDeadForGood(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		ours, theirs := twoTenants(t, db)
		secret, other := createKey(t, db, ours, access.Owner, "a"), createKey(t, db, ours, access.Owner, "b")
		k := do(t, db, func(tx *store.Tx) (access.Key, error) { return access.KeyOf(tx, ours, secret) })
		revoke := func(sc access.Scope, key string) error {
			_, err := try(t, db, func(tx *store.Tx) (int64, error) { return 0, access.Revoke(tx, sc, key) })
			return err
		}
		if err := revoke(theirs, k.ID); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant revokes: %v", err)
		}
		if _, err := try(t, db, func(tx *store.Tx) (access.Key, error) { return access.GetKey(tx, theirs, k.ID) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant sees: %v", err)
		}
		if _, err := try(t, db, func(tx *store.Tx) (access.Key, error) { return access.KeyOf(tx, theirs, secret) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant asks whose: %v", err)
		}
		if _, err := identify(t, db, secret); err != nil {
			t.Fatalf("still active: %v", err)
		}
		if err := revoke(ours, k.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := identify(t, db, secret); !fail.Is(err, fail.Denied) {
			t.Errorf("after its end: %v", err)
		}
		first := do(t, db, func(tx *store.Tx) (access.Key, error) { return access.GetKey(tx, ours, k.ID) }).RevokedAt
		if err := revoke(ours, k.ID); !fail.Is(err, fail.NotFound) {
			t.Errorf("revoked twice: %v", err)
		}
		again := do(t, db, func(tx *store.Tx) (access.Key, error) { return access.GetKey(tx, ours, k.ID) }).RevokedAt
		if first.IsZero() || !first.Equal(again) {
			t.Errorf("its end moved from %v to %v", first, again)
		}
		if _, err := try(t, db, func(tx *store.Tx) (access.Key, error) { return access.KeyOf(tx, ours, secret) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("it is still active to KeyOf: %v", err)
		}
		if _, err := identify(t, db, other); err != nil {
			t.Errorf("the other key: %v", err)
		}
	})
}

func TestKeyPages(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		ours, theirs := twoTenants(t, db)
		do(t, db, func(tx *store.Tx) (int64, error) { // one transaction: all made at the same instant
			for range 7 {
				if _, err := access.CreateKey(tx, ours.Tenant, access.Viewer, ""); err != nil {
					return 0, err
				}
			}
			_, err := access.CreateKey(tx, theirs.Tenant, access.Viewer, "theirs")
			return 0, err
		})
		all := do(t, db, func(tx *store.Tx) ([]access.Key, error) { return access.Keys(tx, ours) })
		var paged []access.Key
		var at time.Time
		var last string
		for range 10 {
			page := do(t, db, func(tx *store.Tx) ([]access.Key, error) { return access.KeysBefore(tx, ours, at, last, 3) })
			if len(page) == 0 {
				break
			}
			paged = append(paged, page...)
			at, last = page[len(page)-1].CreatedAt, page[len(page)-1].ID
		}
		if len(all) != 7 || !reflect.DeepEqual(all, paged) {
			t.Errorf("pages show %v, the list %v", paged, all)
		}
	})
}
