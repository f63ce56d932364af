package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/store/storetest"
	"chargewright/core/session"
	"chargewright/schema"
	"chargewright/sim"
)

// lossy loses messages on their way to the core and answers on their way back,
// and delivers some twice: what the network and a crash between commit and
// reply do.
type lossy struct {
	link.Core
	mu    sync.Mutex
	dice  *rand.Rand
	calm  bool
	spoil map[string]bool // the messages that were lost
}

// roll decides what happens to a message. Stations give a transaction message
// up after three attempts (1.6 §4.9.1, 2.x E13), so none is lost twice.
func (l *lossy) roll(message string) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calm || l.spoil[message] {
		return 1
	}
	r := l.dice.Float64()
	if r < 0.04 {
		l.spoil[message] = true
	}
	return r
}

// Receive implements link.Core.
func (l *lossy) Receive(ctx context.Context, p link.Peer, c link.Call) (link.Answer, error) {
	lost := fail.New(fail.Unavailable, "chaos", "lost")
	switch r := l.roll(p.StationID + c.ID); {
	case r < 0.02:
		return link.Answer{}, lost
	case r < 0.04:
		_, _ = l.Core.Receive(ctx, p, c)
		return link.Answer{}, lost
	case r < 0.06:
		_, _ = l.Core.Receive(ctx, p, c)
	}
	return l.Core.Receive(ctx, p, c)
}

// chaosStation is a station and what happens to it.
type chaosStation struct {
	*sim.Station
	id   string
	dice *rand.Rand
}

const chaosRegister = 5_000_000 // Wh on every meter at the beginning

// live plugs cars in, charges, and breaks things, until the deadline; then it
// lets everything end well.
func (c *chaosStation) live(ctx context.Context, until time.Time) {
	for time.Now().Before(until) {
		c.pause(time.Minute, 20*time.Minute)
		_ = c.Plug(ctx, 1, sim.Vehicle{WantWh: 1_000 + c.dice.Int64N(30_000)})
		tap, cancel := context.WithTimeout(ctx, 3*time.Minute)
		_, _ = c.Tap(tap, 1, fmt.Sprint("TAG-", c.dice.IntN(4)))
		cancel()
		for range c.dice.IntN(3) {
			c.pause(time.Minute, 30*time.Minute)
			switch c.dice.IntN(6) {
			case 0:
				_ = c.CutConnection(ctx)
			case 1:
				_ = c.GoOffline(ctx, time.Duration(c.dice.IntN(90))*time.Minute)
			case 2:
				_ = c.Reboot(ctx)
			case 3:
				_ = c.Fault(ctx, 1, "GroundFailure")
				c.pause(time.Minute, 5*time.Minute)
				_ = c.Heal(ctx, 1)
			}
		}
		c.pause(time.Minute, time.Hour)
		if c.dice.IntN(2) == 0 {
			stop, cancel := context.WithTimeout(ctx, 3*time.Minute)
			_ = c.StopLocal(stop, 1)
			cancel()
		}
		_ = c.Unplug(ctx, 1)
	}
}

func (c *chaosStation) pause(least, most time.Duration) {
	time.Sleep(least + time.Duration(c.dice.Int64N(int64(most-least))))
}

// Stations of all versions live through cuts, offline hours, reboots, faults,
// lost and doubled messages and restarts of the server. In the end what the
// meters counted is what was billed, once.
func TestSeededSimulation(t *testing.T) {
	seeds := 20
	if raceDetector {
		seeds = 3
	}
	if n, err := strconv.Atoi(os.Getenv("CHARGEWRIGHT_SEEDS")); err == nil {
		seeds = n
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { chaos(t, uint64(seed)) })
		})
	}
}

func chaos(t *testing.T, seed uint64) {
	dice := func(actor uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, actor)) }
	net := &lossy{dice: dice(1), spoil: map[string]bool{}}
	w := newWorldBetween(t, storetest.MigratedURL(t, schema.FS), nil, func(c link.Core) link.Core { net.Core = c; return net })
	w.addTariff(plainTariff)
	for i := range 3 { // TAG-3 is unknown
		w.addToken(fmt.Sprint("TAG-", i))
	}
	ctx := t.Context()
	until := time.Now().Add(24 * time.Hour)
	var stations []*chaosStation
	var lives sync.WaitGroup
	for i, v := range versions {
		c := &chaosStation{id: fmt.Sprint("CS-", v), dice: dice(uint64(10 + i))}
		w.addStation(c.id, "a password of sixteen")
		cfg := sim.Config{ID: c.id, Version: v, Password: "a password of sixteen", Seed: seed*10 + uint64(i), Sample: 5 * time.Minute, EVSEs: []sim.EVSE{{RegisterWh: chaosRegister}}}
		if seed%3 == uint64(i) {
			cfg.Quirks = []string{sim.DuplicateMessages}
		}
		c.Station = w.startStation(cfg)
		stations = append(stations, c)
		lives.Go(func() { c.live(ctx, until) })
	}
	restarts := dice(2)
	for time.Now().Before(until) {
		time.Sleep(time.Hour + time.Duration(restarts.Int64N(int64(8*time.Hour))))
		w.restart()
	}
	lives.Wait()
	net.mu.Lock()
	net.calm = true
	net.mu.Unlock()
	time.Sleep(6 * time.Hour) // queues empty, lost ends are given up on
	for _, c := range stations {
		must(t, c.Flush(ctx))
	}
	synctest.Wait()
	w.settle()
	checkChaos(t, w, stations)
}

func checkChaos(t *testing.T, w *world, stations []*chaosStation) {
	billed := map[string]energy.Energy{}
	count := map[string]int64{}
	for _, s := range w.sessions() {
		billed[s.Station] += s.Energy
		count[s.Station]++
		if s.State != session.Closed || !s.Settled && !s.Flags.Hold() {
			t.Errorf("%s of %s: %s, settled %v, flags %v", s.ID, s.Station, s.State, s.Settled, s.Flags)
		}
		if s.Flags.Hold() {
			t.Errorf("%s of %s is held: %v", s.ID, s.Station, s.Flags)
		}
	}
	for _, c := range stations {
		state, err := c.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counted := energy.Energy(state.EVSEs[0].RegisterMWh) - chaosRegister*energy.WattHour
		off := counted - billed[c.id]
		if off < 0 {
			off = -off
		}
		// 1.6 reports whole Wh: each session may differ by less than one.
		if count[c.id] == 0 || off > energy.Energy(count[c.id])*energy.WattHour || state.Dropped > 0 {
			t.Errorf("%s: the meter counted %s, billed are %s in %d sessions; %d messages dropped", c.id, counted, billed[c.id], count[c.id], state.Dropped)
		}
	}
	w.checkMoney()
}
