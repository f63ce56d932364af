package sim

import (
	"context"
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
)

func (v *speaker16) trigger(_ context.Context, s *Station, q *v16.TriggerMessage) (v16.TriggerMessageResponse, error) {
	return v.triggered(s, string(q.RequestedMessage), q.ConnectorID)
}

func (v *speaker16) triggerMore(_ context.Context, s *Station, q *v16.ExtendedTriggerMessage) (v16.ExtendedTriggerMessageResponse, error) {
	r, err := v.triggered(s, string(q.RequestedMessage), q.ConnectorID)
	return v16.ExtendedTriggerMessageResponse(r), err
}

// triggered answers both forms of TriggerMessage; the message follows the
// answer.
func (v *speaker16) triggered(s *Station, message string, connectorID *int64) (v16.TriggerMessageResponse, error) {
	var conns []*connector
	for _, e := range s.evses {
		conns = append(conns, e.conns...)
	}
	if connectorID != nil && *connectorID > 0 {
		c := s.connector16(*connectorID)
		if c == nil {
			return v16.TriggerMessageResponse{Status: v16.TriggerMessageStatusRejected}, nil
		}
		conns = []*connector{c}
	}
	do := map[string]func(){
		"BootNotification":              func() { s.bootReason = "Triggered"; s.boot() },
		"Heartbeat":                     func() { s.sendEarly(v16.Heartbeat{}) },
		"DiagnosticsStatusNotification": func() { s.sendEarly(v16.DiagnosticsStatusNotification{Status: v16.DiagnosticsStatusIdle}) },
		"LogStatusNotification":         func() { s.sendEarly(v16.LogStatusNotification{Status: v16.UploadLogStatusIdle}) },
		"FirmwareStatusNotification": func() {
			s.sendEarly(v16.FirmwareStatusNotification{Status: v16.FirmwareStatus(orText(s.stores.firmware, "Idle"))})
		},
		"SignChargePointCertificate": func() {
			if csr, err := s.request(); err == nil {
				s.sendEarly(v16.SignCertificate{CSR: csr})
			}
		},
		"StatusNotification": func() {
			for _, c := range conns {
				s.sendEarly(v.status(s, c, s.clock()))
			}
		},
		"MeterValues": func() {
			for _, c := range conns {
				s.sendEarly(v.readNow(c))
			}
		},
	}[message]
	if do == nil {
		return v16.TriggerMessageResponse{Status: v16.TriggerMessageStatusNotImplemented}, nil
	}
	s.later(do)
	return v16.TriggerMessageResponse{Status: v16.TriggerMessageStatusAccepted}, nil
}

// readNow is the meter of a connector on demand.
func (v *speaker16) readNow(c *connector) ocpp.Call {
	e := c.evse
	e.advance()
	q := v16.MeterValues{ConnectorID: c.flat, MeterValue: v.values(e, e.read("Trigger"))}
	if e.tx != nil && e.tx.id != "" && e.plug == c {
		q.TransactionID = &e.tx.number
	}
	return q
}

// sendEarly sends what may go before the station is accepted: what the CSMS
// has asked for.
func (s *Station) sendEarly(q ocpp.Call) {
	s.enqueue(&call{action: q.Action(), compose: made(q), early: true})
}

func (v *speaker16) setProfile(_ context.Context, s *Station, q *v16.SetChargingProfile) (v16.SetChargingProfileResponse, error) {
	no := v16.SetChargingProfileResponse{Status: v16.ChargingProfileStatusRejected}
	n := int64(0)
	p := &q.CsChargingProfiles
	var t *transaction
	if q.ConnectorID > 0 {
		c := s.connector16(q.ConnectorID)
		if c == nil {
			return no, nil
		}
		n, t = int64(c.evse.n), c.evse.tx
	}
	switch p.ChargingProfilePurpose {
	case v16.ChargingProfilePurposeTxProfile:
		if t == nil || p.TransactionID != nil && *p.TransactionID != t.number {
			return no, nil
		}
	case v16.ChargingProfilePurposeChargePointMaxProfile:
		if n != 0 {
			return no, nil
		}
	}
	own := profile16(p, n)
	if own == nil || p.StackLevel > maxStack || len(own.periods) > maxPeriods {
		return no, nil
	}
	if own.purpose == txOnly {
		own.forTx = t
	}
	if !s.addProfile(own) {
		return no, nil
	}
	return v16.SetChargingProfileResponse{Status: v16.ChargingProfileStatusAccepted}, nil
}

