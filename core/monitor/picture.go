package monitor

import (
	"math"
	"slices"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/session"
	"chargewright/core/station"
)

// EVSE is how an EVSE does in a Picture.
type EVSE struct {
	Station   string
	EVSE      int64
	State     station.State
	Power     float64 // W
	Known     bool    // the power is
	MaxPowerW int64   // 0 where it is not known
	Session   bool    // one is open
}

// Site is how a site does in a Picture. It is not to be changed.
type Site struct {
	station.Spot
	EVSEs    []EVSE // by station and EVSE
	Stations []station.Standing
	States   map[station.State]int
	Power    float64 // W, of the EVSEs whose power is known
	MaxPower int64   // W, of the EVSEs that tell

	Strongest int64    // W, of its strongest EVSE; 0 where none tells
	Standards []string // of its connectors that tell, in order, each once
	Open      int      // sessions
	Drawing   int      // of them, by which energy flows
}

// Worst is the state of the site's EVSEs that an operator should care about
// most; unknown where it has none.
func (s *Site) Worst() station.State {
	for _, w := range station.States {
		if s.States[w] > 0 {
			return w
		}
	}
	return station.StateUnknown
}

// Picture is how everything in the installation does at one time. It is shared
// and not to be changed.
type Picture struct {
	At    time.Time
	sites []*Site // by name, then id
}

// Sites returns the sites that a scope sees, by name.
func (p *Picture) Sites(sc access.Scope) []*Site {
	var out []*Site
	seen := map[string]bool{}
	for _, id := range sc.Sites {
		seen[id] = true
	}
	for _, s := range p.sites {
		if s.Tenant == sc.Tenant && (!sc.Limited() || seen[s.ID]) {
			out = append(out, s)
		}
	}
	return out
}

// painter merges rows that come in order of station and EVSE.
type painter struct {
	at       time.Time
	gauge    *gauge
	plugs    []station.Connector
	evses    []station.EVSE
	open     []session.Running
	of       map[string]*Site
	standing []station.Standing
}

// paint reads how everything does: five passes over narrow rows, merged here
// because engines join them slower.
func paint(tx *store.Tx, g *gauge) (*Picture, error) {
	p := &painter{at: tx.Now(), gauge: g, of: map[string]*Site{}}
	pic := &Picture{At: tx.Now()}
	err := station.EachSpot(tx, func(s station.Spot) {
		site := &Site{Spot: s, States: map[station.State]int{}}
		p.of[s.ID] = site
		pic.sites = append(pic.sites, site)
	})
	if err != nil {
		return nil, err
	}
	if err := station.EachPlug(tx, func(c station.Connector) { p.plugs = append(p.plugs, c) }); err != nil {
		return nil, err
	}
	if err := station.EachEVSE(tx, func(e station.EVSE) { p.evses = append(p.evses, e) }); err != nil {
		return nil, err
	}
	if err := session.EachOpen(tx, func(s session.Running) { p.open = append(p.open, s) }); err != nil {
		return nil, err
	}
	if err := station.EachStanding(tx, func(s station.Standing) { p.standing = append(p.standing, s) }); err != nil {
		return nil, err
	}
	for _, s := range p.standing {
		p.station(s)
	}
	slices.SortFunc(pic.sites, func(a, b *Site) int {
		if a.Name != b.Name {
			if a.Name < b.Name {
				return -1
			}
			return 1
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return pic, nil
}

// take cuts what belongs to a station off the front of rows ordered by station.
func take[T any](rows *[]T, id string, of func(*T) string) []T {
	from := 0
	for from < len(*rows) && of(&(*rows)[from]) < id {
		from++
	}
	to := from
	for to < len(*rows) && of(&(*rows)[to]) == id {
		to++
	}
	out := (*rows)[from:to]
	*rows = (*rows)[to:]
	return out
}

func (p *painter) station(st station.Standing) {
	plugs := take(&p.plugs, st.ID, func(c *station.Connector) string { return c.Station })
	evses := take(&p.evses, st.ID, func(e *station.EVSE) string { return e.Station })
	open := take(&p.open, st.ID, func(s *session.Running) string { return s.Station })
	site := p.of[st.Site]
	if site == nil {
		return
	}
	whole := station.Station{Connected: st.Connected, Status: st.Status}
	site.Stations = append(site.Stations, st)
	site.Open += len(open)
	for _, s := range open {
		if s.State == session.Charging && st.Connected {
			site.Drawing++
		}
	}
	for _, e := range evses {
		p.evse(site, whole, e, atEVSE(plugs, e.EVSE), atOpen(open, e.EVSE))
	}
}

func atEVSE(plugs []station.Connector, evse int64) []station.Connector {
	from := 0
	for from < len(plugs) && plugs[from].EVSE < evse {
		from++
	}
	to := from
	for to < len(plugs) && plugs[to].EVSE == evse {
		to++
	}
	return plugs[from:to]
}

// atOpen is the newest open session of an EVSE, nil where there is none.
func atOpen(open []session.Running, evse int64) *session.Running {
	for i := range open {
		if open[i].EVSE == evse {
			return &open[i]
		}
	}
	return nil
}

func (p *painter) evse(site *Site, st station.Station, e station.EVSE, plugs []station.Connector, open *session.Running) {
	flow, begun := station.NoSession, time.Time{}
	if open != nil {
		flow, begun = open.Flow.EVSE(), open.StartedAt
	}
	x := EVSE{Station: e.Station, EVSE: e.EVSE, State: station.EVSEState(st, plugs, flow), MaxPowerW: e.MaxPowerW, Session: open != nil}
	v, _ := p.gauge.power(key{e.Station, e.EVSE})
	x.Power, x.Known = present(v, x.State, open != nil, begun, p.at)
	if x.Known {
		site.Power += x.Power
	}
	site.MaxPower += e.MaxPowerW
	site.Strongest = max(site.Strongest, e.MaxPowerW)
	for _, c := range plugs {
		if i, found := slices.BinarySearch(site.Standards, c.Standard); !found && c.Standard != "" {
			site.Standards = slices.Insert(site.Standards, i, c.Standard)
		}
	}
	site.States[x.State]++
	site.EVSEs = append(site.EVSEs, x)
}

// early is how much before its session a measurement may be dated and still be
// of it: clocks of meters and messages differ.
const early = 2 * time.Second

// present is the power of an EVSE now, in W, and whether it is known: not of a
// station that is offline, and not by a measurement that is stale or older than
// the session. An EVSE that neither has a session nor says that it charges
// gives nothing.
func present(v Value, state station.State, open bool, begun, now time.Time) (float64, bool) {
	switch {
	case state == station.StateOffline:
		return 0, false
	case !open && state != station.StateCharging:
		return 0, true
	case !v.Fresh(now) || open && v.At.Before(begun.Add(-early)):
		return 0, false
	}
	return v.V, true
}

// watts rounds a power to whole W, half away from zero.
func watts(v float64) int64 { return int64(math.Round(v)) }
