package tariff

import (
	"errors"
	"slices"
	"time"

	"chargewright/base/money"
)

// Rates are the prices that hold at a moment of a session, for screens: with the
// taxes that the tariff adds, rounded to 10⁻⁶ of the major unit. What has no price
// costs nothing.
type Rates struct {
	Energy money.Price // per kWh
	Time   money.Price // per hour of charging
	Flat   money.Price // once, as this session has it
	Idle   money.Price // per hour in which the vehicle asks for no power
}

// Change is when other rates come to hold: at a time, or once the session has
// taken an energy. The other member is zero.
type Change struct {
	At     time.Time
	Energy int64 // mWh since the session began
	Rates  Rates
}

// ratesAhead is how far RatesAt looks for a change.
const ratesAhead = 24 * time.Hour

// RatesAt returns the prices that hold where a session has come to, by the same
// borders, restrictions and legal profile as Rate has, and their next change if
// it goes on with the power of its last segment; nil where none comes within a
// day, or before a formula's index has no slot yet.
func RatesAt(t *Tariff, s *Session) (Rates, *Change, error) {
	if err := s.check(t); err != nil {
		return Rates{}, nil, err
	}
	on := *s
	last := s.Segments[len(s.Segments)-1]
	on.Segments = append(slices.Clip(s.Segments), goOn(last, known(t, s, last.End, last.End.Add(ratesAhead))))
	var taken int64
	for i := range s.Segments {
		taken += s.Segments[i].Energy
	}
	r := rater{t: t, s: &on, b: on.borders(t)}
	var now Rates
	var next *Change
	var passed exact
	first, flat := true, false
	var fee money.Price
	var failed error
	shown := func(c *Component, price money.Price) money.Price {
		if c == nil {
			return 0
		}
		gross, err := t.withTax(c, price)
		failed = errors.Join(failed, err)
		return gross
	}
	err := walk(&on, r.b, func(p *piece) error {
		if p.seg.State == ReservedState {
			return nil
		}
		energy := r.energyPrice(p)
		r.begun = true
		if !flat {
			if c := r.find(p, Flat, NoReservation); c != nil {
				flat, fee = true, shown(c, c.Price)
			}
		}
		if p.seg != &on.Segments[len(on.Segments)-1] {
			return nil
		}
		at := func(d Dimension) money.Price {
			if c := r.find(p, d, NoReservation); c != nil {
				return shown(c, c.Price)
			}
			return 0
		}
		here := Rates{Flat: fee, Time: at(Time), Idle: at(ParkingTime), Energy: shown(energy.comp, energy.price)}
		switch {
		case first:
			now, first = here, false
		case next == nil && here != now:
			next = &Change{Rates: here}
			if slices.Contains(r.b.energies, p.taken) && p.taken > taken {
				next.Energy = p.taken
			} else {
				next.At = p.seg.Start.Add(passed.whole())
			}
		}
		passed = passed.add(p.time)
		return failed
	})
	return now, next, err
}

// goOn is a segment that goes on after another with its power until a time.
func goOn(g Segment, until time.Time) Segment {
	power := max(0, min(g.power(), maxPower))
	energy, _ := money.MulDiv(power, int64(until.Sub(g.End)), hour) // of a bounded power in a day
	return Segment{Start: g.End, End: until, Energy: energy, State: Charging, Current: g.Current, Power: &power}
}

// maxPower bounds the power that a session is thought to go on with, in mW.
const maxPower = 10_000_000_000

// withTax is a price of a component with the taxes that the tariff adds.
func (t *Tariff) withTax(c *Component, price money.Price) (money.Price, error) {
	if t.Taxes != TaxAdded {
		return price, nil
	}
	return priceOf(grossOf(c.Taxes, price.Rat(), kWhOf(c.Dimension)))
}
