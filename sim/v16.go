package sim

import (
	"context"
	"errors"
	"strconv"
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
)

// speaker16 is OCPP 1.6 edition 2.
type speaker16 struct {
	router *ocpp.Router[*Station]
}

func newV16() *speaker16 {
	v := &speaker16{router: ocpp.NewRouter[*Station](ocpp.V16)}
	v.routes()
	return v
}

func (v *speaker16) serve(s *Station, action string, payload []byte) ([]byte, *ocpp.Error) {
	return serve(v.router, s, action, payload)
}

// serve asks a router and returns the CALLERROR due.
func serve(r *ocpp.Router[*Station], s *Station, action string, payload []byte) ([]byte, *ocpp.Error) {
	reply, _, err := r.Serve(s.ctx, s, action, payload)
	if err == nil {
		return reply, nil
	}
	s.log.Debug("a call was refused", "action", action, "err", err)
	var due *ocpp.Error
	if !errors.As(err, &due) {
		due = &ocpp.Error{Code: ocpp.InternalError}
	}
	return nil, due
}

func (v *speaker16) boot(s *Station, _ string) ocpp.Call {
	c := s.cfg
	return v16.BootNotification{
		ChargePointVendor: clip(c.Vendor, 20), ChargePointModel: clip(c.Model, 20),
		ChargePointSerialNumber: clip(s.serialNumber(), 25), FirmwareVersion: clip(c.Firmware, 50),
	}
}

// serialNumber is the configured one; the quirk needs some.
func (s *Station) serialNumber() string {
	if s.quirks[LongSerial] {
		return orText(s.cfg.Serial, "SN")
	}
	return s.cfg.Serial
}

// clip cuts a text of one-byte characters to n.
func clip(text string, n int) string { return text[:min(len(text), n)] }

func (v *speaker16) booted(payload []byte) (registration, error) {
	r, _, err := ocpp.DecodeReply[v16.BootNotificationResponse](ocpp.V16, "BootNotification", payload)
	return registration{string(r.Status), time.Duration(r.Interval) * time.Second}, err
}

func (v *speaker16) heartbeat() ocpp.Call { return v16.Heartbeat{} }

func (v *speaker16) status(s *Station, c *connector, at time.Time) ocpp.Call {
	q := v16.StatusNotification{
		ErrorCode: v16.ChargePointErrorCodeNoError, Status: v16.ChargePointStatusAvailable, Timestamp: ocpp.At(at),
	}
	if c == nil {
		if s.allOff() {
			q.Status = v16.ChargePointStatusUnavailable
		}
		return q
	}
	q.ConnectorID = c.flat
	q.Status = v16.ChargePointStatus(c.evse.state(c))
	if q.Status == faulted {
		q.ErrorCode = v16.ChargePointErrorCode(c.evse.fault)
		q.VendorID, q.VendorErrorCode = s.cfg.Vendor, faultCode(c.evse.fault)
	}
	return q
}

func (s *Station) allOff() bool {
	for _, e := range s.evses {
		if !e.off {
			return false
		}
	}
	return true
}

// faultCode returns the minimum required error code (MREC) of a 1.6 error.
func faultCode(code string) string {
	switch code {
	case "ConnectorLockFailure":
		return "CX001"
	case "GroundFailure":
		return "CX002"
	case "HighTemperature":
		return "CX003"
	case "OverCurrentFailure":
		return "CX004"
	case "OverVoltage":
		return "CX005"
	case "UnderVoltage":
		return "CX006"
	}
	return "CX008"
}

func (v *speaker16) authorize(token string) ocpp.Call { return v16.Authorize{IDTag: clip(token, 20)} }

func (v *speaker16) authorized(payload []byte) (verdict, error) {
	r, _, err := ocpp.DecodeReply[v16.AuthorizeResponse](ocpp.V16, "Authorize", payload)
	return verdict{string(r.IDTagInfo.Status), r.IDTagInfo.ParentIDTag}, err
}

func (v *speaker16) start(t *transaction, r reading, _ string) *call {
	q := v16.StartTransaction{
		ConnectorID: t.conn.flat, IDTag: clip(t.token, 20), MeterStart: r.mwh / 1000,
		ReservationID: t.reservation, Timestamp: ocpp.At(r.at),
	}
	return &call{action: q.Action(), compose: made(q), tx: true}
}

func (v *speaker16) started(t *transaction, payload []byte) (verdict, error) {
	r, _, err := ocpp.DecodeReply[v16.StartTransactionResponse](ocpp.V16, "StartTransaction", payload)
	if err != nil {
		return verdict{}, err
	}
	t.number = r.TransactionID
	t.id = strconv.FormatInt(r.TransactionID, 10)
	t.e.s.bindProfiles(t)
	return verdict{string(r.IDTagInfo.Status), r.IDTagInfo.ParentIDTag}, nil
}

