package id_test

import (
	"regexp"
	"slices"
	"sync"
	"testing"

	"chargewright/base/id"
)

var form = regexp.MustCompile(`^ses_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestNewSortsByCreation(t *testing.T) {
	ids := make([]string, 5000)
	for i := range ids {
		ids[i] = id.New("ses")
		if !form.MatchString(ids[i]) {
			t.Fatalf("%q is no prefixed UUIDv7", ids[i])
		}
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 5000 {
		t.Error("ids made one after the other do not sort so, or repeat")
	}
}

func TestNewIsUniqueAtOnce(t *testing.T) {
	const workers, each = 8, 2000
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := map[string]bool{}
	for range workers {
		wg.Go(func() {
			mine := make([]string, each)
			for i := range mine {
				mine[i] = id.New("x")
			}
			mu.Lock()
			defer mu.Unlock()
			for _, m := range mine {
				seen[m] = true
			}
		})
	}
	wg.Wait()
	if len(seen) != workers*each {
		t.Errorf("%d different ids of %d", len(seen), workers*each)
	}
}

// OCPP 1.6 transaction ids are positive and fit 31 bits, and none leads to the next.
func TestTransaction(t *testing.T) {
	seen, high := map[int64]bool{}, 0
	for range 20_000 {
		n := id.Transaction()
		if n < 1 || n > 1<<31-1 {
			t.Fatalf("%d is out of range", n)
		}
		if n >= 1<<30 {
			high++
		}
		seen[n] = true
	}
	if len(seen) < 19_980 {
		t.Errorf("only %d different of 20,000", len(seen))
	}
	if high < 9_000 || high > 11_000 { // fourteen standard deviations
		t.Errorf("%d of 20,000 in the upper half", high)
	}
}
