package sim

import (
	"context"
	"slices"
	"strconv"
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v21"
)

func reason(code string) *v21.StatusInfo { return &v21.StatusInfo{ReasonCode: code} }

// evseAt returns an EVSE by its number, nil if there is none.
func (s *Station) evseAt(n int64) *evse {
	if n < 1 || n > int64(len(s.evses)) {
		return nil
	}
	return s.evses[n-1]
}

func (v *speaker2) remoteStart(_ context.Context, s *Station, q *v21.RequestStartTransaction) (v21.RequestStartTransactionResponse, error) {
	no := v21.RequestStartTransactionResponse{Status: v21.RequestStartStopStatusRejected}
	n := int64(0)
	if q.EVSEID != nil {
		n = *q.EVSEID
	}
	g := &grant{token: q.IDToken.IDToken, kind: string(q.IDToken.Type), trigger: "RemoteStart", remoteStart: &q.RemoteStartID}
	if q.GroupIDToken != nil {
		g.parent = q.GroupIDToken.IDToken
	}
	if p := q.ChargingProfile; p != nil {
		if p.ChargingProfilePurpose != v21.ChargingProfilePurposeTxProfile || p.TransactionID != "" {
			no.StatusInfo = reason("InvalidProfile")
			return no, nil
		}
		g.profile = profile2(p, n)
	}
	if s.startRemotely(n, g) == nil {
		return no, nil
	}
	return v21.RequestStartTransactionResponse{Status: v21.RequestStartStopStatusAccepted}, nil
}

func (v *speaker2) remoteStop(_ context.Context, s *Station, q *v21.RequestStopTransaction) (v21.RequestStopTransactionResponse, error) {
	t := s.transaction(q.TransactionID)
	if t == nil {
		return v21.RequestStopTransactionResponse{Status: v21.RequestStartStopStatusRejected, StatusInfo: reason("TxNotFound")}, nil
	}
	s.later(func() { t.e.stopIf(t, stopping{reason: "Remote", trigger: "RemoteStop"}) })
	return v21.RequestStopTransactionResponse{Status: v21.RequestStartStopStatusAccepted}, nil
}

// transaction returns a running transaction by its id.
func (s *Station) transaction(id string) *transaction {
	for _, e := range s.evses {
		if e.tx != nil && e.tx.id == id && id != "" {
			return e.tx
		}
	}
	return nil
}

func (v *speaker2) reset(_ context.Context, s *Station, q *v21.Reset) (v21.ResetResponse, error) {
	if q.EVSEID != nil {
		return v.resetEVSE(s, q)
	}
	switch q.Type {
	case v21.ResetOnIdle:
		status := v21.ResetStatusAccepted
		if s.busy() {
			status = v21.ResetStatusScheduled
		}
		s.later(func() { s.resetWhenIdle("ScheduledReset") })
		return v21.ResetResponse{Status: status}, nil
	case v21.ResetImmediate:
		s.later(func() { s.reset("ImmediateReset", "RemoteReset") })
		return v21.ResetResponse{Status: v21.ResetStatusAccepted}, nil
	}
	return v21.ResetResponse{Status: v21.ResetStatusRejected, StatusInfo: reason("UnsupportedParam")}, nil
}

// resetEVSE resets one EVSE: its transaction ends, the station stays up.
func (v *speaker2) resetEVSE(s *Station, q *v21.Reset) (v21.ResetResponse, error) {
	e := s.evseAt(*q.EVSEID)
	if e == nil || q.Type == v21.ResetOnIdle && e.tx != nil {
		return v21.ResetResponse{Status: v21.ResetStatusRejected, StatusInfo: reason("InvalidValue")}, nil
	}
	s.later(func() {
		e.stop(stopping{reason: "ImmediateReset", trigger: "ResetCommand"})
		e.setOperative(false)
		s.in(rebootTime, func() { e.setOperative(true) })
	})
	return v21.ResetResponse{Status: v21.ResetStatusAccepted}, nil
}

func (v *speaker2) unlock(_ context.Context, s *Station, q *v21.UnlockConnector) (v21.UnlockConnectorResponse, error) {
	e := s.evseAt(q.EVSEID)
	switch {
	case e == nil || q.ConnectorID < 1 || q.ConnectorID > int64(len(e.conns)):
		return v21.UnlockConnectorResponse{Status: v21.UnlockStatusUnknownConnector}, nil
	case e.tx != nil && e.plug.n == int(q.ConnectorID):
		return v21.UnlockConnectorResponse{Status: v21.UnlockStatusOngoingAuthorizedTransaction}, nil
	}
	return v21.UnlockConnectorResponse{Status: v21.UnlockStatusUnlocked}, nil
}

