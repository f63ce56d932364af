// Package ledger keeps money at rest: journals of postings, double entry,
// append-only. A posting moves a signed amount on an account, debit positive;
// a journal's postings sum to zero in each currency. There are no balance rows
// to fight over: a balance is a sum. What was wrong is reversed by another
// journal, never changed.
//
// The rooms that post decide what happened and when; the ledger only insists
// that it adds up. A journal has a cause, the natural key of what happened, and
// a cause books once.
//
// Accounts are paths, most general part first:
//
//	receivable/driver/<driver>   what a driver owes (asset)
//	receivable/guest/<session>   what an unknown driver owes (asset)
//	revenue/<dimension>          energy, time, parking, flat, reservation, adjustment
//	tax/<country>/<name>/<rate>  tax owed to the state (liability)
//	wallet/driver/<driver>       what a driver paid ahead (liability)
//	clearing/<provider>          what a payment provider holds for us (asset)
//	bank/<provider>              what it paid out to our bank (asset)
//	fees/<provider>              what it charges (expense)
//	disputes/<provider>          what banks took back, until it is won (expense)
//
// Tables: ledger_journal, ledger_posting. Events: none.
package ledger
