package sim

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/wire/ocpp"
)

// NetworkOptions describes a living network.
type NetworkOptions struct {
	URL      string
	Stations int            // 1 to 10 000
	Versions []ocpp.Version // dealt to the stations in turn; none means all three
	Prefix   string         // of the identities; "DEMO" when empty
	Tokens   []string       // of the drivers; at least one
	Password func(identity string) string
	Quirks   func(identity string) []string
	// Idle is the mean time an EVSE stays empty between two drivers; 90 s when
	// zero.
	Idle time.Duration
	// First is the time within which an EVSE's first driver comes; 30 s when zero.
	First time.Duration
	// Busy is how many stations have a vehicle charging from the first moment
	// on, at their first EVSE.
	Busy int
	// Broken names stations whose last EVSE is Faulted for good, and its error
	// code of 1.6 (7.7). They have no other troubles.
	Broken map[string]string
	// Trouble is the mean time between two troubles of a station; 10 minutes
	// when zero, never when negative.
	Trouble  time.Duration
	Screens  bool     // the stations show prices and costs
	Troubles []string // by name; none means ConnectorFault and OfflineMinute
	Seed     uint64
	Dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	TLS      *tls.Config
	Log      *slog.Logger
	Observe  func(identity string, f Frame) // see Config.Observe; called by many goroutines
}

// How long a driver of a Network takes for things.
const (
	shortStay  = 40 * time.Second
	longStay   = 180 * time.Second
	demoSample = 10 * time.Second
	remoteWait = 30 * time.Second
	guestStay  = 30 * time.Minute
	guestLook  = 2 * time.Second
	firstVisit = 30 * time.Second
)

// Network is a number of stations with drivers that come and go.
type Network struct {
	o        NetworkOptions
	stations []*Station
	plan     []Config
}

