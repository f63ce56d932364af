package central

import (
	"context"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"chargewright/base/fail"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v201"
)

// speech2x registers the commands that 2.0.1 and 2.1 say alike.
func speech2x(s *speech) {
	control2x(s)
	reserve2x(s)
	tokens2x(s)
	settings2x(s)
	monitors2x(s)
	firmware2x(s)
	certificates2x(s)
	display2x(s)
}

// evse2x names an EVSE or one of its connectors; nil is the station.
func evse2x(evse, connector int64) *v201.EVSE {
	if evse == 0 {
		return nil
	}
	return &v201.EVSE{ID: evse, ConnectorID: some(connector)}
}

func token2x(t device.Token) v201.IDToken {
	if t.Type == "" {
		t.Type = string(v201.IDTokenCentral)
	}
	return v201.IDToken{IDToken: t.UID, Type: v201.IDTokenEnum(t.Type)}
}

func group2x(t device.Token) *v201.IDToken {
	if t.Group == "" {
		return nil
	}
	return &v201.IDToken{IDToken: t.Group, Type: v201.IDTokenCentral}
}

func started(r v201.RequestStartTransactionResponse) device.Outcome {
	o := told(r.Status, r.StatusInfo)
	if r.TransactionID != "" {
		o.Data = device.StartedTransaction(r.TransactionID)
	}
	return o
}

func control2x(s *speech) {
	one(s, func(c device.RemoteStop) (v201.RequestStopTransaction, error) {
		return v201.RequestStopTransaction{TransactionID: c.Transaction}, nil
	}, func(r v201.RequestStopTransactionResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.Reset) (v201.Reset, error) {
		q := v201.Reset{Type: v201.ResetOnIdle, EVSEID: some(c.EVSE)}
		switch {
		case c.Resume && s.version != ocpp.V21:
			return q, unsupported("OCPP " + s.version.String() + " does not resume transactions after a reset")
		case c.Resume:
			q.Type = "ImmediateAndResume"
		case c.Hard:
			q.Type = v201.ResetImmediate
		}
		return q, nil
	}, func(r v201.ResetResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.Unlock) (v201.UnlockConnector, error) {
		if c.EVSE < 1 {
			return v201.UnlockConnector{}, fail.Field("central.Command", "evse", "%d is no EVSE", c.EVSE)
		}
		return v201.UnlockConnector{EVSEID: c.EVSE, ConnectorID: max(c.Connector, 1)}, nil
	}, func(r v201.UnlockConnectorResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.SetAvailability) (v201.ChangeAvailability, error) {
		q := v201.ChangeAvailability{EVSE: evse2x(c.EVSE, c.Connector), OperationalStatus: v201.OperationalStatusInoperative}
		if c.Operative {
			q.OperationalStatus = v201.OperationalStatusOperative
		}
		return q, nil
	}, func(r v201.ChangeAvailabilityResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.TransactionStatus) (v201.GetTransactionStatus, error) {
		return v201.GetTransactionStatus{TransactionID: c.Transaction}, nil
	}, func(r v201.GetTransactionStatusResponse) device.Outcome {
		return device.Outcome{Status: device.Accepted, Data: device.TransactionState{Ongoing: r.OngoingIndicator, Queued: r.MessagesInQueue}}
	})

	cost2x(s)

	one(s, func(c device.Transfer) (v201.DataTransfer, error) {
		return v201.DataTransfer{VendorID: c.Vendor, MessageID: c.Message, Data: value2x(c.Data)}, nil
	}, func(r v201.DataTransferResponse) device.Outcome {
		o := told(r.Status, r.StatusInfo)
		if len(r.Data) > 0 {
			o.Data = device.TransferData(r.Data)
		}
		return o
	})
}

// value2x is text as JSON: itself if it is JSON, else quoted.
func value2x(text string) ocpp.Raw {
	if text == "" {
		return nil
	}
	if raw := ocpp.Raw(text); raw.IsValid() {
		return raw
	}
	quoted, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		return ocpp.Raw(text) // not UTF-8: refused when it is encoded
	}
	return quoted
}

