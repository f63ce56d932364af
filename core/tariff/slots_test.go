package tariff_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/tariff"
	"chargewright/core/tariff/tarifftest"
	"chargewright/schema"
)

func dayAhead(tenant, id string) tariff.Index {
	return tariff.Index{Tenant: tenant, ID: id, Currency: "EUR", Zone: "Europe/Berlin", Slot: 15 * time.Minute, Due: 13 * 60, Alarm: 18 * 60}
}

func index(t *testing.T, db *store.DB, x tariff.Index) tariff.Index {
	t.Helper()
	do(t, db, func(tx *store.Tx) (int, error) { return 0, tariff.PutIndex(tx, x) })
	return x
}

func publish(t *testing.T, db *store.DB, x tariff.Index, slots []tariff.Slot) tariff.Publication {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (tariff.Publication, error) { return tariff.Publish(tx, x, slots) })
}

func slotsOf(t *testing.T, db *store.DB, x tariff.Index, from, until time.Time) []tariff.Slot {
	t.Helper()
	return do(t, db, func(tx *store.Tx) ([]tariff.Slot, error) { return tariff.Slots(tx, x.Tenant, x.ID, from, until) })
}

// soon is the first quarter of an hour that begins in ten minutes or later.
func soon() time.Time {
	return time.Now().Add(10 * time.Minute).Truncate(15 * time.Minute).Add(15 * time.Minute).UTC()
}

