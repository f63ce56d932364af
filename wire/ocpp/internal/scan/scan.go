// Package scan reads JSON once, from left to right, for the generated decoders
// of hot OCPP messages. It accepts a part of what JSON and the schemas allow:
// a message that it refuses is read again by the tolerant path, which knows
// the reason. Strings alias the payload, which must not change from then on.
package scan

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"unicode/utf8"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"

	"chargewright/wire/ocpp"
)

// Least and Most stand for no bound.
const (
	Least = math.MinInt32
	Most  = math.MaxInt32
)

// Seen is the set of members met in an object, one bit each.
type Seen uint64

// Scanner is a position in a payload. After the first refusal it reads no
// further and every loop ends.
type Scanner struct {
	data []byte
	pos  int
	bad  bool
	next bool // the later of two versions that share a decoder
}

// New returns a Scanner of a payload of version v.
func New(payload []byte, v ocpp.Version) Scanner {
	return Scanner{data: payload, next: v == ocpp.V21}
}

// Pick returns a, or b in the later version.
func (s *Scanner) Pick(a, b int) int {
	if s.next {
		return b
	}
	return a
}

// Fail refuses the payload.
func (s *Scanner) Fail() { s.bad = true }

// Done reports whether the whole payload was read and accepted.
func (s *Scanner) Done() bool { return s.peek() == 0 && s.pos == len(s.data) && !s.bad }

// peek returns the next byte that is not white space, 0 at the end.
func (s *Scanner) peek() byte {
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		if c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
		s.pos++
	}
	return 0
}

