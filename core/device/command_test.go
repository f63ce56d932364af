package device

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/schema"
)

func TestKindsAreWhole(t *testing.T) {
	names := Kinds()
	if len(names) < 50 {
		t.Errorf("there are %d kinds", len(names))
	}
	for _, name := range names {
		c, err := ParseCommand(name, []byte(`{}`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if Kind(c) != name {
			t.Errorf("%s reads as %s", name, Kind(c))
		}
		if reflect.TypeOf(c).Kind() != reflect.Struct {
			t.Errorf("%s is a %T, not a value", name, c)
		}
		body, err := recorded(c)
		if err != nil || !json.Valid([]byte(body)) {
			t.Errorf("%s is on record as %q, %v", name, body, err)
		}
	}
}

func TestParseCommand(t *testing.T) {
	c, err := ParseCommand("remote_start", []byte(`{"evse":2,"token":{"uid":"04A1B2C3D4","type":"ISO14443"},
		"profile":{"id":1,"purpose":"tx","kind":"relative","unit":"A","periods":[{"start_s":0,"limit":{"value":160}}]}}`))
	want := RemoteStart{EVSE: 2, Token: Token{UID: "04A1B2C3D4", Type: "ISO14443"},
		Profile: &Profile{ID: 1, Purpose: Tx, Kind: Relative, Unit: Ampere, Periods: []Period{{Rates: Upto(160)}}}}
	if err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("%+v %v", c, err)
	}
	c, err = ParseCommand("send_tokens", []byte(`{"version":2,"tokens":[{"uid":"A","status":"Accepted","expires_at":"2026-03-01T12:00:00Z"}]}`))
	list := SendTokens{Version: 2, Tokens: []ListedToken{{Token: Token{UID: "A"}, Status: "Accepted", ExpiresAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}}
	if err != nil || !reflect.DeepEqual(c, list) {
		t.Errorf("%+v %v", c, err)
	}
	c, err = ParseCommand("set_settings", []byte(`{"values":[{"component":"C","variable":"V","value":"1"}]}`))
	if values := (SetSettings{Values: []Value{{Setting: Setting{Component: "C", Variable: "V"}, Value: "1"}}}); err != nil || !reflect.DeepEqual(c, values) {
		t.Errorf("%+v %v", c, err)
	}
	for _, bad := range [][2]string{
		{"dance", `{}`}, {"reset", `{"hard":"yes"}`}, {"reset", `{"harder":true}`}, {"reset", ``}, {"reset", `{} {}`}, {"reset", `[]`}, {"send_tokens", `{"tokens":[{"pin":1}]}`},
	} {
		if c, err := ParseCommand(bad[0], []byte(bad[1])); !fail.Is(err, fail.Invalid) {
			t.Errorf("%s %s reads as %+v, %v", bad[0], bad[1], c, err)
		}
	}
}

// What only asks or sets may be repeated; what starts something may not.
func TestIdempotent(t *testing.T) {
	for _, c := range []Command{RemoteStop{}, SetChargingProfile{}, GetSettings{}, Reserve{}, ClearCache{}} {
		if !Idempotent(c) {
			t.Errorf("%s may be repeated", Kind(c))
		}
	}
	for _, c := range []Command{RemoteStart{}, Reset{}, Unlock{}, Transfer{}, UpdateFirmware{}, SwapBattery{}} {
		if Idempotent(c) {
			t.Errorf("%s may not be repeated", Kind(c))
		}
	}
}

func TestMasks(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{Secret("x"), `"•••"`}, {Secret(""), `""`},
		{Token{UID: "04A1B2C3D4", Type: "ISO14443", Group: "FLEET"}, `{"uid":"•••3D4","type":"ISO14443","group":"•••"}`},
		{Token{UID: "1234567"}, `{"uid":"•••"}`},
		{Address("https://u:p@h.example/a?sig=1#f"), `"https://u@h.example/a?masked#f"`},
		{Address("ftp://h.example/a"), `"ftp://h.example/a"`}, {Address("://%"), `"•••"`},
		{Value{Setting{Variable: "HeartbeatInterval"}, "300"}, `{"variable":"HeartbeatInterval","value":"300"}`},
		{Value{Setting{Variable: "AuthorizationKey"}, "300"}, `{"variable":"AuthorizationKey","value":"•••"}`},
		{SetSettings{[]Value{{Setting{Component: "SecurityCtrlr", Variable: "basicAUTHpassword"}, "x"}}}, `{"values":[{"component":"SecurityCtrlr","variable":"basicAUTHpassword","value":"•••"}]}`},
		{SendTokens{Version: 2, Full: true, Tokens: []ListedToken{{Token: Token{UID: "A"}}}}, `{"version":2,"full":true,"count":1}`},
	} {
		b, err := json.Marshal(c.v)
		if err != nil || string(b) != c.want {
			t.Errorf("%T: %s %v, want %s", c.v, b, err, c.want)
		}
	}
	if s := Secret("hush").String(); s == "hush" {
		t.Error("a secret prints itself")
	}
}

func TestRecordsAreBounded(t *testing.T) {
	body, err := recorded(Transfer{Vendor: "v", Data: strings.Repeat("x", MaxBody)})
	if err != nil || len(body) > 200 || !strings.Contains(body, "sha256") {
		t.Errorf("%.100s %v", body, err)
	}
}

func TestProfileCheck(t *testing.T) {
	good := func(change func(*Profile)) Profile {
		p := Profile{ID: 1, Purpose: TxDefault, Kind: Absolute, Unit: Ampere, Periods: []Period{{Rates: Upto(160)}, {Start: 60, Phases: 1, Phase: 3, Rates: Upto(100)}}}
		if change != nil {
			change(&p)
		}
		return p
	}
	for _, c := range []struct {
		name string
		evse int64
		p    Profile
		ok   bool
	}{
		{"default of all", 0, good(nil), true},
		{"default of one", 2, good(nil), true},
		{"of a transaction", 2, good(func(p *Profile) { p.Purpose, p.Transaction = Tx, "7" }), true},
		{"of a transaction nowhere", 0, good(func(p *Profile) { p.Purpose, p.Transaction = Tx, "7" }), false},
		{"of a transaction unnamed", 2, good(func(p *Profile) { p.Purpose = Tx }), false},
		{"default with a transaction", 2, good(func(p *Profile) { p.Transaction = "7" }), false},
		{"station limit", 0, good(func(p *Profile) { p.Purpose = StationMax }), true},
		{"station limit on an EVSE", 1, good(func(p *Profile) { p.Purpose = StationMax }), false},
		{"somebody else's", 0, good(func(p *Profile) { p.Purpose = External }), false},
		{"no period", 0, good(func(p *Profile) { p.Periods = nil }), false},
		{"a late first period", 0, good(func(p *Profile) { p.Periods[0].Start = 1 }), false},
		{"equal periods", 0, good(func(p *Profile) { p.Periods[1].Start = 0 }), false},
		{"four phases", 0, good(func(p *Profile) { p.Periods[0].Phases = 4 }), false},
		{"a phase of three", 0, good(func(p *Profile) { p.Periods[1].Phases = 3 }), false},
		{"a phase of unsaid", 0, good(func(p *Profile) { p.Periods[1].Phases = 0 }), false},
		{"kilowatts", 0, good(func(p *Profile) { p.Unit = "kW" }), false},
	} {
		if err := c.p.Check(c.evse); (err == nil) != c.ok || err != nil && !fail.Is(err, fail.Invalid) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	start := good(func(p *Profile) { p.Purpose = Tx })
	if err := start.CheckStart(); err != nil {
		t.Error(err)
	}
	start.Transaction = "7"
	if start.CheckStart() == nil || good(nil).CheckStart() == nil {
		t.Error("a remote start takes a profile of purpose Tx without transaction alone")
	}
}

// Whatever a station says is cut to what fits, on a border of characters.
func TestCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s") + string(rapid.SliceOf(rapid.Byte()).Draw(t, "raw"))
		n := rapid.IntRange(0, 40).Draw(t, "n")
		got := cut(s, n)
		if len(got) > n || strings.ToValidUTF8(got, "?") != got || strings.Contains(got, "\x00") {
			t.Fatalf("%q", got)
		}
	})
}

