package billing

import (
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// afirPower is from where AFIR says how an ad hoc price is made, in W; other
// powers are alike to the law.
const afirPower = 50_000

// maxTurns is at how many times to come Lawful looks.
const maxTurns = 200

// Lawful says whether what strangers pay at each EVSE that bills under a law is
// what that law allows, now and at each time at which an offer or a version begins
// or ends: the first maxTurns of them. What lies beyond is not looked at before a
// later change comes near it. It is called after a change, in its transaction. What
// is offered to members or a group is a contract, and free. An error is Invalid and
// names the EVSE and the time.
func Lawful(tx *store.Tx, sc access.Scope) error {
	all, err := station.Regulated(tx, sc)
	if err != nil || len(all) == 0 {
		return err
	}
	uses, evses, err := strangers(tx, sc, all)
	if err != nil {
		return err
	}
	times, err := tariff.Changes(tx, sc.Tenant, maxTurns)
	if err != nil {
		return err
	}
	judged := map[judgement]error{}
	for _, at := range append([]time.Time{tx.Now()}, times...) {
		board, err := tariff.Post(tx, sc.Tenant, at, uses...)
		if err != nil {
			return err
		}
		for i, u := range uses {
			b, found := board.Choose(u)
			if !found {
				continue
			}
			e := evses[i]
			j := judgement{b, e.Profile, e.MaxPowerW >= afirPower}
			no, known := judged[j]
			if !known {
				if no, err = judge(tx, sc.Tenant, j, e); err != nil {
					return err
				}
				judged[j] = no
			}
			if no != nil {
				return unlawful(e, b, at, tx.Now(), no)
			}
		}
	}
	return nil
}

// judgement is what the law's word depends on.
type judgement struct {
	tariff.Bound
	profile string
	strong  bool
}

// judge asks the law about a version; no is its refusal.
func judge(tx *store.Tx, tenant string, j judgement, e station.RegulatedEVSE) (no, err error) {
	t, err := tariff.GetVersion(tx, tenant, j.Tariff, tariff.Version(j.Version))
	if err != nil {
		return nil, err
	}
	return tariff.CheckAdHoc(t, tariff.Profile(e.Profile), e.MaxPowerW*1000), nil
}

func unlawful(e station.RegulatedEVSE, b tariff.Bound, at, now time.Time, no error) error {
	when := ""
	if at.After(now) {
		when = " from " + at.UTC().Format(time.RFC3339) + " on"
	}
	return fail.Field("billing.Lawful", "tariff_id", "the tariff %s would hold%s at EVSE %d of %s, which bills by %s: %s",
		b.Tariff, when, e.EVSE.EVSE, e.Station, strings.ToUpper(e.Profile), fail.SayWhere(no))
}

// strangers are the uses that guests can make of EVSEs, each beside its EVSE: of
// every connector, and of the EVSE while that is not known.
func strangers(tx *store.Tx, sc access.Scope, all []station.RegulatedEVSE) (uses []tariff.Use, evses []station.RegulatedEVSE, err error) {
	ids := make([]string, 0, len(all))
	for _, e := range all {
		ids = append(ids, e.Station)
	}
	ids = slices.Compact(ids) // in order already
	plugs := map[tariff.Place][]int64{}
	for some := range slices.Chunk(ids, 1_000) {
		cs, err := station.ConnectorsIn(tx, access.Scope{Tenant: sc.Tenant}, some)
		if err != nil {
			return nil, nil, err
		}
		for _, c := range cs {
			p := tariff.EVSEPlace(c.Station, c.EVSE)
			plugs[p] = append(plugs[p], c.ID)
		}
	}
	for _, e := range all {
		for _, c := range append([]int64{0}, plugs[tariff.EVSEPlace(e.Station, e.EVSE.EVSE)]...) {
			uses = append(uses, tariff.Use{Site: e.Site, Station: e.Station, EVSE: e.EVSE.EVSE, Connector: c, Customer: tariff.Customer{Guest: true}})
			evses = append(evses, e)
		}
	}
	return uses, evses, nil
}
