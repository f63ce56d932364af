package central

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/notify"
	"chargewright/core/reserve"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
)

// routes16 is the table of what 1.6 stations may say.
func (c *Central) routes16() *ocpp.Router[*inbound] {
	r := ocpp.NewRouter[*inbound](ocpp.V16)
	ocpp.On(r, c.boot16)
	ocpp.On(r, c.heartbeat16)
	ocpp.On(r, c.status16)
	ocpp.On(r, c.authorize16)
	ocpp.On(r, c.start16)
	ocpp.On(r, c.meter16)
	ocpp.On(r, c.stop16)
	c.notices16(r)
	return r
}

func (c *Central) boot16(ctx context.Context, in *inbound, q *v16.BootNotification) (v16.BootNotificationResponse, error) {
	answer, err := c.boot(ctx, in, device.Facts{
		Vendor: q.ChargePointVendor, Model: q.ChargePointModel, Serial: first(q.ChargePointSerialNumber, q.ChargeBoxSerialNumber),
		Firmware: q.FirmwareVersion, MeterType: q.MeterType, MeterSerial: q.MeterSerialNumber, ICCID: q.ICCID, IMSI: q.IMSI,
	})
	status := map[station.Onboarding]v16.RegistrationStatus{
		station.Accepted: v16.RegistrationStatusAccepted, station.Pending: v16.RegistrationStatusPending,
	}[answer]
	if status == "" {
		status = v16.RegistrationStatusRejected
	}
	return v16.BootNotificationResponse{Status: status, CurrentTime: ocpp.At(time.Now()), Interval: c.interval(answer)}, err
}

// interval is what a station is told at boot, in seconds: the time between
// heartbeats, or until it may try again.
func (c *Central) interval(answer station.Onboarding) int64 {
	if answer != station.Accepted {
		return 60
	}
	return int64(c.o.Heartbeat / time.Second)
}

// boot records a boot and returns what the station is to be answered.
func (c *Central) boot(ctx context.Context, in *inbound, f device.Facts) (station.Onboarding, error) {
	answer, err := atom(ctx, c, in, func(tx *store.Tx) (station.Onboarding, error) {
		st, _, err := station.Find(tx, in.StationID)
		if err != nil {
			return "", err
		}
		d, _, err := device.At(tx, in.StationID)
		if err != nil {
			return "", err
		}
		swapped, err := device.Booted(tx, d, f)
		if err != nil {
			return "", err
		}
		if swapped {
			err = device.Found(tx, d.ID, []device.Finding{{
				Action: in.Call.Action, Kind: "device_swapped", Path: "serial", Detail: fmt.Sprintf("was %.80s, is %.80s", d.Serial, f.Serial),
			}})
		}
		if err == nil {
			err = station.Booted(tx, in.StationID, st.Onboarding)
		}
		if err == nil {
			err = described(tx, in.StationID)
		}
		if err == nil && st.ID != "" {
			err = tell(tx, st, notify.StationBooted, map[string]string{"vendor": f.Vendor, "model": f.Model, "serial": f.Serial, "firmware": f.Firmware, "boot": string(st.Onboarding)})
		}
		if err == nil && st.Onboarding == station.Accepted {
			err = session.Rebooted(tx, in.StationID)
		}
		return st.Onboarding, err
	})
	if err == nil {
		c.accepted.Store(in.Peer, answer == station.Accepted)
		if answer == station.Accepted {
			c.o.Arrived(in.StationID, true)
		}
		c.o.Changed("station", in.StationID)
	}
	return answer, err
}

// described makes what is known of a station's device found by search.
func described(tx *store.Tx, to string) error {
	d, _, err := device.At(tx, to)
	if err != nil {
		return err
	}
	return station.Describe(tx, to, d.Vendor, d.Model, d.Serial, d.Firmware, d.MeterSerial)
}

func (c *Central) heartbeat16(context.Context, *inbound, *v16.Heartbeat) (v16.HeartbeatResponse, error) {
	return v16.HeartbeatResponse{CurrentTime: ocpp.At(time.Now())}, nil
}

// statuses16 maps ChargePointStatus. A status that is none of these reads as unknown.
var statuses16 = map[v16.ChargePointStatus]station.Status{
	v16.ChargePointStatusAvailable: station.Available, v16.ChargePointStatusPreparing: station.Preparing,
	v16.ChargePointStatusCharging: station.Charging, v16.ChargePointStatusSuspendedEV: station.SuspendedEV,
	v16.ChargePointStatusSuspendedEVSE: station.SuspendedEVSE, v16.ChargePointStatusFinishing: station.Finishing,
	v16.ChargePointStatusReserved: station.Reserved, v16.ChargePointStatusUnavailable: station.Unavailable,
	v16.ChargePointStatusFaulted: station.Faulted,
}

