package paper

// words are what a document says in one language.
type words struct {
	tag       string // BCP 47
	kinds     [5]string
	months    [12]string
	date      string // of day, month name, year
	stamp     string // layout of a day and minute in a table
	decimal   string
	group     string
	symbol    bool // the currency stands before the number
	phrases   map[string]string
	dimension map[string]string
	entries   map[string]string // what happens to an account
	why       map[string]string // by category: why no tax is due
	methods   [6]string
}

var languages = map[Language]*words{English: &english, German: &german}

// say returns a word of the language; a missing one is a fault of this package
// and shows its key.
func (w *words) say(key string) string {
	if s, ok := w.phrases[key]; ok {
		return s
	}
	return key
}

var english = words{
	tag:    "en",
	kinds:  [5]string{"Receipt", "Invoice", "Credit note", "Statement", "Evidence"},
	months: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	date:   "%d %s %d", stamp: "02 Jan 2006, 15:04",
	decimal: ".", group: ",", symbol: true,
	methods: [6]string{"card", "wallet", "bank transfer", "direct debit", "voucher", "invoice"},
	phrases: map[string]string{
		"page": "Page %d of %d", "continued": "%s %s, %s", "made": "Made with Chargewright",
		"vat": "VAT ID", "yourvat": "Your VAT ID", "taxid": "Tax no.", "bank": "Bank", "iban": "IBAN", "bic": "BIC",
		"customer": "Customer no.", "reference": "Your reference", "dueby": "Payable by", "issued": "Date", "number": "Number",
		"corrects": "Corrects", "correctsDoc": "%s of %s", "period": "Period", "to": "to", "sessions": "Sessions", "energy": "Energy",
		"where": "Where", "plug": "Plug", "station": "Station", "when": "When", "token": "Card",
		"what": "What", "quantity": "Quantity", "price": "Price", "amount": "Amount", "nothing": "Nothing was charged.",
		"place": "Place", "document": "Document", "owed": "Owed", "wallet": "Paid ahead", "noEvents": "Nothing happened in this period.", "more": "There are more events than are listed; the balances know of all.",
		"owedOn": "Owed on %s", "walletOn": "Paid ahead on %s", "yours": "in your favour", "open": "still open", "statementNote": "This statement bills nothing. Each receipt in it is the invoice of its session.",
		"net": "Net", "taxOn": "%s on %s", "total": "Total", "totalTax": "Total with tax", "creditTotal": "Total credited",
		"paid": "Paid by %s", "paidAt": "Paid by %s, %s", "back": "Paid back by %s", "backAt": "Paid back by %s, %s", "due": "Still to pay", "backDue": "Still to be paid back",
		"ending": "%s ending %s", "payBy": "payable by %s", "pay": "to be paid", "toBack": "to be paid back", "paidShort": "paid by %s", "backShort": "paid back by %s",
		"settled": "nothing to pay", "transfer": "Transfer %s to %s, IBAN %s, and quote %s.",
		"estimated": "Estimated. The station did not report the end. The session was closed at its last meter reading; if the end arrives later, a corrected receipt follows.",
		"meter":     "The meter", "atStart": "At the start", "atEnd": "At the end", "difference": "Difference", "counted": "Energy counted",
		"proof": "The record", "unsigned": "The readings of this station are not signed.", "serial": "Meter", "pages": "Pagination", "key": "Public key", "check": "Check",
		"verified": "Signature verified", "notVerified": "Signature not verified", "contradicted": "Signature does not match",
		"reason": "End, in the station's words", "quote": "“%s”", "session": "Session", "curve": "Power, up to %s", "tariff": "Price, as accepted at the start",
		"collected": "Collected by the payment method on file", "atOnce": "Payable at once", "because": "Reason: %s", "fallback": "For %s no spot price was known: they are billed at the price that was agreed for that.", "fetch": "This document online", "questions": "Questions: %s. Quote %s.",
	},
	dimension: map[string]string{
		"ENERGY": "Energy", "TIME": "Charging time", "PARKING_TIME": "Time without charging", "FLAT": "Fee per session",
		"MIN_PRICE": "Up to the minimum price", "MAX_PRICE": "Down to the maximum price", "RESERVATION": "Reservation",
	},
	entries: map[string]string{
		"settlement": "Charging", "credit": "Credit note", "wallet": "Paid ahead used", "payment": "Payment", "refund": "Paid back", "claim": "Adjustment", "dispute": "Dispute",
	},
	why: map[string]string{
		"Z": "zero rate", "E": "exempt", "AE": "reverse charge", "K": "intra-community supply", "G": "export", "O": "not subject to VAT",
	},
}

