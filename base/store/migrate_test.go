package store_test

import (
	"io/fs"
	"strings"
	"sync"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/schema"
)

func TestMigrations(t *testing.T) {
	const one, two = "CREATE TABLE one (id TEXT PRIMARY KEY);", "ALTER TABLE one ADD COLUMN flag BOOLEAN NOT NULL DEFAULT FALSE;\r\nINSERT INTO one (id) VALUES ('x')"
	storetest.EachURL(t, func(t *testing.T, url string) {
		db := storetest.Open(t, url, nil, store.Options{})
		steps := []struct {
			name  string
			files fs.FS
			kind  fail.Kind // Internal with an empty want: no error
			want  string
		}{
			{"first", files("0010_one.sql", one), 0, ""},
			{"again", files("0010_one.sql", one), 0, ""},
			{"forward", files("0010_one.sql", one, "0020_two.sql", two), 0, ""},
			{"other line ends", files("0010_one.sql", one, "0020_two.sql", strings.ReplaceAll(two, "\r\n", "\n")), 0, ""},
			{"changed", files("0010_one.sql", one+" ", "0020_two.sql", two), fail.Conflict, "0010_one.sql was changed"},
			{"newer", files("0010_one.sql", one), fail.Conflict, "0020_two.sql"},
			{"unknown between", files("0010_one.sql", one, "0030_x.sql", one), fail.Conflict, "0020_two.sql"},
			{"below", files("0010_one.sql", one, "0015_x.sql", one, "0020_two.sql", two), fail.Conflict, "0015_x.sql is numbered below"},
			{"name", files("10_one.sql", one), fail.Internal, "not named"},
			{"twice", files("0010_one.sql", one, "0010_two.sql", one), fail.Internal, "one number"},
			{"broken", files("0010_one.sql", one, "0020_two.sql", two, "0030_x.sql", "CREATE TABLE whole (id TEXT); CREATE TABLE one (id TEXT)"), fail.Internal, "0030_x.sql"},
			{"mended", files("0010_one.sql", one, "0020_two.sql", two, "0030_x.sql", "CREATE TABLE whole (id TEXT)"), 0, ""},
		}
		for _, s := range steps {
			err := db.Migrate(t.Context(), s.files)
			if s.want == "" && err != nil || s.want != "" && (!fail.Is(err, s.kind) || !strings.Contains(err.Error(), s.want)) {
				t.Errorf("%s: %v", s.name, err)
			}
		}
		if err := db.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestManyMigrateAtOnce(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 6 {
			db := storetest.Open(t, url, nil, store.Options{BusyTimeout: 20e9})
			wg.Go(func() {
				if err := db.Migrate(t.Context(), testSchema); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := count(t, storetest.Open(t, url, testSchema, store.Options{})); n != 1 {
			t.Fatalf("%d rows", n)
		}
	})
}

// The product's schema is the same on both engines: every table takes a row count.
func TestSchema(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		if err := db.Migrate(t.Context(), schema.FS); err != nil {
			t.Fatal(err)
		}
		if err := db.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
