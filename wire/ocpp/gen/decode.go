package main

import (
	"fmt"
	"maps"
	"slices"
)

// hot names the requests whose decoders are generated.
var hot = map[string][]string{
	"1.6":   {"Authorize", "Heartbeat", "MeterValues", "StartTransaction", "StatusNotification", "StopTransaction"},
	"2.0.1": {"Authorize", "Heartbeat", "MeterValues", "NotifyEvent", "StatusNotification", "TransactionEvent"},
	"2.1":   {"Authorize", "Heartbeat", "MeterValues", "NotifyEvent", "StatusNotification", "TransactionEvent"},
}

// reach returns every object that hot requests of v are made of, by name.
func (v *version) reach() map[string]*typ {
	seen := map[string]*typ{}
	var walk func(t *typ)
	walk = func(t *typ) {
		switch {
		case t.kind == kindList:
			walk(t.item)
		case t.kind == kindObject && !t.raw() && seen[t.name] == nil:
			seen[t.name] = t
			for _, f := range t.fields {
				walk(f.typ)
			}
		}
	}
	for _, a := range v.actions {
		if slices.Contains(hot[v.name], a.name) {
			walk(a.request)
		}
	}
	return seen
}

// decoders writes the decoders of the hot requests: for each object a method
// Scan, for each request a method Decode. A type that the next version shares
// is decoded here for both.
func (v *version) decoders(s *table) string {
	todo := v.reach()
	for name, t := range todo {
		if t.alias != nil {
			delete(todo, name)
		}
	}
	for _, later := range s.versions {
		if later.base == v {
			for _, t := range later.reach() {
				if t.alias != nil {
					todo[t.alias.name] = t.alias
					t.alias.next = t
				}
			}
		}
	}
	b := v.open(`"chargewright/wire/ocpp"`, `"chargewright/wire/ocpp/internal/scan"`)
	for _, name := range slices.Sorted(maps.Keys(todo)) {
		s.scan(b, todo[name])
	}
	return b.String()
}

func (s *table) scan(b *buffer, t *typ) {
	if t.message {
		b.add("// Decode reads a payload that keeps strictly to the schema; see ocpp.Decoder.\n")
		b.add("func (m *%s) Decode(v ocpp.Version, payload []byte) bool {\n", t.name)
		b.add("s := scan.New(payload, v)\nm.Scan(&s)\nif !s.Done() {\n*m = %s{}\nreturn false\n}\nreturn true\n}\n\n", t.name)
	}
	b.add("func (m *%s) Scan(s *scan.Scanner) {\n", t.name)
	var cases buffer
	bit, mask, nextMask, reuse := 0, uint64(0), uint64(0), false
	for _, f := range t.fields {
		if f.typ.raw() {
			continue
		}
		next := f
		if t.next != nil {
			next = t.next.field(f.json)
		}
		if f.required {
			mask |= 1 << bit
		}
		if next.required {
			nextMask |= 1 << bit
		}
		cases.add("case %q:\ns.Once(&seen, 1<<%d)\n", f.json, bit)
		reuse = s.member(&cases, f, next) || reuse
		bit++
	}
	if bit == 0 {
		b.add("*m = %s{}\nfor more := s.Object(); more; more = s.Member() {\ns.Fail()\n}\n}\n\n", t.name)
		return
	}
	if reuse {
		b.add("old := *m\n")
	}
	b.add("*m = %s{}\nvar seen scan.Seen\nfor more := s.Object(); more; more = s.Member() {\nswitch string(s.Name()) {\n", t.name)
	b.add("%sdefault:\ns.Fail()\n}\n}\n", cases.String())
	if t.next == nil {
		nextMask = mask
	}
	if mask|nextMask != 0 {
		b.add("s.Require(seen, %s)\n", pick(fmt.Sprintf("%#x", mask), fmt.Sprintf("%#x", nextMask)))
	}
	b.add("}\n\n")
}

// pick chooses by version while the decoder runs, if there is a choice.
func pick(a, b string) string {
	if a == b {
		return a
	}
	return fmt.Sprintf("s.Pick(%s, %s)", a, b)
}

func (t *typ) field(json string) fld {
	i := slices.IndexFunc(t.fields, func(f fld) bool { return f.json == json })
	return t.fields[i]
}

// member writes the reading of one member and reports whether it reuses the
// room of the message that was in m before.
func (s *table) member(b *buffer, f, next fld) bool {
	name := f.goName()
	switch t := f.typ; {
	case t.kind == kindList:
		b.add("m.%s = old.%[1]s[:0]\nfor more := s.List(); more; more = s.Item() {\n", name)
		if t.item.kind == kindObject {
			b.add("m.%s = scan.Grow(m.%[1]s)\nm.%[1]s[len(m.%[1]s)-1].Scan(s)\n", name)
		} else {
			b.add("m.%s = append(m.%[1]s, %s)\n", name, s.scalar(t.item, next.typ.item))
		}
		b.add("}\n")
		if least, most := pick(fmt.Sprint(t.min), fmt.Sprint(next.typ.min)), pick(fmt.Sprint(t.max), fmt.Sprint(next.typ.max)); least != "0" || most != "0" {
			b.add("s.Count(len(m.%s), %s, %s)\n", name, least, most)
		}
		return true
	case t.kind == kindObject && f.pointer():
		b.add("m.%s = scan.Reuse(old.%[1]s)\nm.%[1]s.Scan(s)\n", name)
		return true
	case t.kind == kindObject:
		b.add("m.%s = old.%[1]s\nm.%[1]s.Scan(s)\n", name)
		return true
	case f.pointer():
		b.add("m.%s = scan.Reuse(old.%[1]s)\n*m.%[1]s = %s\n", name, s.scalar(t, next.typ))
		return true
	default:
		b.add("m.%s = %s\n", name, s.scalar(t, next.typ))
	}
	return false
}

// scalar is the expression that reads one scalar; next is the same member in
// the version that shares the decoder.
func (s *table) scalar(t, next *typ) string {
	switch t.kind {
	case kindText:
		return fmt.Sprintf("s.Text(%s)", pick(fmt.Sprint(t.max), fmt.Sprint(next.max)))
	case kindEnum:
		if next.kind == kindText {
			return fmt.Sprintf("%s(s.EnumOrText(%d, %d))", t.name, s.of(t), next.max)
		}
		return fmt.Sprintf("%s(s.Enum(%s))", t.name, pick(fmt.Sprint(s.of(t)), fmt.Sprint(s.of(next))))
	case kindTime:
		return "s.Time()"
	case kindInteger:
		return fmt.Sprintf("s.Int(%s, %s)", pick(bound(t.low, "Least"), bound(next.low, "Least")), pick(bound(t.high, "Most"), bound(next.high, "Most")))
	case kindNumber:
		return fmt.Sprintf("s.Number(%s, %s)", pick(bound(t.low, "Least"), bound(next.low, "Least")), pick(bound(t.high, "Most"), bound(next.high, "Most")))
	case kindBool:
		return "s.Bool()"
	}
	panic("a hot request has a member of kind " + kindNames[t.kind])
}

func bound(n *int, none string) string {
	if n == nil {
		return "scan." + none
	}
	return fmt.Sprint(*n)
}
