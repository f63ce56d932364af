package payment

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
)

// How long a call may take, how long a step is one worker's, and how long the
// outcome is written though the server stops. A call and a question after it fit
// into the time that an outbox handler has.
const (
	callTime  = 25 * time.Second
	leaseTime = time.Minute
	writeTime = 10 * time.Second
)

// keyTerm is for how long a key is trusted to be known to the provider; Stripe
// forgets them after 24 hours. Later a provider is asked first what it has.
const keyTerm = 20 * time.Hour

// waits are the distances between the attempts of a step, 16 hours in all; one
// that is not made after the last of them is given up or unknown.
var waits = []time.Duration{
	2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 3 * time.Minute, 10 * time.Minute,
	30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour,
}

// raises are those of an increment: a hold is raised now or not at all.
var raises = waits[:4]

// readerTries is how often a reader is asked that does something else or is not
// connected: the buyer stands before it.
const readerTries = 2

// Back makes the address to which a page leads a buyer whose saved method was charged
// without them, and whose bank wants them to confirm: of the payment's id. nil is none.
type Back func(payment string) string

// work is a step that is about to be made.
type work struct {
	p    Payment
	s    Step
	back Back
	due  bool
}

// reply is what came of a call.
type reply struct {
	charge Charge
	err    error
	found  bool // charge is what the provider has, asked after err
	none   bool // asked after err, it has nothing
}

// Run makes a step, once: it is marked as sent, the provider is called outside
// any transaction, and what it says is recorded. After a crash, or an answer that
// does not come, the step is made again under the same key; what a provider does
// not say in a day is unknown, which a person sees. A step that is not due, not
// the next of its payment or over already is left alone.
func Run(ctx context.Context, db *store.DB, ps Providers, back Back, step string) error {
	key := "payment/" + paymentOf(step)
	w, err := store.Do(ctx, db, key, func(tx *store.Tx) (work, error) { return begin(tx, step) })
	if err != nil || !w.due {
		return err
	}
	w.back = back
	r := call(ctx, ps, w)
	wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	_, err = store.Do(wctx, db, key, func(tx *store.Tx) (struct{}, error) { return struct{}{}, finish(tx, step, r) })
	return err
}

