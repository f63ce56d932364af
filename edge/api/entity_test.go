package api

import (
	"strings"
	"testing"

	"chargewright/core/access"
)

func TestALegalEntitySaysWhoItIs(t *testing.T) {
	each(t, func(h *harness) {
		path := "/entities/" + access.DefaultEntity
		old := h.as(200, get, path, "")
		if old.body["country"] != "DE" || old.body["currency"] != "EUR" || old.body["number_prefix"] != "R" || old.body["name"] != "Test" {
			h.Errorf("at first: %s", old.text)
		}
		body := `{"name":"Ours GmbH","time_zone":"Europe/Berlin","street":"Hauptstr. 1","postal_code":"10115","city":"Berlin","iban":"de89 3704 0044 0532 0130 00","bic":"COBADEFFXXX"}`
		tag := old.header.Get("ETag")
		if r := h.as(200, put, path, body, "If-Match", tag); r.body["iban"] != "DE89370400440532013000" || r.body["country"] != "DE" || r.body["number_prefix"] != "R" {
			h.Errorf("put: %s", r.text)
		}
		h.as(412, put, path, body, "If-Match", tag)
		h.refuses(refusals{
			{"an IBAN that does not hold", put, path, strings.Replace(body, "de89", "de88", 1), 422, "iban"},
			{"no time zone", put, path, strings.Replace(body, "Europe/Berlin", "Mars/Base", 1), 422, "time_zone"},
			{"no name", put, path, strings.Replace(body, "Ours GmbH", "", 1), 422, "name"},
			{"a name of blanks", put, path, strings.Replace(body, "Ours GmbH", "  ", 1), 422, "name"},
			{"a number is no email", put, path, strings.Replace(body, `"street"`, `"email":"12","street"`, 1), 422, "email"},
			{"another currency", put, path, strings.Replace(body, `"street"`, `"currency":"SEK","street"`, 1), 422, ""},
			{"another's", put, "/entities/le_other", body, 404, ""},
		})
		if now := h.as(200, get, path, ""); now.body["name"] != "Ours GmbH" || now.body["city"] != "Berlin" {
			h.Errorf("at last: %s", now.text)
		}
	})
}

// Staff see what a driver has to pay with, and what lists are asked for.
func TestStaffSeeADriversMoney(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		p := h.purse(f)
		eve, _ := h.as(201, post, "/drivers", `{"name":"Eve"}`).body["id"].(string)
		if r := h.as(200, get, "/drivers/"+f.driver+"/wallet", ""); r.minor("balance") != 6405 || r.minor("free") != 6405 {
			h.Errorf("the wallet: %s", r.text)
		}
		r := h.as(200, get, "/drivers/"+f.driver+"/methods", "")
		if len(r.items(t)) != 2 || !strings.Contains(r.text, `"brand":"visa","last4":"0011","default":true`) || strings.Contains(r.text, "expires") || strings.Contains(r.text, "country") {
			h.Errorf("the methods: %s", r.text)
		}
		for path, want := range map[string]int{
			"/drivers/" + eve + "/methods": 0, "/claims?driver_id=" + f.driver: 6, "/claims?driver_id=" + eve: 0, "/claims?driver_id=" + f.driver + "&state=paid": 1,
			"/payments?session_id=" + p.again: 1, "/payments?session_id=" + h.sessionOf(p.unknown): 1, "/payments?session_id=none": 0,
			"/documents?driver_id=" + f.driver: 6, "/documents?session_id=" + p.again: 1, "/documents?number=R-00000001": 1, "/documents?number=R-0000000": 0,
			"/documents?q=0000001": 1, "/documents?q=000": 8, "/documents?kind=credit_note&q=R": 0, "/documents?driver_id=" + eve: 0,
		} {
			if n := len(h.as(200, get, path, "").items(t)); n != want {
				h.Errorf("%s has %d items, want %d", path, n, want)
			}
		}
	})
}

// sessionOf is the session that a payment is for.
func (h *harness) sessionOf(payment string) string {
	h.Helper()
	id, _ := h.as(200, get, "/payments/"+payment, "").body["session_id"].(string)
	return id
}

// What is kept about a driver's money is theirs to take.
func TestTheExportHoldsTheMoney(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		p := h.purse(f)
		h.as(201, post, "/documents/"+f.receipt+"/credits", `{"key":"a","amount_minor":100,"reason":"the cable hung"}`)
		c := caller{role: access.DriverRole, kind: access.KindDriver, person: f.driver, tenant: access.DefaultTenant}
		r := h.do(c, operation{method: get}, sample{path: "/me/export"})
		count := func(name string) int { list, _ := r.body[name].([]any); return len(list) }
		wallet, _ := r.body["wallet"].(map[string]any)
		moves, _ := wallet["movements"].([]any)
		if r.code != 200 || len(moves) != 4 || (reply{body: wallet}).minor("balance") != 6505 {
			h.Errorf("%d, the wallet: %v", r.code, wallet)
		}
		if count("methods") != 2 || count("payments") != 10 || count("claims") != 6 || count("documents") != 7 {
			h.Errorf("%d methods, %d payments, %d claims, %d documents", count("methods"), count("payments"), count("claims"), count("documents"))
		}
		if strings.Contains(r.text, "simfp_") || strings.Contains(r.text, p.unknown) {
			h.Error("it holds what is not theirs to see")
		}
	})
}
