package ocpp

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// maxNumber is the longest number accepted, in bytes: more than any decimal
// that OCPP can mean, and short enough for every decoder behind.
const maxNumber = 64

// linearKeys is the member count up to which an object's names are compared
// one by one; a larger object is sorted when it closes.
const linearKeys = 16

// nameSpan is a member name without its quotes: in data, or, if decoded is set,
// in the scan's own buffer.
type nameSpan struct {
	from, to uint32
	decoded  bool
}

// frameScan reads a message once, from left to right. why is the first thing found
// wrong that is not plain bad syntax.
type frameScan struct {
	data  []byte
	pos   int
	depth int
	keys  []nameSpan // names of all objects now open
	plain []byte     // names that were written with escapes
	why   fault
}

// fault is a reason to refuse a payload.
type fault uint8

const (
	noFault fault = iota
	notJSON
	tooDeep
	nameTwice
	numberLong
	controlByte
	holdsNUL
	halfPair
)

var faultTexts = [...]string{
	notJSON:     "the payload is not valid JSON",
	tooDeep:     "the payload is nested too deeply",
	nameTwice:   "an object names a member twice",
	numberLong:  "a number is too long",
	controlByte: "a string holds a control character",
	holdsNUL:    "a string holds NUL",
	halfPair:    "a string holds half a surrogate pair",
}

// say returns what was found wrong, or otherwise.
func (s *frameScan) say(otherwise string) string {
	if s.why != noFault {
		return faultTexts[s.why]
	}
	return otherwise
}

func (s *frameScan) fail(why fault) bool {
	if s.why == noFault {
		s.why = why
	}
	return false
}

// peek returns the next byte that is not white space, 0 at the end.
func (s *frameScan) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

