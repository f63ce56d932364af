package api

import (
	"context"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/brake"
)

func brakeOperations() []operation {
	const tag = "payments"
	return []operation{
		{get, "/brakes", access.People, tag, "listBlocks", "List who was kept from charging because it looked like fraud", "Newest first.", 0, nil, handle((*server).listBlocks)},
		{get, "/brakes/{id}", access.People, tag, "getBlock", "Read a block with its evidence", "", 0, nil, handleOne((*server).getBlock)},
		{post, "/brakes/{id}/lift", access.Drivers, tag, "liftBlock", "End a block before its time", "What it was raised for counts no more. 409: it has ended already.", 0, []int{409}, handle((*server).liftBlock)},
		{get, "/brake-limits", access.People, tag, "getBrakeLimits", "Read from how much on something looks like fraud", "", 0, nil, handleOne((*server).getBrakeLimits)},
		{get, "/brake-limits/standard", access.People, tag, "getStandardBrakeLimits", "Read the limits that hold where none were set", "", 0, nil, handleOne((*server).standardBrakeLimits)},
		{put, "/brake-limits", access.Money, tag, "putBrakeLimits", "Set from how much on something looks like fraud", "", 0, []int{412}, handleOne((*server).putBrakeLimits)},
	}
}

type blockRow struct {
	ID       string        `json:"id"`
	Kind     string        `json:"kind" enum:"token,account,card,evse,address"`
	Subject  string        `json:"subject" doc:"A token's uid, a driver, provider/fingerprint of a card, station/evse, or a digest of an address"`
	Reason   string        `json:"reason" enum:"too_many_starts,parallel_use,impossible_travel,too_many_visits,card_testing"`
	Words    string        `json:"words" doc:"What the driver is told"`
	DriverID *string       `json:"driver_id"`
	Station  string        `json:"station_id" doc:"Where it was noticed"`
	EVSE     int64         `json:"evse_id"`
	Evidence blockEvidence `json:"evidence"`
	Standing bool          `json:"standing"`
	BeganAt  time.Time     `json:"began_at"`
	Until    time.Time     `json:"until" doc:"When it ends by itself, or was lifted"`
	By       *string       `json:"lifted_by"`
	For      string        `json:"lifted_for" doc:"The reason that was given"`
}

type blockEvidence struct {
	Count    int64     `json:"count" doc:"How many sessions, visits or payments there were; 0 of impossible_travel"`
	Limit    int64     `json:"limit" doc:"How many, or how fast in km/h, there may be"`
	Since    time.Time `json:"since"`
	Objects  []string  `json:"object_ids" doc:"The sessions or payments, the latest first; none of addresses and EVSEs"`
	From     *string   `json:"from_station_id" doc:"Of impossible_travel: where the token was before"`
	Distance int64     `json:"distance_km"`
	Seconds  int64     `json:"seconds" doc:"Between the two"`
}

func showBlock(b brake.Block) blockRow {
	e := b.Evidence
	v := blockRow{
		ID: b.ID, Kind: string(b.Kind), Subject: b.Key, Reason: string(b.Reason), Words: b.Reason.Words("en"), DriverID: given(b.Driver), Station: b.Station, EVSE: b.EVSE,
		Evidence: blockEvidence{e.Count, e.Limit, e.Since.UTC(), e.Objects, given(e.From), e.Distance, e.Seconds},
		Standing: b.Stands(time.Now()), BeganAt: b.BeganAt.UTC(), Until: b.Until.UTC(), By: given(b.By), For: b.For,
	}
	if v.Evidence.Objects == nil {
		v.Evidence.Objects = []string{}
	}
	return v
}

type blockQuery struct {
	Page
	Standing bool   `query:"standing" doc:"Only those that stand"`
	Kind     string `query:"kind" enum:"token,account,card,evse,address" doc:"Only of this kind"`
}

func (s *server) listBlocks(ctx context.Context, sc access.Scope, in *blockQuery) (list[blockRow], error) {
	after, err := in.after(1)
	if err != nil {
		return list[blockRow]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[blockRow], error) {
		rows, err := brake.List(tx, sc, brake.Filter{Standing: in.Standing, Kind: brake.Kind(in.Kind)}, after.at, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showBlock, func(b brake.Block) place { return byTime(b.BeganAt, b.ID) }), err
	})
}

// BlockPath names a block.
type BlockPath struct {
	ID string `path:"id" maxLength:"100" doc:"The block's id"`
}

func (s *server) getBlock(ctx context.Context, sc access.Scope, in *struct {
	BlockPath
	Reading
}) (blockRow, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (blockRow, error) {
		b, err := brake.Get(tx, sc, in.ID)
		return showBlock(b), err
	})
}

func (s *server) liftBlock(ctx context.Context, sc access.Scope, in *struct {
	BlockPath
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	} `nameHint:"LiftBlock"`
}) (blockRow, error) {
	return store.Do(ctx, s.o.DB, "brake/"+in.ID, func(tx *store.Tx) (blockRow, error) {
		b, err := brake.Lift(tx, sc, in.ID, in.Body.Reason)
		return showBlock(b), err
	})
}

type brakeLimits struct {
	TokenStarts     int64 `json:"token_starts" minimum:"0" maximum:"10000" doc:"Sessions that one token of a driver may begin within a day; 0, here and below, is no limit"`
	AccountParallel int64 `json:"account_parallel" minimum:"0" maximum:"10000" doc:"Open sessions that a driver may have"`
	TravelKMH       int64 `json:"travel_kmh" minimum:"0" maximum:"10000" doc:"How fast a card may come from one station to another, by air, beyond the first 10 km"`
	AddressVisits   int64 `json:"address_visits" minimum:"0" maximum:"10000" doc:"Visits of guests from one address within an hour"`
	AddressUnpaid   int64 `json:"address_unpaid" minimum:"0" maximum:"10000" doc:"Of them not paid"`
	EVSEVisits      int64 `json:"evse_visits" minimum:"0" maximum:"10000" doc:"Visits of guests at one EVSE within an hour"`
	EVSEUnpaid      int64 `json:"evse_unpaid" minimum:"0" maximum:"10000" doc:"Of them not paid"`
	CardVisits      int64 `json:"card_visits" minimum:"0" maximum:"10000" doc:"Visits of guests with one card within a day"`
	CardRefused     int64 `json:"card_refused" minimum:"0" maximum:"10000" doc:"Of them refused by the bank"`
}

func (s *server) getBrakeLimits(ctx context.Context, sc access.Scope, _ *struct{ Reading }) (brakeLimits, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (brakeLimits, error) {
		l, err := brake.GetLimits(tx, sc.Tenant)
		return brakeLimits(l), err
	})
}

func (s *server) standardBrakeLimits(context.Context, access.Scope, *struct{ Reading }) (brakeLimits, error) {
	return brakeLimits(brake.Standard()), nil
}

func (s *server) putBrakeLimits(ctx context.Context, sc access.Scope, in *struct {
	Writing
	Body brakeLimits `nameHint:"BrakeLimits"`
}) (brakeLimits, error) {
	return store.Do(ctx, s.o.DB, "brakes/"+sc.Tenant, func(tx *store.Tx) (brakeLimits, error) {
		was, err := brake.GetLimits(tx, sc.Tenant)
		if err != nil {
			return brakeLimits{}, err
		}
		if err := in.check(brakeLimits(was)); err != nil {
			return brakeLimits{}, err
		}
		return in.Body, brake.SetLimits(tx, sc.Tenant, brake.Limits(in.Body))
	})
}