func (v *speaker16) sample(t *transaction, r reading, _ string) *call {
	values := v.values(t.e, r)
	return &call{action: "MeterValues", tx: true, minor: true, compose: func() (ocpp.Call, bool) {
		q := v16.MeterValues{ConnectorID: t.conn.flat, TransactionID: &t.number, MeterValue: values}
		return q, !t.failed
	}}
}

func (v *speaker16) aligned(e *evse, r reading) *call {
	if e.tx != nil {
		return v.sample(e.tx, r, "")
	}
	return &call{action: "MeterValues", compose: made(v16.MeterValues{ConnectorID: e.plug.flat, MeterValue: v.values(e, r)})}
}

func (v *speaker16) change(*transaction, reading, string) *call { return nil }

func (v *speaker16) stop(t *transaction, r reading, why stopping) *call {
	register := func(r reading) v16.MeterValue {
		return v16.MeterValue{Timestamp: ocpp.At(r.at), SampledValue: []v16.SampledValue{register16(r)}}
	}
	q := v16.StopTransaction{
		IDTag: clip(why.token, 20), MeterStop: r.mwh / 1000, Timestamp: ocpp.At(r.at), Reason: reason16(why.reason),
		TransactionData: []v16.MeterValue{register(t.begin), register(r)},
	}
	return &call{action: q.Action(), tx: true, compose: func() (ocpp.Call, bool) {
		q.TransactionID = t.number
		return q, !t.failed
	}}
}

// stopped takes nothing: 1.6 tells of costs in messages of their own.
func (v *speaker16) stopped(*transaction, []byte) {}

func reason16(reason string) v16.Reason {
	switch r := v16.Reason(reason); r {
	case v16.ReasonEmergencyStop, v16.ReasonEVDisconnected, v16.ReasonHardReset, v16.ReasonLocal, v16.ReasonPowerLoss,
		v16.ReasonReboot, v16.ReasonRemote, v16.ReasonSoftReset, v16.ReasonUnlockCommand, v16.ReasonDeAuthorized:
		return r
	}
	return v16.ReasonOther
}

func (v *speaker16) reservationEnded(int64, string) ocpp.Call { return nil }

// register16 is the register in whole Wh, so that samples never overtake the
// integers of start and stop.
func register16(r reading) v16.SampledValue {
	return v16.SampledValue{
		Value: strconv.FormatInt(r.mwh/1000, 10), Context: v16.ReadingContext(r.context),
		Measurand: v16.MeasurandEnergyActiveImportRegister, Location: v16.LocationOutlet, Unit: v16.UnitOfMeasureWh,
	}
}

// values returns the measurands that MeterValuesSampledData names.
func (v *speaker16) values(e *evse, r reading) []v16.MeterValue {
	var out []v16.SampledValue
	e.measure(r, func(m measured) {
		if m.name == string(v16.MeasurandEnergyActiveImportRegister) {
			out = append(out, register16(r))
			return
		}
		out = append(out, v16.SampledValue{
			Value: ocpp.Decimal(m.milli, 3).String(), Context: v16.ReadingContext(r.context), Measurand: v16.Measurand(m.name),
			Phase: v16.Phase(m.phase), Location: v16.Location(m.place), Unit: v16.UnitOfMeasure(m.unit),
		})
	})
	return []v16.MeterValue{{Timestamp: ocpp.At(r.at), SampledValue: out}}
}

// routes lists what a 1.6 station answers.
func (v *speaker16) routes() {
	r := v.router
	ocpp.On(r, v.remoteStart)
	ocpp.On(r, v.remoteStop)
	ocpp.On(r, v.reset)
	ocpp.On(r, v.unlock)
	ocpp.On(r, v.changeAvailability)
	ocpp.On(r, v.getConfiguration)
	ocpp.On(r, v.changeConfiguration)
	ocpp.On(r, v.trigger)
	ocpp.On(r, v.triggerMore)
	ocpp.On(r, v.setProfile)
	ocpp.On(r, v.clearProfile)
	ocpp.On(r, v.compositeSchedule)
	ocpp.On(r, v.sendLocalList)
	ocpp.On(r, v.localListVersion)
	ocpp.On(r, v.reserve)
	ocpp.On(r, v.cancelReservation)
	ocpp.On(r, v.dataTransfer)
	ocpp.On(r, v.updateFirmware)
	ocpp.On(r, v.updateSignedFirmware)
	ocpp.On(r, v.getDiagnostics)
	ocpp.On(r, v.getLog)
	ocpp.On(r, v.clearCache)
	ocpp.On(r, v.installCertificate)
	ocpp.On(r, v.deleteCertificate)
	ocpp.On(r, v.listCertificates)
	ocpp.On(r, v.certificateSigned)
}

// connector16 returns a connector by its number in the station.
func (s *Station) connector16(id int64) *connector {
	for _, e := range s.evses {
		for _, c := range e.conns {
			if c.flat == id {
				return c
			}
		}
	}
	return nil
}

