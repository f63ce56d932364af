package gateway

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// Guard bounds the connections whose handshake is under way: from being
// accepted, through TLS and the request's header, until a handler has taken
// the request. Beyond a bound a connection is closed unread. With the header
// timeout of the server this ends attacks by slow handshakes.
type Guard struct {
	perAddress, total int

	mu    sync.Mutex
	under int
	by    map[netip.Addr]int
}

// NewGuard returns a guard that allows so many handshakes at once from one
// address (one /64 of IPv6), and in all. Zero or less is no bound.
func NewGuard(perAddress, total int) *Guard {
	return &Guard{perAddress: perAddress, total: total, by: make(map[netip.Addr]int)}
}

// Listen returns l with the guard before it, beneath TLS if there is any.
func (g *Guard) Listen(l net.Listener) net.Listener { return &guardedListener{Listener: l, guard: g} }

// Context is to be the server's ConnContext.
func (g *Guard) Context(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if guarded, ok := c.(*guardedConn); ok {
		return context.WithValue(ctx, guardKey{}, guarded)
	}
	return ctx
}

// Handler wraps a handler that is not a Gateway: the handshake ends when the
// request is there. A Gateway ends it by itself, when the station is admitted
// or refused.
func (g *Guard) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		release(r.Context())
		next.ServeHTTP(w, r)
	})
}

// UnderWay returns how many handshakes are under way.
func (g *Guard) UnderWay() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.under
}

type guardKey struct{}

// release ends the handshake of the request's connection.
func release(ctx context.Context) {
	if c, ok := ctx.Value(guardKey{}).(*guardedConn); ok {
		c.done()
	}
}

func (g *Guard) admit(a netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.total > 0 && g.under >= g.total || g.perAddress > 0 && g.by[a] >= g.perAddress {
		return false
	}
	g.under++
	g.by[a]++
	return true
}

func (g *Guard) free(a netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.under--
	if g.by[a]--; g.by[a] == 0 {
		delete(g.by, a)
	}
}

type guardedListener struct {
	net.Listener
	guard *Guard
}

// Accept returns the next connection within the bounds.
func (l *guardedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		a := source(c.RemoteAddr())
		if l.guard.admit(a) {
			return &guardedConn{Conn: c, done: sync.OnceFunc(func() { l.guard.free(a) })}, nil
		}
		_ = c.Close() // nothing was sent on it
	}
}

// source returns the address that connections are counted by.
func source(a net.Addr) netip.Addr {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	addr := ap.Addr().Unmap()
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return addr
}

type guardedConn struct {
	net.Conn
	done func()
}

func (c *guardedConn) Close() error {
	c.done()
	return c.Conn.Close()
}
