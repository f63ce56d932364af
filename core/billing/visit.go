package billing

import (
	"maps"
	"slices"
	"strconv"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/payment"
	"chargewright/core/plan"
	"chargewright/core/station"
)

// TopicGuestStart is the event that a guest has paid and the station is to be
// asked: the key is the visit's id. TopicGuestEnd is the time at which a visit
// that nothing came of is over.
const (
	TopicGuestStart = "billing.guest_start"
	TopicGuestEnd   = "billing.guest_end"
)

func param(n int) string    { return "$" + strconv.Itoa(n) }
func number(n int64) string { return strconv.FormatInt(n, 10) }

// guestAccount is where a guest owes.
func guestAccount(guest string) string { return "receivable/guest/" + guest }

// VisitOrder is a guest who wants to charge.
type VisitOrder struct {
	Guest    driver.Guest // station, EVSE, offer, hold, e-mail, remote and terminal
	Provider string
	Reader   string                     // that takes their card, the provider's reference; "" for the provider's page
	Text     string                     // what the buyer reads at the provider: one line, at most 100 characters
	Return   func(secret string) string // the address of the visit
}

// Visit writes a guest's visit down with the payment that is asked of them, in one
// transaction. Its errors are those of driver.NewGuest.
func Visit(tx *store.Tx, o VisitOrder) (driver.Guest, payment.Payment, string, error) {
	o.Guest.Payment = payment.NewID()
	g, secret, err := driver.NewGuest(tx, o.Guest)
	if err != nil {
		return g, payment.Payment{}, "", err
	}
	site, err := station.SiteOf(tx, g.Station)
	if err != nil {
		return g, payment.Payment{}, "", err
	}
	mode := payment.ByPage
	if o.Reader != "" {
		mode = payment.ByReader
	}
	p, err := payment.Plan(tx, payment.Order{
		ID: g.Payment, Tenant: g.Tenant, Entity: site.Entity, Key: "guest/" + g.ID, Purpose: payment.ForSession, Object: g.ID, Account: guestAccount(g.ID),
		Provider: o.Provider, Mode: mode, Reader: o.Reader, Amount: money.Amount{Minor: g.Hold, Currency: money.Currency(g.Offer.Currency)}, Email: g.Email, Text: o.Text,
		Language: g.Offer.Language, Return: o.Return(secret), Until: g.ExpiresAt,
	})
	if err != nil {
		return g, p, "", err
	}
	return g, p, secret, outbox.At(tx, g.ExpiresAt, TopicGuestEnd, g.ID, nil)
}

// visited steps a visit by what its payment has become: a hold lets it start, a
// refusal ends it, and what comes too late goes back.
func visited(tx *store.Tx, p payment.Payment) error {
	g, found, err := driver.GuestByPayment(tx, p.ID)
	if err != nil || !found {
		return err
	}
	switch p.Status {
	case payment.Held, payment.Taken:
		if g.State == driver.GuestUnpaid || g.State == driver.GuestFailed {
			_, err := payment.Void(tx, p.ID)
			return err
		}
		if g.State != driver.GuestPaying {
			return nil
		}
		ok, err := mayPay(tx, p, g)
		if err == nil && ok {
			g, ok, err = driver.GuestPaid(tx, g.ID)
		}
		if err != nil {
			return err
		}
		if !ok {
			_, err := payment.Void(tx, p.ID)
			return err
		}
		if err := outbox.At(tx, g.ExpiresAt, TopicGuestEnd, g.ID, nil); err != nil {
			return err
		}
		return outbox.Emit(tx, TopicGuestStart, g.ID, nil)
	case payment.Refused, payment.Expired, payment.Released:
		if g.State != driver.GuestPaying {
			return nil
		}
		if err := driver.GuestOver(tx, g.ID, driver.GuestUnpaid, refusal(p)); err != nil {
			return err
		}
		_, err := brakeCard(tx, p, g) // and that their bank refused it counts
		return err
	}
	return nil
}

