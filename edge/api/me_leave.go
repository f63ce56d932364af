package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	drivers "chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/notify"
	"chargewright/core/payment"
	"chargewright/core/plan"
	sessions "chargewright/core/session"
)

// deleteSelf forgets the driver who asks, and ends every sign-in.
func (s *server) deleteSelf(ctx context.Context, sc access.Scope, _ *struct{}) error {
	_, err := store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (none, error) { return none{}, forgetDriver(tx, sc, sc.Actor) })
	if v := visitOf(ctx); err == nil && v != nil {
		s.dropCookie(v)
	}
	return err
}

// forgetDriver pseudonymises a driver. It is a Conflict while one of their
// sessions is open, or may begin at any moment.
func forgetDriver(tx *store.Tx, sc access.Scope, driver string) error {
	d, err := drivers.GetDriver(tx, sc, driver)
	if err != nil {
		return err
	}
	open, err := sessions.OpenOf(tx, sc.Tenant, driver)
	if err != nil {
		return err
	}
	if open > 0 {
		return coded("session_open", "a session is open; stop it first")
	}
	starts, err := drivers.Starts(tx, sc.Tenant, driver, 20)
	if err != nil {
		return err
	}
	for _, st := range starts {
		if now := st.At(tx.Now()).State; now == drivers.Asking || now == drivers.PlugIn {
			return coded("start_open", "a start is under way; wait until it is over")
		}
	}
	if err := billing.MayLeave(tx, sc.Tenant, driver); fail.Is(err, fail.Conflict) {
		return coded("money_open", fail.Say(err))
	} else if err != nil {
		return err
	}
	if err := payment.RemoveAll(tx, sc.Tenant, driver); err != nil {
		return err
	}
	if _, err := drivers.Delete(tx, sc.Tenant, driver); err != nil {
		return err
	}
	access.EndSessions(tx, access.KindDriver, driver)
	if d.Email != "" {
		notify.Erase(tx, sc.Tenant, d.Email)
	}
	return nil
}

// export is everything that is kept about a driver.
type export struct {
	Profile    driver         `json:"profile"`
	Tokens     []exportToken  `json:"tokens" doc:"Cards, with their numbers, and the hidden token of the driver's own starts"`
	Buyer      checkedBuyer   `json:"buyer" doc:"For whom the driver buys"`
	Vehicles   []vehicle      `json:"vehicles"`
	Favourites []exportPlace  `json:"favourites"`
	Reports    []report       `json:"reports"`
	Starts     []exportStart  `json:"starts"`
	Sessions   []session      `json:"sessions"`
	Documents  []fullDocument `json:"documents" doc:"Receipts, credit notes and statements"`
	Wallet     exportWallet   `json:"wallet"`
	Methods    []savedMethod  `json:"methods"`
	Payments   []ownPayment   `json:"payments"`
	Claims     []ownClaim     `json:"claims" doc:"What was owed for sessions"`
	SignIns    []exportSignIn `json:"sign_ins"`
	MadeAt     time.Time      `json:"made_at"`
	Truncated  bool           `json:"truncated" doc:"There are more than 10,000 of something; the latest are here"`
}

type exportWallet struct {
	Wallet
	Moves []exportMove `json:"movements" doc:"The oldest first"`
}

type exportMove struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind" doc:"payment, wallet, refund, claim or the like"`
	Amount amount    `json:"amount" doc:"Negative: taken from the wallet"`
}

type exportToken struct {
	UID string `json:"uid"`
	Card
}

type exportPlace struct {
	SiteID    string     `json:"site_id"`
	TellUntil *time.Time `json:"tell_until"`
}

type exportStart struct {
	ID        string    `json:"id"`
	StationID string    `json:"station_id"`
	EVSE      int64     `json:"evse_id"`
	TariffID  string    `json:"tariff_id"`
	Version   string    `json:"tariff_version"`
	State     string    `json:"state"`
	SessionID string    `json:"session_id"`
	CreatedAt time.Time `json:"created_at"`
}

type exportSignIn struct {
	UserAgent string    `json:"user_agent"`
	Remote    string    `json:"remote"`
	CreatedAt time.Time `json:"created_at"`
	LastSeen  time.Time `json:"last_seen_at"`
}

// file is an answer that a browser keeps as a file.
type file[T any] struct {
	Disposition string `header:"Content-Disposition"`
	Body        *T
}

func bindExport(s *server, api huma.API, op huma.Operation) {
	huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*file[export], error) {
		v, err := s.exportSelf(ctx, scopeOf(ctx))
		if err != nil {
			return nil, s.failed(ctx, op, err)
		}
		return &file[export]{`attachment; filename="my-data.json"`, &v}, nil
	})
}

