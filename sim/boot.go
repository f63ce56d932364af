package sim

import "time"

// Words of the protocol that every version shares.
const (
	accepted = "Accepted"
	pending  = "Pending"
	rejected = "Rejected"
)

// registration is what the last BootNotification was answered.
type registration struct {
	status   string // empty: none since the station was switched on
	interval time.Duration
}

// How long a station takes for what the CSMS leaves open.
const (
	bootRetry  = 30 * time.Second
	rebootTime = 2 * time.Second
	flushTime  = time.Second // between the answer to a reset and its effect
)

// switchOn starts a station that knows nothing of its CSMS.
func (s *Station) switchOn() {
	s.registration = registration{}
	s.resetting = false
	s.tries = 0
	for _, e := range s.evses {
		for _, c := range e.conns {
			c.told = ""
		}
	}
	s.connect()
}

// boot announces the station.
func (s *Station) boot() {
	s.bootAlarm.cancel()
	if s.quirks[LateBoot] && s.registration.status == "" {
		s.sendEarly(s.talk.status(s, s.evses[0].conns[0], s.clock()))
	}
	q := s.talk.boot(s, s.bootReason)
	s.enqueue(&call{action: q.Action(), compose: made(q), early: true, done: s.booted})
}

func (s *Station) booted(payload []byte, err error) {
	if err != nil {
		if s.online {
			s.bootAlarm = s.in(bootRetry, s.boot)
		}
		return
	}
	r, err := s.talk.booted(payload)
	if err != nil {
		s.log.Warn("the answer to BootNotification cannot be read", "err", err)
		s.bootAlarm = s.in(bootRetry, s.boot)
		return
	}
	before := s.registration.status
	s.registration = r
	if r.status != accepted {
		s.bootAlarm = s.in(orTime(r.interval, bootRetry), s.boot)
		return
	}
	s.tries = 0
	s.bootReason = "PowerUp"
	if r.interval > 0 {
		s.settings.put(heartbeatInterval, r.interval)
	}
	s.setHeart()
	if before != accepted {
		s.welcome()
	}
}

// welcome tells the state of every connector after an accepted boot.
func (s *Station) welcome() {
	if q := s.talk.status(s, nil, s.clock()); q != nil {
		s.send(q, nil)
	}
	for _, e := range s.evses {
		e.tellChanges()
	}
	for _, done := range s.welcomed {
		close(done)
	}
	s.welcomed = nil
}

func (s *Station) setHeart() {
	s.heart.cancel()
	every := s.settings.seconds(heartbeatInterval)
	if every <= 0 || s.quirks[NoHeartbeat] {
		return
	}
	s.heart = s.in(every, func() {
		s.send(s.talk.heartbeat(), nil)
		s.setHeart()
	})
}

// setAligned samples every EVSE at whole multiples of
// ClockAlignedDataInterval.
func (s *Station) setAligned() {
	s.aligned.cancel()
	every := s.settings.seconds(clockAlignedDataInterval)
	if every <= 0 {
		return
	}
	now := s.clock()
	s.aligned = s.in(now.Truncate(every).Add(every).Sub(now), func() {
		for _, e := range s.evses {
			e.advance()
			s.put(s.talk.aligned(e, e.read("Sample.Clock")))
		}
		s.setAligned()
	})
}

// reset ends all transactions for the given reason and boots anew.
func (s *Station) reset(reason, bootReason string) {
	for _, e := range s.evses {
		e.stop(stopping{reason: reason, trigger: "ResetCommand"})
	}
	s.resetAtIdle = ""
	s.in(flushTime, func() { s.powerCycle(bootReason) })
}

// resetWhenIdle waits for the last transaction to end.
func (s *Station) resetWhenIdle(bootReason string) {
	s.resetAtIdle = bootReason
	s.maybeReset()
}

func (s *Station) maybeReset() {
	if s.resetAtIdle != "" && !s.busy() {
		s.reset("Reboot", s.resetAtIdle)
	}
}

func (s *Station) busy() bool {
	for _, e := range s.evses {
		if e.tx != nil {
			return true
		}
	}
	return false
}

// powerCycle drops the connection and comes back as after a reboot.
func (s *Station) powerCycle(bootReason string) {
	s.resetting = true
	s.bootReason = bootReason
	s.retry.cancel()
	s.retry = nil
	if s.link != nil {
		s.lost(s.link, nil)
	}
	s.registration = registration{}
	for _, e := range s.evses {
		e.forget()
	}
	s.in(rebootTime, s.switchOn)
}
