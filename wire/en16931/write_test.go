package en16931

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"chargewright/base/fail"
)

// element is a parsed XML element, its namespaces resolved.
type element struct {
	name  string
	text  string
	attrs map[string]string
	kids  []*element
}

func parse(t testing.TB, b []byte) *element {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(b))
	root := &element{}
	stack := []*element{root}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, b)
		}
		top := stack[len(stack)-1]
		switch v := tok.(type) {
		case xml.StartElement:
			e := &element{name: v.Name.Local, attrs: map[string]string{}}
			for _, a := range v.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			top.kids, stack = append(top.kids, e), append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(v)
		}
	}
}

// all returns the elements at a path such as "Invoice/TaxTotal/TaxAmount".
func (e *element) all(path string) (out []*element) {
	name, rest, deeper := strings.Cut(path, "/")
	for _, k := range e.kids {
		switch {
		case k.name != name:
		case deeper:
			out = append(out, k.all(rest)...)
		default:
			out = append(out, k)
		}
	}
	return out
}

// get returns the texts at a path, joined by "|"; "@name" takes an attribute.
func (e *element) get(path string) string {
	path, name, isAttr := strings.Cut(path, "@")
	var out []string
	for _, k := range e.all(path) {
		if isAttr {
			out = append(out, k.attrs[name])
		} else {
			out = append(out, k.text)
		}
	}
	return strings.Join(out, "|")
}

type write func(*Invoice, Profile) ([]byte, error)

var writers = map[string]write{"UBL": WriteUBL, "CII": WriteCII}

