package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// MaxBody is the longest request body, in bytes.
const MaxBody = 256 << 10

// operation is one row of the table of everything this package serves.
type operation struct {
	method  string
	path    string // below prefix
	area    access.Area
	tag     string
	id      string
	summary string
	about   string
	status  int   // of success; 0: 200, or 204 where there is no body
	fails   []int // beside those that every operation has
	bind    func(*server, huma.API, huma.Operation)
}

// prefix is where the operations live.
const prefix = "/api/v1"

// always are the failures of every operation.
var always = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusServiceUnavailable}

// describe returns the operation as OpenAPI has it.
func (o operation) describe() huma.Operation {
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: prefix + o.path, Summary: o.summary, Description: o.about, Tags: []string{o.tag},
		DefaultStatus: cmp.Or(o.status, http.StatusOK), MaxBodyBytes: MaxBody + 1, BodyReadTimeout: -1, // guard has read it
		Security:   []map[string][]string{{"key": {}}},
		Responses:  map[string]*huma.Response{},
		Extensions: map[string]any{"x-area": string(o.area)},
	}
	codes := slices.Concat(always, o.fails)
	if strings.Contains(o.path, "{") {
		codes = append(codes, http.StatusNotFound)
	}
	if o.method == http.MethodPut || o.method == http.MethodPost {
		codes = append(codes, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if o.area == access.Open {
		op.Security = []map[string][]string{{}}
	}
	for _, c := range codes {
		op.Responses[strconv.Itoa(c)] = &huma.Response{Ref: "#/components/responses/" + problemName(c)}
	}
	return op
}

// problemName is the name of a failure among the described responses.
func problemName(code int) string { return strings.ReplaceAll(http.StatusText(code), " ", "") }

// answer is the body of a success and its ETag, where it has one.
type answer[T any] struct {
	Status int
	ETag   string `header:"ETag"`
	Body   *T
}

// none is the answer without a body.
type none struct{}

type scopeKey struct{}

// scopeOf is on whose behalf the request is made; guard has put it there.
func scopeOf(ctx context.Context) access.Scope {
	sc, _ := ctx.Value(scopeKey{}).(access.Scope)
	return sc
}

// handle serves an operation by a function of its input.
func handle[I, T any](serve func(*server, context.Context, access.Scope, *I) (T, error)) func(*server, huma.API, huma.Operation) {
	return func(s *server, api huma.API, op huma.Operation) {
		huma.Register(api, op, func(ctx context.Context, in *I) (*answer[T], error) {
			v, err := serve(s, ctx, scopeOf(ctx), in)
			if err != nil {
				return nil, s.failed(ctx, op, err)
			}
			created(ctx, v)
			return &answer[T]{Status: op.DefaultStatus, Body: &v}, nil
		})
	}
}

// conditional is an input that may ask for a resource only if it is new.
type conditional interface{ fresh(tag string) bool }

// handleOne is handle for a single resource: the answer has an ETag.
func handleOne[I, T any](serve func(*server, context.Context, access.Scope, *I) (T, error)) func(*server, huma.API, huma.Operation) {
	return func(s *server, api huma.API, op huma.Operation) {
		if op.Method == http.MethodGet {
			op.Responses["304"] = &huma.Response{Description: "The caller has the current one"}
		}
		huma.Register(api, op, func(ctx context.Context, in *I) (*answer[T], error) {
			v, err := serve(s, ctx, scopeOf(ctx), in)
			if err != nil {
				return nil, s.failed(ctx, op, err)
			}
			tag, err := tagOf(v)
			if err != nil {
				return nil, s.failed(ctx, op, err)
			}
			if c, ok := any(in).(conditional); ok && c.fresh(tag) {
				return &answer[T]{Status: http.StatusNotModified, ETag: tag}, nil
			}
			return &answer[T]{Status: op.DefaultStatus, ETag: tag, Body: &v}, nil
		})
	}
}

// handleNone serves an operation that answers nothing.
func handleNone[I any](serve func(*server, context.Context, access.Scope, *I) error) func(*server, huma.API, huma.Operation) {
	return func(s *server, api huma.API, op huma.Operation) {
		op.DefaultStatus = http.StatusNoContent
		huma.Register(api, op, func(ctx context.Context, in *I) (*none, error) {
			if err := serve(s, ctx, scopeOf(ctx), in); err != nil {
				return nil, s.failed(ctx, op, err)
			}
			return &none{}, nil
		})
	}
}

// raw is an answer that is a JSON object of somebody else, byte for byte.
type raw struct {
	Status      int
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag"`
	Body        []byte
}

// handleRaw serves an operation that hands a JSON object through. An ETag is
// made of the bytes when the input is conditional.
func handleRaw[I any](serve func(*server, context.Context, access.Scope, *I) ([]byte, error)) func(*server, huma.API, huma.Operation) {
	return func(s *server, api huma.API, op huma.Operation) {
		op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
			"application/json": {Schema: document(nil).Schema(nil)},
		}}
		huma.Register(api, op, func(ctx context.Context, in *I) (*raw, error) {
			b, err := serve(s, ctx, scopeOf(ctx), in)
			if err != nil {
				return nil, s.failed(ctx, op, err)
			}
			out := &raw{Status: http.StatusOK, ContentType: "application/json", Body: b}
			if c, ok := any(in).(conditional); ok {
				if out.ETag, err = tagOf(document(b)); err != nil {
					return nil, s.failed(ctx, op, err)
				}
				if c.fresh(out.ETag) {
					out.Status, out.Body = http.StatusNotModified, nil
				}
			}
			return out, nil
		})
	}
}

