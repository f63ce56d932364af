package stripe_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"chargewright/base/money"
	"chargewright/core/payment"
	"chargewright/core/payment/paymenttest"
	"chargewright/plug/stripe"
)

const (
	apiKey       = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
	hiddenSecret = "8Zq1hidden"
	hookSecret   = "whsec_test_now"
	oldSecret    = "whsec_test_before"
)

func open(t *testing.T, f *fake, change func(*stripe.Options)) *stripe.Provider {
	t.Helper()
	o := stripe.Options{Key: apiKey, Secrets: []string{hookSecret, oldSecret}, URL: f.URL, Uploads: f.URL}
	if change != nil {
		change(&o)
	}
	p, err := stripe.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sign(event object, secret string, at time.Time) paymenttest.Post {
	body, _ := json.Marshal(event)
	s := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: at})
	return paymenttest.Post{Header: http.Header{"Stripe-Signature": {s.Header}}, Body: body}
}

func event(kind string, o object) object {
	return object{"id": "evt_" + fmt.Sprint(o["id"]), "object": "event", "type": kind, "api_version": "2020-08-27", "data": object{"object": o}}
}

func TestConformance(t *testing.T) {
	paymenttest.Run(t, func(t *testing.T) paymenttest.Case {
		f := newFake(t)
		return paymenttest.Case{
			Provider: open(t, f, nil), Others: []money.Currency{"JPY", "KWD", "ISK"},
			Cards: []paymenttest.Card{paymenttest.Declined, paymenttest.Challenged, paymenttest.Tight, paymenttest.DeclinedLater, paymenttest.ConfirmLater},
			Pay:   func(c payment.Charge, with paymenttest.Card) { f.pay(c.Ref, with) },
			Count: f.count,
			Next:  func(x paymenttest.Trouble) { f.locked(func() { f.trouble = x }) },
			Expire: func(c payment.Charge) {
				f.locked(func() { f.objects[c.Ref]["status"], f.objects[c.Ref]["url"] = "expired", nil })
			},
			Lapse: func(c payment.Charge) {
				f.locked(func() { i := f.intentOf(c.Ref); i["status"], i["amount_capturable"] = "canceled", int64(0) })
			},
			Sign: func(c payment.Charge, at time.Time) paymenttest.Post {
				f.mu.Lock()
				defer f.mu.Unlock()
				return sign(event("payment_intent.amount_capturable_updated", clone(f.intentOf(c.Ref))), hookSecret, at)
			},
			Dispute: func(c payment.Charge) {
				f.locked(func() {
					i := f.intentOf(c.Ref)
					f.get(i["latest_charge"])["disputed"] = true
					f.make("dispute", "du_", object{"amount": i["amount_received"], "currency": i["currency"], "status": "needs_response", "reason": "fraudulent",
						"payment_intent": i["id"], "evidence_details": object{"due_by": time.Now().Add(7 * 24 * time.Hour).Unix()}})
				})
			},
			Reader: "tmr_one", Tap: f.tap, Unplug: f.unplug, Account: "acct_host",
		}
	})
}

// signText is the header of a delivery that is no event.
func signText(body, secret string) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(body), Secret: secret, Timestamp: time.Now()}).Header
}
