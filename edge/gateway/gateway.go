package gateway

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"chargewright/base/fail"
	"chargewright/base/link"
)

// Gateway is the http.Handler of station sockets and the link.Stations of the
// core.
type Gateway struct {
	core     link.Core
	opt      Options
	log      *slog.Logger
	prefixes []string
	upgrade  websocket.Upgrader
	turns    chan struct{} // handshakes that the core judges
	scratch  sync.Pool     // of *bytes.Buffer
	count    counters

	mu       sync.Mutex
	conns    map[string]*conn // by canonical identity; the newest of each
	draining bool
	ended    *sync.Cond // broadcast when a connection is over
	open     int        // connections that run
}

var _ link.Stations = (*Gateway)(nil)

// New returns a gateway that asks core. It fails only for bad options.
func New(core link.Core, o Options) (*Gateway, error) {
	o = o.withDefaults()
	p, err := prefixes(o.Paths)
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		core: core, opt: o, log: o.Log, prefixes: p,
		turns: make(chan struct{}, o.Handshakes),
		conns: make(map[string]*conn),
		upgrade: websocket.Upgrader{
			HandshakeTimeout: 10 * time.Second,
			ReadBufferSize:   512,
			WriteBufferSize:  1024,
			WriteBufferPool:  new(sync.Pool),
			Error:            refuseUpgrade,
			CheckOrigin:      anyOrigin,
		},
	}
	g.ended = sync.NewCond(&g.mu)
	return g, nil
}

// Call implements link.Stations.
func (g *Gateway) Call(ctx context.Context, stationID string, call link.Call) (link.Answer, error) {
	c := g.lookup(stationID)
	if c == nil {
		return link.Answer{}, offline()
	}
	return c.call(ctx, call)
}

// Drop implements link.Stations.
func (g *Gateway) Drop(_ context.Context, stationID string, epoch int64, reason string) error {
	c := g.lookup(stationID)
	if c == nil || epoch != 0 && c.peer.Epoch != epoch {
		return offline()
	}
	c.close(closePolicy, reason)
	return nil
}

func offline() error {
	return fail.New(fail.Offline, "gateway.Call", "the station is not connected")
}

// lookup returns the connection of a station that is not ending, or nil.
func (g *Gateway) lookup(stationID string) *conn {
	g.mu.Lock()
	c := g.conns[stationID]
	g.mu.Unlock()
	if c == nil || c.ending() {
		return nil
	}
	return c
}

// enter makes c the connection of its station and returns the one it
// replaces, if any. It fails while draining, after a connection of a higher
// epoch, and for a connection without credentials if another one than known
// has come meanwhile.
func (g *Gateway) enter(c, known *conn) (old *conn, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	old = g.conns[c.peer.StationID]
	if g.draining {
		return nil, false
	}
	if old != nil && (old.peer.Epoch > c.peer.Epoch || !c.secured && old != known && !old.ending()) {
		return nil, false
	}
	g.conns[c.peer.StationID] = c
	g.open++
	g.count.connections.Add(1)
	return old, true
}

// leave forgets a connection that is over.
func (g *Gateway) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.conns[c.peer.StationID] == c {
		delete(g.conns, c.peer.StationID)
	}
	g.open--
	g.count.connections.Add(-1)
	g.ended.Broadcast()
}

// Shutdown refuses new connections, lets every call in hand be answered, and
// closes the connections one after another with 1001, spread over DrainWindow
// so that the stations do not come back all at once. It returns when all are
// over. When ctx ends first, what is left is cut off and ctx's error returned.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.mu.Lock()
	g.draining = true
	var all []*conn
	for _, c := range g.conns {
		all = append(all, c)
	}
	g.mu.Unlock()
	defer context.AfterFunc(ctx, func() {
		for _, c := range all {
			c.cut("the server is going away")
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.ended.Broadcast()
	})()
	for i, c := range all {
		if i > 0 && !pause(ctx.Done(), g.opt.DrainWindow/time.Duration(len(all))) {
			break
		}
		go c.drain()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.open > 0 && ctx.Err() == nil {
		g.ended.Wait()
	}
	if g.open > 0 {
		return fail.Wrap(fail.Timeout, "gateway.Shutdown", ctx.Err())
	}
	return nil
}

// pause waits for d and reports whether it did so undisturbed.
func pause(stop <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-stop:
		return false
	}
}
