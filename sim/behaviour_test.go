package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/fail"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v21"
)

// every runs a test in all versions.
func every(t *testing.T, cfg Config, test func(r rig)) {
	for _, v := range ocpp.Versions() {
		t.Run(v.String(), func(t *testing.T) {
			cfg.Version = v
			bubble(t, cfg, func(r rig) { r.t = t; test(r) })
		})
	}
}

// state returns what EVSE 1 shows.
func (r rig) state() EVSEState {
	r.t.Helper()
	s, err := r.st.State(r.ctx)
	r.must(err)
	return s.EVSEs[0]
}

func (r rig) wantStatus(want string) {
	r.t.Helper()
	if got := r.state().Status; got != want {
		r.t.Errorf("status %s, want %s", got, want)
	}
}

// charge plugs a vehicle in and starts by card.
func (r rig) charge(v ...Vehicle) Outcome {
	r.t.Helper()
	r.must(r.st.WaitAccepted(r.ctx))
	r.must(r.st.Plug(r.ctx, 1, v...))
	out, err := r.st.Tap(r.ctx, 1, "TAG1")
	r.must(err)
	return out
}

// message is the common shape of what the versions say of a transaction.
type message struct {
	kind   string // start, sample, stop
	off    bool
	reason string
	seq    int64
	tx     string
}

// messages returns the transaction messages the server saw, in order.
func (r rig) messages() (out []message) {
	r.mu.Lock()
	calls := append([]seen(nil), r.calls...)
	r.mu.Unlock()
	for _, c := range calls {
		switch c.action {
		case "StartTransaction":
			out = append(out, message{kind: "start"})
		case "MeterValues":
			out = append(out, message{kind: "sample"})
		case "StopTransaction":
			var q v16.StopTransaction
			r.decode(c, &q)
			out = append(out, message{kind: "stop", reason: string(q.Reason), tx: fmt.Sprint(q.TransactionID)})
		case "TransactionEvent":
			var q v21.TransactionEvent
			r.decode(c, &q)
			kind := map[v21.TransactionEventEnum]string{"Started": "start", "Updated": "sample", "Ended": "stop"}[q.EventType]
			out = append(out, message{kind: kind, off: q.Offline != nil && *q.Offline, reason: string(q.TransactionInfo.StoppedReason),
				seq: q.SeqNo, tx: q.TransactionInfo.TransactionID})
		}
	}
	return out
}

func (r rig) decode(c seen, to any) {
	r.t.Helper()
	if err := json.Unmarshal(c.payload, to); err != nil {
		r.t.Fatal(err)
	}
}

func TestBootUntilAccepted(t *testing.T) {
	for _, v := range ocpp.Versions() {
		t.Run(v.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCSMS(t)
				c.boots = []string{pending, rejected}
				start(t, c, Config{Version: v}, func(r rig) {
					began := time.Now()
					r.must(r.st.WaitAccepted(r.ctx))
					if took := time.Since(began).Round(time.Second); took != 600*time.Second {
						t.Errorf("two refusals at 300 s took %v", took)
					}
					if n := len(r.of("BootNotification")); n != 3 {
						t.Errorf("%d boots", n)
					}
				})
			})
		})
	}
}

func TestOfflineSessionIsDeliveredLater(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		r.must(r.st.GoOffline(r.ctx, 10*time.Minute))
		r.must(r.st.Plug(r.ctx, 1))
		out, err := r.st.Tap(r.ctx, 1, "TAG1")
		r.must(err)
		if !out.Accepted() {
			t.Fatalf("an offline tap: %+v", out)
		}
		time.Sleep(5*time.Minute + time.Second)
		r.must(r.st.StopLocal(r.ctx, 1))
		if n := len(r.messages()); n != 0 {
			t.Fatalf("%d messages while offline", n)
		}
		time.Sleep(6 * time.Minute)
		r.must(r.st.Flush(r.ctx))
		m := r.messages()
		if len(m) < 7 || m[0].kind != "start" || m[len(m)-1].kind != "stop" || m[1].kind != "sample" {
			t.Fatalf("delivered %+v", m)
		}
		for i, q := range m {
			if r.st.Version() != ocpp.V16 && (!q.off || q.seq != int64(i)) {
				t.Errorf("message %d: %+v", i, q)
			}
		}
		if n := len(r.of("BootNotification")); n != 1 {
			t.Errorf("%d boots: a reconnect is no boot", n)
		}
	})
}

