package en16931

import "time"

const (
	ublCommon    = "urn:oasis:names:specification:ubl:schema:xsd:Common"
	ublDocuments = "urn:oasis:names:specification:ubl:schema:xsd:"
)

// ublWriter writes one invoice in the element order of UBL 2.1.
type ublWriter struct {
	*writer
	*Invoice
	credit bool // a CreditNote, which names some elements otherwise
}

// WriteUBL writes an invoice as UBL 2.1 (CEN/TS 16931-3-2): a CreditNote for
// type 381, an Invoice for every other. The bytes depend on the arguments
// alone. It does not judge: an invoice that Check finds faults in is written
// as it is. The due date of a credit note stands in its payment instructions,
// for UBL has no other place, and is left out with them. Control characters, text that is not UTF-8, days that do not
// exist, and more than 10,000 lines are Invalid.
func WriteUBL(inv *Invoice, p Profile) ([]byte, error) {
	root := "Invoice"
	if inv.Type == CreditNote {
		root = "CreditNote"
	}
	return document(inv, root, []attr{
		{"xmlns", ublDocuments + root + "-2"},
		{"xmlns:cac", ublCommon + "AggregateComponents-2"},
		{"xmlns:cbc", ublCommon + "BasicComponents-2"},
	}, func(w *writer) {
		u := ublWriter{w, inv, inv.Type == CreditNote}
		u.head(p)
		u.references()
		u.node("cac:AccountingSupplierParty", u.seller)
		u.node("cac:AccountingCustomerParty", func() { u.node("cac:Party", func() { u.party(u.Buyer, nil) }) })
		u.representative()
		u.delivery()
		u.payment()
		u.adjustments(false, u.Allowances)
		u.adjustments(true, u.Charges)
		u.taxes()
		u.totals()
		for _, l := range u.Lines {
			u.line(l)
		}
	})
}

func (u ublWriter) head(p Profile) {
	u.leaf("cbc:CustomizationID", p.ID())
	u.leaf("cbc:ProfileID", p.Process())
	u.leaf("cbc:ID", u.Number)
	u.date("cbc:IssueDate", u.Issued)
	if u.credit {
		u.date("cbc:TaxPointDate", u.TaxPoint)
		u.leaf("cbc:CreditNoteTypeCode", string(u.Type))
	} else {
		u.date("cbc:DueDate", u.Due)
		u.leaf("cbc:InvoiceTypeCode", string(u.Type))
	}
	for _, n := range u.Notes {
		u.leaf("cbc:Note", n)
	}
	if !u.credit {
		u.date("cbc:TaxPointDate", u.TaxPoint)
	}
	u.leaf("cbc:DocumentCurrencyCode", u.Currency)
	u.leaf("cbc:TaxCurrencyCode", u.TaxCurrency)
	u.leaf("cbc:AccountingCost", u.Accounting)
	u.leaf("cbc:BuyerReference", u.BuyerReference)
	u.period(u.Period)
}

func (u ublWriter) references() {
	u.node("cac:OrderReference", func() { u.leaf("cbc:ID", u.Order) })
	for _, p := range u.Preceding {
		u.node("cac:BillingReference", func() {
			u.node("cac:InvoiceDocumentReference", func() {
				u.leaf("cbc:ID", p.Number)
				u.date("cbc:IssueDate", p.Issued)
			})
		})
	}
	u.node("cac:ContractDocumentReference", func() { u.leaf("cbc:ID", u.Contract) })
	for _, d := range u.Documents {
		u.node("cac:AdditionalDocumentReference", func() {
			u.leaf("cbc:ID", d.ID)
			u.leaf("cbc:DocumentDescription", d.Description)
			u.node("cac:Attachment", func() {
				u.node("cac:ExternalReference", func() { u.leaf("cbc:URI", d.URL) })
			})
		})
	}
}

func (u ublWriter) seller() {
	u.node("cac:Party", func() {
		u.party(u.Seller, func() {
			if u.Payment != nil && u.Payment.Debit != nil {
				u.node("cac:PartyIdentification", func() { u.leaf("cbc:ID", u.Payment.Debit.Creditor, attr{"schemeID", "SEPA"}) })
			}
		})
	})
}

