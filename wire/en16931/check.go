package en16931

import (
	"fmt"
	"math/big"
)

// Profile is the specification an invoice follows (BT-24).
type Profile int

// The profiles that are written and checked.
const (
	EN16931   Profile = iota // EN 16931-1 alone
	XRechnung                // the German use of it, version 3.0
)

// ID returns the specification identifier (BT-24).
func (p Profile) ID() string {
	if p == XRechnung {
		return "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
	}
	return "urn:cen.eu:en16931:2017"
}

// Process returns the business process (BT-23), "" if the profile needs none.
func (p Profile) Process() string {
	if p == XRechnung {
		return "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
	}
	return ""
}

// Finding is one place where an invoice breaks a rule.
type Finding struct {
	Rule    string // "BR-CO-15"
	Term    string // the business term or group at fault, "BT-112"
	Where   string // the part of a repeated group, "line 2"; "" for the document
	Text    string // what the rule asks
	Warning bool   // the profile calls it a warning: receivers accept the invoice
}

// String returns "BR-23 BT-130 line 2: …".
func (f Finding) String() string {
	where := ""
	if f.Where != "" {
		where = " " + f.Where
	}
	return fmt.Sprintf("%s %s%s: %s", f.Rule, f.Term, where, f.Text)
}

// Rule is a business rule that Check verifies.
type Rule struct {
	ID      string
	Text    string
	Warning bool
}

// maxFindings bounds what Check returns.
const maxFindings = 200

// Check verifies the rules of the profile, in the order of Rules, and returns
// what is broken, at most 200 findings. No finding means that the invoice
// conforms as far as Rules and Kept go.
func Check(inv *Invoice, p Profile) []Finding {
	c := &checker{Invoice: inv}
	for _, r := range rules(p) {
		c.rule = r.Rule
		r.check(c)
	}
	return c.found
}

// Rules lists the rules that Check verifies for a profile.
func Rules(p Profile) []Rule {
	var out []Rule
	for _, r := range rules(p) {
		out = append(out, r.Rule)
	}
	return out
}

// Kept lists the rules that no Invoice can break: their amounts are integers
// that are always there, their identifiers are written from the profile, or
// the group they speak of is not in the model.
func Kept() []string {
	return []string{
		"BR-01", "BR-12", "BR-13", "BR-14", "BR-15", "BR-17", "BR-24", "BR-28", "BR-31", "BR-36", "BR-41", "BR-42", "BR-43", "BR-44",
		"BR-45", "BR-46", "BR-64", "BR-65", "BR-CO-03", "BR-CO-05", "BR-CO-06", "BR-CO-07", "BR-CO-08", "BR-CO-23", "BR-CO-24",
		"BR-DEC-02", "BR-DEC-06", "BR-DEC-24", "BR-DEC-25", "BR-DEC-27", "BR-DEC-28",
		"BR-DE-21", "BR-DE-22", "PEPPOL-EN16931-R001", "PEPPOL-EN16931-R008", "PEPPOL-EN16931-R043", "PEPPOL-EN16931-R053", "PEPPOL-EN16931-R121",
		"PEPPOL-EN16931-R130",
	}
}

type rule struct {
	Rule
	check func(*checker)
}

func rules(p Profile) []rule {
	out := append(documentRules(), sumRules()...)
	out = append(out, decimalRules()...)
	out = append(out, vatRules()...)
	out = append(out, codeRules()...)
	if p == XRechnung {
		out = append(out, germanRules()...)
	}
	return out
}

func must(id, text string, check func(*checker)) rule { return rule{Rule{ID: id, Text: text}, check} }

func should(id, text string, check func(*checker)) rule {
	return rule{Rule{ID: id, Text: text, Warning: true}, check}
}

// field is a rule that asks for one term of the document.
func field(id, term, text string, value func(*Invoice) string) rule {
	return must(id, text, func(c *checker) { c.need(value(c.Invoice) != "", term, "") })
}

type checker struct {
	*Invoice
	rule  Rule
	found []Finding
}

// need records that the rule at work is broken unless ok.
func (c *checker) need(ok bool, term, where string) {
	if !ok && len(c.found) < maxFindings {
		c.found = append(c.found, Finding{c.rule.ID, term, where, c.rule.Text, c.rule.Warning})
	}
}

// each names the parts of a repeated group: "line 1", "line 2".
func each[T any](c *checker, what, term string, parts []T, ok func(T) bool) {
	for i, p := range parts {
		c.need(ok(p), term, nth(what, i))
	}
}