// profile16 reads a profile; nil if a limit cannot be read.
func profile16(q *v16.ChargingProfile, evse int64) *profile {
	p := &profile{
		id: q.ChargingProfileID, evse: evse, purpose: string(q.ChargingProfilePurpose), stack: q.StackLevel,
		kind: string(q.ChargingProfileKind), every: recurrency(string(q.RecurrencyKind)), from: q.ValidFrom.Time, to: q.ValidTo.Time,
		start: q.ChargingSchedule.StartSchedule.Time, amps: q.ChargingSchedule.ChargingRateUnit == v16.ChargingRateUnitA,
	}
	if q.ChargingProfilePurpose == v16.ChargingProfilePurposeChargePointMaxProfile {
		p.purpose = stationMax
	}
	if d := q.ChargingSchedule.Duration; d != nil {
		p.duration = time.Duration(*d) * time.Second
	}
	for _, step := range q.ChargingSchedule.ChargingSchedulePeriod {
		milli, ok := step.Limit.Rounded(3)
		if !ok {
			return nil
		}
		own := period{at: time.Duration(step.StartPeriod) * time.Second, limit: milli}
		if step.NumberPhases != nil {
			own.phases = *step.NumberPhases
		}
		p.periods = append(p.periods, own)
	}
	return p
}

func recurrency(kind string) time.Duration {
	switch kind {
	case "Daily":
		return 24 * time.Hour
	case "Weekly":
		return 7 * 24 * time.Hour
	}
	return 0
}

func (v *speaker16) clearProfile(_ context.Context, s *Station, q *v16.ClearChargingProfile) (v16.ClearChargingProfileResponse, error) {
	purpose := string(q.ChargingProfilePurpose)
	if q.ChargingProfilePurpose == v16.ChargingProfilePurposeChargePointMaxProfile {
		purpose = stationMax
	}
	n := s.clearProfiles(func(p *profile) bool {
		if q.ID != nil {
			return p.id == *q.ID
		}
		return (purpose == "" || p.purpose == purpose) && (q.StackLevel == nil || p.stack == *q.StackLevel) &&
			(q.ConnectorID == nil || s.onConnector(p, *q.ConnectorID))
	})
	if n == 0 {
		return v16.ClearChargingProfileResponse{Status: v16.ClearChargingProfileStatusUnknown}, nil
	}
	return v16.ClearChargingProfileResponse{Status: v16.ClearChargingProfileStatusAccepted}, nil
}

func (s *Station) onConnector(p *profile, id int64) bool {
	if id == 0 {
		return p.evse == 0
	}
	c := s.connector16(id)
	return c != nil && p.evse == int64(c.evse.n)
}

func (v *speaker16) compositeSchedule(_ context.Context, s *Station, q *v16.GetCompositeSchedule) (v16.GetCompositeScheduleResponse, error) {
	e := s.evses[0]
	if q.ConnectorID > 0 {
		c := s.connector16(q.ConnectorID)
		if c == nil {
			return v16.GetCompositeScheduleResponse{Status: v16.GetCompositeScheduleStatusRejected}, nil
		}
		e = c.evse
	}
	now := s.clock()
	unit := v16.ChargingRateUnitW
	if q.ChargingRateUnit != "" {
		unit = q.ChargingRateUnit
	}
	schedule := v16.ChargingSchedule{Duration: &q.Duration, StartSchedule: ocpp.At(now), ChargingRateUnit: unit}
	for _, step := range s.composite(e, now, time.Duration(q.Duration)*time.Second) {
		schedule.ChargingSchedulePeriod = append(schedule.ChargingSchedulePeriod, v16.ChargingSchedulePeriod{
			StartPeriod: int64(step.at / time.Second), Limit: e.rate(step.limit, unit == v16.ChargingRateUnitA),
		})
	}
	if len(schedule.ChargingSchedulePeriod) == 0 {
		return v16.GetCompositeScheduleResponse{Status: v16.GetCompositeScheduleStatusRejected}, nil
	}
	return v16.GetCompositeScheduleResponse{
		Status: v16.GetCompositeScheduleStatusAccepted, ConnectorID: &q.ConnectorID, ScheduleStart: ocpp.At(now), ChargingSchedule: &schedule,
	}, nil
}

