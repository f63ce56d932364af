package sim

import (
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v21"
)

// speaker2 is OCPP 2.0.1 and 2.1. It thinks in the types of 2.1 and leaves out
// what 2.0.1 does not have; the codec checks against the version in use.
type speaker2 struct {
	version ocpp.Version
	router  *ocpp.Router[*Station]
}

func newV2(version ocpp.Version) *speaker2 {
	v := &speaker2{version: version, router: ocpp.NewRouter[*Station](version)}
	v.routes()
	return v
}

// serve answers a call. Until the station is accepted it refuses what would
// change more than its configuration (2.x B02, B03).
func (v *speaker2) serve(s *Station, action string, payload []byte) ([]byte, *ocpp.Error) {
	if s.registration.status == rejected {
		return nil, &ocpp.Error{Code: ocpp.SecurityError, Description: "the station is not accepted"}
	}
	return serve(v.router, s, action, payload)
}

func (v *speaker2) boot(s *Station, reason string) ocpp.Call {
	c := s.cfg
	return v21.BootNotification{Reason: v21.BootReasonEnum(reason), ChargingStation: v21.ChargingStation{
		VendorName: clip(c.Vendor, 50), Model: clip(c.Model, 20), SerialNumber: clip(s.serialNumber(), 25),
		FirmwareVersion: clip(c.Firmware, 50),
	}}
}

func (v *speaker2) booted(payload []byte) (registration, error) {
	r, _, err := ocpp.DecodeReply[v21.BootNotificationResponse](v.version, "BootNotification", payload)
	return registration{string(r.Status), time.Duration(r.Interval) * time.Second}, err
}

func (v *speaker2) heartbeat() ocpp.Call { return v21.Heartbeat{} }

// connectorWord returns the 2.x word for a connector's state.
func connectorWord(state string) string {
	switch state {
	case available, reserved, unavailable, faulted:
		return state
	}
	return string(v21.ConnectorStatusOccupied)
}

// status is a StatusNotification or, where it is configured, the NotifyEvent
// that 2.1 prefers.
func (v *speaker2) status(s *Station, c *connector, at time.Time) ocpp.Call {
	if c == nil {
		return nil
	}
	e := c.evse
	word := connectorWord(e.state(c))
	if v.version != ocpp.V21 || !s.cfg.NotifyEvent {
		return v.statusNotification(c, at)
	}
	d := v21.EventData{
		EventID: s.stores.events, Timestamp: ocpp.At(at), Trigger: v21.EventTriggerDelta, ActualValue: word,
		Component:             v21.Component{Name: "Connector", EVSE: &v21.EVSE{ID: int64(e.n), ConnectorID: ocpp.Ptr(int64(c.n))}},
		EventNotificationType: v21.EventNotificationHardWiredNotification,
		Variable:              v21.Variable{Name: "AvailabilityState"},
	}
	if e.fault != "" {
		d.TechCode = faultCode(e.fault)
	}
	s.stores.events++
	return v21.NotifyEvent{GeneratedAt: ocpp.At(at), EventData: []v21.EventData{d}}
}

func (v *speaker2) statusNotification(c *connector, at time.Time) ocpp.Call {
	return v21.StatusNotification{
		Timestamp: ocpp.At(at), ConnectorStatus: v21.ConnectorStatusEnum(connectorWord(c.evse.state(c))),
		EVSEID: int64(c.evse.n), ConnectorID: int64(c.n),
	}
}

func (v *speaker2) authorize(token string) ocpp.Call {
	return v21.Authorize{IDToken: v.token(token, tagKind)}
}

func (v *speaker2) token(token, kind string) v21.IDToken {
	return v21.IDToken{IDToken: token, Type: v21.IDTokenEnum(kind)}
}

func (v *speaker2) authorized(payload []byte) (verdict, error) {
	r, _, err := ocpp.DecodeReply[v21.AuthorizeResponse](v.version, "Authorize", payload)
	return verdictOf(&r.IDTokenInfo), err
}

