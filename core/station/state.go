package station

// State is how an EVSE is doing, in the words that screens and drivers see.
type State string

// The twelve states.
const (
	StateAvailable     State = "available"
	StatePreparing     State = "preparing" // something is plugged in, or somebody has begun
	StateCharging      State = "charging"
	StateSuspendedEV   State = "suspended_ev"
	StateSuspendedEVSE State = "suspended_evse"
	StateFinishing     State = "finishing" // done, and still plugged in
	StateReserved      State = "reserved"
	StateFaulted       State = "faulted"
	StateOffline       State = "offline"
	StateUnavailable   State = "unavailable"
	StateUpdating      State = "updating"
	StateUnknown       State = "unknown"
)

// States are all of them, the worst for an operator first.
var States = []State{
	StateFaulted, StateOffline, StateUnavailable, StateUpdating, StateSuspendedEVSE, StateFinishing, StateSuspendedEV, StateReserved,
	StatePreparing, StateCharging, StateUnknown, StateAvailable,
}

// Flow is what the open session on an EVSE does, in the words of
// session.Flow (charging, suspended_ev, suspended_evse, ev_connected, idle).
// NoSession is an EVSE without one; of a session that did not say, FlowUnsaid.
type Flow string

// The two flows that no session says.
const (
	NoSession  Flow = ""
	FlowUnsaid Flow = "unsaid"
)

// EVSEState derives the state of an EVSE from its station, its own connectors
// and its open session.
//
//   - A station that is not connected is offline, whatever it said last.
//   - A fault of the station as a whole is one of each EVSE.
//   - Of several connectors the one in use counts, then the faulted one, then
//     the reserved one, then any that is free: see connectorRank.
//   - OCPP 2.x says only "occupied": what the vehicle does is known by its
//     session, and an open session is in use whatever a late status says. A 1.6
//     connector that says charging, suspended or finishing is believed.
//   - A station out of service as a whole still ends what runs.
func EVSEState(s Station, connectors []Connector, open Flow) State {
	return stateOf(s.Connected, s.Status, reduce(connectors), open)
}

func stateOf(connected bool, whole, plug Status, open Flow) State {
	switch {
	case !connected:
		return StateOffline
	case whole == Faulted || plug == Faulted:
		return StateFaulted
	}
	switch plug {
	case Charging, SuspendedEV, SuspendedEVSE, Finishing:
		return State(plug)
	case Unavailable:
		return StateUnavailable
	}
	switch {
	case open != NoSession:
		return flowState(open)
	case whole == Unavailable:
		return StateUnavailable
	case plug == Occupied:
		return StatePreparing
	case plug == Available, plug == Preparing, plug == Reserved:
		return State(plug)
	}
	return StateUnknown
}

func flowState(f Flow) State {
	switch f {
	case "suspended_ev":
		return StateSuspendedEV
	case "suspended_evse":
		return StateSuspendedEVSE
	case "ev_connected":
		return StatePreparing
	case "idle":
		return StateFinishing
	}
	return StateCharging
}

// connectorRank orders what the connectors of one EVSE say: the first of these
// is what the EVSE says. One at most can be in use; a fault is shown unless one
// is; a plug that is free makes the EVSE free.
var connectorRank = []Status{
	Charging, SuspendedEVSE, SuspendedEV, Finishing, Occupied, Preparing, Faulted, Reserved, Available, Unavailable,
}

// reduce returns what the connectors of one EVSE say together.
func reduce(cs []Connector) Status {
	for _, want := range connectorRank {
		for _, c := range cs {
			if c.Status == want {
				return want
			}
		}
	}
	return Unknown
}
