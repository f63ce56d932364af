package driver

import (
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
	"chargewright/core/access"
)

// MaxKept bounds a driver's vehicles, and favourites.
const MaxKept = 50

// Vehicle is what a driver charges. Zero powers and energy are unknown.
type Vehicle struct {
	ID, Driver        string
	Name, Make, Model string
	BatteryWh         int64
	MaxACW, MaxDCW    int64
	Connectors        []string // in the words of OCPI
}

const vehicleColumns = `id, driver_id, name, make, model, battery_wh, max_ac_w, max_dc_w, connectors`

func scanVehicle(r *store.Row) Vehicle {
	return Vehicle{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Int(5), r.Int(6), r.Int(7), strings.Fields(r.Text(8))}
}

// Vehicles lists a driver's vehicles in the order in which they were added.
func Vehicles(tx *store.Tx, driver string) ([]Vehicle, error) {
	return store.All(tx, scanVehicle, `SELECT `+vehicleColumns+` FROM driver_vehicle WHERE driver_id = $1 ORDER BY id LIMIT $2`, driver, MaxKept)
}

// GetVehicle returns a vehicle of the driver, or NotFound.
func GetVehicle(tx *store.Tx, driver, vehicle string) (Vehicle, error) {
	v, found, err := store.One(tx, scanVehicle, `SELECT `+vehicleColumns+` FROM driver_vehicle WHERE id = $1 AND driver_id = $2`, vehicle, driver)
	if err == nil && !found {
		err = noVehicle(vehicle)
	}
	return v, err
}

func noVehicle(vehicle string) error {
	return fail.New(fail.NotFound, "driver.Vehicle", "there is no vehicle %q", vehicle)
}

