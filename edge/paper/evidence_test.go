package paper

import (
	"strings"
	"testing"
	"time"

	"chargewright/core/access"
)

// Wherever on a page a part begins, its heading stands with the first of its text,
// its facts or the first row of its table.
func TestAHeadingStaysWithWhatFollows(t *testing.T) {
	known, err := newLetters()
	if err != nil {
		t.Fatal(err)
	}
	m := &matter{at: time.Now(), entity: access.Entity{Name: "Ours", Country: "DE", Currency: "EUR"}}
	s := m.sheetOf(known, nil, 0)
	s.first()
	for what, lay := range map[string]func(){
		"a text": func() { s.flow(left, width, body, strings.Repeat("what happened ", 36)) },
		"facts":  func() { s.rows([]fact{{"Where", "Depot", false}}, left, 40, width) },
		"a table": func() {
			x := table{s: s, columns: []column{{"When", 46, false}, {"What", 34, false}}, size: 8}
			x.head()
			x.row("a detail", "now", strings.Repeat("long ", 12))
		},
	} {
		for at := 60.0; at < bottom; at += 0.7 {
			s.turn()
			s.y = at
			m.section(s, "A part")
			page, heading := s.pdf.PageNo(), s.y
			lay()
			if s.pdf.PageNo() != page || s.y == heading {
				t.Errorf("%s from %.1f mm: its heading is on page %d, it ends on page %d", what, at, page, s.pdf.PageNo())
			}
		}
	}
}
