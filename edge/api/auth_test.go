package api

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/notify"
	stations "chargewright/core/station"
	"chargewright/schema"
)

const passphrase = "correct horse battery"

// post office of a test.
type letterbox struct {
	mu    sync.Mutex
	mails []notify.Mail
}

func (l *letterbox) put(_ *store.Tx, m notify.Mail) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mails = append(l.mails, m)
	return nil
}

// last is the newest mail to an address.
func (l *letterbox) last(t *testing.T, to string) notify.Mail {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.mails) - 1; i >= 0; i-- {
		if l.mails[i].To == to {
			return l.mails[i]
		}
	}
	t.Fatalf("no mail to %s", to)
	return notify.Mail{}
}

func (l *letterbox) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.mails)
}

// browser keeps the cookies of one person.
type browser struct {
	*harness
	cookies map[string]*http.Cookie
	header  []string // of every request
}

func (h *harness) browser(header ...string) *browser {
	return &browser{h, map[string]*http.Cookie{}, header}
}

func (b *browser) send(code int, method, path, body string, header ...string) reply {
	b.Helper()
	var parts []string
	for _, c := range b.cookies {
		if strings.HasPrefix(prefix+path, c.Path) {
			parts = append(parts, c.Name+"="+c.Value)
		}
	}
	r := b.harness.send("", method, prefix+path, body, append(append([]string{"Cookie", strings.Join(parts, "; ")}, b.header...), header...)...)
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			b.Errorf("the cookie %s", c)
		}
	}
	if code != 0 && r.code != code {
		b.Fatalf("%s %s: status %d, want %d\n%s", method, path, r.code, code, r.text)
	}
	return r
}

// kind is who the server thinks the browser is.
func (b *browser) kind() any {
	b.Helper()
	return b.send(200, get, "/auth/me", "").body["kind"]
}

// staff makes a user with the passphrase.
func (h *harness) staff(email string, role access.Role, sites ...string) access.User {
	h.Helper()
	hash, err := h.signIn.HashPassword(h.Context(), passphrase)
	if err != nil {
		h.Fatal(err)
	}
	var u access.User
	h.atom(func(tx *store.Tx) (err error) {
		u, err = access.AddUser(tx, scope, access.User{Email: email, Name: "N. N.", Role: role, Sites: sites}, hash)
		return err
	})
	return u
}

// enter signs a user in by password.
func (h *harness) enter(email string) *browser {
	h.Helper()
	b := h.browser()
	b.send(200, post, "/auth/password", fmt.Sprintf(`{"email":%q,"password":%q}`, email, passphrase))
	return b
}

func eachMailed(t *testing.T, fn func(h *harness, l *letterbox), change ...func(*Options)) {
	t.Helper()
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		l := &letterbox{}
		fn(newHarness(t, db, append([]func(*Options){func(o *Options) { o.Mail, o.PublicURL = l.put, "https://charge.example" }}, change...)...), l)
	})
}

