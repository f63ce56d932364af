package tariff

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxRateFile is the longest input RateFile reads, in bytes.
const MaxRateFile = 32 << 20

type fileIn struct {
	TimeZone string         `json:"time_zone"`
	Profile  Profile        `json:"legal_profile"`
	Tariff   jsontext.Value `json:"tariff"`
	Session  *fileSession   `json:"session"`
	Plan     jsontext.Value `json:"plan"`
	Discount jsontext.Value `json:"discount"`
	Split    jsontext.Value `json:"split"`

	Holidays []string              `json:"holidays"` // null or missing: not known
	Slots    map[string][]fileSlot `json:"slots"`
}

type fileSlot struct {
	Start string         `json:"start"`
	End   string         `json:"end"`
	Price jsontext.Value `json:"price"`
}

type fileSession struct {
	Segments []fileSegment `json:"segments"`
	Expired  *bool         `json:"reservation_expired"`
}

type fileSegment struct {
	Start   string         `json:"start"`
	End     string         `json:"end"`
	Energy  jsontext.Value `json:"energy_wh"`
	State   string         `json:"state"`
	Current jsontext.Value `json:"current_a"`
	Power   jsontext.Value `json:"power_kw"`
	Signed  bool           `json:"signed"`
}

type filePlan struct {
	Included   jsontext.Value `json:"included_wh"`
	Used       jsontext.Value `json:"used_wh"`
	PercentOff jsontext.Value `json:"percent_off_energy"`
}

type fileDiscount struct {
	Gross jsontext.Value `json:"gross_minor"`
}

type fileSplit struct {
	FeeFixed   jsontext.Value `json:"fee_fixed_minor"`
	FeePercent jsontext.Value `json:"fee_percent"`
	Host       jsontext.Value `json:"host_percent"`
	Platform   jsontext.Value `json:"platform_percent"`
}

// RateFile prices the session in a `chargewright rate` file and returns the
// result as JSON with decimals as strings. An error is Invalid and names the
// field. Members it does not know are ignored, but for those of plan, discount
// and split, where a slip of the pen would change who pays.
//
// A session of RESERVED segments alone counts as an expired reservation unless
// session.reservation_expired is false.
func RateFile(r io.Reader) ([]byte, error) {
	const op = "tariff.ratefile"
	b, err := io.ReadAll(io.LimitReader(r, MaxRateFile+1))
	if err != nil {
		return nil, fail.Wrap(fail.Unavailable, op, err)
	}
	if len(b) > MaxRateFile {
		return nil, fail.Field(op, "input", "is longer than %d bytes", MaxRateFile)
	}
	p := parser{op: op}
	var in fileIn
	p.decode("", b, &in)
	t := p.fileTariff(in.Tariff)
	s := p.fileSession(t, &in)
	terms := p.fileTerms(&in)
	if p.err != nil {
		return nil, p.err
	}
	rating, err := Bill(t, s, terms)
	if err != nil {
		return nil, err
	}
	return rating.JSON()
}

func (p *parser) fileTariff(v jsontext.Value) *Tariff {
	if p.err == nil && absent(v) {
		p.fail("tariff", "is required")
	}
	if p.err != nil {
		return &Tariff{}
	}
	t, err := Parse(v)
	if err != nil {
		field := "tariff"
		if e, ok := err.(*fail.Error); ok && e.Field != "" && e.Field != "input" {
			field += "." + e.Field
		}
		p.fail(field, "%s", fail.Say(err))
		return &Tariff{}
	}
	return t
}

func (p *parser) fileSession(t *Tariff, in *fileIn) *Session {
	s := &Session{Profile: in.Profile}
	if p.err != nil {
		return s
	}
	zone, err := time.LoadLocation(in.TimeZone)
	switch {
	case in.TimeZone == "":
		p.fail("time_zone", "is required")
	case err != nil || in.TimeZone == "Local":
		p.fail("time_zone", "%q is not an IANA time zone", clip(in.TimeZone))
	case in.Session == nil:
		p.fail("session", "is required")
	case len(in.Session.Segments) > MaxSegments:
		p.fail("session.segments", "more than %d", MaxSegments)
	}
	if p.err != nil {
		return s
	}
	s.Zone = zone
	needsEnergy := t.any(func(c *Component) bool { return c.Dimension == Energy }) ||
		t.restricted(func(r *Restrictions) bool { return r.Energy.used() || r.Power.used() })
	reserved := len(in.Session.Segments) > 0
	for i := range in.Session.Segments {
		w := &in.Session.Segments[i]
		s.Segments = append(s.Segments, p.fileSegment(fmt.Sprintf("session.segments[%d].", i), w, needsEnergy))
		reserved = reserved && w.State == string(ReservedState)
	}
	s.Holidays = p.fileHolidays(in.Holidays)
	s.Slots = p.fileSlots(in.Slots)
	s.ReservationExpired = reserved
	if in.Session.Expired != nil {
		s.ReservationExpired = *in.Session.Expired
	}
	return s
}