var german = words{
	tag:    "de",
	kinds:  [5]string{"Beleg", "Rechnung", "Rechnungskorrektur", "Kontoauszug", "Nachweis"},
	months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	date:   "%d. %s %d", stamp: "02.01.2006, 15:04",
	decimal: ",", group: ".", symbol: false,
	methods: [6]string{"Karte", "Guthaben", "Überweisung", "Lastschrift", "Gutschein", "Rechnung"},
	phrases: map[string]string{
		"page": "Seite %d von %d", "continued": "%s %s, %s", "made": "Erstellt mit Chargewright",
		"vat": "USt-IdNr.", "yourvat": "Ihre USt-IdNr.", "taxid": "Steuernr.", "bank": "Bank", "iban": "IBAN", "bic": "BIC",
		"customer": "Kundennr.", "reference": "Ihre Referenz", "dueby": "Zahlbar bis", "issued": "Datum", "number": "Nummer",
		"corrects": "Korrigiert", "correctsDoc": "%s vom %s", "period": "Zeitraum", "to": "bis", "sessions": "Ladevorgänge", "energy": "Energie",
		"where": "Wo", "plug": "Stecker", "station": "Säule", "when": "Wann", "token": "Karte",
		"what": "Was", "quantity": "Menge", "price": "Preis", "amount": "Betrag", "nothing": "Es wurde nichts berechnet.",
		"place": "Ort", "document": "Dokument", "owed": "Offen", "wallet": "Guthaben", "noEvents": "In diesem Zeitraum geschah nichts.", "more": "Es gibt mehr Ereignisse, als aufgeführt sind; die Salden enthalten alle.",
		"owedOn": "Offen am %s", "walletOn": "Guthaben am %s", "yours": "zu Ihren Gunsten", "open": "noch offen", "statementNote": "Diese Aufstellung berechnet nichts. Jeder Beleg darin ist die Rechnung seines Ladevorgangs.",
		"net": "Netto", "taxOn": "%s auf %s", "total": "Summe", "totalTax": "Summe mit Steuer", "creditTotal": "Summe der Korrektur",
		"paid": "Bezahlt per %s", "paidAt": "Bezahlt per %s, %s", "back": "Zurückgezahlt per %s", "backAt": "Zurückgezahlt per %s, %s", "due": "Noch zu zahlen", "backDue": "Noch zurückzuzahlen",
		"ending": "%s mit Endziffern %s", "payBy": "zahlbar bis %s", "pay": "zu zahlen", "toBack": "wird zurückgezahlt", "paidShort": "bezahlt per %s", "backShort": "zurückgezahlt per %s",
		"settled": "nichts zu zahlen", "transfer": "Überweisen Sie %s an %s, IBAN %s, und nennen Sie %s.",
		"estimated": "Geschätzt. Die Säule meldete das Ende nicht. Der Ladevorgang wurde beim letzten Zählerstand geschlossen; kommt das Ende noch, folgt ein berichtigter Beleg.",
		"meter":     "Der Zähler", "atStart": "Am Anfang", "atEnd": "Am Ende", "difference": "Differenz", "counted": "Gezählte Energie",
		"proof": "Der Nachweis", "unsigned": "Die Zählerstände dieser Säule sind nicht signiert.", "serial": "Zähler", "pages": "Paginierung", "key": "Öffentlicher Schlüssel", "check": "Prüfen",
		"verified": "Signatur geprüft", "notVerified": "Signatur nicht geprüft", "contradicted": "Signatur passt nicht",
		"reason": "Ende, in den Worten der Säule", "quote": "„%s“", "session": "Ladevorgang", "curve": "Leistung, bis %s", "tariff": "Preis, wie beim Start angenommen",
		"collected": "Wird über das hinterlegte Zahlungsmittel eingezogen", "atOnce": "Sofort zahlbar", "because": "Grund: %s", "fallback": "Für %s war kein Börsenpreis bekannt: sie sind zum Preis berechnet, der dafür vereinbart war.", "fetch": "Dieses Dokument online", "questions": "Fragen: %s. Nennen Sie %s.",
	},
	dimension: map[string]string{
		"ENERGY": "Energie", "TIME": "Ladezeit", "PARKING_TIME": "Standzeit ohne Laden", "FLAT": "Gebühr je Ladevorgang",
		"MIN_PRICE": "Bis zum Mindestpreis", "MAX_PRICE": "Bis zum Höchstpreis", "RESERVATION": "Reservierung",
	},
	entries: map[string]string{
		"settlement": "Ladevorgang", "credit": "Rechnungskorrektur", "wallet": "Guthaben verwendet", "payment": "Zahlung", "refund": "Rückzahlung", "claim": "Ausgleich", "dispute": "Einspruch",
	},
	why: map[string]string{
		"Z": "Nullsatz", "E": "steuerfrei", "AE": "Steuerschuldnerschaft des Leistungsempfängers", "K": "innergemeinschaftliche Lieferung", "G": "Ausfuhr", "O": "nicht steuerbar",
	},
}
