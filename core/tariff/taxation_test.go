package tariff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/money"
	"chargewright/core/access"
	"chargewright/core/tariff"
)

const taxDay = access.Day("2026-11-20")

func registration(country string, kind access.RegistrationKind) access.Registration {
	return access.Registration{Country: country, Kind: kind, VATID: access.VATPrefix(country) + "000000000", Term: access.Term{From: "2020-01-01"}}
}

func vatRate(country, region, percent string) tariff.TaxRate {
	p, err := money.ParsePercent(percent)
	if err != nil {
		panic(err)
	}
	return tariff.TaxRate{Country: country, Region: region, Name: "VAT", Percent: p, Category: tariff.CategoryStandard, Term: access.Term{From: "2020-01-01"}}
}

// europe are rates of three countries and of a part of one.
func europe() []tariff.TaxRate {
	return []tariff.TaxRate{vatRate("DE", "", "19"), vatRate("AT", "", "20"), vatRate("AT", "AT-Mittelberg", "19"), vatRate("FR", "", "20"), vatRate("CH", "", "8.1")}
}

func company(kind tariff.BuyerKind, country, vat string) tariff.Buyer {
	return tariff.Buyer{Kind: kind, Country: country, VATID: vat, Validated: true}
}

// said is a determination in a line: category and percents of energy, whether
// they are owed, jurisdiction, seller.
func said(d tariff.Determination) string {
	if d.Typed {
		return "typed"
	}
	l := d.Line(tariff.LineEnergy)
	if !l.Known {
		return "unknown: " + string(d.Reasons[len(d.Reasons)-1])
	}
	var parts []string
	for _, x := range l.Taxes {
		parts = append(parts, string(x.Category)+" "+x.Percent.String())
	}
	s := strings.Join(parts, " + ")
	if !d.Owed {
		s = string(d.Relief.Category) + " instead of " + s
	}
	return s + " in " + d.Jurisdiction + " by " + d.SellerVATID
}

