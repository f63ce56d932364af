package web

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/session"
	"chargewright/core/station"
)

// Bounds of one reading of the network.
const (
	chunk       = 200   // stations read at a time
	maxStations = 5_000 // on the board
	maxOpen     = 5_000 // open sessions on the board
	maxRecent   = 200   // sessions looked through for ended ones
	maxEnded    = 20    // ended sessions shown
)

// fresh is how long one reading of the network serves everyone who asks.
const fresh = time.Second

// shared is the newest reading of the network. Its zero value is ready.
type shared struct {
	mu   sync.Mutex
	last *network
	at   time.Time // by the monotonic clock
}

// get returns a reading not older than fresh. Callers that come while one is
// being made wait for it.
func (s *shared) get(ctx context.Context, o Options) (*network, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil && time.Since(s.at) < fresh {
		return s.last, nil
	}
	n, err := store.Read(ctx, o.DB, func(tx *store.Tx) (*network, error) { return read(tx, o.Scope) })
	if err != nil {
		return nil, err
	}
	s.last, s.at = n, time.Now()
	return n, nil
}

// place is a site with its zone loaded.
type place struct {
	station.Site
	zone *time.Location
}

// network is one reading of the tenant's stations and sessions. It is not
// changed after it was made.
type network struct {
	at         time.Time
	owner      string           // the legal entity, where all sites have one
	sites      []place          // by id
	index      map[string]place // the same by their ids
	stations   []station.Station
	connectors map[string][]station.Connector
	open       map[string][]session.Session // by station, newest first
	ended      []session.Session            // the latest begun first
	more       bool                         // there are stations beyond maxStations
}

func read(tx *store.Tx, sc access.Scope) (*network, error) {
	n := &network{at: tx.Now(), index: map[string]place{}, connectors: map[string][]station.Connector{}, open: map[string][]session.Session{}}
	sites, err := station.Sites(tx, sc)
	if err != nil {
		return nil, err
	}
	entities := map[string]bool{}
	for _, s := range sites {
		zone, err := s.Location()
		if err != nil {
			zone = time.UTC
		}
		n.index[s.ID] = place{s, zone}
		n.sites = append(n.sites, n.index[s.ID])
		entities[s.Entity] = true
	}
	if len(entities) == 1 {
		e, err := access.GetEntity(tx, sc.Tenant, sites[0].Entity)
		if err != nil {
			return nil, err
		}
		n.owner = e.Name
	}
	if err := n.readStations(tx, sc); err != nil {
		return nil, err
	}
	return n, n.readSessions(tx, sc)
}

func (n *network) readStations(tx *store.Tx, sc access.Scope) error {
	for after := ""; ; {
		page, err := station.List(tx, sc, after, chunk)
		if err != nil || len(page) == 0 {
			return err
		}
		if len(n.stations) >= maxStations {
			n.more = true
			return nil
		}
		first, last := page[0].ID, page[len(page)-1].ID
		cs, err := station.ConnectorsOf(tx, sc, first, last)
		if err != nil {
			return err
		}
		n.stations = append(n.stations, page...)
		for _, c := range cs {
			n.connectors[c.Station] = append(n.connectors[c.Station], c)
		}
		if len(page) < chunk {
			return nil
		}
		after = last
	}
}

func (n *network) readSessions(tx *store.Tx, sc access.Scope) error {
	open, err := session.List(tx, sc, session.Filter{Open: true}, maxOpen)
	if err != nil {
		return err
	}
	for _, s := range open {
		n.open[s.Station] = append(n.open[s.Station], s)
	}
	recent, err := session.List(tx, sc, session.Filter{}, maxRecent)
	if err != nil {
		return err
	}
	n.ended = slices.DeleteFunc(recent, func(s session.Session) bool { return s.State.Open() })
	slices.SortStableFunc(n.ended, func(a, b session.Session) int { return begin(b).Compare(begin(a)) })
	return nil
}

// site returns a site by id; a station's site is always among the tenant's
// unless there are more than the room lists.
func (n *network) site(id string) place {
	if p, ok := n.index[id]; ok {
		return p
	}
	return place{station.Site{ID: id, Name: id}, time.UTC}
}

// zone is the zone of all sites, nil where they differ.
func (n *network) zone() *time.Location {
	if len(n.sites) == 0 {
		return time.UTC
	}
	for _, s := range n.sites[1:] {
		if s.zone.String() != n.sites[0].zone.String() {
			return nil
		}
	}
	return n.sites[0].zone
}

// rows makes the rows of the whole board: one for each connector, one for a
// station that has none or reports a state of its own that matters, one for an
// open session whose connector is not known. Stations are in order of their ids.
func (n *network) rows() []row {
	var out []row
	for _, st := range n.stations {
		left := slices.Clone(n.open[st.ID])
		first := len(out)
		if st.Status == station.Faulted || st.Status == station.Unavailable {
			r := n.row(st, station.Connector{Station: st.ID, Status: st.Status}, nil)
			r.Wait = "the whole station"
			out = append(out, r)
		}
		for _, c := range n.connectors[st.ID] {
			var s *session.Session
			if i := slices.IndexFunc(left, func(s session.Session) bool { return s.EVSE == c.EVSE && (s.Connector == 0 || s.Connector == c.ID) }); i >= 0 {
				found := left[i]
				s, left = &found, slices.Delete(left, i, i+1)
			}
			out = append(out, n.row(st, c, s))
		}
		for _, s := range left {
			r := n.row(st, station.Connector{Station: st.ID, EVSE: s.EVSE, ID: s.Connector}, &s)
			r.Key = s.ID
			out = append(out, r)
		}
		if len(out) == first {
			out = append(out, n.row(st, station.Connector{Station: st.ID, Status: st.Status}, nil))
		}
	}
	return out
}

// quoted joins what a station says of a fault in its own words.
func quoted(c station.Connector) string {
	var words []string
	for _, w := range []string{c.ErrorCode, c.VendorError, c.Info} {
		w = strings.TrimSpace(w)
		if w != "" && !strings.EqualFold(w, "NoError") && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}
