package tariff

import (
	"strings"

	"chargewright/base/money"
)

// spotWords are what a language says of spot prices and holidays.
type spotWords struct {
	spot, times, plus, minus, and, fallback string
	holiday                                 map[Holiday]string
}

// spotVocabulary has the words of each of Languages.
var spotVocabulary = map[string]spotWords{
	"en": {
		spot: "spot price", times: " × ", plus: " + ", minus: " − ", and: " and ", fallback: "where none is known ",
		holiday: map[Holiday]string{OnlyHolidays: "on public holidays", NoHolidays: "not on public holidays"},
	},
	"de": {
		spot: "Börsenpreis", times: " × ", plus: " + ", minus: " − ", and: " und ", fallback: "wo keiner bekannt ist ",
		holiday: map[Holiday]string{OnlyHolidays: "an Feiertagen", NoHolidays: "nicht an Feiertagen"},
	},
	"fr": {
		spot: "prix de marché", times: " × ", plus: " + ", minus: " − ", and: " et ", fallback: "à défaut ",
		holiday: map[Holiday]string{OnlyHolidays: "les jours fériés", NoHolidays: "hors jours fériés"},
	},
	"nl": {
		spot: "beursprijs", times: " × ", plus: " + ", minus: " − ", and: " en ", fallback: "als die onbekend is ",
		holiday: map[Holiday]string{OnlyHolidays: "op feestdagen", NoHolidays: "niet op feestdagen"},
	},
	"es": {
		spot: "precio de mercado", times: " × ", plus: " + ", minus: " − ", and: " y ", fallback: "si no se conoce ",
		holiday: map[Holiday]string{OnlyHolidays: "en festivos", NoHolidays: "salvo festivos"},
	},
	"it": {
		spot: "prezzo di mercato", times: " × ", plus: " + ", minus: " − ", and: " e ", fallback: "se non è noto ",
		holiday: map[Holiday]string{OnlyHolidays: "nei giorni festivi", NoHolidays: "esclusi i festivi"},
	},
}

// formula says how a price follows an index: "spot price × 1.19 + €0.12 per
// kWh, at least €0.05 and at most €0.90". With fallback it adds what holds where
// no price of the index is known.
func (t *Tariff) formula(w *words, lang string, c *Component, fallback bool) string {
	f, v := c.Spot, spotVocabulary[spoken(lang)]
	var s strings.Builder
	s.WriteString(v.spot)
	if f.Factor != money.One {
		s.WriteString(v.times + w.decimal(money.FormatDecimal(int64(f.Factor), money.Scale, 0)))
	}
	switch {
	case f.Margin > 0:
		s.WriteString(v.plus + t.show(w, f.Margin))
	case f.Margin < 0:
		s.WriteString(v.minus + t.show(w, -f.Margin))
	}
	s.WriteString(w.per[Energy])
	var bounds []string
	if f.Floor != nil {
		bounds = append(bounds, w.atLeast+t.show(w, *f.Floor))
	}
	if f.Cap != nil {
		bounds = append(bounds, w.atMost+t.show(w, *f.Cap))
	}
	if len(bounds) > 0 {
		s.WriteString(", " + strings.Join(bounds, v.and))
	}
	if fallback {
		s.WriteString("; " + v.fallback + t.show(w, c.Price) + w.per[Energy])
	}
	return s.String()
}

// spoken is the one of Languages that a text in lang is in.
func spoken(lang string) string {
	if _, ok := spotVocabulary[lang]; ok {
		return lang
	}
	return Languages[0]
}

// onHoliday says a holiday restriction; "" is any day.
func onHoliday(h Holiday, lang string) string { return spotVocabulary[spoken(lang)].holiday[h] }

// formulaOf returns the first component outside reservations that follows an
// index, nil for none.
func (t *Tariff) formulaOf() *Component {
	for i := range t.Elements {
		if t.Elements[i].Restrictions.Reservation != NoReservation {
			continue
		}
		for j := range t.Elements[i].Components {
			if c := &t.Elements[i].Components[j]; c.Spot != nil {
				return c
			}
		}
	}
	return nil
}
