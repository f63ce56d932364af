package billing_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/brake"
	"chargewright/core/ledger"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
	"chargewright/schema"
)

// The provider of a process that is killed lives in another: here it is called over
// HTTP.

// called is a call of a provider, and said its answer.
type called struct {
	Verb   string
	Ask    payment.Ask
	Change payment.Change
	Query  payment.Query
}

type said struct {
	Charge payment.Charge
	Failed bool
	Kind   fail.Kind
	Text   string
}

// faraway is a provider at an address.
type faraway string

func (f faraway) call(ctx context.Context, c called) (payment.Charge, error) {
	var body bytes.Buffer
	if err := gob.NewEncoder(&body).Encode(c); err != nil {
		return payment.Charge{}, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, string(f), &body)
	if err != nil {
		return payment.Charge{}, err
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return payment.Charge{}, fail.Wrap(fail.Timeout, "faraway", err)
	}
	defer a.Body.Close()
	var s said
	if err := gob.NewDecoder(a.Body).Decode(&s); err != nil {
		return payment.Charge{}, fail.Wrap(fail.Timeout, "faraway", err)
	}
	if s.Failed {
		return s.Charge, fail.New(s.Kind, "faraway", "%s", s.Text)
	}
	return s.Charge, nil
}

func (f faraway) Authorize(ctx context.Context, a payment.Ask) (payment.Charge, error) {
	return f.call(ctx, called{Verb: "authorize", Ask: a})
}

func (f faraway) Capture(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return f.call(ctx, called{Verb: "capture", Change: c})
}

func (f faraway) Void(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return f.call(ctx, called{Verb: "void", Change: c})
}

func (f faraway) Refund(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return f.call(ctx, called{Verb: "refund", Change: c})
}

func (f faraway) Find(ctx context.Context, q payment.Query) (payment.Charge, error) {
	return f.call(ctx, called{Verb: "find", Query: q})
}

// counter is where the provider is called, and where its callers die: before a call
// has its effect, or after it and before they hear of it.
type counter struct {
	sim *simpay.Sim

	mu    sync.Mutex
	left  int // calls until the caller dies; negative: it does not
	late  bool
	died  chan struct{} // closed when it should
	calls int
}

// made is how often the provider was called.
func (c *counter) made() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q called
	if err := gob.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	c.calls++
	fatal, late, died := c.left == 0, c.late, c.died
	c.left--
	c.mu.Unlock()
	if fatal && !late {
		close(died)
		<-r.Context().Done()
		return
	}
	ch, err := c.does(context.WithoutCancel(r.Context()), q)
	if fatal {
		close(died)
		<-r.Context().Done()
		return
	}
	s := said{Charge: ch, Failed: err != nil}
	if err != nil {
		s.Kind, s.Text = fail.KindOf(err), err.Error()
	}
	_ = gob.NewEncoder(w).Encode(s) // who does not hear it asks again
}

func (c *counter) does(ctx context.Context, q called) (payment.Charge, error) {
	switch q.Verb {
	case "authorize":
		return c.sim.Authorize(ctx, q.Ask)
	case "capture":
		return c.sim.Capture(ctx, q.Change)
	case "void":
		return c.sim.Void(ctx, q.Change)
	case "refund":
		return c.sim.Refund(ctx, q.Change)
	}
	return c.sim.Find(ctx, q.Query)
}

// arm has the caller die at its nth call from now on, counted from 0.
func (c *counter) arm(n int, late bool) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.late, c.died = n, late, make(chan struct{})
	return c.died
}

const (
	childDatabase = "CHARGEWRIGHT_CHILD_DATABASE"
	childProvider = "CHARGEWRIGHT_CHILD_PROVIDER"
)

