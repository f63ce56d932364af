package ledger

import (
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
)

// BalancesAfter lists up to limit balances of the tenant's accounts at and below
// a path (as Balances), by account and currency, those after the given one. The
// books are the tenant's as a whole: who sees some sites only is shown none.
func BalancesAfter(tx *store.Tx, sc access.Scope, prefix string, after Balance, limit int) ([]Balance, error) {
	if sc.Limited() {
		return nil, nil
	}
	account, characters, below := under(prefix)
	return store.All(tx, func(r *store.Row) Balance { return Balance{r.Text(0), r.Text(1), r.Int(2)} },
		`SELECT p.account, p.currency, CAST(SUM(p.amount_minor) AS BIGINT) FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id
		WHERE j.tenant_id = $1 AND `+isUnder+` AND (p.account > $5 OR (p.account = $5 AND p.currency > $6))
		GROUP BY p.account, p.currency ORDER BY p.account, p.currency LIMIT $7`,
		sc.Tenant, account, characters, below, after.Account, after.Currency, limit)
}

// BalanceOf returns the balance of one account in a currency, without the accounts
// below it. It reads the postings of that account alone.
func BalanceOf(tx *store.Tx, tenant, account string, c money.Currency) (int64, error) {
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT COALESCE(CAST(SUM(p.amount_minor) AS BIGINT), 0) FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id
		WHERE p.account = $1 AND p.currency = $2 AND j.tenant_id = $3`, account, string(c), tenant)
	return n, err
}

// Posted returns what the journal of a cause posted to an account; found is false
// where it posted nothing there, or there is none.
func Posted(tx *store.Tx, tenant, cause, account string) (a money.Amount, found bool, err error) {
	return store.One(tx, func(r *store.Row) money.Amount {
		return money.Amount{Minor: r.Int(0), Currency: money.Currency(r.Text(1))}
	},
		`SELECT p.amount_minor, p.currency FROM ledger_journal j JOIN ledger_posting p ON p.journal_id = j.id
		WHERE j.tenant_id = $1 AND j.cause = $2 AND p.account = $3 ORDER BY p.line LIMIT 1`, tenant, cause, account)
}
