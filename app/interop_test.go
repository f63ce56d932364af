package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	lib "github.com/lorenzodonini/ocpp-go/ocpp"
	ocpp16 "github.com/lorenzodonini/ocpp-go/ocpp1.6"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/certificates"
	core16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/core"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/extendedtriggermessage"
	firmware16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/firmware"
	localauth16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/localauth"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/logging"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/remotetrigger"
	reservation16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/reservation"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/securefirmware"
	security16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/security"
	smartcharging16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/smartcharging"
	types16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/types"
	ocpp201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/authorization"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/availability"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/data"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/diagnostics"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/display"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/firmware"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/iso15118"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/localauth"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/meter"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/provisioning"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/remotecontrol"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/reservation"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/security"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/smartcharging"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/tariffcost"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/transactions"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/types"
	"github.com/lorenzodonini/ocpp-go/ocppj"
	"github.com/lorenzodonini/ocpp-go/ws"

	"chargewright/base/energy"
	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/device"
	"chargewright/core/session"
	"chargewright/schema"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
)

// These tests run whole sessions with stations that nobody here wrote:
// charge points of ocpp-go (1.6 and 2.0.1) and of the npm package ocpp-rpc in
// strict mode (1.6, 2.0.1 and 2.1). Both libraries check what we call and what
// we answer against their own knowledge of OCPP.

const interopDir = "testdata/interop"

// What every foreign station is called and lets itself be called with.
const (
	foreignID       = "CS-1"
	foreignPassword = "correct horse battery"
	foreignTag      = "04AABBCC"
)

// message is one line of a messages file: a call and, of calls to a station,
// the station's answer.
type message struct {
	action       string
	call, answer json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler for [action, call, answer].
func (m *message) UnmarshalJSON(b []byte) error {
	parts := []json.RawMessage{}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	if len(parts) < 2 || len(parts) > 3 {
		return fmt.Errorf("a message has %d parts", len(parts))
	}
	m.call = parts[1]
	if len(parts) == 3 {
		m.answer = parts[2]
	}
	return json.Unmarshal(parts[0], &m.action)
}

// messages are what a station and the server say beside the session itself. In
// a call "$TX" stands for the running transaction.
type messages struct {
	FromStation []message `json:"from_station"`
	ToStation   []message `json:"to_station"`
}

// messagesOf reads the messages of a version. The file of 2.1 holds what is new,
// or said otherwise, since 2.0.1.
func messagesOf(t *testing.T, v ocpp.Version) (m messages) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(interopDir, "messages-"+v.String()+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(v, err)
	}
	if v != ocpp.V21 {
		return m
	}
	old := messagesOf(t, ocpp.V201)
	over := func(old, added []message) []message {
		kept := slices.DeleteFunc(old, func(o message) bool {
			return slices.ContainsFunc(added, func(a message) bool { return a.action == o.action })
		})
		return append(kept, added...)
	}
	return messages{over(old.FromStation, m.FromStation), over(old.ToStation, m.ToStation)}
}

// ofSession are the actions that the sessions themselves say.
var ofSession = []string{
	"BootNotification", "StatusNotification", "Authorize", "StartTransaction", "StopTransaction", "TransactionEvent",
	"RemoteStartTransaction", "RemoteStopTransaction", "RequestStartTransaction", "RequestStopTransaction", "NotifyPeriodicEventStream",
}

// The messages are of the schema as we know it and leave no action out.
func TestInteropSaysEveryAction(t *testing.T) {
	for _, v := range versions {
		m := messagesOf(t, v)
		for _, a := range ocpp.Actions(v) {
			says := func(list []message) bool {
				return slices.Contains(ofSession, a.Name) || slices.ContainsFunc(list, func(m message) bool { return m.action == a.Name })
			}
			if a.Direction != ocpp.ToStation && !says(m.FromStation) || a.Direction != ocpp.FromStation && !says(m.ToStation) {
				t.Errorf("%s: no message %s (%s)", v, a.Name, a.Direction)
			}
		}
		for _, x := range slices.Concat(m.FromStation, m.ToStation) {
			if err := ocpp.ValidateRequest(v, x.action, forTransaction(x.call, v, "7")); err != nil {
				t.Errorf("%s: the call %s: %v", v, x.action, err)
			}
			if x.answer == nil {
				continue
			}
			if err := ocpp.ValidateReply(v, x.action, x.answer); err != nil {
				t.Errorf("%s: the answer to %s: %v", v, x.action, err)
			}
		}
	}
}

