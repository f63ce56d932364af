package tariff_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"chargewright/core/tariff"
)

const (
	allTaxes = `"tax_included":"YES",`
)

func parsed(t testing.TB, rest string) *tariff.Tariff {
	t.Helper()
	tf, err := tariff.Parse([]byte(`{"currency":"EUR",` + rest + `}`))
	if err != nil {
		t.Fatalf("%v\n%s", err, rest)
	}
	return tf
}

// element is an element of components "ENERGY 0.59" and restrictions.
func element(restrictions string, components ...string) string {
	var all []string
	for _, c := range components {
		kind, price, _ := strings.Cut(c, " ")
		all = append(all, `{"type":"`+kind+`","price":`+price+`}`)
	}
	return `{"price_components":[` + strings.Join(all, ",") + `],"restrictions":{` + restrictions + `}}`
}

func elements(all ...string) string { return allTaxes + `"elements":[` + strings.Join(all, ",") + `]` }

const (
	fromSix  = `"start_time":"06:00","end_time":"22:00"`
	atNight  = `"start_time":"22:00","end_time":"06:00"`
	weekdays = `"day_of_week":["MONDAY","TUESDAY","WEDNESDAY","THURSDAY","FRIDAY"]`
)

func TestSentenceSaysWhenAPriceHolds(t *testing.T) {
	for _, c := range []struct{ tariff, en, de string }{
		{elements(element(fromSix, "ENERGY 0.59"), element("", "ENERGY 0.39")),
			"€0.59 per kWh from 6:00 to 22:00, €0.39 otherwise", "0,59 € pro kWh von 6:00 bis 22:00, sonst 0,39 €"},
		{elements(element(fromSix, "ENERGY 0.59"), element(atNight, "ENERGY 0.39")),
			"€0.59 per kWh from 6:00 to 22:00, €0.39 from 22:00 to 6:00", "0,59 € pro kWh von 6:00 bis 22:00, 0,39 € von 22:00 bis 6:00"},
		{elements(element(fromSix, "ENERGY 0.59")),
			"€0.59 per kWh from 6:00 to 22:00, free of charge otherwise", "0,59 € pro kWh von 6:00 bis 22:00, sonst kostenlos"},
		{elements(element(weekdays, "ENERGY 0.59"), element("", "ENERGY 0.49")),
			"€0.59 per kWh Mon–Fri, €0.49 otherwise", "0,59 € pro kWh Mo–Fr, sonst 0,49 €"},
		{elements(element(weekdays+","+fromSix, "ENERGY 0.59"), element(`"day_of_week":["SUNDAY"]`, "ENERGY 0"), element("", "ENERGY 0.49")),
			"€0.59 per kWh Mon–Fri from 6:00 to 22:00, free of charge Sun, €0.49 otherwise", "0,59 € pro kWh Mo–Fr von 6:00 bis 22:00, kostenlos So, sonst 0,49 €"},
		{elements(element("", "ENERGY 0.59"), element(`"min_duration":3600`, "PARKING_TIME 6")),
			"€0.59 per kWh, €0.10 per minute after charging ends, from 60 min after the start",
			"0,59 € pro kWh, 0,10 € pro Minute nach Ladeende, ab 60 min nach dem Start"},
		{elements(element("", "ENERGY 0.59"), element(`"max_duration":3600`, "PARKING_TIME 0"), element("", "PARKING_TIME 6")),
			"€0.59 per kWh; free of charge up to 60 min after the start, then €0.10 per minute after charging ends",
			"0,59 € pro kWh; kostenlos bis 60 min nach dem Start, danach 0,10 € pro Minute nach Ladeende"},
		{elements(element(`"max_kwh":20`, "ENERGY 0.49"), element("", "ENERGY 0.39")),
			"€0.49 per kWh up to 20 kWh, then €0.39", "0,49 € pro kWh bis 20 kWh, danach 0,39 €"},
		{elements(element(`"min_kwh":20`, "ENERGY 0.39"), element("", "ENERGY 0.49")),
			"€0.39 per kWh from 20 kWh, €0.49 otherwise", "0,39 € pro kWh ab 20 kWh, sonst 0,49 €"},
		{elements(element(`"max_kwh":20`, "ENERGY 0.49"), element(`"max_kwh":10`, "ENERGY 0.29"), element("", "ENERGY 0.39")), // the second never holds
			"€0.49 per kWh up to 20 kWh, then €0.39", "0,49 € pro kWh bis 20 kWh, danach 0,39 €"},
		{elements(element("", "ENERGY 0.49", "FLAT 1", "PARKING_TIME 6", "TIME 3")),
			"€0.49 per kWh, €0.05 per minute of charging, €0.10 per minute after charging ends, €1.00 per session",
			"0,49 € pro kWh, 0,05 € pro Minute Ladezeit, 0,10 € pro Minute nach Ladeende, 1,00 € pro Ladevorgang"},
		{elements(element("", "ENERGY 0.49"), element(`"min_duration":14400`, "TIME 6", "PARKING_TIME 6")),
			"€0.49 per kWh, €0.10 per minute at the charge point, from 240 min after the start",
			"0,49 € pro kWh, 0,10 € pro Minute am Ladepunkt, ab 240 min nach dem Start"},
		{elements(element("", "ENERGY 0.49"), element(`"reservation":"RESERVATION"`, "TIME 3", "FLAT 2"), element(`"reservation":"RESERVATION_EXPIRES"`, "FLAT 4")),
			"€0.49 per kWh, €0.05 per minute while reserved, €2.00 per reservation, €4.00 if the reservation expires",
			"0,49 € pro kWh, 0,05 € pro Minute während der Reservierung, 2,00 € pro Reservierung, 4,00 € wenn die Reservierung verfällt"},
		{`"min_price":{"after_taxes":1},"max_price":{"after_taxes":30},` + elements(element("", "ENERGY 0.49")),
			"€0.49 per kWh, at least €1.00, at most €30.00", "0,49 € pro kWh, mindestens 1,00 €, höchstens 30,00 €"},
		{`"min_price":{"after_taxes":1},` + elements(element("", "ENERGY 0")), "at least €1.00", "mindestens 1,00 €"},
		{elements(element(`"start_date":"2026-06-01","end_date":"2026-09-01"`, "ENERGY 0.39"), element("", "ENERGY 0.49")),
			"€0.39 per kWh 2026-06-01–2026-08-31, €0.49 otherwise", "0,39 € pro kWh 2026-06-01–2026-08-31, sonst 0,49 €"},
		{elements(element(fromSix, "ENERGY 0.49"), element("", "ENERGY 0.49")), "€0.49 per kWh", "0,49 € pro kWh"},
		{elements(element(`"min_power":50`, "ENERGY 0.59"), element("", "ENERGY 0.49")), "€0.59 per kWh from 50 kW, €0.49 otherwise", "0,59 € pro kWh ab 50 kW, sonst 0,49 €"},
		{elements(element(`"max_kwh":1`, "ENERGY 0.1"), element(`"max_kwh":2`, "ENERGY 0.2"), element(`"max_kwh":3`, "ENERGY 0.3"), element(`"max_kwh":4`, "ENERGY 0.4"),
			element("", "ENERGY 0.5", "FLAT 1")), "from €0.10 per kWh, from €1.00 per session; see details", "ab 0,10 € pro kWh, ab 1,00 € pro Ladevorgang; siehe Details"},
		{elements(element(`"reservation":"RESERVATION"`, "TIME 3", "FLAT 2")), "€0.05 per minute while reserved, €2.00 per reservation",
			"0,05 € pro Minute während der Reservierung, 2,00 € pro Reservierung"},
		{elements(element(`"reservation":"RESERVATION",`+fromSix, "TIME 3")), "see details", "siehe Details"},
	} {
		tf := parsed(t, c.tariff)
		for lang, want := range map[string]string{"en": c.en, "de": c.de} {
			if got := tariff.Sentence(tf, lang); got != want {
				t.Errorf("%s\n got %q\nwant %q", lang, got, want)
			}
		}
	}
}

