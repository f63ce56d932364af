package central

import (
	"bytes"
	"context"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/core/reserve"
	"chargewright/core/station"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
)

// Effective returns stations whose answers to our calls take effect here,
// whoever made the call: a password that a station took is the one it signs in
// with from then on, a reservation that it granted is on record.
func (c *Central) Effective(to link.Stations) link.Stations { return effective{to, c} }

type effective struct {
	link.Stations
	c *Central
}

// heard is a call of ours and what came of it.
type heard struct {
	station station.Station
	version ocpp.Version
	call    link.Call
	answer  []byte
	lost    bool // no answer came: the station may have acted
}

// effects is the table of calls whose outcome is recorded.
var effects = map[string]func(c *Central, tx *store.Tx, t heard) error{
	"ChangeConfiguration": (*Central).settingsTaken,
	"SetVariables":        (*Central).settingsTaken,
	"GetConfiguration":    (*Central).settingsRead,
	"GetVariables":        (*Central).settingsRead,
	"ReserveNow":          (*Central).reserved,
	"CancelReservation":   (*Central).cancelled,
}

// Call implements link.Stations.
func (e effective) Call(ctx context.Context, to string, call link.Call) (link.Answer, error) {
	a, err := e.Stations.Call(ctx, to, call)
	effect := effects[call.Action]
	if effect == nil || a.Error != nil || err != nil && !fail.Is(err, fail.Timeout) {
		return a, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	_, eerr := store.Do(ctx, e.c.o.DB, to, func(tx *store.Tx) (done, error) {
		st, found, eerr := station.Find(tx, to)
		v, known := ocpp.ParseVersion(st.Protocol)
		if eerr != nil || !found || !known {
			return done{}, eerr
		}
		return done{}, effect(e.c, tx, heard{st, v, call, a.Payload, err != nil})
	})
	if eerr != nil {
		e.c.log.ErrorContext(ctx, "what a station took is not on record", "station", to, "action", call.Action, "err", eerr)
	}
	return a, err
}

// settleTime bounds what is recorded after a caller may have gone.
const settleTime = 10 * time.Second

// carriesSecret reports whether a payload sets a station's password. Such
// payloads are kept nowhere.
func carriesSecret(action string, payload []byte) bool {
	switch action {
	case "ChangeConfiguration":
		return bytes.Contains(payload, []byte("AuthorizationKey"))
	case "SetVariables":
		return bytes.Contains(payload, []byte("BasicAuthPassword"))
	case "SetNetworkProfile":
		return true
	}
	return false
}

// passwordSent records the password a station took. Where it takes effect
// later, or the answer was lost, the old one stays good until the new one is
// used (1.6 security whitepaper §2.4; 2.x A01).
func (c *Central) passwordSent(tx *store.Tx, t heard) error {
	password, taken, later := t.password()
	if password == "" || !taken && !t.lost {
		return nil
	}
	d, found, err := device.At(tx, t.station.ID)
	if err != nil || !found {
		return err
	}
	if later || t.lost {
		return device.AddPassword(tx, c.verifier, d, password)
	}
	return device.SetPassword(tx, c.verifier, d.ID, password)
}

// password finds the password in a call, whether the station took it, and
// whether only after a reboot.
func (t heard) password() (password string, taken, later bool) {
	if t.version == ocpp.V16 {
		var q v16.ChangeConfiguration
		if _, err := ocpp.Decode(t.version, &q, bytes.Clone(t.call.Payload)); err != nil || !strings.EqualFold(q.Key, "AuthorizationKey") {
			return "", false, false
		}
		r, _, err := ocpp.DecodeReply[v16.ChangeConfigurationResponse](t.version, t.call.Action, bytes.Clone(t.answer))
		later = r.Status == v16.ConfigurationStatusRebootRequired
		return q.Value, err == nil && (later || r.Status == v16.ConfigurationStatusAccepted), later
	}
	var q v201.SetVariables
	if _, err := ocpp.Decode(t.version, &q, bytes.Clone(t.call.Payload)); err != nil {
		return "", false, false
	}
	for _, x := range q.SetVariableData {
		if strings.EqualFold(x.Variable.Name, "BasicAuthPassword") {
			password = x.AttributeValue
		}
	}
	r, _, err := ocpp.DecodeReply[v201.SetVariablesResponse](t.version, t.call.Action, bytes.Clone(t.answer))
	for _, x := range r.SetVariableResult {
		if err == nil && strings.EqualFold(x.Variable.Name, "BasicAuthPassword") {
			later = x.AttributeStatus == v201.SetVariableStatusRebootRequired
			taken = later || x.AttributeStatus == v201.SetVariableStatusAccepted
		}
	}
	return password, taken, later
}

// reserved records a reservation that a station granted.
func (c *Central) reserved(tx *store.Tx, t heard) error {
	r := reserve.Reservation{Tenant: t.station.Tenant, Station: t.station.ID}
	accepted := false
	if t.version == ocpp.V16 {
		var q v16.ReserveNow
		if _, err := ocpp.Decode(t.version, &q, bytes.Clone(t.call.Payload)); err != nil || t.lost {
			return nil
		}
		a, _, err := ocpp.DecodeReply[v16.ReserveNowResponse](t.version, t.call.Action, bytes.Clone(t.answer))
		accepted = err == nil && a.Status == v16.ReservationStatusAccepted
		r.Number, r.EVSE, r.Connector, r.Token, r.ExpiresAt = q.ReservationID, q.ConnectorID, min(q.ConnectorID, 1), q.IDTag, q.ExpiryDate.Time
	} else {
		var q v201.ReserveNow
		if _, err := ocpp.Decode(t.version, &q, bytes.Clone(t.call.Payload)); err != nil || t.lost {
			return nil
		}
		a, _, err := ocpp.DecodeReply[v201.ReserveNowResponse](t.version, t.call.Action, bytes.Clone(t.answer))
		accepted = err == nil && a.Status == v201.ReserveNowStatusAccepted
		r.Number, r.Token, r.ExpiresAt = q.ID, q.IDToken.IDToken, q.ExpiryDateTime.Time
		if q.EVSEID != nil {
			r.EVSE = *q.EVSEID
		}
	}
	if !accepted {
		return nil
	}
	_, err := reserve.Granted(tx, r)
	return err
}

// cancelled records that a station took a cancellation. A lost answer leaves the
// reservation as it is: it ends by its time or by the station's word.
func (c *Central) cancelled(tx *store.Tx, t heard) error {
	var number int64
	accepted := false
	if t.version == ocpp.V16 {
		var q v16.CancelReservation
		if _, err := ocpp.Decode(t.version, &q, bytes.Clone(t.call.Payload)); err != nil || t.lost {
			return nil
		}
		a, _, err := ocpp.DecodeReply[v16.CancelReservationResponse](t.version, t.call.Action, bytes.Clone(t.answer))
		number, accepted = q.ReservationID, err == nil && a.Status == v16.CancelReservationStatusAccepted
	} else {
		var q v201.CancelReservation
		if _, err := ocpp.Decode(t.version, &q, bytes.Clone(t.call.Payload)); err != nil || t.lost {
			return nil
		}
		a, _, err := ocpp.DecodeReply[v201.CancelReservationResponse](t.version, t.call.Action, bytes.Clone(t.answer))
		number, accepted = q.ReservationID, err == nil && a.Status == v201.CancelReservationStatusAccepted
	}
	if accepted {
		reserve.End(tx, t.station.ID, number, reserve.Cancelled)
	}
	return nil
}
