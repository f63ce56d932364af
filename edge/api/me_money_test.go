package api

import (
	"net/url"
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
)

// newHarnessOn is a harness on the things of another, with other options.
func newHarnessOn(h *harness, change func(*Options)) *harness {
	h.Helper()
	n := *h
	change(&n.options)
	var err error
	if n.handler, err = New(n.options); err != nil {
		h.Fatal(err)
	}
	return &n
}

// prefer makes a method of a driver the default.
func prefer(_ *harness, driver, method string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		return payment.Prefer(tx, access.Scope{Tenant: access.DefaultTenant, Role: access.DriverRole, Actor: driver}, method)
	}
}

// A top-up is paid on the provider's page; the same key again is the same payment.
func TestAWalletIsFilledAndPaidBack(t *testing.T) {
	each(t, func(h *harness) {
		p := h.driver("ada@example.org")
		if r := p.me(200, get, "/me/wallet", ""); r.minor("balance") != 0 || r.minor("most") != 1_000_000 {
			h.Errorf("at first: %s", r.text)
		}
		p.me(409, post, "/me/wallet/pay-back", "")
		first := p.me(201, post, "/me/wallet/top-ups", `{"key":"k","amount_minor":2500,"save":true}`)
		id, _ := first.body["id"].(string)
		page, _ := first.body["url"].(string)
		if u, err := url.Parse(page); err != nil || u.Host != "pay.example.org" || first.body["status"] != "open" {
			h.Errorf("the page: %s", first.text)
		}
		if again := p.me(201, post, "/me/wallet/top-ups", `{"key":"k","amount_minor":2500,"save":true}`); again.body["id"] != id || len(h.till.sim.Charges("")) != 1 {
			h.Errorf("again: %s", again.text)
		}
		h.till.pay(id, simpay.Good)
		if r := p.me(200, get, "/me/payments/"+id, ""); r.body["status"] != "taken" || r.body["url"] != nil || strings.Contains(r.text, "simfp") {
			h.Errorf("paid: %s", r.text)
		}
		if r := p.me(200, get, "/me/wallet", ""); r.minor("balance") != 2500 || r.minor("free") != 2500 {
			h.Errorf("then: %s", r.text)
		}
		methods := p.me(200, get, "/me/methods", "").items(t)
		if len(methods) != 1 {
			h.Fatalf("the methods: %v", methods)
		}
		m, _ := methods[0].(map[string]any)
		method, _ := m["id"].(string)
		saved := p.me(201, post, "/me/wallet/top-ups", `{"key":"k2","amount_minor":500,"method_id":"`+method+`"}`)
		if saved.body["status"] != "taken" || saved.body["url"] != nil {
			h.Errorf("by the saved method: %s", saved.text)
		}
		if r := p.me(200, post, "/me/wallet/pay-back", ""); r.minor("free") != 0 || r.minor("balance") != 3000 {
			h.Errorf("on its way back: %s", r.text)
		}
		p.me(409, post, "/me/wallet/pay-back", "")
		h.till.drain()
		if r := p.me(200, get, "/me/wallet", ""); r.minor("balance") != 0 {
			h.Errorf("paid back: %s", r.text)
		}
	})
}

func TestWhatADriverMayNotDoWithMoney(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		x := h.purse(f)
		p := h.driver("eve@example.org")
		for _, c := range []struct {
			name, method, path, body string
			code                     int
			field                    string
		}{
			{"too little", post, "/me/wallet/top-ups", `{"key":"a","amount_minor":99}`, 422, "amount_minor"},
			{"too much", post, "/me/wallet/top-ups", `{"key":"a","amount_minor":1000001}`, 422, "amount_minor"},
			{"no key", post, "/me/wallet/top-ups", `{"key":"","amount_minor":100}`, 422, "key"},
			{"by another's card", post, "/me/wallet/top-ups", `{"key":"a","amount_minor":100,"method_id":"` + x.spare + `"}`, 404, ""},
			{"fills itself by no card", put, "/me/wallet", `{"auto_below_minor":100,"auto_amount_minor":500}`, 409, ""},
			{"fills itself by nothing", put, "/me/wallet", `{"auto_below_minor":100,"auto_amount_minor":0}`, 422, "auto_amount"},
			{"another's card is the default", post, "/me/methods/" + x.spare + "/default", "", 404, ""},
			{"another's card is removed", del, "/me/methods/" + x.spare, "", 404, ""},
			{"another's payment", get, "/me/payments/" + x.topUp, "", 404, ""},
			{"another's claim", post, "/me/claims/" + x.again + "/pay", "", 404, ""},
		} {
			if r := p.send("", c.method, prefix+c.path, c.body, "Cookie", p.cookie); r.code != c.code || c.field != "" && r.body["field"] != c.field {
				h.Errorf("%s: %d %s", c.name, r.code, r.text)
			}
		}
	})
}

