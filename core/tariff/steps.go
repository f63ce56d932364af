package tariff

import (
	"math/big"
	"time"

	"chargewright/base/money"
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

// whole is a time in ns without its fraction.
func (a exact) whole() time.Duration {
	n := a.n
	if a.r != nil {
		n += new(big.Int).Quo(a.r.Num(), a.r.Denom()).Int64()
	}
	return time.Duration(n)
}
