package tariff

import (
	"math/big"
	"slices"

	"chargewright/base/money"
)

// Taxed returns the tariff with the taxes of a determination in place of its
// own; the prices stand. A tariff whose prices are gross keeps its gross, be the
// rate what it may; to net prices the taxes are added. Prices to which the
// tariff says no tax applies are taken as gross: what was shown is paid. Missing
// are the kinds of line that have a price and no known tax; then there is no
// tariff.
//
// Where the buyer owes the seller no tax, a gross tariff bears the taxes of a
// consumer's price; RateTaxed takes them off.
func Taxed(t *Tariff, d *Determination) (taxed *Tariff, missing []LineKind) {
	if d.Typed {
		return t, nil
	}
	out := *t
	if out.Taxes == TaxNone {
		out.Taxes = TaxIncluded
	}
	out.Elements = slices.Clone(t.Elements)
	for i := range out.Elements {
		e := &out.Elements[i]
		e.Components = slices.Clone(e.Components)
		for j := range e.Components {
			c := &e.Components[j]
			k := kindOf(e, c)
			l := d.Line(k)
			if !d.Owed && out.Taxes == TaxAdded {
				l = LineTax{Kind: k, Taxes: []Tax{d.Relief}, Known: true}
			}
			if !l.Known && c.costs() && !slices.Contains(missing, k) {
				missing = append(missing, k)
			}
			c.Taxes = l.Taxes
		}
	}
	if missing != nil {
		return nil, missing
	}
	out.Min, out.Max = out.side(t.Min), out.side(t.Max)
	return &out, nil
}

// side keeps of a limit the side in which the prices are given, if there is one:
// the other was made by another tax.
func (t *Tariff) side(l *Limit) *Limit {
	switch {
	case l == nil || l.Net == nil || l.Gross == nil:
		return l
	case t.Taxes == TaxIncluded:
		return &Limit{Gross: l.Gross}
	}
	return &Limit{Net: l.Net}
}

// RateTaxed is Rate under a tariff that Taxed returned for the same
// determination. Who owes the seller no tax pays the net of a consumer's price,
// rounded as it is there, once.
func RateTaxed(t *Tariff, s *Session, d *Determination) (Rating, error) {
	r, err := Rate(t, s)
	if err != nil || d.Typed || d.Owed || t.Taxes != TaxIncluded {
		return r, err
	}
	return r, r.relieve(d.Relief)
}

// relieve takes the taxes out of a rating whose prices include them. What is
// left is its net, under one tax of nothing.
func (r *Rating) relieve(relief Tax) error {
	for i := range r.Lines {
		if err := r.Lines[i].relieve(relief, r.Currency); err != nil {
			return err
		}
	}
	v := &r.Invoice
	v.Groups = []TaxGroup{{Taxes: []TaxAmount{{Tax: relief}}, Net: v.Net, Gross: v.Net, taxes: []Tax{relief}}}
	v.Tax, v.Gross = 0, v.Net
	if len(r.Lines) == 0 {
		v.Groups = nil
	}
	r.Taxes, r.CDR.Gross = TaxAdded, r.CDR.Net
	return nil
}

// relieve makes a gross line a net one. A price that has no end of decimals
// without its taxes is shown rounded; amounts are made from the exact one.
func (l *Line) relieve(relief Tax, c money.Currency) error {
	for _, x := range l.Taxes {
		l.Minor -= x.Minor
	}
	if l.fixed != nil {
		l.fixed = money.Amount{Minor: l.Minor, Currency: c}.Rat()
	} else {
		l.net = netOf(l.taxes, l.UnitPrice.Rat(), kWhOf(l.Dimension))
		var err error
		if l.UnitPrice, err = priceOf(l.net); err != nil {
			return err
		}
	}
	l.taxes, l.Taxes = []Tax{relief}, []TaxAmount{{Tax: relief}}
	return nil
}

// kWhOf is the energy in one unit of a dimension, of which taxes per kWh are.
func kWhOf(d Dimension) *big.Rat {
	if d == Energy {
		return big.NewRat(1, 1)
	}
	return new(big.Rat)
}

// priceOf rounds major units to a price.
func priceOf(r *big.Rat) (money.Price, error) {
	n, err := money.RoundRat(new(big.Rat).Mul(r, new(big.Rat).SetInt64(money.One)))
	return money.Price(n), err
}
