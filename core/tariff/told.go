package tariff

import (
	"math/big"
	"slices"
	"strings"

	"chargewright/base/money"
)

// toldNet are the countries in which consumers are told prices without tax.
var toldNet = []string{"US", "CA"}

// Told returns the tariff as a buyer is told it at a site in a country (ISO 3166-1)
// whose sale is taxed so: with prices that include the tax, each as a unit of it is
// billed, but where the country tells prices without. A price that the tax leaves
// without an end is rounded to 10⁻⁶ of the major unit.
//
// Where a tax is not known prices stay net, and are said to be. It is for words
// alone: sessions are rated by what Taxed returns.
func Told(t *Tariff, d *Determination, country string) *Tariff {
	taxed, missing := Taxed(t, d)
	switch {
	case missing != nil:
		return t.toldUnknown()
	case taxed.Taxes != TaxAdded || slices.Contains(toldNet, strings.ToUpper(country)):
		return taxed
	}
	out := *taxed
	out.Taxes = TaxIncluded
	out.Elements = slices.Clone(taxed.Elements)
	for i := range out.Elements {
		e := &out.Elements[i]
		e.Components = slices.Clone(e.Components)
		for j := range e.Components {
			if !e.Components[j].toGross() {
				return taxed
			}
		}
	}
	out.Min, out.Max = taxed.grossLimit(taxed.Min, 1), taxed.grossLimit(taxed.Max, -1)
	return &out
}

// toldUnknown marks net prices to which a tax comes that nobody knows yet.
func (t *Tariff) toldUnknown() *Tariff {
	if t.Taxes != TaxAdded {
		return t
	}
	out := *t
	out.Elements = slices.Clone(t.Elements)
	for i := range out.Elements {
		e := &out.Elements[i]
		e.Components = slices.Clone(e.Components)
		for j := range e.Components {
			e.Components[j].Taxes = []Tax{{Name: "VAT"}}
		}
	}
	return &out
}

// toGross puts the taxes of a component into its prices; false where they are too
// large to be.
func (c *Component) toGross() bool {
	kWh := kWhOf(c.Dimension)
	ok := true
	gross := func(p money.Price, unit *big.Rat) money.Price {
		g, err := priceOf(grossOf(c.Taxes, p.Rat(), unit))
		ok = ok && err == nil
		return g
	}
	c.Price = gross(c.Price, kWh)
	if c.Spot == nil {
		return ok
	}
	// A formula is linear, and so is its tax: both of spot × factor + margin.
	f := *c.Spot
	f.Factor, f.Margin = gross(f.Factor, new(big.Rat)), gross(f.Margin, kWh)
	least := money.Price(0)
	if f.Floor != nil {
		least = *f.Floor
	}
	if least = gross(least, kWh); f.Floor != nil || least > 0 {
		f.Floor = &least
	}
	if f.Cap != nil {
		most := gross(*f.Cap, kWh)
		f.Cap = &most
	}
	c.Spot = &f
	return ok
}

// grossLimit is a limit (sign 1: least, −1: most) with tax. Where the parts of a
// session are taxed differently nobody can say it: the limit stays as it is.
func (t *Tariff) grossLimit(l *Limit, sign int64) *Limit {
	taxes := t.firstTaxes()
	if l == nil || l.Net == nil || perKWh(taxes) || t.any(func(c *Component) bool { return c.costs() && !slices.Equal(c.Taxes, taxes) }) {
		return l
	}
	g, err := priceOf(grossOf(taxes, l.Net.Rat(), nil))
	if err != nil {
		return l
	}
	if l.Gross != nil && (int64(*l.Gross)-int64(g))*sign > 0 {
		g = *l.Gross
	}
	return &Limit{Gross: &g}
}

// TaxSaid is what words about a tariff that Told returned have to add: TaxIncluded,
// that its prices include tax; TaxAdded, that it comes on top; TaxNone, nothing.
func TaxSaid(t *Tariff) TaxMode {
	takes := func(x Tax) bool { return x.Percent != 0 || x.PerKWh != 0 }
	switch {
	case t.addsTax():
		return TaxAdded
	case t.Taxes == TaxIncluded && t.any(func(c *Component) bool {
		return c.costs() && (len(c.Taxes) == 0 || slices.ContainsFunc(c.Taxes, takes))
	}):
		return TaxIncluded
	}
	return TaxNone
}
