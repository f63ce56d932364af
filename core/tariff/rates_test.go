package tariff_test

import (
	"math"
	"testing"
	"time"

	"chargewright/base/money"
	"chargewright/core/tariff"
)

func TestRatesHoldUntilTheirNextChange(t *testing.T) {
	evening := parsed(t, `"elements":[{"price_components":[{"type":"ENERGY","price":0.30,"vat":19,"step_size":1}],"restrictions":{"start_time":"20:00"}},
		{"price_components":[{"type":"ENERGY","price":0.40,"vat":19,"step_size":1},{"type":"FLAT","price":1,"step_size":1},{"type":"PARKING_TIME","price":6,"step_size":1}]}]`)
	amount := parsed(t, `"elements":[{"price_components":[{"type":"ENERGY","price":0.30,"step_size":1}],"restrictions":{"min_kwh":20}},
		{"price_components":[{"type":"ENERGY","price":0.40,"step_size":1}]}]`)
	lasting := parsed(t, `"elements":[{"price_components":[{"type":"TIME","price":6,"step_size":1}],"restrictions":{"min_duration":7200}},
		{"price_components":[{"type":"ENERGY","price":0.40,"step_size":1}]}]`)
	zone := berlin(t)
	at := func(h, m int) time.Time { return time.Date(2026, 3, 2, h, m, 0, 0, zone) }
	session := func(from, to time.Time, mwh int64, p tariff.Profile) *tariff.Session {
		return &tariff.Session{Zone: zone, Profile: p, Segments: []tariff.Segment{{Start: from, End: to, Energy: mwh, State: tariff.Charging}}}
	}
	for name, c := range map[string]struct {
		t           *tariff.Tariff
		s           *tariff.Session
		now         tariff.Rates
		change      bool
		at          time.Time
		energy      int64
		then, later money.Price // of energy, of time, after the change
	}{
		"in the afternoon": {evening, session(at(18, 0), at(18, 30), 11_000_000, ""), tariff.Rates{Energy: 476_000, Flat: 1_000_000, Idle: 6_000_000}, true, at(20, 0), 0, 357_000, 0},
		"in the evening":   {evening, session(at(21, 0), at(21, 30), 11_000_000, ""), tariff.Rates{Energy: 357_000, Flat: 1_000_000, Idle: 6_000_000}, true, at(0, 0).AddDate(0, 0, 1), 0, 476_000, 0},
		"one price by law": {evening, session(at(18, 0), at(18, 30), 11_000_000, tariff.NEVI), tariff.Rates{Energy: 476_000, Flat: 1_000_000, Idle: 6_000_000}, false, time.Time{}, 0, 0, 0},
		"before 20 kWh":    {amount, session(at(18, 0), at(18, 30), 11_000_000, ""), tariff.Rates{Energy: 400_000}, true, time.Time{}, 20_000_000, 300_000, 0},
		"after 20 kWh":     {amount, session(at(18, 0), at(18, 30), 20_000_000, ""), tariff.Rates{Energy: 300_000}, false, time.Time{}, 0, 0, 0},
		"not charging":     {amount, session(at(18, 0), at(18, 30), 0, ""), tariff.Rates{Energy: 400_000}, false, time.Time{}, 0, 0, 0},
		"before two hours": {lasting, session(at(18, 0), at(18, 30), 11_000_000, ""), tariff.Rates{Energy: 400_000}, true, at(20, 0), 0, 400_000, 6_000_000},
	} {
		now, next, err := tariff.RatesAt(c.t, c.s)
		if err != nil || now != c.now || (next != nil) != c.change {
			t.Errorf("%s: %+v, next %+v, %v", name, now, next, err)
			continue
		}
		if next != nil && (!next.At.Equal(c.at) || next.Energy != c.energy || next.Rates.Energy != c.then || next.Rates.Time != c.later) {
			t.Errorf("%s: the next change is %+v", name, *next)
		}
	}
	if _, _, err := tariff.RatesAt(amount, &tariff.Session{Zone: zone}); err == nil {
		t.Error("a session without segments has rates")
	}
}

// Taxes that are added are rounded once, and where there is no price with them
// none is shown.
func TestRatesRoundTheirTaxesOnce(t *testing.T) {
	tf := spotTariff(t, "")
	c := &tf.Elements[0].Components[0]
	vat := tariff.Tax{Name: "VAT", Percent: 5 * money.One}
	c.Price, c.Taxes = 10, []tariff.Tax{vat, vat}
	b := builder{at: time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)}
	b.add(tariff.Charging, time.Minute, 5_000_000)
	s := &tariff.Session{Zone: time.UTC, Segments: b.segments}
	if rates, _, err := tariff.RatesAt(tf, s); err != nil || rates.Energy != 11 {
		t.Errorf("%+v, %v", rates, err)
	}
	c.Price = math.MaxInt64
	if rates, _, err := tariff.RatesAt(tf, s); err == nil {
		t.Errorf("a price beyond all bounds: %+v", rates)
	}
}

// Where an index has no slot yet nothing is said of what comes.
func TestRatesSayNoChangeThatIsNotKnown(t *testing.T) {
	tf := spotTariff(t, `,"spot":{"index":"x"}`)
	at := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	s := func(minutes int) *tariff.Session {
		b := builder{at: at}
		b.add(tariff.Charging, time.Duration(minutes)*time.Minute, 5_000_000)
		return &tariff.Session{Zone: time.UTC, Segments: b.segments, Slots: map[string][]tariff.Slot{"x": quarters(at, 100, 200)}}
	}
	rates, next, err := tariff.RatesAt(tf, s(10))
	if err != nil || rates.Energy != 100_000 || next == nil || !next.At.Equal(at.Add(15*time.Minute)) || next.Rates.Energy != 200_000 {
		t.Errorf("in the first slot: %+v, next %+v, %v", rates, next, err)
	}
	rates, next, err = tariff.RatesAt(tf, s(20))
	if err != nil || rates.Energy != 200_000 || next != nil {
		t.Errorf("in the last slot: %+v, next %+v, %v", rates, next, err)
	}
	rates, next, err = tariff.RatesAt(tf, s(40))
	if err != nil || rates.Energy != tf.Elements[0].Components[0].Price || next != nil {
		t.Errorf("after the last slot: %+v, next %+v, %v", rates, next, err)
	}
}