func TestSignInByPassword(t *testing.T) {
	each(t, func(h *harness) {
		b := h.browser("User-Agent", "Test/1")
		if m := b.send(200, get, "/auth/me", "").body; m["kind"] != "nobody" || m["setup_needed"] != true {
			h.Errorf("%v", m)
		}
		u := h.staff("ada@example.org", access.Technician)
		for _, body := range []string{`{"email":"ada@example.org","password":"wrong"}`, `{"email":"nobody@example.org","password":"wrong"}`} {
			if r := b.send(401, post, "/auth/password", body); r.body["code"] != "wrong" || len(b.cookies) != 0 {
				h.Errorf("%s", r.text)
			}
		}
		m := b.send(200, post, "/auth/password", `{"email":"ADA@example.org","password":"`+passphrase+`"}`)
		if m.body["id"] != u.ID || m.body["kind"] != "staff" || m.body["role"] != "technician" || m.body["setup_needed"] != false || m.body["tenant_name"] != "Test" || m.body["sites"] != nil {
			h.Errorf("%s", m.text)
		}
		if again := b.send(200, get, "/auth/me", ""); again.text != m.text {
			h.Errorf("%s\n%s", again.text, m.text)
		}
		first := b.cookies[cookieName].Value
		b.send(200, get, "/stations", "")
		b.send(403, get, "/users", "")
		if rows := b.send(200, get, "/auth/sessions", "").items(t); len(rows) != 1 || rows[0].(map[string]any)["current"] != true || rows[0].(map[string]any)["user_agent"] != "Test/1" || rows[0].(map[string]any)["remote"] != "192.0.2.1" {
			h.Errorf("%v", rows)
		}
		b.send(200, post, "/auth/password", `{"email":"ada@example.org","password":"`+passphrase+`"}`)
		if r := h.send("", get, prefix+"/stations", "", "Cookie", cookieName+"="+first); r.code != 401 || first == b.cookies[cookieName].Value {
			h.Errorf("the sign-in before is good: %d", r.code)
		}
		token := b.cookies[cookieName].Value
		b.send(204, post, "/auth/sign-out", "")
		if b.kind() != "nobody" || len(b.cookies) != 0 {
			h.Error("signed in after signing out")
		}
		for _, stale := range []string{token, "", "x", strings.Repeat("x", 5000)} {
			if r := h.send("", get, prefix+"/stations", "", "Cookie", cookieName+"="+stale); r.code != 401 {
				h.Errorf("%.20q: %d %s", stale, r.code, r.text)
			}
		}
	})
}

// A key beside a cookie decides alone, and a key has no account.
func TestKeysAndCookies(t *testing.T) {
	each(t, func(h *harness) {
		h.staff("ada@example.org", access.Owner)
		b := h.enter("ada@example.org")
		cookie := cookieName + "=" + b.cookies[cookieName].Value
		if r := h.send(h.keys[access.Viewer], post, prefix+"/keys", `{"role":"viewer"}`, "Cookie", cookie); r.code != 403 {
			h.Errorf("a viewer's key beside an owner's cookie: %d", r.code)
		}
		if r := h.send("cw_wrong", get, prefix+"/stations", "", "Cookie", cookie); r.code != 401 {
			h.Errorf("a wrong key beside a cookie: %d", r.code)
		}
		if m := h.as(200, get, "/auth/me", "").body; m["kind"] != "key" {
			h.Errorf("%v", m)
		}
		for _, o := range authOperations() {
			if o.area != access.Self {
				continue
			}
			body := map[string]string{"putProfile": `{"name":"x","language":"en"}`, "changePassword": `{"old":"","new":""}`, "confirmTOTP": `{"code":"1"}`, "removeTOTP": `{"password":""}`, "finishPasskeyAdd": `{"ceremony":"x","credential":{},"name":"x"}`}[o.id]
			if r := h.send(h.keys[access.Owner], o.method, prefix+strings.ReplaceAll(o.path, "{id}", "x"), body); r.code != 403 {
				h.Errorf("%s by a key: %d %s", o.id, r.code, r.text)
			}
		}
	})
}

