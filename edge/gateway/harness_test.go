package gateway

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"chargewright/base/link"
)

// fakeCore admits every station, answers by an empty payload, and writes down
// what happens. A test sets the functions it cares for.
type fakeCore struct {
	hello   func(link.Hello) (link.Welcome, error)
	open    func(link.Peer) error
	receive func(context.Context, link.Peer, link.Call) (link.Answer, error)

	mu     sync.Mutex
	epoch  int64
	events []string
	hellos []link.Hello
}

func (f *fakeCore) Hello(_ context.Context, h link.Hello) (link.Welcome, error) {
	f.mu.Lock()
	f.hellos = append(f.hellos, h)
	f.epoch++
	w := link.Welcome{StationID: h.StationID, Epoch: f.epoch, Secured: h.HasAuth}
	f.mu.Unlock()
	if f.hello != nil {
		return f.hello(h)
	}
	return w, nil
}

func (f *fakeCore) Open(_ context.Context, p link.Peer) error {
	if f.open != nil {
		if err := f.open(p); err != nil {
			return err
		}
	}
	f.record("open %s %d", p.StationID, p.Epoch)
	return nil
}

func (f *fakeCore) Receive(ctx context.Context, p link.Peer, c link.Call) (link.Answer, error) {
	f.record("receive %s %s", p.StationID, c.ID)
	if f.receive != nil {
		return f.receive(ctx, p, c)
	}
	return link.Answer{}, nil
}

func (f *fakeCore) Closed(_ context.Context, p link.Peer, reason string) {
	if reason == "" {
		reason = "without a reason"
	}
	f.record("closed %s %d: %s", p.StationID, p.Epoch, reason)
}

func (f *fakeCore) record(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, fmt.Sprintf(format, args...))
}

func (f *fakeCore) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.events...)
}

// site is a gateway with its server, in memory or on a socket.
type site struct {
	*Gateway
	t      *testing.T
	core   *fakeCore
	guard  *Guard
	server *http.Server
	dial   func() (net.Conn, error)
}

// pipes is a listener whose connections are net.Pipes.
type pipes struct {
	queue chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.queue:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "pipe"} }

// inMemory starts a site whose network is in memory: for use in a bubble.
func inMemory(t *testing.T, core *fakeCore, o Options) *site {
	l := &pipes{queue: make(chan net.Conn), done: make(chan struct{})}
	return start(t, core, o, l, NewGuard(0, 0), func() (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case l.queue <- theirs:
			return ours, nil
		case <-l.done:
			return nil, net.ErrClosed
		}
	})
}

// onSocket starts a site on 127.0.0.1.
func onSocket(t *testing.T, core *fakeCore, o Options) *site {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return start(t, core, o, l, NewGuard(0, 0), func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) })
}

func start(t *testing.T, core *fakeCore, o Options, l net.Listener, guard *Guard, dial func() (net.Conn, error)) *site {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.DrainWindow == 0 {
		o.DrainWindow = time.Millisecond
	}
	g, err := New(core, o)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Gateway: g, t: t, core: core, guard: guard, server: NewServer(g, guard), dial: dial}
	s.server.ErrorLog = slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(guard.Listen(l)) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		_ = s.server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
		if n := s.Stats().Connections; n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
	return s
}

// request describes a handshake.
type request struct {
	path      string
	auth      string // user:password
	protocols []string
	deflate   bool
	header    http.Header
}

// connect performs a handshake and returns the client, or the refusal.
func (s *site) connect(r request) (*websocket.Conn, *http.Response, error) {
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if r.auth != "" {
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(r.auth)))
	}
	d := websocket.Dialer{
		NetDialContext:    func(context.Context, string, string) (net.Conn, error) { return s.dial() },
		Subprotocols:      r.protocols,
		EnableCompression: r.deflate,
	}
	if _, err := url.Parse("ws://csms" + r.path); err != nil {
		s.t.Fatal(err)
	}
	return d.Dial("ws://csms"+r.path, header)
}

// station connects a station with credentials, or ends the test.
func (s *site) station(id, subprotocol string) *client {
	s.t.Helper()
	return s.admit(request{path: "/ocpp/" + id, auth: id + ":secret", protocols: []string{subprotocol}})
}

func (s *site) admit(r request) *client {
	s.t.Helper()
	ws, response, err := s.connect(r)
	if err != nil {
		s.t.Fatalf("%s was refused: %v, %+v", r.path, err, response)
	}
	c := &client{Conn: ws, t: s.t}
	s.t.Cleanup(func() { _ = ws.Close() })
	return c
}

// client is a station's side of a socket.
type client struct {
	*websocket.Conn
	t *testing.T
}

func (c *client) say(text string) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatalf("write %.80s: %v", text, err)
	}
}

func (c *client) hear(want string) {
	c.t.Helper()
	if got := c.next(); got != want {
		c.t.Fatalf("heard %.200s, want %.200s", got, want)
	}
}

func (c *client) next() string {
	c.t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		c.t.Fatal(err)
	}
	_, data, err := c.ReadMessage()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return string(data)
}

// hearClose reads on until the close frame and compares its code.
func (c *client) hearClose(code int) {
	c.t.Helper()
	if err := c.untilClose(code); err != nil {
		c.t.Fatal(err)
	}
}

// untilClose is hearClose for any goroutine.
func (c *client) untilClose(code int) error {
	if err := c.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return err
	}
	for {
		_, _, err := c.ReadMessage()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != code {
			return fmt.Errorf("the socket ended by %w, want close %d", err, code)
		}
		return nil
	}
}

// works reports that the connection is alive by one exchange.
func (c *client) works() {
	c.t.Helper()
	c.say(`[2,"alive","Heartbeat",{}]`)
	c.hear(`[3,"alive",{}]`)
}
