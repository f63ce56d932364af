package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/edge/central"
	"chargewright/edge/gateway"
	"chargewright/schema"
)

// everyone is the scope of the default tenant's owner.
var everyone = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}

// quiet discards logs; a test that wants them sets -v and its own logger.
var quiet = slog.New(slog.DiscardHandler)

// pipes is a network in memory, so that a whole server runs in a bubble of
// virtual time. It outlives a server's restart.
type pipes struct{ conns chan net.Conn }

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn)} }

// Dial connects a client; while no server listens it is refused after a second.
func (p *pipes) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-time.After(time.Second):
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) listener() net.Listener { return &pipeListener{pipes: p, gone: make(chan struct{})} }

type pipeListener struct {
	*pipes
	once sync.Once
	gone chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.gone:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.gone) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// world is a server in memory with a tariff, a token and whatever stations a
// test adds.
type world struct {
	*Server
	t       *testing.T
	net     *pipes
	cfg     Config
	between func(link.Core) link.Core
	ready   []func(*Server) // before a server begins to work
}

// newWorld starts a server on the database at url.
func newWorld(t *testing.T, url string, change func(*Config)) *world {
	t.Helper()
	return newWorldBetween(t, url, change, func(c link.Core) link.Core { return c })
}

// newWorldBetween is newWorld with something between the gateway and the core, and with
// what is done to each server before it begins to work.
func newWorldBetween(t *testing.T, url string, change func(*Config), between func(link.Core) link.Core, ready ...func(*Server)) *world {
	t.Helper()
	cfg := Config{Database: url, DataDir: t.TempDir(), Name: "Test", Country: "DE", Currency: "EUR", Zone: "Europe/Berlin", TelemetryDays: 30, MessageLogDays: 30, poll: 10 * time.Minute}
	if change != nil {
		change(&cfg)
	}
	w := &world{t: t, net: newPipes(), cfg: cfg, between: between, ready: ready}
	w.start()
	t.Cleanup(w.close)
	return w
}

// start starts the server, the first time or again.
func (w *world) start() {
	w.t.Helper()
	s, err := open(context.Background(), w.cfg, quiet, w.between)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.done, s.guard = stop, make(chan struct{}), gateway.NewGuard(0, handshakesAll)
	for _, f := range w.ready {
		f(s)
	}
	s.serve(w.net.listener(), s.handler, nil)
	s.work(ctx)
	w.Server = s
}

// restart stops the server and starts another on the same database.
func (w *world) restart() {
	w.t.Helper()
	w.close()
	w.start()
}

func (w *world) close() {
	if w.Server == nil {
		return
	}
	if err := w.Stop(context.Background()); err != nil {
		w.t.Errorf("the server did not stop: %v", err)
	}
	w.Server = nil
}

// do runs fn in one transaction and fails the test on an error.
func do[T any](w *world, fn func(tx *store.Tx) (T, error)) T {
	w.t.Helper()
	v, err := store.Do(context.Background(), w.DB, "test", fn)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (w *world) write(fn func(tx *store.Tx) error) {
	w.t.Helper()
	do(w, func(tx *store.Tx) (struct{}, error) { return struct{}{}, fn(tx) })
}

// addStation puts an accepted station at the default site. Without password it
// connects under security profile 0.
func (w *world) addStation(id, password string) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		err := station.Create(tx, station.Station{ID: id, Tenant: access.DefaultTenant, Site: DefaultSite, Name: id, Onboarding: station.Accepted})
		if err != nil {
			return err
		}
		d, err := device.Install(tx, access.DefaultTenant, id)
		if err != nil || password == "" {
			return err
		}
		return device.SetPassword(tx, w.Keys.Verifier(central.VerifierName), d.ID, password)
	})
}

// addToken lets a token charge.
func (w *world) addToken(uid string) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		return driver.PutToken(tx, everyone, driver.Token{UID: uid, Type: "ISO14443", Status: driver.StatusAccepted})
	})
}

