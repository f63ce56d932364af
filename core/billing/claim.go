package billing

import (
	"cmp"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/notify"
	"chargewright/core/payment"
	"chargewright/core/plan"
	"chargewright/core/session"
)

// ClaimState is where the collection of what is owed stands.
//
//	open ─▶ asked ─▶ paid
//	  ▲       ├─▶ dunning ─▶ asked          1, 3, 7 and 14 days after the first failure
//	  │       │      └─▶ written_off ─▶ paid
//	  │       └─▶ stuck                     a person has to look
//	  └── nothing to charge: the driver pays by hand
type ClaimState string

// The states.
const (
	ClaimOpen       ClaimState = "open"
	ClaimAsked      ClaimState = "asked"
	ClaimPaid       ClaimState = "paid"
	ClaimDunning    ClaimState = "dunning"
	ClaimWrittenOff ClaimState = "written_off"
	ClaimStuck      ClaimState = "stuck"
)

// Claim is what the payer of a settled session owes. Amounts are minor units.
type Claim struct {
	ID, Tenant, Entity string
	Session            string
	Driver, Guest      string // one of them, or neither
	Account            string // of the ledger: where it is owed
	Currency           money.Currency
	Due                int64
	Paid               int64 // by wallet and payments, what went back deducted
	Wallet             int64 // of it by the wallet, what went back to it deducted
	Hand               int64 // of it past the providers, by bank transfer
	State              ClaimState
	Payment            string // the last that was asked
	Attempt            int64  // how often one was asked
	FailedAt           time.Time
	NextAt             time.Time // when the next is asked; zero: none is
	Reason             string    // why it is not paid, for staff
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

// Left is what is still owed.
func (c Claim) Left() int64 { return max(c.Due-c.Paid, 0) }

// TopicDun is the event that the next payment of a claim is to be asked: the key
// is its id.
const TopicDun = "billing.dun"

// dunDays are the days after the first failure at which a payment is asked again.
var dunDays = []int{1, 3, 7, 14}

// holdAfter is the failure after which the driver may not charge until it is paid.
const holdAfter = 2

const claimColumns = `id, tenant_id, entity_id, session_id, driver_id, guest_id, account, currency, due_minor, paid_minor, wallet_minor, hand_minor, state, payment_id, attempt,
	failed_at, next_at, reason, created_at, updated_at`

func scanClaim(r *store.Row) Claim {
	return Claim{
		ID: r.Text(0), Tenant: r.Text(1), Entity: r.Text(2), Session: r.Text(3), Driver: r.Text(4), Guest: r.Text(5), Account: r.Text(6),
		Currency: money.Currency(r.Text(7)), Due: r.Int(8), Paid: r.Int(9), Wallet: r.Int(10), Hand: r.Int(11), State: ClaimState(r.Text(12)), Payment: r.Text(13), Attempt: r.Int(14),
		FailedAt: r.Time(15), NextAt: r.Time(16), Reason: r.Text(17), CreatedAt: r.Time(18), UpdatedAt: r.Time(19),
	}
}

func writeClaim(tx *store.Tx, c Claim) {
	tx.Write(`INSERT INTO billing_claim (`+claimColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
		ON CONFLICT (id) DO UPDATE SET due_minor = excluded.due_minor, paid_minor = excluded.paid_minor, wallet_minor = excluded.wallet_minor,
			hand_minor = excluded.hand_minor, state = excluded.state,
			payment_id = excluded.payment_id, attempt = excluded.attempt, failed_at = excluded.failed_at, next_at = excluded.next_at, reason = excluded.reason,
			updated_at = excluded.updated_at`,
		c.ID, c.Tenant, c.Entity, c.Session, store.OrNull(c.Driver), store.OrNull(c.Guest), c.Account, string(c.Currency), c.Due, c.Paid, c.Wallet, c.Hand, c.State,
		store.OrNull(c.Payment), c.Attempt, c.FailedAt, c.NextAt, c.Reason, c.CreatedAt, tx.Now())
}

func findClaim(tx *store.Tx, where, key string) (Claim, bool, error) {
	return store.One(tx, scanClaim, `SELECT `+claimColumns+` FROM billing_claim WHERE `+where+` = $1`, key)
}

// FindClaim returns a claim for those who work with it.
func FindClaim(tx *store.Tx, claim string) (Claim, bool, error) { return findClaim(tx, "id", claim) }

// AskedBy returns the id of the claim that a payment was last asked for, "" if it
// was for none.
func AskedBy(tx *store.Tx, payment string) (string, error) {
	c, _, err := findClaim(tx, "payment_id", payment)
	return c.ID, err
}

// GetClaim returns a claim of the tenant by its id or its session's. Its driver
// sees it, and staff who see all sites.
func GetClaim(tx *store.Tx, sc access.Scope, key string) (Claim, error) {
	c, found, err := store.One(tx, scanClaim, `SELECT `+claimColumns+` FROM billing_claim WHERE tenant_id = $1 AND (id = $2 OR session_id = $2) ORDER BY id LIMIT 1`, sc.Tenant, key)
	if err == nil && (!found || sc.Limited() || sc.Role == access.DriverRole && (sc.Actor == "" || c.Driver != sc.Actor)) {
		return Claim{}, fail.New(fail.NotFound, "billing.GetClaim", "nothing is claimed under %q", key)
	}
	return c, err
}

// ClaimFilter narrows a list of claims; empty fields do not.
type ClaimFilter struct {
	State    ClaimState
	Driver   string
	From, To time.Time // only those made from then on, and before
}

// where is the filter as SQL, for who sees it, with its values appended to args.
func (f ClaimFilter) where(sc access.Scope, args []any) (string, []any) {
	where, args := narrow(args, by{"state", string(f.State)}, by{"driver_id", f.Driver}, by{"driver_id", ownOnly(sc)})
	if !f.From.IsZero() {
		args = append(args, f.From)
		where += ` AND created_at >= ` + param(len(args))
	}
	if !f.To.IsZero() {
		args = append(args, f.To)
		where += ` AND created_at < ` + param(len(args))
	}
	return where, args
}

// Claims lists up to limit claims of the tenant, newest first, made before the given
// one. A driver sees their own; who sees some sites only none.
func Claims(tx *store.Tx, sc access.Scope, f ClaimFilter, beforeAt time.Time, before string, limit int) ([]Claim, error) {
	if sc.Limited() || sc.Role == access.DriverRole && sc.Actor == "" {
		return nil, nil
	}
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	where, args := f.where(sc, []any{sc.Tenant, beforeAt, before, limit})
	return store.All(tx, scanClaim, `SELECT `+claimColumns+` FROM billing_claim WHERE tenant_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3))`+where+`
		ORDER BY created_at DESC, id DESC LIMIT $4`, args...)
}

// ClaimSum is what some claims of one currency come to, in minor units.
type ClaimSum struct {
	Currency               money.Currency
	Count, Due, Paid, Left int64
}

// MaxSum is up to how many claims are summed: the newest.
const MaxSum = 1_000_000

// SumClaims sums the claims that Claims lists, by currency; more says that it
// ended at the newest MaxSum.
func SumClaims(tx *store.Tx, sc access.Scope, f ClaimFilter) (out []ClaimSum, more bool, err error) {
	if sc.Limited() || sc.Role == access.DriverRole && sc.Actor == "" {
		return nil, false, nil
	}
	where, args := f.where(sc, []any{sc.Tenant, MaxSum})
	out, err = store.All(tx, func(r *store.Row) ClaimSum {
		return ClaimSum{money.Currency(r.Text(0)), r.Int(1), r.Int(2), r.Int(3), r.Int(4)}
	}, `SELECT currency, COUNT(*), CAST(SUM(due_minor) AS BIGINT), CAST(SUM(paid_minor) AS BIGINT),
			CAST(SUM(CASE WHEN due_minor > paid_minor THEN due_minor - paid_minor ELSE 0 END) AS BIGINT)
		FROM (SELECT currency, due_minor, paid_minor FROM billing_claim WHERE tenant_id = $1`+where+`
			ORDER BY created_at DESC, id DESC LIMIT $2) AS newest GROUP BY currency ORDER BY currency`, args...)
	all := int64(0)
	for _, s := range out {
		all += s.Count
	}
	return out, all == MaxSum, err
}

// by narrows a list by a column; an empty value does not.
type by struct{ column, value string }

// narrow is SQL for the conditions, with their values appended to args.
func narrow(args []any, all ...by) (where string, _ []any) {
	for _, c := range all {
		if c.value != "" {
			args = append(args, c.value)
			where += ` AND ` + c.column + ` = ` + param(len(args))
		}
	}
	return where, args
}

// ownOnly is the driver who sees their own alone, "" of others.
func ownOnly(sc access.Scope) string {
	if sc.Role == access.DriverRole {
		return sc.Actor
	}
	return ""
}

// charge begins to collect what a receipt bills, in the transaction that books
// it: of a guest's hold, of a driver's wallet, then of their card. What cannot be
// charged stays open for the driver to pay.
func charge(tx *store.Tx, s session.Session, r Document, account string, g driver.Guest) error {
	c := Claim{
		ID: id.New("clm"), Tenant: r.Tenant, Entity: r.Entity, Session: r.Session, Driver: s.Driver, Guest: g.ID, Account: account, Currency: r.Currency, Due: r.Gross,
		State: ClaimOpen, CreatedAt: tx.Now(),
	}
	if g.ID != "" {
		return c.ofGuest(tx, g)
	}
	if s.TokenType == session.DirectPayment && s.Driver == "" {
		return c.ofTerminal(tx, s)
	}
	if r.Gross == 0 || s.Driver == "" {
		plan.Release(tx, r.Tenant, r.Session)
		if r.Gross > 0 {
			c.Reason = "nobody known charged"
			writeClaim(tx, c)
		}
		return nil
	}
	plan.Release(tx, r.Tenant, r.Session)
	paid, err := plan.Pay(tx, plan.Payment{Tenant: c.Tenant, Entity: c.Entity, Driver: c.Driver, Cause: "wallet/" + c.Session, To: c.Account, Due: money.Amount{Minor: c.Due, Currency: c.Currency}})
	if err != nil {
		return err
	}
	c.Paid, c.Wallet = paid, paid
	if err := topUpIfDue(tx, c); err != nil {
		return err
	}
	if c.Left() == 0 {
		c.State = ClaimPaid
		writeClaim(tx, c)
		return nil
	}
	return c.ask(tx)
}

// ofGuest captures what is due of a guest's hold. What is due beyond it is our
// loss (money policy, rule 8).
func (c Claim) ofGuest(tx *store.Tx, g driver.Guest) error {
	if err := driver.GuestOver(tx, g.ID, driver.GuestDone, ""); err != nil {
		return err
	}
	req, err := payment.Capture(tx, g.Payment, c.Due)
	if err != nil || c.Due == 0 {
		return err
	}
	c.Payment, c.Attempt, c.State = g.Payment, 1, ClaimAsked
	switch {
	case req.No == payment.TooMuch || req.Short > 0:
		c.Due -= req.Short
		if err := c.lose(tx, "overrun", "first", req.Short); err != nil {
			return err
		}
	case req.No != "":
		c.State, c.Reason = ClaimStuck, "the hold cannot be captured: "+string(req.No)
	}
	if req.No == "" && req.Step == "" { // a method that took it at once, and no more
		c.Paid, c.State = c.Due, ClaimPaid
	}
	writeClaim(tx, c)
	return nil
}

// lose books what is given up of a claim, and found is the opposite: it is owed
// again, or was paid. The key says what for.
func (c Claim) lose(tx *store.Tx, why, key string, minor int64) error {
	return move(tx, c, why+"/"+key, "writeoff/"+why, c.Account, minor)
}

func (c Claim) found(tx *store.Tx, why, key string, minor int64) error {
	return move(tx, c, why+"_back/"+key, c.Account, "writeoff/"+why, minor)
}

// maxMoves bounds the transfers of a claim for one word.
const maxMoves = 1000

// move books a transfer for a claim: the caller has seen in this transaction that it
// is due. A word may come again, as of a claim that was billed anew and is given up
// a second time: each time is booked.
func move(tx *store.Tx, c Claim, word, debit, credit string, minor int64) error {
	if minor == 0 {
		return nil
	}
	j := ledger.Journal{
		Tenant: c.Tenant, Entity: c.Entity, Cause: "claim/" + c.ID + "/" + word, Kind: "claim", Postings: []ledger.Posting{
			{Account: debit, Amount: money.Amount{Minor: minor, Currency: c.Currency}}, {Account: credit, Amount: money.Amount{Minor: -minor, Currency: c.Currency}},
		},
	}
	for n := int64(2); n <= maxMoves; n++ {
		if _, booked, err := ledger.Post(tx, j); err != nil || booked {
			return err
		}
		j.Cause = "claim/" + c.ID + "/" + word + "/" + number(n)
	}
	return fail.New(fail.Internal, "billing.move", "%s has more than %d transfers %q", c.ID, maxMoves, word)
}

// ask has what is left charged to the driver's card, if they saved one.
func (c Claim) ask(tx *store.Tx) error {
	methods, err := payment.Methods(tx, c.Tenant, c.Driver)
	if err != nil {
		return err
	}
	if len(methods) == 0 {
		c.State, c.NextAt, c.Reason = ClaimOpen, time.Time{}, "no payment method is saved"
		writeClaim(tx, c)
		return nil
	}
	c.Attempt++
	pay := payment.NewID()
	p, err := payment.Plan(tx, payment.Order{
		ID: pay, Tenant: c.Tenant, Entity: c.Entity, Key: "claim/" + c.ID + "/" + pay, Purpose: payment.ForSession, Object: c.Session, Driver: c.Driver, Account: c.Account,
		Provider: methods[0].Provider, Mode: payment.BySaved, Method: methods[0].ID, Amount: money.Amount{Minor: c.Left(), Currency: c.Currency}, Text: "Charging " + c.Session, Take: true,
	})
	if err != nil {
		return err
	}
	c.Payment, c.State, c.NextAt, c.Reason = p.ID, ClaimAsked, time.Time{}, ""
	writeClaim(tx, c)
	return nil
}

// Changed takes note of a payment that changed: of what it is for. Settling again,
// or of a payment that is for nothing here, does nothing.
func Changed(tx *store.Tx, id string) error {
	p, found, err := payment.Find(tx, id)
	if err != nil || !found {
		return err
	}
	if p.Purpose == payment.ForTopUp {
		return toppedUp(tx, p)
	}
	if p.Purpose != payment.ForSession {
		return nil
	}
	c, found, err := findClaim(tx, "payment_id", p.ID)
	if err != nil {
		return err
	}
	if !found {
		return visited(tx, p)
	}
	return c.heard(tx, p)
}

// heard steps a claim by what its payment has become.
func (c Claim) heard(tx *store.Tx, p payment.Payment) error {
	paid, list, err := c.received(tx)
	if err != nil {
		return err
	}
	switch {
	case p.Trouble != payment.NoTrouble:
		c.State, c.Reason = ClaimStuck, "the payment is "+string(p.Trouble)+": "+p.Why
	case paid > c.Due:
		return c.over(tx, list, paid, "over/"+number(c.Due), ToPayer, "more was taken than is due")
	case p.Status == payment.Taken && paid == c.Due:
		return c.settled(tx, paid)
	case p.Status == payment.Taken && c.State == ClaimAsked && c.Driver != "" && p.Captured == p.Asked && p.Refunded == 0: // more became due meanwhile
		c.Paid = paid
		return c.ask(tx)
	case p.Status == payment.Taken && c.State == ClaimPaid:
		c.State, c.Reason = ClaimStuck, "money went back at the provider, and no credit note says so"
	case p.Status == payment.Refused, p.Status == payment.Released, p.Status == payment.Expired:
		if c.State == ClaimAsked || c.State == ClaimStuck {
			return c.failed(tx, p)
		}
		return nil
	case c.State == ClaimStuck && p.Status != payment.Taken:
		c.State, c.Reason = ClaimAsked, ""
	}
	if c.Paid == paid && p.Trouble == payment.NoTrouble && c.State != ClaimAsked && c.State != ClaimStuck {
		return nil
	}
	c.Paid = paid
	writeClaim(tx, c)
	return nil
}

// received is what was paid of a claim and is kept: by the wallet, by hand, and by
// payments, refunds under way deducted.
func (c Claim) received(tx *store.Tx) (int64, []payment.Payment, error) {
	object := c.Session
	if c.Guest != "" {
		object = c.Guest
	}
	list, err := payment.Of(tx, c.Tenant, payment.ForSession, object)
	paid := c.Wallet + c.Hand
	for _, p := range list {
		left, err := payment.Left(tx, p.ID)
		if err != nil {
			return 0, nil, err
		}
		paid += left
	}
	return paid, list, err
}

// over gives back what was paid beyond what is due, once for each key: by the
// payments, the latest first, and what is left to the driver's wallet.
func (c Claim) over(tx *store.Tx, list []payment.Payment, paid int64, key string, to Back, reason string) error {
	rest := paid - c.Due
	if to != ToWallet || c.Driver == "" {
		slices.Reverse(list)
		for _, p := range list {
			left, err := payment.Left(tx, p.ID)
			if err != nil {
				return err
			}
			n := min(left, rest)
			if n <= 0 {
				continue
			}
			req, err := payment.Refund(tx, p.ID, key, n, c.Account, reason)
			if err != nil {
				return err
			}
			if req.No == "" {
				rest -= n
			}
		}
	}
	if rest > 0 && c.Driver != "" {
		if err := move(tx, c, "wallet/"+key, c.Account, plan.Account(c.Driver), rest); err != nil {
			return err
		}
		c.Wallet -= rest
		rest = 0
	}
	if rest > 0 {
		c.State, c.Paid = ClaimStuck, c.Due+rest
		c.Reason = money.Amount{Minor: rest, Currency: c.Currency}.String() + " could not be given back"
		writeClaim(tx, c)
		return nil
	}
	return c.settled(tx, c.Due)
}

// lowered takes a credit note off what is due; what was paid beyond it goes back.
func (c Claim) lowered(tx *store.Tx, d Document, to Back) error {
	if c.State == ClaimWrittenOff {
		if err := c.found(tx, "bad_debt", d.ID, min(c.Left(), d.Gross)); err != nil {
			return err
		}
	}
	c.Due -= d.Gross
	if c.Due < 0 { // a guest's overrun was our loss already
		if err := c.found(tx, "overrun", d.ID, -c.Due); err != nil {
			return err
		}
		c.Due = 0
	}
	return c.even(tx, "credit/"+d.ID, to, d.Body.Credit.Reason)
}

// rebilled replaces what is due: a credit note took back what was billed, and due
// is billed anew by the document of that id.
func (c Claim) rebilled(tx *store.Tx, note Document, document string, due int64, reason string) error {
	if c.State == ClaimWrittenOff {
		if err := c.found(tx, "bad_debt", document, c.Left()); err != nil {
			return err
		}
		c.State, c.FailedAt, c.Attempt = ClaimOpen, time.Time{}, 0
	}
	if err := c.found(tx, "overrun", document, note.Gross-c.Due); err != nil { // of a guest
		return err
	}
	c.Due = due
	return c.even(tx, "correct/"+document, ToPayer, reason)
}

// even steps a claim whose due has changed.
func (c Claim) even(tx *store.Tx, key string, to Back, reason string) error {
	paid, list, err := c.received(tx)
	if err != nil {
		return err
	}
	switch {
	case paid > c.Due:
		return c.over(tx, list, paid, key, to, reason)
	case paid == c.Due && c.State == ClaimAsked: // nothing is due any more of a payment that is under way
		req, err := payment.Void(tx, c.Payment)
		if err != nil {
			return err
		}
		if req.No == "" {
			return c.settled(tx, paid)
		}
	case paid == c.Due:
		return c.settled(tx, paid)
	case c.State == ClaimPaid && c.Guest != "":
		if err := c.lose(tx, "overrun", key, c.Due-paid); err != nil {
			return err
		}
		c.Due = paid
	case c.State == ClaimPaid && c.Driver != "":
		c.Paid, c.FailedAt, c.Attempt = paid, time.Time{}, 0
		return c.ask(tx)
	case c.State == ClaimPaid:
		c.State = ClaimOpen
	}
	c.Paid = paid
	writeClaim(tx, c)
	return nil
}

// settled ends a claim that is paid; a loss that was booked comes back, and the
// driver may charge again if nothing else is owed.
func (c Claim) settled(tx *store.Tx, paid int64) error {
	if c.State == ClaimWrittenOff {
		if err := c.found(tx, "bad_debt", c.Payment, c.Left()); err != nil {
			return err
		}
	}
	was := c.State
	c.Paid, c.State, c.NextAt, c.Reason = paid, ClaimPaid, time.Time{}, ""
	writeClaim(tx, c)
	if err := outbox.Cancel(tx, TopicDun, c.ID); err != nil || c.Driver == "" || was == ClaimPaid {
		return err
	}
	_, owes, err := store.One(tx, func(*store.Row) bool { return true },
		`SELECT 1 FROM billing_claim WHERE tenant_id = $1 AND driver_id = $2 AND id <> $3 AND state IN ('dunning', 'written_off') LIMIT 1`, c.Tenant, c.Driver, c.ID)
	if err != nil || owes {
		return err
	}
	return driver.Hold(tx, c.Tenant, c.Driver, "")
}

// failed records that a payment was not made: it is asked again by the calendar of
// dunning, and after the last time given up. A guest is not dunned.
func (c Claim) failed(tx *store.Tx, p payment.Payment) error {
	c.Reason = "the payment was " + string(p.Status)
	if p.Decline.Code != "" {
		c.Reason += ": " + p.Decline.Text + " (" + p.Decline.Code + ")"
	}
	if p.Mode == payment.ByPage && c.Guest == "" {
		return c.asBefore(tx)
	}
	if c.FailedAt.IsZero() {
		c.FailedAt = tx.Now()
	}
	switch {
	case c.Guest != "":
		c.State = ClaimStuck
		writeClaim(tx, c)
		return nil
	case int(c.Attempt) > len(dunDays):
		c.State, c.NextAt = ClaimWrittenOff, time.Time{}
		if err := c.lose(tx, "bad_debt", c.Payment, c.Left()); err != nil {
			return err
		}
	default:
		c.State, c.NextAt = ClaimDunning, c.FailedAt.AddDate(0, 0, dunDays[c.Attempt-1])
		if err := outbox.At(tx, c.NextAt, TopicDun, c.ID, nil); err != nil {
			return err
		}
	}
	writeClaim(tx, c)
	if c.Attempt >= holdAfter {
		if err := driver.Hold(tx, c.Tenant, c.Driver, "unpaid"); err != nil {
			return err
		}
	}
	return notify.Publish(tx, notify.Event{Tenant: c.Tenant, Type: notify.PaymentFailed, Object: c.ID})
}

// asBefore puts a claim back whose driver did not pay by hand: the calendar of
// dunning goes on, a day later at the least.
func (c Claim) asBefore(tx *store.Tx) error {
	c.State = ClaimOpen
	if !c.FailedAt.IsZero() {
		n := min(max(int(c.Attempt), 1), len(dunDays))
		c.State, c.NextAt = ClaimDunning, c.FailedAt.AddDate(0, 0, dunDays[n-1])
		if tomorrow := tx.Now().AddDate(0, 0, 1); c.NextAt.Before(tomorrow) {
			c.NextAt = tomorrow
		}
		if err := outbox.At(tx, c.NextAt, TopicDun, c.ID, nil); err != nil {
			return err
		}
	}
	writeClaim(tx, c)
	return nil
}

// Dun asks for the next payment of a claim whose time has come.
func Dun(tx *store.Tx, claim string) error {
	c, found, err := findClaim(tx, "id", claim)
	if err != nil || !found || c.State != ClaimDunning || c.NextAt.After(tx.Now()) {
		return err
	}
	return c.ask(tx)
}

// ByHand is a payment of a claim that its driver makes on a page.
type ByHand struct {
	Provider, Email, Language string
	Return                    func(payment string) string // the address that the page leads back to
	Save                      bool                        // keep the method
}

// PayClaim lets a driver pay what is left of a claim on a page of the provider. It
// is a Conflict while a payment is under way, or when nothing is left.
func PayClaim(tx *store.Tx, sc access.Scope, key string, o ByHand) (payment.Payment, error) {
	c, err := GetClaim(tx, sc, key)
	if err != nil {
		return payment.Payment{}, err
	}
	if c.Left() == 0 || c.State == ClaimPaid || c.Driver == "" {
		return payment.Payment{}, fail.New(fail.Conflict, "billing.PayClaim", "nothing is left to be paid")
	}
	if c.State == ClaimAsked || c.State == ClaimStuck {
		if p, found, err := payment.Find(tx, c.Payment); err != nil || found && !p.Status.Final() {
			if found && p.Mode == payment.ByPage && p.Trouble == payment.NoTrouble {
				return p, nil // the page is still open
			}
			return p, cmp.Or(err, error(fail.New(fail.Conflict, "billing.PayClaim", "a payment is under way")))
		}
	}
	pay := payment.NewID()
	p, err := payment.Plan(tx, payment.Order{
		ID: pay, Tenant: c.Tenant, Entity: c.Entity, Key: "claim/" + c.ID + "/" + pay, Purpose: payment.ForSession, Object: c.Session, Driver: c.Driver, Account: c.Account,
		Provider: o.Provider, Mode: payment.ByPage, Amount: money.Amount{Minor: c.Left(), Currency: c.Currency}, Email: o.Email, Language: o.Language,
		Text: "Charging " + c.Session, Return: o.Return(pay), Save: o.Save, Take: true,
	})
	if err != nil {
		return p, err
	}
	c.Payment, c.NextAt = p.ID, time.Time{}
	if c.State != ClaimWrittenOff {
		c.State = ClaimAsked
	}
	writeClaim(tx, c)
	return p, nil
}
