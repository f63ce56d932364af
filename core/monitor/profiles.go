package monitor

import (
	"slices"
	"time"

	"chargewright/core/device"
	"chargewright/core/session"
)

// Installed is a charging profile that a station accepted and that nothing
// removed since, as far as our commands tell: what others gave it, or a reset of
// its memory, does not show here.
type Installed struct {
	EVSE       int64 // 0: the station
	Profile    device.Profile
	AcceptedAt time.Time
	Command    string
	// Start is the remote start that it came with, by its number; it holds for
	// the session that names it, or begins soon after.
	Start     int64
	WithStart bool
}

// startWait is how soon after a remote start its session must begin, where it
// does not name the start (OCPP 1.6).
const startWait = 10 * time.Minute

// Fold plays commands about charging profiles that a station accepted, in their
// order, to the profiles that stand then. A profile replaces the one of its id,
// and the one of its purpose and stack level at the same EVSE (1.6 §5.16.4, 2.x
// K01.FR.05). Those whose validity is over are left out. Commands that cannot be
// read any more are passed over.
func Fold(commands []device.Record, now time.Time) []Installed {
	var out []Installed
	for _, r := range commands {
		c, err := device.ParseCommand(r.Kind, []byte(r.Body))
		if err != nil {
			continue
		}
		switch c := c.(type) {
		case device.SetChargingProfile:
			out = install(out, Installed{EVSE: c.EVSE, Profile: c.Profile, AcceptedAt: r.AnsweredAt, Command: r.ID})
		case device.RemoteStart:
			if c.Profile != nil {
				out = install(out, Installed{EVSE: c.EVSE, Profile: *c.Profile, AcceptedAt: r.AnsweredAt, Command: r.ID, Start: r.Request, WithStart: true})
			}
		case device.ClearChargingProfiles:
			out = slices.DeleteFunc(out, func(x Installed) bool { return cleared(c, x) })
		case device.UpdateSchedule:
			out = refreshed(out, c)
		}
	}
	return slices.DeleteFunc(out, func(x Installed) bool { return !x.Profile.ValidTo.IsZero() && !x.Profile.ValidTo.After(now) })
}

func install(all []Installed, x Installed) []Installed {
	p := x.Profile
	all = slices.DeleteFunc(all, func(o Installed) bool {
		q := o.Profile
		same := o.EVSE == x.EVSE && q.Purpose == p.Purpose && q.StackLevel == p.StackLevel && q.Transaction == p.Transaction
		return q.ID == p.ID || same
	})
	return append(all, x)
}

func cleared(c device.ClearChargingProfiles, x Installed) bool {
	if c.ID != nil {
		return x.Profile.ID == *c.ID
	}
	return (c.EVSE == nil || *c.EVSE == x.EVSE) && (c.Purpose == "" || c.Purpose == x.Profile.Purpose) &&
		(c.StackLevel == nil || *c.StackLevel == x.Profile.StackLevel)
}

// refreshed gives a dynamic profile what it says now (2.1 K28).
func refreshed(all []Installed, c device.UpdateSchedule) []Installed {
	for i, x := range all {
		if x.Profile.ID == c.Profile && len(x.Profile.Periods) > 0 {
			periods := slices.Clone(x.Profile.Periods)
			periods[0].Rates = c.Rates
			all[i].Profile.Periods = periods
		}
	}
	return all
}

// holds reports whether a profile is for that EVSE and session; open is nil where
// there is none.
func (x Installed) holds(evse int64, open *session.Session) bool {
	if x.EVSE != 0 && x.EVSE != evse {
		return false
	}
	if x.Profile.Purpose != device.Tx {
		return true
	}
	switch {
	case open == nil:
		return false
	case x.Profile.Transaction != "":
		return x.Profile.Transaction == open.Tx
	case open.RemoteID != nil:
		return *open.RemoteID == x.Start
	}
	begun := beginning(*open)
	return x.WithStart && !begun.Before(x.AcceptedAt.Add(-time.Minute)) && begun.Before(x.AcceptedAt.Add(startWait))
}

// beginning is when a session began, or was first heard of.
func beginning(s session.Session) time.Time {
	if s.StartedAt.IsZero() {
		return s.CreatedAt
	}
	return s.StartedAt
}

// Limits returns the limit in W that profiles put on an EVSE in [from, to), as
// steps: each point holds until the next, a Gap is no limit. The rules are those
// of OCPP's composite schedule (1.6 §3.13.3, 2.x K01.3): of one purpose the
// highest stack level that says something at the time, one for the EVSE before
// one for all; a profile of the transaction before the default; then the lowest
// of the transaction's, the station's and the outside limit. Amperes count at 230 V,
// three phases where a period names none.
func Limits(all []Installed, evse int64, open *session.Session, from, to time.Time) []Point {
	var mine []schedule
	for _, x := range all {
		if x.holds(evse, open) {
			mine = append(mine, schedule{x, x.origin(open)})
		}
	}
	if len(mine) == 0 || !from.Before(to) {
		return nil
	}
	times := []time.Time{from}
	for _, s := range mine {
		times = s.changes(times, from, to)
	}
	slices.SortFunc(times, time.Time.Compare)
	var out []Point
	for _, t := range slices.CompactFunc(times, time.Time.Equal) {
		w, limited := composite(mine, t)
		if n := len(out); n > 0 && out[n-1].Gap == !limited && out[n-1].V == w {
			continue
		}
		out = append(out, Point{At: t, V: w, Gap: !limited})
	}
	return out
}

