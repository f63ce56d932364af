// Package simpay is a provider of payments that is simulated: it moves no money
// and keeps its own books as a real one does. It implements payment.Provider and
// all its optional interfaces, serves the page on which buyers pay (Handler), and
// calls us by signed webhooks (Run). It is for the demo and for tests, which have
// it misbehave: answers get lost, calls come twice or in another order, buyers
// dispute (Misbehave, Dispute and what stands beside them).
//
// Its state is in memory, and in a file if one is given. It is bounded: the
// oldest charges that have ended leave.
package simpay

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/core/payment"
)

// Options configure a Sim.
type Options struct {
	Base    string   // address under which Handler is reached from outside, without a slash at the end
	Webhook string   // where our webhooks are received; "": none are sent
	Secrets []string // of webhooks: signed with the first, verified with any; required
	Readers []string // card readers that exist

	Accounts []string     // of hosts that can be paid out to
	File     string       // where the state is kept; "": in memory alone
	Client   *http.Client // posts webhooks; nil: one with a timeout
	Log      *slog.Logger // nil: slog.Default
}

// Sim is a simulated provider. It is safe for use by many goroutines.
type Sim struct {
	o Options

	mu    sync.Mutex
	state state
	mood  Mood
	posts []post        // waiting to be sent
	wake  chan struct{} // something waits
}

var (
	_ payment.Provider    = (*Sim)(nil)
	_ payment.Incrementer = (*Sim)(nil)
	_ payment.Saver       = (*Sim)(nil)
	_ payment.Hooker      = (*Sim)(nil)
	_ payment.Reporter    = (*Sim)(nil)
	_ payment.Payer       = (*Sim)(nil)
	_ payment.Defender    = (*Sim)(nil)
	_ payment.Readers     = (*Sim)(nil)
)

// Bounds of what is kept and of what a webhook may take.
const (
	maxCharges = 10_000
	maxMoves   = 100_000
	maxPaid    = 10_000
	postTime   = 10 * time.Second
)

// How long a page stands open and a hold lasts, by default.
const (
	pageTerm = 24 * time.Hour
	holdTerm = 7 * 24 * time.Hour
)

// state is all there is to a Sim, as it stands in its file.
type state struct {
	Charges   map[string]*charge        `json:"charges"`   // by reference
	Answers   map[string]answer         `json:"answers"`   // by key
	Methods   map[string]method         `json:"methods"`   // saved, by reference
	Presented map[string]string         `json:"presented"` // charge by reader
	Unplugged map[string]bool           `json:"unplugged"` // readers that are not connected
	Paid      map[string]payment.Payout `json:"paid"`      // payouts by reference
	Moves     []payment.Movement        `json:"moves"`     // the oldest first
	Brought   map[money.Currency]int64  `json:"brought"`   // the sum of movements that left
}

// method is a saved one.
type method struct {
	Card     Card   `json:"card"`
	Customer string `json:"customer"`
}

// answer is what was said to a key.
type answer struct {
	About  string         `json:"about"` // what was asked
	Charge payment.Charge `json:"charge"`
	Ref    string         `json:"ref,omitempty"` // of a payout
}

// New returns a Sim, with the state of its file if there is one.
func New(o Options) (*Sim, error) {
	if u, err := url.Parse(o.Base); err != nil || u.Host == "" || strings.HasSuffix(o.Base, "/") || len(o.Secrets) == 0 {
		return nil, fail.New(fail.Invalid, "simpay.New", "the base %q is no address without a slash at the end, or there is no secret", o.Base)
	}
	o.Client = cmp.Or(o.Client, &http.Client{Timeout: postTime})
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Sim{o: o, wake: make(chan struct{}, 1)}
	if o.File != "" {
		b, err := os.ReadFile(o.File)
		if err == nil {
			err = json.Unmarshal(b, &s.state)
		}
		if err != nil && !os.IsNotExist(err) {
			return nil, fail.Wrap(fail.Unavailable, "simpay.New", err)
		}
	}
	s.state.fill()
	return s, nil
}

