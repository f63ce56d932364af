package driver

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

const driverColumns = `id, tenant_id, name, email, phone, language, created_at`

func scanDriver(r *store.Row) Driver {
	return Driver{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Time(6)}
}

// GetDriver returns a driver of the scope's tenant; a deleted one is NotFound.
func GetDriver(tx *store.Tx, sc access.Scope, driver string) (Driver, error) {
	d, found, err := store.One(tx, scanDriver, `SELECT `+driverColumns+` FROM driver_driver WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`, sc.Tenant, driver)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "driver.GetDriver", "there is no driver %q", driver)
	}
	return d, err
}

// DriversBefore lists up to limit drivers of the tenant, newest first, made
// before the given one (zero values: from the newest on).
func DriversBefore(tx *store.Tx, sc access.Scope, beforeAt time.Time, before string, limit int) ([]Driver, error) {
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	return store.All(tx, scanDriver, `SELECT `+driverColumns+` FROM driver_driver
		WHERE tenant_id = $1 AND deleted_at IS NULL AND (created_at < $2 OR (created_at = $2 AND id < $3))
		ORDER BY created_at DESC, id DESC LIMIT $4`, sc.Tenant, beforeAt, before, limit)
}

// LanguageOf returns the language of who holds a token (ISO 639-1); "" where
// nobody is known or none is.
func LanguageOf(tx *store.Tx, tenant, uid string) (string, error) {
	language, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT d.language FROM driver_token t JOIN driver_driver d ON d.id = t.driver_id
		WHERE t.tenant_id = $1 AND t.uid = $2 AND d.deleted_at IS NULL`, tenant, Key(uid))
	return language, err
}
