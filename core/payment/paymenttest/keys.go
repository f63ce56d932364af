package paymenttest

import (
	"chargewright/base/fail"
	"chargewright/core/payment"
)

func repeatedKeys(b *bench) {
	a := b.ask(5000)
	first := b.authorize(a)
	if again := b.authorize(a); again.Ref != first.Ref {
		b.Errorf("asked again it is %s, at first %s", again.Ref, first.Ref)
	}
	if n := b.Count(a.Payment); n != 1 {
		b.Fatalf("%d charges for one payment", n)
	}
	b.Pay(first, Good)
	for _, s := range []struct {
		verb  string
		call  func(payment.Change) (payment.Charge, error)
		minor int64
		want  [3]int64
	}{
		{"capture", func(c payment.Change) (payment.Charge, error) { return b.Provider.Capture(b.Context(), c) }, 3000, [3]int64{0, 3000, 0}},
		{"refund/1", func(c payment.Change) (payment.Charge, error) { return b.Provider.Refund(b.Context(), c) }, 1000, [3]int64{0, 3000, 1000}},
	} {
		for range 3 {
			b.must(s.call(b.change(first, s.verb, s.minor)))
		}
		b.is(b.find(first.Ref), payment.Taken, s.want[0], s.want[1], s.want[2])
	}
	c := b.held(5000)
	for range 3 {
		b.is(b.must(b.Provider.Void(b.Context(), b.void(c))), payment.Released, 0, 0, 0)
	}
}

// lost makes the next call lose its answer, if the case can.
func (b *bench) lost() {
	b.Helper()
	if b.Next == nil {
		b.Skip("the case cannot lose answers")
	}
	b.Next(Lost)
}

// unheard checks that a call that lost its answer says so, or overcame it.
func (b *bench) unheard(verb string, err error) {
	b.Helper()
	if err != nil && !unknown(err) {
		b.Errorf("%s without an answer is %s: %v", verb, fail.KindOf(err), err)
	}
}

func lostAuthorize(b *bench) {
	a := b.ask(5000)
	b.lost()
	_, err := b.Provider.Authorize(b.Context(), a)
	b.unheard("authorize", err)
	c := b.must(b.Provider.Find(b.Context(), payment.Query{Payment: a.Payment}))
	b.is(c, payment.Open, 0, 0, 0)
	if again := b.authorize(a); again.Ref != c.Ref || b.Count(a.Payment) != 1 {
		b.Errorf("asked again it is %s, found it was %s; %d charges", again.Ref, c.Ref, b.Count(a.Payment))
	}
	b.Pay(c, Good)
	b.is(b.find(c.Ref), payment.Held, 5000, 0, 0)
}

func lostAnswers(b *bench) {
	c := b.held(5000)
	steps := []struct {
		verb  string
		minor int64
		call  func(payment.Change) (payment.Charge, error)
		want  [3]int64
	}{
		{"capture", 3000, func(x payment.Change) (payment.Charge, error) { return b.Provider.Capture(b.Context(), x) }, [3]int64{0, 3000, 0}},
		{"refund", 1000, func(x payment.Change) (payment.Charge, error) { return b.Provider.Refund(b.Context(), x) }, [3]int64{0, 3000, 1000}},
	}
	for _, s := range steps {
		b.lost()
		_, err := s.call(b.change(c, s.verb, s.minor))
		b.unheard(s.verb, err)
		b.is(b.find(c.Ref), payment.Taken, s.want[0], s.want[1], s.want[2])
		b.is(b.must(s.call(b.change(c, s.verb, s.minor))), payment.Taken, s.want[0], s.want[1], s.want[2])
		b.is(b.find(c.Ref), payment.Taken, s.want[0], s.want[1], s.want[2])
	}
	c = b.held(5000)
	b.lost()
	_, err := b.Provider.Void(b.Context(), b.void(c))
	b.unheard("void", err)
	b.is(b.must(b.Provider.Void(b.Context(), b.void(c))), payment.Released, 0, 0, 0)
	m := b.method(Good)
	later := b.later(m, 800)
	b.lost()
	_, err = b.Provider.Authorize(b.Context(), later)
	b.unheard("authorize by a saved method", err)
	b.authorize(later)
	if n := b.Count(later.Payment); n != 1 {
		b.Errorf("%d charges for one payment", n)
	}
}

func overloaded(b *bench) {
	if b.Next == nil {
		b.Skip("the case cannot turn calls away")
	}
	a := b.ask(5000)
	b.Next(Overloaded)
	_, err := b.Provider.Authorize(b.Context(), a)
	if err == nil {
		return // the adapter waited and asked again
	}
	b.refuses("a call that is turned away", err, fail.Busy)
	if n := b.Count(a.Payment); n != 0 {
		b.Errorf("it made %d charges", n)
	}
	b.authorize(a)
}

func lockedOut(b *bench) {
	if b.Next == nil {
		b.Skip("the case cannot lock us out")
	}
	a := b.ask(5000)
	b.Next(LockedOut)
	_, err := b.Provider.Authorize(b.Context(), a)
	b.refuses("bad credentials", err, fail.Denied)
	if n := b.Count(a.Payment); n != 0 {
		b.Errorf("they made %d charges", n)
	}
}
