package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/device"
	drivers "chargewright/core/driver"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/schema"
)

// meSamples are requests of the fixture's driver, and of everybody.
func meSamples(h *harness, f fixture) map[string]sample {
	h.Helper()
	h.serve(f.station, "DE*ABC*E1")
	var own struct{ card, vehicle, start, report, session, receipt string }
	h.atom(func(tx *store.Tx) error {
		c, err := drivers.AddCard(tx, access.DefaultTenant, f.driver, "0BAD0001")
		if err != nil {
			return err
		}
		own.card = c.ID
		v, err := drivers.PutVehicle(tx, drivers.Vehicle{Driver: f.driver, Name: "Car"})
		if err != nil {
			return err
		}
		own.vehicle = v.ID
		r, err := drivers.AddReport(tx, drivers.Report{Tenant: access.DefaultTenant, Driver: f.driver, Site: f.site, Kind: "other", Text: "hello"})
		if err != nil {
			return err
		}
		own.report = r.ID
		if _, err := drivers.PutFavourite(tx, drivers.Favourite{Driver: f.driver, Site: f.site, Tenant: access.DefaultTenant}, false, false); err != nil {
			return err
		}
		st, err := drivers.Ask(tx, drivers.Start{Tenant: access.DefaultTenant, Driver: f.driver, Station: f.station, EVSE: 9})
		if err != nil {
			return err
		}
		own.start = st.ID
		return drivers.Answered(tx, st.ID, false, "no")
	})
	me := func(path, body string) sample { return sample{path: "/me" + path, body: body} }
	all := map[string]sample{
		"getPublicConfig": {path: "/public/config"}, "listPlaces": {path: "/public/sites"}, "getPlace": {path: "/public/sites/" + f.site},
		"getEVSE": {path: "/public/evses/" + f.station + ":1"},
		"getSelf": me("", ""), "putSelf": me("", `{"name":"Ada L"}`), "deleteSelf": me("", ""), "exportSelf": me("/export", ""),
		"listCards": me("/tokens", ""), "postCard": me("/tokens", `{"uid":"04AABB01"}`), "deleteCard": me("/tokens/"+own.card, ""),
		"listVehicles": me("/vehicles", ""), "postVehicle": me("/vehicles", `{"name":"Bus"}`), "putVehicle": me("/vehicles/"+own.vehicle, `{"name":"Bus"}`),
		"deleteVehicle": me("/vehicles/"+own.vehicle, ""), "listFavourites": me("/favourites", ""), "putFavourite": me("/favourites/"+f.site, `{"tell_when_free":true}`),
		"deleteFavourite": me("/favourites/"+f.site, ""), "listOwnReports": me("/reports", ""),
		"postReport": me("/reports", `{"site_id":"`+f.site+`","kind":"broken","text":"x"}`),
		"postStart":  me("/starts", `{"evse":"`+f.station+`:1","tariff_version":"`+f.version+`"}`), "getStart": me("/starts/"+own.start, ""),
		"listOwnSessions": me("/sessions", ""), "getOwnSession": me("/sessions/"+f.session, ""), "stopOwnSession": me("/sessions/"+f.session+"/stop", "{}"),
		"listOwnDocuments": me("/documents", ""), "getOwnDocument": me("/documents/"+f.receipt, ""), "getConsumption": me("/consumption", ""),
		"listReports": {path: "/reports"}, "putReport": {path: "/reports/" + own.report, body: `{"state":"done"}`},
	}
	stop, leave := all["stopOwnSession"], all["deleteSelf"]
	stop.code, leave.code = 409, 409 // it has ended; a start is under way
	all["stopOwnSession"], all["deleteSelf"] = stop, leave
	return all
}

// serve puts an EVSE of a station into service: accepted, booted, connected,
// free and 50 kW strong.
func (h *harness) serve(station, contract string) {
	h.Helper()
	h.atom(func(tx *store.Tx) error {
		if err := stations.Booted(tx, station, stations.Accepted); err != nil {
			return err
		}
		st, _, err := stations.Find(tx, station)
		if err != nil {
			return err
		}
		if !st.Connected {
			if err := stations.Opened(tx, stations.Connection{Station: station, Epoch: st.Epoch + 1, Node: "n", Protocol: "1.6"}); err != nil {
				return err
			}
		}
		if err := stations.SetEVSE(tx, station, 1, contract, 50_000); err != nil {
			return err
		}
		if err := stations.SetStandard(tx, station, 1, 1, "IEC_62196_T2_COMBO"); err != nil {
			return err
		}
		return stations.SetStatus(tx, stations.Report{Station: station, EVSE: 1, Connector: 1, Status: stations.Available, At: tx.Now()})
	})
}