// failed logs what is our fault and returns the answer to an error.
func (s *server) failed(ctx context.Context, op huma.Operation, err error) error {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError && p.Status != http.StatusBadGateway && p.Status != http.StatusGatewayTimeout && ctx.Err() == nil {
		s.o.Log.ErrorContext(ctx, "request failed", "operation", op.OperationID, "err", err)
	}
	return p
}

// identify returns on whose behalf a request is made; who is nobody is refused
// with 401.
func (s *server) identify(r *http.Request) (access.Scope, error) {
	header := r.Header.Get("Authorization")
	if c, err := r.Cookie(cookieName); err == nil && header == "" {
		return s.cookieScope(r, c.Value)
	}
	key, ok := bearer(r)
	if !ok || key == "" || len(key) > 200 {
		return access.Scope{}, refuse(http.StatusUnauthorized, fail.Denied, "sign in, or send an API key: Authorization: Bearer KEY")
	}
	sc, err := store.Read(r.Context(), s.o.DB, func(tx *store.Tx) (access.Scope, error) { return access.Identify(tx, key) })
	if fail.Is(err, fail.Denied) {
		return sc, refuse(http.StatusUnauthorized, fail.Denied, fail.Say(err))
	}
	return sc, err
}

// bearer is the API key of a request; ok is false where it carries none.
func bearer(r *http.Request) (key string, ok bool) {
	scheme, key, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	return strings.TrimSpace(key), strings.EqualFold(scheme, "Bearer")
}

// admit is identify and the check of the role. What is open admits nobody, too:
// by the zero scope.
func (s *server) admit(r *http.Request, area access.Area) (access.Scope, error) {
	sc, err := s.identify(r)
	switch {
	case area == access.Open && err != nil && problemOf(err).Status == http.StatusUnauthorized:
		return access.Scope{}, nil
	case err == nil && !sc.Role.May(area):
		return sc, refuse(http.StatusForbidden, fail.Denied, "the role "+string(sc.Role)+" may not do this: it needs "+string(area))
	}
	return sc, err
}

// guard lets an operation be served only to those who may, and then reads its
// body. What changes something is put on record.
func (s *server) guard(area access.Area) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		sc, err := s.admit(r, area)
		if err != nil && problemOf(err).Status == http.StatusForbidden && area != access.Read {
			s.refused(ctx, sc)
		}
		var body []byte
		if err == nil {
			body, err = readBody(w, r)
		}
		if err != nil {
			writeProblem(w, problemOf(s.failed(r.Context(), *ctx.Operation(), err)))
			return
		}
		ctx = huma.WithValue(ctx, scopeKey{}, sc)
		if area == access.Read || r.Method == http.MethodGet && area != access.Open { // it changes nothing
			next(ctx)
			return
		}
		s.audited(ctx, sc, body, next)
	}
}

// bodyWait is how long a body may take to arrive.
const bodyWait = 10 * time.Second

// readBody reads the body into memory. The bound on its time is lifted
// afterwards: left in place it would end requests that wait for a station.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	out := http.NewResponseController(w)
	if err := out.SetReadDeadline(time.Now().Add(bodyWait)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, fail.Wrap(fail.Unavailable, "api.readBody", err)
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, refuse(http.StatusRequestEntityTooLarge, fail.Invalid, fmt.Sprintf("the body is longer than %d bytes", MaxBody))
	case err != nil:
		return nil, refuse(http.StatusBadRequest, fail.Invalid, "the body did not arrive")
	}
	if err := out.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, fail.Wrap(fail.Unavailable, "api.readBody", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	return b, nil
}
