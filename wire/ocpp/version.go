package ocpp

// Version is a protocol version this system speaks. The zero Version is none.
type Version uint8

// The versions in the order they were published.
const (
	V16  Version = iota + 1 // OCPP 1.6 edition 2 over JSON
	V201                    // OCPP 2.0.1
	V21                     // OCPP 2.1
)

var versionNames = [...]string{V16: "1.6", V201: "2.0.1", V21: "2.1"}

// Versions returns every version, oldest first.
func Versions() []Version { return []Version{V16, V201, V21} }

// ParseVersion reads "1.6", "2.0.1" or "2.1".
func ParseVersion(name string) (Version, bool) {
	for _, v := range Versions() {
		if v.String() == name {
			return v, true
		}
	}
	return 0, false
}

// ParseSubprotocol reads a WebSocket subprotocol name such as "ocpp2.0.1".
// Names are compared exactly, as RFC 6455 asks.
func ParseSubprotocol(name string) (Version, bool) {
	for _, v := range Versions() {
		if v.Subprotocol() == name {
			return v, true
		}
	}
	return 0, false
}

// String returns "1.6", "2.0.1" or "2.1", and "none" for anything else.
func (v Version) String() string {
	if v >= V16 && int(v) < len(versionNames) {
		return versionNames[v]
	}
	return "none"
}

// Subprotocol returns the registered WebSocket subprotocol, "" for no version.
func (v Version) Subprotocol() string {
	switch v {
	case V16:
		return "ocpp1.6"
	case V201:
		return "ocpp2.0.1"
	case V21:
		return "ocpp2.1"
	}
	return ""
}
