package api

import (
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
)

type passwordPost struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"1000" writeOnly:"true"`
		Code     string `json:"code,omitempty" maxLength:"30" writeOnly:"true" doc:"Of the second factor, or a recovery code"`
	} `nameHint:"PasswordSignIn"`
}

func (s *server) signIn(ctx context.Context, _ access.Scope, in *passwordPost) (Me, error) {
	b := in.Body
	e, err := s.o.SignIn.Password(ctx, s.o.DB, access.Attempt{Email: b.Email, Password: b.Password, Code: b.Code, Client: s.clientOf(visitOf(ctx))})
	return s.entered(ctx, e, err)
}

type accepted struct {
	Accepted bool `json:"accepted" doc:"Always true; whether a mail goes out is not said"`
}

// Mails that one person and one address may ask for before waits begin.
const (
	mailsPerson = 5
	mailsRemote = 40
)

// mayMail counts a mail that somebody who is not signed in asks for.
func (s *server) mayMail(tx *store.Tx, email, remote string) (bool, error) {
	one, err := s.o.SignIn.Allow(tx, "mlto", access.LowerEmail(email), mailsPerson)
	if err != nil || !one {
		return false, err
	}
	return s.o.SignIn.Allow(tx, "mlby", remote, mailsRemote)
}

func (s *server) forgotPassword(ctx context.Context, _ access.Scope, in *struct {
	Body struct {
		Email string `json:"email" maxLength:"254"`
	} `nameHint:"ForgotPassword"`
}) (accepted, error) {
	remote := s.o.Proxies.Of(visitOf(ctx).r)
	return store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (accepted, error) {
		ok, err := s.mayMail(tx, in.Body.Email, remote)
		if err != nil || !ok {
			return accepted{true}, err
		}
		u, found, err := access.UserByEmail(tx, in.Body.Email)
		if err != nil || !found || u.State != access.Active {
			return accepted{true}, err
		}
		token, err := access.Ask(tx, access.Challenge{Tenant: u.Tenant, Kind: access.ForReset, Person: u.ID}, access.LinkGood)
		if err != nil {
			return accepted{}, err
		}
		return accepted{true}, s.mail(tx, resetMail(u, s.base()+"/reset#"+token), access.LinkGood)
	})
}

type resetPost struct {
	Body struct {
		Token    string `json:"token" maxLength:"100" writeOnly:"true"`
		Password string `json:"password" maxLength:"1000" writeOnly:"true"`
		Code     string `json:"code,omitempty" maxLength:"30" writeOnly:"true" doc:"Of the second factor, where there is one"`
	} `nameHint:"ResetPassword"`
}

func (s *server) resetPassword(ctx context.Context, _ access.Scope, in *resetPost) (Me, error) {
	return s.accept(ctx, access.ForReset, in.Body.Token, "", in.Body.Password, in.Body.Code)
}

type invitationPost struct {
	Body struct {
		Token    string `json:"token" maxLength:"100" writeOnly:"true"`
		Name     string `json:"name" minLength:"1" maxLength:"200"`
		Password string `json:"password" maxLength:"1000" writeOnly:"true"`
	} `nameHint:"AcceptInvitation"`
}

func (s *server) acceptInvitation(ctx context.Context, _ access.Scope, in *invitationPost) (Me, error) {
	return s.accept(ctx, access.ForInvitation, in.Body.Token, in.Body.Name, in.Body.Password, "")
}

// accept sets a password by a link. A link that is no good costs no hashing.
func (s *server) accept(ctx context.Context, kind, token, name, password, code string) (Me, error) {
	email, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (string, error) {
		c, err := access.Peek(tx, kind, token)
		if err != nil {
			return "", err
		}
		u, err := access.GetUser(tx, access.Scope{Tenant: c.Tenant}, c.Person)
		return u.Email, err
	})
	if err != nil {
		return Me{}, gone(err)
	}
	hash, err := s.hash(ctx, password, email)
	if err != nil {
		return Me{}, err
	}
	client := s.clientOf(visitOf(ctx))
	e, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (access.Entry, error) {
		return s.o.SignIn.Accept(tx, kind, token, hash, name, code, client)
	})
	return s.entered(ctx, e, err)
}

// hash is the form of a new password to keep.
func (s *server) hash(ctx context.Context, password, email string) (string, error) {
	if err := access.CheckPassword(password, email); err != nil {
		return "", err
	}
	return s.o.SignIn.HashPassword(ctx, password)
}

type passwordChange struct {
	Body struct {
		Old string `json:"old" maxLength:"1000" writeOnly:"true" doc:"Empty where there was none"`
		New string `json:"new" maxLength:"1000" writeOnly:"true"`
	} `nameHint:"ChangePassword"`
}

func (s *server) changePassword(ctx context.Context, sc access.Scope, in *passwordChange) error {
	v, err := staff(ctx, sc)
	if err != nil {
		return err
	}
	m, err := s.meOf(ctx, sc)
	if err != nil {
		return err
	}
	if err := s.knows(ctx, sc, m, in.Body.Old, "old"); err != nil {
		return err
	}
	hash, err := s.hash(ctx, in.Body.New, m.Email)
	if err != nil {
		if fail.Is(err, fail.Invalid) {
			return fail.Field("api.changePassword", "new", "%s", fail.Say(err))
		}
		return err
	}
	token, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (string, error) {
		if err := access.SetPassword(tx, sc.Actor, hash, v.session); err != nil {
			return "", err
		}
		return access.Renew(tx, v.session)
	})
	if err == nil {
		s.setCookie(v, token, sc.Kind)
	}
	return err
}

// knows refuses a signed-in person who does not know the password; one who has
// none need not.
func (s *server) knows(ctx context.Context, sc access.Scope, m Me, password, field string) error {
	if !m.HasPassword {
		return nil
	}
	ok, err := s.o.SignIn.PasswordOf(ctx, s.o.DB, sc.Actor, password)
	if err == nil && !ok {
		err = fail.Field("api.knows", field, "it is not your password")
	}
	return err
}

type setupPost struct {
	Body struct {
		Token    string `json:"token" maxLength:"100" writeOnly:"true"`
		Company  string `json:"company" minLength:"1" maxLength:"200" doc:"Who sells"`
		Country  string `json:"country" pattern:"^[A-Z]{2}$" doc:"ISO 3166-1 alpha-2"`
		Currency string `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217"`
		TimeZone string `json:"time_zone" maxLength:"64" doc:"IANA, of the first site"`
		Name     string `json:"name" minLength:"1" maxLength:"200" doc:"Of the owner"`
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"1000" writeOnly:"true"`
		Language string `json:"language,omitempty" pattern:"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$" maxLength:"35"`
	} `nameHint:"SetUp"`
}

func (s *server) setUp(ctx context.Context, _ access.Scope, in *setupPost) (Me, error) {
	b := in.Body
	if c, err := money.ParseCurrency(b.Currency); err != nil || !c.Known() {
		return Me{}, fail.Field("api.setUp", "currency", "%q is no currency that is known here", b.Currency)
	}
	if _, err := time.LoadLocation(b.TimeZone); err != nil || b.TimeZone == "" || b.TimeZone == "Local" {
		return Me{}, fail.Field("api.setUp", "time_zone", "%q is no time zone", b.TimeZone)
	}
	open := func(tx *store.Tx) (none, error) {
		_, err := access.Peek(tx, access.ForSetup, b.Token)
		return none{}, err
	}
	if _, err := store.Read(ctx, s.o.DB, open); err != nil {
		return Me{}, gone(err)
	}
	hash, err := s.hash(ctx, b.Password, b.Email)
	if err != nil {
		return Me{}, err
	}
	client := s.clientOf(visitOf(ctx))
	e, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (access.Entry, error) { return s.install(tx, in, hash, client) })
	return s.entered(ctx, e, err)
}

// install makes the first owner and says who sells where.
func (s *server) install(tx *store.Tx, in *setupPost, hash string, client access.Client) (access.Entry, error) {
	b := in.Body
	c, err := access.Take(tx, access.ForSetup, b.Token)
	if err != nil {
		return access.Entry{}, err
	}
	sc := access.Scope{Tenant: c.Tenant, Role: access.Owner, Kind: access.KindSystem}
	if free, err := access.NoStaff(tx, c.Tenant); err != nil || !free {
		return access.Entry{}, orConflict(err, "there is a staff user already")
	}
	if err := s.company(tx, sc, in); err != nil {
		return access.Entry{}, err
	}
	u, err := access.AddUser(tx, sc, access.User{Email: b.Email, Name: b.Name, Role: access.Owner, Language: b.Language}, hash)
	if err != nil {
		return access.Entry{}, err
	}
	access.DropChallenges(tx, c.Tenant, access.ForSetup)
	e := access.Entry{Outcome: access.Entered, User: u}
	e.Token, e.Session, err = access.Begin(tx, u.Tenant, access.KindStaff, u.ID, client)
	return e, err
}

func orConflict(err error, text string) error {
	if err != nil {
		return err
	}
	return fail.New(fail.Conflict, "api", "%s", text)
}

// company names who sells, and where the first site is. Once a station stands
// somewhere, sales may have been made: country and currency then stay.
func (s *server) company(tx *store.Tx, sc access.Scope, in *setupPost) error {
	b := in.Body
	e, err := access.FirstEntity(tx, sc)
	if err != nil {
		return err
	}
	here, err := stations.List(tx, sc, "", 1)
	if err != nil {
		return err
	}
	if len(here) > 0 && (e.Country != b.Country || e.Currency != b.Currency) {
		return fail.New(fail.Conflict, "api.setUp", "stations stand here already: the country stays %s and the currency %s", e.Country, e.Currency)
	}
	if err := access.SetUp(tx, sc, access.Entity{Name: b.Company, Country: b.Country, Currency: b.Currency}); err != nil {
		return err
	}
	site, err := stations.GetSite(tx, sc, s.o.FirstSite)
	if fail.Is(err, fail.NotFound) || len(here) > 0 {
		return nil
	}
	if err != nil {
		return err
	}
	site.Name, site.Country, site.Zone = b.Company, b.Country, b.TimeZone
	return stations.PutSite(tx, site)
}
