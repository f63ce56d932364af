package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/schema"
)

func write(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) error {
	t.Helper()
	_, err := store.Do(context.Background(), db, "test", func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	return err
}

func must(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := write(t, db, fn); err != nil {
		t.Fatal(err)
	}
}

func counts(t testing.TB, db *store.DB) outbox.Counts {
	t.Helper()
	c, err := store.Read(context.Background(), db, outbox.Count)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func quiet(o outbox.Options) outbox.Options {
	o.Log = slog.New(slog.DiscardHandler)
	return o
}

func drain(t testing.TB, r *outbox.Runner) {
	t.Helper()
	if err := r.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// log collects what handlers saw.
type log struct {
	mu   sync.Mutex
	seen []string
}

func (l *log) add(s string) { l.mu.Lock(); l.seen = append(l.seen, s); l.mu.Unlock() }
func (l *log) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := strings.Join(l.seen, " ")
	l.seen = nil
	return s
}

func TestEventsRunOnceAfterTheCommit(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		var l log
		r := outbox.New(db, map[string]outbox.Handler{"t": func(_ context.Context, e outbox.Event) error {
			var body struct{ N int }
			if err := e.Decode(&body); err != nil {
				return err
			}
			l.add(fmt.Sprint(e.Key, "=", body.N))
			return nil
		}}, quiet(outbox.Options{Workers: 1}))
		must(t, db, func(tx *store.Tx) error {
			for range 3 {
				if err := outbox.Emit(tx, "t", "a", map[string]int{"n": 1}); err != nil {
					return err
				}
			}
			return outbox.Emit(tx, "other", "a", nil)
		})
		no := errors.New("no")
		if err := write(t, db, func(tx *store.Tx) error { outbox.Emit(tx, "t", "b", nil); return no }); !errors.Is(err, no) {
			t.Fatal(err)
		}
		drain(t, r)
		if got, c := l.take(), counts(t, db); got != "a=1" || c.Open != 1 {
			t.Fatal(got, c)
		}
		must(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "t", "a", map[string]int{"n": 2}) })
		drain(t, r)
		if got := l.take(); got != "a=2" {
			t.Fatal(got)
		}
	})
}

func TestTimersMoveAndCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.SQLite(t, schema.FS)
		var l log
		start := time.Now()
		r := outbox.New(db, map[string]outbox.Handler{"t": func(_ context.Context, e outbox.Event) error {
			l.add(fmt.Sprintf("%s@%v%s", e.Key, time.Since(start).Round(time.Second), e.Body))
			return nil
		}}, quiet(outbox.Options{}))
		at := func(key string, d time.Duration, body any) {
			must(t, db, func(tx *store.Tx) error { return outbox.At(tx, start.Add(d), "t", key, body) })
		}
		at("a", time.Hour, 1)
		at("b", 2*time.Hour, 1)
		at("c", time.Minute, 1)
		at("a", 10*time.Minute, 2)
		must(t, db, func(tx *store.Tx) error { return outbox.Cancel(tx, "t", "c") })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if got := l.take(); got != "a@10m0s2" {
			t.Error(got)
		}
		must(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "t", "now", nil) })
		synctest.Wait() // no time passes: the commit woke the runner
		if got := l.take(); got != "now@30m0snull" {
			t.Error(got)
		}
		time.Sleep(3 * time.Hour)
		if got := l.take(); got != "b@2h0m0s1" {
			t.Error(got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestFailuresBackOffAndPark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.SQLite(t, schema.FS)
		var tries atomic.Int64
		var well atomic.Bool
		start := time.Now()
		var last time.Duration
		r := outbox.New(db, map[string]outbox.Handler{"t": func(context.Context, outbox.Event) error {
			last = time.Since(start)
			if well.Load() {
				return nil
			}
			if tries.Add(1)%2 == 0 {
				panic("very bad\x00")
			}
			return errors.New("bad")
		}}, quiet(outbox.Options{Attempts: 6}))
		must(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "t", "k", nil) })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		time.Sleep(24 * time.Hour)
		// 1+2+4+8+16 s, each within 20 %
		if tries.Load() != 6 || last < 24*time.Second || last > 38*time.Second {
			t.Errorf("%d tries, the last after %v", tries.Load(), last)
		}
		parked, err := store.Read(ctx, db, func(tx *store.Tx) ([]outbox.Event, error) { return outbox.Parked(tx, 10) })
		if err != nil || len(parked) != 1 || parked[0].LastError != "outbox.run: panic: very bad" || parked[0].Attempts != 6 || counts(t, db).Parked != 1 {
			t.Fatalf("%+v, %v", parked, err)
		}
		must(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "t", "k", nil) }) // does not undo a person's business
		time.Sleep(time.Hour)
		if err := write(t, db, func(tx *store.Tx) error { return outbox.Retry(tx, "nobody") }); !fail.Is(err, fail.NotFound) {
			t.Error(err)
		}
		if tries.Load() != 6 {
			t.Error("a parked event ran")
		}
		well.Store(true)
		must(t, db, func(tx *store.Tx) error { return outbox.Retry(tx, parked[0].ID) })
		time.Sleep(time.Second)
		if c := counts(t, db); c.Open != 0 {
			t.Error(c)
		}
		cancel()
		<-done
	})
}