// places tell where the business terms stand in UBL (where N is Invoice or
// CreditNote) and in CII (below SupplyChainTradeTransaction, T).
func places(inv *Invoice) []struct{ term, want, ubl, cii string } {
	l, due := inv.Lines[0], inv.Due.String()
	dueUBL := "N/DueDate"
	if inv.Type == CreditNote {
		dueUBL = "N/PaymentMeans/PaymentDueDate"
	}
	const (
		seller, buyer   = "N/AccountingSupplierParty/Party/", "N/AccountingCustomerParty/Party/"
		sellerC, buyerC = "T/ApplicableHeaderTradeAgreement/SellerTradeParty/", "T/ApplicableHeaderTradeAgreement/BuyerTradeParty/"
		settle          = "T/ApplicableHeaderTradeSettlement/"
		sum             = settle + "SpecifiedTradeSettlementHeaderMonetarySummation/"
		item            = "T/IncludedSupplyChainTradeLineItem/"
		rep             = "T/ApplicableHeaderTradeAgreement/SellerTaxRepresentativeTradeParty/"
	)
	line := "N/" + map[bool]string{false: "InvoiceLine/", true: "CreditNoteLine/"}[inv.Type == CreditNote]
	quantity := map[bool]string{false: "InvoicedQuantity", true: "CreditedQuantity"}[inv.Type == CreditNote]
	kind := map[bool]string{false: "N/InvoiceTypeCode", true: "N/CreditNoteTypeCode"}[inv.Type == CreditNote]
	basic := func(d string) string { return strings.ReplaceAll(d, "-", "") }
	return []struct{ term, want, ubl, cii string }{
		{"BT-1", inv.Number, "N/ID", "CrossIndustryInvoice/ExchangedDocument/ID"},
		{"BT-2", inv.Issued.String(), "N/IssueDate", "CrossIndustryInvoice/ExchangedDocument/IssueDateTime/DateTimeString"},
		{"BT-3", string(inv.Type), kind, "CrossIndustryInvoice/ExchangedDocument/TypeCode"},
		{"BT-5", "EUR", "N/DocumentCurrencyCode", settle + "InvoiceCurrencyCode"},
		{"BT-6", "SEK", "N/TaxCurrencyCode", settle + "TaxCurrencyCode"},
		{"BT-7", inv.TaxPoint.String(), "N/TaxPointDate", settle + "ApplicableTradeTax/TaxPointDate/DateString"},
		{"BT-9", due, dueUBL, settle + "SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString"},
		{"BT-10", inv.BuyerReference, "N/BuyerReference", "T/ApplicableHeaderTradeAgreement/BuyerReference"},
		{"BT-12", inv.Contract, "N/ContractDocumentReference/ID", "T/ApplicableHeaderTradeAgreement/ContractReferencedDocument/IssuerAssignedID"},
		{"BT-13", inv.Order, "N/OrderReference/ID", "T/ApplicableHeaderTradeAgreement/BuyerOrderReferencedDocument/IssuerAssignedID"},
		{"BT-19", inv.Accounting, "N/AccountingCost", settle + "ReceivableSpecifiedTradeAccountingAccount/ID"},
		{"BT-20", inv.Terms, "N/PaymentTerms/Note", settle + "SpecifiedTradePaymentTerms/Description"},
		{"BT-22", strings.Join(inv.Notes, "|"), "N/Note", "CrossIndustryInvoice/ExchangedDocument/IncludedNote/Content"},
		{"BT-25", inv.Preceding[0].Number, "N/BillingReference/InvoiceDocumentReference/ID", settle + "InvoiceReferencedDocument/IssuerAssignedID"},
		{"BT-26", inv.Preceding[0].Issued.String(), "N/BillingReference/InvoiceDocumentReference/IssueDate", settle + "InvoiceReferencedDocument/FormattedIssueDateTime/DateTimeString"},
		{"BT-27", inv.Seller.Name, seller + "PartyLegalEntity/RegistrationName", sellerC + "Name"},
		{"BT-28", inv.Seller.Trading, seller + "PartyName/Name", sellerC + "SpecifiedLegalOrganization/TradingBusinessName"},
		{"BT-29", inv.Seller.Identifier.ID, seller + "PartyIdentification/ID", sellerC + "GlobalID"},
		{"BT-30", inv.Seller.Registration.ID, seller + "PartyLegalEntity/CompanyID", sellerC + "SpecifiedLegalOrganization/ID"},
		{"BT-31, 32", inv.Seller.VAT + "|" + inv.Seller.Tax, seller + "PartyTaxScheme/CompanyID", sellerC + "SpecifiedTaxRegistration/ID"},
		{"BT-33", inv.Seller.Legal, seller + "PartyLegalEntity/CompanyLegalForm", sellerC + "Description"},
		{"BT-34", inv.Seller.Endpoint.ID, seller + "EndpointID", sellerC + "URIUniversalCommunication/URIID"},
		{"BT-35", inv.Seller.Address.Line1, seller + "PostalAddress/StreetName", sellerC + "PostalTradeAddress/LineOne"},
		{"BT-38", inv.Seller.Address.PostCode, seller + "PostalAddress/PostalZone", sellerC + "PostalTradeAddress/PostcodeCode"},
		{"BT-41", inv.Seller.Contact.Name, seller + "Contact/Name", sellerC + "DefinedTradeContact/PersonName"},
		{"BT-42", inv.Seller.Contact.Phone, seller + "Contact/Telephone", sellerC + "DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber"},
		{"BT-43", inv.Seller.Contact.Mail, seller + "Contact/ElectronicMail", sellerC + "DefinedTradeContact/EmailURIUniversalCommunication/URIID"},
		{"BT-44", inv.Buyer.Name, buyer + "PartyLegalEntity/RegistrationName", buyerC + "Name"},
		{"BT-46", inv.Buyer.Identifier.ID, buyer + "PartyIdentification/ID", buyerC + "ID"},
		{"BT-47", inv.Buyer.Registration.ID, buyer + "PartyLegalEntity/CompanyID", buyerC + "SpecifiedLegalOrganization/ID"},
		{"BT-48", inv.Buyer.VAT, buyer + "PartyTaxScheme/CompanyID", buyerC + "SpecifiedTaxRegistration/ID"},
		{"BT-49", inv.Buyer.Endpoint.Scheme, buyer + "EndpointID@schemeID", buyerC + "URIUniversalCommunication/URIID@schemeID"},
		{"BT-52", inv.Buyer.Address.City, buyer + "PostalAddress/CityName", buyerC + "PostalTradeAddress/CityName"},
		{"BT-55", inv.Buyer.Address.Country, buyer + "PostalAddress/Country/IdentificationCode", buyerC + "PostalTradeAddress/CountryID"},
		{"BT-62", inv.Representative.Name, "N/TaxRepresentativeParty/PartyName/Name", rep + "Name"},
		{"BT-63", inv.Representative.VAT, "N/TaxRepresentativeParty/PartyTaxScheme/CompanyID", rep + "SpecifiedTaxRegistration/ID"},
		{"BT-68", "IDF", "N/TaxRepresentativeParty/PostalAddress/CountrySubentity", rep + "PostalTradeAddress/CountrySubDivisionName"},
		{"BT-70", inv.Delivery.Name, "N/Delivery/DeliveryParty/PartyName/Name", "T/ApplicableHeaderTradeDelivery/ShipToTradeParty/Name"},
		{"BT-71", inv.Delivery.Location.ID, "N/Delivery/DeliveryLocation/ID", "T/ApplicableHeaderTradeDelivery/ShipToTradeParty/ID"},
		{"BT-72", inv.Delivery.Date.String(), "N/Delivery/ActualDeliveryDate", "T/ApplicableHeaderTradeDelivery/ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString"},
		{"BT-73", inv.Period.Start.String(), "N/InvoicePeriod/StartDate", settle + "BillingSpecifiedPeriod/StartDateTime/DateTimeString"},
		{"BT-74", inv.Period.End.String(), "N/InvoicePeriod/EndDate", settle + "BillingSpecifiedPeriod/EndDateTime/DateTimeString"},
		{"BT-80", inv.Delivery.Address.Country, "N/Delivery/DeliveryLocation/Address/Country/IdentificationCode", "T/ApplicableHeaderTradeDelivery/ShipToTradeParty/PostalTradeAddress/CountryID"},
		{"BT-81", string(inv.Payment.Means), "N/PaymentMeans/PaymentMeansCode", settle + "SpecifiedTradeSettlementPaymentMeans/TypeCode"},
		{"BT-82", inv.Payment.Text, "N/PaymentMeans/PaymentMeansCode@name", settle + "SpecifiedTradeSettlementPaymentMeans/Information"},
		{"BT-83", inv.Payment.Reference, "N/PaymentMeans/PaymentID", settle + "PaymentReference"},
		{"BT-87", "4471", "N/PaymentMeans/CardAccount/PrimaryAccountNumberID", settle + "SpecifiedTradeSettlementPaymentMeans/ApplicableTradeSettlementFinancialCard/ID"},
		{"BT-92, 99", "1.00|0.50", "N/AllowanceCharge/Amount", settle + "SpecifiedTradeAllowanceCharge/ActualAmount"},
		{"BG-20, 21", "false|true", "N/AllowanceCharge/ChargeIndicator", settle + "SpecifiedTradeAllowanceCharge/ChargeIndicator/Indicator"},
		{"BT-95", "S|S", "N/AllowanceCharge/TaxCategory/ID", settle + "SpecifiedTradeAllowanceCharge/CategoryTradeTax/CategoryCode"},
		{"BT-106", "12.48", "N/LegalMonetaryTotal/LineExtensionAmount", sum + "LineTotalAmount"},
		{"BT-107", "1.00", "N/LegalMonetaryTotal/AllowanceTotalAmount", sum + "AllowanceTotalAmount"},
		{"BT-108", "0.50", "N/LegalMonetaryTotal/ChargeTotalAmount", sum + "ChargeTotalAmount"},
		{"BT-109", "11.98", "N/LegalMonetaryTotal/TaxExclusiveAmount", sum + "TaxBasisTotalAmount"},
		{"BT-110, 111", "2.28|26.00", "N/TaxTotal/TaxAmount", sum + "TaxTotalAmount"},
		{"BT-112", "14.26", "N/LegalMonetaryTotal/TaxInclusiveAmount", sum + "GrandTotalAmount"},
		{"BT-113", "10.00", "N/LegalMonetaryTotal/PrepaidAmount", sum + "TotalPrepaidAmount"},
		{"BT-114", "0.01", "N/LegalMonetaryTotal/PayableRoundingAmount", sum + "RoundingAmount"},
		{"BT-115", "4.27", "N/LegalMonetaryTotal/PayableAmount", sum + "DuePayableAmount"},
		{"BT-116", "11.98", "N/TaxTotal/TaxSubtotal/TaxableAmount", settle + "ApplicableTradeTax/BasisAmount"},
		{"BT-117", "2.28", "N/TaxTotal/TaxSubtotal/TaxAmount", settle + "ApplicableTradeTax/CalculatedAmount"},
		{"BT-118", "S", "N/TaxTotal/TaxSubtotal/TaxCategory/ID", settle + "ApplicableTradeTax/CategoryCode"},
		{"BT-119", "19", "N/TaxTotal/TaxSubtotal/TaxCategory/Percent", settle + "ApplicableTradeTax/RateApplicablePercent"},
		{"BT-122", inv.Documents[0].ID, "N/AdditionalDocumentReference/ID", "T/ApplicableHeaderTradeAgreement/AdditionalReferencedDocument/IssuerAssignedID"},
		{"BT-124", inv.Documents[0].URL, "N/AdditionalDocumentReference/Attachment/ExternalReference/URI", "T/ApplicableHeaderTradeAgreement/AdditionalReferencedDocument/URIID"},
		{"BT-126", l.ID, line + "ID", item + "AssociatedDocumentLineDocument/LineID"},
		{"BT-127", l.Note, line + "Note", item + "AssociatedDocumentLineDocument/IncludedNote/Content"},
		{"BT-129", "25.060", line + quantity, item + "SpecifiedLineTradeDelivery/BilledQuantity"},
		{"BT-130", "KWH", line + quantity + "@unitCode", item + "SpecifiedLineTradeDelivery/BilledQuantity@unitCode"},
		{"BT-131", "12.48", line + "LineExtensionAmount", item + "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount"},
		{"BT-133", l.Accounting, line + "AccountingCost", item + "SpecifiedLineTradeSettlement/ReceivableSpecifiedTradeAccountingAccount/ID"},
		{"BT-134", l.Period.Start.String(), line + "InvoicePeriod/StartDate", item + "SpecifiedLineTradeSettlement/BillingSpecifiedPeriod/StartDateTime/DateTimeString"},
		{"BT-146", "0.498", line + "Price/PriceAmount", item + "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount"},
		{"BT-151", "S", line + "Item/ClassifiedTaxCategory/ID", item + "SpecifiedLineTradeSettlement/ApplicableTradeTax/CategoryCode"},
		{"BT-152", "19", line + "Item/ClassifiedTaxCategory/Percent", item + "SpecifiedLineTradeSettlement/ApplicableTradeTax/RateApplicablePercent"},
		{"BT-153", l.Name, line + "Item/Name", item + "SpecifiedTradeProduct/Name"},
		{"BT-154", l.Text, line + "Item/Description", item + "SpecifiedTradeProduct/Description"},
		{"BT-155", l.Article, line + "Item/SellersItemIdentification/ID", item + "SpecifiedTradeProduct/SellerAssignedID"},
		{"BT-160", l.Attributes[0].Name, line + "Item/AdditionalItemProperty/Name", item + "SpecifiedTradeProduct/ApplicableProductCharacteristic/Description"},
		{"BT-161", l.Attributes[0].Value, line + "Item/AdditionalItemProperty/Value", item + "SpecifiedTradeProduct/ApplicableProductCharacteristic/Value"},
		{"basic", basic(due), "", settle + "SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString"},
	}
}

