package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chargewright/base/store"
	stations "chargewright/core/station"
)

// tomorrow is a time of tomorrow as the API writes times.
func tomorrow() string {
	return time.Now().UTC().Add(24 * time.Hour).Truncate(time.Second).Format(time.RFC3339)
}

func offerSamples(h *harness, f fixture) map[string]sample {
	ta, from := "/tariffs/"+f.tariff, tomorrow()
	h.as(200, put, ta+"?from="+from, strings.Replace(tariffBody, "0.50", "0.60", 1))
	o := h.as(201, post, "/tariff-assignments", `{"kind":"site","place":"`+f.site+`","audience":"members","tariff_id":"`+f.tariff+`"}`)
	return map[string]sample{
		"withdrawTariff":   {path: ta + "/planned?from=" + from},
		"postAssignment":   {path: "/tariff-assignments", body: `{"kind":"site","place":"` + f.site + `","audience":"guests","tariff_id":"` + f.tariff + `"}`},
		"deleteAssignment": {path: fmt.Sprintf("/tariff-assignments/%v", o.body["id"])},
		"explainTariff":    {path: "/tariff-assignments/explain?station=" + f.station},
	}
}

// The explanation names the winner first and what each of the others lost by.
func TestExplainTariff(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.atom(func(tx *store.Tx) error { return stations.SetEVSE(tx, f.station, 2, "", 11_000) })
		evse := f.station + "/2"
		for _, body := range []string{
			`{"kind":"evse","place":"` + evse + `","tariff_id":"T1"}`,
			`{"kind":"connector","place":"` + evse + `/1","tariff_id":"T1","from":"` + tomorrow() + `"}`,
			`{"kind":"tenant","place":"default","audience":"group","group_id":"fleet","tariff_id":"T1"}`,
		} {
			h.as(201, post, "/tariff-assignments", body)
		}
		reasons := func(query string) (out []string) {
			r := h.as(200, get, "/tariff-assignments/explain?station="+f.station+query, "")
			for _, c := range r.body["candidates"].([]any) {
				m := c.(map[string]any)
				out = append(out, fmt.Sprintf("%v %v %v", m["kind"], m["audience"], m["reason"]))
			}
			return out
		}
		for query, want := range map[string]string{
			"":                                   "site all wins, tenant group other_audience",
			"&evse=2&connector=1":                "evse all wins, site all less_where, tenant group other_audience, connector all not_yet",
			"&evse=2&audience=group&group=fleet": "tenant group wins, evse all less_for_whom, site all less_for_whom",
			"&at=1999-01-01T00:00:00Z":           "site all wins, tenant group not_yet",
		} {
			if got := strings.Join(reasons(query), ", "); got != want {
				h.Errorf("%q: %s, want %s", query, got, want)
			}
		}
		if r := h.as(200, get, "/tariff-assignments/explain?lang=de&station="+f.station, ""); r.body["sentence"] != "0,50 € pro kWh, zzgl. Steuer" {
			h.Errorf("the sentence: %s", r.text)
		}
		for body, field := range map[string]string{
			`{"kind":"evse","place":"` + f.station + `","tariff_id":"T1"}`:                             "place",
			`{"kind":"evse","place":"` + f.station + `/x","tariff_id":"T1"}`:                           "place",
			`{"kind":"connector","place":"` + evse + `","tariff_id":"T1"}`:                             "place",
			`{"kind":"evse","place":"` + f.station + `/9","tariff_id":"T1"}`:                           "place",
			`{"kind":"site","place":"none","tariff_id":"T1"}`:                                          "place",
			`{"kind":"site","place":"` + f.site + `","tariff_id":"NO"}`:                                "tariff_id",
			`{"kind":"site","place":"` + f.site + `","audience":"group","tariff_id":"T1"}`:             "group_id",
			`{"kind":"site","place":"` + f.site + `","until":"2020-01-01T00:00:00Z","tariff_id":"T1"}`: "until",
		} {
			if r := h.as(422, post, "/tariff-assignments", body); r.body["field"] != field {
				h.Errorf("%s: %s", body, r.text)
			}
		}
	})
}

