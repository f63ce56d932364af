package payment_test

import (
	"slices"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
)

func TestAGuestPays(t *testing.T) {
	each(t, func(b *bench) {
		p := b.open(order(5000))
		if p.Status != payment.Open || p.URL == "" || p.Ref == "" {
			b.Fatalf("%+v", p)
		}
		b.buy(p, simpay.Good)
		b.is(p.ID, payment.Held, 5000, 0, 0)
		if got := b.get(p.ID); got.Method.Last4 != "0001" || got.URL != "" || got.Before.IsZero() {
			b.Errorf("%+v", got)
		}
		if r := b.capture(p.ID, 1234); r.Amount != 1234 || r.Short != 0 || r.No != "" {
			b.Errorf("%+v", r)
		}
		b.drain()
		b.is(p.ID, payment.Taken, 0, 1234, 0)
		b.refund(p.ID, "g", 200, "revenue/adjustment")
		b.refund(p.ID, "h", 34, "")
		b.drain()
		b.is(p.ID, payment.Taken, 0, 1234, 234)
		if got := b.balances(); got != "clearing/sim 1000, receivable/guest/ses_1 -1200, revenue/adjustment 200" {
			b.Error(got)
		}
		if said := b.said(); !slices.Contains(said, "payment.changed "+p.ID) {
			b.Errorf("the room said %v", said)
		}
		if n := b.count(`SELECT COUNT(*) FROM payment_step WHERE request <> '' OR ended_at IS NULL`); n != 0 {
			b.Errorf("%d steps have not ended, or keep their request", n)
		}
		if n := b.count(`SELECT COUNT(*) FROM outbox_event WHERE topic = 'payment.step'`); n != 0 {
			b.Errorf("%d events are left", n)
		}
	})
}

func TestAKeyIsPlannedOnce(t *testing.T) {
	each(t, func(b *bench) {
		o := order(5000)
		p := b.plan(o)
		o.Amount.Minor = 7000
		if again := b.plan(o); again.ID != p.ID || again.Asked != 5000 {
			b.Errorf("%+v", again)
		}
		b.drain()
		if n := len(b.sim.Charges("")); n != 1 {
			b.Errorf("%d charges", n)
		}
	})
}

func TestOrdersThatCannotBe(t *testing.T) {
	each(t, func(b *bench) {
		for name, change := range map[string]func(*payment.Order){
			"nothing is asked": func(o *payment.Order) { o.Amount.Minor = 0 },
			"less than that":   func(o *payment.Order) { o.Amount.Minor = -1 },
			"no currency":      func(o *payment.Order) { o.Amount.Currency = "EUX" },
			"no account":       func(o *payment.Order) { o.Account = "" },
			"no key":           func(o *payment.Order) { o.Key = "" },
			"no such mode":     func(o *payment.Order) { o.Mode = "cash" },
			"no reader":        func(o *payment.Order) { o.Mode = payment.ByReader },
			"no method":        func(o *payment.Order) { o.Mode, o.Driver = payment.BySaved, "drv_1" },
			"two lines":        func(o *payment.Order) { o.Text = "a\nb" },
			"a method of nobody": func(o *payment.Order) {
				o.Mode, o.Driver, o.Method = payment.BySaved, "drv_1", "pm_1"
			},
		} {
			o := order(100)
			change(&o)
			if err := b.try(func(tx *store.Tx) error { _, err := payment.Plan(tx, o); return err }); err == nil {
				b.Errorf("%s: it was planned", name)
			}
		}
		if n := b.count(`SELECT COUNT(*) FROM payment_payment`); n != 0 {
			b.Errorf("%d payments", n)
		}
	})
}

func TestAllThatIsHeldAndNoMore(t *testing.T) {
	each(t, func(b *bench) {
		p := b.held(5000)
		want := payment.Request{Step: p.ID + "/capture", Amount: 5000, Short: 700}
		for range 2 {
			if r := b.capture(p.ID, 5700); r != want {
				b.Errorf("%+v", r)
			}
			b.drain()
		}
		if r := b.capture(p.ID, 100); r.No != payment.Decided {
			b.Errorf("another amount: %+v", r)
		}
		if r := b.void(p.ID); r.No != payment.Decided {
			b.Errorf("a release: %+v", r)
		}
		b.is(p.ID, payment.Taken, 0, 5000, 0)
	})
}

