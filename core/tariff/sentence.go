package tariff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"chargewright/base/money"
)

// Languages are those that prices are said in.
var Languages = []string{"en", "de"}

// Sentence says in one line what a driver pays: "€0.59 per kWh, €0.10 per
// minute after charging ends". A tariff whose prices change (by time, amount,
// power or place in the session) is given from its lowest price per dimension
// and points to its details. lang is an ISO 639-1 code: a tariff with a text of
// its own in that language speaks for itself, all else is said in that of
// Languages, or in English.
//
// Prices are shown as the tariff holds them; net prices are marked.
func Sentence(t *Tariff, lang string) string {
	for _, x := range t.AltText {
		if x.Language == lang && lang != "en" {
			return x.Text
		}
	}
	w := wordsOf(lang)
	if t.priceless() {
		return w.free
	}
	var parts []string
	varies := t.restricted(func(r *Restrictions) bool { return r.Reservation == NoReservation && *r != Restrictions{} })
	for _, d := range []Dimension{Energy, Time, Flat, ParkingTime} {
		p, from, ok := t.lowest(d)
		if !ok {
			continue
		}
		part := t.priced(w, d, p)
		if from || varies {
			part = w.from + part
		}
		parts = append(parts, part)
	}
	s := strings.Join(parts, ", ")
	if t.addsTax() {
		s += w.plusTax
	}
	if t.Max != nil {
		s += ", " + t.limit(w, w.atMost, t.Max)
	}
	if varies || t.Min != nil || t.restricted(func(r *Restrictions) bool { return r.Reservation != NoReservation }) {
		s += w.details
	}
	return s
}

// Details says every price of the tariff and when it holds, a line each, in the
// order in which the first that fits is taken; then its limits.
func Details(t *Tariff, lang string) []string {
	w := wordsOf(lang)
	var out []string
	for i := range t.Elements {
		e := &t.Elements[i]
		when := t.when(w, &e.Restrictions)
		for _, c := range e.Components {
			line := t.priced(w, c.Dimension, c.Price)
			if c.Price == 0 {
				line = w.free + w.of[c.Dimension]
			}
			if when != "" {
				line += " (" + when + ")"
			}
			out = append(out, line)
		}
	}
	if t.addsTax() {
		out = append(out, w.net)
	}
	if t.Min != nil {
		out = append(out, t.limit(w, w.atLeast, t.Min))
	}
	if t.Max != nil {
		out = append(out, t.limit(w, w.atMost, t.Max))
	}
	return out
}

// PerKWh is the lowest price of a kWh as the tariff holds it; ok is false where
// energy has no price.
func PerKWh(t *Tariff) (p money.Price, ok bool) {
	p, _, ok = t.lowest(Energy)
	return p, ok
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

func (t *Tariff) addsTax() bool {
	return t.Taxes == TaxAdded && t.any(func(c *Component) bool { return len(c.Taxes) > 0 })
}

func (t *Tariff) priced(w *words, d Dimension, p money.Price) string {
	switch d {
	case Energy, Flat:
		return t.show(w, p) + w.per[d]
	default:
		return t.perTime(w, p) + w.per[d]
	}
}

// perTime shows a price per hour by the minute where that is exact to a tenth
// of the minor unit.
func (t *Tariff) perTime(w *words, p money.Price) string {
	minor := money.One / money.Pow10(t.Currency.Exponent())
	if perMinute := p / 60; p%60 == 0 && perMinute*10%money.Price(minor) == 0 {
		return t.show(w, perMinute) + w.perMinute
	}
	return t.show(w, p) + w.perHour
}

func (t *Tariff) limit(w *words, how string, l *Limit) string {
	if l.Gross != nil {
		return how + t.show(w, *l.Gross)
	}
	return how + t.show(w, *l.Net) + w.beforeTax
}

// when says when an element holds; "" is always.
func (t *Tariff) when(w *words, r *Restrictions) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if r.Reservation != NoReservation {
		add(w.reserved)
	}
	add(w.days(r.Days))
	if r.From != 0 || r.Until != 0 {
		add(clockTime(r.From) + "–" + clockTime(r.Until))
	}
	if r.StartDate != 0 {
		add(w.since + date(r.StartDate))
	}
	if r.EndDate != 0 {
		add(w.before + date(r.EndDate))
	}
	add(w.span(r.Energy, 6, " kWh"))
	add(w.span(r.Power, 6, " kW"))
	add(w.span(r.Current, 6, " A"))
	add(w.lasting(r.Duration))
	return strings.Join(parts, ", ")
}

