package access_test

import (
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/schema"
)

func TestVATIdsHaveTheFormOfTheirCountry(t *testing.T) {
	for _, c := range []struct{ country, text, want string }{
		{"DE", "DE 811 569 869", "DE811569869"}, {"DE", "811569869", "DE811569869"}, {"AT", "atu12345678", "ATU12345678"}, {"GR", "EL123456789", "EL123456789"},
		{"GR", "123456789", "EL123456789"}, {"GR", "GR123456789", ""}, {"NL", "NL123456789B01", "NL123456789B01"}, {"FR", "FR 1A 123456789", "FR1A123456789"},
		{"FR", "FRIO123456789", ""}, {"BE", "BE0123.456.789", "BE0123456789"}, {"ES", "ESB12345678", "ESB12345678"}, {"ES", "12345678Z", "ES12345678Z"},
		{"ES", "123456789", ""}, {"IE", "IE1234567FA", "IE1234567FA"}, {"CH", "CHE-123.456.789 MWST", "CHE123456789"}, {"CH", "CHE123456789", "CHE123456789"},
		{"GB", "GB123456789", "GB123456789"}, {"GB", "XI123456789", "XI123456789"}, {"SE", "SE123456789001", "SE123456789001"}, {"SE", "SE123456789012", ""},
		{"DE", "DE12345678", ""}, {"DE", "", ""}, {"DE", "DE123456789\n", "DE123456789"}, {"DE", "FR12345678901", ""}, {"US", "12-3456789", "123456789"},
		{"US", "x", ""}, {"US", "12\x003456", ""}, {"AE", "100123456700003", "100123456700003"}, {"NO", "NO123456789MVA", "NO123456789MVA"},
	} {
		got, err := access.ParseVATID(c.country, c.text)
		if got != c.want || (err == nil) != (c.want != "") || err != nil && !fail.Is(err, fail.Invalid) {
			t.Errorf("%s %q: %q, %v, want %q", c.country, c.text, got, err, c.want)
		}
		if again, err := access.ParseVATID(c.country, got); c.want != "" && (err != nil || again != got) {
			t.Errorf("%q is not its own plain form: %q, %v", got, again, err)
		}
	}
}

func FuzzParseVATID(f *testing.F) {
	f.Add("DE", "DE 123 456 789")
	f.Add("GR", "EL123456789")
	f.Fuzz(func(t *testing.T, country, text string) {
		got, err := access.ParseVATID(country, text)
		if err != nil {
			return
		}
		if again, err := access.ParseVATID(country, got); err != nil || again != got {
			t.Errorf("%q of %q becomes %q, %v", got, text, again, err)
		}
	})
}

