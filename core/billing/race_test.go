package billing_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/payment"
	"chargewright/core/session"
	"chargewright/plug/simpay"
)

// both does two things at once and returns what became of each.
func both(one, other func() error) (first, second error) {
	var wg sync.WaitGroup
	wg.Go(func() { first = one() })
	wg.Go(func() { second = other() })
	wg.Wait()
	return first, second
}

// refused reports whether an error is a business no.
func refused(err error) bool { return fail.Is(err, fail.Conflict) || fail.Is(err, fail.Invalid) }

const rounds = 8

func (c *till) gives(id, key string, gross int64) func() error {
	return func() error {
		_, err := store.Do(c.Context(), c.db, "credit/"+key, func(tx *store.Tx) (billing.Document, error) {
			return billing.Credit(tx, ours, id, billing.CreditOrder{Key: key, Gross: gross, Reason: "goodwill", To: billing.ToPayer})
		})
		return err
	}
}

// notes is how much of a receipt is given back, and by how many notes.
func (c *till) notes(id string) (gross int64, n int) {
	c.Helper()
	for _, d := range do(c, c.db, func(tx *store.Tx) ([]billing.Document, error) { return billing.DocumentsOf(tx, id) }) {
		if d.Kind == billing.CreditNote {
			gross, n = gross+d.Gross, n+1
		}
	}
	return gross, n
}

func (c *till) count(query string) int64 {
	c.Helper()
	return do(c, c.db, func(tx *store.Tx) (int64, error) {
		n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, query)
		return n, err
	})
}

// Two people give the same receipt back at once: in parts that are too much together
// one of them is told so, and nobody gets more than they paid.
func TestTwoPeopleGiveBackAtOnce(t *testing.T) {
	for _, gross := range []int64{0, 300, 200} { // of 5.00
		t.Run(fmt.Sprint(gross), func(t *testing.T) {
			eachTill(t, func(c *till) {
				c.member(simpay.Good)
				unbraked(c)
				for n := range rounds {
					id := c.charged(fmt.Sprint("A", n), "OWN", 10, 60)
					first, second := both(c.gives(id, "ada", gross), c.gives(id, "eve", gross))
					c.drain()
					back, notes := c.notes(id)
					want := map[int64]int64{0: 500, 300: 300, 200: 400}[gross]
					if back != want || notes != map[int64]int{0: 1, 300: 1, 200: 2}[gross] {
						t.Fatalf("%d notes give back %d: %v, %v", notes, back, first, second)
					}
					if gross != 200 && ((first == nil) == (second == nil) || first != nil && !refused(first) || second != nil && !refused(second)) {
						t.Errorf("one of them is to be refused: %v, %v", first, second)
					}
					p := c.paid(c.claim(id).Payment)
					if p.Kept() != 500-back {
						t.Errorf("%d were given back, and %d are kept", back, p.Kept())
					}
				}
				c.even("at the end")
			})
		})
	}
}

// A receipt is given back while the payer's bank takes the money back: what went
// twice is seen, and the books have what the provider has.
func TestGivingBackBesideADispute(t *testing.T) {
	eachTill(t, func(c *till) {
		c.member(simpay.Good)
		unbraked(c)
		for n := range rounds {
			id := c.charged(fmt.Sprint("A", n), "OWN", 10, 60)
			p := c.paid(c.claim(id).Payment)
			if p.ID == "" { // the wallet paid, by what could not go back to the card
				continue
			}
			first, second := both(c.gives(id, "ada", 0), func() error {
				if err := c.sim.Dispute(p.Ref, "fraudulent"); err != nil {
					return err
				}
				_, err := payment.Learn(c.Context(), c.db, payment.Providers{"sim": c.sim}, "sim", payment.Query{Ref: p.Ref})
				return err
			})
			if first != nil || second != nil && !refused(second) {
				t.Fatalf("%v, %v", first, second)
			}
			c.drain()
			if _, err := payment.Learn(c.Context(), c.db, payment.Providers{"sim": c.sim}, "sim", payment.Query{Ref: p.Ref}); err != nil {
				t.Fatal(err)
			}
			c.drain()
			if p := c.paid(p.ID); p.Refunded > p.Captured {
				t.Errorf("%d of %d went back", p.Refunded, p.Captured)
			}
		}
		c.even("at the end")
		if _, err := payment.Import(c.Context(), c.db, payment.Providers{"sim": c.sim}, "sim", payment.Books{Tenant: ours.Tenant, Entity: access.DefaultEntity}); err != nil {
			t.Fatal(err)
		}
		for _, x := range do(t, c.db, func(tx *store.Tx) ([]payment.Check, error) { return payment.Checks(tx, ours.Tenant, "sim") }) {
			if x.Off != 0 || x.Clearing != c.sim.Balance(x.Currency) {
				t.Errorf("%+v, and the provider has %d", x, c.sim.Balance(x.Currency))
			}
		}
	})
}

