package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"chargewright/base/fail"
	"chargewright/base/live"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/payment"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

const (
	eventsPath = prefix + "/events"
	// maxStreams bounds the event streams served at one time.
	maxStreams = 1_000
	// heartbeat is the interval of the event beat, which keeps a stream open and
	// says that nothing was missed. With each the caller's key is checked again.
	heartbeat = 15 * time.Second
	// writeWait is how long a reader may take for one write.
	writeWait = 10 * time.Second
)

// The topics of live events that are shown; the data of each is an id. A payment
// is told of when it changed, a claim when its payment, its dunning or a person
// moved it; what a settlement and a credit note do to it, its session tells.
const (
	topicStation = "station"
	topicSession = "session"
	TopicPayment = "payment"
	TopicClaim   = "claim"
)

// owner is whose a thing is.
type owner struct {
	tenant, driver string
	open           bool // its driver may become known yet
}

// owners remembers whose things are. Their tenant never changes, and their driver
// not once it is known, so what is remembered stays true; beyond maxOwners it
// begins anew.
type owners struct {
	mu   sync.Mutex
	seen map[[2]string]owner
}

const maxOwners = 20_000

// of returns whose is what an event speaks of, the zero owner when nobody's. With
// person it says whose driver's, too.
func (o *owners) of(ctx context.Context, db *store.DB, e live.Event, person bool) (owner, error) {
	key := [2]string{e.Topic, string(e.Data)}
	o.mu.Lock()
	of, known := o.seen[key]
	o.mu.Unlock()
	if known && !(person && of.open) {
		return of, nil
	}
	of, err := store.Read(ctx, db, func(tx *store.Tx) (owner, error) { return ownerOf(tx, e.Topic, string(e.Data)) })
	if err != nil || of.tenant == "" {
		return owner{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen == nil || len(o.seen) >= maxOwners {
		o.seen = map[[2]string]owner{}
	}
	o.seen[key] = of
	return of, nil
}

// ownerOf reads whose a thing of a topic is. The driver of a session is known from
// when its token is.
func ownerOf(tx *store.Tx, topic, id string) (owner, error) {
	switch topic {
	case topicStation:
		s, _, err := stations.Find(tx, id)
		return owner{tenant: s.Tenant}, err
	case topicSession:
		s, _, err := sessions.Find(tx, id)
		return owner{s.Tenant, s.Driver, s.Token == "" && s.State.Open()}, err
	case TopicPayment:
		p, _, err := payment.Find(tx, id)
		return owner{tenant: p.Tenant, driver: p.Driver}, err
	case TopicClaim:
		c, _, err := billing.FindClaim(tx, id)
		return owner{tenant: c.Tenant, driver: c.Driver}, err
	}
	return owner{}, nil
}

// events serves live events. It is documented by hand: a stream has no place
// among operations that answer once.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	sc, err := s.admit(r, access.Read)
	if err != nil {
		writeProblem(w, problemOf(s.failed(r.Context(), huma.Operation{OperationID: "events"}, err)))
		return
	}
	topics, err := topicsOf(r.URL.Query().Get("topics"))
	if err != nil {
		writeProblem(w, problemOf(err))
		return
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		writeProblem(w, refuse(http.StatusServiceUnavailable, fail.Busy, "too many event streams are open"))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	t := &stream{server: s, w: w, out: http.NewResponseController(w), scope: sc, request: r, last: r.Header.Get("Last-Event-ID"), area: access.Read, topics: topics}
	t.run(r.Context())
}

// stream is one reader of live events.
type stream struct {
	*server
	w       http.ResponseWriter
	out     *http.ResponseController
	scope   access.Scope
	request *http.Request // that asked for the stream: who it is from is checked again
	last    string        // id of the last event sent or left out
	area    access.Area   // that the reader needs; Open reads sites alone
	topics  []string      // the only ones sent; nil: all but messages
}

// hub is where the reader's events come from.
func (t *stream) hub() *live.Hub {
	if t.o.MessageLive != nil && slices.Contains(t.topics, topicMessage) {
		return t.o.MessageLive
	}
	return t.o.Live
}

// run serves the reader until it leaves, may no longer read, or the server closes.
func (t *stream) run(ctx context.Context) {
	if t.last == "" {
		t.last = t.hub().Position()
		if t.snapshot() != nil {
			return
		}
	}
	for ctx.Err() == nil {
		from := t.hub().Position()
		sub, stop := context.WithCancel(ctx)
		events, gap := t.hub().Subscribe(sub, t.last)
		if gap {
			t.last = from
			if t.snapshot() != nil {
				stop()
				return
			}
		}
		again := t.follow(ctx, events)
		stop()
		if !again {
			return
		}
	}
}

// follow sends events until the subscription ends; again says that it ended
// because the reader was slow, and may go on from its last event.
func (t *stream) follow(ctx context.Context, events <-chan live.Event) (again bool) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	if t.flush() != nil {
		return false
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-t.o.Closing:
			return false
		case e, ok := <-events:
			if !ok {
				return true
			}
			if t.event(ctx, e) != nil {
				return false
			}
		case <-tick.C:
			sc, err := t.admit(t.request, t.area)
			if err != nil && problemOf(err).Status < http.StatusInternalServerError {
				return false
			}
			if err == nil && t.area == access.Open {
				sc = visitor(sc)
			}
			if err == nil {
				t.scope = sc
			}
			if t.write("id: %s\nevent: beat\ndata: {}\n\n", t.last) != nil {
				return false
			}
		}
	}
}

