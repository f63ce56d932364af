// Package mollie takes payments with Mollie: it implements payment.Provider over
// plain HTTP, API v2 (docs.mollie.com/reference), and of its extras Saver, Hooker
// and Reporter. Buyers pay on Mollie's own page with whatever is enabled there:
// cards are held (captureMode manual, docs.mollie.com/docs/place-a-hold-for-a-payment);
// iDEAL, Bancontact and others that know no holds are taken at once, and what is
// not due is given back.
//
// A payment's reference is tr_…; our id and key stand in its metadata. What was
// saved is a mandate (mdt_…) of a customer (cst_…), made by a payment with
// sequenceType first and charged with sequenceType recurring
// (docs.mollie.com/docs/recurring-payments).
//
// Mollie keeps idempotency keys for an hour only
// (docs.mollie.com/reference/api-idempotency). A call that may be repeated later is
// therefore looked up first: captures and refunds bear our key in their metadata,
// and a payment whose id was made longer ago is searched for before it is made.
//
// What Mollie has not: holds that are raised, pages whose term we choose (Ask.Until
// is not heard; Void closes those that may be closed), evidence against
// chargebacks, payouts to hosts.
package mollie
