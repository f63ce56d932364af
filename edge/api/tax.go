package api

import (
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
	tariffs "chargewright/core/tariff"
)

func taxOperations() []operation {
	const tag, path = "tax", "/entities/{id}/registrations"
	rd, wr := access.Books, access.Money
	return []operation{
		{get, "/entities", rd, tag, "listEntities", "List legal entities", "Who sells.", 0, nil, handle((*server).listEntities)},
		{get, "/entities/{id}", rd, tag, "getEntity", "Read a legal entity", "", 0, nil, handleOne((*server).getEntity)},
		{put, "/entities/{id}", wr, tag, "putEntity", "Replace what a legal entity says of itself", "Documents that were issued keep what they say.", 0, []int{412}, handleOne((*server).putEntity)},
		{get, path, rd, tag, "listRegistrations", "List where a legal entity is registered for tax", "The latest begun first. A seller without registrations keeps the taxes that its tariffs name.", 0, nil, handle((*server).listRegistrations)},
		{post, path, wr, tag, "postRegistration", "Enter a tax registration", "409: another one holds for the same place on the same day. Sessions held because no tax was known are settled once more.", 201, []int{409}, handle((*server).postRegistration)},
		{post, path + "/{registration}/end", wr, tag, "endRegistration", "Let a tax registration end", "409: that day is past, or it ends before.", 0, []int{409}, handleNone((*server).endRegistration)},
		{get, "/tax/rates", rd, tag, "listTaxRates", "List tax rates", "By country, region, name and beginning.", 0, nil, handle((*server).listTaxRates)},
		{post, "/tax/rates", wr, tag, "postTaxRate", "Enter a tax rate",
			"Of rates with one name the closest to the place and the line applies; those with different names stack. A rate of the same tax that holds without end, ends when the new one begins. 409: what held before today would be rewritten, or rates would overlap. Sessions held because no tax was known are settled once more.",
			201, []int{409}, handle((*server).postTaxRate)},
		{post, "/tax/rates/{id}/end", wr, tag, "endTaxRate", "Let a tax rate end", "One that has not begun by then is taken away. 409: that day is past, or it ends before.", 0, []int{409}, handleNone((*server).endTaxRate)},
		{get, "/tax/explain", rd, tag, "explainTax", "Say how a sale would be taxed, and why", "By what is known now of seller and rates.", 0, nil, handle((*server).explainTax)},
	}
}

type entity struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Country  string `json:"country" doc:"Where it is established, ISO 3166-1"`
	Currency string `json:"currency"`
}

func (s *server) listEntities(ctx context.Context, sc access.Scope, in *pageQuery) (list[entity], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[entity], error) {
		rows, err := access.Entities(tx, sc.Tenant)
		if err != nil {
			return list[entity]{}, err
		}
		return pageIn(rows, in.Page, func(e access.Entity) entity { return entity{e.ID, e.Name, e.Country, e.Currency} }, func(e access.Entity) string { return e.ID })
	})
}

// TaxTerm is from when until when something holds.
type TaxTerm struct {
	From  string `json:"valid_from" format:"date" doc:"The first day"`
	Until string `json:"valid_until,omitempty" maxLength:"10" doc:"The first day on which it does not hold; empty: no end"`
}

func termOf(t access.Term) TaxTerm { return TaxTerm{string(t.From), string(t.Until)} }

func (t TaxTerm) term() access.Term {
	return access.Term{From: access.Day(t.From), Until: access.Day(t.Until)}
}

// RegistrationBody is where a legal entity is known to a tax office.
type RegistrationBody struct {
	Country string `json:"country" pattern:"^[A-Z]{2}$" doc:"ISO 3166-1"`
	Region  string `json:"region,omitempty" maxLength:"23" doc:"ISO 3166-2, where only a part of the country is meant"`
	Kind    string `json:"kind" enum:"standard,oss,small_business" doc:"oss: the country is that of the one-stop shop"`
	VATID   string `json:"vat_id,omitempty" maxLength:"30"`
	// DealersOwe in the words of the law.
	DealersOwe bool `json:"dealers_owe,omitempty" doc:"A taxable dealer of this country owes the tax in the seller's place (Art. 199a (1)(e) of Directive 2006/112/EC; in Germany § 13b (2) no. 5 b UStG)"`
	TaxTerm
}

