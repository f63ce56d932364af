package central

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/energy"
	"chargewright/core/session"
)

func TestRegisters(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := func(value string, change func(*reading)) reading {
		x := reading{at: at, value: value}
		if change != nil {
			change(&x)
		}
		return x
	}
	unit := func(u string) func(*reading) { return func(x *reading) { x.unit = u } }
	phase := func(p string) func(*reading) { return func(x *reading) { x.phase = p } }
	location := func(l string) func(*reading) { return func(x *reading) { x.location = l } }
	for _, c := range []struct {
		name string
		in   []reading
		want []energy.Energy
		flag session.Flag
	}{
		{"Wh is what an absent unit means", []reading{r("1500", nil)}, []energy.Energy{1500 * energy.WattHour}, ""},
		{"kWh", []reading{r("1.5", unit("kWh"))}, []energy.Energy{1500 * energy.WattHour}, ""},
		{"multiplier", []reading{r("15", func(x *reading) { x.unit, x.multiplier = "Wh", 2 })}, []energy.Energy{1500 * energy.WattHour}, ""},
		{"small multiplier", []reading{r("1500000", func(x *reading) { x.multiplier = -3 })}, []energy.Energy{1500 * energy.WattHour}, ""},
		{"absurd multiplier", []reading{r("1", func(x *reading) { x.multiplier = 50 })}, nil, session.FlagUnit},
		{"other measurands are not energy", []reading{r("7", func(x *reading) { x.measurand = "Power.Active.Import" })}, nil, ""},
		{"outlet before inlet", []reading{r("9", location("Inlet")), r("7", location("Outlet"))}, []energy.Energy{7 * energy.WattHour}, ""},
		{"inlet when there is nothing else", []reading{r("9", location("Inlet"))}, []energy.Energy{9 * energy.WattHour}, ""},
		{"three phases are a whole", []reading{r("1", phase("L1")), r("2", phase("L2")), r("3", phase("L3"))}, []energy.Energy{6 * energy.WattHour}, ""},
		{"two phases are not", []reading{r("1", phase("L1")), r("2", phase("L2"))}, nil, ""},
		{"the whole before its phases", []reading{r("6", nil), r("1", phase("L1")), r("2", phase("L2")), r("3", phase("L3"))}, []energy.Energy{6 * energy.WattHour}, ""},
		{"unreadable", []reading{r("n/a", nil)}, nil, session.FlagUnit},
	} {
		got, flags := registers(c.in)
		if len(got) != len(c.want) || c.flag != "" && !flags.Has(c.flag) || c.flag == "" && len(flags) > 0 {
			t.Errorf("%s: %v %v", c.name, got, flags)
			continue
		}
		for i, w := range c.want {
			if got[i].Register != w {
				t.Errorf("%s: %s, want %s", c.name, got[i].Register, w)
			}
		}
	}
}

func TestRegistersDoNotMixOrGuess(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	phase := func(phase, context, value string) reading {
		return reading{at: at, value: value, phase: phase, context: context}
	}
	const periodic, end = "Sample.Periodic", "Transaction.End"
	for _, c := range []struct {
		name string
		in   []reading
		want []energy.Energy
		flag session.Flag
	}{
		{"one phase thrice is no whole", []reading{phase("L1", periodic, "5"), phase("L1", "Sample.Clock", "5"), phase("L1", end, "5")}, nil, ""},
		{"three phases in two contexts", []reading{
			phase("L1", periodic, "1"), phase("L2", periodic, "2"), phase("L3", periodic, "3"), phase("L1", end, "1"), phase("L2", end, "2"), phase("L3", end, "3"),
		}, []energy.Energy{6 * energy.WattHour}, ""},
		{"L1 and L1-N are one phase", []reading{phase("L1", "", "5"), phase("L1-N", "", "5"), phase("L2", "", "7")}, nil, ""},
		{"MWh", []reading{{at: at, value: "5", unit: "MWh"}}, nil, session.FlagUnit},
		{"kwh", []reading{{at: at, value: "5", unit: "kwh"}}, []energy.Energy{5 * energy.KiloWattHour}, ""},
		{"a unit that is no energy", []reading{{at: at, value: "5", unit: "A"}}, nil, session.FlagUnit},
		{"exponent and multiplier", []reading{{at: at, value: "1.5E3", multiplier: 1}}, []energy.Energy{15 * energy.KiloWattHour}, ""},
		{"more than any meter shows", []reading{{at: at, value: "9e12", unit: "kWh"}}, nil, session.FlagUnit},
		{"phases beyond int64", []reading{
			{at: at, value: "9e12", unit: "kWh", phase: "L1"}, {at: at, value: "9e12", unit: "kWh", phase: "L2"}, {at: at, value: "9e12", unit: "kWh", phase: "L3"},
		}, nil, session.FlagUnit},
	} {
		got, flags := registers(c.in)
		var es []energy.Energy
		for _, s := range got {
			es = append(es, s.Register)
		}
		if fmt.Sprint(es) != fmt.Sprint(c.want) || c.flag != "" && !flags.Has(c.flag) {
			t.Errorf("%s: %d %v, want %d %s", c.name, es, flags, c.want, c.flag)
		}
	}
}

