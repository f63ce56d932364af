package gateway

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"chargewright/base/link"
	"chargewright/wire/ocpp"
)

// conn is one connection of one station. Its states: entered (in the registry,
// perhaps waiting for an older one to end), opened (the core holds the lease),
// ending (no call goes in or out any more), over.
type conn struct {
	g       *Gateway
	socket  *socket
	peer    link.Peer
	version ocpp.Version
	secured bool
	every   time.Duration // between our pings

	opened chan struct{} // closed when the core holds the lease
	stop   chan struct{} // closed when the connection is ending
	over   chan struct{} // closed when the core has been told

	seen    atomic.Int64 // when the last sign of life came, Unix ns
	probing atomic.Bool  // somebody waits on sign

	reader struct { // of the reading goroutine alone
		limit    bucket
		lockstep bool // the last message was a CALL that the station waits for
		strikes  int
		warned   map[string]bool
	}

	worker sync.WaitGroup // the goroutine that answers, while there is one
	turn   chan struct{}  // holds the one call to the station that is under way
	queued atomic.Int32   // calls to the station that wait for their turn
	owed   atomic.Int32   // calls of the station whose answer is not on its way yet

	mu       sync.Mutex
	ended    bool
	draining bool
	reason   string
	flaps    bucket
	timer    *time.Timer
	sign     chan struct{} // closed at the next sign of life; nil if nobody waits
	inbox    []link.Call
	working  bool
	room     chan struct{} // of capacity one: the inbox has shrunk
	pending  *pending
}

func newConn(g *Gateway, s *socket, p link.Peer, v ocpp.Version, w link.Welcome, flaps bucket) *conn {
	c := &conn{
		g: g, socket: s, peer: p, version: v, secured: w.Secured, every: w.Ping, flaps: flaps,
		opened: make(chan struct{}), stop: make(chan struct{}), over: make(chan struct{}),
		turn: make(chan struct{}, 1), room: make(chan struct{}, 1),
	}
	if c.every <= 0 {
		c.every = g.opt.Ping
	}
	now := time.Now()
	c.reader.limit = newBucket(g.opt.Rate, g.opt.Burst, now)
	c.seen.Store(now.UnixNano())
	s.ws.SetPingHandler(c.onPing)
	s.ws.SetPongHandler(c.onPong)
	s.ws.SetCloseHandler(c.onClose)
	return c
}

// run lives as long as the connection.
func (c *conn) run(old *conn) {
	if old != nil {
		if old.close(closePolicy, "replaced by a newer connection") {
			c.g.count.replaced.Add(1)
		}
		old.waitOver(replaceTimeout)
	}
	if err := c.open(); err != nil {
		c.g.log.Warn("a connection was not opened", "station", c.peer.StationID, "epoch", c.peer.Epoch, "error", err)
		c.close(closeTryLater, "try again later")
		c.socket.linger()
		c.g.leave(c)
		close(c.over)
		return
	}
	c.startPings()
	c.begin(c.whyBroken(c.read()))
	c.socket.linger()
	c.finish()
}

// waitOver waits until the connection is over, at most for d.
func (c *conn) waitOver(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c.over:
	case <-t.C:
	}
}

func (c *conn) open() error {
	if c.ending() {
		return offline()
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.g.opt.ReceiveTimeout)
	defer cancel()
	if err := c.g.core.Open(ctx, c.peer); err != nil {
		return err
	}
	close(c.opened)
	return nil
}

// read handles messages until the connection breaks or is to end.
func (c *conn) read() error {
	for {
		data, err := c.socket.read()
		if err != nil {
			return err
		}
		at := time.Now()
		c.alive(at)
		if c.ending() {
			return errEnding
		}
		c.g.count.received.Add(1)
		c.tap(FromStation, data, at)
		if c.throttle(at) {
			c.handle(data, at)
		}
	}
}

// whyBroken closes for what the station did wrong, and names the reason.
func (c *conn) whyBroken(err error) string {
	switch {
	case errors.Is(err, errTooBig):
		c.g.count.tooBig.Add(1)
		c.close(closeTooBig, err.Error())
	case errors.Is(err, errBinary):
		c.close(closeUnsupported, err.Error())
	case errors.Is(err, errInflate):
		c.close(closeBadData, err.Error())
	}
	return err.Error()
}

