package payment_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
)

// wires stands between the room and a provider: it kills the caller, or changes
// what is answered.
type wires struct {
	*simpay.Sim
	mu     sync.Mutex
	kill   string // "before" or "after" the next call
	err    error  // instead of the next call
	change func(*payment.Charge)
}

var errKilled = errors.New("killed")

// cross is one call over the wires.
func (w *wires) cross(call func() (payment.Charge, error)) (payment.Charge, error) {
	w.mu.Lock()
	kill, change, instead := w.kill, w.change, w.err
	w.kill, w.err = "", nil
	w.mu.Unlock()
	if instead != nil {
		return payment.Charge{}, instead
	}
	if kill == "before" {
		panic(errKilled)
	}
	c, err := call()
	if kill == "after" {
		panic(errKilled)
	}
	if err == nil && change != nil {
		change(&c)
	}
	return c, err
}

func (w *wires) Authorize(ctx context.Context, a payment.Ask) (payment.Charge, error) {
	return w.cross(func() (payment.Charge, error) { return w.Sim.Authorize(ctx, a) })
}

func (w *wires) Capture(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return w.cross(func() (payment.Charge, error) { return w.Sim.Capture(ctx, c) })
}

func (w *wires) Void(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return w.cross(func() (payment.Charge, error) { return w.Sim.Void(ctx, c) })
}

func (w *wires) Refund(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return w.cross(func() (payment.Charge, error) { return w.Sim.Refund(ctx, c) })
}

func (w *wires) Increment(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return w.cross(func() (payment.Charge, error) { return w.Sim.Increment(ctx, c) })
}

func (w *wires) Find(ctx context.Context, q payment.Query) (payment.Charge, error) {
	c, err := w.Sim.Find(ctx, q)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil && w.change != nil {
		w.change(&c)
	}
	return c, err
}

// wired puts wires between the room and its provider.
func (b *bench) wired() *wires {
	w := &wires{Sim: b.sim}
	b.ps = payment.Providers{sim: w}
	b.wire()
	return w
}

func (w *wires) alter(change func(*payment.Charge)) {
	w.mu.Lock()
	w.change = change
	w.mu.Unlock()
}

// run makes a step, and survives its death.
func (b *bench) run(step string) (killed bool) {
	b.Helper()
	defer func() {
		if v := recover(); v != nil {
			if v != errKilled { //nolint:errorlint // the very value
				panic(v)
			}
			killed = true
		}
	}()
	if err := payment.Run(b.Context(), b.db, b.ps, backTo, step); err != nil {
		b.Fatal(err)
	}
	return false
}

// the troubles of one call, and what the room does under them
var troubles = []simpay.Trouble{simpay.LoseAnswer, simpay.LoseCall, simpay.Overload, simpay.LockOut}

func TestTroubleDelaysAndChangesNothing(t *testing.T) {
	each(t, func(b *bench) {
		for _, x := range troubles {
			befall := func() { b.sim.Misbehave(simpay.Mood{Calls: []simpay.Trouble{x, x, x}}) }
			befall()
			p := b.open(order(5000))
			if p.Status != payment.Planned {
				b.Errorf("%s: nobody answered, and it is %s", x, p.Status)
			}
			for range 4 {
				b.hurry()
			}
			b.buy(b.get(p.ID), simpay.Good)
			befall()
			b.raise(p.ID, 6000)
			b.drain()
			for range 4 {
				b.hurry()
			}
			befall()
			b.capture(p.ID, 5500)
			b.drain()
			for range 4 {
				b.hurry()
			}
			befall()
			b.refund(p.ID, "x", 500, "")
			b.drain()
			for range 4 {
				b.hurry()
			}
			b.is(p.ID, payment.Taken, 0, 5500, 500)
			if n := len(b.sim.Charges(p.ID)); n != 1 {
				b.Errorf("%s: %d charges", x, n)
			}
			if s := b.step(p.ID, "capture"); s.State != payment.StepDone || s.Attempts != 4 {
				b.Errorf("%s: %+v", x, s)
			}
		}
		if got := b.balances(); got != "clearing/sim 20000, receivable/guest/ses_1 -20000" {
			b.Error(got)
		}
	})
}

