package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"

	"chargewright/base/fail"
)

// liteTelemetry keeps one SQLite file for each UTC day.
type liteTelemetry struct {
	dir  string
	o    Options
	open int
	idx  bool // by time

	mu   sync.Mutex // held while files are written, opened or removed
	days map[time.Time]*dayFile
}

type dayFile struct {
	*liteConn
	used time.Time
}

const dayName = "telemetry-20060102.db"

func openLiteTelemetry(dir string, o Options, open int, byTime bool) (*liteTelemetry, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fail.Wrap(fail.Unavailable, "store.telemetry", err)
	}
	return &liteTelemetry{dir: dir, o: o, open: open, idx: byTime, days: map[time.Time]*dayFile{}}, nil
}

func (l *liteTelemetry) path(d time.Time) string { return filepath.Join(l.dir, d.Format(dayName)) }

func (l *liteTelemetry) store(calls []*telemetryCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	byDay := map[time.Time][]*telemetryCall{}
	for _, c := range calls {
		d := c.row.time.Truncate(day)
		byDay[d] = append(byDay[d], c)
	}
	for d, some := range byDay {
		err := l.storeDay(d, some)
		for _, c := range some {
			c.err = err
		}
	}
}

func (l *liteTelemetry) storeDay(d time.Time, calls []*telemetryCall) error {
	f, err := l.file(d)
	if err != nil {
		return err
	}
	err = f.run("BEGIN IMMEDIATE")
	for i := 0; err == nil && i < len(calls); i++ {
		r := calls[i].row
		err = f.write(`INSERT INTO `+liteTable+` (station, time, key, at, received_at, packed) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (station, time, key) DO NOTHING`,
			[]any{r.station, r.time.UnixMicro(), r.Key, r.At.UnixMicro(), r.ReceivedAt.UnixMicro(), r.Packed})
	}
	if err == nil {
		err = f.run("COMMIT")
	}
	if err != nil { // a fresh connection next time
		delete(l.days, d)
		return errors.Join(err, f.close())
	}
	return nil
}

