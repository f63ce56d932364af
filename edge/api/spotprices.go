package api

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/core/tariff/holiday"
)

func spotOperations() []operation {
	const tag, path = "tariffs", "/spot-indexes/{id}"
	rd, wr := access.Read, access.Money
	return []operation{
		{get, "/spot-indexes", rd, tag, "listIndexes", "List the indexes that tariffs may follow", "By id, with what is known of today and tomorrow in the zone of each; at most 200.", 0, nil, handle((*server).listIndexes)},
		{get, path, rd, tag, "getIndex", "Read an index and its prices", "Of today and tomorrow in its zone, unless from and until say otherwise.", 0, nil, handleOne((*server).getIndex)},
		{put, path, wr, tag, "putIndex", "Make or change an index whose prices are put in by hand", "If-Match compares its settings, not its prices; If-None-Match: * makes a new one only. 409: its prices are fetched, as the configuration says; or its currency would change, which holds for good.", 0, []int{409, 412}, handleOne((*server).putIndex)},
		{post, path + "/slots", wr, tag, "postSlots", "Publish prices of an index",
			"As CSV with the columns start, price and, if there is one, end, or as a list. Prices are only added: another price for a slot that has not begun is a further version of it; slots that have begun are passed over, since what is published afterwards never counts. Nothing is taken of what contradicts itself.",
			0, nil, handle((*server).postSlots)},
		{get, "/holidays", rd, tag, "listHolidays", "List the public holidays of a country or region", "With those that the operator added or removed.", 0, nil, handle((*server).listHolidays)},
		{put, "/holidays/{region}/{date}", wr, tag, "putHoliday", "Say that a date is a public holiday, or is none", "In a country, or in a region, which beats its country. Sessions count the holidays as they are known at settlement. 409: 5,000 dates are named already.", 0, []int{409}, handle((*server).putHoliday)},
		{del, "/holidays/{region}/{date}", wr, tag, "deleteHoliday", "Take back what was said of a date", "", 0, nil, handleNone((*server).deleteHoliday)},
	}
}

type stretch struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

type slotView struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Price string    `json:"price" doc:"Per kWh; a decimal that may be negative"`
}

type indexView struct {
	ID          string     `json:"id"`
	Currency    string     `json:"currency"`
	TimeZone    string     `json:"time_zone" doc:"IANA; whose days the prices are published for"`
	SlotMinutes int64      `json:"slot_minutes" enum:"15,30,60"`
	Due         string     `json:"due" doc:"Time of the local day from which on tomorrow's prices are asked for"`
	Alarm       string     `json:"alarm" doc:"Time of the local day from which on it is an alarm that they are missing"`
	Fetched     bool       `json:"fetched" doc:"As the configuration says; else prices are put in by hand"`
	FetchedAt   *time.Time `json:"fetched_at"`
	FailedAt    *time.Time `json:"failed_at" doc:"Of the last fetch; null if it went well"`
	Failure     string     `json:"failure"`
	Missing     []stretch  `json:"missing" doc:"Of the rest of today, and of tomorrow once it is due"`
	Slots       []slotView `json:"slots"`
}

// edited are its settings.
func (x indexView) edited() any {
	x.FetchedAt, x.FailedAt, x.Failure, x.Missing, x.Slots = nil, nil, "", nil, nil
	return x
}

func showIndex(x tariff.Supplied) indexView {
	v := indexView{
		ID: x.ID, Currency: string(x.Currency), TimeZone: x.Zone, SlotMinutes: int64(x.Slot / time.Minute), Due: clockText(x.Due), Alarm: clockText(x.Alarm), Fetched: x.Fed,
		FetchedAt: moment(x.FetchedAt), FailedAt: moment(x.FailedAt), Failure: x.Failure, Missing: []stretch{}, Slots: showSlots(x.Slots),
	}
	for _, m := range x.Missing {
		v.Missing = append(v.Missing, stretch{m.Start.UTC(), m.End.UTC()})
	}
	return v
}

func showSlots(slots []tariff.Slot) []slotView {
	out := make([]slotView, len(slots))
	for i, s := range slots {
		out[i] = slotView{s.Start.UTC(), s.End.UTC(), s.Price.String()}
	}
	return out
}

func clockText(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// minuteOf reads a time of day in the form of the schema.
func minuteOf(s string) int {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0
	}
	return t.Hour()*60 + t.Minute()
}

func (s *server) listIndexes(ctx context.Context, sc access.Scope, _ *struct{}) (list[indexView], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[indexView], error) {
		v := list[indexView]{Items: []indexView{}}
		all, err := tariff.Supplies(tx, sc.Tenant)
		for _, x := range all {
			v.Items = append(v.Items, showIndex(x))
		}
		return v, err
	})
}

// IndexPath names an index.
type IndexPath struct {
	ID string `path:"id" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$"`
}

// mostSlots bounds how long the prices of an index are shown.
const mostSlots = 62 * 24 * time.Hour

