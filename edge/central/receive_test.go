package central

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/schema"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
)

var ours = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}

// bench is a Central on a database with a site, a card and the stations S1 to S3
// that nobody has a password of.
type bench struct {
	*Central
	t  testing.TB
	db *store.DB

	unplug func() // closes the storage, once
}

func newBench(t testing.TB, url string, change func(*Options)) *bench {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), url, store.Options{Log: log, BusyTimeout: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), schema.FS); err != nil {
		t.Fatal(err)
	}
	telemetry, err := store.OpenTelemetry(t.Context(), db, t.TempDir(), store.TelemetryOptions{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	unplug := sync.OnceFunc(func() {
		if err := errors.Join(telemetry.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(unplug)
	keys, err := secret.New(bytes.Repeat([]byte{5}, 32))
	if err != nil {
		t.Fatal(err)
	}
	o := Options{DB: db, Telemetry: telemetry, Log: log, Keys: keys, Node: "n1", DefaultSite: "site"}
	if change != nil {
		change(&o)
	}
	b := &bench{New(o), t, db, unplug}
	b.do(func(tx *store.Tx) error {
		if err := access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
			return err
		}
		if err := station.PutSite(tx, station.Site{ID: "site", Tenant: ours.Tenant, Entity: access.DefaultEntity, Zone: "Europe/Berlin"}); err != nil {
			return err
		}
		for _, id := range []string{"S1", "S2", "S3"} {
			if err := station.Create(tx, station.Station{ID: id, Tenant: ours.Tenant, Site: "site", Onboarding: station.Accepted}); err != nil {
				return err
			}
			if _, err := device.Install(tx, ours.Tenant, id); err != nil {
				return err
			}
		}
		return driver.PutToken(tx, ours, driver.Token{UID: "CARD", Type: "ISO14443", Status: driver.StatusAccepted})
	})
	return b
}

// each runs fn on both engines.
func each(t *testing.T, fn func(t *testing.T, b *bench)) {
	storetest.EachMigrated(t, schema.FS, func(t *testing.T, url string) { fn(t, newBench(t, url, nil)) })
}

func (b *bench) do(fn func(tx *store.Tx) error) {
	b.t.Helper()
	if _, err := store.Do(b.t.Context(), b.db, "S1", func(tx *store.Tx) (done, error) { return done{}, fn(tx) }); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) station(id string) station.Station {
	b.t.Helper()
	var s station.Station
	b.do(func(tx *store.Tx) (err error) { s, err = station.Get(tx, ours, id); return err })
	return s
}

func (b *bench) sessions() []session.Session {
	b.t.Helper()
	var ss []session.Session
	b.do(func(tx *store.Tx) (err error) { ss, err = session.List(tx, ours, session.Filter{}, 100); return err })
	return ss
}

// connect has a station shake hands and open its socket.
func (b *bench) connect(id string, v ocpp.Version) link.Peer {
	b.t.Helper()
	w, err := b.Hello(b.t.Context(), link.Hello{StationID: id, Remote: "192.0.2.1:1", Subprotocol: v.Subprotocol()})
	if err != nil {
		b.t.Fatal(err)
	}
	p := link.Peer{StationID: w.StationID, Epoch: w.Epoch, Subprotocol: v.Subprotocol(), Remote: "192.0.2.1:1"}
	if err := b.Open(b.t.Context(), p); err != nil {
		b.t.Fatal(err)
	}
	return p
}

// online connects a station and boots it.
func (b *bench) online(id string, v ocpp.Version) link.Peer {
	b.t.Helper()
	p := b.connect(id, v)
	if got := b.say(p, "BootNotification", boots[v]); got["status"] != "Accepted" {
		b.t.Fatalf("the boot is answered %v", got)
	}
	return p
}

var boots = map[ocpp.Version]string{
	ocpp.V16:  `{"chargePointVendor":"V","chargePointModel":"M","chargePointSerialNumber":"1"}`,
	ocpp.V201: `{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M","serialNumber":"1"}}`,
	ocpp.V21:  `{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M","serialNumber":"1"}}`,
}

func call(action, payload string) link.Call {
	return link.Call{ID: "m", Action: action, Payload: []byte(payload), ReceivedAt: time.Now().UTC().Truncate(time.Microsecond)}
}

// say has a call answered by a payload.
func (b *bench) say(p link.Peer, action, payload string) map[string]any {
	b.t.Helper()
	a, err := b.Receive(b.t.Context(), p, call(action, payload))
	if err != nil || a.Error != nil {
		b.t.Fatalf("%s %s: %v, %v", action, payload, a.Error, err)
	}
	var out map[string]any
	if err := json.Unmarshal(a.Payload, &out); err != nil {
		b.t.Fatalf("%s: %s: %v", action, a.Payload, err)
	}
	return out
}

func ago(minutes int) string {
	return time.Now().UTC().Add(-time.Duration(minutes) * time.Minute).Format(time.RFC3339)
}

func start16(connector int, tag, at string, meter int) string {
	return fmt.Sprintf(`{"connectorId":%d,"idTag":%q,"meterStart":%d,"timestamp":%q}`, connector, tag, meter, at)
}

func TestStatusWords16(t *testing.T) {
	words := map[v16.ChargePointStatus]station.Status{
		"Available": "available", "Preparing": "preparing", "Charging": "charging", "SuspendedEV": "suspended_ev", "SuspendedEVSE": "suspended_evse",
		"Finishing": "finishing", "Reserved": "reserved", "Unavailable": "unavailable", "Faulted": "faulted",
	}
	each(t, func(t *testing.T, b *bench) {
		p := b.online("S1", ocpp.V16)
		for word, want := range words {
			for connector := range 2 {
				b.say(p, "StatusNotification", fmt.Sprintf(`{"connectorId":%d,"errorCode":"NoError","status":%q}`, connector, word))
			}
			if got := b.station("S1").Status; got != want {
				t.Errorf("%s of the station reads %s", word, got)
			}
			if c := b.connector(); c.Status != want || c.ErrorCode != "" {
				t.Errorf("%s of connector 1 reads %+v", word, c)
			}
		}
		b.say(p, "StatusNotification", `{"connectorId":1,"errorCode":"GroundFailure","info":"wet","vendorErrorCode":"E7","status":"Faulted"}`)
		if c := b.connector(); c.ErrorCode != "GroundFailure" || c.Info != "wet" || c.VendorError != "E7" {
			t.Errorf("a fault reads %+v", c)
		}
	})
}

func (b *bench) connector() station.Connector {
	b.t.Helper()
	var cs []station.Connector
	b.do(func(tx *store.Tx) (err error) { cs, err = station.Connectors(tx, "S1"); return err })
	if len(cs) != 1 || cs[0].EVSE != 1 || cs[0].ID != 1 {
		b.t.Fatalf("connectors %+v", cs)
	}
	return cs[0]
}

func TestStatusWords2x(t *testing.T) {
	words := map[v201.ConnectorStatusEnum]station.Status{
		"Available": "available", "Occupied": "occupied", "Reserved": "reserved", "Unavailable": "unavailable", "Faulted": "faulted",
	}
	each(t, func(t *testing.T, b *bench) {
		for _, v := range []ocpp.Version{ocpp.V201, ocpp.V21} {
			p := b.online("S1", v)
			for word, want := range words {
				b.say(p, "StatusNotification", fmt.Sprintf(`{"timestamp":%q,"connectorStatus":%q,"evseId":1,"connectorId":1}`, time.Now().UTC().Format(time.RFC3339Nano), word))
				if c := b.connector(); c.Status != want {
					t.Errorf("%s: %s reads %s", v, word, c.Status)
				}
				b.say(p, "NotifyEvent", fmt.Sprintf(`{"generatedAt":%[1]q,"seqNo":0,"eventData":[{"eventId":1,"timestamp":%[1]q,"trigger":"Delta","actualValue":%[2]q,
					"eventNotificationType":"HardWiredNotification","component":{"name":"Connector","evse":{"id":1,"connectorId":1}},"variable":{"name":"AvailabilityState"}}]}`,
					time.Now().UTC().Format(time.RFC3339Nano), word))
				if c := b.connector(); c.Status != want {
					t.Errorf("%s: the event %s reads %s", v, word, c.Status)
				}
			}
		}
	})
}

func TestOnboarding(t *testing.T) {
	heartbeat := func(b *bench, p link.Peer) string {
		a, err := b.Receive(b.t.Context(), p, call("Heartbeat", `{}`))
		if err != nil {
			b.t.Fatal(err)
		}
		if a.Error != nil {
			return a.Error.Code
		}
		return "answered"
	}
	each(t, func(t *testing.T, b *bench) {
		for id, v := range map[string]ocpp.Version{"S1": ocpp.V16, "S2": ocpp.V201, "S3": ocpp.V21} {
			decide := func(o station.Onboarding) {
				b.do(func(tx *store.Tx) error {
					return station.Update(tx, station.Station{ID: id, Tenant: ours.Tenant, Site: "site", Onboarding: o})
				})
			}
			for _, word := range []struct {
				o    station.Onboarding
				says string
			}{{station.Pending, "Pending"}, {station.Rejected, "Rejected"}} {
				decide(word.o)
				p := b.connect(id, v)
				if got := heartbeat(b, p); got != "SecurityError" {
					t.Errorf("%s %s: before its boot a heartbeat is %s", v, word.o, got)
				}
				for range 2 {
					if got := b.say(p, "BootNotification", boots[v]); got["status"] != word.says || got["interval"] == 0.0 {
						t.Errorf("%s %s: the boot is answered %v", v, word.o, got)
					}
					if got := heartbeat(b, p); got != "SecurityError" {
						t.Errorf("%s %s: after its boot a heartbeat is %s", v, word.o, got)
					}
				}
				if s := b.station(id); s.Boot != word.o {
					t.Errorf("%s: on file is the boot %q", v, s.Boot)
				}
			}
			decide(station.Accepted)
			p := b.connect(id, v)
			if got := heartbeat(b, p); v != ocpp.V16 && got != "SecurityError" {
				t.Errorf("%s: accepted, not booted since: a heartbeat is %s", v, got)
			}
			b.say(p, "BootNotification", boots[v])
			if got := heartbeat(b, p); got != "answered" {
				t.Errorf("%s: accepted and booted: %s", v, got)
			}
			b.Closed(t.Context(), p, "bye")
			if got := heartbeat(b, b.connect(id, v)); got != "answered" {
				t.Errorf("%s: back without a boot: %s", v, got)
			}
		}
	})
}

// every is a call of each kind that leaves something behind.
func every(v ocpp.Version) map[string]string {
	now := ago(1)
	event := fmt.Sprintf(`{"eventType":"Started","timestamp":%q,"triggerReason":"Authorized","seqNo":0,"transactionInfo":{"transactionId":"X"},"evse":{"id":1,"connectorId":1},"idToken":{"idToken":"CARD","type":"ISO14443"}}`, now)
	if v == ocpp.V16 {
		return map[string]string{
			"BootNotification": boots[v], "StartTransaction": start16(1, "CARD", now, 0), "Authorize": `{"idTag":"CARD"}`,
			"StopTransaction":    fmt.Sprintf(`{"transactionId":7,"meterStop":5,"timestamp":%q}`, now),
			"MeterValues":        fmt.Sprintf(`{"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":%q,"sampledValue":[{"value":"5"}]}]}`, now),
			"StatusNotification": `{"connectorId":1,"errorCode":"NoError","status":"Charging"}`, "DataTransfer": `{"vendorId":"x"}`,
			"FirmwareStatusNotification": `{"status":"Installed"}`,
		}
	}
	return map[string]string{
		"BootNotification": boots[v], "TransactionEvent": event, "Authorize": `{"idToken":{"idToken":"CARD","type":"ISO14443"}}`,
		"MeterValues":               fmt.Sprintf(`{"evseId":1,"meterValue":[{"timestamp":%q,"sampledValue":[{"value":5}]}]}`, now),
		"StatusNotification":        fmt.Sprintf(`{"timestamp":%q,"connectorStatus":"Occupied","evseId":1,"connectorId":1}`, now),
		"SecurityEventNotification": fmt.Sprintf(`{"type":"X","timestamp":%q}`, now), "DataTransfer": `{"vendorId":"x"}`,
	}
}

// What could not be stored is not answered: neither by a yes nor by an error
// that would have the station throw its message away.
func TestNoAnswerWithoutStorage(t *testing.T) {
	for _, v := range []ocpp.Version{ocpp.V16, ocpp.V201, ocpp.V21} {
		t.Run(v.String(), func(t *testing.T) {
			each(t, func(t *testing.T, b *bench) {
				p := b.online("S1", v)
				b.unplug()
				for action, payload := range every(v) {
					a, err := b.Receive(t.Context(), p, call(action, payload))
					if !fail.Is(err, fail.Unavailable) && !fail.Is(err, fail.Busy) || a.Payload != nil || a.Error != nil {
						t.Errorf("%s: %s %v, %v", action, a.Payload, a.Error, err)
					}
				}
				if _, err := b.Hello(t.Context(), link.Hello{StationID: "S1", Subprotocol: v.Subprotocol()}); !fail.Is(err, fail.Unavailable) {
					t.Errorf("a handshake: %v", err)
				}
				if err := b.Open(t.Context(), p); !fail.Is(err, fail.Unavailable) {
					t.Errorf("a connection: %v", err)
				}
			})
		})
	}
}

func TestNoAnswerToACancelledCall(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for id, v := range map[string]ocpp.Version{"S1": ocpp.V16, "S2": ocpp.V201} {
			p := b.online(id, v)
			for action, payload := range every(v) {
				a, err := b.Receive(ctx, p, call(action, payload))
				if err != nil && (a.Payload != nil || a.Error != nil) {
					t.Errorf("%s: %s %v beside %v", action, a.Payload, a.Error, err)
				}
				if err == nil && a.Error != nil {
					t.Errorf("%s: answered by %v", action, a.Error)
				}
			}
		}
	})
}

// The same message again, by whatever message id, gets the same answer and leaves one session.
func TestRepeatedTransactions(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p, now := b.online("S1", ocpp.V16), ago(30)
		first := b.say(p, "StartTransaction", start16(1, "CARD", now, 1000))
		for range 3 {
			if again := b.say(p, "StartTransaction", start16(1, "CARD", now, 1000)); fmt.Sprint(again) != fmt.Sprint(first) {
				t.Errorf("again %v, first %v", again, first)
			}
		}
		stop := fmt.Sprintf(`{"transactionId":%.0f,"meterStop":3500,"timestamp":%q,"idTag":"card","reason":"EVDisconnected"}`, first["transactionId"], ago(10))
		for range 3 {
			if got := b.say(p, "StopTransaction", stop); fmt.Sprint(got) != "map[idTagInfo:map[status:Accepted]]" {
				t.Errorf("the stop is answered %v", got)
			}
		}
		ss := b.sessions()
		if len(ss) != 1 || ss[0].State != session.Closed || ss[0].Energy != 2500*energy.WattHour || ss[0].Reason != "EVDisconnected" || ss[0].Flags.Has(session.FlagConflict) {
			t.Errorf("%+v", ss)
		}
		q := b.online("S2", ocpp.V201)
		for range 3 {
			got := b.say(q, "TransactionEvent", every(ocpp.V201)["TransactionEvent"])
			if fmt.Sprint(got) != "map[idTokenInfo:map[status:Accepted]]" {
				t.Errorf("the event is answered %v", got)
			}
		}
		if ss := b.sessions(); len(ss) != 2 {
			t.Errorf("%d sessions", len(ss))
		}
	})
}