func (s *Scanner) skip(c byte) bool {
	if s.bad || s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// first opens an object or list and reports whether something is in it.
func (s *Scanner) first(open, closing byte) bool {
	if !s.skip(open) {
		s.bad = true
		return false
	}
	return !s.skip(closing) && !s.bad
}

// another moves on to the next element, or over the end.
func (s *Scanner) another(closing byte) bool {
	if s.skip(',') {
		return true
	}
	if !s.skip(closing) {
		s.bad = true
	}
	return false
}

// Object opens an object and reports whether it has a member.
func (s *Scanner) Object() bool { return s.first('{', '}') }

// Member moves on to the next member of an object, if there is one.
func (s *Scanner) Member() bool { return s.another('}') }

// List opens a list and reports whether it has an item.
func (s *Scanner) List() bool { return s.first('[', ']') }

// Item moves on to the next item of a list, if there is one.
func (s *Scanner) Item() bool { return s.another(']') }

// Name reads a member's name and the colon. A name written with escapes is
// refused.
func (s *Scanner) Name() []byte {
	name, plain := s.text()
	if !plain || !s.skip(':') {
		s.bad = true
	}
	return name
}

// Once refuses a member that was there already.
func (s *Scanner) Once(seen *Seen, bit Seen) {
	if *seen&bit != 0 {
		s.bad = true
	}
	*seen |= bit
}

// Require refuses an object that lacks one of the members in mask.
func (s *Scanner) Require(seen Seen, mask int) {
	if seen&Seen(mask) != Seen(mask) {
		s.bad = true
	}
}

// Count refuses a list of fewer than least or, unless most is 0, of more than
// most items.
func (s *Scanner) Count(n, least, most int) {
	if n < least || most > 0 && n > most {
		s.bad = true
	}
}

// text reads a string and returns what is between its quotes. plain is false
// if that is not the text itself: it has escapes, or the string was refused.
func (s *Scanner) text() (inside []byte, plain bool) {
	if !s.skip('"') {
		s.bad = true
		return nil, false
	}
	from, plain, ascii := s.pos, true, true
	for i := special(s.data, from); i < len(s.data); i = special(s.data, i) {
		switch c := s.data[i]; {
		case c == '"':
			s.pos = i + 1
			inside = s.data[from:i]
			s.bad = s.bad || !ascii && !utf8.Valid(inside)
			return inside, plain && !s.bad
		case c == '\\':
			plain = false
			i += 2
		case c >= utf8.RuneSelf:
			ascii = false
			i++
		default:
			s.bad = true
			return nil, false
		}
	}
	s.bad = true
	return nil, false
}

// special returns the place from i on of the first byte that is not plain ASCII
// text: a quote, a backslash, a control character or a byte of a longer
// character. It looks at eight bytes at a time: a byte less than b leaves its
// top bit set when b is taken from it.
func special(data []byte, i int) int {
	const each, top = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		quote, slash := w^each*'"', w^each*'\\'
		if hit := (w | (w - each*' ') | (quote - each) | (slash - each)) & top; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(data); i++ {
		if c := data[i]; c == '"' || c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}

// Text reads a string of at most limit characters; 0 is no limit. NUL is
// refused, for no database keeps it.
func (s *Scanner) Text(limit int) string {
	inside, plain := s.text()
	if s.bad || len(inside) == 0 {
		return ""
	}
	out := unsafe.String(&inside[0], len(inside))
	if !plain {
		from := s.pos - len(inside) - 2
		b, err := jsontext.AppendUnquote(nil, s.data[from:s.pos])
		if err != nil || bytes.IndexByte(b, 0) >= 0 {
			s.bad = true
			return ""
		}
		out = string(b)
	}
	if limit > 0 && len(out) > limit && utf8.RuneCountInString(out) > limit {
		s.bad = true
	}
	return out
}

// Enum reads a value of an enumeration of package ocpp and returns its
// constant.
func (s *Scanner) Enum(shape int) string {
	inside, plain := s.text()
	value, ok := ocpp.Intern(shape, inside)
	if !plain || !ok {
		s.bad = true
	}
	return value
}

// EnumOrText is Enum, or, in the later version, Text.
func (s *Scanner) EnumOrText(shape, limit int) string {
	if !s.next {
		return s.Enum(shape)
	}
	from := *s
	inside, plain := s.text()
	if value, ok := ocpp.Intern(shape, inside); ok && plain {
		return value
	}
	*s = from
	return s.Text(limit)
}

// Time reads a date and time of RFC 3339.
func (s *Scanner) Time() ocpp.Time {
	inside, plain := s.text()
	t, strict, ok := ocpp.ParseTime(inside)
	if !plain || !strict || !ok {
		s.bad = true
	}
	return t
}

// Int reads an integer from least to most.
func (s *Scanner) Int(least, most int) (v int64) {
	negative := s.skip('-')
	from := s.pos // skip has passed the white space
	for s.pos < len(s.data) && s.data[s.pos]-'0' <= 9 {
		v = v*10 + int64(s.data[s.pos]-'0')
		s.pos++
	}
	n := s.pos - from
	if n == 0 || n > 18 || n > 1 && s.data[from] == '0' {
		s.bad = true
		return 0
	}
	if negative {
		v = -v
	}
	if !within(v, 1, least, most) || s.pos < len(s.data) && (s.data[s.pos] == '.' || s.data[s.pos]|0x20 == 'e') {
		s.bad = true
	}
	return v
}

// Number reads a number from least to most.
func (s *Scanner) Number(least, most int) ocpp.Number {
	s.peek()
	from := s.pos
	for s.pos < len(s.data) && numeric(s.data[s.pos]) {
		s.pos++
	}
	if s.bad || s.pos == from {
		s.bad = true
		return ocpp.Number{}
	}
	n, err := ocpp.ParseNumber(unsafe.String(&s.data[from], s.pos-from))
	if err != nil {
		s.bad = true
	}
	if least != Least || most != Most {
		v, ok := n.Micro()
		s.bad = s.bad || !ok || !within(v, 1_000_000, least, most)
	}
	return n
}

func numeric(c byte) bool {
	return c-'0' <= 9 || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'
}

// within compares v, a number of 1/unit, with the bounds.
func within(v, unit int64, least, most int) bool {
	return (least == Least || v >= int64(least)*unit) && (most == Most || v <= int64(most)*unit)
}

// Bool reads true or false.
func (s *Scanner) Bool() bool {
	s.peek()
	switch rest := s.data[s.pos:]; {
	case s.bad:
	case len(rest) >= 4 && string(rest[:4]) == "true":
		s.pos += 4
		return true
	case len(rest) >= 5 && string(rest[:5]) == "false":
		s.pos += 5
	default:
		s.bad = true
	}
	return false
}

// Reuse returns p, or room for a new value if p is nil.
func Reuse[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

// Grow adds one element, in the room of an earlier one if there is one left.
func Grow[T any](list []T) []T {
	if len(list) < cap(list) {
		return list[:len(list)+1]
	}
	var zero T
	return append(list, zero)
}
