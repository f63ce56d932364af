package tariff_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/core/tariff"
)

const spotFile = `{"time_zone":"Europe/Berlin",
 "tariff":{"id":"T","currency":"EUR","tax_included":"YES","elements":[
  {"price_components":[{"type":"ENERGY","price":0.20,"vat":19}],"restrictions":{"holiday":"ONLY"}},
  {"price_components":[{"type":"ENERGY","price":0.49,"vat":19,"spot":{"index":"day-ahead","factor":"1.19","margin":"0.12","floor":"0.05","cap":"0.90"}}]}]},
 "holidays":["2026-12-25"],
 "slots":{"day-ahead":[
  {"start":"2026-12-24T22:00:00Z","end":"2026-12-24T22:15:00Z","price":"0.1"},
  {"start":"2026-12-24T22:15:00Z","end":"2026-12-24T22:30:00Z","price":"-0.2"},
  {"start":"2026-12-24T22:30:00Z","end":"2026-12-24T22:45:00Z","price":1}]},
 "session":{"segments":[{"start":"2026-12-24T22:00:00Z","end":"2026-12-24T23:30:00Z","energy_wh":6000,"state":"CHARGING"}]}}`

// A kWh each at 0.239, at the floor, at the cap, at the fallback, and two at the
// price of the holiday that begins at local midnight.
func TestSpotPricesAndHolidays(t *testing.T) {
	out, err := tariff.RateFile(strings.NewReader(spotFile))
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	line := func(kwh, price string) any {
		return map[string]any{"dimension": "ENERGY", "quantity": kwh, "unit_price": price}
	}
	compare(t, "", map[string]any{
		"lines":          []any{line("1", "0.239"), line("1", "0.05"), line("1", "0.90"), line("1", "0.49"), line("2", "0.20")},
		"cdr_total_cost": map[string]any{"incl_vat": "2.0790"}, "fallback_kwh": "1",
	}, got)
}

func TestFormulaRoundsOnce(t *testing.T) {
	for _, c := range []struct{ factor, margin, floor, cap, spot, want string }{
		{"1", "0", "", "", "0.0000005", "0.000001"}, // a tie goes away from zero
		{"1", "0", "", "", "0.000000499", "0.00"},
		{"1", "0.000001", "", "", "-0.0000005", "0.000001"}, // half a millionth is left: rounded after the sum
		{"1.19", "0.12", "", "", "0.08537", "0.22159"},
		{"1.19", "-0.12", "", "", "0.08", "0.00"}, // never negative
		{"2", "0", "0.05", "", "-0.3", "0.05"},
		{"2", "0", "", "0.4", "0.3", "0.40"},
		{"1000", "1000000", "", "", "1000000", "1001000000.00"},
		{"0", "0.3", "", "", "-1000000", "0.30"},
		{"0.333333", "0", "", "", "0.0000015", "0.00"},
		{"0.333334", "0", "", "", "0.0000015", "0.000001"},
	} {
		f := tariff.Formula{Index: "x", Factor: price(t, c.factor), Margin: price(t, c.margin)}
		if c.floor != "" {
			p := price(t, c.floor)
			f.Floor = &p
		}
		if c.cap != "" {
			p := price(t, c.cap)
			f.Cap = &p
		}
		spot, err := tariff.ParseSpot(c.spot)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Price(spot).String(); got != c.want {
			t.Errorf("%+v costs %s", c, got)
		}
	}
	for _, bad := range []string{"0.0000000001", "1000000.000000001", "-1000001", "x", ""} {
		if s, err := tariff.ParseSpot(bad); !fail.Is(err, fail.Invalid) {
			t.Errorf("%q is the price %s, %v", bad, s, err)
		}
	}
}

