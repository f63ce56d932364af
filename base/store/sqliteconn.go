package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"chargewright/base/fail"
)

// liteConn is one SQLite connection with a bounded cache of prepared statements.
type liteConn struct {
	c     *sqlite.Conn
	stmts map[string]*liteStmt
	limit int
	walks func(sql, table string)
}

// liteStmt is a prepared statement and, for each of its parameters, the argument
// it takes, counted from 0.
type liteStmt struct {
	*sqlite.Stmt
	takes []int
	args  int
}

func openLite(path string, mode sqlite.OpenFlags, o Options, pragmas []string) (*liteConn, error) {
	c, err := sqlite.OpenConn(path, mode)
	if err != nil {
		return nil, fail.Wrap(fail.Unavailable, "store.open", err)
	}
	c.SetBusyTimeout(max(o.BusyTimeout, 0))
	l := &liteConn{c: c, stmts: map[string]*liteStmt{}, limit: o.Statements, walks: o.Walks}
	for _, p := range pragmas {
		if err := l.run("PRAGMA " + p); err != nil {
			return nil, fail.Wrap(fail.Unavailable, "store.open", errors.Join(err, l.close()))
		}
	}
	return l, nil
}

func (l *liteConn) close() error {
	clear(l.stmts)
	return l.c.Close()
}

// prepare returns the statement for sql, ready for binding.
func (l *liteConn) prepare(sql string) (*liteStmt, error) {
	if st := l.stmts[sql]; st != nil {
		return st, nil
	}
	if len(l.stmts) >= l.limit {
		for _, st := range l.stmts {
			st.Finalize() //nolint:errcheck // it repeats the last error of the statement
		}
		clear(l.stmts)
	}
	st, err := l.c.Prepare(sql)
	if err != nil {
		return nil, liteError(err, sql)
	}
	takes, args, err := parameters(st)
	if err != nil {
		st.Finalize() //nolint:errcheck // never stepped
		return nil, liteError(err, sql)
	}
	l.stmts[sql] = &liteStmt{st, takes, args}
	if l.walks != nil {
		l.explain(sql)
	}
	return l.stmts[sql], nil
}

// explain tells which tables a statement walks (sqlite.org/eqp.html: SCAN, and no index).
func (l *liteConn) explain(sql string) {
	st, err := l.c.Prepare("EXPLAIN QUERY PLAN " + sql)
	if err != nil {
		return // what is no query has no plan
	}
	defer st.Finalize() //nolint:errcheck // it repeats the error of Step
	for {
		if more, err := st.Step(); err != nil || !more {
			return
		}
		if table, scan := strings.CutPrefix(st.ColumnText(3), "SCAN "); scan && !strings.Contains(table, " ") {
			l.walks(sql, table)
		}
	}
}

// parameters reads the names: SQLite numbers $-parameters by first occurrence, so
// only the name says which argument is meant.
func parameters(st *sqlite.Stmt) (takes []int, args int, err error) {
	n := st.BindParamCount()
	used := make([]bool, n)
	for i := 1; i <= n; i++ {
		name := st.BindParamName(i)
		k, err := strconv.Atoi(strings.TrimPrefix(name, "$"))
		if err != nil || !strings.HasPrefix(name, "$") || k < 1 || k > n || used[k-1] {
			return nil, 0, fmt.Errorf("parameter %q: use each of $1 to $%d", name, n)
		}
		used[k-1] = true
		takes = append(takes, k-1)
	}
	return takes, n, nil
}

func (st *liteStmt) bind(args []any) error {
	if len(args) != st.args {
		return fmt.Errorf("%d arguments for %d parameters", len(args), st.args)
	}
	for i, k := range st.takes {
		switch v := args[k].(type) {
		case nil:
			st.BindNull(i + 1)
		case string:
			st.BindText(i+1, v)
		case int64:
			st.BindInt64(i+1, v)
		case bool:
			st.BindBool(i+1, v)
		case []byte:
			st.BindBytes(i+1, v)
		}
	}
	return nil
}

// start prepares and binds.
func (l *liteConn) start(sql string, args []any) (*liteStmt, error) {
	st, err := l.prepare(sql)
	if err != nil {
		return nil, err
	}
	if err := st.bind(args); err != nil {
		return nil, liteError(err, sql)
	}
	return st, nil
}

// run executes a statement without arguments and result.
func (l *liteConn) run(sql string) error {
	_, err := l.exec(sql, nil)
	return err
}

func (l *liteConn) exec(sql string, args []any) (int64, error) {
	st, err := l.start(sql, args)
	if err != nil {
		return 0, err
	}
	for {
		more, err := st.Step()
		if err != nil {
			return 0, liteError(err, sql)
		}
		if !more {
			break
		}
	}
	n := l.c.Changes()
	return int64(n), liteError(st.Reset(), sql)
}

func (l *liteConn) write(sql string, args []any) error {
	_, err := l.exec(sql, args)
	return err
}

func (l *liteConn) ddl(sql string) error { return l.run(sql) }

func (l *liteConn) each(scan func(*Row) (bool, error), sql string, args []any) error {
	st, err := l.start(sql, args)
	if err != nil {
		return err
	}
	defer st.Reset() //nolint:errcheck // it repeats the error of Step
	row := Row{lite: st.Stmt}
	for {
		found, err := st.Step()
		if err != nil {
			return liteError(err, sql)
		}
		if !found {
			return nil
		}
		if more, err := scan(&row); err != nil || !more {
			return err
		}
	}
}

// liteError gives an error of SQLite its kind.
func liteError(err error, sql string) error {
	if err == nil {
		return nil
	}
	code := sqlite.ErrCode(err)
	e := &fail.Error{Kind: fail.Internal, Op: "store.sqlite", Text: brief(sql), Err: err}
	switch code {
	case sqlite.ResultConstraintUnique, sqlite.ResultConstraintPrimaryKey, sqlite.ResultConstraintForeignKey, sqlite.ResultConstraintRowID:
		e.Kind, e.Text = fail.Conflict, "it breaks a rule of uniqueness or reference"
		return e
	}
	switch code.ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultIOErr, sqlite.ResultBusy, sqlite.ResultLocked, sqlite.ResultNoMem, sqlite.ResultCorrupt,
		sqlite.ResultCantOpen, sqlite.ResultProtocol, sqlite.ResultNotADB, sqlite.ResultPerm:
		e.Kind = fail.Unavailable
	case sqlite.ResultInterrupt:
		e.Kind = fail.Busy
	case sqlite.ResultReadOnly:
		if code != sqlite.ResultReadOnly { // the plain code is a write on a reading connection
			e.Kind = fail.Unavailable
		}
	}
	return e
}

// storageFailed reports whether err is the storage's fault, not the statement's.
func storageFailed(err error) bool { return fail.Is(err, fail.Unavailable) }

func unavailable(err error) error {
	if fail.Is(err, fail.Conflict) { // a deferred key, found at the commit
		return err
	}
	return &fail.Error{Kind: fail.Unavailable, Op: "store.do", Text: "the database could not store it", Err: err}
}
