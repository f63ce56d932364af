package notify

import (
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Hook is a subscription: where to post which events.
type Hook struct {
	ID           string
	Tenant       string
	URL          string
	Events       []string // sorted
	Label        string
	Active       bool
	CreatedAt    time.Time
	FailingSince time.Time // zero: the last answer was good, or there was none
	LastStatus   int64     // HTTP; 0: no answer, or never asked
	LastAt       time.Time // zero: never asked
	Stopped      string    // why we deactivated it; "" when we did not

	sealed string
	pause  time.Time
	failed int64 // in a row
}

// maxHooks bounds the subscriptions of a tenant.
const maxHooks = 50

// wants reports whether the subscription is to be told of an event.
func (h Hook) wants(event string) bool { return slices.Contains(h.Events, event) }

// check puts the events in order and refuses what cannot be subscribed to.
func (h *Hook) check() error {
	h.Events = slices.Compact(slices.Sorted(slices.Values(h.Events)))
	switch i := slices.IndexFunc(h.Events, func(e string) bool { return !isEvent(e) }); {
	case i >= 0:
		return fail.Field("notify.Hook", "events", "%q is no event; GET /webhook-events lists them", h.Events[i])
	case len(h.Events) == 0:
		return fail.Field("notify.Hook", "events", "name one event at least")
	case h.URL == "" || len(h.URL) > 2_000:
		return fail.Field("notify.Hook", "url", "it does not have 1 to 2000 characters")
	case len(h.Label) > 200:
		return fail.Field("notify.Hook", "label", "it is longer than 200 bytes")
	}
	return nil
}

const hookColumns = `h.id, h.tenant_id, h.url, h.events, h.label, h.active, h.created_at, p.failing_since, p.last_status, p.last_at, p.stopped, h.secret, p.paused_until, p.failures`

const hookTables = ` FROM notify_webhook h JOIN notify_pulse p ON p.webhook_id = h.id `

func scanHook(r *store.Row) Hook {
	return Hook{
		ID: r.Text(0), Tenant: r.Text(1), URL: r.Text(2), Events: strings.Split(r.Text(3), ","), Label: r.Text(4), Active: r.Bool(5), CreatedAt: r.Time(6),
		FailingSince: r.Time(7), LastStatus: r.Int(8), LastAt: r.Time(9), Stopped: r.Text(10), sealed: r.Text(11), pause: r.Time(12), failed: r.Int(13),
	}
}

// activeHooks are the tenant's subscriptions that are told of events, without
// how they are doing: it is read by whoever publishes.
func activeHooks(tx *store.Tx, tenant string) ([]Hook, error) {
	return store.All(tx, func(r *store.Row) Hook {
		return Hook{ID: r.Text(0), Tenant: tenant, Events: strings.Split(r.Text(1), ","), Active: true}
	}, `SELECT id, events FROM notify_webhook WHERE tenant_id = $1 AND active ORDER BY id LIMIT $2`, tenant, maxHooks)
}

// Hooks lists the tenant's subscriptions, newest first.
func Hooks(tx *store.Tx, sc access.Scope) ([]Hook, error) {
	return store.All(tx, scanHook, `SELECT `+hookColumns+hookTables+`WHERE h.tenant_id = $1 ORDER BY h.created_at DESC, h.id DESC LIMIT $2`, sc.Tenant, maxHooks)
}

// GetHook returns a subscription of the tenant; another's is NotFound.
func GetHook(tx *store.Tx, sc access.Scope, hook string) (Hook, error) {
	h, found, err := findHook(tx, hook)
	if err == nil && (!found || h.Tenant != sc.Tenant) {
		return Hook{}, fail.New(fail.NotFound, "notify.GetHook", "there is no webhook %q", hook)
	}
	return h, err
}

func findHook(tx *store.Tx, hook string) (Hook, bool, error) {
	return store.One(tx, scanHook, `SELECT `+hookColumns+hookTables+`WHERE h.id = $1`, hook)
}

// CreateHook makes an active subscription and returns it with its secret,
// which is shown this once. A tenant with 50 of them gets a Conflict.
func (c *Courier) CreateHook(tx *store.Tx, sc access.Scope, h Hook) (made Hook, secret string, err error) {
	if err := c.allows(&h); err != nil {
		return Hook{}, "", err
	}
	all, err := Hooks(tx, sc)
	if err != nil {
		return Hook{}, "", err
	}
	if len(all) >= maxHooks {
		return Hook{}, "", fail.New(fail.Conflict, "notify.CreateHook", "there are %d webhooks, which is as many as there may be", maxHooks)
	}
	h.ID, secret = id.New("whk"), newSecret()
	tx.Write(`INSERT INTO notify_webhook (id, tenant_id, url, events, label, active, secret, created_at) VALUES ($1, $2, $3, $4, $5, TRUE, $6, $7)`,
		h.ID, sc.Tenant, h.URL, strings.Join(h.Events, ","), h.Label, c.vault.Seal(secret, h.ID), tx.Now())
	tx.Write(`INSERT INTO notify_pulse (webhook_id, failures, stopped) VALUES ($1, 0, '')`, h.ID)
	made, err = GetHook(tx, sc, h.ID)
	return made, secret, err
}

// PutHook changes URL, events, label and whether it is active. Activating
// forgets that it failed; deactivating gives up what waits.
func (c *Courier) PutHook(tx *store.Tx, sc access.Scope, h Hook) (Hook, error) {
	was, err := GetHook(tx, sc, h.ID)
	if err == nil {
		err = c.allows(&h)
	}
	if err != nil {
		return Hook{}, err
	}
	tx.Write(`UPDATE notify_webhook SET url = $1, events = $2, label = $3, active = $4 WHERE id = $5`, h.URL, strings.Join(h.Events, ","), h.Label, h.Active, h.ID)
	switch {
	case h.Active && !was.Active:
		tx.Write(`UPDATE notify_pulse SET failures = 0, failing_since = NULL, paused_until = NULL, stopped = '' WHERE webhook_id = $1`, h.ID)
	case !h.Active && was.Active:
		giveUp(tx, h.ID)
	}
	return GetHook(tx, sc, h.ID)
}

// allows checks a subscription, its address by the poster's own rules.
func (c *Courier) allows(h *Hook) error {
	if err := h.check(); err != nil {
		return err
	}
	if p, ok := c.o.Poster.(Judge); ok {
		return p.Judge(h.URL)
	}
	return nil
}

// DeleteHook deletes a subscription and its deliveries.
func DeleteHook(tx *store.Tx, sc access.Scope, hook string) error {
	if _, err := GetHook(tx, sc, hook); err != nil {
		return err
	}
	tx.Write(`DELETE FROM notify_delivery WHERE webhook_id = $1`, hook)
	tx.Write(`DELETE FROM notify_pulse WHERE webhook_id = $1`, hook)
	tx.Write(`DELETE FROM notify_webhook WHERE id = $1`, hook)
	return nil
}

// giveUp ends what waits for a subscription that is not active any more.
func giveUp(tx *store.Tx, hook string) {
	tx.Write(`UPDATE notify_delivery SET state = $2, next_at = NULL, response = $3 WHERE webhook_id = $1 AND state = $4`,
		hook, DeliveryFailed, "the webhook was deactivated", Pending)
}
