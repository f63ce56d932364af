package billing

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/session"
	"chargewright/core/tariff"
)

// Priced is what a session costs, so far or in the end.
type Priced struct {
	Timeline session.Timeline
	Tariff   *tariff.Tariff // nil when none is bound
	Rating   tariff.Rating  // zero while Held, and of a void session
	Shown    session.Shown  // as its driver was told; zero where that was not kept
	// Held are the flags and circumstances for which there is no price, or for
	// which somebody had to decide on one.
	Held session.Flags
	// Final says that the session is settled: nothing will change any more.
	Final bool

	in    *tariff.Session // as it was rated; nil where it was not
	ahead time.Time       // until when it can be said what comes; zero: it cannot
}

// Steps returns what a kWh cost over the session, a step for each change; none
// where it has no price.
func (p *Priced) Steps() ([]tariff.PriceStep, error) {
	if p.in == nil {
		return nil, nil
	}
	return tariff.EnergyPrices(p.Tariff, p.in)
}

// Ahead returns what a kWh of an open session will cost from now on, as far as
// that is known.
func (p *Priced) Ahead() ([]tariff.PriceStep, error) {
	if p.in == nil || p.ahead.IsZero() {
		return nil, nil
	}
	return tariff.PricesAhead(p.Tariff, p.in, p.ahead)
}

// Price prices a session by the code that settles it, so that the last running
// cost is the receipt's. An open session is priced up to a time, with what was
// last said of it holding on (a vehicle that parks goes on to park) but with no
// energy beyond its last reading. A session that cannot be priced says why in
// Held; that is no error.
func Price(tx *store.Tx, s session.Session, until time.Time) (Priced, error) {
	f, err := collect(tx, s)
	if err != nil {
		return Priced{}, err
	}
	if s.State.Open() {
		f.session.StoppedAt = lastWord(f, until)
	}
	f.timeline = f.session.Timeline(f.inputs, f.meter)
	p := Priced{Timeline: f.timeline, Tariff: f.tariff, Final: s.Settled, Shown: f.shown}
	if f.taxed != nil {
		p.Tariff = f.taxed
	}
	if p.ahead, err = f.suppliedAhead(tx, until); err != nil {
		return Priced{}, err
	}
	f.timeline.Flags = f.timeline.Flags.With(f.unpriced())
	for _, x := range f.timeline.Flags {
		if x.Hold() && !(x == session.FlagNoMeter && s.State.Open()) {
			p.Held = p.Held.With(x)
		}
	}
	if len(p.Held) > 0 && !s.Settled || f.taxed == nil || s.Flags.Has(session.FlagVoid) {
		return p, nil
	}
	in, err := rated(f)
	if err != nil {
		return p, err
	}
	p.Rating, err = rateIn(f, in)
	switch {
	case err == nil:
		p.in = in
	case fail.Is(err, fail.Invalid):
		p.Held, err = p.Held.With(session.FlagBadTariff), nil
	}
	return p, err
}

// suppliedAhead reads what the tariff needs, of an open session that is priced
// until a time for what comes as well, and returns how far that goes: the zero
// time where nothing can be said of what comes. Public holidays that nobody knows
// yet hold no session that is over before them.
func (f *file) suppliedAhead(tx *store.Tx, until time.Time) (ahead time.Time, err error) {
	if !f.session.State.Open() {
		return time.Time{}, f.supplied(tx, f.timeline.End)
	}
	ahead = until.Add(shownAhead)
	if err := f.supplied(tx, ahead); err != nil || f.tariff == nil || !f.tariff.OnHolidays() || f.almanac.Holidays != nil {
		return ahead, err
	}
	return time.Time{}, f.supplied(tx, f.timeline.End)
}

// shownAhead is how far ahead an open session's prices are said: the rest of
// today and tomorrow, where they are known.
const shownAhead = 36 * time.Hour

// lastWord is until when an open session is priced: the time asked for, but not
// before the last reading.
func lastWord(f *file, until time.Time) time.Time {
	if f.session.LastAt.After(until) {
		return f.session.LastAt
	}
	return until
}

// NetSince returns the net amounts of the receipts of the tenant issued since a
// time, what was given back since then deducted, by currency.
func NetSince(tx *store.Tx, sc access.Scope, since time.Time) ([]money.Amount, error) {
	return store.All(tx, func(r *store.Row) money.Amount {
		return money.Amount{Minor: r.Int(1), Currency: money.Currency(r.Text(0))}
	}, `SELECT currency, CAST(SUM(CASE WHEN kind = 'receipt' THEN net_minor WHEN kind = 'credit_note' THEN -net_minor ELSE 0 END) AS BIGINT)
		FROM billing_document WHERE tenant_id = $1 AND issued_at >= $2 GROUP BY currency ORDER BY currency`,
		sc.Tenant, since)
}
