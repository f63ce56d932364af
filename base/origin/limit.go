package origin

import (
	"sync"
	"time"
)

// Limiter is a token bucket for each caller, in memory: Rate a second, Burst at
// once. It knows at most maxCallers; whose bucket is full again needs none.
type Limiter struct {
	Rate  float64
	Burst float64

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

const maxCallers = 10_000

// Take reports whether a caller may go on, and else when.
func (l *Limiter) Take(caller string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.buckets[caller]
	if !known {
		l.forget(now)
		b = bucket{l.Burst, now}
	}
	b.left = min(l.Burst, b.left+l.Rate*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	if b.left < 1 {
		wait = time.Duration((1 - b.left) / l.Rate * float64(time.Second))
	} else {
		b.left--
		ok = true
	}
	l.buckets[caller] = b
	return wait, ok
}

// Spent reports whether a caller would have to wait.
func (l *Limiter) Spent(caller string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.buckets[caller]
	return known && b.left+l.Rate*max(0, now.Sub(b.at).Seconds()) < 1
}

// forget makes room for one more caller: those who have waited long enough, or
// if there are none, some.
func (l *Limiter) forget(now time.Time) {
	if l.buckets == nil {
		l.buckets = map[string]bucket{}
	}
	if len(l.buckets) < maxCallers {
		return
	}
	for k, b := range l.buckets {
		if b.left+l.Rate*now.Sub(b.at).Seconds() >= l.Burst {
			delete(l.buckets, k)
		}
	}
	for k := range l.buckets {
		if len(l.buckets) <= maxCallers*9/10 {
			return
		}
		delete(l.buckets, k)
	}
}
