package en16931

import (
	"fmt"
	"math/big"
)

// family is what the ten rules of a VAT category ask, BR-S-01 to BR-AG-10.
type family struct {
	prefix  string
	code    Category
	name    string
	byRate  bool                // one breakdown per rate, else exactly one
	rate    func(Decimal) bool  // rate of lines, allowances and charges
	parties func(*Invoice) bool // identifiers of seller and buyer
	reason  bool                // an exemption reason has to stand, else it may not
	texts   [3]string           // of parties, rate and tax
}

func families() []family {
	zero := func(d Decimal) bool { return d.Set() && d.Sign() == 0 }
	const (
		seller  = "the seller has a VAT identifier, a tax number or a representative"
		sellerV = "the seller has a VAT identifier or a representative"
		rate0   = "the rate is zero"
		tax0    = "the VAT is zero"
		taxR    = "VAT is the taxable amount times the rate"
	)
	return []family{
		{"BR-S", Standard, "standard rate", true, func(d Decimal) bool { return d.Sign() > 0 }, taxable, false,
			[3]string{seller, "the rate is above zero", taxR}},
		{"BR-Z", ZeroRated, "zero rate", false, zero, taxable, false, [3]string{seller, rate0, tax0}},
		{"BR-E", Exempt, "exemption", false, zero, taxable, true, [3]string{seller, rate0, tax0}},
		{"BR-AE", ReverseCharge, "reverse charge", false, zero, func(i *Invoice) bool {
			return taxable(i) && (i.Buyer.VAT != "" || i.Buyer.Registration.ID != "")
		}, true, [3]string{seller + ", and the buyer a VAT identifier or a registration", rate0, tax0}},
		{"BR-IC", IntraCommunity, "intra-community supply", false, zero, func(i *Invoice) bool {
			return registered(i) && i.Buyer.VAT != ""
		}, true, [3]string{sellerV + ", and the buyer a VAT identifier", rate0, tax0}},
		{"BR-G", Export, "export", false, zero, registered, true, [3]string{sellerV, rate0, tax0}},
		{"BR-O", OutOfScope, "out of scope", false, func(d Decimal) bool { return !d.Set() }, func(i *Invoice) bool {
			return !registered(i) && i.Buyer.VAT == ""
		}, true, [3]string{"neither seller, representative nor buyer shows a VAT identifier", "there is no rate", tax0}},
		{"BR-AF", IGIC, "IGIC", true, notNegative, taxable, false, [3]string{seller, "the rate is zero or above", taxR}},
		{"BR-AG", IPSI, "IPSI", true, notNegative, taxable, false, [3]string{seller, "the rate is zero or above", taxR}},
	}
}

func notNegative(d Decimal) bool { return d.Set() && d.Sign() >= 0 }

func registered(i *Invoice) bool {
	return i.Seller.VAT != "" || i.Representative != nil && i.Representative.VAT != ""
}

func taxable(i *Invoice) bool { return registered(i) || i.Seller.Tax != "" }

func vatRules() []rule {
	var out []rule
	for _, f := range families() {
		out = append(out, f.rules()...)
	}
	return append(out, supplyRules()...)
}

func (f family) rules() []rule {
	id := func(n int) string { return fmt.Sprintf("%s-%02d", f.prefix, n) }
	say := func(text string) string { return f.name + ": " + text }
	count := "the breakdown has exactly one group of what is billed under it"
	if f.byRate {
		count = "the breakdown has a group of what is billed under it"
	}
	reason := "the breakdown has no exemption reason"
	if f.reason {
		reason = "the breakdown has an exemption reason or its code"
	}
	parties := func(used func(*checker) bool) func(*checker) {
		return func(c *checker) { c.need(!used(c) || f.parties(c.Invoice), "BT-31", "") }
	}
	return []rule{
		must(id(1), say(count), f.counted),
		must(id(2), say(f.texts[0])+" (lines)", parties(func(c *checker) bool { return f.line(c.Lines) })),
		must(id(3), say(f.texts[0])+" (allowances)", parties(func(c *checker) bool { return f.adjustment(c.Allowances) })),
		must(id(4), say(f.texts[0])+" (charges)", parties(func(c *checker) bool { return f.adjustment(c.Charges) })),
		must(id(5), say(f.texts[1])+" (lines)", func(c *checker) {
			c.lines("BT-152", func(l Line) bool { return l.Category != f.code || f.rate(l.Rate) })
		}),
		must(id(6), say(f.texts[1])+" (allowances)", func(c *checker) {
			c.allowances("BT-96", func(a Adjustment) bool { return a.Category != f.code || f.rate(a.Rate) })
		}),
		must(id(7), say(f.texts[1])+" (charges)", func(c *checker) {
			c.charges("BT-103", func(a Adjustment) bool { return a.Category != f.code || f.rate(a.Rate) })
		}),
		must(id(8), say("the taxable amount is lines − allowances + charges"), func(c *checker) {
			c.taxes("BT-116", func(t Tax) bool { return t.Category != f.code || big64(t.Taxable).Cmp(f.billed(c.Invoice, t)) == 0 })
		}),
		must(id(9), say(f.texts[2]), func(c *checker) {
			c.taxes("BT-117", func(t Tax) bool { return t.Category != f.code || f.byRate && t.fits() || !f.byRate && t.Amount == 0 })
		}),
		must(id(10), say(reason), func(c *checker) {
			c.taxes("BT-120", func(t Tax) bool { return t.Category != f.code || f.reason == (t.Reason != "" || t.ReasonCode != "") })
		}),
	}
}

