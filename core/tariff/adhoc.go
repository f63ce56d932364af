package tariff

import (
	"fmt"

	"chargewright/base/fail"
)

// afirPower is where Article 5(4) of Regulation (EU) 2023/1804 begins, in mW.
const afirPower = 50_000_000

// CheckAdHoc says whether a tariff may be offered without a contract at an EVSE
// of a legal profile and rated power (mW). Under AFIR from 50 kW the price is
// per kWh, and beside it only a fee per time of occupancy is allowed. NEVI wants
// a price per kWh. An error is Invalid and names the element.
func CheckAdHoc(t *Tariff, profile Profile, power int64) error {
	const op = "tariff.adhoc"
	afir := profile == AFIR && power >= afirPower
	if !afir && profile != NEVI {
		return nil
	}
	if !t.any(func(c *Component) bool { return c.Dimension == Energy }) {
		return fail.Field(op, "elements", "no element has a price per kWh")
	}
	if !afir {
		return nil
	}
	if t.Min != nil {
		return fail.Field(op, "min_price", "from 50 kW an ad hoc price is per kWh")
	}
	for i := range t.Elements {
		for j := range t.Elements[i].Components {
			if c := &t.Elements[i].Components[j]; c.Dimension == Flat && c.Price != 0 {
				return fail.Field(op, fmt.Sprintf("elements[%d].price_components[%d]", i, j), "from 50 kW an ad hoc price is per kWh and has no fee per session")
			}
		}
	}
	return nil
}
