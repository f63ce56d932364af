package stripe

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v85"
	"golang.org/x/sync/errgroup"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// Movements implements payment.Reporter: the balance transactions
// (docs.stripe.com/api/balance_transactions/list). Stripe lists the newest first;
// to go the other way one starts behind the last that was before since. An
// account without such a one is walked from its newest to its first, through at
// most 10,000: more is Invalid, and a later since will do.
func (p *Provider) Movements(ctx context.Context, since time.Time, after string) ([]payment.Movement, string, error) {
	var list []*stripe.BalanceTransaction // newest first
	var more bool
	var err error
	if after == "" {
		if after, err = p.before(ctx, since); err != nil {
			return nil, "", err
		}
	}
	if after == "" {
		list, more, err = p.first(ctx)
	} else {
		list, more, err = p.balance(ctx, &stripe.BalanceTransactionListParams{ListParams: stripe.ListParams{EndingBefore: &after}})
	}
	if err != nil {
		return nil, "", err
	}
	out, err := p.movements(ctx, list)
	if err != nil || !more || len(list) == 0 {
		return out, "", err
	}
	return out, list[0].ID, nil
}

// balance is one page of balance transactions, newest first.
func (p *Provider) balance(ctx context.Context, q *stripe.BalanceTransactionListParams) ([]*stripe.BalanceTransaction, bool, error) {
	q.Expand = stripe.StringSlice([]string{"data.source"})
	if q.Limit == nil {
		q.Limit = stripe.Int64(perPage)
	}
	page, err := list[stripe.BalanceTransaction](ctx, p, "/v1/balance_transactions", q)
	if err != nil {
		return nil, false, err
	}
	return page.Data, page.HasMore, nil
}

// before is the id of the last balance transaction before a time, "" for none.
func (p *Provider) before(ctx context.Context, since time.Time) (string, error) {
	if since.Unix() <= 0 {
		return "", nil
	}
	q := &stripe.BalanceTransactionListParams{CreatedRange: &stripe.RangeQueryParams{LesserThan: since.Unix()}}
	q.Limit = stripe.Int64(1)
	list, _, err := p.balance(ctx, q)
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0].ID, nil
}

// first is the page of the oldest balance transactions of an account, and
// whether there are newer ones.
func (p *Provider) first(ctx context.Context) ([]*stripe.BalanceTransaction, bool, error) {
	var all []*stripe.BalanceTransaction
	q := &stripe.BalanceTransactionListParams{}
	for range 100 {
		list, more, err := p.balance(ctx, q)
		if err != nil {
			return nil, false, err
		}
		all = append(all, list...)
		if !more || len(list) == 0 {
			return all[max(0, len(all)-perPage):], len(all) > perPage, nil
		}
		q.StartingAfter = &list[len(list)-1].ID
		all = all[max(0, len(all)-perPage-1):] // one more, to know that there was one
	}
	return nil, false, fail.Field("stripe", "since", "there are more than 10,000 movements since then; name a later time")
}

// movements reads a page, oldest first.
func (p *Provider) movements(ctx context.Context, list []*stripe.BalanceTransaction) ([]payment.Movement, error) {
	out := make([]payment.Movement, len(list))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for n, b := range list {
		g.Go(func() (err error) {
			out[len(list)-1-n], err = p.movement(ctx, b)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

func (p *Provider) movement(ctx context.Context, b *stripe.BalanceTransaction) (payment.Movement, error) {
	m := payment.Movement{Ref: b.ID, Kind: kindOfMovement(b), At: time.Unix(b.Created, 0).UTC(), AvailableAt: time.Unix(b.AvailableOn, 0).UTC()}
	var err error
	if m.Currency, err = currencyOf(b.Currency); err != nil {
		return m, err
	}
	for _, f := range []struct {
		to   *int64
		from int64
	}{{&m.Gross, b.Amount}, {&m.Fee, b.Fee}, {&m.Net, b.Net}} {
		if *f.to, err = fromStripe(f.from, m.Currency); err != nil {
			return m, err
		}
	}
	m.Charge, err = p.movedFor(ctx, b.Source)
	return m, err
}

// movedFor is the reference of the payment behind a movement, "" for none.
func (p *Provider) movedFor(ctx context.Context, s *stripe.BalanceTransactionSource) (string, error) {
	var intent *stripe.PaymentIntent
	via := ""
	switch {
	case s == nil:
	case s.Charge != nil:
		intent, via = s.Charge.PaymentIntent, s.Charge.Metadata[metaVia]
	case s.Refund != nil && s.Refund.Metadata[metaRef] != "":
		return s.Refund.Metadata[metaRef], nil
	case s.Refund != nil:
		intent = s.Refund.PaymentIntent
	case s.Dispute != nil:
		intent = s.Dispute.PaymentIntent
	}
	if intent == nil {
		return "", nil
	}
	return p.refOf(ctx, intent.ID, via)
}

// kindOfMovement follows docs.stripe.com/reports/reporting-categories.
func kindOfMovement(b *stripe.BalanceTransaction) payment.MovementKind {
	switch b.ReportingCategory {
	case "charge", "charge_failure", "partial_capture_reversal":
		return payment.MovedCharge
	case "refund", "refund_failure":
		return payment.MovedRefund
	case "dispute", "dispute_reversal":
		return payment.MovedDispute
	case "payout", "payout_reversal":
		return payment.MovedPayout
	case "fee", "network_cost", "tax":
		return payment.MovedFee
	}
	return payment.MovedOther
}
