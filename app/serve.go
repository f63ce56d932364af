package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/live"
	"chargewright/base/outbox"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/monitor"
	"chargewright/core/notify"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/edge/api"
	"chargewright/edge/central"
	"chargewright/edge/gateway"
	"chargewright/edge/paper"
	"chargewright/edge/web"
	"chargewright/plug/spotprice"
	"chargewright/schema"
)

// DefaultSite is the site of a new installation.
const DefaultSite = "site_default"

// node names this process in connection records. One process owns a database's
// sockets until roles are split.
const node = "all"

// Server is a running installation. Tests start the same one.
type Server struct {
	cfg     Config
	log     *slog.Logger
	DB      *store.DB
	Keys    secret.Keys
	Live    *live.Hub
	Gateway *gateway.Gateway

	messageLive *live.Hub // apart: messages are many

	telemetry *store.Telemetry
	frames    *store.Telemetry
	messages  *central.Log
	runner    *device.Runner
	commands  device.Commander
	till      *till
	costs     *costs // of sessions, on the screens of stations
	asker     *asker
	arrivals  chan arrival
	displays  sync.Mutex      // one plan of displays at a time
	life      context.Context // of what is worked on beside; ends with Stop
	endLife   context.CancelFunc
	central   *central.Central
	jobs      *outbox.Runner
	vat       driver.VATChecker // nil: staff validate VAT ids
	desk      *paper.Desk
	courier   *notify.Courier
	errands   *outbox.Runner // mails and webhooks: they wait for others
	feeder    *tariff.Feeder // of spot prices
	mailbox   *mailbox       // of a demonstration; else nil
	simulator *simulator
	watcher   *watcher // of what drivers see
	monitor   *monitor.Monitor
	handler   http.Handler
	guard     *gateway.Guard
	certs     *gateway.Certificates
	servers   []*http.Server
	Addr      string // where it listens, with the port that was taken
	TLSAddr   string
	AdminAddr string
	closing   chan struct{}
	stop      context.CancelFunc
	done      chan struct{}
}

// Open prepares an installation: directory, key, database, schema, first
// tenant. Nothing listens yet.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Server, error) {
	return open(ctx, cfg, log, func(c link.Core) link.Core { return c })
}

// open is Open with something between the gateway and the core, for tests that
// lose messages and answers there.
func open(ctx context.Context, cfg Config, log *slog.Logger, between func(link.Core) link.Core) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fail.Wrap(fail.Unavailable, "app.Open", err)
	}
	keys, err := secret.Open(filepath.Join(cfg.DataDir, "master.key"))
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: log, Keys: keys, closing: make(chan struct{}), Live: live.NewHub(uint64(time.Now().UnixMicro()), 4096), messageLive: live.NewHub(uint64(time.Now().UnixMicro()), messageRing)}
	if s.DB, err = store.Open(ctx, cfg.database(), store.Options{Log: log}); err != nil {
		return nil, err
	}
	if err = s.prepare(ctx, between); err != nil {
		return nil, errors.Join(err, s.DB.Close())
	}
	return s, nil
}

