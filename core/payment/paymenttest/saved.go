package paymenttest

import (
	"chargewright/base/fail"
	"chargewright/core/payment"
)

func saved(b *bench) {
	m := b.method(Good)
	a := b.later(m, 1900)
	c := b.authorize(a)
	b.is(b.find(c.Ref), payment.Held, 1900, 0, 0)
	b.is(b.must(b.Provider.Capture(b.Context(), b.change(c, "capture", 1900))), payment.Taken, 0, 1900, 0)
	now := b.later(m, 450)
	now.Take = true
	b.is(b.authorize(now), payment.Taken, 0, 450, 0)
	if again := b.authorize(now); b.Count(now.Payment) != 1 || again.Captured != 450 {
		b.Errorf("asked again: %+v of %d charges", again, b.Count(now.Payment))
	}
	if c := b.held(500); c.Method.Ref != "" {
		b.Errorf("nobody asked to save %q", c.Method.Ref)
	}
	unknown := b.later(m, 450)
	unknown.Method += "x"
	if c, err := b.Provider.Authorize(b.Context(), unknown); err == nil && c.Status != payment.Refused {
		b.Errorf("a method that nobody saved: %+v", c)
	}
}

func savedDeclined(b *bench) {
	b.need(DeclinedLater)
	c := b.authorize(b.later(b.method(DeclinedLater), 1900))
	b.is(c, payment.Refused, 0, 0, 0)
	if c.Decline.Code == "" || c.Decline.Confirm {
		b.Errorf("the bank said no by %+v", c.Decline)
	}
	b.is(b.find(c.Ref), payment.Refused, 0, 0, 0)
}

func savedConfirm(b *bench) {
	b.need(ConfirmLater)
	a := b.later(b.method(ConfirmLater), 1900)
	a.Return = "https://charge.example.org/pay/confirm"
	c := b.authorize(a)
	if c.Status == payment.Refused { // to be asked again by a page
		b.is(c, payment.Refused, 0, 0, 0)
		if !c.Decline.Confirm {
			b.Errorf("it does not say that the buyer must confirm: %+v", c.Decline)
		}
		return
	}
	b.is(c, payment.Open, 0, 0, 0)
	b.Pay(c, ConfirmLater)
	b.is(b.find(c.Ref), payment.Held, 1900, 0, 0)
}

func saver(b *bench) {
	s, ok := b.Provider.(payment.Saver)
	if !ok {
		b.Skip("it does not save without paying")
	}
	a := b.ask(0)
	a.Key = a.Payment + "/save"
	c := b.must(s.Save(b.Context(), a))
	b.is(c, payment.Open, 0, 0, 0)
	if again := b.must(s.Save(b.Context(), a)); again.Ref != c.Ref || b.Count(a.Payment) != 1 {
		b.Errorf("asked again it is %s, at first %s", again.Ref, c.Ref)
	}
	b.Pay(c, Good)
	c = b.find(c.Ref)
	b.is(c, payment.Released, 0, 0, 0)
	if c.Method.Ref == "" {
		b.Fatalf("nothing was saved: %+v", c)
	}
	later := b.authorize(b.later(c.Method, 700))
	b.is(later, payment.Held, 700, 0, 0)
	for range 2 {
		if err := s.Forget(b.Context(), c.Method.Customer, c.Method.Ref); err != nil {
			b.Fatalf("forgetting: %v", err)
		}
	}
	gone := b.later(c.Method, 700)
	if c, err := b.Provider.Authorize(b.Context(), gone); err == nil && c.Status != payment.Refused {
		b.Errorf("a forgotten method pays: %+v", c)
	} else if err != nil {
		b.refuses("a forgotten method", err, fail.Invalid, fail.NotFound, fail.Conflict)
	}
}

func increment(b *bench) {
	i, ok := b.Provider.(payment.Incrementer)
	if !ok {
		b.Skip("it raises no holds")
	}
	c := b.held(1000)
	for range 2 {
		b.is(b.must(i.Increment(b.Context(), b.change(c, "increment/1500", 1500))), payment.Held, 1500, 0, 0)
	}
	b.is(b.find(c.Ref), payment.Held, 1500, 0, 0)
	_, err := b.Provider.Capture(b.Context(), b.change(c, "capture/more", 1501))
	b.refuses("capturing 1501 of 1500", err, fail.Conflict)
	b.is(b.must(b.Provider.Capture(b.Context(), b.change(c, "capture", 1400))), payment.Taken, 0, 1400, 0)
	_, err = i.Increment(b.Context(), b.change(c, "increment/2000", 2000))
	b.refuses("raising what is taken", err, fail.Conflict)
}

func incrementRefused(b *bench) {
	i, ok := b.Provider.(payment.Incrementer)
	if !ok {
		b.Skip("it raises no holds")
	}
	b.need(Tight)
	c := b.paid(b.ask(1000), Tight)
	up := b.must(i.Increment(b.Context(), b.change(c, "increment/1500", 1500)))
	b.is(up, payment.Held, 1000, 0, 0)
	if up.Decline.Code == "" {
		b.Error("nothing says why")
	}
	b.is(b.find(c.Ref), payment.Held, 1000, 0, 0)
	b.is(b.must(b.Provider.Capture(b.Context(), b.change(c, "capture", 1000))), payment.Taken, 0, 1000, 0)
}
