package central

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/station"
	"chargewright/schema"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
	"chargewright/wire/ocpp/v21"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// fakeStations is a link.Stations that records what it is given.
type fakeStations struct {
	calls  []link.Call
	answer func(n int, c link.Call) (link.Answer, error)
}

func (f *fakeStations) Call(_ context.Context, _ string, c link.Call) (link.Answer, error) {
	f.calls = append(f.calls, c)
	return f.answer(len(f.calls), c)
}

func (f *fakeStations) Drop(context.Context, string, int64, string) error { return nil }

// desk is a Commander over fake stations, one for each version, named by it.
type desk struct {
	*Commander
	*fakeStations
	db *store.DB
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	db := storetest.SQLite(t, schema.FS)
	d := &desk{fakeStations: &fakeStations{}, db: db}
	_, err := store.Do(t.Context(), db, "test", func(tx *store.Tx) (done, error) {
		if err := access.Install(tx, access.Entity{Name: "Test", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
			return done{}, err
		}
		if err := station.PutSite(tx, station.Site{ID: "site", Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Name: "Depot", Country: "DE", Zone: "Europe/Berlin"}); err != nil {
			return done{}, err
		}
		for _, v := range ocpp.Versions() {
			if err := station.Create(tx, station.Station{ID: v.String(), Tenant: access.DefaultTenant, Site: "site", Onboarding: station.Accepted}); err != nil {
				return done{}, err
			}
			if _, err := device.Install(tx, access.DefaultTenant, v.String()); err != nil {
				return done{}, err
			}
			if err := station.Opened(tx, station.Connection{Station: v.String(), Epoch: 1, Protocol: v.String()}); err != nil {
				return done{}, err
			}
		}
		return done{}, station.Create(tx, station.Station{ID: "new", Tenant: access.DefaultTenant, Site: "site", Onboarding: station.Accepted})
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Commander = NewCommander(db, d.fakeStations, slog.New(slog.DiscardHandler))
	d.number = func() int64 { return 1000 }
	return d
}

// say has a station answer by what answer returns and forgets earlier calls.
func (d *desk) say(ctx context.Context, to string, c device.Command, answer func(n int, c link.Call) (link.Answer, error)) (device.Outcome, error) {
	d.calls, d.answer = nil, answer
	return d.Command(ctx, to, c)
}

// record returns the newest command on record of a station.
func (d *desk) record(t *testing.T, of string) device.Record {
	t.Helper()
	list := d.records(t, of, device.CommandKey{}, 1)
	if len(list) == 0 {
		return device.Record{}
	}
	return list[0]
}

func (d *desk) records(t *testing.T, of string, before device.CommandKey, limit int) []device.Record {
	t.Helper()
	list, err := store.Read(t.Context(), d.db, func(tx *store.Tx) ([]device.Record, error) {
		return device.Commands(tx, access.Scope{Tenant: access.DefaultTenant}, of, before, limit)
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func with(payload string) func(int, link.Call) (link.Answer, error) {
	return func(int, link.Call) (link.Answer, error) { return link.Answer{Payload: []byte(payload)}, nil }
}

// replies are what the fake stations answer where {"status":"Accepted"} is not
// enough.
var replies = map[string]string{
	"1.6 UnlockConnector": `{"status":"Unlocked"}`, "1.6 GetLocalListVersion": `{"listVersion":7}`, "1.6 UpdateFirmware": ``,
	"1.6 GetDiagnostics": `{"fileName":"d.zip"}`, "1.6 DataTransfer": `{"status":"Accepted","data":"yes"}`,
	"1.6 GetConfiguration":           `{"configurationKey":[{"key":"HeartbeatInterval","readonly":true,"value":"300"}],"unknownKey":["Nope"]}`,
	"1.6 GetCompositeSchedule":       `{"status":"Accepted","connectorId":1,"scheduleStart":"2026-03-01T12:00:00Z","chargingSchedule":{"duration":600,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":11000.5,"numberPhases":3}]}}`,
	"1.6 GetInstalledCertificateIds": `{"status":"Accepted","certificateHashData":[{"hashAlgorithm":"SHA256","issuerNameHash":"aa","issuerKeyHash":"bb","serialNumber":"1f"}]}`,

	"2 UnlockConnector": `{"status":"Unlocked"}`, "2 GetLocalListVersion": `{"versionNumber":7}`, "2 CostUpdated": `{}`, "2 NotifyWebPaymentStarted": `{}`,
	"2 DataTransfer": `{"status":"Accepted","data":{"a":1}}`, "2 GetTransactionStatus": `{"ongoingIndicator":true,"messagesInQueue":false}`,
	"2 RequestStartTransaction":    `{"status":"Accepted","transactionId":"f3c1-aa"}`,
	"2 UnpublishFirmware":          `{"status":"Unpublished"}`,
	"2 GetLog":                     `{"status":"AcceptedCanceled","filename":"log.zip","statusInfo":{"reasonCode":"NewLog","additionalInfo":"the other upload ended"}}`,
	"2 GetVariables":               `{"getVariableResult":[{"attributeStatus":"Accepted","attributeType":"Actual","attributeValue":"Available","component":{"name":"EVSE","evse":{"id":1,"connectorId":2}},"variable":{"name":"AvailabilityState","instance":"i"}},{"attributeStatus":"UnknownVariable","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}`,
	"2 SetVariables":               `{"setVariableResult":[{"attributeStatus":"Accepted","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}},{"attributeStatus":"RebootRequired","attributeType":"Target","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}`,
	"2 SetVariableMonitoring":      `{"setMonitoringResult":[{"id":3,"status":"Accepted","type":"UpperThreshold","severity":4,"component":{"name":"EVSE"},"variable":{"name":"AvailabilityState"}},{"status":"UnsupportedMonitorType","statusInfo":{"reasonCode":"NoPeriodic"},"type":"Periodic","severity":9,"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}`,
	"2 ClearVariableMonitoring":    `{"clearMonitoringResult":[{"id":3,"status":"Accepted"},{"id":4,"status":"NotFound"}]}`,
	"2 GetCompositeSchedule":       `{"status":"Accepted","schedule":{"evseId":1,"duration":600,"scheduleStart":"2026-03-01T12:00:00Z","chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.1,"numberPhases":1,"phaseToUse":2}]}}`,
	"2 GetInstalledCertificateIds": `{"status":"Accepted","certificateHashDataChain":[{"certificateType":"V2GCertificateChain","certificateHashData":{"hashAlgorithm":"SHA256","issuerNameHash":"aa","issuerKeyHash":"bb","serialNumber":"1f"},"childCertificateHashData":[{"hashAlgorithm":"SHA256","issuerNameHash":"cc","issuerKeyHash":"dd","serialNumber":"2f"}]}]}`,
	"2 GetTariffs":                 `{"status":"Accepted","tariffAssignments":[{"tariffId":"plain","tariffKind":"DefaultTariff","evseIds":[1,2]}]}`,
	"2 ClearTariffs":               `{"clearTariffsResult":[{"tariffId":"plain","status":"Accepted"},{"tariffId":"gone","status":"NoTariff"}]}`,
	"2 GetPeriodicEventStream":     `{"constantStreamData":[{"id":2,"variableMonitoringId":3,"params":{"interval":5}}]}`,
	"2 SetDERControl":              `{"status":"Accepted","supersededIds":["z"]}`,
}

func replyOf(v ocpp.Version, action string) string {
	key := "2 " + action
	if v == ocpp.V16 {
		key = "1.6 " + action
	}
	if r, ok := replies[key]; ok {
		return r
	}
	return `{"status":"Accepted"}`
}

// TestTranscripts says every sample in every version and compares what goes
// out and what is made of the answer with testdata/out. Every request and every
// fake answer keeps strictly to the schema, and together the commands reach
// every action of the version.
func TestTranscripts(t *testing.T) {
	for _, v := range ocpp.Versions() {
		t.Run(v.String(), func(t *testing.T) {
			d := newDesk(t)
			reached := map[string]bool{}
			var b bytes.Buffer
			for _, s := range samples() {
				o, err := d.say(t.Context(), v.String(), s.command, func(_ int, c link.Call) (link.Answer, error) {
					reply := replyOf(v, c.Action)
					if v == ocpp.V16 && strings.Contains(string(c.Payload), pncVendor) {
						reply = pncReply(t, c.Payload)
					}
					if err := ocpp.ValidateReply(v, c.Action, []byte(or(reply, `{}`))); err != nil {
						t.Errorf("%s: the test's answer to %s: %v", s.name, c.Action, err)
					}
					return link.Answer{Payload: []byte(reply)}, nil
				})
				fmt.Fprintf(&b, "%s (%s)\n", s.name, device.Kind(s.command))
				for _, c := range d.calls {
					reached[c.Action] = true
					fmt.Fprintf(&b, "  > %s %s\n", c.Action, c.Payload)
					if err := ocpp.ValidateRequest(v, c.Action, c.Payload); err != nil || c.Send {
						t.Errorf("%s: %s: send %v, %v", s.name, c.Action, c.Send, err)
					}
				}
				if err != nil {
					fmt.Fprintf(&b, "  ! %s: %s\n", fail.KindOf(err), fail.Say(err))
					continue
				}
				if (o.Command == "") != device.Passing(s.command) {
					t.Errorf("%s: on record as %q", s.name, o.Command)
				}
				o.Command = "" // another each time
				line, err := json.Marshal(o)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "  < %s\n", line)
			}
			compare(t, filepath.Join("testdata", "out", v.String()+".txt"), b.Bytes())
			for _, a := range ocpp.Actions(v) {
				if a.Direction != ocpp.FromStation && !reached[a.Name] {
					t.Errorf("no command reaches %s", a.Name)
				}
			}
		})
	}
}

// pncReply checks the message of 2.0.1 inside a DataTransfer and answers it.
func pncReply(t *testing.T, payload []byte) string {
	t.Helper()
	var q v16.DataTransfer
	if _, err := ocpp.Decode(ocpp.V16, &q, payload); err != nil {
		t.Fatal(err)
	}
	inner := replyOf(ocpp.V201, q.MessageID)
	if err := ocpp.ValidateRequest(ocpp.V201, q.MessageID, []byte(q.Data)); err != nil {
		t.Errorf("%s inside DataTransfer: %v", q.MessageID, err)
	}
	reply, err := ocpp.EncodeReply(ocpp.V16, "DataTransfer", v16.DataTransferResponse{Status: v16.DataTransferStatusAccepted, Data: inner})
	if err != nil {
		t.Fatal(err)
	}
	return string(reply)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		a, b := line(g, i), line(w, i)
		if a != b {
			t.Fatalf("%s:%d\n got %s\nwant %s", path, i+1, a, b)
		}
	}
}

func line(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "(nothing)"
}

// Every kind is among the samples and can be said in some version.
func TestEveryKindIsSaid(t *testing.T) {
	sampled := map[string]bool{}
	for _, s := range samples() {
		sampled[device.Kind(s.command)] = true
	}
	said := map[string]bool{}
	for _, s := range []*speech{speech16(), speech201(), speech21()} {
		for k := range s.say {
			said[k] = true
		}
	}
	kinds := device.Kinds()
	for _, c := range []device.Command{device.UserPrice{}, device.RunningCost{}, device.FinalCost{}} { // never by hand
		if !device.Passing(c) {
			t.Errorf("%s is put on record", device.Kind(c))
		}
		kinds = append(kinds, device.Kind(c))
	}
	slices.Sort(kinds)
	if got := slices.Sorted(maps.Keys(said)); !slices.Equal(got, kinds) {
		t.Errorf("said are %v, kinds are %v", got, kinds)
	}
	if got := slices.Sorted(maps.Keys(sampled)); !slices.Equal(got, kinds) {
		t.Errorf("sampled are %v, kinds are %v", got, kinds)
	}
}

// Every word that the schemas have for the status of an answer has a meaning.
func TestEveryStatusWordIsKnown(t *testing.T) {
	words := 0
	used := map[string]bool{}
	for _, dir := range []string{"v16", "v201", "v21"} {
		path := filepath.Join("..", "..", "wire", "ocpp", dir)
		if dir == "v201" {
			clear(used) // 1.6 has names of its own; 2.1 adds to those of 2.0.1
		}
		statusTypes(t, used, filepath.Join(path, "zz_messages.go"), filepath.Join(path, "zz_types.go"))
		for typ, values := range enumerations(t, filepath.Join(path, "zz_enums.go")) {
			if !used[typ] {
				continue
			}
			for _, w := range values {
				words++
				if statusOf(w) == device.Unclear {
					t.Errorf("%s.%s %q means nothing", dir, typ, w)
				}
			}
		}
	}
	if words < 180 {
		t.Errorf("only %d words were looked at", words)
	}
}

// statusTypes adds the types of the statuses in answers of stations.
func statusTypes(t *testing.T, used map[string]bool, messages, types string) {
	t.Helper()
	look := func(path string, answers func(name string) bool) {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.TypeSpec)
			if !ok || !answers(s.Name.Name) {
				return true
			}
			body, ok := s.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, field := range body.Fields.List {
				typ, ok := field.Type.(*ast.Ident)
				if ok && len(field.Names) == 1 && (field.Names[0].Name == "Status" || field.Names[0].Name == "AttributeStatus") {
					used[typ.Name] = true
				}
			}
			return true
		})
	}
	fromUs := map[string]bool{}
	for _, v := range ocpp.Versions() {
		for _, a := range ocpp.Actions(v) {
			if a.Direction == ocpp.FromStation {
				fromUs[strings.ReplaceAll(a.Name, "Id", "ID")+"Response"] = true
			}
		}
	}
	look(messages, func(name string) bool { return strings.HasSuffix(name, "Response") && !fromUs[name] })
	look(types, func(name string) bool { return strings.HasSuffix(name, "Result") })
}

func enumerations(t *testing.T, path string) map[string][]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.ValueSpec)
		if !ok || len(s.Values) != 1 {
			return true
		}
		typ, ok1 := s.Type.(*ast.Ident)
		lit, ok2 := s.Values[0].(*ast.BasicLit)
		if ok1 && ok2 {
			w, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			out[typ.Name] = append(out[typ.Name], w)
		}
		return true
	})
	return out
}