// person is a driver who is signed in.
type person struct {
	*harness
	id, cookie string
}

func (h *harness) driver(email string) *person {
	h.Helper()
	p := &person{harness: h}
	h.atom(func(tx *store.Tx) error {
		d, err := drivers.SignUp(tx, access.DefaultTenant, email, "en")
		if err != nil {
			return err
		}
		p.id = d.ID
		token, _, err := access.Begin(tx, access.DefaultTenant, access.KindDriver, d.ID, access.Client{Agent: "test", Remote: "192.0.2.7"})
		p.cookie = "cw_session=" + token
		return err
	})
	return p
}

// me makes a request by the driver and wants that status.
func (p *person) me(code int, method, path, body string) reply {
	p.Helper()
	r := p.send("", method, prefix+path, body, "Cookie", p.cookie)
	if r.code != code {
		p.Fatalf("%s %s: status %d, want %d\n%s", method, path, r.code, code, r.text)
	}
	return r
}

// answering is a commander whose stations answer what a test says.
type answering struct {
	*harness
	outcome device.Outcome
	err     error
	sent    chan device.Command
}

func (a *answering) Command(_ context.Context, _ string, c device.Command) (device.Outcome, error) {
	a.sent <- c
	return a.outcome, a.err
}

func eachAnswering(t *testing.T, fn func(h *harness, a *answering)) {
	t.Helper()
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		a := &answering{outcome: device.Outcome{Status: device.Accepted, Word: "Accepted"}, sent: make(chan device.Command, 16)}
		h := newHarness(t, db, func(o *Options) { o.Commands = a })
		a.harness = h
		h.as(200, put, "/stations/CP1", `{"name":"One","site_id":"site"}`)
		h.as(200, put, "/tariffs/T1", tariffBody)
		h.as(200, put, "/tariff-assignments/site/site", `{"tariff_id":"T1"}`)
		h.serve("CP1", "DE*ABC*E1")
		fn(h, a)
	})
}

// version is the tariff version that an EVSE shows.
func (p *person) version(code string) string {
	p.Helper()
	e, _ := p.me(200, get, "/public/evses/"+code, "").body["evse"].(map[string]any)
	price, _ := e["price"].(map[string]any)
	v, _ := price["tariff_version"].(string)
	return v
}

// settled reads a start until its station has answered.
func (p *person) settled(id string) map[string]any {
	p.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if v := p.me(200, get, "/me/starts/"+id, "").body; v["state"] != "asking" {
			return v
		}
	}
	p.Fatalf("the start %s is never answered", id)
	return nil
}

func text(v any) string { return fmt.Sprint(v) }

