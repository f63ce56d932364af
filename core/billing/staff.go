package billing

import (
	"strings"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/ledger"
	"chargewright/core/payment"
)

// AskAgain charges what is left of a claim to the driver's saved method now, not when
// the calendar of dunning says. It is a Conflict where nothing is left, no driver is
// known, nothing is saved, or a payment is under way.
func AskAgain(tx *store.Tx, sc access.Scope, key string) (Claim, error) {
	const op = "billing.AskAgain"
	c, err := idle(tx, sc, op, key)
	if err != nil {
		return c, err
	}
	if c.Driver == "" {
		return c, fail.New(fail.Conflict, op, "no driver is known who could be asked")
	}
	methods, err := payment.Methods(tx, c.Tenant, c.Driver)
	if err != nil {
		return c, err
	}
	if len(methods) == 0 {
		return c, fail.New(fail.Conflict, op, "the driver has saved no payment method")
	}
	if c.State == ClaimWrittenOff {
		if err := c.found(tx, "bad_debt", "again/"+number(c.Attempt), c.Left()); err != nil {
			return c, err
		}
	}
	if err := outbox.Cancel(tx, TopicDun, c.ID); err != nil {
		return c, err
	}
	if err := c.ask(tx); err != nil {
		return c, err
	}
	return GetClaim(tx, sc, c.ID)
}

// GiveUp writes off what is left of a claim, on a person's word: nobody is asked any
// more, and a driver who was held for it stays so until they pay. It is a Conflict
// where nothing is left, it was given up before, or a payment is under way.
func GiveUp(tx *store.Tx, sc access.Scope, key, reason string) (Claim, error) {
	const op = "billing.GiveUp"
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > 500 {
		return Claim{}, fail.Field(op, "reason", "it needs 1 to 500 characters")
	}
	c, err := idle(tx, sc, op, key)
	if err != nil {
		return c, err
	}
	if c.State == ClaimWrittenOff {
		return c, fail.New(fail.Conflict, op, "it was written off before")
	}
	if err := c.lose(tx, "bad_debt", "person/"+number(c.Attempt), c.Left()); err != nil {
		return c, err
	}
	if err := outbox.Cancel(tx, TopicDun, c.ID); err != nil {
		return c, err
	}
	c.State, c.Reason = ClaimWrittenOff, reason
	writeClaim(tx, c)
	return GetClaim(tx, sc, c.ID)
}

// Transfer is money that came past the providers.
type Transfer struct {
	Minor     int64
	Reference string // of the bank: makes it the only one
}

// Received books what a driver or a guest paid of a claim by bank transfer. The same
// reference again changes nothing. Invalid: more than is left, or no reference.
func Received(tx *store.Tx, sc access.Scope, key string, t Transfer) (Claim, error) {
	const op = "billing.Received"
	c, err := GetClaim(tx, sc, key)
	if err != nil {
		return c, err
	}
	t.Reference = strings.TrimSpace(t.Reference)
	if t.Reference == "" || len(t.Reference) > 140 {
		return c, fail.Field(op, "reference", "it needs 1 to 140 characters")
	}
	cause := "claim/" + c.ID + "/received/" + t.Reference
	if _, found, err := ledger.Posted(tx, c.Tenant, cause, c.Account); err != nil || found {
		return c, err
	}
	if t.Minor <= 0 || t.Minor > c.Left() {
		return c, fail.Field(op, "amount_minor", "it is not between 0 and the %s that are left", money.Amount{Minor: c.Left(), Currency: c.Currency})
	}
	if c.State == ClaimWrittenOff {
		if err := c.found(tx, "bad_debt", "received/"+t.Reference, t.Minor); err != nil {
			return c, err
		}
		c.Paid += t.Minor
	}
	if err := move(tx, c, "received/"+t.Reference, "bank/transfer", c.Account, t.Minor); err != nil {
		return c, err
	}
	c.Hand += t.Minor
	if err := c.even(tx, "received/"+t.Reference, ToPayer, "paid twice"); err != nil {
		return c, err
	}
	return GetClaim(tx, sc, c.ID)
}

// idle returns a claim of which something is left and no payment is under way.
func idle(tx *store.Tx, sc access.Scope, op, key string) (Claim, error) {
	c, err := GetClaim(tx, sc, key)
	if err != nil {
		return c, err
	}
	if c.Left() == 0 || c.State == ClaimPaid {
		return c, fail.New(fail.Conflict, op, "nothing is left to be paid")
	}
	if c.Payment == "" {
		return c, nil
	}
	p, found, err := payment.Find(tx, c.Payment)
	if err == nil && found && !p.Status.Final() {
		err = fail.New(fail.Conflict, op, "a payment is under way: look at it first")
	}
	return c, err
}
