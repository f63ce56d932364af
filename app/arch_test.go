package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The house, as DESIGN draws it. Each rule says why it stands.
const root = ".."

// floors orders the core rooms: a room imports only rooms of rows below its own.
var floors = [][]string{
	{"access"}, // below its row in the plan: every room's functions take its Scope
	{"ledger"},
	{"payment", "plan", "notify", "brake"},
	{"station", "device", "driver", "tariff"},
	{"reserve", "cert", "upkeep"},
	{"session"},
	{"smartcharge", "billing", "monitor", "report", "trip"},
	{"terminal"}, // sells what billing charges
}

func floorOf(room string) int {
	return slices.IndexFunc(floors, func(row []string) bool { return slices.Contains(row, room) })
}

// verdict says why a package may not import another of this module; "" if it may.
func verdict(from, to string) string {
	kind, _, _ := strings.Cut(from, "/")
	into, _, _ := strings.Cut(to, "/")
	room := func(p string) string { return strings.Split(p, "/")[1] }
	switch {
	case kind == "app" || kind == "cmd":
		return ""
	case into == "app" || into == "cmd":
		return "app is where things meet: nothing may depend on the meeting"
	case kind == "base" && into != "base":
		return "base is ground: it knows no domain and no format"
	case kind == "wire" && into != "wire" && to != "base/fail":
		return "wire is pure formats: a message may not depend on what is done with it"
	case kind == "core" && into == "wire":
		return "core never imports wire: an OCPP change must not be able to touch a price"
	case kind == "core" && into != "base" && into != "core":
		return "core is charging alone: the edge translates for it"
	case kind == "core" && into == "core" && room(from) != room(to) && floorOf(room(to)) >= floorOf(room(from)):
		return "core rooms import downward only: sideways they meet by event, port or a small interface"
	case kind == "edge" && into == "edge" && room(from) != room(to):
		return "edge packages never import each other: app passes what they need"
	case kind == "edge" && !slices.Contains([]string{"core", "wire", "base", "edge"}, into):
		return "edge imports core, wire and base"
	case kind == "plug" && into != "core" && into != "base":
		return "a plug sees the port it implements and the ground"
	case kind == "sim" && into != "wire" && into != "base" && into != "sim":
		return "sim is the outside world: it may know the wire, never our inside"
	case kind == "schema":
		return "schema is text"
	}
	return ""
}

type goFile struct {
	pkg     string // directory, "core/session"
	path    string
	imports []string
	doc     bool
	test    bool
	source  string
	sql     []string // its string literals that look like SQL
}

var statement = regexp.MustCompile(`(?i)\b(SELECT|INSERT|UPDATE|DELETE|CREATE)\b`)

// statements returns the string literals of a file that look like SQL.
func statements(f *ast.File) (out []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && statement.MatchString(lit.Value) {
			out = append(out, lit.Value)
		}
		return true
	})
	return out
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && rel != "." || d.Name() == "node_modules" || d.Name() == "testdata" || rel == "bench") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		g := goFile{pkg: filepath.ToSlash(filepath.Dir(rel)), path: filepath.ToSlash(rel), doc: f.Doc != nil, test: strings.HasSuffix(path, "_test.go"), source: string(src), sql: statements(f)}
		for _, i := range f.Imports {
			if to, ok := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "chargewright/"); ok {
				g.imports = append(g.imports, to)
			}
		}
		files = append(files, g)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestImportsFollowTheFloors(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		if kind, room, _ := strings.Cut(f.pkg, "/"); kind == "core" && floorOf(strings.Split(room, "/")[0]) < 0 {
			t.Errorf("%s: the room stands on no floor; put it into floors", f.path)
		}
		for _, to := range f.imports {
			if why := verdict(f.pkg, to); why != "" {
				t.Errorf("%s imports %s: %s", f.path, to, why)
			}
		}
	}
}

