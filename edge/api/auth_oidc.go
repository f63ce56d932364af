package api

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/oauth2"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Provider is an identity provider of staff (OpenID Connect Core 1.0, code flow
// with PKCE). Whom it knows by a verified address of a user here is that user.
type Provider struct {
	ID           string // in paths
	Name         string // on the button
	Issuer       string // its URL, under which it is discovered
	ClientID     string
	ClientSecret string
	Role         access.Role // of whom it knows and we do not; "" refuses them
	Client       *http.Client

	mu     sync.Mutex
	seen   *oidc.Provider
	missed time.Time // when it was asked last, and did not answer
	why    error
}

// providerWait bounds each request to the provider; one that does not answer is
// not asked again for providerPause.
const (
	providerWait  = 10 * time.Second
	providerPause = 5 * time.Second
)

// bounded is the context under which the provider is asked.
func (p *Provider) bounded(ctx context.Context) context.Context {
	c := p.Client
	if c == nil {
		c = &http.Client{Timeout: providerWait}
	}
	return oidc.ClientContext(ctx, c)
}

// discovered returns the provider's endpoints and keys; they are read once.
func (p *Provider) discovered(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen != nil {
		return p.seen, nil
	}
	if p.why != nil && time.Since(p.missed) < providerPause {
		return nil, p.why
	}
	found, err := oidc.NewProvider(p.bounded(context.WithoutCancel(ctx)), p.Issuer)
	if err != nil {
		p.missed, p.why = time.Now(), fail.Wrap(fail.Unavailable, "api.Provider", err)
		return nil, p.why
	}
	p.seen = found
	return found, nil
}

func (p *Provider) config(found *oidc.Provider, callback string) oauth2.Config {
	return oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}
}

// providerCookie binds a flow to the browser that began it.
const providerCookie = "cw_oidc"

