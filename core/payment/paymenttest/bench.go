package paymenttest

import (
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/core/payment"
)

type bench struct {
	*testing.T
	Case
}

func (b *bench) amount(minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: b.Currency}
}

func (b *bench) ask(minor int64) payment.Ask {
	p := id.New("pay")
	return payment.Ask{
		Payment: p, Key: p + "/authorize", Amount: b.amount(minor), Email: "buyer@example.org",
		Text: "Charging at Müllerstraße 1", Language: "de", Return: "https://charge.example.org/pay/" + p,
	}
}

// must is for calls that have to succeed.
func (b *bench) must(c payment.Charge, err error) payment.Charge {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *bench) authorize(a payment.Ask) payment.Charge {
	b.Helper()
	c := b.must(b.Provider.Authorize(b.Context(), a))
	if c.Payment != a.Payment || c.Ref == "" || c.Currency != a.Amount.Currency {
		b.Fatalf("the charge %+v is not of the payment %s in %s", c, a.Payment, a.Amount.Currency)
	}
	return c
}

// find asks for a charge and checks that it adds up.
func (b *bench) find(ref string) payment.Charge {
	b.Helper()
	c := b.must(b.Provider.Find(b.Context(), payment.Query{Ref: ref}))
	if c.Ref != ref {
		b.Errorf("the charge %s calls itself %s", ref, c.Ref)
	}
	b.adds(c)
	return c
}

// adds checks what holds of every charge.
func (b *bench) adds(c payment.Charge) {
	b.Helper()
	switch {
	case c.Ref == "" || c.Payment == "" || !c.Currency.Known():
		b.Errorf("%+v lacks its reference, our id or its currency", c)
	case c.Held < 0 || c.Captured < 0 || c.Refunded < 0 || c.Refunded > c.Captured:
		b.Errorf("%+v: the amounts make no sense", c)
	case c.Held > 0 && c.Status != payment.Held:
		b.Errorf("%+v holds and is not held", c)
	case c.Captured > 0 && c.Status != payment.Taken:
		b.Errorf("%+v has taken and is not taken", c)
	case c.Status == payment.Open && c.URL == "":
		b.Errorf("%+v is open and has no address", c)
	case len(c.Method.Last4) > 4:
		b.Errorf("%q are more than four digits", c.Method.Last4)
	}
}

// held is a fresh hold of that amount, paid for on the page.
func (b *bench) held(minor int64) payment.Charge {
	b.Helper()
	return b.paid(b.ask(minor), Good)
}

// paid asks, has the buyer pay on the page, and returns what became of it.
func (b *bench) paid(a payment.Ask, with Card) payment.Charge {
	b.Helper()
	c := b.authorize(a)
	if c.Status != payment.Open || c.URL == "" {
		b.Fatalf("nobody has paid yet: %+v", c)
	}
	b.Pay(c, with)
	return b.find(c.Ref)
}

// taken is a fresh charge of that amount, held and captured.
func (b *bench) taken(minor int64) payment.Charge {
	b.Helper()
	c := b.held(minor)
	return b.must(b.Provider.Capture(b.Context(), b.change(c, "capture", minor)))
}

func (b *bench) change(c payment.Charge, verb string, minor int64) payment.Change {
	a := b.amount(minor)
	if c.Currency != "" {
		a.Currency = c.Currency
	}
	return payment.Change{Payment: c.Payment, Ref: c.Ref, Key: c.Payment + "/" + verb, Amount: a}
}

func (b *bench) void(c payment.Charge) payment.Change {
	return payment.Change{Payment: c.Payment, Ref: c.Ref, Key: c.Payment + "/void"}
}

// is checks a state and its amounts.
func (b *bench) is(c payment.Charge, s payment.Status, held, captured, refunded int64) {
	b.Helper()
	b.adds(c)
	if c.Status != s || c.Held != held || c.Captured != captured || c.Refunded != refunded {
		b.Errorf("it is %s, %d held, %d captured, %d refunded; want %s, %d, %d, %d", c.Status, c.Held, c.Captured, c.Refunded, s, held, captured, refunded)
	}
}

// refuses checks the kind of a refusal.
func (b *bench) refuses(what string, err error, kinds ...fail.Kind) {
	b.Helper()
	for _, k := range kinds {
		if fail.Is(err, k) {
			return
		}
	}
	b.Errorf("%s: %v (%s), want one of %v", what, err, fail.KindOf(err), kinds)
}

// unknown reports whether an error leaves the outcome open.
func unknown(err error) bool {
	switch fail.KindOf(err) {
	case fail.Invalid, fail.Denied, fail.NotFound, fail.Conflict, fail.Busy:
		return false
	}
	return err != nil
}

// method is a saved method, made by paying with the card once.
func (b *bench) method(with Card) payment.Method {
	b.Helper()
	a := b.ask(500)
	a.Save = true
	c := b.paid(a, with)
	if c.Status != payment.Held && c.Status != payment.Taken {
		b.Fatalf("paying with %s: %+v", with, c)
	}
	if c.Method.Ref == "" {
		b.Skip("no methods are saved")
	}
	return c.Method
}

// later asks for an amount without the buyer.
func (b *bench) later(m payment.Method, minor int64) payment.Ask {
	a := b.ask(minor)
	a.Method, a.Customer, a.Return = m.Ref, m.Customer, ""
	return a
}

// soon is a time that is in the future, also for a clock that is a little off.
func soon(at time.Time) bool { return at.After(time.Now().Add(time.Minute)) }