type registration struct {
	ID string `json:"id"`
	RegistrationBody
	EnteredBy string    `json:"entered_by"`
	EnteredAt time.Time `json:"entered_at"`
}

func showRegistration(r access.Registration) registration {
	return registration{r.ID, RegistrationBody{r.Country, r.Region, string(r.Kind), r.VATID, r.DealersOwe, termOf(r.Term)}, r.EnteredBy, r.EnteredAt.UTC()}
}

// EntityPath names a legal entity.
type EntityPath struct {
	ID string `path:"id" minLength:"1" maxLength:"100"`
}

func (s *server) listRegistrations(ctx context.Context, sc access.Scope, in *struct {
	EntityPath
	Page
}) (list[registration], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[registration], error) {
		if _, err := access.GetEntity(tx, sc.Tenant, in.ID); err != nil {
			return list[registration]{}, err
		}
		rows, err := access.Registrations(tx, sc.Tenant, in.ID)
		if err != nil {
			return list[registration]{}, err
		}
		return pageIn(rows, in.Page, showRegistration, func(r access.Registration) string { return r.ID })
	})
}

func (s *server) postRegistration(ctx context.Context, sc access.Scope, in *struct {
	EntityPath
	Body struct{ RegistrationBody } `nameHint:"NewRegistration"`
}) (registration, error) {
	b := in.Body
	return store.Do(ctx, s.o.DB, "tax/"+sc.Tenant, func(tx *store.Tx) (registration, error) {
		r, err := access.AddRegistration(tx, sc, access.Registration{
			Entity: in.ID, Country: b.Country, Region: b.Region, Kind: access.RegistrationKind(b.Kind), VATID: b.VATID, DealersOwe: b.DealersOwe, Term: b.term(),
		})
		if err == nil {
			err = tariffs.ShipTaxRates(tx, sc.Tenant)
		}
		if err == nil {
			err = sessions.RetryHeld(tx, sc.Tenant, sessions.FlagNoTax)
		}
		return showRegistration(r), err
	})
}

// TaxEnd says when something ends.
type TaxEnd struct {
	Until string `json:"valid_until" format:"date" doc:"The first day on which it does not hold; today in UTC at the earliest"`
}

func (s *server) endRegistration(ctx context.Context, sc access.Scope, in *struct {
	EntityPath
	Registration string `path:"registration" minLength:"1" maxLength:"100"`
	Body         TaxEnd
}) error {
	_, err := store.Do(ctx, s.o.DB, "tax/"+sc.Tenant, func(tx *store.Tx) (none, error) {
		return none{}, access.EndRegistration(tx, sc, in.ID, in.Registration, access.Day(in.Body.Until))
	})
	return err
}

// TaxRateBody is what one tax takes of a kind of line at a place.
type TaxRateBody struct {
	Country  string   `json:"country" pattern:"^[A-Z]{2}$" doc:"ISO 3166-1"`
	Region   string   `json:"region,omitempty" maxLength:"23" doc:"ISO 3166-2; empty: the whole country, but for territories with a tax law of their own"`
	Postal   []string `json:"postal,omitempty" maxItems:"200" doc:"Beginnings of postal codes; none: all"`
	Name     string   `json:"name" minLength:"1" maxLength:"60"`
	Kind     string   `json:"kind,omitempty" enum:",energy,time,parking,flat,reservation" doc:"Of line; empty: every kind"`
	Percent  string   `json:"percent,omitempty" maxLength:"20" doc:"Decimal"`
	PerKWh   string   `json:"per_kwh,omitempty" maxLength:"20" doc:"Decimal, in the major unit of currency; in place of percent"`
	Currency string   `json:"currency,omitempty" maxLength:"3" doc:"Of per_kwh, ISO 4217"`
	OnTaxes  bool     `json:"on_taxes,omitempty" doc:"Acts on the net and the taxes before it"`
	Category string   `json:"category,omitempty" enum:"S,Z,E,O,L,M" default:"S" doc:"UNCL5305"`
	Source   string   `json:"source,omitempty" maxLength:"500" doc:"After what it was entered"`
	TaxTerm
}

type taxRate struct {
	ID string `json:"id"`
	TaxRateBody
	EnteredBy string    `json:"entered_by" doc:"Empty: shipped with the release"`
	EnteredAt time.Time `json:"entered_at"`
}

