package central

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/wire/ocpp"
)

// Exchange is one request and its answer, as the message log keeps them.
type Exchange struct {
	At        time.Time       `json:"at"`
	FromUs    bool            `json:"from_us"`
	MessageID string          `json:"message_id"`
	Action    string          `json:"action"`
	Request   json.RawMessage `json:"request,omitempty"`
	Response  json.RawMessage `json:"response,omitempty"` // absent: none was sent or came
	Error     *link.CallError `json:"error,omitempty"`
	Failure   string          `json:"failure,omitempty"` // why there is no answer
	Micros    int64           `json:"latency_us"`
	Findings  []ocpp.Finding  `json:"findings,omitempty"`
}

// Log keeps the exchanges of stations for some days: what an operator looks at
// when a station misbehaves. It is no record: when more comes than can be
// written, exchanges are dropped and counted.
type Log struct {
	to      *store.Telemetry
	log     *slog.Logger
	queue   chan logged
	dropped atomic.Uint64
	done    chan struct{}
	actions names
	told    func(station string, at time.Time) // of each exchange; nil: nobody
}

type logged struct {
	station string
	Exchange
}

const logQueue = 4096

// NewLog returns a Log that writes to t until Close. told, if not nil, hears of
// each exchange once it can be read; it must not wait.
func NewLog(t *store.Telemetry, log *slog.Logger, told func(station string, at time.Time)) *Log {
	l := &Log{to: t, log: log, queue: make(chan logged, logQueue), done: make(chan struct{}), told: told}
	l.remember()
	go l.run()
	return l
}

// Dropped is how many exchanges were not kept.
func (l *Log) Dropped() uint64 { return l.dropped.Load() }

// Close writes what is queued. Nothing may be added afterwards.
func (l *Log) Close() {
	close(l.queue)
	<-l.done
}

func (l *Log) add(station string, x Exchange) {
	if l == nil {
		return
	}
	select {
	case l.queue <- logged{station, x}:
		l.actions.add(x.Action)
	default:
		l.dropped.Add(1)
	}
}

// logBatch is how many exchanges are written at once.
const logBatch = 256

func (l *Log) run() {
	defer close(l.done)
	batch := make([]store.Entry, 0, logBatch)
	for x := range l.queue {
		batch = append(batch[:0], x.entry())
		for more := true; more && len(batch) < logBatch; {
			select {
			case x, open := <-l.queue:
				if more = open; open {
					batch = append(batch, x.entry())
				}
			default:
				more = false
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		if err := l.to.AppendAll(ctx, batch...); err != nil {
			l.dropped.Add(uint64(len(batch)))
			l.log.Debug("exchanges were not logged", "number", len(batch), "err", err)
		} else if l.told != nil {
			for _, e := range batch {
				l.told(e.Station, e.At)
			}
		}
		cancel()
	}
}

// entry packs an exchange: the lengths of its three parts, then the facts as
// JSON, the request and the answer as they were, but for secrets.
func (x logged) entry() store.Entry {
	request, response := veil(x.Request), veil(x.Response)
	x.Request, x.Response = nil, nil
	facts, err := json.Marshal(x.Exchange)
	if err != nil {
		facts = []byte("{}")
	}
	b := make([]byte, 0, len(facts)+len(request)+len(response)+12)
	b = binary.AppendUvarint(b, uint64(len(facts)))
	b = binary.AppendUvarint(b, uint64(len(request)))
	b = append(append(append(b, facts...), request...), response...)
	return store.Entry{Station: x.station, Message: store.Message{At: x.At, ReceivedAt: x.At, Key: x.MessageID, Packed: b}}
}

// unpack is the inverse of entry's packing.
func unpack(b []byte) (x Exchange, ok bool) {
	facts, n := binary.Uvarint(b)
	if n <= 0 {
		return x, false
	}
	request, m := binary.Uvarint(b[n:])
	if m <= 0 || facts > uint64(len(b)) || request > uint64(len(b)) || facts+request > uint64(len(b)-n-m) {
		return x, false
	}
	b = b[n+m:]
	if json.Unmarshal(b[:facts], &x) != nil {
		return x, false
	}
	x.Request, x.Response = orNone(b[facts:facts+request]), orNone(b[facts+request:])
	return x, true
}

func orNone(b []byte) json.RawMessage {
	if len(b) == 0 {
		return nil
	}
	return b
}

// Recent returns up to limit exchanges of a station from before a time, the
// newest first.
func (l *Log) Recent(ctx context.Context, station string, before time.Time, limit int) ([]Exchange, error) {
	list, err := l.to.Tail(ctx, station, before, limit)
	if err != nil {
		return nil, err
	}
	out := make([]Exchange, 0, len(list))
	for _, m := range list {
		if x, ok := unpack(m.Packed); ok {
			out = append(out, x)
		}
	}
	return out, nil
}

// Logged returns stations whose calls are logged.
func (l *Log) Logged(to link.Stations) link.Stations { return loggedStations{to, l} }

type loggedStations struct {
	link.Stations
	log *Log
}

// Call implements link.Stations.
func (s loggedStations) Call(ctx context.Context, station string, c link.Call) (link.Answer, error) {
	begun := time.Now()
	if c.ID == "" {
		c.ID = uuid.NewString()
	}
	a, err := s.Stations.Call(ctx, station, c)
	x := Exchange{At: begun, FromUs: true, MessageID: c.ID, Action: c.Action, Request: c.Payload, Response: a.Payload, Error: a.Error, Micros: time.Since(begun).Microseconds()}
	if err != nil {
		x.Failure = err.Error()
	}
	if carriesSecret(c.Action, c.Payload) {
		x.Request = json.RawMessage(`"not kept: it carries a secret"`)
	}
	s.log.add(station, x)
	return a, err
}
