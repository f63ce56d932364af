package tariff_test

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/money"
	"chargewright/core/tariff"
)

// taxedBy determines taxes for every kind of line alike.
func taxedBy(taxes ...tariff.Tax) *tariff.Determination {
	d := &tariff.Determination{Owed: true}
	for _, k := range tariff.LineKinds {
		l := tariff.LineTax{Kind: k, Known: true}
		for _, x := range taxes {
			if x.PerKWh == 0 || k == tariff.LineEnergy {
				l.Taxes = append(l.Taxes, x)
			}
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

func TestPricesAreToldWithTax(t *testing.T) {
	vat := tariff.Tax{Name: "VAT", Percent: 19 * money.One}
	state, city, excise := tariff.Tax{Name: "State", Percent: 6 * money.One}, tariff.Tax{Name: "City", Percent: 10 * money.One, OnTaxes: true}, tariff.Tax{Name: "Excise", PerKWh: 50_000}
	unknown := &tariff.Determination{Owed: true}
	net, gross, none := `"tax_included":"NO",`, `"tax_included":"YES",`, `"tax_included":"N/A",`
	all := `"elements":[` + element("", "ENERGY 0.5", "PARKING_TIME 6", "FLAT 1") + `]`
	typed := `"elements":[{"price_components":[{"type":"ENERGY","price":0.5,"vat":19},{"type":"FLAT","price":1,"vat":7}]}]`
	for name, c := range map[string]struct {
		tariff  string
		d       *tariff.Determination
		country string
		want    string
		says    tariff.TaxMode
	}{
		"net prices":                            {net + all, taxedBy(vat), "DE", "€0.595 per kWh, €0.119 per minute after charging ends, €1.19 per session", tariff.TaxIncluded},
		"gross prices stand":                    {gross + all, taxedBy(vat), "DE", "€0.50 per kWh, €0.10 per minute after charging ends, €1.00 per session", tariff.TaxIncluded},
		"prices without tax are gross":          {none + all, taxedBy(vat), "DE", "€0.50 per kWh, €0.10 per minute after charging ends, €1.00 per session", tariff.TaxIncluded},
		"the tariff's own taxes":                {net + typed, &tariff.Determination{Typed: true}, "DE", "€0.595 per kWh, €1.07 per session", tariff.TaxIncluded},
		"no tax at all":                         {none + all, &tariff.Determination{Typed: true}, "DE", "€0.50 per kWh, €0.10 per minute after charging ends, €1.00 per session", tariff.TaxNone},
		"without tax in the United States":      {net + all, taxedBy(state), "US", "€0.50 per kWh, €0.10 per minute after charging ends, €1.00 per session, plus tax", tariff.TaxAdded},
		"an excise, and a tax on it":            {net + all, taxedBy(excise, city), "MX", "€0.605 per kWh, €0.11 per minute after charging ends, €1.10 per session", tariff.TaxIncluded},
		"a tax that nobody knows":               {net + all, unknown, "DE", "€0.50 per kWh, €0.10 per minute after charging ends, €1.00 per session, plus tax", tariff.TaxAdded},
		"who is exempt says nothing of tax":     {net + all, taxedBy(tariff.Tax{Name: "VAT", Category: tariff.CategoryExempt}), "DE", "€0.50 per kWh, €0.10 per minute after charging ends, €1.00 per session", tariff.TaxNone},
		"a least and a most":                    {net + `"min_price":{"excl_vat":2},"max_price":{"excl_vat":10},` + all, taxedBy(vat), "DE", "€0.595 per kWh, €0.119 per minute after charging ends, €1.19 per session, at least €2.38, at most €11.90", tariff.TaxIncluded},
		"a least of parts that are taxed apart": {net + `"min_price":{"excl_vat":2},` + typed, &tariff.Determination{Typed: true}, "DE", "€0.595 per kWh, €1.07 per session, at least €2.00 before tax", tariff.TaxIncluded},
		"a price that follows an index": {net + `"elements":[{"price_components":[{"type":"ENERGY","price":0.6,"spot":{"index":"x","factor":1.1,"margin":-0.1,"cap":1}}]}]`, taxedBy(excise, vat), "DE",
			"spot price × 1.309 − €0.069 per kWh, at least €0.05 and at most €1.24; see details", tariff.TaxIncluded},
	} {
		t.Run(name, func(t *testing.T) {
			x := tariff.Told(parsed(t, c.tariff), c.d, c.country)
			if got := tariff.Sentence(x, "en"); got != c.want || tariff.TaxSaid(x) != c.says {
				t.Errorf("it says %q, %s\nwant    %q, %s", got, tariff.TaxSaid(x), c.want, c.says)
			}
		})
	}
}

// What a buyer computes from the prices that they are told is what is billed: net
// lines are rounded and then their taxes, so that each line and each tax may move it
// by half a minor unit.
func TestPriceToldTimesQuantityIsBilled(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		tf := &tariff.Tariff{ID: "T", Currency: rapid.SampledFrom([]money.Currency{"EUR", "JPY", "KWD"}).Draw(r, "currency"), Taxes: tariff.TaxAdded, Elements: []tariff.Element{{}}}
		for _, d := range []tariff.Dimension{tariff.Energy, tariff.Time, tariff.ParkingTime, tariff.Flat} {
			if p := rapid.Int64Range(0, 20_000_000).Draw(r, "price"); rapid.Bool().Draw(r, "priced") {
				tf.Elements[0].Components = append(tf.Elements[0].Components, tariff.Component{Dimension: d, Price: money.Price(p)})
			}
		}
		var taxes []tariff.Tax
		if rapid.Bool().Draw(r, "excise") {
			taxes = append(taxes, tariff.Tax{Name: "Excise", PerKWh: money.Price(rapid.Int64Range(1, 200_000).Draw(r, "per kWh"))})
		}
		taxes = append(taxes, tariff.Tax{Name: "VAT", Percent: money.Percent(rapid.Int64Range(0, 30_000_000).Draw(r, "percent"))})
		if rapid.Bool().Draw(r, "stacked") {
			taxes = append(taxes, tariff.Tax{Name: "City", Percent: money.Percent(rapid.Int64Range(0, 10_000_000).Draw(r, "on top")), OnTaxes: true})
		}
		d := taxedBy(taxes...)
		b := builder{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		b.add(tariff.Charging, time.Duration(rapid.Int64Range(1, 6*3600).Draw(r, "seconds"))*time.Second, rapid.Int64Range(0, 200_000_000).Draw(r, "energy"))
		b.add(tariff.SuspendedEV, time.Duration(rapid.Int64Range(1, 6*3600).Draw(r, "parked"))*time.Second, 0)
		s := &tariff.Session{Zone: time.UTC, Segments: b.segments}

		taxed, missing := tariff.Taxed(tf, d)
		if missing != nil {
			r.Fatal(missing)
		}
		billed, err := tariff.RateTaxed(taxed, s, d)
		if err != nil {
			r.Fatal(err)
		}
		told := tariff.Told(tf, d, "DE")
		if told.Taxes != tariff.TaxIncluded {
			r.Fatalf("told %s", told.Taxes)
		}
		at, err := tariff.Rate(told, s) // its exact gross is price told × quantity
		if err != nil {
			r.Fatal(err)
		}
		per := new(big.Rat).SetInt64(money.Pow10(tf.Currency.Exponent()))
		off := new(big.Rat).Mul(at.CDR.Gross, per)
		off.Abs(off.Sub(off, new(big.Rat).SetInt64(billed.Invoice.Gross)))
		lines, rounds := int64(len(billed.Lines)), int64(0)
		for _, g := range billed.Invoice.Groups {
			rounds += int64(len(g.Taxes))
		}
		// Half a unit of each line with its taxes (at most 43 %), and of each tax; and
		// half of 10⁻⁶ of each of at most 400 kWh and hours.
		most := new(big.Rat).Add(big.NewRat(lines*143+rounds*100, 200), new(big.Rat).Mul(big.NewRat(400, 2_000_000), per))
		if off.Cmp(most) > 0 {
			r.Fatalf("told %s, billed %d: %s apart, at most %s", at.CDR.Gross.FloatString(6), billed.Invoice.Gross, off.FloatString(4), most.FloatString(4))
		}
	})
}
