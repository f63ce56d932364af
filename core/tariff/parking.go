package tariff

import (
	"time"

	"chargewright/base/money"
)

// Parking is the price of an hour in which the vehicle asks for no power, as
// the tariff holds it, and from which time of the session on it is asked: of the
// first element with such a price that depends on nothing but that time. ok is
// false where there is none.
func Parking(t *Tariff) (perHour money.Price, from time.Duration, ok bool) {
	for i := range t.Elements {
		r := t.Elements[i].Restrictions
		from := time.Duration(r.Duration.Min) * time.Second
		r.Duration.Min = 0
		if r != (Restrictions{}) {
			continue
		}
		for _, c := range t.Elements[i].Components {
			if c.Dimension == ParkingTime && c.Price > 0 {
				return c.Price, from, true
			}
		}
	}
	return 0, 0, false
}
