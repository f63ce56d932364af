package device

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Runner sends the commands of jobs.
type Runner struct {
	db      *store.DB
	to      Commander
	log     *slog.Logger
	changed func(job string)

	mu      sync.Mutex
	secrets map[string]Command // of jobs whose body is not whole on record
}

// Bounds of a Runner.
const (
	jobsInFlight = 20               // commands under way at one time, of all jobs
	jobLook      = 30 * time.Second // how often it looks without being woken
	jobWait      = 10 * time.Minute // for one station's outcome, however it was queued
	jobPatience  = 10 * time.Second // to record an outcome after the end of Run was asked
)

// NewRunner returns a Runner that sends by a Commander. changed, if not nil, is
// told the id of a job of which an item ended.
func NewRunner(db *store.DB, to Commander, log *slog.Logger, changed func(job string)) *Runner {
	if log == nil {
		log = slog.Default()
	}
	if changed == nil {
		changed = func(string) {}
	}
	return &Runner{db: db, to: to, log: log, changed: changed, secrets: map[string]Command{}}
}

// Start puts a job on record, as StartJob, and keeps its command where the record
// may not: until the job has ended, or the process does and with it the rest of
// the job.
func (r *Runner) Start(ctx context.Context, sc access.Scope, c Command, stations []string) (Job, error) {
	r.mu.Lock() // the job's first item waits until its command is kept
	defer r.mu.Unlock()
	j, err := store.Do(ctx, r.db, jobSignal, func(tx *store.Tx) (Job, error) { return StartJob(tx, sc, c, stations) })
	if err == nil && !j.Whole {
		r.secrets[j.ID] = c
	}
	return j, err
}

// Run sends until ctx ends, and returns when what it has sent is answered or
// given up. It begins by what a process before it left. One Runner runs at a
// time on a database.
func (r *Runner) Run(ctx context.Context) error {
	wake, stop := r.db.Listen(jobSignal)
	defer stop()
	if err := r.adopt(ctx); err != nil {
		return err
	}
	free := make(chan struct{}, jobsInFlight)
	var work sync.WaitGroup
	defer work.Wait()
	tick := time.NewTicker(jobLook)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := r.forget(ctx); err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "the secrets of ended jobs are kept still", "err", err)
		}
		n, err := r.fill(ctx, free, &work)
		if err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "jobs cannot go on", "err", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-tick.C:
		}
	}
	return nil
}

// forget drops the secrets of jobs that ended with nothing under way, as one does
// that was cancelled before its first item.
func (r *Runner) forget(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.secrets) == 0 {
		return nil
	}
	ended, err := store.Read(ctx, r.db, func(tx *store.Tx) (ended []string, err error) {
		for id := range r.secrets {
			j, _, err := findJob(tx, id)
			if err != nil {
				return nil, err
			}
			if j.State != JobRunning {
				ended = append(ended, id)
			}
		}
		return ended, nil
	})
	for _, id := range ended {
		delete(r.secrets, id)
	}
	return err
}

// adopt resolves what was asked by a process that is no more.
func (r *Runner) adopt(ctx context.Context) error {
	const batch = 500
	for n := batch; n == batch; {
		var err error
		if n, err = store.Do(ctx, r.db, jobSignal, func(tx *store.Tx) (int, error) { return orphans(tx, batch) }); err != nil {
			return err
		}
	}
	return nil
}

// fill waits for a free place, takes as many items as there are places, and
// sends them; it returns how many it took.
func (r *Runner) fill(ctx context.Context, free chan struct{}, work *sync.WaitGroup) (int, error) {
	select {
	case <-ctx.Done():
		return 0, nil
	case free <- struct{}{}:
	}
	places := 1
	for places < jobsInFlight {
		select {
		case free <- struct{}{}:
			places++
			continue
		default:
		}
		break
	}
	items, err := store.Do(ctx, r.db, jobSignal, func(tx *store.Tx) ([]Item, error) { return takeItems(tx, places) })
	if err != nil {
		items = nil
	}
	for range places - len(items) {
		<-free
	}
	for _, x := range items {
		work.Go(func() {
			defer func() { <-free }()
			r.ask(ctx, x)
		})
	}
	return len(items), err
}

// ask sends a job's command to one station and records what became of it.
func (r *Runner) ask(ctx context.Context, x Item) {
	j, c, err := r.command(ctx, x.Job)
	var o Outcome
	if err == nil {
		call, cancel := context.WithTimeout(WithActor(ctx, j.Actor), jobWait)
		o, err = r.to.Command(call, x.Station, c)
		cancel()
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = fail.New(fail.Timeout, "device.ask", "the server stopped before the station answered")
	}
	x.settle(o, err)
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobPatience)
	defer cancel()
	done, err := store.Do(keep, r.db, jobSignal, func(tx *store.Tx) (bool, error) {
		keepItem(tx, x)
		j, _, err := findJob(tx, x.Job)
		return j.State != JobRunning, err
	})
	if err != nil {
		r.log.ErrorContext(ctx, "what became of a job at a station is not on record", "job", x.Job, "station", x.Station, "err", err)
	}
	if done {
		r.mu.Lock()
		delete(r.secrets, x.Job)
		r.mu.Unlock()
	}
	r.changed(x.Job)
}

// command returns a job and what it sends.
func (r *Runner) command(ctx context.Context, job string) (Job, Command, error) {
	j, err := store.Read(ctx, r.db, func(tx *store.Tx) (Job, error) {
		j, found, err := findJob(tx, job)
		if err == nil && !found {
			err = fail.New(fail.NotFound, "device.Runner", "there is no job %q", job)
		}
		return j, err
	})
	if err != nil {
		return j, nil, err
	}
	if !j.Whole {
		r.mu.Lock()
		c, ok := r.secrets[job]
		r.mu.Unlock()
		if !ok {
			return j, nil, fail.New(fail.Unavailable, "device.Runner", "the server restarted, and it does not keep the secrets of a command")
		}
		return j, c, nil
	}
	c, err := ParseCommand(j.Kind, []byte(j.Body))
	return j, c, err
}

func findJob(tx *store.Tx, job string) (Job, bool, error) {
	return store.One(tx, scanJob, `SELECT `+jobColumns+` FROM device_job WHERE id = $1`, job)
}

// settle makes a state of an item of what a Commander answers.
func (x *Item) settle(o Outcome, err error) {
	x.Status, x.Word, x.Reason = o.Status, o.Word, o.Reason
	switch {
	case err == nil && o.Status.OK():
		x.State = ItemAccepted
	case err == nil:
		x.State = ItemRefused
	case fail.Is(err, fail.Timeout):
		x.State = ItemUnknown
	case fail.Is(err, fail.Offline):
		x.State = ItemOffline
	default:
		x.State = ItemFailed
	}
	if err != nil {
		x.Reason = fail.Say(err)
	}
}
