package access

import (
	"time"

	"chargewright/base/store"
)

// clearing is the data of a reset that also removes the second factor; only
// who sits at the server makes one.
const clearing = "clear"

// AskInvitation makes the link by which a user sets a first password, or a new
// one, good for 7 days. clear also removes the second factor when it is used.
func AskInvitation(tx *store.Tx, u User, clear bool) (token, kind string, err error) {
	c := Challenge{Tenant: u.Tenant, Kind: ForInvitation, Person: u.ID}
	if u.State != Invited {
		c.Kind = ForReset
	}
	if clear {
		c.Data = clearing
	}
	token, err = Ask(tx, c, InvitationGood)
	return token, c.Kind, err
}

// Accept uses up an invitation or a reset (kind), gives its user a new password
// (hash is what HashPassword returned), ends the other sign-ins and begins one.
// A user with a second factor has to give a code, too. name, unless "", is the
// user's from now on.
func (s *SignIn) Accept(tx *store.Tx, kind, token, hash, name, code string, cl Client) (Entry, error) {
	c, err := Peek(tx, kind, token)
	if err != nil {
		return Entry{}, err
	}
	u, found, err := findUser(tx, `id = $1`, c.Person)
	if err != nil || !found || u.State == Disabled {
		return Entry{}, orDenied(err)
	}
	if u.totp != "" && c.Data != clearing {
		if e, err := s.second(tx, u, code); err != nil || e.Outcome != Entered {
			return e, err
		}
	}
	if c.Data == clearing {
		RemoveTOTP(tx, u.ID)
	}
	if name != "" {
		u.Name = name
		if err := u.Check(); err != nil {
			return Entry{}, err
		}
		tx.Write(`UPDATE access_user SET name = $1 WHERE id = $2`, name, u.ID)
	}
	if err := SetPassword(tx, u.ID, hash, ""); err != nil { // it deletes the link, too
		return Entry{}, err
	}
	u.State = Active
	e := Entry{Outcome: Entered, User: u}
	e.Token, e.Session, err = Begin(tx, u.Tenant, KindStaff, u.ID, cl)
	return e, err
}

// second judges the code of a person whose first factor was right.
func (s *SignIn) second(tx *store.Tx, u User, code string) (Entry, error) {
	key := "code " + u.ID
	wait, err := s.lockedFor(tx, key)
	if err != nil || wait > 0 {
		return Entry{Outcome: Locked, Retry: wait}, err
	}
	if code == "" {
		return Entry{Outcome: CodeNeeded}, nil
	}
	ok, err := s.useCode(tx, u, code)
	if err != nil {
		return Entry{}, err
	}
	if !ok {
		return Entry{Outcome: Wrong}, s.failed(tx, key)
	}
	return Entry{Outcome: Entered}, nil
}

// DriverCode uses up a driver's sign-in by the short code of the mail. Wrong
// codes count against the remote address, too.
func (s *SignIn) DriverCode(tx *store.Tx, email, code string, cl Client) (Challenge, Outcome, time.Duration, error) {
	key := "from " + cl.Remote
	wait, err := s.lockedFor(tx, key)
	if err != nil || wait > 0 {
		return Challenge{}, Locked, wait, err
	}
	c, ok, err := s.TakeCode(tx, ForDriver, LowerEmail(email), code)
	if err != nil || ok {
		return c, Entered, 0, err
	}
	return Challenge{}, Wrong, 0, s.failed(tx, key)
}
