package paymenttest

import (
	"context"
	"sync"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/core/payment"
)

func capturePart(b *bench) {
	c := b.held(5000)
	b.is(c, payment.Held, 5000, 0, 0)
	if !c.CaptureBefore.IsZero() && !soon(c.CaptureBefore) {
		b.Errorf("a fresh hold ends at %s", c.CaptureBefore)
	}
	if c.Method.Kind == "" || c.Method.Kind == "card" && c.Method.Last4 == "" {
		b.Errorf("paid with %+v", c.Method)
	}
	b.is(b.must(b.Provider.Capture(b.Context(), b.change(c, "capture", 1234))), payment.Taken, 0, 1234, 0)
	b.is(b.find(c.Ref), payment.Taken, 0, 1234, 0)
	byOurs := b.must(b.Provider.Find(b.Context(), payment.Query{Payment: c.Payment}))
	if byOurs.Ref != c.Ref {
		b.Errorf("by our id it is %s, by the provider's %s", byOurs.Ref, c.Ref)
	}
}

func openPage(b *bench) {
	c := b.authorize(b.ask(5000))
	b.is(c, payment.Open, 0, 0, 0)
	b.is(b.find(c.Ref), payment.Open, 0, 0, 0)
	if other := b.authorize(b.ask(5000)); other.Ref == c.Ref || other.URL == c.URL {
		b.Errorf("two payments share %s at %s", c.Ref, c.URL)
	}
}

func declined(b *bench) {
	b.need(Declined)
	c := b.paid(b.ask(5000), Declined)
	if c.Status == payment.Open { // the page lets them try another card
		b.Pay(c, Good)
		b.is(b.find(c.Ref), payment.Held, 5000, 0, 0)
		return
	}
	b.is(c, payment.Refused, 0, 0, 0)
	if c.Decline.Code == "" {
		b.Error("nothing says why")
	}
}

func challenged(b *bench) {
	b.need(Challenged)
	b.is(b.paid(b.ask(5000), Challenged), payment.Held, 5000, 0, 0)
}

func closedPage(b *bench) {
	c := b.authorize(b.ask(5000))
	v := b.must(b.Provider.Void(b.Context(), b.void(c)))
	b.Pay(c, Good)
	for _, c := range []payment.Charge{v, b.find(c.Ref)} {
		if c.Status != payment.Released && c.Status != payment.Expired || c.Held != 0 || c.Captured != 0 {
			b.Errorf("a closed page: %+v", c)
		}
	}
}

func expiredPage(b *bench) {
	if b.Expire == nil {
		b.Skip("the case cannot let a page expire")
	}
	c := b.authorize(b.ask(5000))
	b.Expire(c)
	b.is(b.find(c.Ref), payment.Expired, 0, 0, 0)
	b.Pay(c, Good)
	b.is(b.find(c.Ref), payment.Expired, 0, 0, 0)
}

func released(b *bench) {
	c := b.held(5000)
	b.is(b.must(b.Provider.Void(b.Context(), b.void(c))), payment.Released, 0, 0, 0)
	b.is(b.find(c.Ref), payment.Released, 0, 0, 0)
	_, err := b.Provider.Capture(b.Context(), b.change(c, "capture", 100))
	b.refuses("capturing what was released", err, fail.Conflict)
	b.is(b.find(c.Ref), payment.Released, 0, 0, 0)
}

func lapsed(b *bench) {
	if b.Lapse == nil {
		b.Skip("the case cannot let a hold run out")
	}
	c := b.held(5000)
	b.Lapse(c)
	b.is(b.find(c.Ref), payment.Released, 0, 0, 0)
	_, err := b.Provider.Capture(b.Context(), b.change(c, "capture", 100))
	b.refuses("capturing what ran out", err, fail.Conflict)
}

func takeAtOnce(b *bench) {
	a := b.ask(2500)
	a.Take = true
	c := b.paid(a, Good)
	b.is(c, payment.Taken, 0, 2500, 0)
	_, err := b.Provider.Capture(b.Context(), b.change(c, "capture", 2500))
	b.refuses("capturing what was taken at once", err, fail.Conflict)
	b.is(b.find(c.Ref), payment.Taken, 0, 2500, 0)
}

func holdLess(b *bench) {
	b.need(HoldLess)
	c := b.paid(b.ask(5000), HoldLess)
	b.is(c, payment.Taken, 0, 5000, 0)
	_, err := b.Provider.Capture(b.Context(), b.change(c, "capture", 1200))
	b.refuses("capturing what was taken at once", err, fail.Conflict)
	b.must(b.Provider.Refund(b.Context(), b.change(c, "refund/rest", 3800)))
	b.is(b.find(c.Ref), payment.Taken, 0, 5000, 3800)
}

func currencies(b *bench) {
	for _, currency := range b.Others {
		a := b.ask(0)
		a.Amount = money.Amount{Minor: 5120, Currency: currency} // a multiple of ten: some round three decimals
		c := b.paid(a, Good)
		b.is(c, payment.Held, 5120, 0, 0)
		b.is(b.must(b.Provider.Capture(b.Context(), b.change(c, "capture", 1230))), payment.Taken, 0, 1230, 0)
		if found := b.find(c.Ref); found.Currency != currency || found.Captured != 1230 {
			b.Errorf("1230 minor units of %s became %d of %s", currency, found.Captured, found.Currency)
		}
	}
}

func overCapture(b *bench) {
	c := b.held(5000)
	_, err := b.Provider.Capture(b.Context(), b.change(c, "capture/more", 5001))
	b.refuses("capturing 5001 of 5000", err, fail.Conflict)
	b.is(b.find(c.Ref), payment.Held, 5000, 0, 0)
	b.is(b.must(b.Provider.Capture(b.Context(), b.change(c, "capture", 5000))), payment.Taken, 0, 5000, 0)
}