// Nos are answers: an unknown card, an unknown transaction, numbers no meter shows.
func TestNosAreNoErrors(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.online("S1", ocpp.V16)
		for payload, want := range map[string]string{
			start16(1, "NOBODY", ago(50), 0):              "Invalid",
			start16(2, "CARD", ago(50), -5):               "Accepted",
			start16(3, "CARD", ago(50), 1<<62):            "Accepted",
			start16(4, "CARD", "1970-01-01T00:00:00Z", 0): "Accepted",
			start16(5, "CARD", "9999-12-31T23:59:59Z", 0): "Accepted",
			start16(6, "CARD", "0001-01-01T00:00:01Z", 0): "Accepted",
		} {
			got := b.say(p, "StartTransaction", payload)
			if info := got["idTagInfo"].(map[string]any); info["status"] != want || got["transactionId"].(float64) < 1 {
				t.Errorf("%s is answered %v", payload, got)
			}
		}
		for _, tx := range []string{"0", "-1", "99", "2147483648"} {
			b.say(p, "StopTransaction", fmt.Sprintf(`{"transactionId":%s,"meterStop":5,"timestamp":%q}`, tx, ago(1)))
		}
		for _, s := range b.sessions() {
			if s.Energy < 0 {
				t.Errorf("negative energy: %+v", s)
			}
		}
	})
}

