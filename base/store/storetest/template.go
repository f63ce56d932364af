package storetest

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"chargewright/base/store"
)

// Under the race detector it takes a second to apply all migrations. So they are
// applied once, and each test begins on a copy.

// templates holds SQLite databases with migrations applied.
var templates struct {
	sync.Mutex
	made map[embed.FS][]byte
}

// copySQLite writes a database with migrations applied to a path where there is none.
func copySQLite(t testing.TB, path string, migrations embed.FS) {
	t.Helper()
	templates.Lock()
	defer templates.Unlock()
	b := templates.made[migrations]
	if b == nil {
		made := filepath.Join(t.TempDir(), "template.db")
		apply(t, "sqlite:"+made, migrations)
		var err error
		if b, err = os.ReadFile(made); err != nil {
			t.Fatal(err)
		}
		if templates.made == nil {
			templates.made = map[embed.FS][]byte{}
		}
		templates.made[migrations] = b
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// known are the names of the templates that this process has seen.
var known sync.Map // embed.FS → string

// templateLock keeps two processes from making one template at once.
const templateLock = 0x7465737464

// template returns the name of a PostgreSQL database with migrations applied, made
// if there is none. It stays on the server: there is one for each state of the
// migrations.
func template(t testing.TB, server string, migrations embed.FS) string {
	t.Helper()
	if name, ok := known.Load(migrations); ok {
		return name.(string)
	}
	ctx := context.Background()
	name := "template_" + digest(t, migrations)
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx) //nolint:errcheck // its lock goes with it
	if _, err := c.Exec(ctx, fmt.Sprintf("SELECT pg_advisory_lock(%d)", templateLock)); err != nil {
		t.Fatal(err)
	}
	var done bool
	if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate)", name).Scan(&done); err != nil {
		t.Fatal(err)
	}
	if !done {
		makeTemplate(t, c, server, name, migrations)
	}
	known.Store(migrations, name)
	return name
}

func makeTemplate(t testing.TB, c *pgx.Conn, server, name string, migrations embed.FS) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	run := func(sql string) {
		if _, err := c.Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	run("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") // one that was begun is not a template yet
	run("CREATE DATABASE " + name)
	apply(t, u.String(), migrations)
	run("ALTER DATABASE " + name + " IS_TEMPLATE true")
}

func apply(t testing.TB, address string, migrations fs.FS) {
	t.Helper()
	db, err := store.Open(t.Context(), address, store.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Migrate(t.Context(), migrations), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// digest tells states of the migrations apart.
func digest(t testing.TB, migrations embed.FS) string {
	t.Helper()
	h := sha256.New()
	names, err := fs.Glob(migrations, "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := migrations.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%s %d\n%s", n, len(b), b)
	}
	return hex.EncodeToString(h.Sum(nil)[:10])
}
