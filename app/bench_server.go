package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alecthomas/kong"
	"github.com/gorilla/websocket"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/edge/gateway"
)

// Kinds of server under test.
const (
	echoName    = "echo"
	ownName     = "chargewright"
	backlogName = "backlog" // our own, and it starts when it is told to
)

// benchServerCmd is the process under test. It says where it listens, then
// answers each line of its input by a line of JSON, and ends with its input.
type benchServerCmd struct {
	Kind     string `arg:"" enum:"echo,chargewright,backlog"`
	Dir      string `help:"Directory for its data."`
	URL      string `name:"url" help:"Its database." env:"-"`
	Stations int    `help:"Stations that may connect."`
	Profile  string `help:"File for a CPU profile." env:"-"`
}

// benchUsage is what a server answers. What a question does not ask for is zero.
type benchUsage struct {
	CPU        int64 `json:"cpu_us"` // of the process so far, user and system
	Allocs     int64 `json:"allocs"` // objects allocated so far
	RSS        int64 `json:"rss"`    // bytes
	Heap       int64 `json:"heap"`
	Stack      int64 `json:"stack"`
	Receipts   int64 `json:"receipts"`
	Unbalanced int64 `json:"unbalanced"`

	Error string `json:"error,omitempty"`
}

// underTest is a server as the bench sees it.
type underTest interface {
	// settle waits until so many sessions are settled.
	settle(ctx context.Context, sessions int64) error
	// backlog makes closed sessions, and start begins to settle them.
	backlog(ctx context.Context, sessions int64, stations int) error
	start(ctx context.Context) error
	// audit counts receipts and journals that do not sum to zero.
	audit(ctx context.Context) (receipts, unbalanced int64, err error)
	stop(ctx context.Context) error
}

// Run serves until the input ends.
func (c *benchServerCmd) Run(ctx context.Context, t terminal) error {
	log := logger(t.err, "error")
	var addr string
	var s underTest
	var err error
	if c.Kind == echoName {
		addr, s, err = startEcho()
	} else {
		addr, s, err = c.startOwn(ctx, log)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, addr)
	err = c.converse(ctx, os.Stdin, t.out, s)
	return firstError(err, s.stop(context.WithoutCancel(ctx)))
}

func (c *benchServerCmd) converse(ctx context.Context, in io.Reader, out io.Writer, s underTest) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var question string
		var n int64
		if _, err := fmt.Sscan(lines.Text(), &question, &n); err != nil {
			return fail.Field("bench", "question", "%q: %v", lines.Text(), err)
		}
		u, err := c.answer(ctx, question, n, s)
		if err != nil {
			u.Error = err.Error()
		}
		if err := json.NewEncoder(out).Encode(u); err != nil {
			return fail.Wrap(fail.Unavailable, "bench", err)
		}
	}
	return lines.Err()
}