// mayPay ends the visit of a guest whose card is kept from paying, and reports
// false: nothing may be kept of the payment.
func mayPay(tx *store.Tx, p payment.Payment, g driver.Guest) (bool, error) {
	b, err := brakeCard(tx, p, g)
	if err != nil || b == nil {
		return err == nil, err
	}
	return false, driver.GuestOver(tx, g.ID, driver.GuestFailed, b.Reason.Words(g.Offer.Language))
}

// refusal is why a guest's payment was not made, in words for them.
func refusal(p payment.Payment) string {
	switch {
	case p.Status == payment.Expired:
		return "the time to pay is over"
	case p.Status == payment.Refused && p.Mode == payment.ByReader && p.Ref == "": // no bank was asked
		return "the card reader is busy or not connected"
	case p.Status == payment.Refused:
		return "the bank refused the payment"
	}
	return "the payment was cancelled"
}

// LeaveVisit ends a visit that waits for its payment, and what asks for it. One that
// has ended stays as it ended; one that is paid is a Conflict.
func LeaveVisit(tx *store.Tx, guest string) (driver.Guest, error) {
	g, found, err := driver.FindGuest(tx, guest)
	switch {
	case err != nil || g.State.Over():
		return g, err
	case !found:
		return g, fail.New(fail.NotFound, "billing.LeaveVisit", "there is no visit %q", guest)
	case g.State != driver.GuestPaying:
		return g, fail.New(fail.Conflict, "billing.LeaveVisit", "it is paid")
	}
	if err := driver.GuestOver(tx, guest, driver.GuestUnpaid, "the payment was cancelled"); err != nil {
		return g, err
	}
	if _, err := payment.Void(tx, g.Payment); err != nil {
		return g, err
	}
	g, _, err = driver.FindGuest(tx, guest)
	return g, err
}

// GuestAnswered records what the station said to a guest's start. One that it
// refused ends the visit, and the hold is released.
func GuestAnswered(tx *store.Tx, guest string, taken bool, reason string) error {
	if taken {
		if err := driver.GuestAnswered(tx, guest); err != nil {
			return err
		}
		g, _, err := driver.FindGuest(tx, guest)
		if err != nil {
			return err
		}
		return outbox.At(tx, g.ExpiresAt, TopicGuestEnd, guest, nil)
	}
	return guestFailed(tx, guest, reason)
}

// GuestLate ends a visit whose time is over: nothing was paid, or nothing was
// plugged in. The hold is released.
func GuestLate(tx *store.Tx, guest string) error {
	g, found, err := driver.FindGuest(tx, guest)
	switch {
	case err != nil || !found || g.State.Over() || g.State == driver.GuestCharging:
		return err
	case g.ExpiresAt.After(tx.Now()):
		return outbox.At(tx, g.ExpiresAt, TopicGuestEnd, guest, nil)
	case g.State == driver.GuestPaying:
		if err := driver.GuestOver(tx, guest, driver.GuestUnpaid, "the time to pay is over"); err != nil {
			return err
		}
		_, err = payment.Void(tx, g.Payment)
		return err
	}
	return guestFailed(tx, guest, "no vehicle was plugged in")
}

func guestFailed(tx *store.Tx, guest, reason string) error {
	g, found, err := driver.FindGuest(tx, guest)
	if err != nil || !found || g.State.Over() || g.State == driver.GuestCharging {
		return err
	}
	if err := driver.GuestOver(tx, guest, driver.GuestFailed, reason); err != nil {
		return err
	}
	_, err = payment.Void(tx, g.Payment)
	return err
}

