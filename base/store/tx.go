package store

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"chargewright/base/fail"
)

// Tx is one run of an atom or of a Read. It belongs to the goroutine that runs
// the function and ends with it.
type Tx struct {
	session  session
	now      time.Time
	readonly bool
	scanning bool
	ended    bool
	maxRows  int
	err      error // the first failed statement
	signals  []string
}

// session is one transaction on one connection. Arguments are canonical.
type session interface {
	exec(sql string, args []any) (int64, error)
	write(sql string, args []any) error
	each(scan func(*Row) (more bool, err error), sql string, args []any) error
	ddl(sql string) error
}

func newTx(s session, readonly bool, maxRows int) *Tx {
	return &Tx{session: s, now: time.Now().UTC().Truncate(time.Microsecond), readonly: readonly, maxRows: maxRows}
}

// Now is the time at which the transaction began, UTC, in whole microseconds.
func (tx *Tx) Now() time.Time { return tx.now }

// Signal wakes the listeners of name after the commit.
func (tx *Tx) Signal(name string) { tx.signals = append(tx.signals, name) }

// Exec runs a statement now and returns the number of rows it changed.
func (tx *Tx) Exec(sql string, args ...any) (rowsAffected int64, err error) {
	if err := tx.usable(true); err != nil {
		return 0, err
	}
	err = canonical(args)
	if err == nil {
		rowsAffected, err = tx.session.exec(sql, args)
	}
	return rowsAffected, tx.note(err)
}

// Write runs a statement whose result is not wanted, at the latest before the next
// query or the commit. If it fails, the Do fails.
func (tx *Tx) Write(sql string, args ...any) {
	err := tx.usable(true)
	if err == nil {
		err = canonical(args)
	}
	if err == nil {
		err = tx.session.write(sql, args)
	}
	tx.note(err) //nolint:errcheck // kept in tx: it fails the atom
}

// Each calls scan for each row of a query's result. The Row is good until scan
// returns. An error of scan ends it and is returned.
func (tx *Tx) Each(scan func(*Row) error, sql string, args ...any) error {
	return tx.each(func(r *Row) (bool, error) { return true, scan(r) }, sql, args)
}

// All returns the rows of a query. More than Options.MaxRows is an error.
func All[T any](tx *Tx, scan func(*Row) T, sql string, args ...any) ([]T, error) {
	var out []T
	err := tx.each(func(r *Row) (bool, error) {
		if len(out) == tx.maxRows {
			return false, fail.New(fail.Internal, "store.all", "more than %d rows: %s", tx.maxRows, brief(sql))
		}
		out = append(out, scan(r))
		return true, nil
	}, sql, args)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// One returns the first row of a query, and whether there was one.
func One[T any](tx *Tx, scan func(*Row) T, sql string, args ...any) (T, bool, error) {
	var out, zero T
	found := false
	err := tx.each(func(r *Row) (bool, error) {
		out, found = scan(r), true
		return false, nil
	}, sql, args)
	if err != nil {
		return zero, false, err
	}
	return out, found, nil
}

// Keyed reads the rows of keys by a few queries, one row for each; scan returns the key
// of its row. sql ends in IN, where the list of keys follows.
func Keyed[T any](tx *Tx, scan func(*Row) (string, T), sql string, keys []string) (map[string]T, error) {
	out := map[string]T{}
	for some := range slices.Chunk(keys, keysAtOnce) {
		args, list := make([]any, keysAtOnce), manyKeys
		if len(some) == 1 {
			args, list = args[:1], "($1)"
		}
		for i := range args {
			args[i] = some[min(i, len(some)-1)]
		}
		err := tx.each(func(r *Row) (bool, error) {
			key, v := scan(r)
			out[key] = v
			return true, nil
		}, sql+list, args)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// keysAtOnce are the keys of a query of Keyed; where there are fewer the last is repeated.
const keysAtOnce = 32

var manyKeys = func() string {
	p := make([]string, keysAtOnce)
	for i := range p {
		p[i] = fmt.Sprint("$", i+1)
	}
	return "(" + strings.Join(p, ", ") + ")"
}()

// scanError is an error of the caller's scan: it does not break the transaction.
type scanError struct{ error }

func (tx *Tx) each(scan func(*Row) (bool, error), sql string, args []any) error {
	if err := tx.usable(false); err != nil {
		return err
	}
	err := canonical(args)
	if err == nil {
		tx.scanning = true
		err = tx.session.each(func(r *Row) (bool, error) {
			more, err := scan(r)
			if err != nil {
				return false, scanError{err}
			}
			return more, nil
		}, sql, args)
		tx.scanning = false
	}
	if s, ok := err.(scanError); ok { //nolint:errorlint // made above, never wrapped
		return s.error
	}
	return tx.note(err)
}

// usable reports why no statement can run now, nil if one can.
func (tx *Tx) usable(write bool) error {
	switch {
	case tx.ended:
		return fail.New(fail.Internal, "store.tx", "used after its end")
	case tx.err != nil:
		return tx.err
	case tx.scanning:
		return tx.note(fail.New(fail.Internal, "store.tx", "a statement inside the scan of another"))
	case write && tx.readonly:
		return tx.note(fail.New(fail.Internal, "store.tx", "a write in Read"))
	}
	return nil
}

func (tx *Tx) note(err error) error {
	if tx.err == nil {
		tx.err = err
	}
	return err
}

// OrNull returns s, or nil (NULL) if it is empty.
func OrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// canonical turns args, in place, into nil, string, int64, bool or []byte.
func canonical(args []any) error {
	for i, a := range args {
		c, err := canonicalOne(a)
		if err != nil {
			return fail.Wrap(fail.Internal, "store.bind", fmt.Errorf("$%d: %w", i+1, err))
		}
		args[i] = c
	}
	return nil
}

func canonicalOne(a any) (any, error) {
	switch v := a.(type) {
	case nil, int64, bool:
		return a, nil
	case string:
		return a, storable(v)
	case int:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case time.Time:
		return micros(v), nil
	case []byte:
		if v == nil {
			return nil, nil
		}
		return a, nil
	}
	return canonicalByKind(a)
}

func canonicalByKind(a any) (any, error) {
	v := reflect.ValueOf(a)
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		return canonicalOne(v.Elem().Interface())
	case reflect.String:
		return v.String(), storable(v.String())
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if v.Uint() > math.MaxInt64 {
			return nil, fail.New(fail.Invalid, "store.bind", "number above 2⁶³−1")
		}
		return int64(v.Uint()), nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return canonicalOne(v.Bytes())
		}
	case reflect.Struct:
		if v.CanConvert(reflect.TypeFor[time.Time]()) {
			return micros(v.Convert(reflect.TypeFor[time.Time]()).Interface().(time.Time)), nil
		}
	}
	return nil, fail.New(fail.Internal, "store.bind", "a value of type %T cannot be stored", a)
}

func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// storable refuses text that one of the engines cannot keep.
func storable(s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return fail.New(fail.Invalid, "store.bind", "text holds a NUL character")
	}
	if !utf8.ValidString(s) {
		return fail.New(fail.Invalid, "store.bind", "text is not valid UTF-8")
	}
	return nil
}

// brief shortens a statement for an error or a log.
func brief(sql string) string {
	s := strings.Join(strings.Fields(sql), " ")
	if len(s) > 160 {
		s = s[:160] + "…"
	}
	return s
}