// Who owes pays by a page, once; the last method goes when nothing is owed.
func TestADriverPaysWhatTheyOwe(t *testing.T) {
	each(t, func(h *harness) {
		p := h.driver("ada@example.org")
		h.as(200, put, "/stations/CP1", `{"site_id":"site"}`)
		h.as(200, put, "/tariffs/T1", tariffBody)
		h.as(200, put, "/tariff-assignments/site/site", `{"tariff_id":"T1"}`)
		h.as(200, put, "/tokens/CARD", `{"driver_id":"`+p.id+`"}`)
		method := h.till.save(p.id, simpay.DeclinedLater)
		f := fixture{station: "CP1"}
		session := h.charged(f, 1, "CARD")
		h.till.drain()
		if r := p.me(200, get, "/me/claims", ""); !strings.Contains(r.text, `"state":"dunning"`) || !strings.Contains(r.text, session) || strings.Contains(r.text, "insufficient_funds") {
			h.Errorf("owed: %s", r.text)
		}
		p.me(409, del, "/me/methods/"+method, "")
		if r := p.me(409, del, "/me", ""); r.body["code"] != "money_open" {
			h.Errorf("leaves with a debt: %s", r.text)
		}
		first := p.me(201, post, "/me/claims/"+session+"/pay", `{"save":true}`)
		id, _ := first.body["id"].(string)
		if again := p.me(201, post, "/me/claims/"+session+"/pay", ""); again.body["id"] != id || again.body["url"] == nil {
			h.Errorf("again: %s", again.text)
		}
		h.till.pay(id, simpay.Good)
		if r := p.me(200, get, "/me/claims", ""); !strings.Contains(r.text, `"state":"paid"`) {
			h.Errorf("paid: %s", r.text)
		}
		p.me(409, post, "/me/claims/"+session+"/pay", "")
		saved := p.me(200, get, "/me/methods", "").items(t) // with the page
		if len(saved) != 2 {
			h.Fatalf("the methods: %v", saved)
		}
		second, _ := saved[1].(map[string]any)["id"].(string)
		p.me(204, post, "/me/methods/"+second+"/default", "")
		if r := p.me(200, get, "/me/methods", ""); !strings.HasPrefix(r.text, `{"items":[{"id":"`+second) {
			h.Errorf("the default comes first: %s", r.text)
		}
		p.me(204, del, "/me/methods/"+method, "")
		p.me(204, del, "/me/methods/"+second, "")
		if n := len(p.me(200, get, "/me/methods", "").items(t)); n != 0 {
			h.Errorf("%d methods are left", n)
		}
		top := p.me(201, post, "/me/wallet/top-ups", `{"key":"k","amount_minor":700}`)
		paid, _ := top.body["id"].(string)
		h.till.pay(paid, simpay.Good)
		if r := p.me(409, del, "/me", ""); r.body["code"] != "money_open" {
			h.Errorf("leaves with money in the wallet: %s", r.text)
		}
		p.me(200, post, "/me/wallet/pay-back", "")
		h.till.drain()
		p.me(204, del, "/me", "")
	})
}

// The wallet's rules are guarded by its tag.
func TestTheWalletIsGuarded(t *testing.T) {
	each(t, func(h *harness) {
		p := h.driver("ada@example.org")
		h.till.save(p.id, simpay.Good)
		tag := p.me(200, get, "/me/wallet", "").header.Get("ETag")
		body := `{"auto_below_minor":500,"auto_amount_minor":2000}`
		set := func() reply {
			return p.send("", put, prefix+"/me/wallet", body, "Cookie", p.cookie, "If-Match", tag)
		}
		if r := set(); r.code != 200 || r.minor("auto_amount") != 2000 {
			h.Errorf("set: %d %s", r.code, r.text)
		}
		if r := set(); r.code != 412 {
			h.Errorf("again: %d %s", r.code, r.text)
		}
	})
}

// A provider that does not answer is asked again later: the payment is planned.
func TestTheProviderIsDown(t *testing.T) {
	each(t, func(h *harness) {
		p := h.driver("ada@example.org")
		h.till.sim.Misbehave(simpay.Mood{Down: true})
		r := p.me(201, post, "/me/methods", "")
		if r.body["status"] != "planned" || r.body["url"] != nil {
			h.Errorf("while it is down: %s", r.text)
		}
		h.till.sim.Misbehave(simpay.Mood{})
		h.till.hurry()
		id, _ := r.body["id"].(string)
		if r = p.me(200, get, "/me/payments/"+id, ""); r.body["status"] != "open" || r.body["url"] == nil {
			h.Errorf("when it is back: %s", r.text)
		}
		none := newHarnessOn(h, func(o *Options) { o.Till = nil })
		p.harness = none
		p.me(503, post, "/me/wallet/top-ups", `{"key":"k","amount_minor":700}`)
		p.me(503, post, "/me/methods", "")
	})
}
