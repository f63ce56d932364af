package sim

import (
	"math"
	"math/big"
	"regexp"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var txID = regexp.MustCompile(`"transactionId":\d+`)

// TestMeterLosesNothing: however often it is read, the register is the floor
// of the exact integral.
func TestMeterLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(0, 0)
		m := meter{last: now}
		exact := new(big.Int)
		for range rapid.IntRange(1, 60).Draw(t, "reads") {
			m.watts = rapid.Int64Range(0, 400_000).Draw(t, "W")
			d := time.Duration(rapid.Int64Range(1, 3_600_000_000).Draw(t, "µs")) * time.Microsecond
			now = now.Add(d)
			m.advance(now, math.MaxInt64)
			exact.Add(exact, new(big.Int).Mul(big.NewInt(m.watts), big.NewInt(d.Microseconds())))
		}
		if want := new(big.Int).Quo(exact, big.NewInt(3_600_000)); want.Int64() != m.mwh {
			t.Fatalf("%d mWh, want %v", m.mwh, want)
		}
	})
}

// TestDemandFalls: more charge never asks for more power, and a full battery
// for none.
func TestDemandFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{AC, DC}).Draw(t, "kind")
		c := newCar(Vehicle{BatteryWh: rapid.Int64Range(5_000, 200_000).Draw(t, "Wh"), SoC: rapid.Int64Range(1, 100).Draw(t, "SoC")}, kind)
		last := c.demand()
		for c.room() > 0 {
			c.take(min(c.room(), rapid.Int64Range(1_000_000, 20_000_000).Draw(t, "mWh")))
			now := c.demand()
			if now > last || now < 0 || (now == 0) != (c.room() == 0) {
				t.Fatalf("%d W after %d W with %d mWh to go", now, last, c.room())
			}
			last = now
		}
	})
}

func TestCurveKnees(t *testing.T) {
	for _, c := range []struct {
		kind     Kind
		soc      int64
		watts    int64
		vehicleW int64
	}{{AC, 94, 11_000, 11_000}, {AC, 100, 0, 11_000}, {DC, 59, 100_000, 100_000}, {DC, 80, 55_000, 100_000}, {DC, 99, 12_250, 100_000}} {
		if got := newCar(Vehicle{BatteryWh: 100_000, SoC: c.soc, MaxW: c.vehicleW}, c.kind).demand(); got != c.watts {
			t.Errorf("%d %%: %d W, want %d", c.soc, got, c.watts)
		}
	}
}

// TestReadingsSumToTheEnergy: a replayed stay begins and ends exactly, and its
// register never falls.
func TestReadingsSumToTheEnergy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySessions(t)[0]
		from := rapid.Int64Range(0, 1e9).Draw(t, "from")
		y := &play{s: s}
		last := from * 1000
		for at := s.Start; at.Before(s.End); at = at.Add(7 * time.Minute) {
			if r := y.reading(at, from); r.mwh < last || r.mwh%1000 != 0 {
				t.Fatalf("%d after %d", r.mwh, last)
			} else {
				last = r.mwh
			}
		}
		if end := y.reading(s.End, from).mwh; end != (from+s.EnergyWh)*1000 || end < last {
			t.Fatalf("%d at the end, %d before", end, last)
		}
	})
}
