// Package stripe takes payments with Stripe: it implements payment.Provider and
// all its extras. It never sees a card: buyers pay on pages of Stripe (Checkout),
// at readers of Stripe (Terminal), or by a method that Stripe keeps for them.
//
//	port                   Stripe
//	Authorize by page      a Checkout Session in mode payment; its Ref is cs_…, and stays so
//	Authorize by method    a PaymentIntent, confirmed off-session; its Ref is pi_…
//	Present                a PaymentIntent of card_present, handed to a reader; pi_…
//	Save                   a Checkout Session in mode setup; cs_…
//
// A page has no PaymentIntent before the buyer pays, which is why its own id is
// the reference. Both carry our id of the payment: a page as client_reference_id,
// an intent in its metadata.
//
// Every call that moves money bears our key as Idempotency-Key. Stripe keeps keys
// for a day at least (docs.stripe.com/api/idempotent_requests): until then the
// safe way after a lost answer is the same call again. Find by our own id is for
// later; it walks the lists, which are consistent, around the time that a
// payment's id bears, and asks the search, which lags behind a write by a minute
// and more (docs.stripe.com/search), only for what is older.
//
// One client serves one account of Stripe. Versions of the API: requests bear the
// one that stripe-go is made for; deliveries of other versions are understood,
// since nothing but ids is read from them.
package stripe