func TestSentenceInEveryLanguage(t *testing.T) {
	tf := parsed(t, elements(element(fromSix, "ENERGY 0.59"), element("", "ENERGY 0.39"), element(`"min_duration":3600`, "PARKING_TIME 6")))
	want := map[string]string{
		"en": "€0.59 per kWh from 6:00 to 22:00, €0.39 otherwise; €0.10 per minute after charging ends, from 60 min after the start",
		"de": "0,59 € pro kWh von 6:00 bis 22:00, sonst 0,39 €; 0,10 € pro Minute nach Ladeende, ab 60 min nach dem Start",
		"fr": "0,59 € par kWh de 6:00 à 22:00, sinon 0,39 €; 0,10 € par minute après la fin de la charge, à partir de 60 min après le début",
		"nl": "€ 0,59 per kWh van 6:00 tot 22:00, anders € 0,39; € 0,10 per minuut na het laden, vanaf 60 min na de start",
		"es": "0,59 € por kWh de 6:00 a 22:00, si no, 0,39 €; 0,10 € por minuto tras finalizar la carga, desde 60 min tras el inicio",
		"it": "0,59 € per kWh dalle 6:00 alle 22:00, altrimenti 0,39 €; 0,10 € al minuto dopo la fine della ricarica, da 60 min dopo l’inizio",
	}
	for _, lang := range tariff.Languages {
		if got := tariff.Sentence(tf, lang); got != want[lang] {
			t.Errorf("%s\n got %q\nwant %q", lang, got, want[lang])
		}
	}
	if got := tariff.Sentence(tf, "pl"); got != want["en"] {
		t.Errorf("a language that is not there: %q", got)
	}
}

