package money

import (
	"chargewright/base/fail"
)

// Apportion spreads total over weights: every share is total·weight/sum,
// rounded, and the last one with a weight takes the rest. The shares add up to
// total and none has the other sign. If total is not more than the sum of the
// weights, no share is more than its weight. When all weights are 0 the last
// takes everything. Negative weights and no weights are Internal.
func Apportion(total int64, weights []int64) ([]int64, error) {
	sum, last, err := weigh(weights)
	if err != nil {
		return nil, err
	}
	shares := make([]int64, len(weights))
	if sum == 0 {
		shares[last] = total
		return shares, nil
	}
	if total < 0 {
		return negated(total, weights)
	}
	rest := total
	for i, w := range weights[:last] {
		s, err := MulDiv(total, w, sum)
		if err != nil {
			return nil, err
		}
		shares[i] = min(s, rest)
		rest -= shares[i]
	}
	shares[last] = rest
	if total <= sum {
		carryBack(shares, weights, last)
	}
	return shares, nil
}

// Split returns percent shares of total, each rounded, and what is left. The
// shares of a positive total never exceed it if the percentages do not exceed
// 100.
func Split(total int64, percents []Percent) (shares []int64, rest int64, err error) {
	rest = total
	for _, p := range percents {
		s, err := p.Of(total)
		if err != nil {
			return nil, 0, err
		}
		if total >= 0 {
			s = min(s, rest)
		}
		shares = append(shares, s)
		if rest, err = Sub(rest, s); err != nil {
			return nil, 0, err
		}
	}
	return shares, rest, nil
}

func weigh(weights []int64) (sum int64, last int, err error) {
	last = len(weights) - 1
	if last < 0 {
		return 0, 0, fail.New(fail.Internal, "money.apportion", "there is nobody to take a share")
	}
	for i, w := range weights {
		if w < 0 {
			return 0, 0, fail.New(fail.Internal, "money.apportion", "a weight is negative")
		}
		if w > 0 {
			last = i
		}
		if sum, err = Add(sum, w); err != nil {
			return 0, 0, err
		}
	}
	return sum, last, nil
}

func negated(total int64, weights []int64) ([]int64, error) {
	pos, err := Sub(0, total)
	if err != nil {
		return nil, err
	}
	shares, err := Apportion(pos, weights)
	for i := range shares {
		shares[i] = -shares[i]
	}
	return shares, err
}

// carryBack moves what the last share has above its weight to earlier ones
// that have room.
func carryBack(shares, weights []int64, last int) {
	for i := last - 1; i >= 0 && shares[last] > weights[last]; i-- {
		move := min(shares[last]-weights[last], weights[i]-shares[i])
		shares[i] += move
		shares[last] -= move
	}
}
