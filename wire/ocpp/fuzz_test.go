package ocpp_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
	"chargewright/wire/ocpp/v21"
)

// Samples of hot messages, one of every kind and version.
var samples = []struct {
	version ocpp.Version
	action  string
	payload string
}{
	{ocpp.V16, "Heartbeat", `{}`},
	{ocpp.V16, "Authorize", `{"idTag":"04A1B2C3"}`},
	{ocpp.V16, "StatusNotification", `{"connectorId":1,"errorCode":"NoError","status":"Charging","timestamp":"2024-05-01T12:00:00.000Z","info":"ok","vendorId":"V","vendorErrorCode":"E1,E2"}`},
	{ocpp.V16, "StartTransaction", `{"connectorId":1,"idTag":"04A1B2C3","meterStart":1234,"timestamp":"2024-05-01T12:00:00+02:00","reservationId":7}`},
	{ocpp.V16, "StopTransaction", `{"transactionId":77,"idTag":"A","meterStop":-0,"timestamp":"2024-05-01T12:00:00Z","reason":"EVDisconnected","transactionData":[{"timestamp":"2024-05-01T12:00:00Z","sampledValue":[{"value":"OCMF|{\"a\":1}","format":"SignedData"}]}]}`},
	{ocpp.V16, "MeterValues", meter16},
	{ocpp.V201, "Heartbeat", `{}`},
	{ocpp.V201, "Authorize", `{"idToken":{"idToken":"A","type":"ISO14443","additionalInfo":[{"additionalIdToken":"B","type":"x"}]},"certificate":"c","iso15118CertificateHashData":[{"hashAlgorithm":"SHA256","issuerNameHash":"1","issuerKeyHash":"2","serialNumber":"3","responderURL":"http://x"}]}`},
	{ocpp.V201, "StatusNotification", `{"timestamp":"2024-05-01T12:00:00Z","connectorStatus":"Occupied","evseId":1,"connectorId":1}`},
	{ocpp.V201, "MeterValues", `{"evseId":1,"meterValue":[{"timestamp":"2024-05-01T12:00:00Z","sampledValue":[{"value":12.50}]}]}`},
	{ocpp.V201, "TransactionEvent", event201},
	{ocpp.V201, "NotifyEvent", `{"generatedAt":"2024-05-01T12:00:00Z","seqNo":0,"tbc":false,"eventData":[{"eventId":1,"timestamp":"2024-05-01T12:00:00Z","trigger":"Delta","actualValue":"x","eventNotificationType":"HardWiredNotification","component":{"name":"C","evse":{"id":1,"connectorId":2}},"variable":{"name":"V"}}]}`},
	{ocpp.V21, "TransactionEvent", `{"eventType":"Updated","timestamp":"2024-05-01T12:00:00Z","triggerReason":"RunningCost","seqNo":5,"transactionInfo":{"transactionId":"t","transactionLimit":{"maxCost":10.5}},"costDetails":{"totalCost":{"currency":"EUR","typeOfCost":"NormalCost","total":{"exclTax":1.5}},"totalUsage":{"energy":1.2,"chargingTime":60,"idleTime":0}}}`},
	{ocpp.V21, "Authorize", `{"idToken":{"idToken":"A","type":"DirectPayment"}}`},
	{ocpp.V21, "MeterValues", `{"evseId":0,"meterValue":[{"timestamp":"2024-05-01T12:00:00Z","sampledValue":[{"value":1e3,"measurand":"Voltage.Maximum","unitOfMeasure":{"unit":"V","multiplier":-3}}]}]}`},
	{ocpp.V21, "NotifyEvent", `{"generatedAt":"2024-05-01T12:00:00Z","seqNo":0,"eventData":[{"eventId":1,"timestamp":"2024-05-01T12:00:00Z","trigger":"Delta","actualValue":"x","severity":9,"eventNotificationType":"HardWiredNotification","component":{"name":"C"},"variable":{"name":"V"}}]}`},
}

func TestHotDecodersTakeTheSamples(t *testing.T) {
	for _, s := range samples {
		if _, ok := kindOf(s.version, s.action).fast([]byte(s.payload)); !ok {
			t.Errorf("%s %s refused: %s", s.version, s.action, s.payload)
		}
	}
}

