package spotprice

import (
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
)

// zoned and local are the usual forms of times, with and without a zone.
var (
	zoned = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"}
	local = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "02.01.2006 15:04:05", "02.01.2006 15:04"}
)

// clock reads times one after another.
type clock struct {
	zone   *time.Location
	layout string
	after  time.Time // the last one, of those without a zone
}

// read reads a time.
func (c *clock) read(s string) (time.Time, error) {
	t, naive, err := c.parse(s)
	if err != nil || !naive {
		return t, err
	}
	return c.resolve(t, s)
}

// parse reads a time; a naive one, without a zone, as UTC. Of "01.06.2026 00:00 -
// 01.06.2026 00:15" it takes the first.
func (c *clock) parse(s string) (t time.Time, naive bool, err error) {
	s, _, _ = strings.Cut(strings.TrimSpace(s), " - ")
	forms, naives := zoned, local
	switch c.layout {
	case "unix", "unix_ms":
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 || n > 1e13 {
			return t, false, noTime(s)
		}
		if c.layout == "unix" {
			return time.Unix(n, 0).UTC(), false, nil
		}
		return time.UnixMilli(n).UTC(), false, nil
	case "":
	default:
		forms, naives = nil, []string{c.layout}
		if strings.Contains(c.layout, "Z07") || strings.Contains(c.layout, "-07") {
			forms, naives = naives, nil
		}
	}
	for _, l := range forms {
		if t, err := time.Parse(l, s); err == nil {
			return t.UTC(), false, nil
		}
	}
	for _, l := range naives {
		if t, err := time.Parse(l, s); err == nil {
			return t, true, nil
		}
	}
	return t, false, noTime(s)
}

// lasts reports whether a slot from start to end, as they are written, is d long:
// by the clock or by what the clock shows, which differ when it is put back.
func (c *clock) lasts(start time.Time, from, end string, d time.Duration) bool {
	a, naive, err := c.parse(from)
	b, also, wrong := c.parse(end)
	if err != nil || wrong != nil {
		return false
	}
	if naive && also && b.Sub(a) == d {
		return true
	}
	if also {
		b, wrong = (&clock{zone: c.zone, after: start.Add(time.Nanosecond)}).resolve(b, end)
	}
	return wrong == nil && b.Sub(start) == d
}

func noTime(s string) error {
	if len(s) > 40 {
		s = s[:40]
	}
	return fail.New(fail.Invalid, "spotprice.clock", "%q is no time in the form expected", s)
}

// resolve finds when the clocks of the zone showed t, which is read as UTC: of
// two instants the first that is not before the last time read.
func (c *clock) resolve(t time.Time, s string) (time.Time, error) {
	var when []time.Time
	for _, near := range []time.Duration{-24 * time.Hour, 24 * time.Hour} { // the summer's offset is the larger, and gives the earlier
		_, offset := t.Add(near).In(c.zone).Zone()
		at := t.Add(-time.Duration(offset) * time.Second)
		if shown(at.In(c.zone)).Equal(t) && (len(when) == 0 || !when[0].Equal(at)) {
			when = append(when, at)
		}
	}
	if len(when) == 0 {
		return t, fail.New(fail.Invalid, "spotprice.clock", "%q does not come: the clocks are put forward over it", s)
	}
	if len(when) == 2 && when[1].Before(when[0]) {
		when[0], when[1] = when[1], when[0]
	}
	for _, at := range when {
		if !at.Before(c.after) {
			c.after = at.Add(time.Nanosecond)
			return at, nil
		}
	}
	if when[len(when)-1].Before(c.after) && !when[len(when)-1].Add(time.Nanosecond).Equal(c.after) {
		return t, fail.New(fail.Invalid, "spotprice.clock", "%q is before the time above it: times without a zone must be in order", s)
	}
	return when[len(when)-1], nil // the same again: given twice, which is refused above
}

// shown is what a clock shows, read as UTC.
func shown(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
