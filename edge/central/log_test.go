package central

import (
	"encoding/json"
	"reflect"
	"strings"
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

// What commands do not keep, the log of their messages does not show either.
func TestTheLogShowsNoSecrets(t *testing.T) {
	const key = `"value":"s3cr3t"`
	for _, c := range []struct{ action, request, response string }{
		{"ChangeConfiguration", `{"key":"authorizationkey",` + key + `}`, `{"status":"Accepted"}`},
		{"ChangeConfiguration", `{"key":"VpnPassword",` + key + `}`, `{}`},
		{"GetConfiguration", `{"key":["AuthorizationKey"]}`, `{"configurationKey":[{"key":"AuthorizationKey","readonly":false,` + key + `},{"key":"X","value":"plain"}]}`},
		{"SetVariables", `{"setVariableData":[{"attributeValue":"s3cr3t","component":{"name":"SecurityCtrlr"},"variable":{"name":"basicauthpassword"}}]}`, `{}`},
		{"GetVariables", `{}`, `{"getVariableResult":[{"attributeValue":"s3cr3t","component":{"name":"A"},"variable":{"name":"SharedKey"}}]}`},
		{"NotifyReport", `{"reportData":[{"component":{"name":"A"},"variable":{"name":"SimPin"},"variableAttribute":[{"type":"Actual",` + key + `}]}],"seqNo":0}`, `{}`},
		{"GetLog", `{"log":{"remoteLocation":"ftp://us:s3cr3t@files.example/up"},"logType":"DiagnosticsLog","requestId":1}`, `{}`},
		{"UpdateFirmware", `{"location":"https://files.example/fw?token=s3cr3t","retrieveDate":"x"}`, `{}`},
	} {
		x, ok := unpack(logged{"CS", Exchange{Action: c.action, Request: []byte(c.request), Response: []byte(c.response)}}.entry().Packed)
		text := string(x.Request) + string(x.Response)
		if !ok || strings.Contains(text, "s3cr3t") || !json.Valid(x.Request) || !json.Valid(x.Response) {
			t.Errorf("%s shows %s", c.action, text)
		}
		if strings.Contains(c.response, "plain") != strings.Contains(text, "plain") {
			t.Errorf("%s hides too much: %s", c.action, text)
		}
	}
	for _, plain := range []string{`{"z":1, "a":"https://x.example/a"}`, `{"key":"PasswordRules"}`, `no json: password://`} {
		if got := string(veil([]byte(plain))); got != plain {
			t.Errorf("%s became %s", plain, got)
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
