package central

import (
	"context"
	"maps"

	"chargewright/base/fail"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v21"
)

// speech21 is how OCPP 2.1 says commands.
func speech21() *speech {
	s := &speech{version: ocpp.V21, say: map[string]saying{}}
	speech2x(s)
	start21(s)
	words21(s)
	network21(s)
	dynamic21(s)
	streams21(s)
	tariffs21(s)
	grid21(s)
	on(s, setMonitors21)
	return s
}

// purposes21 and timings21 add what 2.1 has beside 2.0.1.
func purposes21() map[device.Purpose]v21.ChargingProfilePurposeEnum {
	m := maps.Clone(purposes2x)
	m[device.Priority], m[device.LocalGeneration] = v21.ChargingProfilePurposePriorityCharging, v21.ChargingProfilePurposeLocalGeneration
	return m
}

func timings21() map[device.ProfileKind]timing2x {
	m := maps.Clone(timings2x)
	m[device.Dynamic] = timing2x{v21.ChargingProfileKindDynamic, ""}
	return m
}

func start21(s *speech) {
	purposes, timings := purposes21(), timings21()
	profiles2x(s, purposes)

	report(s, func(c device.RemoteStart) int64 { return c.StartID }, func(c device.RemoteStart, n int64) (v21.RequestStartTransaction, error) {
		q := v21.RequestStartTransaction{EVSEID: some(c.EVSE), GroupIDToken: group2x(c.Token), IDToken: token2x(c.Token), RemoteStartID: n}
		if c.Profile == nil {
			return q, nil
		}
		if err := c.Profile.CheckStart(); err != nil {
			return q, err
		}
		p, err := profile21(*c.Profile, purposes, timings)
		q.ChargingProfile = &p
		return q, err
	}, started)

	one(s, func(c device.SetChargingProfile) (v21.SetChargingProfile, error) {
		if err := c.Profile.Check(c.EVSE); err != nil {
			return v21.SetChargingProfile{}, err
		}
		p, err := profile21(c.Profile, purposes, timings)
		return v21.SetChargingProfile{EVSEID: c.EVSE, ChargingProfile: p}, err
	}, func(r v21.SetChargingProfileResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.CompositeSchedule) (v21.GetCompositeSchedule, error) {
		return v21.GetCompositeSchedule{Duration: c.Duration, ChargingRateUnit: v21.ChargingRateUnitEnum(c.Unit), EVSEID: c.EVSE}, nil
	}, func(r v21.GetCompositeScheduleResponse) device.Outcome {
		o := told(r.Status, r.StatusInfo)
		if r.Schedule != nil {
			o.Data = schedule21(*r.Schedule)
		}
		return o
	})
}

func profile21(p device.Profile, purposes map[device.Purpose]v21.ChargingProfilePurposeEnum, timings map[device.ProfileKind]timing2x) (v21.ChargingProfile, error) {
	var out v21.ChargingProfile
	purpose, err := in(purposes, ocpp.V21, "profile purpose", p.Purpose)
	if err != nil {
		return out, err
	}
	timing, err := in(timings, ocpp.V21, "profile kind", p.Kind)
	if err != nil {
		return out, err
	}
	sched := v21.ChargingSchedule{ID: 1, StartSchedule: when(p.Start), Duration: some(p.Duration), ChargingRateUnit: v21.ChargingRateUnitEnum(p.Unit)}
	if p.MinRate != 0 {
		sched.MinChargingRate = ocpp.Ptr(tenths(p.MinRate))
	}
	for _, x := range p.Periods {
		sched.ChargingSchedulePeriod = append(sched.ChargingSchedulePeriod, period21(x))
	}
	out = v21.ChargingProfile{
		ID: p.ID, StackLevel: p.StackLevel, ChargingProfilePurpose: purpose, ChargingProfileKind: timing.kind, RecurrencyKind: timing.each,
		ValidFrom: when(p.ValidFrom), ValidTo: when(p.ValidTo), TransactionID: p.Transaction, ChargingSchedule: []v21.ChargingSchedule{sched},
		MaxOfflineDuration: some(p.Offline.MaxDuration), DynUpdateInterval: some(p.Update.Interval), DynUpdateTime: when(p.Update.At),
	}
	if p.Offline.Invalid {
		out.InvalidAfterOfflineDuration = ocpp.Ptr(true)
	}
	return out, nil
}