func (s *Server) prepare(ctx context.Context, between func(link.Core) link.Core) (err error) {
	if err = s.DB.Migrate(ctx, schema.FS); err != nil {
		return err
	}
	if s.telemetry, err = store.OpenTelemetry(ctx, s.DB, filepath.Join(s.cfg.DataDir, "telemetry"), store.TelemetryOptions{Log: s.log}); err != nil {
		return err
	}
	if s.frames, err = store.OpenTelemetry(ctx, s.DB, filepath.Join(s.cfg.DataDir, "messages"), store.TelemetryOptions{Log: s.log, Name: "frame", ByTime: true}); err != nil {
		return err
	}
	_, err = store.Do(ctx, s.DB, "install", func(tx *store.Tx) (struct{}, error) { return struct{}{}, install(tx, s.cfg) })
	if err != nil {
		return err
	}
	s.simulator = &simulator{s: s}
	s.watcher = newWatcher()
	s.costs, s.asker, s.arrivals = newCosts(s), newAsker(s), make(chan arrival, maxArrivals)
	s.life, s.endLife = context.WithCancel(context.Background())
	s.monitor = monitor.New(monitor.Options{DB: s.DB, Telemetry: s.telemetry, Log: s.log})
	s.messages = central.NewLog(s.frames, s.log, s.toldMessage)
	s.central = central.New(central.Options{
		DB: s.DB, Telemetry: s.telemetry, Messages: s.messages, Log: s.log, Keys: s.Keys, Node: node,
		AcceptUnknown: s.cfg.AcceptUnknownStations, DefaultSite: DefaultSite,
		Measured: s.monitor.Measured,
		Changed: func(topic, id string) {
			s.Live.Publish(topic, []byte(id))
			s.watcher.note(topic, id)
			s.costs.note(topic, id)
		},
		Receipt:    func(secret string) string { return s.cfg.base(s.address()) + "/pay/t/" + secret },
		Authorised: s.costs.authorised, Answered: s.costs.answer, Arrived: s.arrived,
	})
	if err = s.openTill(); err != nil {
		return err
	}
	s.vat, s.desk = s.cfg.checker(), s.newDesk()
	s.jobs = outbox.New(s.DB, s.handlers(), outbox.Options{Log: s.log, Poll: s.cfg.poll, Batches: s.batches()})
	if err = s.tellers(ctx); err != nil {
		return err
	}
	if err = s.newFeeder(); err != nil {
		return err
	}
	s.Gateway, err = gateway.New(between(s.central), gateway.Options{Log: s.log, Paths: append([]string{"/ocpp/{stationId}"}, s.cfg.StationPaths...), Node: node})
	if err != nil {
		return err
	}
	s.handler, err = s.routes()
	return err
}

// install makes the default tenant, legal entity and site of a new database and
// sweeps what a process that died left open.
func install(tx *store.Tx, cfg Config) error {
	err := access.Install(tx, access.Entity{Name: cfg.Name, Country: cfg.Country, Currency: cfg.Currency, NumberPrefix: "R"})
	if err != nil {
		return err
	}
	if err := tariff.ShipTaxRates(tx, access.DefaultTenant); err != nil {
		return err
	}
	station.CloseNode(tx, node)
	sites, err := station.Sites(tx, access.Scope{Tenant: access.DefaultTenant})
	if err != nil || len(sites) > 0 {
		return err
	}
	return station.PutSite(tx, station.Site{
		ID: DefaultSite, Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Name: cfg.Name, Country: cfg.Country, Zone: cfg.Zone,
	})
}

// routes is the whole map of the public listener.
func (s *Server) routes() (http.Handler, error) {
	stations := s.messages.Logged(s.central.Effective(s.Gateway))
	s.commands = central.NewCommander(s.DB, stations, s.log)
	s.runner = s.newRunner(s.commands)
	o := api.Options{
		DB: s.DB, Stations: stations, Commands: s.commands, Messages: s.exchanges, Jobs: s.runner, Search: s.searchMessages, Actions: s.messages.Actions, MessageLive: s.messageLive, Live: s.Live, Verifier: s.Keys.Verifier(central.VerifierName), Log: s.log,
		Version: version(), Closing: s.closing,
	}
	if s.cfg.MapTiles != "" {
		o.MapTiles = tilesPath
	}
	if s.cfg.Simulator {
		o.Simulator = s.simulator
	}
	o.Monitor = s.monitor
	if err := s.people(&o); err != nil {
		return nil, err
	}
	s.told(&o)
	o.ReadPrices, o.Till, o.Papers = spotprice.Read, tillFace{s}, paperFace{s.desk}
	rest, err := api.New(o)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", rest)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("POST "+hookPath+"{provider}", s.hook)
	mux.Handle(paper.Path, s.desk.Handler())
	guests := s.guestPages(o.Proxies)
	mux.Handle("/pay", guests)
	mux.Handle("/pay/", guests)
	mux.Handle("/r/", guests)
	if s.till.sim != nil {
		mux.Handle(simPath+"/", s.till.sim.Handler())
	}
	if s.cfg.MapTiles != "" {
		mux.Handle("GET "+tilesPath, tiles(s.cfg.MapTiles))
	}
	mux.Handle("/", web.New())
	// Stations come first: a fleet may use any path of the configuration.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Gateway.Matches(r) {
			s.Gateway.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}), nil
}

