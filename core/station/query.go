package station

import (
	"math"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
)

// EVSE is what is known of an EVSE beside its connectors.
type EVSE struct {
	Station    string
	EVSE       int64
	ContractID string // eMI3 EVSE id; "" when none was given
	MaxPowerW  int64  // the most it can deliver, in W; 0 when unknown
	Number     string // six digits for people to type, one in the installation; "" until given
	Profile    string // the law under which it bills: "" for none in particular, "nevi", "eichrecht" or "afir"
}

func scanEVSE(r *store.Row) EVSE {
	return EVSE{r.Text(0), r.Int(1), r.Text(2), r.Int(3), r.Text(4), r.Text(5)}
}

// EVSEsOf lists the EVSEs of all stations that the scope sees with an id in [from, to],
// for a page of stations.
func EVSEsOf(tx *store.Tx, sc access.Scope, from, to string) ([]EVSE, error) {
	args := []any{sc.Tenant, from, to}
	return store.All(tx, scanEVSE, `SELECT e.station_id, e.evse, e.evse_id, e.max_power_w, e.number, e.legal_profile FROM station_evse e JOIN station_station s ON s.id = e.station_id
		WHERE s.tenant_id = $1 AND `+sc.Within("s.site_id", &args)+` AND s.id >= $2 AND s.id <= $3 ORDER BY e.station_id, e.evse`, args...)
}

// SitesAfter lists up to limit sites that the scope sees whose id is after the given one.
func SitesAfter(tx *store.Tx, sc access.Scope, after string, limit int) ([]Site, error) {
	args := []any{sc.Tenant, after, limit}
	return store.All(tx, scanSite, `SELECT `+siteColumns+` FROM station_site WHERE tenant_id = $1 AND `+sc.Within("id", &args)+` AND id > $2 ORDER BY id LIMIT $3`, args...)
}

// ConnectionsBefore lists up to limit connections of a station with an epoch
// below the given one (0: from the newest on), newest first.
func ConnectionsBefore(tx *store.Tx, sc access.Scope, station string, before int64, limit int) ([]Connection, error) {
	if _, err := Get(tx, sc, station); err != nil {
		return nil, err
	}
	if before == 0 {
		before = math.MaxInt64
	}
	return store.All(tx, func(r *store.Row) Connection {
		return Connection{station, r.Int(0), r.Text(1), r.Text(2), r.Text(3), r.Int(4), r.Time(5), r.Time(6), r.Text(7)}
	}, `SELECT epoch, node, remote, protocol, profile, opened_at, closed_at, reason FROM station_connection
		WHERE station_id = $1 AND epoch < $2 ORDER BY epoch DESC LIMIT $3`, station, before, limit)
}

// RefusalKey is the place in a list of refusals after which the next page goes
// on; the zero key is its beginning.
type RefusalKey struct {
	LastAt   time.Time
	Identity string
	Reason   string
}

// RefusalsFor lists up to limit refused handshakes that concern the tenant, the
// latest first: those of its own stations, and for the tenant that owns the
// installation those of identities that belong to nobody, unless the scope sees
// some sites only. Another tenant's stations never show.
func RefusalsFor(tx *store.Tx, sc access.Scope, after RefusalKey, limit int) ([]Refusal, error) {
	if after.LastAt.IsZero() {
		after.LastAt = time.Unix(1<<40, 0)
	}
	args := []any{sc.Tenant, sc.Tenant == access.DefaultTenant && !sc.Limited(), after.LastAt, after.Identity, after.Reason, limit}
	return store.All(tx, func(r *store.Row) Refusal {
		return Refusal{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Time(5), r.Time(6), r.Int(7)}
	}, `SELECT f.identity, f.reason, f.remote, f.path, f.protocols, f.first_at, f.last_at, f.attempts
		FROM station_refusal f LEFT JOIN station_station s ON s.id = f.identity
		WHERE (s.tenant_id = $1 AND `+sc.Within("s.site_id", &args)+` OR (s.id IS NULL AND $2))
			AND (f.last_at < $3 OR (f.last_at = $3 AND (f.identity > $4 OR (f.identity = $4 AND f.reason > $5))))
		ORDER BY f.last_at DESC, f.identity, f.reason LIMIT $6`, args...)
}
