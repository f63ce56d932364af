package tariff

import (
	"time"

	"chargewright/base/outbox"
	"chargewright/base/store"
)

// TopicChanged is the event of a tenant whose prices changed, now or for a time to
// come: a version was published, planned or withdrawn, or an offer made or ended.
// The key is the tenant.
const TopicChanged = "tariff.changed"

// Changed says so. It is also for who moves a station or gives it other EVSEs: what
// is offered there may be something else then.
func Changed(tx *store.Tx, tenant string) error { return outbox.Emit(tx, TopicChanged, tenant, nil) }

// Changes lists the times to come at which the tenant's prices may change as
// things stand: planned versions begin, offers begin or end, a version's own dates
// begin or end; in order, the first limit of them at most.
func Changes(tx *store.Tx, tenant string, limit int) ([]time.Time, error) {
	return store.All(tx, func(r *store.Row) time.Time { return r.Time(0) }, `SELECT at FROM (
			SELECT from_at AS at FROM tariff_publication WHERE tenant_id = $1 AND from_at > $2
			UNION SELECT from_at FROM tariff_offer WHERE tenant_id = $1 AND from_at > $2 AND ended_at IS NULL
			UNION SELECT until_at FROM tariff_offer WHERE tenant_id = $1 AND until_at > $2 AND ended_at IS NULL
			UNION SELECT valid_from FROM tariff_publication WHERE tenant_id = $1 AND valid_from > $2
			UNION SELECT valid_until FROM tariff_publication WHERE tenant_id = $1 AND valid_until > $2) AS times
		ORDER BY at LIMIT $3`, tenant, tx.Now(), limit)
}
