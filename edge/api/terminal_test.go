package api

import (
	"testing"

	"chargewright/base/store"
	"chargewright/core/billing"
)

// settlement is one that no session fits.
func (h *harness) settlement(station, ref string) string {
	h.Helper()
	micro := int64(5_000_000)
	var id string
	h.atom(func(tx *store.Tx) error {
		s, err := billing.TookSettlement(tx, billing.Settlement{Station: station, Ref: ref, Digest: ref, Outcome: "Settled", Amount: "5.00", Micro: &micro, At: noon}, "secret "+ref)
		id = s.ID
		return err
	})
	return id
}

func terminalSamples(h *harness, f fixture) map[string]sample {
	const path = "/terminal-settlements"
	return map[string]sample{
		"listTerminalSettlements": {path: path}, "closeTerminalSettlement": {path: path + "/" + h.settlement(f.station, "PSP-S") + "/close", body: `{"reason":"known"}`},
		"listTerminalReports": {path: "/terminal-reports"}, "takeTerminalReport": {path: "/terminal-reports", body: `{"csv":"reference,amount,currency,date,payout\nP,5.00,EUR,2026-01-31,1"}`},
	}
}

func TestSettlementsOfTerminalsAreListedAndClosed(t *testing.T) {
	each(t, func(h *harness) {
		h.as(200, put, "/stations/CP1", `{"name":"One","site_id":"site"}`)
		h.atom(h.remark) // OTHER1 is another tenant's
		id, theirs := h.settlement("CP1", "PSP-1"), h.settlement("OTHER1", "PSP-2")
		l := h.as(200, get, "/terminal-settlements?state=strange", "").items(t)
		if len(l) != 1 {
			h.Fatalf("settlements: %v", l)
		}
		x, _ := l[0].(map[string]any)
		if x["id"] != id || x["amount"] != "5.00" || x["psp_reference"] != "PSP-1" || x["session_id"] != nil || x["why"] == "" {
			h.Errorf("the settlement: %v", x)
		}
		h.as(404, post, "/terminal-settlements/"+theirs+"/close", `{"reason":"x"}`)
		h.as(422, post, "/terminal-settlements/"+id+"/close", `{"reason":" "}`)
		if x := h.as(200, post, "/terminal-settlements/"+id+"/close", `{"reason":"given back by hand"}`); x.body["state"] != "closed" || x.body["closed_by"] == nil {
			h.Errorf("closed: %s", x.text)
		}
		h.as(409, post, "/terminal-settlements/"+id+"/close", `{"reason":"again"}`)
	})
}

func TestAReportOfTheTerminalsIsTakenOver(t *testing.T) {
	each(t, func(h *harness) {
		const file = `{"csv":"reference;amount;fee;currency;date;payout\nPSP-1;5,36;0,10;EUR;2026-01-31;PO-1\nPSP-2;4,00;;EUR;2026-01-31;PO-1"}`
		for range 2 {
			if r := h.as(200, post, "/terminal-reports", file); r.body["rows"] != 2.0 || r.body["new"] != 2.0 || r.body["strange"] != 0.0 {
				h.Fatalf("taken: %s", r.text)
			}
		}
		h.as(422, post, "/terminal-reports", `{"csv":"reference;amount\nPSP-1;5,36"}`)
		h.as(404, post, "/terminal-reports", `{"csv":"reference,amount,currency,date,payout\nP,5.00,EUR,2026-01-31,1","entity_id":"nobody"}`)
		if l := h.as(200, get, "/terminal-reports", "").items(t); len(l) != 1 {
			h.Errorf("reports: %v", l)
		}
		items := h.as(200, get, "/reconciliation/terminal?open=true", "").items(t)
		if len(items) != 2 {
			h.Fatalf("%v", items)
		}
		if x, _ := items[0].(map[string]any); x["match"] != "not_ours" || x["provider_reference"] != "PSP-1" {
			h.Errorf("%v", x)
		}
	})
}