func nth(what string, i int) string { return fmt.Sprintf("%s %d", what, i+1) }

func documentRules() []rule {
	return []rule{
		field("BR-02", "BT-1", "an invoice has a number", func(i *Invoice) string { return i.Number }),
		must("BR-03", "an invoice has an issue date", func(c *checker) { c.need(c.Issued.Valid(), "BT-2", "") }),
		field("BR-04", "BT-3", "an invoice has a type code", func(i *Invoice) string { return string(i.Type) }),
		field("BR-05", "BT-5", "an invoice has a currency", func(i *Invoice) string { return i.Currency }),
		field("BR-06", "BT-27", "the seller has a name", func(i *Invoice) string { return i.Seller.Name }),
		field("BR-07", "BT-44", "the buyer has a name", func(i *Invoice) string { return i.Buyer.Name }),
		must("BR-08", "the seller has a postal address", func(c *checker) { c.need(c.Seller.Address != Address{}, "BG-5", "") }),
		must("BR-09", "the seller's address has a country", func(c *checker) { c.country(c.Seller.Address, "BT-40") }),
		must("BR-10", "the buyer has a postal address", func(c *checker) { c.need(c.Buyer.Address != Address{}, "BG-8", "") }),
		must("BR-11", "the buyer's address has a country", func(c *checker) { c.country(c.Buyer.Address, "BT-55") }),
		must("BR-16", "an invoice has at least one line", func(c *checker) { c.need(len(c.Lines) > 0, "BG-25", "") }),
		must("BR-18", "a tax representative has a name", func(c *checker) { c.representative("BT-62", func(r *Representative) bool { return r.Name != "" }) }),
		must("BR-19", "a tax representative has an address", func(c *checker) {
			c.representative("BG-12", func(r *Representative) bool { return r.Address != Address{} })
		}),
		must("BR-20", "a tax representative's address has a country", func(c *checker) {
			c.representative("BT-69", func(r *Representative) bool { return r.Address.Country != "" })
		}),
		must("BR-56", "a tax representative has a VAT identifier", func(c *checker) { c.representative("BT-63", func(r *Representative) bool { return r.VAT != "" }) }),
		must("BR-21", "a line has an identifier", func(c *checker) { c.lines("BT-126", func(l Line) bool { return l.ID != "" }) }),
		must("BR-22", "a line has a quantity", func(c *checker) { c.lines("BT-129", func(l Line) bool { return l.Quantity.Set() }) }),
		must("BR-23", "a quantity has a unit", func(c *checker) { c.lines("BT-130", func(l Line) bool { return l.Unit != "" }) }),
		must("BR-25", "a line names its item", func(c *checker) { c.lines("BT-153", func(l Line) bool { return l.Name != "" }) }),
		must("BR-26", "a line has a net price", func(c *checker) { c.lines("BT-146", func(l Line) bool { return l.Price.Set() }) }),
		must("BR-27", "a net price is not negative", func(c *checker) { c.lines("BT-146", func(l Line) bool { return l.Price.Sign() >= 0 }) }),
		must("BR-29", "the invoicing period does not end before it starts", func(c *checker) { c.need(c.Period.ordered(), "BT-74", "") }),
		must("BR-30", "a line's period does not end before it starts", func(c *checker) { c.lines("BT-135", func(l Line) bool { return l.Period.ordered() }) }),
		must("BR-32", "an allowance has a VAT category", func(c *checker) { c.allowances("BT-95", func(a Adjustment) bool { return a.Category != "" }) }),
		must("BR-33", "an allowance has a reason", func(c *checker) { c.allowances("BT-97", func(a Adjustment) bool { return a.Reason != "" }) }),
		must("BR-37", "a charge has a VAT category", func(c *checker) { c.charges("BT-102", func(a Adjustment) bool { return a.Category != "" }) }),
		must("BR-38", "a charge has a reason", func(c *checker) { c.charges("BT-104", func(a Adjustment) bool { return a.Reason != "" }) }),
		must("BR-47", "a VAT breakdown has a category", func(c *checker) { c.taxes("BT-118", func(t Tax) bool { return t.Category != "" }) }),
		must("BR-48", "a VAT breakdown has a rate unless it is not subject to VAT", func(c *checker) {
			c.taxes("BT-119", func(t Tax) bool { return t.Rate.Set() || t.Category == OutOfScope })
		}),
		must("BR-49", "payment instructions have a means code", func(c *checker) { c.payment("BT-81", func(p *Payment) bool { return p.Means != "" }) }),
		must("BR-50", "a credit transfer names its account", func(c *checker) { c.accounts(func(a Account) bool { return a.ID != "" }) }),
		must("BR-51", "a card is told by its last four digits, and by no more", func(c *checker) {
			c.payment("BT-87", func(p *Payment) bool { return p.Card == nil || len(p.Card.Last4) == 4 && digits(p.Card.Last4) })
		}),
		must("BR-52", "a supporting document has an identifier", func(c *checker) {
			each(c, "document", "BT-122", c.Documents, func(d Document) bool { return d.ID != "" })
		}),
		must("BR-53", "a VAT accounting currency comes with the VAT total in it", func(c *checker) {
			c.need(c.TaxCurrency == "" || c.Totals.TaxAccounting.Set(), "BT-111", "")
		}),
		must("BR-54", "an item attribute has a name and a value", func(c *checker) { c.lines("BG-32", Line.attributed) }),
		must("BR-55", "a preceding invoice has its number", func(c *checker) {
			each(c, "preceding invoice", "BT-25", c.Preceding, func(p Preceding) bool { return p.Number != "" })
		}),
		must("BR-57", "a deliver-to address has a country", func(c *checker) {
			if c.Delivery != nil {
				c.country(c.Delivery.Address, "BT-80")
			}
		}),
		must("BR-61", "a credit transfer as means of payment names an account", func(c *checker) {
			c.payment("BT-84", func(p *Payment) bool { return !p.transfer() || len(p.Accounts) > 0 && p.Accounts[0].ID != "" })
		}),
		must("BR-62", "the seller's electronic address has a scheme", func(c *checker) { c.need(c.Seller.Endpoint.schemed(), "BT-34", "") }),
		must("BR-63", "the buyer's electronic address has a scheme", func(c *checker) { c.need(c.Buyer.Endpoint.schemed(), "BT-49", "") }),
		must("BR-CO-04", "a line has a VAT category", func(c *checker) { c.lines("BT-151", func(l Line) bool { return l.Category != "" }) }),
		must("BR-CO-09", "a VAT identifier begins with the country that gave it", func(c *checker) {
			c.need(prefixed(c.Seller.VAT), "BT-31", "")
			c.need(prefixed(c.Buyer.VAT), "BT-48", "")
			c.representative("BT-63", func(r *Representative) bool { return prefixed(r.VAT) })
		}),
		must("BR-CO-18", "an invoice has a VAT breakdown", func(c *checker) { c.need(len(c.Taxes) > 0, "BG-23", "") }),
		must("BR-CO-19", "an invoicing period has a start or an end", func(c *checker) { c.need(c.Period.filled(), "BG-14", "") }),
		must("BR-CO-20", "a line's period has a start or an end", func(c *checker) { c.lines("BG-26", func(l Line) bool { return l.Period.filled() }) }),
		must("BR-CO-21", "an allowance has a reason or its code", func(c *checker) { c.allowances("BT-97", func(a Adjustment) bool { return a.Reason != "" }) }),
		must("BR-CO-22", "a charge has a reason or its code", func(c *checker) { c.charges("BT-104", func(a Adjustment) bool { return a.Reason != "" }) }),
		must("BR-CO-25", "what is due has a due date or payment terms", func(c *checker) {
			c.need(c.Totals.Due <= 0 || c.Due.Valid() || c.Terms != "", "BT-9", "")
		}),
		must("BR-CO-26", "the seller is told by an identifier, a registration or a VAT identifier", func(c *checker) {
			c.need(c.Seller.Identifier.ID != "" || c.Seller.Registration.ID != "" || c.Seller.VAT != "", "BT-29", "")
		}),
	}
}

