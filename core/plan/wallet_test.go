package plan_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/ledger"
	"chargewright/core/plan"
	"chargewright/schema"
)

const tenant, entity = access.DefaultTenant, access.DefaultEntity

func each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		do(t, db, func(tx *store.Tx) (bool, error) {
			return true, access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"})
		})
		fn(t, db)
	})
}

func do[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := store.Do(t.Context(), db, "plan", fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func eur(n int64) money.Amount { return money.Amount{Minor: n, Currency: "EUR"} }

// topUp books money that a provider took for a wallet.
func topUp(tx *store.Tx, driver, cause string, n int64) error {
	_, _, err := ledger.Post(tx, ledger.Journal{Tenant: tenant, Entity: entity, Cause: cause, Kind: "payment", Postings: []ledger.Posting{
		{Account: "clearing/sim", Amount: eur(n)}, {Account: plan.Account(driver), Amount: eur(-n)},
	}})
	return err
}

func pay(tx *store.Tx, driver, cause string, n int64) (int64, error) {
	return plan.Pay(tx, plan.Payment{Tenant: tenant, Entity: entity, Driver: driver, Cause: cause, To: "receivable/driver/" + driver, Due: eur(n)})
}

// However top-ups, promises and payments follow each other, and however often
// each is repeated, the balance is what came less what was taken, it never falls
// below 0, and what is free is never spent twice.
func TestWalletAddsUp(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		round := 0
		rapid.Check(t, func(r *rapid.T) {
			round++
			driver := fmt.Sprint("drv", round)
			balance, promised := int64(0), map[string]int64{}
			paid := map[string]int64{}
			free := func() int64 {
				n := balance
				for _, p := range promised {
					n -= p
				}
				return max(n, 0)
			}
			for i := range rapid.IntRange(1, 25).Draw(r, "steps") {
				n, object := rapid.Int64Range(1, 5000).Draw(r, "amount"), fmt.Sprint("ses", rapid.IntRange(0, 3).Draw(r, "object"))
				switch rapid.IntRange(0, 3).Draw(r, "what") {
				case 0:
					for range rapid.IntRange(1, 2).Draw(r, "times") {
						do(t, db, func(tx *store.Tx) (bool, error) { return true, topUp(tx, driver, fmt.Sprint(driver, "/top/", i), n) })
					}
					balance += n
				case 1:
					delete(promised, object)
					want := min(n, free())
					got := do(t, db, func(tx *store.Tx) (int64, error) { return plan.Promise(tx, tenant, driver, driver+object, eur(n)) })
					if got != want {
						r.Fatalf("promised %d of %d, want %d", got, n, want)
					}
					if want > 0 {
						promised[object] = want
					}
				case 2:
					cause := driver + "/wallet/" + object
					delete(promised, object)
					want, before := min(n, free()), paid[object]
					if before > 0 {
						want = before
					}
					got := do(t, db, func(tx *store.Tx) (int64, error) {
						plan.Release(tx, tenant, driver+object)
						return pay(tx, driver, cause, n)
					})
					if got != want {
						r.Fatalf("paid %d of %d, want %d (before %d)", got, n, want, before)
					}
					if before == 0 {
						balance, paid[object] = balance-got, got
					}
				case 3:
					delete(promised, object)
					do(t, db, func(tx *store.Tx) (bool, error) { plan.Release(tx, tenant, driver+object); return true, nil })
				}
				w := do(t, db, func(tx *store.Tx) (plan.Wallet, error) { return plan.Get(tx, tenant, driver, "EUR") })
				if w.Balance != balance || w.Balance < 0 || w.Free() != free() {
					r.Fatalf("wallet %+v, balance %d, free %d", w, balance, free())
				}
			}
		})
		if off := do(t, db, ledger.Unbalanced); off != 0 {
			t.Errorf("%d journals are off", off)
		}
	})
}

func TestAutomaticTopUp(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		set := func(below, amount int64) error {
			_, err := store.Do(t.Context(), db, "plan", func(tx *store.Tx) (bool, error) { return true, plan.SetAuto(tx, tenant, "drv", "EUR", below, amount) })
			return err
		}
		for name, c := range map[string][2]int64{"negative": {-1, 5}, "amount missing": {5, 0}, "too much": {5, 1_000_001}, "negative amount": {0, -5}} {
			if err := set(c[0], c[1]); !fail.Is(err, fail.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		due := func() int64 {
			return do(t, db, func(tx *store.Tx) (plan.Wallet, error) { return plan.Get(tx, tenant, "drv", "EUR") }).Due()
		}
		if due() != 0 {
			t.Error("a wallet that nobody set up fills itself")
		}
		if err := set(1000, 2500); err != nil || due() != 2500 {
			t.Errorf("empty: %d, %v", due(), err)
		}
		do(t, db, func(tx *store.Tx) (bool, error) { plan.Topping(tx, tenant, "drv", "EUR", "pay_1"); return true, nil })
		if due() != 0 {
			t.Error("a second top-up while the first is under way")
		}
		do(t, db, func(tx *store.Tx) (bool, error) {
			plan.Topping(tx, tenant, "drv", "EUR", "")
			return true, topUp(tx, "drv", "top", 2500)
		})
		if due() != 0 {
			t.Error("full, and due")
		}
		do(t, db, func(tx *store.Tx) (int64, error) { return plan.Promise(tx, tenant, "drv", "ses", eur(1501)) })
		if due() != 2500 {
			t.Error("what is promised is not free")
		}
		if err := set(0, 0); err != nil || due() != 0 {
			t.Errorf("switched off: %d, %v", due(), err)
		}
	})
}
