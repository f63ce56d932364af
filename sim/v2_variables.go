package sim

import (
	"context"
	"strconv"
	"strings"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v21"
)

// variable is one variable of the device model (2.x part 2 appendix 3).
type variable struct {
	component string
	evse      int64 // 0: none
	connector int64 // 0: none
	name      string
	instance  string
	setting   string // where the value lives; empty: value, read-only
	value     string
	form      v21.DataEnum
	unit      string
	maximum   int64 // 0: none
	values    string
}

// variables returns the device model as it stands.
func (s *Station) variables() []variable {
	text, number, yes := v21.DataString, v21.DataInteger, v21.DataBoolean
	out := []variable{
		{component: "AlignedDataCtrlr", name: "Interval", setting: clockAlignedDataInterval, form: number, unit: "s"},
		{component: "AuthCtrlr", name: "AuthorizeRemoteStart", setting: authorizeRemoteTxRequests, form: yes},
		{component: "AuthCtrlr", name: "LocalAuthorizeOffline", setting: localAuthorizeOffline, form: yes},
		{component: "AuthCtrlr", name: "LocalPreAuthorize", setting: localPreAuthorize, form: yes},
		{component: "AuthCtrlr", name: "OfflineTxForUnknownIdEnabled", setting: allowOfflineTxForUnknownID, form: yes},
		{component: "ChargingStation", name: "AvailabilityState", value: s.stationWord(), form: v21.DataOptionList, values: availabilityWords},
		{component: "ChargingStation", name: "Available", value: "true", form: yes},
		{component: "ChargingStation", name: "Model", value: s.cfg.Model, form: text},
		{component: "ChargingStation", name: "SerialNumber", value: s.cfg.Serial, form: text},
		{component: "ChargingStation", name: "VendorName", value: s.cfg.Vendor, form: text},
		{component: "ClockCtrlr", name: "DateTime", value: s.clock().Format("2006-01-02T15:04:05.000Z"), form: v21.DataDateTime},
		{component: "ClockCtrlr", name: "TimeSource", value: "Heartbeat", form: v21.DataSequenceList, values: "Heartbeat"},
		{component: "DeviceDataCtrlr", name: "BytesPerMessage", instance: "GetVariables", value: "65536", form: number},
		{component: "DeviceDataCtrlr", name: "BytesPerMessage", instance: "SetVariables", value: "65536", form: number},
		{component: "DeviceDataCtrlr", name: "ItemsPerMessage", instance: "GetReport", value: "50", form: number},
		{component: "DeviceDataCtrlr", name: "ItemsPerMessage", instance: "GetVariables", value: "50", form: number},
		{component: "DeviceDataCtrlr", name: "ItemsPerMessage", instance: "SetVariables", value: "50", form: number},
		{component: "DisplayMessageCtrlr", name: "NumberOfDisplayMessages", value: strconv.Itoa(len(s.stores.messages)), form: number,
			maximum: maxMessages},
		{component: "LocalAuthListCtrlr", name: "Enabled", setting: localAuthListEnabled, form: yes},
		{component: "LocalAuthListCtrlr", name: "Entries", value: strconv.Itoa(len(s.list.entries)), form: number, maximum: maxListed},
		{component: "LocalAuthListCtrlr", name: "ItemsPerMessage", value: "1000", form: number},
		{component: "OCPPCommCtrlr", name: "HeartbeatInterval", setting: heartbeatInterval, form: number, unit: "s"},
		{component: "OCPPCommCtrlr", name: "MessageAttemptInterval", instance: "TransactionEvent",
			setting: transactionMessageRetryInterval, form: number, unit: "s"},
		{component: "OCPPCommCtrlr", name: "MessageAttempts", instance: "TransactionEvent", setting: transactionMessageAttempts, form: number},
		{component: "OCPPCommCtrlr", name: "NetworkConfigurationPriority", value: "1", form: v21.DataSequenceList, values: "1,2"},
		{component: "OCPPCommCtrlr", name: "WebSocketPingInterval", setting: webSocketPingInterval, form: number, unit: "s"},
		{component: "ReservationCtrlr", name: "Available", value: "true", form: yes},
		{component: "ReservationCtrlr", name: "NonEvseSpecific", value: "true", form: yes},
		{component: "SampledDataCtrlr", name: "TxUpdatedInterval", setting: meterValueSampleInterval, form: number, unit: "s"},
		{component: "SampledDataCtrlr", name: "TxUpdatedMeasurands", setting: meterValuesSampledData, form: v21.DataMemberList,
			values: "Energy.Active.Import.Register,Power.Active.Import,Power.Offered,Current.Import,Voltage,SoC"},
		{component: "SecurityCtrlr", name: "BasicAuthPassword", setting: authorizationKey, form: text, maximum: 40},
		{component: "SecurityCtrlr", name: "Identity", value: s.cfg.ID, form: text, maximum: 48},
		{component: "SecurityCtrlr", name: "OrganizationName", setting: "CpoName", form: text},
		{component: "SecurityCtrlr", name: "SecurityProfile", value: s.settings.find("SecurityProfile").value, form: number},
		{component: "SmartChargingCtrlr", name: "Available", value: "true", form: yes},
		{component: "SmartChargingCtrlr", name: "Entries", instance: "ChargingProfiles", value: strconv.Itoa(len(s.profiles)), form: number,
			maximum: maxProfiles},
		{component: "SmartChargingCtrlr", name: "PeriodsPerSchedule", value: strconv.Itoa(maxPeriods), form: number},
		{component: "SmartChargingCtrlr", name: "ProfileStackLevel", value: strconv.Itoa(maxStack), form: number},
		{component: "SmartChargingCtrlr", name: "RateUnit", value: "A,W", form: v21.DataMemberList, values: "A,W"},
		{component: "TxCtrlr", name: "EVConnectionTimeOut", setting: connectionTimeOut, form: number, unit: "s"},
		{component: "TxCtrlr", name: "StopTxOnEVSideDisconnect", setting: stopTransactionOnEVDisconnect, form: yes},
		{component: "TxCtrlr", name: "StopTxOnInvalidId", setting: stopTransactionOnInvalidID, form: yes},
		{component: "TxCtrlr", name: "TxStartPoint", value: "PowerPathClosed", form: v21.DataMemberList, values: "PowerPathClosed"},
		{component: "TxCtrlr", name: "TxStopPoint", value: "PowerPathClosed", form: v21.DataMemberList, values: "PowerPathClosed"},
	}
	if s.cfg.Version == ocpp.V21 {
		out = append(out, variable{component: "TxCtrlr", name: "SupportedLimits", value: "MaxEnergy,MaxTime",
			form: v21.DataMemberList, values: "MaxEnergy,MaxTime"})
	}
	out = append(append(out, s.screenVariables()...), s.qrVariables()...)
	for _, e := range s.evses {
		out = append(out, e.variables()...)
	}
	return out
}