func TestEveryTermIsReadBackFromItsPlace(t *testing.T) {
	for _, kind := range []TypeCode{Commercial, CreditNote, Corrected} {
		inv := whole(kind)
		ubl, err := WriteUBL(inv, XRechnung)
		if err != nil {
			t.Fatal(err)
		}
		cii, err := WriteCII(inv, XRechnung)
		if err != nil {
			t.Fatal(err)
		}
		u, c := parse(t, ubl), parse(t, cii)
		root := "Invoice/"
		if kind == CreditNote {
			root = "CreditNote/"
		}
		for _, p := range places(inv) {
			if p.ubl != "" {
				if got := u.get(strings.Replace(p.ubl, "N/", root, 1)); got != p.want {
					t.Errorf("%s UBL %s %s: %q, want %q", kind, p.term, p.ubl, got, p.want)
				}
			}
			got := c.get(strings.Replace(p.cii, "T/", "CrossIndustryInvoice/SupplyChainTradeTransaction/", 1))
			want := p.want
			if strings.HasSuffix(p.cii, "String") {
				want = strings.ReplaceAll(want, "-", "")
			}
			if got != want {
				t.Errorf("%s CII %s %s: %q, want %q", kind, p.term, p.cii, got, want)
			}
		}
	}
}

func TestProfilesNameTheirSpecification(t *testing.T) {
	for _, p := range []Profile{EN16931, XRechnung} {
		u, _ := WriteUBL(sample(Standard), p)
		c, _ := WriteCII(sample(Standard), p)
		if got := parse(t, u).get("Invoice/CustomizationID"); got != p.ID() {
			t.Errorf("UBL says %q", got)
		}
		if got := parse(t, c).get("CrossIndustryInvoice/ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID"); got != p.ID() {
			t.Errorf("CII says %q", got)
		}
		if got := parse(t, u).get("Invoice/ProfileID"); got != p.Process() {
			t.Errorf("UBL has process %q", got)
		}
	}
}

