package tariff

import (
	"strings"

	"chargewright/base/money"
)

// Sentence says in one line what a driver pays: "€0.59 per kWh, €0.10 per
// minute after charging ends". A tariff whose prices change (by time, amount,
// power or place in the session) is given from its lowest price per dimension
// and points to its details. lang is an ISO 639-1 code: a tariff with a text of
// its own in that language speaks for itself, all else is said in English.
//
// Prices are shown as the tariff holds them; net prices are marked.
func Sentence(t *Tariff, lang string) string {
	for _, x := range t.AltText {
		if x.Language == lang && lang != "en" {
			return x.Text
		}
	}
	var parts []string
	varies := t.restricted(func(r *Restrictions) bool { return r.Reservation == NoReservation && *r != Restrictions{} })
	for _, d := range []Dimension{Energy, Time, Flat, ParkingTime} {
		p, from, ok := t.lowest(d)
		if !ok {
			continue
		}
		part := t.priced(d, p)
		if from || varies {
			part = "from " + part
		}
		parts = append(parts, part)
	}
	if t.priceless() {
		return "free of charge"
	}
	s := strings.Join(parts, ", ")
	if t.Taxes == TaxAdded && t.any(func(c *Component) bool { return len(c.Taxes) > 0 }) {
		s += ", plus tax"
	}
	if t.Max != nil {
		s += ", " + t.cap()
	}
	if varies || t.Min != nil || t.restricted(func(r *Restrictions) bool { return r.Reservation != NoReservation }) {
		s += "; see details"
	}
	return s
}

// lowest returns the lowest price of a dimension outside reservations, and
// whether there are others.
func (t *Tariff) lowest(d Dimension) (p money.Price, several, ok bool) {
	for i := range t.Elements {
		if t.Elements[i].Restrictions.Reservation != NoReservation {
			continue
		}
		for j := range t.Elements[i].Components {
			c := &t.Elements[i].Components[j]
			if c.Dimension != d {
				continue
			}
			several = several || (ok && c.Price != p)
			if !ok || c.Price < p {
				p = c.Price
			}
			ok = true
		}
	}
	return p, several, ok
}

func (t *Tariff) priceless() bool {
	return t.Min == nil && !t.any(func(c *Component) bool { return c.Price != 0 })
}

func (t *Tariff) priced(d Dimension, p money.Price) string {
	switch d {
	case Energy:
		return t.show(p) + " per kWh"
	case Flat:
		return t.show(p) + " per session"
	case Time:
		return t.perTime(p) + " of charging"
	default:
		return t.perTime(p) + " after charging ends"
	}
}

// perTime shows a price per hour by the minute where that is exact to a tenth
// of the minor unit.
func (t *Tariff) perTime(p money.Price) string {
	minor := money.One / money.Pow10(t.Currency.Exponent())
	if perMinute := p / 60; p%60 == 0 && perMinute*10%money.Price(minor) == 0 {
		return t.show(perMinute) + " per minute"
	}
	return t.show(p) + " per hour"
}

func (t *Tariff) cap() string {
	if t.Max.Gross != nil {
		return "at most " + t.show(*t.Max.Gross)
	}
	return "at most " + t.show(*t.Max.Net) + " before tax"
}

// show writes a price with the currency's sign, or its code after it.
func (t *Tariff) show(p money.Price) string {
	s := money.FormatDecimal(int64(p), money.Scale, t.Currency.Exponent())
	switch t.Currency {
	case "EUR":
		return "€" + s
	case "GBP":
		return "£" + s
	case "USD":
		return "$" + s
	}
	return s + " " + string(t.Currency)
}
