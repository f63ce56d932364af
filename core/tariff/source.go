package tariff

import (
	"context"
	"time"
)

// Source gives the prices of one index.
type Source interface {
	// Fetch returns the slots that begin from from on and before until, in order
	// of time and not overlapping. What is not published yet is left out; that is
	// no error. Unavailable and Timeout may be tried again; Invalid is an answer
	// that cannot be understood or contradicts itself, and nothing of it is used.
	Fetch(ctx context.Context, from, until time.Time) ([]Slot, error)
}
