package ocpp

import (
	"strconv"
	"unicode/utf8"
)

// MessageType is the first element of a frame.
type MessageType uint8

// The message types. TypeUnreadable and TypeUnknown never travel: the first marks a
// frame whose type could not be read, the second a number that the version
// does not define.
const (
	TypeUnreadable  MessageType = 0
	TypeUnknown     MessageType = 1
	TypeCall        MessageType = 2
	TypeResult      MessageType = 3
	TypeError       MessageType = 4
	TypeResultError MessageType = 5 // 2.1
	TypeSend        MessageType = 6 // 2.1
)

// MaxDepth is the deepest nesting of objects and arrays in a payload; the
// payload itself counts as one.
const MaxDepth = 16

// MaxID is the longest message id in characters (2.x part 4 §4.1.4).
const MaxID = 36

// UnreadableID stands for a message id that could not be read (2.x part 4
// §4.2.3).
const UnreadableID = "-1"

// maxDescription is the longest errorDescription in characters.
const maxDescription = 255

// Frame is one OCPP-J message. Payload and Details are slices of the parsed
// bytes, not copies, and hold well-formed JSON.
type Frame struct {
	Type        MessageType
	ID          string
	Action      string // CALL, SEND
	Payload     []byte // CALL, CALLRESULT, SEND: a JSON object
	Code        string // CALLERROR, CALLRESULTERROR: as the sender spelled it
	Description string // CALLERROR, CALLRESULTERROR
	Details     []byte // CALLERROR, CALLRESULTERROR: any JSON value, nil if absent
}

// ParseFrame reads one text message of a connection that speaks v. It refuses
// what is not well-formed JSON in UTF-8, nested deeper than MaxDepth, names a
// member twice, or holds NUL or half a surrogate pair. A null payload is read
// as the empty object, and a CALLERROR may lack its description and details.
//
// With an error the Frame still holds what was read: Type, and ID, which is
// UnreadableID if there is none. AppendRefusal writes the answer due.
func ParseFrame(data []byte, v Version) (Frame, *Error) {
	s := frameScan{data: data}
	f := Frame{ID: UnreadableID}
	if !s.open('[') {
		return f, &Error{Code: RpcFrameworkError, Description: "the message is not a JSON array"}
	}
	if f.Type = s.messageType(v); f.Type == TypeUnreadable {
		return f, &Error{Code: RpcFrameworkError, Description: "the message type is not an integer"}
	}
	id, readable := s.id()
	if readable {
		f.ID = id
	}
	switch {
	case f.Type == TypeUnknown:
		return f, &Error{Code: MessageTypeNotSupported, Description: "the message type is not known to OCPP " + v.String()}
	case !readable:
		return f, &Error{Code: RpcFrameworkError, Description: "the message id is not a string of 1 to 36 characters"}
	case !utf8.Valid(data):
		return f, &Error{Code: FormatViolation, Description: "the message is not UTF-8"}
	}
	var err *Error
	switch f.Type {
	case TypeError, TypeResultError:
		f.Details, err = s.failure(&f)
	default:
		f.Payload, err = s.request(&f)
	}
	if err == nil && !s.close() {
		err = &Error{Code: RpcFrameworkError, Description: "the message has too many elements or is not closed"}
	}
	return f, err
}

// request reads what follows the id of a CALL, CALLRESULT or SEND and returns
// the payload.
func (s *frameScan) request(f *Frame) ([]byte, *Error) {
	if f.Type != TypeResult {
		action, ok := s.textElement()
		if !ok || action == "" {
			return nil, &Error{Code: RpcFrameworkError, Description: "the action is not a string"}
		}
		f.Action = action
	}
	if !s.open(',') {
		return nil, &Error{Code: RpcFrameworkError, Description: "the message has no payload"}
	}
	if s.peek() == 'n' && s.literal("null") {
		return []byte("{}"), nil
	}
	from := s.pos
	if !s.payload() {
		return nil, &Error{Code: FormatViolation, Description: s.say("the payload is not a JSON object")}
	}
	return s.data[from:s.pos:s.pos], nil
}

