package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
)

func files(pairs ...string) fs.FS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

const testSchemaText = `
CREATE TABLE thing (
	id TEXT PRIMARY KEY, n BIGINT NOT NULL, flag BOOLEAN NOT NULL DEFAULT FALSE, -- a driver's; comment
	data BYTEA, at BIGINT, CHECK (n >= 0));
CREATE TABLE part (id TEXT PRIMARY KEY, thing TEXT NOT NULL REFERENCES thing (id));
INSERT INTO thing (id, n) VALUES ('semi;colon''s BIGINT', 7);`

var testSchema = files("0001_test.sql", testSchemaText)

func put(tx *store.Tx, id string, n int) {
	tx.Write(`INSERT INTO thing (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = excluded.n`, id, n)
}

func number(t *testing.T, db *store.DB, id string) int64 {
	t.Helper()
	n, err := store.Read(t.Context(), db, func(tx *store.Tx) (int64, error) {
		n, found, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT n FROM thing WHERE id = $1`, id)
		if !found {
			n = -1
		}
		return n, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

type name string
type moment time.Time

func TestValuesComeBack(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		at := time.Date(2026, 11, 20, 10, 0, 0, 123456789, time.FixedZone("", 3600))
		var none *string
		id := name("a'b\"ü")
		_, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int64, error) {
			tx.Write(`INSERT INTO thing (flag, id, data, at, n) VALUES ($3, $1, $4, $5, $2)`, &id, int32(42), true, []byte{0, 1, 255}, moment(at))
			tx.Write(`INSERT INTO thing (id, n, data, at) VALUES ($1, $2, $3, $4)`, "empty", uint16(1), []byte{}, time.Time{})
			return tx.Exec(`UPDATE thing SET data = COALESCE($1, data) WHERE id = $2`, none, "empty")
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := store.Read(t.Context(), db, func(tx *store.Tx) ([]string, error) {
			return store.All(tx, func(r *store.Row) string {
				return fmt.Sprint(r.Text(0), r.Int(1), r.Bool(2), r.Bytes(3), r.Bytes(3) == nil, r.Time(4).Format(time.RFC3339Nano), r.Null(4), r.Bool(5), r.Int(6))
			}, `SELECT id, n, flag, data, at, n > $1, CAST(SUM(n) OVER () AS BIGINT) FROM thing WHERE id <> $2 AND n > $1 - 41 ORDER BY id`, 2, "x")
		})
		want := []string{
			`a'b"ü42 true [0 1 255] false2026-11-20T09:00:00.123456Zfalse true 50`,
			`empty1 false [] false0001-01-01T00:00:00Ztrue false 50`,
			`semi;colon's BIGINT7 false [] true0001-01-01T00:00:00Ztrue true 50`,
		}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%v\n%q\n%q", err, got, want)
		}
	})
}

func TestBadArguments(t *testing.T) {
	cases := []struct {
		name string
		arg  any
		kind fail.Kind
	}{
		{"NUL", "a\x00b", fail.Invalid},
		{"not UTF-8", name("\xff"), fail.Invalid},
		{"too large", uint64(1 << 63), fail.Invalid},
		{"float", 1.5, fail.Internal},
		{"struct", struct{}{}, fail.Internal},
	}
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		for _, c := range cases {
			_, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int, error) {
				put(tx, "before", 1)
				tx.Write(`UPDATE thing SET n = n WHERE id = $1`, c.arg)
				return 1, nil
			})
			if !fail.Is(err, c.kind) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		for _, sql := range []string{
			`SELECT n FROM thing WHERE id = $2`, `SELECT n FROM thing WHERE id = $1 AND n = $2`, `SELECT nothing FROM thing WHERE id = $1`, `SELEC $1`,
		} {
			_, err := store.Read(t.Context(), db, func(tx *store.Tx) (int, error) {
				return 0, tx.Each(func(*store.Row) error { return nil }, sql, "a")
			})
			if !fail.Is(err, fail.Internal) {
				t.Errorf("%s: %v", sql, err)
			}
		}
		if n := number(t, db, "before"); n != -1 {
			t.Errorf("a failed atom left n = %d", n)
		}
	})
}

