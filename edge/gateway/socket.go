package gateway

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Close codes (RFC 6455 §7.4.1).
const (
	closeGoingAway   = websocket.CloseGoingAway
	closeProtocol    = websocket.CloseProtocolError
	closeUnsupported = websocket.CloseUnsupportedData
	closeBadData     = websocket.CloseInvalidFramePayloadData
	closePolicy      = websocket.ClosePolicyViolation
	closeTooBig      = websocket.CloseMessageTooBig
	closeTryLater    = websocket.CloseTryAgainLater
)

// Reasons to stop reading.
var (
	errTooBig  = errors.New("a message is over the size limit")
	errBinary  = errors.New("a message is binary")
	errInflate = errors.New("a message does not inflate")
	errEnding  = errors.New("the connection is to end")
)

// deflateFrom is the size from which a message is compressed, where the
// station offered it.
const deflateFrom = 1024

// keptScratch is the largest read buffer that is used again.
const keptScratch = 64 << 10

// socket is one WebSocket. One goroutine reads; the others may be used from
// any, data and close taking turns.
type socket struct {
	ws      *websocket.Conn
	limit   int
	deflate bool
	scratch *sync.Pool // of *bytes.Buffer

	writing sync.Mutex
}

func newSocket(ws *websocket.Conn, limit int, deflate bool, scratch *sync.Pool) *socket {
	ws.SetReadLimit(int64(limit))
	return &socket{ws: ws, limit: limit, deflate: deflate, scratch: scratch}
}

// read returns the next message in memory of its own. The limit holds for the
// bytes on the wire, by the frame's header, and for those inflated from them.
func (s *socket) read() ([]byte, error) {
	kind, r, err := s.ws.NextReader()
	if err != nil {
		return nil, asTooBig(err)
	}
	if kind != websocket.TextMessage {
		return nil, errBinary
	}
	buf, _ := s.scratch.Get().(*bytes.Buffer)
	if buf == nil {
		buf = new(bytes.Buffer)
	}
	defer func() {
		if buf.Cap() <= keptScratch {
			buf.Reset()
			s.scratch.Put(buf)
		}
	}()
	_, err = buf.ReadFrom(io.LimitReader(r, int64(s.limit)+1))
	switch {
	case buf.Len() > s.limit:
		return nil, errTooBig
	case isInflateError(err):
		return nil, errInflate
	case err != nil:
		return nil, asTooBig(err)
	}
	return bytes.Clone(buf.Bytes()), nil
}

func asTooBig(err error) error {
	if errors.Is(err, websocket.ErrReadLimit) {
		return errTooBig
	}
	return err
}

// write sends one text message; it fails when the station has not taken it by
// the deadline, and then the socket is of no more use.
func (s *socket) write(data []byte, timeout time.Duration) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.ws.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	s.ws.EnableWriteCompression(s.deflate && len(data) >= deflateFrom)
	return s.ws.WriteMessage(websocket.TextMessage, data)
}

func (s *socket) ping(timeout time.Duration) error {
	return s.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(timeout))
}

// pong answers a ping; one that finds the socket busy goes unanswered.
func (s *socket) pong(data string, timeout time.Duration) error {
	err := s.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(timeout))
	if isTimeout(err) || errors.Is(err, websocket.ErrCloseSent) {
		return nil
	}
	return err
}

// farewell sends a close frame and gives the reader a last while to see the
// answer. The text is cut at 120 bytes. Failure is of no matter: the socket is
// being closed.
func (s *socket) farewell(code int, text string) {
	frame := websocket.FormatCloseMessage(code, strings.ToValidUTF8(text[:min(len(text), 120)], ""))
	_ = s.ws.WriteControl(websocket.CloseMessage, frame, time.Now().Add(lingerTimeout))
	_ = s.ws.SetReadDeadline(time.Now().Add(lingerTimeout))
}

// linger throws away what still comes in until the station has answered our
// close, so that the close frame is not lost to a reset, and closes. After a
// breach of the protocol it can only wait for the end of the stream.
func (s *socket) linger() {
	defer s.abort()
	if s.ws.SetReadDeadline(time.Now().Add(lingerTimeout)) != nil {
		return
	}
	var err error
	for n := 0; n < lingerMessages && err == nil; n++ {
		_, _, err = s.ws.NextReader()
	}
	var closed *websocket.CloseError
	if err == nil || errors.As(err, &closed) || isTimeout(err) {
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(s.ws.NetConn(), lingerBytes)) // only to see the end
}

// abort closes at once.
func (s *socket) abort() { _ = s.ws.Close() }
func isInflateError(err error) bool {
	var corrupt flate.CorruptInputError
	var internal flate.InternalError
	return errors.As(err, &corrupt) || errors.As(err, &internal)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
