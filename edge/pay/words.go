package pay

import (
	"strings"

	"chargewright/base/money"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/tariff"
	"chargewright/core/terminal"
)

// words are what the pages say in one language.
type words struct {
	Pay, Find, FindHelp, FindDeed                                                       string
	Charging, Charger, Number, Power, Plugs, Price, Details, HoldTitle                  string
	HoldNote, Email, EmailHelp, Deed, Other, Again, ToPay                               string
	NoCharger, SomebodyElse, TooOften, CodeOver, PaidThere, Broken, NoProvider, NoPrice string
	PriceChanged, PayingNote, AskingNote, PlugInNote, StopAsked                         string
	StopFailed, Stop, Energy, Cost, CostFinal, Lasting, OfHold, Ended                   string
	InReview, FailedStart, Receipt, Total, PaidBy, NothingPaid                          string
	PaymentOnItsWay, Accepted, Keep, Pricing, Card, Imprint, Privacy, Help              string
	LooksAgain, ReceiptFile                                                             string
	LimitsTitle, LimitsHelp, LimitsDeed, LimitsTaken, LimitsWrong, StrangeLimit         string
	Between, Or, StopsAt, MinutesUnit                                                   string
	LimitFields, Reached                                                                map[string]string
	NoVisit, OutOfService, Choose, UpTo, ShowCard, ShowCardNote, ReaderAsked            string
	DeedReader, Leave, NextCustomer, Follow, FollowHelp, ToList                         string
	Noes                                                                                map[terminal.No]string
	Blocked                                                                             map[string]string
	Taxes                                                                               map[tariff.TaxMode]string
	States                                                                              map[driver.GuestState]string
	Reasons                                                                             map[string]string
	Dimensions                                                                          map[string]string
	comma                                                                               bool
}

// number writes a decimal as the language does.
func (t words) number(s string) string {
	if t.comma {
		return strings.Replace(s, ".", ",", 1)
	}
	return s
}

// amount writes minor units with the currency's sign.
func (t words) amount(minor int64, c money.Currency) string {
	s := t.number(money.Amount{Minor: minor, Currency: c}.Decimal())
	sign := map[money.Currency]string{"EUR": "€", "GBP": "£", "USD": "$"}[c]
	switch {
	case sign == "":
		return s + " " + string(c)
	case t.comma:
		return s + " " + sign
	}
	return sign + s
}

// reason says why a visit ended in the language, or as it was said.
func (t words) reason(s string) string {
	if r, ok := t.Reasons[s]; ok {
		return r
	}
	return s
}

func (t words) dimension(d string) string {
	if w, ok := t.Dimensions[d]; ok {
		return w
	}
	return d
}

// brand names what was paid with.
func (t words) brand(m payment.Method) string {
	switch {
	case m.Wallet == "apple_pay":
		return "Apple Pay"
	case m.Wallet == "google_pay":
		return "Google Pay"
	case m.Brand != "":
		return strings.ToUpper(m.Brand[:1]) + m.Brand[1:]
	case m.Kind != "" && m.Kind != "card":
		return strings.ToUpper(m.Kind[:1]) + m.Kind[1:]
	}
	return t.Card
}

// plugName is what people call a connector of OCPI.
func plugName(standard string) string {
	if n, ok := map[string]string{
		"IEC_62196_T2": "Type 2", "IEC_62196_T2_COMBO": "CCS", "IEC_62196_T1": "Type 1", "IEC_62196_T1_COMBO": "CCS 1", "CHADEMO": "CHAdeMO", "DOMESTIC_F": "Schuko",
		"SAE_J3400": "NACS",
	}[standard]; ok {
		return n
	}
	return standard
}

