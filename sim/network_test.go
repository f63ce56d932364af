package sim

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/fail"
	"chargewright/wire/ocpp"
)

// live runs a network for a while and returns what each station sent.
func live(t *testing.T, seed uint64, stations int, d time.Duration) map[string][]string {
	frames := map[string][]string{}
	synctest.Test(t, func(t *testing.T) {
		c := newCSMS(t)
		var mu sync.Mutex
		n, err := NewNetwork(NetworkOptions{
			URL: "ws://csms.test/ocpp/", Dial: c.pipes.Dial, Stations: stations, Tokens: []string{"A1", "B2", "C3"}, Seed: seed,
			Observe: func(id string, f Frame) {
				if f.Sent {
					mu.Lock()
					defer mu.Unlock()
					frames[id] = append(frames[id], string(f.Data))
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		if err := n.Run(ctx); err != nil {
			t.Error(err)
		}
		if len(n.Plan()) != stations || len(n.Stations()) != stations {
			t.Errorf("%d stations", len(n.Plan()))
		}
		starts, stops := 0, 0
		for _, s := range c.all() {
			p := string(s.payload)
			starts += strings.Count(s.action, "StartTransaction") + strings.Count(p, `"Started"`)
			stops += strings.Count(s.action, "StopTransaction") + strings.Count(p, `"Ended"`)
		}
		if starts < stations || stops < stations || len(c.of("BootNotification")) != stations {
			t.Errorf("%d starts, %d stops, %d boots", starts, stops, len(c.of("BootNotification")))
		}
		for _, word := range []string{"Faulted", `"offline":true`} {
			found := false
			for _, s := range c.all() {
				found = found || strings.Contains(string(s.payload), word)
			}
			if !found {
				t.Errorf("nothing says %s", word)
			}
		}
	})
	return frames
}

func TestNetworkLives(t *testing.T) { live(t, 1, 9, time.Hour) }

func TestNetworkRepeatsItself(t *testing.T) {
	a, b := live(t, 7, 4, time.Hour), live(t, 7, 4, time.Hour)
	for id, frames := range a {
		// Answers of the station carry the server's ids, which depend on the order
		// in which stations reach it: only what a station says of itself counts.
		equal(t, "calls of "+id, calls(frames), calls(b[id]))
	}
	other := live(t, 8, 4, time.Hour)
	if fmt.Sprint(calls(other["DEMO-001"])) == fmt.Sprint(calls(a["DEMO-001"])) {
		t.Error("another seed changes nothing")
	}
}

// calls returns the CALLs with the server's transaction ids left out.
func calls(frames []string) (out []string) {
	for _, f := range frames {
		if strings.HasPrefix(f, "[2,") {
			out = append(out, txID.ReplaceAllString(f, `"transactionId":0`))
		}
	}
	return out
}

func TestNetworkMisuse(t *testing.T) {
	for _, o := range []NetworkOptions{{}, {Stations: 1}, {Stations: 1, Tokens: []string{"a"}, URL: "nowhere"}} {
		if _, err := NewNetwork(o); !fail.Is(err, fail.Invalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestRealSocket goes over TCP, with a password.
func TestRealSocket(t *testing.T) {
	c := newCSMS(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go c.server.Serve(l)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	st, err := New(Config{ID: "CP/1 ü", URL: "ws://" + l.Addr().String() + "/ocpp", Version: ocpp.V201, Password: "secret-secret-12"})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); st.Run(ctx) }()
	for _, step := range []error{st.WaitAccepted(ctx), st.Plug(ctx, 1), st.Flush(ctx)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if out, err := st.Tap(ctx, 1, "TAG1"); err != nil || !out.Accepted() {
		t.Errorf("%+v, %v", out, err)
	}
	cancel()
	<-ended
	if err := st.Plug(t.Context(), 1); !fail.Is(err, fail.Offline) {
		t.Errorf("a station that is off: %v", err)
	}
}

// deserted runs a network to which nobody comes unasked, until the test ends.
func deserted(t *testing.T, c *csms, o NetworkOptions) (*Network, context.Context) {
	t.Helper()
	o.URL, o.Dial, o.Tokens, o.Seed = "ws://csms.test/ocpp/", c.pipes.Dial, []string{"A1"}, 3
	o.Idle, o.First = 10_000*time.Hour, 10_000*time.Hour
	n, err := NewNetwork(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return n, ctx
}

// TestNetworkBringsTheVehicle starts by app where nobody stands: a vehicle
// comes, charges until it is stopped by app, and leaves.
func TestNetworkBringsTheVehicle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCSMS(t)
		n, ctx := deserted(t, c, NetworkOptions{Stations: 3, Versions: []ocpp.Version{ocpp.V16, ocpp.V201, ocpp.V21}, Trouble: -1})
		for _, st := range n.Stations() {
			if err := st.WaitAccepted(ctx); err != nil {
				t.Fatal(err)
			}
			guest := rig{csms: c, ctx: ctx, st: st}
			if got := guest.remoteStart(1); got != accepted {
				t.Fatalf("%s: start %s", st.ID(), got)
			}
			time.Sleep(time.Minute)
			s, err := st.State(ctx)
			if err != nil || s.EVSEs[0].Status != charging {
				t.Fatalf("%s: %+v, %v", st.ID(), s, err)
			}
			if got := guest.remoteStop(s.EVSEs[0].Transaction); got != accepted {
				t.Errorf("%s: stop %s", st.ID(), got)
			}
			time.Sleep(time.Minute)
			if s, err := st.State(ctx); err != nil || s.EVSEs[0].Status != available {
				t.Errorf("%s: %+v, %v", st.ID(), s, err)
			}
		}
	})
}

// TestNetworkFromTheFirstMoment finds vehicles that charge within seconds, and an
// EVSE that is broken and stays so.
func TestNetworkFromTheFirstMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCSMS(t)
		n, ctx := deserted(t, c, NetworkOptions{Stations: 5, Busy: 3, Broken: map[string]string{"DEMO-004": "GroundFailure"}, Trouble: time.Minute})
		look := func() (out []string) {
			for _, st := range n.Stations() {
				s, err := st.State(ctx)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range s.EVSEs {
					out = append(out, e.Status)
				}
			}
			return out
		}
		time.Sleep(5 * time.Second)
		want := []string{charging, available, charging, available, charging, available, faulted, available, available}
		if got := look(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", got, want)
		}
		time.Sleep(time.Hour)
		if got := look(); got[6] != faulted {
			t.Errorf("an hour later: %v", got)
		}
		found := false
		for _, s := range c.of("StatusNotification") {
			found = found || strings.Contains(string(s.payload), "GroundFailure")
		}
		if !found {
			t.Error("the error code was not told")
		}
	})
}