func TestSessionGoesOnOverALostConnection(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.charge()
		time.Sleep(90 * time.Second)
		r.must(r.st.CutConnection(r.ctx))
		time.Sleep(2 * time.Minute)
		r.must(r.st.StopLocal(r.ctx, 1))
		m := r.messages()
		starts, stops := 0, 0
		for _, q := range m {
			starts += map[bool]int{true: 1}[q.kind == "start"]
			stops += map[bool]int{true: 1}[q.kind == "stop"]
		}
		if starts != 1 || stops != 1 {
			t.Errorf("%+v", m)
		}
	})
}

func TestRefusedMessagesAreRepeatedThenDropped(t *testing.T) {
	every(t, Config{}, func(r rig) {
		action := map[bool]string{true: "StartTransaction", false: "TransactionEvent"}[r.st.Version() == ocpp.V16]
		r.must(r.st.WaitAccepted(r.ctx))
		r.mu.Lock()
		r.refuse[action] = 2
		r.mu.Unlock()
		if out := r.charge(); !out.Accepted() { // the third attempt is taken
			t.Fatalf("%+v", out)
		}
		sent := r.of(action)
		if len(sent) < 3 || sent[1].at.Sub(sent[0].at) != 20*time.Second || sent[2].at.Sub(sent[1].at) != 40*time.Second {
			t.Errorf("the attempts: %v", sent)
		}
		if sent[0].id != sent[2].id || string(sent[0].payload) != string(sent[2].payload) {
			t.Error("a repetition is not the same message")
		}
		r.must(r.st.Unplug(r.ctx, 1))
		r.must(r.st.Flush(r.ctx))
		if s, err := r.st.State(r.ctx); err != nil || s.Dropped != 0 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

func TestStartGivenUp(t *testing.T) {
	bubble(t, Config{Version: ocpp.V16}, func(r rig) {
		r.mu.Lock()
		r.refuse["StartTransaction"] = 3
		r.mu.Unlock()
		if out := r.charge(); out.Accepted() {
			t.Errorf("%+v", out)
		}
		r.must(r.st.Flush(r.ctx))
		if n := len(r.of("StopTransaction")); n != 0 {
			t.Errorf("%d stops of a transaction nobody knows", n)
		}
		s, err := r.st.State(r.ctx)
		r.must(err)
		if s.Dropped != 2 { // the start and its stop
			t.Errorf("%d dropped", s.Dropped)
		}
	})
}

func TestTapRefused(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.setVerdict("TAG1", "Blocked")
		if out := r.charge(); out.Status != "Blocked" || out.Transaction != "" {
			t.Errorf("%+v", out)
		}
		r.wantStatus(preparing)
		if n := len(r.messages()); n != 0 {
			t.Errorf("%d messages", n)
		}
	})
}

func TestTokenInvalidAtStart(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		r.must(r.st.GoOffline(r.ctx, time.Minute))
		r.must(r.st.Plug(r.ctx, 1))
		_, err := r.st.Tap(r.ctx, 1, "TAG1")
		r.must(err)
		r.setVerdict("TAG1", "Invalid")
		time.Sleep(2 * time.Minute)
		m := r.messages()
		if last := m[len(m)-1]; last.kind != "stop" || last.reason != "DeAuthorized" {
			t.Errorf("%+v", m)
		}
	})
}

func (r rig) remoteStart(evse int64) string {
	r.t.Helper()
	if r.st.Version() == ocpp.V16 {
		a := ask[v16.RemoteStartTransactionResponse](r.csms, r.ctx, r.st.ID(), ocpp.V16, v16.RemoteStartTransaction{ConnectorID: &evse, IDTag: "APP"})
		return string(a.Status)
	}
	a := ask[v21.RequestStartTransactionResponse](r.csms, r.ctx, r.st.ID(), r.st.Version(), v21.RequestStartTransaction{
		EVSEID: &evse, RemoteStartID: 42, IDToken: v21.IDToken{IDToken: "APP", Type: v21.IDTokenCentral},
	})
	return string(a.Status)
}

