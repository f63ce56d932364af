package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"chargewright/base/fail"
)

// dialsAtOnce bounds the handshakes under way.
const dialsAtOnce = 32

// answerTimeout bounds the wait for an answer, beyond the length of a window.
const answerTimeout = 30 * time.Second

// benchPast is how far back the clocks of the stations begin: they run ahead.
const benchPast = 14 * 24 * time.Hour

// load is a number of stations in a closed loop: each sends when it has the
// answer to what it sent before.
type load struct {
	scenario
	clients []*benchClient
}

// benchClient is one station. One goroutine at a time uses it.
type benchClient struct {
	ws          *websocket.Conn
	id          string
	buf         []byte // the message at hand
	in          bytes.Buffer
	message     []byte // its id
	calls       int64
	units       int64
	register    int64 // Wh
	sequence    int64
	transaction int64
	at          time.Time
	latency     histogram
}

func stationName(i int) string { return fmt.Sprintf("BENCH-%05d", i) }

// dialLoad connects n stations and brings them to where the scenario begins.
func dialLoad(ctx context.Context, addr string, s scenario, n int) (*load, error) {
	l := &load{scenario: s, clients: make([]*benchClient, n)}
	dialer := websocket.Dialer{
		HandshakeTimeout: answerTimeout, Subprotocols: []string{s.protocol}, ReadBufferSize: 512, WriteBufferSize: 2048, WriteBufferPool: new(sync.Pool),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(dialsAtOnce)
	for i := range l.clients {
		g.Go(func() error {
			c := &benchClient{id: stationName(s.first + i), at: time.Now().UTC().Add(-benchPast), register: 1000}
			ws, _, err := dialer.DialContext(ctx, "ws://"+addr+"/ocpp/"+c.id, nil)
			if err != nil {
				return fail.Wrap(fail.Unavailable, "bench", err)
			}
			c.ws, l.clients[i] = ws, c
			if err := ws.SetReadDeadline(time.Now().Add(answerTimeout)); err != nil {
				return fail.Wrap(fail.Unavailable, "bench", err)
			}
			return s.prepare(c)
		})
	}
	if err := g.Wait(); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *load) size() int { return len(l.clients) }

// close hangs up; a station that leaves needs no answer.
func (l *load) close() {
	for _, c := range l.clients {
		if c != nil {
			_ = c.ws.Close()
		}
	}
}

// sessions returns how many sessions have ended so far.
func (l *load) sessions() int64 {
	if l.unit != unitSession {
		return 0
	}
	var n int64
	for _, c := range l.clients {
		n += c.units
	}
	return n
}

// loadSample is what a window saw.
type loadSample struct {
	messages, units int64
	latency         histogram
}

// run lets every station work for d and finish the unit it is at.
func (l *load) run(ctx context.Context, d time.Duration) (loadSample, error) {
	until := time.Now().Add(d)
	return l.each(ctx, until.Add(answerTimeout), func() bool { return time.Now().Before(until) })
}

// once lets every station do one unit.
func (l *load) once(ctx context.Context) error {
	_, err := l.each(ctx, time.Now().Add(answerTimeout), nil)
	return err
}

// each lets every station do one unit, and more while more says so.
func (l *load) each(ctx context.Context, deadline time.Time, more func() bool) (loadSample, error) {
	defer context.AfterFunc(ctx, l.close)()
	var s loadSample
	var lock sync.Mutex
	g, working := errgroup.WithContext(ctx)
	for _, c := range l.clients {
		g.Go(func() error {
			if err := c.ws.SetReadDeadline(deadline); err != nil {
				return fail.Wrap(fail.Unavailable, "bench", err)
			}
			calls, units := c.calls, c.units
			c.latency = histogram{}
			for again := true; again && working.Err() == nil; again = more != nil && more() {
				if err := l.step(c); err != nil {
					return fmt.Errorf("station %s: %w", c.id, err)
				}
				c.units++
			}
			lock.Lock()
			defer lock.Unlock()
			s.messages += c.calls - calls
			s.units += c.units - units
			s.latency.add(&c.latency)
			return nil
		})
	}
	err := g.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return s, err
}

// Writing messages.

// head begins the next message.
func (c *benchClient) head(action string) {
	c.message = strconv.AppendInt(c.message[:0], c.calls+1, 36)
	c.buf = append(c.buf[:0], `[2,"`...)
	c.buf = append(c.buf, c.message...)
	c.buf = append(c.buf, `","`...)
	c.buf = append(c.buf, action...)
	c.buf = append(c.buf, `",`...)
}

func (c *benchClient) text(s string)  { c.buf = append(c.buf, s...) }
func (c *benchClient) number(n int64) { c.buf = strconv.AppendInt(c.buf, n, 10) }
func (c *benchClient) time()          { c.buf = c.at.AppendFormat(c.buf, "2006-01-02T15:04:05.000Z") }

// exchange sends the message and returns what comes back; it is good until the next.
func (c *benchClient) exchange() ([]byte, error) {
	begun := time.Now()
	if err := c.ws.WriteMessage(websocket.TextMessage, c.buf); err != nil {
		return nil, fail.Wrap(fail.Unavailable, "bench", err)
	}
	_, r, err := c.ws.NextReader()
	if err == nil {
		c.in.Reset()
		_, err = io.Copy(&c.in, r)
	}
	if err != nil {
		return nil, fail.Wrap(fail.Unavailable, "bench", err)
	}
	c.calls++
	c.latency.record(time.Since(begun))
	return c.in.Bytes(), nil
}

var errNotAnswered = errors.New("not answered by a CALLRESULT")

// call sends the message and returns the CALLRESULT.
func (c *benchClient) call() ([]byte, error) {
	answer, err := c.exchange()
	if err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(answer, []byte(`[3,"`))
	if !ok || !bytes.HasPrefix(rest, c.message) {
		return nil, fmt.Errorf("%w: %.300s to %.300s", errNotAnswered, answer, c.buf)
	}
	return answer, nil
}

// histogram counts durations in steps of at most 1/16.
type histogram struct {
	counts [16 * 48]int64
	total  int64
}

func (h *histogram) record(d time.Duration) {
	h.counts[slot(d)]++
	h.total++
}

// slot is the place of a duration: four bits below its highest.
func slot(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < 16 {
		return int(n)
	}
	shift := bits.Len64(n) - 5
	return min(16*(shift+1)+int(n>>shift)-16, 16*48-1)
}

// least is the shortest duration of a slot.
func least(slot int) time.Duration {
	if slot < 16 {
		return time.Duration(slot)
	}
	return time.Duration(16+slot%16) << (slot/16 - 1)
}

func (h *histogram) add(o *histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
}

// at returns the duration that the share q (0 to 1) of all stay within, to 1/16.
func (h *histogram) at(q float64) time.Duration {
	want := int64(q * float64(h.total))
	var n int64
	for i, k := range h.counts {
		if n += k; n > want {
			return least(i + 1)
		}
	}
	return 0
}
