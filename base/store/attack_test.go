package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
)

// In the environment, these make this test binary a writer to be killed, or one that
// lives through write errors.
const (
	crashURL   = "STORE_TEST_CRASH_URL"
	ioErrorURL = "STORE_TEST_IOERROR_URL"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(crashURL); url != "" {
		writeUntilKilled(url)
	}
	if url := os.Getenv(ioErrorURL); url != "" {
		liveThroughWriteErrors(url)
	}
	os.Exit(m.Run())
}

// writeUntilKilled commits pairs of rows from many goroutines and prints each
// acknowledged one.
func writeUntilKilled(url string) {
	ctx := context.Background()
	db, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var mu sync.Mutex
	for w := range 40 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				_, err := store.Do(ctx, db, id, func(tx *store.Tx) (int64, error) {
					tx.Write(`INSERT INTO thing (id, n) VALUES ($1, 1)`, id)
					if i%5 == 4 {
						return 0, errors.New("no")
					}
					tx.Write(`INSERT INTO part (id, thing) VALUES ($1, $1)`, id)
					return tx.Exec(`INSERT INTO thing (id, n) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET n = thing.n + 1`, fmt.Sprint("sum", w))
				})
				mu.Lock()
				if err == nil {
					fmt.Println("ack", id)
				} else if i%5 != 4 {
					fmt.Println("error", err)
				}
				mu.Unlock()
			}
		}()
	}
	select {}
}

// Attacks 17 and 19: after kill -9 in the midst of group commits every acknowledged
// atom is there, whole and once, and nothing of a failed one.
func TestKillNine(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		storetest.Open(t, url, testSchema, store.Options{}).Ready(t.Context())
		acked := map[string]bool{}
		rounds := 6
		if testing.Short() {
			rounds = 2
		}
		for range rounds {
			killAfter(t, url, 200+rand.IntN(2000), acked)
		}
		db := storetest.Open(t, url, nil, store.Options{BusyTimeout: 5 * time.Second})
		if err := db.Migrate(t.Context(), testSchema); err != nil {
			t.Fatal(err)
		}
		parts, sum := verifyCrash(t, db, acked)
		t.Logf("%d acknowledged, %d committed", len(acked), parts)
		if int64(parts) != sum {
			t.Errorf("%d atoms and a sum of %d", parts, sum)
		}
	})
}

func killAfter(t *testing.T, url string, lines int, acked map[string]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashURL+"="+url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for n := 0; in.Scan(); n++ { // to the end: what was printed was acknowledged
		if id, ok := strings.CutPrefix(in.Text(), "ack "); ok {
			acked[id] = true
		} else {
			t.Errorf("writer: %s", in.Text())
		}
		if n == lines {
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
}

func verifyCrash(t *testing.T, db *store.DB, acked map[string]bool) (parts int, sum int64) {
	t.Helper()
	_, err := store.Read(t.Context(), db, func(tx *store.Tx) (int, error) {
		found := map[string]bool{}
		err := tx.Each(func(r *store.Row) error { found[r.Text(0)] = true; return nil },
			`SELECT p.id FROM part p JOIN thing t ON t.id = p.thing WHERE t.n = 1`)
		if err != nil {
			return 0, err
		}
		parts = len(found)
		for id := range acked {
			if !found[id] {
				t.Errorf("%s was acknowledged and is not there", id)
			}
		}
		torn, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
			`SELECT count(*) FROM thing WHERE id LIKE '%-%' AND id NOT IN (SELECT thing FROM part)`)
		if torn != 0 {
			t.Errorf("%d torn atoms", torn)
		}
		if err != nil {
			return 0, err
		}
		sum, _, err = store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
			`SELECT CAST(SUM(n) AS BIGINT) FROM thing WHERE id LIKE 'sum%'`)
		return 0, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts, sum
}

// Attack 18: a full disk refuses whom it must, loses nothing acknowledged, and works
// again when there is room.
func TestDiskFull(t *testing.T) {
	db := storetest.Open(t, storetest.SQLiteURL(t), testSchema, store.Options{MaxPages: 100})
	var wg sync.WaitGroup
	var small, smallFailed, big, bigFailed, wrong atomic.Int64
	for i := range 400 {
		wg.Go(func() {
			data, ok, no := make([]byte, 100), &small, &smallFailed
			if i%8 == 0 {
				data, ok, no = make([]byte, 600_000), &big, &bigFailed // never fits
			}
			_, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int64, error) {
				return tx.Exec(`INSERT INTO thing (id, n, data) VALUES ($1, 1, $2)`, fmt.Sprint("d", i), data)
			})
			switch {
			case err == nil:
				ok.Add(1)
			case fail.Is(err, fail.Unavailable):
				no.Add(1)
			default:
				wrong.Add(1)
			}
		})
	}
	wg.Wait()
	if big.Load() != 0 || bigFailed.Load() != 50 || small.Load() != 350 || wrong.Load() != 0 {
		t.Fatalf("small %d and %d failed, big %d and %d, wrong %d", small.Load(), smallFailed.Load(), big.Load(), bigFailed.Load(), wrong.Load())
	}
	acked := small.Load()
	for i := 0; ; i++ { // until nothing fits
		_, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int64, error) {
			return tx.Exec(`INSERT INTO thing (id, n, data) VALUES ($1, 1, $2)`, fmt.Sprint("e", i), make([]byte, 3000))
		})
		if err != nil {
			if !fail.Is(err, fail.Unavailable) {
				t.Fatal(err)
			}
			break
		}
		acked++
	}
	if n := count(t, db); n != acked+1 {
		t.Fatalf("%d rows, %d acknowledged", n-1, acked)
	}
	if _, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int64, error) { return tx.Exec(`DELETE FROM thing WHERE id LIKE 'e%'`) }); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int64, error) {
		return tx.Exec(`INSERT INTO thing (id, n, data) VALUES ('back', 1, $1)`, make([]byte, 3000))
	}); err != nil {
		t.Fatal(err)
	}
}

