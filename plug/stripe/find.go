package stripe

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v85"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// Find implements payment.Provider. By our own id it looks at what was made
// within an hour of the time in the id (of an id without a time: within a day
// and an hour of now), and asks the search beyond. Where more was made then than
// it can look through it is Unavailable, not NotFound: nobody knows.
func (p *Provider) Find(ctx context.Context, q payment.Query) (payment.Charge, error) {
	if q.Ref != "" {
		_, c, err := p.read(ctx, q.Ref)
		return c, err
	}
	if q.Payment == "" {
		return payment.Charge{}, fail.Field("stripe", "payment", "it is empty")
	}
	r, err := p.byPayment(ctx, q.Payment)
	if err != nil {
		return payment.Charge{}, err
	}
	return r.charge()
}

// Bounds of looking through lists.
const (
	perPage  = 100
	maxPages = 20
	early    = 10 * time.Minute // how far our clock may be ahead of Stripe's
	late     = time.Hour        // between the making of an id and the call
	longest  = 25 * time.Hour   // a page is open for 24 hours
)

func (p *Provider) byPayment(ctx context.Context, id string) (record, error) {
	now := p.o.Now()
	during, recent := stripe.RangeQueryParams{GreaterThanOrEqual: now.Add(-longest).Unix()}, true
	if at, ok := made(id); ok {
		during.GreaterThanOrEqual, during.LesserThanOrEqual = at.Add(-early).Unix(), at.Add(late+early).Unix()
		recent = now.Sub(at) < late
	}
	ref, err := p.listed(ctx, id, during)
	if err == nil && ref == "" && !recent {
		ref, err = p.searched(ctx, id)
	}
	if err != nil {
		return record{}, err
	}
	if ref == "" {
		return record{}, fail.New(fail.NotFound, "stripe", "Stripe knows no payment %q", clip(id, 60))
	}
	return p.load(ctx, ref)
}

// made is the time in an id that ends in a UUIDv7.
func made(id string) (time.Time, bool) {
	if len(id) < 36 {
		return time.Time{}, false
	}
	u, err := uuid.Parse(id[len(id)-36:])
	if err != nil || u.Version() != 7 {
		return time.Time{}, false
	}
	sec, nsec := u.Time().UnixTime()
	return time.Unix(sec, nsec), true
}

// listed looks for a payment among the pages and the intents of a time.
func (p *Provider) listed(ctx context.Context, id string, during stripe.RangeQueryParams) (ref string, err error) {
	ref, err = walk(ctx, p, "/v1/checkout/sessions", &stripe.CheckoutSessionListParams{CreatedRange: &during},
		func(s *stripe.CheckoutSession) (string, bool) { return s.ID, s.ClientReferenceID == id })
	if ref != "" || err != nil {
		return ref, err
	}
	return walk(ctx, p, "/v1/payment_intents", &stripe.PaymentIntentListParams{CreatedRange: &during},
		func(i *stripe.PaymentIntent) (string, bool) {
			return i.ID, i.Metadata[metaPayment] == id && i.Metadata[metaVia] != viaPage
		})
}

// walk goes through a list, newest first, to the first that is meant.
func walk[T any](ctx context.Context, p *Provider, path string, q stripe.ListParamsContainer, is func(*T) (string, bool)) (string, error) {
	q.GetListParams().Limit = stripe.Int64(perPage)
	for range maxPages {
		page, err := list[T](ctx, p, path, q)
		if err != nil {
			return "", err
		}
		last := ""
		for _, one := range page.Data {
			ref, yes := is(one)
			if yes {
				return ref, nil
			}
			last = ref
		}
		if !page.HasMore || last == "" {
			return "", nil
		}
		q.GetListParams().StartingAfter = &last
	}
	return "", fail.New(fail.Unavailable, "stripe", "there are more payments than can be looked through")
}

// searched asks the search of intents.
func (p *Provider) searched(ctx context.Context, id string) (string, error) {
	q := &stripe.PaymentIntentSearchParams{}
	q.Limit = stripe.Int64(1)
	q.Query = `metadata["` + metaPayment + `"]:"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(id) + `"`
	found, err := list[stripe.PaymentIntent](ctx, p, "/v1/payment_intents/search", q)
	if err != nil {
		return "", err
	}
	if len(found.Data) == 0 {
		return "", nil
	}
	i := found.Data[0]
	return p.refOf(ctx, i.ID, i.Metadata[metaVia])
}

// refOf is the reference of the payment that an intent belongs to: its page, if
// it has one.
func (p *Provider) refOf(ctx context.Context, intent, via string) (string, error) {
	if via == viaMethod || via == viaReader {
		return intent, nil
	}
	q := &stripe.CheckoutSessionListParams{PaymentIntent: &intent}
	q.Limit = stripe.Int64(1)
	found, err := list[stripe.CheckoutSession](ctx, p, "/v1/checkout/sessions", q)
	if err != nil {
		return "", err
	}
	if len(found.Data) == 0 {
		return intent, nil
	}
	return found.Data[0].ID, nil
}