func TestTransferAndDebitAreWritten(t *testing.T) {
	inv := sample(Standard)
	inv.Payment.Accounts = append(inv.Payment.Accounts, Account{ID: "123 national"})
	u, _ := WriteUBL(inv, EN16931)
	c, _ := WriteCII(inv, EN16931)
	if got := parse(t, u).get("Invoice/PaymentMeans/PayeeFinancialAccount/ID"); got != "DE89370400440532013000|123 national" {
		t.Error("UBL accounts", got)
	}
	means := parse(t, c).all("CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/SpecifiedTradeSettlementPaymentMeans")
	if len(means) != 2 || means[0].get("PayeePartyCreditorFinancialAccount/IBANID") == "" || means[1].get("PayeePartyCreditorFinancialAccount/ProprietaryID") != "123 national" {
		t.Error("CII accounts", string(c))
	}
	inv.Payment = &Payment{Means: MeansSEPADebit, Debit: &Debit{"M-1", "DE98ZZZ09999999999", "DE89370400440532013000"}}
	u, _ = WriteUBL(inv, EN16931)
	c, _ = WriteCII(inv, EN16931)
	for _, v := range []string{"M-1", "DE98ZZZ09999999999", "DE89370400440532013000"} {
		if !bytes.Contains(u, []byte(v)) || !bytes.Contains(c, []byte(v)) {
			t.Error("a direct debit lost", v)
		}
	}
}

