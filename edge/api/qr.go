package api

import (
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	stations "chargewright/core/station"
)

func qrOperations() []operation {
	const tag, path = "payments", "/stations/{id}/dynamic-qr"
	return []operation{
		{get, path, access.Read, tag, "getDynamicQR", "Read with what a station shows dynamic QR codes", "OCPP 2.1 C25. The secret is never shown.", 0, nil, handleOne((*server).getDynamicQR)},
		{post, path, access.Stations, tag, "setUpDynamicQR", "Set a station up to show dynamic QR codes", "OCPP 2.1 C25. A new secret is made, and kept once the station has taken it. 409: the station is not connected.", 0, []int{409, 502, 504}, handle((*server).setUpDynamicQR)},
	}
}

type dynamicQR struct {
	EVSE      int64      `json:"evse_id" doc:"Of which the secret is; 0 is the station"`
	Template  string     `json:"url_template"`
	Version   string     `json:"totp_version"`
	Validity  int64      `json:"validity_s"`
	Length    int64      `json:"length"`
	HasSecret bool       `json:"has_secret" doc:"The station took one from this server"`
	Works     bool       `json:"works" doc:"What the station shows leads to the page of its EVSE"`
	UpdatedAt *time.Time `json:"updated_at" doc:"When the secret was taken"`
}

func (s *server) getDynamicQR(ctx context.Context, sc access.Scope, in *struct {
	StationPath
	Reading
	EVSE int64 `query:"evse_id" minimum:"0" doc:"An EVSE; 0 is the station"`
}) (dynamicQR, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (dynamicQR, error) {
		if _, err := stations.Get(tx, sc, in.ID); err != nil {
			return dynamicQR{}, err
		}
		d, found, err := device.At(tx, in.ID)
		if err != nil || !found {
			return dynamicQR{}, err
		}
		q, err := device.QROf(tx, d.ID, in.EVSE)
		return dynamicQR{q.EVSE, q.Template, q.Version, q.Validity, q.Length, q.Secret, q.Works(), moment(q.UpdatedAt)}, err
	})
}

type dynamicQRPost struct {
	StationPath
	Body struct {
		EVSE     int64 `json:"evse_id,omitempty" minimum:"0" doc:"An EVSE, for a secret of its own; 0 is the station"`
		Validity int64 `json:"validity_s,omitempty" minimum:"6" maximum:"3600" default:"30" doc:"How long a code is shown"`
		Length   int64 `json:"length,omitempty" minimum:"6" maximum:"32" default:"8" doc:"Characters of a code"`
	} `nameHint:"DynamicQRSetup"`
}

// setUpDynamicQR makes a secret and has the station take it with the rest.
func (s *server) setUpDynamicQR(ctx context.Context, sc access.Scope, in *dynamicQRPost) (device.Outcome, error) {
	const op = "api.setUpDynamicQR"
	if s.o.Commands == nil {
		return device.Outcome{}, fail.New(fail.Unavailable, op, "this server sends no commands")
	}
	st, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (stations.Station, error) { return stations.Get(tx, sc, in.ID) })
	if err != nil {
		return device.Outcome{}, err
	}
	if st.Connected && st.Protocol != "2.1" {
		return device.Outcome{}, fail.New(fail.Conflict, op, "the station speaks OCPP %s; dynamic codes came with 2.1", st.Protocol)
	}
	b := in.Body
	values, err := device.QRSetup{EVSE: b.EVSE, Template: s.base() + device.QRPath, Validity: time.Duration(b.Validity) * time.Second, Length: b.Length}.Values()
	if err != nil {
		return device.Outcome{}, err
	}
	o, err := s.o.Commands.Command(device.WithActor(ctx, sc.Actor), in.ID, device.SetSettings{Values: values})
	if err != nil {
		return device.Outcome{}, callFailed(err)
	}
	return o, nil
}
