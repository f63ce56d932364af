package payment

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
)

// rank orders the states so that a later one is never left for an earlier one:
// news may come in any order.
var rank = map[Status]int{Planned: 0, Open: 1, Expired: 2, Held: 3, Released: 4, Refused: 5, Taken: 6}

// join is what a payment is after a piece of news, in whatever order they come
// and however often. why is not empty when the news cannot be true of it: then it
// is unchanged.
func (p Payment) join(c Charge) (joined Payment, why string) {
	if why = p.strange(c); why != "" {
		return p, why
	}
	p.Ref = c.Ref
	p.Captured, p.Refunded = max(p.Captured, c.Captured), max(p.Refunded, c.Refunded)
	switch {
	case rank[c.Status] > rank[p.Status]:
		p.Status, p.Held, p.URL, p.Before = c.Status, c.Held, c.URL, c.CaptureBefore
	case c.Status == p.Status:
		p.Held = max(p.Held, c.Held)
		if c.URL != "" { // the newest: the page may give way to that of a bank
			p.URL = c.URL
		}
		if c.CaptureBefore.After(p.Before) {
			p.Before = c.CaptureBefore
		}
	}
	if p.Status != Open {
		p.URL = ""
	}
	if p.Status != Held {
		p.Held, p.Before = 0, time.Time{}
	}
	if c.Method.Kind != "" {
		p.Method = c.Method
		p.Method.Ref, p.Method.Customer = "", ""
	}
	if p.Status == Refused && c.Status == Refused {
		p.Decline = c.Decline
	}
	return p, ""
}

// strange says why a charge cannot be what became of the payment; "" if it can.
func (p Payment) strange(c Charge) string {
	_, known := rank[c.Status]
	switch {
	case c.Payment != p.ID:
		return fmt.Sprintf("the charge %s is of %q", c.Ref, c.Payment)
	case c.Ref == "" || p.Ref != "" && c.Ref != p.Ref:
		return fmt.Sprintf("there is a second charge, %q", c.Ref)
	case len(c.Ref) > 255 || len(c.URL) > 4096 || !utf8.ValidString(c.Ref+c.URL) || strings.ContainsRune(c.Ref+c.URL, 0):
		return fmt.Sprintf("the reference %q or its address cannot be kept", brief(c.Ref))
	case c.Currency != p.Currency:
		return fmt.Sprintf("it was asked in %s and paid in %s", p.Currency, c.Currency)
	case !known || c.Status == Planned:
		return fmt.Sprintf("%q is no state", c.Status)
	case c.Held < 0 || c.Captured < 0 || c.Refunded < 0 || c.Refunded > c.Captured:
		return fmt.Sprintf("%d held, %d captured and %d refunded do not go together", c.Held, c.Captured, c.Refunded)
	case c.Captured > p.Asked || c.Held > p.Asked:
		return fmt.Sprintf("%d were asked for, %d are held and %d captured", p.Asked, c.Held, c.Captured)
	case (c.Captured > 0) != (c.Status == Taken):
		return fmt.Sprintf("it is %s with %d captured", c.Status, c.Captured)
	case c.Dispute != nil && (c.Dispute.Amount < 0 || c.Dispute.Amount > c.Captured):
		return fmt.Sprintf("%d of %d captured are disputed", c.Dispute.Amount, c.Captured)
	case c.Dispute != nil && (c.Dispute.Ref == "" || len(c.Dispute.Ref) > 255 || disputeRank[c.Dispute.State] == 0):
		return fmt.Sprintf("%q is no state of a dispute, or it has no name", c.Dispute.State)
	}
	return ""
}

// clean makes the texts of a charge fit for their columns; ids are judged by strange.
func (c Charge) clean() Charge {
	for _, s := range []*string{
		&c.Method.Kind, &c.Method.Brand, &c.Method.Wallet, &c.Method.Last4, &c.Method.Fingerprint, &c.Method.Country, &c.Method.ExpiresOn,
		&c.Method.Ref, &c.Method.Customer, &c.Decline.Code, &c.Decline.Text,
	} {
		*s = brief(*s)
	}
	return c
}