// finish lets the call in hand end and tells the core.
func (c *conn) finish() {
	c.worker.Wait()
	c.g.leave(c)
	ctx, cancel := context.WithTimeout(context.Background(), c.g.opt.ReceiveTimeout)
	defer cancel()
	c.mu.Lock()
	reason := c.reason
	c.mu.Unlock()
	c.g.core.Closed(ctx, c.peer, reason)
	close(c.over)
}

// begin starts the end and reports whether it was the first to do so.
func (c *conn) begin(reason string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.ended = true
	c.reason = reason
	c.inbox = nil
	if c.timer != nil {
		c.timer.Stop()
	}
	close(c.stop)
	return true
}

// close ends the connection politely: the reader lingers until the station has
// answered, or a moment has passed. It reports false if the end had begun.
func (c *conn) close(code int, reason string) bool {
	if !c.begin(reason) {
		return false
	}
	c.socket.farewell(code, reason)
	return true
}

// cut ends the connection at once.
func (c *conn) cut(reason string) {
	c.begin(reason)
	c.socket.abort()
}

// drain closes when the call in hand is answered; calls behind it are left to
// be repeated.
func (c *conn) drain() {
	c.mu.Lock()
	c.draining = true
	c.inbox = nil
	c.mu.Unlock()
	c.worker.Wait()
	c.close(closeGoingAway, "the server is going away")
}

func (c *conn) ending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// replaceable takes one replacement from the budget that a station's
// connections hand on, and reports whether there was one left.
func (c *conn) replaceable(now time.Time) (bucket, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ok := c.flaps.take(now)
	return c.flaps, ok
}

func (c *conn) tap(d Direction, frame []byte, at time.Time) {
	if c.g.opt.Tap != nil {
		c.g.opt.Tap(c.peer, d, frame, at)
	}
}

// write sends a message. A station that does not take it is cut off.
func (c *conn) write(frame []byte) error {
	if err := c.socket.write(frame, c.g.opt.WriteTimeout); err != nil {
		if isTimeout(err) {
			c.g.count.slow.Add(1)
		}
		c.cut("a message could not be written: " + err.Error())
		return err
	}
	c.g.count.sent.Add(1)
	c.tap(ToStation, frame, time.Now())
	return nil
}

// Signs of life.

func (c *conn) alive(now time.Time) {
	c.seen.Store(now.UnixNano())
	if c.probing.Load() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.sign != nil {
			close(c.sign)
			c.sign = nil
		}
		c.probing.Store(false)
	}
}

func (c *conn) onPing(data string) error {
	now := time.Now()
	c.alive(now)
	if c.ending() || !c.throttle(now) {
		return nil
	}
	return c.socket.pong(data, c.g.opt.WriteTimeout)
}

func (c *conn) onPong(string) error {
	now := time.Now()
	c.alive(now)
	c.throttle(now)
	return nil
}

// onClose answers the station's close, or takes its answer to ours.
func (c *conn) onClose(code int, text string) error {
	if c.begin((&websocket.CloseError{Code: code, Text: text}).Error()) {
		if code == websocket.CloseNoStatusReceived {
			code = websocket.CloseNormalClosure
		}
		c.socket.farewell(code, "")
	}
	return nil
}

// startPings begins with a part of the interval, so that stations which came
// together are not pinged together.
func (c *conn) startPings() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.timer = time.AfterFunc(c.every/2+rand.N(c.every/2+1), c.tick)
	}
}

// tick pings, or ends a connection that was silent for two intervals and more.
func (c *conn) tick() {
	silent := time.Since(time.Unix(0, c.seen.Load()))
	if silent > 2*c.every+c.every/2 {
		c.g.count.lost.Add(1)
		c.cut("no sign of life")
		return
	}
	_ = c.socket.ping(c.g.opt.WriteTimeout) // a busy socket is pinged next time; a broken one shows elsewhere
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.timer.Reset(c.every)
	}
}

// probe asks for a sign of life and reports whether it came.
func (c *conn) probe(ctx context.Context) bool {
	c.mu.Lock()
	if c.sign == nil {
		c.sign = make(chan struct{})
	}
	sign := c.sign
	c.probing.Store(true)
	c.mu.Unlock()
	if err := c.socket.ping(c.g.opt.WriteTimeout); err != nil && !isTimeout(err) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	select {
	case <-sign:
		return true
	case <-c.stop:
	case <-ctx.Done():
	}
	return false
}
