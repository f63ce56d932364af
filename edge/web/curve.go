package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/core/billing"
)

// Geometry of the curve, in units of its viewBox.
const (
	curveHeight = 92
	curveTop    = 14 // where the highest power lies
	curveBase   = 62 // where zero lies
)

// curve is a receipt's power over time as SVG paths: steps, because a value
// stands for the mean of its whole stretch.
type curve struct {
	Width, Height, Base, Top int
	Area, Line               string
	Major, Minor             string
	Labels                   []label
	Peak                     string // kW at Top
}

type label struct {
	X, Anchor, Text string
}

// stretches returns what of the power lies within [from, to], in order of time
// and without overlap; of two that overlap the earlier keeps its time.
func stretches(power []billing.Power, from, to time.Time) []billing.Power {
	sorted := slices.Clone(power)
	slices.SortStableFunc(sorted, func(a, b billing.Power) int { return a.Start.Compare(b.Start) })
	var out []billing.Power
	for _, p := range sorted {
		if p.Start.Before(from) {
			p.Start = from
		}
		if len(out) > 0 && p.Start.Before(out[len(out)-1].End) {
			p.Start = out[len(out)-1].End
		}
		if p.End.After(to) {
			p.End = to
		}
		if p.End.After(p.Start) && p.Watt >= 0 {
			out = append(out, p)
		}
	}
	return out
}

func peak(s []billing.Power) int64 {
	top := int64(0)
	for _, p := range s {
		top = max(top, p.Watt)
	}
	return top
}

// holes is the time between from and to that no stretch covers.
func holes(s []billing.Power, from, to time.Time) time.Duration {
	d := to.Sub(from)
	for _, p := range s {
		d -= p.End.Sub(p.Start)
	}
	return d
}

// draw makes the curve of stretches between from and to, which is after from.
func draw(s []billing.Power, from, to time.Time, zone *time.Location, width int) *curve {
	top := max(peak(s), 1)
	x := func(t time.Time) string { return tenth(float64(width) * float64(t.Sub(from)) / float64(to.Sub(from))) }
	y := func(w int64) string { return tenth(curveBase - (curveBase-curveTop)*float64(w)/float64(top)) }
	var area, line strings.Builder
	for i, p := range s {
		joined := i > 0 && s[i-1].End.Equal(p.Start)
		if joined {
			line.WriteString("V" + y(p.Watt))
		} else {
			line.WriteString("M" + x(p.Start) + " " + y(p.Watt))
		}
		line.WriteString("H" + x(p.End))
		area.WriteString("M" + x(p.Start) + " " + strconv.Itoa(curveBase) + "V" + y(p.Watt) + "H" + x(p.End) + "V" + strconv.Itoa(curveBase) + "z")
	}
	c := &curve{Width: width, Height: curveHeight, Base: curveBase, Top: curveTop, Area: area.String(), Line: line.String(), Peak: kw(top)}
	c.ticks(from, to, zone, x)
	return c
}

// ticks draws the graduation below the curve: whole steps of the clock of the
// zone, five to eleven long ones, with the time at both ends.
func (c *curve) ticks(from, to time.Time, zone *time.Location, x func(time.Time) string) {
	long, short := graduation(to.Sub(from))
	var major, minor strings.Builder
	_, east := from.In(zone).Zone()
	shift := time.Duration(east) * time.Second
	first := from.Add(shift).Truncate(short).Add(-shift)
	room := time.Duration(float64(to.Sub(from)) * 64 / float64(c.Width)) // a label's width in time
	c.Labels = []label{{"0", "start", from.In(zone).Format("15:04")}, {strconv.Itoa(c.Width), "end", to.In(zone).Format("15:04")}}
	for t := first; !t.After(to); t = t.Add(short) {
		if t.Before(from) {
			continue
		}
		if !t.Add(shift).Truncate(long).Equal(t.Add(shift)) {
			minor.WriteString("M" + x(t) + " " + strconv.Itoa(curveBase) + "v4")
			continue
		}
		major.WriteString("M" + x(t) + " " + strconv.Itoa(curveBase) + "v8")
		if t.Sub(from) > room && to.Sub(t) > room {
			c.Labels = append(c.Labels, label{x(t), "middle", t.In(zone).Format("15:04")})
		}
	}
	c.Major, c.Minor = major.String(), minor.String()
}

// graduation returns the steps of long and short ticks for a duration.
func graduation(d time.Duration) (long, short time.Duration) {
	for _, g := range [][2]time.Duration{
		{time.Minute, 10 * time.Second},
		{5 * time.Minute, time.Minute},
		{15 * time.Minute, 5 * time.Minute},
		{30 * time.Minute, 5 * time.Minute},
		{time.Hour, 15 * time.Minute},
		{2 * time.Hour, 30 * time.Minute},
		{6 * time.Hour, time.Hour},
	} {
		if d <= 6*g[0] {
			return g[0], g[1]
		}
	}
	// A session of days: at most 12 long ticks, of whole days.
	day := 24 * time.Hour
	long = (d/(12*day) + 1) * day
	return long, long / 4
}

func tenth(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
