package tariff

import (
	"math"
	"slices"
	"time"
)

// The axes on which an element can be restricted, but for the weekday.
const (
	ofMinute = iota // of the local day
	ofDate          // yyyymmdd
	ofCharge        // mWh since the session began
	ofCurrent
	ofPower
	ofDuration // seconds since the session began
	axes
)

const (
	endless   = math.MaxInt64
	dayLength = 24 * 60
	everyDay  = 1<<7 - 1
)

// span is the half-open interval lo ≤ x < hi.
type span struct{ lo, hi int64 }

// region is where restrictions hold: an interval on each axis, on some days of
// the week.
type region struct {
	on   [axes]span
	days uint8 // bit time.Weekday; not 0
}

// everywhere is the region without restriction.
func everywhere() region {
	r := region{days: everyDay}
	for i := range r.on {
		r.on[i].hi = endless
	}
	r.on[ofMinute].hi = dayLength
	return r
}

// regions returns where the restrictions hold, but for the reservation: two
// regions where a window goes past midnight. exact is false where a
// restriction has no axis here: it then holds in a part of them only.
func (r Restrictions) regions() (out []region, exact bool) {
	a := everywhere()
	if r.Days != 0 {
		a.days = r.Days
	}
	a.on[ofDate] = Range{int64(r.StartDate), int64(r.EndDate)}.span()
	a.on[ofCharge], a.on[ofCurrent] = r.Energy.span(), r.Current.span()
	a.on[ofPower], a.on[ofDuration] = r.Power.span(), r.Duration.span()
	from, until := int64(r.From), int64(r.Until)
	switch {
	case until == 0:
		a.on[ofMinute].lo = from
		out = []region{a}
	case from < until:
		a.on[ofMinute] = span{from, until}
		out = []region{a}
	default:
		b := a
		a.on[ofMinute].lo, b.on[ofMinute].hi = from, until
		out = []region{a, b}
	}
	known := Restrictions{
		From: r.From, Until: r.Until, StartDate: r.StartDate, EndDate: r.EndDate, Days: r.Days,
		Energy: r.Energy, Current: r.Current, Power: r.Power, Duration: r.Duration, Reservation: r.Reservation,
	}
	return out, r == known
}

func (r Range) span() span {
	if r.Max == 0 {
		return span{r.Min, endless}
	}
	return span{r.Min, r.Max}
}

func (s span) rng() Range {
	if s.hi == endless {
		return Range{Min: s.lo}
	}
	return Range{s.lo, s.hi}
}

// restrictions is the inverse of Restrictions.regions for one region.
func (a region) restrictions() Restrictions {
	dates := a.on[ofDate].rng()
	r := Restrictions{
		From: int(a.on[ofMinute].lo), Until: int(a.on[ofMinute].hi) % dayLength, StartDate: int(dates.Min), EndDate: int(dates.Max),
		Energy: a.on[ofCharge].rng(), Current: a.on[ofCurrent].rng(), Power: a.on[ofPower].rng(), Duration: a.on[ofDuration].rng(),
	}
	if a.days != everyDay {
		r.Days = a.days
	}
	return r
}

// meets reports whether the regions have a point in common.
func (a *region) meets(b *region) bool {
	for i := range a.on {
		if a.on[i].hi <= b.on[i].lo || b.on[i].hi <= a.on[i].lo {
			return false
		}
	}
	return a.days&b.days != 0
}

// without returns the parts of a that are not in b; none overlap.
func (a region) without(b region) []region {
	if !a.meets(&b) {
		return []region{a}
	}
	var out []region
	if rest := a.days &^ b.days; rest != 0 {
		part := a
		part.days = rest
		out = append(out, part)
		a.days &= b.days
	}
	for i := range a.on {
		if a.on[i].lo < b.on[i].lo {
			part := a
			part.on[i].hi = b.on[i].lo
			out = append(out, part)
			a.on[i].lo = b.on[i].lo
		}
		if a.on[i].hi > b.on[i].hi {
			part := a
			part.on[i].lo = b.on[i].hi
			out = append(out, part)
			a.on[i].hi = b.on[i].hi
		}
	}
	return out
}

// real reports whether some day lies in the region's dates and weekdays.
func (a region) real() bool {
	dates := a.on[ofDate]
	if dates.lo == 0 || a.days == everyDay {
		return true
	}
	d := dayOf(dates.lo)
	for range 7 {
		if int64(Date(d)) >= dates.hi {
			return false
		}
		if a.days&(1<<d.Weekday()) != 0 {
			return true
		}
		d = d.AddDate(0, 0, 1)
	}
	return false
}

func dayOf(date int64) time.Time {
	return time.Date(int(date/10000), time.Month(date/100%100), int(date%100), 0, 0, 0, 0, time.UTC)
}

// joined merges regions that differ on one axis only and touch there, so that
// they can be said in few words. At most a few dozen are expected.
func joined(all []region) []region {
	for again := true; again; {
		again = false
		for i := 0; i < len(all) && !again; i++ {
			for k := i + 1; k < len(all) && !again; k++ {
				if m, ok := all[i].join(all[k]); ok {
					all[i] = m
					all = append(all[:k], all[k+1:]...)
					again = true
				}
			}
		}
	}
	return all
}

func (a region) join(b region) (region, bool) {
	differ, axis := 0, -1
	if a.days != b.days {
		differ++
	}
	for i := range a.on {
		if a.on[i] != b.on[i] {
			differ++
			axis = i
		}
	}
	switch {
	case differ > 1:
		return a, false
	case axis < 0:
		a.days |= b.days
		return a, true
	}
	x, y := a.on[axis], b.on[axis]
	if x.lo > y.lo {
		x, y = y, x
	}
	if x.hi < y.lo {
		return a, false
	}
	a.on[axis] = span{x.lo, max(x.hi, y.hi)}
	return a, true
}

// work bounds what the comparison of regions may cost.
type work struct{ left int }

// remains returns the parts of all that are not in one of by. ok is false when
// the work is used up; nothing is then known.
func (w *work) remains(all, by []region) (out []region, ok bool) {
	all = slices.Clone(all)
	for i := range by {
		b := &by[i]
		if w.left -= len(all); w.left < 0 || len(all) > maxParts {
			return nil, false
		}
		if len(all) == 0 {
			break
		}
		if !slices.ContainsFunc(all, func(a region) bool { return a.meets(b) }) {
			continue
		}
		var next []region
		for _, a := range all {
			next = append(next, a.without(*b)...)
		}
		all = next
	}
	for _, a := range all {
		if a.real() {
			out = append(out, a)
		}
	}
	return out, true
}

// maxParts is the most regions that remains keeps at once.
const maxParts = 128

// use is a component of the tariff and where its element holds.
type use struct {
	element, component int
	at                 []region
	exact              bool
}

// uses lists the components that price a dimension under a kind of
// reservation, in the order in which they are tried.
func (t *Tariff) uses(d Dimension, kind Reservation) []use {
	var out []use
	for i := range t.Elements {
		e := &t.Elements[i]
		if e.Restrictions.Reservation != kind {
			continue
		}
		at, exact := e.Restrictions.regions()
		for j := range e.Components {
			if e.Components[j].Dimension == d {
				out = append(out, use{i, j, at, exact})
			}
		}
	}
	return out
}

func (t *Tariff) of(u use) (*Component, *Restrictions) {
	e := &t.Elements[u.element]
	return &e.Components[u.component], &e.Restrictions
}
