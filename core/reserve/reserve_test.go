package reserve_test

import (
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/reserve"
	"chargewright/schema"
)

var ours = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}

func do[T any](t *testing.T, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := store.Do(t.Context(), db, "S", fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func write(t *testing.T, db *store.DB, fn func(tx *store.Tx)) {
	t.Helper()
	do(t, db, func(tx *store.Tx) (struct{}, error) {
		fn(tx)
		return struct{}{}, nil
	})
}

func only(t *testing.T, db *store.DB) reserve.Reservation {
	t.Helper()
	list := do(t, db, func(tx *store.Tx) ([]reserve.Reservation, error) {
		return reserve.List(tx, ours, "S", time.Time{}, "", 10)
	})
	if len(list) != 1 {
		t.Fatalf("%d reservations", len(list))
	}
	return list[0]
}

func TestAReservationEndsOnce(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		grant := func(until time.Time, token string) string {
			return do(t, db, func(tx *store.Tx) (string, error) {
				return reserve.Granted(tx, reserve.Reservation{Tenant: ours.Tenant, Station: "S", Number: 7, EVSE: 1, Token: token, ExpiresAt: until})
			})
		}
		do(t, db, func(tx *store.Tx) (struct{}, error) {
			return struct{}{}, access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"})
		})
		key := grant(time.Now().Add(time.Hour), "One")
		write(t, db, func(tx *store.Tx) { reserve.Expire(tx, key) })
		if r := only(t, db); r.Status != reserve.Active || r.Token != "One" {
			t.Fatalf("before its time: %+v", r)
		}
		write(t, db, func(tx *store.Tx) { reserve.End(tx, "S", 7, reserve.Used) })
		write(t, db, func(tx *store.Tx) { reserve.End(tx, "S", 7, reserve.Cancelled) })
		if r := only(t, db); r.Status != reserve.Used {
			t.Fatalf("ended twice: %+v", r)
		}
		if again := grant(time.Now().Add(-time.Second), "Two"); again != key {
			t.Fatalf("the number is a new row: %s and %s", key, again)
		}
		if r := only(t, db); r.Status != reserve.Active || r.Token != "Two" {
			t.Fatalf("promised anew: %+v", r)
		}
		due := do(t, db, outbox.Count)
		if due.Due != 1 {
			t.Fatalf("%+v timers", due)
		}
		write(t, db, func(tx *store.Tx) { reserve.Expire(tx, key) })
		if r := only(t, db); r.Status != reserve.Expired {
			t.Fatalf("after its time: %+v", r)
		}
		write(t, db, func(tx *store.Tx) { reserve.Forget(tx) })
		only(t, db)
		write(t, db, func(tx *store.Tx) {
			tx.Write(`UPDATE reserve_reservation SET updated_at = $1`, time.Now().AddDate(0, 0, -401))
			reserve.Forget(tx)
		})
		if list := do(t, db, func(tx *store.Tx) ([]reserve.Reservation, error) {
			return reserve.List(tx, ours, "", time.Time{}, "", 10)
		}); len(list) != 0 {
			t.Fatalf("over its term: %+v", list)
		}
		_, err := store.Do(t.Context(), db, "S", func(tx *store.Tx) (string, error) {
			return reserve.Granted(tx, reserve.Reservation{Tenant: ours.Tenant, Station: "S", Number: 8})
		})
		if !fail.Is(err, fail.Invalid) {
			t.Errorf("without an end: %v", err)
		}
	})
}
