// Package paymenttest holds the conformance suite of the port of payments: Run
// checks that a payment.Provider keeps its promises, whatever stands behind it.
// It knows no provider: a Case lends it the hands of a buyer, of a bank and of
// the wires between.
package paymenttest

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"chargewright/base/money"
	"chargewright/core/payment"
)

// Card is what a buyer pays with, by how it behaves.
type Card string

// The cards. Good is required; tests of those that a Case lacks are skipped.
const (
	Good          Card = "good"           // pays, now and later
	Declined      Card = "declined"       // the bank says no
	Challenged    Card = "challenged"     // pays after the buyer has confirmed to the bank; Pay confirms
	HoldLess      Card = "hold_less"      // knows no holds: what is asked is taken at once
	Tight         Card = "tight"          // pays what is asked first, and not a cent more afterwards
	DeclinedLater Card = "declined_later" // pays on a page; without the buyer the bank says no
	ConfirmLater  Card = "confirm_later"  // pays on a page; without the buyer the bank wants them to confirm
)

// Trouble is what befalls one call.
type Trouble string

// The troubles.
const (
	Lost       Trouble = "lost"       // it has its effect, and the answer does not arrive
	Overloaded Trouble = "overloaded" // it is turned away; nothing is done
	LockedOut  Trouble = "locked out" // the provider does not take our credentials
)

// Post is a call of the provider to us.
type Post struct {
	Header http.Header
	Body   []byte
}

// Case is a provider with what stands behind it. Functions that are nil skip
// the tests that need them, those marked required apart.
type Case struct {
	Provider payment.Provider // required
	Currency money.Currency   // "" is EUR
	Others   []money.Currency // further ones that it takes, of other exponents
	Cards    []Card           // of the buyers; Good is always among them

	// Pay has the buyer open the page of a charge, pay or confirm there, and
	// return. On a page that is closed nothing happens. Required.
	Pay func(c payment.Charge, with Card)
	// Count is how many charges, of whatever state, the provider made for a payment of ours. Required.
	Count func(payment string) int
	// Next is the trouble of the next call that changes something. An adapter may
	// overcome Lost by asking again itself.
	Next func(Trouble)
	// Expire lets the term of an open page pass, Lapse that of a hold.
	Expire, Lapse func(c payment.Charge)
	// Sign makes a delivery about a charge as the provider posts it at that time.
	Sign func(c payment.Charge, at time.Time) Post
	// Undated says that deliveries bear no time: old ones cannot be told.
	Undated bool
	// Dispute has the buyer object to a charge at their bank.
	Dispute func(c payment.Charge)
	// Reader is one that stands somewhere; Tap shows it a card.
	Reader string
	Tap    func(reader string, with Card)
	// Unplug takes the reader from the network, or connects it again.
	Unplug func(reader string, off bool)
	// Account is a host's that can be paid out to, "" for none.
	Account string
}

func (c Case) has(card Card) bool { return card == Good || slices.Contains(c.Cards, card) }

// need skips a test whose card the case lacks.
func (b *bench) need(cards ...Card) {
	b.Helper()
	for _, card := range cards {
		if !b.has(card) {
			b.Skipf("no buyer has the card %q", card)
		}
	}
}

// Run checks a provider; open gives a fresh one for each test.
func Run(t *testing.T, open func(t *testing.T) Case) {
	for _, c := range []struct {
		name string
		run  func(b *bench)
	}{
		{"a buyer pays on the page and a part is captured", capturePart},
		{"a page that waits", openPage},
		{"a declined card holds nothing", declined},
		{"a challenged card holds after the confirmation", challenged},
		{"a closed page takes nothing", closedPage},
		{"a page expires", expiredPage},
		{"a hold is released", released},
		{"a hold runs out", lapsed},
		{"take at once", takeAtOnce},
		{"a method without holds takes, and gives back", holdLess},
		{"currencies without and with many decimals", currencies},
		{"more than the hold is a conflict", overCapture},
		{"a hold is captured once", captureOnce},
		{"refunds add up and end at what was taken", refunds},
		{"what the state does not allow is a conflict", wrongState},
		{"what cannot be is invalid", invalid},
		{"what is not there is not found", notFound},
		{"a repeated key has its effect once", repeatedKeys},
		{"at once under one key", atOnce},
		{"a lost authorization is found by our id", lostAuthorize},
		{"a lost answer is heard under the same key", lostAnswers},
		{"what is turned away was not done", overloaded},
		{"credentials that are not taken", lockedOut},
		{"a context that has ended", ended},
		{"a saved method pays without the buyer", saved},
		{"a saved method is declined", savedDeclined},
		{"a saved method wants the buyer", savedConfirm},
		{"saving without paying", saver},
		{"a hold is raised", increment},
		{"a raise that is refused leaves the hold", incrementRefused},
		{"webhooks", webhooks},
		{"movements add up", movements},
		{"a dispute is seen", dispute},
		{"a payout is made once", payout},
		{"a reader takes a card", reader},
		{"a reader does one thing at a time", readerOnce},
		{"a reader is shown a card that is declined", readerDeclined},
		{"a reader asks no more", readerCancelled},
		{"a reader that is not connected", readerOffline},
		{"a reader whose answer is lost", readerLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bench{T: t, Case: open(t)}
			if b.Currency == "" {
				b.Currency = "EUR"
			}
			c.run(b)
		})
	}
}
