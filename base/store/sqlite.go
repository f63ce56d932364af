package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"

	"chargewright/base/fail"
)

// oldestSQLite is the first release without the WAL-reset corruption.
const oldestSQLite = 3_051_003

// sqliteDB keeps a database in one SQLite file: one connection writes, in one
// goroutine, a few read.
type sqliteDB struct {
	path    string
	scratch string // a folder to remove at close, for sqlite::memory:
	sync    string // PRAGMA synchronous
	o       Options

	queue   chan *liteCall
	stop    chan struct{}
	once    sync.Once
	stopped chan struct{}

	// The writer's own, but for owner.
	conn   *liteConn     // nil after a failure, until the next commit
	taken  []*liteCall   // of the commit at hand
	writer uint64        // its goroutine
	owner  atomic.Uint64 // the same while it runs a function, else 0

	readers chan *liteReader
}

// liteCall is an atom in the writer's hands.
type liteCall struct {
	*atom
	ctx     context.Context
	state   atomic.Int32
	done    chan struct{}
	outcome outcome
}

const (
	callWaiting  int32 = iota
	callTaken          // the writer will answer
	callAnswered       // done is closed
	callGone           // the caller has left
)

func openSQLite(path string, o Options) (*sqliteDB, error) {
	const op = "store.open"
	if sqlite.VersionNumber < oldestSQLite {
		return nil, fail.New(fail.Internal, op, "SQLite %s is too old", sqlite.Version)
	}
	s := &sqliteDB{
		path: path, sync: "FULL", o: o,
		queue: make(chan *liteCall, o.QueueDepth), stop: make(chan struct{}), stopped: make(chan struct{}),
		readers: make(chan *liteReader, o.Readers),
	}
	switch {
	case path == "":
		return nil, fail.Field(op, "database", "sqlite: needs a path")
	case path == ":memory:":
		dir, err := os.MkdirTemp("", "chargewright-")
		if err != nil {
			return nil, fail.Wrap(fail.Unavailable, op, err)
		}
		s.scratch, s.path, s.sync = dir, filepath.Join(dir, "memory.db"), "OFF"
	}
	if err := s.openWriter(); err != nil {
		if s.scratch != "" {
			os.RemoveAll(s.scratch) //nolint:errcheck // the first error is the one to report
		}
		return nil, err
	}
	for range o.Readers {
		s.readers <- &liteReader{}
	}
	go s.loop()
	return s, nil
}

func (s *sqliteDB) name() string { return "sqlite" }

func (s *sqliteDB) nested() bool {
	id := s.owner.Load()
	return id != 0 && id == goroutineID()
}

// openWriter opens the writing connection; the file is readable by its owner alone.
func (s *sqliteDB) openWriter() error {
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fail.Wrap(fail.Unavailable, "store.open", err)
	}
	if err := f.Close(); err != nil {
		return fail.Wrap(fail.Unavailable, "store.open", err)
	}
	pragmas := []string{
		"journal_mode=WAL", "synchronous=" + s.sync, "foreign_keys=ON", "trusted_schema=OFF",
		"temp_store=MEMORY", "cache_size=-65536", "journal_size_limit=67108864", "wal_autocheckpoint=4000",
	}
	if s.o.MaxPages > 0 {
		pragmas = append(pragmas, fmt.Sprintf("max_page_count=%d", s.o.MaxPages))
	}
	c, err := openLite(s.path, sqlite.OpenReadWrite, s.o, pragmas)
	if err != nil {
		return err
	}
	s.conn = c
	return nil
}

func (s *sqliteDB) do(ctx context.Context, a *atom) error {
	c := &liteCall{atom: a, ctx: ctx, done: make(chan struct{})}
	select {
	case s.queue <- c:
	case <-ctx.Done():
		return noTurn(ctx)
	case <-s.stop:
		return errClosed
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if c.state.CompareAndSwap(callWaiting, callGone) {
			return noTurn(ctx)
		}
		<-c.done
	case <-s.stopped:
		if c.state.CompareAndSwap(callWaiting, callGone) {
			return errClosed
		}
		<-c.done
	}
	return c.outcome.settle()
}

var errClosed = fail.New(fail.Unavailable, "store.do", "the database is closed")

func noTurn(ctx context.Context) error {
	return &fail.Error{Kind: fail.Busy, Op: "store.do", Text: "the database had no turn in time", Err: context.Cause(ctx)}
}

// loop is the writer. It restarts itself if an atom's function ended its goroutine.
func (s *sqliteDB) loop() {
	ended := false
	defer func() {
		if !ended {
			go s.loop()
			return
		}
		s.drop()
		close(s.stopped)
	}()
	s.writer = goroutineID()
	s.resume()
	batch := make([]*liteCall, 0, s.o.BatchSize)
	for {
		select {
		case c := <-s.queue:
			batch = s.gather(append(batch[:0], c))
			s.commit(batch)
			clear(batch)
		case <-s.stop:
			ended = true
			return
		}
	}
}

