package payment

import (
	"context"
	"time"

	"chargewright/base/money"
)

// Provider moves money between buyers' cards or accounts and ours. Every call
// that moves money carries a key of ours: repeated with the same key it has its
// effect once and answers alike.
//
// A buyer's bank that says no is an answer (Charge.Status Refused), never an
// error. Errors: Invalid, the request can never succeed; Denied, our credentials
// are wrong; NotFound, the provider knows no such payment; Conflict, the state of
// the payment does not allow it; Busy, nothing was done and later may succeed;
// every other kind means that the outcome is unknown: ask Find, or call again
// with the same key.
//
// Providers are called by several goroutines. No card number passes: buyers
// type it into pages or terminals of the provider.
type Provider interface {
	// Authorize asks for an amount to be held: with Ask.Method by a saved method
	// and at once, else by a page of the provider, whose address is Charge.URL
	// while Charge.Status is Open. A method that knows no holds takes the amount:
	// Charge.Status is Taken, and what is not due is refunded later.
	Authorize(ctx context.Context, a Ask) (Charge, error)
	// Capture takes Change.Amount of what is held, once; the rest is released. More
	// than is held is Conflict.
	Capture(ctx context.Context, c Change) (Charge, error)
	// Void releases a hold, or closes a page that was not paid on: it is Released or
	// Expired.
	Void(ctx context.Context, c Change) (Charge, error)
	// Refund gives back Change.Amount of what was taken; several refunds add up.
	// More than is left is Conflict.
	Refund(ctx context.Context, c Change) (Charge, error)
	// Find returns what a payment has become: by the provider's Ref, or by our
	// Payment where an Authorize was never answered.
	Find(ctx context.Context, q Query) (Charge, error)
}

// Ask is what a buyer is asked to pay.
type Ask struct {
	Payment  string // our id of it; the provider keeps it with the payment
	Key      string
	Amount   money.Amount // more than 0
	Method   string       // the provider's reference of a saved method; "" is by page
	Customer string       // the provider's reference of the buyer, where it is known
	Email    string       // of the buyer, "" if not known
	Text     string       // what it is for, as the buyer reads it: one line, at most 100 characters
	Language string       // ISO 639-1, of the page
	Return   string       // where the page sends the buyer afterwards, paid or not
	Save     bool         // keep the method for charges without the buyer present
	Take     bool         // take at once instead of holding
	Until    time.Time    // the page closes; zero: the provider's own term
}

// Change acts on a payment.
type Change struct {
	Payment string
	Ref     string // the provider's reference, Charge.Ref
	Key     string
	Amount  money.Amount // of Void: zero Amount
	Reason  string       // of Refund, for the provider's records; "" for none
}

// Query names a payment by Ref, or if that is empty by Payment.
type Query struct {
	Payment string
	Ref     string
}

// Status is where a payment stands.
type Status string

// The states of a payment at its provider.
const (
	Open     Status = "open"     // the buyer has not paid yet, or may try another card, or the bank asks them to confirm: Charge.URL
	Held     Status = "held"     // reserved on the card; nothing is taken
	Taken    Status = "taken"    // captured, in part or whole; Refunded says what went back
	Released Status = "released" // voided, or the hold ran out
	Refused  Status = "refused"  // the bank said no: Charge.Decline
	Expired  Status = "expired"  // the buyer never paid on the page
)

// Final reports whether nothing more can become of it but refunds and disputes.
func (s Status) Final() bool { return s == Taken || s == Released || s == Refused || s == Expired }

// Charge is a payment as the provider has it. Amounts are in minor units of
// Currency and never fall, but for Held, which is 0 once taken or released.
type Charge struct {
	Ref           string // the same for the life of the payment
	Payment       string // our id, as the provider kept it
	Status        Status
	Currency      money.Currency
	Held          int64
	Captured      int64     // taken in all, refunds not deducted
	Refunded      int64     // with refunds that are under way
	URL           string    // while Open: where the buyer pays or confirms
	CaptureBefore time.Time // while Held: when the hold ends; zero if not known
	Method        Method
	Decline       Decline // while Refused
	Dispute       *Dispute
}

// Method is what a buyer pays with, as far as it may be known: never a number.
type Method struct {
	Ref         string // saved: to be charged without the buyer; "" if it was not saved
	Customer    string // the provider's reference of the buyer
	Kind        string // "card", "ideal", "paypal", …
	Brand       string // "visa", …; "" where there is none
	Wallet      string // "apple_pay", "google_pay" or ""
	Last4       string // the last four digits of a card, or ""
	Fingerprint string // the same for each use of one card at this provider, or ""
	ExpiresOn   string // "2027-03", or ""
	Country     string // of the bank, ISO 3166-1 alpha-2, or ""
}

