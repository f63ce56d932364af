package mollie

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// request asks for a payment (docs.mollie.com/reference/create-payment).
type request struct {
	Amount       amount `json:"amount"`
	Description  string `json:"description"`
	RedirectURL  string `json:"redirectUrl,omitempty"`
	CancelURL    string `json:"cancelUrl,omitempty"`
	WebhookURL   string `json:"webhookUrl,omitempty"`
	Locale       string `json:"locale,omitempty"`
	Method       string `json:"method,omitempty"`
	CaptureMode  string `json:"captureMode,omitempty"`
	CustomerID   string `json:"customerId,omitempty"`
	MandateID    string `json:"mandateId,omitempty"`
	SequenceType string `json:"sequenceType,omitempty"`
	Metadata     meta   `json:"metadata"`
}

// Authorize implements payment.Provider. Ask.Until is not heard.
func (p *Provider) Authorize(ctx context.Context, a payment.Ask) (payment.Charge, error) {
	if a.Amount.Minor <= 0 {
		return payment.Charge{}, fail.Field("mollie", "amount", "it is not more than 0")
	}
	if err := check(a); err != nil {
		return payment.Charge{}, err
	}
	q := p.request(a)
	if !a.Take {
		q.CaptureMode = "manual"
	}
	if a.Method != "" {
		if !customerRef.MatchString(a.Customer) || !mandateRef.MatchString(a.Method) {
			return payment.Charge{}, fail.Field("mollie", "method", "it is no mandate of a customer of Mollie")
		}
		q.CustomerID, q.MandateID, q.SequenceType, q.RedirectURL, q.CancelURL = a.Customer, a.Method, "recurring", "", ""
	}
	return p.ask(ctx, a, q)
}

// Save implements payment.Saver: a first payment of nothing, which Mollie knows
// for cards (docs.mollie.com/docs/recurring-payments).
func (p *Provider) Save(ctx context.Context, a payment.Ask) (payment.Charge, error) {
	a.Amount.Minor, a.Save, a.Method = 0, true, ""
	if err := check(a); err != nil {
		return payment.Charge{}, err
	}
	q := p.request(a)
	q.Method, q.Metadata.Save = "creditcard", true
	return p.ask(ctx, a, q)
}

func check(a payment.Ask) error {
	switch {
	case a.Payment == "" || len(a.Payment) > 200:
		return fail.Field("mollie", "payment", "it is empty or too long")
	case a.Key == "" || len(a.Key) > 200:
		return fail.Field("mollie", "key", "it is empty or too long")
	case !a.Amount.Currency.Known():
		return fail.Field("mollie", "currency", "%q is not a currency", clip(string(a.Amount.Currency), 10))
	case a.Amount.Minor > most:
		return fail.Field("mollie", "amount", "it is more than Mollie takes")
	}
	return nil
}

// most keeps sums of amounts far from overflow.
const most = 999_999_999_999

func (p *Provider) request(a payment.Ask) request {
	q := request{
		Amount: amountOf(a.Amount), Description: clip(a.Text, 255), RedirectURL: a.Return, CancelURL: a.Return,
		Locale: locales[a.Language], Metadata: meta{Payment: a.Payment, Key: a.Key},
	}
	if q.Description == "" {
		q.Description = a.Payment
	}
	if p.o.Hook != "" {
		q.WebhookURL = p.o.Hook + "?key=" + url.QueryEscape(p.o.Secrets[0])
	}
	return q
}

// locales are Mollie's for the languages it knows.
var locales = map[string]string{
	"ca": "ca_ES", "da": "da_DK", "de": "de_DE", "en": "en_GB", "es": "es_ES", "fi": "fi_FI", "fr": "fr_FR", "hu": "hu_HU", "is": "is_IS",
	"it": "it_IT", "lt": "lt_LT", "lv": "lv_LV", "nb": "nb_NO", "nl": "nl_NL", "no": "nb_NO", "pl": "pl_PL", "pt": "pt_PT", "sv": "sv_SE",
}

// keyTime is how long a key is relied on: Mollie's hour, and some minutes less.
const keyTime = 50 * time.Minute

// ask makes a payment, once.
func (p *Provider) ask(ctx context.Context, a payment.Ask, q request) (payment.Charge, error) {
	if at, ok := made(a.Payment); !ok || p.o.Now().Sub(at) > keyTime {
		r, err := p.byPayment(ctx, a.Payment)
		if err == nil {
			return p.same(ctx, a, r)
		}
		if !fail.Is(err, fail.NotFound) {
			return payment.Charge{}, err
		}
	}
	if a.Save && a.Method == "" {
		q.CustomerID, q.SequenceType = a.Customer, "first"
		if a.Customer == "" {
			var c struct {
				ID string `json:"id"`
			}
			if err := p.call(ctx, http.MethodPost, "/customers", a.Key+"/customer", customer{a.Email, meta{Payment: a.Payment}}, &c); err != nil {
				return payment.Charge{}, err
			}
			q.CustomerID = c.ID
		}
	}
	var r record
	err := p.call(ctx, http.MethodPost, "/payments", a.Key, q, &r)
	if errors.Is(err, errTwin) { // a twin of this call is still running: nobody knows yet
		return payment.Charge{}, lost(err)
	}
	if err != nil {
		return payment.Charge{}, err
	}
	return p.same(ctx, a, r)
}

type customer struct {
	Email    string `json:"email,omitempty"`
	Metadata meta   `json:"metadata"`
}

// same answers with a payment, if it is the one that was asked for. A charge
// without the buyer is given a moment to be decided.
func (p *Provider) same(ctx context.Context, a payment.Ask, r record) (payment.Charge, error) {
	was, err := r.Amount.read()
	if err != nil {
		return payment.Charge{}, err
	}
	if r.meta().Payment != a.Payment || was != a.Amount {
		return payment.Charge{}, fail.New(fail.Conflict, "mollie", "the key was used for another payment")
	}
	if a.Method != "" {
		if r, err = p.until(ctx, r, func(r record) bool { return r.Status != "open" && r.Status != "pending" }); err != nil {
			return payment.Charge{}, err
		}
	}
	return p.charge(r)
}

// until asks again a few times, within 1.5 s, until a payment is as wanted; what
// it is then is the answer.
func (p *Provider) until(ctx context.Context, r record, wanted func(record) bool) (record, error) {
	for n := 0; n < patience && !wanted(r); n++ {
		if wait(ctx, 100*time.Millisecond<<n) != nil {
			return record{}, lost(ctx.Err())
		}
		next, err := p.load(ctx, r.ID)
		if err != nil {
			return record{}, after(err)
		}
		r = next
	}
	return r, nil
}

// after is an error behind something that was done: what it became is not known.
func after(err error) error {
	return &fail.Error{Kind: fail.Unavailable, Op: "mollie", Text: "it was done, but what it became is not known", Err: err}
}

// made is the time in an id that ends in a UUIDv7.
func made(id string) (time.Time, bool) {
	if len(id) < 36 {
		return time.Time{}, false
	}
	u, err := uuid.Parse(id[len(id)-36:])
	if err != nil || u.Version() != 7 {
		return time.Time{}, false
	}
	sec, nsec := u.Time().UnixTime()
	return time.Unix(sec, nsec), true
}

// Forget implements payment.Saver.
func (p *Provider) Forget(ctx context.Context, customer, method string) error {
	if !customerRef.MatchString(customer) || !mandateRef.MatchString(method) {
		return nil
	}
	err := p.call(ctx, http.MethodDelete, "/customers/"+customer+"/mandates/"+method, "", nil, nil)
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	return err
}
