package api

import (
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"chargewright/base/fail"
	"chargewright/base/live"
	"chargewright/core/access"
)

// publicEventsPath is the stream of sites for everybody.
const publicEventsPath = prefix + "/public/events"

// TopicSite is the topic of live events that a site's availability changed; the
// data is tenant/site.
const TopicSite = "site"

// Bounds of public streams: of one address and of all.
const (
	streamsOfOne = 50
	streamsOfAll = 2_000
)

// streams counts the public streams that are open, by address.
type streams struct {
	mu    sync.Mutex
	total int
	of    map[string]int
}

// enter counts one more; leave takes it off again. It is false at a bound.
func (s *streams) enter(addr string) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= streamsOfAll || s.of[addr] >= streamsOfOne {
		return nil, false
	}
	if s.of == nil {
		s.of = map[string]int{}
	}
	s.total++
	s.of[addr]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.total--
		if s.of[addr]--; s.of[addr] == 0 {
			delete(s.of, addr)
		}
	}, true
}

// ownEventsPath is the stream of a driver: sites, and what is their own.
const ownEventsPath = prefix + "/me/events"

// publicEvents serves the sites whose availability changes. It is as /events:
// a stream begins, and goes on after a gap, with a snapshot event.
func (s *server) publicEvents(w http.ResponseWriter, r *http.Request) {
	s.faceEvents(w, r, access.Open, "publicEvents")
}

// ownEvents is publicEvents for a driver, with what changes of their own.
func (s *server) ownEvents(w http.ResponseWriter, r *http.Request) {
	s.faceEvents(w, r, access.Me, "ownEvents")
}

func (s *server) faceEvents(w http.ResponseWriter, r *http.Request, area access.Area, operation string) {
	sc, err := s.admit(r, area)
	if err != nil {
		writeProblem(w, problemOf(s.failed(r.Context(), huma.Operation{OperationID: operation}, err)))
		return
	}
	leave, ok := s.face.streams.enter(s.o.Proxies.Of(r))
	if !ok {
		p := refuse(http.StatusTooManyRequests, fail.Busy, "too many event streams are open")
		p.headers.Set("Retry-After", "30")
		writeProblem(w, p)
		return
	}
	defer leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	t := &stream{server: s, w: w, out: http.NewResponseController(w), scope: visitor(sc), request: r, last: r.Header.Get("Last-Event-ID"), area: area}
	t.run(r.Context())
}

// visitor is who reads what is open: nobody reads of the installation's tenant.
func visitor(sc access.Scope) access.Scope {
	if sc.Tenant == "" {
		sc.Tenant = access.DefaultTenant
	}
	return sc
}

// siteEvent sends that the availability of a site of the reader's tenant
// changed; everything else is left out.
func (t *stream) siteEvent(e live.Event) error {
	t.last = e.ID
	tenant, site, _ := strings.Cut(string(e.Data), "/")
	if e.Topic != TopicSite || tenant != t.scope.Tenant {
		return nil
	}
	b, err := marshal(eventData{site})
	if err != nil {
		return err
	}
	return t.write("id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Topic, b)
}

// publicEventsOperation documents the stream of sites.
func publicEventsOperation() *huma.Operation {
	return faceEventsOperation(operation{method: http.MethodGet, path: "/public/events", area: access.Open, tag: "public", id: "publicEvents", summary: "Follow where one can charge",
		about: "As /events, of sites: the event site names one whose availability changed, and data is {\"id\": …}. At most 50 streams of one address."})
}

// ownEventsOperation documents the stream of a driver.
func ownEventsOperation() *huma.Operation {
	return faceEventsOperation(operation{method: http.MethodGet, path: "/me/events", area: access.Me, tag: "me", id: "ownEvents", summary: "Follow one's own sessions and payments",
		about: "As /public/events, with session, payment and claim for those of one's own."})
}

func faceEventsOperation(of operation) *huma.Operation {
	op, o := eventsOperation(), of.describe()
	op.OperationID, op.Path, op.Summary, op.Description, op.Tags, op.Security, op.Extensions = o.OperationID, o.Path, o.Summary, o.Description, o.Tags, o.Security, o.Extensions
	return op
}