// NewNetwork lays a network out. Every third station is a DC charger of 150 kW
// with one EVSE; the others have two AC EVSEs of 11 or 22 kW.
func NewNetwork(o NetworkOptions) (*Network, error) {
	const op = "sim.new_network"
	if o.Stations < 1 || o.Stations > 10_000 {
		return nil, fail.Field(op, "stations", "a network has 1 to 10 000 stations")
	}
	if len(o.Tokens) == 0 {
		return nil, fail.Field(op, "tokens", "the drivers need at least one token")
	}
	if len(o.Versions) == 0 {
		o.Versions = ocpp.Versions()
	}
	o.Prefix = orText(o.Prefix, "DEMO")
	o.Idle = orTime(o.Idle, 90*time.Second)
	o.First = orTime(o.First, firstVisit)
	if o.Trouble == 0 {
		o.Trouble = 10 * time.Minute
	}
	if len(o.Troubles) == 0 {
		o.Troubles = []string{ConnectorFault, OfflineMinute}
	}
	for _, name := range o.Troubles {
		if !slices.ContainsFunc(Troubles(), func(t Trouble) bool { return t.Name == name }) {
			return nil, fail.Field(op, "troubles", "there is no trouble %q", name)
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	n := &Network{o: o}
	for i := range o.Stations {
		cfg := n.config(i)
		st, err := New(cfg)
		if err != nil {
			return nil, err
		}
		n.plan = append(n.plan, cfg)
		n.stations = append(n.stations, st)
	}
	return n, nil
}

func (n *Network) config(i int) Config {
	id := fmt.Sprintf("%s-%03d", n.o.Prefix, i+1)
	cfg := Config{
		ID: id, URL: n.o.URL, Version: n.o.Versions[i%len(n.o.Versions)], Dial: n.o.Dial, TLS: n.o.TLS, Log: n.o.Log, Seed: n.o.Seed, Screen: n.o.Screens,
		Serial: fmt.Sprintf("CW%06d", 100_001+i), Sample: demoSample,
	}
	switch {
	case i%3 == 2:
		cfg.Model, cfg.EVSEs = "Rapid 150", []EVSE{{Kind: DC, MaxW: 150_000}}
	case i%2 == 0:
		cfg.Model, cfg.EVSEs = "Post 22", []EVSE{{MaxW: 22_000}, {MaxW: 22_000}}
	default:
		cfg.Model, cfg.EVSEs = "Post 11", []EVSE{{MaxW: 11_000}, {MaxW: 11_000}}
	}
	if n.o.Password != nil {
		cfg.Password = n.o.Password(id)
	}
	if n.o.Quirks != nil {
		cfg.Quirks = n.o.Quirks(id)
	}
	cfg.EVSEs[len(cfg.EVSEs)-1].Fault = n.o.Broken[id]
	if n.o.Observe != nil {
		cfg.Observe = func(f Frame) { n.o.Observe(id, f) }
	}
	return cfg
}

// Plan returns the configuration of every station.
func (n *Network) Plan() []Config { return append([]Config(nil), n.plan...) }

// Stations returns the stations, in the order of Plan.
func (n *Network) Stations() []*Station { return append([]*Station(nil), n.stations...) }

// Run keeps the network alive until ctx ends; then everything of it has ended.
func (n *Network) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	for i, st := range n.stations {
		parts.Go(func() {
			if err := st.Run(ctx); err != nil {
				n.o.Log.Error("a station could not run", "station", st.ID(), "err", err)
			}
		})
		for evse, e := range st.cfg.EVSEs {
			if e.Fault == "" {
				parts.Go(func() { n.visits(ctx, st, evse+1, evse == 0 && i < n.o.Busy) })
			}
		}
		if n.o.Trouble > 0 && n.o.Broken[st.ID()] == "" {
			parts.Go(func() { n.troubles(ctx, st) })
		}
	}
	parts.Wait()
	return nil
}

// visits lets one driver after the other come to an EVSE; where it is busy the
// first is there already.
func (n *Network) visits(ctx context.Context, st *Station, evse int, busy bool) {
	if st.WaitAccepted(ctx) != nil {
		return
	}
	for i := uint64(0); ; i++ {
		r := stream(n.o.Seed, fmt.Sprintf("%s/driver/%d", st.ID(), evse), i)
		idle := time.Duration(r.ExpFloat64() * float64(n.o.Idle))
		if i == 0 {
			idle %= n.o.First
		}
		visit := n.visit
		if i == 0 && busy {
			idle, visit = 0, n.waiting
		}
		select {
		case <-st.evses[evse-1].called:
			visit = n.guest
		case <-time.After(idle):
		case <-ctx.Done():
			return
		}
		if err := visit(ctx, st, evse, r); err != nil && ctx.Err() == nil {
			n.o.Log.Debug("a visit went wrong", "station", st.ID(), "evse", evse, "err", err)
		}
	}
}

// visit is one driver: plug in, present the card, or wait for a start by app,
// charge, stop, leave.
func (n *Network) visit(ctx context.Context, st *Station, evse int, r *rand.Rand) error {
	token := n.o.Tokens[r.IntN(len(n.o.Tokens))]
	car := someCar(st.cfg.EVSEs[evse-1].Kind, r)
	stay, byApp, cardFirst := between(r, shortStay, longStay), r.IntN(6) == 0, r.IntN(4) == 0
	if cardFirst && !byApp {
		if out, err := st.Tap(ctx, evse, token); err != nil || !out.Accepted() {
			return err
		}
		pause(ctx, between(r, 2*time.Second, 8*time.Second))
	}
	if err := st.Plug(ctx, evse, car); err != nil {
		return err
	}
	pause(ctx, between(r, time.Second, 5*time.Second))
	switch {
	case byApp:
		pause(ctx, remoteWait)
		fallthrough
	case !cardFirst:
		n.startIfIdle(ctx, st, evse, token)
	}
	return n.stay(ctx, st, evse, stay, r)
}

// waiting is a driver who has plugged in and presents the card at once.
func (n *Network) waiting(ctx context.Context, st *Station, evse int, r *rand.Rand) error {
	token := n.o.Tokens[r.IntN(len(n.o.Tokens))]
	if err := st.Plug(ctx, evse, someCar(st.cfg.EVSEs[evse-1].Kind, r)); err != nil {
		return err
	}
	n.startIfIdle(ctx, st, evse, token)
	return n.stay(ctx, st, evse, between(r, shortStay, longStay), r)
}

// stay charges, stops, or is done when the vehicle leaves.
func (n *Network) stay(ctx context.Context, st *Station, evse int, stay time.Duration, r *rand.Rand) error {
	pause(ctx, stay)
	if r.IntN(3) > 0 {
		n.stopIfRunning(ctx, st, evse)
		pause(ctx, between(r, 3*time.Second, 15*time.Second))
	}
	return st.Unplug(ctx, evse)
}

// guest is a driver who started by app and now brings the vehicle. They stop by
// app, too, or leave after guestStay.
func (n *Network) guest(ctx context.Context, st *Station, evse int, r *rand.Rand) error {
	pause(ctx, between(r, 4*time.Second, 8*time.Second))
	if err := st.Plug(ctx, evse, someCar(st.cfg.EVSEs[evse-1].Kind, r)); err != nil {
		return err
	}
	for range int(guestStay / guestLook) {
		s, err := st.State(ctx)
		if err != nil {
			return err
		}
		if s.EVSEs[evse-1].Status == finishing {
			pause(ctx, between(r, 10*time.Second, 20*time.Second))
			break
		}
		if !pause(ctx, guestLook) {
			return nil
		}
	}
	return st.Unplug(ctx, evse)
}

func someCar(k Kind, r *rand.Rand) Vehicle {
	car := Vehicle{BatteryWh: int64(35+5*r.IntN(14)) * 1000, SoC: int64(10 + r.IntN(60)), MaxW: []int64{7_400, 11_000, 22_000}[r.IntN(3)]}
	if k == DC {
		car.MaxW = int64(50+10*r.IntN(11)) * 1000
	}
	return car
}

func (n *Network) startIfIdle(ctx context.Context, st *Station, evse int, token string) {
	s, err := st.State(ctx)
	if err != nil || s.EVSEs[evse-1].Status != preparing {
		return
	}
	if _, err := st.Tap(ctx, evse, token); err != nil && ctx.Err() == nil {
		n.o.Log.Debug("a tap went wrong", "station", st.ID(), "err", err)
	}
}

func (n *Network) stopIfRunning(ctx context.Context, st *Station, evse int) {
	if err := st.StopLocal(ctx, evse); err != nil && !fail.Is(err, fail.Conflict) && ctx.Err() == nil {
		n.o.Log.Debug("a stop went wrong", "station", st.ID(), "err", err)
	}
}

// troubles lets one of the network's troubles come over a station now and then.
func (n *Network) troubles(ctx context.Context, st *Station) {
	for i := uint64(0); ; i++ {
		r := stream(n.o.Seed, st.ID()+"/trouble", i)
		if !pause(ctx, time.Duration(r.ExpFloat64()*float64(n.o.Trouble))) {
			return
		}
		err := st.Suffer(ctx, n.o.Troubles[r.IntN(len(n.o.Troubles))], r)
		if err != nil && ctx.Err() == nil {
			n.o.Log.Debug("a trouble went wrong", "station", st.ID(), "err", err)
		}
	}
}

// pause waits; it reports false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
