package billing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/plan"
	"chargewright/core/session"
	"chargewright/plug/simpay"
)

// even checks that the books, the documents and the claims of a till tell one story
// when nothing is under way.
func (c *till) even(what string) {
	c.Helper()
	docs := do(c, c.db, func(tx *store.Tx) ([]billing.Document, error) {
		return billing.Documents(tx, ours, billing.DocumentFilter{}, time.Time{}, "", 1000)
	})
	billed, tax := int64(0), int64(0)
	for _, d := range docs {
		if d.Net+d.Tax != d.Gross || d.Gross < 0 || d.Net < 0 || d.Tax < 0 {
			c.Errorf("%s: %s says %d + %d = %d", what, d.Number, d.Net, d.Tax, d.Gross)
		}
		switch d.Kind {
		case billing.Receipt:
			billed, tax = billed+d.Gross, tax+d.Tax
		case billing.CreditNote:
			billed, tax = billed-d.Gross, tax-d.Tax
		}
	}
	if r, x := -c.balance("revenue"), -c.balance("tax"); r+x != billed || x != tax {
		c.Errorf("%s: the documents bill %d with %d tax, the books %d with %d", what, billed, tax, r+x, x)
	}
	owed := int64(0)
	for _, x := range do(c, c.db, func(tx *store.Tx) ([]billing.Claim, error) {
		return billing.Claims(tx, ours, billing.ClaimFilter{}, time.Time{}, "", 1000)
	}) {
		if x.State == billing.ClaimPaid && x.Due != x.Paid {
			c.Errorf("%s: paid, and %d of %d", what, x.Paid, x.Due)
		}
		if x.State != billing.ClaimWrittenOff {
			owed += x.Due - x.Paid // negative: stuck with what could not be given back
		}
	}
	if n := c.balance("receivable"); n != owed {
		c.Errorf("%s: the books say that %d is owed, the claims %d", what, n, owed)
	}
	kept := int64(0)
	for _, p := range do(c, c.db, func(tx *store.Tx) ([]payment.Payment, error) {
		return payment.List(tx, ours, payment.Filter{}, time.Time{}, "", 1000)
	}) {
		kept += p.Kept()
	}
	if n := c.balance("clearing/sim") + c.balance("disputes"); n != kept { // what is disputed has gone back
		c.Errorf("%s: the provider has %d, the books %d", what, kept, n)
	}
}

func (c *till) credit(id string, o billing.CreditOrder) billing.Document {
	c.Helper()
	o.Reason = "goodwill"
	d := do(c, c.db, func(tx *store.Tx) (billing.Document, error) { return billing.Credit(tx, ours, id, o) })
	c.drain()
	return d
}