// What becomes of a command that is not answered by a plain yes, and what is
// on record of it.
func TestEnds(t *testing.T) {
	failing := func(k fail.Kind, text string) func(int, link.Call) (link.Answer, error) {
		return func(int, link.Call) (link.Answer, error) { return link.Answer{}, fail.New(k, "test", "%s", text) }
	}
	refusal := func(int, link.Call) (link.Answer, error) {
		return link.Answer{Error: &link.CallError{Code: "GenericError", Description: "no reader"}}, nil
	}
	for _, c := range []struct {
		name    string
		answer  func(int, link.Call) (link.Answer, error)
		command device.Command
		want    device.Outcome
		kind    fail.Kind // of the error; Internal: none
		state   device.State
		reason  string // on record
	}{
		{"yes", with(`{"status":"Accepted"}`), device.ClearCache{}, device.Outcome{Status: device.Accepted, Word: "Accepted"}, 0, device.Answered, ""},
		{"no", with(`{"status":"Rejected","statusInfo":{"reasonCode":"Busy"}}`), device.ClearCache{}, device.Outcome{Status: device.Rejected, Word: "Rejected", Reason: "Busy"}, 0, device.Answered, "Busy"},
		{"an error", refusal, device.ClearCache{}, device.Outcome{Status: device.Failed, Word: "GenericError", Reason: "no reader"}, 0, device.Answered, "no reader"},
		{"an error keeps the number", refusal, device.GetMessages{}, device.Outcome{Status: device.Failed, Word: "GenericError", Reason: "no reader", Request: 1000}, 0, device.Answered, "no reader"},
		{"no such word", with(`{"status":"Maybe"}`), device.ClearCache{}, device.Outcome{Status: device.Unclear, Reason: "the answer cannot be read: /status: "}, 0, device.Answered, "the answer cannot be read: /status: "},
		{"not to be read", with(`{}`), device.ClearCache{}, device.Outcome{Status: device.Unclear, Reason: "the answer cannot be read: "}, 0, device.Answered, "the answer cannot be read: "},
		{"offline", failing(fail.Offline, "not here"), device.ClearCache{}, device.Outcome{}, fail.Offline, device.Undone, "not here"},
		{"busy", failing(fail.Busy, "later"), device.ClearCache{}, device.Outcome{}, fail.Busy, device.Undone, "later"},
		{"silence", failing(fail.Timeout, "no answer"), device.GetMessages{}, device.Outcome{Request: 1000}, fail.Timeout, device.Expired, "no answer"},
		{"no such message", with(`{}`), device.SwapBattery{Token: tag}, device.Outcome{Status: device.NotSupported, Reason: "OCPP 2.0.1 has no such message"}, 0, device.Undone, "OCPP 2.0.1 has no such message"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			o, err := d.say(device.WithActor(t.Context(), "key_1"), "2.0.1", c.command, c.answer)
			if strings.HasSuffix(c.want.Reason, ": ") && strings.HasPrefix(o.Reason, c.want.Reason) {
				o.Reason = c.want.Reason
			}
			r := d.record(t, "2.0.1")
			if o.Command == "" || o.Command != r.ID {
				t.Errorf("the record of %q is %q", o.Command, r.ID)
			}
			o.Command = ""
			if !reflect.DeepEqual(o, c.want) || (err != nil) != (c.kind != fail.Internal) || err != nil && fail.KindOf(err) != c.kind {
				t.Errorf("got %+v, %v", o, err)
			}
			if r.State != c.state || r.Status != c.want.Status || r.Word != c.want.Word || !strings.HasPrefix(r.Reason, c.reason) || r.Actor != "key_1" ||
				r.Kind != device.Kind(c.command) || r.Request != c.want.Request || r.Device == "" {
				t.Errorf("on record is %+v", r)
			}
			if r.AnsweredAt.IsZero() != (c.state != device.Answered) {
				t.Errorf("answered at %v", r.AnsweredAt)
			}
		})
	}
}

