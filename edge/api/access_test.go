package api

import (
	"net/http"
	"strings"
	"testing"

	"chargewright/core/access"
)

// sample is a request to an operation that its owner may make.
type sample struct{ path, body string }

// samples fills the table's paths with things of the default tenant.
func samples(f fixture) map[string]sample {
	st, se, ta := "/stations/"+f.station, "/sessions/"+f.session, "/tariffs/"+f.tariff
	rate := `{"time_zone":"Europe/Berlin","tariff":` + tariffBody + `,"session":{"segments":[{"start":"2026-03-10T12:00:00Z","end":"2026-03-10T13:00:00Z","energy_wh":1000,"state":"CHARGING"}]}}`
	return map[string]sample{
		"listStations": {"/stations", ""}, "getStation": {st, ""}, "putStation": {st, `{"name":"New"}`},
		"listConnections": {st + "/connections", ""}, "listFindings": {st + "/findings", ""}, "listNotices": {st + "/notices", ""}, "listSettings": {st + "/settings", ""},
		"listDevices": {st + "/devices", ""}, "replaceDevice": {st + "/replace-device", `{}`}, "callStation": {st + "/ocpp/ClearCache", `{}`},
		"postCommand": {st + "/commands/reset", `{}`}, "listCommands": {st + "/commands", ""}, "listMessages": {st + "/messages", ""},
		"listCommandKinds": {"/command-kinds", ""}, "listReservations": {"/reservations?station=" + f.station, ""}, "listRefusals": {"/refusals", ""}, "listSites": {"/sites", ""}, "getSite": {"/sites/" + f.site, ""},
		"putSite":    {"/sites/" + f.site, `{"name":"Depot","country":"DE","time_zone":"Europe/Berlin"}`},
		"listTokens": {"/tokens", ""}, "getToken": {"/tokens/" + f.token, ""}, "putToken": {"/tokens/" + f.token, `{"status":"blocked"}`},
		"deleteToken": {"/tokens/" + f.token, ""}, "listDrivers": {"/drivers", ""}, "getDriver": {"/drivers/" + f.driver, ""},
		"postDriver": {"/drivers", `{"name":"Grace","email":"grace@example.org","language":"en"}`}, "listSessions": {"/sessions", ""},
		"getSession": {se, ""}, "getTimeline": {se + "/timeline", ""}, "listEvidence": {se + "/evidence", ""}, "closeSession": {se + "/close", `{}`},
		"listReceipts": {"/receipts", ""}, "getReceipt": {"/receipts/" + f.receipt, ""}, "listCDRs": {"/cdrs", ""},
		"listBalances": {"/ledger/balances", ""}, "listTariffs": {"/tariffs", ""}, "getTariff": {ta, ""}, "putTariff": {ta, tariffBody},
		"deleteTariff": {ta, ""}, "getTariffVersion": {ta + "/versions/" + f.version, ""}, "getSentence": {ta + "/sentence", ""},
		"putAssignment": {"/tariff-assignments/station/" + f.station, `{"tariff_id":""}`}, "rateTariff": {"/tariffs/rate", rate},
		"listKeys": {"/keys", ""}, "getKey": {"/keys/" + f.key, ""}, "postKey": {"/keys", `{"role":"viewer"}`}, "deleteKey": {"/keys/" + f.key, ""},
		"getStatus": {"/status", ""},
	}
}

// Every operation: no key is 401, a role without its area is 403, every other
// role passes.
func TestRolesOfEveryOperation(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		at := samples(f)
		for _, o := range operations() {
			s, ok := at[o.id]
			if !ok {
				h.Errorf("%s has no sample", o.id)
				continue
			}
			path := prefix + s.path
			for _, key := range []string{"", "cw_wrong", strings.Repeat("x", 300)} {
				if r := h.send(key, o.method, path, s.body); r.code != http.StatusUnauthorized || r.header.Get("WWW-Authenticate") == "" || r.body["kind"] != "denied" {
					h.Errorf("%s with the key %.10q: %d %s", o.id, key, r.code, r.text)
				}
			}
			for _, role := range access.Roles {
				if role.May(o.area) {
					continue
				}
				if r := h.send(h.keys[role], o.method, path, s.body); r.code != http.StatusForbidden || r.body["status"] != 403.0 {
					h.Errorf("%s by %s: %d %s", o.id, role, r.code, r.text)
				}
			}
		}
		// What changes nothing is open to every role that may.
		for _, o := range operations() {
			if o.method != get {
				continue
			}
			for _, role := range access.Roles {
				if r := h.send(h.keys[role], o.method, prefix+at[o.id].path, ""); role.May(o.area) && r.code != http.StatusOK {
					h.Errorf("%s by %s: %d %s", o.id, role, r.code, r.text)
				}
			}
		}
	})
}

