package api

import (
	"encoding/json"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/notify"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

// The data of events, version 1: members of the resources of the same name, by
// the same names and units. Members are added, never taken away or changed;
// what is behind an id is read from its resource.

type sessionData struct {
	ID            string           `json:"id"`
	StationID     string           `json:"station_id"`
	EVSE          int64            `json:"evse_id"`
	Connector     int64            `json:"connector_id"`
	TransactionID string           `json:"transaction_id"`
	IDTag         string           `json:"id_tag"`
	DriverID      *string          `json:"driver_id"`
	State         string           `json:"state"`
	StartedAt     *time.Time       `json:"started_at"`
	StoppedAt     *time.Time       `json:"stopped_at"`
	StopReason    string           `json:"stop_reason"`
	EnergyWh      int64            `json:"energy_wh"`
	Cost          nullable[amount] `json:"cost"`
	Flags         []string         `json:"flags"`
	Held          bool             `json:"held"`
	Estimated     bool             `json:"estimated"`
	TariffID      string           `json:"tariff_id"`
	TariffVersion string           `json:"tariff_version"`
}

type stationData struct {
	ID             string     `json:"id"`
	Name           string     `json:"name"`
	SiteID         string     `json:"site_id"`
	Protocol       string     `json:"protocol"`
	Connected      bool       `json:"connected"`
	ConnectedAt    *time.Time `json:"connected_at"`
	DisconnectedAt *time.Time `json:"disconnected_at"`
	BootAt         *time.Time `json:"boot_at"`
	Status         string     `json:"status"`
}

type receiptData struct {
	ID        string    `json:"id"`
	Number    string    `json:"number"`
	SessionID string    `json:"session_id"`
	StationID string    `json:"station_id"`
	Net       amount    `json:"net"`
	Tax       amount    `json:"tax"`
	Gross     amount    `json:"gross"`
	IssuedAt  time.Time `json:"issued_at"`

	Kind     string              `json:"kind"` // receipt, credit_note or statement
	DriverID *string             `json:"driver_id"`
	Corrects nullable[corrected] `json:"corrects"` // of a credit note: the receipt that it gives back of
	Period   nullable[period]    `json:"period"`   // of a statement
}

type corrected struct {
	ID     string `json:"id"`
	Number string `json:"number"`
}

type period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"` // exclusive
}

func documentEvent(r billing.Document) receiptData {
	v := receiptData{
		ID: r.ID, Number: r.Number, SessionID: r.Session, StationID: r.Body.Station, Net: amountOf(r.Net, r.Currency), Tax: amountOf(r.Tax, r.Currency),
		Gross: amountOf(r.Gross, r.Currency), IssuedAt: r.IssuedAt.UTC(), Kind: string(r.Kind), DriverID: given(r.Driver),
	}
	if c := r.Body.Credit; c != nil {
		v.Corrects = of(corrected{r.Corrects, c.Of})
	}
	if a := r.Body.Account; a != nil {
		v.Period = of(period{a.From.UTC(), a.To.UTC()})
	}
	return v
}

type commandData struct {
	ID         string     `json:"id"`
	StationID  string     `json:"station_id"`
	Actor      string     `json:"actor"`
	Kind       string     `json:"kind"`
	State      string     `json:"state"`
	Status     string     `json:"status"`
	Word       string     `json:"word"`
	Reason     string     `json:"reason"`
	QueuedAt   time.Time  `json:"queued_at"`
	SentAt     *time.Time `json:"sent_at"`
	AnsweredAt *time.Time `json:"answered_at"`
}

// EventData is the data of an event: the thing as it stands now, and the facts
// of the moment among its members. Of a thing that is gone it is the id alone.
func EventData(tx *store.Tx, e notify.Event) (json.RawMessage, error) {
	v, err := eventThing(tx, e)
	if fail.Is(err, fail.NotFound) {
		v, err = struct {
			ID string `json:"id"`
		}{e.Object}, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := marshal(v)
	if err != nil || len(e.Facts) == 0 {
		return b, fail.Wrap(fail.Internal, "api.EventData", err)
	}
	members := map[string]json.RawMessage{}
	for _, part := range [][]byte{b, e.Facts} {
		if err := json.Unmarshal(part, &members); err != nil {
			return nil, fail.Wrap(fail.Internal, "api.EventData", err)
		}
	}
	b, err = marshal(members)
	return b, fail.Wrap(fail.Internal, "api.EventData", err)
}

func eventThing(tx *store.Tx, e notify.Event) (any, error) {
	sc := access.Scope{Tenant: e.Tenant, Role: access.Owner, Kind: access.KindSystem}
	switch e.Type {
	case notify.SessionStarted, notify.SessionEnded, notify.SessionSettled:
		s, err := sessions.Get(tx, sc, e.Object)
		return sessionEvent(showSession(s)), err
	case notify.StationConnected, notify.StationDisconnected, notify.StationFaulted, notify.StationBooted:
		s, err := stations.Get(tx, sc, e.Object)
		return stationData{
			s.ID, s.Name, s.Site, s.Protocol, s.Connected, moment(s.ConnectedAt), moment(s.DisconnectedAt), moment(s.BootAt), string(s.Status),
		}, err
	case notify.CommandAnswered:
		r, err := device.FindCommand(tx, sc, e.Object)
		return commandData{
			r.ID, r.Station, r.Actor, r.Kind, string(r.State), string(r.Status), r.Word, r.Reason, r.QueuedAt.UTC(), moment(r.SentAt), moment(r.AnsweredAt),
		}, err
	case notify.ReceiptIssued:
		r, err := billing.GetDocument(tx, sc, e.Object)
		return documentEvent(r), err
	case notify.PaymentFailed:
		c, err := billing.GetClaim(tx, sc, e.Object)
		return showClaim(c), err
	}
	return nil, fail.New(fail.Internal, "api.EventData", "nobody knows the data of %q", e.Type)
}

func sessionEvent(s session) sessionData {
	return sessionData{
		ID: s.ID, StationID: s.StationID, EVSE: s.EVSE, Connector: s.Connector, TransactionID: s.TransactionID, IDTag: s.IDTag, DriverID: s.DriverID,
		State: s.State, StartedAt: s.StartedAt, StoppedAt: s.StoppedAt, StopReason: s.StopReason, EnergyWh: s.EnergyWh, Cost: s.Cost, Flags: s.Flags,
		Held: s.Held, Estimated: s.Estimated, TariffID: s.TariffID, TariffVersion: s.TariffVersion,
	}
}
