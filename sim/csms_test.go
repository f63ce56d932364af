package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"chargewright/base/fail"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v21"
)

// pipes is a listener without a network: Dial hands one end of a pipe to
// Accept.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	mine, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return mine, nil
	case <-p.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, io.EOF
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// seen is one call of a station.
type seen struct {
	id, station, action string
	payload             []byte
	at                  time.Time
}

// csms is the server side of a test.
type csms struct {
	t       *testing.T
	pipes   *pipes
	server  *http.Server
	lenient bool // payloads need not keep to the schema

	mu      sync.Mutex
	calls   []seen
	peers   map[string]*peer
	next    int64
	boots   []string // the statuses of the next boots; then Accepted
	refuse  map[string]int
	verdict map[string]string // by token; otherwise Accepted
	limit   *v21.TransactionLimit
	away    bool
	routers map[ocpp.Version]*ocpp.Router[string]
}

type peer struct {
	ws      *websocket.Conn
	version ocpp.Version
	write   sync.Mutex
	waiting map[string]chan ocpp.Frame
	gone    chan struct{}
}

func newCSMS(t *testing.T) *csms {
	c := &csms{
		t: t, pipes: newPipes(), peers: map[string]*peer{}, refuse: map[string]int{}, verdict: map[string]string{},
		routers: map[ocpp.Version]*ocpp.Router[string]{},
	}
	c.routers[ocpp.V16] = c.router16()
	c.routers[ocpp.V201] = c.router2(ocpp.V201)
	c.routers[ocpp.V21] = c.router2(ocpp.V21)

	c.server = &http.Server{Handler: http.HandlerFunc(c.serve)}
	go c.server.Serve(c.pipes)
	t.Cleanup(c.close)
	return c
}

func (c *csms) close() {
	c.pipes.Close()
	c.server.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.peers {
		p.ws.Close()
	}
}

func (c *csms) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	away := c.away
	c.mu.Unlock()
	if away {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	up := websocket.Upgrader{Subprotocols: []string{"ocpp1.6", "ocpp2.0.1", "ocpp2.1"}}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	v, ok := ocpp.ParseSubprotocol(ws.Subprotocol())
	if !ok {
		return
	}
	id := path.Base(r.URL.Path)
	p := &peer{ws: ws, version: v, waiting: map[string]chan ocpp.Frame{}, gone: make(chan struct{})}
	c.mu.Lock()
	c.peers[id] = p
	c.mu.Unlock()
	defer close(p.gone)
	for {
		_, data, err := ws.ReadMessage()
		if err != nil {
			return
		}
		c.frame(id, p, data)
	}
}

func (c *csms) frame(id string, p *peer, data []byte) {
	f, bad := ocpp.ParseFrame(data, p.version)
	if bad != nil {
		if !c.lenient {
			c.t.Errorf("%s sent a bad frame %s: %v", id, data, bad)
		}
		return
	}
	if f.Type != ocpp.TypeCall {
		c.mu.Lock()
		ch := p.waiting[f.ID]
		delete(p.waiting, f.ID)
		c.mu.Unlock()
		if ch != nil {
			ch <- f
		}
		return
	}
	if err := ocpp.ValidateRequest(p.version, f.Action, f.Payload); err != nil && !c.lenient {
		c.t.Errorf("%s %s breaks the schema: %v\n%s", id, f.Action, err, f.Payload)
	}
	c.mu.Lock()
	c.calls = append(c.calls, seen{f.ID, id, f.Action, append([]byte(nil), f.Payload...), time.Now()})
	refuse := c.refuse[f.Action] > 0
	if refuse {
		c.refuse[f.Action]--
	}
	c.mu.Unlock()
	var out []byte
	reply, _, err := c.routers[p.version].Serve(context.Background(), id, f.Action, f.Payload)
	var due *ocpp.Error
	switch {
	case refuse:
		out = ocpp.AppendError(nil, f.ID, &ocpp.Error{Code: ocpp.InternalError}, p.version)
	case errors.As(err, &due):
		c.t.Errorf("%s %s was not served: %v\n%s", id, f.Action, err, f.Payload)
		out = ocpp.AppendError(nil, f.ID, due, p.version)
	default:
		out = ocpp.AppendResult(nil, f.ID, reply)
	}
	p.send(out)
}

func (p *peer) send(data []byte) error {
	p.write.Lock()
	defer p.write.Unlock()
	return p.ws.WriteMessage(websocket.TextMessage, data)
}

