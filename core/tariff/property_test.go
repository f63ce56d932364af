package tariff_test

import (
	"bytes"
	"math/big"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/core/tariff"

	"pgregory.net/rapid"
)

// drawn parses a random tariff and builds a random session without gaps.
func drawn(t *rapid.T) (*tariff.Tariff, *tariff.Session) {
	tf, err := tariff.Parse([]byte(anyTariff(t)))
	if err != nil {
		t.Fatal(err)
	}
	night := rapid.SampledFrom(nights).Draw(t, "night")
	zone, err := time.LoadLocation(night.zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, night.at)
	if err != nil {
		t.Fatal(err)
	}
	s := &tariff.Session{Zone: zone, Slots: someSlots(t, at), Holidays: &tariff.Calendar{Name: "test", Dates: map[int]bool{}}}
	for _, d := range someHolidays(t, at) {
		day, err := time.Parse(time.DateOnly, d)
		if err != nil {
			t.Fatal(err)
		}
		s.Holidays.Dates[tariff.Date(day)] = true
	}
	for range rapid.IntRange(1, 4).Draw(t, "segments") {
		seconds := rapid.Int64Range(0, 6000).Draw(t, "seconds")
		amps := rapid.Int64Range(0, 96_000_000).Draw(t, "amps")
		power := rapid.Int64Range(0, 50_000_000).Draw(t, "power")
		g := tariff.Segment{
			Start: at, End: at.Add(time.Duration(seconds) * 6 * time.Second),
			Energy:  6 * rapid.Int64Range(0, 3_000_000).Draw(t, "energy"),
			State:   rapid.SampledFrom([]tariff.State{tariff.Charging, tariff.SuspendedEV, tariff.Paused}).Draw(t, "state"),
			Current: &amps, Power: &power,
		}
		s.Segments, at = append(s.Segments, g), g.End
	}
	return tf, s
}

func mustRate(t *rapid.T, tf *tariff.Tariff, s *tariff.Session) tariff.Rating {
	r, err := tariff.Rate(tf, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A reading taken in the middle of an even flow changes no total.
func TestSlicingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tf, s := drawn(t)
		sliced := *s
		sliced.Segments = nil
		for _, g := range s.Segments {
			k := rapid.SampledFrom([]int64{0, 1, 2, 3, 5}).Draw(t, "sixths")
			if k == 0 {
				sliced.Segments = append(sliced.Segments, g)
				continue
			}
			a, b := g, g
			a.End = g.Start.Add(g.End.Sub(g.Start) / 6 * time.Duration(k))
			a.Energy = g.Energy / 6 * k
			b.Start, b.Energy = a.End, g.Energy-a.Energy
			sliced.Segments = append(sliced.Segments, a, b)
		}
		whole, cut := mustRate(t, tf, s), mustRate(t, tf, &sliced)
		if whole.CDR.Net.Cmp(cut.CDR.Net) != 0 || whole.CDR.Gross.Cmp(cut.CDR.Gross) != 0 {
			t.Fatalf("%s / %s became %s / %s by slicing\n%s", whole.CDR.Net, whole.CDR.Gross, cut.CDR.Net, cut.CDR.Gross, tf.Original)
		}
		if whole.Invoice.Net != cut.Invoice.Net || whole.Invoice.Gross != cut.Invoice.Gross {
			t.Fatalf("%+v became %+v by slicing", whole.Invoice, cut.Invoice)
		}
	})
}

// A rating reads its arguments only, and says the same twice.
func TestRateIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tf, s := drawn(t)
		v1, err := tf.Version()
		if err != nil {
			t.Fatal(err)
		}
		first, second := mustRate(t, tf, s), mustRate(t, tf, s)
		a, err := first.JSON()
		if err != nil {
			t.Fatal(err)
		}
		b, err := second.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if v2, err := tf.Version(); err != nil || v1 != v2 || !bytes.Equal(a, b) {
			t.Fatalf("versions %s, %s, %v; ratings\n%s\n%s", v1, v2, err, a, b)
		}
	})
}

// A plan never costs more and leaves the CDR alone; nothing is negative.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tf, s := drawn(t)
		plain := mustRate(t, tf, s)
		if plain.CDR.Net.Sign() < 0 || plain.CDR.Gross.Cmp(plain.CDR.Net) < 0 || plain.Invoice.Gross < plain.Invoice.Net || plain.Invoice.Net < 0 {
			t.Fatalf("%+v, %+v", plain.CDR, plain.Invoice)
		}
		terms := tariff.Terms{Plan: &tariff.Plan{
			Included: rapid.Int64Range(0, 30_000_000).Draw(t, "included"), PercentOff: money.Percent(rapid.Int64Range(0, money.Hundred).Draw(t, "off")),
		}}
		cheaper, err := tariff.Bill(tf, s, terms)
		if err != nil {
			t.Fatal(err)
		}
		if cheaper.Invoice.Gross > plain.Invoice.Gross {
			t.Fatalf("the plan costs %d more", cheaper.Invoice.Gross-plain.Invoice.Gross)
		}
		if cheaper.CDR.Net.Cmp(plain.CDR.Net) != 0 || cheaper.CDR.Gross.Cmp(plain.CDR.Gross) != 0 {
			t.Fatal("the plan changed the CDR")
		}
	})
}