// failure reads the code, and the description and details if they are there.
func (s *frameScan) failure(f *Frame) ([]byte, *Error) {
	var ok bool
	if f.Code, ok = s.textElement(); !ok {
		return nil, &Error{Code: RpcFrameworkError, Description: "the error code is not a string"}
	}
	if s.peek() == ']' {
		return nil, nil
	}
	if f.Description, ok = s.textElement(); !ok {
		return nil, &Error{Code: RpcFrameworkError, Description: "the error description is not a string"}
	}
	if !s.open(',') {
		return nil, nil
	}
	s.peek()
	from := s.pos
	if !s.value() {
		return nil, &Error{Code: FormatViolation, Description: s.say("the error details are not valid JSON")}
	}
	return s.data[from:s.pos:s.pos], nil
}

// AppendRefusal appends the answer that a frame refused by ParseFrame is due:
// a CALLERROR for a CALL and for a message of no readable type, in 2.1 a
// CALLRESULTERROR for a CALLRESULT with a readable id, else nothing.
func AppendRefusal(dst []byte, f Frame, e *Error, v Version) []byte {
	switch {
	case f.Type == TypeCall || f.Type == TypeUnreadable:
		return AppendError(dst, f.ID, e, v)
	case f.Type == TypeResult && v == V21 && f.ID != UnreadableID:
		return AppendResultError(dst, f.ID, e, v)
	}
	return dst
}

// AppendCall appends a CALL. The id has 1 to 36 characters; payload is a JSON
// object, or empty for {}.
func AppendCall(dst []byte, id, action string, payload []byte) []byte {
	return appendRequest(dst, TypeCall, id, action, payload)
}

// AppendSend appends a SEND (2.1), which is never answered.
func AppendSend(dst []byte, id, action string, payload []byte) []byte {
	return appendRequest(dst, TypeSend, id, action, payload)
}

// AppendResult appends a CALLRESULT. Payload is a JSON object, or empty for {}.
func AppendResult(dst []byte, id string, payload []byte) []byte {
	dst = appendQuoted(appendHead(dst, TypeResult), id, MaxID)
	return append(appendObject(append(dst, ','), payload), ']')
}

// AppendError appends a CALLERROR spelled for v. An empty id is sent as
// UnreadableID.
func AppendError(dst []byte, id string, e *Error, v Version) []byte {
	return appendFailure(dst, TypeError, id, e, v)
}

// AppendResultError appends a CALLRESULTERROR (2.1).
func AppendResultError(dst []byte, id string, e *Error, v Version) []byte {
	return appendFailure(dst, TypeResultError, id, e, v)
}

func appendRequest(dst []byte, t MessageType, id, action string, payload []byte) []byte {
	dst = appendQuoted(appendHead(dst, t), id, MaxID)
	dst = appendQuoted(append(dst, ','), action, maxDescription)
	return append(appendObject(append(dst, ','), payload), ']')
}

func appendFailure(dst []byte, t MessageType, id string, e *Error, v Version) []byte {
	if id == "" {
		id = UnreadableID
	}
	dst = appendQuoted(appendHead(dst, t), id, MaxID)
	dst = appendQuoted(append(dst, ','), e.Code.Spell(v), maxDescription)
	dst = appendQuoted(append(dst, ','), e.Description, maxDescription)
	details := e.Details
	if !isObject(details) {
		details = nil
	}
	return append(appendObject(append(dst, ','), details), ']')
}

func appendHead(dst []byte, t MessageType) []byte {
	return append(strconv.AppendUint(append(dst, '['), uint64(t), 10), ',')
}

func appendObject(dst, object []byte) []byte {
	if len(object) == 0 {
		return append(dst, "{}"...)
	}
	return append(dst, object...)
}

// appendQuoted appends text as a JSON string of at most limit characters.
// Bytes that are not UTF-8 become U+FFFD, NUL is left out.
func appendQuoted(dst []byte, text string, limit int) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range text {
		if limit--; limit < 0 {
			break
		}
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == 0:
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

func isObject(data []byte) bool {
	s := frameScan{data: data}
	return utf8.Valid(data) && s.payload() && s.end()
}