// fileHolidays reads local dates; nil is a calendar that is not known.
func (p *parser) fileHolidays(dates []string) *Calendar {
	if dates == nil {
		return nil
	}
	c := &Calendar{Dates: make(map[int]bool, len(dates))}
	for i, d := range dates {
		at := fmt.Sprintf("holidays[%d]", i)
		if d == "" {
			p.fail(at, "is not a date")
		}
		c.Dates[p.date(at, d)] = true
	}
	return c
}

func (p *parser) fileSlots(in map[string][]fileSlot) map[string][]Slot {
	out := make(map[string][]Slot, len(in))
	for _, index := range slices.Sorted(maps.Keys(in)) {
		if !IsIndex(index) {
			p.fail("slots", "%q is no index", clip(index))
		}
		for i, w := range in[index] {
			at := fmt.Sprintf("slots.%s[%d].", index, i)
			for _, m := range []struct{ name, value string }{{"start", w.Start}, {"end", w.End}, {"price", string(w.Price)}} {
				if m.value == "" || m.value == "null" {
					p.fail(at+m.name, "is required")
				}
			}
			out[index] = append(out[index], Slot{
				Start: p.instant(at+"start", w.Start), End: p.instant(at+"end", w.End),
				Price: Spot(p.signed(at+"price", w.Price, SpotScale, int64(MaxSpot))),
			})
		}
	}
	return out
}

func (p *parser) fileSegment(at string, w *fileSegment, needsEnergy bool) Segment {
	for _, m := range []struct{ name, value string }{{"start", w.Start}, {"end", w.End}, {"state", w.State}} {
		if m.value == "" {
			p.fail(at+m.name, "is required")
		}
	}
	if needsEnergy && absent(w.Energy) && w.State == string(Charging) {
		p.fail(at+"energy_wh", "is required: the tariff depends on it")
	}
	return Segment{
		Start:   p.instant(at+"start", w.Start),
		End:     p.instant(at+"end", w.End),
		Energy:  p.decimal(at+"energy_wh", w.Energy, 3, MaxEnergy),
		State:   State(w.State),
		Current: p.maybe(at+"current_a", w.Current),
		Power:   p.maybe(at+"power_kw", w.Power),
		Signed:  w.Signed,
	}
}

func (p *parser) maybe(field string, v jsontext.Value) *int64 {
	if absent(v) {
		return nil
	}
	n := p.decimal(field, v, 6, 1e12)
	return &n
}

func (p *parser) fileTerms(in *fileIn) (m Terms) {
	strict := jsonv2.RejectUnknownMembers(true)
	if !absent(in.Plan) {
		var w filePlan
		p.decode("plan", in.Plan, &w, strict)
		m.Plan = &Plan{
			Included:   p.decimal("plan.included_wh", w.Included, 3, MaxEnergy),
			Used:       p.decimal("plan.used_wh", w.Used, 3, MaxEnergy),
			PercentOff: money.Percent(p.decimal("plan.percent_off_energy", w.PercentOff, 6, money.Hundred)),
		}
	}
	if !absent(in.Discount) {
		var w fileDiscount
		p.decode("discount", in.Discount, &w, strict)
		p.require("discount.gross_minor", w.Gross)
		m.Discount = p.decimal("discount.gross_minor", w.Gross, 0, 1e15)
	}
	if !absent(in.Split) {
		var w fileSplit
		p.decode("split", in.Split, &w, strict)
		m.Split = &Split{
			FeeFixed:   p.decimal("split.fee_fixed_minor", w.FeeFixed, 0, 1e15),
			FeePercent: money.Percent(p.decimal("split.fee_percent", w.FeePercent, 6, money.Hundred)),
			Host:       money.Percent(p.decimal("split.host_percent", w.Host, 6, money.Hundred)),
			Platform:   money.Percent(p.decimal("split.platform_percent", w.Platform, 6, money.Hundred)),
		}
	}
	return m
}

func (p *parser) require(field string, v jsontext.Value) {
	if absent(v) {
		p.fail(field, "is required")
	}
}

type fileOut struct {
	Currency money.Currency `json:"currency"`
	Lines    []lineOut      `json:"lines"`
	CDR      cdrOut         `json:"cdr_total_cost"`
	Invoice  invoiceOut     `json:"invoice"`
	Host     *int64         `json:"host_minor,omitempty"`
	Platform *int64         `json:"platform_minor,omitempty"`
	Operator *int64         `json:"operator_minor,omitempty"`
	Fee      *int64         `json:"fee_minor,omitempty"`
	Left     json.Number    `json:"included_wh_after,omitempty"`
	Calendar string         `json:"holiday_calendar,omitempty"`
	FreeDays []string       `json:"holidays,omitempty"` // those that the session touched
	Fallback string         `json:"fallback_kwh,omitempty"`
}

