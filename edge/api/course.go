package api

import (
	"context"
	"math"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/monitor"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
	"chargewright/core/tariff"
)

// course is how a session went, or goes.
type course struct {
	At        *time.Time       `json:"at" doc:"When the newest of power, SoC and limit was measured, by the station's clock; null when none is known"`
	PowerW    *int64           `json:"power_w" doc:"Now, or null when it is not known; negative when the vehicle feeds back"`
	SoC       *float64         `json:"soc" doc:"State of charge in percent, as last said in the session; null when it never was"`
	LimitW    *int64           `json:"limit_w" doc:"The most that is offered to the vehicle; null when not known"`
	EnergyWh  int64            `json:"energy_wh" doc:"Rounded half away from zero"`
	Cost      nullable[amount] `json:"cost" doc:"Gross; so far while it is not final; null when it cannot be priced"`
	CostFinal bool             `json:"cost_final" doc:"The cost is the receipt's"`
	Power     series           `json:"power" doc:"[ms, W]; a gap is null"`
	SoCSeries series           `json:"soc_series" doc:"[ms, percent]; a gap is null"`
	Limit     series           `json:"limit" doc:"[ms, W]; each holds until the next, null is no limit"`
	Energy    series           `json:"energy" doc:"[ms, Wh] since the start"`
	Price     []pricePoint     `json:"price" doc:"[ms, price of a kWh as the tariff has it]; each holds until the next; empty when there is no tariff"`
	Ahead     []pricePoint     `json:"price_ahead" doc:"Of an open session: what a kWh will cost, from now on as far as it is known"`
	Events    []courseEvent    `json:"events" doc:"In order"`
}

// courseEvent is something that happened in a session.
type courseEvent struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind" enum:"started,flow,stopped"`
	Text string    `json:"text"`
}

// course reads how a session goes from its evidence, its telemetry and what is
// measured now. An open session of a station that is connected is priced until
// now, of one that is not until its last reading.
func (s *server) course(ctx context.Context, tx *store.Tx, ses sessions.Session) (course, error) {
	st, _, err := stations.Find(tx, ses.Station)
	if err != nil {
		return course{}, err
	}
	p, err := billing.Price(tx, ses, pricedUntil(ses, st, tx.Now()))
	if err != nil {
		return course{}, err
	}
	c := course{EnergyWh: p.Timeline.Energy.WattHours()}
	if ses.Settled {
		c.EnergyWh = ses.Energy.WattHours()
	}
	c.Cost, c.CostFinal = costOf(ses, p)
	end := ses.StoppedAt
	if ses.State.Open() || end.IsZero() {
		end = tx.Now()
	}
	h, err := s.o.Monitor.History(ctx, ses.Station, ses.EVSE, p.Timeline.Start, end.Add(time.Second))
	if err != nil {
		return course{}, err
	}
	c.Power, c.SoCSeries, c.Limit, c.Energy = seriesOf(h.Power), seriesOf(h.SoC), seriesOf(h.Limit), seriesOf(monitor.Thin(energyLine(p.Timeline)))
	if len(h.Power) == 0 {
		c.Power = seriesOf(monitor.Thin(meanLine(p.Timeline)))
	}
	profiles, err := s.profiles(tx, ses.Tenant, ses.Station)
	if err != nil {
		return course{}, err
	}
	if len(h.Limit) == 0 {
		c.Limit = seriesOf(monitor.Limits(profiles, ses.EVSE, &ses, p.Timeline.Start, end))
	}
	steps, err := p.Steps()
	if err != nil {
		return course{}, err
	}
	ahead, err := p.Ahead()
	if err != nil {
		return course{}, err
	}
	c.Price, c.Ahead = showSteps(steps), showSteps(ahead)
	c.Events = courseEvents(ses, p.Timeline)
	return c, s.courseNow(tx, &c, ses, st, profiles)
}

