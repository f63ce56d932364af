package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// cookieName is the cookie of a signed-in person.
const cookieName = "cw_session"

// visit is a request as a browser made it: where from, and by which sign-in.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	session string // id of the sign-in, "" none
}

type visitKey struct{}

// visitOf is the request that ctx belongs to.
func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// visited lets operations see the request itself, and refuses what another
// website makes a browser send: every request that changes something and does
// not carry a key.
func (s *server) visited(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	v := &visit{w: w}
	r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	v.r = r
	if _, ok := bearer(r); ok { // a name in an address makes browsers send Basic
		return r, nil
	}
	if err := s.foreign.Check(r); err != nil {
		p := refuse(http.StatusForbidden, fail.Denied, "the request comes from another website")
		p.Code = "cross_origin"
		return r, p
	}
	return r, nil
}

// newForeign trusts the origin under which people reach the server, beside the
// host that the request names.
func newForeign(publicURL string) (*http.CrossOriginProtection, error) {
	c := http.NewCrossOriginProtection()
	if publicURL == "" {
		return c, nil
	}
	return c, fail.Wrap(fail.Invalid, "api.New", c.AddTrustedOrigin(publicURL))
}

// cookieScope is who the cookie of a request speaks for, 401 for nobody. It
// hands out a new token when it is time.
func (s *server) cookieScope(r *http.Request, token string) (access.Scope, error) {
	v := visitOf(r.Context())
	c, err := store.Read(r.Context(), s.o.DB, func(tx *store.Tx) (access.Caller, error) {
		if v != nil && v.session != "" { // a stream asks again: its token may be replaced by now
			return access.Present(tx, v.session)
		}
		return access.Enter(tx, token)
	})
	if fail.Is(err, fail.Denied) {
		return c.Scope, refuse(http.StatusUnauthorized, fail.Denied, fail.Say(err))
	}
	if err != nil || v == nil || v.session != "" {
		return c.Scope, err
	}
	v.session = c.Session
	if c.Stale {
		next, err := store.Do(r.Context(), s.o.DB, "sign-in", func(tx *store.Tx) (string, error) { return access.Refresh(tx, token) })
		if err != nil {
			return c.Scope, err
		}
		if next != "" {
			s.setCookie(v, next, c.Scope.Kind)
		}
	}
	return c.Scope, nil
}

// setCookie gives the browser a token; it lasts as long as the longest sign-in.
func (s *server) setCookie(v *visit, token, kind string) {
	age := access.StaffLongest
	if kind == access.KindDriver {
		age = access.DriverLongest
	}
	http.SetCookie(v.w, s.cookie(v, cookieName, "/", token, age))
}

// dropCookie ends it in the browser.
func (s *server) dropCookie(v *visit) {
	c := s.cookie(v, cookieName, "/", "", 0)
	c.MaxAge = -1
	http.SetCookie(v.w, c)
}

func (s *server) cookie(v *visit, name, path, value string, age time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: int(age / time.Second), HttpOnly: true, Secure: s.o.Proxies.Secure(v.r), SameSite: http.SameSiteLaxMode,
	}
}

func (s *server) clientOf(v *visit) access.Client {
	return access.Client{Agent: v.r.UserAgent(), Remote: s.o.Proxies.Of(v.r)}
}

// base is where people reach the server, without a final slash. Links in mails
// never follow a request's own Host, which anybody may choose.
func (s *server) base() string {
	switch {
	case s.o.PublicURL != "":
		return strings.TrimSuffix(s.o.PublicURL, "/")
	case s.o.Address != nil:
		return "http://" + s.o.Address()
	}
	return "http://localhost"
}

// origin is the website that the browser shows: the configured one, else the
// one the request names. A passkey is bound to it by the browser.
func (s *server) origin(r *http.Request) (origin, host string) {
	if u, err := url.Parse(s.o.PublicURL); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host, u.Hostname()
	}
	scheme := "http"
	if s.o.Proxies.Secure(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host, (&url.URL{Host: r.Host}).Hostname()
}
