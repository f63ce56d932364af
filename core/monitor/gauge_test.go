package monitor

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/energy"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// say is a reading of EVSE 1.
func say(at time.Time, measurand, value, unit, phase string) energy.Reading {
	return energy.Reading{At: at, EVSE: 1, Measurand: measurand, Value: value, Unit: unit, Phase: phase}
}

func TestWhatAMessageMeasures(t *testing.T) {
	at := noon
	for _, c := range []struct {
		what string
		in   []energy.Reading
		of   func(Values) Value
		want float64
	}{
		{"W", []energy.Reading{say(at, "Power.Active.Import", "11000", "W", "")}, powerOf, 11000},
		{"kW", []energy.Reading{say(at, "Power.Active.Import", "11", "kW", "")}, powerOf, 11000},
		{"a multiplier", []energy.Reading{say(at, "Power.Active.Import", "110e2", "W", "")}, powerOf, 11000},
		{"phases", []energy.Reading{
			say(at, "Power.Active.Import", "1000", "W", "L1"), say(at, "Power.Active.Import", "2000", "W", "L2"), say(at, "Power.Active.Import", "3", "kW", "L3"),
		}, powerOf, 6000},
		{"the whole before its phases", []energy.Reading{say(at, "Power.Active.Import", "1000", "W", "L1"), say(at, "Power.Active.Import", "3100", "W", "")}, powerOf, 3100},
		{"a phase twice", []energy.Reading{say(at, "Power.Active.Import", "1000", "W", "L1"), say(at, "Power.Active.Import", "1000", "W", "L1")}, powerOf, 1000},
		{"feeding back", []energy.Reading{say(at, "Power.Active.Export", "7000", "W", "")}, powerOf, -7000},
		{"both ways", []energy.Reading{say(at, "Power.Active.Import", "0", "W", ""), say(at, "Power.Active.Export", "7000", "W", "")}, powerOf, -7000},
		{"the newest instant", []energy.Reading{say(at, "Power.Active.Import", "1", "W", ""), say(at.Add(time.Second), "Power.Active.Import", "2", "W", ""), say(at.Add(-time.Second), "Power.Active.Import", "3", "W", "")}, powerOf, 2},
		{"currents by their highest", []energy.Reading{say(at, "Current.Import", "10", "A", "L1"), say(at, "Current.Import", "16", "A", "L2"), say(at, "Current.Import", "0", "A", "N")}, func(v Values) Value { return v.Current }, 16},
		{"voltages by their mean", []energy.Reading{say(at, "Voltage", "230", "V", "L1-N"), say(at, "Voltage", "232", "V", "L2-N"), say(at, "Voltage", "400", "V", "L1-L2")}, func(v Values) Value { return v.Voltage }, 231},
		{"Fahrenheit", []energy.Reading{say(at, "Temperature", "212", "Fahrenheit", "")}, func(v Values) Value { return v.Temperature }, 100},
		{"offered kW", []energy.Reading{say(at, "Power.Offered", "50", "kW", "")}, func(v Values) Value { return v.Offered }, 50000},
		{"offered amperes of three phases", []energy.Reading{say(at, "Current.Offered", "16", "A", "")}, func(v Values) Value { return v.Offered }, 16 * 230 * 3},
		{"offered amperes as drawn, DC", []energy.Reading{
			say(at, "Power.Active.Import", "40000", "W", ""), say(at, "Current.Import", "100", "A", ""), say(at, "Current.Offered", "125", "A", ""),
		}, func(v Values) Value { return v.Offered }, 50000},
		{"the outlet before the inlet", []energy.Reading{
			{At: at, EVSE: 1, Measurand: "Power.Active.Import", Value: "9", Unit: "W", Location: "Inlet"}, {At: at, EVSE: 1, Measurand: "Power.Active.Import", Value: "8", Unit: "W", Location: "Outlet"},
		}, powerOf, 8},
	} {
		g := newGauge(100)
		g.measured("CP", at, c.in)
		v, ok := g.values(key{"CP", 1})
		if got := c.of(v); !ok || !got.Fresh(at) || math.Abs(got.V-c.want) > 1e-6 {
			t.Errorf("%s: %+v, want %v", c.what, got, c.want)
		}
	}
}

