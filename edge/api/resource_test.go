package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	stations "chargewright/core/station"
)

func TestStations(t *testing.T) {
	each(t, func(h *harness) {
		made := h.as(200, put, "/stations/CP%201", `{}`)
		if made.body["id"] != "CP 1" || made.body["onboarding"] != "accepted" || made.body["security_profile"] != 0.0 || made.body["has_password"] != false || made.body["site_id"] != "site" {
			h.Errorf("by its defaults: %s", made.text)
		}
		const body = `{"name":"Gate","security_profile":1,"password":"00112233445566778899aabbccddeeff","onboarding":"pending","evses":[{"evse_id":2,"contract_id":"DE*ABC*E2","max_power_w":22000}]}`
		full := h.as(200, put, "/stations/CP%201", body)
		if strings.Contains(full.text, "0011") || full.body["has_password"] != true || full.body["security_profile"] != 1.0 || full.body["onboarding"] != "pending" {
			h.Errorf("after a change: %s", full.text)
		}
		evses, _ := full.body["evses"].([]any)
		if e, _ := evses[0].(map[string]any); len(evses) != 1 || e["evse_id"] != 2.0 || e["max_power_w"] != 22000.0 {
			h.Errorf("evses: %v", evses)
		}
		kept := h.as(200, put, "/stations/CP%201", `{"onboarding":"rejected"}`)
		if kept.body["name"] != "Gate" || kept.body["security_profile"] != 1.0 || kept.body["onboarding"] != "rejected" {
			h.Errorf("what is left out was not kept: %s", kept.text)
		}
		h.verifies("CP 1", []byte("00112233445566778899aabbccddeeff"), []byte("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"))
		h.atom(func(tx *store.Tx) error {
			return stations.SetStatus(tx, stations.Report{Station: "CP 1", EVSE: 2, Connector: 1, Status: stations.Charging, At: noon, ErrorCode: "NoError"})
		})
		live := h.as(200, get, "/stations/CP%201", "")
		if !strings.Contains(live.text, `"connectors":[{"connector_id":1,"standard":"","status":"charging","status_at":"2026-03-10T12:00:00Z"`) {
			h.Errorf("connectors: %s", live.text)
		}
		if l := h.as(200, get, "/stations", "").items(t); len(l) != 1 {
			h.Errorf("%d stations", len(l))
		}
	})
}

// verifies checks that each password of a station is the one on file.
func (h *harness) verifies(station string, passwords ...[]byte) {
	h.Helper()
	d, err := store.Read(h.Context(), h.db, func(tx *store.Tx) (device.Device, error) {
		d, _, err := device.At(tx, station)
		return d, err
	})
	if err != nil {
		h.Fatal(err)
	}
	for _, p := range passwords {
		if !h.verifier.Check(d.Verifier, p) {
			h.Errorf("%q does not open %s", p, station)
		}
	}
	if h.verifier.Check(d.Verifier, []byte("another one entirely")) {
		h.Errorf("anything opens %s", station)
	}
}

func TestReplaceDevice(t *testing.T) {
	each(t, func(h *harness) {
		h.as(200, put, "/stations/CP", `{"security_profile":2,"password":"correct horse"}`)
		fresh := h.as(201, post, "/stations/CP/replace-device", `{"password":"battery staple"}`)
		if fresh.body["security_profile"] != 0.0 || fresh.body["removed_at"] != nil {
			h.Errorf("the new device: %s", fresh.text)
		}
		h.verifies("CP", []byte("battery staple"))
		all := h.as(200, get, "/stations/CP/devices", "").items(t)
		old, _ := all[1].(map[string]any)
		if len(all) != 2 || old["removed_at"] == nil || old["security_profile"] != 2.0 {
			h.Errorf("devices: %v", all)
		}
	})
}

