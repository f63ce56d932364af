package billing_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// gross is a tariff whose prices include a tax that somebody typed.
func gross(price string) string {
	return fmt.Sprintf(`{"id":"G","currency":"EUR","last_updated":"2026-01-01T00:00:00Z","tax_included":"YES",
		"elements":[{"price_components":[{"type":"ENERGY","price":%s,"vat":7,"step_size":1}]}]}`, price)
}

func place(t testing.TB, db *store.DB, country, postal string) {
	t.Helper()
	must(t, db, func(tx *store.Tx) error {
		return station.PutSite(tx, station.Site{ID: "site", Tenant: ours.Tenant, Entity: access.DefaultEntity, Country: country, PostalCode: postal, Zone: "Europe/Berlin"})
	})
}

func register(t testing.TB, db *store.DB, r access.Registration) {
	t.Helper()
	must(t, db, func(tx *store.Tx) error {
		r.Entity, r.From = access.DefaultEntity, "2020-01-01"
		_, err := access.AddRegistration(tx, ours, r)
		return err
	})
}

// german is the seller's registration at home, with the rates that we ship.
func german(t testing.TB, db *store.DB) {
	t.Helper()
	place(t, db, "DE", "10115")
	register(t, db, access.Registration{Country: "DE", Kind: access.RegisteredStandard, VATID: "DE811569869"})
	must(t, db, func(tx *store.Tx) error { return tariff.ShipTaxRates(tx, ours.Tenant) })
}

// buyer makes the card CARD a driver's, who buys as told.
func buyer(t testing.TB, db *store.DB, language string, b driver.Buyer, valid bool) string {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (string, error) {
		id, err := driver.CreateDriver(tx, ours, driver.Driver{Name: "Ada", Language: language})
		if err != nil {
			return "", err
		}
		if err := driver.PutToken(tx, ours, driver.Token{UID: "CARD", Type: "ISO14443", Status: driver.StatusAccepted, Driver: id}); err != nil {
			return "", err
		}
		b.Driver, b.Company, b.Address = id, "Flotte SARL", "1 rue de la Paix, Paris"
		if _, err := driver.PutBuyer(tx, ours, b); err != nil || !valid {
			return id, err
		}
		_, err = driver.ValidateBuyer(tx, ours, id, driver.VATValid, "seen in the register")
		return id, err
	})
}

func TestTheRateIsDeterminedNotTyped(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		german(t, db)
		offer(t, db, gross("0.59"))
		id := charge(t, db, "t1", 10, 60, nil)
		settle(t, db, id)
		c, ps := consistent(t, db, id), posted(t, db, id)
		if c.Gross != 590 || c.Net != 496 || ps["tax/DE/VAT/19"] != -94 {
			t.Errorf("net %d, gross %d, %v", c.Net, c.Gross, ps)
		}
		b := c.Body
		if b.SellerVAT != "DE811569869" || b.Note != "" || b.Buyer != nil || len(b.Taxes) != 1 || b.Taxes[0].Category != "S" || b.Taxes[0].Jurisdiction != "DE" {
			t.Errorf("%+v", b)
		}
	})
}

func TestADealerAbroadOwesTheTax(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		german(t, db)
		offer(t, db, gross("0.59"))
		who := buyer(t, db, "fr", driver.Buyer{Kind: driver.BuysToResell, Country: "FR", VATID: "FR 12 345678901"}, true)
		id := charge(t, db, "t1", 10, 60, nil)
		running := priced(t, db, id, start)
		settle(t, db, id)
		c, ps := consistent(t, db, id), posted(t, db, id)
		if c.Net != 496 || c.Gross != 496 || c.Tax != 0 || ps["receivable/driver/"+who] != 496 || ps["revenue/energy"] != -496 || len(ps) != 2 {
			t.Errorf("net %d, tax %d, gross %d, %v", c.Net, c.Tax, c.Gross, ps)
		}
		if running.Rating.Invoice.Gross != c.Gross {
			t.Errorf("%d was shown", running.Rating.Invoice.Gross)
		}
		b := c.Body
		if b.Note != "Autoliquidation" || b.Buyer == nil || b.Buyer.VATID != "FR12345678901" || b.Buyer.Company != "Flotte SARL" || b.SellerVAT != "DE811569869" {
			t.Errorf("%+v, %+v", b, b.Buyer)
		}
		if len(b.Taxes) != 1 || b.Taxes[0].Category != "AE" || b.Taxes[0].Jurisdiction != "FR" || b.Taxes[0].Percent != "0" || b.Lines[0].UnitPrice != "0.495798" {
			t.Errorf("%+v, %+v", b.Taxes, b.Lines)
		}
		if found := audit(t, db, id); len(found) != 6 {
			t.Errorf("prices without a tax that the tariff's include are nowhere in it, and cannot be checked: %v", found)
		}
		// What is settled stays, whatever is known later.
		must(t, db, func(tx *store.Tx) error {
			_, err := driver.PutBuyer(tx, ours, driver.Buyer{Driver: who, Kind: driver.BuysPrivately})
			return err
		})
		p := priced(t, db, id, start)
		if p.Rating.Invoice.Gross != 496 || !p.Final {
			t.Errorf("%+v", p.Rating.Invoice)
		}
	})
}

