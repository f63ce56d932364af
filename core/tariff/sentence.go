package tariff

import (
	"slices"
	"strings"
	"unicode/utf8"

	"chargewright/base/money"
)

// SentenceLength is the most characters that Sentence uses where it may choose.
const SentenceLength = 160

// Sentence says in one line what a driver pays: "€0.59 per kWh, €0.10 per
// minute after charging ends", "€0.59 per kWh from 6:00 to 22:00, €0.39
// otherwise". Prices come in the order of Article 5 of Regulation (EU)
// 2023/1804: per kWh, per minute, per session, other. A semicolon parts them
// where one has several. A tariff with more to say than SentenceLength holds is
// given from its lowest price per dimension and points to its details; every
// price is either said or pointed to.
//
// lang is an ISO 639-1 code: a tariff with a text of its own in that language
// speaks for itself, all else is said in that of Languages, or in English.
// Prices are shown as the tariff holds them; net prices are marked.
func Sentence(t *Tariff, lang string) string {
	for _, x := range t.AltText {
		if x.Language == lang && lang != "en" {
			return x.Text
		}
	}
	w := wordsOf(lang)
	if s, whole := (&speaker{t: t, w: w}).full(); whole && utf8.RuneCountInString(s) <= SentenceLength {
		return s
	}
	return t.lowestOf(w)
}

// Short is Sentence in at most width characters, for the display of a station:
// in units written short, else from the lowest price of a kWh with the word
// that there are details, else that word alone. It never leaves a price out
// unsaid; where not even the word fits it is empty. A text of the tariff's own
// is taken where it fits.
func Short(t *Tariff, lang string, width int) string {
	w := wordsOf(lang)
	all := []string{Sentence(t, lang)}
	for _, brief := range []bool{false, true} {
		if s, whole := (&speaker{t: t, w: w, brief: brief}).full(); whole {
			all = append(all, s)
		}
	}
	for _, d := range dimensions {
		if d == Energy && t.formulaOf() != nil {
			break
		}
		if p, ok := t.lowest(d); ok && !t.priceless() {
			all = append(all, w.from+t.brief(w, d, p)+w.details)
			break
		}
	}
	for _, s := range append(all, w.seeDetails) {
		if utf8.RuneCountInString(s) <= width {
			return s
		}
	}
	return ""
}

// speaker says a tariff whole.
type speaker struct {
	t     *Tariff
	w     *words
	brief bool // units written short
}

// full says every price; whole is false where that takes details.
func (s *speaker) full() (sentence string, whole bool) {
	t, w := s.t, s.w
	if t.priceless() {
		return w.free, true
	}
	clauses, several := []string{}, false
	add := func(text string, ok bool) bool {
		if text != "" {
			clauses = append(clauses, text)
			several = several || strings.Contains(text, ", ") && !s.plain(text)
		}
		return ok
	}
	together := t.sameForBothTimes()
	for _, d := range dimensions {
		if d == ParkingTime && together {
			continue
		}
		if text, ok := s.clause(d, together && d == Time); !add(text, ok) {
			return "", false
		}
	}
	for _, kind := range []Reservation{Reserved, ReservationExpires} {
		for _, d := range []Dimension{Time, Flat} {
			if text, ok := s.reservation(d, kind); !add(text, ok) {
				return "", false
			}
		}
	}
	sep := ", "
	if several {
		sep = "; "
	}
	if n := len(clauses); n > 0 && t.addsTax() {
		clauses[n-1] += w.plusTax
	}
	if t.Min != nil {
		clauses = append(clauses, t.limit(w, w.atLeast, t.Min))
	}
	if t.Max != nil {
		clauses = append(clauses, t.limit(w, w.atMost, t.Max))
	}
	out := strings.Join(clauses, sep)
	if t.formulaOf() != nil { // what holds where no spot price is known is not said here
		out += w.details
	}
	return out, true
}

