package gateway

import (
	"bufio"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/link"
)

func TestHandshakeRefusals(t *testing.T) {
	core := &fakeCore{hello: func(h link.Hello) (link.Welcome, error) {
		switch h.StationID {
		case "unknown":
			return link.Welcome{}, fail.New(fail.NotFound, "test", "no such station")
		case "known":
			return link.Welcome{}, fail.New(fail.Denied, "test", "wrong password of 17 tries")
		case "busy":
			return link.Welcome{}, fail.New(fail.Busy, "test", "full")
		case "down":
			return link.Welcome{}, fail.New(fail.Unavailable, "test", "no storage")
		}
		return link.Welcome{Epoch: 1}, nil
	}}
	s := onSocket(t, core, Options{})
	tests := []struct {
		path   string
		status int
	}{
		{"/", 404}, {"/ocpp", 404}, {"/ocpp/", 404}, {"/other/CP1", 404}, {"/ocpp/a/b", 404},
		{"/ocpp/a:b", 404}, {"/ocpp/a%3Ab", 404}, {"/ocpp/%00", 404}, {"/ocpp/%ff", 404}, {"/ocpp/%0a", 404},
		{"/ocpp/" + strings.Repeat("x", 49), 404},
		{"/ocpp/unknown", 401}, {"/ocpp/known", 401}, {"/ocpp/busy", 503}, {"/ocpp/down", 503},
	}
	for _, tt := range tests {
		_, r, err := s.connect(request{path: tt.path, protocols: []string{"ocpp1.6"}})
		if err == nil || r == nil || r.StatusCode != tt.status {
			t.Errorf("%s: %v, %+v, want status %d", tt.path, err, r, tt.status)
			continue
		}
		if after, err := strconv.Atoi(r.Header.Get("Retry-After")); tt.status == 503 && (err != nil || after < 5 || after > 30) {
			t.Errorf("%s: Retry-After %q", tt.path, r.Header.Get("Retry-After"))
		}
	}
	if st := s.Stats(); st.Unauthorized != 2 || st.Overloaded != 2 || st.Accepted != 0 {
		t.Errorf("stats %+v", st)
	}
}

