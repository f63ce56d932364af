package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/schema"
)

// idp is an identity provider that keeps to the rules unless told otherwise.
type idp struct {
	*httptest.Server
	t   *testing.T
	mu  sync.Mutex
	key *ecdsa.PrivateKey

	claims map[string]any        // of the person who signs in there
	lie    func(map[string]any)  // changes the ID token
	sign   *ecdsa.PrivateKey     // nil: key
	down   bool                  // the token endpoint fails
	asked  map[string]url.Values // what each code was given for
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{t: t, key: key, asked: map[string]url.Values{}, claims: map[string]any{"sub": "s-1", "email": "Ada@example.org", "email_verified": true, "name": "Ada", "locale": "de"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		b, _ := key.PublicKey.Bytes()
		p.answer(w, map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": b64(b[1:33]), "y": b64(b[33:])}}})
	})
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *idp) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the reader left
}

// token redeems a code once, by the verifier of its challenge (RFC 7636).
func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	user, secret, basic := r.BasicAuth()
	asked, known := p.asked[r.FormValue("code")]
	delete(p.asked, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if p.down || !known || !basic || user != "cw" || secret != "s3cret" || b64(sum[:]) != asked.Get("code_challenge") || r.FormValue("redirect_uri") != asked.Get("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		p.answer(w, map[string]string{"error": "invalid_grant"})
		return
	}
	c := map[string]any{"iss": p.URL, "aud": "cw", "nonce": asked.Get("nonce"), "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix()}
	maps.Copy(c, p.claims)
	if p.lie != nil {
		p.lie(c)
	}
	p.answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.jwt(c)})
}

func (p *idp) jwt(claims map[string]any) string {
	body, _ := json.Marshal(claims)
	text := b64([]byte(`{"alg":"ES256","kid":"1"}`)) + "." + b64(body)
	sum := sha256.Sum256([]byte(text))
	key := p.key
	if p.sign != nil {
		key = p.sign
	}
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		p.t.Fatal(err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + b64(sig)
}

// authorize is what happens at the provider: the person agrees and is sent back.
func (p *idp) authorize(location string) (code, state string) {
	p.t.Helper()
	u, err := url.Parse(location)
	if err != nil || !strings.HasPrefix(location, p.URL+"/authorize?") {
		p.t.Fatalf("the browser was sent to %q", location)
	}
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("nonce") == "" || q.Get("redirect_uri") != "https://charge.example/api/v1/auth/oidc/main/callback" {
		p.t.Errorf("asked with %v", q)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code = rand.Text()
	p.asked[code] = q
	return code, q.Get("state")
}

// sso goes through the whole flow and returns where the browser ends.
func (b *browser) sso(p *idp, to string) string {
	b.Helper()
	code, state := p.authorize(b.send(302, get, "/auth/oidc/main/start?to="+url.QueryEscape(to), "").header.Get("Location"))
	return b.send(302, get, "/auth/oidc/main/callback?code="+code+"&state="+state, "", "Sec-Fetch-Site", "cross-site").header.Get("Location")
}

func eachIDP(t *testing.T, role access.Role, fn func(h *harness, p *idp)) {
	t.Helper()
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		p := newIDP(t)
		fn(newHarness(t, db, func(o *Options) {
			o.PublicURL = "https://charge.example"
			o.Provider = &Provider{ID: "main", Name: "Work", Issuer: p.URL, ClientID: "cw", ClientSecret: "s3cret", Role: role}
		}), p)
	})
}

func TestSingleSignOn(t *testing.T) {
	eachIDP(t, "", func(h *harness, p *idp) {
		u := h.staff("ada@example.org", access.Operator)
		if m := h.browser().send(200, get, "/auth/methods", ""); !strings.Contains(m.text, `"oidc":[{"id":"main","name":"Work"}]`) {
			h.Errorf("%s", m.text)
		}
		b := h.browser()
		if to := b.sso(p, "/stations?x=1"); to != "/stations?x=1" || b.send(200, get, "/auth/me", "").body["id"] != u.ID {
			h.Errorf("sent to %q", to)
		}
		for _, to := range []string{"https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "stations"} {
			if got := h.browser().sso(p, to); got != "/" {
				h.Errorf("%q sends to %q", to, got)
			}
		}
		p.claims["email"], p.claims["email_verified"] = "changed@example.org", false // the subject counts from now on
		if c := h.browser(); c.sso(p, "/") != "/" || c.send(200, get, "/auth/me", "").body["id"] != u.ID {
			h.Error("the same subject is another user")
		}
		p.claims["sub"], p.claims["email"], p.claims["email_verified"] = "s-2", "ada@example.org", true
		if c := h.browser(); c.sso(p, "/") != signInProblem("identity") || c.kind() != "nobody" {
			h.Error("another subject took over an address")
		}
		p.claims["sub"], p.claims["email"] = "s-3", "stranger@example.org"
		if c := h.browser(); c.sso(p, "/") != signInProblem("unknown") || c.kind() != "nobody" {
			h.Error("a stranger is signed in")
		}
		h.atom(func(tx *store.Tx) error { _, err := tx.Exec(`UPDATE access_user SET state = 'disabled'`); return err })
		p.claims["sub"] = "s-1"
		if c := h.browser(); c.sso(p, "/") != signInProblem("disabled") || c.kind() != "nobody" {
			h.Error("a disabled user is signed in")
		}
		h.browser().send(404, get, "/auth/oidc/other/start", "")
	})
}

