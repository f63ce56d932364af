package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/live"
	"chargewright/base/origin"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/monitor"
	"chargewright/core/notify"
	"chargewright/core/tariff"
)

// Options are what the interface stands on.
type Options struct {
	DB       *store.DB
	Stations link.Stations
	Live     *live.Hub
	Verifier secret.Verifier // of station passwords, the one that judges handshakes
	Log      *slog.Logger    // nil: slog.Default
	Version  string          // of the product, shown by /status
	Healthy  func(ctx context.Context) error
	// Commands, if set, sends commands to stations.
	Commands device.Commander
	// Messages, if set, reads a station's message log from before a time, the
	// newest first.
	Messages func(ctx context.Context, station string, before time.Time, limit int) ([]Exchange, error)
	// Search, if set, reads the message logs of all stations.
	Search func(ctx context.Context, q MessageSearch) (MessagesFound, error)
	// Actions, if set, names the actions seen in the message logs.
	Actions func() []string
	// MessageLive, if set, tells of messages as they come: topic "message", the
	// data a JSON object of station_id and at.
	MessageLive *live.Hub
	// Jobs, if set, sends a command to many stations.
	Jobs *device.Runner
	// Closing, if set, ends live events when it is closed, so that a graceful
	// shutdown need not wait for them.
	Closing <-chan struct{}
	// SignIn judges passwords and codes; required.
	SignIn *access.SignIn
	// Mail, if set, queues a mail in the transaction of what it tells; without it
	// nothing that needs a mail is offered.
	Mail func(tx *store.Tx, m notify.Mail) error
	// PublicURL is where people reach the server; "" is the address it listens on,
	// which Address, if set, tells once it does.
	PublicURL string
	Address   func() string
	// Proxies may say by X-Forwarded headers where a request comes from.
	Proxies origin.Proxies
	// Provider, if set, is the identity provider of staff.
	Provider *Provider
	// Courier, if set, posts webhooks.
	Courier *notify.Courier
	// Shown, if set, returns the newest mails that a demonstration shows instead
	// of sending them.
	Shown func(limit int) []Shown
	// Mailbox says that mails are shown on the screen, in a demonstration.
	Mailbox bool
	// MapTiles is the address of the PMTiles archive behind the drivers' map; ""
	// shows none.
	MapTiles string
	// Monitor knows how the network does; nil: one that no station tells anything.
	Monitor *monitor.Monitor
	// Simulator, if set, runs simulated stations.
	Simulator Simulator
	// ReadPrices, if set, reads prices of an index per kWh or MWh as CSV.
	ReadPrices func(x tariff.Index, per string, csv []byte) ([]tariff.Slot, error)
	// Till, if set, is the providers of payments.
	Till Till
	// Papers, if set, makes files of documents.
	Papers Papers
	// FirstSite is the site that a new installation begins with.
	FirstSite string
}

// server is the interface at work.
type server struct {
	o       Options
	owners  owners
	streams chan struct{}
	foreign *http.CrossOriginProtection
	hidden  map[string]map[string]bool // write-only members, by operation
	face    *face                      // towards drivers
	days    days
}

// New returns the handler of everything below /api/. A path it does not know is
// a problem of status 404.
func New(o Options) (http.Handler, error) {
	if o.DB == nil || o.Stations == nil || o.Live == nil {
		return nil, fail.New(fail.Internal, "api.New", "the database, the stations and the live events are required")
	}
	if o.SignIn == nil {
		return nil, fail.New(fail.Internal, "api.New", "sign-in is required")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Healthy == nil {
		o.Healthy = o.DB.Ready
	}
	if o.Monitor == nil {
		o.Monitor = monitor.New(monitor.Options{DB: o.DB, Log: o.Log})
	}
	foreign, err := newForeign(o.PublicURL)
	if err != nil {
		return nil, err
	}
	s := &server{o: o, streams: make(chan struct{}, maxStreams), foreign: foreign, face: newFace()}
	mux := http.NewServeMux()
	spec, err := describe(s.register(mux))
	if err != nil {
		return nil, err
	}
	page, err := docsPage(spec)
	if err != nil {
		return nil, err
	}
	mux.HandleFunc("GET "+eventsPath, s.events)
	mux.HandleFunc("GET "+publicEventsPath, s.publicEvents)
	mux.HandleFunc("GET "+ownEventsPath, s.ownEvents)
	mux.HandleFunc("GET /api/openapi.json", serveBytes("application/json", "", spec))
	mux.HandleFunc("GET /api/docs", serveBytes("text/html; charset=utf-8", docsPolicy, page))
	mux.HandleFunc("/", notFound(mux))
	return s.safely(mux), nil
}

// Spec returns the OpenAPI description that New serves, the same in every run.
func Spec() ([]byte, error) { return describe((&server{}).register(http.NewServeMux())) }

// register puts every operation of the table on mux.
func (s *server) register(mux *http.ServeMux) huma.API {
	format := huma.Format{
		Marshal: func(w io.Writer, v any) error {
			b, err := marshal(v)
			if err == nil {
				_, err = w.Write(b)
			}
			return err
		},
		Unmarshal: unmarshal,
	}
	api := humago.New(mux, huma.Config{
		OpenAPI:                      overview(),
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{plain},
	})
	for _, o := range operations() {
		op := o.describe()
		op.Middlewares = huma.Middlewares{s.guard(o.area)}
		o.bind(s, api, op)
	}
	s.writeOnly(api)
	return api
}

// safely turns a panic into a problem, once, and sets the headers of every answer.
func (s *server) safely(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "private, no-cache")
		h.Set("Vary", "Authorization, Cookie")
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // it is compared by identity, as net/http does
				panic(v)
			}
			s.o.Log.ErrorContext(r.Context(), "request panicked", "path", r.URL.Path, "panic", v)
			writeProblem(w, refuse(http.StatusInternalServerError, fail.Internal, fail.Say(nil)))
		}()
		r, err := s.visited(w, r)
		if err != nil {
			writeProblem(w, problemOf(err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// notFound answers what no operation matches: 405 where another method would.
func notFound(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, m := range []string{http.MethodDelete, http.MethodGet, http.MethodPost, http.MethodPut} {
			other := r.Clone(r.Context())
			other.Method = m
			if _, pattern := mux.Handler(other); pattern != "/" && pattern != "" {
				allowed = append(allowed, m)
			}
		}
		if len(allowed) == 0 || slices.Contains(allowed, r.Method) {
			writeProblem(w, refuse(http.StatusNotFound, fail.NotFound, "there is no such path"))
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeProblem(w, refuse(http.StatusMethodNotAllowed, fail.Invalid, "this path does not know the method"))
	}
}

func serveBytes(kind, policy string, b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		w.Write(b) //nolint:errcheck // the reader left
	}
}