func (c *benchServerCmd) answer(ctx context.Context, question string, n int64, s underTest) (u benchUsage, err error) {
	switch question {
	case "begin":
		runtime.GC()
		err = c.startProfile()
	case "end":
		defer pprof.StopCPUProfile()
	case "backlog":
		err = s.backlog(ctx, n, c.Stations)
	case "start":
		err = s.start(ctx)
	case "settle":
		ctx, cancel := context.WithTimeout(ctx, time.Minute+time.Duration(n)*time.Millisecond)
		defer cancel()
		err = s.settle(ctx, n)
	case "collect":
		runtime.GC()
		debug.FreeOSMemory()
		u.RSS, err = residentBytes()
	case "audit":
		u.Receipts, u.Unbalanced, err = s.audit(ctx)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.Allocs, u.Heap, u.Stack = int64(m.Mallocs), int64(m.HeapAlloc), int64(m.StackInuse)
	u.CPU = cpuMicroseconds()
	return u, err
}

func (c *benchServerCmd) startProfile() error {
	if c.Profile == "" {
		return nil
	}
	f, err := os.Create(c.Profile)
	if err != nil {
		return fail.Field("bench", "profile", "%v", err)
	}
	return pprof.StartCPUProfile(f) // the file is whole when the process ends
}

// echo is the limit: WebSockets tuned as the gateway's, and nothing behind them.
type echo struct {
	server  *http.Server
	upgrade websocket.Upgrader
	scratch sync.Pool // of *bytes.Buffer
}

func startEcho() (string, underTest, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fail.Wrap(fail.Unavailable, "bench", err)
	}
	e := &echo{upgrade: websocket.Upgrader{ReadBufferSize: 512, WriteBufferSize: 1024, WriteBufferPool: new(sync.Pool)}}
	e.server = &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second}
	go e.server.Serve(l) //nolint:errcheck // it ends with the process
	return l.Addr().String(), e, nil
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := http.Header{}
	if p := websocket.Subprotocols(r); len(p) > 0 {
		header.Set("Sec-Websocket-Protocol", p[0])
	}
	ws, err := e.upgrade.Upgrade(w, r, header)
	if err != nil {
		return // answered
	}
	go e.serve(ws) // on a stack that has not grown in the handshake
}

func (e *echo) serve(ws *websocket.Conn) {
	defer ws.Close()
	for {
		_, r, err := ws.NextReader()
		if err != nil {
			return
		}
		buf, _ := e.scratch.Get().(*bytes.Buffer)
		if buf == nil {
			buf = new(bytes.Buffer)
		}
		if _, err = buf.ReadFrom(r); err == nil {
			err = ws.WriteMessage(websocket.TextMessage, buf.Bytes())
		}
		buf.Reset()
		e.scratch.Put(buf)
		if err != nil {
			return
		}
	}
}

func (e *echo) settle(context.Context, int64) error         { return nil }
func (e *echo) backlog(context.Context, int64, int) error   { return nil }
func (e *echo) start(context.Context) error                 { return nil }
func (e *echo) audit(context.Context) (int64, int64, error) { return 0, 0, nil }
func (e *echo) stop(context.Context) error                  { return e.server.Close() }

// own is our server, furnished for the bench.
type own struct {
	*Server
	settled atomic.Int64
}

// benchTariff is what the sessions of the bench are priced by: energy and
// parking, with tax.
const benchTariff = `{"country_code":"DE","party_id":"CWR","id":"bench","currency":"EUR","elements":[{"price_components":[
	{"type":"FLAT","price":0.50,"vat":19,"step_size":1},{"type":"ENERGY","price":0.49,"vat":19,"step_size":1},
	{"type":"PARKING_TIME","price":6.00,"vat":19,"step_size":60}]}],"last_updated":"2026-01-01T00:00:00Z"}`

func (c *benchServerCmd) startOwn(ctx context.Context, log *slog.Logger) (string, underTest, error) {
	cfg, err := c.config()
	if err != nil {
		return "", nil, err
	}
	s, err := Open(ctx, cfg, log)
	if err != nil {
		return "", nil, err
	}
	o := &own{Server: s}
	err = o.furnish(ctx, c.Stations)
	if err == nil {
		err = o.unthrottle()
	}
	if err == nil {
		o.countSettled()
	}
	if err == nil && c.Kind != backlogName {
		err = s.Start(ctx)
	}
	if err != nil {
		return "", nil, firstError(err, s.DB.Close())
	}
	if c.Kind == backlogName {
		return backlogName, o, nil
	}
	return s.Addr, o, nil
}

func (o *own) start(ctx context.Context) error { return o.Start(ctx) }

// config is what serve has by default, at other places.
func (c *benchServerCmd) config() (cfg Config, err error) {
	parser, err := kong.New(&cfg)
	if err != nil {
		return cfg, fail.Wrap(fail.Internal, "bench", err)
	}
	_, err = parser.Parse([]string{"--data-dir", c.Dir, "--database", c.URL, "--listen", "127.0.0.1:0", "--admin-listen", ""})
	return cfg, fail.Wrap(fail.Internal, "bench", err)
}

