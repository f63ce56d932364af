package ocpp

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// check walks a payload along a shape. Strict, it refuses what the schema
// refuses. Otherwise it repairs what real stations get wrong, notes each
// repair, and writes the repaired payload to out.
type check struct {
	version  Version
	strict   bool
	keep     bool // the message carries money facts: lose as little as can be
	payload  []byte
	dec      *jsontext.Decoder
	out      []byte
	plain    []byte // the text read last, without quotes and escapes
	findings []Finding
}

// keeps names the requests whose loss would lose energy or a session's end.
func keeps(v Version, action string) bool {
	switch action {
	case "MeterValues":
		return true
	case "StartTransaction", "StopTransaction":
		return v == V16
	case "TransactionEvent":
		return v != V16
	}
	return false
}

func newCheck(v Version, payload []byte) *check {
	return &check{version: v, payload: payload, dec: jsontext.NewDecoder(bytes.NewBuffer(payload)),
		out: make([]byte, 0, len(payload)+16), plain: make([]byte, 0, 64)}
}

// run checks the whole payload.
func (c *check) run(shape uint16) *Violation {
	if c.dec.PeekKind() != '{' {
		if _, err := c.dec.ReadValue(); err != nil {
			return c.syntax(err)
		}
		return &Violation{Code: FormatViolation, Text: "the payload is not a JSON object"}
	}
	if _, v := c.value(&shapes[shape], false); v != nil {
		return v
	}
	if _, err := c.dec.ReadToken(); err == nil || !errors.Is(err, errEnd) {
		return &Violation{Code: FormatViolation, Text: "something follows the payload"}
	}
	return nil
}

func (c *check) syntax(err error) *Violation {
	text := "the payload is not valid JSON"
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		text = "an object names a member twice"
	case !utf8.Valid(c.payload):
		text = "the payload is not UTF-8"
	}
	return &Violation{Code: FormatViolation, Path: string(c.dec.StackPointer()), Text: text}
}

func (c *check) refuse(code Code, form string, args ...any) *Violation {
	return &Violation{Code: code, Path: string(c.dec.StackPointer()), Text: fmt.Sprintf(form, args...)}
}

// note records a repair. The detail is cut to 200 bytes or a little less.
func (c *check) note(kind FindingKind, form string, args ...any) {
	if len(c.findings) >= maxFindings {
		return
	}
	detail := fmt.Sprintf(form, args...)
	if len(detail) > 200 {
		detail = strings.ToValidUTF8(detail[:200], "")
	}
	c.findings = append(c.findings, Finding{Path: string(c.dec.StackPointer()), Kind: kind, Detail: detail})
}

// value checks the next value. optional says that an empty one may be dropped;
// drop reports that it was.
func (c *check) value(s *shape, optional bool) (drop bool, v *Violation) {
	kind := c.dec.PeekKind()
	if kind == jsontext.KindNull && s.is != isAny && optional && !c.strict {
		if v := c.skip(); v != nil {
			return false, v
		}
		c.note(EmptyValue, "null")
		return true, nil
	}
	switch s.is {
	case isMap:
		return c.object(s, optional)
	case isList:
		return c.list(s, optional)
	case isText, isEnum, isTime, isURI:
		return c.text(s, optional)
	case isInteger, isNumber, isTenth:
		return c.number(s, optional)
	case isBool:
		return c.boolean(optional)
	}
	return false, c.any()
}

// emptied handles "" where no text belongs.
func (c *check) emptied(raw jsontext.Value, optional bool) bool {
	if c.strict || !optional || string(raw) != `""` {
		return false
	}
	c.note(EmptyValue, `""`)
	return true
}

// read returns the next scalar, or refuses what is not one of kind.
func (c *check) read(want string) (jsontext.Value, *Violation) {
	raw, err := c.dec.ReadValue()
	if err != nil {
		return nil, c.syntax(err)
	}
	if k := raw.Kind(); k == '{' || k == '[' {
		return nil, c.refuse(TypeConstraintViolation, "not %s", want)
	}
	return raw, nil
}

func (c *check) boolean(optional bool) (bool, *Violation) {
	raw, v := c.read("true or false")
	if v != nil || c.emptied(raw, optional) {
		return v == nil, v
	}
	if k := raw.Kind(); k != 't' && k != 'f' {
		return false, c.refuse(TypeConstraintViolation, "not true or false")
	}
	c.out = append(c.out, raw...)
	return false, nil
}

func (c *check) number(s *shape, optional bool) (bool, *Violation) {
	want := "a number"
	if s.is == isInteger {
		want = "an integer"
	}
	raw, v := c.read(want)
	if v != nil || c.emptied(raw, optional) {
		return v == nil, v
	}
	if raw.Kind() != '0' {
		return false, c.refuse(TypeConstraintViolation, "not %s", want)
	}
	n, err := ParseNumber(string(raw))
	if err != nil {
		return false, c.refuse(PropertyConstraintViolation, "the number is out of all bounds")
	}
	if v := c.limits(s, n); v != nil {
		return false, v
	}
	if s.is == isInteger {
		return false, c.integer(n)
	}
	if s.is == isTenth {
		n = nearTenth(n)
	}
	c.out = append(c.out, n.text...)
	return false, nil
}

// nearTenth takes away what binary fractions add: 16.099999999999998 is 16.1.
func nearTenth(n Number) Number {
	if v, ok := n.Rounded(9); ok && v%100_000_000 == 0 && !tenth(n) {
		return Decimal(v, 9)
	}
	return n
}