// Another website can make a browser send a request, with its cookie, and must
// not get anything changed, nor sign the browser in as somebody else.
func TestOtherWebsites(t *testing.T) {
	each(t, func(h *harness) {
		h.staff("ada@example.org", access.Owner)
		b := h.enter("ada@example.org")
		for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			for _, o := range [][3]string{{post, "/keys", `{"role":"owner"}`}, {put, "/auth/profile", `{"name":"x","language":"en"}`}, {del, "/users/x", ""}, {post, "/auth/password", `{"email":"ada@example.org","password":"` + passphrase + `"}`}} {
				r := b.send(0, o[0], o[1], o[2], from...)
				if r.code != 403 || r.body["code"] != "cross_origin" || r.header.Get("Set-Cookie") != "" {
					h.Errorf("%v from %v: %d %s", o, from, r.code, r.text)
				}
			}
			b.send(200, get, "/stations", "", from...)
			name := base64.StdEncoding.EncodeToString([]byte("x:y")) // what a browser makes of x:y@ in an address
			if r := b.harness.send("", post, prefix+"/auth/password", `{"email":"ada@example.org","password":"`+passphrase+`"}`, append(slices.Clone(from), "Authorization", "Basic "+name)...); r.code != 403 {
				h.Errorf("a sign-in with a name in the address from %v: %d", from, r.code)
			}
			if r := h.send(h.keys[access.Owner], post, prefix+"/keys", `{"role":"viewer"}`, from...); r.code != 201 {
				h.Errorf("a key from %v: %d", from, r.code)
			}
		}
		b.send(200, put, "/auth/profile", `{"name":"Ada","language":"de"}`, "Sec-Fetch-Site", "same-origin")
		b.send(200, put, "/auth/profile", `{"name":"Ada","language":"de"}`, "Origin", "http://example.com")
	})
}

func TestCookieIsSecureBehindTLS(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := newHarness(t, db, func(o *Options) { o.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/30")} })
		h.staff("ada@example.org", access.Owner)
		body := `{"email":"ada@example.org","password":"` + passphrase + `"}`
		for _, c := range []struct {
			header []string
			secure bool
			remote string
		}{
			{nil, false, "192.0.2.1"}, {[]string{"X-Forwarded-Proto", "https", "X-Forwarded-For", "198.51.100.7"}, true, "198.51.100.7"},
			{[]string{"X-Forwarded-For", "1.2.3.4, 198.51.100.7, 192.0.2.2"}, false, "198.51.100.7"}, {[]string{"X-Forwarded-For", "nonsense"}, false, "192.0.2.1"},
			{[]string{"X-Forwarded-For", "2001:db8:1:2:3::9"}, false, "2001:db8:1:2::/64"},
		} {
			b := h.browser(c.header...)
			b.send(200, post, "/auth/password", body)
			if b.cookies[cookieName].Secure != c.secure || b.cookies[cookieName].Path != "/" {
				t.Errorf("%v: %s", c.header, b.cookies[cookieName])
			}
			if row := b.send(200, get, "/auth/sessions", "").items(t)[0].(map[string]any); row["remote"] != c.remote {
				t.Errorf("%v: %v", c.header, row["remote"])
			}
		}
		s := &server{o: Options{}}
		q := httptest.NewRequest(get, "/", nil)
		q.Header.Set("X-Forwarded-For", "1.2.3.4")
		q.Header.Set("X-Forwarded-Proto", "https")
		if s.o.Proxies.Of(q) != "192.0.2.1" || s.o.Proxies.Secure(q) {
			t.Error("headers of nobody's proxy are believed")
		}
	})
}

func TestTokensRotateInTheBrowser(t *testing.T) {
	each(t, func(h *harness) {
		h.staff("ada@example.org", access.Owner)
		b := h.enter("ada@example.org")
		old := b.cookies[cookieName].Value
		h.atom(func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE access_session SET issued_at = issued_at - 3600000000`)
			return err
		})
		b.send(200, get, "/stations", "")
		if b.cookies[cookieName].Value == old {
			h.Fatal("no new token after an hour of use")
		}
		b.send(200, get, "/stations", "")
		if r := h.send("", get, prefix+"/stations", "", "Cookie", cookieName+"="+old); r.code != 200 || r.header.Get("Set-Cookie") != "" {
			h.Errorf("a parallel request with the token before: %d", r.code)
		}
		h.atom(func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE access_session SET past_until = 1`)
			return err
		})
		if r := h.send("", get, prefix+"/stations", "", "Cookie", cookieName+"="+old); r.code != 401 {
			h.Errorf("the token before, later: %d", r.code)
		}
	})
}