func TestPlacesForEverybody(t *testing.T) {
	eachAnswering(t, func(h *harness, _ *answering) {
		h.atom(func(tx *store.Tx) error { // theirs has one, too
			if err := stations.Create(tx, stations.Station{ID: "THEIRS", Tenant: otherTenant, Site: "other-site", Onboarding: stations.Accepted}); err != nil {
				return err
			}
			tx.Write(`UPDATE station_site SET latitude_e6 = 50100000, longitude_e6 = 8600000, city = 'Frankfurt' WHERE id = 'site'`)
			return nil
		})
		h.serve("THEIRS", "SE*XYZ*E1")
		public := func(code int, path string, header ...string) reply {
			h.Helper()
			r := h.send("", get, prefix+"/public"+path, "", header...)
			if r.code != code {
				h.Fatalf("%s: %d %s", path, r.code, r.text)
			}
			return r
		}
		for q, want := range map[string]int{
			"": 1, "?free=true": 1, "?min_kw=50": 1, "?min_kw=50.1": 0, "?connector=CHADEMO": 0, "?connector=CHADEMO,IEC_62196_T2_COMBO": 1,
			"?q=depot+frank": 1, "?q=depot+paris": 0, "?bbox=8,50,9,51": 1, "?bbox=9,50,8,51": 0, "?bbox=8.6,50.1,8.6,50.1": 1, "?limit=1": 1,
		} {
			if got := public(200, "/sites"+q).items(h.T); len(got) != want {
				h.Errorf("%q shows %d sites", q, len(got))
			}
		}
		for _, q := range []string{"?bbox=1,2,3", "?bbox=a,b,c,d", "?bbox=181,0,0,0", "?bbox=NaN,0,0,0", "?bbox=Inf,0,0,0", "?cursor=x", "?min_kw=-1"} {
			public(422, "/sites"+q)
		}
		v := public(200, "/sites/site?lang=de").body
		if v["evses_free"] != 1.0 || v["evses_total"] != 1.0 || v["max_power_w"] != 50000.0 || text(v["connectors"]) != "[IEC_62196_T2_COMBO]" || v["latitude"] != 50.1 {
			h.Errorf("the site is %v", v)
		}
		price, _ := v["price"].(map[string]any)
		if price["sentence"] != "0,595 € pro kWh" || price["per_kwh"] != "0.595" || price["several"] != false {
			h.Errorf("its price is %v", price)
		}
		for header, want := range map[string]string{"de-AT,de;q=0.9": "0,595 € pro kWh", "fr": "€0.595 per kWh", "": "€0.595 per kWh", ";;;": "€0.595 per kWh"} {
			if r := public(200, "/sites/site", "Accept-Language", header); !strings.Contains(r.text, want) {
				h.Errorf("%q is answered %s", header, r.text)
			}
		}
		evses, _ := v["evses"].([]any)
		e, _ := evses[0].(map[string]any)
		number := text(e["number"])
		if e["state"] != "available" || e["id"] != "CP1/1" || len(number) != 6 {
			h.Errorf("the EVSE is %v", e)
		}
		for _, code := range []string{number, "deabce1", "CP1:1"} {
			found, _ := public(200, "/evses/"+code).body["evse"].(map[string]any)
			if found["id"] != "CP1/1" {
				h.Errorf("%s finds %v", code, found)
			}
		}
		for _, path := range []string{"/evses/000000", "/evses/THEIRS:1", "/evses/SE*XYZ*E1", "/sites/other-site", "/sites/none"} {
			public(404, path)
		}
		if c := public(200, "/config"); !strings.Contains(c.text, `"bounds":[8.6,50.1,8.6,50.1]`) || !strings.Contains(c.text, `"pmtiles_url":null`) || !strings.Contains(c.text, `"name":"Test"`) {
			h.Errorf("the configuration is %s", c.text)
		}
		state := func() string {
			e, _ := public(200, "/evses/CP1:1").body["evse"].(map[string]any)
			return text(e["state"])
		}
		session := h.charge("CP1", 1, "NOBODY", time.Now().UTC().Add(-time.Minute))
		if got := state(); got != "charging" { // the status report is older than the session
			h.Errorf("with a session: %s", got)
		}
		h.end(session, 1, time.Now().UTC())
		h.atom(func(tx *store.Tx) error { stations.Closed(tx, "CP1", 1, "test"); return nil })
		if got := state(); got != "offline" {
			h.Errorf("without connection: %s", got)
		}
		h.as(200, put, "/stations/CP1", `{"onboarding":"pending"}`)
		if n := len(public(200, "/sites").items(h.T)); n != 0 {
			h.Errorf("a station that is not accepted shows among %d sites", n)
		}
		public(404, "/evses/CP1:1")
	})
}

