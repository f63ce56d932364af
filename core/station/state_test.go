package station

import (
	"testing"

	"pgregory.net/rapid"
)

func TestEVSEState(t *testing.T) {
	up := Station{Connected: true, Status: Available}
	of := func(ss ...Status) (cs []Connector) {
		for _, s := range ss {
			cs = append(cs, Connector{Status: s})
		}
		return cs
	}
	for _, c := range []struct {
		what string
		s    Station
		cs   []Connector
		open Flow
		want State
	}{
		{"offline whatever runs", Station{Status: Available}, of(Charging), "charging", StateOffline},
		{"1.6 words stand", up, of(SuspendedEVSE), NoSession, StateSuspendedEVSE},
		{"1.6 words stand beside another flow", up, of(SuspendedEV), "charging", StateSuspendedEV},
		{"1.6 finishing", up, of(Finishing), "charging", StateFinishing},
		{"1.6 began before its status", up, of(Preparing), FlowUnsaid, StateCharging},
		{"1.6 preparing", up, of(Preparing), NoSession, StatePreparing},
		{"2.x occupied, nobody began", up, of(Occupied), NoSession, StatePreparing},
		{"2.x occupied, connected", up, of(Occupied), "ev_connected", StatePreparing},
		{"2.x occupied, charging", up, of(Occupied), "charging", StateCharging},
		{"2.x occupied, vehicle waits", up, of(Occupied), "suspended_ev", StateSuspendedEV},
		{"2.x occupied, we hold", up, of(Occupied), "suspended_evse", StateSuspendedEVSE},
		{"2.x occupied, done", up, of(Occupied), "idle", StateFinishing},
		{"2.x no status came, a session did", up, nil, "charging", StateCharging},
		{"2.x late status beside a session", up, of(Available), "charging", StateCharging},
		{"a reservation that was used", up, of(Reserved), "charging", StateCharging},
		{"reserved", up, of(Reserved), NoSession, StateReserved},
		{"free", up, of(Available), NoSession, StateAvailable},
		{"one plug free", up, of(Unavailable, Available), NoSession, StateAvailable},
		{"one plug broken", up, of(Available, Faulted), NoSession, StateFaulted},
		{"one plug broken, the other in use", up, of(Faulted, Occupied), "charging", StateCharging},
		{"out of service", up, of(Unavailable), NoSession, StateUnavailable},
		{"out of service beats a lost session", up, of(Unavailable), "charging", StateUnavailable},
		{"the station is broken", Station{Connected: true, Status: Faulted}, of(Charging), "charging", StateFaulted},
		{"the station is out of service", Station{Connected: true, Status: Unavailable}, of(Available), NoSession, StateUnavailable},
		{"what runs there ends first", Station{Connected: true, Status: Unavailable}, of(Available), "charging", StateCharging},
		{"nothing said", up, nil, NoSession, StateUnknown},
		{"a word of tomorrow", up, of("something new"), NoSession, StateUnknown},
	} {
		if got := EVSEState(c.s, c.cs, c.open); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// Whatever comes, the state is one of the twelve, an EVSE that is offline never
// looks alive, and the order of connectors plays no part.
func TestEVSEStateIsClosed(t *testing.T) {
	statuses := append([]Status{Unknown, "", "x"}, connectorRank...)
	flows := []Flow{NoSession, FlowUnsaid, "charging", "suspended_ev", "suspended_evse", "ev_connected", "idle", "x"}
	known := map[State]bool{}
	for _, s := range States {
		known[s] = true
	}
	if len(known) != 12 {
		t.Fatalf("%d states", len(known))
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Station{Connected: rapid.Bool().Draw(t, "connected"), Status: rapid.SampledFrom(statuses).Draw(t, "whole")}
		flow := rapid.SampledFrom(flows).Draw(t, "flow")
		var cs, back []Connector
		for _, x := range rapid.SliceOfN(rapid.SampledFrom(statuses), 0, 4).Draw(t, "plugs") {
			cs = append(cs, Connector{Status: x})
			back = append([]Connector{{Status: x}}, back...)
		}
		got := EVSEState(s, cs, flow)
		if !known[got] || (got == StateOffline) == s.Connected || got != EVSEState(s, back, flow) {
			t.Fatalf("%s", got)
		}
	})
}
