package ledger

import (
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