// SaveMethod writes a payment of nothing down, on whose page the driver who asks
// enters a method that is kept. The return address is made of the payment's id.
func SaveMethod(tx *store.Tx, sc access.Scope, entity access.Entity, provider string, back func(payment string) string) (payment.Payment, error) {
	d, err := driver.GetDriver(tx, sc, sc.Actor)
	if err != nil {
		return payment.Payment{}, err
	}
	id := payment.NewID()
	return payment.Plan(tx, payment.Order{
		ID: id, Tenant: sc.Tenant, Entity: entity.ID, Key: "method/" + id, Purpose: payment.ForMethod, Object: d.ID, Driver: d.ID, Account: plan.Account(d.ID),
		Provider: provider, Mode: payment.ByPage, Amount: money.Amount{Currency: money.Currency(entity.Currency)}, Email: d.Email, Language: d.Language, Text: "Payment method",
		Return: back(id), Save: true,
	})
}

// TopUp asks a driver to add to their wallet: by a saved method, or by a page
// where that is empty.
type TopUp struct {
	ID       string // payment.NewID, for a Return address that names it; "" makes one
	Key      string // makes it the only one
	Amount   money.Amount
	Provider string // of the page
	Method   string // the driver's saved method; "" for the page
	Save     bool   // keep the method of the page
	Email    string
	Language string
	Return   string
}

// AddToWallet writes a top-up down. Invalid: an amount that is not between one
// major unit and plan.MaxTopUp of them.
func AddToWallet(tx *store.Tx, sc access.Scope, entity string, t TopUp) (payment.Payment, error) {
	unit := money.Pow10(t.Amount.Currency.Exponent())
	if t.Amount.Minor < unit || t.Amount.Minor > plan.MaxTopUp*unit {
		return payment.Payment{}, fail.Field("billing.AddToWallet", "amount_minor", "it is not between %s and %s",
			money.Amount{Minor: unit, Currency: t.Amount.Currency}, money.Amount{Minor: plan.MaxTopUp * unit, Currency: t.Amount.Currency})
	}
	o := payment.Order{
		ID: t.ID, Tenant: sc.Tenant, Entity: entity, Key: "topup/" + sc.Actor + "/" + t.Key, Purpose: payment.ForTopUp, Object: sc.Actor, Driver: sc.Actor, Account: plan.Account(sc.Actor),
		Provider: t.Provider, Mode: payment.ByPage, Amount: t.Amount, Email: t.Email, Text: "Wallet", Language: t.Language, Return: t.Return, Save: t.Save, Take: true,
	}
	if t.Method != "" {
		o.Mode, o.Method = payment.BySaved, t.Method
	}
	return payment.Plan(tx, o)
}

// PayBack gives what is free in a driver's wallet back by the payments that filled
// it, the latest first, and returns how much is on its way. It is a Conflict where
// nothing is, or what is there did not come by a payment that can give it back.
func PayBack(tx *store.Tx, sc access.Scope, c money.Currency) (int64, error) {
	const op = "billing.PayBack"
	w, err := plan.Get(tx, sc.Tenant, sc.Actor, c)
	if err != nil {
		return 0, err
	}
	rest := w.Free()
	if rest <= 0 {
		return 0, fail.New(fail.Conflict, op, "nothing is free in the wallet")
	}
	if err := plan.SetAuto(tx, sc.Tenant, sc.Actor, c, 0, 0); err != nil {
		return 0, err
	}
	list, err := payment.Of(tx, sc.Tenant, payment.ForTopUp, sc.Actor)
	if err != nil {
		return 0, err
	}
	slices.Reverse(list)
	for _, p := range list {
		left, err := payment.Left(tx, p.ID)
		if err != nil {
			return 0, err
		}
		n := min(left, rest)
		if n <= 0 || p.Currency != c {
			continue
		}
		kept, err := plan.Promised(tx, sc.Tenant, backOf(p.ID))
		if err != nil {
			return 0, err
		}
		req, err := payment.Refund(tx, p.ID, "back/"+number(left), n, plan.Account(sc.Actor), "wallet paid back")
		if err != nil {
			return 0, err
		}
		if req.No != "" {
			continue
		}
		if _, err := plan.Promise(tx, sc.Tenant, sc.Actor, backOf(p.ID), money.Amount{Minor: kept + n, Currency: c}); err != nil {
			return 0, err
		}
		rest -= n
	}
	if rest == w.Free() {
		return 0, fail.New(fail.Conflict, op, "what is in the wallet did not come by a payment that can give it back: write to us")
	}
	return w.Free() - rest, nil
}

