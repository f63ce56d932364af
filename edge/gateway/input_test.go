package gateway

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"chargewright/base/link"
)

// wsFrame builds a masked frame with a mask of zeros.
func wsFrame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

func deflated(t *testing.T, data []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

// Bytes that break the rules, and what is answered: a message, or a close. A
// second station that talks meanwhile notices nothing.
func TestBadBytes(t *testing.T) {
	const text, rsv1, more = 0x81, 0x40, 0x01
	bomb := deflated(t, make([]byte, 100<<20))
	huge := append([]byte{text, 0x80 | 127}, 0, 0, 0, 0, 6, 0, 0, 0, 1, 2, 3, 4)
	var fragments []byte
	fragments = append(fragments, wsFrame(more, []byte("["))...)
	for range 300 {
		fragments = append(fragments, wsFrame(0, bytes.Repeat([]byte{' '}, 1<<10))...)
	}
	tests := []struct {
		name     string
		protocol string
		deflate  bool
		bytes    []byte
		answer   string // or
		code     int
	}{
		{"not JSON", "ocpp1.6", false, wsFrame(text, []byte("hello")), `[4,"-1","FormationViolation","the message is not a JSON array",{}]`, 0},
		{"empty message", "ocpp2.0.1", false, wsFrame(text, nil), `[4,"-1","RpcFrameworkError","the message is not a JSON array",{}]`, 0},
		{"not UTF-8", "ocpp2.0.1", false, wsFrame(text, []byte("[2,\"a\",\"X\",{\"v\":\"\xff\"}]")), `[4,"a","FormatViolation","the message is not UTF-8",{}]`, 0},
		{"NUL", "ocpp2.0.1", false, wsFrame(text, []byte(`[2,"a","X",{"v":"\u0000"}]`)), `[4,"a","FormatViolation","a string holds NUL",{}]`, 0},
		{"deep", "ocpp2.1", false, wsFrame(text, []byte(`[2,"a","X",{"v":`+strings.Repeat("[", 100000))), `[4,"a","FormatViolation","the payload is nested too deeply",{}]`, 0},
		{"fragments", "ocpp1.6", false, append(wsFrame(more, []byte(`[2,"a","Hea`)), wsFrame(0x80, []byte(`rtbeat",{}]`))...), `[3,"a",{}]`, 0},
		{"deflated", "ocpp2.1", true, wsFrame(text|rsv1, deflated(t, []byte(`[2,"a","Heartbeat",{}]`))), `[3,"a",{}]`, 0},
		{"unmasked", "ocpp1.6", false, []byte{text, 2, '[', ']'}, "", 1002},
		{"reserved bit", "ocpp1.6", false, wsFrame(text|0x20, []byte("[]")), "", 1002},
		{"deflated without agreement", "ocpp2.1", false, wsFrame(text|rsv1, deflated(t, []byte("[]"))), "", 1002},
		{"deflated in 1.6", "ocpp1.6", true, wsFrame(text|rsv1, deflated(t, []byte("[]"))), "", 1002},
		{"bad opcode", "ocpp1.6", false, wsFrame(0x83, []byte("[]")), "", 1002},
		{"binary", "ocpp1.6", false, wsFrame(0x82, []byte("[]")), "", 1003},
		{"does not inflate", "ocpp2.1", true, wsFrame(text|rsv1, []byte{0xff, 0xff, 0xff, 0xff}), "", 1007},
		{"100 MB by its header", "ocpp1.6", false, huge, "", 1009},
		{"300 KiB", "ocpp1.6", false, wsFrame(text, bytes.Repeat([]byte{' '}, 300<<10)), "", 1009},
		{"fragments without end", "ocpp1.6", false, fragments, "", 1009},
		{"bomb", "ocpp2.0.1", true, wsFrame(text|rsv1, bomb), "", 1009},
		{"long ping", "ocpp1.6", false, wsFrame(0x89, make([]byte, 126)), "", 1002},
	}
	s := onSocket(t, &fakeCore{}, Options{})
	witness := s.station("witness", "ocpp1.6")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := s.admit(request{path: "/ocpp/CP1", auth: "CP1:x", protocols: []string{tt.protocol}, deflate: tt.deflate})
			c.t = t
			if _, err := c.NetConn().Write(tt.bytes); err != nil {
				t.Fatal(err)
			}
			if tt.answer != "" {
				c.hear(tt.answer)
				c.works()
			} else {
				c.hearClose(tt.code)
			}
			witness.works()
			_ = c.Close()
			awaitEnd(t, s, 1)
		})
	}
	if st := s.Stats(); st.BadFrames != 5 || st.TooBig != 4 || st.Flapping != 0 {
		t.Errorf("stats %+v", st)
	}
}