func TestPhasesMakeOneReadingOfAnInstant(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	three := func(context, location, value string) []reading {
		var rs []reading
		for _, p := range []string{"L1-N", "L2-N", "L3-N"} {
			rs = append(rs, reading{at: at, value: value, phase: p, context: context, location: location})
		}
		return rs
	}
	whole := []reading{{at: at.In(time.FixedZone("", 3600)), value: "9"}}
	for _, c := range []struct {
		name string
		in   [][]reading
		want string
	}{
		{"the end before a sample", [][]reading{three("Sample.Periodic", "", "1"), three("Transaction.End", "", "2")}, "[6E]"},
		{"begin and end", [][]reading{three("Transaction.Begin", "", "1"), three("Transaction.End", "", "2"), three("Trigger", "", "3")}, "[3B 6E]"},
		{"two samples", [][]reading{three("Sample.Periodic", "", "1"), three("Sample.Clock", "", "2")}, "[3]"},
		{"the usual words said and left out", [][]reading{three("", "", "1")[:1], three("Sample.Periodic", "Outlet", "1")[1:]}, "[3]"},
		{"two places", [][]reading{three("", "Inlet", "1")[:2], three("", "Body", "1")[2:]}, "[]"},
		{"a phase again", [][]reading{three("", "", "1"), three("", "", "2")}, "[3]"},
		{"a whole of that instant", [][]reading{three("Transaction.End", "", "1"), whole}, "[9]"},
	} {
		samples, flags := registers(slices.Concat(c.in...))
		var got []string
		for _, s := range samples {
			text := fmt.Sprint(s.Register.WattHours())
			if s.Begin {
				text += "B"
			}
			if s.End {
				text += "E"
			}
			got = append(got, text)
		}
		if fmt.Sprint(got) != c.want || len(flags) > 0 {
			t.Errorf("%s: %v %v, want %s", c.name, got, flags, c.want)
		}
	}
}

// A multiplier, an exponent and a unit are three ways to write a power of ten.
func TestPowersOfTenAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-9999, 9999).Draw(t, "n")
		own := rapid.IntRange(-3, 6).Draw(t, "exponent")
		power := rapid.IntRange(-3, 6).Draw(t, "multiplier")
		unit := rapid.SampledFrom([]string{"", "Wh", "wh", "kWh", "KWH"}).Draw(t, "unit")
		want := float64(n) * math.Pow10(own+power+3)
		if strings.EqualFold(unit, "kWh") {
			want *= 1000
		}
		text := fmt.Sprintf(rapid.SampledFrom([]string{"%de%d", "%dE%d", " %de%d "}).Draw(t, "form"), n, own)
		got, flags := registers([]reading{{value: text, unit: unit, multiplier: int64(power)}})
		switch {
		case math.Abs(want) > 1e15:
			if len(got) != 0 || !flags.Has(session.FlagUnit) {
				t.Fatalf("%v %v, beyond every meter", got, flags)
			}
		case len(got) != 1 || len(flags) != 0 || int64(got[0].Register) != int64(math.Round(want)):
			t.Fatalf("%v %v, want %v mWh", got, flags, want)
		}
	})
}
