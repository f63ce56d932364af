package billing_test

import (
	"testing"

	"chargewright/base/store"
	"chargewright/core/session"
)

// A void session has no price: it is over, and nothing is asked.
func TestAVoidSessionHasNoPrice(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, `{"id":"P","currency":"EUR","last_updated":"2026-01-01T00:00:00Z","tax_included":"N/A","elements":[{"price_components":[
			{"type":"FLAT","price":1,"step_size":1},{"type":"ENERGY","price":0.5,"step_size":1}]}]}`)
		id := held(t, db, "V")
		if err := review(t, db, ours, id, session.Decision{Choice: session.Unbills, Reason: "goodwill"}); err != nil {
			t.Fatal(err)
		}
		p := priced(t, db, id, start)
		if !p.Final || p.Rating.Invoice.Gross != 0 || len(p.Rating.Lines) != 0 {
			t.Errorf("void, and costs %d in %d lines; final %v", p.Rating.Invoice.Gross, len(p.Rating.Lines), p.Final)
		}
		t.Log(p.Held)
	})
}

// An amount that a person names is billed, whatever evidence there is of when it
// was charged.
func TestANamedAmountIsBilled(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		for tx, id := range map[string]string{
			"no start":  say(t, db, ending("no start", 10, 60), nil).Session,
			"no meter":  charge(t, db, "no meter", 10, 60, func(r *session.Report) { r.Samples = nil }),
			"no length": charge(t, db, "no length", -10, 0, nil),
		} {
			settle(t, db, id)
			s := find(t, db, id)
			if !s.Held() {
				t.Logf("%s is not held: %v", tx, s.Flags)
				continue
			}
			if err := review(t, db, ours, id, session.Decision{Choice: session.ByWord, Energy: 12_000, Reason: "read from the display"}); err != nil {
				t.Fatal(err)
			}
			settle(t, db, id)
			if s = find(t, db, id); !s.Settled {
				t.Errorf("%s: %v", tx, s.Flags)
				continue
			}
			if c := consistent(t, db, id); c.Gross != 714 {
				t.Errorf("%s: %d, want 714", tx, c.Gross)
			}
		}
	})
}
