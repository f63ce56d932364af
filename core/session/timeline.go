package session

import (
	"slices"
	"time"

	"chargewright/base/energy"
)

// Input is one piece of evidence: a report as it was stored.
type Input struct {
	Key      string
	Digest   string // of the message; two digests under one key contradict each other
	Kind     Kind
	Seq      int64
	At       time.Time
	Received time.Time
	Offline  bool
	Flow     Flow
	Samples  []energy.Sample
	Message  string
}

// Segment is a stretch of a session in which one flow held.
type Segment struct {
	Start, End time.Time
	Energy     energy.Energy
	Flow       Flow
}

// Timeline is a session rebuilt from its evidence. Segments follow each other
// without gap from Start to End, and their energies sum to Energy.
type Timeline struct {
	Start, End time.Time
	Energy     energy.Energy
	Segments   []Segment
	Readings   []energy.Sample
	Flags      Flags
}

// Timeline rebuilds the session. It is pure. Of contradicting inputs the first
// received counts; what a person decided about a held session counts last.
func (s Session) Timeline(inputs []Input, m energy.Meter) Timeline {
	said, decision := apart(inputs)
	return decision.on(s.rebuild(said, m))
}

// rebuild is Timeline by what the station said alone.
func (s Session) rebuild(inputs []Input, m energy.Meter) Timeline {
	in := ordered(inputs)
	t := Timeline{Start: s.StartedAt, End: s.StoppedAt, Flags: s.Flags.without(derived...), Readings: readings(in)}
	if s.Protocol == "1.6" {
		slices.SortStableFunc(t.Readings, func(a, b energy.Sample) int { return a.At.Compare(b.At) })
	}
	if t.Start.IsZero() {
		t.Flags = t.Flags.With(FlagNoStart)
		if len(in) > 0 {
			t.Start = in[0].At
		}
	}
	if !t.End.IsZero() && t.Start.Sub(t.End) > backwards {
		t.Flags = t.Flags.With(FlagClock)
	}
	if t.End.IsZero() || t.End.Before(t.Start) {
		t.End = t.Start
		if n := len(t.Readings); n > 0 && t.Readings[n-1].At.After(t.Start) {
			t.End = t.Readings[n-1].At
		}
	}
	if len(t.Readings) == 0 {
		t.Flags = t.Flags.With(FlagNoMeter)
	}
	if len(s.Seq.Missing) > 0 {
		t.Flags = t.Flags.With(FlagGaps)
	}
	t.Segments = cutAt(t.Start, t.End, in, t.Readings)
	for i := 1; i < len(t.Readings); i++ {
		d, fault := m.Step(t.Readings[i-1], t.Readings[i])
		t.Flags = t.Flags.With(Flag(fault))
		sum, fits := energy.Sum(t.Energy, d)
		if !fits {
			t.Flags = t.Flags.With(FlagJump)
			continue
		}
		t.Energy = sum
		spread(t.Segments, t.Readings[i-1].At, t.Readings[i].At, d)
	}
	return t
}

// backwards is how far a station may put its clock back within a session: one that
// ended longer before it began has no times to be priced by.
const backwards = 5 * time.Minute

// derived are the flags that the evidence alone decides: when what was missing
// has come they are over. Those after FlagGaps are settlement's, which finds them anew.
var derived = []Flag{
	FlagNoStart, FlagNoMeter, FlagFall, FlagJump, FlagTimeBack, FlagGaps, FlagBadTariff, FlagPriceDiffers, FlagNoCalendar, FlagNoTax, FlagFailedStart,
}

// readings collects the samples in the order of their inputs. One that repeats
// an earlier one counts once, and one that reaches back (2.x TxEndedMeasurands
// gives the whole series again) takes its place where the register fits.
func readings(in []Input) []energy.Sample {
	type reading struct {
		at       int64
		register energy.Energy
	}
	seen := map[reading]bool{}
	var out []energy.Sample
	for _, x := range in {
		for _, r := range x.Samples {
			key := reading{r.At.UnixMicro(), r.Register}
			if seen[key] {
				continue
			}
			seen[key] = true
			i := len(out)
			for i > 0 && out[i-1].At.After(r.At) {
				i--
			}
			if i < len(out) && (r.Register > out[i].Register || i > 0 && r.Register < out[i-1].Register) {
				i = len(out) // it does not fit: the clock went back
			}
			out = slices.Insert(out, i, r)
		}
	}
	return out
}

// ordered drops contradictions and sorts by sequence number where there is one,
// else by the station's clock.
func ordered(inputs []Input) []Input {
	in := slices.Clone(inputs)
	slices.SortStableFunc(in, func(a, b Input) int { return a.Received.Compare(b.Received) })
	seen := map[string]bool{}
	in = slices.DeleteFunc(in, func(x Input) bool {
		dup := seen[x.Key]
		seen[x.Key] = true
		return dup
	})
	slices.SortStableFunc(in, func(a, b Input) int {
		if a.Seq >= 0 && b.Seq >= 0 && a.Seq != b.Seq {
			if a.Seq < b.Seq {
				return -1
			}
			return 1
		}
		return a.At.Compare(b.At)
	})
	return in
}

// cutAt cuts [start, end] at each reading and each change of flow. A session
// of no length is one segment of no length.
func cutAt(start, end time.Time, in []Input, readings []energy.Sample) []Segment {
	cuts := []time.Time{start, end}
	inside := func(t time.Time) {
		if t.After(start) && t.Before(end) {
			cuts = append(cuts, t)
		}
	}
	for _, x := range in {
		if x.Flow != "" {
			inside(x.At)
		}
	}
	for _, r := range readings {
		inside(r.At)
	}
	slices.SortFunc(cuts, time.Time.Compare)
	cuts = slices.CompactFunc(cuts, time.Time.Equal)
	if len(cuts) == 1 {
		return []Segment{{start, end, 0, flowAt(in, start)}}
	}
	segs := make([]Segment, 0, len(cuts)-1)
	for i := 1; i < len(cuts); i++ {
		segs = append(segs, Segment{cuts[i-1], cuts[i], 0, flowAt(in, cuts[i-1])})
	}
	return segs
}

// flowAt is the flow in force from t on: the last one said at or before t, and
// charging where nothing was said.
func flowAt(in []Input, t time.Time) Flow {
	f := FlowCharging
	for _, x := range in {
		if x.Flow != "" && !x.At.After(t) {
			f = x.Flow
		}
	}
	return f
}

// spread gives the energy between two readings to the segments between them:
// evenly by time to those in which it could flow, else to all of them. What the
// division leaves goes to the last.
func spread(segs []Segment, from, to time.Time, d energy.Energy) {
	if d == 0 || len(segs) == 0 {
		return
	}
	var all, open []int
	for i, s := range segs {
		if !s.Start.Before(from) && !s.End.After(to) {
			all = append(all, i)
			if s.Flow == FlowCharging {
				open = append(open, i)
			}
		}
	}
	if len(open) == 0 {
		open = all
	}
	if len(open) == 0 { // both readings at one end, or outside
		i := 0
		for i < len(segs)-1 && segs[i].End.Before(to) {
			i++
		}
		open = []int{i}
	}
	var total time.Duration
	for _, i := range open {
		total += segs[i].End.Sub(segs[i].Start)
	}
	left := d
	for n, i := range open {
		part := left
		if n < len(open)-1 {
			part = energy.Share(d, segs[i].End.Sub(segs[i].Start), total)
		}
		segs[i].Energy += part
		left -= part
	}
}
