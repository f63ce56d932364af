// Package billing turns a closed session into money: it rebuilds the session
// from its evidence, rates it by the tariff version bound at its start, posts
// the ledger, and issues the charge detail record and the receipt, all in one
// transaction, once per session.
//
//	session.closed ─▶ Settle: held (a flag needs a person) | settled
//
// A tariff that follows spot prices or public holidays is given what is known of
// them when the session is settled; see core/tariff for which versions count. An
// energy without a spot price is billed at the fallback of the tariff, which the
// driver accepted with it: the CDR and the receipt say how much. A session whose
// public holidays are not known is held.
//
// Settle computes outside any transaction and commits only if the session did
// not change meanwhile. What cannot be priced is held and says why: never zero,
// never a log line.
//
// Tables: billing_cdr, billing_receipt, billing_series, billing_display,
// billing_display_tariff. Events in:
// session.closed. Events out: billing.settled (key: session id) of a session
// whose station shows costs. Invariants: one
// CDR and one receipt per session; receipt numbers of a legal entity have no
// gap; a receipt's gross is what its journal debits.
package billing
