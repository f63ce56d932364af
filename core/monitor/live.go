package monitor

import (
	"time"

	"chargewright/core/session"
	"chargewright/core/station"
)

// Live are the values of an EVSE that may be shown as present. Nil is not known.
type Live struct {
	At          time.Time // of the newest value, by the station's clock; zero when there is none
	Power       *float64  // W
	PowerAt     time.Time // when it was measured, also of one that is stale; zero when it follows from the state
	Stale       bool      // the last power is too old to be shown as present
	Offered     *float64  // W
	Current     *float64  // A
	Voltage     *float64  // V
	Temperature *float64  // °C
	// SoC is as last said in the session, however long ago: At tells.
	SoC   *float64 // percent
	SoCAt time.Time
}

// Live returns what is known of an EVSE now. open is its open session, nil
// where there is none.
func (m *Monitor) Live(at string, evse int64, state station.State, open *session.Session, now time.Time) Live {
	v, _ := m.Values(at, evse)
	var l Live
	begun := time.Time{}
	if open != nil {
		begun = beginning(*open)
	}
	if w, known := present(v.Power, state, open != nil, begun, now); known {
		l.Power = &w
	}
	ours := func(x Value) bool { return x.Known() && (open == nil || !x.At.Before(begun.Add(-early))) }
	if ours(v.Power) && (open != nil || state == station.StateCharging) {
		l.PowerAt = v.Power.At
		l.Stale = !v.Power.Fresh(now)
	}
	for _, x := range []struct {
		from Value
		to   **float64
	}{{v.Offered, &l.Offered}, {v.Current, &l.Current}, {v.Voltage, &l.Voltage}, {v.Temperature, &l.Temperature}} {
		if x.from.Fresh(now) && state != station.StateOffline && ours(x.from) {
			*x.to = &x.from.V
			l.saw(x.from)
		}
	}
	if l.Power != nil && !l.PowerAt.IsZero() {
		l.saw(v.Power)
	}
	if open != nil && ours(v.SoC) {
		l.SoC, l.SoCAt = &v.SoC.V, v.SoC.At
		l.saw(v.SoC)
	}
	return l
}

func (l *Live) saw(v Value) {
	if v.At.After(l.At) {
		l.At = v.At
	}
}
