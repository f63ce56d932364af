package paper

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/wire/en16931"
)

// Syntax is a form in which EN 16931 is written.
type Syntax string

// The syntaxes.
const (
	UBL Syntax = "ubl"
	CII Syntax = "cii"
)

// Unfit is the reason of a Conflict: the rules that a document breaks.
type Unfit struct{ found []en16931.Finding }

// Error implements error.
func (u *Unfit) Error() string {
	var all []string
	for i, f := range u.found {
		if i == 5 {
			all = append(all, fmt.Sprintf("and %d more", len(u.found)-i))
			break
		}
		all = append(all, f.String())
	}
	return strings.Join(all, "; ")
}

// Findings are the rules with what they ask, warnings left out.
func (u *Unfit) Findings() []en16931.Finding { return u.found }

// Order says how an electronic invoice is wanted.
type Order struct {
	Syntax    Syntax
	Profile   en16931.Profile
	Reference string // of the buyer (BT-10); "" for none
}

// XML writes a receipt or a credit note as an electronic invoice. A document that
// breaks a rule of EN 16931 is a Conflict, whose cause is an *Unfit; so is one that
// the standard has no place for, such as a statement. An unknown syntax is Invalid.
func (k *Desk) XML(ctx context.Context, d billing.Document, o Order) ([]byte, error) {
	write := map[Syntax]func(*en16931.Invoice, en16931.Profile) ([]byte, error){UBL: en16931.WriteUBL, CII: en16931.WriteCII}[o.Syntax]
	if write == nil {
		return nil, fail.Field("paper.XML", "syntax", "%q is neither ubl nor cii", string(o.Syntax))
	}
	f, err := store.Read(ctx, k.o.DB, func(tx *store.Tx) (folder, error) { return gather(tx, d, "") })
	if err != nil {
		return nil, err
	}
	inv, err := f.einvoice()
	if err != nil {
		return nil, err
	}
	inv.BuyerReference = o.Reference
	if err := fits(inv, o.Profile); err != nil {
		return nil, err
	}
	return write(inv, o.Profile)
}

// fits judges an invoice by the rules of the profile.
func fits(inv *en16931.Invoice, p en16931.Profile) error {
	u := &Unfit{}
	for _, x := range en16931.Check(inv, p) {
		if !x.Warning {
			u.found = append(u.found, x)
		}
	}
	if len(u.found) == 0 {
		return nil
	}
	return &fail.Error{Kind: fail.Conflict, Op: "paper.XML", Text: "it cannot be written as an electronic invoice: " + u.Error(), Err: u}
}

// cannot is a document that the standard has no place for.
func cannot(format string, args ...any) error {
	return fail.New(fail.Conflict, "paper.XML", "it cannot be written as an electronic invoice: "+format, args...)
}

// einvoice is the document in the terms of EN 16931. Its amounts are those that
// were booked.
func (f *folder) einvoice() (*en16931.Invoice, error) {
	d, b := f.doc, f.doc.Body
	if d.Kind == billing.Statement {
		return nil, cannot("a statement bills nothing; its receipts do")
	}
	zone := zoneOf(b.Zone)
	inv := &en16931.Invoice{
		Number: d.Number, Issued: en16931.DateOf(d.IssuedAt.In(zone)), Type: en16931.Commercial, Currency: string(d.Currency), Exponent: d.Currency.Exponent(),
		Seller: f.sellerParty(), Buyer: f.buyerParty(), Notes: f.notes(),
	}
	start, end := en16931.DateOf(b.Start.In(zone)), en16931.DateOf(b.End.In(zone))
	if !b.Start.IsZero() && !b.End.IsZero() {
		inv.Period = &en16931.Period{Start: start, End: end}
		inv.Delivery = &en16931.Delivery{Name: strings.Join(present(b.Site, b.Address), ", "), Location: en16931.Identifier{ID: f.evse.ContractID}, Date: end}
	}
	if c := b.Credit; c != nil {
		inv.Type = en16931.CreditNote
		inv.Preceding = []en16931.Preceding{{Number: c.Of, Issued: en16931.DateOf(f.receipt.IssuedAt.In(zone))}}
	}
	if f.signed != nil {
		inv.Documents = []en16931.Document{{ID: cmp.Or(f.signed.Meter, d.Session), Description: strings.Join(present("signed meter values", f.signed.Format, f.signed.Begin, f.signed.End), " ")}}
	}
	if err := f.charge(inv); err != nil {
		return nil, err
	}
	if len(inv.Taxes) == 1 && inv.Taxes[0].Category == en16931.OutOfScope { // BR-O-02: no VAT id is shown
		inv.Seller.VAT, inv.Buyer.VAT = "", ""
	}
	f.instruct(inv)
	return inv, inv.Total()
}