// Two cars begin at once on a wallet with money for one: one is let in, and what is
// promised is there.
func TestTwoBeginOnMoneyForOne(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member("")
		unbraked(c)
		c.policy(billing.Refuse)
		c.topUp(who, 3000)
		for n := range rounds {
			begin := func(name string, evse int64) func() error {
				return func() error {
					now := time.Now().UTC().Truncate(time.Microsecond)
					r := beginning(name)
					r.Token, r.EVSE, r.At, r.Received, r.Samples[0].At = "OWN", evse, now, now, now
					_, err := store.Do(c.Context(), c.db, name, func(tx *store.Tx) (session.Verdict, error) { return billing.Apply(tx, r) })
					return err
				}
			}
			a, b := fmt.Sprint("A", n), fmt.Sprint("B", n)
			if first, second := both(begin(a, 1), begin(b, 2)); first != nil || second != nil {
				t.Fatal(first, second)
			}
			in := 0
			for _, name := range []string{a, b} {
				s := do(t, c.db, func(tx *store.Tx) (session.Session, error) {
					s, _, err := session.ByTransaction(tx, "S1", name)
					return s, err
				})
				if s.Verdict == driver.Accepted {
					in++
				} else if s.Verdict != driver.NoCredit {
					t.Errorf("%s: %s", name, s.Verdict)
				}
			}
			if w := c.wallet(who); in != 1 || w.Promised != 3000 || w.Free() != 0 {
				t.Errorf("%d were let in, %+v", in, w)
			}
			c.ends(a, 1, 0)
			c.ends(b, 2, 0)
			if w := c.wallet(who); w.Promised != 0 || w.Balance != 3000 {
				t.Errorf("after both: %+v", w)
			}
		}
	})
}

// A month is closed while a receipt of it is given back: what the statement says of
// its end is what the next begins with, and is the sum of what it lists.
func TestAMonthIsClosedWhileSomethingIsGivenBack(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member("")
		unbraked(c)
		must(t, c.db, func(tx *store.Tx) error {
			return access.PutEntity(tx, ours, access.Entity{ID: access.DefaultEntity, Name: "Ours", Zone: "Europe/Berlin"})
		})
		now := time.Now()
		next := time.Date(now.Year(), now.Month()+1, 1, 5, 0, 0, 0, time.UTC)
		var ids []string
		for n := range rounds {
			ids = append(ids, c.charged(fmt.Sprint("A", n), "OWN", 10, 60))
		}
		var wg sync.WaitGroup
		for n, id := range ids {
			wg.Go(func() {
				if err := c.gives(id, "ada", int64(100+n))(); err != nil {
					t.Error(err)
				}
			})
		}
		for range 4 {
			wg.Go(func() {
				if _, err := billing.Statements(c.Context(), c.db, next); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		c.drain()
		list := do(t, c.db, func(tx *store.Tx) ([]billing.Document, error) {
			return billing.Documents(tx, ours, billing.DocumentFilter{Kind: billing.Statement}, time.Time{}, "", 10)
		})
		if len(list) != 1 || list[0].Driver != who {
			t.Fatalf("%d statements", len(list))
		}
		a, sum := list[0].Body.Account, int64(0)
		for _, r := range a.Rows {
			sum += r.Owed
		}
		if a.Opening+sum != a.Closing {
			t.Errorf("%d and %d are %d", a.Opening, sum, a.Closing)
		}
		if off := do(t, c.db, ledger.Unbalanced); off != 0 {
			t.Errorf("%d journals are off", off)
		}
		c.even("at the end")
	})
}
