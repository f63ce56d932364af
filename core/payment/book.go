package payment

import (
	"fmt"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/ledger"
)

// transfer is a journal that debits some accounts and credits another.
type transfer struct {
	cause  string
	kind   string
	debit  []leg
	credit string
}

type leg struct {
	account string
	minor   int64
}

// post books a transfer of a payment's money; a cause that was booked already
// is an error, since what is recorded never falls back behind what was booked.
func post(tx *store.Tx, p Payment, t transfer) error {
	return postFor(tx, ledger.Journal{Tenant: p.Tenant, Entity: p.Entity}, p.Currency, t)
}

func postFor(tx *store.Tx, j ledger.Journal, c money.Currency, t transfer) error {
	j.Cause, j.Kind = t.cause, t.kind
	sum := int64(0)
	for _, l := range t.debit {
		if l.minor == 0 {
			continue
		}
		j.Postings = append(j.Postings, ledger.Posting{Account: l.account, Amount: money.Amount{Minor: l.minor, Currency: c}})
		sum += l.minor
	}
	if len(j.Postings) == 0 {
		return nil
	}
	j.Postings = append(j.Postings, ledger.Posting{Account: t.credit, Amount: money.Amount{Minor: -sum, Currency: c}})
	_, booked, err := ledger.Post(tx, j)
	if err == nil && !booked {
		err = fail.New(fail.Internal, "payment.post", "the cause %s is booked already", j.Cause)
	}
	return err
}

// book books what was taken and given back since a payment was as it was.
func book(tx *store.Tx, was, p Payment) error {
	clearing := "clearing/" + p.Provider
	if taken := p.Captured - was.Captured; taken > 0 {
		if err := post(tx, p, transfer{fmt.Sprintf("payment/%s/captured/%d", p.ID, p.Captured), "payment", []leg{{clearing, taken}}, p.Account}); err != nil {
			return err
		}
		ours(tx, p, MovedCharge, taken)
	}
	if back := p.Refunded - was.Refunded; back > 0 {
		legs, err := backFrom(tx, p, back)
		if err != nil {
			return err
		}
		if err := post(tx, p, transfer{fmt.Sprintf("payment/%s/refunded/%d", p.ID, p.Refunded), "refund", legs, clearing}); err != nil {
			return err
		}
		ours(tx, p, MovedRefund, -back)
	}
	return nil
}

// backFrom says which accounts bear what went back: those that our refunds
// under way name, and for what somebody refunded elsewhere the payment's own.
// Steps of a payment are made one after the other, so that one at most is sent.
func backFrom(tx *store.Tx, p Payment, back int64) ([]leg, error) {
	s, found, err := store.One(tx, scanStep, `SELECT `+stepColumns+` FROM payment_step
		WHERE payment_id = $1 AND verb = $2 AND sent_at IS NOT NULL AND ended_at IS NULL AND booked_minor < amount_minor ORDER BY seq LIMIT 1`, p.ID, Refunding)
	if err != nil {
		return nil, err
	}
	if !found {
		return []leg{{p.Account, back}}, nil
	}
	part := min(back, s.Amount-s.booked)
	tx.Write(`UPDATE payment_step SET booked_minor = booked_minor + $2 WHERE id = $1`, s.ID, part)
	return []leg{{s.Account, part}, {p.Account, back - part}}, nil
}

// unbook moves what was taken for a refund's effect, and was not, to the
// payment's own account.
func unbook(tx *store.Tx, p Payment, step Step) error {
	s, found, err := findStep(tx, step.ID)
	if err != nil || !found || s.booked == 0 || s.Account == p.Account {
		return err
	}
	return post(tx, p, transfer{"payment/" + s.ID + "/moved", "refund", []leg{{p.Account, s.booked}}, s.Account})
}

// ours adds to what our books say moved on a charge, theirs to what the
// provider says. Both are written where they are booked or imported, once.
func ours(tx *store.Tx, p Payment, kind MovementKind, minor int64) {
	tx.Write(`INSERT INTO payment_item (provider, charge, kind, currency, tenant_id, payment_id, ours_minor, theirs_minor, ours_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)
		ON CONFLICT (provider, charge, kind, currency) DO UPDATE SET ours_minor = payment_item.ours_minor + excluded.ours_minor,
			ours_at = excluded.ours_at, payment_id = excluded.payment_id, tenant_id = excluded.tenant_id`,
		p.Provider, p.Ref, kind, string(p.Currency), p.Tenant, p.ID, minor, tx.Now())
}

// disputeRank orders the states of a dispute; its ends stand.
var disputeRank = map[DisputeState]int{DisputeOpen: 1, DisputeHeard: 2, DisputeLost: 3, DisputeWon: 3}

// dispute records what became of an objection. When it is first heard of the bank
// has taken the money back; when it is won it returns.
func dispute(tx *store.Tx, p Payment, d Dispute) (changed bool, err error) {
	d.Reason = brief(d.Reason)
	was, found, err := store.One(tx, scanObjection, `SELECT `+objectionColumns+` FROM payment_dispute WHERE provider = $1 AND ref = $2`, p.Provider, d.Ref)
	if err != nil || found && (was.Payment != p.ID || disputeRank[d.State] <= disputeRank[was.State]) {
		return false, err
	}
	account, clearing, cause := "disputes/"+p.Provider, "clearing/"+p.Provider, "dispute/"+p.Provider+"/"+d.Ref
	if !found {
		was.Amount = d.Amount
		tx.Write(`INSERT INTO payment_dispute (id, tenant_id, payment_id, provider, ref, reason, amount_minor, currency, state, due_at, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`,
			id.New("dsp"), p.Tenant, p.ID, p.Provider, d.Ref, d.Reason, d.Amount, string(p.Currency), d.State, d.DueAt, tx.Now())
		if err := post(tx, p, transfer{cause + "/opened", "dispute", []leg{{account, d.Amount}}, clearing}); err != nil {
			return false, err
		}
		ours(tx, p, MovedDispute, -d.Amount)
	} else {
		tx.Write(`UPDATE payment_dispute SET state = $2, reason = $3, due_at = $4, updated_at = $5 WHERE id = $1`, was.ID, d.State, d.Reason, d.DueAt, tx.Now())
	}
	if d.State != DisputeWon {
		return true, nil
	}
	ours(tx, p, MovedDispute, was.Amount)
	return true, post(tx, p, transfer{cause + "/won", "dispute", []leg{{clearing, was.Amount}}, account})
}
