package api

import (
	"slices"
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
)

func tariffToolSamples(_ *harness, f fixture) map[string]sample {
	return map[string]sample{
		"lintTariff":     {path: "/tariffs/lint", body: `{"tariff":` + tariffBody + `}`, wide: true},
		"simulateTariff": {path: "/tariffs/simulate", body: `{"tariff":` + tariffBody + `,"start":"2026-03-10T12:00:00Z","energy_wh":10000,"power_w":11000}`, wide: true},
	}
}

const touBody = `{"id":"T2","currency":"EUR","tax_included":"YES","elements":[
	{"price_components":[{"type":"ENERGY","price":0.60,"vat":19,"step_size":1}],"restrictions":{"start_time":"06:00","end_time":"22:00"}},
	{"price_components":[{"type":"FLAT","price":1,"vat":19}]}]}`

func TestLintTariff(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		h.atom(func(tx *store.Tx) error { return stations.SetEVSE(tx, "CP1", 1, "DE*ABC*E1", 150_000) })
		codes := func(r reply) (out []string) {
			all, _ := r.body["findings"].([]any)
			for _, f := range all {
				out = append(out, f.(map[string]any)["code"].(string))
			}
			return out
		}
		r := h.as(200, post, "/tariffs/lint", `{"tariff":`+touBody+`,"station_id":"CP1","legal_profile":"afir","lang":"de"}`)
		if got := codes(r); !slices.Equal(got, []string{"adhoc_session_fee", "gap"}) {
			h.Errorf("found %q: %s", got, r.text)
		}
		for _, want := range []string{
			`"when":{"start_time":"22:00","end_time":"06:00"}`, `Kein Preis für Energie von 22:00 bis 6:00`, `"args":{"price":"1.00","profile":"afir"}`,
			`"sentence":"€0.60 per kWh from 6:00 to 22:00, free of charge otherwise; €1.00 per session"`, `"language":"it"`, `"short":"from €0.60/kWh; see details"`, `"valid":true`,
		} {
			if !strings.Contains(r.text, want) {
				h.Errorf("no %s in %s", want, r.text)
			}
		}
		if got := codes(h.as(200, post, "/tariffs/lint", `{"tariff":`+touBody+`,"rated_power_w":22000,"legal_profile":"afir"}`)); !slices.Equal(got, []string{"gap"}) {
			h.Errorf("at 22 kW: %q", got)
		}
		h.as(201, post, "/entities/"+access.DefaultEntity+"/registrations", `{"country":"DE","kind":"standard","vat_id":"DE 811 569 869","valid_from":"2020-01-01"}`)
		if got := codes(h.as(200, post, "/tariffs/lint", `{"tariff":`+touBody+`,"site_id":"site"}`)); !slices.Equal(got, []string{"gap"}) {
			h.Errorf("at the rate of the place: %q", got)
		}
		if got := codes(h.as(200, post, "/tariffs/lint", `{"tariff":`+strings.ReplaceAll(touBody, "19", "7")+`,"site_id":"site"}`)); !slices.Equal(got, []string{"gap", "tax_differs", "tax_differs"}) {
			h.Errorf("at another rate: %q", got)
		}
		r = h.as(200, post, "/tariffs/lint", `{"tariff":{"currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":-1}]}]}}`)
		if !strings.Contains(r.text, `"code":"invalid","severity":"error","path":"elements[0].price_components[0].price","message":"is negative"`) || r.body["valid"] != false {
			h.Errorf("no tariff: %s", r.text)
		}
		h.as(422, post, "/tariffs/lint", `{"tariff":`+touBody+`,"station_id":"NOBODY"}`)
		h.as(422, post, "/tariffs/lint", `{"tariff":`+touBody+`,"site_id":"nowhere"}`)
		h.as(422, post, "/tariffs/lint", `{"tariff":`+touBody+`,"time_zone":"Mars/Olympus"}`)
		if r := h.send(h.other, post, prefix+"/tariffs/lint", `{"tariff":`+touBody+`,"station_id":"CP1"}`); r.code != 422 {
			h.Errorf("another tenant's station: %d", r.code)
		}
	})
}

