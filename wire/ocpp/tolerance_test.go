package ocpp_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
)

// What real stations get wrong, what becomes of it, and what is noted.
var repairs = []struct {
	name    string
	version ocpp.Version
	action  string
	reply   bool
	in      string
	out     string // as encoding/json writes the message, members by schema
	path    string
	kind    ocpp.FindingKind
}{
	{"zone-less time", ocpp.V16, "StopTransaction", false,
		`{"meterStop":10,"timestamp":"2024-01-02 03:04:05.25","transactionId":7}`,
		`{"meterStop":10,"timestamp":"2024-01-02T03:04:05.250Z","transactionId":7}`, "/timestamp", ocpp.LooseTime},
	{"over-long serial", ocpp.V16, "BootNotification", false,
		`{"chargePointVendor":"V","chargePointModel":"M","chargePointSerialNumber":"NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN"}`,
		`{"chargePointVendor":"V","chargePointModel":"M","chargePointSerialNumber":"NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN"}`,
		"/chargePointSerialNumber", ocpp.TooLong},
	{"over-long serial 2.0.1", ocpp.V201, "BootNotification", false,
		`{"reason":"PowerUp","chargingStation":{"serialNumber":"NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN","model":"M","vendorName":"V"}}`,
		`{"reason":"PowerUp","chargingStation":{"serialNumber":"NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN","model":"M","vendorName":"V"}}`,
		"/chargingStation/serialNumber", ocpp.TooLong},
	{"over-long idTag", ocpp.V16, "Authorize", false,
		`{"idTag":"123456789012345678901234"}`, `{"idTag":"123456789012345678901234"}`, "/idTag", ocpp.TooLong},
	{"null", ocpp.V16, "StartTransaction", false,
		`{"connectorId":1,"idTag":"A","meterStart":0,"reservationId":null,"timestamp":"2024-01-02T03:04:05Z"}`,
		`{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2024-01-02T03:04:05.000Z"}`, "/reservationId", ocpp.EmptyValue},
	{"empty text for an enumeration", ocpp.V16, "StopTransaction", false,
		`{"reason":"","meterStop":10,"timestamp":"2024-01-02T03:04:05Z","transactionId":7}`,
		`{"meterStop":10,"timestamp":"2024-01-02T03:04:05.000Z","transactionId":7}`, "/reason", ocpp.EmptyValue},
	{"empty text for an integer", ocpp.V16, "StartTransaction", false,
		`{"connectorId":1,"idTag":"A","meterStart":0,"reservationId":"","timestamp":"2024-01-02T03:04:05Z"}`,
		`{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2024-01-02T03:04:05.000Z"}`, "/reservationId", ocpp.EmptyValue},
	{"empty object", ocpp.V201, "BootNotification", false,
		`{"customData":{},"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}`,
		`{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}`, "/customData", ocpp.EmptyValue},
	{"empty text for an object", ocpp.V201, "BootNotification", false,
		`{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V","modem":""}}`,
		`{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}`, "/chargingStation/modem", ocpp.EmptyValue},
	{"empty list", ocpp.V201, "Authorize", false,
		`{"idToken":{"idToken":"A","type":"Central","additionalInfo":[]}}`,
		`{"idToken":{"idToken":"A","type":"Central"}}`, "/idToken/additionalInfo", ocpp.EmptyValue},
	{"unknown member in 1.6", ocpp.V16, "Heartbeat", false, `{"uptime":12}`, `{}`, "/uptime", ocpp.UnknownMember},
	{"vendor codes in errorCode", ocpp.V16, "StatusNotification", false,
		`{"connectorId":1,"errorCode":"E17, GroundFailure","status":"Faulted"}`,
		`{"connectorId":1,"errorCode":"GroundFailure","status":"Faulted"}`, "/errorCode", ocpp.ValueList},
	{"unknown errorCode", ocpp.V16, "StatusNotification", false,
		`{"connectorId":1,"errorCode":"E17,E18","status":"Faulted"}`,
		`{"connectorId":1,"errorCode":"E17,E18","status":"Faulted"}`, "/errorCode", ocpp.UnknownValue},
	{"long vendor codes", ocpp.V16, "StatusNotification", false,
		`{"connectorId":1,"errorCode":"NoError","status":"Available","vendorErrorCode":"NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN,2"}`,
		`{"connectorId":1,"errorCode":"NoError","status":"Available","vendorErrorCode":"NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN,2"}`,
		"/vendorErrorCode", ocpp.TooLong},
	{"Celcius", ocpp.V16, "MeterValues", false,
		`{"connectorId":1,"meterValue":[{"timestamp":"2024-01-02T03:04:05Z","sampledValue":[{"value":"20","unit":"Celcius"}]}]}`,
		`{"connectorId":1,"meterValue":[{"timestamp":"2024-01-02T03:04:05.000Z","sampledValue":[{"value":"20","unit":"Celsius"}]}]}`,
		"/meterValue/0/sampledValue/0/unit", ocpp.Spelling},
	{"unknown unit", ocpp.V16, "MeterValues", false,
		`{"connectorId":1,"meterValue":[{"timestamp":"2024-01-02T03:04:05Z","sampledValue":[{"value":"50","unit":"Hertz"}]}]}`,
		`{"connectorId":1,"meterValue":[{"timestamp":"2024-01-02T03:04:05.000Z","sampledValue":[{"value":"50","unit":"Hertz"}]}]}`,
		"/meterValue/0/sampledValue/0/unit", ocpp.UnknownValue},
	{"number for a text", ocpp.V16, "MeterValues", false,
		`{"connectorId":1,"meterValue":[{"timestamp":"2024-01-02T03:04:05Z","sampledValue":[{"value":50.10}]}]}`,
		`{"connectorId":1,"meterValue":[{"timestamp":"2024-01-02T03:04:05.000Z","sampledValue":[{"value":"50.10"}]}]}`,
		"/meterValue/0/sampledValue/0/value", ocpp.LooseNumber},
	{"unknown measurand in 2.0.1", ocpp.V201, "MeterValues", false,
		`{"evseId":1,"meterValue":[{"sampledValue":[{"value":50,"measurand":"Magic"}],"timestamp":"2024-01-02T03:04:05Z"}]}`,
		`{"evseId":1,"meterValue":[{"sampledValue":[{"value":50,"measurand":"Magic"}],"timestamp":"2024-01-02T03:04:05.000Z"}]}`,
		"/meterValue/0/sampledValue/0/measurand", ocpp.UnknownValue},
	{"2.1 measurand in 2.0.1", ocpp.V201, "MeterValues", false,
		`{"evseId":1,"meterValue":[{"sampledValue":[{"value":50,"measurand":"Voltage.Maximum"}],"timestamp":"2024-01-02T03:04:05Z"}]}`,
		`{"evseId":1,"meterValue":[{"sampledValue":[{"value":50,"measurand":"Voltage.Maximum"}],"timestamp":"2024-01-02T03:04:05.000Z"}]}`,
		"/meterValue/0/sampledValue/0/measurand", ocpp.UnknownValue},
	{"unknown trigger reason", ocpp.V201, "TransactionEvent", false,
		`{"eventType":"Ended","timestamp":"2024-01-02T03:04:05Z","triggerReason":"Magic","seqNo":3,"transactionInfo":{"transactionId":"t"}}`,
		`{"eventType":"Ended","timestamp":"2024-01-02T03:04:05.000Z","triggerReason":"Magic","seqNo":3,"transactionInfo":{"transactionId":"t"}}`,
		"/triggerReason", ocpp.UnknownValue},
	{"integer with a point", ocpp.V16, "StopTransaction", false,
		`{"meterStop":10.0,"timestamp":"2024-01-02T03:04:05Z","transactionId":7}`,
		`{"meterStop":10,"timestamp":"2024-01-02T03:04:05.000Z","transactionId":7}`, "/meterStop", ocpp.LooseNumber},
	{"finer than a tenth", ocpp.V16, "GetCompositeSchedule", true,
		`{"status":"Accepted","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.099999999999998}]}}`,
		`{"status":"Accepted","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.1}]}}`,
		"/chargingSchedule/chargingSchedulePeriod/0/limit", ocpp.LooseNumber},
	{"long EXI", ocpp.V201, "Get15118EVCertificate", true,
		`{"status":"Accepted","exiResponse":"EXI"}`,
		`{"status":"Accepted","exiResponse":"EXI"}`, "/exiResponse", ocpp.TooLong},
}

