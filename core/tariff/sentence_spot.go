package tariff

import (
	"strings"

	"chargewright/base/money"
)

// formula says how a price follows an index: "spot price × 1.19 + €0.12 per
// kWh, at least €0.05 and at most €0.90". With fallback it adds what holds where
// no price of the index is known.
func (t *Tariff) formula(w *words, c *Component, fallback bool) string {
	f := c.Spot
	var s strings.Builder
	s.WriteString(w.spot)
	if f.Factor != money.One {
		s.WriteString(" × " + w.decimal(money.FormatDecimal(int64(f.Factor), money.Scale, 0)))
	}
	switch {
	case f.Margin > 0:
		s.WriteString(" + " + t.show(w, f.Margin))
	case f.Margin < 0:
		s.WriteString(" − " + t.show(w, -f.Margin))
	}
	s.WriteString(w.per[Energy])
	var bounds []string
	if f.Floor != nil {
		bounds = append(bounds, w.atLeast+t.show(w, *f.Floor))
	}
	if f.Cap != nil {
		bounds = append(bounds, w.atMost+t.show(w, *f.Cap))
	}
	if len(bounds) > 0 {
		s.WriteString(", " + strings.Join(bounds, w.and))
	}
	if fallback {
		s.WriteString("; " + w.fallback + t.show(w, c.Price) + w.per[Energy])
	}
	return s.String()
}

// formulaOf returns the first component outside reservations that follows an
// index, nil for none.
func (t *Tariff) formulaOf() *Component {
	for i := range t.Elements {
		if t.Elements[i].Restrictions.Reservation != NoReservation {
			continue
		}
		for j := range t.Elements[i].Components {
			if c := &t.Elements[i].Components[j]; c.Spot != nil {
				return c
			}
		}
	}
	return nil
}
