package station

import (
	"strconv"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// Place is a site as drivers see it: where it is, and the EVSEs they may use.
type Place struct {
	ID, Name, Address, City, PostalCode, Country string
	Zone                                         string // IANA time zone
	Located                                      bool   // its position is known
	LatitudeE6, LongitudeE6                      int64  // in millionths of a degree
	UpdatedAt                                    time.Time
	Bays                                         []Bay // by station and EVSE
}

// Bay is an EVSE at a place, at a station that is accepted and has booted.
type Bay struct {
	EVSE
	Site       string
	At         Station
	Connectors []Connector
	Open       Flow // what the open session on it does; session.Occupy fills it in
}

// State is how the EVSE is doing.
func (s Bay) State() State { return EVSEState(s.At, s.Connectors, s.Open) }

// Blocked says why a session cannot be started on the EVSE now: a word for
// programs and one for people; "" where it can. A vehicle may be plugged in already.
func (s Bay) Blocked() (code, text string) {
	switch s.State() {
	case StateOffline:
		return "offline", "the charger is not connected"
	case StateFaulted, StateUnavailable, StateUpdating:
		return "out_of_order", "the charger is out of order"
	case StateReserved:
		return "reserved", "the charger is reserved"
	case StateAvailable, StateUnknown:
		return "", ""
	case StatePreparing:
		if s.Open == NoSession || s.Open == "ev_connected" {
			return "", ""
		}
	}
	return "busy", "the charger is in use"
}

// Since is when the newest word about its state came; zero when none did.
func (s Bay) Since() time.Time {
	if !s.At.Connected {
		return s.At.DisconnectedAt
	}
	var at time.Time
	for _, c := range s.Connectors {
		if c.StatusAt.After(at) {
			at = c.StatusAt
		}
	}
	return at
}

// Free counts the EVSEs that are available.
func (p Place) Free() int {
	n := 0
	for _, s := range p.Bays {
		if s.State() == StateAvailable {
			n++
		}
	}
	return n
}

// Bounds are a stretch of the earth in millionths of a degree, its edges
// included. West above East crosses the 180th meridian.
type Bounds struct{ West, South, East, North int64 }

// PlaceFilter narrows a list of places. Zero fields do not narrow.
type PlaceFilter struct {
	After  string  // the id of the last place of the page before
	Only   string  // this one
	Bounds *Bounds // those with a position within
}

// where is the condition on the site s, its arguments appended to args.
func (f PlaceFilter) where(args *[]any) string {
	add := func(sql string, v any) string {
		*args = append(*args, v)
		return sql + "$" + strconv.Itoa(len(*args))
	}
	out := add("s.id > ", f.After)
	if f.Only != "" {
		out += add(" AND s.id = ", f.Only)
	}
	if b := f.Bounds; b != nil {
		out += add(" AND s.latitude_e6 >= ", b.South) + add(" AND s.latitude_e6 <= ", b.North)
		side := " AND "
		if b.West > b.East {
			side = " OR "
		}
		out += add(" AND (s.longitude_e6 >= ", b.West) + add(side+"s.longitude_e6 <= ", b.East) + ")"
	}
	return out
}

// inService is the condition on a station t that drivers may be sent to.
const inService = `t.onboarding = 'accepted' AND t.boot = 'accepted'`

// Places lists up to limit places of the tenant by id, each with all its EVSEs.
// A site without any is no place.
func Places(tx *store.Tx, tenant string, f PlaceFilter, limit int) ([]Place, error) {
	args := []any{tenant}
	where := f.where(&args)
	args = append(args, limit)
	places, err := store.All(tx, scanPlace, `SELECT s.id, s.name, s.address, s.city, s.postal_code, s.country, s.zone, s.latitude_e6, s.longitude_e6, s.updated_at
		FROM station_site s WHERE s.tenant_id = $1 AND `+where+` AND EXISTS (
			SELECT 1 FROM station_station t JOIN station_evse e ON e.station_id = t.id WHERE t.site_id = s.id AND `+inService+`)
		ORDER BY s.id LIMIT $`+strconv.Itoa(len(args)), args...)
	if err != nil || len(places) == 0 {
		return nil, err
	}
	return places, furnish(tx, tenant, f, places)
}

func scanPlace(r *store.Row) Place {
	return Place{
		ID: r.Text(0), Name: r.Text(1), Address: r.Text(2), City: r.Text(3), PostalCode: r.Text(4), Country: r.Text(5), Zone: r.Text(6),
		Located: !r.Null(7) && !r.Null(8), LatitudeE6: r.Int(7), LongitudeE6: r.Int(8), UpdatedAt: r.Time(9),
	}
}

// furnish gives places, ordered by id, their EVSEs and connectors.
func furnish(tx *store.Tx, tenant string, f PlaceFilter, places []Place) error {
	args := []any{tenant}
	where := f.where(&args)
	args = append(args, places[len(places)-1].ID)
	where += " AND s.id <= $" + strconv.Itoa(len(args))
	byID := map[string]*Place{}
	for i := range places {
		byID[places[i].ID] = &places[i]
	}
	type key struct {
		station string
		evse    int64
	}
	plugs := map[key][]Connector{}
	err := tx.Each(func(r *store.Row) error {
		c := scanConnector(r)
		plugs[key{c.Station, c.EVSE}] = append(plugs[key{c.Station, c.EVSE}], c)
		return nil
	}, `SELECT c.station_id, c.evse, c.connector, c.standard, c.status, c.status_at, c.error_code, c.vendor_error, c.info
		FROM station_site s JOIN station_station t ON t.site_id = s.id JOIN station_connector c ON c.station_id = t.id
		WHERE s.tenant_id = $1 AND `+where+` AND `+inService+` ORDER BY c.station_id, c.evse, c.connector`, args...)
	if err != nil {
		return err
	}
	return tx.Each(func(r *store.Row) error {
		x := Bay{EVSE: scanEVSE(r), Site: r.Text(6)}
		x.At = Station{
			ID: x.Station, Tenant: tenant, Site: x.Site, Name: r.Text(7), Onboarding: Accepted, Boot: Accepted, Protocol: r.Text(8), Connected: r.Bool(9),
			ConnectedAt: r.Time(10), DisconnectedAt: r.Time(11), Status: Status(r.Text(12)), UpdatedAt: r.Time(13),
		}
		x.Connectors = plugs[key{x.Station, x.EVSE.EVSE}]
		if p := byID[x.Site]; p != nil {
			p.Bays = append(p.Bays, x)
		}
		return nil
	}, `SELECT e.station_id, e.evse, e.evse_id, e.max_power_w, e.number, e.legal_profile, t.site_id, t.name, t.protocol, t.connected, t.connected_at, t.disconnected_at, t.status, t.updated_at
		FROM station_site s JOIN station_station t ON t.site_id = s.id JOIN station_evse e ON e.station_id = t.id
		WHERE s.tenant_id = $1 AND `+where+` AND `+inService+` ORDER BY e.station_id, e.evse`, args...)
}

// GetPlace returns a place of the tenant, or NotFound.
func GetPlace(tx *store.Tx, tenant, site string) (Place, error) {
	ps, err := Places(tx, tenant, PlaceFilter{Only: site}, 1)
	if err == nil && len(ps) == 0 {
		err = fail.New(fail.NotFound, "station.GetPlace", "there is no place %q", site)
	}
	if err != nil {
		return Place{}, err
	}
	return ps[0], nil
}

// Extent is the stretch of the earth that the tenant's sites lie in; found is
// false while none has a position.
func Extent(tx *store.Tx, tenant string) (b Bounds, found bool, err error) {
	b, found, err = store.One(tx, func(r *store.Row) Bounds { return Bounds{r.Int(0), r.Int(1), r.Int(2), r.Int(3)} },
		`SELECT min(longitude_e6), min(latitude_e6), max(longitude_e6), max(latitude_e6) FROM station_site
		WHERE tenant_id = $1 AND latitude_e6 IS NOT NULL AND longitude_e6 IS NOT NULL HAVING COUNT(*) > 0`, tenant)
	return b, found, err
}
