package central

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/wire/ocpp"
)

// VerifierName names the key that station passwords are verified with.
const VerifierName = "station password"

// Options configure a Central.
type Options struct {
	DB        *store.DB
	Telemetry *store.Telemetry
	Log       *slog.Logger
	Keys      secret.Keys
	Node      string // this process's name in the connection records
	// AcceptUnknown lets stations in that nobody announced, at the default
	// site. For demos and tests.
	AcceptUnknown bool
	// DefaultSite is where unknown stations are put when they are let in.
	DefaultSite string
	// Heartbeat is the interval stations are told at boot; default 5 min.
	Heartbeat time.Duration
	// Messages keeps what was said; nil keeps nothing.
	Messages *Log
	// Changed is told after each commit what changed, for screens: a topic
	// ("station", "session") and an id. It must not block.
	Changed func(topic, id string)
	// Measured, if set, is told what a message measured once it is kept. It must
	// not block or keep the readings.
	Measured func(station string, received time.Time, readings []energy.Reading)
	// Authorised, if set, is told of each token that a 1.6 station asked about and
	// was let in: the driver is there and waits for the price. It must not block.
	Authorised func(station, token string)
	// Answered, if set, is told of the final cost that a station was given in the
	// answer to the end of a session, in minor units. It must not block.
	Answered func(session string, minor int64)
	// Receipt, if set, is the address of the page that shows the receipt of what a
	// terminal settled, by its secret.
	Receipt func(secret string) string
	// Arrived, if set, is told of each station that connected, or booted and was
	// accepted. It must not block.
	Arrived func(station string, booted bool)
}

// Central implements link.Core.
type Central struct {
	o        Options
	log      *slog.Logger
	verifier secret.Verifier
	routers  map[string]*ocpp.Router[*inbound]
	found    findings
	accepted sync.Map // link.Peer → bool: whether its calls are served
	places   places
}

// inbound is one call of a station with the connection it came by.
type inbound struct {
	link.Peer
	Call link.Call
}

// New returns a Central. Nodes that died with connections open are expected to
// be swept by station.CloseNode before.
func New(o Options) *Central {
	if o.Heartbeat == 0 {
		o.Heartbeat = 5 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Changed == nil {
		o.Changed = func(string, string) {}
	}
	if o.Measured == nil {
		o.Measured = func(string, time.Time, []energy.Reading) {}
	}
	if o.Authorised == nil {
		o.Authorised = func(string, string) {}
	}
	if o.Arrived == nil {
		o.Arrived = func(string, bool) {}
	}
	if o.Answered == nil {
		o.Answered = func(string, int64) {}
	}
	c := &Central{o: o, log: o.Log, verifier: o.Keys.Verifier(VerifierName)}
	c.routers = map[string]*ocpp.Router[*inbound]{
		ocpp.V16.Subprotocol():  c.routes16(),
		ocpp.V201.Subprotocol(): c.routes201(),
		ocpp.V21.Subprotocol():  c.routes21(),
	}
	return c
}

// Receive answers one call. An error means that no answer may be sent.
func (c *Central) Receive(ctx context.Context, p link.Peer, call link.Call) (link.Answer, error) {
	r := c.routers[p.Subprotocol]
	if r == nil {
		return link.Answer{}, fail.New(fail.Internal, "central.Receive", "no version %q", p.Subprotocol)
	}
	begun := time.Now()
	a, found, err := c.serve(ctx, r, &inbound{p, call})
	x := Exchange{
		At: call.ReceivedAt, MessageID: call.ID, Action: call.Action, Request: call.Payload, Response: a.Payload, Error: a.Error,
		Micros: time.Since(begun).Microseconds(), Findings: found,
	}
	if err != nil {
		x.Failure = err.Error()
	}
	c.o.Messages.add(p.StationID, x)
	return a, err
}

// serve has a call answered by its handler and makes of every failure what the
// station may be told: a CALLERROR, or nothing.
func (c *Central) serve(ctx context.Context, r *ocpp.Router[*inbound], in *inbound) (link.Answer, []ocpp.Finding, error) {
	if !c.admits(in) {
		return refusal(r.Version(), &ocpp.Error{Code: ocpp.SecurityError, Description: "the station is not accepted yet; send BootNotification"}), nil, nil
	}
	reply, found, err := r.Serve(ctx, in, in.Call.Action, in.Call.Payload)
	if len(found) > 0 {
		c.record(ctx, in, found)
	}
	if err == nil {
		return link.Answer{Payload: reply}, found, nil
	}
	log := c.log.With("station", in.StationID, "action", in.Call.Action, "message", in.Call.ID)
	switch fail.KindOf(err) {
	case fail.Unavailable, fail.Busy:
		log.ErrorContext(ctx, "not answered: the message could not be stored", "err", err)
		return link.Answer{}, found, err
	}
	if ctx.Err() != nil {
		return link.Answer{}, found, fail.Wrap(fail.Unavailable, "central.Receive", ctx.Err())
	}
	var due *ocpp.Error
	if !errors.As(err, &due) {
		due = &ocpp.Error{Code: ocpp.InternalError}
	}
	if due.Code == ocpp.InternalError {
		log.ErrorContext(ctx, "answered with an error", "err", err)
	} else {
		log.WarnContext(ctx, "refused", "code", due.Code.Spell(r.Version()), "why", due.Description)
	}
	return refusal(r.Version(), due), found, nil
}

// refusal is an answer by CALLERROR, spelt as the version does.
func refusal(v ocpp.Version, e *ocpp.Error) link.Answer {
	return link.Answer{Error: &link.CallError{Code: e.Code.Spell(v), Description: e.Description, Details: e.Details}}
}

// atom runs one transaction of the station that calls.
func atom[T any](ctx context.Context, c *Central, in *inbound, fn func(tx *store.Tx) (T, error)) (T, error) {
	v, err := store.Do(ctx, c.o.DB, in.StationID, fn)
	if err != nil && fail.Is(err, fail.Invalid) {
		err = errors.Join(&ocpp.Error{Code: ocpp.PropertyConstraintViolation, Description: fail.Say(err)}, err)
	}
	return v, err
}

// done is the result of an atom that has none.
type done struct{}

// admits reports whether a call is served: a station that has not been accepted
// may only boot (2.x B01, B02; 1.6 §4.2).
func (c *Central) admits(in *inbound) bool {
	if in.Call.Action == "BootNotification" {
		return true
	}
	ok, _ := c.accepted.Load(in.Peer)
	return ok == true
}
