package tariff

import (
	"strconv"
	"strings"

	"chargewright/base/money"
)

// LintLanguages are those that messages of the linter are said in.
var LintLanguages = []string{"en", "de"}

// Message says the finding and what to do, in German or else in English.
func (f *Finding) Message(lang string) string {
	i := 0
	if lang == LintLanguages[1] {
		i = 1
	}
	w := &vocabulary[i]
	code := f.Code
	if code == "unreachable" && f.Other == "" {
		code = "unreachable_by_many"
	}
	s := messages[code][i]
	for name, v := range f.Args {
		s = strings.ReplaceAll(s, "{"+name+"}", f.word(w, name, v))
	}
	if f.When != nil {
		t := Tariff{Currency: f.currency}
		when := t.when(w, f.When, true)
		if when == "" {
			when = always[i]
		}
		s = strings.ReplaceAll(s, "{when}", when)
	}
	return strings.ReplaceAll(s, "{reason}", place(i, f.Other))
}

func (f *Finding) word(w *words, name string, v any) string {
	switch v := v.(type) {
	case money.Price:
		return w.price(v, f.currency)
	case money.Percent:
		return w.decimal(v.String()) + " %"
	case Dimension:
		return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(w.of[v]), ":"))
	case int64:
		unit := " s"
		if f.Args["dimension"] == Energy {
			unit = " Wh"
		}
		return strconv.FormatInt(v, 10) + unit
	case string:
		if name == "profile" {
			return strings.ToUpper(v)
		}
		if name == "kwh" || name == "power" || name == "from" {
			return w.decimal(v)
		}
		return v
	}
	return ""
}

// place says a path for people, who count from 1.
func place(lang int, path string) string {
	var e, c int
	name := [2][2]string{{"element ", ", price "}, {"Element ", ", Preis "}}[lang]
	head, tail, both := strings.Cut(path, "].price_components[")
	if n, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(head, "elements["), "]")); err == nil {
		e = n + 1
	} else {
		return path
	}
	s := name[0] + strconv.Itoa(e)
	if both {
		tail, _, _ = strings.Cut(tail, "]")
		if n, err := strconv.Atoi(tail); err == nil {
			c = n + 1
			s += name[1] + strconv.Itoa(c)
		}
	}
	return s
}

var always = [2]string{"always", "immer"}

