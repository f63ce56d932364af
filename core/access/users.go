package access

import (
	"net/mail"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
)

// State is where a user stands.
type State string

// The states. Invited: the invitation is not used yet; Disabled: may not sign in.
const (
	Invited  State = "invited"
	Active   State = "active"
	Disabled State = "disabled"
)

// User is a member of staff.
type User struct {
	ID, Tenant string
	Email      string // lower case, unique in the installation
	Name       string
	Role       Role
	Sites      []string // of a host: the only sites it sees, in order; others: nil
	Language   string   // BCP 47
	State      State
	SeenAt     time.Time
	CreatedAt  time.Time

	password string // PHC form; "" none
	totp     string // sealed secret; "" none
	totpStep int64  // of the last code that was used
}

// HasPassword and HasTOTP say what the user signs in with.
func (u User) HasPassword() bool { return u.password != "" }

// HasTOTP reports whether a second factor is on.
func (u User) HasTOTP() bool { return u.totp != "" }

// Scope is on whose behalf the user acts.
func (u User) Scope() Scope {
	return Scope{Tenant: u.Tenant, Role: u.Role, Actor: u.ID, Kind: KindStaff, Name: u.Name, Sites: u.Sites}
}

// LowerEmail is the form under which addresses compare.
func LowerEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// maxUsers bounds the users of a tenant.
const maxUsers = 2_000

// Check returns an Invalid error that names the field at fault.
func (u User) Check() error {
	a, err := mail.ParseAddress(u.Email)
	switch {
	case err != nil || a.Address != u.Email || len(u.Email) > 254 || u.Email != LowerEmail(u.Email):
		return fail.Field("access.User", "email", "it is no e-mail address")
	case strings.TrimSpace(u.Name) == "" || len(u.Name) > 200:
		return fail.Field("access.User", "name", "it has %d bytes, not 1 to 200", len(u.Name))
	case !slices.Contains(Roles, u.Role):
		return fail.Field("access.User", "role", "%q is no role; the roles are %v", u.Role, Roles)
	case u.Role != Host && u.Sites != nil:
		return fail.Field("access.User", "sites", "only a host is bound to sites")
	case len(u.Sites) > MaxSites:
		return fail.Field("access.User", "sites", "there are more than %d", MaxSites)
	case len(u.Language) > 35:
		return fail.Field("access.User", "language", "it is no language tag")
	}
	return nil
}

const userColumns = `id, tenant_id, email, name, role, language, state, last_seen_at, created_at, password, totp, totp_step`

func scanUser(r *store.Row) User {
	return User{
		ID: r.Text(0), Tenant: r.Text(1), Email: r.Text(2), Name: r.Text(3), Role: Role(r.Text(4)), Language: r.Text(5), State: State(r.Text(6)),
		SeenAt: r.Time(7), CreatedAt: r.Time(8), password: r.Text(9), totp: r.Text(10), totpStep: r.Int(11),
	}
}

