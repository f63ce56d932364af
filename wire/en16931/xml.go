package en16931

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"chargewright/base/fail"
)

// maxLines bounds the lines of an invoice that is written.
const maxLines = 10_000

// writer makes XML: one element per line, two blanks per level, no empty
// element. The first error stays.
type writer struct {
	out   bytes.Buffer
	depth int
	err   error
}

// attr is an attribute of a leaf; one with an empty value is left out.
type attr struct{ name, value string }

// node writes an element around what inside writes, or nothing if inside
// writes nothing.
func (w *writer) node(name string, inside func()) {
	start := w.out.Len()
	w.indent()
	w.out.WriteString("<" + name + ">\n")
	opened := w.out.Len()
	w.depth++
	inside()
	w.depth--
	if w.out.Len() == opened {
		w.out.Truncate(start)
		return
	}
	w.indent()
	w.out.WriteString("</" + name + ">\n")
}

// leaf writes an element with text, or nothing if the text is blank.
func (w *writer) leaf(name, text string, attrs ...attr) {
	if strings.TrimSpace(text) == "" {
		return
	}
	w.indent()
	w.out.WriteString("<" + name)
	for _, a := range attrs {
		if a.value != "" {
			w.out.WriteString(" " + a.name + `="` + inAttr.Replace(w.escape(name, a.value)) + `"`)
		}
	}
	w.out.WriteString(">" + w.escape(name, text) + "</" + name + ">\n")
}

func (w *writer) indent() { w.out.WriteString(strings.Repeat("  ", w.depth)) }

var (
	escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
	inAttr  = strings.NewReplacer("\n", "&#10;", "\t", "&#9;") // else read back as blanks
)

// escape returns text as it stands in XML. Control characters other than tab
// and line feed, and what is not UTF-8 or no character of XML 1.0, are refused.
func (w *writer) escape(name, text string) string {
	if !utf8.ValidString(text) {
		w.refuse(name, "is not UTF-8")
	}
	for _, r := range text {
		control := r < ' ' && r != '\t' && r != '\n' || r >= 0x7f && r <= 0x9f
		if control || r == 0xfffe || r == 0xffff {
			w.refuse(name, "has a control character")
			break
		}
	}
	return escaper.Replace(text)
}

func (w *writer) refuse(name, why string) {
	if w.err == nil {
		w.err = fail.Field("en16931.write", name, "%s", why)
	}
}

// document writes the whole, or the first error.
func document(inv *Invoice, root string, attrs []attr, inside func(*writer)) ([]byte, error) {
	if len(inv.Lines) > maxLines {
		return nil, fail.New(fail.Invalid, "en16931.write", "an invoice has at most %d lines", maxLines)
	}
	if inv.Exponent < 0 || inv.Exponent > 3 {
		return nil, fail.New(fail.Invalid, "en16931.write", "a currency has no %d decimals", inv.Exponent)
	}
	w := &writer{depth: 1}
	w.out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<" + root)
	for _, a := range attrs {
		w.out.WriteString(" " + a.name + `="` + a.value + `"`)
	}
	w.out.WriteString(">\n")
	inside(w)
	w.out.WriteString("</" + root + ">\n")
	return w.out.Bytes(), w.err
}

// money writes an amount in major units.
func (inv *Invoice) money(a Amount) string { return format(int64(a), inv.Exponent) }

// day returns a date in a layout, and refuses one that does not exist.
func (w *writer) day(name string, d Date, layout string) string {
	if d.Set() && !d.Valid() {
		w.refuse(name, "is no day of the calendar")
		return ""
	}
	return d.layout(layout)
}
