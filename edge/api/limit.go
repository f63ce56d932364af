package api

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"chargewright/base/fail"
)

// limiter is a token bucket for each caller, in memory: rate a second, burst at
// once. It knows at most maxCallers; whose bucket is full again needs none.
type limiter struct {
	rate  float64
	burst float64

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

const maxCallers = 10_000

// take reports whether a caller may go on, and else when.
func (l *limiter) take(caller string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.buckets[caller]
	if !known {
		l.forget(now)
		b = bucket{l.burst, now}
	}
	b.left = min(l.burst, b.left+l.rate*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	if b.left < 1 {
		wait = time.Duration((1 - b.left) / l.rate * float64(time.Second))
	} else {
		b.left--
		ok = true
	}
	l.buckets[caller] = b
	return wait, ok
}

// forget makes room for one more caller: those who have waited long enough, or
// if there are none, some.
func (l *limiter) forget(now time.Time) {
	if l.buckets == nil {
		l.buckets = map[string]bucket{}
	}
	if len(l.buckets) < maxCallers {
		return
	}
	for k, b := range l.buckets {
		if b.left+l.rate*now.Sub(b.at).Seconds() >= l.burst {
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

// slower is a problem of status 429 when a caller has to wait.
func (l *limiter) slower(caller string) error {
	wait, ok := l.take(caller, time.Now())
	if ok {
		return nil
	}
	p := refuse(http.StatusTooManyRequests, fail.Busy, "too many requests; try again in a moment")
	p.headers.Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
	return p
}
