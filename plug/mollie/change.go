package mollie

import (
	"context"
	"errors"
	"net/http"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// at loads the payment that a change is about.
func (p *Provider) at(ctx context.Context, c payment.Change) (record, payment.Charge, error) {
	no := func(err error) (record, payment.Charge, error) { return record{}, payment.Charge{}, err }
	switch {
	case c.Key == "" || len(c.Key) > 200:
		return no(fail.Field("mollie", "key", "it is empty or too long"))
	case c.Amount.Minor <= 0 || c.Amount.Minor > most:
		return no(fail.Field("mollie", "amount", "it is not more than 0, or more than Mollie takes"))
	}
	r, was, err := p.read(ctx, c.Ref)
	if err != nil {
		return no(err)
	}
	if c.Amount.Currency != was.Currency {
		return no(fail.Field("mollie", "currency", "the payment is in %s, not in %s", was.Currency, clip(string(c.Amount.Currency), 10)))
	}
	return r, was, nil
}

func (p *Provider) read(ctx context.Context, ref string) (record, payment.Charge, error) {
	r, err := p.load(ctx, ref)
	if err != nil {
		return record{}, payment.Charge{}, err
	}
	c, err := p.charge(r)
	return r, c, err
}

func notIn(s payment.Status) error {
	return fail.New(fail.Conflict, "mollie", "the payment is %s", s)
}

// done finds what was made under a key.
func done(parts []part, key string) bool {
	for _, x := range parts {
		if x.counts() && x.Metadata != nil && x.Metadata.Key == key {
			return true
		}
	}
	return false
}

// order is a capture or a refund to be made.
type order struct {
	Amount      amount `json:"amount"`
	Description string `json:"description,omitempty"`
	Metadata    meta   `json:"metadata"`
}

// Capture implements payment.Provider (docs.mollie.com/reference/create-capture).
// Mollie leaves the rest of the hold for further captures; it is released when
// the capture has succeeded. A capture that is still pending then keeps the rest
// until the hold ends, or until Capture is asked again.
func (p *Provider) Capture(ctx context.Context, c payment.Change) (payment.Charge, error) {
	r, was, err := p.at(ctx, c)
	if err != nil {
		return payment.Charge{}, err
	}
	if !done(r.Embedded.Captures, c.Key) {
		switch {
		case was.Status != payment.Held:
			return payment.Charge{}, notIn(was.Status)
		case c.Amount.Minor > was.Held:
			return payment.Charge{}, fail.New(fail.Conflict, "mollie", "the hold is less than that")
		}
		err := p.call(ctx, http.MethodPost, "/payments/"+r.ID+"/captures", c.Key, order{amountOf(c.Amount), "", meta{c.Payment, c.Key, false}}, nil)
		if errors.Is(err, errTwin) {
			return payment.Charge{}, lost(err)
		}
		if err != nil {
			return payment.Charge{}, p.judge(ctx, err, c.Ref, func(now payment.Charge) bool { return c.Amount.Minor <= now.Held })
		}
		if r, err = p.load(ctx, r.ID); err != nil {
			return payment.Charge{}, after(err)
		}
	}
	return p.release(ctx, c, r)
}

// release frees what a capture left of a hold.
func (p *Provider) release(ctx context.Context, c payment.Change, r record) (payment.Charge, error) {
	pending := func(r record) bool {
		for _, x := range r.Embedded.Captures {
			if x.Status == "pending" {
				return true
			}
		}
		return false
	}
	r, err := p.until(ctx, r, func(r record) bool { return !pending(r) })
	if err != nil {
		return payment.Charge{}, err
	}
	now, err := p.charge(r)
	switch {
	case err != nil:
		return payment.Charge{}, err
	case now.Status != payment.Taken:
		return payment.Charge{}, fail.New(fail.Conflict, "mollie", "the capture did not succeed")
	case r.Status == "authorized" && !pending(r):
		if err := p.freed(ctx, r.ID, c.Key+"/rest"); err != nil {
			p.o.Log.WarnContext(ctx, "the rest of a hold was not released; it ends by itself", "payment", c.Payment, "err", err)
		}
	}
	return now, nil
}

// freed releases an authorization (docs.mollie.com/reference/release-authorization).
func (p *Provider) freed(ctx context.Context, ref, key string) error {
	return p.call(ctx, http.MethodPost, "/payments/"+ref+"/release-authorization", key, struct{}{}, nil)
}

// Void implements payment.Provider. What is over already is answered as it is. A
// page that Mollie does not let be closed is Conflict: it expires by itself.
func (p *Provider) Void(ctx context.Context, c payment.Change) (payment.Charge, error) {
	if c.Key == "" || len(c.Key) > 200 {
		return payment.Charge{}, fail.Field("mollie", "key", "it is empty or too long")
	}
	r, was, err := p.read(ctx, c.Ref)
	switch {
	case err != nil:
		return payment.Charge{}, err
	case was.Status == payment.Taken:
		return payment.Charge{}, notIn(was.Status)
	case was.Status.Final():
		return was, nil
	case was.Status == payment.Held:
		err = p.freed(ctx, r.ID, c.Key)
	case !r.IsCancelable:
		return payment.Charge{}, fail.New(fail.Conflict, "mollie", "the page cannot be closed; it expires by itself")
	default: // docs.mollie.com/reference/cancel-payment
		err = p.call(ctx, http.MethodDelete, "/payments/"+r.ID, "", nil, nil)
	}
	if err != nil {
		return payment.Charge{}, p.judge(ctx, err, c.Ref, func(now payment.Charge) bool { return !now.Status.Final() })
	}
	if r, err = p.load(ctx, r.ID); err != nil {
		return payment.Charge{}, after(err)
	}
	over := func(r record) bool { return r.Status == "canceled" || r.Status == "expired" }
	if r, err = p.until(ctx, r, over); err != nil {
		return payment.Charge{}, err
	}
	if !over(r) {
		return payment.Charge{}, fail.New(fail.Timeout, "mollie", "Mollie has taken the request and not released the payment yet")
	}
	return p.charge(r)
}

// Refund implements payment.Provider (docs.mollie.com/reference/create-refund).
// Mollie would give back somewhat more than was taken: that is Conflict here.
func (p *Provider) Refund(ctx context.Context, c payment.Change) (payment.Charge, error) {
	r, was, err := p.at(ctx, c)
	switch {
	case err != nil:
		return payment.Charge{}, err
	case done(r.Embedded.Refunds, c.Key):
		return was, nil
	case was.Status != payment.Taken:
		return payment.Charge{}, notIn(was.Status)
	case c.Amount.Minor > was.Captured-was.Refunded:
		return payment.Charge{}, fail.New(fail.Conflict, "mollie", "less than that is left")
	}
	o := order{amountOf(c.Amount), clip(c.Reason, 140), meta{c.Payment, c.Key, false}}
	if err := p.call(ctx, http.MethodPost, "/payments/"+r.ID+"/refunds", c.Key, o, nil); err != nil {
		return payment.Charge{}, p.judge(ctx, err, c.Ref, func(now payment.Charge) bool { return c.Amount.Minor <= now.Captured-now.Refunded })
	}
	_, now, err := p.read(ctx, r.ID)
	if err != nil {
		return payment.Charge{}, after(err)
	}
	return now, nil
}

// judge turns an Invalid into a Conflict where the payment, as it is now, does
// not allow what was asked.
func (p *Provider) judge(ctx context.Context, err error, ref string, allowed func(payment.Charge) bool) error {
	if !fail.Is(err, fail.Invalid) {
		return err
	}
	if _, now, again := p.read(ctx, ref); again == nil && !allowed(now) {
		return &fail.Error{Kind: fail.Conflict, Op: "mollie", Text: fail.Say(err), Err: err}
	}
	return err
}
