package sim

import (
	"context"
	"crypto/tls"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"chargewright/base/fail"
	"chargewright/wire/ocpp"
)

// Kind is the current an EVSE delivers.
type Kind uint8

// The kinds; the zero Kind is AC.
const (
	AC Kind = iota
	DC
)

// EVSE describes one EVSE of a station.
type EVSE struct {
	Connectors int    // 1 when zero; in 1.6 each is a connector of its own number
	Kind       Kind   // AC when zero
	MaxW       int64  // the most it delivers, in W; 22 000 (AC) or 150 000 (DC) when zero
	Phases     int64  // of AC: 1 or 3, 3 when zero
	RegisterWh int64  // the meter's register when the station is new, in Wh
	Fault      string // it is broken from the start, with this error code; see Station.Fault
}

// Config describes a station.
type Config struct {
	ID       string       // the OCPP identity
	URL      string       // "ws://host:port/ocpp/"; the identity is appended
	Version  ocpp.Version // the only subprotocol offered
	Password string       // HTTP basic with the identity as user; none when empty
	Vendor   string       // BootNotification; a name is filled in when empty
	Model    string       // likewise
	Serial   string       // likewise; none when empty
	Firmware string       // likewise
	EVSEs    []EVSE       // at least one; none means one of 22 kW AC
	// Dial replaces the network, for example by pipes; nil is TCP.
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	TLS     *tls.Config   // of wss; nil is Go's own
	Clock   time.Duration // how far the station's clock is ahead
	Quirks  []string      // names out of Quirks()
	Log     *slog.Logger  // nil is silent
	Seed    uint64        // of chances and, with the moment of Run, of ids
	Sample  time.Duration // the interval of meter values until it is configured; 60 s when zero
	Timeout time.Duration // how long a CALL may stay unanswered; 30 s when zero
	Backoff time.Duration // the first wait before reconnecting; 1 s when zero, doubled up to 64 times
	// NotifyEvent has a 2.1 station report its connectors by NotifyEvent instead
	// of StatusNotification.
	NotifyEvent bool
	// Screen has the station show prices and costs: 1.6 by the application note for
	// California, 2.x by TariffCostCtrlr and display messages; 2.1 rates by the
	// tariffs it is given, too.
	Screen bool
	// IdleFee has a 1.6 station with a Screen tell when a vehicle leaves after the
	// end of its transaction.
	IdleFee bool
	// Observe is told of every frame sent and received, in order, by the
	// station's own goroutine: it must not block or call the station.
	Observe func(Frame)
}

// Frame is one message on the socket.
type Frame struct {
	At   time.Time
	Sent bool // by the station
	Data []byte
}

// Station is one simulated station. Its methods may be called from any
// goroutine, also before Run; they wait for Run to take them up.
type Station struct {
	cfg     Config
	talk    dialect
	log     *slog.Logger
	mail    chan func()
	ended   chan struct{}
	started atomic.Bool

	// What follows belongs to the goroutine of Run.
	ctx      context.Context
	parts    sync.WaitGroup
	alarms   alarms
	ids      *rand.Rand
	chance   *rand.Rand
	link     *link
	online   bool
	tries    int
	retry    *alarm
	stayAway time.Time
	since    time.Time

	registration registration
	bootReason   string
	bootAlarm    *alarm
	heart        *alarm
	ping         *alarm
	aligned      *alarm
	resetting    bool
	resetAtIdle  string
	welcomed     []chan struct{}

	queue    []*call
	inFlight *call
	deadline *alarm
	dropped  int
	drained  []chan struct{}
	after    []func() // to be done once the answer being made is on its way
	held     *call    // a quirk keeps it for later

	evses    []*evse
	settings settings
	profiles []*profile
	list     localList
	quirks   map[string]bool
	stores   stores
}

// New returns a station that has not been switched on.
func New(cfg Config) (*Station, error) {
	const op = "sim.new"
	if cfg.ID == "" {
		return nil, fail.Field(op, "id", "the station has no identity")
	}
	if u, err := url.Parse(cfg.URL); err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return nil, fail.Field(op, "url", "%q is not a ws or wss address", cfg.URL)
	}
	s := &Station{cfg: cfg, log: cfg.Log, mail: make(chan func()), ended: make(chan struct{}), bootReason: "PowerUp"}
	s.fillIn()
	switch cfg.Version {
	case ocpp.V16:
		s.talk = newV16()
	case ocpp.V201, ocpp.V21:
		s.talk = newV2(cfg.Version)
	default:
		return nil, fail.Field(op, "version", "a station speaks 1.6, 2.0.1 or 2.1")
	}
	if err := s.takeQuirks(cfg.Quirks); err != nil {
		return nil, err
	}
	s.log = s.log.With("station", cfg.ID)
	s.chance = stream(cfg.Seed, cfg.ID+"/chance", 0)
	s.settings = newSettings(s.cfg)
	flat := int64(0)
	for i, e := range s.cfg.EVSEs {
		s.evses = append(s.evses, newEVSE(s, i+1, e, &flat))
	}
	return s, nil
}

