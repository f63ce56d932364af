package sim

import (
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/wire/ocpp"
)

// State is what can be seen of a station at one moment.
type State struct {
	Connected    bool
	Registration string   // Accepted, Pending, Rejected; empty before the first answer
	Queued       int      // calls that wait or are in flight
	Dropped      int      // transaction messages given up
	Shown        []string // what it shows of prices before a session
	EVSEs        []EVSEState
}

// EVSEState is what can be seen of an EVSE.
type EVSEState struct {
	Status          string // of the connector in use, as 1.6 names it
	Plugged         bool
	Transaction     string // of the running transaction, once it has an id
	LastTransaction string // of the latest one, running or not
	RegisterMWh     int64
	PowerW          int64
	OfferedW        int64
	SoC             int64  // percent; 0 without a vehicle
	Cost            string // what the CSMS said last that LastTransaction costs
	CostFinal       bool   // and that it was for good, as far as the version says so
}

// State returns the station's state.
func (s *Station) State(ctx context.Context) (State, error) {
	var out State
	err := s.ask(ctx, func() {
		out = State{Connected: s.online, Registration: s.registration.status, Queued: len(s.queue), Dropped: s.dropped, Shown: s.shown()}
		if s.inFlight != nil {
			out.Queued++
		}
		for _, e := range s.evses {
			e.advance()
			v := EVSEState{
				Status: e.state(e.plug), Plugged: e.car != nil, LastTransaction: e.last,
				RegisterMWh: e.meter.mwh, PowerW: e.meter.watts, OfferedW: e.offered(), Cost: e.cost, CostFinal: e.final,
			}
			if e.car != nil {
				v.SoC = e.car.percent()
			}
			if e.tx != nil {
				v.Transaction = e.tx.id
			}
			out.EVSEs = append(out.EVSEs, v)
		}
	})
	return out, err
}

// WaitAccepted waits until the CSMS has accepted the station.
func (s *Station) WaitAccepted(ctx context.Context) error {
	done := make(chan struct{})
	err := s.ask(ctx, func() {
		if s.registration.status == accepted {
			close(done)
			return
		}
		s.welcomed = append(s.welcomed, done)
	})
	if err != nil {
		return err
	}
	return wait(ctx, s, done)
}

// Flush waits until every call of the station is answered or given up.
func (s *Station) Flush(ctx context.Context) error {
	done := make(chan struct{})
	if err := s.ask(ctx, func() { s.drained = append(s.drained, done) }); err != nil {
		return err
	}
	return wait(ctx, s, done)
}

// at runs f with an EVSE (1…n) on the station's goroutine.
func (s *Station) at(ctx context.Context, n int, f func(*evse)) error {
	if n < 1 || n > len(s.evses) {
		return fail.Field("sim.at", "evse", "station %s has EVSEs 1 to %d", s.cfg.ID, len(s.evses))
	}
	return s.ask(ctx, func() { f(s.evses[n-1]) })
}

// Plug connects a vehicle to an EVSE; without one it is an ordinary one. It is
// a conflict if there is one already.
func (s *Station) Plug(ctx context.Context, n int, vehicle ...Vehicle) error {
	var v Vehicle
	if len(vehicle) > 0 {
		v = vehicle[0]
	}
	ok := false
	if err := s.at(ctx, n, func(e *evse) { ok = e.plugIn(v) }); err != nil {
		return err
	}
	if !ok {
		return fail.New(fail.Conflict, "sim.plug", "EVSE %d of station %s is not free, or has no such connector", n, s.cfg.ID)
	}
	return nil
}

// Unplug takes the vehicle away. A running transaction ends by it; that is
// queued when Unplug returns.
func (s *Station) Unplug(ctx context.Context, n int) error {
	return s.at(ctx, n, func(e *evse) { e.unplug() })
}

// Tap presents a token at an EVSE. It starts a transaction, or stops one that
// the same token (or its group) has started. Tap returns when the outcome is
// known: a refusal; the answer to the start; or, without a vehicle, the
// authorisation, and then Plug starts.
func (s *Station) Tap(ctx context.Context, n int, token string) (Outcome, error) {
	told := make(chan Outcome, 1)
	if err := s.at(ctx, n, func(e *evse) { e.tap(token, told) }); err != nil {
		return Outcome{}, err
	}
	select {
	case out := <-told:
		return out, nil
	case <-ctx.Done():
		return Outcome{}, fail.Wrap(fail.Timeout, "sim.tap", ctx.Err())
	case <-s.ended:
		return Outcome{}, fail.New(fail.Offline, "sim.tap", "station %s is switched off", s.cfg.ID)
	}
}

