package ocpp_test

import (
	"github.com/go-json-experiment/json"

	"chargewright/wire/ocpp"
)

// kind is one action of a version with its types, for tests of all of them.
type kind struct {
	version     ocpp.Version
	name        string
	decode      func(payload []byte) (ocpp.Call, []ocpp.Finding, error)
	decodeReply func(payload []byte) (any, []ocpp.Finding, error)
	slow        func(payload []byte) (ocpp.Call, error)
	fast        func(payload []byte) (ocpp.Call, bool) // nil if not hot
}

func of[Q ocpp.Request[P], P any](v ocpp.Version) kind {
	var q Q
	k := kind{version: v, name: q.Action()}
	k.decode = func(payload []byte) (ocpp.Call, []ocpp.Finding, error) {
		q := new(Q)
		found, err := ocpp.Decode(v, q, payload)
		return *q, found, err
	}
	k.decodeReply = func(payload []byte) (any, []ocpp.Finding, error) {
		return ocpp.DecodeReply[P](v, k.name, payload)
	}
	k.slow = func(payload []byte) (ocpp.Call, error) {
		q := new(Q)
		err := json.Unmarshal(payload, q)
		return *q, err
	}
	if _, ok := any(new(Q)).(ocpp.Decoder); ok {
		k.fast = func(payload []byte) (ocpp.Call, bool) {
			q := new(Q)
			ok := any(q).(ocpp.Decoder).Decode(v, payload)
			return *q, ok
		}
	}
	return k
}

func kindOf(v ocpp.Version, name string) kind {
	for _, k := range kinds {
		if k.version == v && k.name == name {
			return k
		}
	}
	return kind{}
}
