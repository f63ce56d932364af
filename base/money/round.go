package money

import (
	"math"
	"math/big"
	"math/bits"

	"chargewright/base/fail"
)

// MulDiv returns a·b/d rounded half away from zero; the product has 128 bits.
// d must be positive. A result beyond int64 is Invalid.
func MulDiv(a, b, d int64) (int64, error) {
	if d <= 0 {
		return 0, fail.New(fail.Internal, "money.muldiv", "divisor %d is not positive", d)
	}
	hi, lo := bits.Mul64(abs(a), abs(b))
	if hi >= uint64(d) {
		return 0, overflow("money.muldiv")
	}
	q, r := bits.Div64(hi, lo, uint64(d))
	if r >= uint64(d)-r {
		q++
	}
	if q > math.MaxInt64 {
		return 0, overflow("money.muldiv")
	}
	if (a < 0) != (b < 0) {
		return -int64(q), nil
	}
	return int64(q), nil
}

// RoundRat rounds half away from zero. A result beyond int64 is Invalid.
func RoundRat(r *big.Rat) (int64, error) {
	q := roundInt(r)
	if !q.IsInt64() {
		return 0, overflow("money.round")
	}
	return q.Int64(), nil
}

// roundInt is |num|·2 + den over den·2, floored, with the sign of r.
func roundInt(r *big.Rat) *big.Int {
	q := new(big.Int).Abs(r.Num())
	q.Lsh(q, 1).Add(q, r.Denom())
	q.Quo(q, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

// FormatRat writes r rounded half away from zero to that many decimals.
func FormatRat(r *big.Rat, decimals int) string {
	scaled := new(big.Rat).SetInt64(Pow10(decimals))
	n := roundInt(scaled.Mul(scaled, r))
	if n.IsInt64() {
		return fixed(n.Int64(), decimals)
	}
	return r.FloatString(decimals)
}

// Of returns p percent of n, rounded.
func (p Percent) Of(n int64) (int64, error) { return MulDiv(n, int64(p), Hundred) }

// Rat returns p as a fraction: 19 % is 19/100.
func (p Percent) Rat() *big.Rat { return big.NewRat(int64(p), Hundred) }

// Rat returns p in major units.
func (p Price) Rat() *big.Rat { return big.NewRat(int64(p), One) }

// Pow10 returns 10^n for n of 0 to 18.
func Pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

func abs(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
