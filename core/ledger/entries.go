package ledger

import (
	"strconv"
	"strings"
	"time"

	"chargewright/base/money"
	"chargewright/base/store"
)

// Entry is a posting as a line of its account.
type Entry struct {
	Journal string
	Kind    string
	Cause   string
	Account string
	Minor   int64
	At      time.Time
}

// Entries lists up to limit postings on accounts of a legal entity in a currency,
// booked from a time until another (exclusive), in their order.
func Entries(tx *store.Tx, entity string, accounts []string, c money.Currency, from, until time.Time, limit int) ([]Entry, error) {
	args := []any{entity, string(c), from, until, limit}
	var in []string
	for _, a := range accounts {
		args = append(args, a)
		in = append(in, "$"+strconv.Itoa(len(args)))
	}
	return store.All(tx, func(r *store.Row) Entry {
		return Entry{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Int(4), r.Time(5)}
	}, `SELECT j.id, j.kind, j.cause, p.account, p.amount_minor, j.booked_at FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id
		WHERE p.account IN (`+strings.Join(in, ", ")+`) AND p.currency = $2 AND j.entity_id = $1 AND j.booked_at >= $3 AND j.booked_at < $4
		ORDER BY j.booked_at, j.id, p.line LIMIT $5`, args...)
}

// BalanceAt sums what was booked on an account of a legal entity in a currency
// before a time, in minor units.
func BalanceAt(tx *store.Tx, entity, account string, c money.Currency, before time.Time) (int64, error) {
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT CAST(COALESCE(SUM(p.amount_minor), 0) AS BIGINT) FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id
		WHERE p.account = $1 AND p.currency = $2 AND j.entity_id = $3 AND j.booked_at < $4`, account, string(c), entity, before)
	return n, err
}

// Moved lists up to limit accounts of a legal entity below a path, with their
// currencies, on which anything was booked from a time until another (exclusive),
// by account and currency, those after the given one.
func Moved(tx *store.Tx, entity, below string, from, until time.Time, after Balance, limit int) ([]Balance, error) {
	return store.All(tx, func(r *store.Row) Balance { return Balance{r.Text(0), r.Text(1), r.Int(2)} },
		`SELECT p.account, p.currency, CAST(SUM(p.amount_minor) AS BIGINT) FROM ledger_journal j JOIN ledger_posting p ON p.journal_id = j.id
		WHERE j.entity_id = $1 AND j.booked_at >= $2 AND j.booked_at < $3 AND substr(p.account, 1, $4) = $5
			AND (p.account > $6 OR (p.account = $6 AND p.currency > $7))
		GROUP BY p.account, p.currency ORDER BY p.account, p.currency LIMIT $8`,
		entity, from, until, len(below), below, after.Account, after.Currency, limit)
}