// courseNow fills in what an open session measures now.
func (s *server) courseNow(tx *store.Tx, c *course, ses sessions.Session, st stations.Station, profiles []monitor.Installed) error {
	if !ses.State.Open() {
		return nil
	}
	plugs, err := stations.Connectors(tx, ses.Station)
	if err != nil {
		return err
	}
	var mine []stations.Connector
	for _, x := range plugs {
		if x.EVSE == ses.EVSE {
			mine = append(mine, x)
		}
	}
	l := s.o.Monitor.Live(ses.Station, ses.EVSE, stations.EVSEState(st, mine, ses.EVSEFlow()), &ses, tx.Now())
	c.At, c.PowerW, c.SoC = moment(l.At), whole(l.Power), l.SoC
	c.LimitW = limitNow(l, profiles, ses.EVSE, &ses, tx.Now())
	return nil
}

// limitNow is the limit that an EVSE measures, else that of the profiles in force.
func limitNow(l monitor.Live, profiles []monitor.Installed, evse int64, open *sessions.Session, now time.Time) *int64 {
	if l.Offered != nil {
		return whole(l.Offered)
	}
	line := monitor.Limits(profiles, evse, open, now, now.Add(time.Second))
	if len(line) == 0 || line[0].Gap {
		return nil
	}
	return whole(&line[0].V)
}

// profiles are the charging profiles that stand at a station.
func (s *server) profiles(tx *store.Tx, tenant, station string) ([]monitor.Installed, error) {
	commands, err := device.ProfileCommands(tx, tenant, station)
	return monitor.Fold(commands, tx.Now()), err
}

// pricedUntil is until when a session is priced so far.
func pricedUntil(ses sessions.Session, st stations.Station, now time.Time) time.Time {
	if st.Connected {
		return now
	}
	return ses.LastAt
}

// costOf is what a session costs, and whether that is the receipt's.
func costOf(ses sessions.Session, p billing.Priced) (nullable[amount], bool) {
	switch {
	case ses.Settled && ses.CostMinor != nil:
		return of(amountOf(*ses.CostMinor, money.Currency(ses.Currency))), true
	case ses.Settled || len(p.Held) > 0 || p.Tariff == nil:
		return nullable[amount]{}, ses.Settled
	}
	return of(amountOf(p.Rating.Invoice.Gross, p.Rating.Currency)), false
}

// energyLine is the energy since the start at the end of each segment.
func energyLine(t sessions.Timeline) []monitor.Point {
	if len(t.Segments) == 0 {
		return nil
	}
	out := []monitor.Point{{At: t.Start}}
	var sum energy.Energy
	for _, g := range t.Segments {
		sum += g.Energy // sums to t.Energy
		out = append(out, monitor.Point{At: g.End, V: float64(sum) / float64(energy.WattHour)})
	}
	return out
}

// meanLine is the mean power between readings of the register, in steps: each
// point holds until the next.
func meanLine(t sessions.Timeline) []monitor.Point {
	var out []monitor.Point
	for _, g := range t.Segments {
		d := g.End.Sub(g.Start)
		if d < time.Second {
			continue
		}
		w := float64(g.Energy.Over(d))
		out = append(out, monitor.Point{At: g.Start, V: w}, monitor.Point{At: g.End.Add(-time.Millisecond), V: w})
	}
	return out
}

// flowWords say what a session does.
var flowWords = map[sessions.Flow]string{
	sessions.FlowCharging: "Charging", sessions.FlowSuspendedEV: "Paused by vehicle", sessions.FlowSuspendedEVSE: "Held by limit",
	sessions.FlowConnected: "Connected, not charging yet", sessions.FlowIdle: "Finished, plugged in",
}

func courseEvents(ses sessions.Session, t sessions.Timeline) []courseEvent {
	events := []courseEvent{}
	if !ses.StartedAt.IsZero() {
		events = append(events, courseEvent{ses.StartedAt.UTC(), "started", "Started"})
	}
	last := sessions.Flow("")
	for _, g := range t.Segments {
		if g.Flow != last {
			events = append(events, courseEvent{g.Start.UTC(), "flow", flowWords[g.Flow]})
			last = g.Flow
		}
		if len(events) == maxTimeline {
			break
		}
	}
	if !ses.State.Open() && !ses.StoppedAt.IsZero() {
		events = append(events, courseEvent{ses.StoppedAt.UTC(), "stopped", "Stopped: " + ses.Reason})
	}
	return events
}

