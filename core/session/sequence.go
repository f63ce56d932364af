package session

import (
	"fmt"
	"strconv"
	"strings"
)

// Sequence is which sequence numbers of a 2.x transaction were seen: all up to
// High except the Missing spans. The zero Sequence has seen none.
type Sequence struct {
	Any     bool
	High    int64
	Missing []Span
}

// Span is the sequence numbers From…To, both included.
type Span struct{ From, To int64 }

// maxSpans bounds the gap list; beyond it the oldest gaps are given up on.
const maxSpans = 64

// Seen reports whether n was seen.
func (q Sequence) Seen(n int64) bool {
	if !q.Any || n > q.High || n < 0 {
		return false
	}
	for _, m := range q.Missing {
		if n >= m.From && n <= m.To {
			return false
		}
	}
	return true
}

// Saw returns the sequence with n seen. A negative n changes nothing.
func (q Sequence) Saw(n int64) Sequence {
	switch {
	case n < 0 || q.Seen(n):
		return q
	case !q.Any || n > q.High:
		from := int64(0)
		if q.Any {
			from = q.High + 1
		}
		missing := append([]Span(nil), q.Missing...)
		if from < n {
			missing = append(missing, Span{from, n - 1})
		}
		if len(missing) > maxSpans {
			missing = missing[len(missing)-maxSpans:]
		}
		return Sequence{true, n, missing}
	}
	var missing []Span
	for _, m := range q.Missing {
		if n < m.From || n > m.To {
			missing = append(missing, m)
			continue
		}
		if m.From < n {
			missing = append(missing, Span{m.From, n - 1})
		}
		if n < m.To {
			missing = append(missing, Span{n + 1, m.To})
		}
	}
	if len(missing) > maxSpans {
		missing = missing[len(missing)-maxSpans:]
	}
	return Sequence{true, q.High, missing}
}

// Begin returns the sequence with n seen as the first of the transaction:
// nothing before it is missing.
func (q Sequence) Begin(n int64) Sequence {
	if n < 0 {
		return q
	}
	q = q.Saw(n)
	var missing []Span
	for _, m := range q.Missing {
		if m.To > n {
			missing = append(missing, m)
		}
	}
	q.Missing = missing
	return q
}

func (q Sequence) high() int64 {
	if !q.Any {
		return -1
	}
	return q.High
}

func (q Sequence) gaps() string {
	parts := make([]string, len(q.Missing))
	for i, m := range q.Missing {
		parts[i] = fmt.Sprintf("%d-%d", m.From, m.To)
	}
	return strings.Join(parts, ",")
}

func parseSequence(high int64, gaps string) Sequence {
	if high < 0 {
		return Sequence{}
	}
	q := Sequence{Any: true, High: high}
	for _, p := range strings.FieldsFunc(gaps, func(r rune) bool { return r == ',' }) {
		a, b, _ := strings.Cut(p, "-")
		from, _ := strconv.ParseInt(a, 10, 64)
		to, _ := strconv.ParseInt(b, 10, 64)
		q.Missing = append(q.Missing, Span{from, to})
	}
	return q
}
