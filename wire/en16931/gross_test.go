package en16931

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"chargewright/base/fail"
)

// basket draws groups as a receipt with prices that include tax has them: tax
// rounded once per rate, net the difference.
func basket(t *rapid.T) []GrossGroup {
	rates := rapid.SliceOfNDistinct(rapid.Int64Range(1, 2700), 1, 3, rapid.ID[int64]).Draw(t, "rates")
	var groups []GrossGroup
	for _, r := range rates {
		g := GrossGroup{Category: Standard, Rate: Dec(r, 2)}
		for range rapid.IntRange(1, 8).Draw(t, "lines") {
			l := GrossLine{
				Gross: Amount(rapid.Int64Range(-500, 200_000).Draw(t, "gross")),
				Line:  Line{Name: "Energie", Unit: KilowattHour, Quantity: Dec(rapid.Int64Range(0, 500_000).Draw(t, "quantity"), 3)},
			}
			g.Gross += l.Gross
			g.Lines = append(g.Lines, l)
		}
		tax := new(big.Rat).Mul(new(big.Rat).SetInt(big64(g.Gross)), g.Rate.Rat())
		g.Tax = Amount(round(tax.Quo(tax, new(big.Rat).Add(big.NewRat(100, 1), g.Rate.Rat()))).Int64())
		g.Net = g.Gross - g.Tax
		groups = append(groups, g)
	}
	return groups
}

func TestABasketPricedWithTaxConforms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := basket(t)
		inv := sample(Standard)
		inv.Exponent = rapid.SampledFrom([]int{0, 2}).Draw(t, "exponent")
		inv.Allowances, inv.Charges = nil, nil
		var err error
		if inv.Lines, inv.Taxes, err = NetLines(inv.Exponent, groups); err != nil {
			t.Fatal(err)
		}
		inv.Totals = Totals{Prepaid: Amount(rapid.Int64Range(0, 1000).Draw(t, "prepaid"))}
		if err := inv.Total(); err != nil {
			t.Fatal(err)
		}
		var net, tax, gross Amount
		for _, g := range groups {
			net, tax, gross = net+g.Net, tax+g.Tax, gross+g.Gross
		}
		if s := inv.Totals; s.Net != net || s.Tax != tax || s.Gross != gross || s.Due != gross-s.Prepaid {
			t.Fatalf("totals %+v of net %d tax %d gross %d", s, net, tax, gross)
		}
		for _, p := range []Profile{EN16931, XRechnung} {
			for _, f := range Check(inv, p) {
				t.Fatal(f)
			}
		}
	})
}

func TestABasketPricedWithoutTaxConforms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv := sample(Standard)
		inv.Exponent = rapid.SampledFrom([]int{0, 2}).Draw(t, "exponent")
		inv.Lines, inv.Charges = nil, nil
		rate := rapid.SampledFrom([]Decimal{Dec(19, 0), Dec(7, 0), Dec(55, 1)})
		for range rapid.IntRange(1, 10).Draw(t, "lines") {
			l := Line{Name: "Zeit", Unit: Minute, Category: Standard, Rate: rate.Draw(t, "rate"), Net: Amount(rapid.Int64Range(-1000, 1e9).Draw(t, "net")), Quantity: Dec(rapid.Int64Range(1, 1e6).Draw(t, "quantity"), 3), ID: "x"}
			if err := l.price(inv.Exponent); err != nil {
				t.Fatal(err)
			}
			inv.Lines = append(inv.Lines, l)
		}
		inv.Allowances = []Adjustment{{Amount(rapid.Int64Range(0, 500).Draw(t, "allowance")), Standard, rate.Draw(t, "rate"), "Bonus"}}
		inv.Taxes = inv.Breakdown()
		if err := inv.Total(); err != nil {
			t.Fatal(err)
		}
		for _, f := range Check(inv, XRechnung) {
			t.Fatal(f)
		}
	})
}