func TestTaxIsDetermined(t *testing.T) {
	std, oss, small := access.RegisteredStandard, access.RegisteredOSS, access.RegisteredSmall
	de, deOSS := registration("DE", std), registration("DE", oss)
	dealersOwe := de
	dealersOwe.DealersOwe = true
	over := de
	over.Until = "2026-01-01"
	later := de
	later.From = "2027-01-01"
	canaries := registration("ES", std)
	canaries.Region = "ES-CN"
	igic := tariff.TaxRate{Country: "ES", Region: "ES-CN", Name: "IGIC", Percent: 7 * money.One, Category: tariff.CategoryCanaries, Term: access.Term{From: "2020-01-01"}}
	regs := func(rs ...access.Registration) []access.Registration { return rs }
	for name, c := range map[string]struct {
		regs  []access.Registration
		buyer tariff.Buyer
		place tariff.TaxPlace
		want  string
	}{
		"without registrations the tariff's own taxes stand":          {nil, tariff.Buyer{}, tariff.TaxPlace{Country: "DE"}, "typed"},
		"before the first registration, too":                          {regs(later), tariff.Buyer{}, tariff.TaxPlace{Country: "DE"}, "typed"},
		"after the last nobody knows":                                 {regs(over), tariff.Buyer{}, tariff.TaxPlace{Country: "DE"}, "unknown: no_registration"},
		"a consumer at home":                                          {regs(de), tariff.Buyer{}, tariff.TaxPlace{Country: "DE", Postal: "10115"}, "S 19 in DE by DE000000000"},
		"a business at home is taxed as well":                         {regs(de), company(tariff.Business, "DE", "DE123456789"), tariff.TaxPlace{Country: "DE"}, "S 19 in DE by DE000000000"},
		"a consumer abroad where the seller is not registered":        {regs(de), tariff.Buyer{}, tariff.TaxPlace{Country: "AT"}, "unknown: no_registration"},
		"a consumer abroad by registration there":                     {regs(de, registration("AT", std)), tariff.Buyer{}, tariff.TaxPlace{Country: "AT"}, "S 20 in AT by AT000000000"},
		"a consumer abroad by the one-stop shop":                      {regs(de, deOSS), tariff.Buyer{}, tariff.TaxPlace{Country: "AT"}, "S 20 in AT by DE000000000"},
		"the one-stop shop is not for at home":                        {regs(deOSS), tariff.Buyer{}, tariff.TaxPlace{Country: "DE"}, "unknown: no_registration"},
		"nor for a business":                                          {regs(de, deOSS), company(tariff.Business, "DE", "DE123456789"), tariff.TaxPlace{Country: "AT"}, "unknown: no_registration"},
		"nor outside of the EU":                                       {regs(de, deOSS), tariff.Buyer{}, tariff.TaxPlace{Country: "CH"}, "unknown: no_registration"},
		"but for who only says so":                                    {regs(de, deOSS), tariff.Buyer{Kind: tariff.Business, Country: "DE", VATID: "DE123456789"}, tariff.TaxPlace{Country: "AT"}, "S 20 in AT by DE000000000"},
		"a business registered where it charges owes the tax":         {regs(de, deOSS), company(tariff.Business, "AT", "ATU12345678"), tariff.TaxPlace{Country: "AT"}, "AE instead of S 20 in AT by DE000000000"},
		"even if the seller is registered there":                      {regs(de, registration("AT", std)), company(tariff.Business, "AT", "ATU12345678"), tariff.TaxPlace{Country: "AT"}, "AE instead of S 20 in AT by DE000000000"},
		"not if nobody validated it":                                  {regs(de, deOSS), tariff.Buyer{Kind: tariff.Business, Country: "AT", VATID: "ATU12345678"}, tariff.TaxPlace{Country: "AT"}, "S 20 in AT by DE000000000"},
		"a dealer abroad":                                             {regs(de), company(tariff.Dealer, "FR", "FR12345678901"), tariff.TaxPlace{Country: "DE"}, "AE instead of S 19 in FR by DE000000000"},
		"a dealer abroad at a site abroad":                            {regs(de), company(tariff.Dealer, "FR", "FR12345678901"), tariff.TaxPlace{Country: "AT"}, "AE instead of S 20 in FR by DE000000000"},
		"a dealer outside of the EU":                                  {regs(de), company(tariff.Dealer, "CH", "CHE123456789"), tariff.TaxPlace{Country: "DE"}, "O instead of S 19 in CH by DE000000000"},
		"a dealer at home pays tax":                                   {regs(de), company(tariff.Dealer, "DE", "DE123456789"), tariff.TaxPlace{Country: "DE"}, "S 19 in DE by DE000000000"},
		"but not where dealers owe it":                                {regs(dealersOwe), company(tariff.Dealer, "DE", "DE123456789"), tariff.TaxPlace{Country: "DE"}, "AE instead of S 19 in DE by DE000000000"},
		"a dealer at home who charges abroad is taxed at home":        {regs(de), company(tariff.Dealer, "DE", "DE123456789"), tariff.TaxPlace{Country: "AT"}, "S 19 in DE by DE000000000"},
		"a dealer whom nobody validated is like anybody":              {regs(de), tariff.Buyer{Kind: tariff.Dealer, Country: "FR", VATID: "FR12345678901"}, tariff.TaxPlace{Country: "DE"}, "S 19 in DE by DE000000000"},
		"a small business is exempt":                                  {regs(registration("DE", small)), tariff.Buyer{}, tariff.TaxPlace{Country: "DE"}, "E 0 in DE by DE000000000"},
		"a small business is not exempt abroad":                       {regs(registration("DE", small)), tariff.Buyer{}, tariff.TaxPlace{Country: "AT"}, "unknown: no_registration"},
		"a part of a country has its own rate":                        {regs(registration("AT", std)), tariff.Buyer{}, tariff.TaxPlace{Country: "AT", Postal: "A-6991"}, "S 19 in AT-Mittelberg by AT000000000"},
		"by its postal code":                                          {regs(de, registration("AT", std)), tariff.Buyer{}, tariff.TaxPlace{Country: "AT", Postal: " 6991"}, "S 19 in AT-Mittelberg by AT000000000"},
		"a territory outside of the tax is not reached by it":         {regs(de), tariff.Buyer{}, tariff.TaxPlace{Country: "DE", Postal: "27498"}, "unknown: no_registration"},
		"nor by the one-stop shop":                                    {regs(de, deOSS), tariff.Buyer{}, tariff.TaxPlace{Country: "ES", Postal: "35001"}, "unknown: no_registration"},
		"but by its own":                                              {regs(de, canaries), tariff.Buyer{}, tariff.TaxPlace{Country: "ES", Postal: "35001"}, "L 7 in ES-CN by ES000000000"},
		"no reverse charge of Art. 195 there":                         {regs(de, canaries), company(tariff.Business, "ES", "ESB12345678"), tariff.TaxPlace{Country: "ES", Postal: "35001"}, "L 7 in ES-CN by ES000000000"},
		"where no rate is entered nobody knows":                       {regs(de, deOSS), tariff.Buyer{}, tariff.TaxPlace{Country: "PL"}, "unknown: no_rate"},
		"a reverse charge at an unknown rate is unknown":              {regs(de), company(tariff.Dealer, "FR", "FR12345678901"), tariff.TaxPlace{Country: "PL"}, "unknown: no_rate"},
		"a dealer where the rule is not known is taxed like a driver": {regs(registration("NO", std)), company(tariff.Dealer, "DE", "DE123456789"), tariff.TaxPlace{Country: "NO"}, "unknown: no_rate"},
	} {
		t.Run(name, func(t *testing.T) {
			s := tariff.Supply{Established: "DE", Registrations: c.regs, Buyer: c.buyer, Place: c.place, Day: taxDay, Currency: "EUR"}
			if got := said(tariff.Determine(s, append(europe(), igic))); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Names stack, the closest of one name applies, and an excise per kWh is of
// energy alone.
func TestRatesOfAStateStack(t *testing.T) {
	row := func(region, name, percent string, kind tariff.LineKind, postal ...string) tariff.TaxRate {
		r := vatRate("US", region, percent)
		r.Name, r.Kind, r.Postal = name, kind, postal
		return r
	}
	excise := tariff.TaxRate{Country: "US", Region: "US-IA", Name: "EV excise", Kind: tariff.LineEnergy, PerKWh: 26_000, Currency: "USD", Category: tariff.CategoryStandard, Term: access.Term{From: "2023-07-01"}}
	onTop := row("US-IA", "Surtax", "1", "", "50309")
	onTop.OnTaxes = true
	old := row("US-IA", "State sales tax", "5", "")
	old.Term = access.Term{From: "2000-01-01", Until: "2020-01-01"}
	rates := []tariff.TaxRate{
		onTop, excise, old, row("US-IA", "State sales tax", "6", ""), row("US-IA", "Local option tax", "1", "", "503", "502"),
		row("US-IA", "Local option tax", "2", "", "5030"), row("US-CA", "State sales tax", "7.25", ""), row("US-IA", "State sales tax", "0.5", tariff.LineParking),
	}
	usa := registration("US", access.RegisteredStandard)
	at := func(postal string, k tariff.LineKind) string {
		d := tariff.Determine(tariff.Supply{Established: "US", Registrations: []access.Registration{usa}, Place: tariff.TaxPlace{Country: "US", Postal: postal}, Day: taxDay, Currency: "USD"}, rates)
		l := d.Line(k)
		s := fmt.Sprint(l.Known)
		for _, x := range l.Taxes {
			s += ", " + x.Name + " " + x.Percent.String() + " " + x.PerKWh.String()
		}
		return s
	}
	for _, c := range []struct {
		postal string
		kind   tariff.LineKind
		want   string
	}{
		{"52001", tariff.LineEnergy, "true, State sales tax 6 0.00, EV excise 0 0.026"},
		{"50201", tariff.LineTime, "true, State sales tax 6 0.00, Local option tax 1 0.00"},
		{"50309-1234", tariff.LineEnergy, "true, State sales tax 6 0.00, EV excise 0 0.026, Local option tax 2 0.00, Surtax 1 0.00"},
		{"50309", tariff.LineParking, "true, State sales tax 0.5 0.00, Local option tax 2 0.00, Surtax 1 0.00"},
		{"90210", tariff.LineEnergy, "true, State sales tax 7.25 0.00"},
		{"10001", tariff.LineEnergy, "false"},
	} {
		if got := at(c.postal, c.kind); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.postal, c.kind, got, c.want)
		}
	}
}

// An excise alone is no sales tax, and one in another currency is not converted.
func TestExciseAloneIsNotEnough(t *testing.T) {
	excise := tariff.TaxRate{Country: "US", Name: "Excise", Kind: tariff.LineEnergy, PerKWh: 20_000, Currency: "USD", Category: tariff.CategoryStandard, Term: access.Term{From: "2020-01-01"}}
	s := tariff.Supply{Established: "US", Registrations: []access.Registration{registration("US", access.RegisteredStandard)}, Place: tariff.TaxPlace{Country: "US", Postal: "50309"}, Day: taxDay, Currency: "USD"}
	if got := said(tariff.Determine(s, []tariff.TaxRate{excise})); got != "unknown: no_rate" {
		t.Error(got)
	}
	s.Currency = "CAD"
	if got := said(tariff.Determine(s, []tariff.TaxRate{excise, vatRate("US", "", "6")})); got != "unknown: other_currency" {
		t.Error(got)
	}
}

func TestRatesAreDated(t *testing.T) {
	old, now := vatRate("EE", "", "22"), vatRate("EE", "", "24")
	old.Until, now.From = "2025-07-01", "2025-07-01"
	for day, want := range map[access.Day]string{
		"2025-06-30": "S 22 in EE by EE000000000", "2025-07-01": "S 24 in EE by EE000000000", "2019-12-31": "unknown: no_rate",
	} {
		r := registration("EE", access.RegisteredStandard)
		r.From = "2010-01-01"
		s := tariff.Supply{Established: "EE", Registrations: []access.Registration{r}, Place: tariff.TaxPlace{Country: "EE"}, Day: day, Currency: "EUR"}
		if got := said(tariff.Determine(s, []tariff.TaxRate{now, old})); got != want {
			t.Errorf("%s: %s, want %s", day, got, want)
		}
	}
}

func TestNotesSpeakTheBuyersLanguage(t *testing.T) {
	s := tariff.Supply{Established: "DE", Registrations: []access.Registration{registration("DE", access.RegisteredStandard)}, Buyer: company(tariff.Dealer, "FR", "FR12345678901"), Place: tariff.TaxPlace{Country: "DE"}, Day: taxDay, Currency: "EUR"}
	d := tariff.Determine(s, europe())
	for lang, want := range map[string]string{"de": "Steuerschuldnerschaft des Leistungsempfängers", "fr": "Autoliquidation", "en": "Reverse charge", "xx": "Reverse charge", "": "Reverse charge"} {
		if got := d.Note(lang); got != want {
			t.Errorf("%s: %q", lang, got)
		}
	}
	s.Buyer = tariff.Buyer{}
	if d := tariff.Determine(s, europe()); d.Note("de") != "" {
		t.Error(d.Note("de"))
	}
}

// determinedFor draws a supply at a German site: who buys, and at which rates.
func determinedFor(t *rapid.T, currency money.Currency) (consumers, buyers tariff.Determination) {
	percent := rapid.SampledFrom([]string{"0.1", "5.2", "7", "19", "25.5"}).Draw(t, "percent")
	rates := []tariff.TaxRate{vatRate("DE", "", percent)}
	if rapid.Bool().Draw(t, "excise") {
		rates[0].OnTaxes = rapid.Bool().Draw(t, "stacked")
		rates = append(rates, tariff.TaxRate{Country: "DE", Name: "Excise", Kind: tariff.LineEnergy, PerKWh: money.Price(rapid.Int64Range(1, 60_000).Draw(t, "per kWh")),
			Currency: currency, Category: tariff.CategoryStandard, Term: access.Term{From: "2020-01-01"}})
	}
	s := tariff.Supply{Established: "DE", Registrations: []access.Registration{registration("DE", access.RegisteredStandard)}, Place: tariff.TaxPlace{Country: "DE"}, Day: taxDay, Currency: currency}
	consumers = tariff.Determine(s, rates)
	s.Buyer = company(tariff.Dealer, "FR", "FR12345678901")
	return consumers, tariff.Determine(s, rates)
}

func rateTaxed(t *rapid.T, tf *tariff.Tariff, s *tariff.Session, d tariff.Determination) tariff.Rating {
	taxed, missing := tariff.Taxed(tf, &d)
	if len(missing) > 0 {
		t.Fatal(missing)
	}
	r, err := tariff.RateTaxed(taxed, s, &d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A consumer's gross is the tariff's whatever the rate; net and tax make up the
// gross; who owes no tax pays the consumer's net.
func TestDeterminedTaxKeepsThePrices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tf, s := drawn(t)
		tf.Min, tf.Max = nil, nil // limits have a test of their own
		gross := *tf
		gross.Taxes = tariff.TaxIncluded
		consumers, buyers := determinedFor(t, tf.Currency)
		paid, other := rateTaxed(t, &gross, s, consumers), rateTaxed(t, &gross, s, buyers)
		lines := int64(0)
		for i := range paid.Lines {
			lines += paid.Lines[i].Minor
		}
		if paid.Invoice.Gross != lines || paid.Invoice.Net+paid.Invoice.Tax != paid.Invoice.Gross || paid.Invoice.Unknown {
			t.Fatalf("%+v of lines %d", paid.Invoice, lines)
		}
		if bare := mustRate(t, untaxed(&gross), s); bare.Invoice.Gross != paid.Invoice.Gross {
			t.Fatalf("the rate changed the gross %d into %d", bare.Invoice.Gross, paid.Invoice.Gross)
		}
		lines = 0
		for i := range other.Lines {
			lines += other.Lines[i].Minor
		}
		if other.Invoice.Net != paid.Invoice.Net || other.Invoice.Gross != paid.Invoice.Net || other.Invoice.Tax != 0 || lines != paid.Invoice.Net || len(other.Invoice.Groups) > 1 {
			t.Fatalf("net %d of the consumer, %+v of the dealer, lines %d", paid.Invoice.Net, other.Invoice, lines)
		}
		if other.CDR.Net.Cmp(paid.CDR.Net) != 0 || other.CDR.Gross.Cmp(paid.CDR.Net) != 0 {
			t.Fatalf("%s, %s of %s", other.CDR.Net, other.CDR.Gross, paid.CDR.Net)
		}
		if _, err := other.JSON(); err != nil {
			t.Fatal(err)
		}
	})
}

func untaxed(tf *tariff.Tariff) *tariff.Tariff {
	out := *tf
	out.Elements = nil
	for _, e := range tf.Elements {
		cs := slices.Clone(e.Components)
		for i := range cs {
			cs[i].Taxes = nil
		}
		out.Elements = append(out.Elements, tariff.Element{Components: cs, Restrictions: e.Restrictions})
	}
	return &out
}

// To net prices tax is added; the net is the same for everybody.
func TestNetPricesKeepTheirNet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tf, s := drawn(t)
		tf.Min, tf.Max, tf.Taxes = nil, nil, tariff.TaxAdded
		consumers, buyers := determinedFor(t, tf.Currency)
		bare, paid, other := mustRate(t, untaxed(tf), s), rateTaxed(t, tf, s, consumers), rateTaxed(t, tf, s, buyers)
		if paid.Invoice.Net != bare.Invoice.Net || other.Invoice.Net != bare.Invoice.Net || other.Invoice.Tax != 0 || paid.Invoice.Net+paid.Invoice.Tax != paid.Invoice.Gross {
			t.Fatalf("%+v, %+v, %+v", bare.Invoice, paid.Invoice, other.Invoice)
		}
	})
}