func TestNothingEmptyIsWritten(t *testing.T) {
	var walk func(where string, e *element)
	walk = func(where string, e *element) {
		if strings.TrimSpace(e.text) == "" && len(e.kids) == 0 && e.name != "ApplicableHeaderTradeDelivery" {
			t.Errorf("%s/%s is empty", where, e.name)
		}
		for _, k := range e.kids {
			walk(where+"/"+e.name, k)
		}
	}
	for name, w := range writers {
		for _, inv := range []*Invoice{sample(Standard), whole(CreditNote), {Number: "1", Currency: "EUR", Lines: []Line{{}}, Taxes: []Tax{{}}, Seller: Party{Legal: " "}}} {
			b, err := w(inv, XRechnung)
			if err != nil {
				t.Fatal(name, err)
			}
			walk(name, parse(t, b).kids[0])
		}
	}
}

func TestSameInvoiceSameBytes(t *testing.T) {
	for name, w := range writers {
		a, _ := w(whole(CreditNote), XRechnung)
		for range 5 {
			if b, _ := w(whole(CreditNote), XRechnung); !bytes.Equal(a, b) {
				t.Error(name, "differs")
			}
		}
	}
}

func TestWhatXMLCannotHoldIsRefused(t *testing.T) {
	for what, spoil := range map[string]func(*Invoice){
		"NUL":               func(i *Invoice) { i.Number = "a\x00b" },
		"escape":            func(i *Invoice) { i.Buyer.Name = "a\x1bb" },
		"carriage return":   func(i *Invoice) { i.Notes = []string{"a\r\nb"} },
		"C1 control":        func(i *Invoice) { i.Seller.Name = "a\u0085b" },
		"no character":      func(i *Invoice) { i.Seller.Name = "a\ufffeb" },
		"not UTF-8":         func(i *Invoice) { i.Seller.Name = "a\xffb" },
		"in an attribute":   func(i *Invoice) { i.Lines[0].Unit = "\x01" },
		"30 February":       func(i *Invoice) { i.Issued = Date{2026, 2, 30} },
		"too many lines":    func(i *Invoice) { i.Lines = make([]Line, maxLines+1) },
		"five decimals":     func(i *Invoice) { i.Exponent = 5 },
		"negative decimals": func(i *Invoice) { i.Exponent = -1 },
	} {
		for name, w := range writers {
			inv := sample(Standard)
			spoil(inv)
			if _, err := w(inv, EN16931); !fail.Is(err, fail.Invalid) {
				t.Errorf("%s in %s: %v", what, name, err)
			}
		}
	}
}

