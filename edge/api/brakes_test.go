package api

import (
	"net/http"
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/brake"
)

// block raises a block of a token and returns its id.
func (h *harness) block(tenant, token string) string {
	h.Helper()
	var id string
	h.atom(func(tx *store.Tx) error {
		b, err := brake.Raise(tx, tenant, brake.Sign{
			Subject: brake.Subject{Kind: brake.Token, Key: token}, Reason: brake.Travel, Station: "CP1", EVSE: 1,
			Evidence: brake.Evidence{Limit: 250, Since: noon, Objects: []string{"ses_1"}, From: "CP2", Distance: 504, Seconds: 600},
		})
		id = b.ID
		return err
	})
	return id
}

func brakeSamples(h *harness, f fixture) map[string]sample {
	b := "/brakes/" + h.block(access.DefaultTenant, "sampled")
	limits := `{"token_starts":0,"account_parallel":0,"travel_kmh":0,"address_visits":0,"address_unpaid":0,"evse_visits":0,"evse_unpaid":0,"card_visits":0,"card_refused":0}`
	return map[string]sample{
		"listBlocks": {path: "/brakes"}, "getBlock": {path: b}, "liftBlock": {path: b + "/lift", body: `{"reason":"it was them"}`},
		"getBrakeLimits": {path: "/brake-limits", wide: true}, "getStandardBrakeLimits": {path: "/brake-limits/standard", wide: true}, "putBrakeLimits": {path: "/brake-limits", body: limits},
	}
}

func TestABlockIsExplainedAndLifted(t *testing.T) {
	each(t, func(h *harness) {
		theirs := h.block(otherTenant, "theirs")
		id := h.block(access.DefaultTenant, "card")
		l := h.as(200, get, "/brakes?standing=true&kind=token", "").items(t)
		if len(l) != 1 {
			h.Fatalf("blocks: %v", l)
		}
		b, _ := l[0].(map[string]any)
		if b["id"] != id || b["reason"] != "impossible_travel" || b["subject"] != "card" || b["standing"] != true {
			h.Errorf("the block: %v", b)
		}
		e, _ := b["evidence"].(map[string]any)
		words, _ := b["words"].(string)
		if e["distance_km"] != 504.0 || e["seconds"] != 600.0 || e["from_station_id"] != "CP2" || !strings.Contains(words, "far from here") {
			h.Errorf("evidence: %v", b)
		}
		h.as(404, get, "/brakes/"+theirs, "")
		h.as(404, post, "/brakes/"+theirs+"/lift", `{"reason":"x"}`)
		h.as(http.StatusUnprocessableEntity, post, "/brakes/"+id+"/lift", `{"reason":"  "}`)
		done := h.as(200, post, "/brakes/"+id+"/lift", `{"reason":"two cards, one number"}`)
		if done.body["standing"] != false || done.body["lifted_for"] != "two cards, one number" || done.body["lifted_by"] == nil {
			h.Errorf("lifted: %s", done.text)
		}
		h.as(409, post, "/brakes/"+id+"/lift", `{"reason":"again"}`)
		if l := h.as(200, get, "/brakes?standing=true", "").items(t); len(l) != 0 {
			h.Errorf("still standing: %v", l)
		}
		if l := h.as(200, get, "/brakes", "").items(t); len(l) != 1 {
			h.Errorf("not on record any more: %v", l)
		}
	})
}

func TestLimitsOfBrakesAreTheTenants(t *testing.T) {
	each(t, func(h *harness) {
		if l := h.as(200, get, "/brake-limits", "").body; l["travel_kmh"] != 250.0 || l["card_refused"] != 4.0 {
			h.Errorf("by default: %v", l)
		}
		body := `{"token_starts":1,"account_parallel":2,"travel_kmh":3,"address_visits":4,"address_unpaid":5,"evse_visits":6,"evse_unpaid":7,"card_visits":8,"card_refused":9}`
		h.as(200, put, "/brake-limits", body)
		l := h.as(200, get, "/brake-limits", "").body
		for name, want := range map[string]float64{"token_starts": 1, "account_parallel": 2, "travel_kmh": 3, "address_visits": 4, "address_unpaid": 5, "evse_visits": 6, "evse_unpaid": 7, "card_visits": 8, "card_refused": 9} {
			if l[name] != want {
				h.Errorf("%s is %v", name, l[name])
			}
		}
		if l := h.as(200, get, "/brake-limits/standard", "").body; l["travel_kmh"] != 250.0 || l["token_starts"] != 30.0 {
			h.Errorf("the standard is %v", l)
		}
		h.as(http.StatusUnprocessableEntity, put, "/brake-limits", strings.Replace(body, `"travel_kmh":3`, `"travel_kmh":-1`, 1))
	})
}
