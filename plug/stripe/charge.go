package stripe

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/core/payment"
)

// Keys of the metadata that a payment carries.
const (
	metaPayment = "payment" // our id
	metaVia     = "via"     // how it was asked for
	metaRef     = "ref"     // of a refund: the reference of its payment
	metaReason  = "reason"  // of a refund
)

// The ways to ask.
const (
	viaPage   = "page"
	viaMethod = "method"
	viaReader = "reader"
)

// record is a payment as Stripe has it: a page, an intent, or a page with its
// intent.
type record struct {
	page    *stripe.CheckoutSession
	intent  *stripe.PaymentIntent
	dispute *stripe.Dispute
}

func (r record) ref() string {
	if r.page != nil {
		return r.page.ID
	}
	return r.intent.ID
}

// load asks for a payment by its reference.
func (p *Provider) load(ctx context.Context, ref string) (record, error) {
	var r record
	var err error
	switch {
	case strings.HasPrefix(ref, "cs_"):
		ask := &stripe.CheckoutSessionRetrieveParams{Expand: stripe.StringSlice([]string{"payment_intent.latest_charge", "setup_intent.payment_method"})}
		r.page = &stripe.CheckoutSession{}
		if err = p.get(ctx, stripe.FormatURLPath("/v1/checkout/sessions/%s", ref), ask, r.page); err != nil {
			return record{}, err
		}
		r.intent = r.page.PaymentIntent
	case strings.HasPrefix(ref, "pi_"):
		ask := &stripe.PaymentIntentRetrieveParams{Expand: stripe.StringSlice([]string{"latest_charge"})}
		r.intent = &stripe.PaymentIntent{}
		if err = p.get(ctx, stripe.FormatURLPath("/v1/payment_intents/%s", ref), ask, r.intent); err != nil {
			return record{}, err
		}
	default:
		return record{}, fail.New(fail.NotFound, "stripe", "%q is no reference of Stripe", clip(ref, 40))
	}
	if r.intent != nil && r.intent.LatestCharge != nil && r.intent.LatestCharge.Disputed {
		q := &stripe.DisputeListParams{PaymentIntent: &r.intent.ID, ListParams: stripe.ListParams{Limit: stripe.Int64(1)}}
		newest, err := list[stripe.Dispute](ctx, p, "/v1/disputes", q)
		if err != nil {
			return record{}, err
		}
		if len(newest.Data) > 0 {
			r.dispute = newest.Data[0]
		}
	}
	return r, nil
}

// charge reads a record. A currency or an amount that is none is Internal.
func (r record) charge() (payment.Charge, error) {
	c := payment.Charge{Ref: r.ref()}
	var err error
	if r.page != nil {
		c.Payment = r.page.ClientReferenceID
		if c.Currency, err = currencyOf(r.page.Currency); err != nil {
			return payment.Charge{}, err
		}
		if r.page.Mode == stripe.CheckoutSessionModeSetup {
			return savedBy(r.page, c), nil
		}
	}
	if r.page == nil {
		c.Payment = r.intent.Metadata[metaPayment]
		if c.Currency, err = currencyOf(r.intent.Currency); err != nil {
			return payment.Charge{}, err
		}
	}
	switch {
	case r.page != nil && r.page.Status == stripe.CheckoutSessionStatusExpired:
		c.Status = payment.Expired
	case r.page != nil && r.page.Status == stripe.CheckoutSessionStatusOpen, r.intent == nil:
		c.Status, c.URL = payment.Open, r.page.URL // a card declined on it leaves the page open for another
	default:
		err = readIntent(r.intent, &c)
	}
	if err == nil && r.dispute != nil {
		err = readDispute(r.dispute, &c)
	}
	return c, err
}

func savedBy(page *stripe.CheckoutSession, c payment.Charge) payment.Charge {
	switch page.Status {
	case stripe.CheckoutSessionStatusExpired:
		c.Status = payment.Expired
	case stripe.CheckoutSessionStatusComplete:
		c.Status = payment.Released
		if s := page.SetupIntent; s != nil && s.PaymentMethod != nil {
			c.Method = payment.Method{Ref: s.PaymentMethod.ID, Customer: customerID(page.Customer), Kind: string(s.PaymentMethod.Type)}
			if k := s.PaymentMethod.Card; k != nil {
				c.Method.Brand, c.Method.Last4, c.Method.Fingerprint, c.Method.Country = string(k.Brand), k.Last4, k.Fingerprint, k.Country
				c.Method.ExpiresOn = expiry(k.ExpYear, k.ExpMonth)
				if k.Wallet != nil {
					c.Method.Wallet = string(k.Wallet.Type)
				}
			}
		}
	default:
		c.Status, c.URL = payment.Open, page.URL
	}
	return c
}

