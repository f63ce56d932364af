package central

import (
	"context"
	"strconv"
	"time"

	"chargewright/base/fail"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
)

// speech16 is how OCPP 1.6 and its security extension say commands.
func speech16() *speech {
	s := &speech{version: ocpp.V16, say: map[string]saying{}}
	charging16(s)
	cost16(s)
	reserve16(s)
	profiles16(s)
	care16(s)
	certificates16(s)
	return s
}

func plain16[W ~string](word W) device.Outcome { return told(word, nil) }

// connector16 is the connector that an EVSE is.
func connector16(evse, connector int64) (int64, error) {
	if connector > 1 {
		return 0, unsupported("OCPP 1.6 has no second connector of an EVSE")
	}
	return evse, nil
}

func transaction16(field, id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 32)
	if err != nil {
		return 0, fail.Field("central.Command", field, "%.40q is no transaction of OCPP 1.6", id)
	}
	return n, nil
}

func charging16(s *speech) {
	one(s, func(c device.RemoteStart) (q v16.RemoteStartTransaction, err error) {
		q = v16.RemoteStartTransaction{ConnectorID: some(c.EVSE), IDTag: c.Token.UID}
		if c.Profile == nil {
			return q, nil
		}
		if err := c.Profile.CheckStart(); err != nil {
			return q, err
		}
		p, err := profile16(*c.Profile)
		q.ChargingProfile = &p
		return q, err
	}, func(r v16.RemoteStartTransactionResponse) device.Outcome { return plain16(r.Status) })

	one(s, func(c device.RemoteStop) (v16.RemoteStopTransaction, error) {
		n, err := transaction16("transaction", c.Transaction)
		return v16.RemoteStopTransaction{TransactionID: n}, err
	}, func(r v16.RemoteStopTransactionResponse) device.Outcome { return plain16(r.Status) })

	one(s, func(c device.Reset) (v16.Reset, error) {
		switch {
		case c.EVSE != 0 || c.Resume:
			return v16.Reset{}, unsupported("OCPP 1.6 resets the station as a whole and resumes nothing")
		case c.Hard:
			return v16.Reset{Type: v16.ResetTypeHard}, nil
		}
		return v16.Reset{Type: v16.ResetTypeSoft}, nil
	}, func(r v16.ResetResponse) device.Outcome { return plain16(r.Status) })

	one(s, func(c device.Unlock) (v16.UnlockConnector, error) {
		if c.EVSE < 1 {
			return v16.UnlockConnector{}, fail.Field("central.Command", "evse", "%d is no EVSE", c.EVSE)
		}
		n, err := connector16(c.EVSE, c.Connector)
		return v16.UnlockConnector{ConnectorID: n}, err
	}, func(r v16.UnlockConnectorResponse) device.Outcome { return plain16(r.Status) })

	one(s, func(c device.SetAvailability) (v16.ChangeAvailability, error) {
		n, err := connector16(c.EVSE, c.Connector)
		q := v16.ChangeAvailability{ConnectorID: n, Type: v16.AvailabilityTypeInoperative}
		if c.Operative {
			q.Type = v16.AvailabilityTypeOperative
		}
		return q, err
	}, func(r v16.ChangeAvailabilityResponse) device.Outcome { return plain16(r.Status) })

	on(s, trigger16)
}

