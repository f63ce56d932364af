package tariff

import (
	"fmt"
	"time"

	"chargewright/base/fail"
)

// position is a point in a segment: how far in time (ns) and energy (mWh).
type position struct {
	time, energy exact
}

// piece is a part of a segment that no border divides, with the state that
// restrictions see in it. The instant and the energy are those of the last
// border, which decides alike for the whole piece.
type piece struct {
	seg      *Segment
	first    bool      // of its segment
	at       time.Time // of the last border in time
	time     exact
	energy   exact
	clock    clock
	duration int64 // ns since the session, or the reservation, began
	taken    int64 // mWh since the session began
}

// walker goes over the pieces of a session in order.
type walker struct {
	s       *Session
	b       borders
	origin  time.Time // where durations count from
	charged bool      // origin is that of charging
	taken   int64
}

// walk calls visit for every piece of the session.
func walk(s *Session, b borders, visit func(*piece) error) error {
	w := walker{s: s, b: b, origin: s.Segments[0].Start}
	for i := range s.Segments {
		g := &s.Segments[i]
		if err := w.known(i, g); err != nil {
			return err
		}
		if !w.charged && g.State != ReservedState {
			w.origin, w.charged = g.Start, true
		}
		if err := w.segment(g, visit); err != nil {
			return err
		}
		w.taken += g.Energy
	}
	return nil
}

// known refuses a segment that lacks a value the tariff depends on.
func (w *walker) known(i int, g *Segment) error {
	if g.Energy == 0 {
		return nil
	}
	member := ""
	switch {
	case w.b.current && g.Current == nil:
		member = "current_a"
	case w.b.power && g.Power == nil && !g.End.After(g.Start):
		member = "power_kw"
	default:
		return nil
	}
	return fail.Field("tariff.rate", fmt.Sprintf("session.segments[%d].%s", i, member), "is required: the tariff depends on it")
}

func (w *walker) segment(g *Segment, visit func(*piece) error) error {
	p := piece{seg: g, first: true, taken: w.taken}
	w.passTime(&p, g, 0)
	span := int64(g.End.Sub(g.Start))
	times := w.b.times(w.s.Zone, w.origin, g.Start, g.End)
	energies := w.energies(g)
	var at position
	for len(times) > 0 || len(energies) > 0 {
		next := cut(g, span, times, energies)
		if err := w.visit(&p, at, next.position, visit); err != nil {
			return err
		}
		at = next.position
		if next.byTime {
			w.passTime(&p, g, times[0])
			times = times[1:]
		}
		if next.byEnergy {
			p.taken = w.taken + energies[0]
			energies = energies[1:]
		}
	}
	return w.visit(&p, at, position{exact{n: span}, exact{n: g.Energy}}, visit)
}

func (w *walker) visit(p *piece, from, to position, visit func(*piece) error) error {
	p.time, p.energy = to.time.sub(from.time), to.energy.sub(from.energy)
	err := visit(p)
	p.first = false
	return err
}

func (w *walker) passTime(p *piece, g *Segment, after int64) {
	p.at = g.Start.Add(time.Duration(after))
	p.duration = int64(p.at.Sub(w.origin))
	if w.b.calendar {
		p.clock = w.s.clock(p.at)
	}
}

// energies returns the kWh borders strictly inside g, in mWh after its start.
func (w *walker) energies(g *Segment) []int64 {
	var out []int64
	for _, e := range w.b.energies {
		if e > w.taken && e-w.taken < g.Energy {
			out = append(out, e-w.taken)
		}
	}
	return out
}

type crossing struct {
	position
	byTime, byEnergy bool
}

// cut returns the next border: the first of times, the first of energies, or
// both where they fall together.
func cut(g *Segment, span int64, times, energies []int64) crossing {
	c := crossing{byTime: len(times) > 0, byEnergy: len(energies) > 0}
	if c.byTime && c.byEnergy {
		order := cmpProducts(times[0], g.Energy, energies[0], span)
		c.byTime, c.byEnergy = order <= 0, order >= 0
	}
	if c.byTime {
		c.position = position{exact{n: times[0]}, portion(g.Energy, times[0], span)}
	} else {
		c.position = position{portion(span, energies[0], g.Energy), exact{n: energies[0]}}
	}
	return c
}

// allows reports whether the restrictions hold in p, but for the reservation.
func (r *Restrictions) allows(p *piece, calendar bool) bool {
	return r.Energy.has(p.taken) &&
		(!r.Duration.used() || r.hasDuration(p.duration)) &&
		(!r.Power.used() || r.Power.hasPower(p.seg)) &&
		(!r.Current.used() || r.Current.hasCurrent(p.seg)) &&
		(!calendar || r.hasClock(p.clock))
}

func (r *Restrictions) hasDuration(ns int64) bool {
	d := r.Duration
	return ns >= d.Min*second && (d.Max == 0 || ns < d.Max*second)
}

// hasPower compares with energy over duration where no power is given: mWh in
// ns is x mW if x·ns = mWh·3.6e12.
func (r Range) hasPower(g *Segment) bool {
	span := int64(g.End.Sub(g.Start))
	if g.Power != nil || span == 0 {
		return r.has(given(g.Power))
	}
	return cmpProducts(g.Energy, hour, r.Min, span) >= 0 &&
		(r.Max == 0 || cmpProducts(g.Energy, hour, r.Max, span) < 0)
}

func (r Range) hasCurrent(g *Segment) bool { return r.has(given(g.Current)) }

func given(v *int64) int64 {
	if v == nil {
		return 0
	}
	return *v
}