func TestStartChargeAndStop(t *testing.T) {
	eachAnswering(t, func(h *harness, a *answering) {
		ada, eve := h.driver("ada@example.org"), h.driver("eve@example.org")
		version := ada.version("CP1:1")
		r := ada.me(202, post, "/me/starts", `{"evse":"CP1:1","tariff_version":"`+version+`"}`)
		id := text(r.body["id"])
		cmd, _ := (<-a.sent).(device.RemoteStart)
		if cmd.EVSE != 1 || len(cmd.Token.UID) != 20 || cmd.StartID == 0 || cmd.Token.Type != "Central" {
			h.Fatalf("sent %+v", cmd)
		}
		if v := ada.settled(id); v["state"] != "plug_in" || v["session_id"] != nil {
			h.Errorf("taken: %v", v)
		}
		eve.me(404, get, "/me/starts/"+id, "")
		if p := eve.me(409, post, "/me/starts", `{"evse":"CP1:1","tariff_version":"`+version+`"}`); p.body["kind"] != "conflict" {
			h.Errorf("a second start there: %s", p.text)
		}
		// The price rises before the cable is in: the accepted one holds.
		h.as(200, put, "/tariffs/T1", strings.Replace(tariffBody, "0.50", "0.90", 1))
		began := time.Now().UTC().Truncate(time.Second)
		ses := h.charge("CP1", 1, cmd.Token.UID, began)
		if v := ada.settled(id); v["state"] != "charging" || v["session_id"] != ses {
			h.Errorf("begun: %v", v)
		}
		own := ada.me(200, get, "/me/sessions/"+ses, "").body
		site, _ := own["site"].(map[string]any)
		if own["price_sentence"] != "€0.595 per kWh" || site["name"] != "Depot" || own["receipt_id"] != nil || own["cost_final"] != false {
			h.Errorf("the session is %v", own)
		}
		if n := len(ada.me(200, get, "/me/sessions", "").items(h.T)); n != 1 {
			h.Errorf("%d sessions", n)
		}
		eve.me(404, get, "/me/sessions/"+ses, "")
		eve.me(404, post, "/me/sessions/"+ses+"/stop", "{}")
		if n := len(eve.me(200, get, "/me/sessions", "").items(h.T)); n != 0 {
			h.Errorf("eve sees %d sessions", n)
		}
		if p := ada.me(409, del, "/me", ""); p.body["code"] != "session_open" {
			h.Errorf("leaving with a session open: %s", p.text)
		}
		a.outcome = device.Outcome{Status: device.Rejected, Word: "Rejected"}
		if p := ada.me(409, post, "/me/sessions/"+ses+"/stop", "{}"); p.body["code"] != "refused" || !strings.Contains(p.text, "Rejected") {
			h.Errorf("the station will not stop: %s", p.text)
		}
		<-a.sent
		a.outcome = device.Outcome{Status: device.Accepted}
		ada.me(200, post, "/me/sessions/"+ses+"/stop", "{}")
		if stop, _ := (<-a.sent).(device.RemoteStop); stop.Transaction == "" {
			h.Errorf("sent %+v", stop)
		}
		h.end(ses, 1, began.Add(time.Hour))
		if p := ada.me(409, post, "/me/sessions/"+ses+"/stop", "{}"); p.body["code"] != "closed" {
			h.Errorf("stopping twice: %s", p.text)
		}
		own = ada.me(200, get, "/me/sessions/"+ses, "").body
		cost, _ := own["cost"].(map[string]any)
		if cost["amount_minor"] != 595.0 || own["cost_final"] != true || own["receipt_id"] == nil { // 10.0005 kWh at the accepted price
			h.Errorf("the end: %v", own)
		}
		receipt := text(own["receipt_id"])
		ada.me(200, get, "/me/documents/"+receipt, "")
		eve.me(404, get, "/me/documents/"+receipt, "")
		if n := len(ada.me(200, get, "/me/documents", "").items(h.T)); n != 1 {
			h.Errorf("%d receipts", n)
		}
		month, _ := ada.me(200, get, "/me/consumption", "").items(h.T)[0].(map[string]any)
		if month["energy_wh"] != 10001.0 || month["sessions"] != 1.0 || text(month["cost"]) != "[map[amount_minor:595 currency:EUR]]" {
			h.Errorf("the month is %v", month)
		}
		if n := len(eve.me(200, get, "/me/consumption?by=year", "").items(h.T)); n != 0 {
			h.Errorf("eve consumed %d times", n)
		}
		x := ada.me(200, get, "/me/export", "")
		if x.header.Get("Content-Disposition") == "" || !strings.Contains(x.text, ses) || !strings.Contains(x.text, receipt) || !strings.Contains(x.text, "ada@example.org") {
			h.Errorf("the export is %s", x.text)
		}
	})
}

