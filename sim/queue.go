package sim

import (
	"errors"
	"time"

	"chargewright/base/fail"
	"chargewright/wire/ocpp"
)

// The bounds of the queue: what a station keeps while nobody listens.
const (
	maxQueue = 20_000
	maxPlain = 1_000 // calls that do not concern a transaction
)

// call is one CALL of the station, from its making to its answer.
type call struct {
	id     string
	action string
	// compose makes the request when it is sent for the first time; false means
	// there is nothing to send any more.
	compose   func() (ocpp.Call, bool)
	payload   []byte // once composed: a repetition sends the same
	tx        bool   // concerns a transaction: kept in order until answered or given up
	minor     bool   // a sample in between, the first to go when the queue is full
	early     bool   // may go before the station is accepted
	attempts  int
	notBefore time.Time
	// done is told once: of the answer's payload, of a *ocpp.Error (CALLERROR),
	// or of a fail.Error. It may be nil.
	done func(payload []byte, err error)
}

func (c *call) finish(payload []byte, err error) {
	if c.done != nil {
		c.done(payload, err)
	}
}

// enqueue adds a call; the station sends it when it may.
func (s *Station) enqueue(c *call) {
	c.id = newID(s.ids)
	if !c.tx && !s.online {
		c.finish(nil, fail.New(fail.Offline, "sim.call", "the station is not connected"))
		return
	}
	if s.swap(c) {
		return
	}
	s.queue = append(s.queue, c)
	s.bound()
}

// send is enqueue for a request that is at hand.
func (s *Station) send(q ocpp.Call, done func(payload []byte, err error)) {
	s.enqueue(&call{action: q.Action(), compose: made(q), done: done})
}

func made(q ocpp.Call) func() (ocpp.Call, bool) {
	return func() (ocpp.Call, bool) { return q, true }
}

// bound drops samples first, then the oldest of what is left.
func (s *Station) bound() {
	plain := 0
	for _, c := range s.queue {
		if !c.tx {
			plain++
		}
	}
	if plain <= maxPlain && len(s.queue) <= maxQueue {
		return
	}
	victim := -1
	for i, c := range s.queue {
		if plain > maxPlain && !c.tx || plain <= maxPlain && c.minor {
			victim = i
			break
		}
	}
	victim = max(victim, 0)
	c := s.queue[victim]
	s.queue = append(s.queue[:victim], s.queue[victim+1:]...)
	s.dropped++
	c.finish(nil, fail.New(fail.Busy, "sim.call", "the station's queue is full"))
}

// pump sends the next call if none is in flight.
func (s *Station) pump() {
	for s.link != nil && s.inFlight == nil {
		i := s.pick()
		if i < 0 {
			break
		}
		c := s.queue[i]
		s.queue = append(s.queue[:i], s.queue[i+1:]...)
		if !s.composed(c) {
			continue
		}
		s.inFlight = c
		c.attempts++
		s.deadline.cancel()
		s.deadline = s.in(s.cfg.Timeout, func() { s.unanswered(c) })
		s.transmit(ocpp.AppendCall(nil, c.id, c.action, c.payload))
	}
	if s.inFlight == nil && len(s.queue) == 0 {
		for _, done := range s.drained {
			close(done)
		}
		s.drained = nil
	}
}

// pick returns the place of the first call that may go now. Calls of
// transactions keep their order among themselves.
func (s *Station) pick() int {
	blocked := false
	free := s.registration.status == accepted && !s.resetting
	for i, c := range s.queue {
		switch {
		case !free && !c.early:
		case c.tx && blocked:
		case c.notBefore.After(time.Now()):
			blocked = blocked || c.tx
		default:
			return i
		}
	}
	return -1
}

// composed makes the payload; a call that cannot be made is finished.
func (s *Station) composed(c *call) bool {
	if c.payload != nil {
		return true
	}
	q, ok := c.compose()
	if !ok {
		s.dropped++
		c.finish(nil, fail.New(fail.Conflict, "sim.call", "the transaction never started"))
		return false
	}
	payload, err := ocpp.Encode(s.cfg.Version, q)
	if err != nil {
		s.log.Error("a message does not fit its schema", "action", c.action, "err", err)
		c.finish(nil, err)
		return false
	}
	c.payload = s.bend(c.action, payload)
	return true
}

// answered ends the call in flight if the answer is for it.
func (s *Station) answered(id string, payload []byte, err error) {
	c := s.inFlight
	if c == nil || c.id != id {
		return
	}
	s.inFlight = nil
	s.deadline.cancel()
	if err != nil && c.tx {
		s.again(c, err)
		return
	}
	if s.quirks[DuplicateMessages] && c.tx && c.attempts == 1 {
		s.inFlight = nil
		twin := *c
		twin.done = nil
		s.queue = append([]*call{&twin}, s.queue...)
	}
	c.finish(payload, err)
}

func (s *Station) unanswered(c *call) {
	if s.inFlight != c {
		return
	}
	s.inFlight = nil
	err := fail.New(fail.Timeout, "sim.call", "%s was not answered in time", c.action)
	if c.tx {
		s.again(c, err)
		return
	}
	c.finish(nil, err)
}

// again repeats a call of a transaction after a wait that grows with every
// attempt, and gives it up after TransactionMessageAttempts (1.6 §4.9.1, 2.x
// E13).
func (s *Station) again(c *call, err error) {
	if c.attempts >= max(1, s.settings.number(transactionMessageAttempts)) {
		s.dropped++
		s.log.Warn("a transaction message was given up", "action", c.action, "attempts", c.attempts, "err", err)
		c.finish(nil, err)
		return
	}
	pause := s.settings.seconds(transactionMessageRetryInterval) * time.Duration(c.attempts)
	c.notBefore = time.Now().Add(pause)
	s.queue = append([]*call{c}, s.queue...)
	s.in(pause, func() {})
}

// recall is called when the connection is gone: what concerns transactions
// waits for the next one, anything else has failed.
func (s *Station) recall() {
	gone := fail.New(fail.Offline, "sim.call", "the connection was lost")
	old := s.queue
	s.queue = nil
	s.deadline.cancel()
	if c := s.inFlight; c != nil {
		s.inFlight = nil
		old = append([]*call{c}, old...)
	}
	for _, c := range old {
		if c.tx {
			c.attempts = 0 // a lost connection is no refusal
			s.queue = append(s.queue, c)
			continue
		}
		c.finish(nil, gone)
	}
}

// callError returns the CALLERROR in err's chain, nil if there is none.
func callError(err error) *ocpp.Error {
	var e *ocpp.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
