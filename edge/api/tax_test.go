package api

import (
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/core/access"
	drivers "chargewright/core/driver"
	tariffs "chargewright/core/tariff"
)

func taxSamples(h *harness, f fixture) map[string]sample {
	var reg access.Registration
	var rate tariffs.TaxRate
	h.atom(func(tx *store.Tx) (err error) {
		reg, err = access.AddRegistration(tx, scope, access.Registration{
			Entity: access.DefaultEntity, Country: "AT", Kind: access.RegisteredStandard, VATID: "ATU12345678", Term: access.Term{From: "2020-01-01"},
		})
		if err != nil {
			return err
		}
		rate, err = tariffs.AddTaxRate(tx, scope, tariffs.TaxRate{Country: "AT", Name: "VAT", Percent: 20_000_000, Category: tariffs.CategoryStandard, Term: access.Term{From: "2020-01-01"}})
		if err != nil {
			return err
		}
		_, err = drivers.PutBuyer(tx, scope, drivers.Buyer{Driver: f.driver, Kind: drivers.BuysAsBusiness, Company: "Flotte GmbH", Address: "Kiel", Country: "DE", VATID: "DE123456789"})
		return err
	})
	regs, buys := "/entities/"+access.DefaultEntity+"/registrations", "/drivers/"+f.driver+"/buyer"
	firm := `{"kind":"business","company":"Flotte GmbH","address":"Kiel","country":"DE","vat_id":"DE123456789"}`
	return map[string]sample{
		"listEntities": {path: "/entities"}, "listRegistrations": {path: regs},
		"postRegistration": {path: regs, body: `{"country":"FR","kind":"small_business","valid_from":"2020-01-01"}`},
		"endRegistration":  {path: regs + "/" + reg.ID + "/end", body: `{"valid_until":"2150-01-01"}`},
		"listTaxRates":     {path: "/tax/rates"},
		"postTaxRate":      {path: "/tax/rates", body: `{"country":"BR","name":"ICMS","percent":"18","valid_from":"2020-01-01"}`, own: true},
		"endTaxRate":       {path: "/tax/rates/" + rate.ID + "/end", body: `{"valid_until":"2150-01-01"}`},
		"explainTax":       {path: "/tax/explain?site=" + f.site},
		"getBuyer":         {path: buys}, "putBuyer": {path: buys, body: firm}, "askBuyer": {path: buys + "/ask", body: `{}`},
		"validateBuyer": {path: buys + "/validate", body: `{"state":"valid","evidence":"seen"}`},
		"getOwnBuyer":   {path: "/me/buyer"}, "putOwnBuyer": {path: "/me/buyer", body: firm},
	}
}

// A seller registers, a rate is entered, and the explainer says what applies to
// whom and why.
func TestTaxIsExplained(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		explain := func(query string) reply { return h.as(200, get, "/tax/explain?site="+f.site+query, "") }
		if r := explain(""); r.body["typed"] != true {
			h.Errorf("without registrations: %s", r.text)
		}
		h.as(201, post, "/entities/"+access.DefaultEntity+"/registrations", `{"country":"DE","kind":"standard","vat_id":"DE 811 569 869","valid_from":"2020-01-01"}`)
		for query, want := range map[string]string{
			"":                `"percent":"19"`, // shipped when the first registration was entered
			"&day=2019-12-31": `"typed":true`,
			"&day=2020-12-31": `"no_rate"`,
			"&buyer=dealer&country=FR&vat_id=FR12345678901&lang=de": `"note":"Steuerschuldnerschaft des Leistungsempfängers"`,
			"&buyer=business&country=DE":                            `"unproven"`,
		} {
			if r := explain(query); !strings.Contains(r.text, want) {
				h.Errorf("%s: %s", query, r.text)
			}
		}
		for _, query := range []string{"&day=soon", "&buyer=dealer", "&buyer=dealer&country=FR&vat_id=12", "&buyer=king"} {
			h.as(422, get, "/tax/explain?site="+f.site+query, "")
		}
		h.as(404, get, "/tax/explain?site=none", "")
		for _, body := range []string{
			`{"country":"BR","name":"ICMS","valid_from":"2020-01-01"}`, `{"country":"BR","name":"ICMS","percent":"18","per_kwh":"0.1","valid_from":"2020-01-01"}`,
			`{"country":"BR","name":"ICMS","percent":"much","valid_from":"2020-01-01"}`, `{"country":"BR","name":"ICMS","percent":"18","valid_from":"2020-02-30"}`,
			`{"country":"BR","name":"ICMS","percent":"0","valid_from":"2020-01-01"}`, `{"country":"BR","name":"ICMS","per_kwh":"-1","currency":"BRL","kind":"energy","valid_from":"2020-01-01"}`,
		} {
			h.as(422, post, "/tax/rates", body)
		}
		h.as(409, post, "/tax/rates", `{"country":"DE","name":"VAT","percent":"7","valid_from":"2022-01-01"}`)
		r := h.as(201, post, "/tax/rates", `{"country":"US","region":"US-IA","name":"EV excise","kind":"energy","per_kwh":"0.026","currency":"USD","valid_from":"2023-07-01"}`)
		if r.body["per_kwh"] != "0.026" || r.body["category"] != "S" {
			h.Errorf("%s", r.text)
		}
	})
}

func TestBuyersAreSeenAndExported(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		path := "/drivers/" + f.driver + "/buyer"
		if r := h.as(200, get, path, ""); r.body["kind"] != "consumer" || r.body["vat_state"] != "none" {
			h.Errorf("%s", r.text)
		}
		h.as(409, post, path+"/validate", `{"state":"valid","evidence":"x"}`)
		h.as(422, put, path, `{"kind":"business","company":"Flotte GmbH"}`)
		if r := h.as(200, put, path, `{"kind":"dealer","company":"Flotte GmbH","address":"Kiel","country":"DE","vat_id":"DE 123456789"}`); r.body["vat_state"] != "open" || r.body["vat_id"] != "DE123456789" {
			h.Errorf("%s", r.text)
		}
		if r := h.as(200, post, path+"/validate", `{"state":"valid","evidence":"register, today"}`); r.body["vat_state"] != "valid" || r.body["evidence"] != "register, today" || r.body["validated_at"] == nil {
			h.Errorf("%s", r.text)
		}
		her := caller{role: access.DriverRole, kind: access.KindDriver, person: f.driver, tenant: access.DefaultTenant}
		own := func(o operation, s sample) reply { return h.do(her, o, s) }
		if r := own(operation{method: get}, sample{path: "/me/buyer"}); r.body["kind"] != "dealer" || strings.Contains(r.text, "evidence") {
			h.Errorf("%s", r.text)
		}
		if r := own(operation{method: get}, sample{path: "/me/export"}); !strings.Contains(r.text, `"company":"Flotte GmbH"`) {
			h.Errorf("the export lacks whom she buys for: %s", r.text)
		}
		if r := own(operation{method: put}, sample{path: "/me/buyer", body: `{"kind":"consumer"}`}); r.code != 200 || r.body["kind"] != "consumer" {
			h.Errorf("%s", r.text)
		}
	})
}
