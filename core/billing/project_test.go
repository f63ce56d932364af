package billing_test

import (
	"strings"
	"testing"
	"time"

	"chargewright/core/billing"
	"chargewright/core/tariff"
)

func parsed(t *testing.T, members string) *tariff.Tariff {
	t.Helper()
	p, err := tariff.Parse([]byte(`{"country_code":"DE","party_id":"CWR","id":"t","currency":"EUR",` + members + `,"last_updated":"2026-01-01T00:00:00Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestATariffIsProjectedForStationsThatRate(t *testing.T) {
	night := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	p := parsed(t, `"elements":[
		{"price_components":[{"type":"ENERGY","price":0.30,"vat":19,"step_size":1}],"restrictions":{"start_time":"20:00","end_time":"06:00","day_of_week":["MONDAY","SUNDAY"],"min_kwh":5,"max_power":50}},
		{"price_components":[{"type":"ENERGY","price":0.40,"vat":19,"step_size":1},{"type":"FLAT","price":0.5,"vat":19,"step_size":1},{"type":"PARKING_TIME","price":6,"vat":19,"step_size":1}]}]`)
	got, lost := billing.Project(p, "id", night, nil)
	if len(lost) != 0 || !got.ValidFrom.Equal(night) || got.Currency != "EUR" || got.ChargingTime != nil {
		t.Fatalf("%+v, lost %v", got, lost)
	}
	e := got.Energy.Prices
	if len(e) != 2 || e[0].Price != 300_000 || e[1].When != nil || len(got.Energy.Taxes) != 1 || got.Energy.Taxes[0].Percent != 19_000_000 {
		t.Fatalf("energy %+v", got.Energy)
	}
	if w := e[0].When; w.From != "20:00" || w.To != "06:00" || strings.Join(w.Days, " ") != "Sunday Monday" || *w.MinEnergy != 5_000 || *w.MaxPower != 50_000 || w.MaxEnergy != nil {
		t.Errorf("conditions %+v", *w)
	}
	if got.IdleTime.Prices[0].Price != 100_000 || got.Fixed.Prices[0].Price != 500_000 {
		t.Errorf("idle %+v, fixed %+v", got.IdleTime, got.Fixed)
	}
}

func TestPricesThatIncludeTaxAreProjectedNet(t *testing.T) {
	got, lost := billing.Project(parsed(t, `"tax_included":"YES","elements":[{"price_components":[{"type":"ENERGY","price":0.595,"vat":19,"step_size":1}]}]`), "id", time.Time{}, nil)
	if len(lost) != 0 || got.Energy.Prices[0].Price != 500_000 {
		t.Errorf("%+v, lost %v", got.Energy, lost)
	}
}

func TestWhatAStationCannotRateIsNamed(t *testing.T) {
	for want, members := range map[string]string{
		"a price that follows an index":       `"elements":[{"price_components":[{"type":"ENERGY","price":0.49,"spot":{"index":"x"}}]}]`,
		"public holidays":                     `"elements":[{"price_components":[{"type":"ENERGY","price":0.20}],"restrictions":{"holiday":"ONLY"}},{"price_components":[{"type":"ENERGY","price":0.49}]}]`,
		"steps of 60":                         `"elements":[{"price_components":[{"type":"TIME","price":6,"vat":19,"step_size":60}]}]`,
		"a fee that depends":                  `"elements":[{"price_components":[{"type":"FLAT","price":1,"vat":19,"step_size":1}],"restrictions":{"min_kwh":5}}]`,
		"several taxes of ENERGY":             `"elements":[{"price_components":[{"type":"ENERGY","price":1,"vat":19,"step_size":1}],"restrictions":{"max_kwh":5}},{"price_components":[{"type":"ENERGY","price":1,"vat":7,"step_size":1}]}]`,
		"a price per hour that":               `"elements":[{"price_components":[{"type":"TIME","price":0.000001,"vat":19,"step_size":1}]}]`,
		"taxes that the tariff does not name": `"tax_included":"YES","elements":[{"price_components":[{"type":"ENERGY","price":1,"step_size":1}]}]`,
	} {
		if _, lost := billing.Project(parsed(t, members), "id", time.Time{}, nil); !strings.Contains(strings.Join(lost, "; "), want) {
			t.Errorf("lost are %v, not %q", lost, want)
		}
	}
}
