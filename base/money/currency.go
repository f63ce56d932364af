package money

import "chargewright/base/fail"

// Currency is an ISO 4217 alphabetic code that Exponent knows. The zero value
// is no currency.
type Currency string

// ParseCurrency returns the currency of an upper-case ISO 4217 code. Codes
// that are unknown, retired, or no money (XAU, XTS) are Invalid, and so are
// the accounting units with four decimals (CLF, UYW).
func ParseCurrency(code string) (Currency, error) {
	c := Currency(code)
	if _, ok := c.exponent(); !ok {
		return "", fail.New(fail.Invalid, "money.currency", "%q is not a currency this system knows", clip(code))
	}
	return c, nil
}

// Exponent is the number of decimals of the minor unit: 0, 2 or 3. It is 0 for
// a code that ParseCurrency would refuse.
func (c Currency) Exponent() int {
	e, _ := c.exponent()
	return e
}

// Known reports whether ParseCurrency accepts the code.
func (c Currency) Known() bool {
	_, ok := c.exponent()
	return ok
}

// UnmarshalText accepts what ParseCurrency accepts.
func (c *Currency) UnmarshalText(b []byte) error {
	v, err := ParseCurrency(string(b))
	if err != nil {
		return err
	}
	*c = v
	return nil
}

func (c Currency) exponent() (int, bool) {
	switch c {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
		"XAF", "XOF", "XPF":
		return 0, true
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3, true
	case "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN",
		"BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP",
		"CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP",
		"GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR",
		"JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL",
		"MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN",
		"NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB",
		"SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP",
		"SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "VED",
		"VES", "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG":
		return 2, true
	}
	return 0, false
}
