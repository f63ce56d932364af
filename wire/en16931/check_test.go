package en16931

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// breaks makes, for each rule, the sample break it.
func breaks() map[string]func(*Invoice) {
	later := Date{2027, time.January, 1}
	transfer := func(i *Invoice) { i.Payment = &Payment{Means: MeansTransfer} }
	card := func(i *Invoice) { i.Payment = &Payment{Means: MeansCreditCard, Card: &Card{Last4: "4471"}} }
	debit := func(i *Invoice) {
		i.Payment = &Payment{Means: MeansSEPADebit, Debit: &Debit{"M-1", "DE98ZZZ09999999999", "DE89370400440532013000"}}
	}
	also := func(fs ...func(*Invoice)) func(*Invoice) {
		return func(i *Invoice) {
			for _, f := range fs {
				f(i)
			}
		}
	}
	rep := func(r Representative) func(*Invoice) { return func(i *Invoice) { i.Representative = &r } }
	fils := func(i *Invoice) { i.Exponent = 3 }
	fr := Address{Line1: "Rue 1", Country: "FR"}
	m := map[string]func(*Invoice){
		"BR-02": func(i *Invoice) { i.Number = "" },
		"BR-03": func(i *Invoice) { i.Issued = Date{2026, time.February, 30} },
		"BR-04": func(i *Invoice) { i.Type = "" },
		"BR-05": func(i *Invoice) { i.Currency = "" },
		"BR-06": func(i *Invoice) { i.Seller.Name = "" },
		"BR-07": func(i *Invoice) { i.Buyer.Name = "" },
		"BR-08": func(i *Invoice) { i.Seller.Address = Address{} },
		"BR-09": func(i *Invoice) { i.Seller.Address.Country = "" },
		"BR-10": func(i *Invoice) { i.Buyer.Address = Address{} },
		"BR-11": func(i *Invoice) { i.Buyer.Address.Country = "" },
		"BR-16": func(i *Invoice) { i.Lines = nil },
		"BR-18": rep(Representative{VAT: "FR12345678901", Address: fr}),
		"BR-19": rep(Representative{Name: "Rep", VAT: "FR12345678901"}),
		"BR-20": rep(Representative{Name: "Rep", VAT: "FR12345678901", Address: Address{Line1: "Rue 1"}}),
		"BR-21": func(i *Invoice) { i.Lines[0].ID = "" },
		"BR-22": func(i *Invoice) { i.Lines[0].Quantity = Decimal{} },
		"BR-23": func(i *Invoice) { i.Lines[0].Unit = "" },
		"BR-25": func(i *Invoice) { i.Lines[0].Name = "" },
		"BR-26": func(i *Invoice) { i.Lines[0].Price = Decimal{} },
		"BR-27": func(i *Invoice) { i.Lines[0].Price = Dec(-1, 2) },
		"BR-29": func(i *Invoice) { i.Period = &Period{later, day} },
		"BR-30": func(i *Invoice) { i.Lines[0].Period = &Period{later, day} },
		"BR-32": func(i *Invoice) { i.Allowances[0].Category = "" },
		"BR-33": func(i *Invoice) { i.Allowances[0].Reason = "" },
		"BR-37": func(i *Invoice) { i.Charges[0].Category = "" },
		"BR-38": func(i *Invoice) { i.Charges[0].Reason = "" },
		"BR-47": func(i *Invoice) { i.Taxes[0].Category = "" },
		"BR-48": func(i *Invoice) { i.Taxes[0].Rate = Decimal{} },
		"BR-49": func(i *Invoice) { i.Payment.Means = "" },
		"BR-50": func(i *Invoice) { i.Payment.Accounts[0].ID = "" },
		"BR-51": func(i *Invoice) { card(i); i.Payment.Card.Last4 = "411111" },
		"BR-52": func(i *Invoice) { i.Documents = []Document{{Description: "x"}} },
		"BR-53": func(i *Invoice) { i.TaxCurrency = "SEK" },
		"BR-54": func(i *Invoice) { i.Lines[0].Attributes = []Attribute{{Name: "Zähler"}} },
		"BR-55": func(i *Invoice) { i.Preceding = []Preceding{{Issued: day}} },
		"BR-56": rep(Representative{Name: "Rep", Address: fr}),
		"BR-57": func(i *Invoice) { i.Delivery.Address.Country = "" },
		"BR-61": transfer,
		"BR-62": func(i *Invoice) { i.Seller.Endpoint.Scheme = "" },
		"BR-63": func(i *Invoice) { i.Buyer.Endpoint.Scheme = "" },

		"BR-CO-04": func(i *Invoice) { i.Lines[0].Category = "" },
		"BR-CO-09": func(i *Invoice) { i.Buyer.VAT = "12345678" },
		"BR-CO-10": func(i *Invoice) { i.Totals.Lines++ },
		"BR-CO-11": func(i *Invoice) { i.Totals.Allowances++ },
		"BR-CO-12": func(i *Invoice) { i.Totals.Charges++ },
		"BR-CO-13": func(i *Invoice) { i.Totals.Net++ },
		"BR-CO-14": func(i *Invoice) { i.Totals.Tax++ },
		"BR-CO-15": func(i *Invoice) { i.Totals.Gross++ },
		"BR-CO-16": func(i *Invoice) { i.Totals.Due++ },
		"BR-CO-17": func(i *Invoice) { i.Taxes[0].Amount += 2 },
		"BR-CO-18": func(i *Invoice) { i.Taxes = nil },
		"BR-CO-19": func(i *Invoice) { i.Period = &Period{} },
		"BR-CO-20": func(i *Invoice) { i.Lines[0].Period = &Period{} },
		"BR-CO-21": func(i *Invoice) { i.Allowances[0].Reason = "" },
		"BR-CO-22": func(i *Invoice) { i.Charges[0].Reason = "" },
		"BR-CO-25": func(i *Invoice) { i.Due, i.Terms = Date{}, "" },
		"BR-CO-26": func(i *Invoice) { i.Seller.VAT, i.Seller.Registration = "", Identifier{} },

		"BR-DEC-15": func(i *Invoice) { i.TaxCurrency, i.Totals.TaxAccounting = "KWD", Dec(1234, 3) },

		"BR-CL-01": func(i *Invoice) { i.Type = "325" },
		"BR-CL-04": func(i *Invoice) { i.Currency = "XAU" },
		"BR-CL-05": func(i *Invoice) { i.TaxCurrency = "sek" },
		"BR-CL-14": func(i *Invoice) { i.Delivery.Address.Country = "UK" },
		"BR-CL-16": func(i *Invoice) { i.Payment.Means = "69" },
		"BR-CL-17": func(i *Invoice) { i.Charges[0].Category = "B" },
		"BR-CL-18": func(i *Invoice) { i.Lines[0].Category = "X" },
		"BR-CL-22": func(i *Invoice) { i.Taxes[0].ReasonCode = "VATEX-EU-XX" },
		"BR-CL-23": func(i *Invoice) { i.Lines[0].Unit = "kWh" },
		"BR-CL-25": func(i *Invoice) { i.Seller.Endpoint.Scheme = "EMAIL" },

		"BR-DE-1":  func(i *Invoice) { i.Payment = nil },
		"BR-DE-2":  func(i *Invoice) { i.Seller.Contact = Contact{} },
		"BR-DE-3":  func(i *Invoice) { i.Seller.Address.City = "" },
		"BR-DE-4":  func(i *Invoice) { i.Seller.Address.PostCode = "" },
		"BR-DE-5":  func(i *Invoice) { i.Seller.Contact.Name = "" },
		"BR-DE-6":  func(i *Invoice) { i.Seller.Contact.Phone = "" },
		"BR-DE-7":  func(i *Invoice) { i.Seller.Contact.Mail = "" },
		"BR-DE-8":  func(i *Invoice) { i.Buyer.Address.City = "" },
		"BR-DE-9":  func(i *Invoice) { i.Buyer.Address.PostCode = "" },
		"BR-DE-10": func(i *Invoice) { i.Delivery.Address.City = "" },
		"BR-DE-11": func(i *Invoice) { i.Delivery.Address.PostCode = "" },
		"BR-DE-14": func(i *Invoice) { i.Taxes[0].Rate = Decimal{} },
		"BR-DE-15": func(i *Invoice) { i.BuyerReference = " " },
		"BR-DE-16": func(i *Invoice) { i.Seller.VAT, i.Seller.Tax = "", "" },
		"BR-DE-17": func(i *Invoice) { i.Type = Prepayment },
		"BR-DE-18": func(i *Invoice) { i.Terms = "#SKONTO#TAGE=14#PROZENT=2#\n" },
		"BR-DE-19": func(i *Invoice) { i.Payment.Accounts[0].ID = "DE88370400440532013000" },
		"BR-DE-20": func(i *Invoice) { debit(i); i.Payment.Debit.Account = "123" },
		"BR-DE-26": func(i *Invoice) { i.Type = Corrected },
		"BR-DE-27": func(i *Invoice) { i.Seller.Contact.Phone = "12" },
		"BR-DE-28": func(i *Invoice) { i.Seller.Contact.Mail = "a@@b.de" },
		"BR-DE-30": func(i *Invoice) { debit(i); i.Payment.Debit.Creditor = "" },
		"BR-DE-31": func(i *Invoice) { debit(i); i.Payment.Debit.Account = "" },

		"BR-DE-23-a": transfer,
		"BR-DE-23-b": func(i *Invoice) { i.Payment.Card = &Card{Last4: "4471"} },
		"BR-DE-24-a": func(i *Invoice) { i.Payment = &Payment{Means: MeansBankCard} },
		"BR-DE-24-b": also(card, func(i *Invoice) { i.Payment.Accounts = []Account{{ID: "1"}} }),
		"BR-DE-25-a": func(i *Invoice) { i.Payment = &Payment{Means: MeansSEPADebit} },
		"BR-DE-25-b": also(debit, func(i *Invoice) { i.Payment.Accounts = []Account{{ID: "1"}} }),

		"BR-DE-TMP-32": func(i *Invoice) { i.Delivery.Date, i.Period, i.Lines[0].Period = Date{}, nil, nil },
		"BR-TMP-2":     func(i *Invoice) { i.Documents = []Document{{ID: "1", URL: "www.example.org"}} },

		"PEPPOL-EN16931-R005": func(i *Invoice) { i.TaxCurrency = "EUR" },
		"PEPPOL-EN16931-R010": func(i *Invoice) { i.Buyer.Endpoint = Identifier{} },
		"PEPPOL-EN16931-R020": func(i *Invoice) { i.Seller.Endpoint = Identifier{} },
		"PEPPOL-EN16931-R055": func(i *Invoice) { i.TaxCurrency, i.Totals.TaxAccounting = "SEK", Dec(-1, 0) },
		"PEPPOL-EN16931-R061": func(i *Invoice) { debit(i); i.Payment.Debit.Mandate = "" },
		"PEPPOL-EN16931-R110": func(i *Invoice) { i.Lines[0].Period.Start = Date{2026, time.November, 18} },
		"PEPPOL-EN16931-R111": func(i *Invoice) { i.Lines[0].Period.End = later },
		"PEPPOL-EN16931-R120": func(i *Invoice) { i.Lines[0].Net += 3 },
	}
	for _, n := range []int{1, 5, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 23} {
		m[fmt.Sprintf("BR-DEC-%02d", n)] = fils
	}
	return m
}