// Attack 18: while another process holds the lock nobody is acknowledged and the
// database is not ready; afterwards it works.
func TestLockedByAnother(t *testing.T) {
	url := storetest.SQLiteURL(t)
	db := storetest.Open(t, url, testSchema, store.Options{})
	other, err := sqlite.OpenConn(strings.TrimPrefix(url, "sqlite:"), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	run := func(sql string) {
		st, _, err := other.PrepareTransient(sql)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Finalize()
		if _, err := st.Step(); err != nil {
			t.Fatal(err)
		}
	}
	run("BEGIN IMMEDIATE")
	var wg sync.WaitGroup
	var refused, ran atomic.Int64
	for i := range 100 {
		wg.Go(func() {
			_, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int, error) { ran.Add(1); put(tx, fmt.Sprint("l", i), 1); return 0, nil })
			if fail.Is(err, fail.Unavailable) {
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if refused.Load() != 100 || ran.Load() != 0 || count(t, db) != 1 {
		t.Fatal(refused.Load(), ran.Load(), count(t, db))
	}
	if err := db.Ready(t.Context()); !fail.Is(err, fail.Unavailable) {
		t.Fatal(err)
	}
	run("ROLLBACK")
	if _, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int, error) { put(tx, "l", 1); return 0, nil }); err != nil {
		t.Fatal(err)
	}
}

// A full queue holds its callers only as long as they want to wait.
func TestQueueIsBounded(t *testing.T) {
	db := storetest.Open(t, storetest.SQLiteURL(t), testSchema, store.Options{QueueDepth: 2, BatchSize: 1})
	begun, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	wg.Go(func() {
		store.Do(t.Context(), db, "k", func(tx *store.Tx) (int, error) {
			once.Do(func() { close(begun); <-release })
			return 0, nil
		})
	})
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	var busy, ran atomic.Int64
	for range 50 {
		wg.Go(func() {
			_, err := store.Do(ctx, db, "k", func(tx *store.Tx) (int, error) { ran.Add(1); return 0, nil })
			if fail.Is(err, fail.Busy) {
				busy.Add(1)
			}
		})
	}
	cancel()
	close(release)
	wg.Wait()
	if busy.Load() != 50-ran.Load() {
		t.Fatal(busy.Load(), ran.Load())
	}
}

// Colliding atoms under different keys are all serialised, or told Busy; none is lost.
func TestCollisions(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		var done, busy atomic.Int64
		for i := range 400 {
			wg.Go(func() {
				_, err := store.Do(t.Context(), db, fmt.Sprint("key", i), func(tx *store.Tx) (int64, error) {
					n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT n FROM thing WHERE id = 'hot'`)
					if err != nil {
						return 0, err
					}
					put(tx, "hot", int(n)+1)
					return n, nil
				})
				switch {
				case err == nil:
					done.Add(1)
				case fail.Is(err, fail.Busy):
					busy.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := number(t, db, "hot"); n != done.Load() || done.Load()+busy.Load() != 400 || done.Load() == 0 {
			t.Fatalf("counted %d, done %d, busy %d", n, done.Load(), busy.Load())
		}
	})
}

// Connections that the server ends come back; what was acknowledged stays.
func TestLostConnections(t *testing.T) {
	url := storetest.PostgresURL(t)
	db := storetest.Open(t, url, testSchema, store.Options{})
	killer := storetest.Open(t, url, nil, store.Options{Writers: 1})
	ctx := t.Context()
	var wg sync.WaitGroup
	var acked atomic.Int64
	stop := make(chan struct{})
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				_, err := store.Do(ctx, db, fmt.Sprint(w), func(tx *store.Tx) (int64, error) {
					return tx.Exec(`INSERT INTO thing (id, n) VALUES ($1, 1) ON CONFLICT (id) DO NOTHING`, fmt.Sprintf("w%d-%d", w, i))
				})
				if err == nil {
					acked.Add(1)
				} else if !fail.Is(err, fail.Unavailable) && !fail.Is(err, fail.Busy) {
					t.Error(err)
				}
			}
		})
	}
	killed := int64(0)
	for range 20 {
		n, err := store.Read(ctx, killer, func(tx *store.Tx) (int64, error) {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid()`)
			return n, err
		})
		if err != nil {
			t.Fatal(err)
		}
		killed += n
		for before := acked.Load(); acked.Load() == before; { // it always comes back
			time.Sleep(time.Millisecond)
		}
	}
	close(stop)
	wg.Wait()
	if rows := count(t, db) - 1; rows < acked.Load() || killed == 0 {
		t.Fatalf("%d rows, %d acknowledged, %d connections ended", rows, acked.Load(), killed)
	}
	if err := db.Ready(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestBackup(t *testing.T) {
	storetest.Each(t, testSchema, func(t *testing.T, db *store.DB) {
		path := filepath.Join(t.TempDir(), "copy.db")
		if db.Engine() != "sqlite" {
			if err := db.Backup(t.Context(), path); !fail.Is(err, fail.Invalid) {
				t.Fatal(err)
			}
			return
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for w := range 4 { // two rows at a time, while it is copied
			wg.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					store.Do(ctx, db, "k", func(tx *store.Tx) (int, error) {
						put(tx, fmt.Sprint(w, "-", i, "a"), 1)
						put(tx, fmt.Sprint(w, "-", i, "b"), 1)
						return 0, nil
					})
				}
			})
		}
		var before int64
		for before < 500 {
			before = count(t, db)
		}
		err := db.Backup(t.Context(), path)
		cancel()
		wg.Wait()
		if err != nil {
			t.Fatal(err)
		}
		again := db.Backup(t.Context(), path)
		if !fail.Is(again, fail.Conflict) {
			t.Fatal(again)
		}
		dir, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(dir) != 1 {
			t.Fatal(dir, err)
		}
		copied := storetest.Open(t, "sqlite:"+path, testSchema, store.Options{})
		if n := count(t, copied); n < before || n%2 != 1 {
			t.Fatalf("%d rows in the copy, %d before it", n, before)
		}
	})
}

func TestMemory(t *testing.T) {
	db := storetest.Open(t, "sqlite::memory:", testSchema, store.Options{})
	if _, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int, error) { put(tx, "m", 1); return 0, nil }); err != nil {
		t.Fatal(err)
	}
	if number(t, db, "m") != 1 || count(t, storetest.Open(t, "sqlite::memory:", testSchema, store.Options{})) != 1 {
		t.Fatal("memory is not private to its DB, or not shared within it")
	}
}