// A planned version shows as planned, and can be taken back.
func TestPlannedVersion(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		from := tomorrow()
		h.as(200, put, "/tariffs/T1?from="+from, strings.Replace(tariffBody, "0.50", "0.60", 1))
		if r := h.as(200, get, "/tariffs/T1", ""); r.text != tariffBody {
			h.Errorf("now: %s", r.text)
		}
		states := func() string {
			var out []string
			for _, v := range h.as(200, get, "/tariffs/T1/versions", "").body["items"].([]any) {
				out = append(out, fmt.Sprint(v.(map[string]any)["state"]))
			}
			return strings.Join(out, " ")
		}
		if s := states(); s != "planned current" {
			h.Errorf("the states: %s", s)
		}
		h.as(204, del, "/tariffs/T1/planned?from="+from, "")
		h.as(404, del, "/tariffs/T1/planned?from="+from, "")
		if s := states(); s != "current" {
			h.Errorf("the states: %s", s)
		}
	})
}

// What the law of an EVSE forbids to offer to strangers is refused wherever it
// would come to hold there; what members agreed to is a contract.
func TestLawOfAnEVSE(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		perMinute := `{"id":"TIME","currency":"EUR","elements":[{"price_components":[{"type":"TIME","price":6,"vat":19},{"type":"FLAT","price":1,"vat":19}]}]}`
		h.as(200, put, "/tariffs/TIME", perMinute)
		law := func(code int, profile string) reply {
			return h.as(code, put, "/stations/"+f.station, `{"evses":[{"evse_id":1,"max_power_w":150000,"legal_profile":"`+profile+`"}]}`)
		}
		law(200, "afir") // what holds there now is per kWh
		for what, r := range map[string]reply{
			"its site":                 h.as(422, put, "/tariff-assignments/site/"+f.site, `{"tariff_id":"TIME"}`),
			"its station":              h.as(422, put, "/tariff-assignments/station/"+f.station, `{"tariff_id":"TIME"}`),
			"its station, as a member": h.as(422, put, "/stations/"+f.station, `{"tariff_id":"TIME"}`),
			"guests, tomorrow":         h.as(422, post, "/tariff-assignments", `{"kind":"tenant","place":"default","audience":"guests","tariff_id":"TIME","from":"`+tomorrow()+`"}`),
			"tomorrow's version":       h.as(422, put, "/tariffs/T1?from="+tomorrow(), strings.Replace(tariffBody, "ENERGY", "TIME", 1)),
		} {
			planned := strings.Contains(what, "tomorrow")
			for _, part := range []string{"AFIR", "EVSE 1 of " + f.station, "elements: no element has a price per kWh"} {
				if !strings.Contains(r.text, part) {
					h.Errorf("%s: %q is not in %s", what, part, r.text)
				}
			}
			if r.body["field"] != "tariff_id" || strings.Contains(r.text, " from "+tomorrow()) != planned {
				h.Errorf("%s: %s", what, r.text)
			}
		}
		h.as(200, put, "/tariff-assignments/tenant/default", `{"tariff_id":"TIME"}`) // the site's own comes first there
		h.as(200, put, "/tariff-assignments/tenant/default", `{"tariff_id":""}`)
		h.as(201, post, "/tariff-assignments", `{"kind":"evse","place":"`+f.station+`/1","audience":"members","tariff_id":"TIME"}`)
		if r := h.as(422, put, "/tariffs/T1", strings.Replace(tariffBody, "ENERGY", "TIME", 1)); !strings.Contains(r.text, "AFIR") {
			h.Errorf("a version of what is offered: %s", r.text)
		}
		planned, later := tomorrow(), time.Now().Add(72*time.Hour).UTC().Format(time.RFC3339)
		h.as(200, put, "/tariffs/TIME?from="+planned, strings.ReplaceAll(tariffBody, `"T1"`, `"TIME"`))
		h.as(201, post, "/tariff-assignments", `{"kind":"site","place":"`+f.site+`","audience":"guests","tariff_id":"TIME","from":"`+later+`"}`)
		if r := h.as(422, del, "/tariffs/TIME/planned?from="+planned, ""); !strings.Contains(r.text, "AFIR") {
			h.Errorf("the version before what is withdrawn: %s", r.text)
		}
		law(200, "")
		h.as(204, del, "/tariffs/TIME/planned?from="+planned, "")
		h.as(200, put, "/tariff-assignments/site/"+f.site, `{"tariff_id":"TIME"}`)
		if r := law(422, "nevi"); r.body["field"] != "legal_profile" {
			h.Errorf("under the law: %s", r.text)
		}
		law(422, "bogus")
		if r := h.send(h.keys["technician"], put, prefix+"/stations/"+f.station, `{"evses":[{"evse_id":1,"legal_profile":"afir"}]}`); r.code != 403 {
			h.Errorf("a technician: %s", r.text)
		}
	})
}