func (v *speaker2) changeAvailability(_ context.Context, s *Station, q *v21.ChangeAvailability) (v21.ChangeAvailabilityResponse, error) {
	evses := s.evses
	if q.EVSE != nil {
		e := s.evseAt(q.EVSE.ID)
		if e == nil {
			return v21.ChangeAvailabilityResponse{Status: v21.ChangeAvailabilityStatusRejected, StatusInfo: reason("InvalidValue")}, nil
		}
		evses = []*evse{e}
		if c := q.EVSE.ConnectorID; c != nil {
			return v.changeConnector(s, e, *c, q.OperationalStatus)
		}
	}
	on := q.OperationalStatus == v21.OperationalStatusOperative
	status := v21.ChangeAvailabilityStatusAccepted
	for _, e := range evses {
		if !on && e.tx != nil {
			status = v21.ChangeAvailabilityStatusScheduled
		}
	}
	s.later(func() {
		for _, e := range evses {
			e.setOperative(on)
		}
	})
	return v21.ChangeAvailabilityResponse{Status: status}, nil
}

func (v *speaker2) changeConnector(s *Station, e *evse, n int64, to v21.OperationalStatusEnum) (v21.ChangeAvailabilityResponse, error) {
	if n < 1 || n > int64(len(e.conns)) {
		return v21.ChangeAvailabilityResponse{Status: v21.ChangeAvailabilityStatusRejected, StatusInfo: reason("InvalidValue")}, nil
	}
	c := e.conns[n-1]
	s.later(func() {
		c.off = to == v21.OperationalStatusInoperative
		e.tellChanges()
	})
	if e.tx != nil && e.plug == c && to == v21.OperationalStatusInoperative {
		return v21.ChangeAvailabilityResponse{Status: v21.ChangeAvailabilityStatusScheduled}, nil
	}
	return v21.ChangeAvailabilityResponse{Status: v21.ChangeAvailabilityStatusAccepted}, nil
}

func (v *speaker2) triggerMessage(_ context.Context, s *Station, q *v21.TriggerMessage) (v21.TriggerMessageResponse, error) {
	evses := s.evses
	if q.EVSE != nil {
		e := s.evseAt(q.EVSE.ID)
		if e == nil {
			return v21.TriggerMessageResponse{Status: v21.TriggerMessageStatusRejected, StatusInfo: reason("InvalidValue")}, nil
		}
		evses = []*evse{e}
	}
	do := map[v21.MessageTriggerEnum]func(){
		v21.MessageTriggerBootNotification: func() { s.bootReason = "Triggered"; s.boot() },
		v21.MessageTriggerHeartbeat:        func() { s.sendEarly(v21.Heartbeat{}) },
		v21.MessageTriggerLogStatusNotification: func() {
			s.sendEarly(v21.LogStatusNotification{Status: v21.UploadLogStatusIdle})
		},
		v21.MessageTriggerFirmwareStatusNotification: func() {
			s.sendEarly(v21.FirmwareStatusNotification{Status: v21.FirmwareStatusEnum(orText(s.stores.firmware, "Idle"))})
		},
		v21.MessageTriggerStatusNotification:             func() { v.triggerStatus(s, evses, q.EVSE) },
		v21.MessageTriggerMeterValues:                    func() { v.triggerValues(s, evses) },
		v21.MessageTriggerTransactionEvent:               func() { v.triggerEvents(s, evses) },
		v21.MessageTriggerSignChargingStationCertificate: func() { v.triggerSigning(s) },
	}[q.RequestedMessage]
	if do == nil {
		return v21.TriggerMessageResponse{Status: v21.TriggerMessageStatusNotImplemented}, nil
	}
	s.later(do)
	return v21.TriggerMessageResponse{Status: v21.TriggerMessageStatusAccepted}, nil
}

func (v *speaker2) triggerStatus(s *Station, evses []*evse, only *v21.EVSE) {
	for _, e := range evses {
		for _, c := range e.conns {
			if only == nil || only.ConnectorID == nil || *only.ConnectorID == int64(c.n) {
				s.sendEarly(v.statusNotification(c, s.clock()))
			}
		}
	}
}

func (v *speaker2) triggerValues(s *Station, evses []*evse) {
	for _, e := range evses {
		e.advance()
		s.sendEarly(v21.MeterValues{EVSEID: int64(e.n), MeterValue: v.values(e, e.read("Trigger"))})
	}
}

