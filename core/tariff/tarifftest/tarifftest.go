// Package tarifftest holds the conformance suite of the port tariff.Source,
// RunSource, and the fake that passes it: an exchange that publishes what it is
// told and can misbehave.
package tarifftest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/core/tariff"
)

// Behaviour is how a source answers the next time.
type Behaviour int

// The behaviours.
const (
	Well        Behaviour = iota
	Down                  // it cannot be reached
	Nonsense              // its answer is not in its form
	Contradicts           // its answer gives one slot two prices
	Hangs                 // it does not answer
)

// SourceCase is a Source with what is behind it.
type SourceCase struct {
	Source  tariff.Source
	Publish func([]tariff.Slot) // what there is from now on; quarter hours
	// Next says how the next answer is, and only that; false where the source
	// cannot be so.
	Next func(Behaviour) bool
}

// RunSource checks that a Source does what the port promises; open gives a fresh
// one of quarter hours.
func RunSource(t *testing.T, open func(t *testing.T) SourceCase) {
	day := time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC) // a day of 23 hours in Berlin
	var all []tariff.Slot
	for i := range int64(23 * 4) {
		at := day.Add(time.Duration(i) * 15 * time.Minute)
		all = append(all, tariff.Slot{Start: at, End: at.Add(15 * time.Minute), Price: tariff.Spot((i - 20) * 1_234_000)})
	}
	fetch := func(t *testing.T, c SourceCase, from, until time.Time) []tariff.Slot {
		t.Helper()
		got, err := c.Source.Fetch(t.Context(), from, until)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	t.Run("what is published arrives", func(t *testing.T) {
		c := open(t)
		c.Publish(all)
		for _, n := range []int{len(all), 40, 1} {
			same(t, fetch(t, c, day, day.Add(time.Duration(n)*15*time.Minute)), all[:n])
		}
		same(t, fetch(t, c, all[40].Start, day.Add(48*time.Hour)), all[40:])
	})
	t.Run("what is not published yet is no error", func(t *testing.T) {
		c := open(t)
		c.Publish(nil)
		same(t, fetch(t, c, day, day.Add(48*time.Hour)), nil)
		c.Publish(all[:8])
		same(t, fetch(t, c, day, day.Add(48*time.Hour)), all[:8])
	})
	t.Run("gaps stay gaps", func(t *testing.T) {
		c := open(t)
		with := slices.Concat(all[:10], all[14:])
		c.Publish(with)
		same(t, fetch(t, c, day, day.Add(48*time.Hour)), with)
	})
	t.Run("a failure has its kind, and passes", func(t *testing.T) {
		c := open(t)
		c.Publish(all)
		for b, kinds := range map[Behaviour][]fail.Kind{
			Down: {fail.Unavailable}, Nonsense: {fail.Invalid}, Contradicts: {fail.Invalid}, Hangs: {fail.Timeout, fail.Unavailable},
		} {
			if !c.Next(b) {
				continue
			}
			patience := 10 * time.Second
			if b == Hangs {
				patience = 200 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			got, err := c.Source.Fetch(ctx, day, day.Add(24*time.Hour))
			cancel()
			if err == nil || got != nil || !slices.Contains(kinds, fail.KindOf(err)) {
				t.Errorf("behaviour %d: %d slots, %v", b, len(got), err)
			}
			c.Next(Well)
			same(t, fetch(t, c, day, day.Add(24*time.Hour)), all)
		}
	})
}

func same(t *testing.T, got, want []tariff.Slot) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b tariff.Slot) bool {
		return a.Start.Equal(b.Start) && a.End.Equal(b.End) && a.Price == b.Price
	}) {
		t.Errorf("%d slots %v, want %d", len(got), got, len(want))
	}
}

// Exchange is a Source that gives what was published.
type Exchange struct {
	mu    sync.Mutex
	slots []tariff.Slot
	next  Behaviour
	asked int
}

// Asked is how often prices were asked for.
func (e *Exchange) Asked() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.asked
}

// Publish replaces what there is.
func (e *Exchange) Publish(slots []tariff.Slot) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.slots = slices.Clone(slots)
}

// Next says how the next answer is.
func (e *Exchange) Next(b Behaviour) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next = b
	return true
}

// Fetch implements tariff.Source.
func (e *Exchange) Fetch(ctx context.Context, from, until time.Time) ([]tariff.Slot, error) {
	e.mu.Lock()
	e.asked++
	b := e.next
	e.next = Well
	slots := slices.Clone(e.slots)
	e.mu.Unlock()
	switch b {
	case Down:
		return nil, fail.New(fail.Unavailable, "tarifftest.Exchange", "the exchange is closed")
	case Nonsense, Contradicts:
		return nil, fail.New(fail.Invalid, "tarifftest.Exchange", "the answer cannot be understood")
	case Hangs:
		<-ctx.Done()
		return nil, fail.Wrap(fail.Timeout, "tarifftest.Exchange", ctx.Err())
	}
	slots = slices.DeleteFunc(slots, func(s tariff.Slot) bool { return s.Start.Before(from) || !s.Start.Before(until) })
	if len(slots) == 0 {
		return nil, nil
	}
	return slots, nil
}
