package sim

import (
	"cmp"
	"slices"
	"time"

	"chargewright/wire/ocpp/v21"
)

// The bounds of smart charging a station announces and keeps.
const (
	maxProfiles = 50
	maxPeriods  = 100
	maxStack    = 99
	volts       = 230 // between phase and neutral
	minAmps     = 6   // below it an AC vehicle cannot charge (IEC 61851-1)
	noLimit     = int64(1) << 40
)

// The purposes as 2.x names them; 1.6's ChargePointMaxProfile is stationMax.
const (
	external   = "ChargingStationExternalConstraints"
	stationMax = "ChargingStationMaxProfile"
	txDefault  = "TxDefaultProfile"
	txOnly     = "TxProfile"
)

// profile is a charging profile of any version.
type profile struct {
	id       int64
	evse     int64 // 0: the station, or each EVSE
	purpose  string
	stack    int64
	kind     string        // Absolute, Recurring, Relative
	every    time.Duration // of Recurring: a day or a week
	from, to time.Time     // validity; zero is open
	start    time.Time     // startSchedule
	duration time.Duration // 0: open end
	amps     bool          // limits are mA per phase, else mW
	periods  []period
	forTx    *transaction         // of txOnly
	original *v21.ChargingProfile // as it came, for a report; nil in 1.6
}

// period is one step of a schedule.
type period struct {
	at     time.Duration
	limit  int64 // mW or mA; negative is none
	phases int64 // 0 is 3
}

// addProfile installs a profile; one with the same id, or with the same EVSE,
// purpose, stack level and transaction, is replaced. It reports false when
// there is no room.
func (s *Station) addProfile(p *profile) bool {
	s.profiles = slices.DeleteFunc(s.profiles, func(o *profile) bool {
		return o.id == p.id || o.evse == p.evse && o.purpose == p.purpose && o.stack == p.stack && o.forTx == p.forTx
	})
	if len(s.profiles) >= maxProfiles {
		return false
	}
	s.profiles = append(s.profiles, p)
	s.recharge()
	return true
}

// clearProfiles removes what matches and returns how many those were.
func (s *Station) clearProfiles(match func(*profile) bool) int {
	n := len(s.profiles)
	s.profiles = slices.DeleteFunc(s.profiles, match)
	s.recharge()
	return n - len(s.profiles)
}

func (s *Station) dropProfilesOf(t *transaction) {
	s.profiles = slices.DeleteFunc(s.profiles, func(p *profile) bool { return p.forTx == t })
}

// recharge applies changed limits at once.
func (s *Station) recharge() {
	for _, e := range s.evses {
		if e.tx != nil && e.tx.flowing {
			e.beat()
		}
	}
}

// at returns the step in force at now, and when the next one begins.
func (p *profile) at(now, txStart time.Time) (step period, next time.Time, ok bool) {
	if !p.to.IsZero() && !now.Before(p.to) {
		return step, next, false
	}
	if !p.from.IsZero() && now.Before(p.from) {
		return step, p.from, false
	}
	start := p.start
	switch {
	case p.kind == "Relative" || start.IsZero():
		start = cmp.Or(txStart, now)
	case p.kind == "Recurring" && p.every > 0 && !now.Before(start):
		start = start.Add(now.Sub(start) / p.every * p.every)
		next = start.Add(p.every)
	}
	into := now.Sub(start)
	if into < 0 {
		return step, start, false
	}
	if p.duration > 0 && into >= p.duration {
		return step, next, false
	}
	if p.duration > 0 {
		next = earlier(next, start.Add(p.duration))
	}
	for _, q := range p.periods {
		if q.at > into {
			next = earlier(next, start.Add(q.at))
			break
		}
		step, ok = q, true
	}
	return step, earlier(next, p.to), ok
}

// earlier returns the earlier of two moments, of which a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// watts returns a step's limit for an EVSE, in W.
func (p *profile) watts(step period, e *evse) int64 {
	if step.limit < 0 {
		return noLimit
	}
	if !p.amps {
		return step.limit / 1000
	}
	return step.limit * volts * e.phases(step.phases) / 1000
}

// phases returns how many phases carry current.
func (e *evse) phases(limit int64) int64 {
	if e.cfg.Kind == DC {
		return 3
	}
	n := e.cfg.Phases
	if limit > 0 {
		n = min(n, limit)
	}
	if e.car != nil {
		n = min(n, e.car.Phases)
	}
	return n
}

// limitAt returns what the profiles allow an EVSE at a moment, in W, and when
// that may change next. The highest stack level of a purpose counts; TxProfile
// goes before TxDefaultProfile, the others only lower it (1.6 §3.13.3, 2.x
// K01).
func (s *Station) limitAt(e *evse, now time.Time) (int64, time.Time) {
	best := map[string]*profile{}
	steps := map[string]period{}
	var border, txStart time.Time
	if e.tx != nil {
		txStart = e.tx.begin.at
	}
	for _, p := range s.profiles {
		if p.evse != 0 && p.evse != int64(e.n) || p.purpose == txOnly && p.forTx != e.tx {
			continue
		}
		step, next, ok := p.at(now, txStart)
		border = earlier(border, next)
		if b := best[p.purpose]; ok && (b == nil || p.stack > b.stack || p.stack == b.stack && p.evse > b.evse) {
			best[p.purpose], steps[p.purpose] = p, step
		}
	}
	if best[txOnly] != nil {
		delete(best, txDefault)
	}
	limit := noLimit
	for purpose, p := range best {
		w := p.watts(steps[purpose], e)
		if (purpose == stationMax || purpose == external) && p.evse == 0 {
			w = s.share(w)
		}
		limit = min(limit, w)
	}
	return limit, border
}

// share divides a limit of the whole station among the EVSEs in use.
func (s *Station) share(w int64) int64 {
	n := int64(0)
	for _, e := range s.evses {
		if e.tx != nil {
			n++
		}
	}
	return w / max(n, 1)
}

// offered returns what the EVSE lets the vehicle take now, in W; less than the
// smallest current is nothing.
func (e *evse) offered() int64 {
	limit, _ := e.s.limitAt(e, e.s.clock())
	w := min(limit, e.cfg.MaxW)
	if e.cfg.Kind == AC && w < minAmps*volts*e.phases(0) && w < minAmps*volts {
		return 0
	}
	return w
}

// nextBorder returns when a schedule changes next, in real time; zero if none
// does.
func (s *Station) nextBorder(e *evse) time.Time {
	now := s.clock()
	_, border := s.limitAt(e, now)
	if border.IsZero() || !border.After(now) {
		return time.Time{}
	}
	return time.Now().Add(border.Sub(now))
}

// composite returns the steps in force over a duration, in W, merged where
// they are equal.
func (s *Station) composite(e *evse, from time.Time, duration time.Duration) []period {
	var out []period
	end := from.Add(duration)
	for now := from; now.Before(end) && len(out) < maxPeriods; {
		limit, border := s.limitAt(e, now)
		limit = min(limit, e.cfg.MaxW)
		if n := len(out); n == 0 || out[n-1].limit != limit {
			out = append(out, period{at: now.Sub(from), limit: limit})
		}
		if border.IsZero() || !border.After(now) {
			break
		}
		now = border
	}
	return out
}