// What is wanted again while its handler runs, runs again; a timer moved meanwhile keeps
// its new time.
func TestWantedAgainWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.SQLite(t, schema.FS)
		start := time.Now()
		var l log
		first := true
		r := outbox.New(db, map[string]outbox.Handler{"t": func(ctx context.Context, e outbox.Event) error {
			l.add(fmt.Sprintf("%v%s", time.Since(start).Round(time.Second), e.Body))
			switch string(e.Body) {
			case "1":
				if first {
					first = false
					return write(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "t", "k", 9) })
				}
				return write(t, db, func(tx *store.Tx) error { return outbox.At(tx, start.Add(time.Hour), "t", "k", 2) })
			}
			return nil
		}}, quiet(outbox.Options{}))
		must(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "t", "k", 1) })
		drain(t, r)
		if got := l.take(); got != "0s1 0s1" || counts(t, db).Open != 1 {
			t.Fatal(got, counts(t, db))
		}
		time.Sleep(time.Hour)
		drain(t, r)
		if got := l.take(); got != "1h0m0s2" || counts(t, db).Open != 0 {
			t.Fatal(got, counts(t, db))
		}
	})
}

// Two runners never work on one event at once, except when a lease has run out; then the
// slow one's atom is undone.
func TestLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.SQLite(t, schema.FS)
		var l log
		slow := outbox.New(db, map[string]outbox.Handler{"t": func(_ context.Context, e outbox.Event) error {
			l.add("slow begins")
			time.Sleep(2 * time.Minute) // deaf to its context
			err := write(t, db, func(tx *store.Tx) error { return outbox.Done(tx, e) })
			l.add(fail.KindOf(err).String())
			return nil
		}}, quiet(outbox.Options{Lease: time.Minute}))
		fast := outbox.New(db, map[string]outbox.Handler{"t": func(_ context.Context, e outbox.Event) error {
			l.add(fmt.Sprint("fast ", e.Attempts))
			return write(t, db, func(tx *store.Tx) error { return outbox.Done(tx, e) })
		}}, quiet(outbox.Options{Lease: time.Minute}))
		must(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "t", "k", nil) })
		go slow.Drain(context.Background())
		synctest.Wait()
		time.Sleep(59 * time.Second)
		drain(t, fast)
		time.Sleep(time.Second)
		drain(t, fast)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := l.take(); got != "slow begins fast 2 conflict" || counts(t, db).Open != 0 {
			t.Fatal(got, counts(t, db))
		}
	})
}

func TestStoppingGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.SQLite(t, schema.FS)
		r := outbox.New(db, map[string]outbox.Handler{"t": func(ctx context.Context, _ outbox.Event) error { <-ctx.Done(); return ctx.Err() }},
			quiet(outbox.Options{}))
		must(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "t", "k", nil) })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		var attempts int64
		again := outbox.New(db, map[string]outbox.Handler{"t": func(_ context.Context, e outbox.Event) error { attempts = e.Attempts; return nil }}, quiet(outbox.Options{}))
		drain(t, again)
		if attempts != 1 {
			t.Fatalf("a stop counted as a failure: attempt %d", attempts)
		}
	})
}

// A commit wakes a running runner; the next timer is not waited for by polling alone.
func TestRun(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		seen := make(chan string, 10)
		r := outbox.New(db, map[string]outbox.Handler{"t": func(_ context.Context, e outbox.Event) error { seen <- e.Key; return nil }},
			quiet(outbox.Options{Poll: time.Hour, Workers: 1}))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		must(t, db, func(tx *store.Tx) error { return outbox.At(tx, tx.Now().Add(20*time.Millisecond), "t", "0", nil) })
		go func() { done <- r.Run(ctx) }()
		if got := <-seen; got != "0" {
			t.Fatal(got)
		}
		for i := range 5 {
			must(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "t", fmt.Sprint(i), nil) })
			if got := <-seen; got != fmt.Sprint(i) {
				t.Fatal(got)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if c := counts(t, db); c.Open != 0 {
			t.Fatal(c)
		}
	})
}

// An event whose runners all die is parked in the end.
func TestDeadlyEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.SQLite(t, schema.FS)
		var ran atomic.Int64
		r := outbox.New(db, map[string]outbox.Handler{"t": func(context.Context, outbox.Event) error { ran.Add(1); return nil }}, quiet(outbox.Options{Attempts: 3}))
		must(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "t", "k", nil) })
		must(t, db, func(tx *store.Tx) error { // as three dead runners would leave it
			_, err := tx.Exec(`UPDATE outbox_event SET attempts = 3, lease_by = 'dead', lease_until = $1`, tx.Now())
			return err
		})
		time.Sleep(time.Second)
		drain(t, r)
		if c := counts(t, db); ran.Load() != 0 || c.Parked != 1 {
			t.Fatal(ran.Load(), c)
		}
	})
}