func TestMoneyOfEveryExponent(t *testing.T) {
	for exp, want := range map[int]string{0: "-1005", 2: "-10.05", 3: "-1.005"} {
		inv := sample(Standard)
		inv.Exponent, inv.Totals.Due = exp, -1005
		b, err := WriteUBL(inv, EN16931)
		if got := parse(t, b).get("Invoice/LegalMonetaryTotal/PayableAmount"); err != nil || got != want {
			t.Errorf("%d decimals: %q %v", exp, got, err)
		}
	}
	if got := format(-5, 2); got != "-0.05" {
		t.Error(got)
	}
}

// TestWriteForSchema leaves the documents where a validator finds them. It
// runs when EN16931_OUT names a directory.
func TestWriteForSchema(t *testing.T) {
	dir := os.Getenv("EN16931_OUT")
	if dir == "" {
		t.Skip("EN16931_OUT is not set")
	}
	for _, kind := range []TypeCode{Commercial, CreditNote, Corrected} {
		for i, inv := range []*Invoice{whole(kind), sample(ReverseCharge)} {
			inv.Type = kind
			for name, w := range writers {
				b, err := w(inv, XRechnung)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.xml", name, kind, i)), b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func FuzzTextIsReadBackOrRefused(f *testing.F) {
	for _, s := range []string{"", "plain", `<a b="c">&amp;</a>`, "]]>", "a\nb\tc", "\r", "\x00", "\xff", "ÄØ€–漢字😀", "&#0;", "a\u0085", " x "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		inv := sample(Standard)
		inv.Notes, inv.Lines[0].Name, inv.Lines[0].Unit = []string{s}, s, Unit(s)
		for name, w := range writers {
			b, err := w(inv, EN16931)
			if err != nil {
				if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
					return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r <= 0x9f || r == 0xfffe || r == 0xffff
				}) {
					t.Fatalf("%s refuses %q: %v", name, s, err)
				}
				continue
			}
			want, root := s, parse(t, b)
			if strings.TrimSpace(s) == "" {
				want = ""
			}
			note, unit := "Invoice/Note", "Invoice/InvoiceLine/InvoicedQuantity@unitCode"
			if name == "CII" {
				note, unit = "CrossIndustryInvoice/ExchangedDocument/IncludedNote/Content", "CrossIndustryInvoice/SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem/SpecifiedLineTradeDelivery/BilledQuantity@unitCode"
			}
			if got := root.get(note); got != want {
				t.Fatalf("%s reads %q for %q", name, got, want)
			}
			if got := root.get(unit); got != s {
				t.Fatalf("%s reads the attribute %q for %q", name, got, s)
			}
		}
	})
}
