package simpay_test

import (
	"testing"
	"time"

	"chargewright/base/money"
	"chargewright/core/payment"
	"chargewright/core/payment/paymenttest"
	"chargewright/plug/simpay"
)

const secret = "a secret between the two"

func open(t *testing.T, change ...func(*simpay.Options)) *simpay.Sim {
	t.Helper()
	o := simpay.Options{Base: "https://pay.example.org/simpay", Secrets: []string{secret}, Readers: []string{"reader_1"}, Accounts: []string{"account_1"}}
	for _, f := range change {
		f(&o)
	}
	s, err := simpay.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var cards = map[paymenttest.Card]simpay.Card{
	paymenttest.Good: simpay.Good, paymenttest.Declined: simpay.Declined, paymenttest.Challenged: simpay.Challenged, paymenttest.HoldLess: simpay.Transfer,
	paymenttest.Tight: simpay.Tight, paymenttest.DeclinedLater: simpay.DeclinedLater, paymenttest.ConfirmLater: simpay.ConfirmLater,
}

var troubles = map[paymenttest.Trouble]simpay.Trouble{
	paymenttest.Lost: simpay.LoseAnswer, paymenttest.Overloaded: simpay.Overload, paymenttest.LockedOut: simpay.LockOut,
}

func TestConformance(t *testing.T) {
	paymenttest.Run(t, func(t *testing.T) paymenttest.Case {
		s := open(t)
		no := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		c := paymenttest.Case{
			Provider: s, Others: []money.Currency{"JPY", "KWD"}, Reader: "reader_1", Account: "account_1",
			Pay:     func(c payment.Charge, with paymenttest.Card) { no(s.Pay(c.Ref, cards[with])) },
			Count:   func(p string) int { return len(s.Charges(p)) },
			Next:    func(x paymenttest.Trouble) { s.Misbehave(simpay.Mood{Calls: []simpay.Trouble{troubles[x]}}) },
			Expire:  func(c payment.Charge) { no(s.Expire(c.Ref)) },
			Lapse:   func(c payment.Charge) { no(s.Lapse(c.Ref)) },
			Dispute: func(c payment.Charge) { no(s.Dispute(c.Ref, "fraudulent")) },
			Tap:     func(reader string, with paymenttest.Card) { no(s.Tap(reader, cards[with])) },
			Unplug:  s.Unplug,
			Sign: func(c payment.Charge, at time.Time) paymenttest.Post {
				h, b := s.Sign(c, "payment.held", at)
				return paymenttest.Post{Header: h, Body: b}
			},
		}
		for card := range cards {
			c.Cards = append(c.Cards, card)
		}
		return c
	})
}