func powerOf(v Values) Value { return v.Power }

func TestWhatNoMeterShowsIsPassedOver(t *testing.T) {
	g := newGauge(100)
	for _, r := range []energy.Reading{
		say(noon, "Power.Active.Import", "NaN", "W", ""), say(noon, "Power.Active.Import", "1e300", "W", ""), say(noon, "Power.Active.Import", "x", "W", ""),
		say(noon, "Power.Active.Import", "5", "Celsius", ""), say(noon, "SoC", "101", "Percent", ""), say(noon, "SoC", "-1", "Percent", ""),
		say(noon, "Frequency", "50", "Hz", ""), say(noon, "SignedData", "", "", ""), say(noon, "Power.Active.Import", "4000", "W", "L1-L2"),
	} {
		g.measured("CP", noon, []energy.Reading{r})
		if v, _ := g.values(key{"CP", 1}); v.Power.Known() || v.SoC.Known() {
			t.Errorf("%+v gave %+v", r, v)
		}
	}
}

func TestPowerFromRegisters(t *testing.T) {
	g := newGauge(100)
	reg := func(at time.Time, wh string) {
		g.measured("CP", at, []energy.Reading{say(at, "", wh, "Wh", "")})
	}
	reg(noon, "1000")
	if v, _ := g.values(key{"CP", 1}); v.Power.Known() {
		t.Fatal("one register is no power")
	}
	reg(noon.Add(time.Minute), "1100")
	v, _ := g.values(key{"CP", 1})
	if math.Abs(v.Power.V-6000) > 1e-6 || !v.Power.Derived {
		t.Fatalf("100 Wh in a minute: %+v", v.Power)
	}
	reg(noon.Add(time.Minute), "1100") // the same instant again
	reg(noon.Add(2*time.Minute), "1150")
	if v, _ = g.values(key{"CP", 1}); math.Abs(v.Power.V-3000) > 1e-6 {
		t.Fatalf("50 Wh in a minute: %+v", v.Power)
	}
	reg(noon.Add(3*time.Minute), "0") // another meter
	if v, _ = g.values(key{"CP", 1}); math.Abs(v.Power.V-3000) > 1e-6 {
		t.Fatalf("a fall gives no power: %+v", v.Power)
	}
	at := noon.Add(4 * time.Minute)
	g.measured("CP", at, []energy.Reading{say(at, "Power.Active.Import", "7", "W", ""), say(at, "", "100", "Wh", "")})
	if v, _ = g.values(key{"CP", 1}); v.Power.V != 7 || v.Power.Derived {
		t.Fatalf("what is measured goes before what is derived: %+v", v.Power)
	}
}

func TestAge(t *testing.T) {
	g := newGauge(100)
	w := func(at, received time.Time, v string) Value {
		g.measured("CP", received, []energy.Reading{say(at, "Power.Active.Import", v, "W", "")})
		x, _ := g.values(key{"CP", 1})
		return x.Power
	}
	v := w(noon, noon, "1")
	if !v.Fresh(noon.Add(5*time.Minute)) || v.Fresh(noon.Add(5*time.Minute+1)) {
		t.Error("an interval that is not known is 5 minutes")
	}
	for i := range 20 {
		v = w(noon.Add(time.Duration(i)*15*time.Minute), noon.Add(time.Duration(i)*15*time.Minute), "2")
	}
	last := noon.Add(19 * 15 * time.Minute)
	if !v.Fresh(last.Add(44*time.Minute)) || v.Fresh(last.Add(51*time.Minute)) {
		t.Errorf("quarter hours hold for three: %+v", v)
	}
	if v = w(noon.Add(time.Hour), last.Add(time.Second), "3"); v.V != 2 {
		t.Error("a late value replaced the present one")
	}
	g = newGauge(100)
	for i := range 10 { // a queue, emptied at once an hour later
		v = w(noon.Add(time.Duration(i)*time.Minute), noon.Add(time.Hour), "4")
	}
	if v.Fresh(noon.Add(time.Hour)) {
		t.Errorf("what was delivered late is shown as present: %+v", v)
	}
	w(noon.Add(time.Hour), noon.Add(time.Hour), "4")
	if v = w(noon.Add(61*time.Minute), noon.Add(4*time.Hour), "4"); v.Fresh(noon.Add(4 * time.Hour)) {
		t.Errorf("the first of a queue is shown as present: %+v", v)
	}
	g = newGauge(100)
	for i := range 5 { // a clock two hours behind keeps its pace
		now := noon.Add(time.Duration(i) * time.Minute)
		v = w(now.Add(-2*time.Hour), now, "5")
	}
	if !v.Fresh(noon.Add(4 * time.Minute)) {
		t.Errorf("a clock that is behind makes all stale: %+v", v)
	}
	g = newGauge(100)
	w(noon.Add(24*time.Hour), noon, "6") // a clock a day ahead, then set right
	if v = w(noon.Add(2*time.Hour), noon.Add(2*time.Hour), "7"); v.V != 7 {
		t.Errorf("a clock that was set back is passed over for ever: %+v", v)
	}
}