func TestAtomIsWhole(t *testing.T) {
	broken := errors.New("broken")
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		tries := []struct {
			name string
			fn   func(tx *store.Tx) (int, error)
			is   func(error) bool
		}{
			{"own error", func(tx *store.Tx) (int, error) { return 1, broken }, func(err error) bool { return errors.Is(err, broken) }},
			{"unique", func(tx *store.Tx) (int, error) {
				tx.Exec(`INSERT INTO thing (id, n) VALUES ('x', 1)`)
				tx.Exec(`INSERT INTO thing (id, n) VALUES ('x', 1)`)
				return 1, nil // hidden, and still it fails
			}, func(err error) bool { return fail.Is(err, fail.Conflict) }},
			{"reference", func(tx *store.Tx) (int, error) {
				tx.Write(`INSERT INTO part (id, thing) VALUES ('p', 'nobody')`)
				return 1, nil
			}, func(err error) bool { return fail.Is(err, fail.Conflict) }},
			{"check", func(tx *store.Tx) (int, error) {
				tx.Write(`INSERT INTO thing (id, n) VALUES ('y', -1)`)
				return 1, nil
			}, func(err error) bool { return fail.Is(err, fail.Internal) }},
			{"statement inside a scan", func(tx *store.Tx) (int, error) {
				tx.Each(func(r *store.Row) error {
					tx.Write(`UPDATE thing SET n = 1`)
					return nil
				}, `SELECT id FROM thing`)
				return 1, nil
			}, func(err error) bool { return fail.Is(err, fail.Internal) }},
		}
		for _, c := range tries {
			v, err := store.Do(ctx, db, "k", func(tx *store.Tx) (int, error) {
				put(tx, "before", 5)
				return c.fn(tx)
			})
			if !c.is(err) || v != 0 {
				t.Errorf("%s: %v, %v", c.name, v, err)
			}
			if n := number(t, db, "before"); n != -1 {
				t.Errorf("%s: left n = %d", c.name, n)
			}
		}
		// An error of a scan breaks nothing.
		v, err := store.Do(ctx, db, "k", func(tx *store.Tx) (bool, error) {
			err := tx.Each(func(*store.Row) error { return broken }, `SELECT id FROM thing`)
			put(tx, "after", 6)
			return errors.Is(err, broken), nil
		})
		if !v || err != nil || number(t, db, "after") != 6 {
			t.Errorf("after an error of a scan: %v, %v", v, err)
		}
	})
}

func TestReturning(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		got, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) ([]int64, error) {
			for i := range 3 {
				put(tx, fmt.Sprint("r", i), i)
			}
			return store.All(tx, func(r *store.Row) int64 { return r.Int(0) }, `UPDATE thing SET n = n + 10 WHERE id LIKE 'r%' RETURNING n`)
		})
		if err != nil || len(got) != 3 {
			t.Fatal(got, err)
		}
		n, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int64, error) {
			_, found, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `UPDATE thing SET n = 0 WHERE id LIKE 'r%' RETURNING n`)
			if err != nil || !found {
				return 0, fmt.Errorf("found %v: %w", found, err)
			}
			if k, err := tx.Exec(`INSERT INTO thing (id, n) VALUES ('r0', 1) ON CONFLICT (id) DO NOTHING`); k != 0 || err != nil {
				return 0, fmt.Errorf("ignored row counted %d: %w", k, err)
			}
			return tx.Exec(`DELETE FROM thing WHERE n = 0`)
		})
		if n != 3 || err != nil {
			t.Fatal(n, err)
		}
	})
}

func TestPanicUndoesOneAlone(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		var panics, bad atomic.Int64
		for i := range 200 {
			wg.Go(func() {
				defer func() {
					v := recover()
					if v == nil {
						return
					}
					p, ok := v.(*store.Panic)
					if !ok || p.Value != "boom" || !strings.Contains(p.Stack, "TestPanicUndoesOneAlone") {
						bad.Add(1)
					}
					panics.Add(1)
				}()
				_, err := store.Do(t.Context(), db, fmt.Sprint(i), func(tx *store.Tx) (int, error) {
					if _, err := tx.Exec(`INSERT INTO thing (id, n) VALUES ($1, 1)`, fmt.Sprint("p", i)); err != nil {
						return 0, err
					}
					if i%4 == 0 {
						panic("boom")
					}
					return 0, nil
				})
				if err != nil {
					bad.Add(1)
				}
			})
		}
		wg.Wait()
		rows := count(t, db)
		if panics.Load() != 50 || bad.Load() != 0 || rows != 151 {
			t.Fatal(panics.Load(), bad.Load(), rows)
		}
	})
}