func TestDays(t *testing.T) {
	zone, err := time.LoadLocation("Pacific/Kiritimati")
	if err != nil {
		t.Fatal(err)
	}
	if d := access.DayOf(time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC), zone); d != "2027-01-01" {
		t.Error(d)
	}
	for _, bad := range []string{"", "2026-02-30", "2026-1-1", "20260101", "1899-12-31", "2201-01-01", "2026-01-01T00:00:00Z"} {
		if _, err := access.ParseDay("valid_from", bad); !fail.Is(err, fail.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	year := access.Term{From: "2026-01-01", Until: "2027-01-01"}
	open := access.Term{From: "2027-01-01"}
	if !year.Has("2026-01-01") || year.Has("2027-01-01") || year.Meets(open) || open.Meets(year) || !open.Meets(access.Term{From: "2020-01-01"}) {
		t.Error("terms do not include their first day and exclude their last")
	}
}

func TestRegistrationsEndAndAreNotRewritten(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		ours, theirs := twoTenants(t, db)
		today := access.DayOf(time.Now(), time.UTC)
		tomorrow := access.DayOf(time.Now().AddDate(0, 0, 1), time.UTC)
		nextYear := access.DayOf(time.Now().AddDate(1, 0, 0), time.UTC)
		add := func(sc access.Scope, r access.Registration) (access.Registration, error) {
			r.Entity = access.DefaultEntity
			return try(t, db, func(tx *store.Tx) (access.Registration, error) { return access.AddRegistration(tx, sc, r) })
		}
		end := func(sc access.Scope, id string, until access.Day) error {
			_, err := try(t, db, func(tx *store.Tx) (int, error) {
				return 0, access.EndRegistration(tx, sc, access.DefaultEntity, id, until)
			})
			return err
		}
		list := func() []access.Registration {
			return do(t, db, func(tx *store.Tx) ([]access.Registration, error) {
				return access.Registrations(tx, ours.Tenant, access.DefaultEntity)
			})
		}
		since := access.Term{From: "2021-05-01"}
		small, err := add(ours, access.Registration{Country: "DE", Kind: access.RegisteredSmall, Term: since})
		if err != nil {
			t.Fatal(err)
		}
		standard := access.Registration{Country: "DE", Kind: access.RegisteredStandard, VATID: "DE811569869", DealersOwe: true, Term: access.Term{From: today}}
		if _, err := add(ours, standard); !fail.Is(err, fail.Conflict) {
			t.Errorf("two at once: %v", err)
		}
		if err := end(ours, small.ID, "2022-01-01"); !fail.Is(err, fail.Conflict) {
			t.Errorf("ended in the past: %v", err)
		}
		if err := end(theirs, small.ID, today); !fail.Is(err, fail.NotFound) {
			t.Errorf("ended by others: %v", err)
		}
		if err := end(ours, small.ID, today); err != nil {
			t.Fatal(err)
		}
		if err := end(ours, small.ID, tomorrow); !fail.Is(err, fail.Conflict) {
			t.Errorf("made longer: %v", err)
		}
		for what, r := range map[string]access.Registration{
			"standard":          standard,
			"one-stop shop":     {Country: "DE", Kind: access.RegisteredOSS, VATID: "DE811569869", Term: since},
			"another country":   {Country: "AT", Kind: access.RegisteredStandard, VATID: "ATU12345678", Term: since},
			"a part of another": {Country: "ES", Region: "ES-CN", Kind: access.RegisteredStandard, VATID: "ESB12345678", Term: since},
			"the country of it": {Country: "ES", Kind: access.RegisteredStandard, VATID: "ESB12345678", Term: access.Term{From: nextYear}},
		} {
			if _, err := add(ours, r); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := add(ours, access.Registration{Country: "FR", Kind: access.RegisteredOSS, VATID: "FR12345678901", Term: since}); !fail.Is(err, fail.Conflict) {
			t.Errorf("a second one-stop shop: %v", err)
		}
		for what, r := range map[string]access.Registration{
			"no VAT id":                {Country: "FR", Kind: access.RegisteredStandard, Term: since},
			"a wrong VAT id":           {Country: "FR", Kind: access.RegisteredStandard, VATID: "DE811569869", Term: since},
			"no kind":                  {Country: "FR", VATID: "FR12345678901", Term: since},
			"no country":               {Country: "France", Kind: access.RegisteredSmall, Term: since},
			"region of elsewhere":      {Country: "FR", Region: "DE-BY", Kind: access.RegisteredSmall, Term: since},
			"no beginning":             {Country: "FR", Kind: access.RegisteredSmall},
			"an end before":            {Country: "FR", Kind: access.RegisteredSmall, Term: access.Term{From: "2026-01-01", Until: "2025-01-01"}},
			"a one-stop shop in CH":    {Country: "CH", Kind: access.RegisteredOSS, VATID: "CHE123456789", Term: since},
			"dealers of a small one":   {Country: "FR", Kind: access.RegisteredSmall, DealersOwe: true, Term: since},
			"a region with bad signs ": {Country: "FR", Region: "FR-' OR 1", Kind: access.RegisteredSmall, Term: since},
		} {
			if _, err := add(ours, r); !fail.Is(err, fail.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := add(theirs, standard); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant's entity: %v", err)
		}
		all := list()
		if len(all) != 6 || all[0].From != nextYear {
			t.Fatalf("%+v", all)
		}
		if err := end(ours, all[0].ID, tomorrow); err != nil || len(list()) != 5 {
			t.Errorf("one that has not begun is not taken away: %v, %d", err, len(list()))
		}
		if es := do(t, db, func(tx *store.Tx) ([]access.Entity, error) { return access.Entities(tx, ours.Tenant) }); len(es) != 1 || es[0].ID != access.DefaultEntity {
			t.Errorf("%+v", es)
		}
	})
}
