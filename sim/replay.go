package sim

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/wire/ocpp"
)

// ReplayOptions says what is replayed, where and how.
type ReplayOptions struct {
	URL      string
	Sessions []Session
	// Versions are dealt to the stations in the order of their names: station i
	// speaks Versions[i % len]. None means 1.6.
	Versions []ocpp.Version
	Prefix   string // of the stations' identities
	// Speed is how many recorded seconds pass in a real one, and then every
	// station is connected at once. 0 replays as fast as the server answers.
	Speed int64
	// Concurrency is how many stations are connected at once when Speed is 0;
	// 16 when zero.
	Concurrency int
	Token       func(Session) string         // nil: "REPLAY"
	Password    func(identity string) string // nil: none
	// Progress is told after each session, by one goroutine at a time.
	Progress func(Progress)
	// MeterInterval is the time between samples; 15 minutes when zero.
	MeterInterval time.Duration
	// Patience bounds the wait for a station to be accepted; one minute when
	// zero.
	Patience time.Duration
	Quirks   []string
	Seed     uint64
	Dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	TLS      *tls.Config
	Log      *slog.Logger
	Observe  func(identity string, f Frame) // see Config.Observe; called by many goroutines
}

// Progress is how far a replay has come.
type Progress struct {
	Done, Total int
	Last        Result
}

// Result is what became of one session.
type Result struct {
	Session     Session
	Station     string // identity
	EVSE        int
	Version     ocpp.Version
	Transaction string // id
	EnergyWh    int64  // as reported to the server
	Start, End  time.Time
	Err         error // nil when every message was answered and the token accepted
}

// Replay plays recorded sessions: a station for each distinct Session.Station,
// an EVSE for each that is in use at once, and for each session its statuses,
// start, samples and end with the times of the record. The power is constant
// over the stay, for DC it falls from 160 % of its mean to 40 % while the battery
// goes from 20 % to 80 %; the registers differ by exactly the energy recorded.
// Messages are flagged offline in 2.x: they are delivered late.
//
// The results are in the order of the sessions. The error is of the options or
// of ctx; what fails for one session is in its result. The transaction ids of
// 2.x derive from Seed and the session: a second run with the same Seed repeats
// them, and a server that keeps to idempotence has nothing to add.
func Replay(ctx context.Context, o ReplayOptions) ([]Result, error) {
	const op = "sim.replay"
	if o.Speed < 0 || o.Concurrency < 0 {
		return nil, fail.Field(op, "speed", "speed and concurrency are not negative")
	}
	o.fillIn()
	p := newReplay(o)
	limit := o.Concurrency
	if o.Speed > 0 {
		limit = len(p.tracks)
	}
	places := make(chan struct{}, max(limit, 1))
	var parts sync.WaitGroup
	for _, t := range p.tracks {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		parts.Go(func() {
			defer func() { <-places }()
			p.run(ctx, t)
		})
	}
	parts.Wait()
	if err := ctx.Err(); err != nil {
		return p.results, fail.Wrap(fail.Timeout, op, err)
	}
	return p.results, nil
}

