package tariff

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
)

// Dimension is what a component prices or a line bills.
type Dimension string

// The dimensions of a tariff, and those that only a line has.
const (
	Energy      Dimension = "ENERGY"       // per kWh
	Flat        Dimension = "FLAT"         // once per session
	Time        Dimension = "TIME"         // per hour of charging
	ParkingTime Dimension = "PARKING_TIME" // per hour in which the vehicle asks for no power

	ReservationTime        Dimension = "RESERVATION_TIME"
	ReservationFlat        Dimension = "RESERVATION_FLAT"
	ReservationExpiresTime Dimension = "RESERVATION_EXPIRES_TIME"
	ReservationExpiresFlat Dimension = "RESERVATION_EXPIRES_FLAT"
	MinPrice               Dimension = "MIN_PRICE" // what lifts an invoice to the minimum
	MaxPrice               Dimension = "MAX_PRICE" // what lowers it to the maximum
	Discount               Dimension = "DISCOUNT"
)

// TaxMode says how prices and taxes relate (OCPI 2.3.0 TaxIncluded).
type TaxMode string

// The tax modes. OCPI 2.2.1 knows only TaxAdded.
const (
	TaxAdded    TaxMode = "NO"  // prices are net
	TaxIncluded TaxMode = "YES" // prices are gross
	TaxNone     TaxMode = "N/A" // no tax applies
)

// Tax is one tax on a component: a percentage, or an amount per kWh if PerKWh
// is not 0.
type Tax struct {
	Name    string        `json:"name"`
	Percent money.Percent `json:"percent"`
	PerKWh  money.Price   `json:"per_kwh,omitempty"`
	OnTaxes bool          `json:"on_taxes,omitempty"` // acts on the net and the taxes before it

	Category     Category `json:"category,omitempty"`     // of a determined tax
	Jurisdiction string   `json:"jurisdiction,omitempty"` // of a determined tax: ISO 3166-1 or -2
}

// Component prices one dimension: per kWh, per hour, or once.
type Component struct {
	Dimension Dimension   `json:"type"`
	Price     money.Price `json:"price"` // not negative; with a formula: where no slot is known
	Step      int64       `json:"step"`  // in Wh or seconds; 0 is no step
	Taxes     []Tax       `json:"taxes,omitempty"`
	Spot      *Formula    `json:"spot,omitempty"` // of Energy only; nil: Price holds always
}

// Range is a half-open interval: Min ≤ x < Max. Max 0 means no upper bound.
type Range struct {
	Min int64 `json:"min,omitempty"`
	Max int64 `json:"max,omitempty"`
}

func (r Range) used() bool { return r != Range{} }

func (r Range) has(x int64) bool { return x >= r.Min && (r.Max == 0 || x < r.Max) }

// Reservation is the reservation restriction of an element.
type Reservation string

// The reservation restrictions. An element without one prices sessions only.
const (
	NoReservation      Reservation = ""
	Reserved           Reservation = "RESERVATION"
	ReservationExpires Reservation = "RESERVATION_EXPIRES"
)

// Holiday says on which local dates an element applies, by the public holidays
// where the site is.
type Holiday string

// The holiday restrictions.
const (
	AnyDay       Holiday = ""
	OnlyHolidays Holiday = "ONLY"
	NoHolidays   Holiday = "NOT"
)

// Restrictions must all hold for an element to apply. The zero value holds
// always.
type Restrictions struct {
	From        int         `json:"from,omitempty"`       // minute of the local day, inclusive
	Until       int         `json:"until,omitempty"`      // minute of the local day, exclusive; 0 is the end of the day
	StartDate   int         `json:"start_date,omitempty"` // yyyymmdd, local, inclusive; 0 is none
	EndDate     int         `json:"end_date,omitempty"`   // yyyymmdd, local, exclusive; 0 is none
	Days        uint8       `json:"days,omitempty"`       // bit time.Weekday; 0 is every day
	Energy      Range       `json:"energy,omitzero"`      // mWh since the session began
	Current     Range       `json:"current,omitzero"`     // µA, sum over phases
	Power       Range       `json:"power,omitzero"`       // mW
	Duration    Range       `json:"duration,omitzero"`    // seconds since the session began
	Reservation Reservation `json:"reservation,omitempty"`
	Holiday     Holiday     `json:"holiday,omitempty"`
}

func (r *Restrictions) calendar() bool {
	return r.From != 0 || r.Until != 0 || r.StartDate != 0 || r.EndDate != 0 || r.Days != 0 || r.Holiday != AnyDay
}

// Element is a list of components under common restrictions.
type Element struct {
	Components   []Component  `json:"components"`
	Restrictions Restrictions `json:"restrictions,omitzero"`
}

// Limit bounds the price of a session. A nil side is not given.
type Limit struct {
	Net   *money.Price `json:"net,omitempty"`
	Gross *money.Price `json:"gross,omitempty"`
}

// Text is a text in a language (ISO 639-1).
type Text struct {
	Language string `json:"language"`
	Text     string `json:"text"`
}

// Tariff is the canonical form. It is read-only once parsed.
type Tariff struct {
	CountryCode string         `json:"country_code,omitempty"`
	PartyID     string         `json:"party_id,omitempty"`
	ID          string         `json:"id"`
	Currency    money.Currency `json:"currency"`
	Type        string         `json:"type,omitempty"` // as OCPI TariffType; empty is any
	Taxes       TaxMode        `json:"taxes"`
	AltText     []Text         `json:"alt_text,omitempty"`
	AltURL      string         `json:"alt_url,omitempty"`
	ValidFrom   time.Time      `json:"valid_from,omitzero"`  // for choosing a tariff; Rate does not test it
	ValidUntil  time.Time      `json:"valid_until,omitzero"` // exclusive
	Min         *Limit         `json:"min,omitempty"`
	Max         *Limit         `json:"max,omitempty"`
	Elements    []Element      `json:"elements"`
	PausedAs    Dimension      `json:"paused_as,omitempty"` // Time or ParkingTime; empty is free
	LastUpdated time.Time      `json:"-"`
	Original    []byte         `json:"-"` // the text it was parsed from
}

// Version is the hash of a tariff's meaning: 64 hexadecimal digits. Two
// tariffs of one version price every session alike and show the same words;
// last_updated and unknown members do not count.
type Version string

// Version returns the tariff's version.
func (t *Tariff) Version() (Version, error) {
	b, err := json.Marshal(t)
	if err != nil {
		return "", fail.Wrap(fail.Internal, "tariff.version", err)
	}
	sum := sha256.Sum256(b)
	return Version(hex.EncodeToString(sum[:])), nil
}

// taxUnnamed reports whether some price includes taxes that the tariff does
// not name, so that its net is unknown.
func (t *Tariff) taxUnnamed() bool {
	if t.Taxes != TaxIncluded {
		return false
	}
	return t.any(func(c *Component) bool { return len(c.Taxes) == 0 && c.costs() })
}

// costs reports whether the component may cost anything.
func (c *Component) costs() bool { return c.Price != 0 || c.Spot != nil }

// any reports whether f holds for a component.
func (t *Tariff) any(f func(*Component) bool) bool {
	for i := range t.Elements {
		for j := range t.Elements[i].Components {
			if f(&t.Elements[i].Components[j]) {
				return true
			}
		}
	}
	return false
}

// restricted reports whether f holds for the restrictions of an element.
func (t *Tariff) restricted(f func(*Restrictions) bool) bool {
	for i := range t.Elements {
		if f(&t.Elements[i].Restrictions) {
			return true
		}
	}
	return false
}