func (r rig) remoteStop(id string) string {
	r.t.Helper()
	if r.st.Version() == ocpp.V16 {
		n, err := ocpp.ParseNumber(id)
		r.must(err)
		tx, _ := n.Int64()
		return string(ask[v16.RemoteStopTransactionResponse](r.csms, r.ctx, r.st.ID(), ocpp.V16, v16.RemoteStopTransaction{TransactionID: tx}).Status)
	}
	return string(ask[v21.RequestStopTransactionResponse](r.csms, r.ctx, r.st.ID(), r.st.Version(), v21.RequestStopTransaction{TransactionID: id}).Status)
}

func TestRemoteStartAndStop(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		if got := r.remoteStart(7); got != rejected {
			t.Errorf("on an EVSE that is not there: %s", got)
		}
		if got := r.remoteStart(1); got != accepted {
			t.Fatal(got)
		}
		time.Sleep(time.Minute)
		r.must(r.st.Plug(r.ctx, 1))
		time.Sleep(time.Minute)
		r.wantStatus(charging)
		if got := r.remoteStart(1); got != rejected {
			t.Errorf("on an EVSE in use: %s", got)
		}
		if got := r.remoteStop(map[bool]string{true: "7", false: "no"}[r.st.Version() == ocpp.V16]); got != rejected {
			t.Errorf("of an unknown transaction: %s", got)
		}
		if got := r.remoteStop(r.state().Transaction); got != accepted {
			t.Errorf("stop: %s", got)
		}
		r.must(r.st.Flush(r.ctx))
		m := r.messages()
		if last := m[len(m)-1]; last.kind != "stop" || last.reason != "Remote" {
			t.Errorf("%+v", last)
		}
		if r.st.Version() != ocpp.V16 {
			first := r.events()[0]
			if id := first.TransactionInfo.RemoteStartID; id == nil || *id != 42 || first.IDToken.Type != v21.IDTokenCentral {
				t.Errorf("%+v", first)
			}
		}
	})
}

func TestRemoteStartWithoutVehicleExpires(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		r.remoteStart(1)
		r.wantStatus(preparing)
		time.Sleep(121 * time.Second)
		r.wantStatus(available)
		r.must(r.st.Plug(r.ctx, 1))
		time.Sleep(time.Minute)
		if len(r.messages()) != 0 {
			t.Errorf("%+v", r.messages())
		}
	})
}

func TestReset(t *testing.T) {
	for _, c := range []struct {
		name   string
		v      ocpp.Version
		q      ocpp.Call
		reason string
	}{
		{"soft", ocpp.V16, v16.Reset{Type: v16.ResetTypeSoft}, "SoftReset"},
		{"hard", ocpp.V16, v16.Reset{Type: v16.ResetTypeHard}, "HardReset"},
		{"immediate", ocpp.V201, v21.Reset{Type: v21.ResetImmediate}, "ImmediateReset"},
		{"immediate 2.1", ocpp.V21, v21.Reset{Type: v21.ResetImmediate}, "ImmediateReset"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, Config{Version: c.v}, func(r rig) {
				r.charge()
				_, err := r.call(r.ctx, "CP-1", c.q)
				r.must(err)
				time.Sleep(time.Minute)
				r.must(r.st.Flush(r.ctx))
				m := r.messages()
				if last := m[len(m)-1]; last.kind != "stop" || last.reason != c.reason {
					t.Errorf("%+v", m)
				}
				if n := len(r.of("BootNotification")); n != 2 {
					t.Errorf("%d boots", n)
				}
				r.wantStatus(finishing)
			})
		})
	}
}

func TestResetOnIdleWaits(t *testing.T) {
	each2(t, Config{}, func(r rig) {
		r.charge()
		a := ask[v21.ResetResponse](r.csms, r.ctx, "CP-1", r.st.Version(), v21.Reset{Type: v21.ResetOnIdle})
		if a.Status != v21.ResetStatusScheduled {
			r.t.Errorf("%+v", a)
		}
		time.Sleep(10 * time.Minute)
		r.wantStatus(charging)
		r.must(r.st.StopLocal(r.ctx, 1))
		time.Sleep(time.Minute)
		boots := typed[v21.BootNotification](r.csms, r.st.Version())
		if len(boots) != 2 || boots[1].Reason != v21.BootReasonScheduledReset {
			r.t.Errorf("%+v", boots)
		}
	})
}