// Prices to which taxes are added are those of the tariff, whoever owes the tax.
func TestThePricesOfADealerAreChecked(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		german(t, db)
		offer(t, db, perKWh("T", "EUR", "0.50"))
		buyer(t, db, "fr", driver.Buyer{Kind: driver.BuysToResell, Country: "FR", VATID: "FR 12 345678901"}, true)
		id := charge(t, db, "t1", 10, 60, nil)
		settle(t, db, id)
		if found := audit(t, db, id); len(found) != 7 || !found[billing.PricesAreShown] {
			t.Errorf("%v", found)
		}
		must(t, db, func(tx *store.Tx) error {
			tx.Write(`UPDATE billing_document SET body = replace(body, '"0.50"', '"0.60"')`)
			return nil
		})
		if found := audit(t, db, id); found[billing.PricesAreShown] {
			t.Errorf("another price on the receipt is not found: %v", found)
		}
	})
}

func TestAVATIdNobodyLookedAtFreesFromNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		german(t, db)
		offer(t, db, gross("0.59"))
		buyer(t, db, "de", driver.Buyer{Kind: driver.BuysToResell, Country: "FR", VATID: "FR12345678901"}, false)
		id := charge(t, db, "t1", 10, 60, nil)
		settle(t, db, id)
		if c := consistent(t, db, id); c.Tax != 94 || c.Body.Buyer == nil || c.Body.Note != "" {
			t.Errorf("%+v", c)
		}
	})
}

func TestASmallBusinessIsExempt(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		place(t, db, "DE", "")
		register(t, db, access.Registration{Country: "DE", Kind: access.RegisteredSmall})
		offer(t, db, gross("0.59"))
		id := charge(t, db, "t1", 10, 60, nil)
		settle(t, db, id)
		c := consistent(t, db, id)
		if c.Gross != 590 || c.Net != 590 || c.Body.Note == "" || c.Body.Taxes[0].Category != "E" {
			t.Errorf("%+v", c)
		}
	})
}

// A missing tax is a state to be worked, not 0: the session is held, nobody can
// accept it, and once the rate is entered it is settled.
func TestAMissingTaxIsWorked(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		place(t, db, "ES", "35001") // the Canary Islands
		register(t, db, access.Registration{Country: "DE", Kind: access.RegisteredStandard, VATID: "DE811569869"})
		register(t, db, access.Registration{Country: "ES", Region: "ES-CN", Kind: access.RegisteredStandard, VATID: "ESB12345678"})
		must(t, db, func(tx *store.Tx) error { return tariff.ShipTaxRates(tx, ours.Tenant) })
		offer(t, db, gross("0.59"))
		id := charge(t, db, "t1", 10, 60, nil)
		settle(t, db, id)
		s := find(t, db, id)
		if s.Settled || !s.Held() || !slices.Equal(s.Flags, session.Flags{session.FlagNoTax}) || len(numbers(t, db)) != 0 {
			t.Fatalf("%+v", s)
		}
		if p := priced(t, db, id, start); !p.Held.Has(session.FlagNoTax) || p.Rating.Invoice.Gross != 0 {
			t.Errorf("%+v", p)
		}
		_, err := try(t, db, func(tx *store.Tx) (session.Session, error) {
			return session.Review(tx, ours, id, session.Decision{Choice: session.Accept, Reason: "never mind"})
		})
		if !fail.Is(err, fail.Conflict) {
			t.Fatal(err)
		}
		rate := tariff.TaxRate{Country: "ES", Region: "ES-CN", Name: "IGIC", Percent: 7 * money.One, Category: tariff.CategoryCanaries, Term: access.Term{From: "2020-01-01"}}
		must(t, db, func(tx *store.Tx) error {
			if _, err := tariff.AddTaxRate(tx, ours, rate); err != nil {
				return err
			}
			return session.RetryHeld(tx, ours.Tenant, session.FlagNoTax)
		})
		drain(t, db)
		c, ps := consistent(t, db, id), posted(t, db, id)
		if c.Gross != 590 || ps["tax/ES-CN/IGIC/7"] != -39 || c.Body.SellerVAT != "ESB12345678" || find(t, db, id).Flags.Has(session.FlagNoTax) {
			t.Errorf("%+v, %v", c, ps)
		}
		other := charge(t, db, "t2", 10, 60, nil)
		drain(t, db)
		if !find(t, db, other).Settled {
			t.Error("the next session is not settled")
		}
	})
}

