package en16931

const ciiData = "urn:un:unece:uncefact:data:standard:"

// ciiWriter writes one invoice in the element order of CII D16B.
type ciiWriter struct {
	*writer
	*Invoice
}

// WriteCII writes an invoice as UN/CEFACT Cross Industry Invoice D16B (CEN/TS
// 16931-3-3), under the terms of WriteUBL.
func WriteCII(inv *Invoice, p Profile) ([]byte, error) {
	return document(inv, "rsm:CrossIndustryInvoice", []attr{
		{"xmlns:rsm", ciiData + "CrossIndustryInvoice:100"},
		{"xmlns:qdt", ciiData + "QualifiedDataType:100"},
		{"xmlns:ram", ciiData + "ReusableAggregateBusinessInformationEntity:100"},
		{"xmlns:udt", ciiData + "UnqualifiedDataType:100"},
	}, func(w *writer) {
		c := ciiWriter{w, inv}
		c.context(p)
		c.head()
		c.node("rsm:SupplyChainTradeTransaction", func() {
			for _, l := range c.Lines {
				c.line(l)
			}
			c.agreement()
			c.delivery()
			c.node("ram:ApplicableHeaderTradeSettlement", c.settlement)
		})
	})
}

func (c ciiWriter) context(p Profile) {
	c.node("rsm:ExchangedDocumentContext", func() {
		c.node("ram:BusinessProcessSpecifiedDocumentContextParameter", func() { c.leaf("ram:ID", p.Process()) })
		c.node("ram:GuidelineSpecifiedDocumentContextParameter", func() { c.leaf("ram:ID", p.ID()) })
	})
}

func (c ciiWriter) head() {
	c.node("rsm:ExchangedDocument", func() {
		c.leaf("ram:ID", c.Number)
		c.leaf("ram:TypeCode", string(c.Type))
		c.date("ram:IssueDateTime", "udt:DateTimeString", c.Issued)
		for _, n := range c.Notes {
			c.node("ram:IncludedNote", func() { c.leaf("ram:Content", n) })
		}
	})
}

func (c ciiWriter) line(l Line) {
	c.node("ram:IncludedSupplyChainTradeLineItem", func() {
		c.node("ram:AssociatedDocumentLineDocument", func() {
			c.leaf("ram:LineID", l.ID)
			c.node("ram:IncludedNote", func() { c.leaf("ram:Content", l.Note) })
		})
		c.node("ram:SpecifiedTradeProduct", func() {
			c.leaf("ram:SellerAssignedID", l.Article)
			c.leaf("ram:Name", l.Name)
			c.leaf("ram:Description", l.Text)
			for _, a := range l.Attributes {
				c.node("ram:ApplicableProductCharacteristic", func() {
					c.leaf("ram:Description", a.Name)
					c.leaf("ram:Value", a.Value)
				})
			}
		})
		c.node("ram:SpecifiedLineTradeAgreement", func() {
			c.node("ram:NetPriceProductTradePrice", func() { c.leaf("ram:ChargeAmount", l.Price.String()) })
		})
		c.node("ram:SpecifiedLineTradeDelivery", func() {
			c.leaf("ram:BilledQuantity", l.Quantity.String(), attr{"unitCode", string(l.Unit)})
		})
		c.node("ram:SpecifiedLineTradeSettlement", func() {
			c.category("ram:ApplicableTradeTax", l.Category, l.Rate)
			c.period(l.Period)
			c.node("ram:SpecifiedTradeSettlementLineMonetarySummation", func() { c.amount("ram:LineTotalAmount", l.Net) })
			c.node("ram:ReceivableSpecifiedTradeAccountingAccount", func() { c.leaf("ram:ID", l.Accounting) })
		})
	})
}

func (c ciiWriter) agreement() {
	c.node("ram:ApplicableHeaderTradeAgreement", func() {
		c.leaf("ram:BuyerReference", c.BuyerReference)
		c.node("ram:SellerTradeParty", func() { c.party(c.Seller) })
		c.node("ram:BuyerTradeParty", func() { c.party(c.Buyer) })
		if r := c.Representative; r != nil {
			c.node("ram:SellerTaxRepresentativeTradeParty", func() {
				c.leaf("ram:Name", r.Name)
				c.address(r.Address)
				c.registration(r.VAT, "VA")
			})
		}
		c.reference("ram:BuyerOrderReferencedDocument", c.Order)
		c.reference("ram:ContractReferencedDocument", c.Contract)
		for _, d := range c.Documents {
			c.node("ram:AdditionalReferencedDocument", func() {
				c.leaf("ram:IssuerAssignedID", d.ID)
				c.leaf("ram:URIID", d.URL)
				c.leaf("ram:TypeCode", "916")
				c.leaf("ram:Name", d.Description)
			})
		}
	})
}

