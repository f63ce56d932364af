package stripe

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/core/payment"
)

// Authorize implements payment.Provider.
func (p *Provider) Authorize(ctx context.Context, a payment.Ask) (payment.Charge, error) {
	amount, err := toStripe(a.Amount)
	if err == nil {
		err = check(a)
	}
	switch {
	case err != nil:
		return payment.Charge{}, err
	case a.Method != "":
		return p.byMethod(ctx, a, amount)
	}
	return p.byPage(ctx, a, p.payPage(a, amount))
}

// Save implements payment.Saver.
func (p *Provider) Save(ctx context.Context, a payment.Ask) (payment.Charge, error) {
	if err := check(a); err != nil {
		return payment.Charge{}, err
	}
	q := p.page(a, stripe.CheckoutSessionModeSetup)
	q.Currency = currency(a.Amount.Currency)
	q.SetupIntentData = &stripe.CheckoutSessionCreateSetupIntentDataParams{Description: optional(a.Text), Metadata: meta(a, viaPage)}
	if a.Customer == "" {
		q.CustomerCreation = stripe.String(stripe.CheckoutSessionCustomerCreationAlways)
	}
	return p.byPage(ctx, a, q)
}

// check judges what Stripe would not.
func check(a payment.Ask) error {
	switch {
	case a.Payment == "" || len(a.Payment) > 200: // Stripe's bound of client_reference_id
		return fail.Field("stripe", "payment", "it is empty or too long")
	case a.Key == "" || len(a.Key) > 200:
		return fail.Field("stripe", "key", "it is empty or too long")
	case !a.Amount.Currency.Known():
		return fail.Field("stripe", "currency", "%q is not a currency", clip(string(a.Amount.Currency), 10))
	}
	return nil
}

func (p *Provider) byPage(ctx context.Context, a payment.Ask, q *stripe.CheckoutSessionCreateParams) (payment.Charge, error) {
	page := &stripe.CheckoutSession{}
	err := p.post(ctx, "/v1/checkout/sessions", q, page)
	if fail.Is(err, fail.Conflict) {
		return p.again(ctx, a, err)
	}
	if err != nil {
		return payment.Charge{}, err
	}
	return record{page: page, intent: page.PaymentIntent}.charge()
}

// again answers a call whose key was used with other parameters. The term of a
// page is counted from now, so that the same Ask, made later, may differ in it:
// then the page of the first call is the answer.
func (p *Provider) again(ctx context.Context, a payment.Ask, refused error) (payment.Charge, error) {
	r, err := p.byPayment(ctx, a.Payment)
	if fail.Is(err, fail.NotFound) {
		return payment.Charge{}, refused
	}
	if err != nil {
		return payment.Charge{}, err
	}
	amount, _ := toStripe(a.Amount) //nolint:errcheck // 0 where there is none, as on a page without an amount
	if r.page == nil || r.page.AmountTotal != amount || !strings.EqualFold(string(r.page.Currency), string(a.Amount.Currency)) {
		return payment.Charge{}, refused
	}
	return r.charge()
}

// page is what pages of both modes share (docs.stripe.com/api/checkout/sessions/create).
// Cards include Apple Pay and Google Pay there (docs.stripe.com/payments/checkout/how-checkout-works).
func (p *Provider) page(a payment.Ask, mode stripe.CheckoutSessionMode) *stripe.CheckoutSessionCreateParams {
	q := &stripe.CheckoutSessionCreateParams{
		Params: stripe.Params{IdempotencyKey: &a.Key}, Mode: stripe.String(mode), PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		SuccessURL: &a.Return, CancelURL: &a.Return, ClientReferenceID: &a.Payment, Metadata: meta(a, viaPage),
		Locale: stripe.String(locale(a.Language)), ExpiresAt: p.closes(a.Until),
	}
	if a.Customer != "" {
		q.Customer = &a.Customer
	} else {
		q.CustomerEmail = optional(a.Email)
	}
	return q
}