func (s *server) exportSelf(ctx context.Context, sc access.Scope) (export, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (export, error) {
		v := export{MadeAt: tx.Now().UTC(), Tokens: []exportToken{}, Vehicles: []vehicle{}, Favourites: []exportPlace{}, Reports: []report{},
			Starts: []exportStart{}, Sessions: []session{}, Documents: []fullDocument{}, Methods: []savedMethod{}, Payments: []ownPayment{}, Claims: []ownClaim{}, SignIns: []exportSignIn{}}
		for _, part := range []func(*store.Tx, access.Scope) error{v.profile, v.belongings, v.words, v.money, v.signIns} {
			if err := part(tx, sc); err != nil {
				return v, err
			}
		}
		return v, s.purse(tx, sc, &v)
	})
}

func (v *export) profile(tx *store.Tx, sc access.Scope) error {
	d, err := drivers.GetDriver(tx, sc, sc.Actor)
	if err != nil {
		return err
	}
	v.Profile = showDriver(d)
	b, err := drivers.BuyerOf(tx, sc.Tenant, sc.Actor)
	v.Buyer = showCheckedBuyer(b)
	return err
}

func (v *export) belongings(tx *store.Tx, sc access.Scope) error {
	cards, err := drivers.Cards(tx, sc.Tenant, sc.Actor)
	if err != nil {
		return err
	}
	for _, c := range cards {
		v.Tokens = append(v.Tokens, exportToken{c.UID, showCard(c)})
	}
	vehicles, err := drivers.Vehicles(tx, sc.Actor)
	if err != nil {
		return err
	}
	for _, x := range vehicles {
		v.Vehicles = append(v.Vehicles, showVehicle(x))
	}
	favourites, err := drivers.Favourites(tx, sc.Actor)
	for _, f := range favourites {
		v.Favourites = append(v.Favourites, exportPlace{f.Site, moment(f.TellUntil)})
	}
	return err
}

func (v *export) words(tx *store.Tx, sc access.Scope) error {
	reports, err := drivers.Reports(tx, access.Scope{Tenant: sc.Tenant}, drivers.ReportFilter{Driver: sc.Actor}, 1000)
	if err != nil {
		return err
	}
	for _, r := range reports {
		v.Reports = append(v.Reports, showReport(r))
	}
	starts, err := drivers.Starts(tx, sc.Tenant, sc.Actor, 1000)
	for _, x := range starts {
		x = x.At(tx.Now())
		v.Starts = append(v.Starts, exportStart{x.ID, x.Station, x.EVSE, x.Offer.Tariff, x.Offer.Version, string(x.State), x.Session, x.CreatedAt.UTC()})
	}
	return err
}

func (v *export) money(tx *store.Tx, sc access.Scope) error {
	err := eachSession(tx, sc, maxCounted, func(row sessions.Session) error {
		v.Sessions = append(v.Sessions, showSession(row))
		return nil
	})
	if err != nil {
		return err
	}
	v.Truncated = len(v.Sessions) >= maxCounted
	documents, err := billing.Documents(tx, sc, billing.DocumentFilter{}, time.Time{}, "", maxCounted)
	for _, d := range documents {
		v.Documents = append(v.Documents, showFullDocument(d, nil))
	}
	v.Truncated = v.Truncated || len(documents) == maxCounted
	return err
}

func (s *server) purse(tx *store.Tx, sc access.Scope, v *export) error {
	w, e, err := ownWallet(tx, sc)
	if err != nil {
		return err
	}
	v.Wallet = exportWallet{s.showWallet(w), []exportMove{}}
	moves, err := ledger.Entries(tx, e.ID, []string{plan.Account(sc.Actor)}, w.Currency, time.Unix(0, 0), tx.Now().Add(time.Second), maxCounted)
	if err != nil {
		return err
	}
	for _, x := range moves {
		v.Wallet.Moves = append(v.Wallet.Moves, exportMove{x.At.UTC(), x.Kind, amountOf(-x.Minor, w.Currency)})
	}
	methods, err := payment.Methods(tx, sc.Tenant, sc.Actor)
	if err != nil {
		return err
	}
	for _, m := range methods {
		v.Methods = append(v.Methods, showSaved(m))
	}
	payments, err := payment.List(tx, sc, payment.Filter{}, time.Time{}, "", maxCounted)
	if err != nil {
		return err
	}
	for _, p := range payments {
		v.Payments = append(v.Payments, showOwnPayment(p))
	}
	claims, err := billing.Claims(tx, sc, billing.ClaimFilter{}, time.Time{}, "", maxCounted)
	for _, c := range claims {
		v.Claims = append(v.Claims, showOwnClaim(c))
	}
	v.Truncated = v.Truncated || max(len(moves), len(payments), len(claims)) == maxCounted
	return err
}

func (v *export) signIns(tx *store.Tx, sc access.Scope) error {
	all, err := access.SignIns(tx, sc)
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	for _, x := range all {
		v.SignIns = append(v.SignIns, exportSignIn{x.Agent, x.Remote, x.CreatedAt.UTC(), x.SeenAt.UTC()})
	}
	return err
}