// What is given back goes as it came, or to the wallet; the note takes the revenue
// back with its tax, once, and never more than was billed.
func TestCreditNotes(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member(simpay.Good)
		c.topUp(who, 300)
		id := c.charged("A", "OWN", 10, 60) // 3.00 by the wallet, 2.00 by the card
		c.even("charged")

		d := c.credit(id, billing.CreditOrder{Key: "1", Gross: 150, To: billing.ToPayer})
		if d.Number != "R-C00000001" || d.Kind != billing.CreditNote || d.Gross != 150 || d.Tax != 24 || d.Corrects != receipt(t, c.db, id).ID || d.Driver != who {
			t.Errorf("%+v", d)
		}
		if x := c.claim(id); c.paid(x.Payment).Refunded != 150 || x.State != billing.ClaimPaid || x.Due != 350 {
			t.Errorf("%+v by %+v", x, c.paid(x.Payment))
		}
		c.even("a part")
		if again := c.credit(id, billing.CreditOrder{Key: "1", Gross: 150, To: billing.ToPayer}); again.ID != d.ID {
			t.Errorf("twice: %s and %s", again.Number, d.Number)
		}
		c.even("the same again")
		c.credit(id, billing.CreditOrder{Key: "2", Gross: 100, To: billing.ToWallet})
		if n := -c.balance(plan.Account(who)); n != 100 {
			t.Errorf("the wallet has %d", n)
		}
		c.even("to the wallet")
		for gross, want := range map[int64]fail.Kind{251: fail.Invalid, -1: fail.Invalid} {
			if _, err := try(t, c.db, func(tx *store.Tx) (billing.Document, error) {
				return billing.Credit(tx, ours, id, billing.CreditOrder{Key: "x", Gross: gross, Reason: "too much"})
			}); !fail.Is(err, want) {
				t.Errorf("%d: %v", gross, err)
			}
		}
		if _, err := try(t, c.db, func(tx *store.Tx) (billing.Document, error) {
			return billing.Credit(tx, ours, id, billing.CreditOrder{Key: "x", Reason: "  "})
		}); !fail.Is(err, fail.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		last := c.credit(id, billing.CreditOrder{Key: "3", To: billing.ToPayer}) // 0.50 by the card, the rest to the wallet
		if last.Gross != 250 || !last.Body.Credit.Whole {
			t.Errorf("%+v", last)
		}
		if x := c.claim(id); c.paid(x.Payment).Refunded != 200 || -c.balance(plan.Account(who)) != 300 || x.Due != 0 {
			t.Errorf("%+v, wallet %d", x, c.balance(plan.Account(who)))
		}
		c.even("all of it")
		if _, err := try(t, c.db, func(tx *store.Tx) (billing.Document, error) {
			return billing.Credit(tx, ours, id, billing.CreditOrder{Key: "4", Gross: 1, Reason: "more"})
		}); !fail.Is(err, fail.Conflict) {
			t.Errorf("more than all: %v", err)
		}
		if _, err := try(t, c.db, func(tx *store.Tx) (billing.Document, error) {
			return billing.Credit(tx, ours, d.ID, billing.CreditOrder{Key: "1", Reason: "of a note"})
		}); !fail.Is(err, fail.Conflict) {
			t.Errorf("a credit note of a credit note: %v", err)
		}
		if _, err := try(t, c.db, func(tx *store.Tx) (billing.Document, error) {
			return billing.Credit(tx, theirs, id, billing.CreditOrder{Key: "1", Reason: "not theirs"})
		}); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant's: %v", err)
		}
	})
}

// A credit lowers what is still to be collected, in every state of the collection.
func TestCreditsOfWhatIsNotPaid(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member("")
		open := c.charged("A", "OWN", 10, 60)
		c.credit(open, billing.CreditOrder{Key: "1", Gross: 200})
		if x := c.claim(open); x.State != billing.ClaimOpen || x.Left() != 300 {
			t.Errorf("open: %+v", x)
		}
		c.even("open, a part")
		c.credit(open, billing.CreditOrder{Key: "2"})
		if x := c.claim(open); x.State != billing.ClaimPaid || x.Due != 0 {
			t.Errorf("open: %+v", x)
		}
		c.even("open, all")
		nobody := c.charged("B", "CARD", 10, 60)
		c.credit(nobody, billing.CreditOrder{Key: "1"})
		c.even("of nobody known")
		_ = who
	})
	eachTill(t, func(c *till) {
		c.member(simpay.DeclinedLater)
		dunned := c.charged("A", "OWN", 10, 60)
		c.credit(dunned, billing.CreditOrder{Key: "1", Gross: 200})
		c.pass()
		if x := c.claim(dunned); x.State != billing.ClaimDunning || c.paid(x.Payment).Asked != 300 {
			t.Errorf("dunned: %+v asks %d", x, c.paid(x.Payment).Asked)
		}
		c.even("dunned")
		for range 4 {
			c.pass()
		}
		if x := c.claim(dunned); x.State != billing.ClaimWrittenOff || c.balance("writeoff/bad_debt") != 300 {
			t.Errorf("given up: %+v", x)
		}
		c.credit(dunned, billing.CreditOrder{Key: "2", Gross: 100})
		if c.balance("writeoff/bad_debt") != 200 {
			t.Errorf("bad debt %d", c.balance("writeoff/bad_debt"))
		}
		c.even("written off, a part")
		c.credit(dunned, billing.CreditOrder{Key: "3"})
		if x := c.claim(dunned); x.State != billing.ClaimPaid || c.balance("writeoff/bad_debt") != 0 {
			t.Errorf("%+v, bad debt %d", x, c.balance("writeoff/bad_debt"))
		}
		c.even("written off, all")
		if v := do(t, c.db, func(tx *store.Tx) (session.Judgement, error) {
			return session.Authorise(tx, session.Attempt{Tenant: ours.Tenant, Token: "OWN", At: time.Now()})
		}).Verdict; v != driver.Accepted {
			t.Errorf("the driver who owes nothing is %s", v)
		}
	})
}