func period21(x device.Period) v21.ChargingSchedulePeriod {
	u := rates21(x.Rates)
	out := v21.ChargingSchedulePeriod{
		StartPeriod: x.Start, NumberPhases: some(x.Phases), PhaseToUse: some(x.Phase),
		Limit: u.Limit, LimitL2: u.LimitL2, LimitL3: u.LimitL3,
		DischargeLimit: u.DischargeLimit, DischargeLimitL2: u.DischargeLimitL2, DischargeLimitL3: u.DischargeLimitL3,
		Setpoint: u.Setpoint, SetpointL2: u.SetpointL2, SetpointL3: u.SetpointL3,
		SetpointReactive: u.SetpointReactive, SetpointReactiveL2: u.SetpointReactiveL2, SetpointReactiveL3: u.SetpointReactiveL3,
		PreconditioningRequest: x.Precondition, EVSESleep: x.Sleep, V2xBaseline: tenth(x.Baseline), OperationMode: v21.OperationModeEnum(x.Mode),
	}
	for _, p := range x.FrequencyWatt {
		out.V2xFreqWattCurve = append(out.V2xFreqWattCurve, v21.V2XFreqWattPoint{Frequency: micro(p.Frequency), Power: tenths(p.Power)})
	}
	for _, p := range x.SignalWatt {
		out.V2xSignalWattCurve = append(out.V2xSignalWattCurve, v21.V2XSignalWattPoint{Signal: p.Signal, Power: tenths(p.Power)})
	}
	return out
}

func rates21(r device.Rates) (u v21.ChargingScheduleUpdate) {
	u.Limit, u.LimitL2, u.LimitL3 = rate21(r.Limit)
	u.DischargeLimit, u.DischargeLimitL2, u.DischargeLimitL3 = rate21(r.Discharge)
	u.Setpoint, u.SetpointL2, u.SetpointL3 = rate21(r.Setpoint)
	u.SetpointReactive, u.SetpointReactiveL2, u.SetpointReactiveL3 = rate21(r.Reactive)
	return u
}

func rate21(r *device.Rate) (all, l2, l3 *ocpp.Number) {
	if r == nil {
		return nil, nil, nil
	}
	return tenth(&r.Value), tenth(r.L2), tenth(r.L3)
}

// tenth is tenths of what may be absent.
func tenth(n *int64) *ocpp.Number {
	if n == nil {
		return nil
	}
	return ocpp.Ptr(tenths(*n))
}