func TestNothingIsKept(t *testing.T) {
	each(t, func(b *bench) {
		unsent := b.plan(order(5000))
		b.void(unsent.ID)
		b.is(unsent.ID, payment.Released, 0, 0, 0)
		b.drain()
		if n := len(b.sim.Charges(unsent.ID)); n != 0 {
			b.Errorf("%d charges of a payment that was taken back", n)
		}
		open := b.open(order(5000))
		b.void(open.ID)
		b.drain()
		b.is(open.ID, payment.Expired, 0, 0, 0)
		held := b.held(5000)
		if r := b.capture(held.ID, 0); r.No != "" {
			b.Errorf("nothing due: %+v", r)
		}
		b.drain()
		b.is(held.ID, payment.Released, 0, 0, 0)
		atOnce := b.paid(order(5000), simpay.Transfer)
		b.is(atOnce.ID, payment.Taken, 0, 5000, 0)
		for range 2 {
			b.void(atOnce.ID)
			b.drain()
		}
		b.is(atOnce.ID, payment.Taken, 0, 5000, 5000)
		for _, p := range []payment.Payment{unsent, open, held} {
			if r := b.capture(p.ID, 100); r.No != payment.Over {
				b.Errorf("capturing what is over: %+v", r)
			}
		}
		if got := b.balances(); got != "" {
			b.Error(got)
		}
	})
}

// The buyer pays while the page is being closed: by a method without holds.
func TestAReleaseThatComesTooLate(t *testing.T) {
	each(t, func(b *bench) {
		p := b.open(order(5000))
		b.void(p.ID)
		if err := b.sim.Pay(p.Ref, simpay.Transfer); err != nil {
			b.Fatal(err)
		}
		b.drain()
		b.is(p.ID, payment.Taken, 0, 5000, 5000)
	})
}

func TestAMethodWithoutHolds(t *testing.T) {
	each(t, func(b *bench) {
		p := b.paid(order(5000), simpay.Transfer)
		if r := b.capture(p.ID, 1200); r.Amount != 1200 || r.Short != 0 {
			b.Errorf("%+v", r)
		}
		b.drain()
		b.is(p.ID, payment.Taken, 0, 5000, 3800)
		p = b.paid(order(5000), simpay.Transfer)
		if r := b.capture(p.ID, 5600); r.Amount != 5000 || r.Short != 600 || r.Step != "" {
			b.Errorf("%+v", r)
		}
		b.drain()
		b.is(p.ID, payment.Taken, 0, 5000, 0)
	})
}

func TestWhatTheStateDoesNotAllow(t *testing.T) {
	each(t, func(b *bench) {
		open, held, taken := b.open(order(700)), b.held(700), b.taken(700)
		for what, c := range map[string]struct{ got, want payment.No }{
			"capture of a page":     {b.capture(open.ID, 1).No, payment.NotHeld},
			"refund of a page":      {b.refund(open.ID, "x", 1, "").No, payment.NotTaken},
			"refund of a hold":      {b.refund(held.ID, "x", 1, "").No, payment.NotTaken},
			"refund of too much":    {b.refund(taken.ID, "x", 701, "").No, payment.TooMuch},
			"increment of a page":   {b.raise(open.ID, 900).No, payment.NotHeld},
			"increment when taken":  {b.raise(taken.ID, 900).No, payment.Decided},
			"release of what taken": {b.void(taken.ID).No, payment.Decided},
		} {
			if c.got != c.want {
				b.Errorf("%s: %q, want %q", what, c.got, c.want)
			}
		}
		b.refund(taken.ID, "a", 600, "") // under way counts
		if r := b.refund(taken.ID, "b", 101, ""); r.No != payment.TooMuch || r.Amount != 100 {
			b.Errorf("%+v", r)
		}
		if r := b.refund(taken.ID, "a", 600, ""); r.No != "" || r.Amount != 600 {
			b.Errorf("the same again: %+v", r)
		}
		if r := b.refund(taken.ID, "a", 5, ""); r.No != payment.Decided {
			b.Errorf("another amount under the key: %+v", r)
		}
		b.drain()
		b.is(taken.ID, payment.Taken, 0, 700, 600)
	})
}

func TestAHoldIsRaised(t *testing.T) {
	each(t, func(b *bench) {
		p := b.held(1000)
		b.raise(p.ID, 1500)
		b.drain()
		b.is(p.ID, payment.Held, 1500, 0, 0)
		if r := b.capture(p.ID, 1400); r.Amount != 1400 {
			b.Errorf("%+v", r)
		}
		b.drain()
		b.is(p.ID, payment.Taken, 0, 1400, 0)

		p = b.paid(order(1000), simpay.Tight)
		b.raise(p.ID, 1500)
		b.drain()
		b.is(p.ID, payment.Held, 1000, 0, 0)
		if s := b.step(p.ID, "increment/1500"); s.State != payment.StepRefused || s.Outcome != payment.Declined {
			b.Errorf("%+v", s)
		}
		if r := b.capture(p.ID, 1400); r.Amount != 1000 || r.Short != 400 {
			b.Errorf("%+v", r)
		}
	})
}

