package app

import (
	"context"

	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/plug/vies"
)

// TaxConfig is what concerns taxes.
type TaxConfig struct {
	VIES bool `name:"vies" help:"Ask the VAT registers of the EU member states about the VAT ids of drivers' companies (VIES, by https). Without it staff validate them."`
}

// checker is who is asked about VAT ids, nil for nobody.
func (c TaxConfig) checker() driver.VATChecker {
	if !c.VIES {
		return nil
	}
	return vies.New(vies.Address)
}

// checkVAT asks about the VAT id of a driver's company. What is held because
// its tax is not known is priced once more if the answer helps.
func (s *Server) checkVAT(ctx context.Context, e outbox.Event) error {
	if s.vat == nil {
		return nil // staff validate it
	}
	valid, tenant, err := driver.CheckVAT(ctx, s.DB, s.vat, e)
	if err != nil || !valid {
		return err
	}
	_, err = store.Do(ctx, s.DB, "tax/"+tenant, func(tx *store.Tx) (struct{}, error) {
		return struct{}{}, session.RetryHeld(tx, tenant, session.FlagNoTax)
	})
	return err
}

// retry settles held sessions once more.
func (s *Server) retry(ctx context.Context, e outbox.Event) error {
	_, err := store.Do(ctx, s.DB, "retry/"+e.Key, func(tx *store.Tx) (struct{}, error) { return struct{}{}, session.Retry(tx, e) })
	return err
}
