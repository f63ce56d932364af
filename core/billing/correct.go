package billing

import (
	"context"
	"slices"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/notify"
	"chargewright/core/session"
)

// Anew is what a settled session would be billed if it were priced now, by what a
// person decides about its evidence.
type Anew struct {
	Receipt  Document // in force
	Given    int64    // of its gross: back already, by credit notes
	Energy   energy.Energy
	Flags    session.Flags // that would hold it: it cannot be priced
	Lines    []Line
	Net      int64
	Tax      int64
	Gross    int64
	file     *file
	decision session.Decision
	known    session.Flags
}

// Left is what is billed now, credit notes deducted.
func (a Anew) Left() int64 { return a.Receipt.Gross - a.Given }

// Correction bills a settled session anew: by its evidence as it has become, by an
// energy that a person names, or not at all.
type Correction struct {
	session.Decision
	Gross int64 // what Preview said; another outcome is a Conflict
}

// Preview prices a settled session anew and changes nothing. A session that is not
// settled, or was voided, is a Conflict; flags that hold it are Anew.Flags.
func Preview(ctx context.Context, db *store.DB, sc access.Scope, id string, d session.Decision) (Anew, error) {
	a, err := store.Read(ctx, db, func(tx *store.Tx) (Anew, error) { return again(tx, sc, id, d) })
	if err != nil {
		return a, err
	}
	return a, a.price()
}

// again collects what the price of a settled session depends on now.
func again(tx *store.Tx, sc access.Scope, id string, d session.Decision) (Anew, error) {
	const op = "billing.Correct"
	a := Anew{decision: d}
	if err := d.Check(); err != nil {
		return a, err
	}
	s, err := session.Get(tx, sc, id)
	if err != nil {
		return a, err
	}
	if !s.Settled || s.Flags.Has(session.FlagVoid) {
		return a, fail.New(fail.Conflict, op, "the session is not billed: there is nothing to correct")
	}
	if a.Receipt, err = GetDocument(tx, sc, s.ID); err != nil {
		return a, err
	}
	given, err := creditsOf(tx, a.Receipt.ID)
	if err != nil {
		return a, err
	}
	for _, x := range given {
		a.Given += x.Gross
	}
	if a.file, err = collect(tx, s); err != nil {
		return a, err
	}
	f := a.file
	f.timeline, a.known = s.Decided(f.inputs, f.meter, d)
	f.revision = a.Receipt.Revision + 1
	if d.Choice == session.Unbills {
		return a, nil
	}
	return a, f.supplied(tx, f.timeline.End)
}

// price rates the session, unless a flag holds it or it is not to be billed.
func (a *Anew) price() error {
	f := a.file
	a.Energy = f.timeline.Energy
	if a.decision.Choice == session.Unbills {
		return nil
	}
	f.timeline.Flags = f.timeline.Flags.With(f.unpriced())
	if f.timeline.Flags.Hold() {
		a.Flags = slices.DeleteFunc(slices.Clone(f.timeline.Flags), func(x session.Flag) bool { return !x.Hold() })
		return nil
	}
	var err error
	if f.rating, err = rate(f); err != nil {
		if !fail.Is(err, fail.Invalid) {
			return err
		}
		a.Flags = session.Flags{session.FlagBadTariff}
		return nil
	}
	a.Lines, a.Net, a.Tax, a.Gross = linesOf(f.rating), f.rating.Invoice.Net, f.rating.Invoice.Tax, f.rating.Invoice.Gross
	return nil
}

// Correct takes what is left of a session's receipt back by a credit note and
// bills it anew by a receipt of the next revision. What was paid and is not due any
// more goes back as it came; what is due beyond it is asked of the driver, and of
// a guest it is our loss. It returns the documents that were issued, the credit
// note first: none for a session that is voided and was given back before.
func Correct(ctx context.Context, db *store.DB, sc access.Scope, id string, c Correction) ([]Document, error) {
	const op = "billing.Correct"
	a, err := Preview(ctx, db, sc, id, c.Decision)
	switch {
	case err != nil:
		return nil, err
	case len(a.Flags) > 0:
		return nil, fail.New(fail.Conflict, op, "it cannot be priced: %s", a.Flags)
	case a.Gross != c.Gross:
		return nil, fail.New(fail.Conflict, op, "it would cost %s now: look at it again", money.Amount{Minor: a.Gross, Currency: a.Receipt.Currency})
	case c.Choice != session.Unbills && a.Gross == a.Left() && slices.EqualFunc(a.Lines, a.Receipt.Body.Lines, func(x, y Line) bool { return x.billed() == y.billed() }):
		return nil, fail.New(fail.Conflict, op, "it costs what is billed already")
	}
	return store.Do(ctx, db, a.file.session.Station, func(tx *store.Tx) ([]Document, error) { return a.book(tx, sc) })
}

