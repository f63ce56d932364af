package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// buffer collects source text.
type buffer struct{ strings.Builder }

func (b *buffer) add(form string, args ...any) { fmt.Fprintf(b, form, args...) }

func (v *version) open(parts ...string) *buffer {
	b := new(buffer)
	b.add(header, v.folder)
	if len(parts) > 0 {
		b.add("import (\n%s\n)\n\n", strings.Join(parts, "\n"))
	}
	return b
}

func (v *version) imports(uses ...string) (parts []string) {
	for _, u := range uses {
		parts = append(parts, `"chargewright/wire/ocpp`+u+`"`)
	}
	if v.base != nil {
		parts = append(parts, `"chargewright/wire/ocpp/`+v.base.folder+`"`)
	}
	return parts
}

// messages writes the requests and replies with their methods.
func (v *version) messages() string {
	b := v.open(v.imports("")...)
	var shared []*typ
	for _, a := range v.actions {
		for _, t := range []*typ{a.request, a.reply} {
			if t != nil && t.alias != nil {
				shared = append(shared, t)
			}
		}
	}
	v.aliases(b, shared)
	for _, a := range v.actions {
		v.action(b, a)
	}
	return b.String()
}

// action writes one request with its methods, and its reply.
func (v *version) action(b *buffer, a *act) {
	way := map[string]string{"FromStation": "station to CSMS", "ToStation": "CSMS to station", "Both": "either way"}[a.direction]
	reply := "ocpp.NoReply"
	if a.reply != nil {
		reply = a.reply.name
	}
	if a.request.alias == nil {
		b.add("// %s is the request of the action of that name (%s).\n", a.request.name, way)
		declare(b, a.request)
		b.add("func (%s) Action() string { return %q }\n", a.request.name, a.name)
		b.add("func (%s) Reply() (r %s) { return r }\n\n", a.request.name, reply)
	}
	if a.reply != nil && a.reply.alias == nil {
		b.add("// %s answers %s.\n", reply, a.request.name)
		declare(b, a.reply)
	}
}

// types writes the objects that messages are made of.
func (v *version) types() string {
	b := v.open(v.imports("")...)
	var shared, own []*typ
	for _, name := range slices.Sorted(maps.Keys(v.named)) {
		switch t := v.named[name]; {
		case t.kind != kindObject || t.raw():
		case t.alias != nil:
			shared = append(shared, t)
		default:
			own = append(own, t)
		}
	}
	v.aliases(b, shared)
	for _, t := range own {
		declare(b, t)
	}
	return b.String()
}

// aliases writes the types that the version before has alike.
func (v *version) aliases(b *buffer, shared []*typ) {
	if len(shared) == 0 {
		return
	}
	b.add("// What OCPP %s has alike.\ntype (\n", v.base.name)
	for _, t := range shared {
		b.add("%s = %s.%s\n", t.name, v.base.folder, t.alias.name)
	}
	b.add(")\n\n")
}

func declare(b *buffer, t *typ) {
	if len(t.fields) == 0 {
		b.add("type %s struct{}\n\n", t.name)
		return
	}
	b.add("type %s struct {\n", t.name)
	for _, f := range t.fields {
		form, tag := f.form()
		b.add("%s %s `json:\"%s%s\"`\n", f.goName(), form, f.json, tag)
	}
	b.add("}\n\n")
}

// form is the Go type of a member and the option of its tag.
func (f fld) form() (string, string) {
	form := f.typ.goType()
	switch {
	case f.required:
		return form, ""
	case f.typ.raw() || f.typ.kind == kindTime:
		return form, ",omitzero"
	case f.pointer():
		return "*" + form, ",omitzero"
	}
	return form, ",omitempty"
}

func (f fld) pointer() bool {
	switch f.typ.kind {
	case kindObject, kindInteger, kindNumber, kindTenth, kindBool:
		return !f.required && !f.typ.raw()
	}
	return false
}