// composite is the limit at a time.
func composite(mine []schedule, t time.Time) (w float64, limited bool) {
	lower := func(v float64, ok bool) {
		if ok && (!limited || v < w) {
			w, limited = v, true
		}
	}
	lower(highest(mine, device.StationMax, t))
	lower(highest(mine, device.External, t))
	if v, ok := highest(mine, device.Tx, t); ok {
		lower(v, true)
	} else {
		lower(highest(mine, device.TxDefault, t))
	}
	return w, limited
}

// highest is what the profile of a purpose says that goes before the others.
func highest(mine []schedule, purpose device.Purpose, t time.Time) (w float64, ok bool) {
	var best *schedule
	for i := range mine {
		s := &mine[i]
		if s.Profile.Purpose != purpose {
			continue
		}
		v, says := s.at(t)
		if !says || best != nil && !s.before(best) {
			continue
		}
		best, w, ok = s, v, true
	}
	return w, ok
}

func (s *schedule) before(o *schedule) bool {
	if (s.EVSE != 0) != (o.EVSE != 0) {
		return s.EVSE != 0
	}
	return s.Profile.StackLevel > o.Profile.StackLevel
}

// schedule is a profile with the time its periods count from; zero where that
// is not known yet.
type schedule struct {
	Installed
	from time.Time
}

func (x Installed) origin(open *session.Session) time.Time {
	switch p := x.Profile; {
	case p.Kind == device.Relative:
		if open == nil {
			return time.Time{}
		}
		return beginning(*open)
	case !p.Start.IsZero():
		return p.Start
	}
	return x.AcceptedAt
}

// every is after how long a schedule begins anew; 0: never.
func (s *schedule) every() time.Duration {
	switch s.Profile.Kind {
	case device.Daily:
		return 24 * time.Hour
	case device.Weekly:
		return 7 * 24 * time.Hour
	}
	return 0
}

// at is the limit that the schedule says at a time, if it says one.
func (s *schedule) at(t time.Time) (float64, bool) {
	p := s.Profile
	if s.from.IsZero() || t.Before(s.from) || t.Before(s.AcceptedAt) || t.Before(p.ValidFrom) || !p.ValidTo.IsZero() && !t.Before(p.ValidTo) {
		return 0, false
	}
	since := t.Sub(s.from)
	if e := s.every(); e > 0 {
		since %= e
	}
	if p.Duration > 0 && since >= time.Duration(p.Duration)*time.Second {
		return 0, false
	}
	for _, x := range slices.Backward(p.Periods) {
		if since >= time.Duration(x.Start)*time.Second {
			return limitOf(p.Unit, x)
		}
	}
	return 0, false
}

// limitOf is a period's limit in W over all phases.
func limitOf(unit device.Unit, p device.Period) (float64, bool) {
	if p.Limit == nil {
		return 0, false
	}
	v := float64(p.Limit.Value) / 10
	several := p.Limit.L2 != nil || p.Limit.L3 != nil
	for _, other := range []*int64{p.Limit.L2, p.Limit.L3} {
		if other != nil {
			v += float64(*other) / 10
		}
	}
	if unit == device.Watt {
		return v, true
	}
	phases := 3.0
	if several {
		phases = 1 // added up already
	} else if p.Phases > 0 {
		phases = float64(p.Phases)
	}
	return v * nominal * phases, true
}

// maxChanges bounds the changes of one schedule.
const maxChanges = 5_000

// changes appends the times in (from, to) at which the schedule may say
// something else.
func (s *schedule) changes(times []time.Time, from, to time.Time) []time.Time {
	most := len(times) + maxChanges
	add := func(t time.Time) {
		if t.After(from) && t.Before(to) && len(times) < most {
			times = append(times, t)
		}
	}
	p := s.Profile
	add(p.ValidFrom)
	add(p.ValidTo)
	add(s.AcceptedAt)
	if s.from.IsZero() {
		return times
	}
	start, every := s.from, s.every()
	if every > 0 && from.After(start) {
		start = start.Add(from.Sub(start).Truncate(every))
	}
	for start.Before(to) {
		add(start)
		for _, x := range p.Periods {
			add(start.Add(time.Duration(x.Start) * time.Second))
		}
		if p.Duration > 0 {
			add(start.Add(time.Duration(p.Duration) * time.Second))
		}
		if every == 0 {
			break
		}
		start = start.Add(every)
	}
	return times
}
