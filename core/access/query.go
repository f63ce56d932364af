package access

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// KeyOf describes the active key that has that secret, for the answer to its
// creation. An unknown secret is NotFound.
func KeyOf(tx *store.Tx, sc Scope, secret string) (Key, error) {
	k, found, err := store.One(tx, scanKey, `SELECT `+keyColumns+` FROM access_key
		WHERE tenant_id = $1 AND digest = $2 AND revoked_at IS NULL`, sc.Tenant, digest(secret))
	if err == nil && !found {
		err = fail.New(fail.NotFound, "access.KeyOf", "there is no such key")
	}
	return k, err
}

// GetKey describes a key of the scope's tenant, revoked or not.
func GetKey(tx *store.Tx, sc Scope, key string) (Key, error) {
	k, found, err := store.One(tx, scanKey, `SELECT `+keyColumns+` FROM access_key WHERE tenant_id = $1 AND id = $2`, sc.Tenant, key)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "access.GetKey", "there is no key %q", key)
	}
	return k, err
}

// KeysBefore lists up to limit keys of the tenant, newest first, made before
// the given one (zero values: from the newest on).
func KeysBefore(tx *store.Tx, sc Scope, beforeAt time.Time, before string, limit int) ([]Key, error) {
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	return store.All(tx, scanKey, `SELECT `+keyColumns+` FROM access_key
		WHERE tenant_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3)) ORDER BY created_at DESC, id DESC LIMIT $4`,
		sc.Tenant, beforeAt, before, limit)
}

const keyColumns = `id, label, role, created_at, revoked_at, sites`

func scanKey(r *store.Row) Key {
	return Key{r.Text(0), r.Text(1), Role(r.Text(2)), r.Time(3), r.Time(4), unpackSites(r.Text(5))}
}

// FirstEntity returns the tenant's oldest legal entity, which sells where
// nobody says otherwise. A tenant without one is NotFound.
func FirstEntity(tx *store.Tx, sc Scope) (Entity, error) {
	e, found, err := store.One(tx, scanEntity, `SELECT `+entityColumns+` FROM access_entity WHERE tenant_id = $1 ORDER BY created_at, id LIMIT 1`, sc.Tenant)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "access.FirstEntity", "there is no legal entity")
	}
	return e, err
}
