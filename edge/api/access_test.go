package api

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/core/access"
)

// sample is a request to an operation that whoever may can make.
type sample struct {
	path, body string
	// wide: what it reads belongs to no site, so that every host reads it.
	wide bool
	// own: the path names a thing in the caller's own namespace, so that nobody
	// meets another's by it.
	own bool
	// code is the answer to the first who may, where it is no success.
	code int
	// kind, of operations on one's own account: who has one (access.KindStaff or
	// KindDriver). "": staff for the area self, a driver for me.
	kind string
}

// sampleSets are the samples of every operation: a function of each file, by
// operation id. It may make what its samples need; f names one of each thing of
// the default tenant, and f.driver is the driver who calls.
var sampleSets = []func(h *harness, f fixture) map[string]sample{
	listSamples, coreSamples, moneySamples, offerSamples, rightsSamples, simulatorSamples,
	authSamples, notifySamples, meSamples, liveSamples, spotSamples, taxSamples, tariffToolSamples,
	paperSamples, brakeSamples, qrSamples, terminalSamples, cardTerminalSamples, supportSamples,
}

// samples puts them together.
func samples(h *harness, f fixture) map[string]sample {
	h.Helper()
	all := map[string]sample{}
	for _, set := range sampleSets {
		maps.Copy(all, set(h, f))
	}
	return all
}

// Nothing is served that the tests below do not try.
func TestEveryOperationHasASample(t *testing.T) {
	each(t, func(h *harness) {
		at := samples(h, h.furnish())
		for _, o := range operations() {
			if _, ok := at[o.id]; !ok {
				h.Errorf("%s has no sample: see operations() for how to give it one", o.id)
			}
			delete(at, o.id)
		}
		for id := range at {
			h.Errorf("there is a sample of %s, and no such operation", id)
		}
	})
}

func coreSamples(_ *harness, f fixture) map[string]sample {
	st, se, ta := "/stations/"+f.station, "/sessions/"+f.session, "/tariffs/"+f.tariff
	rate := `{"time_zone":"Europe/Berlin","tariff":` + tariffBody + `,"session":{"segments":[{"start":"2026-03-10T12:00:00Z","end":"2026-03-10T13:00:00Z","energy_wh":1000,"state":"CHARGING"}]}}`
	return map[string]sample{
		"listStations": {path: "/stations"}, "getStation": {path: st}, "putStation": {path: st, body: `{"name":"New"}`},
		"listConnections": {path: st + "/connections"}, "listFindings": {path: st + "/findings"}, "listNotices": {path: st + "/notices"},
		"listSettings": {path: st + "/settings"}, "listDevices": {path: st + "/devices"},
		"replaceDevice": {path: st + "/replace-device", body: `{}`}, "callStation": {path: st + "/ocpp/ClearCache", body: `{}`, code: 409},
		"postCommand": {path: st + "/commands/reset", body: `{}`}, "listCommands": {path: st + "/commands"}, "listMessages": {path: st + "/messages"},
		"listCommandKinds": {path: "/command-kinds"}, "listReservations": {path: "/reservations?station=" + f.station}, "listRefusals": {path: "/refusals"},
		"listSites": {path: "/sites"}, "getSite": {path: "/sites/" + f.site},
		"putSite":    {path: "/sites/" + f.site, body: `{"name":"Depot","country":"DE","time_zone":"Europe/Berlin"}`},
		"listTokens": {path: "/tokens"}, "getToken": {path: "/tokens/" + f.token},
		"putToken": {path: "/tokens/" + f.token, body: `{"status":"blocked"}`, own: true}, "deleteToken": {path: "/tokens/" + f.token},
		"listDrivers": {path: "/drivers"}, "getDriver": {path: "/drivers/" + f.driver},
		"postDriver":   {path: "/drivers", body: `{"name":"Grace","email":"grace@example.org","language":"en"}`},
		"listSessions": {path: "/sessions"}, "getSession": {path: se}, "getTimeline": {path: se + "/timeline"}, "listEvidence": {path: se + "/evidence"},
		"closeSession":  {path: se + "/close", body: `{}`, code: 409}, // it is closed
		"listDocuments": {path: "/documents"}, "getDocument": {path: "/documents/" + f.receipt}, "listCDRs": {path: "/cdrs"}, "listBalances": {path: "/ledger/balances"},
		"listTariffs": {path: "/tariffs"}, "getTariff": {path: ta}, "putTariff": {path: ta, body: tariffBody, own: true}, "deleteTariff": {path: ta, code: 409}, // it is offered
		"getTariffVersion": {path: ta + "/versions/" + f.version}, "getSentence": {path: ta + "/sentence"},
		"listTariffVersions": {path: ta + "/versions"}, "listDisplays": {path: ta + "/displays"}, "listAssignments": {path: "/tariff-assignments"},
		"putAssignment": {path: "/tariff-assignments/station/" + f.station, body: `{"tariff_id":""}`},
		"rateTariff":    {path: "/tariffs/rate", body: rate, wide: true},
	}
}

