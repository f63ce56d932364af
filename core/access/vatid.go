package access

import (
	"regexp"
	"slices"
	"strings"

	"chargewright/base/fail"
)

// VATCountries are the member states of the EU, by ISO 3166-1.
var VATCountries = []string{
	"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
}

// VATPrefix is what the VAT ids of a country begin with: its code, but EL in
// Greece and CHE in Switzerland and Liechtenstein. Northern Ireland's XI is
// taken, too, where the country is GB.
func VATPrefix(country string) string {
	switch country {
	case "GR":
		return "EL"
	case "CH", "LI":
		return "CHE"
	}
	return country
}

// vatForms are what follows the prefix (Annex of the VIES specification; for
// others than member states the form of their own register).
var vatForms = map[string]*regexp.Regexp{
	"AT": form(`U\d{8}`), "BE": form(`[01]\d{9}`), "BG": form(`\d{9,10}`), "CY": form(`\d{8}[A-Z]`), "CZ": form(`\d{8,10}`), "DE": form(`\d{9}`),
	"DK": form(`\d{8}`), "EE": form(`\d{9}`), "ES": form(`([A-Z]\d{7}[A-Z0-9]|\d{8}[A-Z])`), "FI": form(`\d{8}`), "FR": form(`[A-HJ-NP-Z0-9]{2}\d{9}`),
	"GR": form(`\d{9}`), "HR": form(`\d{11}`), "HU": form(`\d{8}`), "IE": form(`(\d{7}[A-W][A-I]?|\d[A-Z+*]\d{5}[A-W])`), "IT": form(`\d{11}`),
	"LT": form(`(\d{9}|\d{12})`), "LU": form(`\d{8}`), "LV": form(`\d{11}`), "MT": form(`\d{8}`), "NL": form(`\d{9}B\d{2}`), "PL": form(`\d{10}`),
	"PT": form(`\d{9}`), "RO": form(`\d{2,10}`), "SE": form(`\d{10}01`), "SI": form(`\d{8}`), "SK": form(`\d{10}`),
	"GB": form(`(\d{9}|\d{12}|GD[0-4]\d{2}|HA[5-9]\d{2})`), "CH": form(`\d{9}`), "LI": form(`\d{9}`), "NO": form(`\d{9}(MVA)?`), "IS": form(`\d{5,6}`),
}

func form(s string) *regexp.Regexp { return regexp.MustCompile(`^` + s + `$`) }

// swissTail is what may follow a number of the Swiss register.
var swissTail = strings.NewReplacer("MWST", "", "TVA", "", "IVA", "")

var separators = strings.NewReplacer(" ", "", ".", "", "-", "", "/", "")

// ParseVATID returns a VAT id in its plain form: prefix and number, upper case,
// without separators. The prefix may be left out. In a country whose form we do
// not know, 2 to 20 letters and digits are taken as they are. Else the error is
// Invalid and names the field vat_id. It says nothing of whether the id exists.
func ParseVATID(country, text string) (string, error) {
	s := separators.Replace(strings.ToUpper(strings.TrimSpace(text)))
	if len(s) < 2 || len(s) > 20 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+*") != "" {
		return "", fail.Field("access.ParseVATID", "vat_id", "is no VAT id")
	}
	f, known := vatForms[country]
	if !known {
		return s, nil
	}
	prefix := VATPrefix(country)
	if country == "GB" && strings.HasPrefix(s, "XI") {
		prefix = "XI"
	}
	number, prefixed := strings.CutPrefix(s, prefix)
	if !prefixed && foreign(s, country) {
		return "", fail.Field("access.ParseVATID", "vat_id", "%.20q is a VAT id of another country than %s", text, country)
	}
	if prefix == "CHE" {
		number = swissTail.Replace(number)
	}
	if !f.MatchString(number) {
		return "", fail.Field("access.ParseVATID", "vat_id", "%.20q has not the form of a VAT id of %s", text, country)
	}
	return prefix + number, nil
}

// foreign reports whether a text is a whole VAT id of another member state: those
// of France may begin with letters, too.
func foreign(s, country string) bool {
	return slices.ContainsFunc(VATCountries, func(c string) bool {
		number, ok := strings.CutPrefix(s, VATPrefix(c))
		return ok && c != country && vatForms[c].MatchString(number)
	})
}
