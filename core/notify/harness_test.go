package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/outbox"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/notify"
	"chargewright/core/notify/notifytest"
	"chargewright/schema"
)

var (
	ours   = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	theirs = access.Scope{Tenant: "tn_other", Role: access.Owner}
)

// post is a posting that arrived.
type post struct {
	at     time.Time
	header http.Header
	body   string
}

// receiver is a receiver of webhooks that answers as it is told.
type receiver struct {
	mu     sync.Mutex
	posts  []post
	answer func(p post) (status int, body string)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	b, _ := io.ReadAll(q.Body)
	p := post{time.Now(), q.Header, string(b)}
	r.mu.Lock()
	r.posts = append(r.posts, p)
	answer := r.answer
	r.mu.Unlock()
	status, body := http.StatusNoContent, ""
	if answer != nil {
		status, body = answer(p)
	}
	if status == 0 {
		<-q.Context().Done()
		return
	}
	w.WriteHeader(status)
	io.WriteString(w, body)
}

func (r *receiver) says(answer func(p post) (int, string)) {
	r.mu.Lock()
	r.answer = answer
	r.mu.Unlock()
}

func (r *receiver) took() []post {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.posts
	r.posts = nil
	return out
}

func always(status int) func(post) (int, string) {
	return func(post) (int, string) { return status, "said" }
}

type bench struct {
	*testing.T
	db       *store.DB
	courier  *notify.Courier
	mailbox  *notifytest.Mailbox
	receiver *receiver
	runner   *outbox.Runner
	stopped  []string
}

// newBench is two tenants, a courier with fakes, and a runner that is not running.
func newBench(t *testing.T, db *store.DB, change ...func(*notify.Options)) *bench {
	t.Helper()
	keys, err := secret.New(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, db: db, mailbox: &notifytest.Mailbox{}, receiver: &receiver{}}
	o := notify.Options{
		DB: db, Keys: keys, Mailer: b.mailbox, Poster: notifytest.Poster{Receiver: b.receiver}, Log: slog.New(slog.DiscardHandler),
		Stopped: func(_ *store.Tx, h notify.Hook, why string) error {
			b.stopped = append(b.stopped, h.ID+": "+why)
			return nil
		},
	}
	for _, c := range change {
		c(&o)
	}
	if b.courier, err = notify.NewCourier(o); err != nil {
		t.Fatal(err)
	}
	handlers := b.courier.Handlers()
	handlers[notify.TopicEvent] = func(ctx context.Context, e outbox.Event) error {
		ev, err := notify.EventOf(e)
		if err != nil {
			return err
		}
		_, err = store.Do(ctx, db, "event", func(tx *store.Tx) (int, error) {
			return 0, notify.Fanout(tx, ev, json.RawMessage(`{"id":"`+ev.Object+`"}`))
		})
		return err
	}
	b.runner = outbox.New(db, handlers, outbox.Options{Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
	b.must(func(tx *store.Tx) error {
		if err := access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
			return err
		}
		tx.Write(`INSERT INTO access_tenant (id, name, created_at) VALUES ($1, 'Theirs', 0) ON CONFLICT (id) DO NOTHING`, theirs.Tenant)
		return nil
	})
	return b
}

func do[T any](b *bench, fn func(tx *store.Tx) (T, error)) T {
	b.Helper()
	v, err := store.Do(b.Context(), b.db, "test", fn)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *bench) try(fn func(tx *store.Tx) error) error {
	_, err := store.Do(b.Context(), b.db, "test", func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	return err
}

func (b *bench) must(fn func(tx *store.Tx) error) {
	b.Helper()
	if err := b.try(fn); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) drain() {
	b.Helper()
	if err := b.runner.Drain(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// open counts the open events of the outbox.
func (b *bench) open() int64 { return do(b, outbox.Count).Open }

func (b *bench) queue(m notify.Mail) {
	b.Helper()
	b.must(func(tx *store.Tx) error { return notify.Queue(tx, m) })
}

func (b *bench) mails(sc access.Scope) []notify.Letter {
	b.Helper()
	return do(b, func(tx *store.Tx) ([]notify.Letter, error) { return notify.Mails(tx, sc, time.Time{}, "", 100) })
}

func (b *bench) hook(sc access.Scope, events ...string) (notify.Hook, string) {
	b.Helper()
	type made struct {
		notify.Hook
		secret string
	}
	m := do(b, func(tx *store.Tx) (made, error) {
		h, s, err := b.courier.CreateHook(tx, sc, notify.Hook{URL: "https://receiver.example/", Events: events, Label: "test"})
		return made{h, s}, err
	})
	return m.Hook, m.secret
}

func (b *bench) look(sc access.Scope, hook string) notify.Hook {
	b.Helper()
	return do(b, func(tx *store.Tx) (notify.Hook, error) { return notify.GetHook(tx, sc, hook) })
}

func (b *bench) deliveries(sc access.Scope, hook string) []notify.Delivery {
	b.Helper()
	return do(b, func(tx *store.Tx) ([]notify.Delivery, error) {
		return notify.Deliveries(tx, sc, hook, time.Time{}, "", 1000)
	})
}

func (b *bench) publish(sc access.Scope, kind, object string) {
	b.Helper()
	b.must(func(tx *store.Tx) error {
		return notify.Publish(tx, notify.Event{Tenant: sc.Tenant, Type: kind, Object: object})
	})
}

func each(t *testing.T, fn func(b *bench)) {
	t.Helper()
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) { fn(newBench(t, db)) })
}

// inTime runs fn in a bubble of time with the runner at work.
func inTime(t *testing.T, fn func(b *bench), change ...func(*notify.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, storetest.SQLite(t, schema.FS), change...)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.runner.Run(ctx) }()
		fn(b)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func newDB(t *testing.T) *store.DB { return storetest.SQLite(t, schema.FS) }
