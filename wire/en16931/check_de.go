package en16931

import (
	"math/big"
	"regexp"
	"strings"
)

var (
	mailAddress = regexp.MustCompile(`^[^@\s.]([^@\s]*[^@\s.])@[^@\s.]([^@\s]*[^@\s.])$`)
	ibanForm    = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}$`)
	discount    = regexp.MustCompile(`^#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#$`)
)

// germanRules are those of XRechnung 3.0, with the rules of Peppol that it
// takes over. BR-DE-12 and BR-DE-13 are withdrawn; BR-DE-29 became R061.
func germanRules() []rule {
	return append(append(contactRules(), meansRules()...), []rule{
		must("BR-DE-14", "a VAT breakdown has a rate", func(c *checker) { c.taxes("BT-119", func(t Tax) bool { return t.Rate.Set() }) }),
		field("BR-DE-15", "BT-10", "an invoice has the buyer's reference", func(i *Invoice) string { return strings.TrimSpace(i.BuyerReference) }),
		must("BR-DE-16", "a taxed invoice has the seller's VAT identifier, tax number or representative", func(c *checker) {
			c.need(!c.taxed() || c.Seller.VAT != "" || c.Seller.Tax != "" || c.Representative != nil, "BT-31", "")
		}),
		should("BR-DE-17", "the type is 380, 381, 384 or 389", func(c *checker) {
			c.need(in(" 380 381 384 389 ", string(c.Type)), "BT-3", "")
		}),
		must("BR-DE-18", "a discount for early payment is written in the form #SKONTO#…#", func(c *checker) { c.need(skonto(c.Terms), "BT-20", "") }),
		should("BR-DE-26", "a corrected invoice names the one before", func(c *checker) {
			c.need(c.Type != Corrected || len(c.Preceding) > 0, "BG-3", "")
		}),
		should("BR-DE-TMP-32", "the date of supply stands in BT-72, BG-14 or in every line", func(c *checker) {
			c.need(c.Delivery != nil && c.Delivery.Date.Set() || c.Period != nil || c.periods(), "BT-72", "")
		}),
		should("BR-TMP-2", "the place of a document is an absolute URL", func(c *checker) {
			each(c, "document", "BT-124", c.Documents, func(d Document) bool { return d.URL == "" || schemed.MatchString(d.URL) })
		}),
		must("PEPPOL-EN16931-R005", "the VAT accounting currency differs from the invoice's", func(c *checker) {
			c.need(c.TaxCurrency == "" || c.TaxCurrency != c.Currency, "BT-6", "")
		}),
		field("PEPPOL-EN16931-R010", "BT-49", "the buyer has an electronic address", func(i *Invoice) string { return i.Buyer.Endpoint.ID }),
		field("PEPPOL-EN16931-R020", "BT-34", "the seller has an electronic address", func(i *Invoice) string { return i.Seller.Endpoint.ID }),
		must("PEPPOL-EN16931-R055", "the VAT totals of both currencies have one sign", func(c *checker) {
			a := c.Totals.TaxAccounting
			c.need(!a.Set() || a.Sign() == big64(c.Totals.Tax).Sign(), "BT-111", "")
		}),
		must("PEPPOL-EN16931-R061", "a direct debit names its mandate", func(c *checker) {
			c.payment("BT-89", func(p *Payment) bool { return !p.debit() || p.Debit != nil && p.Debit.Mandate != "" })
		}),
		must("PEPPOL-EN16931-R110", "a line's period starts within the invoicing period", func(c *checker) {
			c.lines("BT-134", func(l Line) bool { return c.within(l, func(p *Period) Date { return p.Start }) })
		}),
		must("PEPPOL-EN16931-R111", "a line's period ends within the invoicing period", func(c *checker) {
			c.lines("BT-135", func(l Line) bool { return c.within(l, func(p *Period) Date { return p.End }) })
		}),
		must("PEPPOL-EN16931-R120", "a line's net amount is quantity × price, within 0.02", func(c *checker) {
			c.lines("BT-131", func(l Line) bool { return c.priced(l) })
		}),
	}...)
}