// plainTariff is 0.50 € a session and 0.40 € a kWh, plus 19 % VAT.
const plainTariff = `{"country_code":"DE","party_id":"CWR","id":"plain","currency":"EUR","elements":[{"price_components":[
	{"type":"FLAT","price":0.50,"vat":19,"step_size":1},{"type":"ENERGY","price":0.40,"vat":19,"step_size":1}]}],"last_updated":"2026-01-01T00:00:00Z"}`

// addTariff publishes a tariff and lets it apply everywhere.
func (w *world) addTariff(text string) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		p, err := tariff.Parse([]byte(text))
		if err != nil {
			return err
		}
		if _, err := tariff.Put(tx, access.DefaultTenant, p.ID, p); err != nil {
			return err
		}
		return tariff.Assign(tx, access.DefaultTenant, tariff.Place{Kind: tariff.OfTenant, ID: access.DefaultTenant}, p.ID)
	})
}

func (w *world) sessions() []session.Session {
	w.t.Helper()
	return do(w, func(tx *store.Tx) ([]session.Session, error) {
		return session.List(tx, everyone, session.Filter{}, 10_000)
	})
}

func (w *world) receipts() []billing.Document {
	w.t.Helper()
	return do(w, func(tx *store.Tx) ([]billing.Document, error) {
		return billing.Documents(tx, everyone, billing.DocumentFilter{Kind: billing.Receipt}, time.Time{}, "", 10_000)
	})
}

// settle waits until no event is due, none runs, and none that failed waits to
// be tried again.
func (w *world) settle() {
	w.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if err := w.jobs.Drain(context.Background()); err != nil {
			w.t.Fatal(err)
		}
		left := do(w, func(tx *store.Tx) (int64, error) {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
				`SELECT COUNT(*) FROM outbox_event WHERE NOT parked AND (due_at <= $1 OR attempts > 0)`, tx.Now())
			return n, err
		})
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%d events are still open", left)
		}
	}
}

// checkMoney fails the test unless every settled session has one CDR and one
// receipt, numbers have no gap, and the ledger is at zero and owes what the
// receipts say.
func (w *world) checkMoney() {
	w.t.Helper()
	type books struct {
		off      int64
		cdrs     []billing.CDR
		balances []ledger.Balance
	}
	b := do(w, func(tx *store.Tx) (b books, err error) {
		if b.off, err = ledger.Unbalanced(tx); err != nil {
			return b, err
		}
		if b.cdrs, err = billing.CDRs(tx, everyone, time.Time{}, "", 10_000); err != nil {
			return b, err
		}
		b.balances, err = ledger.Balances(tx, access.DefaultTenant, "")
		return b, err
	})
	if b.off != 0 {
		w.t.Errorf("%d journals do not sum to zero", b.off)
	}
	receipts, settled := w.receipts(), 0
	numbers := map[string]bool{}
	var gross, owed, sum int64
	for _, r := range receipts {
		numbers[r.Number] = true
		gross += r.Gross
	}
	for i := range receipts {
		if n := fmt.Sprintf("R-%08d", i+1); !numbers[n] {
			w.t.Errorf("receipt %s is missing of %d", n, len(receipts))
		}
	}
	for _, s := range w.sessions() {
		if s.Settled {
			settled++
		}
	}
	if len(receipts) != settled || len(b.cdrs) != settled {
		w.t.Errorf("%d settled sessions, %d receipts, %d CDRs", settled, len(receipts), len(b.cdrs))
	}
	for _, x := range b.balances {
		sum += x.Minor
		if len(x.Account) > 10 && x.Account[:10] == "receivable" {
			owed += x.Minor
		}
	}
	if sum != 0 || owed != gross {
		w.t.Errorf("the ledger sums to %d; receivables are %d, receipts %d", sum, owed, gross)
	}
}

// engines runs fn on a server on each engine at hand.
func engines(t *testing.T, fn func(t *testing.T, url string)) {
	storetest.EachMigrated(t, schema.FS, fn)
}