func TestKilledBetweenAnyTwoSteps(t *testing.T) {
	each(t, func(b *bench) {
		w := b.wired()
		for _, when := range []string{"before", "after"} {
			die := func(step string) {
				b.Helper()
				w.kill = when
				if !b.run(step) {
					b.Fatalf("%s: nobody was killed %s it", step, when)
				}
				if s := b.step(cut(step)); s.State != payment.StepSent {
					b.Errorf("%s after the kill: %+v", step, s)
				}
				if b.run(step) {
					b.Error("it ran while the lease stood")
				}
				b.hurry()
			}
			p := b.plan(order(5000))
			die(p.ID + "/authorize")
			b.buy(b.get(p.ID), simpay.Good)
			b.capture(p.ID, 4000)
			die(p.ID + "/capture")
			b.refund(p.ID, "x", 1000, "")
			die(p.ID + "/refund/x")
			b.is(p.ID, payment.Taken, 0, 4000, 1000)
			if n := len(b.sim.Charges(p.ID)); n != 1 {
				b.Errorf("killed %s: %d charges", when, n)
			}
			q := b.held(900)
			b.void(q.ID)
			die(q.ID + "/void")
			b.is(q.ID, payment.Released, 0, 0, 0)
		}
		if got := b.balances(); got != "clearing/sim 6000, receivable/guest/ses_1 -6000" {
			b.Error(got)
		}
	})
}

// cut takes a step's id apart.
func cut(step string) (payment, end string) {
	payment, end, _ = strings.Cut(step, "/")
	return payment, end
}

func TestNobodyAnswersForADay(t *testing.T) {
	each(t, func(b *bench) {
		p := b.held(5000)
		b.capture(p.ID, 4000)
		b.sim.Misbehave(simpay.Mood{Calls: []simpay.Trouble{simpay.LoseAnswer}})
		b.drain()
		b.sim.Misbehave(simpay.Mood{Down: true})
		for range 14 {
			b.hurry()
		}
		s := b.step(p.ID, "capture")
		if got := b.get(p.ID); s.State != payment.StepUnknown || got.Trouble != payment.Unknown || got.Status != payment.Held {
			b.Fatalf("%+v of %+v", s, got)
		}
		list := do(b, func(tx *store.Tx) ([]payment.Payment, error) {
			return payment.List(tx, ours, payment.Filter{Trouble: true}, time.Time{}, "", 10)
		})
		if len(list) != 1 {
			b.Errorf("a person is shown %d", len(list))
		}
		retry := func() error { return b.try(func(tx *store.Tx) error { return payment.Retry(tx, ours, s.ID) }) }
		if err := b.try(func(tx *store.Tx) error { return payment.Retry(tx, theirs, s.ID) }); !fail.Is(err, fail.NotFound) {
			b.Errorf("another tenant: %v", err)
		}
		b.sim.Misbehave(simpay.Mood{})
		if err := retry(); err != nil {
			b.Fatal(err)
		}
		b.drain()
		b.is(p.ID, payment.Taken, 0, 4000, 0)
		if err := retry(); !fail.Is(err, fail.Conflict) {
			b.Errorf("again: %v", err)
		}
	})
}

// What was unknown is settled by the first news of it, and by a person's word.
func TestWhatIsUnknownEnds(t *testing.T) {
	each(t, func(b *bench) {
		stuck := func() payment.Payment {
			p := b.held(5000)
			b.capture(p.ID, 4000)
			b.sim.Misbehave(simpay.Mood{Down: true})
			b.drain()
			for range 14 {
				b.hurry()
			}
			b.sim.Misbehave(simpay.Mood{})
			return p
		}
		seen := stuck()
		if _, err := b.sim.Capture(b.Context(), payment.Change{Payment: seen.ID, Ref: seen.Ref, Key: seen.ID + "/capture", Amount: eur(4000)}); err != nil {
			b.Fatal(err)
		}
		b.must(func(tx *store.Tx) error {
			tx.Write(`UPDATE payment_payment SET look_at = 1 WHERE look_at IS NOT NULL`)
			return nil
		})
		if err := payment.Sweep(b.Context(), b.db, b.ps); err != nil {
			b.Fatal(err)
		}
		b.is(seen.ID, payment.Taken, 0, 4000, 0)
		if s := b.step(seen.ID, "capture"); s.State != payment.StepDone {
			b.Errorf("%+v", s)
		}
		left := stuck()
		b.must(func(tx *store.Tx) error { return payment.GiveUp(tx, ours, left.ID+"/capture", "the session was free") })
		b.is(left.ID, payment.Held, 5000, 0, 0)
		if s := b.step(left.ID, "capture"); s.State != payment.StepRefused || s.Outcome != payment.GivenUp || s.Answer != "the session was free" {
			b.Errorf("%+v", s)
		}
		b.void(left.ID)
		b.drain()
		b.is(left.ID, payment.Released, 0, 0, 0)
	})
}