func whole(v *float64) *int64 {
	if v == nil {
		return nil
	}
	n := int64(math.Round(*v))
	return &n
}

func (s *server) getCourse(ctx context.Context, sc access.Scope, in *struct{ SessionPath }) (course, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (course, error) {
		ses, err := sessions.Get(tx, sc, in.ID)
		if err != nil {
			return course{}, err
		}
		return s.course(ctx, tx, ses)
	})
}

// price is how a session's price is made.
type price struct {
	Sentence string               `json:"sentence" doc:"What a driver pays; empty when no tariff is bound"`
	Tariff   string               `json:"tariff_id"`
	Version  string               `json:"tariff_version"`
	BoundAt  time.Time            `json:"bound_at" doc:"When the tariff version was bound"`
	Final    bool                 `json:"final" doc:"As on the receipt; else so far"`
	Currency string               `json:"currency"`
	Lines    []priceLine          `json:"lines"`
	Taxes    []priceTax           `json:"taxes"`
	Net      int64                `json:"net_minor"`
	Tax      int64                `json:"tax_minor"`
	Gross    int64                `json:"gross_minor"`
	Fallback string               `json:"fallback_kwh" doc:"Of the lines: priced by the tariff's fallback, since no spot price was known; empty for none"`
	Calendar string               `json:"holiday_calendar" doc:"Where the price depends on public holidays: whose, with a hash of their dates; empty on a receipt"`
	Held     []string             `json:"held_because" doc:"Flags for which there is no price until a person decides; empty when there is one"`
	Shown    nullable[shownPrice] `json:"shown" doc:"The price as the driver was told; null of sessions from before that was kept"`
}

type shownPrice struct {
	How      string    `json:"how" enum:"offered,accepted" doc:"offered: it was the one offered there when the session began; accepted: the driver accepted it in the app or on a page"`
	Language string    `json:"language"`
	Words    []string  `json:"words" doc:"The sentence, and its details a line each"`
	Digest   string    `json:"digest" doc:"SHA-256 of the words, joined by line feeds"`
	At       time.Time `json:"at"`
	Profile  string    `json:"legal_profile" enum:",nevi,eichrecht,afir" doc:"The law under which the EVSE billed"`
}

type audit struct {
	OK       bool         `json:"ok" doc:"The price billed is the price shown"`
	Findings []auditPoint `json:"findings"`
}

