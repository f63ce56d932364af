package stripe

import (
	"context"
	"encoding/json"

	"github.com/stripe/stripe-go/v85/webhook"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// maxDelivery bounds what is verified: Stripe's own deliveries stay far below.
const maxDelivery = 1 << 20

// subject is what is read of the object in a delivery; objects inside it are
// never expanded there (docs.stripe.com/webhooks).
type subject struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	PaymentIntent string            `json:"payment_intent"`
	Reference     string            `json:"client_reference_id"`
	Metadata      map[string]string `json:"metadata"`
	Action        struct {
		Process struct {
			PaymentIntent string `json:"payment_intent"`
		} `json:"process_payment_intent"`
	} `json:"action"`
}

// Webhook implements payment.Hooker. An endpoint is to be sent checkout.session.*,
// payment_intent.*, charge.*, refund.* and terminal.reader.* of our own account.
// A delivery is verified by the header Stripe-Signature, made with any of the
// secrets and at most five minutes ago. What is about an intent that a page made
// costs a call, to learn which page.
func (p *Provider) Webhook(ctx context.Context, header func(string) string, body []byte) (payment.Delivery, error) {
	if len(body) > maxDelivery {
		return payment.Delivery{}, fail.New(fail.Denied, "stripe.Webhook", "the delivery is too long")
	}
	if err := p.signed(header("Stripe-Signature"), body); err != nil {
		return payment.Delivery{}, &fail.Error{Kind: fail.Denied, Op: "stripe.Webhook", Text: "the delivery is not signed by Stripe, or long ago", Err: err}
	}
	var e struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		Data struct {
			Object json.RawMessage `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" {
		return payment.Delivery{}, fail.New(fail.Invalid, "stripe.Webhook", "the delivery is no event")
	}
	var s subject
	d := payment.Delivery{Event: e.ID, Kind: clip(e.Type, 100)}
	if json.Unmarshal(e.Data.Object, &s) != nil {
		return d, nil // an object of another shape is none of ours
	}
	var err error
	d.Ref, d.Payment, err = p.about(ctx, s)
	return d, err
}

// signed tries each secret.
func (p *Provider) signed(signature string, body []byte) error {
	err := webhook.ErrNotSigned
	for _, secret := range p.o.Secrets {
		if err = webhook.ValidatePayload(body, signature, secret); err == nil {
			return nil
		}
	}
	return err
}

// about tells which payment an object belongs to.
func (p *Provider) about(ctx context.Context, s subject) (ref, id string, err error) {
	intent := s.PaymentIntent
	switch s.Object {
	case "checkout.session":
		return s.ID, s.Reference, nil
	case "payment_intent":
		intent = s.ID
	case "terminal.reader":
		ref, id = s.Action.Process.PaymentIntent, ""
		return ref, id, nil
	case "refund":
		if r := s.Metadata[metaRef]; r != "" {
			return r, s.Metadata[metaPayment], nil
		}
	}
	if intent == "" {
		return "", "", nil
	}
	ref, err = p.refOf(ctx, intent, s.Metadata[metaVia])
	return ref, s.Metadata[metaPayment], err
}
