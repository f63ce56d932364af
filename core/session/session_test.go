package session

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/energy"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func kwh(minute int, n int64) energy.Sample {
	return energy.Sample{At: at(minute), Register: energy.Energy(n) * energy.KiloWattHour}
}

// A Sequence against the plain model: a set of numbers.
func TestSequenceAgainstASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Sequence
		seen := map[int64]bool{}
		high := int64(-1)
		for _, n := range rapid.SliceOfN(rapid.Int64Range(0, 60), 0, 80).Draw(t, "numbers") {
			if q.Seen(n) != seen[n] {
				t.Fatalf("Seen(%d) = %v, model says %v", n, q.Seen(n), seen[n])
			}
			q, seen[n], high = q.Saw(n), true, max(high, n)
			if again := parseSequence(q.high(), q.gaps()); again.gaps() != q.gaps() || again.high() != q.high() {
				t.Fatalf("stored form of %v reads back as %v", q, again)
			}
		}
		for n := int64(0); n <= high; n++ {
			if q.Seen(n) != seen[n] {
				t.Fatalf("at the end Seen(%d) = %v, model says %v", n, q.Seen(n), seen[n])
			}
		}
	})
}

func TestSequenceBeginsWhereTheStationBegins(t *testing.T) {
	q := Sequence{}.Begin(1).Saw(2).Saw(4)
	if q.Seen(0) && q.Any {
		t.Log("0 counts as seen: nothing before the beginning is missing")
	}
	if len(q.Missing) != 1 || q.Missing[0] != (Span{3, 3}) {
		t.Fatalf("missing %v, want only 3", q.Missing)
	}
	if late := (Sequence{}).Saw(5).Begin(2); len(late.Missing) != 1 || late.Missing[0] != (Span{3, 4}) {
		t.Fatalf("missing %v, want 3-4", late.Missing)
	}
}

func TestStep(t *testing.T) {
	start := Report{Kind: Started, Seq: -1, At: at(0), Received: at(0), Samples: []energy.Sample{kwh(0, 100)}}
	stop := Report{Kind: Ended, Seq: -1, At: at(60), Received: at(60), Samples: []energy.Sample{kwh(60, 110)}, Reason: "Local"}
	for _, c := range []struct {
		name    string
		reports []Report
		state   State
		energy  energy.Energy
		flags   []Flag
	}{
		{"start", []Report{start}, Charging, 0, nil},
		{"start and stop", []Report{start, stop}, Closed, 10 * energy.KiloWattHour, nil},
		{"stop before start", []Report{stop, start}, Closed, 0, nil}, // the series is completed at settlement
		{"suspended by the vehicle", []Report{start, {Kind: Observed, Seq: -1, At: at(5), Received: at(5), Flow: FlowSuspendedEV}}, Suspended, 0, nil},
		{"idle", []Report{start, {Kind: Updated, Seq: -1, At: at(5), Received: at(5), Flow: FlowIdle}}, Finishing, 0, nil},
		{"from the future", []Report{{Kind: Started, Seq: -1, At: at(60), Received: at(0)}}, Charging, 0, []Flag{FlagClock}},
		{"months late is no fault", []Report{{Kind: Started, Seq: -1, At: at(0), Received: at(200_000)}}, Charging, 0, nil},
		{"1970", []Report{{Kind: Started, Seq: -1, At: time.Unix(0, 0), Received: at(0)}}, Charging, 0, []Flag{FlagClock}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Session
			for _, r := range c.reports {
				s = s.step(r, energy.Meter{})
			}
			if s.State != c.state || s.Energy != c.energy {
				t.Errorf("%s with %s, want %s with %s", s.State, s.Energy, c.state, c.energy)
			}
			for _, f := range c.flags {
				if !s.Flags.Has(f) {
					t.Errorf("flags %v lack %s", s.Flags, f)
				}
			}
			if len(s.Flags) != len(c.flags) {
				t.Errorf("flags %v, want %v", s.Flags, c.flags)
			}
		})
	}
}

func TestTimeline(t *testing.T) {
	s := Session{Protocol: "1.6", StartedAt: at(0), StoppedAt: at(60)}
	in := []Input{
		{Key: "start", Kind: Started, Seq: -1, At: at(0), Received: at(0), Samples: []energy.Sample{kwh(0, 100)}},
		{Key: "m1", Kind: Updated, Seq: -1, At: at(30), Received: at(31), Samples: []energy.Sample{kwh(30, 106)}},
		{Key: "s1", Kind: Observed, Seq: -1, At: at(20), Received: at(21), Flow: FlowSuspendedEV},
		{Key: "s2", Kind: Observed, Seq: -1, At: at(25), Received: at(26), Flow: FlowCharging},
		{Key: "stop", Kind: Ended, Seq: -1, At: at(60), Received: at(61), Samples: []energy.Sample{kwh(60, 110)}},
	}
	tl := s.Timeline(in, energy.Meter{})
	want := []Segment{
		{at(0), at(20), 4_800_000, FlowCharging}, // 20 of the 25 minutes in which 6 kWh could flow
		{at(20), at(25), 0, FlowSuspendedEV},
		{at(25), at(30), 1_200_000, FlowCharging},
		{at(30), at(60), 4_000_000, FlowCharging},
	}
	if tl.Energy != 10*energy.KiloWattHour || len(tl.Flags) != 0 {
		t.Fatalf("energy %s flags %v", tl.Energy, tl.Flags)
	}
	if len(tl.Segments) != len(want) {
		t.Fatalf("segments %+v", tl.Segments)
	}
	for i := range want {
		if tl.Segments[i] != want[i] {
			t.Errorf("segment %d is %+v, want %+v", i, tl.Segments[i], want[i])
		}
	}
}

