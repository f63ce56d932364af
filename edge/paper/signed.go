package paper

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"chargewright/core/session"
)

// The size of what is looked into for a signature, in bytes.
const maxSigned = 64 << 10

// signedIn refers to the signed values in a session's evidence: the first and the
// last record, and the public key where a station sent it with them. Nothing is
// verified here. It is nil where nothing is signed.
func signedIn(in []session.Input) *Signed {
	var first, last string
	out := &Signed{Format: "OCPP"}
	for _, x := range in {
		for _, r := range x.Samples {
			if r.Signed != "" {
				if first == "" {
					first = r.Signed
				}
				last = r.Signed
			}
		}
		if out.Key == "" && strings.Contains(x.Message, "publicKey") && len(x.Message) <= maxSigned {
			out.Key = publicKey(x.Message)
		}
	}
	if first == "" {
		return nil
	}
	begin, ok := parseOCMF(first)
	if !ok {
		return out
	}
	out.Format, out.Meter, out.Begin = "OCMF", begin.Meter, begin.Page
	if end, ok := parseOCMF(last); ok && last != first {
		out.End = end.Page
	}
	if out.Meter == "" {
		out.Meter = begin.Gateway
	}
	return out
}

// ocmf are the members of an OCMF record (Open Charge Metering Format 1.x) that
// name it.
type ocmf struct {
	Gateway string `json:"GS"`
	Meter   string `json:"MS"`
	Page    string `json:"PG"`
}

// parseOCMF reads "OCMF|{…}|{…}", plain or in base64 as OCPP 2.x carries it.
func parseOCMF(text string) (o ocmf, ok bool) {
	if len(text) > maxSigned {
		return o, false
	}
	if b, err := base64.StdEncoding.DecodeString(text); err == nil {
		text = string(b)
	}
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "OCMF|")
	if !ok {
		return o, false
	}
	return o, json.NewDecoder(strings.NewReader(rest)).Decode(&o) == nil
}

// publicKey is the first public key among the signed values of a message (OCPP
// 2.x, SignedMeterValueType).
func publicKey(message string) string {
	var v any
	if json.Unmarshal([]byte(message), &v) != nil {
		return ""
	}
	return keyIn(v)
}

func keyIn(v any) string {
	switch v := v.(type) {
	case map[string]any:
		if k, ok := v["publicKey"].(string); ok && k != "" && v["signedMeterData"] != nil {
			return k
		}
		for _, x := range v {
			if k := keyIn(x); k != "" {
				return k
			}
		}
	case []any:
		for _, x := range v {
			if k := keyIn(x); k != "" {
				return k
			}
		}
	}
	return ""
}