// guestCharged is a guest who paid by a hold and charged.
func (c *till) guestCharged(tx string, hold, kWh int64, card simpay.Card) string {
	c.Helper()
	g := c.visit(hold)
	c.pay(g.Payment, card)
	must(c, c.db, func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, true, "") })
	return c.charged(tx, g.Token, kWh, 60)
}

// A guest gets back by the card what they paid; what was beyond the hold is our
// loss no more.
func TestCreditsOfGuests(t *testing.T) {
	eachTill(t, func(c *till) {
		for i, card := range []simpay.Card{simpay.Good, simpay.Transfer} {
			id := c.guestCharged(fmt.Sprint("G", i), 5000, 10, card)
			c.credit(id, billing.CreditOrder{Key: "1", Gross: 123, To: billing.ToWallet}) // they have none
			c.even("a part")
			c.credit(id, billing.CreditOrder{Key: "2"})
			if x := c.claim(id); c.paid(x.Payment).Kept() != 0 || x.Due != 0 {
				t.Errorf("%+v by %+v", x, c.paid(x.Payment))
			}
			c.even("all")
		}
		over := c.guestCharged("O", 400, 10, simpay.Good) // 5.00 of a hold of 4.00
		c.even("over the hold")
		c.credit(over, billing.CreditOrder{Key: "1", Gross: 50})
		c.even("over the hold, less")
		c.credit(over, billing.CreditOrder{Key: "2"})
		if c.balance("writeoff/overrun") != 0 || c.paid(c.claim(over).Payment).Kept() != 0 {
			t.Errorf("lost %d, kept %d", c.balance("writeoff/overrun"), c.paid(c.claim(over).Payment).Kept())
		}
		c.even("over the hold, all")
	})
}

func (c *till) correct(id string, d session.Decision) ([]billing.Document, error) {
	c.Helper()
	d.Reason = "the meter was read again"
	a, err := billing.Preview(c.Context(), c.db, ours, id, d)
	if err != nil {
		return nil, err
	}
	if a.Flags.Hold() {
		return nil, fail.New(fail.Conflict, "test", "%s", a.Flags)
	}
	docs, err := billing.Correct(c.Context(), c.db, ours, id, billing.Correction{Decision: d, Gross: a.Gross})
	c.drain()
	return docs, err
}

