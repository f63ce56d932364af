package central

import (
	"context"
	"strconv"
	"time"

	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/core/reserve"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
	"chargewright/wire/ocpp/v21"
)

// notice stores a message that others will work with later, as it came.
func (c *Central) notice(ctx context.Context, in *inbound) error {
	_, err := atom(ctx, c, in, func(tx *store.Tx) (done, error) {
		d, _, err := device.At(tx, in.StationID)
		if err != nil {
			return done{}, err
		}
		return done{}, device.Note(tx, d.ID, device.Notice{Action: in.Call.Action, Body: string(in.Call.Payload), ReceivedAt: in.Call.ReceivedAt})
	})
	return err
}

// keep registers a message whose effect is to be kept and which is always
// answered alike.
func keep[Q ocpp.Request[P], P any](c *Central, r *ocpp.Router[*inbound], reply P) {
	ocpp.On(r, func(ctx context.Context, in *inbound, _ *Q) (P, error) { return reply, c.notice(ctx, in) })
}

// notices16 registers what 1.6 stations report about themselves. A request to
// sign a certificate is taken: who runs the authority answers it by
// CertificateSigned.
func (c *Central) notices16(r *ocpp.Router[*inbound]) {
	keep[v16.DiagnosticsStatusNotification](c, r, v16.DiagnosticsStatusNotificationResponse{})
	keep[v16.FirmwareStatusNotification](c, r, v16.FirmwareStatusNotificationResponse{})
	keep[v16.LogStatusNotification](c, r, v16.LogStatusNotificationResponse{})
	keep[v16.SecurityEventNotification](c, r, v16.SecurityEventNotificationResponse{})
	keep[v16.SignedFirmwareStatusNotification](c, r, v16.SignedFirmwareStatusNotificationResponse{})
	keep[v16.SignCertificate](c, r, v16.SignCertificateResponse{Status: v16.GenericStatusAccepted})
	ocpp.On(r, c.transfer16)
}

// notices2x registers what 2.0.1 and 2.1 stations report alike.
func (c *Central) notices2x(r *ocpp.Router[*inbound]) {
	keep[v201.SecurityEventNotification](c, r, v201.SecurityEventNotificationResponse{})
	ocpp.On(r, c.reservation2x)
	keep[v201.NotifyCustomerInformation](c, r, v201.NotifyCustomerInformationResponse{})
	keep[v201.ClearedChargingLimit](c, r, v201.ClearedChargingLimitResponse{})
	keep[v201.DataTransfer](c, r, v201.DataTransferResponse{Status: v201.DataTransferStatusUnknownVendorID})
	// There is no OCSP responder behind us: the station decides by its own rules (2.x M06).
	keep[v201.GetCertificateStatus](c, r, v201.GetCertificateStatusResponse{Status: v201.GetCertificateStatusFailed})
}

// notices201 registers what only 2.0.1 words so.
func (c *Central) notices201(r *ocpp.Router[*inbound]) {
	keep[v201.FirmwareStatusNotification](c, r, v201.FirmwareStatusNotificationResponse{})
	keep[v201.LogStatusNotification](c, r, v201.LogStatusNotificationResponse{})
	keep[v201.PublishFirmwareStatusNotification](c, r, v201.PublishFirmwareStatusNotificationResponse{})
	ocpp.On(r, c.report201)
	keep[v201.NotifyMonitoringReport](c, r, v201.NotifyMonitoringReportResponse{})
	keep[v201.NotifyDisplayMessages](c, r, v201.NotifyDisplayMessagesResponse{})
	keep[v201.NotifyChargingLimit](c, r, v201.NotifyChargingLimitResponse{})
	keep[v201.ReportChargingProfiles](c, r, v201.ReportChargingProfilesResponse{})
	keep[v201.NotifyEVChargingNeeds](c, r, v201.NotifyEVChargingNeedsResponse{Status: v201.NotifyEVChargingNeedsStatusRejected})
	keep[v201.NotifyEVChargingSchedule](c, r, v201.NotifyEVChargingScheduleResponse{Status: v201.GenericStatusAccepted})
	keep[v201.SignCertificate](c, r, v201.SignCertificateResponse{Status: v201.GenericStatusAccepted})
	keep[v201.Get15118EVCertificate](c, r, v201.Get15118EVCertificateResponse{Status: v201.ISO15118EVCertificateStatusFailed})
}

