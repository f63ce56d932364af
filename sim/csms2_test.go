package sim

import (
	"context"
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v21"
)

// router2 serves the types of 2.1 to both versions.
func (c *csms) router2(v ocpp.Version) *ocpp.Router[string] {
	r := ocpp.NewRouter[string](v)
	type ctx = context.Context
	ocpp.On(r, func(_ ctx, _ string, q *v21.BootNotification) (v21.BootNotificationResponse, error) {
		return v21.BootNotificationResponse{Status: v21.RegistrationStatusEnum(c.bootStatus()), CurrentTime: ocpp.At(time.Now()), Interval: 300}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.Heartbeat) (v21.HeartbeatResponse, error) {
		return v21.HeartbeatResponse{CurrentTime: ocpp.At(time.Now())}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.Authorize) (v21.AuthorizeResponse, error) {
		return v21.AuthorizeResponse{IDTokenInfo: v21.IDTokenInfo{Status: v21.AuthorizationStatusEnum(c.judge(q.IDToken.IDToken))}}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.TransactionEvent) (v21.TransactionEventResponse, error) {
		var out v21.TransactionEventResponse
		if q.IDToken != nil && q.EventType == v21.TransactionEventStarted {
			out.IDTokenInfo = &v21.IDTokenInfo{Status: v21.AuthorizationStatusEnum(c.judge(q.IDToken.IDToken))}
			c.mu.Lock()
			out.TransactionLimit = c.limit
			c.mu.Unlock()
		}
		return out, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.StatusNotification) (v21.StatusNotificationResponse, error) {
		return v21.StatusNotificationResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.NotifyEvent) (v21.NotifyEventResponse, error) {
		return v21.NotifyEventResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.NotifyReport) (v21.NotifyReportResponse, error) {
		return v21.NotifyReportResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.MeterValues) (v21.MeterValuesResponse, error) {
		return v21.MeterValuesResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.FirmwareStatusNotification) (v21.FirmwareStatusNotificationResponse, error) {
		return v21.FirmwareStatusNotificationResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.LogStatusNotification) (v21.LogStatusNotificationResponse, error) {
		return v21.LogStatusNotificationResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.SignCertificate) (v21.SignCertificateResponse, error) {
		return v21.SignCertificateResponse{Status: v21.GenericStatusAccepted}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.ReportChargingProfiles) (v21.ReportChargingProfilesResponse, error) {
		return v21.ReportChargingProfilesResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.NotifyDisplayMessages) (v21.NotifyDisplayMessagesResponse, error) {
		return v21.NotifyDisplayMessagesResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.NotifyCustomerInformation) (v21.NotifyCustomerInformationResponse, error) {
		return v21.NotifyCustomerInformationResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v21.ReservationStatusUpdate) (v21.ReservationStatusUpdateResponse, error) {
		return v21.ReservationStatusUpdateResponse{}, nil
	})
	return r
}
