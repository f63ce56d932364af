package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// schema is the part of JSON Schema that OCPP uses.
type schema struct {
	Ref         string   `json:"$ref"`
	Type        string   `json:"type"`
	Format      string   `json:"format"`
	Enum        []string `json:"enum"`
	MaxLength   int      `json:"maxLength"`
	MinItems    int      `json:"minItems"`
	MaxItems    int      `json:"maxItems"`
	Minimum     *float64 `json:"minimum"`
	Maximum     *float64 `json:"maximum"`
	MultipleOf  float64  `json:"multipleOf"`
	Required    []string `json:"required"`
	Properties  members  `json:"properties"`
	Items       *schema  `json:"items"`
	Definitions members  `json:"definitions"`
	Closed      *bool    `json:"additionalProperties"`
}

// members is a JSON object in the order of the file.
type members []member

type member struct {
	name string
	*schema
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (m *members) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		e := member{name: name.String(), schema: new(schema)}
		if err := json.UnmarshalDecode(dec, e.schema); err != nil {
			return err
		}
		*m = append(*m, e)
	}
	_, err := dec.ReadToken()
	return err
}

func (m members) get(name string) *schema {
	for _, e := range m {
		if e.name == name {
			return e.schema
		}
	}
	return nil
}

// version is one protocol version: its actions and its named types.
type version struct {
	name, folder, table string
	actions             []*act
	named               map[string]*typ
	base                *version // the version whose types this one shares
}

// act is an action with its request and reply; a SEND has no reply.
type act struct {
	name, direction string
	send            bool
	request, reply  *typ
}

func (v *version) load(dir string) error {
	v.named = map[string]*typ{}
	f, err := os.Open(filepath.Join(dir, "actions.csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows[1:] {
		if row[0] != v.name {
			continue
		}
		a := &act{name: row[1], send: row[3] == "SEND", direction: map[string]string{
			"CS->CSMS": "FromStation", "CSMS->CS": "ToStation", "both": "Both"}[row[2]]}
		if a.direction == "" {
			return fmt.Errorf("%s: unknown direction %q", a.name, row[2])
		}
		if err := v.loadAction(a, filepath.Join(dir, row[5])); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		v.actions = append(v.actions, a)
	}
	slices.SortFunc(v.actions, func(a, b *act) int { return strings.Compare(a.name, b.name) })
	return nil
}

func (v *version) loadAction(a *act, dir string) (err error) {
	suffix := "Request"
	if v.name == "1.6" || a.send {
		suffix = ""
	}
	if a.request, err = v.message(dir, a.name+suffix, a.name); err != nil || a.send {
		return err
	}
	a.reply, err = v.message(dir, a.name+"Response", a.name+"Response")
	return err
}

func (v *version) message(dir, file, name string) (*typ, error) {
	data, err := os.ReadFile(filepath.Join(dir, file+".json"))
	if err != nil {
		return nil, err
	}
	root := new(schema)
	if err := json.Unmarshal(data, root); err != nil {
		return nil, err
	}
	if root.Type != "object" {
		return nil, errors.New("the message is not an object")
	}
	r := resolver{v: v, root: root}
	t, err := r.object(root, name, file)
	if err != nil {
		return nil, err
	}
	t.message = true
	return t, nil
}

// resolver turns the schema of one file into types.
type resolver struct {
	v    *version
	root *schema
	deep int
}

func (r *resolver) object(s *schema, name, path string) (*typ, error) {
	if r.deep++; r.deep > 12 {
		return nil, fmt.Errorf("%s: recursive or too deep", path)
	}
	defer func() { r.deep-- }()
	t := &typ{kind: kindObject, name: goName(name), open: s.Closed == nil || *s.Closed}
	for _, p := range s.Properties {
		ft, err := r.resolve(p.schema, p.name, path+"/"+p.name)
		if err != nil {
			return nil, err
		}
		t.fields = append(t.fields, fld{json: p.name, typ: ft, required: slices.Contains(s.Required, p.name)})
	}
	if len(t.fields) > 64 {
		return nil, fmt.Errorf("%s: more than 64 members", path)
	}
	return t, nil
}

func (r *resolver) resolve(s *schema, prop, path string) (*typ, error) {
	if name, ok := strings.CutPrefix(s.Ref, "#/definitions/"); ok {
		def := r.root.Definitions.get(name)
		if def == nil {
			return nil, fmt.Errorf("%s: no definition %s", path, name)
		}
		return r.define(def, r.v.defined(name), path)
	}
	switch {
	case s.Type == "object" || len(s.Enum) > 0:
		return r.define(s, r.v.inline(prop, path), path)
	case s.Type == "array":
		item, err := r.resolve(s.Items, prop, path)
		if err != nil {
			return nil, err
		}
		return &typ{kind: kindList, item: item, min: s.MinItems, max: s.MaxItems}, nil
	case s.Type == "string" && s.Format == "date-time":
		return &typ{kind: kindTime}, nil
	case s.Type == "string" && s.Format == "uri":
		return &typ{kind: kindURI}, nil
	case s.Type == "string":
		return &typ{kind: kindText, max: s.MaxLength}, nil
	case s.Type == "integer":
		return &typ{kind: kindInteger, low: limit(s.Minimum), high: limit(s.Maximum)}, nil
	case s.Type == "number" && s.MultipleOf != 0:
		return &typ{kind: kindTenth}, nil
	case s.Type == "number":
		return &typ{kind: kindNumber, low: limit(s.Minimum), high: limit(s.Maximum)}, nil
	case s.Type == "boolean":
		return &typ{kind: kindBool}, nil
	case s.Type == "":
		return &typ{kind: kindAny}, nil
	}
	return nil, fmt.Errorf("%s: unknown type %q", path, s.Type)
}

// define resolves an object or enumeration that has a name. One name has one
// shape within a version.
func (r *resolver) define(s *schema, name, path string) (*typ, error) {
	var t *typ
	if len(s.Enum) > 0 {
		t = &typ{kind: kindEnum, name: name, values: enumValues(s.Enum)}
	} else {
		var err error
		if t, err = r.object(s, name, path); err != nil {
			return nil, err
		}
		t.name = name
	}
	old, ok := r.v.named[name]
	if !ok {
		r.v.named[name] = t
		return t, nil
	}
	if old.key() != t.key() {
		return nil, fmt.Errorf("%s: %s has two shapes", path, name)
	}
	return old, nil
}

// enumValues leaves out Celcius: it is a misspelling that 1.6 once let in;
// it is corrected on the way in and never sent.
func enumValues(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "Celcius" })
}

func limit(f *float64) *int {
	if f == nil {
		return nil
	}
	n := int(*f)
	return &n
}
