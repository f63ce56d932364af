package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"chargewright/base/fail"
)

// migration is one numbered file.
type migration struct {
	number   int64
	name     string
	text     string
	checksum string
}

var migrationName = regexp.MustCompile(`^([0-9]{4})_[a-z0-9_]+\.sql$`)

const bookkeeping = `CREATE TABLE IF NOT EXISTS store_migration (
	number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS store_probe (id BIGINT PRIMARY KEY, at BIGINT NOT NULL);`

func migrate(ctx context.Context, db *DB, migrations fs.FS) error {
	files, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	if err := prepareBooks(ctx, db); err != nil {
		return err
	}
	for {
		applied, err := Do(ctx, db, "store.migrate", func(tx *Tx) (bool, error) { return migrateNext(tx, db.Engine(), files) })
		if err != nil {
			return err
		}
		if !applied {
			return nil
		}
	}
}

// readMigrations returns the files in order of their numbers.
func readMigrations(migrations fs.FS) ([]migration, error) {
	const op = "store.migrate"
	names, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return nil, fail.Wrap(fail.Internal, op, err)
	}
	var out []migration
	for _, name := range names { // sorted by Glob
		m := migrationName.FindStringSubmatch(name)
		if m == nil {
			return nil, fail.New(fail.Internal, op, "%s is not named NNNN_name.sql", name)
		}
		b, err := fs.ReadFile(migrations, name)
		if err != nil {
			return nil, fail.Wrap(fail.Internal, op, err)
		}
		text := strings.ReplaceAll(string(b), "\r\n", "\n")
		sum := sha256.Sum256([]byte(text))
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return nil, fail.Wrap(fail.Internal, op, err)
		}
		if len(out) > 0 && out[len(out)-1].number == n {
			return nil, fail.New(fail.Internal, op, "%s and %s have one number", out[len(out)-1].name, name)
		}
		out = append(out, migration{n, name, text, hex.EncodeToString(sum[:])})
	}
	return out, nil
}

// prepareBooks makes the tables of the store itself. Two processes may try at once:
// the one that loses sees what the other made.
func prepareBooks(ctx context.Context, db *DB) error {
	var err error
	for range 3 {
		_, err = Do(ctx, db, "store.migrate", func(tx *Tx) (struct{}, error) {
			return struct{}{}, tx.script(db.Engine(), bookkeeping)
		})
		if err == nil {
			return nil
		}
	}
	return err
}

// migrateNext applies the first file that is missing; false if none is.
func migrateNext(tx *Tx, engine string, files []migration) (bool, error) {
	const op = "store.migrate"
	if engine == "postgres" {
		if err := tx.script(engine, `LOCK TABLE store_migration IN ACCESS EXCLUSIVE MODE`); err != nil {
			return false, err
		}
	}
	done, err := All(tx, func(r *Row) migration {
		return migration{number: r.Int(0), name: r.Text(1), checksum: r.Text(2)}
	}, `SELECT number, name, checksum FROM store_migration ORDER BY number`)
	if err != nil {
		return false, err
	}
	for i, m := range files {
		if i < len(done) && done[i].number > m.number {
			return false, fail.New(fail.Conflict, op, "%s is numbered below %s, which this database has already", m.name, done[i].name)
		}
		if i < len(done) && done[i].number < m.number {
			return false, fail.New(fail.Conflict, op, "the database has %s, which this version does not know", done[i].name)
		}
		if i < len(done) && done[i].checksum != m.checksum {
			return false, fail.New(fail.Conflict, op, "%s was changed after it was applied", m.name)
		}
		if i >= len(done) {
			if err := tx.script(engine, m.text); err != nil {
				return false, fail.Wrap(fail.Internal, op+" "+m.name, err)
			}
			tx.Write(`INSERT INTO store_migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)`,
				m.number, m.name, m.checksum, tx.Now())
			return true, nil
		}
	}
	if len(done) > len(files) {
		return false, fail.New(fail.Conflict, op, "the database has %s, which this version does not know: it is newer", done[len(files)].name)
	}
	return false, nil
}

// script runs the statements of a migration.
func (tx *Tx) script(engine, text string) error {
	for _, sql := range dialect(engine, text) {
		if err := tx.usable(true); err != nil {
			return err
		}
		if err := tx.note(tx.session.ddl(sql)); err != nil {
			return err
		}
	}
	return nil
}
