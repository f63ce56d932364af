package payment

import (
	"fmt"
	"time"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Verb is what a step does at the provider.
type Verb string

// The verbs.
const (
	Authorizing  Verb = "authorize"
	Saving       Verb = "save"
	Incrementing Verb = "increment"
	Capturing    Verb = "capture"
	Voiding      Verb = "void"
	Refunding    Verb = "refund"
)

// StepState is where a step stands.
type StepState string

// The states of steps.
const (
	StepPlanned StepState = "planned" // nothing has happened yet
	StepSent    StepState = "sent"    // the provider was called; the outcome is not known
	StepDone    StepState = "done"
	StepRefused StepState = "refused" // it did not happen and will not: Outcome
	StepUnknown StepState = "unknown" // the provider could not be asked for a day: a person looks
)

// Ended reports whether the next step may follow.
func (s StepState) Ended() bool { return s == StepDone || s == StepRefused }

// Outcome says why a step was refused.
type Outcome string

// The outcomes.
const (
	Declined   Outcome = "declined"    // the bank said no: Payment.Decline
	HoldEnded  Outcome = "hold_ended"  // the hold ran out or was released before
	Impossible Outcome = "impossible"  // the provider will never do it, as it is asked
	LockedOut  Outcome = "locked_out"  // the provider did not take our credentials for a day
	Overloaded Outcome = "overloaded"  // the provider turned us away for a day
	NotOffered Outcome = "not_offered" // the provider has no such thing
	NotMade    Outcome = "not_made"    // it was never answered, and the provider knows nothing of it
	Withdrawn  Outcome = "withdrawn"   // we took it back before it was made
	GivenUp    Outcome = "given_up"    // a person did
)

// Step is one call to a provider, written down before it is made.
type Step struct {
	ID       string // payment/verb…: natural key, and the key of the call
	Payment  string
	Verb     Verb
	Amount   int64  // minor units; of an increment the whole hold
	Due      int64  // of a capture: what was due
	Account  string // of a refund
	Reason   string // of a refund
	State    StepState
	Outcome  Outcome // while refused
	Answer   string  // what the provider said, for staff
	Attempts int64
	Next     time.Time // of the next attempt; zero: there is none
	Created  time.Time
	Ended    time.Time

	seq     int64
	request string
	doubt   bool      // it may have had its effect
	before  int64     // of a refund: refunded when it was first sent
	booked  int64     // of a refund: what was seen of it
	sent    time.Time // for the first time
}

const stepColumns = `id, payment_id, verb, amount_minor, due_minor, account, reason, state, outcome, answer, attempts, next_at, created_at, ended_at,
	seq, request, doubt, before_minor, booked_minor, sent_at`

func scanStep(r *store.Row) Step {
	return Step{
		ID: r.Text(0), Payment: r.Text(1), Verb: Verb(r.Text(2)), Amount: r.Int(3), Due: r.Int(4), Account: r.Text(5), Reason: r.Text(6),
		State: StepState(r.Text(7)), Outcome: Outcome(r.Text(8)), Answer: r.Text(9), Attempts: r.Int(10), Next: r.Time(11), Created: r.Time(12), Ended: r.Time(13),
		seq: r.Int(14), request: r.Text(15), doubt: r.Bool(16), before: r.Int(17), booked: r.Int(18), sent: r.Time(19),
	}
}

func findStep(tx *store.Tx, step string) (Step, bool, error) {
	return store.One(tx, scanStep, `SELECT `+stepColumns+` FROM payment_step WHERE id = $1`, step)
}

// Steps lists the steps of a payment in their order, 1,000 at most. Who may see
// the payment is judged by Get.
func Steps(tx *store.Tx, payment string) ([]Step, error) {
	return store.All(tx, scanStep, `SELECT `+stepColumns+` FROM payment_step WHERE payment_id = $1 ORDER BY seq LIMIT 1000`, payment)
}

// planStep writes a step down behind those of its payment, and has it made.
func planStep(tx *store.Tx, s Step) error {
	if _, err := tx.Exec(`INSERT INTO payment_step (id, payment_id, seq, verb, amount_minor, due_minor, account, reason, request, state, outcome, answer, doubt,
		attempts, before_minor, booked_minor, next_at, created_at)
		VALUES ($1, $2, (SELECT COALESCE(MAX(seq), 0) + 1 FROM payment_step WHERE payment_id = $2), $3, $4, $5, $6, $7, $8, $9, '', '', FALSE, 0, 0, 0, $10, $10)`,
		s.ID, s.Payment, s.Verb, s.Amount, s.Due, s.Account, s.Reason, s.request, StepPlanned, tx.Now()); err != nil {
		return err
	}
	return outbox.Emit(tx, TopicStep, s.ID, nil)
}

// No says why a request was not taken up.
type No string

// The reasons. Requests that get one changed nothing.
const (
	NotHeld  No = "not_held"  // nothing is held, and nothing was taken
	NotTaken No = "not_taken" // nothing was taken that could go back
	Over     No = "over"      // the payment ended with nothing taken
	Decided  No = "decided"   // another end was asked for before
	TooMuch  No = "too_much"  // Amount is what may be asked for
	Doubtful No = "doubtful"  // the payment is strange; a person has to look first
	Failed   No = "failed"    // it was asked for before and refused: Step says why
)

// Request is the answer to the wish for a step.
type Request struct {
	Step   string // its id; "" when nothing is left to do
	No     No     // why it was not taken up
	Amount int64  // minor units: what the step is about
	Short  int64  // of Capture: what is due and was not held
}

// wish is a payment that something is asked of, with its steps.
type wish struct {
	p     Payment
	steps []Step
}

func read(tx *store.Tx, payment string) (wish, error) {
	p, err := known(tx, payment)
	if err != nil {
		return wish{}, err
	}
	steps, err := Steps(tx, payment)
	return wish{p, steps}, err
}

// step returns the step of that verb, or of that end of an id.
func (w wish) step(end string) (Step, bool) {
	for _, s := range w.steps {
		if s.ID == w.p.ID+"/"+end {
			return s, true
		}
	}
	return Step{}, false
}

// left is what was taken and goes back neither now nor by refunds under way.
func (w wish) left() int64 {
	left := w.p.Kept()
	for _, s := range w.steps {
		if s.Verb == Refunding && !s.State.Ended() {
			left -= s.Amount - s.booked
		}
	}
	return left
}

// Left is what was taken by a payment and goes back neither now nor by refunds
// under way, in minor units.
func Left(tx *store.Tx, payment string) (int64, error) {
	w, err := read(tx, payment)
	return w.left(), err
}

// stands is step for one that was not refused.
func (w wish) stands(end string) bool {
	s, found := w.step(end)
	return found && s.State != StepRefused
}

// Capture asks for what is due, in minor units, of a payment that is held, once:
// no more than the hold is taken, Request.Short is what is due beyond it, and the
// rest of the hold is released. Where the method took everything at once, what is
// not due goes back. Nothing due is Void. The same amount again gets the same
// answer.
func Capture(tx *store.Tx, payment string, due int64) (Request, error) {
	w, err := read(tx, payment)
	switch {
	case err != nil:
		return Request{}, err
	case due < 0:
		return Request{}, fail.New(fail.Internal, "payment.Capture", "%d is due of %s", due, payment)
	case due == 0:
		return Void(tx, payment)
	}
	if s, found := w.step("capture"); found {
		switch {
		case s.Due != due:
			return Request{No: Decided}, nil
		case s.State == StepRefused:
			return Request{Step: s.ID, No: Failed}, nil
		}
		return s.takes(), nil
	}
	s := Step{ID: payment + "/capture", Payment: payment, Due: due, Verb: Capturing, Account: w.p.Account}
	switch {
	case w.p.Trouble == Strange:
		return Request{No: Doubtful}, nil
	case w.p.Status != Taken && w.p.Status.Final():
		return Request{No: Over}, nil
	case w.stands("void"):
		return Request{No: Decided}, nil
	case w.p.Status == Held:
		s.Amount = min(due, w.p.Held)
	case w.p.Status == Taken:
		s.Verb, s.Amount, s.Reason = Refunding, max(w.left()-due, 0), "more was taken than was due"
		if s.Amount == 0 {
			return Request{Amount: w.left(), Short: due - w.left()}, nil
		}
	default:
		return Request{No: NotHeld}, nil
	}
	return s.takes(), planStep(tx, s)
}

// takes is what Capture says of its step.
func (s Step) takes() Request {
	if s.Verb == Refunding { // more was there than is due
		return Request{Step: s.ID, Amount: s.Due}
	}
	return Request{Step: s.ID, Amount: s.Amount, Short: s.Due - s.Amount}
}

// again is the answer to a wish that was heard before, for an amount.
func (s Step) again(amount int64) Request {
	switch {
	case s.Amount != amount:
		return Request{No: Decided}
	case s.State == StepRefused:
		return Request{Step: s.ID, No: Failed}
	}
	return Request{Step: s.ID, Amount: amount}
}

// Void asks that nothing is kept: a page is closed, a hold released, and what a
// method took at once goes back. A payment that was not sent to the provider yet
// ends here.
func Void(tx *store.Tx, payment string) (Request, error) {
	w, err := read(tx, payment)
	if err != nil {
		return Request{}, err
	}
	if s, found := w.step("void"); found {
		return s.again(s.Amount), nil
	}
	s := Step{ID: payment + "/void", Payment: payment, Verb: Voiding, Account: w.p.Account}
	switch {
	case w.p.Trouble == Strange:
		return Request{No: Doubtful}, nil
	case w.stands("capture"):
		return Request{No: Decided}, nil
	case w.p.Status == Taken:
		s.Verb, s.Amount, s.Reason = Refunding, w.left(), "nothing is due"
		if s.Amount == 0 {
			return Request{}, nil
		}
	case w.p.Status.Final():
		return Request{No: Over}, nil
	case len(w.steps) == 1 && w.steps[0].State == StepPlanned && !w.steps[0].doubt:
		w.p.Status = Released
		update(tx, w.p)
		return Request{}, end(tx, w.p, w.steps[0], StepRefused, Withdrawn, "")
	}
	return Request{Step: s.ID, Amount: s.Amount}, planStep(tx, s)
}

// Refund asks that an amount more than 0 of what was taken goes back, from an
// account of the ledger ("" for the payment's own). The key makes it the only one
// of the payment: the same again gets the same answer. More than is left, refunds
// under way deducted, is TooMuch.
func Refund(tx *store.Tx, payment, key string, amount int64, account, reason string) (Request, error) {
	w, err := read(tx, payment)
	if err != nil {
		return Request{}, err
	}
	if amount <= 0 || key == "" || len(key) > 100 {
		return Request{}, fail.New(fail.Internal, "payment.Refund", "%d of %s are to go back under the key %q", amount, payment, key)
	}
	if s, found := w.step("refund/" + key); found {
		return s.again(amount), nil
	}
	switch {
	case w.p.Trouble == Strange:
		return Request{No: Doubtful}, nil
	case w.p.Status != Taken:
		return Request{No: NotTaken}, nil
	case amount > w.left():
		return Request{No: TooMuch, Amount: w.left()}, nil
	}
	if account == "" {
		account = w.p.Account
	}
	s := Step{ID: payment + "/refund/" + key, Payment: payment, Verb: Refunding, Amount: amount, Account: account, Reason: brief(reason)}
	return Request{Step: s.ID, Amount: amount}, planStep(tx, s)
}

// Increment asks for a hold to be raised to an amount in all. What the bank
// thinks of it is seen in Payment.Held.
func Increment(tx *store.Tx, payment string, to int64) (Request, error) {
	w, err := read(tx, payment)
	if err != nil {
		return Request{}, err
	}
	end := fmt.Sprint("increment/", to)
	if s, found := w.step(end); found {
		return s.again(to), nil
	}
	switch {
	case w.p.Trouble == Strange:
		return Request{No: Doubtful}, nil
	case w.stands("capture"), w.stands("void"):
		return Request{No: Decided}, nil
	case w.p.Status != Held:
		return Request{No: NotHeld}, nil
	case to <= w.p.Held:
		return Request{Amount: w.p.Held}, nil
	}
	w.p.Asked = max(w.p.Asked, to)
	update(tx, w.p)
	s := Step{ID: payment + "/" + end, Payment: payment, Verb: Incrementing, Amount: to}
	return Request{Step: s.ID, Amount: to}, planStep(tx, s)
}

// Retry has a step made again on a person's word: one whose outcome is unknown,
// or a capture or release that was refused while the payment still allows it.
func Retry(tx *store.Tx, sc access.Scope, step string) error {
	p, s, err := stepFor(tx, sc, step)
	if err != nil {
		return err
	}
	refused := s.State == StepRefused && (s.Verb == Capturing && p.Status == Held || s.Verb == Voiding && !p.Status.Final())
	if s.State != StepUnknown && !refused {
		return fail.New(fail.Conflict, "payment.Retry", "the step is %s and the payment %s", s.State, p.Status)
	}
	tx.Write(`UPDATE payment_step SET state = $2, outcome = '', attempts = 0, next_at = $3, ended_at = NULL WHERE id = $1`, s.ID, StepSent, tx.Now())
	calm(tx, p)
	return outbox.At(tx, tx.Now(), TopicStep, s.ID, nil)
}

// GiveUp ends a step whose outcome is unknown, on a person's word that it did
// not happen.
func GiveUp(tx *store.Tx, sc access.Scope, step, reason string) error {
	p, s, err := stepFor(tx, sc, step)
	if err == nil && s.State != StepUnknown {
		err = fail.New(fail.Conflict, "payment.GiveUp", "the outcome of the step is not unknown")
	}
	if err != nil {
		return err
	}
	calm(tx, p)
	return end(tx, p, s, StepRefused, GivenUp, reason)
}

// stepFor returns a step to who may see its payment.
func stepFor(tx *store.Tx, sc access.Scope, step string) (Payment, Step, error) {
	s, found, err := findStep(tx, step)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "payment.Step", "there is no step %q", step)
	}
	if err != nil {
		return Payment{}, Step{}, err
	}
	p, err := Get(tx, sc, s.Payment)
	return p, s, err
}