// plain reports a clause of one price, whose comma parts nothing.
func (s *speaker) plain(text string) bool {
	_, after, _ := strings.Cut(text, ", ")
	return strings.HasSuffix(after, s.w.afterStart)
}

// maxOptions is the most prices of a dimension that one line says.
const maxOptions = 4

// clause says the prices of a dimension outside reservations; "" where it is
// never priced, or never above 0. both stands for the time at the charge point,
// charging or not.
func (s *speaker) clause(d Dimension, both bool) (text string, ok bool) {
	all, rest, ok := s.t.options(d, NoReservation)
	free := !slices.ContainsFunc(all, func(u use) bool { c, _ := s.t.of(u); return c.costs() })
	if !ok || free {
		return "", ok
	}
	var parts []string
	said := false // the unit was
	for i, u := range all {
		c, r := s.t.of(u)
		price := s.w.free
		switch {
		case c.costs() && !said:
			price, said = s.price(d, c, both), true
		case c.costs():
			price = s.amount(d, c)
		}
		when := s.t.when(s.w, r, true)
		switch last := i == len(all)-1; {
		case when == "" && i == 0:
		case last && when == "" && s.t.stepped(all):
			price = fill(s.w.then, price)
		case when == "":
			price = fill(s.w.otherwise, price)
		case len(all) == 1 && (d == Time || d == ParkingTime):
			price += ", " + when
		default:
			price += " " + when
		}
		parts = append(parts, price)
	}
	if rest && (d == Energy || len(all) > 1) {
		parts = append(parts, fill(s.w.otherwise, s.w.free))
	}
	return strings.Join(parts, ", "), true
}

// price says a price with its unit. What a component asks is said here and in
// amount only.
func (s *speaker) price(d Dimension, c *Component, both bool) string {
	if c.Spot != nil {
		return s.t.formula(s.w, c, false)
	}
	if both {
		return s.t.perTime(s.w, c.Price, s.brief) + s.w.plugged
	}
	if s.brief {
		return s.t.brief(s.w, d, c.Price)
	}
	return s.t.priced(s.w, d, c.Price)
}

// amount says a price whose unit was said before.
func (s *speaker) amount(d Dimension, c *Component) string {
	if c.Spot != nil {
		return s.t.formula(s.w, c, false)
	}
	if d == Energy || d == Flat {
		return s.t.show(s.w, c.Price)
	}
	return s.t.perTime(s.w, c.Price, s.brief)
}

// reservation says the price of a reservation where it is one.
func (s *speaker) reservation(d Dimension, kind Reservation) (text string, ok bool) {
	all, rest, ok := s.t.options(d, kind)
	if !ok || len(all) == 0 {
		return "", ok
	}
	c, _ := s.t.of(all[0])
	if len(all) > 1 || rest {
		return "", false
	}
	if c.Price == 0 {
		return "", kind == Reserved // an expired one is free where another is not
	}
	price := s.t.show(s.w, c.Price)
	if d == Time {
		price = s.t.perTime(s.w, c.Price, s.brief)
	}
	switch {
	case kind == ReservationExpires:
		return price + " " + s.w.expired, true
	case d == Flat:
		return price + s.w.perReservation, true
	}
	return price + " " + s.w.reserved, true
}

// options are the components that can price a dimension, in order, and whether
// it is free for the rest. ok is false where they are too many for a sentence.
func (t *Tariff) options(d Dimension, kind Reservation) (all []use, rest, ok bool) {
	uses := t.uses(d, kind)
	if len(uses) > 2*maxOptions {
		return nil, false, false
	}
	todo := work{left: 10_000}
	left := []region{everywhere()}
	all = t.live(uses)
	for _, u := range all {
		if u.exact {
			if left, ok = todo.remains(left, u.at); !ok {
				return nil, false, false
			}
		}
	}
	all = t.merged(all, len(left) == 0)
	return all, len(left) > 0 && len(all) > 0, len(all) <= maxOptions
}

