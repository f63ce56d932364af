package device

import (
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
)

// StandingAt lists the devices that stand now at the tenant's stations with an
// id in [from, to], for a page of stations.
func StandingAt(tx *store.Tx, sc access.Scope, from, to string) ([]Device, error) {
	return store.All(tx, scan, `SELECT `+columns+` FROM device_device
		WHERE tenant_id = $1 AND station_id >= $2 AND station_id <= $3 AND removed_at IS NULL ORDER BY station_id`, sc.Tenant, from, to)
}

// NoticeKey is the place in a list of notices after which the next page goes
// on; the zero key is its beginning.
type NoticeKey struct {
	ReceivedAt time.Time
	Digest     string // of action and body
}

// NoticesBefore lists up to limit notices of a device, of one action or of any
// (""), newest first, each with the key of its place.
func NoticesBefore(tx *store.Tx, device, action string, before NoticeKey, limit int) ([]Notice, []NoticeKey, error) {
	if before.ReceivedAt.IsZero() {
		before.ReceivedAt = time.Unix(1<<40, 0)
	}
	var keys []NoticeKey
	notices, err := store.All(tx, func(r *store.Row) Notice {
		keys = append(keys, NoticeKey{r.Time(2), r.Text(3)})
		return Notice{r.Text(0), r.Text(1), r.Time(2)}
	}, `SELECT action, body, received_at, action || ' ' || digest || ' ' || day FROM device_notice WHERE device_id = $1 AND ($2 = '' OR action = $2)
			AND (received_at < $3 OR (received_at = $3 AND action || ' ' || digest || ' ' || day < $4))
		ORDER BY received_at DESC, action || ' ' || digest || ' ' || day DESC LIMIT $5`, device, action, before.ReceivedAt, before.Digest, limit)
	return notices, keys, err
}

// StandingIn lists the devices that stand now at some stations of the tenant,
// for a page of stations; access.MaxSites stations at most.
func StandingIn(tx *store.Tx, sc access.Scope, stations []string) ([]Device, error) {
	if len(stations) == 0 {
		return nil, nil
	}
	args := []any{sc.Tenant}
	return store.All(tx, scan, `SELECT `+columns+` FROM device_device WHERE tenant_id = $1 AND removed_at IS NULL AND `+
		access.In("station_id", stations, &args)+` ORDER BY station_id`, args...)
}
