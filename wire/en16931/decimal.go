package en16931

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
)

// Decimal is an exact decimal number that may be absent: the zero Decimal is
// no number, Dec(0, 0) is zero.
type Decimal struct {
	unscaled int64
	scale    uint8
	set      bool
}

// maxScale is the most decimals a Decimal has.
const maxScale = 12

// Dec returns unscaled × 10^-scale. A scale outside 0…12 gives no number.
func Dec(unscaled int64, scale int) Decimal {
	if scale < 0 || scale > maxScale {
		return Decimal{}
	}
	return Decimal{unscaled, uint8(scale), true}
}

// ParseDecimal reads a decimal number such as "-11.025": up to 18 digits,
// twelve of them decimals, no exponent. Anything else is Invalid.
func ParseDecimal(s string) (Decimal, error) {
	digits := strings.TrimPrefix(s, "-")
	whole, part, dot := strings.Cut(digits, ".")
	bad := whole == "" || dot && part == "" || len(part) > maxScale || len(whole)+len(part) > 18 ||
		strings.Trim(whole+part, "0123456789") != ""
	if bad {
		return Decimal{}, fail.New(fail.Invalid, "en16931.decimal", "%q is not a decimal number of this format", s[:min(len(s), 40)])
	}
	n, err := strconv.ParseInt(whole+part, 10, 64)
	if err != nil {
		return Decimal{}, fail.Wrap(fail.Invalid, "en16931.decimal", err)
	}
	if len(digits) < len(s) {
		n = -n
	}
	return Dec(n, len(part)), nil
}

// Set reports whether there is a number.
func (d Decimal) Set() bool { return d.set }

// Sign is -1, 0 or 1; 0 for no number.
func (d Decimal) Sign() int { return big.NewInt(d.unscaled).Sign() }

// Neg returns −d.
func (d Decimal) Neg() Decimal { d.unscaled = -d.unscaled; return d }

// Scale is the number of decimals that are written.
func (d Decimal) Scale() int { return int(d.scale) }

// Rat returns the exact value, 0 for no number.
func (d Decimal) Rat() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(d.unscaled), pow10(int(d.scale)))
}

// Equal reports whether both are absent or both are the same number.
func (d Decimal) Equal(e Decimal) bool { return d.set == e.set && d.Rat().Cmp(e.Rat()) == 0 }

// String returns the number with all its decimals, "" for no number.
func (d Decimal) String() string {
	if !d.set {
		return ""
	}
	return format(d.unscaled, int(d.scale))
}

// format writes n × 10^-scale.
func format(n int64, scale int) string {
	s := new(big.Int).Abs(big.NewInt(n)).String()
	if scale > 0 {
		if len(s) <= scale {
			s = strings.Repeat("0", scale+1-len(s)) + s
		}
		s = s[:len(s)-scale] + "." + s[len(s)-scale:]
	}
	if n < 0 {
		s = "-" + s
	}
	return s
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// round returns the integer nearest to r, half away from zero.
func round(r *big.Rat) *big.Int {
	twice := new(big.Int).Mul(big.NewInt(2), new(big.Int).Abs(r.Num()))
	n := twice.Add(twice, r.Denom())
	n.Quo(n, new(big.Int).Mul(big.NewInt(2), r.Denom()))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return n
}

// Date is a calendar day. The zero Date is none.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day of t in t's zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// Set reports whether there is a day.
func (d Date) Set() bool { return d != Date{} }

// Valid reports whether the day exists, in the years 1 to 9999.
func (d Date) Valid() bool {
	return d.Year >= 1 && d.Year <= 9999 && DateOf(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)) == d
}

// Before reports whether d lies before e.
func (d Date) Before(e Date) bool { return d.String() < e.String() }

// String returns "2026-11-19", "" for no day.
func (d Date) String() string { return d.layout(time.DateOnly) }

func (d Date) layout(l string) string {
	if !d.Set() {
		return ""
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Format(l)
}
