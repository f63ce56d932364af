package store

import (
	"slices"
	"strings"
	"testing"
)

func TestDialect(t *testing.T) {
	const text = `-- a "comment; with' BIGINT
CREATE TABLE a (id TEXT PRIMARY KEY, n bigint, -- µs; it's
	b BOOLEAN DEFAULT FALSE, c BYTEA, d DOUBLE PRECISION, e TEXT DEFAULT 'BIGINT; --x', "BYTEA" TEXT)
;
CREATE INDEX i ON a (n) -- only postgres
CREATE INDEX i ON a (n, id) -- only sqlite
;;
create table "q" (x BIGINT) PARTITION BY RANGE (x); -- only postgres
INSERT INTO a (id) VALUES ('it''s BOOLEAN;')`
	want := map[string][]string{
		"postgres": {
			`CREATE TABLE a (id TEXT PRIMARY KEY, n bigint, b BOOLEAN DEFAULT FALSE, c BYTEA, d DOUBLE PRECISION, e TEXT DEFAULT 'BIGINT; --x', "BYTEA" TEXT)`,
			`CREATE INDEX i ON a (n)`, `create table "q" (x BIGINT) PARTITION BY RANGE (x)`, `INSERT INTO a (id) VALUES ('it''s BOOLEAN;')`,
		},
		"sqlite": {
			`CREATE TABLE a (id TEXT PRIMARY KEY, n INTEGER, b INTEGER DEFAULT FALSE, c BLOB, d REAL, e TEXT DEFAULT 'BIGINT; --x', "BYTEA" TEXT) STRICT`,
			`CREATE INDEX i ON a (n, id)`, `INSERT INTO a (id) VALUES ('it''s BOOLEAN;')`,
		},
	}
	for engine, want := range want {
		got := dialect(engine, text)
		for i := range got {
			got[i] = strings.Join(strings.Fields(got[i]), " ")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\n%s", engine, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// No text is lost but comments, semicolons and space at the edges, and quoted text is
// never changed.
func FuzzDialect(f *testing.F) {
	f.Add("CREATE TABLE a (b BIGINT, c TEXT DEFAULT 'it''s; --'); -- x\nINSERT")
	f.Add("'unclosed")
	f.Fuzz(func(t *testing.T, text string) {
		for _, parts := range statements(text) {
			at := 0
			for _, p := range parts {
				i := strings.Index(text[at:], p.text)
				if i < 0 {
					t.Fatalf("%q is not in order in %q", p.text, text)
				}
				at += i + len(p.text)
				if p.quoted && p.text[0] != '\'' && p.text[0] != '"' || !p.quoted && strings.ContainsAny(p.text, `;'"`) {
					t.Fatalf("%q is split wrongly", p.text)
				}
			}
		}
		if !strings.ContainsAny(text, `;'"-`) {
			if got := dialect("postgres", text); strings.Join(got, "") != strings.TrimSpace(text) {
				t.Fatalf("%q became %q", text, got)
			}
		}
		dialect("sqlite", text)
	})
}