func (f family) line(lines []Line) bool {
	for _, l := range lines {
		if l.Category == f.code {
			return true
		}
	}
	return false
}

func (f family) adjustment(as []Adjustment) bool {
	for _, a := range as {
		if a.Category == f.code {
			return true
		}
	}
	return false
}

func (f family) counted(c *checker) {
	n := 0
	for _, t := range c.Taxes {
		if t.Category == f.code {
			n++
		}
	}
	used := f.line(c.Lines) || f.adjustment(c.Allowances) || f.adjustment(c.Charges)
	c.need(!used || n == 1 || n > 1 && f.byRate, "BG-23", "")
}

// billed is what a breakdown group's taxable amount has to be.
func (f family) billed(i *Invoice, t Tax) *big.Int {
	of := func(cat Category, rate Decimal) bool { return cat == f.code && (!f.byRate || rate.Equal(t.Rate)) }
	n := new(big.Int)
	for _, l := range i.Lines {
		if of(l.Category, l.Rate) {
			add(n, l.Net)
		}
	}
	for _, a := range i.Allowances {
		if of(a.Category, a.Rate) {
			add(n, -a.Amount)
		}
	}
	for _, a := range i.Charges {
		if of(a.Category, a.Rate) {
			add(n, a.Amount)
		}
	}
	return n
}

// supplyRules are those that single categories have beyond the ten.
func supplyRules() []rule {
	only := func(id, text, term string, alone func(*Invoice) bool) rule {
		return must(id, text, func(c *checker) { c.need(!c.breaksDown(OutOfScope) || alone(c.Invoice), term, "") })
	}
	all := func(as []Adjustment) bool {
		for _, a := range as {
			if a.Category != OutOfScope {
				return false
			}
		}
		return true
	}
	return []rule{
		must("BR-IC-11", "an intra-community supply has a delivery date or an invoicing period", func(c *checker) {
			c.need(!c.breaksDown(IntraCommunity) || c.Delivery != nil && c.Delivery.Date.Valid() || c.Period != nil && c.Period.filled(), "BT-72", "")
		}),
		must("BR-IC-12", "an intra-community supply names the country it is delivered to", func(c *checker) {
			c.need(!c.breaksDown(IntraCommunity) || c.Delivery != nil && c.Delivery.Address.Country != "", "BT-80", "")
		}),
		only("BR-O-11", "what is out of scope stands in no breakdown beside others", "BG-23", func(i *Invoice) bool { return len(i.Taxes) == 1 }),
		only("BR-O-12", "what is out of scope stands beside no line of another category", "BT-151", func(i *Invoice) bool {
			for _, l := range i.Lines {
				if l.Category != OutOfScope {
					return false
				}
			}
			return true
		}),
		only("BR-O-13", "what is out of scope stands beside no allowance of another category", "BT-95", func(i *Invoice) bool { return all(i.Allowances) }),
		only("BR-O-14", "what is out of scope stands beside no charge of another category", "BT-102", func(i *Invoice) bool { return all(i.Charges) }),
	}
}

func (c *checker) breaksDown(cat Category) bool {
	for _, t := range c.Taxes {
		if t.Category == cat {
			return true
		}
	}
	return false
}