func TestNamedRefusals(t *testing.T) {
	each(t, func(b *bench) {
		late := b.held(1000)
		if err := b.sim.Lapse(late.Ref); err != nil {
			b.Fatal(err)
		}
		b.capture(late.ID, 500)
		no := b.paid(order(1000), simpay.CaptureNo)
		b.capture(no.ID, 500)
		missing := order(1000)
		missing.Provider = "nobody"
		unknown := b.plan(missing)
		impossible := order(1000)
		impossible.Until = time.Now().Add(-time.Hour)
		never := b.plan(impossible)
		reader := order(1000)
		reader.Mode, reader.Reader = payment.ByReader, "reader_9"
		nowhere := b.plan(reader)
		b.drain()
		for range 13 {
			b.hurry()
		}
		for _, c := range []struct {
			p, step string
			outcome payment.Outcome
			status  payment.Status
		}{
			{late.ID, "capture", payment.HoldEnded, payment.Released},
			{no.ID, "capture", payment.Declined, payment.Refused},
			{unknown.ID, "authorize", payment.LockedOut, payment.Refused},
			{never.ID, "authorize", payment.Impossible, payment.Refused},
			{nowhere.ID, "authorize", payment.Impossible, payment.Refused},
		} {
			if s := b.step(c.p, c.step); s.State != payment.StepRefused || s.Outcome != c.outcome {
				b.Errorf("%s: %s %s, %q; want %s", c.step, s.State, s.Outcome, s.Answer, c.outcome)
			}
			b.is(c.p, c.status, 0, 0, 0)
		}
		if got := b.balances(); got != "" {
			b.Error(got)
		}
	})
}

func TestWhoSeesAPayment(t *testing.T) {
	each(t, func(b *bench) {
		o := order(1000)
		o.Driver = "drv_1"
		p := b.plan(o)
		driver := access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Actor: "drv_1"}
		other := access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Actor: "drv_2"}
		for name, c := range map[string]struct {
			sc   access.Scope
			sees bool
		}{
			"owner": {ours, true}, "its driver": {driver, true}, "another driver": {other, false}, "another tenant": {theirs, false},
			"a host":              {access.Scope{Tenant: ours.Tenant, Role: access.Host, Sites: []string{"site_1"}}, false},
			"a driver of no name": {access.Scope{Tenant: ours.Tenant, Role: access.DriverRole}, false},
		} {
			err := b.try(func(tx *store.Tx) error { _, err := payment.Get(tx, c.sc, p.ID); return err })
			if (err == nil) != c.sees || err != nil && !fail.Is(err, fail.NotFound) {
				b.Errorf("%s: %v", name, err)
			}
			list := do(b, func(tx *store.Tx) ([]payment.Payment, error) {
				return payment.List(tx, c.sc, payment.Filter{}, time.Time{}, "", 10)
			})
			if (len(list) == 1) != c.sees {
				b.Errorf("%s is shown %d", name, len(list))
			}
		}
	})
}

func TestFilters(t *testing.T) {
	each(t, func(b *bench) {
		o := order(1000)
		o.Driver, o.Object = "drv_1", "ses_2"
		p := b.paid(o, simpay.Good)
		b.paid(order(1000), simpay.ApplePay)
		for _, f := range []payment.Filter{
			{Driver: "drv_1"}, {Last4: "0001"}, {Fingerprint: "simfp_good"}, {Purpose: payment.ForSession, Object: "ses_2"}, {Driver: "drv_1", Last4: "0001"},
		} {
			list := do(b, func(tx *store.Tx) ([]payment.Payment, error) { return payment.List(tx, ours, f, time.Time{}, "", 10) })
			if len(list) != 1 || list[0].ID != p.ID {
				b.Errorf("%+v finds %d", f, len(list))
			}
		}
		all := do(b, func(tx *store.Tx) ([]payment.Payment, error) {
			return payment.List(tx, ours, payment.Filter{}, time.Time{}, "", 1)
		})
		rest := do(b, func(tx *store.Tx) ([]payment.Payment, error) {
			return payment.List(tx, ours, payment.Filter{}, all[0].Created, all[0].ID, 10)
		})
		if len(rest) != 1 || rest[0].ID != p.ID {
			b.Errorf("the second page: %+v", rest)
		}
		of := do(b, func(tx *store.Tx) ([]payment.Payment, error) {
			return payment.Of(tx, ours.Tenant, payment.ForSession, "ses_2")
		})
		if len(of) != 1 {
			b.Errorf("of the session: %+v", of)
		}
	})
}

func TestCurrenciesKeepTheirMinorUnits(t *testing.T) {
	each(t, func(b *bench) {
		for _, c := range []money.Currency{"JPY", "KWD"} {
			o := order(0)
			o.Amount = money.Amount{Minor: 5125, Currency: c}
			p := b.paid(o, simpay.Good)
			b.capture(p.ID, 4125)
			b.drain()
			b.is(p.ID, payment.Taken, 0, 4125, 0)
		}
	})
}
