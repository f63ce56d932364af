package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	stations "chargewright/core/station"
	"chargewright/core/tariff"
)

type assignment struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind" enum:"tenant,site,station,evse,connector"`
	Place    string     `json:"place" doc:"The id of the site or station; STATION/EVSE; STATION/EVSE/CONNECTOR"`
	Audience string     `json:"audience" enum:"all,guests,members,group"`
	GroupID  string     `json:"group_id" doc:"Of the audience group: a group of tokens"`
	TariffID string     `json:"tariff_id"`
	From     *time.Time `json:"from" doc:"null: since ever"`
	Until    *time.Time `json:"until" doc:"null: for good"`
	InForce  bool       `json:"in_force" doc:"Its time has come"`
}

func showOffer(o tariff.Offer, now time.Time) assignment {
	return assignment{
		ID: o.ID, Kind: o.Kind, Place: o.Place.ID, Audience: o.To.Kind, GroupID: o.To.Group, TariffID: o.Tariff, From: moment(o.From), Until: moment(o.Until),
		InForce: !o.From.After(now) && (o.Until.IsZero() || o.Until.After(now)) && (o.EndedAt.IsZero() || o.EndedAt.After(now)),
	}
}

// listAssignments lists where tariffs are offered. Of a caller who sees some
// sites only, at their sites and what stands there, and in the tenant as a whole.
func (s *server) listAssignments(ctx context.Context, sc access.Scope, _ *struct{}) (list[assignment], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[assignment], error) {
		v := list[assignment]{Items: []assignment{}}
		all, err := tariff.Offers(tx, sc.Tenant)
		if err != nil {
			return v, err
		}
		mine, err := seesPlaces(tx, sc)
		if err != nil {
			return v, err
		}
		for _, o := range all {
			if mine(o.Place) {
				v.Items = append(v.Items, showOffer(o, tx.Now()))
			}
		}
		return v, nil
	})
}

// seesPlaces returns whether the scope sees a place of its tenant.
func seesPlaces(tx *store.Tx, sc access.Scope) (func(tariff.Place) bool, error) {
	if !sc.Limited() {
		return func(tariff.Place) bool { return true }, nil
	}
	rows, err := stations.List(tx, sc, "", maxApplying)
	if err != nil {
		return nil, err
	}
	at := map[tariff.Place]bool{{Kind: tariff.OfTenant, ID: sc.Tenant}: len(rows) > 0}
	for _, r := range rows {
		at[tariff.Place{Kind: tariff.OfStation, ID: r.ID}] = true
		at[tariff.Place{Kind: tariff.OfSite, ID: r.Site}] = true
	}
	return func(p tariff.Place) bool {
		if p.Kind == tariff.OfEVSE || p.Kind == tariff.OfConnector {
			p.Kind = tariff.OfStation
			p.ID, _, _ = strings.Cut(p.ID, "/")
		}
		return at[p]
	}, nil
}

// placeNamed returns a place of the caller's tenant by its kind and id, or
// NotFound.
func placeNamed(tx *store.Tx, sc access.Scope, kind, id string) (p tariff.Place, err error) {
	const op = "api.placeNamed"
	p = tariff.Place{Kind: kind, ID: id}
	switch kind {
	case tariff.OfTenant:
		if id != "default" && id != sc.Tenant {
			err = fail.New(fail.NotFound, op, "there is no tenant %q", id)
		}
		p.ID = sc.Tenant
	case tariff.OfSite:
		_, err = stations.GetSite(tx, sc, id)
	case tariff.OfStation:
		_, err = stations.Get(tx, sc, id)
	default:
		parts := strings.Split(id, "/")
		n := make([]int64, len(parts))
		for i := 1; i < len(parts) && err == nil; i++ {
			n[i], err = strconv.ParseInt(parts[i], 10, 32)
		}
		if err != nil || kind == tariff.OfEVSE && len(n) != 2 || kind == tariff.OfConnector && len(n) != 3 {
			return p, fail.Field(op, "place", "%q is not STATION/EVSE, nor STATION/EVSE/CONNECTOR of a connector", id)
		}
		if _, err = stations.Get(tx, sc, parts[0]); err != nil {
			return p, err
		}
		p = tariff.EVSEPlace(parts[0], n[1])
		if kind == tariff.OfConnector {
			p = tariff.ConnectorPlace(parts[0], n[1], n[2])
		}
		err = hasEVSE(tx, sc, parts[0], n[1])
	}
	return p, err
}

func hasEVSE(tx *store.Tx, sc access.Scope, station string, evse int64) error {
	all, err := stations.EVSEsOf(tx, sc, station, station)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.EVSE == evse {
			return nil
		}
	}
	return fail.New(fail.NotFound, "api.hasEVSE", "the station %s has no EVSE %d", station, evse)
}

type assignmentPut struct {
	Kind  string `path:"kind" enum:"tenant,site,station"`
	Place string `path:"place" maxLength:"100" doc:"The id of the site or station; of the tenant: default"`
	Body  struct {
		TariffID string `json:"tariff_id" maxLength:"36" doc:"Empty takes the assignment away"`
	} `nameHint:"AssignTariff"`
}

