package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"chargewright/base/link"
	"chargewright/wire/ocpp"
)

// handle sorts one message of the station.
func (c *conn) handle(data []byte, at time.Time) {
	f, refused := ocpp.ParseFrame(data, c.version)
	c.reader.lockstep = f.Type == ocpp.TypeCall && refused == nil
	if refused != nil {
		c.refuse(f, refused)
		return
	}
	switch f.Type {
	case ocpp.TypeCall, ocpp.TypeSend:
		c.enqueue(link.Call{ID: f.ID, Action: f.Action, Payload: f.Payload, Send: f.Type == ocpp.TypeSend, ReceivedAt: at})
	case ocpp.TypeResult:
		c.settle(f.ID, link.Answer{Payload: f.Payload})
	case ocpp.TypeError:
		c.settle(f.ID, link.Answer{Error: &link.CallError{Code: f.Code, Description: f.Description, Details: f.Details}})
	case ocpp.TypeResultError:
		c.g.count.resultErrors.Add(1)
		c.note("the station could not process an answer", "id", f.ID, "code", f.Code, "description", f.Description)
	}
}

// refuse answers a message that could not be read, where an answer is due. A
// broken answer to a call of ours ends that call.
func (c *conn) refuse(f ocpp.Frame, e *ocpp.Error) {
	if f.Type == ocpp.TypeUnknown {
		c.g.count.unknownTypes.Add(1)
		c.note("a message of an unknown type was ignored")
		return
	}
	c.g.count.badFrames.Add(1)
	c.note("a message could not be read", "id", f.ID, "error", e)
	switch f.Type {
	case ocpp.TypeResult, ocpp.TypeError:
		if !c.settle(f.ID, link.Answer{Error: &link.CallError{Code: e.Code.String(), Description: e.Description}}) {
			return
		}
	}
	if answer := ocpp.AppendRefusal(nil, f, e, c.version); len(answer) > 0 {
		_ = c.write(answer) // a failed write has ended the connection
	}
}

// enqueue hands a call to the worker, in order. In a full inbox it waits for
// room, and the station with it; a station that never lets the inbox shrink
// is cut off.
func (c *conn) enqueue(call link.Call) {
	if c.deposit(call) {
		return
	}
	deadline := time.NewTimer(inboxTimeout)
	defer deadline.Stop()
	for !c.deposit(call) {
		select {
		case <-c.room:
		case <-c.stop:
			return
		case <-deadline.C:
			c.close(closePolicy, "too many calls at once")
			return
		}
	}
}

// deposit reports false if there is no room.
func (c *conn) deposit(call link.Call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || c.draining {
		return true
	}
	if len(c.inbox) >= inboxSize {
		return false
	}
	c.inbox = append(c.inbox, call)
	c.owed.Add(1)
	if !c.working {
		c.working = true
		c.worker.Go(c.work)
	}
	return true
}

// work answers what is in the inbox.
func (c *conn) work() {
	for {
		c.mu.Lock()
		if len(c.inbox) == 0 {
			c.working = false
			c.inbox = nil
			c.mu.Unlock()
			return
		}
		call := c.inbox[0]
		c.inbox = c.inbox[1:]
		c.mu.Unlock()
		select {
		case c.room <- struct{}{}:
		default:
		}
		c.answer(call)
	}
}

// answer asks the core and writes what it says.
func (c *conn) answer(call link.Call) {
	answer, err := c.receive(call)
	c.owed.Add(-1)
	if err != nil {
		c.g.count.unanswered.Add(1)
		c.g.log.Error("a call of a station was left without answer", "station", c.peer.StationID, "action", call.Action, "id", call.ID, "error", err)
		return
	}
	if call.Send {
		return
	}
	var frame []byte
	if e := answer.Error; e != nil {
		code, _ := ocpp.ParseCode(e.Code)
		frame = ocpp.AppendError(nil, call.ID, &ocpp.Error{Code: code, Description: e.Description, Details: e.Details}, c.version)
	} else {
		frame = ocpp.AppendResult(make([]byte, 0, len(answer.Payload)+len(call.ID)+8), call.ID, answer.Payload)
	}
	_ = c.write(frame) // a failed write has ended the connection; the station will repeat
}

// receive lets the core work to its end even if the socket drops. A panic is
// answered by InternalError: one station's message must not end the others.
func (c *conn) receive(call link.Call) (a link.Answer, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.g.opt.ReceiveTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			c.g.count.panics.Add(1)
			c.g.log.Error("a call of a station broke the core", "station", c.peer.StationID, "action", call.Action, "id", call.ID,
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			a, err = link.Answer{Error: &link.CallError{Code: ocpp.InternalError.String()}}, nil
		}
	}()
	return c.g.core.Receive(ctx, c.peer, call)
}

// throttle takes one message from the station's allowance and waits if it is
// used up. A station that sends on without waiting for answers all that while
// is closed; it then reports false.
func (c *conn) throttle(now time.Time) bool {
	r := &c.reader
	wait := r.limit.delay(now)
	if wait == 0 {
		if r.limit.tokens >= r.limit.burst/2 {
			r.strikes = 0
		}
		return true
	}
	c.g.count.throttled.Add(1)
	if !r.lockstep || c.owed.Load() > 0 {
		r.strikes++
	}
	if float64(r.strikes) > floodTime*r.limit.rate {
		c.g.count.flooded.Add(1)
		c.close(closePolicy, "too many messages")
		return false
	}
	return pause(c.stop, wait)
}

// note logs what is strange: the first time on a connection as a warning, then
// for those who look closely.
func (c *conn) note(text string, attrs ...any) {
	level := slog.LevelDebug
	if !c.reader.warned[text] {
		if c.reader.warned == nil {
			c.reader.warned = make(map[string]bool)
		}
		c.reader.warned[text] = true
		level = slog.LevelWarn
	}
	c.g.log.Log(context.Background(), level, text, append(attrs, "station", c.peer.StationID)...)
}
