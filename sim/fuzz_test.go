package sim

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"chargewright/wire/ocpp"
)

// FuzzReadSessions: whatever is read makes sense, and nothing panics.
func FuzzReadSessions(f *testing.F) {
	f.Add([]byte("session_id,station_id,arrival,departure,energy_kwh\na,S,2019-05-01T01:18:45-07:00,2019-05-01T15:52:36-07:00,44.069\n"))
	f.Add([]byte("session_id,plug,arrival_local,departure_local,energy_kwh\n1,CCS1,2022-04-12T19:27:00,2022-04-12T19:38:00,5.16\n"))
	f.Add([]byte("session_id,station_id,arrival_period,departure_period,energy_kwh\n2,CA-3,76,92,4.216\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ReadSessions(bytes.NewReader(data))
		if err != nil && list != nil {
			t.Errorf("sessions and an error: %v", err)
		}
		for _, s := range list {
			if s.ID == "" || s.Station == "" || s.EnergyWh < 0 || s.End.Before(s.Start) || s.EVSE < 0 {
				t.Errorf("%+v", s)
			}
		}
	})
}

// FuzzReceived gives a station that charges any frame: it answers a call once,
// by a frame that can be read and fits its schema, and everything else not at
// all.
func FuzzReceived(f *testing.F) {
	for _, frame := range []string{
		`[2,"1","Reset",{"type":"Soft"}]`, `[2,"1","Reset",{"type":"Immediate"}]`, `[3,"1",{}]`, `[4,"1","InternalError","",{}]`, `[2,"1"`,
		`[2,"1","GetConfiguration",{}]`, `[2,"1","GetBaseReport",{"requestId":1,"reportBase":"FullInventory"}]`,
		`[2,"1","RemoteStartTransaction",{"idTag":"A"}]`, `[2,"1","RequestStartTransaction",{"idToken":{"idToken":"A","type":"Central"},"remoteStartId":1}]`,
		`[2,"1","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Recurring","recurrencyKind":"Daily","chargingSchedule":{"startSchedule":"2026-01-01T00:00:00Z","chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":7.5}]}}}]`,
		`[2,"1","GetCompositeSchedule",{"connectorId":1,"duration":3600}]`, `[2,"1","GetCompositeSchedule",{"evseId":1,"duration":3600}]`,
		`[2,"1","ReserveNow",{"connectorId":0,"expiryDate":"2026-01-01T00:00:00Z","idTag":"A","reservationId":1}]`,
		`[2,"1","GetVariables",{"getVariableData":[{"component":{"name":"EVSE","evse":{"id":1}},"variable":{"name":"Power"}}]}]`,
		`[2,"1","CostUpdated",{"totalCost":1.5,"transactionId":"x"}]`, `[6,"1","NotifyPeriodicEventStream",{}]`,
	} {
		for v := range len(ocpp.Versions()) {
			f.Add(uint8(v), []byte(frame))
		}
	}
	f.Fuzz(func(t *testing.T, version uint8, data []byte) {
		v := ocpp.Versions()[int(version)%3]
		st, err := New(Config{ID: "CP-1", URL: "ws://x/", Version: v, EVSEs: []EVSE{{}, {Kind: DC}}})
		if err != nil {
			t.Fatal(err)
		}
		l := &link{out: make(chan []byte, outgoing), gone: func() {}}
		st.ctx, st.link, st.online, st.since = t.Context(), l, true, time.Now()
		st.ids = stream(0, "fuzz", 0)
		st.registration.status = accepted
		st.evses[0].plugIn(Vehicle{})
		st.evses[0].allow(&grant{token: "A", kind: tagKind, trigger: "Authorized"})
		in, bad := ocpp.ParseFrame(bytes.Clone(data), v)
		st.received(l, bytes.Clone(data))
		answers := len(l.out)
		if want := bad == nil && in.Type == ocpp.TypeCall; want && answers != 1 || bad == nil && in.Type != ocpp.TypeCall && answers != 0 {
			t.Fatalf("%d answers to %s", answers, data)
		}
		for range answers {
			text := <-l.out
			out, wrong := ocpp.ParseFrame(text, v)
			if wrong != nil {
				t.Fatalf("%s: %v", text, wrong)
			}
			if out.Type == ocpp.TypeError && strings.Contains(out.Code, "InternalError") {
				t.Errorf("%s is answered %s", data, text)
			}
		}
	})
}