func TestTokens(t *testing.T) {
	each(t, func(h *harness) {
		if r := h.as(200, put, "/tokens/AbC", `{}`); r.body["type"] != "ISO14443" || r.body["status"] != "accepted" || r.body["max_parallel_sessions"] != nil || r.body["expires_at"] != nil {
			h.Errorf("by its defaults: %s", r.text)
		}
		const full = `{"type":"eMAID","status":"blocked","expires_at":"2027-01-02T03:04:05+01:00","group_id":"G","prepaid_credit":500,"max_energy_wh":9007199254740993,"max_parallel_sessions":0,"driver_id":null}`
		r := h.as(200, put, "/tokens/ABC", full)
		for k, want := range map[string]any{"uid": "ABC", "status": "blocked", "expires_at": "2027-01-02T02:04:05Z", "group_id": "G", "prepaid_credit": 500.0, "max_parallel_sessions": 0.0} {
			if r.body[k] != want {
				h.Errorf("%s is %v, want %v", k, r.body[k], want)
			}
		}
		if !strings.Contains(r.text, `"max_energy_wh":9007199254740993`) {
			h.Errorf("a large number is not exact: %s", r.text)
		}
		if r := h.as(200, get, "/tokens/abc", ""); r.body["uid"] != "ABC" {
			h.Errorf("by another case: %s", r.text)
		}
		if r := h.as(200, put, "/tokens/ABC", `{"status":"accepted"}`); r.body["prepaid_credit"] != nil || r.body["group_id"] != "" {
			h.Errorf("PUT does not replace: %s", r.text)
		}
		h.as(204, del, "/tokens/aBC", "")
		h.as(404, get, "/tokens/ABC", "")
		h.as(404, del, "/tokens/ABC", "")
	})
}

func TestTariffsAreKeptAsSent(t *testing.T) {
	each(t, func(h *harness) {
		first := h.as(200, put, "/tariffs/T1?name=Day", tariffBody)
		if r := h.as(200, get, "/tariffs/T1", ""); r.text != tariffBody {
			h.Errorf("the tariff came back as %s", r.text)
		}
		if r := h.as(200, get, "/tariffs/T1/sentence", ""); r.body["sentence"] != "€0.50 per kWh, plus tax" {
			h.Errorf("in a sentence: %s", r.text)
		}
		second := h.as(200, put, "/tariffs/T1", strings.Replace(tariffBody, "0.50", "0.60", 1))
		if second.body["version"] == first.body["version"] || second.body["name"] != "Day" {
			h.Errorf("the second version: %s", second.text)
		}
		if r := h.as(200, get, fmt.Sprintf("/tariffs/T1/versions/%v", first.body["version"]), ""); r.text != tariffBody {
			h.Errorf("the first version: %s", r.text)
		}
		if r := h.as(200, get, fmt.Sprintf("/tariffs/T1/sentence?lang=de&version=%v", first.body["version"]), ""); r.body["sentence"] != "0,50 € pro kWh, zzgl. Steuer" {
			h.Errorf("the first version's sentence: %s", r.text)
		}
		if r := h.as(200, get, "/tariffs/T1/versions", ""); len(r.body["items"].([]any)) != 2 || strings.Count(r.text, `"current":true`) != 1 {
			h.Errorf("the versions: %s", r.text)
		}
		if r := h.as(422, put, "/tariffs/T2", tariffBody); r.body["field"] != "id" {
			h.Errorf("another id: %s", r.text)
		}
		if r := h.as(422, put, "/tariffs/T1", `{"id":"T1","currency":"XXX"}`); r.body["field"] != "currency" {
			h.Errorf("no currency: %s", r.text)
		}
		h.as(200, put, "/stations/CP", `{"tariff_id":"T1"}`)
		if r := h.as(200, get, "/stations/CP", ""); !strings.Contains(r.text, `"tariff":{"id":"T1"`) {
			h.Errorf("the station's tariff: %s", r.text)
		}
		if r := h.as(422, put, "/stations/CP", `{"tariff_id":"NO"}`); r.body["field"] != "tariff_id" {
			h.Errorf("no tariff: %s", r.text)
		}
		if r := h.as(200, get, "/tariff-assignments", ""); !strings.Contains(r.text, `"kind":"station","place":"CP","audience":"all","group_id":"","tariff_id":"T1"`) {
			h.Errorf("where tariffs apply: %s", r.text)
		}
		h.as(200, put, "/tariff-assignments/station/CP", `{"tariff_id":""}`)
		if r := h.as(200, get, "/stations/CP", ""); !strings.Contains(r.text, `"tariff":null`) {
			h.Errorf("the station's tariff was not taken away: %s", r.text)
		}
		h.as(404, put, "/tariff-assignments/tenant/"+otherTenant, `{"tariff_id":"T1"}`)
		h.as(204, del, "/tariffs/T1", "")
		h.as(404, get, "/tariffs/T1", "")
	})
}

