package payment

import (
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Objection is a dispute of a payment.
type Objection struct {
	ID       string
	Tenant   string
	Payment  string
	Provider string
	Dispute
	Currency money.Currency
	Created  time.Time
	Updated  time.Time
}

const objectionColumns = `id, tenant_id, payment_id, provider, ref, reason, amount_minor, state, due_at, currency, created_at, updated_at`

func scanObjection(r *store.Row) Objection {
	return Objection{
		ID: r.Text(0), Tenant: r.Text(1), Payment: r.Text(2), Provider: r.Text(3),
		Dispute:  Dispute{Ref: r.Text(4), Reason: r.Text(5), Amount: r.Int(6), State: DisputeState(r.Text(7)), DueAt: r.Time(8)},
		Currency: money.Currency(r.Text(9)), Created: r.Time(10), Updated: r.Time(11),
	}
}

// Disputes lists up to limit disputes of the tenant, newest first, seen before
// the given one. Who sees some sites only, and drivers, are shown none.
func Disputes(tx *store.Tx, sc access.Scope, beforeAt time.Time, before string, limit int) ([]Objection, error) {
	if sc.Limited() || sc.Role == access.DriverRole {
		return nil, nil
	}
	return store.All(tx, scanObjection, `SELECT `+objectionColumns+` FROM payment_dispute
		WHERE tenant_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3)) ORDER BY created_at DESC, id DESC LIMIT $4`,
		sc.Tenant, orEver(beforeAt), before, limit)
}

// GetDispute returns a dispute of the tenant.
func GetDispute(tx *store.Tx, sc access.Scope, dispute string) (Objection, error) {
	d, found, err := store.One(tx, scanObjection, `SELECT `+objectionColumns+` FROM payment_dispute WHERE id = $1`, dispute)
	if err == nil && (!found || d.Tenant != sc.Tenant || sc.Limited() || sc.Role == access.DriverRole) {
		return Objection{}, fail.New(fail.NotFound, "payment.GetDispute", "there is no dispute %q", dispute)
	}
	return d, err
}

// DisputesOf lists the disputes of a payment, the oldest first, 100 at most.
func DisputesOf(tx *store.Tx, payment string) ([]Objection, error) {
	return store.All(tx, scanObjection, `SELECT `+objectionColumns+` FROM payment_dispute WHERE payment_id = $1 ORDER BY created_at, id LIMIT 100`, payment)
}

// Contest hands evidence in for an open dispute, and records what became of it.
// One that is not open, or a provider that hears no evidence, is a Conflict.
func Contest(ctx context.Context, db *store.DB, ps Providers, sc access.Scope, dispute string, e Evidence) error {
	d, err := store.Read(ctx, db, func(tx *store.Tx) (Objection, error) { return GetDispute(tx, sc, dispute) })
	if err != nil {
		return err
	}
	from, err := ps.named(d.Provider)
	if err != nil {
		return err
	}
	def, ok := from.(Defender)
	if !ok || d.State != DisputeOpen {
		return fail.New(fail.Conflict, "payment.Contest", "the dispute is %s, or its provider takes no evidence", d.State)
	}
	cctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := def.Contest(cctx, d.Ref, e); err != nil {
		return err
	}
	_, err = Learn(ctx, db, ps, d.Provider, Query{Payment: d.Payment})
	return err
}
