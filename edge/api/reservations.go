package api

import (
	"context"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/reserve"
)

type reservation struct {
	ID            string    `json:"id"`
	ReservationID int64     `json:"reservation_id" doc:"The number that OCPP knows it by, unique at its station"`
	StationID     string    `json:"station_id"`
	EVSE          *int64    `json:"evse_id" doc:"null: any EVSE of the station"`
	Connector     *int64    `json:"connector_id" doc:"null: any"`
	IDTag         string    `json:"id_tag"`
	Status        string    `json:"status" enum:"active,used,cancelled,expired,removed"`
	ExpiresAt     time.Time `json:"expires_at"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
}

func showReservation(r reserve.Reservation) reservation {
	v := reservation{
		ID: r.ID, ReservationID: r.Number, StationID: r.Station, IDTag: r.Token, Status: string(r.Status),
		ExpiresAt: r.ExpiresAt.UTC(), CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if r.EVSE > 0 {
		v.EVSE = &r.EVSE
	}
	if r.Connector > 0 {
		v.Connector = &r.Connector
	}
	return v
}

type reservationQuery struct {
	Page
	Station string `query:"station" maxLength:"48" doc:"Only at this station"`
}

func (s *server) listReservations(ctx context.Context, sc access.Scope, in *reservationQuery) (list[reservation], error) {
	after, err := in.after(1)
	if err != nil {
		return list[reservation]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[reservation], error) {
		rows, err := reserve.List(tx, sc, in.Station, after.at, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showReservation, func(r reserve.Reservation) place { return byTime(r.CreatedAt, r.ID) }), err
	})
}