func (c *checker) country(a Address, term string) {
	c.need(a == Address{} || a.Country != "", term, "")
}

func (c *checker) representative(term string, ok func(*Representative) bool) {
	c.need(c.Representative == nil || ok(c.Representative), term, "")
}

func (c *checker) payment(term string, ok func(*Payment) bool) {
	c.need(c.Payment == nil || ok(c.Payment), term, "")
}

func (c *checker) accounts(ok func(Account) bool) {
	if c.Payment != nil {
		each(c, "account", "BT-84", c.Payment.Accounts, ok)
	}
}

func (c *checker) lines(term string, ok func(Line) bool) { each(c, "line", term, c.Lines, ok) }

func (c *checker) taxes(term string, ok func(Tax) bool) { each(c, "tax", term, c.Taxes, ok) }

func (c *checker) allowances(term string, ok func(Adjustment) bool) {
	each(c, "allowance", term, c.Allowances, ok)
}

func (c *checker) charges(term string, ok func(Adjustment) bool) {
	each(c, "charge", term, c.Charges, ok)
}

func (p *Period) ordered() bool {
	return p == nil || !p.Start.Set() || !p.End.Set() || !p.End.Before(p.Start)
}

func (p *Period) filled() bool { return p == nil || p.Start.Valid() || p.End.Valid() }

