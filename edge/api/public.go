package api

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/text/language"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/origin"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	drivers "chargewright/core/driver"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
	"chargewright/core/tariff"
)

// face is what the side towards drivers keeps in memory.
type face struct {
	readers  origin.Limiter // by address, of what needs no sign-in
	begins   origin.Limiter // by address, of sign-ins by passkey or provider
	claims   origin.Limiter // by driver, of cards
	starting atomic.Int64
	streams  streams
}

func newFace() *face {
	return &face{readers: origin.Limiter{Rate: 20, Burst: 100}, begins: origin.Limiter{Rate: 1, Burst: 60}, claims: origin.Limiter{Rate: 1.0 / 360, Burst: 10}}
}

func publicOperations() []operation {
	const tag = "public"
	open := access.Open
	return []operation{
		{get, "/public/config", open, tag, "getPublicConfig", "Read what the driver app begins with", "", 0, []int{429}, handleOne((*server).getPublicConfig)},
		{get, "/public/sites", open, tag, "listPlaces", "List where one can charge",
			"Sites with an EVSE in service, ordered by id. A filter of several may give a short page that has a next.", 0, []int{429}, handle((*server).listPlaces)},
		{get, "/public/sites/{id}", open, tag, "getPlace", "Read a site and its EVSEs", "", 0, []int{429}, handleOne((*server).getPlace)},
		{get, "/public/evses/{code}", open, tag, "getEVSE", "Find an EVSE by its code",
			"The number printed on it, its contract id in any case, with or without separators, or STATION:EVSE.", 0, []int{429}, handleOne((*server).getEVSE)},
	}
}

// Speaking says in which language a caller is answered.
type Speaking struct {
	Lang   string `query:"lang" maxLength:"10" doc:"Of texts; before Accept-Language"`
	Accept string `header:"Accept-Language" maxLength:"1000"`
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.German})

// language is one of tariff.Languages. Own is the person's choice, "" for none.
func (s Speaking) language(own string) string {
	_, i := language.MatchStrings(matcher, s.Lang, own, s.Accept)
	return tariff.Languages[i]
}

// open answers a caller without sign-in: for which tenant, unless it is too
// fast.
func (s *server) open(ctx context.Context, sc access.Scope) (tenant string, err error) {
	if v := visitOf(ctx); v != nil {
		err = slower(&s.face.readers, s.o.Proxies.Of(v.r))
	}
	if sc.Tenant == "" {
		return access.DefaultTenant, err
	}
	return sc.Tenant, err
}

type publicConfig struct {
	Brand     publicBrand `json:"brand"`
	Languages []string    `json:"languages" doc:"ISO 639-1, the default first"`
	Map       publicMap   `json:"map"`
	Guests    bool        `json:"guests" doc:"One can pay without an account, at /pay/{number of the EVSE}"`
}

type publicBrand struct {
	Name       string  `json:"name"`
	Helpline   string  `json:"helpline"`
	Email      string  `json:"email"`
	ImprintURL string  `json:"imprint_url"`
	PrivacyURL string  `json:"privacy_url"`
	LogoURL    *string `json:"logo_url"`
}

type publicMap struct {
	Tiles  *string     `json:"pmtiles_url" doc:"A PMTiles archive of the background; null: none is configured"`
	Bounds *[4]float64 `json:"bounds" doc:"West, south, east, north of all sites; null while none has a position"`
}

