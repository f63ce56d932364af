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
	pages := &stripe.CheckoutSessionListParams{CreatedRange: &during}
	pages.Limit, pages.Single = stripe.Int64(perPage), true
	ref, err = walk(&pages.ListParams, func() *stripe.V1List[*stripe.CheckoutSession] { return p.client.V1CheckoutSessions.List(ctx, pages) },
		func(s *stripe.CheckoutSession) (string, bool) { return s.ID, s.ClientReferenceID == id })
	if ref != "" || err != nil {
		return ref, err
	}
	intents := &stripe.PaymentIntentListParams{CreatedRange: &during}
	intents.Limit, intents.Single = stripe.Int64(perPage), true
	return walk(&intents.ListParams, func() *stripe.V1List[*stripe.PaymentIntent] { return p.client.V1PaymentIntents.List(ctx, intents) },
		func(i *stripe.PaymentIntent) (string, bool) {
			return i.ID, i.Metadata[metaPayment] == id && i.Metadata[metaVia] != viaPage
		})
}

// walk goes through a list, newest first, to the first that is meant.
func walk[T any](q *stripe.ListParams, list func() *stripe.V1List[T], is func(T) (string, bool)) (string, error) {
	for range maxPages {
		page, last := list(), ""
		if page.Err() != nil {
			return "", page.Err()
		}
		for _, one := range page.Data() {
			ref, yes := is(one)
			if yes {
				return ref, nil
			}
			last = ref
		}
		if !page.Meta().HasMore || last == "" {
			return "", nil
		}
		q.StartingAfter = &last
	}
	return "", fail.New(fail.Unavailable, "stripe", "there are more payments than can be looked through")
}

// searched asks the search of intents.
func (p *Provider) searched(ctx context.Context, id string) (string, error) {
	q := &stripe.PaymentIntentSearchParams{}
	q.Query = `metadata["` + metaPayment + `"]:"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(id) + `"`
	q.Limit, q.Single = stripe.Int64(2), true
	list := p.client.V1PaymentIntents.Search(ctx, q)
	if list.Err() != nil {
		return "", list.Err()
	}
	if len(list.Data()) == 0 {
		return "", nil
	}
	i := list.Data()[0]
	return p.refOf(ctx, i.ID, i.Metadata[metaVia])
}

// refOf is the reference of the payment that an intent belongs to: its page, if
// it has one.
func (p *Provider) refOf(ctx context.Context, intent, via string) (string, error) {
	if via == viaMethod || via == viaReader {
		return intent, nil
	}
	q := &stripe.CheckoutSessionListParams{PaymentIntent: &intent}
	q.Limit, q.Single = stripe.Int64(1), true
	list := p.client.V1CheckoutSessions.List(ctx, q)
	if list.Err() != nil {
		return "", list.Err()
	}
	if len(list.Data()) == 0 {
		return intent, nil
	}
	return list.Data()[0].ID, nil
}
