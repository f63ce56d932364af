package api

import (
	"slices"
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/payment"
)

// What is in a list about money says who pays by name, and where it was charged.
func TestMoneySaysWhoPays(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		p := h.purse(f)
		h.as(200, put, "/drivers/"+f.driver, `{"name":"Ada Berger","email":"ada@example.org"}`)
		paid, _ := h.as(200, get, "/claims/"+p.again, "").body["payment_id"].(string)
		check := func(path, id, payer, name string) {
			t.Helper()
			items := h.as(200, get, path, "").items(t)
			i := slices.IndexFunc(items, func(x any) bool {
				v, _ := x.(map[string]any)
				return v["id"] == id || v["session_id"] == id
			})
			if i < 0 {
				t.Errorf("%s does not list %s", path, id)
				return
			}
			v, _ := items[i].(map[string]any)
			if got, _ := v["driver_name"].(string); v["payer"] != payer || got != name || v["station_id"] != "CP1" || v["site_name"] != "Depot" {
				t.Errorf("%s: %v", path, v)
			}
		}
		for _, path := range []string{"/claims", "/payments", "/documents", "/exports/documents.json"} {
			check(path, p.again, "driver", "Ada Berger")
			check(path, h.sessionOf(p.unknown), "guest", "")
		}
		check("/payments?session_id="+p.again, paid, "driver", "Ada Berger")
		for _, x := range h.as(200, get, "/disputes", "").items(t) {
			if v, _ := x.(map[string]any); v["payer"] != "driver" || v["driver_name"] != "Ada Berger" {
				t.Errorf("a dispute: %v", v)
			}
		}
		if r := h.as(200, get, "/documents/"+p.again, ""); r.body["driver_name"] != "Ada Berger" {
			t.Errorf("the receipt: %s", r.text)
		}
		h.as(200, put, "/drivers/"+f.driver, `{"name":" ","email":"ada@example.org"}`)
		if r := h.as(200, get, "/payments/"+paid, ""); r.body["driver_name"] != "ada@example.org" {
			t.Errorf("without a name: %s", r.text)
		}
	})
}

// A role that sees no people reads no names, whatever list it comes to.
func TestWhoSeesNoPeopleReadsNoNames(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		p := h.purse(f)
		h.atom(func(tx *store.Tx) error {
			paid, err := payment.Some(tx, []string{p.topUp})
			if err != nil {
				return err
			}
			rows, err := showPayments(tx, access.Scope{Tenant: access.DefaultTenant, Role: access.Technician}, paid)
			if len(rows) != 1 || rows[0].Name != nil || rows[0].Payer != "driver" {
				t.Errorf("a technician reads %+v", rows)
			}
			return err
		})
		if r := h.send(h.keys[access.Technician], get, prefix+"/payments", ""); strings.Contains(r.text, "driver_name") {
			t.Errorf("a technician lists %s", r.text)
		}
	})
}

// Who is nobody known is told from a guest, and is known by their token.
func TestGuestsAreToldFromTokensOfNobody(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.purse(f)
		h.atom(func(tx *store.Tx) error {
			sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Finance}
			all, err := whom(tx, sc, []subject{{session: f.session}, {session: f.session, guest: true}, {}, {session: "ses_none"}})
			if err != nil {
				return err
			}
			if all[0].Payer != "nobody" || all[0].Token == "" || all[0].StationID == "" {
				t.Errorf("a token: %+v", all[0])
			}
			if all[1].Payer != "guest" || all[1].Token != "" {
				t.Errorf("a guest: %+v", all[1])
			}
			if all[2] != (Whom{Payer: "nobody"}) || all[3] != (Whom{Payer: "nobody"}) {
				t.Errorf("nothing known: %+v, %+v", all[2], all[3])
			}
			of, err := billing.SessionsOf(tx, nil)
			if len(of) != 0 {
				t.Errorf("no payments have sessions: %v", of)
			}
			return err
		})
	})
}
