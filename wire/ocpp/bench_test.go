package ocpp_test

import (
	stdjson "encoding/json"
	"testing"
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
)

const meter16 = `{"connectorId":1,"transactionId":170141183,"meterValue":[{"timestamp":"2024-05-01T12:00:00Z","sampledValue":[` +
	`{"value":"1234567","context":"Sample.Periodic","format":"Raw","measurand":"Energy.Active.Import.Register","location":"Outlet","unit":"Wh"},` +
	`{"value":"11040","context":"Sample.Periodic","format":"Raw","measurand":"Power.Active.Import","location":"Outlet","unit":"W"},` +
	`{"value":"16.0","context":"Sample.Periodic","format":"Raw","measurand":"Current.Import","phase":"L1","location":"Outlet","unit":"A"},` +
	`{"value":"16.1","context":"Sample.Periodic","format":"Raw","measurand":"Current.Import","phase":"L2","location":"Outlet","unit":"A"},` +
	`{"value":"15.9","context":"Sample.Periodic","format":"Raw","measurand":"Current.Import","phase":"L3","location":"Outlet","unit":"A"},` +
	`{"value":"230.1","context":"Sample.Periodic","format":"Raw","measurand":"Voltage","phase":"L1-N","location":"Outlet","unit":"V"},` +
	`{"value":"229.8","context":"Sample.Periodic","format":"Raw","measurand":"Voltage","phase":"L2-N","location":"Outlet","unit":"V"},` +
	`{"value":"231.0","context":"Sample.Periodic","format":"Raw","measurand":"Voltage","phase":"L3-N","location":"Outlet","unit":"V"},` +
	`{"value":"31.5","context":"Sample.Periodic","format":"Raw","measurand":"Temperature","location":"Body","unit":"Celsius"},` +
	`{"value":"54","context":"Sample.Periodic","format":"Raw","measurand":"SoC","location":"EV","unit":"Percent"}]}]}`

const event201 = `{"eventType":"Updated","timestamp":"2024-05-01T12:00:00.000Z","triggerReason":"MeterValuePeriodic","seqNo":12,` +
	`"offline":false,"numberOfPhasesUsed":3,"transactionInfo":{"transactionId":"01234567-89ab-cdef-0123-456789abcdef","chargingState":"Charging",` +
	`"timeSpentCharging":600},"evse":{"id":1,"connectorId":1},"idToken":{"idToken":"04A1B2C3D4","type":"ISO14443"},"meterValue":[{` +
	`"timestamp":"2024-05-01T12:00:00.000Z","sampledValue":[` +
	`{"value":1234567.25,"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","location":"Outlet","unitOfMeasure":{"unit":"Wh","multiplier":0}},` +
	`{"value":11040,"context":"Sample.Periodic","measurand":"Power.Active.Import","location":"Outlet","unitOfMeasure":{"unit":"W"}},` +
	`{"value":16.1,"context":"Sample.Periodic","measurand":"Current.Import","phase":"L1","location":"Outlet","unitOfMeasure":{"unit":"A"}},` +
	`{"value":230.4,"context":"Sample.Periodic","measurand":"Voltage","phase":"L1-N","location":"Outlet","unitOfMeasure":{"unit":"V"}},` +
	`{"value":54,"context":"Sample.Periodic","measurand":"SoC","location":"EV","unitOfMeasure":{"unit":"Percent"}}]}]}`

// The ratio is that of encoding/json to the hot decoder, both reading the same
// message in the same run by turns.
func BenchmarkDecode(b *testing.B) {
	m, e := []byte(meter16), []byte(event201)
	var meter v16.MeterValues
	var event v201.TransactionEvent
	b.Run("1.6 MeterValues", func(b *testing.B) {
		compare(b, m, func() bool { return meter.Decode(ocpp.V16, m) }, func() error { return stdjson.Unmarshal(m, new(v16.MeterValues)) })
	})
	b.Run("2.0.1 TransactionEvent", func(b *testing.B) {
		compare(b, e, func() bool { return event.Decode(ocpp.V201, e) }, func() error { return stdjson.Unmarshal(e, new(v201.TransactionEvent)) })
	})
	b.Run("1.6 MeterValues into fresh room", func(b *testing.B) {
		compare(b, m, func() bool { return new(v16.MeterValues).Decode(ocpp.V16, m) }, func() error { return stdjson.Unmarshal(m, new(v16.MeterValues)) })
	})
	b.Run("2.0.1 TransactionEvent into fresh room", func(b *testing.B) {
		compare(b, e, func() bool { return new(v201.TransactionEvent).Decode(ocpp.V201, e) }, func() error { return stdjson.Unmarshal(e, new(v201.TransactionEvent)) })
	})
	b.Run("1.6 MeterValues by the tolerant path", func(b *testing.B) {
		odd := append(m[:len(m)-1:len(m)-1], `,"odd":1}`...)
		compare(b, odd, func() bool {
			_, err := ocpp.Decode(ocpp.V16, new(v16.MeterValues), odd)
			return err == nil
		}, func() error { return stdjson.Unmarshal(odd, new(v16.MeterValues)) })
	})
}

// What a reply costs: encoded, and checked strictly.
func BenchmarkEncodeReply(b *testing.B) {
	reply := v201.TransactionEventResponse{IDTokenInfo: &v201.IDTokenInfo{Status: v201.AuthorizationStatusAccepted}}
	for b.Loop() {
		if _, err := ocpp.EncodeReply(ocpp.V201, "TransactionEvent", reply); err != nil {
			b.Fatal(err)
		}
	}
}

func compare(b *testing.B, payload []byte, hot func() bool, std func() error) {
	const turn = 20
	var ours, theirs time.Duration
	for b.Loop() {
		t0 := time.Now()
		for range turn {
			if !hot() {
				b.Fatal("refused")
			}
		}
		t1 := time.Now()
		for range turn {
			if err := std(); err != nil {
				b.Fatal(err)
			}
		}
		ours, theirs = ours+t1.Sub(t0), theirs+time.Since(t1)
	}
	n := float64(turn * b.N)
	b.ReportMetric(float64(ours.Nanoseconds())/n, "hot-ns")
	b.ReportMetric(float64(theirs.Nanoseconds())/n, "std-ns")
	b.ReportMetric(float64(theirs)/float64(ours), "std/hot")
}
