package central

import (
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/session"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v201"
	"chargewright/wire/ocpp/v21"
)

// cost2x registers costs, of which CostUpdated tells the total alone (2.x I02).
func cost2x(s *speech) {
	s.say[device.Kind(device.ShowPrice{})] = showPrice2x(s)
	updated := func(transaction string, total money.Amount) (v201.CostUpdated, error) {
		if !total.Currency.Known() {
			return v201.CostUpdated{}, fail.Field("central.Command", "total", "%q is no currency", total.Currency)
		}
		return v201.CostUpdated{TotalCost: amount(total), TransactionID: transaction}, nil
	}
	understood := func(v201.CostUpdatedResponse) device.Outcome { return device.Outcome{Status: device.Accepted} }
	one(s, func(c device.CostUpdated) (v201.CostUpdated, error) { return updated(c.Transaction, c.Total) }, understood)
	one(s, func(c device.RunningCost) (v201.CostUpdated, error) { return updated(c.Transaction, c.Total) }, understood)
	one(s, func(c device.FinalCost) (v201.CostUpdated, error) { return updated(c.Transaction, c.Total) }, understood)
}

// answerTime bounds the search for what a session cost while its station waits
// for the answer to its end.
const answerTime = 500 * time.Millisecond

// finalCost is what a session that just ended cost, for a station that shows it;
// nil where that is not known in time or not for good: it is told once the session
// is settled. It never fails the answer: the end of the session is on record.
func (c *Central) finalCost(ctx context.Context, in *inbound, id string) *ocpp.Number {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	total, err := store.Read(ctx, c.o.DB, func(tx *store.Tx) (money.Amount, error) {
		shows, _, err := device.ScreenAt(tx, in.StationID)
		if err != nil || !shows.Cost {
			return money.Amount{}, err
		}
		s, found, err := session.Find(tx, id)
		if err != nil || !found || s.State.Open() || len(s.Seq.Missing) > 0 || !shows.Pays(s.Currency) {
			return money.Amount{}, err
		}
		cost, _, err := billing.CostOf(tx, s, s.StoppedAt)
		return cost.Total, err
	})
	if err != nil {
		c.log.WarnContext(ctx, "the final cost is told later", "station", in.StationID, "session", id, "err", err)
		return nil
	}
	if total.Currency == "" {
		return nil
	}
	c.o.Answered(id, total.Minor)
	return ocpp.Ptr(amount(total))
}

// claim21 is what a station that rates for itself says that a transaction cost
// (2.1 I12); nil where it says nothing.
func claim21(d *v21.CostDetails) *session.Claim {
	if d == nil {
		return nil
	}
	out := &session.Claim{Currency: short(d.TotalCost.Currency, 3), Failed: d.FailureToCalculate != nil && *d.FailureToCalculate}
	total := d.TotalCost.Total.InclTax
	if total == nil {
		total = d.TotalCost.Total.ExclTax // of a tariff without taxes
	}
	if total == nil {
		out.Failed = true
		return out
	}
	micro, ok := total.Rounded(6)
	out.Micro, out.Failed = micro, out.Failed || !ok
	return out
}
