// Package holiday knows the public holidays of the countries of the European
// Union, of the United Kingdom, Switzerland, Norway and the United States, and
// of the regions of Germany and Switzerland. It holds no state.
//
// A holiday that the law moves from a weekend counts on both days: on its own
// and on the one on which it is observed. Of a country whose regions differ the
// country itself has the days that are holidays everywhere.
package holiday

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
)

// Day is a public holiday.
type Day struct {
	Date int    // yyyymmdd
	Name string // in the language of the country
}

// utc makes the library work out dates on any machine alike: it does so at
// midnight of the local zone, which some days do not have.
var utc = sync.OnceFunc(func() { cal.DefaultLoc = time.UTC })

// Country is the country of a region: ISO 3166-1 of ISO 3166-2.
func Country(region string) string {
	country, _, _ := strings.Cut(region, "-")
	return country
}

// Of returns the public holidays of a region ("DE-BY") or country ("DE") in a
// year from 1970 to 2200, in order of date. A region that is not known by itself
// has those of its country; of a country that is not known ok is false.
func Of(region string, year int) (days []Day, ok bool) {
	list, ok := lists()[region]
	if !ok {
		list, ok = lists()[Country(region)]
	}
	if !ok || year < 1970 || year > 2200 {
		return nil, false
	}
	utc()
	at := map[int]string{}
	for _, y := range []int{year - 1, year, year + 1} { // a New Year on a Saturday is observed the year before
		for _, h := range list {
			if h.Type == cal.ObservanceReligious || h.Type == cal.ObservanceOther {
				continue
			}
			actual, observed := h.Calc(y)
			for _, t := range []time.Time{observed, actual} {
				if t.Year() == year {
					at[date(t)] = h.Name
				}
			}
		}
	}
	for _, d := range slices.Sorted(maps.Keys(at)) {
		days = append(days, Day{d, at[d]})
	}
	return days, true
}

func date(t time.Time) int {
	y, m, d := t.Date()
	return y*10000 + int(m)*100 + d
}

// Regions are the countries and regions that are known by themselves, in order.
func Regions() []string { return slices.Sorted(maps.Keys(lists())) }
