package notify

import (
	"encoding/json"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/outbox"
	"chargewright/base/store"
)

// The events that others may subscribe to, version 1: names and shapes only grow.
const (
	SessionStarted      = "session.started"
	SessionEnded        = "session.ended"
	SessionSettled      = "session.settled"
	StationConnected    = "station.connected"
	StationDisconnected = "station.disconnected"
	StationFaulted      = "station.faulted"
	StationBooted       = "station.booted"
	CommandAnswered     = "command.answered"
	ReceiptIssued       = "receipt.issued"
	PaymentFailed       = "payment.failed"
)

// test is the event that somebody sends to see whether a receiver works. It
// cannot be subscribed to.
const test = "webhook.test"

// EventKind describes an event for who chooses.
type EventKind struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// EventKinds is the closed set of events.
var EventKinds = []EventKind{
	{SessionStarted, "A transaction began; data is the session"},
	{SessionEnded, "A session closed, by the station, a person or an estimate; again when a late real end replaces an estimate; data is the session"},
	{SessionSettled, "A session was priced and booked; data is the session with its cost"},
	{StationConnected, "A station opened its connection; data is the station"},
	{StationDisconnected, "A station's connection ended and no newer one stands; data is the station"},
	{StationFaulted, "A connector, or the station as a whole (evse_id 0), became faulted; data is the station with the error"},
	{StationBooted, "A station sent BootNotification; data is the station"},
	{CommandAnswered, "A command to a station came to its end, whichever; data is the command"},
	{ReceiptIssued, "A receipt, a credit note or a statement was issued; data is the document, which says its kind"},
	{PaymentFailed, "What a session costs could not be charged; data is the claim"},
}

func isEvent(name string) bool {
	return slices.ContainsFunc(EventKinds, func(k EventKind) bool { return k.Name == name })
}

// Event is something that happened to a tenant's thing.
type Event struct {
	ID     string          `json:"id"` // given by Publish
	Tenant string          `json:"tenant"`
	Type   string          `json:"type"`            // one of EventKinds
	Object string          `json:"object"`          // id of the thing: session, station, command, receipt
	At     time.Time       `json:"at"`              // zero: when it is published
	Facts  json.RawMessage `json:"facts,omitempty"` // what the thing itself will not show afterwards; a JSON object
}

// TopicEvent is the topic of an event that somebody subscribed to. Its handler
// makes the data and calls Fanout.
const TopicEvent = "notify.event"

// Publish tells the tenant's subscribers of events after the commit. Without one
// that wants them, it costs one read for each tenant.
func Publish(tx *store.Tx, events ...Event) error {
	hooks := map[string][]Hook{}
	for _, e := range events {
		if !isEvent(e.Type) {
			return fail.New(fail.Internal, "notify.Publish", "there is no event %q", e.Type)
		}
		if _, known := hooks[e.Tenant]; !known {
			var err error
			if hooks[e.Tenant], err = activeHooks(tx, e.Tenant); err != nil {
				return err
			}
		}
		if !slices.ContainsFunc(hooks[e.Tenant], func(h Hook) bool { return h.wants(e.Type) }) {
			continue
		}
		e.ID = id.New("evt")
		if e.At.IsZero() {
			e.At = tx.Now()
		}
		if err := outbox.Emit(tx, TopicEvent, e.ID, e); err != nil {
			return err
		}
	}
	return nil
}

// EventOf returns the event behind an outbox event of TopicEvent.
func EventOf(e outbox.Event) (out Event, err error) {
	err = e.Decode(&out)
	return out, err
}

// maxPending bounds the deliveries that wait for one subscription.
const maxPending = 10_000

// message is the body of a delivery (Standard Webhooks, "Payload structure").
type message struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// Fanout makes a delivery of an event for every active subscription that wants
// it, once however often it is called. data is a JSON object of at most 64 KiB.
func Fanout(tx *store.Tx, e Event, data json.RawMessage) error {
	body, err := json.Marshal(message{e.Type, e.At.UTC(), data})
	if err != nil || len(data) > maxBody {
		return fail.New(fail.Internal, "notify.Fanout", "the data of %s is no JSON of at most %d bytes: %v", e.Type, maxBody, err)
	}
	hooks, err := activeHooks(tx, e.Tenant)
	if err != nil {
		return err
	}
	for _, h := range hooks {
		if !h.wants(e.Type) {
			continue
		}
		if err := deliver(tx, h, e, string(body)); err != nil {
			return err
		}
	}
	return nil
}

// deliver makes one delivery, unless it is there already. Beyond what may wait
// it has failed from the start, for a person to replay.
func deliver(tx *store.Tx, h Hook, e Event, body string) error {
	waiting, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT COUNT(*) FROM (SELECT id FROM notify_delivery WHERE webhook_id = $1 AND state = $2 ORDER BY next_at, id LIMIT $3) AS waiting`, h.ID, Pending, maxPending)
	if err != nil {
		return err
	}
	state, why, next := Pending, "", tx.Now()
	if waiting >= maxPending {
		state, why, next = DeliveryFailed, "too many deliveries wait for this receiver already", time.Time{}
	}
	n, err := tx.Exec(`INSERT INTO notify_delivery (id, webhook_id, event_id, event, body, state, attempts, response, next_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9) ON CONFLICT (webhook_id, event_id) DO NOTHING`,
		id.New("dlv"), h.ID, e.ID, e.Type, body, state, why, next, tx.Now())
	if err != nil || n == 0 || state != Pending {
		return err
	}
	return wake(tx, h.ID)
}

// wake has the courier look at a subscription: at once, or when its pause is over.
func wake(tx *store.Tx, hook string) error {
	pause, _, err := store.One(tx, func(r *store.Row) time.Time { return r.Time(0) }, `SELECT paused_until FROM notify_pulse WHERE webhook_id = $1`, hook)
	if err != nil {
		return err
	}
	due := tx.Now()
	if pause.After(due) {
		due = pause
	}
	return outbox.At(tx, due, TopicHook, hook, nil)
}
