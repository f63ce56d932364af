package tariff

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/tariff/holiday"
)

// Where is a place as public holidays see it.
type Where struct {
	Country string // ISO 3166-1 alpha-2
	Region  string // ISO 3166-2, "" for none: the country's holidays alone
}

func (w Where) name() string {
	if w.Region != "" {
		return w.Region
	}
	return w.Country
}

// OwnHoliday is what an operator says of a date in a country or region: it is a
// public holiday, or it is none though the built-in calendar has it. A word on a
// region beats one on its country.
type OwnHoliday struct {
	Region    string // ISO 3166-1 or 3166-2
	Date      int    // yyyymmdd
	Name      string
	Removed   bool
	UpdatedAt time.Time
}

// MaxOwnHolidays bounds those of a tenant.
const MaxOwnHolidays = 5_000

// PutOwnHoliday adds or replaces an operator's word on a date. One more than
// MaxOwnHolidays is Conflict.
func PutOwnHoliday(tx *store.Tx, tenant string, h OwnHoliday) error {
	const op = "tariff.putownholiday"
	switch {
	case !IsRegion(h.Region):
		return fail.Field(op, "region", "%q is no country or region such as DE or DE-BY", clip(h.Region))
	case !isDate(h.Date):
		return fail.Field(op, "date", "is not a date from 1970 to 2200")
	case !h.Removed && h.Name == "":
		return fail.Field(op, "name", "is required")
	case utf8.RuneCountInString(h.Name) > 100:
		return fail.Field(op, "name", "has more than 100 characters")
	}
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM tariff_holiday WHERE tenant_id = $1 AND NOT (region = $2 AND date = $3)`,
		tenant, h.Region, int64(h.Date))
	if err != nil {
		return err
	}
	if n >= MaxOwnHolidays {
		return fail.New(fail.Conflict, op, "there are %d holidays already", n)
	}
	tx.Write(`INSERT INTO tariff_holiday (tenant_id, region, date, name, removed, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (tenant_id, region, date) DO UPDATE SET name = excluded.name, removed = excluded.removed, updated_at = excluded.updated_at`,
		tenant, h.Region, int64(h.Date), h.Name, h.Removed, tx.Now())
	return nil
}

// DeleteOwnHoliday takes an operator's word back, or is NotFound.
func DeleteOwnHoliday(tx *store.Tx, tenant, region string, date int) error {
	n, err := tx.Exec(`DELETE FROM tariff_holiday WHERE tenant_id = $1 AND region = $2 AND date = $3`, tenant, region, int64(date))
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "tariff.deleteownholiday", "nothing was said of that date")
	}
	return err
}

// IsRegion reports whether s has the form of ISO 3166-1 alpha-2 or 3166-2.
func IsRegion(s string) bool {
	upper := func(s string, digits bool) bool {
		for _, c := range s {
			if (c < 'A' || c > 'Z') && (!digits || c < '0' || c > '9') {
				return false
			}
		}
		return true
	}
	return len(s) == 2 && upper(s, false) || len(s) >= 4 && len(s) <= 6 && upper(s[:2], false) && s[2] == '-' && upper(s[3:], true)
}

func isDate(d int) bool {
	t, err := time.Parse("20060102", fmt.Sprintf("%08d", d))
	return err == nil && t.Year() >= 1970 && t.Year() <= 2200
}

// PublicHoliday is a date on a calendar, and where it is from.
type PublicHoliday struct {
	Date    int
	Name    string
	Own     bool // by the operator's word
	Removed bool // by the operator's word: it does not count
}

// PublicHolidays lists the public holidays of a place in a year, with those that
// the operator removed. known is false where there is no built-in calendar and
// the operator said nothing of that year.
func PublicHolidays(tx *store.Tx, tenant string, at Where, year int) (days []PublicHoliday, known bool, err error) {
	builtin, known := holiday.Of(at.name(), year)
	for _, d := range builtin {
		days = append(days, PublicHoliday{Date: d.Date, Name: d.Name})
	}
	err = tx.Each(func(r *store.Row) error {
		known = true
		own := PublicHoliday{Date: int(r.Int(0)), Name: r.Text(1), Own: true, Removed: r.Bool(2)}
		i, found := slices.BinarySearchFunc(days, own.Date, func(d PublicHoliday, date int) int { return d.Date - date })
		if !found {
			days = slices.Insert(days, i, own)
			return nil
		}
		if own.Name == "" {
			own.Name = days[i].Name
		}
		days[i] = own
		return nil
	}, `SELECT date, name, removed FROM tariff_holiday WHERE tenant_id = $1 AND region IN ($2, $3) AND date >= $4 AND date < $5
		ORDER BY CASE region WHEN $2 THEN 1 ELSE 2 END, date`, tenant, at.Country, at.name(), int64(year*10000), int64((year+1)*10000))
	return days, known, err
}

// CalendarOf returns the public holidays of a place in the years from first to
// last, as they are known now; nil where they are not. Its name has a hash of
// its dates.
func CalendarOf(tx *store.Tx, tenant string, at Where, first, last int) (*Calendar, error) {
	c := &Calendar{Dates: map[int]bool{}}
	hash := sha256.New()
	for year := first; year <= last; year++ {
		days, known, err := PublicHolidays(tx, tenant, at, year)
		if err != nil || !known {
			return nil, err
		}
		for _, d := range days {
			if !d.Removed {
				c.Dates[d.Date] = true
				fmt.Fprintln(hash, d.Date)
			}
		}
	}
	c.Name = at.name() + " " + hex.EncodeToString(hash.Sum(nil)[:8])
	return c, nil
}
