package paper

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"chargewright/wire/en16931"
)

var update = flag.Bool("update", false, "write the list of rules into docs/money.md")

// listed is the list of rules as the documentation has it.
func listed() string {
	var b strings.Builder
	kinds := []struct {
		title string
		in    func(r en16931.Rule) bool
	}{
		{"EN 16931", func(r en16931.Rule) bool {
			return !strings.HasPrefix(r.ID, "BR-DE-") && !strings.HasPrefix(r.ID, "PEPPOL") && !strings.HasPrefix(r.ID, "BR-TMP") || strings.HasPrefix(r.ID, "BR-DEC")
		}},
		{"XRechnung 3.0", func(r en16931.Rule) bool {
			return strings.HasPrefix(r.ID, "BR-DE-") || strings.HasPrefix(r.ID, "PEPPOL") || strings.HasPrefix(r.ID, "BR-TMP")
		}},
	}
	for _, k := range kinds {
		var ids []string
		for _, r := range en16931.Rules(en16931.XRechnung) {
			if k.in(r) {
				name := r.ID
				if r.Warning {
					name += " (a warning: it holds nothing up)"
				}
				ids = append(ids, name)
			}
		}
		fmt.Fprintf(&b, "\n*%s, %d rules:* %s.\n", k.title, len(ids), strings.Join(ids, ", "))
	}
	fmt.Fprintf(&b, "\n*Kept by how it is written, so that no document can break them, %d rules:* %s.\n\n", len(en16931.Kept()), strings.Join(en16931.Kept(), ", "))
	return b.String()
}

func TestTheDocumentationListsTheRulesThatAreChecked(t *testing.T) {
	const file, begin, end = "../../docs/money.md", "<!-- rules -->\n", "<!-- /rules -->"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), begin)
	list, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("docs/money.md has no place for the list")
	}
	if *update {
		if err := os.WriteFile(file, []byte(head+begin+listed()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if list != listed() {
		t.Error("docs/money.md lists other rules than are checked; run go test ./edge/paper -run Documentation -update")
	}
}

// Every rule of XRechnung holds those of EN 16931 within it.
func TestXRechnungChecksWhatEN16931Does(t *testing.T) {
	with := map[string]bool{}
	for _, r := range en16931.Rules(en16931.XRechnung) {
		with[r.ID] = true
	}
	for _, r := range en16931.Rules(en16931.EN16931) {
		if !with[r.ID] || !strings.Contains(listed(), r.ID) {
			t.Errorf("%s is left out", r.ID)
		}
	}
}
