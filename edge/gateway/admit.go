package gateway

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/wire/ocpp"
)

// Matches reports whether r is a WebSocket handshake on a station's path. It
// is for a server that has other things on the same paths.
func (g *Gateway) Matches(r *http.Request) bool {
	_, ok := g.identity(r.URL)
	return ok && websocket.IsWebSocketUpgrade(r)
}

// ServeHTTP takes a handshake and, if the core admits it, keeps the socket. It
// answers 404 for a path that names no station, 426 for a plain request, 401
// for whatever the core denies, 409 if an older connection keeps the identity,
// and 503 with Retry-After when there is no room.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer release(r.Context())
	id, ok := g.identity(r.URL)
	if !ok {
		refuse(w, http.StatusNotFound)
		return
	}
	if !websocket.IsWebSocketUpgrade(r) {
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired)
		return
	}
	hello, version := g.hello(r, id)
	welcome, err := g.judge(r.Context(), hello)
	if err != nil {
		g.refuseHello(w, hello, err)
		return
	}
	if welcome.StationID == "" {
		welcome.StationID = id
	}
	old, flaps, ok := g.mayReplace(r.Context(), welcome)
	if !ok {
		g.count.duplicates.Add(1)
		g.log.Warn("a second connection was refused: the first one lives", "station", welcome.StationID, "remote", hello.Remote)
		retryLater(w, 30)
		refuse(w, http.StatusConflict)
		return
	}
	g.connect(w, r, hello, version, welcome, old, flaps)
}

// connect upgrades and hands the socket to a goroutine of its own, whose stack
// has not grown in the handshake.
func (g *Gateway) connect(w http.ResponseWriter, r *http.Request, h link.Hello, v ocpp.Version, wel link.Welcome, old *conn, flaps bucket) {
	up := g.upgrade
	up.EnableCompression = v >= ocpp.V201 && mayDeflate(r.Header)
	header := http.Header{}
	if h.Subprotocol != "" {
		header.Set("Sec-Websocket-Protocol", h.Subprotocol)
	}
	ws, err := up.Upgrade(w, r, header)
	if err != nil {
		return // answered by refuseUpgrade, or the station has gone
	}
	s := newSocket(ws, g.opt.MaxMessage, up.EnableCompression, &g.scratch)
	if h.Subprotocol == "" {
		g.count.noVersion.Add(1)
		s.farewell(closeProtocol, "no common OCPP version")
		go s.linger()
		return
	}
	peer := link.Peer{StationID: wel.StationID, Epoch: wel.Epoch, Subprotocol: h.Subprotocol, Remote: h.Remote}
	c := newConn(g, s, peer, v, wel, flaps)
	replaced, ok := g.enter(c, old)
	if !ok {
		s.farewell(closeTryLater, "try again later")
		go s.linger()
		return
	}
	g.count.accepted.Add(1)
	go c.run(replaced)
}

// identity returns the station's name, the last segment of the path.
func (g *Gateway) identity(u *url.URL) (string, bool) {
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 {
		return "", false
	}
	known := false
	for _, p := range g.prefixes {
		known = known || p == path[:slash+1]
	}
	id, err := url.PathUnescape(path[slash+1:])
	if !known || err != nil || id == "" || !utf8.ValidString(id) || utf8.RuneCountInString(id) > maxIdentity {
		return "", false
	}
	for _, r := range id {
		if r == ':' || !unicode.IsPrint(r) {
			return "", false
		}
	}
	return id, true
}

