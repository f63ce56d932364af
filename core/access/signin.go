package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"chargewright/base/fail"
	"chargewright/base/secret"
	"chargewright/base/store"
)

// SignIn is what signing in needs beside the database: keys derived from the
// master key, and the places to hash passwords at. It is safe for use by many
// goroutines.
type SignIn struct {
	codes   secret.Verifier // of short codes and recovery codes
	sealer  secret.Sealer   // of TOTP secrets
	bucket  []byte          // key of throttle buckets
	hashing chan struct{}
	dummy   string // hash that stands in for an unknown person's
}

// NewSignIn returns a SignIn over an installation's keys.
func NewSignIn(keys secret.Keys) *SignIn {
	return &SignIn{
		codes: keys.Verifier("sign-in codes"), sealer: keys.Sealer("totp secrets"), bucket: keys.Derive("sign-in throttle"),
		hashing: make(chan struct{}, hashesAtOnce), dummy: hashPassword(rand.Text()),
	}
}

// Attempt is one try to sign in by password.
type Attempt struct {
	Email, Password string
	Code            string // TOTP or recovery code; "" none
	Client          Client
}

// Client is where a person sits, as shown in the list of sign-ins.
type Client struct {
	Agent  string // User-Agent, cut to 300 bytes
	Remote string // address without port; IPv6 counts by /64
}

// Outcome of an attempt.
type Outcome string

// The outcomes. An unknown address, a wrong password, a wrong code and a
// disabled person are all Wrong.
const (
	Entered    Outcome = "entered"
	Wrong      Outcome = "wrong"
	CodeNeeded Outcome = "totp_required"
	Locked     Outcome = "locked"
)

// Entry is the answer to an attempt.
type Entry struct {
	Outcome Outcome
	Token   string        // of the cookie, when entered
	Session string        // its id
	User    User          // who, when entered
	Retry   time.Duration // when locked: how long
}

// Password tries to sign a person in. Unknown people cost the same time and
// lock the same way as known ones.
func (s *SignIn) Password(ctx context.Context, db *store.DB, a Attempt) (Entry, error) {
	keys := []string{"mail " + LowerEmail(a.Email), "from " + a.Client.Remote}
	type found struct {
		user User
		wait time.Duration
	}
	f, err := store.Read(ctx, db, func(tx *store.Tx) (found, error) {
		wait, err := s.lockedFor(tx, keys...)
		if err != nil || wait > 0 {
			return found{wait: wait}, err
		}
		u, _, err := findUser(tx, `email = $1`, LowerEmail(a.Email))
		return found{user: u}, err
	})
	if err != nil {
		return Entry{}, err
	}
	if f.wait > 0 {
		return Entry{Outcome: Locked, Retry: f.wait}, nil
	}
	good, err := s.checkPassword(ctx, f.user.password, a.Password)
	if err != nil {
		return Entry{}, err
	}
	token := newToken()
	return store.Do(ctx, db, "sign-in", func(tx *store.Tx) (Entry, error) {
		return s.judge(tx, f.user, good, a, keys, token)
	})
}

// judge decides an attempt whose password was compared outside.
func (s *SignIn) judge(tx *store.Tx, u User, good bool, a Attempt, keys []string, token string) (Entry, error) {
	wait, err := s.lockedFor(tx, keys...) // others may have tried meanwhile
	if err != nil || wait > 0 {
		return Entry{Outcome: Locked, Retry: wait}, err
	}
	now, found, err := findUser(tx, `id = $1`, u.ID)
	if err != nil {
		return Entry{}, err
	}
	if !good || !found || now.password != u.password || now.State != Active {
		return Entry{Outcome: Wrong}, s.failed(tx, keys...)
	}
	if now.totp != "" {
		if a.Code == "" {
			return Entry{Outcome: CodeNeeded}, nil
		}
		ok, err := s.useCode(tx, now, a.Code)
		if err != nil {
			return Entry{}, err
		}
		if !ok {
			return Entry{Outcome: Wrong}, s.failed(tx, keys...)
		}
	}
	tx.Write(`DELETE FROM access_throttle WHERE bucket = $1`, s.bucketOf(keys[0]))
	id, err := begin(tx, now.Tenant, KindStaff, now.ID, token, a.Client)
	return Entry{Outcome: Entered, Token: token, Session: id, User: now}, err
}

