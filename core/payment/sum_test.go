package payment_test

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
		return store.All(tx, func(r *store.Row) string { return r.Text(3) }, `EXPLAIN QUERY PLAN SELECT currency, asked_minor, held_minor, captured_minor, refunded_minor FROM payment_payment
			WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2`, "t", 1)
	})
	if s := strings.Join(plan, "; "); err != nil || !strings.Contains(s, "COVERING INDEX payment_payment_list") || strings.Contains(s, "TEMP B-TREE") {
		t.Errorf("it reads %s, %v", s, err)
	}
}