func schedule21(c v21.CompositeSchedule) device.Schedule {
	out := device.Schedule{EVSE: c.EVSEID, Start: c.ScheduleStart.Time, Duration: c.Duration, Unit: device.Unit(c.ChargingRateUnit)}
	for _, x := range c.ChargingSchedulePeriod {
		p := device.Period{Start: x.StartPeriod, Mode: string(x.OperationMode), Precondition: x.PreconditioningRequest, Sleep: x.EVSESleep, Baseline: given(x.V2xBaseline),
			Rates: device.Rates{
				Limit:     rateOf(x.Limit, x.LimitL2, x.LimitL3),
				Discharge: rateOf(x.DischargeLimit, x.DischargeLimitL2, x.DischargeLimitL3),
				Setpoint:  rateOf(x.Setpoint, x.SetpointL2, x.SetpointL3),
				Reactive:  rateOf(x.SetpointReactive, x.SetpointReactiveL2, x.SetpointReactiveL3),
			}}
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

func rateOf(all, l2, l3 *ocpp.Number) *device.Rate {
	if all == nil {
		return nil
	}
	return &device.Rate{Value: inTenths(*all), L2: given(l2), L3: given(l3)}
}

func given(n *ocpp.Number) *int64 {
	if n == nil {
		return nil
	}
	return ocpp.Ptr(inTenths(*n))
}

// words21 registers what 2.1 words otherwise than 2.0.1.
func words21(s *speech) {
	triggers := maps.Clone(triggers2x)
	triggers[device.SignV2G20Message], triggers[device.CustomMessage] = v21.MessageTriggerSignV2G20Certificate, v21.MessageTriggerCustomTrigger
	one(s, func(c device.Trigger) (v21.TriggerMessage, error) {
		m, err := in(triggers, ocpp.V21, "message", c.What)
		return v21.TriggerMessage{EVSE: evse2x(c.EVSE, c.Connector), RequestedMessage: m, CustomTrigger: c.Custom}, err
	}, func(r v21.TriggerMessageResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	signed := map[device.CertificateUse]v21.CertificateSigningUseEnum{
		"": "", device.StationLeaf: v21.CertificateSigningUseChargingStationCertificate,
		device.V2GLeaf: v21.CertificateSigningUseV2GCertificate, device.V2G20Leaf: v21.CertificateSigningUseV2G20Certificate,
	}
	one(s, func(c device.SignedCertificate) (v21.CertificateSigned, error) {
		use, err := in(signed, ocpp.V21, "certificate to sign", c.Use)
		return v21.CertificateSigned{CertificateChain: c.Chain, CertificateType: use, RequestID: some(c.Request)}, err
	}, func(r v21.CertificateSignedResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.ShowMessage) (v21.SetDisplayMessage, error) {
		if len(c.Texts) == 0 {
			return v21.SetDisplayMessage{}, oneText(ocpp.V21, 0)
		}
		texts := texts2x(c.Texts)
		return v21.SetDisplayMessage{Message: v21.MessageInfo{
			Display: display(c.Display), ID: c.ID, Priority: v21.MessagePriorityEnum(c.Priority), State: v21.MessageStateEnum(c.State),
			StartDateTime: when(c.From), EndDateTime: when(c.To), TransactionID: c.Transaction, Message: texts[0], MessageExtra: texts[1:],
		}}, nil
	}, func(r v21.SetDisplayMessageResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.WebPaymentStarted) (v21.NotifyWebPaymentStarted, error) {
		return v21.NotifyWebPaymentStarted{EVSEID: c.EVSE, Timeout: c.Timeout}, nil
	}, func(v21.NotifyWebPaymentStartedResponse) device.Outcome {
		return device.Outcome{Status: device.Accepted}
	})

	report(s, func(c device.SwapBattery) int64 { return c.Request }, func(c device.SwapBattery, n int64) (v21.RequestBatterySwap, error) {
		return v21.RequestBatterySwap{IDToken: token2x(c.Token), RequestID: n}, nil
	}, func(r v21.RequestBatterySwapResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
}

func network21(s *speech) {
	versions := maps.Clone(ocppVersions)
	versions["2.0.1"], versions["2.1"] = v21.OCPPVersionOCPP201, v21.OCPPVersionOCPP21
	one(s, func(c device.SetNetworkProfile) (v21.SetNetworkProfile, error) {
		version, err := in(versions, ocpp.V21, "protocol version", c.Version)
		if err != nil {
			return v21.SetNetworkProfile{}, err
		}
		apn, err := apn2x(c.APN)
		return v21.SetNetworkProfile{ConfigurationSlot: c.Slot, ConnectionData: v21.NetworkConnectionProfile{
			APN: apn, OCPPVersion: version, OCPPTransport: v21.OCPPTransportJSON, OCPPCSMSURL: c.URL, MessageTimeout: c.Timeout,
			SecurityProfile: c.SecurityProfile, OCPPInterface: v21.OCPPInterfaceEnum(c.Interface),
			Identity: c.Identity, BasicAuthPassword: string(c.Password), VPN: tunnel2x(c.VPN),
		}}, err
	}, func(r v21.SetNetworkProfileResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
}

// dynamic21 registers what steers a running transaction (2.1 K21, K28, Q).
func dynamic21(s *speech) {
	one(s, func(c device.UpdateSchedule) (v21.UpdateDynamicSchedule, error) {
		if c.Rates == (device.Rates{}) {
			return v21.UpdateDynamicSchedule{}, fail.Field("central.Command", "limit", "an update changes a limit or a setpoint")
		}
		return v21.UpdateDynamicSchedule{ChargingProfileID: c.Profile, ScheduleUpdate: rates21(c.Rates)}, nil
	}, func(r v21.UpdateDynamicScheduleResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.PriorityCharging) (v21.UsePriorityCharging, error) {
		return v21.UsePriorityCharging{TransactionID: c.Transaction, Activate: c.Activate}, nil
	}, func(r v21.UsePriorityChargingResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.AllowEnergyTransfer) (v21.NotifyAllowedEnergyTransfer, error) {
		q := v21.NotifyAllowedEnergyTransfer{TransactionID: c.Transaction, AllowedEnergyTransfer: []v21.EnergyTransferModeEnum{}}
		for _, m := range c.Modes {
			q.AllowedEnergyTransfer = append(q.AllowedEnergyTransfer, v21.EnergyTransferModeEnum(m))
		}
		return q, nil
	}, func(r v21.NotifyAllowedEnergyTransferResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.FrequencySignal) (v21.AFRRSignal, error) {
		return v21.AFRRSignal{Timestamp: orNow(c.At), Signal: c.Signal}, nil
	}, func(r v21.AFRRSignalResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
}

func stream21(x device.StreamSet) v21.PeriodicEventStreamParams {
	return v21.PeriodicEventStreamParams{Interval: x.Interval, Values: x.Values}
}

func streams21(s *speech) {
	one(s, func(c device.AdjustStream) (v21.AdjustPeriodicEventStream, error) {
		return v21.AdjustPeriodicEventStream{ID: c.ID, Params: stream21(c.StreamSet)}, nil
	}, func(r v21.AdjustPeriodicEventStreamResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(device.ListStreams) (q v21.GetPeriodicEventStream, _ error) { return q, nil },
		func(r v21.GetPeriodicEventStreamResponse) device.Outcome {
			var list []device.Stream
			for _, x := range r.ConstantStreamData {
				list = append(list, device.Stream{ID: x.ID, Monitor: x.VariableMonitoringID, StreamSet: device.StreamSet{Interval: x.Params.Interval, Values: x.Params.Values}})
			}
			return device.Outcome{Status: device.Accepted, Data: list}
		})
}

func setMonitors21(ctx context.Context, t *talk, c device.SetMonitors) (device.Outcome, error) {
	if err := counted("monitors", len(c.Monitors)); err != nil {
		return device.Outcome{}, err
	}
	for _, m := range c.Monitors {
		if err := named("monitors", m.On); err != nil {
			return device.Outcome{}, err
		}
	}
	r, err := room2x(ctx, t, len(c.Monitors), "MonitoringCtrlr", "SetVariableMonitoring")
	if err != nil {
		return device.Outcome{}, err
	}
	out, err := inParts(ctx, t, c.Monitors, r, func(part []device.Monitor) v21.SetVariableMonitoring {
		var q v21.SetVariableMonitoring
		for _, m := range part {
			x := v21.SetMonitoringData{
				ID: m.ID, Value: micro(m.Value), Type: v21.MonitorEnum(m.Type), Severity: m.Severity, Component: component2x(m.On), Variable: variable2x(m.On),
			}
			if m.Transaction {
				x.Transaction = ocpp.Ptr(true)
			}
			if m.Stream != nil {
				x.PeriodicEventStream = ocpp.Ptr(stream21(*m.Stream))
			}
			q.SetMonitoringData = append(q.SetMonitoringData, x)
		}
		return q
	}, monitored2x)
	return among(out, monitorOf), err
}
