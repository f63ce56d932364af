package tariff

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of a tariff.
const (
	MaxText     = 1 << 20 // bytes of its original
	MaxElements = 1000
	maxPrice    = money.Price(1_000_000 * money.One)
	maxPercent  = money.Percent(10 * money.Hundred)
	maxStep     = 31_622_400 // 366 days in seconds; 31 MWh in Wh
)

type wireTariff struct {
	CountryCode string        `json:"country_code"`
	PartyID     string        `json:"party_id"`
	ID          string        `json:"id"`
	Currency    string        `json:"currency"`
	Type        string        `json:"type"`
	AltText     []wireText    `json:"tariff_alt_text"`
	AltURL      string        `json:"tariff_alt_url"`
	Min         *wireLimit    `json:"min_price"`
	Max         *wireLimit    `json:"max_price"`
	Elements    []wireElement `json:"elements"`
	TaxIncluded string        `json:"tax_included"`
	Start       string        `json:"start_date_time"`
	End         string        `json:"end_date_time"`
	LastUpdated string        `json:"last_updated"`
	PausedAs    string        `json:"paused_counts_as"`
}

type wireText struct {
	Language string `json:"language"`
	Text     string `json:"text"`
}

// wireLimit is a Price of 2.2.1 or a PriceLimit of 2.3.0.
type wireLimit struct {
	ExclVAT     jsontext.Value `json:"excl_vat"`
	InclVAT     jsontext.Value `json:"incl_vat"`
	BeforeTaxes jsontext.Value `json:"before_taxes"`
	AfterTaxes  jsontext.Value `json:"after_taxes"`
}

type wireElement struct {
	Components   []wireComponent   `json:"price_components"`
	Restrictions *wireRestrictions `json:"restrictions"`
}

type wireComponent struct {
	Type  string         `json:"type"`
	Price jsontext.Value `json:"price"`
	VAT   jsontext.Value `json:"vat"`
	Step  jsontext.Value `json:"step_size"`
	Spot  jsontext.Value `json:"spot"`
}

type wireFormula struct {
	Index  string         `json:"index"`
	Factor jsontext.Value `json:"factor"`
	Margin jsontext.Value `json:"margin"`
	Floor  jsontext.Value `json:"floor"`
	Cap    jsontext.Value `json:"cap"`
}

type wireRestrictions struct {
	StartTime   string         `json:"start_time"`
	EndTime     string         `json:"end_time"`
	StartDate   string         `json:"start_date"`
	EndDate     string         `json:"end_date"`
	MinKWh      jsontext.Value `json:"min_kwh"`
	MaxKWh      jsontext.Value `json:"max_kwh"`
	MinCurrent  jsontext.Value `json:"min_current"`
	MaxCurrent  jsontext.Value `json:"max_current"`
	MinPower    jsontext.Value `json:"min_power"`
	MaxPower    jsontext.Value `json:"max_power"`
	MinDuration jsontext.Value `json:"min_duration"`
	MaxDuration jsontext.Value `json:"max_duration"`
	DayOfWeek   []string       `json:"day_of_week"`
	Reservation string         `json:"reservation"`
	Holiday     string         `json:"holiday"`
}

// Parse reads an OCPI 2.2.1 or 2.3.0 Tariff object. Numbers are read as exact
// decimals. Members OCPI does not know are ignored and stay in Original; three of
// them are ours: paused_counts_as (TIME or PARKING_TIME) of a tariff, holiday
// (ONLY or NOT) of restrictions, and spot, a Formula, of a component. An error
// is Invalid and names the field by its path,
// "elements[0].price_components[1].price".
func Parse(b []byte) (*Tariff, error) {
	p := parser{op: "tariff.parse"}
	if len(b) > MaxText {
		p.fail("", "the tariff is longer than %d bytes", MaxText)
		return nil, p.err
	}
	var w wireTariff
	p.decode("", b, &w)
	t := p.tariff(&w)
	if p.err != nil {
		return nil, p.err
	}
	t.Original = bytes.Clone(b)
	return t, nil
}

// parser keeps the first error and makes every later step harmless.
type parser struct {
	op  string
	err error
}

func (p *parser) fail(field, format string, args ...any) {
	if p.err == nil {
		p.err = fail.Field(p.op, field, format, args...)
	}
}

