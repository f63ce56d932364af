package payment

import (
	"context"
	"io"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
)

// MaxDelivery bounds the body of a provider's call to us, in bytes.
const MaxDelivery = 256 << 10

// TopicDelivery is the event that a provider told us something: the key is
// provider/event, the handler Hear.
const TopicDelivery = "payment.delivery"

// heardOf is what an outbox event keeps of a delivery.
type heardOf struct {
	Provider string `json:"provider"`
	Event    string `json:"event"`
	Ref      string `json:"ref"`
	Payment  string `json:"payment"`
}

// Receive takes a provider's call: its signature is checked, it is written down
// once, and it is to be answered with success. What it is about is asked of the
// provider afterwards (Hear). fresh is false for one that came before. What is not
// signed by the provider is Denied and leaves no trace; a body over MaxDelivery
// is Invalid; a provider that makes no calls is NotFound. header(":path") is the
// target of the request, path and query: some providers prove themselves by it.
func Receive(ctx context.Context, db *store.DB, ps Providers, provider string, header func(name string) string, body io.Reader) (fresh bool, err error) {
	const op = "payment.Receive"
	h, ok := ps[provider].(Hooker)
	if !ok {
		return false, fail.New(fail.NotFound, op, "there is no provider %q that calls", brief(provider))
	}
	b, err := io.ReadAll(io.LimitReader(body, MaxDelivery+1))
	if err != nil {
		return false, fail.Wrap(fail.Invalid, op, err)
	}
	if len(b) > MaxDelivery {
		return false, fail.New(fail.Invalid, op, "the body has more than %d bytes", MaxDelivery)
	}
	hctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	d, err := h.Webhook(hctx, header, b)
	if err != nil {
		return false, err
	}
	if d.Event == "" || len(d.Event) > 255 || len(d.Ref) > 255 || len(d.Payment) > 255 {
		return false, fail.New(fail.Invalid, op, "the event %q of %q cannot be kept", brief(d.Event), brief(d.Ref))
	}
	return store.Do(ctx, db, "payment/delivery/"+d.Event, func(tx *store.Tx) (bool, error) { return receive(tx, provider, d) })
}

func receive(tx *store.Tx, provider string, d Delivery) (fresh bool, err error) {
	times, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`INSERT INTO payment_delivery (provider, event, kind, ref, payment_id, times, received_at) VALUES ($1, $2, $3, $4, $5, 1, $6)
		ON CONFLICT (provider, event) DO UPDATE SET times = payment_delivery.times + 1 RETURNING times`,
		provider, d.Event, brief(d.Kind), d.Ref, d.Payment, tx.Now())
	if err != nil || times > 1 {
		return false, err
	}
	if d.Ref == "" && d.Payment == "" {
		tx.Write(`UPDATE payment_delivery SET handled_at = $3 WHERE provider = $1 AND event = $2`, provider, d.Event, tx.Now())
		return true, nil
	}
	return true, outbox.Emit(tx, TopicDelivery, provider+"/"+d.Event, heardOf{provider, d.Event, d.Ref, d.Payment})
}

// Hear asks what a delivery is about, and records it.
func Hear(ctx context.Context, db *store.DB, ps Providers, e outbox.Event) error {
	var d heardOf
	if err := e.Decode(&d); err != nil {
		return err
	}
	if _, err := Learn(ctx, db, ps, d.Provider, Query{Payment: d.Payment, Ref: d.Ref}); err != nil {
		return err
	}
	_, err := store.Do(ctx, db, "payment/delivery/"+d.Event, func(tx *store.Tx) (struct{}, error) {
		tx.Write(`UPDATE payment_delivery SET handled_at = $3 WHERE provider = $1 AND event = $2`, d.Provider, d.Event, tx.Now())
		return struct{}{}, nil
	})
	return err
}
