package ocpp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"chargewright/wire/ocpp"
)

const schemas = "../../../shared/ocpp-schemas"

// official is a schema file with a validator nobody here wrote.
type official struct {
	doc       map[string]any
	validator *jsonschema.Schema
}

func load(t *testing.T, v ocpp.Version, name string, reply, send bool) official {
	t.Helper()
	suffix := map[bool]string{true: "Response", false: "Request"}[reply]
	if (v == ocpp.V16 || send) && !reply {
		suffix = ""
	}
	path := filepath.Join(schemas, v.String(), name+suffix+".json")
	if _, err := os.Stat(path); err != nil && v == ocpp.V16 {
		path = filepath.Join(schemas, v.String(), "security", name+suffix+".json")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("file:///schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("file:///schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return official{doc: doc.(map[string]any), validator: s}
}

// maker makes examples of a schema from a stream of random numbers.
type maker struct {
	root     map[string]any
	rnd      *rand.Rand
	optional float64 // chance of an optional member
}

func (m *maker) of(s map[string]any, prop string) any {
	if ref, ok := s["$ref"].(string); ok {
		s = m.root["definitions"].(map[string]any)[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	}
	if values, ok := s["enum"].([]any); ok {
		values = slices.DeleteFunc(slices.Clone(values), func(v any) bool { return v == "Celcius" })
		return values[m.rnd.IntN(len(values))]
	}
	switch s["type"] {
	case "object":
		return m.object(s)
	case "array":
		n := m.upTo(s, "maxItems", 3)
		list := []any{}
		for range max(1, n) {
			list = append(list, m.of(s["items"].(map[string]any), prop))
		}
		return list
	case "string":
		return m.text(s)
	case "integer":
		return json.Number(fmt.Sprint(m.integer(s)))
	case "number":
		return m.number(s)
	case "boolean":
		return m.rnd.IntN(2) == 0
	}
	return []any{map[string]any{"any": true}, "text", json.Number("1.50")}[m.rnd.IntN(3)]
}

func (m *maker) upTo(s map[string]any, limit string, most int) int {
	if n, ok := s[limit].(json.Number); ok {
		v, _ := n.Int64()
		most = min(most, int(v))
	}
	return m.rnd.IntN(most + 1)
}

func (m *maker) object(s map[string]any) any {
	out := map[string]any{}
	props, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range sortedKeys(props) {
		if slices.Contains(required, any(name)) || m.rnd.Float64() < m.optional {
			out[name] = m.of(props[name].(map[string]any), name)
		}
	}
	if s["additionalProperties"] != false && m.rnd.IntN(2) == 0 {
		out["more"] = []any{json.Number("1.0"), nil, "é"}
	}
	return out
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (m *maker) text(s map[string]any) string {
	switch s["format"] {
	case "date-time":
		return fmt.Sprintf("20%02d-0%d-1%dT0%d:5%d:0%d.%03dZ", m.rnd.IntN(100), 1+m.rnd.IntN(9), m.rnd.IntN(10),
			m.rnd.IntN(10), m.rnd.IntN(10), m.rnd.IntN(10), m.rnd.IntN(1000))
	case "uri":
		return "ftp://example.com/" + fmt.Sprint(m.rnd.IntN(1000))
	}
	alphabet := []rune("abcXYZ019 ,;.-_\"\\/äß漢🔌\n")
	if m.rnd.IntN(2) == 0 {
		alphabet = alphabet[:15]
	}
	var out []rune
	for range max(1, m.upTo(s, "maxLength", 40)) {
		out = append(out, alphabet[m.rnd.IntN(len(alphabet))])
	}
	return string(out)
}

func bounds(s map[string]any, low, high int64) (int64, int64) {
	if n, ok := s["minimum"].(json.Number); ok {
		f, _ := n.Float64()
		low = int64(f)
	}
	if n, ok := s["maximum"].(json.Number); ok {
		f, _ := n.Float64()
		high = int64(f)
	}
	return low, high
}

func (m *maker) integer(s map[string]any) int64 {
	low, high := bounds(s, -1000, 1<<31-1)
	if low > high {
		low = high
	}
	return low + m.rnd.Int64N(high-low+1)
}

func (m *maker) number(s map[string]any) json.Number {
	low, high := bounds(s, -50, 99)
	if low > high {
		low = high - 50
	}
	v := low + m.rnd.Int64N(max(1, high-low))
	if v < 0 {
		return json.Number(fmt.Sprint(v))
	}
	if low == high {
		return json.Number(fmt.Sprint(v))
	}
	if s["multipleOf"] != nil {
		return json.Number(fmt.Sprintf("%d.%d", v, m.rnd.IntN(10)))
	}
	return json.Number(fmt.Sprintf("%d.%d", v, m.rnd.IntN(1000)))
}

func parse(t *testing.T, payload []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(payload))
	if err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	return v
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

// each runs a test of every schema: the request and the reply of every action.
func each(t *testing.T, test func(t *testing.T, k kind, reply bool, o official, rnd *rand.Rand)) {
	if _, err := os.Stat(schemas); err != nil {
		t.Skip("the official schemas are not beside the repository")
	}
	for _, k := range kinds {
		info := infoOf(k)
		for _, reply := range []bool{false, true} {
			if reply && info.Send {
				continue
			}
			name := fmt.Sprintf("%s/%s/reply=%v", k.version, k.name, reply)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var seed [32]byte
				copy(seed[:], name)
				test(t, k, reply, load(t, k.version, k.name, reply, info.Send), rand.New(rand.NewChaCha8(seed)))
			})
		}
	}
}

func infoOf(k kind) ocpp.ActionInfo {
	for _, a := range ocpp.Actions(k.version) {
		if a.Name == k.name {
			return a
		}
	}
	return ocpp.ActionInfo{}
}

func validate(k kind, reply bool, payload []byte) error {
	if reply {
		return ocpp.ValidateReply(k.version, k.name, payload)
	}
	return ocpp.ValidateRequest(k.version, k.name, payload)
}

// Every example of every schema is accepted, decoded without a finding, and
// encoded to the same value.
func TestExamplesRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, k kind, reply bool, o official, rnd *rand.Rand) {
		for _, chance := range []float64{0, 1, 0.5, 0.9, 0.2, 1} {
			m := maker{root: o.doc, rnd: rnd, optional: chance}
			payload := marshal(t, m.object(o.doc))
			if err := o.validator.Validate(parse(t, payload)); err != nil {
				t.Fatalf("the example is wrong: %s: %v", payload, err)
			}
			if err := validate(k, reply, payload); err != nil {
				t.Fatalf("refused: %s: %v", payload, err)
			}
			out := roundTrip(t, k, reply, payload)
			if !reflect.DeepEqual(withoutEmpty(parse(t, out)), parse(t, payload)) {
				t.Fatalf("came back changed:\n%s\n%s", payload, out)
			}
		}
	})
}

