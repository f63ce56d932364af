package app

import (
	"context"
	"time"

	"chargewright/core/access"
	"chargewright/core/tariff"
)

// demoIndex is an exchange that nobody trades on.
var demoIndex = tariff.Index{
	Tenant: access.DefaultTenant, ID: "erlental-day-ahead", Currency: "EUR", Zone: "Europe/Berlin", Slot: 15 * time.Minute, Due: 13 * 60, Alarm: 18 * 60, Fed: true,
}

// demoExchange makes up its prices: nights are cheap, noon is cheaper, on Sundays
// it may cost less than nothing, and tomorrow is known from one o'clock on.
type demoExchange struct{}

// demoHours are the prices on the hour of a usual day, in EUR per MWh.
var demoHours = [25]int64{84, 76, 71, 69, 70, 78, 97, 121, 114, 90, 66, 47, 34, 29, 36, 54, 81, 115, 142, 134, 112, 98, 91, 87, 84}

// Fetch implements tariff.Source.
func (demoExchange) Fetch(_ context.Context, from, until time.Time) ([]tariff.Slot, error) {
	zone, err := demoIndex.Location()
	if err != nil {
		return nil, err
	}
	now := time.Now().In(zone)
	days := 1
	if now.Hour()*60+now.Minute() >= demoIndex.Due {
		days = 2
	}
	if end := time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, zone); until.After(end) {
		until = end
	}
	var out []tariff.Slot
	for at := from.Truncate(demoIndex.Slot); at.Before(until); at = at.Add(demoIndex.Slot) {
		if !at.Before(from) {
			out = append(out, tariff.Slot{Start: at.UTC(), End: at.Add(demoIndex.Slot).UTC(), Price: demoPrice(at.In(zone))})
		}
	}
	return out, nil
}

func demoPrice(at time.Time) tariff.Spot {
	const perMWh = 1_000_000
	h, q := at.Hour(), int64(at.Minute()/15)
	cents := 100 * ((4-q)*demoHours[h] + q*demoHours[h+1]) / 4
	cents += int64(at.YearDay()*7919%29-14) * 60 // days differ
	cents += (q*2 - 3) * 70                      // and so do quarters of an hour
	if at.Weekday() == time.Sunday {
		cents -= 4_500
	}
	return tariff.Spot(cents * perMWh / 100)
}