// flows16 maps the statuses that tell why energy does or does not flow.
var flows16 = map[v16.ChargePointStatus]session.Flow{
	v16.ChargePointStatusCharging: session.FlowCharging, v16.ChargePointStatusSuspendedEV: session.FlowSuspendedEV,
	v16.ChargePointStatusSuspendedEVSE: session.FlowSuspendedEVSE,
}

func (c *Central) status16(ctx context.Context, in *inbound, q *v16.StatusNotification) (v16.StatusNotificationResponse, error) {
	status, known := statuses16[q.Status]
	if !known {
		status = station.Unknown
	}
	at := q.Timestamp.Time
	if at.IsZero() {
		at = in.Call.ReceivedAt
	}
	report := station.Report{
		Station: in.StationID, EVSE: q.ConnectorID, Connector: 1, Status: status, At: at,
		ErrorCode: string(q.ErrorCode), VendorError: q.VendorErrorCode, Info: q.Info,
	}
	if q.ErrorCode == v16.ChargePointErrorCodeNoError {
		report.ErrorCode = ""
	}
	_, err := atom(ctx, c, in, func(tx *store.Tx) (done, error) {
		if err := noteStatus(tx, report); err != nil || q.ConnectorID == 0 {
			return done{}, err
		}
		return done{}, session.Observe(tx, session.Report{
			Station: in.StationID, Protocol: ocpp.V16.String(), EVSE: q.ConnectorID, Connector: 1, At: at,
			Received: in.Call.ReceivedAt, Flow: flows16[q.Status], Message: in.Call.Payload,
		}, q.Status == v16.ChargePointStatusAvailable)
	})
	if err == nil {
		c.o.Changed("station", in.StationID)
	}
	return v16.StatusNotificationResponse{}, err
}

// verdicts16 maps verdicts to AuthorizationStatus.
var verdicts16 = map[driver.Verdict]v16.AuthorizationStatus{
	driver.Accepted: v16.AuthorizationStatusAccepted, driver.Blocked: v16.AuthorizationStatusBlocked,
	driver.Expired: v16.AuthorizationStatusExpired, driver.ConcurrentTx: v16.AuthorizationStatusConcurrentTx,
	driver.Invalid: v16.AuthorizationStatusInvalid, driver.NoCredit: v16.AuthorizationStatusBlocked,
}

func idTagInfo16(v driver.Verdict, expires time.Time, group string) v16.IDTagInfo {
	info := v16.IDTagInfo{Status: verdicts16[v], ParentIDTag: short(group, 20)}
	if info.Status == "" {
		info.Status = v16.AuthorizationStatusInvalid
	}
	if !expires.IsZero() {
		info.ExpiryDate = ocpp.At(expires)
	}
	return info
}

func (c *Central) authorize16(ctx context.Context, in *inbound, q *v16.Authorize) (v16.AuthorizeResponse, error) {
	j, err := c.authorise(ctx, in, q.IDTag, "")
	if err == nil && j.Verdict == driver.Accepted {
		c.o.Authorised(in.StationID, q.IDTag)
	}
	return v16.AuthorizeResponse{IDTagInfo: idTagInfo16(j.Verdict, j.Token.ExpiresAt, j.Token.Group)}, err
}

// authorise judges a token for a station's question. What looks like fraud is put
// on record.
func (c *Central) authorise(ctx context.Context, in *inbound, token, kind string) (session.Judgement, error) {
	judge := func(tx *store.Tx) (session.Judgement, station.Station, error) {
		st, _, err := station.Find(tx, in.StationID)
		if err != nil {
			return session.Judgement{}, st, err
		}
		j, err := billing.Authorise(tx, session.Attempt{Tenant: st.Tenant, Token: token, Type: kind, Station: st.ID, At: tx.Now()})
		return j, st, err
	}
	j, err := store.Read(ctx, c.o.DB, func(tx *store.Tx) (session.Judgement, error) { j, _, err := judge(tx); return j, err })
	if err != nil || !j.Noticed() {
		return j, err
	}
	return atom(ctx, c, in, func(tx *store.Tx) (session.Judgement, error) {
		j, st, err := judge(tx)
		if err != nil {
			return j, err
		}
		return j, j.Raise(tx, st.Tenant)
	})
}

