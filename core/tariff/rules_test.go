package tariff_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chargewright/base/fail"
	"chargewright/core/tariff"
)

// The tables in testdata/rules hold rate files with the answer expected. Each
// member of "want" is compared as JSON with the member of the output of the
// same name; inside objects only the members given are compared.
func TestRules(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var table struct {
			Cases []struct {
				Name string
				File json.RawMessage
				Want any
			}
		}
		if err := json.Unmarshal(b, &table); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range table.Cases {
			t.Run(strings.TrimSuffix(filepath.Base(name), ".json")+"/"+c.Name, func(t *testing.T) {
				out, err := tariff.RateFile(bytes.NewReader(c.File))
				if err != nil {
					t.Fatal(err)
				}
				var got any
				if err := json.Unmarshal(out, &got); err != nil {
					t.Fatal(err)
				}
				compare(t, "", c.Want, got)
				if t.Failed() {
					t.Logf("%s", out)
				}
			})
		}
	}
}

func compare(t *testing.T, at string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s is %v, want an object", at, got)
		}
		for k := range w {
			compare(t, at+"."+k, w[k], g[k])
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			t.Errorf("%s is %v, want %v", at, got, want)
			return
		}
		for i := range w {
			compare(t, fmt.Sprintf("%s[%d]", at, i), w[i], g[i])
		}
	default:
		if want != got {
			t.Errorf("%s is %v, want %v", at, got, want)
		}
	}
}

const goodFile = `{"time_zone":"Europe/Berlin",
 "tariff":{"id":"T","currency":"EUR","tax_included":"NO","max_price":{"before_taxes":20,"after_taxes":23.8},
  "start_date_time":"2026-01-01T00:00:00Z","last_updated":"2026-01-01T00:00:00",
  "elements":[
   {"price_components":[{"type":"ENERGY","price":0.5,"vat":19,"step_size":1}],
    "restrictions":{"start_time":"08:00","end_time":"20:00","start_date":"2026-01-01","end_date":"2027-01-01","min_kwh":0,"max_kwh":50,
     "min_current":0,"max_current":500,"max_power":400,"max_duration":86400,"day_of_week":["MONDAY"]}},
   {"price_components":[{"type":"FLAT","price":1,"vat":19,"step_size":1}]}]},
 "session":{"segments":[
  {"start":"2026-03-02T10:00:00Z","end":"2026-03-02T11:00:00Z","energy_wh":11000,"state":"CHARGING","current_a":16,"power_kw":11},
  {"start":"2026-03-02T11:00:00Z","end":"2026-03-02T11:30:00Z","energy_wh":0,"state":"SUSPENDED_EV"}]},
 "plan":{"included_wh":100000,"used_wh":92500,"percent_off_energy":"10"},
 "discount":{"gross_minor":20},
 "split":{"fee_fixed_minor":25,"fee_percent":"1.5","host_percent":"70","platform_percent":"5"}}`

