package billing

import (
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/plan"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// Unpaid is what becomes of drivers who have nothing to pay with: they saved no
// method, and nothing is free in their wallet.
type Unpaid string

// The ways.
const (
	Allow  Unpaid = "allow"  // they charge; the claim is paid by hand or by bank transfer
	Refuse Unpaid = "refuse" // they do not, whatever it would cost
)

// Why a driver may not charge.
const (
	OwesMoney = "unpaid"   // what was charged before
	NoMeans   = "no_means" // nothing to pay with, and the policy refuses them
)

// MayCharge says why a driver may not charge, "" if they may. It asks drivers alone:
// a token of nobody, and a guest, who pays before, are not theirs. What a tariff asks
// does not matter: who is refused is refused where it is free, too.
func MayCharge(tx *store.Tx, tenant, who string) (string, error) {
	if who == "" {
		return "", nil
	}
	held, err := driver.HeldFor(tx, tenant, who)
	if err != nil {
		return "", err
	}
	if held != "" {
		return OwesMoney, nil
	}
	p, err := GetPolicy(tx, tenant)
	if err != nil || p.Unpaid != Refuse {
		return "", err
	}
	methods, err := payment.Methods(tx, tenant, who)
	if err != nil || len(methods) > 0 {
		return "", err
	}
	free, err := plan.AnyFree(tx, tenant, who)
	if err != nil || free {
		return "", err
	}
	return NoMeans, nil
}

// Authorise is session.Authorise for a station that asks: a driver whom the policy
// refuses for want of means has NoCredit. Who charges there already is accepted, whatever
// became of the card since, for a station asks of a card that ends a session, too;
// another that begins is judged by Apply.
func Authorise(tx *store.Tx, a session.Attempt) (session.Judgement, error) {
	j, err := session.Authorise(tx, a)
	if err != nil {
		return j, err
	}
	if j.Verdict == driver.Accepted {
		why, err := MayCharge(tx, a.Tenant, j.Token.Driver)
		if err != nil {
			return j, err
		}
		if why == NoMeans {
			j.Verdict = driver.NoCredit
		}
	}
	if j.Verdict == driver.Accepted || driver.Key(a.Token) == "" {
		return j, nil
	}
	open, err := session.OpenAt(tx, a.Station)
	if slices.ContainsFunc(open, func(s session.Session) bool { return s.Token == driver.Key(a.Token) && s.Verdict == driver.Accepted }) {
		j = session.Judgement{Verdict: driver.Accepted, Token: j.Token}
	}
	return j, err
}

// Apply is session.Apply with what the beginning of a session means for its driver's
// money, in one transaction: who has no means is not accepted where the policy
// refuses them, and of a wallet what the session may cost is promised to it, so that
// two sessions do not count on the same money.
func Apply(tx *store.Tx, r session.Report) (session.Verdict, error) {
	if r.Token != "" && r.Kind != session.Ended {
		st, found, err := station.Find(tx, r.Station)
		if err != nil {
			return session.Verdict{}, err
		}
		if found {
			t, _, err := driver.FindToken(tx, st.Tenant, r.Token)
			if err != nil {
				return session.Verdict{}, err
			}
			why, err := MayCharge(tx, st.Tenant, t.Driver)
			if err != nil {
				return session.Verdict{}, err
			}
			r.NoCredit = why == NoMeans
		}
	}
	v, err := session.Apply(tx, r)
	if err == nil {
		driver.GuestReached(tx, v.Session, r.Limit)
	}
	if err != nil || v.Duplicate || v.Session == "" || r.Token == "" || r.Kind == session.Ended {
		return v, err
	}
	return v, promise(tx, v.Session)
}

// promise keeps of the driver's wallet what an open session may cost, as far as it
// is free. What cannot be priced is promised all that is free.
func promise(tx *store.Tx, id string) error {
	s, found, err := session.Find(tx, id)
	if err != nil || !found || s.Driver == "" || s.Verdict != driver.Accepted || !s.State.Open() || s.Version == "" {
		return err
	}
	if kept, err := plan.Promised(tx, s.Tenant, s.ID); err != nil || kept > 0 {
		return err
	}
	if free, err := plan.AnyFree(tx, s.Tenant, s.Driver); err != nil || !free {
		return err
	}
	t, err := tariff.GetVersion(tx, s.Tenant, s.Tariff, tariff.Version(s.Version))
	if err != nil {
		return err
	}
	site, err := siteOf(tx, s)
	if err != nil {
		return err
	}
	meter, err := session.MeterOf(tx, s)
	if err != nil {
		return err
	}
	most, err := HoldAt(tx, site, s.Driver, t, meter.MaxPower)
	if fail.Is(err, fail.Invalid) {
		most, err = 1<<60, nil
	}
	if err != nil {
		return err
	}
	_, err = plan.Promise(tx, s.Tenant, s.Driver, s.ID, money.Amount{Minor: most, Currency: t.Currency})
	return err
}

// HoldAt is Policy.HoldFor of a session that begins now at a site, with the taxes
// that the driver, "" for a guest, has to pay there.
func HoldAt(tx *store.Tx, site station.Site, who string, t *tariff.Tariff, powerW int64) (int64, error) {
	p, d, zone, err := saleAt(tx, site, who, t.Currency)
	if err != nil {
		return 0, err
	}
	return p.HoldFor(t, d, zone, powerW, tx.Now())
}

// LeastAt is the least that a guest who begins at a site now may want to spend: what
// the EVSE can give before a session is stopped by it, in whole units of the
// currency, and no more than what is held without a limit.
func LeastAt(tx *store.Tx, site station.Site, t *tariff.Tariff, powerW, hold int64) (int64, error) {
	_, d, zone, err := saleAt(tx, site, "", t.Currency)
	if err != nil {
		return 0, err
	}
	least, err := leastFor(t, d, zone, powerW, tx.Now())
	return min(least, hold), err
}

// saleAt is what rules a session that begins now at a site.
func saleAt(tx *store.Tx, site station.Site, who string, c money.Currency) (p Policy, d *tariff.Determination, zone *time.Location, err error) {
	if p, err = GetPolicy(tx, site.Tenant); err != nil {
		return p, nil, nil, err
	}
	if zone, err = site.Location(); err != nil {
		return p, nil, nil, err
	}
	x, err := taxNow(tx, site, who, c)
	return p, &x, zone, err
}

// Told is the tariff as a driver, "" for a guest, is told it at a site now: with the
// tax that they have to pay there, see tariff.Told.
func Told(tx *store.Tx, site station.Site, who string, t *tariff.Tariff) (*tariff.Tariff, error) {
	d, err := taxNow(tx, site, who, t.Currency)
	if err != nil {
		return nil, err
	}
	return tariff.Told(t, &d, site.Country), nil
}

// taxNow is how a session that begins now is taxed.
func taxNow(tx *store.Tx, site station.Site, who string, c money.Currency) (d tariff.Determination, err error) {
	zone, err := site.Location()
	if err != nil {
		return d, err
	}
	var b driver.Buyer
	if who != "" {
		if b, err = driver.BuyerOf(tx, site.Tenant, who); err != nil {
			return d, err
		}
	}
	e, err := access.GetEntity(tx, site.Tenant, site.Entity)
	if err != nil {
		return d, err
	}
	return Determine(tx, site.Tenant, Sale{Entity: e, Site: site, Day: access.DayOf(tx.Now(), zone), Buyer: buyerOf(b), Currency: c})
}
