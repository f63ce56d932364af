package central

import (
	"encoding/json"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/wire/ocpp/v21"
)

func lim(cost int64, e energy.Energy, d time.Duration) driver.Limits {
	return driver.Limits{Cost: cost, Energy: e, Time: d}
}

// What a station is told of its guest's limits: those it keeps, once, and not what it
// keeps by itself already.
func TestAStationIsToldWhatItsGuestTakes(t *testing.T) {
	const kWh = energy.KiloWattHour
	all := billing.Kept{Cost: true, Energy: true, Time: true}
	for name, x := range map[string]struct {
		want, asked driver.Limits
		keeps       billing.Kept
		named       string
		later       bool
		told        string
	}{
		"all it keeps":                          {want: lim(2000, 10*kWh, time.Hour), keeps: all, told: `{"maxCost":20,"maxEnergy":10000,"maxTime":3600}`},
		"none that it does not keep":            {want: lim(2000, 10*kWh, time.Hour), keeps: billing.Kept{Energy: true}, told: `{"maxEnergy":10000}`},
		"nothing to one that keeps none":        {want: lim(2000, 10*kWh, time.Hour), told: `null`},
		"the hold alone":                        {want: driver.Limits{Cost: 5000}, keeps: all, told: `{"maxCost":50}`},
		"not again":                             {want: lim(2000, 10*kWh, time.Hour), keeps: all, later: true, told: `null`},
		"not what it confirms":                  {want: lim(2000, 10*kWh, time.Hour), keeps: all, later: true, named: `{"maxCost":20,"maxEnergy":10000,"maxTime":3600}`, told: `null`},
		"not what it names lower (E16.FR.08)":   {want: lim(2000, 10*kWh, 0), keeps: all, named: `{"maxEnergy":5000,"maxCost":3}`, later: true, told: `null`},
		"what it names higher (FR.07)":          {want: lim(2000, 10*kWh, 0), keeps: all, later: true, named: `{"maxEnergy":10001,"maxCost":30}`, told: `{"maxCost":20,"maxEnergy":10000}`},
		"raised on the page":                    {want: lim(5000, 20*kWh, 0), asked: driver.Limits{Energy: 10 * kWh}, keeps: billing.Kept{Energy: true}, named: `{"maxEnergy":10000}`, told: `{"maxEnergy":20000}`},
		"removed on the page":                   {want: driver.Limits{Cost: 5000}, asked: lim(1000, 10*kWh, time.Hour), keeps: all, named: `{"maxCost":10,"maxEnergy":10000,"maxTime":3600}`, told: `{"maxCost":50,"maxEnergy":10000000,"maxTime":31536000}`},
		"removed, and the station knows":        {want: driver.Limits{Cost: 5000}, asked: lim(1000, 10*kWh, time.Hour), keeps: all, later: true, named: `{"maxCost":50,"maxEnergy":10000000,"maxTime":31536000}`, told: `null`},
		"left as chosen at the station":         {want: driver.Limits{Cost: 1000, Energy: 10 * kWh}, asked: driver.Limits{Cost: 1000, Energy: 10 * kWh}, keeps: all, named: `{"maxCost":10,"maxEnergy":10000}`, told: `null`},
		"set there during the session, for all": {want: driver.Limits{Cost: 5000}, keeps: all, later: true, named: `{"maxEnergy":3000}`, told: `null`},
		"an absurd one":                         {want: lim(5000, 10*kWh, time.Hour), keeps: all, later: true, named: `{"maxEnergy":1e30,"maxTime":9223372036854775807,"maxCost":-1}`, told: `{"maxEnergy":10000,"maxTime":3600}`},
	} {
		var named *v21.TransactionLimit
		if x.named != "" {
			named = new(v21.TransactionLimit)
			if err := json.Unmarshal([]byte(x.named), named); err != nil {
				t.Fatal(name, err)
			}
		}
		b, err := json.Marshal(limitFor(x.want, x.asked, x.keeps, "EUR", named, !x.later))
		if err != nil || string(b) != x.told {
			t.Errorf("%s: %s %v, not %s", name, b, err, x.told)
		}
	}
}
