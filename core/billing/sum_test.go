package billing_test

import (
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/schema"
)

// A list is summed from its index alone, newest first: no row of it is read, and none is sorted.
func TestSumsReadTheIndexAlone(t *testing.T) {
	plan, err := store.Read(t.Context(), storetest.SQLite(t, schema.FS), func(tx *store.Tx) ([]string, error) {
		return store.All(tx, func(r *store.Row) string { return r.Text(3) }, `EXPLAIN QUERY PLAN SELECT currency, due_minor, paid_minor FROM billing_claim
			WHERE tenant_id = $1 AND state = 'paid' ORDER BY created_at DESC, id DESC LIMIT $2`, "t", 1)
	})
	if s := strings.Join(plan, "; "); err != nil || !strings.Contains(s, "COVERING INDEX billing_claim_state") || strings.Contains(s, "TEMP B-TREE") {
		t.Errorf("it reads %s, %v", s, err)
	}
}