func (s *server) getIndex(ctx context.Context, sc access.Scope, in *struct {
	IndexPath
	Reading
	From  time.Time `query:"from"`
	Until time.Time `query:"until" doc:"At most 62 days after from"`
}) (indexView, error) {
	if in.From.IsZero() != in.Until.IsZero() || in.Until.Sub(in.From) > mostSlots || in.Until.Before(in.From) {
		return indexView{}, fail.Field("api.getIndex", "until", "from and until belong together, until at most 62 days after from")
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (indexView, error) {
		x, err := tariff.GetSupplied(tx, sc.Tenant, in.ID)
		if err != nil {
			return indexView{}, err
		}
		if !in.From.IsZero() {
			x.Slots, err = tariff.Slots(tx, sc.Tenant, in.ID, in.From, in.Until)
		}
		return showIndex(x), err
	})
}

type indexPut struct {
	IndexPath
	Writing
	Body struct {
		Currency    string `json:"currency" pattern:"^[A-Z]{3}$"`
		TimeZone    string `json:"time_zone" maxLength:"64"`
		SlotMinutes int64  `json:"slot_minutes" enum:"15,30,60"`
		Due         string `json:"due,omitempty" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" default:"13:00"`
		Alarm       string `json:"alarm,omitempty" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" default:"18:00"`
	} `nameHint:"PutIndex"`
}

func (s *server) putIndex(ctx context.Context, sc access.Scope, in *indexPut) (indexView, error) {
	b := in.Body
	x := tariff.Index{
		Tenant: sc.Tenant, ID: in.ID, Currency: money.Currency(b.Currency), Zone: b.TimeZone, Slot: time.Duration(b.SlotMinutes) * time.Minute,
		Due: minuteOf(b.Due), Alarm: minuteOf(b.Alarm),
	}
	return store.Do(ctx, s.o.DB, "index/"+in.ID, func(tx *store.Tx) (indexView, error) {
		now, err := tariff.GetSupplied(tx, sc.Tenant, in.ID)
		var current any
		switch {
		case err == nil:
			current = showIndex(now)
		case !fail.Is(err, fail.NotFound):
			return indexView{}, err
		}
		if err := in.check(current); err != nil {
			return indexView{}, err
		}
		if err := tariff.PutIndex(tx, x); err != nil {
			return indexView{}, err
		}
		v, err := tariff.GetSupplied(tx, sc.Tenant, in.ID)
		return showIndex(v), err
	})
}

type slotsPost struct {
	IndexPath
	Body struct {
		CSV   string     `json:"csv,omitempty" doc:"With a row of names; commas or semicolons between; times without a zone are of the index's"`
		Per   string     `json:"per,omitempty" enum:"kWh,MWh" default:"kWh" doc:"What the prices of the CSV are per"`
		Slots []slotBody `json:"slots,omitempty" maxItems:"3000"`
	} `nameHint:"PostSlots"`
}

type slotBody struct {
	Start time.Time `json:"start"`
	Price string    `json:"price" maxLength:"40" doc:"Per kWh; at most 9 decimals"`
}

type publication struct {
	New     int `json:"new"`
	Changed int `json:"changed" doc:"Known with another price: a further version"`
	Same    int `json:"same"`
	Begun   int `json:"begun" doc:"Passed over: they have begun"`
}

func (s *server) postSlots(ctx context.Context, sc access.Scope, in *slotsPost) (publication, error) {
	x, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (tariff.Index, error) { return tariff.GetIndex(tx, sc.Tenant, in.ID) })
	if err != nil {
		return publication{}, err
	}
	slots, err := s.slotsOf(x, in)
	if err != nil {
		return publication{}, err
	}
	return store.Do(ctx, s.o.DB, "index/"+in.ID, func(tx *store.Tx) (publication, error) {
		p, err := tariff.Publish(tx, x, slots)
		return publication{p.New, p.Changed, p.Same, p.Begun}, err
	})
}

// slotsOf reads the prices of a request.
func (s *server) slotsOf(x tariff.Index, in *slotsPost) ([]tariff.Slot, error) {
	b := in.Body
	switch {
	case (b.CSV == "") == (len(b.Slots) == 0):
		return nil, fail.Field("api.postSlots", "csv", "either a CSV or a list of slots is needed")
	case b.CSV != "" && s.o.ReadPrices == nil:
		return nil, fail.New(fail.Unavailable, "api.postSlots", "this server reads no CSV")
	case b.CSV != "":
		return s.o.ReadPrices(x, b.Per, []byte(b.CSV))
	}
	out := make([]tariff.Slot, len(b.Slots))
	for i, v := range b.Slots {
		p, err := tariff.ParseSpot(v.Price)
		if err != nil {
			return nil, fail.Field("api.postSlots", fmt.Sprintf("slots[%d].price", i), "%s", fail.Say(err))
		}
		out[i] = tariff.Slot{Start: v.Start.UTC(), End: v.Start.UTC().Add(x.Slot), Price: p}
	}
	slices.SortStableFunc(out, func(a, b tariff.Slot) int { return a.Start.Compare(b.Start) })
	return out, nil
}

type holidayView struct {
	Date    string `json:"date" format:"date"`
	Name    string `json:"name"`
	Own     bool   `json:"own" doc:"By the operator's word"`
	Removed bool   `json:"removed" doc:"By the operator's word: it does not count"`
}

