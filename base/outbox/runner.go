package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
)

// Handler does what an event asks for. An error, or a panic, has it tried again later.
// ctx ends before the lease does.
type Handler func(ctx context.Context, e Event) error

// BatchHandler does what events of one topic ask for, together, and returns by its place
// why each failed, nil where it did not. To all of them it is what Handler is to one.
type BatchHandler func(ctx context.Context, events []Event) []error

// batchSize bounds the events that a BatchHandler is given.
const batchSize = 256

// Options bounds a runner. The zero value is good for production.
type Options struct {
	Log      *slog.Logger  // default slog.Default
	Workers  int           // handlers at one time; default 8
	Lease    time.Duration // an event is one runner's for so long; a handler has 3/4 of it; default 60 s
	Poll     time.Duration // longest time without a look at the database; default 5 s
	Attempts int64         // failures until an event is parked; default 12
	Backoff  time.Duration // before the second attempt, then doubled with jitter; default 1 s
	MaxDelay time.Duration // longest time between attempts; default 10 min

	Batches map[string]BatchHandler // by topic: beside the handlers that are given one event at a time
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.Attempts <= 0 {
		o.Attempts = 12
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&o.Lease, time.Minute}, {&o.Poll, 5 * time.Second}, {&o.Backoff, time.Second}, {&o.MaxDelay, 10 * time.Minute}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return o
}

// Runner runs the handlers of a set of topics. Many runners, in one process or in
// several, may share a database.
type Runner struct {
	db       *store.DB
	handlers map[string]Handler
	o        Options
	topics   []any
	claimSQL string
	nextSQL  string
	batchSQL string // claims more of one topic
}

// New returns a runner for the topics of handlers; events of other topics are left
// alone.
func New(db *store.DB, handlers map[string]Handler, o Options) *Runner {
	r := &Runner{db: db, handlers: handlers, o: o.withDefaults()}
	for _, topic := range slices.Sorted(maps.Keys(handlers)) {
		r.topics = append(r.topics, topic)
	}
	for _, topic := range slices.Sorted(maps.Keys(o.Batches)) {
		r.topics = append(r.topics, topic)
	}
	claim := func(topics string) string {
		return `UPDATE outbox_event SET lease_until = $1, lease_by = $2, attempts = attempts + 1
		WHERE id IN (SELECT id FROM outbox_event
			WHERE parked = FALSE AND due_at <= $3 AND (lease_until IS NULL OR lease_until <= $3) AND topic IN ` + topics + `
			ORDER BY due_at, id LIMIT $4)
		RETURNING ` + columns
	}
	r.claimSQL, r.batchSQL = claim(r.in(5)), claim("($5)")
	r.nextSQL = `SELECT due_at FROM outbox_event
		WHERE parked = FALSE AND lease_until IS NULL AND topic IN ` + r.in(1) + ` ORDER BY due_at, id LIMIT 1`
	return r
}

// in writes the list of topics as parameters from $first on.
func (r *Runner) in(first int) string {
	if len(r.topics) == 0 {
		return "('')"
	}
	p := make([]string, len(r.topics))
	for i := range p {
		p[i] = fmt.Sprint("$", first+i)
	}
	return "(" + strings.Join(p, ", ") + ")"
}

// Run handles events until ctx ends; it then cancels the handlers' contexts, waits for
// them and returns nil.
func (r *Runner) Run(ctx context.Context) error {
	woken, stop := r.db.Listen(signal)
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	idle := make(chan struct{}, r.o.Workers)
	free := r.o.Workers
	for ctx.Err() == nil {
		wait := r.o.Poll
		if free > 0 {
			work, err := r.claim(ctx, free)
			if err != nil && ctx.Err() == nil {
				r.o.Log.Error("outbox: cannot claim events", "error", err)
			}
			for _, events := range work {
				free--
				wg.Go(func() {
					defer func() { idle <- struct{}{} }()
					r.handle(ctx, events)
				})
			}
			if slices.ContainsFunc(work, func(events []Event) bool { return len(events) == batchSize }) {
				continue // there is more: nobody need ask when
			}
			if err == nil && free > 0 {
				wait = r.untilNext(ctx)
			}
		}
		select {
		case <-ctx.Done():
		case <-idle:
			free++
		case <-woken:
		case <-time.After(wait):
		}
		for more := true; more; {
			select {
			case <-idle:
				free++
			default:
				more = false
			}
		}
	}
	return nil
}

