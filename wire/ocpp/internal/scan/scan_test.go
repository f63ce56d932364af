package scan

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"chargewright/wire/ocpp"
)

func TestScalars(t *testing.T) {
	reads := map[string]func(*Scanner) any{
		"text":   func(s *Scanner) any { return s.Text(4) },
		"int":    func(s *Scanner) any { return s.Int(Least, Most) },
		"small":  func(s *Scanner) any { return s.Int(0, 9) },
		"number": func(s *Scanner) any { return s.Number(Least, 10).String() },
		"bool":   func(s *Scanner) any { return s.Bool() },
		"time":   func(s *Scanner) any { return s.Time().Unix() },
	}
	for _, c := range []struct {
		read, in string
		want     any // nil if refused
	}{
		{"text", ` "abcd" `, "abcd"}, {"text", `"äöü漢"`, "äöü漢"}, {"text", `"abcde"`, nil}, {"text", `""`, ""},
		{"text", `"\u00e4\"\n"`, "ä\"\n"}, {"text", `"\ud83d\ude00"`, "😀"}, {"text", `"\ud83d"`, nil}, {"text", `"\x"`, nil},
		{"text", `"\u0000"`, nil}, {"text", "\"a\nb\"", nil}, {"text", "\"\xff\"", nil}, {"text", `"a`, nil}, {"text", `"a\`, nil},
		{"text", `'a'`, nil}, {"text", ``, nil}, {"text", `"a""b"`, nil},
		{"int", `0`, int64(0)}, {"int", `-12`, int64(-12)}, {"int", `123456789012345678`, int64(123456789012345678)},
		{"int", `1234567890123456789`, nil}, {"int", `01`, nil}, {"int", `-`, nil}, {"int", `- 1`, nil}, {"int", `1.0`, nil},
		{"int", `1e2`, nil}, {"int", `+1`, nil}, {"int", `"1"`, nil}, {"int", `1 2`, nil},
		{"small", `9`, int64(9)}, {"small", `10`, nil}, {"small", `-1`, nil},
		{"number", `-0.50`, "-0.50"}, {"number", `1e1`, "1e1"}, {"number", `10.1`, nil}, {"number", `1.`, nil}, {"number", `NaN`, nil},
		{"number", strings.Repeat("1", 65), nil},
		{"bool", `true`, true}, {"bool", ` false`, false}, {"bool", `tru`, nil}, {"bool", `null`, nil}, {"bool", ``, nil},
		{"time", `"1970-01-01T00:01:00Z"`, int64(60)}, {"time", `"1970-01-01 00:01:00"`, nil}, {"time", `60`, nil},
	} {
		s := New([]byte(c.in), ocpp.V201)
		got := reads[c.read](&s)
		if ok := s.Done(); ok != (c.want != nil) || ok && got != c.want {
			t.Errorf("%s of %s: %v, accepted %v, want %v", c.read, c.in, got, ok, c.want)
		}
	}
}

func TestObjectsAndLists(t *testing.T) {
	for in, want := range map[string]string{
		`{}`:                        "",
		` { "a" : [ ] } `:           "a",
		`{"a":["x","y"],"b":["z"]}`: "axybz",
		`{"a":["x",]}`:              "refused",
		`{"a":["x"],}`:              "refused",
		`{"a":["x"]`:                "refused",
		`{"a" ["x"]}`:               "refused",
		`{"a":["x"] "b":["y"]}`:     "refused",
		`{"\u0061":["x"]}`:          "refused",
		`{,}`:                       "refused",
		`{"a":["x"]}}`:              "refused",
	} {
		s := New([]byte(in), ocpp.V201)
		var got strings.Builder
		for more := s.Object(); more; more = s.Member() {
			got.Write(s.Name())
			for more := s.List(); more; more = s.Item() {
				got.WriteString(s.Text(0))
			}
		}
		if !s.Done() {
			got.Reset()
			got.WriteString("refused")
		}
		if got.String() != want {
			t.Errorf("%s: %s, want %s", in, got.String(), want)
		}
	}
}

// A text that we read is read alike by the JSON library, and the other way
// round unless it holds NUL.
func FuzzText(f *testing.F) {
	f.Add([]byte(`"plain text of more than eight bytes"`))
	f.Add([]byte(`"é\u00e9\ud83d\ude00\\\"\/"`))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := New(in, ocpp.V16)
		got := s.Text(0)
		var want string
		if len(in) > 0 && in[0] == 'n' {
			return // null, which the library takes for a text
		}
		err := json.Unmarshal(in, &want)
		switch ok := s.Done(); {
		case ok && (err != nil || got != want || !utf8.ValidString(got)):
			t.Errorf("%q is read as %q; the library says %q, %v", in, got, want, err)
		case !ok && err == nil && strings.IndexByte(want, 0) < 0:
			t.Errorf("%q is refused; the library says %q", in, want)
		}
	})
}
