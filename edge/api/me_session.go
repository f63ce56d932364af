package api

import (
	"context"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
	"chargewright/core/tariff"
)

// OwnSession is a session as its driver sees it.
type OwnSession struct {
	ID            string             `json:"id"`
	State         string             `json:"state" enum:"pending,charging,suspended,finishing,closed"`
	ChargingState string             `json:"charging_state" doc:"Why energy flows or does not; empty until said"`
	Site          ownSite            `json:"site"`
	EVSE          ownEVSE            `json:"evse"`
	StartedAt     *time.Time         `json:"started_at"`
	StoppedAt     *time.Time         `json:"stopped_at"`
	EnergyWh      int64              `json:"energy_wh"`
	PowerW        *int64             `json:"power_w" doc:"null when it is not known"`
	SoC           *float64           `json:"soc" doc:"In percent; null when it is not known"`
	At            *time.Time         `json:"at" doc:"Of power and SoC"`
	Cost          nullable[amount]   `json:"cost" doc:"Gross; so far while it is not final"`
	CostFinal     bool               `json:"cost_final" doc:"The cost is the receipt's"`
	Price         string             `json:"price_sentence"`
	ReceiptID     *string            `json:"receipt_id"`
	Idle          nullable[idlePart] `json:"idle" doc:"What is asked while the vehicle is done and plugged in; null when nothing is"`
}

type ownSite struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	TimeZone string `json:"time_zone"`
}

type ownEVSE struct {
	ContractID string `json:"contract_id"`
	Number     string `json:"number"`
	StationID  string `json:"station_id"`
	EVSE       int64  `json:"evse_id"`
}

type idlePart struct {
	Fee      string     `json:"fee" doc:"Decimal, in the major unit"`
	Per      string     `json:"per" enum:"min,h"`
	StartsAt *time.Time `json:"starts_at" doc:"From when on; null while the vehicle charges"`
}

type fullOwnSession struct {
	OwnSession
	Course course `json:"course"`
}

// own reads one of the caller's sessions; another's is NotFound.
func own(tx *store.Tx, sc access.Scope, id string) (sessions.Session, error) {
	row, err := sessions.Get(tx, access.Scope{Tenant: sc.Tenant}, id)
	if err == nil && row.Driver != sc.Actor {
		err = fail.New(fail.NotFound, "api.own", "there is no session %q", id)
	}
	return row, err
}

// ownSession shows a session; how it goes now is read of an open one alone,
// unless course is wanted anyway.
func (s *server) ownSession(ctx context.Context, p *pricing, row sessions.Session, whole bool) (v fullOwnSession, err error) {
	v.OwnSession = OwnSession{
		ID: row.ID, State: string(row.State), ChargingState: string(row.Flow), EVSE: ownEVSE{StationID: row.Station, EVSE: row.EVSE},
		StartedAt: moment(row.StartedAt), StoppedAt: moment(row.StoppedAt), EnergyWh: row.Energy.WattHours(),
	}
	if err := p.locate(&v.OwnSession, row); err != nil {
		return v, err
	}
	if row.Version != "" {
		t, err := p.version(tariff.Bound{Tariff: row.Tariff, Version: row.Version, Currency: row.Currency})
		if err == nil {
			t, err = p.tell(t, row.Site, row.Station)
		}
		if err != nil {
			return v, err
		}
		v.Price = tariff.Sentence(t, p.lang)
		if row.State.Open() {
			if v.Idle, err = idleOf(p.tx, t, row); err != nil {
				return v, err
			}
		}
	}
	if row.State.Open() || whole {
		if v.Course, err = s.course(ctx, p.tx, row); err != nil {
			return v, err
		}
	}
	if row.State.Open() {
		c := v.Course
		v.PowerW, v.SoC, v.At, v.Cost, v.CostFinal = c.PowerW, c.SoC, c.At, c.Cost, c.CostFinal
		v.EnergyWh = max(v.EnergyWh, c.EnergyWh)
	}
	if row.Settled && row.CostMinor != nil {
		v.Cost, v.CostFinal = of(amountOf(*row.CostMinor, money.Currency(row.Currency))), true
		r, err := billing.GetDocument(p.tx, access.Scope{Tenant: p.tenant}, row.ID)
		if err != nil && !fail.Is(err, fail.NotFound) {
			return v, err
		}
		if err == nil {
			v.ReceiptID = &r.ID
		}
	}
	return v, nil
}

