package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	stations "chargewright/core/station"
	"chargewright/core/tariff"
)

func tariffToolOperations() []operation {
	const tag = "tariffs"
	return []operation{
		{post, "/tariffs/lint", access.Read, tag, "lintTariff", "Look a tariff over",
			"Says what a tariff hardly means: prices that never apply, times without one, what is not allowed at a place. A document that is no tariff is a finding, too. Nothing is kept.",
			0, nil, handle((*server).lintTariff)},
		{post, "/tariffs/simulate", access.Read, tag, "simulateTariff", "Price a session that might be",
			"By a document, or by a tariff that there is, and for comparison at every hour of the week. Nothing is kept.", 0, []int{http.StatusNotFound}, handle((*server).simulateTariff)},
	}
}

// TariffPlace says for which place a tariff is looked at. What is said outright
// goes before what is known of the place.
type TariffPlace struct {
	StationID string `json:"station_id,omitempty" maxLength:"100"`
	EVSE      int64  `json:"evse_id,omitempty" minimum:"0" doc:"Of the station; its strongest one, unless named"`
	SiteID    string `json:"site_id,omitempty" maxLength:"100"`
	Zone      string `json:"time_zone,omitempty" maxLength:"64" doc:"IANA; UTC, unless the place has one"`
	Profile   string `json:"legal_profile,omitempty" enum:"nevi,eichrecht,afir"`
	RatedW    int64  `json:"rated_power_w,omitempty" minimum:"0" maximum:"10000000"`
}

// venue is what TariffPlace leads to.
type venue struct {
	zone    *time.Location
	profile tariff.Profile
	region  tariff.Where
	power   int64          // mW, 0 when unknown
	vat     *money.Percent // on energy today; nil when unknown
}

// vatAt is what a consumer at a site pays on energy today, in percent; nil where
// that is not determined, or is more than one tax.
func vatAt(tx *store.Tx, sc access.Scope, site stations.Site, zone *time.Location) (*money.Percent, error) {
	e, err := access.GetEntity(tx, sc.Tenant, site.Entity)
	if err != nil {
		return nil, err
	}
	d, err := billing.Determine(tx, sc.Tenant, billing.Sale{Entity: e, Site: site, Day: access.DayOf(tx.Now(), zone), Buyer: tariff.Buyer{Kind: tariff.Consumer}, Currency: money.Currency(e.Currency)})
	taxes := d.Line(tariff.LineEnergy).Taxes
	if err != nil || d.Typed || len(taxes) != 1 || taxes[0].PerKWh != 0 {
		return nil, err
	}
	return &taxes[0].Percent, nil
}

// at reads the place, if one is named.
func (s *server) at(ctx context.Context, sc access.Scope, in *TariffPlace) (venue, error) {
	v, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (venue, error) {
		v := venue{zone: time.UTC}
		site := in.SiteID
		if in.StationID != "" {
			st, err := stations.Get(tx, sc, in.StationID)
			if err != nil {
				return v, asField(err, "station_id")
			}
			site = st.Site
			evses, err := stations.EVSEsIn(tx, sc, []string{st.ID})
			if err != nil {
				return v, err
			}
			var best stations.EVSE
			for _, e := range evses {
				if (in.EVSE == 0 || e.EVSE == in.EVSE) && (best.EVSE == 0 || e.MaxPowerW > best.MaxPowerW) {
					best = e
				}
			}
			if in.EVSE != 0 && best.EVSE == 0 {
				return v, fail.Field("api.at", "evse_id", "the station has no EVSE %d", in.EVSE)
			}
			v.profile, v.power = tariff.Profile(best.Profile), best.MaxPowerW*1000
		}
		if site == "" {
			return v, nil
		}
		place, err := stations.GetSite(tx, sc, site)
		if err != nil {
			return v, asField(err, "site_id")
		}
		v.region = tariff.Where{Country: place.Country, Region: place.Region}
		if v.zone, err = place.Location(); err != nil {
			return v, err
		}
		v.vat, err = vatAt(tx, sc, place, v.zone)
		return v, err
	})
	if err != nil {
		return v, err
	}
	if in.Zone != "" {
		if v.zone, err = time.LoadLocation(in.Zone); err != nil || in.Zone == "Local" {
			return v, fail.Field("api.at", "time_zone", "%q is not an IANA time zone", in.Zone)
		}
	}
	v.profile = cmp.Or(tariff.Profile(in.Profile), v.profile)
	v.power = cmp.Or(in.RatedW*1000, v.power)
	return v, nil
}