// What is wrong in itself is refused and not on record.
func TestInvalidCommandsAreNotSent(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		to      string
		command device.Command
		kind    fail.Kind
	}{
		{"1.6", device.RemoteStart{Token: device.Token{UID: "a number of more than twenty"}}, fail.Invalid},
		{"1.6", device.RemoteStop{Transaction: "f3c1"}, fail.Invalid},
		{"2.1", device.ShowMessage{ID: 1, Priority: "Loud", Texts: []device.Text{{Format: "UTF8"}}}, fail.Invalid},
		{"2.1", device.Reserve{ID: 1, Token: tag}, fail.Invalid},
		{"2.1", &device.ClearCache{}, fail.Internal},
		{"new", device.ClearCache{}, fail.Offline},
		{"nobody", device.ClearCache{}, fail.NotFound},
	} {
		if _, err := d.say(t.Context(), c.to, c.command, with(`{}`)); err == nil || fail.KindOf(err) != c.kind || len(d.calls) > 0 {
			t.Errorf("%s %T: %v, %d calls", c.to, c.command, err, len(d.calls))
		}
	}
	if r := d.record(t, "1.6"); r.ID != "" {
		t.Errorf("on record is %+v", r)
	}
}

// What is on record holds no secret and no token.
func TestRecordsAreMasked(t *testing.T) {
	d := newDesk(t)
	for _, c := range []device.Command{
		device.SetSettings{Values: []device.Value{{Setting: device.Setting{Component: "SecurityCtrlr", Variable: "BasicAuthPassword"}, Value: "hush-hush-hush-hush"}}},
		device.SetNetworkProfile{Slot: 1, Version: "2.1", URL: "wss://x.example/", Interface: "Any", Timeout: 1, SecurityProfile: 1, Password: "hush-hush-hush-hush"},
		device.GetLog{Log: device.Diagnostics, Location: "ftp://user:hush-hush@logs.example/up?sig=hush-hush"},
		device.RemoteStart{EVSE: 1, Token: device.Token{UID: "hush-hush-42", Group: "hush"}},
		device.SendTokens{Version: 1, Full: true, Tokens: []device.ListedToken{{Token: device.Token{UID: "hush-hush"}, Status: "Accepted"}}},
	} {
		if _, err := d.say(t.Context(), "2.1", c, with(`{"status":"Accepted"}`)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(d.calls[len(d.calls)-1].Payload), "hush") {
			t.Errorf("%T: the station was not told: %s", c, d.calls[len(d.calls)-1].Payload)
		}
		if r := d.record(t, "2.1"); r.Kind != device.Kind(c) || strings.Contains(r.Body, "hush") {
			t.Errorf("on record is %s", r.Body)
		}
	}
}

