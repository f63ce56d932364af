package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"chargewright/base/fail"
)

// problem is the RFC 9457 answer to a request that failed.
type problem struct {
	Title     string     `json:"title" doc:"The meaning of the HTTP status"`
	Status    int        `json:"status" doc:"HTTP status"`
	Detail    string     `json:"detail,omitempty" doc:"What went wrong, for people"`
	Kind      string     `json:"kind,omitempty" doc:"Who has to act" enum:"internal,invalid,not_found,conflict,denied,offline,busy,timeout,unavailable"`
	Code      string     `json:"code,omitempty" doc:"A word for programs, where one kind has several reasons"`
	Retry     int        `json:"retry_after,omitempty,omitzero" doc:"Seconds until it may succeed"`
	Field     string     `json:"field,omitempty" doc:"The member, parameter or JSON pointer at fault"`
	Errors    []fault    `json:"errors,omitempty" doc:"Each fault, where there are several"`
	CallError *callError `json:"call_error,omitempty" doc:"The CALLERROR that the station answered"`

	headers http.Header
}

type fault struct {
	Field  string `json:"field,omitempty" doc:"The member or parameter at fault"`
	Detail string `json:"detail" doc:"What is wrong with it"`
}

type callError struct {
	Code        string   `json:"code" doc:"RPC error code in the station's spelling"`
	Description string   `json:"description"`
	Details     document `json:"details" doc:"As the station sent them"`
}

// Error implements error.
func (p *problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *problem) GetHeaders() http.Header { return p.headers }

// ContentType implements huma.ContentTypeFilter.
func (p *problem) ContentType(string) string { return "application/problem+json" }

func refuse(status int, kind fail.Kind, detail string) *problem {
	p := &problem{Title: http.StatusText(status), Status: status, Detail: detail, Kind: kind.String(), headers: http.Header{}}
	switch status {
	case http.StatusUnauthorized:
		p.headers.Set("WWW-Authenticate", `Bearer realm="chargewright"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		p.headers.Set("Retry-After", "2")
	}
	return p
}

// statuses answer the kinds of base/fail.
var statuses = map[fail.Kind]int{
	fail.Internal: http.StatusInternalServerError, fail.Invalid: http.StatusUnprocessableEntity, fail.NotFound: http.StatusNotFound,
	fail.Conflict: http.StatusConflict, fail.Denied: http.StatusForbidden, fail.Offline: http.StatusConflict,
	fail.Busy: http.StatusServiceUnavailable, fail.Timeout: http.StatusGatewayTimeout, fail.Unavailable: http.StatusServiceUnavailable,
}

// problemOf is the answer to an error.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	if errors.Is(err, context.Canceled) {
		return refuse(http.StatusServiceUnavailable, fail.Unavailable, "the request was given up")
	}
	kind := fail.KindOf(err)
	p = refuse(statuses[kind], kind, fail.Say(err))
	var e *fail.Error
	if kind == fail.Invalid && errors.As(err, &e) {
		p.Field = fieldOf(err)
	}
	return p
}

// fieldOf is the first field named in err's chain.
func fieldOf(err error) string {
	for e := (*fail.Error)(nil); errors.As(err, &e); err = e.Err {
		if e.Field != "" {
			return e.Field
		}
	}
	return ""
}

// plain makes our problem of the framework's own errors. Values that were sent
// are not echoed: one of them may be a password.
func plain(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	kind := fail.Invalid
	if m.Status >= http.StatusInternalServerError {
		kind = fail.Internal
	}
	p := refuse(m.Status, kind, m.Detail)
	for _, e := range m.Errors {
		if e != nil {
			p.Errors = append(p.Errors, fault{strings.TrimPrefix(strings.TrimPrefix(e.Location, "body."), "query."), e.Message})
		}
	}
	switch {
	case kind == fail.Internal:
		p.Detail, p.Errors = fail.Say(nil), nil
	case len(p.Errors) > 0:
		p.Field, p.Detail = p.Errors[0].Field, p.Errors[0].Detail
	}
	return p, nil
}

// writeProblem answers outside the framework.
func writeProblem(w http.ResponseWriter, p *problem) {
	for k, v := range p.headers {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) //nolint:errcheck // the reader left
}