func showTaxRate(r tariffs.TaxRate) taxRate {
	v := taxRate{r.ID, TaxRateBody{
		Country: r.Country, Region: r.Region, Postal: r.Postal, Name: r.Name, Kind: string(r.Kind), Currency: string(r.Currency), OnTaxes: r.OnTaxes,
		Category: string(r.Category), Source: r.Source, TaxTerm: termOf(r.Term),
	}, r.EnteredBy, r.EnteredAt.UTC()}
	if r.PerKWh != 0 {
		v.PerKWh = r.PerKWh.String()
	} else {
		v.Percent = r.Percent.String()
	}
	return v
}

// rate reads the numbers of a rate.
func (b TaxRateBody) rate() (r tariffs.TaxRate, err error) {
	r = tariffs.TaxRate{
		Country: b.Country, Region: b.Region, Postal: b.Postal, Name: b.Name, Kind: tariffs.LineKind(b.Kind), Currency: money.Currency(b.Currency), OnTaxes: b.OnTaxes,
		Category: tariffs.Category(b.Category), Term: b.term(), Entry: tariffs.Entry{Source: b.Source},
	}
	switch {
	case (b.Percent == "") == (b.PerKWh == ""):
		return r, fail.Field("api.rate", "percent", "give percent or per_kwh")
	case b.Percent != "":
		if r.Percent, err = money.ParsePercent(b.Percent); err != nil {
			return r, fail.Field("api.rate", "percent", "%s", fail.Say(err))
		}
	default:
		if r.PerKWh, err = money.ParsePrice(b.PerKWh); err != nil || r.PerKWh == 0 {
			return r, fail.Field("api.rate", "per_kwh", "%.20q is no amount of more than 0", b.PerKWh)
		}
	}
	return r, nil
}

// TaxRateFilter narrows the tax rates.
type TaxRateFilter struct {
	Country string `query:"country" maxLength:"2" doc:"Only of this country"`
}

type taxRateQuery struct {
	Page
	TaxRateFilter
}

func (s *server) listTaxRates(ctx context.Context, sc access.Scope, in *taxRateQuery) (list[taxRate], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[taxRate], error) {
		rows, err := tariffs.TaxRates(tx, sc.Tenant, in.Country)
		if err != nil {
			return list[taxRate]{}, err
		}
		return pageIn(rows, in.Page, showTaxRate, func(r tariffs.TaxRate) string { return r.ID })
	})
}

func (s *server) postTaxRate(ctx context.Context, sc access.Scope, in *struct {
	Body struct{ TaxRateBody } `nameHint:"NewTaxRate"`
}) (taxRate, error) {
	r, err := in.Body.rate()
	if err != nil {
		return taxRate{}, err
	}
	return store.Do(ctx, s.o.DB, "tax/"+sc.Tenant, func(tx *store.Tx) (taxRate, error) {
		added, err := tariffs.AddTaxRate(tx, sc, r)
		if err == nil {
			err = sessions.RetryHeld(tx, sc.Tenant, sessions.FlagNoTax)
		}
		return showTaxRate(added), err
	})
}

func (s *server) endTaxRate(ctx context.Context, sc access.Scope, in *struct {
	ID   string `path:"id" minLength:"1" maxLength:"100"`
	Body TaxEnd
}) error {
	_, err := store.Do(ctx, s.o.DB, "tax/"+sc.Tenant, func(tx *store.Tx) (none, error) {
		return none{}, tariffs.EndTaxRate(tx, sc, in.ID, access.Day(in.Body.Until))
	})
	return err
}

// SaleQuery is a sale that somebody asks about.
type SaleQuery struct {
	Site    string `query:"site" required:"true" minLength:"1" maxLength:"100"`
	Day     string `query:"day" maxLength:"10" doc:"Local to the site; empty: today"`
	Buyer   string `query:"buyer" enum:"consumer,business,dealer" default:"consumer"`
	Country string `query:"country" maxLength:"2" doc:"Of the buyer"`
	VATID   string `query:"vat_id" maxLength:"30" doc:"Of the buyer, taken as validated"`
}

