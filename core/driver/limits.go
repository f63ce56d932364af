package driver

import (
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
)

// Limits are what somebody takes at most of one session; 0 is no limit.
type Limits struct {
	Cost   int64         // gross, minor units of the offer's currency
	Energy energy.Energy // whole Wh
	Time   time.Duration // whole seconds, from the beginning of the session
}

// Bounds of limits. What a session costs at least bounds Cost from below.
const (
	LeastEnergy, MostEnergy = energy.KiloWattHour / 2, 1_000 * energy.KiloWattHour
	LeastTime, MostTime     = time.Minute, 7 * 24 * time.Hour
	mostCost                = 1_000_000_000 // minor units
)

// Check refuses limits that nobody means. Invalid, and the field is cost, energy or
// time.
func (l Limits) Check() error {
	const op = "driver.Limits"
	switch {
	case l.Cost < 0 || l.Cost > mostCost:
		return fail.Field(op, "cost", "it is not between 0 and %d", int64(mostCost))
	case l.Energy != 0 && (l.Energy < LeastEnergy || l.Energy > MostEnergy):
		return fail.Field(op, "energy", "it is not between %s and %s", LeastEnergy, MostEnergy)
	case l.Time != 0 && (l.Time < LeastTime || l.Time > MostTime):
		return fail.Field(op, "time", "it is not between %s and %s", LeastTime, MostTime)
	}
	return nil
}

// The limits that end a session, as OCPP 2.1 spells them (TriggerReasonEnumType).
const (
	CostReached   = "CostLimitReached"
	EnergyReached = "EnergyLimitReached"
	TimeReached   = "TimeLimitReached"
)

// GuestReached records which limit ended the charging of a guest's session: the
// first that is told stands. It does nothing for a session of no guest.
func GuestReached(tx *store.Tx, session, limit string) {
	if session != "" && limit != "" {
		tx.Write(`UPDATE driver_guest SET reached = $1 WHERE session_id = $2 AND reached = ''`, limit, session)
	}
}
