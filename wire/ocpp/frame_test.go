package ocpp

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestVersionNames(t *testing.T) {
	for _, v := range Versions() {
		if got, ok := ParseVersion(v.String()); !ok || got != v {
			t.Errorf("ParseVersion(%q) = %v, %v", v.String(), got, ok)
		}
		if got, ok := ParseSubprotocol(v.Subprotocol()); !ok || got != v {
			t.Errorf("ParseSubprotocol(%q) = %v, %v", v.Subprotocol(), got, ok)
		}
	}
	for _, name := range []string{"", "ocpp2.0", "OCPP1.6", "ocpp1.6 ", "none"} {
		if v, ok := ParseSubprotocol(name); ok {
			t.Errorf("ParseSubprotocol(%q) = %v, want none", name, v)
		}
	}
	if s := Version(0).String() + Version(9).Subprotocol(); s != "none" {
		t.Errorf("no version is spelled %q", s)
	}
}

func TestCodeSpelling(t *testing.T) {
	tests := []struct {
		code   Code
		v16, v string
	}{
		{GenericError, "GenericError", "GenericError"},
		{FormatViolation, "FormationViolation", "FormatViolation"},
		{InternalError, "InternalError", "InternalError"},
		{MessageTypeNotSupported, "NotImplemented", "MessageTypeNotSupported"},
		{NotImplemented, "NotImplemented", "NotImplemented"},
		{NotSupported, "NotSupported", "NotSupported"},
		{OccurrenceConstraintViolation, "OccurenceConstraintViolation", "OccurrenceConstraintViolation"},
		{PropertyConstraintViolation, "PropertyConstraintViolation", "PropertyConstraintViolation"},
		{ProtocolError, "ProtocolError", "ProtocolError"},
		{RpcFrameworkError, "FormationViolation", "RpcFrameworkError"},
		{SecurityError, "SecurityError", "SecurityError"},
		{TypeConstraintViolation, "TypeConstraintViolation", "TypeConstraintViolation"},
	}
	if len(tests) != len(codeNames) {
		t.Fatalf("%d codes tested of %d", len(tests), len(codeNames))
	}
	for _, tt := range tests {
		if got := tt.code.Spell(V16); got != tt.v16 {
			t.Errorf("%v in 1.6 = %q, want %q", tt.code, got, tt.v16)
		}
		for _, v := range []Version{V201, V21} {
			if got := tt.code.Spell(v); got != tt.v {
				t.Errorf("%v in %v = %q, want %q", tt.code, v, got, tt.v)
			}
			if got, ok := ParseCode(tt.code.Spell(v)); !ok || got != tt.code {
				t.Errorf("ParseCode(%q) = %v, %v", tt.code.Spell(v), got, ok)
			}
		}
		if _, ok := ParseCode(tt.v16); !ok {
			t.Errorf("ParseCode(%q) is unknown", tt.v16)
		}
	}
	if c, ok := ParseCode("Nonsense"); ok || c != GenericError {
		t.Errorf("ParseCode of an unknown name = %v, %v", c, ok)
	}
}