func TestSecondFactor(t *testing.T) {
	each(t, func(h *harness) {
		h.staff("ada@example.org", access.Owner)
		b := h.enter("ada@example.org")
		begun := b.send(200, post, "/auth/totp/begin", "").body
		at := time.Now()
		shared, _ := begun["secret"].(string)
		if u, err := url.Parse(fmt.Sprint(begun["uri"])); err != nil || u.Query().Get("secret") != shared || u.Query().Get("issuer") != "Test" {
			h.Errorf("%v", begun)
		}
		if r := b.send(422, post, "/auth/totp/confirm", `{"code":"12345x"}`); r.body["field"] != "code" {
			h.Errorf("%s", r.text)
		}
		code, _ := totp.GenerateCode(shared, at)
		old := b.cookies[cookieName].Value
		codes, _ := b.send(200, post, "/auth/totp/confirm", `{"code":"`+code+`"}`).body["recovery_codes"].([]any)
		if len(codes) != 10 || b.cookies[cookieName].Value == old || b.send(200, get, "/auth/me", "").body["totp"] != true {
			h.Errorf("%v", codes)
		}
		b.send(409, post, "/auth/totp/begin", "")
		c := h.browser()
		body := `{"email":"ada@example.org","password":"` + passphrase + `","code":"%s"}`
		if r := c.send(401, post, "/auth/password", fmt.Sprintf(body, "")); r.body["code"] != "totp_required" || len(c.cookies) != 0 {
			h.Errorf("%s", r.text)
		}
		if r := c.send(401, post, "/auth/password", fmt.Sprintf(body, code)); r.body["code"] != "wrong" {
			h.Errorf("%s", r.text)
		}
		c.send(200, post, "/auth/password", fmt.Sprintf(body, codes[0]))
		c.send(422, post, "/auth/totp/remove", `{"password":"wrong"}`)
		c.send(204, post, "/auth/totp/remove", `{"password":"`+passphrase+`"}`)
		h.enter("ada@example.org")
	})
}

func TestChangePassword(t *testing.T) {
	each(t, func(h *harness) {
		h.staff("ada@example.org", access.Owner)
		b, elsewhere := h.enter("ada@example.org"), h.enter("ada@example.org")
		for _, c := range [][2]string{{`{"old":"wrong","new":"another good one"}`, "old"}, {`{"old":"` + passphrase + `","new":"short"}`, "new"}, {`{"old":"","new":"another good one"}`, "old"}} {
			if r := b.send(422, post, "/auth/password/change", c[0]); r.body["field"] != c[1] {
				h.Errorf("%s", r.text)
			}
		}
		b.send(204, post, "/auth/password/change", `{"old":"`+passphrase+`","new":"another good one"}`)
		if b.kind() != "staff" || elsewhere.kind() != "nobody" {
			h.Error("the wrong one is signed out")
		}
		h.browser().send(401, post, "/auth/password", `{"email":"ada@example.org","password":"`+passphrase+`"}`)
		h.browser().send(200, post, "/auth/password", `{"email":"ada@example.org","password":"another good one"}`)
		for range 6 {
			b.send(0, post, "/auth/password/change", `{"old":"wrong","new":"another good one"}`)
		}
		if r := b.send(503, post, "/auth/password/change", `{"old":"another good one","new":"a third good one"}`); r.body["kind"] != "busy" {
			h.Errorf("who sits at an open screen may guess on: %s", r.text)
		}
	})
}

var fragment = regexp.MustCompile(`https://charge\.example(/[a-z/-]+)#(?:token=)?([A-Za-z0-9_-]{43})`)

// linkIn is the path and the token of the link in a mail.
func linkIn(t *testing.T, text string) (path, token string) {
	t.Helper()
	m := fragment.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("there is no link in %q", text)
	}
	return m[1], m[2]
}

// another is a token that differs from one in its first character.
func another(token string) string {
	if token[0] == 'x' {
		return "y" + token[1:]
	}
	return "x" + token[1:]
}

