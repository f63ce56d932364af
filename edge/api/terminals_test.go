package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
	"chargewright/core/terminal"
	"chargewright/plug/simpay"
)

// opened has a station in service, with EVSEs that are free.
func (h *harness) opened(station string, evses int64) {
	h.Helper()
	h.atom(func(tx *store.Tx) error {
		if err := stations.Booted(tx, station, stations.Accepted); err != nil {
			return err
		}
		tx.Write(`UPDATE station_station SET connected = TRUE WHERE id = $1`, station)
		for evse := range evses {
			if err := stations.SetEVSE(tx, station, evse+1, "", 11_000); err != nil {
				return err
			}
			if err := stations.SetStatus(tx, stations.Report{Station: station, EVSE: evse + 1, Connector: 1, Status: stations.Available, At: time.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
}

func cardTerminalSamples(h *harness, f fixture) map[string]sample {
	h.opened(f.station, 1)
	made := func(reader string) (t terminal.Terminal, visit string) {
		h.atom(func(tx *store.Tx) (err error) {
			t, _, err = terminal.New(tx, scope, terminal.Terminal{Site: f.site, Name: "Door", Provider: provider, Reader: reader})
			if err != nil {
				return err
			}
			b, err := terminal.Begin(tx, t, terminal.Order{Code: f.station + ":1", Version: f.version, Language: "en", Text: "x", Return: func(s string) string { return "https://charge.example.org/" + s }})
			if visit = b.Guest.ID; err == nil && b.No != "" {
				err = fmt.Errorf("no visit began: %s", b.No)
			}
			return err
		})
		return t, visit
	}
	one, visit := made("reader_1")
	free := one
	h.atom(func(tx *store.Tx) (err error) {
		free, _, err = terminal.New(tx, scope, terminal.Terminal{Site: f.site, Name: "Gate", Provider: provider, Reader: "reader_2"})
		return err
	})
	const path = "/terminals"
	at := path + "/" + one.ID
	return map[string]sample{
		"listTerminalProviders": {path: "/terminal-providers", wide: true}, "listTerminals": {path: path}, "getTerminal": {path: at},
		"postTerminal":      {path: path, body: `{"site_id":"` + f.site + `","name":"New","reader":"reader_3"}`},
		"putTerminal":       {path: at, body: `{"name":"Other","reader":"reader_1"}`},
		"newTerminalScreen": {path: at + "/screen", body: `{}`}, "listTerminalEVSEs": {path: at + "/evses"},
		"postTerminalVisit": {path: path + "/" + free.ID + "/visits", body: `{"station_id":"` + f.station + `","evse_id":1,"price_version":"` + f.version + `"}`},
		"getTerminalVisit":  {path: at + "/visits/" + visit}, "leaveTerminalVisit": {path: at + "/visits/" + visit + "/leave", body: `{}`},
	}
}

func TestTerminals(t *testing.T) {
	each(t, func(h *harness) {
		till := h.till
		f := h.furnish()
		h.opened(f.station, 2)
		made := h.as(201, post, "/terminals", `{"site_id":"site","name":"Door","reader":"reader_1","evses":[{"station_id":"CP1","evse_id":2}]}`)
		at, _ := made.body["id"].(string)
		screen, _ := made.body["screen_url"].(string)
		if !strings.Contains(screen, "/pay/at/") || made.body["provider"] != provider || made.body["busy"] != false || made.body["retired_at"] != nil {
			h.Fatalf("made: %s", made.text)
		}
		path := "/terminals/" + at
		if r := h.as(200, get, path, ""); strings.Contains(r.text, "screen") || !strings.Contains(r.text, `"evses":[{"station_id":"CP1","evse_id":2}]`) {
			h.Errorf("read: %s", r.text)
		}
		if r := h.as(200, post, path+"/screen", `{}`); r.body["screen_url"] == screen || r.body["id"] != at {
			h.Errorf("a new screen: %s", r.text)
		}
		h.as(409, post, "/terminals", `{"site_id":"site","name":"Other","reader":"reader_1"}`)
		h.as(422, post, "/terminals", `{"site_id":"site","name":"Other","reader":"reader_2","provider":"nobody"}`)
		h.as(404, post, "/terminals", `{"site_id":"nowhere","name":"Other","reader":"reader_2"}`)
		h.as(422, put, path, `{"name":"Door","reader":"reader_1","evses":[{"station_id":"CP9","evse_id":2}]}`)
		h.as(200, put, path, `{"name":"Front door","reader":"reader_1"}`)
		if l := h.as(200, get, "/terminals?site_id=site", "").items(t); len(l) != 1 {
			h.Errorf("%d terminals", len(l))
		}
		if l := h.as(200, get, "/terminals?site_id=other", "").items(t); len(l) != 0 {
			h.Errorf("%d terminals elsewhere", len(l))
		}

		offers := h.as(200, get, path+"/evses?lang=de", "").items(t)
		if len(offers) != 2 {
			h.Fatalf("it serves %v", offers)
		}
		offer, _ := offers[0].(map[string]any)
		hold, _ := offer["hold"].(map[string]any)
		if offer["price"] != "0,595 € pro kWh" || hold["currency"] != "EUR" || offer["blocked"] != "" || offer["price_version"] != f.version {
			h.Errorf("offered: %v", offer)
		}
		begin := func(want int, evse int, version string) reply {
			return h.as(want, post, path+"/visits", fmt.Sprintf(`{"station_id":"CP1","evse_id":%d,"price_version":%q}`, evse, version))
		}
		if r := begin(409, 1, "another"); r.body["code"] != "price_changed" {
			h.Errorf("at another price: %s", r.text)
		}
		begin(404, 9, f.version)
		v := begin(201, 1, f.version)
		visit := path + "/visits/" + v.body["id"].(string)
		if url, _ := v.body["url"].(string); v.body["state"] != "paying" || !strings.Contains(url, "/r/") || v.body["session_id"] != nil {
			h.Errorf("begun: %s", v.text)
		}
		if r := begin(409, 2, f.version); r.body["code"] != "reader_busy" {
			h.Errorf("while it waits for a card: %s", r.text)
		}
		if r := h.as(200, post, visit+"/leave", `{}`); r.body["state"] != "unpaid" {
			h.Errorf("left: %s", r.text)
		}
		till.drain()
		v = begin(201, 2, f.version)
		visit = path + "/visits/" + v.body["id"].(string)
		if err := till.sim.Tap("reader_1", simpay.Good); err != nil {
			h.Fatal(err)
		}
		h.atom(func(tx *store.Tx) error { tx.Write(`UPDATE payment_payment SET updated_at = 1`); return nil })
		h.as(200, get, visit, "") // it asks the provider
		till.drain()
		if r := h.as(200, get, visit, ""); r.body["state"] != "asking" {
			h.Errorf("paid: %s", r.text)
		}
		h.as(409, post, visit+"/leave", `{}`)
		if r := h.as(200, put, path, `{"name":"Door","reader":"reader_1","retired":true}`); r.body["retired_at"] == nil {
			h.Errorf("retired: %s", r.text)
		}
		begin(404, 1, f.version)
		h.as(404, get, "/terminals/trm_none/visits/"+v.body["id"].(string), "")
	})
}

// A host sees the terminals of their sites alone.
func TestAHostSeesTheirTerminals(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		at, _ := h.as(201, post, "/terminals", `{"site_id":"site","name":"Door","reader":"reader_1"}`).body["id"].(string)
		for site, code := range map[string]int{f.site: 200, "elsewhere": 404} {
			var key string
			h.atom(func(tx *store.Tx) (err error) {
				if err := stations.PutSite(tx, stations.Site{ID: "elsewhere", Tenant: scope.Tenant, Entity: access.DefaultEntity, Zone: "Europe/Berlin"}); err != nil {
					return err
				}
				key, err = access.CreateKey(tx, scope.Tenant, access.Host, "x", site)
				return err
			})
			if r := h.send(key, get, prefix+"/terminals/"+at, ""); r.code != code {
				h.Errorf("%s: %d", site, r.code)
			}
		}
	})
}
