package central

import (
	"context"
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
	Request   json.RawMessage `json:"request"`
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
}

type logged struct {
	station string
	Exchange
}

const logQueue = 4096

// NewLog returns a Log that writes to t until Close.
func NewLog(t *store.Telemetry, log *slog.Logger) *Log {
	l := &Log{to: t, log: log, queue: make(chan logged, logQueue), done: make(chan struct{})}
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
	default:
		l.dropped.Add(1)
	}
}

func (l *Log) run() {
	defer close(l.done)
	for x := range l.queue {
		b, err := json.Marshal(x.Exchange)
		if err == nil {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			err = l.to.Append(ctx, x.station, x.At, x.At, x.MessageID, b)
			cancel()
		}
		if err != nil {
			l.dropped.Add(1)
			l.log.Debug("an exchange was not logged", "station", x.station, "err", err)
		}
	}
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
		var x Exchange
		if json.Unmarshal(m.Packed, &x) == nil {
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