// book writes a correction unless something changed since it was read.
func (a Anew) book(tx *store.Tx, sc access.Scope) ([]Document, error) {
	const op = "billing.Correct"
	f := a.file
	s, found, err := session.Find(tx, f.session.ID)
	if err != nil {
		return nil, err
	}
	r, err := GetDocument(tx, sc, f.session.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case !found || !s.UpdatedAt.Equal(f.session.UpdatedAt) || r.ID != a.Receipt.ID:
		return nil, fail.New(fail.Conflict, op, "the session changed meanwhile: look at it again")
	case r.Body.Owed != f.owes():
		return nil, fail.New(fail.Conflict, op, "another driver owes it now than was billed")
	}
	if err := session.Amend(tx, sc, s, a.decision, a.known); err != nil {
		return nil, err
	}
	if err := f.unrecord(tx, r); err != nil {
		return nil, err
	}
	var out []Document
	var note Document
	if a.Left() > 0 {
		if note, err = credit(tx, r, CreditOrder{Key: "correction", Gross: a.Left(), Reason: a.decision.Reason, Actor: sc.Actor}); err != nil {
			return nil, err
		}
		out = append(out, note)
	}
	if a.decision.Choice == session.Unbills {
		session.Voided(tx, s)
	} else {
		fresh, err := f.rebill(tx, s)
		if err != nil {
			return nil, err
		}
		out = append(out, fresh)
	}
	if len(out) == 0 {
		return nil, nil // voided, and nothing was left to be given back
	}
	if err := f.reclaim(tx, note, out[len(out)-1], a.decision.Reason); err != nil {
		return nil, err
	}
	for _, d := range out {
		if err := notify.Publish(tx, notify.Event{Tenant: d.Tenant, Type: notify.ReceiptIssued, Object: d.ID}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rebill issues the receipt of the next revision.
func (f *file) rebill(tx *store.Tx, s session.Session) (Document, error) {
	if err := f.draw(); err != nil {
		return Document{}, err
	}
	r, err := f.draft.issue(tx, f.entity)
	if err != nil {
		return r, err
	}
	if err := f.post(tx, r); err != nil {
		return r, err
	}
	f.record(tx)
	session.Settled(tx, s, f.timeline, r.Gross)
	return r, nil
}

// unrecord takes the charge detail record of a receipt back by one that credits it.
func (f *file) unrecord(tx *store.Tx, r Document) error {
	n, err := tx.Exec(`INSERT INTO billing_cdr (id, tenant_id, session_id, revision, credits, currency, energy_mwh, total_excl, total_incl, body, created_at)
		SELECT $1, tenant_id, session_id, $2, id, currency, energy_mwh, total_excl, total_incl, body, $3 FROM billing_cdr WHERE session_id = $4 AND revision = $5`,
		id.New("cdr"), 2*r.Revision, tx.Now(), r.Session, 2*r.Revision-1)
	if err == nil && n != 1 {
		err = fail.New(fail.Internal, "billing.Correct", "%s has no record", r.Number)
	}
	return err
}

// reclaim has what is due now collected instead of what was. The last document is
// the receipt in force, or the credit note of what is billed no more.
func (f *file) reclaim(tx *store.Tx, note, last Document, reason string) error {
	due := last.Gross
	if last.Kind == CreditNote {
		due = 0
	}
	c, found, err := findClaim(tx, "session_id", f.session.ID)
	switch {
	case err != nil:
		return err
	case !found && f.guest.ID == "":
		return charge(tx, f.session, last, f.owes(), f.guest)
	case !found: // a guest whose hold was released: what comes to light later is our loss
		c := Claim{ID: id.New("clm"), Tenant: last.Tenant, Entity: last.Entity, Session: f.session.ID, Guest: f.guest.ID, Account: f.owes(), Currency: last.Currency,
			State: ClaimPaid, CreatedAt: tx.Now()}
		if err := c.lose(tx, "overrun", last.ID, due); err != nil {
			return err
		}
		writeClaim(tx, c)
		return nil
	}
	return c.rebilled(tx, note, last.ID, due, reason)
}