// awaitEnd waits until so many connections are left.
func awaitEnd(t *testing.T, s *site, left int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.open > left {
		s.ended.Wait()
	}
	if s.open != left {
		t.Fatalf("%d connections are open, want %d", s.open, left)
	}
}

// Messages that are no call of the station's are never answered.
func TestIgnoredMessages(t *testing.T) {
	tests := []struct{ protocol, message string }{
		{"ocpp1.6", `[3,"late",{}]`},
		{"ocpp1.6", `[3,"late",{]`},
		{"ocpp1.6", `[4,"late","GenericError","",{}]`},
		{"ocpp1.6", `[6,"a","NotifyPeriodicEventStream",{}]`},
		{"ocpp2.0.1", `[5,"a","GenericError","",{}]`},
		{"ocpp2.0.1", `[17,{"a":[`},
		{"ocpp2.1", `[5,"a","FormatViolation","cannot read it",{}]`},
		{"ocpp2.1", `[3,"late",{]`},
		{"ocpp2.1", `[6,"a","NotifyPeriodicEventStream",{}]`},
		{"ocpp2.1", `[6,"a","NotifyPeriodicEventStream",{]`},
	}
	core := &fakeCore{receive: func(_ context.Context, _ link.Peer, c link.Call) (link.Answer, error) {
		if c.Send != (c.ID == "a") {
			t.Errorf("%+v", c)
		}
		return link.Answer{}, nil
	}}
	s := onSocket(t, core, Options{})
	for i, tt := range tests {
		c := s.station(string(rune('A'+i)), tt.protocol)
		c.say(tt.message)
		c.works()
	}
	st := s.Stats()
	if st.Unsolicited != 4 || st.UnknownTypes != 3 || st.ResultErrors != 1 || st.BadFrames != 3 {
		t.Errorf("stats %+v", st)
	}
}

func TestDeflateIsAgreedOnlyWhereItCanBeKept(t *testing.T) {
	s := onSocket(t, &fakeCore{receive: func(_ context.Context, _ link.Peer, c link.Call) (link.Answer, error) {
		return link.Answer{Payload: c.Payload}, nil
	}}, Options{})
	tests := []struct {
		protocol, offer string
		want            bool
	}{
		{"ocpp2.0.1", "permessage-deflate; client_max_window_bits", true},
		{"ocpp2.1", "permessage-deflate", true},
		{"ocpp2.1", "permessage-deflate; server_max_window_bits=10", false},
		{"ocpp2.1", "x-webkit-deflate-frame", false},
		{"ocpp1.6", "permessage-deflate", false},
	}
	for _, tt := range tests {
		conn, err := s.dial()
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(conn, "GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: "+tt.protocol+"\r\nSec-WebSocket-Extensions: "+tt.offer+"\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("%s: %v, %+v", tt.offer, err, response)
		}
		want := ""
		if tt.want {
			want = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
		}
		if got := response.Header.Get("Sec-Websocket-Extensions"); got != want {
			t.Errorf("%s, %s: agreed %q, want %q", tt.protocol, tt.offer, got, want)
		}
		_ = conn.Close()
		awaitEnd(t, s, 0)
	}
	c := s.admit(request{path: "/ocpp/CP1", protocols: []string{"ocpp2.1"}, deflate: true})
	for _, size := range []int{1, deflateFrom, 20000} {
		payload := `{"v":"` + strings.Repeat("x", size) + `"}`
		c.say(`[2,"a","Echo",` + payload + `]`)
		c.hear(`[3,"a",` + payload + `]`)
	}
}

// Garbage that is not even a WebSocket closes the connection and no other.
func TestGarbageAfterTheHandshake(t *testing.T) {
	s := onSocket(t, &fakeCore{}, Options{})
	witness := s.station("witness", "ocpp2.1")
	c := s.station("CP1", "ocpp1.6")
	if _, err := io.WriteString(c.NetConn(), "GET / HTTP/1.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	c.hearClose(1002)
	witness.works()
	dropped := s.station("CP1", "ocpp1.6")
	if err := dropped.NetConn().Close(); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, s, 1)
	witness.works()
}

func TestPingIsAnswered(t *testing.T) {
	s := onSocket(t, &fakeCore{}, Options{})
	c := s.station("CP1", "ocpp1.6")
	pong := make(chan string, 1)
	c.SetPongHandler(func(data string) error { pong <- data; return nil })
	if err := c.WriteControl(websocket.PingMessage, []byte("x"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	c.works()
	if got := <-pong; got != "x" {
		t.Errorf("pong %q", got)
	}
}
