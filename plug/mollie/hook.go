package mollie

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// Webhook implements payment.Hooker. Mollie posts the form id=tr_… and signs
// nothing (docs.mollie.com/reference/webhooks): what proves a delivery is the
// secret in the address that Mollie was given, and that Mollie knows the payment.
// header(":path") is the target of the request, path and query, as HTTP/2 names
// it; no client can send a header of that name.
//
// Deliveries bear no time and no id. Delivery.Event is made of what the payment
// has become, so that it is the same when the same news is sent again.
func (p *Provider) Webhook(ctx context.Context, header func(string) string, body []byte) (payment.Delivery, error) {
	if !p.knows(header(":path")) {
		return payment.Delivery{}, fail.New(fail.Denied, "mollie.Webhook", "the delivery does not bear the secret")
	}
	ref, ok := strings.CutPrefix(string(body), "id=")
	if !ok || !paymentRef.MatchString(ref) {
		return payment.Delivery{}, fail.New(fail.Denied, "mollie.Webhook", "the delivery names no payment")
	}
	r, c, err := p.read(ctx, ref)
	switch {
	case fail.Is(err, fail.NotFound):
		return payment.Delivery{}, &fail.Error{Kind: fail.Denied, Op: "mollie.Webhook", Text: "Mollie knows no such payment", Err: err}
	case err != nil && !fail.Is(err, fail.Internal): // one that cannot be read is news, too
		return payment.Delivery{}, err
	}
	news := sha256.New()
	if err := json.NewEncoder(news).Encode([]any{r.Status, r.Embedded}); err != nil {
		return payment.Delivery{}, fail.Wrap(fail.Internal, "mollie.Webhook", err)
	}
	event := ref + "/" + hex.EncodeToString(news.Sum(nil)[:16])
	return payment.Delivery{Event: event, Kind: "payment." + clip(r.Status, 40), Ref: ref, Payment: c.Payment}, nil
}

// knows reports whether a target bears one of the secrets.
func (p *Provider) knows(target string) bool {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return false
	}
	key, ok := u.Query().Get("key"), 0
	for _, s := range p.o.Secrets {
		ok |= subtle.ConstantTimeCompare([]byte(key), []byte(s))
	}
	return ok == 1
}
