package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"chargewright/base/fail"
)

// postgresTelemetry keeps one table with a partition for each UTC day.
type postgresTelemetry struct {
	db    *postgresDB
	table string
	o     Options
	slot  *postgresSlot
	known map[time.Time]bool // days whose partition was seen
}

func openPostgresTelemetry(ctx context.Context, db *postgresDB, o Options, table string, byTime bool) (*postgresTelemetry, error) {
	config := db.writers[0].config.Copy()
	config.RuntimeParams["default_transaction_isolation"] = "read committed"
	config.RuntimeParams["statement_timeout"] = milliseconds(o.AtomTimeout)
	p := &postgresTelemetry{db: db, table: table, o: o, slot: newSlot(config), known: map[time.Time]bool{}}
	if err := p.slot.ensure(ctx); err != nil {
		return nil, err
	}
	err := p.create(ctx, `CREATE TABLE IF NOT EXISTS `+table+` (
		station TEXT NOT NULL, time BIGINT NOT NULL, key TEXT NOT NULL,
		at BIGINT NOT NULL, received_at BIGINT NOT NULL, packed BYTEA NOT NULL,
		PRIMARY KEY (station, time, key)) PARTITION BY RANGE (time)`)
	if err == nil && byTime {
		err = p.create(ctx, `CREATE INDEX IF NOT EXISTS `+table+`_time ON `+table+` (time)`)
	}
	if err == nil {
		err = p.partition(ctx, time.Now().UTC().Truncate(day))
	}
	if err != nil {
		p.slot.drop()
		return nil, fail.Wrap(fail.Unavailable, "store.telemetry", err)
	}
	return p, nil
}

// create runs a CREATE … IF NOT EXISTS, which fails if another process makes the same
// at the same moment.
func (p *postgresTelemetry) create(ctx context.Context, sql string) error {
	_, err := p.slot.conn.PgConn().Exec(ctx, sql).ReadAll()
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		_, err = p.slot.conn.PgConn().Exec(ctx, sql).ReadAll()
	}
	return err
}

func (p *postgresTelemetry) name(d time.Time) string { return p.table + "_" + d.Format("20060102") }

// partition makes the partition of day d and of the day after it.
func (p *postgresTelemetry) partition(ctx context.Context, d time.Time) error {
	if p.known[d] {
		return nil
	}
	for _, d := range []time.Time{d, d.Add(day)} {
		err := p.create(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s PARTITION OF %s FOR VALUES FROM (%d) TO (%d)`,
			p.name(d), p.table, d.UnixMicro(), d.Add(day).UnixMicro()))
		if err != nil {
			return err
		}
	}
	p.known[d] = true
	return nil
}

func (p *postgresTelemetry) store(calls []*telemetryCall) {
	ctx, cancel := context.WithTimeout(context.Background(), p.o.AtomTimeout)
	defer cancel()
	err := p.insert(ctx, calls)
	if err != nil && ctx.Err() == nil { // idempotent: a lost connection or partition costs one repeat
		clear(p.known)
		err = p.insert(ctx, calls)
	}
	for _, c := range calls {
		c.err = err
	}
}

func (p *postgresTelemetry) insert(ctx context.Context, calls []*telemetryCall) error {
	if err := p.slot.ensure(ctx); err != nil {
		return err
	}
	p.slot.used = time.Now()
	n := len(calls)
	stations, keys, packed := make([]string, n), make([]string, n), make([][]byte, n)
	times, ats, received := make([]int64, n), make([]int64, n), make([]int64, n)
	for i, c := range calls {
		r := &c.row
		if err := p.partition(ctx, r.time.Truncate(day)); err != nil {
			return err
		}
		stations[i], keys[i], packed[i] = r.station, r.Key, r.Packed
		times[i], ats[i], received[i] = r.time.UnixMicro(), r.At.UnixMicro(), r.ReceivedAt.UnixMicro()
	}
	_, err := p.slot.conn.Exec(ctx, `INSERT INTO `+p.table+` (station, time, key, at, received_at, packed)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[])
		ON CONFLICT (station, time, key) DO NOTHING`, stations, times, keys, ats, received, packed)
	return err
}

func (p *postgresTelemetry) scan(ctx context.Context, station string, from, to time.Time, fn func(Message) error) error {
	return p.db.read(ctx, func(tx *Tx) error {
		return tx.Each(func(r *Row) error { return fn(message(r)) }, telemetryScan(p.table), station, from.UnixMicro(), to.UnixMicro())
	})
}

func (p *postgresTelemetry) tail(ctx context.Context, station string, before time.Time, limit int) (out []Message, err error) {
	err = p.db.read(ctx, func(tx *Tx) error {
		out, err = All(tx, message, telemetryTail(p.table), station, before.UnixMicro(), limit)
		return err
	})
	return out, err
}

func (p *postgresTelemetry) across(ctx context.Context, from, before time.Time, limit int, each func(*Row) (bool, error)) error {
	return p.db.read(ctx, func(tx *Tx) error {
		return tx.each(each, telemetryAcross(p.table), []any{from.UnixMicro(), before.UnixMicro(), limit})
	})
}

func (p *postgresTelemetry) dropBefore(ctx context.Context, limit time.Time) (int, error) {
	var names []string
	err := p.db.read(ctx, func(tx *Tx) error {
		var err error
		names, err = All(tx, func(r *Row) string { return r.Text(0) }, `SELECT CAST(c.relname AS TEXT) FROM pg_inherits i
			JOIN pg_class c ON c.oid = i.inhrelid
			WHERE i.inhparent = CAST($2 AS regclass) AND c.relname < $1 ORDER BY c.relname`,
			p.name(limit), p.table)
		return err
	})
	if err != nil {
		return 0, err
	}
	for i, name := range names {
		err := p.db.do(ctx, &atom{key: name, run: func(tx *Tx) error { return tx.note(tx.session.ddl("DROP TABLE IF EXISTS " + name)) }})
		if err != nil {
			return i, err
		}
	}
	return len(names), nil
}

func (p *postgresTelemetry) close() error {
	p.slot.drop()
	return nil
}
