package payment

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Providers are the providers of an installation, by name. The name stands in
// payments and in the ledger: it is never given to another provider.
type Providers map[string]Provider

func (ps Providers) named(name string) (Provider, error) {
	if p, ok := ps[name]; ok {
		return p, nil
	}
	return nil, fail.New(fail.Denied, "payment.Providers", "no provider %q is configured", name)
}

// Planned is the status of a payment that its provider has not answered for yet.
const Planned Status = "planned"

// Purpose is what a payment is for.
type Purpose string

// The purposes, with the object that each pays for.
const (
	ForSession Purpose = "session" // session
	ForTopUp   Purpose = "topup"   // driver
	ForInvoice Purpose = "invoice" // invoice
	ForMethod  Purpose = "method"  // driver: a method is saved, nothing is paid
)

// Mode is how the buyer is asked.
type Mode string

// The modes.
const (
	ByPage   Mode = "page"   // on a page of the provider
	BySaved  Mode = "saved"  // not at all: by a method they saved
	ByReader Mode = "reader" // by a reader at the station
)

// Trouble is why a person has to look at a payment.
type Trouble string

// The troubles.
const (
	NoTrouble Trouble = ""
	Unknown   Trouble = "unknown" // nobody could tell what became of a step
	Strange   Trouble = "strange" // the provider says what cannot be; nothing more is booked
)

// Payment is one payment asked of a buyer. Amounts are minor units of Currency.
type Payment struct {
	ID       string
	Tenant   string
	Entity   string
	Key      string
	Purpose  Purpose
	Object   string
	Driver   string // "" for a guest
	Account  string // of the ledger: credited when money was taken
	Provider string
	Mode     Mode
	Reader   string // of ByReader: the provider's reference of it
	Currency money.Currency
	Asked    int64 // the most that may be held or taken; increments raise it
	Status   Status
	Trouble  Trouble
	Why      string // of the trouble, for staff
	Held     int64
	Captured int64
	Refunded int64
	Ref      string    // the provider's; "" until it has answered
	URL      string    // while Open: where the buyer pays or confirms
	Before   time.Time // while Held: captured later than this it is lost; zero if not known
	Method   Method    // without references
	Decline  Decline
	Created  time.Time
	Updated  time.Time
}

// Kept is what was taken and not given back, in minor units.
func (p Payment) Kept() int64 { return p.Captured - p.Refunded }

// Order is a payment to be asked of a buyer.
type Order struct {
	ID       string // "" makes one; NewID makes one for a Return address that names it
	Tenant   string
	Entity   string
	Key      string // what makes it the only one in the tenant, "session/ses_1/1"
	Purpose  Purpose
	Object   string
	Driver   string
	Account  string // credited when money is taken: "receivable/guest/<session>", "wallet/driver/<driver>"
	Provider string
	Mode     Mode
	Amount   money.Amount // of ForMethod: the currency and no amount
	Method   string       // of BySaved: id of the driver's saved method
	Reader   string       // of ByReader: the provider's reference of it
	Email    string
	Text     string // one line, at most 100 characters
	Language string
	Return   string
	Save     bool
	Take     bool
	Until    time.Time
}

// NewID returns the id of a payment to come.
func NewID() string { return id.New("pay") }

// TopicStep is the event that a step is to be made: the key is its id, the
// handler Run. TopicChanged tells the owner of a payment's purpose that it
// changed or that a step has ended: the key is the payment's id. TopicExpiring
// tells them that a hold ends soon and that it is now to be captured or released.
const (
	TopicStep     = "payment.step"
	TopicChanged  = "payment.changed"
	TopicExpiring = "payment.expiring"
)

// request is what only the provider needs of an order. It is kept until the
// provider has answered.
type request struct {
	Method   string    `json:"method,omitempty"`
	Customer string    `json:"customer,omitempty"`
	Email    string    `json:"email,omitempty"`
	Text     string    `json:"text"`
	Language string    `json:"language,omitempty"`
	Return   string    `json:"return,omitempty"`
	Save     bool      `json:"save,omitempty"`
	Take     bool      `json:"take,omitempty"`
	Until    time.Time `json:"until,omitzero"`
}

