package store

import (
	"context"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"time"

	"chargewright/base/fail"
)

// Options bounds a database. The zero value is good for production.
type Options struct {
	Log *slog.Logger // default slog.Default

	QueueDepth  int           // SQLite: callers waiting for the writer; default 4096
	BatchSize   int           // SQLite: callers in one commit; default 256
	Writers     int           // PostgreSQL: writer connections; default 4
	Readers     int           // connections for Read; default 4
	Statements  int           // prepared statements kept by each connection; default 512
	MaxRows     int           // rows that All may return; default 100 000
	ReadTimeout time.Duration // longest Read; default 5 s
	AtomTimeout time.Duration // PostgreSQL: longest Do once begun, retries included; default 30 s
	Retries     int           // PostgreSQL: repeats of a Do that collided; default 16

	BusyTimeout time.Duration // SQLite: wait for another process's lock; default 5 s, negative: none
	MaxPages    int64         // SQLite: largest size in pages; default SQLite's own

	// Walks is told of each statement that SQLite prepares and that reads a whole table
	// without an index, and of which. For tests; nil: nobody asks.
	Walks func(sql, table string)
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	for _, d := range []struct {
		field *int
		value int
	}{
		{&o.QueueDepth, 4096}, {&o.BatchSize, 256}, {&o.Writers, 4}, {&o.Readers, 4},
		{&o.Statements, 512}, {&o.MaxRows, 100_000}, {&o.Retries, 16},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&o.ReadTimeout, 5 * time.Second}, {&o.AtomTimeout, 30 * time.Second}, {&o.BusyTimeout, 5 * time.Second}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return o
}

// DB is an open database. It is safe for use by many goroutines.
type DB struct {
	engine  engine
	signals signals

	probing sync.Mutex
	probed  time.Time
	probe   error
}

// engine is what differs between SQLite and PostgreSQL.
type engine interface {
	name() string
	// nested reports whether the calling goroutine is inside an atom.
	nested() bool
	do(ctx context.Context, a *atom) error
	read(ctx context.Context, run func(*Tx) error) error
	backup(ctx context.Context, path string) error
	close() error
}

// An atom is one call of Do on its way through an engine.
type atom struct {
	key     string
	run     func(*Tx) error
	signals []string // of the run that committed
}

// Open opens the database at url: "sqlite:PATH", "sqlite::memory:" (private to
// this DB, not durable, gone at Close) or "postgres://…". It makes no tables.
// A malformed url is Invalid; a database that cannot be reached is Unavailable.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	o = o.withDefaults()
	var e engine
	var err error
	switch scheme, rest, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		e, err = openSQLite(rest, o)
	case "postgres", "postgresql":
		e, err = openPostgres(ctx, url, o)
	default:
		return nil, fail.Field("store.open", "database", "must begin with sqlite: or postgres://")
	}
	if err != nil {
		return nil, err
	}
	return &DB{engine: e}, nil
}

// Close waits for the atoms that have begun, answers the others with
// Unavailable, and closes all connections. It is called once.
func (db *DB) Close() error { return db.engine.close() }

// Engine returns "sqlite" or "postgres". It is for diagnosis and metrics:
// nothing may behave differently by it.
func (db *DB) Engine() string { return db.engine.name() }

// Do runs fn as one atom and returns its result after the commit is durable.
// Atoms of one key never run at the same time in this process. If fn panics, its
// writes are undone and Do panics with a *Panic.
func Do[T any](ctx context.Context, db *DB, key string, fn func(tx *Tx) (T, error)) (T, error) {
	var out, zero T
	if db.engine.nested() {
		panic("store: Do inside Do")
	}
	a := &atom{key: key, run: func(tx *Tx) error {
		v, err := fn(tx)
		out = v
		return err
	}}
	if err := db.engine.do(ctx, a); err != nil {
		return zero, err
	}
	for _, name := range a.signals {
		db.signals.send(name)
	}
	return out, nil
}

// Read runs fn on one snapshot of the committed data, within Options.ReadTimeout.
// A write in it is an error. fn runs once, on the calling goroutine.
func Read[T any](ctx context.Context, db *DB, fn func(tx *Tx) (T, error)) (T, error) {
	var out, zero T
	if db.engine.nested() {
		panic("store: Read inside Do")
	}
	err := db.engine.read(ctx, func(tx *Tx) error {
		v, err := fn(tx)
		out = v
		return err
	})
	if err != nil {
		return zero, err
	}
	return out, nil
}

const (
	probeAge  = time.Second     // how long an answer of Ready holds
	probeWait = 2 * time.Second // how long Ready waits for a commit
)

// Ready returns nil only if a commit could be made within the last second.
// Before Migrate it is an error.
func (db *DB) Ready(ctx context.Context) error {
	db.probing.Lock()
	defer db.probing.Unlock()
	if !db.probed.IsZero() && time.Since(db.probed) < probeAge {
		return db.probe
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeWait) // the answer is for the next caller too
	defer cancel()
	_, db.probe = Do(ctx, db, "store.ready", func(tx *Tx) (int64, error) {
		return tx.Exec(`INSERT INTO store_probe (id, at) VALUES (1, $1)
			ON CONFLICT (id) DO UPDATE SET at = excluded.at`, tx.Now())
	})
	db.probed = time.Now()
	return db.probe
}

// Backup writes a consistent copy of a SQLite database to path while it is in
// use, checks the copy's integrity and makes it durable. An existing file is a
// Conflict. For PostgreSQL it is Invalid: use pg_dump.
func (db *DB) Backup(ctx context.Context, path string) error { return db.engine.backup(ctx, path) }

// Migrate brings the schema up to the numbered files NNNN_name.sql of
// migrations, each in one atom. Files are never edited once applied: a changed
// file, a database newer than the files, or a new file numbered below an
// applied one is a Conflict. Files are written in PostgreSQL's words; for SQLite
// the types BIGINT, BOOLEAN and BYTEA are mapped and tables become STRICT. A line
// that ends in "-- only postgres" or "-- only sqlite" is for that engine alone.
// Several processes may migrate at once.
func (db *DB) Migrate(ctx context.Context, migrations fs.FS) error {
	return migrate(ctx, db, migrations)
}

// signals wakes listeners after commits.
type signals struct {
	mu   sync.Mutex
	subs map[string]map[chan struct{}]bool
}

// Listen returns a channel that receives after each commit of an atom of this
// process that called tx.Signal(name). Signals that arrive while one waits are
// merged. stop ends it.
func (db *DB) Listen(name string) (ch <-chan struct{}, stop func()) {
	s := &db.signals
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subs == nil {
		s.subs = map[string]map[chan struct{}]bool{}
	}
	if s.subs[name] == nil {
		s.subs[name] = map[chan struct{}]bool{}
	}
	s.subs[name][c] = true
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subs[name], c)
	}
}

func (s *signals) send(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.subs[name] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
