package central

import (
	"testing"
	"time"

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
