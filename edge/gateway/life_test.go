package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chargewright/base/fail"
	"chargewright/base/link"
)

func TestNewestConnectionWithCredentialsWins(t *testing.T) {
	core := &fakeCore{}
	s := onSocket(t, core, Options{})
	old := s.station("CP1", "ocpp1.6")
	old.works()
	newer := s.station("CP1", "ocpp2.0.1")
	old.hearClose(closePolicy)
	newer.works()
	want := []string{"open CP1 1", "receive CP1 alive", "closed CP1 1: replaced by a newer connection", "open CP1 2", "receive CP1 alive"}
	if got := core.seen(); !slices.Equal(got, want) {
		t.Errorf("the core saw\n%s", strings.Join(got, "\n"))
	}
	if st := s.Stats(); st.Replaced != 1 || st.Duplicates != 0 {
		t.Errorf("stats %+v", st)
	}
}

// The call in hand of the old connection ends before the new one is opened.
func TestReplacementKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := &fakeCore{}
		core.receive = func(_ context.Context, _ link.Peer, c link.Call) (link.Answer, error) {
			time.Sleep(2 * time.Second)
			core.record("done %s", c.ID)
			return link.Answer{}, nil
		}
		s := inMemory(t, core, Options{})
		old := s.station("CP1", "ocpp1.6")
		old.say(`[2,"a","X",{}]`)
		old.say(`[2,"b","X",{}]`)
		go func() { // a station that reads on until it is closed
			for {
				if _, _, err := old.ReadMessage(); err != nil {
					return
				}
			}
		}()
		s.station("CP1", "ocpp1.6")
		time.Sleep(5 * time.Second)
		want := []string{"open CP1 1", "receive CP1 a", "done a", "closed CP1 1: replaced by a newer connection", "open CP1 2"}
		if got := core.seen(); !slices.Equal(got, want) {
			t.Errorf("the core saw\n%s", strings.Join(got, "\n"))
		}
	})
}

func TestWithoutCredentialsALivingConnectionStays(t *testing.T) {
	s := onSocket(t, &fakeCore{}, Options{})
	r := request{path: "/ocpp/CP1", protocols: []string{"ocpp1.6"}}
	old := s.admit(r)
	old.works()
	heard := make(chan string, 1)
	go func() { heard <- old.next() }()
	_, response, err := s.connect(r)
	if err == nil || response == nil || response.StatusCode != http.StatusConflict || response.Header.Get("Retry-After") == "" {
		t.Fatalf("the second one got %v, %+v", err, response)
	}
	old.say(`[2,"alive","Heartbeat",{}]`)
	if got := <-heard; got != `[3,"alive",{}]` {
		t.Errorf("the first one heard %s", got)
	}
	if st := s.Stats(); st.Duplicates != 1 || st.Replaced != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestWithoutCredentialsADeadConnectionGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, &fakeCore{}, Options{})
		r := request{path: "/ocpp/CP1", protocols: []string{"ocpp1.6"}}
		dead := s.admit(r)
		dead.works()
		begin := time.Now()
		go func() { _, _ = io.Copy(io.Discard, dead.NetConn()) }() // takes the ping, and says nothing
		newer := s.admit(r)
		if d := time.Since(begin); d != probeTimeout {
			t.Errorf("admitted after %v, want %v", d, probeTimeout)
		}
		newer.works()
	})
}

// Two devices with one identity do not throw each other out for ever.
func TestFlappingIsLimited(t *testing.T) {
	s := onSocket(t, &fakeCore{}, Options{})
	last := s.station("CP1", "ocpp1.6")
	last.works()
	for range replaceBurst {
		next := s.station("CP1", "ocpp1.6")
		last.hearClose(closePolicy)
		next.works()
		last = next
	}
	heard := make(chan string, 1)
	go func() { heard <- last.next() }()
	_, response, err := s.connect(request{path: "/ocpp/CP1", auth: "CP1:x", protocols: []string{"ocpp1.6"}})
	if err == nil || response == nil || response.StatusCode != http.StatusConflict {
		t.Fatalf("one too many got %v, %+v", err, response)
	}
	last.say(`[2,"alive","Heartbeat",{}]`)
	if got := <-heard; got != `[3,"alive",{}]` {
		t.Errorf("the last one heard %s", got)
	}
	if st := s.Stats(); st.Flapping != 1 || st.Replaced != replaceBurst {
		t.Errorf("stats %+v", st)
	}
}