// A correction takes the receipt back and bills anew: less goes back, more is asked
// of a driver, and of a guest it is our loss.
func TestCorrections(t *testing.T) {
	byWord := func(kWh int64) session.Decision { return session.Decision{Choice: session.ByWord, Energy: kWh * 1000} }
	eachTill(t, func(c *till) {
		who := c.member(simpay.Good)
		c.topUp(who, 100)
		id := c.charged("A", "OWN", 10, 60)
		first := receipt(t, c.db, id)
		docs, err := c.correct(id, byWord(8))
		if err != nil || len(docs) != 2 || docs[0].Kind != billing.CreditNote || docs[0].Gross != 500 || docs[1].Kind != billing.Receipt || docs[1].Gross != 400 || docs[1].Revision != 2 {
			t.Fatalf("%+v, %v", docs, err)
		}
		if x, s := c.claim(id), find(t, c.db, id); x.Due != 400 || c.paid(x.Payment).Refunded != 100 || *s.CostMinor != 400 || s.Energy.WattHours() != 8000 || !s.Flags.Has(session.FlagReviewed) {
			t.Errorf("%+v, %+v", x, s)
		}
		if r := receipt(t, c.db, id); r.ID != docs[1].ID || r.Number == first.Number || len(r.Body.Lines) != 1 || !r.Body.Estimated {
			t.Errorf("in force: %+v", r)
		}
		c.even("less")
		if _, err := c.correct(id, byWord(12)); err != nil {
			t.Fatal(err)
		}
		if x := c.claim(id); x.State != billing.ClaimPaid || x.Due != 600 || x.Paid != 600 {
			t.Errorf("more: %+v", x)
		}
		c.even("more")
		if _, err := c.correct(id, byWord(12)); !fail.Is(err, fail.Conflict) {
			t.Errorf("the same again: %v", err)
		}
		cdrs := do(t, c.db, func(tx *store.Tx) ([]billing.CDR, error) { return billing.CDRs(tx, ours, time.Time{}, "", 100) })
		sum := 0
		for _, r := range cdrs {
			if r.Credits != "" {
				sum--
			} else {
				sum++
			}
		}
		if len(cdrs) != 5 || sum != 1 {
			t.Errorf("%d CDRs, %d in force", len(cdrs), sum)
		}
		for _, f := range do(t, c.db, func(tx *store.Tx) ([]billing.Finding, error) { return billing.Audit(tx, ours, id) }) {
			if !f.OK {
				t.Errorf("the audit says %s: %s", f.What, f.Detail)
			}
		}
		c.credit(id, billing.CreditOrder{Key: "1", Gross: 100})
		if a, err := billing.Preview(t.Context(), c.db, ours, id, session.Decision{Choice: session.Accept, Reason: "what the meter said"}); err != nil || a.Gross != 500 || a.Given != 100 || a.Left() != 500 {
			t.Errorf("%+v, %v", a, err)
		}
		if _, err := billing.Correct(t.Context(), c.db, ours, id, billing.Correction{Decision: session.Decision{Choice: session.Accept, Reason: "x"}, Gross: 1}); !fail.Is(err, fail.Conflict) {
			t.Errorf("another outcome than was looked at: %v", err)
		}
		docs, err = c.correct(id, session.Decision{Choice: session.Unbills})
		if err != nil || len(docs) != 1 || docs[0].Gross != 500 {
			t.Fatalf("%+v, %v", docs, err)
		}
		if x, s := c.claim(id), find(t, c.db, id); x.Due != 0 || x.Paid != 0 || s.CostMinor != nil || !s.Flags.Has(session.FlagVoid) {
			t.Errorf("%+v, %+v", x, s)
		}
		c.even("void")
		if _, err := c.correct(id, byWord(5)); !fail.Is(err, fail.Conflict) {
			t.Errorf("of a void session: %v", err)
		}
	})
	eachTill(t, func(c *till) {
		for i, v := range []struct {
			hold, kWh, now, kept, lost int64
			card                       simpay.Card
		}{
			{5000, 10, 8, 400, 0, simpay.Good}, {5000, 10, 12, 500, 100, simpay.Good}, {5000, 10, 12, 500, 100, simpay.Transfer}, {400, 10, 9, 400, 50, simpay.Good},
			{400, 10, 6, 300, 0, simpay.Good}, {5000, 0, 10, 0, 500, simpay.Good},
		} {
			what := fmt.Sprintf("%+v", v)
			before := c.balance("writeoff/overrun")
			id := c.guestCharged(fmt.Sprint("G", i), v.hold, v.kWh, v.card)
			if v.kWh == 0 {
				if s := find(t, c.db, id); s.CostMinor == nil || *s.CostMinor != 0 {
					t.Fatalf("%+v", s)
				}
			}
			if _, err := c.correct(id, byWord(v.now)); err != nil {
				t.Errorf("%s: %v", what, err)
				continue
			}
			kept := int64(0)
			if x := c.claim(id); x.Payment != "" {
				kept = c.paid(x.Payment).Kept()
			}
			if lost := c.balance("writeoff/overrun") - before; kept != v.kept || lost != v.lost {
				t.Errorf("%s: kept %d, lost %d", what, kept, lost)
			}
			c.even(what)
		}
	})
	eachTill(t, func(c *till) {
		c.member(simpay.DeclinedLater)
		id := c.charged("A", "OWN", 10, 60)
		if _, err := c.correct(id, byWord(8)); err != nil {
			t.Fatal(err)
		}
		c.even("dunned, less")
		for range 5 {
			c.pass()
		}
		if x := c.claim(id); x.State != billing.ClaimWrittenOff || c.balance("writeoff/bad_debt") != 400 {
			t.Errorf("%+v, bad debt %d", x, c.balance("writeoff/bad_debt"))
		}
		if _, err := c.correct(id, byWord(6)); err != nil {
			t.Fatal(err)
		}
		if x := c.claim(id); x.State == billing.ClaimWrittenOff || c.balance("writeoff/bad_debt") != 0 || c.balance("receivable") != 300 {
			t.Errorf("%+v, bad debt %d", x, c.balance("writeoff/bad_debt"))
		}
		c.even("given up, and billed anew")
	})
}

