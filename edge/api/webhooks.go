package api

import (
	"context"
	"regexp"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/notify"
)

func notifyOperations() []operation {
	const tag, path = "webhooks", "/webhooks/{id}"
	ad := access.Admin
	return []operation{
		{get, "/webhook-events", ad, tag, "listWebhookEvents", "List the events that can be subscribed to", "", 0, nil, handle((*server).listWebhookEvents)},
		{get, "/webhooks", ad, tag, "listWebhooks", "List webhooks", "Newest first; at most 50.", 0, nil, handle((*server).listWebhooks)},
		{get, path, ad, tag, "getWebhook", "Read a webhook", "Never its secret.", 0, nil, handleOne((*server).getWebhook)},
		{post, "/webhooks", ad, tag, "postWebhook", "Subscribe to events",
			"Each is posted as JSON and signed after Standard Webhooks 1.0 (headers webhook-id, webhook-timestamp, webhook-signature). The answer holds the secret, once.",
			201, []int{409}, handle((*server).postWebhook)},
		{put, path, ad, tag, "putWebhook", "Change a webhook", "Activating forgets that it failed; deactivating gives up what waits.", 0, nil, handle((*server).putWebhook)},
		{del, path, ad, tag, "deleteWebhook", "Delete a webhook", "Its deliveries go with it.", 0, nil, handleNone((*server).deleteWebhook)},
		{post, path + "/test", ad, tag, "testWebhook", "Post a test event", "Once, now, active or not; the answer says what came of it.", 0, nil, handle((*server).testWebhook)},
		{get, path + "/deliveries", ad, tag, "listDeliveries", "List what was posted, or is to be", "Newest first, 30 days back.", 0, nil, handle((*server).listDeliveries)},
		{post, path + "/deliveries/{delivery}/replay", ad, tag, "replayDelivery", "Post a delivery again", "Under the same webhook-id, by which a receiver knows it. 409: the webhook is not active.", 0, []int{409}, handle((*server).replayDelivery)},
		{get, "/mails", ad, "mails", "listMails", "List mails sent or to be sent", "Newest first, 30 days back, never their text. held: no mail server is configured.", 0, nil, handle((*server).listMails)},
		{get, "/mailbox", access.Open, "mails", "readMailbox", "Read the mails of a demonstration", "Newest first, at most 50. 404 on every other server.", 0, []int{404}, handle((*server).readMailbox)},
	}
}

type webhook struct {
	ID           string     `json:"id"`
	URL          string     `json:"url"`
	Events       []string   `json:"events"`
	Label        string     `json:"label"`
	Active       bool       `json:"active"`
	CreatedAt    time.Time  `json:"created_at"`
	FailingSince *time.Time `json:"failing_since" doc:"Of the first failure after the last success; null when the last answer was good. After five days it is deactivated"`
	LastStatus   *int64     `json:"last_status" doc:"HTTP; 0: there was no answer; null: never asked"`
	LastAt       *time.Time `json:"last_at"`
	Stopped      string     `json:"stopped" doc:"Why the server deactivated it; empty when it did not"`
}

type newWebhook struct {
	Webhook
	Secret string `json:"secret" doc:"whsec_ and base64, to check signatures with; shown here once"`
}

func showWebhook(h notify.Hook) webhook {
	v := webhook{
		ID: h.ID, URL: h.URL, Events: h.Events, Label: h.Label, Active: h.Active, CreatedAt: h.CreatedAt.UTC(),
		FailingSince: moment(h.FailingSince), LastAt: moment(h.LastAt), Stopped: h.Stopped,
	}
	if v.LastAt != nil {
		v.LastStatus = &h.LastStatus
	}
	return v
}

