package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/live"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	stations "chargewright/core/station"
	"chargewright/schema"
)

// reader is a client of the event stream. While it is held it does not read.
type reader struct {
	mu     sync.Mutex
	held   sync.Mutex
	header http.Header
	status int
	text   bytes.Buffer
	cancel context.CancelFunc
	done   chan struct{}
}

func (r *reader) Header() http.Header  { return r.header }
func (r *reader) WriteHeader(code int) { r.status = code }
func (r *reader) Flush()               {}

func (r *reader) Write(b []byte) (int, error) {
	r.held.Lock()
	defer r.held.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// read returns what came since it was called last.
func (r *reader) read() string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.text.Reset()
	return r.text.String()
}

func (r *reader) leave() {
	r.cancel()
	<-r.done
}

// ended reports whether the server ended the stream.
func (r *reader) ended() bool {
	synctest.Wait()
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func (h *harness) follow(key, last string) *reader {
	ctx, cancel := context.WithCancel(h.Context())
	r := &reader{header: http.Header{}, cancel: cancel, done: make(chan struct{})}
	q := httptest.NewRequestWithContext(ctx, get, eventsPath, nil)
	q.Header.Set("Authorization", "Bearer "+key)
	if last != "" {
		q.Header.Set("Last-Event-ID", last)
	}
	go func() {
		defer close(r.done)
		h.handler.ServeHTTP(r, q)
	}()
	return r
}

// watched makes one station of each tenant.
func (h *harness) watched() {
	h.Helper()
	h.atom(func(tx *store.Tx) error {
		if err := stations.Create(tx, stations.Station{ID: "OURS", Tenant: access.DefaultTenant, Site: "site", Onboarding: stations.Accepted}); err != nil {
			return err
		}
		return stations.Create(tx, stations.Station{ID: "THEIRS", Tenant: otherTenant, Site: "other-site", Onboarding: stations.Accepted})
	})
}

func bubble(t *testing.T, fn func(t *testing.T, h *harness), change ...func(*Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, storetest.SQLite(t, schema.FS), change...)
		h.watched()
		fn(t, h)
	})
}

func TestEventsOfTheTenantAlone(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ours, theirs := h.follow(h.keys[access.Viewer], ""), h.follow(h.other, "")
		if got := ours.read(); got != "id: 77-0\nevent: snapshot\ndata: {}\n\n" || ours.header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("the stream begins with %q", got)
		}
		theirs.read()
		for range 2 { // the second time from what is remembered
			h.live.Publish("station", []byte("OURS"))
			h.live.Publish("station", []byte("THEIRS"))
			h.live.Publish("session", []byte("ses_none"))
			h.live.Publish("secret", []byte("OURS"))
		}
		if got := ours.read(); got != "id: 77-1\nevent: station\ndata: {\"id\":\"OURS\"}\n\nid: 77-5\nevent: station\ndata: {\"id\":\"OURS\"}\n\n" {
			t.Errorf("ours: %q", got)
		}
		if got := theirs.read(); got != "id: 77-2\nevent: station\ndata: {\"id\":\"THEIRS\"}\n\nid: 77-6\nevent: station\ndata: {\"id\":\"THEIRS\"}\n\n" {
			t.Errorf("theirs: %q", got)
		}
		ours.leave()
		theirs.leave()
	})
}

func TestEventsResume(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.live.Publish("station", []byte("OURS"))
		h.live.Publish("station", []byte("OURS"))
		for _, c := range []struct{ last, want string }{
			{"77-1", "id: 77-2\nevent: station\ndata: {\"id\":\"OURS\"}\n\n"},
			{"77-2", ""},
			{"76-1", "id: 77-2\nevent: snapshot\ndata: {}\n\n"},
			{"rubbish", "id: 77-2\nevent: snapshot\ndata: {}\n\n"},
		} {
			r := h.follow(h.keys[access.Viewer], c.last)
			if got := r.read(); got != c.want {
				t.Errorf("after %s: %q, want %q", c.last, got, c.want)
			}
			r.leave()
		}
		for range 20 { // the hub remembers 16
			h.live.Publish("station", []byte("OURS"))
		}
		r := h.follow(h.keys[access.Viewer], "77-2")
		if got := r.read(); got != "id: 77-22\nevent: snapshot\ndata: {}\n\n" {
			t.Errorf("after a gap: %q", got)
		}
		r.leave()
	})
}

// A reader that was slow goes on from where it was, or is told of the gap.
func TestSlowReaders(t *testing.T) {
	for _, keep := range []int{1024, 16} {
		hub := live.NewHub(78, keep)
		bubble(t, func(t *testing.T, h *harness) {
			r := h.follow(h.keys[access.Viewer], "")
			r.read()
			r.held.Lock()
			for range 200 {
				hub.Publish("station", []byte("OURS"))
			}
			r.held.Unlock()
			got := r.read()
			r.leave()
			if keep == 1024 {
				for i := 1; i <= 200; i++ {
					if n := strings.Count(got, fmt.Sprintf("id: 78-%d\n", i)); n != 1 {
						t.Fatalf("event %d came %d times", i, n)
					}
				}
			} else if !strings.Contains(got, "event: snapshot") || !strings.HasSuffix(got, "id: 78-200\nevent: snapshot\ndata: {}\n\n") {
				t.Errorf("the gap was not told: %q", got[max(0, len(got)-200):])
			}
		}, func(o *Options) { o.Live = hub })
	}
}

func TestHeartbeatsAndRevocation(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		r := h.follow(h.keys[access.Viewer], "")
		r.read()
		h.live.Publish("station", []byte("THEIRS"))
		time.Sleep(heartbeat)
		if got := r.read(); got != "id: 77-1\nevent: beat\ndata: {}\n\n" {
			t.Errorf("the heartbeat is %q", got)
		}
		h.atom(func(tx *store.Tx) error {
			k, err := access.KeyOf(tx, scope, h.keys[access.Viewer])
			if err != nil {
				return err
			}
			return access.Revoke(tx, scope, k.ID)
		})
		if r.ended() {
			t.Error("the stream ended before its heartbeat")
		}
		time.Sleep(heartbeat)
		if !r.ended() {
			t.Error("a revoked key goes on reading")
		}
		r.leave()
	})
}

func TestEventsEndOnShutdown(t *testing.T) {
	var closing chan struct{}
	bubble(t, func(t *testing.T, h *harness) {
		r := h.follow(h.keys[access.Viewer], "")
		if r.ended() {
			t.Fatal("the stream ended at once")
		}
		close(closing)
		if !r.ended() {
			t.Error("the stream goes on while the server closes")
		}
		r.leave()
	}, func(o *Options) {
		closing = make(chan struct{}) // of the bubble
		o.Closing = closing
	})
}

func TestEventsAreGuarded(t *testing.T) {
	each(t, func(h *harness) {
		if r := h.send("", get, eventsPath, ""); r.code != 401 || r.header.Get("Content-Type") != "application/problem+json" {
			h.Errorf("without a key: %d %s", r.code, r.text)
		}
		if r := h.send(h.keys[access.Owner], post, eventsPath, "{}"); r.code != 405 {
			h.Errorf("POST: %d", r.code)
		}
	})
}
