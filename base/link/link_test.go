package link

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

func TestTypesSurviveJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	values := []any{
		Hello{StationID: "CP 1/2", Path: "/ocpp/CP%201", User: "u", Password: []byte{0, 0xff}, HasAuth: true, TLS: true,
			PeerCertificate: []byte{1}, Remote: "[::1]:9", Offered: []string{"ocpp1.6"}, Subprotocol: "ocpp1.6", Node: "n"},
		Welcome{StationID: "CP1", Epoch: 7, Ping: time.Minute, Secured: true},
		Peer{StationID: "CP1", Epoch: 7, Subprotocol: "ocpp2.1", Remote: "r"},
		Call{ID: "a", Action: "Reset", Payload: []byte(`{"type":"Hard"}`), Send: true, ReceivedAt: at},
		Answer{Payload: []byte(`{}`)},
		Answer{Error: &CallError{Code: "NotSupported", Description: "no", Details: []byte(`{}`)}},
	}
	for _, v := range values {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("%T: %v", v, err)
		}
		back := reflect.New(reflect.TypeOf(v))
		if err := json.Unmarshal(data, back.Interface()); err != nil {
			t.Fatalf("%T: %v", v, err)
		}
		if got := back.Elem().Interface(); !reflect.DeepEqual(got, v) {
			t.Errorf("%T: got %+v, want %+v", v, got, v)
		}
	}
}

func TestCallErrorText(t *testing.T) {
	if got := (&CallError{Code: "NotSupported"}).Error(); got != "NotSupported" {
		t.Errorf("got %q", got)
	}
	if got := (&CallError{Code: "NotSupported", Description: "no"}).Error(); got != "NotSupported: no" {
		t.Errorf("got %q", got)
	}
}
