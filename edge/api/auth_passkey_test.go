package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"

	"chargewright/base/store"
	"chargewright/core/access"
)

var b64 = base64.RawURLEncoding.EncodeToString

// authenticator is a virtual one: ES256, discoverable, with user verification.
type authenticator struct {
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	counter uint32
	// What it gets wrong.
	rp, origin string
	unverified bool
}

const (
	userPresent  = 1
	userVerified = 4
	hasKey       = 64
)

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	if _, err := rand.Read(id); err != nil {
		t.Fatal(err)
	}
	return &authenticator{key: key, id: id, rp: "example.com", origin: "http://example.com"}
}

func (a *authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(a.rp))
	if !a.unverified {
		flags |= userVerified
	}
	a.counter++
	return binary.BigEndian.AppendUint32(append(rp[:], flags|userPresent), a.counter)
}

func (a *authenticator) client(kind, challenge string) []byte {
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":false}`, kind, challenge, a.origin)
}

// create answers options of a registration (WebAuthn level 3, 6.5: CBOR by hand).
func (a *authenticator) create(t *testing.T, options map[string]any) string {
	t.Helper()
	user, _ := options["user"].(map[string]any)
	a.handle, _ = base64.RawURLEncoding.DecodeString(fmt.Sprint(user["id"]))
	public, err := a.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, y := public[1:33], public[33:]
	cose := append([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, x...)
	cose = append(append(cose, 0x22, 0x58, 32), y...)
	data := append(a.data(hasKey), make([]byte, 16)...)
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(a.id))), a.id...)
	data = append(data, cose...)
	object := append([]byte{0xa3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(object, 0x67), "attStmt"...)
	object = append(append(object, 0xa0, 0x68), "authData"...)
	object = append(binary.BigEndian.AppendUint16(append(object, 0x59), uint16(len(data))), data...)
	return a.say(map[string]string{"clientDataJSON": b64(a.client("webauthn.create", fmt.Sprint(options["challenge"]))), "attestationObject": b64(object)})
}

// prove answers options of a sign-in.
func (a *authenticator) prove(t *testing.T, options map[string]any) string {
	t.Helper()
	data, client := a.data(0), a.client("webauthn.get", fmt.Sprint(options["challenge"]))
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		t.Fatal(err)
	}
	return a.say(map[string]string{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(sig), "userHandle": b64(a.handle)})
}

func (a *authenticator) say(response map[string]string) string {
	b, _ := json.Marshal(map[string]any{"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "response": response})
	return string(b)
}

func begun(r reply) (ceremony string, options map[string]any) {
	options, _ = r.body["options"].(map[string]any)
	return fmt.Sprint(r.body["ceremony"]), options
}

// register adds a passkey to who is signed in.
func (b *browser) register(a *authenticator) reply {
	b.Helper()
	ceremony, options := begun(b.send(200, post, "/auth/passkeys/begin", ""))
	return b.send(0, post, "/auth/passkeys/finish", fmt.Sprintf(`{"ceremony":%q,"credential":%s,"name":"phone"}`, ceremony, a.create(b.T, options)))
}

// pass signs in by passkey.
func (b *browser) pass(a *authenticator) reply {
	b.Helper()
	ceremony, options := begun(b.send(200, post, "/auth/passkey/begin", ""))
	return b.send(0, post, "/auth/passkey/finish", fmt.Sprintf(`{"ceremony":%q,"credential":%s}`, ceremony, a.prove(b.T, options)))
}

func TestPasskeys(t *testing.T) {
	each(t, func(h *harness) {
		u := h.staff("ada@example.org", access.Finance)
		b, a := h.enter("ada@example.org"), newAuthenticator(t)
		old := b.cookies[cookieName].Value
		r := b.register(a)
		if r.code != 201 || r.body["name"] != "phone" || b.cookies[cookieName].Value == old || string(a.handle) != u.ID {
			t.Fatalf("%d %s", r.code, r.text)
		}
		if again := b.register(a); again.code == 201 {
			t.Error("one passkey twice")
		}
		c := h.browser()
		if r := c.pass(a); r.code != 200 || r.body["id"] != u.ID || r.body["passkeys"] != 1.0 || c.kind() != "staff" {
			t.Fatalf("%d %s", r.code, r.text)
		}
		if rows := c.send(200, get, "/auth/passkeys", "").items(t); len(rows) != 1 || rows[0].(map[string]any)["last_used_at"] == nil {
			t.Errorf("%v", rows)
		}
		// Once: the same answer again is nothing.
		ceremony, options := begun(h.browser().send(200, post, "/auth/passkey/begin", ""))
		said := fmt.Sprintf(`{"ceremony":%q,"credential":%s}`, ceremony, a.prove(t, options))
		h.browser().send(200, post, "/auth/passkey/finish", said)
		h.browser().send(401, post, "/auth/passkey/finish", said)
		h.staff("eve@example.org", access.Owner)
		other := h.enter("eve@example.org")
		id := fmt.Sprint(r.body["id"])
		other.send(404, del, "/auth/passkeys/"+id, "")
		h.atom(func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE access_user SET state = 'disabled' WHERE id = $1`, u.ID)
			return err
		})
		if r := h.browser().pass(a); r.code != 401 || r.body["code"] != "wrong" {
			t.Errorf("a disabled user: %d %s", r.code, r.text)
		}
		h.atom(func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE access_user SET state = 'active' WHERE id = $1`, u.ID)
			return err
		})
		b.send(204, del, "/auth/passkeys/"+id, "")
		if r := h.browser().pass(a); r.code != 401 {
			t.Errorf("a removed passkey: %d", r.code)
		}
	})
}