// enums writes the enumerations and their constants.
func (v *version) enums() string {
	var b *buffer
	if v.base != nil {
		b = v.open(`"chargewright/wire/ocpp/` + v.base.folder + `"`)
	} else {
		b = v.open()
	}
	var shared []*typ
	for _, name := range slices.Sorted(maps.Keys(v.named)) {
		if t := v.named[name]; t.kind == kindEnum && t.alias != nil {
			shared = append(shared, t)
		}
	}
	v.aliases(b, shared)
	for _, name := range slices.Sorted(maps.Keys(v.named)) {
		t := v.named[name]
		if t.kind != kindEnum {
			continue
		}
		if t.alias == nil {
			b.add("type %s string\n\n", name)
		}
		b.add("const (\n")
		for _, value := range t.values {
			b.add("%s%s %s = %q\n", strings.TrimSuffix(name, "Enum"), goName(value), name, value)
		}
		b.add(")\n\n")
	}
	return b.String()
}

// table interns the shapes of all versions.
type table struct {
	versions []*version
	index    map[string]int
	rows     []string
}

func newTable(versions []*version) *table {
	t := &table{versions: versions, index: map[string]int{}}
	for _, v := range versions {
		for _, a := range v.actions {
			t.of(a.request)
			if a.reply != nil {
				t.of(a.reply)
			}
		}
	}
	return t
}

// of returns the number of a type's shape.
func (s *table) of(t *typ) int {
	row := s.row(t)
	n, ok := s.index[row]
	if !ok {
		n = len(s.rows)
		s.index[row] = n
		s.rows = append(s.rows, row)
	}
	return n
}

func (s *table) row(t *typ) string {
	b := new(buffer)
	b.add("{is: %s", kindNames[t.kind])
	if t.min > 0 {
		b.add(", min: %d", t.min)
	}
	if t.max > 0 {
		b.add(", max: %d", t.max)
	}
	if t.low != nil {
		b.add(", low: bound{true, %d}", *t.low)
	}
	if t.high != nil {
		b.add(", high: bound{true, %d}", *t.high)
	}
	if t.kind == kindEnum {
		b.add(", values: []string{%s}", quoted(t.values))
		if t.name == "TransactionEventEnum" {
			b.add(", firm: true")
		}
	}
	if t.kind == kindList {
		b.add(", item: %d", s.of(t.item))
	}
	if t.kind == kindObject {
		if t.open {
			b.add(", open: true")
		}
		b.add(", fields: []field{")
		for i, f := range t.fields {
			if i > 0 {
				b.add(", ")
			}
			b.add("{%q, %d, %v}", f.json, s.of(f.typ), f.required)
		}
		b.add("}")
	}
	b.add("},\n")
	return b.String()
}

// quoted lists values by length, then by text, as package ocpp searches them.
func quoted(values []string) string {
	values = slices.Clone(values)
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	for i := range values {
		values[i] = fmt.Sprintf("%q", values[i])
	}
	return strings.Join(values, ", ")
}

func (s *table) source() string {
	b := new(buffer)
	b.add(header, "ocpp")
	b.add("var shapes = [...]shape{\n%s}\n\n", strings.Join(s.rows, ""))
	for _, v := range s.versions {
		b.add("var actions%s = [...]action{\n", v.table)
		for _, a := range v.actions {
			reply := 0
			if a.reply != nil {
				reply = s.of(a.reply)
			}
			b.add("{%q, %s, %v, %d, %d},\n", a.name, a.direction, a.send, s.of(a.request), reply)
		}
		b.add("}\n\n")
	}
	return b.String()
}

// kinds writes the table of all messages for the tests.
func (s *table) kinds() string {
	b := new(buffer)
	b.add(header, "ocpp_test")
	b.add("import (\n\"chargewright/wire/ocpp\"\n")
	for _, v := range s.versions {
		b.add("%q\n", "chargewright/wire/ocpp/"+v.folder)
	}
	b.add(")\n\nvar kinds = []kind{\n")
	for _, v := range s.versions {
		for _, a := range v.actions {
			b.add("of[%s.%s](ocpp.V%s),\n", v.folder, a.request.name, v.table)
		}
	}
	b.add("}\n")
	return b.String()
}
