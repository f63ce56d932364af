package access_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/schema"
)

const good = "correct horse battery"

var here = access.Client{Agent: "test", Remote: "192.0.2.1"}

// desk is a tenant with sign-in.
type desk struct {
	*testing.T
	db     *store.DB
	in     *access.SignIn
	sc     access.Scope
	theirs access.Scope
	hash   string
}

func eachDesk(t *testing.T, fn func(d desk)) {
	t.Helper()
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) { fn(newDesk(t, db)) })
}

func newDesk(t *testing.T, db *store.DB) desk {
	t.Helper()
	keys, err := secret.New(bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	d := desk{T: t, db: db, in: access.NewSignIn(keys)}
	d.sc, d.theirs = twoTenants(t, db)
	if d.hash, err = d.in.HashPassword(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d desk) user(email string, role access.Role) access.User {
	d.Helper()
	return do(d.T, d.db, func(tx *store.Tx) (access.User, error) {
		return access.AddUser(tx, d.sc, access.User{Email: email, Name: "N", Role: role}, d.hash)
	})
}

func (d desk) exec(sql string, args ...any) {
	d.Helper()
	do(d.T, d.db, func(tx *store.Tx) (int64, error) { return tx.Exec(sql, args...) })
}

func (d desk) enter(token string) (access.Caller, error) {
	d.Helper()
	return try(d.T, d.db, func(tx *store.Tx) (access.Caller, error) { return access.Enter(tx, token) })
}

func (d desk) refresh(token string) string {
	d.Helper()
	return do(d.T, d.db, func(tx *store.Tx) (string, error) { return access.Refresh(tx, token) })
}

func (d desk) password(email, password, code string) access.Entry {
	d.Helper()
	e, err := d.in.Password(d.Context(), d.db, access.Attempt{Email: email, Password: password, Code: code, Client: here})
	if err != nil {
		d.Fatal(err)
	}
	return e
}

func (d desk) begin(u access.User) (token, session string) {
	d.Helper()
	e := d.password(u.Email, good, "")
	if e.Outcome != access.Entered {
		d.Fatalf("%+v", e)
	}
	return e.Token, e.Session
}

func TestPasswordPolicy(t *testing.T) {
	for password, ok := range map[string]bool{
		good: true, "zehn Zeich": true, "ääääöööüüü": true, "": false, "short": false, "123456789": false, "aaaaaaaaaaaa": false,
		"operator1!": false, "operator@example.org": false, strings.Repeat("ab", 100): true, strings.Repeat("ab", 101): false, "bad\xffutf8bytes": false,
	} {
		if err := access.CheckPassword(password, "Operator@example.org"); (err == nil) != ok || err != nil && !fail.Is(err, fail.Invalid) {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestPasswordSignIn(t *testing.T) {
	eachDesk(t, func(d desk) {
		u := d.user("ada@example.org", access.Operator)
		e := d.password(" ADA@Example.org ", good, "")
		if e.Outcome != access.Entered || e.User.ID != u.ID {
			d.Fatalf("%+v", e)
		}
		c, err := d.enter(e.Token)
		if want := u.Scope(); err != nil || c.Session != e.Session || fmt.Sprint(c.Scope) != fmt.Sprint(want) || c.Scope.Kind != access.KindStaff {
			d.Errorf("%+v %v, want %+v", c, err, want)
		}
		for _, a := range []string{"", "correct horse batter", good + " ", strings.ToUpper(good), "%", "' OR 1=1 --"} {
			if e := d.password("ada@example.org", a, ""); e.Outcome == access.Entered || e.Token != "" {
				d.Errorf("%q enters: %+v", a, e)
			}
		}
		d.exec(`DELETE FROM access_throttle`)
		do(d.T, d.db, func(tx *store.Tx) (access.User, error) { // invited: there is no password yet
			return access.AddUser(tx, d.sc, access.User{Email: "new@example.org", Name: "N", Role: access.Viewer}, "")
		})
		for _, email := range []string{"nobody@example.org", "new@example.org", "", "ada@example.org\x00"[:15] + "x"} {
			if e := d.password(email, good, ""); e.Outcome != access.Wrong {
				d.Errorf("%q: %+v", email, e)
			}
		}
		for _, table := range []string{"access_session WHERE digest", "access_user WHERE password", "access_challenge WHERE digest"} {
			for _, secret := range []string{e.Token, good} {
				if n := do(d.T, d.db, func(tx *store.Tx) (int64, error) {
					n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM `+table+` = $1`, secret)
					return n, err
				}); n != 0 {
					d.Errorf("%s holds the secret itself", table)
				}
			}
		}
	})
}

// Known and unknown people lock alike, and a right password does not open a lock.
func TestThrottle(t *testing.T) {
	eachDesk(t, func(d desk) {
		d.user("ada@example.org", access.Operator)
		for _, email := range []string{"ada@example.org", "nobody@example.org"} {
			for i := range 5 {
				if e := d.password(email, "wrong password", ""); e.Outcome != access.Wrong {
					d.Fatalf("%s, attempt %d: %+v", email, i, e)
				}
			}
			if e := d.password(email, good, ""); e.Outcome != access.Locked || e.Retry <= 0 || e.Retry > time.Second {
				d.Errorf("%s: %+v", email, e)
			}
		}
		d.exec(`UPDATE access_throttle SET locked_until = NULL`)
		if e := d.password("ada@example.org", "wrong password", ""); e.Outcome != access.Wrong {
			d.Errorf("%+v", e)
		}
		if e := d.password("ada@example.org", good, ""); e.Outcome != access.Locked || e.Retry <= time.Second || e.Retry > 2*time.Second {
			d.Errorf("the wait does not double: %+v", e)
		}
		d.exec(`UPDATE access_throttle SET locked_until = NULL, failures = 90`)
		d.password("ada@example.org", "wrong password", "")
		if e := d.password("ada@example.org", good, ""); e.Outcome != access.Locked || e.Retry > 15*time.Minute {
			d.Errorf("the wait has no bound: %+v", e)
		}
		d.exec(`UPDATE access_throttle SET last_at = 0, locked_until = 0`)
		do(d.T, d.db, func(tx *store.Tx) (int64, error) { access.ForgetSignIn(tx); return 0, nil })
		if e := d.password("ada@example.org", good, ""); e.Outcome != access.Entered {
			d.Errorf("after a day: %+v", e)
		}
	})
}

// One address that tries many people locks as well.
func TestThrottleByAddress(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		d.user("ada@example.org", access.Operator)
		allowed := 0
		for range 50 {
			ok := do(d.T, d.db, func(tx *store.Tx) (bool, error) { return d.in.Allow(tx, "test", "192.0.2.9", 30) })
			if ok {
				allowed++
			}
		}
		if allowed != 30 {
			d.Errorf("%d of 50 are allowed", allowed)
		}
		if ok := do(d.T, d.db, func(tx *store.Tx) (bool, error) { return d.in.Allow(tx, "test", "192.0.2.10", 30) }); !ok {
			d.Error("another address is locked, too")
		}
		for i := range 30 {
			d.password(fmt.Sprintf("x%d@example.org", i), "wrong password", "")
		}
		if e := d.password("ada@example.org", good, ""); e.Outcome != access.Locked {
			d.Errorf("%+v", e)
		}
	})
}

func TestTokensRotate(t *testing.T) {
	eachDesk(t, func(d desk) {
		token, session := d.begin(d.user("ada@example.org", access.Owner))
		if c, _ := d.enter(token); c.Stale {
			d.Error("fresh and stale")
		}
		if next := d.refresh(token); next != "" {
			d.Error("a new token too early")
		}
		hour := int64(time.Hour / time.Microsecond)
		d.exec(`UPDATE access_session SET issued_at = issued_at - $1`, hour)
		if c, _ := d.enter(token); !c.Stale {
			d.Error("an hour later it is not stale")
		}
		lost := d.refresh(token)
		if lost == "" || lost == token {
			d.Fatal("no new token after an hour")
		}
		if again := d.refresh(token); again != "" {
			d.Error("a parallel request got another one")
		}
		// The answer was lost: the old token stays good and gets another successor.
		d.exec(`UPDATE access_session SET next_at = next_at - $1`, hour)
		next := d.refresh(token)
		if next == "" || next == lost {
			d.Fatal("whose answer was lost is locked out")
		}
		if _, err := d.enter(lost); !fail.Is(err, fail.Denied) {
			d.Errorf("the lost token: %v", err)
		}
		for _, good := range []string{token, next} {
			if c, err := d.enter(good); err != nil || c.Session != session {
				d.Errorf("%v", err)
			}
		}
		if d.refresh(next); d.refresh(token) != "" {
			d.Error("the predecessor got a successor")
		}
		if _, err := d.enter(token); err != nil {
			d.Errorf("a parallel request within 30 s: %v", err)
		}
		d.exec(`UPDATE access_session SET past_until = past_until - $1`, hour)
		if _, err := d.enter(token); !fail.Is(err, fail.Denied) {
			d.Errorf("after 30 s the old token: %v", err)
		}
		renewed := do(d.T, d.db, func(tx *store.Tx) (string, error) { return access.Renew(tx, session) })
		if _, err := d.enter(renewed); err != nil {
			d.Error(err)
		}
		d.exec(`UPDATE access_session SET past_until = past_until - $1`, hour)
		if _, err := d.enter(next); !fail.Is(err, fail.Denied) {
			d.Errorf("the token before the renewal: %v", err)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	eachDesk(t, func(d desk) {
		u := d.user("ada@example.org", access.Owner)
		other := d.user("eve@example.org", access.Owner)
		dead := func(what, token, session string) {
			d.Helper()
			if _, err := d.enter(token); !fail.Is(err, fail.Denied) {
				d.Errorf("%s: the token is good: %v", what, err)
			}
			if _, err := try(d.T, d.db, func(tx *store.Tx) (access.Caller, error) { return access.Present(tx, session) }); !fail.Is(err, fail.Denied) {
				d.Errorf("%s: a stream goes on: %v", what, err)
			}
		}
		for what, sql := range map[string]string{
			"idle": `UPDATE access_session SET idle_until = 1`, "too old": `UPDATE access_session SET expires_at = 1`,
			"disabled": `UPDATE access_user SET state = 'disabled'`, "deleted": `DELETE FROM access_session`,
		} {
			d.exec(`UPDATE access_user SET state = 'active'`)
			token, session := d.begin(u)
			if _, err := try(d.T, d.db, func(tx *store.Tx) (access.Caller, error) { return access.Present(tx, session) }); err != nil {
				d.Errorf("%s: before: %v", what, err)
			}
			d.exec(sql)
			dead(what, token, session)
		}
		d.exec(`UPDATE access_user SET state = 'active'`)
		token, session := d.begin(u)
		if _, err := try(d.T, d.db, func(tx *store.Tx) (int64, error) { return 0, access.EndSignIn(tx, other.Scope(), session) }); !fail.Is(err, fail.NotFound) {
			d.Errorf("another ends it: %v", err)
		}
		do(d.T, d.db, func(tx *store.Tx) (access.User, error) {
			return access.ChangeUser(tx, d.sc, u.ID, access.Change{Name: "N", Role: access.Owner, State: access.Disabled})
		})
		dead("disabled by an owner", token, session)
		if e := d.password(u.Email, good, ""); e.Outcome != access.Wrong {
			d.Errorf("a disabled user: %+v", e)
		}
		for range 25 {
			d.begin(other)
		}
		if rows := do(d.T, d.db, func(tx *store.Tx) ([]access.SignInRow, error) { return access.SignIns(tx, other.Scope()) }); len(rows) != 20 {
			d.Errorf("%d sign-ins of one person", len(rows))
		}
		d.exec(`UPDATE access_session SET idle_until = 1`)
		do(d.T, d.db, func(tx *store.Tx) (int64, error) { access.ForgetSignIn(tx); return 0, nil })
		if n := do(d.T, d.db, func(tx *store.Tx) (int64, error) {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM access_session`)
			return n, err
		}); n != 0 {
			d.Errorf("%d rows are left", n)
		}
	})
}

// Who was disabled before the invitation was accepted can be invited again.
func TestADisabledInvitationComesBack(t *testing.T) {
	eachDesk(t, func(d desk) {
		u := do(d.T, d.db, func(tx *store.Tx) (access.User, error) {
			return access.AddUser(tx, d.sc, access.User{Email: "new@example.org", Name: "N", Role: access.Viewer}, "")
		})
		change := func(s access.State) (access.User, error) {
			return try(d.T, d.db, func(tx *store.Tx) (access.User, error) {
				return access.ChangeUser(tx, d.sc, u.ID, access.Change{Name: "N", Role: access.Viewer, State: s})
			})
		}
		if _, err := change(access.Active); !fail.Is(err, fail.Conflict) {
			d.Errorf("active without having accepted: %v", err)
		}
		for _, enabled := range []access.State{access.Active, access.Invited} {
			if got, err := change(access.Disabled); err != nil || got.State != access.Disabled {
				d.Fatalf("disabled: %+v, %v", got, err)
			}
			if got, err := change(enabled); err != nil || got.State != access.Invited {
				d.Errorf("enabled as %s: %+v, %v", enabled, got, err)
			}
		}
	})
}

func TestChallengesAreGoodOnce(t *testing.T) {
	eachDesk(t, func(d desk) {
		ask := func(c access.Challenge, good time.Duration) string {
			return do(d.T, d.db, func(tx *store.Tx) (string, error) { return access.Ask(tx, c, good) })
		}
		take := func(kind, token string) error {
			_, err := try(d.T, d.db, func(tx *store.Tx) (access.Challenge, error) { return access.Take(tx, kind, token) })
			return err
		}
		c := access.Challenge{Tenant: d.sc.Tenant, Kind: access.ForReset, Person: "usr_1", Data: "x"}
		token := ask(c, access.LinkGood)
		for _, wrong := range []string{"", token[:42], token + "a", strings.ToUpper(token)} {
			if err := take(access.ForReset, wrong); !fail.Is(err, fail.Denied) {
				d.Errorf("%q: %v", wrong, err)
			}
		}
		if err := take(access.ForInvitation, token); !fail.Is(err, fail.Denied) {
			d.Errorf("of another kind: %v", err)
		}
		if err := take(access.ForReset, token); err != nil {
			d.Error(err)
		}
		if err := take(access.ForReset, token); !fail.Is(err, fail.Denied) {
			d.Errorf("twice: %v", err)
		}
		first, second := ask(c, access.LinkGood), ask(c, access.LinkGood)
		if err := take(access.ForReset, first); !fail.Is(err, fail.Denied) {
			d.Errorf("replaced: %v", err)
		}
		d.exec(`UPDATE access_challenge SET expires_at = 1`)
		if err := take(access.ForReset, second); !fail.Is(err, fail.Denied) {
			d.Errorf("expired: %v", err)
		}
		forever := ask(access.Challenge{Tenant: d.sc.Tenant, Kind: access.ForSetup}, 0)
		do(d.T, d.db, func(tx *store.Tx) (int64, error) { access.ForgetSignIn(tx); return 0, nil })
		if err := take(access.ForSetup, forever); err != nil {
			d.Errorf("until used: %v", err)
		}
	})
}

func TestShortCodes(t *testing.T) {
	eachDesk(t, func(d desk) {
		askCode := func() (token, code string) {
			type two struct{ token, code string }
			v := do(d.T, d.db, func(tx *store.Tx) (v two, err error) {
				v.token, v.code, err = d.in.AskCode(tx, access.Challenge{Tenant: d.sc.Tenant, Kind: access.ForDriver, Person: "a@example.org"}, access.LinkGood)
				return v, err
			})
			return v.token, v.code
		}
		outcome := func(email, code string) access.Outcome {
			return do(d.T, d.db, func(tx *store.Tx) (access.Outcome, error) {
				_, o, _, err := d.in.DriverCode(tx, email, code, here)
				return o, err
			})
		}
		token, code := askCode()
		if len(code) != 6 || outcome("b@example.org", code) != access.Wrong || outcome("A@Example.ORG", code) != access.Entered {
			d.Errorf("the code %q", code)
		}
		if outcome("a@example.org", code) != access.Wrong {
			d.Error("a code is good twice")
		}
		if _, err := try(d.T, d.db, func(tx *store.Tx) (access.Challenge, error) { return access.Take(tx, access.ForDriver, token) }); err == nil {
			d.Error("the link is good after the code")
		}
		_, code = askCode()
		for _, wrong := range []string{"", "000000x", code[:5], code + "0", "k1"} {
			if outcome("a@example.org", wrong) != access.Wrong {
				d.Errorf("%q is right", wrong)
			}
		}
		if outcome("a@example.org", code) != access.Wrong {
			d.Error("the right code after five wrong ones")
		}
		askCode()
		for range 40 {
			outcome("a@example.org", "x")
		}
		if _, code = askCode(); outcome("a@example.org", code) != access.Locked {
			d.Error("an address may guess for ever")
		}
	})
}

// totp turns the second factor on, at the time that it returns.
func (d desk) totp(u access.User, session string) (shared string, codes []string, at time.Time) {
	d.Helper()
	at = time.Now()
	shared = do(d.T, d.db, func(tx *store.Tx) (string, error) {
		s, _, err := d.in.BeginTOTP(tx, u.Scope(), "Erlental: Energie")
		return s, err
	})
	now, _ := totp.GenerateCode(shared, at)
	codes = do(d.T, d.db, func(tx *store.Tx) ([]string, error) { return d.in.ConfirmTOTP(tx, u.Scope(), session, now) })
	return shared, codes, at
}

func TestTOTP(t *testing.T) {
	eachDesk(t, func(d desk) {
		u := d.user("ada@example.org", access.Owner)
		_, elsewhere := d.begin(u)
		_, session := d.begin(u)
		shared, codes, begun := d.totp(u, session)
		if len(codes) != 10 || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 10 || len(codes[0]) != 14 {
			d.Errorf("%v", codes)
		}
		if rows := do(d.T, d.db, func(tx *store.Tx) ([]access.SignInRow, error) { return access.SignIns(tx, u.Scope()) }); len(rows) != 1 || rows[0].ID != session {
			d.Errorf("elsewhere %s goes on: %v", elsewhere, rows)
		}
		if kept := do(d.T, d.db, func(tx *store.Tx) (string, error) {
			s, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT totp FROM access_user WHERE id = $1`, u.ID)
			return s, err
		}); strings.Contains(kept, shared) || kept == "" {
			d.Errorf("on file is %q", kept)
		}
		at := func(d time.Duration) string { c, _ := totp.GenerateCode(shared, begun.Add(d)); return c }
		clear := func() { d.exec(`DELETE FROM access_throttle`) }
		if e := d.password(u.Email, good, ""); e.Outcome != access.CodeNeeded || e.Token != "" {
			d.Errorf("without a code: %+v", e)
		}
		if e := d.password(u.Email, "wrong password", at(30*time.Second)); e.Outcome != access.Wrong {
			d.Errorf("a code without the password: %+v", e)
		}
		if e := d.password(u.Email, good, at(0)); e.Outcome != access.Wrong {
			d.Errorf("the code that confirmed is used again: %+v", e)
		}
		for _, off := range []time.Duration{-2 * time.Minute, 2 * time.Minute} {
			if e := d.password(u.Email, good, at(off)); e.Outcome != access.Wrong {
				d.Errorf("a code of %v: %+v", off, e)
			}
			clear()
		}
		next := at(30 * time.Second)
		if e := d.password(u.Email, good, next[:3]+" "+next[3:]); e.Outcome != access.Entered {
			d.Errorf("the next step's code: %+v", e)
		}
		if e := d.password(u.Email, good, next); e.Outcome != access.Wrong {
			d.Errorf("the same code again: %+v", e)
		}
		clear()
		if e := d.password(u.Email, good, strings.ToLower(codes[3])); e.Outcome != access.Entered {
			d.Errorf("a recovery code: %+v", e)
		}
		if e := d.password(u.Email, good, codes[3]); e.Outcome != access.Wrong {
			d.Errorf("a recovery code twice: %+v", e)
		}
		if _, err := try(d.T, d.db, func(tx *store.Tx) (string, error) { s, _, err := d.in.BeginTOTP(tx, u.Scope(), "x"); return s, err }); !fail.Is(err, fail.Conflict) {
			d.Errorf("a second factor over another: %v", err)
		}
		v := d.user("eve@example.org", access.Owner) // a sealed secret moved to another's row opens nothing
		d.exec(`UPDATE access_user SET totp = (SELECT totp FROM access_user WHERE id = $1) WHERE id = $2`, u.ID, v.ID)
		if _, err := d.in.Password(d.Context(), d.db, access.Attempt{Email: v.Email, Password: good, Code: at(30 * time.Second), Client: here}); !fail.Is(err, fail.Internal) {
			d.Errorf("another's second factor: %v", err)
		}
	})
}

// A code is used once even when two requests bring it at the same moment.
func TestTOTPAtOnce(t *testing.T) {
	eachDesk(t, func(d desk) {
		u := d.user("ada@example.org", access.Owner)
		_, session := d.begin(u)
		shared, _, begun := d.totp(u, session)
		code, _ := totp.GenerateCode(shared, begun.Add(30*time.Second))
		var wg sync.WaitGroup
		outcomes := make([]access.Outcome, 4)
		for i := range outcomes {
			wg.Go(func() {
				e, err := d.in.Password(d.Context(), d.db, access.Attempt{Email: u.Email, Password: good, Code: code, Client: here})
				if err != nil {
					d.Error(err)
				}
				outcomes[i] = e.Outcome
			})
		}
		wg.Wait()
		entered := 0
		for _, o := range outcomes {
			if o == access.Entered {
				entered++
			}
		}
		if entered != 1 {
			d.Errorf("%v", outcomes)
		}
	})
}

func TestAcceptAndReset(t *testing.T) {
	eachDesk(t, func(d desk) {
		invited := do(d.T, d.db, func(tx *store.Tx) (access.User, error) {
			return access.AddUser(tx, d.sc, access.User{Email: "new@example.org", Name: "N", Role: access.Host}, "")
		})
		link := func(u access.User, clear bool) (token, kind string) {
			type two struct{ token, kind string }
			v := do(d.T, d.db, func(tx *store.Tx) (v two, err error) {
				u, err := access.GetUser(tx, d.sc, u.ID)
				if err == nil {
					v.token, v.kind, err = access.AskInvitation(tx, u, clear)
				}
				return v, err
			})
			return v.token, v.kind
		}
		accept := func(kind, token, name, code string) (access.Entry, error) {
			return try(d.T, d.db, func(tx *store.Tx) (access.Entry, error) {
				return d.in.Accept(tx, kind, token, d.hash, name, code, here)
			})
		}
		token, kind := link(invited, false)
		if _, err := accept(access.ForReset, token, "", ""); kind != access.ForInvitation || !fail.Is(err, fail.Denied) {
			d.Errorf("an invitation as a reset: %v", err)
		}
		e, err := accept(kind, token, "Nora", "")
		if err != nil || e.Outcome != access.Entered || e.User.Name != "Nora" || e.User.Scope().Sites == nil {
			d.Errorf("%+v %v", e, err)
		}
		if _, err := accept(kind, token, "Nora", ""); !fail.Is(err, fail.Denied) {
			d.Errorf("twice: %v", err)
		}
		_, codes, _ := d.totp(e.User, e.Session)
		token, kind = link(invited, false)
		if e, err := accept(kind, token, "", ""); kind != access.ForReset || err != nil || e.Outcome != access.CodeNeeded {
			d.Errorf("a reset past the second factor: %+v %v", e, err)
		}
		if e, _ := accept(kind, token, "", "123"); e.Outcome != access.Wrong {
			d.Errorf("%+v", e)
		}
		if e, err := accept(kind, token, "", codes[0]); err != nil || e.Outcome != access.Entered {
			d.Errorf("%+v %v", e, err)
		}
		token, kind = link(invited, true)
		if e, err := accept(kind, token, "", ""); err != nil || e.Outcome != access.Entered {
			d.Errorf("who sits at the server: %+v %v", e, err)
		}
		if u := do(d.T, d.db, func(tx *store.Tx) (access.User, error) { return access.GetUser(tx, d.sc, invited.ID) }); u.HasTOTP() || u.Name != "Nora" {
			d.Errorf("%+v", u)
		}
		token, kind = link(invited, true)
		d.exec(`UPDATE access_user SET state = 'disabled'`)
		if _, err := accept(kind, token, "", ""); !fail.Is(err, fail.Denied) {
			d.Errorf("a disabled user: %v", err)
		}
	})
}

func TestUsersOfTwoTenants(t *testing.T) {
	eachDesk(t, func(d desk) {
		u := d.user("ada@example.org", access.Owner)
		d.user("two@example.org", access.Owner)
		add := func(sc access.Scope, u access.User) error {
			_, err := try(d.T, d.db, func(tx *store.Tx) (access.User, error) { return access.AddUser(tx, sc, u, "") })
			return err
		}
		if err := add(d.theirs, access.User{Email: "ADA@example.org", Name: "X", Role: access.Owner}); !fail.Is(err, fail.Conflict) {
			d.Errorf("an address twice: %v", err)
		}
		for field, bad := range map[string]access.User{
			"email": {Email: "ada", Name: "X", Role: access.Owner}, "email ": {Email: "Ada <a@example.org>", Name: "X", Role: access.Owner}, "name": {Email: "x@example.org", Name: " ", Role: access.Owner},
			"role": {Email: "x@example.org", Name: "X", Role: access.DriverRole}, "role ": {Email: "x@example.org", Name: "X", Role: "root"},
			"sites": {Email: "x@example.org", Name: "X", Role: access.Viewer, Sites: []string{"a"}},
		} {
			if err := add(d.sc, bad); !fail.Is(err, fail.Invalid) {
				d.Errorf("%s: %v", field, err)
			}
		}
		for what, fn := range map[string]func(tx *store.Tx) error{
			"get":    func(tx *store.Tx) error { _, err := access.GetUser(tx, d.theirs, u.ID); return err },
			"delete": func(tx *store.Tx) error { return access.DeleteUser(tx, d.theirs, u.ID) },
			"change": func(tx *store.Tx) error {
				_, err := access.ChangeUser(tx, d.theirs, u.ID, access.Change{Name: "X", Role: access.Viewer, State: access.Disabled})
				return err
			},
		} {
			if _, err := try(d.T, d.db, func(tx *store.Tx) (int64, error) { return 0, fn(tx) }); !fail.Is(err, fail.NotFound) {
				d.Errorf("another tenant: %s: %v", what, err)
			}
		}
		if l := do(d.T, d.db, func(tx *store.Tx) ([]access.User, error) { return access.Users(tx, d.theirs, "", 10) }); len(l) != 0 {
			d.Errorf("%v", l)
		}
		token, _ := d.begin(u)
		do(d.T, d.db, func(tx *store.Tx) (int64, error) {
			if _, err := access.AddPasskey(tx, u.Scope(), "cred", "n", "{}"); err != nil {
				return 0, err
			}
			if err := access.Identified(tx, u, "https://idp", "sub"); err != nil {
				return 0, err
			}
			return 0, access.DeleteUser(tx, d.sc, u.ID)
		})
		if _, err := d.enter(token); !fail.Is(err, fail.Denied) {
			d.Errorf("a deleted user: %v", err)
		}
		if _, found, _ := d.passkey("cred"); found {
			d.Error("the passkey of a deleted user is left")
		}
	})
}

func (d desk) passkey(credential string) (p access.Passkey, found bool, err error) {
	p, err = try(d.T, d.db, func(tx *store.Tx) (p access.Passkey, err error) {
		p, found, err = access.FindPasskey(tx, credential)
		return p, err
	})
	return p, found, err
}

// Whatever owners do to users: once there is an owner who can sign in, there is
// always one.
func TestThereIsAlwaysAnOwner(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		ids := []string{d.user("u0@example.org", access.Owner).ID}
		n := 1
		rapid.Check(t, func(rt *rapid.T) {
			for range rapid.IntRange(1, 4).Draw(rt, "steps") {
				who := rapid.SampledFrom(ids).Draw(rt, "who")
				switch rapid.IntRange(0, 3).Draw(rt, "what") {
				case 0:
					if len(ids) < 6 {
						ids = append(ids, d.user(fmt.Sprintf("u%d@example.org", n), rapid.SampledFrom(access.Roles).Draw(rt, "role")).ID)
						n++
					}
				case 1:
					if len(ids) > 1 {
						if _, err := try(t, db, func(tx *store.Tx) (int64, error) { return 0, access.DeleteUser(tx, d.sc, who) }); err == nil {
							ids = slices.DeleteFunc(ids, func(s string) bool { return s == who })
						}
					}
				default:
					c := access.Change{Name: "N", Role: rapid.SampledFrom(access.Roles).Draw(rt, "role"), State: rapid.SampledFrom([]access.State{access.Active, access.Disabled, access.Invited}).Draw(rt, "state")}
					_, err := try(t, db, func(tx *store.Tx) (access.User, error) { return access.ChangeUser(tx, d.sc, who, c) })
					if err != nil && !fail.Is(err, fail.Conflict) {
						rt.Fatal(err)
					}
				}
				users := do(t, db, func(tx *store.Tx) ([]access.User, error) { return access.Users(tx, d.sc, "", 100) })
				if !slices.ContainsFunc(users, func(u access.User) bool { return u.Role == access.Owner && u.State == access.Active }) {
					rt.Fatalf("no owner is left: %+v", users)
				}
			}
		})
	})
}

func TestIdentities(t *testing.T) {
	eachDesk(t, func(d desk) {
		u, v := d.user("ada@example.org", access.Owner), d.user("eve@example.org", access.Owner)
		link := func(u access.User, subject string) error {
			_, err := try(d.T, d.db, func(tx *store.Tx) (int64, error) { return 0, access.Identified(tx, u, "https://idp", subject) })
			return err
		}
		if err := link(u, "s1"); err != nil {
			d.Fatal(err)
		}
		if err := link(u, "s2"); !fail.Is(err, fail.Conflict) {
			d.Errorf("a second subject of one user: %v", err)
		}
		if err := link(v, "s1"); err == nil {
			d.Error("one subject of two users")
		}
		got := do(d.T, d.db, func(tx *store.Tx) (access.User, error) {
			u, _, err := access.UserByIdentity(tx, "https://idp", "s1")
			return u, err
		})
		if got.ID != u.ID {
			d.Errorf("%+v", got)
		}
	})
}