func (c ciiWriter) reference(name, id string) {
	c.node(name, func() { c.leaf("ram:IssuerAssignedID", id) })
}

func (c ciiWriter) party(p Party) {
	if p.Identifier.Scheme == "" {
		c.leaf("ram:ID", p.Identifier.ID)
	} else {
		c.identifier("ram:GlobalID", p.Identifier)
	}
	c.leaf("ram:Name", p.Name)
	c.leaf("ram:Description", p.Legal)
	c.node("ram:SpecifiedLegalOrganization", func() {
		c.identifier("ram:ID", p.Registration)
		c.leaf("ram:TradingBusinessName", p.Trading)
	})
	c.node("ram:DefinedTradeContact", func() {
		c.leaf("ram:PersonName", p.Contact.Name)
		c.node("ram:TelephoneUniversalCommunication", func() { c.leaf("ram:CompleteNumber", p.Contact.Phone) })
		c.node("ram:EmailURIUniversalCommunication", func() { c.leaf("ram:URIID", p.Contact.Mail) })
	})
	c.address(p.Address)
	c.node("ram:URIUniversalCommunication", func() { c.identifier("ram:URIID", p.Endpoint) })
	c.registration(p.VAT, "VA")
	c.registration(p.Tax, "FC")
}

func (c ciiWriter) registration(id, scheme string) {
	c.node("ram:SpecifiedTaxRegistration", func() { c.leaf("ram:ID", id, attr{"schemeID", scheme}) })
}

func (c ciiWriter) address(a Address) {
	c.node("ram:PostalTradeAddress", func() {
		c.leaf("ram:PostcodeCode", a.PostCode)
		c.leaf("ram:LineOne", a.Line1)
		c.leaf("ram:LineTwo", a.Line2)
		c.leaf("ram:LineThree", a.Line3)
		c.leaf("ram:CityName", a.City)
		c.leaf("ram:CountryID", a.Country)
		c.leaf("ram:CountrySubDivisionName", a.Subdivision)
	})
}

// delivery writes BG-13. The group is mandatory in CII, so it stands empty
// when there is nothing to say.
func (c ciiWriter) delivery() {
	d := c.Delivery
	if d == nil || *d == (Delivery{}) {
		c.indent()
		c.out.WriteString("<ram:ApplicableHeaderTradeDelivery/>\n")
		return
	}
	c.node("ram:ApplicableHeaderTradeDelivery", func() {
		c.node("ram:ShipToTradeParty", func() {
			if d.Location.Scheme == "" {
				c.leaf("ram:ID", d.Location.ID)
			} else {
				c.identifier("ram:GlobalID", d.Location)
			}
			c.leaf("ram:Name", d.Name)
			c.address(d.Address)
		})
		c.node("ram:ActualDeliverySupplyChainEvent", func() {
			c.date("ram:OccurrenceDateTime", "udt:DateTimeString", d.Date)
		})
	})
}

func (c ciiWriter) settlement() {
	p := c.Payment
	if p != nil {
		if p.Debit != nil {
			c.leaf("ram:CreditorReferenceID", p.Debit.Creditor)
		}
		c.leaf("ram:PaymentReference", p.Reference)
	}
	c.leaf("ram:TaxCurrencyCode", c.TaxCurrency)
	c.leaf("ram:InvoiceCurrencyCode", c.Currency)
	if p != nil {
		c.payment(p)
	}
	c.taxes()
	c.period(c.Period)
	c.adjustments(false, c.Allowances)
	c.adjustments(true, c.Charges)
	c.node("ram:SpecifiedTradePaymentTerms", func() {
		c.leaf("ram:Description", c.Terms)
		c.date("ram:DueDateDateTime", "udt:DateTimeString", c.Due)
		if p != nil && p.Debit != nil {
			c.leaf("ram:DirectDebitMandateID", p.Debit.Mandate)
		}
	})
	c.totals()
	for _, p := range c.Preceding {
		c.node("ram:InvoiceReferencedDocument", func() {
			c.leaf("ram:IssuerAssignedID", p.Number)
			c.date("ram:FormattedIssueDateTime", "qdt:DateTimeString", p.Issued)
		})
	}
	c.node("ram:ReceivableSpecifiedTradeAccountingAccount", func() { c.leaf("ram:ID", c.Accounting) })
}

func (c ciiWriter) payment(p *Payment) {
	for _, a := range p.Accounts {
		c.means(p, &a)
	}
	if len(p.Accounts) == 0 {
		c.means(p, nil)
	}
}

