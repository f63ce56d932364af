package billing

import (
	"fmt"
	"strings"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// Fits says whether a tariff may be offered at a place to an audience under the
// laws that the EVSEs there bill by. What is offered to members alone is a
// contract, and free. An error is Invalid and names an EVSE.
func Fits(tx *store.Tx, sc access.Scope, t *tariff.Tariff, p tariff.Place, to tariff.Audience) error {
	if to.Kind == tariff.ToMembers || to.Kind == tariff.ToGroup {
		return nil
	}
	all, err := station.Regulated(tx, sc)
	if err != nil {
		return err
	}
	for _, e := range all {
		if !within(e, p) {
			continue
		}
		if err := tariff.CheckAdHoc(t, tariff.Profile(e.Profile), e.MaxPowerW*1000); err != nil {
			return fail.Field("billing.Fits", "tariff_id", "EVSE %d of %s bills by %s: %s", e.EVSE.EVSE, e.Station, strings.ToUpper(e.Profile), fail.Say(err))
		}
	}
	return nil
}

// FitsAll is Fits for a new version of a tariff, wherever it is offered.
func FitsAll(tx *store.Tx, sc access.Scope, t *tariff.Tariff) error {
	offers, err := tariff.Offers(tx, sc.Tenant)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if o.Tariff != t.ID {
			continue
		}
		if err := Fits(tx, sc, t, o.Place, o.To); err != nil {
			return err
		}
	}
	return nil
}

// FitsHere says whether what is offered to guests at an EVSE now may be offered
// under a law. An error is Invalid.
func FitsHere(tx *store.Tx, sc access.Scope, e station.EVSE, site string) error {
	b, found, err := tariff.Bind(tx, sc.Tenant, tariff.Use{Site: site, Station: e.Station, EVSE: e.EVSE, Customer: tariff.Customer{Guest: true}, At: tx.Now()})
	if err != nil || !found {
		return err
	}
	t, err := tariff.GetVersion(tx, sc.Tenant, b.Tariff, tariff.Version(b.Version))
	if err != nil {
		return err
	}
	if err := tariff.CheckAdHoc(t, tariff.Profile(e.Profile), e.MaxPowerW*1000); err != nil {
		return fail.Field("billing.FitsHere", "legal_profile", "the tariff %s holds there: %s", b.Tariff, fail.Say(err))
	}
	return nil
}

// within reports whether an EVSE is at a place.
func within(e station.RegulatedEVSE, p tariff.Place) bool {
	switch p.Kind {
	case tariff.OfTenant:
		return true
	case tariff.OfSite:
		return e.Site == p.ID
	case tariff.OfStation:
		return e.Station == p.ID
	case tariff.OfEVSE:
		return tariff.EVSEPlace(e.Station, e.EVSE.EVSE) == p
	}
	return strings.HasPrefix(p.ID, fmt.Sprintf("%s/%d/", e.Station, e.EVSE.EVSE))
}
