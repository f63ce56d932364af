package tariff_test

import (
	"slices"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/tariff"
	"chargewright/schema"
)

var (
	scopeA = access.Scope{Tenant: "tn_a", Role: access.Finance, Actor: "usr_1"}
	scopeB = access.Scope{Tenant: "tn_b", Role: access.Finance}
)

func addRate(t *testing.T, db *store.DB, sc access.Scope, r tariff.TaxRate) (tariff.TaxRate, error) {
	t.Helper()
	return store.Do(t.Context(), db, "rates", func(tx *store.Tx) (tariff.TaxRate, error) { return tariff.AddTaxRate(tx, sc, r) })
}

func endRate(t *testing.T, db *store.DB, sc access.Scope, id string, until access.Day) error {
	t.Helper()
	_, err := store.Do(t.Context(), db, "rates", func(tx *store.Tx) (int, error) { return 0, tariff.EndTaxRate(tx, sc, id, until) })
	return err
}

func rates(t *testing.T, db *store.DB, country string) []tariff.TaxRate {
	t.Helper()
	return do(t, db, func(tx *store.Tx) ([]tariff.TaxRate, error) { return tariff.TaxRates(tx, "tn_a", country) })
}

func inDays(n int) access.Day { return access.DayOf(time.Now().AddDate(0, 0, n), time.UTC) }

func TestRatesFollowEachOther(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		do(t, db, func(tx *store.Tx) (int, error) { return 0, tariff.ShipTaxRates(tx, "tn_a") })
		n := len(rates(t, db, ""))
		do(t, db, func(tx *store.Tx) (int, error) { return 0, tariff.ShipTaxRates(tx, "tn_a") })
		if again := len(rates(t, db, "")); n < 30 || again != n {
			t.Fatalf("shipped %d, then %d", n, again)
		}
		soon := vatRate("DE", "", "21")
		soon.From = inDays(30)
		soon.Source = "the law gazette"
		added, err := addRate(t, db, scopeA, soon)
		if err != nil || added.EnteredBy != "usr_1" {
			t.Fatal(added, err)
		}
		de := rates(t, db, "DE")
		if len(de) != 2 || de[0].From != soon.From || de[0].Until != "" || de[1].Until != soon.From || de[1].Percent != 19*money.One || de[0].Source != soon.Source {
			t.Fatalf("%+v", de)
		}
		past := vatRate("DE", "", "16")
		past.From = inDays(-30)
		if _, err := addRate(t, db, scopeA, past); !fail.Is(err, fail.Conflict) {
			t.Errorf("the past was rewritten: %v", err)
		}
		before := vatRate("DE", "", "19")
		before.Term = access.Term{From: "2007-01-01", Until: "2020-07-01"}
		if _, err := addRate(t, db, scopeA, before); err != nil {
			t.Errorf("where nothing was known a rate may be entered: %v", err)
		}
		if err := endRate(t, db, scopeA, de[1].ID, inDays(-1)); !fail.Is(err, fail.Conflict) {
			t.Errorf("ended yesterday: %v", err)
		}
		if err := endRate(t, db, scopeA, de[1].ID, inDays(40)); !fail.Is(err, fail.Conflict) {
			t.Errorf("made longer: %v", err)
		}
		if err := endRate(t, db, scopeB, de[1].ID, inDays(1)); !fail.Is(err, fail.NotFound) {
			t.Errorf("ended by another tenant: %v", err)
		}
		if err := endRate(t, db, scopeA, added.ID, inDays(1)); err != nil || len(rates(t, db, "DE")) != 2 {
			t.Errorf("one that has not begun is not taken away: %v", err)
		}
		if other := do(t, db, func(tx *store.Tx) ([]tariff.TaxRate, error) { return tariff.TaxRates(tx, "tn_b", "") }); len(other) != 0 {
			t.Error("another tenant sees rates")
		}
	})
}