// Each case spoils one place of a good file; the error must name it.
func TestBadInputNamesTheField(t *testing.T) {
	if _, err := tariff.RateFile(strings.NewReader(goodFile)); err != nil {
		t.Fatalf("the good file: %v", err)
	}
	for _, c := range []struct{ field, old, new string }{
		{"time_zone", `"time_zone":"Europe/Berlin",`, ``},
		{"time_zone", `Europe/Berlin`, `Europe/Atlantis`},
		{"time_zone", `Europe/Berlin`, `Local`},
		{"time_zone", `"Europe/Berlin"`, `7`},
		{"tariff", `"tariff":{`, `"tarif":{`},
		{"tariff.currency", `"currency":"EUR",`, ``},
		{"tariff.currency", `"EUR"`, `"ECU"`},
		{"tariff.tax_included", `"NO"`, `"MAYBE"`},
		{"tariff.max_price", `"after_taxes":23.8`, `"after_taxes":2.38`},
		{"tariff.max_price.before_taxes", `"before_taxes":20`, `"before_taxes":-20`},
		{"tariff.max_price", `{"before_taxes":20,"after_taxes":23.8}`, `{}`},
		{"tariff.start_date_time", `"start_date_time":"2026-01-01T00:00:00Z"`, `"start_date_time":"soon"`},
		{"tariff.elements", `"elements":[`, `"elements":[],"parts":[`},
		{"tariff.elements[0].price_components", `"price_components":[{"type":"ENERGY","price":0.5,"vat":19,"step_size":1}]`, `"price_components":[]`},
		{"tariff.elements[0].price_components[0].type", `"ENERGY"`, `"ENERGIE"`},
		{"tariff.elements[0].price_components[0].type", `"type":"ENERGY",`, ``},
		{"tariff.elements[0].price_components[0].type", `"ENERGY"`, `4`},
		{"tariff.elements[0].price_components[0].price", `"price":0.5`, `"price":-0.5`},
		{"tariff.elements[0].price_components[0].price", `"price":0.5`, `"price":0.1234567`},
		{"tariff.elements[0].price_components[0].price", `"price":0.5`, `"price":"cheap"`},
		{"tariff.elements[0].price_components[0].price", `"price":0.5`, `"price":true`},
		{"tariff.elements[0].price_components[0].price", `"price":0.5`, `"price":1e300`},
		{"tariff.elements[0].price_components[0].price", `"price":0.5`, `"price":1000001`},
		{"tariff.elements[0].price_components[0].price", `"price":0.5,`, ``},
		{"tariff.elements[0].price_components[0].price", `"price":0.5,`, `"price":0.5,"price":0.6,`},
		{"tariff.elements[0].price_components[0].vat", `"vat":19,"step_size":1}],` + "\n", `"vat":-19,"step_size":1}],` + "\n"},
		{"tariff.elements[0].price_components[0].vat", `"tax_included":"NO"`, `"tax_included":"N/A"`},
		{"tariff.elements[0].price_components[0].step_size", `"step_size":1}],` + "\n", `"step_size":1.5}],` + "\n"},
		{"tariff.elements[0].restrictions.start_time", `"08:00"`, `"8:00"`},
		{"tariff.elements[0].restrictions.start_time", `"08:00"`, `"24:00"`},
		{"tariff.elements[0].restrictions.end_time", `"20:00"`, `"08:00"`},
		{"tariff.elements[0].restrictions.start_date", `"start_date":"2026-01-01"`, `"start_date":"2026-02-30"`},
		{"tariff.elements[0].restrictions.end_date", `"end_date":"2027-01-01"`, `"end_date":"2025-01-01"`},
		{"tariff.elements[0].restrictions.max_kwh", `"min_kwh":0,"max_kwh":50`, `"min_kwh":50,"max_kwh":50`},
		{"tariff.elements[0].restrictions.min_current", `"min_current":0`, `"min_current":"much"`},
		{"tariff.elements[0].restrictions.max_power", `"max_power":400`, `"max_power":0`},
		{"tariff.elements[0].restrictions.max_duration", `"max_duration":86400`, `"max_duration":0.5`},
		{"tariff.elements[0].restrictions.day_of_week[0]", `"MONDAY"`, `"Monday"`},
		{"tariff.elements[0].restrictions.reservation", `"day_of_week":["MONDAY"]`, `"reservation":"LATER"`},
		{"session", `"session":{`, `"sitting":{`},
		{"session.segments", `"segments":[`, `"segments":[],"parts":[`},
		{"session.segments[0].start", `"start":"2026-03-02T10:00:00Z",`, ``},
		{"session.segments[0].start", `2026-03-02T10:00:00Z`, `yesterday`},
		{"session.segments[0].end", `"end":"2026-03-02T11:00:00Z"`, `"end":"2026-03-02T09:00:00Z"`},
		{"session.segments[0].energy_wh", `"energy_wh":11000,`, ``},
		{"session.segments[0].energy_wh", `"energy_wh":11000`, `"energy_wh":-1`},
		{"session.segments[0].energy_wh", `"energy_wh":11000`, `"energy_wh":0.0001`},
		{"session.segments[0].state", `"CHARGING"`, `"CHARGE"`},
		{"session.segments[0].current_a", `"current_a":16,`, ``},
		{"session.segments[1].start", `"start":"2026-03-02T11:00:00Z"`, `"start":"2026-03-02T10:59:00Z"`},
		{"session.segments[1].end", `"end":"2026-03-02T11:30:00Z"`, `"end":"2027-11-02T11:30:00Z"`},
		{"session.segments[1].state", `"SUSPENDED_EV"`, `"RESERVED"`},
		{"plan.included_wh", `"included_wh":100000`, `"included_wh":"many"`},
		{"plan.free_wh", `"included_wh":100000`, `"free_wh":100000`},
		{"plan.percent_off_energy", `"percent_off_energy":"10"`, `"percent_off_energy":"101"`},
		{"discount.gross_minor", `"gross_minor":20`, `"gross_minor":-20`},
		{`discount.a\nb`, `"gross_minor"`, `"a\nb"`},
		{"discount.gross_minor", `"gross_minor":20`, `"gross_minor":0.5`},
		{"split.fee_fixed_minor", `"fee_fixed_minor":25`, `"fee_fixed_minor":-25`},
		{"split.host_percent", `"host_percent":"70"`, `"host_percent":"700"`},
		{"split.platform_percent", `"platform_percent":"5"`, `"platform_percent":"31"`},
		{"split.landlord_percent", `"platform_percent"`, `"landlord_percent"`},
		{"input", goodFile, `[]`},
		{"input", goodFile, ``},
	} {
		spoiled := strings.Replace(goodFile, c.old, c.new, 1)
		if spoiled == goodFile {
			t.Fatalf("%s: the good file has no %s", c.field, c.old)
		}
		out, err := tariff.RateFile(strings.NewReader(spoiled))
		var e *fail.Error
		if !errors.As(err, &e) || e.Kind != fail.Invalid || e.Field != c.field || e.Text == "" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s → %s: %v, want an error that names %s", c.old, c.new, err, c.field)
		}
		if out != nil {
			t.Errorf("%s: a price came with the error", c.field)
		}
	}
}

