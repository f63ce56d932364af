package energy

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text  string
		unit  Energy
		want  Energy
		exact bool
		bad   bool
	}{
		{text: "0", unit: WattHour, exact: true},
		{text: "12345", unit: WattHour, want: 12_345_000, exact: true},
		{text: "12.345", unit: KiloWattHour, want: 12_345_000, exact: true},
		{text: " 7.5 ", unit: KiloWattHour, want: 7_500_000, exact: true},
		{text: "1e3", unit: WattHour, want: 1_000_000, exact: true},
		{text: "-3", unit: WattHour, want: -3_000, exact: true},
		{text: "0.0004", unit: WattHour, want: 0},
		{text: "0.0005", unit: WattHour, want: 1},
		{text: "-0.0005", unit: WattHour, want: -1},
		{text: "", unit: WattHour, bad: true},
		{text: "abc", unit: WattHour, bad: true},
		{text: "1/3", unit: WattHour, bad: true},
		{text: "0x10", unit: WattHour, bad: true},
		{text: "1e99", unit: WattHour, bad: true},
		{text: "NaN", unit: WattHour, bad: true},
		{text: "99999999999999999999", unit: WattHour, bad: true},
	} {
		got, exact, err := Parse(c.text, c.unit)
		if (err != nil) != c.bad || got != c.want || exact != c.exact {
			t.Errorf("Parse(%q, %d) = %d, %v, %v; want %d, %v, bad %v", c.text, c.unit, got, exact, err, c.want, c.exact, c.bad)
		}
	}
}

func TestString(t *testing.T) {
	for e, want := range map[Energy]string{0: "0.000 kWh", 1: "0.000001 kWh", 1500: "0.0015 kWh", 2 * KiloWattHour: "2.000 kWh", -1: "-0.000001 kWh"} {
		if got := e.String(); got != want {
			t.Errorf("%d prints %q, want %q", int64(e), got, want)
		}
	}
}

func TestStep(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	sample := func(minutes int, wh int64) Sample {
		return Sample{At: now.Add(time.Duration(minutes) * time.Minute), Register: Energy(wh) * WattHour}
	}
	for _, c := range []struct {
		name     string
		meter    Meter
		from, to Sample
		want     Energy
		fault    Fault
	}{
		{"forward", Meter{}, sample(0, 100), sample(1, 150), 50 * WattHour, ""},
		{"still", Meter{}, sample(0, 100), sample(1, 100), 0, ""},
		{"fell", Meter{}, sample(0, 100_000), sample(1, 50_000), 0, FaultFall},
		{"wrap of five digits", Meter{}, sample(0, 99_999_000), sample(1, 500), 1500 * WattHour, ""},
		{"wrap of 32 bits", Meter{}, sample(0, 4_294_967_000), sample(1, 704), 1000 * WattHour, ""},
		{"known modulus rules out others", Meter{Modulus: 1e6 * KiloWattHour}, sample(0, 99_999_000), sample(1, 500), 0, FaultFall},
		{"known modulus", Meter{Modulus: 10 * KiloWattHour}, sample(0, 9_950), sample(1, 50), 100 * WattHour, ""},
		{"to the bottom but not from the top", Meter{}, sample(0, 98_000_000), sample(1, 10), 0, FaultFall},
		{"as much as could be", Meter{MaxPower: 11_000}, sample(0, 0), sample(60, 12_600), 12_600 * WattHour, ""},
		{"more than could be", Meter{MaxPower: 11_000}, sample(0, 0), sample(60, 12_601), 12_601 * WattHour, FaultJump},
		{"power unknown, and as much as a truck takes", Meter{}, sample(0, 0), sample(60, 1_100_500), 1_100_500 * WattHour, ""},
		{"power unknown, and more than any", Meter{}, sample(0, 0), sample(60, 1_100_501), 1_100_501 * WattHour, FaultJump},
		{"back in time", Meter{}, sample(5, 100), sample(0, 150), 50 * WattHour, FaultTime},
	} {
		got, fault := c.meter.Step(c.from, c.to)
		if got != c.want || fault != c.fault {
			t.Errorf("%s: %d %q, want %d %q", c.name, got, fault, c.want, c.fault)
		}
	}
}

// The most over some time is the same by the short way and by the big one.
func TestMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Meter{MaxPower: rapid.Int64Range(1, 1e8).Draw(t, "power")}
		d := time.Duration(rapid.Int64Range(0, math.MaxInt64).Draw(t, "time"))
		n := new(big.Int).Mul(big.NewInt(m.MaxPower*11), big.NewInt(d.Microseconds()))
		want := n.Quo(n, big.NewInt(36_000_000)).Add(n, big.NewInt(int64(KiloWattHour/2)))
		if got := m.most(d); want.Cmp(big.NewInt(int64(got))) != 0 {
			t.Fatalf("%d W over %s: %d, want %s", m.MaxPower, d, got, want)
		}
	})
}

func TestOverAndShare(t *testing.T) {
	if w := (11 * KiloWattHour).Over(time.Hour); w != 11_000 {
		t.Errorf("11 kWh in an hour is %d W", w)
	}
	if w := KiloWattHour.Over(0); w != 0 {
		t.Errorf("no time gives %d W", w)
	}
	rapid.Check(t, func(t *rapid.T) {
		e := Energy(rapid.Int64Range(0, math.MaxInt64).Draw(t, "e"))
		whole := time.Duration(rapid.Int64Range(1, 1e18).Draw(t, "whole"))
		part := time.Duration(rapid.Int64Range(0, int64(whole)).Draw(t, "part"))
		if s := Share(e, part, whole); s < 0 || s > e || part == whole && s != e {
			t.Fatalf("Share(%d, %d, %d) = %d", e, part, whole, s)
		}
	})
}