func TestTheMissingUnitGoesToTheLargestRemainder(t *testing.T) {
	// 19 %: 1.00 → 0.8403…, 2.00 → 1.6806…, 0.50 → 0.4201…; together 2.941 → 2.94
	g := GrossGroup{Category: Standard, Rate: Dec(19, 0), Net: 294, Tax: 56, Gross: 350, Lines: []GrossLine{{Gross: 100}, {Gross: 200}, {Gross: 50}}}
	lines, taxes, err := NetLines(2, []GrossGroup{g})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Amount{84, 168, 42} {
		if lines[i].Net != want {
			t.Errorf("line %d has %d, want %d", i+1, lines[i].Net, want)
		}
	}
	if lines[1].ID != "2" || lines[1].Quantity.String() != "1" || lines[1].Price.String() != "1.68" || lines[1].Unit != One {
		t.Errorf("%+v", lines[1])
	}
	if taxes[0].Taxable != 294 || taxes[0].Amount != 56 {
		t.Errorf("%+v", taxes[0])
	}
}

// 0.03 with 19 % is 0.0252 and 0.0048: tax 0.00, net 0.03, and 0.03 × 19 % is
// 0.01. No net and its tax make 0.03 … the rule lets one unit pass.
func TestAGrossThatIsNoNetPlusTaxStillConforms(t *testing.T) {
	inv := sample(Standard)
	inv.Allowances, inv.Charges = nil, nil
	var err error
	inv.Lines, inv.Taxes, err = NetLines(2, []GrossGroup{{Category: Standard, Rate: Dec(19, 0), Net: 3, Tax: 0, Gross: 3, Lines: []GrossLine{{Gross: 3, Line: Line{Name: "Rest"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := inv.Total(); err != nil {
		t.Fatal(err)
	}
	for _, f := range Check(inv, XRechnung) {
		t.Error(f)
	}
}

func TestAGroupThatDoesNotAddUpIsInvalid(t *testing.T) {
	for what, g := range map[string]GrossGroup{
		"lines":         {Rate: Dec(19, 0), Net: 100, Tax: 19, Gross: 119, Lines: []GrossLine{{Gross: 118}}},
		"net and tax":   {Rate: Dec(19, 0), Net: 100, Tax: 18, Gross: 119, Lines: []GrossLine{{Gross: 119}}},
		"another rate":  {Rate: Dec(7, 0), Net: 100, Tax: 19, Gross: 119, Lines: []GrossLine{{Gross: 119}}},
		"negative rate": {Rate: Dec(-100, 0), Net: 100, Tax: 19, Gross: 119, Lines: []GrossLine{{Gross: 119}}},
		"no lines":      {Rate: Dec(19, 0), Net: 100, Tax: 19, Gross: 119},
	} {
		if _, _, err := NetLines(2, []GrossGroup{g}); !fail.Is(err, fail.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestOutOfScopeHasNoRateAndNoTax(t *testing.T) {
	lines, taxes, err := NetLines(2, []GrossGroup{{Category: OutOfScope, Reason: "Schadenersatz", Net: 500, Gross: 500, Lines: []GrossLine{{Gross: 500, Line: Line{Name: "Blockiergebühr"}}}}})
	if err != nil || lines[0].Rate.Set() || lines[0].Net != 500 || taxes[0].Reason != "Schadenersatz" {
		t.Errorf("%+v %+v %v", lines, taxes, err)
	}
}

func TestDecimals(t *testing.T) {
	for s, want := range map[string]string{"11.025": "11.025", "-0.5": "-0.5", "0": "0", "007": "7", "0.00": "0.00", "999999999999999999": "999999999999999999"} {
		if d, err := ParseDecimal(s); err != nil || d.String() != want {
			t.Errorf("%q: %s %v", s, d, err)
		}
	}
	for _, s := range []string{"", ".", "1.", ".5", "1e3", "+1", "--1", "1,5", "0.1234567890123", "1234567890123456789", " 1"} {
		if d, err := ParseDecimal(s); !fail.Is(err, fail.Invalid) {
			t.Errorf("%q is read as %s", s, d)
		}
	}
	if Dec(1, 13).Set() || Dec(1, -1).Set() || (Decimal{}).String() != "" {
		t.Error("no number is shown as one")
	}
	if !Dec(190, 1).Equal(Dec(19, 0)) || (Decimal{}).Equal(Dec(0, 0)) {
		t.Error("equal")
	}
}

func TestTotalsBeyondInt64AreInvalid(t *testing.T) {
	inv := &Invoice{Lines: []Line{{Net: 1 << 62}, {Net: 1 << 62}}}
	if err := inv.Total(); !fail.Is(err, fail.Invalid) {
		t.Error(err)
	}
}