// gather adds the callers that wait now. It lets those run once that the last
// commit released, and otherwise never waits for company.
func (s *sqliteDB) gather(batch []*liteCall) []*liteCall {
	yielded := false
	for len(batch) < s.o.BatchSize {
		select {
		case c := <-s.queue:
			batch = append(batch, c)
		default:
			if yielded {
				return batch
			}
			yielded = true
			runtime.Gosched()
		}
	}
	return batch
}

// commit runs the calls in one commit, or in several where they take long, or if the
// storage fails each alone, and answers them.
func (s *sqliteDB) commit(batch []*liteCall) {
	s.taken = s.taken[:0]
	for _, c := range batch {
		if c.ctx.Err() == nil && c.state.CompareAndSwap(callWaiting, callTaken) {
			s.taken = append(s.taken, c)
		}
	}
	for rest := s.taken; len(rest) > 0; {
		n, err := s.together(rest)
		if err != nil {
			s.o.Log.Warn("database commit failed, trying its callers one by one", "callers", len(rest), "error", err)
			s.alone(rest)
			return
		}
		for _, c := range rest[:n] {
			c.answer()
		}
		rest = rest[n:]
	}
}

// commitAfter is how long atoms run before they are committed without the others that
// wait: who has done little need not wait for all who do much.
const commitAfter = 20 * time.Millisecond

func (c *liteCall) answer() {
	c.state.Store(callAnswered)
	close(c.done)
}

// alone gives each call a commit of its own. If not even a transaction can begin,
// nobody else is made to wait for the same.
func (s *sqliteDB) alone(calls []*liteCall) {
	var down error
	for i, c := range calls {
		err := down
		if err == nil {
			_, err = s.together(calls[i : i+1])
		}
		if err != nil {
			c.outcome = outcome{err: unavailable(err)}
		}
		if errors.Is(err, errNoBegin) {
			down = err
		}
		c.answer()
	}
}

// resume settles what was at hand when an atom's function ended the writer's
// goroutine: that atom is undone and over, the others get another turn.
func (s *sqliteDB) resume() {
	var rest []*liteCall
	for _, c := range s.taken {
		switch {
		case c.state.Load() == callAnswered:
		case c.outcome.exited:
			c.answer()
		default:
			rest = append(rest, c)
		}
	}
	s.taken = rest
	s.alone(rest)
}

var errNoBegin = errors.New("no transaction could begin")

// together runs calls in one transaction, each in its savepoint, and commits the first
// n, which is all of them unless they take long. An error means that the storage failed
// and that nothing was committed by us.
func (s *sqliteDB) together(calls []*liteCall) (n int, err error) {
	committed := false
	defer func() { // also when a function ends the goroutine
		if !committed {
			s.abandon()
		}
	}()
	n, err = s.transact(calls)
	committed = err == nil
	return n, err
}

func (s *sqliteDB) transact(calls []*liteCall) (n int, err error) {
	if s.conn == nil {
		if err := s.openWriter(); err != nil {
			return 0, errors.Join(errNoBegin, err)
		}
	}
	if err := s.conn.run("BEGIN IMMEDIATE"); err != nil {
		return 0, errors.Join(errNoBegin, err)
	}
	for begun := time.Now(); n < len(calls) && (n == 0 || time.Since(begun) < commitAfter); n++ {
		if err := s.atom(calls[n]); err != nil {
			return 0, err
		}
	}
	return n, s.conn.run("COMMIT")
}

// atom runs one call in a savepoint. Its error is the storage's; the call's own is
// in its outcome.
func (s *sqliteDB) atom(c *liteCall) error {
	if err := s.conn.run("SAVEPOINT atom"); err != nil {
		return err
	}
	tx := newTx(s.conn, false, s.o.MaxRows)
	s.owner.Store(s.writer)
	defer s.owner.Store(0)
	invoke(c.run, tx, &c.outcome)
	if storageFailed(tx.err) {
		return tx.err
	}
	if s.conn.c.AutocommitEnabled() {
		return fmt.Errorf("the transaction was rolled back: %w", tx.err)
	}
	c.signals = tx.signals
	if c.outcome.err != nil || c.outcome.panic != nil {
		c.signals = nil
		if err := s.conn.run("ROLLBACK TO atom"); err != nil {
			return err
		}
	}
	return s.conn.run("RELEASE atom")
}

