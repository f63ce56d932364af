package notify

import (
	"math"
	"net/http"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states of deliveries.
const (
	Pending        DeliveryState = "pending"
	Delivered      DeliveryState = "delivered"
	DeliveryFailed DeliveryState = "failed"
)

// Delivery is an event on its way to a subscription, with its last attempt.
type Delivery struct {
	ID        string
	Event     string // its type
	EventID   string // the webhook-id of every attempt
	State     DeliveryState
	Attempts  int64
	Status    int64         // HTTP, of the last attempt; 0: no answer, or never asked
	Latency   time.Duration // of the last attempt
	Response  string        // the beginning of it, at most 1 KiB, or what went wrong
	NextAt    time.Time     // of the next attempt; zero: there is none
	LastAt    time.Time     // of the last attempt; zero: there was none
	CreatedAt time.Time

	body string
}

// retries are the distances between the attempts of a delivery.
var retries = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// Patience with a receiver that is down.
const (
	firstPause = 5 * time.Second
	longPause  = 5 * time.Minute
	longEnough = 5 * 24 * time.Hour // of failing: then it is deactivated
)

// pauseAfter is how long a receiver that is down is left alone after so many
// failures in a row.
func pauseAfter(failures int64) time.Duration {
	return min(firstPause<<min(max(failures-1, 0), 10), longPause)
}

const deliveryColumns = `id, event, event_id, state, attempts, status, latency_us, response, next_at, last_at, created_at, body`

func scanDelivery(r *store.Row) Delivery {
	return Delivery{
		ID: r.Text(0), Event: r.Text(1), EventID: r.Text(2), State: DeliveryState(r.Text(3)), Attempts: r.Int(4), Status: r.Int(5),
		Latency: time.Duration(r.Int(6)) * time.Microsecond, Response: r.Text(7), NextAt: r.Time(8), LastAt: r.Time(9), CreatedAt: r.Time(10), body: r.Text(11),
	}
}

// Deliveries lists up to limit deliveries of a subscription, newest first,
// made before the given one (zero values: from the newest on).
func Deliveries(tx *store.Tx, sc access.Scope, hook string, beforeAt time.Time, before string, limit int) ([]Delivery, error) {
	if _, err := GetHook(tx, sc, hook); err != nil {
		return nil, err
	}
	return store.All(tx, scanDelivery, `SELECT `+deliveryColumns+` FROM notify_delivery
		WHERE webhook_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3)) ORDER BY created_at DESC, id DESC LIMIT $4`,
		hook, orEver(beforeAt), before, limit)
}

// GetDelivery returns a delivery of a subscription of the tenant.
func GetDelivery(tx *store.Tx, sc access.Scope, hook, delivery string) (Delivery, error) {
	if _, err := GetHook(tx, sc, hook); err != nil {
		return Delivery{}, err
	}
	d, found, err := store.One(tx, scanDelivery, `SELECT `+deliveryColumns+` FROM notify_delivery WHERE webhook_id = $1 AND id = $2`, hook, delivery)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "notify.GetDelivery", "there is no delivery %q", delivery)
	}
	return d, err
}

// Replay sends a delivery again, whatever became of it, under the same
// webhook-id and with all its attempts before it. For a subscription that is not
// active it is a Conflict.
func Replay(tx *store.Tx, sc access.Scope, hook, delivery string) (Delivery, error) {
	h, err := GetHook(tx, sc, hook)
	if err != nil {
		return Delivery{}, err
	}
	if !h.Active {
		return Delivery{}, fail.New(fail.Conflict, "notify.Replay", "the webhook is not active")
	}
	if _, err := GetDelivery(tx, sc, hook, delivery); err != nil {
		return Delivery{}, err
	}
	tx.Write(`UPDATE notify_delivery SET state = $2, attempts = 0, next_at = $3 WHERE id = $1`, delivery, Pending, tx.Now())
	if err := wake(tx, hook); err != nil {
		return Delivery{}, err
	}
	return GetDelivery(tx, sc, hook, delivery)
}

// attempt is one posting and what came of it.
type attempt struct {
	at      time.Time
	latency time.Duration
	status  int64
	text    string
}

func (a attempt) good() bool { return a.status >= 200 && a.status < 300 }

// down reports whether the receiver as a whole seems to fail, and not this one
// message.
func (a attempt) down() bool {
	return a.status == 0 || a.status >= http.StatusInternalServerError || a.status == http.StatusTooManyRequests
}

// record writes what came of an attempt: on the delivery, and on the
// subscription. stopped is why it was deactivated, "" when it was not.
func (a attempt) record(tx *store.Tx, h Hook, d Delivery) (stopped string) {
	d.Attempts++
	d.State = Delivered
	d.NextAt = time.Time{}
	if !a.good() {
		d.State = DeliveryFailed
		if d.Event != test && h.Active && d.Attempts <= int64(len(retries)) {
			d.State, d.NextAt = Pending, tx.Now().Add(retries[d.Attempts-1])
		}
	}
	tx.Write(`UPDATE notify_delivery SET state = $2, attempts = $3, status = $4, latency_us = $5, response = $6, next_at = $7, last_at = $8 WHERE id = $1`,
		d.ID, d.State, d.Attempts, a.status, a.latency.Microseconds(), a.text, d.NextAt, a.at)
	return a.pulse(tx, h)
}

// pulse writes how the subscription is doing, and deactivates it when it has
// failed long enough.
func (a attempt) pulse(tx *store.Tx, h Hook) (stopped string) {
	if a.good() {
		tx.Write(`UPDATE notify_pulse SET failures = 0, failing_since = NULL, paused_until = NULL, last_status = $2, last_at = $3 WHERE webhook_id = $1`, h.ID, a.status, a.at)
		return ""
	}
	since, pause := h.FailingSince, time.Time{}
	if since.IsZero() {
		since = tx.Now()
	}
	if a.down() {
		pause = tx.Now().Add(pauseAfter(h.failed + 1))
	}
	switch {
	case a.status == http.StatusGone:
		stopped = "the receiver answered 410 Gone"
	case tx.Now().Sub(since) >= longEnough:
		stopped = "it failed for five days"
	}
	tx.Write(`UPDATE notify_pulse SET failures = $2, failing_since = $3, paused_until = $4, last_status = $5, last_at = $6,
		stopped = CASE WHEN $7 = '' THEN stopped ELSE $7 END WHERE webhook_id = $1`,
		h.ID, min(h.failed+1, math.MaxInt32), since, pause, a.status, a.at, stopped)
	if stopped != "" && h.Active {
		tx.Write(`UPDATE notify_webhook SET active = FALSE WHERE id = $1`, h.ID)
		giveUp(tx, h.ID)
	}
	return stopped
}

// brief makes a text fit for a column: valid, at most 1 KiB.
func brief(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "?")
	if len(s) > MaxReply {
		s = strings.ToValidUTF8(s[:MaxReply], "")
	}
	return s
}
