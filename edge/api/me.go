package api

import (
	"context"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	drivers "chargewright/core/driver"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

func meOperations() []operation {
	const tag = "me"
	me := access.Me
	return []operation{
		{get, "/me", me, tag, "getSelf", "Read one's account", "", 0, nil, handleOne((*server).getSelf)},
		{put, "/me", me, tag, "putSelf", "Change one's account", "The address is what one signs in with and does not change here.", 0, []int{412}, handleOne((*server).putSelf)},
		{get, "/me/export", me, tag, "exportSelf", "Take everything that is kept about oneself", "One JSON file.", 0, nil, bindExport},
		{get, "/me/tokens", me, tag, "listCards", "List one's cards", "", 0, nil, handle((*server).listCards)},
		{post, "/me/tokens", me, tag, "postCard", "Add a card", "One that the operator handed out is active at once, any other waits for the operator.", 201, []int{409, 429}, handle((*server).postCard)},
		{del, "/me/tokens/{id}", me, tag, "deleteCard", "Remove a card", "It charges for nobody from then on.", 0, nil, handleNone((*server).deleteCard)},
		{get, "/me/vehicles", me, tag, "listVehicles", "List one's vehicles", "", 0, nil, handle((*server).listVehicles)},
		{post, "/me/vehicles", me, tag, "postVehicle", "Add a vehicle", "", 201, []int{409}, handle((*server).postVehicle)},
		{put, "/me/vehicles/{id}", me, tag, "putVehicle", "Change a vehicle", "", 0, nil, handle((*server).putVehicle)},
		{del, "/me/vehicles/{id}", me, tag, "deleteVehicle", "Remove a vehicle", "", 0, nil, handleNone((*server).deleteVehicle)},
		{get, "/me/favourites", me, tag, "listFavourites", "List one's favourite sites", "", 0, nil, handle((*server).listFavourites)},
		{put, "/me/favourites/{site}", me, tag, "putFavourite", "Keep a site, and be told when an EVSE is free", "Told once, by mail, within 12 hours, when none was free and then one is.", 0, []int{409}, handle((*server).putFavourite)},
		{del, "/me/favourites/{site}", me, tag, "deleteFavourite", "Remove a favourite", "", 0, nil, handleNone((*server).deleteFavourite)},
		{get, "/me/reports", me, tag, "listOwnReports", "List one's reports", "Newest first.", 0, nil, handle((*server).listOwnReports)},
		{post, "/me/reports", me, tag, "postReport", "Report something about a place", "", 201, []int{409}, handle((*server).postReport)},
		{post, "/me/starts", me, tag, "postStart", "Start charging",
			"202: the station is being asked; read the start until it is charging, refused or expired. 409: code is price_changed, no_price, unpaid, offline, out_of_order, busy or reserved.", 202, []int{409}, handle((*server).postStart)},
		{get, "/me/starts/{id}", me, tag, "getStart", "Read a start", "", 0, nil, handleOne((*server).getStart)},
		{get, "/me/sessions", me, tag, "listOwnSessions", "List one's sessions", "Newest first, open ones included.", 0, nil, handle((*server).listOwnSessions)},
		{get, "/me/sessions/{id}", me, tag, "getOwnSession", "Read one of one's sessions", "", 0, nil, handle((*server).getOwnSession)},
		{post, "/me/sessions/{id}/stop", me, tag, "stopOwnSession", "Stop charging", "409: it is closed, or the station will not or is offline. 504: the station was asked and did not answer.", 0, []int{409, 429, 504}, handle((*server).stopOwnSession)},
		{get, "/me/documents", me, tag, "listOwnDocuments", "List one's receipts, credit notes and statements", "Newest first.", 0, nil, handle((*server).listDocuments)},
		{get, "/me/documents/{id}", me, tag, "getOwnDocument", "Read one of one's receipts, credit notes and statements", "", 0, nil, handleOne((*server).getOwnDocument)},
		{get, "/me/consumption", me, tag, "getConsumption", "Read what one charged by month or year", "Newest first, of the latest 10,000 sessions.", 0, nil, handle((*server).getConsumption)},
		{get, "/reports", access.People, "drivers", "listReports", "List what drivers report", "Newest first.", 0, nil, handle((*server).listReports)},
		{put, "/reports/{id}", access.Drivers, "drivers", "putReport", "Say how far a report has come", "", 0, nil, handle((*server).putReport)},
		{del, "/me", me, tag, "deleteSelf", "Delete one's account",
			"Name, address, vehicles and favourites are gone; sessions and receipts stay under a pseudonym for as long as the law wants them. 409: a session is open, or a start under way.", 0, []int{409}, handleNone((*server).deleteSelf)},
	}
}

// ownSelf is a driver as they see themselves.
type ownSelf struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	Phone     string    `json:"phone"`
	Language  string    `json:"language" doc:"ISO 639-1"`
	CreatedAt time.Time `json:"created_at"`
	HeldFor   string    `json:"held_for" doc:"Why one may not charge, unpaid for what is owed; empty: one may"`
}

