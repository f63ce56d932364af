package monitor

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/station"
	"chargewright/schema"
)

// delivery is a message of a station.
type delivery struct {
	station  string
	received time.Time
	readings []energy.Reading
}

// deliver stores and takes in messages as the server does.
func (h *house) deliver(all ...delivery) {
	h.Helper()
	for _, d := range all {
		at := d.readings[len(d.readings)-1].At
		if err := h.o.Telemetry.Append(h.Context(), d.station, at, d.received, fmt.Sprint(d.readings), energy.Pack(d.readings)); err != nil {
			h.Fatal(err)
		}
		h.Measured(d.station, d.received, d.readings)
	}
}

// settled makes all late means and returns those of a place.
func (h *house) settled(site, id string, from time.Time) []stored {
	h.Helper()
	for h.settle(h.Context()) {
	}
	return h.rows(site, id, from)
}

// rows are the means of a place from a time on, one for each step up to the
// last that is known within a day.
func (h *house) rows(site, id string, from time.Time) []stored {
	h.Helper()
	of := h.between(site, id, from, from.Add(24*time.Hour))
	var out []stored
	for at := from; len(of) > 0; at = at.Add(Step) {
		out = append(out, of[at.UnixMicro()])
		delete(of, at.UnixMicro())
	}
	return out
}

func (h *house) between(site, id string, from, to time.Time) map[int64]stored {
	h.Helper()
	of, err := store.Read(h.Context(), h.db, func(tx *store.Tx) (map[int64]stored, error) {
		return between(tx, place{tenant, site, id}, from.UnixMicro(), to.UnixMicro())
	})
	if err != nil {
		h.Fatal(err)
	}
	return of
}

func wh(at time.Time, v int64) energy.Reading {
	return energy.Reading{At: at, EVSE: 1, Value: fmt.Sprint(v), Unit: "Wh"}
}

func watt(at time.Time, v int64) energy.Reading {
	return say(at, "Power.Active.Import", fmt.Sprint(v), "W", "")
}

func TestLate(t *testing.T) {
	now := time.Now().UTC()
	base := now.Truncate(time.Hour).Add(-6 * time.Hour)
	at := func(minutes float64) time.Time { return base.Add(time.Duration(minutes * float64(time.Minute))) }
	full := func(w, most int64) stored { return stored{w, most, 300} }
	cases := []struct {
		name string
		says []energy.Reading
		want []stored
	}{
		{"the mean power between two registers", []energy.Reading{wh(at(0), 1000), wh(at(15), 3750)}, []stored{full(11000, 11000), full(11000, 11000), full(11000, 11000)}},
		{"across a border of hours", []energy.Reading{wh(at(-5), 0), wh(at(5), 1000)}, []stored{full(6000, 6000)}},
		{"up to a border of hours", []energy.Reading{wh(at(55), 0), wh(at(60), 500)}, append(make([]stored, 11), full(6000, 6000))},
		{"registers are shared out by time", []energy.Reading{wh(at(0), 0), wh(at(2), 400), wh(at(6), 800)}, []stored{full(8400, 12000), {6000, 6000, 60}}},
		{"a power holds until the next", []energy.Reading{watt(at(0), 6000), watt(at(4), 1000), watt(at(10), 0)}, []stored{full(5000, 6000), full(1000, 1000)}},
		{"energy by registers, the highest by powers", []energy.Reading{wh(at(0), 0), watt(at(0), 7000), watt(at(1), 0), wh(at(5), 500)}, []stored{full(6000, 7000)}},
		{"powers where the register fell", []energy.Reading{wh(at(0), 900), watt(at(0), 5000), wh(at(5), 0), watt(at(5), 0)}, []stored{full(5000, 5000)}},
		{"what is fed back", []energy.Reading{wh(at(0), 900), watt(at(0), -5000), wh(at(5), 900), watt(at(5), 0)}, []stored{full(-5000, -5000)}},
		{"more than an hour apart is not known", []energy.Reading{wh(at(0), 0), wh(at(61), 9000)}, nil},
		{"a jump that no EVSE makes", []energy.Reading{wh(at(0), 0), wh(at(1), 900_000_000)}, nil},
		{"one reading alone", []energy.Reading{wh(at(0), 700)}, nil},
		{"the station's own meter", []energy.Reading{{At: at(0), Value: "0"}, {At: at(5), Value: "900"}}, nil},
		{"1970", []energy.Reading{wh(time.UnixMicro(1), 0), wh(time.UnixMicro(1).Add(time.Hour), 9000)}, nil},
		{"years ago", []energy.Reading{wh(at(0).AddDate(-7, 0, 0), 0), wh(at(5).AddDate(-7, 0, 0), 9000)}, nil},
		{"longer ago than telemetry believes", []energy.Reading{wh(at(0).AddDate(0, 0, -31), 0), wh(at(5).AddDate(0, 0, -31), 9000)}, nil},
		{"tomorrow", []energy.Reading{wh(now.Add(20*time.Hour), 0), wh(now.Add(20*time.Hour+5*time.Minute), 9000)}, nil},
	}
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := build(t, db)
		for i, c := range cases {
			site := fmt.Sprint("S", i)
			h.place(site)
			for range 2 {
				for i, r := range c.says {
					h.deliver(delivery{site + "a", now.Add(time.Duration(i) * time.Millisecond), []energy.Reading{r}})
					h.settle(t.Context())
				}
				if got := h.settled(site, site+"a", base); !slices.Equal(got, c.want) {
					t.Errorf("%s: the station: %v, want %v", c.name, got, c.want)
				}
				if got := h.rows(site, "", base); !slices.Equal(got, c.want) {
					t.Errorf("%s: the site: %v, want %v", c.name, got, c.want)
				}
			}
			if n := len(h.between(site, "", time.Time{}, now.AddDate(1, 0, 0))); c.want == nil && n != 0 {
				t.Errorf("%s: %d means at some other time", c.name, n)
			}
		}
	})
}

