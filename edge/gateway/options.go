package gateway

import (
	"log/slog"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/link"
)

// Direction says which way a frame went.
type Direction uint8

// The directions.
const (
	FromStation Direction = iota
	ToStation
)

// String returns "from station" or "to station".
func (d Direction) String() string {
	if d == ToStation {
		return "to station"
	}
	return "from station"
}

// Options configure a Gateway. A zero field takes its default.
type Options struct {
	Node           string        // name of this gateway in Hello
	Paths          []string      // patterns of station URLs, each ending in one {…} segment; default /ocpp/{stationId}
	MaxMessage     int           // bytes of a message after inflation; default 256 KiB
	CallTimeout    time.Duration // for an answer of a station, if the caller set no deadline; default 30 s
	ReceiveTimeout time.Duration // for the core to answer a station; default 30 s
	WriteTimeout   time.Duration // for a station to take a message; default 10 s
	Ping           time.Duration // interval of our pings, unless Welcome names one; default 1 min
	Rate           float64       // messages a second that a station may send; default 50
	Burst          float64       // messages at once; default 200
	Handshakes     int           // handshakes before the core at one time; default 256
	DrainWindow    time.Duration // over which Shutdown spreads its closes; default 5 s
	Log            *slog.Logger  // default slog.Default()

	// Tap sees every message as it was sent, compression undone. It must not
	// wait, and must copy what it keeps.
	Tap func(p link.Peer, d Direction, frame []byte, at time.Time)
}

// Bounds that need no option.
const (
	inboxSize       = 16               // calls of one station that wait to be answered
	outboxSize      = 32               // calls to one station that wait for their turn
	maxIdentity     = 48               // characters (2.x part 4 §3.1.1)
	helloTimeout    = 10 * time.Second // for the core to judge a handshake
	admitTimeout    = 5 * time.Second  // for a handshake to wait for its turn
	probeTimeout    = 5 * time.Second  // for an old connection to show a sign of life
	replaceTimeout  = 5 * time.Second  // for an old connection to finish its call in hand
	lingerTimeout   = time.Second      // for the station to answer our close
	lingerMessages  = 1000             // read and thrown away meanwhile, or
	lingerBytes     = 8 << 20          // of what is no message
	inboxTimeout    = 30 * time.Second // for room in a full inbox
	floodTime       = 10               // seconds of throttling after which a flood is closed
	replaceBurst    = 5                // replacements at once, then
	replaceInterval = 30 * time.Second // one more in each of these
)

func (o Options) withDefaults() Options {
	set(&o.MaxMessage, 256<<10)
	set(&o.CallTimeout, 30*time.Second)
	set(&o.ReceiveTimeout, 30*time.Second)
	set(&o.WriteTimeout, 10*time.Second)
	set(&o.Ping, time.Minute)
	set(&o.Rate, 50)
	set(&o.Burst, 200)
	set(&o.Handshakes, 256)
	set(&o.DrainWindow, 5*time.Second)
	if len(o.Paths) == 0 {
		o.Paths = []string{"/ocpp/{stationId}"}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func set[T int | float64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// prefixes turns patterns such as /ocpp/{stationId} into what stands before
// the identity.
func prefixes(patterns []string) ([]string, error) {
	var out []string
	for _, p := range patterns {
		slash := strings.LastIndexByte(p, '/')
		last := p[slash+1:]
		if slash < 0 || p[0] != '/' || len(last) < 3 || last[0] != '{' || last[len(last)-1] != '}' || strings.ContainsAny(p[:slash], "{}") {
			return nil, fail.Field("gateway.New", "paths", "%q must begin with a slash and end in one segment such as {stationId}", p)
		}
		out = append(out, p[:slash+1])
	}
	return out, nil
}