// roomReply answers how much fits into a message; "" is not known.
func roomReply(items, bytes string) string {
	result := func(name, value string) string {
		if value == "" {
			return fmt.Sprintf(`{"attributeStatus":"UnknownVariable","component":{"name":"X"},"variable":{"name":%q}}`, name)
		}
		return fmt.Sprintf(`{"attributeStatus":"Accepted","attributeValue":%q,"component":{"name":"X"},"variable":{"name":%q}}`, value, name)
	}
	return `{"getVariableResult":[` + result("ItemsPerMessage", items) + `,` + result("BytesPerMessage", bytes) + `]}`
}

// Many settings go in parts of the size the station gives.
func TestParts(t *testing.T) {
	d := newDesk(t)
	settings := make([]device.Setting, 25)
	for i := range settings {
		settings[i] = device.Setting{Component: "C", Variable: fmt.Sprintf("Variable%02d", i)}
	}
	refused := link.Answer{Error: &link.CallError{Code: "InternalError"}}
	for _, c := range []struct {
		name  string
		room  link.Answer
		bytes int
		want  []int
	}{
		{"all at once", link.Answer{Payload: []byte(roomReply("100", ""))}, 0, []int{25}},
		{"by items", link.Answer{Payload: []byte(roomReply("12", ""))}, 0, []int{12, 12, 1}},
		{"by bytes", link.Answer{Payload: []byte(roomReply("100", "800"))}, 800, []int{12, 6, 7}},
		{"not known", link.Answer{Payload: []byte(roomReply("", ""))}, 0, []int{10, 10, 5}},
		{"nonsense", link.Answer{Payload: []byte(roomReply("-3", "x"))}, 0, []int{10, 10, 5}},
		{"not told", refused, 0, []int{10, 10, 5}},
	} {
		var got []int
		o, err := d.say(t.Context(), "2.1", device.GetSettings{Settings: settings}, func(n int, call link.Call) (link.Answer, error) {
			if n == 1 {
				return c.room, nil
			}
			if c.bytes > 0 && len(call.Payload) > c.bytes {
				t.Errorf("%s: a message of %d bytes", c.name, len(call.Payload))
			}
			var q v21.GetVariables
			if _, err := ocpp.Decode(ocpp.V21, &q, call.Payload); err != nil {
				t.Fatal(err)
			}
			got = append(got, len(q.GetVariableData))
			var r v21.GetVariablesResponse
			for _, x := range q.GetVariableData {
				r.GetVariableResult = append(r.GetVariableResult, v21.GetVariableResult{AttributeStatus: v21.GetVariableStatusAccepted, Component: x.Component, Variable: x.Variable})
			}
			b, err := ocpp.EncodeReply(ocpp.V21, "GetVariables", r)
			return link.Answer{Payload: b}, err
		})
		list, _ := o.Data.([]device.SettingResult)
		if err != nil || !slices.Equal(got, c.want) || len(list) != 25 || o.Status != device.Accepted {
			t.Errorf("%s: parts %v, %d results, %v %v", c.name, got, len(list), o.Status, err)
		}
	}
}

