package notify

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/outbox"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Request is one HTTP POST.
type Request struct {
	URL    string
	Header http.Header
	Body   []byte
}

// Reply is the answer to it, whatever its status. Redirects are not followed:
// they are answers.
type Reply struct {
	Status int
	Body   []byte // its beginning, at most MaxReply bytes
}

// MaxReply is how much of an answer is looked at, in bytes.
const MaxReply = 1 << 10

// Poster posts requests. An answer of any status is a Reply, also when its body
// does not end; no answer by the end of ctx is fail.Timeout, an address that it
// does not go to fail.Denied, and anything else fail.Unavailable. It is called by
// several goroutines.
type Poster interface {
	Post(ctx context.Context, r Request) (Reply, error)
}

// Judge is a Poster that can tell beforehand that it will not go to an
// address: its error is Invalid and names the field "url".
type Judge interface {
	Judge(url string) error
}

// Options are what a Courier works with.
type Options struct {
	DB     *store.DB
	Keys   secret.Keys
	Mailer Mailer // nil: no mail server; mails are held
	Poster Poster
	Log    *slog.Logger // nil: slog.Default
	// Files, if set, makes the files that a mail carries, when it is sent. A failure
	// is tried again like a mail server's.
	Files func(ctx context.Context, m Mail) ([]File, error)
	// Stopped, if set, is called in the transaction that deactivates a
	// subscription, to tell somebody.
	Stopped func(tx *store.Tx, h Hook, why string) error
}

// Courier carries out what was queued and published.
type Courier struct {
	o     Options
	vault secret.Sealer // of webhook secrets, whose owners are the subscriptions
}

// vaultName names the key that webhook secrets are sealed with.
const vaultName = "webhook secrets"

