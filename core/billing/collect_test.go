package billing_test

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/payment"
	"chargewright/core/plan"
	"chargewright/core/session"
	"chargewright/plug/simpay"
)

// till is a station with a provider of payments and the work of the server that
// collects.
type till struct {
	*testing.T
	db      *store.DB
	sim     *simpay.Sim
	runner  *outbox.Runner
	started []string // visits whose station was asked
}

func eachTill(t *testing.T, fn func(c *till)) {
	each(t, func(t *testing.T, db *store.DB) {
		c := newTill(t, db)
		fn(c)
		if off := do(t, db, ledger.Unbalanced); off != 0 {
			t.Errorf("%d journals are off", off)
		}
	})
}

func newTill(t *testing.T, db *store.DB) *till {
	t.Helper()
	sim, err := simpay.New(simpay.Options{Base: "https://pay.example.org", Secrets: []string{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	c := &till{T: t, db: db, sim: sim}
	handlers := collectors(db, payment.Providers{"sim": sim})
	handlers[billing.TopicGuestStart] = func(_ context.Context, e outbox.Event) error {
		c.started = append(c.started, e.Key)
		return nil
	}
	c.runner = outbox.New(db, handlers, outbox.Options{Log: slog.New(slog.DiscardHandler), Poll: time.Hour, Batches: settlers(db)})
	offer(t, db, `{"id":"T","currency":"EUR","tax_included":"YES","elements":[{"price_components":[{"type":"ENERGY","price":0.5,"vat":19}]}]}`)
	return c
}

// collectors work on the events of what is collected, as the server's do.
func collectors(db *store.DB, ps payment.Providers) map[string]outbox.Handler {
	in := func(fn func(tx *store.Tx, key string) error) outbox.Handler {
		return func(ctx context.Context, e outbox.Event) error {
			_, err := store.Do(ctx, db, e.Key, func(tx *store.Tx) (int, error) { return 0, fn(tx, e.Key) })
			return err
		}
	}
	handlers := payment.Handlers(db, ps, nil)
	maps.Copy(handlers, map[string]outbox.Handler{
		payment.TopicChanged: in(billing.Changed), billing.TopicDun: in(billing.Dun), billing.TopicGuestEnd: in(billing.GuestLate),
		billing.TopicSettlementLate: in(billing.SettlementLate), billing.TopicTerminalLate: in(billing.TerminalLate),
	})
	return handlers
}

// settlers settle what is closed, as the server does.
func settlers(db *store.DB) map[string]outbox.BatchHandler {
	return map[string]outbox.BatchHandler{session.TopicClosed: func(ctx context.Context, closed []outbox.Event) []error {
		var ids []string
		for _, e := range closed {
			ids = append(ids, e.Key)
		}
		return billing.SettleAll(ctx, db, ids)
	}}
}

// drain does all that is due now.
func (c *till) drain() {
	c.Helper()
	if err := c.runner.Drain(c.Context()); err != nil {
		c.Fatal(err)
	}
}

// pass lets time pass: all that waits for a time is due.
func (c *till) pass() {
	c.Helper()
	must(c, c.db, func(tx *store.Tx) error {
		tx.Write(`UPDATE billing_claim SET next_at = 1 WHERE next_at IS NOT NULL`)
		tx.Write(`UPDATE driver_guest SET expires_at = 1`)
		tx.Write(`UPDATE payment_step SET next_at = 1 WHERE next_at IS NOT NULL`)
		tx.Write(`UPDATE outbox_event SET due_at = 1, lease_until = NULL, lease_by = NULL, parked = FALSE`)
		return nil
	})
	c.drain()
}

func (c *till) balance(account string) int64 {
	c.Helper()
	n := int64(0)
	for _, b := range do(c, c.db, func(tx *store.Tx) ([]ledger.Balance, error) { return ledger.Balances(tx, ours.Tenant, account) }) {
		n += b.Minor
	}
	return n
}

// visit is a guest on the page of the provider, who may spend an amount.
func (c *till) visit(hold int64) driver.Guest { return c.visitAt(1, hold) }

func (c *till) visitAt(evse, hold int64) driver.Guest {
	c.Helper()
	g := do(c, c.db, func(tx *store.Tx) (driver.Guest, error) {
		g, _, _, err := billing.Visit(tx, billing.VisitOrder{
			Guest: driver.Guest{
				Tenant: ours.Tenant, Station: "S1", EVSE: evse, Hold: hold, Email: "guest@example.org",
				Offer: driver.Offer{Tariff: "T", Version: c.version(tx), Currency: "EUR", Language: "de", Words: "0,50 € pro kWh"},
			},
			Provider: "sim", Text: "Charging at S1", Return: func(secret string) string { return "https://charge.example.org/pay/v/" + secret },
		})
		return g, err
	})
	c.drain()
	return c.guest(g.ID)
}

func (c *till) version(tx *store.Tx) string {
	v, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT version_hash FROM tariff_publication WHERE tariff_id = 'T' ORDER BY from_at DESC LIMIT 1`)
	if err != nil {
		c.Fatal(err)
	}
	return v
}

func (c *till) guest(id string) driver.Guest {
	c.Helper()
	return do(c, c.db, func(tx *store.Tx) (driver.Guest, error) { g, _, err := driver.FindGuest(tx, id); return g, err })
}

func (c *till) paid(id string) payment.Payment {
	c.Helper()
	return do(c, c.db, func(tx *store.Tx) (payment.Payment, error) { p, _, err := payment.Find(tx, id); return p, err })
}

func (c *till) claim(id string) billing.Claim {
	c.Helper()
	return do(c, c.db, func(tx *store.Tx) (billing.Claim, error) { return billing.GetClaim(tx, ours, id) })
}

// pay has the buyer of a payment pay with a card, and the server hear of it.
func (c *till) pay(id string, card simpay.Card) {
	c.Helper()
	p := c.paid(id)
	if err := c.sim.Pay(p.Ref, card); err != nil {
		c.Fatal(err)
	}
	if _, err := payment.Learn(c.Context(), c.db, payment.Providers{"sim": c.sim}, "sim", payment.Query{Ref: p.Ref}); err != nil {
		c.Fatal(err)
	}
	c.drain()
}

// charged is a whole session of a token.
func (c *till) charged(tx, token string, kWh, minutes int64) string {
	c.Helper()
	id := c.closed(tx, token, 1, kWh, minutes)
	settle(c, c.db, id)
	c.drain()
	return id
}

// closed is a session of a token that nobody has settled yet.
func (c *till) closed(tx, token string, evse, kWh, minutes int64) string {
	c.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	at := func(r *session.Report) {
		shift := now.Sub(start)
		r.At, r.Received, r.Samples[0].At = r.At.Add(shift), r.Received.Add(shift), r.Samples[0].At.Add(shift)
		r.EVSE = evse
		if r.Kind == session.Started {
			r.Token, r.TokenType = token, "Central"
		}
	}
	return charge(c, c.db, tx, kWh, minutes, at)
}

// A guest pays what was charged and no more; the rest of the hold is released.
func TestAGuestPaysWhatWasCharged(t *testing.T) {
	eachTill(t, func(c *till) {
		g := c.visit(5000)
		if p := c.paid(g.Payment); p.Status != payment.Open || p.URL == "" || g.State != driver.GuestPaying {
			t.Fatalf("%+v of %+v", p, g)
		}
		c.pay(g.Payment, simpay.Good)
		if g = c.guest(g.ID); g.State != driver.GuestAsking || len(c.started) != 1 {
			t.Fatalf("paid, and %+v, asked %q", g, c.started)
		}
		must(t, c.db, func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, true, "") })
		id := c.charged("A", g.Token, 10, 60)
		s, p := find(t, c.db, id), c.paid(g.Payment)
		if !s.Settled || s.Driver != "" || len(s.Flags) != 0 {
			t.Errorf("the session: %+v", s)
		}
		if p.Status != payment.Taken || p.Captured != 500 || p.Refunded != 0 {
			t.Errorf("the payment: %+v", p)
		}
		if x := c.claim(id); x.State != billing.ClaimPaid || x.Paid != 500 || x.Guest != g.ID {
			t.Errorf("the claim: %+v", x)
		}
		if n := c.balance("receivable"); n != 0 {
			t.Errorf("%d are still owed", n)
		}
		if c.guest(g.ID).State != driver.GuestDone || c.balance("clearing/sim") != 500 {
			t.Errorf("the visit: %+v, clearing %d", c.guest(g.ID), c.balance("clearing/sim"))
		}
		if j := do(t, c.db, func(tx *store.Tx) (session.Judgement, error) {
			return session.Authorise(tx, session.Attempt{Tenant: ours.Tenant, Token: g.Token, At: time.Now()})
		}); j.Verdict != driver.Blocked {
			t.Errorf("the token is good for another session: %s", j.Verdict)
		}
		r := receipt(t, c.db, id)
		if r.Body.Shown == nil || r.Body.Shown.How != "accepted" || r.Body.Shown.Words != "0,50 € pro kWh" {
			t.Errorf("the price shown: %+v", r.Body.Shown)
		}
	})
}

// What goes beyond the hold is our loss; what a method took at once and is not due
// goes back; what was never delivered is never charged.
func TestGuestsAreNotOvercharged(t *testing.T) {
	eachTill(t, func(c *till) {
		for name, v := range map[string]struct {
			card         simpay.Card
			hold         int64
			kWh, minutes int64
			captured     int64
			refunded     int64
			lost         int64
		}{
			"over the hold":            {simpay.Good, 400, 10, 60, 400, 0, 100},
			"taken at once":            {simpay.Transfer, 5000, 10, 60, 5000, 4500, 0},
			"taken, and too little":    {simpay.Transfer, 300, 10, 60, 300, 0, 200},
			"a failed start":           {simpay.Good, 5000, 0, 1, 0, 0, 0},
			"a failed start, taken":    {simpay.Transfer, 5000, 0, 1, 5000, 5000, 0},
			"three minutes of nothing": {simpay.Good, 5000, 0, 3, 0, 0, 0},
		} {
			before := c.balance("writeoff/overrun")
			g := c.visit(v.hold)
			c.pay(g.Payment, v.card)
			must(t, c.db, func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, true, "") })
			id := c.charged(name, g.Token, v.kWh, v.minutes)
			p := c.paid(g.Payment)
			if p.Captured != v.captured || p.Refunded != v.refunded || p.Held != 0 {
				t.Errorf("%s: %+v", name, p)
			}
			if lost := c.balance("writeoff/overrun") - before; lost != v.lost {
				t.Errorf("%s: lost %d", name, lost)
			}
			if n := c.balance("receivable"); n != 0 {
				t.Errorf("%s: %d are still owed", name, n)
			}
			if s := find(t, c.db, id); strings.HasPrefix(name, "a failed") != s.Flags.Has(session.FlagFailedStart) {
				t.Errorf("%s: %v", name, s.Flags)
			}
		}
	})
}

// Whatever stops a visit before anything was delivered releases the hold and says why.
func TestVisitsThatComeToNothing(t *testing.T) {
	eachTill(t, func(c *till) {
		gone := func(name string, g driver.Guest, state driver.GuestState, reason string) {
			t.Helper()
			c.drain()
			g, p := c.guest(g.ID), c.paid(g.Payment)
			if g.State != state || !strings.Contains(g.Reason, reason) {
				t.Errorf("%s: %s, %q", name, g.State, g.Reason)
			}
			if p.Held != 0 || p.Kept() != 0 || !p.Status.Final() && p.Status != payment.Open {
				t.Errorf("%s: the payment is %+v", name, p)
			}
		}
		g := c.visit(5000)
		c.pay(g.Payment, simpay.Declined) // the page lets them try another card
		if p := c.paid(g.Payment); p.Status != payment.Open || c.guest(g.ID).State != driver.GuestPaying {
			t.Errorf("declined: %+v", p)
		}
		if err := c.sim.Expire(c.paid(g.Payment).Ref); err != nil {
			t.Fatal(err)
		}
		if _, err := payment.Learn(t.Context(), c.db, payment.Providers{"sim": c.sim}, "sim", payment.Query{Payment: g.Payment}); err != nil {
			t.Fatal(err)
		}
		gone("declined, and left", g, driver.GuestUnpaid, "time")

		g = c.visit(5000)
		c.pay(g.Payment, simpay.Good)
		must(t, c.db, func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, false, "the charger is faulted") })
		gone("the station refuses", g, driver.GuestFailed, "faulted")

		g = c.visit(5000)
		c.pay(g.Payment, simpay.Transfer)
		must(t, c.db, func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, false, "no") })
		gone("taken at once, and refused", g, driver.GuestFailed, "no")

		g = c.visit(5000)
		c.pay(g.Payment, simpay.Good)
		must(t, c.db, func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, true, "") })
		c.pass()
		gone("nothing plugged in", g, driver.GuestFailed, "plugged in")

		g = c.visit(5000)
		c.pass()
		gone("never paid", g, driver.GuestUnpaid, "time")

		first, second := c.visit(5000), c.visit(5000)
		c.pay(first.Payment, simpay.Good)
		c.pay(second.Payment, simpay.Good)
		gone("the second of two", second, driver.GuestFailed, "somebody else")
		if c.guest(first.ID).State != driver.GuestAsking {
			t.Errorf("the first of two: %+v", c.guest(first.ID))
		}
		if n := c.balance("clearing/sim") + c.balance("receivable"); n != 0 {
			t.Errorf("%d are left somewhere", n)
		}
	})
}

// member makes a driver with a card "OWN" and, if one is named, a saved method.
func (c *till) member(card simpay.Card) string {
	c.Helper()
	who := do(c, c.db, func(tx *store.Tx) (string, error) {
		who, err := driver.CreateDriver(tx, ours, driver.Driver{Name: "Ada", Email: "ada@example.org"})
		if err != nil {
			return "", err
		}
		return who, driver.PutToken(tx, ours, driver.Token{UID: "OWN", Type: "ISO14443", Driver: who, Status: driver.StatusAccepted})
	})
	if card == "" {
		return who
	}
	p := do(c, c.db, func(tx *store.Tx) (payment.Payment, error) {
		return payment.Plan(tx, payment.Order{
			Tenant: ours.Tenant, Entity: access.DefaultEntity, Key: "save", Purpose: payment.ForMethod, Object: who, Driver: who, Provider: "sim", Mode: payment.ByPage,
			Amount: money.Amount{Currency: "EUR"}, Text: "Save", Return: "https://charge.example.org/", Save: true,
		})
	})
	c.drain()
	c.pay(p.ID, card)
	return who
}

func (c *till) topUp(who string, minor int64) {
	c.Helper()
	p := do(c, c.db, func(tx *store.Tx) (payment.Payment, error) {
		return billing.AddToWallet(tx, access.Scope{Tenant: ours.Tenant, Actor: who, Role: access.DriverRole}, access.DefaultEntity, billing.TopUp{
			Key: time.Now().String(), Amount: money.Amount{Minor: minor, Currency: "EUR"}, Provider: "sim", Return: "https://charge.example.org/",
		})
	})
	c.drain()
	c.pay(p.ID, simpay.Good)
}

// The wallet pays first, as far as it goes, then the card; a top-up is no revenue.
func TestWalletThenCard(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member(simpay.Good)
		c.topUp(who, 300)
		if c.balance("revenue") != 0 || c.balance(plan.Account(who)) != -300 {
			t.Errorf("after the top-up: revenue %d, wallet %d", c.balance("revenue"), c.balance(plan.Account(who)))
		}
		id := c.charged("A", "OWN", 10, 60)
		x := c.claim(id)
		if x.State != billing.ClaimPaid || x.Wallet != 300 || x.Paid != 500 || c.paid(x.Payment).Captured != 200 {
			t.Errorf("%+v by %+v", x, c.paid(x.Payment))
		}
		if c.balance("receivable") != 0 || c.balance("wallet") != 0 || c.balance("clearing/sim") != 500 {
			t.Errorf("receivable %d, wallet %d, clearing %d", c.balance("receivable"), c.balance("wallet"), c.balance("clearing/sim"))
		}
		c.topUp(who, 5000)
		if x := c.claim(c.charged("B", "OWN", 10, 60)); x.State != billing.ClaimPaid || x.Wallet != 500 || x.Payment != "" {
			t.Errorf("by the wallet alone: %+v", x)
		}
	})
}

// A wallet that is set up so fills itself by the card when little is left, once.
func TestTheWalletFillsItself(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member(simpay.Good)
		c.topUp(who, 1000)
		must(t, c.db, func(tx *store.Tx) error { return plan.SetAuto(tx, ours.Tenant, who, "EUR", 800, 2500) })
		c.charged("A", "OWN", 10, 60)
		w := do(t, c.db, func(tx *store.Tx) (plan.Wallet, error) { return plan.Get(tx, ours.Tenant, who, "EUR") })
		if w.Balance != 3000 || w.Topping != "" {
			t.Errorf("%+v", w)
		}
		if ps := do(t, c.db, func(tx *store.Tx) ([]payment.Payment, error) {
			return payment.Of(tx, ours.Tenant, payment.ForTopUp, who)
		}); len(ps) != 2 {
			t.Errorf("%d top-ups", len(ps))
		}
	})
}

// A top-up pays what is owed, the oldest first, and lets the driver in again; told of
// it again nothing more is taken.
func TestATopUpPaysWhatIsOwed(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member(simpay.DeclinedLater)
		first := c.charged("A", "OWN", 10, 60)
		c.pass()
		second := c.charged("B", "OWN", 10, 60)
		if x := c.claim(first); x.State != billing.ClaimDunning || x.Left() != 500 {
			t.Fatalf("%+v", x)
		}
		c.topUp(who, 700)
		if x, y := c.claim(first), c.claim(second); x.State != billing.ClaimPaid || x.Wallet != 500 || y.Wallet != 200 || y.Left() != 300 || y.State != billing.ClaimDunning {
			t.Errorf("of €7:\n%+v\n%+v", x, y)
		}
		list := do(t, c.db, func(tx *store.Tx) ([]payment.Payment, error) {
			return payment.Of(tx, ours.Tenant, payment.ForTopUp, who)
		})
		for range 2 {
			must(t, c.db, func(tx *store.Tx) error { return billing.Changed(tx, list[0].ID) })
		}
		if y := c.claim(second); y.Paid != 200 || c.balance(plan.Account(who)) != 0 || c.balance("receivable") != 300 {
			t.Errorf("%+v, wallet %d, owed %d", y, c.balance(plan.Account(who)), c.balance("receivable"))
		}
		c.topUp(who, 1000)
		if y := c.claim(second); y.State != billing.ClaimPaid || c.balance("receivable") != 0 || c.balance(plan.Account(who)) != -700 {
			t.Errorf("%+v, wallet %d, owed %d", y, c.balance(plan.Account(who)), c.balance("receivable"))
		}
		if j := do(t, c.db, func(tx *store.Tx) (session.Judgement, error) {
			return session.Authorise(tx, session.Attempt{Tenant: ours.Tenant, Token: "OWN", At: time.Now()})
		}); j.Verdict != driver.Accepted {
			t.Errorf("they may not charge: %s", j.Verdict)
		}
	})
}

// A card that says no is asked again after 1, 3, 7 and 14 days; the driver may not
// charge from the second no on; after the last the rest is written off; and who pays
// at last is let in again, and the loss comes back.
func TestDunning(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member(simpay.DeclinedLater)
		id := c.charged("A", "OWN", 10, 60)
		judge := func() driver.Verdict {
			return do(t, c.db, func(tx *store.Tx) (session.Judgement, error) {
				return session.Authorise(tx, session.Attempt{Tenant: ours.Tenant, Token: "OWN", At: time.Now()})
			}).Verdict
		}
		want := []int{1, 3, 7, 14}
		for n, days := range want {
			x := c.claim(id)
			if due := x.FailedAt.AddDate(0, 0, days); x.State != billing.ClaimDunning || x.Attempt != int64(n+1) || !x.NextAt.Equal(due) || !strings.Contains(x.Reason, "insufficient_funds") {
				t.Fatalf("failure %d: %+v", n+1, x)
			}
			if held := judge() == driver.Blocked; held != (n >= 1) {
				t.Errorf("after failure %d the driver is held: %v", n+1, held)
			}
			c.drain() // not before its time
			if c.claim(id).Attempt != int64(n+1) {
				t.Fatal("asked before its time")
			}
			c.pass()
		}
		if x := c.claim(id); x.State != billing.ClaimWrittenOff || c.balance("receivable") != 0 || c.balance("writeoff/bad_debt") != 500 {
			t.Errorf("%+v, bad debt %d", x, c.balance("writeoff/bad_debt"))
		}
		p := do(t, c.db, func(tx *store.Tx) (payment.Payment, error) {
			return billing.PayClaim(tx, access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Actor: who}, id, billing.ByHand{Provider: "sim", Return: func(string) string { return "https://charge.example.org/" }})
		})
		c.drain()
		c.pay(p.ID, simpay.Good)
		if x := c.claim(id); x.State != billing.ClaimPaid || c.balance("receivable") != 0 || c.balance("writeoff") != 0 || judge() != driver.Accepted {
			t.Errorf("%+v, bad debt %d, %s", x, c.balance("writeoff"), judge())
		}
		if _, err := try(t, c.db, func(tx *store.Tx) (payment.Payment, error) {
			return billing.PayClaim(tx, access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Actor: who}, id, billing.ByHand{Provider: "sim", Return: func(string) string { return "https://charge.example.org/" }})
		}); !fail.Is(err, fail.Conflict) {
			t.Errorf("paid twice: %v", err)
		}
		if _, err := try(t, c.db, func(tx *store.Tx) (billing.Claim, error) {
			return billing.GetClaim(tx, access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Actor: "drv_other"}, id)
		}); !fail.Is(err, fail.NotFound) {
			t.Errorf("another driver sees it: %v", err)
		}
	})
}

// A driver without a method owes until they pay by hand.
func TestNothingToCharge(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member("")
		id := c.charged("A", "OWN", 10, 60)
		if x := c.claim(id); x.State != billing.ClaimOpen || x.Left() != 500 || c.balance("receivable/driver/"+who) != 500 {
			t.Errorf("%+v", x)
		}
		if x := c.claim(c.charged("B", "CARD", 10, 60)); x.State != billing.ClaimOpen || x.Driver != "" {
			t.Errorf("a card of nobody: %+v", x)
		}
	})
}