// No answer ever arrives, and the provider can still be asked: what it has is
// what became of the step.
func TestTheLastAttemptAsks(t *testing.T) {
	each(t, func(b *bench) {
		for trouble, want := range map[simpay.Trouble]payment.Step{
			simpay.LoseAnswer: {State: payment.StepDone}, simpay.LoseCall: {State: payment.StepRefused, Outcome: payment.NotMade},
		} {
			p := b.held(5000)
			b.capture(p.ID, 4000)
			b.sim.Misbehave(simpay.Mood{Calls: slices.Repeat([]simpay.Trouble{trouble}, 20)})
			b.drain()
			for range 14 {
				b.hurry()
			}
			if s := b.step(p.ID, "capture"); s.State != want.State || s.Outcome != want.Outcome || s.Attempts != 12 {
				b.Errorf("%s: %+v", trouble, s)
			}
			b.sim.Misbehave(simpay.Mood{})
			c := b.sim.Charges(p.ID)[0]
			b.is(p.ID, c.Status, c.Held, c.Captured, 0)
		}
	})
}

// Somebody died after the call, and the next one is refused: it may still have
// had its effect.
func TestARefusalAfterADeathIsNotBelieved(t *testing.T) {
	each(t, func(b *bench) {
		w := b.wired()
		for _, kind := range []fail.Kind{fail.Invalid, fail.NotFound} {
			p := b.plan(order(5000))
			w.kill = "after"
			b.run(p.ID + "/authorize")
			w.err = fail.New(kind, "test", "no")
			b.hurry()
			b.is(p.ID, payment.Open, 0, 0, 0)
			q := b.plan(order(5000))
			w.err = fail.New(kind, "test", "no")
			b.drain()
			b.is(q.ID, payment.Refused, 0, 0, 0)
		}
	})
}

// A capture that the provider refused while the hold stands is a person's to
// decide: again, or not at all.
func TestARefusedCaptureIsMadeAgainByAPerson(t *testing.T) {
	each(t, func(b *bench) {
		w := b.wired()
		refused := func() payment.Payment {
			p := b.held(5000)
			b.capture(p.ID, 4000)
			w.err = fail.New(fail.Conflict, "test", "the capture did not succeed")
			b.drain()
			if s := b.step(p.ID, "capture"); s.State != payment.StepRefused || s.Outcome != payment.Impossible || s.Answer == "" {
				b.Fatalf("%+v", s)
			}
			b.is(p.ID, payment.Held, 5000, 0, 0)
			if r := b.capture(p.ID, 4000); r.No != payment.Failed || r.Step == "" {
				b.Errorf("asked again: %+v", r)
			}
			return p
		}
		again := refused()
		retry := func() error {
			return b.try(func(tx *store.Tx) error { return payment.Retry(tx, ours, again.ID+"/capture") })
		}
		if err := retry(); err != nil {
			b.Fatal(err)
		}
		b.drain()
		b.is(again.ID, payment.Taken, 0, 4000, 0)
		if err := retry(); !fail.Is(err, fail.Conflict) {
			b.Errorf("when it is done: %v", err)
		}
		left := refused()
		b.void(left.ID)
		b.drain()
		b.is(left.ID, payment.Released, 0, 0, 0)
	})
}

// What somebody gave back elsewhere was taken for the effect of our refund, which
// then was refused: it is the payment's account that bears it.
func TestARefundThatWasNotOurs(t *testing.T) {
	each(t, func(b *bench) {
		p := b.taken(3000)
		b.refund(p.ID, "x", 2000, "goodwill")
		b.sim.Misbehave(simpay.Mood{Calls: []simpay.Trouble{simpay.LoseCall}})
		b.drain()
		if err := b.sim.GiveBack(p.Ref, 2500); err != nil {
			b.Fatal(err)
		}
		b.learn(p)
		if got := b.balances(); got != "clearing/sim 500, goodwill 2000, receivable/guest/ses_1 -2500" {
			b.Error(got)
		}
		b.hurry()
		if s := b.step(p.ID, "refund/x"); s.State != payment.StepRefused || s.Outcome != payment.Impossible {
			b.Errorf("%+v", s)
		}
		if got := b.balances(); got != "clearing/sim 500, receivable/guest/ses_1 -500" {
			b.Error(got)
		}
	})
}

// After days a key may be forgotten: what the provider has is asked first.
func TestAnOldKeyIsNotTrusted(t *testing.T) {
	each(t, func(b *bench) {
		p := b.held(5000)
		b.capture(p.ID, 4000)
		b.drain()
		b.refund(p.ID, "x", 1000, "")
		b.sim.Misbehave(simpay.Mood{Calls: []simpay.Trouble{simpay.LoseAnswer}})
		b.drain()
		b.must(func(tx *store.Tx) error {
			tx.Write(`UPDATE payment_step SET sent_at = $1 WHERE ended_at IS NULL`, tx.Now().Add(-48*time.Hour))
			return nil
		})
		w := b.wired() // whose provider would do it again
		w.kill = "before"
		b.hurry()
		if w.kill == "" {
			b.Fatal("the provider was called under a key that it may have forgotten")
		}
		b.is(p.ID, payment.Taken, 0, 4000, 1000)
		if s := b.step(p.ID, "refund/x"); s.State != payment.StepDone {
			b.Errorf("%+v", s)
		}
	})
}