func (v *speaker2) triggerEvents(s *Station, evses []*evse) {
	for _, e := range evses {
		if e.tx != nil {
			e.advance()
			s.enqueue(v.sample(e.tx, e.read("Trigger"), "Trigger"))
		}
	}
}

func (v *speaker2) triggerSigning(s *Station) {
	if csr, err := s.request(); err == nil {
		s.sendEarly(v21.SignCertificate{CSR: csr, CertificateType: v21.CertificateSigningUseChargingStationCertificate})
	}
}

func (v *speaker2) setProfile(_ context.Context, s *Station, q *v21.SetChargingProfile) (v21.SetChargingProfileResponse, error) {
	no := func(code string) (v21.SetChargingProfileResponse, error) {
		return v21.SetChargingProfileResponse{Status: v21.ChargingProfileStatusRejected, StatusInfo: reason(code)}, nil
	}
	p := &q.ChargingProfile
	e := s.evseAt(q.EVSEID)
	own := profile2(p, q.EVSEID)
	switch {
	case q.EVSEID != 0 && e == nil:
		return no("UnknownEvse")
	case own == nil || p.StackLevel > maxStack || len(own.periods) > maxPeriods:
		return no("InvalidSchedule")
	case own.purpose == stationMax && q.EVSEID != 0:
		return no("InvalidProfile")
	case own.purpose == txOnly && (e == nil || e.tx == nil || p.TransactionID == "" || p.TransactionID != e.tx.id):
		return no("TxNotFound")
	}
	if own.purpose == txOnly {
		own.forTx = e.tx
	}
	if !s.addProfile(own) {
		return no("TooManyElements")
	}
	return v21.SetChargingProfileResponse{Status: v21.ChargingProfileStatusAccepted}, nil
}

// profile2 reads a profile's first schedule; nil if a limit cannot be read.
func profile2(q *v21.ChargingProfile, evse int64) *profile {
	if len(q.ChargingSchedule) == 0 {
		return nil
	}
	c := q.ChargingSchedule[0]
	p := &profile{
		id: q.ID, evse: evse, purpose: string(q.ChargingProfilePurpose), stack: q.StackLevel, kind: string(q.ChargingProfileKind),
		every: recurrency(string(q.RecurrencyKind)), from: q.ValidFrom.Time, to: q.ValidTo.Time,
		start: c.StartSchedule.Time, amps: c.ChargingRateUnit == v21.ChargingRateUnitA, original: q,
	}
	if c.Duration != nil {
		p.duration = time.Duration(*c.Duration) * time.Second
	}
	for _, step := range c.ChargingSchedulePeriod {
		own := period{at: time.Duration(step.StartPeriod) * time.Second, limit: -1}
		if step.Limit != nil {
			milli, ok := step.Limit.Rounded(3)
			if !ok {
				return nil
			}
			own.limit = milli
		}
		if step.NumberPhases != nil {
			own.phases = *step.NumberPhases
		}
		p.periods = append(p.periods, own)
	}
	return p
}

func (v *speaker2) clearProfile(_ context.Context, s *Station, q *v21.ClearChargingProfile) (v21.ClearChargingProfileResponse, error) {
	n := s.clearProfiles(func(p *profile) bool {
		if q.ChargingProfileID != nil {
			return p.id == *q.ChargingProfileID
		}
		c := q.ChargingProfileCriteria
		if c == nil {
			return true
		}
		return (c.EVSEID == nil || p.evse == *c.EVSEID) && (c.StackLevel == nil || p.stack == *c.StackLevel) &&
			(c.ChargingProfilePurpose == "" || p.purpose == string(c.ChargingProfilePurpose))
	})
	if n == 0 {
		return v21.ClearChargingProfileResponse{Status: v21.ClearChargingProfileStatusUnknown}, nil
	}
	return v21.ClearChargingProfileResponse{Status: v21.ClearChargingProfileStatusAccepted}, nil
}

