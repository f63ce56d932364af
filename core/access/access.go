package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
)

// Role says what a caller may do inside a tenant.
type Role string

// The roles, from most to least powerful.
const (
	Owner      Role = "owner"
	Operator   Role = "operator"
	Finance    Role = "finance"
	Technician Role = "technician"
	Support    Role = "support"
	Viewer     Role = "viewer"
)

// Roles is the closed set.
var Roles = []Role{Owner, Operator, Finance, Technician, Support, Viewer}

// May reports whether r may change things of that area.
func (r Role) May(a Area) bool { return slices.Contains(grants[r], a) }

// Area is a part of the product that a role may change.
type Area string

// The areas.
const (
	Read     Area = "read"     // see everything but secrets
	Stations Area = "stations" // places, devices and commands to them
	Drivers  Area = "drivers"  // drivers and tokens
	Money    Area = "money"    // tariffs, corrections
	Admin    Area = "admin"    // keys, entities
)

var grants = map[Role][]Area{
	Owner:      {Read, Stations, Drivers, Money, Admin},
	Operator:   {Read, Stations, Drivers, Money},
	Finance:    {Read, Money},
	Technician: {Read, Stations},
	Support:    {Read, Drivers},
	Viewer:     {Read},
}

// Scope is on whose behalf a call is made.
type Scope struct {
	Tenant string
	Role   Role
	Actor  string // who: the id of an API key; "" for the server itself
}

// DefaultTenant and DefaultEntity are made by Install.
const (
	DefaultTenant = "tn_default"
	DefaultEntity = "le_default"
)

// Entity is a legal entity: who sells, in which currency, under which numbers.
type Entity struct {
	ID           string
	Name         string
	Country      string // ISO 3166-1 alpha-2
	Currency     string // ISO 4217
	NumberPrefix string // of its receipts and invoices
}

// Install makes the default tenant and legal entity if there is no tenant yet.
func Install(tx *store.Tx, e Entity) error {
	_, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT id FROM access_tenant ORDER BY id LIMIT 1`)
	if err != nil || found {
		return err
	}
	tx.Write(`INSERT INTO access_tenant (id, name, created_at) VALUES ($1, $2, $3)`, DefaultTenant, e.Name, tx.Now())
	tx.Write(`INSERT INTO access_entity (id, tenant_id, name, country, currency, tax_ids, number_prefix, bank, provider_account, created_at)
		VALUES ($1, $2, $3, $4, $5, '[]', $6, '', '', $7)`,
		DefaultEntity, DefaultTenant, e.Name, e.Country, e.Currency, e.NumberPrefix, tx.Now())
	return nil
}

// GetEntity returns a legal entity of the tenant.
func GetEntity(tx *store.Tx, tenant, entity string) (Entity, error) {
	e, found, err := store.One(tx, func(r *store.Row) Entity {
		return Entity{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4)}
	}, `SELECT id, name, country, currency, number_prefix FROM access_entity WHERE tenant_id = $1 AND id = $2`, tenant, entity)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "access.GetEntity", "there is no legal entity %q", entity)
	}
	return e, err
}

// CreateKey makes an API key and returns its secret, which is kept nowhere.
func CreateKey(tx *store.Tx, tenant string, role Role, label string) (secret string, err error) {
	if !slices.Contains(Roles, role) {
		return "", fail.Field("access.CreateKey", "role", "%q is no role; the roles are %v", role, Roles)
	}
	b := make([]byte, 24)
	if _, err := rand.Read(b); err != nil {
		return "", fail.Wrap(fail.Internal, "access.CreateKey", err)
	}
	secret = "cw_" + hex.EncodeToString(b)
	_, err = tx.Exec(`INSERT INTO access_key (id, tenant_id, digest, role, label, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		id.New("key"), tenant, digest(secret), role, label, tx.Now())
	return secret, err
}

// Identify returns the scope of an API key. Unknown and revoked keys are
// Denied alike.
func Identify(tx *store.Tx, secret string) (Scope, error) {
	s, found, err := store.One(tx, func(r *store.Row) Scope { return Scope{r.Text(0), Role(r.Text(1)), r.Text(2)} },
		`SELECT tenant_id, role, id FROM access_key WHERE digest = $1 AND revoked_at IS NULL`, digest(strings.TrimSpace(secret)))
	if err == nil && !found {
		err = fail.New(fail.Denied, "access.Identify", "the API key is not valid")
	}
	return s, err
}

// Revoke ends a key; from the next request on it is Denied.
func Revoke(tx *store.Tx, sc Scope, key string) error {
	n, err := tx.Exec(`UPDATE access_key SET revoked_at = $1 WHERE tenant_id = $2 AND id = $3 AND revoked_at IS NULL`, tx.Now(), sc.Tenant, key)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "access.Revoke", "there is no active key %q", key)
	}
	return err
}

// Key describes an API key without its secret.
type Key struct {
	ID, Label string
	Role      Role
	CreatedAt time.Time
	RevokedAt time.Time
}

// Keys lists the tenant's keys, newest first, 1,000 at most.
func Keys(tx *store.Tx, sc Scope) ([]Key, error) {
	return store.All(tx, func(r *store.Row) Key {
		return Key{r.Text(0), r.Text(1), Role(r.Text(2)), r.Time(3), r.Time(4)}
	}, `SELECT id, label, role, created_at, revoked_at FROM access_key WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1000`, sc.Tenant)
}

func digest(secret string) string {
	d := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(d[:])
}
