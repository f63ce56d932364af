package payment_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/store/storetest"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
	"chargewright/schema"
)

// inTime runs fn in a bubble of time with the runner at work.
func inTime(t *testing.T, fn func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, storetest.SQLite(t, schema.FS))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.runner.Run(ctx) }()
		fn(b)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestAnOutageIsWaitedOut(t *testing.T) {
	inTime(t, func(b *bench) {
		p := b.plan(order(5000))
		time.Sleep(time.Second)
		b.buy(b.get(p.ID), simpay.Good)
		b.sim.Misbehave(simpay.Mood{Down: true})
		b.capture(p.ID, 4000)
		time.Sleep(3 * time.Hour)
		b.is(p.ID, payment.Held, 5000, 0, 0)
		b.sim.Misbehave(simpay.Mood{})
		time.Sleep(4 * time.Hour)
		b.is(p.ID, payment.Taken, 0, 4000, 0)
	})
}

func TestAnOutageOfADayIsAPersons(t *testing.T) {
	inTime(t, func(b *bench) {
		p := b.plan(order(5000))
		time.Sleep(time.Second)
		b.buy(b.get(p.ID), simpay.Good)
		b.sim.Misbehave(simpay.Mood{Down: true})
		b.capture(p.ID, 4000)
		time.Sleep(15 * time.Hour)
		if s := b.step(p.ID, "capture"); s.State != payment.StepSent {
			b.Errorf("given up too early: %+v", s)
		}
		time.Sleep(3 * time.Hour)
		if s := b.step(p.ID, "capture"); s.State != payment.StepUnknown || b.get(p.ID).Trouble != payment.Unknown {
			b.Errorf("%+v", s)
		}
	})
}

// A provider that hangs is not waited for longer than a call may take.
func TestAProviderThatHangs(t *testing.T) {
	inTime(t, func(b *bench) {
		b.sim.Misbehave(simpay.Mood{Delay: time.Hour})
		p := b.plan(order(5000))
		time.Sleep(time.Minute)
		if s := b.step(p.ID, "authorize"); s.Attempts != 3 || s.State != payment.StepSent {
			b.Errorf("after a minute: %+v", s)
		}
		b.sim.Misbehave(simpay.Mood{})
		time.Sleep(time.Minute)
		b.is(p.ID, payment.Open, 0, 0, 0)
		if n := len(b.sim.Charges(p.ID)); n != 1 {
			b.Errorf("%d charges", n)
		}
	})
}

func TestAHoldThatNobodyTakesIsSpokenOfAndEnds(t *testing.T) {
	inTime(t, func(b *bench) {
		p := b.plan(order(5000))
		time.Sleep(time.Second)
		b.buy(b.get(p.ID), simpay.Good)
		expiring := func() bool {
			return slices.Contains(b.said(), "payment.expiring "+p.ID)
		}
		time.Sleep(6 * 24 * time.Hour)
		if expiring() {
			b.Error("spoken of a day before its end")
		}
		time.Sleep(13 * time.Hour)
		if !expiring() {
			b.Error("not spoken of half a day before its end")
		}
		time.Sleep(24 * time.Hour)
		b.learn(p)
		b.is(p.ID, payment.Released, 0, 0, 0)
	})
}