// Handshakes that cross: the one that was judged last wins, whichever socket
// is up first.
func TestHigherEpochWins(t *testing.T) {
	epochs := make(chan int64, 2)
	epochs <- 2
	epochs <- 1
	s := onSocket(t, &fakeCore{hello: func(h link.Hello) (link.Welcome, error) {
		return link.Welcome{Epoch: <-epochs, Secured: true}, nil
	}}, Options{})
	newest := s.station("CP1", "ocpp1.6")
	newest.works()
	s.station("CP1", "ocpp1.6").hearClose(closeTryLater)
	newest.works()
}

func TestOpenFails(t *testing.T) {
	core := &fakeCore{open: func(link.Peer) error { return fail.New(fail.Conflict, "test", "a newer lease") }}
	s := onSocket(t, core, Options{})
	c := s.station("CP1", "ocpp1.6")
	c.hearClose(closeTryLater)
	awaitEnd(t, s, 0)
	if got := core.seen(); len(got) != 0 {
		t.Errorf("the core saw %v", got)
	}
}

func TestSilentConnectionIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := &fakeCore{hello: func(h link.Hello) (link.Welcome, error) {
			return link.Welcome{StationID: h.StationID, Epoch: 1, Ping: 20 * time.Second}, nil
		}}
		s := inMemory(t, core, Options{})
		silent, quiet := s.station("silent", "ocpp1.6"), s.station("quiet", "ocpp1.6")
		go func() { _, _ = io.Copy(io.Discard, silent.NetConn()) }()
		go func() { // answers pings, and says nothing else
			for {
				if _, _, err := quiet.ReadMessage(); err != nil {
					return
				}
			}
		}()
		time.Sleep(45 * time.Second)
		if n := s.Stats().Connections; n != 2 {
			t.Errorf("%d connections after 45 s", n)
		}
		time.Sleep(30 * time.Second)
		if got := core.seen(); !slices.Contains(got, "closed silent 1: no sign of life") || len(got) != 3 {
			t.Errorf("the core saw %v", got)
		}
		time.Sleep(time.Hour)
		if st := s.Stats(); st.Connections != 1 || st.Lost != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// A station that does not read is cut off by the write deadline; calls to
// another one are not held up.
func TestStationThatNeverReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := &fakeCore{}
		s := inMemory(t, core, Options{})
		s.station("slow", "ocpp1.6")
		other := s.station("other", "ocpp1.6")
		synctest.Wait()
		begin := time.Now()
		r := s.ask(t.Context(), "slow", link.Call{Action: "Reset"})
		synctest.Wait()
		other.works()
		if d := time.Since(begin); d != 0 {
			t.Errorf("the other station waited for %v", d)
		}
		if got := <-r; !fail.Is(got.err, fail.Timeout) || time.Since(begin) != 10*time.Second {
			t.Errorf("%v after %v", got.err, time.Since(begin))
		}
		synctest.Wait()
		if st := s.Stats(); st.Slow != 1 || st.Connections != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// A station that sends on and on is slowed to the rate, then closed; one that
// waits for each answer is only slowed.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := &fakeCore{receive: func(context.Context, link.Peer, link.Call) (link.Answer, error) {
			time.Sleep(time.Millisecond)
			return link.Answer{}, nil
		}}
		s := inMemory(t, core, Options{})
		flood := s.station("flood", "ocpp1.6")
		go func() { _, _ = io.Copy(io.Discard, flood.NetConn()) }()
		begin := time.Now()
		for flood.WriteMessage(websocket.TextMessage, []byte(`[3,"x",{}]`)) == nil {
		}
		if d, n := time.Since(begin), s.Stats().Received; d < 9*time.Second || d > 12*time.Second || n < 650 || n > 750 {
			t.Errorf("closed after %v and %d messages", d, n)
		}
		backlog := s.station("backlog", "ocpp1.6")
		begin = time.Now()
		for range 2000 {
			backlog.works()
		}
		if d := time.Since(begin); d < 35*time.Second || d > 38*time.Second {
			t.Errorf("2000 calls took %v", d)
		}
		synctest.Wait()
		if st := s.Stats(); st.Flooded != 1 || st.Connections != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// While the core hangs, the station's calls fill the inbox and then the