// fillIn replaces what the caller left open.
func (s *Station) fillIn() {
	c := &s.cfg
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if !strings.HasSuffix(c.URL, "/") {
		c.URL += "/"
	}
	c.Vendor = orText(c.Vendor, "Chargewright")
	c.Model = orText(c.Model, "Sim "+c.Version.String())
	c.Firmware = orText(c.Firmware, "1.0.0")
	c.Sample = orTime(c.Sample, time.Minute)
	c.Timeout = orTime(c.Timeout, 30*time.Second)
	c.Backoff = orTime(c.Backoff, time.Second)
	c.EVSEs = append([]EVSE(nil), c.EVSEs...)
	if len(c.EVSEs) == 0 {
		c.EVSEs = []EVSE{{}}
	}
	for i := range c.EVSEs {
		e := &c.EVSEs[i]
		e.Connectors = max(e.Connectors, 1)
		if e.MaxW <= 0 {
			e.MaxW = map[Kind]int64{AC: 22_000, DC: 150_000}[e.Kind]
		}
		if e.Phases != 1 {
			e.Phases = 3
		}
	}
}

func orText(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}

func orTime(v, otherwise time.Duration) time.Duration {
	if v <= 0 {
		return otherwise
	}
	return v
}

// ID returns the station's identity.
func (s *Station) ID() string { return s.cfg.ID }

// Version returns the version the station speaks.
func (s *Station) Version() ocpp.Version { return s.cfg.Version }

// Run switches the station on and keeps it running until ctx ends; then the
// socket is closed, every goroutine of the station has ended, and it returns
// nil. A station runs once.
func (s *Station) Run(ctx context.Context) error {
	if s.started.Swap(true) {
		return fail.New(fail.Conflict, "sim.run", "station %s has run already", s.cfg.ID)
	}
	s.run(ctx)
	return nil
}

func (s *Station) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	s.ctx = ctx
	s.since = time.Now()
	s.ids = stream(s.cfg.Seed, s.cfg.ID+"/id", uint64(s.since.UnixNano()))
	defer func() {
		cancel()
		if s.link != nil {
			s.link.close()
		}
		close(s.ended)
		s.parts.Wait()
	}()
	s.switchOn()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		for fire, ok := s.alarms.due(time.Now()); ok; fire, ok = s.alarms.due(time.Now()) {
			fire()
		}
		s.pump()
		wait := time.Hour
		if at, ok := s.alarms.next(); ok {
			wait = time.Until(at)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case do := <-s.mail:
			if ctx.Err() != nil {
				return
			}
			do()
		case <-timer.C:
		}
	}
}

// in sets an alarm.
func (s *Station) in(d time.Duration, fire func()) *alarm {
	return s.alarms.set(time.Now().Add(d), fire)
}

// post hands f to the station's goroutine from another of the station's own.
func (s *Station) post(f func()) {
	select {
	case s.mail <- f:
	case <-s.ctx.Done():
	}
}

// ask has the station's goroutine do f and waits until it is done.
func (s *Station) ask(ctx context.Context, f func()) error {
	if err := ctx.Err(); err != nil {
		return fail.Wrap(fail.Timeout, "sim.ask", err)
	}
	done := make(chan struct{})
	select {
	case s.mail <- func() { f(); close(done) }:
	case <-ctx.Done():
		return fail.Wrap(fail.Timeout, "sim.ask", ctx.Err())
	case <-s.ended:
		return fail.New(fail.Offline, "sim.ask", "station %s is switched off", s.cfg.ID)
	}
	return wait(ctx, s, done)
}

// wait waits for something the station's goroutine will do.
func wait[T any](ctx context.Context, s *Station, done <-chan T) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fail.Wrap(fail.Timeout, "sim.wait", ctx.Err())
	case <-s.ended:
		return fail.New(fail.Offline, "sim.wait", "station %s is switched off", s.cfg.ID)
	}
}

// clock returns the time as the station has it.
func (s *Station) clock() time.Time {
	now := time.Now().Add(s.cfg.Clock)
	if s.quirks[ClockDrift] {
		now = now.Add(2*time.Minute + time.Since(s.since)/60)
	}
	return now.UTC()
}