func TestEveryPackageHasADoc(t *testing.T) {
	has := map[string]bool{}
	for _, f := range goFiles(t) {
		if !f.test {
			has[f.pkg] = has[f.pkg] || f.doc
		}
	}
	for pkg, ok := range has {
		if !ok {
			t.Errorf("%s has no package doc: say what it owns", pkg)
		}
	}
}

var tableName = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE|TABLE|REFERENCES)\s+(?:IF NOT EXISTS\s+)?([a-z]+)_([a-z_]+)\b`)

// A table belongs to the room whose name it begins with. Another room asks.
func TestOnlyTheOwnerTouchesATable(t *testing.T) {
	rooms := map[string]string{"outbox": "base/outbox", "store": "base/store", "telemetry": "base/store"}
	for _, row := range floors {
		for _, r := range row {
			rooms[r] = "core/" + r
		}
	}
	for _, f := range goFiles(t) {
		if f.test || strings.HasPrefix(f.pkg, "core/report") {
			continue
		}
		for _, m := range tableName.FindAllStringSubmatch(strings.Join(f.sql, "\n"), -1) {
			owner, known := rooms[m[1]]
			if known && owner != f.pkg {
				t.Errorf("%s touches %s_%s, which belongs to %s", f.path, m[1], m[2], owner)
			}
		}
	}
}

// Every table says how long it is kept.
func TestEveryTableNamesItsRetention(t *testing.T) {
	names, err := filepath.Glob(root + "/schema/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal("no schema found", err)
	}
	create := regexp.MustCompile(`(?i)CREATE TABLE (\w+)`)
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		kept := false
		for line := range strings.Lines(string(b)) {
			if strings.HasPrefix(line, "--") && strings.Contains(line, "Retention:") {
				kept = true
			}
			if m := create.FindStringSubmatch(line); m != nil && !kept {
				t.Errorf("%s: table %s stands under no comment with its Retention", filepath.Base(n), m[1])
			}
		}
	}
}

// Banned words of law 3: they differ between the engines or hide a rule in SQL.
func TestPortableSQL(t *testing.T) {
	inSQL := map[string]*regexp.Regexp{
		"now()":          regexp.MustCompile(`(?i)\bnow\(\)`),
		"JSON operators": regexp.MustCompile(`->|#>`),
		"LIKE as search": regexp.MustCompile(`(?i)\bI?LIKE\b`),
	}
	inGo := map[string]*regexp.Regexp{
		"an init function": regexp.MustCompile(`(?m)^func init\(\)`),
		"database/sql":     regexp.MustCompile(`(?m)^\s*(\w+ )?"database/sql"`),
	}
	for _, f := range goFiles(t) {
		if f.test || strings.HasPrefix(f.pkg, "base/store") {
			continue
		}
		for what, re := range inSQL {
			if re.MatchString(strings.Join(f.sql, "\n")) {
				t.Errorf("%s uses %s in SQL, which law 3 bans", f.path, what)
			}
		}
		for what, re := range inGo {
			if re.MatchString(f.source) {
				t.Errorf("%s has %s, which the laws ban", f.path, what)
			}
		}
	}
}

// ARCHITECTURE.md names the rooms that exist, and no others.
func TestArchitectureIsTrue(t *testing.T) {
	b, err := os.ReadFile(root + "/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	exists := map[string]bool{}
	for _, f := range goFiles(t) {
		if !f.test {
			exists[f.pkg] = true
		}
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`((?:base|core|edge|plug|wire|cmd)/[a-z0-9/]+|app|sim|schema)`").FindAllStringSubmatch(string(b), -1) {
		named[m[1]] = true
		if !exists[m[1]] {
			t.Errorf("ARCHITECTURE.md names %s, which does not exist", m[1])
		}
	}
	for pkg := range exists {
		if strings.HasSuffix(pkg, "test") || strings.Contains(pkg, "/internal") || strings.HasSuffix(pkg, "/gen") {
			continue
		}
		if !named[pkg] {
			t.Errorf("ARCHITECTURE.md does not name %s", pkg)
		}
	}
}
