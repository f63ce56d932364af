package sim

import (
	"time"

	"chargewright/wire/ocpp"
)

// The states of a connector as 1.6 names them; 2.x has fewer.
const (
	available   = "Available"
	preparing   = "Preparing"
	charging    = "Charging"
	byEVSE      = "SuspendedEVSE"
	byEV        = "SuspendedEV"
	finishing   = "Finishing"
	reserved    = "Reserved"
	unavailable = "Unavailable"
	faulted     = "Faulted"
)

// connector is one outlet. In 1.6 it is known by flat, its number within the
// station.
type connector struct {
	evse *evse
	n    int // within the EVSE, from 1
	flat int64
	told string // the state last reported; empty: none, or the report was lost
	off  bool   // inoperative by ChangeAvailability
}

type evse struct {
	s     *Station
	n     int // from 1
	cfg   EVSE
	conns []*connector
	meter meter

	car        *car
	plug       *connector // where the car is; the first one without a car
	tx         *transaction
	grant      *grant
	finished   bool   // a transaction ended and the car is still there
	fault      string // 1.6 error code; empty when healthy
	off        bool   // inoperative
	goOff      bool   // will be once the transaction has ended
	reserved   *reservation
	last       string // the id of the latest transaction
	cost       string // as the CSMS last told it
	final      bool   // and that it was for good
	lastNumber int64  // number of the latest transaction (1.6)
	shown      string // a replay says so, whatever else is known
	pulse      *alarm
	called     chan struct{} // a remote start waits for a vehicle; buffered, one for several
}

// grant is an authorisation that waits for its vehicle.
type grant struct {
	token       string
	kind        string // of the token, as 2.x names it
	parent      string
	trigger     string // what starts the transaction, as 2.x spells it
	remoteStart *int64
	profile     *profile // to go with the transaction
	expiry      *alarm
	told        chan Outcome // of a tap; buffered
}

// reservation of an EVSE.
type reservation struct {
	id     int64
	token  string
	parent string
	expiry *alarm
}

func newEVSE(s *Station, n int, cfg EVSE, flat *int64) *evse {
	e := &evse{s: s, n: n, cfg: cfg, meter: meter{mwh: cfg.RegisterWh * 1000}, called: make(chan struct{}, 1), fault: cfg.Fault}
	for i := range cfg.Connectors {
		*flat++
		e.conns = append(e.conns, &connector{evse: e, n: i + 1, flat: *flat})
	}
	e.plug = e.conns[0]
	return e
}

// state returns the state of a connector.
func (e *evse) state(c *connector) string {
	mine := c == e.plug
	switch {
	case e.shown != "":
		return e.shown
	case e.fault != "":
		return faulted
	case (e.off || c.off) && e.tx == nil:
		return unavailable
	case mine && e.tx != nil:
		return e.tx.status
	case mine && e.car != nil && e.finished:
		return finishing
	case mine && (e.car != nil || e.grant != nil):
		return preparing
	case e.reserved != nil:
		return reserved
	}
	return available
}

// tellChanges reports each connector whose state is not what was last told.
func (e *evse) tellChanges() {
	if !e.s.online || e.s.registration.status != accepted {
		return
	}
	for _, c := range e.conns {
		now := e.state(c)
		if now == c.told {
			continue
		}
		before := c.told
		c.told = now
		q := e.s.talk.status(e.s, c, e.s.clock())
		if q == nil || e.s.sameWord(before, now) {
			continue
		}
		e.s.send(q, func(_ []byte, err error) {
			if err != nil && callError(err) == nil && c.told == now {
				c.told = ""
			}
		})
	}
}

// sameWord reports whether 2.x has one word for two states.
func (s *Station) sameWord(before, now string) bool {
	return s.cfg.Version != ocpp.V16 && before != "" && connectorWord(before) == connectorWord(now)
}

// plugIn connects a vehicle.
func (e *evse) plugIn(v Vehicle) bool {
	if e.car != nil || v.Connector > len(e.conns) {
		return false
	}
	e.car = newCar(v, e.cfg.Kind)
	e.plug = e.conns[e.car.Connector-1]
	e.finished = false
	if e.grant != nil {
		e.grant.trigger = "CablePluggedIn"
		if e.grant.remoteStart != nil {
			e.grant.trigger = "RemoteStart"
		}
	}
	e.proceed()
	e.tellChanges()
	return true
}

// unplug takes the vehicle away; a transaction ends by it.
func (e *evse) unplug() {
	if e.car == nil {
		return
	}
	e.stop(stopping{reason: "EVDisconnected", trigger: "EVDeparted"})
	e.tellUnplugged()
	e.car = nil
	e.plug = e.conns[0]
	e.finished = false
	e.dropGrant("TimedOut")
	e.tellChanges()
}

// allow takes an authorisation and starts if there is a vehicle.
func (e *evse) allow(g *grant) {
	e.dropGrant("Superseded")
	e.grant = g
	g.expiry = e.s.in(e.s.settings.seconds(connectionTimeOut), func() {
		e.dropGrant("TimedOut")
		e.tellChanges()
	})
	if e.car == nil && g.told != nil {
		g.told <- Outcome{Status: accepted}
		g.told = nil
	}
	e.proceed()
	e.tellChanges()
}

func (e *evse) dropGrant(status string) {
	if g := e.grant; g != nil {
		g.expiry.cancel()
		if g.told != nil {
			g.told <- Outcome{Status: status}
		}
		e.grant = nil
	}
}

// proceed starts a transaction if there is a vehicle and leave to charge it.
func (e *evse) proceed() {
	if e.grant == nil || e.car == nil || e.tx != nil || e.fault != "" || e.off {
		return
	}
	g := e.grant
	e.grant = nil
	g.expiry.cancel()
	e.begin(g)
}

// free reports whether a token may start here.
func (e *evse) free(token, parent string) bool {
	switch {
	case e.fault != "" || e.off || e.tx != nil || e.grant != nil:
		return false
	case e.reserved != nil:
		r := e.reserved
		return sameToken(r.token, token) || r.parent != "" && sameToken(r.parent, parent)
	}
	return true
}

// reserve holds the EVSE until at.
func (e *evse) reserve(id int64, token, parent string, at time.Time) {
	e.unreserve("")
	r := &reservation{id: id, token: token, parent: parent}
	r.expiry = e.s.in(time.Until(at.Add(-e.s.cfg.Clock)), func() { e.unreserve("Expired") })
	e.reserved = r
	e.tellChanges()
}

// unreserve ends a reservation; a status is reported where the version does.
func (e *evse) unreserve(status string) {
	if e.reserved == nil {
		return
	}
	id := e.reserved.id
	e.reserved.expiry.cancel()
	e.reserved = nil
	if status != "" {
		if q := e.s.talk.reservationEnded(id, status); q != nil {
			e.s.send(q, nil)
		}
	}
	e.tellChanges()
}

// setOperative changes availability; false says that it waits for the end of a
// transaction.
func (e *evse) setOperative(on bool) bool {
	e.goOff = false
	if on {
		e.off = false
		e.proceed()
	} else if e.tx != nil {
		e.goOff = true
		return false
	} else {
		e.off = true
	}
	e.tellChanges()
	return true
}

// forget drops what a power cycle loses.
func (e *evse) forget() {
	e.dropGrant("Rebooted")
	e.meter.watts = 0
}