// locate names where a session is: the site where it began, and its EVSE.
func (p *pricing) locate(v *OwnSession, row sessions.Session) error {
	site, err := p.siteOf(row.Site, row.Station)
	if err != nil {
		return err
	}
	v.Site = ownSite{site.ID, site.Name, site.Zone}
	all, err := stations.EVSEsOf(p.tx, access.Scope{Tenant: p.tenant}, row.Station, row.Station)
	if i := slices.IndexFunc(all, func(e stations.EVSE) bool { return e.EVSE == row.EVSE }); i >= 0 {
		v.EVSE.ContractID, v.EVSE.Number = all[i].ContractID, all[i].Number
	}
	return err
}

// idleOf is what a tariff asks of a vehicle that is done and stays plugged in.
func idleOf(tx *store.Tx, t *tariff.Tariff, row sessions.Session) (nullable[idlePart], error) {
	price, from, ok := tariff.Parking(t)
	if !ok {
		return nullable[idlePart]{}, nil
	}
	v := idlePart{Per: "h"}
	if price%60 == 0 {
		price, v.Per = price/60, "min"
	}
	v.Fee = money.FormatDecimal(int64(price), money.Scale, t.Currency.Exponent())
	if row.Flow != sessions.FlowSuspendedEV && row.Flow != sessions.FlowIdle {
		return of(v), nil
	}
	inputs, err := sessions.Inputs(tx, row)
	if err != nil {
		return nullable[idlePart]{}, err
	}
	at := row.StartedAt.Add(from)
	if done := doneAt(inputs); done.After(at) {
		at = done
	}
	v.StartsAt = moment(at)
	return of(v), nil
}

// doneAt is when a vehicle stopped asking for power, by the last word that
// changed it.
func doneAt(inputs []sessions.Input) (at time.Time) {
	slices.SortStableFunc(inputs, func(a, b sessions.Input) int { return a.At.Compare(b.At) })
	asks := true
	for _, x := range inputs {
		if x.Flow == "" {
			continue
		}
		done := x.Flow == sessions.FlowSuspendedEV || x.Flow == sessions.FlowIdle
		if done && asks {
			at = x.At
		}
		asks = !done
	}
	return at
}

func (s *server) listOwnSessions(ctx context.Context, sc access.Scope, in *struct {
	Page
	Speaking
}) (list[OwnSession], error) {
	after, err := in.after(1)
	if err != nil {
		return list[OwnSession]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[OwnSession], error) {
		rows, err := sessions.OfDriver(tx, sc.Tenant, sc.Actor, after.at, after.keys[0], in.Limit+1)
		if err != nil {
			return list[OwnSession]{}, err
		}
		l := pageOf(rows, in.Limit, func(sessions.Session) OwnSession { return OwnSession{} }, func(r sessions.Session) place { return byTime(r.Began(), r.ID) })
		p, err := newPricing(tx, sc, sc.Tenant, in.language(""))
		if err != nil {
			return l, err
		}
		for i := range l.Items {
			v, err := s.ownSession(ctx, p, rows[i], false)
			if err != nil {
				return l, err
			}
			l.Items[i] = v.OwnSession
		}
		return l, nil
	})
}

func (s *server) getOwnSession(ctx context.Context, sc access.Scope, in *struct {
	OwnPath
	Speaking
}) (fullOwnSession, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (fullOwnSession, error) {
		row, err := own(tx, sc, in.ID)
		if err != nil {
			return fullOwnSession{}, err
		}
		p, err := newPricing(tx, sc, sc.Tenant, in.language(""))
		if err != nil {
			return fullOwnSession{}, err
		}
		return s.ownSession(ctx, p, row, true)
	})
}

