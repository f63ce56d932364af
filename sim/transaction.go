package sim

import (
	"math"
	"strings"
	"time"

	"chargewright/wire/ocpp/v21"
)

// pulseTime is how often a running transaction looks at its power.
const pulseTime = 10 * time.Second

// Outcome is the answer to a tap.
type Outcome struct {
	Status      string // as OCPP spells it; TimedOut, Reserved, Occupied, … for a refusal of the station's own
	Transaction string // the id, when one has started or was stopped
}

// Accepted reports whether the driver may charge.
func (o Outcome) Accepted() bool { return o.Status == accepted }

// transaction is one charging session of an EVSE.
type transaction struct {
	e           *evse
	conn        *connector
	token, kind string
	parent      string
	id          string // 2.x: the station's; 1.6: once the start was answered
	number      int64  // 1.6
	late        bool   // every message of it is delivered late
	failed      bool   // the start was given up: nobody knows this transaction
	seq         int64
	remoteStart *int64
	reservation *int64
	begin       reading
	flowing     bool   // the contactor is closed
	status      string // of the connector
	limitWh     int64  // 2.1; 0 is none
	limitTime   time.Duration
	limitHit    string // the trigger reason, when one was reached
	sampler     *alarm
	rated       *v21.Tariff // by which the station rates it (2.1)
	told        chan Outcome
	ended       chan struct{} // closed when the end is known to the CSMS, or given up
}

func sameToken(a, b string) bool { return strings.EqualFold(a, b) }

// begin starts a transaction with the vehicle that is there.
func (e *evse) begin(g *grant) {
	t := &transaction{
		e: e, conn: e.plug, token: g.token, kind: g.kind, parent: g.parent, remoteStart: g.remoteStart,
		status: preparing, told: g.told, ended: make(chan struct{}),
	}
	if r := e.reserved; r != nil {
		t.reservation = &r.id
		e.unreserve("")
	}
	e.tx = t
	e.finished = false
	e.cost, e.final = "", false
	t.rated = e.s.tariffAt(int64(e.n), e.s.clock())
	e.meter.last = time.Now()
	t.begin = e.read("Transaction.Begin")
	if g.profile != nil {
		g.profile.evse = int64(e.n)
		g.profile.forTx = t
		e.s.addProfile(g.profile)
	}
	c := e.s.talk.start(t, t.begin, g.trigger)
	e.last = t.id
	c.done = func(payload []byte, err error) { t.started(payload, err) }
	offline := !e.s.online
	e.s.enqueue(c)
	if offline {
		t.flow()
		t.tell(accepted)
	}
}

// started takes the answer to the start.
func (t *transaction) started(payload []byte, err error) {
	s := t.e.s
	if err != nil {
		t.failed = t.id == ""
		t.tell("Failed")
		t.e.stopIf(t, stopping{reason: "Other", trigger: "AbnormalCondition"})
		return
	}
	v, err := s.talk.started(t, payload)
	if err != nil {
		s.log.Warn("the answer to the start cannot be read", "err", err)
	}
	t.e.last, t.e.lastNumber = t.id, t.number
	if !v.ok() && s.settings.on(stopTransactionOnInvalidID) {
		t.tell(v.status)
		t.e.stopIf(t, stopping{reason: "DeAuthorized", trigger: "Deauthorized"})
		return
	}
	t.tell(orText(v.status, accepted))
	if t.e.tx == t {
		t.flow()
	}
}

func (t *transaction) tell(status string) {
	if t.told != nil {
		t.told <- Outcome{Status: status, Transaction: t.id}
		t.told = nil
	}
}

// flow closes the contactor.
func (t *transaction) flow() {
	if t.flowing {
		return
	}
	t.flowing = true
	t.e.beat()
	t.setSampler()
}

func (t *transaction) setSampler() {
	t.sampler.cancel()
	every := t.e.s.settings.seconds(meterValueSampleInterval)
	if every <= 0 {
		return
	}
	t.sampler = t.e.s.in(every, func() {
		t.e.advance()
		t.e.s.put(t.e.s.talk.sample(t, t.e.read("Sample.Periodic"), "MeterValuePeriodic"))
		t.setSampler()
	})
}

// put queues a call if there is one.
func (s *Station) put(c *call) {
	if c != nil {
		s.enqueue(c)
	}
}