func price(t *testing.T, s string) money.Price {
	t.Helper()
	p, err := money.ParsePrice(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBadFormulasAndSlotsNameTheField(t *testing.T) {
	const spot = "tariff.elements[1].price_components[0].spot"
	for _, c := range []struct{ field, old, new string }{
		{"tariff.elements[0].restrictions.holiday", `"ONLY"`, `"SOME"`},
		{"tariff.elements[1].price_components[0].price", `"price":0.49,`, ``}, // no fallback
		{spot, `"type":"ENERGY","price":0.49`, `"type":"TIME","price":0.49`},
		{spot + ".index", `"index":"day-ahead",`, ``},
		{spot + ".index", `"index":"day-ahead"`, `"index":"day ahead"`},
		{spot + ".factor", `"1.19"`, `"-1.19"`},
		{spot + ".factor", `"1.19"`, `"1001"`},
		{spot + ".margin", `"0.12"`, `"0.1234567"`},
		{spot + ".margin", `"0.12"`, `"-1000001"`},
		{spot + ".floor", `"floor":"0.05"`, `"floor":"-0.05"`},
		{spot + ".cap", `"cap":"0.90"`, `"cap":"0.01"`},
		{spot + ".Margin", `"margin"`, `"Margin"`},
		{"holidays", `"holidays":["2026-12-25"],`, ``},
		{"holidays[0]", `["2026-12-25"]`, `["25.12.2026"]`},
		{"holidays[0]", `["2026-12-25"]`, `[""]`},
		{"slots.day-ahead[0].price", `"price":"0.1"`, `"price":null`},
		{"slots.day-ahead[0].price", `"price":"0.1"`, `"price":"0.1000000001"`},
		{"slots.day-ahead[0].end", `,"end":"2026-12-24T22:15:00Z","price":"0.1"`, `,"price":"0.1"`},
		{"slots.day-ahead[1]", `"start":"2026-12-24T22:15:00Z"`, `"start":"2026-12-24T22:14:59Z"`},
		{"slots.day-ahead[0]", `"end":"2026-12-24T22:15:00Z"`, `"end":"2026-12-24T22:00:00Z"`},
		{"slots", `"slots":{"day-ahead":`, `"slots":{"day ahead":`},
	} {
		bad := strings.Replace(spotFile, c.old, c.new, 1)
		if bad == spotFile {
			t.Fatalf("%q is not in the file", c.old)
		}
		out, err := tariff.RateFile(strings.NewReader(bad))
		e, ok := err.(*fail.Error)
		if !ok || e.Kind != fail.Invalid || e.Field != c.field || out != nil {
			t.Errorf("%s → %s: %v, want the field %s", c.old, c.new, err, c.field)
		}
	}
}

// Slots of an index that no formula names are not looked at.
func TestOtherIndexesDoNotMatter(t *testing.T) {
	other := strings.Replace(spotFile, `"slots":{`, `"slots":{"other":[{"start":"2026-12-24T22:10:00Z","end":"2026-12-24T22:00:00Z","price":1}],`, 1)
	a, err := tariff.RateFile(strings.NewReader(spotFile))
	if err != nil {
		t.Fatal(err)
	}
	b, err := tariff.RateFile(strings.NewReader(other))
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("%s, %v", b, err)
	}
}

func spotTariff(t *testing.T, formula string) *tariff.Tariff {
	t.Helper()
	tf, err := tariff.Parse([]byte(`{"id":"T","currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.49` + formula + `}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return tf
}

// quarters are slots from a time on, with prices in thousandths per kWh.
func quarters(at time.Time, mills ...int64) []tariff.Slot {
	var out []tariff.Slot
	for _, m := range mills {
		out = append(out, tariff.Slot{Start: at, End: at.Add(15 * time.Minute), Price: tariff.Spot(m * 1_000_000)})
		at = at.Add(15 * time.Minute)
	}
	return out
}

// What a legal profile forbids for times of day it forbids for slots.
func TestLegalProfilesHoldTheSpotPrice(t *testing.T) {
	tf := spotTariff(t, `,"spot":{"index":"x"}`)
	at := time.Date(2026, 6, 1, 10, 5, 0, 0, time.UTC)
	for _, c := range []struct {
		profile tariff.Profile
		signed  bool // at 10:20, the second segment
		want    string
	}{
		{tariff.NoProfile, false, "0.0000"}, {tariff.NEVI, true, "0.0000"}, {tariff.Eichrecht, false, "0.0000"}, {tariff.Eichrecht, true, "0.0000"},
	} {
		b := builder{at: at}
		b.add(tariff.Charging, 15*time.Minute, 3_000_000)
		b.add(tariff.Charging, 15*time.Minute, 3_000_000)
		b.segments[1].Signed = c.signed
		s := &tariff.Session{
			Zone: time.UTC, Segments: b.segments, Profile: c.profile,
			Slots: map[string][]tariff.Slot{"x": quarters(at.Add(-5*time.Minute), 100, 200, 300)},
		}
		r, err := tariff.Rate(tf, s)
		if err != nil {
			t.Fatal(err)
		}
		// 10:05–10:15 at 0.10, 10:15–10:30 at 0.20, 10:30–10:35 at 0.30; a third
		// of a segment is a kWh.
		want := map[tariff.Profile]string{tariff.NoProfile: "1.1000", tariff.NEVI: "0.6000", tariff.Eichrecht: "0.6000"}[c.profile]
		if c.profile == tariff.Eichrecht && c.signed {
			want = "0.9000"
		}
		if got := money.FormatRat(r.CDR.Net, 4); got != want {
			t.Errorf("%q, signed %v: %s, want %s", c.profile, c.signed, got, want)
		}
		if r.Fallback.Sign() != 0 {
			t.Errorf("%q: %s kWh at the fallback", c.profile, r.Fallback)
		}
	}
}

func TestEnergyPricesFollowTheSlots(t *testing.T) {
	tf := spotTariff(t, `,"spot":{"index":"x","factor":2}`)
	at := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	b := builder{at: at.Add(-10 * time.Minute)}
	b.add(tariff.Charging, time.Hour, 1)
	steps, err := tariff.EnergyPrices(tf, &tariff.Session{Zone: time.UTC, Segments: b.segments, Slots: map[string][]tariff.Slot{"x": quarters(at, 100, 100, 150)}})
	if err != nil {
		t.Fatal(err)
	}
	want := []tariff.PriceStep{{At: at.Add(-10 * time.Minute), Price: 490_000}, {At: at, Price: 200_000}, {At: at.Add(30 * time.Minute), Price: 300_000}, {At: at.Add(45 * time.Minute), Price: 490_000}}
	if len(steps) != len(want) {
		t.Fatalf("%+v", steps)
	}
	for i := range want {
		if !steps[i].At.Equal(want[i].At) || steps[i].Price != want[i].Price || steps[i].None {
			t.Errorf("step %d is %+v, want %+v", i, steps[i], want[i])
		}
	}
}

// Each member of a formula, and the holiday, is a part of the meaning; a tariff
// without them keeps the version it had before there were any.
func TestVersionCoversFormulasAndHolidays(t *testing.T) {
	seen := map[tariff.Version]string{}
	for _, f := range []string{
		``, `,"spot":{"index":"x"}`, `,"spot":{"index":"y"}`, `,"spot":{"index":"x","factor":"2"}`, `,"spot":{"index":"x","margin":"-0.1"}`,
		`,"spot":{"index":"x","floor":"0"}`, `,"spot":{"index":"x","cap":"0"}`, `}],"restrictions":{"holiday":"NOT"},"x":[{"y":1`, `}],"restrictions":{"holiday":"ONLY"},"x":[{"y":1`,
	} {
		v, err := spotTariff(t, f).Version()
		if err != nil {
			t.Fatal(err)
		}
		if seen[v] != "" {
			t.Errorf("%s and %s are one version", f, seen[v])
		}
		seen[v] = "x" + f
	}
	if v, _ := spotTariff(t, ``).Version(); v != "b763ff3f6f4a009394e9f53410b1e911dff981627f3615ace74d82e12388df8f" {
		t.Errorf("the version of a plain tariff became %s", v)
	}
	if tf := spotTariff(t, `,"spot":{"index":"x"}`); !bytes.Contains(tf.Original, []byte(`"spot":{"index":"x"}`)) {
		t.Errorf("the original lost the formula: %s", tf.Original)
	}
}

func TestSentencesOfFormulasAndHolidays(t *testing.T) {
	tf, err := tariff.Parse([]byte(strings.TrimSuffix(spotFile[strings.Index(spotFile, `{"id"`):strings.Index(spotFile, `"holidays"`)], ",\n ")))
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][3]string{
		"en": {
			"€0.20 per kWh on public holidays, spot price × 1.19 + €0.12 per kWh, at least €0.05 and at most €0.90 otherwise; see details", "€0.20 per kWh (on public holidays)",
			"spot price × 1.19 + €0.12 per kWh, at least €0.05 and at most €0.90; where none is known €0.49 per kWh",
		},
		"de": {
			"0,20 € pro kWh an Feiertagen, sonst Börsenpreis × 1,19 + 0,12 € pro kWh, mindestens 0,05 € und höchstens 0,90 €; siehe Details", "0,20 € pro kWh (an Feiertagen)",
			"Börsenpreis × 1,19 + 0,12 € pro kWh, mindestens 0,05 € und höchstens 0,90 €; wo keiner bekannt ist 0,49 € pro kWh",
		},
	} {
		details := tariff.Details(tf, lang)
		if s := tariff.Sentence(tf, lang); s != want[0] || len(details) != 2 || details[0] != want[1] || details[1] != want[2] {
			t.Errorf("%s: %q, %q", lang, s, details)
		}
	}
	if p, ok := tariff.PerKWh(tf); ok {
		t.Errorf("the price of a kWh is %s, and it follows an index", p)
	}
	plain := spotTariff(t, `,"spot":{"index":"x","margin":"-0.01"}`)
	if s := tariff.Sentence(plain, "en"); s != "spot price − €0.01 per kWh; see details" {
		t.Error(s)
	}
}