func TestSimulateTariff(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		const session = `,"start":"2026-05-04T19:30:00Z","energy_wh":10000,"power_w":10000,"site_id":"site","lang":"de"}`
		r := h.as(200, post, "/tariffs/simulate", `{"tariff":`+touBody+session)
		total, _ := r.body["total"].(map[string]any)
		if total["amount_minor"] != 400.0 || total["currency"] != "EUR" || r.body["time_zone"] != "Europe/Berlin" {
			h.Errorf("%s", r.text) // half of it after 22:00, free, and 1.00
		}
		starts, _ := r.body["starts"].([]any)
		if len(starts) != 168 || r.body["cheapest"] != 0.0 || r.body["dearest"] != 6.0 {
			h.Errorf("%d starts, %v … %v", len(starts), r.body["cheapest"], r.body["dearest"])
		}
		for _, want := range []string{
			`"prices":[{"at":"2026-05-04T19:30:00Z","per_kwh":"0.60"},{"at":"2026-05-04T20:00:00Z","per_kwh":null}]`, `"cdr_total_cost"`,
			`"sentence":"0,60 € pro kWh von 6:00 bis 22:00, sonst kostenlos; 1,00 € pro Ladevorgang"`,
			`"segments":[{"start":"2026-05-04T19:30:00Z","end":"2026-05-04T20:30:00Z","state":"CHARGING","energy_mwh":10000000}]`,
		} {
			if !strings.Contains(r.text, want) {
				h.Errorf("no %s in %s", want, r.text)
			}
		}
		if r := h.as(200, post, "/tariffs/simulate", `{"tariff_id":"T1"`+session); r.body["total"].(map[string]any)["amount_minor"] != 595.0 || r.body["cheapest"] != nil {
			h.Errorf("of a tariff that there is: %s", r.text)
		}
		for field, body := range map[string]string{
			"evse_id": `{"tariff_id":"T1","station_id":"CP1","evse_id":9,"start":"2026-05-04T19:30:00Z","energy_wh":10000,"power_w":10000}`,
			"tariff":  `{"tariff":` + touBody + `,"tariff_id":"T1"` + session, "version": `{"tariff":` + touBody + `,"version":"x"` + session,
			"tariff.currency": `{"tariff":{}` + session, "power_w": `{"tariff_id":"T1","start":"2026-05-04T19:30:00Z","energy_wh":10000000,"power_w":1}`,
		} {
			if r := h.as(422, post, "/tariffs/simulate", body); r.body["field"] != field {
				h.Errorf("%s: %s", field, r.text)
			}
		}
		h.as(404, post, "/tariffs/simulate", `{"tariff_id":"T9"`+session)
		if r := h.send(h.other, post, prefix+"/tariffs/simulate", `{"tariff_id":"T1","start":"2026-05-04T19:30:00Z","energy_wh":1,"power_w":1000}`); r.code != 404 {
			h.Errorf("another tenant's tariff: %d", r.code)
		}
		h.as(200, put, "/sites/yonder", `{"name":"Yonder","country":"DE","time_zone":"Europe/Berlin"}`)
		h.as(200, put, "/tariffs/T2", touBody)
		secret, _ := h.as(201, post, "/keys", `{"role":"host","sites":["site"]}`).body["secret"].(string)
		for body, want := range map[string]int{`{"tariff_id":"T1"` + session: 200, `{"tariff_id":"T2"` + session: 404, `{"tariff_id":"T1"` + strings.Replace(session, `"site"`, `"yonder"`, 1): 422} {
			if r := h.send(secret, post, prefix+"/tariffs/simulate", body); r.code != want {
				h.Errorf("a host: %d %s, want %d", r.code, r.text, want)
			}
		}
	})
}
