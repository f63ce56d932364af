package billing

import (
	"fmt"
	"time"

	"chargewright/base/money"
	"chargewright/core/device"
	"chargewright/core/tariff"
)

// Project says a tariff as a station can rate it (2.1 block I). lost names what
// cannot be said so: with any of it the station would reckon another price, and
// must not be given the tariff. Prices that include taxes are given net, rounded to
// 10⁻⁶ of the major unit, so that the station's cost may differ by a minor unit.
func Project(t *tariff.Tariff, id string, from time.Time, texts []device.Text) (out device.StationTariff, lost []string) {
	p := projection{t: t}
	out = device.StationTariff{ID: id, Currency: t.Currency, Texts: texts, ValidFrom: from}
	for i := range t.Elements {
		e := &t.Elements[i]
		for _, c := range e.Components {
			part := p.part(&out, c.Dimension, e.Restrictions.Reservation)
			if part == nil {
				continue
			}
			p.price(part, c, &e.Restrictions)
		}
	}
	out.MinCost, out.MaxCost = limitOf(t.Min), limitOf(t.Max)
	if t.PausedAs != "" {
		p.lose("prices of pauses")
	}
	return out, p.lost
}

type projection struct {
	t    *tariff.Tariff
	lost []string
}

func (p *projection) lose(format string, args ...any) {
	p.lost = append(p.lost, fmt.Sprintf(format, args...))
}

// part is where a dimension is priced; nil where a station prices no such thing.
func (p *projection) part(out *device.StationTariff, d tariff.Dimension, r tariff.Reservation) *device.TariffPart {
	var at **device.TariffPart
	switch {
	case r == tariff.NoReservation && d == tariff.Energy:
		at = &out.Energy
	case r == tariff.NoReservation && d == tariff.Time:
		at = &out.ChargingTime
	case r == tariff.NoReservation && d == tariff.ParkingTime:
		at = &out.IdleTime
	case r == tariff.NoReservation && d == tariff.Flat:
		at = &out.Fixed
	case r == tariff.Reserved && d == tariff.Time:
		at = &out.ReservationTime
	case r == tariff.Reserved && d == tariff.Flat:
		at = &out.ReservationFixed
	default:
		p.lose("%s of %s", d, r)
		return nil
	}
	if *at == nil {
		*at = &device.TariffPart{}
	}
	return *at
}

func (p *projection) price(part *device.TariffPart, c tariff.Component, r *tariff.Restrictions) {
	if c.Step > 1 {
		p.lose("steps of %d", c.Step)
	}
	if c.Spot != nil {
		p.lose("a price that follows an index")
	}
	price, perMinute := c.Price, c.Dimension == tariff.Time || c.Dimension == tariff.ParkingTime
	if p.t.Taxes == tariff.TaxIncluded {
		price = p.net(c)
	}
	if perMinute {
		if p.t.Taxes != tariff.TaxIncluded && price%60 != 0 {
			p.lose("a price per hour that is none per minute")
		}
		price /= 60
	}
	when, ok := p.when(r, c.Dimension == tariff.Flat)
	if !ok {
		return
	}
	taxes := p.taxes(c)
	if len(part.Prices) > 0 && !sameTaxes(part.Taxes, taxes) {
		p.lose("several taxes of %s", c.Dimension)
	}
	part.Taxes = taxes
	part.Prices = append(part.Prices, device.TariffPrice{Price: price, When: when})
}

// net is a price without the taxes it includes.
func (p *projection) net(c tariff.Component) money.Price {
	switch {
	case len(c.Taxes) == 0 && c.Price != 0:
		p.lose("taxes that the tariff does not name")
	case len(c.Taxes) == 1:
		rate := int64(c.Taxes[0].Percent)
		if n, err := money.MulDiv(int64(c.Price), money.Hundred, money.Hundred+rate); err == nil {
			return money.Price(n)
		}
	case len(c.Taxes) > 1:
		p.lose("prices that include several taxes")
	}
	return c.Price
}

func (p *projection) taxes(c tariff.Component) []device.TariffTax {
	var out []device.TariffTax
	for i, x := range c.Taxes {
		if x.PerKWh != 0 {
			p.lose("a tax per kWh")
		}
		name := x.Name
		if name == "" {
			name = "VAT"
		}
		tax := device.TariffTax{Type: name, Percent: x.Percent}
		if x.OnTaxes {
			n := int64(i)
			tax.Stack = &n
		}
		out = append(out, tax)
	}
	return out
}

func sameTaxes(a, b []device.TariffTax) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Type != b[i].Type || a[i].Percent != b[i].Percent || (a[i].Stack == nil) != (b[i].Stack == nil) {
			return false
		}
	}
	return true
}

// when are the conditions of an element; nil where it always holds.
func (p *projection) when(r *tariff.Restrictions, fixed bool) (*device.TariffConditions, bool) {
	bare := *r
	bare.Reservation = tariff.NoReservation
	if bare == (tariff.Restrictions{}) {
		return nil, true
	}
	if fixed && (bare.Energy != tariff.Range{} || bare.Power != tariff.Range{} || bare.Current != tariff.Range{} || bare.Duration != tariff.Range{}) {
		p.lose("a fee that depends on what is charged")
		return nil, false
	}
	if r.Holiday != tariff.AnyDay {
		p.lose("public holidays")
		return nil, false
	}
	out := &device.TariffConditions{FromDate: dateOf(r.StartDate), ToDate: dateOf(r.EndDate)}
	if r.From != 0 || r.Until != 0 {
		out.From, out.To = clockOf(r.From), clockOf(r.Until)
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if r.Days&(1<<d) != 0 {
			out.Days = append(out.Days, d.String())
		}
	}
	out.MinEnergy, out.MaxEnergy = p.span(r.Energy, 1_000)
	out.MinPower, out.MaxPower = p.span(r.Power, 1_000)
	out.MinCurrent, out.MaxCurrent = p.span(r.Current, 100_000)
	out.MinTime, out.MaxTime = p.span(r.Duration, 1)
	return out, true
}

// span is a range in coarser units.
func (p *projection) span(r tariff.Range, unit int64) (low, high *int64) {
	if r.Min%unit != 0 || r.Max%unit != 0 {
		p.lose("bounds finer than a station has them")
	}
	if r.Min > 0 {
		n := r.Min / unit
		low = &n
	}
	if r.Max > 0 {
		n := r.Max / unit
		high = &n
	}
	return low, high
}

func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

func dateOf(d int) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100)
}

func limitOf(l *tariff.Limit) *device.TariffLimit {
	if l == nil {
		return nil
	}
	return &device.TariffLimit{Net: l.Net, Gross: l.Gross}
}
