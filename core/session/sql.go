package session

import (
	"encoding/json"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/driver"
)

const columns = `id, tenant_id, station_id, device_id, evse, connector, tx, start_key, protocol, token, token_type, token_verdict, driver_id,
	state, charging_state, flags, started_at, stopped_at, stop_reason, first_mwh, last_mwh, last_at, energy_mwh, tariff_id, tariff_version,
	seq_high, seq_gaps, remote_start_id, reservation_id, offline, estimated, settled, currency, cost_minor, created_at, updated_at, shown_token, site_id`

func scan(r *store.Row) Session {
	return Session{
		ID: r.Text(0), Tenant: r.Text(1), Station: r.Text(2), Device: r.Text(3), EVSE: r.Int(4), Connector: r.Int(5), Tx: r.Text(6),
		StartKey: r.Text(7), Protocol: r.Text(8), Token: r.Text(9), TokenType: r.Text(10), Verdict: driver.Verdict(r.Text(11)), Driver: r.Text(12),
		State: State(r.Text(13)), Flow: Flow(r.Text(14)), Flags: parseFlags(r.Text(15)), StartedAt: r.Time(16), StoppedAt: r.Time(17), Reason: r.Text(18),
		First: optional[energy.Energy](r, 19), Last: optional[energy.Energy](r, 20), LastAt: r.Time(21), Energy: energy.Energy(r.Int(22)),
		Tariff: r.Text(23), Version: r.Text(24), Seq: parseSequence(r.Int(25), r.Text(26)), RemoteID: optional[int64](r, 27), ReserveID: optional[int64](r, 28),
		Offline: r.Bool(29), Estimated: r.Bool(30), Settled: r.Bool(31), Currency: r.Text(32), CostMinor: optional[int64](r, 33),
		CreatedAt: r.Time(34), UpdatedAt: r.Time(35), Shown: r.Text(36), Site: r.Text(37),
	}
}

func optional[T ~int64](r *store.Row, i int) *T {
	if r.Null(i) {
		return nil
	}
	n := T(r.Int(i))
	return &n
}

func insert(tx *store.Tx, s Session) {
	tx.Write(`INSERT INTO session_session (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
		$20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38)`,
		s.ID, s.Tenant, s.Station, s.Device, s.EVSE, s.Connector, s.Tx, store.OrNull(s.StartKey), s.Protocol, s.Token, s.TokenType, s.Verdict,
		store.OrNull(s.Driver), s.State, s.Flow, s.Flags.text(), s.StartedAt, s.StoppedAt, s.Reason, s.First, s.Last, s.LastAt, s.Energy, s.Tariff,
		s.Version, s.Seq.high(), s.Seq.gaps(), s.RemoteID, s.ReserveID, s.Offline, s.Estimated, s.Settled, s.Currency, s.CostMinor, tx.Now(), tx.Now(), s.Shown, s.Site)
}

func update(tx *store.Tx, s Session) {
	tx.Write(`UPDATE session_session SET evse = $2, connector = $3, token = $4, token_type = $5, token_verdict = $6, driver_id = $7, state = $8,
		charging_state = $9, flags = $10, started_at = $11, stopped_at = $12, stop_reason = $13, first_mwh = $14, last_mwh = $15, last_at = $16,
		energy_mwh = $17, seq_high = $18, seq_gaps = $19, remote_start_id = $20, reservation_id = $21, offline = $22, estimated = $23,
		settled = $24, currency = $25, cost_minor = $26, updated_at = $27, shown_token = $28, tariff_id = $29, tariff_version = $30 WHERE id = $1`,
		s.ID, s.EVSE, s.Connector, s.Token, s.TokenType, s.Verdict, store.OrNull(s.Driver), s.State, s.Flow, s.Flags.text(), s.StartedAt, s.StoppedAt,
		s.Reason, s.First, s.Last, s.LastAt, s.Energy, s.Seq.high(), s.Seq.gaps(), s.RemoteID, s.ReserveID, s.Offline, s.Estimated, s.Settled,
		s.Currency, s.CostMinor, tx.Now(), s.Shown, s.Tariff, s.Version)
}

// Get returns a session of the scope's tenant and sites.
func Get(tx *store.Tx, sc access.Scope, session string) (Session, error) {
	s, found, err := store.One(tx, scan, `SELECT `+columns+` FROM session_session WHERE id = $1`, session)
	if err == nil && (!found || s.Tenant != sc.Tenant || !sc.Sees(s.Site)) {
		s, err = Session{}, fail.New(fail.NotFound, "session.Get", "there is no session %q", session)
	}
	return s, err
}

// Find returns a session in any tenant, for the jobs that work on it.
func Find(tx *store.Tx, session string) (Session, bool, error) {
	return store.One(tx, scan, `SELECT `+columns+` FROM session_session WHERE id = $1`, session)
}

// FindAll returns sessions in any tenant, by id.
func FindAll(tx *store.Tx, sessions []string) (map[string]Session, error) {
	return store.Keyed(tx, func(r *store.Row) (string, Session) {
		s := scan(r)
		return s.ID, s
	}, `SELECT `+columns+` FROM session_session WHERE id IN `, sessions)
}

// Inputs returns a session's evidence in order of receipt, without what its stations
// sent: it is most of what is kept, and InputsAfter has it. What a person decided or
// noted is there.
func Inputs(tx *store.Tx, s Session) ([]Input, error) {
	var decode error
	in, err := store.All(tx, func(r *store.Row) Input {
		samples, err := decodeSamples(r.Text(8))
		if err != nil {
			decode = err
		}
		return Input{
			Key: r.Text(0), Digest: r.Text(1), Kind: Kind(r.Text(2)), Seq: r.Int(3), At: r.Time(4), Received: r.Time(5), Offline: r.Bool(6),
			Flow: Flow(r.Text(7)), Samples: samples, Message: r.Text(9),
		}
	}, `SELECT nkey, digest, kind, seq, at, received_at, offline, charging_state, samples,
			CASE WHEN kind IN ('reviewed', 'noted') THEN message ELSE '' END FROM session_input
		WHERE station_id = $1 AND tx = $2 ORDER BY received_at, nkey, digest`, s.Station, s.Tx)
	if err == nil {
		err = fail.Wrap(fail.Internal, "session.Inputs", decode)
	}
	return in, err
}

// Settled records that the session is priced and booked: the energy and flags
// found in its evidence and the gross cost in minor units.
func Settled(tx *store.Tx, s Session, t Timeline, gross int64) {
	tx.Write(`UPDATE session_session SET energy_mwh = $2, flags = $3, cost_minor = $4, settled = TRUE, updated_at = $5 WHERE id = $1`, s.ID, t.Energy, t.Flags.text(), gross, tx.Now())
}

// Held records why the session is not priced. It waits for a person.
func Held(tx *store.Tx, s Session, t Timeline) {
	s.Energy, s.Flags = t.Energy, t.Flags
	update(tx, s)
}

func encodeSamples(samples []energy.Sample) (string, error) {
	if len(samples) == 0 {
		return "", nil
	}
	b, err := json.Marshal(samples)
	return string(b), fail.Wrap(fail.Internal, "session.samples", err)
}

func decodeSamples(text string) (samples []energy.Sample, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &samples)
	}
	return samples, err
}
