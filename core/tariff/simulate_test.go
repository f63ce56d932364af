package tariff_test

import (
	"errors"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/core/tariff"

	"pgregory.net/rapid"
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestSimulateComparesTheHoursOfAWeek(t *testing.T) {
	tf := parsed(t, gross(taxed(fromSix, "ENERGY 0.60"), taxed("", "ENERGY 0.40"), taxed(`"min_duration":3600`, "PARKING_TIME 6")))
	got, err := tariff.Simulate(tf, tariff.Trial{
		Zone: berlin(t), Start: time.Date(2026, 5, 4, 19, 30, 0, 0, time.UTC), Energy: 10_000_000, Power: 10_000_000, Parked: 30 * time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	// 21:30 to 22:30 in Berlin: half an hour at 0.60, half at 0.40, then 30 min at 6 an hour.
	if got.Rating.Invoice.Gross != 500+300 {
		t.Errorf("it costs %d", got.Rating.Invoice.Gross)
	}
	if len(got.Steps) != 2 || got.Steps[0].Price != 600_000 || got.Steps[1].Price != 400_000 || !got.Steps[1].At.Equal(time.Date(2026, 5, 4, 20, 0, 0, 0, time.UTC)) {
		t.Errorf("prices over the session: %+v", got.Steps)
	}
	if len(got.Starts) != 7*24 {
		t.Fatalf("%d starts", len(got.Starts))
	}
	for i, c := range got.Starts {
		h := i % 24
		if c.At.Hour() != h {
			t.Fatalf("start %d is at %s", i, c.At)
		}
		wantKWh, wantGross := int64(600_000), int64(900)
		switch {
		case h < 5 || h >= 22:
			wantKWh, wantGross = 400_000, 700
		case h == 5:
			wantKWh, wantGross = 400_000, 700 // the vehicle parks after 6:00, and charged before
		}
		if int64(c.KWh.Price) != wantKWh || c.Gross != wantGross {
			t.Errorf("at %d:00 a kWh costs %s and the session %d, want %d", h, c.KWh.Price, c.Gross, wantGross)
		}
	}
}

// The last fifth of 10 kWh at 10 kW flows at 9, 7.5, 6, 4.5 and 3 kW.
func TestAFullBatteryTakesLess(t *testing.T) {
	x := tariff.Trial{Zone: time.UTC, Start: lintNow, Energy: 10_000_000, Power: 10_000_000, Parked: time.Minute, Taper: true}
	s, err := x.Session()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Segments) != 7 {
		t.Fatalf("%d segments", len(s.Segments))
	}
	at := lintNow
	for i, want := range []struct {
		energy, power int64
		lasts         time.Duration // energy / power
	}{
		{8_000_000, 10_000_000, 48 * time.Minute}, {400_000, 9_000_000, 160 * time.Second}, {400_000, 7_500_000, 192 * time.Second},
		{400_000, 6_000_000, 240 * time.Second}, {400_000, 4_500_000, 320 * time.Second}, {400_000, 3_000_000, 480 * time.Second},
	} {
		g := s.Segments[i]
		if g.State != tariff.Charging || g.Energy != want.energy || g.Power == nil || *g.Power != want.power || !g.Start.Equal(at) || (g.End.Sub(g.Start)-want.lasts).Abs() > time.Microsecond {
			t.Errorf("segment %d is %+v, want %+v", i, g, want)
		}
		at = g.End
	}
	if g := s.Segments[6]; g.State != tariff.SuspendedEV || !g.Start.Equal(at) {
		t.Errorf("then comes %+v", g)
	}
}

func TestATrialIsASession(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		x := tariff.Trial{
			Zone: time.UTC, Start: lintNow, Energy: rapid.Int64Range(0, 200_000_000).Draw(r, "energy"), Power: rapid.Int64Range(1_000_000, 400_000_000).Draw(r, "power"),
			Parked: time.Duration(rapid.IntRange(0, 600).Draw(r, "parked")) * time.Minute, Reserved: time.Duration(rapid.IntRange(0, 60).Draw(r, "reserved")) * time.Minute,
			Taper: rapid.Bool().Draw(r, "taper"),
		}
		s, err := x.Session()
		if err != nil {
			r.Fatal(err)
		}
		energy, parked := int64(0), time.Duration(0)
		for _, g := range s.Segments {
			energy += g.Energy
			if g.State == tariff.SuspendedEV {
				parked += g.End.Sub(g.Start)
			}
		}
		if energy != x.Energy || parked != x.Parked {
			r.Fatalf("%d mWh and %s of %+v", energy, parked, x)
		}
		mustRate(r, parsed(t, sound), s)
	})
}

func TestATrialThatCannotBe(t *testing.T) {
	good := tariff.Trial{Zone: time.UTC, Start: lintNow, Energy: 30_000_000, Power: 11_000_000}
	for field, spoil := range map[string]func(*tariff.Trial){
		"time_zone":        func(x *tariff.Trial) { x.Zone = nil },
		"energy_wh":        func(x *tariff.Trial) { x.Energy = -1 },
		"power_w":          func(x *tariff.Trial) { x.Power = 0 },
		"parked_minutes":   func(x *tariff.Trial) { x.Parked = 15 * 24 * time.Hour },
		"reserved_minutes": func(x *tariff.Trial) { x.Reserved = -time.Minute },
	} {
		x := good
		spoil(&x)
		var e *fail.Error
		if _, err := x.Session(); !errors.As(err, &e) || e.Kind != fail.Invalid || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	slow := good
	slow.Power = 1
	if _, err := slow.Session(); !fail.Is(err, fail.Invalid) {
		t.Errorf("a session of years: %v", err)
	}
}

// A tariff of a thousand elements is priced, and its week left out where it
// would take too long.
func TestSimulateIsBounded(t *testing.T) {
	for _, c := range []struct{ elements, starts int }{{3, 168}, {1000, 0}} {
		var all []string
		for i := range c.elements {
			all = append(all, taxed(`"start_time":"`+clockOf(i)+`"`, "ENERGY 0.4"))
		}
		got, err := tariff.Simulate(parsed(t, gross(all...)), tariff.Trial{Zone: time.UTC, Start: lintNow, Energy: 30_000_000, Power: 1_000_000, Parked: 7 * 24 * time.Hour})
		if err != nil || len(got.Starts) != c.starts {
			t.Errorf("%d elements: %d starts, %v", c.elements, len(got.Starts), err)
		}
	}
}

func clockOf(i int) string {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute).Format("15:04")
}

// A start whose price is not known yet is not compared: it may turn out dearer.
func TestStartsOfUnknownPricesAreLeftOut(t *testing.T) {
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	mills := make([]int64, 4*24)
	for i := range mills {
		mills[i] = 900 // the fallback of 0.49 would be the cheapest
	}
	got, err := tariff.Simulate(spotTariff(t, `,"spot":{"index":"x"}`), tariff.Trial{
		Zone: time.UTC, Start: at.Add(10 * time.Hour), Energy: 10_000_000, Power: 10_000_000, Almanac: tariff.Almanac{Slots: map[string][]tariff.Slot{"x": quarters(at, mills...)}},
	})
	if err != nil || len(got.Starts) != 24 {
		t.Fatalf("%d starts, %v", len(got.Starts), err)
	}
	for _, s := range got.Starts {
		if s.Gross != 900 {
			t.Errorf("at %s it is %d", s.At, s.Gross)
		}
	}
}
