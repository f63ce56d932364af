package station

import (
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// PutSite inserts or replaces a site; a legal entity or a site that is not the
// tenant's is NotFound. The zone must be loadable, and a region be one of the
// country. A site that exists keeps its legal entity.
func PutSite(tx *store.Tx, s Site) error {
	if _, err := s.Location(); err != nil {
		return err
	}
	if _, err := access.GetEntity(tx, s.Tenant, s.Entity); err != nil {
		return err
	}
	if err := s.checkPosition(); err != nil {
		return err
	}
	if err := s.checkRegion(); err != nil {
		return err
	}
	n, err := tx.Exec(`INSERT INTO station_site (id, tenant_id, entity_id, name, address, city, postal_code, country, zone, updated_at, latitude_e6, longitude_e6, words, region)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, address = excluded.address, city = excluded.city,
			postal_code = excluded.postal_code, country = excluded.country, zone = excluded.zone, updated_at = excluded.updated_at,
			latitude_e6 = excluded.latitude_e6, longitude_e6 = excluded.longitude_e6, words = excluded.words,
			region = excluded.region
		WHERE station_site.tenant_id = excluded.tenant_id`,
		s.ID, s.Tenant, s.Entity, s.Name, s.Address, s.City, s.PostalCode, s.Country, s.Zone, tx.Now(), s.Latitude, s.Longitude,
		words(s.ID, s.Name, s.Address, s.PostalCode, s.City), s.Region)
	if err == nil && n == 0 {
		err = noSite("station.PutSite", s.ID)
	}
	return err
}

func noSite(op, site string) error {
	return fail.New(fail.NotFound, op, "there is no site %q", site)
}

func noStation(op, station string) error {
	return fail.New(fail.NotFound, op, "there is no station %q", station)
}

const siteColumns = `id, tenant_id, entity_id, name, address, city, postal_code, country, zone, latitude_e6, longitude_e6, region`

func optional(r *store.Row, i int) *int64 {
	if r.Null(i) {
		return nil
	}
	n := r.Int(i)
	return &n
}

func scanSite(r *store.Row) Site {
	return Site{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Text(6), r.Text(7), r.Text(8), optional(r, 9), optional(r, 10), r.Text(11)}
}

// GetSite returns a site of the scope's tenant that it sees.
func GetSite(tx *store.Tx, sc access.Scope, site string) (Site, error) {
	s, found, err := store.One(tx, scanSite, `SELECT `+siteColumns+` FROM station_site WHERE tenant_id = $1 AND id = $2`, sc.Tenant, site)
	if err == nil && (!found || !sc.Sees(site)) {
		s, err = Site{}, noSite("station.GetSite", site)
	}
	return s, err
}

// Sites lists the sites that the scope sees by id, 1,000 at most.
func Sites(tx *store.Tx, sc access.Scope) ([]Site, error) {
	args := []any{sc.Tenant}
	return store.All(tx, scanSite, `SELECT `+siteColumns+` FROM station_site WHERE tenant_id = $1 AND `+sc.Within("id", &args)+` ORDER BY id LIMIT 1000`, args...)
}

// SiteOf returns the site where a station stands.
func SiteOf(tx *store.Tx, station string) (Site, error) {
	s, found, err := store.One(tx, scanSite, `SELECT s.id, s.tenant_id, s.entity_id, s.name, s.address, s.city, s.postal_code, s.country, s.zone, s.latitude_e6, s.longitude_e6, s.region
		FROM station_site s JOIN station_station t ON t.site_id = s.id WHERE t.id = $1`, station)
	if err == nil && !found {
		err = noStation("station.SiteOf", station)
	}
	return s, err
}

const stationColumns = `id, tenant_id, site_id, name, onboarding, boot, boot_at, protocol, epoch, connected, connected_at, disconnected_at, status, updated_at, overall, overall_at`

func scanStation(r *store.Row) Station {
	return Station{
		ID: r.Text(0), Tenant: r.Text(1), Site: r.Text(2), Name: r.Text(3), Onboarding: Onboarding(r.Text(4)), Boot: Onboarding(r.Text(5)),
		BootAt: r.Time(6), Protocol: r.Text(7), Epoch: r.Int(8), Connected: r.Bool(9), ConnectedAt: r.Time(10), DisconnectedAt: r.Time(11),
		Status: Status(r.Text(12)), UpdatedAt: r.Time(13), Overall: Status(r.Text(14)), OverallAt: r.Time(15),
	}
}

// Create adds a station; one that exists is a Conflict, a site that is not the
// tenant's is NotFound.
func Create(tx *store.Tx, s Station) error {
	if _, err := GetSite(tx, access.Scope{Tenant: s.Tenant}, s.Site); err != nil {
		return err
	}
	n, err := tx.Exec(`INSERT INTO station_station (id, tenant_id, site_id, name, onboarding, boot, protocol, epoch, node, connected, status, updated_at, overall, overall_at, words)
		VALUES ($1, $2, $3, $4, $5, '', '', 0, '', FALSE, $6, $7, $8, $7, $9) ON CONFLICT (id) DO NOTHING`,
		s.ID, s.Tenant, s.Site, s.Name, s.Onboarding, Unknown, tx.Now(), Offline, words(s.ID, s.Name))
	if err == nil && n == 0 {
		err = fail.New(fail.Conflict, "station.Create", "the station %q exists", s.ID)
	}
	return err
}

// Update writes what an operator decides: site, name and onboarding. A station
// or a site that is not the tenant's is NotFound.
func Update(tx *store.Tx, s Station) error {
	if _, err := GetSite(tx, access.Scope{Tenant: s.Tenant}, s.Site); err != nil {
		return err
	}
	n, err := tx.Exec(`UPDATE station_station SET site_id = $1, name = $2, onboarding = $3, updated_at = $4 WHERE id = $5 AND tenant_id = $6`,
		s.Site, s.Name, s.Onboarding, tx.Now(), s.ID, s.Tenant)
	if err == nil && n == 0 {
		err = noStation("station.Update", s.ID)
	}
	if err == nil {
		err = reword(tx, s.ID)
	}
	return err
}

// Find returns the station of that identity in any tenant, for the station's
// own messages; people's requests go through Get.
func Find(tx *store.Tx, station string) (Station, bool, error) {
	return store.One(tx, scanStation, `SELECT `+stationColumns+` FROM station_station WHERE id = $1`, station)
}

// Get returns a station of the scope's tenant and sites.
func Get(tx *store.Tx, sc access.Scope, station string) (Station, error) {
	s, found, err := Find(tx, station)
	if err == nil && (!found || s.Tenant != sc.Tenant || !sc.Sees(s.Site)) {
		s, err = Station{}, noStation("station.Get", station)
	}
	return s, err
}

// List returns up to limit stations that the scope sees whose id is after the given one.
func List(tx *store.Tx, sc access.Scope, after string, limit int) ([]Station, error) {
	args := []any{sc.Tenant, after, limit}
	return store.All(tx, scanStation, `SELECT `+stationColumns+` FROM station_station
		WHERE tenant_id = $1 AND `+sc.Within("site_id", &args)+` AND id > $2 ORDER BY id LIMIT $3`, args...)
}

const connectorColumns = `station_id, evse, connector, standard, status, status_at, error_code, vendor_error, info`

func scanConnector(r *store.Row) Connector {
	return Connector{r.Text(0), r.Int(1), r.Int(2), r.Text(3), Status(r.Text(4)), r.Time(5), r.Text(6), r.Text(7), r.Text(8)}
}

// Connectors lists a station's connectors in order.
func Connectors(tx *store.Tx, station string) ([]Connector, error) {
	return store.All(tx, scanConnector, `SELECT `+connectorColumns+` FROM station_connector WHERE station_id = $1 ORDER BY evse, connector`, station)
}

// ConnectorsOf lists the connectors of all stations that the scope sees with an id in
// [from, to], for a page of stations.
func ConnectorsOf(tx *store.Tx, sc access.Scope, from, to string) ([]Connector, error) {
	args := []any{sc.Tenant, from, to}
	return store.All(tx, scanConnector, `SELECT c.station_id, c.evse, c.connector, c.standard, c.status, c.status_at, c.error_code, c.vendor_error, c.info
		FROM station_connector c JOIN station_station s ON s.id = c.station_id
		WHERE s.tenant_id = $1 AND `+sc.Within("s.site_id", &args)+` AND s.id >= $2 AND s.id <= $3 ORDER BY c.station_id, c.evse, c.connector`, args...)
}

// SetStatus records a status report. A report dated before the one on file
// changes nothing (offline stations send late). A connector never seen is added.
func SetStatus(tx *store.Tx, r Report) error {
	if err := r.Check(); err != nil {
		return err
	}
	at := r.At
	if at.IsZero() || at.After(tx.Now().Add(5*time.Minute)) {
		at = tx.Now()
	}
	if r.EVSE == 0 {
		tx.Write(`UPDATE station_station SET status = $1, status_at = $2 WHERE id = $3 AND (status_at IS NULL OR status_at <= $2)`, r.Status, at, r.Station)
		restate(tx, r.Station)
		return nil
	}
	tx.Write(`INSERT INTO station_evse (station_id, evse, evse_id, max_power_w) VALUES ($1, $2, '', 0) ON CONFLICT (station_id, evse) DO NOTHING`, r.Station, r.EVSE)
	tx.Write(`INSERT INTO station_connector (station_id, evse, connector, standard, status, status_at, error_code, vendor_error, info)
		VALUES ($1, $2, $3, '', $4, $5, $6, $7, $8)
		ON CONFLICT (station_id, evse, connector) DO UPDATE SET status = excluded.status, status_at = excluded.status_at,
			error_code = excluded.error_code, vendor_error = excluded.vendor_error, info = excluded.info
		WHERE station_connector.status_at IS NULL OR station_connector.status_at <= excluded.status_at`,
		r.Station, r.EVSE, max(r.Connector, 1), r.Status, at, cut(r.ErrorCode), cut(r.VendorError), cut(r.Info))
	restate(tx, r.Station)
	return nil
}

// SetEVSE records an EVSE's contract id and the most it can deliver, in W, and
// gives it a number if it has none.
func SetEVSE(tx *store.Tx, station string, evse int64, evseID string, maxPowerW int64) error {
	if err := (Report{EVSE: evse}).Check(); err != nil || evse == 0 {
		return fail.Field("station.SetEVSE", "evse", "%d is not within 1…%d", evse, MaxEVSE)
	}
	_, err := tx.Exec(`INSERT INTO station_evse (station_id, evse, evse_id, max_power_w, contract_key) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (station_id, evse) DO UPDATE SET evse_id = excluded.evse_id, max_power_w = excluded.max_power_w, contract_key = excluded.contract_key`,
		station, evse, evseID, maxPowerW, contractKey(evseID))
	if err == nil {
		err = Number(tx, station)
	}
	if err == nil {
		err = reword(tx, station)
	}
	return err
}

// profiles are the laws that an EVSE may bill under.
var profiles = []string{"", "nevi", "eichrecht", "afir"}

// SetProfile says under which law an EVSE bills.
func SetProfile(tx *store.Tx, station string, evse int64, profile string) error {
	if !slices.Contains(profiles, profile) {
		return fail.Field("station.SetProfile", "legal_profile", "%q is not one of nevi, eichrecht, afir", profile)
	}
	n, err := tx.Exec(`UPDATE station_evse SET legal_profile = $1 WHERE station_id = $2 AND evse = $3`, profile, station, evse)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "station.SetProfile", "the station has no EVSE %d", evse)
	}
	return err
}

