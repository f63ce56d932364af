package tariff

// Notice is a sentence that a document needs because of its tax.
type Notice string

// The notices.
const (
	NoticeReverse Notice = "reverse_charge" // Art. 226 (11a) of Directive 2006/112/EC
	NoticeSmall   Notice = "small_business" // Art. 226 (11)
	NoticeOutside Notice = "outside"
)

// Note returns the sentence that a document of the supply must bear, in a
// language (ISO 639-1) or else in English; "" is none. The words for the reverse
// charge are those of Art. 226 (11a) in that language.
func (d *Determination) Note(lang string) string {
	all := notes[d.Says]
	if s, ok := all[lang]; ok {
		return s
	}
	return all["en"]
}

var notes = map[Notice]map[string]string{
	NoticeReverse: {
		"en": "Reverse charge", "de": "Steuerschuldnerschaft des Leistungsempfängers", "fr": "Autoliquidation", "nl": "Btw verlegd", "es": "Inversión del sujeto pasivo",
		"it": "Inversione contabile", "pl": "Odwrotne obciążenie", "da": "Omvendt betalingspligt", "sv": "Omvänd betalningsskyldighet",
		"fi": "Käännetty verovelvollisuus", "pt": "Autoliquidação", "cs": "Daň odvede zákazník",
	},
	NoticeSmall: {
		"en": "Exempt from VAT: special scheme for small enterprises (Art. 284 of Directive 2006/112/EC)",
		"de": "Steuerfrei: Sonderregelung für Kleinunternehmer (Art. 284 MwStSystRL)",
	},
	NoticeOutside: {
		"en": "Not subject to VAT here: electricity sold to a dealer is taxed where the dealer is established (Art. 38 of Directive 2006/112/EC)",
		"de": "Hier nicht steuerbar: Elektrizität wird bei Wiederverkäufern an deren Sitz besteuert (Art. 38 MwStSystRL)",
	},
}
