package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	drivers "chargewright/core/driver"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
	"chargewright/core/tariff"
)

// maxStarting is how many stations are asked to start at one time.
const maxStarting = 64

type start struct {
	ID        string    `json:"id"`
	State     string    `json:"state" enum:"asking,plug_in,charging,refused,expired"`
	Reason    string    `json:"reason" doc:"Why it was refused, for people"`
	SessionID *string   `json:"session_id"`
	ExpiresAt time.Time `json:"expires_at" doc:"Of asking and plug_in"`
	EVSE      evseCard  `json:"evse"`
	Site      SiteCard  `json:"site"`
}

func showStart(s drivers.Start, at foundEVSE) start {
	v := start{ID: s.ID, State: string(s.State), Reason: s.Reason, ExpiresAt: s.ExpiresAt.UTC(), EVSE: at.EVSE, Site: at.Site}
	if s.Session != "" {
		v.SessionID = &s.Session
	}
	return v
}

// coded is a 409 with a word for programs.
func coded(code, text string) error {
	p := refuse(http.StatusConflict, fail.Conflict, text)
	p.Code = code
	return p
}

// startable says why a session cannot be started on an EVSE now.
func startable(b stations.Bay) error {
	if code, text := b.Blocked(); code != "" {
		return coded(code, text)
	}
	return nil
}

// solvent refuses a driver who may not charge until they paid, or can.
func solvent(tx *store.Tx, sc access.Scope) error {
	why, err := billing.MayCharge(tx, sc.Tenant, sc.Actor)
	switch {
	case err != nil:
		return err
	case why == billing.OwesMoney:
		return coded(why, "something is still to be paid: pay it first")
	case why != "":
		return coded(why, "there is nothing to pay with: save a payment method, or add to your wallet")
	}
	return nil
}

type startPost struct {
	Speaking
	Body struct {
		EVSE    string `json:"evse" minLength:"1" maxLength:"60" doc:"Its code"`
		Version string `json:"tariff_version" maxLength:"100" doc:"As the EVSE's price showed it"`
		Vehicle string `json:"vehicle_id,omitempty" maxLength:"100"`
	} `nameHint:"NewStart"`
}

// postStart accepts a price and asks the station to start, in the background.
func (s *server) postStart(ctx context.Context, sc access.Scope, in *startPost) (start, error) {
	if s.o.Commands == nil {
		return start{}, fail.New(fail.Unavailable, "api.postStart", "this server sends no commands")
	}
	if s.face.starting.Add(1) > maxStarting {
		s.face.starting.Add(-1)
		return start{}, fail.New(fail.Busy, "api.postStart", "too many starts are under way; try again in a moment")
	}
	type made struct {
		start drivers.Start
		view  start
	}
	m, err := store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (m made, err error) {
		if err := solvent(tx, sc); err != nil {
			return m, err
		}
		at, b, err := sessions.BayByCode(tx, sc.Tenant, in.Body.EVSE)
		if err != nil {
			return m, err
		}
		p, err := newPricing(tx, sc, sc.Tenant, in.language(""))
		if err != nil {
			return m, err
		}
		view, err := p.find(at, b)
		if err != nil {
			return m, err
		}
		m.start = drivers.Start{Tenant: sc.Tenant, Driver: sc.Actor, Station: b.Station, EVSE: b.EVSE.EVSE, Vehicle: in.Body.Vehicle}
		if m.start.Offer, err = p.accept(b, view.EVSE, in.Body.Version, m.start); err != nil {
			return m, err
		}
		if m.start, err = drivers.Ask(tx, m.start); err != nil {
			return m, err
		}
		m.start, err = brakeStart(tx, m.start)
		m.view = showStart(m.start, view)
		return m, err
	})
	if err != nil || m.start.State != drivers.Asking {
		s.face.starting.Add(-1)
		return m.view, err
	}
	go s.ask(m.start)
	return m.view, nil
}

// brakeStart refuses a start of an account that is used as nobody uses one.
func brakeStart(tx *store.Tx, st drivers.Start) (drivers.Start, error) {
	j, err := sessions.Authorise(tx, sessions.Attempt{Tenant: st.Tenant, Token: st.Token, Station: st.Station, EVSE: st.EVSE, At: tx.Now()})
	if err != nil || j.Block == "" {
		return st, err
	}
	if err := j.Raise(tx, st.Tenant); err != nil {
		return st, err
	}
	if err := drivers.Answered(tx, st.ID, false, j.Block.Words(st.Offer.Language)); err != nil {
		return st, err
	}
	return drivers.GetStart(tx, st.Tenant, st.Driver, st.ID)
}

