package api

import (
	"slices"
	"strings"
	"testing"

	"chargewright/core/access"
)

// refusals are requests and what they are refused with.
type refusals []struct {
	name, method, path, body string
	code                     int
	field                    string
}

func (h *harness) refuses(list refusals) {
	h.Helper()
	for _, c := range list {
		r := h.send(h.keys[access.Owner], c.method, prefix+c.path, c.body)
		if r.code != c.code || c.field != "" && r.body["field"] != c.field {
			h.Errorf("%s: %d %s, want %d %s", c.name, r.code, r.text, c.code, c.field)
		}
	}
}

// minor is an amount of an answer, in minor units.
func (r reply) minor(name string) float64 {
	m, _ := r.body[name].(map[string]any)
	n, _ := m["amount_minor"].(float64)
	return n
}

func TestWhatStaffMayNotDoWithPayments(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		p := h.purse(f)
		h.as(200, post, "/claims/"+p.lost+"/write-off", `{"reason":"moved away"}`)
		h.as(200, post, "/disputes/"+p.dispute+"/evidence", `{"text":"They charged."}`)
		top, unknown := "/payments/"+p.topUp, "/payments/"+p.unknown
		h.refuses(refusals{
			{"a payment that is not strange is cleared", post, top + "/clear", "", 409, ""},
			{"a step that is done is retried", post, top + "/retry", `{"step":"` + p.topUp + `/authorize"}`, 409, ""},
			{"a step of another payment", post, top + "/retry", `{"step":"` + p.unknown + `/capture"}`, 422, "step"},
			{"a step that is not there", post, top + "/retry", `{"step":"` + p.topUp + `/capture"}`, 404, ""},
			{"a step that is done is given up", post, top + "/give-up", `{"step":"` + p.topUp + `/authorize","reason":"x"}`, 409, ""},
			{"given up for no reason", post, unknown + "/give-up", `{"step":"` + p.unknown + `/capture","reason":""}`, 422, "reason"},
			{"a claim whose payment is under way is asked", post, "/claims/" + h.claimOf(p.unknown) + "/ask", "", 409, ""},
			{"written off twice", post, "/claims/" + p.lost + "/write-off", `{"reason":"again"}`, 409, ""},
			{"written off for no reason", post, "/claims/" + p.got + "/write-off", `{"reason":"  "}`, 422, "reason"},
			{"more received than is left", post, "/claims/" + p.got + "/received", `{"amount_minor":596,"reference":"A"}`, 422, "amount_minor"},
			{"nothing received", post, "/claims/" + p.got + "/received", `{"amount_minor":0,"reference":"A"}`, 422, "amount_minor"},
			{"received without a reference", post, "/claims/" + p.got + "/received", `{"amount_minor":1,"reference":" "}`, 422, "reference"},
			{"evidence twice", post, "/disputes/" + p.dispute + "/evidence", `{"text":"Truly."}`, 409, ""},
			{"the books of nobody", get, "/reconciliation/none", "", 404, ""},
			{"claims of no state", get, "/claims?state=lost", "", 422, "state"},
			{"half a card", get, "/payments?last4=12", "", 422, "last4"},
			{"goodwill beyond all bounds", put, "/billing/policy", `{"failed_start_wh":0,"failed_start_s":0,"hold_minor":0,"operator_goodwill":1000001,"support_goodwill":0}`, 422, "operator_goodwill"},
			{"a long failed start", put, "/billing/policy", `{"failed_start_wh":1001,"failed_start_s":0,"hold_minor":0,"operator_goodwill":0,"support_goodwill":0}`, 422, "failed_start_wh"},
		})
	})
}

// claimOf is the claim that a payment was asked for.
func (h *harness) claimOf(payment string) string {
	h.Helper()
	for _, x := range h.as(200, get, "/claims?limit=200", "").items(h.T) {
		if c, _ := x.(map[string]any); c["payment_id"] == payment {
			id, _ := c["id"].(string)
			return id
		}
	}
	h.Fatalf("no claim is for %s", payment)
	return ""
}

// Money that came by the bank is booked once for each reference, and pays the claim.
func TestATransferIsBookedOnce(t *testing.T) {
	each(t, func(h *harness) {
		p := h.purse(h.furnish())
		received := func(body string) reply { return h.as(200, post, "/claims/"+p.got+"/received", body) }
		for range 2 {
			if r := received(`{"amount_minor":100,"reference":"NTRF-1"}`); r.minor("hand") != 100 || r.minor("left") != 495 || r.body["state"] != "dunning" {
				h.Errorf("a part: %s", r.text)
			}
		}
		if r := received(`{"amount_minor":495,"reference":"NTRF-2"}`); r.minor("left") != 0 || r.body["state"] != "paid" {
			h.Errorf("the rest: %s", r.text)
		}
		if b := h.as(200, get, "/ledger/balances?prefix=bank/transfer", ""); !strings.Contains(b.text, `"amount_minor":595,`) {
			h.Errorf("the bank: %s", b.text)
		}
	})
}

