package central

import (
	"context"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v201"
	"chargewright/wire/ocpp/v21"
)

// limits21 are the triggers by which a 2.1 station says that a limit is reached
// (E16.FR.05, FR.06).
var limits21 = map[v201.TriggerReasonEnum]bool{
	v201.TriggerReasonEnum(v21.TriggerReasonCostLimitReached): true, v201.TriggerReasonEnum(v21.TriggerReasonTimeLimitReached): true,
	v201.TriggerReasonEnum(v21.TriggerReasonEnergyLimitReached): true, v201.TriggerReasonEnum(v21.TriggerReasonSoCLimitReached): true,
}

// noEnergy and noTime lift a limit, which cannot be unset (E16.FR.17).
const (
	noEnergy = 10_000 * energy.KiloWattHour
	noTime   = 365 * 24 * time.Hour
)

// limit21 is what a guest takes at most, for the answer to the event by which their
// transaction becomes known, or in which the station names limits of its own (C25.FR.24,
// E16.FR.02, FR.07). Only limits that the station keeps are named (FR.12). It is nil
// where there is nothing to say, and never fails the answer: the server watches, too.
func (c *Central) limit21(ctx context.Context, in *inbound, id string, q *v21.TransactionEvent) *v21.TransactionLimit {
	named := q.TransactionInfo.TransactionLimit
	if id == "" || q.EventType == v201.TransactionEventEnded || q.IDToken == nil && named == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	out, err := store.Read(ctx, c.o.DB, func(tx *store.Tx) (*v21.TransactionLimit, error) {
		want, asked, found, err := billing.LimitsOf(tx, id)
		if err != nil || !found {
			return nil, err
		}
		keeps, err := billing.KeptLimits(tx, in.StationID)
		if err != nil {
			return nil, err
		}
		s, _, err := session.Find(tx, id)
		if err != nil {
			return nil, err
		}
		if keeps.Cost { // a station that does not rate for itself is told of costs as they grow (FR.11)
			shows, _, err := device.ScreenAt(tx, in.StationID)
			if err != nil {
				return nil, err
			}
			keeps.Cost = (shows.Cost || shows.Tariffs) && shows.Pays(s.Currency)
		}
		return limitFor(want, asked, keeps, money.Currency(s.Currency), named, q.IDToken != nil), nil
	})
	if err != nil {
		c.log.WarnContext(ctx, "a station was not told what its guest takes at most", "station", in.StationID, "session", id, "err", err)
		return nil
	}
	return out
}

// limitFor is what a station is to be told, nil for nothing. What it names itself and
// is no more than what is wanted stands (E16.FR.08), but for what its guest chose
// otherwise on the page since.
func limitFor(want, asked driver.Limits, keeps billing.Kept, c money.Currency, named *v21.TransactionLimit, first bool) *v21.TransactionLimit {
	var own driver.Limits
	if named != nil {
		own = limitsNamed(*named, c)
	}
	var out v21.TransactionLimit
	if keeps.Cost && tells(own.Cost, asked.Cost, want.Cost, want.Cost, first) {
		out.MaxCost = ocpp.Ptr(amount(money.Amount{Minor: want.Cost, Currency: c}))
	}
	if wh := want.Energy; keeps.Energy && tells(int64(own.Energy), int64(asked.Energy), int64(wh), int64(noEnergy), first) {
		if wh == 0 {
			wh = noEnergy
		}
		out.MaxEnergy = ocpp.Ptr(ocpp.Int(wh.WattHours()))
	}
	if d := want.Time; keeps.Time && tells(int64(own.Time), int64(asked.Time), int64(d), int64(noTime), first) {
		if d == 0 {
			d = noTime
		}
		out.MaxTime = ocpp.Ptr(int64(d / time.Second))
	}
	if out.MaxCost == nil && out.MaxEnergy == nil && out.MaxTime == nil {
		return nil
	}
	return &out
}

// tells reports whether one limit is to be told: own is what the station names,
// asked what its guest chose there, want what they chose on the page, each 0 for
// none, and none what is as good as none.
func tells(own, asked, want, none int64, first bool) bool {
	switch {
	case own == 0:
		return first && want > 0
	case want == 0: // removed on the page, if it is what they had chosen at the station
		return own == asked && own < none
	case own > want:
		return true
	}
	return own < want && own == asked
}

// limitsNamed are the limits that a station names; one beyond all bounds is as good
// as none.
func limitsNamed(l v21.TransactionLimit, c money.Currency) (own driver.Limits) {
	bounded := func(n *ocpp.Number, digits int, most int64) int64 {
		v, ok := n.Rounded(digits)
		if !ok {
			return most
		}
		return min(v, most)
	}
	if l.MaxCost != nil {
		own.Cost = bounded(l.MaxCost, c.Exponent(), 1<<53)
	}
	if l.MaxEnergy != nil {
		own.Energy = energy.Energy(max(bounded(l.MaxEnergy, 0, noEnergy.WattHours()), 0)) * energy.WattHour
	}
	if l.MaxTime != nil {
		own.Time = time.Duration(min(max(*l.MaxTime, 0), int64(noTime/time.Second))) * time.Second
	}
	return own
}