var schemed = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]+:`)

func contactRules() []rule {
	at := func(id, term, text string, ok func(*Invoice) bool) rule {
		return must(id, text, func(c *checker) { c.need(ok(c.Invoice), term, "") })
	}
	to := func(id, term, text string, value func(Address) string) rule {
		return must(id, text, func(c *checker) {
			c.need(c.Delivery == nil || c.Delivery.Address == Address{} || value(c.Delivery.Address) != "", term, "")
		})
	}
	return []rule{
		at("BR-DE-1", "BG-16", "an invoice has payment instructions", func(i *Invoice) bool { return i.Payment != nil }),
		at("BR-DE-2", "BG-6", "the seller has a contact", func(i *Invoice) bool { return i.Seller.Contact != Contact{} }),
		field("BR-DE-3", "BT-37", "the seller's address has a city", func(i *Invoice) string { return i.Seller.Address.City }),
		field("BR-DE-4", "BT-38", "the seller's address has a post code", func(i *Invoice) string { return i.Seller.Address.PostCode }),
		field("BR-DE-5", "BT-41", "the seller's contact has a name", func(i *Invoice) string { return i.Seller.Contact.Name }),
		field("BR-DE-6", "BT-42", "the seller's contact has a telephone number", func(i *Invoice) string { return i.Seller.Contact.Phone }),
		field("BR-DE-7", "BT-43", "the seller's contact has a mail address", func(i *Invoice) string { return i.Seller.Contact.Mail }),
		field("BR-DE-8", "BT-52", "the buyer's address has a city", func(i *Invoice) string { return i.Buyer.Address.City }),
		field("BR-DE-9", "BT-53", "the buyer's address has a post code", func(i *Invoice) string { return i.Buyer.Address.PostCode }),
		to("BR-DE-10", "BT-77", "a deliver-to address has a city", func(a Address) string { return a.City }),
		to("BR-DE-11", "BT-78", "a deliver-to address has a post code", func(a Address) string { return a.PostCode }),
		should("BR-DE-27", "a telephone number has at least three digits", func(c *checker) {
			n := 0
			for _, r := range c.Seller.Contact.Phone {
				if r >= '0' && r <= '9' {
					n++
				}
			}
			c.need(n >= 3, "BT-42", "")
		}),
		should("BR-DE-28", "a mail address has one @ between two names", func(c *checker) {
			c.need(mailAddress.MatchString(c.Seller.Contact.Mail), "BT-43", "")
		}),
	}
}

// meansRules tie the payment means to the one group that details it.
func meansRules() []rule {
	at := func(id, term, text string, ok func(*Payment) bool) rule {
		return must(id, text, func(c *checker) { c.payment(term, ok) })
	}
	return []rule{
		should("BR-DE-19", "a SEPA transfer names a true IBAN", func(c *checker) {
			c.payment("BT-84", func(p *Payment) bool {
				return p.Means != MeansSEPATransfer || len(p.Accounts) == 0 || iban(p.Accounts[0].ID)
			})
		}),
		should("BR-DE-20", "a SEPA debit names a true IBAN", func(c *checker) {
			c.payment("BT-91", func(p *Payment) bool { return p.Means != MeansSEPADebit || p.Debit == nil || iban(p.Debit.Account) })
		}),
		at("BR-DE-23-a", "BG-17", "a transfer comes with its account", func(p *Payment) bool { return !p.transfer() || len(p.Accounts) > 0 }),
		at("BR-DE-23-b", "BG-17", "a transfer comes with neither card nor debit", func(p *Payment) bool { return !p.transfer() || p.Card == nil && p.Debit == nil }),
		at("BR-DE-24-a", "BG-18", "a card payment comes with its card", func(p *Payment) bool { return !p.card() || p.Card != nil }),
		at("BR-DE-24-b", "BG-18", "a card payment comes with neither account nor debit", func(p *Payment) bool { return !p.card() || len(p.Accounts) == 0 && p.Debit == nil }),
		at("BR-DE-25-a", "BG-19", "a SEPA debit comes with its mandate", func(p *Payment) bool { return p.Means != MeansSEPADebit || p.Debit != nil }),
		at("BR-DE-25-b", "BG-19", "a SEPA debit comes with neither account nor card", func(p *Payment) bool {
			return p.Means != MeansSEPADebit || len(p.Accounts) == 0 && p.Card == nil
		}),
		at("BR-DE-30", "BT-90", "a direct debit names its creditor", func(p *Payment) bool { return p.Debit == nil || p.Debit.Creditor != "" }),
		at("BR-DE-31", "BT-91", "a direct debit names the account that is debited", func(p *Payment) bool { return p.Debit == nil || p.Debit.Account != "" }),
	}
}

func (p *Payment) card() bool {
	return p.Means == MeansBankCard || p.Means == MeansCreditCard || p.Means == MeansDebitCard
}

func (p *Payment) debit() bool { return p.Means == MeansDirectDebit || p.Means == MeansSEPADebit }

// taxed reports whether anything is billed in scope of VAT.
func (c *checker) taxed() bool {
	for _, l := range c.Lines {
		if l.Category != OutOfScope {
			return true
		}
	}
	for _, a := range append(c.Allowances[:len(c.Allowances):len(c.Allowances)], c.Charges...) {
		if a.Category != OutOfScope {
			return true
		}
	}
	return false
}

func (c *checker) periods() bool {
	for _, l := range c.Lines {
		if l.Period == nil {
			return false
		}
	}
	return true
}

// within reports whether a day of the line's period lies in the invoice's.
func (c *checker) within(l Line, of func(*Period) Date) bool {
	if l.Period == nil || c.Period == nil || !of(l.Period).Set() {
		return true
	}
	d := of(l.Period)
	return !(c.Period.Start.Set() && d.Before(c.Period.Start)) && !(c.Period.End.Set() && c.Period.End.Before(d))
}

// priced reports whether a line's net is quantity × price within 0.02 of the
// major unit.
func (c *checker) priced(l Line) bool {
	net := new(big.Rat).SetFrac(big64(l.Net), pow10(max(0, min(c.Exponent, maxScale))))
	off := net.Sub(net, new(big.Rat).Mul(l.Quantity.Rat(), l.Price.Rat()))
	return off.Abs(off).Cmp(big.NewRat(2, 100)) <= 0
}

// iban reports whether an account is an IBAN whose check digits hold.
func iban(s string) bool {
	s = strings.ReplaceAll(s, " ", "")
	if !ibanForm.MatchString(s) {
		return false
	}
	rest := 0
	for _, r := range s[4:] + s[:4] {
		n := int(r - '0')
		if r >= 'A' {
			n = int(r-'A') + 10
			rest *= 10
		}
		rest = (rest*10 + n) % 97
	}
	return rest == 1
}

// skonto reports whether every line of terms that begins with # has the form.
func skonto(terms string) bool {
	lines := strings.Split(terms, "\n")
	for i, l := range lines {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "#") && (!discount.MatchString(l) || i == len(lines)-1) {
			return false
		}
	}
	return true
}
