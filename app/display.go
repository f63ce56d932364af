package app

import (
	"context"
	"time"

	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/station"
)

// display has the stations of a tenant told what they are to show of prices, now
// and next. It comes when prices change or are planned, and when their time comes.
func (s *Server) display(ctx context.Context, e outbox.Event) error {
	s.displays.Lock() // two at a time would plan on the same rows
	defer s.displays.Unlock()
	type planned struct {
		plan    billing.Plan
		unknown []string
	}
	x, err := store.Read(ctx, s.DB, func(tx *store.Tx) (x planned, err error) {
		x.plan, x.unknown, err = billing.PlanDisplays(tx, e.Key)
		return x, err
	})
	if err != nil {
		return err
	}
	_, err = store.Do(ctx, s.DB, "displays/"+e.Key, func(tx *store.Tx) (struct{}, error) { return struct{}{}, billing.ShowDisplays(tx, x.plan) })
	if err != nil {
		return err
	}
	for _, id := range x.unknown {
		s.askDisplay(id)
	}
	return nil
}

// screened takes up that a station shows something else than was known: it is told
// what there is to be shown on it.
func (s *Server) screened(ctx context.Context, e outbox.Event) error {
	s.costs.learnt()
	return s.redisplay(ctx, e.Key)
}

// askDisplay asks a station what it shows; screened goes on once it is known.
func (s *Server) askDisplay(id string) { s.asker.ask(s.life, id) }

// redisplay has the prices on the screens of a station's tenant looked at again.
func (s *Server) redisplay(ctx context.Context, id string) error {
	_, err := store.Do(ctx, s.DB, id, func(tx *store.Tx) (struct{}, error) {
		st, found, err := station.Find(tx, id)
		if err != nil || !found {
			return struct{}{}, err
		}
		return struct{}{}, outbox.At(tx, tx.Now().Add(redisplayAfter), billing.TopicLearnt, st.Tenant, nil)
	})
	return err
}

// arrival is a station that connected, or booted.
type arrival struct {
	station string
	booted  bool
}

// maxArrivals bounds the arrivals that wait; one beyond it is taken up at its next.
const maxArrivals = 10_000

// arrived takes a station that connected or booted. It does not wait.
func (s *Server) arrived(station string, booted bool) {
	select {
	case s.arrivals <- arrival{station, booted}:
	default:
	}
}

// receive takes up, until ctx ends, what waited for stations that arrive.
func (s *Server) receive(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-s.arrivals:
			if err := s.takeUp(ctx, a); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "what waited for a station was not taken up", "station", a.station, "err", err)
			}
		}
	}
}

// takeUp has sent what was kept for a station while it was away, and asks it what it
// shows where that is not known. One that never booted is going to: its firmware is
// not known yet.
func (s *Server) takeUp(ctx context.Context, a arrival) error {
	type found struct{ waits, ask bool }
	price := device.Kind(device.ShowPrice{})
	x, err := store.Read(ctx, s.DB, func(tx *store.Tx) (x found, err error) {
		if x.waits, err = device.WaitsFor(tx, a.station, price); err != nil {
			return x, err
		}
		_, known, err := device.ScreenAt(tx, a.station)
		if err != nil || known {
			return x, err
		}
		st, there, err := station.Find(tx, a.station)
		x.ask = there && !st.BootAt.IsZero() && st.Onboarding == station.Accepted
		return x, err
	})
	if err != nil {
		return err
	}
	if x.waits {
		_, err = store.Do(ctx, s.DB, a.station, func(tx *store.Tx) (struct{}, error) { return struct{}{}, device.Resume(tx, a.station, price) })
	}
	if x.ask {
		if a.booted {
			s.asker.end(a.station) // what it said before was of another firmware
		}
		s.askDisplay(a.station)
	}
	return err
}

// redisplayAfter gathers the stations that tell what they show: many boot together.
const redisplayAfter = 10 * time.Second