func (v *speaker2) getProfiles(_ context.Context, s *Station, q *v21.GetChargingProfiles) (v21.GetChargingProfilesResponse, error) {
	c := q.ChargingProfile
	byEVSE := map[int64][]v21.ChargingProfile{}
	var order []int64
	for _, p := range s.profiles {
		if p.original == nil || q.EVSEID != nil && p.evse != *q.EVSEID || c.StackLevel != nil && p.stack != *c.StackLevel ||
			c.ChargingProfilePurpose != "" && p.purpose != string(c.ChargingProfilePurpose) ||
			len(c.ChargingProfileID) > 0 && !slices.Contains(c.ChargingProfileID, p.id) ||
			len(c.ChargingLimitSource) > 0 && !slices.Contains(c.ChargingLimitSource, v21.ChargingLimitSourceCSO) {
			continue
		}
		if byEVSE[p.evse] == nil {
			order = append(order, p.evse)
		}
		byEVSE[p.evse] = append(byEVSE[p.evse], *p.original)
	}
	if len(order) == 0 {
		return v21.GetChargingProfilesResponse{Status: v21.GetChargingProfileStatusNoProfiles}, nil
	}
	s.later(func() {
		for i, n := range order {
			s.send(v21.ReportChargingProfiles{
				RequestID: q.RequestID, ChargingLimitSource: string(v21.ChargingLimitSourceCSO), ChargingProfile: byEVSE[n],
				TBC: ocpp.Ptr(i < len(order)-1), EVSEID: n,
			}, nil)
		}
	})
	return v21.GetChargingProfilesResponse{Status: v21.GetChargingProfileStatusAccepted}, nil
}

func (v *speaker2) compositeSchedule(_ context.Context, s *Station, q *v21.GetCompositeSchedule) (v21.GetCompositeScheduleResponse, error) {
	e := s.evseAt(max(q.EVSEID, 1))
	if e == nil {
		return v21.GetCompositeScheduleResponse{Status: v21.GenericStatusRejected, StatusInfo: reason("UnknownEvse")}, nil
	}
	now := s.clock()
	unit := v21.ChargingRateUnitW
	if q.ChargingRateUnit != "" {
		unit = q.ChargingRateUnit
	}
	out := v21.CompositeSchedule{EVSEID: q.EVSEID, Duration: q.Duration, ScheduleStart: ocpp.At(now), ChargingRateUnit: unit}
	for _, step := range s.composite(e, now, time.Duration(q.Duration)*time.Second) {
		out.ChargingSchedulePeriod = append(out.ChargingSchedulePeriod, v21.ChargingSchedulePeriod{
			StartPeriod: int64(step.at / time.Second), Limit: ocpp.Ptr(e.rate(step.limit, unit == v21.ChargingRateUnitA)),
		})
	}
	if len(out.ChargingSchedulePeriod) == 0 {
		return v21.GetCompositeScheduleResponse{Status: v21.GenericStatusRejected, StatusInfo: reason("InvalidValue")}, nil
	}
	return v21.GetCompositeScheduleResponse{Status: v21.GenericStatusAccepted, Schedule: &out}, nil
}

func (v *speaker2) sendLocalList(_ context.Context, s *Station, q *v21.SendLocalList) (v21.SendLocalListResponse, error) {
	full := q.UpdateType == v21.UpdateFull
	if !full && q.VersionNumber <= s.list.version {
		return v21.SendLocalListResponse{Status: v21.SendLocalListStatusVersionMismatch}, nil
	}
	put := map[string]verdict{}
	var remove []string
	for _, d := range q.LocalAuthorizationList {
		if d.IDTokenInfo == nil {
			remove = append(remove, d.IDToken.IDToken)
			continue
		}
		put[d.IDToken.IDToken] = verdictOf(d.IDTokenInfo)
	}
	if !s.list.update(full, q.VersionNumber, put, remove) {
		return v21.SendLocalListResponse{Status: v21.SendLocalListStatusFailed}, nil
	}
	return v21.SendLocalListResponse{Status: v21.SendLocalListStatusAccepted}, nil
}

func (v *speaker2) localListVersion(_ context.Context, s *Station, _ *v21.GetLocalListVersion) (v21.GetLocalListVersionResponse, error) {
	return v21.GetLocalListVersionResponse{VersionNumber: s.list.version}, nil
}

func (v *speaker2) reserve(_ context.Context, s *Station, q *v21.ReserveNow) (v21.ReserveNowResponse, error) {
	n := int64(0)
	if q.EVSEID != nil {
		if n = *q.EVSEID; s.evseAt(n) == nil {
			return v21.ReserveNowResponse{Status: v21.ReserveNowStatusRejected, StatusInfo: reason("UnknownEvse")}, nil
		}
	}
	group := ""
	if q.GroupIDToken != nil {
		group = q.GroupIDToken.IDToken
	}
	status := s.takeReservation(n, q.ID, q.IDToken.IDToken, group, q.ExpiryDateTime.Time)
	return v21.ReserveNowResponse{Status: v21.ReserveNowStatusEnum(status)}, nil
}

