package central

import (
	"reflect"
	"testing"
	"time"

	"chargewright/base/link"
	"chargewright/wire/ocpp"
)

func TestExchangesArePackedWhole(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, x := range []Exchange{
		{At: at, MessageID: "1", Action: "Heartbeat", Request: []byte(`{}`), Response: []byte(`{"currentTime":"x"}`), Micros: 42},
		{At: at, FromUs: true, Action: "Reset", Request: []byte(`{"type":"Soft"}`), Failure: "no answer"},
		{At: at, Action: "DataTransfer", Error: &link.CallError{Code: "NotSupported"}, Findings: []ocpp.Finding{{Path: "/a", Kind: ocpp.EmptyValue}}},
	} {
		e := logged{"CS", x}.entry()
		got, ok := unpack(e.Packed)
		if !ok || !reflect.DeepEqual(got, x) {
			t.Errorf("%+v comes back as %+v", x, got)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(logged{"CS", Exchange{Action: "A", Request: []byte(`{}`)}}.entry().Packed)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, ok := unpack(b); ok && len(x.Request)+len(x.Response) > len(b) {
			t.Errorf("%d bytes hold %d", len(b), len(x.Request)+len(x.Response))
		}
	})
}