type none struct{}

var (
	ours   = access.Scope{Tenant: access.DefaultTenant}
	theirs = access.Scope{Tenant: "tn_other"}
)

// bench is a database with a device at station CP1.
type bench struct {
	*testing.T
	db *store.DB
}

func (b bench) do(fn func(tx *store.Tx) error) {
	b.Helper()
	if _, err := store.Do(b.Context(), b.db, "CP1", func(tx *store.Tx) (none, error) { return none{}, fn(tx) }); err != nil {
		b.Fatal(err)
	}
}

func (b bench) list(sc access.Scope, before CommandKey, limit int) (out []Record) {
	b.Helper()
	b.do(func(tx *store.Tx) (err error) { out, err = Commands(tx, sc, "CP1", before, limit); return err })
	return out
}

func (b bench) queue(c Command) (command string) {
	b.Helper()
	b.do(func(tx *store.Tx) (err error) {
		command, err = Queue(tx, access.DefaultTenant, "CP1", "key_1", c)
		return err
	})
	return command
}

func eachBench(t *testing.T, fn func(b bench)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		b := bench{t, db}
		b.do(func(tx *store.Tx) error {
			if err := access.Install(tx, access.Entity{Name: "Test", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
				return err
			}
			_, err := Install(tx, access.DefaultTenant, "CP1")
			return err
		})
		fn(b)
	})
}

