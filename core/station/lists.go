package station

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// EVSEsIn lists the EVSEs of some stations that the scope sees, for a page of
// stations, in order.
func EVSEsIn(tx *store.Tx, sc access.Scope, stations []string) ([]EVSE, error) {
	args := []any{sc.Tenant}
	return store.All(tx, scanEVSE, `SELECT e.station_id, e.evse, e.evse_id, e.max_power_w, e.number, e.legal_profile FROM station_evse e JOIN station_station s ON s.id = e.station_id
		WHERE s.tenant_id = $1 AND `+sc.Within("s.site_id", &args)+` AND `+access.In("s.id", listed(stations), &args)+` ORDER BY e.station_id, e.evse`, args...)
}

// ConnectorsIn lists the connectors of some stations that the scope sees, for a
// page of stations, in order.
func ConnectorsIn(tx *store.Tx, sc access.Scope, stations []string) ([]Connector, error) {
	args := []any{sc.Tenant}
	return store.All(tx, scanConnector, `SELECT c.station_id, c.evse, c.connector, c.standard, c.status, c.status_at, c.error_code, c.vendor_error, c.info
		FROM station_connector c JOIN station_station s ON s.id = c.station_id
		WHERE s.tenant_id = $1 AND `+sc.Within("s.site_id", &args)+` AND `+access.In("s.id", listed(stations), &args)+` ORDER BY c.station_id, c.evse, c.connector`, args...)
}

// listed is ids for access.In, to which nil is no condition at all.
func listed(ids []string) []string {
	if ids == nil {
		return []string{}
	}
	return ids
}

// Seen returns those of some stations that the scope sees, MaxValues at most.
func Seen(tx *store.Tx, sc access.Scope, stations []string) (map[string]bool, error) {
	out := map[string]bool{}
	args := []any{sc.Tenant}
	err := tx.Each(func(r *store.Row) error {
		out[r.Text(0)] = true
		return nil
	}, `SELECT id FROM station_station WHERE tenant_id = $1 AND `+sc.Within("site_id", &args)+` AND `+access.In("id", listed(stations), &args), args...)
	return out, err
}

// SearchSites lists up to limit sites that the scope sees whose id is after the
// given one, and whose id, name or address have a text in them ("" for all).
func SearchSites(tx *store.Tx, sc access.Scope, text, after string, limit int) ([]Site, error) {
	args := []any{sc.Tenant, after}
	where := `tenant_id = $1 AND id > $2 AND ` + sc.Within("id", &args)
	if text = words(text); text != "" {
		where += ` AND ` + contains("words", param(&args, text))
	}
	return store.All(tx, scanSite, `SELECT `+siteColumns+` FROM station_site WHERE `+where+` ORDER BY id LIMIT `+param(&args, limit), args...)
}

// Tally is how much stands at a site.
type Tally struct{ Stations, EVSEs int64 }

// Tallies counts the stations and EVSEs of some sites of the tenant.
func Tallies(tx *store.Tx, tenant string, sites []string) (map[string]Tally, error) {
	out := map[string]Tally{}
	args := []any{tenant}
	err := tx.Each(func(r *store.Row) error {
		out[r.Text(0)] = Tally{r.Int(1), r.Int(2)}
		return nil
	}, `SELECT s.site_id, COUNT(DISTINCT s.id), COUNT(e.evse) FROM station_station s LEFT JOIN station_evse e ON e.station_id = s.id
		WHERE s.tenant_id = $1 AND `+access.In("s.site_id", listed(sites), &args)+` GROUP BY s.site_id`, args...)
	return out, err
}

// DeleteSite removes a site at which nothing stands; else it is a Conflict.
// Sessions keep the site's id.
func DeleteSite(tx *store.Tx, sc access.Scope, site string) error {
	if _, err := GetSite(tx, sc, site); err != nil {
		return err
	}
	t, err := Tallies(tx, sc.Tenant, []string{site})
	if err != nil {
		return err
	}
	if n := t[site].Stations; n > 0 {
		return fail.New(fail.Conflict, "station.DeleteSite", "%d stations stand at the site; move them first", n)
	}
	_, err = tx.Exec(`DELETE FROM station_site WHERE id = $1 AND tenant_id = $2`, site, sc.Tenant)
	return err
}

// Dismiss forgets the refused handshakes of an identity that RefusalsFor shows
// to the scope; when there are none it is NotFound. It is listed again at its
// next attempt.
func Dismiss(tx *store.Tx, sc access.Scope, identity string) error {
	st, found, err := Find(tx, identity)
	if err != nil {
		return err
	}
	shown := found && st.Tenant == sc.Tenant && sc.Sees(st.Site) || !found && sc.Tenant == access.DefaultTenant && !sc.Limited()
	n := int64(0)
	if shown {
		n, err = tx.Exec(`DELETE FROM station_refusal WHERE identity = $1`, identity)
	}
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "station.Dismiss", "no handshake of %q was refused", identity)
	}
	return err
}

// ConnectionsUntil lists up to limit connections of a station that were opened
// before a time, newest first.
func ConnectionsUntil(tx *store.Tx, sc access.Scope, station string, before time.Time, limit int) ([]Connection, error) {
	if _, err := Get(tx, sc, station); err != nil {
		return nil, err
	}
	return store.All(tx, func(r *store.Row) Connection {
		return Connection{station, r.Int(0), r.Text(1), r.Text(2), r.Text(3), r.Int(4), r.Time(5), r.Time(6), r.Text(7)}
	}, `SELECT epoch, node, remote, protocol, profile, opened_at, closed_at, reason FROM station_connection
		WHERE station_id = $1 AND opened_at < $2 ORDER BY epoch DESC LIMIT $3`, station, before, limit)
}