// RegulatedEVSE is an EVSE that bills under a law, and the site where it stands.
type RegulatedEVSE struct {
	EVSE
	Site string
}

// maxRegulated bounds what Regulated returns.
const maxRegulated = 50_000

// Regulated lists the EVSEs of the tenant that bill under a law, in order.
func Regulated(tx *store.Tx, sc access.Scope) ([]RegulatedEVSE, error) {
	return store.All(tx, func(r *store.Row) RegulatedEVSE { return RegulatedEVSE{scanEVSE(r), r.Text(6)} },
		`SELECT e.station_id, e.evse, e.evse_id, e.max_power_w, e.number, e.legal_profile, s.site_id FROM station_evse e
		JOIN station_station s ON s.id = e.station_id WHERE s.tenant_id = $1 AND e.legal_profile <> '' ORDER BY e.station_id, e.evse LIMIT $2`,
		sc.Tenant, maxRegulated)
}

// Ground is what the law of a place depends on.
type Ground struct {
	Country string // ISO 3166-1 alpha-2
	Profile string // of the EVSE, as EVSE.Profile; "" when the EVSE is not known
}

// GroundOf returns the ground that an EVSE of a station stands on.
func GroundOf(tx *store.Tx, station string, evse int64) (Ground, error) {
	g, _, err := store.One(tx, func(r *store.Row) Ground { return Ground{r.Text(0), r.Text(1)} },
		`SELECT s.country, COALESCE(e.legal_profile, '') FROM station_station t JOIN station_site s ON s.id = t.site_id
		LEFT JOIN station_evse e ON e.station_id = t.id AND e.evse = $2 WHERE t.id = $1`, station, evse)
	return g, err
}