// Two processes, as far as the database can tell.
func TestTwoRunnersManyEvents(t *testing.T) {
	const events = 300
	storetest.EachMigrated(t, schema.FS, func(t *testing.T, url string) {
		open := func() *store.DB {
			return storetest.Open(t, url, schema.FS, store.Options{BusyTimeout: 10 * time.Second})
		}
		db := open()
		var running sync.Map
		var ran, twice atomic.Int64
		handler := func(_ context.Context, e outbox.Event) error {
			if _, at := running.LoadOrStore(e.Key, true); at {
				twice.Add(1)
			}
			ran.Add(1)
			running.Delete(e.Key)
			return nil
		}
		for i := range events / 10 {
			must(t, db, func(tx *store.Tx) error {
				for k := range 10 {
					if err := outbox.Emit(tx, "t", fmt.Sprint(i*10+k), nil); err != nil {
						return err
					}
				}
				return nil
			})
		}
		var wg sync.WaitGroup
		for _, db := range []*store.DB{db, open(), open()} {
			wg.Go(func() {
				r := outbox.New(db, map[string]outbox.Handler{"t": handler}, quiet(outbox.Options{}))
				for counts(t, db).Open > 0 { // a claim that collided too often is tried again
					if err := r.Drain(t.Context()); err != nil && !fail.Is(err, fail.Busy) {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		if c := counts(t, db); ran.Load() != events || twice.Load() != 0 || c.Open != 0 {
			t.Fatal(ran.Load(), twice.Load(), c)
		}
	})
}

// Events of a topic that is handled in batches come together, however many workers are
// free; each ends for itself, and those of other topics have a worker each.
func TestBatches(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		const events = 600
		var mu sync.Mutex
		var sizes []int
		done := map[string]int{}
		deaf := true
		r := outbox.New(db, map[string]outbox.Handler{"alone": func(_ context.Context, e outbox.Event) error {
			mu.Lock()
			defer mu.Unlock()
			done[e.Topic+e.Key]++
			return nil
		}}, quiet(outbox.Options{Workers: 2, Batches: map[string]outbox.BatchHandler{"many": func(_ context.Context, es []outbox.Event) []error {
			mu.Lock()
			defer mu.Unlock()
			sizes = append(sizes, len(es))
			failed := make([]error, len(es))
			for i, e := range es {
				if e.Topic != "many" {
					t.Errorf("a batch has %s %s", e.Topic, e.Key)
				}
				switch {
				case e.Key == "7" && deaf:
					failed[i] = errors.New("not yet")
					continue
				case e.Key == "9" && deaf && done["many9"] == 0: // it is wanted anew meanwhile
					must(t, db, func(tx *store.Tx) error { return outbox.Emit(tx, "many", "9", nil) })
				}
				done[e.Topic+e.Key]++
			}
			return failed
		}}}))
		must(t, db, func(tx *store.Tx) error {
			for i := range events {
				if err := outbox.Emit(tx, "many", fmt.Sprint(i), nil); err != nil {
					return err
				}
				if i%100 == 0 {
					if err := outbox.Emit(tx, "alone", fmt.Sprint(i), nil); err != nil {
						return err
					}
				}
			}
			return nil
		})
		drain(t, r)
		if c := counts(t, db); c.Open != 1 || len(done) != events-1+events/100 || len(sizes) > 6 {
			t.Fatalf("%+v are left, %d were handled in batches of %v", c, len(done), sizes)
		}
		deaf = false
		must(t, db, func(tx *store.Tx) error { tx.Write(`UPDATE outbox_event SET due_at = 1`); return nil })
		drain(t, r)
		for key, n := range done {
			if want := map[bool]int{false: 1, true: 2}[key == "many9"]; n != want {
				t.Errorf("%s was handled %d times", key, n)
			}
		}
		if c := counts(t, db); c.Open != 0 || done["many7"] != 1 {
			t.Errorf("%+v are left", c)
		}
	})
}

// A batch whose handler panics is tried again as a whole, and parked in the end.
func TestABatchThatPanics(t *testing.T) {
	db := storetest.SQLite(t, schema.FS)
	tries := 0
	r := outbox.New(db, nil, quiet(outbox.Options{Attempts: 3, Batches: map[string]outbox.BatchHandler{"many": func(context.Context, []outbox.Event) []error {
		tries++
		panic("no")
	}}}))
	must(t, db, func(tx *store.Tx) error {
		return errors.Join(outbox.Emit(tx, "many", "a", nil), outbox.Emit(tx, "many", "b", nil))
	})
	for range 5 {
		drain(t, r)
		must(t, db, func(tx *store.Tx) error { tx.Write(`UPDATE outbox_event SET due_at = 1`); return nil })
	}
	if c := counts(t, db); c.Parked != 2 || tries != 3 {
		t.Fatalf("%+v after %d tries", c, tries)
	}
}
