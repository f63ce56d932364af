package billing_test

import (
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/session"
)

// The final cost is that of the receipt, also when evidence comes after it by which
// the session would have been held.
func TestTheFinalCostIsToldAfterLateEvidence(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.40"))
		id := charge(t, db, "tx", 10, 60, nil)
		settle(t, db, id)
		final := func() device.FinalCost {
			return do(t, db, func(tx *store.Tx) (device.FinalCost, error) {
				s, err := session.Get(tx, ours, id)
				if err != nil {
					return device.FinalCost{}, err
				}
				return billing.FinalOf(tx, s, device.Screen{Cost: true})
			})
		}
		before := final()
		if before.Total.Minor != 476 || before.Total.Currency != "EUR" || before.Transaction != "tx" || len(before.Texts) != 1 || before.Texts[0].Content != "10.000 kWh, 1:00 h: €4.76" {
			t.Errorf("%+v", before)
		}
		say(t, db, ending("tx", 20, 70), func(r *session.Report) {
			r.Key, r.Seq, r.Kind = "2", 2, session.Updated
			r.Samples = []energy.Sample{{At: r.At, Register: 90 * energy.KiloWattHour}}
		})
		s := find(t, db, id)
		if p := priced(t, db, id, s.StoppedAt.Add(time.Hour)); len(p.Held) == 0 {
			t.Fatalf("the late evidence holds nothing: %v", s.Flags)
		}
		if after := final(); after.Total != before.Total || after.Texts[0] != before.Texts[0] {
			t.Errorf("%+v, then %+v", before, after)
		}
	})
}
