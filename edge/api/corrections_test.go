package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chargewright/core/access"
)

// A credit note is issued once for each key, lowers what is owed, and never gives
// back more than the receipt billed.
func TestAReceiptIsGivenBackOf(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		path := "/documents/" + f.receipt + "/credits"
		first := h.as(201, post, path, `{"key":"a","amount_minor":100,"reason":"the cable hung"}`)
		if first.body["kind"] != "credit_note" || first.minor("gross") != 100 || first.body["corrects_id"] != f.receipt {
			h.Errorf("the note: %s", first.text)
		}
		if again := h.as(201, post, path, `{"key":"a","amount_minor":100,"reason":"the cable hung"}`); again.body["id"] != first.body["id"] {
			h.Errorf("again: %s", again.text)
		}
		if c := h.as(200, get, "/claims/"+f.session, ""); c.minor("due") != 495 {
			h.Errorf("the claim: %s", c.text)
		}
		id, _ := first.body["id"].(string)
		if r := h.as(200, get, "/documents/"+id, ""); !strings.Contains(r.text, `"credit":{"of":"R-00000001"`) || !strings.Contains(r.text, "the cable hung") {
			h.Errorf("the note in full: %s", r.text)
		}
		h.refuses(refusals{
			{"more than is left", post, path, `{"key":"b","amount_minor":496,"reason":"x"}`, 422, "gross_minor"},
			{"no reason", post, path, `{"key":"b","amount_minor":1,"reason":" "}`, 422, "reason"},
			{"no key", post, path, `{"key":"","amount_minor":1,"reason":"x"}`, 422, "key"},
			{"to the moon", post, path, `{"key":"b","amount_minor":1,"reason":"x","to":"moon"}`, 422, "to"},
			{"of a credit note", post, "/documents/" + id + "/credits", `{"key":"b","reason":"x"}`, 409, ""},
		})
		if r := h.as(201, post, path, `{"key":"rest","reason":"all of it"}`); r.minor("gross") != 495 {
			h.Errorf("the rest: %s", r.text)
		}
		h.refuses(refusals{{"when nothing is left", post, path, `{"key":"c","reason":"x"}`, 409, ""}})
		if c := h.as(200, get, "/claims/"+f.session, ""); c.minor("due") != 0 || c.body["state"] != "paid" {
			h.Errorf("the claim at last: %s", c.text)
		}
	})
}

// Each role gives back to the limit of the policy, all notes of a receipt together.
func TestGoodwillHasALimit(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.as(200, put, "/billing/policy", `{"failed_start_wh":0,"failed_start_s":0,"hold_minor":0,"operator_goodwill":3,"support_goodwill":1}`)
		n := 0
		credit := func(role access.Role, minor int64) int {
			n++
			return h.send(h.keys[role], post, prefix+"/documents/"+f.receipt+"/credits", fmt.Sprintf(`{"key":"k%d","amount_minor":%d,"reason":"x"}`, n, minor)).code
		}
		for i, c := range []struct {
			role  access.Role
			minor int64
			code  int
		}{
			{access.Support, 101, 403}, {access.Support, 0, 403}, {access.Support, 60, 201}, {access.Support, 41, 403}, {access.Support, 40, 201},
			{access.Operator, 201, 403}, {access.Operator, 200, 201}, {access.Operator, 1, 403}, {access.Technician, 1, 403}, {access.Viewer, 1, 403}, {access.Host, 1, 403},
			{access.Finance, 0, 201},
		} {
			if code := credit(c.role, c.minor); code != c.code {
				h.Errorf("%d: %s gives %d back: %d, want %d", i, c.role, c.minor, code, c.code)
			}
		}
	})
}

// A correction bills what its preview said, or nothing happens.
func TestASessionIsBilledAnew(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		path := "/sessions/" + f.session + "/correction"
		decided := `"decision":"energy","energy_wh":5000,"reason":"the meter ran ahead"`
		p := h.as(200, post, path+"/preview", "{"+decided+"}")
		if p.minor("gross") != 298 || p.minor("left") != 595 || p.body["energy_wh"] != 5000.0 {
			h.Errorf("the preview: %s", p.text)
		}
		if n := len(h.as(200, get, "/documents", "").items(t)); n != 1 {
			h.Errorf("a preview made %d documents", n)
		}
		open := h.charge(f.station, 8, "CARD", noon.Add(3*time.Hour))
		h.refuses(refusals{
			{"another amount", post, path, "{" + decided + `,"gross_minor":299}`, 409, ""},
			{"no reason", post, path, `{"decision":"void","reason":"","gross_minor":0}`, 422, "reason"},
			{"no such decision", post, path, `{"decision":"perhaps","reason":"x","gross_minor":0}`, 422, "decision"},
			{"a session that is open", post, "/sessions/" + open + "/correction/preview", `{"decision":"void","reason":"x"}`, 409, ""},
			{"what is billed already", post, path, `{"decision":"accept","reason":"x","gross_minor":595}`, 409, ""},
			{"no such session", post, "/sessions/none/correction", "{" + decided + `,"gross_minor":298}`, 404, ""},
		})
		docs := h.as(201, post, path, "{"+decided+`,"gross_minor":298}`).items(t)
		if len(docs) != 2 {
			h.Fatalf("%v", docs)
		}
		note, _ := docs[0].(map[string]any)
		receipt, _ := docs[1].(map[string]any)
		if note["kind"] != "credit_note" || receipt["kind"] != "receipt" || receipt["revision"] != 2.0 || (reply{body: receipt}).minor("gross") != 298 {
			h.Errorf("the documents: %v", docs)
		}
		if c := h.as(200, get, "/claims/"+f.session, ""); c.minor("due") != 298 {
			h.Errorf("the claim: %s", c.text)
		}
		if s := h.as(200, get, "/sessions/"+f.session, ""); s.body["energy_wh"] != 5000.0 || s.minor("cost") != 298 {
			h.Errorf("the session: %s", s.text)
		}
		h.refuses(refusals{{"again", post, path, "{" + decided + `,"gross_minor":298}`, 409, ""}})
		h.as(201, post, path, `{"decision":"void","reason":"never delivered","gross_minor":0}`)
		h.refuses(refusals{{"what is void", post, path, "{" + decided + `,"gross_minor":298}`, 409, ""}})
	})
}
