package en16931

import (
	"math/big"
	"slices"
	"strconv"

	"chargewright/base/fail"
)

// GrossGroup is what a receipt bills with tax under one rate: Net + Tax =
// Gross, as the receipt printed it.
type GrossGroup struct {
	Category        Category
	Rate            Decimal // in percent; absent for OutOfScope
	Reason          string  // BT-120
	ReasonCode      string  // BT-121
	Net, Tax, Gross Amount
	Lines           []GrossLine // their gross amounts add up to Gross
}

// GrossLine is a line with its amount including tax. Of Line, NetLines sets
// Net, Price, Category and Rate, and ID when it is empty; where Quantity is
// absent or zero it sets one piece.
type GrossLine struct {
	Gross Amount
	Line  Line
}

// NetLines turns groups that were priced with tax into the net lines and the
// breakdown of EN 16931, without moving a minor unit of any group.
//
// The exact net of a line, gross × 100 ÷ (100 + rate), is cut to whole minor
// units; the units that are missing to the group's net go to the lines with
// the largest remainders, the earlier first. So the lines of a rate add up to
// its taxable amount (BR-CO-10, BR-S-08), and the totals to the receipt's
// (BR-CO-13 … BR-CO-16). Tax may differ from taxable × rate by one minor unit,
// because not every gross is some net plus its rounded tax (see BR-CO-17).
//
// The net price is the shortest decimal whose product with the quantity rounds
// to the line's net. A line that gives something back gets a negative
// quantity, for no price may be negative (BR-27).
//
// A group that does not add up, or whose net is not that of its rate, is
// Invalid.
func NetLines(exponent int, groups []GrossGroup) ([]Line, []Tax, error) {
	var lines []Line
	var taxes []Tax
	for _, g := range groups {
		nets, err := g.nets()
		if err != nil {
			return nil, nil, err
		}
		for i, l := range g.Lines {
			line := l.Line
			line.Net, line.Category, line.Rate = nets[i], g.Category, g.Rate
			if err := line.price(exponent); err != nil {
				return nil, nil, err
			}
			if line.ID == "" {
				line.ID = strconv.Itoa(len(lines) + 1)
			}
			lines = append(lines, line)
		}
		taxes = append(taxes, Tax{g.Net, g.Tax, g.Category, g.Rate, g.Reason, g.ReasonCode})
	}
	return lines, taxes, nil
}

// nets shares the group's net among its lines.
func (g GrossGroup) nets() ([]Amount, error) {
	if g.Rate.Sign() < 0 {
		return nil, fail.New(fail.Invalid, "en16931.NetLines", "a rate is not negative: %s", g.Rate)
	}
	gross := sum(g.Lines, func(l GrossLine) Amount { return l.Gross })
	if big64(g.Gross).Cmp(gross) != 0 || add(big64(g.Net), g.Tax).Cmp(gross) != 0 {
		return nil, fail.New(fail.Invalid, "en16931.NetLines", "a group of %s %s does not add up: lines %s, net %d, tax %d, gross %d",
			g.Category, g.Rate, gross, g.Net, g.Tax, g.Gross)
	}
	share := new(big.Rat).Quo(big.NewRat(100, 1), new(big.Rat).Add(big.NewRat(100, 1), g.Rate.Rat()))
	nets, left := make([]Amount, len(g.Lines)), big64(g.Net)
	rests := make([]rest, len(g.Lines))
	for i, l := range g.Lines {
		exact := new(big.Rat).Mul(share, new(big.Rat).SetInt(big64(l.Gross)))
		whole := new(big.Int).Div(exact.Num(), exact.Denom()) // Euclidean: towards −∞, the denominator is positive
		nets[i] = Amount(whole.Int64())
		left.Sub(left, whole)
		rests[i] = rest{i, exact.Sub(exact, new(big.Rat).SetInt(whole))}
	}
	if left.Sign() < 0 || left.Cmp(big.NewInt(int64(len(nets)))) > 0 {
		return nil, fail.New(fail.Invalid, "en16931.NetLines", "a group of %s %s has net %d of gross %d, which is not its rate's", g.Category, g.Rate, g.Net, g.Gross)
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return b.part.Cmp(a.part) })
	for _, r := range rests[:left.Int64()] {
		nets[r.line]++
	}
	return nets, nil
}

// rest is what cutting took from a line.
type rest struct {
	line int
	part *big.Rat
}

