package session

import (
	"slices"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/station"
)

// PlaceOf reads a place with what the open sessions there do.
func PlaceOf(tx *store.Tx, tenant, site string) (station.Place, error) {
	v, err := station.GetPlace(tx, tenant, site)
	if err != nil {
		return v, err
	}
	all := []station.Place{v}
	err = Occupy(tx, tenant, all)
	return all[0], err
}

// BayByCode reads an EVSE by what drivers type or scan, and its place; what is not
// in service is NotFound.
func BayByCode(tx *store.Tx, tenant, code string) (station.Place, station.Bay, error) {
	gone := fail.New(fail.NotFound, "session.BayByCode", "no charger has this code")
	e, err := station.ByCode(tx, tenant, code)
	if err != nil {
		return station.Place{}, station.Bay{}, err
	}
	site, err := station.SiteOf(tx, e.Station)
	if err != nil {
		return station.Place{}, station.Bay{}, err
	}
	v, err := PlaceOf(tx, tenant, site.ID)
	if fail.Is(err, fail.NotFound) {
		return v, station.Bay{}, gone
	}
	i := slices.IndexFunc(v.Bays, func(b station.Bay) bool { return b.Station == e.Station && b.EVSE.EVSE == e.EVSE })
	if err == nil && i < 0 {
		err = gone
	}
	if err != nil {
		return v, station.Bay{}, err
	}
	return v, v.Bays[i], nil
}