func (c ciiWriter) means(p *Payment, a *Account) {
	c.node("ram:SpecifiedTradeSettlementPaymentMeans", func() {
		c.leaf("ram:TypeCode", string(p.Means))
		c.leaf("ram:Information", p.Text)
		if p.Card != nil {
			c.node("ram:ApplicableTradeSettlementFinancialCard", func() {
				c.leaf("ram:ID", p.Card.Last4)
				c.leaf("ram:CardholderName", p.Card.Holder)
			})
		}
		if p.Debit != nil {
			c.node("ram:PayerPartyDebtorFinancialAccount", func() { c.leaf("ram:IBANID", p.Debit.Account) })
		}
		if a == nil {
			return
		}
		c.node("ram:PayeePartyCreditorFinancialAccount", func() {
			kind := "ram:ProprietaryID"
			if iban(a.ID) {
				kind = "ram:IBANID"
				c.leaf(kind, a.ID)
			}
			c.leaf("ram:AccountName", a.Name)
			if kind == "ram:ProprietaryID" {
				c.leaf(kind, a.ID)
			}
		})
		c.node("ram:PayeeSpecifiedCreditorFinancialInstitution", func() { c.leaf("ram:BICID", a.BIC) })
	})
}

func (c ciiWriter) taxes() {
	for _, t := range c.Taxes {
		c.node("ram:ApplicableTradeTax", func() {
			c.amount("ram:CalculatedAmount", t.Amount)
			c.leaf("ram:TypeCode", "VAT")
			c.leaf("ram:ExemptionReason", t.Reason)
			c.amount("ram:BasisAmount", t.Taxable)
			c.leaf("ram:CategoryCode", string(t.Category))
			c.leaf("ram:ExemptionReasonCode", t.ReasonCode)
			c.date("ram:TaxPointDate", "udt:DateString", c.TaxPoint)
			c.leaf("ram:RateApplicablePercent", t.Rate.String())
		})
	}
}

func (c ciiWriter) adjustments(charge bool, as []Adjustment) {
	for _, a := range as {
		c.node("ram:SpecifiedTradeAllowanceCharge", func() {
			c.node("ram:ChargeIndicator", func() { c.leaf("udt:Indicator", truth(charge)) })
			c.amount("ram:ActualAmount", a.Amount)
			c.leaf("ram:Reason", a.Reason)
			c.category("ram:CategoryTradeTax", a.Category, a.Rate)
		})
	}
}

func (c ciiWriter) category(name string, cat Category, rate Decimal) {
	c.node(name, func() {
		c.leaf("ram:TypeCode", "VAT")
		c.leaf("ram:CategoryCode", string(cat))
		c.leaf("ram:RateApplicablePercent", rate.String())
	})
}

func (c ciiWriter) totals() {
	t := c.Totals
	c.node("ram:SpecifiedTradeSettlementHeaderMonetarySummation", func() {
		c.amount("ram:LineTotalAmount", t.Lines)
		if len(c.Charges) > 0 || t.Charges != 0 {
			c.amount("ram:ChargeTotalAmount", t.Charges)
		}
		if len(c.Allowances) > 0 || t.Allowances != 0 {
			c.amount("ram:AllowanceTotalAmount", t.Allowances)
		}
		c.amount("ram:TaxBasisTotalAmount", t.Net)
		c.leaf("ram:TaxTotalAmount", c.money(t.Tax), attr{"currencyID", c.Currency})
		if c.TaxCurrency != "" {
			c.leaf("ram:TaxTotalAmount", t.TaxAccounting.String(), attr{"currencyID", c.TaxCurrency})
		}
		if t.Rounding != 0 {
			c.amount("ram:RoundingAmount", t.Rounding)
		}
		c.amount("ram:GrandTotalAmount", t.Gross)
		if t.Prepaid != 0 {
			c.amount("ram:TotalPrepaidAmount", t.Prepaid)
		}
		c.amount("ram:DuePayableAmount", t.Due)
	})
}

func (c ciiWriter) period(p *Period) {
	if p == nil {
		return
	}
	c.node("ram:BillingSpecifiedPeriod", func() {
		c.date("ram:StartDateTime", "udt:DateTimeString", p.Start)
		c.date("ram:EndDateTime", "udt:DateTimeString", p.End)
	})
}

// date writes a day in format 102, CCYYMMDD.
func (c ciiWriter) date(name, kind string, d Date) {
	c.node(name, func() { c.leaf(kind, c.day(name, d, "20060102"), attr{"format", "102"}) })
}

func (c ciiWriter) amount(name string, a Amount) { c.leaf(name, c.money(a)) }

func (c ciiWriter) identifier(name string, i Identifier) {
	c.leaf(name, i.ID, attr{"schemeID", i.Scheme})
}
