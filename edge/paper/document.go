package paper

import (
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
)

// Kind is what the document is.
type Kind uint8

// The kinds of documents.
const (
	Receipt    Kind = iota // of one session
	Invoice                // of one session or of many lines, to a named buyer
	CreditNote             // takes back another document, or a part of it
	Statement              // what happened to an account in a period

	evidence // of a dispute; Render knows it not
)

// Language is what the document is written in.
type Language string

// The languages documents are written in. Any other is English.
const (
	English Language = "en"
	German  Language = "de"
)

// Document is everything a document tells. Empty fields leave no trace.
// Amounts are minor units of Currency; those of a credit note are positive
// when they go to the buyer.
type Document struct {
	Kind      Kind
	Language  Language
	Number    string
	Issued    time.Time
	DueBy     time.Time      // zero: no date to pay by
	Zone      *time.Location // of every time that is printed; nil is UTC
	Currency  money.Currency
	Reference string    // what the buyer asked to be named
	Corrects  Reference // the document that is credited or replaced
	From, To  time.Time // the period of a statement, To exclusive

	Brand  Brand
	Seller Seller
	Buyer  *Buyer // nil: nobody is named

	Session  *Session // of a receipt, an invoice or a credit note
	Account  *Account // of a statement
	Lines    []Line
	Taxes    []Tax
	Net      int64
	Tax      int64
	Gross    int64
	Payments []Payment
	Due      int64 // what is still to be paid
	// Collected says that what is due is taken without a deed of the buyer's.
	Collected bool

	Notes []string // paragraphs that the law or the seller asks for
	Price string   // the price sentence, as accepted at the start
	Link  string   // where the document can be fetched; printed and as QR code
}

// Reference names another document.
type Reference struct {
	Number string
	Issued time.Time
}

// Brand is how the operator looks.
type Brand struct {
	Name     string
	Color    string // "#rrggbb"; anything else is ink
	Logo     []byte // PNG or JPEG that CheckLogo accepts; else Name is printed
	Helpline string
	Mail     string
	Web      string
}

// Seller is the legal entity that sells.
type Seller struct {
	Name     string
	Address  []string // its lines, the country among them
	VAT      string   // VAT identifier
	TaxID    string   // local tax number
	Register string   // "HRB 12345, Amtsgericht Erlental"
	Bank     Bank
}

// Bank is where money is transferred to.
type Bank struct {
	Name string
	IBAN string
	BIC  string
}

// Buyer is who the document is made out to.
type Buyer struct {
	Name     string
	Address  []string
	VAT      string
	Customer string // the number the seller knows them by
}

// Session is the charging session of a receipt.
type Session struct {
	ID        string
	Site      string
	Address   string
	Station   string
	EVSE      string
	Connector string // "CCS, 150 kW"
	Token     string // the end of the card or app token
	Start     time.Time
	End       time.Time
	Reason    string // the station's own word for the end
	Estimated bool   // the station never reported the end
	Energy    energy.Energy
	First     energy.Energy // register at the start
	Last      energy.Energy // register at the end
	Power     []Power       // mean power between readings, for the curve
	Signed    *Signed       // nil: the readings are not signed
}

// Power is the mean power of a stretch, in W.
type Power struct {
	Start, End time.Time
	Watt       int64
}

// Verdict is the outcome of checking a signature.
type Verdict uint8

// The verdicts.
const (
	NotVerified  Verdict = iota // nobody checked, or the key was not known
	Verified                    // the signature is that of the key
	Contradicted                // the signature is not that of the key
)

// Signed refers to the signed meter values of a session.
type Signed struct {
	Meter    string // its serial number
	Format   string // "OCMF", "EDL40", …
	Key      string // the public key, in hex or base64
	Begin    string // pagination of the reading at the start
	End      string // and at the end
	Verdict  Verdict
	Software string // where the values can be checked by anybody, a URL
}

// Account is what a statement tells: what happened to what the buyer owes and
// to what they paid ahead. The statement's Gross is what is owed at its end, and
// negative when it is owed to the buyer.
type Account struct {
	Opening       int64 // owed at the beginning
	WalletOpening int64 // paid ahead
	WalletClosing int64
	Sessions      int
	Energy        energy.Energy
	Rows          []Row
	More          bool // there are more than are listed
}

// Row is one event of a statement.
type Row struct {
	At     time.Time
	What   string // a word of the ledger such as "settlement", which is translated
	Place  string
	Number string // of its document
	Minor  int64  // added to what is owed
	Wallet int64  // added to what is paid ahead
}

// Line is what is charged for. Quantity and UnitPrice are exact decimals.
type Line struct {
	What      string // text, or a tariff dimension such as ENERGY, which is translated
	Detail    string // a further line of text
	Quantity  string
	Unit      string // "kWh", "h", "min"; "" for pieces
	UnitPrice string
	Minor     int64
}

// Tax is the tax of one rate.
type Tax struct {
	Name    string // "VAT", "MwSt."
	Percent string // exact decimal; "" for a tax that is no percentage
	Net     int64
	Minor   int64
	PerKWh  string // exact decimal in the major unit, of a tax on energy
	Why     string // UNCL5305 category that says why nothing is due: "AE", "E", …
}

// Method is how something was paid.
type Method uint8

// The methods.
const (
	ByCard Method = iota
	ByWallet
	ByTransfer
	ByDebit
	ByVoucher
	ByInvoice // settled with a later invoice or statement
)

// Payment is money that came in, or went back on a credit note.
type Payment struct {
	By    Method
	Brand string // "Visa"
	Last4 string
	At    time.Time
	Minor int64
}
