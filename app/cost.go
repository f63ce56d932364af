package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/session"
	"chargewright/core/station"
)

// costs tells stations that show it what their sessions cost: once a minute where
// the amount changed, at once when the price does, and at the end the amount of
// the receipt.
type costs struct {
	s     *Server
	free  chan struct{} // places for costs under way
	price chan struct{} // and for prices: a driver waits for one
	wake  chan struct{}
	work  sync.WaitGroup

	mu       sync.Mutex
	touched  map[string]bool     // sessions that changed since they were looked at
	open     map[string]*running // sessions at stations that show costs, by id
	dull     map[string]bool     // open sessions at stations that do not, until all are looked at
	all      bool                // all are to be looked at
	answered map[string]int64    // final costs that stations had in the answer to the end, by session
}

// running is an open session whose station shows its cost.
type running struct {
	due    time.Time // when it is to be told next
	told   billing.Cost
	flow   session.Flow
	asking bool // a command is under way
}

const (
	// costEvery is how often a station is told of a cost that goes on changing.
	costEvery = time.Minute
	// costsAtOnce bounds the commands under way, costsOpen and costsTouched what is
	// remembered.
	costsAtOnce  = 16
	costsOpen    = 50_000
	costsTouched = 50_000
	// costsAgain is how often all open sessions are looked at, whatever was missed.
	costsAgain = 5 * time.Minute
	// costWait bounds one command.
	costWait = 30 * time.Second
	// finalTries is how often a station that is away is tried for a final cost: its
	// driver is leaving.
	finalTries = 4
)

func newCosts(s *Server) *costs {
	return &costs{
		s: s, free: make(chan struct{}, costsAtOnce), price: make(chan struct{}, costsAtOnce), wake: make(chan struct{}, 1),
		touched: map[string]bool{}, open: map[string]*running{}, dull: map[string]bool{}, answered: map[string]int64{},
	}
}

// note takes a session that changed. It does not wait.
func (c *costs) note(topic, id string) {
	if topic != "session" {
		return
	}
	c.mu.Lock()
	dull := c.dull[id]
	if !dull && len(c.touched) < costsTouched { // beyond it the next look at all finds it
		c.touched[id] = true
	}
	c.mu.Unlock()
	if !dull {
		c.nudge()
	}
}

// learnt has all sessions looked at again: more is known of what stations show.
func (c *costs) learnt() {
	c.mu.Lock()
	c.all = true
	c.mu.Unlock()
	c.nudge()
}

func (c *costs) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run tells until ctx ends.
func (c *costs) run(ctx context.Context) {
	defer c.work.Wait()
	again := time.NewTicker(costsAgain)
	defer again.Stop()
	c.said(ctx, c.lookAtAll(ctx))
	for {
		next := time.NewTimer(c.untilDue())
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-again.C:
			c.said(ctx, c.lookAtAll(ctx))
		case <-c.wake:
			select {
			case <-ctx.Done():
			case <-time.After(gatherFor):
			}
			c.said(ctx, c.look(ctx))
		case <-next.C:
		}
		next.Stop()
		c.tellDue(ctx)
	}
}

func (c *costs) said(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		c.s.log.ErrorContext(ctx, "what sessions cost cannot be followed", "err", err)
	}
}

