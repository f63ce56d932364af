package ocpp_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v21"
)

type station struct{ id string }

func routes(handle func(context.Context, *station, *v16.Authorize) (v16.AuthorizeResponse, error)) *ocpp.Router[*station] {
	r := ocpp.NewRouter[*station](ocpp.V16)
	ocpp.On(r, handle)
	return r
}

func TestRouterServes(t *testing.T) {
	r := routes(func(_ context.Context, s *station, q *v16.Authorize) (v16.AuthorizeResponse, error) {
		if s.id != "CS1" || q.IDTag != "A" {
			t.Errorf("station %q, idTag %q", s.id, q.IDTag)
		}
		return v16.AuthorizeResponse{IDTagInfo: v16.IDTagInfo{Status: v16.AuthorizationStatusInvalid}}, nil
	})
	reply, found, err := r.Serve(context.Background(), &station{"CS1"}, "Authorize", []byte(`{"idTag":"A","extra":1}`))
	if err != nil || string(reply) != `{"idTagInfo":{"status":"Invalid"}}` {
		t.Errorf("reply %s, error %v", reply, err)
	}
	if len(found) != 1 || found[0].Kind != ocpp.UnknownMember {
		t.Errorf("findings %v", found)
	}
}

func TestRouterRefuses(t *testing.T) {
	secret := errors.New("disk full")
	fails := func(err error, status v16.AuthorizationStatus) *ocpp.Router[*station] {
		return routes(func(context.Context, *station, *v16.Authorize) (v16.AuthorizeResponse, error) {
			return v16.AuthorizeResponse{IDTagInfo: v16.IDTagInfo{Status: status}}, err
		})
	}
	for _, c := range []struct {
		name, action, payload string
		router                *ocpp.Router[*station]
		code                  ocpp.Code
		log                   string
	}{
		{"unknown action", "Teleport", `{}`, fails(nil, "Accepted"), ocpp.NotImplemented, "Teleport"},
		{"action of another version", "TransactionEvent", `{}`, fails(nil, "Accepted"), ocpp.NotImplemented, "TransactionEvent"},
		{"no handler", "Heartbeat", `{}`, fails(nil, "Accepted"), ocpp.NotSupported, ""},
		{"bad payload", "Authorize", `{}`, fails(nil, "Accepted"), ocpp.OccurrenceConstraintViolation, "/idTag"},
		{"the handler's own error", "Authorize", `{"idTag":"A"}`, fails(&ocpp.Error{Code: ocpp.SecurityError}, ""), ocpp.SecurityError, ""},
		{"any other error", "Authorize", `{"idTag":"A"}`, fails(secret, ""), ocpp.InternalError, "disk full"},
		{"a reply off the schema", "Authorize", `{"idTag":"A"}`, fails(nil, "Perhaps"), ocpp.InternalError, "/idTagInfo/status"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply, _, err := c.router.Serve(context.Background(), &station{}, c.action, []byte(c.payload))
			var due *ocpp.Error
			if !errors.As(err, &due) || due.Code != c.code || reply != nil {
				t.Fatalf("reply %s, error %v, want %s", reply, err, c.code)
			}
			if !strings.Contains(err.Error(), c.log) {
				t.Errorf("the log says %q, not %q", err, c.log)
			}
			if c.code == ocpp.InternalError && strings.Contains(due.Description, c.log) {
				t.Errorf("the station is told %q", due.Description)
			}
		})
	}
}

func TestRouterTakesSentActions(t *testing.T) {
	r := ocpp.NewRouter[*station](ocpp.V21)
	var got v21.NotifyPeriodicEventStream
	ocpp.On(r, func(_ context.Context, _ *station, q *v21.NotifyPeriodicEventStream) (ocpp.NoReply, error) {
		got = *q
		return ocpp.NoReply{}, nil
	})
	reply, _, err := r.Serve(context.Background(), &station{}, "NotifyPeriodicEventStream",
		[]byte(`{"id":4,"pending":0,"basetime":"2024-01-02T03:04:05Z","data":[{"t":0.5,"v":"230.1"}]}`))
	if err != nil || reply != nil || got.ID != 4 || len(got.Data) != 1 || got.Data[0].T.String() != "0.5" {
		t.Errorf("reply %s, error %v, message %+v", reply, err, got)
	}
}

func TestWiringMistakesPanic(t *testing.T) {
	handle := func(context.Context, *station, *v16.Authorize) (r v16.AuthorizeResponse, err error) { return }
	for name, wire := range map[string]func(){
		"twice": func() { ocpp.On(routes(handle), handle) },
		"not of the version": func() {
			ocpp.On(ocpp.NewRouter[*station](ocpp.V201), func(context.Context, *station, *v16.StartTransaction) (r v16.StartTransactionResponse, err error) {
				return
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			wire()
		})
	}
}

func TestActions(t *testing.T) {
	for v, want := range map[ocpp.Version]int{ocpp.V16: 39, ocpp.V201: 64, ocpp.V21: 91} {
		actions := ocpp.Actions(v)
		sent := 0
		for i, a := range actions {
			if i > 0 && actions[i-1].Name >= a.Name {
				t.Errorf("%s before %s", actions[i-1].Name, a.Name)
			}
			if a.Direction < ocpp.FromStation || a.Direction > ocpp.Both {
				t.Errorf("%s goes nowhere", a.Name)
			}
			if a.Send {
				sent++
			}
		}
		if len(actions) != want || (sent == 1) != (v == ocpp.V21) {
			t.Errorf("%s: %d actions, %d sent", v, len(actions), sent)
		}
	}
}