func TestShortFitsAndLeavesNothingOut(t *testing.T) {
	tou := parsed(t, elements(element(fromSix, "ENERGY 0.59"), element("", "ENERGY 0.39"), element("", "PARKING_TIME 6")))
	flat := parsed(t, elements(element("", "ENERGY 0.59")))
	own := parsed(t, `"tariff_alt_text":[{"language":"de","text":"Der Preis steht auf dem Schild an der Einfahrt zur Tiefgarage"}],`+elements(element("", "ENERGY 0.59")))
	for _, c := range []struct {
		tariff *tariff.Tariff
		lang   string
		width  int
		want   string
	}{
		{tou, "en", 160, "€0.59 per kWh from 6:00 to 22:00, €0.39 otherwise; €0.10 per minute after charging ends"},
		{tou, "en", 80, "€0.59/kWh from 6:00 to 22:00, €0.39 otherwise; €0.10/min after charging"},
		{tou, "en", 50, "from €0.39/kWh; see details"},
		{tou, "de", 40, "ab 0,39 €/kWh; siehe Details"},
		{tou, "en", 20, "see details"},
		{tou, "en", 5, ""},
		{parsed(t, elements(element("", "ENERGY 0.59", "FLAT 1", "ENERGY 0.01"))), "en", 27, "from €0.59/kWh; see details"}, // the last never applies
		{flat, "en", 13, "€0.59 per kWh"},
		{flat, "en", 12, "€0.59/kWh"},
		{own, "de", 100, "Der Preis steht auf dem Schild an der Einfahrt zur Tiefgarage"},
		{own, "de", 30, "0,59 € pro kWh"},
		{parsed(t, elements(element("", "ENERGY 0"))), "en", 20, "free of charge"},
		{parsed(t, elements(element("", "ENERGY 0"))), "en", 13, "see details"},
	} {
		if got := tariff.Short(c.tariff, c.lang, c.width); got != c.want {
			t.Errorf("%s in %d: %q, want %q", c.lang, c.width, got, c.want)
		} else if utf8.RuneCountInString(got) > c.width {
			t.Errorf("%q is longer than %d", got, c.width)
		}
	}
}
