package tariff

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
)

// Spot is a price on a wholesale market in 10⁻⁹ of the major unit per kWh, which
// is a millionth per MWh. It may be negative.
type Spot int64

// SpotScale is the number of decimals of a Spot per kWh, and MaxSpot the most
// that it may be either way: a million per kWh.
const (
	SpotScale = 9
	MaxSpot   = Spot(1_000_000_000_000_000)
)

// String returns the shortest exact decimal per kWh: "-0.01234".
func (s Spot) String() string { return money.FormatDecimal(int64(s), SpotScale, 2) }

// ParseSpot reads an exact decimal per kWh, or Invalid.
func ParseSpot(s string) (Spot, error) {
	n, err := money.ParseDecimal(s, SpotScale)
	if err == nil && (Spot(n) > MaxSpot || Spot(n) < -MaxSpot) {
		err = fail.New(fail.Invalid, "tariff.spot", "is more than a million per kWh")
	}
	return Spot(n), err
}

// Slot is the price of an index from Start to before End.
type Slot struct {
	Start, End time.Time
	Price      Spot
}

// MaxSlots bounds the slots of an index in a session: a year of quarter hours.
const MaxSlots = 40_000

// Formula makes the price of a kWh of what an index costs in each of its slots:
// spot × factor + margin, within floor and cap, rounded once to 10⁻⁶ of the
// major unit half away from zero. It is never negative.
type Formula struct {
	Index  string       `json:"index"`
	Factor money.Price  `json:"factor"` // 0 to 1000
	Margin money.Price  `json:"margin"` // may be negative
	Floor  *money.Price `json:"floor,omitempty"`
	Cap    *money.Price `json:"cap,omitempty"`
}

const maxFactor = money.Price(1000 * money.One)

// Price is what a kWh costs at a spot price.
func (f *Formula) Price(s Spot) money.Price {
	const nano = 1_000_000_000 // of a Spot; the product with a factor has 15 decimals
	x := new(big.Int).Mul(big.NewInt(int64(s)), big.NewInt(int64(f.Factor)))
	x.Add(x, new(big.Int).Mul(big.NewInt(int64(f.Margin)), big.NewInt(nano)))
	var p money.Price
	if x.Sign() > 0 {
		p = money.Price(x.Add(x, big.NewInt(nano/2)).Quo(x, big.NewInt(nano)).Int64())
	}
	if f.Floor != nil {
		p = max(p, *f.Floor)
	}
	if f.Cap != nil {
		p = min(p, *f.Cap)
	}
	return p
}

// Indexes are the indexes of the tariff's formulas, in order.
func (t *Tariff) Indexes() []string {
	var out []string
	t.any(func(c *Component) bool {
		if c.Spot != nil {
			out = append(out, c.Spot.Index)
		}
		return false
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// OnHolidays reports whether prices depend on public holidays.
func (t *Tariff) OnHolidays() bool {
	return t.restricted(func(r *Restrictions) bool { return r.Holiday != AnyDay })
}

// Calendar is a set of public holidays where a session was.
type Calendar struct {
	Name  string       // of the place and what is known of it, "DE-BY 3f9a0c11d2b45e67"; kept with the price
	Dates map[int]bool // yyyymmdd
}

// freeDays are the public holidays that the session touches, in order.
func (s *Session) freeDays() []int {
	first, last := Date(s.Segments[0].Start.In(s.Zone)), Date(s.Segments[len(s.Segments)-1].End.In(s.Zone))
	var out []int
	for d, free := range s.Holidays.Dates {
		if free && first <= d && d <= last {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return out
}

// needs refuses a session that lacks what the tariff depends on as a whole. An
// index without any slot is no fault: its formulas have a fallback.
func (s *Session) needs(t *Tariff) error {
	const op = "tariff.rate"
	if t.OnHolidays() && s.Holidays == nil {
		return fail.Field(op, "holidays", "is required: the tariff depends on public holidays")
	}
	for _, index := range t.Indexes() {
		slots := s.Slots[index]
		if len(slots) > MaxSlots {
			return fail.Field(op, "slots."+index, "more than %d", MaxSlots)
		}
		for i := range slots {
			if text := wrongSlot(slots, i); text != "" {
				return fail.Field(op, fmt.Sprintf("slots.%s[%d]", index, i), "%s", text)
			}
		}
	}
	return nil
}

func wrongSlot(slots []Slot, i int) string {
	x := &slots[i]
	switch {
	case x.Start.Year() < 1970 || x.End.Year() > 2200:
		return "is not between 1970 and 2200"
	case !x.End.After(x.Start):
		return "ends before it begins"
	case i > 0 && x.Start.Before(slots[i-1].End):
		return "begins before the end of the slot before it"
	case x.Price > MaxSpot || x.Price < -MaxSpot:
		return "the price is more than a million per kWh"
	}
	return ""
}

// slotAt returns the slot that holds an instant, nil if there is none.
func slotAt(slots []Slot, at time.Time) *Slot {
	i, found := slices.BinarySearchFunc(slots, at, func(s Slot, at time.Time) int { return s.Start.Compare(at) })
	if !found {
		i--
	}
	if i < 0 || !at.Before(slots[i].End) {
		return nil
	}
	return &slots[i]
}

// priced is a component with what it costs in a piece.
type priced struct {
	comp     *Component
	price    money.Price
	fallback bool // of a formula: no slot was known
}

// at prices a component at an instant; nil stays nothing.
func (s *Session) at(c *Component, at time.Time) priced {
	switch {
	case c == nil:
		return priced{}
	case c.Spot == nil:
		return priced{comp: c, price: c.Price}
	}
	if slot := slotAt(s.Slots[c.Spot.Index], at); slot != nil {
		return priced{comp: c, price: c.Spot.Price(slot.Price)}
	}
	return priced{comp: c, price: c.Price, fallback: true}
}