func TestStartsThatAreRefused(t *testing.T) {
	eachAnswering(t, func(h *harness, a *answering) {
		ada := h.driver("ada@example.org")
		version := ada.version("CP1:1")
		body := `{"evse":"CP1:1","tariff_version":"` + version + `"}`
		code := func(want string) {
			h.Helper()
			if p := ada.me(409, post, "/me/starts", body); p.body["code"] != want {
				h.Errorf("want %s: %s", want, p.text)
			}
		}
		ada.me(404, post, "/me/starts", `{"evse":"NONE:1","tariff_version":"`+version+`"}`)
		if p := ada.me(422, post, "/me/starts", `{"evse":"CP1:1","tariff_version":"`+version+`","vehicle_id":"veh_none"}`); p.body["field"] != "vehicle_id" {
			h.Errorf("a vehicle that is not: %s", p.text)
		}
		set := func(s stations.Status) {
			h.atom(func(tx *store.Tx) error {
				return stations.SetStatus(tx, stations.Report{Station: "CP1", EVSE: 1, Connector: 1, Status: s, At: tx.Now()})
			})
		}
		for s, want := range map[stations.Status]string{
			stations.Charging: "busy", stations.SuspendedEV: "busy", stations.Finishing: "busy", stations.Faulted: "out_of_order",
			stations.Unavailable: "out_of_order", stations.Reserved: "reserved",
		} {
			set(s)
			code(want)
		}
		set(stations.Preparing) // plugged in already, and nobody charges
		h.as(200, put, "/tariffs/T1", strings.Replace(tariffBody, "0.50", "0.60", 1))
		code("price_changed")
		h.as(200, put, "/tariff-assignments/site/site", `{"tariff_id":""}`)
		code("no_price")
		h.as(200, put, "/tariff-assignments/site/site", `{"tariff_id":"T1"}`)
		body = `{"evse":"CP1:1","tariff_version":"` + ada.version("CP1:1") + `"}`
		if len(a.sent) != 0 {
			h.Fatal("something was sent")
		}
		for _, c := range []struct {
			outcome device.Outcome
			err     error
			says    string
		}{
			{device.Outcome{Status: device.Rejected, Word: "Rejected", Reason: "no"}, nil, "the charger answered “Rejected”: no"},
			{device.Outcome{Status: device.NotSupported}, nil, "the charger answered “not_supported”"},
			{device.Outcome{}, fail.New(fail.Offline, "test", "the station is not connected"), "the station is not connected"},
		} {
			a.outcome, a.err = c.outcome, c.err
			id := text(ada.me(202, post, "/me/starts", body).body["id"])
			<-a.sent
			if v := ada.settled(id); v["state"] != "refused" || v["reason"] != c.says {
				h.Errorf("want %q: %v", c.says, v)
			}
		}
		h.atom(func(tx *store.Tx) error { stations.Closed(tx, "CP1", 1, "test"); return nil })
		code("offline")
	})
}

// A station that never answers may have heard: time decides.
func TestAStartWithoutAnswerExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answering{err: fail.New(fail.Timeout, "test", "no answer"), sent: make(chan device.Command, 1)}
		h := newHarness(t, storetest.SQLite(t, schema.FS), func(o *Options) { o.Commands = a })
		h.as(200, put, "/stations/CP1", `{"site_id":"site"}`)
		h.as(200, put, "/tariffs/T1", tariffBody)
		h.as(200, put, "/tariff-assignments/site/site", `{"tariff_id":"T1"}`)
		h.serve("CP1", "")
		ada := h.driver("ada@example.org")
		id := text(ada.me(202, post, "/me/starts", `{"evse":"CP1:1","tariff_version":"`+ada.version("CP1:1")+`"}`).body["id"])
		synctest.Wait()
		state := func() string { return text(ada.me(200, get, "/me/starts/"+id, "").body["state"]) }
		if got := state(); got != "asking" {
			t.Errorf("at once %s", got)
		}
		if p := ada.me(409, del, "/me", ""); p.body["code"] != "start_open" {
			t.Errorf("leaving with a start open: %s", p.text)
		}
		time.Sleep(drivers.AskTime)
		if got := state(); got != "expired" {
			t.Errorf("in the end %s", got)
		}
		ada.me(204, del, "/me", "")
	})
}

