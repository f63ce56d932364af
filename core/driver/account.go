package driver

import (
	"net/mail"
	"strings"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Email returns the form under which addresses are kept and compared: lower
// case, without spaces around. What is no address (RFC 5322 addr-spec, at most
// 254 characters) is Invalid.
func Email(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
		return "", fail.Field("driver.Email", "email", "it is no email address")
	}
	return email, nil
}

// ByEmail returns the tenant's living driver who signs in with that address, in
// any case. What is no address belongs to nobody.
func ByEmail(tx *store.Tx, tenant, email string) (Driver, bool, error) {
	key, err := Email(email)
	if err != nil {
		return Driver{}, false, nil
	}
	return store.One(tx, scanDriver, `SELECT `+driverColumns+` FROM driver_driver WHERE tenant_id = $1 AND login = $2 AND deleted_at IS NULL`, tenant, key)
}

// SignUp returns the tenant's driver of that address, who is made if there is
// none yet. It proves nothing: the caller has seen that the address is theirs.
// Language is ISO 639-1 or "".
func SignUp(tx *store.Tx, tenant, email, language string) (Driver, error) {
	key, err := Email(email)
	if err != nil {
		return Driver{}, err
	}
	d, found, err := ByEmail(tx, tenant, key)
	if err != nil || found {
		return d, err
	}
	d = Driver{ID: id.New("drv"), Tenant: tenant, Email: key, Language: language, CreatedAt: tx.Now()}
	return d, insertDriver(tx, d)
}

func insertDriver(tx *store.Tx, d Driver) error {
	_, err := tx.Exec(`INSERT INTO driver_driver (id, tenant_id, name, email, phone, language, created_at, login) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		d.ID, d.Tenant, d.Name, d.Email, d.Phone, d.Language, d.CreatedAt, store.OrNull(d.Email))
	file(tx, d)
	return err
}

// claim returns the form of an address that driver may take, "" for none. One
// that another living driver signs in with is a Conflict.
func claim(tx *store.Tx, tenant, driver, email string) (string, error) {
	if strings.TrimSpace(email) == "" {
		return "", nil
	}
	key, err := Email(email)
	if err != nil {
		return "", err
	}
	d, found, err := ByEmail(tx, tenant, key)
	if err == nil && found && d.ID != driver {
		err = fail.New(fail.Conflict, "driver.claim", "another driver has this email address")
	}
	return key, err
}

// Update writes what is known of a living driver: name, email, phone and
// language. It is NotFound where there is none, and a Conflict when another
// driver of the tenant signs in with that address.
func Update(tx *store.Tx, sc access.Scope, d Driver) error {
	if _, err := GetDriver(tx, sc, d.ID); err != nil {
		return err
	}
	email, err := claim(tx, sc.Tenant, d.ID, d.Email)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE driver_driver SET name = $1, email = $2, login = $3, phone = $4, language = $5 WHERE id = $6 AND tenant_id = $7 AND deleted_at IS NULL`,
		d.Name, email, store.OrNull(email), d.Phone, d.Language, d.ID, sc.Tenant)
	d.Tenant, d.Email = sc.Tenant, email
	file(tx, d)
	return err
}

// Gone is a token that was replaced by a pseudonym when its driver left.
type Gone struct {
	Key       string `json:"key"`   // as tokens compare
	Shown     string `json:"shown"` // as it was written
	Pseudonym string `json:"pseudonym"`
}

// TopicGone is the event that other rooms still hold tokens of a driver who
// left; the key is the driver's id and the body the list of Gone.
const TopicGone = "driver.gone"

