package api

import (
	"context"
	"log/slog"
	"maps"
	"testing"
	"time"

	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	drivers "chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
)

// provider is the name of the till's provider.
const provider = "sim"

// testTill is a simulated provider of payments, with the work of the server that
// collects by it.
type testTill struct {
	*testing.T
	db     *store.DB
	sim    *simpay.Sim
	ps     payment.Providers
	runner *outbox.Runner
	lie    func(*payment.Charge) // what its provider says of a payment besides the truth; nil: nothing
}

// liar is the provider of a till.
type liar struct {
	*simpay.Sim
	till *testTill
}

func (l liar) Find(ctx context.Context, q payment.Query) (payment.Charge, error) {
	c, err := l.Sim.Find(ctx, q)
	if err == nil && l.till.lie != nil {
		l.till.lie(&c)
	}
	return c, err
}

func newTill(t *testing.T, db *store.DB) *testTill {
	t.Helper()
	sim, err := simpay.New(simpay.Options{Base: "https://pay.example.org", Secrets: []string{"secret"}, Readers: []string{"reader_1", "reader_2"}})
	if err != nil {
		t.Fatal(err)
	}
	x := &testTill{T: t, db: db, sim: sim}
	x.ps = payment.Providers{provider: liar{sim, x}}
	in := func(fn func(tx *store.Tx, key string) error) outbox.Handler {
		return func(ctx context.Context, e outbox.Event) error {
			_, err := store.Do(ctx, db, e.Key, func(tx *store.Tx) (none, error) { return none{}, fn(tx, e.Key) })
			return err
		}
	}
	handlers := payment.Handlers(db, x.ps, nil)
	maps.Copy(handlers, map[string]outbox.Handler{payment.TopicChanged: in(billing.Changed), billing.TopicDun: in(billing.Dun)})
	x.runner = outbox.New(db, handlers, outbox.Options{Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
	return x
}

// The till implements Till as app does.
func (x *testTill) Names() []string { return []string{provider} }
func (x *testTill) Pages() string   { return provider }

func (x *testTill) Readers() []string { return []string{provider} }

func (x *testTill) Ask(ctx context.Context, of string) error {
	steps, err := store.Read(ctx, x.db, func(tx *store.Tx) ([]payment.Step, error) { return payment.Steps(tx, of) })
	if err != nil || len(steps) == 0 {
		return err
	}
	return payment.Run(ctx, x.db, x.ps, nil, steps[0].ID)
}

func (x *testTill) Look(ctx context.Context, p payment.Payment) error {
	_, err := payment.Learn(ctx, x.db, x.ps, p.Provider, payment.Query{Payment: p.ID, Ref: p.Ref})
	return err
}

func (x *testTill) Clear(ctx context.Context, sc access.Scope, of string) error {
	return payment.Clear(ctx, x.db, x.ps, sc, of)
}

func (x *testTill) Contest(ctx context.Context, sc access.Scope, dispute string, e payment.Evidence) error {
	return payment.Contest(ctx, x.db, x.ps, sc, dispute, e)
}

// drain does all that is due now.
func (x *testTill) drain() {
	x.Helper()
	if err := x.runner.Drain(x.Context()); err != nil {
		x.Fatal(err)
	}
}

// hurry lets the time pass that steps wait.
func (x *testTill) hurry() {
	x.Helper()
	must(x, func(tx *store.Tx) (none, error) {
		tx.Write(`UPDATE payment_step SET next_at = 1 WHERE next_at IS NOT NULL`)
		tx.Write(`UPDATE outbox_event SET due_at = 1, lease_until = NULL, lease_by = NULL, parked = FALSE WHERE topic = $1`, payment.TopicStep)
		return none{}, nil
	})
	x.drain()
}

// must is an atom that does not fail.
func must[T any](x *testTill, fn func(tx *store.Tx) (T, error)) T {
	x.Helper()
	v, err := store.Do(x.Context(), x.db, "test", fn)
	if err != nil {
		x.Fatal(err)
	}
	return v
}

func (x *testTill) payment(of string) payment.Payment {
	x.Helper()
	return must(x, func(tx *store.Tx) (payment.Payment, error) { return payment.Get(tx, scope, of) })
}

// pay has the buyer pay on the page, and the server hear of it.
func (x *testTill) pay(of string, card simpay.Card) {
	x.Helper()
	x.drain()
	if err := x.sim.Pay(x.payment(of).Ref, card); err != nil {
		x.Fatal(err)
	}
	x.look(of)
}

func (x *testTill) look(of string) {
	x.Helper()
	if err := x.Look(x.Context(), x.payment(of)); err != nil {
		x.Fatal(err)
	}
	x.drain()
}

// save gives a driver a method that they saved, and returns its id.
func (x *testTill) save(driver string, card simpay.Card) string {
	x.Helper()
	p := must(x, func(tx *store.Tx) (payment.Payment, error) {
		return payment.Plan(tx, payment.Order{
			Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Key: id.New("save"), Purpose: payment.ForMethod, Object: driver, Driver: driver, Provider: provider,
			Mode: payment.ByPage, Amount: money.Amount{Currency: "EUR"}, Text: "Save", Return: "https://charge.example.org/", Save: true,
		})
	})
	x.pay(p.ID, card)
	for _, m := range must(x, func(tx *store.Tx) ([]payment.Saved, error) { return payment.Methods(tx, access.DefaultTenant, driver) }) {
		if m.Method.Fingerprint == "simfp_"+string(card) {
			return m.ID
		}
	}
	x.Fatalf("the card %s was not saved", card)
	return ""
}

// topUp asks a driver to add to their wallet by a page.
func (x *testTill) topUp(driver string, minor int64) string {
	x.Helper()
	return must(x, func(tx *store.Tx) (payment.Payment, error) {
		return billing.AddToWallet(tx, access.Scope{Tenant: access.DefaultTenant, Actor: driver, Role: access.DriverRole}, access.DefaultEntity, billing.TopUp{
			Key: id.New("k"), Amount: money.Amount{Minor: minor, Currency: "EUR"}, Provider: provider, Return: "https://charge.example.org/",
		})
	}).ID
}

// visit is a guest who paid on the page and may charge at an EVSE.
func (h *harness) visit(f fixture, evse int64, card simpay.Card) drivers.Guest {
	h.Helper()
	g := must(h.till, func(tx *store.Tx) (drivers.Guest, error) {
		g, _, _, err := billing.Visit(tx, billing.VisitOrder{
			Guest: drivers.Guest{
				Tenant: access.DefaultTenant, Station: f.station, EVSE: evse, Hold: 5000, Email: "guest@example.org",
				Offer: drivers.Offer{Tariff: f.tariff, Version: f.version, Currency: "EUR", Language: "de", Words: "0,50 € pro kWh"},
			},
			Provider: provider, Text: "Charging", Return: func(string) string { return "https://charge.example.org/" },
		})
		return g, err
	})
	h.till.pay(g.Payment, card)
	h.atom(func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, true, "") })
	return g
}

// charged is a whole session of a token, an hour with 10 kWh.
func (h *harness) charged(f fixture, evse int64, token string) string {
	h.Helper()
	session := h.charge(f.station, evse, token, noon.Add(time.Duration(evse)*2*time.Hour))
	h.end(session, evse, noon.Add(time.Duration(evse)*2*time.Hour+time.Hour))
	return session
}
