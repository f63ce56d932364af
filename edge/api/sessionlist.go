package api

import (
	"context"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

func sessionListOperations() []operation {
	const tag = "sessions"
	return []operation{
		{get, "/sessions/summary", access.Read, tag, "summariseSessions", "Sum up sessions", "Those that the list with the same filters shows, all its pages together.", 0, nil, handle((*server).summariseSessions)},
		{post, "/sessions/{id}/review", access.Money, tag, "reviewSession", "Decide about a held session",
			"accept: it is billed as its evidence has it. energy: the energy given is billed, marked estimated. void: it is never billed. Of a doubtful session, billed although something was said that the bill leaves out, accept says that the bill stands. 409: it is not held, or no usable tariff was bound at its start and it can only be voided.",
			0, []int{409}, handle((*server).reviewSession)},
	}
}

// SessionFilter narrows a list of sessions.
type SessionFilter struct {
	Station string    `query:"station" maxLength:"48" doc:"Only at this station"`
	Token   string    `query:"token" maxLength:"255" doc:"Only by this token"`
	Driver  string    `query:"driver" maxLength:"100" doc:"Only of this driver"`
	Site    string    `query:"site" maxLength:"100" doc:"Only at this site"`
	Open    bool      `query:"open" doc:"Only those that may still deliver energy"`
	State   string    `query:"state" maxLength:"200" doc:"Alternatives, separated by commas: pending, charging, suspended, finishing, closed, open, held, estimated, failed, doubtful"`
	Flag    string    `query:"flag" maxLength:"60" doc:"Only with this flag"`
	Q       string    `query:"q" maxLength:"100" doc:"The id or its end, the transaction, or the end of the token"`
	From    time.Time `query:"from" doc:"Only those begun at or after it"`
	To      time.Time `query:"to" doc:"Only those begun before it"`
}

func (f SessionFilter) filter() sessions.Filter {
	return sessions.Filter{
		Station: f.Station, Token: f.Token, Driver: f.Driver, Site: f.Site, Open: f.Open, States: commas(f.State), Flag: sessions.Flag(f.Flag), Text: f.Q,
		From: f.From, To: f.To,
	}
}

// commas are the values of a text that separates them by commas; nil for none.
func commas(text string) (out []string) {
	for v := range strings.SplitSeq(text, ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

type sessionQuery struct {
	Page
	SessionFilter
}

func (s *server) listSessions(ctx context.Context, sc access.Scope, in *sessionQuery) (list[session], error) {
	after, err := in.after(1)
	if err != nil {
		return list[session]{}, err
	}
	f := in.filter()
	f.BeforeAt, f.Before = after.at, after.keys[0]
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[session], error) {
		rows, err := sessions.List(tx, sc, f, in.Limit+1)
		if err != nil {
			return list[session]{}, err
		}
		v := pageOf(rows, in.Limit, func(sessions.Session) session { return session{} }, func(r sessions.Session) place { return byTime(r.Began(), r.ID) })
		v.Items, err = s.showSessions(tx, sc, rows[:len(v.Items)])
		return v, err
	})
}

// showSession completes one session that the caller has the right to see.
func (s *server) showSession(tx *store.Tx, row sessions.Session) (session, error) {
	all, err := s.showSessions(tx, access.Scope{Tenant: row.Tenant}, []sessions.Session{row})
	if err != nil {
		return session{}, err
	}
	return all[0], nil
}

// showSessions completes sessions with their sites, EVSEs and what is measured
// now.
func (s *server) showSessions(tx *store.Tx, sc access.Scope, rows []sessions.Session) ([]session, error) {
	var sites, at []string
	for _, r := range rows {
		sites, at = addOnce(sites, r.Site), addOnce(at, r.Station)
	}
	names, err := stations.SiteNames(tx, sites)
	if err != nil {
		return nil, err
	}
	evses, err := stations.EVSEsIn(tx, sc, at)
	if err != nil {
		return nil, err
	}
	type key struct {
		station string
		evse    int64
	}
	most := make(map[key]int64, len(evses))
	for _, e := range evses {
		most[key{e.Station, e.EVSE}] = e.MaxPowerW
	}
	out := make([]session, len(rows))
	for i, r := range rows {
		out[i] = showSession(r)
		out[i].SiteName, out[i].MaxPowerW = names[r.Site], most[key{r.Station, r.EVSE}]
		if r.State.Open() {
			out[i].PowerW, out[i].LimitW, out[i].SoC = s.measured(r.Station, r.EVSE)
		}
	}
	return out, nil
}

// addOnce appends a value that is not yet there, for short lists.
func addOnce(list []string, v string) []string {
	for _, x := range list {
		if x == v {
			return list
		}
	}
	return append(list, v)
}

type sessionSummary struct {
	Count    int64    `json:"count"`
	Open     int64    `json:"open"`
	EnergyWh int64    `json:"energy_wh" doc:"Rounded half away from zero"`
	Cost     []amount `json:"cost" doc:"Gross, of those that are settled, by currency"`
	NotFinal int64    `json:"not_final" doc:"Closed and not priced: held, or on their way"`
}

func (s *server) summariseSessions(ctx context.Context, sc access.Scope, in *struct{ SessionFilter }) (sessionSummary, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (sessionSummary, error) {
		sum, err := sessions.Summarise(tx, sc, in.filter())
		v := sessionSummary{Count: sum.Count, Open: sum.Open, EnergyWh: sum.Energy.WattHours(), Cost: []amount{}, NotFinal: sum.Unsettled}
		for _, c := range sum.Cost {
			v.Cost = append(v.Cost, amountOf(c.Minor, money.Currency(c.Currency)))
		}
		return v, err
	})
}

