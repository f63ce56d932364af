package outbox

import (
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/schema"
)

// A look for due events walks the index of due times, and never all the timers that
// wait: there is one for each session that charges.
func TestAClaimWalksWhatIsDue(t *testing.T) {
	db := storetest.SQLite(t, schema.FS)
	r := New(db, map[string]Handler{"a": nil, "b": nil, "c": nil}, Options{})
	for name, sql := range map[string]string{"claim": r.claimSQL, "next": r.nextSQL} {
		args := make([]any, strings.Count(sql, "$"))
		if name == "claim" {
			args = make([]any, 4+len(r.topics))
		}
		plan, err := store.Read(t.Context(), db, func(tx *store.Tx) ([]string, error) {
			return store.All(tx, func(row *store.Row) string { return row.Text(3) }, `EXPLAIN QUERY PLAN `+sql, args...)
		})
		if err != nil {
			t.Fatal(err)
		}
		if s := strings.Join(plan, "; "); !strings.Contains(s, "outbox_event_due") || strings.Contains(s, "SCAN") || strings.Contains(s, "TEMP B-TREE") {
			t.Errorf("%s: %s", name, s)
		}
	}
}