func TestPowerLossIsReportedAfterwards(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.charge()
		time.Sleep(time.Minute)
		r.must(r.st.Reboot(r.ctx))
		time.Sleep(time.Minute)
		m := r.messages()
		if last := m[len(m)-1]; last.kind != "stop" || last.reason != "PowerLoss" {
			t.Errorf("%+v", m)
		}
	})
}

// limit sets a profile of one period in A on EVSE 1, for the transaction.
func (r rig) limit(amps int64) string {
	r.t.Helper()
	if r.st.Version() == ocpp.V16 {
		return string(ask[v16.SetChargingProfileResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.SetChargingProfile{ConnectorID: 1,
			CsChargingProfiles: v16.ChargingProfile{ChargingProfileID: 1, StackLevel: 1, ChargingProfilePurpose: "TxProfile", ChargingProfileKind: "Relative",
				ChargingSchedule: v16.ChargingSchedule{ChargingRateUnit: "A", ChargingSchedulePeriod: []v16.ChargingSchedulePeriod{{Limit: ocpp.Int(amps)}}}}}).Status)
	}
	return string(ask[v21.SetChargingProfileResponse](r.csms, r.ctx, "CP-1", r.st.Version(), v21.SetChargingProfile{EVSEID: 1,
		ChargingProfile: v21.ChargingProfile{ID: 1, StackLevel: 1, ChargingProfilePurpose: "TxProfile", ChargingProfileKind: "Relative", TransactionID: r.state().Transaction,
			ChargingSchedule: []v21.ChargingSchedule{{ID: 1, ChargingRateUnit: "A", ChargingSchedulePeriod: []v21.ChargingSchedulePeriod{{Limit: ocpp.Ptr(ocpp.Int(amps))}}}}}}).Status)
}

func TestProfileLimitsPower(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.charge(Vehicle{MaxW: 22_000, BatteryWh: 100_000})
		for _, c := range []struct {
			amps, watts int64
			status      string
		}{{32, 22_000, charging}, {16, 16 * 230 * 3, charging}, {6, 6 * 230 * 3, charging}, {0, 0, byEVSE}, {10, 10 * 230 * 3, charging}} {
			if got := r.limit(c.amps); got != accepted {
				t.Fatal(got)
			}
			before := r.state()
			time.Sleep(time.Hour)
			after := r.state()
			if after.PowerW != c.watts || after.Status != c.status || after.RegisterMWh-before.RegisterMWh != c.watts*1000 {
				t.Errorf("%d A: %+v after %+v", c.amps, after, before)
			}
		}
		r.must(r.st.StopLocal(r.ctx, 1))
		if r.st.Version() == ocpp.V16 {
			if got := r.limit(6); got != rejected {
				t.Errorf("a TxProfile without transaction: %s", got)
			}
		}
	})
}

func TestStationLimitIsShared(t *testing.T) {
	bubble(t, Config{Version: ocpp.V16, EVSEs: []EVSE{{}, {}}}, func(r rig) {
		r.charge(Vehicle{MaxW: 22_000})
		r.must(r.st.Plug(r.ctx, 2, Vehicle{MaxW: 22_000}))
		_, err := r.st.Tap(r.ctx, 2, "TAG2")
		r.must(err)
		at := ocpp.At(time.Now())
		ask[v16.SetChargingProfileResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.SetChargingProfile{
			CsChargingProfiles: v16.ChargingProfile{ChargingProfileID: 9, ChargingProfilePurpose: "ChargePointMaxProfile", ChargingProfileKind: "Absolute",
				ChargingSchedule: v16.ChargingSchedule{ChargingRateUnit: "W", StartSchedule: at, ChargingSchedulePeriod: []v16.ChargingSchedulePeriod{
					{Limit: ocpp.Int(20_000)}, {StartPeriod: 600, Limit: ocpp.Int(11_000)}}}}})
		s, err := r.st.State(r.ctx)
		r.must(err)
		if s.EVSEs[0].PowerW != 10_000 || s.EVSEs[1].PowerW != 10_000 {
			t.Errorf("%+v", s)
		}
		c := ask[v16.GetCompositeScheduleResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.GetCompositeSchedule{ConnectorID: 1, Duration: 1200, ChargingRateUnit: "W"})
		steps := c.ChargingSchedule.ChargingSchedulePeriod
		if len(steps) != 2 || steps[0].Limit.String() != "10000" || steps[1].Limit.String() != "5500" || steps[1].StartPeriod != 600 {
			t.Errorf("%+v", steps)
		}
		time.Sleep(11 * time.Minute)
		if got := r.state().PowerW; got != 5_500 {
			t.Errorf("%d W in the second period", got)
		}
		if a := ask[v16.ClearChargingProfileResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.ClearChargingProfile{ID: ocpp.Ptr(int64(9))}); a.Status != accepted {
			t.Errorf("%+v", a)
		}
		if got := r.state().PowerW; got != 22_000 {
			t.Errorf("%d W afterwards", got)
		}
	})
}

