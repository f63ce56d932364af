package stripe

import (
	"bytes"
	"context"
	"net/http"
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
	t := &stripe.Transfer{}
	if err := p.post(ctx, "/v1/transfers", &stripe.TransferCreateParams{
		Params: stripe.Params{IdempotencyKey: &o.Key}, Amount: &amount, Currency: currency(o.Amount.Currency),
		Destination: &o.Account, Description: optional(o.Text),
	}, t); err != nil {
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
	d, at := &stripe.Dispute{}, stripe.FormatURLPath("/v1/disputes/%s", dispute)
	if err := p.get(ctx, at, nil, d); err != nil {
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
		file, err := p.upload(ctx, e.Document)
		if err != nil {
			return err
		}
		q.ServiceDocumentation = &file
	}
	return p.post(ctx, at, &stripe.DisputeUpdateParams{Evidence: q, Submit: stripe.Bool(true)}, d)
}

// upload hands in a file and returns its id (docs.stripe.com/api/files/create).
func (p *Provider) upload(ctx context.Context, document []byte) (string, error) {
	q := &stripe.FileCreateParams{
		Params: stripe.Params{Context: ctx}, Purpose: stripe.String(stripe.FilePurposeDisputeEvidence),
		Filename: stripe.String("evidence.pdf"), FileReader: bytes.NewReader(document),
	}
	body, boundary, err := q.GetBody()
	if err != nil {
		return "", fail.Wrap(fail.Internal, "stripe.Contest", err)
	}
	f := &stripe.File{}
	err = p.files.CallMultipart(http.MethodPost, "/v1/files", p.o.Key, boundary, body, &q.Params, f)
	return f.ID, err
}