func TestCommandLife(t *testing.T) {
	eachBench(t, func(b bench) {
		for _, c := range []struct {
			name    string
			sent    bool
			o       Outcome
			err     error
			state   State
			status  Status
			reason  string
			settled bool
		}{
			{"answered", true, Outcome{Status: Accepted, Word: "Accepted", Request: 9}, nil, Answered, Accepted, "", true},
			{"refused", true, Outcome{Status: Failed, Word: "GenericError", Reason: "no\x00 reader"}, nil, Answered, Failed, "no reader", true},
			{"silent", true, Outcome{}, fail.New(fail.Timeout, "x", "no answer"), Expired, "", "no answer", true},
			{"offline", true, Outcome{}, fail.New(fail.Offline, "x", "not here"), Undone, "", "not here", true},
			{"broken", true, Outcome{}, errors.New("boom"), Undone, "", "the server could not complete the request", true},
			{"no message of the version", false, Outcome{Status: NotSupported, Reason: "none"}, nil, Undone, NotSupported, "none", true},
			{"not supported by the station", true, Outcome{Status: NotSupported, Word: "NotImplemented"}, nil, Answered, NotSupported, "", true},
			{"on its way", true, Outcome{}, nil, Sent, "", "", false},
			{"waiting", false, Outcome{}, nil, Queued, "", "", false},
		} {
			command := b.queue(Reset{Hard: true})
			b.do(func(tx *store.Tx) error {
				if !c.sent {
					return nil
				}
				return MarkSent(tx, command)
			})
			b.do(func(tx *store.Tx) error {
				if c.settled {
					Settle(tx, command, c.o, c.err)
				}
				return nil
			})
			r := b.list(ours, CommandKey{}, 1)[0]
			if r.ID != command || r.Station != "CP1" || r.Device == "" || r.Actor != "key_1" || r.Kind != "reset" || r.Body != `{"hard":true}` {
				b.Errorf("%s: %+v", c.name, r)
			}
			if r.State != c.state || r.Status != c.status || r.Reason != c.reason || r.Word != c.o.Word || r.Request != c.o.Request ||
				r.SentAt.IsZero() == c.sent || r.AnsweredAt.IsZero() != (c.state != Answered) {
				b.Errorf("%s: %+v", c.name, r)
			}
		}
	})
}

func TestACommandIsSentOnce(t *testing.T) {
	eachBench(t, func(b bench) {
		command := b.queue(ClearCache{})
		b.do(func(tx *store.Tx) error { return MarkSent(tx, command) })
		for _, again := range []string{command, "cmd_none"} {
			_, err := store.Do(b.Context(), b.db, "CP1", func(tx *store.Tx) (none, error) { return none{}, MarkSent(tx, again) })
			if !fail.Is(err, fail.Conflict) {
				b.Errorf("%s: %v", again, err)
			}
		}
	})
}

func TestCommandPages(t *testing.T) {
	eachBench(t, func(b bench) {
		var want []string
		for range 7 {
			want = append([]string{b.queue(ClearCache{})}, want...)
		}
		var got []string
		for key := (CommandKey{}); ; {
			page := b.list(ours, key, 3)
			for _, r := range page {
				got = append(got, r.ID)
			}
			if len(page) < 3 {
				break
			}
			last := page[len(page)-1]
			key = CommandKey{last.QueuedAt, last.ID}
		}
		if !reflect.DeepEqual(got, want) {
			b.Errorf("pages hold %v, want %v", got, want)
		}
		if other := b.list(theirs, CommandKey{}, 3); len(other) > 0 {
			b.Errorf("another tenant sees %+v", other)
		}
		b.do(func(tx *store.Tx) error {
			r, err := FindCommand(tx, ours, want[0])
			if err != nil || r.ID != want[0] {
				b.Errorf("%+v %v", r, err)
			}
			for command, sc := range map[string]access.Scope{want[0]: theirs, id.New("cmd"): ours} {
				if _, err := FindCommand(tx, sc, command); !fail.Is(err, fail.NotFound) {
					b.Errorf("%+v %s: %v", sc, command, err)
				}
			}
			return nil
		})
	})
}

// What a process that died left open is ended, and what is over its term goes.
func TestExpireAndForget(t *testing.T) {
	eachBench(t, func(b bench) {
		queued, sent, answered := b.queue(ClearCache{}), b.queue(ClearCache{}), b.queue(ClearCache{})
		b.do(func(tx *store.Tx) error {
			Settle(tx, answered, Outcome{Status: Accepted}, nil)
			return MarkSent(tx, sent)
		})
		states := func() map[string]State {
			out := map[string]State{}
			for _, r := range b.list(ours, CommandKey{}, 10) {
				out[r.ID] = r.State
			}
			return out
		}
		b.do(func(tx *store.Tx) error { return ExpireCommands(tx, tx.Now().Add(-time.Hour)) })
		if got := states(); got[queued] != Queued || got[sent] != Sent {
			b.Errorf("too early: %v", got)
		}
		b.do(func(tx *store.Tx) error { return ExpireCommands(tx, tx.Now().Add(time.Second)) })
		if got := states(); got[queued] != Undone || got[sent] != Expired || got[answered] != Answered {
			b.Errorf("%v", got)
		}
		b.do(func(tx *store.Tx) error {
			tx.Write(`UPDATE device_command SET queued_at = $1 WHERE id = $2`, tx.Now().AddDate(0, 0, -401), sent)
			return nil
		})
		b.do(func(tx *store.Tx) error { ForgetCommands(tx); return nil })
		if got := states(); len(got) != 2 || got[sent] != "" {
			b.Errorf("kept are %v", got)
		}
	})
}