const availabilityWords = "Available,Occupied,Reserved,Unavailable,Faulted"

func (s *Station) stationWord() string {
	if s.allOff() {
		return unavailable
	}
	return available
}

func (e *evse) variables() []variable {
	n := int64(e.n)
	phases := e.cfg.Phases
	if e.cfg.Kind == DC {
		phases = 3
	}
	out := []variable{
		{component: "EVSE", evse: n, name: "AvailabilityState", value: connectorWord(e.state(e.plug)), form: v21.DataOptionList,
			values: availabilityWords},
		{component: "EVSE", evse: n, name: "Available", value: "true", form: v21.DataBoolean},
		{component: "EVSE", evse: n, name: "Power", value: strconv.FormatInt(e.meter.watts, 10), form: v21.DataDecimal, unit: "W",
			maximum: e.cfg.MaxW},
		{component: "EVSE", evse: n, name: "SupplyPhases", value: strconv.FormatInt(phases, 10), form: v21.DataInteger},
	}
	kind := "cType2"
	if e.cfg.Kind == DC {
		kind = "cCCS2"
	}
	for _, c := range e.conns {
		at := int64(c.n)
		out = append(out,
			variable{component: "Connector", evse: n, connector: at, name: "AvailabilityState", value: connectorWord(e.state(c)),
				form: v21.DataOptionList, values: availabilityWords},
			variable{component: "Connector", evse: n, connector: at, name: "Available", value: "true", form: v21.DataBoolean},
			variable{component: "Connector", evse: n, connector: at, name: "ConnectorType", value: kind, form: v21.DataString},
			variable{component: "Connector", evse: n, connector: at, name: "SupplyPhases", value: strconv.FormatInt(phases, 10), form: v21.DataInteger},
		)
	}
	return out
}

