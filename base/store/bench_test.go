package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
)

var benchSchema = files("0001_bench.sql", `
CREATE TABLE message (station TEXT NOT NULL, seq BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (station, seq));
CREATE TABLE session (id TEXT PRIMARY KEY, seq BIGINT NOT NULL, energy BIGINT NOT NULL, updated_at BIGINT NOT NULL);`)

// BenchmarkDurable is one hot message: an append-only row and an upsert, durable.
// "cpu-µs/op" is this process's, user and system.
func BenchmarkDurable(b *testing.B) {
	for _, callers := range []int{1, 64, 512} {
		b.Run(fmt.Sprint("sqlite/", callers), func(b *testing.B) {
			benchDurable(b, storetest.SQLiteURL(b), callers)
		})
		b.Run(fmt.Sprint("postgres/", callers), func(b *testing.B) {
			benchDurable(b, storetest.PostgresURL(b), callers)
		})
	}
}

func benchDurable(b *testing.B, url string, callers int) {
	db := storetest.Open(b, url, benchSchema, store.Options{})
	ctx := context.Background()
	body := fmt.Sprintf("%0300d", 7)
	var next atomic.Int64
	b.SetParallelism((callers + 1) / 2)
	if callers == 1 {
		b.SetParallelism(1)
	}
	before := cpu()
	b.ResetTimer()
	one := func(station string, i int64) {
		_, err := store.Do(ctx, db, station, func(tx *store.Tx) (int, error) {
			tx.Write(`INSERT INTO message (station, seq, body) VALUES ($1, $2, $3)`, station, i, body)
			tx.Write(`INSERT INTO session (id, seq, energy, updated_at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, energy = excluded.energy, updated_at = excluded.updated_at`, station, i, 1000*i, tx.Now())
			return 0, nil
		})
		if err != nil {
			b.Error(err)
		}
	}
	if callers == 1 {
		for i := range int64(b.N) {
			one("s", i)
		}
	} else {
		b.RunParallel(func(pb *testing.PB) {
			station := fmt.Sprint("station-", next.Add(1))
			for i := int64(0); pb.Next(); i++ {
				one(station, i)
			}
		})
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}

func BenchmarkRead(b *testing.B) {
	for engine, url := range map[string]func(testing.TB) string{"sqlite": storetest.SQLiteURL, "postgres": storetest.PostgresURL} {
		b.Run(engine, func(b *testing.B) {
			db := storetest.Open(b, url(b), testSchema, store.Options{})
			for b.Loop() {
				_, err := store.Read(b.Context(), db, func(tx *store.Tx) (int64, error) {
					n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT n FROM thing WHERE id = $1`, "x")
					return n, err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkTelemetry(b *testing.B) {
	for engine, url := range map[string]func(testing.TB) string{"sqlite": storetest.SQLiteURL, "postgres": storetest.PostgresURL} {
		b.Run(engine, func(b *testing.B) {
			db := storetest.Open(b, url(b), nil, store.Options{})
			tel, err := store.OpenTelemetry(b.Context(), db, b.TempDir(), store.TelemetryOptions{})
			if err != nil {
				b.Fatal(err)
			}
			packed := make([]byte, 120)
			var next atomic.Int64
			start := time.Now()
			before := cpu()
			b.SetParallelism(256)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := next.Add(1)
					if err := tel.Append(context.Background(), fmt.Sprint("station-", i%20_000), start, start, fmt.Sprint(i), packed); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
			if err := tel.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// cpu returns the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDurableLimit is the same work by the driver alone: 256 messages a commit,
// from one goroutine. BenchmarkDurable is read beside it.
func BenchmarkDurableLimit(b *testing.B) {
	url := storetest.SQLiteURL(b)
	storetest.Open(b, url, benchSchema, store.Options{})
	c, err := sqlite.OpenConn(strings.TrimPrefix(url, "sqlite:"), sqlite.OpenReadWrite)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	run := func(st *sqlite.Stmt) {
		if _, err := st.Step(); err != nil {
			b.Fatal(err)
		}
		if err := st.Reset(); err != nil {
			b.Fatal(err)
		}
	}
	run(c.Prep("PRAGMA synchronous=FULL"))
	body := fmt.Sprintf("%0300d", 7)
	before := cpu()
	b.ResetTimer()
	for i := range b.N {
		if i%256 == 0 {
			run(c.Prep("BEGIN IMMEDIATE"))
		}
		station := fmt.Sprint("station-", i%512)
		insert := c.Prep(`INSERT INTO message (station, seq, body) VALUES ($1, $2, $3)`)
		insert.BindText(1, station)
		insert.BindInt64(2, int64(i))
		insert.BindText(3, body)
		run(insert)
		upsert := c.Prep(`INSERT INTO session (id, seq, energy, updated_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, energy = excluded.energy, updated_at = excluded.updated_at`)
		upsert.BindText(1, station)
		upsert.BindInt64(2, int64(i))
		upsert.BindInt64(3, int64(1000*i))
		upsert.BindInt64(4, time.Now().UnixMicro())
		run(upsert)
		if i%256 == 255 || i == b.N-1 {
			run(c.Prep("COMMIT"))
		}
	}
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}
