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
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/device"
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
	// Closing, if set, ends live events when it is closed, so that a graceful
	// shutdown need not wait for them.
	Closing <-chan struct{}
}

// server is the interface at work.
type server struct {
	o       Options
	owners  owners
	streams chan struct{}
}

// New returns the handler of everything below /api/. A path it does not know is
// a problem of status 404.
func New(o Options) (http.Handler, error) {
	if o.DB == nil || o.Stations == nil || o.Live == nil {
		return nil, fail.New(fail.Internal, "api.New", "the database, the stations and the live events are required")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Healthy == nil {
		o.Healthy = o.DB.Ready
	}
	s := &server{o: o, streams: make(chan struct{}, maxStreams)}
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
	return api
}

// safely turns a panic into a problem, once, and sets the headers of every answer.
func (s *server) safely(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "private, no-cache")
		h.Set("Vary", "Authorization")
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
