package money

import (
	"strconv"
	"strings"

	"chargewright/base/fail"
)

// Price is a price in millionths of the major unit of a currency, per unit of
// whatever is sold (kWh, hour, session).
type Price int64

// Percent is a percentage in millionths of one percent: 19 % is 19 000 000.
type Percent int64

// Scale is the number of decimals of Price and Percent; One is the integer
// that stands for 1, and Hundred for 100 %.
const (
	Scale   = 6
	One     = 1_000_000
	Hundred = 100 * One
)

// ParsePrice reads an exact decimal such as "0.245". See ParseDecimal.
func ParsePrice(s string) (Price, error) {
	n, err := ParseDecimal(s, Scale)
	return Price(n), err
}

// ParsePercent reads an exact decimal such as "5.2". See ParseDecimal.
func ParsePercent(s string) (Percent, error) {
	n, err := ParseDecimal(s, Scale)
	return Percent(n), err
}

// String returns the shortest exact decimal with at least two decimals: "0.50".
func (p Price) String() string { return FormatDecimal(int64(p), Scale, 2) }

// String returns the shortest exact decimal: "5.2", "19".
func (p Percent) String() string { return FormatDecimal(int64(p), Scale, 0) }

// MarshalText writes the decimal; in JSON it is a string.
func (p Price) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// MarshalText writes the decimal; in JSON it is a string.
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (p *Price) UnmarshalText(b []byte) (err error) {
	*p, err = ParsePrice(string(b))
	return err
}

// UnmarshalText is the inverse of MarshalText.
func (p *Percent) UnmarshalText(b []byte) (err error) {
	*p, err = ParsePercent(string(b))
	return err
}

// UnmarshalJSON reads a JSON number or a string, both exactly.
func (p *Price) UnmarshalJSON(b []byte) error { return p.UnmarshalText(unquote(b)) }

// UnmarshalJSON reads a JSON number or a string, both exactly.
func (p *Percent) UnmarshalJSON(b []byte) error { return p.UnmarshalText(unquote(b)) }

// ParseDecimal reads a decimal number, with an exponent if there is one, as an
// integer of 10^-scale. The value must be exact: a non-zero digit beyond scale
// is Invalid, and so is anything that is no number or does not fit.
func ParseDecimal(s string, scale int) (int64, error) {
	digits, exp, neg, ok := scan(s)
	if !ok {
		return 0, fail.New(fail.Invalid, "money.decimal", "%q is not a decimal number", clip(s))
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return 0, nil
	}
	shift := exp + scale
	if shift < 0 {
		keep := max(len(digits)+shift, 0)
		if strings.Trim(digits[keep:], "0") != "" {
			return 0, fail.New(fail.Invalid, "money.decimal", "%q has more than %d decimals", clip(s), scale)
		}
		digits, shift = digits[:keep], 0
	}
	if len(digits)+shift > 19 {
		return 0, overflow("money.decimal")
	}
	n, err := strconv.ParseInt(digits+strings.Repeat("0", shift), 10, 64)
	if err != nil {
		return 0, overflow("money.decimal")
	}
	if neg {
		n = -n
	}
	return n, nil
}

// maxExponent bounds the exponent that scan reads; no number in range needs more.
const maxExponent = 400

// scan takes a number apart: value = digits × 10^exp.
func scan(s string) (digits string, exp int, neg, ok bool) {
	if len(s) > 1000 {
		return "", 0, false, false
	}
	s, neg = strings.CutPrefix(s, "-")
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > maxExponent || e < -maxExponent {
			return "", 0, false, false
		}
		s, exp = s[:i], e
	}
	whole, frac, dot := strings.Cut(s, ".")
	if whole == "" || (dot && frac == "") {
		return "", 0, false, false
	}
	digits = whole + frac
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return "", 0, false, false
		}
	}
	return digits, exp - len(frac), neg, true
}

// FormatDecimal writes n × 10^-scale exactly, without trailing zeros beyond
// atLeast decimals.
func FormatDecimal(n int64, scale, atLeast int) string {
	s := fixed(n, scale)
	if scale == 0 {
		return s
	}
	end := len(s)
	for end > len(s)-scale+atLeast && s[end-1] == '0' {
		end--
	}
	return strings.TrimSuffix(s[:end], ".")
}

// fixed writes n × 10^-scale with exactly scale decimals.
func fixed(n int64, scale int) string {
	u, sign := uint64(n), ""
	if n < 0 {
		u, sign = -u, "-"
	}
	s := strconv.FormatUint(u, 10)
	if scale == 0 {
		return sign + s
	}
	if len(s) <= scale {
		s = strings.Repeat("0", scale+1-len(s)) + s
	}
	return sign + s[:len(s)-scale] + "." + s[len(s)-scale:]
}

// unquote strips the quotes of a JSON string that holds a number.
func unquote(b []byte) []byte {
	if n := len(b); n >= 2 && b[0] == '"' && b[n-1] == '"' {
		return b[1 : n-1]
	}
	return b
}

// clip keeps foreign text in messages short.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