// rate returns watts as W, or as A per phase to one decimal.
func (e *evse) rate(watts int64, amps bool) ocpp.Number {
	if amps {
		return ocpp.Decimal(watts*10/(volts*e.phases(0)), 1)
	}
	return ocpp.Int(watts)
}

func (v *speaker16) sendLocalList(_ context.Context, s *Station, q *v16.SendLocalList) (v16.SendLocalListResponse, error) {
	full := q.UpdateType == v16.UpdateTypeFull
	if !full && q.ListVersion <= s.list.version {
		return v16.SendLocalListResponse{Status: v16.UpdateStatusVersionMismatch}, nil
	}
	put := map[string]verdict{}
	var remove []string
	for _, d := range q.LocalAuthorizationList {
		if d.IDTagInfo == nil {
			remove = append(remove, d.IDTag)
			continue
		}
		put[d.IDTag] = verdict{string(d.IDTagInfo.Status), d.IDTagInfo.ParentIDTag}
	}
	if !s.list.update(full, q.ListVersion, put, remove) {
		return v16.SendLocalListResponse{Status: v16.UpdateStatusFailed}, nil
	}
	return v16.SendLocalListResponse{Status: v16.UpdateStatusAccepted}, nil
}

func (v *speaker16) localListVersion(_ context.Context, s *Station, _ *v16.GetLocalListVersion) (v16.GetLocalListVersionResponse, error) {
	return v16.GetLocalListVersionResponse{ListVersion: s.list.version}, nil
}

func (v *speaker16) reserve(_ context.Context, s *Station, q *v16.ReserveNow) (v16.ReserveNowResponse, error) {
	n := int64(0)
	if q.ConnectorID > 0 {
		c := s.connector16(q.ConnectorID)
		if c == nil {
			return v16.ReserveNowResponse{Status: v16.ReservationStatusRejected}, nil
		}
		n = int64(c.evse.n)
	}
	status := s.takeReservation(n, q.ReservationID, q.IDTag, q.ParentIDTag, q.ExpiryDate.Time)
	return v16.ReserveNowResponse{Status: v16.ReservationStatus(status)}, nil
}

// takeReservation reserves EVSE n, or any free one for 0. A reservation of the
// same id is replaced.
func (s *Station) takeReservation(n, id int64, token, parent string, at time.Time) string {
	worst := "Occupied"
	for _, e := range s.evses {
		if n != 0 && n != int64(e.n) {
			continue
		}
		same := e.reserved != nil && e.reserved.id == id
		switch st := e.state(e.plug); {
		case st == faulted || st == unavailable:
			worst = st
		case same || st == available:
			for _, o := range s.evses {
				if o != e && o.reserved != nil && o.reserved.id == id {
					o.unreserve("")
				}
			}
			s.later(func() { e.reserve(id, token, parent, at) })
			return accepted
		}
	}
	return worst
}

func (v *speaker16) cancelReservation(_ context.Context, s *Station, q *v16.CancelReservation) (v16.CancelReservationResponse, error) {
	if !s.cancelReservation(q.ReservationID) {
		return v16.CancelReservationResponse{Status: v16.CancelReservationStatusRejected}, nil
	}
	return v16.CancelReservationResponse{Status: v16.CancelReservationStatusAccepted}, nil
}

func (s *Station) cancelReservation(id int64) bool {
	for _, e := range s.evses {
		if e.reserved != nil && e.reserved.id == id {
			s.later(func() {
				if e.reserved != nil && e.reserved.id == id {
					e.unreserve("")
				}
			})
			return true
		}
	}
	return false
}

// echoVendor is the vendor whose DataTransfer every station answers, with the
// data it was sent.
const echoVendor = "chargewright.sim"

func (v *speaker16) dataTransfer(_ context.Context, s *Station, q *v16.DataTransfer) (v16.DataTransferResponse, error) {
	switch q.VendorID {
	case echoVendor:
		return v16.DataTransferResponse{Status: v16.DataTransferStatusAccepted, Data: q.Data}, nil
	case costVendor:
		return v16.DataTransferResponse{Status: s.costMessage(q)}, nil
	}
	return v16.DataTransferResponse{Status: v16.DataTransferStatusUnknownVendorID}, nil
}