func (f *folder) sellerParty() en16931.Party {
	e, b := f.entity, f.doc.Body
	p := en16931.Party{
		Name: cmp.Or(b.Seller, e.Name), VAT: f.sellerID, Tax: e.TaxNumber, Registration: en16931.Identifier{ID: e.Register}, Endpoint: mailbox(e.Email),
		Contact: en16931.Contact{Phone: e.Phone, Mail: e.Email},
	}
	if p.Contact != (en16931.Contact{}) {
		p.Contact.Name = e.Name
	}
	if f.brand.Name != p.Name {
		p.Trading = f.brand.Name
	}
	if e.Street != "" || e.City != "" || e.PostalCode != "" {
		p.Address = en16931.Address{Line1: e.Street, City: e.City, PostCode: e.PostalCode, Country: e.Country}
	}
	return p
}

func (f *folder) buyerParty() en16931.Party {
	x := f.doc.Body.Buyer
	if x == nil {
		return en16931.Party{Name: f.buyer.Name, Endpoint: mailbox(f.buyer.Email)}
	}
	p := en16931.Party{Name: x.Company, VAT: x.VATID, Endpoint: mailbox(f.buyer.Email), Address: postal(x.Address)}
	p.Address.Country = x.Country
	if f.doc.Driver != "" {
		p.Identifier = en16931.Identifier{ID: f.doc.Driver}
	}
	return p
}

// mailbox is the electronic address of who has one of mail (EAS: EM).
func mailbox(address string) en16931.Identifier {
	if address == "" {
		return en16931.Identifier{}
	}
	return en16931.Identifier{ID: address, Scheme: "EM"}
}

// town is the last part of an address that begins with its postal code.
var town = regexp.MustCompile(`^(?:[A-Z]{1,2}-)?([0-9]{3,6}|[0-9]{4} [A-Z]{2}|[0-9]{2}-[0-9]{3}) (\S.*)$`)

// postal takes apart an address that was given as one text: a last line that
// begins with a postal code is the town, the rest are its lines.
func postal(text string) (a en16931.Address) {
	parts := addressLines(text, "", English)
	if n := len(parts); n > 0 {
		if m := town.FindStringSubmatch(parts[n-1]); m != nil {
			a.PostCode, a.City, parts = m[1], m[2], parts[:n-1]
		}
	}
	for i, p := range parts {
		switch i {
		case 0:
			a.Line1 = p
		case 1:
			a.Line2 = p
		case 2:
			a.Line3 = p
		default:
			a.Line3 += ", " + p
		}
	}
	return a
}

// vat is how the lines of a group are taxed in the eyes of EN 16931.
type vat struct {
	category en16931.Category
	rate     en16931.Decimal
}

// charge sets lines and taxes. Lines have the net amounts that were booked; the
// price is the one that gives them.
func (f *folder) charge(inv *en16931.Invoice) error {
	groups, err := f.groups(inv)
	if err != nil {
		return err
	}
	w := languages[f.language]
	for _, l := range f.doc.Body.Lines {
		if f.doc.Kind == billing.CreditNote && l.Net == 0 && l.Quantity == "" {
			continue
		}
		if l.Net == 0 && l.Minor != 0 && f.doc.Net != 0 {
			return cannot("it was issued before documents kept the net amounts of their lines")
		}
		line, err := lineOf(l, groups[l.Group], inv.Exponent)
		if err != nil {
			return err
		}
		line.ID, line.Name, line.Article, line.Period = strconv.Itoa(len(inv.Lines)+1), w.what(l.Dimension), l.Dimension, inv.Period
		if l.Dimension == "ENERGY" && f.doc.Kind == billing.Receipt {
			line.Attributes = []en16931.Attribute{{Name: w.say("atStart"), Value: w.kwh(f.doc.Body.First)}, {Name: w.say("atEnd"), Value: w.kwh(f.doc.Body.Last)}}
		}
		inv.Lines = append(inv.Lines, line)
	}
	if len(inv.Lines) == 0 && f.doc.Gross == 0 {
		return cannot("it bills nothing")
	}
	return nil
}