func TestEveryRuleFindsWhatBreaksIt(t *testing.T) {
	table := breaks()
	for _, r := range Rules(XRechnung) {
		if ofFamily(r.ID) {
			continue // TestEveryVATRuleFindsWhatBreaksIt
		}
		t.Run(r.ID, func(t *testing.T) {
			spoil, ok := table[r.ID]
			if !ok {
				t.Fatal("no test breaks this rule")
			}
			inv := sample(Standard)
			spoil(inv)
			expect(t, inv, r)
		})
		delete(table, r.ID)
	}
	for id := range table {
		t.Errorf("%s is broken by a test, but is no rule", id)
	}
}

func expect(t *testing.T, inv *Invoice, r Rule) {
	t.Helper()
	found := Check(inv, XRechnung)
	at := slices.IndexFunc(found, func(f Finding) bool { return f.Rule == r.ID })
	if at < 0 {
		t.Fatalf("not found; found are %v", found)
	}
	f := found[at]
	if f.Text != r.Text || f.Warning != r.Warning || f.Term == "" {
		t.Errorf("found as %+v", f)
	}
}

func ofFamily(id string) bool {
	if strings.HasPrefix(id, "BR-IC-1") && id != "BR-IC-10" || strings.HasPrefix(id, "BR-O-1") && id != "BR-O-10" {
		return true
	}
	return slices.ContainsFunc(families(), func(f family) bool { return strings.HasPrefix(id, f.prefix+"-") })
}

