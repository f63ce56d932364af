package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
	"chargewright/wire/ocpp"
)

type rawPost struct {
	StationPath
	Action string    `path:"action" minLength:"1" maxLength:"60" doc:"An action that a CSMS sends, such as Reset"`
	Body   *document `doc:"The payload; none is {}"`
}

// callStation sends an action as it was given and answers with what the
// station answered. It does not judge the action by what is known of the
// station.
func (s *server) callStation(ctx context.Context, sc access.Scope, in *rawPost) ([]byte, error) {
	st, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (stations.Station, error) { return stations.Get(tx, sc, in.ID) })
	if err != nil {
		return nil, err
	}
	v, ok := ocpp.ParseVersion(st.Protocol)
	if !ok {
		return nil, fail.New(fail.Offline, "api.callStation", "the station has never been connected")
	}
	payload, err := rawPayload(v, in)
	if err != nil {
		return nil, err
	}
	a, err := s.o.Stations.Call(ctx, st.ID, link.Call{Action: in.Action, Payload: payload})
	if err != nil {
		return nil, callFailed(err)
	}
	if a.Error != nil {
		p := refuse(http.StatusBadGateway, fail.Conflict, "the station answered "+a.Error.Error())
		p.CallError = &callError{a.Error.Code, a.Error.Description, documentOf(string(a.Error.Details))}
		if len(a.Error.Details) == 0 {
			p.CallError.Details = nil
		}
		return nil, p
	}
	reply := a.Payload
	if len(reply) == 0 {
		reply = []byte("{}")
	}
	return reply, nil
}

// rawPayload is the payload to send: what came, without white space, if the
// version's schema has it.
func rawPayload(v ocpp.Version, in *rawPost) ([]byte, error) {
	known := slices.ContainsFunc(ocpp.Actions(v), func(a ocpp.ActionInfo) bool {
		return a.Name == in.Action && a.Direction != ocpp.FromStation
	})
	if !known {
		return nil, fail.Field("api.callStation", "action", "%.60q is no action that a CSMS sends in OCPP %s", in.Action, v)
	}
	payload := jsontext.Value("{}")
	if in.Body != nil {
		payload = jsontext.Value(*in.Body)
	}
	if err := payload.Compact(); err != nil {
		return nil, fail.Field("api.callStation", "", "the payload is not valid JSON")
	}
	err := ocpp.ValidateRequest(v, in.Action, payload)
	var bad *ocpp.Violation
	if errors.As(err, &bad) {
		return nil, fail.Field("api.callStation", bad.Path, "%s", bad.Text)
	}
	return payload, err
}

// callFailed is the answer when the station gave none.
func callFailed(err error) error {
	switch fail.KindOf(err) {
	case fail.Busy:
		return refuse(http.StatusTooManyRequests, fail.Busy, fail.Say(err))
	case fail.NotFound:
		return refuse(http.StatusConflict, fail.Offline, fail.Say(err))
	}
	return err
}