func TestRate(t *testing.T) {
	each(t, func(h *harness) {
		const session = `"session":{"segments":[{"start":"2026-03-10T12:00:00Z","end":"2026-03-10T13:00:00Z","energy_wh":11000,"state":"CHARGING"}]}`
		r := h.as(200, post, "/tariffs/rate", `{"time_zone":"Europe/Berlin","tariff":`+tariffBody+`,`+session+`}`)
		if invoice, _ := r.body["invoice"].(map[string]any); invoice["gross_minor"] != 655.0 || invoice["net_minor"] != 550.0 {
			h.Errorf("the rating: %s", r.text)
		}
		if r := h.as(422, post, "/tariffs/rate", `{"tariff":`+tariffBody+`,`+session+`}`); r.body["field"] != "time_zone" {
			h.Errorf("without a zone: %s", r.text)
		}
	})
}

func TestSessions(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		open := h.charge("CP1", 2, "ghost", noon.Add(2*time.Hour))
		s := h.as(200, get, "/sessions/"+open, "")
		for k, want := range map[string]any{"state": "charging", "cost": nil, "stopped_at": nil, "stop_reason": "", "id_tag": "ghost", "evse_id": 2.0, "connector_id": 1.0, "energy_wh": 0.0, "station_id": "CP1"} {
			if v, there := s.body[k]; !there || v != want {
				h.Errorf("%s is %v, want %v", k, v, want)
			}
		}
		if tx, _ := s.body["transaction_id"].(string); tx == "" {
			h.Errorf("the transaction id is %v", s.body["transaction_id"])
		}
		if l := h.as(200, get, "/sessions?station=CP1", "").items(t); len(l) != 2 {
			h.Errorf("%d sessions at the station", len(l))
		}
		closed := h.as(200, post, "/sessions/"+open+"/close", `{"reason":"DeAuthorized"}`)
		if closed.body["state"] != "closed" || closed.body["estimated"] != true || closed.body["stop_reason"] != "DeAuthorized" {
			h.Errorf("closed by hand: %s", closed.text)
		}
		if r := h.as(409, post, "/sessions/"+open+"/close", ``); r.body["kind"] != "conflict" {
			h.Errorf("closed twice: %s", r.text)
		}
		line := h.as(200, get, "/sessions/"+f.session+"/timeline", "")
		if segs, _ := line.body["segments"].([]any); len(segs) != 1 || line.body["energy_wh"] != 10001.0 || !strings.Contains(line.text, `"energy_mwh":10000500`) {
			h.Errorf("the timeline: %s", line.text)
		}
		if e := h.as(200, get, "/sessions/"+f.session+"/evidence?limit=1", ""); len(e.items(t)) != 1 || e.body["next"] == nil || !strings.Contains(e.text, `"message":{"connectorId":1,"idTag":"CARD"}`) {
			h.Errorf("the evidence: %s", e.text)
		}
		if keys := h.pages("/sessions/"+f.session+"/evidence", "key", 1); len(keys) != 2 {
			h.Errorf("the evidence has %v", keys)
		}
		r := h.as(200, get, "/documents/"+f.receipt, "")
		gross, _ := r.body["gross"].(map[string]any)
		if gross["amount_minor"] != 595.0 || r.body["session_id"] != f.session || !strings.Contains(r.text, `"percent":"19"`) {
			h.Errorf("the receipt: %s", r.text)
		}
		if c := h.as(200, get, "/cdrs", ""); !strings.Contains(c.text, `"total_excl_vat":"5.0005"`) || !strings.Contains(c.text, `"rating":{"currency":"EUR"`) {
			h.Errorf("the CDR: %s", c.text)
		}
		if b := h.as(200, get, "/ledger/balances?prefix=receivable/", ""); !strings.Contains(b.text, `"balance":{"amount_minor":595,"currency":"EUR"}`) {
			h.Errorf("the ledger: %s", b.text)
		}
	})
}