type delivery struct {
	ID        string     `json:"id"`
	Event     string     `json:"event"`
	EventID   string     `json:"event_id" doc:"The webhook-id of every attempt"`
	At        time.Time  `json:"at" doc:"When it was made"`
	Attempt   int64      `json:"attempt" doc:"How many were made"`
	Status    *int64     `json:"status" doc:"HTTP, of the last attempt; 0: there was no answer; null: not tried"`
	LatencyMs int64      `json:"latency_ms" doc:"Of the last attempt"`
	Response  string     `json:"response" doc:"The beginning of the last answer, at most 1 KiB, or what went wrong"`
	NextAt    *time.Time `json:"next_at" doc:"Of the next attempt; null: there is none"`
	State     string     `json:"state" enum:"pending,delivered,failed"`
}

func showDelivery(d notify.Delivery) delivery {
	v := delivery{
		ID: d.ID, Event: d.Event, EventID: d.EventID, At: d.CreatedAt.UTC(), Attempt: d.Attempts, LatencyMs: d.Latency.Milliseconds(),
		Response: d.Response, NextAt: moment(d.NextAt), State: string(d.State),
	}
	if !d.LastAt.IsZero() {
		v.Status = &d.Status
	}
	return v
}

// courier is what carries webhooks out; a server without one offers none.
func (s *server) courier() (*notify.Courier, error) {
	if s.o.Courier == nil {
		return nil, fail.New(fail.Unavailable, "api.webhooks", "this server posts no webhooks")
	}
	return s.o.Courier, nil
}

func (s *server) listWebhookEvents(context.Context, access.Scope, *struct{}) (list[notify.EventKind], error) {
	return list[notify.EventKind]{Items: notify.EventKinds}, nil
}

func (s *server) listWebhooks(ctx context.Context, sc access.Scope, _ *struct{}) (list[webhook], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[webhook], error) {
		rows, err := notify.Hooks(tx, sc)
		return pageOf(rows, len(rows), showWebhook, func(h notify.Hook) place { return byID(h.ID) }), err
	})
}

// WebhookPath names a webhook.
type WebhookPath struct {
	ID string `path:"id" maxLength:"100"`
}

func (s *server) getWebhook(ctx context.Context, sc access.Scope, in *struct {
	WebhookPath
	Reading
}) (webhook, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (webhook, error) {
		h, err := notify.GetHook(tx, sc, in.ID)
		return showWebhook(h), err
	})
}

type webhookPost struct {
	Body struct {
		URL    string   `json:"url" minLength:"1" maxLength:"2000" doc:"https, at a public address"`
		Events []string `json:"events" minItems:"1" maxItems:"50"`
		Label  string   `json:"label,omitempty" maxLength:"100" doc:"For people"`
	} `nameHint:"CreateWebhook"`
}

func (s *server) postWebhook(ctx context.Context, sc access.Scope, in *webhookPost) (newWebhook, error) {
	c, err := s.courier()
	if err != nil {
		return newWebhook{}, err
	}
	return store.Do(ctx, s.o.DB, "webhooks/"+sc.Tenant, func(tx *store.Tx) (newWebhook, error) {
		h, secret, err := c.CreateHook(tx, sc, notify.Hook{URL: in.Body.URL, Events: in.Body.Events, Label: in.Body.Label})
		return newWebhook{showWebhook(h), secret}, err
	})
}

type webhookPut struct {
	WebhookPath
	Body struct {
		URL    string   `json:"url" minLength:"1" maxLength:"2000" doc:"https, at a public address"`
		Events []string `json:"events" minItems:"1" maxItems:"50"`
		Label  string   `json:"label,omitempty" maxLength:"100" doc:"For people"`
		Active bool     `json:"active"`
	} `nameHint:"WebhookSettings"`
}

func (s *server) putWebhook(ctx context.Context, sc access.Scope, in *webhookPut) (webhook, error) {
	c, err := s.courier()
	if err != nil {
		return webhook{}, err
	}
	return store.Do(ctx, s.o.DB, "webhook/"+in.ID, func(tx *store.Tx) (webhook, error) {
		b := in.Body
		h, err := c.PutHook(tx, sc, notify.Hook{ID: in.ID, URL: b.URL, Events: b.Events, Label: b.Label, Active: b.Active})
		return showWebhook(h), err
	})
}

