package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/session"
)

// The settlement scenario: a server starts on a backlog of closed sessions, and is
// measured until the last is settled. Nothing but the database is between it and
// its work.

const (
	// sessionsAtOnce bounds the transactions in which sessions are made.
	sessionsAtOnce = 200
	// readingEvery is the time between two readings of a session.
	readingEvery = 5 * time.Minute
)

// benchMessage is as long as what a station sends of ten values.
var benchMessage = []byte(`{"customData":{"vendorId":"` + strings.Repeat("x", 1300) + `"}}`)

// backlog makes so many closed sessions, as many of each station, by what their
// stations say; none is settled yet.
func (o *own) backlog(ctx context.Context, sessions int64, stations int) error {
	at := time.Now().UTC().Add(-24 * time.Hour).Truncate(time.Second)
	for from := int64(0); from < sessions; from += sessionsAtOnce {
		err := o.write(ctx, func(tx *store.Tx) error {
			for n := from; n < min(from+sessionsAtOnce, sessions); n++ {
				for _, r := range reportsOf(n, stations, at) {
					if _, err := session.Apply(tx, r); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reportsOf is what a station says of the nth session: start, meter values, stop.
func reportsOf(n int64, stations int, at time.Time) []session.Report {
	out := make([]session.Report, meterValuesEach+2)
	for i := range out {
		r := session.Report{
			Station: stationName(int(n) % stations), Protocol: "2.0.1", Tx: fmt.Sprint("T", n), Key: fmt.Sprint(i), Seq: int64(i), Kind: session.Updated, EVSE: 1, Connector: 1,
			At: at.Add(time.Duration(i) * readingEvery), Flow: session.FlowCharging, Message: benchMessage,
		}
		switch i {
		case 0:
			r.Kind, r.Token, r.TokenType = session.Started, benchToken, "ISO14443"
		case len(out) - 1:
			r.Kind, r.Reason = session.Ended, "Local"
		case len(out) - 2, len(out) - 3:
			r.Flow = session.FlowSuspendedEV // done, and still plugged in
		}
		r.Received = r.At
		r.Samples = []energy.Sample{{At: r.At, Register: energy.Energy(100+min(i, len(out)-3))*energy.KiloWattHour + energy.Energy(n%977)*energy.WattHour}}
		out[i] = r
	}
	return out
}

// backlogged measures one cell of the settlement scenario.
func (b *bench) backlogged(ctx context.Context, s scenario, round int) (cell benchCell, err error) {
	p, end, err := b.start(ctx, s.server(), b.Connections, b.profileOf(s, round))
	if err != nil {
		return cell, err
	}
	defer func() { err = firstError(err, end()) }()
	if _, err := p.ask("backlog", int64(b.Backlog)); err != nil {
		return cell, err
	}
	before, err := p.ask("begin", 0)
	if err != nil {
		return cell, err
	}
	begun := time.Now()
	if _, err := p.ask("start", 0); err != nil {
		return cell, err
	}
	if _, err := p.ask("settle", int64(b.Backlog)); err != nil {
		return cell, err
	}
	took := time.Since(begun)
	after, err := p.ask("end", 0)
	if err != nil {
		return cell, err
	}
	sample := loadSample{messages: int64(b.Backlog), units: int64(b.Backlog)}
	return newCell(s, sample, before, after, took), b.audit(p, s, int64(b.Backlog))
}
