package billing

import (
	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// desk reads the files of sessions in one transaction. What several sessions have in
// common it reads once: in one snapshot it cannot change.
type desk struct {
	tx      *store.Tx
	seen    map[any]any
	shown   map[string]session.Shown // what each session has of its own, by its id
	guests  map[string]driver.Guest
	claimed map[string]session.Claim
}

// newDesk reads what there is of some sessions alone.
func newDesk(tx *store.Tx, sessions ...string) (d *desk, err error) {
	d = &desk{tx: tx, seen: map[any]any{}}
	if d.shown, err = session.PricesShown(tx, sessions); err != nil {
		return nil, err
	}
	if d.guests, err = driver.GuestsBySessions(tx, sessions); err != nil {
		return nil, err
	}
	d.claimed, err = session.Claimed(tx, sessions)
	return d, err
}

// look returns what was read under a key, or reads it. A type of key stands for one
// kind of thing.
func look[V any](d *desk, key any, read func() (V, error)) (V, error) {
	if v, ok := d.seen[key]; ok {
		return v.(V), nil
	}
	v, err := read()
	if err == nil {
		d.seen[key] = v
	}
	return v, err
}

// The kinds of things that sessions have in common.
type (
	siteAt   struct{ site, station string }
	screenAt string // station
	policyOf string // tenant
	meterAt  struct {
		station string
		evse    int64
	}
	entityOf  struct{ tenant, entity string }
	versionOf struct{ tenant, tariff, version string }
	taxOn     struct {
		tenant, entity, site string
		day                  access.Day
		buyer                tariff.Buyer
		currency             string
	}
	taxedBy struct {
		versionOf
		taxOn
	}
)

// siteOf is the site at which a session began: its entity sells, and its zone, country
// and region price it, wherever the station stands since. Of a site that is there no
// more it is the station's.
func siteOf(tx *store.Tx, s session.Session) (station.Site, error) {
	site, err := station.GetSite(tx, access.Scope{Tenant: s.Tenant}, s.Site)
	if fail.Is(err, fail.NotFound) {
		return station.SiteOf(tx, s.Station)
	}
	return site, err
}

// collect reads what the price of a session depends on.
func collect(tx *store.Tx, s session.Session) (*file, error) {
	d, err := newDesk(tx, s.ID)
	if err != nil {
		return nil, err
	}
	return d.collect(s)
}

func (d *desk) collect(s session.Session) (f *file, err error) {
	f = &file{session: s, shown: d.shown[s.ID], guest: d.guests[s.ID], claim: d.claimed[s.ID]}
	if f.inputs, err = session.Inputs(d.tx, s); err != nil {
		return nil, err
	}
	if f.meter, err = look(d, meterAt{s.Station, s.EVSE}, func() (energy.Meter, error) { return session.MeterOf(d.tx, s) }); err != nil {
		return nil, err
	}
	if f.site, err = look(d, siteAt{s.Site, s.Station}, func() (station.Site, error) { return siteOf(d.tx, s) }); err != nil {
		return nil, err
	}
	if f.entity, err = look(d, entityOf{s.Tenant, f.site.Entity}, func() (access.Entity, error) { return access.GetEntity(d.tx, s.Tenant, f.site.Entity) }); err != nil {
		return nil, err
	}
	if f.policy, err = look(d, policyOf(s.Tenant), func() (Policy, error) { return GetPolicy(d.tx, s.Tenant) }); err != nil {
		return nil, err
	}
	if s.Version == "" {
		return f, nil
	}
	v := versionOf{s.Tenant, s.Tariff, s.Version}
	if f.tariff, err = look(d, v, func() (*tariff.Tariff, error) {
		return tariff.GetVersion(d.tx, s.Tenant, s.Tariff, tariff.Version(s.Version))
	}); err != nil {
		return nil, err
	}
	return f, d.determine(f)
}
