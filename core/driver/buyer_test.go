package driver_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/driver"
	"chargewright/core/driver/drivertest"
	"chargewright/schema"
)

func buyerOf(t testing.TB, db *store.DB, id string) driver.Buyer {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (driver.Buyer, error) { return driver.BuyerOf(tx, ours.Tenant, id) })
}

func TestWhoADriverBuysFor(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada := signUp(t, db, ours.Tenant, "ada@example.org")
		herself := access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Kind: access.KindDriver, Actor: ada.ID}
		put := func(sc access.Scope, b driver.Buyer) (driver.Buyer, error) {
			b.Driver = ada.ID
			return try(t, db, func(tx *store.Tx) (driver.Buyer, error) { return driver.PutBuyer(tx, sc, b) })
		}
		validate := func(found driver.VATState, evidence string) error {
			_, err := try(t, db, func(tx *store.Tx) (driver.Buyer, error) {
				return driver.ValidateBuyer(tx, ours, ada.ID, found, evidence)
			})
			return err
		}
		if b := buyerOf(t, db, ada.ID); b.Kind != driver.BuysPrivately {
			t.Errorf("%+v", b)
		}
		if err := validate(driver.VATValid, "x"); !fail.Is(err, fail.Conflict) {
			t.Errorf("a consumer's VAT id: %v", err)
		}
		firm := driver.Buyer{Kind: driver.BuysAsBusiness, Company: " Flotte GmbH ", Address: "Hafen 1, Kiel", Country: "DE", VATID: "de 123456789"}
		if b, err := put(herself, firm); err != nil || b.Company != "Flotte GmbH" || b.VATID != "DE123456789" || b.State != driver.VATOpen {
			t.Fatalf("%+v, %v", b, err)
		}
		dealer := firm
		dealer.Kind = driver.BuysToResell
		if _, err := put(herself, dealer); !fail.Is(err, fail.Invalid) {
			t.Errorf("she made herself a dealer: %v", err)
		}
		if _, err := put(ours, dealer); err != nil {
			t.Fatal(err)
		}
		if err := validate(driver.VATValid, ""); !fail.Is(err, fail.Invalid) {
			t.Errorf("without evidence: %v", err)
		}
		if err := validate(driver.VATValid, "register, today"); err != nil {
			t.Fatal(err)
		}
		firm.Address = "Hafen 2, Kiel"
		if b, err := put(herself, firm); err != nil || b.Kind != driver.BuysToResell || b.State != driver.VATValid || b.Address != firm.Address {
			t.Errorf("a new address made her another buyer: %+v, %v", b, err)
		}
		firm.Company = "Andere GmbH"
		if b, err := put(herself, firm); err != nil || b.Kind != driver.BuysAsBusiness || b.State != driver.VATOpen || b.Evidence != "" {
			t.Errorf("the validation of one company holds for another: %+v, %v", b, err)
		}
		for what, b := range map[string]driver.Buyer{
			"no company":           {Kind: driver.BuysAsBusiness, Address: "x", Country: "DE"},
			"no address":           {Kind: driver.BuysAsBusiness, Company: "x", Country: "DE"},
			"no country":           {Kind: driver.BuysAsBusiness, Company: "x", Address: "x"},
			"no kind":              {Company: "x", Address: "x", Country: "DE"},
			"a wrong VAT id":       {Kind: driver.BuysAsBusiness, Company: "x", Address: "x", Country: "DE", VATID: "12"},
			"a dealer without one": {Kind: driver.BuysToResell, Company: "x", Address: "x", Country: "DE"},
		} {
			if _, err := put(ours, b); !fail.Is(err, fail.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := put(theirs, firm); !fail.Is(err, fail.NotFound) {
			t.Errorf("by another tenant: %v", err)
		}
		if b := do(t, db, func(tx *store.Tx) (driver.Buyer, error) { return driver.BuyerOf(tx, theirs.Tenant, ada.ID) }); b.Company != "" {
			t.Error("another tenant sees the buyer")
		}
		do(t, db, func(tx *store.Tx) ([]driver.Gone, error) { return driver.Delete(tx, ours.Tenant, ada.ID) })
		if b := buyerOf(t, db, ada.ID); b.Company != "" || b.Kind != driver.BuysPrivately {
			t.Errorf("deletion left %+v", b)
		}
	})
}

