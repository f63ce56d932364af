// Package origin tells where an HTTP request comes from: whose address it has,
// and whether their side of the connection is TLS, behind proxies that are
// trusted to say so. A Limiter has callers wait who come too often.
package origin

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose X-Forwarded headers count.
type Proxies []netip.Prefix

func (ps Proxies) trust(addr string) bool {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return false
	}
	for _, p := range ps {
		if p.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}

// Secure reports whether the person's side of the connection is TLS.
func (ps Proxies) Secure(r *http.Request) bool {
	return r.TLS != nil || ps.trust(host(r.RemoteAddr)) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// Of is the address a request comes from, without port: the last one of
// X-Forwarded-For that no trusted proxy has. An IPv6 address is its /64, which is
// one household.
func (ps Proxies) Of(r *http.Request) string {
	addr := host(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && ps.trust(addr); i-- {
		next := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(next); err != nil {
			break
		}
		addr = next
	}
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return "unknown"
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

func host(addr string) string {
	h, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return h
}
