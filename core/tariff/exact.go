package tariff

import (
	"math/big"
	"math/bits"
)

// exact is an exact number n + r; r is nil while no border cut a segment.
// Values are mWh or nanoseconds within the bounds of a session, so n does not
// overflow.
type exact struct {
	n int64
	r *big.Rat
}

func (a exact) rat() *big.Rat {
	v := new(big.Rat).SetInt64(a.n)
	if a.r != nil {
		v.Add(v, a.r)
	}
	return v
}

func (a exact) add(b exact) exact {
	a.n += b.n
	if b.r == nil {
		return a
	}
	if a.r == nil {
		a.r = b.r
		return a
	}
	a.r = new(big.Rat).Add(a.r, b.r)
	return a.fold()
}

func (a exact) sub(b exact) exact {
	a.n -= b.n
	if b.r == nil {
		return a
	}
	if a.r == nil {
		a.r = new(big.Rat)
	}
	a.r = new(big.Rat).Sub(a.r, b.r)
	return a.fold()
}

// fold moves a whole r into n.
func (a exact) fold() exact {
	if a.r.IsInt() && a.r.Num().IsInt64() {
		return exact{n: a.n + a.r.Num().Int64()}
	}
	return a
}

func (a exact) sign() int {
	if a.r == nil {
		return cmpInt(a.n, 0)
	}
	return a.rat().Sign()
}

func (a exact) cmp(b exact) int { return a.sub(b).sign() }

// roundUp returns the smallest multiple of step that is not less than a.
func (a exact) roundUp(step int64) exact {
	whole := a.n
	if a.r != nil {
		r := a.rat()
		q := new(big.Int)
		m := new(big.Int)
		q.DivMod(r.Num(), r.Denom(), m)
		whole = q.Int64()
		if m.Sign() != 0 {
			whole++
		}
	}
	if rest := whole % step; rest != 0 {
		whole += step - rest
	}
	return exact{n: whole}
}

// portion is a·b/c, exactly; c is positive, the others are not negative, and
// b ≤ c.
func portion(a, b, c int64) exact {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, rem := bits.Div64(hi, lo, uint64(c))
	e := exact{n: int64(q)}
	if rem != 0 {
		e.r = big.NewRat(int64(rem), c)
	}
	return e
}

// cmpProducts compares a·b with c·d; none is negative.
func cmpProducts(a, b, c, d int64) int {
	h1, l1 := bits.Mul64(uint64(a), uint64(b))
	h2, l2 := bits.Mul64(uint64(c), uint64(d))
	switch {
	case h1 != h2:
		return cmpInt(h1, h2)
	default:
		return cmpInt(l1, l2)
	}
}

func cmpInt[T int64 | uint64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
