package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/store/storetest"
	"chargewright/schema"
	"chargewright/sim"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v201"
	"chargewright/wire/ocpp/v21"
)

// Somebody pays at a station's terminal and finds the receipt by the address that
// the station shows, before and after it is issued.
func TestTheReceiptOfATerminalIsFoundByItsAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.MigratedURL(t, schema.FS), nil)
		w.addStation("CS-1", "a password of sixteen")
		w.addTariff(plainTariff)
		s := w.startStation(sim.Config{ID: "CS-1", Version: ocpp.V21, Password: "a password of sixteen", Seed: 1})
		synctest.Wait()
		call := func(q ocpp.Call) []byte {
			t.Helper()
			reply, err := s.Call(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			return reply
		}
		begin := time.Now().UTC()
		event := func(kind v201.TransactionEventEnum, seq int64, after time.Duration, wh int64) v21.TransactionEvent {
			return v21.TransactionEvent{
				EventType: kind, Timestamp: ocpp.At(begin.Add(after)), TriggerReason: "Authorized", SeqNo: seq, TransactionInfo: v21.Transaction{TransactionID: "T-1"}, EVSE: &v201.EVSE{ID: 1},
				MeterValue: []v201.MeterValue{{Timestamp: ocpp.At(begin.Add(after)), SampledValue: []v201.SampledValue{{Value: ocpp.Int(wh)}}}},
			}
		}
		first := event(v201.TransactionEventStarted, 0, 0, 1000)
		first.IDToken = &v201.IDToken{IDToken: "PSP-1", Type: v21.IDTokenDirectPayment}
		call(first)
		time.Sleep(time.Hour)
		call(event(v201.TransactionEventEnded, 1, time.Hour, 11000))
		amount, err := ocpp.ParseNumber("5.36")
		if err != nil {
			t.Fatal(err)
		}
		paid := v21.NotifySettlement{TransactionID: "T-1", PSPRef: "PSP-1", Status: v21.PaymentStatusSettled, SettlementAmount: amount, SettlementTime: ocpp.At(time.Now())}
		var answer, again v21.NotifySettlementResponse
		if err := json.Unmarshal(call(paid), &answer); err != nil {
			t.Fatal(err)
		}
		w.settle()
		synctest.Wait()
		if err := json.Unmarshal(call(paid), &again); err != nil {
			t.Fatal(err)
		}
		if answer.ReceiptURL == "" || again.ReceiptURL != answer.ReceiptURL || again.ReceiptID == "" {
			t.Fatalf("%+v, then %+v", answer, again)
		}
		at := answer.ReceiptURL[strings.Index(answer.ReceiptURL, "/pay/t/"):]
		for path, code := range map[string]int{at: http.StatusOK, "/pay/t/SOMETHINGELSE": http.StatusNotFound} {
			out := httptest.NewRecorder()
			w.handler.ServeHTTP(out, httptest.NewRequest(http.MethodGet, path, nil))
			if out.Code != code {
				t.Errorf("%s: %d", path, out.Code)
			}
			if code == http.StatusOK {
				for _, want := range []string{again.ReceiptID, "5,36 € am Terminal der Station bezahlt"} {
					if !strings.Contains(out.Body.String(), want) {
						t.Errorf("the page lacks %q: %s", want, out.Body)
					}
				}
			}
		}
	})
}