func (s *server) deleteWebhook(ctx context.Context, sc access.Scope, in *struct{ WebhookPath }) error {
	_, err := store.Do(ctx, s.o.DB, "webhook/"+in.ID, func(tx *store.Tx) (none, error) { return none{}, notify.DeleteHook(tx, sc, in.ID) })
	return err
}

func (s *server) testWebhook(ctx context.Context, sc access.Scope, in *struct{ WebhookPath }) (delivery, error) {
	c, err := s.courier()
	if err != nil {
		return delivery{}, err
	}
	d, err := c.Test(ctx, sc, in.ID)
	return showDelivery(d), err
}

func (s *server) listDeliveries(ctx context.Context, sc access.Scope, in *struct {
	WebhookPath
	Page
}) (list[delivery], error) {
	after, err := in.after(1)
	if err != nil {
		return list[delivery]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[delivery], error) {
		rows, err := notify.Deliveries(tx, sc, in.ID, after.at, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showDelivery, func(d notify.Delivery) place { return byTime(d.CreatedAt, d.ID) }), err
	})
}

func (s *server) replayDelivery(ctx context.Context, sc access.Scope, in *struct {
	WebhookPath
	Delivery string `path:"delivery" maxLength:"100"`
}) (delivery, error) {
	return store.Do(ctx, s.o.DB, "webhook/"+in.ID, func(tx *store.Tx) (delivery, error) {
		d, err := notify.Replay(tx, sc, in.ID, in.Delivery)
		return showDelivery(d), err
	})
}

type mailRow struct {
	ID       string     `json:"id"`
	At       time.Time  `json:"at" doc:"When it was made"`
	To       string     `json:"to"`
	Subject  string     `json:"subject"`
	Kind     string     `json:"kind" doc:"Why it was sent"`
	State    string     `json:"state" enum:"waiting,sent,failed,held"`
	Attempts int64      `json:"attempts"`
	Error    string     `json:"error" doc:"What went wrong at last; empty if nothing did"`
	DoneAt   *time.Time `json:"done_at" doc:"When it was sent or given up"`
}

func showMail(m notify.Letter) mailRow {
	return mailRow{m.ID, m.At.UTC(), m.To, m.Subject, m.Kind, string(m.State), m.Attempts, m.Error, moment(m.DoneAt)}
}

func (s *server) listMails(ctx context.Context, sc access.Scope, in *pageQuery) (list[mailRow], error) {
	after, err := in.after(1)
	if err != nil {
		return list[mailRow]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[mailRow], error) {
		rows, err := notify.Mails(tx, sc, after.at, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showMail, func(m notify.Letter) place { return byTime(m.At, m.ID) }), err
	})
}

// Shown is a mail that a demonstration shows instead of sending it.
type Shown struct {
	At   time.Time
	Mail notify.Mail
}

// shownMost bounds the mails of a mailbox that are shown.
const shownMost = 50

type shownMail struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Links   []string  `json:"links" doc:"Found in the text"`
}

var webAddress = regexp.MustCompile(`https?://[^\s<>"']+`)

func (s *server) readMailbox(context.Context, access.Scope, *struct{}) (list[shownMail], error) {
	if s.o.Shown == nil {
		return list[shownMail]{}, fail.New(fail.NotFound, "api.readMailbox", "there is no such path")
	}
	out := list[shownMail]{Items: []shownMail{}}
	for _, m := range s.o.Shown(shownMost) {
		v := shownMail{ID: m.Mail.ID, At: m.At.UTC(), To: m.Mail.To, Subject: m.Mail.Subject, Text: m.Mail.Text, Links: []string{}}
		for _, l := range webAddress.FindAllString(m.Mail.Text, -1) {
			v.Links = append(v.Links, strings.TrimRight(l, ".,;:!?)"))
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}
