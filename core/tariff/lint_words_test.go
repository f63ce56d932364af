package tariff

import (
	"os"
	"strings"
	"testing"
)

// A thousand elements cost no more comparisons than the bound, and with too few
// the linter says that not all was checked, and claims nothing it does not know.
func TestTheWorkOfTheLinterIsBounded(t *testing.T) {
	tf := &Tariff{Currency: "EUR", Taxes: TaxNone}
	for i := range int64(MaxElements) {
		tf.Elements = append(tf.Elements, Element{
			Components:   []Component{{Dimension: Energy, Price: 500_000}, {Dimension: Time, Price: 6_000_000}},
			Restrictions: Restrictions{Energy: Range{i % 7, i%7 + i%5 + 1}, Duration: Range{i % 11, i%11 + i%3 + 1}, Power: Range{Min: i % 13}},
		})
	}
	for _, budget := range []int{lintWork, 5_000} {
		l := linter{t: tf, todo: work{left: budget}, dead: map[[2]int]bool{}}
		all := l.run()
		if l.todo.left < -maxParts {
			t.Errorf("%d comparisons beyond the bound of %d", -l.todo.left, budget)
		}
		if l.partial != (all[len(all)-1].Code == "not_all_checked") && len(all) < MaxFindings {
			t.Errorf("with %d: partial is %v, and the last finding %s", budget, l.partial, all[len(all)-1].Code)
		}
		if budget == 5_000 && !l.partial {
			t.Error("5,000 comparisons were enough: the test proves nothing")
		}
	}
}

// Every code is explained to those who read it.
func TestTheCodesOfTheLinterAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/money.md")
	if err != nil {
		t.Fatal(err)
	}
	for code, said := range messages {
		if code == "unreachable_by_many" { // words of unreachable
			continue
		}
		if !strings.Contains(string(b), "`"+code+"`") {
			t.Errorf("docs/money.md does not name %s", code)
		}
		for i, lang := range LintLanguages {
			if said[i] == "" {
				t.Errorf("%s has no words in %s", code, lang)
			}
		}
	}
}

func TestEveryLanguageHasAllWords(t *testing.T) {
	if len(vocabulary) != len(Languages) {
		t.Fatalf("%d vocabularies for %d languages", len(vocabulary), len(Languages))
	}
	for i := range vocabulary {
		w := &vocabulary[i]
		if w.lang != Languages[i] {
			t.Errorf("%s stands at the place of %s", w.lang, Languages[i])
		}
		for _, s := range []string{w.free, w.from, w.plusTax, w.net, w.atMost, w.atLeast, w.beforeTax, w.details, w.perMinute, w.perHour, w.since, w.before, w.upTo,
			w.afterStart, w.reserved, w.expired, w.perReservation, w.plugged, w.otherwise, w.then, w.between, w.seeDetails,
			w.spot, w.and, w.fallback, w.holiday[OnlyHolidays], w.holiday[NoHolidays]} {
			if s == "" {
				t.Errorf("%s lacks a word", w.lang)
			}
		}
		for _, s := range w.day {
			if s == "" {
				t.Errorf("%s lacks a day", w.lang)
			}
		}
		for _, d := range dimensions {
			if w.per[d] == "" || w.of[d] == "" || w.short[d] == "" {
				t.Errorf("%s lacks words for %s", w.lang, d)
			}
		}
		if strings.Count(w.between, "%") != 2 || strings.Count(w.then, "%") != 1 || strings.Count(w.otherwise, "%") != 1 || !strings.HasSuffix(w.details, w.seeDetails) {
			t.Errorf("%s: a place for a price is missing", w.lang)
		}
	}
}
