package central

import (
	"bytes"
	"context"
	"strings"

	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
	"chargewright/wire/ocpp/v21"
)

// report201 takes a part of a report into the device model (2.x B07, B08). Each
// part stands for itself: their order and number do not matter.
func (c *Central) report201(ctx context.Context, in *inbound, q *v201.NotifyReport) (v201.NotifyReportResponse, error) {
	var ks []device.Known
	for _, r := range q.ReportData {
		ks = append(ks, reported(r.Component, r.Variable, r.VariableAttribute)...)
	}
	return v201.NotifyReportResponse{}, c.learn(ctx, in, ks)
}

func (c *Central) report21(ctx context.Context, in *inbound, q *v21.NotifyReport) (v21.NotifyReportResponse, error) {
	var ks []device.Known
	for _, r := range q.ReportData {
		ks = append(ks, reported(r.Component, r.Variable, r.VariableAttribute)...)
	}
	return v21.NotifyReportResponse{}, c.learn(ctx, in, ks)
}

func (c *Central) learn(ctx context.Context, in *inbound, ks []device.Known) error {
	_, err := atom(ctx, c, in, func(tx *store.Tx) (done, error) {
		d, found, err := device.At(tx, in.StationID)
		if err != nil || !found {
			return done{}, err
		}
		learnStandards(tx, in.StationID, ks)
		return done{}, device.Learn(tx, d.ID, ks)
	})
	return err
}

func reported(c v201.Component, v v201.Variable, attributes []v201.VariableAttribute) []device.Known {
	var ks []device.Known
	for _, a := range attributes {
		ks = append(ks, device.Known{Setting: settingOf(c, v, a.Type), Value: a.Value, ReadOnly: a.Mutability == v201.MutabilityReadOnly})
	}
	return ks
}

func settingOf(c v201.Component, v v201.Variable, a v201.AttributeEnum) device.Setting {
	s := device.Setting{Component: c.Name, ComponentInstance: c.Instance, Variable: v.Name, Instance: v.Instance, Attribute: string(a)}
	if c.EVSE != nil {
		s.EVSE = c.EVSE.ID
		if c.EVSE.ConnectorID != nil {
			s.Connector = *c.EVSE.ConnectorID
		}
	}
	return s
}

// settingsRead takes the settings that a station answered with.
func (c *Central) settingsRead(tx *store.Tx, t heard) error {
	var ks []device.Known
	if t.version == ocpp.V16 {
		r, _, err := ocpp.DecodeReply[v16.GetConfigurationResponse](t.version, t.call.Action, bytes.Clone(t.answer))
		if err != nil {
			return nil // an unreadable answer is the caller's to see
		}
		for _, k := range r.ConfigurationKey {
			ks = append(ks, device.Known{Setting: device.Setting{Variable: k.Key}, Value: k.Value, ReadOnly: k.Readonly})
		}
	} else {
		r, _, err := ocpp.DecodeReply[v201.GetVariablesResponse](t.version, t.call.Action, bytes.Clone(t.answer))
		if err != nil {
			return nil
		}
		for _, x := range r.GetVariableResult {
			if x.AttributeStatus == v201.GetVariableStatusAccepted {
				ks = append(ks, device.Known{Setting: settingOf(x.Component, x.Variable, x.AttributeType), Value: x.AttributeValue})
			}
		}
	}
	return learnHere(tx, t, ks)
}

// settingsTaken takes the settings that a station accepted from us; a password
// among them is the one it signs in with.
func (c *Central) settingsTaken(tx *store.Tx, t heard) error {
	if err := c.passwordSent(tx, t); err != nil {
		return err
	}
	var ks []device.Known
	if t.version == ocpp.V16 {
		var q v16.ChangeConfiguration
		if _, err := ocpp.Decode(t.version, &q, bytes.Clone(t.call.Payload)); err != nil {
			return nil
		}
		r, _, err := ocpp.DecodeReply[v16.ChangeConfigurationResponse](t.version, t.call.Action, bytes.Clone(t.answer))
		if err == nil && r.Status == v16.ConfigurationStatusAccepted {
			ks = append(ks, device.Known{Setting: device.Setting{Variable: q.Key}, Value: q.Value})
		}
		return learnHere(tx, t, ks)
	}
	var q v201.SetVariables
	if _, err := ocpp.Decode(t.version, &q, bytes.Clone(t.call.Payload)); err != nil {
		return nil
	}
	r, _, err := ocpp.DecodeReply[v201.SetVariablesResponse](t.version, t.call.Action, bytes.Clone(t.answer))
	if err != nil || len(r.SetVariableResult) != len(q.SetVariableData) {
		r.SetVariableResult = nil
	}
	if err := c.qrSecretSent(tx, t, q.SetVariableData, r.SetVariableResult); err != nil || r.SetVariableResult == nil {
		return err
	}
	for i, x := range r.SetVariableResult { // the station answers in the order asked
		want, got := q.SetVariableData[i], settingOf(x.Component, x.Variable, x.AttributeType)
		if x.AttributeStatus == v201.SetVariableStatusAccepted && settingOf(want.Component, want.Variable, want.AttributeType) == got {
			ks = append(ks, device.Known{Setting: got, Value: want.AttributeValue})
		}
	}
	return learnHere(tx, t, ks)
}

// qrSecretSent keeps the secret of dynamic QR codes that a station took (2.1 C25):
// what it makes of it is verified by it. Where the answer was lost, or it takes
// effect after a reboot, the one before stays good beside it.
func (c *Central) qrSecretSent(tx *store.Tx, t heard, sent []v201.SetVariableData, results []v201.SetVariableResult) error {
	for i, x := range sent {
		s := settingOf(x.Component, x.Variable, x.AttributeType)
		if !strings.EqualFold(s.Component, device.QRComponent) || !strings.EqualFold(s.Variable, device.QRSecret) {
			continue
		}
		later := t.lost
		if i < len(results) {
			later = results[i].AttributeStatus == v201.SetVariableStatusRebootRequired
			if !later && results[i].AttributeStatus != v201.SetVariableStatusAccepted {
				continue
			}
		} else if !t.lost {
			continue
		}
		d, found, err := device.At(tx, t.station.ID)
		if err != nil || !found {
			return err
		}
		if err := device.TookQR(tx, c.o.Keys.Sealer(device.QRVault), d.ID, s.EVSE, x.AttributeValue, later); err != nil {
			return err
		}
	}
	return nil
}

func learnHere(tx *store.Tx, t heard, ks []device.Known) error {
	if len(ks) == 0 {
		return nil
	}
	d, found, err := device.At(tx, t.station.ID)
	if err != nil || !found {
		return err
	}
	return device.Learn(tx, d.ID, ks)
}
