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

// The roles of staff and keys, and that of drivers.
const (
	Owner      Role = "owner"
	Operator   Role = "operator"
	Finance    Role = "finance"
	Technician Role = "technician"
	Support    Role = "support"
	Viewer     Role = "viewer"
	Host       Role = "host"   // on whose ground stations stand: sees Scope.Sites only
	DriverRole Role = "driver" // sees its own things only; no key and no member of staff has it
)

// Roles is the closed set of those that keys and staff may have.
var Roles = []Role{Owner, Operator, Finance, Technician, Support, Viewer, Host}

// May reports whether r may do what needs that area. Open needs no role.
func (r Role) May(a Area) bool { return a == Open || slices.Contains(grants[r], a) }

// Areas lists what r may do, in the order of the areas below.
func (r Role) Areas() []Area { return slices.Clone(grants[r]) }

// Area is a part of the product that a role may see or change.
type Area string

// The areas.
const (
	Open     Area = "open"     // everybody, signed in or not
	Read     Area = "read"     // see places, sessions, their logs, and tariffs
	People   Area = "people"   // see drivers, tokens and reports
	Books    Area = "books"    // see receipts, charge detail records and the ledger
	Stations Area = "stations" // change places, devices; commands to them
	Drivers  Area = "drivers"  // change drivers and tokens
	Money    Area = "money"    // change tariffs; corrections
	Goodwill Area = "goodwill" // give back of receipts, to the limit of the policy
	Desk     Area = "desk"     // help who calls: stop, unlock, reset, start for free
	Admin    Area = "admin"    // keys, users, audit, webhooks, branding
	Self     Area = "self"     // one's own account
	Me       Area = "me"       // a driver's own things
)

var grants = map[Role][]Area{
	Owner:      {Read, People, Books, Stations, Drivers, Money, Goodwill, Desk, Admin, Self},
	Operator:   {Read, People, Books, Stations, Drivers, Money, Goodwill, Desk, Self},
	Finance:    {Read, People, Books, Money, Goodwill, Self},
	Technician: {Read, Stations, Self},
	Support:    {Read, People, Books, Drivers, Goodwill, Desk, Self},
	Viewer:     {Read, People, Books, Self},
	Host:       {Read, Self},
	DriverRole: {Self, Me},
}

// The kinds of actors.
const (
	KindKey    = "key"
	KindStaff  = "staff"
	KindDriver = "driver"
	KindSystem = "system"
)

// Scope is on whose behalf a call is made.
type Scope struct {
	Tenant string
	Role   Role
	Actor  string   // who: the id of an API key, a user or a driver; "" for the server itself
	Kind   string   // KindKey, KindStaff, KindDriver or KindSystem; "" is nobody
	Name   string   // of the actor: the label of a key, the name of a person
	Sites  []string // ids of the only sites it sees, MaxSites at most; nil: all
}

// DefaultTenant and DefaultEntity are made by Install.
const (
	DefaultTenant = "tn_default"
	DefaultEntity = "le_default"
)

// Install makes the default tenant and legal entity if there is no tenant yet.
func Install(tx *store.Tx, e Entity) error {
	_, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT id FROM access_tenant ORDER BY id LIMIT 1`)
	if err != nil || found {
		return err
	}
	tx.Write(`INSERT INTO access_tenant (id, name, created_at) VALUES ($1, $2, $3)`, DefaultTenant, e.Name, tx.Now())
	tx.Write(`INSERT INTO access_entity (id, tenant_id, name, country, currency, number_prefix, bank, provider_account, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, '', '', $7)`,
		DefaultEntity, DefaultTenant, e.Name, e.Country, e.Currency, e.NumberPrefix, tx.Now())
	return nil
}

// CreateKey makes an API key and returns its secret, which is kept nowhere. The
// sites are a host's: the only ones it sees, none at all if none are given.
func CreateKey(tx *store.Tx, tenant string, role Role, label string, sites ...string) (secret string, err error) {
	if !slices.Contains(Roles, role) {
		return "", fail.Field("access.CreateKey", "role", "%q is no role; the roles are %v", role, Roles)
	}
	if err := checkSites("access.CreateKey", role, sites); err != nil {
		return "", err
	}
	b := make([]byte, 24)
	if _, err := rand.Read(b); err != nil {
		return "", fail.Wrap(fail.Internal, "access.CreateKey", err)
	}
	secret = "cw_" + hex.EncodeToString(b)
	_, err = tx.Exec(`INSERT INTO access_key (id, tenant_id, digest, role, label, sites, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id.New("key"), tenant, digest(secret), role, label, packSites(role, sites), tx.Now())
	return secret, err
}

// Identify returns the scope of an API key. Unknown and revoked keys are
// Denied alike.
func Identify(tx *store.Tx, secret string) (Scope, error) {
	s, found, err := store.One(tx, func(r *store.Row) Scope {
		return Scope{Tenant: r.Text(0), Role: Role(r.Text(1)), Actor: r.Text(2), Kind: KindKey, Name: r.Text(3), Sites: unpackSites(r.Text(4))}
	},
		`SELECT tenant_id, role, id, label, sites FROM access_key WHERE digest = $1 AND revoked_at IS NULL`, digest(strings.TrimSpace(secret)))
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
	Sites     []string // of a host
}

// Keys lists the tenant's keys, newest first, 1,000 at most.
func Keys(tx *store.Tx, sc Scope) ([]Key, error) {
	return store.All(tx, scanKey, `SELECT `+keyColumns+` FROM access_key WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1000`, sc.Tenant)
}

func digest(secret string) string {
	d := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(d[:])
}