// merged is one use without restrictions where all ask one price at all times.
func (t *Tariff) merged(all []use, whole bool) []use {
	if !whole || len(all) < 2 {
		return all
	}
	first, _ := t.of(all[0])
	for _, u := range all[1:] {
		if c, _ := t.of(u); c.Price != first.Price || c.Spot != nil || first.Spot != nil {
			return all
		}
	}
	last := all[len(all)-1]
	if _, r := t.of(last); *r != (Restrictions{Reservation: r.Reservation}) {
		return all
	}
	return []use{last}
}

// stepped reports that all but the last hold up to an amount or a time, so that
// the last comes after them.
func (t *Tariff) stepped(all []use) bool {
	for _, u := range all[:len(all)-1] {
		_, r := t.of(u)
		if *r != (Restrictions{Energy: Range{Max: r.Energy.Max}}) && *r != (Restrictions{Duration: Range{Max: r.Duration.Max}}) {
			return false
		}
	}
	return len(all) == 2 || t.rising(all)
}

// rising reports that the upper ends of all but the last are on one axis and
// rise.
func (t *Tariff) rising(all []use) bool {
	var before Restrictions
	for i, u := range all[:len(all)-1] {
		_, r := t.of(u)
		if i > 0 && (r.Energy.Max > 0) != (before.Energy.Max > 0) || r.Energy.Max < before.Energy.Max || r.Duration.Max < before.Duration.Max {
			return false
		}
		before = *r
	}
	return true
}

// sameForBothTimes reports that time costs the same whether the vehicle charges
// or not.
func (t *Tariff) sameForBothTimes() bool {
	a, b := t.uses(Time, NoReservation), t.uses(ParkingTime, NoReservation)
	if len(a) == 0 || len(a) != len(b) {
		return false
	}
	for i := range a {
		x, r := t.of(a[i])
		y, q := t.of(b[i])
		if x.Price != y.Price || *r != *q {
			return false
		}
	}
	return true
}

// lowestOf says the lowest price of each dimension and points to the details.
func (t *Tariff) lowestOf(w *words) string {
	var parts []string
	for _, d := range dimensions {
		if follows := t.formulaOf(); d == Energy && follows != nil {
			parts = append(parts, t.formula(w, follows, false))
			continue
		}
		if p, ok := t.lowest(d); ok {
			parts = append(parts, w.from+t.priced(w, d, p))
		}
	}
	if len(parts) == 0 {
		return w.seeDetails
	}
	s := strings.Join(parts, ", ")
	if t.addsTax() {
		s += w.plusTax
	}
	if t.Max != nil {
		s += ", " + t.limit(w, w.atMost, t.Max)
	}
	return s + w.details
}