// The gauge never holds more than it may, and forgets who was silent longest.
func TestGaugeIsBounded(t *testing.T) {
	g := newGauge(gaugeShards * 4)
	total := 0
	for i := range 5_000 {
		at := noon.Add(time.Duration(i) * time.Second)
		g.measured(fmt.Sprint("CP", i), at, []energy.Reading{say(at, "Power.Active.Import", "1", "W", "")})
		g.measured("BUSY", at, []energy.Reading{say(at, "Power.Active.Import", "2", "W", "")})
	}
	for i := range g.shards {
		total += len(g.shards[i].cells)
	}
	if total > gaugeShards*4 {
		t.Errorf("%d cells", total)
	}
	if v, ok := g.values(key{"BUSY", 1}); !ok || v.Power.V != 2 {
		t.Error("the one that is heard of was dropped")
	}
	if _, ok := g.values(key{"CP0", 1}); ok {
		t.Error("the oldest was kept")
	}
}

// No bytes of a station make the gauge fall over or show what is no number.
func TestGaugeTakesAnything(t *testing.T) {
	g := newGauge(1000)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "n")
		var rs []energy.Reading
		for range n {
			rs = append(rs, energy.Reading{
				At: time.UnixMicro(rapid.Int64().Draw(t, "at")), EVSE: rapid.Int64Range(-1, 3).Draw(t, "evse"),
				Measurand: rapid.SampledFrom([]string{"", "Power.Active.Import", "Power.Active.Export", "Current.Offered", "SoC", "Voltage", "Current.Import", "x"}).Draw(t, "m"),
				Phase:     rapid.SampledFrom([]string{"", "L1", "L2-N", "L3", "L1-L2", "N"}).Draw(t, "p"),
				Value:     rapid.SampledFrom([]string{"0", "1e999", "-5", "16", "230", "Inf", "", "1e12", "0x10"}).Draw(t, "v"),
			})
		}
		g.measured("CP", time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "received")), rs)
		for e := int64(-1); e < 4; e++ {
			v, _ := g.values(key{"CP", e})
			for _, x := range []Value{v.Power, v.Offered, v.Current, v.Voltage, v.SoC} {
				if math.IsNaN(x.V) || math.IsInf(x.V, 0) || x.Every < 0 {
					t.Fatalf("%+v", x)
				}
			}
		}
	})
}

func TestMeasuringAllocatesNothing(t *testing.T) {
	g := newGauge(1000)
	rs := []energy.Reading{
		say(noon, "Power.Active.Import", "11000", "W", ""), say(noon, "Current.Import", "16", "A", "L1"), say(noon, "SoC", "55", "Percent", ""),
		say(noon, "Energy.Active.Import.Register", "123456", "Wh", ""),
	}
	g.measured("CP", noon, rs)
	if n := testing.AllocsPerRun(100, func() { g.measured("CP", noon, rs) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMeasured(b *testing.B) {
	g := newGauge(MaxEVSEs)
	ids := make([]string, 50_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("CP-%06d", i)
	}
	rs := []energy.Reading{
		say(noon, "Power.Active.Import", "11000", "W", ""), say(noon, "Current.Import", "16.1", "A", "L1"), say(noon, "SoC", "55", "Percent", ""),
		say(noon, "Energy.Active.Import.Register", "123456", "Wh", ""),
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		g.measured(ids[i%len(ids)], noon, rs)
		i++
	}
}
