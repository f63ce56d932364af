package main

import (
	"strings"
	"unicode"
)

// initialisms are the words written in capitals in Go names.
var initialisms = map[string]string{
	"id": "ID", "ids": "IDs", "evse": "EVSE", "ocpp": "OCPP", "csms": "CSMS", "url": "URL", "urls": "URLs",
	"apn": "APN", "vpn": "VPN", "iccid": "ICCID", "imsi": "IMSI", "csr": "CSR", "ev": "EV", "exi": "EXI",
	"ocsp": "OCSP", "vat": "VAT", "psp": "PSP", "tbc": "TBC", "iso15118": "ISO15118", "der": "DER", "soc": "SoC",
	"ac": "AC", "dc": "DC", "utf8": "UTF8", "sim": "SIM", "hv10": "HV10",
}

// goName turns a schema's name or an enumeration's value into a Go name.
func goName(s string) string {
	var out strings.Builder
	for _, w := range words(s) {
		if up, ok := initialisms[strings.ToLower(w)]; ok && !strings.EqualFold(w, "soc") || w == "soc" {
			out.WriteString(up)
			continue
		}
		out.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	return out.String()
}

// words splits at every sign that is no letter or digit and before every
// capital that follows a small letter or a digit.
func words(s string) (out []string) {
	var w []rune
	flush := func() {
		if len(w) > 0 {
			out = append(out, string(w))
		}
		w = nil
	}
	last := ' '
	for _, r := range s {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
		case unicode.IsUpper(r) && (unicode.IsLower(last) || unicode.IsDigit(last)) && !version2G(w, r):
			flush()
			w = append(w, r)
		default:
			w = append(w, r)
		}
		last = r
	}
	flush()
	return out
}

// version2G keeps V2G and V2X in one word.
func version2G(w []rune, r rune) bool {
	return len(w) == 2 && w[1] == '2' && unicode.ToUpper(w[0]) == 'V' && (r == 'G' || r == 'X')
}

// defined names a definition: as the schema names it, without "Type"; in 1.6,
// whose own types have no such endings, without "EnumType".
func (v *version) defined(name string) string {
	short := strings.TrimSuffix(name, "Type")
	if v.name == "1.6" {
		short = strings.TrimSuffix(short, "Enum")
	}
	if other, ok := renamed[v.folder+"."+short]; ok {
		return other
	}
	return goName(short)
}

// renamed solves the clashes between names of types and of actions, and
// within 1.6 between the core and the security extension.
var renamed = map[string]string{
	"v201.ClearChargingProfile": "ClearChargingProfileType",
	"v21.ClearChargingProfile":  "ClearChargingProfileType",
	"v16.FirmwareStatus":        "SignedFirmwareStatus",
	"v16.MessageTrigger":        "ExtendedMessageTrigger",
	"v16.Log":                   "LogType",
}

// fieldNames renames members whose name is a method of every message.
var fieldNames = map[string]string{"Action": "CertificateAction"}

// inlineNames gives the anonymous types of 1.6 the names of its text (§7);
// the key is the member, or action/member where the member alone says too little.
var inlineNames = map[string]string{
	"idTagInfo": "IDTagInfo", "localAuthorizationList": "AuthorizationData", "configurationKey": "KeyValue",
	"meterValue": "MeterValue", "transactionData": "MeterValue", "sampledValue": "SampledValue",
	"chargingProfile": "ChargingProfile", "csChargingProfiles": "ChargingProfile",
	"chargingSchedule": "ChargingSchedule", "chargingSchedulePeriod": "ChargingSchedulePeriod",
	"context": "ReadingContext", "format": "ValueFormat", "measurand": "Measurand", "phase": "Phase",
	"location": "Location", "unit": "UnitOfMeasure", "chargingProfilePurpose": "ChargingProfilePurpose",
	"chargingProfileKind": "ChargingProfileKind", "recurrencyKind": "RecurrencyKind",
	"chargingRateUnit": "ChargingRateUnit", "reason": "Reason", "errorCode": "ChargePointErrorCode",
	"updateType": "UpdateType", "requestedMessage": "MessageTrigger",

	"idTagInfo/status":                      "AuthorizationStatus",
	"StatusNotification/status":             "ChargePointStatus",
	"BootNotificationResponse/status":       "RegistrationStatus",
	"ChangeAvailability/type":               "AvailabilityType",
	"ChangeAvailabilityResponse/status":     "AvailabilityStatus",
	"ChangeConfigurationResponse/status":    "ConfigurationStatus",
	"DiagnosticsStatusNotification/status":  "DiagnosticsStatus",
	"FirmwareStatusNotification/status":     "FirmwareStatus",
	"RemoteStartTransactionResponse/status": "RemoteStartStopStatus", "RemoteStopTransactionResponse/status": "RemoteStartStopStatus",
	"ReserveNowResponse/status": "ReservationStatus", "Reset/type": "ResetType",
	"SendLocalListResponse/status": "UpdateStatus", "SetChargingProfileResponse/status": "ChargingProfileStatus",
	"UnlockConnectorResponse/status": "UnlockStatus",
}

// inline names an anonymous type after its place.
func (v *version) inline(prop, path string) string {
	parts := strings.Split(path, "/")
	if name, ok := inlineNames[strings.Join(parts[len(parts)-2:], "/")]; ok {
		return name
	}
	if name, ok := inlineNames[prop]; ok {
		return name
	}
	return goName(strings.TrimSuffix(parts[len(parts)-2], "Response")) + goName(prop)
}
