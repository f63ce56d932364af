package tariff

import (
	"slices"
	"time"

	_ "time/tzdata" // zones must not depend on the machine
)

const second = int64(time.Second)

// borders are the values at which some restriction of a tariff changes.
type borders struct {
	minutes   []int   // of the local day
	energies  []int64 // mWh
	durations []int64 // seconds
	instants  []int64 // ns of Unix time: where slots begin and end
	calendar  bool    // local time matters
	current   bool
	power     bool
}

// borders returns those of the tariff, and of the slots of its indexes.
func (s *Session) borders(t *Tariff) borders {
	var b borders
	for i := range t.Elements {
		r := &t.Elements[i].Restrictions
		if r.calendar() {
			b.calendar = true
			b.minutes = append(b.minutes, 0, r.From, r.Until)
		}
		b.energies = appendRange(b.energies, r.Energy)
		b.durations = appendRange(b.durations, r.Duration)
		b.current = b.current || r.Current.used()
		b.power = b.power || r.Power.used()
	}
	for _, index := range t.Indexes() {
		for _, x := range s.Slots[index] {
			b.instants = append(b.instants, x.Start.UnixNano(), x.End.UnixNano())
		}
	}
	b.instants = tidy(b.instants)
	b.minutes = tidy(b.minutes)
	b.energies = tidy(b.energies)
	b.durations = tidy(b.durations)
	return b
}

func appendRange(to []int64, r Range) []int64 {
	if r.Min > 0 {
		to = append(to, r.Min)
	}
	if r.Max > 0 {
		to = append(to, r.Max)
	}
	return to
}

func tidy[T int | int64](s []T) []T {
	slices.Sort(s)
	return slices.Compact(s)
}

// times returns, in order, the instants strictly between from and to at which a
// slot, local time or a duration since origin crosses a border, as nanoseconds
// after from.
func (b *borders) times(zone *time.Location, origin, from, to time.Time) []int64 {
	var out []int64
	span := int64(to.Sub(from))
	for _, d := range b.durations {
		if at := d*second - int64(from.Sub(origin)); at > 0 && at < span {
			out = append(out, at)
		}
	}
	first, _ := slices.BinarySearch(b.instants, from.UnixNano()+1)
	for _, t := range b.instants[first:] {
		if t >= to.UnixNano() {
			break
		}
		out = append(out, t-from.UnixNano())
	}
	if b.calendar {
		out = b.local(out, zone, from, to)
	}
	return tidy(out)
}

// local adds the zone's transitions, and the border minutes of each local day
// between two transitions.
func (b *borders) local(out []int64, zone *time.Location, from, to time.Time) []int64 {
	const day = 24 * 60 * 60
	for at := from; at.Before(to); {
		in := at.In(zone)
		_, offset := in.Zone()
		_, end := in.ZoneBounds()
		if end.IsZero() || end.After(to) {
			end = to
		}
		for midnight := floor(at.Unix()+int64(offset), day) - int64(offset); midnight < end.Unix()+1; midnight += day {
			for _, m := range b.minutes {
				t := time.Unix(midnight+int64(m)*60, 0)
				if t.After(from) && !t.Before(at) && t.Before(end) {
					out = append(out, int64(t.Sub(from)))
				}
			}
		}
		if end.Before(to) {
			out = append(out, int64(end.Sub(from)))
		}
		at = end
	}
	return out
}

// floor returns the largest multiple of step not above n.
func floor(n, step int64) int64 {
	m := n % step
	if m < 0 {
		m += step
	}
	return n - m
}

// clock is local time as restrictions see it.
type clock struct {
	minute  int // of the day
	date    int // yyyymmdd
	day     time.Weekday
	holiday bool
}

// clock is the local time of the site at t.
func (s *Session) clock(t time.Time) clock {
	t = t.In(s.Zone)
	c := clock{minute: t.Hour()*60 + t.Minute(), date: Date(t), day: t.Weekday()}
	c.holiday = s.Holidays != nil && s.Holidays.Dates[c.date]
	return c
}

// Date is the date of t in its own zone, as yyyymmdd.
func Date(t time.Time) int {
	y, m, d := t.Date()
	return y*10000 + int(m)*100 + d
}

func (r *Restrictions) hasClock(c clock) bool {
	switch {
	case r.Days != 0 && r.Days&(1<<c.day) == 0:
		return false
	case r.Holiday == OnlyHolidays && !c.holiday, r.Holiday == NoHolidays && c.holiday:
		return false
	case r.StartDate != 0 && c.date < r.StartDate:
		return false
	case r.EndDate != 0 && c.date >= r.EndDate:
		return false
	case r.Until == 0:
		return c.minute >= r.From
	case r.From < r.Until:
		return c.minute >= r.From && c.minute < r.Until
	default:
		return c.minute >= r.From || c.minute < r.Until
	}
}
