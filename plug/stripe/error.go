package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// explain gives a failure its kind (docs.stripe.com/api/errors,
// docs.stripe.com/error-codes). The library's own errors are not passed on: they
// print whole objects, secrets of buyers' pages included.
func explain(ctx context.Context, err error) error {
	var e *stripe.Error
	var no *fail.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &no):
		return err
	case ctx.Err() != nil:
		return &fail.Error{Kind: fail.Timeout, Op: "stripe", Text: "the call was given up; its outcome is not known", Err: ctx.Err()}
	case errors.As(err, &e):
		return refusal(e)
	}
	var wire *url.Error // without the address: it is ours
	if errors.As(err, &wire) {
		return &fail.Error{Kind: fail.Timeout, Op: "stripe", Text: "Stripe did not answer", Err: wire.Err}
	}
	return fail.New(fail.Unavailable, "stripe", "Stripe gave an answer that cannot be read") // what it was may name a buyer
}

func refusal(e *stripe.Error) error {
	text := e.Msg
	if text == "" || strings.Contains(e.Param, "email") {
		text = "Stripe does not take " + e.Param
	}
	out := &fail.Error{
		Kind: kindOf(e), Op: "stripe", Text: clip(text, 200),
		Err: fmt.Errorf("%d %s, code %q, parameter %q, request %s", e.HTTPStatusCode, e.Type, e.Code, e.Param, e.RequestID),
	}
	if e.Type == stripe.ErrorTypeCard {
		out.Err = &declined{e.PaymentIntent, decline(e), out.Err}
	}
	return out
}

func kindOf(e *stripe.Error) fail.Kind {
	switch {
	case e.Code == stripe.ErrorCodeIdempotencyKeyInUse:
		return fail.Timeout // a twin of this call is still running: nobody knows yet
	case e.Type == stripe.ErrorTypeCard, e.Type == stripe.ErrorTypeIdempotency:
		return fail.Conflict
	case e.HTTPStatusCode == http.StatusUnauthorized, e.HTTPStatusCode == http.StatusForbidden:
		return fail.Denied
	case e.HTTPStatusCode == http.StatusNotFound:
		return fail.NotFound
	case e.HTTPStatusCode == http.StatusTooManyRequests:
		return fail.Busy
	case e.HTTPStatusCode == http.StatusConflict:
		return fail.Conflict
	case e.HTTPStatusCode >= 500:
		return fail.Unavailable
	}
	switch e.Code {
	case stripe.ErrorCodePaymentIntentUnexpectedState, stripe.ErrorCodeIntentInvalidState, stripe.ErrorCodeChargeAlreadyCaptured,
		stripe.ErrorCodeChargeAlreadyRefunded, stripe.ErrorCodeChargeDisputed, stripe.ErrorCodeChargeExpiredForCapture,
		stripe.ErrorCodeCaptureChargeAuthorizationExpired, stripe.ErrorCodeCaptureUnauthorizedPayment, stripe.ErrorCodeChargeNotRefundable:
		return fail.Conflict
	case stripe.ErrorCodeBalanceInsufficient, stripe.ErrorCodeTerminalReaderBusy, stripe.ErrorCodeTerminalReaderOffline, stripe.ErrorCodeTerminalReaderHardwareFault:
		return fail.Busy
	case stripe.ErrorCodeTerminalReaderTimeout:
		return fail.Timeout
	}
	return fail.Invalid
}

// declined is a bank's no, on its way to become an answer.
type declined struct {
	intent *stripe.PaymentIntent
	why    payment.Decline
	cause  error
}

func (d *declined) Error() string { return "declined by " + d.why.Code + ": " + d.cause.Error() }

// hopeless are the declines that no further try will turn
// (docs.stripe.com/declines/codes: those without "try again").
var hopeless = map[string]bool{
	"card_not_supported": true, "currency_not_supported": true, "expired_card": true, "fraudulent": true, "incorrect_number": true,
	"invalid_account": true, "invalid_number": true, "lost_card": true, "new_account_information_available": true, "pickup_card": true,
	"restricted_card": true, "revocation_of_all_authorizations": true, "revocation_of_authorization": true, "security_violation": true,
	"service_not_allowed": true, "stolen_card": true, "stop_payment_order": true, "transaction_not_allowed": true,
}

func decline(e *stripe.Error) payment.Decline {
	code := string(e.DeclineCode)
	if code == "" {
		code = string(e.Code)
	}
	return payment.Decline{
		Code: code, Text: clip(e.Msg, 200), Final: hopeless[code],
		Confirm: code == "authentication_required" || e.Code == stripe.ErrorCodeAuthenticationRequired || e.Code == stripe.ErrorCodePaymentIntentActionRequired,
	}
}

// clip keeps foreign text to one line of n characters.
func clip(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return string(r)
}