func showSelf(tx *store.Tx, sc access.Scope) (drivers.Driver, ownSelf, error) {
	d, err := drivers.GetDriver(tx, sc, sc.Actor)
	if err != nil {
		return d, ownSelf{}, err
	}
	held, err := drivers.HeldFor(tx, sc.Tenant, sc.Actor)
	return d, ownSelf{d.ID, d.Name, d.Email, d.Phone, d.Language, d.CreatedAt.UTC(), held}, err
}

func (s *server) getSelf(ctx context.Context, sc access.Scope, _ *struct{ Reading }) (ownSelf, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (ownSelf, error) {
		_, v, err := showSelf(tx, sc)
		return v, err
	})
}

type selfPut struct {
	Writing
	Body struct {
		Name     string `json:"name" maxLength:"200"`
		Phone    string `json:"phone,omitempty" maxLength:"40"`
		Language string `json:"language,omitempty" pattern:"^([a-z]{2})?$" doc:"ISO 639-1"`
	} `nameHint:"Self"`
}

func (s *server) putSelf(ctx context.Context, sc access.Scope, in *selfPut) (ownSelf, error) {
	return store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (ownSelf, error) {
		d, v, err := showSelf(tx, sc)
		if err != nil {
			return ownSelf{}, err
		}
		if err := in.check(v); err != nil {
			return ownSelf{}, err
		}
		d.Name, d.Phone, d.Language = in.Body.Name, in.Body.Phone, in.Body.Language
		if err := drivers.Update(tx, sc, d); err != nil {
			return ownSelf{}, err
		}
		_, v, err = showSelf(tx, sc)
		return v, err
	})
}

type card struct {
	ID      string     `json:"id"`
	Hint    string     `json:"uid_hint" doc:"The end of its number"`
	Type    string     `json:"type"`
	Status  string     `json:"status" enum:"accepted,blocked"`
	State   string     `json:"state" enum:"active,waiting,blocked" doc:"waiting: until the operator accepts it"`
	AddedAt *time.Time `json:"added_at" doc:"null: the operator added it"`
}

func showCard(c drivers.Card) card {
	return card{c.ID, c.Hint(), c.Type, c.Status, string(c.State), moment(c.AddedAt)}
}

func (s *server) listCards(ctx context.Context, sc access.Scope, _ *struct{}) (list[card], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[card], error) {
		rows, err := drivers.Cards(tx, sc.Tenant, sc.Actor)
		return pageOf(rows, len(rows), showCard, nil), err
	})
}

// postCard adds a card. Guessing numbers is slow: ten at once, ten an hour.
func (s *server) postCard(ctx context.Context, sc access.Scope, in *struct {
	Body struct {
		UID string `json:"uid" minLength:"1" maxLength:"100" doc:"Its number, separators or not"`
	} `nameHint:"NewCard"`
}) (card, error) {
	if err := slower(&s.face.claims, sc.Actor); err != nil {
		return card{}, err
	}
	return store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (card, error) {
		c, err := drivers.AddCard(tx, sc.Tenant, sc.Actor, in.Body.UID)
		return showCard(c), err
	})
}

// OwnPath names a thing of a driver's.
type OwnPath struct {
	ID string `path:"id" minLength:"1" maxLength:"100"`
}

func (s *server) deleteCard(ctx context.Context, sc access.Scope, in *struct{ OwnPath }) error {
	_, err := store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (none, error) {
		return none{}, drivers.DropCard(tx, sc.Tenant, sc.Actor, in.ID)
	})
	return err
}

type vehicle struct {
	ID string `json:"id"`
	VehicleBody
}

// VehicleBody is what a driver says of a vehicle.
type VehicleBody struct {
	Name       string   `json:"name" minLength:"1" maxLength:"100"`
	Make       string   `json:"make,omitempty" maxLength:"100"`
	Model      string   `json:"model,omitempty" maxLength:"100"`
	BatteryWh  int64    `json:"battery_wh,omitempty" minimum:"0" maximum:"5000000" doc:"0: not known"`
	MaxACW     int64    `json:"max_ac_w,omitempty" minimum:"0" maximum:"10000000" doc:"In W; 0: not known"`
	MaxDCW     int64    `json:"max_dc_w,omitempty" minimum:"0" maximum:"10000000" doc:"In W; 0: not known"`
	Connectors []string `json:"connectors,omitempty" maxItems:"10" doc:"As OCPI names them"`
}