func (c *check) integer(n Number) *Violation {
	i, ok := n.Int64()
	if !ok {
		if n.Rat().IsInt() {
			return c.refuse(PropertyConstraintViolation, "the integer is out of all bounds")
		}
		return c.refuse(TypeConstraintViolation, "not an integer")
	}
	if !c.strict && strings.ContainsAny(n.text, ".eE") {
		c.note(LooseNumber, "%s for an integer", n)
	}
	c.out = append(c.out, Int(i).text...)
	return nil
}

func (c *check) limits(s *shape, n Number) *Violation {
	low := s.low.set && n.Cmp(int64(s.low.at)) < 0
	high := s.high.set && n.Cmp(int64(s.high.at)) > 0
	tenths := s.is == isTenth && !tenth(n)
	switch {
	case (low || high) && c.keep:
		c.note(OutOfRange, "%s", n)
	case low:
		return c.refuse(PropertyConstraintViolation, "%s is less than %d", n, s.low.at)
	case high:
		return c.refuse(PropertyConstraintViolation, "%s is more than %d", n, s.high.at)
	case tenths && c.strict:
		return c.refuse(PropertyConstraintViolation, "%s is no multiple of 0.1", n)
	case tenths:
		c.note(LooseNumber, "%s is no multiple of 0.1", n)
	}
	return nil
}

// tenth reports whether n is a multiple of 0.1.
func tenth(n Number) bool {
	if _, ok := n.Scaled(1); ok {
		return true
	}
	return n.Rat().IsInt()
}

func (c *check) text(s *shape, optional bool) (bool, *Violation) {
	raw, v := c.read("a text")
	if v != nil || s.is != isText && c.emptied(raw, optional) {
		return v == nil, v
	}
	if raw.Kind() == '0' && c.keep && c.version == V16 && s.is == isText {
		c.note(LooseNumber, "%.70s for a text", raw)
		c.out = append(append(append(c.out, '"'), raw...), '"')
		return false, nil
	}
	if raw.Kind() != '"' {
		return false, c.refuse(TypeConstraintViolation, "not a text")
	}
	b, v := c.unquote(raw)
	if v != nil {
		return false, v
	}
	switch s.is {
	case isEnum:
		return false, c.enum(s, b, raw)
	case isTime:
		return false, c.time(b, raw)
	case isURI:
		if u, err := url.Parse(string(b)); c.strict && (err != nil || !u.IsAbs()) {
			return false, c.refuse(PropertyConstraintViolation, "not a URI")
		}
	case isText:
		if v := c.length(s, b); v != nil {
			return false, v
		}
	}
	c.out = append(c.out, raw...)
	return false, nil
}

// unquote returns the text of a JSON string until the next one is read. NUL is
// refused, for no database keeps it.
func (c *check) unquote(raw jsontext.Value) ([]byte, *Violation) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	b, err := jsontext.AppendUnquote(c.plain[:0], raw)
	if err != nil {
		return nil, c.syntax(err)
	}
	c.plain = b
	if bytes.IndexByte(b, 0) >= 0 {
		return nil, c.refuse(FormatViolation, "a text holds NUL")
	}
	return b, nil
}

// length bounds a text: tolerantly by four times its limit, or 256.
func (c *check) length(s *shape, b []byte) *Violation {
	if s.max == 0 || len(b) <= int(s.max) {
		return nil
	}
	n := utf8.RuneCount(b)
	if n <= int(s.max) {
		return nil
	}
	if c.strict || n > max(4*int(s.max), 256) {
		return c.refuse(PropertyConstraintViolation, "%d characters, at most %d may be", n, s.max)
	}
	c.note(TooLong, "%d characters, at most %d may be", n, s.max)
	return nil
}

func (c *check) time(b []byte, raw jsontext.Value) *Violation {
	t, strict, ok := ParseTime(b)
	if !ok || c.strict && !strict {
		return c.refuse(PropertyConstraintViolation, "not a date and time of RFC 3339")
	}
	if strict {
		c.out = append(c.out, raw...)
		return nil
	}
	c.note(LooseTime, "%s", b)
	c.out = t.Time.AppendFormat(append(c.out, '"'), "2006-01-02T15:04:05.999999999Z")
	c.out = append(c.out, '"')
	return nil
}

// enum checks an enumeration's value. What is not of it is kept as text in
// 1.6 and in messages that carry money facts, except where the value decides
// what the message is.
func (c *check) enum(s *shape, b []byte, raw jsontext.Value) *Violation {
	if _, ok := intern(s.values, b); ok {
		c.out = append(c.out, raw...)
		return nil
	}
	text := string(b)
	if c.strict || s.firm || c.version != V16 && !c.keep {
		return c.refuse(PropertyConstraintViolation, "%.50q is not a known value", text)
	}
	if text == "Celcius" {
		c.note(Spelling, "%s", text)
		c.out = append(c.out, `"Celsius"`...)
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		if known, ok := intern(s.values, strings.TrimSpace(part)); ok {
			c.note(ValueList, "%s", text)
			c.out = append(append(append(c.out, '"'), known...), '"')
			return nil
		}
	}
	if len(text) > 256 {
		return c.refuse(PropertyConstraintViolation, "%.50q is not a known value", text)
	}
	c.note(UnknownValue, "%s", text)
	c.out = append(c.out, raw...)
	return nil
}