// decode reads JSON; at is the path of b in the whole input.
func (p *parser) decode(at string, b []byte, to any, opts ...json.Options) {
	if p.err != nil {
		return
	}
	err := json.Unmarshal(b, to, opts...)
	if err == nil {
		return
	}
	var sem *json.SemanticError
	var syn *jsontext.SyntacticError
	switch {
	case errors.As(err, &sem):
		p.fail(path(at, sem.JSONPointer), "%s", semantic(sem))
	case errors.As(err, &syn):
		p.fail(path(at, syn.JSONPointer), "is no valid JSON (near byte %d)", syn.ByteOffset)
	default:
		p.fail(path(at, ""), "is no valid JSON")
	}
}

func semantic(e *json.SemanticError) string {
	switch {
	case errors.Is(e.Err, json.ErrUnknownName):
		return "is not a member known here"
	case e.JSONKind != 0 && e.GoType != nil:
		return fmt.Sprintf("a JSON %s does not belong here", kindName(e.JSONKind))
	default:
		return "has the wrong type"
	}
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case '0':
		return "number"
	case 'n':
		return "null"
	default:
		return "boolean"
	}
}

// path turns a JSON pointer below at into "elements[0].price".
func path(at string, ptr jsontext.Pointer) string {
	s := strings.Builder{}
	s.WriteString(at)
	for tok := range ptr.Tokens() {
		if _, err := strconv.Atoi(tok); err == nil {
			s.WriteString("[" + tok + "]")
			continue
		}
		if s.Len() > 0 {
			s.WriteByte('.')
		}
		s.WriteString(printable(clip(tok)))
	}
	if s.Len() == 0 {
		return "input"
	}
	return s.String()
}