type auditPoint struct {
	What   string `json:"what" enum:"shown_is_bound,words_untouched,tariff_intact,bound_is_billed,prices_are_shown,rates_the_same,receipt_is_booked"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// auditPrice compares what a settled session's driver was shown with what was
// billed, from the evidence anew.
func (s *server) auditPrice(ctx context.Context, sc access.Scope, in *struct{ SessionPath }) (audit, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (audit, error) {
		v := audit{OK: true, Findings: []auditPoint{}}
		all, err := billing.Audit(tx, sc, in.ID)
		for _, x := range all {
			v.OK = v.OK && x.OK
			v.Findings = append(v.Findings, auditPoint{string(x.What), x.OK, x.Detail})
		}
		return v, err
	})
}

type priceLine struct {
	Dimension string     `json:"dimension"`
	Quantity  string     `json:"quantity" doc:"A decimal"`
	Unit      string     `json:"unit"`
	UnitPrice string     `json:"unit_price" doc:"A decimal, in the currency's major unit"`
	Amount    amount     `json:"amount" doc:"Net or gross as the tariff's prices are"`
	From      *time.Time `json:"from" doc:"When this price began to hold; null where the line is not of a time"`
	To        *time.Time `json:"to"`
}

type priceTax struct {
	Name    string `json:"name"`
	Percent string `json:"percent"`
	Minor   int64  `json:"amount_minor"`
	PerKWh  string `json:"per_kwh" doc:"Decimal, in the major unit; empty: it is a percentage"`
}

func (s *server) getPrice(ctx context.Context, sc access.Scope, in *struct{ SessionPath }) (price, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (price, error) {
		ses, err := sessions.Get(tx, sc, in.ID)
		if err != nil {
			return price{}, err
		}
		st, _, err := stations.Find(tx, ses.Station)
		if err != nil {
			return price{}, err
		}
		p, err := billing.Price(tx, ses, pricedUntil(ses, st, tx.Now()))
		if err != nil {
			return price{}, err
		}
		steps, err := p.Steps()
		if err != nil {
			return price{}, err
		}
		v := showPrice(ses, p, steps)
		if !ses.Settled || ses.CostMinor == nil {
			return v, nil
		}
		r, err := billing.GetDocument(tx, access.Scope{Tenant: ses.Tenant}, ses.ID)
		v.asOn(r)
		return v, err
	})
}

func showPrice(ses sessions.Session, p billing.Priced, steps []tariff.PriceStep) price {
	v := price{
		Tariff: ses.Tariff, Version: ses.Version, BoundAt: ses.CreatedAt.UTC(), Final: ses.Settled, Currency: ses.Currency,
		Lines: []priceLine{}, Taxes: []priceTax{}, Held: flags(p.Held),
	}
	if x := p.Shown; x.How != "" {
		v.Shown = of(shownPrice{string(x.How), x.Language, strings.Split(x.Words, "\n"), x.Digest, x.At.UTC(), string(x.Profile)})
	}
	if p.Tariff != nil {
		v.Sentence = tariff.Sentence(p.Tariff, "en")
	}
	if len(p.Held) > 0 || p.Tariff == nil {
		return v
	}
	for i := range p.Rating.Lines {
		l := &p.Rating.Lines[i]
		x := priceLine{string(l.Dimension), money.FormatRat(l.Quantity(), 3), l.Unit, l.UnitPrice.String(), amountOf(l.Minor, p.Rating.Currency), nil, nil}
		if l.Dimension == tariff.Energy {
			x.From, x.To = heldFor(steps, l.UnitPrice, p.Timeline.End)
		}
		v.Lines = append(v.Lines, x)
	}
	for _, g := range p.Rating.Invoice.Groups {
		for _, x := range g.Taxes {
			v.Taxes = append(v.Taxes, showPriceTax(x))
		}
	}
	if kwh := p.Rating.Fallback; kwh != nil && kwh.Sign() > 0 {
		v.Fallback = money.FormatRat(kwh, 3)
	}
	v.Calendar = p.Rating.Holidays
	v.Net, v.Tax, v.Gross = p.Rating.Invoice.Net, p.Rating.Invoice.Tax, p.Rating.Invoice.Gross
	return v
}

func showPriceTax(x tariff.TaxAmount) priceTax {
	v := priceTax{x.Tax.Name, x.Tax.Percent.String(), x.Minor, ""}
	if x.Tax.PerKWh != 0 {
		v.PerKWh = x.Tax.PerKWh.String()
	}
	return v
}

// heldFor is from when to when a price of a kWh held in a session that lasted
// until a time, first to last.
func heldFor(steps []tariff.PriceStep, unit money.Price, until time.Time) (from, to *time.Time) {
	for i, x := range steps {
		if x.None || x.Price != unit {
			continue
		}
		end := until
		if i+1 < len(steps) {
			end = steps[i+1].At
		}
		if from == nil {
			from = moment(x.At)
		}
		to = moment(end)
	}
	return from, to
}

// asOn takes what a receipt says: it was rated once, and holds.
func (v *price) asOn(r billing.Document) {
	v.Currency, v.Net, v.Tax, v.Gross, v.Held = string(r.Currency), r.Net, r.Tax, r.Gross, []string{}
	v.Fallback, v.Calendar = r.Body.Fallback, ""
	times := map[string]priceLine{}
	for _, l := range v.Lines {
		times[l.Dimension+" "+l.UnitPrice] = l
	}
	v.Lines, v.Taxes = []priceLine{}, []priceTax{}
	for _, l := range r.Body.Lines {
		was := times[l.Dimension+" "+l.UnitPrice]
		v.Lines = append(v.Lines, priceLine{l.Dimension, l.Quantity, l.Unit, l.UnitPrice, amountOf(l.Minor, r.Currency), was.From, was.To})
	}
	for _, t := range r.Body.Taxes {
		v.Taxes = append(v.Taxes, priceTax{t.Name, t.Percent, t.Tax, t.PerKWh})
	}
}