// begin takes a step, if it may be made now, and marks it as sent.
func begin(tx *store.Tx, step string) (work, error) {
	s, found, err := findStep(tx, step)
	if err != nil || !found || s.State.Ended() || s.State == StepUnknown {
		return work{}, err
	}
	if s.Next.After(tx.Now()) {
		return work{}, outbox.At(tx, s.Next, TopicStep, s.ID, nil)
	}
	p, err := known(tx, s.Payment)
	if err != nil {
		return work{}, err
	}
	_, behind, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT seq FROM payment_step WHERE payment_id = $1 AND seq < $2 AND ended_at IS NULL ORDER BY seq LIMIT 1`, s.Payment, s.seq)
	if err != nil {
		return work{}, err
	}
	if behind || p.Trouble == Strange { // the end of the step before, or a person (Clear), wakes it
		tx.Write(`UPDATE payment_step SET next_at = NULL WHERE id = $1`, s.ID)
		return work{}, nil
	}
	if over, err := moot(tx, p, s); err != nil || over {
		return work{}, err
	}
	s.doubt = s.doubt || s.State == StepSent
	if s.sent.IsZero() {
		s.sent, s.before = tx.Now(), p.Refunded
	}
	s.State, s.Attempts, s.Next = StepSent, s.Attempts+1, tx.Now().Add(leaseTime)
	save(tx, s)
	return work{p: p, s: s, due: true}, nil
}

// save writes where a step stands that has not ended.
func save(tx *store.Tx, s Step) {
	tx.Write(`UPDATE payment_step SET state = $2, doubt = $3, attempts = $4, before_minor = $5, next_at = $6, sent_at = $7, answer = $8 WHERE id = $1`,
		s.ID, s.State, s.doubt, s.Attempts, s.before, s.Next, s.sent, brief(s.Answer))
}

// moot ends a step that has nothing more to do, by what is known of the payment.
func moot(tx *store.Tx, p Payment, s Step) (bool, error) {
	switch {
	case s.Verb != Refunding && p.shows(s):
		return true, done(tx, p, s)
	case p.gone(s):
		return true, end(tx, p, s, StepRefused, p.lost(), "")
	}
	return false, nil
}

// shows reports whether a payment is as a step makes it.
func (p Payment) shows(s Step) bool {
	switch s.Verb {
	case Authorizing, Saving:
		return p.Status != Planned
	case Incrementing:
		return p.Held >= s.Amount
	case Capturing:
		return p.Status == Taken
	case Voiding:
		return p.Status.Final()
	case Refunding:
		return !s.sent.IsZero() && p.Refunded >= s.before+s.Amount
	}
	return false
}

// gone reports whether a payment is beyond what a step needs.
func (p Payment) gone(s Step) bool {
	return (s.Verb == Capturing || s.Verb == Incrementing) && p.Status.Final() && !p.shows(s)
}

// lost says why there is no hold any more.
func (p Payment) lost() Outcome {
	if p.Status == Refused {
		return Declined
	}
	return HoldEnded
}

// done ends a step that had its effect. A release that came too late to keep a
// method from taking everything gives it back.
func done(tx *store.Tx, p Payment, s Step) error {
	if err := end(tx, p, s, StepDone, "", ""); err != nil || s.Verb != Voiding || p.Status != Taken {
		return err
	}
	w, err := read(tx, p.ID)
	if err != nil || w.left() == 0 {
		return err
	}
	return planStep(tx, Step{ID: s.ID + "/refund", Payment: p.ID, Verb: Refunding, Amount: w.left(), Account: p.Account, Reason: "nothing is due"})
}

// call makes a step at its provider.
func call(ctx context.Context, ps Providers, w work) reply {
	from, err := ps.named(w.p.Provider)
	if err != nil {
		return reply{err: err}
	}
	late := w.late()
	if late || w.s.doubt && time.Since(w.s.sent) > keyTerm {
		r := find(ctx, from, w)
		none := fail.Is(r.err, fail.NotFound)
		switch {
		case r.err == nil && (late || w.effect(r.charge)), r.err != nil && !none:
			return r
		case late:
			return reply{err: errLate, none: none}
		}
	}
	c, err := w.ask(ctx, from)
	if !w.wonders(err) {
		return reply{charge: c, err: err}
	}
	r := find(ctx, from, w)
	return reply{charge: r.charge, err: err, found: r.err == nil, none: fail.Is(r.err, fail.NotFound)}
}

// late reports whether a reader would ask for a payment whose time is over: it may
// have asked before, but is not to begin now.
func (w work) late() bool {
	if w.s.Verb != Authorizing || w.p.Mode != ByReader {
		return false
	}
	r, err := w.request()
	return err == nil && !r.Until.IsZero() && time.Now().After(r.Until)
}

var errLate = fail.New(fail.Invalid, "payment.Run", "the time to pay is over")

// request is what only the provider needs, as the step keeps it.
func (w work) request() (r request, err error) {
	if err := json.Unmarshal([]byte(w.s.request), &r); err != nil {
		return r, fail.New(fail.Invalid, "payment.Run", "the request cannot be read: %v", err)
	}
	return r, nil
}

// wonders reports whether, after an error, it is worth asking what the provider
// has: the state does not allow the step, no attempt follows, or an attempt
// before this one may have had its effect.
func (w work) wonders(err error) bool {
	refused := fail.Is(err, fail.Invalid) || fail.Is(err, fail.NotFound)
	return err != nil && (fail.Is(err, fail.Conflict) || w.last() || w.s.doubt && refused)
}

// last reports whether no attempt follows.
func (w work) last() bool { return w.s.Attempts > int64(len(w.s.waits())) }

func (s Step) waits() []time.Duration {
	if s.Verb == Incrementing {
		return raises
	}
	return waits
}

// effect reports whether a charge is as the step makes it.
func (w work) effect(c Charge) bool {
	q, why := w.p.join(c)
	return why == "" && q.shows(w.s)
}

func find(ctx context.Context, from Provider, w work) reply {
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	c, err := from.Find(ctx, Query{Payment: w.p.ID, Ref: w.p.Ref})
	return reply{charge: c, err: err}
}

// ask is the call itself.
func (w work) ask(ctx context.Context, from Provider) (Charge, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	c := Change{Payment: w.p.ID, Ref: w.p.Ref, Key: w.s.ID, Amount: money.Amount{Minor: w.s.Amount, Currency: w.p.Currency}, Reason: w.s.Reason}
	switch w.s.Verb {
	case Capturing:
		return from.Capture(ctx, c)
	case Refunding:
		return from.Refund(ctx, c)
	case Voiding:
		c.Amount = money.Amount{}
		if rs, ok := from.(Readers); ok && w.p.Mode == ByReader && w.p.Status == Open {
			// A reader that cannot be told asks for what can be paid no more once it is void.
			_ = rs.Cancel(ctx, w.p.Reader, w.p.Ref)
		}
		return from.Void(ctx, c)
	case Incrementing:
		if i, ok := from.(Incrementer); ok {
			return i.Increment(ctx, c)
		}
		return Charge{}, errNotOffered
	}
	return w.open(ctx, from)
}

var errNotOffered = fail.New(fail.Invalid, "payment.Run", "the provider does not offer this")

// open asks for a new charge.
func (w work) open(ctx context.Context, from Provider) (Charge, error) {
	r, err := w.request()
	if err != nil {
		return Charge{}, err
	}
	a := Ask{
		Payment: w.p.ID, Key: w.s.ID, Amount: money.Amount{Minor: w.s.Amount, Currency: w.p.Currency}, Method: r.Method, Customer: r.Customer, Email: r.Email,
		Text: r.Text, Language: r.Language, Return: r.Return, Save: r.Save, Take: r.Take, Until: r.Until,
	}
	if a.Return == "" && w.p.Mode == BySaved && w.back != nil {
		a.Return = w.back(w.p.ID)
	}
	switch {
	case w.s.Verb == Saving:
		if s, ok := from.(Saver); ok {
			return s.Save(ctx, a)
		}
		return Charge{}, errNotOffered
	case w.p.Mode == ByReader:
		if rs, ok := from.(Readers); ok {
			return rs.Present(ctx, w.p.Reader, a)
		}
		return Charge{}, errNotOffered
	}
	return from.Authorize(ctx, a)
}

// finish records what came of a step.
func finish(tx *store.Tx, step string, r reply) error {
	s, found, err := findStep(tx, step)
	if err != nil || !found {
		return err
	}
	p, err := known(tx, s.Payment)
	if err != nil {
		return err
	}
	if r.err == nil || r.found {
		if p, err = record(tx, p, r.charge); err != nil {
			return err
		}
	}
	if s, _, err = findStep(tx, step); err != nil || s.State.Ended() {
		return err
	}
	if p.Trouble == Strange { // made again under its key when a person has looked
		s.doubt, s.Next, s.Answer = true, time.Time{}, p.Why
		save(tx, s)
		return nil
	}
	if r.err == nil {
		return heard(tx, p, s, r.charge)
	}
	return failed(tx, p, s, r)
}

// heard is for a step that the provider answered.
func heard(tx *store.Tx, p Payment, s Step, c Charge) error {
	switch {
	case p.Status == Refused && (s.Verb == Authorizing || s.Verb == Saving || s.Verb == Capturing):
		return end(tx, p, s, StepRefused, Declined, p.Decline.Text)
	case p.shows(s):
		return done(tx, p, s)
	case (s.Verb == Incrementing || s.Verb == Capturing) && c.Decline.Code != "": // the hold stays as it is
		return end(tx, p, s, StepRefused, Declined, c.Decline.Code+" "+c.Decline.Text)
	case p.gone(s):
		return end(tx, p, s, StepRefused, p.lost(), "")
	}
	return later(tx, p, s, "", "the provider is not done with it") // asked again it says the same, until it is
}

// failed is for a step that was not answered, or not with a charge.
func failed(tx *store.Tx, p Payment, s Step, r reply) error {
	text := fail.KindOf(r.err).String() + ": " + fail.Say(r.err)
	switch kind := fail.KindOf(r.err); {
	case r.found && p.shows(s) && (s.Verb != Refunding || kind != fail.Conflict): // a refund of ours would have been answered, under its key
		return done(tx, p, s)
	case r.found && p.gone(s):
		return end(tx, p, s, StepRefused, p.lost(), text)
	case errors.Is(r.err, errNotOffered):
		return refused(tx, p, s, NotOffered, text)
	case kind == fail.Busy && p.Mode == ByReader && s.Verb == Authorizing && s.Attempts >= readerTries && !s.doubt:
		return refused(tx, p, s, Overloaded, text)
	case kind == fail.Busy:
		return later(tx, p, s, Overloaded, text)
	case kind == fail.Denied:
		return later(tx, p, s, LockedOut, text)
	case kind == fail.Invalid, kind == fail.NotFound:
		if s.doubt && !r.found && !r.none {
			return later(tx, p, s, Impossible, text)
		}
		return refused(tx, p, s, Impossible, text)
	case kind == fail.Conflict:
		if r.found && s.Verb != Voiding { // a page that is being paid on cannot be closed just now
			return refused(tx, p, s, Impossible, text)
		}
		return later(tx, p, s, Impossible, text)
	}
	s.doubt = true
	if r.found || r.none { // the last attempt: what the provider has tells
		return refused(tx, p, s, NotMade, text)
	}
	return later(tx, p, s, NotMade, text)
}

// refused ends a step that will never be made. A payment that could not even be
// asked for is refused.
func refused(tx *store.Tx, p Payment, s Step, why Outcome, text string) error {
	if p.Status == Planned {
		p.Status, p.Decline = Refused, Decline{Code: string(why), Text: brief(text)}
		update(tx, p)
	}
	return end(tx, p, s, StepRefused, why, text)
}

// later has a step made again. After the last attempt it is refused, or, where
// it may have had its effect, unknown.
func later(tx *store.Tx, p Payment, s Step, why Outcome, text string) error {
	ws := s.waits()
	if s.Attempts <= int64(len(ws)) {
		s.State, s.Answer, s.Next = StepPlanned, text, tx.Now().Add(ws[s.Attempts-1])
		if s.doubt || why == "" {
			s.State = StepSent
		}
		save(tx, s)
		return outbox.At(tx, s.Next, TopicStep, s.ID, nil)
	}
	if !s.doubt && why != "" || s.Verb == Incrementing { // a capture goes by what is seen to be held
		return refused(tx, p, s, why, text)
	}
	tx.Write(`UPDATE payment_step SET state = $2, answer = $3, doubt = TRUE, next_at = NULL WHERE id = $1`, s.ID, StepUnknown, brief(text))
	if p.Trouble == NoTrouble {
		p.Trouble, p.Why = Unknown, brief(text)
		update(tx, p)
		look(tx, p)
	}
	return outbox.Emit(tx, TopicChanged, p.ID, nil)
}

// paymentOf is the payment that a step's id begins with.
func paymentOf(step string) string {
	for i := range len(step) {
		if step[i] == '/' {
			return step[:i]
		}
	}
	return step
}

// Handlers is the table of the room's work. It waits for providers, seconds at a
// time: let a runner of its own do it.
func Handlers(db *store.DB, ps Providers, back Back) map[string]outbox.Handler {
	return map[string]outbox.Handler{
		TopicStep:     func(ctx context.Context, e outbox.Event) error { return Run(ctx, db, ps, back, e.Key) },
		TopicDelivery: func(ctx context.Context, e outbox.Event) error { return Hear(ctx, db, ps, e) },
		TopicForget:   func(ctx context.Context, e outbox.Event) error { return ForgetMethod(ctx, db, ps, e.Key) },
	}
}
