package central

import (
	"context"

	"chargewright/base/fail"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v201"
)

// speech201 is how OCPP 2.0.1 says commands.
func speech201() *speech {
	s := &speech{version: ocpp.V201, say: map[string]saying{}}
	speech2x(s)
	profiles2x(s, purposes2x)
	start201(s)
	words201(s)
	on(s, setMonitors201)
	return s
}

func start201(s *speech) {
	report(s, func(c device.RemoteStart) int64 { return c.StartID }, func(c device.RemoteStart, n int64) (v201.RequestStartTransaction, error) {
		q := v201.RequestStartTransaction{EVSEID: some(c.EVSE), GroupIDToken: group2x(c.Token), IDToken: token2x(c.Token), RemoteStartID: n}
		if c.Profile == nil {
			return q, nil
		}
		if err := c.Profile.CheckStart(); err != nil {
			return q, err
		}
		p, err := profile201(*c.Profile)
		q.ChargingProfile = &p
		return q, err
	}, started)

	one(s, func(c device.SetChargingProfile) (v201.SetChargingProfile, error) {
		if err := c.Profile.Check(c.EVSE); err != nil {
			return v201.SetChargingProfile{}, err
		}
		p, err := profile201(c.Profile)
		return v201.SetChargingProfile{EVSEID: c.EVSE, ChargingProfile: p}, err
	}, func(r v201.SetChargingProfileResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.CompositeSchedule) (v201.GetCompositeSchedule, error) {
		return v201.GetCompositeSchedule{Duration: c.Duration, ChargingRateUnit: v201.ChargingRateUnitEnum(c.Unit), EVSEID: c.EVSE}, nil
	}, func(r v201.GetCompositeScheduleResponse) device.Outcome {
		o := told(r.Status, r.StatusInfo)
		if r.Schedule != nil {
			o.Data = schedule201(*r.Schedule)
		}
		return o
	})
}

func profile201(p device.Profile) (v201.ChargingProfile, error) {
	var out v201.ChargingProfile
	purpose, err := in(purposes2x, ocpp.V201, "profile purpose", p.Purpose)
	if err != nil {
		return out, err
	}
	timing, err := in(timings2x, ocpp.V201, "profile kind", p.Kind)
	if err != nil {
		return out, err
	}
	if p.Offline != (device.Offline{}) || p.Update != (device.Update{}) {
		return out, unsupported("OCPP 2.0.1 has no rules for offline time and no dynamic profiles")
	}
	sched := v201.ChargingSchedule{ID: 1, StartSchedule: when(p.Start), Duration: some(p.Duration), ChargingRateUnit: v201.ChargingRateUnitEnum(p.Unit)}
	if p.MinRate != 0 {
		sched.MinChargingRate = ocpp.Ptr(tenths(p.MinRate))
	}
	for _, x := range p.Periods {
		limit, err := limitAlone(ocpp.V201, x)
		if err != nil {
			return out, err
		}
		sched.ChargingSchedulePeriod = append(sched.ChargingSchedulePeriod,
			v201.ChargingSchedulePeriod{StartPeriod: x.Start, Limit: limit, NumberPhases: some(x.Phases), PhaseToUse: some(x.Phase)})
	}
	return v201.ChargingProfile{
		ID: p.ID, StackLevel: p.StackLevel, ChargingProfilePurpose: purpose, ChargingProfileKind: timing.kind, RecurrencyKind: timing.each,
		ValidFrom: when(p.ValidFrom), ValidTo: when(p.ValidTo), TransactionID: p.Transaction, ChargingSchedule: []v201.ChargingSchedule{sched},
	}, nil
}

func schedule201(c v201.CompositeSchedule) device.Schedule {
	out := device.Schedule{EVSE: c.EVSEID, Start: c.ScheduleStart.Time, Duration: c.Duration, Unit: device.Unit(c.ChargingRateUnit)}
	for _, x := range c.ChargingSchedulePeriod {
		p := device.Period{Start: x.StartPeriod, Rates: device.Upto(inTenths(x.Limit))}
		if x.NumberPhases != nil {
			p.Phases = *x.NumberPhases
		}
		if x.PhaseToUse != nil {
			p.Phase = *x.PhaseToUse
		}
		out.Periods = append(out.Periods, p)
	}
	return out
}