func TestInboundRepairs(t *testing.T) {
	exi := strings.Repeat("A", 7600)
	for _, c := range repairs {
		c.in, c.out = strings.ReplaceAll(c.in, "EXI", exi), strings.ReplaceAll(c.out, "EXI", exi)
		t.Run(c.name, func(t *testing.T) {
			k := kindOf(c.version, c.action)
			var message any
			var found []ocpp.Finding
			var err error
			if c.reply {
				message, found, err = k.decodeReply([]byte(c.in))
			} else {
				message, found, err = k.decode([]byte(c.in))
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || found[0].Path != c.path || found[0].Kind != c.kind || len(found[0].Detail) > 200 {
				t.Errorf("findings %+v, want %s at %s", found, c.kind, c.path)
			}
			out, err := json.Marshal(message)
			if err != nil || !reflect.DeepEqual(parse(t, out), parse(t, []byte(c.out))) {
				t.Errorf("read as %s, %v; want %s", out, err, c.out)
			}
		})
	}
}

// What is refused even on the way in, with which code and where.
var refusals = []struct {
	name, action, in string
	version          ocpp.Version
	code             string // as the version spells it
	path             string
}{
	{"missing in 1.6", "Authorize", `{}`, ocpp.V16, "OccurenceConstraintViolation", "/idTag"},
	{"missing in 2.0.1", "Authorize", `{}`, ocpp.V201, "OccurrenceConstraintViolation", "/idToken"},
	{"missing within", "Authorize", `{"idToken":{"idToken":"A"}}`, ocpp.V21, "OccurrenceConstraintViolation", "/idToken/type"},
	{"null that is required", "Authorize", `{"idTag":null}`, ocpp.V16, "TypeConstraintViolation", "/idTag"},
	{"wrong type", "Authorize", `{"idTag":12}`, ocpp.V16, "TypeConstraintViolation", "/idTag"},
	{"text for an integer", "MeterValues", `{"connectorId":"1","meterValue":[]}`, ocpp.V16, "TypeConstraintViolation", "/connectorId"},
	{"object for a text", "Authorize", `{"idTag":{}}`, ocpp.V16, "TypeConstraintViolation", "/idTag"},
	{"text for an object", "Authorize", `{"idToken":"A"}`, ocpp.V201, "TypeConstraintViolation", "/idToken"},
	{"text for an optional object", "Authorize", `{"idToken":{"idToken":"A","type":"Local","additionalInfo":"x"}}`, ocpp.V201,
		"TypeConstraintViolation", "/idToken/additionalInfo"},
	{"text for a boolean", "NotifyEvent", `{"tbc":"no"}`, ocpp.V201, "TypeConstraintViolation", "/tbc"},
	{"missing within a list", "Authorize", `{"idToken":{"idToken":"A","type":"Local"},"iso15118CertificateHashData":[{},{},{},{},{}]}`, ocpp.V201,
		"OccurrenceConstraintViolation", "/iso15118CertificateHashData/0/hashAlgorithm"},
	{"object for a list", "MeterValues", `{"connectorId":1,"meterValue":{}}`, ocpp.V16, "TypeConstraintViolation", "/meterValue"},
	{"unknown member in 2.x", "Heartbeat", `{"uptime":1}`, ocpp.V201, "FormatViolation", "/uptime"},
	{"enumeration in 2.x", "StatusNotification",
		`{"timestamp":"2024-01-02T03:04:05Z","connectorStatus":"Broken","evseId":1,"connectorId":1}`, ocpp.V201,
		"PropertyConstraintViolation", "/connectorStatus"},
	{"what kind of event", "TransactionEvent",
		`{"eventType":"Paused","timestamp":"2024-01-02T03:04:05Z","triggerReason":"Trigger","seqNo":3,"transactionInfo":{"transactionId":"t"}}`,
		ocpp.V201, "PropertyConstraintViolation", "/eventType"},
	{"far too long", "Authorize", `{"idTag":"` + strings.Repeat("A", 300) + `"}`, ocpp.V16, "PropertyConstraintViolation", "/idTag"},
	{"not a time", "StopTransaction", `{"meterStop":1,"timestamp":"yesterday","transactionId":1}`, ocpp.V16,
		"PropertyConstraintViolation", "/timestamp"},
	{"not an object", "Heartbeat", `[]`, ocpp.V16, "FormationViolation", ""},
	{"not JSON", "Heartbeat", `{"a`, ocpp.V201, "FormatViolation", ""},
	{"two payloads", "Heartbeat", `{}{}`, ocpp.V201, "FormatViolation", ""},
	{"a member twice", "Authorize", `{"idTag":"A","idTag":"B"}`, ocpp.V16, "FormationViolation", ""},
	{"too deep", "DataTransfer", `{"vendorId":"V","data":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`, ocpp.V201, "FormatViolation", ""},
	{"NUL", "Authorize", `{"idTag":"A\u0000"}`, ocpp.V16, "FormationViolation", "/idTag"},
	{"a number beyond all bounds", "StopTransaction", `{"meterStop":1e400,"timestamp":"2024-01-02T03:04:05Z","transactionId":1}`,
		ocpp.V16, "PropertyConstraintViolation", "/meterStop"},
	{"no such action", "Authorise", `{}`, ocpp.V16, "NotImplemented", ""},
}

func TestRefusals(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := kindOf(c.version, c.action).tryDecode(c.in)
			if c.name == "no such action" {
				err = ocpp.ValidateRequest(c.version, c.action, []byte(c.in))
			}
			var bad *ocpp.Violation
			if !errors.As(err, &bad) {
				t.Fatalf("error %v, want %s", err, c.code)
			}
			if got := bad.Answer().Code.Spell(c.version); got != c.code {
				t.Errorf("code %s, want %s (%v)", got, c.code, bad)
			}
			if c.path != "" && bad.Path != c.path {
				t.Errorf("path %q, want %q", bad.Path, c.path)
			}
		})
	}
}