// groups is how each group of lines is taxed; the breakdown is set by the way. A
// rate has one entry in the breakdown, whatever groups it stands in.
func (f *folder) groups(inv *en16931.Invoice) (map[int]vat, error) {
	out := map[int]vat{}
	for _, t := range f.doc.Body.Taxes {
		switch _, twice := out[t.Group]; {
		case t.PerKWh != "":
			return nil, cannot("%s is a tax per kWh, and EN 16931 knows VAT alone", t.Name)
		case twice:
			return nil, cannot("its lines bear several taxes, and EN 16931 knows VAT alone")
		}
		rate, err := en16931.ParseDecimal(cmp.Or(t.Percent, "0"))
		if err != nil {
			return nil, err
		}
		v := vat{en16931.Category(t.Category), rate}
		if v.category == "" && rate.Sign() > 0 {
			v.category = en16931.Standard // by the tariff alone
		}
		if v.category == en16931.OutOfScope {
			v.rate = en16931.Decimal{}
		}
		out[t.Group] = v
		if f.doc.Kind == billing.CreditNote && t.Gross == 0 && t.Net == 0 {
			continue
		}
		f.tax(inv, v, t)
	}
	return out, nil
}

// tax adds a tax to the breakdown.
func (f *folder) tax(inv *en16931.Invoice, v vat, t billing.Tax) {
	for i := range inv.Taxes {
		if x := &inv.Taxes[i]; x.Category == v.category && x.Rate.Equal(v.rate) {
			x.Taxable, x.Amount = x.Taxable+en16931.Amount(t.Net), x.Amount+en16931.Amount(t.Tax)
			return
		}
	}
	x := en16931.Tax{Taxable: en16931.Amount(t.Net), Amount: en16931.Amount(t.Tax), Category: v.category, Rate: v.rate}
	if why := languages[f.language].why[t.Category]; why != "" && v.category != en16931.ZeroRated {
		x.Reason = cmp.Or(f.doc.Body.Note, why)
	}
	if v.category == en16931.ReverseCharge {
		x.ReasonCode = "VATEX-EU-AE"
	}
	inv.Taxes = append(inv.Taxes, x)
}

var units = map[string]en16931.Unit{"kWh": en16931.KilowattHour, "h": en16931.Hour, "min": en16931.Minute}

// lineOf is a line with its net amount, the sign of its quantity and the price
// that gives it.
func lineOf(l billing.Line, v vat, exponent int) (en16931.Line, error) {
	out := en16931.Line{Unit: en16931.One, Net: en16931.Amount(l.Net), Category: v.category, Rate: v.rate}
	if u, ok := units[l.Unit]; ok {
		out.Unit = u
	}
	q, err := en16931.ParseDecimal(cmp.Or(l.Quantity, "1"))
	if err != nil {
		return out, err
	}
	if q.Sign() == 0 {
		q, out.Unit = en16931.Dec(1, 0), en16931.One
	}
	if l.Net < 0 && q.Sign() > 0 || l.Net > 0 && q.Sign() < 0 {
		q = q.Neg()
	}
	price, ok := en16931.NetPrice(q, out.Net, exponent)
	if !ok {
		return out, cannot("no price of %s gives %d", q, l.Net)
	}
	out.Quantity, out.Price = q, price
	return out, nil
}

// instruct says how it was paid, or is to be.
func (f *folder) instruct(inv *en16931.Invoice) {
	e := f.entity
	for _, p := range f.payments {
		if inv.Type != en16931.CreditNote {
			inv.Totals.Prepaid += en16931.Amount(p.Minor)
		}
	}
	if len(f.payments) > 0 {
		p := f.payments[0]
		switch {
		case p.By == ByWallet:
			inv.Payment = &en16931.Payment{Means: en16931.MeansOnline, Text: "wallet"}
		case p.By == ByTransfer:
			inv.Payment = &en16931.Payment{Means: en16931.MeansOnline, Text: "transfer"}
		case p.Last4 != "":
			inv.Payment = &en16931.Payment{Means: en16931.MeansBankCard, Card: &en16931.Card{Last4: p.Last4, Network: cmp.Or(p.Brand, "card")}}
		default:
			inv.Payment = &en16931.Payment{Means: en16931.MeansOnline, Text: p.Brand}
		}
		if f.due == 0 || inv.Type == en16931.CreditNote {
			inv.Terms = languages[f.language].say("settled")
			return
		}
	}
	if inv.Payment == nil && !f.collected && e.IBAN != "" && inv.Type != en16931.CreditNote {
		inv.Payment = &en16931.Payment{Means: en16931.MeansSEPATransfer, Reference: inv.Number, Accounts: []en16931.Account{{ID: e.IBAN, Name: e.Name, BIC: e.BIC}}}
	}
	if inv.Payment == nil {
		inv.Payment = &en16931.Payment{Means: en16931.MeansOnline}
	}
	inv.Terms = languages[f.language].say("atOnce")
	if f.collected {
		inv.Terms = languages[f.language].say("collected")
	}
}
