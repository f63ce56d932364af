package tariff

import (
	"math/big"
	"slices"
	"time"

	"chargewright/base/money"
)

const (
	hour      = int64(time.Hour) // ns
	kilowatth = int64(1_000_000) // mWh
)

// Line bills one dimension at one price with one set of taxes.
type Line struct {
	Dimension Dimension
	Unit      string      // kWh, h, session or reservation
	UnitPrice money.Price // per Unit; net or gross as the tariff's prices are; 0 on a line that corrects others
	Percent   money.Percent
	Minor     int64       // what is billed, net or gross as the tariff's prices are
	Taxes     []TaxAmount // the line's part of its group's taxes

	taxes   []Tax
	unit    int64 // quantity units of one Unit: mWh per kWh, ns per h, 1
	used    exact // before the plan
	covered exact // by the plan's included energy
	fixed   *big.Rat
	net     *big.Rat // the exact price per Unit, where taxes were taken out of it
}

// Quantity returns how many units are billed: kWh, hours or 1.
func (l *Line) Quantity() *big.Rat { return l.units(l.used.sub(l.covered)) }

// Covered returns how many kWh the plan's included energy took.
func (l *Line) Covered() *big.Rat { return l.units(l.covered) }

// Amount returns the exact amount in major units, before rounding.
func (l *Line) Amount() *big.Rat {
	if l.fixed != nil {
		return l.fixed
	}
	a := l.price(l.used.sub(l.covered))
	if l.Percent != 0 {
		a.Mul(a, big.NewRat(money.Hundred-int64(l.Percent), money.Hundred))
	}
	return a
}

func (l *Line) units(q exact) *big.Rat { return over(q, l.unit) }

// price returns q·UnitPrice in major units.
func (l *Line) price(q exact) *big.Rat {
	if l.net != nil {
		r := l.units(q)
		return r.Mul(r, l.net)
	}
	if q.r != nil {
		r := l.units(q)
		return r.Mul(r, l.UnitPrice.Rat())
	}
	n := new(big.Int).Mul(big.NewInt(q.n), big.NewInt(int64(l.UnitPrice)))
	return new(big.Rat).SetFrac(n, big.NewInt(l.unit*money.One))
}

// Totals are exact sums in major units, before plan, discount and rounding.
type Totals struct {
	Net   *big.Rat // nil if prices include taxes the tariff does not name
	Gross *big.Rat
}

// Rating is the price of a session.
type Rating struct {
	Currency money.Currency
	Taxes    TaxMode
	Lines    []Line
	CDR      Totals
	Invoice  Invoice
	Left     *big.Rat // mWh of the plan's included energy; nil without a plan
	Shares   *Shares  // nil without a split

	Holidays string   // the name of the calendar the price depends on, "" for none
	FreeDays []int    // its dates that the session touched, yyyymmdd
	Fallback *big.Rat // kWh at the fallback of a formula, since no slot was known; nil without a formula
}

// Cost returns what some dimensions cost, exactly, before plan, discount, limits
// and rounding: the partial totals of a CDR.
func (r *Rating) Cost(dims ...Dimension) Totals {
	var lines []Line
	for i := range r.Lines {
		if slices.Contains(dims, r.Lines[i].Dimension) && r.Lines[i].fixed == nil {
			lines = append(lines, r.Lines[i])
		}
	}
	return sumsOf(r.Taxes, lines)
}

// Rate prices a session under a tariff. It is Bill without terms.
func Rate(t *Tariff, s *Session) (Rating, error) { return Bill(t, s, Terms{}) }

// Bill prices a session under a tariff and the buyer's terms. Nothing is
// half-priced: a session that cannot be, or that lacks a value the tariff
// depends on, is an Invalid error which names the field.
func Bill(t *Tariff, s *Session, terms Terms) (Rating, error) {
	if err := s.check(t); err != nil {
		return Rating{}, err
	}
	if err := terms.check(); err != nil {
		return Rating{}, err
	}
	r := rater{t: t, s: s, plan: terms.Plan}
	if r.plan != nil {
		r.left = exact{n: max(r.plan.Included-r.plan.Used, 0)}
	}
	r.b = s.borders(t)
	if err := walk(s, r.b, r.visit); err != nil {
		return Rating{}, err
	}
	r.steps()
	out := Rating{Currency: t.Currency, Taxes: t.Taxes, Lines: r.lines}
	out.CDR = totals(t, r.lines)
	if err := r.invoice(&out, terms); err != nil {
		return Rating{}, err
	}
	if r.plan != nil {
		out.Left = r.left.rat()
	}
	if t.OnHolidays() {
		out.Holidays, out.FreeDays = s.Holidays.Name, s.freeDays()
	}
	if len(t.Indexes()) > 0 {
		out.Fallback = over(r.fallback, kilowatth)
	}
	return out, nil
}

// rater adds up the pieces of one session.
type rater struct {
	t     *Tariff
	s     *Session
	b     borders
	plan  *Plan
	lines []Line
	left  exact // of the plan's included energy, mWh

	begun       bool   // some piece of charging was seen
	flat        bool   // FLAT was charged
	reservedFee bool   // the reservation's FLAT was charged
	held        priced // of energy, while the profile allows no change
	fallback    exact  // energy at a fallback, mWh
	last        [3]lastUse
}

// The counters on which step_size acts.
const (
	ofEnergy = iota
	ofTime   // TIME and PARKING_TIME
	ofReservation
)

// lastUse is the last used component of a counter and its line.
type lastUse struct {
	comp *Component
	line int
	park bool // PARKING_TIME was priced
}

