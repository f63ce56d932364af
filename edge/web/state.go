package web

import (
	"chargewright/core/session"
	"chargewright/core/station"
)

// state is how a connector is shown: by colour, shape and word, always all three.
type state struct {
	Key  string // in the URL, and the name of its symbol
	Word string
	Tone string // class of the colour
}

// offline is the state of every connector of a station that is not connected.
var offline = state{"offline", "Offline", "tw"}

// states are all states in the order in which they are offered.
var states = []state{
	{"charging", "Charging", "te"},
	{"suspended-ev", "Paused by vehicle", "t2"},
	{"suspended-evse", "Held by limit", "tp"},
	{"preparing", "Preparing", "t1"},
	{"finishing", "Finished, plugged in", "t2"},
	{"available", "Available", "t3"},
	{"reserved", "Reserved", "tp"},
	{"unavailable", "Out of service", "t3"},
	{"unknown", "Unknown", "t3"},
	offline,
	{"faulted", "Faulted", "tf"},
}

func stateOf(key string) state {
	for _, s := range states {
		if s.Key == key {
			return s
		}
	}
	return stateOf("unknown")
}

// connectorState is the state of a connector as last reported. OCPP 2.x says
// only "occupied": what the vehicle does is known by its session.
func connectorState(c station.Connector, running *session.Session) state {
	switch c.Status {
	case station.Occupied:
		if running != nil {
			return flowState(running.Flow)
		}
		return stateOf("preparing")
	case station.SuspendedEV:
		return stateOf("suspended-ev")
	case station.SuspendedEVSE:
		return stateOf("suspended-evse")
	case station.Unknown, "":
		if running != nil {
			return flowState(running.Flow)
		}
	}
	return stateOf(string(c.Status))
}

func flowState(f session.Flow) state {
	switch f {
	case session.FlowSuspendedEV:
		return stateOf("suspended-ev")
	case session.FlowSuspendedEVSE:
		return stateOf("suspended-evse")
	case session.FlowConnected:
		return stateOf("preparing")
	case session.FlowIdle:
		return stateOf("finishing")
	}
	return stateOf("charging")
}

// outcome is how an ended session is shown, with a reason where a person is asked.
func outcome(s session.Session) (state, string) {
	why := ""
	for _, f := range s.Flags {
		if f.Hold() {
			why = sentence(string(f))
			break
		}
	}
	switch {
	case s.CostMinor != nil && s.Estimated:
		return state{"ok", "Billed", "t2"}, "estimated"
	case s.CostMinor != nil:
		return state{"ok", "Billed", "t2"}, ""
	case why != "" || s.Settled:
		return state{"p2", "In review", "tw"}, why
	case s.Estimated:
		return state{"unknown", "Provisional", "tw"}, "no stop yet"
	}
	return state{"p3", "Being billed", "t2"}, ""
}
