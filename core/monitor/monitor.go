package monitor

import (
	"context"
	"log/slog"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
)

// Options are what a Monitor stands on.
type Options struct {
	DB        *store.DB
	Telemetry *store.Telemetry
	Log       *slog.Logger // nil: slog.Default
}

// Monitor knows how the network does. It is safe for use by many goroutines.
type Monitor struct {
	o       Options
	gauge   *gauge
	means   means
	late    backlog // to be made again
	later   backlog // once the step under way is over
	picture Shared[*Picture]
}

// New returns a Monitor with an empty gauge. Run keeps it.
func New(o Options) *Monitor {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Monitor{o: o, gauge: newGauge(MaxEVSEs), means: means{sums: map[place]*sum{}}}
}

// Measured takes in the readings of one message of a station, all of which were
// received at that time. It does not block and keeps no reference to them.
func (m *Monitor) Measured(station string, received time.Time, readings []energy.Reading) {
	since := m.gauge.measured(station, received, readings)
	if m.o.Telemetry != nil {
		m.late.measured(station, received.UnixMicro(), since, readings)
	}
}

// Values returns what an EVSE measured last; ok is false where nothing is known.
func (m *Monitor) Values(station string, evse int64) (v Values, ok bool) {
	return m.gauge.values(key{station, evse})
}

// Picture returns how everything does, up to about a second ago; see Shared.
func (m *Monitor) Picture(ctx context.Context) (*Picture, error) {
	return m.picture.Get(ctx, func(ctx context.Context) (*Picture, error) {
		return store.Read(ctx, m.o.DB, func(tx *store.Tx) (*Picture, error) { return paint(tx, m.gauge) })
	})
}