// record writes what a payment has become and books what moved; a charge that
// tells nothing new changes nothing. A strange one is flagged, and nothing of the
// payment is booked until a person has looked (Clear).
func record(tx *store.Tx, p Payment, c Charge) (Payment, error) {
	if p.Trouble == Strange {
		return p, nil
	}
	c = c.clean()
	q, why := p.join(c)
	if why == "" && q.Ref != p.Ref {
		other, taken, err := byRef(tx, p.Provider, q.Ref)
		if err != nil {
			return p, err
		}
		if taken && other.ID != p.ID {
			q, why = p, fmt.Sprintf("the charge %s is that of %s", c.Ref, other.ID)
		}
	}
	if why != "" {
		q.Trouble, q.Why = Strange, brief(why)
	}
	changed := q != p
	if changed {
		update(tx, q)
		look(tx, q)
	}
	if why == "" {
		more, err := follow(tx, p, q, c)
		if err != nil {
			return p, err
		}
		changed = changed || more
	}
	if !changed {
		return q, nil
	}
	return q, outbox.Emit(tx, TopicChanged, q.ID, nil)
}

// follow does what news of a payment entail, was being what it was before.
func follow(tx *store.Tx, was, p Payment, c Charge) (changed bool, err error) {
	if err := book(tx, was, p); err != nil {
		return false, err
	}
	if c.Dispute != nil {
		if changed, err = dispute(tx, p, *c.Dispute); err != nil {
			return changed, err
		}
	}
	if c.Method.Ref != "" && p.Driver != "" {
		if err := keep(tx, p, c.Method); err != nil {
			return changed, err
		}
	}
	if err := remind(tx, was, p); err != nil {
		return changed, err
	}
	return changed, solve(tx, p)
}

// How long before its end a hold is spoken of, and how long one lasts whose
// provider does not say: the shortest that card schemes grant without the buyer.
const (
	warning = 12 * time.Hour
	unsaid  = 5 * 24 * time.Hour
)

// remind sets the timer of a hold: half a day before its end, or after half of a
// short one.
func remind(tx *store.Tx, was, p Payment) error {
	switch {
	case p.Status != Held && was.Status == Held:
		return outbox.Cancel(tx, TopicExpiring, p.ID)
	case p.Status != Held, was.Status == Held && p.Before.Equal(was.Before):
		return nil
	}
	ends := p.Before
	if ends.IsZero() {
		ends = tx.Now().Add(unsaid)
	}
	return outbox.At(tx, ends.Add(-min(warning, max(ends.Sub(tx.Now())/2, 0))), TopicExpiring, p.ID, nil)
}

// solve ends a step whose outcome was unknown and is seen now.
func solve(tx *store.Tx, p Payment) error {
	s, found, err := store.One(tx, scanStep, `SELECT `+stepColumns+` FROM payment_step WHERE payment_id = $1 AND ended_at IS NULL ORDER BY seq LIMIT 1`, p.ID)
	if err != nil || !found || s.State != StepUnknown || !p.shows(s) {
		return err
	}
	calm(tx, p)
	return end(tx, p, s, StepDone, "", "it was seen afterwards")
}

// byRef returns the payment that has a reference at a provider.
func byRef(tx *store.Tx, provider, ref string) (Payment, bool, error) {
	return store.One(tx, scanPayment, `SELECT `+columns+` FROM payment_payment WHERE provider = $1 AND ref = $2 ORDER BY id LIMIT 1`, provider, ref)
}

// findTime bounds one question to a provider.
const findTime = 15 * time.Second

// Learn asks a provider what a payment has become, and records it. It returns
// the payment's id, "" if it is none of ours.
func Learn(ctx context.Context, db *store.DB, ps Providers, provider string, q Query) (payment string, err error) {
	from, err := ps.named(provider)
	if err != nil {
		return "", err
	}
	fctx, cancel := context.WithTimeout(ctx, findTime)
	c, err := from.Find(fctx, q)
	cancel()
	switch {
	case fail.Is(err, fail.NotFound):
		return "", nil
	case fail.Is(err, fail.Internal): // it answered, with what is no currency or no amount
		return unreadable(ctx, db, provider, q, err)
	case err != nil:
		return "", fail.Wrap(fail.Unavailable, "payment.Learn", err)
	}
	return store.Do(ctx, db, "payment/"+c.Payment, func(tx *store.Tx) (string, error) {
		p, found, err := byRef(tx, provider, c.Ref)
		if err == nil && !found {
			p, found, err = Find(tx, c.Payment)
		}
		if err != nil || !found || p.Provider != provider {
			return "", err
		}
		_, err = record(tx, p, c)
		return p.ID, err
	})
}

