package ocpp

import (
	"context"
	"errors"
	"fmt"
)

// Router hands the calls of one version to typed handlers. It is filled by On
// while the program is put together and only read afterwards.
type Router[Peer any] struct {
	version Version
	routes  map[string]route[Peer]
}

type route[Peer any] func(ctx context.Context, peer Peer, payload []byte) ([]byte, []Finding, error)

// NewRouter returns a Router of version v without handlers.
func NewRouter[Peer any](v Version) *Router[Peer] {
	return &Router[Peer]{version: v, routes: map[string]route[Peer]{}}
}

// Version returns the router's version.
func (r *Router[Peer]) Version() Version { return r.version }

// On registers the handler of one action. It panics if the version has no
// such action or if it has a handler already: both are mistakes of wiring.
//
// The handler owns the request, whose texts alias the payload. A *Error in the
// chain of its error is answered as it is, any other as InternalError. For an
// action that is sent P is NoReply.
func On[Q Request[P], P any, Peer any](r *Router[Peer], handle func(context.Context, Peer, *Q) (P, error)) {
	var q Q
	name := q.Action()
	a := lookup(r.version, name)
	if a == nil {
		panic(fmt.Sprintf("ocpp: OCPP %s has no action %s", r.version, name))
	}
	if r.routes[name] != nil {
		panic("ocpp: two handlers of " + name)
	}
	v := r.version
	r.routes[name] = func(ctx context.Context, peer Peer, payload []byte) ([]byte, []Finding, error) {
		q := new(Q)
		found, err := decodeRequest(v, a, q, payload)
		if err != nil {
			return nil, found, answer(err)
		}
		reply, err := handle(ctx, peer, q)
		if err != nil {
			return nil, found, answer(err)
		}
		if a.send {
			return nil, found, nil
		}
		b, err := encode(v, a.reply, reply)
		if err != nil {
			return nil, found, internal(err)
		}
		return b, found, nil
	}
}

// Serve answers one call: it decodes the payload tolerantly, calls the handler
// and encodes its reply strictly. The payload belongs to the router from then
// on. The error always has a *Error in its chain, which is the answer due, and
// beside it the cause for the log. An action that the version does not have is
// NotImplemented, one without handler NotSupported. A reply that does not fit
// the schema is InternalError and is not sent. The reply to a sent action is
// nil.
func (r *Router[Peer]) Serve(ctx context.Context, peer Peer, name string, payload []byte) ([]byte, []Finding, error) {
	if serve, ok := r.routes[name]; ok {
		return serve(ctx, peer, payload)
	}
	if lookup(r.version, name) == nil {
		return nil, nil, noAction(r.version, name).Answer()
	}
	return nil, nil, &Error{Code: NotSupported, Description: "this action is not served here"}
}

// answer gives an error its *Error, if it has none.
func answer(err error) error {
	var due *Error
	if errors.As(err, &due) {
		return err
	}
	var bad *Violation
	if errors.As(err, &bad) {
		return bad.Answer()
	}
	return internal(err)
}

func internal(err error) error {
	return fmt.Errorf("%w: %w", &Error{Code: InternalError, Description: "the request could not be completed"}, err)
}