// A dunned claim is asked at once when a better card is there, and the payment can be
// looked at until it is paid.
func TestAClaimIsAskedAgain(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		p := h.purse(f)
		h.atom(prefer(h, f.driver, p.spare))
		r := h.as(200, post, "/claims/"+p.again+"/ask", "")
		id, _ := r.body["payment_id"].(string)
		if r.body["state"] != "asked" || r.body["attempts"] != 2.0 || id == "" {
			h.Fatalf("asked: %s", r.text)
		}
		h.refuses(refusals{{"while it is under way", post, "/claims/" + p.again + "/ask", "", 409, ""}})
		h.till.drain()
		if r = h.as(200, get, "/claims/"+p.again, ""); r.body["state"] != "paid" || r.minor("paid") != 595 {
			h.Errorf("paid: %s", r.text)
		}
		r = h.as(200, post, "/payments/"+id+"/look", "")
		if r.body["status"] != "taken" || r.body["session_id"] != p.again || r.minor("captured") != 595 || !strings.Contains(r.text, `"last4":"0001"`) {
			h.Errorf("the payment: %s", r.text)
		}
		h.refuses(refusals{{"when it is paid", post, "/claims/" + p.again + "/write-off", `{"reason":"x"}`, 409, ""}})
	})
}

// A person ends what nobody could tell: made again, given up, or looked at.
func TestTroubleIsEnded(t *testing.T) {
	each(t, func(h *harness) {
		p := h.purse(h.furnish())
		if n := len(h.as(200, get, "/payments?trouble=true", "").items(t)); n != 3 {
			h.Errorf("%d payments are in trouble", n)
		}
		h.as(200, post, "/payments/"+p.unknown+"/retry", `{"step":"`+p.unknown+`/capture"}`)
		h.till.drain()
		if r := h.as(200, get, "/payments/"+p.unknown, ""); r.body["status"] != "taken" || r.body["trouble"] != nil || r.minor("captured") != 595 {
			h.Errorf("made again: %s", r.text)
		}
		r := h.as(200, post, "/payments/"+p.hopeless+"/give-up", `{"step":"`+p.hopeless+`/capture","reason":"the provider says so"}`)
		if !strings.Contains(r.text, `"outcome":"given_up","answer":"the provider says so"`) || r.body["trouble"] != nil {
			h.Errorf("given up: %s", r.text)
		}
		if r = h.as(200, post, "/payments/"+p.strange+"/clear", ""); r.body["trouble"] != nil || r.minor("captured") != 1000 {
			h.Errorf("cleared: %s", r.text)
		}
	})
}

func TestDisputesAndTheBooks(t *testing.T) {
	each(t, func(h *harness) {
		p := h.purse(h.furnish())
		if r := h.as(200, get, "/payments/"+p.disputed, ""); !strings.Contains(r.text, `"disputes":[{"id":"`+p.dispute) {
			h.Errorf("the payment: %s", r.text)
		}
		if r := h.as(200, post, "/disputes/"+p.dispute+"/evidence", `{"text":"They charged."}`); r.body["state"] != "heard" || r.minor("amount") != 2000 {
			h.Errorf("heard: %s", r.text)
		}
		rows := h.as(200, get, "/reconciliation", "").items(t)
		if len(rows) != 1 {
			h.Fatalf("%d balances", len(rows))
		}
		if row, _ := rows[0].(map[string]any); row["provider"] != provider || (reply{body: row}).minor("off") != 0 {
			h.Errorf("the books: %v", row)
		}
		if r := h.as(200, get, "/reconciliation/"+provider, ""); !strings.Contains(r.text, `"kind":"dispute"`) {
			h.Errorf("items: %s", r.text)
		}
		if r := h.send(h.other, get, prefix+"/reconciliation/"+provider, ""); len(r.items(t)) != 0 {
			h.Errorf("another tenant's: %s", r.text)
		}
	})
}