// Periods lose nothing, follow each other, and rate like the session.
func TestPeriodsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tf, s := drawn(t)
		periods, err := tariff.Periods(tf, s)
		if err != nil {
			t.Fatal(err)
		}
		energy, hours := new(big.Rat), new(big.Rat)
		for i, p := range periods {
			energy.Add(energy, p.Energy)
			hours.Add(hours, p.Hours)
			if i > 0 && p.Start.Before(periods[i-1].Start) {
				t.Fatalf("period %d begins at %s, before the one before it", i, p.Start)
			}
		}
		for _, g := range s.Segments {
			energy.Sub(energy, big.NewRat(g.Energy, 1_000_000))
			hours.Sub(hours, big.NewRat(int64(g.End.Sub(g.Start)), int64(time.Hour)))
		}
		if energy.Sign() != 0 || hours.Sign() != 0 {
			t.Fatalf("%s kWh and %s h too much", energy, hours)
		}
	})
}

// The partial costs of the dimensions are the whole but for limits.
func TestCostsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tf, s := drawn(t)
		free := *tf
		free.Min, free.Max = nil, nil
		r := mustRate(t, &free, s)
		net, gross := new(big.Rat), new(big.Rat)
		for _, d := range []tariff.Dimension{tariff.Energy, tariff.Time, tariff.ParkingTime, tariff.Flat} {
			c := r.Cost(d)
			net.Add(net, c.Net)
			gross.Add(gross, c.Gross)
		}
		if net.Cmp(r.CDR.Net) != 0 || gross.Cmp(r.CDR.Gross) != 0 {
			t.Fatalf("%s / %s of %s / %s", net, gross, r.CDR.Net, r.CDR.Gross)
		}
	})
}