func TestForgottenPassword(t *testing.T) {
	eachMailed(t, func(h *harness, l *letterbox) {
		h.staff("ada@example.org", access.Owner)
		known := h.browser().send(202, post, "/auth/password/forgot", `{"email":"Ada@example.org"}`)
		unknown := h.browser().send(202, post, "/auth/password/forgot", `{"email":"nobody@example.org"}`)
		if known.text != unknown.text || l.count() != 1 {
			h.Errorf("%s %s, %d mails", known.text, unknown.text, l.count())
		}
		m := l.last(t, "ada@example.org")
		path, token := linkIn(t, m.Text)
		if path != "/reset" || m.Until.IsZero() || m.Key == "" {
			h.Errorf("%+v", m)
		}
		b := h.browser()
		b.send(422, post, "/auth/password/reset", `{"token":"`+token+`","password":"short"}`)
		b.send(401, post, "/auth/password/reset", `{"token":"`+another(token)+`","password":"another good one"}`)
		b.send(200, post, "/auth/password/reset", `{"token":"`+token+`","password":"another good one"}`)
		if b.kind() != "staff" {
			h.Error("not signed in")
		}
		b.send(401, post, "/auth/password/reset", `{"token":"`+token+`","password":"a third good one"}`)
		for range 20 {
			h.browser().send(202, post, "/auth/password/forgot", `{"email":"ada@example.org"}`)
		}
		if n := l.count(); n != 5 {
			h.Errorf("%d mails to one address", n)
		}
	})
}

func TestDriversSignInByMail(t *testing.T) {
	eachMailed(t, func(h *harness, l *letterbox) {
		b := h.browser()
		b.send(422, post, "/auth/driver/link", `{"email":"no address"}`)
		b.send(202, post, "/auth/driver/link", `{"email":"Dana@example.org","language":"de"}`)
		m := l.last(t, "dana@example.org")
		path, token := linkIn(t, m.Text)
		code := regexp.MustCompile(`\d{6}`).FindString(m.Text)
		if path != "/app/sign-in" || code == "" || !strings.HasPrefix(m.Subject, "Ihr Code") {
			h.Errorf("%+v", m)
		}
		if strings.Contains(m.Subject, code) { // lists show subjects, and nobody's sign-in
			h.Errorf("the subject %q holds the code", m.Subject)
		}
		for _, body := range []string{`{}`, `{"email":"dana@example.org"}`, `{"token":"x","email":"dana@example.org","code":"1"}`} {
			b.send(422, post, "/auth/driver/enter", body)
		}
		if r := b.send(401, post, "/auth/driver/enter", `{"email":"dana@example.org","code":"00000x"}`); r.body["code"] != "wrong" {
			h.Errorf("%s", r.text)
		}
		me := b.send(200, post, "/auth/driver/enter", `{"email":"dana@example.org","code":"`+code+`"}`).body
		if me["kind"] != "driver" || me["email"] != "dana@example.org" || me["language"] != "de" || me["role"] != "driver" {
			h.Errorf("%v", me)
		}
		h.browser().send(401, post, "/auth/driver/enter", `{"token":"`+token+`"}`)
		if age := b.cookies[cookieName].MaxAge; age < 30*24*3600 {
			h.Errorf("the cookie lasts %d s", age)
		}
		b.send(403, get, "/stations", "")
		b.send(403, post, "/auth/totp/begin", "")
		if rows := b.send(200, get, "/auth/sessions", "").items(t); len(rows) != 1 {
			h.Errorf("%v", rows)
		}
		b.send(202, post, "/auth/driver/link", `{"email":"dana@example.org"}`)
		_, token = linkIn(t, l.last(t, "dana@example.org").Text)
		c := h.browser()
		if again := c.send(200, post, "/auth/driver/enter", `{"token":"`+token+`"}`).body; again["id"] != me["id"] {
			h.Errorf("another driver: %v", again)
		}
		h.atom(func(tx *store.Tx) error { access.EndSessions(tx, access.KindDriver, me["id"].(string)); return nil })
		if b.kind() != "nobody" || c.kind() != "nobody" {
			h.Error("signed in after the end")
		}
	})
}