// advance brings meter and battery up to now.
func (e *evse) advance() {
	room := int64(math.MaxInt64)
	if e.car != nil {
		room = e.car.room()
	}
	gained := e.meter.advance(time.Now(), room)
	if e.car != nil {
		e.car.take(gained)
	}
}

// beat brings everything up to now and sets the power for the time to come.
func (e *evse) beat() {
	e.pulse.cancel()
	e.advance()
	t := e.tx
	if t == nil || e.car == nil {
		e.meter.watts = 0
		return
	}
	e.meter.watts = 0
	status := preparing
	if t.flowing {
		offered := e.offered()
		t.checkLimits()
		asked := e.car.demand()
		switch {
		case offered == 0 || t.limitHit != "" || e.fault != "":
			status = byEVSE
		case asked == 0:
			status = byEV
		default:
			status = charging
			e.meter.watts = min(offered, asked)
		}
		e.pulse = e.s.in(e.nextBeat(), e.beat)
	}
	if status != t.status {
		t.status = status
		e.s.put(e.s.talk.change(t, e.read("Other"), orText(t.limitHit, "ChargingStateChanged")))
		e.tellChanges()
	}
}

// nextBeat returns the time to the next look: a schedule's border, the moment
// the vehicle has enough, or pulseTime.
func (e *evse) nextBeat() time.Duration {
	wait := pulseTime
	if w := e.meter.watts; w > 0 && e.car.room() < w*3 { // less than 10.8 s
		wait = time.Duration(e.car.room()*microJoule/w+1) * time.Microsecond
	}
	if t := e.tx; t != nil && t.limitWh > 0 && t.limitHit == "" && e.meter.watts > 0 {
		left := max(t.limitWh*1000-(e.meter.mwh-t.begin.mwh), 0) // mWh, which a watt takes 3.6 s for
		wait = min(wait, time.Duration(left*3600/e.meter.watts+1)*time.Millisecond)
	}
	if t := e.tx; t != nil && t.limitTime > 0 && t.limitHit == "" {
		if left := t.limitTime - time.Since(t.begin.at.Add(-e.s.cfg.Clock)); left > 0 {
			wait = min(wait, left)
		}
	}
	if at := e.s.nextBorder(e); !at.IsZero() {
		wait = min(wait, max(time.Until(at), 0))
	}
	return max(wait, time.Millisecond)
}

// checkLimits notes the first limit of the transaction that is reached (2.1
// E16).
func (t *transaction) checkLimits() {
	switch {
	case t.limitHit != "":
	case t.limitWh > 0 && t.e.meter.mwh-t.begin.mwh >= t.limitWh*1000:
		t.limitHit = "EnergyLimitReached"
	case t.limitTime > 0 && !t.e.s.clock().Before(t.begin.at.Add(t.limitTime)):
		t.limitHit = "TimeLimitReached"
	}
}

// read returns the meter as it stands; the caller has called advance.
func (e *evse) read(context string) reading {
	r := reading{at: e.s.clock(), mwh: e.meter.mwh, watts: e.meter.watts, soc: -1, context: context}
	if e.tx != nil {
		r.offered = e.offered()
	}
	if e.car != nil && e.cfg.Kind == DC {
		r.soc = e.car.percent()
	}
	return r
}

// stopIf ends t if it is still the one running.
func (e *evse) stopIf(t *transaction, why stopping) {
	if e.tx == t {
		e.stop(why)
	}
}

// stop ends the running transaction, if there is one, and returns it.
func (e *evse) stop(why stopping) *transaction {
	t := e.tx
	if t == nil {
		return nil
	}
	e.advance()
	e.pulse.cancel()
	t.sampler.cancel()
	e.meter.watts = 0
	end := e.read("Transaction.End")
	e.tx = nil
	e.finished = e.car != nil
	if e.goOff {
		e.off, e.goOff = true, false
	}
	e.s.dropProfilesOf(t)
	if e.s.quirks[NoStop] {
		close(t.ended)
	} else {
		c := e.s.talk.stop(t, end, why)
		c.done = func(payload []byte, err error) {
			if err == nil {
				e.s.talk.stopped(t, payload)
			}
			close(t.ended)
		}
		e.s.enqueue(c)
	}
	e.tellChanges()
	e.s.maybeReset()
	return t
}