func (st *state) fill() {
	if st.Charges == nil {
		*st = state{Charges: map[string]*charge{}, Answers: map[string]answer{}, Methods: map[string]method{}, Presented: map[string]string{}, Paid: map[string]payment.Payout{}, Brought: map[money.Currency]int64{}}
	}
	if st.Unplugged == nil { // a file from before there were any
		st.Unplugged = map[string]bool{}
	}
}

// save writes the state to its file, and drops what is too old. The file is replaced
// as a whole.
func (s *Sim) save() {
	s.state.prune()
	if s.o.File == "" {
		return
	}
	b, err := json.Marshal(s.state)
	if err == nil {
		err = os.WriteFile(s.o.File+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(s.o.File+".new", s.o.File)
	}
	if err != nil {
		s.o.Log.Error("simpay: the state is not kept", "err", err)
	}
}

// prune drops a tenth of the charges, the oldest that have ended, when there are
// too many, with what was answered for them.
func (st *state) prune() {
	if over := len(st.Moves) - maxMoves; over > 0 {
		for _, m := range st.Moves[:over] {
			st.Brought[m.Currency] += m.Net
		}
		st.Moves = slices.Delete(st.Moves, 0, over)
	}
	if len(st.Charges) <= maxCharges {
		return
	}
	over := slices.DeleteFunc(st.sorted(), func(c *charge) bool { return !c.Status.Final() })
	for _, c := range over[:min(len(over), maxCharges/10)] {
		delete(st.Charges, c.Ref)
	}
	for key, a := range st.Answers {
		if st.Charges[a.Charge.Ref] == nil && a.Ref == "" {
			delete(st.Answers, key)
		}
	}
}

// sorted are the charges, the oldest first.
func (st *state) sorted() []*charge {
	all := make([]*charge, 0, len(st.Charges))
	for _, c := range st.Charges {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *charge) int { return cmp.Compare(a.Ref, b.Ref) })
	return all
}

// do is one call: with its troubles, and with its effect once for each key.
// about is everything that is asked: a key that asks for something else is Invalid.
func (s *Sim) do(ctx context.Context, key string, about any, effect func() (answer, error)) (answer, error) {
	b, err := json.Marshal(about)
	if err != nil {
		return answer{}, fail.Wrap(fail.Invalid, "simpay", err)
	}
	if err := s.up(ctx); err != nil {
		return answer{}, err
	}
	trouble := s.trouble()
	if err := trouble.before(); err != nil {
		return answer{}, err
	}
	a, err := s.once(key, string(b), effect)
	if err == nil {
		err = trouble.after()
	}
	return a, err
}

func (s *Sim) once(key, about string, effect func() (answer, error)) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lapse()
	if a, known := s.state.Answers[key]; known {
		if a.About != about {
			return answer{}, fail.New(fail.Invalid, "simpay", "the key %q was used for something else", key)
		}
		return a, nil
	}
	if key == "" {
		return answer{}, fail.New(fail.Invalid, "simpay", "there is no key")
	}
	a, err := effect()
	if err != nil {
		return answer{}, err
	}
	a.About = about
	s.state.Answers[key] = a
	s.save()
	return a, nil
}

// up waits as the mood says, no longer than ctx, and fails while it is down.
func (s *Sim) up(ctx context.Context) error {
	s.mu.Lock()
	wait, down := s.mood.Delay, s.mood.Down
	s.mu.Unlock()
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	if down {
		return fail.New(fail.Unavailable, "simpay", "it is down")
	}
	return fail.Wrap(fail.Timeout, "simpay", ctx.Err())
}

// Authorize implements payment.Provider.
func (s *Sim) Authorize(ctx context.Context, a payment.Ask) (payment.Charge, error) {
	if err := checkAsk(a, false); err != nil {
		return payment.Charge{}, err
	}
	r, err := s.do(ctx, a.Key, a, func() (answer, error) {
		c := s.open(a)
		if a.Method == "" {
			return answer{Charge: s.view(c)}, nil
		}
		m, ok := s.state.Methods[a.Method]
		if !ok {
			delete(s.state.Charges, c.Ref)
			return answer{}, fail.New(fail.Invalid, "simpay", "there is no saved method %q", a.Method)
		}
		k, err := kindOf(m.Card)
		if err == nil {
			s.unattended(c, k)
		}
		return answer{Charge: s.view(c)}, err
	})
	return r.Charge, err
}