func findUser(tx *store.Tx, where string, args ...any) (User, bool, error) {
	u, found, err := store.One(tx, scanUser, `SELECT `+userColumns+` FROM access_user WHERE `+where, args...)
	if err == nil && found && u.Role == Host {
		u.Sites, err = store.All(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT site_id FROM access_user_site WHERE user_id = $1 ORDER BY site_id`, u.ID)
		if u.Sites == nil {
			u.Sites = []string{}
		}
	}
	return u, found, err
}

// GetUser returns a user of the scope's tenant or NotFound.
func GetUser(tx *store.Tx, sc Scope, user string) (User, error) {
	u, found, err := findUser(tx, `tenant_id = $1 AND id = $2`, sc.Tenant, user)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "access.GetUser", "there is no user %q", user)
	}
	return u, err
}

// UserByEmail finds a user of the installation by address.
func UserByEmail(tx *store.Tx, email string) (User, bool, error) {
	return findUser(tx, `email = $1`, LowerEmail(email))
}

// Users lists up to limit users of the tenant with an id after the given one.
func Users(tx *store.Tx, sc Scope, after string, limit int) ([]User, error) {
	ids, err := store.All(tx, func(r *store.Row) string { return r.Text(0) },
		`SELECT id FROM access_user WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3`, sc.Tenant, after, limit)
	if err != nil {
		return nil, err
	}
	out := make([]User, 0, len(ids))
	for _, key := range ids {
		u, err := GetUser(tx, sc, key)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// NoStaff reports whether the tenant has no user yet.
func NoStaff(tx *store.Tx, tenant string) (bool, error) {
	_, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT id FROM access_user WHERE tenant_id = $1 ORDER BY id LIMIT 1`, tenant)
	return !found, err
}

// AddUser adds a user to the scope's tenant. hash is what HashPassword returned;
// without one the user is invited and has to accept. An address in use is a
// Conflict, also where another tenant uses it.
func AddUser(tx *store.Tx, sc Scope, u User, hash string) (User, error) {
	u.ID, u.Tenant, u.Email, u.CreatedAt, u.State, u.password = id.New("usr"), sc.Tenant, LowerEmail(u.Email), tx.Now(), Active, hash
	if hash == "" {
		u.State = Invited
	}
	if u.Role == Host && u.Sites == nil {
		u.Sites = []string{}
	}
	if u.Language == "" {
		u.Language = "en"
	}
	if err := u.Check(); err != nil {
		return u, err
	}
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM access_user WHERE tenant_id = $1`, sc.Tenant)
	if err == nil && n >= maxUsers {
		err = fail.New(fail.Conflict, "access.AddUser", "there are %d users already", n)
	}
	if err != nil {
		return u, err
	}
	n, err = tx.Exec(`INSERT INTO access_user (id, tenant_id, email, name, role, language, state, password, totp, totp_step, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0, $9, $9) ON CONFLICT (email) DO NOTHING`,
		u.ID, u.Tenant, u.Email, u.Name, u.Role, u.Language, u.State, hash, u.CreatedAt)
	if err == nil && n == 0 {
		err = fail.New(fail.Conflict, "access.AddUser", "this e-mail address is in use")
	}
	if err == nil {
		u.Sites = putSites(tx, u)
	}
	return u, err
}

func putSites(tx *store.Tx, u User) []string {
	tx.Write(`DELETE FROM access_user_site WHERE user_id = $1`, u.ID)
	if u.Role != Host {
		return nil
	}
	sites := slices.Sorted(slices.Values(u.Sites))
	sites = slices.Compact(sites)
	for _, s := range sites {
		tx.Write(`INSERT INTO access_user_site (user_id, site_id) VALUES ($1, $2)`, u.ID, s)
	}
	return append([]string{}, sites...)
}

// Change is what an owner may change of a user.
type Change struct {
	Name  string
	Role  Role
	Sites []string
	State State
}

// ChangeUser changes a user. One who is disabled is signed out; one enabled who
// never accepted is invited. The last owner who can sign in can be neither
// disabled nor demoted: Conflict.
func ChangeUser(tx *store.Tx, sc Scope, user string, c Change) (User, error) {
	u, err := GetUser(tx, sc, user)
	if err != nil {
		return u, err
	}
	wasOwner := u.Role == Owner && u.State == Active
	waits := u.State == Disabled && !u.entered()
	if waits && c.State == Active {
		c.State = Invited
	}
	if c.State == Active && u.State != Active && !u.entered() || c.State == Invited && u.State != Invited && !waits {
		return u, fail.New(fail.Conflict, "access.ChangeUser", "a user becomes active by accepting the invitation, and is invited only once")
	}
	u.Name, u.Role, u.Sites, u.State = c.Name, c.Role, c.Sites, c.State
	if u.Role == Host && u.Sites == nil {
		u.Sites = []string{}
	}
	if err := u.Check(); err != nil {
		return u, err
	}
	if wasOwner && (u.Role != Owner || u.State != Active) {
		if err := anotherOwner(tx, u); err != nil {
			return u, err
		}
	}
	tx.Write(`UPDATE access_user SET name = $1, role = $2, state = $3, updated_at = $4 WHERE id = $5`, u.Name, u.Role, u.State, tx.Now(), u.ID)
	u.Sites = putSites(tx, u)
	if u.State == Disabled {
		endOthers(tx, u.ID, "")
		tx.Write(`DELETE FROM access_challenge WHERE person = $1`, u.ID)
	}
	return u, nil
}

// entered reports whether the user ever signed in or has what it takes.
func (u User) entered() bool { return u.password != "" || !u.SeenAt.IsZero() }

// anotherOwner is a Conflict when u is the only owner who can sign in.
func anotherOwner(tx *store.Tx, u User) error {
	_, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) },
		`SELECT id FROM access_user WHERE tenant_id = $1 AND role = $2 AND state = $3 AND id <> $4 ORDER BY id LIMIT 1`, u.Tenant, Owner, Active, u.ID)
	if err == nil && !found {
		err = fail.New(fail.Conflict, "access.User", "this is the last owner: make another one first")
	}
	return err
}

// DeleteUser removes a user and what it signs in with. What it did stays under
// its id. The last owner cannot be deleted: Conflict.
func DeleteUser(tx *store.Tx, sc Scope, user string) error {
	u, err := GetUser(tx, sc, user)
	if err != nil {
		return err
	}
	if u.Role == Owner && u.State == Active {
		if err := anotherOwner(tx, u); err != nil {
			return err
		}
	}
	EndSessions(tx, KindStaff, u.ID)
	for _, table := range []string{"access_user_site", "access_recovery", "access_identity"} {
		tx.Write(`DELETE FROM `+table+` WHERE user_id = $1`, u.ID)
	}
	_, err = tx.Exec(`DELETE FROM access_user WHERE id = $1`, u.ID)
	return err
}

// SetProfile changes what a person may change of themself.
func SetProfile(tx *store.Tx, sc Scope, name, language string) (User, error) {
	u, err := GetUser(tx, sc, sc.Actor)
	if err != nil {
		return u, err
	}
	u.Name, u.Language = name, language
	if err := u.Check(); err != nil {
		return u, err
	}
	_, err = tx.Exec(`UPDATE access_user SET name = $1, language = $2, updated_at = $3 WHERE id = $4`, name, language, tx.Now(), u.ID)
	return u, err
}

// SetPassword gives a user a new password (a form of HashPassword), ends the
// user's other sign-ins and pending links, and makes an invited one active.
// but is the sign-in that goes on, "" none. A disabled user is Denied.
func SetPassword(tx *store.Tx, user, hash, but string) error {
	n, err := tx.Exec(`UPDATE access_user SET password = $1, state = $2, updated_at = $3 WHERE id = $4 AND state <> $5`, hash, Active, tx.Now(), user, Disabled)
	if err == nil && n == 0 {
		err = orDenied(nil)
	}
	endOthers(tx, user, but)
	tx.Write(`DELETE FROM access_challenge WHERE person = $1`, user)
	return err
}

// UserByIdentity finds the user whom an identity provider knows under subject.
func UserByIdentity(tx *store.Tx, issuer, subject string) (User, bool, error) {
	return findUser(tx, `id = (SELECT user_id FROM access_identity WHERE issuer = $1 AND subject = $2)`, issuer, subject)
}

// Identified keeps whom an identity provider calls what; an invited user is
// active from now on. A user whom the provider knows under another subject
// already is a Conflict: an address may have changed hands there.
func Identified(tx *store.Tx, u User, issuer, subject string) error {
	_, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT subject FROM access_identity WHERE issuer = $1 AND user_id = $2`, issuer, u.ID)
	if err == nil && found {
		err = fail.New(fail.Conflict, "access.Identified", "the identity provider knows this user under another name")
	}
	if err != nil {
		return err
	}
	tx.Write(`INSERT INTO access_identity (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)`, issuer, subject, u.ID, tx.Now())
	tx.Write(`UPDATE access_user SET state = $1, updated_at = $2 WHERE id = $3 AND state = $4`, Active, tx.Now(), u.ID, Invited)
	tx.Write(`DELETE FROM access_challenge WHERE kind = $1 AND person = $2`, ForInvitation, u.ID)
	return nil
}

// TenantName is the name of a tenant, "" for none.
func TenantName(tx *store.Tx, tenant string) (string, error) {
	name, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT name FROM access_tenant WHERE id = $1`, tenant)
	return name, err
}

// SetUp names the tenant and its first legal entity, for the first start.
func SetUp(tx *store.Tx, sc Scope, e Entity) error {
	first, err := FirstEntity(tx, sc)
	if err != nil {
		return err
	}
	tx.Write(`UPDATE access_tenant SET name = $1 WHERE id = $2`, e.Name, sc.Tenant)
	tx.Write(`UPDATE access_entity SET name = $1, country = $2, currency = $3 WHERE id = $4`, e.Name, e.Country, e.Currency, first.ID)
	return nil
}