func TestInvitations(t *testing.T) {
	eachMailed(t, func(h *harness, l *letterbox) {
		h.staff("owner@example.org", access.Owner)
		b := h.enter("owner@example.org")
		for _, c := range [][2]string{
			{`{"name":"H","email":"h@example.org","role":"host","sites":["nowhere"]}`, "sites"}, {`{"name":"H","email":"h@example.org","role":"host","sites":["other-site"]}`, "sites"},
			{`{"name":"H","email":"h@example.org","role":"viewer","sites":["site"]}`, "sites"}, {`{"name":"H","email":"no","role":"viewer"}`, "email"},
		} {
			if r := b.send(422, post, "/users", c[0]); r.body["field"] != c[1] {
				h.Errorf("%s: %s", c[0], r.text)
			}
		}
		b.send(422, post, "/users", `{"name":"H","email":"h@example.org","role":"driver"}`)
		made := b.send(201, post, "/users", `{"name":"H","email":"h@example.org","role":"host","sites":["site"],"language":"de"}`).body
		path, token := linkIn(t, fmt.Sprint(made["invitation_url"]))
		if _, mailed := linkIn(t, l.last(t, "h@example.org").Text); mailed != token || path != "/invitation" || made["state"] != "invited" {
			h.Errorf("%v", made)
		}
		b.send(409, post, "/users", `{"name":"H","email":"H@example.org","role":"viewer"}`)
		id := fmt.Sprint(made["id"])
		b.send(409, put, "/users/"+id, `{"name":"H","role":"host","sites":["site"],"state":"active"}`)
		again := b.send(201, post, "/users/"+id+"/invitation", "").body
		h.browser().send(401, post, "/auth/invitation", `{"token":"`+token+`","name":"Hanna","password":"`+passphrase+`"}`)
		_, token = linkIn(t, fmt.Sprint(again["invitation_url"]))
		host := h.browser()
		me := host.send(200, post, "/auth/invitation", `{"token":"`+token+`","name":"Hanna","password":"`+passphrase+`"}`).body
		if me["name"] != "Hanna" || fmt.Sprint(me["sites"]) != "[site]" || me["role"] != "host" {
			h.Errorf("%v", me)
		}
		if u := b.send(200, get, "/users/"+id, "").body; u["state"] != "active" || u["last_seen_at"] == nil {
			h.Errorf("%v", u)
		}
		if path, _ := linkIn(t, fmt.Sprint(b.send(201, post, "/users/"+id+"/invitation", "").body["invitation_url"])); path != "/reset" {
			h.Errorf("to an active user: %s", path)
		}
		b.send(200, put, "/users/"+id, `{"name":"H","role":"viewer","state":"disabled"}`)
		if host.kind() != "nobody" {
			h.Error("a disabled user is signed in")
		}
		b.send(409, post, "/users/"+id+"/invitation", "")
		if r := h.browser().send(401, post, "/auth/password", `{"email":"h@example.org","password":"`+passphrase+`"}`); r.body["code"] != "wrong" {
			h.Errorf("%s", r.text)
		}
		b.send(204, del, "/users/"+id, "")
		b.send(404, get, "/users/"+id, "")
		owner := fmt.Sprint(b.send(200, get, "/auth/me", "").body["id"])
		for _, r := range []reply{
			b.send(409, del, "/users/"+owner, ""), b.send(409, put, "/users/"+owner, `{"name":"O","role":"viewer","state":"active"}`),
			b.send(409, put, "/users/"+owner, `{"name":"O","role":"owner","state":"disabled"}`),
		} {
			if r.body["kind"] != "conflict" {
				h.Errorf("%s", r.text)
			}
		}
	})
}

