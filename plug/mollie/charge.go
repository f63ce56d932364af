package mollie

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/core/payment"
)

// amount is money as Mollie writes it: "10.00", with as many decimals as the
// currency has (docs.mollie.com/reference/common-data-types).
type amount struct {
	Currency string `json:"currency"`
	Value    string `json:"value"`
}

func amountOf(a money.Amount) amount { return amount{string(a.Currency), a.Decimal()} }

// read reads an amount. One that is none is Internal: it cannot be booked.
func (a *amount) read() (money.Amount, error) {
	if a == nil {
		return money.Amount{}, nil
	}
	c, err := money.ParseCurrency(a.Currency)
	if err != nil {
		return money.Amount{}, &fail.Error{Kind: fail.Internal, Op: "mollie", Text: "Mollie names a currency that is not known here", Err: err}
	}
	n, err := money.ParseDecimal(a.Value, c.Exponent())
	if err != nil {
		return money.Amount{}, &fail.Error{Kind: fail.Internal, Op: "mollie", Text: "Mollie names an amount that is none", Err: err}
	}
	return money.Amount{Minor: n, Currency: c}, nil
}

// meta is what we keep with payments, captures and refunds. Mollie keeps 1 kB.
type meta struct {
	Payment string `json:"payment,omitempty"`
	Key     string `json:"key,omitempty"`
	Save    bool   `json:"save,omitempty"` // a payment of nothing, to save the method
}

// UnmarshalJSON takes metadata of any shape: an account may serve other software
// too, and Mollie lets everybody keep what they like.
func (m *meta) UnmarshalJSON(b []byte) error {
	type plain meta
	var ours plain
	if json.Unmarshal(b, &ours) == nil {
		*m = meta(ours)
	}
	return nil
}

type link struct {
	Href string `json:"href"`
}

// part is a capture or a refund.
type part struct {
	ID       string  `json:"id"`
	Status   string  `json:"status"`
	Amount   *amount `json:"amount"`
	Metadata *meta   `json:"metadata"`
}

// counts reports whether a part has moved money, or will.
func (p part) counts() bool { return p.Status != "failed" && p.Status != "canceled" }

type chargeback struct {
	ID     string  `json:"id"`
	Amount *amount `json:"amount"`
	Reason struct {
		Code        string `json:"code"`
		Description string `json:"description"`
	} `json:"reason"`
	CreatedAt  time.Time  `json:"createdAt"`
	ReversedAt *time.Time `json:"reversedAt"`
}

// record is a payment as Mollie has it (docs.mollie.com/reference/get-payment).
type record struct {
	ID            string     `json:"id"`
	Status        string     `json:"status"`
	Amount        *amount    `json:"amount"`
	Method        string     `json:"method"`
	Metadata      *meta      `json:"metadata"`
	CustomerID    string     `json:"customerId"`
	MandateID     string     `json:"mandateId"`
	SequenceType  string     `json:"sequenceType"`
	IsCancelable  bool       `json:"isCancelable"`
	CreatedAt     time.Time  `json:"createdAt"`
	AuthorizedAt  *time.Time `json:"authorizedAt"`
	CaptureBefore string     `json:"captureBefore"`
	Details       *details   `json:"details"`
	Links         struct {
		Checkout *link `json:"checkout"`
	} `json:"_links"`
	Embedded struct {
		Captures    []part       `json:"captures"`
		Refunds     []part       `json:"refunds"`
		Chargebacks []chargeback `json:"chargebacks"`
	} `json:"_embedded"`
}

// details are those of cards; other methods have other members.
type details struct {
	Last4          string `json:"cardNumber"` // the last four digits
	Label          string `json:"cardLabel"`
	Fingerprint    string `json:"cardFingerprint"`
	Country        string `json:"cardCountryCode"`
	Expiry         string `json:"cardExpiryDate"` // 2027-03-31
	Wallet         string `json:"wallet"`
	FailureReason  string `json:"failureReason"`
	FailureMessage string `json:"failureMessage"`
}

func (r record) meta() meta {
	if r.Metadata == nil {
		return meta{}
	}
	return *r.Metadata
}

