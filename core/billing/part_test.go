package billing

import (
	"testing"

	"pgregory.net/rapid"
)

// Any parts of a receipt, taken one after the other until nothing is left, add up to
// it: line for line and tax for tax, and none is more than is left.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := parts{incl: rapid.Bool().Draw(t, "included")}
		groups := rapid.IntRange(1, 4).Draw(t, "groups")
		for g := range groups {
			var tax, net int64
			n := rapid.IntRange(1, 3).Draw(t, "taxes")
			for range n {
				x := Tax{Group: g, Tax: rapid.Int64Range(0, 500).Draw(t, "tax")}
				tax += x.Tax
				whole.taxes = append(whole.taxes, x)
			}
			var lines []Line
			for range rapid.IntRange(1, 4).Draw(t, "lines") {
				l := Line{Dimension: "ENERGY", Group: g, Net: rapid.Int64Range(0, 5000).Draw(t, "net")}
				net += l.Net
				lines = append(lines, l)
			}
			if off := rapid.Int64Range(0, net).Draw(t, "discount"); off > 0 && rapid.Bool().Draw(t, "discounted") {
				lines = append(lines, Line{Dimension: "DISCOUNT", Group: g, Net: -off})
				net -= off
			}
			for i := range lines {
				lines[i].Minor = lines[i].Net
			}
			if whole.incl {
				lines[0].Minor += tax
			}
			for i := range whole.taxes {
				if whole.taxes[i].Group == g {
					whole.taxes[i].Net, whole.taxes[i].Gross = net, net+tax
				}
			}
			whole.body = append(whole.body, lines...)
		}
		left := parts{incl: whole.incl, body: append([]Line(nil), whole.body...), taxes: append([]Tax(nil), whole.taxes...)}
		for left.gross() > 0 {
			gross := rapid.Int64Range(1, left.gross()).Draw(t, "gross")
			if rapid.IntRange(0, 4).Draw(t, "rest") == 0 {
				gross = left.gross()
			}
			part := left
			if gross < left.gross() {
				var err error
				if part, err = left.part(gross); err != nil {
					t.Fatal(err)
				}
			}
			part = parts{part.body[:len(part.body):len(part.body)], part.taxes[:len(part.taxes):len(part.taxes)], part.incl}
			if part.gross() != gross {
				t.Fatalf("a part of %d is %d", gross, part.gross())
			}
			for i, x := range part.taxes {
				if x.Tax < 0 || x.Tax > left.taxes[i].Tax {
					t.Fatalf("tax %d: %d of %d", i, x.Tax, left.taxes[i].Tax)
				}
			}
			billed := int64(0)
			for i, l := range part.body {
				if of := left.body[i].Net; of >= 0 && (l.Net < 0 || l.Net > of) || of < 0 && (l.Net > 0 || l.Net < of) {
					t.Fatalf("line %d: %d of %d", i, l.Net, of)
				}
				billed += l.Minor
			}
			if want := map[bool]int64{true: gross, false: part.net()}[whole.incl]; billed != want {
				t.Fatalf("the lines bill %d, not %d", billed, want)
			}
			copied := parts{incl: part.incl, body: append([]Line(nil), part.body...), taxes: append([]Tax(nil), part.taxes...)}
			left.less(copied)
		}
		if left.net() != 0 {
			t.Fatalf("%+v is left", left.body)
		}
	})
}