func TestSentence(t *testing.T) {
	for _, c := range []struct{ tariff, lang, want string }{
		{`"tax_included":"YES","elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19},{"type":"PARKING_TIME","price":6,"vat":19}]}]`,
			"en", "€0.59 per kWh, €0.10 per minute after charging ends"},
		{`"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19}]}]`, "en", "€0.59 per kWh, plus tax"},
		{`"elements":[{"price_components":[{"type":"FLAT","price":0}]}]`, "en", "free of charge"},
		{`"tax_included":"YES","max_price":{"after_taxes":30},"elements":[{"price_components":[{"type":"TIME","price":2.5}]}]`,
			"en", "€2.50 per hour of charging, at most €30.00"},
		{`"tax_included":"N/A","elements":[{"price_components":[{"type":"ENERGY","price":0.39}],"restrictions":{"end_time":"06:00"}},
			{"price_components":[{"type":"ENERGY","price":0.49},{"type":"FLAT","price":1}]}]`, "en", "€0.39 per kWh from 0:00 to 6:00, €0.49 otherwise; €1.00 per session"},
		{`"tariff_alt_text":[{"language":"de","text":"59 ct je kWh"}],"elements":[{"price_components":[{"type":"ENERGY","price":0.59}]}]`,
			"de", "59 ct je kWh"},
		{`"tariff_alt_text":[{"language":"de","text":"59 ct je kWh"}],"elements":[{"price_components":[{"type":"ENERGY","price":0.59}]}]`,
			"fr", "0,59 € par kWh"},
		{`"tax_included":"YES","elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19},{"type":"PARKING_TIME","price":6,"vat":19}]}]`,
			"de", "0,59 € pro kWh, 0,10 € pro Minute nach Ladeende"},
		{`"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19},{"type":"FLAT","price":1,"vat":19}]}]`,
			"de", "0,59 € pro kWh, 1,00 € pro Ladevorgang, zzgl. Steuer"},
		{`"elements":[{"price_components":[{"type":"FLAT","price":0}]}]`, "de", "kostenlos"},
		{`"tax_included":"YES","max_price":{"after_taxes":30},"elements":[{"price_components":[{"type":"TIME","price":2.5}]}]`,
			"de", "2,50 € pro Stunde Ladezeit, höchstens 30,00 €"},
	} {
		tf, err := tariff.Parse([]byte(`{"currency":"EUR",` + c.tariff + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := tariff.Sentence(tf, c.lang); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestDetails(t *testing.T) {
	tf, err := tariff.Parse([]byte(`{"currency":"EUR","tax_included":"NO","min_price":{"before_taxes":1},"elements":[
		{"price_components":[{"type":"ENERGY","price":0.39,"vat":19}],"restrictions":{"start_time":"22:00","end_time":"06:00","day_of_week":["SATURDAY","SUNDAY"]}},
		{"price_components":[{"type":"ENERGY","price":0.49,"vat":19}],"restrictions":{"max_kwh":10.5,"min_power":50}},
		{"price_components":[{"type":"PARKING_TIME","price":6,"vat":19}],"restrictions":{"min_duration":14400}},
		{"price_components":[{"type":"ENERGY","price":0.59,"vat":19},{"type":"TIME","price":0}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{
		"en": {
			"€0.39 per kWh (Sat Sun, 22:00–6:00)", "€0.49 per kWh (up to 10.5 kWh, from 50 kW)", "€0.10 per minute after charging ends (from 240 min after the start)",
			"€0.59 per kWh", "free of charge: charging time", "prices without tax", "at least €1.00 before tax",
		},
		"de": {
			"0,39 € pro kWh (Sa So, 22:00–6:00)", "0,49 € pro kWh (bis 10,5 kWh, ab 50 kW)", "0,10 € pro Minute nach Ladeende (ab 240 min nach dem Start)",
			"0,59 € pro kWh", "kostenlos: Ladezeit", "Preise ohne Steuer", "mindestens 1,00 € vor Steuer",
		},
	} {
		if got := tariff.Details(tf, lang); !slices.Equal(got, want) {
			t.Errorf("%s: got %q", lang, got)
		}
	}
	if p, ok := tariff.PerKWh(tf); !ok || p != 390_000 {
		t.Errorf("the lowest price of a kWh is %v, %v", p, ok)
	}
}

func TestVersionIsTheMeaning(t *testing.T) {
	version := func(s string) tariff.Version {
		tf, err := tariff.Parse([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		v, err := tf.Version()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	base := version(`{"id":"T","currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.50,"vat":19,"step_size":1}]}]}`)
	same := version(`{"currency":"EUR","tax_included":"NO","id":"T","last_updated":"2026-01-01T00:00:00Z","note":"x",
		"elements":[{"price_components":[{"vat":19.0,"type":"ENERGY","price":5e-1,"step_size":1}],"restrictions":{}}]}`)
	if base != same {
		t.Error("one meaning in two texts has two versions")
	}
	for _, other := range []string{
		`{"id":"T","currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.51,"vat":19,"step_size":1}]}]}`,
		`{"id":"T","currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.50,"step_size":1}]}]}`,
		`{"id":"T","currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.50,"vat":0,"step_size":1}]}]}`,
		`{"id":"T","currency":"EUR","tax_included":"YES","elements":[{"price_components":[{"type":"ENERGY","price":0.50,"vat":19,"step_size":1}]}]}`,
		`{"id":"T","currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.50,"vat":19,"step_size":1}],"restrictions":{"max_kwh":1}}]}`,
	} {
		if version(other) == base {
			t.Errorf("another meaning has the same version: %s", other)
		}
	}
}

func TestCheckAdHoc(t *testing.T) {
	const energy, flat = `{"type":"ENERGY","price":0.5}`, `{"type":"FLAT","price":1}`
	for _, c := range []struct {
		components, rest string
		profile          tariff.Profile
		kW               int64
		field            string // "" if it may be offered
	}{
		{energy, "", tariff.AFIR, 150, ""},
		{energy + `,{"type":"PARKING_TIME","price":6}`, "", tariff.AFIR, 150, ""},
		{energy + `,{"type":"FLAT","price":0}`, "", tariff.AFIR, 150, ""},
		{energy + "," + flat, "", tariff.AFIR, 50, "elements[0].price_components[1]"},
		{energy + "," + flat, "", tariff.AFIR, 49, ""},
		{energy + "," + flat, "", tariff.NEVI, 150, ""},
		{energy + "," + flat, "", tariff.NoProfile, 150, ""},
		{flat, "", tariff.NEVI, 22, "elements"},
		{flat, "", tariff.AFIR, 22, ""},
		{energy, `"min_price":{"excl_vat":1},`, tariff.AFIR, 150, "min_price"},
	} {
		tf, err := tariff.Parse([]byte(`{"currency":"EUR",` + c.rest + `"elements":[{"price_components":[` + c.components + `]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		err = tariff.CheckAdHoc(tf, c.profile, c.kW*1_000_000)
		var e *fail.Error
		if got := errors.As(err, &e); got != (c.field != "") || (got && e.Field != c.field) {
			t.Errorf("%s %s at %s with %d kW: %v, want %q", c.components, c.rest, c.profile, c.kW, err, c.field)
		}
	}
}