func TestParseFrame(t *testing.T) {
	tests := []struct {
		name, data string
		v          Version
		want       Frame
	}{
		{"call", `[2,"19223201","BootNotification",{"chargePointVendor":"V"}]`, V16,
			Frame{Type: TypeCall, ID: "19223201", Action: "BootNotification", Payload: []byte(`{"chargePointVendor":"V"}`)}},
		{"white space", " [ 2 , \"a\"\t, \"Heartbeat\" ,\r\n {} ] \n", V201,
			Frame{Type: TypeCall, ID: "a", Action: "Heartbeat", Payload: []byte(`{}`)}},
		{"null payload", `[2,"a","Heartbeat",null]`, V16,
			Frame{Type: TypeCall, ID: "a", Action: "Heartbeat", Payload: []byte(`{}`)}},
		{"escapes", `[2,"\u0061\ud83d\ude00\/","Heart\u0062eat",{"a\n":"\"\\\b\f\r\t"}]`, V21,
			Frame{Type: TypeCall, ID: "a\U0001F600/", Action: "Heartbeat", Payload: []byte(`{"a\n":"\"\\\b\f\r\t"}`)}},
		{"id of 36 characters", `[3,"` + strings.Repeat("ä", 36) + `",{}]`, V16,
			Frame{Type: TypeResult, ID: strings.Repeat("ä", 36), Payload: []byte(`{}`)}},
		{"error", `[4,"a","NotSupported","no","more"]`, V16,
			Frame{Type: TypeError, ID: "a", Code: "NotSupported", Description: "no", Details: []byte(`"more"`)}},
		{"error without details", `[4,"a","NotSupported","no"]`, V16,
			Frame{Type: TypeError, ID: "a", Code: "NotSupported", Description: "no"}},
		{"error without description", `[4,"-1","RpcFrameworkError"]`, V201,
			Frame{Type: TypeError, ID: "-1", Code: "RpcFrameworkError"}},
		{"result error", `[5,"a","FormatViolation","",{}]`, V21,
			Frame{Type: TypeResultError, ID: "a", Code: "FormatViolation", Details: []byte(`{}`)}},
		{"send", `[6,"a","NotifyPeriodicEventStream",{"id":1}]`, V21,
			Frame{Type: TypeSend, ID: "a", Action: "NotifyPeriodicEventStream", Payload: []byte(`{"id":1}`)}},
		{"numbers", `[3,"a",{"a":[0,-0,1.5,-12e+3,7E-2,true,false,null,[],{}]}]`, V16,
			Frame{Type: TypeResult, ID: "a", Payload: []byte(`{"a":[0,-0,1.5,-12e+3,7E-2,true,false,null,[],{}]}`)}},
		{"depth 16", `[3,"a",` + nested(16) + `]`, V16,
			Frame{Type: TypeResult, ID: "a", Payload: []byte(nested(16))}},
		{"many names", `[3,"a",` + members(100, `"z"`) + `]`, V16,
			Frame{Type: TypeResult, ID: "a", Payload: []byte(members(100, `"z"`))}},
		{"same name in two objects", `[3,"a",{"a":{"b":1},"c":{"b":1}}]`, V16,
			Frame{Type: TypeResult, ID: "a", Payload: []byte(`{"a":{"b":1},"c":{"b":1}}`)}},
	}
	for _, tt := range tests {
		got, err := ParseFrame([]byte(tt.data), tt.v)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

// nested returns an object of the given depth.
func nested(depth int) string {
	return strings.Repeat(`{"a":`, depth-1) + `{}` + strings.Repeat(`}`, depth-1)
}

// members returns an object of n distinct names and then the one given.
func members(n int, last string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		b.WriteString(`"k` + strings.Repeat("x", i) + `":0,`)
	}
	return b.String() + last + `:0}`
}

func TestRefusedFrames(t *testing.T) {
	const (
		noArray  = `[4,"-1","RpcFrameworkError","the message is not a JSON array",{}]`
		noType   = `[4,"-1","RpcFrameworkError","the message type is not an integer",{}]`
		noID     = `[4,"-1","RpcFrameworkError","the message id is not a string of 1 to 36 characters",{}]`
		noAction = `[4,"a","RpcFrameworkError","the action is not a string",{}]`
		badJSON  = `[4,"a","FormatViolation","the payload is not valid JSON",{}]`
		noObject = `[4,"a","FormatViolation","the payload is not a JSON object",{}]`
		twice    = `[4,"a","FormatViolation","an object names a member twice",{}]`
		tooMany  = `[4,"a","RpcFrameworkError","the message has too many elements or is not closed",{}]`
		control  = `[4,"a","FormatViolation","a string holds a control character",{}]`
	)
	tests := []struct {
		name, data, want string
		v                Version
	}{
		{"nothing", ``, noArray, V201},
		{"object", `{"a":1}`, noArray, V201},
		{"text", `hello`, noArray, V201},
		{"empty array", `[]`, noType, V201},
		{"type a string", `["2","a","X",{}]`, noType, V201},
		{"type a fraction", `[2.0,"a","X",{}]`, noType, V201},
		{"type negative", `[-2,"a","X",{}]`, noType, V201},
		{"type unknown", `[7,"a","X",{}]`, ``, V21},
		{"type unknown and broken", `[99,{`, ``, V21},
		{"type of 2.1 in 2.0.1", `[6,"a","X",{}]`, ``, V201},
		{"type of 2.1 in 1.6", `[5,"a","X","",{}]`, ``, V16},
		{"id missing", `[2]`, noID, V201},
		{"id a number", `[2,17,"X",{}]`, noID, V201},
		{"id empty", `[2,"","X",{}]`, noID, V201},
		{"id of 37 characters", `[2,"` + strings.Repeat("i", 37) + `","X",{}]`, noID, V201},
		{"id with a control character", `[2,"a\u0007","X",{}]`, noID, V201},
		{"id not UTF-8", "[2,\"a\xff\",\"X\",{}]", noID, V201},
		{"id not closed", `[2,"a`, noID, V201},
		{"id unreadable in 1.6", `[2,17,"X",{}]`, strings.Replace(noID, "RpcFrameworkError", "FormationViolation", 1), V16},
		{"action missing", `[2,"a"]`, noAction, V201},
		{"action empty", `[2,"a","",{}]`, noAction, V201},
		{"action an object", `[2,"a",{},{}]`, noAction, V201},
		{"payload missing", `[2,"a","X"]`, `[4,"a","RpcFrameworkError","the message has no payload",{}]`, V201},
		{"payload an array", `[2,"a","X",[]]`, noObject, V201},
		{"payload a string", `[2,"a","X","{}"]`, noObject, V201},
		{"payload of 1.6 broken", `[2,"a","X",{]`, strings.Replace(badJSON, "FormatViolation", "FormationViolation", 1), V16},
		{"member without name", `[2,"a","X",{:1}]`, badJSON, V201},
		{"trailing comma", `[2,"a","X",{"a":1,}]`, badJSON, V201},
		{"leading zero", `[2,"a","X",{"a":01}]`, badJSON, V201},
		{"bare point", `[2,"a","X",{"a":1.}]`, badJSON, V201},
		{"bare exponent", `[2,"a","X",{"a":1e}]`, badJSON, V201},
		{"not a number", `[2,"a","X",{"a":NaN}]`, badJSON, V201},
		{"single quotes", `[2,"a","X",{'a':1}]`, badJSON, V201},
		{"bad escape", `[2,"a","X",{"a":"\x41"}]`, badJSON, V201},
		{"short escape", `[2,"a","X",{"a":"\u00"}]`, badJSON, V201},
		{"cut in a string", `[2,"a","X",{"a":"`, badJSON, V201},
		{"raw control character", "[2,\"a\",\"X\",{\"a\":\"\n\"}]", control, V201},
		{"raw NUL", "[2,\"a\",\"X\",{\"a\":\"\x00\"}]", control, V201},
		{"escaped NUL", `[2,"a","X",{"a":"\u0000"}]`, `[4,"a","FormatViolation","a string holds NUL",{}]`, V201},
		{"half a pair", `[2,"a","X",{"a":"\ud83d!"}]`, `[4,"a","FormatViolation","a string holds half a surrogate pair",{}]`, V201},
		{"other half", `[2,"a","X",{"a":"\ude00\ud83d"}]`, `[4,"a","FormatViolation","a string holds half a surrogate pair",{}]`, V201},
		{"not UTF-8", "[2,\"a\",\"X\",{\"a\":\"\xc3(\"}]", `[4,"a","FormatViolation","the message is not UTF-8",{}]`, V201},
		{"depth 17", `[2,"a","X",` + nested(17) + `]`, `[4,"a","FormatViolation","the payload is nested too deeply",{}]`, V201},
		{"depth 100000", `[2,"a","X",{"a":` + strings.Repeat("[", 100000), `[4,"a","FormatViolation","the payload is nested too deeply",{}]`, V201},
		{"long number", `[2,"a","X",{"a":` + strings.Repeat("9", 65) + `}]`, `[4,"a","FormatViolation","a number is too long",{}]`, V201},
		{"name twice", `[2,"a","X",{"a":1,"a":1}]`, twice, V201},
		{"name twice in disguise", `[2,"a","X",{"ab":1,"\u0061b":1}]`, twice, V201},
		{"name twice, deep", `[2,"a","X",{"a":[{"b":{"c":1,"c":2}}]}]`, twice, V201},
		{"name twice, many names", `[2,"a","X",` + members(40, `"kxxx"`) + `]`, twice, V201},
		{"name twice, late and in disguise", `[2,"a","X",` + members(40, `"k\u0078"`) + `]`, twice, V201},
		{"a fifth element", `[2,"a","X",{},{}]`, tooMany, V201},
		{"not closed", `[2,"a","X",{}`, tooMany, V201},
		{"two messages", `[2,"a","X",{}][2,"b","X",{}]`, tooMany, V201},
		{"result broken in 1.6", `[3,"a",{]`, ``, V16},
		{"result broken in 2.0.1", `[3,"a",{]`, ``, V201},
		{"result broken in 2.1", `[3,"a",{]`, `[5,"a","FormatViolation","the payload is not valid JSON",{}]`, V21},
		{"result with unreadable id", `[3,7,{}]`, ``, V21},
		{"result error broken", `[5,"a",1]`, ``, V21},
		{"error broken", `[4,"a",1]`, ``, V201},
		{"error details broken", `[4,"a","X","",{"a"}]`, ``, V201},
		{"send broken", `[6,"a","X",{]`, ``, V21},
	}
	for _, tt := range tests {
		f, err := ParseFrame([]byte(tt.data), tt.v)
		if err == nil {
			t.Errorf("%s: accepted as %+v", tt.name, f)
			continue
		}
		if got := string(AppendRefusal(nil, f, err, tt.v)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestAppendIsStrict(t *testing.T) {
	long := strings.Repeat("ü", 300)
	tests := []struct {
		name, got, want string
	}{
		{"call", string(AppendCall(nil, "a", "Reset", []byte(`{"type":"Hard"}`))), `[2,"a","Reset",{"type":"Hard"}]`},
		{"call without payload", string(AppendCall(nil, "a", "ClearCache", nil)), `[2,"a","ClearCache",{}]`},
		{"result", string(AppendResult([]byte("x"), "a", nil)), `x[3,"a",{}]`},
		{"send", string(AppendSend(nil, "a", "X", nil)), `[6,"a","X",{}]`},
		{"error", string(AppendError(nil, "a", &Error{Code: FormatViolation, Details: []byte(`{"a":1}`)}, V16)),
			`[4,"a","FormationViolation","",{"a":1}]`},
		{"error without id", string(AppendError(nil, "", &Error{}, V201)), `[4,"-1","GenericError","",{}]`},
		{"details not an object", string(AppendError(nil, "a", &Error{Details: []byte(`[1]`)}, V201)), `[4,"a","GenericError","",{}]`},
		{"details broken", string(AppendError(nil, "a", &Error{Details: []byte(`{"a":1`)}, V201)), `[4,"a","GenericError","",{}]`},
		{"result error", string(AppendResultError(nil, "a", &Error{Code: InternalError}, V21)), `[5,"a","InternalError","",{}]`},
		{"long description", string(AppendError(nil, "a", &Error{Description: long}, V201)),
			`[4,"a","GenericError","` + long[:510] + `",{}]`},
		{"strange description", string(AppendError(nil, "a\"", &Error{Description: "\x00\n\"\\\xff"}, V201)),
			"[4,\"a\\\"\",\"GenericError\",\"\\u000a\\\"\\\\\uFFFD\",{}]"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, tt.got, tt.want)
		}
	}
}

// What is appended parses back to what it was made of.
func TestAppendParseRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[ -~]{1,36}`).Draw(t, "id")
		action := rapid.StringMatching(`[A-Z][A-Za-z]{0,30}`).Draw(t, "action")
		fields := rapid.MapOfN(rapid.StringMatching(`[a-z"\\äß]{0,5}`), rapid.Float64(), 0, 40).Draw(t, "fields")
		payload, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		f, refused := ParseFrame(AppendCall(nil, id, action, payload), V16)
		want := Frame{Type: TypeCall, ID: id, Action: action, Payload: payload}
		if refused != nil || !reflect.DeepEqual(f, want) {
			t.Fatalf("got %+v, %v, want %+v", f, refused, want)
		}
		text := rapid.String().Draw(t, "description")
		e := &Error{Code: Code(rapid.IntRange(0, len(codeNames)-1).Draw(t, "code")), Description: text}
		f, refused = ParseFrame(AppendError(nil, id, e, V201), V201)
		if refused != nil || f.Code != e.Code.String() || f.ID != id {
			t.Fatalf("got %+v, %v", f, refused)
		}
	})
}

func FuzzParseFrame(f *testing.F) {
	for _, s := range []string{
		`[2,"a","Heartbeat",{}]`, `[3,"a",{"a":[1.5e3,"\u00e4\ud83d\ude00"]}]`, `[4,"a","X","y",{}]`,
		`[5,"a","X","y",{}]`, `[6,"a","X",{"a":{"b":null}}]`, "[2,\"\xff\"", `[2,"a","X",{"a":1,"\u0061":2}]`,
	} {
		f.Add([]byte(s), uint8(V21))
	}
	f.Fuzz(func(t *testing.T, data []byte, v uint8) {
		version := Version(v%3) + V16
		frame, err := ParseFrame(data, version)
		if err == nil {
			if !json.Valid(data) {
				t.Fatalf("accepted %q, which is not JSON", data)
			}
			if !bytes.HasPrefix(frame.Payload, []byte("{")) && frame.Type != TypeError && frame.Type != TypeResultError {
				t.Fatalf("payload %q of %q is not an object", frame.Payload, data)
			}
			return
		}
		answer := AppendRefusal(nil, frame, err, version)
		if len(answer) == 0 {
			return
		}
		if back, err := ParseFrame(answer, version); err != nil || back.ID != frame.ID {
			t.Fatalf("the answer %s to %q does not parse: %v", answer, data, err)
		}
	})
}

func BenchmarkParseFrame(b *testing.B) {
	sample := `{"value":"230.1","context":"Sample.Periodic","measurand":"Voltage","phase":"L1","unit":"V"},`
	messages := []struct{ name, data string }{
		{"heartbeat", `[2,"0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f","Heartbeat",{}]`},
		{"meter", `[2,"0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f","MeterValues",{"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[` +
			strings.TrimSuffix(strings.Repeat(sample, 12), ",") + `]}]}]`},
	}
	for _, m := range messages {
		b.Run(m.name, func(b *testing.B) {
			data := []byte(m.data)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseFrame(data, V16); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