// Details says every price of the tariff and when it holds, a line each, in the
// order in which the first that fits is taken; then its limits.
func Details(t *Tariff, lang string) []string {
	w := wordsOf(lang)
	var out []string
	for i := range t.Elements {
		e := &t.Elements[i]
		when := t.when(w, &e.Restrictions, false)
		for _, c := range e.Components {
			line := t.priced(w, c.Dimension, c.Price)
			if c.Price == 0 {
				line = w.free + w.of[c.Dimension]
			}
			if c.Spot != nil {
				line = t.formula(w, &c, true)
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
// energy has no price, or one that follows an index.
func PerKWh(t *Tariff) (p money.Price, ok bool) {
	if t.formulaOf() != nil {
		return 0, false
	}
	return t.lowest(Energy)
}

// lowest returns the lowest price of a dimension outside reservations, of those
// that can apply.
func (t *Tariff) lowest(d Dimension) (p money.Price, ok bool) {
	for _, u := range t.live(t.uses(d, NoReservation)) {
		if c, _ := t.of(u); !ok || c.Price < p {
			p, ok = c.Price, true
		}
	}
	return p, ok
}

// live leaves out the uses that others before them cover, or nothing where that
// takes too long to find out.
func (t *Tariff) live(uses []use) []use {
	todo := work{left: 10_000}
	var out []use
	var covered []region
	for _, u := range uses {
		here, ok := todo.remains(u.at, covered)
		if !ok {
			return uses
		}
		if len(here) == 0 {
			continue
		}
		out = append(out, u)
		if u.exact {
			covered = append(covered, u.at...)
		}
	}
	return out
}

func (t *Tariff) priceless() bool {
	return t.Min == nil && !t.any((*Component).costs)
}

func (t *Tariff) addsTax() bool {
	return t.Taxes == TaxAdded && t.any(func(c *Component) bool { return len(c.Taxes) > 0 })
}

func (t *Tariff) priced(w *words, d Dimension, p money.Price) string {
	switch d {
	case Energy, Flat:
		return t.show(w, p) + w.per[d]
	default:
		return t.perTime(w, p, false) + w.per[d]
	}
}

// brief is priced in units written short.
func (t *Tariff) brief(w *words, d Dimension, p money.Price) string {
	switch d {
	case Energy, Flat:
		return t.show(w, p) + w.short[d]
	default:
		return t.perTime(w, p, true) + w.short[d]
	}
}

// perTime shows a price per hour by the minute where that is exact to a tenth
// of the minor unit.
func (t *Tariff) perTime(w *words, p money.Price, brief bool) string {
	minute, hour := w.perMinute, w.perHour
	if brief {
		minute, hour = "/min", "/h"
	}
	minor := money.One / money.Pow10(t.Currency.Exponent())
	if perMinute := p / 60; p%60 == 0 && perMinute*10%money.Price(minor) == 0 {
		return t.show(w, perMinute) + minute
	}
	return t.show(w, p) + hour
}

func (t *Tariff) limit(w *words, how string, l *Limit) string {
	if l.Gross != nil {
		return how + t.show(w, *l.Gross)
	}
	return how + t.show(w, *l.Net) + w.beforeTax
}

// when says when an element holds, in a sentence or as a list; "" is always. A
// new restriction has its words here.
func (t *Tariff) when(w *words, r *Restrictions, prose bool) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	switch r.Reservation {
	case Reserved:
		add(w.reserved)
	case ReservationExpires:
		add(w.expired)
	}
	add(w.days(r.Days))
	add(w.holiday[r.Holiday])
	switch {
	case r.From == 0 && r.Until == 0:
	case prose:
		add(fill(w.between, clockTime(r.From), endTime(r.Until)))
	default:
		add(clockTime(r.From) + "–" + endTime(r.Until))
	}
	add(w.dates(r.StartDate, r.EndDate))
	add(w.span(r.Energy, 6, " kWh"))
	add(w.span(r.Power, 6, " kW"))
	add(w.span(r.Current, 6, " A"))
	add(w.lasting(r.Duration))
	if prose {
		return strings.Join(parts, " ")
	}
	return strings.Join(parts, ", ")
}

// show writes a price with the currency's sign, or its code after it.
func (t *Tariff) show(w *words, p money.Price) string { return w.price(p, t.Currency) }

// SayAmount writes an amount as prices are written in a language.
func SayAmount(a money.Amount, lang string) string {
	return wordsOf(lang).money(a.Decimal(), a.Currency)
}

// SayDecimal writes a decimal number as they are written in a language.
func SayDecimal(s, lang string) string { return wordsOf(lang).decimal(s) }

func (w *words) price(p money.Price, c money.Currency) string {
	return w.money(money.FormatDecimal(int64(p), money.Scale, c.Exponent()), c)
}

// money writes a decimal amount with the currency's sign, or its code after it.
func (w *words) money(s string, c money.Currency) string {
	s = w.decimal(s)
	signs := map[money.Currency]string{"EUR": "€", "GBP": "£", "USD": "$"}
	switch sign := signs[c]; {
	case sign == "":
		return s + " " + string(c)
	case w.signAfter:
		return s + " " + sign
	case w.signApart:
		return sign + " " + s
	default:
		return sign + s
	}
}