func (r *rater) visit(p *piece) error {
	if p.seg.State == ReservedState {
		r.reservation(p)
		return nil
	}
	if !r.flat {
		if c := r.find(p, Flat, NoReservation); c != nil {
			r.flat = true
			r.bill(Flat, "session", 1, r.s.at(c, p.at), exact{n: 1})
		}
	}
	r.energy(p)
	r.begun = true
	dim := r.timeOf(p.seg.State)
	if dim == "" || p.time.sign() == 0 {
		return nil
	}
	c := r.find(p, dim, NoReservation)
	if c == nil {
		return nil
	}
	line := r.bill(dim, "h", hour, r.s.at(c, p.at), p.time)
	u := &r.last[ofTime]
	if dim == ParkingTime || !u.park {
		*u = lastUse{c, line, dim == ParkingTime}
	}
	return nil
}

// timeOf returns the dimension that time in a state counts for, "" for none.
func (r *rater) timeOf(s State) Dimension {
	switch s {
	case SuspendedEV:
		return ParkingTime
	case Paused:
		return r.t.PausedAs
	default:
		return Time
	}
}

func (r *rater) energy(p *piece) {
	c := r.energyPrice(p)
	if c.comp == nil || p.energy.sign() == 0 {
		return
	}
	line := r.bill(Energy, "kWh", kilowatth, c, p.energy)
	if c.fallback {
		r.fallback = r.fallback.add(p.energy)
	}
	r.cover(line, p.energy)
	r.last[ofEnergy] = lastUse{comp: c.comp, line: line}
}

// energyPrice holds the price per kWh where the legal profile forbids a change.
func (r *rater) energyPrice(p *piece) priced {
	fixed := false
	switch r.s.Profile {
	case NEVI:
		fixed = r.begun
	case Eichrecht:
		fixed = r.begun && !(p.first && p.seg.Signed)
	}
	if !fixed {
		r.held = r.s.at(r.find(p, Energy, NoReservation), p.at)
	}
	return r.held
}

// cover takes q of a line's energy from the plan, as far as it goes. Free
// energy leaves the plan alone.
func (r *rater) cover(line int, q exact) {
	l := &r.lines[line]
	if r.plan == nil || l.UnitPrice == 0 {
		return
	}
	if q.cmp(r.left) > 0 {
		q = r.left
	}
	l.covered = l.covered.add(q)
	r.left = r.left.sub(q)
}

func (r *rater) reservation(p *piece) {
	if !r.reservedFee {
		if c, kind := r.findReservation(p, Flat); c != nil {
			r.reservedFee = true
			dim := ReservationFlat
			if kind == ReservationExpires {
				dim = ReservationExpiresFlat
			}
			r.bill(dim, "reservation", 1, r.s.at(c, p.at), exact{n: 1})
		}
	}
	c, kind := r.findReservation(p, Time)
	if c == nil || p.time.sign() == 0 {
		return
	}
	dim := ReservationTime
	if kind == ReservationExpires {
		dim = ReservationExpiresTime
	}
	r.last[ofReservation] = lastUse{comp: c, line: r.bill(dim, "h", hour, r.s.at(c, p.at), p.time)}
}

func (r *rater) findReservation(p *piece, d Dimension) (*Component, Reservation) {
	if r.s.ReservationExpired {
		if c := r.find(p, d, ReservationExpires); c != nil {
			return c, ReservationExpires
		}
	}
	return r.find(p, d, Reserved), Reserved
}

// find returns the component for d of the first element that applies in p.
func (r *rater) find(p *piece, d Dimension, kind Reservation) *Component {
	for i := range r.t.Elements {
		e := &r.t.Elements[i]
		if e.Restrictions.Reservation != kind {
			continue
		}
		for j := range e.Components {
			if e.Components[j].Dimension == d && e.Restrictions.allows(p, r.b.calendar) {
				return &e.Components[j]
			}
		}
	}
	return nil
}

// bill adds q to the line of a dimension, price and taxes, and returns its
// index.
func (r *rater) bill(d Dimension, name string, unit int64, c priced, q exact) int {
	for i := range r.lines {
		l := &r.lines[i]
		if l.Dimension == d && l.UnitPrice == c.price && slices.Equal(l.taxes, c.comp.Taxes) {
			l.used = l.used.add(q)
			return i
		}
	}
	r.lines = append(r.lines, Line{
		Dimension: d, Unit: name, UnitPrice: c.price, taxes: c.comp.Taxes, unit: unit, used: q,
	})
	return len(r.lines) - 1
}

// steps rounds the counters of the session up to their steps.
func (r *rater) steps() {
	r.step(ofEnergy, kilowatth/1000, Energy)
	if r.last[ofTime].park {
		r.step(ofTime, second, ParkingTime)
	} else {
		r.step(ofTime, second, Time)
	}
	r.step(ofReservation, second, ReservationTime, ReservationExpiresTime)
}

// step rounds the sum over dims up to the last used component's step, counted
// in unit, and adds what is missing to its line.
func (r *rater) step(counter int, unit int64, dims ...Dimension) {
	u := r.last[counter]
	if u.comp == nil || u.comp.Step == 0 {
		return
	}
	var sum exact
	for i := range r.lines {
		if slices.Contains(dims, r.lines[i].Dimension) {
			sum = sum.add(r.lines[i].used)
		}
	}
	extra := sum.roundUp(u.comp.Step * unit).sub(sum)
	if extra.sign() == 0 {
		return
	}
	l := &r.lines[u.line]
	l.used = l.used.add(extra)
	if counter == ofEnergy {
		r.cover(u.line, extra)
	}
}
