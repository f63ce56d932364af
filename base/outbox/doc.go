// Package outbox keeps events, jobs and timers as rows, written in the same
// transaction as the facts they follow from, and runs their handlers afterwards.
//
//	outbox.Emit(tx, "session.closed", sessionID, body)     // now, after the commit
//	outbox.At(tx, due, "reservation.expire", id, nil)      // then; again moves it
//	outbox.Cancel(tx, "reservation.expire", id)
//
// An event is open from Emit until a handler of its topic has succeeded; then its row
// is deleted. There is at most one open event for a topic and key: what tells two
// events apart belongs into the key.
//
//	       Emit, At                     claim                success
//	────────────────▶ waiting (due_at) ───────▶ leased ─────────────▶ deleted
//	                      ▲    ▲                 │  │
//	          Retry, At   │    └──── failure ────┘  │ failed too often
//	                    parked ◀────────────────────┘
//
// A runner works on an event alone while its lease lasts; the handler's context ends
// before the lease does. After a crash the event runs again once the lease has run
// out: handlers are idempotent. One that wants its effect and the end of its event to
// be one atom calls Done in its own store.Do. An Emit or At for an event whose handler
// is running makes it run again afterwards. Events are not ordered. Those of a topic in
// Options.Batches are handled many at a time, and each ends for itself.
package outbox
