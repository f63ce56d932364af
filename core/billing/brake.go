package billing

import (
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/brake"
	"chargewright/core/driver"
	"chargewright/core/payment"
)

// BrakeGuests returns what keeps guests of an address, or at an EVSE, from trying
// once more, nil for nothing: a block that stands, or one that it raises where they
// have tried so often that it looks like fraud.
func BrakeGuests(tx *store.Tx, tenant, station string, evse int64, remote string) (*brake.Block, error) {
	address, at := brake.Subject{Kind: brake.Address, Key: remote}, brake.AtEVSE(station, evse)
	if b, found, err := brake.Standing(tx, tenant, tx.Now(), address, at); err != nil || found {
		return &b, err
	}
	l, err := brake.GetLimits(tx, tenant)
	if err != nil {
		return nil, err
	}
	from := brake.Sign{Subject: address, Station: station, EVSE: evse}
	b, err := brakeVisits(tx, tenant, from, l.AddressVisits, l.AddressUnpaid, func(since time.Time) (int64, int64, error) {
		return driver.Visits(tx, tenant, "", 0, remote, since)
	})
	if err != nil || b != nil {
		return b, err
	}
	here := brake.Sign{Subject: at, Station: station, EVSE: evse}
	return brakeVisits(tx, tenant, here, l.EVSEVisits, l.EVSEUnpaid, func(since time.Time) (int64, int64, error) {
		return driver.Visits(tx, tenant, station, evse, "", since)
	})
}

func brakeVisits(tx *store.Tx, tenant string, s brake.Sign, most, mostUnpaid int64, count func(since time.Time) (all, unpaid int64, err error)) (*brake.Block, error) {
	since, err := brake.Since(tx, tenant, s.Subject, brake.Hour)
	if err != nil {
		return nil, err
	}
	all, unpaid, err := count(since)
	if err != nil {
		return nil, err
	}
	s, bad := s.Visits(all, unpaid, most, mostUnpaid, since)
	if !bad {
		return nil, nil
	}
	b, err := brake.Raise(tx, tenant, s)
	return &b, err
}

// maxCardPayments bounds the payments by one card that are counted.
const maxCardPayments = 200

// brakeCard returns what keeps the card of a guest's payment from paying, nil for
// nothing. The payment that it is about counts.
func brakeCard(tx *store.Tx, p payment.Payment, g driver.Guest) (*brake.Block, error) {
	if p.Method.Fingerprint == "" {
		return nil, nil
	}
	card := brake.ByCard(p.Provider, p.Method.Fingerprint)
	if b, found, err := brake.Standing(tx, p.Tenant, tx.Now(), card); err != nil || found {
		return &b, err
	}
	l, err := brake.GetLimits(tx, p.Tenant)
	if err != nil {
		return nil, err
	}
	since, err := brake.Since(tx, p.Tenant, card, brake.Day)
	if err != nil {
		return nil, err
	}
	list, err := payment.List(tx, access.Scope{Tenant: p.Tenant}, payment.Filter{Fingerprint: p.Method.Fingerprint, Purpose: payment.ForSession}, time.Time{}, "", maxCardPayments)
	if err != nil {
		return nil, err
	}
	sign := brake.Sign{Subject: card, Station: g.Station, EVSE: g.EVSE}
	refused := int64(0)
	for _, x := range list {
		if x.Provider != p.Provider || x.Driver != "" || !x.Created.After(since) {
			continue
		}
		sign.Evidence.Objects = append(sign.Evidence.Objects, x.ID)
		if x.Status == payment.Refused {
			refused++
		}
	}
	all := int64(len(sign.Evidence.Objects)) - 1 // before this one
	sign, bad := sign.Visits(all, refused, l.CardVisits, l.CardRefused, since)
	if !bad {
		return nil, nil
	}
	b, err := brake.Raise(tx, p.Tenant, sign)
	return &b, err
}
