package tariff

import (
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode"

	"chargewright/base/money"
)

// steps finds step sizes that charge for more than was used.
func (l *linter) steps() {
	type counter struct {
		path    string
		step    int64
		seen    bool
		reports map[int64]*Component
		at      map[int64]string
	}
	counters := map[int]*counter{}
	mixed := map[int]bool{}
	l.each(func(u use, c *Component, r *Restrictions) {
		if c.Dimension == Flat || !c.costs() {
			return
		}
		n := ofTime
		switch {
		case r.Reservation != NoReservation:
			n = ofReservation
		case c.Dimension == Energy:
			n = ofEnergy
		}
		k := counters[n]
		if k == nil {
			k = &counter{reports: map[int64]*Component{}, at: map[int64]string{}}
			counters[n] = k
		}
		step := max(c.Step, 1)
		if k.seen && k.step != step && !mixed[n] {
			mixed[n] = true
			l.find("step_mixed", Warning, u.path()+".step_size", "dimension", c.Dimension, "step", step, "other_step", k.step).Other = k.path
		}
		k.seen, k.step, k.path = true, step, u.path()+".step_size"
		if old := k.reports[step]; step > 1 && (old == nil || old.Spot == nil && (c.Spot != nil || old.Price < c.Price)) {
			k.reports[step], k.at[step] = c, u.path()
		}
	})
	for _, n := range []int{ofEnergy, ofTime, ofReservation} {
		if k := counters[n]; k != nil {
			for _, step := range slices.Sorted(maps.Keys(k.reports)) {
				l.step(n, k.reports[step], k.at[step])
			}
		}
	}
}

// step reports one step size and the most that it can overcharge: a step less
// nothing. Of a formula that is not known.
func (l *linter) step(counter int, c *Component, path string) {
	per, usual := int64(3600), int64(60) // a begun minute
	if counter == ofEnergy {
		per, usual = 1000, 100
	}
	severity := Warning
	if c.Step <= usual {
		severity = Advice
	}
	if c.Spot != nil {
		l.find("step_size_spot", severity, path+".step_size", "dimension", c.Dimension, "step", c.Step)
		return
	}
	most, err := money.MulDiv(int64(c.Price), c.Step, per)
	if err != nil {
		most = 0
	}
	l.find("step_size", severity, path+".step_size", "dimension", c.Dimension, "step", c.Step, "most", money.Price(most))
}

// maxVAT is more than any rate of value added tax.
const maxVAT = money.Percent(30 * money.One)

// taxes finds prices without a tax and rates that contradict.
func (l *linter) taxes() {
	if l.t.Taxes == TaxNone {
		return
	}
	named, unnamed := 0, ""
	rates := map[Dimension]money.Percent{}
	l.each(func(u use, c *Component, _ *Restrictions) {
		switch {
		case !c.costs():
		case len(c.Taxes) == 0:
			if unnamed == "" {
				unnamed = u.path()
			}
		default:
			named++
			l.rate(u, c, rates)
		}
	})
	switch {
	case unnamed == "":
	case named > 0:
		l.find("tax_missing", Warning, unnamed)
	case l.t.Taxes == TaxIncluded:
		l.find("tax_unnamed", Warning, "elements")
	default:
		l.find("tax_none_added", Warning, "elements")
	}
}

// rate compares the typed rate of a component with the place and with the one
// before it of its dimension.
func (l *linter) rate(u use, c *Component, rates map[Dimension]money.Percent) {
	percent, path := c.Taxes[0].Percent, u.path()+".vat"
	before, known := rates[c.Dimension]
	rates[c.Dimension] = percent
	switch {
	case len(c.Taxes) != 1 || c.Taxes[0].PerKWh != 0:
	case percent > maxVAT:
		l.find("tax_high", Warning, path, "percent", percent)
	case l.at.VAT != nil && *l.at.VAT != percent:
		l.find("tax_differs", Warning, path, "percent", percent, "place", *l.at.VAT)
	case known && before != percent:
		l.find("tax_rates", Advice, path, "percent", percent, "other", before, "dimension", c.Dimension)
	}
}

// soonKWh is the energy in kWh below which a maximum price is reached too soon.
const soonKWh = 15