// event sends an event if it is of the reader's tenant.
func (t *stream) event(ctx context.Context, e live.Event) error {
	if t.area == access.Open || t.area == access.Me && e.Topic == TopicSite {
		return t.siteEvent(e)
	}
	subject := about(e)
	of, err := t.owners.of(ctx, t.o.DB, subject, t.area == access.Me)
	if err != nil {
		return err
	}
	t.last = e.ID
	if of.tenant != t.scope.Tenant || t.topics != nil && !slices.Contains(t.topics, e.Topic) {
		return nil
	}
	if t.area == access.Me && (of.driver == "" || of.driver != t.scope.Actor) {
		return nil
	}
	if sees, err := t.sees(ctx, subject); err != nil || !sees {
		return err
	}
	if e.Topic == topicMessage {
		return t.write("id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Topic, e.Data)
	}
	b, err := marshal(eventData{string(e.Data)})
	if err != nil {
		return err
	}
	return t.write("id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Topic, b)
}

// sees reports whether a reader of the tenant sees what an event speaks of. Money
// is for those who see the books, at all sites. Who sees some sites only is asked
// of each time: stations move.
func (t *stream) sees(ctx context.Context, e live.Event) (bool, error) {
	if t.area == access.Read && (e.Topic == TopicPayment || e.Topic == TopicClaim) {
		return t.scope.Role.May(access.Books) && !t.scope.Limited(), nil
	}
	if !t.scope.Limited() {
		return true, nil
	}
	_, err := store.Read(ctx, t.o.DB, func(tx *store.Tx) (none, error) {
		var err error
		switch e.Topic {
		case topicStation:
			_, err = stations.Get(tx, t.scope, string(e.Data))
		case topicSession:
			_, err = sessions.Get(tx, t.scope, string(e.Data))
		default:
			err = fail.New(fail.NotFound, "api.sees", "what %s is about has no site", e.Topic)
		}
		return none{}, err
	})
	if fail.Is(err, fail.NotFound) {
		return false, nil
	}
	return err == nil, err
}

type eventData struct {
	ID string `json:"id"`
}

// snapshot tells the reader to read everything again: what happened before is
// not known, or was missed.
func (t *stream) snapshot() error {
	return t.write("id: %s\nevent: snapshot\ndata: {}\n\n", t.last)
}

func (t *stream) write(format string, args ...any) error {
	if err := t.out.SetWriteDeadline(time.Now().Add(writeWait)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := fmt.Fprintf(t.w, format, args...); err != nil {
		return err
	}
	return t.flush()
}

func (t *stream) flush() error { return t.out.Flush() }