// socket; answers to our own calls pass until then, and nothing grows.
func TestFullInboxHoldsTheStationBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		core := &fakeCore{receive: func(ctx context.Context, _ link.Peer, c link.Call) (link.Answer, error) {
			<-gate
			return link.Answer{}, nil
		}}
		s := inMemory(t, core, Options{})
		c := s.station("CP1", "ocpp1.6")
		for i := range inboxSize + 1 {
			c.say(fmt.Sprintf(`[2,"%d","X",{}]`, i))
		}
		r := s.ask(t.Context(), "CP1", link.Call{ID: "m", Action: "Reset"})
		c.hear(`[2,"m","Reset",{}]`)
		c.say(`[3,"m",{}]`)
		if got := <-r; got.err != nil {
			t.Error(got.err)
		}
		c.say(`[2,"17","X",{}]`)
		late := make(chan error, 1)
		go func() { late <- c.WriteMessage(websocket.TextMessage, []byte(`[2,"18","X",{}]`)) }()
		time.Sleep(time.Second)
		select {
		case err := <-late:
			t.Errorf("message 18 was taken: %v", err)
		default:
		}
		close(gate)
		for i := range inboxSize + 3 {
			c.hear(fmt.Sprintf(`[3,"%d",{}]`, i))
		}
	})
}

func TestInboxThatStaysFullClosesTheStation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := &fakeCore{receive: func(ctx context.Context, _ link.Peer, c link.Call) (link.Answer, error) {
			time.Sleep(time.Minute)
			return link.Answer{}, nil
		}}
		s := inMemory(t, core, Options{})
		c := s.station("CP1", "ocpp1.6")
		for i := range inboxSize + 2 {
			c.say(fmt.Sprintf(`[2,"%d","X",{}]`, i))
		}
		c.hearClose(closePolicy)
		time.Sleep(2 * time.Minute)
		if got := core.seen(); !slices.Equal(got, []string{"open CP1 1", "receive CP1 0", "closed CP1 1: too many calls at once"}) {
			t.Errorf("the core saw %v", got)
		}
	})
}

func TestShutdownFinishesTheCallInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := &fakeCore{receive: func(context.Context, link.Peer, link.Call) (link.Answer, error) {
			time.Sleep(3 * time.Second)
			return link.Answer{}, nil
		}}
		s := inMemory(t, core, Options{DrainWindow: 2 * time.Second})
		c, idle := s.station("CP1", "ocpp1.6"), s.station("CP2", "ocpp2.1")
		c.say(`[2,"a","X",{}]`)
		c.say(`[2,"b","X",{}]`)
		synctest.Wait()
		done := make(chan error, 1)
		begin := time.Now()
		go func() { done <- s.Shutdown(t.Context()) }()
		synctest.Wait()
		_, response, err := s.connect(request{path: "/ocpp/CP3", auth: "x:y", protocols: []string{"ocpp1.6"}})
		if err == nil || response == nil || response.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a new connection got %v, %+v", err, response)
		}
		idleEnd := make(chan error, 1)
		go func() { idleEnd <- idle.untilClose(closeGoingAway) }()
		c.hear(`[3,"a",{}]`)
		c.hearClose(closeGoingAway)
		if err := <-idleEnd; err != nil {
			t.Errorf("the idle station: %v", err)
		}
		if err := <-done; err != nil || time.Since(begin) > 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}

func TestShutdownIsCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		core := &fakeCore{receive: func(context.Context, link.Peer, link.Call) (link.Answer, error) {
			<-gate
			return link.Answer{}, nil
		}}
		s := inMemory(t, core, Options{})
		c := s.station("CP1", "ocpp1.6")
		c.say(`[2,"a","X",{}]`)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		begin := time.Now()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 7*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		close(gate)
	})
}