func verdictOf(info *v21.IDTokenInfo) verdict {
	if info == nil {
		return verdict{}
	}
	out := verdict{status: string(info.Status)}
	if info.GroupIDToken != nil {
		out.parent = info.GroupIDToken.IDToken
	}
	return out
}

// event makes the next TransactionEvent; its number is taken now, so that a
// message lost later leaves a gap.
func (v *speaker2) event(t *transaction, kind v21.TransactionEventEnum, r reading, trigger string) v21.TransactionEvent {
	q := v21.TransactionEvent{
		EventType: kind, Timestamp: ocpp.At(r.at), TriggerReason: v.trigger(trigger), SeqNo: t.seq,
		EVSE:            &v21.EVSE{ID: int64(t.e.n), ConnectorID: ocpp.Ptr(int64(t.conn.n))},
		TransactionInfo: v21.Transaction{TransactionID: t.id, ChargingState: chargingState(t.status)},
		MeterValue:      v.values(t.e, r),
	}
	if t.late || !t.e.s.online {
		q.Offline = ocpp.Ptr(true)
	}
	t.seq++
	return q
}

// trigger returns the trigger reason in the version's words.
func (v *speaker2) trigger(reason string) v21.TriggerReasonEnum {
	if v.version == ocpp.V201 && reason == "LimitSet" {
		return v21.TriggerReasonChargingRateChanged
	}
	return v21.TriggerReasonEnum(reason)
}

func chargingState(status string) v21.ChargingStateEnum {
	switch status {
	case charging:
		return v21.ChargingStateCharging
	case byEV:
		return v21.ChargingStateSuspendedEV
	case byEVSE:
		return v21.ChargingStateSuspendedEVSE
	}
	return v21.ChargingStateEVConnected
}

func eventCall(q v21.TransactionEvent, minor bool) *call {
	return &call{action: q.Action(), compose: made(q), tx: true, minor: minor}
}

func (v *speaker2) start(t *transaction, r reading, trigger string) *call {
	if t.id == "" {
		t.id = newID(t.e.s.ids)
	}
	q := v.event(t, v21.TransactionEventStarted, r, trigger)
	q.IDToken = ocpp.Ptr(v.token(t.token, t.kind))
	if t.kind == "NoAuthorization" {
		q.IDToken.IDToken = ""
	}
	q.ReservationID = t.reservation
	q.TransactionInfo.RemoteStartID = t.remoteStart
	t.e.s.bindProfiles(t)
	return eventCall(q, false)
}

func (v *speaker2) started(t *transaction, payload []byte) (verdict, error) {
	r, _, err := ocpp.DecodeReply[v21.TransactionEventResponse](v.version, "TransactionEvent", payload)
	if err != nil {
		return verdict{}, err
	}
	if l := r.TransactionLimit; l != nil && (l.MaxEnergy != nil || l.MaxTime != nil) {
		if l.MaxEnergy != nil {
			t.limitWh, _ = l.MaxEnergy.Rounded(0)
		}
		if l.MaxTime != nil {
			t.limitTime = time.Duration(*l.MaxTime) * time.Second
		}
		q := v.event(t, v21.TransactionEventUpdated, t.e.read("Other"), "LimitSet")
		q.TransactionInfo.TransactionLimit = &v21.TransactionLimit{MaxEnergy: l.MaxEnergy, MaxTime: l.MaxTime} // E16.FR.03: those it keeps
		t.e.s.put(eventCall(q, false))
	}
	return verdictOf(r.IDTokenInfo), nil
}

func (v *speaker2) sample(t *transaction, r reading, trigger string) *call {
	return eventCall(v.event(t, v21.TransactionEventUpdated, r, trigger), true)
}

func (v *speaker2) aligned(e *evse, r reading) *call {
	if e.tx != nil {
		return v.sample(e.tx, r, "MeterValueClock")
	}
	return &call{action: "MeterValues", compose: made(v21.MeterValues{EVSEID: int64(e.n), MeterValue: v.values(e, r)})}
}

func (v *speaker2) change(t *transaction, r reading, trigger string) *call {
	return eventCall(v.event(t, v21.TransactionEventUpdated, r, trigger), false)
}