func count(t *testing.T, db *store.DB) int64 {
	t.Helper()
	n, err := store.Read(context.Background(), db, func(tx *store.Tx) (int64, error) {
		n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT count(*) FROM thing`)
		return n, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A test's FailNow inside an atom ends the caller's goroutine, not the database.
func TestGoexit(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		var after, bad atomic.Int64
		for i := range 50 {
			wg.Go(func() {
				_, err := store.Do(t.Context(), db, fmt.Sprint(i), func(tx *store.Tx) (int, error) {
					put(tx, fmt.Sprint("g", i), 1)
					if i%5 == 0 {
						runtime.Goexit()
					}
					return 0, nil
				})
				if err != nil {
					bad.Add(1)
				}
				after.Add(1)
			})
		}
		wg.Wait()
		if after.Load() != 40 || bad.Load() != 0 || count(t, db) != 41 {
			t.Fatal(after.Load(), bad.Load(), count(t, db))
		}
	})
}

func TestNestingPanics(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		nothing := func(tx *store.Tx) (int, error) { return 0, nil }
		for name, inner := range map[string]func(){
			"Do":   func() { store.Do(t.Context(), db, "other", nothing) },
			"Read": func() { store.Read(t.Context(), db, nothing) },
		} {
			func() {
				defer func() {
					if p, ok := recover().(*store.Panic); !ok || !strings.Contains(fmt.Sprint(p.Value), name+" inside Do") {
						t.Errorf("%s: %v", name, p)
					}
				}()
				store.Do(t.Context(), db, "k", func(tx *store.Tx) (int, error) { inner(); return 0, nil })
			}()
		}
		if _, err := store.Do(t.Context(), db, "k", nothing); err != nil {
			t.Fatal(err)
		}
	})
}

func TestReadIsOneSnapshotAndReadOnly(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		_, err := store.Read(ctx, db, func(tx *store.Tx) (int, error) {
			n := func() int64 {
				n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT count(*) FROM thing`)
				if err != nil {
					t.Error(err)
				}
				return n
			}
			before := n()
			if _, err := store.Do(ctx, db, "k", func(tx *store.Tx) (int, error) { put(tx, "new", 1); return 0, nil }); err != nil {
				return 0, err
			}
			if after := n(); after != before {
				t.Errorf("the snapshot moved from %d to %d", before, after)
			}
			return 0, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, write := range map[string]func(tx *store.Tx) error{
			"Exec":  func(tx *store.Tx) error { _, err := tx.Exec(`DELETE FROM thing`); return err },
			"Write": func(tx *store.Tx) error { tx.Write(`DELETE FROM thing`); return nil },
			"returning": func(tx *store.Tx) error {
				return tx.Each(func(*store.Row) error { return nil }, `DELETE FROM thing RETURNING id`)
			},
		} {
			_, err := store.Read(ctx, db, func(tx *store.Tx) (int, error) { return 0, write(tx) })
			if !fail.Is(err, fail.Internal) {
				t.Errorf("%s in Read: %v", name, err)
			}
		}
		if count(t, db) != 2 {
			t.Error("a Read changed the database")
		}
	})
}

func TestReadIsBounded(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		db := storetest.Open(t, url, testSchema, store.Options{ReadTimeout: 2 * time.Second, Readers: 1, MaxRows: 10})
		const endless = `WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2000000000) SELECT max(n) FROM r`
		_, err := store.Read(t.Context(), db, func(tx *store.Tx) (int, error) {
			return 0, tx.Each(func(*store.Row) error { return nil }, endless)
		})
		if !fail.Is(err, fail.Busy) {
			t.Fatal(err)
		}
		if count(t, db) != 1 { // the connection lives
			t.Fatal("count")
		}
		_, err = store.Read(t.Context(), db, func(tx *store.Tx) ([]int64, error) {
			return store.All(tx, func(r *store.Row) int64 { return r.Int(0) },
				`WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 11) SELECT n FROM r`)
		})
		if !fail.Is(err, fail.Internal) {
			t.Fatal(err)
		}
	})
}