func TestConfiguration16(t *testing.T) {
	bubble(t, Config{Version: ocpp.V16}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		all := ask[v16.GetConfigurationResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.GetConfiguration{})
		if len(all.ConfigurationKey) < 30 || len(all.UnknownKey) != 0 {
			t.Errorf("%d keys, unknown %v", len(all.ConfigurationKey), all.UnknownKey)
		}
		for _, c := range []struct{ key, value, want string }{
			{"heartbeatinterval", "60", accepted}, {"HeartbeatInterval", "soon", rejected}, {"NumberOfConnectors", "9", rejected},
			{"SecurityProfile", "1", "RebootRequired"}, {"NoSuchKey", "1", "NotSupported"}, {"LocalPreAuthorize", "TRUE", accepted},
		} {
			a := ask[v16.ChangeConfigurationResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.ChangeConfiguration{Key: c.key, Value: c.value})
			if string(a.Status) != c.want {
				t.Errorf("%s=%s: %s, want %s", c.key, c.value, a.Status, c.want)
			}
		}
		some := ask[v16.GetConfigurationResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.GetConfiguration{Key: []string{"HEARTBEATINTERVAL", "x"}})
		if len(some.ConfigurationKey) != 1 || some.ConfigurationKey[0].Value != "60" || len(some.UnknownKey) != 1 {
			t.Errorf("%+v", some)
		}
		before := len(r.of("Heartbeat"))
		time.Sleep(10*time.Minute + time.Second)
		if n := len(r.of("Heartbeat")) - before; n != 10 {
			t.Errorf("%d heartbeats in ten minutes at 60 s", n)
		}
	})
}

func TestVariables2(t *testing.T) {
	each2(t, Config{EVSEs: []EVSE{{}, {Kind: DC}}, Password: "a-long-password-1"}, func(r rig) {
		v := r.st.Version()
		r.must(r.st.WaitAccepted(r.ctx))
		at := func(c, n string) (v21.Component, v21.Variable) { return v21.Component{Name: c}, v21.Variable{Name: n} }
		for _, c := range []struct{ component, variable, value, set, get string }{
			{"SampledDataCtrlr", "TxUpdatedInterval", "30", accepted, accepted},
			{"sampleddatactrlr", "txupdatedinterval", "x", rejected, accepted},
			{"SecurityCtrlr", "BasicAuthPassword", "another-password-2", accepted, rejected},
			{"TxCtrlr", "TxStartPoint", "Authorized", rejected, accepted},
			{"TxCtrlr", "Nonsense", "1", "UnknownVariable", "UnknownVariable"},
			{"Nonsense", "Available", "1", "UnknownComponent", "UnknownComponent"},
		} {
			comp, vari := at(c.component, c.variable)
			s := ask[v21.SetVariablesResponse](r.csms, r.ctx, "CP-1", v, v21.SetVariables{SetVariableData: []v21.SetVariableData{{Component: comp, Variable: vari, AttributeValue: c.value}}})
			g := ask[v21.GetVariablesResponse](r.csms, r.ctx, "CP-1", v, v21.GetVariables{GetVariableData: []v21.GetVariableData{{Component: comp, Variable: vari}}})
			if string(s.SetVariableResult[0].AttributeStatus) != c.set || string(g.GetVariableResult[0].AttributeStatus) != c.get {
				r.t.Errorf("%s.%s: %+v, %+v", c.component, c.variable, s, g)
			}
		}
		a := ask[v21.GetBaseReportResponse](r.csms, r.ctx, "CP-1", v, v21.GetBaseReport{RequestID: 5, ReportBase: v21.ReportBaseFullInventory})
		if a.Status != v21.GenericDeviceModelStatusAccepted {
			r.t.Fatalf("%+v", a)
		}
		r.must(r.st.Flush(r.ctx))
		parts := typed[v21.NotifyReport](r.csms, v)
		items := 0
		for i, p := range parts {
			items += len(p.ReportData)
			if p.SeqNo != int64(i) || p.RequestID != 5 || *p.TBC != (i < len(parts)-1) {
				r.t.Errorf("part %d: %+v", i, p)
			}
		}
		if len(parts) < 3 || items < 40 {
			r.t.Errorf("%d items in %d parts", items, len(parts))
		}
	})
}