// A long local list goes in parts, of which all but the first are changes; one
// that breaks off tells the version the station holds.
func TestPartsOfALocalList(t *testing.T) {
	d := newDesk(t)
	list := device.SendTokens{Version: 40, Full: true}
	for i := range 25 {
		list.Tokens = append(list.Tokens, device.ListedToken{Token: device.Token{UID: fmt.Sprintf("T%d", i)}, Status: "Accepted"})
	}
	send := func(answer func(n int) string) (sent []v21.SendLocalList, o device.Outcome) {
		o, err := d.say(t.Context(), "2.1", list, func(n int, call link.Call) (link.Answer, error) {
			if n == 1 {
				return with(roomReply("", ""))(n, call)
			}
			var q v21.SendLocalList
			if _, err := ocpp.Decode(ocpp.V21, &q, call.Payload); err != nil {
				t.Fatal(err)
			}
			sent = append(sent, q)
			return with(answer(n))(n, call)
		})
		if err != nil {
			t.Fatal(err)
		}
		return sent, o
	}
	sent, o := send(func(int) string { return `{"status":"Accepted"}` })
	if len(sent) != 3 || o.Data != device.TokenListVersion(42) || o.Status != device.Accepted {
		t.Fatalf("%d messages, %+v", len(sent), o)
	}
	for i, q := range sent {
		if q.VersionNumber != 40+int64(i) || (q.UpdateType == v21.UpdateFull) != (i == 0) || len(q.LocalAuthorizationList) != []int{10, 10, 5}[i] {
			t.Errorf("part %d is %s of version %d", i, q.UpdateType, q.VersionNumber)
		}
	}
	sent, o = send(func(n int) string {
		if n == 2 {
			return `{"status":"Accepted"}`
		}
		return `{"status":"VersionMismatch"}`
	})
	if len(sent) != 2 || o.Status != device.Rejected || o.Word != "VersionMismatch" || o.Data != device.TokenListVersion(40) {
		t.Errorf("a list that broke off: %d messages, %+v", len(sent), o)
	}
}

