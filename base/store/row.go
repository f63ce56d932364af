package store

import (
	"time"

	"zombiezen.com/go/sqlite"
)

// Row is one row of a result, columns counted from 0. A NULL reads as the zero
// value of the type asked for.
type Row struct {
	lite *sqlite.Stmt
	post *postgresRow
}

// Text returns column i as text.
func (r *Row) Text(i int) string {
	if r.lite != nil {
		return r.lite.ColumnText(i)
	}
	return r.post.text(i)
}

// Int returns column i as an integer.
func (r *Row) Int(i int) int64 {
	if r.lite != nil {
		return r.lite.ColumnInt64(i)
	}
	return r.post.int(i)
}

// Bool returns column i as a truth value.
func (r *Row) Bool(i int) bool {
	if r.lite != nil {
		return r.lite.ColumnInt64(i) != 0
	}
	return r.post.int(i) != 0
}

// Bytes returns a copy of column i; nil for NULL.
func (r *Row) Bytes(i int) []byte {
	if r.lite != nil {
		if r.lite.ColumnIsNull(i) {
			return nil
		}
		b := make([]byte, r.lite.ColumnLen(i))
		r.lite.ColumnBytes(i, b)
		return b
	}
	return r.post.bytes(i)
}

// Time returns column i, BIGINT microseconds, as a time in UTC; the zero time for
// NULL.
func (r *Row) Time(i int) time.Time {
	if r.Null(i) {
		return time.Time{}
	}
	return time.UnixMicro(r.Int(i)).UTC()
}

// Null reports whether column i is NULL.
func (r *Row) Null(i int) bool {
	if r.lite != nil {
		return r.lite.ColumnIsNull(i)
	}
	return r.post.raw[i] == nil
}