var vocabulary = map[string]words{
	"en": {
		Pay: "Charge and pay", Find: "Number of the charger", FindHelp: "Six digits on its label, or its EVSE id.", FindDeed: "Find the charger",
		Charging: "Charging at", Charger: "Charger", Number: "Number", Power: "Power", Plugs: "Plugs", Price: "Price", Details: "The price in detail", HoldTitle: "Held on your card",
		HoldNote: "Your bank holds this amount while you charge. You pay what you charge; the rest is released when you end. Charging stops before the amount is used up.",
		Email:    "E-mail for the receipt", EmailHelp: "Optional. The receipt is on the next page, too.", Deed: "Accept the price and pay", Other: "Another charger",
		Again: "Try again", ToPay: "To the payment page", NoCharger: "There is no charger with this number. Look at the label once more.",
		SomebodyElse: "Somebody is starting there at this moment.", TooOften: "Too many attempts. Wait an hour, or call the helpline.",
		PaidThere: "%s paid at the terminal of the charger.",
		CodeOver:  "This code is over: it is good for a moment, and once. Scan the code that the charger shows now.",
		Broken:    "This does not work at the moment. Nothing was charged.", NoProvider: "Payment without an account is not offered here.",
		NoPrice: "No price is set for this charger, so nobody can charge here.", PriceChanged: "The price has changed. Read it again.",
		PayingNote: "We wait for your payment. If you closed the payment page, open it again.", AskingNote: "Paid. The charger is asked to start.",
		PlugInNote: "Plug your vehicle in now. Charging begins by itself.", StopAsked: "The charger was asked to stop.", StopFailed: "The charger did not stop. Try once more, or unlock your vehicle.",
		Stop: "Stop charging", Energy: "Energy", Cost: "Cost so far", CostFinal: "Cost", Lasting: "Time", OfHold: "of %s held", Ended: "Ended",
		InReview:    "The charger sent readings that somebody has to look at. You are charged after that, and never more than what was held.",
		FailedStart: "So little was charged that it costs nothing. The amount on your card is released.", Receipt: "Receipt", Total: "Total, tax included",
		PaidBy: "%s paid with %s. The rest of the amount held is released by your bank.", NothingPaid: "Nothing was charged. The amount held is released by your bank.",
		PaymentOnItsWay: "The payment is on its way.", Accepted: "Price you accepted", Keep: "Keep this page open or save its address: it is your receipt.",
		Pricing: "Prices", Card: "card", Imprint: "Imprint", Privacy: "Privacy", Help: "Help", LooksAgain: "This page looks again by itself.", ReceiptFile: "Receipt as PDF",
		Taxes:   map[tariff.TaxMode]string{tariff.TaxIncluded: "Prices include tax.", tariff.TaxAdded: "Tax is added to these prices."},
		NoVisit: "There is nothing at this address. Look whether it is complete; it ends 30 days after the visit.", OutOfService: "Nobody can pay here at the moment.",
		Choose: "Choose a charger", UpTo: "%s are held on your card", ShowCard: "Show your card", ShowCardNote: "Hold your card, phone or watch to the card reader, and follow what it says.",
		ReaderAsked: "The card reader is getting ready", DeedReader: "Accept the price and pay by card here", Leave: "Cancel", NextCustomer: "Done: next customer",
		Follow: "Follow your charging, stop it, and get the receipt", FollowHelp: "Scan the code, or type the address into your phone.", ToList: "Back to all chargers",
		Noes: map[terminal.No]string{
			terminal.ReaderBusy: "Somebody else is paying at this card reader. Wait a moment and try again.", terminal.EVSETaken: "Somebody is starting there at this moment.",
			terminal.NewPrice: "The price has changed. Read it again.",
		},
		Blocked: map[string]string{"offline": "The charger is not connected.", "out_of_order": "The charger is out of order.", "reserved": "The charger is reserved.", "busy": "The charger is in use."},
		States: map[driver.GuestState]string{
			driver.GuestPaying: "Waiting for the payment", driver.GuestUnpaid: "Not paid", driver.GuestAsking: "Starting", driver.GuestPlugIn: "Plug in", driver.GuestCharging: "Charging",
			driver.GuestDone: "Ended", driver.GuestFailed: "Charging did not begin",
		},
		Reasons: map[string]string{
			"the time to pay is over": "The time to pay is over. Nothing was charged.", "the bank refused the payment": "Your bank refused the payment.",
			"the payment was cancelled": "The payment was cancelled. Nothing was charged.", "no vehicle was plugged in": "No vehicle was plugged in. The amount held is released.",
			"the card reader is busy or not connected": "The card reader is busy or not connected. Nothing was charged. Try again in a moment, or pay with your phone: the code is on the charger.",
			"somebody else has begun to charge there":  "Somebody else has begun to charge there. The amount held is released.",
		},
		LimitsTitle: "Stop earlier", LimitsHelp: "Charging stops at whichever comes first. Leave a field empty for no limit.", LimitsDeed: "Show with these limits",
		LimitsTaken: "Your limits are taken over. Look at the amount that is held, and go on.", LimitsWrong: "A limit cannot be kept. Look at it below.",
		StrangeLimit: "The charger named a limit that cannot be read (%s). Set it here if you want it.", Between: "Between %s and %s.", Or: " or ", StopsAt: "Charging stops at",
		MinutesUnit: "min", LimitFields: map[string]string{"cost": "At most this amount, tax included", "kwh": "At most this energy", "minutes": "At most this long"},
		Reached: map[string]string{
			"CostLimitReached": "Stopped before the amount was used up", "EnergyLimitReached": "Stopped at the energy that was set", "TimeLimitReached": "Stopped at the time that was set",
			"SoCLimitReached": "Stopped at the battery level that was set", "SOCLimitReached": "Stopped at the battery level that was set",
		},
		Dimensions: map[string]string{"ENERGY": "Energy", "TIME": "Charging time", "PARKING_TIME": "Time after charging ended", "FLAT": "Session fee", "MIN_PRICE": "Up to the minimum", "MAX_PRICE": "Down to the maximum"},
	},
	"de": {
		Pay: "Laden und bezahlen", Find: "Nummer der Ladestation", FindHelp: "Sechs Ziffern auf dem Aufkleber, oder die EVSE-ID.", FindDeed: "Ladestation suchen",
		Charging: "Laden bei", Charger: "Ladepunkt", Number: "Nummer", Power: "Leistung", Plugs: "Stecker", Price: "Preis", Details: "Der Preis im Einzelnen", HoldTitle: "Auf der Karte reserviert",
		HoldNote: "Ihre Bank reserviert diesen Betrag, solange Sie laden. Sie zahlen, was Sie laden; der Rest wird am Ende freigegeben. Das Laden endet, bevor der Betrag verbraucht ist.",
		Email:    "E-Mail für den Beleg", EmailHelp: "Freiwillig. Der Beleg steht auch auf der nächsten Seite.", Deed: "Preis annehmen und bezahlen", Other: "Andere Ladestation",
		Again: "Erneut versuchen", ToPay: "Zur Zahlungsseite", NoCharger: "Es gibt keine Ladestation mit dieser Nummer. Sehen Sie noch einmal auf den Aufkleber.",
		SomebodyElse: "Gerade startet dort jemand anderes.", TooOften: "Zu viele Versuche. Warten Sie eine Stunde oder rufen Sie die Hotline an.",
		PaidThere: "%s am Terminal der Station bezahlt.",
		CodeOver:  "Dieser Code ist abgelaufen: Er gilt kurz und nur einmal. Scannen Sie den Code, den die Station jetzt zeigt.",
		Broken:    "Das geht im Moment nicht. Es wurde nichts abgebucht.", NoProvider: "Bezahlen ohne Konto wird hier nicht angeboten.",
		NoPrice: "Für diesen Ladepunkt ist kein Preis festgelegt, deshalb kann hier niemand laden.", PriceChanged: "Der Preis hat sich geändert. Lesen Sie ihn noch einmal.",
		PayingNote: "Wir warten auf Ihre Zahlung. Wenn Sie die Zahlungsseite geschlossen haben, öffnen Sie sie wieder.", AskingNote: "Bezahlt. Die Station wird gebeten zu starten.",
		PlugInNote: "Stecken Sie jetzt Ihr Fahrzeug an. Das Laden beginnt von selbst.", StopAsked: "Die Station wurde gebeten, zu beenden.", StopFailed: "Die Station hat nicht beendet. Versuchen Sie es noch einmal oder entriegeln Sie Ihr Fahrzeug.",
		Stop: "Laden beenden", Energy: "Energie", Cost: "Kosten bisher", CostFinal: "Kosten", Lasting: "Dauer", OfHold: "von %s reserviert", Ended: "Beendet",
		InReview:    "Die Station hat Werte gesendet, die jemand ansehen muss. Danach wird abgebucht, und nie mehr als reserviert war.",
		FailedStart: "Es wurde so wenig geladen, dass es nichts kostet. Der Betrag auf Ihrer Karte wird freigegeben.", Receipt: "Beleg", Total: "Summe mit Steuer",
		PaidBy: "%s bezahlt mit %s. Den Rest der Reservierung gibt Ihre Bank frei.", NothingPaid: "Es wurde nichts abgebucht. Die Reservierung gibt Ihre Bank frei.",
		PaymentOnItsWay: "Die Zahlung ist unterwegs.", Accepted: "Preis, den Sie angenommen haben", Keep: "Lassen Sie diese Seite offen oder merken Sie sich die Adresse: Sie ist Ihr Beleg.",
		Pricing: "Preise", Card: "Karte", Imprint: "Impressum", Privacy: "Datenschutz", Help: "Hilfe", LooksAgain: "Diese Seite sieht von selbst wieder nach.", ReceiptFile: "Beleg als PDF",
		Taxes:   map[tariff.TaxMode]string{tariff.TaxIncluded: "Preise inklusive Steuer.", tariff.TaxAdded: "Zu diesen Preisen kommt die Steuer hinzu."},
		NoVisit: "Unter dieser Adresse ist nichts. Prüfen Sie, ob sie vollständig ist; sie gilt 30 Tage ab dem Besuch.", OutOfService: "Hier kann im Moment niemand bezahlen.",
		Choose: "Ladepunkt wählen", UpTo: "%s werden auf Ihrer Karte reserviert", ShowCard: "Zeigen Sie Ihre Karte", ShowCardNote: "Halten Sie Karte, Telefon oder Uhr an den Kartenleser und folgen Sie seiner Anzeige.",
		ReaderAsked: "Der Kartenleser wird bereit gemacht", DeedReader: "Preis annehmen und hier mit Karte zahlen", Leave: "Abbrechen", NextCustomer: "Fertig: nächster Kunde",
		Follow: "Laden verfolgen, beenden und Beleg abrufen", FollowHelp: "Scannen Sie den Code, oder geben Sie die Adresse in Ihr Telefon ein.", ToList: "Zurück zu allen Ladepunkten",
		Noes: map[terminal.No]string{
			terminal.ReaderBusy: "An diesem Kartenleser bezahlt gerade jemand anderes. Warten Sie einen Moment und versuchen Sie es erneut.", terminal.EVSETaken: "Gerade startet dort jemand anderes.",
			terminal.NewPrice: "Der Preis hat sich geändert. Lesen Sie ihn noch einmal.",
		},
		Blocked: map[string]string{"offline": "Die Station ist nicht verbunden.", "out_of_order": "Die Station ist außer Betrieb.", "reserved": "Der Ladepunkt ist reserviert.", "busy": "Der Ladepunkt ist belegt."},
		States: map[driver.GuestState]string{
			driver.GuestPaying: "Warten auf die Zahlung", driver.GuestUnpaid: "Nicht bezahlt", driver.GuestAsking: "Startet", driver.GuestPlugIn: "Bitte anstecken", driver.GuestCharging: "Lädt",
			driver.GuestDone: "Beendet", driver.GuestFailed: "Das Laden hat nicht begonnen",
		},
		Reasons: map[string]string{
			"the time to pay is over": "Die Zeit zum Bezahlen ist um. Es wurde nichts abgebucht.", "the bank refused the payment": "Ihre Bank hat die Zahlung abgelehnt.",
			"the payment was cancelled": "Die Zahlung wurde abgebrochen. Es wurde nichts abgebucht.", "no vehicle was plugged in": "Es wurde kein Fahrzeug angesteckt. Die Reservierung wird freigegeben.",
			"the card reader is busy or not connected": "Der Kartenleser ist belegt oder nicht verbunden. Es wurde nichts abgebucht. Versuchen Sie es gleich noch einmal, oder zahlen Sie mit dem Telefon: der Code ist an der Station.",
			"somebody else has begun to charge there":  "Jemand anderes hat dort zu laden begonnen. Die Reservierung wird freigegeben.",
		},
		LimitsTitle: "Früher beenden", LimitsHelp: "Das Laden endet bei dem, was zuerst erreicht ist. Ein leeres Feld heißt: keine Grenze.", LimitsDeed: "Mit diesen Grenzen zeigen",
		LimitsTaken: "Ihre Grenzen sind übernommen. Sehen Sie sich den reservierten Betrag an und gehen Sie weiter.", LimitsWrong: "Eine Grenze lässt sich nicht einhalten. Sehen Sie unten nach.",
		StrangeLimit: "Die Station hat eine Grenze genannt, die nicht lesbar ist (%s). Setzen Sie sie hier, wenn Sie sie wünschen.", Between: "Zwischen %s und %s.", Or: " oder ",
		StopsAt: "Das Laden endet bei", MinutesUnit: "min", LimitFields: map[string]string{"cost": "Höchstens dieser Betrag, mit Steuer", "kwh": "Höchstens diese Energie", "minutes": "Höchstens so lange"},
		Reached: map[string]string{
			"CostLimitReached": "Beendet, bevor der Betrag verbraucht war", "EnergyLimitReached": "Beendet bei der gewählten Energie", "TimeLimitReached": "Beendet nach der gewählten Zeit",
			"SoCLimitReached": "Beendet beim gewählten Ladestand", "SOCLimitReached": "Beendet beim gewählten Ladestand",
		},
		Dimensions: map[string]string{"ENERGY": "Energie", "TIME": "Ladezeit", "PARKING_TIME": "Zeit nach Ladeende", "FLAT": "Grundpreis", "MIN_PRICE": "Bis zum Mindestbetrag", "MAX_PRICE": "Bis zum Höchstbetrag"},
		comma:      true,
	},
}
