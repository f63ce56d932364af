package device

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/schema"
)

// orders is a Commander that keeps what it was told. Stations are told apart by
// the first letter of their names.
type orders struct {
	mu       sync.Mutex
	got      map[string][]Command
	actors   map[string]bool
	now, max int
	block    chan struct{} // stations B… answer when it is closed
}

func (o *orders) Command(ctx context.Context, station string, c Command) (Outcome, error) {
	o.mu.Lock()
	if o.got == nil {
		o.got, o.actors = map[string][]Command{}, map[string]bool{}
	}
	o.got[station] = append(o.got[station], c)
	o.actors[Actor(ctx)] = true
	o.now++
	o.max = max(o.max, o.now)
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		o.now--
		o.mu.Unlock()
	}()
	switch station[0] {
	case 'R':
		return Outcome{Status: Rejected, Word: "Rejected"}, nil
	case 'O':
		return Outcome{}, fail.New(fail.Offline, "test", "not connected")
	case 'T':
		return Outcome{}, fail.New(fail.Timeout, "test", "no answer")
	case 'F':
		return Outcome{}, fail.New(fail.Busy, "test", "too many calls")
	case 'B':
		select {
		case <-o.block:
		case <-ctx.Done():
			return Outcome{}, context.Canceled
		}
	}
	return Outcome{Status: Accepted, Word: "Accepted"}, nil
}

func (o *orders) sent(station string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.got[station])
}

type jobBench struct {
	*testing.T
	db *store.DB
	sc access.Scope
}

func eachJob(t *testing.T, fn func(b jobBench)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		b := jobBench{t, db, access.Scope{Tenant: access.DefaultTenant, Role: access.Owner, Actor: "key_1", Name: "Ada"}}
		b.do(func(tx *store.Tx) error {
			return access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"})
		})
		fn(b)
	})
}

func (b jobBench) do(fn func(tx *store.Tx) error) {
	b.Helper()
	if _, err := store.Do(b.Context(), b.db, "test", func(tx *store.Tx) (int, error) { return 0, fn(tx) }); err != nil {
		b.Fatal(err)
	}
}

// run runs a runner until the test stops it; settled waits until a job is in one
// of some states.
func (b jobBench) run(to Commander) (r *Runner, settled func(job string, states ...string) Job, stop func()) {
	moved := make(chan struct{}, 10_000)
	r = NewRunner(b.db, to, slog.New(slog.NewTextHandler(b.Output(), nil)), func(string) { moved <- struct{}{} })
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(stop)
	return r, func(job string, states ...string) Job {
		b.Helper()
		for {
			if j := b.job(job); slices.Contains(states, j.State) {
				return j
			}
			select {
			case <-moved:
			case <-b.Context().Done():
				b.Fatal("the job does not end")
			}
		}
	}, stop
}

func (b jobBench) job(job string) (j Job) {
	b.Helper()
	b.do(func(tx *store.Tx) (err error) { j, err = GetJob(tx, b.sc, job); return err })
	return j
}

func (b jobBench) start(r *Runner, c Command, stations ...string) Job {
	b.Helper()
	j, err := r.Start(b.Context(), b.sc, c, stations)
	if err != nil {
		b.Fatal(err)
	}
	return j
}

