package api

import (
	"cmp"
	"context"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	sessions "chargewright/core/session"
)

type session struct {
	ID            string           `json:"id"`
	StationID     string           `json:"station_id"`
	SiteID        string           `json:"site_id" doc:"Where the station stood when it began"`
	SiteName      string           `json:"site_name"`
	EVSE          int64            `json:"evse_id" doc:"As OCPP counts; of a 1.6 station its connector"`
	Connector     int64            `json:"connector_id"`
	TransactionID string           `json:"transaction_id" doc:"As OCPP has it; of a 1.6 station the integer as text"`
	IDTag         string           `json:"id_tag" doc:"The token that began it"`
	IDTagType     string           `json:"id_tag_type"`
	DriverID      *string          `json:"driver_id"`
	Verdict       string           `json:"verdict" doc:"What the station was told about the token; empty if it named none"`
	State         string           `json:"state" enum:"pending,charging,suspended,finishing,closed"`
	ChargingState string           `json:"charging_state" doc:"Why energy flows or does not; empty until said"`
	StartedAt     *time.Time       `json:"started_at"`
	StoppedAt     *time.Time       `json:"stopped_at"`
	StopReason    string           `json:"stop_reason" doc:"As OCPP spells it; empty while open"`
	EnergyWh      int64            `json:"energy_wh" doc:"Rounded half away from zero"`
	Cost          nullable[amount] `json:"cost" doc:"Gross; null until settled"`
	PowerW        *int64           `json:"power_w" doc:"Now; null when it is not known or the session is over"`
	LimitW        *int64           `json:"limit_w" doc:"The most its EVSE offers, now, as measured; null when it is not known or the session is over"`
	SoC           *float64         `json:"soc" doc:"State of charge in percent, now; null when it is not known or the session is over"`
	MaxPowerW     int64            `json:"max_power_w" doc:"The most its EVSE can deliver, in W; 0 when unknown"`
	Flags         []string         `json:"flags" doc:"What is strange about it"`
	Held          bool             `json:"held" doc:"Closed, and a flag keeps it from being priced until a person decides"`
	Estimated     bool             `json:"estimated" doc:"The end was lost; closed at the last reading"`
	Offline       bool             `json:"offline" doc:"Some of it was reported after the station had been offline"`
	Protocol      string           `json:"protocol"`
	TariffID      string           `json:"tariff_id" doc:"Bound at the start; empty when none applied"`
	TariffVersion string           `json:"tariff_version"`
	CreatedAt     time.Time        `json:"created_at"`
	UpdatedAt     time.Time        `json:"updated_at"`
}

func showSession(s sessions.Session) session {
	v := session{
		ID: s.ID, StationID: s.Station, SiteID: s.Site, EVSE: s.EVSE, Connector: s.Connector, TransactionID: s.Tx, IDTag: s.Shown, IDTagType: s.TokenType,
		Verdict: string(s.Verdict), State: string(s.State), ChargingState: string(s.Flow), StartedAt: moment(s.StartedAt), StoppedAt: moment(s.StoppedAt),
		StopReason: s.Reason, EnergyWh: s.Energy.WattHours(), Flags: flags(s.Flags), Held: s.Held(),
		Estimated: s.Estimated || s.Flags.Has(sessions.FlagEstimated), Offline: s.Offline, Protocol: s.Protocol, TariffID: s.Tariff, TariffVersion: s.Version,
		CreatedAt: s.CreatedAt.UTC(), UpdatedAt: s.UpdatedAt.UTC(),
	}
	if s.Driver != "" {
		v.DriverID = &s.Driver
	}
	if s.Settled && s.CostMinor != nil {
		v.Cost = of(amountOf(*s.CostMinor, money.Currency(s.Currency)))
	}
	return v
}

func flags(fs sessions.Flags) []string {
	out := make([]string, len(fs))
	for i, f := range fs {
		out[i] = string(f)
	}
	return out
}

// SessionPath names a session.
type SessionPath struct {
	ID string `path:"id" maxLength:"100"`
}

func (s *server) getSession(ctx context.Context, sc access.Scope, in *struct {
	SessionPath
	Reading
}) (session, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (session, error) {
		row, err := sessions.Get(tx, sc, in.ID)
		if err != nil {
			return session{}, err
		}
		return s.showSession(tx, row)
	})
}

// maxTimeline bounds the segments and the readings of a timeline.
const maxTimeline = 5_000

type timeline struct {
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	EnergyWh  int64     `json:"energy_wh"`
	Flags     []string  `json:"flags"`
	Segments  []segment `json:"segments" doc:"Follow each other without gap"`
	Readings  []reading `json:"readings" doc:"Of the register, in order"`
	Truncated bool      `json:"truncated" doc:"There are more than 5,000 segments or readings; the first are shown"`
}

type segment struct {
	Start         time.Time `json:"start"`
	End           time.Time `json:"end"`
	EnergyMWh     int64     `json:"energy_mwh" doc:"In mWh: 1/1000 of a Wh"`
	ChargingState string    `json:"charging_state"`
}