// Parts are the items in their order, none is longer than allowed, and only
// one that cannot be parted is bigger.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,50}`), 0, 60).Draw(t, "keys")
		r := room{items: rapid.IntRange(1, 70).Draw(t, "items"), bytes: rapid.IntRange(0, 400).Draw(t, "bytes")}
		build := func(part []string) v16.GetConfiguration { return v16.GetConfiguration{Key: part} }
		parts, err := split(ocpp.V16, keys, r, build)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			b, err := ocpp.Encode(ocpp.V16, build(part))
			if err != nil || len(part) == 0 || len(part) > r.items || r.bytes > 0 && len(b) > r.bytes && len(part) > 1 {
				t.Fatalf("a part of %d items, %d bytes, %v", len(part), len(b), err)
			}
		}
		if got := slices.Concat(parts...); !slices.Equal(got, keys) {
			t.Fatalf("parts hold %v of %v", got, keys)
		}
	})
}

// The outcome of many is as bad as the worst of them.
func TestAmong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.SampledFrom(worst), 0, 8).Draw(t, "statuses")
		got := among(list, func(s device.Status) (device.Status, string, string) { return s, string(s), "" })
		want := len(worst) - 1
		for _, s := range list {
			want = min(want, slices.Index(worst, s))
		}
		if got.Status != worst[want] {
			t.Fatalf("%v is %s, want %s", list, got.Status, worst[want])
		}
	})
}

