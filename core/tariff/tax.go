package tariff

import (
	"math/big"
	"slices"

	"chargewright/base/money"
)

func perKWh(taxes []Tax) bool {
	for i := range taxes {
		if taxes[i].PerKWh != 0 {
			return true
		}
	}
	return false
}

// taxMinor taxes a sum of rounded lines: net as TaxAdded has it, gross as
// TaxIncluded has it. Each tax is rounded once.
func taxMinor(taxes []Tax, minor int64, kwh *big.Rat, t *Tariff) ([]TaxAmount, error) {
	if len(taxes) == 0 {
		return nil, nil
	}
	out := make([]TaxAmount, len(taxes))
	for i := range taxes {
		out[i].Tax = taxes[i]
	}
	var err error
	if len(taxes) == 1 && taxes[0].PerKWh == 0 {
		of := int64(money.Hundred)
		if t.Taxes == TaxIncluded {
			of += int64(taxes[0].Percent)
		}
		out[0].Minor, err = money.MulDiv(minor, int64(taxes[0].Percent), of)
		return out, err
	}
	per := new(big.Rat).SetInt64(money.Pow10(t.Currency.Exponent()))
	base := new(big.Rat).SetInt64(minor)
	base.Quo(base, per)
	if t.Taxes == TaxIncluded {
		base = netOf(taxes, base, kwh)
	}
	left := minor
	for i, x := range taxesOn(taxes, base, kwh) {
		if out[i].Minor, err = money.RoundRat(x.Mul(x, per)); err != nil {
			return nil, err
		}
		if t.Taxes == TaxIncluded {
			out[i].Minor = min(out[i].Minor, left)
			left -= out[i].Minor
		}
	}
	return out, nil
}

// taxesOn returns the exact taxes on a net amount and its energy.
func taxesOn(taxes []Tax, net, kwh *big.Rat) []*big.Rat {
	out := make([]*big.Rat, len(taxes))
	sum := new(big.Rat).Set(net)
	for i := range taxes {
		x := &taxes[i]
		out[i] = new(big.Rat)
		switch {
		case x.PerKWh != 0:
			if kwh != nil {
				out[i].Mul(kwh, x.PerKWh.Rat())
			}
		case x.OnTaxes:
			out[i].Mul(sum, x.Percent.Rat())
		default:
			out[i].Mul(net, x.Percent.Rat())
		}
		sum.Add(sum, out[i])
	}
	return out
}

// grossOf returns net and its taxes.
func grossOf(taxes []Tax, net, kwh *big.Rat) *big.Rat {
	if len(taxes) == 1 && taxes[0].PerKWh == 0 {
		r := big.NewRat(money.Hundred+int64(taxes[0].Percent), money.Hundred)
		return r.Mul(net, r)
	}
	sum := new(big.Rat).Set(net)
	for _, x := range taxesOn(taxes, net, kwh) {
		sum.Add(sum, x)
	}
	return sum
}

// netOf is the inverse of grossOf, which is linear: gross = a·net + b. A gross
// that does not cover its taxes per kWh has net 0.
func netOf(taxes []Tax, gross, kwh *big.Rat) *big.Rat {
	b := grossOf(taxes, new(big.Rat), kwh)
	a := grossOf(taxes, big.NewRat(1, 1), kwh)
	a.Sub(a, b)
	net := new(big.Rat).Sub(gross, b)
	if net.Sign() < 0 {
		return new(big.Rat)
	}
	return net.Quo(net, a)
}

// totals are the exact sums of lines before the plan, within the tariff's
// limits.
func totals(t *Tariff, lines []Line) Totals {
	s := sumsOf(t.Taxes, lines)
	if s.Net == nil {
		_, s.Gross = t.limited(lines, s.Gross, s.Gross)
		return s
	}
	s.Net, s.Gross = t.limited(lines, s.Net, s.Gross)
	return s
}

// sumsOf are the exact sums of lines before the plan.
func sumsOf(mode TaxMode, lines []Line) Totals {
	net, gross := new(big.Rat), new(big.Rat)
	known := true
	for i := range lines {
		taxes := lines[i].taxes
		if slices.ContainsFunc(lines[:i], func(l Line) bool { return slices.Equal(l.taxes, taxes) }) {
			continue
		}
		a, kwh := sumOf(lines[i:], taxes)
		n, g := a, a
		switch {
		case len(taxes) == 0:
			known = known && (mode != TaxIncluded || a.Sign() == 0)
		case mode == TaxIncluded:
			n = netOf(taxes, a, kwh)
		default:
			g = grossOf(taxes, a, kwh)
		}
		if i == 0 {
			net, gross = n, g
			continue
		}
		net, gross = new(big.Rat).Add(net, n), new(big.Rat).Add(gross, g)
	}
	if !known {
		net = nil
	}
	return Totals{net, gross}
}

// common is a denominator of every amount that no border cut: 10⁶ (price) times
// the nanoseconds of an hour, which the mWh of a kWh divide.
const common = hour * money.One

// sumOf adds up the lines with these taxes, in major units, and their energy
// where a tax is per kWh.
func sumOf(lines []Line, taxes []Tax) (sum, kwh *big.Rat) {
	var n, x big.Int
	var rest *big.Rat
	for i := range lines {
		l := &lines[i]
		if !slices.Equal(l.taxes, taxes) {
			continue
		}
		if l.Dimension == Energy && perKWh(taxes) {
			if kwh == nil {
				kwh = new(big.Rat)
			}
			kwh.Add(kwh, l.units(l.used))
		}
		if l.used.r != nil || l.net != nil {
			if rest == nil {
				rest = new(big.Rat)
			}
			rest.Add(rest, l.price(l.used))
			continue
		}
		x.Mul(x.SetInt64(l.used.n), big.NewInt(int64(l.UnitPrice)))
		n.Add(&n, x.Mul(&x, big.NewInt(hour/l.unit)))
	}
	sum = new(big.Rat).SetFrac(&n, big.NewInt(common))
	if rest != nil {
		sum.Add(sum, rest)
	}
	return sum, kwh
}