// Decline says why a bank said no.
type Decline struct {
	Code    string // the provider's own
	Text    string // for staff
	Confirm bool   // the buyer must confirm in person: ask again by a page
	Final   bool   // asking again with this method is of no use
}

// Dispute is a buyer's objection at their bank.
type Dispute struct {
	Ref    string
	Reason string // the provider's word
	Amount int64  // minor units, of the payment's currency
	State  DisputeState
	DueAt  time.Time // evidence counts until then; zero if none is asked
}

// DisputeState is where a dispute stands.
type DisputeState string

// The states of a dispute.
const (
	DisputeOpen  DisputeState = "open"  // the provider waits for evidence
	DisputeHeard DisputeState = "heard" // evidence was given
	DisputeWon   DisputeState = "won"
	DisputeLost  DisputeState = "lost"
)

// Incrementer raises a hold. What the bank does not grant leaves the hold as it
// was, with the Decline set and the Status Held.
type Incrementer interface {
	// Increment makes Change.Amount the whole of what is held.
	Increment(ctx context.Context, c Change) (Charge, error)
}

// Saver keeps a buyer's method without asking for money.
type Saver interface {
	// Save opens a page like Authorize; the Charge has Captured and Held 0, and its
	// Status becomes Released, with the Method, when the buyer is done. Ask.Amount
	// has the currency and no amount.
	Save(ctx context.Context, a Ask) (Charge, error)
	// Forget makes a saved method unusable. One that is not there is no error.
	Forget(ctx context.Context, customer, method string) error
}

// Hooker understands the provider's own calls to us.
type Hooker interface {
	// Webhook verifies a delivery by its raw body and says what it is about. What is
	// not signed by the provider, or signed long ago, is Denied. A payment's state
	// is never taken from a delivery, but asked by Find. header(":path") is the
	// target of the request, path and query.
	Webhook(ctx context.Context, header func(name string) string, body []byte) (Delivery, error)
}

// Delivery is a verified call of the provider.
type Delivery struct {
	Event   string // the provider's id of it, the same when it is sent again
	Kind    string // the provider's word
	Ref     string // the payment it is about; "" for none that we follow
	Payment string // our id of it, where the delivery says it
}

// Reporter lists what moved on our account with the provider.
type Reporter interface {
	// Movements lists those from a time on, oldest first, after a cursor ("" for
	// none), 100 at most, with the cursor of the rest, "" at the end.
	Movements(ctx context.Context, since time.Time, after string) (list []Movement, next string, err error)
}

// Movement is one entry of the provider's balance: Gross = Fee + Net.
type Movement struct {
	Ref         string // the provider's id of the entry
	Kind        MovementKind
	Charge      string // Charge.Ref of the payment; "" of a payout
	Gross       int64  // minor units; negative leaves our account
	Fee         int64
	Net         int64
	Currency    money.Currency
	At          time.Time // when it happened
	AvailableAt time.Time // when it may be paid out
}

// MovementKind is what moved.
type MovementKind string

// The kinds of movements.
const (
	MovedCharge  MovementKind = "charge"
	MovedRefund  MovementKind = "refund"
	MovedDispute MovementKind = "dispute" // taken back by a bank; positive when won
	MovedPayout  MovementKind = "payout"  // to our bank
	MovedFee     MovementKind = "fee"     // of no payment
	MovedOther   MovementKind = "other"
)

// Payer sends money to a connected account of a host.
type Payer interface {
	Payout(ctx context.Context, p Payout) (ref string, err error)
}

// Payout is money for a host.
type Payout struct {
	Key     string
	Account string // the provider's reference of the host's account
	Amount  money.Amount
	Text    string
}

// Defender answers disputes.
type Defender interface {
	// Contest hands in evidence for a dispute; it can be done once.
	Contest(ctx context.Context, dispute string, e Evidence) error
}

// Evidence is what shows that a charge was right.
type Evidence struct {
	Text     string    // what happened, in English, at most 20,000 characters
	Buyer    string    // e-mail of the buyer, "" if not known
	Service  time.Time // when it was delivered
	Document []byte    // a PDF of at most 4 MB; nil for none
}

// Readers takes cards at readers that stand at stations. A reader does one thing
// at a time.
type Readers interface {
	// Present asks the reader to take the card for a payment; the Charge is Open
	// until the buyer has shown it, and Refused by a card that is declined. Busy: the
	// reader asks for something else, or is not connected.
	Present(ctx context.Context, reader string, a Ask) (Charge, error)
	// Cancel has the reader ask no more for the payment with that Charge.Ref; where it
	// does not, nothing happens. The payment stays Open: Void ends it. Busy: the card
	// is being read, or the reader is not connected.
	Cancel(ctx context.Context, reader, ref string) error
}