type lineOut struct {
	Dimension Dimension `json:"dimension"`
	Quantity  string    `json:"quantity"`
	Unit      string    `json:"unit"`
	UnitPrice string    `json:"unit_price"`
	Covered   string    `json:"included_kwh,omitempty"`
	Percent   string    `json:"percent_off,omitempty"`
	Amount    string    `json:"amount"`
	Minor     int64     `json:"amount_minor"`
	Taxes     []taxOut  `json:"taxes"`
}

type taxOut struct {
	Name    string         `json:"name"`
	Percent *money.Percent `json:"percent,omitempty"`
	PerKWh  *money.Price   `json:"per_kwh,omitempty"`
	Minor   int64          `json:"amount_minor"`
}

type cdrOut struct {
	Net   *string `json:"excl_vat"`
	Gross string  `json:"incl_vat"`
}

type invoiceOut struct {
	Groups []groupOut `json:"tax_groups"`
	Net    *int64     `json:"net_minor"`
	Tax    *int64     `json:"tax_minor"`
	Gross  int64      `json:"gross_minor"`
}

type groupOut struct {
	Name    string         `json:"name,omitempty"` // of the only tax
	Percent *money.Percent `json:"percent,omitempty"`
	PerKWh  *money.Price   `json:"per_kwh,omitempty"`
	Net     *int64         `json:"net_minor"`
	Tax     *int64         `json:"tax_minor"`
	Gross   int64          `json:"gross_minor"`
	Taxes   []taxOut       `json:"taxes"`
}

// JSON writes the rating as the output of `chargewright rate`. Where prices
// include taxes that the tariff does not name, net and tax are null.
func (r *Rating) JSON() ([]byte, error) {
	out := fileOut{Currency: r.Currency, Lines: []lineOut{}}
	for i := range r.Lines {
		out.Lines = append(out.Lines, lineJSON(&r.Lines[i]))
	}
	out.CDR.Gross = money.FormatRat(r.CDR.Gross, 4)
	if r.CDR.Net != nil {
		s := money.FormatRat(r.CDR.Net, 4)
		out.CDR.Net = &s
	}
	v := &r.Invoice
	out.Invoice = invoiceOut{Groups: []groupOut{}, Net: &v.Net, Tax: &v.Tax, Gross: v.Gross}
	for i := range v.Groups {
		g := &v.Groups[i]
		o := groupOut{Net: &g.Net, Tax: &g.Tax, Gross: g.Gross, Taxes: taxesJSON(g.Taxes)}
		if len(o.Taxes) == 1 {
			o.Name, o.Percent, o.PerKWh = o.Taxes[0].Name, o.Taxes[0].Percent, o.Taxes[0].PerKWh
		}
		if v.Unknown && len(g.taxes) == 0 {
			o.Net, o.Tax = nil, nil
		}
		out.Invoice.Groups = append(out.Invoice.Groups, o)
	}
	if v.Unknown {
		out.Invoice.Net, out.Invoice.Tax = nil, nil
	}
	if s := r.Shares; s != nil {
		out.Host, out.Platform, out.Operator, out.Fee = &s.Host, &s.Platform, &s.Operator, &s.Fee
	}
	if r.Left != nil {
		out.Left = json.Number(wholeWh(r.Left))
	}
	out.Calendar = r.Holidays
	for _, d := range r.FreeDays {
		out.FreeDays = append(out.FreeDays, date(d))
	}
	if r.Fallback != nil {
		out.Fallback = trimmed(r.Fallback)
	}
	b, err := json.Marshal(out)
	return b, fail.Wrap(fail.Internal, "tariff.json", err)
}

func lineJSON(l *Line) lineOut {
	o := lineOut{
		Dimension: l.Dimension, Quantity: trimmed(l.Quantity()), Unit: l.Unit, UnitPrice: l.UnitPrice.String(),
		Amount: money.FormatRat(l.Amount(), 4), Minor: l.Minor, Taxes: taxesJSON(l.Taxes),
	}
	if l.fixed != nil {
		o.UnitPrice = o.Amount
	}
	if l.covered.sign() != 0 {
		o.Covered = trimmed(l.Covered())
	}
	if l.Percent != 0 {
		o.Percent = l.Percent.String()
	}
	return o
}

func taxesJSON(taxes []TaxAmount) []taxOut {
	out := []taxOut{}
	for _, x := range taxes {
		o := taxOut{Name: x.Tax.Name, Percent: &x.Tax.Percent, Minor: x.Minor}
		if x.Tax.PerKWh != 0 {
			o.Percent, o.PerKWh = nil, &x.Tax.PerKWh
		}
		out = append(out, o)
	}
	return out
}

// trimmed writes r with up to nine decimals.
func trimmed(r *big.Rat) string {
	s := money.FormatRat(r, 9)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

// wholeWh writes an energy in mWh as Wh with up to three decimals, rounded down
// to a mWh.
func wholeWh(mwh *big.Rat) string {
	whole := new(big.Int).Quo(mwh.Num(), mwh.Denom())
	return money.FormatDecimal(whole.Int64(), 3, 0)
}