func (h *harness) setupToken() string {
	h.Helper()
	token := ""
	h.atom(func(tx *store.Tx) (err error) {
		token, err = access.Ask(tx, access.Challenge{Tenant: access.DefaultTenant, Kind: access.ForSetup}, 0)
		return err
	})
	return token
}

func TestSetUp(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := newHarness(t, db, func(o *Options) { o.FirstSite = "site" })
		token := h.setupToken()
		body := func(token, currency, zone, password string) string {
			return fmt.Sprintf(`{"token":%q,"company":"Volt AS","country":"NO","currency":%q,"time_zone":%q,"name":"Ola","email":"ola@example.org","password":%q}`, token, currency, zone, password)
		}
		b := h.browser()
		b.send(401, post, "/auth/setup", body(another(token), "NOK", "Europe/Oslo", passphrase))
		for _, c := range [][2]string{{body(token, "XYZ", "Europe/Oslo", passphrase), "currency"}, {body(token, "NOK", "Oslo", passphrase), "time_zone"}, {body(token, "NOK", "", passphrase), "time_zone"}, {body(token, "NOK", "Europe/Oslo", "short"), "password"}} {
			if r := b.send(422, post, "/auth/setup", c[0]); r.body["field"] != c[1] {
				t.Errorf("%s", r.text)
			}
		}
		me := b.send(200, post, "/auth/setup", body(token, "NOK", "Europe/Oslo", passphrase)).body
		if me["role"] != "owner" || me["tenant_name"] != "Volt AS" || me["setup_needed"] != false || b.kind() != "staff" {
			t.Errorf("%v", me)
		}
		if s := b.send(200, get, "/sites/site", "").body; s["name"] != "Volt AS" || s["time_zone"] != "Europe/Oslo" || s["country"] != "NO" {
			t.Errorf("%v", s)
		}
		h.browser().send(401, post, "/auth/setup", body(token, "NOK", "Europe/Oslo", passphrase))
		if r := h.browser().send(409, post, "/auth/setup", body(h.setupToken(), "NOK", "Europe/Oslo", passphrase)); r.body["kind"] != "conflict" {
			t.Errorf("a second owner by set-up: %s", r.text)
		}
	})
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := newHarness(t, db, func(o *Options) { o.FirstSite = "site" })
		h.atom(func(tx *store.Tx) error {
			return stations.Create(tx, stations.Station{ID: "CP1", Tenant: access.DefaultTenant, Site: "site", Name: "One", Onboarding: stations.Accepted})
		})
		b := h.browser()
		body := `{"token":"` + h.setupToken() + `","company":"Volt","country":"DE","currency":"%s","time_zone":"Europe/Oslo","name":"Ola","email":"ola@example.org","password":"` + passphrase + `"}`
		b.send(409, post, "/auth/setup", fmt.Sprintf(body, "NOK"))
		b.send(200, post, "/auth/setup", fmt.Sprintf(body, "EUR"))
		if s := b.send(200, get, "/sites/site", "").body; s["name"] != "Depot" || s["time_zone"] != "Europe/Berlin" {
			t.Errorf("a site where a station stands was changed: %v", s)
		}
	})
}