func rightsSamples(h *harness, f fixture) map[string]sample {
	h.as(200, put, "/branding", `{"name":"Ours","languages":["en"],"logo":"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h9'/></svg>"}`)
	return map[string]sample{
		"listKeys": {path: "/keys"}, "getKey": {path: "/keys/" + f.key}, "postKey": {path: "/keys", body: `{"role":"host","sites":["` + f.site + `"]}`},
		"deleteKey": {path: "/keys/" + f.key}, "getStatus": {path: "/status"},
		"listAudit": {path: "/audit"}, "getBranding": {path: "/branding"}, "putBranding": {path: "/branding", body: `{"name":"Ours","languages":["de"]}`},
		"getLogo": {path: "/branding/logo"}, "listViews": {path: "/views"}, "putView": {path: "/views/v1", body: `{"page":"stations","name":"Mine","query":"q=x"}`, own: true},
		"deleteView": {path: "/views/v1", own: true},
	}
}

// caller is somebody who makes requests.
type caller struct {
	role   access.Role
	key    string // of an API key, or
	kind   string // of a person, who signs in anew for each request
	person string
	tenant string
}

func (c caller) String() string { return fmt.Sprintf("%s (%s)", c.role, c.kind) }

// do makes the request of an operation.
func (h *harness) do(c caller, o operation, s sample) reply {
	h.Helper()
	if c.person == "" {
		return h.send(c.key, o.method, prefix+s.path, s.body)
	}
	var token string
	h.atom(func(tx *store.Tx) (err error) {
		token, _, err = access.Begin(tx, c.tenant, c.kind, c.person, access.Client{Agent: "test", Remote: "192.0.2.1"})
		return err
	})
	return h.send("", o.method, prefix+s.path, s.body, "Cookie", "cw_session="+token)
}

// callers returns one of every kind of caller of the default tenant: a key and a
// member of staff of every role, and a driver.
func (h *harness) callers(f fixture) []caller {
	h.Helper()
	var out []caller
	h.atom(func(tx *store.Tx) error {
		for _, r := range access.Roles {
			u := access.User{Email: string(r) + "@example.org", Name: "A " + string(r), Role: r}
			if r == access.Host {
				u.Sites = []string{f.site}
			}
			u, err := access.AddUser(tx, scope, u, "no password")
			if err != nil {
				return err
			}
			out = append(out, caller{role: r, key: h.keys[r], kind: access.KindKey},
				caller{role: r, kind: access.KindStaff, person: u.ID, tenant: access.DefaultTenant})
		}
		return nil
	})
	return append(out, caller{role: access.DriverRole, kind: access.KindDriver, person: f.driver, tenant: access.DefaultTenant})
}

// has reports whether a caller is of those who have what the operation is about.
func (c caller) has(o operation, s sample) bool {
	want := s.kind
	if want == "" && o.area == access.Self {
		want = access.KindStaff
	}
	if want == "" && o.area == access.Me {
		want = access.KindDriver
	}
	return want == "" || want == c.kind
}

// ordered are the operations in an order in which their samples can be made:
// those that read, that change, and that delete.
func ordered(at map[string]sample) []operation {
	rank := map[string]int{get: 0, post: 1, put: 1, del: 2}
	ops := slices.DeleteFunc(operations(), func(o operation) bool { return at[o.id].path == "" })
	slices.SortStableFunc(ops, func(a, b operation) int { return rank[a.method] - rank[b.method] })
	return ops
}