// findVariable returns the variable named, or which part of the name is not
// known.
func (s *Station) findVariable(c v21.Component, v v21.Variable) (variable, v21.GetVariableStatusEnum) {
	status := v21.GetVariableStatusUnknownComponent
	var evse, connector int64
	if c.EVSE != nil {
		evse = c.EVSE.ID
		if c.EVSE.ConnectorID != nil {
			connector = *c.EVSE.ConnectorID
		}
	}
	for _, o := range s.variables() {
		if !strings.EqualFold(o.component, c.Name) || o.evse != evse || o.connector != connector || c.Instance != "" {
			continue
		}
		if strings.EqualFold(o.name, v.Name) && strings.EqualFold(o.instance, v.Instance) {
			return o, v21.GetVariableStatusAccepted
		}
		status = v21.GetVariableStatusUnknownVariable
	}
	return variable{}, status
}

// valueOf returns the value and the mutability.
func (s *Station) valueOf(o variable) (string, v21.MutabilityEnum) {
	if o.setting == "" {
		return o.value, v21.MutabilityReadOnly
	}
	k := s.settings.find(o.setting)
	if k.hidden {
		return "", v21.MutabilityWriteOnly
	}
	if k.readonly {
		return k.value, v21.MutabilityReadOnly
	}
	return k.value, v21.MutabilityReadWrite
}

func (v *speaker2) getVariables(_ context.Context, s *Station, q *v21.GetVariables) (v21.GetVariablesResponse, error) {
	var r v21.GetVariablesResponse
	for _, d := range q.GetVariableData {
		out := v21.GetVariableResult{AttributeType: d.AttributeType, Component: d.Component, Variable: d.Variable}
		o, status := s.findVariable(d.Component, d.Variable)
		value, mutability := "", v21.MutabilityReadOnly
		if status == v21.GetVariableStatusAccepted {
			value, mutability = s.valueOf(o)
		}
		switch {
		case status != v21.GetVariableStatusAccepted:
		case mutability == v21.MutabilityWriteOnly:
			status = v21.GetVariableStatusRejected
		case d.AttributeType == "" || d.AttributeType == v21.AttributeActual:
			out.AttributeValue = value
		case d.AttributeType == v21.AttributeMaxSet && o.maximum > 0:
			out.AttributeValue = strconv.FormatInt(o.maximum, 10)
		default:
			status = v21.GetVariableStatusNotSupportedAttributeType
		}
		out.AttributeStatus = status
		r.GetVariableResult = append(r.GetVariableResult, out)
	}
	return r, nil
}

