package tariff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"chargewright/base/money"
	"chargewright/core/tariff"

	"pgregory.net/rapid"
)

var (
	lintNow = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	vat19   = money.Percent(19 * money.One)
)

// sound is a tariff without a finding but those that a case brings.
const sound = `"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19,"step_size":1}]}]`

// taxed is element with a VAT of 19 %.
func taxed(restrictions string, components ...string) string {
	return strings.ReplaceAll(element(restrictions, components...), `"price":`, `"vat":19,"price":`)
}

func gross(all ...string) string {
	return `"tax_included":"YES","elements":[` + strings.Join(all, ",") + `]`
}

// found is "code severity path" of each finding.
func found(all []tariff.Finding) []string {
	out := []string{}
	for _, f := range all {
		out = append(out, fmt.Sprintf("%s %s %s", f.Code, f.Severity, f.Path))
	}
	return out
}

// Each rule with what it finds and, next to it, what it must not find.
func TestLint(t *testing.T) {
	afir := tariff.Venue{Profile: tariff.AFIR, Power: 150_000_000}
	none := []string{}
	for _, c := range []struct {
		name, tariff string
		at           tariff.Venue
		want         []string
	}{
		{"a sound tariff", sound, tariff.Venue{}, none},
		{"a sound tariff at 150 kW", `"tax_included":"YES",` + sound, afir, none},

		{"covered by one before", gross(taxed("", "ENERGY 0.5"), taxed(fromSix, "ENERGY 0.4")), tariff.Venue{}, []string{"unreachable warning elements[1]"}},
		{"covered by two windows", gross(taxed(fromSix, "ENERGY 0.5"), taxed(atNight, "ENERGY 0.4"), taxed("", "ENERGY 0.3")), tariff.Venue{},
			[]string{"unreachable warning elements[2]"}},
		{"covered by weekdays and weekend", gross(taxed(weekdays, "ENERGY 0.5"), taxed(`"day_of_week":["SATURDAY","SUNDAY"]`, "ENERGY 0.4"), taxed(`"max_kwh":5`, "ENERGY 0.3")),
			tariff.Venue{}, []string{"unreachable warning elements[2]"}},
		{"covered within a season", gross(taxed(`"start_date":"2026-01-01"`, "ENERGY 0.5"), taxed(`"start_date":"2026-06-01","end_date":"2026-09-01"`, "ENERGY 0.4"), taxed("", "ENERGY 0.6")),
			tariff.Venue{}, []string{"unreachable warning elements[1]"}},
		{"a window that is wider", gross(taxed(fromSix, "ENERGY 0.5"), taxed(`"start_time":"05:00","end_time":"22:00"`, "ENERGY 0.4"), taxed("", "ENERGY 0.3")), tariff.Venue{}, none},
		{"another dimension", gross(taxed("", "ENERGY 0.5"), taxed("", "FLAT 1")), tariff.Venue{}, none},
		{"one of two components", gross(taxed("", "ENERGY 0.5"), taxed("", "ENERGY 0.4", "FLAT 1")), tariff.Venue{},
			[]string{"unreachable warning elements[1].price_components[0]"}},
		{"twice in one element", gross(taxed("", "ENERGY 0.5", "ENERGY 0.4")), tariff.Venue{}, []string{"unreachable warning elements[0].price_components[1]"}},
		{"a Sunday that is none", gross(taxed(`"day_of_week":["SUNDAY"],"start_date":"2027-01-04","end_date":"2027-01-06"`, "ENERGY 0.4"), taxed("", "ENERGY 0.5")), tariff.Venue{},
			[]string{"unreachable warning elements[0]"}},
		{"the same twice", gross(taxed("", "ENERGY 0.5"), taxed("", "ENERGY 0.5")), tariff.Venue{}, []string{"duplicate_element warning elements[1]"}},
		{"energy of a reservation", gross(taxed("", "ENERGY 0.5"), taxed(`"reservation":"RESERVATION"`, "ENERGY 0.5", "TIME 3")), tariff.Venue{},
			[]string{"reservation_component warning elements[1].price_components[0]"}},
		{"a reservation beside a session", gross(taxed("", "ENERGY 0.5", "TIME 6"), taxed(`"reservation":"RESERVATION"`, "TIME 3")), tariff.Venue{}, none},

		{"free at night", gross(taxed(fromSix, "ENERGY 0.5")), tariff.Venue{}, []string{"gap warning elements"}},
		{"no gap with a price of 0", gross(taxed(fromSix, "ENERGY 0.5"), taxed("", "ENERGY 0")), tariff.Venue{}, none},
		{"free on two occasions", gross(taxed(weekdays+","+fromSix, "ENERGY 0.5")), tariff.Venue{}, []string{"gap warning elements", "gap warning elements"}},
		{"free above 20 kWh", gross(taxed(`"max_kwh":20`, "ENERGY 0.5")), tariff.Venue{}, []string{"gap warning elements"}},
		{"grace is no gap", gross(taxed("", "ENERGY 0.5"), taxed(`"min_duration":14400,`+fromSix, "PARKING_TIME 6"), taxed("", "PARKING_TIME 0")), tariff.Venue{}, none},
		{"free parking on Sunday", gross(taxed("", "ENERGY 0.5"), taxed(`"min_duration":3600,"end_time":"22:00","day_of_week":["MONDAY"]`, "PARKING_TIME 6")), tariff.Venue{},
			[]string{"gap advice elements", "gap advice elements", "parking_overnight advice elements[1].price_components[0]"}},
		{"the past is no gap", gross(taxed(`"start_date":"2026-01-01"`, "ENERGY 0.5")), tariff.Venue{Now: lintNow}, none},
		{"the past before a tariff is valid is none", `"start_date_time":"2026-06-01T00:00:00Z","end_date_time":"2027-01-01T00:00:00Z",` +
			gross(taxed(`"start_date":"2026-06-01","end_date":"2027-01-01"`, "ENERGY 0.5")), tariff.Venue{Now: lintNow}, none},
		{"the season ends", gross(taxed(`"end_date":"2027-01-01"`, "ENERGY 0.5")), tariff.Venue{Now: lintNow}, []string{"gap warning elements"}},
		{"no gap above the rated power", gross(taxed(`"max_power":200`, "ENERGY 0.5")), tariff.Venue{Power: 150_000_000}, none},

		{"a step of a kWh", `"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19,"step_size":1000}]}]`, tariff.Venue{},
			[]string{"step_size warning elements[0].price_components[0].step_size"}},
		{"a step of a minute", `"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19},{"type":"TIME","price":6,"vat":19,"step_size":60}]}]`, tariff.Venue{},
			[]string{"step_size advice elements[0].price_components[1].step_size"}},
		{"a step of a flat fee is none", `"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19,"step_size":1},{"type":"FLAT","price":1,"vat":19,"step_size":300}]}]`,
			tariff.Venue{}, none},
		{"the fallback of a formula is not its price", `"tax_included":"YES","max_price":{"after_taxes":5},"tariff_alt_text":[{"language":"de","text":"Börsenpreis + 12 ct"}],
			"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19,"step_size":1000,"spot":{"index":"x","margin":"0.12"}}]}]`, tariff.Venue{},
			[]string{"step_size_spot warning elements[0].price_components[0].step_size"}},
		{"two steps", `"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19,"step_size":1}],"restrictions":{` + fromSix + `}},
			{"price_components":[{"type":"ENERGY","price":0.59,"vat":19,"step_size":100}]}]`, tariff.Venue{},
			[]string{"step_mixed warning elements[1].price_components[0].step_size", "step_size advice elements[1].price_components[0].step_size"}},

		{"AFIR: a fee and a minimum", `"tax_included":"YES","min_price":{"after_taxes":2},"elements":[` + taxed("", "ENERGY 0.5", "FLAT 1") + `]`, afir,
			[]string{"adhoc_min_price error min_price", "adhoc_session_fee error elements[0].price_components[1]"}},
		{"AFIR below 50 kW", gross(taxed("", "ENERGY 0.5", "FLAT 1")), tariff.Venue{Profile: tariff.AFIR, Power: 22_000_000}, none},
		{"AFIR by contract only", `"type":"REGULAR",` + gross(taxed("", "ENERGY 0.5", "FLAT 1")), afir, []string{"adhoc_session_fee advice elements[0].price_components[1]"}},
		{"NEVI without energy", gross(taxed("", "TIME 6")), tariff.Venue{Profile: tariff.NEVI, Power: 150_000_000}, []string{"adhoc_energy error elements"}},
		{"no price for energy", gross(taxed("", "TIME 6")), tariff.Venue{}, []string{"no_energy_price warning elements"}},
		{"free", gross(taxed("", "ENERGY 0")), tariff.Venue{}, []string{"free advice elements"}},
		{"only reservations", gross(taxed(`"reservation":"RESERVATION"`, "FLAT 2")), tariff.Venue{}, []string{"reservation_alone warning elements"}},

		{"no rate in gross prices", gross(element("", "ENERGY 0.5")), tariff.Venue{}, []string{"tax_unnamed warning elements"}},
		{"no rate for net prices", `"elements":[` + element("", "ENERGY 0.5") + `]`, tariff.Venue{}, []string{"tax_none_added warning elements"}},
		{"no tax applies", `"tax_included":"N/A","elements":[` + element("", "ENERGY 0.5") + `]`, tariff.Venue{}, none},
		{"one price without rate", gross(taxed("", "ENERGY 0.5"), element("", "FLAT 1")), tariff.Venue{}, []string{"tax_missing warning elements[1].price_components[0]"}},
		{"the rate of elsewhere", strings.ReplaceAll(sound, "19", "20"), tariff.Venue{VAT: &vat19}, []string{"tax_differs warning elements[0].price_components[0].vat"}},
		{"the rate of the place", sound, tariff.Venue{VAT: &vat19}, none},
		{"two rates", gross(taxed(fromSix, "ENERGY 0.5"), strings.ReplaceAll(taxed("", "ENERGY 0.4"), "19", "7")), tariff.Venue{}, []string{"tax_rates advice elements[1].price_components[0].vat"}},
		{"a rate of 190", strings.ReplaceAll(sound, "19,", "190,"), tariff.Venue{}, []string{"tax_high warning elements[0].price_components[0].vat"}},

		{"limits that cross by the tax", `"min_price":{"before_taxes":10},"max_price":{"after_taxes":11},` + sound, tariff.Venue{}, []string{"limits_cross error max_price"}},
		{"limits that do not", `"min_price":{"before_taxes":10},"max_price":{"after_taxes":31},` + sound, tariff.Venue{}, none},
		{"limits that are one", `"min_price":{"before_taxes":30},"max_price":{"before_taxes":30},` + sound, tariff.Venue{}, []string{"limits_equal advice max_price"}},
		{"sides of a limit", `"max_price":{"before_taxes":50,"after_taxes":70},` + sound, tariff.Venue{}, []string{"limit_sides advice max_price"}},
		{"sides that fit", `"max_price":{"before_taxes":50,"after_taxes":59.5},` + sound, tariff.Venue{}, none},
		{"a maximum of 5", `"tax_included":"YES","max_price":{"after_taxes":5},` + sound, tariff.Venue{}, []string{"max_soon warning max_price"}},

		{"cents for euros", strings.ReplaceAll(sound, "0.59", "59"), tariff.Venue{}, []string{"price_high warning elements[0].price_components[0].price"}},
		{"a minute for an hour", gross(taxed("", "ENERGY 0.5", "TIME 0.1")), tariff.Venue{}, []string{"per_minute_as_hour warning elements[0].price_components[1].price"}},
		{"6 an hour", gross(taxed("", "ENERGY 0.5", "TIME 6")), tariff.Venue{}, none},

		{"parking from the start", gross(taxed("", "ENERGY 0.5", "PARKING_TIME 6")), tariff.Venue{},
			[]string{"parking_no_grace advice elements[0].price_components[1]", "parking_overnight advice elements[0].price_components[1]"}},
		{"parking with grace by day", gross(taxed("", "ENERGY 0.5"), taxed(`"min_duration":14400,`+fromSix, "PARKING_TIME 6"), taxed("", "PARKING_TIME 0")), tariff.Venue{}, none},
		{"parking with grace by an element before", gross(taxed("", "ENERGY 0.5"), taxed(`"max_duration":14400`, "PARKING_TIME 0"), taxed(fromSix, "PARKING_TIME 6"), taxed("", "PARKING_TIME 0")),
			tariff.Venue{}, none},
		{"parking at night with a maximum", `"max_price":{"after_taxes":30},` + gross(taxed("", "ENERGY 0.5"), taxed(`"min_duration":14400`, "PARKING_TIME 6")), tariff.Venue{}, none},

		{"it ended", `"end_date_time":"2026-05-01T00:00:00Z",` + sound, tariff.Venue{Now: lintNow}, []string{"valid_past warning end_date_time"}},
		{"it will end", `"end_date_time":"2026-06-01T00:00:00Z",` + sound, tariff.Venue{Now: lintNow}, none},
		{"it ends before it begins", `"start_date_time":"2026-07-01T00:00:00Z","end_date_time":"2026-06-01T00:00:00Z",` + sound, tariff.Venue{Now: lintNow}, []string{"valid_never error end_date_time"}},
		{"a season that is over", gross(taxed(`"end_date":"2026-01-01"`, "ENERGY 0.5"), taxed("", "ENERGY 0.4")), tariff.Venue{Now: lintNow},
			[]string{"season_past advice elements[0].restrictions.end_date"}},
		{"power that is not there", gross(taxed(`"min_power":200`, "ENERGY 0.5"), taxed("", "ENERGY 0.4")), tariff.Venue{Power: 150_000_000},
			[]string{"power_unreached advice elements[0].restrictions.min_power"}},

		{"a language twice", `"tariff_alt_text":[{"language":"de","text":"59 ct"},{"language":"de","text":"59 ct"}],` + sound, tariff.Venue{}, []string{"alt_text_repeated warning tariff_alt_text[1].language"}},
		{"a text with an old price", `"tariff_alt_text":[{"language":"de","text":"49 ct je kWh"}],` + sound, tariff.Venue{}, []string{"alt_text_price warning tariff_alt_text[0].text"}},
		{"a text without a price", `"tariff_alt_text":[{"language":"de","text":"Siehe Aushang"}],` + sound, tariff.Venue{}, none},
		{"no text of the place", `"tariff_alt_text":[{"language":"de","text":"0,59 €"}],` + sound, tariff.Venue{Language: "fr"}, []string{"alt_text_missing advice tariff_alt_text"}},
		{"a language not spoken here", sound, tariff.Venue{Language: "pl"}, []string{"language_unknown advice tariff_alt_text"}},
	} {
		tf := parsed(t, c.tariff)
		all := tariff.Lint(tf, c.at)
		if got := found(all); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
		for _, f := range all {
			for _, lang := range tariff.LintLanguages {
				if m := f.Message(lang); m == "" || strings.ContainsAny(m, "{}%") && !strings.Contains(m, " %") {
					t.Errorf("%s: %q", f.Code, m)
				}
			}
		}
	}
}