func (c *Central) start16(ctx context.Context, in *inbound, q *v16.StartTransaction) (v16.StartTransactionResponse, error) {
	key := strings.Join([]string{
		strconv.FormatInt(q.ConnectorID, 10), driver.Key(q.IDTag), strconv.FormatInt(q.Timestamp.UnixMicro(), 10), strconv.FormatInt(q.MeterStart, 10),
	}, "|")
	samples, flags := wattHours(q.MeterStart, energy.Sample{At: q.Timestamp.Time, Begin: true})
	v, err := c.apply(ctx, in, session.Report{
		StartKey: key, Key: "start", Kind: session.Started, Seq: -1, EVSE: q.ConnectorID, Connector: min(q.ConnectorID, 1),
		Token: q.IDTag, TokenType: "ISO14443", At: q.Timestamp.Time, ReservationID: q.ReservationID,
		Samples: samples, Flags: flags,
	})
	if err != nil {
		return v16.StartTransactionResponse{}, err
	}
	txID, err := strconv.ParseInt(v.Tx, 10, 64)
	return v16.StartTransactionResponse{TransactionID: txID, IDTagInfo: idTagInfo16(v.Token, v.ExpiresAt, v.Group)}, err
}

// apply completes a report with what the connection knows and applies it.
func (c *Central) apply(ctx context.Context, in *inbound, r session.Report) (session.Verdict, error) {
	r.Station, r.Protocol, r.Received, r.Message = in.StationID, versionOf(in.Subprotocol), in.Call.ReceivedAt, in.Call.Payload
	v, err := atom(ctx, c, in, func(tx *store.Tx) (session.Verdict, error) {
		if r.ReservationID != nil && r.Kind == session.Started {
			reserve.End(tx, r.Station, *r.ReservationID, reserve.Used)
		}
		return billing.Apply(tx, r)
	})
	if err == nil && v.Session != "" {
		c.o.Changed("session", v.Session)
	}
	return v, err
}

func readings16(values []v16.MeterValue) []reading {
	var rs []reading
	for _, mv := range values {
		for _, s := range mv.SampledValue {
			if s.Format == v16.ValueFormatSignedData {
				rs = append(rs, reading{at: mv.Timestamp.Time, measurand: signedData, context: string(s.Context), signed: s.Value})
				continue
			}
			rs = append(rs, reading{
				at: mv.Timestamp.Time, value: s.Value, measurand: string(s.Measurand), phase: string(s.Phase),
				location: string(s.Location), context: string(s.Context), unit: string(s.Unit),
			})
		}
	}
	return rs
}

func (c *Central) meter16(ctx context.Context, in *inbound, q *v16.MeterValues) (v16.MeterValuesResponse, error) {
	at := in.Call.ReceivedAt
	if n := len(q.MeterValue); n > 0 {
		at = q.MeterValue[n-1].Timestamp.Time
	}
	values := readings16(q.MeterValue)
	key, err := c.keepTelemetry(ctx, in, at, q.ConnectorID, values)
	if err != nil {
		return v16.MeterValuesResponse{}, err
	}
	if q.TransactionID == nil || len(q.MeterValue) == 0 {
		return v16.MeterValuesResponse{}, nil
	}
	samples, flags := registers(values)
	v, err := c.apply(ctx, in, session.Report{
		Tx: strconv.FormatInt(*q.TransactionID, 10), Key: "meter|" + key, Kind: session.Updated, Seq: -1,
		EVSE: q.ConnectorID, Connector: min(q.ConnectorID, 1), At: at, Samples: samples, Flags: flags,
	})
	if err == nil && v.Session == "" {
		c.record(ctx, in, []ocpp.Finding{{Kind: "unknown_transaction", Path: "/transactionId", Detail: "a transaction that was never given; kept as telemetry"}})
	}
	return v16.MeterValuesResponse{}, err
}

func (c *Central) stop16(ctx context.Context, in *inbound, q *v16.StopTransaction) (v16.StopTransactionResponse, error) {
	samples, flags := registers(readings16(q.TransactionData))
	last, odd := wattHours(q.MeterStop, energy.Sample{At: q.Timestamp.Time, End: true})
	v, err := c.stopped16(ctx, in, q, append(samples, last...), append(flags, odd...))
	if err != nil || q.IDTag == "" {
		return v16.StopTransactionResponse{}, err
	}
	info := idTagInfo16(v.Token, v.ExpiresAt, v.Group)
	return v16.StopTransactionResponse{IDTagInfo: &info}, nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// short cuts a text to n characters, for fields the standard bounds.
func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