// price sets the line's net price, and the sign of its quantity, from its net.
func (l *Line) price(exponent int) error {
	if l.Quantity.Sign() == 0 {
		l.Quantity, l.Unit = Dec(1, 0), One
	}
	if net := big64(l.Net).Sign(); net != 0 && net != l.Quantity.Sign() {
		l.Quantity = l.Quantity.Neg()
	}
	p, ok := NetPrice(l.Quantity, l.Net, exponent)
	if !ok {
		return fail.New(fail.Invalid, "en16931.NetLines", "line %q: no price of %s gives %d", l.Name, l.Quantity, l.Net)
	}
	l.Price = p
	return nil
}

// NetPrice returns the shortest price, of two to twelve decimals, whose
// product with quantity rounds to net at two decimals, or at exponent if that
// is more. There is none when
// the quantity is zero and net is not, when their signs differ, or when the
// numbers are beyond 18 digits.
func NetPrice(quantity Decimal, net Amount, exponent int) (Decimal, bool) {
	if net == 0 && quantity.Sign() == 0 {
		return Dec(0, 0), true
	}
	if quantity.Sign() == 0 || exponent < 0 || exponent > maxScale {
		return Decimal{}, false
	}
	major := new(big.Rat).SetFrac(big64(net), pow10(exponent))
	exact := new(big.Rat).Quo(major, quantity.Rat())
	unit := new(big.Rat).SetInt(pow10(max(exponent, 2)))
	want := round(major.Mul(major, unit))
	for scale := 2; scale <= maxScale; scale++ {
		n := round(new(big.Rat).Mul(exact, new(big.Rat).SetInt(pow10(scale))))
		if n.Sign() < 0 || n.BitLen() > 60 {
			return Decimal{}, false
		}
		p := Dec(n.Int64(), scale)
		got := new(big.Rat).Mul(p.Rat(), quantity.Rat())
		if round(got.Mul(got, unit)).Cmp(want) == 0 {
			return p, true
		}
	}
	return Decimal{}, false
}

// Breakdown returns the VAT of an invoice that is priced without tax: one
// group for each category and rate of its lines, allowances and charges, in
// the order they first appear, tax rounded half away from zero. The caller
// adds exemption reasons.
func (inv *Invoice) Breakdown() []Tax {
	var taxes []Tax
	bill := func(cat Category, rate Decimal, a Amount) {
		i := slices.IndexFunc(taxes, func(t Tax) bool { return t.Category == cat && t.Rate.Equal(rate) })
		if i < 0 {
			i, taxes = len(taxes), append(taxes, Tax{Category: cat, Rate: rate})
		}
		taxes[i].Taxable += a
	}
	for _, l := range inv.Lines {
		bill(l.Category, l.Rate, l.Net)
	}
	for _, a := range inv.Allowances {
		bill(a.Category, a.Rate, -a.Amount)
	}
	for _, a := range inv.Charges {
		bill(a.Category, a.Rate, a.Amount)
	}
	for i, t := range taxes {
		tax := new(big.Rat).SetInt(big64(t.Taxable))
		taxes[i].Amount = Amount(round(tax.Mul(tax, t.Rate.Rat()).Quo(tax, big.NewRat(100, 1))).Int64())
	}
	return taxes
}

// Total computes the document's totals from its lines, allowances, charges and
// breakdown, and what is due from Totals.Prepaid and Totals.Rounding, which
// stay as they are. Sums beyond int64 are Invalid.
func (inv *Invoice) Total() error {
	t := inv.Totals
	lines := sum(inv.Lines, func(l Line) Amount { return l.Net })
	allowances, charges := sum(inv.Allowances, adjusted), sum(inv.Charges, adjusted)
	tax := sum(inv.Taxes, func(t Tax) Amount { return t.Amount })
	net := new(big.Int).Sub(new(big.Int).Add(lines, charges), allowances)
	gross := new(big.Int).Add(net, tax)
	due := add(new(big.Int).Set(gross), -t.Prepaid, t.Rounding)
	for _, s := range []struct {
		to *Amount
		n  *big.Int
	}{{&t.Lines, lines}, {&t.Allowances, allowances}, {&t.Charges, charges}, {&t.Net, net}, {&t.Tax, tax}, {&t.Gross, gross}, {&t.Due, due}} {
		if !s.n.IsInt64() {
			return fail.New(fail.Invalid, "en16931.Total", "a total is too large")
		}
		*s.to = Amount(s.n.Int64())
	}
	inv.Totals = t
	return nil
}
