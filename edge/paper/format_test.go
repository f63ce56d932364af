package paper

import (
	"strings"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
)

func plain(s string) string { return strings.ReplaceAll(s, nbsp, " ") }

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		currency money.Currency
		en, de   string
	}{
		{2506, "EUR", "€25.06", "25,06 €"}, {0, "EUR", "€0.00", "0,00 €"}, {-5, "EUR", "−€0.05", "−0,05 €"}, {123456789, "EUR", "€1,234,567.89", "1.234.567,89 €"},
		{2761, "JPY", "¥2,761", "2.761 ¥"}, {1234567, "KWD", "KWD 1,234.567", "1.234,567 KWD"}, {-100, "CHF", "CHF −1.00", "−1,00 CHF"}, {100000, "USD", "$1,000.00", "1.000,00 $"},
	} {
		if got := plain(english.money(c.minor, c.currency)); got != c.en {
			t.Errorf("en %q, want %q", got, c.en)
		}
		if got := plain(german.money(c.minor, c.currency)); got != c.de {
			t.Errorf("de %q, want %q", got, c.de)
		}
	}
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	for in, want := range map[string]string{"1": "1", "999": "999", "1000": "1.000", "-1234567.5": "−1.234.567,5", "abc": "abc", "": "", "1e5": "1e5", "1.2.3": "1.2.3", "-": "-"} {
		if got := german.number(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for _, c := range []struct{ quantity, unit, want string }{
		{"42.47", "kWh", "42.470 kWh"}, {"42.4701", "kWh", "42.4701 kWh"}, {"8.00", "min", "8 min"}, {"1", "", "1"}, {"", "kWh", ""}, {"-3.50", "h", "−3.5 h"},
	} {
		if got := plain(english.quantity(c.quantity, c.unit)); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for _, c := range []struct {
		price, unit string
		currency    money.Currency
		want        string
	}{{"0.59", "kWh", "EUR", "€0.59 / kWh"}, {"0.1", "min", "EUR", "€0.10 / min"}, {"0.4958", "kWh", "EUR", "€0.4958 / kWh"}, {"65", "kWh", "JPY", "¥65 / kWh"}, {"1", "", "KWD", "KWD 1.000"}, {"", "kWh", "EUR", ""}} {
		if got := plain(english.unitPrice(c.price, c.unit, c.currency)); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestEnergyIsExactOnReceiptsAndInLineInTables(t *testing.T) {
	for e, want := range map[energy.Energy][2]string{
		42_470_000: {"42.470 kWh", "42.470"}, 42_470_001: {"42.470001 kWh", "42.470"}, 42_470_500: {"42.4705 kWh", "42.471"}, 0: {"0.000 kWh", "0.000"}, -1_500: {"−0.0015 kWh", "−0.002"},
	} {
		if got := plain(english.kwh(e)); got != want[0] {
			t.Errorf("%d: %q", e, got)
		}
		if got := english.wh(e); got != want[1] {
			t.Errorf("%d: %q", e, got)
		}
	}
}

// The clocks go back between 02:00 CEST and 02:30 CET.
func TestASpanNamesBothZonesAcrossTheChange(t *testing.T) {
	start := time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)
	if got := plain(english.span(start.In(berlin()), start.Add(90*time.Minute).In(berlin()))); got != "25 Oct 2026, 02:00:00 to 02:30:00 (CEST → CET)" {
		t.Error(got)
	}
	if got := plain(german.span(at(23, 0, 0), at(23, 0, 0).Add(2*time.Hour))); got != "19. November 2026, 23:00:00 bis 20. November 2026, 01:00:00 CET" {
		t.Error(got)
	}
}

func TestColors(t *testing.T) {
	for s, want := range map[string]rgb{"#2450b8": {0x24, 0x50, 0xb8}, "": ink, "2450b8": ink, "#fff": ink, "#zzzzzz": ink, "#+45678": ink} {
		if got := parseColor(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}
