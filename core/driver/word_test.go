package driver_test

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/driver"
	"chargewright/schema"
)

// crowd is how many drivers a large network has.
const crowd = 50_000

// A caller is found among 50,000 drivers by name, address and the end of a phone
// number, whoever joined after them, and by reading the index alone.
func TestACallerIsFoundInACrowd(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Support}
		write := func(fn func(tx *store.Tx) error) {
			t.Helper()
			if _, err := store.Do(t.Context(), db, "test", func(tx *store.Tx) (struct{}, error) { return struct{}{}, fn(tx) }); err != nil {
				t.Fatal(err)
			}
		}
		var ozlem string
		write(func(tx *store.Tx) (err error) {
			if err := access.Install(tx, access.Entity{Name: "Test", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
				return err
			}
			ozlem, err = driver.CreateDriver(tx, sc, driver.Driver{Name: "Özlem Kaya-O'Brien", Email: "o.kaya@mail.example.org", Phone: "+49 (170) 123-45 67"})
			return err
		})
		write(func(tx *store.Tx) error {
			const many = ` WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT `
			rows := fmt.Sprintf(many, crowd)
			tx.Write(`INSERT INTO driver_driver (id, tenant_id, name, email, phone, language, created_at)`+rows+
				`'drv_' || CAST(i AS TEXT), $1, 'Driver ' || CAST(i AS TEXT), 'd' || CAST(i AS TEXT) || '@crowd.example', '0' || CAST(1500000000 + i AS TEXT), '', CAST($2 AS BIGINT) + i FROM n`, sc.Tenant, tx.Now())
			for _, word := range []string{`'driver ' || CAST(i AS TEXT)`, `CAST(i AS TEXT)`, `'crowd.example'`, `' ' || CAST(1500000000 + i AS TEXT)`} {
				tx.Write(`INSERT INTO driver_word (tenant_id, word, driver_id)`+rows+`$1, `+word+`, 'drv_' || CAST(i AS TEXT) FROM n`, sc.Tenant)
			}
			return nil
		})
		for text, want := range map[string]int{
			"özlem": 1, "ÖZLEM KAYA": 1, "kaya": 1, "o'brien": 1, "brien": 1, "o.kaya@mail": 1, "mail.example.org": 1, "Özlem Kaya-O'Brien": 1, "@mail.example": 1,
			"driver 4711": 11, "driver 47111": 1, "driver": 11, "crowd": 11, "nobody at all": 0, "'": 0,
		} {
			found := see(t, db, func(tx *store.Tx) ([]driver.Driver, error) { return driver.DriversSaid(tx, sc, text, 11) })
			if len(found) != want || want == 1 && strings.HasPrefix(text, "ö") && found[0].ID != ozlem {
				t.Errorf("%q finds %d, want %d", text, len(found), want)
			}
		}
		for digits, want := range map[string]int{"1701234567": 1, "491701234567": 1, "34567": 1, "11701234567": 0, "0000": 0} {
			found := see(t, db, func(tx *store.Tx) ([]driver.Driver, error) { return driver.DriversByPhone(tx, sc, digits, 11) })
			if len(found) != want {
				t.Errorf("%s finds %d, want %d", digits, len(found), want)
			}
		}
		plan(t, db)
		write(func(tx *store.Tx) error {
			return driver.Update(tx, sc, driver.Driver{ID: ozlem, Name: "Deniz", Phone: "0309999999"})
		})
		for text, want := range map[string]int{"özlem": 0, "kaya": 0, "deniz": 1} {
			if found := see(t, db, func(tx *store.Tx) ([]driver.Driver, error) { return driver.DriversSaid(tx, sc, text, 11) }); len(found) != want {
				t.Errorf("after a change %q finds %d, want %d", text, len(found), want)
			}
		}
		write(func(tx *store.Tx) error {
			_, err := driver.Delete(tx, sc.Tenant, ozlem)
			return err
		})
		left := see(t, db, func(tx *store.Tx) ([]string, error) {
			return store.All(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT word FROM driver_word WHERE driver_id = $1 ORDER BY word`, ozlem)
		})
		if len(left) != 0 {
			t.Errorf("of who left %q is kept", left)
		}
	})
}

func see[T any](t *testing.T, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := store.Read(t.Context(), db, fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// plan wants words to be read from their index, and no driver but those found.
func plan(t *testing.T, db *store.DB) {
	t.Helper()
	explain, column := "EXPLAIN QUERY PLAN ", 3
	if db.Engine() == "postgres" {
		explain, column = "EXPLAIN ", 0
	}
	lines := see(t, db, func(tx *store.Tx) ([]string, error) {
		return store.All(tx, func(r *store.Row) string { return r.Text(column) }, explain+driver.WordQuery, access.DefaultTenant, "kaya", "kaya\U0010FFFF", 2_000)
	})
	s := strings.Join(lines, "; ")
	if strings.Contains(s, "SCAN driver_word") || strings.Contains(s, "SCAN driver_driver") || strings.Contains(s, "Seq Scan") || !strings.Contains(s, "driver_word") {
		t.Errorf("it reads %s", s)
	}
}

// Drivers who were there before are found by what the migration files, as by what
// is filed of a new one.
func TestWhoWasThereBeforeIsFound(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		before := fstest.MapFS{}
		names, err := fs.Glob(schema.FS, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name < "0107" {
				text, err := fs.ReadFile(schema.FS, name)
				if err != nil {
					t.Fatal(err)
				}
				before[name] = &fstest.MapFile{Data: text}
			}
		}
		db := storetest.Open(t, url, before, store.Options{})
		people := []driver.Driver{
			{ID: "a", Name: "Ada Berger", Email: "Ada.Berger@mail.example.org", Phone: "+49 (170) 123-45.67"}, {ID: "b", Name: "Jean-Luc d'Arc", Phone: "12"},
			{ID: "c", Name: "  x  ", Email: "+tag@a_b.example"}, {ID: "d"}, {ID: "e", Name: strings.Repeat("long ", 10), Phone: "+1 (234) 567 890 123 456 789"},
		}
		_, err = store.Do(t.Context(), db, "test", func(tx *store.Tx) (struct{}, error) {
			err := access.Install(tx, access.Entity{Name: "Test", Country: "DE", Currency: "EUR", NumberPrefix: "R"})
			for _, p := range people {
				tx.Write(`INSERT INTO driver_driver (id, tenant_id, name, email, phone, language, created_at) VALUES ($1, $2, $3, $4, $5, '', 1)`, p.ID, access.DefaultTenant, p.Name, p.Email, p.Phone)
			}
			return struct{}{}, err
		})
		if err == nil {
			err = db.Migrate(t.Context(), schema.FS)
		}
		if err != nil {
			t.Fatal(err)
		}
		words := func() map[string]string {
			return see(t, db, func(tx *store.Tx) (map[string]string, error) {
				out := map[string]string{}
				return out, tx.Each(func(r *store.Row) error {
					out[r.Text(0)] += r.Text(1) + "|"
					return nil
				}, `SELECT driver_id, word FROM driver_word ORDER BY driver_id, word`)
			})
		}
		filed := words()
		_, err = store.Do(t.Context(), db, "test", func(tx *store.Tx) (struct{}, error) {
			for _, p := range people {
				p.Tenant = access.DefaultTenant
				driver.File(tx, p)
			}
			return struct{}{}, nil
		})
		if again := words(); err != nil || len(filed) != 4 || !maps.Equal(filed, again) {
			t.Errorf("the migration files %q, and of new ones %q is filed, %v", filed, again, err)
		}
	})
}