// TestChild is no test: it is the process that another test kills. It settles and
// collects until then.
func TestChild(t *testing.T) {
	url := os.Getenv(childDatabase)
	if url == "" {
		t.Skip("it is for another test")
	}
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := outbox.Options{Log: slog.New(slog.DiscardHandler), Poll: 10 * time.Millisecond, Backoff: 10 * time.Millisecond, Batches: settlers(db)}
	fmt.Println("ready")
	if err := outbox.New(db, collectors(db, payment.Providers{"sim": faraway(os.Getenv(childProvider))}), o).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// child starts the process and returns what kills it.
func child(t *testing.T, url, provider string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), childDatabase+"="+url, childProvider+"="+provider)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for line := ""; line != "ready\n"; {
		if line, err = lines.ReadString('\n'); err != nil {
			t.Fatalf("the process did not start: %v", err)
		}
	}
	return sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it says that it was killed
	})
}

// A process that settles sessions and captures payments is killed again and again,
// inside the provider's calls and between them. In the end each session is settled
// once, each payment was taken once and of the right amount, and the books have what
// the provider has.
func TestKilledWhileItSettlesAndCaptures(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes")
	}
	kills := 20
	if n, err := strconv.Atoi(os.Getenv("CHARGEWRIGHT_KILLS")); err == nil {
		kills = n
	}
	storetest.EachMigrated(t, schema.FS, func(t *testing.T, url string) {
		db := storetest.Open(t, url, schema.FS, store.Options{BusyTimeout: 10 * time.Second})
		furnish(t, db)
		c := newTill(t, db)
		at := &counter{sim: c.sim, left: -1}
		server := httptest.NewServer(at)
		defer server.Close()
		c.member(simpay.Good)
		unbraked(c)
		c.topUp(do(t, db, func(tx *store.Tx) (string, error) {
			id, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT id FROM driver_driver ORDER BY id LIMIT 1`)
			return id, err
		}), 700)
		var guests []string // the tokens of those who have paid and not yet charged
		for i := range 2 * kills {
			g := c.visitAt(int64(i+1), 5000)
			c.pay(g.Payment, []simpay.Card{simpay.Good, simpay.Good, simpay.Transfer}[i%3])
			must(t, db, func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, true, "") })
			guests = append(guests, g.Token)
		}
		dice := rand.New(rand.NewPCG(7, 7))
		var sessions []string
		inside := 0
		for k := range kills {
			for i := range 2 {
				n := 2*k + i
				sessions = append(sessions, c.closed(fmt.Sprint("G", n), guests[n], int64(n+1), 1+dice.Int64N(60), 60), c.closed(fmt.Sprint("D", n), "OWN", int64(1000+n), 1+dice.Int64N(60), 60))
			}
			died := at.arm(dice.IntN(5), dice.IntN(2) == 0)
			kill := child(t, url, server.URL)
			wait := 5 * time.Second
			if dice.IntN(2) == 0 {
				wait = time.Duration(dice.IntN(25_000)) * time.Microsecond
			}
			select {
			case <-died:
				inside++
			case <-time.After(wait):
			}
			kill()
			c.awake()
		}
		at.arm(-1, false)
		kill := child(t, url, server.URL)
		defer kill()
		c.untilCollected(sessions)
		kill()
		t.Logf("%d kills, %d of them inside a call of the provider; %d sessions, %d calls", kills, inside, len(sessions), at.made())
		c.agreesWithTheProvider(sessions)
	})
}

// unbraked lets one card charge as often as a test needs.
func unbraked(c *till) {
	c.Helper()
	must(c, c.db, func(tx *store.Tx) error { return brake.SetLimits(tx, ours.Tenant, brake.Limits{}) })
}

// awake lets what a process that died had taken be taken by another.
func (c *till) awake() {
	c.Helper()
	must(c, c.db, func(tx *store.Tx) error {
		tx.Write(`UPDATE payment_step SET next_at = 1 WHERE next_at IS NOT NULL`)
		tx.Write(`UPDATE outbox_event SET lease_until = NULL, lease_by = NULL, attempts = 0, parked = FALSE WHERE topic <> $1`, billing.TopicGuestEnd)
		tx.Write(`UPDATE outbox_event SET due_at = 1 WHERE topic = $1`, payment.TopicStep)
		return nil
	})
}

// untilCollected waits until all is settled and nothing is asked any more. Nothing is
// measured by it.
func (c *till) untilCollected(sessions []string) {
	c.Helper()
	count := func(query string) int64 {
		return do(c, c.db, func(tx *store.Tx) (int64, error) {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, query)
			return n, err
		})
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		settled := count(`SELECT COUNT(*) FROM session_session WHERE settled`)
		steps, claims := count(`SELECT COUNT(*) FROM payment_step WHERE ended_at IS NULL`), count(`SELECT COUNT(*) FROM billing_claim WHERE state <> 'paid'`)
		events := count(`SELECT COUNT(*) FROM outbox_event WHERE topic IN ('session.closed', 'payment.changed', 'payment.step')`)
		if settled == int64(len(sessions)) && steps == 0 && claims == 0 && events == 0 {
			return
		}
		if time.Now().After(end) {
			for _, x := range do(c, c.db, func(tx *store.Tx) ([]string, error) {
				return store.All(tx, func(r *store.Row) string {
					return fmt.Sprint(r.Text(0), " ", r.Text(1), " ", r.Text(2), " ", r.Int(3), " ", r.Text(4))
				},
					`SELECT id, verb, state, attempts, answer FROM payment_step WHERE ended_at IS NULL ORDER BY id LIMIT 5`)
			}) {
				c.Log(x)
			}
			c.Fatalf("%d of %d are settled, %d steps and %d events are open, %d claims are not paid", settled, len(sessions), steps, events, claims)
		}
		if steps > 0 {
			c.awake()
		}
	}
}

// agreesWithTheProvider checks that each session was settled once and paid once, that
// the books are at zero, and that the clearing account is the provider's balance.
func (c *till) agreesWithTheProvider(sessions []string) {
	c.Helper()
	if off := do(c, c.db, ledger.Unbalanced); off != 0 {
		c.Errorf("%d journals are off", off)
	}
	noGap(c, c.db, len(sessions))
	for _, id := range sessions {
		r := consistent(c, c.db, id)
		x := c.claim(id)
		object, kept, charges := id, int64(0), 0
		if x.Guest != "" {
			object = x.Guest
		}
		for _, p := range do(c, c.db, func(tx *store.Tx) ([]payment.Payment, error) {
			return payment.Of(tx, ours.Tenant, payment.ForSession, object)
		}) {
			for _, there := range c.sim.Charges(p.ID) {
				charges++
				kept += there.Captured - there.Refunded
				if there.Held != 0 || there.Status != payment.Taken {
					c.Errorf("%s: the provider has %+v", id, there)
				}
			}
		}
		if want := r.Gross - x.Wallet; kept != want || charges > 1 || charges == 0 && want > 0 {
			c.Errorf("%s costs %d, %d of the wallet: the provider took %d in %d charges", id, r.Gross, x.Wallet, kept, charges)
		}
	}
	if _, err := payment.Import(c.Context(), c.db, payment.Providers{"sim": c.sim}, "sim", payment.Books{Tenant: ours.Tenant, Entity: access.DefaultEntity}); err != nil {
		c.Fatal(err)
	}
	for _, x := range do(c, c.db, func(tx *store.Tx) ([]payment.Check, error) { return payment.Checks(tx, ours.Tenant, "sim") }) {
		if x.Off != 0 || x.InTransit != 0 || x.Clearing != c.sim.Balance(x.Currency) {
			c.Errorf("%+v, and the provider has %d", x, c.sim.Balance(x.Currency))
		}
	}
	if n := c.balance("receivable"); n != 0 {
		c.Errorf("%d are still owed", n)
	}
	if n := do(c, c.db, func(tx *store.Tx) (int64, error) {
		n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM ledger_journal WHERE kind = 'settlement'`)
		return n, err
	}); n != int64(len(sessions)) {
		c.Errorf("%d journals of %d settlements", n, len(sessions))
	}
}