// putAssignment says which tariff holds for all and for good at a place of the
// caller's tenant.
func (s *server) putAssignment(ctx context.Context, sc access.Scope, in *assignmentPut) (assignment, error) {
	return store.Do(ctx, s.o.DB, "tariff/"+in.Body.TariffID, func(tx *store.Tx) (assignment, error) {
		p, err := placeNamed(tx, sc, in.Kind, in.Place)
		if err != nil {
			return assignment{}, err
		}
		all := tariff.Audience{Kind: tariff.ToAll}
		if err := asField(tariff.Assign(tx, sc.Tenant, p, in.Body.TariffID), "tariff_id"); err != nil {
			return assignment{}, err
		}
		if err := billing.Lawful(tx, sc); err != nil {
			return assignment{}, err
		}
		v := assignment{Kind: p.Kind, Place: p.ID, Audience: tariff.ToAll, TariffID: in.Body.TariffID}
		offers, err := tariff.Offers(tx, sc.Tenant)
		for _, o := range offers {
			if o.Place == p && o.To == all && o.Until.IsZero() && !o.From.After(tx.Now()) {
				v = showOffer(o, tx.Now())
			}
		}
		return v, err
	})
}

type assignmentPost struct {
	Body struct {
		Kind     string     `json:"kind" enum:"tenant,site,station,evse,connector"`
		Place    string     `json:"place" minLength:"1" maxLength:"100" doc:"The id of the site or station; of the tenant: default; STATION/EVSE; STATION/EVSE/CONNECTOR"`
		Audience string     `json:"audience,omitempty" enum:"all,guests,members,group" default:"all"`
		GroupID  string     `json:"group_id,omitempty" maxLength:"255" doc:"Of the audience group: a group of tokens"`
		TariffID string     `json:"tariff_id" minLength:"1" maxLength:"36"`
		From     *time.Time `json:"from,omitempty" doc:"At once, unless given or past"`
		Until    *time.Time `json:"until,omitempty" doc:"For good, unless given"`
	} `nameHint:"OfferTariff"`
}

func (s *server) postAssignment(ctx context.Context, sc access.Scope, in *assignmentPost) (assignment, error) {
	return store.Do(ctx, s.o.DB, "tariff/"+in.Body.TariffID, func(tx *store.Tx) (assignment, error) {
		p, err := placeNamed(tx, sc, in.Body.Kind, in.Body.Place)
		if err != nil {
			return assignment{}, asField(err, "place")
		}
		o := tariff.Offer{Place: p, To: tariff.Audience{Kind: in.Body.Audience, Group: in.Body.GroupID}, Tariff: in.Body.TariffID}
		if in.Body.From != nil {
			o.From = *in.Body.From
		}
		if in.Body.Until != nil {
			o.Until = *in.Body.Until
		}
		if o, err = tariff.Make(tx, sc.Tenant, o); err == nil {
			err = billing.Lawful(tx, sc)
		}
		return showOffer(o, tx.Now()), asField(err, "tariff_id")
	})
}

func (s *server) deleteAssignment(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" minLength:"1" maxLength:"200"`
}) error {
	_, err := store.Do(ctx, s.o.DB, "tariff/"+in.ID, func(tx *store.Tx) (none, error) {
		if err := tariff.End(tx, sc.Tenant, in.ID); err != nil {
			return none{}, err
		}
		return none{}, billing.Lawful(tx, sc) // another takes its place
	})
	return err
}

type whichTariff struct {
	StationID  string               `json:"station_id"`
	EVSE       int64                `json:"evse_id"`
	At         time.Time            `json:"at"`
	Tariff     nullable[binding]    `json:"tariff" doc:"What a session would be bound to; null: nothing, and it would be held"`
	Sentence   string               `json:"sentence" doc:"What the driver pays"`
	Candidates []explainedCandidate `json:"candidates"`
}

type explainedCandidate struct {
	Assignment
	Reason  string `json:"reason" enum:"wins,taken_away,not_yet,over,other_audience,not_published,not_valid,less_for_whom,less_where,less_bounded,earlier,older" doc:"Why it holds or does not"`
	Version string `json:"tariff_version" doc:"That the tariff had at that time; empty: none"`
}

func (s *server) explainTariff(ctx context.Context, sc access.Scope, in *struct {
	Station   string    `query:"station" required:"true" minLength:"1" maxLength:"48"`
	EVSE      int64     `query:"evse" minimum:"0" maximum:"256" doc:"0: not known yet"`
	Connector int64     `query:"connector" minimum:"0" maximum:"16" doc:"0: not known yet"`
	Audience  string    `query:"audience" enum:"all,guests,members,group" default:"all" doc:"all: nothing is known of the driver"`
	Group     string    `query:"group" maxLength:"255" doc:"Of the audience group"`
	At        time.Time `query:"at" doc:"Now, unless given"`
	Speaking
}) (whichTariff, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (whichTariff, error) {
		st, err := stations.Get(tx, sc, in.Station)
		if err != nil {
			return whichTariff{}, err
		}
		u := tariff.Use{Site: st.Site, Station: st.ID, EVSE: in.EVSE, Connector: in.Connector, At: in.At}
		if u.At.IsZero() {
			u.At = tx.Now()
		}
		u.Customer = tariff.Customer{Guest: in.Audience == tariff.ToGuests, Member: in.Audience == tariff.ToMembers || in.Audience == tariff.ToGroup}
		if in.Group != "" {
			u.Customer.Groups = []string{in.Group}
		}
		v := whichTariff{StationID: st.ID, EVSE: in.EVSE, At: u.At.UTC(), Candidates: []explainedCandidate{}}
		all, err := tariff.Explain(tx, sc.Tenant, u)
		for _, c := range all {
			v.Candidates = append(v.Candidates, explainedCandidate{showOffer(c.Offer, u.At), string(c.Why), c.Version})
		}
		if err != nil || len(all) == 0 || all[0].Why != tariff.Wins {
			return v, err
		}
		b := all[0].Bound
		v.Tariff = of(binding{b.Tariff, b.Version, b.Currency})
		t, err := tariff.GetVersion(tx, sc.Tenant, b.Tariff, tariff.Version(b.Version))
		if err == nil {
			v.Sentence = tariff.Sentence(t, in.language(""))
		}
		return v, err
	})
}