type appliedTax struct {
	Name         string `json:"name"`
	Percent      string `json:"percent" doc:"Decimal"`
	PerKWh       string `json:"per_kwh" doc:"Decimal; empty: it is a percentage"`
	OnTaxes      bool   `json:"on_taxes"`
	Category     string `json:"category" doc:"UNCL5305"`
	Jurisdiction string `json:"jurisdiction"`
}

func showApplied(x tariffs.Tax) appliedTax {
	v := appliedTax{Name: x.Name, Percent: x.Percent.String(), OnTaxes: x.OnTaxes, Category: string(x.Category), Jurisdiction: x.Jurisdiction}
	if x.PerKWh != 0 {
		v.PerKWh = x.PerKWh.String()
	}
	return v
}

type lineTax struct {
	Kind  string       `json:"kind" doc:"Of line"`
	Known bool         `json:"known" doc:"false: no rate is known, and what is sold is held"`
	Taxes []appliedTax `json:"taxes" doc:"In the order in which they stack"`
}

type explanation struct {
	Day          string               `json:"day"`
	Entity       entity               `json:"entity"`
	Typed        bool                 `json:"typed" doc:"The seller has no registrations: the tariff's own taxes stand"`
	Jurisdiction string               `json:"jurisdiction" doc:"Whose law applies"`
	SellerVATID  string               `json:"seller_vat_id"`
	Owed         bool                 `json:"owed" doc:"false: the buyer owes the seller no tax, and the taxes of lines are taken out of prices that include them"`
	Instead      nullable[appliedTax] `json:"instead" doc:"What stands on the document where nothing is owed"`
	Note         string               `json:"note" doc:"What the document must say"`
	Reasons      []string             `json:"reasons"`
	Lines        []lineTax            `json:"lines"`
}

func (s *server) explainTax(ctx context.Context, sc access.Scope, in *struct {
	SaleQuery
	Speaking
}) (explanation, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (explanation, error) {
		sale, err := in.sale(tx, sc)
		if err != nil {
			return explanation{}, err
		}
		d, err := billing.Determine(tx, sc.Tenant, sale)
		if err != nil {
			return explanation{}, err
		}
		return showTaxes(sale, d, in.language("")), nil
	})
}

// sale is what the query asks about.
func (q SaleQuery) sale(tx *store.Tx, sc access.Scope) (v billing.Sale, err error) {
	if v.Site, err = stations.GetSite(tx, sc, q.Site); err != nil {
		return v, err
	}
	if v.Entity, err = access.GetEntity(tx, sc.Tenant, v.Site.Entity); err != nil {
		return v, err
	}
	v.Currency = money.Currency(v.Entity.Currency)
	zone, err := v.Site.Location()
	if err != nil {
		return v, err
	}
	if v.Day = access.DayOf(tx.Now(), zone); q.Day != "" {
		if v.Day, err = access.ParseDay("day", q.Day); err != nil {
			return v, err
		}
	}
	if v.Buyer.Kind = tariffs.BuyerKind(q.Buyer); v.Buyer.Kind == tariffs.Consumer {
		return v, nil
	}
	if err := access.CheckCountry(q.Country); err != nil {
		return v, err
	}
	if v.Buyer.Country = q.Country; q.VATID != "" {
		v.Buyer.VATID, err = access.ParseVATID(q.Country, q.VATID)
		v.Buyer.Validated = true
	}
	return v, err
}

func showTaxes(sale billing.Sale, d tariffs.Determination, lang string) explanation {
	e := sale.Entity
	v := explanation{
		Day: string(sale.Day), Entity: entity{e.ID, e.Name, e.Country, e.Currency}, Typed: d.Typed, Jurisdiction: d.Jurisdiction, SellerVATID: d.SellerVATID,
		Owed: d.Owed, Note: d.Note(lang), Reasons: []string{}, Lines: []lineTax{},
	}
	if !d.Owed {
		v.Instead = of(showApplied(d.Relief))
	}
	for _, r := range d.Reasons {
		v.Reasons = append(v.Reasons, string(r))
	}
	for _, l := range d.Lines {
		x := lineTax{string(l.Kind), l.Known, []appliedTax{}}
		for _, t := range l.Taxes {
			x.Taxes = append(x.Taxes, showApplied(t))
		}
		v.Lines = append(v.Lines, x)
	}
	return v
}
