package tariff

import (
	"fmt"
	"time"

	"chargewright/base/fail"
)

// State is what a segment of a session counts as; see the package comment.
type State string

// The states.
const (
	Charging      State = "CHARGING"
	SuspendedEV   State = "SUSPENDED_EV"
	SuspendedEVSE State = "SUSPENDED_EVSE"
	Paused        State = "PAUSED"
	ReservedState State = "RESERVED"
)

// Profile is the legal profile of an EVSE. It decides where the price of energy
// may change inside a session.
type Profile string

// The profiles. AFIR restricts which tariffs may be offered, not their rating.
const (
	NoProfile Profile = ""
	NEVI      Profile = "nevi"      // one price per kWh, fixed at the start (23 CFR 680.106)
	Eichrecht Profile = "eichrecht" // the price per kWh changes only at signed readings
	AFIR      Profile = "afir"
)

// Segment is a stretch of a session in one state. A segment without duration
// may carry energy that arrived at that instant.
type Segment struct {
	Start, End time.Time
	Energy     int64 // mWh, spread evenly from Start to End
	State      State
	Current    *int64 // µA, the highest sum over phases; nil is not known
	Power      *int64 // mW; nil is Energy over the duration
	Signed     bool   // the reading at Start is signed (eichrecht)
}

// Session is what Rate prices: segments in order of time, which do not overlap
// and may leave gaps; gaps cost nothing and count for durations.
type Session struct {
	Zone               *time.Location // of the site
	Segments           []Segment
	ReservationExpired bool // the reservation was not followed by charging
	Profile            Profile
	Holidays           *Calendar         // where the site is; nil is not known
	Slots              map[string][]Slot // of indexes, in order of time, not overlapping
}

// Bounds of a session.
const (
	MaxSegments = 100_000
	MaxSpan     = 366 * 24 * time.Hour
	MaxEnergy   = 1_000_000_000_000_000 // mWh: one TWh
)

func (s *Session) check(t *Tariff) error {
	const op = "tariff.rate"
	switch {
	case s.Zone == nil:
		return fail.Field(op, "time_zone", "is required")
	case len(s.Segments) == 0:
		return fail.Field(op, "session.segments", "must not be empty")
	case len(s.Segments) > MaxSegments:
		return fail.Field(op, "session.segments", "more than %d", MaxSegments)
	}
	switch s.Profile {
	case NoProfile, NEVI, Eichrecht, AFIR:
	default:
		return fail.Field(op, "legal_profile", "is not one of nevi, eichrecht, afir")
	}
	charging, energy := false, int64(0)
	for i := range s.Segments {
		g := &s.Segments[i]
		if name, text := s.wrong(i, charging, energy); text != "" {
			return fail.Field(op, fmt.Sprintf("session.segments[%d].%s", i, name), "%s", text)
		}
		charging = charging || g.State != ReservedState
		energy += g.Energy
	}
	if charging && s.ReservationExpired {
		return fail.Field(op, "session.reservation_expired", "an expired reservation is followed by no charging")
	}
	return s.needs(t)
}

// wrong names the first member of segment i that cannot be; before it the
// session was charging or not and had taken energy.
func (s *Session) wrong(i int, charging bool, energy int64) (member, text string) {
	g := &s.Segments[i]
	switch g.State {
	case Charging, SuspendedEV, SuspendedEVSE, Paused:
	case ReservedState:
		if charging {
			return "state", "a reservation ends when charging begins"
		}
		if g.Energy != 0 {
			return "energy_wh", "a reservation delivers no energy"
		}
	default:
		return "state", "is not one of CHARGING, SUSPENDED_EV, SUSPENDED_EVSE, PAUSED, RESERVED"
	}
	first := s.Segments[0].Start
	switch {
	case g.Start.Year() < 1970 || g.Start.Year() > 2200:
		return "start", "is not between 1970 and 2200"
	case g.End.Before(g.Start):
		return "end", "is before start"
	case g.End.Sub(first) > MaxSpan:
		return "end", "is more than 366 days after the session began"
	case i > 0 && g.Start.Before(s.Segments[i-1].End):
		return "start", "is before the end of the segment before it"
	case g.Energy < 0:
		return "energy_wh", "is negative"
	case g.Energy > MaxEnergy-energy:
		return "energy_wh", "is more than one TWh"
	case g.Current != nil && *g.Current < 0:
		return "current_a", "is negative"
	case g.Power != nil && *g.Power < 0:
		return "power_kw", "is negative"
	}
	return "", ""
}