func TestReservation(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		until := ocpp.At(time.Now().Add(10 * time.Minute))
		book := func(id int64) string {
			if r.st.Version() == ocpp.V16 {
				return string(ask[v16.ReserveNowResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.ReserveNow{ConnectorID: 1, ExpiryDate: until, IDTag: "TAG1", ReservationID: id}).Status)
			}
			return string(ask[v21.ReserveNowResponse](r.csms, r.ctx, "CP-1", r.st.Version(), v21.ReserveNow{
				ID: id, ExpiryDateTime: until, EVSEID: ocpp.Ptr(int64(1)), IDToken: v21.IDToken{IDToken: "TAG1", Type: "ISO14443"}}).Status)
		}
		if got := book(7); got != accepted {
			t.Fatal(got)
		}
		r.wantStatus(reserved)
		if got := book(8); got != "Occupied" {
			t.Errorf("twice: %s", got)
		}
		out, err := r.st.Tap(r.ctx, 1, "TAG2")
		r.must(err)
		if out.Status != "Reserved" {
			t.Errorf("another token: %+v", out)
		}
		time.Sleep(11 * time.Minute)
		r.wantStatus(available)
		until = ocpp.At(time.Now().Add(10 * time.Minute))
		book(9)
		if out := r.charge(); !out.Accepted() {
			t.Errorf("the holder: %+v", out)
		}
		r.wantStatus(charging)
		if r.st.Version() == ocpp.V16 {
			q := typed[v16.StartTransaction](r.csms, ocpp.V16)[0]
			if q.ReservationID == nil || *q.ReservationID != 9 {
				t.Errorf("%+v", q)
			}
			return
		}
		if q := r.events()[0]; q.ReservationID == nil || *q.ReservationID != 9 {
			t.Errorf("%+v", q)
		}
		if n := len(r.of("ReservationStatusUpdate")); n != 1 {
			t.Errorf("%d reservation updates", n)
		}
	})
}

func TestAvailabilityWaitsForTheTransaction(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.charge()
		var status string
		if r.st.Version() == ocpp.V16 {
			status = string(ask[v16.ChangeAvailabilityResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.ChangeAvailability{Type: "Inoperative"}).Status)
		} else {
			status = string(ask[v21.ChangeAvailabilityResponse](r.csms, r.ctx, "CP-1", r.st.Version(), v21.ChangeAvailability{OperationalStatus: "Inoperative"}).Status)
		}
		if status != "Scheduled" {
			t.Error(status)
		}
		r.wantStatus(charging)
		r.must(r.st.StopLocal(r.ctx, 1))
		r.must(r.st.Unplug(r.ctx, 1))
		r.wantStatus(unavailable)
	})
}

func TestFaultEndsAndHeals(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.charge()
		r.must(r.st.Fault(r.ctx, 1, "GroundFailure"))
		r.must(r.st.Flush(r.ctx))
		r.wantStatus(faulted)
		m := r.messages()
		if m[len(m)-1].kind != "stop" {
			t.Errorf("%+v", m)
		}
		r.must(r.st.Heal(r.ctx, 1))
		r.wantStatus(finishing)
	})
}

func TestUnknownCallsAreRefused(t *testing.T) {
	for _, c := range []struct {
		v    ocpp.Version
		q    ocpp.Call
		want ocpp.Code
	}{
		{ocpp.V21, v21.GetPeriodicEventStream{}, ocpp.NotSupported},
		{ocpp.V201, v21.UnpublishFirmware{Checksum: "abc"}, ocpp.NotSupported},
	} {
		bubble(t, Config{Version: c.v}, func(r rig) {
			r.must(r.st.WaitAccepted(r.ctx))
			_, err := r.call(r.ctx, "CP-1", c.q)
			if e := callError(err); e == nil || e.Code != c.want {
				t.Errorf("%s: %v", c.q.Action(), err)
			}
		})
	}
}

