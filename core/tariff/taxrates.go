package tariff

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Entry says who entered a rate, when, and after what source.
type Entry struct {
	Source    string
	EnteredBy string // "" is the table that we ship
	EnteredAt time.Time
}

// Bounds of tax rates.
const (
	MaxTaxRates  = 10_000 // of a tenant
	MaxTaxPostal = 200    // beginnings of postal codes of a rate
)

var postalForm = regexp.MustCompile(`^[A-Z0-9]{1,10}$`)

// check returns the rate in its plain form; an Invalid error names the field.
func (r TaxRate) check() (TaxRate, error) {
	const op = "tariff.AddTaxRate"
	if err := access.CheckCountry(r.Country); err != nil {
		return r, err
	}
	if err := access.CheckRegion(r.Country, r.Region); err != nil {
		return r, err
	}
	if len(r.Postal) > MaxTaxPostal {
		return r, fail.Field(op, "postal", "has more than %d beginnings", MaxTaxPostal)
	}
	r.Postal = slices.Clone(r.Postal)
	for i, p := range r.Postal {
		if r.Postal[i] = plainPostal(r.Country, p); !postalForm.MatchString(r.Postal[i]) {
			return r, fail.Field(op, "postal", "%.20q is no beginning of a postal code", p)
		}
	}
	slices.Sort(r.Postal)
	r.Postal = slices.Compact(r.Postal)
	switch n := utf8.RuneCountInString(r.Name); {
	case n == 0 || n > 60 || strings.Contains(r.Name, "/"):
		return r, fail.Field(op, "name", "must have 1 to 60 characters and no slash")
	case r.Kind != "" && !slices.Contains(LineKinds, r.Kind):
		return r, fail.Field(op, "kind", "%.20q is no kind of line", string(r.Kind))
	case r.Percent < 0 || r.Percent > maxPercent:
		return r, fail.Field(op, "percent", "is not between 0 and %s", maxPercent)
	case r.PerKWh < 0 || r.PerKWh > maxPrice:
		return r, fail.Field(op, "per_kwh", "is not between 0 and %s", maxPrice)
	case len(r.Source) > 500:
		return r, fail.Field(op, "source", "has more than 500 bytes")
	}
	if err := r.checkAmount(); err != nil {
		return r, err
	}
	return r, r.Term.Check()
}

// checkAmount checks percentage, amount per kWh and category against each other.
func (r TaxRate) checkAmount() error {
	const op = "tariff.AddTaxRate"
	taxing := []Category{CategoryStandard, CategoryCanaries, CategoryCeuta}
	switch {
	case r.PerKWh != 0 && r.Percent != 0:
		return fail.Field(op, "per_kwh", "a tax is a percentage or an amount per kWh")
	case r.PerKWh != 0 && !r.Currency.Known():
		return fail.Field(op, "currency", "an amount per kWh has a currency")
	case r.PerKWh == 0 && r.Currency != "":
		return fail.Field(op, "currency", "belongs to an amount per kWh")
	case r.PerKWh != 0 && (r.OnTaxes || r.Kind != LineEnergy):
		return fail.Field(op, "kind", "an amount per kWh is of energy lines and stacks on nothing")
	case r.PerKWh == 0 && r.Percent == 0 && !slices.Contains([]Category{CategoryZero, CategoryExempt, CategoryOutside}, r.Category):
		return fail.Field(op, "category", "a rate of 0 says why: Z, E or O")
	case (r.PerKWh != 0 || r.Percent != 0) && !slices.Contains(taxing, r.Category):
		return fail.Field(op, "category", "a tax of more than 0 is one of S, L, M")
	}
	return nil
}

// same reports whether two rates are one after the other of the same tax.
func (r *TaxRate) same(o *TaxRate) bool {
	return r.Country == o.Country && r.Region == o.Region && r.Name == o.Name && r.Kind == o.Kind && slices.Equal(r.Postal, o.Postal)
}

const taxRateColumns = `id, country, region, postal, name, kind, percent_e6, per_kwh_e6, currency, on_taxes, category, valid_from, valid_until, source, entered_by, entered_at`

func scanTaxRate(r *store.Row) TaxRate {
	x := TaxRate{
		ID: r.Text(0), Country: r.Text(1), Region: r.Text(2), Name: r.Text(4), Kind: LineKind(r.Text(5)), Percent: money.Percent(r.Int(6)), PerKWh: money.Price(r.Int(7)),
		Currency: money.Currency(r.Text(8)), OnTaxes: r.Bool(9), Category: Category(r.Text(10)), Term: access.Term{From: access.Day(r.Text(11)), Until: access.Day(r.Text(12))},
		Entry: Entry{Source: r.Text(13), EnteredBy: r.Text(14), EnteredAt: r.Time(15)},
	}
	if p := r.Text(3); p != "" {
		x.Postal = strings.Split(p, ",")
	}
	return x
}

