package billing

import (
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/device"
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
	Limit       string // that is reached and not on record yet, as OCPP spells it; "" for none
}

// ahead is how far ahead a guest's spending is looked at: what a station takes to
// stop, and the time to the next look. Until then the EVSE may give all its power.
const ahead = 75 * time.Second

// kept is how far ahead a limit of energy or time is looked at: half the time to the
// next look, and what a station takes to stop. Stations that keep the limit
// themselves are not hurried.
const kept = 12 * time.Second

// Overspending returns the open sessions of guests that would use up their hold
// before the next look, and those that have come to a limit of their driver: they
// are stopped (money policy, rule 8). The hold is never exceeded; energy and time are
// kept as closely as the station's readings tell.
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
		x := Stop{Session: s.ID, Station: s.Station, Transaction: s.Tx}
		if x.Reason, x.Limit, err = spent(tx, g, s); err != nil {
			return nil, err
		}
		if x.Reason != "" {
			out = append(out, x)
		}
	}
	return out, nil
}

// spent says why the session of a guest is to be stopped, "" if it is not, and by
// which limit that is not on record yet, as OCPP spells it.
func spent(tx *store.Tx, g driver.Guest, s session.Session) (why, limit string, err error) {
	if g.Reached != "" { // the station says so, or is asked again
		return "a limit is reached: " + g.Reached, "", nil
	}
	f, err := collect(tx, s)
	if err != nil {
		return "", "", err
	}
	if g.Limits.Energy > 0 || g.Limits.Time > 0 {
		keeps, err := KeptLimits(tx, s.Station)
		if err != nil {
			return "", "", err
		}
		if limit := limitOfDriver(f, g, keeps, tx.Now()); limit != "" {
			return "what the driver wanted at most is reached", limit, nil
		}
	}
	gross, err := soon(tx, f, tx.Now())
	if err == nil && gross >= g.Hold {
		return "the amount held on the card is nearly used up", driver.CostReached, nil
	}
	return "", "", err
}

// limitOfDriver is the limit of energy or time that an open session has come to, ""
// for none. A limit that the station keeps is taken at its word.
func limitOfDriver(f *file, g driver.Guest, keeps Kept, now time.Time) string {
	began := f.session.Began()
	if began.Before(g.CreatedAt) || began.After(now) { // by a clock that is wrong
		began = f.session.CreatedAt
	}
	late := kept
	if keeps.Time {
		late = 0
	}
	if g.Limits.Time > 0 && now.Add(late).Sub(began) >= g.Limits.Time {
		return driver.TimeReached
	}
	if late = kept; keeps.Energy {
		late = 0
	}
	if g.Limits.Energy > 0 && f.taken(now.Add(late), keeps.Energy) >= g.Limits.Energy {
		return driver.EnergyReached
	}
	return ""
}

// taken is what an open session has taken by a time, as far as readings tell; beyond
// the last one it goes on as it did between the last two. Where the readings fail to
// come the EVSE may have given all it has, unless the station watches itself.
func (f *file) taken(at time.Time, watched bool) energy.Energy {
	s := f.session
	s.StoppedAt = lastWord(f, at)
	t := s.Timeline(f.inputs, f.meter)
	n := len(t.Readings)
	if watched {
		return t.Energy
	}
	since := f.session.CreatedAt
	if n > 0 {
		since = t.Readings[n-1].At
	}
	gone := min(max(at.Sub(since), 0), 24*time.Hour)
	if n > 1 {
		last, before := t.Readings[n-1], t.Readings[n-2]
		every, d := last.At.Sub(before.At), last.Register-before.Register
		if every >= time.Second && d >= 0 && d < 1_000*energy.KiloWattHour && gone <= 2*every+time.Minute {
			return t.Energy + d*energy.Energy(gone/time.Second)/energy.Energy(every/time.Second)
		}
	}
	return t.Energy + energy.Energy(flatOut(f.meter.MaxPower, since, gone).Energy)
}

// Kept are the limits that a station keeps by itself (2.1 E16, TxCtrlr.SupportedLimits).
type Kept struct{ Cost, Energy, Time bool }

// KeptLimits returns them; none where it is not known.
func KeptLimits(tx *store.Tx, at string) (k Kept, err error) {
	d, found, err := device.At(tx, at)
	if err != nil || !found {
		return k, err
	}
	list, err := device.SettingOf(tx, d.ID, device.SupportedLimits)
	for word := range strings.SplitSeq(list, ",") {
		switch word = strings.TrimSpace(word); {
		case strings.EqualFold(word, "maxCost"):
			k.Cost = true
		case strings.EqualFold(word, "maxEnergy"):
			k.Energy = true
		case strings.EqualFold(word, "maxTime"):
			k.Time = true
		}
	}
	return k, err
}

// LimitsOf returns what a guest takes at most of a session, with the hold as Cost,
// and what they had chosen at the station; found is false for a session of no guest.
func LimitsOf(tx *store.Tx, id string) (want, asked driver.Limits, found bool, err error) {
	g, found, err := driver.GuestBySession(tx, id)
	want = g.Limits
	want.Cost = g.Hold
	return want, g.Asked, found, err
}

// soon is what an open session will cost at the next look, if its EVSE gives all
// its power until then. A session that cannot be priced costs more than anybody
// holds: nobody may charge at the price of nothing.
func soon(tx *store.Tx, f *file, now time.Time) (int64, error) {
	f.session.StoppedAt = lastWord(f, now)
	f.timeline = f.session.Timeline(f.inputs, f.meter)
	if err := f.supplied(tx, now.Add(ahead)); err != nil {
		return 0, err
	}
	in, err := rated(f)
	if err != nil || f.taxed == nil {
		return 0, err
	}
	late := max(now.Sub(f.timeline.End), 0) + ahead // since its last word the EVSE may have given all it has
	in.Segments = append(in.Segments, flatOut(f.meter.MaxPower, f.timeline.End, late))
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
	return &Stop{Session: s.ID, Station: s.Station, Transaction: s.Tx, Reason: "the hold on the card ends"}, nil
}
