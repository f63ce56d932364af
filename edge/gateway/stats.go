package gateway

import "sync/atomic"

// Stats are totals since the start, but for Connections.
type Stats struct {
	Connections   uint64 // open now
	Accepted      uint64 // handshakes that led to a connection
	Unauthorized  uint64 // handshakes answered by 401
	Overloaded    uint64 // handshakes answered by 503
	NoVersion     uint64 // handshakes without a common subprotocol
	Duplicates    uint64 // handshakes refused because the older connection lives
	Replaced      uint64 // connections ended by a newer one
	Flapping      uint64 // replacements beyond the limit
	Received      uint64 // messages from stations
	Sent          uint64 // messages to stations
	BadFrames     uint64 // messages that could not be read
	UnknownTypes  uint64 // messages of a type the version does not know
	Unsolicited   uint64 // answers that nothing waited for
	ResultErrors  uint64 // answers of ours that a station could not process
	Unanswered    uint64 // calls of stations without answer because the core failed
	Panics        uint64 // calls of stations that broke the core's code
	Throttled     uint64 // messages that were delayed
	Flooded       uint64 // connections closed for flooding
	TooBig        uint64 // connections closed for a message over the limit
	Slow          uint64 // connections closed because the station did not read
	Lost          uint64 // connections closed without a sign of life
	Calls         uint64 // calls to stations that were sent
	CallTimeouts  uint64 // of these, without answer
	CallsRejected uint64 // calls to stations that found the queue full
}

type counters struct {
	connections                                   atomic.Int64
	accepted, unauthorized, overloaded, noVersion atomic.Uint64
	duplicates, replaced, flapping                atomic.Uint64
	received, sent, badFrames, unknownTypes       atomic.Uint64
	unsolicited, resultErrors, unanswered, panics atomic.Uint64
	throttled, flooded, tooBig, slow, lost        atomic.Uint64
	calls, callTimeouts, callsRejected            atomic.Uint64
}

// Stats returns the counters as they are now.
func (g *Gateway) Stats() Stats {
	n := &g.count
	return Stats{
		Connections: uint64(max(n.connections.Load(), 0)),
		Accepted:    n.accepted.Load(), Unauthorized: n.unauthorized.Load(), Overloaded: n.overloaded.Load(),
		NoVersion: n.noVersion.Load(), Duplicates: n.duplicates.Load(), Replaced: n.replaced.Load(),
		Flapping: n.flapping.Load(), Received: n.received.Load(), Sent: n.sent.Load(),
		BadFrames: n.badFrames.Load(), UnknownTypes: n.unknownTypes.Load(), Unsolicited: n.unsolicited.Load(),
		ResultErrors: n.resultErrors.Load(), Unanswered: n.unanswered.Load(), Panics: n.panics.Load(),
		Throttled: n.throttled.Load(), Flooded: n.flooded.Load(), TooBig: n.tooBig.Load(),
		Slow: n.slow.Load(), Lost: n.lost.Load(), Calls: n.calls.Load(),
		CallTimeouts: n.callTimeouts.Load(), CallsRejected: n.callsRejected.Load(),
	}
}
