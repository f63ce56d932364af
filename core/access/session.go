package access

import (
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
)

// How long a sign-in lasts: without use, and at all.
const (
	StaffIdle     = 12 * time.Hour
	StaffLongest  = 7 * 24 * time.Hour
	DriverIdle    = 30 * 24 * time.Hour
	DriverLongest = 180 * 24 * time.Hour
)

const (
	rotateEvery  = time.Hour        // of use: then a new token is handed out
	pastGood     = 30 * time.Second // for the old token, once the new one was seen
	seenEvery    = time.Minute      // last_seen_at is that exact
	sessionsEach = 20               // of one person; the oldest end first
	maxAgent     = 300              // bytes
)

// Caller is a signed-in person at one request.
type Caller struct {
	Scope   Scope
	Session string // id of the sign-in
	Stale   bool   // Refresh has something to write
}

// signIn is a row of access_session.
type signIn struct {
	id, tenant, kind, person                      string
	digest, next, past                            string
	nextAt, pastUntil, issued, seen, idle, expiry time.Time
}

const signInColumns = `id, tenant_id, kind, person, digest, next_digest, past_digest, next_at, past_until, issued_at, last_seen_at, idle_until, expires_at`

func scanSignIn(r *store.Row) signIn {
	return signIn{
		r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Text(6),
		r.Time(7), r.Time(8), r.Time(9), r.Time(10), r.Time(11), r.Time(12),
	}
}

// Enter returns who the token of a cookie speaks for. A token that is unknown
// or over, and that of a disabled person, are Denied alike.
func Enter(tx *store.Tx, token string) (Caller, error) {
	s, found, err := findSignIn(tx, token)
	if err != nil || !found {
		return Caller{}, orDenied(err)
	}
	c, err := callerOf(tx, s)
	c.Stale = tx.Now().Sub(s.seen) >= seenEvery || s.next == digest(token) || s.due(tx.Now())
	return c, err
}

// Present checks a sign-in by its id, for streams that outlive a token; a sign-in
// that ended is Denied.
func Present(tx *store.Tx, session string) (Caller, error) {
	s, found, err := store.One(tx, scanSignIn, `SELECT `+signInColumns+` FROM access_session WHERE id = $1`, session)
	if err != nil || !found || !s.good(tx.Now()) {
		return Caller{}, orDenied(err)
	}
	return callerOf(tx, s)
}

func orDenied(err error) error {
	if err != nil {
		return err
	}
	return fail.New(fail.Denied, "access.Enter", "you are not signed in")
}

func (s signIn) good(now time.Time) bool { return now.Before(s.idle) && now.Before(s.expiry) }

// due reports whether it is time for a new token. One that was handed out and
// never seen (its answer was lost) is replaced after a while.
func (s signIn) due(now time.Time) bool {
	return now.Sub(s.issued) >= rotateEvery && (s.next == "" || now.Sub(s.nextAt) >= pastGood)
}

func findSignIn(tx *store.Tx, token string) (signIn, bool, error) {
	d := digest(token)
	s, found, err := store.One(tx, scanSignIn, `SELECT `+signInColumns+` FROM access_session
		WHERE digest = $1 OR next_digest = $1 OR past_digest = $1 ORDER BY id LIMIT 1`, d)
	if err != nil || !found {
		return s, false, err
	}
	past := d == s.past && d != s.digest && d != s.next
	return s, s.good(tx.Now()) && (!past || tx.Now().Before(s.pastUntil)), nil
}

func callerOf(tx *store.Tx, s signIn) (Caller, error) {
	c := Caller{Session: s.id, Scope: Scope{Tenant: s.tenant, Role: DriverRole, Actor: s.person, Kind: s.kind}}
	if s.kind == KindDriver {
		return c, nil
	}
	u, found, err := findUser(tx, `id = $1`, s.person)
	if err != nil || !found || u.State != Active {
		return Caller{}, orDenied(err)
	}
	c.Scope = u.Scope()
	return c, nil
}

// Refresh notes that a token is in use and hands out its successor when it is
// time; next is "" when the caller keeps the one it has.
func Refresh(tx *store.Tx, token string) (next string, err error) {
	s, found, err := findSignIn(tx, token)
	if err != nil || !found {
		return "", err
	}
	now, d := tx.Now(), digest(token)
	idle, _ := lifetimes(s.kind)
	tx.Write(`UPDATE access_session SET last_seen_at = $1, idle_until = $2 WHERE id = $3`, now, now.Add(idle), s.id)
	if s.kind == KindStaff {
		tx.Write(`UPDATE access_user SET last_seen_at = $1 WHERE id = $2`, now, s.person)
	}
	switch {
	case d == s.next:
		tx.Write(`UPDATE access_session SET digest = next_digest, issued_at = next_at, past_digest = digest, past_until = $1, next_digest = NULL, next_at = NULL WHERE id = $2`,
			now.Add(pastGood), s.id)
	case d == s.digest && s.due(now):
		next = newToken()
		tx.Write(`UPDATE access_session SET next_digest = $1, next_at = $2 WHERE id = $3`, digest(next), now, s.id)
	}
	return next, nil
}