func TestHandshakes(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		const password = "0123456789abcdef0123456789abcdef"
		b.do(func(tx *store.Tx) error {
			d, _, err := device.At(tx, "S2")
			if err == nil {
				err = device.SetPassword(tx, b.verifier, d.ID, password)
			}
			return err
		})
		basic := func(id, user, pw string) link.Hello {
			return link.Hello{StationID: id, User: user, Password: []byte(pw), HasAuth: true, Remote: "192.0.2.1:1", Subprotocol: "ocpp1.6"}
		}
		texts := map[string]bool{}
		for name, h := range map[string]link.Hello{
			"unknown":                   {StationID: "NOBODY"},
			"unknown with a password":   basic("NOBODY", "NOBODY", password),
			"none where there is one":   {StationID: "S2"},
			"wrong password":            basic("S2", "S2", "0123456789abcdef0123456789abcdeF"),
			"no password":               basic("S2", "S2", ""),
			"another's name":            basic("S2", "S1", password),
			"no name":                   basic("S2", "", password),
			"a password nobody gave":    basic("S1", "S1", password),
			"a header that is no basic": {StationID: "S2", User: "S2", Password: []byte(password)},
		} {
			w, err := b.Hello(t.Context(), h)
			if !fail.Is(err, fail.Denied) || w != (link.Welcome{}) {
				t.Errorf("%s: %+v, %v", name, w, err)
			}
			texts[fmt.Sprint(err)] = true
		}
		if len(texts) != 1 {
			t.Errorf("the refusals differ: %v", texts)
		}
		raw := []byte("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef")
		for name, h := range map[string]link.Hello{"text": basic("S2", "S2", password), "bytes": basic("S2", "S2", string(raw))} {
			if w, err := b.Hello(t.Context(), h); err != nil || w.StationID != "S2" || w.Epoch != 1 || !w.Secured {
				t.Errorf("the password as %s: %+v, %v", name, w, err)
			}
		}
		if w, err := b.Hello(t.Context(), link.Hello{StationID: "S1"}); err != nil || w.Secured {
			t.Errorf("profile 0: %+v, %v", w, err)
		}
		h := basic("S2", "S2", password)
		h.TLS = true
		if _, err := b.Hello(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Hello(t.Context(), basic("S2", "S2", password)); !fail.Is(err, fail.Denied) {
			t.Errorf("back from profile 2 to 1: %v", err)
		}
		var fs []station.Refusal
		b.do(func(tx *store.Tx) (err error) { fs, err = station.Refusals(tx, 100); return err })
		reasons := map[string]int64{}
		for _, f := range fs {
			reasons[f.Identity+" "+f.Reason] = f.Attempts
		}
		if want := "map[NOBODY unknown_station:2 S1 wrong_credentials:1 S2 lower_security_profile:1 S2 wrong_credentials:6]"; fmt.Sprint(reasons) != want {
			t.Errorf("on file are %v, want %s", reasons, want)
		}
	})
}