func (s *server) getPublicConfig(ctx context.Context, sc access.Scope, _ *struct{ Reading }) (publicConfig, error) {
	tenant, err := s.open(ctx, sc)
	if err != nil {
		return publicConfig{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (publicConfig, error) {
		b, err := access.GetBrand(tx, tenant)
		if err != nil {
			return publicConfig{}, err
		}
		v := publicConfig{
			Brand:     publicBrand{Name: b.Name, Helpline: b.Helpline, Email: b.Email, ImprintURL: b.ImprintURL, PrivacyURL: b.PrivacyURL},
			Languages: b.Languages, Guests: s.o.Till != nil && s.o.Till.Pages() != "",
		}
		if len(b.Logo.Bytes) > 0 {
			logo := prefix + "/branding/logo"
			v.Brand.LogoURL = &logo
		}
		if s.o.MapTiles != "" {
			v.Map.Tiles = &s.o.MapTiles
		}
		e, found, err := stations.Extent(tx, tenant)
		if found {
			v.Map.Bounds = &[4]float64{inDegrees(e.West), inDegrees(e.South), inDegrees(e.East), inDegrees(e.North)}
		}
		return v, err
	})
}

func inDegrees(e6 int64) float64 { return float64(e6) / 1e6 }

type SiteCard struct {
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	Address     string              `json:"address"`
	PostalCode  string              `json:"postal_code"`
	City        string              `json:"city"`
	Country     string              `json:"country" doc:"ISO 3166-1 alpha-2"`
	Latitude    *float64            `json:"latitude" doc:"In degrees"`
	Longitude   *float64            `json:"longitude" doc:"In degrees"`
	TimeZone    string              `json:"time_zone"`
	EVSEsTotal  int                 `json:"evses_total"`
	EVSEsFree   int                 `json:"evses_free"`
	EVSEsBroken int                 `json:"evses_broken" doc:"Faulted, offline or out of service"`
	MaxPowerW   int64               `json:"max_power_w" doc:"Of its strongest EVSE; 0 when unknown"`
	Connectors  []string            `json:"connectors" doc:"As OCPI names them; those that are known"`
	Price       nullable[sitePrice] `json:"price" doc:"null where no tariff applies"`
	UpdatedAt   time.Time           `json:"updated_at"`
}

type sitePrice struct {
	Sentence string  `json:"sentence" doc:"Of the cheapest, where EVSEs differ"`
	Currency string  `json:"currency"`
	PerKWh   *string `json:"per_kwh" doc:"The lowest price of a kWh as the tariff holds it, decimal; null where energy has none"`
	Several  bool    `json:"several" doc:"Its EVSEs have different tariffs"`
}

type placeView struct {
	SiteCard
	EVSEs []evseCard `json:"evses"`
}

type evseCard struct {
	ID         string              `json:"id" doc:"STATION/EVSE"`
	Number     string              `json:"number" doc:"Six digits to type"`
	ContractID string              `json:"contract_id"`
	StationID  string              `json:"station_id"`
	EVSE       int64               `json:"evse_id"`
	State      string              `json:"state" enum:"available,preparing,charging,suspended_ev,suspended_evse,finishing,reserved,faulted,offline,unavailable,updating,unknown"`
	Since      *time.Time          `json:"since" doc:"The newest word about it"`
	MaxPowerW  int64               `json:"max_power_w" doc:"0 when unknown"`
	Connectors []plugCard          `json:"connectors"`
	Price      nullable[evsePrice] `json:"price" doc:"null where no tariff applies"`
}

type plugCard struct {
	Standard string              `json:"standard" doc:"As OCPI names it; empty when unknown"`
	Status   string              `json:"status"`
	Price    nullable[evsePrice] `json:"price" doc:"Where it is not the EVSE's"`
}

type evsePrice struct {
	Sentence string   `json:"sentence"`
	Details  []string `json:"details" doc:"Every price and when it holds, a line each"`
	Tax      string   `json:"tax" enum:"included,added,none" doc:"Whether the prices include tax, or it comes on top; none: there is none to be named"`
	Currency string   `json:"currency"`
	TariffID string   `json:"tariff_id"`
	Version  string   `json:"tariff_version" doc:"To be sent with a start: the price that was shown"`

	Ahead []pricePoint `json:"per_kwh_ahead" doc:"[ms, price of a kWh]; from now on as far as it is known, each holds until the next; of a tariff that follows spot prices, else empty"`
}

// pricing says prices in one snapshot to one buyer. It reads each tariff once,
// and what is offered at the stations of a page at once.
type pricing struct {
	tx       *store.Tx
	tenant   string
	lang     string
	customer tariff.Customer
	who      string // the driver who asks; "" for everybody else
	read     map[tariff.Bound]*tariff.Tariff
	told     map[outlook]*tariff.Tariff
	boards   map[string]tariff.Board // by station
	outlooks map[outlook][]pricePoint
}

// newPricing says prices to a driver as to one of their groups, and to everybody
// else as to a guest.
func newPricing(tx *store.Tx, sc access.Scope, tenant, lang string) (*pricing, error) {
	p := &pricing{
		tx: tx, tenant: tenant, lang: lang, customer: tariff.Customer{Guest: true}, read: map[tariff.Bound]*tariff.Tariff{}, told: map[outlook]*tariff.Tariff{},
		boards: map[string]tariff.Board{}, outlooks: map[outlook][]pricePoint{},
	}
	if sc.Kind != access.KindDriver {
		return p, nil
	}
	groups, err := drivers.GroupsOf(tx, drivers.Token{Tenant: tenant, Driver: sc.Actor})
	p.who, p.customer = sc.Actor, tariff.Customer{Member: true, Groups: groups}
	return p, err
}

// know reads what is offered at the stations of places, unless it is known.
func (p *pricing) know(places ...stations.Place) error {
	var uses []tariff.Use
	for _, v := range places {
		for _, b := range v.Bays {
			if _, known := p.boards[b.Station]; known {
				continue
			}
			uses = append(uses, tariff.Use{Site: b.Site, Station: b.Station, EVSE: b.EVSE.EVSE})
			for _, x := range b.Connectors {
				uses = append(uses, tariff.Use{Site: b.Site, Station: b.Station, EVSE: b.EVSE.EVSE, Connector: x.ID})
			}
		}
	}
	if len(uses) == 0 {
		return nil
	}
	board, err := tariff.Post(p.tx, p.tenant, p.tx.Now(), uses...)
	for _, u := range uses {
		p.boards[u.Station] = board
	}
	return err
}

// at is the tariff that a session starting now on a connector of an EVSE is
// bound to; nil where none is. Connector 0 is the only one there is, or whichever
// the driver takes. The EVSE's place is known.
func (p *pricing) at(b stations.Bay, connector int64) (*tariff.Tariff, tariff.Bound, error) {
	if connector == 0 && len(b.Connectors) == 1 {
		connector = b.Connectors[0].ID
	}
	bound, found := p.boards[b.Station].Choose(tariff.Use{Site: b.Site, Station: b.Station, EVSE: b.EVSE.EVSE, Connector: connector, Customer: p.customer})
	if !found {
		return nil, bound, nil
	}
	t, err := p.version(bound)
	if err == nil {
		t, err = p.tell(t, b.Site, b.Station)
	}
	return t, bound, err
}

// siteOf is a site, or if that is gone the one at which the station is now.
func (p *pricing) siteOf(site, at string) (stations.Site, error) {
	v, err := stations.GetSite(p.tx, access.Scope{Tenant: p.tenant}, site)
	if fail.Is(err, fail.NotFound) {
		v, err = stations.SiteOf(p.tx, at)
	}
	return v, err
}

// tell is a tariff as the buyer is told it at a site.
func (p *pricing) tell(t *tariff.Tariff, site, at string) (*tariff.Tariff, error) {
	key := outlook{t, site}
	if told := p.told[key]; told != nil {
		return told, nil
	}
	place, err := p.siteOf(site, at)
	if err != nil {
		return nil, err
	}
	told, err := billing.Told(p.tx, place, p.who, t)
	if err == nil {
		p.told[key] = told
	}
	return told, err
}

var taxWords = map[tariff.TaxMode]string{tariff.TaxIncluded: "included", tariff.TaxAdded: "added", tariff.TaxNone: "none"}

func (p *pricing) version(b tariff.Bound) (*tariff.Tariff, error) {
	if t := p.read[b]; t != nil {
		return t, nil
	}
	t, err := tariff.GetVersion(p.tx, p.tenant, b.Tariff, tariff.Version(b.Version))
	if err == nil {
		p.read[b] = t
	}
	return t, err
}

func (p *pricing) evse(b stations.Bay, connector int64) (nullable[evsePrice], error) {
	t, bound, err := p.at(b, connector)
	if err != nil || t == nil {
		return nullable[evsePrice]{}, err
	}
	ahead, err := p.ahead(t, b)
	return of(evsePrice{tariff.Sentence(t, p.lang), tariff.Details(t, p.lang), taxWords[tariff.TaxSaid(t)], bound.Currency, bound.Tariff, bound.Version, ahead}), err
}

// site is the price of the cheapest EVSE of a place, by the lowest price of a
// kWh.
func (p *pricing) site(v stations.Place) (nullable[sitePrice], error) {
	if err := p.know(v); err != nil {
		return nullable[sitePrice]{}, err
	}
	var best *tariff.Tariff
	var bound tariff.Bound
	several := false
	for _, b := range v.Bays {
		t, now, err := p.at(b, 0)
		if err != nil {
			return nullable[sitePrice]{}, err
		}
		if t == nil {
			continue
		}
		several = several || best != nil && now != bound
		if best == nil || cheaper(t, best) {
			best, bound = t, now
		}
	}
	if best == nil {
		return nullable[sitePrice]{}, nil
	}
	out := sitePrice{Sentence: tariff.Sentence(best, p.lang), Currency: bound.Currency, Several: several}
	if k, ok := tariff.PerKWh(best); ok {
		text := money.FormatDecimal(int64(k), money.Scale, money.Currency(bound.Currency).Exponent())
		out.PerKWh = &text
	}
	return of(out), nil
}

func cheaper(a, b *tariff.Tariff) bool {
	x, ok := tariff.PerKWh(a)
	y, known := tariff.PerKWh(b)
	return ok && (!known || x < y)
}

// card shows a place.
func (p *pricing) card(v stations.Place) (SiteCard, error) {
	c := SiteCard{
		ID: v.ID, Name: v.Name, Address: v.Address, PostalCode: v.PostalCode, City: v.City, Country: v.Country, TimeZone: v.Zone,
		EVSEsTotal: len(v.Bays), EVSEsFree: v.Free(), Connectors: []string{}, UpdatedAt: v.UpdatedAt.UTC(),
	}
	if v.Located {
		lat, lon := inDegrees(v.LatitudeE6), inDegrees(v.LongitudeE6)
		c.Latitude, c.Longitude = &lat, &lon
	}
	for _, b := range v.Bays {
		switch b.State() {
		case stations.StateFaulted, stations.StateOffline, stations.StateUnavailable:
			c.EVSEsBroken++
		}
		c.MaxPowerW = max(c.MaxPowerW, b.MaxPowerW)
		if at := b.Since(); at.After(c.UpdatedAt) {
			c.UpdatedAt = at.UTC()
		}
		for _, x := range b.Connectors {
			if x.Standard != "" && !slices.Contains(c.Connectors, x.Standard) {
				c.Connectors = append(c.Connectors, x.Standard)
			}
		}
	}
	slices.Sort(c.Connectors)
	var err error
	c.Price, err = p.site(v)
	return c, err
}

// bay shows an EVSE.
func (p *pricing) bay(b stations.Bay) (evseCard, error) {
	c := evseCard{
		ID: fmt.Sprintf("%s/%d", b.Station, b.EVSE.EVSE), Number: b.Number, ContractID: b.ContractID, StationID: b.Station, EVSE: b.EVSE.EVSE,
		State: string(b.State()), Since: moment(b.Since()), MaxPowerW: b.MaxPowerW, Connectors: []plugCard{},
	}
	if err := p.know(stations.Place{Bays: []stations.Bay{b}}); err != nil {
		return c, err
	}
	var err error
	if c.Price, err = p.evse(b, 0); err != nil {
		return c, err
	}
	for _, x := range b.Connectors {
		plug := plugCard{Standard: x.Standard, Status: string(x.Status)}
		if len(b.Connectors) > 1 {
			own, err := p.evse(b, x.ID)
			if err != nil {
				return c, err
			}
			if own.v != nil && (c.Price.v == nil || own.v.Version != c.Price.v.Version || own.v.TariffID != c.Price.v.TariffID) {
				plug.Price = own
			}
		}
		c.Connectors = append(c.Connectors, plug)
	}
	return c, nil
}

type placeQuery struct {
	Page
	Speaking
	Box       string  `query:"bbox" maxLength:"100" doc:"West,south,east,north in degrees: only sites with a position within"`
	Q         string  `query:"q" maxLength:"100" doc:"Words, each within name, address, postal code or city"`
	Connector string  `query:"connector" maxLength:"500" doc:"One of these, separated by commas"`
	MinKW     float64 `query:"min_kw" minimum:"0" maximum:"10000" doc:"The least an EVSE can deliver, in kW"`
	Free      bool    `query:"free" doc:"Only where a fitting EVSE is free"`
}

// fits says whether a place is wanted.
func (q *placeQuery) fits(v stations.Place) bool {
	text := strings.ToLower(strings.Join([]string{v.Name, v.Address, v.PostalCode, v.City}, " "))
	for _, word := range strings.Fields(strings.ToLower(q.Q)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	var plugs []string
	if q.Connector != "" {
		plugs = strings.Split(q.Connector, ",")
	}
	return slices.ContainsFunc(v.Bays, func(b stations.Bay) bool {
		return float64(b.MaxPowerW) >= q.MinKW*1000 && (!q.Free || b.State() == stations.StateAvailable) &&
			(plugs == nil || slices.ContainsFunc(b.Connectors, func(c stations.Connector) bool { return slices.Contains(plugs, c.Standard) }))
	})
}

// bounds reads the box; nil for none.
func (q *placeQuery) bounds() (*stations.Bounds, error) {
	if q.Box == "" {
		return nil, nil
	}
	parts := strings.Split(q.Box, ",")
	var e6 [4]int64
	for i, most := range []float64{180, 90, 180, 90} {
		if len(parts) != 4 {
			return nil, fail.Field("api.listPlaces", "bbox", "it is not four numbers: west,south,east,north")
		}
		d, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		if err != nil || math.IsNaN(d) || math.Abs(d) > most {
			return nil, fail.Field("api.listPlaces", "bbox", "it is not four numbers of degrees: west,south,east,north")
		}
		e6[i] = int64(math.Round(d * 1e6))
	}
	return &stations.Bounds{West: e6[0], South: e6[1], East: e6[2], North: e6[3]}, nil
}

// maxScan is how many sites one page looks at: filters are tested in memory.
const maxScan = 2_000

func (s *server) listPlaces(ctx context.Context, sc access.Scope, in *placeQuery) (list[SiteCard], error) {
	tenant, err := s.open(ctx, sc)
	if err != nil {
		return list[SiteCard]{}, err
	}
	after, err := in.after(1)
	if err != nil {
		return list[SiteCard]{}, err
	}
	box, err := in.bounds()
	if err != nil {
		return list[SiteCard]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[SiteCard], error) {
		found, last, err := in.scan(tx, tenant, stations.PlaceFilter{After: after.keys[0], Bounds: box})
		if err != nil {
			return list[SiteCard]{}, err
		}
		p, err := newPricing(tx, sc, tenant, in.language(""))
		if err != nil {
			return list[SiteCard]{}, err
		}
		cards := make([]SiteCard, 0, len(found))
		if err := p.know(found...); err != nil {
			return list[SiteCard]{}, err
		}
		for _, v := range found {
			c, err := p.card(v)
			if err != nil {
				return list[SiteCard]{}, err
			}
			cards = append(cards, c)
		}
		l := pageOf(cards, in.Limit, func(c SiteCard) SiteCard { return c }, func(c SiteCard) place { return byID(c.ID) })
		if l.Next == nil && last != "" {
			l.Next = byID(last).cursor()
		}
		return l, nil
	})
}

// scan reads up to one place more than a page has. Last is where it gave up
// looking, "" when it saw enough or all.
func (q *placeQuery) scan(tx *store.Tx, tenant string, f stations.PlaceFilter) (found []stations.Place, last string, err error) {
	const batch = 100
	for range maxScan / batch {
		some, err := stations.Places(tx, tenant, f, batch)
		if err != nil {
			return nil, "", err
		}
		if err := sessions.Occupy(tx, tenant, some); err != nil {
			return nil, "", err
		}
		for _, v := range some {
			if q.fits(v) {
				found = append(found, v)
			}
			if len(found) > q.Limit {
				return found, "", nil
			}
		}
		if len(some) < batch {
			return found, "", nil
		}
		f.After = some[len(some)-1].ID
	}
	return found, f.After, nil
}

func (s *server) getPlace(ctx context.Context, sc access.Scope, in *struct {
	SitePath
	Reading
	Speaking
}) (placeView, error) {
	tenant, err := s.open(ctx, sc)
	if err != nil {
		return placeView{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (placeView, error) {
		v, err := sessions.PlaceOf(tx, tenant, in.ID)
		if err != nil {
			return placeView{}, err
		}
		p, err := newPricing(tx, sc, tenant, in.language(""))
		if err != nil {
			return placeView{}, err
		}
		out := placeView{EVSEs: make([]evseCard, 0, len(v.Bays))}
		if out.SiteCard, err = p.card(v); err != nil {
			return placeView{}, err
		}
		for _, b := range v.Bays {
			c, err := p.bay(b)
			if err != nil {
				return placeView{}, err
			}
			out.EVSEs = append(out.EVSEs, c)
		}
		return out, nil
	})
}

type foundEVSE struct {
	Site SiteCard `json:"site"`
	EVSE evseCard `json:"evse"`
}

func (s *server) getEVSE(ctx context.Context, sc access.Scope, in *struct {
	Code string `path:"code" minLength:"1" maxLength:"60" doc:"Number, contract id or STATION:EVSE"`
	Reading
	Speaking
}) (foundEVSE, error) {
	tenant, err := s.open(ctx, sc)
	if err != nil {
		return foundEVSE{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (foundEVSE, error) {
		v, b, err := sessions.BayByCode(tx, tenant, in.Code)
		if err != nil {
			return foundEVSE{}, err
		}
		p, err := newPricing(tx, sc, tenant, in.language(""))
		if err != nil {
			return foundEVSE{}, err
		}
		return p.find(v, b)
	})
}

func (p *pricing) find(v stations.Place, b stations.Bay) (out foundEVSE, err error) {
	if out.Site, err = p.card(v); err != nil {
		return out, err
	}
	out.EVSE, err = p.bay(b)
	return out, err
}
