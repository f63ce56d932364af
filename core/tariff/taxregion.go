package tariff

import (
	"slices"
	"strconv"
	"strings"
)

// TaxPlace is where something is taxed.
type TaxPlace struct {
	Country string // ISO 3166-1
	Region  string // ISO 3166-2; "" is found by the postal code
	Postal  string
}

// resolve returns the place in its plain form, with the region that its postal
// code tells.
func (p TaxPlace) resolve() TaxPlace {
	p.Postal = plainPostal(p.Country, p.Postal)
	if p.Region == "" {
		p.Region = regionOf(p.Country, p.Postal)
	}
	return p
}

// jurisdiction names the place as ledger accounts and receipts do.
func (p TaxPlace) jurisdiction() string {
	if p.Region != "" {
		return p.Region
	}
	return p.Country
}

// plainPostal is a postal code in upper case, without spaces and hyphens, and,
// where codes are numbers, without the letters of a country before it (A-6991,
// FI-22100).
func plainPostal(country, code string) string {
	s := strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(code))
	if slices.Contains([]string{"GB", "CA", "IE", "MT"}, country) {
		return s
	}
	return strings.TrimLeft(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

// territory is a part of a country whose tax law differs, by the beginnings of
// its postal codes.
type territory struct {
	country, region string
	postal          []string
	// apart: it is outside of the country's tax (Art. 6 of Directive
	// 2006/112/EC), so that the country's rates do not reach it.
	apart bool
}

// territories are the regions of Europe that matter to tax. A code of ours
// stands where ISO 3166-2 has none of just that extent.
var territories = []territory{
	{"AT", "AT-Mittelberg", []string{"6691", "6991", "6992", "6993"}, false}, // and Jungholz
	{"PT", "PT-20", []string{"95", "96", "97", "98", "99"}, false},           // Azores
	{"PT", "PT-30", []string{"90", "91", "92", "93", "94"}, false},           // Madeira
	{"DE", "DE-Buesingen", []string{"78266"}, true},
	{"DE", "DE-Helgoland", []string{"27498"}, true},
	{"ES", "ES-CN", []string{"35", "38"}, true},
	{"ES", "ES-CE", []string{"51"}, true},
	{"ES", "ES-ML", []string{"52"}, true},
	{"FI", "FI-01", []string{"22"}, true}, // Åland
	{"FR", "FR-971", []string{"971"}, true},
	{"FR", "FR-972", []string{"972"}, true},
	{"FR", "FR-973", []string{"973"}, true},
	{"FR", "FR-974", []string{"974"}, true},
	{"FR", "FR-976", []string{"976"}, true},
	{"FR", "FR-Overseas", []string{"975", "977", "978", "98"}, true},
	{"GB", "GB-Guernsey", []string{"GY"}, true},
	{"GB", "GB-Jersey", []string{"JE"}, true},
	{"GR", "GR-69", []string{"63086"}, true}, // Mount Athos
	{"IT", "IT-Campione", []string{"22061"}, true},
	{"IT", "IT-Livigno", []string{"23041"}, true},
	{"NO", "NO-21", []string{"917"}, true}, // Svalbard
}

// regionOf is the region of a plain postal code: a territory of Europe, a state
// of the United States, a province of Canada; "" elsewhere.
func regionOf(country, postal string) string {
	switch country {
	case "US":
		return stateOf(postal)
	case "CA":
		if postal != "" && provinces[postal[0]] != "" {
			return "CA-" + provinces[postal[0]]
		}
		return ""
	}
	for _, t := range territories {
		if t.country == country && slices.ContainsFunc(t.postal, func(p string) bool { return strings.HasPrefix(postal, p) }) {
			return t.region
		}
	}
	return ""
}

// apart reports whether the rates of the country do not reach a region.
func apart(region string) bool {
	return slices.ContainsFunc(territories, func(t territory) bool { return t.region == region && t.apart })
}

// provinces of Canada by the first letter of the postal code. X is shared by the
// Northwest Territories and Nunavut, which tax alike.
var provinces = map[byte]string{
	'A': "NL", 'B': "NS", 'C': "PE", 'E': "NB", 'G': "QC", 'H': "QC", 'J': "QC", 'K': "ON", 'L': "ON", 'M': "ON", 'N': "ON", 'P': "ON",
	'R': "MB", 'S': "SK", 'T': "AB", 'V': "BC", 'X': "NT", 'Y': "YT",
}

// stateOf is the state of a ZIP code by its first three digits. A handful of ZIP
// codes cross a border of states; counties and cities are told by rows with
// postal codes of their own.
func stateOf(zip string) string {
	if len(zip) < 3 {
		return ""
	}
	n, err := strconv.Atoi(zip[:3])
	if err != nil {
		return ""
	}
	for _, z := range zips {
		if n >= z.from && n <= z.to {
			return "US-" + z.state
		}
	}
	return ""
}

// zips are the states by ranges of the first three digits; where ranges lie
// within another they stand before it.
var zips = []struct {
	from, to int
	state    string
}{
	{5, 5, "NY"}, {6, 7, "PR"}, {8, 8, "VI"}, {9, 9, "PR"}, {10, 27, "MA"}, {28, 29, "RI"}, {30, 38, "NH"}, {39, 49, "ME"}, {55, 55, "MA"}, {50, 59, "VT"},
	{60, 69, "CT"}, {70, 89, "NJ"}, {100, 149, "NY"}, {150, 196, "PA"}, {197, 199, "DE"}, {201, 201, "VA"}, {200, 205, "DC"}, {206, 219, "MD"},
	{220, 246, "VA"}, {247, 268, "WV"}, {270, 289, "NC"}, {290, 299, "SC"}, {300, 319, "GA"}, {320, 339, "FL"}, {341, 349, "FL"}, {350, 369, "AL"},
	{370, 385, "TN"}, {386, 397, "MS"}, {398, 399, "GA"}, {400, 427, "KY"}, {430, 459, "OH"}, {460, 479, "IN"}, {480, 499, "MI"}, {500, 528, "IA"},
	{530, 549, "WI"}, {550, 567, "MN"}, {570, 577, "SD"}, {580, 588, "ND"}, {590, 599, "MT"}, {600, 629, "IL"}, {630, 658, "MO"}, {660, 679, "KS"},
	{680, 693, "NE"}, {700, 714, "LA"}, {716, 729, "AR"}, {733, 733, "TX"}, {730, 749, "OK"}, {750, 799, "TX"}, {800, 816, "CO"}, {820, 831, "WY"},
	{832, 838, "ID"}, {840, 847, "UT"}, {850, 865, "AZ"}, {870, 884, "NM"}, {885, 885, "TX"}, {889, 898, "NV"}, {900, 961, "CA"}, {967, 968, "HI"},
	{969, 969, "GU"}, {970, 979, "OR"}, {980, 994, "WA"}, {995, 999, "AK"},
}
