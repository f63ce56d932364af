package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
)

// Attack 18: writes that the system refuses (here by a limit on file sizes, so in a
// process of its own) are never acknowledged, and all is well when they work again.
func TestWriteErrors(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), ioErrorURL+"="+storetest.SQLiteURL(t))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "fine\n") {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func liveThroughWriteErrors(url string) {
	signal.Ignore(syscall.SIGXFSZ)
	ctx := context.Background()
	db, err := store.Open(ctx, url, store.Options{BusyTimeout: -1, Log: slog.New(slog.DiscardHandler)})
	check(err)
	check(db.Migrate(ctx, testSchema))
	next := 0
	wave := func() (acked, refused int64) {
		var wg sync.WaitGroup
		var yes, no atomic.Int64
		for range 300 {
			next++
			id := fmt.Sprint("w", next)
			wg.Go(func() {
				_, err := store.Do(ctx, db, id, func(tx *store.Tx) (int64, error) {
					return tx.Exec(`INSERT INTO thing (id, n, data) VALUES ($1, 1, $2)`, id, make([]byte, 2000))
				})
				switch {
				case err == nil:
					yes.Add(1)
				case fail.Is(err, fail.Unavailable):
					no.Add(1)
				default:
					check(err)
				}
			})
		}
		wg.Wait()
		return yes.Load(), no.Load()
	}
	total, refusedInAll := int64(0), int64(0)
	for round := range 5 {
		wal, err := os.Stat(strings.TrimPrefix(url, "sqlite:") + "-wal")
		check(err)
		limit(uint64(wal.Size()) + uint64(round)*70_000 + 2000)
		acked, refused := wave()
		if err := db.Ready(ctx); round == 0 && !fail.Is(err, fail.Unavailable) {
			check(fmt.Errorf("ready: %v", err))
		}
		limit(1 << 40)
		again, none := wave()
		if none != 0 {
			check(fmt.Errorf("%d refused without a cause", none))
		}
		total, refusedInAll = total+acked+again, refusedInAll+refused
		rows, err := store.Read(ctx, db, func(tx *store.Tx) (int64, error) {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT count(*) FROM thing WHERE id LIKE 'w%'`)
			return n, err
		})
		check(err)
		if rows != total {
			check(fmt.Errorf("round %d: %d rows, %d acknowledged", round, rows, total))
		}
	}
	check(db.Close())
	if refusedInAll == 0 {
		check(fmt.Errorf("nothing was refused"))
	}
	fmt.Printf("%d acknowledged, %d refused\nfine\n", total, refusedInAll)
	os.Exit(0)
}

func limit(size uint64) {
	var l syscall.Rlimit
	check(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l))
	l.Cur = min(size, l.Max)
	check(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l))
}

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}