func TestLeaving(t *testing.T) {
	eachAnswering(t, func(h *harness, _ *answering) {
		ada := h.driver("ada@example.org")
		ada.me(200, put, "/me", `{"name":"Ada","phone":"1","language":"de"}`)
		if v := ada.me(200, get, "/me", "").body; v["name"] != "Ada" || v["email"] != "ada@example.org" || v["language"] != "de" {
			h.Errorf("me: %v", v)
		}
		ada.me(204, del, "/me", "")
		if r := h.send("", get, prefix+"/me", "", "Cookie", ada.cookie); r.code != 401 {
			h.Errorf("after leaving: %d %s", r.code, r.text)
		}
		if again := h.driver("ada@example.org"); again.id == ada.id {
			h.Error("the address gives the old account back")
		}
	})
}

func TestOnesThings(t *testing.T) {
	eachAnswering(t, func(h *harness, _ *answering) {
		ada, eve := h.driver("ada@example.org"), h.driver("eve@example.org")
		v := text(ada.me(201, post, "/me/vehicles", `{"name":"Car","connectors":["IEC_62196_T2"],"battery_wh":77000}`).body["id"])
		ada.me(422, post, "/me/vehicles", `{"name":"Car","connectors":["Type 2"]}`)
		eve.me(404, put, "/me/vehicles/"+v, `{"name":"mine"}`)
		eve.me(404, del, "/me/vehicles/"+v, "")
		ada.me(200, put, "/me/vehicles/"+v, `{"name":"Bus"}`)
		if r := ada.me(200, get, "/me/vehicles", ""); !strings.Contains(r.text, `"name":"Bus"`) {
			h.Errorf("vehicles: %s", r.text)
		}
		f := ada.me(200, put, "/me/favourites/site", `{"tell_when_free":true}`).body
		site, _ := f["site"].(map[string]any)
		if f["tell_when_free"] != true || f["tell_until"] == nil || site["evses_free"] != 1.0 {
			h.Errorf("the favourite is %v", f)
		}
		ada.me(404, put, "/me/favourites/other-site", `{}`)
		if n := len(eve.me(200, get, "/me/favourites", "").items(h.T)) + len(ada.me(200, get, "/me/favourites", "").items(h.T)); n != 1 {
			h.Errorf("%d favourites", n)
		}
		ada.me(422, post, "/me/reports", `{"site_id":"other-site","kind":"broken"}`)
		ada.me(422, post, "/me/reports", `{"site_id":"site","kind":"angry"}`)
		rep := text(ada.me(201, post, "/me/reports", `{"site_id":"site","evse":"CP1:1","kind":"broken","text":"no light"}`).body["id"])
		if n := len(h.as(200, get, "/reports?open=true", "").items(h.T)); n != 1 {
			h.Errorf("%d open reports", n)
		}
		h.as(200, put, "/reports/"+rep, `{"state":"done","note":"repaired"}`)
		if r := ada.me(200, get, "/me/reports", ""); !strings.Contains(r.text, "repaired") || len(eve.me(200, get, "/me/reports", "").items(h.T)) != 0 {
			h.Errorf("reports: %s", r.text)
		}
		// Cards: of the operator, and guessed.
		h.as(200, put, "/tokens/04AABB01", `{}`)
		if c := ada.me(201, post, "/me/tokens", `{"uid":"04:AA:BB:01"}`); c.body["state"] != "active" || c.body["uid_hint"] != "…BB01" || strings.Contains(c.text, "04AABB01") {
			h.Errorf("a card: %s", c.text)
		}
		if c := eve.me(201, post, "/me/tokens", `{"uid":"04AABB01"}`); c.body["state"] != "waiting" {
			h.Errorf("another's card: %s", c.text)
		}
		codes := map[int]int{}
		for i := range 12 {
			codes[eve.send("", post, prefix+"/me/tokens", fmt.Sprintf(`{"uid":"0500%04d"}`, i), "Cookie", eve.cookie).code]++
		}
		if codes[201] != 9 || codes[429] == 0 {
			h.Errorf("guessing is answered %v", codes)
		}
		if tok := h.as(200, get, "/tokens/04AABB01", "").body; tok["driver_id"] != ada.id || tok["status"] != "accepted" {
			h.Errorf("the token is %v", tok)
		}
	})
}

func TestTooManyReaders(t *testing.T) {
	each(t, func(h *harness) {
		codes := map[int]int{}
		for range 200 {
			r := h.send("", get, prefix+"/public/evses/000000", "")
			codes[r.code]++
			if r.code == 429 && r.header.Get("Retry-After") == "" {
				h.Fatal("nothing says when to come back")
			}
		}
		if codes[404] < 100 || codes[429] == 0 || codes[404]+codes[429] != 200 {
			h.Errorf("answers %v", codes)
		}
	})
}