// notices21 registers what only 2.1 says, or words so.
func (c *Central) notices21(r *ocpp.Router[*inbound]) {
	keep[v21.FirmwareStatusNotification](c, r, v21.FirmwareStatusNotificationResponse{})
	keep[v21.LogStatusNotification](c, r, v21.LogStatusNotificationResponse{})
	keep[v21.PublishFirmwareStatusNotification](c, r, v21.PublishFirmwareStatusNotificationResponse{})
	ocpp.On(r, c.report21)
	keep[v21.NotifyMonitoringReport](c, r, v21.NotifyMonitoringReportResponse{})
	keep[v21.NotifyDisplayMessages](c, r, v21.NotifyDisplayMessagesResponse{})
	keep[v21.NotifyChargingLimit](c, r, v21.NotifyChargingLimitResponse{})
	keep[v21.ReportChargingProfiles](c, r, v21.ReportChargingProfilesResponse{})
	keep[v21.NotifyEVChargingNeeds](c, r, v21.NotifyEVChargingNeedsResponse{Status: v21.NotifyEVChargingNeedsStatusRejected})
	keep[v21.NotifyEVChargingSchedule](c, r, v21.NotifyEVChargingScheduleResponse{Status: v201.GenericStatusAccepted})
	keep[v21.SignCertificate](c, r, v21.SignCertificateResponse{Status: v201.GenericStatusAccepted})
	keep[v21.Get15118EVCertificate](c, r, v21.Get15118EVCertificateResponse{Status: v201.ISO15118EVCertificateStatusFailed})
	keep[v21.BatterySwap](c, r, v21.BatterySwapResponse{})
	keep[v21.NotifyDERAlarm](c, r, v21.NotifyDERAlarmResponse{})
	keep[v21.NotifyDERStartStop](c, r, v21.NotifyDERStartStopResponse{})
	keep[v21.ReportDERControl](c, r, v21.ReportDERControlResponse{})
	keep[v21.NotifyPriorityCharging](c, r, v21.NotifyPriorityChargingResponse{})
	ocpp.On(r, c.settlement21)
	keep[v21.ClosePeriodicEventStream](c, r, v21.ClosePeriodicEventStreamResponse{})
	keep[v21.OpenPeriodicEventStream](c, r, v21.OpenPeriodicEventStreamResponse{Status: v201.GenericStatusAccepted})
	// No schedule of ours is dynamic: there is nothing to pull (2.1 K28).
	keep[v21.PullDynamicScheduleUpdate](c, r, v21.PullDynamicScheduleUpdateResponse{Status: v21.ChargingProfileStatusRejected})
	ocpp.On(r, c.chainStatus21)
	ocpp.On(r, c.vat21)
	ocpp.On(r, c.stream21)
}

// chainStatus21 answers for every certificate asked about that its status is
// unknown: there is no OCSP responder behind us.
func (c *Central) chainStatus21(ctx context.Context, in *inbound, q *v21.GetCertificateChainStatus) (v21.GetCertificateChainStatusResponse, error) {
	reply := v21.GetCertificateChainStatusResponse{}
	for _, x := range q.CertificateStatusRequests {
		reply.CertificateStatus = append(reply.CertificateStatus, v21.CertificateStatus{
			CertificateHashData: x.CertificateHashData, Source: x.Source, Status: v21.CertificateStatusFailed, NextUpdate: ocpp.At(in.Call.ReceivedAt),
		})
	}
	return reply, c.notice(ctx, in)
}

// vat21 keeps a company's VAT number and does not vouch for it.
func (c *Central) vat21(ctx context.Context, in *inbound, q *v21.VATNumberValidation) (v21.VATNumberValidationResponse, error) {
	return v21.VATNumberValidationResponse{VATNumber: q.VATNumber, EVSEID: q.EVSEID, Status: v201.GenericStatusRejected}, c.notice(ctx, in)
}

// stream21 keeps a part of a periodic event stream as telemetry. It is sent and
// not answered (2.1 N15).
func (c *Central) stream21(ctx context.Context, in *inbound, q *v21.NotifyPeriodicEventStream) (ocpp.NoReply, error) {
	var rs []reading
	for _, x := range q.Data {
		us, _ := x.T.Rounded(6) // seconds after the base time
		rs = append(rs, reading{at: q.Basetime.Add(time.Duration(us) * time.Microsecond), measurand: "stream/" + strconv.FormatInt(q.ID, 10), value: x.V})
	}
	_, err := c.keepTelemetry(ctx, in, q.Basetime.Time, 0, rs)
	return ocpp.NoReply{}, err
}

// reservation2x ends a reservation by the station's word (2.x H04, H05; 2.1
// NoTransaction: the driver came and nothing began).
func (c *Central) reservation2x(ctx context.Context, in *inbound, q *v201.ReservationStatusUpdate) (v201.ReservationStatusUpdateResponse, error) {
	how := reserve.Expired
	if q.ReservationUpdateStatus == v201.ReservationUpdateStatusRemoved {
		how = reserve.Removed
	}
	_, err := atom(ctx, c, in, func(tx *store.Tx) (done, error) {
		reserve.End(tx, in.StationID, q.ReservationID, how)
		return done{}, nil
	})
	return v201.ReservationStatusUpdateResponse{}, err
}