func TestAJobReachesEveryStationOnce(t *testing.T) {
	eachJob(t, func(b jobBench) {
		to := &orders{}
		r, settled, _ := b.run(to)
		var at []string
		for i := range 120 {
			at = append(at, fmt.Sprintf("%c%d", "ARFOT"[i%5], i))
		}
		j := settled(b.start(r, Reset{Hard: true}, at...).ID, JobDone)
		for state, want := range map[ItemState]int64{ItemAccepted: 24, ItemRefused: 24, ItemFailed: 24, ItemOffline: 24, ItemUnknown: 24, ItemWaiting: 0, ItemAsked: 0} {
			if j.Count[state] != want {
				b.Errorf("%s: %d, want %d", state, j.Count[state], want)
			}
		}
		for _, s := range at {
			if to.sent(s) != 1 {
				b.Errorf("%s was told %d times", s, to.sent(s))
			}
		}
		if to.max > jobsInFlight || len(to.actors) != 1 || !to.actors["key_1"] {
			b.Errorf("%d at once, on behalf of %v", to.max, to.actors)
		}
		b.do(func(tx *store.Tx) error {
			items, err := JobItems(tx, b.sc, j.ID, ItemRefused, 0, 5)
			if err != nil || len(items) != 5 || items[0].Word != "Rejected" || items[0].At.IsZero() {
				b.Errorf("%+v %v", items, err)
			}
			rest, err := JobItems(tx, b.sc, j.ID, ItemRefused, items[4].N, 100)
			if len(rest) != 19 {
				b.Errorf("%d items follow, %v", len(rest), err)
			}
			return nil
		})
	})
}

func TestCancellingAJob(t *testing.T) {
	eachJob(t, func(b jobBench) {
		to := &orders{block: make(chan struct{})}
		r, settled, _ := b.run(to)
		var at []string
		for i := range 50 {
			at = append(at, fmt.Sprintf("B%d", i))
		}
		j := b.start(r, ClearCache{}, at...)
		other := b.start(r, ClearCache{}, "A1")
		b.do(func(tx *store.Tx) error { _, err := CancelJob(tx, b.sc, j.ID); return err })
		if _, err := store.Do(b.Context(), b.db, "x", func(tx *store.Tx) (Job, error) { return CancelJob(tx, b.sc, j.ID) }); !fail.Is(err, fail.Conflict) {
			b.Errorf("cancelled twice: %v", err)
		}
		close(to.block)
		settled(other.ID, JobDone)
		for {
			got := b.job(j.ID)
			if got.Count[ItemAsked] == 0 {
				if got.State != JobCancelled || got.Count[ItemCancelled]+got.Count[ItemAccepted] != 50 || got.Count[ItemCancelled] < 30 {
					b.Errorf("%+v", got)
				}
				break
			}
		}
	})
}

// A process dies with commands under way: what is safe goes out again, what is
// not stays unknown, and the rest goes on.
func TestAJobGoesOnAfterARestart(t *testing.T) {
	eachJob(t, func(b jobBench) {
		safe, unsafe := Job{}, Job{}
		b.do(func(tx *store.Tx) (err error) {
			if safe, err = StartJob(tx, b.sc, ClearCache{}, []string{"A1", "A2", "A3"}); err != nil {
				return err
			}
			unsafe, err = StartJob(tx, b.sc, Reset{}, []string{"A4", "A5", "A6"})
			return err
		})
		b.do(func(tx *store.Tx) error { // the first two of each were asked when it died
			items, err := takeItems(tx, 4)
			if len(items) != 4 || items[0].N != 1 || items[1].N != 1 || items[2].N != 2 {
				b.Errorf("jobs do not take turns: %+v", items)
			}
			return err
		})
		to := &orders{}
		_, settled, _ := b.run(to)
		if j := settled(safe.ID, JobDone); j.Count[ItemAccepted] != 3 {
			b.Errorf("%+v", j)
		}
		if j := settled(unsafe.ID, JobDone); j.Count[ItemAccepted] != 1 || j.Count[ItemUnknown] != 2 {
			b.Errorf("%+v", j)
		}
		if to.sent("A4") != 0 || to.sent("A5") != 0 || to.sent("A6") != 1 || to.sent("A1") != 1 {
			b.Errorf("%+v", to.got)
		}
	})
}

// A stop in the middle waits for nobody and invents nothing.
func TestAStoppedRunner(t *testing.T) {
	eachJob(t, func(b jobBench) {
		to := &orders{block: make(chan struct{})}
		r, _, stop := b.run(to)
		j := b.start(r, Reset{}, "B1")
		for to.sent("B1") == 0 {
			if b.Context().Err() != nil {
				b.Fatal("it is not sent")
			}
		}
		stop()
		if got := b.job(j.ID); got.Count[ItemUnknown] != 1 || got.State != JobDone {
			b.Errorf("%+v", got)
		}
	})
}