var triggers2x = map[device.Message]v201.MessageTriggerEnum{
	device.BootMessage: v201.MessageTriggerBootNotification, device.HeartbeatMessage: v201.MessageTriggerHeartbeat,
	device.StatusMessage: v201.MessageTriggerStatusNotification, device.MeterMessage: v201.MessageTriggerMeterValues,
	device.TransactionMessage: v201.MessageTriggerTransactionEvent, device.LogMessage: v201.MessageTriggerLogStatusNotification,
	device.DiagnosticsMessage: v201.MessageTriggerLogStatusNotification, device.FirmwareMessage: v201.MessageTriggerFirmwareStatusNotification,
	device.PublishMessage:      v201.MessageTriggerPublishFirmwareStatusNotification,
	device.SignStationMessage:  v201.MessageTriggerSignChargingStationCertificate,
	device.SignV2GMessage:      v201.MessageTriggerSignV2GCertificate,
	device.SignCombinedMessage: v201.MessageTriggerSignCombinedCertificate,
}

func reserve2x(s *speech) {
	one(s, func(c device.Reserve) (v201.ReserveNow, error) {
		if c.Until.IsZero() {
			return v201.ReserveNow{}, endless()
		}
		return v201.ReserveNow{
			ID: c.ID, ExpiryDateTime: when(c.Until), ConnectorType: v201.ConnectorEnum(c.Connector),
			IDToken: token2x(c.Token), EVSEID: some(c.EVSE), GroupIDToken: group2x(c.Token),
		}, nil
	}, func(r v201.ReserveNowResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.CancelReservation) (v201.CancelReservation, error) {
		return v201.CancelReservation{ReservationID: c.ID}, nil
	}, func(r v201.CancelReservationResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
}

func tokens2x(s *speech) {
	one(s, func(device.ClearCache) (q v201.ClearCache, _ error) { return q, nil },
		func(r v201.ClearCacheResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
	one(s, func(device.ListVersion) (q v201.GetLocalListVersion, _ error) { return q, nil },
		func(r v201.GetLocalListVersionResponse) device.Outcome {
			return device.Outcome{Status: device.Accepted, Data: device.TokenListVersion(r.VersionNumber)}
		})
	report(s, func(c device.CustomerInformation) int64 { return c.Request },
		func(c device.CustomerInformation, request int64) (v201.CustomerInformation, error) {
			q := v201.CustomerInformation{RequestID: request, Report: c.Report, Clear: c.Clear, CustomerIdentifier: string(c.Customer)}
			names := 0
			if c.Customer != "" {
				names++
			}
			if c.Token != nil {
				q.IDToken = ocpp.Ptr(token2x(*c.Token))
				names++
			}
			if c.Certificate != nil {
				q.CustomerCertificate = ocpp.Ptr(hash2x(*c.Certificate))
				names++
			}
			if names != 1 {
				return q, fail.Field("central.Command", "token", "a customer is named by a token, a certificate or an identifier, and by one alone")
			}
			return q, nil
		}, func(r v201.CustomerInformationResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
	on(s, sendTokens2x)
}

func sendTokens2x(ctx context.Context, t *talk, c device.SendTokens) (device.Outcome, error) {
	if err := checkTokens(c); err != nil {
		return device.Outcome{}, err
	}
	message := func(c device.SendTokens) v201.SendLocalList {
		q := v201.SendLocalList{VersionNumber: c.Version, UpdateType: v201.UpdateDifferential}
		if c.Full {
			q.UpdateType = v201.UpdateFull
		}
		for _, x := range c.Tokens {
			a := v201.AuthorizationData{IDToken: token2x(x.Token)}
			if x.Status != "" {
				a.IDTokenInfo = &v201.IDTokenInfo{Status: v201.AuthorizationStatusEnum(x.Status), CacheExpiryDateTime: when(x.ExpiresAt), GroupIDToken: group2x(x.Token)}
			}
			q.LocalAuthorizationList = append(q.LocalAuthorizationList, a)
		}
		return q
	}
	r, err := room2x(ctx, t, len(c.Tokens), "LocalAuthListCtrlr", "")
	if err != nil {
		return device.Outcome{}, err
	}
	parts, err := split(t.version, c.Tokens, r, func(part []device.ListedToken) v201.SendLocalList {
		return message(device.SendTokens{Version: c.Version, Full: c.Full, Tokens: part})
	})
	if err != nil {
		return device.Outcome{}, err
	}
	return sendTokens(ctx, c, parts, func(c device.SendTokens) (device.Outcome, error) {
		return exchange(ctx, t, 0, message(c), func(r v201.SendLocalListResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
	})
}

func component2x(x device.Setting) v201.Component {
	return v201.Component{EVSE: evse2x(x.EVSE, x.Connector), Name: x.Component, Instance: x.ComponentInstance}
}

func variable2x(x device.Setting) v201.Variable {
	return v201.Variable{Name: x.Variable, Instance: x.Instance}
}

func setting2x(c v201.Component, v v201.Variable, attribute v201.AttributeEnum) device.Setting {
	out := device.Setting{Component: c.Name, ComponentInstance: c.Instance, Variable: v.Name, Instance: v.Instance, Attribute: string(attribute)}
	if attribute == v201.AttributeActual {
		out.Attribute = ""
	}
	if c.EVSE != nil {
		out.EVSE = c.EVSE.ID
		if c.EVSE.ConnectorID != nil {
			out.Connector = *c.EVSE.ConnectorID
		}
	}
	return out
}

// criteria2x names components, and variables where they are given.
func criteria2x(list []device.Setting) []v201.ComponentVariable {
	var out []v201.ComponentVariable
	for _, x := range list {
		c := v201.ComponentVariable{Component: component2x(x)}
		if x.Variable != "" {
			c.Variable = ocpp.Ptr(variable2x(x))
		}
		out = append(out, c)
	}
	return out
}

var reportBases = map[string]v201.ReportBaseEnum{
	"configuration": v201.ReportBaseConfigurationInventory, "full": v201.ReportBaseFullInventory, "summary": v201.ReportBaseSummaryInventory,
}

var reportCriteria = map[string]v201.ComponentCriterionEnum{
	"active": v201.ComponentCriterionActive, "available": v201.ComponentCriterionAvailable,
	"enabled": v201.ComponentCriterionEnabled, "problem": v201.ComponentCriterionProblem,
}

func settings2x(s *speech) {
	on(s, getSettings2x)
	on(s, setSettings2x)
	on(s, reportSettings2x)
}

func getSettings2x(ctx context.Context, t *talk, c device.GetSettings) (device.Outcome, error) {
	if err := counted("settings", len(c.Settings)); err != nil {
		return device.Outcome{}, err
	}
	var wanted []device.Setting
	seen := map[device.Setting]bool{}
	for _, x := range c.Settings {
		if err := named("settings", x); err != nil {
			return device.Outcome{}, err
		}
		if !seen[x] {
			wanted = append(wanted, x)
		}
		seen[x] = true
	}
	r, err := room2x(ctx, t, len(wanted), "DeviceDataCtrlr", "GetVariables")
	if err != nil {
		return device.Outcome{}, err
	}
	out, err := inParts(ctx, t, wanted, r, func(part []device.Setting) v201.GetVariables {
		var q v201.GetVariables
		for _, x := range part {
			q.GetVariableData = append(q.GetVariableData, v201.GetVariableData{
				AttributeType: v201.AttributeEnum(x.Attribute), Component: component2x(x), Variable: variable2x(x),
			})
		}
		return q
	}, func(r v201.GetVariablesResponse) []device.SettingResult {
		var out []device.SettingResult
		for _, x := range r.GetVariableResult {
			o := told(x.AttributeStatus, x.AttributeStatusInfo)
			out = append(out, device.SettingResult{Setting: setting2x(x.Component, x.Variable, x.AttributeType), Value: x.AttributeValue, Status: o.Status, Word: o.Word, Reason: o.Reason})
		}
		return out
	})
	return among(out, resultOf), err
}

func setSettings2x(ctx context.Context, t *talk, c device.SetSettings) (device.Outcome, error) {
	if err := counted("values", len(c.Values)); err != nil {
		return device.Outcome{}, err
	}
	if err := noneTwice(c.Values); err != nil {
		return device.Outcome{}, err
	}
	for _, x := range c.Values {
		if err := named("values", x.Setting); err != nil {
			return device.Outcome{}, err
		}
	}
	r, err := room2x(ctx, t, len(c.Values), "DeviceDataCtrlr", "SetVariables")
	if err != nil {
		return device.Outcome{}, err
	}
	out, err := inParts(ctx, t, c.Values, r, func(part []device.Value) v201.SetVariables {
		var q v201.SetVariables
		for _, x := range part {
			q.SetVariableData = append(q.SetVariableData, v201.SetVariableData{
				AttributeType: v201.AttributeEnum(x.Attribute), AttributeValue: x.Value, Component: component2x(x.Setting), Variable: variable2x(x.Setting),
			})
		}
		return q
	}, func(r v201.SetVariablesResponse) []device.SettingResult {
		var out []device.SettingResult
		for _, x := range r.SetVariableResult {
			o := told(x.AttributeStatus, x.AttributeStatusInfo)
			out = append(out, device.SettingResult{Setting: setting2x(x.Component, x.Variable, x.AttributeType), Status: o.Status, Word: o.Word, Reason: o.Reason})
		}
		return out
	})
	return among(out, resultOf), err
}

func reportSettings2x(ctx context.Context, t *talk, c device.ReportSettings) (device.Outcome, error) {
	n := t.numbered(c.Request)
	if len(c.Settings) == 0 && len(c.Criteria) == 0 {
		if c.Base == "" {
			c.Base = "full"
		}
		base, err := in(reportBases, t.version, "report base", c.Base)
		if err != nil {
			return device.Outcome{}, err
		}
		return exchange(ctx, t, n, v201.GetBaseReport{RequestID: n, ReportBase: base},
			func(r v201.GetBaseReportResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
	}
	if c.Base != "" {
		return device.Outcome{}, fail.Field("central.Command", "base", "a report is by base, or by settings and criteria")
	}
	q := v201.GetReport{RequestID: n, ComponentVariable: criteria2x(c.Settings)}
	for _, x := range c.Criteria {
		criterion, err := in(reportCriteria, t.version, "report criterion", x)
		if err != nil {
			return device.Outcome{}, err
		}
		q.ComponentCriteria = append(q.ComponentCriteria, criterion)
	}
	return exchange(ctx, t, n, q, func(r v201.GetReportResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
}

var monitorCriteria = map[string]v201.MonitoringCriterionEnum{
	"threshold": v201.MonitoringCriterionThresholdMonitoring, "delta": v201.MonitoringCriterionDeltaMonitoring, "periodic": v201.MonitoringCriterionPeriodicMonitoring,
}

func monitors2x(s *speech) {
	one(s, func(c device.SetMonitoringBase) (v201.SetMonitoringBase, error) {
		return v201.SetMonitoringBase{MonitoringBase: v201.MonitoringBaseEnum(c.Base)}, nil
	}, func(r v201.SetMonitoringBaseResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.SetMonitoringLevel) (v201.SetMonitoringLevel, error) {
		return v201.SetMonitoringLevel{Severity: c.Severity}, nil
	}, func(r v201.SetMonitoringLevelResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	report(s, func(c device.ReportMonitors) int64 { return c.Request }, func(c device.ReportMonitors, n int64) (v201.GetMonitoringReport, error) {
		q := v201.GetMonitoringReport{RequestID: n, ComponentVariable: criteria2x(c.Settings)}
		for _, x := range c.Criteria {
			criterion, err := in(monitorCriteria, s.version, "monitoring criterion", x)
			if err != nil {
				return q, err
			}
			q.MonitoringCriteria = append(q.MonitoringCriteria, criterion)
		}
		return q, nil
	}, func(r v201.GetMonitoringReportResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
	on(s, clearMonitors2x)
}

func clearMonitors2x(ctx context.Context, t *talk, c device.ClearMonitors) (device.Outcome, error) {
	if err := counted("ids", len(c.IDs)); err != nil {
		return device.Outcome{}, err
	}
	r, err := room2x(ctx, t, len(c.IDs), "MonitoringCtrlr", "ClearVariableMonitoring")
	if err != nil {
		return device.Outcome{}, err
	}
	out, err := inParts(ctx, t, c.IDs, r, func(part []int64) v201.ClearVariableMonitoring { return v201.ClearVariableMonitoring{ID: part} },
		func(r v201.ClearVariableMonitoringResponse) []device.MonitorResult {
			var out []device.MonitorResult
			for _, x := range r.ClearMonitoringResult {
				o := told(x.Status, x.StatusInfo)
				out = append(out, device.MonitorResult{ID: x.ID, Status: o.Status, Word: o.Word, Reason: o.Reason})
			}
			return out
		})
	return among(out, monitorOf), err
}

func monitorOf(r device.MonitorResult) (device.Status, string, string) {
	return r.Status, r.Word, r.Reason
}

// monitored2x lifts the results of SetVariableMonitoring.
func monitored2x(r v201.SetVariableMonitoringResponse) []device.MonitorResult {
	var out []device.MonitorResult
	for _, x := range r.SetMonitoringResult {
		o := told(x.Status, x.StatusInfo)
		m := device.MonitorResult{On: setting2x(x.Component, x.Variable, ""), Type: string(x.Type), Status: o.Status, Word: o.Word, Reason: o.Reason}
		if x.ID != nil {
			m.ID = *x.ID
		}
		out = append(out, m)
	}
	return out
}

func firmware2x(s *speech) {
	report(s, func(c device.UpdateFirmware) int64 { return c.Request }, func(c device.UpdateFirmware, n int64) (v201.UpdateFirmware, error) {
		return v201.UpdateFirmware{Retries: c.Retries, RetryInterval: c.RetryInterval, RequestID: n, Firmware: v201.Firmware{
			Location: string(c.Location), RetrieveDateTime: orNow(c.LoadAt), InstallDateTime: when(c.InstallAt),
			SigningCertificate: c.Certificate, Signature: c.Signature,
		}}, nil
	}, func(r v201.UpdateFirmwareResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	report(s, func(c device.PublishFirmware) int64 { return c.Request }, func(c device.PublishFirmware, n int64) (v201.PublishFirmware, error) {
		return v201.PublishFirmware{Location: string(c.Location), Retries: c.Retries, Checksum: c.Checksum, RequestID: n, RetryInterval: c.RetryInterval}, nil
	}, func(r v201.PublishFirmwareResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.UnpublishFirmware) (v201.UnpublishFirmware, error) {
		return v201.UnpublishFirmware{Checksum: c.Checksum}, nil
	}, func(r v201.UnpublishFirmwareResponse) device.Outcome { return told(r.Status, nil) })

	report(s, func(c device.GetLog) int64 { return c.Request }, func(c device.GetLog, n int64) (v201.GetLog, error) {
		logs := map[device.Log]v201.LogEnum{device.Diagnostics: v201.LogDiagnosticsLog, device.SecurityLog: v201.LogSecurityLog}
		if s.version == ocpp.V21 {
			logs[device.DataCollector] = "DataCollectorLog"
		}
		kind, err := in(logs, s.version, "log", c.Log)
		return v201.GetLog{LogType: kind, RequestID: n, Retries: c.Retries, RetryInterval: c.RetryInterval,
			Log: v201.LogParameters{RemoteLocation: string(c.Location), OldestTimestamp: when(c.From), LatestTimestamp: when(c.To)}}, err
	}, func(r v201.GetLogResponse) device.Outcome {
		o := told(r.Status, r.StatusInfo)
		o.Data = logFile(r.Filename)
		return o
	})
}

// roots2x are the root certificates that can be installed.
func roots2x(v ocpp.Version) map[device.CertificateUse]v201.InstallCertificateUseEnum {
	roots := map[device.CertificateUse]v201.InstallCertificateUseEnum{
		device.CSMSRoot: v201.InstallCertificateUseCSMSRootCertificate, device.ManufacturerRoot: v201.InstallCertificateUseManufacturerRootCertificate,
		device.V2GRoot: v201.InstallCertificateUseV2GRootCertificate, device.MORoot: v201.InstallCertificateUseMORootCertificate,
	}
	if v == ocpp.V21 {
		roots[device.OEMRoot] = "OEMRootCertificate"
	}
	return roots
}

func hash2x(h device.CertificateHash) v201.CertificateHashData {
	return v201.CertificateHashData{HashAlgorithm: v201.HashAlgorithmEnum(h.Algorithm), IssuerNameHash: h.IssuerName, IssuerKeyHash: h.IssuerKey, SerialNumber: h.Serial}
}

func certificates2x(s *speech) {
	roots := roots2x(s.version)
	listed := map[device.CertificateUse]v201.GetCertificateIDUseEnum{device.V2GChain: v201.GetCertificateIDUseV2GCertificateChain}
	uses := map[v201.GetCertificateIDUseEnum]device.CertificateUse{v201.GetCertificateIDUseV2GCertificateChain: device.V2GChain}
	for use, root := range roots {
		listed[use] = v201.GetCertificateIDUseEnum(root)
		uses[v201.GetCertificateIDUseEnum(root)] = use
	}

	one(s, func(c device.InstallCertificate) (v201.InstallCertificate, error) {
		use, err := in(roots, s.version, "root certificate", c.Use)
		return v201.InstallCertificate{CertificateType: use, Certificate: c.PEM}, err
	}, func(r v201.InstallCertificateResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.DeleteCertificate) (v201.DeleteCertificate, error) {
		return v201.DeleteCertificate{CertificateHashData: hash2x(c.Hash)}, nil
	}, func(r v201.DeleteCertificateResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.ListCertificates) (q v201.GetInstalledCertificateIDs, err error) {
		for _, u := range c.Uses {
			use, err := in(listed, s.version, "certificate use", u)
			if err != nil {
				return q, err
			}
			q.CertificateType = append(q.CertificateType, use)
		}
		return q, nil
	}, func(r v201.GetInstalledCertificateIDsResponse) device.Outcome { return installed2x(r, uses) })
}

func installed2x(r v201.GetInstalledCertificateIDsResponse, uses map[v201.GetCertificateIDUseEnum]device.CertificateUse) device.Outcome {
	o := told(r.Status, r.StatusInfo)
	var list []device.Certificate
	for _, x := range r.CertificateHashDataChain {
		c := device.Certificate{Use: uses[x.CertificateType], Hash: hashOf(x.CertificateHashData)}
		for _, h := range x.ChildCertificateHashData {
			c.Children = append(c.Children, hashOf(h))
		}
		list = append(list, c)
	}
	o.Data = list
	return o
}

func hashOf(h v201.CertificateHashData) device.CertificateHash {
	return device.CertificateHash{Algorithm: string(h.HashAlgorithm), IssuerName: h.IssuerNameHash, IssuerKey: h.IssuerKeyHash, Serial: h.SerialNumber}
}

func display2x(s *speech) {
	one(s, func(c device.ClearMessage) (v201.ClearDisplayMessage, error) {
		return v201.ClearDisplayMessage{ID: c.ID}, nil
	}, func(r v201.ClearDisplayMessageResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	report(s, func(c device.GetMessages) int64 { return c.Request }, func(c device.GetMessages, n int64) (v201.GetDisplayMessages, error) {
		return v201.GetDisplayMessages{ID: c.IDs, RequestID: n, Priority: v201.MessagePriorityEnum(c.Priority), State: v201.MessageStateEnum(c.State)}, nil
	}, func(r v201.GetDisplayMessagesResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
}

func texts2x(list []device.Text) []v201.MessageContent {
	var out []v201.MessageContent
	for _, x := range list {
		out = append(out, v201.MessageContent{Format: v201.MessageFormatEnum(x.Format), Language: x.Language, Content: x.Content})
	}
	return out
}

func display(s *device.Setting) *v201.Component {
	if s == nil {
		return nil
	}
	return ocpp.Ptr(component2x(*s))
}

var purposes2x = map[device.Purpose]v201.ChargingProfilePurposeEnum{
	"": "", device.StationMax: v201.ChargingProfilePurposeChargingStationMaxProfile,
	device.TxDefault: v201.ChargingProfilePurposeTxDefaultProfile, device.Tx: v201.ChargingProfilePurposeTxProfile,
	device.External: v201.ChargingProfilePurposeChargingStationExternalConstraints,
}

type timing2x struct {
	kind v201.ChargingProfileKindEnum
	each v201.RecurrencyKindEnum
}

var timings2x = map[device.ProfileKind]timing2x{
	device.Absolute: {v201.ChargingProfileKindAbsolute, ""}, device.Relative: {v201.ChargingProfileKindRelative, ""},
	device.Daily:  {v201.ChargingProfileKindRecurring, v201.RecurrencyKindDaily},
	device.Weekly: {v201.ChargingProfileKindRecurring, v201.RecurrencyKindWeekly},
}

// profiles2x registers what both versions ask of profiles, with the purposes
// that the version knows.
func profiles2x(s *speech, purposes map[device.Purpose]v201.ChargingProfilePurposeEnum) {
	one(s, func(c device.ClearChargingProfiles) (v201.ClearChargingProfile, error) {
		if c == (device.ClearChargingProfiles{}) {
			return v201.ClearChargingProfile{}, fail.Field("central.Command", "id", "OCPP 2 clears a profile by its id, or by a criterion")
		}
		purpose, err := in(purposes, s.version, "profile purpose", c.Purpose)
		q := v201.ClearChargingProfile{ChargingProfileID: c.ID}
		if c.EVSE != nil || purpose != "" || c.StackLevel != nil {
			q.ChargingProfileCriteria = &v201.ClearChargingProfileType{EVSEID: c.EVSE, ChargingProfilePurpose: purpose, StackLevel: c.StackLevel}
		}
		return q, err
	}, func(r v201.ClearChargingProfileResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	report(s, func(c device.GetChargingProfiles) int64 { return c.Request }, func(c device.GetChargingProfiles, n int64) (v201.GetChargingProfiles, error) {
		purpose, err := in(purposes, s.version, "profile purpose", c.Purpose)
		criterion := v201.ChargingProfileCriterion{ChargingProfilePurpose: purpose, StackLevel: c.StackLevel, ChargingProfileID: c.IDs}
		for _, x := range c.Sources {
			criterion.ChargingLimitSource = append(criterion.ChargingLimitSource, v201.ChargingLimitSourceEnum(x))
		}
		return v201.GetChargingProfiles{RequestID: n, EVSEID: c.EVSE, ChargingProfile: criterion}, err
	}, func(r v201.GetChargingProfilesResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
}

// pin is a SIM's PIN as OCPP sends it: a number.
func pin(s device.Secret) (*int64, error) {
	if s == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(string(s), 10, 32)
	if err != nil || n < 0 {
		return nil, fail.Field("central.Command", "apn.pin", "it is no number")
	}
	return &n, nil
}

// ocppVersions: 2.0.1 calls itself OCPP20 here, 2.1 tells the two apart.
var ocppVersions = map[string]v201.OCPPVersionEnum{
	"1.2": v201.OCPPVersionOCPP12, "1.5": v201.OCPPVersionOCPP15, "1.6": v201.OCPPVersionOCPP16, "2.0.1": v201.OCPPVersionOCPP20,
}

func apn2x(a *device.APN) (*v201.APN, error) {
	if a == nil {
		return nil, nil
	}
	n, err := pin(a.PIN)
	out := &v201.APN{
		APN: a.Name, APNUserName: a.User, APNPassword: string(a.Password), SIMPin: n, PreferredNetwork: a.Network,
		APNAuthentication: v201.APNAuthenticationEnum(a.Authentication),
	}
	if a.OnlyNetwork {
		out.UseOnlyPreferredNetwork = ocpp.Ptr(true)
	}
	return out, err
}

func tunnel2x(v *device.Tunnel) *v201.VPN {
	if v == nil {
		return nil
	}
	return &v201.VPN{Server: v.Server, User: v.User, Group: v.Group, Password: string(v.Password), Key: string(v.Key), Type: v201.VPNEnum(v.Type)}
}
