package api

import (
	"context"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/tariff"
)

type display struct {
	StationID string     `json:"station_id"`
	Version   string     `json:"version" doc:"Of the tariff"`
	From      *time.Time `json:"from" doc:"From when on it is to be shown; null: now"`
	State     string     `json:"state" enum:"told,waiting,refused,cannot_show" doc:"waiting: for the station, or for the time where it cannot be told ahead"`
	Reason    string     `json:"reason"`
	JobID     string     `json:"job_id" doc:"The job that tells it; empty for none"`
}

func showDisplay(d billing.Display) display {
	return display{d.Station, d.Version, moment(d.From), string(d.State), d.Reason, d.Job}
}

// listDisplays lists which stations show a tariff, and which of its planned
// versions they were told.
func (s *server) listDisplays(ctx context.Context, sc access.Scope, in *struct {
	TariffPath
	Page
}) (list[display], error) {
	after, err := in.after(2)
	if err != nil {
		return list[display]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[display], error) {
		if err := seesTariff(tx, sc, in.ID); err != nil {
			return list[display]{}, err
		}
		if _, _, err := tariff.Get(tx, sc.Tenant, in.ID); err != nil {
			return list[display]{}, err
		}
		rows, err := billing.Displays(tx, sc, in.ID, billing.Display{Station: after.keys[0], Version: after.keys[1], From: after.at}, in.Limit+1)
		return pageOf(rows, in.Limit, showDisplay, func(d billing.Display) place { return place{d.From, []string{d.Station, d.Version}} }), err
	})
}
