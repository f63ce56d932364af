package ocpp

import (
	"errors"
	"time"
)

// Time is an instant of the protocol. It is written as RFC 3339 in UTC with
// milliseconds and read as leniently as ParseTime reads.
type Time struct{ time.Time }

// At returns t as a Time in UTC.
func At(t time.Time) Time { return Time{t.UTC()} }

const timeLayout = "2006-01-02T15:04:05.000Z"

var (
	errTime    = errors.New("not a date and time of RFC 3339")
	errTimeOut = errors.New("a time to be sent is not set or is outside the years 1 to 9999")
)

// MarshalText implements encoding.TextMarshaler. A zero time is an error.
func (t Time) MarshalText() ([]byte, error) {
	u := t.Time.UTC()
	if u.IsZero() || u.Year() < 1 || u.Year() > 9999 {
		return nil, errTimeOut
	}
	return u.AppendFormat(nil, timeLayout), nil
}

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	b, err := t.MarshalText()
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, len(b)+2), '"')
	return append(append(out, b...), '"'), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Time) UnmarshalText(b []byte) error {
	u, _, ok := ParseTime(b)
	if !ok {
		return errTime
	}
	*t = u
	return nil
}

// UnmarshalJSON implements json.Unmarshaler; null leaves t alone.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) < 2 || b[0] != '"' {
		return errTime
	}
	return t.UnmarshalText(b[1 : len(b)-1])
}

// ParseTime reads a date and time. strict reports whether it is RFC 3339 as
// the schemas' date-time asks; what stations are known to send beside that is
// read too: no zone (taken as UTC), a blank or lower-case t between date and
// time, a comma before the fraction, a zone without colon or minutes, no
// seconds, and second 60. Digits finer than a nanosecond are cut off. The
// year 1 that some stations send for "not set" is the zero Time.
func ParseTime[T string | []byte](s T) (t Time, strict, ok bool) {
	c := clock[T]{s: s, strict: true}
	year, month, day := c.digits(4), c.after('-'), c.after('-')
	c.oneOf("T", "t ")
	hour, minute := c.digits(2), c.after(':')
	second := 0
	if c.at(':') {
		second = c.after(':')
	} else {
		c.strict = false
	}
	nano := c.fraction()
	offset := c.zone()
	if second == 60 {
		c.strict = false
	}
	if c.bad || c.i != len(s) || year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 60 {
		return Time{}, false, false
	}
	at := time.Date(year, time.Month(month), day, hour, minute-offset, second, nano, time.UTC)
	if at.Year() < 1 || at.Year() > 9999 {
		return Time{}, false, false
	}
	return Time{at}, c.strict, true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// clock reads the parts of a date and time from left to right.
type clock[T string | []byte] struct {
	s      T
	i      int
	strict bool
	bad    bool
}

func (c *clock[T]) at(b byte) bool { return c.i < len(c.s) && c.s[c.i] == b }

// oneOf reads one byte out of usual, or, leniently, out of odd.
func (c *clock[T]) oneOf(usual, odd string) byte {
	for k := range len(usual) + len(odd) {
		b := (usual + odd)[k]
		if c.at(b) {
			c.i++
			c.strict = c.strict && k < len(usual)
			return b
		}
	}
	c.bad = true
	return 0
}

func (c *clock[T]) digits(n int) (v int) {
	for range n {
		if c.i >= len(c.s) || c.s[c.i]-'0' > 9 {
			c.bad = true
			return 0
		}
		v = v*10 + int(c.s[c.i]-'0')
		c.i++
	}
	return v
}

func (c *clock[T]) after(b byte) int {
	if !c.at(b) {
		c.bad = true
		return 0
	}
	c.i++
	return c.digits(2)
}

func (c *clock[T]) fraction() (nano int) {
	if !c.at('.') && !c.at(',') {
		return 0
	}
	c.strict = c.strict && c.at('.')
	c.i++
	from, unit := c.i, 100_000_000
	for c.i < len(c.s) && c.s[c.i]-'0' <= 9 {
		nano += int(c.s[c.i]-'0') * unit
		unit /= 10
		c.i++
	}
	c.bad = c.bad || c.i == from
	return nano
}

// zone returns the offset from UTC in minutes.
func (c *clock[T]) zone() int {
	if c.i == len(c.s) {
		c.strict = false
		return 0
	}
	sign := 1
	switch c.oneOf("Z+-", "z") {
	case 'Z', 'z':
		return 0
	case '-':
		sign = -1
	}
	hours, minutes := c.digits(2), 0
	switch {
	case c.at(':'):
		minutes = c.after(':')
	case c.i < len(c.s):
		minutes = c.digits(2)
		c.strict = false
	default:
		c.strict = false
	}
	c.bad = c.bad || hours > 23 || minutes > 59
	return sign * (hours*60 + minutes)
}