// PutVehicle adds a vehicle without id, and changes one that has it. More than
// MaxKept are a Conflict.
func PutVehicle(tx *store.Tx, v Vehicle) (Vehicle, error) {
	connectors := strings.Join(v.Connectors, " ")
	if v.ID != "" {
		n, err := tx.Exec(`UPDATE driver_vehicle SET name = $1, make = $2, model = $3, battery_wh = $4, max_ac_w = $5, max_dc_w = $6, connectors = $7, updated_at = $8
			WHERE id = $9 AND driver_id = $10`, v.Name, v.Make, v.Model, v.BatteryWh, v.MaxACW, v.MaxDCW, connectors, tx.Now(), v.ID, v.Driver)
		if err == nil && n == 0 {
			err = noVehicle(v.ID)
		}
		return v, err
	}
	if err := room(tx, `SELECT COUNT(*) FROM driver_vehicle WHERE driver_id = $1`, v.Driver); err != nil {
		return v, err
	}
	v.ID = id.New("veh")
	_, err := tx.Exec(`INSERT INTO driver_vehicle (`+vehicleColumns+`, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		v.ID, v.Driver, v.Name, v.Make, v.Model, v.BatteryWh, v.MaxACW, v.MaxDCW, connectors, tx.Now())
	return v, err
}

// room is a Conflict when a driver has MaxKept of something already.
func room(tx *store.Tx, count, driver string) error {
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, count, driver)
	if err == nil && n >= MaxKept {
		err = fail.New(fail.Conflict, "driver.room", "there are %d already, which is the most", n)
	}
	return err
}

// DeleteVehicle takes a vehicle of the driver away; none is NotFound.
func DeleteVehicle(tx *store.Tx, driver, vehicle string) error {
	n, err := tx.Exec(`DELETE FROM driver_vehicle WHERE id = $1 AND driver_id = $2`, vehicle, driver)
	if err == nil && n == 0 {
		err = noVehicle(vehicle)
	}
	return err
}

// Favourite is a site that a driver keeps at hand.
type Favourite struct {
	Driver, Site, Tenant string
	TellUntil            time.Time // wants to be told when one is free, until then; zero: does not
	FullSeen             bool      // no EVSE of it was free since the wish
	AddedAt              time.Time
}

// TellTime is how long a wish to be told stands.
const TellTime = 12 * time.Hour

const favouriteColumns = `driver_id, site_id, tenant_id, tell_until, full_seen, added_at`

func scanFavourite(r *store.Row) Favourite {
	return Favourite{r.Text(0), r.Text(1), r.Text(2), r.Time(3), r.Bool(4), r.Time(5)}
}

// Favourites lists a driver's favourites in the order in which they were added.
func Favourites(tx *store.Tx, driver string) ([]Favourite, error) {
	return store.All(tx, scanFavourite, `SELECT `+favouriteColumns+` FROM driver_favourite WHERE driver_id = $1 ORDER BY added_at, site_id LIMIT $2`, driver, MaxKept)
}

// PutFavourite keeps a site, and says whether the driver wants to be told, once
// and within TellTime, when an EVSE of it becomes free. Full says that none is
// free now. More than MaxKept are a Conflict.
func PutFavourite(tx *store.Tx, f Favourite, tell, full bool) (Favourite, error) {
	f.AddedAt, f.TellUntil, f.FullSeen = tx.Now(), time.Time{}, false
	if tell {
		f.TellUntil, f.FullSeen = tx.Now().Add(TellTime), full
	}
	n, err := tx.Exec(`UPDATE driver_favourite SET tell_until = $1, full_seen = $2 WHERE driver_id = $3 AND site_id = $4`, f.TellUntil, f.FullSeen, f.Driver, f.Site)
	if err != nil || n > 0 {
		return f, err
	}
	if err := room(tx, `SELECT COUNT(*) FROM driver_favourite WHERE driver_id = $1`, f.Driver); err != nil {
		return f, err
	}
	_, err = tx.Exec(`INSERT INTO driver_favourite (`+favouriteColumns+`) VALUES ($1, $2, $3, $4, $5, $6)`, f.Driver, f.Site, f.Tenant, f.TellUntil, f.FullSeen, f.AddedAt)
	return f, err
}

// DeleteFavourite takes a favourite away; none is NotFound.
func DeleteFavourite(tx *store.Tx, driver, site string) error {
	n, err := tx.Exec(`DELETE FROM driver_favourite WHERE driver_id = $1 AND site_id = $2`, driver, site)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "driver.DeleteFavourite", "the site %q is no favourite", site)
	}
	return err
}

// Watch is a site of which somebody wants to be told.
type Watch struct{ Tenant, Site string }

// Watched lists up to limit sites after the given one of which somebody wants
// to be told, by id.
func Watched(tx *store.Tx, after string, limit int) ([]Watch, error) {
	return store.All(tx, func(r *store.Row) Watch { return Watch{r.Text(0), r.Text(1)} }, `SELECT DISTINCT tenant_id, site_id FROM driver_favourite
		WHERE tell_until IS NOT NULL AND site_id > $1 ORDER BY site_id, tenant_id LIMIT $2`, after, limit)
}

// IsWatched reports whether somebody wants to be told of the site.
func IsWatched(tx *store.Tx, site string) (bool, error) {
	_, found, err := store.One(tx, func(*store.Row) bool { return true }, `SELECT 1 FROM driver_favourite WHERE site_id = $1 AND tell_until > $2 LIMIT 1`, site, tx.Now())
	return found, err
}

// Seen says that a site was seen with or without a free EVSE. It returns the
// drivers to be told now, 1,000 at most: the site was full since their wish and
// is free again. Their wish is fulfilled and stands no more.
func Seen(tx *store.Tx, site string, free bool) ([]Driver, error) {
	if !free {
		_, err := tx.Exec(`UPDATE driver_favourite SET full_seen = TRUE WHERE site_id = $1 AND tell_until > $2 AND NOT full_seen`, site, tx.Now())
		return nil, err
	}
	tell, err := store.All(tx, scanDriver, `SELECT d.id, d.tenant_id, d.name, d.email, d.phone, d.language, d.created_at
		FROM driver_favourite f JOIN driver_driver d ON d.id = f.driver_id
		WHERE f.site_id = $1 AND f.tell_until > $2 AND f.full_seen AND d.deleted_at IS NULL ORDER BY d.id LIMIT 1000`, site, tx.Now())
	for _, d := range tell {
		tx.Write(`UPDATE driver_favourite SET tell_until = NULL, full_seen = FALSE WHERE site_id = $1 AND driver_id = $2`, site, d.ID)
	}
	return tell, err
}

// What a report is about, and how far it has come.
const (
	ReportBroken  = "broken"
	ReportBlocked = "blocked" // something stands in the way
	ReportPrice   = "price"
	ReportOther   = "other"

	ReportOpen = "open"
	ReportDone = "done"
)

// maxReports is how many reports of a driver may be open.
const maxReports = 20

// Report is what a driver says about a place.
type Report struct {
	ID, Tenant, Driver string
	Site, Station      string // Station is "" where the report is about the place
	EVSE               int64
	Kind, Text         string
	State              string
	Note               string // of the operator, for the driver to read
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

const reportColumns = `id, tenant_id, driver_id, site_id, station_id, evse, kind, text, state, note, created_at, updated_at`

func scanReport(r *store.Row) Report {
	return Report{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Int(5), r.Text(6), r.Text(7), r.Text(8), r.Text(9), r.Time(10), r.Time(11)}
}

// AddReport puts a report on file. More than twenty open ones of a driver are a
// Conflict.
func AddReport(tx *store.Tx, r Report) (Report, error) {
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM driver_report WHERE driver_id = $1 AND state = $2`, r.Driver, ReportOpen)
	if err == nil && n >= maxReports {
		err = fail.New(fail.Conflict, "driver.AddReport", "%d of your reports are open; the operator works on them", n)
	}
	if err != nil {
		return r, err
	}
	r.ID, r.State, r.CreatedAt, r.UpdatedAt = id.New("rep"), ReportOpen, tx.Now(), tx.Now()
	_, err = tx.Exec(`INSERT INTO driver_report (`+reportColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11)`,
		r.ID, r.Tenant, r.Driver, r.Site, r.Station, r.EVSE, r.Kind, r.Text, r.State, r.CreatedAt, r.UpdatedAt)
	return r, err
}

// ReportFilter narrows a list of reports. Zero fields do not narrow.
type ReportFilter struct {
	Driver string
	Open   bool
	// The last report of the page before.
	BeforeAt time.Time
	Before   string
}

// Reports lists up to limit reports that the scope sees, newest first.
func Reports(tx *store.Tx, sc access.Scope, f ReportFilter, limit int) ([]Report, error) {
	if f.BeforeAt.IsZero() {
		f.BeforeAt = time.Unix(1<<40, 0)
	}
	args := []any{sc.Tenant, f.BeforeAt, f.Before, limit}
	where := `tenant_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3)) AND ` + sc.Within("site_id", &args)
	if f.Driver != "" {
		where += ` AND driver_id = ` + param(&args, f.Driver)
	}
	if f.Open {
		where += ` AND state = 'open'`
	}
	return store.All(tx, scanReport, `SELECT `+reportColumns+` FROM driver_report WHERE `+where+` ORDER BY created_at DESC, id DESC LIMIT $4`, args...)
}

// OpenReports counts the open reports that the scope sees.
func OpenReports(tx *store.Tx, sc access.Scope) (int64, error) {
	args := []any{sc.Tenant}
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT COUNT(*) FROM driver_report WHERE tenant_id = $1 AND state = 'open' AND `+sc.Within("site_id", &args), args...)
	return n, err
}

// SetReport says how far a report has come, with a note for the driver.
func SetReport(tx *store.Tx, sc access.Scope, report, state, note string) (Report, error) {
	args := []any{state, note, tx.Now(), report, sc.Tenant}
	n, err := tx.Exec(`UPDATE driver_report SET state = $1, note = $2, updated_at = $3 WHERE id = $4 AND tenant_id = $5 AND `+sc.Within("site_id", &args), args...)
	if err != nil {
		return Report{}, err
	}
	if n == 0 {
		return Report{}, fail.New(fail.NotFound, "driver.SetReport", "there is no report %q", report)
	}
	r, _, err := store.One(tx, scanReport, `SELECT `+reportColumns+` FROM driver_report WHERE id = $1`, report)
	return r, err
}
