package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
)

// deeds are the records of the default tenant, newest first.
func (h *harness) deeds() (out []access.Deed) {
	h.Helper()
	h.atom(func(tx *store.Tx) (err error) {
		out, err = access.Deeds(tx, scope, access.DeedFilter{}, 1_000)
		return err
	})
	return out
}

// Whatever changes something is on record once, by whomever and however it
// ended; what only reads, and what nobody asked, is not.
func TestEveryChangeIsOnRecord(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		at, callers := samples(h, f), h.callers(f)
		for _, o := range ordered(at) {
			s, before := at[o.id], len(h.deeds())
			h.send("", o.method, prefix+s.path, s.body)
			if o.area != access.Open {
				if n := len(h.deeds()); n != before {
					h.Errorf("%s by nobody is on record", o.id)
				}
			}
			if o.area == access.Open {
				continue
			}
			tried := map[bool]bool{}
			for _, c := range callers {
				if may := c.role.May(o.area); tried[may] || may && !c.has(o, s) {
					continue
				}
				tried[c.role.May(o.area)] = true
				before = len(h.deeds())
				r := h.do(c, o, s)
				after := h.deeds()
				if o.method == get || o.area == access.Read {
					if len(after) != before {
						h.Errorf("%s by %s is on record", o.id, c)
					}
					continue
				}
				if len(after) != before+1 {
					h.Errorf("%s by %s is %d times on record", o.id, c, len(after)-before)
					continue
				}
				d := after[0]
				if d.Action != o.id || d.Method != o.method || d.Status != r.code || d.Scope.Kind != c.kind || d.Scope.Actor == "" || d.Remote == "" ||
					c.person != "" && d.Scope.Actor != c.person || c.kind == access.KindDriver && d.Scope.Name != "" || c.kind != access.KindDriver && d.Scope.Name == "" {
					h.Errorf("%s by %s answered %d and is on record as %+v", o.id, c, r.code, d)
				}
				if strings.Contains(d.Change+d.Path+d.Object, f.token) {
					h.Errorf("%s: the record names the token: %+v", o.id, d)
				}
			}
		}
	})
}

func TestAuditSaysWhoDidWhat(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.as(201, post, "/stations/CP1/replace-device", `{"password":"correct horse battery"}`)
		h.as(404, put, "/tariff-assignments/station/none", `{"tariff_id":"T1"}`)
		first := func(query string) map[string]any {
			items := h.as(200, get, "/audit?"+query, "").items(h.T)
			if len(items) == 0 {
				h.Fatalf("%s finds nothing", query)
			}
			m, _ := items[0].(map[string]any)
			return m
		}
		d := first("action=replaceDevice")
		if d["object"] != f.station || d["status"] != 201.0 || d["actor_kind"] != "key" || d["actor_name"] != "test" || fmt.Sprint(d["change"]) != "map[password:…]" {
			h.Errorf("the new device: %v", d)
		}
		if d := first("action=putAssignment"); d["status"] != 404.0 || d["object"] != "none" {
			h.Errorf("what was refused: %v", d)
		}
		if d := first("action=postDriver"); d["object"] != f.driver || strings.Contains(fmt.Sprint(d["change"]), "Ada") {
			h.Errorf("the new driver: %v", d)
		}
		if d := first("action=putToken"); d["object"] != "…Rd" || d["path"] != "/api/v1/tokens/…Rd" {
			h.Errorf("the new token: %v", d)
		}
		if d := first("q=CP1&object=CP1&action=putStation"); d["path"] != "/api/v1/stations/CP1" {
			h.Errorf("the new station: %v", d)
		}
		if r := h.send(h.other, get, prefix+"/audit", ""); len(r.items(h.T)) != 0 {
			h.Errorf("another tenant reads %s", r.text)
		}
		now := time.Now().UTC()
		for query, some := range map[string]bool{
			"from=" + now.Add(time.Hour).Format(time.RFC3339): false, "to=" + now.Add(-time.Hour).Format(time.RFC3339): false,
			"from=" + now.Add(-time.Hour).Format(time.RFC3339) + "&limit=1": true, "actor=key_none": false, "q=nothing+of+the+kind": false,
		} {
			if n := len(h.as(200, get, "/audit?"+query, "").items(h.T)); (n > 0) != some {
				h.Errorf("%s finds %d", query, n)
			}
		}
	})
}

// What is done is on record even when the server fails in the middle, and
// nothing is done that cannot be put on record.
func TestNothingIsDoneOffTheRecord(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		h.atom(func(tx *store.Tx) error { tx.Write(`ALTER TABLE access_audit RENAME TO access_hidden`); return nil })
		r := h.send(h.keys[access.Owner], put, prefix+"/stations/CP9", `{"name":"Ghost"}`)
		h.atom(func(tx *store.Tx) error { tx.Write(`ALTER TABLE access_hidden RENAME TO access_audit`); return nil })
		if r.code < 500 {
			h.Errorf("without a record: %d %s", r.code, r.text)
		}
		h.as(404, get, "/stations/CP9", "")
	})
}