func TestRatesAreChecked(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		for what, change := range map[string]func(*tariff.TaxRate){
			"no country":             func(r *tariff.TaxRate) { r.Country = "" },
			"no name":                func(r *tariff.TaxRate) { r.Name = "" },
			"a name with a slash":    func(r *tariff.TaxRate) { r.Name = "VAT/x" },
			"no kind of line":        func(r *tariff.TaxRate) { r.Kind = "coffee" },
			"less than nothing":      func(r *tariff.TaxRate) { r.Percent = -1 },
			"nothing without reason": func(r *tariff.TaxRate) { r.Percent = 0 },
			"a reason for something": func(r *tariff.TaxRate) { r.Category = tariff.CategoryExempt },
			"reverse by the rate":    func(r *tariff.TaxRate) { r.Percent, r.Category = 0, tariff.CategoryReverse },
			"both":                   func(r *tariff.TaxRate) { r.PerKWh, r.Currency, r.Kind = 1, "EUR", tariff.LineEnergy },
			"per kWh of parking":     func(r *tariff.TaxRate) { r.Percent, r.PerKWh, r.Currency, r.Kind = 0, 1, "EUR", tariff.LineParking },
			"per kWh of no currency": func(r *tariff.TaxRate) { r.Percent, r.PerKWh, r.Kind = 0, 1, tariff.LineEnergy },
			"a currency of percent":  func(r *tariff.TaxRate) { r.Currency = "EUR" },
			"a region of elsewhere":  func(r *tariff.TaxRate) { r.Region = "FR-75" },
			"a strange postal code":  func(r *tariff.TaxRate) { r.Postal = []string{"10,11"} },
			"an empty postal code":   func(r *tariff.TaxRate) { r.Postal = []string{""} },
			"no beginning":           func(r *tariff.TaxRate) { r.From = "" },
			"an end before it":       func(r *tariff.TaxRate) { r.Until = r.From },
		} {
			r := vatRate("DE", "", "19")
			change(&r)
			if _, err := addRate(t, db, scopeA, r); !fail.Is(err, fail.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		r := vatRate("CA", "CA-QC", "9.975")
		r.Postal = []string{"h2x", "G1A 0", "H2X"}
		if _, err := addRate(t, db, scopeA, r); err != nil {
			t.Fatal(err)
		}
		if got := rates(t, db, "CA"); len(got) != 1 || !slices.Equal(got[0].Postal, []string{"G1A0", "H2X"}) || got[0].Percent.String() != "9.975" {
			t.Errorf("%+v", got)
		}
	})
}

func TestRatesForASupplyAreThoseOfItsPlaceAndDay(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		do(t, db, func(tx *store.Tx) (int, error) { return 0, tariff.ShipTaxRates(tx, "tn_a") })
		of := func(s tariff.Supply) (out []string) {
			for _, r := range do(t, db, func(tx *store.Tx) ([]tariff.TaxRate, error) { return tariff.RatesFor(tx, "tn_a", s) }) {
				out = append(out, r.Country+r.Region+" "+r.Percent.String())
			}
			return out
		}
		at := tariff.TaxPlace{Country: "AT", Postal: "6991"}
		dealer := tariff.Buyer{Kind: tariff.Dealer, Country: "DE", VATID: "DE123456789", Validated: true}
		for _, c := range []struct {
			s    tariff.Supply
			want []string
		}{
			{tariff.Supply{Place: at, Day: taxDay}, []string{"AT 20", "ATAT-Mittelberg 19"}},
			{tariff.Supply{Place: tariff.TaxPlace{Country: "AT", Postal: "1010"}, Day: taxDay}, []string{"AT 20"}},
			{tariff.Supply{Place: tariff.TaxPlace{Country: "AT", Postal: "1010"}, Day: taxDay, Buyer: dealer}, []string{"AT 20", "DE 19"}},
			{tariff.Supply{Place: tariff.TaxPlace{Country: "DE"}, Day: "2020-12-31"}, nil},
			{tariff.Supply{Place: tariff.TaxPlace{Country: "BR"}, Day: taxDay}, nil},
		} {
			if got := of(c.s); !slices.Equal(got, c.want) {
				t.Errorf("%+v: %v, want %v", c.s, got, c.want)
			}
		}
	})
}
