package en16931

// Amount is money in minor units of the invoice's currency.
type Amount int64

// TypeCode is the kind of the document, of UNTDID 1001 (BT-3).
type TypeCode string

// The kinds that can be written.
const (
	Commercial TypeCode = "380"
	CreditNote TypeCode = "381"
	Corrected  TypeCode = "384"
	Prepayment TypeCode = "386"
	SelfBilled TypeCode = "389"
)

// Category is a VAT category code of UNTDID 5305 (BT-118, BT-151).
type Category string

// The categories of EN 16931.
const (
	Standard       Category = "S"  // taxed at a rate above zero
	ZeroRated      Category = "Z"  // taxed at zero
	Exempt         Category = "E"  // free of VAT
	ReverseCharge  Category = "AE" // the buyer owes the VAT
	IntraCommunity Category = "K"  // supply to another member state
	Export         Category = "G"  // out of the Union
	OutOfScope     Category = "O"  // not subject to VAT
	IGIC           Category = "L"  // Canary Islands
	IPSI           Category = "M"  // Ceuta and Melilla
)

// Unit is a unit of measure of UN/ECE Recommendation 20 or 21 (BT-130).
type Unit string

// The units charging is sold in.
const (
	KilowattHour Unit = "KWH"
	Hour         Unit = "HUR"
	Minute       Unit = "MIN"
	Second       Unit = "SEC"
	Day          Unit = "DAY"
	Month        Unit = "MON"
	Year         Unit = "ANN"
	One          Unit = "C62"
	Piece        Unit = "H87"
	Package      Unit = "XPP"
)

// Means is a payment means code of UNTDID 4461 (BT-81).
type Means string

// The payment means that charging is paid by.
const (
	MeansUndefined    Means = "1"
	MeansTransfer     Means = "30"
	MeansBankCard     Means = "48"
	MeansDirectDebit  Means = "49"
	MeansCreditCard   Means = "54"
	MeansDebitCard    Means = "55"
	MeansSEPATransfer Means = "58"
	MeansSEPADebit    Means = "59"
	MeansOnline       Means = "68" // an online payment service, or a wallet
	MeansClearing     Means = "97" // clearing between partners, such as roaming
)

// Invoice is one invoice or credit note. Amounts of a credit note are positive
// when they are owed to the buyer.
type Invoice struct {
	Number         string   // BT-1
	Issued         Date     // BT-2
	Type           TypeCode // BT-3
	Currency       string   // BT-5, ISO 4217
	Exponent       int      // decimals of the minor unit of Currency: 0 or 2; with 3 the BR-DEC rules fail
	TaxCurrency    string   // BT-6, when VAT is declared in another currency
	TaxPoint       Date     // BT-7
	Due            Date     // BT-9
	BuyerReference string   // BT-10; XRechnung: the Leitweg-ID or what the buyer asks for
	Contract       string   // BT-12
	Order          string   // BT-13
	Accounting     string   // BT-19, the buyer's cost account
	Terms          string   // BT-20
	Notes          []string // BT-22

	Preceding      []Preceding     // BG-3: what is credited or corrected
	Seller         Party           // BG-4
	Buyer          Party           // BG-7
	Representative *Representative // BG-11
	Delivery       *Delivery       // BG-13: where and when was charged
	Period         *Period         // BG-14
	Payment        *Payment        // BG-16
	Allowances     []Adjustment    // BG-20
	Charges        []Adjustment    // BG-21
	Totals         Totals          // BG-22
	Taxes          []Tax           // BG-23
	Documents      []Document      // BG-24
	Lines          []Line          // BG-25
}

// Preceding names an earlier invoice (BG-3).
type Preceding struct {
	Number string // BT-25
	Issued Date   // BT-26
}

// Party is the seller (BG-4) or the buyer (BG-7). The pairs of terms are the
// seller's and the buyer's.
type Party struct {
	Name         string     // BT-27, BT-44: the legal name
	Trading      string     // BT-28, BT-45
	Identifier   Identifier // BT-29, BT-46
	Registration Identifier // BT-30, BT-47: of the commercial register
	VAT          string     // BT-31, BT-48, with its country prefix
	Tax          string     // BT-32, the seller's local tax number
	Legal        string     // BT-33, the seller's further legal statements
	Endpoint     Identifier // BT-34, BT-49: the electronic address
	Address      Address    // BG-5, BG-8
	Contact      Contact    // BG-6, BG-9
}

// Identifier is an identifier with the scheme it belongs to, if it has one:
// of ISO 6523 for parties and places, of the EAS list for endpoints.
type Identifier struct {
	ID     string
	Scheme string
}

