package central

import (
	"context"
	"strconv"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/brake"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v201"
	"chargewright/wire/ocpp/v21"
)

// routes201 is the table of what 2.0.1 stations may say.
func (c *Central) routes201() *ocpp.Router[*inbound] {
	r := ocpp.NewRouter[*inbound](ocpp.V201)
	c.routes2x(r)
	c.notices201(r)
	ocpp.On(r, func(ctx context.Context, in *inbound, q *v201.Authorize) (v201.AuthorizeResponse, error) {
		info, err := c.authorize2x(ctx, in, q.IDToken)
		return v201.AuthorizeResponse{IDTokenInfo: info}, err
	})
	ocpp.On(r, func(ctx context.Context, in *inbound, q *v201.TransactionEvent) (v201.TransactionEventResponse, error) {
		a, err := c.transaction2x(ctx, in, transaction{
			event: q.EventType, at: q.Timestamp.Time, seq: q.SeqNo, offline: q.Offline, trigger: q.TriggerReason, evse: q.EVSE, token: q.IDToken, values: q.MeterValue,
			id: q.TransactionInfo.TransactionID, state: q.TransactionInfo.ChargingState, reason: string(q.TransactionInfo.StoppedReason),
			remoteStart: q.TransactionInfo.RemoteStartID, reservation: q.ReservationID,
		})
		return v201.TransactionEventResponse{IDTokenInfo: a.info, TotalCost: a.cost}, err
	})
	ocpp.On(r, func(ctx context.Context, in *inbound, q *v201.NotifyEvent) (v201.NotifyEventResponse, error) {
		events := make([]event, len(q.EventData))
		for i, e := range q.EventData {
			events[i] = event{e.Timestamp.Time, e.Component, e.Variable.Name, e.ActualValue}
		}
		return v201.NotifyEventResponse{}, c.events2x(ctx, in, events)
	})
	return r
}

// routes21 is the table of what 2.1 stations may say.
func (c *Central) routes21() *ocpp.Router[*inbound] {
	r := ocpp.NewRouter[*inbound](ocpp.V21)
	c.routes2x(r)
	c.notices21(r)
	ocpp.On(r, func(ctx context.Context, in *inbound, q *v21.Authorize) (v21.AuthorizeResponse, error) {
		info, err := c.authorize2x(ctx, in, q.IDToken)
		return v21.AuthorizeResponse{IDTokenInfo: info}, err
	})
	ocpp.On(r, func(ctx context.Context, in *inbound, q *v21.TransactionEvent) (v21.TransactionEventResponse, error) {
		a, err := c.transaction2x(ctx, in, transaction{
			event: q.EventType, at: q.Timestamp.Time, seq: q.SeqNo, offline: q.Offline, trigger: v201.TriggerReasonEnum(q.TriggerReason), evse: q.EVSE, token: q.IDToken,
			values: q.MeterValue, id: q.TransactionInfo.TransactionID, state: q.TransactionInfo.ChargingState,
			reason: string(q.TransactionInfo.StoppedReason), remoteStart: q.TransactionInfo.RemoteStartID, reservation: q.ReservationID,
			claim: claim21(q.CostDetails),
		})
		if err != nil {
			return v21.TransactionEventResponse{}, err
		}
		return v21.TransactionEventResponse{IDTokenInfo: a.info, TotalCost: a.cost, TransactionLimit: c.limit21(ctx, in, a.session, q)}, nil
	})
	ocpp.On(r, func(ctx context.Context, in *inbound, q *v21.NotifyEvent) (v21.NotifyEventResponse, error) {
		events := make([]event, len(q.EventData))
		for i, e := range q.EventData {
			events[i] = event{e.Timestamp.Time, e.Component, e.Variable.Name, e.ActualValue}
		}
		return v21.NotifyEventResponse{}, c.events2x(ctx, in, events)
	})
	return r
}