// A payload that a hot decoder accepts keeps strictly to the schema, and the
// tolerant path reads the same message from it without a finding. No payload
// at all upsets either.
func FuzzHotDecoders(f *testing.F) {
	for i, s := range samples {
		f.Add(uint8(i), []byte(s.payload))
	}
	f.Fuzz(func(t *testing.T, which uint8, payload []byte) {
		s := samples[int(which)%len(samples)]
		k := kindOf(s.version, s.action)
		_, _, err := k.decode(bytes.Clone(payload))
		fast, ok := k.fast(bytes.Clone(payload))
		if !ok {
			return
		}
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		if err := ocpp.ValidateRequest(s.version, s.action, payload); err != nil {
			t.Fatalf("accepted, yet %v", err)
		}
		slow, err := k.slow(payload)
		if err != nil {
			t.Fatalf("accepted, yet %v", err)
		}
		a, errA := json.Marshal(fast)
		b, errB := json.Marshal(slow)
		if errA != nil || errB != nil || !reflect.DeepEqual(lists(parse(t, a)), lists(parse(t, b))) {
			t.Fatalf("read as\n%s %v\nand as\n%s %v", a, errA, b, errB)
		}
	})
}

// lists takes out members that are null: an empty list may be nil.
func lists(v any) any {
	for _, p := range places(v, nil) {
		list, ok := p.parent[p.key].([]any)
		if p.parent[p.key] == nil || ok && len(list) == 0 {
			delete(p.parent, p.key)
		}
	}
	return v
}

// A message that was repaired by leaving out or rewriting is encoded strictly,
// and what the strict path accepts is accepted.
func FuzzTolerantDecoding(f *testing.F) {
	for i, k := range kinds {
		f.Add(uint16(i), []byte(`{"a":null,"b":{"c":[1,"",{}]}}`))
		for _, s := range samples {
			if s.version == k.version && s.action == k.name {
				f.Add(uint16(i), []byte(s.payload))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint16, payload []byte) {
		k := kinds[int(which)%len(kinds)]
		message, found, err := k.decode(bytes.Clone(payload))
		strict := ocpp.ValidateRequest(k.version, k.name, payload)
		if strict == nil && err != nil {
			t.Fatalf("the strict path accepts what the tolerant refuses: %v", err)
		}
		if err == nil && len(found) == 0 && strict != nil {
			t.Fatalf("read without a finding, yet %v", strict)
		}
		if unset := bytes.Contains(payload, []byte("0001-01-01")); err == nil && mended(found) && !unset {
			if _, err := ocpp.Encode(k.version, message); err != nil {
				t.Fatalf("read and not written: %v", err)
			}
		}
	})
}

// mended reports whether nothing was kept that the schema forbids.
func mended(found []ocpp.Finding) bool {
	for _, f := range found {
		switch f.Kind {
		case ocpp.EmptyValue, ocpp.UnknownMember, ocpp.LooseTime, ocpp.Spelling, ocpp.ValueList:
		default:
			return false
		}
	}
	return len(found) < 32
}

// A hot message read into the room of an earlier one costs no allocation.
func TestHotDecodersDoNotAllocate(t *testing.T) {
	var meter v16.MeterValues
	var event201s v201.TransactionEvent
	var event21 v21.TransactionEvent
	for name, decode := range map[string]func() bool{
		"1.6 MeterValues":        func() bool { return meter.Decode(ocpp.V16, []byte(meter16)) },
		"2.0.1 TransactionEvent": func() bool { return event201s.Decode(ocpp.V201, []byte(event201)) },
		"2.1 TransactionEvent":   func() bool { return event21.Decode(ocpp.V21, []byte(event201)) },
	} {
		if !decode() {
			t.Errorf("%s: refused", name)
		}
	}
	m, e := []byte(meter16), []byte(event201)
	for name, decode := range map[string]func(){
		"1.6 MeterValues":        func() { meter.Decode(ocpp.V16, m) },
		"2.0.1 TransactionEvent": func() { event201s.Decode(ocpp.V201, e) },
		"2.1 TransactionEvent":   func() { event21.Decode(ocpp.V21, e) },
	} {
		if n := testing.AllocsPerRun(100, decode); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