func (v *speaker16) remoteStart(_ context.Context, s *Station, q *v16.RemoteStartTransaction) (v16.RemoteStartTransactionResponse, error) {
	no := v16.RemoteStartTransactionResponse{Status: v16.RemoteStartStopStatusRejected}
	n := int64(0)
	if q.ConnectorID != nil {
		c := s.connector16(*q.ConnectorID)
		if c == nil {
			return no, nil
		}
		n = int64(c.evse.n)
	}
	g := &grant{token: q.IDTag, kind: tagKind, trigger: "RemoteStart"}
	if p := q.ChargingProfile; p != nil {
		if p.ChargingProfilePurpose != v16.ChargingProfilePurposeTxProfile {
			return no, nil
		}
		g.profile = profile16(p, n)
	}
	if s.startRemotely(n, g) == nil {
		return no, nil
	}
	return v16.RemoteStartTransactionResponse{Status: v16.RemoteStartStopStatusAccepted}, nil
}

func (v *speaker16) remoteStop(_ context.Context, s *Station, q *v16.RemoteStopTransaction) (v16.RemoteStopTransactionResponse, error) {
	for _, e := range s.evses {
		if t := e.tx; t != nil && t.id != "" && t.number == q.TransactionID {
			s.later(func() { e.stopIf(t, stopping{reason: "Remote", trigger: "RemoteStop"}) })
			return v16.RemoteStopTransactionResponse{Status: v16.RemoteStartStopStatusAccepted}, nil
		}
	}
	return v16.RemoteStopTransactionResponse{Status: v16.RemoteStartStopStatusRejected}, nil
}

func (v *speaker16) reset(_ context.Context, s *Station, q *v16.Reset) (v16.ResetResponse, error) {
	reason := "SoftReset"
	if q.Type == v16.ResetTypeHard {
		reason = "HardReset"
	}
	s.later(func() { s.reset(reason, "RemoteReset") })
	return v16.ResetResponse{Status: v16.ResetStatusAccepted}, nil
}

func (v *speaker16) unlock(_ context.Context, s *Station, q *v16.UnlockConnector) (v16.UnlockConnectorResponse, error) {
	c := s.connector16(q.ConnectorID)
	if c == nil {
		return v16.UnlockConnectorResponse{Status: v16.UnlockStatusNotSupported}, nil
	}
	s.later(func() {
		if c.evse.plug == c {
			c.evse.stop(stopping{reason: "UnlockCommand", trigger: "UnlockCommand"})
		}
	})
	return v16.UnlockConnectorResponse{Status: v16.UnlockStatusUnlocked}, nil
}

func (v *speaker16) changeAvailability(_ context.Context, s *Station, q *v16.ChangeAvailability) (v16.ChangeAvailabilityResponse, error) {
	evses := s.evses
	if q.ConnectorID != 0 {
		c := s.connector16(q.ConnectorID)
		if c == nil {
			return v16.ChangeAvailabilityResponse{Status: v16.AvailabilityStatusRejected}, nil
		}
		evses = []*evse{c.evse}
	}
	on := q.Type == v16.AvailabilityTypeOperative
	status := v16.AvailabilityStatusAccepted
	for _, e := range evses {
		if !on && e.tx != nil {
			status = v16.AvailabilityStatusScheduled
		}
	}
	s.later(func() {
		for _, e := range evses {
			e.setOperative(on)
		}
		if q.ConnectorID == 0 {
			s.send(s.talk.status(s, nil, s.clock()), nil)
		}
	})
	return v16.ChangeAvailabilityResponse{Status: status}, nil
}

func (v *speaker16) getConfiguration(_ context.Context, s *Station, q *v16.GetConfiguration) (v16.GetConfigurationResponse, error) {
	var r v16.GetConfigurationResponse
	names := q.Key
	if len(names) == 0 {
		names = s.settings.order
	}
	for _, name := range names {
		k := s.settings.find(name)
		switch {
		case k == nil:
			r.UnknownKey = append(r.UnknownKey, name)
		case k.hidden:
			if len(q.Key) > 0 {
				r.ConfigurationKey = append(r.ConfigurationKey, v16.KeyValue{Key: k.name})
			}
		default:
			r.ConfigurationKey = append(r.ConfigurationKey, v16.KeyValue{Key: k.name, Readonly: k.readonly, Value: k.value})
		}
	}
	return r, nil
}

func (v *speaker16) changeConfiguration(_ context.Context, s *Station, q *v16.ChangeConfiguration) (v16.ChangeConfigurationResponse, error) {
	status := s.settings.set(q.Key, q.Value)
	if status == accepted {
		s.later(func() { s.changed(q.Key) })
	}
	return v16.ChangeConfigurationResponse{Status: v16.ConfigurationStatus(status)}, nil
}
