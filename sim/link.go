package sim

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"chargewright/wire/ocpp"
)

// The bounds of one connection.
const (
	dialTime   = 20 * time.Second
	writeTime  = 20 * time.Second
	maxFrame   = 1 << 20
	outgoing   = 256
	maxDoubled = 6 // the wait before reconnecting is doubled so often
)

// link is one connection. Its reader and its writer end with it.
type link struct {
	ws   *websocket.Conn
	out  chan []byte
	gone context.CancelFunc
	done <-chan struct{}
}

func (l *link) close() {
	l.gone()
	l.ws.Close()
}

// connect dials unless there is a connection already.
func (s *Station) connect() {
	s.retry = nil
	if wait := time.Until(s.stayAway); wait > 0 {
		s.retry = s.in(wait, s.connect)
		return
	}
	if s.link != nil || s.ctx.Err() != nil {
		return
	}
	s.parts.Go(func() {
		ws, err := s.dial()
		select {
		case s.mail <- func() { s.dialled(ws, err) }:
		case <-s.ctx.Done():
			if ws != nil {
				ws.Close()
			}
		}
	})
}

func (s *Station) dial() (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(s.ctx, dialTime)
	defer cancel()
	d := websocket.Dialer{
		NetDialContext:   s.cfg.Dial,
		HandshakeTimeout: dialTime,
		TLSClientConfig:  s.cfg.TLS,
		Subprotocols:     []string{s.cfg.Version.Subprotocol()},
		ReadBufferSize:   1024,
		WriteBufferSize:  1024,
	}
	head := http.Header{}
	if s.cfg.Password != "" {
		head.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(s.cfg.ID+":"+s.cfg.Password)))
	}
	ws, answer, err := d.DialContext(ctx, s.cfg.URL+url.PathEscape(s.cfg.ID), head)
	if err != nil {
		if answer != nil {
			s.log.Info("the server refused the socket", "status", answer.StatusCode)
		}
		return nil, err
	}
	return ws, nil
}

// dialled takes up a connection, or waits for the next attempt.
func (s *Station) dialled(ws *websocket.Conn, err error) {
	if s.ctx.Err() != nil || s.link != nil {
		if ws != nil {
			ws.Close()
		}
		return
	}
	if err != nil {
		s.log.Debug("no connection", "err", err)
		s.reconnect()
		return
	}
	ctx, gone := context.WithCancel(s.ctx)
	l := &link{ws: ws, out: make(chan []byte, outgoing), gone: gone, done: ctx.Done()}
	s.link = l
	s.parts.Go(func() { s.read(l) })
	s.parts.Go(func() { s.write(l) })
	s.connected()
}

// reconnect waits with doubling random back-off (OCPP-J 1.6 §5.3, 2.x part 4
// §5.3).
func (s *Station) reconnect() {
	doubled := min(s.tries, maxDoubled)
	s.tries++
	base := s.cfg.Backoff << doubled
	s.retry.cancel()
	s.retry = s.in(base+between(s.chance, 0, s.cfg.Backoff), s.connect)
}

func (s *Station) read(l *link) {
	l.ws.SetReadLimit(maxFrame)
	for {
		kind, data, err := l.ws.ReadMessage()
		if err != nil {
			s.post(func() { s.lost(l, err) })
			return
		}
		if kind == websocket.TextMessage {
			s.post(func() { s.received(l, data) })
		}
	}
}

// write sends frames; an empty one stands for a ping.
func (s *Station) write(l *link) {
	for {
		select {
		case <-l.done:
			return
		case data := <-l.out:
			l.ws.SetWriteDeadline(time.Now().Add(writeTime))
			kind := websocket.TextMessage
			if len(data) == 0 {
				kind = websocket.PingMessage
			}
			if err := l.ws.WriteMessage(kind, data); err != nil {
				l.ws.Close() // the reader reports it
				return
			}
		}
	}
}

// transmit puts a frame on the socket. A writer that does not keep up loses
// the connection.
func (s *Station) transmit(data []byte) bool {
	if s.link == nil {
		return false
	}
	select {
	case s.link.out <- data:
		if s.cfg.Observe != nil && len(data) > 0 {
			s.cfg.Observe(Frame{At: time.Now(), Sent: true, Data: data})
		}
		return true
	default:
		s.link.ws.Close()
		return false
	}
}

// received handles one frame of the CSMS.
func (s *Station) received(l *link, data []byte) {
	if s.link != l {
		return
	}
	if s.cfg.Observe != nil {
		s.cfg.Observe(Frame{At: time.Now(), Data: append([]byte(nil), data...)})
	}
	f, bad := ocpp.ParseFrame(data, s.cfg.Version)
	if bad != nil {
		if refusal := ocpp.AppendRefusal(nil, f, bad, s.cfg.Version); len(refusal) > 0 {
			s.transmit(refusal)
		}
		return
	}
	switch f.Type {
	case ocpp.TypeCall:
		s.answer(f)
	case ocpp.TypeResult:
		s.answered(f.ID, f.Payload, nil)
	case ocpp.TypeError:
		code, _ := ocpp.ParseCode(f.Code)
		s.answered(f.ID, nil, &ocpp.Error{Code: code, Description: f.Description, Details: f.Details})
	}
}

// answer serves one call and does afterwards what the handler left for then.
func (s *Station) answer(f ocpp.Frame) {
	var reply []byte
	payload, due := s.talk.serve(s, f.Action, f.Payload)
	if due != nil {
		reply = ocpp.AppendError(nil, f.ID, due, s.cfg.Version)
	} else {
		reply = ocpp.AppendResult(nil, f.ID, payload)
	}
	s.transmit(reply)
	after := s.after
	s.after = nil
	for _, do := range after {
		do()
	}
}

// later has f done after the answer being made was sent.
func (s *Station) later(f func()) { s.after = append(s.after, f) }

// connected goes on after a handshake: with a boot if the station was switched
// on, and where it left off otherwise.
func (s *Station) connected() {
	s.log.Debug("connected")
	s.online = true
	s.setPing()
	if s.registration.status != accepted {
		s.boot()
		return
	}
	s.tries = 0
	s.setHeart()
	for _, e := range s.evses {
		e.tellChanges()
	}
}

// lost notes the end of a connection.
func (s *Station) lost(l *link, err error) {
	if s.link != l {
		return
	}
	s.log.Debug("connection lost", "err", err)
	l.close()
	s.link = nil
	s.online = false
	s.heart.cancel()
	s.ping.cancel()
	s.bootAlarm.cancel()
	s.recall()
	if !s.resetting {
		s.reconnect()
	}
}

func (s *Station) setPing() {
	s.ping.cancel()
	every := s.settings.seconds(webSocketPingInterval)
	if every > 0 {
		s.ping = s.in(every, func() { s.transmit(nil); s.setPing() })
	}
}