// limits compares the minimum and the maximum with each other and with the
// price of energy.
func (l *linter) limits() {
	lo, hi := l.t.Min, l.t.Max
	if lo != nil && hi != nil {
		minNet, minGross := l.sides(lo)
		maxNet, maxGross := l.sides(hi)
		switch {
		case minNet.Cmp(maxNet) > 0 || minGross.Cmp(maxGross) > 0:
			l.find("limits_cross", Fault, "max_price").Other = "min_price"
		case minGross.Cmp(maxGross) == 0:
			l.find("limits_equal", Advice, "max_price").Other = "min_price"
		}
	}
	l.bothSides("min_price", lo)
	l.bothSides("max_price", hi)
	if p, ok := l.lowestKWh(); ok && hi != nil {
		_, gross := l.sides(hi)
		price := p.Rat()
		if l.t.Taxes == TaxAdded {
			price = grossOf(l.t.firstTaxes(), price, big.NewRat(1, 1))
		}
		if kwh := new(big.Rat).Quo(gross, price); kwh.Cmp(big.NewRat(soonKWh, 1)) < 0 {
			l.find("max_soon", Warning, "max_price", "kwh", money.FormatRat(kwh, 1))
		}
	}
}

// bothSides reports a limit whose sides are not one amount with and without
// the tax.
func (l *linter) bothSides(name string, limit *Limit) {
	if limit == nil || limit.Net == nil || limit.Gross == nil {
		return
	}
	_, gross := l.sides(&Limit{Net: limit.Net})
	want, err := money.FromRat(gross, l.t.Currency)
	if err != nil {
		return
	}
	got, err := money.FromRat(limit.Gross.Rat(), l.t.Currency)
	if err == nil && want.Minor != got.Minor {
		l.find("limit_sides", Advice, name, "net", *limit.Net, "gross", *limit.Gross)
	}
}

// sides are both sides of a limit; one that is not given follows by the taxes
// of the tariff.
func (l *linter) sides(limit *Limit) (net, gross *big.Rat) {
	taxes := l.t.firstTaxes()
	switch {
	case limit.Net == nil:
		return netOf(taxes, limit.Gross.Rat(), nil), limit.Gross.Rat()
	case limit.Gross == nil:
		return limit.Net.Rat(), grossOf(taxes, limit.Net.Rat(), nil)
	}
	return limit.Net.Rat(), limit.Gross.Rat()
}

// lowestKWh is the lowest price of a kWh above 0; not known where one follows an
// index.
func (l *linter) lowestKWh() (p money.Price, ok bool) {
	follows := false
	l.each(func(_ use, c *Component, r *Restrictions) {
		follows = follows || c.Spot != nil
		if c.Dimension == Energy && c.Price > 0 && r.Reservation == NoReservation && (!ok || c.Price < p) {
			p, ok = c.Price, true
		}
	})
	return p, ok && !follows
}

// worth is roughly what one euro is in a currency, to tell a price that cannot
// be meant; 0 where that is not known.
func worth(c money.Currency) money.Price {
	switch c {
	case "EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD":
		return 1
	case "BGN", "RON", "PLN", "AED", "SAR", "ILS", "BRL", "MYR":
		return 5
	case "DKK", "CNY", "SEK", "NOK", "HKD", "ZAR", "MXN":
		return 20
	case "CZK", "TRY", "TWD", "THB", "UAH", "PHP":
		return 60
	case "INR", "RSD", "JPY", "ISK":
		return 200
	case "HUF", "KRW", "CLP":
		return 2000
	}
	return 0
}

// The price above which one is taken for a mistake, and the price of an hour
// below which it is taken for that of a minute, in euros.
const (
	highKWh  = 5
	highHour = 120
	highFee  = 50
	lowHour  = money.One / 2
)