// check refuses an order that no provider could carry out.
func (o *Order) check() error {
	const op = "payment.Plan"
	if o.Tenant == "" || o.Entity == "" || o.Key == "" || o.Object == "" || o.Provider == "" {
		return fail.New(fail.Internal, op, "the order %q lacks tenant, entity, key, object or provider", o.Key)
	}
	if !o.Amount.Currency.Known() {
		return fail.Field(op, "currency", "%q is no currency", o.Amount.Currency)
	}
	saving := o.Purpose == ForMethod
	switch {
	case saving != (o.Amount.Minor == 0) || o.Amount.Minor < 0:
		return fail.Field(op, "amount_minor", "%d cannot be asked for", o.Amount.Minor)
	case !saving && o.Account == "":
		return fail.New(fail.Internal, op, "the order %q names no account", o.Key)
	case o.Mode == BySaved && (o.Method == "" || o.Driver == "") || o.Mode == ByReader && o.Reader == "":
		return fail.New(fail.Internal, op, "the order %q says %s and not by which", o.Key, o.Mode)
	case !slices.Contains([]Mode{ByPage, BySaved, ByReader}, o.Mode) || saving && o.Mode != ByPage:
		return fail.New(fail.Internal, op, "the order %q cannot be paid by %q", o.Key, o.Mode)
	case len([]rune(o.Text)) > 100 || strings.ContainsAny(o.Text, "\r\n"):
		return fail.Field(op, "text", "it is not one line of at most 100 characters")
	}
	return nil
}

// Plan writes a payment down, with the step that asks for it, in the caller's
// transaction; Run makes the step afterwards. A key that was planned before
// returns that payment and changes nothing. A saved method that is not the
// driver's is NotFound.
func Plan(tx *store.Tx, o Order) (Payment, error) {
	if err := o.check(); err != nil {
		return Payment{}, err
	}
	p, found, err := store.One(tx, scanPayment, `SELECT `+columns+` FROM payment_payment WHERE tenant_id = $1 AND nkey = $2`, o.Tenant, o.Key)
	if err != nil || found {
		return p, err
	}
	r := request{Email: o.Email, Text: o.Text, Language: o.Language, Return: o.Return, Save: o.Save, Take: o.Take, Until: o.Until}
	if o.Mode == BySaved {
		m, err := methodOf(tx, o.Tenant, o.Driver, o.Method)
		if err != nil {
			return Payment{}, err
		}
		r.Method, r.Customer, o.Provider = m.Method.Ref, m.Method.Customer, m.Provider
	}
	if o.ID == "" {
		o.ID = NewID()
	}
	p = Payment{
		ID: o.ID, Tenant: o.Tenant, Entity: o.Entity, Key: o.Key, Purpose: o.Purpose, Object: o.Object, Driver: o.Driver, Account: o.Account,
		Provider: o.Provider, Mode: o.Mode, Reader: o.Reader, Currency: o.Amount.Currency, Asked: o.Amount.Minor, Status: Planned, Created: tx.Now(), Updated: tx.Now(),
	}
	insert(tx, p)
	body, err := json.Marshal(r)
	if err != nil {
		return Payment{}, fail.Wrap(fail.Internal, "payment.Plan", err)
	}
	verb := Authorizing
	if o.Purpose == ForMethod {
		verb = Saving
	}
	return p, planStep(tx, Step{ID: p.ID + "/" + string(verb), Payment: p.ID, Verb: verb, Amount: p.Asked, request: string(body)})
}

const columns = `id, tenant_id, entity_id, nkey, purpose, object_id, driver_id, account, provider, mode, currency, asked_minor, status, trouble, trouble_text,
	held_minor, captured_minor, refunded_minor, ref, url, capture_before, method_kind, method_brand, method_wallet, method_last4, method_fingerprint,
	method_country, method_expires, decline_code, decline_text, decline_confirm, decline_final, created_at, updated_at, reader`

func scanPayment(r *store.Row) Payment {
	return Payment{
		ID: r.Text(0), Tenant: r.Text(1), Entity: r.Text(2), Key: r.Text(3), Purpose: Purpose(r.Text(4)), Object: r.Text(5), Driver: r.Text(6),
		Account: r.Text(7), Provider: r.Text(8), Mode: Mode(r.Text(9)), Currency: money.Currency(r.Text(10)), Asked: r.Int(11),
		Status: Status(r.Text(12)), Trouble: Trouble(r.Text(13)), Why: r.Text(14), Held: r.Int(15), Captured: r.Int(16), Refunded: r.Int(17),
		Ref: r.Text(18), URL: r.Text(19), Before: r.Time(20),
		Method: Method{
			Kind: r.Text(21), Brand: r.Text(22), Wallet: r.Text(23), Last4: r.Text(24), Fingerprint: r.Text(25), Country: r.Text(26), ExpiresOn: r.Text(27),
		},
		Decline: Decline{Code: r.Text(28), Text: r.Text(29), Confirm: r.Bool(30), Final: r.Bool(31)}, Created: r.Time(32), Updated: r.Time(33), Reader: r.Text(34),
	}
}