func TestUnknownStationsAreLetInWhenAsked(t *testing.T) {
	storetest.EachMigrated(t, schema.FS, func(t *testing.T, url string) {
		b := newBench(t, url, func(o *Options) { o.AcceptUnknown = true })
		for range 2 {
			p := b.online("NEW", ocpp.V16)
			b.Closed(t.Context(), p, "bye")
		}
		if s := b.station("NEW"); s.Site != "site" || s.Onboarding != station.Accepted || s.Epoch != 2 || s.Connected {
			t.Errorf("%+v", s)
		}
	})
}

func TestOnlyTheNewestConnectionOpens(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		hello := link.Hello{StationID: "S1", Subprotocol: "ocpp1.6"}
		first, err := b.Hello(t.Context(), hello)
		if err != nil {
			t.Fatal(err)
		}
		second, err := b.Hello(t.Context(), hello)
		if err != nil || second.Epoch != first.Epoch {
			t.Fatalf("a handshake alone takes an epoch: %+v, %v", second, err)
		}
		p := link.Peer{StationID: "S1", Epoch: first.Epoch, Subprotocol: "ocpp1.6"}
		if err := b.Open(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if err := b.Open(t.Context(), p); !fail.Is(err, fail.Conflict) {
			t.Errorf("the same epoch twice: %v", err)
		}
		q := b.connect("S1", ocpp.V21)
		b.Closed(t.Context(), p, "late")
		if s := b.station("S1"); !s.Connected || s.Epoch != q.Epoch || s.Protocol != "2.1" {
			t.Errorf("%+v", s)
		}
	})
}

