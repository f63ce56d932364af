package api

import (
	"context"
	"math"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/monitor"
	stations "chargewright/core/station"
)

type site struct {
	ID         string   `json:"id"`
	EntityID   string   `json:"entity_id" doc:"The legal entity that sells here"`
	Name       string   `json:"name"`
	Address    string   `json:"address"`
	City       string   `json:"city"`
	PostalCode string   `json:"postal_code"`
	Country    string   `json:"country" doc:"ISO 3166-1 alpha-2"`
	Region     string   `json:"region" doc:"ISO 3166-2, whose public holidays hold here beside the country's; empty for none"`
	TimeZone   string   `json:"time_zone" doc:"IANA time zone, for tariffs and screens"`
	Latitude   *float64 `json:"latitude" doc:"WGS 84, decimal degrees to six places; null where it is not known"`
	Longitude  *float64 `json:"longitude"`
	Stations   int64    `json:"stations" doc:"How many stand there"`
	EVSEs      int64    `json:"evses"`

	Live nullable[siteNow] `json:"live" doc:"How it does now; null where nothing stands there, and in the answer to a change"`
}

// siteNow is how a site does.
type siteNow struct {
	Worst     string         `json:"worst" doc:"The worst state of its EVSEs"`
	ByState   map[string]int `json:"by_state" doc:"EVSEs"`
	Open      int            `json:"sessions_open"`
	PowerW    int64          `json:"power_w" doc:"Of the EVSEs whose power is known"`
	MaxPowerW int64          `json:"max_power_w" doc:"Of the EVSEs whose maximum is known"`
}

// live completes sites by how they do.
func (s *server) live(ctx context.Context, sc access.Scope, rows []site) error {
	p, err := s.o.Monitor.Picture(ctx)
	if err != nil {
		return err
	}
	now := map[string]*monitor.Site{}
	for _, x := range p.Sites(sc) {
		now[x.ID] = x
	}
	for i := range rows {
		x := now[rows[i].ID]
		if x == nil || len(x.EVSEs) == 0 {
			continue
		}
		v := siteNow{Worst: string(x.Worst()), ByState: map[string]int{}, Open: x.Open, PowerW: *whole(&x.Power), MaxPowerW: x.MaxPower}
		for state, n := range x.States {
			v.ByState[string(state)] = n
		}
		rows[i].Live = of(v)
	}
	return nil
}

// edited is the part of a site that PUT replaces.
func (s site) edited() any {
	s.Stations, s.EVSEs, s.Live = 0, 0, nullable[siteNow]{}
	return s
}

func showSite(s stations.Site) site {
	return site{
		ID: s.ID, EntityID: s.Entity, Name: s.Name, Address: s.Address, City: s.City, PostalCode: s.PostalCode, Country: s.Country, Region: s.Region, TimeZone: s.Zone,
		Latitude: degrees(s.Latitude), Longitude: degrees(s.Longitude),
	}
}

// degrees makes decimal degrees of millionths.
func degrees(e6 *int64) *float64 {
	if e6 == nil {
		return nil
	}
	d := float64(*e6) / 1e6
	return &d
}

// millionths makes millionths of decimal degrees, rounded.
func millionths(d *float64) *int64 {
	if d == nil {
		return nil
	}
	n := int64(math.Round(*d * 1e6))
	return &n
}

// showSites completes sites by what stands there.
func showSites(tx *store.Tx, sc access.Scope, rows []stations.Site) ([]site, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	tallies, err := stations.Tallies(tx, sc.Tenant, ids)
	out := make([]site, len(rows))
	for i, r := range rows {
		out[i] = showSite(r)
		out[i].Stations, out[i].EVSEs = tallies[r.ID].Stations, tallies[r.ID].EVSEs
	}
	return out, err
}

func readSite(tx *store.Tx, sc access.Scope, id string) (site, error) {
	v, err := stations.GetSite(tx, sc, id)
	if err != nil {
		return site{}, err
	}
	all, err := showSites(tx, sc, []stations.Site{v})
	if err != nil {
		return site{}, err
	}
	return all[0], nil
}

// SitePath names a site.
type SitePath struct {
	ID string `path:"id" minLength:"1" maxLength:"100" pattern:"^[A-Za-z0-9_.-]+$"`
}

func (s *server) getSite(ctx context.Context, sc access.Scope, in *struct {
	SitePath
	Reading
}) (site, error) {
	v, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (site, error) {
		return readSite(tx, sc, in.ID)
	})
	if err != nil {
		return site{}, err
	}
	rows := []site{v}
	err = s.live(ctx, sc, rows)
	return rows[0], err
}

