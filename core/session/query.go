package session

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// InputKey is the place in a session's evidence after which the next page goes
// on; the zero key is its beginning.
type InputKey struct {
	Received time.Time
	Key      string
	Digest   string
}

// InputsAfter returns up to limit pieces of a session's evidence in order of
// receipt, those after the given place.
func InputsAfter(tx *store.Tx, s Session, after InputKey, limit int) ([]Input, error) {
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
	}, `SELECT nkey, digest, kind, seq, at, received_at, offline, charging_state, samples, message FROM session_input
		WHERE station_id = $1 AND tx = $2 AND (received_at > $3 OR (received_at = $3 AND (nkey > $4 OR (nkey = $4 AND digest > $5))))
		ORDER BY received_at, nkey, digest LIMIT $6`, s.Station, s.Tx, beginning(after.Received), after.Key, after.Digest, limit)
	if err == nil {
		err = fail.Wrap(fail.Internal, "session.InputsAfter", decode)
	}
	return in, err
}

// beginning is t, or for the zero time the first one there can be.
func beginning(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0)
	}
	return t
}
