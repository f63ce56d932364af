package app

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/brake"
	"chargewright/core/driver"
	"chargewright/core/notify"
	"chargewright/core/reserve"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/edge/api"
)

// watcher follows which stations changed, apart from their messages: it numbers
// EVSEs that are new, says on the live events which sites changed for drivers,
// and tells drivers who wait for a free EVSE that there is one.
type watcher struct {
	mu       sync.Mutex
	stations map[string]bool // that changed since they were looked at
	missed   bool            // there were too many to remember
	wake     chan struct{}

	seen map[string]uint64 // how each site was when it was looked at last; of run alone
}

const (
	// gatherFor is how long changes are gathered: many are of one site.
	gatherFor = 250 * time.Millisecond
	// maxChanged and maxSeen bound what is remembered.
	maxChanged = 50_000
	maxSeen    = 50_000
	// lookAgain is the interval at which every site that somebody waits for is
	// looked at, whatever was missed.
	lookAgain = 5 * time.Minute
)

func newWatcher() *watcher {
	return &watcher{stations: map[string]bool{}, wake: make(chan struct{}, 1), seen: map[string]uint64{}}
}

// note takes a station that changed. It does not wait.
func (w *watcher) note(topic, id string) {
	if topic != "station" {
		return
	}
	w.mu.Lock()
	if len(w.stations) < maxChanged {
		w.stations[id] = true
	} else {
		w.missed = true
	}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns what was noted and begins anew.
func (w *watcher) take() (stations map[string]bool, missed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	stations, missed = w.stations, w.missed
	w.stations, w.missed = map[string]bool{}, false
	return stations, missed
}

// watch runs until ctx ends.
func (s *Server) watch(ctx context.Context) {
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	s.watched(ctx, s.number(ctx))
	s.watched(ctx, s.waitedFor(ctx))
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			s.watched(ctx, s.waitedFor(ctx))
			continue
		case <-s.watcher.wake:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(gatherFor):
		}
		stations, missed := s.watcher.take()
		if missed {
			s.watched(ctx, s.number(ctx))
			s.watched(ctx, s.waitedFor(ctx))
		}
		for id := range stations {
			s.watched(ctx, s.look(ctx, id))
		}
		if len(s.watcher.seen) > maxSeen {
			s.watcher.seen = map[string]uint64{}
		}
	}
}

func (s *Server) watched(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "a change of a station could not be followed", "err", err)
	}
}

// number gives numbers to all EVSEs that have none.
func (s *Server) number(ctx context.Context) error {
	const batch = 200
	for ctx.Err() == nil {
		n, err := store.Do(ctx, s.DB, "numbers", func(tx *store.Tx) (int, error) { return station.NumberAll(tx, batch) })
		if err != nil || n < batch {
			return err
		}
	}
	return nil
}

// waitedFor looks at every site that somebody waits for.
func (s *Server) waitedFor(ctx context.Context) error {
	const batch = 100
	after := ""
	for {
		sites, err := store.Read(ctx, s.DB, func(tx *store.Tx) ([]driver.Watch, error) { return driver.Watched(tx, after, batch) })
		if err != nil {
			return err
		}
		for _, x := range sites {
			after = x.Site
			p, err := s.placeAt(ctx, x.Tenant, x.Site)
			if err == nil {
				err = s.tellFree(ctx, x.Tenant, p)
			}
			if err != nil && !fail.Is(err, fail.NotFound) {
				return err
			}
		}
		if len(sites) < batch {
			return nil
		}
	}
}

// placeAt reads a site as drivers see it.
func (s *Server) placeAt(ctx context.Context, tenant, site string) (station.Place, error) {
	return store.Read(ctx, s.DB, func(tx *store.Tx) (station.Place, error) {
		p, err := station.GetPlace(tx, tenant, site)
		if err != nil {
			return p, err
		}
		one := []station.Place{p}
		err = session.Occupy(tx, tenant, one)
		return one[0], err
	})
}