// routes2x registers what both versions say alike.
func (c *Central) routes2x(r *ocpp.Router[*inbound]) {
	ocpp.On(r, c.boot2x)
	ocpp.On(r, c.heartbeat2x)
	ocpp.On(r, c.status2x)
	ocpp.On(r, c.meter2x)
	c.notices2x(r)
}

func (c *Central) boot2x(ctx context.Context, in *inbound, q *v201.BootNotification) (v201.BootNotificationResponse, error) {
	s := q.ChargingStation
	f := device.Facts{Vendor: s.VendorName, Model: s.Model, Serial: s.SerialNumber, Firmware: s.FirmwareVersion}
	if s.Modem != nil {
		f.ICCID, f.IMSI = s.Modem.ICCID, s.Modem.IMSI
	}
	answer, err := c.boot(ctx, in, f)
	status := map[station.Onboarding]v201.RegistrationStatusEnum{
		station.Accepted: v201.RegistrationStatusAccepted, station.Pending: v201.RegistrationStatusPending,
	}[answer]
	if status == "" {
		status = v201.RegistrationStatusRejected
	}
	return v201.BootNotificationResponse{Status: status, CurrentTime: ocpp.At(time.Now()), Interval: c.interval(answer)}, err
}

func (c *Central) heartbeat2x(context.Context, *inbound, *v201.Heartbeat) (v201.HeartbeatResponse, error) {
	return v201.HeartbeatResponse{CurrentTime: ocpp.At(time.Now())}, nil
}

// statuses2x maps ConnectorStatus, which is also what the variable
// Connector.AvailabilityState says (2.1 G01, 2.0.1 N07).
var statuses2x = map[string]station.Status{
	"Available": station.Available, "Occupied": station.Occupied, "Reserved": station.Reserved,
	"Unavailable": station.Unavailable, "Faulted": station.Faulted,
}

func (c *Central) status2x(ctx context.Context, in *inbound, q *v201.StatusNotification) (v201.StatusNotificationResponse, error) {
	return v201.StatusNotificationResponse{}, c.setStatus(ctx, in, []station.Report{{
		Station: in.StationID, EVSE: q.EVSEID, Connector: q.ConnectorID, Status: status2x(string(q.ConnectorStatus)), At: q.Timestamp.Time,
	}})
}

func status2x(word string) station.Status {
	if s, known := statuses2x[word]; known {
		return s
	}
	return station.Unknown
}

// setStatus records statuses and gives them to the sessions there: a connector
// that is available again has no session on it.
func (c *Central) setStatus(ctx context.Context, in *inbound, reports []station.Report) error {
	_, err := atom(ctx, c, in, func(tx *store.Tx) (done, error) {
		for _, r := range reports {
			if err := noteStatus(tx, r); err != nil {
				return done{}, err
			}
			if r.Status != station.Available || r.EVSE == 0 {
				continue
			}
			err := session.Observe(tx, session.Report{
				Station: in.StationID, Protocol: versionOf(in.Subprotocol), EVSE: r.EVSE, At: r.At, Received: in.Call.ReceivedAt,
			}, true)
			if err != nil {
				return done{}, err
			}
		}
		return done{}, nil
	})
	if err == nil {
		c.o.Changed("station", in.StationID)
	}
	return err
}

// event is one entry of NotifyEvent in either version.
type event struct {
	at        time.Time
	component v201.Component
	variable  string
	value     string
}

// events2x keeps an event report and lifts the availability of connectors,
// EVSEs and the station out of it.
func (c *Central) events2x(ctx context.Context, in *inbound, events []event) error {
	var reports []station.Report
	for _, e := range events {
		if !strings.EqualFold(e.variable, "AvailabilityState") {
			continue
		}
		r := station.Report{Station: in.StationID, Status: status2x(e.value), At: e.at}
		if e.component.EVSE != nil {
			r.EVSE = e.component.EVSE.ID
			if e.component.EVSE.ConnectorID != nil {
				r.Connector = *e.component.EVSE.ConnectorID
			}
		}
		if strings.EqualFold(e.component.Name, "Connector") || strings.EqualFold(e.component.Name, "ChargingStation") {
			reports = append(reports, r)
		}
	}
	if err := c.notice(ctx, in); err != nil || len(reports) == 0 {
		return err
	}
	return c.setStatus(ctx, in, reports)
}