func (v *speaker2) cancelReservation(_ context.Context, s *Station, q *v21.CancelReservation) (v21.CancelReservationResponse, error) {
	if !s.cancelReservation(q.ReservationID) {
		return v21.CancelReservationResponse{Status: v21.CancelReservationStatusRejected}, nil
	}
	return v21.CancelReservationResponse{Status: v21.CancelReservationStatusAccepted}, nil
}

func (v *speaker2) dataTransfer(_ context.Context, _ *Station, q *v21.DataTransfer) (v21.DataTransferResponse, error) {
	if q.VendorID == echoVendor {
		return v21.DataTransferResponse{Status: v21.DataTransferStatusAccepted, Data: q.Data}, nil
	}
	return v21.DataTransferResponse{Status: v21.DataTransferStatusUnknownVendorID}, nil
}

func (v *speaker2) updateFirmware(_ context.Context, s *Station, q *v21.UpdateFirmware) (v21.UpdateFirmwareResponse, error) {
	steps := []string{"Downloading", "Downloaded", "Installing", "Installed"}
	if q.Firmware.Signature != "" {
		steps = slices.Insert(steps, 2, "SignatureVerified")
	}
	s.later(func() {
		s.inSteps(steps, func(step string) {
			s.stores.firmware = step
			s.send(v21.FirmwareStatusNotification{Status: v21.FirmwareStatusEnum(step), RequestID: &q.RequestID}, nil)
		})
	})
	return v21.UpdateFirmwareResponse{Status: v21.UpdateFirmwareStatusAccepted}, nil
}

func (v *speaker2) getLog(_ context.Context, s *Station, q *v21.GetLog) (v21.GetLogResponse, error) {
	s.later(func() {
		s.inSteps([]string{"Uploading", "Uploaded"}, func(step string) {
			s.send(v21.LogStatusNotification{Status: v21.UploadLogStatusEnum(step), RequestID: &q.RequestID}, nil)
		})
	})
	return v21.GetLogResponse{Status: v21.LogStatusAccepted, Filename: s.logName()}, nil
}

func (v *speaker2) clearCache(context.Context, *Station, *v21.ClearCache) (v21.ClearCacheResponse, error) {
	return v21.ClearCacheResponse{Status: v21.ClearCacheStatusAccepted}, nil
}

func (v *speaker2) transactionStatus(_ context.Context, s *Station, q *v21.GetTransactionStatus) (v21.GetTransactionStatusResponse, error) {
	waiting := slices.ContainsFunc(s.queue, func(c *call) bool { return c.tx })
	if q.TransactionID == "" {
		return v21.GetTransactionStatusResponse{MessagesInQueue: waiting}, nil
	}
	return v21.GetTransactionStatusResponse{
		OngoingIndicator: ocpp.Ptr(s.transaction(q.TransactionID) != nil), MessagesInQueue: waiting,
	}, nil
}

func (v *speaker2) costUpdated(_ context.Context, s *Station, q *v21.CostUpdated) (v21.CostUpdatedResponse, error) {
	for _, e := range s.evses {
		if e.last == q.TransactionID {
			e.cost = q.TotalCost.String()
			return v21.CostUpdatedResponse{}, nil
		}
	}
	return v21.CostUpdatedResponse{}, &ocpp.Error{
		Code: ocpp.PropertyConstraintViolation, Description: "the station does not know the transaction " + strconv.Quote(q.TransactionID),
	}
}

func (v *speaker2) setNetworkProfile(_ context.Context, s *Station, q *v21.SetNetworkProfile) (v21.SetNetworkProfileResponse, error) {
	if q.ConfigurationSlot < 1 || q.ConfigurationSlot > 2 {
		return v21.SetNetworkProfileResponse{Status: v21.SetNetworkProfileStatusRejected, StatusInfo: reason("InvalidConfSlot")}, nil
	}
	return v21.SetNetworkProfileResponse{Status: v21.SetNetworkProfileStatusAccepted}, nil
}

func (v *speaker2) customerInformation(_ context.Context, s *Station, q *v21.CustomerInformation) (v21.CustomerInformationResponse, error) {
	if q.CustomerIdentifier == "" && q.IDToken == nil && q.CustomerCertificate == nil {
		return v21.CustomerInformationResponse{Status: v21.CustomerInformationStatusInvalid}, nil
	}
	if q.Report || q.Clear {
		s.later(func() {
			s.send(v21.NotifyCustomerInformation{
				Data: "", SeqNo: 0, GeneratedAt: ocpp.At(s.clock()), RequestID: q.RequestID,
			}, nil)
		})
	}
	return v21.CustomerInformationResponse{Status: v21.CustomerInformationStatusAccepted}, nil
}
