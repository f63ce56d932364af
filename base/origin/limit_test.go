package origin

import (
	"fmt"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	l := Limiter{Rate: 2, Burst: 3}
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	got := ""
	for _, wait := range []time.Duration{0, 0, 0, 0, 400 * time.Millisecond, 100 * time.Millisecond, 0, time.Hour, 0, 0, 0, -time.Hour} {
		now = now.Add(wait)
		_, ok := l.Take("a", now)
		got += map[bool]string{true: "y", false: "n"}[ok]
	}
	if got != "yyynnynyyynn" {
		t.Errorf("taken %s", got)
	}
	if !l.Spent("a", now) || l.Spent("a", now.Add(time.Second)) || l.Spent("nobody", now) {
		t.Error("who has to wait is not said")
	}
	if _, ok := l.Take("b", now); !ok {
		t.Error("callers share a bucket")
	}
	for i := range 3 * maxCallers {
		l.Take(fmt.Sprint(i), now)
		if len(l.buckets) > maxCallers {
			t.Fatalf("%d callers are remembered", len(l.buckets))
		}
	}
}