// PasswordOf reports whether a signed-in person knows their password; wrong ones
// count as failed attempts. Locked is Busy.
func (s *SignIn) PasswordOf(ctx context.Context, db *store.DB, user, password string) (bool, error) {
	key := "self " + user
	u, err := store.Read(ctx, db, func(tx *store.Tx) (User, error) {
		wait, err := s.lockedFor(tx, key)
		if err == nil && wait > 0 {
			err = fail.New(fail.Busy, "access.PasswordOf", "too many wrong passwords; wait %s", wait.Round(time.Second))
		}
		if err != nil {
			return User{}, err
		}
		u, _, err := findUser(tx, `id = $1`, user)
		return u, err
	})
	if err != nil {
		return false, err
	}
	good, err := s.checkPassword(ctx, u.password, password)
	if err != nil || good {
		return good, err
	}
	_, err = store.Do(ctx, db, "sign-in", func(tx *store.Tx) (struct{}, error) { return struct{}{}, s.failed(tx, key) })
	return false, err
}

// How attempts lock: the first few are free, each further one doubles the wait.
const (
	freePerson  = 5
	freeRemote  = 30
	lockFirst   = time.Second
	lockLongest = 15 * time.Minute
	throttleAge = 24 * time.Hour
	buckets     = 1 << 18 // the table never has more rows
)

// bucketOf names the row of a key. Who does not know the master key cannot
// choose an address that shares another's bucket.
func (s *SignIn) bucketOf(key string) string {
	m := hmac.New(sha256.New, s.bucket)
	m.Write([]byte(key))
	sum := m.Sum(nil)
	n := (uint32(sum[0])<<16 | uint32(sum[1])<<8 | uint32(sum[2])) % buckets
	return key[:4] + hex.EncodeToString([]byte{byte(n >> 16), byte(n >> 8), byte(n)})
}

// lockedFor is how long the longest lock of the keys still holds.
func (s *SignIn) lockedFor(tx *store.Tx, keys ...string) (time.Duration, error) {
	var longest time.Duration
	for _, k := range keys {
		until, _, err := store.One(tx, func(r *store.Row) time.Time { return r.Time(0) }, `SELECT locked_until FROM access_throttle WHERE bucket = $1`, s.bucketOf(k))
		if err != nil {
			return 0, err
		}
		if !until.IsZero() {
			longest = max(longest, until.Sub(tx.Now()))
		}
	}
	return longest, nil
}

// failed counts a failed attempt for each key.
func (s *SignIn) failed(tx *store.Tx, keys ...string) error {
	for _, k := range keys {
		free := int64(freePerson)
		if k[:4] == "from" {
			free = freeRemote
		}
		if _, err := s.count(tx, k, free); err != nil {
			return err
		}
	}
	return nil
}

// Allow counts one use of something that costs us (a mail, a code) and reports
// whether it is still within bounds: limit uses are free, then waits double.
// what has four letters.
func (s *SignIn) Allow(tx *store.Tx, what, key string, limit int64) (bool, error) {
	k := what + " " + key
	wait, err := s.lockedFor(tx, k)
	if err != nil || wait > 0 {
		return false, err
	}
	_, err = s.count(tx, k, limit)
	return err == nil, err
}

func (s *SignIn) count(tx *store.Tx, key string, free int64) (failures int64, err error) {
	type row struct {
		n  int64
		at time.Time
	}
	b := s.bucketOf(key)
	r, _, err := store.One(tx, func(r *store.Row) row { return row{r.Int(0), r.Time(1)} }, `SELECT failures, last_at FROM access_throttle WHERE bucket = $1`, b)
	if err != nil {
		return 0, err
	}
	if tx.Now().Sub(r.at) > throttleAge {
		r.n = 0
	}
	r.n++
	var until time.Time
	if over := r.n - free; over >= 0 {
		until = tx.Now().Add(min(lockLongest, lockFirst<<min(over, 20)))
	}
	tx.Write(`INSERT INTO access_throttle (bucket, failures, last_at, locked_until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (bucket) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, locked_until = excluded.locked_until`,
		b, r.n, tx.Now(), until)
	return r.n, nil
}

// ForgetSignIn deletes sign-ins, challenges and throttles that are over.
func ForgetSignIn(tx *store.Tx) {
	now := tx.Now()
	tx.Write(`DELETE FROM access_session WHERE expires_at < $1 OR idle_until < $1`, now)
	tx.Write(`DELETE FROM access_challenge WHERE expires_at IS NOT NULL AND expires_at < $1`, now)
	tx.Write(`DELETE FROM access_throttle WHERE last_at < $1`, now.Add(-throttleAge))
}

// newToken is 32 random bytes as text.
func newToken() string {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}