// lookAtAll takes up every open session whose station shows costs.
func (c *costs) lookAtAll(ctx context.Context) error {
	c.mu.Lock()
	c.dull, c.all = map[string]bool{}, false
	c.mu.Unlock()
	for after := ""; ; {
		page, err := store.Read(ctx, c.s.DB, func(tx *store.Tx) ([]session.Session, error) { return session.OpenAfter(tx, after) })
		if err != nil || len(page) == 0 {
			return err
		}
		if err := c.follow(ctx, page); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
}

// look takes up the sessions that changed.
func (c *costs) look(ctx context.Context) error {
	c.mu.Lock()
	ids := make([]string, 0, len(c.touched))
	for id := range c.touched {
		ids = append(ids, id)
	}
	c.touched = map[string]bool{}
	all := c.all
	c.mu.Unlock()
	if all {
		return c.lookAtAll(ctx)
	}
	for some := range slices.Chunk(ids, session.MaxSome) {
		page, err := store.Read(ctx, c.s.DB, func(tx *store.Tx) ([]session.Session, error) { return session.Some(tx, some) })
		if err != nil {
			return err
		}
		if err := c.follow(ctx, page); err != nil {
			return err
		}
	}
	return nil
}

// follow takes up the open ones of some sessions whose stations show costs, and
// lets go of the closed ones. A session whose price changed is due at once.
func (c *costs) follow(ctx context.Context, page []session.Session) error {
	var at []string
	for _, s := range page {
		if s.State.Open() && !slices.Contains(at, s.Station) {
			at = append(at, s.Station)
		}
	}
	screens, err := store.Read(ctx, c.s.DB, func(tx *store.Tx) (map[string]device.Screen, error) { return device.Screens(tx, at) })
	if err != nil {
		return err
	}
	for _, st := range at {
		if _, known := screens[st]; !known {
			c.s.askDisplay(st)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range page {
		r := c.open[s.ID]
		shows := screens[s.Station]
		switch {
		case !s.State.Open():
			delete(c.open, s.ID)
		case !shows.Cost || !shows.Pays(s.Currency):
			delete(c.open, s.ID)
			if len(c.dull) < costsTouched {
				c.dull[s.ID] = true
			}
		case r == nil && len(c.open) < costsOpen:
			c.open[s.ID] = &running{flow: s.Flow}
		case r != nil && (r.flow != s.Flow || r.told.Next != nil && r.told.Next.Energy > 0 && int64(s.Energy) >= r.told.Next.Energy):
			r.flow, r.due = s.Flow, time.Time{}
		}
	}
	return nil
}

// untilDue is how long nothing is to be told.
func (c *costs) untilDue() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := costsAgain // nothing is open: a change wakes
	for _, r := range c.open {
		if !r.asking {
			wait = min(wait, time.Until(r.due))
		}
	}
	return max(wait, 0)
}

// tellDue tells what is due, as far as there are places; what finds none is told
// as soon as one is free.
func (c *costs) tellDue(ctx context.Context) {
	c.mu.Lock()
	var due []string
	now := time.Now()
	for id, r := range c.open {
		if !r.asking && !r.due.After(now) {
			due = append(due, id)
			r.asking = true
		}
	}
	c.mu.Unlock()
	for _, id := range due {
		select {
		case <-ctx.Done():
			return
		case c.free <- struct{}{}:
		}
		c.work.Go(func() {
			defer func() { <-c.free }()
			c.tell(ctx, id)
		})
	}
}

// tell tells a session's station what it costs so far, if that is not what it was
// told last, and sets when it is due again.
func (c *costs) tell(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(device.WithActor(ctx, "cost"), costWait)
	defer cancel()
	type now struct {
		session session.Session
		cost    billing.Cost
		ok      bool
	}
	x, err := store.Read(ctx, c.s.DB, func(tx *store.Tx) (x now, err error) {
		found := false
		if x.session, found, err = session.Find(tx, id); err != nil || !found || !x.session.State.Open() {
			return now{}, err
		}
		x.cost, x.ok, err = billing.CostOf(tx, x.session, tx.Now())
		return x, err
	})
	told := false
	if c.said(ctx, err); err == nil && x.ok && c.news(id, x.cost) {
		_, err = c.s.commands.Command(ctx, x.session.Station, x.cost.Running(x.session))
		told = err == nil // a station's no is its own: it is asked again when the cost has changed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.open[id]
	switch {
	case r == nil:
		return
	case err == nil && x.session.ID == "":
		delete(c.open, id)
		return
	}
	r.asking, r.due = false, time.Now().Add(costEvery)
	if told {
		r.told = x.cost
	}
	if n := x.cost.Next; n != nil && n.At.After(time.Now()) && n.At.Before(r.due) {
		r.due = n.At
	}
	c.nudge()
}

// news reports whether a cost is not what the station was told.
func (c *costs) news(id string, cost billing.Cost) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.open[id]
	return r != nil && (r.told.Total != cost.Total || r.told.Rates != cost.Rates || r.told.Idle != cost.Idle)
}

// answer remembers a final cost that a station had in the answer to the end.
func (c *costs) answer(session string, minor int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.answered) >= costsOpen {
		c.answered = map[string]int64{}
	}
	c.answered[session] = minor
}

// final tells a station what a session cost, once it is settled, unless it had
// that amount in the answer to its end. A station that does not know the session any
// more says so, and that is all.
func (c *costs) final(ctx context.Context, e outbox.Event) error {
	type end struct {
		session session.Session
		final   device.FinalCost
		shows   bool
	}
	x, err := store.Read(ctx, c.s.DB, func(tx *store.Tx) (x end, err error) {
		found := false
		if x.session, found, err = session.Find(tx, e.Key); err != nil || !found || !x.session.Settled {
			return end{}, err
		}
		shows, _, err := device.ScreenAt(tx, x.session.Station)
		if err != nil || !shows.Cost || !shows.Pays(x.session.Currency) {
			return end{}, err
		}
		x.shows = true
		x.final, err = billing.FinalOf(tx, x.session, shows)
		return x, err
	})
	c.mu.Lock()
	minor, told := c.answered[e.Key]
	delete(c.answered, e.Key)
	c.mu.Unlock()
	if err != nil || !x.shows || told && minor == x.final.Total.Minor {
		return err
	}
	ctx, cancel := context.WithTimeout(device.WithActor(ctx, "cost"), costWait)
	defer cancel()
	_, err = c.s.commands.Command(ctx, x.session.Station, x.final)
	if fail.Is(err, fail.Offline) && e.Attempts >= finalTries || fail.Is(err, fail.Timeout) {
		return nil // nobody stands there any more
	}
	return err
}

// authorised tells a driver whose token was accepted at a 1.6 station the price,
// at once: stations wait a moment for it and then begin. It does not block; where
// there is no place it is not told, and the running cost says it soon.
func (c *costs) authorised(at, token string) {
	select {
	case c.price <- struct{}{}:
	default:
		return
	}
	c.work.Go(func() {
		defer func() { <-c.price }()
		ctx, cancel := context.WithTimeout(device.WithActor(c.s.life, "cost"), costWait)
		defer cancel()
		p, ok, err := c.priceFor(ctx, at, token)
		if err == nil && ok {
			_, err = c.s.commands.Command(ctx, at, p)
		}
		if err != nil && !fail.Is(err, fail.Offline) {
			c.s.log.WarnContext(ctx, "a driver was not told the price", "station", at, "err", err)
		}
	})
}

func (c *costs) priceFor(ctx context.Context, at, token string) (p device.UserPrice, ok bool, err error) {
	_, err = store.Read(ctx, c.s.DB, func(tx *store.Tx) (struct{}, error) {
		shows, _, err := device.ScreenAt(tx, at)
		if err != nil || !shows.Prices {
			return struct{}{}, err
		}
		st, found, err := station.Find(tx, at)
		if err == nil && found {
			p, ok, err = billing.UserPrice(tx, st, token, shows)
		}
		return struct{}{}, err
	})
	return p, ok, err
}
