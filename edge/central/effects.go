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
	"chargewright/core/station"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
)

// Effective returns stations whose answers to our calls take effect here,
// whoever made the call: a password that a station took is the one it signs in
// with from then on.
func (c *Central) Effective(to link.Stations) link.Stations { return effective{to, c} }

type effective struct {
	link.Stations
	c *Central
}

// Call implements link.Stations.
func (e effective) Call(ctx context.Context, to string, call link.Call) (link.Answer, error) {
	a, err := e.Stations.Call(ctx, to, call)
	if !carriesSecret(call.Action, call.Payload) || err != nil && !fail.Is(err, fail.Timeout) || a.Error != nil {
		return a, err
	}
	if eerr := e.c.passwordSent(context.WithoutCancel(ctx), to, call, a, err != nil); eerr != nil {
		e.c.log.ErrorContext(ctx, "a station's new password was not recorded", "station", to, "err", eerr)
	}
	return a, err
}

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
func (c *Central) passwordSent(ctx context.Context, to string, call link.Call, a link.Answer, lost bool) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	_, err := store.Do(ctx, c.o.DB, to, func(tx *store.Tx) (done, error) {
		st, found, err := station.Find(tx, to)
		if err != nil || !found {
			return done{}, err
		}
		v, known := ocpp.ParseVersion(st.Protocol)
		password, taken, later := passwordIn(v, call, a)
		if !known || password == "" || !taken && !lost {
			return done{}, nil
		}
		d, found, err := device.At(tx, to)
		if err != nil || !found {
			return done{}, err
		}
		if later || lost {
			return done{}, device.AddPassword(tx, c.verifier, d, password)
		}
		return done{}, device.SetPassword(tx, c.verifier, d.ID, password)
	})
	return err
}

// passwordIn finds the password in a call, whether the station took it, and
// whether only after a reboot.
func passwordIn(v ocpp.Version, call link.Call, a link.Answer) (password string, taken, later bool) {
	switch call.Action {
	case "ChangeConfiguration":
		var q v16.ChangeConfiguration
		if _, err := ocpp.Decode(v, &q, bytes.Clone(call.Payload)); err != nil || !strings.EqualFold(q.Key, "AuthorizationKey") {
			return "", false, false
		}
		r, _, err := ocpp.DecodeReply[v16.ChangeConfigurationResponse](v, call.Action, bytes.Clone(a.Payload))
		later = r.Status == v16.ConfigurationStatusRebootRequired
		return q.Value, err == nil && (later || r.Status == v16.ConfigurationStatusAccepted), later
	case "SetVariables":
		var q v201.SetVariables
		if _, err := ocpp.Decode(v, &q, bytes.Clone(call.Payload)); err != nil {
			return "", false, false
		}
		for _, x := range q.SetVariableData {
			if strings.EqualFold(x.Variable.Name, "BasicAuthPassword") {
				password = x.AttributeValue
			}
		}
		r, _, err := ocpp.DecodeReply[v201.SetVariablesResponse](v, call.Action, bytes.Clone(a.Payload))
		for _, x := range r.SetVariableResult {
			if err == nil && strings.EqualFold(x.Variable.Name, "BasicAuthPassword") {
				later = x.AttributeStatus == v201.SetVariableStatusRebootRequired
				taken = later || x.AttributeStatus == v201.SetVariableStatusAccepted
			}
		}
	}
	return password, taken, later
}

// settleTime bounds what is recorded after a caller may have gone.
const settleTime = 10 * time.Second