// Attack 19: what a power cut leaves after the last acknowledged commit, half a frame or
// garbage, does not hinder opening and takes nothing acknowledged.
func TestTornWAL(t *testing.T) {
	url := storetest.SQLiteURL(t)
	db := storetest.Open(t, url, testSchema, store.Options{})
	for i := range 100 {
		if _, err := store.Do(t.Context(), db, "k", func(tx *store.Tx) (int, error) { put(tx, fmt.Sprint("t", i), i); return 0, nil }); err != nil {
			t.Fatal(err)
		}
	}
	from := strings.TrimPrefix(url, "sqlite:")
	main, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(from + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	const frame = 24 + 4096
	last := wal[len(wal)-frame:]
	broken := append([]byte{}, last...)
	broken[frame-1] ^= 1
	for name, tail := range map[string][]byte{
		"nothing": {}, "half a frame": last[:frame/2], "a broken frame": broken, "an old frame": last, "zeros": make([]byte, 3*frame+7),
	} {
		path := filepath.Join(t.TempDir(), "cut.db")
		if err := errors.Join(os.WriteFile(path, main, 0o600), os.WriteFile(path+"-wal", append(append([]byte{}, wal...), tail...), 0o600)); err != nil {
			t.Fatal(err)
		}
		cut := storetest.Open(t, "sqlite:"+path, testSchema, store.Options{})
		if n := count(t, cut); n != 101 {
			t.Errorf("%s: %d rows", name, n)
		}
		if err := cut.Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := cut.Backup(t.Context(), path+".copy"); err != nil { // checks the integrity
			t.Errorf("%s: %v", name, err)
		}
	}
}