// A statement is what the books say of a month, once.
func TestStatements(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member(simpay.Good)
		c.topUp(who, 300)
		id := c.charged("A", "OWN", 10, 60)
		c.credit(id, billing.CreditOrder{Key: "1", Gross: 100, To: billing.ToPayer})
		must(t, c.db, func(tx *store.Tx) error {
			tx.Write(`UPDATE ledger_journal SET booked_at = $1`, time.Date(2026, 9, 30, 21, 59, 0, 0, time.UTC)) // 23:59 in Berlin
			return access.PutEntity(tx, ours, access.Entity{ID: access.DefaultEntity, Name: "Ours", Zone: "Europe/Berlin"})
		})
		if _, err := billing.Statements(t.Context(), c.db, time.Date(2026, 9, 30, 22, 59, 59, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		if n := c.count(`SELECT COUNT(*) FROM billing_document WHERE kind = 'statement'`); n != 0 {
			t.Errorf("within an hour of the month: %d", n)
		}
		for range 2 {
			if _, err := billing.Statements(t.Context(), c.db, time.Date(2026, 10, 1, 5, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
		}
		list := do(t, c.db, func(tx *store.Tx) ([]billing.Document, error) {
			return billing.Documents(tx, access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Actor: who}, billing.DocumentFilter{Kind: billing.Statement}, time.Time{}, "", 10)
		})
		if len(list) != 1 || list[0].Number != "R-S00000001" || list[0].Driver != who {
			t.Fatalf("%+v", list)
		}
		a := list[0].Body.Account
		if a.Opening != 0 || a.Closing != 0 || a.WalletOpening != 0 || a.WalletClosing != 0 || a.Sessions != 1 || a.Energy.WattHours() != 10_000 {
			t.Errorf("%+v", a)
		}
		var rows []string
		owed, wallet := int64(0), int64(0)
		for _, r := range a.Rows {
			rows = append(rows, fmt.Sprintf("%s %s %d %d", r.Kind, r.Number, r.Owed, r.Wallet))
			owed, wallet = owed+r.Owed, wallet+r.Wallet
		}
		if owed != 0 || wallet != 0 || len(rows) != 6 {
			t.Errorf("rows\n%s", strings.Join(rows, "\n"))
		}
		if n, err := billing.Statements(t.Context(), c.db, time.Date(2026, 9, 30, 21, 59, 0, 0, time.UTC)); n != 0 || err != nil {
			t.Errorf("of August: %d, %v", n, err)
		}
	})
}

// A session of which all is given back already may still be voided: there is no
// document more.
func TestWhatIsGivenBackMayBeVoided(t *testing.T) {
	eachTill(t, func(c *till) {
		c.member(simpay.Good)
		id := c.charged("A", "OWN", 10, 60)
		c.credit(id, billing.CreditOrder{Key: "1"})
		docs, err := c.correct(id, session.Decision{Choice: session.Unbills})
		if err != nil || len(docs) != 0 || !find(t, c.db, id).Flags.Has(session.FlagVoid) {
			t.Errorf("%+v, %v", docs, err)
		}
		c.even("voided")
	})
}