func TestETags(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		for id, s := range coreSamples(h, f) {
			if !strings.HasPrefix(id, "get") || id == "getStatus" || id == "getTimeline" || id == "getSentence" {
				continue
			}
			tag := h.as(200, get, s.path, "").header.Get("ETag")
			if tag == "" {
				h.Errorf("%s has no ETag", id)
				continue
			}
			for _, seen := range []string{tag, `"x", ` + tag, "W/" + tag, "*"} {
				if r := h.as(304, get, s.path, "", "If-None-Match", seen); r.text != "" || r.header.Get("ETag") != tag {
					h.Errorf("%s with %s: %q %s", id, seen, r.text, r.header.Get("ETag"))
				}
			}
			h.as(200, get, s.path, "", "If-None-Match", `"x-y"`)
		}
		for _, c := range []struct{ path, one, two string }{
			{"/stations/CP1", `{"name":"a"}`, `{"name":"b"}`}, {"/tokens/CaRd", `{"group_id":"a"}`, `{"group_id":"b"}`},
			{"/sites/site", `{"name":"a","country":"DE","time_zone":"UTC"}`, `{"name":"b","country":"DE","time_zone":"UTC"}`},
			{"/tariffs/T1", strings.Replace(tariffBody, "0.50", "0.51", 1), strings.Replace(tariffBody, "0.50", "0.52", 1)},
		} {
			old := h.as(200, get, c.path, "").header.Get("ETag")
			h.as(200, put, c.path, c.one, "If-Match", old)
			before := h.as(200, get, c.path, "").text
			if r := h.as(http.StatusPreconditionFailed, put, c.path, c.two, "If-Match", old); r.body["kind"] != "conflict" {
				h.Errorf("%s: %s", c.path, r.text)
			}
			if after := h.as(200, get, c.path, "").text; after != before {
				h.Errorf("%s was changed all the same", c.path)
			}
			h.as(200, put, c.path, c.two, "If-Match", "*")
		}
		h.as(http.StatusPreconditionFailed, put, "/tokens/none", `{}`, "If-Match", "*")
		h.as(404, get, "/tokens/none", "")
	})
}

func TestWhatIsThereIsNotMadeAnew(t *testing.T) {
	each(t, func(h *harness) {
		for _, c := range []struct{ path, one, two string }{
			{"/stations/new", `{"name":"a"}`, `{"name":"b"}`}, {"/tokens/new", `{"group_id":"a"}`, `{"group_id":"b"}`},
			{"/sites/new", `{"name":"a","country":"DE","time_zone":"UTC"}`, `{"name":"b","country":"DE","time_zone":"UTC"}`},
			{"/tariffs/T1", tariffBody, strings.Replace(tariffBody, "0.50", "0.52", 1)},
			{"/spot-indexes/new", dayAhead, strings.Replace(dayAhead, "15", "60", 1)},
		} {
			h.as(422, put, c.path, c.one, "If-None-Match", `"a-b"`)
			h.as(200, put, c.path, c.one, "If-None-Match", "*")
			shown := func() string { // without what a clock moves
				text, _, _ := strings.Cut(h.as(200, get, c.path, "").text, `"missing"`)
				return text
			}
			before := shown()
			if r := h.as(http.StatusPreconditionFailed, put, c.path, c.two, "If-None-Match", "*"); r.body["kind"] != "conflict" || !strings.Contains(r.text, "there is one already") {
				h.Errorf("%s: %s", c.path, r.text)
			}
			if after := shown(); after != before {
				h.Errorf("%s was changed all the same", c.path)
			}
		}
		h.as(http.StatusPreconditionFailed, put, "/spot-indexes/none", dayAhead, "If-Match", "*")
		h.as(200, put, "/spot-indexes/new", dayAhead, "If-Match", "*")
	})
}

// A status report changes a station's ETag for readers and not for writers.
func TestStatusDoesNotRefuseAnEdit(t *testing.T) {
	each(t, func(h *harness) {
		h.as(200, put, "/stations/CP", `{"evses":[{"evse_id":1}]}`)
		old := h.as(200, get, "/stations/CP", "").header.Get("ETag")
		h.atom(func(tx *store.Tx) error {
			return stations.SetStatus(tx, stations.Report{Station: "CP", EVSE: 1, Connector: 1, Status: stations.Faulted, At: noon})
		})
		h.as(200, get, "/stations/CP", "", "If-None-Match", old)
		h.as(200, put, "/stations/CP", `{"name":"x"}`, "If-Match", old)
	})
}