func TestEveryVATRuleFindsWhatBreaksIt(t *testing.T) {
	tested := map[string]bool{}
	try := func(id string, cat Category, spoil func(*Invoice)) {
		tested[id] = true
		t.Run(id, func(t *testing.T) {
			inv := sample(cat)
			spoil(inv)
			all := Rules(EN16931)
			at := slices.IndexFunc(all, func(r Rule) bool { return r.ID == id })
			if at < 0 {
				t.Fatal("no such rule")
			}
			expect(t, inv, all[at])
		})
	}
	for _, f := range families() {
		wrong := Dec(7, 0)
		switch f.code {
		case Standard:
			wrong = Dec(0, 0)
		case IGIC, IPSI:
			wrong = Dec(-1, 0)
		}
		nobody := func(i *Invoice) {
			i.Seller.VAT, i.Seller.Tax, i.Buyer.VAT = "", "", ""
			if f.code == OutOfScope {
				i.Seller.VAT = "DE123456789"
			}
		}
		id := func(n int) string { return fmt.Sprintf("%s-%02d", f.prefix, n) }
		try(id(1), f.code, func(i *Invoice) { i.Taxes = nil })
		try(id(2), f.code, func(i *Invoice) { nobody(i); i.Allowances, i.Charges = nil, nil })
		try(id(3), f.code, func(i *Invoice) { nobody(i); i.Lines, i.Charges = nil, nil })
		try(id(4), f.code, func(i *Invoice) { nobody(i); i.Lines, i.Allowances = nil, nil })
		try(id(5), f.code, func(i *Invoice) { i.Lines[0].Rate = wrong })
		try(id(6), f.code, func(i *Invoice) { i.Allowances[0].Rate = wrong })
		try(id(7), f.code, func(i *Invoice) { i.Charges[0].Rate = wrong })
		try(id(8), f.code, func(i *Invoice) { i.Taxes[0].Taxable++ })
		try(id(9), f.code, func(i *Invoice) { i.Taxes[0].Amount += 2 })
		try(id(10), f.code, func(i *Invoice) {
			if f.reason {
				i.Taxes[0].Reason = ""
			} else {
				i.Taxes[0].ReasonCode = "VATEX-EU-AE"
			}
		})
	}
	try("BR-IC-11", IntraCommunity, func(i *Invoice) { i.Delivery.Date, i.Period = Date{}, nil })
	try("BR-IC-12", IntraCommunity, func(i *Invoice) { i.Delivery.Address = Address{} })
	try("BR-O-11", OutOfScope, func(i *Invoice) { i.Taxes = append(i.Taxes, Tax{Category: Exempt, Rate: Dec(0, 0), Reason: "x"}) })
	try("BR-O-12", OutOfScope, func(i *Invoice) { i.Lines[0].Category = Exempt })
	try("BR-O-13", OutOfScope, func(i *Invoice) { i.Allowances[0].Category = Exempt })
	try("BR-O-14", OutOfScope, func(i *Invoice) { i.Charges[0].Category = Exempt })
	for _, r := range Rules(EN16931) {
		if ofFamily(r.ID) && !tested[r.ID] {
			t.Errorf("no test breaks %s", r.ID)
		}
	}
}