func TestWhatIsNotServed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.online("S1", ocpp.V16)
		for _, c := range []struct{ action, payload, code string }{
			{"NoSuchThing", `{}`, "NotImplemented"},
			{"TransactionEvent", `{}`, "NotImplemented"},
			{"Reset", `{"type":"Soft"}`, "NotSupported"},
			{"StartTransaction", `{}`, "OccurenceConstraintViolation"},
			{"StatusNotification", `{"connectorId":257,"errorCode":"NoError","status":"Available"}`, "PropertyConstraintViolation"},
			{"StatusNotification", `{"connectorId":-1,"errorCode":"NoError","status":"Available"}`, "PropertyConstraintViolation"},
		} {
			a, err := b.Receive(t.Context(), p, call(c.action, c.payload))
			if err != nil || a.Error == nil || a.Error.Code != c.code || a.Payload != nil {
				t.Errorf("%s %s: %+v, %v", c.action, c.payload, a.Error, err)
			}
		}
		if a, err := b.Receive(t.Context(), link.Peer{StationID: "S1", Subprotocol: "ocpp9"}, call("Heartbeat", "{}")); err == nil {
			t.Errorf("a version nobody has: %+v", a)
		}
	})
}

// A swapped cabinet is noticed by its serial number.
func TestSwappedDevice(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.online("S1", ocpp.V16)
		b.say(p, "BootNotification", strings.ReplaceAll(boots[ocpp.V16], `Number":"1"`, `Number":"2"`))
		b.do(func(tx *store.Tx) error {
			d, _, err := device.At(tx, "S1")
			if err != nil {
				return err
			}
			fs, err := device.Findings(tx, d.ID)
			if len(fs) != 1 || fs[0].Kind != "device_swapped" || fs[0].Detail != "was 1, is 2" || d.Serial != "2" {
				t.Errorf("%+v of %+v", fs, d)
			}
			return err
		})
	})
}