func TestLintOfACurrencyWithoutDecimals(t *testing.T) {
	tf, err := tariff.Parse([]byte(`{"currency":"JPY","tax_included":"N/A","elements":[` + element("", "ENERGY 49.5", "TIME 600") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := found(tariff.Lint(tf, tariff.Venue{})), []string{"price_fraction advice elements[0].price_components[0].price"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFindingsSayWhatAndWhen(t *testing.T) {
	for _, c := range []struct{ tariff, en, de string }{
		{gross(taxed(fromSix, "ENERGY 0.5")),
			"No price for energy from 22:00 to 6:00: it is free then. Add a price for that time, or one of 0 if it is meant.",
			"Kein Preis für Energie von 22:00 bis 6:00: Das ist dann kostenlos. Einen Preis dafür ergänzen, oder 0, wenn es so gemeint ist."},
		{gross(taxed("", "ENERGY 0.5"), taxed("", "ENERGY 0.5")), "This is the same as element 1 and never applies. Remove one of them.",
			"Das ist gleich wie Element 1 und gilt nie. Eines davon entfernen."},
		{gross(taxed(fromSix, "ENERGY 0.5"), taxed(atNight, "ENERGY 0.4"), taxed("", "ENERGY 0.3")),
			"This never applies: the elements before it together always fit first. Move it up, or restrict what comes before it.",
			"Das gilt nie: Die Elemente davor passen zusammen immer zuerst. Nach oben schieben oder einschränken, was davor steht."},
		{`"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19,"step_size":1000}]}]`,
			"Each session is rounded up to 1000 Wh of energy: a driver pays up to €0.59 for what was not used. 1 is exact, and what OCPI advises.",
			"Jeder Ladevorgang wird auf 1000 Wh Energie aufgerundet: Man zahlt bis zu 0,59 € für nicht Genutztes. 1 ist genau, und was OCPI rät."},
	} {
		all := tariff.Lint(parsed(t, c.tariff), tariff.Venue{})
		if len(all) == 0 {
			t.Fatalf("nothing is found in %s", c.tariff)
		}
		if got := all[0].Message("en"); got != c.en {
			t.Errorf("got  %q\nwant %q", got, c.en)
		}
		if got := all[0].Message("de"); got != c.de {
			t.Errorf("got  %q\nwant %q", got, c.de)
		}
	}
}

// gridTariff draws restrictions from few values, so that they cover each other
// often.
func gridTariff(t *rapid.T) *tariff.Tariff {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	var all []string
	for range rapid.IntRange(1, 6).Draw(t, "elements") {
		var r []string
		for _, x := range []string{
			pick("time", "", "", `"start_time":"06:00"`, `"end_time":"06:00"`, fromSix, atNight, `"start_time":"12:00","end_time":"22:00"`),
			pick("days", "", "", "", weekdays, `"day_of_week":["SATURDAY","SUNDAY"]`, `"day_of_week":["SUNDAY"]`),
			pick("kwh", "", "", "", `"max_kwh":0.01`, `"min_kwh":0.01`, `"min_kwh":0.005,"max_kwh":0.02`),
			pick("duration", "", "", "", `"max_duration":3600`, `"min_duration":3600`, `"min_duration":1800,"max_duration":7200`),
			pick("power", "", "", "", "", `"max_power":22`, `"min_power":22`),
			pick("dates", "", "", "", "", `"start_date":"2026-03-29","end_date":"2027-01-01"`, `"end_date":"2026-03-30"`),
			pick("reservation", "", "", "", "", `"reservation":"RESERVATION"`, `"reservation":"RESERVATION_EXPIRES"`),
		} {
			if x != "" {
				r = append(r, x)
			}
		}
		var parts []string
		for range rapid.IntRange(1, 2).Draw(t, "components") {
			parts = append(parts, pick("type", "ENERGY", "ENERGY", "FLAT", "TIME", "PARKING_TIME")+" "+decimal(t, "price", 3_000_000, 6))
		}
		all = append(all, taxed(strings.Join(r, ","), parts...))
	}
	tf, err := tariff.Parse([]byte(`{"currency":"EUR","elements":[` + strings.Join(all, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return tf
}

// at finds the element and component of a path; component -1 is all of them.
func at(path string) (element, component int) {
	if n, _ := fmt.Sscanf(path, "elements[%d].price_components[%d]", &element, &component); n < 2 {
		component = -1
	}
	return element, component
}

var neverApplies = []string{"unreachable", "duplicate_element", "reservation_component"}

// without is the tariff without the component that a finding names.
func without(tf *tariff.Tariff, path string) *tariff.Tariff {
	out := *tf
	out.Elements = slices.Clone(tf.Elements)
	e, c := at(path)
	if c < 0 {
		out.Elements[e].Components = nil
	} else {
		out.Elements[e].Components = slices.Delete(slices.Clone(tf.Elements[e].Components), c, c+1)
	}
	return &out
}

func TestWhatIsUnreachableNeverPricesAnything(t *testing.T) {
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		tf := gridTariff(t)
		_, s := drawn(t)
		if rapid.Bool().Draw(t, "reserved") {
			from := s.Segments[0].Start
			s.Segments = append([]tariff.Segment{{Start: from.Add(-2 * time.Hour), End: from, State: tariff.ReservedState}}, s.Segments...)
			if rapid.Bool().Draw(t, "expired") {
				s.Segments, s.ReservationExpired = s.Segments[:1], true
			}
		}
		whole := mustRate(t, tf, s)
		for _, f := range tariff.Lint(tf, tariff.Venue{}) {
			if !slices.Contains(neverApplies, f.Code) {
				continue
			}
			seen++
			less := mustRate(t, without(tf, f.Path), s)
			if whole.CDR.Net.Cmp(less.CDR.Net) != 0 || whole.Invoice.Gross != less.Invoice.Gross {
				t.Fatalf("%s at %s, yet without it %s became %s\n%s", f.Code, f.Path, whole.CDR.Net, less.CDR.Net, tf.Original)
			}
		}
	})
	if seen == 0 {
		t.Error("nothing was unreachable: the property proves nothing")
	}
}

// inside draws a session that ends within a gap, and the same without its last
// part.
func inside(t *rapid.T, f *tariff.Finding) (with, less *tariff.Session) {
	r := f.When
	within := func(label string, x tariff.Range, most int64) int64 {
		if x.Max == 0 {
			x.Max = x.Min + most
		}
		return rapid.Int64Range(x.Min, x.Max-1).Draw(t, label)
	}
	day := lintNow
	if r.StartDate != 0 {
		if d := time.Date(r.StartDate/10000, time.Month(r.StartDate/100%100), r.StartDate%100, 12, 0, 0, 0, time.UTC); d.After(day) {
			day = d
		}
	}
	for n := 0; r.Days != 0 && r.Days&(1<<day.Weekday()) == 0; n++ {
		if day = day.AddDate(0, 0, 1); n > 7 {
			t.Fatal("no such day")
		}
	}
	length := (r.Until - r.From + 1440) % 1440
	if length == 0 {
		length = 1440
	}
	minute := (r.From + rapid.IntRange(0, length-1).Draw(t, "minute")) % 1440
	instant := day.Truncate(24 * time.Hour).Add(time.Duration(minute) * time.Minute)
	power, amps := within("power", r.Power, 350_000_000), within("current", r.Current, 500_000_000)
	last := tariff.Segment{Start: instant, End: instant.Add(time.Second), Energy: 1, State: tariff.Charging, Power: &power, Current: &amps}
	if f.Args["dimension"] == tariff.ParkingTime {
		last.State = tariff.SuspendedEV
	}
	s := tariff.Session{Zone: time.UTC}
	if f.Args["dimension"] != tariff.Flat {
		before := time.Duration(within("duration", r.Duration, 7200)) * time.Second
		s.Segments = append(s.Segments, tariff.Segment{
			Start: instant.Add(-before), End: instant, Energy: within("energy", r.Energy, 30_000_000), State: tariff.SuspendedEVSE, Power: &power, Current: &amps,
		})
	}
	a, b := s, s
	a.Segments = append(slices.Clone(s.Segments), last)
	if last.Energy = 0; f.Args["dimension"] != tariff.Energy {
		last.End = last.Start
	}
	b.Segments = append(slices.Clone(s.Segments), last)
	return &a, &b
}

func TestGapsAreFree(t *testing.T) {
	seen := map[any]int{}
	rapid.Check(t, func(t *rapid.T) {
		tf := gridTariff(t)
		for _, f := range tariff.Lint(tf, tariff.Venue{Now: lintNow}) {
			if f.Code != "gap" {
				continue
			}
			d := f.Args["dimension"].(tariff.Dimension)
			seen[d]++
			with, less := inside(t, &f)
			a, b := mustRate(t, tf, with), mustRate(t, tf, less)
			x, y := a.Cost(d), b.Cost(d)
			if d == tariff.Flat {
				y = tariff.Totals{Net: whole(0)}
			}
			if x.Net.Cmp(y.Net) != 0 {
				t.Fatalf("a gap of %s in %+v costs %s, not %s\n%s", d, *f.When, x.Net, y.Net, tf.Original)
			}
		}
	})
	if len(seen) < 4 {
		t.Errorf("gaps of %v only", seen)
	}
}

// Every price that can apply is said, or pointed to.
func TestEveryPriceIsSaid(t *testing.T) {
	spoken := 0
	pointers := []string{"see details", "siehe Details", "voir les détails", "zie details", "ver detalles", "vedi dettagli"}
	says := func(text string, p money.Price) bool {
		for _, p := range []money.Price{p, p / 60} {
			n := money.FormatDecimal(int64(p), money.Scale, 2)
			if strings.Contains(text, n) || strings.Contains(text, strings.Replace(n, ".", ",", 1)) {
				return true
			}
		}
		return false
	}
	rapid.Check(t, func(t *rapid.T) {
		tf := gridTariff(t)
		dead := map[string]bool{}
		for _, f := range tariff.Lint(tf, tariff.Venue{}) {
			if slices.Contains(neverApplies, f.Code) {
				dead[f.Path] = true
			}
		}
		for i, lang := range tariff.Languages {
			all := []string{tariff.Sentence(tf, lang)}
			for _, width := range []int{160, 80, 50, 32, 16} {
				s := tariff.Short(tf, lang, width)
				if len([]rune(s)) > width {
					t.Fatalf("%q is longer than %d", s, width)
				}
				if s != "" {
					all = append(all, s)
				}
			}
			details := strings.Join(tariff.Details(tf, lang), "\n")
			for e := range tf.Elements {
				for c, x := range tf.Elements[e].Components {
					if x.Price == 0 {
						continue
					}
					if !says(details, x.Price) {
						t.Fatalf("%s: the details leave out %s:\n%s", lang, x.Price, details)
					}
					path := fmt.Sprintf("elements[%d]", e)
					if dead[path] || dead[fmt.Sprintf("%s.price_components[%d]", path, c)] {
						continue
					}
					for _, s := range all {
						if !strings.Contains(s, pointers[i]) {
							if spoken++; !says(s, x.Price) {
								t.Fatalf("%s leaves out %s of\n%s", s, x.Price, tf.Original)
							}
						}
					}
				}
			}
		}
	})
	if spoken == 0 {
		t.Error("no sentence was whole: the property proves nothing")
	}
}

// The ad hoc findings are those of CheckAdHoc.
func TestLintAgreesWithCheckAdHoc(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tf := gridTariff(t)
		at := tariff.Venue{
			Profile: rapid.SampledFrom([]tariff.Profile{"", tariff.NEVI, tariff.AFIR, tariff.Eichrecht}).Draw(t, "profile"),
			Power:   rapid.SampledFrom([]int64{0, 22_000_000, 50_000_000}).Draw(t, "power"),
		}
		refused := slices.ContainsFunc(tariff.Lint(tf, at), func(f tariff.Finding) bool { return strings.HasPrefix(f.Code, "adhoc_") && f.Severity == tariff.Fault })
		if err := tariff.CheckAdHoc(tf, at.Profile, at.Power); (err != nil) != refused {
			t.Fatalf("CheckAdHoc: %v, the linter: %v\n%s", err, refused, tf.Original)
		}
	})
}

// The largest tariffs are bounded: where comparing would take too long, it says so.
func TestLintIsBounded(t *testing.T) {
	many := func(n int, restrictions func(i int) string) *tariff.Tariff {
		var all []string
		for i := range n {
			all = append(all, taxed(restrictions(i), "ENERGY 0.5", "PARKING_TIME 6"))
		}
		return parsed(t, gross(all...))
	}
	for name, c := range map[string]struct {
		tariff  *tariff.Tariff
		partial bool
	}{
		"quarter hours": {many(96, func(i int) string {
			return fmt.Sprintf(`"start_time":"%02d:%02d","end_time":"%02d:%02d"`, i/4, i%4*15, (i+1)/4%24, (i+1)%4*15)
		}), false},
		"days": {many(1000, func(i int) string {
			d := lintNow.AddDate(0, 0, i)
			return fmt.Sprintf(`"start_date":%q,"end_date":%q`, d.Format(time.DateOnly), d.AddDate(0, 0, 1).Format(time.DateOnly))
		}), false},
		"a maze": {many(1000, func(i int) string {
			return fmt.Sprintf(`"min_kwh":%d,"max_kwh":%d,"min_duration":%d,"max_duration":%d,"min_power":%d`, i%37, i%37+i%11+1, i%53*60, (i%53+i%13+1)*60, i%17)
		}), true},
	} {
		began := time.Now()
		all := tariff.Lint(c.tariff, tariff.Venue{Now: lintNow})
		t.Logf("%s: %d findings in %s", name, len(all), time.Since(began))
		if len(all) > tariff.MaxFindings {
			t.Errorf("%s: %d findings", name, len(all))
		}
		if got := slices.ContainsFunc(all, func(f tariff.Finding) bool { return f.Code == "not_all_checked" }); got != c.partial {
			t.Errorf("%s: not all was checked: %v", name, got)
		}
	}
}

func FuzzLint(f *testing.F) {
	f.Add([]byte(`{"currency":"EUR",` + sound + `}`))
	f.Add([]byte(`{"currency":"JPY","min_price":{"excl_vat":1},"max_price":{"incl_vat":1},"elements":[{"price_components":[{"type":"FLAT","price":1,"vat":0.1}],"restrictions":{"end_date":"0001-01-01"}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		tf, err := tariff.Parse(b)
		if err != nil {
			return
		}
		for _, f := range tariff.Lint(tf, tariff.Venue{Now: lintNow, Profile: tariff.AFIR, Power: 150_000_000, Language: "de", VAT: &vat19}) {
			for _, lang := range tariff.LintLanguages {
				if f.Message(lang) == "" {
					t.Errorf("%s says nothing", f.Code)
				}
			}
		}
		for _, lang := range tariff.Languages {
			_, _ = tariff.Sentence(tf, lang), tariff.Short(tf, lang, 40)
		}
	})
}
