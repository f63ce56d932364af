package api

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
	"chargewright/wire/ocpp"
)

// connect makes a station that speaks a version and answers as told.
func (h *harness) connect(id, protocol string, outcome func(link.Call) (link.Answer, error)) {
	h.Helper()
	h.as(200, put, "/stations/"+id, `{}`)
	h.atom(func(tx *store.Tx) error {
		return connect(tx, id, protocol)
	})
	h.stations.outcome[id] = outcome
}

func answers(payload string) func(link.Call) (link.Answer, error) {
	return func(link.Call) (link.Answer, error) { return link.Answer{Payload: []byte(payload)}, nil }
}

func fails(kind fail.Kind) func(link.Call) (link.Answer, error) {
	return func(link.Call) (link.Answer, error) {
		return link.Answer{}, fail.New(kind, "gateway.Call", "as the test wants")
	}
}

func TestRawActions(t *testing.T) {
	each(t, func(h *harness) {
		accepted := answers(`{"status":"Accepted"}`)
		h.connect("OLD", "1.6", accepted)
		h.connect("NEW", "2.0.1", accepted)
		h.connect("EMPTY", "2.1", answers(``))
		h.connect("BUSY", "1.6", fails(fail.Busy))
		h.connect("GONE", "1.6", fails(fail.Timeout))
		h.connect("AWAY", "1.6", nil)
		h.connect("DOWN", "1.6", fails(fail.Unavailable))
		h.connect("ERR", "2.0.1", func(link.Call) (link.Answer, error) {
			return link.Answer{Error: &link.CallError{Code: "NotSupported", Description: "no such thing", Details: []byte(`{"a":1}`)}}, nil
		})
		h.as(200, put, "/stations/NEVER", `{}`)
		const reset, reset2 = `{"type":"Soft"}`, `{"type":"Immediate"}`
		for _, c := range []struct {
			name, station, action, body string
			code                        int
			kind, field, sent           string
		}{
			{"sent", "OLD", "Reset", reset, 200, "", "", reset},
			{"compacted, order kept", "NEW", "SetVariables", " { \"setVariableData\" : [ { \"variable\":{\"name\":\"B\"}, \"component\":{\"name\":\"A\"},\n\"attributeValue\":\"1.50\" } ] } ", 200, "", "",
				`{"setVariableData":[{"variable":{"name":"B"},"component":{"name":"A"},"attributeValue":"1.50"}]}`},
			{"numbers and escapes as they came", "OLD", "DataTransfer", `{"vendorId":"x","data":"\u00e9\/"}`, 200, "", "", `{"vendorId":"x","data":"\u00e9\/"}`},
			{"customData survives", "NEW", "Reset", `{"type":"Immediate","customData":{"vendorId":"v","z":1.0e2}}`, 200, "", "", `{"type":"Immediate","customData":{"vendorId":"v","z":1.0e2}}`},
			{"no body is no members", "OLD", "ClearCache", "", 200, "", "", `{}`},
			{"an empty answer", "EMPTY", "ClearCache", "{}", 200, "", "", `{}`},
			{"unknown station", "NOPE", "Reset", reset, 404, "not_found", "", ""},
			{"offline", "AWAY", "Reset", reset, 409, "offline", "", ""},
			{"never connected", "NEVER", "Reset", reset, 409, "offline", "", ""},
			{"not of the schema", "OLD", "Reset", `{"type":"Hot"}`, 422, "invalid", "/type", ""},
			{"of another version", "NEW", "Reset", reset, 422, "invalid", "/type", ""},
			{"deep in it", "NEW", "SetVariables", `{"setVariableData":[{"component":{"name":"A"},"variable":{"name":7},"attributeValue":"1"}]}`, 422, "invalid", "/setVariableData/0/variable/name", ""},
			{"an unknown member", "OLD", "Reset", `{"type":"Soft","x":1}`, 422, "invalid", "/x", ""},
			{"the station's own action", "OLD", "BootNotification", `{"chargePointVendor":"v","chargePointModel":"m"}`, 422, "invalid", "action", ""},
			{"an action of another version", "OLD", "SetVariables", `{}`, 422, "invalid", "action", ""},
			{"no action", "OLD", "Dance", `{}`, 422, "invalid", "action", ""},
			{"no object", "OLD", "Reset", `[]`, 422, "invalid", "body", ""},
			{"no JSON", "OLD", "Reset", `{"type":`, 400, "invalid", "body", ""},
			{"a member twice", "OLD", "Reset", `{"type":"Soft","type":"Hard"}`, 400, "invalid", "body", ""},
			{"CALLERROR", "ERR", "Reset", reset2, 502, "conflict", "", reset2},
			{"busy", "BUSY", "Reset", reset, 429, "busy", "", ""},
			{"no answer", "GONE", "Reset", reset, 504, "timeout", "", reset},
			{"gateway down", "DOWN", "Reset", reset, 503, "unavailable", "", ""},
		} {
			h.stations.calls = nil
			r := h.as(c.code, post, "/stations/"+c.station+"/ocpp/"+c.action, c.body)
			kind, _ := r.body["kind"].(string)
			field, _ := r.body["field"].(string)
			if kind != c.kind || field != c.field {
				h.Errorf("%s: kind %q, field %q; want %q, %q\n%s", c.name, kind, field, c.kind, c.field, r.text)
			}
			call, sent := h.stations.last()
			if (c.code == 200 || c.code == 502 || c.code == 504) && (string(call.Payload) != c.sent || call.Action != c.action || call.Send) {
				h.Errorf("%s: sent %s %s", c.name, call.Action, call.Payload)
			}
			if sent && (c.code == 404 || c.code == 409 || c.code == 422 || c.code == 400) {
				h.Errorf("%s: %s was sent", c.name, call.Payload)
			}
			if (c.code == 429 || c.code == 503) && r.header.Get("Retry-After") == "" {
				h.Errorf("%s: no Retry-After", c.name)
			}
			if c.code >= 400 && r.header.Get("Content-Type") != "application/problem+json" {
				h.Errorf("%s: %s", c.name, r.header.Get("Content-Type"))
			}
		}
		bad := h.as(502, post, "/stations/ERR/ocpp/Reset", reset2).body["call_error"].(map[string]any)
		if details, _ := bad["details"].(map[string]any); bad["code"] != "NotSupported" || bad["description"] != "no such thing" || details["a"] != 1.0 {
			h.Errorf("call_error is %v", bad)
		}
		if r := h.as(200, post, "/stations/OLD/ocpp/Reset", reset); r.text != `{"status":"Accepted"}` {
			h.Errorf("the answer is %s", r.text)
		}
	})
}

