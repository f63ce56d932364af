package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/tariff"
)

func spotSamples(h *harness, _ fixture) map[string]sample {
	h.as(200, put, "/spot-indexes/day-ahead", dayAhead)
	h.as(200, put, "/holidays/DE/2026-12-24", `{"name":"Heiligabend"}`)
	return map[string]sample{
		"listIndexes": {path: "/spot-indexes", wide: true}, "getIndex": {path: "/spot-indexes/day-ahead", wide: true},
		"putIndex":     {path: "/spot-indexes/day-ahead", body: dayAhead, own: true},
		"postSlots":    {path: "/spot-indexes/day-ahead/slots", body: `{"slots":[{"start":"2100-01-01T00:00:00Z","price":"0.1"}]}`},
		"listHolidays": {path: "/holidays?region=DE&year=2026", wide: true},
		"putHoliday":   {path: "/holidays/DE/2026-12-24", body: `{"removed":true}`, own: true}, "deleteHoliday": {path: "/holidays/DE/2026-12-24"},
	}
}

const dayAhead = `{"currency":"EUR","time_zone":"Europe/Berlin","slot_minutes":15}`

// soon is a quarter of an hour that has not begun.
func soon() time.Time { return time.Now().UTC().Truncate(15 * time.Minute).Add(30 * time.Minute) }

func TestPricesPutInByHand(t *testing.T) {
	each(t, func(h *harness) {
		h.as(200, put, "/spot-indexes/x", dayAhead)
		at := soon()
		body := fmt.Sprintf(`{"slots":[{"start":%q,"price":"-0.012345678"},{"start":%q,"price":"0.2"}]}`, at.Add(15*time.Minute).Format(time.RFC3339), at.Format(time.RFC3339))
		if r := h.as(200, post, "/spot-indexes/x/slots", body); r.text != `{"new":2,"changed":0,"same":0,"begun":0}` {
			h.Error(r.text)
		}
		if r := h.as(200, post, "/spot-indexes/x/slots", body); r.text != `{"new":0,"changed":0,"same":2,"begun":0}` {
			h.Error(r.text)
		}
		r := h.as(200, get, fmt.Sprintf("/spot-indexes/x?from=%s&until=%s", at.Format(time.RFC3339), at.Add(time.Hour).Format(time.RFC3339)), "")
		if slots, ok := r.body["slots"].([]any); !ok || len(slots) != 2 || !strings.Contains(r.text, `"price":"-0.012345678"`) {
			h.Error(r.text)
		}
		missing, _ := h.as(200, get, "/spot-indexes", "").items(h.T)[0].(map[string]any)["missing"].([]any)
		if len(missing) == 0 {
			h.Error("nothing is missing of a day with two slots")
		}
		for _, bad := range []string{`{}`, `{"csv":"a","slots":[]}`, `{"slots":[{"start":"2100-01-01T00:00:00Z","price":"0.0000000001"}]}`, `{"slots":[{"start":"2100-01-01T00:00:00Z","price":"1"},{"start":"2100-01-01T00:00:00Z","price":"2"}]}`} {
			want := 422
			if strings.Contains(bad, "csv") {
				want = 503 // this one reads none
			}
			h.as(want, post, "/spot-indexes/x/slots", bad)
		}
		old := h.as(200, get, "/spot-indexes/x", "").header.Get("ETag")
		h.as(412, put, "/spot-indexes/x", strings.Replace(dayAhead, "15", "60", 1), "If-None-Match", "*")
		h.as(422, put, "/spot-indexes/x", dayAhead, "If-None-Match", old)
		h.as(412, put, "/spot-indexes/w", dayAhead, "If-Match", "*")
		h.as(404, get, "/spot-indexes/w", "")
		h.as(200, put, "/spot-indexes/w", dayAhead, "If-None-Match", "*")
		h.as(200, post, "/spot-indexes/x/slots", fmt.Sprintf(`{"slots":[{"start":%q,"price":"0.3"}]}`, at.Add(30*time.Minute).Format(time.RFC3339))) // of no matter to its settings
		h.as(200, put, "/spot-indexes/x", strings.Replace(dayAhead, "15", "30", 1), "If-Match", old)
		h.as(412, put, "/spot-indexes/x", dayAhead, "If-Match", old)
		h.as(200, put, "/spot-indexes/x", dayAhead)
		if r := h.as(422, put, "/spot-indexes/y", strings.Replace(dayAhead, "Berlin", "Atlantis", 1)); r.body["field"] != "time_zone" {
			h.Error(r.text)
		}
		h.as(409, put, "/spot-indexes/x", strings.Replace(dayAhead, "EUR", "SEK", 1))
		h.as(422, get, "/spot-indexes/x?from=2026-01-01T00:00:00Z", "")
		h.as(422, get, "/spot-indexes/x?from=2026-01-01T00:00:00Z&until=2026-12-01T00:00:00Z", "")
		h.as(404, get, "/spot-indexes/z", "")
		h.atom(func(tx *store.Tx) error {
			x, err := tariff.GetIndex(tx, access.DefaultTenant, "x")
			x.Fed = true
			if err == nil {
				err = tariff.PutIndex(tx, x)
			}
			return err
		})
		h.as(409, put, "/spot-indexes/x", dayAhead)
	})
}

