package store

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"chargewright/base/fail"
)

// postgresDB keeps a database in PostgreSQL: few writing connections, each with one
// atom at a time, and a few for reading.
type postgresDB struct {
	o       Options
	writers []*postgresSlot
	readers chan *postgresSlot
	next    atomic.Uint64 // the writer for the next atom without a key
	closed  chan struct{}
	once    sync.Once
}

// postgresSlot is a place for one connection, made at need.
type postgresSlot struct {
	config *pgx.ConnConfig
	turn   chan struct{} // holds one value while the slot is in use
	owner  atomic.Uint64 // the goroutine of the atom
	conn   *pgx.Conn
	used   time.Time
}

const (
	idleCheck   = time.Second      // a connection idle for longer is tried before use
	connectWait = 10 * time.Second // longest connect
)

func openPostgres(ctx context.Context, url string, o Options) (engine, error) {
	const op = "store.open"
	write, err := postgresConfig(url, "serializable", "off", o.AtomTimeout, o)
	if err != nil {
		return nil, fail.Field(op, "database", "is not a PostgreSQL address") // the cause may hold a password
	}
	read, err := postgresConfig(url, "repeatable read", "on", o.ReadTimeout, o)
	if err != nil {
		return nil, fail.Field(op, "database", "is not a PostgreSQL address")
	}
	p := &postgresDB{o: o, closed: make(chan struct{}), readers: make(chan *postgresSlot, o.Readers)}
	for range o.Writers {
		p.writers = append(p.writers, newSlot(write))
	}
	for range o.Readers {
		p.readers <- newSlot(read)
	}
	if err := p.writers[0].ensure(ctx); err != nil {
		return nil, fail.Wrap(fail.Unavailable, op, err)
	}
	return p, nil
}

// postgresConfig sets a session's isolation and bounds. A context that ends asks the
// server to cancel, so that the connection survives.
func postgresConfig(url, isolation, readonly string, timeout time.Duration, o Options) (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	for k, v := range map[string]string{
		"default_transaction_isolation":       isolation,
		"default_transaction_read_only":       readonly,
		"statement_timeout":                   milliseconds(timeout),
		"idle_in_transaction_session_timeout": milliseconds(2 * timeout),
		"timezone":                            "UTC",
		"client_encoding":                     "UTF8",
	} {
		c.RuntimeParams[k] = v
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "chargewright"
	}
	c.ConnectTimeout = connectWait
	c.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	c.StatementCacheCapacity = o.Statements
	c.BuildContextWatcherHandler = func(pc *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: pc, DeadlineDelay: time.Second}
	}
	return c, nil
}

func newSlot(c *pgx.ConnConfig) *postgresSlot {
	return &postgresSlot{config: c, turn: make(chan struct{}, 1)}
}

// ensure gives the slot a connection that works, as far as can be known.
func (s *postgresSlot) ensure(ctx context.Context) error {
	if s.conn != nil && !s.conn.IsClosed() {
		if time.Since(s.used) < idleCheck || s.conn.Ping(ctx) == nil {
			return nil
		}
	}
	s.drop()
	c, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return &fail.Error{Kind: fail.Unavailable, Op: "store.connect", Text: "the database cannot be reached", Err: err}
	}
	s.conn, s.used = c, time.Now()
	return nil
}

// drop closes the connection; whatever was open on it is undone by the server.
func (s *postgresSlot) drop() {
	if s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.conn.Close(ctx) //nolint:errcheck // it is given up
	s.conn = nil
}

func (p *postgresDB) name() string { return "postgres" }

func (p *postgresDB) nested() bool {
	var id uint64
	for _, s := range p.writers {
		owner := s.owner.Load()
		if owner == 0 {
			continue
		}
		if id == 0 {
			id = goroutineID()
		}
		if owner == id {
			return true
		}
	}
	return false
}

func (p *postgresDB) slot(key string) *postgresSlot {
	n := uint64(len(p.writers))
	if key == "" {
		return p.writers[p.next.Add(1)%n]
	}
	h := fnv.New64a()
	h.Write([]byte(key)) //nolint:errcheck // never fails
	return p.writers[h.Sum64()%n]
}

func (p *postgresDB) do(ctx context.Context, a *atom) error {
	if ctx.Err() != nil {
		return noTurn(ctx)
	}
	s := p.slot(a.key)
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return noTurn(ctx)
	case <-p.closed:
		return errClosed
	}
	defer func() { <-s.turn }()
	select {
	case <-p.closed:
		return errClosed
	default:
	}
	s.owner.Store(goroutineID())
	defer s.owner.Store(0)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.o.AtomTimeout)
	defer cancel()
	return p.retry(ctx, s, a)
}

