// Package live fans events out to screens. It is lossy and keeps nothing but a
// ring of the newest events in memory: a screen that misses some is told of
// the gap and takes a snapshot.
package live

import (
	"context"
	"strconv"
	"strings"
	"sync"
)

// queue is how many events a subscriber may be behind before it is dropped.
const queue = 64

// Event is something that changed. Data is shared by all subscribers and must
// not be altered.
type Event struct {
	ID    string // "epoch-n", n rising by one from event to event
	Topic string
	Data  []byte
}

// Hub is the point where publishers and subscribers meet. Its methods may be
// called from any goroutine, and none of them waits for a subscriber.
type Hub struct {
	epoch string

	mu   sync.Mutex
	last uint64  // number of the newest event
	ring []Event // event n lies at n mod len
	subs map[*subscriber]struct{}
}

type subscriber struct {
	events chan Event
	stop   func() bool
}

// NewHub returns a hub that remembers the newest keep events (at least one).
// The epoch tells its ids from those of an earlier process: it must not have
// been used before.
func NewHub(epoch uint64, keep int) *Hub {
	return &Hub{
		epoch: strconv.FormatUint(epoch, 10),
		ring:  make([]Event, max(keep, 1)),
		subs:  make(map[*subscriber]struct{}),
	}
}

// Publish hands an event to every subscriber and returns it with its id. A
// subscriber whose queue is full is dropped: its channel is closed.
func (h *Hub) Publish(topic string, data []byte) Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	e := Event{ID: h.id(h.last), Topic: topic, Data: data}
	h.ring[h.last%uint64(len(h.ring))] = e
	for s := range h.subs {
		select {
		case s.events <- e:
		default:
			h.drop(s)
		}
	}
	return e
}

// Subscribe returns the events that follow the one called after, oldest first,
// and then those to come; with after empty only those to come. Gap says that
// events after it are no longer known, or that it is of another process: the
// caller takes a snapshot, and the channel starts from now.
//
// The channel is closed when ctx ends, or when the subscriber was too slow. It
// then subscribes again with the last id it saw.
func (h *Hub) Subscribe(ctx context.Context, after string) (events <-chan Event, gap bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	from := h.last
	if after != "" {
		n, ok := h.number(after)
		oldest := h.last - min(h.last, uint64(len(h.ring)))
		if ok && n >= oldest && n <= h.last {
			from = n
		} else {
			gap = true
		}
	}
	s := &subscriber{events: make(chan Event, h.last-from+queue)}
	for n := from + 1; n <= h.last; n++ {
		s.events <- h.ring[n%uint64(len(h.ring))]
	}
	h.subs[s] = struct{}{}
	s.stop = context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.drop(s)
	})
	return s.events, gap
}

// Position returns the id of the newest event, that a snapshot taken now
// contains.
func (h *Hub) Position() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.id(h.last)
}

// drop ends a subscription; the second time it does nothing.
func (h *Hub) drop(s *subscriber) {
	if _, ok := h.subs[s]; !ok {
		return
	}
	delete(h.subs, s)
	s.stop()
	close(s.events)
}

func (h *Hub) id(n uint64) string { return h.epoch + "-" + strconv.FormatUint(n, 10) }

func (h *Hub) number(id string) (uint64, bool) {
	epoch, digits, ok := strings.Cut(id, "-")
	if !ok || epoch != h.epoch {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
}
