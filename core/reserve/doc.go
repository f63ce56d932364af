// Package reserve owns reservations: what a station promised to keep free, for
// whom and until when. A station grants or refuses them; this room remembers
// what was granted and how it ended.
//
//	active → used        a transaction named it
//	       → cancelled   the station took the cancellation
//	       → expired     its time was over
//	       → removed     the station gave it up (a fault, a reset)
//
// Tables: reserve_reservation. Events out: reserve.expired (a timer, key: the
// reservation's id). Invariants: one row per (station, reservation id); a number
// that a station takes again is a new promise in the place of the old one.
package reserve