type lintPost struct {
	Body struct {
		TariffPlace
		Tariff       document `json:"tariff"`
		SiteLanguage string   `json:"site_language,omitempty" pattern:"^[a-z]{2}$" doc:"ISO 639-1"`
		Lang         string   `json:"lang,omitempty" enum:"en,de" default:"en" doc:"Of the messages"`
	} `nameHint:"LintTariff"`
}

type lintView struct {
	Valid     bool          `json:"valid" doc:"The document is a tariff"`
	Findings  []findingView `json:"findings" nullable:"false" doc:"The gravest first; at most 200"`
	Sentences []spoken      `json:"sentences" nullable:"false" doc:"What drivers read, in every language that prices are said in"`
}

type findingView struct {
	Code     string           `json:"code"`
	Severity string           `json:"severity" enum:"error,warning,advice"`
	Path     string           `json:"path" doc:"Of the member in the document; empty where there is none"`
	Other    string           `json:"other,omitempty" doc:"Path of the member that is the reason"`
	Message  string           `json:"message"`
	When     *ocpiRestriction `json:"when,omitempty" doc:"The times and amounts that it is about, as an element would restrict them"`
	Args     document         `json:"args" doc:"Of the message; prices and percentages as decimals"`
}

type spoken struct {
	Language string   `json:"language"`
	Sentence string   `json:"sentence"`
	Details  []string `json:"details" nullable:"false"`
	Short    string   `json:"short" doc:"In at most 50 characters, for displays"`
}

// displayWidth is what a station's display usually shows.
const displayWidth = 50

func speak(t *tariff.Tariff, lang string) spoken {
	return spoken{lang, tariff.Sentence(t, lang), append([]string{}, tariff.Details(t, lang)...), tariff.Short(t, lang, displayWidth)}
}

// lintTariff looks a tariff over. A document that is no tariff is not the
// caller's mistake here: it is what they want to know.
func (s *server) lintTariff(ctx context.Context, sc access.Scope, in *lintPost) (lintView, error) {
	v := lintView{Findings: []findingView{}, Sentences: []spoken{}}
	at, err := s.at(ctx, sc, &in.Body.TariffPlace)
	if err != nil {
		return v, err
	}
	t, err := tariff.Parse(in.Body.Tariff)
	if err != nil {
		e := problemOf(err)
		v.Findings = append(v.Findings, findingView{Code: "invalid", Severity: string(tariff.Fault), Path: e.Field, Message: fail.Say(err)})
		return v, nil
	}
	v.Valid = true
	for _, f := range tariff.Lint(t, tariff.Venue{Now: time.Now(), Profile: at.profile, Power: at.power, Language: in.Body.SiteLanguage, VAT: at.vat}) {
		args, err := marshal(f.Args)
		if err != nil {
			return v, fail.Wrap(fail.Internal, "api.lintTariff", err)
		}
		v.Findings = append(v.Findings, findingView{
			f.Code, string(f.Severity), f.Path, f.Other, f.Message(cmp.Or(in.Body.Lang, "en")), showRestrictions(f.When), args,
		})
	}
	for _, lang := range tariff.Languages {
		v.Sentences = append(v.Sentences, speak(t, lang))
	}
	return v, nil
}

