package monitor

import (
	"context"
	"errors"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
)

// Point is a value at a time of the station's clock.
type Point struct {
	At  time.Time
	V   float64
	Gap bool // nothing is known from here until the next point
}

// History is what an EVSE measured in a time, in order.
type History struct {
	Power []Point // W, as measured
	SoC   []Point // percent
	Limit []Point // W, offered by the station; each holds until the next
}

// Bounds of one reading of telemetry.
const (
	maxMessages = 20_000
	maxPoints   = 2_000
)

// errFull ends a reading of telemetry that has seen enough.
var errFull = errors.New("enough")

// History reads what an EVSE measured in [from, to) from the telemetry. Lines of
// more than 2,000 points are thinned: of each stretch the highest and the lowest
// stay. A time longer than usual without a value is a gap. A Monitor without
// telemetry has none.
func (m *Monitor) History(ctx context.Context, station string, evse int64, from, to time.Time) (History, error) {
	if m.o.Telemetry == nil {
		return History{}, nil
	}
	r := recorder{evse: evse, from: from, to: to}
	n := 0
	err := m.o.Telemetry.Range(ctx, station, from, to.Add(early), func(x store.Message) error {
		if n++; n > maxMessages {
			return errFull
		}
		readings, err := energy.Unpack(x.Packed)
		if err == nil {
			r.message(readings)
		}
		return err
	})
	if err != nil && !errors.Is(err, errFull) {
		return History{}, fail.Wrap(fail.KindOf(err), "monitor.History", err)
	}
	return History{Thin(r.h.Power), Thin(r.h.SoC), r.h.Limit}, nil
}

// recorder plays telemetry through a cell and notes what changes.
type recorder struct {
	evse     int64
	from, to time.Time
	c        cell
	h        History
}

// message takes in a message: each instant of it apart.
func (r *recorder) message(readings []energy.Reading) {
	for i := 0; i < len(readings); {
		at, end := readings[i].At, i
		var f frame
		for end < len(readings) && readings[end].At.Equal(at) {
			if readings[end].EVSE == r.evse {
				f.add(&readings[end])
			}
			end++
		}
		if !at.Before(r.from) && at.Before(r.to) {
			r.frame(at, &f)
		}
		i = end
	}
}

func (r *recorder) frame(at time.Time, f *frame) {
	us := at.UnixMicro()
	before := r.c
	r.c.take(f, us)
	if p := r.c.power; p.at == us && !p.derived {
		r.h.Power = noted(r.h.Power, before.power, p)
	}
	if p := r.c.soc; p.at == us {
		r.h.SoC = noted(r.h.SoC, before.soc, p)
	}
	if p := r.c.offered; p.at == us {
		n := len(r.h.Limit)
		if n == 0 || r.h.Limit[n-1].V != p.v && n < maxPoints {
			r.h.Limit = append(r.h.Limit, Point{At: at.UTC(), V: p.v})
		}
	}
}

// noted appends a point to a line, after a gap where the one before had gone
// stale.
func noted(line []Point, was, is point) []Point {
	if len(line) > 0 && !was.derived {
		if v := was.value(); time.Duration(is.at-was.at)*time.Microsecond > v.limit() {
			line = append(line, Point{At: v.At.Add(time.Millisecond), Gap: true})
		}
	}
	return append(line, Point{At: time.UnixMicro(is.at).UTC(), V: is.v})
}

// Thin keeps at most about 2,000 points of a line: of each stretch the highest,
// the lowest and a gap.
func Thin(line []Point) []Point {
	if len(line) <= maxPoints {
		return line
	}
	stretch := 2*len(line)/maxPoints + 1
	var out []Point
	for i := 0; i < len(line); i += stretch {
		part := line[i:min(i+stretch, len(line))]
		low, high, gap := 0, 0, -1
		for j, p := range part {
			switch {
			case p.Gap:
				gap = j
			case part[low].Gap || p.V < part[low].V:
				low = j
			}
			if !p.Gap && (part[high].Gap || p.V > part[high].V) {
				high = j
			}
		}
		for j, p := range part {
			if j == low || j == high || j == gap {
				out = append(out, p)
			}
		}
	}
	return out
}
