package ocpp

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"chargewright/base/fail"
)

// Decoder is what the request of a hot action offers. Decode reads a payload
// that keeps strictly to the schema of v, without allocation beyond the growth
// of lists. Texts alias the payload, which must not change from then on; what
// the message held before lends its room. For any other payload it empties the
// message and reports false: ocpp.Decode tells why, or reads it tolerantly.
type Decoder interface {
	Decode(v Version, payload []byte) bool
}

func noAction(v Version, name string) *Violation {
	return &Violation{Code: NotImplemented, Text: fmt.Sprintf("OCPP %s has no action %.50q", v, name)}
}

// Encode writes a request strictly to the schema of v. An error is a fault of
// the caller: a *Violation, or a value that has no JSON form.
func Encode(v Version, q Call) ([]byte, error) {
	a := lookup(v, q.Action())
	if a == nil {
		return nil, fail.Wrap(fail.Internal, "ocpp.encode", noAction(v, q.Action()))
	}
	return encode(v, a.request, q)
}

// EncodeReply writes the reply to an action strictly to the schema of v.
func EncodeReply(v Version, name string, reply any) ([]byte, error) {
	a := lookup(v, name)
	if a == nil || a.send {
		return nil, fail.Wrap(fail.Internal, "ocpp.encode_reply", noAction(v, name))
	}
	return encode(v, a.reply, reply)
}

func encode(v Version, shape uint16, message any) ([]byte, error) {
	b, err := json.Marshal(message)
	if err != nil {
		return nil, fail.Wrap(fail.Internal, "ocpp.encode", err)
	}
	if bad := strictly(v, shape, b); bad != nil {
		return nil, fail.Wrap(fail.Internal, "ocpp.encode", bad)
	}
	return b, nil
}

func strictly(v Version, shape uint16, payload []byte) *Violation {
	c := newCheck(v, payload)
	c.strict = true
	return c.run(shape)
}

// Decode reads a request tolerantly: what it repairs it reports. The payload
// belongs to dst from then on and must not change. A used dst lends its room to
// the new message, so nothing of the old one may still be held. The error is a
// *Violation; an action that v does not have is NotImplemented.
func Decode[Q Call](v Version, dst *Q, payload []byte) ([]Finding, error) {
	name := (*dst).Action()
	a := lookup(v, name)
	if a == nil {
		return nil, noAction(v, name)
	}
	return decodeRequest(v, a, dst, payload)
}

func decodeRequest[Q Call](v Version, a *action, dst *Q, payload []byte) ([]Finding, error) {
	if d, ok := any(dst).(Decoder); ok && d.Decode(v, payload) {
		return nil, nil
	}
	*dst = *new(Q)
	return decode(v, a.request, keeps(v, a.name), dst, payload)
}

// DecodeReply reads the reply to an action tolerantly, as Decode does.
func DecodeReply[P any](v Version, name string, payload []byte) (reply P, found []Finding, err error) {
	a := lookup(v, name)
	if a == nil || a.send {
		return reply, nil, noAction(v, name)
	}
	found, err = decode(v, a.reply, false, &reply, payload)
	return reply, found, err
}

func decode(v Version, shape uint16, keep bool, dst any, payload []byte) ([]Finding, error) {
	c := newCheck(v, payload)
	c.keep = keep
	if bad := c.run(shape); bad != nil {
		return c.findings, bad
	}
	if err := json.Unmarshal(c.out, dst); err != nil {
		return c.findings, &Violation{Code: FormatViolation, Text: err.Error()}
	}
	return c.findings, nil
}

// ValidateRequest checks a payload strictly against the request schema of an
// action. The error is a *Violation that names the place of the fault; an
// action that v does not have is NotImplemented.
func ValidateRequest(v Version, name string, payload []byte) error {
	a := lookup(v, name)
	if a == nil {
		return noAction(v, name)
	}
	if bad := strictly(v, a.request, payload); bad != nil {
		return bad
	}
	return nil
}

// ValidateReply is ValidateRequest for the reply to an action.
func ValidateReply(v Version, name string, payload []byte) error {
	a := lookup(v, name)
	if a == nil || a.send {
		return noAction(v, name)
	}
	if bad := strictly(v, a.reply, payload); bad != nil {
		return bad
	}
	return nil
}