// backOf is what a wallet is promised for while a top-up goes back.
func backOf(topUp string) string { return "back/" + topUp }

// MayRemove refuses to let a driver remove their last payment method while they owe.
func MayRemove(tx *store.Tx, sc access.Scope) error {
	methods, err := payment.Methods(tx, sc.Tenant, sc.Actor)
	if err != nil || len(methods) > 1 {
		return err
	}
	_, owes, err := store.One(tx, func(*store.Row) bool { return true },
		`SELECT 1 FROM billing_claim WHERE tenant_id = $1 AND driver_id = $2 AND state IN ('open', 'asked', 'dunning', 'stuck') LIMIT 1`, sc.Tenant, sc.Actor)
	if err == nil && owes {
		err = fail.New(fail.Conflict, "billing.MayRemove", "something is still to be paid: save another method first")
	}
	return err
}

// MayLeave refuses to let a driver go who owes something, or whose money we keep.
func MayLeave(tx *store.Tx, tenant, driver string) error {
	const op = "billing.MayLeave"
	_, owes, err := store.One(tx, func(*store.Row) bool { return true },
		`SELECT 1 FROM billing_claim WHERE tenant_id = $1 AND driver_id = $2 AND state IN ('open', 'asked', 'dunning', 'stuck') LIMIT 1`, tenant, driver)
	if err != nil {
		return err
	}
	if owes {
		return fail.New(fail.Conflict, op, "something is still to be paid")
	}
	kept, err := ledger.Balances(tx, tenant, plan.Account(driver))
	for _, b := range kept {
		if err == nil && b.Minor != 0 {
			err = fail.New(fail.Conflict, op, "there is money in the wallet: have it paid back first")
		}
	}
	return err
}

// topUpIfDue fills a wallet by the driver's saved method where they set it up so
// and little is left.
func topUpIfDue(tx *store.Tx, c Claim) error {
	w, err := plan.Get(tx, c.Tenant, c.Driver, c.Currency)
	if err != nil || w.Due() == 0 {
		return err
	}
	methods, err := payment.Methods(tx, c.Tenant, c.Driver)
	if err != nil || len(methods) == 0 {
		return err
	}
	p, err := AddToWallet(tx, access.Scope{Tenant: c.Tenant, Actor: c.Driver}, c.Entity, TopUp{
		Key: "auto/" + c.Session, Amount: money.Amount{Minor: w.Due(), Currency: c.Currency}, Provider: methods[0].Provider, Method: methods[0].ID,
	})
	if err == nil {
		plan.Topping(tx, c.Tenant, c.Driver, c.Currency, p.ID)
	}
	return err
}

// gaveBack ends the promise for a top-up of which nothing more is on its way back.
func gaveBack(tx *store.Tx, p payment.Payment) error {
	steps, err := payment.Steps(tx, p.ID)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.Verb == payment.Refunding && !s.State.Ended() {
			return nil
		}
	}
	plan.Release(tx, p.Tenant, backOf(p.ID))
	return nil
}

// toppedUp takes note of a top-up that changed: one that ended is under way no
// more, and what a driver owes is taken from the wallet that it filled.
func toppedUp(tx *store.Tx, p payment.Payment) error {
	if err := gaveBack(tx, p); err != nil {
		return err
	}
	if p.Status == payment.Taken && p.Trouble == payment.NoTrouble {
		if err := payOwed(tx, p); err != nil {
			return err
		}
	}
	w, err := plan.Get(tx, p.Tenant, p.Driver, p.Currency)
	if err != nil || w.Topping != p.ID || !p.Status.Final() {
		return err
	}
	plan.Topping(tx, p.Tenant, p.Driver, p.Currency, "")
	if p.Status != payment.Taken { // once is enough: it does not ask a card that says no again and again
		return plan.SetAuto(tx, p.Tenant, p.Driver, p.Currency, 0, 0)
	}
	return nil
}

