package store

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"chargewright/base/fail"
)

// Telemetry keeps what may be lost with the power: meter values and the like, packed,
// one row for each message, apart from the core database. SQLite: a file for each UTC
// day, synchronous=NORMAL; PostgreSQL: a partition for each day. A message is
// committed when Append returns.
type Telemetry struct {
	engine  telemetryEngine
	batch   int
	queue   chan *telemetryCall
	stop    chan struct{}
	once    sync.Once
	stopped chan struct{}
}

// TelemetryOptions bounds it. The zero value is good for production.
type TelemetryOptions struct {
	Log         *slog.Logger  // default slog.Default
	Name        string        // PostgreSQL: the table is telemetry_NAME; default "message"
	QueueDepth  int           // messages waiting; default 4096
	BatchSize   int           // messages in one commit; default 512
	OpenDays    int           // SQLite: day files open for writing; default 34, all that can come
	WriteWait   time.Duration // PostgreSQL: longest commit; default 10 s
	BusyTimeout time.Duration // SQLite: wait for another process's lock; default 5 s, negative: none
	ByTime      bool          // an index for Across, which without it reads whole days
}

// Message is one stored message.
type Message struct {
	At         time.Time // as the station said
	ReceivedAt time.Time
	Key        string
	Packed     []byte
}

// telemetryRow is a message with its place.
type telemetryRow struct {
	station string
	time    time.Time // the place in time: see placeInTime
	Message
}

type telemetryCall struct {
	row  telemetryRow
	err  error
	done chan struct{}
}

// telemetryEngine is what differs between the engines. A day is its midnight, UTC.
type telemetryEngine interface {
	// store commits the calls and sets their errors.
	store(calls []*telemetryCall)
	scan(ctx context.Context, station string, from, to time.Time, fn func(Message) error) error
	tail(ctx context.Context, station string, before time.Time, limit int) ([]Message, error)
	across(ctx context.Context, from, before time.Time, limit int, each func(*Row) (bool, error)) error
	dropBefore(ctx context.Context, day time.Time) (int, error)
	close() error
}

