package simpay

import (
	"chargewright/base/fail"
	"chargewright/core/payment"
)

// Card is something to pay with, by how it behaves. None has a number: the
// page offers them by name.
type Card string

// The cards of the page.
const (
	Good          Card = "good"           // pays, now and later
	Challenged    Card = "challenged"     // 3-D Secure: pays when the buyer has confirmed
	ApplePay      Card = "apple_pay"      // a good card in a wallet
	GooglePay     Card = "google_pay"     // a good card in a wallet
	Transfer      Card = "transfer"       // knows no holds: what is asked is taken at once
	Declined      Card = "declined"       // the bank says no
	NoFunds       Card = "no_funds"       // there is no money
	Expired       Card = "expired"        // the card's own term is over
	ShortHold     Card = "short_hold"     // the hold ends after two minutes
	CaptureNo     Card = "capture_no"     // holds, and the bank says no when it is captured
	Tight         Card = "tight"          // holds, and not a cent more
	DeclinedLater Card = "declined_later" // pays now; without the buyer the bank says no
	ConfirmLater  Card = "confirm_later"  // pays now; without the buyer the bank wants them to confirm
)

// kind is how a card looks and behaves.
type kind struct {
	card   Card
	en, de string // what the page calls it
	ens    string // what it does, in English
	des    string
	method payment.Method
	no     payment.Decline // on the page
	later  payment.Decline // without the buyer
	holds  bool
}

func plastic(brand, last4, wallet string) payment.Method {
	return payment.Method{Kind: "card", Brand: brand, Wallet: wallet, Last4: last4, ExpiresOn: "2031-12", Country: "DE"}
}

var kinds = []kind{
	{card: Good, en: "Card that pays", de: "Karte, die zahlt", ens: "Pays at once", des: "Zahlt sofort", method: plastic("visa", "0001", ""), holds: true},
	{card: ApplePay, en: "Apple Pay, simulated", de: "Apple Pay, simuliert", ens: "Pays at once from a wallet", des: "Zahlt sofort aus einer Wallet",
		method: plastic("visa", "0002", "apple_pay"), holds: true},
	{card: GooglePay, en: "Google Pay, simulated", de: "Google Pay, simuliert", ens: "Pays at once from a wallet", des: "Zahlt sofort aus einer Wallet",
		method: plastic("mastercard", "0003", "google_pay"), holds: true},
	{card: Challenged, en: "Card with 3-D Secure", de: "Karte mit 3-D Secure", ens: "The bank asks you to confirm", des: "Die Bank bittet um Bestätigung",
		method: plastic("mastercard", "0004", ""), holds: true},
	{card: Transfer, en: "Bank transfer", de: "Überweisung", ens: "Takes the whole amount now; the rest is paid back", des: "Nimmt den ganzen Betrag jetzt; der Rest kommt zurück",
		method: payment.Method{Kind: "transfer", Country: "DE"}},
	{card: Declined, en: "Card that is declined", de: "Karte, die abgelehnt wird", ens: "The bank says no", des: "Die Bank sagt Nein", method: plastic("visa", "0005", ""), holds: true,
		no: payment.Decline{Code: "do_not_honor", Text: "the bank declined the card"}},
	{card: NoFunds, en: "Card without funds", de: "Karte ohne Deckung", ens: "There is not enough money", des: "Das Geld reicht nicht", method: plastic("visa", "0006", ""), holds: true,
		no: payment.Decline{Code: "insufficient_funds", Text: "there are not enough funds"}},
	{card: Expired, en: "Card that has expired", de: "Abgelaufene Karte", ens: "Its term is over", des: "Ihre Gültigkeit ist vorbei", method: payment.Method{
		Kind: "card", Brand: "visa", Last4: "0007", ExpiresOn: "2020-01", Country: "DE"}, holds: true,
		no: payment.Decline{Code: "expired_card", Text: "the card has expired", Final: true}},
	{card: ShortHold, en: "Card with a short hold", de: "Karte mit kurzer Reservierung", ens: "The hold ends after two minutes", des: "Die Reservierung endet nach zwei Minuten",
		method: plastic("mastercard", "0008", ""), holds: true},
	{card: CaptureNo, en: "Card that is declined at the end", de: "Karte, die am Ende abgelehnt wird", ens: "Holds now; the bank says no when it is charged",
		des: "Reserviert jetzt; beim Abbuchen sagt die Bank Nein", method: plastic("visa", "0009", ""), holds: true},
	{card: Tight, en: "Card with a limit", de: "Karte mit Limit", ens: "Holds this amount and no more", des: "Reserviert diesen Betrag und nicht mehr",
		method: plastic("visa", "0010", ""), holds: true},
	{card: DeclinedLater, en: "Card that is declined next time", de: "Karte, die nächstes Mal abgelehnt wird", ens: "Pays now; later the bank says no", des: "Zahlt jetzt; später sagt die Bank Nein",
		method: plastic("visa", "0011", ""), holds: true, later: payment.Decline{Code: "insufficient_funds", Text: "there are not enough funds"}},
	{card: ConfirmLater, en: "Card that wants you next time", de: "Karte, die nächstes Mal fragt", ens: "Pays now; later the bank asks you to confirm",
		des: "Zahlt jetzt; später bittet die Bank um Bestätigung", method: plastic("mastercard", "0012", ""), holds: true,
		later: payment.Decline{Code: "authentication_required", Text: "the bank wants the buyer to confirm", Confirm: true}},
}

func kindOf(c Card) (kind, error) {
	for _, k := range kinds {
		if k.card == c {
			k.method.Fingerprint = "simfp_" + string(c)
			return k, nil
		}
	}
	return kind{}, fail.New(fail.Invalid, "simpay", "there is no card %q", c)
}
