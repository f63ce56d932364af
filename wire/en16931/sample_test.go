package en16931

import (
	"fmt"
	"testing"
	"time"
)

var day = Date{2026, time.November, 19}

// sample is an invoice without a finding in any profile, whose line, allowance
// and charge are all of one category.
func sample(cat Category) *Invoice {
	rate := Dec(0, 0)
	switch cat {
	case Standard, IGIC, IPSI:
		rate = Dec(19, 0)
	case OutOfScope:
		rate = Decimal{}
	}
	inv := &Invoice{
		Number: "KR-2026-0048213", Issued: day, Type: Commercial, Currency: "EUR", Exponent: 2, Due: Date{2026, time.December, 3},
		BuyerReference: "04011000-12345-34", Terms: "14 Tage netto",
		Seller: Party{
			Name: "Kranich Ladenetz GmbH", VAT: "DE123456789", Tax: "123/456/78901", Registration: Identifier{ID: "HRB 12345"},
			Endpoint: Identifier{"rechnung@kranich.example", "EM"},
			Address:  Address{Line1: "Hafenstraße 14", City: "Erlental", PostCode: "12345", Country: "DE"},
			Contact:  Contact{"Buchhaltung", "+49 30 123456", "rechnung@kranich.example"},
		},
		Buyer: Party{
			Name: "Møller & Søn A/S", VAT: "DK12345678", Endpoint: Identifier{"12345678", "0184"},
			Address: Address{Line1: "Havnegade 1", City: "København", PostCode: "1058", Country: "DK"},
		},
		Delivery: &Delivery{
			Name: "Einkaufspark Mühlau", Location: Identifier{ID: "DE*KRN*E015202"}, Date: day,
			Address: Address{Line1: "Am Markt 3", City: "Erlental", PostCode: "12345", Country: "DE"},
		},
		Period:     &Period{Start: day, End: day},
		Payment:    &Payment{Means: MeansSEPATransfer, Reference: "KR-2026-0048213", Accounts: []Account{{"DE89370400440532013000", "Kranich Ladenetz GmbH", "COBADEFFXXX"}}},
		Allowances: []Adjustment{{100, cat, rate, "Treuebonus"}},
		Charges:    []Adjustment{{50, cat, rate, "Papierrechnung"}},
		Lines: []Line{{
			ID: "1", Quantity: Dec(25060, 3), Unit: KilowattHour, Net: 1248, Price: Dec(498, 3), Category: cat, Rate: rate,
			Name: "Energie", Period: &Period{Start: day, End: day}, Attributes: []Attribute{{"Zählerstand Anfang", "10234.118 kWh"}},
		}},
	}
	if cat == OutOfScope {
		inv.Seller.VAT, inv.Buyer.VAT = "", ""
	}
	inv.Taxes = inv.Breakdown()
	if cat == OutOfScope {
		inv.Taxes[0].Rate = Dec(0, 0)
	}
	for _, f := range families() {
		if f.code == cat && f.reason {
			inv.Taxes[0].Reason = f.name
		}
	}
	if err := inv.Total(); err != nil {
		panic(err)
	}
	return inv
}

// whole is a credit note or invoice in which every term of the model stands.
func whole(kind TypeCode) *Invoice {
	inv := sample(Standard)
	inv.Type, inv.TaxCurrency, inv.TaxPoint = kind, "SEK", day
	inv.Contract, inv.Order, inv.Accounting, inv.Notes = "V-7", "PO 4711", "4400", []string{"Erste <Zeile>\nzweite", "Note \"2\""}
	inv.Preceding = []Preceding{{"KR-2026-0040001", Date{2026, time.October, 1}}}
	inv.Representative = &Representative{"Rep & Co", "FR12345678901", Address{Line1: "Rue 1", Line2: "b", Line3: "c", City: "Paris", PostCode: "75001", Subdivision: "IDF", Country: "FR"}}
	inv.Seller.Trading, inv.Seller.Identifier, inv.Seller.Legal = "Kranich", Identifier{"4000001123452", "0088"}, "Sitz Erlental"
	inv.Buyer.Trading, inv.Buyer.Identifier, inv.Buyer.Registration = "Møller", Identifier{ID: "K-77"}, Identifier{"12345678", "0184"}
	inv.Buyer.Contact = Contact{"Anna", "+45 12345678", "anna@moller.example"}
	inv.Payment = &Payment{Means: MeansCreditCard, Text: "Visa", Reference: "R-1", Card: &Card{"4471", "VISA", "A. Møller"}}
	inv.Documents = []Document{{"OCMF-1", "Signierte Messwerte", "https://example.org/t?a=1&b=2"}}
	inv.Lines[0].Note, inv.Lines[0].Accounting, inv.Lines[0].Text, inv.Lines[0].Article = "n", "4401", "EVSE DE*KRN*E015202", "ENERGY"
	inv.Totals.TaxAccounting, inv.Totals.Prepaid, inv.Totals.Rounding = Dec(2600, 2), 1000, 1
	if err := inv.Total(); err != nil {
		panic(err)
	}
	return inv
}

func TestSamplesConform(t *testing.T) {
	for _, cat := range []Category{Standard, ZeroRated, Exempt, ReverseCharge, IntraCommunity, Export, OutOfScope, IGIC, IPSI} {
		for _, p := range []Profile{EN16931, XRechnung} {
			t.Run(fmt.Sprint(cat, p), func(t *testing.T) {
				for _, f := range Check(sample(cat), p) {
					t.Error(f)
				}
			})
		}
	}
	for _, kind := range []TypeCode{Commercial, CreditNote, Corrected, SelfBilled} {
		for _, f := range Check(whole(kind), XRechnung) {
			t.Error(kind, f)
		}
	}
}