func TestPublishedPricesAreNeverChanged(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		x := index(t, db, dayAhead("tn_a", "x"))
		at := soon()
		all := quarters(at, 100, 200, 300)
		if p := publish(t, db, x, all); p != (tariff.Publication{New: 3}) {
			t.Errorf("%+v", p)
		}
		if p := publish(t, db, x, all); p != (tariff.Publication{Same: 3}) {
			t.Errorf("again: %+v", p)
		}
		changed := quarters(at, 100, 250, 300, -400)
		if p := publish(t, db, x, changed); p != (tariff.Publication{Same: 2, Changed: 1, New: 1}) {
			t.Errorf("changed: %+v", p)
		}
		rows := do(t, db, func(tx *store.Tx) (int64, error) {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM tariff_slot`)
			return n, err
		})
		if rows != 5 {
			t.Errorf("%d rows, want 5: a change is a further version", rows)
		}
		for _, c := range []struct {
			from, until time.Time
			want        []tariff.Slot
		}{
			{at, at.Add(time.Hour), changed}, {at.Add(-time.Hour), at, nil}, {at.Add(time.Hour), at.Add(9 * time.Hour), nil},
			{at.Add(14 * time.Minute), at.Add(15 * time.Minute), changed[:1]}, {at.Add(16 * time.Minute), at.Add(31 * time.Minute), changed[1:3]},
		} {
			got := slotsOf(t, db, x, c.from, c.until)
			if len(got) != len(c.want) {
				t.Errorf("from %s until %s: %v", c.from, c.until, got)
				continue
			}
			for i := range got {
				if !got[i].Start.Equal(c.want[i].Start) || !got[i].End.Equal(c.want[i].End) || got[i].Price != c.want[i].Price {
					t.Errorf("from %s: slot %d is %v, want %v", c.from, i, got[i], c.want[i])
				}
			}
		}
	})
}

// A price published after its slot began never counts, so that a settled session
// can be priced again to the same.
func TestAPriceMustComeBeforeItsSlot(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		x := index(t, db, dayAhead("tn_a", "x"))
		running := time.Now().Truncate(15 * time.Minute).UTC()
		if p := publish(t, db, x, quarters(running.Add(-time.Hour), 1, 2, 3, 4, 5)); p.Begun != 5 || p.New != 0 {
			t.Errorf("%+v", p)
		}
		if got := slotsOf(t, db, x, running.Add(-2*time.Hour), running.Add(time.Hour)); len(got) != 0 {
			t.Errorf("%v", got)
		}
		// Nor by a row that came otherwise.
		do(t, db, func(tx *store.Tx) (int64, error) {
			return tx.Exec(`INSERT INTO tariff_slot (tenant_id, index_id, start_at, published_at, end_at, price) VALUES ('tn_a', 'x', $1, $1, $2, 7)`, running, running.Add(15*time.Minute))
		})
		if got := slotsOf(t, db, x, running, running.Add(time.Minute)); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}

func TestContradictingPublicationsAreRefusedWhole(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		x := index(t, db, dayAhead("tn_a", "x"))
		at := soon()
		publish(t, db, x, quarters(at, 100))
		shifted := quarters(at.Add(-5*time.Minute), 1)
		hour := tariff.Slot{Start: at.Add(time.Hour), End: at.Add(2 * time.Hour), Price: 1}
		q := quarters(at.Add(time.Hour), 1, 2)
		for field, slots := range map[string][]tariff.Slot{
			"slots[0]": shifted, "slots[1]": {quarters(at.Add(-15*time.Minute), 1)[0], {Start: at.Add(5 * time.Minute), End: at.Add(20 * time.Minute)}},
			"slots[2]": {q[0], q[1], q[1]}, "slots[ 1]": {q[1], q[0]}, "slots[0] ": {hour},
		} {
			field = strings.ReplaceAll(field, " ", "")
			_, err := store.Do(t.Context(), db, "x", func(tx *store.Tx) (tariff.Publication, error) { return tariff.Publish(tx, x, slots) })
			var e *fail.Error
			if !errors.As(err, &e) || e.Kind != fail.Invalid || e.Field != field {
				t.Errorf("%v: %v, want the field %s", slots, err, field)
			}
		}
		if got := slotsOf(t, db, x, at.Add(-time.Hour), at.Add(24*time.Hour)); len(got) != 1 {
			t.Errorf("left behind: %v", got)
		}
	})
}

func TestIndexesOfTenantsAreApart(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		a, b := index(t, db, dayAhead("tn_a", "x")), index(t, db, dayAhead("tn_b", "x"))
		at := soon()
		publish(t, db, a, quarters(at, 100))
		if got := slotsOf(t, db, b, at, at.Add(time.Hour)); len(got) != 0 {
			t.Errorf("%v", got)
		}
		follows := spotTariff(t, `,"spot":{"index":"x"}`)
		put(t, db, "tn_a", "", follows)
		for _, c := range []struct{ index, currency string }{{"y", "EUR"}, {"x", "SEK"}} {
			tf, err := tariff.Parse([]byte(strings.ReplaceAll(strings.ReplaceAll(string(follows.Original), `"x"`, `"`+c.index+`"`), "EUR", c.currency)))
			if err != nil {
				t.Fatal(err)
			}
			_, err = store.Do(t.Context(), db, "x", func(tx *store.Tx) (tariff.Version, error) { return tariff.Put(tx, "tn_a", "", tf) })
			var e *fail.Error
			if !errors.As(err, &e) || e.Kind != fail.Invalid || e.Field != "elements[0].price_components[0].spot.index" {
				t.Errorf("%+v: %v", c, err)
			}
		}
		other := a
		other.Currency = "SEK"
		if _, err := store.Do(t.Context(), db, "x", func(tx *store.Tx) (int, error) { return 0, tariff.PutIndex(tx, other) }); !fail.Is(err, fail.Conflict) {
			t.Errorf("the currency of an index changed: %v", err)
		}
	})
}

func TestMissingIsWhatNoSlotCovers(t *testing.T) {
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	m := func(n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }
	slots := []tariff.Slot{{Start: m(10), End: m(20)}, {Start: m(20), End: m(30)}, {Start: m(40), End: m(50)}}
	for _, c := range []struct {
		from, until int
		want        []tariff.Stretch
	}{
		{0, 60, []tariff.Stretch{{Start: m(0), End: m(10)}, {Start: m(30), End: m(40)}, {Start: m(50), End: m(60)}}},
		{10, 30, nil}, {15, 25, nil}, {0, 5, []tariff.Stretch{{Start: m(0), End: m(5)}}}, {25, 35, []tariff.Stretch{{Start: m(30), End: m(35)}}},
		{45, 45, nil}, {50, 51, []tariff.Stretch{{Start: m(50), End: m(51)}}},
	} {
		got := tariff.Missing(slots, m(c.from), m(c.until))
		if len(got) != len(c.want) {
			t.Errorf("%d to %d: %v", c.from, c.until, got)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%d to %d: %v, want %v", c.from, c.until, got, c.want)
			}
		}
	}
}

// A day of an exchange: tomorrow's prices come late, the alarm is given once,
// and then all is quiet.
func TestFeederFetchesAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.SQLite(t, schema.FS)
		tenants(t, db)
		zone := berlin(t)
		// Midnight UTC of 2000-01-01 is where the clock of such a test stands.
		x := dayAhead("tn_a", "x")
		e := &tarifftest.Exchange{}
		today := quarters(time.Date(2000, 1, 1, 0, 0, 0, 0, zone), ramp(96)...)
		tomorrow := quarters(time.Date(2000, 1, 2, 0, 0, 0, 0, zone), ramp(96)...)
		e.Publish(today)
		var mu sync.Mutex
		var alarms []string
		given := func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(alarms)
		}
		f, err := tariff.NewFeeder(tariff.FeederOptions{
			DB: db, Log: slog.New(slog.DiscardHandler), Feeds: []tariff.Feed{{Index: x, Source: e}},
			Missed: func(_ *store.Tx, x tariff.Index, day time.Time) error {
				mu.Lock()
				defer mu.Unlock()
				alarms = append(alarms, x.ID+" "+day.Format(time.DateOnly))
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		until := func(hour, minute, second int) {
			time.Sleep(time.Until(time.Date(2000, 1, 1, hour, minute, second, 0, zone)))
			synctest.Wait()
		}

		until(12, 1, 0) // the rest of today is known, and tomorrow is not due
		before := e.Asked()
		if alarms := given(); before > 4 || len(alarms) > 0 {
			t.Errorf("%d fetches and alarms %v before tomorrow's prices are due", before, alarms)
		}
		e.Next(tarifftest.Down)
		until(13, 0, 30)
		if s := supplied(t, db); s.FailedAt.IsZero() || s.Failure == "" || len(s.Missing) != 1 || e.Asked() != before+1 {
			t.Errorf("while it is down, asked %d times: %q at %s, missing %v", e.Asked()-before, s.Failure, s.FailedAt, s.Missing)
		}
		until(13, 1, 30)
		if s := supplied(t, db); !s.FailedAt.IsZero() || s.Failure != "" || len(s.Missing) != 1 || e.Asked() != before+2 {
			t.Errorf("a minute later, asked %d times: %q at %s, missing %v", e.Asked()-before, s.Failure, s.FailedAt, s.Missing)
		}
		until(14, 1, 0)
		before = e.Asked()
		until(23, 1, 0)
		if got := given(); len(got) != 1 || got[0] != "x 2000-01-02" {
			t.Errorf("alarms %v, want one for the second of January", got)
		}
		if n := e.Asked() - before; n < 17 || n > 19 { // every half hour
			t.Errorf("%d tries in nine hours", n)
		}
		e.Publish(append(today, tomorrow...))
		time.Sleep(31 * time.Minute)
		synctest.Wait()
		s := supplied(t, db)
		if len(s.Missing) != 0 || s.Failure != "" || !s.Fed || s.Slots[len(s.Slots)-1].End.Before(tomorrow[95].End) {
			t.Errorf("at the end: %d slots, missing %v, %q", len(s.Slots), s.Missing, s.Failure)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Whoever runs it next, the alarm for a day is given once; on both engines.
func TestTheAlarmIsGivenOnce(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		x := dayAhead("tn_a", "x")
		x.Due, x.Alarm = 0, 0
		alarms := 0
		for range 2 {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			f, err := tariff.NewFeeder(tariff.FeederOptions{
				DB: db, Log: slog.New(slog.DiscardHandler), Feeds: []tariff.Feed{{Index: x, Source: &tarifftest.Exchange{}}},
				Missed: func(*store.Tx, tariff.Index, time.Time) error { alarms++; return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- f.Run(ctx) }()
			fetched := func() bool {
				all := do(t, db, func(tx *store.Tx) ([]tariff.Supplied, error) { return tariff.Supplies(tx, "tn_a") })
				return len(all) > 0 && !all[0].FetchedAt.IsZero()
			}
			for deadline := time.Now().Add(20 * time.Second); !fetched(); {
				select {
				case err := <-done:
					t.Fatalf("it ended: %v", err)
				case <-time.After(5 * time.Millisecond):
				}
				if time.Now().After(deadline) {
					t.Fatal("nothing is fetched")
				}
			}
			do(t, db, func(tx *store.Tx) (int64, error) { return tx.Exec(`UPDATE tariff_index SET fetched_at = NULL`) })
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if alarms != 1 {
			t.Errorf("%d alarms", alarms)
		}
	})
}

func ramp(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i) - 10
	}
	return out
}

func supplied(t *testing.T, db *store.DB) tariff.Supplied {
	t.Helper()
	all := do(t, db, func(tx *store.Tx) ([]tariff.Supplied, error) { return tariff.Supplies(tx, "tn_a") })
	if len(all) != 1 {
		t.Fatalf("%d indexes", len(all))
	}
	return all[0]
}

func TestOwnWordsOnHolidays(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		say := func(region string, date int, name string, removed bool) {
			t.Helper()
			do(t, db, func(tx *store.Tx) (int, error) {
				return 0, tariff.PutOwnHoliday(tx, "tn_a", tariff.OwnHoliday{Region: region, Date: date, Name: name, Removed: removed})
			})
		}
		calendar := func(tenant, country, region string) *tariff.Calendar {
			t.Helper()
			return do(t, db, func(tx *store.Tx) (*tariff.Calendar, error) {
				return tariff.CalendarOf(tx, tenant, tariff.Where{Country: country, Region: region}, 2026, 2026)
			})
		}
		plain := calendar("tn_a", "DE", "DE-BY")
		say("DE", 20260604, "", true)                 // in all of Germany …
		say("DE-BY", 20260604, "Fronleichnam", false) // … but for Bavaria
		say("DE-BY", 20260815, "Mariä Himmelfahrt", false)
		say("DE", 20260501, "", true)
		by, nw, other := calendar("tn_a", "DE", "DE-BY"), calendar("tn_a", "DE", "DE-NW"), calendar("tn_b", "DE", "DE-BY")
		if !by.Dates[20260604] || !by.Dates[20260815] || by.Dates[20260501] || nw.Dates[20260604] || nw.Dates[20260815] || nw.Dates[20260501] || !nw.Dates[20261003] {
			t.Errorf("Bavaria %v, North Rhine-Westphalia %v", by.Dates, nw.Dates)
		}
		if other.Name != plain.Name || by.Name == plain.Name || !strings.HasPrefix(by.Name, "DE-BY ") || other.Dates[20260815] {
			t.Errorf("names %q, %q, %q", plain.Name, by.Name, other.Name)
		}
		if c := calendar("tn_a", "JP", ""); c != nil {
			t.Errorf("Japan has %v", c)
		}
		say("JP", 20260101, "Ganjitsu", false)
		if c := calendar("tn_a", "JP", "JP-13"); c == nil || len(c.Dates) != 1 {
			t.Errorf("Japan has %v", c)
		}
		do(t, db, func(tx *store.Tx) (int, error) { return 0, tariff.DeleteOwnHoliday(tx, "tn_a", "JP", 20260101) })
		if c := calendar("tn_a", "JP", ""); c != nil {
			t.Errorf("Japan has %v", c)
		}
		for field, h := range map[string]tariff.OwnHoliday{
			"region": {Region: "Bavaria", Date: 20260101, Name: "x"}, "date": {Region: "DE", Date: 20260230, Name: "x"},
			"name": {Region: "DE", Date: 20260102}, "date ": {Region: "DE", Date: -1, Name: "x"}, "name ": {Region: "DE", Date: 20260102, Name: strings.Repeat("x", 101)},
		} {
			_, err := store.Do(t.Context(), db, "x", func(tx *store.Tx) (int, error) { return 0, tariff.PutOwnHoliday(tx, "tn_a", h) })
			var e *fail.Error
			if !errors.As(err, &e) || e.Kind != fail.Invalid || e.Field != strings.TrimSpace(field) {
				t.Errorf("%+v: %v", h, err)
			}
		}
	})
}

// What a source feeds is not changed by hand, as long as it does.
func TestAFedIndexIsNotChangedByHand(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		put := func(fed bool, due int) error {
			_, err := store.Do(t.Context(), db, "x", func(tx *store.Tx) (int, error) {
				return 0, tariff.PutIndex(tx, tariff.Index{Tenant: "tn_a", ID: "f", Currency: "EUR", Zone: "Europe/Berlin", Slot: time.Hour, Due: due, Alarm: 1000, Fed: fed})
			})
			return err
		}
		for i, fed := range []bool{false, true, true} {
			if err := put(fed, i); err != nil {
				t.Fatal(err)
			}
		}
		if err := put(false, 9); !fail.Is(err, fail.Conflict) {
			t.Errorf("by hand: %v", err)
		}
	})
}

// A word on a date can be taken back or put otherwise however many there are.
func TestOwnHolidaysAreBounded(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		do(t, db, func(tx *store.Tx) (int, error) {
			for i := range int64(tariff.MaxOwnHolidays) {
				tx.Write(`INSERT INTO tariff_holiday (tenant_id, region, date, name, removed, updated_at) VALUES ('tn_a', 'DE', $1, 'x', FALSE, 0)`, 20260101+i)
			}
			return 0, nil
		})
		put := func(h tariff.OwnHoliday) error {
			_, err := store.Do(t.Context(), db, "x", func(tx *store.Tx) (int, error) { return 0, tariff.PutOwnHoliday(tx, "tn_a", h) })
			return err
		}
		if err := put(tariff.OwnHoliday{Region: "DE", Date: 20260101, Name: "y"}); err != nil {
			t.Errorf("one that is there: %v", err)
		}
		if err := put(tariff.OwnHoliday{Region: "FR", Date: 20260101, Name: "y"}); !fail.Is(err, fail.Conflict) {
			t.Errorf("one more: %v", err)
		}
	})
}

func TestPricesAheadEndWhereNoneIsKnown(t *testing.T) {
	tf := spotTariff(t, `,"spot":{"index":"x"}`)
	at := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	b := builder{at: at.Add(-10 * time.Minute)}
	b.add(tariff.Charging, 20*time.Minute, 5_000_000)
	s := &tariff.Session{Zone: time.UTC, Segments: b.segments, Slots: map[string][]tariff.Slot{"x": quarters(at, 100, 200, 200, 150)}}
	steps, err := tariff.PricesAhead(tf, s, at.Add(36*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := []tariff.PriceStep{{At: at.Add(10 * time.Minute), Price: 100_000}, {At: at.Add(15 * time.Minute), Price: 200_000}, {At: at.Add(45 * time.Minute), Price: 150_000}}
	if len(steps) != len(want) {
		t.Fatalf("%+v", steps)
	}
	for i := range want {
		if !steps[i].At.Equal(want[i].At) || steps[i].Price != want[i].Price {
			t.Errorf("step %d is %+v, want %+v", i, steps[i], want[i])
		}
	}
	if steps, err := tariff.PricesAhead(tf, s, at); err != nil || steps != nil {
		t.Errorf("%v, %v before the end of the session", steps, err)
	}
}
