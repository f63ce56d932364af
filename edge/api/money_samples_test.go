package api

import (
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/payment"
	"chargewright/core/plan"
	"chargewright/plug/simpay"
)

// purse is what the fixture's driver has to do with money, one of each.
type purse struct {
	again, lost, got, own    string // sessions that are dunned
	wrong                    string // a session to correct
	method, spare            string
	topUp, strange, disputed string // payments
	unknown, hopeless        string // payments of guests of whose capture nothing is known
	dispute                  string
}

// purse makes real things by a real till: whoever has to pay has sessions that were
// not paid for, a wallet and methods, and guests had theirs.
func (h *harness) purse(f fixture) purse {
	h.Helper()
	t := h.till
	var p purse
	p.method = t.save(f.driver, simpay.DeclinedLater)
	p.spare = t.save(f.driver, simpay.Good)
	p.topUp, p.disputed, p.strange = t.topUp(f.driver, 5000), t.topUp(f.driver, 2000), t.topUp(f.driver, 1000)
	t.pay(p.topUp, simpay.Good)
	t.pay(p.disputed, simpay.Good)
	if err := t.sim.Dispute(t.payment(p.disputed).Ref, "fraudulent"); err != nil {
		h.Fatal(err)
	}
	t.look(p.disputed)
	disputes := must(t, func(tx *store.Tx) ([]payment.Objection, error) { return payment.DisputesOf(tx, p.disputed) })
	if len(disputes) != 1 {
		h.Fatalf("the disputes are %+v", disputes)
	}
	p.dispute = disputes[0].ID
	t.lie = func(c *payment.Charge) { c.Currency = "SEK" }
	t.pay(p.strange, simpay.Good)
	t.lie = nil
	const open = "another session" // the wallet is promised for it, so that nothing of it pays these
	must(t, func(tx *store.Tx) (int64, error) {
		return plan.Promise(tx, access.DefaultTenant, f.driver, open, money.Amount{Minor: 1 << 40, Currency: "EUR"})
	})
	p.again, p.lost, p.got, p.wrong, p.own = h.charged(f, 2, "CARD"), h.charged(f, 3, "CARD"), h.charged(f, 4, "CARD"), h.charged(f, 5, "CARD"), h.charged(f, 8, "CARD")
	t.drain()
	must(t, func(tx *store.Tx) (int, error) { plan.Release(tx, access.DefaultTenant, open); return 0, nil })
	one, two := h.visit(f, 6, simpay.Good), h.visit(f, 7, simpay.Good)
	p.unknown, p.hopeless = one.Payment, two.Payment
	h.charged(f, 6, one.Token)
	h.charged(f, 7, two.Token)
	t.sim.Misbehave(simpay.Mood{Down: true})
	t.drain()
	for range 14 {
		t.hurry()
	}
	t.sim.Misbehave(simpay.Mood{})
	if _, err := payment.Import(h.Context(), h.db, t.ps, provider, payment.Books{Tenant: access.DefaultTenant, Entity: access.DefaultEntity}); err != nil {
		h.Fatal(err)
	}
	return p
}

func moneySamples(h *harness, f fixture) map[string]sample {
	h.Helper()
	p := h.purse(f)
	pay, claim, ses := "/payments/", "/claims/", "/sessions/"+p.wrong+"/correction"
	return map[string]sample{
		"listPayments": {path: "/payments"}, "summarisePayments": {path: "/payments/summary"}, "summariseClaims": {path: "/claims/summary"},
		"getPayment": {path: pay + p.topUp}, "lookAtPayment": {path: pay + p.topUp + "/look"},
		"clearPayment":      {path: pay + p.strange + "/clear"},
		"retryPaymentStep":  {path: pay + p.unknown + "/retry", body: `{"step":"` + p.unknown + `/capture"}`},
		"giveUpPaymentStep": {path: pay + p.hopeless + "/give-up", body: `{"step":"` + p.hopeless + `/capture","reason":"the provider says so"}`},
		"listClaims":        {path: "/claims"}, "getClaim": {path: claim + p.again}, "askClaim": {path: claim + p.again + "/ask"},
		"writeOffClaim": {path: claim + p.lost + "/write-off", body: `{"reason":"moved away"}`},
		"receivedClaim": {path: claim + p.got + "/received", body: `{"amount_minor":100,"reference":"NTRF-1"}`},
		"listDisputes":  {path: "/disputes"}, "contestDispute": {path: "/disputes/" + p.dispute + "/evidence", body: `{"text":"They charged."}`},
		"listReconciliations": {path: "/reconciliation"}, "listReconciliationItems": {path: "/reconciliation/" + provider, wide: true},
		"getDriverWallet": {path: "/drivers/" + f.driver + "/wallet"}, "listDriverMethods": {path: "/drivers/" + f.driver + "/methods"},
		"getEntity":         {path: "/entities/" + access.DefaultEntity},
		"putEntity":         {path: "/entities/" + access.DefaultEntity, body: `{"name":"Ours GmbH","time_zone":"Europe/Berlin","iban":"DE89 3704 0044 0532 0130 00"}`},
		"getBillingPolicy":  {path: "/billing/policy"},
		"putBillingPolicy":  {path: "/billing/policy", body: `{"failed_start_wh":50,"failed_start_s":60,"hold_minor":0,"operator_goodwill":100,"support_goodwill":10}`},
		"creditDocument":    {path: "/documents/" + f.receipt + "/credits", body: `{"key":"a","amount_minor":100,"reason":"the cable hung"}`},
		"previewCorrection": {path: ses + "/preview", body: `{"decision":"energy","energy_wh":5000,"reason":"the meter ran ahead"}`},
		"correctSession":    {path: ses, body: `{"decision":"energy","energy_wh":5000,"reason":"the meter ran ahead","gross_minor":298}`},
		"getWallet":         {path: "/me/wallet"}, "putWallet": {path: "/me/wallet", body: `{"auto_below_minor":500,"auto_amount_minor":2000}`},
		"postTopUp": {path: "/me/wallet/top-ups", body: `{"key":"k1","amount_minor":1000}`}, "payBackWallet": {path: "/me/wallet/pay-back"},
		"listMethods": {path: "/me/methods"}, "postMethod": {path: "/me/methods"},
		"preferMethod": {path: "/me/methods/" + p.spare + "/default"}, "deleteMethod": {path: "/me/methods/" + p.method},
		"listOwnPayments": {path: "/me/payments"}, "getOwnPayment": {path: "/me/payments/" + p.topUp},
		"listOwnClaims": {path: "/me/claims"}, "payClaim": {path: "/me/claims/" + p.own + "/pay"},
	}
}
