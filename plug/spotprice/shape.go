package spotprice

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// csvRows reads a CSV with a row of names; what is between its columns is told
// by that row.
func (o *Options) csvRows(b []byte) ([]row, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	head, _, _ := bytes.Cut(b, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(b))
	r.TrimLeadingSpace = true
	for _, c := range []rune{';', '\t'} {
		if bytes.ContainsRune(head, c) {
			r.Comma = c
			break
		}
	}
	names, err := r.Read()
	if err != nil {
		return nil, wrong("input", "is no CSV: %v", err)
	}
	column := func(name string) int {
		return slices.IndexFunc(names, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), name) })
	}
	at, price, end := column(o.Time), column(o.Price), column(cmp.Or(o.End, "end"))
	switch {
	case at < 0:
		return nil, wrong("input", "has no column %q", o.Time)
	case price < 0:
		return nil, wrong("input", "has no column %q", o.Price)
	case end < 0 && o.End != "":
		return nil, wrong("input", "has no column %q", o.End)
	}
	var out []row
	for len(out) <= maxRows {
		f, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, wrong("input", "is no CSV: %v", err)
		}
		x := row{time: f[at], price: strings.TrimSpace(f[price])}
		if end >= 0 {
			x.end = strings.TrimSpace(f[end])
		}
		out = append(out, x)
	}
	return out, nil
}

// jsonRows reads a list of items, or lists side by side.
func (o *Options) jsonRows(b []byte) ([]row, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var whole any
	if err := d.Decode(&whole); err != nil {
		return nil, wrong("input", "is no JSON")
	}
	if d.More() {
		return nil, wrong("input", "goes on after its JSON")
	}
	at, ok := find(whole, o.Items)
	if !ok {
		return nil, wrong("input", "has nothing at %q", o.Items)
	}
	items, ok := at.([]any)
	if !ok {
		return o.sideBySide(at)
	}
	var out []row
	for i, item := range items {
		x := row{}
		var err error
		if x.time, err = text(item, o.Time, i); err != nil {
			return nil, err
		}
		if x.price, err = text(item, o.Price, i); err != nil {
			return nil, err
		}
		if o.End != "" {
			if x.end, err = text(item, o.End, i); err != nil {
				return nil, err
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func (o *Options) sideBySide(at any) ([]row, error) {
	list := func(path string) ([]any, error) {
		v, _ := find(at, path)
		l, ok := v.([]any)
		if !ok {
			return nil, wrong("input", "has no list at %q", path)
		}
		return l, nil
	}
	times, err := list(o.Time)
	if err != nil {
		return nil, err
	}
	prices, err := list(o.Price)
	if err != nil {
		return nil, err
	}
	if len(times) != len(prices) {
		return nil, wrong("input", "has %d times and %d prices", len(times), len(prices))
	}
	out := make([]row, len(times))
	for i := range times {
		if out[i].time, err = text(times[i], "", i); err != nil {
			return nil, err
		}
		if out[i].price, err = text(prices[i], "", i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// find follows members and numbers of lists with dots between.
func find(v any, path string) (any, bool) {
	if path == "" {
		return v, true
	}
	for _, name := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[name]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil || n < 0 || n >= len(at) {
				return nil, false
			}
			v = at[n]
		default:
			return nil, false
		}
	}
	return v, true
}

// text is a number or a string as it is written; null is "".
func text(item any, path string, i int) (string, error) {
	v, ok := find(item, path)
	if !ok {
		return "", wrong(fmt.Sprintf("rows[%d]", i), "has no %q", path)
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case json.Number:
		return v.String(), nil
	case string:
		return strings.TrimSpace(v), nil
	}
	return "", wrong(fmt.Sprintf("rows[%d]", i), "%q is no number or text", path)
}
