package tariff

import (
	"cmp"
	"slices"
	"strings"

	"chargewright/base/money"
	"chargewright/core/access"
)

// Category says what a tax is in the eyes of an invoice (UNCL5305, as EN 16931
// BT-118 and BT-151 use it).
type Category string

// The categories.
const (
	CategoryStandard Category = "S"
	CategoryZero     Category = "Z"
	CategoryExempt   Category = "E"
	CategoryReverse  Category = "AE" // the buyer owes the tax
	CategoryOutside  Category = "O"  // no tax of ours applies
	CategoryCanaries Category = "L"  // IGIC
	CategoryCeuta    Category = "M"  // IPSI
)

// LineKind is what a tax looks at in a line. A charging session is one supply of
// electricity with what belongs to it (CJEU C-282/22); a rate that names a kind
// is for where the law sees several.
type LineKind string

// The kinds of lines.
const (
	LineEnergy      LineKind = "energy"
	LineTime        LineKind = "time"
	LineParking     LineKind = "parking"
	LineFlat        LineKind = "flat"
	LineReservation LineKind = "reservation"
)

// LineKinds are all of them.
var LineKinds = []LineKind{LineEnergy, LineTime, LineParking, LineFlat, LineReservation}

// kindOf is what a component of an element bills.
func kindOf(e *Element, c *Component) LineKind {
	if e.Restrictions.Reservation != NoReservation {
		return LineReservation
	}
	switch c.Dimension {
	case Energy:
		return LineEnergy
	case Time:
		return LineTime
	case ParkingTime:
		return LineParking
	}
	return LineFlat
}

// BuyerKind is as what somebody buys.
type BuyerKind string

// The kinds of buyers.
const (
	Consumer BuyerKind = "consumer" // also who is not known
	Business BuyerKind = "business"
	// Dealer buys electricity to sell it on (taxable dealer, Art. 38 (2) of
	// Directive 2006/112/EC).
	Dealer BuyerKind = "dealer"
)

// Buyer is what a tax asks about who buys. The zero value is a consumer.
type Buyer struct {
	Kind      BuyerKind
	Country   string // where it is established, ISO 3166-1
	VATID     string // in its plain form
	Validated bool   // somebody looked: the VAT id is the buyer's
}

// identified reports whether the buyer is known to the tax office of a country.
func (b Buyer) identified(country string) bool {
	return b.Validated && b.VATID != "" && b.Kind != Consumer && strings.HasPrefix(b.VATID, access.VATPrefix(country))
}

// business reports whether it is proven that the buyer is none of the public.
func (b Buyer) business() bool {
	return b.Validated && b.VATID != "" && (b.Kind == Business || b.Kind == Dealer)
}

// Supply is what is sold: by whom, to whom, where and when.
type Supply struct {
	Established   string // country of the seller, ISO 3166-1
	Registrations []access.Registration
	Buyer         Buyer
	Place         TaxPlace   // of the site
	Day           access.Day // local to the site
	Currency      money.Currency
}

// Reason is a step of a determination, for those who ask why.
type Reason string

// The reasons.
const (
	ReasonTyped      Reason = "typed"           // the seller has no registrations: the tariff's own taxes stand
	ReasonUnproven   Reason = "unproven"        // the VAT id is not validated: taxed like a consumer
	ReasonConsumed   Reason = "consumed"        // taxed where it is consumed (Art. 39)
	ReasonTerritory  Reason = "territory"       // the place has a tax law of its own
	ReasonDealer     Reason = "dealer"          // taxed where the dealer is established (Art. 38)
	ReasonReverse    Reason = "reverse_charge"  // the seller is not established there and the buyer is registered (Art. 195)
	ReasonDealersOwe Reason = "dealers_owe"     // between dealers the buyer owes (Art. 199a (1)(e))
	ReasonOutside    Reason = "outside"         // the dealer's country is outside of the VAT area
	ReasonStandard   Reason = "standard"        // the seller is registered there
	ReasonOSS        Reason = "oss"             // declared in the one-stop shop
	ReasonSmall      Reason = "small_business"  // exempt
	ReasonNotAtHome  Reason = "no_registration" // the seller is not registered where tax is due: nobody knows
	ReasonNoRate     Reason = "no_rate"         // no rate is entered for some kind of line
	ReasonOtherMoney Reason = "other_currency"  // a tax per kWh is in another currency than the tariff
)

// LineTax is how the lines of one kind are taxed.
type LineTax struct {
	Kind  LineKind `json:"kind"`
	Taxes []Tax    `json:"taxes"` // in the order in which they stack
	Known bool     `json:"known"` // false: no rate is known, which is not a rate of 0
}

