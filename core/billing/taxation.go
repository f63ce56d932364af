package billing

import (
	"encoding/json"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// taxation is how a session is taxed, and who bought.
type taxation struct {
	tariff.Determination
	buyer    driver.Buyer
	language string
}

// determine says how the session is taxed: by what is known now of seller, buyer
// and rates, and a settled one by what was known then.
func (d *desk) determine(f *file) (err error) {
	if f.session.Settled {
		f.tax.Determination, err = settledTax(d.tx, f.session)
		if err == nil {
			f.taxed, f.sentence = f.asTaxed()
		}
		return err
	}
	on, err := d.present(f)
	if err != nil {
		return err
	}
	type both struct {
		taxed    *tariff.Tariff
		sentence string
	}
	b, err := look(d, taxedBy{versionOf{f.session.Tenant, f.session.Tariff, f.session.Version}, on}, func() (b both, err error) {
		b.taxed, b.sentence = f.asTaxed()
		return b, nil
	})
	f.taxed, f.sentence = b.taxed, b.sentence
	return err
}

// asTaxed is the tariff with the taxes that were determined, and its sentence; nil where
// they are not known.
func (f *file) asTaxed() (*tariff.Tariff, string) {
	t, _ := tariff.Taxed(f.tariff, &f.tax.Determination)
	if t == nil {
		return nil, ""
	}
	return t, tariff.Sentence(t, "en")
}

// present determines the tax by what is known now, and returns what that depends on.
func (d *desk) present(f *file) (on taxOn, err error) {
	t := &f.tax
	zone, err := f.site.Location()
	if err != nil {
		return on, err
	}
	if f.session.Driver != "" {
		if t.buyer, err = driver.BuyerOf(d.tx, f.session.Tenant, f.session.Driver); err != nil {
			return on, err
		}
	}
	sale := Sale{Entity: f.entity, Site: f.site, Day: access.DayOf(f.session.Began(), zone), Buyer: buyerOf(t.buyer), Currency: f.tariff.Currency}
	on = taxOn{f.session.Tenant, f.entity.ID, f.site.ID, sale.Day, sale.Buyer, string(sale.Currency)}
	t.Determination, err = look(d, on, func() (tariff.Determination, error) { return Determine(d.tx, f.session.Tenant, sale) })
	if err != nil || t.Says == "" {
		return on, err
	}
	t.language, err = languageOf(d.tx, f.session)
	return on, err
}

// Sale is what is sold at a site on a day, local to it.
type Sale struct {
	Entity   access.Entity
	Site     station.Site
	Day      access.Day
	Buyer    tariff.Buyer
	Currency money.Currency
}

// Determine says how a sale is taxed, by the seller's registrations and the
// tenant's rates.
func Determine(tx *store.Tx, tenant string, s Sale) (tariff.Determination, error) {
	regs, err := access.Registrations(tx, tenant, s.Entity.ID)
	if err != nil {
		return tariff.Determination{}, err
	}
	supply := tariff.Supply{
		Established: s.Entity.Country, Registrations: regs, Buyer: s.Buyer, Place: tariff.TaxPlace{Country: s.Site.Country, Postal: s.Site.PostalCode},
		Day: s.Day, Currency: s.Currency,
	}
	if len(regs) == 0 {
		return tariff.Determine(supply, nil), nil
	}
	rates, err := tariff.RatesFor(tx, tenant, supply)
	return tariff.Determine(supply, rates), err
}

// buyerOf is what a tax asks about a driver who buys.
func buyerOf(b driver.Buyer) tariff.Buyer {
	kinds := map[driver.BuyerKind]tariff.BuyerKind{driver.BuysAsBusiness: tariff.Business, driver.BuysToResell: tariff.Dealer}
	k, ok := kinds[b.Kind]
	if !ok {
		return tariff.Buyer{Kind: tariff.Consumer}
	}
	return tariff.Buyer{Kind: k, Country: b.Country, VATID: b.VATID, Validated: b.State == driver.VATValid}
}

// languageOf is the driver's language, or the first of the tenant's.
func languageOf(tx *store.Tx, s session.Session) (string, error) {
	if s.Driver != "" {
		d, err := driver.GetDriver(tx, access.Scope{Tenant: s.Tenant}, s.Driver)
		if err == nil && d.Language != "" || err != nil && !fail.Is(err, fail.NotFound) {
			return d.Language, err
		}
	}
	b, err := access.GetBrand(tx, s.Tenant)
	if err != nil || len(b.Languages) == 0 {
		return "", err
	}
	return b.Languages[0], nil
}

// settledTax is how the tax of a settled session came about, by its receipt.
func settledTax(tx *store.Tx, s session.Session) (tariff.Determination, error) {
	body, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT body FROM billing_document WHERE session_id = $1 AND kind = 'receipt' ORDER BY revision DESC LIMIT 1`, s.ID)
	if err != nil || !found {
		return tariff.Determination{Typed: true}, err
	}
	var b struct {
		Determined *tariff.Determination `json:"determined"`
	}
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		return tariff.Determination{}, fail.Wrap(fail.Internal, "billing.settledTax", err)
	}
	if b.Determined == nil {
		return tariff.Determination{Typed: true}, nil
	}
	return *b.Determined, nil
}

// onto says on a receipt who bought and how the tax came about.
func (t *taxation) onto(b *Body) {
	if t.buyer.Kind == driver.BuysAsBusiness || t.buyer.Kind == driver.BuysToResell {
		b.Buyer = &Buyer{string(t.buyer.Kind), t.buyer.Company, t.buyer.Address, t.buyer.Country, t.buyer.VATID}
	}
	if t.Typed {
		return
	}
	b.SellerVAT, b.Note, b.Determined = t.SellerVATID, t.Note(t.language), &t.Determination
}

// taxOf is one tax of a group as a receipt shows it.
func taxOf(e access.Entity, x tariff.TaxAmount, g tariff.TaxGroup, group int) Tax {
	t := Tax{Name: x.Tax.Name, Percent: x.Tax.Percent.String(), Net: g.Net, Tax: x.Minor, Gross: g.Gross, Category: string(x.Tax.Category), Jurisdiction: x.Tax.Jurisdiction,
		Account: taxAccount(e, x.Tax), Group: group}
	if x.Tax.PerKWh != 0 {
		t.PerKWh = x.Tax.PerKWh.String()
	}
	return t
}

// taxAccount is where a tax is owed: by jurisdiction, name and rate.
func taxAccount(e access.Entity, x tariff.Tax) string {
	at, rate := x.Jurisdiction, x.Percent.String()
	if at == "" {
		at = e.Country
	}
	if x.PerKWh != 0 {
		rate = x.PerKWh.String() + " per kWh"
	}
	return "tax/" + at + "/" + x.Name + "/" + rate
}
