package store_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
)

// Any value that can be stored comes back as it was.
func TestAnyValueComesBack(t *testing.T) {
	kept := files("0001_kept.sql", `CREATE TABLE kept (id BIGINT PRIMARY KEY, s TEXT, i BIGINT, b BOOLEAN, y BYTEA, at BIGINT)`)
	type row struct {
		s  string
		i  int64
		b  bool
		y  []byte
		at time.Time
	}
	storetest.Each(t, kept, func(t *testing.T, db *store.DB) {
		rapid.Check(t, func(t *rapid.T) {
			in := row{
				s:  strings.ReplaceAll(rapid.String().Draw(t, "s"), "\x00", ""),
				i:  rapid.Int64().Draw(t, "i"),
				b:  rapid.Bool().Draw(t, "b"),
				y:  rapid.SliceOf(rapid.Byte()).Draw(t, "y"),
				at: time.UnixMicro(rapid.Int64Range(-1<<55, 1<<55).Draw(t, "at")).UTC(),
			}
			out, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (row, error) {
				r, _, err := store.One(tx, func(r *store.Row) row { return row{r.Text(4), r.Int(3), r.Bool(2), r.Bytes(1), r.Time(0)} },
					`INSERT INTO kept (id, s, i, b, y, at) VALUES (1, $1, $2, $3, $4, $5)
					ON CONFLICT (id) DO UPDATE SET at = excluded.at, y = excluded.y, b = excluded.b, i = excluded.i, s = excluded.s
					RETURNING at, y, b, i, s`, in.s, in.i, in.b, in.y, in.at)
				return r, err
			})
			if err != nil {
				t.Fatal(err)
			}
			if out.s != in.s || out.i != in.i || out.b != in.b || !bytes.Equal(out.y, in.y) || (out.y == nil) != (in.y == nil) || !out.at.Equal(in.at) {
				t.Fatalf("%+v became %+v", in, out)
			}
		})
	})
}

// The table under a running server may grow a column.
func TestMigrationBesideARunningServer(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		db := storetest.Open(t, url, testSchema, store.Options{Writers: 1, Readers: 1})
		columns := func() string {
			t.Helper()
			one := func(tx *store.Tx) (string, error) {
				s, _, err := store.One(tx, func(r *store.Row) string { return fmt.Sprint(r.Text(0), r.Int(1)) }, `SELECT * FROM thing`)
				return s, err
			}
			s, err := store.Do(t.Context(), db, "k", one)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		before := columns()
		grown := files("0001_test.sql", testSchemaText, "0002_more.sql", "ALTER TABLE thing ADD COLUMN more TEXT NOT NULL DEFAULT ''")
		storetest.Open(t, url, grown, store.Options{})
		if after := columns(); after != before {
			t.Fatal(before, after)
		}
	})
}