func (p *Provider) payPage(a payment.Ask, amount int64) *stripe.CheckoutSessionCreateParams {
	q := p.page(a, stripe.CheckoutSessionModePayment)
	q.AdaptivePricing = &stripe.CheckoutSessionCreateAdaptivePricingParams{Enabled: stripe.Bool(false)} // the amount is in our currency, not the buyer's
	q.LineItems = []*stripe.CheckoutSessionCreateLineItemParams{{
		Quantity: stripe.Int64(1),
		PriceData: &stripe.CheckoutSessionCreateLineItemPriceDataParams{
			Currency: currency(a.Amount.Currency), UnitAmount: &amount,
			ProductData: &stripe.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: stripe.String(text(a))},
		},
	}}
	q.PaymentIntentData = &stripe.CheckoutSessionCreatePaymentIntentDataParams{Description: stripe.String(text(a)), Metadata: meta(a, viaPage)}
	if a.Save {
		q.PaymentIntentData.SetupFutureUsage = stripe.String(stripe.PaymentIntentSetupFutureUsageOffSession)
		if a.Customer == "" {
			q.CustomerCreation = stripe.String(stripe.CheckoutSessionCustomerCreationAlways)
		}
	}
	if !a.Take {
		q.PaymentIntentData.CaptureMethod = stripe.String(stripe.PaymentIntentCaptureMethodManual)
		q.PaymentMethodOptions = &stripe.CheckoutSessionCreatePaymentMethodOptionsParams{Card: &stripe.CheckoutSessionCreatePaymentMethodOptionsCardParams{
			RequestIncrementalAuthorization: stripe.String(stripe.CheckoutSessionPaymentMethodOptionsCardRequestIncrementalAuthorizationIfAvailable),
		}}
	}
	return q
}

// byMethod charges a saved method without the buyer
// (docs.stripe.com/payments/save-and-reuse#charge-saved-payment-method).
func (p *Provider) byMethod(ctx context.Context, a payment.Ask, amount int64) (payment.Charge, error) {
	q := &stripe.PaymentIntentCreateParams{
		Params: stripe.Params{IdempotencyKey: &a.Key}, Amount: &amount, Currency: currency(a.Amount.Currency), Customer: optional(a.Customer),
		PaymentMethod: &a.Method, PaymentMethodTypes: stripe.StringSlice([]string{"card"}), Confirm: stripe.Bool(true), OffSession: stripe.Bool(true),
		Description: optional(a.Text), Metadata: meta(a, viaMethod), Expand: stripe.StringSlice([]string{"latest_charge"}),
	}
	if !a.Take {
		q.CaptureMethod = stripe.String(stripe.PaymentIntentCaptureMethodManual)
		q.PaymentMethodOptions = &stripe.PaymentIntentCreatePaymentMethodOptionsParams{Card: &stripe.PaymentIntentCreatePaymentMethodOptionsCardParams{
			RequestIncrementalAuthorization: stripe.String(stripe.PaymentIntentPaymentMethodOptionsCardRequestIncrementalAuthorizationIfAvailable),
		}}
	}
	intent := &stripe.PaymentIntent{}
	err := p.post(ctx, "/v1/payment_intents", q, intent)
	var no *declined
	if errors.As(err, &no) && no.intent != nil {
		return refused(no)
	}
	if err != nil {
		return payment.Charge{}, err
	}
	return record{intent: intent}.charge()
}

// refused is the answer for a bank's no to an intent.
func refused(no *declined) (payment.Charge, error) {
	c, err := record{intent: no.intent}.charge()
	c.Status, c.Decline = payment.Refused, no.why
	return c, err
}

func meta(a payment.Ask, via string) map[string]string {
	return map[string]string{metaPayment: a.Payment, metaVia: via}
}

func currency(c money.Currency) *string { return stripe.String(strings.ToLower(string(c))) }

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// text is the name of what is sold, which a page must have.
func text(a payment.Ask) string {
	if a.Text == "" {
		return a.Payment
	}
	return a.Text
}

// The term of a page: 30 minutes to 24 hours, counted on Stripe's clock when the
// call arrives there; a minute is left for the way and the clocks.
const (
	minTerm = 31 * time.Minute
	maxTerm = 24*time.Hour - time.Minute
)

func (p *Provider) closes(until time.Time) *int64 {
	if until.IsZero() {
		return nil
	}
	now := p.o.Now()
	if from := now.Add(minTerm); until.Before(from) {
		until = from
	}
	if to := now.Add(maxTerm); until.After(to) {
		until = to
	}
	return stripe.Int64(until.Unix())
}

// locales are the languages of Checkout.
var locales = []string{
	"bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fil", "fr", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb",
	"nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh",
}

func locale(language string) string {
	if language == "no" || language == "nn" {
		return "nb"
	}
	if slices.Contains(locales, language) {
		return language
	}
	return "auto"
}