// ocpiRestriction is OCPI's TariffRestrictions.
type ocpiRestriction struct {
	StartTime   string   `json:"start_time,omitempty"`
	EndTime     string   `json:"end_time,omitempty"`
	StartDate   string   `json:"start_date,omitempty"`
	EndDate     string   `json:"end_date,omitempty"`
	MinKWh      string   `json:"min_kwh,omitempty" doc:"Decimal"`
	MaxKWh      string   `json:"max_kwh,omitempty" doc:"Decimal"`
	MinCurrent  string   `json:"min_current,omitempty" doc:"Decimal"`
	MaxCurrent  string   `json:"max_current,omitempty" doc:"Decimal"`
	MinPower    string   `json:"min_power,omitempty" doc:"Decimal, in kW"`
	MaxPower    string   `json:"max_power,omitempty" doc:"Decimal, in kW"`
	MinDuration int64    `json:"min_duration,omitzero" doc:"In seconds"`
	MaxDuration int64    `json:"max_duration,omitzero" doc:"In seconds"`
	Days        []string `json:"day_of_week,omitempty"`
}

func showRestrictions(r *tariff.Restrictions) *ocpiRestriction {
	if r == nil {
		return nil
	}
	part := func(n int64, scale int) string {
		if n == 0 {
			return ""
		}
		return money.FormatDecimal(n, scale, 0)
	}
	v := &ocpiRestriction{
		StartDate: dateText(r.StartDate), EndDate: dateText(r.EndDate), MinKWh: part(r.Energy.Min, 6), MaxKWh: part(r.Energy.Max, 6),
		MinCurrent: part(r.Current.Min, 6), MaxCurrent: part(r.Current.Max, 6), MinPower: part(r.Power.Min, 6), MaxPower: part(r.Power.Max, 6),
		MinDuration: r.Duration.Min, MaxDuration: r.Duration.Max,
	}
	if r.From != 0 || r.Until != 0 {
		clock := func(minute int) string { return time.Unix(int64(minute)*60, 0).UTC().Format("15:04") }
		v.StartTime, v.EndTime = clock(r.From), clock(r.Until)
	}
	for i := range 7 {
		if d := time.Weekday((i + 1) % 7); r.Days&(1<<d) != 0 {
			v.Days = append(v.Days, strings.ToUpper(d.String()))
		}
	}
	return v
}

type simulatePost struct {
	Body struct {
		TariffPlace
		Tariff   document  `json:"tariff,omitempty" doc:"A document; or tariff_id"`
		TariffID string    `json:"tariff_id,omitempty" maxLength:"36"`
		Version  string    `json:"version,omitempty" maxLength:"64" doc:"Of tariff_id; the current one, unless named"`
		Start    time.Time `json:"start" doc:"When charging begins"`
		EnergyWh int64     `json:"energy_wh" minimum:"0" maximum:"10000000"`
		PowerW   int64     `json:"power_w" minimum:"1" maximum:"10000000" doc:"The most the vehicle takes"`
		Taper    bool      `json:"taper,omitempty" doc:"The last fifth of the energy flows ever slower, as a battery that fills up"`
		Parked   int64     `json:"parked_minutes,omitempty" minimum:"0" maximum:"20160" doc:"Plugged in after charging"`
		Reserved int64     `json:"reserved_minutes,omitempty" minimum:"0" maximum:"20160" doc:"Before charging"`
		Lang     string    `json:"lang,omitempty" pattern:"^[a-z]{2}$" doc:"Of the sentence; English, unless named"`
	} `nameHint:"SimulateTariff"`
}

type simulation struct {
	Currency string         `json:"currency"`
	TimeZone string         `json:"time_zone"`
	Spoken   spoken         `json:"spoken"`
	Segments []trialSegment `json:"segments" nullable:"false"`
	Rating   document       `json:"rating" doc:"In the form of chargewright rate"`
	Total    amount         `json:"total" doc:"With all taxes that the tariff names"`
	Prices   []trialPrice   `json:"prices" nullable:"false" doc:"Of a kWh over the session, a step for each change"`
	Starts   []trialStart   `json:"starts" nullable:"false" doc:"The same session begun at each hour from the midnight before, but those whose price is not known yet; empty where the tariff is too large to compare"`
	Cheapest *int           `json:"cheapest" doc:"Index in starts; null where all cost the same"`
	Dearest  *int           `json:"dearest" doc:"Index in starts"`
}

type trialSegment struct {
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	State     string    `json:"state" enum:"RESERVED,CHARGING,SUSPENDED_EV"`
	EnergyMWh int64     `json:"energy_mwh" doc:"In mWh: 1/1000 of a Wh"`
}

