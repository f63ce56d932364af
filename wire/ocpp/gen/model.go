package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

type kind int

// The order and names are those of package ocpp's kinds.
const (
	kindAny kind = iota
	kindObject
	kindList
	kindText
	kindEnum
	kindTime
	kindURI
	kindInteger
	kindNumber
	kindTenth
	kindBool
)

var kindNames = [...]string{"isAny", "isMap", "isList", "isText", "isEnum", "isTime", "isURI", "isInteger", "isNumber", "isTenth", "isBool"}

// typ is a type of the protocol; which members count depends on its kind.
type typ struct {
	kind      kind
	name      string
	values    []string // enumeration, in the schema's order
	fields    []fld
	item      *typ
	min, max  int
	low, high *int
	open      bool
	message   bool
	alias     *typ // the same type in the version before, if shared
	next      *typ // of a shared hot type: the same type in the next version
}

type fld struct {
	json     string
	typ      *typ
	required bool
}

func (f fld) goName() string {
	if n, ok := fieldNames[goName(f.json)]; ok {
		return n
	}
	return goName(f.json)
}

// key is equal for equal shapes, constraints included.
func (t *typ) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %v %d %d %s %s %v", t.kind, t.name, t.values, t.min, t.max, number(t.low), number(t.high), t.open)
	for _, f := range t.fields {
		fmt.Fprintf(&b, "{%s %v %s}", f.json, f.required, f.typ.key())
	}
	if t.item != nil {
		b.WriteString("[" + t.item.key() + "]")
	}
	return b.String()
}

func number(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

// raw reports whether the value is kept as bytes: data of no fixed type and
// customData.
func (t *typ) raw() bool { return t.kind == kindAny || t.kind == kindObject && t.open && !t.message }

// share finds what the later version can take over. Two types are the same in
// shape if their Go types are: limits and enumerations are checked by the
// tables and do not count. A text that was an enumeration and became free
// keeps the enumeration's type. A text that was required and became optional
// keeps the required one's form: it is always written.
func share(old, v *version) {
	v.base = old
	for name, t := range v.named {
		if o := old.named[name]; o != nil && same(o, t) {
			t.alias = o
		}
	}
	for name, o := range old.named {
		if v.named[name] == nil && o.kind == kindEnum {
			v.named[name] = &typ{kind: kindEnum, name: name, values: o.values, alias: o}
		}
	}
	for _, a := range v.actions {
		i, ok := slices.BinarySearchFunc(old.actions, a.name, func(e *act, n string) int { return cmp.Compare(e.name, n) })
		if !ok || a.send {
			continue
		}
		o := old.actions[i]
		if same(o.reply, a.reply) {
			a.reply.alias = o.reply
			if same(o.request, a.request) {
				a.request.alias = o.request
			}
		}
	}
}

func same(o, t *typ) bool {
	switch {
	case o.raw() || t.raw():
		return o.raw() && t.raw()
	case o.kind == kindEnum && t.kind == kindText:
		return true
	case o.kind != t.kind:
		return o.goScalar() != "" && o.goScalar() == t.goScalar()
	case t.kind == kindList:
		return same(o.item, t.item)
	case t.kind == kindObject:
		return slices.EqualFunc(sorted(o.fields), sorted(t.fields), sameField)
	case t.kind == kindEnum:
		return o.name == t.name
	}
	return true
}

func sameField(o, t fld) bool {
	if o.json != t.json || !same(o.typ, t.typ) {
		return false
	}
	text := o.typ.kind == kindText && t.typ.kind == kindText
	return o.required == t.required || text && o.required
}

func sorted(fields []fld) []fld {
	out := slices.Clone(fields)
	slices.SortFunc(out, func(a, b fld) int { return cmp.Compare(a.json, b.json) })
	return out
}

// goScalar is the Go type of a scalar without a name.
func (t *typ) goScalar() string {
	switch t.kind {
	case kindText, kindURI:
		return "string"
	case kindTime:
		return "ocpp.Time"
	case kindInteger:
		return "int64"
	case kindNumber, kindTenth:
		return "ocpp.Number"
	case kindBool:
		return "bool"
	}
	return ""
}

// goType is the Go type of a required member.
func (t *typ) goType() string {
	switch {
	case t.raw():
		return "ocpp.Raw"
	case t.kind == kindList:
		return "[]" + t.item.goType()
	case t.kind == kindObject || t.kind == kindEnum:
		return t.name
	}
	return t.goScalar()
}
