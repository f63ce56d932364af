package tariff

import (
	"math/big"
	"slices"
	"time"

	"chargewright/base/money"
	"chargewright/base/store"
)

// PriceStep is the price of a kWh from a time on.
type PriceStep struct {
	At    time.Time
	Price money.Price
	None  bool // energy is free: no component prices it
}

// EnergyPrices returns what a kWh costs over a session, a step for each change,
// as Rate prices it: by the same borders, restrictions and legal profile. It
// gives the price on which energy is billed, whether or not any flowed then.
func EnergyPrices(t *Tariff, s *Session) ([]PriceStep, error) {
	if err := s.check(t); err != nil {
		return nil, err
	}
	r := rater{t: t, s: s, b: s.borders(t)}
	var out []PriceStep
	var seg *Segment
	var passed exact
	err := walk(s, r.b, func(p *piece) error {
		if p.seg != seg {
			seg, passed = p.seg, exact{}
		}
		at := p.seg.Start.Add(passed.whole())
		passed = passed.add(p.time)
		if p.seg.State == ReservedState {
			return nil
		}
		c := r.energyPrice(p)
		step := PriceStep{At: at, Price: c.price, None: c.comp == nil}
		r.begun = true
		if n := len(out); n == 0 || out[n-1].Price != step.Price || out[n-1].None != step.None {
			out = append(out, step)
		}
		return nil
	})
	return out, err
}

// PricesAhead returns what a kWh will cost from the end of a session until a
// time, as if it went on charging: a step for each change, the first at its end.
// Where a formula's index has no slot yet the steps end; a slot that runs without
// a price has the fallback for good.
func PricesAhead(t *Tariff, s *Session, until time.Time) ([]PriceStep, error) {
	if len(s.Segments) == 0 || !until.After(s.Segments[len(s.Segments)-1].End) {
		return nil, nil
	}
	last := s.Segments[len(s.Segments)-1]
	if most := s.Segments[0].Start.Add(MaxSpan); until.After(most) {
		until = most
	}
	power := last.power()
	longer := *s
	longer.Segments = append(slices.Clone(s.Segments), Segment{Start: last.End, End: known(t, s, last.End, until), State: Charging, Current: last.Current, Power: &power})
	steps, err := EnergyPrices(t, &longer)
	if err != nil {
		return nil, err
	}
	i := len(steps)
	for i > 0 && steps[i-1].At.After(last.End) {
		i--
	}
	if i > 0 {
		i--
		steps[i].At = last.End
	}
	return steps[i:], nil
}

// shownAhead is how far ahead Ahead looks: the rest of today and tomorrow.
const shownAhead = 36 * time.Hour

// Ahead returns what a kWh costs of a session that begins now at a place, as
// PricesAhead does.
func Ahead(tx *store.Tx, tenant string, t *Tariff, at Where, zone *time.Location, now time.Time) ([]PriceStep, error) {
	until := now.Add(shownAhead)
	u, err := AlmanacOf(tx, tenant, t, at, zone, now, until)
	if err != nil {
		return nil, err
	}
	s := &Session{Zone: zone, Segments: []Segment{{Start: now, End: now, State: Charging}}, Slots: u.Slots, Holidays: u.Holidays}
	return PricesAhead(t, s, until)
}

// known is until when, at most until, every index of the tariff has slots.
func known(t *Tariff, s *Session, from, until time.Time) time.Time {
	for _, index := range t.Indexes() {
		gaps := Missing(s.Slots[index], from, until)
		if len(gaps) > 0 && gaps[0].Start.Equal(from) && gaps[0].End.Sub(from) < longestSlot {
			gaps = gaps[1:] // of the slot that runs nothing will be known any more
		}
		if len(gaps) > 0 {
			until = gaps[0].Start
		}
	}
	return until
}

// power is the mean power of a segment in mW, 0 where it takes no time.
func (g *Segment) power() int64 {
	span := int64(g.End.Sub(g.Start))
	if g.Power != nil || span == 0 {
		return given(g.Power)
	}
	n, err := money.MulDiv(g.Energy, hour, span)
	if err != nil {
		return 0
	}
	return n
}

// whole is a time in ns without its fraction.
func (a exact) whole() time.Duration {
	n := a.n
	if a.r != nil {
		n += new(big.Int).Quo(a.r.Num(), a.r.Denom()).Int64()
	}
	return time.Duration(n)
}