type trialPrice struct {
	At  time.Time `json:"at"`
	KWh *string   `json:"per_kwh" doc:"Decimal, in the major unit, as the tariff has it; null where energy is free"`
}

type trialStart struct {
	At    time.Time `json:"at"`
	KWh   *string   `json:"per_kwh" doc:"Of a kWh at the start"`
	Total amount    `json:"total"`
}

func showStep(p tariff.PriceStep) trialPrice {
	v := trialPrice{At: p.At.UTC()}
	if !p.None {
		s := p.Price.String()
		v.KWh = &s
	}
	return v
}

// simulateTariff prices a session that might be.
func (s *server) simulateTariff(ctx context.Context, sc access.Scope, in *simulatePost) (simulation, error) {
	b := &in.Body
	t, err := s.tried(ctx, sc, b.Tariff, b.TariffID, b.Version)
	if err != nil {
		return simulation{}, err
	}
	at, err := s.at(ctx, sc, &b.TariffPlace)
	if err != nil {
		return simulation{}, err
	}
	almanac, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (tariff.Almanac, error) {
		return tariff.TrialAlmanac(tx, sc.Tenant, t, at.region, at.zone, b.Start)
	})
	if err != nil {
		return simulation{}, err
	}
	got, err := tariff.Simulate(t, tariff.Trial{
		Almanac: almanac, Zone: at.zone, Profile: at.profile, Start: b.Start, Energy: b.EnergyWh * 1000, Power: b.PowerW * 1000, Taper: b.Taper,
		Parked: time.Duration(b.Parked) * time.Minute, Reserved: time.Duration(b.Reserved) * time.Minute,
	})
	if err != nil {
		return simulation{}, err
	}
	return showSimulation(t, at.zone, cmp.Or(b.Lang, "en"), &got)
}

// tried is the tariff of a document, or one that the caller sees.
func (s *server) tried(ctx context.Context, sc access.Scope, text document, id, version string) (*tariff.Tariff, error) {
	const op = "api.tried"
	switch {
	case (len(text) == 0) == (id == ""):
		return nil, fail.Field(op, "tariff", "send either a tariff or a tariff_id")
	case id == "" && version != "":
		return nil, fail.Field(op, "version", "is of a tariff_id")
	case id == "":
		t, err := tariff.Parse(text)
		if e := (*fail.Error)(nil); errors.As(err, &e) {
			return nil, fail.Field(op, "tariff."+e.Field, "%s", fail.Say(err))
		}
		return t, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (*tariff.Tariff, error) {
		if err := seesTariff(tx, sc, id); err != nil {
			return nil, err
		}
		if version != "" {
			return tariff.GetVersion(tx, sc.Tenant, id, tariff.Version(version))
		}
		t, _, err := tariff.Get(tx, sc.Tenant, id)
		return t, err
	})
}

func showSimulation(t *tariff.Tariff, zone *time.Location, lang string, x *tariff.Simulation) (simulation, error) {
	rating, err := x.Rating.JSON()
	if err != nil {
		return simulation{}, err
	}
	v := simulation{
		Currency: string(t.Currency), TimeZone: zone.String(), Spoken: speak(t, lang), Rating: rating, Total: amountOf(x.Rating.Invoice.Gross, t.Currency),
		Segments: []trialSegment{}, Prices: []trialPrice{}, Starts: []trialStart{},
	}
	for _, g := range x.Session.Segments {
		v.Segments = append(v.Segments, trialSegment{g.Start.UTC(), g.End.UTC(), string(g.State), g.Energy})
	}
	for _, p := range x.Steps {
		v.Prices = append(v.Prices, showStep(p))
	}
	least, most := 0, 0
	for i, c := range x.Starts {
		v.Starts = append(v.Starts, trialStart{c.At.UTC(), showStep(c.KWh).KWh, amountOf(c.Gross, t.Currency)})
		if c.Gross < x.Starts[least].Gross {
			least = i
		}
		if c.Gross > x.Starts[most].Gross {
			most = i
		}
	}
	if least != most {
		v.Cheapest, v.Dearest = &least, &most
	}
	return v, nil
}