// look sees what became of the site of a station that changed.
func (s *Server) look(ctx context.Context, id string) error {
	st, err := store.Read(ctx, s.DB, func(tx *store.Tx) (station.Station, error) {
		st, _, err := station.Find(tx, id)
		return st, err
	})
	if err != nil || st.ID == "" {
		return err
	}
	p, err := s.placeAt(ctx, st.Tenant, st.Site)
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, b := range p.Bays {
		if b.Station == id && b.Number == "" {
			_, err := store.Do(ctx, s.DB, "numbers", func(tx *store.Tx) (struct{}, error) { return struct{}{}, station.Number(tx, id) })
			if err != nil {
				return err
			}
			break
		}
	}
	now := looks(p)
	if s.watcher.seen[p.ID] == now {
		return nil
	}
	s.watcher.seen[p.ID] = now
	s.Live.Publish(api.TopicSite, []byte(st.Tenant+"/"+p.ID))
	return s.tellFree(ctx, st.Tenant, p)
}

// looks is a digest of the states of a place's EVSEs; never 0.
func looks(p station.Place) uint64 {
	h := fnv.New64a()
	for _, b := range p.Bays {
		fmt.Fprint(h, b.Station, " ", b.EVSE.EVSE, " ", b.State(), "\n")
	}
	return h.Sum64() | 1
}

// freeFor is how long news of a free EVSE are news.
const freeFor = time.Hour

// tellFree mails those who wait for a free EVSE of a place, if it was full and is no
// more.
func (s *Server) tellFree(ctx context.Context, tenant string, p station.Place) error {
	wanted, err := store.Read(ctx, s.DB, func(tx *store.Tx) (bool, error) { return driver.IsWatched(tx, p.ID) })
	if err != nil || !wanted {
		return err
	}
	_, err = store.Do(ctx, s.DB, "tell/"+p.ID, func(tx *store.Tx) (struct{}, error) {
		drivers, err := driver.Seen(tx, p.ID, p.Free() > 0)
		for _, d := range drivers {
			if d.Email == "" {
				continue
			}
			if err := notify.Queue(tx, freeMail(tx, tenant, d, p)); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, err
	})
	return err
}

func freeMail(tx *store.Tx, tenant string, d driver.Driver, p station.Place) notify.Mail {
	where := strings.Trim(p.Name+", "+strings.Trim(p.Address+", "+strings.TrimSpace(p.PostalCode+" "+p.City), ", "), ", ")
	m := notify.Mail{
		Tenant: tenant, To: d.Email, Kind: "site_free", Key: fmt.Sprintf("site_free/%s/%s/%d", p.ID, d.ID, tx.Now().UnixMicro()), Until: tx.Now().Add(freeFor),
		Subject: "A charger is free: " + short(p.Name),
		Text:    "A charger is free again at\n\n" + where + "\n\nYou asked to be told once; we will not write again unless you ask.\n",
	}
	if d.Language == "de" {
		m.Subject = "Ein Ladepunkt ist frei: " + short(p.Name)
		m.Text = "Ein Ladepunkt ist wieder frei:\n\n" + where + "\n\nSie wollten einmal benachrichtigt werden; ohne neuen Wunsch schreiben wir nicht noch einmal.\n"
	}
	return m
}

// short is a name within one line of a mail's subject.
func short(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	if r := []rune(name); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return name
}

// forgetTokens replaces the tokens of a driver who left where other rooms hold
// them. It may run again.
func (s *Server) forgetTokens(ctx context.Context, e outbox.Event) error {
	var gone []driver.Gone
	if err := e.Decode(&gone); err != nil {
		return err
	}
	tenant, err := store.Read(ctx, s.DB, func(tx *store.Tx) (string, error) { return driver.TenantOf(tx, e.Key) })
	if err != nil {
		return err
	}
	_, err = store.Do(ctx, s.DB, "driver/"+e.Key, func(tx *store.Tx) (struct{}, error) {
		for _, g := range gone {
			if err := brake.Rename(tx, tenant, g.Key, g.Pseudonym); err != nil {
				return struct{}{}, err
			}
			reserve.Pseudonymise(tx, tenant, g.Key, g.Pseudonym)
		}
		billing.RevokeLinksOf(tx, tenant, e.Key)
		return struct{}{}, nil
	})
	const batch = 20
	for after, more := "", true; err == nil && more; more = after != "" {
		after, err = store.Do(ctx, s.DB, "driver/"+e.Key, func(tx *store.Tx) (string, error) {
			return session.Pseudonymise(tx, tenant, e.Key, gone, after, batch)
		})
	}
	return err
}