// A tariff that follows an index says what a kWh costs from now on, and an open
// session what it will.
func TestPricesAheadAreShown(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.as(200, put, "/spot-indexes/x", dayAhead)
		at := soon()
		h.as(200, post, "/spot-indexes/x/slots", fmt.Sprintf(`{"slots":[{"start":%q,"price":"0.1"},{"start":%q,"price":"-0.5"}]}`, at.Format(time.RFC3339), at.Add(15*time.Minute).Format(time.RFC3339)))
		spot := `{"id":"SPOT","currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.49,"spot":{"index":"%s","factor":2,"margin":"0.1"}}]}]}`
		h.as(422, put, "/tariffs/SPOT", fmt.Sprintf(spot, "unknown"))
		h.as(200, put, "/tariffs/SPOT", fmt.Sprintf(spot, "x"))
		h.as(200, put, "/tariff-assignments/site/site", `{"tariff_id":"SPOT"}`)
		id := h.charge(f.station, 2, "CARD", time.Now().UTC()) // after it was assigned
		r := h.as(200, get, "/sessions/"+id+"/course", "")
		ahead, _ := r.body["price_ahead"].([]any)
		// The fallback until the first slot, 2 × 0.10 + 0.10 in it, and never less than nothing.
		want := []string{"0.49", "0.30", "0.00"}
		if len(ahead) != len(want) {
			h.Fatal(r.text)
		}
		for i, x := range ahead {
			if p, _ := x.([]any); len(p) != 2 || p[1] != want[i] {
				h.Errorf("%v, want %v", ahead, want)
			}
		}
	})
}

func TestHolidaysOfARegion(t *testing.T) {
	each(t, func(h *harness) {
		names := func(query string) string {
			h.Helper()
			var out []string
			for _, x := range h.as(200, get, "/holidays"+query, "").items(h.T) {
				d, _ := x.(map[string]any)
				if d["removed"] != true {
					out = append(out, d["date"].(string)[5:])
				}
			}
			return strings.Join(out, " ")
		}
		by := "?region=DE-BY&year=2026"
		if got := names(by); got != "01-01 01-06 04-03 04-06 05-01 05-14 05-25 06-04 10-03 11-01 12-25 12-26" {
			h.Error(got)
		}
		h.as(200, put, "/holidays/DE-BY/2026-08-08", `{"name":"Friedensfest"}`)
		h.as(200, put, "/holidays/DE/2026-01-01", `{"removed":true}`)
		if got := names(by); got != "01-06 04-03 04-06 05-01 05-14 05-25 06-04 08-08 10-03 11-01 12-25 12-26" {
			h.Error(got)
		}
		h.as(204, del, "/holidays/DE/2026-01-01", "")
		h.as(404, del, "/holidays/DE/2026-01-01", "")
		h.as(422, put, "/holidays/DE/2026-02-30", `{"name":"x"}`)
		h.as(422, put, "/holidays/DE/2026-02-03", `{}`)
		if r := h.as(200, get, "/holidays?region=JP&year=2026", ""); r.body["known"] != false || len(r.items(h.T)) != 0 {
			h.Error(r.text)
		}
		h.as(200, put, "/sites/site", `{"name":"Depot","country":"DE","region":"DE-SN","time_zone":"Europe/Berlin"}`)
		if r := h.as(200, get, "/holidays", ""); r.body["region"] != "DE-SN" || r.body["year"] != float64(time.Now().UTC().Year()) {
			h.Error(r.text)
		}
		h.as(422, put, "/sites/site", `{"name":"Depot","country":"DE","region":"FR-75","time_zone":"Europe/Berlin"}`)
		h.as(422, put, "/sites/site", `{"name":"Depot","country":"DE","region":"Sachsen","time_zone":"Europe/Berlin"}`)
	})
}
