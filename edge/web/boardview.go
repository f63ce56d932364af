package web

import (
	"strconv"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
	"chargewright/core/session"
	"chargewright/core/station"
)

// silence is how long a meter value of an open session is taken for the present
// one: common sampling intervals go up to 15 minutes.
const silence = 16 * time.Minute

// row is a connector on the board.
type row struct {
	Key     string // stable while the row stands for the same thing
	Station string
	Plug    string // EVSE, and connector where it is not the first
	Name    string
	Site    string
	State   state
	Last    string // an offline station: the state before
	Note    string // what the station says of a fault
	Wait    string // what an operator decided or has to decide
	Since   string
	Token   string
	Energy  string
	Power   string
	Span    string
	Stale   string // age of the values where they are not the present ones

	siteID string
	energy energy.Energy
	busy   bool
}

// ended is a session in the list below the board.
type ended struct {
	ID      string
	Started string
	Station string
	Plug    string
	Site    string
	Token   string
	State   state
	Note    string
	Energy  string
	Span    string
	Cost    string
	Receipt string // address; "" where there is none
}

// window is one of the fixed places at the head of the page.
type window struct {
	Key, Word, Count, Class, Icon, Address string
	On                                     bool
}

// option is a choice of a filter.
type option struct {
	Value, Word string
	On          bool
}

// boardView is what the board's templates show.
type boardView struct {
	Owner     string
	Date      string
	Clock     string
	Zone      string // named once, below the tables
	Windows   []window
	Filter    filter
	Narrowed  bool
	States    []option
	Sites     []option
	Title     string
	Totals    []string
	Rows      []row
	From, To  int
	Count     int
	Prev      string
	Next      string
	More      bool // stations beyond the bound are not shown
	Stations  int
	Ended     []ended
	EndedSite string
}

func (n *network) row(st station.Station, c station.Connector, s *session.Session) row {
	site := n.site(st.Site)
	r := row{
		Key: st.ID + "/" + plug(c.EVSE, c.ID), Station: st.ID, Plug: plug(c.EVSE, c.ID), Name: st.Name, Site: site.Name, siteID: st.Site,
		State: connectorState(c, s), Since: moment(c.StatusAt, n.at, site.zone),
	}
	if r.State.Key == "faulted" {
		r.Note = quoted(c)
	}
	switch st.Onboarding {
	case station.Pending:
		r.Wait = "waits to be accepted"
	case station.Rejected:
		r.Wait = "rejected by an operator"
	}
	if !st.Connected {
		r.Last, r.State = r.State.Word, offline
		r.Stale = "never connected"
		if !st.DisconnectedAt.IsZero() {
			r.Since, r.Stale = moment(st.DisconnectedAt, n.at, site.zone), age(n.at.Sub(st.DisconnectedAt))
		}
		if st.DisconnectedAt.IsZero() && c.EVSE == 0 {
			r.Last = ""
		}
	}
	if s != nil {
		n.run(&r, *s, site)
	}
	return r
}

// run puts an open session into its row.
func (n *network) run(r *row, s session.Session, site place) {
	r.busy, r.energy = true, s.Energy
	r.Token, r.Energy = hint(s.Token), kwh(s.Energy)
	begun := begin(s)
	r.Since, r.Span = moment(begun, n.at, site.zone), span(n.at.Sub(begun))
	if w := meanPower(s.Energy, s.LastAt.Sub(begun)); w > 0 {
		r.Power = kw(w)
	}
	last := s.LastAt
	if last.IsZero() {
		last = begun
	}
	if old := n.at.Sub(last); r.State.Key == offline.Key || r.State.Key == "charging" && old > silence {
		r.Stale = age(old)
	}
}

// begin is when a session began, or was first heard of where that is not known.
func begin(s session.Session) time.Time {
	if s.StartedAt.IsZero() {
		return s.CreatedAt
	}
	return s.StartedAt
}

// plug names a connector within its station: "1", or "1.2" for the second
// connector of EVSE 1; "" where it is not known.
func plug(evse, connector int64) string {
	switch {
	case evse == 0:
		return ""
	case connector > 1:
		return strconv.FormatInt(evse, 10) + "." + strconv.FormatInt(connector, 10)
	}
	return strconv.FormatInt(evse, 10)
}