// countSettled counts the sessions that are settled.
func (o *own) countSettled() {
	batches := o.batches()
	settle := batches[session.TopicClosed]
	batches[session.TopicClosed] = func(ctx context.Context, closed []outbox.Event) []error {
		failed := settle(ctx, closed)
		for _, err := range failed {
			if err == nil {
				o.settled.Add(1)
			}
		}
		return failed
	}
	o.jobs = outbox.New(o.DB, o.handlers(), outbox.Options{Log: o.log, Batches: batches})
}

// stationsAtOnce bounds the transactions in which stations are made.
const stationsAtOnce = 500

func (o *own) furnish(ctx context.Context, stations int) error {
	err := o.write(ctx, func(tx *store.Tx) error {
		p, err := tariff.Parse([]byte(benchTariff))
		if err != nil {
			return err
		}
		if _, err := tariff.Put(tx, access.DefaultTenant, p.ID, p); err != nil {
			return err
		}
		if err := tariff.Assign(tx, access.DefaultTenant, tariff.Place{Kind: tariff.OfTenant, ID: access.DefaultTenant}, p.ID); err != nil {
			return err
		}
		sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
		return driver.PutToken(tx, sc, driver.Token{UID: benchToken, Type: "ISO14443", Status: driver.StatusAccepted})
	})
	for from := 0; from < stations && err == nil; from += stationsAtOnce {
		err = o.write(ctx, func(tx *store.Tx) error {
			for i := from; i < min(from+stationsAtOnce, stations); i++ {
				if err := benchStation(tx, stationName(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

func benchStation(tx *store.Tx, id string) error {
	err := station.Create(tx, station.Station{ID: id, Tenant: access.DefaultTenant, Site: DefaultSite, Name: id, Onboarding: station.Accepted})
	if err != nil {
		return err
	}
	if err := station.SetEVSE(tx, id, 1, "DE*CWR*E"+strings.ReplaceAll(id, "-", "*"), 50_000); err != nil {
		return err
	}
	_, err = device.Install(tx, access.DefaultTenant, id)
	return err
}

func (o *own) write(ctx context.Context, fn func(*store.Tx) error) error {
	_, err := store.Do(ctx, o.DB, "bench", func(tx *store.Tx) (struct{}, error) { return struct{}{}, fn(tx) })
	return err
}

func (o *own) settle(ctx context.Context, sessions int64) error {
	for o.settled.Load() < sessions {
		select {
		case <-ctx.Done():
			return fail.New(fail.Timeout, "bench", "%d of %d sessions were settled in time", o.settled.Load(), sessions)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}

func (o *own) audit(ctx context.Context) (receipts, unbalanced int64, err error) {
	sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	const page = 5_000
	var last billing.Document
	for {
		list, err := store.Read(ctx, o.DB, func(tx *store.Tx) ([]billing.Document, error) {
			return billing.Documents(tx, sc, billing.DocumentFilter{Kind: billing.Receipt}, last.IssuedAt, last.ID, page)
		})
		if err != nil {
			return 0, 0, err
		}
		receipts += int64(len(list))
		if len(list) < page {
			break
		}
		last = list[len(list)-1]
	}
	unbalanced, err = store.Read(ctx, o.DB, func(tx *store.Tx) (int64, error) { return ledger.Unbalanced(tx) })
	return receipts, unbalanced, err
}

// stop gives the stations no time: they have gone.
func (o *own) stop(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	err := o.Stop(ctx)
	if fail.Is(err, fail.Timeout) {
		return nil
	}
	return err
}

// unthrottle lets each station send as fast as it is answered: serve allows 50
// messages a second, which a hundred stations in a closed loop exceed.
func (o *own) unthrottle() (err error) {
	o.Gateway, err = gateway.New(o.central, gateway.Options{Log: o.log, Node: node, Rate: 1e9, Burst: 1e9})
	return err
}
