package api

import (
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/core/access"
	drivers "chargewright/core/driver"
	"chargewright/plug/simpay"
)

// A driver who may not charge is told why before the station is asked.
func TestAStartWithoutMeans(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.serve(f.station, "DE*ABC*E1")
		p := h.driver("ada@example.org")
		start := func(code int) reply {
			h.Helper()
			return p.me(code, post, "/me/starts", `{"evse":"`+f.station+`:1","tariff_version":"`+f.version+`"}`)
		}
		body := h.as(200, get, "/billing/policy", "")
		if body.body["unpaid_sessions"] != "allow" {
			h.Errorf("by default: %s", body.text)
		}
		h.as(422, put, "/billing/policy", strings.Replace(body.text, `"allow"`, `"perhaps"`, 1))
		h.as(200, put, "/billing/policy", strings.Replace(body.text, `"allow"`, `"refuse"`, 1))
		if r := start(409); r.body["code"] != "no_means" || !strings.Contains(r.text, "save a payment method") {
			h.Errorf("refused: %s", r.text)
		}
		h.till.save(p.id, simpay.Good)
		h.atom(func(tx *store.Tx) error { return drivers.Hold(tx, access.DefaultTenant, p.id, "unpaid") })
		if r := start(409); r.body["code"] != "unpaid" {
			h.Errorf("held: %s", r.text)
		}
		h.atom(func(tx *store.Tx) error { return drivers.Hold(tx, access.DefaultTenant, p.id, "") })
		start(202)
	})
}
