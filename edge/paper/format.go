package paper

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
)

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// symbols are the currencies whose sign the fonts hold and readers know.
var symbols = map[money.Currency]string{"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}

// number writes an exact decimal in the language: grouped by three, with a
// true minus. What is no decimal is returned as it is.
func (w *words) number(s string) string {
	digits, minus := strings.CutPrefix(s, "-")
	whole, part, dotted := strings.Cut(digits, ".")
	if whole == "" || strings.Trim(whole+part, "0123456789") != "" {
		return s
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + w.group + whole[i:]
	}
	if dotted {
		whole += w.decimal + part
	}
	if minus {
		return "\u2212" + whole
	}
	return whole
}

// priced puts a number and its currency together.
func (w *words) priced(number string, c money.Currency) string {
	sign, ok := symbols[c]
	switch {
	case !w.symbol && ok:
		return number + nbsp + sign
	case !w.symbol:
		return number + nbsp + string(c)
	case !ok:
		return string(c) + nbsp + number
	}
	if rest, minus := strings.CutPrefix(number, "\u2212"); minus {
		return "\u2212" + sign + rest
	}
	return sign + number
}

func (w *words) money(minor int64, c money.Currency) string {
	return w.priced(w.number(money.Amount{Minor: minor, Currency: c}.Decimal()), c)
}

// unitPrice writes an exact price of at least two decimals, per unit.
func (w *words) unitPrice(price, unit string, c money.Currency) string {
	if price == "" {
		return ""
	}
	whole, part, _ := strings.Cut(price, ".")
	if least := c.Exponent(); len(part) < least {
		part += strings.Repeat("0", least-len(part))
	}
	if part != "" {
		whole += "." + part
	}
	s := w.priced(w.number(whole), c)
	if unit != "" {
		s += nbsp + "/" + nbsp + unit
	}
	return s
}

// quantity writes an exact quantity: energy with three decimals, anything else
// without empty ones.
func (w *words) quantity(q, unit string) string {
	if q == "" {
		return ""
	}
	whole, part, _ := strings.Cut(q, ".")
	part = strings.TrimRight(part, "0")
	if unit == "kWh" && len(part) < 3 {
		part += strings.Repeat("0", 3-len(part))
	}
	if part != "" {
		whole += "." + part
	}
	return strings.TrimSpace(w.number(whole) + nbsp + unit)
}

// kwh writes a register or an energy exactly, with three decimals at least.
func (w *words) kwh(e energy.Energy) string {
	return w.number(money.FormatDecimal(int64(e), 6, 3)) + nbsp + "kWh"
}

// wh writes an energy in kWh to the Wh, for tables whose decimals stand in
// line; the exact register is on the receipt.
func (w *words) wh(e energy.Energy) string {
	n, sign := int64(e), ""
	if n < 0 {
		n, sign = -n, "-"
	}
	return w.number(sign + money.FormatDecimal((n+500)/1000, 3, 3))
}

// moment writes day and minute as a table has them.
func (w *words) moment(t time.Time) string { return t.Format(w.stamp) }

func (w *words) day(t time.Time) string {
	return fmt.Sprintf(w.date, t.Day(), w.months[t.Month()-1], t.Year())
}

// span writes start and end in one zone, the day of the end only if it differs.
func (w *words) span(start, end time.Time) string {
	s := w.day(start) + ", " + start.Format("15:04:05") + " " + w.say("to") + " "
	if start.Format(time.DateOnly) != end.Format(time.DateOnly) {
		s += w.day(end) + ", "
	}
	s += end.Format("15:04:05")
	from, to := start.Format("MST"), end.Format("MST")
	if from == to {
		return s + nbsp + to
	}
	return s + nbsp + "(" + from + " → " + to + ")"
}

// what names a line: a tariff dimension in the language, any other text as it is.
func (w *words) what(s string) string {
	if t, ok := w.dimension[s]; ok {
		return t
	}
	return s
}

// entry names what happened to an account, any other word as it is.
func (w *words) entry(s string) string {
	if t, ok := w.entries[s]; ok {
		return t
	}
	return s
}

// taxName is a tax with its rate, and why it is nothing.
func (w *words) taxName(t Tax) string {
	name := t.Name
	if t.Percent != "" {
		name = strings.TrimSpace(name + " " + w.number(t.Percent) + nbsp + "%")
	}
	if t.PerKWh != "" {
		name = strings.TrimSpace(name + " " + w.number(t.PerKWh) + nbsp + "/" + nbsp + "kWh")
	}
	if why := w.why[t.Why]; why != "" {
		name += ", " + why
	}
	return name
}

// method tells how something was paid: "Visa ending 4471".
func (w *words) method(p Payment) string {
	name := w.methods[0]
	if int(p.By) < len(w.methods) {
		name = w.methods[p.By]
	}
	if p.Brand != "" {
		name = p.Brand
	}
	if p.Last4 != "" {
		name = fmt.Sprintf(w.say("ending"), name, p.Last4)
	}
	return name
}

// rgb is a colour of the identity; see the tokens of the visual identity.
type rgb [3]int

var (
	ink        = rgb{0x14, 0x20, 0x1c}
	ink2       = rgb{0x42, 0x50, 0x4a}
	ink3       = rgb{0x55, 0x63, 0x5c}
	hair       = rgb{0xc3, 0xcc, 0xc5}
	edgeTone   = rgb{0x7d, 0x8a, 0x83}
	energyTone = rgb{0x0a, 0x66, 0x5c}
	energyFill = rgb{0x15, 0x85, 0x77}
	energySoft = rgb{0xcb, 0xe4, 0xde}
	warn       = rgb{0x7d, 0x4a, 0x00}
	warnSoft   = rgb{0xfa, 0xe6, 0xbf}
	fault      = rgb{0xb3, 0x20, 0x1a}
)

// parseColor reads "#rrggbb"; anything else is ink.
func parseColor(s string) rgb {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return ink
	}
	return rgb{int(n >> 16), int(n >> 8 & 0xff), int(n & 0xff)}
}
