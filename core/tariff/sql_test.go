package tariff_test

import (
	"fmt"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/tariff"
	"chargewright/schema"
)

func perKWh(t *testing.T, id, price, updated string) *tariff.Tariff {
	t.Helper()
	tf, err := tariff.Parse(fmt.Appendf(nil, `{"id":%q,"currency":"EUR","last_updated":%q,"x_note":"stays",
		"elements":[{"price_components":[{"type":"ENERGY","price":%s,"vat":19,"step_size":1}]}]}`, id, updated, price))
	if err != nil {
		t.Fatal(err)
	}
	return tf
}

func do[T any](t *testing.T, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := store.Do(t.Context(), db, "tariffs", fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func put(t *testing.T, db *store.DB, tenant, name string, tf *tariff.Tariff) tariff.Version {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (tariff.Version, error) { return tariff.Put(tx, tenant, name, tf) })
}

func get(t *testing.T, db *store.DB, id string) tariff.Summary {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (tariff.Summary, error) {
		_, s, err := tariff.Get(tx, "tn_a", id)
		return s, err
	})
}

func tenants(t *testing.T, db *store.DB) {
	do(t, db, func(tx *store.Tx) (int64, error) {
		return tx.Exec(`INSERT INTO access_tenant (id, name, created_at) VALUES ('tn_a', 'A', 0), ('tn_b', 'B', 0)`)
	})
}

func TestVersionsAreKept(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		v1 := put(t, db, "tn_a", "House", perKWh(t, "T1", "0.49", "2026-01-01T00:00:00Z"))
		v2 := put(t, db, "tn_a", "", perKWh(t, "T1", "0.59", "2026-02-01T00:00:00Z"))
		before := get(t, db, "T1")
		same := put(t, db, "tn_a", "", perKWh(t, "T1", "0.590", "2026-03-01T00:00:00Z"))
		if v1 == v2 || v2 != same {
			t.Errorf("versions %s, %s, %s: a version is the meaning, not the text", v1, v2, same)
		}
		if after := get(t, db, "T1"); after != before {
			t.Errorf("publishing what holds already changed %+v to %+v", before, after)
		}
		do(t, db, func(tx *store.Tx) (bool, error) {
			now, s, err := tariff.Get(tx, "tn_a", "T1")
			if err != nil {
				return false, err
			}
			if s.Version != v2 || s.Name != "House" || s.Currency != "EUR" || now.Elements[0].Components[0].Price != 590_000 {
				t.Errorf("current is %+v, %+v", s, now.Elements)
			}
			old, err := tariff.GetVersion(tx, "tn_a", "T1", v1)
			if err != nil {
				return false, err
			}
			if old.Elements[0].Components[0].Price != 490_000 {
				t.Errorf("the first version is %+v", old.Elements)
			}
			if v, err := old.Version(); err != nil || v != v1 {
				t.Errorf("the first version reads back as %s, %v", v, err)
			}
			return true, nil
		})
	})
}

func TestTenantsDoNotSeeEachOther(t *testing.T) {
	db := storetest.SQLite(t, schema.FS)
	tenants(t, db)
	v := put(t, db, "tn_a", "", perKWh(t, "T1", "0.49", ""))
	do(t, db, func(tx *store.Tx) (bool, error) {
		if _, _, err := tariff.Get(tx, "tn_b", "T1"); !fail.Is(err, fail.NotFound) {
			t.Errorf("Get: %v", err)
		}
		if _, err := tariff.GetVersion(tx, "tn_b", "T1", v); !fail.Is(err, fail.NotFound) {
			t.Errorf("GetVersion: %v", err)
		}
		if err := tariff.Delete(tx, "tn_b", "T1"); !fail.Is(err, fail.NotFound) {
			t.Errorf("Delete: %v", err)
		}
		if l, err := tariff.List(tx, "tn_b", tariff.Cursor{}, 10); err != nil || len(l) != 0 {
			t.Errorf("List: %v, %v", l, err)
		}
		return true, nil
	})
}

func TestListPages(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		for i := range 7 {
			put(t, db, "tn_a", "", perKWh(t, fmt.Sprint("T", i), "0.49", ""))
		}
		seen := map[string]bool{}
		var after tariff.Cursor
		for range 4 {
			page := do(t, db, func(tx *store.Tx) ([]tariff.Summary, error) { return tariff.List(tx, "tn_a", after, 2) })
			for _, s := range page {
				if seen[s.ID] {
					t.Errorf("%s came twice", s.ID)
				}
				seen[s.ID] = true
				after = tariff.Cursor{UpdatedAt: s.UpdatedAt, ID: s.ID}
			}
		}
		if len(seen) != 7 {
			t.Errorf("saw %d of 7", len(seen))
		}
	})
}

func TestDeletedTariffKeepsItsVersions(t *testing.T) {
	db := storetest.SQLite(t, schema.FS)
	tenants(t, db)
	v := put(t, db, "tn_a", "", perKWh(t, "T1", "0.49", ""))
	do(t, db, func(tx *store.Tx) (bool, error) { return true, tariff.Delete(tx, "tn_a", "T1") })
	do(t, db, func(tx *store.Tx) (bool, error) {
		if _, _, err := tariff.Get(tx, "tn_a", "T1"); !fail.Is(err, fail.NotFound) {
			t.Errorf("Get: %v", err)
		}
		_, err := tariff.GetVersion(tx, "tn_a", "T1", v)
		return true, err
	})
}

func TestPutRefuses(t *testing.T) {
	db := storetest.SQLite(t, schema.FS)
	tenants(t, db)
	for _, id := range []string{"", "1234567890123456789012345678901234567"} {
		_, err := store.Do(t.Context(), db, "tariffs", func(tx *store.Tx) (tariff.Version, error) {
			return tariff.Put(tx, "tn_a", "", perKWh(t, id, "0.49", ""))
		})
		if !fail.Is(err, fail.Invalid) {
			t.Errorf("id %q: %v", id, err)
		}
	}
}