var verdicts2x = map[driver.Verdict]v201.AuthorizationStatusEnum{
	driver.Accepted: v201.AuthorizationStatusAccepted, driver.Blocked: v201.AuthorizationStatusBlocked,
	driver.Expired: v201.AuthorizationStatusExpired, driver.ConcurrentTx: v201.AuthorizationStatusConcurrentTx,
	driver.Invalid: v201.AuthorizationStatusInvalid, driver.NoCredit: v201.AuthorizationStatusNoCredit,
}

func idTokenInfo(v driver.Verdict, expires time.Time, group string) v201.IDTokenInfo {
	info := v201.IDTokenInfo{Status: verdicts2x[v]}
	if info.Status == "" {
		info.Status = v201.AuthorizationStatusInvalid
	}
	if !expires.IsZero() {
		info.CacheExpiryDateTime = ocpp.At(expires)
	}
	if group != "" {
		info.GroupIDToken = &v201.IDToken{IDToken: short(group, 36), Type: v201.IDTokenCentral}
	}
	return info
}

func (c *Central) authorize2x(ctx context.Context, in *inbound, t v201.IDToken) (v201.IDTokenInfo, error) {
	if t.Type == v201.IDTokenNoAuthorization {
		return v201.IDTokenInfo{Status: v201.AuthorizationStatusAccepted}, nil
	}
	j, err := c.authorise(ctx, in, t.IDToken, string(t.Type))
	info := idTokenInfo(j.Verdict, j.Token.ExpiresAt, j.Token.Group)
	info.PersonalMessage = explained(j.Block)
	return info, err
}

// explained is what a driver is told whose token is kept from charging.
func explained(r brake.Reason) *v201.MessageContent {
	if r == "" {
		return nil
	}
	return &v201.MessageContent{Format: v201.MessageFormatUTF8, Language: "en", Content: r.Words("en")}
}

// transaction is TransactionEvent in either version.
type transaction struct {
	event       v201.TransactionEventEnum
	at          time.Time
	seq         int64
	offline     *bool
	trigger     v201.TriggerReasonEnum
	evse        *v201.EVSE
	token       *v201.IDToken
	values      []v201.MeterValue
	id          string
	state       v201.ChargingStateEnum
	reason      string
	remoteStart *int64
	reservation *int64
	claim       *session.Claim
}

var kinds2x = map[v201.TransactionEventEnum]session.Kind{
	v201.TransactionEventStarted: session.Started, v201.TransactionEventUpdated: session.Updated, v201.TransactionEventEnded: session.Ended,
}

var flows2x = map[v201.ChargingStateEnum]session.Flow{
	v201.ChargingStateCharging: session.FlowCharging, v201.ChargingStateEVConnected: session.FlowConnected,
	v201.ChargingStateSuspendedEV: session.FlowSuspendedEV, v201.ChargingStateSuspendedEVSE: session.FlowSuspendedEVSE,
	v201.ChargingStateIdle: session.FlowIdle,
}

// transacted is what the answer to a TransactionEvent is made of.
type transacted struct {
	session string // "" where none is known
	info    *v201.IDTokenInfo
	cost    *ocpp.Number
}

