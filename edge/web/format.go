package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"chargewright/base/energy"
	"chargewright/base/money"
)

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// amount writes money for people: "€1,204.37", "−$5.00", "CHF 12.30", "¥500",
// "KWD 0.005".
func amount(minor int64, c money.Currency) string {
	return priced(money.Amount{Minor: minor, Currency: c}.Decimal(), c)
}

// unitPrice writes an exact decimal as a price, with at least the currency's
// decimals: "0.5" is "€0.50", "0.4875" stays. What is no number is left alone.
func unitPrice(decimal string, c money.Currency) string {
	n, err := money.ParseDecimal(decimal, money.Scale)
	if err != nil {
		return decimal
	}
	return priced(money.FormatDecimal(n, money.Scale, c.Exponent()), c)
}

func priced(decimal string, c money.Currency) string {
	sign := ""
	if s, negative := strings.CutPrefix(decimal, "-"); negative {
		sign, decimal = "−", s
	}
	symbol := string(c) + nbsp
	switch c {
	case "EUR":
		symbol = "€"
	case "GBP":
		symbol = "£"
	case "USD":
		symbol = "$"
	case "JPY":
		symbol = "¥"
	}
	return sign + symbol + grouped(decimal)
}

// grouped puts a comma at every thousand of a plain decimal. What does not
// begin with digits is left alone.
func grouped(decimal string) string {
	whole, frac, dot := strings.Cut(decimal, ".")
	sign := ""
	if s, negative := strings.CutPrefix(whole, "-"); negative {
		sign, whole = "−", s
	}
	if whole == "" || strings.Trim(whole, "0123456789") != "" {
		return decimal
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		frac = "." + frac
	}
	return sign + whole + frac
}

// kwh writes energy in kWh with two decimals, without the unit.
func kwh(e energy.Energy) string {
	if e < 0 {
		return "−" + kwh(-e)
	}
	n := (int64(e) + 5_000) / 10_000
	return grouped(money.FormatDecimal(n, 2, 2))
}

// register writes energy in kWh as evidence: every decimal it has, at least
// three, with the unit.
func register(e energy.Energy) string {
	return grouped(strings.TrimSuffix(e.String(), " kWh")) + nbsp + "kWh"
}

// kw writes a power in W as kW with one decimal, without the unit.
func kw(watt int64) string {
	if watt < 0 {
		return "−" + kw(-watt)
	}
	return grouped(money.FormatDecimal((watt+50)/100, 1, 1))
}

// meanPower is the mean power in W of an energy over a time, 0 over none.
func meanPower(e energy.Energy, d time.Duration) int64 {
	if d < time.Second || e <= 0 {
		return 0
	}
	ms := d.Milliseconds()
	return int64(e)/ms*3600 + int64(e)%ms*3600/ms // in parts: a large register must not overflow
}

// age writes how long ago something was, in its largest units.
func age(d time.Duration) string {
	switch {
	case d < 0:
		return "0" + nbsp + "s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + nbsp + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + nbsp + "min"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d.Hours())) + nbsp + "h" + nbsp + strconv.Itoa(int(d.Minutes())%60) + nbsp + "min"
	}
	return strconv.Itoa(int(d.Hours()/24)) + nbsp + "d"
}

// span writes a duration as hours and minutes, "1:07"; below ten minutes in
// minutes and seconds, "3′05″".
func span(d time.Duration) string {
	d = max(d, 0)
	if d < 10*time.Minute {
		return fmt.Sprintf("%d′%02d″", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// moment writes a time of day in a zone, with the date unless it is now's.
func moment(t, now time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	t, now = t.In(zone), now.In(zone)
	if t.Year() != now.Year() {
		return t.Format("2 Jan 2006 15:04")
	}
	if t.YearDay() != now.YearDay() {
		return t.Format("2 Jan 15:04")
	}
	return t.Format("15:04")
}

// zoneName is the short name of the zone at that time: "CET", "UTC+04".
func zoneName(t time.Time) string {
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + name
	}
	return name
}

// hint shows enough of a token to recognise one's own: at most its last four
// characters and never more than half of it.
func hint(token string) string {
	r := []rune(strings.ToUpper(token))
	if len(r) == 0 {
		return ""
	}
	return "…" + string(r[len(r)-min(4, len(r)/2):])
}

// counted writes a number and its noun: "1 station", "69 stations".
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return grouped(strconv.Itoa(n)) + " " + noun
}

// sentence makes words of a machine's name: "PARKING_TIME" is "Parking time".
func sentence(name string) string {
	s := strings.ToLower(strings.ReplaceAll(name, "_", " "))
	first, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(first)) + s[size:]
}
