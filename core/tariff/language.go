package tariff

import (
	"slices"
	"strings"
)

// LanguageOf is the language in which prices are said to strangers in a country
// (ISO 3166-1 alpha-2): one of Languages.
func LanguageOf(country string) string {
	lang := ""
	switch strings.ToUpper(country) {
	case "DE", "AT", "CH", "LI":
		lang = "de"
	case "FR", "LU", "MC", "BE":
		lang = "fr"
	case "NL":
		lang = "nl"
	case "ES":
		lang = "es"
	case "IT", "SM":
		lang = "it"
	}
	if slices.Contains(Languages, lang) {
		return lang
	}
	return Languages[0]
}

// Words is all that a driver reads of a tariff: its Sentence and, where they say
// more, its Details, a line each.
func Words(t *Tariff, lang string) string {
	out := Sentence(t, lang)
	for _, d := range Details(t, lang) {
		if d != out {
			out += "\n" + d
		}
	}
	return out
}