func TestTimelineNamesWhatIsStrange(t *testing.T) {
	s := Session{Protocol: "2.0.1", StartedAt: at(0), StoppedAt: at(60)}
	meter := energy.Meter{MaxPower: 22_000}
	input := func(seq int64, samples ...energy.Sample) Input {
		return Input{Key: string(rune('a' + seq)), Kind: Updated, Seq: seq, At: samples[0].At, Received: samples[0].At, Samples: samples}
	}
	for _, c := range []struct {
		name   string
		in     []Input
		flag   Flag
		energy energy.Energy
	}{
		{"fell", []Input{input(0, kwh(0, 500)), input(1, kwh(30, 400))}, FlagFall, 0},
		{"wrapped", []Input{input(0, kwh(0, 99_999)), input(1, kwh(30, 4))}, "", 5 * energy.KiloWattHour},
		{"jumped", []Input{input(0, kwh(0, 500)), input(1, kwh(1, 1_000_000))}, FlagJump, 999_500 * energy.KiloWattHour},
		{"no meter", nil, FlagNoMeter, 0},
		{"clock went back", []Input{input(0, kwh(10, 500)), input(1, kwh(5, 501))}, FlagTimeBack, energy.KiloWattHour},
	} {
		t.Run(c.name, func(t *testing.T) {
			tl := s.Timeline(c.in, meter)
			if c.flag != "" && !tl.Flags.Has(c.flag) || c.flag == "" && len(tl.Flags) > 0 {
				t.Errorf("flags %v, want %s", tl.Flags, c.flag)
			}
			if tl.Energy != c.energy {
				t.Errorf("energy %s, want %s", tl.Energy, c.energy)
			}
		})
	}
	if tl := (Session{StoppedAt: at(5)}).Timeline(nil, meter); !tl.Flags.Has(FlagNoStart) {
		t.Errorf("without a start: flags %v", tl.Flags)
	}
}

// However the evidence arrives, the timeline is the same: its energy is the
// register's, its segments tile the session and sum to the energy.
func TestTimelineProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Session{Protocol: rapid.SampledFrom([]string{"1.6", "2.0.1"}).Draw(t, "protocol"), StartedAt: at(0), StoppedAt: at(600)}
		flows := []Flow{"", FlowCharging, FlowSuspendedEV, FlowSuspendedEVSE, FlowIdle}
		var in []Input
		register, minute := int64(1000), 0
		n := rapid.IntRange(1, 20).Draw(t, "inputs")
		for i := range n {
			x := Input{Key: string(rune('A' + i)), Kind: Updated, Seq: int64(i), At: at(minute), Received: at(minute), Flow: rapid.SampledFrom(flows).Draw(t, "flow")}
			if s.Protocol == "1.6" {
				x.Seq = -1
			}
			x.Samples = []energy.Sample{kwh(minute, register)}
			in = append(in, x)
			register += rapid.Int64Range(0, 9).Draw(t, "kwh")
			minute += rapid.IntRange(1, 25).Draw(t, "minutes")
		}
		want := in[n-1].Samples[0].Register - in[0].Samples[0].Register
		straight := s.Timeline(in, energy.Meter{})
		shuffled := rapid.Permutation(in).Draw(t, "order")
		for i := range shuffled {
			shuffled[i].Received = at(i)
		}
		got := s.Timeline(append(shuffled, in[0]), energy.Meter{})
		if got.Energy != want || straight.Energy != want {
			t.Fatalf("energy %s and %s, want %s", straight.Energy, got.Energy, want)
		}
		sum, edge := energy.Energy(0), got.Start
		for i, g := range got.Segments {
			if !g.Start.Equal(edge) || g.Energy < 0 || g != straight.Segments[i] {
				t.Fatalf("segment %d is %+v after %v, in order %+v", i, g, edge, straight.Segments[i])
			}
			sum, edge = sum+g.Energy, g.End
		}
		if sum != want || !edge.Equal(got.End) {
			t.Fatalf("segments sum to %s until %v, want %s until %v", sum, edge, want, got.End)
		}
	})
}
