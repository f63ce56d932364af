package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chargewright/base/fail"
	"chargewright/base/link"
)

// result is what a call to a station came to.
type result struct {
	link.Answer
	err error
}

func (s *site) ask(ctx context.Context, id string, c link.Call) <-chan result {
	out := make(chan result, 1)
	go func() {
		a, err := s.Call(ctx, id, c)
		out <- result{a, err}
	}()
	return out
}

func TestCallAndAnswer(t *testing.T) {
	tests := []struct {
		answer string
		want   string // payload, or
		code   string
	}{
		{`[3,"m1",{"status":"Accepted"}]`, `{"status":"Accepted"}`, ""},
		{`[3,"m1",null]`, `{}`, ""},
		{`[4,"m1","NotSupported","no","x"]`, "", "NotSupported: no"},
		{`[4,"m1","FormationViolation"]`, "", "FormationViolation"},
		{`[3,"m1",{"a":1,"a":2}]`, "", "FormatViolation: an object names a member twice"},
	}
	s := onSocket(t, &fakeCore{}, Options{})
	c := s.station("CP1", "ocpp1.6")
	c.works()
	for _, tt := range tests {
		r := s.ask(t.Context(), "CP1", link.Call{ID: "m1", Action: "Reset", Payload: []byte(`{"type":"Hard"}`)})
		c.hear(`[2,"m1","Reset",{"type":"Hard"}]`)
		c.say(`[3,"other",{}]`)
		c.say(tt.answer)
		got := <-r
		switch {
		case got.err != nil:
			t.Errorf("%s: %v", tt.answer, got.err)
		case tt.code != "" && (got.Error == nil || got.Error.Error() != tt.code):
			t.Errorf("%s: %+v, want %s", tt.answer, got.Answer, tt.code)
		case tt.code == "" && string(got.Payload) != tt.want:
			t.Errorf("%s: %s, want %s", tt.answer, got.Payload, tt.want)
		}
	}
	if st := s.Stats(); st.Calls != 5 || st.CallTimeouts != 0 || st.Unsolicited != 5 {
		t.Errorf("stats %+v", st)
	}
}

func TestResultErrorOf21(t *testing.T) {
	s := onSocket(t, &fakeCore{}, Options{})
	c := s.station("CP1", "ocpp2.1")
	c.works()
	r := s.ask(t.Context(), "CP1", link.Call{ID: "m1", Action: "Reset"})
	c.hear(`[2,"m1","Reset",{}]`)
	c.say(`[3,"m1",{"a"}]`)
	c.hear(`[5,"m1","FormatViolation","the payload is not valid JSON",{}]`)
	if got := <-r; got.Error == nil || got.Error.Code != "FormatViolation" {
		t.Errorf("%+v", got)
	}
}

func TestSend(t *testing.T) {
	s := onSocket(t, &fakeCore{}, Options{})
	c := s.station("CP1", "ocpp2.1")
	c.works()
	if _, err := s.Call(t.Context(), "CP1", link.Call{ID: "m1", Action: "X", Send: true}); err != nil {
		t.Fatal(err)
	}
	c.hear(`[6,"m1","X",{}]`)
}