func (k kind) tryDecode(payload string) (ocpp.Call, []ocpp.Finding, error) {
	if k.decode == nil {
		return nil, nil, nil
	}
	return k.decode([]byte(payload))
}

func TestFindingsAreBounded(t *testing.T) {
	in := map[string]any{}
	for i := range 500 {
		in[strings.Repeat("x", i+1)] = i
	}
	var q v16.Heartbeat
	found, err := ocpp.Decode(ocpp.V16, &q, marshal(t, in))
	if err != nil || len(found) == 0 || len(found) > 32 {
		t.Errorf("%d findings, error %v", len(found), err)
	}
}

// Strict outbound: what is tolerated on the way in is never sent.
func TestStrictOutbound(t *testing.T) {
	for name, q := range map[string]ocpp.Call{
		"over-long idTag": v16.Authorize{IDTag: strings.Repeat("A", 21)},
		"unknown value":   v16.Reset{Type: "Medium"},
		"empty value":     v16.Reset{},
		"bare file name":  v16.GetDiagnostics{Location: "file.log"},
		"unset time":      v16.UpdateFirmware{Location: "ftp://example.com/f"},
		"finer than a tenth": v16.RemoteStartTransaction{IDTag: "A", ChargingProfile: &v16.ChargingProfile{
			ChargingProfileID: 1, ChargingProfilePurpose: v16.ChargingProfilePurposeTxProfile,
			ChargingProfileKind: v16.ChargingProfileKindRelative,
			ChargingSchedule: v16.ChargingSchedule{ChargingRateUnit: v16.ChargingRateUnitA,
				ChargingSchedulePeriod: []v16.ChargingSchedulePeriod{{Limit: ocpp.Decimal(1605, 2)}}}}},
		"not UTF-8": v16.DataTransfer{VendorID: "\xff"},
	} {
		if b, err := ocpp.Encode(ocpp.V16, q); err == nil {
			t.Errorf("%s: sent as %s", name, b)
		}
	}
}

func TestCustomDataSurvives(t *testing.T) {
	const custom = `{"vendorId":"V","n": 1.50,"deep":{"a":[null,true]}}`
	in := `{"customData":` + custom + `,"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V","customData":` + custom + `}}`
	message, found, err := kindOf(ocpp.V21, "BootNotification").decode([]byte(in))
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	out, err := ocpp.Encode(ocpp.V21, message)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(out), `"customData":{"vendorId":"V","n":1.50,"deep":{"a":[null,true]}}`); n != 2 {
		t.Errorf("%d of 2 came through: %s", n, out)
	}
}
