package billing

import (
	"strconv"
	"strings"

	"chargewright/base/store"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// AdHoc is an EVSE as somebody without an account finds it, with the price that
// holds for them.
type AdHoc struct {
	Site  station.Place
	Bay   station.Bay
	Bound tariff.Bound
	Price *tariff.Tariff      // as a consumer is told it; nil: nothing is offered
	Plugs []station.Connector // those the price holds for
	Hold  int64               // minor units: what is asked of them before they charge
	Least int64               // minor units: what they may want to spend at least
	Taken bool                // another who has paid is starting there
}

// AdHocByCode reads an EVSE by what people type or scan; what is not in service is
// NotFound.
func AdHocByCode(tx *store.Tx, tenant, code string) (AdHoc, error) {
	p, bay, err := session.BayByCode(tx, tenant, code)
	if err != nil {
		return AdHoc{Site: p, Bay: bay}, err
	}
	return AdHocAt(tx, tenant, p, bay)
}

// AdHocAt is AdHocByCode for an EVSE that was read with its place.
func AdHocAt(tx *store.Tx, tenant string, at station.Place, bay station.Bay) (AdHoc, error) {
	a := AdHoc{Site: at, Bay: bay}
	var err error
	if a.Taken, err = driver.Starting(tx, bay.Station, bay.EVSE.EVSE); err != nil {
		return a, err
	}
	u := tariff.Use{Site: at.ID, Station: bay.Station, EVSE: bay.EVSE.EVSE, Customer: tariff.Customer{Guest: true}, At: tx.Now()}
	plugs := bay.Connectors
	if len(plugs) == 0 {
		plugs = []station.Connector{{}}
	}
	for _, c := range plugs {
		u.Connector = c.ID
		b, found, err := tariff.Bind(tx, tenant, u)
		if err != nil {
			return a, err
		}
		if found && (a.Bound.Version == "" || b.Version == a.Bound.Version) {
			a.Bound, a.Plugs = b, append(a.Plugs, c)
		}
	}
	if a.Bound.Version == "" {
		return a, nil
	}
	if a.Price, err = tariff.GetVersion(tx, tenant, a.Bound.Tariff, tariff.Version(a.Bound.Version)); err != nil {
		return a, err
	}
	site, err := station.SiteOf(tx, bay.Station)
	if err != nil {
		return a, err
	}
	if a.Hold, err = HoldAt(tx, site, "", a.Price, bay.MaxPowerW); err != nil {
		return a, err
	}
	if a.Least, err = LeastAt(tx, site, a.Price, bay.MaxPowerW, a.Hold); err != nil {
		return a, err
	}
	a.Price, err = Told(tx, site, "", a.Price)
	return a, err
}

// Offer is what somebody accepts who goes on.
func (a AdHoc) Offer(language string) driver.Offer {
	o := driver.Offer{Tariff: a.Bound.Tariff, Version: a.Bound.Version, Currency: a.Bound.Currency, Language: language, Words: tariff.Words(a.Price, language)}
	if len(a.Plugs) < len(a.Bay.Connectors) {
		for _, c := range a.Plugs {
			o.Connectors = strings.TrimPrefix(o.Connectors+","+strconv.FormatInt(c.ID, 10), ",")
		}
	}
	return o
}
