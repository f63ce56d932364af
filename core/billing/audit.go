package billing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/session"
	"chargewright/core/tariff"
)

// Finding is one thing that an audit looked at.
type Finding struct {
	What   AuditPoint
	OK     bool
	Detail string // what was found where it is not OK; "" else
}

// AuditPoint names what an audit looks at.
type AuditPoint string

// The points of an audit, in order.
const (
	ShownIsBound   AuditPoint = "shown_is_bound"    // the version that was shown is the one the session was bound to
	WordsUntouched AuditPoint = "words_untouched"   // the words that were shown have the digest written down with them
	TariffIntact   AuditPoint = "tariff_intact"     // the stored tariff still hashes to its version
	BoundIsBilled  AuditPoint = "bound_is_billed"   // the receipt names that version
	PricesAreShown AuditPoint = "prices_are_shown"  // each price on the receipt is one of the tariff's
	RatesTheSame   AuditPoint = "rates_the_same"    // rated again from the evidence, lines and total are those of the receipt
	BooksTheSame   AuditPoint = "receipt_is_booked" // the session's cost is the receipt's gross
)

// Audit compares the price that a settled session's driver was shown with what
// was billed, from the evidence anew. What cannot be checked is left out: what was
// never kept (sessions from before prices were), and prices that stand in no tariff
// because the taxes they include there are not owed to the seller.
func Audit(tx *store.Tx, sc access.Scope, id string) ([]Finding, error) {
	s, err := session.Get(tx, sc, id)
	if err != nil {
		return nil, err
	}
	r, err := GetDocument(tx, sc, id)
	if err != nil {
		return nil, err
	}
	f, err := collect(tx, s)
	if err != nil {
		return nil, err
	}
	f.timeline = s.Timeline(f.inputs, f.meter)
	if err := f.supplied(tx, f.timeline.End); err != nil {
		return nil, err
	}
	var out []Finding
	look := func(what AuditPoint, ok bool, format string, args ...any) {
		x := Finding{What: what, OK: ok}
		if !ok {
			x.Detail = fmt.Sprintf(format, args...)
		}
		out = append(out, x)
	}
	if p := f.shown; p.How != "" {
		look(ShownIsBound, p.Version == s.Version, "shown %s, bound %s", p.Version, s.Version)
		sum := sha256.Sum256([]byte(p.Words))
		look(WordsUntouched, p.Digest == hex.EncodeToString(sum[:]), "the words hash to %x", sum[:])
	}
	if f.tariff == nil || f.taxed == nil {
		return out, nil
	}
	v, err := f.tariff.Version()
	if err != nil {
		return nil, err
	}
	look(TariffIntact, string(v) == s.Version, "the tariff hashes to %s, not %s", v, s.Version)
	look(BoundIsBilled, r.Body.Version == s.Version, "the receipt names %s", r.Body.Version)
	if f.namesItsPrices() {
		strange, err := f.strangePrices(r)
		if err != nil {
			return nil, err
		}
		look(PricesAreShown, len(strange) == 0, "not in the tariff: %v", strange)
	}
	again, err := rate(f)
	if err != nil {
		return nil, err
	}
	same := again.Invoice.Gross == r.Gross && again.Invoice.Net == r.Net && slices.EqualFunc(linesOf(again), r.Body.Lines, func(a, b Line) bool { return a.billed() == b.billed() })
	look(RatesTheSame, same, "rated again it is %d gross of %d", again.Invoice.Gross, r.Gross)
	look(BooksTheSame, s.CostMinor != nil && *s.CostMinor == r.Gross, "the session costs %v", s.CostMinor)
	return out, nil
}

// namesItsPrices reports whether the prices that are billed stand in the tariff:
// not where its own include a tax that the buyer does not owe to the seller.
func (f *file) namesItsPrices() bool {
	return f.tax.Typed || f.tax.Owed || f.taxed.Taxes != tariff.TaxIncluded
}

// strangePrices are the prices of a receipt that its tariff does not have, nor
// gives to an hour of the session.
func (f *file) strangePrices(r Document) ([]string, error) {
	known := map[string]bool{}
	in, err := rated(f)
	if err != nil {
		return nil, err
	}
	steps, err := tariff.EnergyPrices(f.taxed, in)
	if err != nil {
		return nil, err
	}
	for _, x := range steps {
		known[x.Price.String()] = true
	}
	for _, e := range f.tariff.Elements {
		for _, c := range e.Components {
			known[c.Price.String()] = true
		}
	}
	var out []string
	for _, l := range r.Body.Lines {
		d := tariff.Dimension(l.Dimension)
		if d != tariff.MinPrice && d != tariff.MaxPrice && d != tariff.Discount && !known[l.UnitPrice] {
			out = append(out, l.UnitPrice)
		}
	}
	return out, nil
}

// linesOf are the lines of a rating as a receipt has them.
func linesOf(r tariff.Rating) []Line {
	var out []Line
	for i := range r.Lines {
		l := &r.Lines[i]
		x := Line{string(l.Dimension), money.FormatRat(l.Quantity(), 3), l.Unit, l.UnitPrice.String(), l.Minor, l.Minor, 0}
		for _, t := range l.Taxes {
			if r.Taxes == tariff.TaxIncluded {
				x.Net -= t.Minor
			}
		}
		x.Group = slices.IndexFunc(r.Invoice.Groups, func(g tariff.TaxGroup) bool { return slices.EqualFunc(l.Taxes, g.Taxes, sameTax) })
		out = append(out, x)
	}
	return out
}

func sameTax(a, b tariff.TaxAmount) bool { return a.Tax == b.Tax }
