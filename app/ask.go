package app

import (
	"context"
	"sync"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/core/station"
)

// asker asks stations what they can show, once each for a firmware, where nothing
// is known of it.
type asker struct {
	s    *Server
	free chan struct{}
	work sync.WaitGroup

	mu    sync.Mutex
	asked map[string]bool // by this process
	queue int             // of those that wait for a place
}

const (
	// asksAtOnce bounds the stations that are asked at one time, maxAsking those that
	// wait for it; others are asked when they are met again.
	asksAtOnce = 8
	maxAsking  = 5_000
	// maxAsked bounds what is remembered; beyond it stations are asked again.
	maxAsked = 50_000
)

func newAsker(s *Server) *asker {
	return &asker{s: s, free: make(chan struct{}, asksAtOnce), asked: map[string]bool{}}
}

// ask asks a station in the background, if the configuration lets it and it was
// not asked before.
func (a *asker) ask(ctx context.Context, to string) {
	if !a.s.cfg.AskDisplays || !a.begin(to) {
		return
	}
	a.work.Go(func() {
		select {
		case <-ctx.Done():
			a.served()
			a.end(to)
			return
		case a.free <- struct{}{}:
		}
		defer func() { <-a.free }()
		a.served()
		if err := a.put(ctx, to); err != nil {
			a.end(to) // such as one that is away: another time
		}
	})
}

func (a *asker) begin(station string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asked[station] || a.queue >= maxAsking {
		return false
	}
	a.queue++
	if len(a.asked) >= maxAsked {
		a.asked = map[string]bool{}
	}
	a.asked[station] = true
	return true
}

// served counts a station out of those that wait.
func (a *asker) served() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue--
}

func (a *asker) end(station string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.asked, station)
}

// put derives from the settings on file what a station shows, or asks for them.
func (a *asker) put(ctx context.Context, to string) error {
	type known struct {
		st    station.Station
		found bool
		told  bool
	}
	k, err := store.Do(ctx, a.s.DB, to, func(tx *store.Tx) (k known, err error) {
		if k.st, k.found, err = station.Find(tx, to); err != nil || !k.found {
			return k, err
		}
		k.told, err = device.Recall(tx, to)
		return k, err
	})
	if err != nil || !k.found || k.told {
		return err
	}
	if !k.st.Connected { // it is asked when it comes
		return fail.New(fail.Offline, "app.ask", "the station %q is not connected", to)
	}
	ctx, cancel := context.WithTimeout(device.WithActor(ctx, "display"), costWait)
	defer cancel()
	ask := device.ScreenSettings(k.st.Protocol)
	if k.st.Protocol == "2.1" {
		ask = append(ask, device.SupportedLimits)
	}
	if _, err := a.s.commands.Command(ctx, to, device.GetSettings{Settings: ask}); err != nil {
		return err
	}
	_, err = store.Do(ctx, a.s.DB, to, func(tx *store.Tx) (struct{}, error) { return struct{}{}, device.Asked(tx, to) })
	return err
}