// A caller who leaves before the answer leaves no command open on record.
func TestTheCallerLeaves(t *testing.T) {
	d := newDesk(t)
	ctx, leave := context.WithCancel(t.Context())
	_, err := d.say(ctx, "2.1", device.ClearCache{}, func(int, link.Call) (link.Answer, error) {
		if r := d.record(t, "2.1"); r.State != device.Sent || r.SentAt.IsZero() {
			t.Errorf("before the answer the record is %+v", r)
		}
		leave()
		return link.Answer{}, fail.New(fail.Timeout, "test", "no answer")
	})
	if r := d.record(t, "2.1"); !fail.Is(err, fail.Timeout) || r.State != device.Expired || r.Actor != "system" {
		t.Errorf("%v, on record is %+v", err, r)
	}
}

// A station that is lost in the middle has done a part: that is no "nothing
// was sent".
func TestLostInTheMiddle(t *testing.T) {
	d := newDesk(t)
	o, err := d.say(t.Context(), "1.6", device.SetSettings{Values: []device.Value{
		{Setting: device.Setting{Variable: "A"}, Value: "1"}, {Setting: device.Setting{Variable: "B"}, Value: "2"},
	}}, func(n int, call link.Call) (link.Answer, error) {
		if n == 1 {
			return with(`{"status":"RebootRequired"}`)(n, call)
		}
		return link.Answer{}, fail.New(fail.Offline, "test", "gone")
	})
	if !fail.Is(err, fail.Timeout) {
		t.Errorf("the error is %v", err)
	}
	want := []device.SettingResult{{Setting: device.Setting{Variable: "A"}, Status: device.RebootRequired, Word: "RebootRequired"}}
	if !reflect.DeepEqual(o.Data, want) || o.Status != "" {
		t.Errorf("the outcome so far is %+v", o)
	}
	if r := d.record(t, "1.6"); r.State != device.Expired {
		t.Errorf("on record is %+v", r)
	}
}

// The number of keys a 1.6 station takes at once is its GetConfigurationMaxKeys.
func TestParts16(t *testing.T) {
	d := newDesk(t)
	var settings []device.Setting
	for i := range 13 {
		settings = append(settings, device.Setting{Variable: fmt.Sprintf("Key%d", i)})
	}
	var got []int
	_, err := d.say(t.Context(), "1.6", device.GetSettings{Settings: settings}, func(n int, call link.Call) (link.Answer, error) {
		if n == 1 {
			return with(`{"configurationKey":[{"key":"GetConfigurationMaxKeys","readonly":true,"value":"6"}]}`)(n, call)
		}
		var q v16.GetConfiguration
		if _, err := ocpp.Decode(ocpp.V16, &q, call.Payload); err != nil {
			t.Fatal(err)
		}
		got = append(got, len(q.Key))
		return with(`{}`)(n, call)
	})
	if err != nil || !slices.Equal(got, []int{6, 6, 1}) {
		t.Errorf("parts %v, %v", got, err)
	}
}