// forTransaction puts the id of a transaction into a call: a number in 1.6.
func forTransaction(call []byte, v ocpp.Version, tx string) []byte {
	if v != ocpp.V16 {
		tx = `"` + tx + `"`
	}
	return []byte(strings.ReplaceAll(string(call), `"$TX"`, tx))
}

// interop is a server on a real socket with one station and what it needs.
type interop struct {
	*world
	version ocpp.Version
	url     string // of stations, without the identity
	messages
	loose  string   // an action whose answers the station words wrongly
	faults []*fault // of the station's library
}

// fault is what a library refuses in calls of an action though OCPP allows it.
type fault struct {
	action, why string
	met         bool
}

// hangUps tells when a station is gone, so that the server need not wait for it
// when it stops.
type hangUps struct {
	link.Core
	gone chan string
}

// Closed implements link.Core.
func (h hangUps) Closed(ctx context.Context, p link.Peer, reason string) {
	h.Core.Closed(ctx, p, reason)
	h.gone <- p.StationID
}

func newInterop(t *testing.T, v ocpp.Version) *interop {
	t.Helper()
	gone := make(chan string, 1)
	w := newWorldBetween(t, storetest.MigratedURL(t, schema.FS), nil, func(c link.Core) link.Core { return hangUps{c, gone} })
	t.Cleanup(func() {
		select {
		case <-gone:
		case <-time.After(patience):
			t.Error("the station did not leave")
		}
	})
	w.addStation(foreignID, foreignPassword)
	w.addToken(foreignTag)
	w.addTariff(plainTariff)
	addr, err := w.listen("127.0.0.1:0", w.handler, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &interop{world: w, version: v, url: "ws://" + addr + "/ocpp", messages: messagesOf(t, v)}
}

// patience bounds each wait for a foreign station.
const patience = 20 * time.Second

// ask calls the station and returns its answer, which must be readable. ocpp-go
// sends null for an optional member that it has not (SetNetworkProfile), which
// is read as absent. A call that the station refuses has no answer.
func (i *interop) ask(action string, payload []byte) []byte {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(i.t.Context(), patience)
	defer cancel()
	answer, err := i.Gateway.Call(ctx, foreignID, link.Call{Action: action, Payload: payload})
	if err != nil {
		i.t.Fatalf("%s: %v", action, err)
	}
	if e := answer.Error; e != nil {
		for _, f := range i.faults {
			if f.action == action && strings.Contains(e.Description, f.why) {
				f.met = true
				return nil
			}
		}
		i.t.Errorf("the station refuses %s %s: %v %s", action, payload, e, e.Details)
		return nil
	}
	_, found, err := ocpp.DecodeReply[any](i.version, action, slices.Clone(answer.Payload))
	if action == i.loose {
		return answer.Payload
	}
	odd := slices.ContainsFunc(found, func(f ocpp.Finding) bool { return f.Kind != ocpp.EmptyValue })
	if err != nil || odd {
		i.t.Errorf("%s is answered with %s: %v %v", action, answer.Payload, err, found)
	}
	return answer.Payload
}

// start asks for a transaction on EVSE 1.
func (i *interop) start() {
	i.t.Helper()
	var q ocpp.Call = v201.RequestStartTransaction{
		EVSEID: ocpp.Ptr[int64](1), RemoteStartID: 4711, IDToken: v201.IDToken{IDToken: foreignTag, Type: v201.IDTokenISO14443},
	}
	if i.version == ocpp.V16 {
		q = v16.RemoteStartTransaction{ConnectorID: ocpp.Ptr[int64](1), IDTag: foreignTag}
	}
	i.say(q)
}

// stop asks for the end of a transaction.
func (i *interop) stop(tx string) {
	i.t.Helper()
	var q ocpp.Call = v201.RequestStopTransaction{TransactionID: tx}
	if i.version == ocpp.V16 {
		n, err := json.Number(tx).Int64()
		if err != nil {
			i.t.Fatal(err)
		}
		q = v16.RemoteStopTransaction{TransactionID: n}
	}
	i.say(q)
}

// say sends a call that the station must accept.
func (i *interop) say(q ocpp.Call) {
	i.t.Helper()
	payload, err := ocpp.Encode(i.version, q)
	if err != nil {
		i.t.Fatal(err)
	}
	if a := i.ask(q.Action(), payload); statusIn(a) != "Accepted" {
		i.t.Fatalf("%s is answered with %s", q.Action(), a)
	}
}

func statusIn(answer []byte) any {
	var x map[string]any
	_ = json.Unmarshal(answer, &x)
	return x["status"]
}

// askAll sends every call there is, and all that our commands make, while a transaction runs.
func (i *interop) askAll(tx string) {
	i.t.Helper()
	open := i.sessions()
	if len(open) != 1 || !open[0].State.Open() || open[0].Tx != tx {
		i.t.Fatalf("while it charges the sessions are %+v", open)
	}
	for _, m := range i.ToStation {
		if a := i.ask(m.action, forTransaction(m.call, i.version, tx)); a != nil && statusIn(a) != statusIn(m.answer) {
			i.t.Errorf("%s is answered with %s, not %s", m.action, a, m.answer)
		}
	}
	for _, m := range commanded(i.t, i.version) {
		i.ask(m.action, m.call)
	}
}

// commanded are the messages that our commands make, as the transcripts of
// edge/central have them in lines "> Action payload".
func commanded(t *testing.T, v ocpp.Version) (list []message) {
	t.Helper()
	b, err := os.ReadFile("../edge/central/testdata/out/" + v.String() + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if line, ok := strings.CutPrefix(strings.TrimSpace(line), "> "); ok {
			action, payload, _ := strings.Cut(line, " ")
			list = append(list, message{action: action, call: json.RawMessage(payload)})
		}
	}
	if len(list) == 0 {
		t.Fatalf("there are no commands of %s", v)
	}
	return list
}

// check fails the test unless the session is closed with its 9 kWh and paid
// for: 0.50 + 9 × 0.40 = 4.10 net, 0.78 tax.
func (i *interop) check(tx string) {
	i.t.Helper()
	i.Server.stop() // only one may work on the events that are looked at
	<-i.done
	i.settle()
	list := i.sessions()
	if len(list) != 1 {
		i.t.Fatalf("%d sessions", len(list))
	}
	s := list[0]
	if s.State != session.Closed || s.Energy != 9*energy.KiloWattHour || len(s.Flags) != 0 || !s.Settled || s.Tx != tx || s.Reason != "Remote" || s.EVSE != 1 {
		i.t.Errorf("session %+v", s)
	}
	if r := i.receipts(); len(r) != 1 || r[0].Net != 410 || r[0].Tax != 78 || r[0].Gross != 488 {
		i.t.Errorf("receipts %+v", r)
	}
	i.checkMoney()
	for _, f := range i.findings() {
		i.t.Errorf("we find fault with %s%s: %s %s", f.Action, f.Path, f.Kind, f.Detail)
	}
	for _, f := range i.faults {
		if !f.met {
			i.t.Errorf("%s is not refused for %q: the fault need not be named any more", f.action, f.why)
		}
	}
}

// findings are what we repaired in the messages of the station.
func (i *interop) findings() []device.Finding {
	i.t.Helper()
	return do(i.world, func(tx *store.Tx) ([]device.Finding, error) {
		d, found, err := device.At(tx, foreignID)
		if err == nil && !found {
			err = errors.New("the station has no device")
		}
		if err != nil {
			return nil, err
		}
		return device.Findings(tx, d.ID)
	})
}

// libStation is a station of ocpp-go. The library checks each message both
// ways; what it refuses fails the test.
type libStation struct {
	t        *testing.T
	socket   *ws.Client
	endpoint *ocppj.Client
	answers  []message        // used by the socket's reader alone
	asked    chan lib.Request // of RemoteStart… and RemoteStop…, in either version
}

// libClient is what the charge points of both versions have in common.
type libClient interface {
	Start(url string) error
	Stop()
	SendRequest(lib.Request) (lib.Response, error)
}

func newLibStation(t *testing.T, m messages, profiles ...*lib.Profile) *libStation {
	queue := ocppj.NewDefaultClientDispatcher(ocppj.NewFIFOClientQueue(0))
	queue.SetTimeout(patience)
	s := &libStation{t: t, socket: ws.NewClient(), asked: make(chan lib.Request, 64), answers: slices.Clone(m.ToStation)}
	s.socket.SetBasicAuth(foreignID, foreignPassword)
	s.endpoint = ocppj.NewClient(foreignID, s.socket, queue, nil, profiles...)
	return s
}

// connect opens the socket and answers what the server calls, until the test ends.
func (s *libStation) connect(client libClient, url string) {
	s.t.Helper()
	s.endpoint.SetRequestHandler(s.answer)
	s.endpoint.SetInvalidMessageHook(func(err *lib.Error, raw string, _ []any) *lib.Error {
		if !strings.HasPrefix(raw, "[2,") { // a refused call is answered so
			s.t.Errorf("ocpp-go refuses %s: %v", raw, err)
		}
		return nil
	})
	if err := client.Start(url); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(client.Stop)
}

// answer answers a call of the server with what the messages say, in turn if
// they say it twice.
func (s *libStation) answer(q lib.Request, id, action string) {
	body := json.RawMessage(`{"status":"Accepted"}`)
	if i := slices.IndexFunc(s.answers, func(m message) bool { return m.action == action }); i >= 0 {
		m := s.answers[i]
		s.answers = append(slices.Delete(s.answers, i, i+1), m)
		body = m.answer
	}
	r := reflect.New(s.feature(action).GetResponseType())
	err := json.Unmarshal(body, r.Interface())
	if err == nil {
		err = s.endpoint.SendResponse(id, r.Interface().(lib.Response))
	}
	if err != nil {
		s.t.Errorf("ocpp-go cannot answer %s with %s: %v", action, body, err)
		s.endpoint.HandleFailedResponseError(id, err, action)
	}
	if slices.Contains(ofSession, action) {
		s.asked <- q
	}
}

func (s *libStation) feature(action string) lib.Feature {
	p, ok := s.endpoint.GetProfileForFeature(action)
	if !ok {
		s.t.Errorf("ocpp-go has no %s", action)
	}
	return p.GetFeature(action)
}

// notOfLib are the actions whose answer ocpp-go 0.19 refuses though it is of the
// schema. Get15118EVCertificate: it wants an exiResponse that is not empty, also
// of a request that failed. GetCertificateStatus: it knows Accepted and
// Rejected, where 2.0.1 has Accepted and Failed (GetCertificateStatusEnumType).
var notOfLib = []string{"Get15118EVCertificate", "GetCertificateStatus"}

// report sends messages that the server takes note of.
func (s *libStation) report(client libClient, list []message) {
	s.t.Helper()
	for _, m := range list {
		if slices.Contains(notOfLib, m.action) {
			continue
		}
		q := reflect.New(s.feature(m.action).GetRequestType())
		err := json.Unmarshal(m.call, q.Interface())
		if err == nil {
			_, err = client.SendRequest(q.Interface().(lib.Request))
		}
		if err != nil {
			s.t.Errorf("%s %s: %v", m.action, m.call, err)
		}
	}
}

// order is the first call of a kind that fits, among those of the session.
func order[Q lib.Request](s *libStation, fits func(Q) bool) Q {
	s.t.Helper()
	for late := time.After(patience); ; {
		select {
		case x := <-s.asked:
			if q, ok := x.(Q); ok && fits(q) {
				return q
			}
		case <-late:
			s.t.Fatalf("the station was not called with %T", *new(Q))
		}
	}
}

// got returns a reply, or fails the test.
func got[T any](t *testing.T, reply T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// hour is the time a foreign session takes: the one that has just passed.
func hour() (begin, end time.Time) {
	end = time.Now().UTC().Truncate(time.Second)
	return end.Add(-time.Hour), end
}

const foreignRegister = 1_000_000 // Wh on the meter of a foreign station at the beginning

func TestSessionOfOCPPGo16(t *testing.T) {
	i := newInterop(t, ocpp.V16)
	s := newLibStation(t, i.messages, core16.Profile, localauth16.Profile, firmware16.Profile, reservation16.Profile, remotetrigger.Profile,
		smartcharging16.Profile, logging.Profile, security16.Profile, extendedtriggermessage.Profile, certificates.Profile, securefirmware.Profile)
	cp := ocpp16.NewChargePoint(foreignID, s.endpoint, s.socket)
	s.connect(cp, i.url)

	boot, err := cp.BootNotification("AC-22", "Example", func(q *core16.BootNotificationRequest) { q.ChargePointSerialNumber = "S-1" })
	if got(t, boot, err).Status != core16.RegistrationStatusAccepted || boot.Interval <= 0 {
		t.Fatalf("boot: %+v", boot)
	}
	status := func(x core16.ChargePointStatus) {
		t.Helper()
		r, err := cp.StatusNotification(1, core16.NoError, x)
		got(t, r, err)
	}
	status(core16.ChargePointStatusPreparing)
	s.report(cp, i.FromStation)
	i.start()
	first := order(s, func(q *core16.RemoteStartTransactionRequest) bool { return q.ConnectorId != nil })
	known, err := cp.Authorize(first.IdTag)
	if got(t, known, err).IdTagInfo.Status != types16.AuthorizationStatusAccepted {
		t.Fatalf("authorize: %+v", known.IdTagInfo)
	}
	begin, end := hour()
	started, err := cp.StartTransaction(*first.ConnectorId, first.IdTag, foreignRegister, types16.NewDateTime(begin))
	if got(t, started, err).IdTagInfo.Status != types16.AuthorizationStatusAccepted {
		t.Fatalf("start: %+v", started)
	}
	status(core16.ChargePointStatusCharging)
	for quarter := 1; quarter < 4; quarter++ {
		value := types16.MeterValue{Timestamp: types16.NewDateTime(begin.Add(time.Duration(quarter) * 15 * time.Minute)), SampledValue: []types16.SampledValue{{
			Value: fmt.Sprint(float64(foreignRegister+2250*quarter) / 1000), Unit: types16.UnitOfMeasureKWh, Measurand: types16.MeasurandEnergyActiveImportRegister,
		}}}
		r, err := cp.MeterValues(1, []types16.MeterValue{value}, func(q *core16.MeterValuesRequest) { q.TransactionId = &started.TransactionId })
		got(t, r, err)
	}
	tx := fmt.Sprint(started.TransactionId)
	i.askAll(tx)
	i.stop(tx)
	order(s, func(q *core16.RemoteStopTransactionRequest) bool { return q.TransactionId == started.TransactionId })
	ended, err := cp.StopTransaction(foreignRegister+9000, types16.NewDateTime(end), started.TransactionId, func(q *core16.StopTransactionRequest) {
		q.IdTag, q.Reason = first.IdTag, core16.ReasonRemote
	})
	if info := got(t, ended, err).IdTagInfo; info == nil || info.Status != types16.AuthorizationStatusAccepted {
		t.Errorf("stop: %+v", ended)
	}
	status(core16.ChargePointStatusAvailable)
	i.check(tx)
}

func TestSessionOfOCPPGo201(t *testing.T) {
	i := newInterop(t, ocpp.V201)
	i.loose = "GetCompositeSchedule" // ocpp-go 0.19 answers in the form of 2.0
	i.faults = []*fault{
		// 2.0.1 ClearChargingProfileType.stackLevel is an integer from 0 on.
		{action: "ClearChargingProfile", why: "StackLevel must be > 0"},
		// 2.0.1 ComponentVariableType.variable may be omitted: all of the component.
		{action: "GetReport", why: "Variable.Name required but not found"},
	}
	s := newLibStation(t, i.messages, authorization.Profile, availability.Profile, data.Profile, diagnostics.Profile, display.Profile, firmware.Profile,
		iso15118.Profile, localauth.Profile, meter.Profile, provisioning.Profile, remotecontrol.Profile, reservation.Profile, security.Profile,
		smartcharging.Profile, tariffcost.Profile, transactions.Profile)
	cs := ocpp201.NewChargingStation(foreignID, s.endpoint, s.socket)
	s.connect(cs, i.url)

	boot, err := cs.BootNotification(provisioning.BootReasonPowerUp, "AC-22", "Example")
	if got(t, boot, err).Status != provisioning.RegistrationStatusAccepted || boot.Interval <= 0 {
		t.Fatalf("boot: %+v", boot)
	}
	status := func(x availability.ConnectorStatus) {
		t.Helper()
		r, err := cs.StatusNotification(types.NewDateTime(time.Now()), x, 1, 1)
		got(t, r, err)
	}
	status(availability.ConnectorStatusOccupied)
	s.report(cs, i.FromStation)
	i.start()
	first := order(s, func(q *remotecontrol.RequestStartTransactionRequest) bool { return q.EvseID != nil })
	known, err := cs.Authorize(first.IDToken.IdToken, first.IDToken.Type)
	if got(t, known, err).IdTokenInfo.Status != types.AuthorizationStatusAccepted {
		t.Fatalf("authorize: %+v", known.IdTokenInfo)
	}
	const tx = "0197a3c4-tx"
	begin, end := hour()
	seq := 0
	event := func(kind transactions.TransactionEvent, why transactions.TriggerReason, at time.Time, wh int, more func(*transactions.TransactionEventRequest)) *transactions.TransactionEventResponse {
		t.Helper()
		power := 3
		r, err := cs.TransactionEvent(kind, types.NewDateTime(at), why, seq, transactions.Transaction{TransactionID: tx}, func(q *transactions.TransactionEventRequest) {
			q.MeterValue = []types.MeterValue{{Timestamp: *types.NewDateTime(at), SampledValue: []types.SampledValue{{
				Value: float64(foreignRegister+wh) / 1000, UnitOfMeasure: &types.UnitOfMeasure{Unit: "Wh", Multiplier: &power},
			}}}}
			more(q)
		})
		seq++
		return got(t, r, err)
	}
	started := event(transactions.TransactionEventStarted, transactions.TriggerReasonRemoteStart, begin, 0, func(q *transactions.TransactionEventRequest) {
		q.IDToken, q.Evse, q.TransactionInfo.RemoteStartID = &first.IDToken, &types.EVSE{ID: *first.EvseID}, &first.RemoteStartID
	})
	if started.IDTokenInfo == nil || started.IDTokenInfo.Status != types.AuthorizationStatusAccepted {
		t.Fatalf("start: %+v", started)
	}
	for quarter := 1; quarter < 4; quarter++ {
		at := begin.Add(time.Duration(quarter) * 15 * time.Minute)
		event(transactions.TransactionEventUpdated, transactions.TriggerReasonMeterValuePeriodic, at, 2250*quarter, func(q *transactions.TransactionEventRequest) {
			q.TransactionInfo.ChargingState = transactions.ChargingStateCharging
		})
	}
	i.askAll(tx)
	i.stop(tx)
	order(s, func(q *remotecontrol.RequestStopTransactionRequest) bool { return q.TransactionID == tx })
	event(transactions.TransactionEventEnded, transactions.TriggerReasonRemoteStop, end, 9000, func(q *transactions.TransactionEventRequest) {
		q.TransactionInfo.StoppedReason = transactions.ReasonRemote
	})
	status(availability.ConnectorStatusAvailable)
	i.check(tx)
}

// missing ends a test that needs a tool: where all tests must run it fails.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// installRPC has npm put ocpp-rpc, as the lock file names it, beside the script.
func installRPC(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, "the stations of ocpp-rpc need %s, which is not here: apt-get install nodejs npm (Node 20 or newer)", tool)
		}
	}
	var at struct{ Version string }
	b, err := os.ReadFile(filepath.Join(interopDir, "node_modules/ocpp-rpc/package.json"))
	if err == nil && json.Unmarshal(b, &at) == nil && at.Version == "2.2.1" {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = interopDir
	if out, err := npm.CombinedOutput(); err != nil {
		missing(t, "npm ci in app/%s: %v\n%s", interopDir, err, out)
	}
}