// abandon undoes an open transaction; a connection that cannot is dropped.
func (s *sqliteDB) abandon() {
	if s.conn == nil || s.conn.c.AutocommitEnabled() {
		return
	}
	if err := s.conn.run("ROLLBACK"); err != nil || !s.conn.c.AutocommitEnabled() {
		s.drop()
	}
}

func (s *sqliteDB) drop() {
	if s.conn == nil {
		return
	}
	if err := s.conn.close(); err != nil {
		s.o.Log.Warn("closing the database connection", "error", err)
	}
	s.conn = nil
}

func (s *sqliteDB) close() error {
	s.once.Do(func() { close(s.stop) })
	<-s.stopped
	var errs []error
	for range s.o.Readers {
		r := <-s.readers
		if r.conn != nil {
			errs = append(errs, r.conn.close())
		}
	}
	if s.scratch != "" {
		errs = append(errs, os.RemoveAll(s.scratch))
	}
	return errors.Join(errs...)
}

// liteReader is a slot for a read-only connection, opened at its first use.
type liteReader struct {
	conn *liteConn
	halt chan struct{} // closed to interrupt the connection
}

func (s *sqliteDB) read(ctx context.Context, run func(*Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.ReadTimeout)
	defer cancel()
	var r *liteReader
	select {
	case r = <-s.readers:
	case <-ctx.Done():
		return noTurn(ctx)
	case <-s.stopped:
		return errClosed
	}
	defer func() { s.readers <- r }()
	select {
	case <-s.stop:
		return errClosed
	default:
	}
	if err := s.openReader(r); err != nil {
		return err
	}
	halt := r.halt
	stopWatch := context.AfterFunc(ctx, func() { close(halt) })
	defer func() {
		if !stopWatch() {
			<-halt
			r.halt = make(chan struct{})
			r.conn.c.SetInterrupt(r.halt)
		}
		if err := r.conn.run("ROLLBACK"); err != nil {
			s.o.Log.Warn("closing a reading connection", "error", errors.Join(err, r.conn.close()))
			r.conn = nil
		}
	}()
	return s.snapshot(ctx, r, run)
}

func (s *sqliteDB) snapshot(ctx context.Context, r *liteReader, run func(*Tx) error) error {
	err := r.conn.run("BEGIN")
	if err == nil {
		tx := newTx(r.conn, true, s.o.MaxRows)
		err = run(tx)
		tx.ended = true
		if err == nil {
			err = tx.err
		}
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return &fail.Error{Kind: fail.Busy, Op: "store.read", Text: "the read took too long", Err: ctx.Err()}
	case storageFailed(err):
		return unavailable(err)
	}
	return err
}

func (s *sqliteDB) openReader(r *liteReader) error {
	if r.conn != nil {
		return nil
	}
	c, err := openLite(s.path, sqlite.OpenReadOnly, s.o, []string{"query_only=ON", "trusted_schema=OFF", "temp_store=MEMORY", "cache_size=-16384"})
	if err != nil {
		return err
	}
	r.conn, r.halt = c, make(chan struct{})
	c.c.SetInterrupt(r.halt)
	return nil
}

// backup copies the database as one snapshot. The copy gets its name only when it
// is whole, checked and durable.
func (s *sqliteDB) backup(ctx context.Context, path string) error {
	const op = "store.backup"
	if _, err := os.Lstat(path); err == nil {
		return fail.New(fail.Conflict, op, "%s exists", path)
	}
	part := path + ".partial"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fail.Wrap(fail.Unavailable, op, err)
	}
	err := s.copyTo(ctx, part)
	if err == nil {
		err = checkCopy(part, s.o)
	}
	if err == nil {
		err = syncFile(part)
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err == nil {
		err = syncFile(filepath.Dir(path))
	} else {
		err = errors.Join(err, os.RemoveAll(part))
	}
	return fail.Wrap(fail.Unavailable, op, err)
}

func (s *sqliteDB) copyTo(ctx context.Context, part string) error {
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	c, err := openLite(s.path, sqlite.OpenReadOnly, s.o, nil)
	if err != nil {
		return err
	}
	defer c.close() //nolint:errcheck // read only
	c.c.SetInterrupt(ctx.Done())
	_, err = c.exec("VACUUM INTO $1", []any{part})
	return err
}

func checkCopy(path string, o Options) error {
	c, err := openLite(path, sqlite.OpenReadOnly, o, nil)
	if err != nil {
		return err
	}
	defer c.close() //nolint:errcheck // read only
	for _, check := range []string{"PRAGMA integrity_check", "PRAGMA foreign_key_check"} {
		err := c.each(func(r *Row) (bool, error) {
			if said := r.Text(0); said != "ok" {
				return false, fail.New(fail.Unavailable, "store.backup", "%s of the copy: %s", strings.ToLower(check[7:]), said)
			}
			return true, nil
		}, check, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
