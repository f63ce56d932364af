package mollie_test

import (
	"net/http"
	"testing"
	"time"

	"chargewright/base/money"
	"chargewright/core/payment"
	"chargewright/core/payment/paymenttest"
	"chargewright/plug/mollie"
)

const (
	apiKey     = "test_dHar4XY7LxsDOtmnkVtjNVWXLSlXsM"
	reportKey  = "access_Wwvu7egPcJLLJ9Kb7J632x8wJ2zMeJ"
	hookSecret = "0123456789abcdef-now"
	oldSecret  = "0123456789abcdef-before"
)

func open(t *testing.T, f *fake, change func(*mollie.Options)) *mollie.Provider {
	t.Helper()
	o := mollie.Options{Key: apiKey, Reports: reportKey, Hook: "https://charge.example.org/hooks/mollie", Secrets: []string{hookSecret, oldSecret}, URL: f.URL}
	if change != nil {
		change(&o)
	}
	p, err := mollie.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func post(ref, secret string) paymenttest.Post {
	return paymenttest.Post{Header: http.Header{":path": {"/hooks/mollie?key=" + secret}}, Body: []byte("id=" + ref)}
}

func TestConformance(t *testing.T) {
	for name, lag := range map[string]int{"at once": 0, "captures and releases take a while": 2} {
		t.Run(name, func(t *testing.T) {
			paymenttest.Run(t, func(t *testing.T) paymenttest.Case {
				f := newFake(t)
				f.lag = lag
				return paymenttest.Case{
					Provider: open(t, f, nil), Others: []money.Currency{"JPY", "ISK"},
					Cards:   []paymenttest.Card{paymenttest.Declined, paymenttest.Challenged, paymenttest.HoldLess, paymenttest.DeclinedLater, paymenttest.ConfirmLater},
					Pay:     func(c payment.Charge, with paymenttest.Card) { f.pay(c.Ref, with) },
					Count:   f.count,
					Next:    func(x paymenttest.Trouble) { f.locked(func() { f.trouble = x }) },
					Expire:  func(c payment.Charge) { f.locked(func() { f.objects[c.Ref]["status"] = "expired" }) },
					Lapse:   func(c payment.Charge) { f.locked(func() { f.objects[c.Ref]["status"] = "expired" }) },
					Sign:    func(c payment.Charge, _ time.Time) paymenttest.Post { return post(c.Ref, hookSecret) },
					Undated: true,
					Dispute: func(c payment.Charge) {
						f.locked(func() {
							o := f.objects[c.Ref]
							o["chargebacks"] = []object{f.make("chb_", object{"amount": written(c.Captured, o["amount"]), "reason": object{"code": "AC01"}})}
						})
					},
				}
			})
		})
	}
}
