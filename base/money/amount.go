package money

import (
	"encoding/json"
	"math"
	"math/big"

	"chargewright/base/fail"
)

// Amount is a sum of money in minor units of its currency.
type Amount struct {
	Minor    int64    `json:"amount_minor"`
	Currency Currency `json:"currency"`
}

// Add returns a+b. Different currencies are Conflict, overflow is Invalid.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, fail.New(fail.Conflict, "money.add", "%s and %s do not add up", a.Currency, b.Currency)
	}
	n, err := Add(a.Minor, b.Minor)
	return Amount{n, a.Currency}, err
}

// Sub returns a−b, with the errors of Add.
func (a Amount) Sub(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, fail.New(fail.Conflict, "money.sub", "%s and %s do not add up", a.Currency, b.Currency)
	}
	n, err := Sub(a.Minor, b.Minor)
	return Amount{n, a.Currency}, err
}

// Neg returns −a; only the smallest int64 overflows.
func (a Amount) Neg() (Amount, error) {
	n, err := Sub(0, a.Minor)
	return Amount{n, a.Currency}, err
}

// Decimal returns the amount in major units with all its decimals: "12.30",
// "500", "-0.005".
func (a Amount) Decimal() string { return fixed(a.Minor, a.Currency.Exponent()) }

// String returns the decimal followed by the currency: "12.30 EUR".
func (a Amount) String() string { return a.Decimal() + " " + string(a.Currency) }

// Rat returns the amount in major units.
func (a Amount) Rat() *big.Rat { return big.NewRat(a.Minor, Pow10(a.Currency.Exponent())) }

// UnmarshalJSON requires both members, an integer and a known currency.
func (a *Amount) UnmarshalJSON(b []byte) error {
	var w struct {
		Minor    *int64    `json:"amount_minor"`
		Currency *Currency `json:"currency"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return fail.Wrap(fail.Invalid, "money.amount", err)
	}
	if w.Minor == nil {
		return fail.Field("money.amount", "amount_minor", "is required")
	}
	if w.Currency == nil {
		return fail.Field("money.amount", "currency", "is required")
	}
	*a = Amount{*w.Minor, *w.Currency}
	return nil
}

// FromRat rounds an exact number of major units to an amount.
func FromRat(major *big.Rat, c Currency) (Amount, error) {
	scaled := new(big.Rat).SetInt64(Pow10(c.Exponent()))
	n, err := RoundRat(scaled.Mul(scaled, major))
	return Amount{n, c}, err
}

// Add returns a+b, or Invalid on overflow.
func Add(a, b int64) (int64, error) {
	s := a + b
	if (a > 0 && b > 0 && s <= 0) || (a < 0 && b < 0 && s >= 0) {
		return 0, overflow("money.add")
	}
	return s, nil
}

// Sub returns a−b, or Invalid on overflow.
func Sub(a, b int64) (int64, error) {
	if b == math.MinInt64 {
		if a >= 0 {
			return 0, overflow("money.sub")
		}
		return a - b, nil
	}
	return Add(a, -b)
}

func overflow(op string) error {
	return fail.New(fail.Invalid, op, "the number is too large")
}