// words201 registers what 2.1 words otherwise.
func words201(s *speech) {
	one(s, func(c device.Trigger) (v201.TriggerMessage, error) {
		m, err := in(triggers2x, ocpp.V201, "message", c.What)
		return v201.TriggerMessage{EVSE: evse2x(c.EVSE, c.Connector), RequestedMessage: m}, err
	}, func(r v201.TriggerMessageResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	signed := map[device.CertificateUse]v201.CertificateSigningUseEnum{
		"": "", device.StationLeaf: v201.CertificateSigningUseChargingStationCertificate, device.V2GLeaf: v201.CertificateSigningUseV2GCertificate,
	}
	one(s, func(c device.SignedCertificate) (v201.CertificateSigned, error) {
		use, err := in(signed, ocpp.V201, "certificate to sign", c.Use)
		return v201.CertificateSigned{CertificateChain: c.Chain, CertificateType: use}, err
	}, func(r v201.CertificateSignedResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.ShowMessage) (v201.SetDisplayMessage, error) {
		if len(c.Texts) != 1 {
			return v201.SetDisplayMessage{}, oneText(ocpp.V201, len(c.Texts))
		}
		return v201.SetDisplayMessage{Message: v201.MessageInfo{
			Display: display(c.Display), ID: c.ID, Priority: v201.MessagePriorityEnum(c.Priority), State: v201.MessageStateEnum(c.State),
			StartDateTime: when(c.From), EndDateTime: when(c.To), TransactionID: c.Transaction, Message: texts2x(c.Texts)[0],
		}}, nil
	}, func(r v201.SetDisplayMessageResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.SetNetworkProfile) (v201.SetNetworkProfile, error) {
		if c.Identity != "" || c.Password != "" {
			return v201.SetNetworkProfile{}, unsupported("OCPP 2.0.1 has no identity and no password in a network profile")
		}
		version, err := in(ocppVersions, ocpp.V201, "protocol version", c.Version)
		if err != nil {
			return v201.SetNetworkProfile{}, err
		}
		apn, err := apn2x(c.APN)
		return v201.SetNetworkProfile{ConfigurationSlot: c.Slot, ConnectionData: v201.NetworkConnectionProfile{
			APN: apn, OCPPVersion: version, OCPPTransport: v201.OCPPTransportJSON, OCPPCSMSURL: c.URL, MessageTimeout: c.Timeout,
			SecurityProfile: c.SecurityProfile, OCPPInterface: v201.OCPPInterfaceEnum(c.Interface), VPN: tunnel2x(c.VPN),
		}}, err
	}, func(r v201.SetNetworkProfileResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
}

// oneText is the error of a message with another number of texts than one.
func oneText(v ocpp.Version, n int) error {
	if n == 0 {
		return fail.Field("central.Command", "texts", "a message has a text")
	}
	return unsupported("OCPP " + v.String() + " shows a message in one language")
}

func setMonitors201(ctx context.Context, t *talk, c device.SetMonitors) (device.Outcome, error) {
	if err := counted("monitors", len(c.Monitors)); err != nil {
		return device.Outcome{}, err
	}
	for _, m := range c.Monitors {
		if err := named("monitors", m.On); err != nil {
			return device.Outcome{}, err
		}
		if m.Stream != nil {
			return device.Outcome{}, unsupported("OCPP 2.0.1 has no event streams")
		}
	}
	r, err := room2x(ctx, t, len(c.Monitors), "MonitoringCtrlr", "SetVariableMonitoring")
	if err != nil {
		return device.Outcome{}, err
	}
	out, err := inParts(ctx, t, c.Monitors, r, func(part []device.Monitor) v201.SetVariableMonitoring {
		var q v201.SetVariableMonitoring
		for _, m := range part {
			x := v201.SetMonitoringData{
				ID: m.ID, Value: micro(m.Value), Type: v201.MonitorEnum(m.Type), Severity: m.Severity, Component: component2x(m.On), Variable: variable2x(m.On),
			}
			if m.Transaction {
				x.Transaction = ocpp.Ptr(true)
			}
			q.SetMonitoringData = append(q.SetMonitoringData, x)
		}
		return q
	}, monitored2x)
	return among(out, monitorOf), err
}

// micro writes a value in millionths as a decimal.
func micro(m device.Micro) ocpp.Number { return ocpp.Decimal(int64(m), 6) }
