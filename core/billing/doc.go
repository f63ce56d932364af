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
// SettleAll does so for many sessions at once: one snapshot, one transaction, one
// block of numbers for each legal entity. What breaks that transaction is settled
// alone, so that no session waits for another. There are no balances that all sessions
// write: those of the ledger are sums.
//
// Stations ask Authorise and report by Apply: they add to core/session what the
// beginning of a session means for its driver's money. A driver who has nothing to
// pay with is refused where the policy says so, and of a wallet what the session may
// cost is promised to it until it is settled, or voided.
//
// Documents are never changed. Credit takes a receipt back, or a part of it, by a
// credit note; Correct bills a session anew by a receipt of the next revision; the
// claim follows, and what was paid beyond it goes back.
//
//	receipt 1 ─▶ credit notes ─▶ receipt 2 ─▶ …
//
// What a station's own payment terminal settled is kept as it was told and booked
// once on the claim of its session (TookSettlement).
//
// Tables: billing_cdr, billing_document, billing_series, billing_claim,
// billing_settlement, billing_policy, billing_link, billing_display, billing_display_tariff. Events in:
// session.closed, payment.changed. Events out: billing.settled (key: session id) of
// a session whose station shows costs, and billing.mail (document) for who wished it
// by mail. Invariants: one CDR and one receipt per
// session and revision; numbers of a legal entity and kind have no gap; a
// document's gross is what its journal moves; credit notes of a receipt are no more
// than it bills.
package billing
