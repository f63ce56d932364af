package reserve

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/driver"
	"chargewright/core/station"
)

// TopicExpired is the topic of the timer that ends a reservation. The key is its id.
const TopicExpired = "reserve.expired"

// Status is how a reservation stands.
type Status string

// The statuses.
const (
	Active    Status = "active"
	Used      Status = "used"
	Cancelled Status = "cancelled"
	Expired   Status = "expired"
	Removed   Status = "removed"
)

// Reservation is a promise of a station.
type Reservation struct {
	ID        string
	Tenant    string
	Site      string // where the station stood; Granted finds it
	Station   string
	Number    int64  // the reservation id of OCPP, unique at its station
	EVSE      int64  // 0: any
	Connector int64  // 0: any
	Token     string // as it was sent
	ExpiresAt time.Time
	Status    Status
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Granted records what a station promised.
func Granted(tx *store.Tx, r Reservation) (string, error) {
	if r.ExpiresAt.IsZero() {
		return "", fail.Field("reserve.Granted", "expires_at", "a reservation ends")
	}
	st, _, err := station.Find(tx, r.Station)
	if err != nil {
		return "", err
	}
	key, _, err := store.One(tx, func(row *store.Row) string { return row.Text(0) },
		`INSERT INTO reserve_reservation (id, tenant_id, station_id, number, evse, connector, token, token_key, expires_at, status, created_at, updated_at, site_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)
		ON CONFLICT (station_id, number) DO UPDATE SET evse = excluded.evse, connector = excluded.connector, token = excluded.token,
			token_key = excluded.token_key, expires_at = excluded.expires_at, status = excluded.status, updated_at = excluded.updated_at,
			site_id = excluded.site_id
		RETURNING id`,
		id.New("rsv"), r.Tenant, r.Station, r.Number, r.EVSE, r.Connector, r.Token, driver.Key(r.Token), r.ExpiresAt, Active, tx.Now(), st.Site)
	if err != nil {
		return "", err
	}
	return key, outbox.At(tx, r.ExpiresAt, TopicExpired, key, nil)
}

// End records how the active reservation of that number at a station ended. It
// does nothing when there is none.
func End(tx *store.Tx, station string, number int64, how Status) {
	tx.Write(`UPDATE reserve_reservation SET status = $1, updated_at = $2 WHERE station_id = $3 AND number = $4 AND status = $5`,
		how, tx.Now(), station, number, Active)
}

// Expire ends an active reservation whose time is over.
func Expire(tx *store.Tx, reservation string) {
	tx.Write(`UPDATE reserve_reservation SET status = $1, updated_at = $2 WHERE id = $3 AND status = $4 AND expires_at <= $2`,
		Expired, tx.Now(), reservation, Active)
}

// List returns up to limit reservations that the scope sees, newest first, made before
// the given one; station "" is all.
func List(tx *store.Tx, sc access.Scope, station string, beforeAt time.Time, before string, limit int) ([]Reservation, error) {
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	args := []any{sc.Tenant, station, beforeAt, before, limit}
	return store.All(tx, func(r *store.Row) Reservation {
		return Reservation{
			r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Int(4), r.Int(5), r.Int(6), r.Text(7), r.Time(8), Status(r.Text(9)), r.Time(10), r.Time(11),
		}
	}, `SELECT id, tenant_id, site_id, station_id, number, evse, connector, token, expires_at, status, created_at, updated_at FROM reserve_reservation
		WHERE tenant_id = $1 AND `+sc.Within("site_id", &args)+` AND ($2 = '' OR station_id = $2) AND (created_at < $3 OR (created_at = $3 AND id < $4))
		ORDER BY created_at DESC, id DESC LIMIT $5`, args...)
}

// Forget deletes reservations that are over their term, 400 days after the last
// change.
func Forget(tx *store.Tx) {
	tx.Write(`DELETE FROM reserve_reservation WHERE updated_at < $1 AND status <> $2`, tx.Now().AddDate(0, 0, -400), Active)
}

// Pseudonymise replaces a token of a driver who left in the tenant's
// reservations. Key is the token as tokens compare.
func Pseudonymise(tx *store.Tx, tenant, key, pseudonym string) {
	tx.Write(`UPDATE reserve_reservation SET token = $1, token_key = $1 WHERE tenant_id = $2 AND token_key = $3`, pseudonym, tenant, key)
}