func TestCallsThatCannotBeSent(t *testing.T) {
	s := onSocket(t, &fakeCore{}, Options{})
	s.station("CP1", "ocpp1.6").works()
	tests := []struct {
		id   string
		call link.Call
		want fail.Kind
	}{
		{"CP2", link.Call{Action: "Reset"}, fail.Offline},
		{"CP1", link.Call{}, fail.Invalid},
		{"CP1", link.Call{Action: "Reset", ID: strings.Repeat("x", 37)}, fail.Invalid},
		{"CP1", link.Call{Action: "X", Send: true}, fail.Invalid},
	}
	for _, tt := range tests {
		if _, err := s.Call(t.Context(), tt.id, tt.call); !fail.Is(err, tt.want) {
			t.Errorf("%s %+v: %v, want %v", tt.id, tt.call, err, tt.want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Call(ended, "CP1", link.Call{Action: "Reset"}); !fail.Is(err, fail.Busy) && !fail.Is(err, fail.Timeout) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

// The station's calls are answered in order, one at a time, however many it
// sends at once; and a call of ours in the middle of one is no obstacle.
func TestPipelinedCallsKeepOrderAndCallsCross(t *testing.T) {
	core := &fakeCore{}
	s := onSocket(t, core, Options{})
	core.receive = func(ctx context.Context, p link.Peer, c link.Call) (link.Answer, error) {
		if c.ID != "7" {
			return link.Answer{Payload: c.Payload}, nil
		}
		return s.Call(ctx, p.StationID, link.Call{ID: "back", Action: "GetConfiguration"})
	}
	c := s.station("CP1", "ocpp1.6")
	for i := range 12 {
		c.say(fmt.Sprintf(`[2,"%d","DataTransfer",{"n":%d}]`, i, i))
	}
	for i := range 7 {
		c.hear(fmt.Sprintf(`[3,"%d",{"n":%d}]`, i, i))
	}
	c.hear(`[2,"back","GetConfiguration",{}]`)
	c.say(`[3,"back",{"n":"from the station"}]`)
	c.hear(`[3,"7",{"n":"from the station"}]`)
	for i := 8; i < 12; i++ {
		c.hear(fmt.Sprintf(`[3,"%d",{"n":%d}]`, i, i))
	}
	var want []string
	for i := range 12 {
		want = append(want, fmt.Sprintf("receive CP1 %d", i))
	}
	if got := core.seen()[1:]; !slices.Equal(got, want) {
		t.Errorf("order %v", got)
	}
}

func TestAnswersOfTheCore(t *testing.T) {
	core := &fakeCore{receive: func(_ context.Context, _ link.Peer, c link.Call) (link.Answer, error) {
		switch c.ID {
		case "down":
			return link.Answer{}, fail.New(fail.Unavailable, "test", "no storage")
		case "panic":
			panic("a bug")
		case "error":
			return link.Answer{Error: &link.CallError{Code: "OccurrenceConstraintViolation", Description: "twice", Details: []byte(`{"a":1}`)}}, nil
		case "odd":
			return link.Answer{Error: &link.CallError{Code: "Nonsense"}}, nil
		}
		return link.Answer{Payload: []byte(`{"ok":true}`)}, nil
	}}
	s := onSocket(t, core, Options{})
	c := s.station("CP1", "ocpp1.6")
	for _, tt := range []struct{ id, want string }{
		{"fine", `[3,"fine",{"ok":true}]`},
		{"error", `[4,"error","OccurenceConstraintViolation","twice",{"a":1}]`},
		{"odd", `[4,"odd","GenericError","",{}]`},
		{"panic", `[4,"panic","InternalError","",{}]`},
	} {
		c.say(`[2,"down","X",{}]`) // is not answered, and the connection stays
		c.say(`[2,"` + tt.id + `","X",{}]`)
		c.hear(tt.want)
	}
	if st := s.Stats(); st.Unanswered != 4 || st.Panics != 1 {
		t.Errorf("stats %+v", st)
	}
}

func TestTapSeesBothDirections(t *testing.T) {
	lines := make(chan string, 10)
	s := onSocket(t, &fakeCore{}, Options{Tap: func(p link.Peer, d Direction, frame []byte, at time.Time) {
		lines <- fmt.Sprintf("%s %s %s %v", p.StationID, d, frame, at.IsZero())
	}})
	s.station("CP1", "ocpp1.6").works()
	for _, want := range []string{`CP1 from station [2,"alive","Heartbeat",{}] false`, `CP1 to station [3,"alive",{}] false`} {
		if got := <-lines; got != want {
			t.Errorf("tap saw %s, want %s", got, want)
		}
	}
}

func TestCallTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, &fakeCore{}, Options{})
		c := s.station("CP1", "ocpp1.6")
		synctest.Wait()
		begin := time.Now()
		first := s.ask(t.Context(), "CP1", link.Call{ID: "1", Action: "Reset"})
		c.hear(`[2,"1","Reset",{}]`)
		short, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		second := s.ask(short, "CP1", link.Call{ID: "2", Action: "Reset"})
		if r := <-second; !fail.Is(r.err, fail.Busy) || time.Since(begin) != 3*time.Second {
			t.Errorf("queued: %v after %v", r.err, time.Since(begin))
		}
		if r := <-first; !fail.Is(r.err, fail.Timeout) || time.Since(begin) != 30*time.Second {
			t.Errorf("sent: %v after %v", r.err, time.Since(begin))
		}
		c.say(`[3,"1",{"late":true}]`)
		third := s.ask(t.Context(), "CP1", link.Call{ID: "3", Action: "Reset"})
		c.hear(`[2,"3","Reset",{}]`)
		c.say(`[3,"3",{}]`)
		if r := <-third; r.err != nil || string(r.Payload) != "{}" {
			t.Errorf("after a late answer: %+v", r)
		}
		if st := s.Stats(); st.Unsolicited != 1 || st.CallTimeouts != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// The socket drops: what was sent has an unknown outcome, what was not is
// offline, and each caller hears of it once and at once.
func TestSocketDropsWithCallsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, &fakeCore{}, Options{})
		c := s.station("CP1", "ocpp1.6")
		synctest.Wait()
		begin := time.Now()
		first := s.ask(t.Context(), "CP1", link.Call{ID: "1", Action: "Reset"})
		c.hear(`[2,"1","Reset",{}]`)
		second := s.ask(t.Context(), "CP1", link.Call{ID: "2", Action: "Reset"})
		synctest.Wait()
		_ = c.NetConn().Close()
		if r := <-first; !fail.Is(r.err, fail.Timeout) {
			t.Errorf("sent: %v", r.err)
		}
		if r := <-second; !fail.Is(r.err, fail.Offline) {
			t.Errorf("queued: %v", r.err)
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("they waited for %v", d)
		}
		synctest.Wait()
		if _, err := s.Call(t.Context(), "CP1", link.Call{Action: "Reset"}); !fail.Is(err, fail.Offline) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestQueueToAStationIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, &fakeCore{}, Options{})
		c := s.station("CP1", "ocpp1.6")
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		var waiting []<-chan result
		waiting = append(waiting, s.ask(ctx, "CP1", link.Call{ID: "0", Action: "X"}))
		c.hear(`[2,"0","X",{}]`)
		for range outboxSize {
			waiting = append(waiting, s.ask(ctx, "CP1", link.Call{Action: "X"}))
		}
		synctest.Wait()
		if _, err := s.Call(ctx, "CP1", link.Call{Action: "X"}); !fail.Is(err, fail.Busy) {
			t.Errorf("one too many: %v", err)
		}
		cancel()
		for i, w := range waiting {
			want := fail.Busy
			if i == 0 {
				want = fail.Timeout
			}
			if r := <-w; !fail.Is(r.err, want) {
				t.Errorf("call %d: %v", i, r.err)
			}
		}
	})
}

func TestCallWaitsUntilTheConnectionIsOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s := inMemory(t, &fakeCore{open: func(link.Peer) error { <-gate; return nil }}, Options{})
		c := s.station("CP1", "ocpp1.6")
		synctest.Wait()
		r := s.ask(t.Context(), "CP1", link.Call{ID: "1", Action: "Reset"})
		time.Sleep(time.Second)
		close(gate)
		c.hear(`[2,"1","Reset",{}]`)
		c.say(`[3,"1",{}]`)
		if got := <-r; got.err != nil {
			t.Error(got.err)
		}
	})
}

func TestDrop(t *testing.T) {
	core := &fakeCore{}
	s := onSocket(t, core, Options{})
	c := s.station("CP1", "ocpp1.6")
	c.works()
	for _, tt := range []struct {
		id    string
		epoch int64
	}{{"CP2", 0}, {"CP1", 99}} {
		if err := s.Drop(t.Context(), tt.id, tt.epoch, "x"); !fail.Is(err, fail.Offline) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	if err := s.Drop(t.Context(), "CP1", 1, "the password was changed"); err != nil {
		t.Fatal(err)
	}
	c.hearClose(websocket.ClosePolicyViolation)
	awaitEnd(t, s, 0)
}
