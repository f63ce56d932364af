package ocpp

import "github.com/go-json-experiment/json/jsontext"

// Raw is a JSON value kept byte for byte: customData, and data whose form two
// parties agree upon. A nil Raw is an absent value.
type Raw = jsontext.Value

// Ptr returns a pointer to v, for optional members.
func Ptr[T any](v T) *T { return &v }

// Call is any typed request: it names its action.
type Call interface{ Action() string }

// Request is a typed request whose answer is P. Reply carries only the type.
type Request[P any] interface {
	Call
	Reply() P
}

// NoReply is the answer of an action that is sent and never answered (SEND,
// 2.1).
type NoReply struct{}

// Direction says who may send an action.
type Direction uint8

// The directions.
const (
	FromStation Direction = iota + 1
	ToStation
	Both
)

var directionNames = [...]string{"none", "from station", "to station", "both"}

// String returns the direction in words.
func (d Direction) String() string {
	if int(d) < len(directionNames) {
		return directionNames[d]
	}
	return directionNames[0]
}

// ActionInfo describes one action of a version.
type ActionInfo struct {
	Name      string
	Direction Direction
	Send      bool // sent by SEND and never answered
}

// Finding is one repair made to a message of a station that strays from the
// schema in a known, harmless way.
type Finding struct {
	Path   string      `json:"path"` // JSON pointer into the payload as it was sent
	Kind   FindingKind `json:"kind"`
	Detail string      `json:"detail"` // for people; at most 200 bytes
}

// FindingKind names a repair.
type FindingKind string

// The closed set of repairs.
const (
	UnknownMember FindingKind = "unknown_member" // left out, in 1.6 and in messages that must not be lost
	EmptyValue    FindingKind = "empty_value"    // null, "", {} or [] in an optional member: left out
	TooLong       FindingKind = "too_long"       // kept whole
	UnknownValue  FindingKind = "unknown_value"  // not of the enumeration: kept as text
	ValueList     FindingKind = "value_list"     // several codes where one belongs: the first known one kept
	Spelling      FindingKind = "spelling"       // a known misspelling: corrected
	LooseTime     FindingKind = "loose_time"     // not RFC 3339, yet clear: rewritten
	LooseNumber   FindingKind = "loose_number"   // 1.0 for an integer, a finer step than allowed, a number for a text
	OutOfRange    FindingKind = "out_of_range"   // of a message that must not be lost: kept
)

// maxFindings bounds the findings of one message.
const maxFindings = 32

// Violation says where and how a payload breaks the schema.
type Violation struct {
	Code Code
	Path string // JSON pointer; empty for the payload as a whole
	Text string
}

// Error implements error.
func (v *Violation) Error() string {
	if v.Path == "" {
		return v.Text
	}
	return v.Path + ": " + v.Text
}

// Answer returns the CALLERROR due.
func (v *Violation) Answer() *Error { return &Error{Code: v.Code, Description: v.Error()} }