func (p *Payment) transfer() bool { return p.Means == MeansTransfer || p.Means == MeansSEPATransfer }

func (l Line) attributed() bool {
	for _, a := range l.Attributes {
		if a.Name == "" || a.Value == "" {
			return false
		}
	}
	return true
}

func (i Identifier) schemed() bool { return i.ID == "" || i.Scheme != "" }

// prefixed reports whether a VAT identifier, if there is one, begins with a
// country; Greece writes EL.
func prefixed(vat string) bool {
	return vat == "" || len(vat) > 2 && (in(countries, vat[:2]) || vat[:2] == "EL")
}

func digits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

func sumRules() []rule {
	return []rule{
		must("BR-CO-10", "the sum of the lines is what the lines add up to", func(c *checker) {
			c.equal("BT-106", c.Totals.Lines, sum(c.Lines, func(l Line) Amount { return l.Net }))
		}),
		must("BR-CO-11", "the sum of allowances is what they add up to", func(c *checker) {
			c.equal("BT-107", c.Totals.Allowances, sum(c.Allowances, adjusted))
		}),
		must("BR-CO-12", "the sum of charges is what they add up to", func(c *checker) {
			c.equal("BT-108", c.Totals.Charges, sum(c.Charges, adjusted))
		}),
		must("BR-CO-13", "the total without VAT is lines − allowances + charges", func(c *checker) {
			t := c.Totals
			c.equal("BT-109", t.Net, add(big64(t.Lines), -t.Allowances, t.Charges))
		}),
		must("BR-CO-14", "the VAT total is the sum of the breakdown", func(c *checker) {
			c.equal("BT-110", c.Totals.Tax, sum(c.Taxes, func(t Tax) Amount { return t.Amount }))
		}),
		must("BR-CO-15", "the total with VAT is the total without it plus VAT", func(c *checker) {
			c.equal("BT-112", c.Totals.Gross, add(big64(c.Totals.Net), c.Totals.Tax))
		}),
		must("BR-CO-16", "what is due is the total with VAT − prepaid + rounding", func(c *checker) {
			t := c.Totals
			c.equal("BT-115", t.Due, add(big64(t.Gross), -t.Prepaid, t.Rounding))
		}),
		must("BR-CO-17", "VAT is the taxable amount times the rate, to the minor unit that pricing with tax may cost", func(c *checker) {
			c.taxes("BT-117", Tax.fits)
		}),
	}
}

func (c *checker) equal(term string, got Amount, want *big.Int) {
	c.need(big64(got).Cmp(want) == 0, term, "")
}

// fits reports whether the tax is taxable × rate, within one minor unit. A
// price with tax gives net = gross − tax with tax rounded once; the tax of
// that net differs from it by less than half a minor unit × (1 + rate). The
// public validators allow less than one major unit here.
func (t Tax) fits() bool {
	want := new(big.Rat).SetInt(big64(t.Taxable))
	want.Mul(want, t.Rate.Rat()).Quo(want, big.NewRat(100, 1))
	off := new(big.Int).Sub(big64(t.Amount), round(want))
	return off.CmpAbs(big.NewInt(1)) <= 0
}

func big64(a Amount) *big.Int { return big.NewInt(int64(a)) }

func add(n *big.Int, more ...Amount) *big.Int {
	for _, m := range more {
		n.Add(n, big64(m))
	}
	return n
}

func sum[T any](parts []T, of func(T) Amount) *big.Int {
	n := new(big.Int)
	for _, p := range parts {
		n.Add(n, big64(of(p)))
	}
	return n
}

func adjusted(a Adjustment) Amount { return a.Amount }

