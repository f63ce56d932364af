package payment

import (
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Saved is a method that a driver saved.
type Saved struct {
	ID       string
	Tenant   string
	Driver   string
	Provider string
	Method   Method
	Default  bool // used where the driver does not say
	Created  time.Time
}

// TopicForget is the event that a provider is to forget a removed method: the
// key is its id, the handler ForgetMethod.
const TopicForget = "payment.forget"

const methodColumns = `id, tenant_id, driver_id, provider, ref, customer, kind, brand, wallet, last4, fingerprint, country, expires, preferred, created_at`

func scanSaved(r *store.Row) Saved {
	return Saved{
		ID: r.Text(0), Tenant: r.Text(1), Driver: r.Text(2), Provider: r.Text(3),
		Method: Method{
			Ref: r.Text(4), Customer: r.Text(5), Kind: r.Text(6), Brand: r.Text(7), Wallet: r.Text(8), Last4: r.Text(9), Fingerprint: r.Text(10),
			Country: r.Text(11), ExpiresOn: r.Text(12),
		},
		Default: r.Bool(13), Created: r.Time(14),
	}
}

// Methods lists the methods of a driver, the default first, 100 at most.
func Methods(tx *store.Tx, tenant, driver string) ([]Saved, error) {
	return store.All(tx, scanSaved, `SELECT `+methodColumns+` FROM payment_method WHERE tenant_id = $1 AND driver_id = $2 AND removed_at IS NULL
		ORDER BY preferred DESC, created_at DESC, id DESC LIMIT 100`, tenant, driver)
}

// methodOf returns a method of a driver; another's is NotFound.
func methodOf(tx *store.Tx, tenant, driver, method string) (Saved, error) {
	m, found, err := store.One(tx, scanSaved, `SELECT `+methodColumns+` FROM payment_method
		WHERE id = $1 AND tenant_id = $2 AND driver_id = $3 AND removed_at IS NULL`, method, tenant, driver)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "payment.Method", "there is no payment method %q", method)
	}
	return m, err
}

// own is methodOf for what a driver asks for: staff have no hand in it.
func own(tx *store.Tx, sc access.Scope, method string) (Saved, error) {
	if sc.Role != access.DriverRole {
		return Saved{}, fail.New(fail.Denied, "payment.Method", "a payment method is its driver's")
	}
	return methodOf(tx, sc.Tenant, sc.Actor, method)
}

// Prefer makes a method of the driver the default.
func Prefer(tx *store.Tx, sc access.Scope, method string) error {
	m, err := own(tx, sc, method)
	if err == nil {
		tx.Write(`UPDATE payment_method SET preferred = (id = $3) WHERE tenant_id = $1 AND driver_id = $2`, m.Tenant, m.Driver, m.ID)
	}
	return err
}

// Remove takes a method of the driver away, and has its provider forget it. The
// newest of the others becomes the default, if it was.
func Remove(tx *store.Tx, sc access.Scope, method string) error {
	m, err := own(tx, sc, method)
	if err != nil {
		return err
	}
	return remove(tx, m)
}

// RemoveAll takes all methods of a driver away who leaves.
func RemoveAll(tx *store.Tx, tenant, driver string) error {
	all, err := Methods(tx, tenant, driver)
	for _, m := range all {
		if err == nil {
			err = remove(tx, m)
		}
	}
	return err
}

func remove(tx *store.Tx, m Saved) error {
	tx.Write(`UPDATE payment_method SET removed_at = $2, preferred = FALSE WHERE id = $1`, m.ID, tx.Now())
	if m.Default {
		tx.Write(`UPDATE payment_method SET preferred = TRUE WHERE id = (SELECT id FROM payment_method
			WHERE tenant_id = $1 AND driver_id = $2 AND removed_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1)`, m.Tenant, m.Driver)
	}
	return outbox.Emit(tx, TopicForget, m.ID, nil)
}

// keep writes a method down that a driver saved with a payment. The first is
// their default. A method they removed stays removed.
func keep(tx *store.Tx, p Payment, m Method) error {
	others, err := Methods(tx, p.Tenant, p.Driver)
	if err != nil || len(others) >= 100 {
		return err
	}
	tx.Write(`INSERT INTO payment_method (id, tenant_id, driver_id, provider, ref, customer, kind, brand, wallet, last4, fingerprint, country, expires, preferred, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (tenant_id, driver_id, provider, ref) DO NOTHING`,
		id.New("pm"), p.Tenant, p.Driver, p.Provider, m.Ref, m.Customer, m.Kind, m.Brand, m.Wallet, m.Last4, m.Fingerprint, m.Country, m.ExpiresOn,
		len(others) == 0, tx.Now())
	return nil
}

// ForgetMethod has the provider of a removed method forget it. One that keeps no
// methods has nothing to forget.
func ForgetMethod(ctx context.Context, db *store.DB, ps Providers, method string) error {
	m, err := store.Read(ctx, db, func(tx *store.Tx) (Saved, error) {
		m, _, err := store.One(tx, scanSaved, `SELECT `+methodColumns+` FROM payment_method WHERE id = $1 AND removed_at IS NOT NULL`, method)
		return m, err
	})
	if err != nil || m.ID == "" {
		return err
	}
	from, err := ps.named(m.Provider)
	if err != nil {
		return err
	}
	s, ok := from.(Saver)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return s.Forget(ctx, m.Method.Customer, m.Method.Ref)
}