// calm takes the trouble of an unknown step from its payment.
func calm(tx *store.Tx, p Payment) {
	tx.Write(`UPDATE payment_payment SET trouble = $2, trouble_text = '' WHERE id = $1 AND trouble = $3`, p.ID, NoTrouble, Unknown)
}

// end writes the end of a step, tells the owner of the payment's purpose, and
// has the next step made.
func end(tx *store.Tx, p Payment, s Step, state StepState, why Outcome, text string) error {
	tx.Write(`UPDATE payment_step SET state = $2, outcome = $3, answer = $4, request = '', next_at = NULL, ended_at = $5 WHERE id = $1`,
		s.ID, state, why, brief(text), tx.Now())
	if s.Verb == Refunding && state == StepRefused {
		if err := unbook(tx, p, s); err != nil {
			return err
		}
	}
	if err := outbox.Cancel(tx, TopicStep, s.ID); err != nil {
		return err
	}
	if err := outbox.Emit(tx, TopicChanged, p.ID, nil); err != nil {
		return err
	}
	next, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) },
		`SELECT id FROM payment_step WHERE payment_id = $1 AND seq > $2 AND ended_at IS NULL ORDER BY seq LIMIT 1`, p.ID, s.seq)
	if err != nil || !found {
		return err
	}
	tx.Write(`UPDATE payment_step SET next_at = $2 WHERE id = $1`, next, tx.Now())
	return outbox.Emit(tx, TopicStep, next, nil)
}