// Determination is the tax of a supply.
type Determination struct {
	// Typed says that nothing was determined: the tariff's own taxes stand.
	Typed        bool   `json:"typed,omitempty"`
	Jurisdiction string `json:"jurisdiction"` // whose tax law applies: ISO 3166-1, or -2 for a part
	SellerVATID  string `json:"seller_vat_id"`
	// Owed says that the buyer owes the seller the taxes of Lines. If not, they
	// are what a consumer's price includes, and Relief stands on the document.
	Owed    bool      `json:"owed"`
	Relief  Tax       `json:"relief,omitzero"`
	Lines   []LineTax `json:"lines"` // by LineKinds
	Reasons []Reason  `json:"reasons"`
	Says    Notice    `json:"says,omitempty"` // what its documents must say
}

// Line returns how a kind of line is taxed.
func (d *Determination) Line(k LineKind) LineTax {
	for _, l := range d.Lines {
		if l.Kind == k {
			return l
		}
	}
	return LineTax{Kind: k}
}

func (d *Determination) because(r Reason) { d.Reasons = append(d.Reasons, r) }

// zeroTax is a tax of nothing that says why.
func zeroTax(c Category, jurisdiction string) Tax {
	return Tax{Name: "VAT", Category: c, Jurisdiction: jurisdiction}
}

// member reports whether a country is a member state of the EU.
func member(country string) bool { return slices.Contains(access.VATCountries, country) }

// dealerRule reports whether electricity sold to a dealer is taxed where the
// dealer is: in the EU, the United Kingdom, Switzerland and Liechtenstein.
// Elsewhere a dealer is taxed like any other buyer.
func dealerRule(country string) bool {
	return member(country) || country == "GB" || country == "CH" || country == "LI"
}

// Determine says how a supply is taxed, by rates of the place of the site and,
// for a dealer at home, of the seller's country. It is pure.
func Determine(s Supply, rates []TaxRate) Determination {
	d := Determination{Owed: true}
	if !slices.ContainsFunc(s.Registrations, func(r access.Registration) bool { return r.From <= s.Day }) {
		d.Typed = true
		d.because(ReasonTyped)
		return d
	}
	s.Place = s.Place.resolve()
	if s.Buyer.Kind != Consumer && s.Buyer.Kind != "" && !s.Buyer.business() {
		d.because(ReasonUnproven)
	}
	if s.Buyer.Kind == Dealer && s.Buyer.business() && dealerRule(s.Place.Country) {
		s.toDealer(&d, rates)
	} else {
		d.because(ReasonConsumed)
		s.here(&d, rates)
	}
	return d
}

// here taxes what is sold at the place.
func (s Supply) here(d *Determination, rates []TaxRate) {
	d.Jurisdiction = s.Place.jurisdiction()
	if apart(s.Place.Region) {
		d.because(ReasonTerritory)
	}
	country := s.Place.Country
	if member(country) && !apart(s.Place.Region) && country != s.Established && s.Buyer.identified(country) {
		s.reverse(d, ReasonReverse, rates)
		return
	}
	r, registered := s.registered(s.Place)
	d.SellerVATID = r.VATID
	switch {
	case !registered:
		d.because(ReasonNotAtHome)
		d.lines(nil)
		return
	case r.Kind == access.RegisteredSmall:
		d.because(ReasonSmall)
		d.Says = NoticeSmall
		d.lines(func(LineKind) ([]Tax, Reason) { return []Tax{zeroTax(CategoryExempt, d.Jurisdiction)}, "" })
		return
	case r.Kind == access.RegisteredOSS:
		d.because(ReasonOSS)
	default:
		d.because(ReasonStandard)
	}
	d.lines(func(k LineKind) ([]Tax, Reason) { return s.taxesAt(s.Place, k, rates) })
}

// toDealer taxes what is sold to a dealer: where the dealer is established.
func (s Supply) toDealer(d *Determination, rates []TaxRate) {
	d.because(ReasonDealer)
	home := TaxPlace{Country: s.Buyer.Country}
	d.Jurisdiction = home.Country
	switch r, _ := s.registered(home); {
	case home.Country != s.Established && member(home.Country):
		s.reverse(d, ReasonReverse, rates)
	case home.Country != s.Established:
		s.outside(d, rates)
	case r.DealersOwe:
		s.reverse(d, ReasonDealersOwe, rates)
	case home.Country == s.Place.Country:
		s.here(d, rates)
	default:
		s.Place = home
		s.here(d, rates)
	}
}

// reverse says that the buyer owes the tax of the jurisdiction.
func (s Supply) reverse(d *Determination, why Reason, rates []TaxRate) {
	d.because(why)
	d.Owed, d.Says, d.Relief = false, NoticeReverse, zeroTax(CategoryReverse, d.Jurisdiction)
	s.consumers(d, rates)
}

// outside says that no tax of ours applies.
func (s Supply) outside(d *Determination, rates []TaxRate) {
	d.because(ReasonOutside)
	d.Owed, d.Says, d.Relief = false, NoticeOutside, zeroTax(CategoryOutside, d.Jurisdiction)
	s.consumers(d, rates)
}