func connect(tx *store.Tx, id, protocol string) error {
	return stations.Opened(tx, stations.Connection{Station: id, Epoch: 1, Node: "test", Remote: "192.0.2.9:1", Protocol: protocol})
}

// deadlines is an answer that notes what bounds the reading of the request.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

// The body has to arrive in time; the station may take longer. A read deadline
// that is left in place cancels the request when it passes.
func TestTheReadDeadlineIsLifted(t *testing.T) {
	each(t, func(h *harness) {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		bounded := false
		h.connect("CP", "1.6", func(link.Call) (link.Answer, error) {
			bounded = len(w.set) < 2 || w.set[0].IsZero() || !w.set[len(w.set)-1].IsZero()
			return link.Answer{Payload: []byte(`{}`)}, nil
		})
		q := httptest.NewRequestWithContext(h.Context(), post, prefix+"/stations/CP/ocpp/ClearCache", strings.NewReader(`{}`))
		q.Header.Set("Authorization", "Bearer "+h.keys[access.Owner])
		h.handler.ServeHTTP(w, q)
		if w.Code != 200 || bounded {
			h.Errorf("status %d; deadlines were set to %v", w.Code, w.set)
		}
	})
}

// What is accepted is of the schema, says what was given, and holds no white space.
func FuzzRawPayload(f *testing.F) {
	f.Add("SetVariables", []byte(` { "setVariableData" : [ { "variable":{"name":"B"}, "component":{"name":"A"}, "attributeValue":"1.50" } ] } `))
	f.Add("Reset", []byte(`{"type":"Immediate","customData":{"vendorId":"v","z":1.0e2}}`))
	f.Add("DataTransfer", []byte(`{"vendorId":"x","data":[1,{"a":null}]}`))
	f.Add("Heartbeat", []byte(`{}`))
	f.Fuzz(func(t *testing.T, action string, body []byte) {
		given := document(bytes.Clone(body))
		sent, err := rawPayload(ocpp.V201, &rawPost{Action: action, Body: &given})
		if err != nil {
			if !fail.Is(err, fail.Invalid) {
				t.Fatalf("%s %q: %v", action, body, err)
			}
			return
		}
		if err := ocpp.ValidateRequest(ocpp.V201, action, sent); err != nil {
			t.Fatalf("%s %q is sent as %q: %v", action, body, sent, err)
		}
		var dense bytes.Buffer
		if err := json.Compact(&dense, body); err != nil || !bytes.Equal(dense.Bytes(), sent) {
			t.Fatalf("%q is sent as %q, %v", body, sent, err)
		}
	})
}