func TestStepsOfAPaymentFollowOneAnother(t *testing.T) {
	each(t, func(b *bench) {
		p := b.taken(5000)
		b.sim.Misbehave(simpay.Mood{Calls: []simpay.Trouble{simpay.LoseCall}})
		b.refund(p.ID, "a", 100, "x/a")
		b.drain()
		b.refund(p.ID, "b", 200, "x/b")
		b.drain()
		if s := b.step(p.ID, "refund/b"); s.State != payment.StepPlanned || s.Attempts != 0 {
			b.Errorf("it overtook: %+v", s)
		}
		b.hurry()
		b.is(p.ID, payment.Taken, 0, 5000, 300)
		if got := b.balances(); got != "clearing/sim 4700, receivable/guest/ses_1 -5000, x/a 100, x/b 200" {
			b.Error(got)
		}
	})
}

func TestManyRunnersMakeOneStep(t *testing.T) {
	each(t, func(b *bench) {
		p := b.held(5000)
		b.capture(p.ID, 4000)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := payment.Run(b.Context(), b.db, b.ps, backTo, p.ID+"/capture"); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		b.is(p.ID, payment.Taken, 0, 4000, 0)
		if s := b.step(p.ID, "capture"); s.Attempts != 1 {
			b.Errorf("%+v", s)
		}
	})
}

// Nothing that cannot be true is booked, and nothing more is done.
func TestStrangeNews(t *testing.T) {
	each(t, func(b *bench) {
		w := b.wired()
		for name, change := range map[string]func(*payment.Charge){
			"another currency":       func(c *payment.Charge) { c.Currency = "SEK" },
			"more than was asked":    func(c *payment.Charge) { c.Captured += 5000 },
			"more back than taken":   func(c *payment.Charge) { c.Refunded = c.Captured + 1 },
			"another charge":         func(c *payment.Charge) { c.Ref += "x" },
			"of another payment":     func(c *payment.Charge) { c.Payment += "x" },
			"a state nobody knows":   func(c *payment.Charge) { c.Status = "pending" },
			"less than nothing":      func(c *payment.Charge) { c.Captured = -1 },
			"taken with nothing":     func(c *payment.Charge) { c.Captured = 0 },
			"a reference of a novel": func(c *payment.Charge) { c.URL = strings.Repeat("x", 5000) },
			"a text with a hole":     func(c *payment.Charge) { c.URL = "x\x00" },
			"a monstrous dispute": func(c *payment.Charge) {
				c.Dispute = &payment.Dispute{Ref: "d", Amount: 1 << 60, State: payment.DisputeOpen}
			},
			"a dispute of no state": func(c *payment.Charge) { c.Dispute = &payment.Dispute{Ref: "d", Amount: 1, State: "lodged"} },
		} {
			b.strange(name, w, change)
		}
	})
}

// strange has a payment told something that cannot be, looked at in vain, and
// looked at when it is mended.
func (b *bench) strange(name string, w *wires, change func(*payment.Charge)) {
	b.Helper()
	before := b.balances()
	p := b.held(5000)
	w.alter(change)
	b.capture(p.ID, 4000)
	b.drain()
	b.refund(p.ID, "x", 10, "")
	for range 2 {
		b.hurry()
	}
	if got := b.get(p.ID); got.Trouble != payment.Strange || got.Why == "" || got.Captured != 0 || got.Status != payment.Held {
		b.Errorf("%s: %+v", name, got)
	}
	if x := b.balances(); x != before {
		b.Errorf("%s is booked: %s", name, x)
	}
	if r := b.void(p.ID); r.No != payment.Doubtful {
		b.Errorf("%s: a release: %+v", name, r)
	}
	look := func() error { return payment.Clear(b.Context(), b.db, b.ps, ours, p.ID) }
	if err := look(); err != nil || b.get(p.ID).Trouble != payment.Strange {
		b.Errorf("%s: looked at, and nothing changed: %v", name, err)
	}
	w.alter(nil)
	if err := look(); err != nil {
		b.Fatal(name, err)
	}
	b.drain()
	b.is(p.ID, payment.Taken, 0, 4000, 0)
	if s := b.step(p.ID, "capture"); s.State != payment.StepDone {
		b.Errorf("%s: %+v", name, s)
	}
	if err := look(); !fail.Is(err, fail.Conflict) {
		b.Errorf("%s: nothing is strange any more: %v", name, err)
	}
}