// A secret is sent, and never on record: after a restart the rest of its job fails.
func TestAJobWithASecret(t *testing.T) {
	eachJob(t, func(b jobBench) {
		secret := SetSettings{Values: []Value{{Setting: Setting{Variable: "AuthorizationKey"}, Value: "correct horse battery"}}}
		var lost Job
		b.do(func(tx *store.Tx) (err error) { lost, err = StartJob(tx, b.sc, secret, []string{"A9"}); return err })
		to := &orders{}
		r, settled, _ := b.run(to)
		j := settled(b.start(r, secret, "A1").ID, JobDone)
		if j.Whole || j.Count[ItemAccepted] != 1 || to.got["A1"][0].(SetSettings).Values[0].Value != "correct horse battery" {
			b.Errorf("%+v %+v", j, to.got)
		}
		b.do(func(tx *store.Tx) error {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM device_job WHERE replace(body, 'horse', '') <> body OR whole`)
			if n != 0 {
				b.Errorf("%d secrets are on record", n)
			}
			return err
		})
		if j := settled(lost.ID, JobDone); j.Count[ItemFailed] != 1 || to.sent("A9") != 0 {
			b.Errorf("%+v", j)
		}
	})
}

func TestWhoSeesJobs(t *testing.T) {
	eachJob(t, func(b jobBench) {
		var j Job
		b.do(func(tx *store.Tx) (err error) { j, err = StartJob(tx, b.sc, ClearCache{}, []string{"A1"}); return err })
		for name, sc := range map[string]access.Scope{"another tenant": {Tenant: "tn_x"}, "a host": {Tenant: b.sc.Tenant, Sites: []string{"site"}}} {
			b.do(func(tx *store.Tx) error {
				if _, err := GetJob(tx, sc, j.ID); !fail.Is(err, fail.NotFound) {
					b.Errorf("%s: %v", name, err)
				}
				if js, err := Jobs(tx, sc, CommandKey{}, 10); len(js) != 0 || err != nil {
					b.Errorf("%s: %v %v", name, js, err)
				}
				if _, err := CancelJob(tx, sc, j.ID); !fail.Is(err, fail.NotFound) {
					b.Errorf("%s: %v", name, err)
				}
				return nil
			})
		}
		for name, at := range map[string][]string{"none": nil, "twice": {"A", "A"}, "too many": make([]string, MaxJobStations+1)} {
			if _, err := store.Do(b.Context(), b.db, "x", func(tx *store.Tx) (Job, error) { return StartJob(tx, b.sc, ClearCache{}, at) }); !fail.Is(err, fail.Invalid) {
				b.Errorf("%s: %v", name, err)
			}
		}
		b.do(func(tx *store.Tx) error {
			tx.Write(`UPDATE device_job SET created_at = $1`, tx.Now().AddDate(0, 0, -401))
			ForgetJobs(tx)
			js, err := Jobs(tx, b.sc, CommandKey{}, 10)
			if len(js) != 0 {
				b.Errorf("%+v", js)
			}
			return err
		})
	})
}

// What the system starts does not keep people from starting theirs.
func TestOwnJobsAreNotCountedAmongThoseOfPeople(t *testing.T) {
	eachJob(t, func(b jobBench) {
		b.do(func(tx *store.Tx) error {
			for range maxJobs {
				if _, err := StartOwnJob(tx, b.sc.Tenant, ClearCache{}, []string{"A1"}); err != nil {
					return err
				}
			}
			for range maxJobs {
				if _, err := StartJob(tx, b.sc, ClearCache{}, []string{"A1"}); err != nil {
					return err
				}
			}
			if _, err := StartJob(tx, b.sc, ClearCache{}, []string{"A1"}); !fail.Is(err, fail.Busy) {
				b.Errorf("one too many: %v", err)
			}
			_, err := StartOwnJob(tx, b.sc.Tenant, ClearCache{}, []string{"A1"})
			return err
		})
	})
}
