package access

import (
	"time"

	"chargewright/base/fail"
)

// Day is a day of the calendar, YYYY-MM-DD. Days compare as texts; "" is none.
type Day string

// ParseDay reads a day of the years 1900 to 2200; else the error is Invalid and
// names the field.
func ParseDay(field, s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return "", fail.Field("access.ParseDay", field, "%.20q is not a day such as 2026-01-31", s)
	}
	return Day(s), nil
}

// DayOf is the day of an instant in a zone.
func DayOf(t time.Time, zone *time.Location) Day { return Day(t.In(zone).Format(time.DateOnly)) }

// Term is a stretch of days: From inclusive, Until exclusive; an empty Until is
// no end.
type Term struct{ From, Until Day }

// Has reports whether the term has that day.
func (t Term) Has(d Day) bool { return t.From <= d && (t.Until == "" || d < t.Until) }

// Meets reports whether two terms have a day in common.
func (t Term) Meets(o Term) bool {
	return (o.Until == "" || t.From < o.Until) && (t.Until == "" || o.From < t.Until)
}

// Check returns an Invalid error that names the field at fault.
func (t Term) Check() error {
	if _, err := ParseDay("valid_from", string(t.From)); err != nil {
		return err
	}
	if t.Until == "" {
		return nil
	}
	if _, err := ParseDay("valid_until", string(t.Until)); err != nil {
		return err
	}
	if t.Until <= t.From {
		return fail.Field("access.Term", "valid_until", "is not after valid_from")
	}
	return nil
}