// hello reads the handshake. The subprotocol is the first of the station's
// that we speak.
func (g *Gateway) hello(r *http.Request, id string) (link.Hello, ocpp.Version) {
	h := link.Hello{StationID: id, Path: r.URL.EscapedPath(), Remote: r.RemoteAddr, Node: g.opt.Node, TLS: r.TLS != nil}
	if user, password, ok := r.BasicAuth(); ok {
		h.User, h.Password, h.HasAuth = user, []byte(password), true
	}
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		h.PeerCertificate = r.TLS.PeerCertificates[0].Raw
	}
	var version ocpp.Version
	for _, line := range r.Header.Values("Sec-Websocket-Protocol") {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.TrimSpace(name)
			h.Offered = append(h.Offered, name)
			if v, ok := ocpp.ParseSubprotocol(name); ok && version == 0 {
				version, h.Subprotocol = v, name
			}
		}
	}
	return h, version
}

// judge asks the core, when it is this handshake's turn.
func (g *Gateway) judge(ctx context.Context, h link.Hello) (link.Welcome, error) {
	g.mu.Lock()
	draining := g.draining
	g.mu.Unlock()
	if draining {
		return link.Welcome{}, fail.New(fail.Busy, "gateway.judge", "the server is going away")
	}
	wait := time.NewTimer(admitTimeout)
	defer wait.Stop()
	select {
	case g.turns <- struct{}{}:
		defer func() { <-g.turns }()
	case <-wait.C:
		return link.Welcome{}, fail.New(fail.Busy, "gateway.judge", "too many handshakes are under way")
	case <-ctx.Done():
		return link.Welcome{}, fail.Wrap(fail.Busy, "gateway.judge", ctx.Err())
	}
	ctx, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	return g.core.Hello(ctx, h)
}

// mayReplace decides about the connection that the station has already: it
// must go if credentials were checked and replacements are not too frequent;
// otherwise it keeps the identity if it shows a sign of life.
func (g *Gateway) mayReplace(ctx context.Context, w link.Welcome) (old *conn, flaps bucket, ok bool) {
	now := time.Now()
	old = g.lookup(w.StationID)
	if old == nil {
		return nil, newBucket(1/replaceInterval.Seconds(), replaceBurst, now), true
	}
	flaps, calm := old.replaceable(now)
	if !calm {
		g.count.flapping.Add(1)
		g.log.Warn("connections of one station replace each other too often", "station", w.StationID)
	}
	if w.Secured && calm {
		return old, flaps, true
	}
	return old, flaps, !old.probe(ctx)
}

// refuseHello answers what the core did not admit.
func (g *Gateway) refuseHello(w http.ResponseWriter, h link.Hello, err error) {
	switch fail.KindOf(err) {
	case fail.Denied, fail.NotFound:
		g.count.unauthorized.Add(1)
		w.Header().Set("WWW-Authenticate", `Basic realm="stations", charset="UTF-8"`)
		refuse(w, http.StatusUnauthorized)
		return
	case fail.Busy:
	default:
		g.log.Error("a handshake could not be judged", "station", h.StationID, "remote", h.Remote, "error", err)
	}
	g.count.overloaded.Add(1)
	retryLater(w, 5)
	refuse(w, http.StatusServiceUnavailable)
}

// retryLater asks for a pause of least to six times least seconds.
func retryLater(w http.ResponseWriter, least int) {
	w.Header().Set("Retry-After", strconv.Itoa(least+rand.IntN(5*least)))
}

// refuse answers by a status whose text is all there is, and closes.
func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Connection", "close")
	http.Error(w, http.StatusText(status), status)
}

func refuseUpgrade(w http.ResponseWriter, _ *http.Request, status int, _ error) {
	w.Header().Set("Sec-Websocket-Version", "13")
	refuse(w, status)
}

// anyOrigin admits every origin: stations send none, and nothing here rests on
// a browser's cookies.
func anyOrigin(*http.Request) bool { return true }

// mayDeflate reports whether compression can be agreed as we do it: an offer
// that limits the server's window cannot be kept.
func mayDeflate(h http.Header) bool {
	for _, line := range h.Values("Sec-Websocket-Extensions") {
		if strings.Contains(line, "server_max_window_bits") {
			return false
		}
	}
	return true
}