// What an authenticator, or somebody who plays one, may get wrong.
func TestPasskeysThatDoNotHold(t *testing.T) {
	each(t, func(h *harness) {
		ada := h.staff("ada@example.org", access.Owner)
		eve := h.staff("eve@example.org", access.Viewer)
		a, e := newAuthenticator(t), newAuthenticator(t)
		if r := h.enter("ada@example.org").register(a); r.code != 201 {
			t.Fatal(r.text)
		}
		if r := h.enter("eve@example.org").register(e); r.code != 201 {
			t.Fatal(r.text)
		}
		for name, break_ := range map[string]func(a *authenticator){
			"another site":         func(a *authenticator) { a.rp = "evil.example" },
			"another origin":       func(a *authenticator) { a.origin = "http://evil.example" },
			"without verification": func(a *authenticator) { a.unverified = true },
			"another key":          func(a *authenticator) { a.key = newAuthenticator(t).key },
			"another's handle":     func(a *authenticator) { a.handle = []byte(ada.ID) },
			"no handle":            func(a *authenticator) { a.handle = nil },
			"unknown":              func(a *authenticator) { a.id = newAuthenticator(t).id },
			"a copy":               func(a *authenticator) { a.counter = 0 },
		} {
			broken := *e
			break_(&broken)
			b := h.browser()
			if name == "a copy" { // the true one was used meanwhile
				if r := b.pass(e); r.code != 200 {
					t.Fatal(r.text)
				}
				b = h.browser()
			}
			if r := b.pass(&broken); r.code != 401 || r.body["code"] != "wrong" || b.kind() != "nobody" {
				t.Errorf("%s: %d %s", name, r.code, r.text)
			}
		}
		for _, body := range []string{`{"ceremony":"x","credential":{}}`, `{"ceremony":"x","credential":{"id":"x"}}`} {
			h.browser().send(401, post, "/auth/passkey/finish", body)
		}
		for name, break_ := range map[string]func(a *authenticator){
			"another site": func(a *authenticator) { a.rp = "evil.example" }, "another origin": func(a *authenticator) { a.origin = "http://evil.example" },
			"without verification": func(a *authenticator) { a.unverified = true },
		} {
			fresh := newAuthenticator(t)
			break_(fresh)
			if r := h.enter("eve@example.org").register(fresh); r.code != 422 {
				t.Errorf("making, %s: %d %s", name, r.code, r.text)
			}
		}
		// A ceremony that another person began.
		ceremony, options := begun(h.enter("ada@example.org").send(200, post, "/auth/passkeys/begin", ""))
		stolen := newAuthenticator(t).create(t, options)
		if r := h.enter("eve@example.org").send(422, post, "/auth/passkeys/finish", fmt.Sprintf(`{"ceremony":%q,"credential":%s,"name":"x"}`, ceremony, stolen)); r.body["field"] != "ceremony" {
			t.Errorf("%s of %s", r.text, eve.ID)
		}
	})
}

func TestDriversHavePasskeys(t *testing.T) {
	eachMailed(t, func(h *harness, l *letterbox) {
		b := h.browser()
		b.send(202, post, "/auth/driver/link", `{"email":"dana@example.org"}`)
		_, token := linkIn(t, l.last(t, "dana@example.org").Text)
		me := b.send(200, post, "/auth/driver/enter", `{"token":"`+token+`"}`).body
		a := newAuthenticator(t)
		a.rp, a.origin = "charge.example", "https://charge.example"
		if r := b.register(a); r.code != 201 {
			t.Fatal(r.text)
		}
		c := h.browser()
		if r := c.pass(a); r.code != 200 || r.body["id"] != me["id"] || r.body["kind"] != "driver" {
			t.Errorf("%d %s", r.code, r.text)
		}
		c.send(403, get, "/users", "")
	})
}

func TestPasskeysNeedAName(t *testing.T) {
	eachMailed(t, func(h *harness, _ *letterbox) {
		if m := h.browser().send(200, get, "/auth/methods", "").body; m["passkey"] != false || m["mail_link"] != true {
			t.Errorf("%v", m)
		}
		h.browser().send(409, post, "/auth/passkey/begin", "")
	}, func(o *Options) { o.PublicURL = "http://192.0.2.7:8080" })
}

// What anybody may begin without a name is bounded for each address: else one of
// them takes the room of all.
func TestCeremoniesOfOneAddressAreBounded(t *testing.T) {
	eachIDP(t, "", func(h *harness, _ *idp) {
		for method, path := range map[string]string{post: "/auth/passkey/begin", get: "/auth/oidc/main/start"} {
			codes := map[int]int{}
			for range 150 {
				r := h.send("", method, prefix+path, "")
				if codes[r.code]++; r.code == 429 && r.header.Get("Retry-After") == "" {
					t.Error("it does not say for how long")
				}
			}
			if codes[429] < 50 {
				t.Errorf("%s: %v", path, codes)
			}
		}
	})
}