// slow is a register beside which something happens meanwhile.
type slow struct {
	driver.VATChecker
	meanwhile func()
}

func (s slow) CheckVAT(ctx context.Context, country, vatID string) (driver.VATAnswer, error) {
	a, err := s.VATChecker.CheckVAT(ctx, country, vatID)
	time.Sleep(time.Second)
	s.meanwhile()
	return a, err
}

// The register is asked until it answers, and its answer is evidence. A VAT id
// that changed meanwhile is not validated by it.
func TestTheRegisterIsAskedUntilItAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.SQLite(t, schema.FS)
		do(t, db, func(tx *store.Tx) (int, error) {
			return 0, access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"})
		})
		ada := signUp(t, db, access.DefaultTenant, "ada@example.org")
		reg := &drivertest.Register{}
		reg.Enter("DE", "DE123456789", "Flotte GmbH")
		reg.Down(true)
		var valid bool
		meanwhile := func() {}
		r := outbox.New(db, map[string]outbox.Handler{driver.TopicVAT: func(ctx context.Context, e outbox.Event) error {
			v, _, err := driver.CheckVAT(ctx, db, slow{reg, func() { meanwhile() }}, e)
			valid = v
			return err
		}}, outbox.Options{Poll: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		put := func(vat string) {
			do(t, db, func(tx *store.Tx) (driver.Buyer, error) {
				return driver.PutBuyer(tx, ours, driver.Buyer{Driver: ada.ID, Kind: driver.BuysAsBusiness, Company: "Flotte GmbH", Address: "Kiel", Country: "DE", VATID: vat})
			})
		}
		put("DE123456789")
		time.Sleep(10*time.Hour + time.Minute)
		synctest.Wait()
		if b := buyerOf(t, db, ada.ID); b.State != driver.VATOpen || valid || reg.Asked() != 11 {
			t.Errorf("%+v, asked %d times", b, reg.Asked())
		}
		reg.Down(false)
		time.Sleep(time.Hour)
		synctest.Wait()
		if b := buyerOf(t, db, ada.ID); b.State != driver.VATValid || !valid || b.ValidatedBy != "register" || b.Evidence != "Flotte GmbH" {
			t.Errorf("%+v", b)
		}
		put("DE999999999")
		time.Sleep(time.Minute)
		synctest.Wait()
		if b := buyerOf(t, db, ada.ID); b.State != driver.VATInvalid || valid {
			t.Errorf("%+v", b)
		}
		reg.Down(true)
		put("DE999999998")
		time.Sleep(90 * time.Minute)
		synctest.Wait()
		do(t, db, func(tx *store.Tx) (driver.Buyer, error) {
			return driver.ValidateBuyer(tx, ours, ada.ID, driver.VATValid, "a letter of the tax office")
		})
		before := reg.Asked()
		reg.Down(false)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if b := buyerOf(t, db, ada.ID); b.State != driver.VATValid || b.ValidatedBy == "register" || reg.Asked() != before {
			t.Errorf("the register overrules what staff saw: %+v, asked %d times more", b, reg.Asked()-before)
		}
		for _, down := range []bool{false, true} { // staff look while the register does
			reg.Down(down)
			meanwhile = func() {
				do(t, db, func(tx *store.Tx) (driver.Buyer, error) {
					return driver.ValidateBuyer(tx, ours, ada.ID, driver.VATValid, "a letter of the tax office")
				})
			}
			put(map[bool]string{false: "DE999999997", true: "DE999999996"}[down])
			time.Sleep(time.Minute)
			synctest.Wait()
			meanwhile = func() {}
			reg.Down(false)
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			if b := buyerOf(t, db, ada.ID); b.State != driver.VATValid || b.ValidatedBy == "register" || valid {
				t.Errorf("down %v: what the register says stands over what staff saw: %+v, %v", down, b, valid)
			}
		}
		reg.Down(true)
		put("DE123456780")
		time.Sleep(8 * 24 * time.Hour)
		synctest.Wait()
		asked := reg.Asked()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if b := buyerOf(t, db, ada.ID); b.State != driver.VATOpen || reg.Asked() != asked {
			t.Errorf("after a week it is still asked for: %+v", b)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
