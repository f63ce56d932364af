package monitor

import (
	"context"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/session"
)

// Run rebuilds the gauge and keeps the means until ctx ends; what is gathered
// then, and what came late, is written as far as 5 seconds allow. An error that passes is logged and the next turn tried.
func (m *Monitor) Run(ctx context.Context) {
	m.restore(ctx)
	t, late := time.NewTicker(sweep), time.NewTicker(settling)
	defer t.Stop()
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			m.finish(context.WithoutCancel(ctx))
			return
		case <-t.C:
			m.turn(ctx)
		case <-late.C:
			m.settle(ctx)
		}
	}
}

// turn takes a picture into the means and writes those of a step that is over.
func (m *Monitor) turn(ctx context.Context) {
	p, err := m.Picture(ctx)
	if err == nil {
		step := m.means.step
		err = m.write(ctx, m.means.sweep(p))
		if m.means.step != step {
			m.stepOver()
		}
	}
	if err != nil && ctx.Err() == nil {
		m.o.Log.ErrorContext(ctx, "the power of stations was not recorded", "err", err)
	}
}

func (m *Monitor) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := m.write(ctx, m.means.take()); err != nil {
		m.o.Log.ErrorContext(ctx, "the last minutes of the power of stations were not recorded", "err", err)
	}
	for ctx.Err() == nil && m.settle(ctx) {
	}
}

// restoreTail is how many messages of a station are played into the gauge at
// start: some of each EVSE, for its usual interval.
const restoreTail = 12

// restore plays the tail of the telemetry of stations with open sessions into
// the gauge.
func (m *Monitor) restore(ctx context.Context) {
	var ids []string
	_, err := store.Read(ctx, m.o.DB, func(tx *store.Tx) (struct{}, error) {
		return struct{}{}, session.EachOpen(tx, func(s session.Running) {
			if len(ids) == 0 || ids[len(ids)-1] != s.Station {
				ids = append(ids, s.Station)
			}
		})
	})
	for _, id := range ids {
		if err == nil {
			err = m.replay(ctx, id)
		}
	}
	if err != nil && ctx.Err() == nil {
		m.o.Log.ErrorContext(ctx, "not all last values could be read again", "err", err)
	}
}

func (m *Monitor) replay(ctx context.Context, station string) error {
	tail, err := m.o.Telemetry.Tail(ctx, station, time.Now().Add(24*time.Hour), restoreTail)
	if err != nil {
		return err
	}
	for i := len(tail) - 1; i >= 0; i-- {
		readings, err := energy.Unpack(tail[i].Packed)
		if err != nil {
			return err
		}
		m.Measured(station, tail[i].ReceivedAt, readings)
	}
	return nil
}