// Every operation by every caller: nobody is 401, a role without its area is
// 403, and who may passes.
func TestEveryOperationByEveryCaller(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		at, callers := samples(h, f), h.callers(f)
		for _, o := range ordered(at) {
			s := at[o.id]
			if o.area != access.Open {
				for _, key := range []string{"", "cw_wrong", strings.Repeat("x", 300)} {
					if r := h.send(key, o.method, prefix+s.path, s.body); r.code != http.StatusUnauthorized || r.header.Get("WWW-Authenticate") == "" || r.body["kind"] != "denied" {
						h.Errorf("%s with the key %.10q: %d %s", o.id, key, r.code, r.text)
					}
				}
				if r := h.send("", o.method, prefix+s.path, s.body, "Cookie", "cw_session=wrong"); r.code != http.StatusUnauthorized {
					h.Errorf("%s with a wrong cookie: %d %s", o.id, r.code, r.text)
				}
			}
			first := true
			for _, c := range callers {
				if !c.role.May(o.area) {
					if r := h.do(c, o, s); r.code != http.StatusForbidden || r.body["kind"] != "denied" {
						h.Errorf("%s by %s: %d %s", o.id, c, r.code, r.text)
					}
					continue
				}
				if !c.has(o, s) || o.area == access.Open && o.method != get && !first {
					continue
				}
				r := h.do(c, o, s)
				good := r.code < 400 || r.code == s.code
				if !first && o.method != get { // it may be done already
					good = r.code != http.StatusUnauthorized && r.code != http.StatusForbidden && r.code < 500 || r.code == s.code
				}
				if !good {
					h.Errorf("%s by %s: %d %s", o.id, c, r.code, r.text)
				}
				first = false
			}
			if first {
				h.Errorf("%s: nobody may", o.id)
			}
		}
	})
}

// unlike is the sample's path with another value for its first parameter.
func (o operation) unlike(path string) string {
	path, query, asks := strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	for i, p := range strings.Split(o.path, "/") {
		if strings.HasPrefix(p, "{") && p != "{kind}" {
			parts[i] = "none"
			break
		}
	}
	if asks {
		query = "?" + query
	}
	return strings.Join(parts, "/") + query
}

// things are the ids that no stranger may be shown.
func (f fixture) things() []string {
	return []string{f.station, f.session, f.receipt, f.driver, f.token, f.site, f.tariff}
}

// shows reports whether a text has an id as a value of JSON or a cell of CSV.
func shows(text, id string) bool {
	id = regexp.QuoteMeta(id)
	return regexp.MustCompile(`(?m)"` + id + `"[,}\]]|(^|,)` + id + `(,|\r|$)`).MatchString(text)
}

// invisible wants that an operation neither shows nor finds what is not the
// caller's, and that what is another's cannot be told from what is not there.
func (h *harness) invisible(c caller, o operation, s sample, things []string) {
	h.Helper()
	r := h.do(c, o, s)
	if !strings.Contains(o.path, "{") {
		text := strings.ReplaceAll(r.text, `"kind":"site"`, "") // a word, and no id
		for _, id := range things {
			if shows(text, id) {
				h.Errorf("%s shows %s to %s: %s", o.id, id, c, r.text)
			}
		}
		return
	}
	if r.code != http.StatusNotFound || r.body["kind"] != "not_found" {
		h.Errorf("%s by %s of elsewhere: %d %s", o.id, c, r.code, r.text)
		return
	}
	if o.method == put {
		return // what is not there would be created
	}
	gone := s
	gone.path = o.unlike(s.path)
	if absent := h.do(c, o, gone); absent.code != r.code || absent.body["kind"] != r.body["kind"] {
		h.Errorf("%s: what is another's is %d, what is not there (%s) %d", o.id, r.code, gone.path, absent.code)
	}
}

