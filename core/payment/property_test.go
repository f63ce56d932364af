package payment_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/ledger"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
	"chargewright/schema"
)

// world is a room and its provider, under random use. The provider's webhooks
// reach the room, or not.
type world struct {
	*bench
	wires *wires
	all   []string // payments
	posts []*http.Request
	bad   func() bool // whether the next webhook is lost on its way
	n     int
}

// RoundTrip is the network between the provider and the room.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || w.bad != nil && w.bad() {
		return nil, io.ErrUnexpectedEOF
	}
	keep := r.Clone(r.Context())
	keep.Body = io.NopCloser(strings.NewReader(string(body)))
	w.posts = append(w.posts, keep)
	if _, err := w.call(r.Header, body); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
}

func newWorld(t *testing.T, db *store.DB) *world {
	w := &world{bench: newBench(t, db)}
	s, err := simpay.New(simpay.Options{
		Base: "https://pay.example.org", Secrets: []string{"secret"}, Webhook: "https://charge.example.org/webhook", Client: &http.Client{Transport: w},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.sim = s
	w.wires = w.wired()
	return w
}

// act does one thing at random.
func (w *world) act(t *rapid.T) {
	some := rapid.Int64Range(1, 1200)
	pick := func() payment.Payment { return w.get(rapid.SampledFrom(w.all).Draw(t, "payment")) }
	switch what := rapid.IntRange(0, 16).Draw(t, "act"); what {
	case 0, 1:
		o := order(some.Draw(t, "asked"))
		w.all = append(w.all, w.plan(o).ID)
	case 2, 3, 4:
		with := rapid.SampledFrom([]simpay.Card{simpay.Good, simpay.Good, simpay.Transfer, simpay.Declined, simpay.CaptureNo, simpay.Tight}).Draw(t, "card")
		if p := pick(); p.Ref != "" {
			_ = w.sim.Pay(p.Ref, with)
		}
	case 5, 6:
		w.capture(pick().ID, rapid.Int64Range(0, 1500).Draw(t, "due"))
	case 7:
		w.void(pick().ID)
	case 8:
		w.n++
		w.refund(pick().ID, fmt.Sprint(w.n), some.Draw(t, "refund"), "refunds/ours")
	case 9:
		if p := pick(); p.Status == payment.Held {
			w.raise(p.ID, p.Held+some.Draw(t, "more"))
		}
	case 10:
		p := pick() // somebody at the provider's own pages, a buyer at their bank, or time
		switch rapid.IntRange(0, 3).Draw(t, "elsewhere") {
		case 0:
			_ = w.sim.GiveBack(p.Ref, some.Draw(t, "back"))
		case 1:
			_ = w.sim.Dispute(p.Ref, "fraudulent")
		case 2:
			_ = w.sim.Decide(p.Ref, rapid.Bool().Draw(t, "won"))
		case 3:
			if p.Status == payment.Held {
				_ = w.sim.Lapse(p.Ref)
			}
		}
	case 11:
		m := simpay.Mood{Twice: rapid.IntRange(0, 19).Draw(t, "twice") == 0, Shuffle: rapid.Bool().Draw(t, "shuffle"), Down: rapid.IntRange(0, 4).Draw(t, "down") == 0}
		m.Calls = rapid.SliceOfN(rapid.SampledFrom(append(troubles, simpay.None)), 0, 3).Draw(t, "troubles")
		w.sim.Misbehave(m)
	case 12:
		w.wires.mu.Lock()
		w.wires.kill = rapid.SampledFrom([]string{"before", "after"}).Draw(t, "kill")
		w.wires.mu.Unlock()
	case 13:
		w.sim.Flush(w.Context())
		w.drain()
	case 14:
		w.drain()
	default:
		w.hurry()
	}
}

// rest has everything end well that is under way.
func (w *world) rest(t *rapid.T) {
	w.sim.Misbehave(simpay.Mood{})
	w.wires.kill = ""
	open := func() []string {
		return see(w.bench, func(tx *store.Tx) ([]string, error) {
			return store.All(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT id FROM payment_step WHERE state = 'unknown' ORDER BY id`)
		})
	}
	for range 20 {
		for _, s := range open() {
			w.must(func(tx *store.Tx) error { return payment.Retry(tx, ours, s) })
		}
		w.hurry()
		w.sim.Flush(w.Context())
		w.drain()
		if w.count(`SELECT COUNT(*) FROM payment_step WHERE ended_at IS NULL`) == 0 {
			break
		}
	}
	for _, p := range w.all {
		if w.get(p).Ref != "" {
			w.learn(w.get(p))
		}
	}
	w.take()
	if n := w.count(`SELECT COUNT(*) FROM payment_step WHERE ended_at IS NULL`); n != 0 {
		t.Fatalf("%d steps do not end", n)
	}
}

// agree checks that the room, the ledger and the provider say the same.
func (w *world) agree(t *rapid.T) {
	for _, id := range w.all {
		p, there := w.get(id), w.sim.Charges(id)
		if p.Trouble != "" {
			t.Fatalf("%+v", p)
		}
		if len(there) > 1 {
			t.Fatalf("%s was charged %d times", id, len(there))
		}
		if len(there) == 1 {
			c := there[0]
			if c.Status != p.Status || c.Held != p.Held || c.Captured != p.Captured || c.Refunded != p.Refunded || c.Captured > p.Asked {
				t.Fatalf("the provider has %+v, we have %+v", c, p)
			}
		}
	}
	if n := see(w.bench, ledger.Unbalanced); n != 0 {
		t.Fatalf("%d journals do not sum to zero", n)
	}
	for _, c := range w.checks() {
		if c.Off != 0 || c.InTransit != 0 || c.Clearing != w.sim.Balance(c.Currency) {
			t.Fatalf("%+v, and the provider has %d", c, w.sim.Balance(c.Currency))
		}
	}
	if items := w.items(true); len(items) != 0 {
		t.Fatalf("%+v", items)
	}
	returned := w.count(`SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM payment_step WHERE account = 'refunds/ours' AND state = 'done'`)
	for _, x := range see(w.bench, func(tx *store.Tx) ([]ledger.Balance, error) { return ledger.Balances(tx, ours.Tenant, "refunds/ours") }) {
		returned -= x.Minor
	}
	if returned != 0 {
		t.Fatalf("the refunds we made and their account differ by %d", returned)
	}
}

// replay says and does everything again, in reverse.
func (w *world) replay() {
	for i := len(w.posts) - 1; i >= 0; i-- {
		body, _ := io.ReadAll(w.posts[i].Body)
		w.posts[i].Body = io.NopCloser(strings.NewReader(string(body)))
		if _, err := w.call(w.posts[i].Header, body); err != nil {
			w.Fatal(err)
		}
	}
	steps := see(w.bench, func(tx *store.Tx) ([]string, error) {
		return store.All(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT id FROM payment_step ORDER BY id DESC`)
	})
	for _, s := range steps {
		w.run(s)
	}
	w.drain()
	for _, p := range w.all {
		if w.get(p).Ref != "" {
			w.learn(w.get(p))
		}
	}
	w.take()
}

// Whatever is asked, whoever dies and whatever gets lost: in the end the room, the
// ledger and the provider agree to the minor unit, nobody was charged twice or
// above what was asked, and saying it all again changes nothing.
func TestAnySequenceEndsWell(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		runs, failing := 0, false
		rapid.Check(t, func(t *rapid.T) {
			if runs++; runs > 15 && db.Engine() == "postgres" && !failing {
				return // each commit is durable there: enough is enough
			}
			failing = true
			w.all, w.posts = nil, nil
			w.bad = nil
			for range rapid.IntRange(1, 3).Draw(t, "payments") {
				w.all = append(w.all, w.plan(order(rapid.Int64Range(1, 1200).Draw(t, "asked"))).ID)
			}
			losses := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 30).Draw(t, "losses")
			w.bad = func() bool {
				lost := losses[0] == 0
				losses = append(losses[1:], losses[0])
				return lost
			}
			w.drain()
			for range rapid.IntRange(1, 30).Draw(t, "acts") {
				w.act(t)
			}
			w.bad = nil
			w.rest(t)
			w.agree(t)
			before := w.balances()
			w.replay()
			if after := w.balances(); before != after {
				t.Fatalf("balances were %s, after the replay they are %s", before, after)
			}
			w.agree(t)
			failing = false
		})
	})
}
