package api

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	stations "chargewright/core/station"
)

type connection struct {
	Epoch           int64      `json:"epoch" doc:"Rises with every connection"`
	Remote          string     `json:"remote"`
	Protocol        string     `json:"protocol"`
	SecurityProfile int64      `json:"security_profile"`
	OpenedAt        time.Time  `json:"opened_at"`
	ClosedAt        *time.Time `json:"closed_at"`
	Reason          string     `json:"reason" doc:"Why it ended"`
}

func showConnection(c stations.Connection) connection {
	return connection{c.Epoch, c.Remote, c.Protocol, c.Profile, c.OpenedAt.UTC(), moment(c.ClosedAt), c.Reason}
}

type stationPage struct {
	StationPath
	Page
}

func (s *server) listConnections(ctx context.Context, sc access.Scope, in *stationPage) (list[connection], error) {
	after, err := in.after(1)
	if err != nil {
		return list[connection]{}, err
	}
	before := int64(0)
	if after.keys[0] != "" {
		if before, err = strconv.ParseInt(after.keys[0], 10, 64); err != nil {
			return list[connection]{}, badCursor()
		}
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[connection], error) {
		rows, err := stations.ConnectionsBefore(tx, sc, in.ID, before, in.Limit+1)
		return pageOf(rows, in.Limit, showConnection, func(c stations.Connection) place { return byID(strconv.FormatInt(c.Epoch, 10)) }), err
	})
}

type finding struct {
	Action  string    `json:"action"`
	Kind    string    `json:"kind" doc:"What was repaired or refused"`
	Path    string    `json:"path" doc:"JSON pointer into the payload"`
	Detail  string    `json:"detail"`
	FirstAt time.Time `json:"first_at"`
	LastAt  time.Time `json:"last_at"`
	Times   int64     `json:"times"`
}

func showFinding(f device.Finding) finding {
	return finding{f.Action, f.Kind, f.Path, f.Detail, f.FirstAt.UTC(), f.LastAt.UTC(), f.Times}
}

func (s *server) listFindings(ctx context.Context, sc access.Scope, in *stationPage) (list[finding], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[finding], error) {
		d, err := standing(tx, sc, in.ID)
		if err != nil {
			return list[finding]{}, err
		}
		rows, err := device.Findings(tx, d.ID)
		if err != nil {
			return list[finding]{}, err
		}
		return pageIn(rows, in.Page, showFinding, func(f device.Finding) string { return f.Action + " " + f.Kind + " " + f.Path })
	})
}

// standing returns the device at a station of the scope's tenant; its id is
// empty where none stands.
func standing(tx *store.Tx, sc access.Scope, station string) (device.Device, error) {
	if _, err := stations.Get(tx, sc, station); err != nil {
		return device.Device{}, err
	}
	d, _, err := device.At(tx, station)
	return d, err
}

type notice struct {
	Action     string    `json:"action"`
	Payload    document  `json:"payload" doc:"As the station sent it"`
	ReceivedAt time.Time `json:"received_at"`
}

type noticeQuery struct {
	StationPath
	Page
	Action string `query:"action" maxLength:"60" doc:"Only of this OCPP action"`
}

func (s *server) listNotices(ctx context.Context, sc access.Scope, in *noticeQuery) (list[notice], error) {
	after, err := in.after(1)
	if err != nil {
		return list[notice]{}, err
	}
	type row struct {
		notice device.Notice
		key    device.NoticeKey
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[notice], error) {
		d, err := standing(tx, sc, in.ID)
		if err != nil {
			return list[notice]{}, err
		}
		notices, keys, err := device.NoticesBefore(tx, d.ID, in.Action, device.NoticeKey{ReceivedAt: after.at, Digest: after.keys[0]}, in.Limit+1)
		if err != nil {
			return list[notice]{}, err
		}
		rows := make([]row, len(notices))
		for i := range rows {
			rows[i] = row{notices[i], keys[i]}
		}
		return pageOf(rows, in.Limit,
			func(r row) notice {
				return notice{r.notice.Action, documentOf(r.notice.Body), r.notice.ReceivedAt.UTC()}
			},
			func(r row) place { return byTime(r.key.ReceivedAt, r.key.Digest) }), nil
	})
}

type refusal struct {
	StationID string    `json:"station_id" doc:"The identity it gave"`
	Reason    string    `json:"reason" enum:"unknown_station,wrong_credentials,lower_security_profile,identity_in_use"`
	Remote    string    `json:"remote"`
	Path      string    `json:"path"`
	Protocols string    `json:"protocols" doc:"The subprotocols it offered"`
	FirstAt   time.Time `json:"first_at"`
	LastAt    time.Time `json:"last_at"`
	Attempts  int64     `json:"attempts"`
}

func showRefusal(r stations.Refusal) refusal {
	return refusal{r.Identity, r.Reason, r.Remote, r.Path, r.Protocols, r.FirstAt.UTC(), r.LastAt.UTC(), r.Attempts}
}

func (s *server) listRefusals(ctx context.Context, sc access.Scope, in *pageQuery) (list[refusal], error) {
	after, err := in.after(2)
	if err != nil {
		return list[refusal]{}, err
	}
	key := stations.RefusalKey{LastAt: after.at, Identity: after.keys[0], Reason: after.keys[1]}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[refusal], error) {
		rows, err := stations.RefusalsFor(tx, sc, key, in.Limit+1)
		return pageOf(rows, in.Limit, showRefusal, func(r stations.Refusal) place { return place{r.LastAt, []string{r.Identity, r.Reason}} }), err
	})
}

type setting struct {
	Component         string    `json:"component" doc:"Empty in 1.6"`
	ComponentInstance string    `json:"component_instance"`
	EVSE              int64     `json:"evse_id" doc:"0: the station as a whole"`
	Connector         int64     `json:"connector_id" doc:"0: the EVSE as a whole"`
	Variable          string    `json:"variable"`
	Instance          string    `json:"instance"`
	Attribute         string    `json:"attribute" doc:"Actual, Target, MinSet or MaxSet"`
	Value             string    `json:"value" doc:"Secrets are masked"`
	ReadOnly          bool      `json:"read_only"`
	SeenAt            time.Time `json:"seen_at"`
}

func showSetting(k device.Known) setting {
	return setting{k.Component, k.ComponentInstance, k.EVSE, k.Connector, k.Variable, k.Instance, k.Attribute, k.Value, k.ReadOnly, k.SeenAt.UTC()}
}

// listSettings shows what is known of a station's configuration.
func (s *server) listSettings(ctx context.Context, sc access.Scope, in *stationPage) (list[setting], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[setting], error) {
		d, err := standing(tx, sc, in.ID)
		if err != nil {
			return list[setting]{}, err
		}
		rows, err := device.Settings(tx, d.ID)
		if err != nil {
			return list[setting]{}, err
		}
		return pageIn(rows, in.Page, showSetting, func(k device.Known) string { return fmt.Sprintf("%+v", k.Setting) })
	})
}