// Another tenant's things are not there: neither read, nor changed, nor told
// from what does not exist.
func TestAnotherTenantSeesNothing(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		before := h.as(200, get, "/tokens/"+f.token, "").text + h.as(200, get, "/tariffs/"+f.tariff, "").text
		at := samples(h, f)
		theirs := caller{role: access.Owner, kind: access.KindKey, key: h.other}
		for _, o := range ordered(at) {
			s := at[o.id]
			if o.area == access.Open || o.area == access.Self || o.area == access.Me || s.own || s.wide {
				continue
			}
			if !strings.Contains(o.path, "{") && o.method != get {
				continue
			}
			h.invisible(theirs, o, s, append(f.things(), "NOBODY"))
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

// A host sees the things at its sites, and of another's, or of none, nothing.
func TestAHostSeesItsSitesAlone(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		at := samples(h, f)
		h.as(200, put, "/sites/yonder", `{"name":"Yonder","country":"DE","time_zone":"Europe/Berlin"}`)
		h.as(200, put, "/stations/CP2", `{"site_id":"yonder"}`)
		h.as(200, put, "/tariffs/T2", strings.Replace(tariffBody, `"T1"`, `"T2"`, 1))
		h.as(200, put, "/tariff-assignments/site/yonder", `{"tariff_id":"T2"}`)
		key := func(sites string) caller {
			secret, _ := h.as(201, post, "/keys", `{"role":"host","sites":[`+sites+`]}`).body["secret"].(string)
			return caller{role: access.Host, kind: access.KindKey, key: secret}
		}
		here, there, nowhere := key(`"site"`), key(`"yonder"`), key(``)
		for _, o := range ordered(at) {
			s := at[o.id]
			if o.area != access.Read {
				continue
			}
			if r := h.do(here, o, s); r.code >= 400 && r.code != s.code {
				h.Errorf("%s by the host of the place: %d %s", o.id, r.code, r.text)
			}
			for _, c := range []caller{there, nowhere} {
				if s.wide {
					if r := h.do(c, o, s); r.code >= 400 {
						h.Errorf("%s is of no site, and yet: %d %s", o.id, r.code, r.text)
					}
					continue
				}
				h.invisible(c, o, s, append(f.things(), "NOBODY"))
			}
		}
		for _, c := range []struct{ path, mine, other string }{
			{"/stations", `"CP1"`, `"CP2"`}, {"/sites", `"site"`, `"yonder"`}, {"/tariffs", `"T1"`, `"T2"`}, {"/sessions", f.session, `"CP2"`},
		} {
			if r := h.send(here.key, get, prefix+c.path, ""); !strings.Contains(r.text, c.mine) || strings.Contains(r.text, c.other) {
				h.Errorf("%s by the host of the place: %s", c.path, r.text)
			}
		}
		// A station that moves leaves its sessions where they were.
		h.as(200, put, "/stations/CP1", `{"site_id":"yonder"}`)
		for path, codes := range map[string][2]int{"/stations/CP1": {404, 200}, "/sessions/" + f.session: {200, 404}} {
			if a, b := h.send(here.key, get, prefix+path, ""), h.send(there.key, get, prefix+path, ""); a.code != codes[0] || b.code != codes[1] {
				h.Errorf("%s after the move: %d and %d, want %v", path, a.code, b.code, codes)
			}
		}
		for _, body := range []string{`{"role":"host","sites":["other-site"]}`, `{"role":"host","sites":["none"]}`, `{"role":"viewer","sites":["site"]}`} {
			h.as(422, post, "/keys", body)
		}
	})
}

// The tariff of a station is money: who changes stations alone does not price them.
func TestWhoChangesStationsDoesNotPriceThem(t *testing.T) {
	each(t, func(h *harness) {
		h.as(200, put, "/stations/CP1", `{"site_id":"site"}`)
		h.as(200, put, "/tariffs/T1", tariffBody)
		technician := func(body string) reply { return h.send(h.keys[access.Technician], put, prefix+"/stations/CP1", body) }
		for _, body := range []string{`{"tariff_id":"T1"}`, `{"tariff_id":""}`} {
			if r := technician(body); r.code != http.StatusForbidden {
				h.Errorf("%s: %d %s", body, r.code, r.text)
			}
		}
		if r := technician(`{"name":"Hall"}`); r.code != http.StatusOK || !strings.Contains(r.text, `"tariff":null`) {
			h.Errorf("the name: %d %s", r.code, r.text)
		}
		if r := h.send(h.keys[access.Operator], put, prefix+"/stations/CP1", `{"tariff_id":"T1"}`); r.code != http.StatusOK {
			h.Errorf("an operator: %d %s", r.code, r.text)
		}
	})
}

// What is another driver's is not there for a driver.
func TestADriverSeesItsOwnAlone(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		at := samples(h, f)
		id, _ := h.as(201, post, "/drivers", `{"name":"Eve"}`).body["id"].(string)
		eve := caller{role: access.DriverRole, kind: access.KindDriver, person: id, tenant: access.DefaultTenant}
		for _, o := range ordered(at) {
			s := at[o.id]
			if strings.Contains(o.path, "{site}") { // everybody sees where to charge
				continue
			}
			if o.area != access.Me || s.own || s.wide || !strings.Contains(o.path, "{") && o.method != get {
				continue
			}
			h.invisible(eve, o, s, []string{f.session, f.receipt, f.driver, f.token})
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