func authSamples(h *harness, _ fixture) map[string]sample {
	user, _ := h.as(201, post, "/users", `{"name":"Sample","email":"sample@example.org","role":"viewer"}`).body["id"].(string)
	at, token := "/users/"+user, strings.Repeat("x", 43)
	return map[string]sample{
		"listUsers": {path: "/users"}, "getUser": {path: at}, "postUser": {path: "/users", body: `{"name":"New","email":"new@example.org","role":"viewer"}`},
		"putUser": {path: at, body: `{"name":"Other","role":"viewer","state":"invited"}`}, "deleteUser": {path: at}, "postInvitation": {path: at + "/invitation"},
		"getMe": {path: "/auth/me"}, "getSignInMethods": {path: "/auth/methods"},
		"signIn":             {path: "/auth/password", body: `{"email":"sample@example.org","password":"x"}`, code: 401},
		"forgotPassword":     {path: "/auth/password/forgot", body: `{"email":"sample@example.org"}`},
		"resetPassword":      {path: "/auth/password/reset", body: `{"token":"` + token + `","password":"` + passphrase + `"}`, code: 401},
		"acceptInvitation":   {path: "/auth/invitation", body: `{"token":"` + token + `","name":"N","password":"` + passphrase + `"}`, code: 401},
		"setUp":              {path: "/auth/setup", code: 401, body: `{"token":"` + token + `","company":"C","country":"DE","currency":"EUR","time_zone":"Europe/Berlin","name":"N","email":"n@example.org","password":"` + passphrase + `"}`},
		"beginPasskeySignIn": {path: "/auth/passkey/begin"}, "finishPasskeySignIn": {path: "/auth/passkey/finish", body: `{"ceremony":"` + token + `","credential":{}}`, code: 401},
		"mailDriverLink": {path: "/auth/driver/link", body: `{"email":"dana@example.org"}`}, "enterDriver": {path: "/auth/driver/enter", body: `{"token":"` + token + `"}`, code: 401},
		"startProvider": {path: "/auth/oidc/main/start", code: 404}, "returnFromProvider": {path: "/auth/oidc/main/callback", code: 404},
		"signOut": {path: "/auth/sign-out"}, "listSignIns": {path: "/auth/sessions"}, "endSignIn": {path: "/auth/sessions/sin_x", code: 404},
		"putProfile": {path: "/auth/profile", body: `{"name":"N","language":"en"}`}, "changePassword": {path: "/auth/password/change", body: `{"old":"x","new":"` + passphrase + `"}`, code: 422},
		"beginTOTP": {path: "/auth/totp/begin"}, "confirmTOTP": {path: "/auth/totp/confirm", body: `{"code":"x"}`, code: 422}, "removeTOTP": {path: "/auth/totp/remove", body: `{"password":"x"}`, code: 422},
		"listPasskeys": {path: "/auth/passkeys"}, "beginPasskeyAdd": {path: "/auth/passkeys/begin"}, "deletePasskey": {path: "/auth/passkeys/pky_x", code: 404},
		"finishPasskeyAdd": {path: "/auth/passkeys/finish", body: `{"ceremony":"` + token + `","credential":{},"name":"x"}`, code: 422},
	}
}

// A stream goes on while its sign-in does, whatever becomes of the token that
// opened it, and ends with the sign-in.
func TestStreamsFollowTheirSignIn(t *testing.T) {
	each(t, func(h *harness) {
		u := h.staff("ada@example.org", access.Viewer)
		b := h.enter("ada@example.org")
		s := &server{o: Options{DB: h.db, SignIn: h.signIn}, foreign: http.NewCrossOriginProtection()}
		q := httptest.NewRequestWithContext(h.Context(), get, eventsPath, nil)
		q.AddCookie(b.cookies[cookieName])
		q, err := s.visited(httptest.NewRecorder(), q)
		if err != nil {
			h.Fatal(err)
		}
		if sc, err := s.admit(q, access.Read); err != nil || sc.Actor != u.ID {
			h.Fatalf("%+v %v", sc, err)
		}
		h.atom(func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE access_session SET digest = 'replaced', past_digest = NULL`)
			return err
		})
		if b.kind() != "nobody" {
			h.Fatal("the token is still good")
		}
		if _, err := s.admit(q, access.Read); err != nil {
			h.Errorf("the stream ends with its token: %v", err)
		}
		h.atom(func(tx *store.Tx) error { access.EndSessions(tx, access.KindStaff, u.ID); return nil })
		if _, err := s.admit(q, access.Read); err == nil || problemOf(err).Status != 401 {
			h.Errorf("the stream goes on without its sign-in: %v", err)
		}
	})
}