// sum adds up the parts that count.
func sum(parts []part) (total int64, err error) {
	for _, p := range parts {
		if !p.counts() {
			continue
		}
		a, err := p.Amount.read()
		if err != nil {
			return 0, err
		}
		if total, err = money.Add(total, a.Minor); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// charge reads a record, with what is embedded in it.
func (p *Provider) charge(r record) (payment.Charge, error) {
	asked, err := r.Amount.read()
	if err != nil {
		return payment.Charge{}, err
	}
	captured, err := sum(r.Embedded.Captures)
	if err != nil {
		return payment.Charge{}, err
	}
	refunded, err := sum(r.Embedded.Refunds)
	if err != nil {
		return payment.Charge{}, err
	}
	c := payment.Charge{Ref: r.ID, Payment: r.meta().Payment, Currency: asked.Currency, Method: methodOf(r)}
	switch s := r.Status; {
	case r.meta().Save && (s == "paid" || s == "authorized"):
		c.Status = payment.Released
	case captured > 0: // of an authorization that is still there the rest is to be released
		c.Status, c.Captured, c.Refunded = payment.Taken, captured, refunded
	case s == "paid":
		c.Status, c.Captured, c.Refunded = payment.Taken, asked.Minor, refunded
	case s == "authorized":
		c.Status, c.Held, c.CaptureBefore = payment.Held, asked.Minor, before(r.CaptureBefore)
	case s == "failed":
		c.Status, c.Decline = payment.Refused, declineOf(r.Details)
	case s == "canceled" || s == "expired":
		if c.Status = payment.Expired; r.AuthorizedAt != nil {
			c.Status = payment.Released
		}
	default: // open, pending
		c.Status = payment.Open
		if r.Links.Checkout != nil {
			c.URL = r.Links.Checkout.Href
		}
	}
	c.Dispute, err = p.disputeOf(r.Embedded.Chargebacks)
	return c, err
}

// before reads the end of a hold, which Mollie gives as a time or as a day: then
// it ends before that day does anywhere.
func before(s string) time.Time {
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, s); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// wallets are Mollie's names that differ from the port's.
var wallets = map[string]string{"applepay": "apple_pay", "googlepay": "google_pay"}

func methodOf(r record) payment.Method {
	m := payment.Method{Customer: r.CustomerID, Kind: r.Method}
	if r.SequenceType == "first" || r.SequenceType == "recurring" {
		m.Ref = r.MandateID
	}
	if m.Kind == "creditcard" || m.Kind == "applepay" || m.Kind == "googlepay" {
		m.Wallet, m.Kind = wallets[m.Kind], "card"
	}
	if d := r.Details; d != nil && m.Kind == "card" {
		m.Brand, m.Fingerprint, m.Country = strings.ToLower(d.Label), d.Fingerprint, d.Country
		m.Last4 = d.Last4[max(0, len(d.Last4)-4):]
		if len(d.Expiry) >= 7 {
			m.ExpiresOn = d.Expiry[:7]
		}
		if w, ok := wallets[d.Wallet]; ok {
			m.Wallet = w
		}
	}
	return m
}

// hopeless are the reasons that no further try will turn
// (docs.mollie.com/docs/handling-payment-failures).
var hopeless = []string{"card_expired", "inactive_card", "invalid_card_number", "invalid_card_type", "possible_fraud"}

func declineOf(d *details) payment.Decline {
	if d == nil || d.FailureReason == "" {
		return payment.Decline{Code: "unknown_reason", Text: "Mollie gives no reason"}
	}
	return payment.Decline{
		Code: d.FailureReason, Text: clip(d.FailureMessage, 200), Final: slices.Contains(hopeless, d.FailureReason),
		Confirm: d.FailureReason == "authentication_required",
	}
}

// undisputed is how long a chargeback may still be reversed. Mollie never says
// that one is lost; the card schemes' longest term is 120 days.
const undisputed = 120 * 24 * time.Hour

// disputeOf is the newest chargeback.
func (p *Provider) disputeOf(list []chargeback) (*payment.Dispute, error) {
	if len(list) == 0 {
		return nil, nil
	}
	b := slices.MaxFunc(list, func(a, b chargeback) int { return a.CreatedAt.Compare(b.CreatedAt) })
	a, err := b.Amount.read()
	if err != nil {
		return nil, err
	}
	d := &payment.Dispute{Ref: b.ID, Reason: b.Reason.Code, Amount: max(a.Minor, -a.Minor), State: payment.DisputeOpen}
	switch {
	case b.ReversedAt != nil:
		d.State = payment.DisputeWon
	case p.o.Now().Sub(b.CreatedAt) > undisputed:
		d.State = payment.DisputeLost
	}
	return d, nil
}

// refs of Mollie, as far as they stand in addresses.
var (
	paymentRef  = regexp.MustCompile(`^tr_[A-Za-z0-9_]{1,60}$`)
	customerRef = regexp.MustCompile(`^cst_[A-Za-z0-9_]{1,60}$`)
	mandateRef  = regexp.MustCompile(`^mdt_[A-Za-z0-9_]{1,60}$`)
	movementRef = regexp.MustCompile(`^baltr_[A-Za-z0-9_]{1,60}$`)
)