// progress is one line that the script prints.
type progress struct {
	What        string          `json:"what"`
	Transaction json.RawMessage `json:"transaction"` // a number in 1.6, else a text
	Action      string          `json:"action"`
	Error       string          `json:"error"`
}

func TestSessionsOfOCPPRPC(t *testing.T) {
	installRPC(t)
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			i := newInterop(t, v)
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			defer cancel()
			node := exec.CommandContext(ctx, "node", "session.mjs", i.url, foreignID, v.String(), foreignPassword)
			node.Dir = interopDir
			var complaints strings.Builder
			node.Stderr = &complaints
			out, err := node.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := node.Start(); err != nil {
				t.Fatal(err)
			}
			tx, followErr := i.follow(bufio.NewScanner(out))
			if err := errors.Join(followErr, node.Wait()); err != nil {
				t.Fatalf("%v\n%s", err, complaints.String())
			}
			i.check(tx)
		})
	}
}

// follow does what the server's side of the session is, as the script goes on,
// and returns the transaction's id.
func (i *interop) follow(lines *bufio.Scanner) (tx string, err error) {
	i.t.Helper()
	done := false
	for lines.Scan() {
		var p progress
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return tx, fmt.Errorf("%w: %s", err, lines.Text())
		}
		switch p.What {
		case "ready":
			i.start()
		case "charging":
			tx = strings.Trim(string(p.Transaction), `"`)
			i.askAll(tx)
			i.stop(tx)
		case "refused":
			i.t.Errorf("ocpp-rpc refuses %s: %s", p.Action, p.Error)
		case "done":
			done = true
		}
	}
	if !done {
		return tx, errors.New("the session did not come to its end")
	}
	return tx, lines.Err()
}