func insert(tx *store.Tx, p Payment) {
	tx.Write(`INSERT INTO payment_payment (id, tenant_id, entity_id, nkey, purpose, object_id, driver_id, account, provider, mode, currency, asked_minor, status,
		trouble, trouble_text, held_minor, captured_minor, refunded_minor, url, method_kind, method_brand, method_wallet, method_last4, method_fingerprint,
		method_country, method_expires, decline_code, decline_text, decline_confirm, decline_final, created_at, updated_at, reader)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', '', 0, 0, 0, '', '', '', '', '', '', '', '', '', '', FALSE, FALSE, $14, $14, $15)`,
		p.ID, p.Tenant, p.Entity, p.Key, p.Purpose, p.Object, store.OrNull(p.Driver), p.Account, p.Provider, p.Mode, string(p.Currency), p.Asked, p.Status, p.Created, p.Reader)
}

// update writes what may change of a payment.
func update(tx *store.Tx, p Payment) {
	m, d := p.Method, p.Decline
	tx.Write(`UPDATE payment_payment SET asked_minor = $2, status = $3, trouble = $4, trouble_text = $5, held_minor = $6, captured_minor = $7, refunded_minor = $8,
		ref = $9, url = $10, capture_before = $11, method_kind = $12, method_brand = $13, method_wallet = $14, method_last4 = $15, method_fingerprint = $16,
		method_country = $17, method_expires = $18, decline_code = $19, decline_text = $20, decline_confirm = $21, decline_final = $22, updated_at = $23 WHERE id = $1`,
		p.ID, p.Asked, p.Status, p.Trouble, p.Why, p.Held, p.Captured, p.Refunded, store.OrNull(p.Ref), p.URL, p.Before, m.Kind, m.Brand, m.Wallet,
		m.Last4, m.Fingerprint, m.Country, m.ExpiresOn, d.Code, d.Text, d.Confirm, d.Final, tx.Now())
}

// Find returns a payment for the rooms that work with it.
func Find(tx *store.Tx, payment string) (p Payment, found bool, err error) {
	return store.One(tx, scanPayment, `SELECT `+columns+` FROM payment_payment WHERE id = $1`, payment)
}

// Some returns those of some payments that are there, in any tenant, by id.
func Some(tx *store.Tx, payments []string) ([]Payment, error) {
	var args []any
	return store.All(tx, scanPayment, `SELECT `+columns+` FROM payment_payment WHERE `+access.In("id", payments, &args)+` ORDER BY id`, args...)
}

// known is Find for one that has to be there.
func known(tx *store.Tx, payment string) (Payment, error) {
	p, found, err := Find(tx, payment)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "payment.Find", "there is no payment %q", payment)
	}
	return p, err
}

// Get returns a payment of the tenant to who may see it: staff that see all
// sites, and its driver. To others it is NotFound.
func Get(tx *store.Tx, sc access.Scope, payment string) (Payment, error) {
	p, found, err := Find(tx, payment)
	if err == nil && (!found || p.Tenant != sc.Tenant || sc.Limited() || sc.Role == access.DriverRole && (sc.Actor == "" || p.Driver != sc.Actor)) {
		return Payment{}, fail.New(fail.NotFound, "payment.Get", "there is no payment %q", payment)
	}
	return p, err
}

// Of returns the payments for an object, the oldest first, 100 at most.
func Of(tx *store.Tx, tenant string, purpose Purpose, object string) ([]Payment, error) {
	return store.All(tx, scanPayment, `SELECT `+columns+` FROM payment_payment WHERE tenant_id = $1 AND purpose = $2 AND object_id = $3
		ORDER BY created_at, id LIMIT 100`, tenant, purpose, object)
}

// Filter narrows a list of payments; empty fields do not.
type Filter struct {
	Driver      string
	Object      string // with Purpose
	Purpose     Purpose
	Last4       string    // of the card
	Fingerprint string    // of the card
	Trouble     bool      // only those that wait for a person
	From, To    time.Time // only those made from then on, and before
}

// where is the filter as SQL; its parameters are appended to args.
func (f Filter) where(args *[]any) string {
	var b strings.Builder
	for _, c := range []struct{ column, value string }{
		{"driver_id", f.Driver}, {"purpose", string(f.Purpose)}, {"object_id", f.Object}, {"method_last4", f.Last4}, {"method_fingerprint", f.Fingerprint},
	} {
		if c.value != "" {
			*args = append(*args, c.value)
			b.WriteString(" AND " + c.column + " = $" + strconv.Itoa(len(*args)))
		}
	}
	if f.Trouble {
		b.WriteString(" AND trouble <> ''")
	}
	for _, c := range []struct {
		is string
		at time.Time
	}{{">=", f.From}, {"<", f.To}} {
		if !c.at.IsZero() {
			*args = append(*args, c.at)
			b.WriteString(" AND created_at " + c.is + " $" + strconv.Itoa(len(*args)))
		}
	}
	return b.String()
}