func (v *speaker2) setVariables(_ context.Context, s *Station, q *v21.SetVariables) (v21.SetVariablesResponse, error) {
	var r v21.SetVariablesResponse
	for _, d := range q.SetVariableData {
		out := v21.SetVariableResult{AttributeType: d.AttributeType, Component: d.Component, Variable: d.Variable}
		o, status := s.findVariable(d.Component, d.Variable)
		switch {
		case status != v21.GetVariableStatusAccepted:
			out.AttributeStatus = v21.SetVariableStatusEnum(status)
		case d.AttributeType != "" && d.AttributeType != v21.AttributeActual:
			out.AttributeStatus = v21.SetVariableStatusNotSupportedAttributeType
		case o.setting == "":
			out.AttributeStatus = v21.SetVariableStatusRejected
		default:
			out.AttributeStatus = v21.SetVariableStatusEnum(s.settings.set(o.setting, d.AttributeValue))
			if out.AttributeStatus == accepted {
				s.later(func() { s.changed(o.setting) })
			}
		}
		r.SetVariableResult = append(r.SetVariableResult, out)
	}
	return r, nil
}

func (v *speaker2) baseReport(_ context.Context, s *Station, q *v21.GetBaseReport) (v21.GetBaseReportResponse, error) {
	var out []variable
	for _, o := range s.variables() {
		switch {
		case q.ReportBase == v21.ReportBaseFullInventory, q.ReportBase == v21.ReportBaseConfigurationInventory && o.setting != "",
			q.ReportBase == v21.ReportBaseSummaryInventory && (o.name == "AvailabilityState" || o.name == "Available"):
			out = append(out, o)
		}
	}
	return v21.GetBaseReportResponse{Status: v.sendReport(s, q.RequestID, out)}, nil
}

func (v *speaker2) report(_ context.Context, s *Station, q *v21.GetReport) (v21.GetReportResponse, error) {
	var out []variable
	for _, o := range s.variables() {
		for _, want := range q.ComponentVariable {
			if strings.EqualFold(want.Component.Name, o.component) && (want.Component.EVSE == nil || want.Component.EVSE.ID == o.evse) &&
				(want.Variable == nil || strings.EqualFold(want.Variable.Name, o.name)) {
				out = append(out, o)
				break
			}
		}
		if len(q.ComponentVariable) == 0 && (o.name == "Available" || o.name == "Enabled") {
			out = append(out, o)
		}
	}
	return v21.GetReportResponse{Status: v.sendReport(s, q.RequestID, out)}, nil
}

// reportItems is how many variables go into one NotifyReport.
const reportItems = 10

// sendReport sends variables in parts after the answer (2.x B07, B08).
func (v *speaker2) sendReport(s *Station, requestID int64, list []variable) v21.GenericDeviceModelStatusEnum {
	if len(list) == 0 {
		return v21.GenericDeviceModelStatusEmptyResultSet
	}
	s.later(func() {
		for seq := int64(0); len(list) > 0; seq++ {
			part := list[:min(reportItems, len(list))]
			list = list[len(part):]
			q := v21.NotifyReport{RequestID: requestID, GeneratedAt: ocpp.At(s.clock()), SeqNo: seq, TBC: ocpp.Ptr(len(list) > 0)}
			for _, o := range part {
				q.ReportData = append(q.ReportData, s.reportData(o))
			}
			s.sendEarly(q)
		}
	})
	return v21.GenericDeviceModelStatusAccepted
}

func (s *Station) reportData(o variable) v21.ReportData {
	value, mutability := s.valueOf(o)
	d := v21.ReportData{
		Component:         v21.Component{Name: o.component},
		Variable:          v21.Variable{Name: o.name, Instance: o.instance},
		VariableAttribute: []v21.VariableAttribute{{Type: v21.AttributeActual, Value: value, Mutability: mutability}},
		VariableCharacteristics: &v21.VariableCharacteristics{
			Unit: o.unit, DataType: o.form, ValuesList: o.values, SupportsMonitoring: false,
		},
	}
	if o.maximum > 0 {
		d.VariableCharacteristics.MaxLimit = ocpp.Ptr(ocpp.Int(o.maximum))
	}
	if o.evse > 0 {
		d.Component.EVSE = &v21.EVSE{ID: o.evse}
		if o.connector > 0 {
			d.Component.EVSE.ConnectorID = &o.connector
		}
	}
	return d
}