// NewCourier returns a Courier. The database, the keys and the poster are required.
func NewCourier(o Options) (*Courier, error) {
	if o.DB == nil || o.Poster == nil {
		return nil, fail.New(fail.Internal, "notify.NewCourier", "the database and the poster are required")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Courier{o, o.Keys.Sealer(vaultName)}, nil
}

// TopicHook is the topic of a subscription with something to deliver. The key
// is its id.
const TopicHook = "notify.webhook"

// Handlers is the table of the courier's work. It waits for others, seconds at
// a time: let a runner of its own do it.
func (c *Courier) Handlers() map[string]outbox.Handler {
	return map[string]outbox.Handler{TopicMail: c.mail, TopicHook: c.turn}
}

// How long one mail and one posting may take.
const (
	sendTime = 30 * time.Second
	postTime = 10 * time.Second
)

// mailRetries are the distances between the attempts of a mail; beyond them it
// is the last one again.
var mailRetries = []time.Duration{
	30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
}

// mail sends one mail and writes what came of it.
func (c *Courier) mail(ctx context.Context, e outbox.Event) error {
	type found struct {
		waitingMail
		ok bool
	}
	m, err := store.Read(ctx, c.o.DB, func(tx *store.Tx) (found, error) {
		m, ok, err := findMail(tx, e.Key)
		return found{m, ok}, err
	})
	if err != nil || !m.ok {
		return err
	}
	late := time.Now().After(m.Until)
	var failed error
	if !late && c.o.Mailer != nil {
		sctx, cancel := context.WithTimeout(ctx, sendTime)
		if failed = c.attach(sctx, &m.Mail); failed == nil {
			failed = c.o.Mailer.Send(sctx, m.Mail)
		}
		cancel()
	}
	if failed != nil && ctx.Err() != nil {
		return fail.Wrap(fail.Unavailable, "notify.mail", ctx.Err()) // the server stops: no attempt of the mail's
	}
	_, err = store.Do(ctx, c.o.DB, "mail/"+m.ID, func(tx *store.Tx) (struct{}, error) { return struct{}{}, c.mailed(tx, m.waitingMail, late, failed) })
	if failed != nil && err == nil {
		c.o.Log.WarnContext(ctx, "a mail was not sent", "mail", m.ID, "kind", m.Kind, "attempt", m.attempts+1, "err", failed)
	}
	return err
}

// attach makes the files of a mail. What it names that is gone, or is too large, is
// left out: the text stands for itself.
func (c *Courier) attach(ctx context.Context, m *Mail) error {
	if m.Attached == "" || c.o.Files == nil {
		return nil
	}
	files, err := c.o.Files(ctx, *m)
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	size := 0
	for _, f := range files {
		size += len(f.Bytes)
	}
	if size <= MaxFiles {
		m.Files = files
	}
	return fail.Wrap(fail.Unavailable, "notify.attach", err)
}

func (c *Courier) mailed(tx *store.Tx, m waitingMail, late bool, failed error) error {
	switch {
	case late:
		endMail(tx, m.ID, MailFailed, m.attempts, "it could not be sent in time")
	case c.o.Mailer == nil:
		tx.Write(`UPDATE notify_mail SET state = $2, error = $3 WHERE id = $1 AND state = $4`, m.ID, MailHeld, noServer, MailWaiting)
	case failed == nil:
		endMail(tx, m.ID, MailSent, m.attempts+1, "")
	case fail.Is(failed, fail.Invalid) || fail.Is(failed, fail.Denied):
		endMail(tx, m.ID, MailFailed, m.attempts+1, fail.Say(failed))
	default:
		next := tx.Now().Add(mailRetries[min(m.attempts, int64(len(mailRetries)-1))])
		if next.After(m.Until) {
			next = m.Until.Add(time.Microsecond) // then it is too late, and said so
		}
		tx.Write(`UPDATE notify_mail SET attempts = $2, error = $3 WHERE id = $1 AND state = $4`, m.ID, m.attempts+1, brief(fail.Say(failed)), MailWaiting)
		return outbox.At(tx, next, TopicMail, m.ID, nil)
	}
	return nil
}

// turnTime bounds how long one subscription is served before others are.
const turnTime = 20 * time.Second

// job is a delivery that is due, with its subscription.
type job struct {
	hook     Hook
	delivery Delivery
	due      bool
}

// turn posts what is due for a subscription, one after the other, until there
// is nothing more, its time is up or its receiver is down.
func (c *Courier) turn(ctx context.Context, e outbox.Event) error {
	for begun := time.Now(); time.Since(begun) < turnTime; {
		j, err := store.Read(ctx, c.o.DB, func(tx *store.Tx) (job, error) { return nextJob(tx, e.Key) })
		if err != nil {
			return err
		}
		if !j.due {
			break
		}
		a, err := c.post(ctx, j.hook, j.delivery)
		if err != nil {
			return err
		}
		if err := c.posted(ctx, j, a); err != nil {
			return err
		}
		if a.down() {
			break
		}
	}
	_, err := store.Do(ctx, c.o.DB, "webhook/"+e.Key, func(tx *store.Tx) (struct{}, error) { return struct{}{}, again(tx, e.Key) })
	return err
}

func nextJob(tx *store.Tx, hook string) (job, error) {
	h, found, err := findHook(tx, hook)
	if err != nil || !found || !h.Active || h.pause.After(tx.Now()) {
		return job{}, err
	}
	d, due, err := store.One(tx, scanDelivery, `SELECT `+deliveryColumns+` FROM notify_delivery
		WHERE webhook_id = $1 AND state = $2 AND next_at <= $3 ORDER BY next_at, id LIMIT 1`, hook, Pending, tx.Now())
	return job{h, d, due}, err
}

// again arms the next turn of a subscription that has something waiting.
func again(tx *store.Tx, hook string) error {
	h, found, err := findHook(tx, hook)
	if err != nil || !found || !h.Active {
		return err
	}
	next, waits, err := store.One(tx, func(r *store.Row) time.Time { return r.Time(0) },
		`SELECT next_at FROM notify_delivery WHERE webhook_id = $1 AND state = $2 ORDER BY next_at, id LIMIT 1`, hook, Pending)
	if err != nil || !waits {
		return err
	}
	if h.pause.After(next) {
		next = h.pause
	}
	return outbox.At(tx, next, TopicHook, hook, nil)
}

// post signs and posts a delivery. An error is the server's own; what the
// receiver did is the attempt.
func (c *Courier) post(ctx context.Context, h Hook, d Delivery) (attempt, error) {
	key, err := c.vault.Open(h.sealed, h.ID)
	if err != nil {
		return attempt{}, err
	}
	a := attempt{at: time.Now().UTC()}
	header, err := signedHeader(key, d.EventID, a.at, []byte(d.body))
	if err != nil {
		return attempt{}, err
	}
	pctx, cancel := context.WithTimeout(ctx, postTime)
	defer cancel()
	r, err := c.o.Poster.Post(pctx, Request{h.URL, header, []byte(d.body)})
	a.latency = time.Since(a.at)
	if err != nil && ctx.Err() != nil {
		return a, fail.Wrap(fail.Unavailable, "notify.post", ctx.Err()) // the server stops: no attempt of the receiver's
	}
	a.status, a.text = int64(r.Status), brief(string(r.Body))
	if err != nil {
		a.status, a.text = 0, brief(fail.Say(err))
	}
	return a, nil
}

// posted writes an attempt, and tells when it was the last straw.
func (c *Courier) posted(ctx context.Context, j job, a attempt) error {
	stopped, err := store.Do(ctx, c.o.DB, "webhook/"+j.hook.ID, func(tx *store.Tx) (string, error) {
		h, found, err := findHook(tx, j.hook.ID)
		if err != nil || !found {
			return "", err
		}
		stopped := a.record(tx, h, j.delivery)
		if stopped != "" && h.Active && c.o.Stopped != nil {
			return stopped, c.o.Stopped(tx, h, stopped)
		}
		return stopped, nil
	})
	if stopped != "" {
		c.o.Log.WarnContext(ctx, "a webhook was deactivated", "webhook", j.hook.ID, "why", stopped)
	}
	return err
}

// Test posts a test event to a subscription, active or not, and returns what
// came of it after at most 10 s. It is tried once.
func (c *Courier) Test(ctx context.Context, sc access.Scope, hook string) (Delivery, error) {
	h, err := store.Read(ctx, c.o.DB, func(tx *store.Tx) (Hook, error) { return GetHook(tx, sc, hook) })
	if err != nil {
		return Delivery{}, err
	}
	data, err := json.Marshal(map[string]string{"webhook_id": h.ID, "label": h.Label})
	if err != nil {
		return Delivery{}, fail.Wrap(fail.Internal, "notify.Test", err)
	}
	now := time.Now().UTC()
	body, err := json.Marshal(message{test, now, data})
	if err != nil {
		return Delivery{}, fail.Wrap(fail.Internal, "notify.Test", err)
	}
	d := Delivery{ID: id.New("dlv"), Event: test, EventID: id.New("evt"), body: string(body)}
	a, err := c.post(ctx, h, d)
	if err != nil {
		return Delivery{}, err
	}
	return store.Do(ctx, c.o.DB, "webhook/"+hook, func(tx *store.Tx) (Delivery, error) {
		h, err := GetHook(tx, sc, hook)
		if err != nil {
			return Delivery{}, err
		}
		tx.Write(`INSERT INTO notify_delivery (id, webhook_id, event_id, event, body, state, attempts, response, created_at) VALUES ($1, $2, $3, $4, $5, $6, 0, '', $7)`,
			d.ID, h.ID, d.EventID, d.Event, d.body, Pending, now)
		a.record(tx, h, d)
		return GetDelivery(tx, sc, hook, d.ID)
	})
}