// Rational time and energy borders that fall together cut once.
func TestBordersThatFallTogether(t *testing.T) {
	tf, err := tariff.Parse([]byte(`{"currency":"EUR","elements":[
		{"price_components":[{"type":"ENERGY","price":0.1}],"restrictions":{"max_kwh":1,"max_duration":600}},
		{"price_components":[{"type":"ENERGY","price":0.2}],"restrictions":{"min_kwh":1,"min_duration":600}},
		{"price_components":[{"type":"FLAT","price":100}],"restrictions":{"max_kwh":1,"min_duration":600}},
		{"price_components":[{"type":"FLAT","price":100}],"restrictions":{"min_kwh":1,"max_duration":600}},
		{"price_components":[{"type":"ENERGY","price":100}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	b := builder{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	b.add(tariff.Charging, 1800*time.Second, 3_000_000)
	r, err := tariff.Rate(tf, &tariff.Session{Zone: time.UTC, Segments: b.segments})
	if err != nil {
		t.Fatal(err)
	}
	if want := big.NewRat(5, 10); r.CDR.Net.Cmp(want) != 0 {
		t.Errorf("net %s, want %s", r.CDR.Net, want)
	}
}

// Sums that do not fit are refused.
func TestTooMuchMoneyIsAnError(t *testing.T) {
	tf, err := tariff.Parse([]byte(`{"currency":"KWD","elements":[{"price_components":[{"type":"ENERGY","price":1000000},{"type":"FLAT","price":1000000}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	b := builder{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	b.add(tariff.Charging, time.Hour, tariff.MaxEnergy)
	r, err := tariff.Rate(tf, &tariff.Session{Zone: time.UTC, Segments: b.segments})
	if err == nil && r.Invoice.Net != 1_000_000_000_000_000_000+1_000_000_000 {
		t.Errorf("one TWh costs %d", r.Invoice.Net)
	}
	b.add(tariff.Charging, time.Hour, 1)
	if _, err := tariff.Rate(tf, &tariff.Session{Zone: time.UTC, Segments: b.segments}); !fail.Is(err, fail.Invalid) {
		t.Errorf("more than one TWh: %v", err)
	}
}

func TestTaxesPerKWhAndStacked(t *testing.T) {
	excise := tariff.Tax{Name: "excise", PerKWh: 50_000}
	gst := tariff.Tax{Name: "GST", Percent: 5 * money.One}
	qst := tariff.Tax{Name: "QST", Percent: 10 * money.One, OnTaxes: true}
	tf := &tariff.Tariff{
		ID: "T", Currency: "CAD", Taxes: tariff.TaxAdded,
		Elements: []tariff.Element{{Components: []tariff.Component{{Dimension: tariff.Energy, Price: 400_000, Taxes: []tariff.Tax{excise, gst, qst}}}}},
	}
	b := builder{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	b.add(tariff.Charging, time.Hour, 10_000_000)
	s := &tariff.Session{Zone: time.UTC, Segments: b.segments}

	// 4.00 net, 0.50 excise, 5 % of 4.00 = 0.20, 10 % of 4.70 = 0.47.
	r, err := tariff.Rate(tf, s)
	if err != nil {
		t.Fatal(err)
	}
	v := r.Invoice
	if v.Net != 400 || v.Tax != 117 || v.Gross != 517 || v.Groups[0].Taxes[0].Minor != 50 || v.Groups[0].Taxes[1].Minor != 20 || v.Groups[0].Taxes[2].Minor != 47 {
		t.Errorf("added: %+v", v)
	}
	if want := big.NewRat(517, 100); r.CDR.Gross.Cmp(want) != 0 {
		t.Errorf("gross %s, want %s", r.CDR.Gross, want)
	}

	// The same from the other side: 5.17 with everything inside.
	tf.Taxes, tf.Elements[0].Components[0].Price = tariff.TaxIncluded, 517_000
	if r, err = tariff.Rate(tf, s); err != nil {
		t.Fatal(err)
	}
	if v := r.Invoice; v.Net != 400 || v.Tax != 117 || v.Gross != 517 {
		t.Errorf("included: %+v", v)
	}
	if want := big.NewRat(4, 1); r.CDR.Net.Cmp(want) != 0 {
		t.Errorf("net %s, want %s", r.CDR.Net, want)
	}
	out, err := r.JSON()
	if err != nil || !strings.Contains(string(out), `{"name":"excise","per_kwh":"0.05","amount_minor":50}`) {
		t.Errorf("%s, %v", out, err)
	}
}

func FuzzRateFile(f *testing.F) {
	f.Add([]byte(goodFile))
	f.Add([]byte(`{"time_zone":"UTC","tariff":{"currency":"JPY","elements":[{"price_components":[{"type":"FLAT","price":1}]}]},"session":{"segments":[{"start":"2026-01-01T00:00:00Z","end":"2026-01-01T00:00:00Z","state":"RESERVED"}]}}`))
	f.Add([]byte(`{"tariff":{"elements":[{}]}}`))
	f.Add([]byte(spotFile))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := tariff.RateFile(bytes.NewReader(b))
		if err == nil {
			if !bytes.Contains(out, []byte(`"cdr_total_cost"`)) {
				t.Errorf("no total: %s", out)
			}
			return
		}
		if fail.KindOf(err) != fail.Invalid || out != nil || strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%v with %s", err, out)
		}
	})
}

func BenchmarkRateSimple(b *testing.B) {
	tf, err := tariff.Parse([]byte(`{"currency":"EUR","elements":[{"price_components":[
		{"type":"FLAT","price":0.5,"vat":19},{"type":"ENERGY","price":0.49,"vat":19,"step_size":1},{"type":"PARKING_TIME","price":6,"vat":19,"step_size":60}]}]}`))
	if err != nil {
		b.Fatal(err)
	}
	s := builder{at: time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)}
	s.add(tariff.Charging, time.Hour, 21_345_678)
	s.add(tariff.SuspendedEV, 17*time.Minute, 0)
	benchmark(b, tf, &tariff.Session{Zone: time.UTC, Segments: s.segments})
}

func BenchmarkRateTimeOfUse40(b *testing.B) {
	tf, err := tariff.Parse([]byte(`{"currency":"EUR","elements":[
		{"price_components":[{"type":"ENERGY","price":0.39,"vat":19,"step_size":1}],"restrictions":{"start_time":"22:00","end_time":"06:00"}},
		{"price_components":[{"type":"ENERGY","price":0.59,"vat":19,"step_size":1},{"type":"PARKING_TIME","price":6,"vat":19,"step_size":60}]}]}`))
	if err != nil {
		b.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	s := builder{at: time.Date(2026, 1, 1, 18, 7, 0, 0, zone)}
	for range 40 {
		s.add(tariff.Charging, 15*time.Minute, 1_234_567)
	}
	benchmark(b, tf, &tariff.Session{Zone: zone, Segments: s.segments})
}

func benchmark(b *testing.B, tf *tariff.Tariff, s *tariff.Session) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tariff.Rate(tf, s); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ratings/s")
}
