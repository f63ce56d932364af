package billing

import (
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/session"
	"chargewright/core/tariff"
)

// Stop is a session that is to be stopped, and why.
type Stop struct {
	Session     string
	Station     string
	Transaction string
	Reason      string
}

// ahead is how far ahead a guest's spending is looked at: what a station takes to
// stop, and the time to the next look. Until then the EVSE may give all its power.
const ahead = 75 * time.Second

// Overspending returns the open sessions of guests that would use up their hold
// before the next look: they are stopped before that (money policy, rule 8).
func Overspending(tx *store.Tx) ([]Stop, error) {
	guests, err := driver.GuestsCharging(tx)
	if err != nil {
		return nil, err
	}
	var out []Stop
	for _, g := range guests {
		s, found, err := session.Find(tx, g.Session)
		if err != nil {
			return nil, err
		}
		if !found || !s.State.Open() {
			continue
		}
		gross, err := soon(tx, s, tx.Now())
		if err != nil {
			return nil, err
		}
		if gross >= g.Hold {
			out = append(out, Stop{s.ID, s.Station, s.Tx, "the amount held on the card is nearly used up"})
		}
	}
	return out, nil
}

// soon is what an open session will cost at the next look, if its EVSE gives all
// its power until then. A session that cannot be priced costs more than anybody
// holds: nobody may charge at the price of nothing.
func soon(tx *store.Tx, s session.Session, now time.Time) (int64, error) {
	f, err := collect(tx, s)
	if err != nil {
		return 0, err
	}
	f.session.StoppedAt = lastWord(f, now)
	f.timeline = f.session.Timeline(f.inputs, f.meter)
	if err := f.supplied(tx, now.Add(ahead)); err != nil {
		return 0, err
	}
	in, err := rated(f)
	if err != nil || f.taxed == nil {
		return 0, err
	}
	w := f.meter.MaxPower
	if w == 0 {
		w = roomUnknown
	}
	late := max(now.Sub(f.timeline.End), 0) + ahead // since its last word the EVSE may have given all it has
	e := energy.Energy(w) * energy.WattHour * energy.Energy(late) / energy.Energy(time.Hour)
	power, current := w*1000, w*1_000_000/230
	in.Segments = append(in.Segments, tariff.Segment{
		Start: f.timeline.End, End: f.timeline.End.Add(late), Energy: int64(e), State: tariff.Charging, Power: &power, Current: &current,
	})
	r, err := tariff.RateTaxed(f.taxed, in, &f.tax.Determination)
	if fail.Is(err, fail.Invalid) {
		return 1 << 60, nil
	}
	return r.Invoice.Gross, err
}

// Expiring takes note that the hold of a payment ends soon: a session that runs on
// it is to be stopped, so that it is settled and captured in time; a hold that
// nothing came of is released.
func Expiring(tx *store.Tx, id string) (*Stop, error) {
	p, found, err := payment.Find(tx, id)
	if err != nil || !found || p.Status != payment.Held {
		return nil, err
	}
	g, found, err := driver.GuestByPayment(tx, p.ID)
	if err != nil || !found {
		return nil, err
	}
	if g.State != driver.GuestCharging {
		if g.State.Over() && g.State != driver.GuestDone {
			_, err = payment.Void(tx, p.ID)
		}
		return nil, err
	}
	s, found, err := session.Find(tx, g.Session)
	if err != nil || !found || !s.State.Open() {
		return nil, err
	}
	return &Stop{s.ID, s.Station, s.Tx, "the hold on the card ends"}, nil
}