// Another tenant's things are not there: neither read, nor changed, nor told
// from what does not exist.
func TestAnotherTenantSeesNothing(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		before := h.as(200, get, "/tokens/"+f.token, "").text + h.as(200, get, "/tariffs/"+f.tariff, "").text
		nobody := fixture{station: "XX", site: "xx", token: "xx", driver: "drv_xx", session: "ses_xx", receipt: "rcp_xx", tariff: "xx", version: f.version, key: "key_xx"}
		at, void := samples(f), samples(nobody)
		for _, o := range operations() {
			if o.id == "putToken" || o.id == "putTariff" {
				continue // their ids are a tenant's own; below
			}
			r := h.send(h.other, o.method, prefix+at[o.id].path, at[o.id].body)
			switch {
			case strings.Contains(o.path, "{"):
				if r.code != http.StatusNotFound || r.body["kind"] != "not_found" {
					h.Errorf("%s: %d %s", o.id, r.code, r.text)
				}
				if o.id == "putStation" || o.id == "putSite" {
					continue // what is not there would be created
				}
				if absent := h.send(h.other, o.method, prefix+void[o.id].path, void[o.id].body); absent.code != r.code {
					h.Errorf("%s: what is another's is %d, what is not there %d", o.id, r.code, absent.code)
				}
			case o.method == get:
				for _, secret := range []string{f.station, f.session, f.receipt, f.driver, f.token, "NOBODY"} {
					if strings.Contains(r.text, `"`+secret+`"`) {
						h.Errorf("%s shows %s to another tenant: %s", o.id, secret, r.text)
					}
				}
			}
		}
		for _, id := range []string{"putToken", "putTariff"} {
			if r := h.send(h.other, put, prefix+at[id].path, strings.Replace(at[id].body, "0.50", "9.99", 1)); r.code != http.StatusOK {
				h.Errorf("%s of its own: %d %s", id, r.code, r.text)
			}
		}
		if after := h.as(200, get, "/tokens/"+f.token, "").text + h.as(200, get, "/tariffs/"+f.tariff, "").text; after != before {
			h.Errorf("another tenant changed\n%s\nto\n%s", before, after)
		}
		if r := h.as(200, get, "/refusals", ""); strings.Contains(r.text, "OTHER1") || !strings.Contains(r.text, "NOBODY") {
			h.Errorf("refusals: %s", r.text)
		}
		if r := h.send(h.other, get, prefix+"/refusals", ""); !strings.Contains(r.text, "OTHER1") {
			h.Errorf("its own refusals: %s", r.text)
		}
	})
}

func TestRevokedKeys(t *testing.T) {
	each(t, func(h *harness) {
		made := h.as(201, post, "/keys", `{"role":"viewer","label":"a"}`).body
		secret, _ := made["secret"].(string)
		if r := h.send(secret, get, prefix+"/status", ""); r.code != 200 || r.body["role"] != "viewer" {
			h.Fatalf("a fresh key: %d %s", r.code, r.text)
		}
		id, _ := made["id"].(string)
		if l := h.as(200, get, "/keys", ""); strings.Contains(l.text, secret) || !strings.Contains(l.text, id) {
			h.Errorf("the list of keys: %s", l.text)
		}
		h.as(204, del, "/keys/"+id, "")
		if r := h.send(secret, get, prefix+"/status", ""); r.code != 401 {
			h.Errorf("a revoked key: %d %s", r.code, r.text)
		}
		h.as(404, del, "/keys/"+id, "")
	})
}
