package device

import (
	"encoding/json"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/notify"
)

// State is how far a command on record has come.
//
//	queued ─▶ sent ─▶ answered | expired
//	   └────────┴───▶ failed
//
// It is sent before the first byte leaves, so that a crash never leaves a
// message that may have arrived as queued.
type State string

// The states of a command.
const (
	Queued   State = "queued"   // on record; nothing was sent
	Sent     State = "sent"     // on its way
	Answered State = "answered" // the station answered, if only by an error
	Expired  State = "expired"  // sent, and no answer came: the outcome is unknown
	Undone   State = "failed"   // nothing was sent
)

// Record is a command on record.
type Record struct {
	ID         string
	Station    string
	Device     string // that stood there then; "" if none was known
	Actor      string
	Kind       string
	Body       string // JSON, masked
	State      State
	Status     Status // "" while there is no outcome
	Word       string
	Reason     string
	Request    int64
	QueuedAt   time.Time
	SentAt     time.Time
	AnsweredAt time.Time
}

// Queue puts a command on record and returns the id of the record.
func Queue(tx *store.Tx, tenant, station, actor string, c Command) (string, error) {
	body, err := recorded(c)
	if err != nil {
		return "", err
	}
	d, _, err := At(tx, station)
	if err != nil {
		return "", err
	}
	command := id.New("cmd")
	_, err = tx.Exec(`INSERT INTO device_command (id, tenant_id, station_id, device_id, actor, kind, body, state, status, word, reason, queued_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '', $9)`, command, tenant, station, d.ID, actor, Kind(c), body, Queued, tx.Now())
	return command, err
}

// MarkSent records that the command is about to be sent; one that is not
// queued any more is a Conflict and must not be sent.
func MarkSent(tx *store.Tx, command string) error {
	n, err := tx.Exec(`UPDATE device_command SET state = $1, sent_at = $2 WHERE id = $3 AND state = $4`, Sent, tx.Now(), command, Queued)
	if err == nil && n == 0 {
		err = fail.New(fail.Conflict, "device.MarkSent", "the command is not waiting any more")
	}
	return err
}

// Settle records how a command ended: by an answer (err nil, or whatever
// followed an answer), by silence (fail.Timeout) or unsent.
func Settle(tx *store.Tx, command string, o Outcome, err error) {
	state, status := Answered, o.Status
	switch {
	case fail.Is(err, fail.Timeout):
		state = Expired
	case err != nil:
		state = Undone
	case o.Status == NotSupported && o.Word == "":
		state = Undone
	}
	reason := o.Reason
	if err != nil {
		status, reason = "", fail.Say(err)
	}
	var at time.Time
	if state == Answered {
		at = tx.Now()
	}
	tx.Write(`UPDATE device_command SET state = $1, status = $2, word = $3, reason = $4, request = $5, answered_at = $6 WHERE id = $7`,
		state, status, cut(o.Word, 100), cut(reason, 1000), orNull(o.Request), at, command)
}

// ExpireCommands ends the commands queued before a time whose end was never
// recorded: what a process that died left behind. What was sent is expired,
// what was not has failed. It publishes the end of each.
func ExpireCommands(tx *store.Tx, before time.Time) error {
	for _, s := range []struct{ from, to State }{{Sent, Expired}, {Queued, Undone}} {
		ended, err := store.All(tx, func(r *store.Row) notify.Event {
			return notify.Event{Tenant: r.Text(0), Type: notify.CommandAnswered, Object: r.Text(1)}
		}, `UPDATE device_command SET state = $1 WHERE state = $2 AND queued_at < $3 RETURNING tenant_id, id`, s.to, s.from, before)
		if err != nil {
			return err
		}
		for _, e := range ended {
			if err := notify.Publish(tx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// ForgetCommands deletes what is over its term: commands after 400 days.
func ForgetCommands(tx *store.Tx) {
	tx.Write(`DELETE FROM device_command WHERE queued_at < $1`, tx.Now().AddDate(0, 0, -400))
}

// CommandKey is the place in a list of commands after which the next page goes
// on; the zero key is its beginning.
type CommandKey struct {
	QueuedAt time.Time
	ID       string
}

// Commands lists up to limit commands of a station of the scope's tenant,
// newest first.
func Commands(tx *store.Tx, sc access.Scope, station string, before CommandKey, limit int) ([]Record, error) {
	if before.QueuedAt.IsZero() {
		before.QueuedAt = time.Unix(1<<40, 0)
	}
	return store.All(tx, scanRecord, `SELECT `+recordColumns+` FROM device_command
		WHERE tenant_id = $1 AND station_id = $2 AND (queued_at < $3 OR (queued_at = $3 AND id < $4))
		ORDER BY queued_at DESC, id DESC LIMIT $5`, sc.Tenant, station, before.QueuedAt, before.ID, limit)
}

// FindCommand returns a command on record of the scope's tenant.
func FindCommand(tx *store.Tx, sc access.Scope, command string) (Record, error) {
	r, found, err := store.One(tx, scanRecord, `SELECT `+recordColumns+` FROM device_command WHERE id = $1 AND tenant_id = $2`, command, sc.Tenant)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "device.FindCommand", "there is no command %q", command)
	}
	return r, err
}

const recordColumns = `id, station_id, device_id, actor, kind, body, state, status, word, reason, request, queued_at, sent_at, answered_at`

func scanRecord(r *store.Row) Record {
	return Record{
		r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), State(r.Text(6)), Status(r.Text(7)), r.Text(8), r.Text(9),
		r.Int(10), r.Time(11), r.Time(12), r.Time(13),
	}
}

func orNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// cut shortens a station's text to at most n bytes of whole, storable characters.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// freeTime is how long after it was given a free start still has its session.
const freeTime = 15 * time.Minute

// FreeStart finds the free start that a session at an EVSE comes of (0: not known
// yet), the newest of those given for its token, and returns who gave it and why.
func FreeStart(tx *store.Tx, tenant, station string, evse int64, token string) (actor, reason string, found bool, err error) {
	given, err := store.All(tx, scanRecord, `SELECT `+recordColumns+` FROM device_command
		WHERE tenant_id = $1 AND station_id = $2 AND queued_at > $3 AND kind = $4
		ORDER BY queued_at DESC, id DESC LIMIT 20`, tenant, station, tx.Now().Add(-freeTime), RemoteStart{}.command())
	for _, r := range given {
		var c RemoteStart
		if json.Unmarshal([]byte(r.Body), &c) != nil || c.Free == "" || !strings.EqualFold(c.Token.UID, tail(token)) || evse != 0 && c.EVSE != evse {
			continue
		}
		return r.Actor, c.Free, true, nil
	}
	return "", "", false, err
}
