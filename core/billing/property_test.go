package billing_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/brake"
	"chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/payment"
	"chargewright/core/plan"
	"chargewright/core/session"
	"chargewright/plug/simpay"
	"chargewright/schema"
)

// deed is something that somebody does about money. What it needs besides is taken
// from its numbers.
type deed struct {
	what string
	a, b int64
}

var deeds = []string{
	"charge", "charge", "charge", "visit", "visit", "credit", "credit", "correct", "void", "fill", "fill by itself", "pay back", "pay by hand", "ask again",
	"give up", "transfer", "give back there", "dispute", "decide", "days pass", "days pass", "begin", "begin", "end", "end", "credit again", "terminal", "terminal",
	"brake", "lift", "no card", "leave",
}

// story is a till with what happened there.
type story struct {
	*till
	who      string
	sessions []string
	open     []string   // transactions that have begun
	gone     bool       // the driver left
	dice     *rand.Rand // of what comes twice; nil: nothing does
	mu       sync.Mutex
	past     []outbox.Event
	posted   []string // payments that the provider told of
}

// newStory begins one, of a driver with a card.
func newStory(t *testing.T, db *store.DB, card simpay.Card, mangle uint64) *story {
	furnish(t, db)
	s := &story{till: newTill(t, db)}
	if mangle != 0 {
		s.dice = rand.New(rand.NewPCG(mangle, 1))
	}
	handlers := collectors(db, payment.Providers{"sim": s.sim})
	for topic, h := range handlers {
		handlers[topic] = func(ctx context.Context, e outbox.Event) error {
			for _, x := range s.again(e) {
				_ = handlers[x.Topic](ctx, x) // what it says was said before
			}
			return h(ctx, e)
		}
	}
	handlers[billing.TopicGuestStart] = func(context.Context, outbox.Event) error { return nil }
	batches := settlers(db)
	closed := batches[session.TopicClosed]
	batches[session.TopicClosed] = func(ctx context.Context, es []outbox.Event) []error {
		if s.rarely() {
			return closed(ctx, append(slices.Clone(es), es...))[:len(es)]
		}
		return closed(ctx, es)
	}
	s.runner = outbox.New(db, handlers, outbox.Options{Log: slog.New(slog.DiscardHandler), Poll: time.Hour, Batches: batches, Workers: 1})
	s.who = s.member(card)
	return s
}

// rarely is true of one in twenty, where things come twice.
func (s *story) rarely() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dice != nil && s.dice.IntN(20) == 0
}

// again are events that come once more before an event: some of it, and of the past.
func (s *story) again(e outbox.Event) (out []outbox.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past = append(s.past, e)
	if s.dice == nil || s.dice.IntN(20) != 0 {
		return nil
	}
	return []outbox.Event{e, s.past[s.dice.IntN(len(s.past))]}
}

// say has a whole session said, by a station that may say things twice or backwards.
func (s *story) said(tx, token string, evse, kWh int64) string {
	id := s.closed(tx, token, evse, kWh, 60)
	if s.rarely() {
		s.closed(tx, token, evse, kWh, 60)
	}
	s.sessions = append(s.sessions, id)
	return id
}

// told has the provider tell of a payment.
func (s *story) told(ref string) {
	s.posted = append(s.posted, ref)
	some := []string{ref}
	if s.rarely() {
		some = append(some, ref, s.posted[s.dice.IntN(len(s.posted))])
	}
	for _, r := range some {
		if _, err := payment.Learn(s.Context(), s.db, payment.Providers{"sim": s.sim}, "sim", payment.Query{Ref: r}); err != nil {
			s.Fatal(err)
		}
	}
	s.drain()
}

// business passes a business no.
func (s *story) business(err error) {
	s.Helper()
	if err != nil && !fail.Is(err, fail.Conflict) && !fail.Is(err, fail.Invalid) && !fail.Is(err, fail.Denied) && !fail.Is(err, fail.NotFound) {
		s.Fatal(err)
	}
	s.drain()
}