// With limits, too, net and tax make up the gross and nobody's lines are lost.
func TestLimitsUnderDeterminedTax(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tf, s := drawn(t)
		consumers, buyers := determinedFor(t, tf.Currency)
		paid, other := rateTaxed(t, tf, s, consumers), rateTaxed(t, tf, s, buyers)
		for _, r := range []tariff.Rating{paid, other} {
			lines := int64(0)
			for i := range r.Lines {
				lines += r.Lines[i].Minor
			}
			if r.Invoice.Net+r.Invoice.Tax != r.Invoice.Gross || lines != r.Invoice.Net && lines != r.Invoice.Gross {
				t.Fatalf("%+v of lines %d\n%s", r.Invoice, lines, tf.Original)
			}
		}
		if tf.Taxes == tariff.TaxIncluded && paid.Invoice.Net != other.Invoice.Net {
			t.Fatalf("%d and %d", paid.Invoice.Net, other.Invoice.Net)
		}
	})
}

// What is known is used; what is priced and unknown is named.
func TestMissingTaxIsNamed(t *testing.T) {
	tf, err := tariff.Parse([]byte(`{"id":"T","currency":"USD","last_updated":"2026-01-01T00:00:00Z","elements":[
		{"price_components":[{"type":"ENERGY","price":0.5,"step_size":1},{"type":"PARKING_TIME","price":6,"step_size":1},{"type":"TIME","price":0,"step_size":1}]},
		{"price_components":[{"type":"TIME","price":3,"step_size":1}],"restrictions":{"reservation":"RESERVATION"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	energyOnly := vatRate("US", "", "6")
	energyOnly.Kind = tariff.LineEnergy
	s := tariff.Supply{Established: "US", Registrations: []access.Registration{registration("US", access.RegisteredStandard)}, Place: tariff.TaxPlace{Country: "US", Postal: "50309"}, Day: taxDay, Currency: "USD"}
	d := tariff.Determine(s, []tariff.TaxRate{energyOnly})
	if taxed, missing := tariff.Taxed(tf, &d); taxed != nil || !slices.Equal(missing, []tariff.LineKind{tariff.LineParking, tariff.LineReservation}) {
		t.Errorf("%v, %v", taxed, missing)
	}
	typed := tariff.Determine(tariff.Supply{Day: taxDay}, nil)
	if same, missing := tariff.Taxed(tf, &typed); same != tf || missing != nil {
		t.Error("without registrations the tariff is not itself", missing)
	}
	v, err := tf.Version()
	if err != nil {
		t.Fatal(err)
	}
	d = tariff.Determine(s, []tariff.TaxRate{vatRate("US", "", "6")})
	tariff.Taxed(tf, &d)
	if again, err := tf.Version(); err != nil || again != v {
		t.Error("the tariff itself was changed", err)
	}
}

// 10.01 kWh at 0.59 gross: 5.91 with 19 % is 4.97 net, and that is what a dealer pays.
func TestReverseChargeOfAGrossPrice(t *testing.T) {
	tf, err := tariff.Parse([]byte(`{"id":"T","currency":"EUR","last_updated":"2026-01-01T00:00:00Z","tax_included":"YES",
		"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":7,"step_size":1}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	ses := &tariff.Session{Zone: time.UTC, Segments: []tariff.Segment{{Start: at, End: at.Add(time.Hour), Energy: 10_010_000, State: tariff.Charging}}}
	s := tariff.Supply{Established: "DE", Registrations: []access.Registration{registration("DE", access.RegisteredStandard)}, Buyer: company(tariff.Dealer, "FR", "FR12345678901"), Place: tariff.TaxPlace{Country: "DE"}, Day: taxDay, Currency: "EUR"}
	d := tariff.Determine(s, europe())
	taxed, _ := tariff.Taxed(tf, &d)
	r, err := tariff.RateTaxed(taxed, ses, &d)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"currency":"EUR","lines":[{"dimension":"ENERGY","quantity":"10.01","unit":"kWh","unit_price":"0.495798","amount":"4.9629","amount_minor":497,"taxes":[{"name":"VAT","percent":"0","amount_minor":0}]}],` +
		`"cdr_total_cost":{"excl_vat":"4.9629","incl_vat":"4.9629"},"invoice":{"tax_groups":[{"name":"VAT","percent":"0","net_minor":497,"tax_minor":0,"gross_minor":497,"taxes":[{"name":"VAT","percent":"0","amount_minor":0}]}],"net_minor":497,"tax_minor":0,"gross_minor":497}}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	if c := r.Cost(tariff.Energy); money.FormatRat(c.Net, 6) != "4.962941" || c.Net.Cmp(c.Gross) != 0 {
		t.Error(c.Net, c.Gross)
	}
}

// Whatever is sold to whom: what is known has a tax, a tax of nothing says why,
// and where nothing is owed something else stands in its place.
func TestNoTaxIsEverSilentlyNothing(t *testing.T) {
	countries := []string{"DE", "AT", "FR", "ES", "CH", "GB", "US", "NO", "", "XX"}
	country := rapid.SampledFrom(countries)
	kinds := rapid.SampledFrom([]access.RegistrationKind{access.RegisteredStandard, access.RegisteredOSS, access.RegisteredSmall})
	zero := tariff.TaxRate{Country: "NO", Name: "VAT", Category: tariff.CategoryZero, Term: access.Term{From: "2020-01-01"}}
	rapid.Check(t, func(t *rapid.T) {
		s := tariff.Supply{Established: country.Draw(t, "seller"), Day: access.Day(rapid.SampledFrom([]string{"2019-01-01", "2026-11-20"}).Draw(t, "day")), Currency: "EUR"}
		for range rapid.IntRange(0, 3).Draw(t, "registrations") {
			r := registration(country.Draw(t, "of"), kinds.Draw(t, "kind"))
			r.DealersOwe = rapid.Bool().Draw(t, "dealers owe")
			s.Registrations = append(s.Registrations, r)
		}
		s.Place = tariff.TaxPlace{Country: country.Draw(t, "site"), Postal: rapid.SampledFrom([]string{"", "10115", "27498", "35001", "6991", "50309", "JE1", "\x00"}).Draw(t, "postal")}
		s.Buyer = tariff.Buyer{Kind: rapid.SampledFrom([]tariff.BuyerKind{"", tariff.Consumer, tariff.Business, tariff.Dealer}).Draw(t, "buyer"),
			Country: country.Draw(t, "buys in"), Validated: rapid.Bool().Draw(t, "validated")}
		s.Buyer.VATID = access.VATPrefix(s.Buyer.Country) + "123456789"
		d := tariff.Determine(s, append(europe(), zero))
		if d.Typed {
			if s.Day >= "2020-01-01" && len(s.Registrations) > 0 {
				t.Fatalf("typed, though registered: %+v", s)
			}
			return
		}
		if len(d.Reasons) == 0 || len(d.Lines) != len(tariff.LineKinds) {
			t.Fatalf("%+v", d)
		}
		for _, l := range d.Lines {
			if l.Known != (len(l.Taxes) > 0) {
				t.Fatalf("known %t with %+v", l.Known, l.Taxes)
			}
			for _, x := range l.Taxes {
				if x.Percent == 0 && x.PerKWh == 0 && x.Category != tariff.CategoryZero && x.Category != tariff.CategoryExempt {
					t.Fatalf("nothing, and no reason: %+v", x)
				}
			}
		}
		if !d.Owed && (d.Relief.Category != tariff.CategoryReverse && d.Relief.Category != tariff.CategoryOutside || d.Note("de") == "" || !s.Buyer.Validated || s.Buyer.Kind == tariff.Consumer) {
			t.Fatalf("freed: %+v of %+v", d, s)
		}
	})
}
