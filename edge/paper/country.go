package paper

// countries are the names of those where charging is sold mostly, in English and
// German.
var countries = map[string][2]string{
	"AT": {"Austria", "Österreich"}, "BE": {"Belgium", "Belgien"}, "BG": {"Bulgaria", "Bulgarien"}, "CA": {"Canada", "Kanada"}, "CH": {"Switzerland", "Schweiz"},
	"CY": {"Cyprus", "Zypern"}, "CZ": {"Czechia", "Tschechien"}, "DE": {"Germany", "Deutschland"}, "DK": {"Denmark", "Dänemark"}, "EE": {"Estonia", "Estland"},
	"ES": {"Spain", "Spanien"}, "FI": {"Finland", "Finnland"}, "FR": {"France", "Frankreich"}, "GB": {"United Kingdom", "Vereinigtes Königreich"}, "GR": {"Greece", "Griechenland"},
	"HR": {"Croatia", "Kroatien"}, "HU": {"Hungary", "Ungarn"}, "IE": {"Ireland", "Irland"}, "IS": {"Iceland", "Island"}, "IT": {"Italy", "Italien"},
	"JP": {"Japan", "Japan"}, "LI": {"Liechtenstein", "Liechtenstein"}, "LT": {"Lithuania", "Litauen"}, "LU": {"Luxembourg", "Luxemburg"}, "LV": {"Latvia", "Lettland"},
	"MT": {"Malta", "Malta"}, "NL": {"Netherlands", "Niederlande"}, "NO": {"Norway", "Norwegen"}, "PL": {"Poland", "Polen"}, "PT": {"Portugal", "Portugal"},
	"RO": {"Romania", "Rumänien"}, "SE": {"Sweden", "Schweden"}, "SI": {"Slovenia", "Slowenien"}, "SK": {"Slovakia", "Slowakei"}, "US": {"United States", "Vereinigte Staaten"},
}

// country names a country in a language; of any other it is the code.
func country(code string, l Language) string {
	names, ok := countries[code]
	switch {
	case !ok:
		return code
	case l == German:
		return names[1]
	}
	return names[0]
}