// call sends a call to a station and returns the answer.
func (c *csms) call(ctx context.Context, station string, q ocpp.Call) ([]byte, error) {
	c.mu.Lock()
	p := c.peers[station]
	c.next++
	id := fmt.Sprintf("csms-%d", c.next)
	ch := make(chan ocpp.Frame, 1)
	if p != nil {
		p.waiting[id] = ch
	}
	c.mu.Unlock()
	if p == nil {
		return nil, fail.New(fail.Offline, "csms.call", "no station %s", station)
	}
	payload, err := ocpp.Encode(p.version, q)
	if err != nil {
		return nil, err
	}
	if err := p.send(ocpp.AppendCall(nil, id, q.Action(), payload)); err != nil {
		return nil, err
	}
	select {
	case f := <-ch:
		if f.Type == ocpp.TypeError {
			code, _ := ocpp.ParseCode(f.Code)
			return nil, &ocpp.Error{Code: code, Description: f.Description}
		}
		if err := ocpp.ValidateReply(p.version, q.Action(), f.Payload); err != nil {
			c.t.Errorf("the answer to %s breaks the schema: %v\n%s", q.Action(), err, f.Payload)
		}
		return f.Payload, nil
	case <-p.gone:
		return nil, fail.New(fail.Timeout, "csms.call", "the station went away")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask is call with a typed answer; a failure ends the test.
func ask[P any, Q interface {
	ocpp.Request[P]
}](c *csms, ctx context.Context, station string, v ocpp.Version, q Q) P {
	c.t.Helper()
	payload, err := c.call(ctx, station, q)
	if err != nil {
		c.t.Fatalf("%s: %v", q.Action(), err)
	}
	r, _, err := ocpp.DecodeReply[P](v, q.Action(), payload)
	if err != nil {
		c.t.Fatalf("%s: %v", q.Action(), err)
	}
	return r
}

// all returns the calls so far.
func (c *csms) all() []seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// of returns the calls of one action so far.
func (c *csms) of(action string) []seen {
	var out []seen
	for _, s := range c.all() {
		if s.action == action {
			out = append(out, s)
		}
	}
	return out
}

// typed decodes the calls of Q's action.
func typed[Q ocpp.Call](c *csms, v ocpp.Version) []Q {
	var q Q
	var out []Q
	for _, s := range c.of(q.Action()) {
		d := new(Q)
		if _, err := ocpp.Decode(v, d, append([]byte(nil), s.payload...)); err != nil {
			c.t.Errorf("%s: %v", s.action, err)
		}
		out = append(out, *d)
	}
	return out
}

func (c *csms) bootStatus() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.boots) == 0 {
		return accepted
	}
	s := c.boots[0]
	c.boots = c.boots[1:]
	return s
}

func (c *csms) judge(token string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return orText(c.verdict[token], accepted)
}

func (c *csms) setVerdict(token, status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.verdict[token] = status
}

func (c *csms) router16() *ocpp.Router[string] {
	r := ocpp.NewRouter[string](ocpp.V16)
	type ctx = context.Context
	ocpp.On(r, func(_ ctx, _ string, q *v16.BootNotification) (v16.BootNotificationResponse, error) {
		return v16.BootNotificationResponse{Status: v16.RegistrationStatus(c.bootStatus()), CurrentTime: ocpp.At(time.Now()), Interval: 300}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v16.Heartbeat) (v16.HeartbeatResponse, error) {
		return v16.HeartbeatResponse{CurrentTime: ocpp.At(time.Now())}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v16.Authorize) (v16.AuthorizeResponse, error) {
		return v16.AuthorizeResponse{IDTagInfo: v16.IDTagInfo{Status: v16.AuthorizationStatus(c.judge(q.IDTag))}}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v16.StartTransaction) (v16.StartTransactionResponse, error) {
		status := v16.AuthorizationStatus(c.judge(q.IDTag))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.next++
		return v16.StartTransactionResponse{TransactionID: 1000 + c.next, IDTagInfo: v16.IDTagInfo{Status: status}}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v16.StopTransaction) (v16.StopTransactionResponse, error) {
		return v16.StopTransactionResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v16.StatusNotification) (v16.StatusNotificationResponse, error) {
		return v16.StatusNotificationResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v16.MeterValues) (v16.MeterValuesResponse, error) {
		return v16.MeterValuesResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v16.FirmwareStatusNotification) (v16.FirmwareStatusNotificationResponse, error) {
		return v16.FirmwareStatusNotificationResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v16.DiagnosticsStatusNotification) (v16.DiagnosticsStatusNotificationResponse, error) {
		return v16.DiagnosticsStatusNotificationResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v16.LogStatusNotification) (v16.LogStatusNotificationResponse, error) {
		return v16.LogStatusNotificationResponse{}, nil
	})
	ocpp.On(r, func(_ ctx, _ string, q *v16.SignCertificate) (v16.SignCertificateResponse, error) {
		return v16.SignCertificateResponse{Status: v16.GenericStatusAccepted}, nil
	})
	return r
}