// consumers are the taxes that a consumer's price includes at the site: they
// are taken off for who does not owe them. The seller shows the VAT id of the
// country where it is established.
func (s Supply) consumers(d *Determination, rates []TaxRate) {
	at, ok := s.registered(TaxPlace{Country: s.Established})
	if !ok {
		at, _ = s.registered(s.Place)
	}
	d.SellerVATID = at.VATID
	if r, ok := s.registered(s.Place); ok && r.Kind == access.RegisteredSmall {
		d.lines(func(LineKind) ([]Tax, Reason) { return []Tax{zeroTax(CategoryExempt, s.Place.jurisdiction())}, "" })
		return
	}
	d.lines(func(k LineKind) ([]Tax, Reason) { return s.taxesAt(s.Place, k, rates) })
}

// lines sets how each kind of line is taxed; a nil function knows nothing.
func (d *Determination) lines(of func(LineKind) ([]Tax, Reason)) {
	for _, k := range LineKinds {
		l := LineTax{Kind: k}
		if of != nil {
			var why Reason
			if l.Taxes, why = of(k); why != "" {
				l.Taxes = nil
				if !slices.Contains(d.Reasons, why) {
					d.because(why)
				}
			}
			l.Known = why == ""
		}
		d.Lines = append(d.Lines, l)
	}
}

// registered returns the registration under which the seller accounts for what
// is taxed at a place. A territory with a tax law of its own wants one that
// names it. The one-stop shop serves those who are not proven to be a business.
func (s Supply) registered(p TaxPlace) (access.Registration, bool) {
	var best access.Registration
	rank := func(r access.Registration) int {
		switch {
		case !r.Has(s.Day):
			return 0
		case r.Kind == access.RegisteredOSS:
			if member(p.Country) && p.Country != r.Country && !apart(p.Region) && !s.Buyer.business() {
				return 1
			}
			return 0
		case r.Country != p.Country:
			return 0
		case r.Region != "" && r.Region == p.Region:
			return 3
		case r.Region == "" && !apart(p.Region):
			return 2
		}
		return 0
	}
	found := 0
	for _, r := range s.Registrations {
		if n := rank(r); n > found {
			best, found = r, n
		}
	}
	return best, found > 0
}

// TaxRate is what one tax takes of a kind of line at a place during a term. Of
// the rates with one name the most specific applies: by postal code, then by
// region, then by kind of line; those with different names stack.
type TaxRate struct {
	ID      string
	Country string
	Region  string   // "": the whole country but for territories with a tax law of their own
	Postal  []string // beginnings of postal codes; none: everywhere in it
	Name    string
	Kind    LineKind // "": every kind
	Percent money.Percent
	PerKWh  money.Price // not 0: an amount per kWh, of energy lines
	// Currency is that of PerKWh.
	Currency money.Currency
	OnTaxes  bool // acts on the net and the taxes before it
	Category Category
	access.Term
	Entry
}

// reach is how closely a rate names a kind of line at a place; ok is false where
// it does not apply. The place is resolved.
func (r *TaxRate) reach(p TaxPlace, k LineKind, day access.Day) (n int, ok bool) {
	switch {
	case r.Country != p.Country, !r.Has(day), r.Kind != "" && r.Kind != k, r.Region != "" && r.Region != p.Region, r.Region == "" && apart(p.Region):
		return 0, false
	case r.PerKWh != 0 && k != LineEnergy:
		return 0, false
	}
	if len(r.Postal) > 0 {
		longest := 0
		for _, prefix := range r.Postal {
			if strings.HasPrefix(p.Postal, prefix) {
				longest = max(longest, len(prefix))
			}
		}
		if longest == 0 {
			return 0, false
		}
		n += 4 * longest
	}
	if r.Region != "" {
		n += 2
	}
	if r.Kind != "" {
		n++
	}
	return n, true
}

// taxesAt returns the taxes of a kind of line at a place, or why they are not
// known: there must be one that is a percentage, be it of 0.
func (s Supply) taxesAt(p TaxPlace, k LineKind, rates []TaxRate) ([]Tax, Reason) {
	type hit struct {
		rate  *TaxRate
		reach int
	}
	var hits []hit
	for i := range rates {
		n, ok := rates[i].reach(p, k, s.Day)
		if !ok {
			continue
		}
		at := slices.IndexFunc(hits, func(h hit) bool { return h.rate.Name == rates[i].Name })
		switch {
		case at < 0:
			hits = append(hits, hit{&rates[i], n})
		case n > hits[at].reach || n == hits[at].reach && rates[i].From > hits[at].rate.From:
			hits[at] = hit{&rates[i], n}
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		if a.rate.OnTaxes != b.rate.OnTaxes {
			if b.rate.OnTaxes {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.reach, b.reach), cmp.Compare(a.rate.Name, b.rate.Name))
	})
	var taxes []Tax
	why := ReasonNoRate
	for _, h := range hits {
		r := h.rate
		if r.PerKWh != 0 && r.Currency != s.Currency {
			return nil, ReasonOtherMoney
		}
		if r.PerKWh == 0 {
			why = ""
		}
		taxes = append(taxes, Tax{r.Name, r.Percent, r.PerKWh, r.OnTaxes, r.Category, p.jurisdiction()})
	}
	return taxes, why
}