// clockTime writes a minute of the day; as an end 0 is midnight, too.
func clockTime(minute int) string { return fmt.Sprintf("%d:%02d", minute/60, minute%60) }

func date(d int) string { return fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100) }

// span says a range of numbers in a unit of 10^scale parts.
func (w *words) span(r Range, scale int, unit string) string {
	number := func(n int64) string { return w.decimal(money.FormatDecimal(n, scale, 0)) + unit }
	switch {
	case !r.used():
		return ""
	case r.Max == 0:
		return w.since + number(r.Min)
	case r.Min == 0:
		return w.upTo + number(r.Max)
	}
	return number(r.Min) + "–" + number(r.Max)
}

// lasting says a range of seconds, in minutes where it is of whole ones.
func (w *words) lasting(r Range) string {
	if r.Min%60 == 0 && r.Max%60 == 0 {
		return w.span(Range{r.Min / 60, r.Max / 60}, 0, " min")
	}
	return w.span(r, 0, " s")
}

// days names the days of a set; "" is every day.
func (w *words) days(set uint8) string {
	var out []string
	for _, d := range []time.Weekday{1, 2, 3, 4, 5, 6, 0} {
		if set&(1<<d) != 0 {
			out = append(out, w.day[d])
		}
	}
	if len(out) == 7 {
		return ""
	}
	return strings.Join(out, " ")
}

// show writes a price with the currency's sign, or its code after it.
func (t *Tariff) show(w *words, p money.Price) string {
	return w.money(money.FormatDecimal(int64(p), money.Scale, t.Currency.Exponent()), t.Currency)
}

// SayAmount writes an amount as prices are written in a language.
func SayAmount(a money.Amount, lang string) string {
	return wordsOf(lang).money(a.Decimal(), a.Currency)
}

// SayDecimal writes a decimal number as they are written in a language.
func SayDecimal(s, lang string) string { return wordsOf(lang).decimal(s) }

// money writes a decimal amount with the currency's sign, or its code after it.
func (w *words) money(s string, c money.Currency) string {
	s = w.decimal(s)
	signs := map[money.Currency]string{"EUR": "€", "GBP": "£", "USD": "$"}
	switch sign := signs[c]; {
	case sign == "":
		return s + " " + string(c)
	case w.signAfter:
		return s + " " + sign
	default:
		return sign + s
	}
}

// words are what one language says of prices.
type words struct {
	free, from, plusTax, net, atMost, atLeast, beforeTax, details string
	perMinute, perHour, reserved, since, before, upTo             string
	per, of                                                       map[Dimension]string
	day                                                           [7]string
	comma, signAfter                                              bool
}

func (w *words) decimal(s string) string {
	if w.comma {
		return strings.Replace(s, ".", ",", 1)
	}
	return s
}

func wordsOf(lang string) *words {
	if i := slices.Index(Languages, lang); i > 0 {
		return &vocabulary[i]
	}
	return &vocabulary[0]
}

// vocabulary has the words of each of Languages.
var vocabulary = []words{
	{
		free: "free of charge", from: "from ", plusTax: ", plus tax", net: "prices without tax", atMost: "at most ", atLeast: "at least ",
		beforeTax: " before tax", details: "; see details", perMinute: " per minute", perHour: " per hour", reserved: "while reserved",
		since: "from ", before: "before ", upTo: "up to ",
		per: map[Dimension]string{Energy: " per kWh", Flat: " per session", Time: " of charging", ParkingTime: " after charging ends"},
		of:  map[Dimension]string{Energy: ": energy", Flat: ": session", Time: ": charging time", ParkingTime: ": time after charging ends"},
		day: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	},
	{
		free: "kostenlos", from: "ab ", plusTax: ", zzgl. Steuer", net: "Preise ohne Steuer", atMost: "höchstens ", atLeast: "mindestens ",
		beforeTax: " vor Steuer", details: "; siehe Details", perMinute: " pro Minute", perHour: " pro Stunde", reserved: "während der Reservierung",
		since: "ab ", before: "vor ", upTo: "bis ",
		per: map[Dimension]string{Energy: " pro kWh", Flat: " pro Ladevorgang", Time: " Ladezeit", ParkingTime: " nach Ladeende"},
		of:  map[Dimension]string{Energy: ": Energie", Flat: ": Ladevorgang", Time: ": Ladezeit", ParkingTime: ": Zeit nach Ladeende"},
		day: [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}, comma: true, signAfter: true,
	},
}
