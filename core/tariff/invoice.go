package tariff

import (
	"math/big"
	"slices"

	"chargewright/base/money"
)

// TaxAmount is a tax and what it comes to, in minor units.
type TaxAmount struct {
	Tax   Tax
	Minor int64
}

// TaxGroup is what an invoice bills under one set of taxes, in minor units.
// Net + Tax = Gross.
type TaxGroup struct {
	Taxes           []TaxAmount
	Net, Tax, Gross int64

	taxes   []Tax
	kwh     *big.Rat // the energy billed, nil for none
	limited bool     // a limit moved it off its rates
}

// Invoice is the sum of rounded lines in minor units. Net + Tax = Gross.
// Unknown says that the prices include taxes which the tariff does not name:
// Tax is then 0 and Net is not a net.
type Invoice struct {
	Groups          []TaxGroup
	Net, Tax, Gross int64
	Unknown         bool
}

// invoice rounds the lines, taxes them, and applies limits, discount and split.
func (r *rater) invoice(out *Rating, terms Terms) error {
	v := &out.Invoice
	v.Unknown = r.t.Taxes == TaxIncluded && slices.ContainsFunc(out.Lines, func(l Line) bool {
		return len(l.taxes) == 0 && l.UnitPrice != 0
	})
	if r.plan != nil {
		for i := range out.Lines {
			if out.Lines[i].Dimension == Energy {
				out.Lines[i].Percent = r.plan.PercentOff
			}
		}
	}
	exp := r.t.Currency.Exponent()
	for i := range out.Lines {
		if err := out.Lines[i].round(exp); err != nil {
			return err
		}
	}
	if err := v.group(r.t, out.Lines); err != nil {
		return err
	}
	if err := v.spreadOverLines(out.Lines); err != nil {
		return err
	}
	if err := v.limit(r.t, out); err != nil {
		return err
	}
	if err := v.discount(r.t, out, terms.Discount); err != nil {
		return err
	}
	if terms.Split != nil {
		shares, err := terms.Split.divide(v)
		out.Shares = shares
		return err
	}
	return nil
}

// round sets Minor from the exact amount.
func (l *Line) round(exp int) (err error) {
	q := l.used.sub(l.covered)
	per := money.Pow10(exp)
	switch {
	case l.fixed != nil || l.Percent != 0 || q.r != nil:
		a := l.Amount()
		l.Minor, err = money.RoundRat(new(big.Rat).Mul(a, new(big.Rat).SetInt64(per)))
	case l.unit == 1:
		l.Minor, err = money.MulDiv(int64(l.UnitPrice)*q.n, per, money.One)
	default:
		l.Minor, err = money.MulDiv(q.n, int64(l.UnitPrice), l.unit/per*money.One)
	}
	return err
}

// group sums the lines by their taxes and taxes each sum.
func (v *Invoice) group(t *Tariff, lines []Line) (err error) {
	for i := range lines {
		l := &lines[i]
		g := v.groupOf(l.taxes)
		if g.Gross, err = money.Add(g.Gross, l.Minor); err != nil {
			return err
		}
		if l.Dimension == Energy && perKWh(l.taxes) {
			g.addEnergy(l.Quantity())
		}
	}
	for i := range v.Groups {
		g := &v.Groups[i]
		base := g.Gross
		if g.Taxes, err = taxMinor(g.taxes, base, g.kwh, t); err != nil {
			return err
		}
		for _, x := range g.Taxes {
			if g.Tax, err = money.Add(g.Tax, x.Minor); err != nil {
				return err
			}
		}
		if t.Taxes == TaxIncluded {
			g.Net = base - g.Tax
			continue
		}
		g.Net = base
		if g.Gross, err = money.Add(base, g.Tax); err != nil {
			return err
		}
	}
	return v.sum()
}

func (v *Invoice) groupOf(taxes []Tax) *TaxGroup {
	for i := range v.Groups {
		if slices.Equal(v.Groups[i].taxes, taxes) {
			return &v.Groups[i]
		}
	}
	v.Groups = append(v.Groups, TaxGroup{taxes: taxes})
	return &v.Groups[len(v.Groups)-1]
}

func (g *TaxGroup) addEnergy(kwh *big.Rat) {
	if g.kwh == nil {
		g.kwh = new(big.Rat)
	}
	g.kwh.Add(g.kwh, kwh)
}

func (v *Invoice) sum() (err error) {
	v.Net, v.Tax, v.Gross = 0, 0, 0
	for i := range v.Groups {
		if v.Tax, err = money.Add(v.Tax, v.Groups[i].Tax); err != nil {
			return err
		}
		if v.Gross, err = money.Add(v.Gross, v.Groups[i].Gross); err != nil {
			return err
		}
	}
	v.Net = v.Gross - v.Tax
	return nil
}

// spreadOverLines gives every line its part of the taxes of its group, by
// amount; the last takes the rest.
func (v *Invoice) spreadOverLines(lines []Line) error {
	for gi := range v.Groups {
		g := &v.Groups[gi]
		if len(g.taxes) == 0 {
			continue
		}
		var members []int
		var weights []int64
		for i := range lines {
			if slices.Equal(lines[i].taxes, g.taxes) {
				members = append(members, i)
				weights = append(weights, lines[i].Minor)
			}
		}
		for _, x := range g.Taxes {
			shares, err := money.Apportion(x.Minor, weights)
			if err != nil {
				return err
			}
			for k, i := range members {
				lines[i].Taxes = append(lines[i].Taxes, TaxAmount{x.Tax, shares[k]})
			}
		}
	}
	return nil
}