func TestRegistersChooseOneSeries(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := func(minute int, value, phase, location, context string) reading {
		return reading{at: at.Add(time.Duration(minute) * time.Minute), value: value, phase: phase, location: location, context: context}
	}
	for _, c := range []struct {
		name string
		in   []reading
		want string
		flag session.Flag
	}{
		{"nothing", nil, "[]", ""},
		{"sorted by time", []reading{r(2, "2", "", "", ""), r(1, "1", "", "", ""), r(3, "3", "", "", "")}, "[1 2 3]", ""},
		{"of one instant in their order", []reading{r(1, "2", "", "", "Sample.Periodic"), r(1, "3", "", "", "Transaction.End")}, "[2 3E]", ""},
		{"marks", []reading{r(1, "1", "", "", "Transaction.Begin"), r(2, "2", "", "", "Transaction.End")}, "[1B 2E]", ""},
		{"phases at two instants", []reading{
			r(1, "1", "L1", "", ""), r(1, "2", "L2", "", ""), r(1, "3", "L3", "", ""), r(2, "4", "L1-N", "", ""), r(2, "5", "L2-N", "", ""), r(2, "6", "L3-N", "", ""),
		}, "[6 15]", ""},
		{"two phases and the whole elsewhere", []reading{r(1, "1", "L1", "", ""), r(1, "2", "L2", "", ""), r(2, "9", "", "", "")}, "[9]", ""},
		{"neutral and line to line count for nothing", []reading{r(1, "1", "N", "", ""), r(1, "2", "L1-L2", "", "")}, "[]", ""},
		{"the grid side is another meter", []reading{r(1, "5", "", "Inlet", ""), r(1, "4", "", "", ""), r(1, "6", "", "Body", "")}, "[4]", ""},
		{"one that cannot be read", []reading{r(1, "", "", "", ""), r(2, "2", "", "", "")}, "[2]", session.FlagUnit},
		{"no number at all", []reading{r(1, "NaN", "", "", "")}, "[]", session.FlagUnit},
		{"infinite", []reading{r(1, "Inf", "", "", "")}, "[]", session.FlagUnit},
		{"hexadecimal", []reading{r(1, "0x10", "", "", "")}, "[]", session.FlagUnit},
		{"a fraction", []reading{r(1, "1/2", "", "", "")}, "[]", session.FlagUnit},
		{"beyond every meter", []reading{r(1, "1e30", "", "", "")}, "[]", session.FlagUnit},
		{"a decimal comma", []reading{r(1, "1,5", "", "", "")}, "[]", session.FlagUnit},
		{"below zero", []reading{r(1, "-7", "", "", "")}, "[-7]", ""},
	} {
		samples, flags := registers(c.in)
		var got []string
		for _, s := range samples {
			text := fmt.Sprint(s.Register.WattHours())
			if s.Begin {
				text += "B"
			}
			if s.End {
				text += "E"
			}
			got = append(got, text)
		}
		if fmt.Sprint(got) != c.want || (len(flags) > 0) != (c.flag != "") || c.flag != "" && !flags.Has(c.flag) {
			t.Errorf("%s: %v %v, want %s %s", c.name, got, flags, c.want, c.flag)
		}
	}
}