// withoutEmpty takes out empty texts: a text that 2.0.1 requires and 2.1 does
// not is written empty by the type that they share. Examples have no empty text.
func withoutEmpty(v any) any {
	for _, p := range places(v, nil) {
		if p.parent[p.key] == "" {
			delete(p.parent, p.key)
		}
	}
	return v
}

func roundTrip(t *testing.T, k kind, reply bool, payload []byte) []byte {
	t.Helper()
	var message any
	var found []ocpp.Finding
	var err error
	if reply {
		message, found, err = k.decodeReply(bytes.Clone(payload))
	} else {
		message, found, err = k.decode(bytes.Clone(payload))
	}
	if err != nil || len(found) > 0 {
		t.Fatalf("%s: findings %v, error %v", payload, found, err)
	}
	if !reply && k.fast != nil && !bytes.Contains(payload, []byte(`"customData"`)) {
		if _, ok := k.fast(payload); !ok {
			t.Fatalf("the hot decoder refuses %s", payload)
		}
	}
	var out []byte
	if reply {
		out, err = ocpp.EncodeReply(k.version, k.name, message)
	} else {
		out, err = ocpp.Encode(k.version, message.(ocpp.Call))
	}
	if err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	return out
}

// What is done to an example to break it, and the code that is due if it broke.
var breaks = []struct {
	name string
	code ocpp.Code
	do   func(m *maker, parent map[string]any, key string) bool
}{
	{"missing", ocpp.OccurrenceConstraintViolation, func(_ *maker, p map[string]any, key string) bool {
		delete(p, key)
		return true
	}},
	{"other type", ocpp.TypeConstraintViolation, func(_ *maker, p map[string]any, key string) bool {
		switch p[key].(type) {
		case string, bool:
			p[key] = json.Number("17")
		case json.Number:
			p[key] = "17"
		default:
			p[key] = true
		}
		return true
	}},
	{"null", ocpp.TypeConstraintViolation, func(_ *maker, p map[string]any, key string) bool {
		p[key] = nil
		return true
	}},
	{"unknown member", ocpp.FormatViolation, func(_ *maker, p map[string]any, _ string) bool {
		p["noSuchMember"] = "x"
		return true
	}},
	{"odd text", ocpp.PropertyConstraintViolation, func(m *maker, p map[string]any, key string) bool {
		_, ok := p[key].(string)
		p[key] = strings.Repeat("é", m.rnd.IntN(8000))
		return ok
	}},
	{"odd number", ocpp.PropertyConstraintViolation, func(m *maker, p map[string]any, key string) bool {
		_, ok := p[key].(json.Number)
		p[key] = json.Number([]string{"-1", "101", "7000000000", "1e3"}[m.rnd.IntN(4)])
		return ok
	}},
	{"fraction", ocpp.TypeConstraintViolation, func(_ *maker, p map[string]any, key string) bool {
		n, ok := p[key].(json.Number)
		p[key] = json.Number("17.25")
		return ok && !strings.Contains(n.String(), ".")
	}},
	{"empty list", ocpp.OccurrenceConstraintViolation, func(_ *maker, p map[string]any, key string) bool {
		_, ok := p[key].([]any)
		p[key] = []any{}
		return ok
	}},
	{"long list", ocpp.OccurrenceConstraintViolation, func(_ *maker, p map[string]any, key string) bool {
		list, ok := p[key].([]any)
		for ok && len(list) < 1100 {
			list = append(list, list[0])
		}
		p[key] = list
		return ok
	}},
}

