package simpay

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/core/payment"
)

// charge is a payment as we have it, with what the port does not show.
type charge struct {
	payment.Charge
	Asked    int64          `json:"asked"`
	Text     string         `json:"text"`
	Email    string         `json:"email"`
	Language string         `json:"language"`
	Return   string         `json:"return"`
	Save     bool           `json:"save"`
	Take     bool           `json:"take"`
	Customer string         `json:"customer"`
	Until    time.Time      `json:"until"`
	Card     Card           `json:"card"`    // paid with
	Asking   Card           `json:"asking"`  // the bank asks to confirm this one
	Tried    payment.Method `json:"tried"`   // the last that was declined on the page
	No       string         `json:"no"`      // why
	Reader   string         `json:"reader"`  // where it is presented; "" nowhere
	Charged  bool           `json:"charged"` // captured or taken at once
}

// view is what the port shows of a charge.
func (s *Sim) view(c *charge) payment.Charge {
	out := c.Charge
	if out.Status == payment.Open && c.Reader == "" {
		out.URL = s.o.Base + "/pay/" + c.Ref
	}
	if out.Dispute != nil {
		d := *out.Dispute
		out.Dispute = &d
	}
	return out
}

// open makes a charge that nobody has paid.
func (s *Sim) open(a payment.Ask) *charge {
	c := &charge{
		Charge: payment.Charge{Ref: id.New("sim"), Payment: a.Payment, Status: payment.Open, Currency: a.Amount.Currency},
		Asked:  a.Amount.Minor, Text: a.Text, Email: a.Email, Language: a.Language, Return: a.Return, Save: a.Save, Take: a.Take, Customer: a.Customer, Until: a.Until,
	}
	if c.Until.IsZero() {
		c.Until = time.Now().UTC().Add(pageTerm)
	}
	s.state.Charges[c.Ref] = c
	return c
}

// lapse ends what ran out: pages that were not paid on and holds.
func (s *Sim) lapse() {
	now := time.Now()
	for _, c := range s.state.Charges {
		switch {
		case c.Status == payment.Open && now.After(c.Until):
			s.turn(c, payment.Expired, "payment.expired")
		case c.Status == payment.Held && now.After(c.CaptureBefore):
			s.turn(c, payment.Released, "payment.released")
		}
	}
}

// turn brings a charge into another state, in which nothing is held.
func (s *Sim) turn(c *charge, to payment.Status, event string) {
	c.Status, c.Held, c.CaptureBefore, c.Asking = to, 0, time.Time{}, ""
	s.tell(c, event)
}

// pay is a buyer who pays with a card: on the page, at a reader, or when they
// confirmed to their bank.
func (s *Sim) pay(c *charge, k kind, confirmed bool) {
	switch {
	case c.Status != payment.Open:
		return
	case k.no.Code != "" && c.Reader != "":
		c.Method, c.Decline = k.method, k.no
		s.turn(c, payment.Refused, "payment.refused")
		return
	case k.no.Code != "":
		c.Tried, c.No = k.method, k.no.Code
		return
	case k.card == Challenged && !confirmed:
		c.Asking = k.card
		return
	}
	c.Card, c.Method, c.No, c.Asking = k.card, k.method, "", ""
	if c.Save {
		s.keep(c)
	}
	if c.Asked == 0 {
		s.turn(c, payment.Released, "method.saved")
		return
	}
	s.hold(c, k)
}

// keep saves the method of a charge.
func (s *Sim) keep(c *charge) {
	if c.Customer == "" {
		c.Customer = id.New("simcus")
	}
	c.Method.Ref, c.Method.Customer = id.New("simpm"), c.Customer
	s.state.Methods[c.Method.Ref] = method{c.Card, c.Customer}
}

// hold reserves what is asked, or takes it where that is wanted or all there is.
func (s *Sim) hold(c *charge, k kind) {
	if c.Take || !k.holds {
		s.take(c, c.Asked)
		return
	}
	term := holdTerm
	if k.card == ShortHold {
		term = 2 * time.Minute
	}
	c.Status, c.Held, c.CaptureBefore = payment.Held, c.Asked, time.Now().UTC().Add(term).Truncate(time.Second)
	s.tell(c, "payment.held")
}

// take captures an amount.
func (s *Sim) take(c *charge, minor int64) {
	s.turn(c, payment.Taken, "payment.captured")
	c.Captured, c.Charged = minor, true
	s.move(payment.MovedCharge, c.Ref, c.Currency, minor, fee(minor, c.Currency))
}

// fee is what we are charged for a payment: 1.4 % and 0.25 of the currency.
func fee(minor int64, c money.Currency) int64 {
	return min((minor*14+500)/1000+money.Pow10(c.Exponent())/4, minor)
}

// unattended is a charge by a saved method.
func (s *Sim) unattended(c *charge, k kind) {
	switch {
	case k.later.Confirm:
		c.Asking = k.card
		s.tell(c, "payment.confirm")
	case k.later.Code != "":
		c.Decline, c.Method = k.later, k.method
		s.turn(c, payment.Refused, "payment.refused")
	default:
		c.Card, c.Method = k.card, k.method
		s.hold(c, k)
	}
}

func conflict(format string, args ...any) error {
	return fail.New(fail.Conflict, "simpay", format, args...)
}

func (s *Sim) capture(c *charge, minor int64) error {
	switch {
	case c.Status != payment.Held:
		return conflict("the payment is %s", c.Status)
	case minor > c.Held:
		return conflict("%d are held, %d are not", c.Held, minor)
	case c.Card == CaptureNo:
		c.Decline = payment.Decline{Code: "insufficient_funds", Text: "there are not enough funds"}
		s.turn(c, payment.Refused, "payment.refused")
		return nil
	}
	s.take(c, minor)
	return nil
}

func (s *Sim) void(c *charge) error {
	switch c.Status {
	case payment.Open:
		s.turn(c, payment.Expired, "payment.expired")
	case payment.Held:
		s.turn(c, payment.Released, "payment.released")
	default:
		return conflict("the payment is %s", c.Status)
	}
	return nil
}

func (s *Sim) refund(c *charge, minor int64) error {
	switch {
	case c.Status != payment.Taken:
		return conflict("the payment is %s", c.Status)
	case minor > c.Captured-c.Refunded:
		return conflict("%d are left, %d are not", c.Captured-c.Refunded, minor)
	case c.Dispute != nil && c.Dispute.State != payment.DisputeWon:
		return conflict("the payment is disputed")
	}
	c.Refunded += minor
	s.move(payment.MovedRefund, c.Ref, c.Currency, -minor, 0)
	s.tell(c, "payment.refunded")
	return nil
}

func (s *Sim) raise(c *charge, to int64) error {
	switch {
	case c.Status != payment.Held:
		return conflict("the payment is %s", c.Status)
	case to < c.Held:
		return fail.Field("simpay", "amount", "%d are held already", c.Held)
	case c.Card == Tight:
		c.Decline = payment.Decline{Code: "insufficient_funds", Text: "there are not enough funds"}
		return nil
	}
	c.Held, c.Asked, c.Decline = to, to, payment.Decline{}
	s.tell(c, "payment.held")
	return nil
}

// move writes an entry of our balance.
func (s *Sim) move(k payment.MovementKind, ref string, c money.Currency, gross, fee int64) {
	at := time.Now().UTC().Truncate(time.Microsecond)
	s.state.Moves = append(s.state.Moves, payment.Movement{
		Ref: id.New("simtx"), Kind: k, Charge: ref, Gross: gross, Fee: fee, Net: gross - fee, Currency: c, At: at, AvailableAt: at.Add(48 * time.Hour),
	})
}
