package paper

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"chargewright/core/access"
	"chargewright/core/billing"
)

// printed is the document as it is printed. Amounts are those of the document.
func (f *folder) printed() *Document {
	d, b := f.doc, f.doc.Body
	out := &Document{
		Kind: kindOf(d), Language: f.language, Number: d.Number, Issued: d.IssuedAt, Zone: zoneOf(b.Zone), Currency: d.Currency, Brand: brandOf(f.brand),
		Seller: sellerOf(f.entity, b, f.sellerID, f.language), Net: d.Net, Tax: d.Tax, Gross: d.Gross, Payments: f.payments, Due: f.due, Collected: f.collected, Price: f.price,
	}
	if c := b.Credit; c != nil {
		out.Corrects, out.Price = Reference{c.Of, time.Unix(c.OfIssued, 0)}, ""
	}
	if x := b.Buyer; x != nil {
		out.Buyer = &Buyer{Name: x.Company, Address: addressLines(x.Address, x.Country, f.language), VAT: x.VATID, Customer: d.Driver}
	}
	if d.Kind == billing.Statement {
		f.account(out)
	} else {
		f.billed(out)
	}
	out.Notes = f.notes()
	return out
}

func kindOf(d billing.Document) Kind {
	switch {
	case d.Kind == billing.CreditNote:
		return CreditNote
	case d.Kind == billing.Statement:
		return Statement
	case d.Body.Buyer != nil:
		return Invoice
	}
	return Receipt
}

func zoneOf(name string) *time.Location {
	if z, err := time.LoadLocation(name); err == nil {
		return z
	}
	return time.UTC
}

func brandOf(b access.Brand) Brand {
	out := Brand{Name: b.Name, Helpline: b.Helpline, Mail: b.Email}
	if b.Logo.Type == "image/png" { // an SVG stays on screens
		out.Logo = b.Logo.Bytes
	}
	return out
}

func sellerOf(e access.Entity, b billing.Body, vat string, l Language) Seller {
	address := present(e.Street, strings.TrimSpace(e.PostalCode+" "+e.City))
	if len(address) > 0 {
		address = append(address, country(e.Country, l))
	}
	return Seller{
		Name: cmp.Or(b.Seller, e.Name), Address: address,
		VAT: vat, TaxID: e.TaxNumber, Register: e.Register, Bank: Bank{IBAN: e.IBAN, BIC: e.BIC},
	}
}

// addressLines are the lines of an address that was given as one text.
func addressLines(text, land string, l Language) []string {
	var out []string
	for _, x := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ',' }) {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	if most := maxAddress - 1; len(out) > most {
		out[most-1] = strings.Join(out[most-1:], ", ")
		out = out[:most]
	}
	return append(out, present(country(land, l))...)
}

// billed sets what a session costs, or what of it goes back.
func (f *folder) billed(out *Document) {
	b := f.doc.Body
	for _, l := range b.Lines {
		if f.doc.Kind == billing.CreditNote && l.Minor == 0 && l.Quantity == "" {
			continue // nothing of it goes back
		}
		if l.Unit == "session" { // it is one, and the line says so
			l.Unit, l.Quantity = "", ""
		}
		out.Lines = append(out.Lines, Line{What: l.Dimension, Quantity: l.Quantity, Unit: l.Unit, UnitPrice: l.UnitPrice, Minor: l.Minor})
	}
	for _, t := range b.Taxes {
		if f.doc.Kind == billing.CreditNote && t.Gross == 0 {
			continue
		}
		x := Tax{Name: taxWord(t.Name, f.language), Percent: t.Percent, Net: t.Net, Minor: t.Tax, PerKWh: t.PerKWh, Why: t.Category}
		if t.PerKWh != "" {
			x.Percent = ""
		}
		out.Taxes = append(out.Taxes, x)
	}
	out.Session = &Session{
		ID: f.doc.Session, Site: b.Site, Address: b.Address, Station: b.Station, EVSE: cmp.Or(f.evse.ContractID, f.evse.Number, fmt.Sprintf("%s/%d", b.Station, b.EVSE)),
		Token: strings.TrimLeft(b.Token, "…"), Start: b.Start, End: b.End, Reason: b.Reason, Estimated: b.Estimated && f.doc.Kind == billing.Receipt, Energy: b.Energy, First: b.First, Last: b.Last,
		Signed: f.signed,
	}
	for _, p := range b.Power {
		out.Session.Power = append(out.Session.Power, Power(p))
	}
}

// taxWord is what the tax of nearly everybody is called in the language.
func taxWord(name string, l Language) string {
	if name == "VAT" && l == German {
		return "MwSt."
	}
	return name
}

// account sets the rows of a statement.
func (f *folder) account(out *Document) {
	a := f.doc.Body.Account
	if a == nil {
		return
	}
	out.From, out.To, out.Gross, out.Price = a.From, a.To, a.Closing, ""
	out.Account = &Account{
		Opening: a.Opening, WalletOpening: a.WalletOpening, WalletClosing: a.WalletClosing, Sessions: a.Sessions, Energy: a.Energy, More: a.More,
	}
	for _, r := range a.Rows {
		out.Account.Rows = append(out.Account.Rows, Row{r.At, r.Kind, r.Site, r.Number, r.Owed, r.Wallet})
	}
	if out.Buyer == nil && f.buyer.Name != "" {
		out.Buyer = &Buyer{Name: f.buyer.Name, Customer: f.doc.Driver}
	}
}

// notes are the paragraphs that the law or the seller asks for.
func (f *folder) notes() []string {
	b, w := f.doc.Body, languages[f.language]
	var out []string
	if f.doc.Kind == billing.Statement {
		out = append(out, w.say("statementNote"))
	}
	if c := b.Credit; c != nil {
		out = append(out, fmt.Sprintf(w.say("because"), c.Reason))
	}
	note := b.Note
	if b.Determined != nil && note != "" {
		note = cmp.Or(b.Determined.Note(string(f.language)), note)
	}
	out = append(out, present(note)...)
	if b.Fallback != "" && f.doc.Kind == billing.Receipt {
		out = append(out, fmt.Sprintf(w.say("fallback"), w.quantity(b.Fallback, "kWh")))
	}
	return append(out, present(f.entity.Notes)...)
}