func showVehicle(v drivers.Vehicle) vehicle {
	if v.Connectors == nil {
		v.Connectors = []string{}
	}
	return vehicle{v.ID, VehicleBody{v.Name, v.Make, v.Model, v.BatteryWh, v.MaxACW, v.MaxDCW, v.Connectors}}
}

func (s *server) listVehicles(ctx context.Context, sc access.Scope, _ *struct{}) (list[vehicle], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[vehicle], error) {
		rows, err := drivers.Vehicles(tx, sc.Actor)
		return pageOf(rows, len(rows), showVehicle, nil), err
	})
}

func (s *server) keepVehicle(ctx context.Context, sc access.Scope, id string, b VehicleBody) (vehicle, error) {
	for _, c := range b.Connectors {
		if !slices.Contains(stations.Standards, c) {
			return vehicle{}, fail.Field("api.keepVehicle", "connectors", "%.40q is no connector standard", c)
		}
	}
	return store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (vehicle, error) {
		v, err := drivers.PutVehicle(tx, drivers.Vehicle{
			ID: id, Driver: sc.Actor, Name: b.Name, Make: b.Make, Model: b.Model, BatteryWh: b.BatteryWh, MaxACW: b.MaxACW, MaxDCW: b.MaxDCW, Connectors: b.Connectors,
		})
		return showVehicle(v), err
	})
}

func (s *server) postVehicle(ctx context.Context, sc access.Scope, in *struct{ Body VehicleBody }) (vehicle, error) {
	return s.keepVehicle(ctx, sc, "", in.Body)
}

func (s *server) putVehicle(ctx context.Context, sc access.Scope, in *struct {
	OwnPath
	Body VehicleBody
}) (vehicle, error) {
	return s.keepVehicle(ctx, sc, in.ID, in.Body)
}

func (s *server) deleteVehicle(ctx context.Context, sc access.Scope, in *struct{ OwnPath }) error {
	_, err := store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (none, error) { return none{}, drivers.DeleteVehicle(tx, sc.Actor, in.ID) })
	return err
}

type favourite struct {
	Site      SiteCard   `json:"site"`
	Tell      bool       `json:"tell_when_free"`
	TellUntil *time.Time `json:"tell_until"`
}

// showFavourite shows a favourite; ok is false when its site is no place any more.
func (p *pricing) showFavourite(f drivers.Favourite, now time.Time) (v favourite, ok bool, err error) {
	at, err := sessions.PlaceOf(p.tx, p.tenant, f.Site)
	if fail.Is(err, fail.NotFound) {
		return v, false, nil
	}
	if err != nil {
		return v, false, err
	}
	if v.Site, err = p.card(at); err != nil {
		return v, false, err
	}
	if f.TellUntil.After(now) {
		v.Tell, v.TellUntil = true, moment(f.TellUntil)
	}
	return v, true, nil
}

func (s *server) listFavourites(ctx context.Context, sc access.Scope, in *struct{ Speaking }) (list[favourite], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[favourite], error) {
		out := list[favourite]{Items: []favourite{}}
		rows, err := drivers.Favourites(tx, sc.Actor)
		if err != nil {
			return out, err
		}
		p, err := newPricing(tx, sc, sc.Tenant, in.language(""))
		if err != nil {
			return out, err
		}
		for _, f := range rows {
			v, ok, err := p.showFavourite(f, tx.Now())
			if err != nil {
				return out, err
			}
			if ok {
				out.Items = append(out.Items, v)
			}
		}
		return out, err
	})
}

// FavouritePath names a favourite by its site.
type FavouritePath struct {
	Site string `path:"site" minLength:"1" maxLength:"100"`
}

func (s *server) putFavourite(ctx context.Context, sc access.Scope, in *struct {
	FavouritePath
	Speaking
	Body struct {
		Tell bool `json:"tell_when_free,omitempty"`
	} `nameHint:"PutFavourite"`
}) (favourite, error) {
	return store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (favourite, error) {
		at, err := sessions.PlaceOf(tx, sc.Tenant, in.Site)
		if err != nil {
			return favourite{}, err
		}
		f, err := drivers.PutFavourite(tx, drivers.Favourite{Driver: sc.Actor, Site: in.Site, Tenant: sc.Tenant}, in.Body.Tell, at.Free() == 0)
		if err != nil {
			return favourite{}, err
		}
		p, err := newPricing(tx, sc, sc.Tenant, in.language(""))
		if err != nil {
			return favourite{}, err
		}
		v, _, err := p.showFavourite(f, tx.Now())
		return v, err
	})
}

