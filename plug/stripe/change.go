package stripe

import (
	"context"
	"errors"

	"github.com/stripe/stripe-go/v85"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// at loads the payment that a change is about, and writes its amount in
// Stripe's units.
func (p *Provider) at(ctx context.Context, c payment.Change) (record, payment.Charge, int64, error) {
	no := func(err error) (record, payment.Charge, int64, error) { return record{}, payment.Charge{}, 0, err }
	if c.Key == "" || len(c.Key) > 200 {
		return no(fail.Field("stripe", "key", "it is empty or too long"))
	}
	amount, err := toStripe(c.Amount)
	if err != nil {
		return no(err)
	}
	r, was, err := p.read(ctx, c.Ref)
	if err == nil {
		err = unlike(was, c.Amount)
	}
	if err != nil {
		return no(err)
	}
	return r, was, amount, nil
}

func (p *Provider) read(ctx context.Context, ref string) (record, payment.Charge, error) {
	r, err := p.load(ctx, ref)
	if err != nil {
		return record{}, payment.Charge{}, err
	}
	c, err := r.charge()
	return r, c, err
}

// turn moves an intent to its next state.
func (p *Provider) turn(ctx context.Context, intent, verb string, q stripe.ParamsContainer) (*stripe.PaymentIntent, error) {
	out := &stripe.PaymentIntent{}
	return out, p.post(ctx, stripe.FormatURLPath("/v1/payment_intents/%s/%s", intent, verb), q, out)
}

func notIn(s payment.Status) error {
	return fail.New(fail.Conflict, "stripe", "the payment is %s", s)
}

// judge turns an Invalid into a Conflict where the payment, as it is now, does
// not allow what was asked. Stripe's words for that differ from call to call.
func (p *Provider) judge(ctx context.Context, err error, ref string, allowed func(payment.Charge) bool) error {
	if !fail.Is(err, fail.Invalid) {
		return err
	}
	if _, now, again := p.read(ctx, ref); again == nil && !allowed(now) {
		return &fail.Error{Kind: fail.Conflict, Op: "stripe", Text: fail.Say(err), Err: err}
	}
	return err
}

// Capture implements payment.Provider (docs.stripe.com/api/payment_intents/capture:
// the rest of the hold is released).
func (p *Provider) Capture(ctx context.Context, c payment.Change) (payment.Charge, error) {
	r, was, amount, err := p.at(ctx, c)
	if err != nil {
		return payment.Charge{}, err
	}
	if was.Status != payment.Held && was.Status != payment.Taken { // taken: this may be a repetition
		return payment.Charge{}, notIn(was.Status)
	}
	if r.intent == nil {
		return payment.Charge{}, notIn(was.Status)
	}
	q := &stripe.PaymentIntentCaptureParams{
		Params: stripe.Params{IdempotencyKey: &c.Key}, AmountToCapture: &amount, Expand: stripe.StringSlice([]string{"latest_charge"}),
	}
	if r.intent, err = p.turn(ctx, r.intent.ID, "capture", q); err != nil {
		return payment.Charge{}, p.judge(ctx, err, c.Ref, func(now payment.Charge) bool { return c.Amount.Minor <= now.Held })
	}
	return r.charge()
}

// Void implements payment.Provider. What is over already is answered as it is.
func (p *Provider) Void(ctx context.Context, c payment.Change) (payment.Charge, error) {
	if c.Key == "" || len(c.Key) > 200 {
		return payment.Charge{}, fail.Field("stripe", "key", "it is empty or too long")
	}
	r, was, err := p.read(ctx, c.Ref)
	if err == nil && r.page != nil && r.page.Status == stripe.CheckoutSessionStatusOpen {
		r, was, err = p.closePage(ctx, c, r)
	}
	switch {
	case err != nil:
		return payment.Charge{}, err
	case was.Status == payment.Taken:
		return payment.Charge{}, notIn(was.Status)
	case was.Status.Final():
		return was, nil
	case r.intent == nil:
		return payment.Charge{}, notIn(was.Status)
	}
	q := &stripe.PaymentIntentCancelParams{Params: stripe.Params{IdempotencyKey: &c.Key}, Expand: stripe.StringSlice([]string{"latest_charge"})}
	if r.intent, err = p.turn(ctx, r.intent.ID, "cancel", q); err != nil {
		return payment.Charge{}, p.judge(ctx, err, c.Ref, func(now payment.Charge) bool { return !now.Status.Final() })
	}
	return r.charge()
}

// closePage ends a page; if the buyer paid in the meantime it returns what came
// of that.
func (p *Provider) closePage(ctx context.Context, c payment.Change, r record) (record, payment.Charge, error) {
	q := &stripe.CheckoutSessionExpireParams{Params: stripe.Params{IdempotencyKey: stripe.String(c.Key + "/page")}}
	err := p.post(ctx, stripe.FormatURLPath("/v1/checkout/sessions/%s/expire", r.page.ID), q, &stripe.CheckoutSession{})
	if err != nil && !fail.Is(err, fail.Invalid) && !fail.Is(err, fail.Conflict) {
		return record{}, payment.Charge{}, err
	}
	now, was, again := p.read(ctx, c.Ref)
	if again != nil {
		return record{}, payment.Charge{}, again
	}
	if now.page.Status == stripe.CheckoutSessionStatusOpen {
		if err == nil {
			err = fail.New(fail.Unavailable, "stripe", "the page is still open")
		}
		return record{}, payment.Charge{}, err
	}
	return now, was, nil
}

// Refund implements payment.Provider (docs.stripe.com/api/refunds/create).
func (p *Provider) Refund(ctx context.Context, c payment.Change) (payment.Charge, error) {
	r, was, amount, err := p.at(ctx, c)
	if err != nil {
		return payment.Charge{}, err
	}
	if was.Status != payment.Taken || r.intent == nil {
		return payment.Charge{}, notIn(was.Status)
	}
	q := &stripe.RefundCreateParams{
		Params: stripe.Params{IdempotencyKey: &c.Key}, PaymentIntent: &r.intent.ID, Amount: &amount,
		Metadata: map[string]string{metaPayment: was.Payment, metaRef: was.Ref},
	}
	if c.Reason != "" {
		q.Metadata[metaReason] = clip(c.Reason, 500)
	}
	if err = p.post(ctx, "/v1/refunds", q, &stripe.Refund{}); err != nil {
		return payment.Charge{}, p.judge(ctx, err, c.Ref, func(now payment.Charge) bool { return c.Amount.Minor <= now.Captured-now.Refunded })
	}
	return p.after(ctx, c.Ref)
}

// after reads what a change has made of a payment. Not knowing is Unavailable:
// asking NotFound or Denied here would say that nothing was done.
func (p *Provider) after(ctx context.Context, ref string) (payment.Charge, error) {
	_, now, err := p.read(ctx, ref)
	if err != nil {
		return payment.Charge{}, &fail.Error{Kind: fail.Unavailable, Op: "stripe", Text: "it was done, but what it became is not known", Err: err}
	}
	return now, nil
}

// Increment implements payment.Incrementer
// (docs.stripe.com/payments/incremental-authorization).
func (p *Provider) Increment(ctx context.Context, c payment.Change) (payment.Charge, error) {
	r, was, amount, err := p.at(ctx, c)
	switch {
	case err != nil:
		return payment.Charge{}, err
	case was.Status != payment.Held || r.intent == nil:
		return payment.Charge{}, notIn(was.Status)
	case c.Amount.Minor == was.Held:
		return was, nil
	case c.Amount.Minor < was.Held:
		return payment.Charge{}, fail.Field("stripe", "amount", "a hold is raised, never lowered")
	case !raisable(r.intent.LatestCharge):
		was.Decline = payment.Decline{Code: "incremental_authorization_unavailable", Text: "the card does not allow a hold to be raised", Final: true}
		return was, nil
	}
	intent, err := p.turn(ctx, r.intent.ID, "increment_authorization", &stripe.PaymentIntentIncrementAuthorizationParams{
		Params: stripe.Params{IdempotencyKey: &c.Key}, Amount: &amount, Expand: stripe.StringSlice([]string{"latest_charge"}),
	})
	var no *declined
	if errors.As(err, &no) {
		now, err := p.after(ctx, c.Ref)
		now.Decline = no.why
		return now, err
	}
	if err != nil {
		return payment.Charge{}, p.judge(ctx, err, c.Ref, func(now payment.Charge) bool { return now.Status == payment.Held })
	}
	r.intent = intent
	return r.charge()
}

func raisable(c *stripe.Charge) bool {
	if c == nil || c.PaymentMethodDetails == nil {
		return true // let Stripe judge
	}
	if k := c.PaymentMethodDetails.Card; k != nil && k.IncrementalAuthorization != nil {
		return k.IncrementalAuthorization.Status == stripe.ChargePaymentMethodDetailsCardIncrementalAuthorizationStatusAvailable
	}
	if k := c.PaymentMethodDetails.CardPresent; k != nil {
		return k.IncrementalAuthorizationSupported
	}
	return true
}

// Forget implements payment.Saver. A method of another buyer stays.
func (p *Provider) Forget(ctx context.Context, customer, method string) error {
	m := &stripe.PaymentMethod{}
	err := p.get(ctx, stripe.FormatURLPath("/v1/payment_methods/%s", method), nil, m)
	switch {
	case fail.Is(err, fail.NotFound):
		return nil
	case err != nil:
		return err
	case m.Customer == nil:
		return nil
	case m.Customer.ID != customer:
		return fail.New(fail.NotFound, "stripe", "the method is not of that buyer")
	}
	return p.post(ctx, stripe.FormatURLPath("/v1/payment_methods/%s/detach", method), nil, &stripe.PaymentMethod{})
}