func TestSingleSignOnMakesUsers(t *testing.T) {
	eachIDP(t, access.Viewer, func(h *harness, p *idp) {
		b := h.browser()
		if to := b.sso(p, "/"); to != "/" {
			h.Fatalf("sent to %q", to)
		}
		if m := b.send(200, get, "/auth/me", "").body; m["role"] != "viewer" || m["email"] != "ada@example.org" || m["name"] != "Ada" || m["language"] != "de" {
			h.Errorf("%v", m)
		}
		delete(p.claims, "name")
		p.claims["sub"], p.claims["email"], p.claims["email_verified"] = "s-2", "eve@example.org", false
		if to := h.browser().sso(p, "/"); to != signInProblem("identity") {
			h.Errorf("an unverified address: %q", to)
		}
	})
}

// An ID token that does not hold signs nobody in.
func TestProvidersThatMisbehave(t *testing.T) {
	eachIDP(t, access.Owner, func(h *harness, p *idp) {
		other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		set := func(k string, v any) func() { return func() { p.lie = func(c map[string]any) { c[k] = v } } }
		for name, c := range map[string]struct {
			break_  func()
			problem string
		}{
			"wrong nonce":      {set("nonce", "other"), "identity"},
			"no nonce":         {set("nonce", ""), "identity"},
			"wrong audience":   {set("aud", "somebody"), "identity"},
			"wrong issuer":     {set("iss", "https://evil.example"), "identity"},
			"expired":          {set("exp", time.Now().Add(-time.Hour).Unix()), "identity"},
			"unverified":       {set("email_verified", false), "identity"},
			"no verification":  {func() { p.lie = func(c map[string]any) { delete(c, "email_verified") } }, "identity"},
			"no address":       {set("email", ""), "identity"},
			"a strange one":    {set("email", "no address"), "identity"},
			"no subject":       {set("sub", ""), "identity"},
			"a claim of sorts": {set("email", 7), "identity"},
			"another key":      {func() { p.sign = other }, "identity"},
			"down":             {func() { p.down = true }, "provider"},
		} {
			p.lie, p.sign, p.down = nil, nil, false
			c.break_()
			b := h.browser()
			if to := b.sso(p, "/"); to != signInProblem(c.problem) || b.kind() != "nobody" {
				t.Errorf("%s: sent to %q", name, to)
			}
		}
	})
}

// While a provider is down one of many who want to sign in asks it.
func TestAProviderThatIsDownIsAskedSeldom(t *testing.T) {
	var asked atomic.Int64
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		http.Error(w, "down", http.StatusInternalServerError)
	}))
	t.Cleanup(down.Close)
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		asked.Store(0)
		h := newHarness(t, db, func(o *Options) {
			o.PublicURL, o.Provider = "https://charge.example", &Provider{ID: "main", Name: "Work", Issuer: down.URL, ClientID: "cw"}
		})
		for range 5 {
			if to := h.browser().send(302, get, "/auth/oidc/main/start", "").header.Get("Location"); to != signInProblem("provider") {
				t.Errorf("sent to %q", to)
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("it was asked %d times", n)
		}
	})
}

// The way back belongs to the browser that began, once.
func TestFlowsBelongToTheirBrowser(t *testing.T) {
	eachIDP(t, "", func(h *harness, p *idp) {
		h.staff("ada@example.org", access.Operator)
		start := func(b *browser) (code, state string) {
			return p.authorize(b.send(302, get, "/auth/oidc/main/start", "").header.Get("Location"))
		}
		back := func(b *browser, query string) string {
			return b.send(302, get, "/auth/oidc/main/callback?"+query, "").header.Get("Location")
		}
		evil, victim := h.browser(), h.browser()
		code, state := start(evil)
		if to := back(victim, "code="+code+"&state="+state); to != signInProblem("state") || victim.kind() != "nobody" {
			h.Errorf("a flow of another browser: %q", to)
		}
		code, state = start(victim)
		jar := victim.cookies[providerCookie]
		if to := back(victim, "code="+code+"&state="+state); to != "/" {
			h.Errorf("%q", to)
		}
		victim.cookies[providerCookie] = jar
		if to := back(victim, "code="+code+"&state="+state); to != signInProblem("state") {
			h.Errorf("a flow twice: %q", to)
		}
		for _, query := range []string{"", "state=x&code=y", "error=access_denied"} {
			if to := back(h.browser(), query); to != signInProblem("state") {
				h.Errorf("%q: %q", query, to)
			}
		}
		b := h.browser()
		_, state = start(b)
		if to := back(b, "error=access_denied&error_description=no&state="+state); to != signInProblem("provider") {
			h.Errorf("refused there: %q", to)
		}
		code, state = start(b)
		if to := back(b, "code="+code+"&state="+state+"&iss="+url.QueryEscape("https://evil.example")); to != signInProblem("state") {
			h.Errorf("from another issuer: %q", to)
		}
		code, _ = start(b)
		if to := back(b, fmt.Sprintf("code=%s&state=%s", code, "")); to != signInProblem("state") {
			h.Errorf("%q", to)
		}
	})
}