func (s *story) tries(fn func(tx *store.Tx) error) {
	s.Helper()
	_, err := try(s.T, s.db, func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	s.business(err)
}

// play does one deed.
func (s *story) play(n int, d deed) {
	s.Helper()
	switch d.what {
	case "charge":
		s.said(fmt.Sprint("D", n), "OWN", 1, 1+d.a%40)
		s.drain()
		return
	case "visit":
		s.visits(n, d)
		return
	}
	if s.alone(n, d) {
		return
	}
	own := access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Actor: s.who}
	if s.gone && slices.Contains(deedsOfDriver, d.what) {
		return // nobody is signed in any more
	}
	switch d.what {
	case "fill":
		s.fills(d, own)
	case "fill by itself":
		s.tries(func(tx *store.Tx) error { return plan.SetAuto(tx, ours.Tenant, s.who, "EUR", d.a%1000, 1+d.b%3000) })
	case "pay back":
		s.tries(func(tx *store.Tx) error { _, err := billing.PayBack(tx, own, "EUR"); return err })
	case "no card":
		s.tries(func(tx *store.Tx) error {
			if err := billing.MayRemove(tx, own); err != nil {
				return err
			}
			return payment.RemoveAll(tx, ours.Tenant, s.who)
		})
	case "leave":
		s.leaves()
	default:
		if len(s.sessions) > 0 {
			s.about(n, s.sessions[d.a%int64(len(s.sessions))], d, own)
		}
	}
}

// deedsOfDriver are those for which the driver is signed in.
var deedsOfDriver = []string{"fill", "fill by itself", "pay back", "pay by hand", "no card", "leave"}

// alone does a deed that is about nothing that was before, and reports whether it is one.
func (s *story) alone(n int, d deed) bool {
	switch d.what {
	case "begin":
		name := fmt.Sprint("O", n)
		s.sessions = append(s.sessions, s.begins(name, int64(100+n)).Session)
		s.open = append(s.open, name)
		s.drain()
	case "end":
		if len(s.open) > 0 {
			s.ends(s.open[0], 1, 1+d.a%40)
			s.open = s.open[1:]
		}
	case "terminal":
		s.terminal(fmt.Sprint("T", n), d)
	case "brake":
		s.limits(brake.Limits{TokenStarts: 1 + d.a%3, AccountParallel: 1 + d.b%3, CardVisits: 1 + d.a%2, CardRefused: 1})
	case "lift":
		s.limits(brake.Limits{})
		for _, b := range s.blocks() {
			s.tries(func(tx *store.Tx) error { _, err := brake.Lift(tx, ours, b.ID, "it was them"); return err })
		}
	case "days pass":
		s.pass()
	default:
		return false
	}
	return true
}

// fills is a top-up on a page, by a card that pays or not.
func (s *story) fills(d deed, own access.Scope) {
	p, err := try(s.T, s.db, func(tx *store.Tx) (payment.Payment, error) {
		return billing.AddToWallet(tx, own, access.DefaultEntity, billing.TopUp{
			Key: time.Now().String(), Amount: money.Amount{Minor: 100 + d.a%2000, Currency: "EUR"}, Provider: "sim", Return: "https://charge.example.org/",
		})
	})
	s.business(err)
	if p = s.paid(p.ID); p.Ref == "" {
		return
	}
	s.business(s.sim.Pay(p.Ref, []simpay.Card{simpay.Good, simpay.Good, simpay.Declined, simpay.Transfer}[d.b%4]))
	s.told(p.Ref)
}

// leaves is the driver leaving, if nothing is open.
func (s *story) leaves() {
	s.tries(func(tx *store.Tx) error {
		s.gone = false
		if n, err := session.OpenOf(tx, ours.Tenant, s.who); err != nil || n > 0 {
			return err
		}
		if err := billing.MayLeave(tx, ours.Tenant, s.who); err != nil {
			return err
		}
		if err := payment.RemoveAll(tx, ours.Tenant, s.who); err != nil {
			return err
		}
		_, err := driver.Delete(tx, ours.Tenant, s.who)
		s.gone = err == nil
		return err
	})
}

// terminal is a session paid at the terminal of its station, which tells of it before
// the receipt or after it, and now and then something else than is due.
func (s *story) terminal(name string, d deed) {
	took := []string{"Settled", "Settled", "Failed"}[d.b%3]
	micro := (1 + d.a%40) * euro / 2
	if d.b%4 == 0 {
		micro += (d.b%7 - 3) * euro / 4
	}
	tell := func() {
		s.settles(told(name, took, micro, took))
		if s.rarely() {
			s.settles(told(name, took, micro, took))
		}
	}
	if d.b%2 == 0 {
		tell()
	}
	s.sessions = append(s.sessions, s.atTerminal(name, 1+d.a%40, 60))
	s.drain()
	if d.b%2 == 1 {
		tell()
	}
	s.drain()
}