func TestTransactionLimits21(t *testing.T) {
	bubble(t, Config{Version: ocpp.V21}, func(r rig) {
		r.mu.Lock()
		r.csms.limit = &v21.TransactionLimit{MaxEnergy: ocpp.Ptr(ocpp.Int(5_000))}
		r.mu.Unlock()
		r.charge()
		time.Sleep(time.Hour)
		s := r.state()
		if s.Status != byEVSE || s.PowerW != 0 || s.RegisterMWh < 5_000_000 || s.RegisterMWh > 5_035_000 {
			t.Errorf("%+v", s)
		}
		events := r.events()
		found := false
		for _, q := range events {
			found = found || q.TriggerReason == v21.TriggerReasonEnergyLimitReached
		}
		if !found {
			t.Errorf("no event of the limit")
		}
	})
}

func TestTriggers(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.charge()
		v := r.st.Version()
		for _, m := range []string{"BootNotification", "Heartbeat", "MeterValues", "StatusNotification", "FirmwareStatusNotification"} {
			before := len(r.of(m))
			var status string
			if v == ocpp.V16 {
				status = string(ask[v16.TriggerMessageResponse](r.csms, r.ctx, "CP-1", v, v16.TriggerMessage{RequestedMessage: v16.MessageTrigger(m)}).Status)
			} else {
				status = string(ask[v21.TriggerMessageResponse](r.csms, r.ctx, "CP-1", v, v21.TriggerMessage{RequestedMessage: v21.MessageTriggerEnum(m)}).Status)
			}
			r.must(r.st.Flush(r.ctx))
			if status != accepted || len(r.of(m)) != before+1 {
				t.Errorf("%s: %s, %d then %d", m, status, before, len(r.of(m)))
			}
		}
	})
}

func TestFirmwareAndLog(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		v, at := r.st.Version(), ocpp.At(time.Now())
		logs := "LogStatusNotification"
		if v == ocpp.V16 {
			logs = "DiagnosticsStatusNotification"
			ask[v16.UpdateFirmwareResponse](r.csms, r.ctx, "CP-1", v, v16.UpdateFirmware{Location: "ftp://x/f", RetrieveDate: at})
			ask[v16.GetDiagnosticsResponse](r.csms, r.ctx, "CP-1", v, v16.GetDiagnostics{Location: "ftp://x/"})
		} else {
			ask[v21.UpdateFirmwareResponse](r.csms, r.ctx, "CP-1", v, v21.UpdateFirmware{RequestID: 3, Firmware: v21.Firmware{Location: "ftp://x/f", RetrieveDateTime: at}})
			ask[v21.GetLogResponse](r.csms, r.ctx, "CP-1", v, v21.GetLog{RequestID: 4, LogType: "DiagnosticsLog", Log: v21.LogParameters{RemoteLocation: "ftp://x/"}})
		}
		time.Sleep(time.Minute)
		if f, l := r.of("FirmwareStatusNotification"), r.of(logs); len(f) != 4 || !strings.Contains(string(f[3].payload), "Installed") || len(l) != 2 {
			t.Errorf("%v, %v", f, l)
		}
	})
}

func TestMisuse(t *testing.T) {
	for _, c := range []Config{
		{}, {ID: "A", URL: "http://x/"}, {ID: "A", URL: "ws://x/"}, {ID: "A", URL: "ws://x/", Version: ocpp.V16, Quirks: []string{"humming"}},
	} {
		if _, err := New(c); !fail.Is(err, fail.Invalid) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	bubble(t, Config{Version: ocpp.V16}, func(r rig) {
		r.must(r.st.Plug(r.ctx, 1))
		for _, err := range []error{r.st.Plug(r.ctx, 1), r.st.StopLocal(r.ctx, 1), r.st.Run(r.ctx)} {
			if !fail.Is(err, fail.Conflict) {
				t.Errorf("%v", err)
			}
		}
		if err := r.st.Plug(r.ctx, 2); !fail.Is(err, fail.Invalid) {
			t.Errorf("%v", err)
		}
		var e *ocpp.Error
		if _, err := r.st.Call(r.ctx, v16.Heartbeat{}); errors.As(err, &e) {
			t.Errorf("%v", err)
		}
	})
}
