package driver

import (
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Driver is a person who charges.
type Driver struct {
	ID, Tenant, Name, Email, Phone, Language string
	CreatedAt                                time.Time
}

// Token is something a driver identifies with.
type Token struct {
	Tenant    string
	UID       string // as given; compares without regard to case
	Type      string // OCPP 2.x idToken type: ISO14443, ISO15693, eMAID, Central, …
	Driver    string // "" when it belongs to nobody known
	Group     string // members of one group may stop each other's sessions
	Status    string // accepted or blocked
	ExpiresAt time.Time
	// Limits; nil means none.
	PrepaidCredit       *int64 // minor units
	MaxEnergyWh         *int64
	MaxParallelSessions *int64
	UpdatedAt           time.Time
	Guest               bool   // of one visit of somebody without an account
	Free                bool   // of one session that a member of staff starts and nobody pays
	Held                string // why its driver may not charge until something is paid; "" if they may
}

// Token statuses.
const (
	StatusAccepted = "accepted"
	StatusBlocked  = "blocked"
)

// Verdict is what a station is told about a token.
type Verdict string

// The verdicts, in the words of OCPP 1.6 idTagInfo made into a closed set.
const (
	Accepted     Verdict = "accepted"
	Blocked      Verdict = "blocked"
	Expired      Verdict = "expired"
	Invalid      Verdict = "invalid"       // nobody we know
	ConcurrentTx Verdict = "concurrent_tx" // charging elsewhere already
	NoCredit     Verdict = "no_credit"     // their driver has nothing to pay with; 1.6 is told Blocked
)

// Key returns the form under which uids compare.
func Key(uid string) string { return strings.ToLower(strings.TrimSpace(uid)) }

// Judge returns what t is worth at that time. It knows nothing of sessions:
// concurrent use is the session room's to judge.
func (t Token) Judge(at time.Time) Verdict {
	switch {
	case t.Status != StatusAccepted || t.Held != "":
		return Blocked
	case !t.ExpiresAt.IsZero() && !at.Before(t.ExpiresAt):
		return Expired
	}
	return Accepted
}

// Check returns an Invalid error that names the field at fault.
func (t Token) Check() error {
	switch {
	case Key(t.UID) == "" || len(t.UID) > 255:
		return fail.Field("driver.Token", "uid", "it has %d characters, not 1 to 255", len(t.UID))
	case t.Status != StatusAccepted && t.Status != StatusBlocked:
		return fail.Field("driver.Token", "status", "%q is neither accepted nor blocked", t.Status)
	case len(t.Type) > 20 || t.Type == "":
		return fail.Field("driver.Token", "type", "%q is no token type", t.Type)
	case t.MaxParallelSessions != nil && *t.MaxParallelSessions < 0:
		return fail.Field("driver.Token", "max_parallel_sessions", "it is negative")
	case t.MaxEnergyWh != nil && *t.MaxEnergyWh < 0:
		return fail.Field("driver.Token", "max_energy_wh", "it is negative")
	case t.PrepaidCredit != nil && *t.PrepaidCredit < 0:
		return fail.Field("driver.Token", "prepaid_credit", "it is negative")
	}
	return nil
}

const tokenColumns = `tenant_id, shown_uid, type, driver_id, group_id, status, expires_at, prepaid_credit_minor, max_energy_wh, max_parallel_sessions, updated_at, purpose,
	(SELECT d.held_for FROM driver_driver d WHERE d.id = driver_id)`

func scanToken(r *store.Row) Token {
	return Token{
		r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Time(6),
		optional(r, 7), optional(r, 8), optional(r, 9), r.Time(10), r.Text(11) == purposeGuest, r.Text(11) == purposeFree, r.Text(12),
	}
}

func optional(r *store.Row, i int) *int64 {
	if r.Null(i) {
		return nil
	}
	n := r.Int(i)
	return &n
}

// PutToken inserts or replaces a token of the scope's tenant; a driver that is
// not the tenant's is NotFound.
func PutToken(tx *store.Tx, sc access.Scope, t Token) error {
	if err := t.Check(); err != nil {
		return err
	}
	if t.Driver != "" {
		if _, err := GetDriver(tx, sc, t.Driver); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`INSERT INTO driver_token (tenant_id, uid, shown_uid, type, driver_id, group_id, status, expires_at, prepaid_credit_minor,
			max_energy_wh, max_parallel_sessions, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (tenant_id, uid) DO UPDATE SET shown_uid = excluded.shown_uid, type = excluded.type, driver_id = excluded.driver_id,
			group_id = excluded.group_id, status = excluded.status, expires_at = excluded.expires_at,
			prepaid_credit_minor = excluded.prepaid_credit_minor, max_energy_wh = excluded.max_energy_wh,
			max_parallel_sessions = excluded.max_parallel_sessions, updated_at = excluded.updated_at`,
		sc.Tenant, Key(t.UID), t.UID, t.Type, store.OrNull(t.Driver), t.Group, t.Status, t.ExpiresAt, t.PrepaidCredit, t.MaxEnergyWh, t.MaxParallelSessions, tx.Now())
	if err == nil && t.Driver != "" { // the operator has decided about the card
		_, err = tx.Exec(`DELETE FROM driver_claim WHERE driver_id = $1 AND uid = $2`, t.Driver, Key(t.UID))
	}
	return err
}

// FindToken returns a tenant's token by uid.
func FindToken(tx *store.Tx, tenant, uid string) (Token, bool, error) {
	return store.One(tx, scanToken, `SELECT `+tokenColumns+` FROM driver_token WHERE tenant_id = $1 AND uid = $2`, tenant, Key(uid))
}

// GroupsOf returns the groups that the holder of a token is in: that of the token
// and those of the other accepted tokens of its driver, 100 at most, in order.
func GroupsOf(tx *store.Tx, t Token) ([]string, error) {
	if t.Driver == "" {
		if t.Group == "" {
			return nil, nil
		}
		return []string{t.Group}, nil
	}
	return store.All(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT DISTINCT group_id FROM driver_token
		WHERE driver_id = $1 AND tenant_id = $2 AND group_id <> '' AND status = $3 ORDER BY group_id LIMIT 100`, t.Driver, t.Tenant, StatusAccepted)
}

// GetToken returns a token of the scope's tenant or NotFound.
func GetToken(tx *store.Tx, sc access.Scope, uid string) (Token, error) {
	t, found, err := FindToken(tx, sc.Tenant, uid)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "driver.GetToken", "there is no token %q", uid)
	}
	return t, err
}

// DeleteToken removes a token; sessions keep what they recorded.
func DeleteToken(tx *store.Tx, sc access.Scope, uid string) error {
	n, err := tx.Exec(`DELETE FROM driver_token WHERE tenant_id = $1 AND uid = $2`, sc.Tenant, Key(uid))
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "driver.DeleteToken", "there is no token %q", uid)
	}
	return err
}

// Tokens lists up to limit tokens of the tenant with a key after the given uid.
func Tokens(tx *store.Tx, sc access.Scope, after string, limit int) ([]Token, error) {
	return store.All(tx, scanToken, `SELECT `+tokenColumns+` FROM driver_token WHERE tenant_id = $1 AND uid > $2 ORDER BY uid LIMIT $3`, sc.Tenant, Key(after), limit)
}

// CreateDriver adds a person and returns the id. An address that another driver
// of the tenant signs in with is a Conflict.
func CreateDriver(tx *store.Tx, sc access.Scope, d Driver) (string, error) {
	email, err := claim(tx, sc.Tenant, "", d.Email)
	if err != nil {
		return "", err
	}
	d.ID, d.Tenant, d.Email, d.CreatedAt = id.New("drv"), sc.Tenant, email, tx.Now()
	return d.ID, insertDriver(tx, d)
}

// Drivers lists up to limit drivers of the tenant with an id after the given one.
func Drivers(tx *store.Tx, sc access.Scope, after string, limit int) ([]Driver, error) {
	return store.All(tx, func(r *store.Row) Driver {
		return Driver{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Time(6)}
	}, `SELECT id, tenant_id, name, email, phone, language, created_at FROM driver_driver
		WHERE tenant_id = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3`, sc.Tenant, after, limit)
}