func (v *speaker16) updateFirmware(_ context.Context, s *Station, _ *v16.UpdateFirmware) (v16.UpdateFirmwareResponse, error) {
	s.later(func() {
		s.inSteps([]string{"Downloading", "Downloaded", "Installing", "Installed"}, func(step string) {
			s.stores.firmware = step
			s.send(v16.FirmwareStatusNotification{Status: v16.FirmwareStatus(step)}, nil)
		})
	})
	return v16.UpdateFirmwareResponse{}, nil
}

func (v *speaker16) updateSignedFirmware(_ context.Context, s *Station, q *v16.SignedUpdateFirmware) (v16.SignedUpdateFirmwareResponse, error) {
	s.later(func() {
		s.inSteps([]string{"Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"}, func(step string) {
			s.stores.firmware = step
			s.send(v16.SignedFirmwareStatusNotification{Status: v16.SignedFirmwareStatus(step), RequestID: &q.RequestID}, nil)
		})
	})
	return v16.SignedUpdateFirmwareResponse{Status: v16.UpdateFirmwareStatusAccepted}, nil
}

func (v *speaker16) getDiagnostics(_ context.Context, s *Station, _ *v16.GetDiagnostics) (v16.GetDiagnosticsResponse, error) {
	s.later(func() {
		s.inSteps([]string{"Uploading", "Uploaded"}, func(step string) {
			s.send(v16.DiagnosticsStatusNotification{Status: v16.DiagnosticsStatus(step)}, nil)
		})
	})
	return v16.GetDiagnosticsResponse{FileName: s.logName()}, nil
}

func (s *Station) logName() string { return clip(s.cfg.ID, 40) + ".log" }

func (v *speaker16) getLog(_ context.Context, s *Station, q *v16.GetLog) (v16.GetLogResponse, error) {
	s.later(func() {
		s.inSteps([]string{"Uploading", "Uploaded"}, func(step string) {
			s.send(v16.LogStatusNotification{Status: v16.UploadLogStatus(step), RequestID: &q.RequestID}, nil)
		})
	})
	return v16.GetLogResponse{Status: v16.LogStatusAccepted, Filename: s.logName()}, nil
}

func (v *speaker16) clearCache(context.Context, *Station, *v16.ClearCache) (v16.ClearCacheResponse, error) {
	return v16.ClearCacheResponse{Status: v16.ClearCacheStatusAccepted}, nil
}

func (v *speaker16) installCertificate(_ context.Context, s *Station, q *v16.InstallCertificate) (v16.InstallCertificateResponse, error) {
	return v16.InstallCertificateResponse{Status: v16.InstallCertificateStatus(s.install(string(q.CertificateType), q.Certificate))}, nil
}

func (v *speaker16) deleteCertificate(_ context.Context, s *Station, q *v16.DeleteCertificate) (v16.DeleteCertificateResponse, error) {
	h := q.CertificateHashData
	status := s.uninstall(string(h.HashAlgorithm), h.IssuerNameHash, h.IssuerKeyHash, h.SerialNumber)
	return v16.DeleteCertificateResponse{Status: v16.DeleteCertificateStatus(status)}, nil
}

func (v *speaker16) listCertificates(_ context.Context, s *Station, q *v16.GetInstalledCertificateIDs) (v16.GetInstalledCertificateIDsResponse, error) {
	r := v16.GetInstalledCertificateIDsResponse{Status: v16.GetInstalledCertificateStatusNotFound}
	for _, c := range s.stores.certificates {
		if c.use == string(q.CertificateType) {
			r.Status = v16.GetInstalledCertificateStatusAccepted
			r.CertificateHashData = append(r.CertificateHashData, v16.CertificateHashData{
				HashAlgorithm: v16.HashAlgorithm(c.algorithm), IssuerNameHash: c.name, IssuerKeyHash: c.key, SerialNumber: c.serial,
			})
		}
	}
	return r, nil
}

func (v *speaker16) certificateSigned(_ context.Context, s *Station, q *v16.CertificateSigned) (v16.CertificateSignedResponse, error) {
	if _, err := parsePEM(q.CertificateChain); err != nil {
		return v16.CertificateSignedResponse{Status: v16.CertificateSignedStatusRejected}, nil
	}
	return v16.CertificateSignedResponse{Status: v16.CertificateSignedStatusAccepted}, nil
}
