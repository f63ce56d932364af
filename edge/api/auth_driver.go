package api

import (
	"context"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	drivers "chargewright/core/driver"
)

type driverLinkPost struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Language string `json:"language,omitempty" pattern:"^[a-z]{2}$" doc:"ISO 639-1"`
	} `nameHint:"MailDriverLink"`
}

func (s *server) mailDriverLink(ctx context.Context, _ access.Scope, in *driverLinkPost) (accepted, error) {
	email, err := drivers.Email(in.Body.Email)
	if err != nil {
		return accepted{}, err
	}
	remote := s.o.Proxies.Of(visitOf(ctx).r)
	return store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (accepted, error) {
		ok, err := s.mayMail(tx, email, remote)
		if err != nil || !ok {
			return accepted{true}, err
		}
		c := access.Challenge{Tenant: access.DefaultTenant, Kind: access.ForDriver, Person: email, Data: in.Body.Language}
		token, code, err := s.o.SignIn.AskCode(tx, c, access.LinkGood)
		if err != nil {
			return accepted{}, err
		}
		return accepted{true}, s.mail(tx, driverMail(c.Tenant, email, in.Body.Language, s.base()+"/app/sign-in#token="+token, code), access.LinkGood)
	})
}

type driverEnterPost struct {
	Body struct {
		Token string `json:"token,omitempty" maxLength:"100" writeOnly:"true" doc:"Of the link"`
		Email string `json:"email,omitempty" maxLength:"254" doc:"With code"`
		Code  string `json:"code,omitempty" maxLength:"10" writeOnly:"true" doc:"Six digits, as the mail has them"`
	} `nameHint:"EnterDriver"`
}

func (s *server) enterDriver(ctx context.Context, _ access.Scope, in *driverEnterPost) (Me, error) {
	b := in.Body
	if (b.Token == "") == (b.Code == "" || b.Email == "") {
		return Me{}, fail.Field("api.enterDriver", "token", "send either the token of the link, or the e-mail address and the code")
	}
	client := s.clientOf(visitOf(ctx))
	type entry struct {
		access.Entry
		driver string
		tenant string
	}
	e, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (e entry, err error) {
		var c access.Challenge
		e.Outcome = access.Entered
		if b.Token != "" {
			c, err = access.Take(tx, access.ForDriver, b.Token)
		} else {
			c, e.Outcome, e.Retry, err = s.o.SignIn.DriverCode(tx, b.Email, b.Code, client)
		}
		if err != nil || e.Outcome != access.Entered {
			return e, err
		}
		d, err := drivers.SignUp(tx, c.Tenant, c.Person, c.Data)
		if err != nil {
			return e, err
		}
		e.driver, e.tenant = d.ID, c.Tenant
		e.Token, e.Session, err = access.Begin(tx, c.Tenant, access.KindDriver, d.ID, client)
		return e, err
	})
	if err != nil {
		return Me{}, gone(err)
	}
	if e.Outcome != access.Entered {
		return Me{}, refused(e.Outcome, e.Retry)
	}
	return s.welcome(ctx, e.Token, access.Scope{Tenant: e.tenant, Role: access.DriverRole, Actor: e.driver, Kind: access.KindDriver})
}