// places lists every member of an example.
func places(v any, out []place) []place {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(v) {
			out = append(out, place{v, k})
			out = places(v[k], out)
		}
	case []any:
		for _, e := range v {
			out = places(e, out)
		}
	}
	return out
}

type place struct {
	parent map[string]any
	key    string
}

// A broken example is refused exactly if the official schema refuses it, with
// the code that fits.
func TestBrokenExamplesAgreeWithTheSchemas(t *testing.T) {
	each(t, func(t *testing.T, k kind, reply bool, o official, rnd *rand.Rand) {
		m := maker{root: o.doc, rnd: rnd, optional: 0.7}
		for range 25 {
			for _, b := range breaks {
				example := m.object(o.doc)
				at := places(example, nil)
				if len(at) == 0 {
					continue
				}
				p := at[rnd.IntN(len(at))]
				if !b.do(&m, p.parent, p.key) {
					continue
				}
				payload := marshal(t, example)
				official := o.validator.Validate(parse(t, payload))
				ours := validate(k, reply, payload)
				if (official == nil) != (ours == nil) {
					t.Fatalf("%s of %s: %.3000s\nofficial: %v\nours: %v", b.name, p.key, payload, official, ours)
				}
				if v, ok := ours.(*ocpp.Violation); ok && v.Code != b.code && !tolerable(b.name, v.Code) {
					t.Fatalf("%s of %s: code %s: %v\n%.3000s", b.name, p.key, v.Code, v, payload)
				}
			}
		}
	})
}

// tolerable lists the second code that a break may rightly have: a number may
// be no integer or no tenth.
func tolerable(name string, code ocpp.Code) bool {
	return name == "fraction" && code == ocpp.PropertyConstraintViolation
}