func TestContext(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		ran := false
		_, err := store.Do(gone, db, "k", func(tx *store.Tx) (int, error) { ran = true; return 0, nil })
		if ran || !fail.Is(err, fail.Busy) || !errors.Is(err, context.Canceled) {
			t.Fatal(ran, err)
		}

		// One who waits behind another can leave; who has begun cannot be torn.
		begun, release := make(chan struct{}), make(chan struct{})
		ctx1, cancel1 := context.WithCancel(t.Context())
		first := make(chan error, 1)
		var once sync.Once
		go func() {
			_, err := store.Do(ctx1, db, "k", func(tx *store.Tx) (int, error) {
				once.Do(func() { close(begun); <-release })
				put(tx, "first", 1)
				return 0, nil
			})
			first <- err
		}()
		<-begun
		cancel1()
		ctx2, cancel2 := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel2()
		_, err = store.Do(ctx2, db, "k", func(tx *store.Tx) (int, error) { ran = true; return 0, nil })
		if ran || !fail.Is(err, fail.Busy) {
			t.Fatal(ran, err)
		}
		close(release)
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		if number(t, db, "first") != 1 {
			t.Fatal("an acknowledged atom is not there")
		}
	})
}

func TestManyCallers(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		callers, keys := 10_000, 50
		if db.Engine() == "postgres" {
			callers = 2_000
		}
		var wg sync.WaitGroup
		var failed atomic.Int64
		for i := range callers {
			wg.Go(func() {
				key := fmt.Sprint("key", i%keys)
				_, err := store.Do(t.Context(), db, key, func(tx *store.Tx) (int, error) {
					if i%7 == 3 {
						tx.Write(`UPDATE thing SET n = n + 1000000`)
						return 0, errors.New("no")
					}
					tx.Write(`INSERT INTO thing (id, n) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET n = thing.n + 1`, key)
					return 0, nil
				})
				if err != nil && i%7 != 3 {
					failed.Add(1)
					t.Log(err)
				}
			})
		}
		wg.Wait()
		var sum int64
		for k := range keys {
			sum += number(t, db, fmt.Sprint("key", k))
		}
		want := int64(0)
		for i := range callers {
			if i%7 != 3 {
				want++
			}
		}
		if failed.Load() != 0 || sum != want {
			t.Fatalf("failed %d, counted %d of %d", failed.Load(), sum, want)
		}
	})
}

func TestSignals(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		ch, stop := db.Listen("news")
		defer stop()
		do := func(err error) {
			store.Do(t.Context(), db, "k", func(tx *store.Tx) (int, error) { tx.Signal("news"); return 0, err })
		}
		do(errors.New("no"))
		select {
		case <-ch:
			t.Fatal("a signal without a commit")
		default:
		}
		do(nil)
		do(nil)
		<-ch
		select {
		case <-ch:
			t.Fatal("signals were not merged")
		default:
		}
	})
}

func TestReadyAndClose(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Ready(t.Context()); err == nil {
			t.Fatal("ready before Migrate")
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db, err = store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context(), testSchema); err != nil {
			t.Fatal(err)
		}
		if err := db.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = store.Do(t.Context(), db, "k", func(tx *store.Tx) (int, error) { return 0, nil })
		if !fail.Is(err, fail.Unavailable) {
			t.Fatal(err)
		}
		_, err = store.Read(t.Context(), db, func(tx *store.Tx) (int, error) { return 0, nil })
		if !fail.Is(err, fail.Unavailable) {
			t.Fatal(err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	for url, kind := range map[string]fail.Kind{
		"":                             fail.Invalid,
		"mysql://x":                    fail.Invalid,
		"sqlite:":                      fail.Invalid,
		"sqlite:/no/such/folder/x.db":  fail.Unavailable,
		"postgres://u:secret@h:port/x": fail.Invalid,
		"postgres:///x?host=/no/such":  fail.Unavailable,
	} {
		_, err := store.Open(t.Context(), url, store.Options{})
		if !fail.Is(err, kind) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
}
