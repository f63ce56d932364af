package tariff

import (
	"math/big"
	"slices"

	"chargewright/base/money"
)

// limited applies the tariff's minimum and maximum to the totals of lines in
// major units. The arguments are not changed.
func (t *Tariff) limited(lines []Line, net, gross *big.Rat) (n, g *big.Rat) {
	if t.Min == nil && t.Max == nil {
		return net, gross
	}
	taxed := slices.ContainsFunc(lines, func(l Line) bool { return len(l.taxes) > 0 }) ||
		gross.Sign() == 0 && len(t.firstTaxes()) > 0
	if t.Min != nil {
		net, gross = t.bound(t.Min, 1, taxed, net, gross)
	}
	if t.Max != nil {
		net, gross = t.bound(t.Max, -1, taxed, net, gross)
	}
	return net, gross
}

// bound raises (sign 1) or lowers (sign −1) each side to its limit. Without
// taxes the sides are one, and the side in which the prices are given decides.
func (t *Tariff) bound(l *Limit, sign int, taxed bool, net, gross *big.Rat) (n, g *big.Rat) {
	if !taxed {
		side := l.Net
		if side == nil || (t.Taxes == TaxIncluded && l.Gross != nil) {
			side = l.Gross
		}
		n = hit(side, sign, net)
		return n, n
	}
	n, g = hit(l.Net, sign, net), hit(l.Gross, sign, gross)
	if l.Gross == nil && n != net {
		g = t.follow(net, gross, n)
	}
	if l.Net == nil && g != gross {
		n = t.follow(gross, net, g)
	}
	return n, g
}

func hit(limit *money.Price, sign int, x *big.Rat) *big.Rat {
	if limit == nil {
		return x
	}
	if l := limit.Rat(); l.Cmp(x) == sign {
		return l
	}
	return x
}

// follow returns what other becomes when one side moves from was to now: in
// proportion, or, from nothing, by the taxes of the tariff's first taxed
// component.
func (t *Tariff) follow(was, other, now *big.Rat) *big.Rat {
	if was.Sign() != 0 {
		r := new(big.Rat).Mul(other, now)
		return r.Quo(r, was)
	}
	taxes := t.firstTaxes()
	unit := grossOf(taxes, big.NewRat(1, 1), nil)
	if t.Min != nil && t.Min.Net == nil {
		return new(big.Rat).Quo(now, unit)
	}
	return unit.Mul(unit, now)
}

func (t *Tariff) firstTaxes() (taxes []Tax) {
	t.any(func(c *Component) bool {
		taxes = c.Taxes
		return len(taxes) > 0
	})
	return taxes
}

// limit brings the invoice within the limits and adds one line that says so.
func (v *Invoice) limit(t *Tariff, out *Rating) error {
	if t.Min == nil && t.Max == nil {
		return nil
	}
	major := func(minor int64) *big.Rat { return money.Amount{Minor: minor, Currency: t.Currency}.Rat() }
	n, g := t.limited(out.Lines, major(v.Net), major(v.Gross))
	net, err := money.FromRat(n, t.Currency)
	if err != nil {
		return err
	}
	gross, err := money.FromRat(g, t.Currency)
	if err != nil {
		return err
	}
	if v.Unknown && v.Gross != 0 {
		tax, err := money.MulDiv(v.Tax, gross.Minor, v.Gross)
		if err != nil {
			return err
		}
		net.Minor = gross.Minor - tax
	}
	if net.Minor == v.Net && gross.Minor == v.Gross {
		return nil
	}
	dim := MaxPrice
	if net.Minor > v.Net || gross.Minor > v.Gross {
		dim = MinPrice
	}
	before := v.copy()
	if err := v.retotal(t, net.Minor, gross.Minor); err != nil {
		return err
	}
	out.Lines = append(out.Lines, v.difference(t, dim, before))
	return nil
}

// retotal spreads new totals over the groups: net by net, tax by tax.
func (v *Invoice) retotal(t *Tariff, net, gross int64) error {
	if len(v.Groups) == 0 || (v.Tax == 0 && gross != net && !v.taxed()) {
		v.groupOf(t.firstTaxes())
	}
	nets, taxes := make([]int64, len(v.Groups)), make([]int64, len(v.Groups))
	for i := range v.Groups {
		nets[i], taxes[i] = v.Groups[i].Net, v.Groups[i].Tax
	}
	if v.Tax == 0 {
		taxes = v.taxWeights()
	}
	newNet, err := money.Apportion(net, nets)
	if err != nil {
		return err
	}
	newTax, err := money.Apportion(gross-net, taxes)
	if err != nil {
		return err
	}
	for i := range v.Groups {
		v.Groups[i].limited = true
		if err := v.Groups[i].reset(newNet[i], newTax[i]); err != nil {
			return err
		}
	}
	return v.sum()
}

func (v *Invoice) taxed() bool {
	for i := range v.Groups {
		if len(v.Groups[i].taxes) > 0 {
			return true
		}
	}
	return false
}

// taxWeights spreads tax that comes from nothing: by net over the groups that
// have taxes, all to the last of them if there is no net either.
func (v *Invoice) taxWeights() []int64 {
	w, last, sum := make([]int64, len(v.Groups)), 0, int64(0)
	for i := range v.Groups {
		if len(v.Groups[i].taxes) > 0 {
			last, w[i] = i, v.Groups[i].Net
			sum += w[i]
		}
	}
	if sum == 0 {
		w[last] = 1
	}
	return w
}

// reset gives the group a new net and tax; its taxes keep their proportions.
func (g *TaxGroup) reset(net, tax int64) error {
	weights := make([]int64, len(g.taxes))
	if len(g.Taxes) == 0 && len(g.taxes) > 0 {
		g.Taxes = make([]TaxAmount, len(g.taxes))
	}
	for i := range g.Taxes {
		g.Taxes[i].Tax = g.taxes[i]
		weights[i] = g.Taxes[i].Minor
	}
	if len(weights) > 0 {
		shares, err := money.Apportion(tax, weights)
		if err != nil {
			return err
		}
		for i := range g.Taxes {
			g.Taxes[i].Minor = shares[i]
		}
	}
	gross, err := money.Add(net, tax)
	g.Net, g.Tax, g.Gross = net, tax, gross
	return err
}

func (v *Invoice) copy() Invoice {
	c := *v
	c.Groups = make([]TaxGroup, len(v.Groups))
	for i, g := range v.Groups {
		g.Taxes = append([]TaxAmount(nil), g.Taxes...)
		c.Groups[i] = g
	}
	return c
}

// difference is the line that leads from before to v.
func (v *Invoice) difference(t *Tariff, d Dimension, before Invoice) Line {
	l := Line{Dimension: d, Unit: "session", unit: 1, used: exact{n: 1}, Minor: v.Net - before.Net}
	if t.Taxes == TaxIncluded {
		l.Minor = v.Gross - before.Gross
	}
	l.fixed = money.Amount{Minor: l.Minor, Currency: t.Currency}.Rat()
	for i := range v.Groups {
		for k, x := range v.Groups[i].Taxes {
			if i < len(before.Groups) && k < len(before.Groups[i].Taxes) {
				x.Minor -= before.Groups[i].Taxes[k].Minor
			}
			l.Taxes = append(l.Taxes, x)
		}
	}
	return l
}
