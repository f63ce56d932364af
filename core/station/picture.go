package station

import (
	"chargewright/base/store"
)

// Standing is how a station stands, without what screens of one station show.
type Standing struct {
	ID         string
	Tenant     string
	Site       string
	Onboarding Onboarding
	Connected  bool
	Status     Status // of the station as a whole
	Overall    Status
}

// EachStanding calls fn for every station of the installation, ordered by id.
func EachStanding(tx *store.Tx, fn func(Standing)) error {
	return tx.Each(func(r *store.Row) error {
		fn(Standing{r.Text(0), r.Text(1), r.Text(2), Onboarding(r.Text(3)), r.Bool(4), Status(r.Text(5)), Status(r.Text(6))})
		return nil
	}, `SELECT id, tenant_id, site_id, onboarding, connected, status, overall FROM station_station ORDER BY id`)
}

// EachPlug calls fn for every connector of the installation, ordered by station,
// EVSE and connector: Station, EVSE, ID, Standard and Status are set.
func EachPlug(tx *store.Tx, fn func(Connector)) error {
	return tx.Each(func(r *store.Row) error {
		fn(Connector{Station: r.Text(0), EVSE: r.Int(1), ID: r.Int(2), Status: Status(r.Text(3)), Standard: r.Text(4)})
		return nil
	}, `SELECT station_id, evse, connector, status, standard FROM station_connector ORDER BY station_id, evse, connector`)
}

// EachEVSE calls fn for every EVSE of the installation, ordered by station and
// EVSE: Station, EVSE and MaxPowerW are set.
func EachEVSE(tx *store.Tx, fn func(EVSE)) error {
	return tx.Each(func(r *store.Row) error {
		fn(EVSE{Station: r.Text(0), EVSE: r.Int(1), MaxPowerW: r.Int(2)})
		return nil
	}, `SELECT station_id, evse, max_power_w FROM station_evse ORDER BY station_id, evse`)
}

// Spot is where a site is on the map.
type Spot struct {
	ID        string
	Tenant    string
	Name      string
	Zone      string
	Latitude  *int64 // 10⁻⁶ degrees; nil where it is not known
	Longitude *int64
}

// EachSpot calls fn for every site of the installation, ordered by id.
func EachSpot(tx *store.Tx, fn func(Spot)) error {
	return tx.Each(func(r *store.Row) error {
		s := Spot{ID: r.Text(0), Tenant: r.Text(1), Name: r.Text(2), Zone: r.Text(3)}
		if !r.Null(4) && !r.Null(5) {
			lat, lon := r.Int(4), r.Int(5)
			s.Latitude, s.Longitude = &lat, &lon
		}
		fn(s)
		return nil
	}, `SELECT id, tenant_id, name, zone, latitude_e6, longitude_e6 FROM station_site ORDER BY id`)
}

// Strangers counts the identities that were refused a handshake and belong to
// no station: the onboarding list.
func Strangers(tx *store.Tx) (int64, error) {
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT COUNT(DISTINCT f.identity) FROM station_refusal f LEFT JOIN station_station s ON s.id = f.identity WHERE s.id IS NULL`)
	return n, err
}
