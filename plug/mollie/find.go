package mollie

import (
	"context"
	"net/http"
	"time"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// Find implements payment.Provider. By our own id it goes through the payments
// from the newest back to the time in the id (of an id without one: a day and an
// hour back), 5,000 at most; if that is not enough it is Unavailable, not NotFound:
// nobody knows.
func (p *Provider) Find(ctx context.Context, q payment.Query) (payment.Charge, error) {
	var r record
	var err error
	switch {
	case q.Ref != "":
		r, err = p.load(ctx, q.Ref)
	case q.Payment != "":
		r, err = p.byPayment(ctx, q.Payment)
	default:
		err = fail.Field("mollie", "payment", "it is empty")
	}
	if err != nil {
		return payment.Charge{}, err
	}
	return p.charge(r)
}

// load asks for a payment with all that happened to it.
func (p *Provider) load(ctx context.Context, ref string) (r record, err error) {
	if !paymentRef.MatchString(ref) {
		return record{}, fail.New(fail.NotFound, "mollie", "%q is no payment of Mollie", clip(ref, 40))
	}
	err = p.call(ctx, http.MethodGet, "/payments/"+ref+"?embed=captures,refunds,chargebacks", "", nil, &r)
	if err == nil && r.ID != ref {
		err = fail.New(fail.Unavailable, "mollie", "Mollie answered with another payment")
	}
	return r, err
}

// Bounds of looking through payments.
const (
	maxPages = 20
	early    = 10 * time.Minute // how far our clock may be ahead of Mollie's
	longest  = 25 * time.Hour
)

func (p *Provider) byPayment(ctx context.Context, id string) (record, error) {
	since := p.o.Now().Add(-longest)
	if at, ok := made(id); ok {
		since = at.Add(-early)
	}
	from := ""
	for range maxPages {
		var page struct {
			Embedded struct {
				Payments []record `json:"payments"`
			} `json:"_embedded"`
			Links struct {
				Next *link `json:"next"`
			} `json:"_links"`
		}
		if err := p.call(ctx, http.MethodGet, "/payments?limit=250"+from, "", nil, &page); err != nil {
			return record{}, err
		}
		none := fail.New(fail.NotFound, "mollie", "Mollie knows no payment %q", clip(id, 60))
		for _, r := range page.Embedded.Payments {
			if r.meta().Payment == id {
				return p.load(ctx, r.ID)
			}
			if r.CreatedAt.Before(since) {
				return record{}, none
			}
		}
		var ok bool
		if from, ok = next(page.Links.Next); !ok {
			return record{}, none
		}
	}
	return record{}, fail.New(fail.Unavailable, "mollie", "there are more payments than can be looked through")
}
