package billing

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/driver"
)

// How often guests may try within an hour: from one address, and how many of these
// may come to nothing at the bank, as when somebody tries out card numbers; and at
// one EVSE, from wherever.
const (
	brakeFor   = time.Hour
	perAddress = 12
	unpaidFrom = 6
	unpaidAt   = 15
	perEVSE    = 60
)

// BrakeGuests is Busy where guests have tried so often within the hour that it
// looks like fraud. It ends by itself.
func BrakeGuests(tx *store.Tx, tenant, station string, evse int64, remote string) error {
	const op = "billing.BrakeGuests"
	since := tx.Now().Add(-brakeFor)
	all, unpaid, err := driver.Visits(tx, tenant, "", 0, remote, since)
	if err != nil {
		return err
	}
	if all >= perAddress || unpaid >= unpaidFrom {
		return fail.New(fail.Busy, op, "%d attempts from one address within an hour, %d of them unpaid", all, unpaid)
	}
	all, unpaid, err = driver.Visits(tx, tenant, station, evse, "", since)
	if err == nil && (all >= perEVSE || unpaid >= unpaidAt) {
		err = fail.New(fail.Busy, op, "%d attempts at one EVSE within an hour, %d of them unpaid", all, unpaid)
	}
	return err
}
