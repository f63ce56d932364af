package tariff

import (
	"chargewright/base/fail"
	"chargewright/base/money"
)

// Terms are what a buyer and a seller agreed beside the tariff. The zero value
// is none. They act on the invoice and never on the CDR.
type Terms struct {
	Plan     *Plan
	Discount int64 // gross, minor units; at most the invoice's gross is taken
	Split    *Split
}

// Plan is a subscription: included energy first, then a percentage off what
// energy costs.
type Plan struct {
	Included   int64 // mWh per period
	Used       int64 // mWh of it used before this session
	PercentOff money.Percent
}

// Split says who gets what of an invoice. The provider's fee comes off first;
// host and platform get percentages of the net that is left and the operator
// the rest.
type Split struct {
	FeeFixed   int64 // minor units
	FeePercent money.Percent
	Host       money.Percent
	Platform   money.Percent
}

// Shares are the parts of an invoice's net, in minor units. They add up to it.
// An operator whose net does not cover the fee has a negative share.
type Shares struct {
	Fee, Host, Platform, Operator int64
}

func (m *Terms) check() error {
	const op = "tariff.bill"
	if m.Discount < 0 {
		return fail.Field(op, "discount.gross_minor", "is negative")
	}
	if p := m.Plan; p != nil {
		switch {
		case p.Included < 0 || p.Included > MaxEnergy:
			return fail.Field(op, "plan.included_wh", "is not between 0 and one TWh")
		case p.Used < 0 || p.Used > MaxEnergy:
			return fail.Field(op, "plan.used_wh", "is not between 0 and one TWh")
		case p.PercentOff < 0 || p.PercentOff > money.Hundred:
			return fail.Field(op, "plan.percent_off_energy", "is not between 0 and 100")
		}
	}
	if s := m.Split; s != nil {
		switch {
		case s.FeeFixed < 0:
			return fail.Field(op, "split.fee_fixed_minor", "is negative")
		case s.FeePercent < 0 || s.FeePercent > money.Hundred:
			return fail.Field(op, "split.fee_percent", "is not between 0 and 100")
		case s.Host < 0 || s.Host > money.Hundred:
			return fail.Field(op, "split.host_percent", "is not between 0 and 100")
		case s.Platform < 0 || s.Host+s.Platform > money.Hundred:
			return fail.Field(op, "split.platform_percent", "is not between 0 and what the host leaves of 100")
		}
	}
	return nil
}

// discount lowers the gross of the groups, by gross; the last takes the rest.
func (v *Invoice) discount(t *Tariff, out *Rating, gross int64) error {
	gross = min(gross, v.Gross)
	if gross == 0 {
		return nil
	}
	before := v.copy()
	weights := make([]int64, len(v.Groups))
	for i := range v.Groups {
		weights[i] = v.Groups[i].Gross
	}
	shares, err := money.Apportion(gross, weights)
	if err != nil {
		return err
	}
	for i := range v.Groups {
		g := &v.Groups[i]
		left := g.Gross - shares[i]
		tax := int64(0)
		if g.Gross != 0 {
			if tax, err = g.taxWithin(left); err != nil {
				return err
			}
		}
		if err := g.reset(left-tax, tax); err != nil {
			return err
		}
	}
	if err := v.sum(); err != nil {
		return err
	}
	out.Lines = append(out.Lines, v.difference(t, Discount, before))
	return nil
}

// taxWithin returns the tax in a lower gross of the group: by the rate if the
// group's own tax is by the rate, else in proportion.
func (g *TaxGroup) taxWithin(gross int64) (int64, error) {
	if len(g.taxes) == 1 && g.taxes[0].PerKWh == 0 && !g.limited {
		p := int64(g.taxes[0].Percent)
		return money.MulDiv(gross, p, money.Hundred+p)
	}
	return money.MulDiv(gross, g.Tax, g.Gross)
}

// divide splits the net of an invoice. Nothing paid costs no fee, and nothing
// is shared of less than nothing.
func (s *Split) divide(v *Invoice) (*Shares, error) {
	if v.Unknown {
		return nil, fail.Field("tariff.bill", "split", "shares are of the net, and the tariff does not name the taxes in its prices")
	}
	if v.Gross == 0 {
		return &Shares{}, nil
	}
	percent, err := s.FeePercent.Of(v.Gross)
	if err != nil {
		return nil, err
	}
	out := Shares{}
	if out.Fee, err = money.Add(s.FeeFixed, percent); err != nil {
		return nil, err
	}
	base, err := money.Sub(v.Net, out.Fee)
	if err != nil {
		return nil, err
	}
	if base <= 0 {
		out.Operator = base
		return &out, nil
	}
	shares, rest, err := money.Split(base, []money.Percent{s.Host, s.Platform})
	if err != nil {
		return nil, err
	}
	out.Host, out.Platform, out.Operator = shares[0], shares[1], rest
	return &out, nil
}
