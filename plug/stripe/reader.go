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
	case fail.Is(err, fail.Busy):
		if on, no := p.asks(ctx, reader); no == nil && on == intent {
			return c, nil
		}
	}
	return payment.Charge{}, err
}

// asks is the intent that a reader asks a card for, "" while it asks for none.
func (p *Provider) asks(ctx context.Context, reader string) (intent string, err error) {
	r := &stripe.TerminalReader{}
	if err := p.get(ctx, stripe.FormatURLPath("/v1/terminal/readers/%s", reader), nil, r); err != nil {
		return "", err
	}
	if r.Action == nil || r.Action.Status != stripe.TerminalReaderActionStatusInProgress || r.Action.ProcessPaymentIntent == nil || r.Action.ProcessPaymentIntent.PaymentIntent == nil {
		return "", nil
	}
	return r.Action.ProcessPaymentIntent.PaymentIntent.ID, nil
}

// Cancel implements payment.Readers.
func (p *Provider) Cancel(ctx context.Context, reader, ref string) error {
	if !strings.HasPrefix(reader, "tmr_") {
		return fail.New(fail.NotFound, "stripe.Cancel", "%q is no reader of Stripe", clip(reader, 40))
	}
	on, err := p.asks(ctx, reader)
	if err != nil || on != ref || ref == "" {
		return err
	}
	return p.post(ctx, stripe.FormatURLPath("/v1/terminal/readers/%s/cancel_action", reader), nil, &stripe.TerminalReader{})
}
