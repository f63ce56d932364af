package ledger_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/ledger"
	"chargewright/schema"
)

func try[T any](t testing.TB, db *store.DB, key string, fn func(tx *store.Tx) (T, error)) (T, error) {
	t.Helper()
	return store.Do(t.Context(), db, key, fn)
}

func do[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := try(t, db, "ledger", fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func install(t testing.TB, db *store.DB) {
	t.Helper()
	do(t, db, func(tx *store.Tx) (int64, error) {
		err := access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"})
		tx.Write(`INSERT INTO access_tenant (id, name, created_at) VALUES ('tn_other', 'Theirs', 0)`)
		return 0, err
	})
}

func posting(account string, minor int64, c money.Currency) ledger.Posting {
	return ledger.Posting{Account: account, Amount: money.Amount{Minor: minor, Currency: c}}
}

func journal(cause string, ps ...ledger.Posting) ledger.Journal {
	return ledger.Journal{Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Cause: cause, Kind: "settlement", Postings: ps}
}

type booking struct {
	id     string
	booked bool
}

func post(t testing.TB, db *store.DB, key string, j ledger.Journal) (booking, error) {
	t.Helper()
	return try(t, db, key, func(tx *store.Tx) (booking, error) {
		id, booked, err := ledger.Post(tx, j)
		return booking{id, booked}, err
	})
}

func count(t *testing.T, db *store.DB, table string) int64 {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (int64, error) {
		n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM `+table)
		return n, err
	})
}

func TestWhatDoesNotAddUpIsRefused(t *testing.T) {
	good := func() ledger.Journal { return journal("c", posting("a", 5, "EUR"), posting("b", -5, "EUR")) }
	many := make([]ledger.Posting, 1002)
	for i := range many {
		many[i] = posting("a", int64(1-i%2*2), "EUR")
	}
	bad := map[string]func(*ledger.Journal){
		"off by one":     func(j *ledger.Journal) { j.Postings[0].Amount.Minor++ },
		"both debits":    func(j *ledger.Journal) { j.Postings[1].Amount.Minor = 5 },
		"two currencies": func(j *ledger.Journal) { j.Postings[1].Amount.Currency = "SEK" },
		"zero over currencies": func(j *ledger.Journal) {
			j.Postings = append(j.Postings, posting("a", 1, "EUR"), posting("b", -1, "SEK"))
		},
		"one posting":           func(j *ledger.Journal) { j.Postings = []ledger.Posting{posting("a", 0, "EUR")} },
		"no posting":            func(j *ledger.Journal) { j.Postings = nil },
		"more than a thousand":  func(j *ledger.Journal) { j.Postings = many },
		"no account":            func(j *ledger.Journal) { j.Postings[0].Account = "" },
		"account with a root":   func(j *ledger.Journal) { j.Postings[0].Account = "/a" },
		"account without bound": func(j *ledger.Journal) { j.Postings[0].Account = strings.Repeat("a", 201) },
		"no cause":              func(j *ledger.Journal) { j.Cause = "" },
		"no kind":               func(j *ledger.Journal) { j.Kind = "" },
		"no tenant":             func(j *ledger.Journal) { j.Tenant = "" },
		"no entity":             func(j *ledger.Journal) { j.Entity = "" },
		"a sum that wraps to zero": func(j *ledger.Journal) {
			j.Postings = []ledger.Posting{posting("a", math.MaxInt64, "EUR"), posting("a", math.MaxInt64, "EUR"), posting("b", 2, "EUR")}
		},
		"a negative sum that wraps": func(j *ledger.Journal) {
			j.Postings = []ledger.Posting{posting("a", math.MinInt64, "EUR"), posting("b", math.MinInt64, "EUR")}
		},
	}
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		install(t, db)
		for name, change := range bad {
			j := good()
			change(&j)
			if b, err := post(t, db, "ledger", j); !fail.Is(err, fail.Internal) || b.booked {
				t.Errorf("%s: %+v, %v", name, b, err)
			}
		}
		if j, p := count(t, db, "ledger_journal"), count(t, db, "ledger_posting"); j != 0 || p != 0 {
			t.Errorf("%d journals and %d postings of what was refused", j, p)
		}
		if b, err := post(t, db, "ledger", good()); err != nil || !b.booked {
			t.Errorf("the good one: %+v, %v", b, err)
		}
	})
}

// Journals that sum to zero are taken and those that do not are not, whatever they hold.
func TestCheckAgainstASum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sums := map[money.Currency]int64{}
		var ps []ledger.Posting
		for range rapid.IntRange(2, 12).Draw(t, "postings") {
			c := rapid.SampledFrom([]money.Currency{"EUR", "JPY", "KWD"}).Draw(t, "currency")
			n := rapid.Int64Range(-3, 3).Draw(t, "minor")
			sums[c] += n
			ps = append(ps, posting("a", n, c))
		}
		zero := true
		for _, s := range sums {
			zero = zero && s == 0
		}
		if err := journal("c", ps...).Check(); (err == nil) != zero {
			t.Fatalf("%v of %v: %v", sums, ps, err)
		}
	})
}

func TestACauseBooksOnce(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		install(t, db)
		j := journal("settlement/s1", posting("a", 5, "EUR"), posting("b", -5, "EUR"))
		first, err := post(t, db, "ledger", j)
		if err != nil || !first.booked || first.id == "" {
			t.Fatalf("%+v, %v", first, err)
		}
		other := journal("settlement/s1", posting("a", 7, "EUR"), posting("b", -7, "EUR"))
		for _, again := range []ledger.Journal{j, other} {
			if b, err := post(t, db, "ledger", again); err != nil || b.booked || b.id != "" {
				t.Errorf("again: %+v, %v", b, err)
			}
		}
		if j, p := count(t, db, "ledger_journal"), count(t, db, "ledger_posting"); j != 1 || p != 2 {
			t.Errorf("%d journals, %d postings", j, p)
		}
		theirs := j
		theirs.Tenant = "tn_other"
		if b, err := post(t, db, "ledger", theirs); err != nil || !b.booked {
			t.Errorf("the same cause in another tenant: %+v, %v", b, err)
		}
	})
}

func TestACauseBooksOnceAtOnce(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		install(t, db)
		var booked atomic.Int64
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() { // half of them under one key, half under keys of their own
				key := "one"
				if i%2 == 0 {
					key = fmt.Sprint("key", i)
				}
				b, err := post(t, db, key, journal("settlement/s1", posting("a", int64(i+1), "EUR"), posting("b", -int64(i+1), "EUR")))
				if err != nil {
					t.Errorf("worker %d: %v", i, err)
				}
				if b.booked {
					booked.Add(1)
				}
			})
		}
		wg.Wait()
		if booked.Load() != 1 || count(t, db, "ledger_journal") != 1 || count(t, db, "ledger_posting") != 2 {
			t.Errorf("booked %d times: %d journals, %d postings", booked.Load(), count(t, db, "ledger_journal"), count(t, db, "ledger_posting"))
		}
	})
}

func TestBalances(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		install(t, db)
		for i, ps := range [][]ledger.Posting{
			{posting("receivable/driver/1", 100, "EUR"), posting("revenue/energy", -84, "EUR"), posting("tax/VAT/19", -16, "EUR")},
			{posting("receivable/driver/1", 50, "EUR"), posting("revenue/energy", -50, "EUR")},
			{posting("receivable/driver/10", 7, "EUR"), posting("revenue/energy", -7, "EUR")},
			{posting("receivable/driver/1", 900, "JPY"), posting("revenue/energy", -900, "JPY")},
			{posting("receivable/ähm/€", 1, "EUR"), posting("revenue/time", -1, "EUR")},
		} {
			if _, err := post(t, db, "ledger", journal(fmt.Sprint("c", i), ps...)); err != nil {
				t.Fatal(err)
			}
		}
		theirs := journal("c0", posting("receivable/driver/1", 5, "EUR"), posting("revenue/energy", -5, "EUR"))
		theirs.Tenant = "tn_other"
		if _, err := post(t, db, "ledger", theirs); err != nil {
			t.Fatal(err)
		}
		balances := func(prefix string) string {
			return fmt.Sprint(do(t, db, func(tx *store.Tx) ([]ledger.Balance, error) { return ledger.Balances(tx, access.DefaultTenant, prefix) }))
		}
		for prefix, want := range map[string]string{
			"receivable/driver/1/": "[]",
			"receivable/driver/10": "[{receivable/driver/10 EUR 7}]",
			"receivable/driver/":   "[{receivable/driver/1 EUR 150} {receivable/driver/1 JPY 900} {receivable/driver/10 EUR 7}]",
			"receivable/ä":         "[]",
			"receivable/ähm":       "[{receivable/ähm/€ EUR 1}]",
			"receivable/ähm/€":     "[{receivable/ähm/€ EUR 1}]",
			"/":                    "[]",
			"revenue/":             "[{revenue/energy EUR -141} {revenue/energy JPY -900} {revenue/time EUR -1}]",
			"nothing":              "[]",
			"%":                    "[]",
		} {
			if got := balances(prefix); got != want {
				t.Errorf("%q: %s, want %s", prefix, got, want)
			}
		}
		sums := map[string]int64{}
		for _, b := range do(t, db, func(tx *store.Tx) ([]ledger.Balance, error) { return ledger.Balances(tx, access.DefaultTenant, "") }) {
			sums[b.Currency] += b.Minor
		}
		if sums["EUR"] != 0 || sums["JPY"] != 0 || len(sums) != 2 {
			t.Errorf("the books sum to %v", sums)
		}
		pages(t, db)
	})
}

// pages checks that balances page by page are the balances.
func pages(t *testing.T, db *store.DB) {
	sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	all := do(t, db, func(tx *store.Tx) ([]ledger.Balance, error) { return ledger.Balances(tx, sc.Tenant, "") })
	var paged []ledger.Balance
	var last ledger.Balance
	for range 20 {
		page := do(t, db, func(tx *store.Tx) ([]ledger.Balance, error) { return ledger.BalancesAfter(tx, sc, "", last, 2) })
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		last = page[len(page)-1]
	}
	if fmt.Sprint(all) != fmt.Sprint(paged) || len(all) != 8 {
		t.Errorf("pages show %v, the list %v", paged, all)
	}
}

// Somebody who writes past the room is found out.
func TestUnbalanced(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		install(t, db)
		b, err := post(t, db, "ledger", journal("c", posting("a", 5, "EUR"), posting("b", -5, "EUR"), posting("a", 5, "JPY"), posting("b", -5, "JPY")))
		if err != nil {
			t.Fatal(err)
		}
		off := func() int64 { return do(t, db, ledger.Unbalanced) }
		if off() != 0 {
			t.Errorf("%d off of none", off())
		}
		do(t, db, func(tx *store.Tx) (int64, error) {
			return tx.Exec(`UPDATE ledger_posting SET currency = 'KWD' WHERE journal_id = $1 AND line = 0`, b.id)
		})
		if off() == 0 {
			t.Error("what does not add up is not found")
		}
	})
}

// A prefix is a path: what driver 1 owes is not what driver 10 owes.
func TestAPrefixIsAPath(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		install(t, db)
		for cause, account := range map[string]string{"x": "receivable/driver/1", "y": "receivable/driver/10", "z": "receivable/driver/1/a"} {
			if _, err := post(t, db, "ledger", journal(cause, posting(account, 5, "EUR"), posting("revenue/energy", -5, "EUR"))); err != nil {
				t.Fatal(err)
			}
		}
		bs := do(t, db, func(tx *store.Tx) ([]ledger.Balance, error) {
			return ledger.Balances(tx, access.DefaultTenant, "receivable/driver/1")
		})
		if fmt.Sprint(bs) != "[{receivable/driver/1 EUR 5} {receivable/driver/1/a EUR 5}]" {
			t.Errorf("%v", bs)
		}
	})
}

// The balance of one account is read by its own postings: a wallet is looked at for each
// session that it pays, and the books only grow.
func TestABalanceReadsItsAccountAlone(t *testing.T) {
	db := storetest.SQLite(t, schema.FS)
	install(t, db)
	for cause, account := range map[string]string{"x": "wallet/driver/1", "y": "wallet/driver/10", "z": "wallet/driver/1/a"} {
		if _, err := post(t, db, "ledger", journal(cause, posting(account, 5, "EUR"), posting("revenue/energy", -5, "EUR"))); err != nil {
			t.Fatal(err)
		}
	}
	for c, want := range map[money.Currency]int64{"EUR": 5, "JPY": 0} {
		n := do(t, db, func(tx *store.Tx) (int64, error) {
			return ledger.BalanceOf(tx, access.DefaultTenant, "wallet/driver/1", c)
		})
		other := do(t, db, func(tx *store.Tx) (int64, error) { return ledger.BalanceOf(tx, "tn_other", "wallet/driver/1", c) })
		if n != want || other != 0 {
			t.Errorf("%d %s, in another tenant %d", n, c, other)
		}
	}
	plan := do(t, db, func(tx *store.Tx) ([]string, error) {
		return store.All(tx, func(r *store.Row) string { return r.Text(3) }, `EXPLAIN QUERY PLAN SELECT COALESCE(CAST(SUM(p.amount_minor) AS BIGINT), 0)
			FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id WHERE p.account = $1 AND p.currency = $2 AND j.tenant_id = $3`, "a", "EUR", "t")
	})
	if s := strings.Join(plan, "; "); !strings.Contains(s, "ledger_posting_account (account=? AND currency=?)") || strings.Contains(s, "SCAN") {
		t.Errorf("it reads %s", s)
	}
}

// A balance is a sum and no row, so that two who book on one account do not wait for
// each other: the second commits while the first has not.
func TestNobodyWaitsForABalance(t *testing.T) {
	storetest.EachMigrated(t, schema.FS, func(t *testing.T, url string) {
		if strings.HasPrefix(url, "sqlite") {
			t.Skip("SQLite has one writer")
		}
		db := storetest.Open(t, url, schema.FS, store.Options{})
		install(t, db)
		first, err := try(t, db, "", func(tx *store.Tx) (bool, error) {
			_, booked, err := ledger.Post(tx, journal("a", posting("revenue/energy", -5, "EUR"), posting("clearing/stripe", 5, "EUR")))
			if err != nil {
				return booked, err
			}
			second := make(chan error, 1)
			go func() {
				_, err := post(t, db, "", journal("b", posting("revenue/energy", -7, "EUR"), posting("clearing/stripe", 7, "EUR")))
				second <- err
			}()
			select {
			case err = <-second:
			case <-time.After(10 * time.Second):
				err = errors.New("it waits")
			}
			return booked, err
		})
		if err != nil || !first {
			t.Fatal(first, err)
		}
		n := do(t, db, func(tx *store.Tx) (int64, error) {
			return ledger.BalanceOf(tx, access.DefaultTenant, "revenue/energy", "EUR")
		})
		if n != -12 {
			t.Errorf("the balance is %d", n)
		}
	})
}
