package session

import (
	"fmt"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/station"
)

// Running is an open session, without what screens of one session show.
type Running struct {
	ID        string
	Tenant    string
	Station   string
	EVSE      int64
	State     State
	Flow      Flow
	Energy    energy.Energy
	StartedAt time.Time // or when it was first heard of
	CreatedAt time.Time
	Tx        string
}

// EachOpen calls fn for every open session of the installation, ordered by
// station and EVSE, the newest of an EVSE first.
func EachOpen(tx *store.Tx, fn func(Running)) error {
	return tx.Each(func(r *store.Row) error {
		s := Running{
			ID: r.Text(0), Tenant: r.Text(1), Station: r.Text(2), EVSE: r.Int(3), State: State(r.Text(4)), Flow: Flow(r.Text(5)),
			Energy: energy.Energy(r.Int(6)), StartedAt: r.Time(7), CreatedAt: r.Time(8), Tx: r.Text(9),
		}
		if s.StartedAt.IsZero() {
			s.StartedAt = s.CreatedAt
		}
		fn(s)
		return nil
	}, `SELECT id, tenant_id, station_id, evse, state, charging_state, energy_mwh, started_at, created_at, tx FROM session_session
		WHERE state <> 'closed' ORDER BY station_id, evse, created_at DESC, id DESC`)
}

// OpenAt lists the open sessions of a station by EVSE, the newest of an EVSE
// first; at most 1,000.
func OpenAt(tx *store.Tx, station string) ([]Session, error) {
	return store.All(tx, scan, `SELECT `+columns+` FROM session_session WHERE station_id = $1 AND state <> 'closed'
		ORDER BY evse, created_at DESC, id DESC LIMIT 1000`, station)
}

// EVSEFlow is what an open session does as station.EVSEState takes it;
// station.NoSession for one that is closed.
func (s Session) EVSEFlow() station.Flow {
	if !s.State.Open() {
		return station.NoSession
	}
	return s.Flow.EVSE()
}

// EVSE is what an open session of this flow does as station.EVSEState takes it.
func (f Flow) EVSE() station.Flow {
	if f == "" {
		return station.FlowUnsaid
	}
	return station.Flow(f)
}

// EVSEOf returns the EVSE of a transaction as far as it is known, else 0:
// stations of OCPP 2.x name it in the first message and may leave it out after.
func EVSEOf(tx *store.Tx, station, transaction string) (int64, error) {
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT evse FROM session_session WHERE station_id = $1 AND tx = $2`, station, transaction)
	return n, err
}

// EnergySince returns the energy that flowed since a time in the sessions that
// the scope sees. Of one that had begun before, the part after it counts, as if
// the energy had flowed evenly over the session.
func EnergySince(tx *store.Tx, sc access.Scope, from time.Time) (energy.Energy, error) {
	var sum energy.Energy
	add := func(r *store.Row) error {
		start, end, e := r.Time(0), r.Time(1), energy.Energy(r.Int(3))
		if start.IsZero() {
			start = r.Time(2)
		}
		if end.IsZero() || end.Before(start) {
			end = tx.Now()
		}
		if start.Before(from) && end.After(from) {
			e = energy.Share(e, end.Sub(from), end.Sub(start))
		} else if !end.After(from) {
			e = 0
		}
		if s, fits := energy.Sum(sum, e); fits {
			sum = s
		}
		return nil
	}
	args := []any{sc.Tenant}
	err := tx.Each(add, `SELECT started_at, last_at, created_at, energy_mwh FROM session_session
		WHERE tenant_id = $1 AND state <> 'closed' AND `+sc.Within("site_id", &args), args...)
	if err != nil {
		return 0, err
	}
	args = []any{sc.Tenant, from}
	err = tx.Each(add, `SELECT started_at, stopped_at, created_at, energy_mwh FROM session_session
		WHERE tenant_id = $1 AND stopped_at >= $2 AND state = 'closed' AND `+sc.Within("site_id", &args), args...)
	return sum, err
}

// brief is how soon a session must end without energy to be a failed start.
const brief = 5 * time.Minute

// faults are the stop reasons, as OCPP spells them, by which a station and not a
// person or a vehicle ends a session.
const faults = `'EmergencyStop', 'GroundFault', 'OvercurrentFault', 'PowerLoss', 'PowerQuality', 'Reboot', 'HardReset', 'SoftReset', 'ImmediateReset', 'Timeout', 'Other'`

// failedSQL is the condition of a failed start on session_session.
var failedSQL = fmt.Sprintf(`energy_mwh < %d AND state = 'closed' AND token_verdict IN ('', 'accepted')
	AND stopped_at - %s < %d AND stop_reason IN (%s)`, int64(energy.WattHour), began, brief.Microseconds(), faults)

// StartsSince counts the sessions begun since a time that the scope
// sees. A start worked when energy flowed or the vehicle charges; it failed when
// the session was closed within 5 minutes without a Wh, by a fault or a time-out
// of the station. The rest are neither: still waiting, ended by a person or a
// vehicle before energy flowed, or begun with a token that was refused, which is
// no fault of the station.
func StartsSince(tx *store.Tx, sc access.Scope, since time.Time) (worked, failed int64, err error) {
	args := []any{sc.Tenant, since, int64(energy.WattHour)}
	err = tx.Each(func(r *store.Row) error {
		worked, failed = r.Int(0), r.Int(1)
		return nil
	}, `SELECT COALESCE(SUM(CASE WHEN energy_mwh >= $3 OR (state = 'charging' AND charging_state = 'charging') THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN `+failedSQL+` THEN 1 ELSE 0 END), 0)
		FROM session_session WHERE tenant_id = $1 AND `+began+` >= $2 AND `+sc.Within("site_id", &args), args...)
	return worked, failed, err
}