// Renew gives a sign-in a new token at once, after a change of what its person
// signs in with. The old one is good for 30 s more.
func Renew(tx *store.Tx, session string) (token string, err error) {
	token = newToken()
	n, err := tx.Exec(`UPDATE access_session SET past_digest = digest, past_until = $1, digest = $2, issued_at = $3, next_digest = NULL, next_at = NULL WHERE id = $4`,
		tx.Now().Add(pastGood), digest(token), tx.Now(), session)
	if err == nil && n == 0 {
		err = orDenied(nil)
	}
	return token, err
}

func lifetimes(kind string) (idle, longest time.Duration) {
	if kind == KindDriver {
		return DriverIdle, DriverLongest
	}
	return StaffIdle, StaffLongest
}

// Begin signs a person in who has proved who they are, and returns the token for
// the cookie and the id of the sign-in. Who may sign in is the caller's to know.
func Begin(tx *store.Tx, tenant, kind, person string, c Client) (token, session string, err error) {
	token = newToken()
	session, err = begin(tx, tenant, kind, person, token, c)
	return token, session, err
}

func begin(tx *store.Tx, tenant, kind, person, token string, c Client) (string, error) {
	now, key := tx.Now(), id.New("sin")
	idle, longest := lifetimes(kind)
	agent := strings.ToValidUTF8(strings.ReplaceAll(c.Agent[:min(len(c.Agent), maxAgent)], "\x00", ""), "")
	_, err := tx.Exec(`INSERT INTO access_session (id, tenant_id, kind, person, digest, issued_at, created_at, last_seen_at, idle_until, expires_at, user_agent, remote)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7, $8, $9, $10)`,
		key, tenant, kind, person, digest(token), now, now.Add(idle), now.Add(longest), agent, c.Remote)
	if err != nil {
		return "", err
	}
	tx.Write(`DELETE FROM access_session WHERE person = $1 AND id NOT IN
		(SELECT id FROM access_session WHERE person = $1 ORDER BY created_at DESC, id DESC LIMIT $2)`, person, sessionsEach)
	if kind == KindStaff {
		tx.Write(`UPDATE access_user SET last_seen_at = $1 WHERE id = $2`, now, person)
	}
	return key, nil
}

// SignInRow is one sign-in as its person sees it.
type SignInRow struct {
	ID, Agent, Remote string
	CreatedAt, SeenAt time.Time
}

// SignIns lists a person's sign-ins, newest first, 20 at most.
func SignIns(tx *store.Tx, sc Scope) ([]SignInRow, error) {
	return store.All(tx, func(r *store.Row) SignInRow {
		return SignInRow{r.Text(0), r.Text(1), r.Text(2), r.Time(3), r.Time(4)}
	}, `SELECT id, user_agent, remote, created_at, last_seen_at FROM access_session
		WHERE tenant_id = $1 AND person = $2 AND expires_at > $3 AND idle_until > $3 ORDER BY created_at DESC, id DESC LIMIT $4`,
		sc.Tenant, sc.Actor, tx.Now(), sessionsEach)
}

// EndSignIn ends one of the caller's own sign-ins; another's is NotFound.
func EndSignIn(tx *store.Tx, sc Scope, session string) error {
	n, err := tx.Exec(`DELETE FROM access_session WHERE tenant_id = $1 AND person = $2 AND id = $3`, sc.Tenant, sc.Actor, session)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "access.EndSignIn", "there is no sign-in %q", session)
	}
	return err
}

// EndSessions ends all sign-ins of a person and removes passkeys, views and
// pending links, for one who is deleted. kind is KindStaff or KindDriver.
func EndSessions(tx *store.Tx, kind, person string) {
	endOthers(tx, person, "")
	forgetViews(tx, person)
	tx.Write(`DELETE FROM access_passkey WHERE kind = $1 AND person = $2`, kind, person)
	tx.Write(`DELETE FROM access_challenge WHERE person = $1`, person)
}

// endOthers ends all sign-ins of a person but one.
func endOthers(tx *store.Tx, person, but string) {
	tx.Write(`DELETE FROM access_session WHERE person = $1 AND id <> $2`, person, but)
}
