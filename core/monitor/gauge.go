package monitor

import (
	"hash/maphash"
	"math"
	"sync"
	"time"

	"chargewright/base/energy"
)

// MaxEVSEs is how many EVSEs the gauge holds; those not heard of for longest
// make room.
const MaxEVSEs = 200_000

// Value is one measurement and its age.
type Value struct {
	V     float64
	At    time.Time     // the station's clock
	Seen  time.Time     // from when its age counts: receipt, or its own time when it was delivered late
	Every time.Duration // how often it usually comes; 0: not known
	// Derived says that it follows from energy registers and was not measured.
	Derived bool
}

// Bounds of how long a value stands for the present one.
const (
	freshUnknown = 5 * time.Minute // while it is not known how often it comes
	freshLeast   = time.Minute
	freshMost    = 50 * time.Minute // sampling intervals go up to 15 minutes
)

// Fresh reports whether the value may be shown as the present one: it is not
// older than 3 times its usual interval, within 1 to 50 minutes; 5 minutes
// while that is not known.
func (v Value) Fresh(now time.Time) bool {
	return v.Known() && now.Sub(v.Seen) <= v.limit()
}

// Known reports whether there ever was a value.
func (v Value) Known() bool { return !v.Seen.IsZero() }

func (v Value) limit() time.Duration {
	if v.Every == 0 {
		return freshUnknown
	}
	return min(max(3*v.Every, freshLeast), freshMost)
}

// Values are the newest measurements of an EVSE.
type Values struct {
	Power       Value // W; negative when the vehicle feeds back
	Offered     Value // W, the most the station offers
	Current     Value // A, of the phase with the highest
	Voltage     Value // V, phase to neutral; between the poles of DC
	SoC         Value // percent
	Temperature Value // °C

	register Value // Wh
	phases   int8  // that carry current, 0 not known
}

// point is a Value as it is kept: times in µs.
type point struct {
	v              float64
	at, seen, recv int64
	every          int64
	derived        bool
}

func (p point) value() Value {
	if p.seen == 0 {
		return Value{}
	}
	return Value{p.v, time.UnixMicro(p.at).UTC(), time.UnixMicro(p.seen).UTC(), time.Duration(p.every) * time.Microsecond, p.derived}
}

// set takes a newer value. One dated before the present one is late and passed
// over, unless the present one has gone stale: then the clock was set back.
func (p *point) set(v float64, at, received int64) bool {
	if p.seen != 0 && at < p.at && received-p.recv <= freshMost.Microseconds() {
		return false
	}
	n := point{v: v, at: at, recv: received, every: p.every, seen: received}
	gap := at - p.at
	if p.seen != 0 && gap > 0 && gap <= freshMost.Microseconds() {
		n.every = gap
		if p.every != 0 {
			n.every = (3*p.every + gap) / 4
		}
	}
	if !p.current(at, received) {
		n.seen = at
	}
	*p = n
	return true
}

// slack is how much a value's date may be behind its receipt, in µs.
const slack = int64(time.Minute / time.Microsecond)

// current reports whether a value tells of now: it is dated about now, or it
// keeps pace with the clock here though its own is wrong: it is as much behind
// as the one before. What is delivered from a queue does not: its dates run
// faster.
func (p *point) current(at, received int64) bool {
	lag := received - at
	if lag <= slack {
		return true
	}
	if lag > 366*24*60*slack { // no date at all
		return true
	}
	gap, passed := at-p.at, received-p.recv
	return p.seen != 0 && gap > 0 && gap <= 2*passed && passed-gap <= slack
}

// misdated reports whether a value tells of now by a clock that is wrong.
func (p *point) misdated(at, received int64) bool {
	return received-at > slack && p.current(at, received)
}

type key struct {
	station string
	evse    int64
}

// cell is an EVSE's place in the gauge.
type cell struct {
	key
	prev, next *cell // by when it was last heard of
	power      point
	offered    point
	current    point
	voltage    point
	soc        point
	temp       point
	register   point
	phases     int8

	heard point // when the newest message was dated and received
	late  bool  // it was delivered late
}

const gaugeShards = 32

// gauge holds the newest values of each EVSE. Its zero value is not ready.
type gauge struct {
	seed   maphash.Seed
	most   int // cells of a shard
	shards [gaugeShards]shard
}

type shard struct {
	mu    sync.Mutex
	cells map[key]*cell
	ring  cell // of all cells: next is the newest
}

func newGauge(most int) *gauge {
	g := &gauge{seed: maphash.MakeSeed(), most: max(most/gaugeShards, 1)}
	for i := range g.shards {
		s := &g.shards[i]
		s.cells = map[key]*cell{}
		s.ring.prev, s.ring.next = &s.ring, &s.ring
	}
	return g
}

func (g *gauge) shard(station string) *shard {
	return &g.shards[maphash.String(g.seed, station)%gaugeShards]
}

// measured takes in the readings of a message of a station, and returns the
// time from which on they were counted as they came; those dated before are
// late.
func (g *gauge) measured(station string, received time.Time, readings []energy.Reading) (since int64) {
	since = math.MinInt64
	for i := 0; i < len(readings); {
		evse, end := readings[i].EVSE, i
		var f frame
		for end < len(readings) && readings[end].EVSE == evse {
			f.add(&readings[end])
			end++
		}
		since = max(since, g.update(key{station, evse}, received.UnixMicro(), &f))
		i = end
	}
	return since
}