// stopOwnSession asks the station to stop; that it did is seen by the session.
func (s *server) stopOwnSession(ctx context.Context, sc access.Scope, in *struct {
	OwnPath
	Speaking
}) (OwnSession, error) {
	if s.o.Commands == nil {
		return OwnSession{}, fail.New(fail.Unavailable, "api.stopOwnSession", "this server sends no commands")
	}
	row, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (sessions.Session, error) { return own(tx, sc, in.ID) })
	if err != nil {
		return OwnSession{}, err
	}
	if !row.State.Open() {
		return OwnSession{}, coded("closed", "the session has ended already")
	}
	o, err := s.o.Commands.Command(device.WithActor(ctx, sc.Actor), row.Station, device.RemoteStop{Transaction: row.Tx})
	if err != nil {
		return OwnSession{}, callFailed(err)
	}
	if !o.Status.OK() {
		return OwnSession{}, coded("refused", said(o, nil))
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (OwnSession, error) {
		if row, err = own(tx, sc, in.ID); err != nil {
			return OwnSession{}, err
		}
		p, err := newPricing(tx, sc, sc.Tenant, in.language(""))
		if err != nil {
			return OwnSession{}, err
		}
		v, err := s.ownSession(ctx, p, row, false)
		return v.OwnSession, err
	})
}

func (s *server) getOwnDocument(ctx context.Context, sc access.Scope, in *struct {
	OwnPath
	Reading
}) (fullDocument, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (fullDocument, error) {
		d, err := billing.GetDocument(tx, sc, in.ID)
		if err != nil {
			return fullDocument{}, err
		}
		return withRelated(tx, d)
	})
}

type consumption struct {
	From     time.Time `json:"from" doc:"Beginning of the month or year, in the time zone of the site"`
	EnergyWh int64     `json:"energy_wh"`
	Sessions int64     `json:"sessions"`
	Cost     []amount  `json:"cost" doc:"Gross, of what is settled; one for each currency"`
}

// maxCounted is how many sessions are looked at.
const maxCounted = 10_000

func (s *server) getConsumption(ctx context.Context, sc access.Scope, in *struct {
	By string `query:"by" enum:"month,year" default:"month"`
}) (list[consumption], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[consumption], error) {
		sum := &tally{tx: tx, tenant: sc.Tenant, yearly: in.By == "year", zones: map[string]*time.Location{}, at: map[string]int{}}
		err := eachSession(tx, sc, maxCounted, sum.add)
		if sum.items == nil {
			sum.items = []consumption{}
		}
		return list[consumption]{Items: sum.items}, err
	})
}

// eachSession reads the caller's sessions, newest first, most of them at most.
func eachSession(tx *store.Tx, sc access.Scope, most int, fn func(sessions.Session) error) error {
	const batch = 500
	var at time.Time
	last := ""
	for n := 0; n < most; n += batch {
		rows, err := sessions.OfDriver(tx, sc.Tenant, sc.Actor, at, last, batch)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := fn(row); err != nil {
				return err
			}
			at, last = row.Began(), row.ID
		}
		if len(rows) < batch {
			return nil
		}
	}
	return nil
}

// tally sums sessions by month or year.
type tally struct {
	tx     *store.Tx
	tenant string
	yearly bool
	zones  map[string]*time.Location // by site
	at     map[string]int            // place in items by label
	items  []consumption
}

func (t *tally) add(row sessions.Session) error {
	zone, err := t.zone(row.Site)
	if err != nil {
		return err
	}
	begun := row.Began().In(zone)
	month := begun.Month()
	if t.yearly {
		month = time.January
	}
	from := time.Date(begun.Year(), month, 1, 0, 0, 0, 0, zone)
	label := from.Format("2006-01")
	i, known := t.at[label]
	if !known {
		i = len(t.items)
		t.at[label], t.items = i, append(t.items, consumption{From: from.UTC(), Cost: []amount{}})
	}
	c := &t.items[i]
	c.Sessions++
	c.EnergyWh += row.Energy.WattHours()
	if row.Settled && row.CostMinor != nil {
		j := slices.IndexFunc(c.Cost, func(a amount) bool { return a.Currency == row.Currency })
		if j < 0 {
			j, c.Cost = len(c.Cost), append(c.Cost, amount{Currency: row.Currency})
		}
		c.Cost[j].Minor, err = money.Add(c.Cost[j].Minor, *row.CostMinor)
	}
	return err
}

func (t *tally) zone(site string) (*time.Location, error) {
	if z := t.zones[site]; z != nil {
		return z, nil
	}
	z := time.UTC
	v, err := stations.GetSite(t.tx, access.Scope{Tenant: t.tenant}, site)
	if err == nil {
		z, err = v.Location()
	}
	if fail.Is(err, fail.NotFound) {
		err = nil
	}
	t.zones[site] = z
	return z, err
}
