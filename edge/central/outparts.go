package central

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v201"
)

// few is how many items every station takes in one message. Only for more is a
// station asked how many.
const few = 10

// room is how much fits into one message of an action.
type room struct {
	items int // at least 1
	bytes int // 0: no bound is known
}

// split deals items into parts that each fit into one message, which build
// makes. All of them are checked against the schema, so that nothing is sent
// when one is wrong. A part of one item goes however long it is.
func split[T any, Q ocpp.Call](v ocpp.Version, items []T, r room, build func(part []T) Q) ([][]T, error) {
	var out [][]T
	var fit func(part []T) error
	fit = func(part []T) error {
		q := build(part)
		b, err := ocpp.Encode(v, q)
		if err != nil {
			return invalid(q.Action(), err)
		}
		if r.bytes > 0 && len(b) > r.bytes && len(part) > 1 {
			if err := fit(part[:len(part)/2]); err != nil {
				return err
			}
			return fit(part[len(part)/2:])
		}
		out = append(out, part)
		return nil
	}
	for part := range slices.Chunk(items, r.items) {
		if err := fit(part); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// maxItems bounds one command.
const maxItems = 100_000

// counted refuses a command without items and one with too many.
func counted(field string, n int) error {
	if n == 0 || n > maxItems {
		return fail.Field("central.Command", field, "there are %d, not 1 to %d", n, maxItems)
	}
	return nil
}

// room16 asks a 1.6 station for the key that bounds an action.
func room16(ctx context.Context, t *talk, n int, key string) (room, error) {
	if n <= few {
		return room{items: few}, nil
	}
	r, err := ask(ctx, t, v16.GetConfiguration{Key: []string{key}})
	if err != nil && !answered(err) {
		return room{}, err
	}
	most := few
	for _, k := range r.ConfigurationKey {
		if x, err := strconv.Atoi(k.Value); k.Key == key && err == nil && x > 0 {
			most = min(x, maxItems)
		}
	}
	return room{items: most}, nil
}

// answered reports whether the error is an answer, if only a useless one: a
// station that cannot tell how much it takes is given few items at a time.
func answered(err error) bool {
	var refused *link.CallError
	var odd unreadable
	return errors.As(err, &refused) || errors.As(err, &odd)
}

// room2x asks a 2.x station for the variables ItemsPerMessage and
// BytesPerMessage that bound an action (part 2 appendix 3).
func room2x(ctx context.Context, t *talk, n int, component, instance string) (room, error) {
	most := room{items: few}
	if n <= few {
		return most, nil
	}
	variable := func(name string) v201.GetVariableData {
		return v201.GetVariableData{Component: v201.Component{Name: component}, Variable: v201.Variable{Name: name, Instance: instance}}
	}
	r, err := ask(ctx, t, v201.GetVariables{GetVariableData: []v201.GetVariableData{variable("ItemsPerMessage"), variable("BytesPerMessage")}})
	if err != nil && !answered(err) {
		return room{}, err
	}
	for _, x := range r.GetVariableResult {
		v, err := strconv.Atoi(x.AttributeValue)
		switch {
		case err != nil || v <= 0 || x.AttributeStatus != v201.GetVariableStatusAccepted:
		case x.Variable.Name == "ItemsPerMessage":
			most.items = min(v, maxItems)
		case x.Variable.Name == "BytesPerMessage":
			most.bytes = v
		}
	}
	return most, nil
}

// inParts sends items in as many messages as they need, in order. What came of
// them before a message failed is returned beside its error.
func inParts[T any, Q ocpp.Request[P], P, R any](ctx context.Context, t *talk, items []T, r room, build func(part []T) Q, read func(P) []R) ([]R, error) {
	parts, err := split(t.version, items, r, build)
	if err != nil {
		return nil, err
	}
	var out []R
	for _, part := range parts {
		p, err := ask(ctx, t, build(part))
		if err != nil {
			return out, err
		}
		out = append(out, read(p)...)
	}
	return out, nil
}

// sendTokens sends a local list in parts: the first as asked, the others as
// changes to it, each with the next version (2.x D01, D02).
func sendTokens(ctx context.Context, c device.SendTokens, parts [][]device.ListedToken, send func(device.SendTokens) (device.Outcome, error)) (device.Outcome, error) {
	if len(parts) == 0 {
		parts = [][]device.ListedToken{nil}
	}
	var out device.Outcome
	held := device.TokenListVersion(-1)
	for i, part := range parts {
		o, err := send(device.SendTokens{Version: c.Version + int64(i), Full: c.Full && i == 0, Tokens: part})
		if held >= 0 {
			o.Data = held
		}
		if err != nil || !o.Status.OK() {
			return o, err
		}
		held = device.TokenListVersion(c.Version + int64(i))
		out = o
	}
	out.Data = held
	return out, ctx.Err()
}

// checkTokens refuses what no station can understand.
func checkTokens(c device.SendTokens) error {
	if c.Version < 1 {
		return fail.Field("central.Command", "version", "%d is not above 0", c.Version)
	}
	if len(c.Tokens) > maxItems {
		return counted("tokens", len(c.Tokens))
	}
	for i, x := range c.Tokens {
		if x.Status == "" && c.Full {
			return fail.Field("central.Command", "tokens", "token %d has no status, and a full list takes nothing off", i)
		}
	}
	return nil
}

// noneTwice refuses settings that name the same thing twice: a station may
// reject such a message as a whole.
func noneTwice(values []device.Value) error {
	seen := map[device.Setting]int{}
	for i, v := range values {
		if j, ok := seen[v.Setting]; ok {
			return fail.Field("central.Command", "values", "value %d names the same setting as value %d", i, j)
		}
		seen[v.Setting] = i
	}
	return nil
}

// named refuses a setting that 2.x cannot name.
func named(field string, s device.Setting) error {
	if s.Component == "" || s.Variable == "" {
		return fail.Field("central.Command", field, "a setting of OCPP 2 is a variable of a component")
	}
	return nil
}