// MaxPower returns the most an EVSE can deliver in W, 0 when unknown.
func MaxPower(tx *store.Tx, station string, evse int64) (int64, error) {
	w, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT max_power_w FROM station_evse WHERE station_id = $1 AND evse = $2`, station, evse)
	return w, err
}

// Booted records how a BootNotification was answered.
func Booted(tx *store.Tx, station string, answer Onboarding) error {
	_, err := tx.Exec(`UPDATE station_station SET boot = $1, boot_at = $2, updated_at = $2 WHERE id = $3`, answer, tx.Now(), station)
	return err
}

// Opened records that a connection is up and takes its epoch, which from then
// on is the only one whose writes count. What an older epoch left open ends
// here, whether or not its node lives to say so. An epoch that is not above
// the station's is a Conflict: another connection took it meanwhile.
func Opened(tx *store.Tx, c Connection) error {
	n, err := tx.Exec(`UPDATE station_station SET connected = TRUE, connected_at = $1, protocol = $2, node = $3, epoch = $4, updated_at = $1
		WHERE id = $5 AND epoch < $4`, tx.Now(), c.Protocol, c.Node, c.Epoch, c.Station)
	if err != nil {
		return err
	}
	if n == 0 {
		return fail.New(fail.Conflict, "station.Opened", "a newer connection of %q exists", c.Station)
	}
	tx.Write(`UPDATE station_connection SET closed_at = $1, reason = 'a newer connection opened' WHERE station_id = $2 AND epoch < $3 AND closed_at IS NULL`,
		tx.Now(), c.Station, c.Epoch)
	tx.Write(`INSERT INTO station_connection (station_id, epoch, node, remote, protocol, profile, opened_at, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '') ON CONFLICT (station_id, epoch) DO NOTHING`,
		c.Station, c.Epoch, c.Node, c.Remote, c.Protocol, c.Profile, tx.Now())
	restate(tx, c.Station)
	return nil
}

// Closed records the end of a connection and, unless a newer one exists, that
// the station is offline.
func Closed(tx *store.Tx, station string, epoch int64, reason string) {
	tx.Write(`UPDATE station_connection SET closed_at = $1, reason = $2 WHERE station_id = $3 AND epoch = $4 AND closed_at IS NULL`, tx.Now(), legible(reason), station, epoch)
	tx.Write(`UPDATE station_station SET connected = FALSE, disconnected_at = $1, updated_at = $1, overall = 'offline', overall_at = $1 WHERE id = $2 AND epoch = $3 AND connected`, tx.Now(), station, epoch)
}

// CloseNode closes what a node left open when it died: every connection of
// that node, at the start of the node's next life.
func CloseNode(tx *store.Tx, node string) {
	tx.Write(`UPDATE station_connection SET closed_at = $1, reason = 'server restarted' WHERE node = $2 AND closed_at IS NULL`, tx.Now(), node)
	tx.Write(`UPDATE station_station SET connected = FALSE, disconnected_at = $1, updated_at = $1, overall = 'offline', overall_at = $1 WHERE node = $2 AND connected`, tx.Now(), node)
}

// Connections lists a station's connections, newest first.
func Connections(tx *store.Tx, sc access.Scope, station string, limit int) ([]Connection, error) {
	if _, err := Get(tx, sc, station); err != nil {
		return nil, err
	}
	return store.All(tx, func(r *store.Row) Connection {
		return Connection{station, r.Int(0), r.Text(1), r.Text(2), r.Text(3), r.Int(4), r.Time(5), r.Time(6), r.Text(7)}
	}, `SELECT epoch, node, remote, protocol, profile, opened_at, closed_at, reason FROM station_connection WHERE station_id = $1 ORDER BY epoch DESC LIMIT $2`, station, limit)
}

// Refuse counts a refused handshake, whatever bytes it brought. Rows are
// bounded: an attacker who invents identities fills at most maxRefusals of
// them, the oldest making room.
func Refuse(tx *store.Tx, f Refusal) error {
	f.Remote, f.Path, f.Protocols = legible(f.Remote), legible(f.Path), legible(f.Protocols)
	n, err := tx.Exec(`UPDATE station_refusal SET last_at = $1, attempts = attempts + 1, remote = $2, path = $3, protocols = $4 WHERE identity = $5 AND reason = $6`,
		tx.Now(), f.Remote, f.Path, f.Protocols, f.Identity, f.Reason)
	if err != nil || n > 0 {
		return err
	}
	tx.Write(`INSERT INTO station_refusal (identity, reason, remote, path, protocols, first_at, last_at, attempts) VALUES ($1, $2, $3, $4, $5, $6, $6, 1)`,
		f.Identity, f.Reason, f.Remote, f.Path, f.Protocols, tx.Now())
	rows, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM station_refusal`)
	if rows > maxRefusals {
		tx.Write(`DELETE FROM station_refusal WHERE (identity, reason) IN (
			SELECT identity, reason FROM station_refusal ORDER BY last_at, identity DESC, reason DESC LIMIT $1)`, rows-maxRefusals)
	}
	return err
}

const maxRefusals = 10_000

// Refusals lists refused handshakes, the latest first. Identities that belong
// to no station yet are the onboarding list.
func Refusals(tx *store.Tx, limit int) ([]Refusal, error) {
	return store.All(tx, func(r *store.Row) Refusal {
		return Refusal{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Time(5), r.Time(6), r.Int(7)}
	}, `SELECT identity, reason, remote, path, protocols, first_at, last_at, attempts FROM station_refusal ORDER BY last_at DESC, identity, reason LIMIT $1`, limit)
}

// Forget deletes what is over its term: connections after 400 days, refused
// handshakes 90 days after the last.
func Forget(tx *store.Tx) {
	tx.Write(`DELETE FROM station_connection WHERE closed_at < $1`, tx.Now().AddDate(0, 0, -400))
	tx.Write(`DELETE FROM station_refusal WHERE last_at < $1`, tx.Now().AddDate(0, 0, -90))
}