// TaxRates lists the tenant's rates by country, region, name and beginning,
// MaxTaxRates at most. A country of "" is all of them.
func TaxRates(tx *store.Tx, tenant, country string) ([]TaxRate, error) {
	return store.All(tx, scanTaxRate, `SELECT `+taxRateColumns+` FROM tariff_tax_rate WHERE tenant_id = $1 AND ($2 = '' OR country = $2)
		ORDER BY country, region, name, kind, valid_from DESC, id LIMIT $3`, tenant, country, MaxTaxRates)
}

// RatesFor returns the rates that Determine needs for a supply: those that hold
// on its day at the site, and at the seller's for a dealer at home there.
func RatesFor(tx *store.Tx, tenant string, s Supply) ([]TaxRate, error) {
	out, err := ratesOf(tx, tenant, s.Place.resolve(), s.Day)
	if err != nil || s.Buyer.Kind != Dealer || s.Buyer.Country == s.Place.Country {
		return out, err
	}
	home, err := ratesOf(tx, tenant, TaxPlace{Country: s.Buyer.Country}, s.Day)
	return append(out, home...), err
}

func ratesOf(tx *store.Tx, tenant string, p TaxPlace, day access.Day) ([]TaxRate, error) {
	return store.All(tx, scanTaxRate, `SELECT `+taxRateColumns+` FROM tariff_tax_rate
		WHERE tenant_id = $1 AND country = $2 AND region IN ('', $3) AND valid_from <= $4 AND (valid_until = '' OR valid_until > $4)
		ORDER BY valid_from, id LIMIT $5`, tenant, p.Country, p.Region, string(day), MaxTaxRates)
}

// AddTaxRate enters a rate. Where another rate of the same tax holds without
// end, that one ends when the new one begins. What held on a day before today
// (in UTC) is never rewritten, so a rate may begin in the past only where none
// of the same tax was known; else, and where a later one begins before the new
// one ends, it is a Conflict.
func AddTaxRate(tx *store.Tx, sc access.Scope, r TaxRate) (TaxRate, error) {
	const op = "tariff.AddTaxRate"
	r, err := r.check()
	if err != nil {
		return r, err
	}
	have, err := TaxRates(tx, sc.Tenant, "")
	if err != nil {
		return r, err
	}
	if len(have) >= MaxTaxRates {
		return r, fail.New(fail.Conflict, op, "there are %d rates already, which is the most", len(have))
	}
	today := access.DayOf(tx.Now(), time.UTC)
	for i := range have {
		o := &have[i]
		switch {
		case !r.same(o) || !r.Meets(o.Term):
			continue
		case o.Until != "" || o.From >= r.From:
			return r, fail.New(fail.Conflict, op, "another rate of this tax holds from %s until %s; end it first", o.From, orOpen(o.Until))
		case r.From < today:
			return r, fail.New(fail.Conflict, op, "another rate of this tax holds since %s: the new one begins today at the earliest", o.From)
		}
		tx.Write(`UPDATE tariff_tax_rate SET valid_until = $1 WHERE tenant_id = $2 AND id = $3`, string(r.From), sc.Tenant, o.ID)
	}
	r.EnteredBy, r.EnteredAt = sc.Actor, tx.Now()
	return insertTaxRate(tx, sc.Tenant, r), nil
}

func orOpen(d access.Day) string {
	if d == "" {
		return "further notice"
	}
	return string(d)
}