type holidayList struct {
	Region  string        `json:"region"`
	Year    int           `json:"year"`
	Known   bool          `json:"known" doc:"False: nobody knows the public holidays there; sessions whose price depends on them are held"`
	Items   []holidayView `json:"items"`
	Regions []string      `json:"regions" doc:"The countries and regions that are built in, and those of the tenant's sites"`
}

type holidayQuery struct {
	Region string `query:"region" pattern:"^[A-Z]{2}(-[A-Z0-9]{1,3})?$" doc:"ISO 3166-1 or 3166-2; that of the first site, unless given"`
	Year   int    `query:"year" minimum:"1970" maximum:"2200" doc:"The present one, unless given"`
}

func (s *server) listHolidays(ctx context.Context, sc access.Scope, in *holidayQuery) (holidayList, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (holidayList, error) {
		v := holidayList{Region: in.Region, Year: in.Year, Items: []holidayView{}}
		sites, err := stations.Sites(tx, sc)
		if err != nil {
			return v, err
		}
		known := map[string]bool{}
		for _, r := range holiday.Regions() {
			known[r] = true
		}
		for _, x := range sites {
			if r := cmp.Or(x.Region, x.Country); tariff.IsRegion(r) {
				known[r] = true
				v.Region = cmp.Or(v.Region, r)
			}
		}
		v.Regions, v.Region = slices.Sorted(maps.Keys(known)), cmp.Or(v.Region, "DE")
		if v.Year == 0 {
			v.Year = tx.Now().Year()
		}
		at := tariff.Where{Country: holiday.Country(v.Region), Region: v.Region}
		days, found, err := tariff.PublicHolidays(tx, sc.Tenant, at, v.Year)
		v.Known = found
		for _, d := range days {
			v.Items = append(v.Items, holidayView{dateText(d.Date), d.Name, d.Own, d.Removed})
		}
		return v, err
	})
}

// dateText is a yyyymmdd as ISO 8601 writes it, empty for 0.
func dateText(d int) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100)
}

// HolidayPath names a date in a country or region.
type HolidayPath struct {
	Region string `path:"region" maxLength:"6" doc:"ISO 3166-1 or 3166-2"`
	Date   string `path:"date" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"`
}

// date is yyyymmdd.
func (p HolidayPath) date() int {
	n, err := strconv.Atoi(p.Date[:4] + p.Date[5:7] + p.Date[8:])
	if err != nil {
		return 0
	}
	return n
}

type holidayPut struct {
	HolidayPath
	Body struct {
		Name    string `json:"name,omitempty" maxLength:"100" doc:"Required, unless it is removed"`
		Removed bool   `json:"removed,omitempty"`
	} `nameHint:"PutHoliday"`
}

func (s *server) putHoliday(ctx context.Context, sc access.Scope, in *holidayPut) (holidayView, error) {
	return store.Do(ctx, s.o.DB, "holidays", func(tx *store.Tx) (holidayView, error) {
		h := tariff.OwnHoliday{Region: in.Region, Date: in.date(), Name: in.Body.Name, Removed: in.Body.Removed}
		err := tariff.PutOwnHoliday(tx, sc.Tenant, h)
		if err == nil {
			err = sessions.RetryHeld(tx, sc.Tenant, sessions.FlagNoCalendar)
		}
		return holidayView{in.Date, h.Name, true, h.Removed}, err
	})
}

func (s *server) deleteHoliday(ctx context.Context, sc access.Scope, in *struct{ HolidayPath }) error {
	_, err := store.Do(ctx, s.o.DB, "holidays", func(tx *store.Tx) (none, error) {
		return none{}, tariff.DeleteOwnHoliday(tx, sc.Tenant, in.Region, in.date())
	})
	return err
}

// ahead says what a kWh costs from now on at the site of an EVSE, as far as it is
// known; nothing of a tariff that follows no index.
func (p *pricing) ahead(t *tariff.Tariff, b stations.Bay) ([]pricePoint, error) {
	if len(t.Indexes()) == 0 {
		return []pricePoint{}, nil
	}
	key := outlook{t, b.Site}
	if known, ok := p.outlooks[key]; ok {
		return known, nil
	}
	site, err := stations.SiteOf(p.tx, b.Station)
	if err != nil {
		return nil, err
	}
	zone, err := site.Location()
	if err != nil {
		return nil, err
	}
	steps, err := tariff.Ahead(p.tx, p.tenant, t, tariff.Where{Country: site.Country, Region: site.Region}, zone, p.tx.Now())
	if fail.Is(err, fail.Invalid) { // its holidays are not known: there is no price to show
		err = nil
	}
	p.outlooks[key] = showSteps(steps)
	return p.outlooks[key], err
}

// outlook names what a tariff will cost at a site.
type outlook struct {
	tariff *tariff.Tariff
	site   string
}

func showSteps(steps []tariff.PriceStep) []pricePoint {
	out := make([]pricePoint, len(steps))
	for i, x := range steps {
		out[i] = pricePoint{x.At.UnixMilli(), x.Price.String()}
	}
	return out
}