func TestHostileInput(t *testing.T) {
	each(t, func(h *harness) {
		h.connect("CP", "2.0.1", answers(`{}`))
		deep := strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)
		long := `{"name":"` + strings.Repeat("x", MaxBody) + `"}`
		for _, c := range []struct {
			path, body string
			code       int
			header     []string
		}{
			{"/stations/CP", long, 413, nil},
			{"/stations/CP", deep, 400, nil},
			{"/tariffs/T1", deep, 400, nil},
			{"/stations/CP", "", 400, nil},
			{"/stations/CP", "null", 422, nil},
			{"/stations/CP", `"x"`, 422, nil},
			{"/stations/CP", `[{}]`, 422, nil},
			{"/stations/CP", `{"name":1}`, 422, nil},
			{"/stations/CP", `{"name":"a","name":"b"}`, 400, nil},
			{"/stations/CP", `{"Name":"a"}`, 422, nil},
			{"/stations/CP", `{"nmae":"a"}`, 422, nil},
			{"/stations/CP", `{} {}`, 400, nil},
			{"/stations/CP", `{"name":"a\u0000b"}`, 422, nil},
			{"/stations/CP", "{\"name\":\"\xff\"}", 400, nil},
			{"/stations/CP", `{"name":"\ud800"}`, 400, nil},
			{"/stations/CP", `{"security_profile":1e400}`, 400, nil},
			{"/stations/CP", `{"security_profile":1.5}`, 422, nil},
			{"/stations/CP", `{"security_profile":4}`, 422, nil},
			{"/stations/CP", `{"onboarding":"maybe"}`, 422, nil},
			{"/stations/CP", `{"password":"short"}`, 422, nil},
			{"/stations/CP", `{"site_id":"other-site"}`, 422, nil},
			{"/stations/CP", `{"evses":[{"evse_id":1000}]}`, 422, nil},
			{"/stations/CP", `{}`, 415, []string{"Content-Type", "text/xml"}},
			{"/stations/" + strings.Repeat("x", 49), `{}`, 422, nil},
			{"/stations/%00", `{}`, 422, nil},
			{"/stations/%ff", `{}`, 422, nil},
			{"/stations/CP?x=1", `{}`, 422, nil},
			{"/tokens/%20", `{}`, 422, nil},
			{"/tokens/a", `{"expires_at":"tomorrow"}`, 422, nil},
			{"/tokens/a", `{"prepaid_credit":-1}`, 422, nil},
			{"/tokens/a", `{"max_energy_wh":9223372036854775808}`, 422, nil},
			{"/tokens/a", `{"driver_id":"drv_none"}`, 422, nil},
			{"/sites/a", `{"name":"a","country":"DE","time_zone":"Mars/Base"}`, 422, nil},
			{"/sites/a", `{"name":"a","country":"DE","time_zone":"UTC","entity_id":"le_other"}`, 422, nil},
			{"/sites/a%2Fb", `{"name":"a","country":"DE","time_zone":"UTC"}`, 422, nil},
			{"/tariff-assignments/planet/earth", `{"tariff_id":"x"}`, 422, nil},
			{"/nothing", `{}`, 404, nil},
			{"/sessions", `{}`, 405, nil},
		} {
			r := h.send(h.keys[access.Owner], put, prefix+c.path, c.body, c.header...)
			if r.code != c.code || r.header.Get("Content-Type") != "application/problem+json" || r.body["title"] == "" || r.body["status"] != float64(c.code) || r.body["detail"] == nil {
				h.Errorf("%.60s %.60s: %d, want %d: %.300s", c.path, c.body, r.code, c.code, r.text)
			}
			if len(r.text) > 4_000 {
				h.Errorf("%.60s %.60s: the problem has %d bytes", c.path, c.body, len(r.text))
			}
		}
		if r := h.send(h.keys[access.Owner], put, prefix+"/stations/CP", `{"password":"hunter2"}`); r.code != 422 || strings.Contains(r.text, "hunter2") || r.body["field"] != "password" {
			h.Errorf("a refused password: %s", r.text)
		}
		if r := h.send(h.keys[access.Owner], put, prefix+"/sessions", `{}`); r.header.Get("Allow") != "GET" {
			h.Errorf("Allow is %q", r.header.Get("Allow"))
		}
		if r := h.as(200, get, "/stations/CP", ""); r.body["name"] != "CP" {
			h.Errorf("hostile input changed the station: %s", r.text)
		}
	})
}

func TestDocumentsArePublic(t *testing.T) {
	each(t, func(h *harness) {
		spec, err := Spec()
		if err != nil {
			t.Fatal(err)
		}
		if r := h.send("", get, "/api/openapi.json", ""); r.code != 200 || r.text != string(spec) {
			h.Errorf("openapi.json: %d, %d bytes", r.code, len(r.text))
		}
		page := h.send("", get, "/api/docs", "")
		if page.code != 200 || strings.Contains(page.text, "http://") || strings.Contains(page.text, "https://") || strings.Contains(page.text, "<script") {
			h.Errorf("the page is not self-contained: %d", page.code)
		}
		for _, o := range operations() {
			if !strings.Contains(page.text, `id="`+o.id+`"`) || !strings.Contains(page.text, prefix+o.path) {
				h.Errorf("the page does not show %s", o.id)
			}
		}
	})
}

func TestStatus(t *testing.T) {
	each(t, func(h *harness) {
		if r := h.as(200, get, "/status", ""); r.body["version"] != "test" || r.body["healthy"] != true || r.body["role"] != "owner" {
			h.Errorf("the status is %s", r.text)
		}
	})
}
