package stripe

import (
	"context"
	"errors"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// Present implements payment.Readers, server-driven
// (docs.stripe.com/terminal/payments/collect-card-payment?terminal-sdk-platform=server-driven).
// A reader keeps no methods: Save is Invalid. The intent bears our key; handing it
// to the reader does not, since a reader that is busy would stay so under it.
func (p *Provider) Present(ctx context.Context, reader string, a payment.Ask) (payment.Charge, error) {
	amount, err := toStripe(a.Amount)
	if err == nil {
		err = check(a)
	}
	switch {
	case err != nil:
		return payment.Charge{}, err
	case !strings.HasPrefix(reader, "tmr_"):
		return payment.Charge{}, fail.New(fail.NotFound, "stripe.Present", "%q is no reader of Stripe", clip(reader, 40))
	case a.Save:
		return payment.Charge{}, fail.Field("stripe.Present", "save", "a reader keeps no methods")
	}
	q := &stripe.PaymentIntentCreateParams{
		Params: stripe.Params{IdempotencyKey: &a.Key}, Amount: &amount, Currency: currency(a.Amount.Currency), Customer: optional(a.Customer),
		PaymentMethodTypes: stripe.StringSlice([]string{"card_present"}), Description: optional(a.Text), Metadata: meta(a, viaReader),
	}
	if !a.Take {
		q.CaptureMethod = stripe.String(stripe.PaymentIntentCaptureMethodManual)
		q.PaymentMethodOptions = &stripe.PaymentIntentCreatePaymentMethodOptionsParams{CardPresent: &stripe.PaymentIntentCreatePaymentMethodOptionsCardPresentParams{
			RequestIncrementalAuthorizationSupport: stripe.Bool(true),
		}}
	}
	intent := &stripe.PaymentIntent{}
	if err = p.post(ctx, "/v1/payment_intents", q, intent); err != nil {
		return payment.Charge{}, err
	}
	return p.show(ctx, reader, intent.ID)
}

// show hands an intent to a reader, unless it was handed over before.
func (p *Provider) show(ctx context.Context, reader, intent string) (payment.Charge, error) {
	r, c, err := p.read(ctx, intent)
	if err != nil || r.intent.Status != stripe.PaymentIntentStatusRequiresPaymentMethod || c.Status == payment.Refused {
		return c, err
	}
	q := &stripe.TerminalReaderProcessPaymentIntentParams{PaymentIntent: &intent}
	err = p.post(ctx, stripe.FormatURLPath("/v1/terminal/readers/%s/process_payment_intent", reader), q, &stripe.TerminalReader{})
	var no *declined
	switch {
	case err == nil:
		return c, nil
	case errors.As(err, &no):
		c.Status, c.Decline = payment.Refused, no.why
		return c, nil
	case fail.Is(err, fail.Busy) && p.shows(ctx, reader, intent):
		return c, nil
	}
	return payment.Charge{}, err
}

// shows reports whether a reader is at work on an intent.
func (p *Provider) shows(ctx context.Context, reader, intent string) bool {
	r := &stripe.TerminalReader{}
	err := p.get(ctx, stripe.FormatURLPath("/v1/terminal/readers/%s", reader), nil, r)
	return err == nil && r.Action != nil && r.Action.Status == stripe.TerminalReaderActionStatusInProgress &&
		r.Action.ProcessPaymentIntent != nil && r.Action.ProcessPaymentIntent.PaymentIntent != nil &&
		r.Action.ProcessPaymentIntent.PaymentIntent.ID == intent
}

// Cancel implements payment.Readers. The payment stays Open: Void ends it.
func (p *Provider) Cancel(ctx context.Context, reader string) error {
	return p.post(ctx, stripe.FormatURLPath("/v1/terminal/readers/%s/cancel_action", reader), nil, &stripe.TerminalReader{})
}
