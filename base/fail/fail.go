// Package fail is the one vocabulary of failure. An error has a kind that
// decides how it is answered (HTTP status, OCPP code, exit code), a text for
// people, and a cause for the log. Kinds survive a network: an Error marshals
// to JSON without its cause.
package fail

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Kind says who has to act on a failure. The zero Kind is Internal.
type Kind uint8

// The closed set of kinds.
const (
	Internal    Kind = iota // a fault of ours; the text is not shown to callers
	Invalid                 // the input is wrong; the caller can mend it
	NotFound                // no such thing in the caller's tenant
	Conflict                // the thing's state does not allow it
	Denied                  // the caller may not
	Offline                 // the station is not connected; nothing was sent
	Busy                    // a bound is reached; later may succeed
	Timeout                 // sent, and no answer came: the outcome is unknown
	Unavailable             // storage or another part is down; later may succeed
)

var kindNames = [...]string{
	"internal", "invalid", "not_found", "conflict", "denied", "offline", "busy", "timeout", "unavailable",
}

// String returns the kind's stable name, as it travels on the wire.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// MarshalText implements encoding.TextMarshaler.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText accepts any name; an unknown one becomes Internal.
func (k *Kind) UnmarshalText(b []byte) error {
	*k = Internal
	for i, n := range kindNames {
		if n == string(b) {
			*k = Kind(i)
		}
	}
	return nil
}

// Error is a failure with a kind.
type Error struct {
	Kind  Kind   // who has to act
	Op    string // where, "room.verb"; for logs
	Field string // the input field at fault, if one is
	Text  string // for people; a whole sentence without a final full stop
	Err   error  // the cause; never leaves the process
}

// New returns an Error of the given kind with a formatted text.
func New(k Kind, op, format string, args ...any) *Error {
	return &Error{Kind: k, Op: op, Text: fmt.Sprintf(format, args...)}
}

// Field returns an Invalid error that names the input field at fault.
func Field(op, field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Op: op, Field: field, Text: fmt.Sprintf(format, args...)}
}

// Wrap gives err a place and, if it has none yet, a kind. Wrap(k, op, nil) is nil.
func Wrap(k Kind, op string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		k = e.Kind
	}
	return &Error{Kind: k, Op: op, Err: err}
}

// Error implements error.
func (e *Error) Error() string {
	s := e.Text
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Err != nil {
		if s != "" {
			s += ": "
		}
		s += e.Err.Error()
	}
	if s == "" {
		s = e.Kind.String()
	}
	if e.Op != "" {
		return e.Op + ": " + s
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the outermost Error in err's chain, Internal if
// there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is not nil and of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Say returns the text that may be shown to the caller: the first text in the
// chain that is not of kind Internal, else a plain sentence.
func Say(err error) string {
	for e := (*Error)(nil); errors.As(err, &e); err = e.Err {
		if e.Kind == Internal {
			break
		}
		if e.Text != "" {
			return e.Text
		}
	}
	return "the server could not complete the request"
}

// SayWhere is Say with the field at fault before it, if the error names one.
func SayWhere(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Field != "" {
		return e.Field + ": " + Say(err)
	}
	return Say(err)
}

type wireError struct {
	Kind  Kind   `json:"kind"`
	Op    string `json:"op,omitempty"`
	Field string `json:"field,omitempty"`
	Text  string `json:"text,omitempty"`
}

// MarshalJSON writes kind, op, field and the sayable text; never the cause.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireError{e.Kind, e.Op, e.Field, Say(e)})
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (e *Error) UnmarshalJSON(b []byte) error {
	var w wireError
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*e = Error{Kind: w.Kind, Op: w.Op, Field: w.Field, Text: w.Text}
	return nil
}
