package billing_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/session"
	"chargewright/core/tariff"
)

func priced(t testing.TB, db *store.DB, id string, until time.Time) billing.Priced {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (billing.Priced, error) {
		s, _, err := session.Find(tx, id)
		if err != nil {
			return billing.Priced{}, err
		}
		return billing.Price(tx, s, until)
	})
}

// Whatever a session does, under whatever tariff: asked at its end, the running
// cost before the last message, that after it, and the receipt are one amount;
// and a tariff that only adds up never runs backwards.
func TestTheRunningCostEndsAsTheReceipt(t *testing.T) {
	n := 0
	each(t, func(t *testing.T, db *store.DB) {
		rapid.Check(t, func(rt *rapid.T) {
			n++
			id := fmt.Sprint("T", n)
			offer(t, db, tariffs(rt, id))
			v := say(t, db, beginning(id), nil)
			at, register, seq := start, 100*energy.KiloWattHour, int64(0)
			last := int64(-1)
			limited := false
			for range rapid.IntRange(0, 6).Draw(rt, "messages") {
				at = at.Add(time.Duration(rapid.IntRange(1, 5400).Draw(rt, "s")) * time.Second)
				register += energy.Energy(rapid.Int64Range(0, 9_000_000).Draw(rt, "mwh"))
				seq++
				r := beginning(id)
				r.Key, r.Seq, r.Kind, r.Token, r.At, r.Received = fmt.Sprint(seq), seq, session.Updated, "", at, at
				r.Flow = rapid.SampledFrom([]session.Flow{session.FlowCharging, session.FlowSuspendedEV, session.FlowSuspendedEVSE, session.FlowIdle, ""}).Draw(rt, "flow")
				r.Samples = []energy.Sample{{At: at, Register: register}}
				say(t, db, r, nil)
				p := priced(t, db, v.Session, at)
				limited = limited || p.Tariff.Max != nil || p.Tariff.Min != nil
				if g := p.Rating.Invoice.Gross; g < last && !limited && len(p.Held) == 0 && adds(p.Tariff) {
					rt.Fatalf("it ran from %d back to %d", last, g)
				} else {
					last = g
				}
			}
			end := at.Add(time.Duration(rapid.IntRange(0, 7200).Draw(rt, "stop")) * time.Second)
			before := priced(t, db, v.Session, end)
			r := beginning(id)
			r.Key, r.Seq, r.Kind, r.Token, r.Flow, r.At, r.Received, r.Reason = fmt.Sprint(seq+1), seq+1, session.Ended, "", "", end, end, "Local"
			r.Samples = nil
			say(t, db, r, nil)
			after := priced(t, db, v.Session, end.Add(time.Hour))
			failed := end.Sub(start) < 2*time.Minute && after.Timeline.Energy < 100*energy.WattHour
			if failed && after.Rating.Invoice.Gross != 0 {
				rt.Fatalf("a failed start costs %d", after.Rating.Invoice.Gross)
			}
			if !failed && before.Rating.Invoice.Gross != after.Rating.Invoice.Gross || after.Final {
				rt.Fatalf("running to its end %d, ended %d", before.Rating.Invoice.Gross, after.Rating.Invoice.Gross)
			}
			settle(t, db, v.Session)
			s := find(t, db, v.Session)
			if !s.Settled {
				if len(after.Held) == 0 {
					rt.Fatalf("held by %v, which the running price did not say", s.Flags)
				}
				return
			}
			if c := receipt(t, db, v.Session); c.Gross != after.Rating.Invoice.Gross || c.Net != after.Rating.Invoice.Net {
				rt.Fatalf("the receipt says %d, the running cost %d", c.Gross, after.Rating.Invoice.Gross)
			}
			if p := priced(t, db, v.Session, end); !p.Final || p.Rating.Invoice.Gross != *s.CostMinor {
				rt.Fatalf("final %t, %d", p.Final, p.Rating.Invoice.Gross)
			}
		})
	})
}

// adds reports whether each moment adds to the price and none takes away: no
// step is rounded up and undone by another that begins.
func adds(t *tariff.Tariff) bool {
	for _, e := range t.Elements {
		for _, c := range e.Components {
			if c.Step > 1 {
				return false
			}
		}
	}
	return true
}

// An open session with nothing measured yet costs its start and is not held; one
// without a tariff says so; parking goes on to cost until now.
func TestWhatRunsIsPriced(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		bare := say(t, db, beginning("bare"), nil)
		if p := priced(t, db, bare.Session, start); len(p.Held) != 1 || p.Held[0] != session.FlagNoTariff || p.Final {
			t.Errorf("without a tariff: %v", p.Held)
		}
		offer(t, db, `{"id":"P","currency":"EUR","last_updated":"2026-01-01T00:00:00Z","tax_included":"N/A","elements":[{"price_components":[
			{"type":"FLAT","price":1,"step_size":1},{"type":"ENERGY","price":0.5,"step_size":1},{"type":"PARKING_TIME","price":6,"step_size":1}]}]}`)
		v := say(t, db, beginning("run"), func(r *session.Report) { r.Samples = nil })
		if p := priced(t, db, v.Session, start); len(p.Held) != 0 || p.Rating.Invoice.Gross != 100 {
			t.Errorf("at its start: %v %d", p.Held, p.Rating.Invoice.Gross)
		}
		at := start.Add(time.Hour)
		for i, reg := range []int64{100, 110} {
			say(t, db, beginning("run"), func(r *session.Report) {
				r.Key, r.Seq, r.Kind, r.Token, r.At = fmt.Sprint(i+1), int64(i+1), session.Updated, "", start.Add(time.Duration(i)*time.Hour)
				r.Received = r.At
				r.Samples = []energy.Sample{{At: r.At, Register: energy.Energy(reg) * energy.KiloWattHour}}
				if i == 1 {
					r.Flow = session.FlowSuspendedEV
				}
			})
		}
		for after, want := range map[time.Duration]int64{0: 600, 10 * time.Minute: 700, time.Hour: 1200} {
			if p := priced(t, db, v.Session, at.Add(after)); p.Rating.Invoice.Gross != want {
				t.Errorf("%s after charging: %d, want %d; held by %v", after, p.Rating.Invoice.Gross, want, p.Held)
			}
		}
	})
}

// The price of a kWh over a session is that on which its energy is billed.
func TestPriceSteps(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, `{"id":"N","currency":"EUR","last_updated":"2026-01-01T00:00:00Z","elements":[
			{"price_components":[{"type":"ENERGY","price":0.3,"step_size":1}],"restrictions":{"max_duration":1800}},
			{"price_components":[{"type":"ENERGY","price":0.6,"step_size":1}]}]}`)
		id := charge(t, db, "steps", 10, 60, nil)
		p := priced(t, db, id, start)
		steps, err := p.Steps()
		if err != nil {
			t.Fatal(err)
		}
		if len(steps) != 2 || !steps[0].At.Equal(start) || steps[0].Price.String() != "0.30" || !steps[1].At.Equal(start.Add(30*time.Minute)) || steps[1].Price.String() != "0.60" {
			t.Fatalf("%+v", steps)
		}
		if len(p.Rating.Lines) != 2 || p.Rating.Lines[0].Minor != 150 || p.Rating.Lines[1].Minor != 300 {
			t.Errorf("%+v", p.Rating.Lines)
		}
	})
}