// payOwed pays what a driver owes, the oldest first, of the wallet that a top-up
// filled, once for each top-up. What is being asked, or waits for a person, is left.
func payOwed(tx *store.Tx, topUp payment.Payment) error {
	owed, err := store.All(tx, scanClaim, `SELECT `+claimColumns+` FROM billing_claim
		WHERE tenant_id = $1 AND driver_id = $2 AND currency = $3 AND state IN ('open', 'dunning') ORDER BY created_at, id LIMIT 100`,
		topUp.Tenant, topUp.Driver, string(topUp.Currency))
	for _, c := range owed {
		if err == nil {
			err = c.ofTopUp(tx, topUp)
		}
	}
	return err
}

// ofTopUp takes what is left of a claim from the driver's wallet, as far as it goes.
func (c Claim) ofTopUp(tx *store.Tx, topUp payment.Payment) error {
	cause := "wallet/" + c.Session + "/" + topUp.ID
	if _, done, err := ledger.Posted(tx, c.Tenant, cause, plan.Account(c.Driver)); err != nil || done {
		return err
	}
	n, err := plan.Pay(tx, plan.Payment{Tenant: c.Tenant, Entity: c.Entity, Driver: c.Driver, Cause: cause, To: c.Account, Due: money.Amount{Minor: c.Left(), Currency: c.Currency}})
	if err != nil || n == 0 {
		return err
	}
	c.Wallet += n
	if c.Paid += n; c.Left() == 0 {
		return c.settled(tx, c.Paid)
	}
	writeClaim(tx, c)
	return nil
}

// PaidBy names what payments for a session are for: the visit of the guest whose it
// is, or the session itself.
func PaidBy(tx *store.Tx, session string) (purpose payment.Purpose, object string, err error) {
	g, found, err := driver.GuestBySession(tx, session)
	if found {
		session = g.ID
	}
	return payment.ForSession, session, err
}

// SessionsOf returns, by payment, the sessions that some payments are for; one
// that is for none, or whose session has not begun, is left out.
func SessionsOf(tx *store.Tx, payments []payment.Payment) (map[string]string, error) {
	out := map[string]string{}
	var ids, objects []string
	for _, p := range payments {
		if p.Purpose == payment.ForSession {
			ids, objects = append(ids, p.ID), append(objects, p.Object)
			out[p.ID] = p.Object
		}
	}
	visits, err := driver.Visited(tx, objects)
	if err != nil {
		return nil, err
	}
	for id, object := range out {
		if session, guest := visits[object]; guest {
			out[id] = session
		}
	}
	var args []any
	err = tx.Each(func(r *store.Row) error { // visits are forgotten before what they paid is
		out[r.Text(0)] = r.Text(1)
		return nil
	}, `SELECT payment_id, session_id FROM billing_claim WHERE guest_id IS NOT NULL AND `+access.In("payment_id", ids, &args), args...)
	maps.DeleteFunc(out, func(_, session string) bool { return session == "" })
	return out, err
}

// SessionOf is SessionsOf for one payment; "" where there is none.
func SessionOf(tx *store.Tx, p payment.Payment) (string, error) {
	of, err := SessionsOf(tx, []payment.Payment{p})
	return of[p.ID], err
}

// ByGuests tells which of some sessions guests charged.
func ByGuests(tx *store.Tx, sessions []string) (map[string]bool, error) {
	var args []any
	out := map[string]bool{}
	err := tx.Each(func(r *store.Row) error {
		out[r.Text(0)] = true
		return nil
	}, `SELECT session_id FROM billing_claim WHERE guest_id IS NOT NULL AND `+access.In("session_id", sessions, &args), args...)
	if err != nil {
		return nil, err
	}
	visits, err := driver.GuestsBySessions(tx, sessions)
	for s := range visits {
		out[s] = true
	}
	return out, err
}
