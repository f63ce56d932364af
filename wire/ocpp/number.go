package ocpp

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxExponent bounds the exponent of a Number on either side: whatever a double can
// be is read, so that an absurd measurement does not cost the message it stands in.
const maxExponent = 999

// Number is a decimal kept exactly as it was sent. The zero Number is 0.
type Number struct{ text string }

// Int returns the Number of an integer.
func Int(v int64) Number { return Number{strconv.FormatInt(v, 10)} }

// Decimal returns units × 10⁻ᵈⁱᵍⁱᵗˢ as a Number without trailing zeros;
// digits is 0 to 18.
func Decimal(units int64, digits int) Number {
	s := strconv.FormatInt(units, 10)
	if digits <= 0 || units == 0 {
		return Number{s}
	}
	sign := ""
	if units < 0 {
		sign, s = "-", s[1:]
	}
	if n := digits + 1 - len(s); n > 0 {
		s = strings.Repeat("0", n) + s
	}
	whole, part := s[:len(s)-digits], strings.TrimRight(s[len(s)-digits:], "0")
	if part == "" {
		return Number{sign + whole}
	}
	return Number{sign + whole + "." + part}
}

// ParseNumber reads a JSON number of at most 64 characters whose exponent is
// within ±999. The Number aliases s.
func ParseNumber(s string) (Number, error) {
	if _, ok := splitNumber(s); !ok {
		return Number{}, fmt.Errorf("%.70q is not a JSON number within bounds", s)
	}
	return Number{s}, nil
}

// String returns the text as it was sent, "0" for the zero Number.
func (n Number) String() string {
	if n.text == "" {
		return "0"
	}
	return n.text
}

// IsZero reports whether n is the zero Number, which stands for one not given.
func (n Number) IsZero() bool { return n.text == "" }

// Rat returns the exact value.
func (n Number) Rat() *big.Rat {
	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return new(big.Rat)
	}
	return r
}

// Micro returns n in millionths; see Scaled.
func (n Number) Micro() (int64, bool) { return n.Scaled(6) }

// Milli returns n in thousandths; see Scaled.
func (n Number) Milli() (int64, bool) { return n.Scaled(3) }

// Int64 returns n if it is a whole number that fits.
func (n Number) Int64() (int64, bool) { return n.Scaled(0) }

// Scaled returns n × 10ᵈⁱᵍⁱᵗˢ if that is a whole number that fits; digits is
// 0 to 18.
func (n Number) Scaled(digits int) (int64, bool) {
	p, ok := splitNumber(n.String())
	if !ok || digits < 0 || digits > 18 {
		return 0, false
	}
	units, exact, ok := p.scale(digits)
	return units, ok && exact
}

// Rounded returns n × 10ᵈⁱᵍⁱᵗˢ rounded half away from zero; false if it does
// not fit. digits is 0 to 18.
func (n Number) Rounded(digits int) (int64, bool) {
	p, ok := splitNumber(n.String())
	if !ok || digits < 0 || digits > 18 {
		return 0, false
	}
	units, _, ok := p.scale(digits)
	return units, ok
}

// Cmp compares n with an integer: -1, 0 or 1.
func (n Number) Cmp(v int64) int { return n.Rat().Cmp(new(big.Rat).SetInt64(v)) }

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	s := n.String()
	if _, ok := splitNumber(s); !ok {
		return nil, fmt.Errorf("%.70q is not a JSON number within bounds", s)
	}
	return []byte(s), nil
}

// UnmarshalJSON implements json.Unmarshaler; null leaves n alone.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	v, err := ParseNumber(string(b))
	if err != nil {
		return err
	}
	*n = v
	return nil
}

// parts is a decimal taken apart; value = ±(whole part) × 10^exp.
type parts struct {
	negative    bool
	whole, part string
	exp         int
}

// splitNumber checks the grammar of RFC 8259 §6 and the bounds.
func splitNumber(s string) (p parts, ok bool) {
	if len(s) == 0 || len(s) > maxNumber {
		return p, false
	}
	if s[0] == '-' {
		p.negative = true
		s = s[1:]
	}
	p.whole, s = cutDigits(s)
	if p.whole == "" || len(p.whole) > 1 && p.whole[0] == '0' {
		return p, false
	}
	if strings.HasPrefix(s, ".") {
		p.part, s = cutDigits(s[1:])
		if p.part == "" {
			return p, false
		}
	}
	if s == "" {
		return p, true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return p, false
	}
	s = s[1:]
	sign := 1
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	digits, rest := cutDigits(s)
	e, err := strconv.Atoi(digits)
	p.exp = sign * e
	return p, err == nil && rest == "" && e <= maxExponent
}

func cutDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	return s[:i], s[i:]
}

// scale returns the value × 10^digits, rounded half away from zero.
func (p parts) scale(digits int) (units int64, exact, ok bool) {
	shift := digits + p.exp // how many digits of part become whole
	exact = true
	up := false
	var v uint64
	total := len(p.whole) + len(p.part)
	last := len(p.whole) + shift
	for i := range max(total, last) {
		d := byte('0')
		if i < len(p.whole) {
			d = p.whole[i]
		} else if i < total {
			d = p.part[i-len(p.whole)]
		}
		switch {
		case i < last:
			if v > (1<<63)/10 {
				return 0, false, false
			}
			v = v*10 + uint64(d-'0')
			if v > 1<<63 {
				return 0, false, false
			}
		case d != '0':
			exact = false
			up = up || i == last && d >= '5'
		}
	}
	if up {
		v++
	}
	switch {
	case p.negative && v <= 1<<63:
		return -int64(v), exact, true
	case !p.negative && v < 1<<63:
		return int64(v), exact, true
	}
	return 0, false, false
}
