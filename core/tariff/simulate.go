package tariff

import (
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// Trial is a session that might be, to see what it would cost.
type Trial struct {
	Zone     *time.Location
	Profile  Profile
	Start    time.Time     // of charging
	Reserved time.Duration // before Start
	Energy   int64         // mWh
	Power    int64         // mW, the most the vehicle takes
	Parked   time.Duration // plugged in after charging
	Taper    bool          // the last fifth of the energy flows ever slower
	Almanac  Almanac       // see TrialAlmanac
}

// Bounds of a trial.
const (
	MaxTrialEnergy = 10_000_000_000 // mWh: 10 MWh
	MaxTrialPower  = 10_000_000_000 // mW: 10 MW
	MaxTrialSpan   = 14 * 24 * time.Hour
)

// TrialAlmanac reads what a tariff needs to know of a trial that begins at a time,
// and of those that Simulate compares it with, which begin up to a week later. At
// no place there are no public holidays.
func TrialAlmanac(tx *store.Tx, tenant string, t *Tariff, at Where, zone *time.Location, start time.Time) (Almanac, error) {
	u, err := AlmanacOf(tx, tenant, t, at, zone, start.Add(-MaxTrialSpan), start.Add(2*MaxTrialSpan))
	if t.OnHolidays() && u.Holidays == nil && at == (Where{}) {
		u.Holidays = &Calendar{}
	}
	return u, err
}

// Session returns the trial as a session: reserved, charging, then parked.
// Charging is even; with Taper the last fifth of the energy flows in five steps
// from 90 down to 30 percent of the power, as a battery that fills up.
func (x *Trial) Session() (*Session, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	s := &Session{Zone: x.Zone, Profile: x.Profile, Slots: x.Almanac.Slots, Holidays: x.Almanac.Holidays}
	if x.Reserved > 0 {
		s.Segments = append(s.Segments, Segment{Start: x.Start.Add(-x.Reserved), End: x.Start, State: ReservedState})
	}
	at := x.Start
	add := func(energy, power int64) {
		if energy == 0 {
			return
		}
		end := at.Add(portion(hour, energy, max(power, 1)).whole())
		s.Segments = append(s.Segments, Segment{Start: at, End: end, Energy: energy, State: Charging, Power: &power})
		at = end
	}
	if x.Taper {
		last := x.Energy / 5
		add(x.Energy-last, x.Power)
		for i := range int64(5) {
			add(last*(i+1)/5-last*i/5, x.Power*(90-15*i)/100)
		}
	} else {
		add(x.Energy, x.Power)
	}
	if x.Parked > 0 || len(s.Segments) == 0 {
		s.Segments = append(s.Segments, Segment{Start: at, End: at.Add(x.Parked), State: SuspendedEV})
		at = at.Add(x.Parked)
	}
	if at.Sub(x.Start) > MaxTrialSpan {
		return nil, fail.Field("tariff.trial", "power_w", "the session would last more than %d days", MaxTrialSpan/(24*time.Hour))
	}
	return s, nil
}

func (x *Trial) check() error {
	const op = "tariff.trial"
	switch {
	case x.Zone == nil:
		return fail.Field(op, "time_zone", "is required")
	case x.Energy < 0 || x.Energy > MaxTrialEnergy:
		return fail.Field(op, "energy_wh", "is not between 0 and 10 MWh")
	case x.Power <= 0 && x.Energy > 0 || x.Power > MaxTrialPower:
		return fail.Field(op, "power_w", "is not above 0 and at most 10 MW")
	case x.Energy > 0 && x.Energy/x.Power > int64(MaxTrialSpan/time.Hour):
		return fail.Field(op, "power_w", "the session would last more than %d days", MaxTrialSpan/(24*time.Hour))
	case x.Parked < 0 || x.Parked > MaxTrialSpan:
		return fail.Field(op, "parked_minutes", "is not between 0 and 14 days")
	case x.Reserved < 0 || x.Reserved > MaxTrialSpan:
		return fail.Field(op, "reserved_minutes", "is not between 0 and 14 days")
	}
	return nil
}

// Simulation is what a trial costs.
type Simulation struct {
	Session *Session
	Rating  Rating
	Steps   []PriceStep // of a kWh over the session
	Starts  []StartCost // the same at other times
}

// StartCost is what the same session costs if charging begins at another time.
type StartCost struct {
	At    time.Time
	Gross int64     // minor units; as the tariff's prices are where it names no tax
	KWh   PriceStep // the price of a kWh at the start
}

// startWork bounds what the comparison of starts may cost, in looks at a
// component.
const startWork = 40_000_000

// Simulate prices a trial, and the same begun at each hour of the week from the
// midnight before it, but for those that would be billed at the fallback of a price
// that is not known yet: of a day only, or not at all, where the tariff is so large
// that the week takes too long. Its errors are those of Bill, and Invalid for a
// trial that cannot be.
func Simulate(t *Tariff, x Trial) (Simulation, error) {
	var out Simulation
	var err error
	if out.Session, err = x.Session(); err != nil {
		return out, err
	}
	if out.Rating, err = Rate(t, out.Session); err != nil {
		return out, err
	}
	if out.Steps, err = EnergyPrices(t, out.Session); err != nil {
		return out, err
	}
	pieces := 0
	if err := walk(out.Session, out.Session.borders(t), func(*piece) error { pieces++; return nil }); err != nil {
		return out, err
	}
	n := 7 * 24
	if each := pieces * t.size() * len(dimensions); each*n > startWork {
		if n = 24; each*n > startWork {
			return out, nil
		}
	}
	day := x.Start.In(x.Zone)
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, x.Zone)
	for i := range n {
		c, known, err := startAt(t, out.Session, midnight.Add(time.Duration(i)*time.Hour), x.Start)
		if err != nil {
			return out, err
		}
		if known {
			out.Starts = append(out.Starts, c)
		}
	}
	return out, nil
}

// size is how many components the tariff has.
func (t *Tariff) size() int {
	n := 0
	for i := range t.Elements {
		n += len(t.Elements[i].Components)
	}
	return n
}

// startAt prices the session moved so that what began at was begins at at; known is
// false where a part of it is billed at a fallback.
func startAt(t *Tariff, s *Session, at, was time.Time) (c StartCost, known bool, err error) {
	moved, by := *s, at.Sub(was)
	moved.Segments = slices.Clone(s.Segments)
	for i := range moved.Segments {
		g := &moved.Segments[i]
		g.Start, g.End = g.Start.Add(by), g.End.Add(by)
	}
	r, err := Rate(t, &moved)
	if err != nil || r.Fallback != nil && r.Fallback.Sign() > 0 {
		return c, false, err
	}
	steps, err := EnergyPrices(t, &moved)
	if err != nil {
		return c, false, err
	}
	c.At, c.Gross = at, r.Invoice.Gross
	if len(steps) > 0 {
		c.KWh = steps[0]
	}
	return c, true, nil
}