// prices finds numbers that are hardly meant.
func (l *linter) prices() {
	unit := worth(l.t.Currency)
	minor := money.Price(money.One / money.Pow10(l.t.Currency.Exponent()))
	l.each(func(u use, c *Component, r *Restrictions) {
		path := u.path() + ".price"
		high := map[Dimension]money.Price{Energy: highKWh, Time: highHour, ParkingTime: highHour, Flat: highFee}[c.Dimension] * unit * money.One
		perTime := c.Dimension == Time || c.Dimension == ParkingTime
		switch {
		case high > 0 && c.Price > high:
			l.find("price_high", Warning, path, "dimension", c.Dimension, "price", c.Price)
		case perTime && unit > 0 && c.Price > 0 && c.Price < lowHour*unit:
			l.find("per_minute_as_hour", Warning, path, "price", c.Price, "minute", c.Price/60, "hour", c.Price*60)
		case l.t.Currency.Exponent() == 0 && c.Price%minor != 0:
			l.find("price_fraction", Advice, path, "price", c.Price)
		}
	})
}

// parking finds fees for parking that come as a surprise.
func (l *linter) parking() {
	atOnce, overnight := "", ""
	start, night := everywhere(), everywhere()
	start.on[ofDuration].hi = 1
	night.on[ofMinute].hi = 5 * 60
	var before []region
	for _, u := range l.t.uses(ParkingTime, NoReservation) {
		c, r := l.t.of(u)
		if c.Price != 0 && !l.dead[[2]int{u.element, u.component}] {
			if atOnce == "" && l.meets(u.at, start, before) {
				atOnce = u.path()
			}
			if overnight == "" && l.t.Max == nil && r.Duration.Max == 0 && l.meets(u.at, night, before) {
				overnight = u.path()
			}
		}
		if u.exact {
			before = append(before, u.at...)
		}
	}
	if atOnce != "" {
		l.find("parking_no_grace", Advice, atOnce)
	}
	if overnight != "" {
		l.find("parking_overnight", Advice, overnight)
	}
}

// meets reports whether some of at lies in a region and in none of before.
func (l *linter) meets(at []region, a region, before []region) bool {
	var here []region
	for _, r := range at {
		if !r.meets(&a) {
			continue
		}
		for i := range r.on {
			r.on[i] = span{max(r.on[i].lo, a.on[i].lo), min(r.on[i].hi, a.on[i].hi)}
		}
		here = append(here, r)
	}
	left, ok := l.todo.remains(here, before)
	return ok && len(left) > 0
}

// texts looks at the tariff's own words.
func (l *linter) texts() {
	seen := map[string]int{}
	for i, x := range l.t.AltText {
		path := "tariff_alt_text[" + money.FormatDecimal(int64(i), 0, 0) + "]"
		if first, ok := seen[x.Language]; ok {
			l.find("alt_text_repeated", Warning, path+".language", "language", x.Language).Other = "tariff_alt_text[" + money.FormatDecimal(int64(first), 0, 0) + "]"
			continue
		}
		seen[x.Language] = i
		if p, missing := l.unsaid(x.Text); missing {
			l.find("alt_text_price", Warning, path+".text", "language", x.Language, "price", p)
		}
	}
	lang := l.at.Language
	if _, ok := seen[lang]; lang == "" || ok {
		return
	}
	switch {
	case len(seen) > 0:
		l.find("alt_text_missing", Advice, "tariff_alt_text", "language", lang)
	case !slices.Contains(Languages, lang):
		l.find("language_unknown", Advice, "tariff_alt_text", "language", lang)
	}
}

// unsaid returns a price of a kWh that a text with numbers does not name, in
// any usual spelling. What follows an index has no price to name.
func (l *linter) unsaid(text string) (p money.Price, missing bool) {
	if !strings.ContainsFunc(text, unicode.IsDigit) {
		return 0, false
	}
	exp := l.t.Currency.Exponent()
	l.each(func(_ use, c *Component, _ *Restrictions) {
		if missing || c.Dimension != Energy || c.Spot != nil || c.Price == 0 {
			return
		}
		minor := money.FormatDecimal(int64(c.Price)*money.Pow10(exp), money.Scale, 0)
		full, least := money.FormatDecimal(int64(c.Price), money.Scale, exp), money.FormatDecimal(int64(c.Price), money.Scale, 0)
		for _, s := range []string{full, least, minor} {
			if strings.Contains(text, s) || strings.Contains(text, strings.Replace(s, ".", ",", 1)) {
				return
			}
		}
		p, missing = c.Price, true
	})
	return p, missing
}
