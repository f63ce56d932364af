package sim

import (
	"cmp"
	"context"
	"math/big"
	"slices"
	"time"

	"chargewright/base/fail"
)

// move is one message of a replayed session, at its recorded moment.
type move struct {
	at   time.Time
	y    *play
	step int
	last bool
	do   func(ctx context.Context, st *Station) error
}

// script returns the moves of a station in the order of the record.
func (p *replay) script(t *track) []move {
	var out []move
	registers := make([]int64, len(t.cfg.EVSEs)) // Wh
	order := map[*play]int{}
	for i, y := range t.plays {
		order[y] = i
		out = append(out, p.moves(y, registers[y.evse-1])...)
		registers[y.evse-1] += y.s.EnergyWh
	}
	slices.SortStableFunc(out, func(a, b move) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(order[a.y], order[b.y]), cmp.Compare(a.step, b.step))
	})
	return out
}

// moves returns what a session has to say. The register begins at from Wh.
func (p *replay) moves(y *play, from int64) []move {
	s := y.s
	var out []move
	add := func(at time.Time, do func(ctx context.Context, st *Station) error) {
		out = append(out, move{at: at, y: y, step: len(out), do: do})
	}
	show := func(at time.Time, status string) {
		add(at, func(ctx context.Context, st *Station) error { return y.show(ctx, st, at, status) })
	}
	show(s.Start, preparing)
	add(s.Start, func(ctx context.Context, st *Station) error {
		return y.start(ctx, st, reading{at: s.Start, mwh: from * 1000, soc: y.soc(0)}, p.Token(s))
	})
	show(s.Start, charging)
	for at := s.Start.Add(p.MeterInterval); at.Before(s.End); at = at.Add(p.MeterInterval) {
		add(at, func(ctx context.Context, st *Station) error { return y.sample(ctx, st, y.reading(at, from)) })
	}
	add(s.End, func(ctx context.Context, st *Station) error { return y.stop(ctx, st, y.reading(s.End, from)) })
	show(s.End, available)
	out[len(out)-1].last = true
	return out
}

// reading returns the meter at a moment of the stay; the register is a whole
// number of Wh.
func (y *play) reading(at time.Time, from int64) reading {
	stay := y.s.End.Sub(y.s.Start)
	r := reading{at: at, soc: y.soc(million), mwh: (from + y.s.EnergyWh) * 1000, context: "Sample.Periodic"}
	if stay <= 0 {
		return r
	}
	x := share(million, at.Sub(y.s.Start), stay)
	power := share(y.s.EnergyWh, time.Hour, stay)
	if y.s.Kind == DC {
		done := (16*million*x - 6*x*x) / (10 * million)
		r.mwh = (from + share(y.s.EnergyWh, time.Duration(done), million)) * 1000
		r.soc = y.soc(done)
		r.watts = share(power, time.Duration(16*million-12*x), 10*million)
	} else {
		r.mwh = (from + share(y.s.EnergyWh, at.Sub(y.s.Start), stay)) * 1000
		r.watts = power
	}
	r.offered = r.watts
	return r
}

const million = 1_000_000

// share returns v × part ÷ whole, rounded down.
func share(v int64, part, whole time.Duration) int64 {
	n := new(big.Int).Mul(big.NewInt(v), big.NewInt(int64(part)))
	return n.Quo(n, big.NewInt(int64(whole))).Int64()
}

// soc returns the state of charge, in percent, once so many millionths of the
// energy have flowed; an AC session does not tell.
func (y *play) soc(done int64) int64 {
	if y.s.Kind != DC {
		return -1
	}
	return 20 + 60*done/million
}

// show reports a state at its recorded time. A report that is lost with the
// connection is no failure of the session.
func (y *play) show(ctx context.Context, st *Station, at time.Time, status string) error {
	done := make(chan error, 1)
	err := st.at(ctx, y.evse, func(e *evse) {
		before := e.shown
		e.shown = status
		c := e.conns[0]
		c.told = status
		q := st.talk.status(st, c, at)
		if q == nil || st.sameWord(before, status) {
			done <- nil
			return
		}
		st.send(q, func(_ []byte, err error) { done <- err })
	})
	if err != nil {
		return err
	}
	err = await(ctx, st, done)
	if callError(err) != nil {
		return fail.New(fail.Invalid, "sim.replay", "the server refused a status: %v", err)
	}
	return nil
}

// start begins the transaction. A token that is not accepted is the session's
// failure; it is stopped at once, and nothing has flowed.
func (y *play) start(ctx context.Context, st *Station, r reading, token string) error {
	return y.deliver(ctx, st, func(e *evse) *call {
		y.t = &transaction{e: e, conn: e.conns[0], token: token, kind: tagKind, status: preparing, late: true, begin: r}
		y.t.begin.context = "Transaction.Begin"
		y.t.id = newID(stream(st.cfg.Seed, st.cfg.ID+"/"+y.s.ID, 0))
		return st.talk.start(y.t, y.t.begin, "Authorized")
	}, func(payload []byte) error {
		v, err := st.talk.started(y.t, payload)
		y.r.Transaction = y.t.id
		y.t.status = charging
		if err == nil && !v.ok() {
			y.quiet = true
			err = fail.New(fail.Denied, "sim.replay", "the token was answered %s", v.status)
		}
		return err
	})
}

// sample sends a reading; a transaction that did not start has none.
func (y *play) sample(ctx context.Context, st *Station, r reading) error {
	if y.quiet || y.r.Transaction == "" {
		return nil
	}
	return y.deliver(ctx, st, func(*evse) *call { return st.talk.sample(y.t, r, "MeterValuePeriodic") }, nil)
}

// stop ends the transaction, if it started.
func (y *play) stop(ctx context.Context, st *Station, r reading) error {
	if y.r.Transaction == "" {
		return nil
	}
	why := stopping{reason: "EVDisconnected", trigger: "EVDeparted"}
	r.context, r.watts = "Transaction.End", 0
	if y.quiet {
		why = stopping{reason: "DeAuthorized", trigger: "Deauthorized"}
		r.mwh, r.at = y.t.begin.mwh, y.t.begin.at
		y.r.End = y.r.Start
	}
	return y.deliver(ctx, st, func(*evse) *call { return st.talk.stop(y.t, r, why) }, func([]byte) error {
		y.r.EnergyWh = (r.mwh - y.t.begin.mwh) / 1000
		return nil
	})
}

// deliver queues a message of the transaction and waits for its answer.
func (y *play) deliver(ctx context.Context, st *Station, compose func(e *evse) *call, answered func(payload []byte) error) error {
	done := make(chan error, 1)
	err := st.at(ctx, y.evse, func(e *evse) {
		c := compose(e)
		c.minor = false
		c.done = func(payload []byte, err error) {
			if err == nil && answered != nil {
				err = answered(payload)
			}
			done <- err
		}
		st.enqueue(c)
	})
	if err != nil {
		return err
	}
	return await(ctx, st, done)
}

func await(ctx context.Context, st *Station, done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fail.Wrap(fail.Timeout, "sim.replay", ctx.Err())
	case <-st.ended:
		return fail.New(fail.Offline, "sim.replay", "station %s is switched off", st.cfg.ID)
	}
}
