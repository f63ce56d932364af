package ledger

import (
	"chargewright/base/store"
	"chargewright/core/access"
)

// BalancesAfter lists up to limit balances of the tenant's accounts under a
// prefix ("" for all), by account and currency, those after the given one.
func BalancesAfter(tx *store.Tx, sc access.Scope, prefix string, after Balance, limit int) ([]Balance, error) {
	return store.All(tx, func(r *store.Row) Balance { return Balance{r.Text(0), r.Text(1), r.Int(2)} },
		`SELECT p.account, p.currency, CAST(SUM(p.amount_minor) AS BIGINT) FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id
		WHERE j.tenant_id = $1 AND p.account >= $2 AND p.account < $3 AND (p.account > $4 OR (p.account = $4 AND p.currency > $5))
		GROUP BY p.account, p.currency ORDER BY p.account, p.currency LIMIT $6`,
		sc.Tenant, prefix, prefix+"\U0010FFFF", after.Account, after.Currency, limit)
}
