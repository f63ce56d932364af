package live

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// collect takes what is queued and says whether the channel is closed.
func collect(events <-chan Event) (ids []string, closed bool) {
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return ids, true
			}
			ids = append(ids, e.ID)
		default:
			return ids, false
		}
	}
}

func TestSubscribe(t *testing.T) {
	h := NewHub(7, 3)
	for i := range 5 {
		h.Publish("t", []byte{byte(i)})
	}
	tests := []struct {
		after string
		want  []string
		gap   bool
	}{
		{"", nil, false},
		{"7-5", nil, false},
		{"7-4", []string{"7-5"}, false},
		{"7-2", []string{"7-3", "7-4", "7-5"}, false},
		{"7-1", nil, true},
		{"7-6", nil, true},
		{"6-4", nil, true},
		{"7", nil, true},
		{"7-x", nil, true},
		{"7--1", nil, true},
	}
	for _, tt := range tests {
		events, gap := h.Subscribe(t.Context(), tt.after)
		got, closed := collect(events)
		if !slices.Equal(got, tt.want) || gap != tt.gap || closed {
			t.Errorf("after %q: %v, gap %v, closed %v; want %v, gap %v", tt.after, got, gap, closed, tt.want, tt.gap)
		}
	}
	if p := h.Position(); p != "7-5" {
		t.Errorf("position %q", p)
	}
}

func TestEmptyHubHasNoGapAtItsStart(t *testing.T) {
	h := NewHub(1, 2)
	events, gap := h.Subscribe(t.Context(), h.Position())
	e := h.Publish("station", []byte("x"))
	if got := <-events; gap || got.ID != "1-1" || got.Topic != "station" || string(got.Data) != "x" || e.ID != got.ID {
		t.Errorf("got %+v, gap %v", got, gap)
	}
}

func TestSlowSubscriberIsDroppedAndOthersAreNot(t *testing.T) {
	h := NewHub(1, 1000)
	slow, _ := h.Subscribe(t.Context(), "")
	quick, _ := h.Subscribe(t.Context(), "")
	var seen []string
	for range queue + 10 {
		h.Publish("t", nil)
		ids, _ := collect(quick)
		seen = append(seen, ids...)
	}
	if len(seen) != queue+10 {
		t.Errorf("the quick one saw %d events", len(seen))
	}
	ids, closed := collect(slow)
	if len(ids) != queue || !closed {
		t.Fatalf("the slow one got %d events, closed %v", len(ids), closed)
	}
	again, gap := h.Subscribe(t.Context(), ids[len(ids)-1])
	if rest, _ := collect(again); gap || len(rest) != 10 {
		t.Errorf("after its return it got %d events, gap %v", len(rest), gap)
	}
}

func TestContextEndsSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(1, 4)
		ctx, cancel := context.WithCancel(t.Context())
		events, _ := h.Subscribe(ctx, "")
		cancel()
		synctest.Wait()
		if _, closed := collect(events); !closed {
			t.Error("the channel is open after the context ended")
		}
		h.Publish("t", nil)
	})
}

// Whoever takes up again after the last id it saw misses nothing and sees
// nothing twice, unless it is told of a gap.
func TestResumeIsGapless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := NewHub(3, rapid.IntRange(1, 8).Draw(t, "keep"))
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		events, _ := h.Subscribe(ctx, "")
		next, published := 1, 0
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			for range rapid.IntRange(0, 12).Draw(t, "burst") {
				h.Publish("t", nil)
				published++
			}
			if rapid.Bool().Draw(t, "leave") {
				var gap bool
				if events, gap = h.Subscribe(ctx, "3-"+strconv.Itoa(next-1)); gap {
					next = published + 1
				}
			}
			ids, _ := collect(events)
			for _, id := range ids {
				if want := fmt.Sprintf("3-%d", next); id != want {
					t.Fatalf("got %s, want %s", id, want)
				}
				next++
			}
		}
	})
}
