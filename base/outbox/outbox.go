package outbox

import (
	"encoding/json"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
)

// Event is an open event as its handler sees it.
type Event struct {
	ID        string
	Topic     string
	Key       string
	Body      json.RawMessage
	DueAt     time.Time
	CreatedAt time.Time
	Attempts  int64  // this one included
	LastError string // of the attempt before

	lease   string
	version int64
}

// Decode reads the body into v. A body that does not fit is Internal.
func (e Event) Decode(v any) error {
	return fail.Wrap(fail.Internal, "outbox.decode", json.Unmarshal(e.Body, v))
}

// signal is what wakes the runners of this process.
const signal = "outbox"

// Emit opens an event that is due now. If one is open for topic and key it changes
// nothing, except that a running handler is run again afterwards.
func Emit(tx *store.Tx, topic, key string, body any) error {
	b, err := encode(topic, body)
	if err != nil {
		return err
	}
	tx.Write(`INSERT INTO outbox_event (id, topic, key, body, due_at, attempts, version, parked, created_at)
		VALUES ($1, $2, $3, $4, $5, 0, 1, FALSE, $6)
		ON CONFLICT (topic, key) DO UPDATE SET version = outbox_event.version + 1
		WHERE outbox_event.lease_until IS NOT NULL`,
		id.New("ev"), topic, key, b, tx.Now(), tx.Now())
	tx.Signal(signal)
	return nil
}

// At opens an event that is due at the given time, or moves the open one of topic and
// key to that time and body, parked or not, with a fresh count of attempts.
func At(tx *store.Tx, due time.Time, topic, key string, body any) error {
	if due.IsZero() {
		return fail.New(fail.Internal, "outbox.at", "%s: no due time", topic)
	}
	b, err := encode(topic, body)
	if err != nil {
		return err
	}
	tx.Write(`INSERT INTO outbox_event (id, topic, key, body, due_at, attempts, version, parked, created_at)
		VALUES ($1, $2, $3, $4, $5, 0, 1, FALSE, $6)
		ON CONFLICT (topic, key) DO UPDATE SET version = outbox_event.version + 1, body = excluded.body,
			due_at = excluded.due_at, attempts = 0, last_error = NULL, parked = FALSE`,
		id.New("ev"), topic, key, b, due, tx.Now())
	tx.Signal(signal)
	return nil
}

// Cancel deletes the open event of topic and key, if there is one. A handler that
// runs already is not stopped; its Done fails.
func Cancel(tx *store.Tx, topic, key string) error {
	tx.Write(`DELETE FROM outbox_event WHERE topic = $1 AND key = $2`, topic, key)
	return nil
}

// Done ends the event in the handler's own transaction. It is a Conflict if the event
// is not the handler's any more, so that its effects are undone: it was cancelled, or
// the lease ran out and another runner took it.
func Done(tx *store.Tx, e Event) error {
	n, err := tx.Exec(`DELETE FROM outbox_event WHERE id = $1 AND lease_by = $2 AND version = $3`, e.ID, e.lease, e.version)
	if err != nil || n == 1 {
		return err
	}
	_, again, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT version FROM outbox_event WHERE id = $1 AND lease_by = $2`, e.ID, e.lease)
	if err != nil || again {
		return err // wanted again meanwhile: this time is done, and the runner lets it go
	}
	return fail.New(fail.Conflict, "outbox.done", "%s %s is not ours any more", e.Topic, e.Key)
}

// Parked returns events that failed too often, the oldest first.
func Parked(tx *store.Tx, limit int) ([]Event, error) {
	return store.All(tx, scan, `SELECT `+columns+` FROM outbox_event WHERE parked ORDER BY due_at, id LIMIT $1`, limit)
}

// Retry makes a parked event due now. NotFound if none has this id.
func Retry(tx *store.Tx, eventID string) error {
	n, err := tx.Exec(`UPDATE outbox_event SET parked = FALSE, attempts = 0, due_at = $2 WHERE id = $1 AND parked`, eventID, tx.Now())
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "outbox.retry", "no parked event has this id")
	}
	tx.Signal(signal)
	return err
}

// Counts says how much is open.
type Counts struct {
	Open   int64 // all
	Due    int64 // waiting or running now
	Parked int64 // given up
}

// Count returns the counts, for metrics.
func Count(tx *store.Tx) (Counts, error) {
	c, _, err := store.One(tx, func(r *store.Row) Counts { return Counts{r.Int(0), r.Int(1), r.Int(2)} },
		`SELECT count(*), count(*) FILTER (WHERE NOT parked AND due_at <= $1), count(*) FILTER (WHERE parked) FROM outbox_event`, tx.Now())
	return c, err
}

func encode(topic string, body any) (string, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return "", fail.Wrap(fail.Internal, "outbox.emit "+topic, err)
	}
	return string(b), nil
}

const columns = `id, topic, key, body, due_at, created_at, attempts, last_error, lease_by, version`

func scan(r *store.Row) Event {
	return Event{
		ID: r.Text(0), Topic: r.Text(1), Key: r.Text(2), Body: json.RawMessage(r.Text(3)), DueAt: r.Time(4), CreatedAt: r.Time(5),
		Attempts: r.Int(6), LastError: r.Text(7), lease: r.Text(8), version: r.Int(9),
	}
}