// retry runs the atom until it commits, fails for good, or has collided too often.
func (p *postgresDB) retry(ctx context.Context, s *postgresSlot, a *atom) error {
	taken := false
	for try := 0; ; try++ {
		err := p.attempt(ctx, s, a)
		var again *retryable
		if !errors.As(err, &again) {
			return err
		}
		if again.once {
			if taken {
				return again.error
			}
			taken = true
		}
		if try == p.o.Retries {
			return &fail.Error{Kind: fail.Busy, Op: "store.do", Text: "too many others changed the same", Err: again.error}
		}
		bound := min(time.Millisecond<<min(try, 7), 100*time.Millisecond)
		select {
		case <-time.After(rand.N(bound) + time.Millisecond/4):
		case <-ctx.Done():
			return &fail.Error{Kind: fail.Busy, Op: "store.do", Text: "the atom took too long", Err: again.error}
		}
	}
}

// retryable is a failure after which surely nothing was committed and the same may
// succeed. With once, a second failure of the kind is the atom's own.
type retryable struct {
	error
	once bool
}

func (r *retryable) Unwrap() error { return r.error }

// attempt runs the atom once in one transaction.
func (p *postgresDB) attempt(ctx context.Context, s *postgresSlot, a *atom) error {
	if err := s.ensure(ctx); err != nil {
		return err
	}
	pt := &postgresTx{ctx: ctx, conn: s.conn}
	tx := newTx(pt, false, p.o.MaxRows)
	var o outcome
	committed := false
	defer func() { // also when the function ends its goroutine
		s.used = time.Now()
		if !committed {
			pt.rollback(s)
		}
	}()
	invoke(a.run, tx, &o)
	if again := pt.classify(tx.err); o.panic == nil && again != tx.err {
		return again // whatever the function made of the failure
	}
	if err := o.settle(); err != nil {
		return err
	}
	if err := pt.commit(); err != nil {
		return pt.classify(err)
	}
	committed = true
	a.signals = tx.signals
	return nil
}

func (p *postgresDB) read(ctx context.Context, run func(*Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.o.ReadTimeout)
	defer cancel()
	var s *postgresSlot
	select {
	case s = <-p.readers:
	case <-ctx.Done():
		return noTurn(ctx)
	case <-p.closed:
		return errClosed
	}
	defer func() { p.readers <- s }()
	select {
	case <-p.closed:
		return errClosed
	default:
	}
	pt, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer func() {
		s.used = time.Now()
		pt.rollback(s)
	}()
	tx := newTx(pt, true, p.o.MaxRows)
	err = run(tx)
	tx.ended = true
	if err == nil {
		err = tx.err
	}
	if err != nil && ctx.Err() != nil {
		return &fail.Error{Kind: fail.Busy, Op: "store.read", Text: "the read took too long", Err: ctx.Err()}
	}
	return err
}

// begin opens a transaction, on a new connection if the old one turns out to be lost.
func (s *postgresSlot) begin(ctx context.Context) (*postgresTx, error) {
	var err error
	for range 2 {
		if err = s.ensure(ctx); err != nil {
			return nil, err
		}
		pt := &postgresTx{ctx: ctx, conn: s.conn}
		if _, err = pt.trip(noResult); err == nil {
			return pt, nil
		}
		s.drop()
	}
	return nil, err
}

func noResult(pgx.BatchResults) error { return nil }

func (p *postgresDB) backup(context.Context, string) error {
	return fail.New(fail.Invalid, "store.backup", "use pg_dump to back up a PostgreSQL database")
}

func (p *postgresDB) close() error {
	p.once.Do(func() { close(p.closed) })
	for _, s := range p.writers {
		s.turn <- struct{}{}
		s.drop()
		<-s.turn
	}
	for range p.o.Readers {
		s := <-p.readers
		s.drop()
	}
	return nil
}

// postgresTx is one transaction. It begins with its first statement; statements whose
// result is not wanted wait for the next round trip.
type postgresTx struct {
	ctx       context.Context
	conn      *pgx.Conn
	waiting   []postgresStmt
	begun     bool // BEGIN was sent
	finishing bool // COMMIT was sent
}

type postgresStmt struct {
	sql  string
	args []any
}

// maxWaiting bounds a batch: the server answers while we still send.
const maxWaiting = 256

func (t *postgresTx) write(sql string, args []any) error {
	t.waiting = append(t.waiting, postgresStmt{sql, args})
	if len(t.waiting) < maxWaiting {
		return nil
	}
	_, err := t.trip(noResult)
	return err
}

// trip sends BEGIN if it is due, what waits and last, reads the results of the
// former, and lets read take those of last.
func (t *postgresTx) trip(read func(pgx.BatchResults) error, last ...postgresStmt) (sent int, err error) {
	var b pgx.Batch
	if !t.begun {
		b.Queue("begin")
	}
	t.begun = true
	for _, s := range t.waiting {
		b.Queue(s.sql, s.args...)
	}
	own := b.Len()
	for _, s := range last {
		b.Queue(s.sql, s.args...)
	}
	waiting := t.waiting
	t.waiting = nil
	res := t.conn.SendBatch(t.ctx, &b)
	for i := range own {
		if _, err := res.Exec(); err != nil {
			sql := "begin"
			if k := i - (own - len(waiting)); k >= 0 {
				sql = waiting[k].sql
			}
			res.Close() //nolint:errcheck // the first error is the one to report
			return 0, t.failed(err, sql)
		}
	}
	err = read(res)
	if cerr := res.Close(); err == nil && cerr != nil {
		err = t.failed(cerr, "batch")
	}
	return b.Len(), err
}

