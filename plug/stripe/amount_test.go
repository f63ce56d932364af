package stripe

import (
	"testing"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/money"
)

// What is written in Stripe's units is read back the same; what is refused is
// refused by name.
func TestAmountsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount{
			Minor:    rapid.OneOf(rapid.Int64(), rapid.Int64Range(-10, 100_000)).Draw(t, "minor"),
			Currency: rapid.SampledFrom([]money.Currency{"EUR", "JPY", "KWD", "ISK", "UGX", "MGA", "CLP", "TND"}).Draw(t, "currency"),
		}
		n, err := toStripe(a)
		if err != nil {
			if !fail.Is(err, fail.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if back, err := fromStripe(n, a.Currency); err != nil || back != a.Minor || n <= 0 || n > most || a.Currency.Exponent() == 3 && n%10 != 0 {
			t.Fatalf("%s is %d there and %d here, %v", a, n, back, err)
		}
	})
}
