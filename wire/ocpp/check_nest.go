package ocpp

import (
	"bytes"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// errEnd is what a decoder returns after the whole payload.
var errEnd = io.EOF

// enter reads the opening of an object or list.
func (c *check) enter(want jsontext.Kind, name string) *Violation {
	if k := c.dec.PeekKind(); k != want {
		if v := c.skip(); v != nil {
			return v
		}
		return c.refuse(TypeConstraintViolation, "not %s", name)
	}
	if _, err := c.dec.ReadToken(); err != nil {
		return c.syntax(err)
	}
	if c.dec.StackDepth() > MaxDepth {
		return c.refuse(FormatViolation, "the payload is nested too deeply")
	}
	return nil
}

func (c *check) leave() *Violation {
	if _, err := c.dec.ReadToken(); err != nil {
		return c.syntax(err)
	}
	return nil
}

// object checks a JSON object. An empty one that lacks required members may
// be dropped.
func (c *check) object(s *shape, optional bool) (bool, *Violation) {
	if c.dec.PeekKind() == '"' && optional && !c.strict {
		return c.blank("an object")
	}
	if v := c.enter('{', "an object"); v != nil {
		return false, v
	}
	if c.dec.PeekKind() == '}' && optional && !c.strict && s.hasRequired() {
		c.note(EmptyValue, "{}")
		return true, c.leave()
	}
	var seen uint64
	first := len(c.out)
	c.out = append(c.out, '{')
	for c.dec.PeekKind() != '}' {
		i, v := c.member(s, first)
		if v != nil {
			return false, v
		}
		if i >= 0 {
			seen |= 1 << i
		}
	}
	if v := c.leave(); v != nil {
		return false, v
	}
	c.out = append(c.out, '}')
	for i := range s.fields {
		if s.fields[i].required && seen&(1<<i) == 0 {
			v := c.refuse(OccurrenceConstraintViolation, "required and not there")
			v.Path += "/" + s.fields[i].name
			return false, v
		}
	}
	return false, nil
}

// blank reads "" where an object or list belongs, which may be dropped.
func (c *check) blank(want string) (bool, *Violation) {
	raw, err := c.dec.ReadValue()
	if err != nil {
		return false, c.syntax(err)
	}
	if !c.emptied(raw, true) {
		return false, c.refuse(TypeConstraintViolation, "not %s", want)
	}
	return true, nil
}

// member checks one member and returns its place among the fields, -1 if it is
// none of them or was dropped. first is where the object begins in out.
func (c *check) member(s *shape, first int) (int, *Violation) {
	raw, err := c.dec.ReadValue()
	if err != nil {
		return -1, c.syntax(err)
	}
	name, v := c.unquote(raw)
	if v != nil {
		return -1, v
	}
	i := s.find(name)
	if i < 0 && !s.open {
		if c.strict || c.version != V16 && !c.keep {
			return -1, c.refuse(FormatViolation, "the schema knows no such member")
		}
		c.note(UnknownMember, "%.100s", name)
		return -1, c.skip()
	}
	before := len(c.out)
	if before > first+1 {
		c.out = append(c.out, ',')
	}
	c.out = append(append(c.out, raw...), ':')
	if i < 0 {
		return -1, c.any()
	}
	f := &s.fields[i]
	drop, v := c.value(&shapes[f.shape], !f.required)
	if drop {
		c.out = c.out[:before]
		i = -1
	}
	return i, v
}

// list checks a JSON array. An empty one that must not be may be dropped.
func (c *check) list(s *shape, optional bool) (bool, *Violation) {
	if c.dec.PeekKind() == '"' && optional && !c.strict {
		return c.blank("a list")
	}
	if v := c.enter('[', "a list"); v != nil {
		return false, v
	}
	if c.dec.PeekKind() == ']' && optional && !c.strict && s.min > 0 {
		c.note(EmptyValue, "[]")
		return true, c.leave()
	}
	c.out = append(c.out, '[')
	n := 0
	for ; c.dec.PeekKind() != ']'; n++ {
		if n > 0 {
			c.out = append(c.out, ',')
		}
		if _, v := c.value(&shapes[s.item], false); v != nil {
			return false, v
		}
	}
	if v := c.leave(); v != nil {
		return false, v
	}
	c.out = append(c.out, ']')
	switch {
	case n >= int(s.min) && (s.max == 0 || n <= int(s.max)):
	case c.keep:
		c.note(OutOfRange, "%d items", n)
	case n < int(s.min):
		return false, c.refuse(OccurrenceConstraintViolation, "%d items, at least %d must be", n, s.min)
	default:
		return false, c.refuse(OccurrenceConstraintViolation, "%d items, at most %d may be", n, s.max)
	}
	return false, nil
}

// any copies a value of no fixed type byte for byte.
func (c *check) any() *Violation {
	from := c.dec.InputOffset()
	depth := c.dec.StackDepth()
	for {
		if _, err := c.dec.ReadToken(); err != nil {
			return c.syntax(err)
		}
		if c.dec.StackDepth() > MaxDepth {
			return c.refuse(FormatViolation, "the payload is nested too deeply")
		}
		if c.dec.StackDepth() == depth {
			break
		}
	}
	c.out = append(c.out, bytes.TrimLeft(c.payload[from:c.dec.InputOffset()], ",: \t\r\n")...)
	return nil
}

// skip reads a value and leaves it out.
func (c *check) skip() *Violation {
	n := len(c.out)
	v := c.any()
	c.out = c.out[:n]
	return v
}