func (t *postgresTx) exec(sql string, args []any) (n int64, err error) {
	_, err = t.trip(func(res pgx.BatchResults) error {
		tag, err := res.Exec()
		n = tag.RowsAffected()
		return t.failed(err, sql)
	}, postgresStmt{sql, args})
	return n, err
}

func (t *postgresTx) each(scan func(*Row) (bool, error), sql string, args []any) error {
	_, err := t.trip(func(res pgx.BatchResults) error {
		rows, err := res.Query()
		if err != nil {
			return t.failed(err, sql)
		}
		defer rows.Close()
		pr := &postgresRow{fields: rows.FieldDescriptions(), types: t.conn.TypeMap()}
		row := &Row{post: pr}
		for rows.Next() {
			pr.raw = rows.RawValues()
			more, err := scan(row)
			if err == nil {
				err = pr.err
			}
			if err != nil || !more {
				return err
			}
		}
		return t.failed(rows.Err(), sql)
	}, postgresStmt{sql, args})
	return err
}

// ddl runs a statement of a migration, without preparing it.
func (t *postgresTx) ddl(sql string) error {
	if _, err := t.trip(noResult); err != nil {
		return err
	}
	_, err := t.conn.PgConn().Exec(t.ctx, sql).ReadAll()
	return t.failed(err, sql)
}

// commit ends the transaction. If its outcome is unknown, it is an error.
func (t *postgresTx) commit() error {
	if !t.begun && len(t.waiting) == 0 {
		return nil
	}
	t.finishing = true
	_, err := t.trip(func(res pgx.BatchResults) error {
		tag, err := res.Exec()
		if err == nil && tag.String() != "COMMIT" {
			return fail.New(fail.Internal, "store.do", "the server answered COMMIT with %s", tag)
		}
		return t.failed(err, "commit")
	}, postgresStmt{sql: "commit"})
	return err
}

// rollback undoes an open transaction; a connection that cannot is dropped.
func (t *postgresTx) rollback(s *postgresSlot) {
	if s.conn == nil || !t.begun {
		return
	}
	if s.conn.IsClosed() || s.conn.PgConn().IsBusy() {
		s.drop()
		return
	}
	if s.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := s.conn.PgConn().Exec(ctx, "rollback").ReadAll(); err != nil {
		s.drop()
	}
}

// classify marks what may be tried again: collisions, and a connection that broke
// before COMMIT was sent.
func (t *postgresTx) classify(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		stale := pg.Code == "0A000" && strings.Contains(pg.Message, "cached plan") // after a migration
		if stale || pg.Code == "40001" || pg.Code == "40P01" {
			return &retryable{error: err}
		}
		if pg.Code == "23505" { // two atoms on two connections wrote the same key: the second now sees it
			return &retryable{error: err, once: true}
		}
	}
	if !t.finishing && t.conn.IsClosed() && t.ctx.Err() == nil && fail.Is(err, fail.Unavailable) {
		return &retryable{error: err}
	}
	return err
}

// notBuilt begins pgx's error for arguments that do not fit the statement; its type
// is not exported.
const notBuilt = "error preprocessing batch (build)"

// failed gives an error of PostgreSQL its kind.
func (t *postgresTx) failed(err error, sql string) error {
	if err == nil {
		return nil
	}
	e := &fail.Error{Kind: fail.Internal, Op: "store.postgres", Text: brief(sql), Err: err}
	var pg *pgconn.PgError
	switch {
	case strings.HasPrefix(err.Error(), notBuilt): // a wrong argument: nothing of the batch counts
	case !errors.As(err, &pg):
		if t.conn.IsClosed() || t.ctx.Err() != nil || pgconn.Timeout(err) {
			e.Kind, e.Text = fail.Unavailable, "the database could not store it"
		}
	case pg.Code == "23505" || pg.Code == "23503":
		e.Kind, e.Text = fail.Conflict, "it breaks a rule of uniqueness or reference"
	case pg.Code == "57014": // a statement took too long
		e.Kind, e.Text = fail.Busy, "the database took too long"
	case strings.HasPrefix(pg.Code, "53"), strings.HasPrefix(pg.Code, "57"), strings.HasPrefix(pg.Code, "58"), strings.HasPrefix(pg.Code, "08"),
		pg.Code == "25006" && t.conn.Config().RuntimeParams["default_transaction_read_only"] == "off":
		e.Kind, e.Text = fail.Unavailable, "the database could not store it"
	}
	return e
}