// party writes BG-4 or BG-7; more writes further identifications.
func (u ublWriter) party(p Party, more func()) {
	u.identifier("cbc:EndpointID", p.Endpoint)
	u.node("cac:PartyIdentification", func() { u.identifier("cbc:ID", p.Identifier) })
	if more != nil {
		more()
	}
	u.node("cac:PartyName", func() { u.leaf("cbc:Name", p.Trading) })
	u.node("cac:PostalAddress", func() { u.address(p.Address) })
	u.taxScheme(p.VAT, "VAT")
	u.taxScheme(p.Tax, "TAX")
	u.node("cac:PartyLegalEntity", func() {
		u.leaf("cbc:RegistrationName", p.Name)
		u.identifier("cbc:CompanyID", p.Registration)
		u.leaf("cbc:CompanyLegalForm", p.Legal)
	})
	u.node("cac:Contact", func() {
		u.leaf("cbc:Name", p.Contact.Name)
		u.leaf("cbc:Telephone", p.Contact.Phone)
		u.leaf("cbc:ElectronicMail", p.Contact.Mail)
	})
}

func (u ublWriter) taxScheme(id, scheme string) {
	if id == "" {
		return
	}
	u.node("cac:PartyTaxScheme", func() {
		u.leaf("cbc:CompanyID", id)
		u.node("cac:TaxScheme", func() { u.leaf("cbc:ID", scheme) })
	})
}

func (u ublWriter) address(a Address) {
	u.leaf("cbc:StreetName", a.Line1)
	u.leaf("cbc:AdditionalStreetName", a.Line2)
	u.leaf("cbc:CityName", a.City)
	u.leaf("cbc:PostalZone", a.PostCode)
	u.leaf("cbc:CountrySubentity", a.Subdivision)
	u.node("cac:AddressLine", func() { u.leaf("cbc:Line", a.Line3) })
	u.node("cac:Country", func() { u.leaf("cbc:IdentificationCode", a.Country) })
}

func (u ublWriter) representative() {
	r := u.Representative
	if r == nil {
		return
	}
	u.node("cac:TaxRepresentativeParty", func() {
		u.node("cac:PartyName", func() { u.leaf("cbc:Name", r.Name) })
		u.node("cac:PostalAddress", func() { u.address(r.Address) })
		u.taxScheme(r.VAT, "VAT")
	})
}

func (u ublWriter) delivery() {
	d := u.Delivery
	if d == nil {
		return
	}
	u.node("cac:Delivery", func() {
		u.date("cbc:ActualDeliveryDate", d.Date)
		u.node("cac:DeliveryLocation", func() {
			u.identifier("cbc:ID", d.Location)
			u.node("cac:Address", func() { u.address(d.Address) })
		})
		u.node("cac:DeliveryParty", func() {
			u.node("cac:PartyName", func() { u.leaf("cbc:Name", d.Name) })
		})
	})
}

// payment writes BG-16: one PaymentMeans for each account, or one in all.
func (u ublWriter) payment() {
	if p := u.Payment; p != nil {
		for _, a := range p.Accounts {
			u.means(p, &a)
		}
		if len(p.Accounts) == 0 {
			u.means(p, nil)
		}
	}
	u.node("cac:PaymentTerms", func() { u.leaf("cbc:Note", u.Terms) })
}

func (u ublWriter) means(p *Payment, a *Account) {
	u.node("cac:PaymentMeans", func() {
		u.leaf("cbc:PaymentMeansCode", string(p.Means), attr{"name", p.Text})
		if u.credit {
			u.date("cbc:PaymentDueDate", u.Due)
		}
		u.leaf("cbc:PaymentID", p.Reference)
		if c := p.Card; c != nil {
			u.node("cac:CardAccount", func() {
				u.leaf("cbc:PrimaryAccountNumberID", c.Last4)
				u.leaf("cbc:NetworkID", or(c.Network, "NA"))
				u.leaf("cbc:HolderName", c.Holder)
			})
		}
		if a != nil {
			u.node("cac:PayeeFinancialAccount", func() {
				u.leaf("cbc:ID", a.ID)
				u.leaf("cbc:Name", a.Name)
				u.node("cac:FinancialInstitutionBranch", func() { u.leaf("cbc:ID", a.BIC) })
			})
		}
		if d := p.Debit; d != nil {
			u.node("cac:PaymentMandate", func() {
				u.leaf("cbc:ID", d.Mandate)
				u.node("cac:PayerFinancialAccount", func() { u.leaf("cbc:ID", d.Account) })
			})
		}
	})
}