// visits is a guest with a hold, who charges.
func (s *story) visits(n int, d deed) {
	g := s.visit(100 + d.a%2000)
	p := s.paid(g.Payment)
	if p.Ref == "" {
		return
	}
	if err := s.sim.Pay(p.Ref, []simpay.Card{simpay.Good, simpay.Transfer, simpay.CaptureNo}[d.b%3]); err != nil {
		s.business(err)
		return
	}
	s.told(p.Ref)
	s.tries(func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, d.b%7 != 0, "no") })
	if d.b%7 != 0 {
		s.said(fmt.Sprint("G", n), g.Token, 1, d.b%40)
	}
	s.drain()
}

// about is a deed about a session.
func (s *story) about(n int, id string, d deed, own access.Scope) {
	key := fmt.Sprint(n)
	back := []billing.Back{billing.ToPayer, billing.ToWallet}[d.b%2]
	switch d.what {
	case "credit":
		s.tries(func(tx *store.Tx) error {
			_, err := billing.Credit(tx, ours, id, billing.CreditOrder{Key: key, Gross: d.b % 900, Reason: "goodwill", To: back})
			return err
		})
	case "credit again": // under few keys: one that was there before is the note of then
		s.tries(func(tx *store.Tx) error {
			_, err := billing.Credit(tx, ours, id, billing.CreditOrder{Key: fmt.Sprint(d.a % 2), Gross: d.b % 400, Reason: "goodwill", To: back})
			return err
		})
	case "correct":
		_, err := s.correct(id, session.Decision{Choice: session.ByWord, Energy: 1000 * (d.b % 50)})
		s.business(err)
	case "void":
		_, err := s.correct(id, session.Decision{Choice: session.Unbills})
		s.business(err)
	case "pay by hand":
		s.byHand(id, d, own)
	case "ask again":
		s.tries(func(tx *store.Tx) error { _, err := billing.AskAgain(tx, ours, id); return err })
	case "give up":
		s.tries(func(tx *store.Tx) error { _, err := billing.GiveUp(tx, ours, id, "no hope"); return err })
	case "transfer":
		s.tries(func(tx *store.Tx) error {
			_, err := billing.Received(tx, ours, id, billing.Transfer{Minor: 1 + d.b%900, Reference: key})
			return err
		})
	default:
		s.there(id, d)
	}
}

func (s *story) byHand(id string, d deed, own access.Scope) {
	p, err := try(s.T, s.db, func(tx *store.Tx) (payment.Payment, error) {
		return billing.PayClaim(tx, own, id, billing.ByHand{Provider: "sim", Return: func(string) string { return "https://charge.example.org/" }})
	})
	s.business(err)
	if p = s.paid(p.ID); err != nil || p.Ref == "" {
		return
	}
	if err := s.sim.Pay(p.Ref, []simpay.Card{simpay.Good, simpay.Declined}[d.b%2]); err != nil {
		s.business(err)
		return
	}
	s.told(p.Ref)
}

// there is what happens at the provider or the payer's bank.
func (s *story) there(id string, d deed) {
	c, err := try(s.T, s.db, func(tx *store.Tx) (billing.Claim, error) { return billing.GetClaim(tx, ours, id) })
	if err != nil || c.Payment == "" {
		return
	}
	p := s.paid(c.Payment)
	switch d.what {
	case "give back there":
		err = s.sim.GiveBack(p.Ref, 1+d.b%900)
	case "dispute":
		err = s.sim.Dispute(p.Ref, "fraudulent")
	case "decide":
		err = s.sim.Decide(p.Ref, d.b%2 == 0)
	}
	if err == nil {
		s.told(p.Ref)
	}
}

// outcome is where all the money is, by kinds of accounts, and what was issued.
func (s *story) outcome() string {
	s.Helper()
	sums := map[string]int64{}
	for _, b := range do(s.T, s.db, func(tx *store.Tx) ([]ledger.Balance, error) { return ledger.Balances(tx, ours.Tenant, "") }) {
		parts := strings.SplitN(b.Account, "/", 3)
		sums[strings.Join(parts[:min(2, len(parts))], "/")] += b.Minor
	}
	var out []string
	for account, minor := range sums {
		out = append(out, fmt.Sprint(account, " ", minor))
	}
	slices.Sort(out)
	for i, id := range s.sessions {
		c, err := try(s.T, s.db, func(tx *store.Tx) (billing.Claim, error) { return billing.GetClaim(tx, ours, id) })
		out = append(out, fmt.Sprint("claim ", i, " ", c.State, " ", c.Due, " ", c.Paid, " ", err != nil))
		for _, d := range do(s.T, s.db, func(tx *store.Tx) ([]billing.Document, error) { return billing.DocumentsOf(tx, id) }) {
			out = append(out, fmt.Sprint(" ", d.Kind, " ", d.Revision, " ", d.Net, " ", d.Tax))
		}
	}
	return strings.Join(out, "\n")
}