// SiteFilter narrows a list of sites.
type SiteFilter struct {
	Q string `query:"q" maxLength:"100" doc:"Part of the id, name or address"`
}

type siteQuery struct {
	Page
	SiteFilter
}

func (s *server) listSites(ctx context.Context, sc access.Scope, in *siteQuery) (list[site], error) {
	after, err := in.after(1)
	if err != nil {
		return list[site]{}, err
	}
	l, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[site], error) {
		rows, err := stations.SearchSites(tx, sc, in.Q, after.keys[0], in.Limit+1)
		if err != nil {
			return list[site]{}, err
		}
		all, err := showSites(tx, sc, rows)
		return pageOf(all, in.Limit, func(v site) site { return v }, func(v site) place { return byID(v.ID) }), err
	})
	if err != nil {
		return l, err
	}
	return l, s.live(ctx, sc, l.Items)
}

type sitePut struct {
	SitePath
	Writing
	Body siteBody
}

type siteBody struct {
	EntityID   string   `json:"entity_id,omitempty" maxLength:"100" doc:"At creation: the tenant's first legal entity, unless named. It does not change"`
	Name       string   `json:"name" minLength:"1" maxLength:"200"`
	Address    string   `json:"address,omitempty" maxLength:"200"`
	City       string   `json:"city,omitempty" maxLength:"100"`
	PostalCode string   `json:"postal_code,omitempty" maxLength:"20"`
	Country    string   `json:"country" pattern:"^[A-Z]{2}$"`
	Region     string   `json:"region,omitempty" pattern:"^([A-Z]{2}-[A-Z0-9]{1,3})?$" doc:"ISO 3166-2, as DE-BY: whose public holidays hold here beside the country's"`
	TimeZone   string   `json:"time_zone" maxLength:"64"`
	Latitude   *float64 `json:"latitude,omitempty" minimum:"-90" maximum:"90" doc:"With longitude or not at all; what is left out is not known"`
	Longitude  *float64 `json:"longitude,omitempty" minimum:"-180" maximum:"180"`
}

func (s *server) putSite(ctx context.Context, sc access.Scope, in *sitePut) (site, error) {
	b := in.Body
	v := stations.Site{
		ID: in.ID, Tenant: sc.Tenant, Entity: b.EntityID, Name: b.Name, Address: b.Address, City: b.City, PostalCode: b.PostalCode,
		Country: b.Country, Region: b.Region, Zone: b.TimeZone, Latitude: millionths(b.Latitude), Longitude: millionths(b.Longitude),
	}
	if _, err := v.Location(); err != nil {
		return site{}, fail.Field("api.putSite", "time_zone", "%s", fail.Say(err))
	}
	return store.Do(ctx, s.o.DB, "site/"+in.ID, func(tx *store.Tx) (site, error) {
		v := v
		now, err := stations.GetSite(tx, sc, in.ID)
		switch {
		case fail.Is(err, fail.NotFound):
			if err := in.check(nil); err != nil {
				return site{}, err
			}
			if v.Entity, err = entityOf(tx, sc, v.Entity); err != nil {
				return site{}, err
			}
		case err != nil:
			return site{}, err
		case v.Entity != "" && v.Entity != now.Entity:
			return site{}, fail.New(fail.Conflict, "api.putSite", "the site belongs to the legal entity %q; its sales stay there", now.Entity)
		default:
			v.Entity = now.Entity
			if err := in.check(showSite(now)); err != nil {
				return site{}, err
			}
		}
		if err := stations.PutSite(tx, v); err != nil {
			return site{}, err
		}
		return readSite(tx, sc, in.ID)
	})
}

func (s *server) deleteSite(ctx context.Context, sc access.Scope, in *struct{ SitePath }) error {
	_, err := store.Do(ctx, s.o.DB, "site/"+in.ID, func(tx *store.Tx) (none, error) { return none{}, stations.DeleteSite(tx, sc, in.ID) })
	return err
}

// entityOf returns the legal entity named, or the tenant's first.
func entityOf(tx *store.Tx, sc access.Scope, named string) (string, error) {
	if named == "" {
		e, err := access.FirstEntity(tx, sc)
		return e.ID, asField(err, "entity_id")
	}
	e, err := access.GetEntity(tx, sc.Tenant, named)
	return e.ID, asField(err, "entity_id")
}