// decimalRules ask for at most two decimals. Amounts are integers of the minor
// unit, so a currency of three decimals breaks them where an amount stands.
func decimalRules() []rule {
	const text = "an amount has at most two decimals"
	total := func(term, id string) rule {
		return must(id, text, func(c *checker) { c.need(c.fine(), term, "") })
	}
	return []rule{
		must("BR-DEC-01", text, func(c *checker) { c.allowances("BT-92", func(Adjustment) bool { return c.fine() }) }),
		must("BR-DEC-05", text, func(c *checker) { c.charges("BT-99", func(Adjustment) bool { return c.fine() }) }),
		total("BT-106", "BR-DEC-09"), total("BT-107", "BR-DEC-10"), total("BT-108", "BR-DEC-11"), total("BT-109", "BR-DEC-12"),
		total("BT-110", "BR-DEC-13"), total("BT-112", "BR-DEC-14"),
		must("BR-DEC-15", text, func(c *checker) { c.need(c.Totals.TaxAccounting.Scale() <= 2, "BT-111", "") }),
		total("BT-113", "BR-DEC-16"), total("BT-114", "BR-DEC-17"), total("BT-115", "BR-DEC-18"),
		must("BR-DEC-19", text, func(c *checker) { c.taxes("BT-116", func(Tax) bool { return c.fine() }) }),
		must("BR-DEC-20", text, func(c *checker) { c.taxes("BT-117", func(Tax) bool { return c.fine() }) }),
		must("BR-DEC-23", text, func(c *checker) { c.lines("BT-131", func(Line) bool { return c.fine() }) }),
	}
}

func (c *checker) fine() bool { return c.Exponent >= 0 && c.Exponent <= 2 }

// codeRules ask that codes stand in their lists. BR-CL-23 and BR-CL-01 know
// the units and kinds of this package alone.
func codeRules() []rule {
	return []rule{
		must("BR-CL-01", "the type is one that is written here", func(c *checker) { c.need(in(types, string(c.Type)), "BT-3", "") }),
		must("BR-CL-04", "the currency is of ISO 4217", func(c *checker) { c.need(in(currencies, c.Currency), "BT-5", "") }),
		must("BR-CL-05", "the VAT accounting currency is of ISO 4217", func(c *checker) {
			c.need(c.TaxCurrency == "" || in(currencies, c.TaxCurrency), "BT-6", "")
		}),
		must("BR-CL-14", "a country is of ISO 3166-1", (*checker).countries),
		must("BR-CL-16", "a payment means is of UNTDID 4461", func(c *checker) { c.payment("BT-81", func(p *Payment) bool { return in(means, string(p.Means)) }) }),
		must("BR-CL-17", "a VAT category is of UNTDID 5305 as EN 16931 restricts it", func(c *checker) {
			c.taxes("BT-118", func(t Tax) bool { return in(categories, string(t.Category)) })
			c.allowances("BT-95", func(a Adjustment) bool { return in(categories, string(a.Category)) })
			c.charges("BT-102", func(a Adjustment) bool { return in(categories, string(a.Category)) })
		}),
		must("BR-CL-18", "a line's VAT category is of UNTDID 5305 as EN 16931 restricts it", func(c *checker) {
			c.lines("BT-151", func(l Line) bool { return in(categories, string(l.Category)) })
		}),
		must("BR-CL-22", "an exemption code is of the VATEX list", func(c *checker) {
			c.taxes("BT-121", func(t Tax) bool { return t.ReasonCode == "" || in(exemptions, t.ReasonCode) })
		}),
		must("BR-CL-23", "a unit is of Recommendation 20 or 21 and sold in charging", func(c *checker) {
			c.lines("BT-130", func(l Line) bool { return in(units, string(l.Unit)) })
		}),
		must("BR-CL-25", "an electronic address has a scheme of the EAS list", func(c *checker) {
			c.need(c.Seller.Endpoint.ID == "" || in(endpoints, c.Seller.Endpoint.Scheme), "BT-34", "")
			c.need(c.Buyer.Endpoint.ID == "" || in(endpoints, c.Buyer.Endpoint.Scheme), "BT-49", "")
		}),
	}
}

func (c *checker) countries() {
	known := func(a Address) bool { return a.Country == "" || in(countries, a.Country) }
	c.need(known(c.Seller.Address), "BT-40", "")
	c.need(known(c.Buyer.Address), "BT-55", "")
	c.representative("BT-69", func(r *Representative) bool { return known(r.Address) })
	c.need(c.Delivery == nil || known(c.Delivery.Address), "BT-80", "")
}