// What an answer gets wrong counts against the device.
func TestFindingsOfAnswers(t *testing.T) {
	d := newDesk(t)
	if o, err := d.say(t.Context(), "1.6", device.ClearCache{}, with(`{"status":"Perhaps","extra":1}`)); err != nil || o.Status != device.Unclear || o.Word != "Perhaps" {
		t.Errorf("%+v %v", o, err)
	}
	found, err := store.Read(t.Context(), d.db, func(tx *store.Tx) ([]device.Finding, error) {
		dev, _, err := device.At(tx, "1.6")
		if err != nil {
			return nil, err
		}
		return device.Findings(tx, dev.ID)
	})
	if err != nil || len(found) != 2 || found[0].Action != "ClearCache" {
		t.Errorf("%+v %v", found, err)
	}
}

// The other half of the conversation understands ours: a typed router stands
// for the station.
func TestStationsUnderstand(t *testing.T) {
	d := newDesk(t)
	r := ocpp.NewRouter[string](ocpp.V21)
	var profile v21.SetChargingProfile
	ocpp.On(r, func(_ context.Context, _ string, q *v21.SetChargingProfile) (v21.SetChargingProfileResponse, error) {
		profile = *q
		return v21.SetChargingProfileResponse{Status: v21.ChargingProfileStatusRejected, StatusInfo: &v21.StatusInfo{ReasonCode: "DuplicateProfile"}}, nil
	})
	ocpp.On(r, func(_ context.Context, _ string, q *v201.Reset) (v201.ResetResponse, error) {
		return v201.ResetResponse{}, &ocpp.Error{Code: ocpp.NotSupported, Description: "never"}
	})
	serve := func(_ int, c link.Call) (link.Answer, error) {
		reply, _, err := r.Serve(t.Context(), "", c.Action, c.Payload)
		var due *ocpp.Error
		if errors.As(err, &due) {
			return link.Answer{Error: &link.CallError{Code: due.Code.Spell(ocpp.V21), Description: due.Description}}, nil
		}
		return link.Answer{Payload: reply}, err
	}
	o, err := d.say(t.Context(), "2.1", device.SetChargingProfile{EVSE: 1, Profile: charge}, serve)
	p := profile.ChargingProfile.ChargingSchedule[0].ChargingSchedulePeriod[0]
	if err != nil || o.Status != device.Rejected || o.Reason != "DuplicateProfile" || profile.EVSEID != 1 || p.Limit.String() != "11000" || p.NumberPhases != nil {
		t.Errorf("%+v %v, the station read %+v", o, err, profile)
	}
	o, err = d.say(t.Context(), "2.1", device.Reset{Hard: true}, serve)
	if err != nil || o.Status != device.Failed || o.Word != "NotSupported" || o.Reason != "never" {
		t.Errorf("%+v %v", o, err)
	}
}

// Whatever is ordered, nothing is sent that the schema does not allow, and what
// goes wrong is the caller's fault.
func FuzzCommand(f *testing.F) {
	for _, s := range samples() {
		body, err := json.Marshal(s.command)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(device.Kind(s.command), body)
	}
	d := newDesk(f)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		c, err := device.ParseCommand(kind, body)
		if err != nil {
			return
		}
		for _, v := range ocpp.Versions() {
			o, err := d.say(t.Context(), v.String(), c, func(_ int, call link.Call) (link.Answer, error) {
				if err := ocpp.ValidateRequest(v, call.Action, call.Payload); err != nil {
					t.Errorf("%s %s: %v", call.Action, call.Payload, err)
				}
				return link.Answer{Payload: []byte(replyOf(v, call.Action))}, nil
			})
			if err != nil && !fail.Is(err, fail.Invalid) {
				t.Errorf("%s: %v", v, err)
			}
			if err == nil && o.Status == "" {
				t.Errorf("%s: an outcome without status: %+v", v, o)
			}
		}
	})
}