// unreadable makes a payment strange of which its provider says what cannot be read:
// asking again is of no use.
func unreadable(ctx context.Context, db *store.DB, provider string, q Query, cause error) (payment string, err error) {
	var said *fail.Error
	why := "what the provider says of it cannot be read"
	if errors.As(cause, &said) && said.Text != "" {
		why += ": " + said.Text
	}
	return store.Do(ctx, db, "payment/"+q.Payment, func(tx *store.Tx) (string, error) {
		p, found, err := Find(tx, q.Payment)
		if err == nil && !found && q.Ref != "" {
			p, found, err = byRef(tx, provider, q.Ref)
		}
		if err != nil || !found || p.Provider != provider || q.Ref != "" && p.Ref != "" && p.Ref != q.Ref || p.Trouble == Strange {
			return "", err
		}
		p.Trouble, p.Why = Strange, brief(why)
		update(tx, p)
		look(tx, p)
		return p.ID, outbox.Emit(tx, TopicChanged, p.ID, nil)
	})
}

// lookAgain is how long after a look at a payment the next one is due.
func lookAgain(p Payment, now time.Time) time.Duration {
	switch age := now.Sub(p.Created); {
	case p.Status == Held:
		return 6 * time.Hour
	case age < time.Hour:
		return 2 * time.Minute
	case age < 24*time.Hour:
		return 30 * time.Minute
	}
	return 6 * time.Hour
}

// sweepSize bounds one Sweep.
const sweepSize = 100

// Sweep looks after what nobody told of: it asks the providers of payments that
// are open or held and due to be looked at, 100 at most, and wakes steps that are
// due. A payment whose provider fails waits for its next turn; the first error is
// returned.
func Sweep(ctx context.Context, db *store.DB, ps Providers) error {
	due, err := store.Do(ctx, db, "payment/sweep", func(tx *store.Tx) ([]Payment, error) { return dueLooks(tx) })
	if err != nil {
		return err
	}
	var failed error
	for _, p := range due {
		if ctx.Err() != nil {
			break
		}
		if _, err := Learn(ctx, db, ps, p.Provider, Query{Payment: p.ID, Ref: p.Ref}); err != nil && failed == nil {
			failed = err
		}
	}
	return errors.Join(failed, ctx.Err())
}

// dueLooks takes the payments that are due, and wakes steps that are overdue.
func dueLooks(tx *store.Tx) ([]Payment, error) {
	steps, err := store.All(tx, func(r *store.Row) string { return r.Text(0) },
		`SELECT id FROM payment_step WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2`, tx.Now().Add(-time.Minute), sweepSize)
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		if err := outbox.At(tx, tx.Now(), TopicStep, s, nil); err != nil {
			return nil, err
		}
	}
	due, err := store.All(tx, scanPayment, `SELECT `+columns+` FROM payment_payment WHERE look_at <= $1 ORDER BY look_at, id LIMIT $2`, tx.Now(), sweepSize)
	if err != nil {
		return nil, err
	}
	for _, p := range due {
		look(tx, p)
	}
	return due, nil
}

// look sets when the provider is asked of a payment next: never again once
// nothing more can become of it by itself, and all that became of it is known.
func look(tx *store.Tx, p Payment) {
	next := time.Time{}
	if !p.Status.Final() && p.Trouble != Strange || p.Trouble == Unknown {
		next = tx.Now().Add(lookAgain(p, tx.Now()))
	}
	tx.Write(`UPDATE payment_payment SET look_at = $2 WHERE id = $1`, p.ID, next)
}

// brief makes a text of others fit for a column: valid, at most 500 bytes.
func brief(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "?")
	return strings.ToValidUTF8(s[:min(len(s), 500)], "")
}
