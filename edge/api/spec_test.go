package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/openapi.json")

// The description that is committed is the one that is served.
func TestSpecIsCommitted(t *testing.T) {
	const path = "../../docs/openapi.json"
	spec, err := Spec()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Spec(); err != nil || !bytes.Equal(spec, again) {
		t.Fatal("two runs describe differently", err)
	}
	if *update {
		if err := os.WriteFile(path, spec, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(spec, committed) {
		t.Fatalf("%s is not what the code says: run go test ./edge/api -run TestSpecIsCommitted -update", path)
	}
}

func TestEveryOperationIsDescribed(t *testing.T) {
	b, err := Spec()
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		OpenAPI string
		Tags    []struct{ Name string }
		Paths   map[string]map[string]struct {
			OperationID, Summary string
			Tags                 []string
			Security             []map[string][]string
			Responses            map[string]struct {
				Ref string `json:"$ref"`
			}
		}
		Components struct {
			Schemas   map[string]any
			Responses map[string]any
		}
	}
	if err := json.Unmarshal(b, &spec); err != nil {
		t.Fatal(err)
	}
	if spec.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s", spec.OpenAPI)
	}
	tags, ids, n := map[string]bool{}, map[string]bool{}, 0
	for _, x := range spec.Tags {
		tags[x.Name] = true
	}
	for path, methods := range spec.Paths {
		for method, op := range methods {
			n++
			at := method + " " + path
			if op.Summary == "" || strings.HasSuffix(op.Summary, ".") || op.OperationID == "" || ids[op.OperationID] {
				t.Errorf("%s: summary %q, id %q", at, op.Summary, op.OperationID)
			}
			ids[op.OperationID] = true
			if len(op.Tags) != 1 || !tags[op.Tags[0]] {
				t.Errorf("%s: tags %v", at, op.Tags)
			}
			if len(op.Security) != 1 {
				t.Errorf("%s is not secured", at)
			}
			for _, code := range []string{"401", "403", "500", "503"} {
				if op.Responses[code].Ref == "" {
					t.Errorf("%s does not describe %s", at, code)
				}
			}
			for code, r := range op.Responses {
				if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); code[0] >= '4' && (!ok || spec.Components.Responses[name] == nil) {
					t.Errorf("%s: %s refers to %q", at, code, r.Ref)
				}
			}
		}
	}
	if want := len(operations()) + 3; n != want {
		t.Errorf("%d operations described, %d served", n, want)
	}
	if spec.Components.Schemas["Problem"] == nil || spec.Components.Schemas["ErrorModel"] != nil {
		t.Error("the framework's error shows instead of ours")
	}
	for _, ref := range refs(b) {
		if spec.Components.Schemas[ref] == nil {
			t.Errorf("a reference leads nowhere: %s", ref)
		}
	}
}

func refs(b []byte) (out []string) {
	for _, part := range strings.Split(string(b), `"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		out = append(out, name)
	}
	return out
}

// What a shape embeds is in the specification: reflection sees it under an exported
// name alone.
func TestEmbeddedShapesAreSpecified(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			x, ok := n.(*ast.StructType)
			if !ok || !slices.ContainsFunc(x.Fields.List, func(f *ast.Field) bool { return f.Tag != nil && strings.Contains(f.Tag.Value, "json:") }) {
				return true
			}
			for _, field := range x.Fields.List {
				if id, ok := field.Type.(*ast.Ident); ok && len(field.Names) == 0 && !id.IsExported() {
					t.Errorf("%s: a shape embeds %s, whose members the specification will lack", name, id.Name)
				}
			}
			return true
		})
	}
}
