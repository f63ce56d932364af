package web

import (
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/core/billing"
)

// receiptView is what the receipt's template shows. Times are in the site's
// zone, which When names once.
type receiptView struct {
	billing.Body
	Number, Issued   string
	Total, Net, Tax  string
	Gross            bool // the total contains tax
	Amounts          string
	Plug, When, Took string
	Lines            []lineView
	Taxes            []taxView
	Wide, Narrow     *curve // the same curve for wide and narrow screens; nil where there are no readings
	CurveNote        string
	First, Last      string
	Difference       string
	Counted          string // energy billed, where it is not the difference
	Session          string
	Version          string // shortened
}

type lineView struct{ What, Quantity, Price, Amount string }

type taxView struct{ Name, Of, Amount string }

func receiptOf(r billing.Receipt) (receiptView, error) {
	b := r.Body
	zone, err := time.LoadLocation(b.Zone)
	if err != nil {
		return receiptView{}, fail.Wrap(fail.Internal, "web.receipt", err)
	}
	v := receiptView{
		Body: b, Number: r.Number, Issued: r.IssuedAt.In(zone).Format("2 Jan 2006"), Session: r.Session,
		Total: amount(r.Gross, r.Currency), Net: amount(r.Net, r.Currency), Tax: amount(r.Tax, r.Currency), Gross: r.Tax != 0,
		Plug: plug(b.EVSE, 1), When: period(b.Start.In(zone), b.End.In(zone)), Took: age(b.End.Sub(b.Start)),
		First: register(b.First), Last: register(b.Last), Difference: register(b.Last - b.First), Version: brief(b.Version),
	}
	if b.Energy != b.Last-b.First {
		v.Counted = register(b.Energy)
	}
	v.lines(r)
	v.curves(zone)
	return v, nil
}

func (v *receiptView) lines(r billing.Receipt) {
	var sum int64
	for _, l := range r.Body.Lines {
		sum += l.Minor
		v.Lines = append(v.Lines, lineView{dimension(l.Dimension), quantity(l), price(l, r.Currency), amount(l.Minor, r.Currency)})
	}
	for _, t := range r.Body.Taxes {
		name := t.Name
		if t.Percent != "" && (t.Percent != "0" || t.Tax == 0) { // a tax per kWh has no percentage
			name += " " + t.Percent + nbsp + "%"
		}
		v.Taxes = append(v.Taxes, taxView{name, amount(t.Net, r.Currency), amount(t.Tax, r.Currency)})
	}
	switch {
	case r.Tax == 0:
		v.Amounts = "Amount"
	case sum == r.Gross:
		v.Amounts = "Amount, tax included"
	case sum == r.Net:
		v.Amounts = "Amount, before tax"
	default:
		v.Amounts = "Amount"
	}
}

// quantity writes a line's quantity with its unit; what is counted has no decimals.
func quantity(l billing.Line) string {
	q := l.Quantity
	if whole, frac, _ := strings.Cut(q, "."); l.Unit != "kWh" && strings.Trim(frac, "0") == "" {
		q = whole
	}
	return strings.TrimSpace(grouped(q) + nbsp + l.Unit)
}

// price writes a line's unit price; a line that only corrects others has none.
func price(l billing.Line, c money.Currency) string {
	if strings.Trim(l.UnitPrice, "0.") == "" && l.Minor != 0 {
		return ""
	}
	return unitPrice(l.UnitPrice, c)
}

// dimension is what a line is for, in words.
func dimension(name string) string {
	switch strings.ToUpper(name) {
	case "TIME":
		return "Charging time"
	case "PARKING_TIME":
		return "Time without charging"
	case "FLAT":
		return "Fee per session"
	case "MIN_PRICE":
		return "Up to the minimum price"
	case "MAX_PRICE":
		return "Down to the maximum price"
	}
	return sentence(name)
}

// period writes from when to when, naming a date and a zone once where both
// ends share them.
func period(from, to time.Time) string {
	a, b := from.Format("2 Jan 2006, 15:04:05"), to.Format("15:04:05")
	if from.Format(time.DateOnly) != to.Format(time.DateOnly) {
		b = to.Format("2 Jan 2006, 15:04:05")
	}
	if zoneName(from) != zoneName(to) {
		a += " " + zoneName(from)
	}
	return a + " to " + b + " " + zoneName(to)
}

// brief shortens a tariff version that is a digest.
func brief(version string) string {
	if len(version) > 16 && strings.Trim(version, "0123456789abcdef") == "" {
		return version[:12]
	}
	return version
}

func (v *receiptView) curves(zone *time.Location) {
	s := stretches(v.Power, v.Start, v.End)
	if len(s) == 0 {
		v.CurveNote = "The station sent no meter readings between the start and the end, so there is no power curve."
		return
	}
	v.Wide, v.Narrow = draw(s, v.Start, v.End, zone, 640), draw(s, v.Start, v.End, zone, 328)
	v.CurveNote = "Mean power between meter readings, at most " + kw(peak(s)) + nbsp + "kW."
	if gaps := holes(s, v.Start, v.End); gaps > 0 {
		v.CurveNote += " Where nothing is drawn, the station sent no readings: " + age(gaps) + " in all."
	}
}

// TokenHint is the token's end as the receipt keeps it, marked as an end.
func (v receiptView) TokenHint() string {
	end := strings.TrimPrefix(strings.ToUpper(v.Token), "…")
	if end == "" {
		return ""
	}
	return "…" + end
}