func reserve16(s *speech) {
	one(s, func(c device.Reserve) (v16.ReserveNow, error) {
		if c.Connector != "" {
			return v16.ReserveNow{}, unsupported("OCPP 1.6 reserves a connector by its number alone")
		}
		if c.Until.IsZero() {
			return v16.ReserveNow{}, endless()
		}
		return v16.ReserveNow{ConnectorID: c.EVSE, ExpiryDate: when(c.Until), IDTag: c.Token.UID, ParentIDTag: c.Token.Group, ReservationID: c.ID}, nil
	}, func(r v16.ReserveNowResponse) device.Outcome { return plain16(r.Status) })

	one(s, func(c device.CancelReservation) (v16.CancelReservation, error) {
		return v16.CancelReservation{ReservationID: c.ID}, nil
	}, func(r v16.CancelReservationResponse) device.Outcome { return plain16(r.Status) })

	one(s, func(c device.Transfer) (v16.DataTransfer, error) {
		return v16.DataTransfer{VendorID: c.Vendor, MessageID: c.Message, Data: c.Data}, nil
	}, func(r v16.DataTransferResponse) device.Outcome {
		o := plain16(r.Status)
		if r.Data != "" {
			o.Data = device.TransferData(r.Data)
		}
		return o
	})
}

// endless is the error of a reservation without end.
func endless() error {
	return fail.Field("central.Command", "until", "a reservation has an end")
}

// logFile is the name of a file as data of an outcome; none for no name.
func logFile(name string) any {
	if name == "" {
		return nil
	}
	return device.LogFile(name)
}

var triggers16 = map[device.Message]v16.MessageTrigger{
	device.BootMessage: v16.MessageTriggerBootNotification, device.HeartbeatMessage: v16.MessageTriggerHeartbeat,
	device.StatusMessage: v16.MessageTriggerStatusNotification, device.MeterMessage: v16.MessageTriggerMeterValues,
	device.DiagnosticsMessage: v16.MessageTriggerDiagnosticsStatusNotification, device.FirmwareMessage: v16.MessageTriggerFirmwareStatusNotification,
}

// extended16 are the messages only the security extension can ask for.
var extended16 = map[device.Message]v16.ExtendedMessageTrigger{
	device.LogMessage: v16.ExtendedMessageTriggerLogStatusNotification, device.SignStationMessage: v16.ExtendedMessageTriggerSignChargePointCertificate,
}