func (o *ReplayOptions) fillIn() {
	if len(o.Versions) == 0 {
		o.Versions = []ocpp.Version{ocpp.V16}
	}
	if o.Concurrency == 0 {
		o.Concurrency = 16
	}
	if o.Token == nil {
		o.Token = func(Session) string { return "REPLAY" }
	}
	if o.Password == nil {
		o.Password = func(string) string { return "" }
	}
	o.MeterInterval = orTime(o.MeterInterval, 15*time.Minute)
	o.Patience = orTime(o.Patience, time.Minute)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// replay is one run of Replay.
type replay struct {
	ReplayOptions
	tracks []*track
	begun  time.Time // real time
	origin time.Time // the earliest start recorded

	mu      sync.Mutex
	results []Result
	done    int
}

// track is what one station has to play.
type track struct {
	cfg   Config
	plays []*play
}

// play is one session on its EVSE.
type play struct {
	index int
	s     Session
	evse  int
	t     *transaction
	r     Result
	quiet bool // the token was refused: nothing flows
}

func newReplay(o ReplayOptions) *replay {
	p := &replay{ReplayOptions: o, begun: time.Now(), results: make([]Result, len(o.Sessions))}
	byName := map[string][]*play{}
	for i, s := range o.Sessions {
		byName[s.Station] = append(byName[s.Station], &play{index: i, s: s})
		if p.origin.IsZero() || s.Start.Before(p.origin) {
			p.origin = s.Start
		}
		p.results[i] = Result{Session: s, Err: fail.New(fail.Timeout, "sim.replay", "the session was not played")}
	}
	names := make([]string, 0, len(byName))
	for name := range byName {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		t := &track{plays: byName[name]}
		evses := assign(t.plays)
		id := o.Prefix + name
		t.cfg = Config{
			ID: id, URL: o.URL, Version: o.Versions[i%len(o.Versions)], Password: o.Password(id), Dial: o.Dial, TLS: o.TLS, Seed: o.Seed,
			Log: o.Log, Quirks: o.Quirks, Model: "Replay",
			EVSEs: slices.Repeat([]EVSE{{Kind: t.plays[0].s.Kind}}, evses),
		}
		if o.Observe != nil {
			t.cfg.Observe = func(f Frame) { o.Observe(id, f) }
		}
		for _, y := range t.plays {
			y.r = Result{Session: y.s, Station: id, EVSE: y.evse, Version: t.cfg.Version, Start: y.s.Start, End: y.s.End}
		}
		p.tracks = append(p.tracks, t)
	}
	return p
}

// assign puts the plays of a station in order and gives each an EVSE: its own
// if the record names one and that is free, else the first free one. It
// returns how many EVSEs that takes.
func assign(plays []*play) int {
	slices.SortStableFunc(plays, func(a, b *play) int {
		return cmp.Or(a.s.Start.Compare(b.s.Start), a.s.End.Compare(b.s.End), cmp.Compare(a.index, b.index))
	})
	n := 1
	for _, y := range plays {
		n = max(n, y.s.EVSE)
	}
	busy := make([]time.Time, n)
	for _, y := range plays {
		free := func(i int) bool { return !busy[i].After(y.s.Start) }
		at := y.s.EVSE - 1
		if at < 0 || !free(at) {
			at = slices.IndexFunc(busy, func(until time.Time) bool { return !until.After(y.s.Start) })
		}
		if at < 0 {
			busy = append(busy, time.Time{})
			at = len(busy) - 1
		}
		busy[at] = y.s.End
		y.evse = at + 1
	}
	return len(busy)
}

// run plays one station.
func (p *replay) run(ctx context.Context, t *track) {
	ctx, cancel := context.WithCancel(ctx)
	st, err := New(t.cfg)
	if err != nil {
		cancel()
		p.giveUp(t, err)
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := st.Run(ctx); err != nil {
			p.Log.Error("a station could not run", "station", t.cfg.ID, "err", err)
		}
	}()
	defer func() { cancel(); <-ended }()
	wait, stop := context.WithTimeout(ctx, p.Patience)
	err = st.WaitAccepted(wait)
	stop()
	if err != nil {
		p.giveUp(t, fail.New(fail.Timeout, "sim.replay", "station %s was not accepted", t.cfg.ID))
		return
	}
	for _, m := range p.script(t) {
		if err := p.pace(ctx, m.at); err != nil {
			return
		}
		if err := m.do(ctx, st); err != nil && m.y.r.Err == nil {
			m.y.r.Err = err
		}
		if m.last {
			p.finished(m.y)
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (p *replay) giveUp(t *track, err error) {
	for _, y := range t.plays {
		y.r.Err = err
		p.finished(y)
	}
}

func (p *replay) finished(y *play) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.results[y.index] = y.r
	p.done++
	if p.Progress != nil {
		p.Progress(Progress{Done: p.done, Total: len(p.results), Last: y.r})
	}
}

// pace waits until a recorded moment has come.
func (p *replay) pace(ctx context.Context, at time.Time) error {
	if p.Speed == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Until(p.begun.Add(at.Sub(p.origin) / time.Duration(p.Speed))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