// transaction2x applies a TransactionEvent; its natural key is (station,
// transactionId, seqNo). The answer judges the token the event carries, if any, and
// tells at the end what the session cost, where that can be told at once (2.x I03).
func (c *Central) transaction2x(ctx context.Context, in *inbound, t transaction) (a transacted, err error) {
	values := readings2x(t.values)
	samples, flags := registers(values)
	r := session.Report{
		Tx: t.id, Key: strconv.FormatInt(t.seq, 10), Kind: kinds2x[t.event], Seq: t.seq, At: t.at, Offline: t.offline != nil && *t.offline,
		Flow: flows2x[t.state], Samples: samples, Flags: flags, RemoteStartID: t.remoteStart, ReservationID: t.reservation, Claim: t.claim,
	}
	if r.Kind != session.Updated && endsUnread(r.Kind, values, samples) {
		r.Flags = r.Flags.With(session.FlagEnds)
	}
	if limits21[t.trigger] {
		r.Limit = string(t.trigger)
	}
	switch r.Kind {
	case session.Ended:
		r.Reason = first(t.reason, string(v201.ReasonLocal)) // 2.x TransactionType.stoppedReason: may be omitted only when Local
	case session.Updated:
		r.Reason = r.Limit
	}
	if t.evse != nil {
		r.EVSE = t.evse.ID
		if t.evse.ConnectorID != nil {
			r.Connector = *t.evse.ConnectorID
		}
	}
	if t.token != nil {
		r.Token, r.TokenType = t.token.IDToken, string(t.token.Type)
	}
	if len(values) > 0 {
		evse, err := c.placeOf(ctx, in, t)
		if err != nil {
			return a, err
		}
		if _, err := c.keepTelemetry(ctx, in, t.at, evse, values); err != nil {
			return a, err
		}
	}
	v, err := c.apply(ctx, in, r)
	if err != nil {
		return a, err
	}
	a.session = v.Session
	if r.Kind == session.Ended {
		a.cost = c.finalCost(ctx, in, v.Session)
	}
	if t.token == nil {
		return a, nil
	}
	info := idTokenInfo(v.Token, v.ExpiresAt, v.Group)
	info.PersonalMessage = explained(v.Block)
	if t.token.Type == v201.IDTokenNoAuthorization {
		info = v201.IDTokenInfo{Status: v201.AuthorizationStatusAccepted}
	}
	a.info = &info
	return a, nil
}

func readings2x(values []v201.MeterValue) []reading {
	var rs []reading
	for _, mv := range values {
		for _, s := range mv.SampledValue {
			r := reading{
				at: mv.Timestamp.Time, value: s.Value.String(), measurand: string(s.Measurand), phase: string(s.Phase),
				location: string(s.Location), context: string(s.Context),
			}
			if s.UnitOfMeasure != nil {
				r.unit = s.UnitOfMeasure.Unit
				if s.UnitOfMeasure.Multiplier != nil {
					r.multiplier = *s.UnitOfMeasure.Multiplier
				}
			}
			if s.SignedMeterValue != nil {
				r.signed = s.SignedMeterValue.SignedMeterData
			}
			rs = append(rs, r)
		}
	}
	return rs
}

// meter2x keeps meter values outside of transactions (2.x J01): telemetry.
func (c *Central) meter2x(ctx context.Context, in *inbound, q *v201.MeterValues) (v201.MeterValuesResponse, error) {
	at := in.Call.ReceivedAt
	if n := len(q.MeterValue); n > 0 {
		at = q.MeterValue[n-1].Timestamp.Time
	}
	_, err := c.keepTelemetry(ctx, in, at, q.EVSEID, readings2x(q.MeterValue))
	return v201.MeterValuesResponse{}, err
}

// wattHours is a register of a whole number of Wh, with which a transaction begins or
// ends, as a sample; a number no meter shows is flagged and is none.
func wattHours(n int64, s energy.Sample) ([]energy.Sample, session.Flags) {
	if n < -1e12 || n > 1e12 {
		return nil, session.Flags{session.FlagEnds}
	}
	s.Register = energy.Energy(n) * energy.WattHour
	return []energy.Sample{s}, nil
}
