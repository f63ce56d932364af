package monitor

import (
	"cmp"
	"slices"
	"time"

	"chargewright/base/energy"
)

// piece is a stretch of time, in µs, in which an EVSE gave a known power.
type piece struct {
	from, to int64
	w        float64
}

// said is what an EVSE said at one time, in µs.
type said struct {
	at         int64
	wh, w      float64
	hasWh, has bool // a register, a power
}

// tape gathers what the EVSEs of a station said in a time, from telemetry.
type tape struct {
	from, to int64 // µs; what is dated outside is passed over
	evses    map[int64]*track
}

type track struct {
	heard point
	said  []said
}

// message takes in a message; one by a wrong clock is passed over, as it was
// counted when it came.
func (t *tape) message(received int64, readings []energy.Reading) {
	for i := 0; i < len(readings); {
		evse, newest, end := readings[i].EVSE, int64(0), i
		for ; end < len(readings) && readings[end].EVSE == evse; end++ {
			newest = max(newest, readings[end].At.UnixMicro())
		}
		if evse > 0 {
			t.take(evse, newest, received, readings[i:end])
		}
		i = end
	}
}

func (t *tape) take(evse, newest, received int64, readings []energy.Reading) {
	k := t.evses[evse]
	if k == nil {
		k = &track{}
		t.evses[evse] = k
	}
	was := k.heard
	k.heard = point{at: newest, recv: received, seen: received}
	if was.misdated(newest, received) {
		return
	}
	for i := 0; i < len(readings); {
		at, end := readings[i].At.UnixMicro(), i
		var f frame
		for ; end < len(readings) && readings[end].At.UnixMicro() == at; end++ {
			f.add(&readings[end])
		}
		if at >= t.from && at < t.to {
			x := said{at: at}
			x.wh, x.hasWh = f.read(register)
			x.w, _, x.has = f.signed(powerImport, powerExport)
			k.said = append(k.said, x)
		}
		i = end
	}
}

// pieces returns what is known of each EVSE: by, its power as the energy is
// counted, and peaks, as its highest is found. A register counts before a power
// for the one, a power before a register for the other.
func (t *tape) pieces() (by, peaks []piece) {
	for _, k := range t.evses {
		slices.SortStableFunc(k.said, func(a, b said) int { return cmp.Compare(a.at, b.at) })
		r, p := registers(k.said), powers(k.said)
		by = append(by, first(r, p)...)
		peaks = append(peaks, first(p, r)...)
	}
	return by, peaks
}

// registers returns the mean power between two readings of the register next to
// each other, no more than an hour apart. A register of import does not tell of
// what is fed back: where the EVSE says that it was, there is none.
func registers(line []said) []piece {
	var out []piece
	var was *said
	fed := false
	for i := range line {
		x := &line[i]
		switch {
		case !x.hasWh:
		case was == nil:
			was = x
		case x.at-was.at >= deriveLeast: // else the same instant again: the distance to the reading before stays
			gap := x.at - was.at
			w := (x.wh - was.wh) * 3600e6 / float64(gap)
			if gap <= deriveMost && w >= 0 && w <= mostOf[powerImport] && !fed {
				out = append(out, piece{was.at, x.at, w})
			}
			was, fed = x, false
		}
		fed = fed || x.has && x.w < 0
	}
	return out
}

// powers returns the power from each reading of it to the next, no more than an
// hour apart.
func powers(line []said) []piece {
	var out []piece
	var was *said
	for i := range line {
		x := &line[i]
		if !x.has || was != nil && x.at == was.at {
			continue
		}
		if was != nil && x.at-was.at <= deriveMost {
			out = append(out, piece{was.at, x.at, was.w})
		}
		was = x
	}
	return out
}

// first returns the pieces of a, and of b what they leave open. Those of each
// are in order and apart.
func first(a, b []piece) []piece {
	out := slices.Clone(a)
	for _, p := range b {
		for len(a) > 0 && a[0].to <= p.from {
			a = a[1:]
		}
		for _, c := range a {
			if c.from >= p.to {
				break
			}
			if c.from > p.from {
				out = append(out, piece{p.from, c.from, p.w})
			}
			p.from = c.to
		}
		if p.from < p.to {
			out = append(out, p)
		}
	}
	return out
}

// extent returns the least time that holds all pieces which touch
// [from, to); none is empty.
func extent(pieces []piece, from, to int64) (lo, hi int64) {
	lo, hi = to, from
	for _, p := range pieces {
		if p.from < to && p.to >= from {
			lo, hi = min(lo, p.from), max(hi, p.to)
		}
	}
	return lo, hi
}

// steps adds pieces up by step, those of several EVSEs at the same time to one
// power.
func steps(pieces []piece) map[int64]*sum {
	type edge struct {
		at int64
		w  float64
		n  int
	}
	edges := make([]edge, 0, 2*len(pieces))
	for _, p := range pieces {
		edges = append(edges, edge{p.from, p.w, 1}, edge{p.to, -p.w, -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.w, b.w)) })
	out := map[int64]*sum{}
	const step = int64(Step / time.Microsecond)
	w, n := 0.0, 0
	for i, e := range edges {
		if n > 0 {
			for at := edges[i-1].at; at < e.at; {
				begin := at - at%step
				end := min(e.at, begin+step)
				s := out[begin]
				if s == nil {
					s = &sum{}
					out[begin] = s
				}
				s.add(w, time.Duration(end-at)*time.Microsecond)
				at = end
			}
		}
		if w, n = w+e.w, n+e.n; n == 0 {
			w = 0 // and not what floats leave over
		}
	}
	return out
}