// replayed are the balances as the entries add up to, one by one.
func (s *story) replayed() map[string]int64 {
	sums := map[string]int64{}
	must(s.T, s.db, func(tx *store.Tx) error {
		clear(sums)
		return tx.Each(func(r *store.Row) error { sums[r.Text(0)+" "+r.Text(1)] += r.Int(2); return nil },
			`SELECT account, currency, amount_minor FROM ledger_posting ORDER BY journal_id, line`)
	})
	return sums
}

// ends plays a story to its end, checks it, and returns its outcome.
func ends(t *testing.T, url string, card simpay.Card, list []deed, mangle uint64) (out string, ok bool) {
	ok = t.Run("story", func(t *testing.T) {
		db := storetest.Open(t, url, schema.FS, store.Options{})
		s := newStory(t, db, card, mangle)
		for n, d := range list {
			s.play(n, d)
			if off := do(t, db, ledger.Unbalanced); off != 0 {
				t.Fatalf("%d journals are off after %+v", off, d)
			}
		}
		for _, name := range s.open {
			s.ends(name, 1, 5)
		}
		s.drain()
		s.even("at the end")
		whole := int64(0)
		sums := s.replayed()
		for _, b := range do(t, db, func(tx *store.Tx) ([]ledger.Balance, error) { return ledger.Balances(tx, ours.Tenant, "") }) {
			whole += b.Minor
			if sums[b.Account+" "+b.Currency] != b.Minor {
				t.Errorf("%s is %d, its entries add up to %d", b.Account, b.Minor, sums[b.Account+" "+b.Currency])
			}
		}
		if whole != 0 {
			t.Errorf("the books are off by %d", whole)
		}
		out = s.outcome()
	})
	return out, ok
}

// stories has rapid tell as many as are wanted: by itself it stops at 100.
func stories(t *testing.T, n int) {
	checks := flag.Lookup("rapid.checks").Value
	before := checks.String()
	t.Cleanup(func() { _ = checks.Set(before) })
	if err := checks.Set(strconv.Itoa(max(n, 100))); err != nil {
		t.Fatal(err)
	}
}

// Whatever people do about money, and in whatever order: every journal is at zero after
// each deed, the documents, the claims, the provider and the books tell one story, and
// it is the same one where events, webhooks and messages come twice or late.
func TestAnyStoryOfMoneyEndsEven(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, first string) {
		most := 40
		if strings.HasPrefix(first, "postgres") {
			most = 2 // each commit is durable there, and each story needs a database
		}
		if n, err := strconv.Atoi(os.Getenv("CHARGEWRIGHT_STORIES")); err == nil {
			most = n
		}
		stories(t, most)
		runs, failing := 0, false
		rapid.Check(t, func(rt *rapid.T) {
			if runs++; runs > most && !failing {
				return
			}
			card := rapid.SampledFrom([]simpay.Card{simpay.Good, simpay.Good, simpay.DeclinedLater, ""}).Draw(rt, "card")
			list := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) deed {
				return deed{rapid.SampledFrom(deeds).Draw(rt, "deed"), rapid.Int64Range(0, 10_000).Draw(rt, "a"), rapid.Int64Range(0, 10_000).Draw(rt, "b")}
			}), 1, 25).Draw(rt, "deeds")
			mangle := rapid.Uint64Range(1, 1<<40).Draw(rt, "dice")
			url := func() string {
				if strings.HasPrefix(first, "postgres") {
					return storetest.PostgresURL(t)
				}
				return storetest.MigratedURL(t, schema.FS)
			}
			plain, ok := ends(t, url(), card, list, 0)
			twice, ok2 := "", true
			if ok {
				twice, ok2 = ends(t, url(), card, list, mangle)
			}
			if !ok || !ok2 || plain != twice {
				failing = true
				rt.Fatalf("once\n%s\ntwice\n%s", plain, twice)
			}
		})
	})
}
