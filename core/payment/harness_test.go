package payment_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/ledger"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
	"chargewright/schema"
)

var (
	ours   = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	theirs = access.Scope{Tenant: "tn_other", Role: access.Owner}
	books  = payment.Books{Tenant: access.DefaultTenant, Entity: access.DefaultEntity}
)

const (
	sim   = "sim"
	guest = "receivable/guest/ses_1"
)

// backTo is where a bank's page leads a buyer who was not there.
func backTo(p string) string { return "https://charge.example.org/app/wallet?payment=" + p }

// bench is a room with a simulated provider.
type bench struct {
	testing.TB
	db     *store.DB
	sim    *simpay.Sim
	ps     payment.Providers
	runner *outbox.Runner

	mu    sync.Mutex
	heard []string // events that left the room
}

func newBench(t testing.TB, db *store.DB) *bench {
	t.Helper()
	s, err := simpay.New(simpay.Options{Base: "https://pay.example.org", Secrets: []string{"secret"}, Readers: []string{"reader_1"}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{TB: t, db: db, sim: s, ps: payment.Providers{sim: s}}
	b.wire()
	b.must(func(tx *store.Tx) error {
		err := access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"})
		tx.Write(`INSERT INTO access_tenant (id, name, created_at) VALUES ($1, 'Theirs', 0) ON CONFLICT (id) DO NOTHING`, theirs.Tenant)
		return err
	})
	return b
}

// wire makes the runner, after the providers changed.
func (b *bench) wire() {
	handlers := payment.Handlers(b.db, b.ps, backTo)
	for _, topic := range []string{payment.TopicChanged, payment.TopicExpiring} {
		handlers[topic] = func(_ context.Context, e outbox.Event) error {
			b.mu.Lock()
			b.heard = append(b.heard, e.Topic+" "+e.Key)
			b.mu.Unlock()
			return nil
		}
	}
	b.runner = outbox.New(b.db, handlers, outbox.Options{Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
}

func each(t *testing.T, fn func(b *bench)) {
	t.Helper()
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) { fn(newBench(t, db)) })
}

func do[T any](b *bench, fn func(tx *store.Tx) (T, error)) T {
	b.Helper()
	v, err := store.Do(b.Context(), b.db, "test", fn)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// see is do for what is only read.
func see[T any](b *bench, fn func(tx *store.Tx) (T, error)) T {
	b.Helper()
	v, err := store.Read(b.Context(), b.db, fn)
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

// hurry lets the time pass that steps wait, and does what is due then.
func (b *bench) hurry() {
	b.Helper()
	b.must(func(tx *store.Tx) error {
		tx.Write(`UPDATE payment_step SET next_at = 1 WHERE next_at IS NOT NULL`)
		tx.Write(`UPDATE outbox_event SET due_at = 1, lease_until = NULL, lease_by = NULL, parked = FALSE WHERE topic = $1`, payment.TopicStep)
		return nil
	})
	b.drain()
}

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func order(minor int64) payment.Order {
	return payment.Order{
		Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Key: id.New("session"), Purpose: payment.ForSession, Object: "ses_1", Account: guest,
		Provider: sim, Mode: payment.ByPage, Amount: eur(minor), Text: "Charging", Language: "de", Return: "https://charge.example.org/",
	}
}

func (b *bench) plan(o payment.Order) payment.Payment {
	b.Helper()
	return do(b, func(tx *store.Tx) (payment.Payment, error) { return payment.Plan(tx, o) })
}

func (b *bench) get(p string) payment.Payment {
	b.Helper()
	return see(b, func(tx *store.Tx) (payment.Payment, error) { return payment.Get(tx, ours, p) })
}

// open is a payment whose page stands open.
func (b *bench) open(o payment.Order) payment.Payment {
	b.Helper()
	p := b.plan(o)
	b.drain()
	return b.get(p.ID)
}

// paid is a payment that the buyer paid on the page.
func (b *bench) paid(o payment.Order, with simpay.Card) payment.Payment {
	b.Helper()
	p := b.open(o)
	b.buy(p, with)
	return b.get(p.ID)
}

func (b *bench) held(minor int64) payment.Payment {
	b.Helper()
	return b.paid(order(minor), simpay.Good)
}

// taken is a payment of which an amount was captured.
func (b *bench) taken(minor int64) payment.Payment {
	b.Helper()
	p := b.held(minor)
	b.capture(p.ID, minor)
	b.drain()
	return b.get(p.ID)
}

func (b *bench) buy(p payment.Payment, with simpay.Card) {
	b.Helper()
	if err := b.sim.Pay(p.Ref, with); err != nil {
		b.Fatal(err)
	}
	b.learn(p)
}

func (b *bench) learn(p payment.Payment) {
	b.Helper()
	if got, err := payment.Learn(b.Context(), b.db, b.ps, sim, payment.Query{Payment: p.ID, Ref: p.Ref}); err != nil || got != p.ID {
		b.Fatalf("learned of %q, %v", got, err)
	}
}

func (b *bench) capture(p string, due int64) payment.Request {
	b.Helper()
	return do(b, func(tx *store.Tx) (payment.Request, error) { return payment.Capture(tx, p, due) })
}

func (b *bench) void(p string) payment.Request {
	b.Helper()
	return do(b, func(tx *store.Tx) (payment.Request, error) { return payment.Void(tx, p) })
}

func (b *bench) refund(p, key string, minor int64, account string) payment.Request {
	b.Helper()
	return do(b, func(tx *store.Tx) (payment.Request, error) {
		return payment.Refund(tx, p, key, minor, account, "goodwill")
	})
}

func (b *bench) raise(p string, to int64) payment.Request {
	b.Helper()
	return do(b, func(tx *store.Tx) (payment.Request, error) { return payment.Increment(tx, p, to) })
}

// step is a step of a payment by the end of its id.
func (b *bench) step(p, end string) payment.Step {
	b.Helper()
	for _, s := range see(b, func(tx *store.Tx) ([]payment.Step, error) { return payment.Steps(tx, p) }) {
		if s.ID == p+"/"+end {
			return s
		}
	}
	b.Fatalf("%s has no step %q", p, end)
	return payment.Step{}
}

// is checks a payment's state and amounts.
func (b *bench) is(p string, s payment.Status, held, captured, refunded int64) {
	b.Helper()
	if x := b.get(p); x.Status != s || x.Held != held || x.Captured != captured || x.Refunded != refunded || x.Trouble != "" {
		b.Errorf("it is %s, %d held, %d captured, %d refunded, %s %s; want %s, %d, %d, %d",
			x.Status, x.Held, x.Captured, x.Refunded, x.Trouble, x.Why, s, held, captured, refunded)
	}
}

// balances are the balances of the ledger, those of 0 left out.
func (b *bench) balances() string {
	b.Helper()
	var out []string
	for _, x := range see(b, func(tx *store.Tx) ([]ledger.Balance, error) { return ledger.Balances(tx, ours.Tenant, "") }) {
		if x.Minor != 0 {
			out = append(out, fmt.Sprint(x.Account, " ", x.Minor))
		}
	}
	return strings.Join(out, ", ")
}

func (b *bench) count(query string, args ...any) int64 {
	b.Helper()
	return see(b, func(tx *store.Tx) (int64, error) {
		n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, query, args...)
		return n, err
	})
}

// said are the events that left the room since it was last called.
func (b *bench) said() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.heard
	b.heard = nil
	return out
}