// What was known as it came is replaced by what is known better, and a site by
// the difference.
func TestLateOverWhatWasKnown(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := build(t, db)
		now := time.Now().UTC()
		base := now.Truncate(time.Hour).Add(-3 * time.Hour)
		live := func(p place, w, most, seconds int64) {
			due := mean{p, base, sum{float64(w * seconds), time.Duration(seconds) * time.Second, float64(most)}}
			if err := h.write(t.Context(), []mean{due}); err != nil {
				t.Fatal(err)
			}
		}
		live(place{tenant, "A", "CP1"}, 10_000, 12_000, 150) // and was offline then
		live(place{tenant, "A", "CP2"}, 4_000, 4_000, 300)
		live(place{tenant, "A", ""}, 9_000, 16_000, 300)
		live(place{tenant, "", ""}, 9_000, 16_000, 300)
		h.deliver(
			delivery{"CP1", now, []energy.Reading{wh(base, 0), watt(base, 11_000)}},
			delivery{"CP1", now, []energy.Reading{wh(base.Add(Step), 900), watt(base.Add(Step), 0)}},
			delivery{"CP2", now, []energy.Reading{wh(base, 0)}},
			delivery{"CP2", now, []energy.Reading{wh(base.Add(Step/2), 500)}},
		)
		if got := h.settled("A", "CP1", base); !slices.Equal(got, []stored{{10_800, 11_000, 300}}) {
			t.Errorf("what came late knows the whole step: %v", got)
		}
		if got := h.rows("A", "CP2", base); !slices.Equal(got, []stored{{4_000, 4_000, 300}}) {
			t.Errorf("what came late knows less: %v", got)
		}
		for _, site := range []string{"A", ""} {
			if got := h.rows(site, "", base); !slices.Equal(got, []stored{{14_800, 16_000, 300}}) {
				t.Errorf("%q: %v", site, got)
			}
		}
	})
}

