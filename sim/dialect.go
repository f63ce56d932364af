package sim

import (
	"time"

	"chargewright/wire/ocpp"
)

// dialect is one version's way to say what a station has to say, and to do
// what it is told.
type dialect interface {
	boot(s *Station, reason string) ocpp.Call
	booted(payload []byte) (registration, error)
	heartbeat() ocpp.Call
	// status reports a connector, or the station as a whole when c is nil; the
	// answer is nil if the version has no message for that.
	status(s *Station, c *connector, at time.Time) ocpp.Call
	authorize(token string) ocpp.Call
	authorized(payload []byte) (verdict, error)

	// The messages of a transaction are made at the moment they report.
	start(t *transaction, r reading, trigger string) *call
	started(t *transaction, payload []byte) (verdict, error)
	// sample reports a reading, change a new charging state; a nil call says
	// that the version does not report it.
	sample(t *transaction, r reading, trigger string) *call
	change(t *transaction, r reading, trigger string) *call
	stop(t *transaction, r reading, why stopping) *call
	// stopped takes the answer to the end.
	stopped(t *transaction, payload []byte)

	// aligned reports an EVSE at a moment of the clock.
	aligned(e *evse, r reading) *call

	// reservationEnded is nil if the version does not report it.
	reservationEnded(id int64, status string) ocpp.Call
	// serve answers a call of the CSMS.
	serve(s *Station, action string, payload []byte) ([]byte, *ocpp.Error)
}

// verdict is what the CSMS says of a token. An empty status is no statement.
type verdict struct {
	status string
	parent string
}

func (v verdict) ok() bool { return v.status == accepted || v.status == "" }

// stopping says why a transaction ends.
type stopping struct {
	reason  string // of the union of both vocabularies
	trigger string // as 2.x spells it
	token   string // who stopped it, if a token did
}
