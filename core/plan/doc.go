// Package plan owns what drivers pay ahead: wallets. A wallet is money of the
// driver that we owe them, an account of the ledger; it becomes revenue only when
// a session takes from it.
//
//	top-up ─▶ wallet/driver/<driver> ─▶ receivable/driver/<driver>
//
// The balance is what the ledger says. Sessions that are open hold a promise on
// it, so that two of them do not spend the same money; what is free is the balance
// without the promises. A wallet may be topped up by itself when little is free:
// this room says that it is due, and the room that asks for payments asks.
//
// Tables: plan_wallet, plan_promise. Events: none. Invariants: nothing is taken
// twice for one cause; a promise is no more than was free when it was made.
package plan
