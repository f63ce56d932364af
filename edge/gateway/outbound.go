package gateway

import (
	"context"

	"github.com/google/uuid"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/wire/ocpp"
)

// pending is the call to the station that waits for its answer.
type pending struct {
	id     string
	answer chan link.Answer // of capacity one
}

// call implements link.Stations.Call for one connection: the calls take turns,
// in no promised order, and only the first outboxSize of them wait.
func (c *conn) call(ctx context.Context, call link.Call) (link.Answer, error) {
	if err := c.prepare(&call); err != nil {
		return link.Answer{}, err
	}
	if c.queued.Add(1) > outboxSize {
		c.queued.Add(-1)
		c.g.count.callsRejected.Add(1)
		return link.Answer{}, fail.New(fail.Busy, "gateway.Call", "too many calls wait for this station")
	}
	err := c.takeTurn(ctx, call.Send)
	c.queued.Add(-1)
	if err != nil {
		return link.Answer{}, err
	}
	if call.Send {
		return link.Answer{}, c.send(call)
	}
	defer func() { <-c.turn }()
	return c.ask(ctx, call)
}

// prepare gives the call an id, if it has none, and refuses what cannot be a
// message.
func (c *conn) prepare(call *link.Call) error {
	if call.ID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return fail.Wrap(fail.Internal, "gateway.Call", err)
		}
		call.ID = id.String()
	}
	switch {
	case len(call.ID) > ocpp.MaxID:
		return fail.Field("gateway.Call", "id", "a message id has at most %d characters", ocpp.MaxID)
	case call.Action == "":
		return fail.Field("gateway.Call", "action", "a call needs an action")
	case call.Send && c.version < ocpp.V21:
		return fail.Field("gateway.Call", "send", "OCPP %s has no messages that are not answered", c.version)
	}
	return nil
}

// takeTurn waits until the connection is opened and, but for a SEND, until no
// other call is under way.
func (c *conn) takeTurn(ctx context.Context, send bool) error {
	ctx, cancel := c.within(ctx)
	defer cancel()
	select {
	case <-c.opened:
	case <-c.stop:
		return offline()
	case <-ctx.Done():
		return kindOfEnd(false)
	}
	if send {
		return nil
	}
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-c.stop:
		return offline()
	case <-ctx.Done():
		return kindOfEnd(false)
	}
}

func (c *conn) send(call link.Call) error {
	if c.ending() {
		return offline()
	}
	if err := c.write(ocpp.AppendSend(nil, call.ID, call.Action, call.Payload)); err != nil {
		return kindOfEnd(true)
	}
	return nil
}

// ask sends the call and waits for its answer.
func (c *conn) ask(ctx context.Context, call link.Call) (link.Answer, error) {
	ctx, cancel := c.within(ctx)
	defer cancel()
	if ctx.Err() != nil {
		return link.Answer{}, kindOfEnd(false)
	}
	p := &pending{id: call.ID, answer: make(chan link.Answer, 1)}
	if !c.expect(p) {
		return link.Answer{}, offline()
	}
	defer c.expect(nil)
	c.g.count.calls.Add(1)
	if err := c.write(ocpp.AppendCall(nil, call.ID, call.Action, call.Payload)); err != nil {
		c.g.count.callTimeouts.Add(1)
		return link.Answer{}, kindOfEnd(true)
	}
	select {
	case a := <-p.answer:
		return a, nil
	case <-c.stop:
	case <-ctx.Done():
	}
	select {
	case a := <-p.answer: // it came together with the end
		return a, nil
	default:
	}
	c.g.count.callTimeouts.Add(1)
	return link.Answer{}, kindOfEnd(true)
}

// within gives ctx the gateway's time, if it has no deadline.
func (c *conn) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.g.opt.CallTimeout)
}

// expect makes p the call that waits; it fails if the connection is ending.
func (c *conn) expect(p *pending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p != nil && (c.ended || c.draining) {
		return false
	}
	c.pending = p
	return true
}

// settle hands an answer to the call that waits for it, and reports whether
// one does.
func (c *conn) settle(id string, a link.Answer) bool {
	c.mu.Lock()
	p := c.pending
	if p != nil && p.id == id {
		c.pending = nil
		c.mu.Unlock()
		p.answer <- a
		return true
	}
	c.mu.Unlock()
	c.g.count.unsolicited.Add(1)
	c.note("an answer that nothing waits for was ignored", "id", id)
	return false
}

// kindOfEnd is what a caller is told when its time is up before an answer.
func kindOfEnd(sent bool) error {
	if sent {
		return fail.New(fail.Timeout, "gateway.Call", "the station did not answer in time; whether it acted is unknown")
	}
	return fail.New(fail.Busy, "gateway.Call", "the station is still busy with earlier calls; nothing was sent")
}