func TestExactlyOneBreakdownWhereTheCategoryHasOneRate(t *testing.T) {
	for _, f := range families() {
		inv := sample(f.code)
		inv.Taxes = append(inv.Taxes, inv.Taxes[0])
		found := slices.ContainsFunc(Check(inv, EN16931), func(x Finding) bool { return x.Rule == f.prefix+"-01" })
		if found == f.byRate {
			t.Errorf("%s-01 with two breakdowns: found %v", f.prefix, found)
		}
	}
}

func TestPlainProfileAsksNothingGerman(t *testing.T) {
	inv := sample(Standard)
	inv.BuyerReference, inv.Seller.Contact, inv.Payment = "", Contact{}, nil
	inv.Seller.Endpoint, inv.Buyer.Endpoint = Identifier{}, Identifier{}
	for _, f := range Check(inv, EN16931) {
		t.Error(f)
	}
	if len(Check(inv, XRechnung)) == 0 {
		t.Error("XRechnung asks for all of them")
	}
}

func TestARuleIsCheckedOrKeptAndListedOnce(t *testing.T) {
	seen := map[string]bool{}
	ids := Kept()
	for _, r := range Rules(XRechnung) {
		ids = append(ids, r.ID)
		if r.Text == "" {
			t.Errorf("%s says nothing", r.ID)
		}
	}
	for _, id := range ids {
		if seen[id] {
			t.Errorf("%s is listed twice", id)
		}
		seen[id] = true
	}
	for n := 1; n <= 26; n++ { // the standard's own rows; 34, 35, 39, 40, 58–60 and CO-01, CO-02 are not in it
		if id := fmt.Sprintf("BR-CO-%02d", n); n > 2 && !seen[id] {
			t.Errorf("%s is neither checked nor kept", id)
		}
	}
	for n := 1; n <= 65; n++ {
		id := fmt.Sprintf("BR-%02d", n)
		if absent := n == 34 || n == 35 || n == 39 || n == 40 || n >= 58 && n <= 60; !absent && !seen[id] {
			t.Errorf("%s is neither checked nor kept", id)
		}
	}
}

func TestFindingsAreBounded(t *testing.T) {
	inv := sample(Standard)
	for range 1000 {
		inv.Lines = append(inv.Lines, Line{})
	}
	if n := len(Check(inv, XRechnung)); n != maxFindings {
		t.Errorf("%d findings", n)
	}
}

func TestIBAN(t *testing.T) {
	for s, want := range map[string]bool{
		"DE89370400440532013000": true, "GB82 WEST 1234 5698 7654 32": true, "DE89370400440532013001": false, "": false, "DE": false, "de89370400440532013000": false,
	} {
		if iban(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