// Drain handles events until none is due, or ctx ends. An event that fails is due
// later and not waited for.
func (r *Runner) Drain(ctx context.Context) error {
	for {
		work, err := r.claim(ctx, r.o.Workers)
		if err != nil || len(work) == 0 {
			return err
		}
		var wg sync.WaitGroup
		for _, events := range work {
			wg.Go(func() { r.handle(ctx, events) })
		}
		wg.Wait()
	}
}

// claim leases due events for up to n workers: what each of them is to handle.
func (r *Runner) claim(ctx context.Context, n int) ([][]Event, error) {
	lease := id.New("lease")
	return store.Do(ctx, r.db, signal, func(tx *store.Tx) ([][]Event, error) {
		lend := func(sql string, n int, topics ...any) ([]Event, error) {
			return store.All(tx, scan, sql, append([]any{tx.Now().Add(r.o.Lease), lease, tx.Now(), n}, topics...)...)
		}
		events, err := lend(r.claimSQL, n, r.topics...)
		if err != nil {
			return nil, err
		}
		work, batches := r.sorted(events)
		each := 1 // batches of a topic
		if len(batches) > 0 {
			each = max(1, (n-len(work))/len(batches))
		}
		for _, topic := range slices.Sorted(maps.Keys(batches)) {
			more, err := lend(r.batchSQL, each*batchSize-len(batches[topic]), topic)
			if err != nil {
				return nil, err
			}
			work = slices.AppendSeq(work, slices.Chunk(append(batches[topic], more...), batchSize))
		}
		return work, nil
	})
}

// sorted tells the events that have a worker each from those that go in a batch, by
// topic.
func (r *Runner) sorted(events []Event) (alone [][]Event, batches map[string][]Event) {
	batches = map[string][]Event{}
	for _, e := range events {
		if r.o.Batches[e.Topic] != nil {
			batches[e.Topic] = append(batches[e.Topic], e)
		} else {
			alone = append(alone, []Event{e})
		}
	}
	return alone, batches
}

// untilNext returns how long to wait for the next event, Poll at most. Leases that run
// out are found by polling.
func (r *Runner) untilNext(ctx context.Context) time.Duration {
	wait, err := store.Read(ctx, r.db, func(tx *store.Tx) (time.Duration, error) {
		due, found, err := store.One(tx, func(row *store.Row) time.Time { return row.Time(0) }, r.nextSQL, slices.Clone(r.topics)...)
		if !found {
			return r.o.Poll, err
		}
		return due.Sub(tx.Now()), nil
	})
	if err != nil {
		return r.o.Poll
	}
	return min(max(wait, time.Millisecond), r.o.Poll)
}

// finishWait bounds how long the end of an attempt tries to be written.
const finishWait = 10 * time.Second

// errNoEnd parks an event whose attempts all ended with their lease: it may be what
// kills its runners.
var errNoEnd = fail.New(fail.Internal, "outbox.run", "no attempt came to an end")

// handle runs the handler once for each event, or for all of a batch, and writes how it
// ended.
func (r *Runner) handle(ctx context.Context, events []Event) {
	failures := make([]error, len(events))
	var run []int
	for i, e := range events {
		if e.Attempts > r.o.Attempts {
			failures[i] = errNoEnd
		} else {
			run = append(run, i)
		}
	}
	hctx, cancel := context.WithTimeout(ctx, r.o.Lease*3/4)
	r.call(hctx, events, run, failures)
	cancel()
	stopping := ctx.Err() != nil
	fctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWait)
	defer cancel()
	_, err := store.Do(fctx, r.db, signal, func(tx *store.Tx) (struct{}, error) {
		ended, err := deleteDone(tx, events, failures)
		for i, e := range events {
			if err == nil && !ended[e.ID] {
				err = r.finish(tx, e, failures[i], stopping)
			}
		}
		return struct{}{}, err
	})
	if err != nil { // they run again when the lease has run out
		r.o.Log.Error("outbox: cannot write the end of an attempt", "topic", events[0].Topic, "key", events[0].Key, "events", len(events), "error", err)
	}
}