// Delete forgets a driver: name, address and phone, vehicles, favourites, whom
// they buy for, the texts of reports and the cards that wait. Tokens are blocked
// and bear pseudonyms from now on; what other rooms keep of them is replaced upon
// TopicGone. The id stays, which says nothing about the person, for the
// documents that the law wants kept.
func Delete(tx *store.Tx, tenant, driver string) ([]Gone, error) {
	n, err := tx.Exec(`UPDATE driver_driver SET name = '', email = '', login = NULL, phone = '', language = '', deleted_at = $1
		WHERE id = $2 AND tenant_id = $3 AND deleted_at IS NULL`, tx.Now(), driver, tenant)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "driver.Delete", "there is no driver %q", driver)
	}
	if err != nil {
		return nil, err
	}
	file(tx, Driver{ID: driver})
	gone, err := held(tx, tenant, driver)
	if err != nil {
		return nil, err
	}
	for i, g := range gone {
		gone[i].Pseudonym = strings.Replace(id.New("gone"), "_", "-", 1)
		tx.Write(`UPDATE driver_token SET uid = $1, shown_uid = $1, status = $2, updated_at = $3 WHERE tenant_id = $4 AND uid = $5`,
			gone[i].Pseudonym, StatusBlocked, tx.Now(), tenant, g.Key)
	}
	tx.Write(`DELETE FROM driver_claim WHERE driver_id = $1`, driver)
	tx.Write(`DELETE FROM driver_vehicle WHERE driver_id = $1`, driver)
	tx.Write(`DELETE FROM driver_favourite WHERE driver_id = $1`, driver)
	tx.Write(`DELETE FROM driver_start WHERE driver_id = $1`, driver)
	tx.Write(`DELETE FROM driver_buyer WHERE driver_id = $1`, driver)
	tx.Write(`UPDATE driver_report SET text = '' WHERE driver_id = $1`, driver)
	if len(gone) == 0 {
		return nil, nil
	}
	return gone, outbox.Emit(tx, TopicGone, driver, gone)
}

// held are all tokens of a driver.
func held(tx *store.Tx, tenant, driver string) (all []Gone, err error) {
	const batch = 1_000
	for after, more := "", true; more; {
		some, err := store.All(tx, func(r *store.Row) Gone { return Gone{r.Text(0), r.Text(1), ""} },
			`SELECT uid, shown_uid FROM driver_token WHERE driver_id = $1 AND tenant_id = $2 AND uid > $3 ORDER BY uid LIMIT $4`, driver, tenant, after, batch)
		if err != nil {
			return nil, err
		}
		if all, more = append(all, some...), len(some) == batch; more {
			after = some[batch-1].Key
		}
	}
	return all, nil
}

// TenantOf is the tenant of a driver, living or deleted; "" for nobody.
func TenantOf(tx *store.Tx, driver string) (string, error) {
	tenant, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT tenant_id FROM driver_driver WHERE id = $1`, driver)
	return tenant, err
}

// Forget deletes what is over its term: starts after 90 days, reports 400 days
// after they were done, and wishes to be told whose time is over.
func Forget(tx *store.Tx) {
	tx.Write(`DELETE FROM driver_start WHERE created_at < $1`, tx.Now().AddDate(0, 0, -90))
	tx.Write(`DELETE FROM driver_guest WHERE created_at < $1`, tx.Now().AddDate(0, 0, -90))
	tx.Write(`DELETE FROM driver_token WHERE purpose IN ($1, $2) AND updated_at < $3`, purposeGuest, purposeFree, tx.Now().AddDate(0, 0, -90))
	tx.Write(`DELETE FROM driver_report WHERE state = $1 AND updated_at < $2`, ReportDone, tx.Now().AddDate(0, 0, -400))
	tx.Write(`UPDATE driver_favourite SET tell_until = NULL, full_seen = FALSE WHERE tell_until < $1`, tx.Now())
}

// WishesPapers reports whether a driver wishes receipts, credit notes and
// statements by mail.
func WishesPapers(tx *store.Tx, tenant, driver string) (bool, error) {
	yes, _, err := store.One(tx, func(r *store.Row) bool { return r.Bool(0) }, `SELECT papers_by_mail FROM driver_driver WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`, tenant, driver)
	return yes, err
}

// WishPapers says whether a driver wishes them.
func WishPapers(tx *store.Tx, tenant, driver string, yes bool) error {
	n, err := tx.Exec(`UPDATE driver_driver SET papers_by_mail = $1 WHERE tenant_id = $2 AND id = $3 AND deleted_at IS NULL`, yes, tenant, driver)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "driver.WishPapers", "there is no driver %q", driver)
	}
	return err
}