type reading struct {
	At       time.Time `json:"at"`
	Register int64     `json:"register_mwh" doc:"In mWh: 1/1000 of a Wh"`
	Begin    bool      `json:"begin" doc:"The station took it as the first of the transaction"`
	End      bool      `json:"end" doc:"The station took it as the last of the transaction"`
	Signed   string    `json:"signed,omitempty" doc:"The signed original, where the reading has one"`
}

func showReading(r energy.Sample) reading {
	return reading{r.At.UTC(), int64(r.Register), r.Begin, r.End, r.Signed}
}

func (s *server) getTimeline(ctx context.Context, sc access.Scope, in *struct{ SessionPath }) (timeline, error) {
	type material struct {
		session sessions.Session
		inputs  []sessions.Input
		meter   energy.Meter
	}
	m, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (m material, err error) {
		if m.session, err = sessions.Get(tx, sc, in.ID); err != nil {
			return m, err
		}
		if m.inputs, err = sessions.Inputs(tx, m.session); err != nil {
			return m, err
		}
		m.meter, err = sessions.MeterOf(tx, m.session)
		return m, err
	})
	if err != nil {
		return timeline{}, err
	}
	t := m.session.Timeline(m.inputs, m.meter)
	v := timeline{
		Start: t.Start.UTC(), End: t.End.UTC(), EnergyWh: t.Energy.WattHours(), Flags: flags(t.Flags),
		Truncated: len(t.Segments) > maxTimeline || len(t.Readings) > maxTimeline,
	}
	for _, g := range t.Segments[:min(len(t.Segments), maxTimeline)] {
		v.Segments = append(v.Segments, segment{g.Start.UTC(), g.End.UTC(), int64(g.Energy), string(g.Flow)})
	}
	for _, r := range t.Readings[:min(len(t.Readings), maxTimeline)] {
		v.Readings = append(v.Readings, showReading(r))
	}
	return v, nil
}

type evidence struct {
	Key           string    `json:"key" doc:"Natural key within the transaction"`
	Digest        string    `json:"digest" doc:"Of the message; two under one key contradict each other"`
	Kind          string    `json:"kind" enum:"started,updated,ended,observed,reviewed,noted" doc:"The last two are a person's: a decision about a held session, and a note at its closing"`
	Seq           int64     `json:"seq" doc:"Sequence number; -1 where the version has none"`
	At            time.Time `json:"at" doc:"The station's clock"`
	ReceivedAt    time.Time `json:"received_at"`
	Offline       bool      `json:"offline"`
	ChargingState string    `json:"charging_state"`
	Readings      []reading `json:"readings"`
	Message       document  `json:"message" doc:"The payload as received"`
}

func showEvidence(x sessions.Input) evidence {
	v := evidence{
		Key: x.Key, Digest: x.Digest, Kind: string(x.Kind), Seq: x.Seq, At: x.At.UTC(), ReceivedAt: x.Received.UTC(), Offline: x.Offline,
		ChargingState: string(x.Flow), Message: documentOf(x.Message),
	}
	for _, r := range x.Samples {
		v.Readings = append(v.Readings, showReading(r))
	}
	return v
}

func (s *server) listEvidence(ctx context.Context, sc access.Scope, in *struct {
	SessionPath
	Page
}) (list[evidence], error) {
	after, err := in.after(2)
	if err != nil {
		return list[evidence]{}, err
	}
	key := sessions.InputKey{Received: after.at, Key: after.keys[0], Digest: after.keys[1]}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[evidence], error) {
		row, err := sessions.Get(tx, sc, in.ID)
		if err != nil {
			return list[evidence]{}, err
		}
		rows, err := sessions.InputsAfter(tx, row, key, in.Limit+1)
		return pageOf(rows, in.Limit, showEvidence, func(x sessions.Input) place { return place{x.Received, []string{x.Key, x.Digest}} }), err
	})
}

type closePost struct {
	SessionPath
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"50" default:"Other" doc:"As OCPP spells a stop reason"`
		Note   string `json:"note,omitempty" maxLength:"1000" doc:"Kept beside the evidence"`
	} `nameHint:"CloseSession"`
}

func (s *server) closeSession(ctx context.Context, sc access.Scope, in *closePost) (session, error) {
	reason, note := "Other", ""
	if in.Body != nil {
		reason, note = cmp.Or(in.Body.Reason, reason), in.Body.Note
	}
	row, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (sessions.Session, error) { return sessions.Get(tx, sc, in.ID) })
	if err != nil {
		return session{}, err
	}
	v, err := store.Do(ctx, s.o.DB, row.Station, func(tx *store.Tx) (session, error) {
		row, err := sessions.Close(tx, sc, in.ID, reason, note)
		if err != nil {
			return session{}, err
		}
		return s.showSession(tx, row)
	})
	if err == nil {
		s.o.Live.Publish(topicSession, []byte(in.ID))
	}
	return v, err
}
