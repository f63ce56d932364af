package holiday_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"chargewright/core/tariff/holiday"
)

// The dates of the Official Journals and gazettes, month and day.
func TestHolidaysOfAYear(t *testing.T) {
	for _, c := range []struct {
		region string
		year   int
		want   []int
	}{
		{"DE", 2026, []int{101, 403, 406, 501, 514, 525, 1003, 1225, 1226}},
		{"DE-BY", 2026, []int{101, 106, 403, 406, 501, 514, 525, 604, 1003, 1101, 1225, 1226}},
		{"DE-SN", 2027, []int{101, 326, 329, 501, 506, 517, 1003, 1031, 1117, 1225, 1226}},
		{"AT", 2026, []int{101, 106, 406, 501, 514, 525, 604, 815, 1026, 1101, 1208, 1225, 1226}},
		{"CH", 2026, []int{101, 514, 801, 1225}},
		{"NL", 2025, []int{101, 418, 421, 426, 427, 505, 529, 609, 1225, 1226}}, // the King's birthday is kept on the Saturday before a Sunday
		{"FI", 2026, []int{101, 106, 403, 405, 406, 501, 514, 524, 620, 1031, 1206, 1225, 1226}},
		{"PT", 2026, []int{101, 403, 405, 425, 501, 604, 610, 815, 1005, 1101, 1201, 1208, 1225}},
		{"CY", 2026, []int{101, 106, 223, 325, 401, 410, 412, 413, 501, 601, 815, 1001, 1028, 1225, 1226}},
		{"US", 2026, []int{101, 119, 216, 525, 619, 703, 704, 907, 1012, 1111, 1126, 1225}},
		{"US", 2021, []int{101, 118, 215, 531, 618, 619, 704, 705, 906, 1011, 1111, 1125, 1224, 1225, 1231}}, // and the New Year of 2022
		{"PL", 2024, []int{101, 106, 401, 501, 503, 530, 815, 1101, 1111, 1225, 1226}},
		{"PL", 2025, []int{101, 106, 421, 501, 503, 619, 815, 1101, 1111, 1224, 1225, 1226}},
	} {
		days, ok := holiday.Of(c.region, c.year)
		var got []int
		for _, d := range days {
			if d.Date/10000 != c.year || d.Name == "" {
				t.Errorf("%s: %+v is no holiday of %d", c.region, d, c.year)
			}
			got = append(got, d.Date%10000)
		}
		if !ok || !slices.Equal(got, c.want) {
			t.Errorf("%s in %d: %v %v, want %v", c.region, c.year, ok, got, c.want)
		}
	}
}

func TestARegionWithoutDaysOfItsOwnHasItsCountrys(t *testing.T) {
	a, ok := holiday.Of("FR-75", 2026)
	b, known := holiday.Of("FR", 2026)
	if !ok || !known || !slices.Equal(a, b) {
		t.Errorf("%v %v", a, b)
	}
	for _, bad := range []string{"", "JP", "XX-YY", "de", "DEU"} {
		if days, ok := holiday.Of(bad, 2026); ok {
			t.Errorf("%q has %v", bad, days)
		}
	}
	for _, year := range []int{1969, 2201, -1} {
		if _, ok := holiday.Of("DE", year); ok {
			t.Errorf("the holidays of %d are known", year)
		}
	}
}

// Every list has days in every year, each a date of that year, once, in order.
func TestEveryRegionInEveryYear(t *testing.T) {
	eu := strings.Fields("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE GB CH NO US")
	for _, c := range eu {
		if !slices.Contains(holiday.Regions(), c) {
			t.Errorf("%s is not known", c)
		}
	}
	for _, r := range holiday.Regions() {
		for year := 1990; year <= 2060; year++ {
			days, ok := holiday.Of(r, year)
			if !ok || len(days) < 4 {
				t.Fatalf("%s has %v in %d", r, days, year)
			}
			for i, d := range days {
				at := time.Date(year, time.Month(d.Date/100%100), d.Date%100, 0, 0, 0, 0, time.UTC)
				if at.Year() != year || at.Day() != d.Date%100 || i > 0 && d.Date <= days[i-1].Date {
					t.Fatalf("%s in %d: %+v", r, year, days)
				}
			}
		}
	}
}
