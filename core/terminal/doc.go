// Package terminal sells charging at card readers that stand at sites: each has a
// screen beside it, or software of its own, and serves many EVSEs. It is independent
// of what stations speak.
//
//	choose an EVSE ─▶ Begin: a visit (core/driver), a payment by the reader (core/payment)
//	                    │ the card is shown: a hold, and the station is asked to start (core/billing)
//	                    ▼
//	                  the reader is free for the next, while the first charges
//
// A reader does one thing at a time: while it waits for a card, no other visit begins
// (ReaderBusy). Who does not show one within driver.ReaderTime, or leaves, frees it.
// All that comes after the hold is core/billing's, as for every guest.
//
// Tables: terminal_terminal, terminal_evse. It emits no events. Invariants: one
// terminal in service for each reader; a terminal sells at its own site alone.
package terminal