// Save implements payment.Saver.
func (s *Sim) Save(ctx context.Context, a payment.Ask) (payment.Charge, error) {
	if err := checkAsk(a, true); err != nil {
		return payment.Charge{}, err
	}
	r, err := s.do(ctx, a.Key, a, func() (answer, error) {
		a.Save = true
		return answer{Charge: s.view(s.open(a))}, nil
	})
	return r.Charge, err
}

func checkAsk(a payment.Ask, saving bool) error {
	u, err := url.Parse(a.Return)
	switch {
	case !a.Amount.Currency.Known():
		return fail.Field("simpay", "currency", "%q is no currency", a.Amount.Currency)
	case a.Amount.Minor < 0 || (a.Amount.Minor == 0) != saving:
		return fail.Field("simpay", "amount", "%d cannot be asked for", a.Amount.Minor)
	case a.Payment == "":
		return fail.Field("simpay", "payment", "is required")
	case err != nil || a.Return != "" && u.Scheme != "https" && u.Scheme != "http":
		return fail.Field("simpay", "return", "%q is no address", a.Return)
	case !a.Until.IsZero() && a.Until.Before(time.Now()):
		return fail.Field("simpay", "until", "it is over")
	}
	return nil
}

// Forget implements payment.Saver.
func (s *Sim) Forget(ctx context.Context, _, ref string) error {
	if err := s.up(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.state.Methods, ref)
	s.save()
	return nil
}

// change is a call that changes a charge.
func (s *Sim) change(ctx context.Context, c payment.Change, positive bool, effect func(*charge, int64) error) (payment.Charge, error) {
	if positive && c.Amount.Minor <= 0 {
		return payment.Charge{}, fail.Field("simpay", "amount", "%d is not more than 0", c.Amount.Minor)
	}
	r, err := s.do(ctx, c.Key, c, func() (answer, error) {
		ch, err := s.find(payment.Query{Ref: c.Ref})
		if err != nil {
			return answer{}, err
		}
		if positive && c.Amount.Currency != ch.Currency {
			return answer{}, fail.Field("simpay", "currency", "the payment is in %s", ch.Currency)
		}
		err = effect(ch, c.Amount.Minor)
		said := s.view(ch)
		if ch.Status == payment.Held {
			ch.Decline = payment.Decline{} // of an increment: it is said once
		}
		return answer{Charge: said}, err
	})
	return r.Charge, err
}

// Capture implements payment.Provider.
func (s *Sim) Capture(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return s.change(ctx, c, true, s.capture)
}

// Void implements payment.Provider.
func (s *Sim) Void(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return s.change(ctx, c, false, func(ch *charge, _ int64) error { return s.void(ch) })
}

// Refund implements payment.Provider.
func (s *Sim) Refund(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return s.change(ctx, c, true, s.refund)
}

// Increment implements payment.Incrementer.
func (s *Sim) Increment(ctx context.Context, c payment.Change) (payment.Charge, error) {
	return s.change(ctx, c, true, s.raise)
}

