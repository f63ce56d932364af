// Package session owns charging sessions: what was said about a transaction,
// by whichever protocol, made into one thing with a beginning, an energy
// series, an end and a price to come.
//
//	pending → charging ⇄ suspended → finishing → closed
//
// Everything a station says about a transaction is a Report. Apply stores it as
// evidence under its natural key and steps the session; the same report again
// gives the same verdict and changes nothing; another content under the same
// key is kept beside the first, flagged, and overwrites nothing. A business no
// (unknown token, used elsewhere) is a verdict, not an error, and the session
// is recorded all the same: energy that flowed is a fact.
//
// A session's row is a projection for lists and screens. Its truth is its
// evidence: Timeline rebuilds from it, in integers, what is to be priced.
//
// Tables: session_session, session_input, session_price, session_claim. Events
// out: session.closed (key: session id), emitted when a session is ready to be settled;
// session.retry when what held sessions may be known now; session.abandoned
// (a timer) when a station gave signs that the end was lost; session.silent (a
// timer) to find one of which nothing more is heard. Invariants: one
// session per (station, transaction); a closed session's evidence may grow but
// its settlement is not redone silently; energy is never negative.
package session
