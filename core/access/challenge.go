package access

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
)

// Kinds of challenges: what their token is good for.
const (
	ForSetup      = "setup"
	ForInvitation = "invitation"
	ForReset      = "reset"
	ForDriver     = "driver"      // a driver's sign-in by mail
	ForPasskey    = "passkey"     // sign-in ceremony
	ForPasskeyAdd = "passkey_add" // registration ceremony
	ForProvider   = "oidc"
	ForTOTP       = "totp"
)

// How long each is good.
const (
	LinkGood       = 15 * time.Minute
	CeremonyGood   = 5 * time.Minute
	InvitationGood = 7 * 24 * time.Hour
)

// codeTries is how many wrong short codes end a challenge.
const codeTries = 5

// ceremonies bounds the challenges open to nobody in particular, which anybody
// may ask for.
const ceremonies = 20_000

// Challenge is something that is good once.
type Challenge struct {
	ID     string
	Tenant string
	Kind   string
	Person string // id or e-mail address of whom it is for
	Data   string // for the one who made it
}

// Ask makes a challenge and returns its token, which is kept nowhere. good 0 is
// until it is used. One for a person replaces that person's earlier ones of its
// kind. Busy when too many are open.
func Ask(tx *store.Tx, c Challenge, good time.Duration) (token string, err error) {
	return ask(tx, c, good, "")
}

// AskCode is Ask with a short code beside the token, six digits, for a link that
// is opened on another device.
func (s *SignIn) AskCode(tx *store.Tx, c Challenge, good time.Duration) (token, code string, err error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", "", fail.Wrap(fail.Internal, "access.AskCode", err)
	}
	code = fmt.Sprintf("%06d", n)
	token, err = ask(tx, c, good, s.codes.Make([]byte(code)))
	return token, code, err
}

func ask(tx *store.Tx, c Challenge, good time.Duration, code string) (string, error) {
	if c.Person != "" {
		tx.Write(`DELETE FROM access_challenge WHERE kind = $1 AND person = $2`, c.Kind, c.Person)
	} else if err := room(tx, c.Kind); err != nil {
		return "", err
	}
	var until time.Time
	if good > 0 {
		until = tx.Now().Add(good)
	}
	token := newToken()
	_, err := tx.Exec(`INSERT INTO access_challenge (id, tenant_id, kind, person, digest, code, tries, data, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9)`,
		id.New("chl"), c.Tenant, c.Kind, c.Person, digest(token), code, c.Data, tx.Now(), until)
	return token, err
}

// room makes place for a challenge of nobody: what is over goes first.
func room(tx *store.Tx, kind string) error {
	const open = `SELECT COUNT(*) FROM access_challenge WHERE kind = $1 AND person = ''`
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, open, kind)
	if err != nil || n < ceremonies {
		return err
	}
	gone, err := tx.Exec(`DELETE FROM access_challenge WHERE expires_at IS NOT NULL AND expires_at < $1`, tx.Now())
	if err == nil && gone == 0 {
		err = fail.New(fail.Busy, "access.Ask", "too many people sign in at this moment")
	}
	return err
}

const challengeColumns = `id, tenant_id, kind, person, data`

func scanChallenge(r *store.Row) Challenge {
	return Challenge{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4)}
}

// Peek returns an open challenge without using it up. One that is unknown, used
// or over is Denied.
func Peek(tx *store.Tx, kind, token string) (Challenge, error) {
	c, found, err := store.One(tx, scanChallenge, `SELECT `+challengeColumns+` FROM access_challenge
		WHERE digest = $1 AND kind = $2 AND (expires_at IS NULL OR expires_at > $3)`, digest(token), kind, tx.Now())
	if err == nil && !found {
		err = fail.New(fail.Denied, "access.Take", "this link is used up or over; ask for a new one")
	}
	return c, err
}

// Take returns an open challenge and uses it up.
func Take(tx *store.Tx, kind, token string) (Challenge, error) {
	c, err := Peek(tx, kind, token)
	if err == nil {
		_, err = tx.Exec(`DELETE FROM access_challenge WHERE id = $1`, c.ID)
	}
	return c, err
}

// TakeCode uses up a person's open challenge by its short code. ok is false for
// a wrong code, which counts, and when there is none.
func (s *SignIn) TakeCode(tx *store.Tx, kind, person, code string) (c Challenge, ok bool, err error) {
	type row struct {
		Challenge
		code  string
		tries int64
	}
	r, found, err := store.One(tx, func(r *store.Row) row { return row{scanChallenge(r), r.Text(5), r.Int(6)} },
		`SELECT `+challengeColumns+`, code, tries FROM access_challenge
		WHERE kind = $1 AND person = $2 AND expires_at > $3 ORDER BY created_at DESC, id DESC LIMIT 1`, kind, person, tx.Now())
	if err != nil {
		return c, false, err
	}
	ok = s.codes.Check(r.code, []byte(code)) && found && r.code != ""
	switch {
	case !found:
	case ok || r.tries+1 >= codeTries:
		tx.Write(`DELETE FROM access_challenge WHERE id = $1`, r.ID)
	default:
		tx.Write(`UPDATE access_challenge SET tries = tries + 1 WHERE id = $1`, r.ID)
	}
	return r.Challenge, ok, nil
}

// DropChallenges ends all challenges of a kind of a tenant.
func DropChallenges(tx *store.Tx, tenant, kind string) {
	tx.Write(`DELETE FROM access_challenge WHERE tenant_id = $1 AND kind = $2`, tenant, kind)
}