func TestPublicEvents(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		r := h.followAt(publicEventsPath, "", "")
		if got := r.read(); got != "id: 77-0\nevent: snapshot\ndata: {}\n\n" {
			t.Errorf("the stream begins with %q", got)
		}
		h.live.Publish("station", []byte("OURS"))
		h.live.Publish(TopicSite, []byte(otherTenant+"/other-site"))
		h.live.Publish(TopicSite, []byte(access.DefaultTenant+"/site"))
		if got := r.read(); got != "id: 77-3\nevent: site\ndata: {\"id\":\"site\"}\n\n" {
			t.Errorf("then %q", got)
		}
		r.leave()
		staff := h.follow(h.keys[access.Viewer], "")
		staff.read()
		h.live.Publish(TopicSite, []byte(access.DefaultTenant+"/site"))
		if got := staff.read(); got != "" {
			t.Errorf("the other stream shows %q", got)
		}
		staff.leave()
		var all []*reader
		for range streamsOfOne {
			all = append(all, h.followAt(publicEventsPath, "", ""))
		}
		synctest.Wait()
		more := h.followAt(publicEventsPath, "", "")
		if !more.ended() || more.status != 429 {
			t.Errorf("one stream more: %d", more.status)
		}
		for _, r := range all {
			r.leave()
		}
		again := h.followAt(publicEventsPath, "", "")
		if again.ended() {
			t.Error("streams that ended count on")
		}
		again.leave()
	})
}

// followAt is follow for another stream; key "" is nobody.
func (h *harness) followAt(path, key, last string) *reader {
	ctx, cancel := context.WithCancel(h.Context())
	r := &reader{header: http.Header{}, cancel: cancel, done: make(chan struct{})}
	q := httptest.NewRequestWithContext(ctx, get, path, nil)
	if key != "" {
		q.Header.Set("Authorization", "Bearer "+key)
	}
	if last != "" {
		q.Header.Set("Last-Event-ID", last)
	}
	go func() {
		defer close(r.done)
		h.handler.ServeHTTP(r, q)
	}()
	return r
}

func TestIdleFee(t *testing.T) {
	at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	in := func(m int, f sessions.Flow) sessions.Input { return sessions.Input{At: at(m), Flow: f} }
	for name, c := range map[string]struct {
		in   []sessions.Input
		want time.Time
	}{
		"never said":  {nil, time.Time{}},
		"charges":     {[]sessions.Input{in(0, sessions.FlowCharging)}, time.Time{}},
		"done":        {[]sessions.Input{in(0, sessions.FlowCharging), in(9, sessions.FlowSuspendedEV), in(12, ""), in(20, sessions.FlowIdle)}, at(9)},
		"done twice":  {[]sessions.Input{in(5, sessions.FlowSuspendedEV), in(9, sessions.FlowCharging), in(15, sessions.FlowSuspendedEV)}, at(15)},
		"out of turn": {[]sessions.Input{in(15, sessions.FlowSuspendedEV), in(5, sessions.FlowCharging)}, at(15)},
	} {
		if got := doneAt(slices.Clone(c.in)); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for body, want := range map[string]string{
		`{"price_components":[{"type":"PARKING_TIME","price":6}]}`:                                       "6.00 0s true",
		`{"price_components":[{"type":"PARKING_TIME","price":6}],"restrictions":{"min_duration":14400}}`: "6.00 4h0m0s true",
		`{"price_components":[{"type":"PARKING_TIME","price":6}],"restrictions":{"start_time":"08:00"}}`: " 0s false",
		`{"price_components":[{"type":"ENERGY","price":6}]}`:                                             " 0s false",
	} {
		tf, err := tariff.Parse([]byte(`{"id":"x","currency":"EUR","elements":[` + body + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		p, from, ok := tariff.Parking(tf)
		got := ""
		if ok {
			got = "6.00"
		}
		if got = fmt.Sprint(got, " ", from, " ", ok); got != want || ok && p != 6_000_000 {
			t.Errorf("%s: %s, %v", body, got, p)
		}
	}
}
