package billing

import (
	"cmp"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/tariff"
)

// Policy are a tenant's rules about money that are no law.
type Policy struct {
	FailedEnergy energy.Energy // a session with less energy
	FailedTime   time.Duration // and less time than these is a failed start: no fee
	Hold         int64         // what a guest's card is asked to hold, in minor units; 0: by the tariff and the power
	Operators    int64         // what an operator may give back of one receipt, in major units
	Support      int64         // what support may
	Unpaid       Unpaid        // what becomes of drivers who have nothing to pay with; "" is Allow
}

// standing is the policy of a tenant that has set none.
var standing = Policy{FailedEnergy: 100 * energy.WattHour, FailedTime: 2 * time.Minute, Operators: 200, Support: 20, Unpaid: Allow}

// GetPolicy returns a tenant's policy.
func GetPolicy(tx *store.Tx, tenant string) (Policy, error) {
	p, found, err := store.One(tx, func(r *store.Row) Policy {
		return Policy{energy.Energy(r.Int(0)) * energy.WattHour, time.Duration(r.Int(1)) * time.Second, r.Int(2), r.Int(3), r.Int(4), Unpaid(r.Text(5))}
	}, `SELECT failed_wh, failed_s, hold_minor, operator_goodwill, support_goodwill, unpaid_sessions FROM billing_policy WHERE tenant_id = $1`, tenant)
	if err == nil && !found {
		p = standing
	}
	return p, err
}

// SetPolicy writes a tenant's policy. Invalid: a failed start of more than 1 kWh or
// ten minutes, an amount that is negative or beyond all bounds, or a word that is none.
func SetPolicy(tx *store.Tx, tenant string, p Policy) error {
	const op = "billing.SetPolicy"
	p.Unpaid = cmp.Or(p.Unpaid, Allow)
	switch {
	case p.FailedEnergy < 0 || p.FailedEnergy > energy.KiloWattHour:
		return fail.Field(op, "failed_start_wh", "it is not between 0 and 1000")
	case p.FailedTime < 0 || p.FailedTime > 10*time.Minute:
		return fail.Field(op, "failed_start_s", "it is not between 0 and 600")
	case p.Hold < 0 || p.Hold > maxPolicy:
		return fail.Field(op, "hold_minor", "it is not between 0 and %d", int64(maxPolicy))
	case p.Operators < 0 || p.Operators > maxPolicy:
		return fail.Field(op, "operator_goodwill", "it is not between 0 and %d", int64(maxPolicy))
	case p.Support < 0 || p.Support > maxPolicy:
		return fail.Field(op, "support_goodwill", "it is not between 0 and %d", int64(maxPolicy))
	case p.Unpaid != Allow && p.Unpaid != Refuse:
		return fail.Field(op, "unpaid_sessions", "%q is neither allow nor refuse", p.Unpaid)
	}
	_, err := tx.Exec(`INSERT INTO billing_policy (tenant_id, failed_wh, failed_s, hold_minor, operator_goodwill, support_goodwill, unpaid_sessions, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (tenant_id) DO UPDATE SET failed_wh = excluded.failed_wh, failed_s = excluded.failed_s, hold_minor = excluded.hold_minor,
			operator_goodwill = excluded.operator_goodwill, support_goodwill = excluded.support_goodwill,
			unpaid_sessions = excluded.unpaid_sessions, updated_at = excluded.updated_at`,
		tenant, p.FailedEnergy.WattHours(), int64(p.FailedTime/time.Second), p.Hold, p.Operators, p.Support, p.Unpaid, tx.Now())
	return err
}

// maxPolicy bounds the amounts of a policy.
const maxPolicy = 1_000_000

// Goodwill is what a role may give back of one receipt in a currency, in minor
// units; all is true where there is no limit.
func (p Policy) Goodwill(r access.Role, c money.Currency) (minor int64, all bool) {
	unit := money.Pow10(c.Exponent())
	switch r {
	case access.Operator:
		return p.Operators * unit, false
	case access.Support:
		return p.Support * unit, false
	case access.Owner, access.Finance, "": // "" is the server itself
		return 0, true
	}
	return 0, false
}

// The session that a hold has room for, where the policy names none: an hour at
// the EVSE's power, but no more than a large battery takes, and an hour plugged in
// afterwards.
const (
	roomEnergy  = 80 * energy.KiloWattHour
	roomUnknown = 22_000 // W, where the EVSE's power is not known
)

// HoldFor is what a guest's card is asked to hold for a session at an EVSE of that
// power (W, 0 when unknown) that begins now, and what a wallet promises it: what such
// a session would cost with the taxes as determined, rounded up to whole fives of the
// major unit, and five at least.
func (p Policy) HoldFor(t *tariff.Tariff, tax *tariff.Determination, zone *time.Location, powerW int64, now time.Time) (int64, error) {
	if p.Hold > 0 {
		return p.Hold, nil
	}
	hour := flatOut(powerW, now, time.Hour)
	hour.Energy = min(hour.Energy, int64(roomEnergy))
	gross, err := grossOf(t, tax, zone, hour, tariff.Segment{Start: hour.End, End: hour.End.Add(time.Hour), State: tariff.SuspendedEV})
	if err != nil {
		return 0, err
	}
	five := 5 * unitOf(t.Currency)
	return max((gross+five-1)/five*five, five), nil
}

// leastFor is what an EVSE of that power can give while a session is stopped before
// its hold is used up, twice over and in whole units.
func leastFor(t *tariff.Tariff, tax *tariff.Determination, zone *time.Location, powerW int64, now time.Time) (int64, error) {
	gross, err := grossOf(t, tax, zone, flatOut(powerW, now, 2*ahead))
	if err != nil {
		return 0, err
	}
	one := unitOf(t.Currency)
	return max((gross+one-1)/one*one, one), nil
}

// unitOf is the major unit, and a hundred of one that has no minor unit.
func unitOf(c money.Currency) int64 {
	if c.Exponent() == 0 {
		return 100
	}
	return money.Pow10(c.Exponent())
}

// flatOut is an EVSE of that power (W, 0 when unknown) giving all it has.
func flatOut(powerW int64, from time.Time, d time.Duration) tariff.Segment {
	if powerW <= 0 {
		powerW = roomUnknown
	}
	current, power := powerW*1_000_000/230, powerW*1000 // µA of one phase at 230 V, mW
	e := energy.Energy(powerW) * energy.WattHour * energy.Energy(d/time.Second) / energy.Energy(time.Hour/time.Second)
	return tariff.Segment{Start: from, End: from.Add(d), Energy: int64(e), State: tariff.Charging, Current: &current, Power: &power}
}

// grossOf is what a session of some segments would cost with the taxes as determined.
func grossOf(t *tariff.Tariff, tax *tariff.Determination, zone *time.Location, segments ...tariff.Segment) (int64, error) {
	if taxed, _ := tariff.Taxed(t, tax); taxed != nil { // else a rate is missing, and the session will be held for it
		t = taxed
	}
	r, err := tariff.RateTaxed(t, &tariff.Session{Zone: zone, Segments: segments}, tax)
	if err != nil {
		return 0, err
	}
	return r.Invoice.Gross, nil
}
