// Package webhook posts webhooks over HTTP: it implements notify.Poster. It goes
// to public addresses by https only, unless it was made to trust the network it
// stands in; the address is judged when the connection is made, after the name
// was resolved, so that no name leads inside. It follows no redirect, uses no
// proxy and reads no more of an answer than is kept.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"chargewright/base/fail"
	"chargewright/core/notify"
)

// Options configure a Poster.
type Options struct {
	// AllowPrivate lets it go to private, loopback and link-local addresses, and by http.
	AllowPrivate bool
	Agent        string         // User-Agent; "" is Chargewright
	Roots        *x509.CertPool // nil: the system's
}

// Poster is a notify.Poster over HTTP/1.1 and HTTP/2.
type Poster struct {
	o      Options
	client *http.Client
}

var (
	_ notify.Poster = (*Poster)(nil)
	_ notify.Judge  = (*Poster)(nil)
)

// Bounds of a conversation. How long one may last is the caller's context.
const (
	maxHeaders = 16 << 10
	maxIdle    = 64
	idleTime   = 30 * time.Second
)

// New returns a Poster.
func New(o Options) *Poster {
	if o.Agent == "" {
		o.Agent = "Chargewright"
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: control(o.AllowPrivate)}
	return &Poster{o, &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true, DisableCompression: true,
			MaxIdleConns: maxIdle, MaxIdleConnsPerHost: 1, IdleConnTimeout: idleTime, MaxResponseHeaderBytes: maxHeaders,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// errInside is the dialler's refusal.
var errInside = errors.New("the address is not public")

// control judges the address that a connection is about to be made to.
func control(allowPrivate bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		if allowPrivate {
			return nil
		}
		at, err := netip.ParseAddrPort(address)
		if err != nil || !Public(at.Addr()) {
			return errInside
		}
		return nil
	}
}

// special are the blocks that lead somewhere else than to a public host (IANA
// special-purpose registries; those that net/netip has words for are not listed).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"),
	netip.MustParsePrefix("5f00::/16"), netip.MustParsePrefix("fec0::/10"),
}

// Public reports whether an address is one of the public internet: neither
// private, loopback, link-local, multicast nor a way around these.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Judge implements notify.Judge: what can be told of an address without asking
// anybody.
func (p *Poster) Judge(address string) error {
	no := func(why string) error { return fail.Field("webhook.Judge", "url", "%s", why) }
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return no("it is no web address")
	case u.Scheme != "https" && (u.Scheme != "http" || !p.o.AllowPrivate):
		return no("it does not begin with https://")
	case u.User != nil:
		return no("it holds a user name; the signature proves who posts")
	case u.Fragment != "":
		return no("it holds a fragment, which is never sent")
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && !p.o.AllowPrivate && !Public(a) {
		return no(errInside.Error())
	}
	return nil
}

// Post implements notify.Poster.
func (p *Poster) Post(ctx context.Context, r notify.Request) (notify.Reply, error) {
	if err := p.Judge(r.URL); err != nil {
		return notify.Reply{}, &fail.Error{Kind: fail.Denied, Op: "webhook.Post", Text: fail.Say(err), Err: err}
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return notify.Reply{}, fail.Wrap(fail.Unavailable, "webhook.Post", err)
	}
	for k, v := range r.Header {
		q.Header[http.CanonicalHeaderKey(k)] = v
	}
	q.Header.Set("User-Agent", p.o.Agent)
	a, err := p.client.Do(q)
	if err != nil {
		return notify.Reply{}, explain(ctx, err)
	}
	defer a.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(a.Body, notify.MaxReply)) //nolint:errcheck // the status is the answer
	return notify.Reply{Status: a.StatusCode, Body: body}, nil
}

// explain gives a failure its kind, and a text that names nothing of our side.
func explain(ctx context.Context, err error) error {
	say := func(k fail.Kind, text string) error {
		return &fail.Error{Kind: k, Op: "webhook.Post", Text: text, Err: err}
	}
	var name *net.DNSError
	var slow net.Error
	var cert *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errInside):
		return say(fail.Denied, errInside.Error())
	case ctx.Err() != nil, errors.As(err, &slow) && slow.Timeout():
		return say(fail.Timeout, "there was no answer in time")
	case errors.As(err, &name):
		return say(fail.Unavailable, "the name "+name.Name+" leads nowhere")
	case errors.As(err, &cert):
		return say(fail.Unavailable, "the certificate is not good: "+cert.Err.Error())
	case errors.Is(err, syscall.ECONNREFUSED):
		return say(fail.Unavailable, "the connection was refused")
	}
	return say(fail.Unavailable, "there was no answer that HTTP knows")
}
