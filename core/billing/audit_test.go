package billing_test

import (
	"testing"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/billing"
)

func audit(t testing.TB, db *store.DB, id string) map[billing.AuditPoint]bool {
	t.Helper()
	out := map[billing.AuditPoint]bool{}
	for _, x := range do(t, db, func(tx *store.Tx) ([]billing.Finding, error) { return billing.Audit(tx, ours, id) }) {
		out[x.What] = x.OK
	}
	return out
}

// What is billed is what was shown; each way of tampering is found, and by its own name.
func TestThePriceShownIsThePriceBilled(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		id := charge(t, db, "A", 10, 60, nil)
		if _, err := try(t, db, func(tx *store.Tx) ([]billing.Finding, error) { return billing.Audit(tx, ours, id) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("before it was settled: %v", err)
		}
		settle(t, db, id)
		if c := receipt(t, db, id); c.Body.Shown == nil || c.Body.Shown.Words == "" || c.Body.Shown.How != "offered" {
			t.Errorf("the receipt tells of no price shown: %+v", c.Body.Shown)
		}
		good := audit(t, db, id)
		if len(good) != 7 {
			t.Errorf("%v", good)
		}
		for what, ok := range good {
			if !ok {
				t.Errorf("%s", what)
			}
		}
		for _, c := range []struct {
			what     billing.AuditPoint
			do, undo string
		}{
			{billing.WordsUntouched, `UPDATE session_price SET words = 'cheap' || words`, `UPDATE session_price SET words = substr(words, 6)`},
			{billing.ShownIsBound, `UPDATE session_price SET tariff_version = 'x' || tariff_version`, `UPDATE session_price SET tariff_version = substr(tariff_version, 2)`},
			{billing.TariffIntact, `UPDATE tariff_version SET body = replace(body, '0.50', '0.40')`, `UPDATE tariff_version SET body = replace(body, '0.40', '0.50')`},
			{billing.BooksTheSame, `UPDATE session_session SET cost_minor = cost_minor - 1`, `UPDATE session_session SET cost_minor = cost_minor + 1`},
			{billing.RatesTheSame, `UPDATE billing_document SET gross_minor = gross_minor - 1, net_minor = net_minor - 1`, `UPDATE billing_document SET gross_minor = gross_minor + 1, net_minor = net_minor + 1`},
		} {
			must(t, db, func(tx *store.Tx) error { tx.Write(c.do); return nil })
			if audit(t, db, id)[c.what] {
				t.Errorf("%s was not found", c.what)
			}
			must(t, db, func(tx *store.Tx) error { tx.Write(c.undo); return nil })
		}
		for what, ok := range audit(t, db, id) {
			if !ok {
				t.Errorf("%s after all was put back", what)
			}
		}
	})
}