func captureOnce(b *bench) {
	c := b.held(5000)
	b.must(b.Provider.Capture(b.Context(), b.change(c, "capture", 1000)))
	_, err := b.Provider.Capture(b.Context(), b.change(c, "capture/again", 1000))
	b.refuses("a second capture", err, fail.Conflict)
	b.is(b.find(c.Ref), payment.Taken, 0, 1000, 0)
}

func refunds(b *bench) {
	c := b.taken(3000)
	b.must(b.Provider.Refund(b.Context(), b.change(c, "refund/1", 1000)))
	b.is(b.find(c.Ref), payment.Taken, 0, 3000, 1000)
	_, err := b.Provider.Refund(b.Context(), b.change(c, "refund/more", 2001))
	b.refuses("giving back 2001 of 2000", err, fail.Conflict)
	b.is(b.find(c.Ref), payment.Taken, 0, 3000, 1000)
	last := b.change(c, "refund/2", 2000)
	last.Reason = "the station was faulty"
	b.is(b.must(b.Provider.Refund(b.Context(), last)), payment.Taken, 0, 3000, 3000)
	_, err = b.Provider.Refund(b.Context(), b.change(c, "refund/3", 1))
	b.refuses("giving back more than was taken", err, fail.Conflict)
	b.is(b.find(c.Ref), payment.Taken, 0, 3000, 3000)
}

func wrongState(b *bench) {
	open, held, taken := b.authorize(b.ask(700)), b.held(700), b.taken(700)
	_, err := b.Provider.Capture(b.Context(), b.change(open, "capture", 700))
	b.refuses("capturing what nobody paid", err, fail.Conflict)
	_, err = b.Provider.Refund(b.Context(), b.change(open, "refund", 700))
	b.refuses("giving back what nobody paid", err, fail.Conflict)
	_, err = b.Provider.Refund(b.Context(), b.change(held, "refund", 700))
	b.refuses("giving back what is only held", err, fail.Conflict)
	_, err = b.Provider.Void(b.Context(), b.void(taken))
	b.refuses("releasing what is taken", err, fail.Conflict)
	b.is(b.find(open.Ref), payment.Open, 0, 0, 0)
	b.is(b.find(held.Ref), payment.Held, 700, 0, 0)
	b.is(b.find(taken.Ref), payment.Taken, 0, 700, 0)
}

func invalid(b *bench) {
	for _, minor := range []int64{0, -1, -5000} {
		a := b.ask(minor)
		_, err := b.Provider.Authorize(b.Context(), a)
		b.refuses("asking for nothing or less", err, fail.Invalid)
		if n := b.Count(a.Payment); n != 0 {
			b.Errorf("%d charges of %d", n, minor)
		}
	}
	held, taken := b.held(700), b.taken(700)
	for _, minor := range []int64{0, -1} {
		_, err := b.Provider.Capture(b.Context(), b.change(held, "capture", minor))
		b.refuses("capturing nothing or less", err, fail.Invalid)
		_, err = b.Provider.Refund(b.Context(), b.change(taken, "refund", minor))
		b.refuses("giving back nothing or less", err, fail.Invalid)
	}
	wrong := b.change(held, "capture/wrong", 700)
	wrong.Amount.Currency = "SEK"
	_, err := b.Provider.Capture(b.Context(), wrong)
	b.refuses("capturing in another currency", err, fail.Invalid, fail.Conflict)
	b.is(b.find(held.Ref), payment.Held, 700, 0, 0)
	b.is(b.find(taken.Ref), payment.Taken, 0, 700, 0)
}

func notFound(b *bench) {
	none := b.ask(1).Payment
	_, err := b.Provider.Find(b.Context(), payment.Query{Payment: none})
	b.refuses("a payment nobody made", err, fail.NotFound)
	c := b.authorize(b.ask(700))
	none = c.Ref[:len(c.Ref)-1] + "_" // of the right form, and nobody's
	_, err = b.Provider.Find(b.Context(), payment.Query{Ref: none})
	b.refuses("a reference nobody has", err, fail.NotFound)
	_, err = b.Provider.Capture(b.Context(), b.change(payment.Charge{Payment: c.Payment, Ref: none}, "capture", 700))
	b.refuses("capturing it", err, fail.NotFound)
}

func ended(b *bench) {
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	if _, err := b.Provider.Find(ctx, payment.Query{Payment: b.ask(1).Payment}); err == nil || fail.Is(err, fail.NotFound) {
		b.Errorf("asking after the end: %v", err)
	}
}

func atOnce(b *bench) {
	a := b.ask(900)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := b.Provider.Authorize(b.Context(), a); err != nil && !fail.Is(err, fail.Busy) && !fail.Is(err, fail.Conflict) {
				b.Errorf("eight at once: %v", err)
			}
		})
	}
	wg.Wait()
	if n := b.Count(a.Payment); n != 1 {
		b.Fatalf("eight calls under one key made %d charges", n)
	}
	c := b.authorize(a)
	b.Pay(c, Good)
	for i := range 8 {
		wg.Go(func() {
			_, err := b.Provider.Capture(b.Context(), b.change(c, "capture/"+string(rune('a'+i)), 900))
			if err != nil && !fail.Is(err, fail.Conflict) && !fail.Is(err, fail.Busy) {
				b.Errorf("eight captures at once: %v", err)
			}
		})
	}
	wg.Wait()
	b.is(b.find(c.Ref), payment.Taken, 0, 900, 0)
}
