package tariff

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// Feed is an index with the source that it is fetched from.
type Feed struct {
	Index  Index
	Source Source
}

// FeederOptions configure a Feeder.
type FeederOptions struct {
	DB    *store.DB
	Feeds []Feed
	Log   *slog.Logger
	// Missed is called, in the transaction that notes it, once for each day whose
	// prices are not all known at the hour of the alarm before.
	Missed func(tx *store.Tx, x Index, day time.Time) error
}

// Feeder fetches the prices of indexes ahead and publishes them. Tomorrow's are
// asked for from the time on at which they are due; a fetch that fails or that
// brings too little is tried again, after a minute and then ever less often.
type Feeder struct{ o FeederOptions }

// Bounds of fetching.
const (
	fetchTime   = time.Minute
	firstRetry  = time.Minute
	lastRetry   = 30 * time.Minute
	fetchAtMost = 6 * time.Hour // between fetches, so that a change is seen
)

// NewFeeder checks the feeds and returns their feeder; Run starts it.
func NewFeeder(o FeederOptions) (*Feeder, error) {
	for i := range o.Feeds {
		if err := o.Feeds[i].Index.Check(); err != nil {
			return nil, err
		}
	}
	return &Feeder{o}, nil
}

// Run makes the indexes and feeds them until ctx ends. Indexes that were fed
// before and have no feed now are put in by hand from now on.
func (f *Feeder) Run(ctx context.Context) error {
	if _, err := store.Do(ctx, f.o.DB, "indexes", func(tx *store.Tx) (struct{}, error) { return struct{}{}, f.register(tx) }); err != nil {
		return err
	}
	var all sync.WaitGroup
	defer all.Wait()
	for _, feed := range f.o.Feeds {
		all.Go(func() { f.feed(ctx, feed) })
	}
	return nil
}

func (f *Feeder) register(tx *store.Tx) error {
	if _, err := tx.Exec(`UPDATE tariff_index SET fed = FALSE WHERE fed`); err != nil {
		return err
	}
	for _, feed := range f.o.Feeds {
		x := feed.Index
		x.Fed = true
		if err := PutIndex(tx, x); err != nil {
			return err
		}
	}
	return nil
}

