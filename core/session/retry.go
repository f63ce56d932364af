package session

import (
	"time"

	"chargewright/base/outbox"
	"chargewright/base/store"
)

// TopicRetry is the event that sessions which a flag holds are to be settled
// once more, because what was missing has come.
const TopicRetry = "session.retry"

type retry struct {
	Tenant  string    `json:"tenant"`
	Flag    Flag      `json:"flag"`
	AfterAt time.Time `json:"after_at"`
	After   string    `json:"after"`
}

// RetryHeld has the tenant's sessions that this flag holds settled once more. Those
// that are still held stay as they are.
func RetryHeld(tx *store.Tx, tenant string, f Flag) error {
	return retry{Tenant: tenant, Flag: f, AfterAt: time.Unix(0, 0)}.ask(tx)
}

func (r retry) ask(tx *store.Tx) error {
	return outbox.At(tx, tx.Now(), TopicRetry, r.Tenant+"/"+string(r.Flag), r)
}

// retriedAtOnce bounds the sessions of one transaction.
const retriedAtOnce = 200

// Retry works on TopicRetry: it emits TopicClosed for some of the sessions, and
// asks for the rest.
func Retry(tx *store.Tx, e outbox.Event) error {
	var r retry
	if err := e.Decode(&r); err != nil {
		return err
	}
	args := []any{r.Tenant, r.AfterAt, r.After, retriedAtOnce}
	held, err := store.All(tx, scan, `SELECT `+columns+` FROM session_session
		WHERE tenant_id = $1 AND (created_at > $2 OR (created_at = $2 AND id > $3)) AND state = 'closed' AND NOT settled AND `+flagged(r.Flag, &args)+`
		ORDER BY created_at, id LIMIT $4`, args...)
	if err != nil {
		return err
	}
	for _, s := range held {
		if err := outbox.At(tx, tx.Now(), TopicClosed, s.ID, nil); err != nil {
			return err
		}
		r.AfterAt, r.After = s.CreatedAt, s.ID
	}
	if len(held) < retriedAtOnce {
		return nil
	}
	return r.ask(tx)
}