// Address is a postal address. The zero Address is none.
type Address struct {
	Line1       string // BT-35, BT-50, BT-64, BT-75
	Line2       string // BT-36, BT-51, BT-65, BT-76
	Line3       string // BT-162, BT-163, BT-164, BT-165
	City        string // BT-37, BT-52, BT-66, BT-77
	PostCode    string // BT-38, BT-53, BT-67, BT-78
	Subdivision string // BT-39, BT-54, BT-68, BT-79
	Country     string // BT-40, BT-55, BT-69, BT-80, ISO 3166-1 alpha-2
}

// Contact is who to ask. The zero Contact is none.
type Contact struct {
	Name  string // BT-41, BT-56
	Phone string // BT-42, BT-57
	Mail  string // BT-43, BT-58
}

// Representative is the seller's tax representative (BG-11).
type Representative struct {
	Name    string  // BT-62
	VAT     string  // BT-63
	Address Address // BG-12
}

// Delivery is where and when the supply was made (BG-13).
type Delivery struct {
	Name     string     // BT-70, such as the site's
	Location Identifier // BT-71, such as the EVSE id
	Date     Date       // BT-72
	Address  Address    // BG-15
}

// Period is from Start to End, both inclusive; one of them may be absent.
type Period struct {
	Start Date // BT-73, BT-134
	End   Date // BT-74, BT-135
}

// Payment is how the invoice was or is to be paid (BG-16). At most one of
// Accounts, Card and Debit fits a Means.
type Payment struct {
	Means     Means     // BT-81
	Text      string    // BT-82
	Reference string    // BT-83
	Accounts  []Account // BG-17
	Card      *Card     // BG-18
	Debit     *Debit    // BG-19
}

// Account takes a credit transfer (BG-17).
type Account struct {
	ID   string // BT-84, an IBAN or a national account
	Name string // BT-85
	BIC  string // BT-86
}

// Card is the card that paid (BG-18). More than the last four digits is never
// held.
type Card struct {
	Last4   string // BT-87
	Network string // the brand, which UBL asks for
	Holder  string // BT-88
}

// Debit is a direct debit (BG-19).
type Debit struct {
	Mandate  string // BT-89
	Creditor string // BT-90
	Account  string // BT-91, the IBAN that is debited
}

// Adjustment is an allowance (BG-20) or a charge (BG-21) on the whole
// document. Amount is positive in both.
type Adjustment struct {
	Amount   Amount   // BT-92, BT-99
	Category Category // BT-95, BT-102
	Rate     Decimal  // BT-96, BT-103, in percent
	Reason   string   // BT-97, BT-104
}

// Totals are the sums of the document (BG-22). Invoice.Total computes them.
type Totals struct {
	Lines         Amount  // BT-106
	Allowances    Amount  // BT-107
	Charges       Amount  // BT-108
	Net           Amount  // BT-109
	Tax           Amount  // BT-110
	TaxAccounting Decimal // BT-111, major units of TaxCurrency
	Gross         Amount  // BT-112
	Prepaid       Amount  // BT-113
	Rounding      Amount  // BT-114
	Due           Amount  // BT-115
}

// Tax is the VAT of one category and rate (BG-23).
type Tax struct {
	Taxable    Amount   // BT-116
	Amount     Amount   // BT-117
	Category   Category // BT-118
	Rate       Decimal  // BT-119, in percent; for OutOfScope absent, or zero in XRechnung
	Reason     string   // BT-120
	ReasonCode string   // BT-121, of the VATEX list
}

// Document is further evidence, such as the record of the signed meter values
// (BG-24).
type Document struct {
	ID          string // BT-122
	Description string // BT-123
	URL         string // BT-124
}

// Line is one invoice line (BG-25).
type Line struct {
	ID         string      // BT-126
	Note       string      // BT-127
	Quantity   Decimal     // BT-129; negative for what is given back
	Unit       Unit        // BT-130
	Net        Amount      // BT-131
	Accounting string      // BT-133
	Period     *Period     // BG-26
	Price      Decimal     // BT-146, net, major units per unit, never negative
	Category   Category    // BT-151
	Rate       Decimal     // BT-152, in percent; absent for OutOfScope
	Name       string      // BT-153
	Text       string      // BT-154
	Article    string      // BT-155, the seller's item id
	Attributes []Attribute // BG-32
}

// Attribute is a property of the item, such as a meter reading (BG-32).
type Attribute struct {
	Name  string // BT-160
	Value string // BT-161
}