// call runs the handler for those of the events and says why they failed; a panic is an
// error of all.
func (r *Runner) call(ctx context.Context, events []Event, run []int, failures []error) {
	if len(run) == 0 {
		return
	}
	first := events[run[0]]
	defer func() {
		if v := recover(); v != nil {
			r.o.Log.Error("outbox: a handler panicked", "topic", first.Topic, "key", first.Key, "panic", v, "stack", string(debug.Stack()))
			for _, i := range run {
				failures[i] = fail.New(fail.Internal, "outbox.run", "panic: %v", v)
			}
		}
	}()
	batch := r.o.Batches[first.Topic]
	if batch == nil {
		failures[run[0]] = r.handlers[first.Topic](ctx, first)
		return
	}
	given := make([]Event, len(run))
	for k, i := range run {
		given[k] = events[i]
	}
	for k, err := range batch(ctx, given) {
		failures[run[k]] = err
	}
}

// finish deletes the event, or gives it back for later. If it was wanted anew while the
// handler ran, only the lease is given back.
func (r *Runner) finish(tx *store.Tx, e Event, failure error, stopping bool) error {
	var n int64
	var err error
	switch {
	case failure == nil:
		n, err = tx.Exec(`DELETE FROM outbox_event WHERE id = $1 AND lease_by = $2 AND version = $3`, e.ID, e.lease, e.version)
	case stopping:
		n, err = tx.Exec(`UPDATE outbox_event SET lease_until = NULL, lease_by = NULL, attempts = attempts - 1
			WHERE id = $1 AND lease_by = $2 AND version = $3`, e.ID, e.lease, e.version)
	default:
		parked := e.Attempts >= r.o.Attempts
		n, err = tx.Exec(`UPDATE outbox_event SET lease_until = NULL, lease_by = NULL, last_error = $4, parked = $5, due_at = $6
			WHERE id = $1 AND lease_by = $2 AND version = $3`,
			e.ID, e.lease, e.version, errorText(failure), parked, tx.Now().Add(r.delay(e.Attempts)))
		r.o.Log.Warn("outbox: an event failed", "topic", e.Topic, "key", e.Key, "attempt", e.Attempts, "parked", parked, "error", failure)
	}
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec(`UPDATE outbox_event SET lease_until = NULL, lease_by = NULL, attempts = 0
		WHERE id = $1 AND lease_by = $2`, e.ID, e.lease)
	tx.Signal(signal)
	return err
}

// deletedAtOnce is how many events one statement deletes.
const deletedAtOnce = 32

var deleteSQL = func() string {
	var in strings.Builder
	for i := range deletedAtOnce {
		fmt.Fprintf(&in, ", $%d", i+3)
	}
	return `DELETE FROM outbox_event WHERE lease_by = $1 AND version = $2 AND id IN (` + in.String()[2:] + `) RETURNING id`
}()

// deleteDone deletes those of a batch that were handled, as many at once as it can, and
// returns which: it leaves out the last few, and what is not as it was claimed.
func deleteDone(tx *store.Tx, events []Event, failures []error) (map[string]bool, error) {
	done, ended := map[int64][]any{}, map[string]bool{} // by version
	for i, e := range events {
		if failures[i] == nil {
			done[e.version] = append(done[e.version], e.ID)
		}
	}
	for _, version := range slices.Sorted(maps.Keys(done)) {
		for ids := range slices.Chunk(done[version], deletedAtOnce) {
			if len(ids) < deletedAtOnce {
				break
			}
			deleted, err := store.All(tx, func(row *store.Row) string { return row.Text(0) }, deleteSQL, append([]any{events[0].lease, version}, ids...)...)
			if err != nil {
				return nil, err
			}
			for _, id := range deleted {
				ended[id] = true
			}
		}
	}
	return ended, nil
}

// delay returns the time before the next attempt: doubled each time, ±20 %.
func (r *Runner) delay(attempts int64) time.Duration {
	d := r.o.MaxDelay
	if shift := max(attempts-1, 0); shift < 30 {
		d = min(r.o.Backoff<<shift, r.o.MaxDelay)
	}
	return d*4/5 + rand.N(d*2/5+1)
}

const maxErrorText = 500

// errorText makes an error fit for a column.
func errorText(err error) string {
	s := strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\x00", ""), "?")
	if len(s) > maxErrorText {
		s = strings.ToValidUTF8(s[:maxErrorText], "") + "…"
	}
	return s
}