// OpenTelemetry opens the telemetry that belongs to db. dir, made if missing, is the
// folder of the day files; PostgreSQL does not use it.
func OpenTelemetry(ctx context.Context, db *DB, dir string, o TelemetryOptions) (*Telemetry, error) {
	base := Options{Log: o.Log, AtomTimeout: o.WriteWait, BusyTimeout: o.BusyTimeout, QueueDepth: o.QueueDepth}
	if o.WriteWait <= 0 {
		base.AtomTimeout = 10 * time.Second
	}
	base = base.withDefaults()
	if o.BatchSize <= 0 {
		o.BatchSize = 512
	}
	if o.OpenDays <= 0 {
		o.OpenDays = 34
	}
	var e telemetryEngine
	var err error
	if p, ok := db.engine.(*postgresDB); ok {
		e, err = openPostgresTelemetry(ctx, p, base, "telemetry_"+cmp.Or(o.Name, "message"), o.ByTime)
	} else {
		e, err = openLiteTelemetry(dir, base, o.OpenDays, o.ByTime)
	}
	if err != nil {
		return nil, err
	}
	t := &Telemetry{
		engine: e, batch: o.BatchSize, queue: make(chan *telemetryCall, base.QueueDepth),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go t.loop()
	return t, nil
}

const (
	lateLimit  = 30 * 24 * time.Hour // a message older than this at receipt has a wrong clock
	aheadLimit = 24 * time.Hour      // and so has one from further ahead
	day        = 24 * time.Hour
)

// placeInTime returns the time by which a message is stored and found: its own, so that
// a repeated message meets itself, or the day of receipt if its clock cannot be right.
func placeInTime(at, receivedAt time.Time) time.Time {
	if at.Before(receivedAt.Add(-lateLimit)) || at.After(receivedAt.Add(aheadLimit)) {
		return receivedAt.Truncate(day)
	}
	return at
}

// Append stores a message durably against a crash of the process, once for a station, a
// time and a key: the same again is no error. packed must not change afterwards. A
// message whose clock is over 30 days behind or a day ahead of receivedAt is filed under
// midnight (UTC) of the day of receipt. at zero means receivedAt.
func (t *Telemetry) Append(ctx context.Context, station string, at, receivedAt time.Time, key string, packed []byte) error {
	return t.AppendAll(ctx, Entry{station, Message{at, receivedAt, key, packed}})
}

// Entry is a message of a station.
type Entry struct {
	Station string
	Message
}

// AppendAll is Append for several messages, which may share commits. On an error some may
// have been stored.
func (t *Telemetry) AppendAll(ctx context.Context, entries ...Entry) error {
	calls := make([]*telemetryCall, 0, len(entries))
	for _, e := range entries {
		c, err := telemetryCallOf(e)
		if err != nil {
			return err
		}
		select {
		case t.queue <- c:
			calls = append(calls, c)
		case <-ctx.Done():
			return noTurn(ctx)
		case <-t.stop:
			return errClosed
		}
	}
	for _, c := range calls {
		select {
		case <-c.done:
			if c.err != nil {
				return fail.Wrap(fail.Unavailable, "store.append", c.err)
			}
		case <-ctx.Done():
			return noTurn(ctx)
		case <-t.stopped:
			return errClosed
		}
	}
	return nil
}

func telemetryCallOf(e Entry) (*telemetryCall, error) {
	if e.ReceivedAt.IsZero() {
		return nil, fail.New(fail.Internal, "store.append", "no time of receipt")
	}
	if e.At.IsZero() {
		e.At = e.ReceivedAt
	}
	for _, s := range []string{e.Station, e.Key} {
		if err := storable(s); err != nil {
			return nil, err
		}
	}
	if e.Packed == nil {
		e.Packed = []byte{}
	}
	e.At, e.ReceivedAt = e.At.UTC(), e.ReceivedAt.UTC()
	return &telemetryCall{row: telemetryRow{e.Station, placeInTime(e.At, e.ReceivedAt), e.Message}, done: make(chan struct{})}, nil
}

func (t *Telemetry) loop() {
	defer close(t.stopped)
	batch := make([]*telemetryCall, 0, t.batch)
	for {
		select {
		case c := <-t.queue:
			batch = append(batch[:0], c)
		case <-t.stop:
			return
		}
		for more := true; more && len(batch) < t.batch; {
			select {
			case c := <-t.queue:
				batch = append(batch, c)
			default:
				more = false
			}
		}
		t.engine.store(batch)
		for _, c := range batch {
			close(c.done)
		}
		clear(batch)
	}
}

// Range calls fn for the messages of a station filed in [from, to), in the order of
// time, then receipt, then key. An error of fn ends it and is returned. fn must not call t.
func (t *Telemetry) Range(ctx context.Context, station string, from, to time.Time, fn func(Message) error) error {
	return t.engine.scan(ctx, station, from.UTC(), to.UTC(), fn)
}

// Tail returns the newest limit messages of a station filed before a time, the newest
// first: time, then receipt, then key, all descending.
func (t *Telemetry) Tail(ctx context.Context, station string, before time.Time, limit int) ([]Message, error) {
	return t.engine.tail(ctx, station, before.UTC(), limit)
}

// Across calls fn for the newest messages of all stations filed in [from, before), the
// newest first, until it wants no more or limit have been read, and returns how many
// were. An error of fn ends it and is returned. fn must not call t.
func (t *Telemetry) Across(ctx context.Context, from, before time.Time, limit int, fn func(station string, m Message) (more bool, err error)) (read int, err error) {
	err = t.engine.across(ctx, from.UTC(), before.UTC(), limit, func(r *Row) (bool, error) {
		read++
		return fn(r.Text(4), message(r))
	})
	return read, err
}

// DropBefore deletes all messages filed under days before the UTC day of t0 and returns
// how many days that were.
func (t *Telemetry) DropBefore(ctx context.Context, t0 time.Time) (days int, err error) {
	return t.engine.dropBefore(ctx, t0.UTC().Truncate(day))
}

// Close commits what is in hand and closes the files. It is called once, before the DB's.
func (t *Telemetry) Close() error {
	t.once.Do(func() { close(t.stop) })
	<-t.stopped
	return t.engine.close()
}
