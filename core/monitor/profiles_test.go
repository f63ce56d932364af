package monitor

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/core/device"
	"chargewright/core/session"
)

// accepted are commands as they are on record, a minute apart.
func accepted(t testing.TB, cs ...device.Command) []device.Record {
	t.Helper()
	var out []device.Record
	for i, c := range cs {
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, device.Record{ID: string(rune('a' + i)), Kind: device.Kind(c), Body: string(b), AnsweredAt: noon.Add(time.Duration(i) * time.Minute)})
	}
	return out
}

func profile(id, stack int64, purpose device.Purpose, w int64) device.Profile {
	return device.Profile{ID: id, StackLevel: stack, Purpose: purpose, Kind: device.Absolute, Unit: device.Watt, Periods: []device.Period{{Rates: device.Upto(w * 10)}}}
}

func set(evse int64, p device.Profile) device.Command {
	return device.SetChargingProfile{EVSE: evse, Profile: p}
}

func ids(in []Installed) (out []int64) {
	for _, x := range in {
		out = append(out, x.Profile.ID)
	}
	return out
}

func TestFold(t *testing.T) {
	one, two := int64(1), int64(2)
	over := profile(9, 9, device.TxDefault, 1)
	over.ValidTo = noon.Add(time.Hour)
	for _, c := range []struct {
		what string
		in   []device.Command
		want []int64
	}{
		{"two stand side by side", []device.Command{set(0, profile(1, 0, device.StationMax, 1)), set(1, profile(2, 0, device.TxDefault, 1))}, []int64{1, 2}},
		{"the same id replaces", []device.Command{set(1, profile(1, 0, device.TxDefault, 1)), set(2, profile(1, 3, device.TxDefault, 2))}, []int64{1}},
		{"the same level and purpose replaces", []device.Command{set(1, profile(1, 0, device.TxDefault, 1)), set(1, profile(2, 0, device.TxDefault, 2))}, []int64{2}},
		{"on another EVSE it does not", []device.Command{set(1, profile(1, 0, device.TxDefault, 1)), set(2, profile(2, 0, device.TxDefault, 2))}, []int64{1, 2}},
		{"cleared by id, whatever else is said", []device.Command{set(1, profile(1, 0, device.TxDefault, 1)), set(2, profile(2, 0, device.TxDefault, 1)), device.ClearChargingProfiles{ID: &one, EVSE: &two}}, []int64{2}},
		{"cleared by EVSE", []device.Command{set(1, profile(1, 0, device.TxDefault, 1)), set(2, profile(2, 0, device.TxDefault, 1)), device.ClearChargingProfiles{EVSE: &two}}, []int64{1}},
		{"cleared by purpose and level", []device.Command{set(1, profile(1, 1, device.TxDefault, 1)), set(1, profile(2, 2, device.TxDefault, 1)), device.ClearChargingProfiles{Purpose: device.TxDefault, StackLevel: &two}}, []int64{1}},
		{"all cleared, one set after", []device.Command{set(1, profile(1, 1, device.TxDefault, 1)), device.ClearChargingProfiles{}, set(1, profile(5, 1, device.TxDefault, 1))}, []int64{5}},
		{"over", []device.Command{set(1, over)}, nil},
	} {
		got := ids(Fold(accepted(t, c.in...), noon.Add(2*time.Hour)))
		if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] || len(got) > 1 && got[1] != c.want[1] {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	dynamic := profile(1, 0, device.TxDefault, 7)
	dynamic.Kind = device.Dynamic
	got := Fold(accepted(t, set(1, dynamic), device.UpdateSchedule{Profile: 1, Rates: device.Upto(35)}), noon)
	if w, ok := limitOf(device.Watt, got[0].Profile.Periods[0]); !ok || w != 3.5 {
		t.Errorf("the dynamic profile says %v", w)
	}
}

func TestLimits(t *testing.T) {
	ses := &session.Session{Tx: "42", StartedAt: noon.Add(time.Hour), State: session.Charging}
	tx := profile(3, 0, device.Tx, 6000)
	tx.Transaction = "42"
	other := tx
	other.Transaction, other.ID = "43", 4
	relative := profile(5, 1, device.Tx, 0)
	relative.Transaction, relative.Kind, relative.Duration = "42", device.Relative, 1800
	relative.Periods = []device.Period{{Rates: device.Upto(20000)}, {Start: 600, Rates: device.Upto(40000)}}
	daily := profile(6, 0, device.TxDefault, 0)
	daily.Kind, daily.Start = device.Daily, noon.Add(-24*time.Hour)
	daily.Periods = []device.Period{{Rates: device.Upto(50000)}, {Start: 6 * 3600, Rates: device.Upto(90000)}}
	ampere := profile(7, 0, device.TxDefault, 0)
	ampere.Unit, ampere.Periods = device.Ampere, []device.Period{{Rates: device.Upto(160)}}
	single := profile(8, 0, device.TxDefault, 0)
	single.Unit, single.Periods = device.Ampere, []device.Period{{Phases: 1, Rates: device.Upto(160)}}
	at := noon.Add(2 * time.Hour)
	for _, c := range []struct {
		what string
		in   []device.Command
		open *session.Session
		at   time.Time
		want float64 // −1: no limit
	}{
		{"nothing", nil, nil, at, -1},
		{"the default", []device.Command{set(1, profile(1, 0, device.TxDefault, 9000))}, nil, at, 9000},
		{"of another EVSE", []device.Command{set(2, profile(1, 0, device.TxDefault, 9000))}, nil, at, -1},
		{"the highest level", []device.Command{set(1, profile(1, 0, device.TxDefault, 1000)), set(1, profile(2, 5, device.TxDefault, 9000))}, nil, at, 9000},
		{"the EVSE's own before that of all", []device.Command{set(0, profile(1, 9, device.TxDefault, 1000)), set(1, profile(2, 0, device.TxDefault, 9000))}, nil, at, 9000},
		{"the station's is below", []device.Command{set(0, profile(1, 0, device.StationMax, 4000)), set(1, profile(2, 0, device.TxDefault, 9000))}, nil, at, 4000},
		{"the transaction's before the default", []device.Command{set(1, profile(1, 0, device.TxDefault, 1000)), set(1, tx)}, ses, at, 6000},
		{"of another transaction", []device.Command{set(1, profile(1, 0, device.TxDefault, 1000)), set(1, other)}, ses, at, 1000},
		{"no transaction", []device.Command{set(1, tx)}, nil, at, -1},
		{"relative, first period", []device.Command{set(1, relative)}, ses, noon.Add(61 * time.Minute), 2000},
		{"relative, second period", []device.Command{set(1, relative)}, ses, noon.Add(75 * time.Minute), 4000},
		{"relative, over: the level below it", []device.Command{set(1, relative), set(1, tx)}, ses, noon.Add(91 * time.Minute), 6000},
		{"daily, in the afternoon", []device.Command{set(1, daily)}, nil, noon.Add(49 * time.Hour), 5000},
		{"daily, in the evening", []device.Command{set(1, daily)}, nil, noon.Add(55 * time.Hour), 9000},
		{"amperes of three phases", []device.Command{set(1, ampere)}, nil, at, 16 * 230 * 3},
		{"amperes of one phase", []device.Command{set(1, single)}, nil, at, 16 * 230},
		{"before it was accepted", []device.Command{set(1, profile(1, 0, device.TxDefault, 9000))}, nil, noon.Add(-time.Hour), -1},
	} {
		got := Limits(Fold(accepted(t, c.in...), noon), 1, c.open, c.at, c.at.Add(time.Second))
		w := -1.0
		if len(got) > 0 && !got[0].Gap {
			w = got[0].V
		}
		if w != c.want {
			t.Errorf("%s: %v, want %v", c.what, w, c.want)
		}
	}
}

func TestALimitThatCameWithAStart(t *testing.T) {
	p := profile(1, 0, device.Tx, 5000)
	cs := accepted(t, device.RemoteStart{EVSE: 1, Profile: &p})
	cs[0].Request = 7
	named, another := int64(7), int64(8)
	for what, c := range map[string]struct {
		ses  session.Session
		want int
	}{
		"its session":           {session.Session{StartedAt: noon.Add(time.Minute), RemoteID: &named}, 1},
		"a session of another":  {session.Session{StartedAt: noon.Add(time.Minute), RemoteID: &another}, 0},
		"1.6, soon after":       {session.Session{StartedAt: noon.Add(time.Minute)}, 1},
		"1.6, long after":       {session.Session{StartedAt: noon.Add(time.Hour)}, 0},
		"1.6, one that ran yet": {session.Session{StartedAt: noon.Add(-time.Hour)}, 0},
	} {
		if got := Limits(Fold(cs, noon), 1, &c.ses, noon.Add(2*time.Hour), noon.Add(3*time.Hour)); len(got) != c.want {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// The steps say at each time what the composite says there.
func TestLimitsAreTheCompositeAtEachTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in []Installed
		for i := range rapid.IntRange(0, 5).Draw(t, "profiles") {
			p := profile(int64(i), rapid.Int64Range(0, 2).Draw(t, "stack"), rapid.SampledFrom([]device.Purpose{device.StationMax, device.TxDefault, device.External}).Draw(t, "purpose"), 1)
			p.Kind = rapid.SampledFrom([]device.ProfileKind{device.Absolute, device.Daily, device.Weekly, device.Relative}).Draw(t, "kind")
			p.Start = noon.Add(time.Duration(rapid.IntRange(-3000, 300).Draw(t, "start")) * time.Minute)
			p.Duration = rapid.Int64Range(0, 100_000).Draw(t, "duration")
			p.Periods = nil
			for j := range rapid.IntRange(1, 4).Draw(t, "periods") {
				p.Periods = append(p.Periods, device.Period{Start: int64(j) * rapid.Int64Range(600, 20_000).Draw(t, "at"), Rates: device.Upto(rapid.Int64Range(0, 5).Draw(t, "w") * 1000)})
			}
			in = append(in, Installed{EVSE: rapid.Int64Range(0, 1).Draw(t, "evse"), Profile: p, AcceptedAt: noon.Add(-1000 * time.Hour)})
		}
		ses := &session.Session{StartedAt: noon.Add(-30 * time.Minute)}
		to := noon.Add(48 * time.Hour)
		line := Limits(in, 1, ses, noon, to)
		at := noon.Add(time.Duration(rapid.Int64Range(0, int64(48*time.Hour/time.Second)-1).Draw(t, "when")) * time.Second)
		var now Point
		now.Gap = true
		for _, p := range line {
			if !p.At.After(at) {
				now = p
			}
		}
		exact := Limits(in, 1, ses, at, at.Add(1))
		want := Point{Gap: true}
		if len(exact) > 0 {
			want = exact[0]
		}
		if now.Gap != want.Gap || now.V != want.V {
			t.Fatalf("at %s the line says %+v, the composite %+v", at, now, want)
		}
	})
}