// readIntent reads an intent (docs.stripe.com/payments/paymentintents/lifecycle).
func readIntent(i *stripe.PaymentIntent, c *payment.Charge) (err error) {
	readMethod(i, c)
	switch i.Status {
	case stripe.PaymentIntentStatusRequiresCapture:
		c.Status = payment.Held
		c.Held, err = fromStripe(i.AmountCapturable, c.Currency)
	case stripe.PaymentIntentStatusSucceeded:
		c.Status = payment.Taken
		if c.Captured, err = fromStripe(i.AmountReceived, c.Currency); err == nil && i.LatestCharge != nil {
			c.Refunded, err = fromStripe(i.LatestCharge.AmountRefunded, c.Currency)
		}
	case stripe.PaymentIntentStatusCanceled:
		c.Status = payment.Released
	case stripe.PaymentIntentStatusRequiresPaymentMethod:
		c.Status = payment.Open
		if i.LastPaymentError != nil {
			c.Status, c.Decline = payment.Refused, decline(i.LastPaymentError)
			if o := i.LatestCharge; o != nil && o.Outcome != nil {
				c.Decline.Final = c.Decline.Final || o.Outcome.AdviceCode == stripe.ChargeOutcomeAdviceCodeDoNotTryAgain
			}
		}
	default: // requires_action, requires_confirmation, processing
		c.Status = payment.Open
		if i.NextAction != nil && i.NextAction.RedirectToURL != nil {
			c.URL = i.NextAction.RedirectToURL.URL
		}
	}
	return err
}

func readMethod(i *stripe.PaymentIntent, c *payment.Charge) {
	c.Method.Customer = customerID(i.Customer)
	kept := i.SetupFutureUsage == stripe.PaymentIntentSetupFutureUsageOffSession || i.Metadata[metaVia] == viaMethod
	if kept && i.PaymentMethod != nil {
		c.Method.Ref = i.PaymentMethod.ID
	}
	if i.LatestCharge == nil || i.LatestCharge.PaymentMethodDetails == nil {
		return
	}
	d, m := i.LatestCharge.PaymentMethodDetails, &c.Method
	m.Kind = string(d.Type)
	until := int64(0)
	switch {
	case d.Card != nil:
		m.Brand, m.Last4, m.Fingerprint, m.Country = string(d.Card.Brand), d.Card.Last4, d.Card.Fingerprint, d.Card.Country
		m.ExpiresOn, until = expiry(d.Card.ExpYear, d.Card.ExpMonth), d.Card.CaptureBefore
		if d.Card.Wallet != nil {
			m.Wallet = string(d.Card.Wallet.Type)
		}
	case d.CardPresent != nil:
		m.Kind = "card"
		m.Brand, m.Last4, m.Fingerprint, m.Country = string(d.CardPresent.Brand), d.CardPresent.Last4, d.CardPresent.Fingerprint, d.CardPresent.Country
		m.ExpiresOn, until = expiry(d.CardPresent.ExpYear, d.CardPresent.ExpMonth), d.CardPresent.CaptureBefore
		if d.CardPresent.Wallet != nil {
			m.Wallet = string(d.CardPresent.Wallet.Type)
		}
	}
	if i.Status == stripe.PaymentIntentStatusRequiresCapture && until > 0 {
		c.CaptureBefore = time.Unix(until, 0).UTC()
	}
}

func expiry(year, month int64) string {
	if year == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", year, month)
}

func customerID(c *stripe.Customer) string {
	if c == nil {
		return ""
	}
	return c.ID
}

// readDispute reads a dispute (docs.stripe.com/disputes/how-disputes-work). One in
// another currency than the payment's counts for all that was taken.
func readDispute(d *stripe.Dispute, c *payment.Charge) error {
	out := &payment.Dispute{Ref: d.ID, Reason: string(d.Reason), Amount: c.Captured}
	if strings.EqualFold(string(d.Currency), string(c.Currency)) {
		var err error
		if out.Amount, err = fromStripe(d.Amount, c.Currency); err != nil {
			return err
		}
	}
	switch d.Status {
	case stripe.DisputeStatusWon, stripe.DisputeStatusWarningClosed, stripe.DisputeStatusPrevented:
		out.State = payment.DisputeWon
	case stripe.DisputeStatusLost:
		out.State = payment.DisputeLost
	case stripe.DisputeStatusUnderReview, stripe.DisputeStatusWarningUnderReview:
		out.State = payment.DisputeHeard
	default:
		out.State = payment.DisputeOpen
		if d.EvidenceDetails != nil && d.EvidenceDetails.DueBy > 0 {
			out.DueAt = time.Unix(d.EvidenceDetails.DueBy, 0).UTC()
		}
	}
	c.Dispute = out
	return nil
}

// unlike says why an amount cannot act on a charge: another currency.
func unlike(c payment.Charge, a money.Amount) error {
	if a.Currency != c.Currency {
		return fail.Field("stripe", "currency", "the payment is in %s, not in %s", c.Currency, clip(string(a.Currency), 10))
	}
	return nil
}
