package access

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
)

// passkeysEach is how many passkeys a person may have.
const passkeysEach = 20

// Passkey is a WebAuthn credential of a person.
type Passkey struct {
	ID, Tenant string
	Kind       string // KindStaff or KindDriver
	Person     string
	Credential string // credential id, base64url
	Name       string
	Data       string // the credential record as the edge reads it, JSON
	CreatedAt  time.Time
	UsedAt     time.Time
}

const passkeyColumns = `id, tenant_id, kind, person, credential, name, data, created_at, last_used_at`

func scanPasskey(r *store.Row) Passkey {
	return Passkey{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Text(6), r.Time(7), r.Time(8)}
}

// AddPasskey keeps a credential of the caller and returns it. One that is known
// already, and one too many, is a Conflict.
func AddPasskey(tx *store.Tx, sc Scope, credential, name, data string) (Passkey, error) {
	mine, err := Passkeys(tx, sc)
	if err != nil {
		return Passkey{}, err
	}
	if len(mine) >= passkeysEach {
		return Passkey{}, fail.New(fail.Conflict, "access.AddPasskey", "there are %d passkeys already; remove one first", len(mine))
	}
	p := Passkey{id.New("pky"), sc.Tenant, sc.Kind, sc.Actor, credential, name, data, tx.Now(), time.Time{}}
	n, err := tx.Exec(`INSERT INTO access_passkey (`+passkeyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (credential) DO NOTHING`,
		p.ID, p.Tenant, p.Kind, p.Person, p.Credential, p.Name, p.Data, p.CreatedAt, p.UsedAt)
	if err == nil && n == 0 {
		err = fail.New(fail.Conflict, "access.AddPasskey", "this passkey is known already")
	}
	return p, err
}

// Passkeys lists the caller's passkeys in order of their making.
func Passkeys(tx *store.Tx, sc Scope) ([]Passkey, error) {
	return store.All(tx, scanPasskey, `SELECT `+passkeyColumns+` FROM access_passkey WHERE tenant_id = $1 AND person = $2 ORDER BY id LIMIT $3`, sc.Tenant, sc.Actor, passkeysEach)
}

// FindPasskey returns a passkey by its credential id.
func FindPasskey(tx *store.Tx, credential string) (Passkey, bool, error) {
	return store.One(tx, scanPasskey, `SELECT `+passkeyColumns+` FROM access_passkey WHERE credential = $1`, credential)
}

// PasskeyUsed keeps what a sign-in changed in the credential record.
func PasskeyUsed(tx *store.Tx, passkey, data string) {
	tx.Write(`UPDATE access_passkey SET data = $1, last_used_at = $2 WHERE id = $3`, data, tx.Now(), passkey)
}

// RemovePasskey removes one of the caller's passkeys; another's is NotFound.
func RemovePasskey(tx *store.Tx, sc Scope, passkey string) error {
	n, err := tx.Exec(`DELETE FROM access_passkey WHERE tenant_id = $1 AND person = $2 AND id = $3`, sc.Tenant, sc.Actor, passkey)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "access.RemovePasskey", "there is no passkey %q", passkey)
	}
	return err
}