// feed fetches for one index until ctx ends.
func (f *Feeder) feed(ctx context.Context, feed Feed) {
	for tries := 0; ; {
		now := time.Now()
		next, done, err := f.turn(ctx, feed, now)
		if ctx.Err() != nil {
			return
		}
		wait := next.Sub(now)
		if tries++; done {
			tries = 0
		} else {
			wait = min(firstRetry<<min(tries-1, 10), lastRetry)
		}
		if err != nil {
			f.o.Log.WarnContext(ctx, "spot prices were not fetched", "index", feed.Index.ID, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// turn fetches once, publishes, and gives the alarm if it is time. Once all is
// known that can be it is done, and next is when there is more.
func (f *Feeder) turn(ctx context.Context, feed Feed, now time.Time) (next time.Time, done bool, err error) {
	p, err := planOf(feed.Index, now)
	if err != nil {
		return now, false, err
	}
	fetching, cancel := context.WithTimeout(ctx, fetchTime)
	slots, failed := feed.Source.Fetch(fetching, p.from, p.until)
	cancel()
	o, err := store.Do(ctx, f.o.DB, "index/"+feed.Index.ID, func(tx *store.Tx) (outcome, error) {
		return f.take(tx, feed.Index, p, slots, failed)
	})
	if err == nil {
		err = o.failed
	}
	return p.next, o.complete, err
}

// outcome is how a turn went.
type outcome struct {
	complete bool  // all is known that can be
	failed   error // of the source, or its answer was refused
}

// take publishes what was fetched and notes how it went.
func (f *Feeder) take(tx *store.Tx, x Index, p plan, slots []Slot, failed error) (outcome, error) {
	if failed == nil {
		_, failed = Publish(tx, x, slots)
		if failed != nil && !fail.Is(failed, fail.Invalid) {
			return outcome{}, failed
		}
	}
	if failed != nil {
		tx.Write(`UPDATE tariff_index SET failed_at = $3, failure = $4 WHERE tenant_id = $1 AND id = $2`, x.Tenant, x.ID, tx.Now(), clipTo(fail.Say(failed), 500))
	} else {
		tx.Write(`UPDATE tariff_index SET fetched_at = $3, failed_at = NULL, failure = '' WHERE tenant_id = $1 AND id = $2`, x.Tenant, x.ID, tx.Now())
	}
	known, err := Slots(tx, x.Tenant, x.ID, p.from, p.until)
	if err != nil {
		return outcome{}, err
	}
	if len(Missing(known, p.tomorrow, p.until)) > 0 && p.alarm {
		if err := f.missed(tx, x, p.tomorrow); err != nil {
			return outcome{}, err
		}
	}
	// The slot that is running can be known no more.
	return outcome{failed == nil && len(Missing(known, p.now.Add(x.Slot), p.wanted())) == 0, failed}, nil
}

// missed gives the alarm for a day, once.
func (f *Feeder) missed(tx *store.Tx, x Index, day time.Time) error {
	n, err := tx.Exec(`UPDATE tariff_index SET missed = $3 WHERE tenant_id = $1 AND id = $2 AND missed <> $3`, x.Tenant, x.ID, int64(Date(day)))
	if err != nil || n == 0 || f.o.Missed == nil {
		return err
	}
	return f.o.Missed(tx, x, day)
}

// plan is what a turn at a time is about.
type plan struct {
	now         time.Time
	from, until time.Time // what to fetch: today and tomorrow in the zone of the index
	tomorrow    time.Time // its first instant
	due, alarm  bool      // tomorrow should be known, must be known
	next        time.Time // the next turn if all is known
}

func planOf(x Index, now time.Time) (plan, error) {
	zone, err := x.Location()
	if err != nil {
		return plan{}, err
	}
	y, m, d := now.In(zone).Date()
	day := func(n, minute int) time.Time { return time.Date(y, m, d+n, 0, minute, 0, 0, zone) }
	p := plan{now: now, from: day(0, 0), tomorrow: day(1, 0), until: day(2, 0), next: day(1, x.Due)}
	p.due, p.alarm = !now.Before(day(0, x.Due)), !now.Before(day(0, x.Alarm))
	if !p.due {
		p.next = day(0, x.Due)
	}
	if most := now.Add(fetchAtMost); p.next.After(most) {
		p.next = most
	}
	return p, nil
}

// wanted is until when all should be known: the rest of today, and tomorrow once
// it is due.
func (p plan) wanted() time.Time {
	if p.due {
		return p.until
	}
	return p.tomorrow
}

func clipTo(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// Supplied is an index with what is known of it.
type Supplied struct {
	Index
	Slots   []Slot    // of today and tomorrow in its zone
	Missing []Stretch // of the rest of today, and of tomorrow once it is due
}

// Supplies lists the indexes of a tenant with what is known of them.
func Supplies(tx *store.Tx, tenant string) ([]Supplied, error) {
	all, err := Indexes(tx, tenant)
	if err != nil {
		return nil, err
	}
	out := make([]Supplied, len(all))
	for i, x := range all {
		if out[i], err = supplied(tx, x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// GetSupplied returns an index with what is known of it, or NotFound.
func GetSupplied(tx *store.Tx, tenant, id string) (Supplied, error) {
	x, err := GetIndex(tx, tenant, id)
	if err != nil {
		return Supplied{}, err
	}
	return supplied(tx, x)
}

func supplied(tx *store.Tx, x Index) (Supplied, error) {
	p, err := planOf(x, tx.Now())
	if err != nil {
		return Supplied{}, err
	}
	v := Supplied{Index: x}
	if v.Slots, err = Slots(tx, x.Tenant, x.ID, p.from, p.until); err != nil {
		return v, err
	}
	v.Missing = Missing(v.Slots, p.now, p.wanted())
	return v, nil
}