// drain works on what the outbox holds for settlement.
func drain(t testing.TB, db *store.DB) {
	t.Helper()
	r := outbox.New(db, map[string]outbox.Handler{
		session.TopicClosed: func(ctx context.Context, e outbox.Event) error { return billing.Settle(ctx, db, e.Key) },
		session.TopicRetry: func(ctx context.Context, e outbox.Event) error {
			_, err := store.Do(ctx, db, "retry", func(tx *store.Tx) (struct{}, error) { return struct{}{}, session.Retry(tx, e) })
			return err
		},
	}, outbox.Options{})
	if err := r.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Many held sessions are settled in pages, each once.
func TestManyHeldSessionsAreRetried(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		place(t, db, "DE", "10115")
		register(t, db, access.Registration{Country: "DE", Kind: access.RegisteredStandard, VATID: "DE811569869"})
		offer(t, db, gross("0.59"))
		const n = 405
		for i := range n {
			charge(t, db, fmt.Sprint("t", i), 1, 60, nil)
		}
		drain(t, db)
		if len(numbers(t, db)) != 0 {
			t.Fatal("settled without a rate")
		}
		must(t, db, func(tx *store.Tx) error {
			if err := tariff.ShipTaxRates(tx, ours.Tenant); err != nil {
				return err
			}
			return session.RetryHeld(tx, ours.Tenant, session.FlagNoTax)
		})
		drain(t, db)
		noGap(t, db, n)
	})
}

// Taxes of a state and an excise per kWh are booked each to its own account.
func TestStackedTaxesAreBookedApart(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		place(t, db, "US", "50309")
		register(t, db, access.Registration{Country: "US", Kind: access.RegisteredStandard, VATID: "12-3456789"})
		for _, r := range []tariff.TaxRate{
			{Name: "State sales tax", Region: "US-IA", Percent: 6 * money.One},
			{Name: "Local option tax", Region: "US-IA", Postal: []string{"503"}, Percent: money.One},
			{Name: "EV excise", Region: "US-IA", Kind: tariff.LineEnergy, PerKWh: 26_000, Currency: "USD"},
		} {
			r.Country, r.Category, r.Term = "US", tariff.CategoryStandard, access.Term{From: "2023-07-01"}
			must(t, db, func(tx *store.Tx) error { _, err := tariff.AddTaxRate(tx, ours, r); return err })
		}
		offer(t, db, `{"id":"U","currency":"USD","last_updated":"2026-01-01T00:00:00Z","elements":[{"price_components":[{"type":"ENERGY","price":0.5,"step_size":1}]}]}`)
		id := charge(t, db, "t1", 10, 60, nil)
		settle(t, db, id)
		c, ps := consistent(t, db, id), posted(t, db, id)
		if c.Net != 500 || c.Tax != 30+5+26 || ps["tax/US-IA/State sales tax/6"] != -30 || ps["tax/US-IA/Local option tax/1"] != -5 || ps["tax/US-IA/EV excise/0.026 per kWh"] != -26 {
			t.Errorf("%+v, %v", c, ps)
		}
	})
}