func (g *gauge) update(k key, received int64, f *frame) (since int64) {
	newest := f.newest()
	if newest == 0 {
		return math.MinInt64
	}
	s := g.shard(k.station)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cells[k]
	if c == nil {
		if len(s.cells) >= g.most {
			s.drop(s.ring.prev)
		}
		c = &cell{key: k}
		s.cells[k] = c
	} else {
		c.prev.next, c.next.prev = c.next, c.prev
	}
	c.prev, c.next = &s.ring, s.ring.next
	c.next.prev, s.ring.next = c, c
	c.take(f, received)
	return c.hear(newest, received)
}

// hear notes a message by its newest reading and returns the time from which on
// its readings were counted as they came: all of a clock that is wrong; none of
// the message after a late one, as power is known from reading to reading.
func (c *cell) hear(newest, received int64) (since int64) {
	was, after := c.heard, c.late
	c.heard = point{at: newest, recv: received, seen: received}
	if c.late = false; was.misdated(newest, received) {
		return math.MinInt64
	}
	c.late = received-newest > lateAfter
	if after && !c.late {
		return newest + 1
	}
	return received - lateAfter
}

func (s *shard) drop(c *cell) {
	c.prev.next, c.next.prev = c.next, c.prev
	delete(s.cells, c.key)
}

// values returns what an EVSE measured last.
func (g *gauge) values(k key) (Values, bool) {
	s := g.shard(k.station)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cells[k]
	if c == nil {
		return Values{}, false
	}
	return Values{
		Power: c.power.value(), Offered: c.offered.value(), Current: c.current.value(), Voltage: c.voltage.value(),
		SoC: c.soc.value(), Temperature: c.temp.value(), register: c.register.value(), phases: c.phases,
	}, true
}

// power returns the power of an EVSE alone, for those who ask for all of them.
func (g *gauge) power(k key) (v Value, ok bool) {
	s := g.shard(k.station)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cells[k]
	if c == nil {
		return Value{}, false
	}
	return c.power.value(), c.power.seen != 0
}

// newest is the time of the newest value; 0 where there is none.
func (f *frame) newest() int64 {
	at := int64(0)
	for i := range f {
		at = max(at, f[i].at)
	}
	return at
}

// take puts what a message measured into the cell.
func (c *cell) take(f *frame, received int64) {
	if v, at, ok := f.signed(currentImport, currentExport); ok {
		c.current.set(v, at, received)
		if n := f[currentImport].phases(); n > 0 {
			c.phases = int8(n)
		}
	}
	c.simple(&c.voltage, f, voltage, received)
	c.simple(&c.soc, f, soc, received)
	c.simple(&c.temp, f, temperature, received)
	if v, at, ok := f.signed(powerImport, powerExport); ok {
		c.power.set(v, at, received)
	}
	c.derive(f, received)
	c.offer(f, received)
}

func (c *cell) simple(p *point, f *frame, k int, received int64) {
	if v, ok := f.read(k); ok {
		p.set(v, f[k].at, received)
	}
}

// Bounds of what is derived from two register readings, in µs.
const (
	deriveLeast = int64(time.Second / time.Microsecond)
	deriveMost  = int64(time.Hour / time.Microsecond)
)

// derive finds the power of an EVSE that says only its register: the energy
// since the reading before, over the time between.
func (c *cell) derive(f *frame, received int64) {
	wh, ok := f.read(register)
	if !ok {
		return
	}
	at, was := f[register].at, c.register
	if was.seen != 0 && at-was.at < deriveLeast && at >= was.at && received-was.recv < freshMost.Microseconds() {
		return // the same instant again: the distance to the reading before stays
	}
	if !c.register.set(wh, at, received) || was.seen == 0 || c.power.seen != 0 && !c.power.derived {
		return
	}
	gap := at - was.at
	w := (wh - was.v) * 3600e6 / float64(gap)
	if gap < deriveLeast || gap > deriveMost || wh < was.v || w > mostOf[powerImport] {
		return
	}
	if c.power.set(w, at, received) {
		c.power.derived = true
	}
}

// offer takes the limit that the station offers. A current is W by what a
// vehicle draws now, V × phases where it draws nothing.
func (c *cell) offer(f *frame, received int64) {
	if v, ok := f.read(powerOffered); ok {
		c.offered.set(v, f[powerOffered].at, received)
		return
	}
	a, ok := f.read(currentOffered)
	if !ok {
		return
	}
	c.offered.set(a*c.wattsPerAmpere(), f[currentOffered].at, received)
}

// nominal is the voltage of a phase where none is measured.
const nominal = 230

func (c *cell) wattsPerAmpere() float64 {
	if c.power.at != 0 && c.power.at == c.current.at && math.Abs(c.current.v) > 1 && math.Abs(c.power.v) > 100 {
		return math.Abs(c.power.v / c.current.v)
	}
	v, n := float64(nominal), 3.0
	if c.voltage.seen != 0 && c.voltage.v > 50 {
		v = c.voltage.v
	}
	if c.phases > 0 {
		n = float64(c.phases)
	}
	return v * n
}