// A handshake that does not get on is closed after 10 s and counted meanwhile.
func TestSlowHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, &fakeCore{}, Options{})
		conn, err := s.dial()
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		written := make(chan struct{})
		go func() { // a byte a second
			defer close(written)
			for _, b := range []byte("GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nX-A: xxxxxxxxxxxx") {
				if _, err := conn.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		time.Sleep(time.Second)
		if n := s.guard.UnderWay(); n != 1 {
			t.Errorf("%d handshakes under way", n)
		}
		s.station("CP2", "ocpp1.6").works()
		_, _ = io.Copy(io.Discard, conn)
		<-written
		if d := time.Since(begin); d < 9*time.Second || d > 11*time.Second {
			t.Errorf("closed after %v", d)
		}
		synctest.Wait()
		if n := s.guard.UnderWay(); n != 0 {
			t.Errorf("%d handshakes under way at the end", n)
		}
	})
}

// When the core is slow, as many handshakes as are allowed ask it, and the
// others are asked to come later.
func TestHandshakesWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := &fakeCore{hello: func(h link.Hello) (link.Welcome, error) {
			time.Sleep(4 * time.Second)
			return link.Welcome{Epoch: 1}, nil
		}}
		s := inMemory(t, core, Options{Handshakes: 2})
		status := make(chan int, 6)
		for i := range cap(status) {
			go func() {
				ws, response, err := s.connect(request{path: fmt.Sprintf("/ocpp/CP%d", i), protocols: []string{"ocpp1.6"}})
				if err == nil {
					defer ws.Close()
				}
				status <- response.StatusCode
			}()
		}
		count := map[int]int{}
		for range cap(status) {
			count[<-status]++
		}
		if count[101] != 4 || count[503] != 2 {
			t.Errorf("%v", count)
		}
	})
}

func TestGuardBounds(t *testing.T) {
	g := NewGuard(2, 3)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	guarded := g.Listen(l)
	accepted := make(chan net.Conn, 8)
	go func() {
		for {
			c, err := guarded.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	defer dial().Close()
	defer dial().Close()
	first, _ := <-accepted, <-accepted
	third := dial()
	defer third.Close()
	if _, err := third.Read(make([]byte, 1)); err == nil {
		t.Error("a third connection of one address was kept")
	}
	release(g.Context(t.Context(), first))
	defer dial().Close()
	<-accepted
	_ = first.Close() // has been released already
	if n := g.UnderWay(); n != 2 {
		t.Errorf("%d under way", n)
	}
}

func TestGuardCountsNetworksOfIPv6(t *testing.T) {
	tests := []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1:1", "192.0.2.1:2", true},
		{"192.0.2.1:1", "[::ffff:192.0.2.1]:2", true},
		{"192.0.2.1:1", "192.0.2.2:1", false},
		{"[2001:db8:0:1::1]:1", "[2001:db8:0:1:ffff::2]:1", true},
		{"[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false},
	}
	for _, tt := range tests {
		a, err := net.ResolveTCPAddr("tcp", tt.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := net.ResolveTCPAddr("tcp", tt.b)
		if err != nil {
			t.Fatal(err)
		}
		if got := source(a) == source(b); got != tt.same {
			t.Errorf("%s and %s: %v", tt.a, tt.b, got)
		}
	}
}

// Memory for a message is bounded by its size, whatever it claims to be.
func TestMessageMemory(t *testing.T) {
	s := onSocket(t, &fakeCore{}, Options{})
	c := s.station("CP1", "ocpp2.0.1")
	for _, payload := range []string{
		`{"a":` + strings.Repeat("9", 200<<10) + `}`,
		`{` + strings.Repeat(`"":0,`, 50000) + `"":0}`,
	} {
		c.say(`[2,"a","X",` + payload + `]`)
		if got := c.next(); !strings.HasPrefix(got, `[4,"a","FormatViolation",`) {
			t.Errorf("%.20s: %s", payload, got)
		}
	}
	var many bytes.Buffer
	for i := range 25000 {
		fmt.Fprintf(&many, `"%d":0,`, i)
	}
	c.say(`[2,"a","X",{` + many.String() + `"x":0}]`)
	c.hear(`[3,"a",{}]`)
}