func (v *speaker2) stop(t *transaction, r reading, why stopping) *call {
	t.status = preparing
	q := v.event(t, v21.TransactionEventEnded, r, why.trigger)
	q.TransactionInfo.StoppedReason = reason2(why.reason)
	if why.token != "" {
		q.IDToken = ocpp.Ptr(v.token(why.token, tagKind))
	}
	q.CostDetails = v.costDetails(t, r)
	return eventCall(q, false)
}

// stopped takes what the transaction cost, if the answer to its end tells.
func (v *speaker2) stopped(t *transaction, payload []byte) {
	r, _, err := ocpp.DecodeReply[v21.TransactionEventResponse](v.version, "TransactionEvent", payload)
	if err == nil && r.TotalCost != nil && t.e.last == t.id {
		t.e.cost, t.e.final = r.TotalCost.String(), true
	}
}

// reason2 puts 1.6's own words into those of 2.x.
func reason2(reason string) v21.ReasonEnum {
	switch reason {
	case "SoftReset", "Reboot":
		return v21.ReasonReboot
	case "HardReset":
		return v21.ReasonImmediateReset
	case "UnlockCommand":
		return v21.ReasonOther
	}
	return v21.ReasonEnum(reason)
}

func (v *speaker2) reservationEnded(id int64, status string) ocpp.Call {
	return v21.ReservationStatusUpdate{ReservationID: id, ReservationUpdateStatus: v21.ReservationUpdateStatusEnum(status)}
}

// values returns the measurands to be sampled; the register is exact to the
// mWh.
func (v *speaker2) values(e *evse, r reading) []v21.MeterValue {
	var out []v21.SampledValue
	e.measure(r, func(m measured) {
		out = append(out, v21.SampledValue{
			Value: ocpp.Decimal(m.milli, 3), Context: v21.ReadingContextEnum(r.context), Measurand: v21.MeasurandEnum(m.name),
			Phase: v21.PhaseEnum(m.phase), Location: v21.LocationEnum(m.place), UnitOfMeasure: &v21.UnitOfMeasure{Unit: m.unit},
		})
	})
	return []v21.MeterValue{{Timestamp: ocpp.At(r.at), SampledValue: out}}
}

// routes lists what a 2.x station answers.
func (v *speaker2) routes() {
	r := v.router
	ocpp.On(r, v.remoteStart)
	ocpp.On(r, v.remoteStop)
	ocpp.On(r, v.reset)
	ocpp.On(r, v.unlock)
	ocpp.On(r, v.changeAvailability)
	ocpp.On(r, v.getVariables)
	ocpp.On(r, v.setVariables)
	ocpp.On(r, v.baseReport)
	ocpp.On(r, v.report)
	ocpp.On(r, v.triggerMessage)
	ocpp.On(r, v.setProfile)
	ocpp.On(r, v.clearProfile)
	ocpp.On(r, v.getProfiles)
	ocpp.On(r, v.compositeSchedule)
	ocpp.On(r, v.sendLocalList)
	ocpp.On(r, v.localListVersion)
	ocpp.On(r, v.reserve)
	ocpp.On(r, v.cancelReservation)
	ocpp.On(r, v.dataTransfer)
	ocpp.On(r, v.updateFirmware)
	ocpp.On(r, v.getLog)
	ocpp.On(r, v.clearCache)
	ocpp.On(r, v.installCertificate)
	ocpp.On(r, v.deleteCertificate)
	ocpp.On(r, v.listCertificates)
	ocpp.On(r, v.certificateSigned)
	ocpp.On(r, v.setMessage)
	ocpp.On(r, v.getMessages)
	ocpp.On(r, v.clearMessage)
	ocpp.On(r, v.costUpdated)
	ocpp.On(r, v.transactionStatus)
	ocpp.On(r, v.setNetworkProfile)
	ocpp.On(r, v.customerInformation)
	if v.version == ocpp.V21 {
		ocpp.On(r, v.setDefaultTariff)
		ocpp.On(r, v.getTariffs)
		ocpp.On(r, v.clearTariffs)
	}
}
