package gateway

import (
	"crypto/ecdsa"
	"crypto/tls"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"chargewright/base/fail"
)

// NewServer returns a server that bounds the handshake: 10 s for TLS and the
// request's header together, 16 KiB for the header. Serve it on a listener of
// the same guard.
func NewServer(h http.Handler, guard *Guard) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ConnContext:       guard.Context,
	}
}

// Pair names the PEM files of one certificate chain and its key.
type Pair struct{ Certificate, Key string }

// Certificates are the certificates of a TLS listener: one with an EC key, and
// one with an RSA key for stations that know no other. They can be exchanged
// while it runs.
type Certificates struct {
	pairs   []Pair
	current atomic.Pointer[[]tls.Certificate]
}

// LoadCertificates reads at least one pair.
func LoadCertificates(pairs ...Pair) (*Certificates, error) {
	if len(pairs) == 0 {
		return nil, fail.Field("gateway.LoadCertificates", "tls-cert", "TLS needs a certificate")
	}
	c := &Certificates{pairs: pairs}
	if err := c.Reload(); err != nil {
		return nil, err
	}
	return c, nil
}

// Reload reads the files again. If any cannot be used, all stays as it was.
func (c *Certificates) Reload() error {
	list := make([]tls.Certificate, 0, len(c.pairs))
	for _, p := range c.pairs {
		cert, err := tls.LoadX509KeyPair(p.Certificate, p.Key)
		if err != nil {
			return &fail.Error{Kind: fail.Invalid, Op: "gateway.Reload", Field: "tls-cert", Text: p.Certificate + " and " + p.Key + " cannot be used", Err: err}
		}
		list = append(list, cert)
	}
	slices.SortStableFunc(list, func(a, b tls.Certificate) int { return rank(a) - rank(b) })
	c.current.Store(&list)
	return nil
}

// rank puts EC before RSA: its handshake costs a quarter.
func rank(c tls.Certificate) int {
	if _, ok := c.PrivateKey.(*ecdsa.PrivateKey); ok {
		return 0
	}
	return 1
}

// Get returns the first certificate, those with EC keys first, that the client can use under the name it
// asks for, else the first it can use under any name: many stations ask for
// none, or for an address.
func (c *Certificates) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	list := *c.current.Load()
	nameless := *hello
	nameless.ServerName = ""
	for _, h := range []*tls.ClientHelloInfo{hello, &nameless} {
		for i := range list {
			if h.SupportsCertificate(&list[i]) == nil {
				return &list[i], nil
			}
		}
	}
	return &list[0], nil
}

// TLSConfig returns TLS 1.2 and 1.3 with AES-GCM suites that keep forward
// secrecy. With legacy it also offers the two static RSA suites that security
// profile 2 (2.x part 2, block A) names and some old stations need; Go counts
// them as insecure.
func (c *Certificates) TLSConfig(legacy bool) *tls.Config {
	suites := []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	}
	if legacy {
		suites = append(suites, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: suites, GetCertificate: c.Get}
}