// Find implements payment.Provider.
func (s *Sim) Find(ctx context.Context, q payment.Query) (payment.Charge, error) {
	if err := s.up(ctx); err != nil {
		return payment.Charge{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lapse()
	c, err := s.find(q)
	if err != nil {
		return payment.Charge{}, err
	}
	return s.view(c), nil
}

func (s *Sim) find(q payment.Query) (*charge, error) {
	if c := s.state.Charges[q.Ref]; c != nil {
		return c, nil
	}
	if q.Ref == "" {
		for _, c := range s.state.sorted() {
			if c.Payment == q.Payment {
				return c, nil
			}
		}
	}
	return nil, fail.New(fail.NotFound, "simpay", "there is no payment %q %q", q.Ref, q.Payment)
}

// Present implements payment.Readers.
func (s *Sim) Present(ctx context.Context, reader string, a payment.Ask) (payment.Charge, error) {
	if err := checkAsk(a, false); err != nil {
		return payment.Charge{}, err
	}
	switch {
	case !slices.Contains(s.o.Readers, reader):
		return payment.Charge{}, fail.New(fail.NotFound, "simpay", "there is no reader %q", reader)
	case a.Save:
		return payment.Charge{}, fail.Field("simpay", "save", "a reader keeps no methods")
	}
	r, err := s.do(ctx, a.Key, []any{reader, a}, func() (answer, error) {
		switch {
		case s.state.Unplugged[reader]:
			return answer{}, fail.New(fail.Busy, "simpay", "the reader is not connected")
		case s.asks(reader) != nil:
			return answer{}, fail.New(fail.Busy, "simpay", "the reader asks for something else")
		}
		c := s.open(a)
		c.Reader = reader
		s.state.Presented[reader] = c.Ref
		return answer{Charge: s.view(c)}, nil
	})
	return r.Charge, err
}

// asks is what a reader asks a card for, nil for nothing.
func (s *Sim) asks(reader string) *charge {
	if c := s.state.Charges[s.state.Presented[reader]]; c != nil && c.Status == payment.Open {
		return c
	}
	return nil
}

// Cancel implements payment.Readers.
func (s *Sim) Cancel(ctx context.Context, reader, ref string) error {
	if err := s.up(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !slices.Contains(s.o.Readers, reader):
		return fail.New(fail.NotFound, "simpay", "there is no reader %q", reader)
	case s.state.Presented[reader] != ref:
		return nil
	case s.state.Unplugged[reader]:
		return fail.New(fail.Busy, "simpay", "the reader is not connected")
	}
	delete(s.state.Presented, reader)
	s.save()
	return nil
}

// Movements implements payment.Reporter. The cursor is the last entry's reference.
func (s *Sim) Movements(ctx context.Context, since time.Time, after string) (list []payment.Movement, next string, err error) {
	if err := s.up(ctx); err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.state.Moves { // references ascend, as times do
		if m.At.Before(since) || m.Ref <= after {
			continue
		}
		if len(list) == 100 {
			return list, list[99].Ref, nil
		}
		list = append(list, m)
	}
	return list, "", nil
}

// Payout implements payment.Payer.
func (s *Sim) Payout(ctx context.Context, p payment.Payout) (string, error) {
	if !slices.Contains(s.o.Accounts, p.Account) {
		return "", fail.New(fail.Invalid, "simpay", "there is no account %q", p.Account)
	}
	r, err := s.do(ctx, p.Key, p, func() (answer, error) {
		if p.Amount.Minor <= 0 || p.Amount.Minor > s.state.balance(p.Amount.Currency) || len(s.state.Paid) >= maxPaid {
			return answer{}, fail.New(fail.Conflict, "simpay", "%s cannot be paid out of %d", p.Amount, s.state.balance(p.Amount.Currency))
		}
		ref := id.New("simpo")
		s.state.Paid[ref] = p
		s.move(payment.MovedOther, "", p.Amount.Currency, -p.Amount.Minor, 0)
		return answer{Ref: ref}, nil
	})
	return r.Ref, err
}

// Contest implements payment.Defender.
func (s *Sim) Contest(ctx context.Context, dispute string, e payment.Evidence) error {
	if err := s.up(ctx); err != nil {
		return err
	}
	if len(e.Document) > 4<<20 || len(e.Text) > 20_000 {
		return fail.New(fail.Invalid, "simpay", "the evidence is too large")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.state.Charges {
		if c.Dispute == nil || c.Dispute.Ref != dispute {
			continue
		}
		if c.Dispute.State != payment.DisputeOpen {
			return fail.New(fail.Conflict, "simpay", "the dispute is %s", c.Dispute.State)
		}
		c.Dispute.State = payment.DisputeHeard
		s.tell(c, "dispute.heard")
		s.save()
		return nil
	}
	return fail.New(fail.NotFound, "simpay", "there is no dispute %q", dispute)
}

// balance is our money with the provider.
func (st *state) balance(currency money.Currency) int64 {
	sum := st.Brought[currency]
	for _, m := range st.Moves {
		if m.Currency == currency {
			sum += m.Net
		}
	}
	return sum
}
