package stripe

import (
	"strings"

	"chargewright/base/fail"
	"chargewright/base/money"
)

// scale tells how Stripe's unit of a currency differs from our minor unit, as
// docs.stripe.com/currencies has it: ISK and UGX have two decimals there, which
// are always 00, MGA has none, and of three decimals the last must be 0.
func scale(c money.Currency) (times, by, round int64) {
	switch {
	case c == "ISK" || c == "UGX":
		return 100, 1, 1
	case c == "MGA":
		return 1, 100, 100
	case c.Exponent() == 3:
		return 1, 1, 10
	}
	return 1, 1, 1
}

// most is what Stripe takes at once: eight digits, twelve in some currencies.
const most = 999_999_999_999

// toStripe writes an amount of more than 0 in Stripe's units; what they cannot
// express is Invalid.
func toStripe(a money.Amount) (int64, error) {
	times, by, round := scale(a.Currency)
	switch {
	case !a.Currency.Known():
		return 0, fail.Field("stripe", "currency", "%q is not a currency", clip(string(a.Currency), 10))
	case a.Minor <= 0:
		return 0, fail.Field("stripe", "amount", "it is not more than 0")
	case a.Minor > most/times:
		return 0, fail.Field("stripe", "amount", "it is more than Stripe takes")
	case a.Minor%round != 0:
		return 0, fail.Field("stripe", "amount", "%s cannot be charged with Stripe, only multiples of %s", a, money.Amount{Minor: round, Currency: a.Currency})
	}
	return a.Minor * times / by, nil
}

// fromStripe reads an amount, of whatever sign. What is no whole number of our
// units is an error of kind Internal: it cannot be booked.
func fromStripe(n int64, c money.Currency) (int64, error) {
	times, by, _ := scale(c)
	if n%times != 0 || n > most || n < -most {
		return 0, fail.New(fail.Internal, "stripe", "Stripe names %d %s, which is no amount", n, c)
	}
	return n / times * by, nil
}

// currencyOf reads Stripe's name of a currency.
func currencyOf[T ~string](name T) (money.Currency, error) {
	c, err := money.ParseCurrency(strings.ToUpper(string(name)))
	if err != nil {
		return "", &fail.Error{Kind: fail.Internal, Op: "stripe", Text: "Stripe names a currency that is not known here", Err: err}
	}
	return c, nil
}