// flow is what the return from a provider is checked against.
type flow struct {
	Provider string `json:"provider"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	To       string `json:"to"`
}

// moved is an answer that sends the browser elsewhere.
type moved struct {
	Status   int
	Location string `header:"Location"`
}

// redirect serves an operation that sends the browser elsewhere.
func redirect[I any](serve func(*server, context.Context, access.Scope, *I) (string, error)) func(*server, huma.API, huma.Operation) {
	return func(s *server, api huma.API, op huma.Operation) {
		huma.Register(api, op, func(ctx context.Context, in *I) (*moved, error) {
			to, err := serve(s, ctx, scopeOf(ctx), in)
			if err != nil {
				return nil, s.failed(ctx, op, err)
			}
			return &moved{http.StatusFound, to}, nil
		})
	}
}

// localPath is a path of this server's pages; anything else is "/".
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

func (s *server) provider(id string) (*Provider, error) {
	if p := s.o.Provider; p != nil && p.ID == id {
		return p, nil
	}
	return nil, fail.New(fail.NotFound, "api.provider", "there is no identity provider %q", id)
}

func (s *server) callback(v *visit, p *Provider) string {
	origin, _ := s.origin(v.r)
	return origin + prefix + "/auth/oidc/" + url.PathEscape(p.ID) + "/callback"
}

func (s *server) startProvider(ctx context.Context, _ access.Scope, in *struct {
	Provider string `path:"provider" maxLength:"100"`
	To       string `query:"to" maxLength:"1000" doc:"The path to come back to"`
}) (string, error) {
	p, err := s.provider(in.Provider)
	if err == nil {
		err = slower(&s.face.begins, s.o.Proxies.Of(visitOf(ctx).r)) // as in beginPasskey
	}
	if err != nil {
		return "", err
	}
	found, err := p.discovered(ctx)
	if err != nil {
		s.o.Log.WarnContext(ctx, "the identity provider does not answer", "issuer", p.Issuer, "err", err)
		return signInProblem("provider"), nil
	}
	f := flow{p.ID, rand.Text(), oauth2.GenerateVerifier(), localPath(in.To)}
	data, err := json.Marshal(f)
	if err != nil {
		return "", fail.Wrap(fail.Internal, "api.startProvider", err)
	}
	state, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (string, error) {
		return access.Ask(tx, access.Challenge{Tenant: access.DefaultTenant, Kind: access.ForProvider, Data: string(data)}, access.LinkGood)
	})
	if err != nil {
		return "", err
	}
	v := visitOf(ctx)
	http.SetCookie(v.w, s.cookie(v, providerCookie, prefix+"/auth/oidc", state, access.LinkGood))
	c := p.config(found, s.callback(v, p))
	return c.AuthCodeURL(state, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), nil
}

// signInProblem is the sign-in page with a word for what went wrong: provider
// (it did not answer or refused), state (begin anew), identity (what it said
// does not hold), unknown (nobody here), disabled.
func signInProblem(word string) string { return "/sign-in?problem=" + word }

type providerReturn struct {
	Provider string `path:"provider" maxLength:"100"`
	State    string `query:"state" maxLength:"200"`
	Code     string `query:"code" maxLength:"4000"`
	Error    string `query:"error" maxLength:"200"`
	About    string `query:"error_description" maxLength:"2000"`
	URI      string `query:"error_uri" maxLength:"2000"`
	Issuer   string `query:"iss" maxLength:"1000"`
	Session  string `query:"session_state" maxLength:"1000"`
	Scope    string `query:"scope" maxLength:"2000"`
	AuthUser string `query:"authuser" maxLength:"100"`
	Domain   string `query:"hd" maxLength:"300"`
	Prompt   string `query:"prompt" maxLength:"100"`
}

func (s *server) returnFromProvider(ctx context.Context, _ access.Scope, in *providerReturn) (string, error) {
	p, err := s.provider(in.Provider)
	if err != nil {
		return "", err
	}
	v := visitOf(ctx)
	f, err := s.flowOf(ctx, v, in.State)
	switch {
	case fail.Is(err, fail.Denied), err == nil && f.Provider != p.ID, err == nil && in.Issuer != "" && in.Issuer != p.Issuer: // RFC 9207
		return signInProblem("state"), nil
	case err != nil:
		return "", err
	case in.Error != "" || in.Code == "":
		return signInProblem("provider"), nil
	}
	who, problem := s.claims(ctx, p, f, in.Code, s.callback(v, p))
	if problem != "" {
		return signInProblem(problem), nil
	}
	e, problem, err := s.enterByProvider(ctx, p, who, s.clientOf(v))
	if err != nil {
		return "", err
	}
	if problem != "" {
		return signInProblem(problem), nil
	}
	if _, err := s.welcome(ctx, e.Token, e.User.Scope()); err != nil {
		return "", err
	}
	return f.To, nil
}

// flowOf uses up a flow that this browser began.
func (s *server) flowOf(ctx context.Context, v *visit, state string) (f flow, err error) {
	mine, err := v.r.Cookie(providerCookie)
	if err != nil || state == "" || subtle.ConstantTimeCompare([]byte(mine.Value), []byte(state)) != 1 {
		return f, fail.New(fail.Denied, "api.flowOf", "another browser began this")
	}
	over := s.cookie(v, providerCookie, prefix+"/auth/oidc", "", 0)
	over.MaxAge = -1
	http.SetCookie(v.w, over)
	return store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (flow, error) {
		var f flow
		c, err := access.Take(tx, access.ForProvider, state)
		if err == nil {
			err = fail.Wrap(fail.Internal, "api.flowOf", json.Unmarshal([]byte(c.Data), &f))
		}
		return f, err
	})
}

// identity is what a provider says of a person.
type identity struct {
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	Name     string `json:"name"`
	Language string `json:"locale"`
}

// claims redeems the code and checks the ID token: signature, issuer, audience,
// time (OpenID Connect Core 1.0, 3.1.3.7) and nonce.
func (s *server) claims(ctx context.Context, p *Provider, f flow, code, callback string) (who identity, problem string) {
	ctx, cancel := context.WithTimeout(p.bounded(ctx), 2*providerWait)
	defer cancel()
	found, err := p.discovered(ctx)
	if err != nil {
		return who, "provider"
	}
	c := p.config(found, callback)
	t, err := c.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		s.o.Log.WarnContext(ctx, "the identity provider refused a code", "issuer", p.Issuer, "err", err)
		return who, "provider"
	}
	raw, _ := t.Extra("id_token").(string)
	token, err := found.Verifier(&oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err == nil && subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1 {
		err = fail.New(fail.Denied, "api.claims", "the nonce is another's")
	}
	if err == nil {
		err = token.Claims(&who)
	}
	if err != nil || who.Subject == "" {
		s.o.Log.WarnContext(ctx, "an ID token does not hold", "issuer", p.Issuer, "err", err)
		return identity{}, "identity"
	}
	return who, ""
}

// enterByProvider signs in whom the provider proved: the user it named before,
// else the one of that verified address, else a new one where the configuration
// gives a role.
func (s *server) enterByProvider(ctx context.Context, p *Provider, who identity, client access.Client) (access.Entry, string, error) {
	type entry struct {
		access.Entry
		problem string
	}
	e, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (entry, error) {
		u, known, err := access.UserByIdentity(tx, p.Issuer, who.Subject)
		if err != nil {
			return entry{}, err
		}
		if !known {
			var problem string
			if u, problem, err = meet(tx, p, who); err != nil || problem != "" {
				return entry{problem: problem}, err
			}
		}
		if u.State == access.Disabled {
			return entry{problem: "disabled"}, nil
		}
		e := entry{Entry: access.Entry{Outcome: access.Entered, User: u}}
		e.Token, e.Session, err = access.Begin(tx, u.Tenant, access.KindStaff, u.ID, client)
		return e, err
	})
	return e.Entry, e.problem, err
}

// meet finds or makes the user of somebody the provider names for the first time.
func meet(tx *store.Tx, p *Provider, who identity) (u access.User, problem string, err error) {
	if !who.Verified || who.Email == "" {
		return u, "identity", nil
	}
	u, found, err := access.UserByEmail(tx, who.Email)
	if err != nil {
		return u, "", err
	}
	if !found {
		if p.Role == "" {
			return u, "unknown", nil
		}
		u = access.User{Email: who.Email, Name: who.Name, Role: p.Role, Language: who.Language}
		if strings.TrimSpace(u.Name) == "" {
			u.Name = who.Email
		}
		if len(u.Language) > 35 {
			u.Language = ""
		}
		u, err = access.AddUser(tx, access.Scope{Tenant: access.DefaultTenant, Kind: access.KindSystem}, u, "")
		if fail.Is(err, fail.Invalid) {
			return u, "identity", nil
		}
		if err != nil {
			return u, "", err
		}
	}
	if u.State == access.Disabled {
		return u, "disabled", nil
	}
	err = access.Identified(tx, u, p.Issuer, who.Subject)
	if fail.Is(err, fail.Conflict) {
		return u, "identity", nil
	}
	if u.State == access.Invited {
		u.State = access.Active
	}
	return u, "", err
}