// Who signs in is on record under their own name, a failed attempt is not.
func TestSignInIsOnRecord(t *testing.T) {
	each(t, func(h *harness) {
		hash, err := h.signIn.HashPassword(h.Context(), "correct horse battery")
		if err != nil {
			h.Fatal(err)
		}
		var u access.User
		h.atom(func(tx *store.Tx) (err error) {
			u, err = access.AddUser(tx, scope, access.User{Email: "ada@example.org", Name: "Ada", Role: access.Viewer}, hash)
			return err
		})
		for password, code := range map[string]int{"wrong horse battery": 401, "correct horse battery": 200} {
			before := len(h.deeds())
			r := h.send("", post, prefix+"/auth/password", `{"email":"ada@example.org","password":"`+password+`"}`)
			if r.code != code {
				h.Fatalf("%d %s", r.code, r.text)
			}
			after := h.deeds()
			if code != 200 {
				if len(after) != before {
					h.Errorf("a failed attempt is on record")
				}
				continue
			}
			if len(after) != before+1 || after[0].Scope.Actor != u.ID || after[0].Scope.Name != "Ada" || after[0].Status != 200 || strings.Contains(after[0].Change, "horse") || strings.Contains(after[0].Change, "ada") {
				h.Errorf("the sign-in is on record as %+v", after)
			}
		}
	})
}

// Secrets never reach the record, however they are spelled.
func TestMasks(t *testing.T) {
	s := &server{}
	s.register(http.NewServeMux())
	ops := map[string]operation{}
	for _, o := range operations() {
		ops[o.id] = o
	}
	for _, tt := range []struct{ op, body, want string }{
		{"putStation", `{"name":"A","password":"hunter22","security_profile":1}`, `{"name":"A","password":"…","security_profile":1}`},
		{"postKey", `{"role":"viewer","label":"x"}`, `{"label":"x","role":"viewer"}`},
		{"callStation", `{"key":"AuthorizationKey","value":"hunter22"}`, `{"key":"AuthorizationKey","value":"…"}`},
		{"callStation", `{"key":"HeartbeatInterval","value":"60"}`, `{"key":"HeartbeatInterval","value":"60"}`},
		{"callStation", `{"setVariableData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"},"attributeValue":"hunter22"}]}`,
			`{"setVariableData":[{"attributeValue":"…","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}`},
		{"callStation", `{"connectionData":{"apn":{"apnPassword":"hunter22","simPin":1234},"vpn":{"key":"hunter22","password":"x"}}}`,
			`{"connectionData":{"apn":{"apnPassword":"…","simPin":"…"},"vpn":{"key":"…","password":"…"}}}`},
		{"callStation", `{"location":"ftp://u:hunter22@example.org/f?sig=hunter22"}`, `{"location":"ftp://example.org/f"}`},
		{"callStation", `{"idToken":{"idToken":"CARD","type":"Central"}}`, `{"idToken":"…"}`},
		{"postCommand", `{"variable":"wifi_psk","value":"hunter22"}`, `{"value":"…","variable":"wifi_psk"}`},
		{"postCommand", `{"Secret-Key":"hunter22","API_KEY":"x","my_password_2":["x"]}`, `{"API_KEY":"…","Secret-Key":"…","my_password_2":"…"}`},
		{"postDriver", `{"name":"Ada","email":"a@example.org","language":"en"}`, `{"email":"…","language":"en","name":"…"}`},
		{"signIn", `{"email":"a@example.org","password":"hunter22"}`, `{"email":"…","password":"…"}`},
		{"putView", `{"page":"p","name":"n","query":"","shared":true}`, `{"name":"…","page":"…","query":"","shared":true}`},
		{"putBranding", `{"logo":"data:image/png;base64,AA","name":"x"}`, `{"logo":"…","name":"x"}`},
		{"putSite", ``, `{}`}, {"putSite", `{"name":`, `{}`}, {"putSite", `[1,"x"]`, `[1,"x"]`}, {"putSite", `{"name":"` + strings.Repeat("ü", 300) + `"}`, `{"name":"` + strings.Repeat("ü", 100) + `…"}`},
		{"putSite", `{"a":[` + strings.Repeat(`"0123456789",`, 500) + `1]}`, `{"bytes":6509}`},
	} {
		o, ok := ops[tt.op]
		if !ok {
			t.Fatalf("there is no %s", tt.op)
		}
		op := o.describe()
		if got := s.change(&op, []byte(tt.body)); got != tt.want {
			t.Errorf("%s %.100s:\n%.300s, want\n%.300s", tt.op, tt.body, got, tt.want)
		}
	}
}