// view makes the page of a filter.
func (n *network) view(f filter) boardView {
	all := n.rows()
	var kept []row
	for _, r := range all {
		if f.keeps(r) {
			kept = append(kept, r)
		}
	}
	v := boardView{
		Owner: n.owner, Windows: n.windows(all, f), Filter: f, Narrowed: f.narrowed(), Title: "Connectors", Totals: totals(kept),
		Count: len(kept), More: n.more, Stations: len(n.stations),
	}
	n.clock(&v)
	for _, s := range append([]state{{"", "All states", ""}, {"online", "Online", ""}}, states...) {
		v.States = append(v.States, option{s.Key, s.Word, s.Key == f.State})
	}
	v.Sites = append(v.Sites, option{"", "All sites", f.Site == ""})
	for _, s := range n.sites {
		v.Sites = append(v.Sites, option{s.ID, s.Name, s.ID == f.Site})
		if s.ID == f.Site {
			v.EndedSite = s.Name
		}
	}
	last := max((len(kept)+pageSize-1)/pageSize, 1)
	f.Page = min(max(f.Page, 1), last)
	from := (f.Page - 1) * pageSize
	to := min(from+pageSize, len(kept))
	v.Rows, v.From, v.To = kept[from:to], from+1, to
	if f.Page > 1 {
		v.Prev = f.page(f.Page - 1).address()
	}
	if f.Page < last {
		v.Next = f.page(f.Page + 1).address()
	}
	v.Ended = n.endedView(f)
	return v
}

func (n *network) clock(v *boardView) {
	zone := n.zone()
	v.Zone = "the zone of each site"
	if zone == nil {
		zone = time.UTC
	} else {
		v.Zone = zone.String()
	}
	now := n.at.In(zone)
	v.Date, v.Clock = now.Format("Mon 2 Jan 2006"), now.Format("15:04:05")+" "+zoneName(now)
}

// windows are the counts of the whole network, whatever the page is narrowed to.
func (n *network) windows(all []row, f filter) []window {
	count := map[string]int{}
	for _, r := range all {
		count[r.State.Key]++
	}
	up := 0
	for _, s := range n.stations {
		if s.Connected {
			up++
		}
	}
	ws := []window{
		{Key: "faulted", Word: "Faulted", Count: "clear"},
		{Key: offline.Key, Word: offline.Word, Count: "clear"},
		{Key: "online", Word: "Online", Count: counted(up, "station")},
		{Key: "charging", Word: "Charging", Count: counted(count["charging"], "connector"), Icon: "charging"},
		{Key: "available", Word: "Available", Count: counted(count["available"], "connector"), Icon: "available"},
		{Key: "", Word: "All", Count: counted(len(all), "connector")},
	}
	if c := count["faulted"]; c > 0 {
		ws[0].Count, ws[0].Class, ws[0].Icon = counted(c, "connector"), "f", "faulted"
	}
	if down := len(n.stations) - up; down > 0 {
		ws[1].Count, ws[1].Class, ws[1].Icon = counted(down, "station"), "w", "offline"
	}
	for i, w := range ws {
		ws[i].Address, ws[i].On = filter{State: w.Key}.address(), w.Key == f.State && f.Site == "" && f.Query == ""
	}
	return ws
}

func totals(rows []row) []string {
	busy := 0
	var sum energy.Energy
	for _, r := range rows {
		if r.busy {
			busy++
			sum += r.energy
		}
	}
	return []string{counted(len(rows), "connector"), counted(busy, "session") + " open", kwh(sum) + " kWh in open sessions"}
}

func (n *network) endedView(f filter) []ended {
	at := map[string]string{}
	for _, st := range n.stations {
		at[st.ID] = st.Site
	}
	var out []ended
	for _, s := range n.ended {
		if len(out) == maxEnded {
			break
		}
		if f.Site != "" && at[s.Station] != f.Site {
			continue
		}
		site := n.site(at[s.Station])
		begun := begin(s)
		e := ended{
			ID: s.ID, Started: moment(begun, n.at, site.zone), Station: s.Station, Plug: plug(s.EVSE, s.Connector), Site: site.Name,
			Token: hint(s.Token), Energy: kwh(s.Energy),
		}
		e.State, e.Note = outcome(s)
		if !s.StoppedAt.IsZero() {
			e.Span = span(s.StoppedAt.Sub(begun))
		}
		if s.CostMinor != nil && money.Currency(s.Currency).Known() {
			e.Cost, e.Receipt = amount(*s.CostMinor, money.Currency(s.Currency)), "/receipt/"+s.ID
		}
		out = append(out, e)
	}
	return out
}
