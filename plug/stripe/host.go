package stripe

import (
	"bytes"
	"context"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// Payout implements payment.Payer: a transfer to a connected account
// (docs.stripe.com/connect/separate-charges-and-transfers). A balance that does
// not suffice yet is Busy.
func (p *Provider) Payout(ctx context.Context, o payment.Payout) (string, error) {
	amount, err := toStripe(o.Amount)
	switch {
	case err != nil:
		return "", err
	case o.Key == "" || len(o.Key) > 200:
		return "", fail.Field("stripe", "key", "it is empty or too long")
	case !strings.HasPrefix(o.Account, "acct_"):
		return "", fail.Field("stripe", "account", "it is no account of Stripe")
	}
	t, err := p.client.V1Transfers.Create(ctx, &stripe.TransferCreateParams{
		Params: stripe.Params{IdempotencyKey: &o.Key}, Amount: &amount, Currency: currency(o.Amount.Currency),
		Destination: &o.Account, Description: optional(o.Text),
	})
	if err != nil {
		return "", err
	}
	return t.ID, nil
}

// Bounds of evidence: docs.stripe.com/disputes/api.
const (
	maxEvidence = 20_000
	maxDocument = 4 << 20
)

// Contest implements payment.Defender. A dispute that waits for no evidence is
// Conflict.
func (p *Provider) Contest(ctx context.Context, dispute string, e payment.Evidence) error {
	if len([]rune(e.Text)) > maxEvidence || len(e.Document) > maxDocument {
		return fail.Field("stripe.Contest", "evidence", "it is more than Stripe takes: 20,000 characters and 4 MB")
	}
	d, err := p.client.V1Disputes.Retrieve(ctx, dispute, nil)
	if err != nil {
		return err
	}
	if d.Status != stripe.DisputeStatusNeedsResponse && d.Status != stripe.DisputeStatusWarningNeedsResponse {
		return fail.New(fail.Conflict, "stripe.Contest", "the dispute is %s", d.Status)
	}
	q := &stripe.DisputeUpdateEvidenceParams{UncategorizedText: optional(e.Text), CustomerEmailAddress: optional(e.Buyer)}
	if !e.Service.IsZero() {
		q.ServiceDate = stripe.String(e.Service.UTC().Format("2006-01-02"))
	}
	if len(e.Document) > 0 {
		f, err := p.client.V1Files.Create(ctx, &stripe.FileCreateParams{
			Purpose: stripe.String(stripe.FilePurposeDisputeEvidence), Filename: stripe.String("evidence.pdf"), FileReader: bytes.NewReader(e.Document),
		})
		if err != nil {
			return err
		}
		q.ServiceDocumentation = &f.ID
	}
	_, err = p.client.V1Disputes.Update(ctx, dispute, &stripe.DisputeUpdateParams{Evidence: q, Submit: stripe.Bool(true)})
	return err
}
