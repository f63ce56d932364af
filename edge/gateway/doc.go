// Package gateway holds the WebSockets of stations (OCPP-J 1.6, 2.0.1 and 2.1
// part 4). It translates and decides nothing: who may connect and what a call
// means is asked of link.Core; calls towards stations come in by link.Stations.
//
// Of one connection:
//
//	handshake ─▶ Core.Hello ─▶ upgrade ─▶ an older connection ends ─▶ Core.Open ─▶ reader
//	reader ─▶ CALL, SEND ─▶ inbox ─▶ Core.Receive, one after another ─▶ answer
//	       ─▶ CALLRESULT, CALLERROR ─▶ the one call of ours that waits
//	end    ─▶ the waiting call fails ─▶ the call in hand is finished ─▶ Core.Closed
//
// One goroutine reads; a second one lives while calls of the station are being
// answered, so that answers to our own calls are never held up by them. Writes
// take turns and end by a deadline.
//
// A second connection of one identity replaces the first if credentials were
// checked and it does not happen too often. Otherwise the first keeps the
// identity if it shows a sign of life when asked.
//
// Everything is bounded: handshakes under way, message size before and after
// inflation, nesting, messages per second, calls waiting in each direction,
// and the time of every step.
package gateway