// A clock that is always behind is counted as it comes, and a queue late.
func TestLateClocks(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := build(t, db)
		now := time.Now().UTC()
		base := now.Truncate(time.Hour).Add(-6 * time.Hour)
		says := func(id string, behind time.Duration) {
			for i := range 60 { // every minute
				received := base.Add(2*time.Hour + time.Duration(i)*time.Minute)
				h.deliver(delivery{id, received, []energy.Reading{wh(received.Add(-behind), int64(i)*200)}})
			}
		}
		says("CP1", 100*time.Minute)
		says("CP2", 0)
		says("CP3", 9*365*24*time.Hour)
		if h.late.hours != 1 { // the first message of CP1
			t.Errorf("%d hours of clocks that keep pace", h.late.hours)
		}
		for id, site := range map[string]string{"CP1": "A", "CP2": "A", "CP3": "B"} {
			if got := h.settled(site, id, base); got != nil {
				t.Errorf("%s: %v", id, got)
			}
		}
		// after an outage the queue comes first, then what is measured now
		back := base.Add(5 * time.Hour)
		for i := range 90 {
			r := wh(base.Add(3*time.Hour+time.Duration(i)*time.Minute), 12_000+int64(i)*100)
			h.deliver(delivery{"CP2", back.Add(time.Duration(i) * time.Millisecond), []energy.Reading{r}})
		}
		if got := h.settled("A", "CP2", base.Add(3*time.Hour)); len(got) != 18 {
			t.Errorf("the queue: %v", got)
		}
		h.deliver(delivery{"CP2", back.Add(time.Second), []energy.Reading{wh(back.Add(time.Second), 24_000)}})
		got := h.settled("A", "CP2", base.Add(3*time.Hour))
		if len(got) < 24 || got[0].mean != 6000 || got[20] != (stored{5997, 5997, 300}) {
			t.Errorf("the outage: %v", got)
		}
	})
}

// What reaches into the step under way waits until that is over, and is written
// with what the gauge knew of it.
func TestLateReachesIntoTheStepUnderWay(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := build(t, db)
		step := time.Now().UTC().Truncate(Step)
		h.means.step = step
		now := step.Add(4 * time.Minute)
		for i := range 3 {
			at := now.Add(-time.Duration(10-5*i) * time.Minute)
			h.deliver(delivery{"CP1", now.Add(time.Duration(i) * time.Millisecond), []energy.Reading{wh(at, int64(i)*500)}})
		}
		if got := h.settled("A", "CP1", step.Add(-2*Step)); !slices.Equal(got, []stored{{6000, 6000, 60}, {6000, 6000, 300}}) && !slices.Equal(got, []stored{{6000, 6000, 240}, {6000, 6000, 300}}) {
			t.Errorf("before: %v", got)
		}
		h.means.step = step.Add(Step)
		h.stepOver()
		if got := h.settled("A", "CP1", step); !slices.Equal(got, []stored{{6000, 6000, 240}}) {
			t.Errorf("after: %v", got)
		}
	})
}

// A process that ends writes what it has, and the next finds the late tail of
// open sessions.
func TestLateOverARestart(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := build(t, db)
		now := time.Now().UTC()
		base := now.Truncate(time.Hour).Add(-3 * time.Hour)
		h.open("CP1", 1)
		h.begin("CP1", 1, base)
		h.deliver(
			delivery{"CP1", now, []energy.Reading{wh(base, 0)}},
			delivery{"CP1", now, []energy.Reading{wh(base.Add(Step), 500)}},
		)
		crashed := New(h.o)
		crashed.restore(t.Context())
		if crashed.late.hours != 1 {
			t.Errorf("after a crash %d hours are known", crashed.late.hours)
		}
		h.finish(t.Context())
		if got := h.rows("A", "CP1", base); !slices.Equal(got, []stored{{6000, 6000, 300}}) {
			t.Errorf("%v", got)
		}
	})
}