func TestPagesOfMoney(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.purse(f)
		for _, l := range []struct {
			path, member string
			want         int
		}{
			{"/payments", "id", 12}, {"/payments?driver_id=" + f.driver, "id", 10}, {"/payments?last4=0011", "id", 6}, {"/claims", "id", 8}, {"/claims?state=dunning", "id", 5},
			{"/disputes", "id", 1}, {"/reconciliation/" + provider, "kind", 4},
		} {
			whole := h.pages(l.path, l.member, MaxPage)
			if len(whole) != l.want {
				h.Errorf("%s has %d items, want %d: %v", l.path, len(whole), l.want, whole)
			}
			for _, limit := range []int{1, 2} {
				if parts := h.pages(l.path, l.member, limit); !slices.Equal(parts, whole) {
					h.Errorf("%s by %d: %v, whole: %v", l.path, limit, parts, whole)
				}
			}
		}
	})
}

func TestThePolicyIsGuarded(t *testing.T) {
	each(t, func(h *harness) {
		old := h.as(200, get, "/billing/policy", "")
		if old.body["operator_goodwill"] != 200.0 || old.body["failed_start_wh"] != 100.0 {
			h.Errorf("by default: %s", old.text)
		}
		body := `{"failed_start_wh":50,"failed_start_s":60,"hold_minor":2500,"operator_goodwill":100,"support_goodwill":10}`
		tag := old.header.Get("ETag")
		h.as(200, put, "/billing/policy", body, "If-Match", tag)
		h.as(412, put, "/billing/policy", body, "If-Match", tag)
		if now := h.as(200, get, "/billing/policy", ""); now.body["hold_minor"] != 2500.0 || now.header.Get("ETag") == tag {
			h.Errorf("then: %s", now.text)
		}
		if r := h.send(h.other, get, prefix+"/billing/policy", ""); r.body["hold_minor"] != 0.0 {
			h.Errorf("another tenant's: %s", r.text)
		}
	})
}

// Without a provider what needs one says so, and the rest works.
func TestNoProviderIsConfigured(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		p := h.purse(f)
		h = newHarnessOn(h, func(o *Options) { o.Till = nil })
		h.refuses(refusals{
			{"look", post, "/payments/" + p.topUp + "/look", "", 503, ""}, {"clear", post, "/payments/" + p.strange + "/clear", "", 503, ""},
			{"contest", post, "/disputes/" + p.dispute + "/evidence", `{"text":"x"}`, 503, ""}, {"items", get, "/reconciliation/" + provider, "", 404, ""},
		})
		if n := len(h.as(200, get, "/reconciliation", "").items(t)); n != 0 {
			h.Errorf("%d balances of nobody", n)
		}
		h.as(200, get, "/payments/"+p.topUp, "")
	})
}

// What staff do with money is on record, with who did it and why.
func TestDeedsWithMoneyAreOnRecord(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		p := h.purse(f)
		for _, c := range []struct{ action, path, body, object, kept string }{
			{"writeOffClaim", "/claims/" + p.lost + "/write-off", `{"reason":"moved away"}`, p.lost, `"reason":"moved away"`},
			{"receivedClaim", "/claims/" + p.got + "/received", `{"amount_minor":100,"reference":"NTRF-1"}`, p.got, `"reference":"NTRF-1"`},
			{"askClaim", "/claims/" + p.again + "/ask", ``, p.again, `{}`},
			{"giveUpPaymentStep", "/payments/" + p.hopeless + "/give-up", `{"step":"` + p.hopeless + `/capture","reason":"the provider says so"}`, p.hopeless, `"reason":"the provider says so"`},
			{"clearPayment", "/payments/" + p.strange + "/clear", ``, p.strange, `{}`},
			{"creditDocument", "/documents/" + f.receipt + "/credits", `{"key":"a","amount_minor":100,"reason":"the cable hung"}`, f.receipt, `"reason":"the cable hung"`},
			{"correctSession", "/sessions/" + p.wrong + "/correction", `{"decision":"void","reason":"a test","gross_minor":0}`, p.wrong, `"reason":"a test"`},
		} {
			if r := h.send(h.keys[access.Finance], post, prefix+c.path, c.body); r.code >= 300 {
				h.Fatalf("%s: %d %s", c.action, r.code, r.text)
			}
			r := h.as(200, get, "/audit?action="+c.action, "")
			rows := r.items(t)
			if len(rows) != 1 {
				h.Fatalf("%s: %s", c.action, r.text)
			}
			row, _ := rows[0].(map[string]any)
			if row["object"] != c.object || row["actor_kind"] != "key" || !strings.Contains(r.text, c.kept) {
				h.Errorf("%s: %s", c.action, r.text)
			}
		}
	})
}