func trigger16(ctx context.Context, t *talk, c device.Trigger) (device.Outcome, error) {
	n, err := connector16(c.EVSE, c.Connector)
	if err != nil {
		return device.Outcome{}, err
	}
	if c.What == device.SignV2GMessage {
		return plugAndCharge(ctx, t, v201.TriggerMessage{RequestedMessage: v201.MessageTriggerSignV2GCertificate},
			func(r v201.TriggerMessageResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
	}
	if m, ok := extended16[c.What]; ok {
		return exchange(ctx, t, 0, v16.ExtendedTriggerMessage{RequestedMessage: m, ConnectorID: some(n)},
			func(r v16.ExtendedTriggerMessageResponse) device.Outcome { return plain16(r.Status) })
	}
	m, err := in(triggers16, t.version, "message", c.What)
	if err != nil {
		return device.Outcome{}, err
	}
	return exchange(ctx, t, 0, v16.TriggerMessage{RequestedMessage: m, ConnectorID: some(n)},
		func(r v16.TriggerMessageResponse) device.Outcome { return plain16(r.Status) })
}

var purposes16 = map[device.Purpose]v16.ChargingProfilePurpose{
	"": "", device.StationMax: v16.ChargingProfilePurposeChargePointMaxProfile,
	device.TxDefault: v16.ChargingProfilePurposeTxDefaultProfile, device.Tx: v16.ChargingProfilePurposeTxProfile,
}

type timing16 struct {
	kind v16.ChargingProfileKind
	each v16.RecurrencyKind
}

var timings16 = map[device.ProfileKind]timing16{
	device.Absolute: {v16.ChargingProfileKindAbsolute, ""}, device.Relative: {v16.ChargingProfileKindRelative, ""},
	device.Daily:  {v16.ChargingProfileKindRecurring, v16.RecurrencyKindDaily},
	device.Weekly: {v16.ChargingProfileKindRecurring, v16.RecurrencyKindWeekly},
}

func profiles16(s *speech) {
	one(s, func(c device.SetChargingProfile) (v16.SetChargingProfile, error) {
		if err := c.Profile.Check(c.EVSE); err != nil {
			return v16.SetChargingProfile{}, err
		}
		p, err := profile16(c.Profile)
		return v16.SetChargingProfile{ConnectorID: c.EVSE, CsChargingProfiles: p}, err
	}, func(r v16.SetChargingProfileResponse) device.Outcome { return plain16(r.Status) })

	one(s, func(c device.ClearChargingProfiles) (v16.ClearChargingProfile, error) {
		purpose, err := in(purposes16, ocpp.V16, "profile purpose", c.Purpose)
		return v16.ClearChargingProfile{ID: c.ID, ConnectorID: c.EVSE, ChargingProfilePurpose: purpose, StackLevel: c.StackLevel}, err
	}, func(r v16.ClearChargingProfileResponse) device.Outcome { return plain16(r.Status) })

	one(s, func(c device.CompositeSchedule) (v16.GetCompositeSchedule, error) {
		return v16.GetCompositeSchedule{ConnectorID: c.EVSE, Duration: c.Duration, ChargingRateUnit: v16.ChargingRateUnit(c.Unit)}, nil
	}, func(r v16.GetCompositeScheduleResponse) device.Outcome {
		o := plain16(r.Status)
		if r.ChargingSchedule != nil {
			o.Data = schedule16(r)
		}
		return o
	})
}

func profile16(p device.Profile) (v16.ChargingProfile, error) {
	var out v16.ChargingProfile
	purpose, err := in(purposes16, ocpp.V16, "profile purpose", p.Purpose)
	if err != nil {
		return out, err
	}
	timing, err := in(timings16, ocpp.V16, "profile kind", p.Kind)
	if err != nil {
		return out, err
	}
	if p.Offline != (device.Offline{}) || p.Update != (device.Update{}) {
		return out, unsupported("OCPP 1.6 has no rules for offline time and no dynamic profiles")
	}
	out = v16.ChargingProfile{
		ChargingProfileID: p.ID, StackLevel: p.StackLevel, ChargingProfilePurpose: purpose,
		ChargingProfileKind: timing.kind, RecurrencyKind: timing.each, ValidFrom: when(p.ValidFrom), ValidTo: when(p.ValidTo),
		ChargingSchedule: v16.ChargingSchedule{Duration: some(p.Duration), StartSchedule: when(p.Start), ChargingRateUnit: v16.ChargingRateUnit(p.Unit)},
	}
	if p.Transaction != "" {
		n, err := transaction16("profile.transaction", p.Transaction)
		if err != nil {
			return out, err
		}
		out.TransactionID = &n
	}
	if p.MinRate != 0 {
		out.ChargingSchedule.MinChargingRate = ocpp.Ptr(tenths(p.MinRate))
	}
	for _, x := range p.Periods {
		limit, err := limitAlone(ocpp.V16, x)
		if err != nil {
			return out, err
		}
		if x.Phase != 0 {
			return out, unsupported("OCPP 1.6 does not choose a phase")
		}
		out.ChargingSchedule.ChargingSchedulePeriod = append(out.ChargingSchedule.ChargingSchedulePeriod,
			v16.ChargingSchedulePeriod{StartPeriod: x.Start, Limit: limit, NumberPhases: some(x.Phases)})
	}
	return out, nil
}

// limitAlone returns the limit of a period that says nothing more: all that
// 1.6 and 2.0.1 know.
func limitAlone(v ocpp.Version, x device.Period) (ocpp.Number, error) {
	more := x.Discharge != nil || x.Setpoint != nil || x.Reactive != nil || x.Mode != "" || x.Precondition != nil || x.Sleep != nil ||
		x.Baseline != nil || x.FrequencyWatt != nil || x.SignalWatt != nil
	if more || x.Limit == nil || x.Limit.L2 != nil || x.Limit.L3 != nil {
		return ocpp.Number{}, unsupported("OCPP " + v.String() + " limits all phases alike and knows nothing else of a period")
	}
	return tenths(x.Limit.Value), nil
}

func schedule16(r v16.GetCompositeScheduleResponse) device.Schedule {
	c := r.ChargingSchedule
	out := device.Schedule{Start: r.ScheduleStart.Time, Unit: device.Unit(c.ChargingRateUnit)}
	if r.ConnectorID != nil {
		out.EVSE = *r.ConnectorID
	}
	if c.Duration != nil {
		out.Duration = *c.Duration
	}
	for _, x := range c.ChargingSchedulePeriod {
		p := device.Period{Start: x.StartPeriod, Rates: device.Upto(inTenths(x.Limit))}
		if x.NumberPhases != nil {
			p.Phases = *x.NumberPhases
		}
		out.Periods = append(out.Periods, p)
	}
	return out
}

// inTenths reads a rate; one beyond all bounds is 0.
func inTenths(n ocpp.Number) int64 {
	v, _ := n.Rounded(1)
	return v
}

func care16(s *speech) {
	one(s, func(device.ClearCache) (q v16.ClearCache, _ error) { return q, nil },
		func(r v16.ClearCacheResponse) device.Outcome { return plain16(r.Status) })
	one(s, func(device.ListVersion) (q v16.GetLocalListVersion, _ error) { return q, nil },
		func(r v16.GetLocalListVersionResponse) device.Outcome {
			return device.Outcome{Status: device.Accepted, Data: device.TokenListVersion(r.ListVersion)}
		})
	on(s, sendTokens16)
	on(s, getSettings16)
	on(s, setSettings16)
	on(s, reportSettings16)
	on(s, updateFirmware16)
	on(s, getLog16)
}

func sendTokens16(ctx context.Context, t *talk, c device.SendTokens) (device.Outcome, error) {
	if err := checkTokens(c); err != nil {
		return device.Outcome{}, err
	}
	message := func(c device.SendTokens) v16.SendLocalList {
		q := v16.SendLocalList{ListVersion: c.Version, UpdateType: v16.UpdateTypeDifferential}
		if c.Full {
			q.UpdateType = v16.UpdateTypeFull
		}
		for _, x := range c.Tokens {
			a := v16.AuthorizationData{IDTag: x.UID}
			if x.Status != "" {
				a.IDTagInfo = &v16.IDTagInfo{Status: v16.AuthorizationStatus(x.Status), ExpiryDate: when(x.ExpiresAt), ParentIDTag: x.Group}
			}
			q.LocalAuthorizationList = append(q.LocalAuthorizationList, a)
		}
		return q
	}
	r, err := room16(ctx, t, len(c.Tokens), "SendLocalListMaxLength")
	if err != nil {
		return device.Outcome{}, err
	}
	parts, err := split(t.version, c.Tokens, r, func(part []device.ListedToken) v16.SendLocalList {
		return message(device.SendTokens{Version: c.Version, Full: c.Full, Tokens: part})
	})
	if err != nil {
		return device.Outcome{}, err
	}
	return sendTokens(ctx, c, parts, func(c device.SendTokens) (device.Outcome, error) {
		return exchange(ctx, t, 0, message(c), func(r v16.SendLocalListResponse) device.Outcome { return plain16(r.Status) })
	})
}

// key16 is the configuration key that a setting names.
func key16(s device.Setting) (string, error) {
	if s.Variable == "" || s != (device.Setting{Variable: s.Variable}) {
		return "", fail.Field("central.Command", "settings", "a setting of OCPP 1.6 is a variable without component, instance or attribute")
	}
	return s.Variable, nil
}

func getSettings16(ctx context.Context, t *talk, c device.GetSettings) (device.Outcome, error) {
	if err := counted("settings", len(c.Settings)); err != nil {
		return device.Outcome{}, err
	}
	var keys []string
	seen := map[string]bool{}
	for _, x := range c.Settings {
		k, err := key16(x)
		if err != nil {
			return device.Outcome{}, err
		}
		if !seen[k] {
			keys = append(keys, k)
		}
		seen[k] = true
	}
	r, err := room16(ctx, t, len(keys), "GetConfigurationMaxKeys")
	if err != nil {
		return device.Outcome{}, err
	}
	out, err := inParts(ctx, t, keys, r, func(part []string) v16.GetConfiguration { return v16.GetConfiguration{Key: part} }, settings16)
	return among(out, resultOf), err
}

func settings16(r v16.GetConfigurationResponse) []device.SettingResult {
	var out []device.SettingResult
	for _, k := range r.ConfigurationKey {
		out = append(out, device.SettingResult{Setting: device.Setting{Variable: k.Key}, Value: k.Value, ReadOnly: k.Readonly, Status: device.Accepted})
	}
	for _, k := range r.UnknownKey {
		out = append(out, device.SettingResult{Setting: device.Setting{Variable: k}, Status: device.Unknown})
	}
	return out
}

func resultOf(r device.SettingResult) (device.Status, string, string) {
	return r.Status, r.Word, r.Reason
}

func setSettings16(ctx context.Context, t *talk, c device.SetSettings) (device.Outcome, error) {
	if err := counted("values", len(c.Values)); err != nil {
		return device.Outcome{}, err
	}
	if err := noneTwice(c.Values); err != nil {
		return device.Outcome{}, err
	}
	for _, x := range c.Values {
		if _, err := key16(x.Setting); err != nil {
			return device.Outcome{}, err
		}
	}
	out, err := inParts(ctx, t, c.Values, room{items: 1}, func(part []device.Value) v16.ChangeConfiguration {
		return v16.ChangeConfiguration{Key: part[0].Variable, Value: part[0].Value}
	}, func(r v16.ChangeConfigurationResponse) []device.SettingResult {
		return []device.SettingResult{{Status: statusOf(string(r.Status)), Word: string(r.Status)}}
	})
	for i := range out {
		out[i].Setting = c.Values[i].Setting
	}
	return among(out, resultOf), err
}

func reportSettings16(ctx context.Context, t *talk, c device.ReportSettings) (device.Outcome, error) {
	if len(c.Settings) > 0 || len(c.Criteria) > 0 {
		return device.Outcome{}, unsupported("OCPP 1.6 reports all settings alone")
	}
	return exchange(ctx, t, 0, v16.GetConfiguration{}, func(r v16.GetConfigurationResponse) device.Outcome {
		return device.Outcome{Status: device.Accepted, Data: settings16(r)}
	})
}

func updateFirmware16(ctx context.Context, t *talk, c device.UpdateFirmware) (device.Outcome, error) {
	if c.Certificate != "" || c.Signature != "" {
		n := t.numbered(c.Request)
		return exchange(ctx, t, n, v16.SignedUpdateFirmware{Retries: c.Retries, RetryInterval: c.RetryInterval, RequestID: n, Firmware: v16.Firmware{
			Location: string(c.Location), RetrieveDateTime: orNow(c.LoadAt), InstallDateTime: when(c.InstallAt), SigningCertificate: c.Certificate, Signature: c.Signature,
		}}, func(r v16.SignedUpdateFirmwareResponse) device.Outcome { return plain16(r.Status) })
	}
	if !c.InstallAt.IsZero() {
		return device.Outcome{}, unsupported("OCPP 1.6 sets the time of the installation in a signed update alone")
	}
	return exchange(ctx, t, 0, v16.UpdateFirmware{Location: string(c.Location), Retries: c.Retries, RetrieveDate: orNow(c.LoadAt), RetryInterval: c.RetryInterval},
		func(v16.UpdateFirmwareResponse) device.Outcome { return device.Outcome{Status: device.Accepted} })
}

// orNow is a time that is now if it was not given.
func orNow(t time.Time) ocpp.Time {
	if t.IsZero() {
		t = time.Now()
	}
	return ocpp.At(t)
}

func getLog16(ctx context.Context, t *talk, c device.GetLog) (device.Outcome, error) {
	switch c.Log {
	case device.Diagnostics:
		return exchange(ctx, t, 0, v16.GetDiagnostics{
			Location: string(c.Location), Retries: c.Retries, RetryInterval: c.RetryInterval, StartTime: when(c.From), StopTime: when(c.To),
		}, func(r v16.GetDiagnosticsResponse) device.Outcome {
			return device.Outcome{Status: device.Accepted, Data: logFile(r.FileName)}
		})
	case device.SecurityLog:
		n := t.numbered(c.Request)
		return exchange(ctx, t, n, v16.GetLog{
			LogType: v16.LogTypeSecurityLog, RequestID: n, Retries: c.Retries, RetryInterval: c.RetryInterval,
			Log: v16.LogParameters{RemoteLocation: string(c.Location), OldestTimestamp: when(c.From), LatestTimestamp: when(c.To)},
		}, func(r v16.GetLogResponse) device.Outcome {
			o := plain16(r.Status)
			o.Data = logFile(r.Filename)
			return o
		})
	}
	return device.Outcome{}, unsupported("OCPP 1.6 has no log \"" + string(c.Log) + "\"")
}

var certificates16Uses = map[device.CertificateUse]v16.CertificateUse{
	device.CSMSRoot: v16.CertificateUseCentralSystemRootCertificate, device.ManufacturerRoot: v16.CertificateUseManufacturerRootCertificate,
}

func certificates16(s *speech) {
	on(s, func(ctx context.Context, t *talk, c device.InstallCertificate) (device.Outcome, error) {
		if root, ok := vehicleRoots16[c.Use]; ok {
			return plugAndCharge(ctx, t, v201.InstallCertificate{CertificateType: root, Certificate: c.PEM},
				func(r v201.InstallCertificateResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
		}
		use, err := in(certificates16Uses, t.version, "certificate use", c.Use)
		if err != nil {
			return device.Outcome{}, err
		}
		return exchange(ctx, t, 0, v16.InstallCertificate{CertificateType: use, Certificate: c.PEM},
			func(r v16.InstallCertificateResponse) device.Outcome { return plain16(r.Status) })
	})
	on(s, func(ctx context.Context, t *talk, c device.DeleteCertificate) (device.Outcome, error) {
		if _, ok := vehicleUses16[c.Use]; ok {
			return plugAndCharge(ctx, t, v201.DeleteCertificate{CertificateHashData: hash2x(c.Hash)},
				func(r v201.DeleteCertificateResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
		}
		return exchange(ctx, t, 0, v16.DeleteCertificate{CertificateHashData: v16.CertificateHashData{
			HashAlgorithm: v16.HashAlgorithm(c.Hash.Algorithm), IssuerNameHash: c.Hash.IssuerName, IssuerKeyHash: c.Hash.IssuerKey, SerialNumber: c.Hash.Serial,
		}}, func(r v16.DeleteCertificateResponse) device.Outcome { return plain16(r.Status) })
	})
	on(s, func(ctx context.Context, t *talk, c device.SignedCertificate) (device.Outcome, error) {
		switch c.Use {
		case device.V2GLeaf:
			return plugAndCharge(ctx, t, v201.CertificateSigned{CertificateChain: c.Chain, CertificateType: v201.CertificateSigningUseV2GCertificate},
				func(r v201.CertificateSignedResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
		case "", device.StationLeaf:
			return exchange(ctx, t, 0, v16.CertificateSigned{CertificateChain: c.Chain},
				func(r v16.CertificateSignedResponse) device.Outcome { return plain16(r.Status) })
		}
		return device.Outcome{}, unsupported("OCPP 1.6 has no certificate to sign \"" + string(c.Use) + "\"")
	})
	on(s, listCertificates16)
}

// listCertificates16 asks once for each use: 1.6 names one at a time.
func listCertificates16(ctx context.Context, t *talk, c device.ListCertificates) (device.Outcome, error) {
	uses := c.Uses
	if len(uses) == 0 {
		uses = []device.CertificateUse{device.CSMSRoot, device.ManufacturerRoot}
	}
	for _, u := range uses {
		if _, ok := vehicleUses16[u]; ok {
			continue
		}
		if _, err := in(certificates16Uses, t.version, "certificate use", u); err != nil {
			return device.Outcome{}, err
		}
	}
	var out device.Outcome
	var list []device.Certificate
	for _, u := range uses {
		o, err := listed16(ctx, t, u)
		found, _ := o.Data.([]device.Certificate)
		list = append(list, found...)
		out.Data = list
		if err != nil {
			return out, err
		}
		if out.Status != device.Accepted {
			out.Status, out.Word, out.Reason = o.Status, o.Word, o.Reason
		}
	}
	return out, nil
}

func listed16(ctx context.Context, t *talk, use device.CertificateUse) (device.Outcome, error) {
	if kind, ok := vehicleUses16[use]; ok {
		return plugAndCharge(ctx, t, v201.GetInstalledCertificateIDs{CertificateType: []v201.GetCertificateIDUseEnum{kind}},
			func(r v201.GetInstalledCertificateIDsResponse) device.Outcome {
				return installed2x(r, map[v201.GetCertificateIDUseEnum]device.CertificateUse{kind: use})
			})
	}
	return exchange(ctx, t, 0, v16.GetInstalledCertificateIDs{CertificateType: certificates16Uses[use]}, func(r v16.GetInstalledCertificateIDsResponse) device.Outcome {
		o := plain16(r.Status)
		var list []device.Certificate
		for _, h := range r.CertificateHashData {
			list = append(list, device.Certificate{Use: use, Hash: device.CertificateHash{
				Algorithm: string(h.HashAlgorithm), IssuerName: h.IssuerNameHash, IssuerKey: h.IssuerKeyHash, Serial: h.SerialNumber,
			}})
		}
		o.Data = list
		return o
	})
}

// pncVendor is who 1.6 says Plug & Charge for: messages of 2.0.1 inside
// DataTransfer (OCA application note "Using ISO 15118 Plug & Charge with OCPP 1.6").
const pncVendor = "org.openchargealliance.iso15118pnc"

var vehicleRoots16 = map[device.CertificateUse]v201.InstallCertificateUseEnum{
	device.V2GRoot: v201.InstallCertificateUseV2GRootCertificate, device.MORoot: v201.InstallCertificateUseMORootCertificate,
}

var vehicleUses16 = map[device.CertificateUse]v201.GetCertificateIDUseEnum{
	device.V2GRoot: v201.GetCertificateIDUseV2GRootCertificate, device.MORoot: v201.GetCertificateIDUseMORootCertificate,
	device.V2GChain: v201.GetCertificateIDUseV2GCertificateChain,
}

// plugAndCharge says a message of 2.0.1 to a 1.6 station.
func plugAndCharge[Q ocpp.Request[P], P any](ctx context.Context, t *talk, q Q, read func(P) device.Outcome) (device.Outcome, error) {
	inner, err := ocpp.Encode(ocpp.V201, q)
	if err != nil {
		return device.Outcome{}, invalid(q.Action(), err)
	}
	r, err := ask(ctx, t, v16.DataTransfer{VendorID: pncVendor, MessageID: q.Action(), Data: string(inner)})
	if err != nil || r.Status != v16.DataTransferStatusAccepted {
		return plain16(r.Status), err
	}
	reply, _, err := ocpp.DecodeReply[P](ocpp.V201, q.Action(), []byte(r.Data))
	if err != nil {
		return device.Outcome{}, unreadable{err}
	}
	return read(reply), nil
}