// file returns the day's connection, opening the file if need be and closing the one
// not used for longest if too many are open.
func (l *liteTelemetry) file(d time.Time) (*dayFile, error) {
	if f := l.days[d]; f != nil {
		f.used = time.Now()
		return f, nil
	}
	if len(l.days) >= l.open {
		var oldest time.Time
		for k, f := range l.days {
			if oldest.IsZero() || f.used.Before(l.days[oldest].used) {
				oldest = k
			}
		}
		if err := l.days[oldest].close(); err != nil {
			l.o.Log.Warn("closing a telemetry file", "day", oldest, "error", err)
		}
		delete(l.days, oldest)
	}
	h, err := os.OpenFile(l.path(d), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fail.Wrap(fail.Unavailable, "store.telemetry", err)
	}
	if err := h.Close(); err != nil {
		return nil, fail.Wrap(fail.Unavailable, "store.telemetry", err)
	}
	c, err := openLite(l.path(d), sqlite.OpenReadWrite, l.o, []string{
		"journal_mode=WAL", "synchronous=NORMAL", "trusted_schema=OFF", "cache_size=-4096", "journal_size_limit=16777216"})
	if err != nil {
		return nil, err
	}
	err = c.run(`CREATE TABLE IF NOT EXISTS ` + liteTable + ` (
		station TEXT NOT NULL, time INTEGER NOT NULL, key TEXT NOT NULL,
		at INTEGER NOT NULL, received_at INTEGER NOT NULL, packed BLOB NOT NULL,
		UNIQUE (station, time, key)) STRICT`)
	if err == nil && l.idx {
		err = c.run(`CREATE INDEX IF NOT EXISTS ` + liteTable + `_time ON ` + liteTable + ` (time)`)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	l.days[d] = &dayFile{c, time.Now()}
	return l.days[d], nil
}

// stored returns the days that have a file, in order.
func (l *liteTelemetry) stored() ([]time.Time, error) {
	entries, err := os.ReadDir(l.dir) // sorted by name
	if err != nil {
		return nil, fail.Wrap(fail.Unavailable, "store.telemetry", err)
	}
	var out []time.Time
	for _, e := range entries {
		if d, err := time.Parse(dayName, e.Name()); err == nil {
			out = append(out, d)
		}
	}
	return out, nil
}

func (l *liteTelemetry) scan(ctx context.Context, station string, from, to time.Time, fn func(Message) error) error {
	days, err := l.stored()
	if err != nil {
		return err
	}
	for _, d := range days {
		if d.Before(from.Truncate(day)) || !d.Before(to) {
			continue
		}
		each := func(r *Row) (bool, error) { return true, fn(message(r)) }
		if err := l.queryDay(ctx, d, each, telemetryScan(liteTable), station, from.UnixMicro(), to.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

func (l *liteTelemetry) tail(ctx context.Context, station string, before time.Time, limit int) ([]Message, error) {
	days, err := l.stored()
	if err != nil {
		return nil, err
	}
	var out []Message
	each := func(r *Row) (bool, error) {
		out = append(out, message(r))
		return true, nil
	}
	for _, d := range slices.Backward(days) {
		if len(out) >= limit {
			break
		}
		if !d.Before(before) {
			continue
		}
		if err := l.queryDay(ctx, d, each, telemetryTail(liteTable), station, before.UnixMicro(), limit-len(out)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (l *liteTelemetry) across(ctx context.Context, from, before time.Time, limit int, each func(*Row) (bool, error)) error {
	days, err := l.stored()
	if err != nil {
		return err
	}
	ended := false
	count := func(r *Row) (bool, error) {
		limit--
		more, err := each(r)
		ended = !more || err != nil
		return more, err
	}
	for _, d := range slices.Backward(days) {
		if ended || limit <= 0 || d.Before(from.Truncate(day)) {
			break
		}
		if !d.Before(before) {
			continue
		}
		if err := l.queryDay(ctx, d, count, telemetryAcross(liteTable), from.UnixMicro(), before.UnixMicro(), limit); err != nil {
			return err
		}
	}
	return nil
}

// queryDay runs a query on the file of a day; a day without file has no rows.
func (l *liteTelemetry) queryDay(ctx context.Context, d time.Time, each func(*Row) (bool, error), sql string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return noTurn(ctx)
	}
	c, err := openLite(l.path(d), sqlite.OpenReadOnly, l.o, []string{"query_only=ON", "trusted_schema=OFF"})
	if err != nil {
		if _, gone := os.Stat(l.path(d)); errors.Is(gone, os.ErrNotExist) { // its time was over
			return nil
		}
		return err
	}
	defer c.close() //nolint:errcheck // read only
	c.c.SetInterrupt(ctx.Done())
	if err = canonical(args); err == nil {
		err = c.each(each, sql, args)
	}
	if err != nil && strings.Contains(err.Error(), "no such table") { // made this moment
		return nil
	}
	return err
}

const liteTable = "telemetry_message"

func telemetryScan(table string) string {
	return `SELECT at, received_at, key, packed FROM ` + table + `
	WHERE station = $1 AND time >= $2 AND time < $3 ORDER BY time, received_at, key`
}

func telemetryTail(table string) string {
	return `SELECT at, received_at, key, packed FROM ` + table + `
	WHERE station = $1 AND time < $2 ORDER BY time DESC, received_at DESC, key DESC LIMIT $3`
}

func telemetryAcross(table string) string {
	return `SELECT at, received_at, key, packed, station FROM ` + table + `
	WHERE time >= $1 AND time < $2 ORDER BY time DESC, station, key DESC LIMIT $3`
}

func message(r *Row) Message { return Message{r.Time(0), r.Time(1), r.Text(2), r.Bytes(3)} }

func (l *liteTelemetry) dropBefore(_ context.Context, limit time.Time) (int, error) {
	days, err := l.stored()
	if err != nil {
		return 0, err
	}
	n := 0
	for _, d := range days {
		if !d.Before(limit) {
			break
		}
		if err := l.drop(d); err != nil {
			return n, fail.Wrap(fail.Unavailable, "store.telemetry", err)
		}
		n++
	}
	return n, nil
}

func (l *liteTelemetry) drop(d time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	if f := l.days[d]; f != nil {
		errs = append(errs, f.close())
		delete(l.days, d)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(l.path(d) + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (l *liteTelemetry) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, f := range l.days {
		errs = append(errs, f.close())
	}
	clear(l.days)
	return errors.Join(errs...)
}
