// Package storetest gives tests real databases: SQLite always, PostgreSQL when
// CHARGEWRIGHT_TEST_POSTGRES holds the address of a server where databases may be
// created (build/pgtest.sh starts one).
package storetest

import (
	"context"
	"crypto/rand"
	"embed"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"chargewright/base/store"
)

// Env is the environment variable with the address of the PostgreSQL server.
const Env = "CHARGEWRIGHT_TEST_POSTGRES"

// Each runs fn as one subtest for each engine at hand, on a fresh database with
// migrations applied.
func Each(t *testing.T, migrations fs.FS, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachMigrated(t, migrations, func(t *testing.T, url string) { fn(t, Open(t, url, migrations, store.Options{})) })
}

// EachMigrated runs fn as one subtest for each engine at hand, with the address of a
// fresh database to which the migrations are applied, if they are an embed.FS: of
// others it is empty, and Open applies them.
func EachMigrated(t *testing.T, migrations fs.FS, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, MigratedURL(t, migrations)) })
	t.Run("postgres", func(t *testing.T) { fn(t, postgres(t, migrations)) })
}

// EachURL runs fn as one subtest for each engine at hand, with the address of a
// fresh, empty database.
func EachURL(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLiteURL(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, PostgresURL(t)) })
}

// SQLite returns a fresh SQLite database with migrations applied, closed at the end
// of the test. It works inside testing/synctest.
func SQLite(t testing.TB, migrations fs.FS) *store.DB {
	t.Helper()
	return Open(t, MigratedURL(t, migrations), migrations, store.Options{})
}

// Open opens url with quiet logs and no busy timeout, applies migrations (nil: none)
// and closes it at the end of the test.
func Open(t testing.TB, url string, migrations fs.FS, o store.Options) *store.DB {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.BusyTimeout == 0 {
		o.BusyTimeout = -1
	}
	db, err := store.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if migrations != nil {
		if err := db.Migrate(t.Context(), migrations); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// SQLiteURL returns the address of a database that does not exist yet.
func SQLiteURL(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "core.db") }

// MigratedURL returns the address of a fresh SQLite database as EachMigrated has it.
func MigratedURL(t testing.TB, migrations fs.FS) string {
	t.Helper()
	url := SQLiteURL(t)
	if files, ok := migrations.(embed.FS); ok {
		copySQLite(t, strings.TrimPrefix(url, "sqlite:"), files)
	}
	return url
}

// PostgresURL makes an empty database and returns its address; it is dropped at the
// end of the test. The test is skipped if there is no server.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return postgres(t, nil)
}

func postgres(t testing.TB, migrations fs.FS) string {
	t.Helper()
	server := os.Getenv(Env)
	if server == "" {
		t.Skip("no PostgreSQL: run with build/pgtest.sh, or set " + Env)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text()[:16])
	create := "CREATE DATABASE " + name
	if files, ok := migrations.(embed.FS); ok {
		create += " TEMPLATE " + template(t, server, files)
	}
	admin(t, server, create)
	t.Cleanup(func() { admin(t, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

func admin(t testing.TB, server, sql string) {
	t.Helper()
	ctx := context.Background() // also after the test's own has ended
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx) //nolint:errcheck // one statement, done
	if _, err := c.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}