// StopLocal ends the running transaction by the station's button and waits
// until the CSMS knows, or does not wait while the station is offline.
func (s *Station) StopLocal(ctx context.Context, n int) error {
	return s.end(ctx, n, stopping{reason: "Local", trigger: "StopAuthorized"})
}

// EmergencyStop ends the running transaction as the red button does.
func (s *Station) EmergencyStop(ctx context.Context, n int) error {
	return s.end(ctx, n, stopping{reason: "EmergencyStop", trigger: "AbnormalCondition"})
}

func (s *Station) end(ctx context.Context, n int, why stopping) error {
	var t *transaction
	online := false
	if err := s.at(ctx, n, func(e *evse) { t, online = e.stop(why), s.online }); err != nil {
		return err
	}
	if t == nil {
		return fail.New(fail.Conflict, "sim.stop", "no transaction runs on EVSE %d of station %s", n, s.cfg.ID)
	}
	if !online {
		return nil
	}
	return wait(ctx, s, t.ended)
}

// CutConnection drops the socket; the station reconnects by its back-off.
func (s *Station) CutConnection(ctx context.Context) error { return s.GoOffline(ctx, 0) }

// GoOffline drops the socket and keeps it down for d.
func (s *Station) GoOffline(ctx context.Context, d time.Duration) error {
	return s.ask(ctx, func() {
		s.stayAway = time.Now().Add(d)
		if s.link != nil {
			s.lost(s.link, nil)
		} else if d > 0 {
			s.retry.cancel()
			s.retry = s.in(d, s.connect)
		}
	})
}

// Reboot takes the power away for a moment. Transactions end with PowerLoss,
// which is reported after the boot.
func (s *Station) Reboot(ctx context.Context) error {
	return s.ask(ctx, func() {
		if s.link != nil {
			s.resetting = true
			s.lost(s.link, nil)
		}
		for _, e := range s.evses {
			e.stop(stopping{reason: "PowerLoss", trigger: "AbnormalCondition"})
		}
		s.powerCycle("PowerUp")
	})
}

// Fault breaks an EVSE with an error code of 1.6 (7.7), for example
// GroundFailure; a running transaction ends. Heal mends it.
func (s *Station) Fault(ctx context.Context, n int, code string) error {
	return s.at(ctx, n, func(e *evse) {
		e.fault = orText(code, "OtherError")
		if e.stop(stopping{reason: "Other", trigger: "AbnormalCondition"}) == nil {
			e.tellChanges()
		}
	})
}

// Heal mends what Fault broke.
func (s *Station) Heal(ctx context.Context, n int) error {
	return s.at(ctx, n, func(e *evse) {
		e.fault = ""
		e.proceed()
		e.tellChanges()
	})
}

// Send puts bytes on the socket as they are.
func (s *Station) Send(ctx context.Context, frame []byte) error {
	sent := false
	if err := s.ask(ctx, func() { sent = len(frame) > 0 && s.transmit(frame) }); err != nil {
		return err
	}
	if !sent {
		return fail.New(fail.Offline, "sim.send", "station %s is not connected", s.cfg.ID)
	}
	return nil
}

// Call sends a request through the station's queue and returns the payload of
// the answer. A CALLERROR is a *ocpp.Error in the error's chain.
func (s *Station) Call(ctx context.Context, q ocpp.Call) ([]byte, error) {
	type answer struct {
		payload []byte
		err     error
	}
	done := make(chan answer, 1)
	err := s.ask(ctx, func() { s.send(q, func(p []byte, err error) { done <- answer{p, err} }) })
	if err != nil {
		return nil, err
	}
	select {
	case a := <-done:
		return a.payload, a.err
	case <-ctx.Done():
		return nil, fail.Wrap(fail.Timeout, "sim.call", ctx.Err())
	case <-s.ended:
		return nil, fail.New(fail.Offline, "sim.call", "station %s is switched off", s.cfg.ID)
	}
}