// exchanges shows the message log to the API.
func (s *Server) exchanges(ctx context.Context, station string, before time.Time, limit int) ([]api.Exchange, error) {
	rows, err := s.messages.Recent(ctx, station, before, limit)
	out := make([]api.Exchange, len(rows))
	for i, r := range rows {
		out[i] = showExchange(r)
	}
	return out, err
}

// jsonOf marshals what always marshals.
func jsonOf(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if err := s.DB.Ready(r.Context()); err != nil {
		s.log.WarnContext(r.Context(), "not ready", "err", err)
		http.Error(w, "the database cannot commit", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// handshakesAll bounds the handshakes under way from all addresses.
const handshakesAll = 2000

// Start listens and works until Stop or until ctx ends.
func (s *Server) Start(ctx context.Context) error {
	ctx, s.stop = context.WithCancel(ctx)
	s.done = make(chan struct{})
	s.guard = gateway.NewGuard(s.cfg.Handshakes, handshakesAll)
	var err error
	if s.Addr, err = s.listen(s.cfg.Listen, s.handler, nil); err != nil {
		return err
	}
	if s.cfg.TLSListen != "" {
		if s.certs, err = gateway.LoadCertificates(s.cfg.pairs()...); err != nil {
			return err
		}
		if s.TLSAddr, err = s.listen(s.cfg.TLSListen, s.handler, s.certs.TLSConfig(s.cfg.TLSLegacy)); err != nil {
			return err
		}
	}
	if s.cfg.AdminListen != "" {
		if s.AdminAddr, err = s.listen(s.cfg.AdminListen, s.adminRoutes(), nil); err != nil {
			return err
		}
	}
	s.work(ctx)
	return nil
}

// work runs the jobs until ctx ends.
func (s *Server) work(ctx context.Context) {
	go func() {
		defer close(s.done)
		defer s.asker.work.Wait() // nobody asks any more
		var upkeep sync.WaitGroup
		defer upkeep.Wait()
		upkeep.Go(func() { s.forget(ctx) })
		upkeep.Go(func() { s.batch(ctx) })
		upkeep.Go(func() { s.watch(ctx) })
		upkeep.Go(func() { s.monitor.Run(ctx) })
		upkeep.Go(func() { s.tell(ctx) })
		upkeep.Go(func() { s.mind(ctx) })
		upkeep.Go(func() { s.prices(ctx) })
		upkeep.Go(func() { s.costs.run(ctx) })
		upkeep.Go(func() { s.receive(ctx) })
		if err := s.jobs.Run(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("the job runner ended", "err", err)
		}
	}()
}

func (s *Server) listen(addr string, h http.Handler, secure *tls.Config) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fail.Wrap(fail.Unavailable, "app.listen", err)
	}
	s.serve(s.guard.Listen(l), h, secure)
	return l.Addr().String(), nil
}

// serve serves h on l until Stop.
func (s *Server) serve(l net.Listener, h http.Handler, secure *tls.Config) {
	srv := gateway.NewServer(s.guard.Handler(h), s.guard)
	srv.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)
	s.servers = append(s.servers, srv)
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	go func() {
		if err := srv.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("a listener ended", "addr", l.Addr().String(), "err", err)
		}
	}()
}

// Reload reads the certificates again, for SIGHUP.
func (s *Server) Reload() error {
	if s.certs == nil {
		return nil
	}
	return s.certs.Reload()
}

// Stop drains: stations are told to come back, calls in hand are finished, the
// database is closed last.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	close(s.closing)
	s.endLife()
	s.simulator.Stop("")
	err := s.Gateway.Shutdown(ctx)
	for _, srv := range s.servers {
		err = errors.Join(err, srv.Close())
	}
	if s.stop != nil {
		s.stop()
		<-s.done
	}
	s.messages.Close()
	return errors.Join(err, s.frames.Close(), s.telemetry.Close(), s.DB.Close())
}
