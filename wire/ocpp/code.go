package ocpp

// Code is an RPC error code (2.0.1 and 2.1 part 4 §4.3, OCPP-J 1.6 §4.2.3).
// The zero Code is GenericError.
type Code uint8

// The closed set of codes, named as 2.x spells them.
const (
	GenericError Code = iota
	FormatViolation
	InternalError
	MessageTypeNotSupported
	NotImplemented
	NotSupported
	OccurrenceConstraintViolation
	PropertyConstraintViolation
	ProtocolError
	RpcFrameworkError
	SecurityError
	TypeConstraintViolation
)

var codeNames = [...]string{
	GenericError:                  "GenericError",
	FormatViolation:               "FormatViolation",
	InternalError:                 "InternalError",
	MessageTypeNotSupported:       "MessageTypeNotSupported",
	NotImplemented:                "NotImplemented",
	NotSupported:                  "NotSupported",
	OccurrenceConstraintViolation: "OccurrenceConstraintViolation",
	PropertyConstraintViolation:   "PropertyConstraintViolation",
	ProtocolError:                 "ProtocolError",
	RpcFrameworkError:             "RpcFrameworkError",
	SecurityError:                 "SecurityError",
	TypeConstraintViolation:       "TypeConstraintViolation",
}

// String returns the 2.x spelling.
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return codeNames[GenericError]
}

// Spell returns the code as version v writes it. 1.6 has its own spelling of
// two codes and lacks two others, for which the nearest one stands.
func (c Code) Spell(v Version) string {
	if v == V16 {
		switch c {
		case FormatViolation, RpcFrameworkError:
			return "FormationViolation"
		case OccurrenceConstraintViolation:
			return "OccurenceConstraintViolation"
		case MessageTypeNotSupported:
			return "NotImplemented"
		}
	}
	return c.String()
}

// ParseCode reads a code in the spelling of any version. An unknown name is
// GenericError and false.
func ParseCode(name string) (Code, bool) {
	switch name {
	case "FormationViolation":
		return FormatViolation, true
	case "OccurenceConstraintViolation":
		return OccurrenceConstraintViolation, true
	}
	for c, n := range codeNames {
		if n == name {
			return Code(c), true
		}
	}
	return GenericError, false
}

// Error is a failure that is answered by CALLERROR or CALLRESULTERROR.
type Error struct {
	Code        Code
	Description string // for people; only the first 255 characters are sent
	Details     []byte // a JSON object; nil and anything else is sent as {}
}

// Error implements error.
func (e *Error) Error() string {
	if e.Description == "" {
		return e.Code.String()
	}
	return e.Code.String() + ": " + e.Description
}