func (s *frameScan) open(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

func (s *frameScan) end() bool { return s.peek() == 0 && s.pos == len(s.data) }

func (s *frameScan) close() bool { return s.open(']') && s.end() }

// messageType reads the first element of the message.
func (s *frameScan) messageType(v Version) MessageType {
	s.peek()
	from := s.pos
	if !s.number() {
		return TypeUnreadable
	}
	digits := s.data[from:s.pos]
	for _, c := range digits {
		if c < '0' || c > '9' {
			return TypeUnreadable
		}
	}
	if len(digits) != 1 {
		return TypeUnknown
	}
	t := MessageType(digits[0] - '0')
	last := TypeError
	if v == V21 {
		last = TypeSend
	}
	if t < TypeCall || t > last {
		return TypeUnknown
	}
	return t
}

// id reads the second element; its text has 1 to MaxID characters, none of
// them a control character.
func (s *frameScan) id() (string, bool) {
	id, ok := s.textElement()
	if !ok || id == "" || !utf8.ValidString(id) || utf8.RuneCountInString(id) > MaxID {
		return "", false
	}
	for _, r := range id {
		if r < 0x20 || r == 0x7f {
			return "", false
		}
	}
	return id, true
}

// textElement reads a comma and a string.
func (s *frameScan) textElement() (string, bool) {
	if !s.open(',') {
		return "", false
	}
	from, to, escaped, ok := s.text()
	switch {
	case !ok:
		return "", false
	case escaped:
		return string(appendPlain(nil, s.data[from:to])), true
	}
	return string(s.data[from:to]), true
}

func (s *frameScan) payload() bool { return s.peek() == '{' && s.value() }

func (s *frameScan) value() bool {
	switch s.peek() {
	case '{':
		return s.object()
	case '[':
		return s.array()
	case '"':
		_, _, _, ok := s.text()
		return ok
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	return s.number()
}

func (s *frameScan) deeper() bool {
	s.pos++
	s.depth++
	return s.depth <= MaxDepth || s.fail(tooDeep)
}

func (s *frameScan) object() bool {
	if !s.deeper() {
		return false
	}
	first := len(s.keys)
	for more := s.peek() != '}'; more; more = s.open(',') {
		if !s.member(first) || !s.open(':') || !s.value() {
			return s.fail(notJSON)
		}
	}
	if !s.distinct(first) {
		return s.fail(nameTwice)
	}
	s.keys = s.keys[:first]
	s.depth--
	return s.open('}') || s.fail(notJSON)
}

func (s *frameScan) array() bool {
	if !s.deeper() {
		return false
	}
	for more := s.peek() != ']'; more; more = s.open(',') {
		if !s.value() {
			return s.fail(notJSON)
		}
	}
	s.depth--
	return s.open(']') || s.fail(notJSON)
}

// member reads a name and, in a small object, compares it with the others.
func (s *frameScan) member(first int) bool {
	s.peek()
	from, to, escaped, ok := s.text()
	if !ok {
		return false
	}
	k := nameSpan{from: uint32(from), to: uint32(to)}
	if escaped {
		start := len(s.plain)
		s.plain = appendPlain(s.plain, s.data[from:to])
		k = nameSpan{from: uint32(start), to: uint32(len(s.plain)), decoded: true}
	}
	if len(s.keys)-first < linearKeys {
		name := s.name(k)
		for _, other := range s.keys[first:] {
			if bytes.Equal(name, s.name(other)) {
				return s.fail(nameTwice)
			}
		}
	}
	if s.keys == nil {
		s.keys = make([]nameSpan, 0, 2*linearKeys)
	}
	s.keys = append(s.keys, k)
	return true
}

func (s *frameScan) name(k nameSpan) []byte {
	if k.decoded {
		return s.plain[k.from:k.to]
	}
	return s.data[k.from:k.to]
}

// distinct compares the names of a large object that closes. It sorts them in
// place, as a heap: no name of a hostile object costs more than another.
func (s *frameScan) distinct(first int) bool {
	keys := s.keys[first:]
	if len(keys) <= linearKeys {
		return true
	}
	for i := len(keys)/2 - 1; i >= 0; i-- {
		s.sink(keys, i)
	}
	for n := len(keys) - 1; n > 0; n-- {
		keys[0], keys[n] = keys[n], keys[0]
		s.sink(keys[:n], 0)
		if bytes.Equal(s.name(keys[0]), s.name(keys[n])) {
			return false
		}
	}
	return true
}

// sink restores the heap below i, the greatest name on top.
func (s *frameScan) sink(keys []nameSpan, i int) {
	for {
		child := 2*i + 1
		if child >= len(keys) {
			return
		}
		if child+1 < len(keys) && bytes.Compare(s.name(keys[child]), s.name(keys[child+1])) < 0 {
			child++
		}
		if bytes.Compare(s.name(keys[i]), s.name(keys[child])) >= 0 {
			return
		}
		keys[i], keys[child] = keys[child], keys[i]
		i = child
	}
}

func (s *frameScan) literal(word string) bool {
	if !bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
		return false
	}
	s.pos += len(word)
	return true
}

// number reads -? int frac? exp? as RFC 8259 §6 writes them.
func (s *frameScan) number() bool {
	from := s.pos
	s.skip('-')
	if !s.skip('0') && s.digits() == 0 {
		return false
	}
	if s.skip('.') && s.digits() == 0 {
		return false
	}
	if s.skip('e') || s.skip('E') {
		if !s.skip('+') {
			s.skip('-')
		}
		if s.digits() == 0 {
			return false
		}
	}
	return s.pos-from <= maxNumber || s.fail(numberLong)
}

func (s *frameScan) skip(c byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *frameScan) digits() (n int) {
	for s.pos < len(s.data) && s.data[s.pos]-'0' <= 9 {
		s.pos++
		n++
	}
	return n
}

// text reads a string and returns where its inside lies.
func (s *frameScan) text() (from, to int, escaped, ok bool) {
	if !s.open('"') {
		return 0, 0, false, false
	}
	from = s.pos
	data := s.data
	for i := from; i < len(data); i++ {
		switch c := data[i]; {
		case c > '"' && c != '\\':
		case c == '"':
			s.pos = i + 1
			return from, i, escaped, true
		case c < 0x20:
			return 0, 0, false, s.fail(controlByte)
		case c == '\\':
			n := s.escape(i)
			if n == 0 {
				return 0, 0, false, false
			}
			escaped = true
			i += n - 1
		}
	}
	return 0, 0, false, false
}

// escape returns the length of the escape at i, 0 if it is not one that may
// stand: NUL and half a surrogate pair may not.
func (s *frameScan) escape(i int) int {
	if i+1 >= len(s.data) {
		return 0
	}
	switch s.data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		r, ok := hex4(s.data[i:])
		switch {
		case !ok:
			return 0
		case r == 0:
			s.fail(holdsNUL)
			return 0
		case !utf16.IsSurrogate(r):
			return 6
		}
		if low, ok := hex4(s.data[i+6:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			return 12
		}
		s.fail(halfPair)
	}
	return 0
}

// hex4 reads \uXXXX at the start of b.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// appendPlain appends the text of a string's inside that text has accepted.
func appendPlain(dst, inside []byte) []byte {
	for i := 0; i < len(inside); {
		c := inside[i]
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		switch c = inside[i+1]; c {
		case 'u':
			r, _ := hex4(inside[i:])
			if utf16.IsSurrogate(r) {
				low, _ := hex4(inside[i+6:])
				r = utf16.DecodeRune(r, low)
				i += 6
			}
			dst = utf8.AppendRune(dst, r)
			i += 6
			continue
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		}
		dst = append(dst, c)
		i += 2
	}
	return dst
}
