package api

import (
	"context"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
)

type site struct {
	ID         string `json:"id"`
	EntityID   string `json:"entity_id" doc:"The legal entity that sells here"`
	Name       string `json:"name"`
	Address    string `json:"address"`
	City       string `json:"city"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country" doc:"ISO 3166-1 alpha-2"`
	TimeZone   string `json:"time_zone" doc:"IANA time zone, for tariffs and screens"`
}

func showSite(s stations.Site) site {
	return site{s.ID, s.Entity, s.Name, s.Address, s.City, s.PostalCode, s.Country, s.Zone}
}

// SitePath names a site.
type SitePath struct {
	ID string `path:"id" minLength:"1" maxLength:"100" pattern:"^[A-Za-z0-9_.-]+$"`
}

func (s *server) getSite(ctx context.Context, sc access.Scope, in *struct {
	SitePath
	Reading
}) (site, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (site, error) {
		v, err := stations.GetSite(tx, sc, in.ID)
		return showSite(v), err
	})
}

func (s *server) listSites(ctx context.Context, sc access.Scope, in *pageQuery) (list[site], error) {
	after, err := in.after(1)
	if err != nil {
		return list[site]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[site], error) {
		rows, err := stations.SitesAfter(tx, sc, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showSite, func(v stations.Site) place { return byID(v.ID) }), err
	})
}

type sitePut struct {
	SitePath
	Writing
	Body siteBody
}

type siteBody struct {
	EntityID   string `json:"entity_id,omitempty" maxLength:"100" doc:"At creation: the tenant's first legal entity, unless named. It does not change"`
	Name       string `json:"name" minLength:"1" maxLength:"200"`
	Address    string `json:"address,omitempty" maxLength:"200"`
	City       string `json:"city,omitempty" maxLength:"100"`
	PostalCode string `json:"postal_code,omitempty" maxLength:"20"`
	Country    string `json:"country" pattern:"^[A-Z]{2}$"`
	TimeZone   string `json:"time_zone" maxLength:"64"`
}

func (s *server) putSite(ctx context.Context, sc access.Scope, in *sitePut) (site, error) {
	b := in.Body
	v := stations.Site{
		ID: in.ID, Tenant: sc.Tenant, Entity: b.EntityID, Name: b.Name, Address: b.Address, City: b.City, PostalCode: b.PostalCode,
		Country: b.Country, Zone: b.TimeZone,
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
		v, err = stations.GetSite(tx, sc, in.ID)
		return showSite(v), err
	})
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