func insertTaxRate(tx *store.Tx, tenant string, r TaxRate) TaxRate {
	r.ID = id.New("tax")
	tx.Write(`INSERT INTO tariff_tax_rate (`+taxRateColumns+`, tenant_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		r.ID, r.Country, r.Region, strings.Join(r.Postal, ","), r.Name, string(r.Kind), int64(r.Percent), int64(r.PerKWh), string(r.Currency), r.OnTaxes, string(r.Category),
		string(r.From), string(r.Until), r.Source, r.EnteredBy, r.EnteredAt, tenant)
	return r
}

// EndTaxRate lets a rate end: until is the first day on which it does not hold,
// today (in UTC) at the earliest, else it is a Conflict. One that has not begun
// by then is taken away.
func EndTaxRate(tx *store.Tx, sc access.Scope, rate string, until access.Day) error {
	const op = "tariff.EndTaxRate"
	if _, err := access.ParseDay("valid_until", string(until)); err != nil {
		return err
	}
	r, found, err := store.One(tx, scanTaxRate, `SELECT `+taxRateColumns+` FROM tariff_tax_rate WHERE tenant_id = $1 AND id = $2`, sc.Tenant, rate)
	switch {
	case err != nil:
		return err
	case !found:
		return fail.New(fail.NotFound, op, "there is no tax rate %q", clip(rate))
	case until < access.DayOf(tx.Now(), time.UTC):
		return fail.New(fail.Conflict, op, "%s is past: what held then stays", until)
	case r.Until != "" && r.Until < until:
		return fail.New(fail.Conflict, op, "it ends on %s already; enter another", r.Until)
	case until <= r.From:
		tx.Write(`DELETE FROM tariff_tax_rate WHERE tenant_id = $1 AND id = $2`, sc.Tenant, rate)
	default:
		tx.Write(`UPDATE tariff_tax_rate SET valid_until = $1 WHERE tenant_id = $2 AND id = $3`, string(until), sc.Tenant, rate)
	}
	return nil
}

// ShipTaxRates gives a tenant that has no tax rates the table that we ship.
func ShipTaxRates(tx *store.Tx, tenant string) error {
	_, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT id FROM tariff_tax_rate WHERE tenant_id = $1 ORDER BY id LIMIT 1`, tenant)
	if err != nil || found {
		return err
	}
	for _, s := range shipped {
		insertTaxRate(tx, tenant, TaxRate{
			Country: s.country, Region: s.region, Name: "VAT", Percent: s.percent, Category: CategoryStandard,
			Term: access.Term{From: s.since}, Entry: Entry{Source: shippedSource, EnteredAt: tx.Now()},
		})
	}
	return nil
}

const shippedSource = "Standard rate as shipped with this release; check it before you rely on it"

// shipped are the standard rates of value added tax of the EU, the EEA,
// Switzerland and the United Kingdom in November 2026, and since when each
// holds. Reduced rates are not among them.
var shipped = []struct {
	country, region string
	percent         money.Percent
	since           access.Day
}{
	{"AT", "", 20 * money.One, "1984-01-01"}, {"AT", "AT-Mittelberg", 19 * money.One, "1995-01-01"}, {"BE", "", 21 * money.One, "1996-01-01"},
	{"BG", "", 20 * money.One, "1999-01-01"}, {"CH", "", 8_100_000, "2024-01-01"}, {"CY", "", 19 * money.One, "2014-01-13"}, {"CZ", "", 21 * money.One, "2013-01-01"},
	{"DE", "", 19 * money.One, "2021-01-01"}, {"DK", "", 25 * money.One, "1992-01-01"}, {"EE", "", 24 * money.One, "2025-07-01"}, {"ES", "", 21 * money.One, "2012-09-01"},
	{"FI", "", 25_500_000, "2024-09-01"}, {"FR", "", 20 * money.One, "2014-01-01"}, {"GB", "", 20 * money.One, "2011-01-04"}, {"GR", "", 24 * money.One, "2016-06-01"},
	{"HR", "", 25 * money.One, "2012-03-01"}, {"HU", "", 27 * money.One, "2012-01-01"}, {"IE", "", 23 * money.One, "2021-03-01"}, {"IS", "", 24 * money.One, "2015-01-01"},
	{"IT", "", 22 * money.One, "2013-10-01"}, {"LI", "", 8_100_000, "2024-01-01"}, {"LT", "", 21 * money.One, "2009-09-01"}, {"LU", "", 17 * money.One, "2024-01-01"},
	{"LV", "", 21 * money.One, "2012-07-01"}, {"MT", "", 18 * money.One, "2004-01-01"}, {"NL", "", 21 * money.One, "2012-10-01"}, {"NO", "", 25 * money.One, "2005-01-01"},
	{"PL", "", 23 * money.One, "2011-01-01"}, {"PT", "", 23 * money.One, "2011-01-01"}, {"PT", "PT-20", 16 * money.One, "2021-07-01"},
	{"PT", "PT-30", 22 * money.One, "2012-04-01"}, {"RO", "", 21 * money.One, "2025-08-01"}, {"SE", "", 25 * money.One, "1990-07-01"}, {"SI", "", 22 * money.One, "2013-07-01"},
	{"SK", "", 23 * money.One, "2025-01-01"},
}
