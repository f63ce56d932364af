package money_test

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/money"

	"pgregory.net/rapid"
)

func TestCurrencyExponents(t *testing.T) {
	for code, want := range map[string]int{"EUR": 2, "JPY": 0, "ISK": 0, "KWD": 3, "TND": 3, "USD": 2, "CLP": 0} {
		c, err := money.ParseCurrency(code)
		if err != nil || c.Exponent() != want {
			t.Errorf("%s: exponent %d, %v; want %d", code, c.Exponent(), err, want)
		}
	}
	for _, code := range []string{"", "eur", "EURO", "XAU", "CLF", "DEM", "€"} {
		if _, err := money.ParseCurrency(code); !fail.Is(err, fail.Invalid) {
			t.Errorf("%q was taken for a currency (%v)", code, err)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	good := map[string]int64{
		"0": 0, "-0": 0, "0.000001": 1, "-0.5": -500_000, "5.2": 5_200_000, "1e3": 1_000_000_000, "25E-2": 250_000,
		"0.2500000": 250_000, "9223372036854.775807": math.MaxInt64, "00.10": 100_000, "0e399": 0,
	}
	for s, want := range good {
		if n, err := money.ParseDecimal(s, 6); err != nil || n != want {
			t.Errorf("%q = %d, %v; want %d", s, n, err, want)
		}
	}
	for _, s := range []string{
		"", "-", ".", "1.", ".5", "+1", "1,5", "0.0000001", "1e-7", "9223372036854.775808", "1e400", "1e", "1e+",
		"NaN", "0x1", " 1", "1 ", "--1", "1.2.3", strings.Repeat("9", 2000), "١",
	} {
		if n, err := money.ParseDecimal(s, 6); !fail.Is(err, fail.Invalid) {
			t.Errorf("%q = %d, %v; want an error", s, n, err)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{money.Amount{Minor: 1230, Currency: "EUR"}.String(), "12.30 EUR"},
		{money.Amount{Minor: -5, Currency: "KWD"}.Decimal(), "-0.005"},
		{money.Amount{Minor: 500, Currency: "JPY"}.Decimal(), "500"},
		{money.Amount{Minor: math.MinInt64, Currency: "EUR"}.Decimal(), "-92233720368547758.08"},
		{money.Price(250_000).String(), "0.25"},
		{money.Price(500_000).String(), "0.50"},
		{money.Price(1).String(), "0.000001"},
		{money.Percent(5_200_000).String(), "5.2"},
		{money.Percent(19_000_000).String(), "19"},
		{money.Percent(20_000_000).String(), "20"},
		{money.FormatDecimal(100, 0, 0), "100"},
		{money.FormatRat(big.NewRat(-1, 8), 2), "-0.13"},
		{money.FormatRat(big.NewRat(19, 8), 4), "2.3750"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestRoundingIsHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct{ a, b, d, want int64 }{
		{5, 1, 10, 1}, {-5, 1, 10, -1}, {4, 1, 10, 0}, {15, 1, 10, 2}, {25, 1, 10, 3}, {33_000_000, 245_000, 1e10, 809},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64}, {math.MinInt64 + 1, 1, 1, math.MinInt64 + 1},
	} {
		if n, err := money.MulDiv(c.a, c.b, c.d); err != nil || n != c.want {
			t.Errorf("%d·%d/%d = %d, %v; want %d", c.a, c.b, c.d, n, err, c.want)
		}
	}
	for _, c := range [][3]int64{{math.MaxInt64, 2, 1}, {math.MaxInt64, math.MaxInt64, 1}, {1, 1, 0}, {1, 1, -1}} {
		if n, err := money.MulDiv(c[0], c[1], c[2]); err == nil {
			t.Errorf("%v = %d without an error", c, n)
		}
	}
}

func TestMulDivAgreesWithRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		d := rapid.Int64Range(1, math.MaxInt64).Draw(t, "d")
		r := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), big.NewInt(d))
		want, wantErr := money.RoundRat(r)
		got, err := money.MulDiv(a, b, d)
		if (err == nil) != (wantErr == nil) && want != math.MinInt64 {
			t.Fatalf("errors differ: %v, %v", err, wantErr)
		}
		if err == nil && got != want {
			t.Fatalf("%d·%d/%d = %d, rational says %d", a, b, d, got, want)
		}
	})
}

func TestSumsNeverWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		edge := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64}))
		a, b := edge.Draw(t, "a"), edge.Draw(t, "b")
		x, y := money.Amount{Minor: a, Currency: "EUR"}, money.Amount{Minor: b, Currency: "EUR"}
		check := func(got money.Amount, err error, want *big.Int) {
			if want.IsInt64() != (err == nil) {
				t.Fatalf("%d, %d: error %v, true value %s", a, b, err, want)
			}
			if err == nil && got.Minor != want.Int64() {
				t.Fatalf("%d, %d: got %d, true value %s", a, b, got.Minor, want)
			}
		}
		sum, err := x.Add(y)
		check(sum, err, new(big.Int).Add(big.NewInt(a), big.NewInt(b)))
		diff, err := x.Sub(y)
		check(diff, err, new(big.Int).Sub(big.NewInt(a), big.NewInt(b)))
		neg, err := x.Neg()
		check(neg, err, new(big.Int).Neg(big.NewInt(a)))
	})
	if _, err := (money.Amount{Minor: 1, Currency: "EUR"}).Add(money.Amount{Minor: 1, Currency: "USD"}); !fail.Is(err, fail.Conflict) {
		t.Errorf("euros and dollars were added: %v", err)
	}
}

func TestDecimalRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Min(math.MinInt64+1).Draw(t, "n")
		scale := rapid.IntRange(0, 9).Draw(t, "scale")
		s := money.FormatDecimal(n, scale, rapid.IntRange(0, scale).Draw(t, "at least"))
		if back, err := money.ParseDecimal(s, scale); err != nil || back != n {
			t.Fatalf("%d at scale %d is %q, which reads as %d, %v", n, scale, s, back, err)
		}
	})
}

func TestJSON(t *testing.T) {
	var got struct {
		A money.Amount
		P []money.Price
		R money.Percent
	}
	in := `{"A":{"amount_minor":1230,"currency":"EUR"},"P":[0.1,"0.2",1e-6],"R":"5.2"}`
	if err := json.Unmarshal([]byte(in), &got); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(got)
	want := `{"A":{"amount_minor":1230,"currency":"EUR"},"P":["0.10","0.20","0.000001"],"R":"5.2"}`
	if err != nil || string(out) != want {
		t.Errorf("got %s, %v; want %s", out, err, want)
	}
	for _, bad := range []string{
		`{"A":{"amount_minor":1.5,"currency":"EUR"}}`, `{"A":{"currency":"EUR"}}`, `{"A":{"amount_minor":1}}`,
		`{"A":{"amount_minor":1,"currency":"ZZZ"}}`, `{"P":["x"]}`, `{"P":[true]}`, `{"R":0.0000001}`,
	} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestApportion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1e6), 1, 6).Draw(t, "weights")
		total := rapid.Int64Range(-1e7, 1e7).Draw(t, "total")
		shares, err := money.Apportion(total, weights)
		if err != nil {
			t.Fatal(err)
		}
		var sum, weight int64
		for i := range shares {
			sum += shares[i]
			weight += weights[i]
		}
		if sum != total {
			t.Fatalf("%v add up to %d, not %d", shares, sum, total)
		}
		for i, s := range shares {
			if (s > 0) != (total > 0) && s != 0 {
				t.Fatalf("share %d of %v has the wrong sign", i, shares)
			}
			if max(total, -total) <= weight && max(s, -s) > weights[i] {
				t.Fatalf("share %d of %v is more than its weight %v", i, shares, weights)
			}
		}
	})
	for _, c := range []struct {
		total         int64
		weights, want []int64
	}{
		{100, []int64{1, 1, 1}, []int64{33, 33, 34}},        // the last takes the rest
		{-100, []int64{1, 1, 1}, []int64{-33, -33, -34}},    // of either sign
		{10, []int64{1, 1, 0}, []int64{5, 5, 0}},            // who has no weight gets nothing
		{10, []int64{0, 0}, []int64{0, 10}},                 // unless nobody has
		{2, []int64{1, 1, 1, 1}, []int64{1, 1, 0, 0}},       // rounding up ends when nothing is left
		{8, []int64{4, 4, 4, 1}, []int64{2, 2, 3, 1}},       // nobody gives more than he has
		{20, []int64{4, 4, 4, 1}, []int64{6, 6, 6, 2}},      // but may get more
		{5, []int64{3, 3, 3, 0, 1}, []int64{2, 2, 1, 0, 0}}, // all at once
	} {
		if got, err := money.Apportion(c.total, c.weights); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%d over %v is %v, %v; want %v", c.total, c.weights, got, err, c.want)
		}
	}
	if _, err := money.Apportion(1, nil); err == nil {
		t.Error("nobody took a share without an error")
	}
	if _, err := money.Apportion(1, []int64{-1}); err == nil {
		t.Error("a negative weight was accepted")
	}
}

func TestSplit(t *testing.T) {
	shares, rest, err := money.Split(550, []money.Percent{70 * money.One, 5 * money.One})
	if err != nil || shares[0] != 385 || shares[1] != 28 || rest != 137 {
		t.Errorf("got %v, %d, %v", shares, rest, err)
	}
	shares, rest, err = money.Split(1, []money.Percent{50 * money.One, 50 * money.One})
	if err != nil || shares[0] != 1 || shares[1] != 0 || rest != 0 {
		t.Errorf("one cent in two halves: %v, %d, %v", shares, rest, err)
	}
}

func TestFromRat(t *testing.T) {
	for c, want := range map[money.Currency]int64{"EUR": 238, "JPY": 2, "KWD": 2375} {
		a, err := money.FromRat(big.NewRat(19, 8), c)
		if err != nil || a.Minor != want || a.Currency != c {
			t.Errorf("2.375 %s is %v, %v", c, a, err)
		}
	}
	if _, err := money.FromRat(big.NewRat(math.MaxInt64, 1), "EUR"); err == nil {
		t.Error("an amount beyond int64 was accepted")
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"0.245", "-1e-6", "1E+3", "9223372036854775807", "1.", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := money.ParseDecimal(s, 6)
		if err != nil {
			return
		}
		r, ok := new(big.Rat).SetString(s)
		if !ok || r.Cmp(big.NewRat(n, 1_000_000)) != 0 {
			t.Fatalf("%q was read as %d millionths", s, n)
		}
	})
}