// A transaction message that is answered by CALLERROR is repeated and then lost.
func TestTransactionsAreNeverAnsweredByAnError(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		answered := func(p link.Peer, name, action, payload string) {
			a, err := b.Receive(t.Context(), p, call(action, payload))
			if err != nil || a.Error != nil {
				t.Errorf("%s: %+v, %v", name, a.Error, err)
			}
		}
		p := b.online("S1", ocpp.V16)
		answered(p, "start in the year 1", "StartTransaction", start16(1, "CARD", "0001-01-01T00:00:00Z", 0))
		answered(p, "values in the year 1", "MeterValues", `{"connectorId":1,"transactionId":9,"meterValue":[{"timestamp":"0001-01-01T00:00:00Z","sampledValue":[{"value":"5"}]}]}`)
		answered(p, "stop in the year 1", "StopTransaction", `{"transactionId":9,"meterStop":5,"timestamp":"0001-01-01T00:00:00Z"}`)
		one := fmt.Sprintf(`{"timestamp":%q,"sampledValue":[{"value":"5"}]}`, ago(5))
		answered(p, "stop with 2,001 values", "StopTransaction",
			fmt.Sprintf(`{"transactionId":8,"meterStop":5,"timestamp":%q,"transactionData":[%s]}`, ago(1), strings.Repeat(one+",", 2000)+one))
		q := b.online("S2", ocpp.V201)
		answered(q, "event in the year 1", "TransactionEvent",
			`{"eventType":"Started","timestamp":"0001-01-01T00:00:00Z","triggerReason":"Authorized","seqNo":0,"transactionInfo":{"transactionId":"Z"}}`)
		answered(q, "a transaction id of 65", "TransactionEvent", strings.ReplaceAll(every(ocpp.V201)["TransactionEvent"], `"X"`, `"`+strings.Repeat("x", 65)+`"`))
	})
}

// Stations send transaction 0 or -1 with values of an idle connector.
func TestIdleValuesOpenNoSession(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.online("S1", ocpp.V16)
		for _, tx := range []string{"0", "-1"} {
			b.say(p, "MeterValues", fmt.Sprintf(`{"connectorId":1,"transactionId":%s,"meterValue":[{"timestamp":%q,"sampledValue":[{"value":"5"}]}]}`, tx, ago(5)))
		}
		for _, s := range b.sessions() {
			t.Errorf("transaction %s is a session: %s, flags %v", s.Tx, s.State, s.Flags)
		}
	})
}

// Until certificates are verified against the station's name they open nothing.
func TestACertificateAloneOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.do(func(tx *store.Tx) error {
			d, _, err := device.At(tx, "S1")
			if err == nil {
				err = device.SetProfile(tx, d.ID, 3)
			}
			return err
		})
		if w, err := b.Hello(t.Context(), link.Hello{StationID: "S1", TLS: true, PeerCertificate: []byte("of somebody else")}); !fail.Is(err, fail.Denied) {
			t.Errorf("a certificate that names nobody: %+v, %v", w, err)
		}
	})
}

// Bytes in a header must not tell an unknown station from a known one.
func TestBytesInTheHandshake(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		if _, err := b.Hello(t.Context(), link.Hello{StationID: "NOBODY", Offered: []string{"ocpp1.6", "\xff\x00"}}); !fail.Is(err, fail.Denied) {
			t.Errorf("%s %v", fail.KindOf(err), err)
		}
		b.do(func(tx *store.Tx) error {
			fs, err := station.Refusals(tx, 10)
			if len(fs) != 1 || fs[0].Identity != "NOBODY" {
				t.Errorf("on file: %+v", fs)
			}
			return err
		})
	})
}