func (u ublWriter) adjustments(charge bool, as []Adjustment) {
	for _, a := range as {
		u.node("cac:AllowanceCharge", func() {
			u.leaf("cbc:ChargeIndicator", truth(charge))
			u.leaf("cbc:AllowanceChargeReason", a.Reason)
			u.amount("cbc:Amount", a.Amount)
			u.category("cac:TaxCategory", Tax{Category: a.Category, Rate: a.Rate})
		})
	}
}

func (u ublWriter) taxes() {
	u.node("cac:TaxTotal", func() {
		u.amount("cbc:TaxAmount", u.Totals.Tax)
		for _, t := range u.Taxes {
			u.node("cac:TaxSubtotal", func() {
				u.amount("cbc:TaxableAmount", t.Taxable)
				u.amount("cbc:TaxAmount", t.Amount)
				u.category("cac:TaxCategory", t)
			})
		}
	})
	if u.TaxCurrency != "" {
		u.node("cac:TaxTotal", func() {
			u.leaf("cbc:TaxAmount", u.Totals.TaxAccounting.String(), attr{"currencyID", u.TaxCurrency})
		})
	}
}

func (u ublWriter) totals() {
	t := u.Totals
	u.node("cac:LegalMonetaryTotal", func() {
		u.amount("cbc:LineExtensionAmount", t.Lines)
		u.amount("cbc:TaxExclusiveAmount", t.Net)
		u.amount("cbc:TaxInclusiveAmount", t.Gross)
		if len(u.Allowances) > 0 || t.Allowances != 0 {
			u.amount("cbc:AllowanceTotalAmount", t.Allowances)
		}
		if len(u.Charges) > 0 || t.Charges != 0 {
			u.amount("cbc:ChargeTotalAmount", t.Charges)
		}
		if t.Prepaid != 0 {
			u.amount("cbc:PrepaidAmount", t.Prepaid)
		}
		if t.Rounding != 0 {
			u.amount("cbc:PayableRoundingAmount", t.Rounding)
		}
		u.amount("cbc:PayableAmount", t.Due)
	})
}

func (u ublWriter) line(l Line) {
	kind, quantity := "Invoice", "cbc:InvoicedQuantity"
	if u.credit {
		kind, quantity = "CreditNote", "cbc:CreditedQuantity"
	}
	u.node("cac:"+kind+"Line", func() {
		u.leaf("cbc:ID", l.ID)
		u.leaf("cbc:Note", l.Note)
		u.leaf(quantity, l.Quantity.String(), attr{"unitCode", string(l.Unit)})
		u.amount("cbc:LineExtensionAmount", l.Net)
		u.leaf("cbc:AccountingCost", l.Accounting)
		u.period(l.Period)
		u.node("cac:Item", func() {
			u.leaf("cbc:Description", l.Text)
			u.leaf("cbc:Name", l.Name)
			u.node("cac:SellersItemIdentification", func() { u.leaf("cbc:ID", l.Article) })
			u.category("cac:ClassifiedTaxCategory", Tax{Category: l.Category, Rate: l.Rate})
			for _, a := range l.Attributes {
				u.node("cac:AdditionalItemProperty", func() {
					u.leaf("cbc:Name", a.Name)
					u.leaf("cbc:Value", a.Value)
				})
			}
		})
		u.node("cac:Price", func() { u.leaf("cbc:PriceAmount", l.Price.String(), attr{"currencyID", u.Currency}) })
	})
}

func (u ublWriter) category(name string, t Tax) {
	u.node(name, func() {
		u.leaf("cbc:ID", string(t.Category))
		u.leaf("cbc:Percent", t.Rate.String())
		u.leaf("cbc:TaxExemptionReasonCode", t.ReasonCode)
		u.leaf("cbc:TaxExemptionReason", t.Reason)
		u.node("cac:TaxScheme", func() { u.leaf("cbc:ID", "VAT") })
	})
}

func (u ublWriter) period(p *Period) {
	if p == nil {
		return
	}
	u.node("cac:InvoicePeriod", func() {
		u.date("cbc:StartDate", p.Start)
		u.date("cbc:EndDate", p.End)
	})
}

func (u ublWriter) date(name string, d Date) { u.leaf(name, u.day(name, d, time.DateOnly)) }

func (u ublWriter) amount(name string, a Amount) {
	u.leaf(name, u.money(a), attr{"currencyID", u.Currency})
}

func (u ublWriter) identifier(name string, i Identifier) {
	u.leaf(name, i.ID, attr{"schemeID", i.Scheme})
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func truth(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