type reviewPost struct {
	SessionPath
	Body struct {
		Decision string `json:"decision" enum:"accept,energy,void"`
		EnergyWh *int64 `json:"energy_wh,omitempty" minimum:"0" maximum:"10000000" doc:"With the decision energy"`
		Reason   string `json:"reason" minLength:"1" maxLength:"500" doc:"Kept with the evidence"`
	} `nameHint:"ReviewSession"`
}

func (s *server) reviewSession(ctx context.Context, sc access.Scope, in *reviewPost) (session, error) {
	d := sessions.Decision{Choice: sessions.Choice(in.Body.Decision), Reason: in.Body.Reason}
	switch {
	case in.Body.EnergyWh != nil:
		d.Energy = *in.Body.EnergyWh
	case d.Choice == sessions.ByWord:
		return session{}, fail.Field("api.reviewSession", "energy_wh", "the decision energy needs it")
	}
	row, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (sessions.Session, error) { return sessions.Get(tx, sc, in.ID) })
	if err != nil {
		return session{}, err
	}
	v, err := store.Do(ctx, s.o.DB, row.Station, func(tx *store.Tx) (session, error) {
		row, err := sessions.Review(tx, sc, in.ID, d)
		if err != nil {
			return session{}, err
		}
		return s.showSession(tx, row)
	})
	if err == nil {
		s.o.Live.Publish(topicSession, []byte(in.ID))
	}
	return v, err
}

// measured is what an EVSE draws and offers now in W, and its vehicle's state of
// charge in percent; nil where it is not known, or not of now.
func (s *server) measured(station string, evse int64) (power, limit *int64, soc *float64) {
	if s.o.Monitor == nil {
		return nil, nil, nil
	}
	v, ok := s.o.Monitor.Values(station, evse)
	if !ok {
		return nil, nil, nil
	}
	now := time.Now()
	if v.Power.Fresh(now) {
		power = whole(&v.Power.V)
	}
	if v.Offered.Fresh(now) {
		limit = whole(&v.Offered.V)
	}
	if v.SoC.Fresh(now) {
		soc = &v.SoC.V
	}
	return power, limit, soc
}