// accept returns the offer that holds for a start, if it is what the driver saw:
// the price of the EVSE, or of one of its connectors.
func (p *pricing) accept(b stations.Bay, e evseCard, version string, st drivers.Start) (drivers.Offer, error) {
	if st.Vehicle != "" {
		if _, err := drivers.GetVehicle(p.tx, st.Driver, st.Vehicle); err != nil {
			return drivers.Offer{}, asField(err, "vehicle_id")
		}
	}
	if err := startable(b); err != nil {
		return drivers.Offer{}, err
	}
	now := e.Price.v
	var where []string // the connectors that have the price
	for i, c := range e.Connectors {
		own := cmp.Or(c.Price.v, e.Price.v)
		if own != nil && own.Version == version {
			now, where = own, append(where, strconv.FormatInt(b.Connectors[i].ID, 10))
		}
	}
	if len(where) == len(e.Connectors) {
		where = nil
	}
	switch {
	case now == nil:
		return drivers.Offer{}, coded("no_price", "no price is set for this charger; ask the operator")
	case now.Version != version:
		return drivers.Offer{}, coded("price_changed", "the price has changed: "+now.Sentence)
	}
	t, err := p.version(tariff.Bound{Tariff: now.TariffID, Version: now.Version, Currency: now.Currency})
	if err == nil {
		t, err = p.tell(t, b.Site, b.Station)
	}
	if err != nil {
		return drivers.Offer{}, err
	}
	return drivers.Offer{Tariff: now.TariffID, Version: now.Version, Currency: now.Currency, Language: p.lang, Words: tariff.Words(t, p.lang), Connectors: strings.Join(where, ",")}, nil
}

// ask asks the station of a start and records what it says. A station that does
// not answer in time may still have heard: then time decides.
func (s *server) ask(st drivers.Start) {
	defer s.face.starting.Add(-1)
	ctx, cancel := context.WithTimeout(device.WithActor(context.Background(), st.Driver), drivers.AskTime)
	defer cancel()
	go func() {
		select {
		case <-s.o.Closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	o, err := s.o.Commands.Command(ctx, st.Station, device.RemoteStart{
		EVSE: st.EVSE, Token: device.Token{UID: st.Token, Type: "Central"}, StartID: st.Number,
	})
	if fail.Is(err, fail.Timeout) || ctx.Err() != nil {
		return
	}
	_, err = store.Do(ctx, s.o.DB, "driver/"+st.Driver, func(tx *store.Tx) (none, error) {
		return none{}, drivers.Answered(tx, st.ID, err == nil && o.Status.OK(), said(o, err))
	})
	if err != nil {
		s.o.Log.ErrorContext(ctx, "the answer to a start could not be recorded", "station", st.Station, "start", st.ID, "err", err)
	}
}

// said is why a station did not start, in its own words where it has some.
func said(o device.Outcome, err error) string {
	if err != nil {
		return fail.Say(err)
	}
	word := o.Word
	if word == "" {
		word = string(o.Status)
	}
	return strings.TrimSuffix("the charger answered “"+word+"”: "+o.Reason, ": ")
}

func (s *server) getStart(ctx context.Context, sc access.Scope, in *struct {
	OwnPath
	Reading
	Speaking
}) (start, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (start, error) {
		st, err := drivers.GetStart(tx, sc.Tenant, sc.Actor, in.ID)
		if err != nil {
			return start{}, err
		}
		p, err := newPricing(tx, sc, sc.Tenant, in.language(""))
		if err != nil {
			return start{}, err
		}
		at, err := p.where(st.Station, st.EVSE)
		return showStart(st, at), err
	})
}

// where is an EVSE and its place as they are known, in service or not.
func (p *pricing) where(station string, evse int64) (foundEVSE, error) {
	site, err := stations.SiteOf(p.tx, station)
	if err != nil {
		return foundEVSE{}, err
	}
	v, err := sessions.PlaceOf(p.tx, p.tenant, site.ID)
	if err != nil && !fail.Is(err, fail.NotFound) {
		return foundEVSE{}, err
	}
	for _, b := range v.Bays {
		if b.Station == station && b.EVSE.EVSE == evse {
			return p.find(v, b)
		}
	}
	out := foundEVSE{
		Site: SiteCard{ID: site.ID, Name: site.Name, TimeZone: site.Zone, Connectors: []string{}},
		EVSE: evseCard{StationID: station, EVSE: evse, State: string(stations.StateUnavailable), Connectors: []plugCard{}},
	}
	return out, nil
}