// seen is the filter as the scope narrows it; nothing says that it sees none.
func (f Filter) seen(sc access.Scope) (_ Filter, nothing bool) {
	if sc.Role == access.DriverRole {
		f.Driver = sc.Actor
	}
	return f, sc.Limited() || sc.Role == access.DriverRole && sc.Actor == ""
}

// List lists up to limit payments of the tenant, newest first, made before the
// given one (zero values: from the newest on). A driver sees their own, and who
// sees some sites only none.
func List(tx *store.Tx, sc access.Scope, f Filter, beforeAt time.Time, before string, limit int) ([]Payment, error) {
	f, nothing := f.seen(sc)
	if nothing {
		return nil, nil
	}
	args := []any{sc.Tenant, orEver(beforeAt), before, limit}
	return store.All(tx, scanPayment, `SELECT `+columns+` FROM payment_payment
		WHERE tenant_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3))`+f.where(&args)+` ORDER BY created_at DESC, id DESC LIMIT $4`, args...)
}

// Sum is what some payments of one currency come to, in minor units.
type Sum struct {
	Currency                               money.Currency
	Count, Asked, Held, Captured, Refunded int64
}

// MaxSum is up to how many payments are summed: the newest.
const MaxSum = 1_000_000

// Summarise sums the payments that List lists, by currency; more says that it
// ended at the newest MaxSum.
func Summarise(tx *store.Tx, sc access.Scope, f Filter) (out []Sum, more bool, err error) {
	f, nothing := f.seen(sc)
	if nothing {
		return nil, false, nil
	}
	args := []any{sc.Tenant, MaxSum}
	out, err = store.All(tx, func(r *store.Row) Sum {
		return Sum{money.Currency(r.Text(0)), r.Int(1), r.Int(2), r.Int(3), r.Int(4), r.Int(5)}
	}, `SELECT currency, COUNT(*), CAST(SUM(asked_minor) AS BIGINT), CAST(SUM(held_minor) AS BIGINT), CAST(SUM(captured_minor) AS BIGINT), CAST(SUM(refunded_minor) AS BIGINT)
		FROM (SELECT currency, asked_minor, held_minor, captured_minor, refunded_minor FROM payment_payment WHERE tenant_id = $1`+f.where(&args)+`
			ORDER BY created_at DESC, id DESC LIMIT $2) AS newest GROUP BY currency ORDER BY currency`, args...)
	all := int64(0)
	for _, s := range out {
		all += s.Count
	}
	return out, all == MaxSum, err
}

func orEver(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(1<<40, 0)
	}
	return t
}

// Clear is a person's word that a strange payment was looked at: the provider is
// asked again what became of it, which is booked if it can be true now, and the
// steps that waited go on. What is still strange stays so. A payment that is not
// strange is a Conflict.
func Clear(ctx context.Context, db *store.DB, ps Providers, sc access.Scope, payment string) error {
	p, err := store.Read(ctx, db, func(tx *store.Tx) (Payment, error) { return Get(tx, sc, payment) })
	if err == nil && p.Trouble != Strange {
		err = fail.New(fail.Conflict, "payment.Clear", "the payment is not strange")
	}
	if err != nil {
		return err
	}
	from, err := ps.named(p.Provider)
	if err != nil {
		return err
	}
	fctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	c, err := from.Find(fctx, Query{Payment: p.ID, Ref: p.Ref})
	if err != nil {
		return fail.Wrap(fail.Unavailable, "payment.Clear", err)
	}
	_, err = store.Do(ctx, db, "payment/"+p.ID, func(tx *store.Tx) (struct{}, error) { return struct{}{}, cleared(tx, p.ID, c) })
	return err
}

func cleared(tx *store.Tx, payment string, c Charge) error {
	p, err := known(tx, payment)
	if err != nil || p.Trouble != Strange {
		return err
	}
	p.Trouble, p.Why = NoTrouble, ""
	update(tx, p)
	if p, err = record(tx, p, c); err != nil || p.Trouble == Strange {
		return err
	}
	look(tx, p)
	tx.Write(`UPDATE payment_step SET next_at = $2 WHERE payment_id = $1 AND state IN ($3, $4)`, p.ID, tx.Now(), StepPlanned, StepSent)
	steps, err := Steps(tx, p.ID)
	for _, s := range steps {
		if !s.State.Ended() {
			err = errors.Join(err, outbox.At(tx, tx.Now(), TopicStep, s.ID, nil))
		}
	}
	return err
}

// Forget deletes what is over its term: deliveries after 90 days, and methods
// 540 days after they were removed.
func Forget(tx *store.Tx) {
	tx.Write(`DELETE FROM payment_delivery WHERE received_at < $1`, tx.Now().AddDate(0, 0, -90))
	tx.Write(`DELETE FROM payment_method WHERE removed_at < $1`, tx.Now().AddDate(0, 0, -540))
}