func (s *server) deleteFavourite(ctx context.Context, sc access.Scope, in *struct{ FavouritePath }) error {
	_, err := store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (none, error) { return none{}, drivers.DeleteFavourite(tx, sc.Actor, in.Site) })
	return err
}

type report struct {
	ID        string    `json:"id"`
	SiteID    string    `json:"site_id"`
	StationID string    `json:"station_id" doc:"Empty: it is about the place"`
	EVSE      int64     `json:"evse_id" doc:"0: it is about the place"`
	Kind      string    `json:"kind" enum:"broken,blocked,price,other"`
	Text      string    `json:"text"`
	State     string    `json:"state" enum:"open,done"`
	Note      string    `json:"note" doc:"The operator's, for the driver to read"`
	DriverID  string    `json:"driver_id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func showReport(r drivers.Report) report {
	return report{r.ID, r.Site, r.Station, r.EVSE, r.Kind, r.Text, r.State, r.Note, r.Driver, r.CreatedAt.UTC(), r.UpdatedAt.UTC()}
}

func (s *server) postReport(ctx context.Context, sc access.Scope, in *struct {
	Body struct {
		SiteID string `json:"site_id" minLength:"1" maxLength:"100"`
		EVSE   string `json:"evse,omitempty" maxLength:"60" doc:"Its code; without one it is about the place"`
		Kind   string `json:"kind" enum:"broken,blocked,price,other"`
		Text   string `json:"text,omitempty" maxLength:"2000"`
	} `nameHint:"NewReport"`
}) (report, error) {
	return store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (report, error) {
		r := drivers.Report{Tenant: sc.Tenant, Driver: sc.Actor, Site: in.Body.SiteID, Kind: in.Body.Kind, Text: in.Body.Text}
		if _, err := stations.GetPlace(tx, sc.Tenant, r.Site); err != nil {
			return report{}, asField(err, "site_id")
		}
		if in.Body.EVSE != "" {
			at, b, err := sessions.BayByCode(tx, sc.Tenant, in.Body.EVSE)
			if err == nil && at.ID != r.Site {
				err = fail.New(fail.NotFound, "api.postReport", "this charger is at another site")
			}
			if err != nil {
				return report{}, asField(err, "evse")
			}
			r.Station, r.EVSE = b.Station, b.EVSE.EVSE
		}
		r, err := drivers.AddReport(tx, r)
		return showReport(r), err
	})
}

func (s *server) reports(ctx context.Context, sc access.Scope, p Page, f drivers.ReportFilter) (list[report], error) {
	after, err := p.after(1)
	if err != nil {
		return list[report]{}, err
	}
	f.BeforeAt, f.Before = after.at, after.keys[0]
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[report], error) {
		rows, err := drivers.Reports(tx, sc, f, p.Limit+1)
		return pageOf(rows, p.Limit, showReport, func(r drivers.Report) place { return byTime(r.CreatedAt, r.ID) }), err
	})
}

func (s *server) listOwnReports(ctx context.Context, sc access.Scope, in *pageQuery) (list[report], error) {
	return s.reports(ctx, sc, in.Page, drivers.ReportFilter{Driver: sc.Actor})
}

// ReportQuery narrows the reports of drivers.
type ReportQuery struct {
	Open bool `query:"open" doc:"Only those that are open"`
}

type reportPage struct {
	Page
	ReportQuery
}

func (s *server) listReports(ctx context.Context, sc access.Scope, in *reportPage) (list[report], error) {
	return s.reports(ctx, sc, in.Page, drivers.ReportFilter{Open: in.Open})
}

func (s *server) putReport(ctx context.Context, sc access.Scope, in *struct {
	OwnPath
	Body struct {
		State string `json:"state" enum:"open,done"`
		Note  string `json:"note,omitempty" maxLength:"1000"`
	} `nameHint:"PutReport"`
}) (report, error) {
	return store.Do(ctx, s.o.DB, "report/"+in.ID, func(tx *store.Tx) (report, error) {
		r, err := drivers.SetReport(tx, sc, in.ID, in.Body.State, in.Body.Note)
		return showReport(r), err
	})
}