// printable keeps foreign names on one line.
func printable(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

// clip keeps foreign text in messages short.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

func (p *parser) tariff(w *wireTariff) *Tariff {
	t := &Tariff{
		CountryCode: w.CountryCode, PartyID: w.PartyID, ID: w.ID,
		Type: w.Type, AltURL: w.AltURL, Taxes: TaxMode(w.TaxIncluded), PausedAs: Dimension(w.PausedAs),
	}
	for _, x := range w.AltText {
		t.AltText = append(t.AltText, Text(x))
	}
	var err error
	if w.Currency == "" {
		p.fail("currency", "is required")
	} else if t.Currency, err = money.ParseCurrency(w.Currency); err != nil {
		p.fail("currency", "%s", fail.Say(err))
	}
	switch t.Taxes {
	case "":
		t.Taxes = TaxAdded
	case TaxAdded, TaxIncluded, TaxNone:
	default:
		p.fail("tax_included", "is not one of YES, NO, N/A")
	}
	switch t.PausedAs {
	case "", Time, ParkingTime:
	default:
		p.fail("paused_counts_as", "is not one of TIME, PARKING_TIME")
	}
	t.ValidFrom = p.instant("start_date_time", w.Start)
	t.ValidUntil = p.instant("end_date_time", w.End)
	t.LastUpdated = p.instant("last_updated", w.LastUpdated)
	p.elements(t, w.Elements)
	t.Min, t.Max = p.limit("min_price", w.Min), p.limit("max_price", w.Max)
	p.limits(t)
	return t
}

func (p *parser) elements(t *Tariff, elements []wireElement) {
	if len(elements) == 0 || len(elements) > MaxElements {
		p.fail("elements", "must be 1 to %d", MaxElements)
		return
	}
	for i := range elements {
		at := fmt.Sprintf("elements[%d].", i)
		e := Element{Restrictions: p.restrictions(at+"restrictions.", elements[i].Restrictions)}
		if n := len(elements[i].Components); n == 0 || n > MaxElements {
			p.fail(at+"price_components", "must be 1 to %d", MaxElements)
		}
		for j := range elements[i].Components {
			if p.err != nil {
				return
			}
			at := fmt.Sprintf("%sprice_components[%d].", at, j)
			e.Components = append(e.Components, p.component(at, &elements[i].Components[j], t.Taxes))
		}
		t.Elements = append(t.Elements, e)
	}
}

func (p *parser) component(at string, w *wireComponent, mode TaxMode) Component {
	c := Component{Dimension: Dimension(w.Type)}
	switch c.Dimension {
	case Energy, Flat, Time, ParkingTime:
	case "":
		p.fail(at+"type", "is required")
	default:
		p.fail(at+"type", "%q is not one of ENERGY, FLAT, PARKING_TIME, TIME", clip(w.Type))
	}
	if absent(w.Price) {
		p.fail(at+"price", "is required")
	}
	c.Price = money.Price(p.decimal(at+"price", w.Price, money.Scale, int64(maxPrice)))
	if !absent(w.VAT) {
		percent := money.Percent(p.decimal(at+"vat", w.VAT, money.Scale, int64(maxPercent)))
		switch {
		case mode != TaxNone:
			c.Taxes = []Tax{{Name: "VAT", Percent: percent}}
		case percent != 0:
			p.fail(at+"vat", "contradicts tax_included N/A")
		}
	}
	if !absent(w.Step) && c.Dimension != Flat {
		c.Step = p.decimal(at+"step_size", w.Step, 0, maxStep)
	}
	if !absent(w.Spot) {
		if c.Dimension != Energy {
			p.fail(at+"spot", "only a price per kWh follows a spot price")
		}
		c.Spot = p.formula(at+"spot", w.Spot)
	}
	return c
}

// formula reads a Formula. Members it does not know are refused: a slip of the
// pen would change the price.
func (p *parser) formula(at string, v jsontext.Value) *Formula {
	var w wireFormula
	p.decode(at, v, &w, json.RejectUnknownMembers(true))
	f := &Formula{Index: w.Index, Factor: money.One}
	if !IsIndex(w.Index) {
		p.fail(at+".index", "must be 1 to 64 letters, digits, dots, dashes and underscores")
	}
	if !absent(w.Factor) {
		f.Factor = money.Price(p.decimal(at+".factor", w.Factor, money.Scale, int64(maxFactor)))
	}
	f.Margin = money.Price(p.signed(at+".margin", w.Margin, money.Scale, int64(maxPrice)))
	side := func(name string, v jsontext.Value) *money.Price {
		if absent(v) {
			return nil
		}
		n := money.Price(p.decimal(at+name, v, money.Scale, int64(maxPrice)))
		return &n
	}
	f.Floor, f.Cap = side(".floor", w.Floor), side(".cap", w.Cap)
	if above(f.Floor, f.Cap) {
		p.fail(at+".cap", "is less than floor")
	}
	return f
}

var indexName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// IsIndex reports whether s can be the id of an index.
func IsIndex(s string) bool { return indexName.MatchString(s) }

func (p *parser) restrictions(at string, w *wireRestrictions) (r Restrictions) {
	if w == nil {
		return r
	}
	r.From = p.timeOfDay(at+"start_time", w.StartTime)
	r.Until = p.timeOfDay(at+"end_time", w.EndTime)
	if r.From != 0 && r.From == r.Until {
		p.fail(at+"end_time", "is equal to start_time: the window is empty")
	}
	r.StartDate = p.date(at+"start_date", w.StartDate)
	r.EndDate = p.date(at+"end_date", w.EndDate)
	if r.EndDate != 0 && r.EndDate <= r.StartDate {
		p.fail(at+"end_date", "is not after start_date")
	}
	r.Energy = p.span(at, "kwh", w.MinKWh, w.MaxKWh, 6, MaxEnergy)
	r.Current = p.span(at, "current", w.MinCurrent, w.MaxCurrent, 6, 1e12)
	r.Power = p.span(at, "power", w.MinPower, w.MaxPower, 6, 1e12)
	r.Duration = p.span(at, "duration", w.MinDuration, w.MaxDuration, 0, 1e9)
	for i, name := range w.DayOfWeek {
		d, ok := weekday(name)
		if !ok {
			p.fail(fmt.Sprintf("%sday_of_week[%d]", at, i), "%q is not a day of the week", clip(name))
		}
		r.Days |= 1 << d
	}
	r.Reservation = Reservation(w.Reservation)
	switch r.Reservation {
	case NoReservation, Reserved, ReservationExpires:
	default:
		p.fail(at+"reservation", "is not one of RESERVATION, RESERVATION_EXPIRES")
	}
	r.Holiday = Holiday(w.Holiday)
	switch r.Holiday {
	case AnyDay, OnlyHolidays, NoHolidays:
	default:
		p.fail(at+"holiday", "is not one of ONLY, NOT")
	}
	return r
}

// span reads min_name and max_name. A maximum of 0 or below the minimum would
// never match; it is refused, since whatever it prices would be free.
func (p *parser) span(at, name string, lo, hi jsontext.Value, scale int, most int64) Range {
	r := Range{
		Min: p.decimal(at+"min_"+name, lo, scale, most),
		Max: p.decimal(at+"max_"+name, hi, scale, most),
	}
	if !absent(hi) && r.Max <= r.Min {
		p.fail(at+"max_"+name, "is not more than the minimum")
	}
	return r
}

func (p *parser) limit(name string, w *wireLimit) *Limit {
	if w == nil {
		return nil
	}
	l := &Limit{
		Net:   p.side(name, "excl_vat", w.ExclVAT, "before_taxes", w.BeforeTaxes),
		Gross: p.side(name, "incl_vat", w.InclVAT, "after_taxes", w.AfterTaxes),
	}
	if l.Net == nil && l.Gross == nil {
		p.fail(name, "gives no amount")
	}
	if l.Net != nil && l.Gross != nil && *l.Gross < *l.Net {
		p.fail(name, "the amount with taxes is less than without")
	}
	return l
}

func (p *parser) side(name, n1 string, v1 jsontext.Value, n2 string, v2 jsontext.Value) *money.Price {
	if absent(v1) {
		n1, v1 = n2, v2
	}
	if absent(v1) {
		return nil
	}
	n := money.Price(p.decimal(name+"."+n1, v1, money.Scale, int64(maxPrice)))
	return &n
}

// limits checks the minimum, the maximum and the taxes against each other.
func (p *parser) limits(t *Tariff) {
	if p.err != nil {
		return
	}
	if lo, hi := t.Min, t.Max; lo != nil && hi != nil {
		if above(lo.Net, hi.Net) || above(lo.Gross, hi.Gross) {
			p.fail("max_price", "is less than min_price")
		}
	}
	if t.taxUnnamed() {
		if t.Min != nil && t.Min.Gross == nil {
			p.fail("min_price.after_taxes", "is required: the prices include taxes that are not named")
		}
		if t.Max != nil && t.Max.Gross == nil {
			p.fail("max_price.after_taxes", "is required: the prices include taxes that are not named")
		}
	}
}

func above(a, b *money.Price) bool { return a != nil && b != nil && *a > *b }

// absent reports a member that is missing or null.
func absent(v jsontext.Value) bool { return len(v) == 0 || v.Kind() == 'n' }

// decimal reads a number from 0 to most as an integer of 10^-scale; a string
// that holds a number is taken too.
func (p *parser) decimal(field string, v jsontext.Value, scale int, most int64) int64 {
	n := p.signed(field, v, scale, most)
	if n < 0 {
		p.fail(field, "is negative")
	}
	return n
}

// signed is decimal for a number from -most.
func (p *parser) signed(field string, v jsontext.Value, scale int, most int64) int64 {
	if p.err != nil || absent(v) {
		return 0
	}
	s := string(v)
	switch v.Kind() {
	case '0':
	case '"':
		s = strings.Trim(s, `"`)
	default:
		p.fail(field, "a JSON %s does not belong here", kindName(v.Kind()))
		return 0
	}
	n, err := money.ParseDecimal(s, scale)
	switch {
	case err != nil:
		p.fail(field, "%s", fail.Say(err))
	case n > most:
		p.fail(field, "is more than %s", money.FormatDecimal(most, scale, 0))
	case n < -most:
		p.fail(field, "is less than %s", money.FormatDecimal(-most, scale, 0))
	}
	return n
}

// timeOfDay reads "HH:MM" as minutes.
func (p *parser) timeOfDay(field, s string) int {
	if s == "" {
		return 0
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != 5 {
		p.fail(field, "%q is not a time of day from 00:00 to 23:59", clip(s))
		return 0
	}
	return t.Hour()*60 + t.Minute()
}

// date reads "YYYY-MM-DD" as yyyymmdd.
func (p *parser) date(field, s string) int {
	if s == "" {
		return 0
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		p.fail(field, "%q is not a date", clip(s))
		return 0
	}
	return t.Year()*10000 + int(t.Month())*100 + t.Day()
}

// instant reads an OCPI DateTime: RFC 3339, in UTC where it names no zone.
func (p *parser) instant(field, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05", s)
	}
	if err != nil {
		p.fail(field, "%q is not a time such as 2026-01-31T12:00:00Z", clip(s))
		return time.Time{}
	}
	return t.UTC()
}

func weekday(name string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.ToUpper(d.String()) == name {
			return d, true
		}
	}
	return 0, false
}
