package app

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/reserve"
	"chargewright/schema"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

// What a station grants is on record, by whichever way it was asked, and ends
// by use, cancellation, the station's word or its time.
func TestReservations(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.MigratedURL(t, schema.FS), nil)
				w.addStation("CS-1", "a password of sixteen")
				w.addToken("CARD")
				w.addTariff(plainTariff)
				s := w.startStation(sim.Config{ID: "CS-1", Version: v, Password: "a password of sixteen", Seed: 1, EVSEs: []sim.EVSE{{}, {}}})
				w.reserve(v, 1, 1, time.Hour)
				w.expectReservations("1 active")

				must(t, s.Plug(t.Context(), 1))
				if out, err := s.Tap(t.Context(), 1, "CARD"); err != nil || !out.Accepted() {
					t.Fatalf("tap: %+v %v", out, err)
				}
				must(t, s.Flush(t.Context()))
				w.expectReservations("1 used")

				w.reserve(v, 2, 2, time.Hour)
				w.call("CancelReservation", `{"reservationId":2}`)
				w.expectReservations("2 cancelled", "1 used")

				w.reserve(v, 3, 2, 10*time.Minute)
				w.expectReservations("3 active", "2 cancelled", "1 used")
				time.Sleep(11 * time.Minute)
				synctest.Wait()
				w.settle()
				w.expectReservations("3 expired", "2 cancelled", "1 used")
			})
		})
	}
}

// reserve asks a station to keep an EVSE for CARD.
func (w *world) reserve(v ocpp.Version, number, evse int, d time.Duration) {
	w.t.Helper()
	until := time.Now().Add(d).UTC().Format(time.RFC3339)
	payload := fmt.Sprintf(`{"id":%d,"evseId":%d,"expiryDateTime":%q,"idToken":{"idToken":"CARD","type":"ISO14443"}}`, number, evse, until)
	if v == ocpp.V16 {
		payload = fmt.Sprintf(`{"reservationId":%d,"connectorId":%d,"expiryDate":%q,"idTag":"CARD"}`, number, evse, until)
	}
	w.call("ReserveNow", payload)
}

// call sends an action that the station must accept.
func (w *world) call(action, payload string) {
	w.t.Helper()
	a, err := w.central.Effective(w.Gateway).Call(w.t.Context(), "CS-1", link.Call{Action: action, Payload: []byte(payload)})
	if err != nil || a.Error != nil || string(a.Payload) != `{"status":"Accepted"}` {
		w.t.Fatalf("%s: %s %v %v", action, a.Payload, a.Error, err)
	}
}

func (w *world) expectReservations(want ...string) {
	w.t.Helper()
	list := do(w, func(tx *store.Tx) ([]reserve.Reservation, error) {
		return reserve.List(tx, everyone, "CS-1", time.Time{}, "", 10)
	})
	var have []string
	for _, r := range list {
		have = append(have, fmt.Sprintf("%d %s", r.Number, r.Status))
	}
	if fmt.Sprint(have) != fmt.Sprint(want) {
		w.t.Fatalf("reservations %v, want %v", have, want)
	}
}