// messages are what each code says, in LintLanguages.
var messages = map[string][2]string{
	"unreachable": {
		"This never applies: {reason} always fits first. Move it up, or restrict what comes before it.",
		"Das gilt nie: {reason} passt immer zuerst. Nach oben schieben oder einschränken, was davor steht.",
	},
	"unreachable_by_many": {
		"This never applies: the elements before it together always fit first. Move it up, or restrict what comes before it.",
		"Das gilt nie: Die Elemente davor passen zusammen immer zuerst. Nach oben schieben oder einschränken, was davor steht.",
	},
	"duplicate_element": {
		"This is the same as {reason} and never applies. Remove one of them.",
		"Das ist gleich wie {reason} und gilt nie. Eines davon entfernen.",
	},
	"reservation_component": {
		"A reservation has a price per hour and one per reservation only: the price for {dimension} never applies.",
		"Eine Reservierung hat nur einen Preis pro Stunde und einen pro Reservierung: Der Preis für {dimension} gilt nie.",
	},
	"gap": {
		"No price for {dimension} {when}: it is free then. Add a price for that time, or one of 0 if it is meant.",
		"Kein Preis für {dimension} {when}: Das ist dann kostenlos. Einen Preis dafür ergänzen, oder 0, wenn es so gemeint ist.",
	},
	"step_size": {
		"Each session is rounded up to {step} of {dimension}: a driver pays up to {most} for what was not used. 1 is exact, and what OCPI advises.",
		"Jeder Ladevorgang wird auf {step} {dimension} aufgerundet: Man zahlt bis zu {most} für nicht Genutztes. 1 ist genau, und was OCPI rät.",
	},
	"step_size_spot": {
		"Each session is rounded up to {step} of {dimension}: a driver pays at the spot price for what was not used. 1 is exact, and what OCPI advises.",
		"Jeder Ladevorgang wird auf {step} {dimension} aufgerundet: Man zahlt zum Börsenpreis für nicht Genutztes. 1 ist genau, und was OCPI rät.",
	},
	"step_mixed": {
		"Steps of {step} and {other_step} stand beside each other: the last used one decides for the whole session.",
		"Schritte von {step} und {other_step} stehen nebeneinander: Der zuletzt benutzte entscheidet für den ganzen Ladevorgang.",
	},
	"adhoc_energy": {
		"Without a price per kWh this may not be offered without a contract here ({profile}).",
		"Ohne Preis pro kWh darf das hier nicht ohne Vertrag angeboten werden ({profile}).",
	},
	"adhoc_min_price": {
		"From 50 kW an ad hoc price is per kWh ({profile}): a minimum price is not allowed.",
		"Ab 50 kW gilt ad hoc ein Preis pro kWh ({profile}): Ein Mindestpreis ist nicht erlaubt.",
	},
	"adhoc_session_fee": {
		"From 50 kW an ad hoc price is per kWh ({profile}): a fee of {price} per session is not allowed.",
		"Ab 50 kW gilt ad hoc ein Preis pro kWh ({profile}): Eine Gebühr von {price} pro Ladevorgang ist nicht erlaubt.",
	},
	"no_energy_price": {
		"Energy has no price: a kWh costs nothing, however many are taken.",
		"Energie hat keinen Preis: Eine kWh kostet nichts, gleich wie viele es sind.",
	},
	"free":              {"Nothing has a price: every session is free.", "Nichts hat einen Preis: Jeder Ladevorgang ist kostenlos."},
	"reservation_alone": {"Reservations have a price and sessions have none: charging is free.", "Reservierungen kosten etwas, Ladevorgänge nicht: Laden ist kostenlos."},
	"tax_unnamed": {
		"Prices include tax, but no rate is named: receipts cannot show net and tax.",
		"Die Preise enthalten Steuer, aber kein Satz ist genannt: Belege können Netto und Steuer nicht zeigen.",
	},
	"tax_none_added": {
		"Prices are without tax and no rate is named: no tax is added.",
		"Die Preise sind ohne Steuer und kein Satz ist genannt: Es kommt keine Steuer dazu.",
	},
	"tax_missing": {"This price names no tax rate, others do.", "Dieser Preis nennt keinen Steuersatz, andere schon."},
	"tax_differs": {"The typed rate is {percent}, at this place {place} holds.", "Eingetragen sind {percent}, an diesem Ort gelten {place}."},
	"tax_rates": {
		"{percent} here, {other} elsewhere for {dimension}: one receipt will have two rates.",
		"Hier {percent}, anderswo {other} für {dimension}: Ein Beleg wird zwei Sätze haben.",
	},
	"tax_high":     {"{percent} is more than any rate of value added tax.", "{percent} ist mehr als jeder Mehrwertsteuersatz."},
	"limits_cross": {"The minimum price is above the maximum, tax considered.", "Der Mindestpreis liegt über dem Höchstpreis, die Steuer bedacht."},
	"limits_equal": {"Minimum and maximum are equal: every session costs the same.", "Mindest- und Höchstpreis sind gleich: Jeder Ladevorgang kostet dasselbe."},
	"limit_sides": {
		"{net} before tax and {gross} with tax are not one amount: each acts on its own.",
		"{net} vor und {gross} mit Steuer sind nicht ein Betrag: Jeder wirkt für sich.",
	},
	"max_soon": {
		"The maximum is reached by {kwh} kWh alone: all above is free.",
		"Der Höchstpreis ist mit {kwh} kWh allein erreicht: Alles darüber ist kostenlos.",
	},
	"price_high": {
		"{price} for {dimension} is far above what is usual. Prices are in the major unit, energy per kWh, time per hour.",
		"{price} für {dimension} ist weit mehr als üblich. Preise sind in der Haupteinheit, Energie pro kWh, Zeit pro Stunde.",
	},
	"per_minute_as_hour": {
		"Time is priced per hour: this is {minute} per minute. For {price} per minute write {hour}.",
		"Zeit kostet pro Stunde: Das sind {minute} pro Minute. Für {price} pro Minute {hour} eintragen.",
	},
	"price_fraction": {
		"The currency has no decimals: {price} is rounded on the receipt.",
		"Die Währung hat keine Nachkommastellen: {price} wird auf dem Beleg gerundet.",
	},
	"parking_no_grace": {
		"The fee begins the moment charging ends, even for somebody who just arrives. A minimum duration gives time to leave; it counts from the start of the session.",
		"Die Gebühr beginnt in dem Moment, in dem das Laden endet. Eine Mindestdauer lässt Zeit zum Wegfahren; sie zählt ab dem Start.",
	},
	"parking_overnight": {
		"The fee runs through the night without a maximum price.",
		"Die Gebühr läuft die ganze Nacht ohne Höchstpreis.",
	},
	"valid_never": {"The tariff ends before it begins.", "Der Tarif endet, bevor er beginnt."},
	"valid_past":  {"The tariff ended on {until} UTC.", "Der Tarif endete am {until} UTC."},
	"season_past": {
		"This ended before {until} and never applies again.",
		"Das endete vor dem {until} und gilt nie wieder.",
	},
	"power_unreached": {
		"This EVSE delivers {power} kW at most: a price from {from} kW never applies here.",
		"Dieser Ladepunkt liefert höchstens {power} kW: Ein Preis ab {from} kW gilt hier nie.",
	},
	"alt_text_repeated": {"There is a text in this language ({language}) already: this one is never shown.", "Einen Text in dieser Sprache ({language}) gibt es schon: Dieser wird nie gezeigt."},
	"alt_text_price": {
		"The text ({language}) names prices, but not {price} per kWh. Drivers may read it instead of the sentence.",
		"Der Text ({language}) nennt Preise, aber nicht {price} pro kWh. Vielleicht liest man ihn statt des Satzes.",
	},
	"alt_text_missing": {
		"There are texts of your own, but none in the language of the place ({language}): drivers there read the sentence made here.",
		"Es gibt eigene Texte, aber keinen in der Sprache des Ortes ({language}): Dort liest man den Satz von hier.",
	},
	"language_unknown": {
		"Prices are not said in the language of the place ({language}): without a text of your own drivers read English.",
		"In der Sprache des Ortes ({language}) werden hier keine Preise gesagt: Ohne eigenen Text liest man Englisch.",
	},
	"not_all_checked": {"The tariff is too complex to check everything.", "Der Tarif ist zu verwickelt, um alles zu prüfen."},
}