// An unknown station and a wrong password are told the same, byte for byte but
// for the date.
func TestUnauthorizedTellsNothing(t *testing.T) {
	core := &fakeCore{hello: func(h link.Hello) (link.Welcome, error) {
		if h.StationID == "known" {
			return link.Welcome{}, fail.New(fail.Denied, "test", "wrong password")
		}
		return link.Welcome{}, fail.New(fail.NotFound, "test", "unknown")
	}}
	s := onSocket(t, core, Options{})
	var answers []string
	for _, r := range []request{
		{path: "/ocpp/known", auth: "known:x", protocols: []string{"ocpp1.6"}},
		{path: "/ocpp/known", protocols: []string{"ocpp1.6"}},
		{path: "/ocpp/other", auth: "other:x", protocols: []string{"ocpp2.1"}},
		{path: "/ocpp/other"},
	} {
		_, response, err := s.connect(r)
		if err == nil {
			t.Fatal("admitted")
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		response.Header.Del("Date")
		answers = append(answers, response.Status+string(body)+strings.Join(headerLines(response.Header), "\n"))
	}
	for _, a := range answers {
		if a != answers[0] || !strings.HasPrefix(a, "401 ") {
			t.Errorf("answers differ:\n%s\n%s", answers[0], a)
		}
	}
}

func headerLines(h http.Header) []string {
	var b strings.Builder
	_ = h.Write(&b) // a strings.Builder does not fail
	return strings.Split(b.String(), "\r\n")
}

func TestPlainRequestIsToldToUpgrade(t *testing.T) {
	core := &fakeCore{}
	s := onSocket(t, core, Options{})
	for _, tt := range []struct {
		head   string
		status int
	}{
		{"GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\n\r\n", 426},
		{"POST /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n", 405},
		{"GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n\r\n", 400},
		{"GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n", 400},
		{"GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 30<<10) + "\r\n\r\n", 431},
	} {
		conn, err := s.dial()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, tt.head); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%.60q: %v", tt.head, err)
		}
		if r.StatusCode != tt.status {
			t.Errorf("%.60q: %s, want %d", tt.head, r.Status, tt.status)
		}
		_ = r.Body.Close()
		_ = conn.Close()
	}
	if st := s.Stats(); st.Accepted != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestHelloSaysWhatTheStationSent(t *testing.T) {
	core := &fakeCore{}
	s := onSocket(t, core, Options{Node: "n1", Paths: []string{"/ocpp/{stationId}", "/steve/websocket/CentralSystemService/{id}", "/{id}"}})
	tests := []struct {
		request
		want link.Hello
	}{
		{request{path: "/ocpp/CP%201", auth: "CP 1:p:\x00\xff", protocols: []string{"ocpp1.6"}},
			link.Hello{StationID: "CP 1", Path: "/ocpp/CP%201", User: "CP 1", Password: []byte("p:\x00\xff"), HasAuth: true,
				Offered: []string{"ocpp1.6"}, Subprotocol: "ocpp1.6"}},
		{request{path: "/ocpp/a%2Fb", protocols: []string{"ocpp2.0.1", "ocpp2.1", "ocpp1.6"}},
			link.Hello{StationID: "a/b", Path: "/ocpp/a%2Fb", Offered: []string{"ocpp2.0.1", "ocpp2.1", "ocpp1.6"}, Subprotocol: "ocpp2.0.1"}},
		{request{path: "/steve/websocket/CentralSystemService/CP2", protocols: []string{"ocpp1.5", "ocpp1.6"}},
			link.Hello{StationID: "CP2", Path: "/steve/websocket/CentralSystemService/CP2", Offered: []string{"ocpp1.5", "ocpp1.6"}, Subprotocol: "ocpp1.6"}},
		{request{path: "/CP3/", auth: "x:", header: http.Header{"Sec-Websocket-Protocol": {"ocpp2.0", "ocpp2.1"}}},
			link.Hello{StationID: "CP3", Path: "/CP3/", User: "x", Password: []byte{}, HasAuth: true, Offered: []string{"ocpp2.0", "ocpp2.1"}, Subprotocol: "ocpp2.1"}},
		{request{path: "/ocpp/CP4", header: http.Header{"Authorization": {"Bearer x"}}, protocols: []string{"ocpp1.6"}},
			link.Hello{StationID: "CP4", Path: "/ocpp/CP4", Offered: []string{"ocpp1.6"}, Subprotocol: "ocpp1.6"}},
	}
	for i, tt := range tests {
		c := s.admit(tt.request)
		if got := c.Subprotocol(); got != tt.want.Subprotocol {
			t.Errorf("%s: subprotocol %q, want %q", tt.path, got, tt.want.Subprotocol)
		}
		got := core.hellos[i]
		if got.Remote == "" || got.Node != "n1" {
			t.Errorf("%s: remote %q, node %q", tt.path, got.Remote, got.Node)
		}
		got.Remote, got.Node = "", ""
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.path, got, tt.want)
		}
		c.works()
	}
}

func TestNoCommonVersionClosesAfterTheHandshake(t *testing.T) {
	core := &fakeCore{}
	s := onSocket(t, core, Options{})
	for _, offered := range [][]string{nil, {"ocpp1.5"}, {"OCPP1.6"}, {"soap", "ocpp2.0"}} {
		c := s.admit(request{path: "/ocpp/CP1", protocols: offered})
		if c.Subprotocol() != "" {
			t.Errorf("%v: chosen %q", offered, c.Subprotocol())
		}
		c.hearClose(closeProtocol)
	}
	if st := s.Stats(); st.NoVersion != 4 || st.Connections != 0 {
		t.Errorf("stats %+v", st)
	}
	if got := core.seen(); len(got) != 0 {
		t.Errorf("the core saw %v", got)
	}
}

func TestMatches(t *testing.T) {
	g, err := New(&fakeCore{}, Options{Paths: []string{"/{id}"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path    string
		upgrade bool
		want    bool
	}{{"/CP1", true, true}, {"/CP1", false, false}, {"/a/CP1", true, false}, {"/", true, false}} {
		r, err := http.NewRequest(http.MethodGet, "http://x"+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.upgrade {
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", "websocket")
		}
		if got := g.Matches(r); got != tt.want {
			t.Errorf("%s, upgrade %v: %v", tt.path, tt.upgrade, got)
		}
	}
}

func TestBadPatternsAreRefused(t *testing.T) {
	for _, p := range []string{"", "ocpp/{id}", "/ocpp/", "/ocpp/id", "/ocpp/{}", "/{tenant}/{id}", "/ocpp/{id}/x"} {
		if _, err := New(&fakeCore{}, Options{Paths: []string{p}}); !fail.Is(err, fail.Invalid) {
			t.Errorf("%q: %v", p, err)
		}
	}
}
