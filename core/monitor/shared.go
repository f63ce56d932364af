package monitor

import (
	"context"
	"sync"
	"time"

	"chargewright/base/fail"
)

// Shared is a reading that many ask for and few should make: callers that come
// while one is being made share it. Its zero value is ready. It is not copied.
type Shared[T any] struct {
	mu     sync.Mutex
	value  T
	has    bool
	made   time.Time     // when the making of value ended
	cost   time.Duration // of making it
	making chan struct{} // closed when the making under way ends; nil: none is
	failed error         // of the last making
}

// How old a reading may be.
const (
	sharedFresh = time.Second           // served as it is
	sharedStale = 5 * time.Second       // served while a new one is made, if that takes long
	sharedLong  = 20 * time.Millisecond // what takes longer is long
	sharedPart  = 20                    // making takes at most one part in so many of the time
)

// Get returns a reading up to about a second old. One that takes long to make
// may be up to 15 seconds old, and is made while callers are served the one
// before: only the first waits.
func (s *Shared[T]) Get(ctx context.Context, read func(context.Context) (T, error)) (T, error) {
	s.mu.Lock()
	age := time.Since(s.made)
	if s.has && age < min(max(sharedFresh, s.cost*sharedPart), sharedStale) {
		defer s.mu.Unlock()
		return s.value, nil
	}
	making := s.making
	if making == nil {
		making = make(chan struct{})
		s.making = making
		go s.make(context.WithoutCancel(ctx), making, read)
	}
	last, serve := s.value, s.has && s.cost > sharedLong && age < 3*sharedStale
	s.mu.Unlock()
	if serve {
		return last, nil
	}
	select {
	case <-making:
	case <-ctx.Done():
		var none T
		return none, fail.Wrap(fail.Unavailable, "monitor.Shared", ctx.Err())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.failed
}

// make reads anew, whoever waits for it.
func (s *Shared[T]) make(ctx context.Context, done chan struct{}, read func(context.Context) (T, error)) {
	begun := time.Now()
	v, err := read(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed, s.making = err, nil
	if err == nil {
		s.value, s.has, s.made = v, true, time.Now()
		s.cost = s.made.Sub(begun)
	}
	close(done)
}