func TestBacklogIsBounded(t *testing.T) {
	var b backlog
	now := time.Now().UnixMicro()
	for _, at := range []int64{1, now - lateMost - 1, now} { // 1970, too long ago, not late
		b.measured("S", now, now, []energy.Reading{wh(time.UnixMicro(at), 1)})
	}
	if b.hours != 0 {
		t.Errorf("%d hours that are not late", b.hours)
	}
	for i := range maxBacklog/700 + 10 {
		for h := range int64(700) {
			at := time.UnixMicro(now - (h+1)*hour)
			b.measured(fmt.Sprint("S", i), now, now, []energy.Reading{wh(at, 1)})
		}
	}
	if b.hours != maxBacklog {
		t.Errorf("%d hours", b.hours)
	}
	n := 0
	for i := range maxBacklog {
		runs := b.take(settleLeast)
		if len(runs) == 0 {
			break
		}
		got := 0
		for _, r := range runs {
			if r.to-r.from > maxRun*hour {
				t.Fatalf("a run of %d hours", (r.to-r.from)/hour)
			}
			got += int((r.to - r.from) / hour)
		}
		if n += got; got >= settleLeast+720 {
			t.Fatalf("turn %d: %d hours at once", i, got)
		}
	}
	if n != maxBacklog || b.hours != 0 || len(b.of) != 0 {
		t.Errorf("%d hours taken, %d left", n, b.hours)
	}
}

// Whatever the order and repetition in which late readings come, and however
// often the means are made in between: the means are the same, and the energy
// under them is the meter's.
func TestLateReadingsInAnyOrder(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := build(t, db)
		now := time.Now().UTC()
		base := now.Truncate(time.Hour).Add(-40 * time.Hour)
		made := 0
		rapid.Check(t, func(t *rapid.T) {
			made++
			h.place(fmt.Sprint("S", made))
			var all []delivery
			meter := 0.0
			for evse := int64(1); evse <= 2; evse++ {
				at, total := base.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "begin"))*time.Second), int64(0)
				for i := range rapid.IntRange(2, 8).Draw(t, "readings") {
					if i > 0 {
						gap := rapid.IntRange(1, 3600).Draw(t, "gap")
						total += int64(rapid.IntRange(0, 22*gap/3).Draw(t, "Wh"))
						at = at.Add(time.Duration(gap) * time.Second)
					}
					r := wh(at, total)
					r.EVSE = evse
					all = append(all, delivery{readings: []energy.Reading{r}})
				}
				meter += float64(total)
			}
			send := func(id string, order []int) {
				for i, n := range order {
					d := all[n]
					d.station, d.received = id, now.Add(time.Duration(i)*time.Millisecond)
					h.deliver(d)
					if rapid.IntRange(0, 9).Draw(t, "now") == 0 {
						h.settle(h.Context())
					}
				}
			}
			inOrder := make([]int, len(all))
			for i := range all {
				inOrder[i] = i
			}
			a, b := fmt.Sprint("S", made, "a"), fmt.Sprint("S", made, "b")
			send(a, inOrder)
			twice := rapid.SliceOfN(rapid.IntRange(0, len(all)-1), 0, 6).Draw(t, "again")
			send(b, rapid.Permutation(append(slices.Clone(inOrder), twice...)).Draw(t, "order"))
			site := fmt.Sprint("S", made)
			one, other := h.settled(site, a, base), h.settled(site, b, base)
			if !slices.Equal(one, other) {
				t.Fatalf("in order    %v\nin disorder %v", one, other)
			}
			under := func(rows []stored) (e float64) {
				for _, r := range rows {
					e += float64(r.wattSeconds()) / 3600
				}
				return e
			}
			if got := under(one); math.Abs(got-meter) > 0.05*float64(len(one)) {
				t.Fatalf("%.3f Wh under the means, %.0f by the meter", got, meter)
			}
			if got := under(h.rows(site, "", base)); math.Abs(got-2*meter) > float64(len(one)) {
				t.Fatalf("%.3f Wh of the site, %.0f by its meters", got, 2*meter)
			}
		})
	})
}

// place makes a site with two stations.
func (h *house) place(site string) {
	h.Helper()
	h.do(func(tx *store.Tx) error {
		s, err := station.GetSite(tx, owner, "A")
		if err != nil {
			return err
		}
		s.ID = site
		if err := station.PutSite(tx, s); err != nil {
			return err
		}
		for _, id := range []string{site + "a", site + "b"} {
			if err := station.Create(tx, station.Station{ID: id, Tenant: tenant, Site: site, Name: id, Onboarding: station.Accepted}); err != nil {
				return err
			}
		}
		return nil
	})
}
