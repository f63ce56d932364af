package gateway

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"chargewright/base/fail"
)

// writePair makes a self-signed certificate for the key and writes both.
func writePair(t *testing.T, name string, key crypto.Signer, serial int64) Pair {
	t.Helper()
	template := x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"csms.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
	cert, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p := Pair{Certificate: filepath.Join(t.TempDir(), name+".pem"), Key: filepath.Join(t.TempDir(), name+".key")}
	for file, block := range map[string]*pem.Block{p.Certificate: {Type: "CERTIFICATE", Bytes: cert}, p.Key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func keys(t *testing.T) (ec, rs crypto.Signer) {
	t.Helper()
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return e, r
}

func TestTLSServesECAndRSA(t *testing.T) {
	ec, rs := keys(t)
	certs, err := LoadCertificates(writePair(t, "rsa", rs, 1), writePair(t, "ec", ec, 2))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		legacy bool
		client *tls.Config
		cn     string // "" if the handshake fails
	}{
		{"1.3", false, &tls.Config{}, "ec"},
		{"1.3 by another name", false, &tls.Config{ServerName: "198.51.100.7"}, "ec"},
		{"1.2", false, &tls.Config{MaxVersion: tls.VersionTLS12}, "ec"},
		{"1.2 with RSA", false, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}, "rsa"},
		{"static RSA refused", false, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}, ""},
		{"static RSA by choice", true, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_256_GCM_SHA384}}, "rsa"},
		{"CBC", true, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}}, ""},
		{"1.1", true, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, ""},
	}
	for _, tt := range tests {
		client, server := net.Pipe()
		done := make(chan error, 1)
		go func() {
			s := tls.Server(server, certs.TLSConfig(tt.legacy))
			done <- s.Handshake()
			_ = server.Close()
		}()
		tt.client.InsecureSkipVerify = true
		if tt.client.ServerName == "" {
			tt.client.ServerName = "csms.example"
		}
		c := tls.Client(client, tt.client)
		err := c.Handshake()
		if tt.cn == "" {
			if err == nil {
				t.Errorf("%s: the handshake succeeded", tt.name)
			}
		} else if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if cn := c.ConnectionState().PeerCertificates[0].Subject.CommonName; cn != tt.cn {
			t.Errorf("%s: certificate %s, want %s", tt.name, cn, tt.cn)
		}
		_ = client.Close()
		<-done
	}
}

func TestReloadTakesAllOrNothing(t *testing.T) {
	ec, _ := keys(t)
	pair := writePair(t, "one", ec, 1)
	certs, err := LoadCertificates(pair)
	if err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		c, err := certs.Get(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.Int64()
	}
	next := writePair(t, "two", ec, 2)
	if err := os.Rename(next.Certificate, pair.Certificate); err != nil {
		t.Fatal(err)
	}
	if got := serial(); got != 1 {
		t.Errorf("before the reload: %d", got)
	}
	if err := certs.Reload(); err != nil || serial() != 2 {
		t.Errorf("after the reload: %d, %v", serial(), err)
	}
	if err := os.WriteFile(pair.Certificate, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := certs.Reload(); !fail.Is(err, fail.Invalid) || serial() != 2 {
		t.Errorf("after a broken file: %d, %v", serial(), err)
	}
	if _, err := LoadCertificates(); !fail.Is(err, fail.Invalid) {
		t.Errorf("without a pair: %v", err)
	}
}

// A station over TLS, through the guard: the core learns of TLS, and the
// handshake no longer counts once the station is admitted.
func TestStationOverTLS(t *testing.T) {
	ec, _ := keys(t)
	certs, err := LoadCertificates(writePair(t, "ec", ec, 1))
	if err != nil {
		t.Fatal(err)
	}
	core := &fakeCore{}
	g, err := New(core, Options{DrainWindow: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	guard := NewGuard(4, 4)
	server := NewServer(g, guard)
	server.TLSConfig = certs.TLSConfig(false)
	served := make(chan error, 1)
	go func() { served <- server.ServeTLS(guard.Listen(l), "", "") }()
	d := websocket.Dialer{Subprotocols: []string{"ocpp2.1"}, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	for i := range 10 {
		ws, _, err := d.Dial("wss://"+l.Addr().String()+"/ocpp/CP"+strconv.Itoa(i), http.Header{"Authorization": {"Basic Q1AxOng="}})
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer ws.Close()
		(&client{Conn: ws, t: t}).works()
	}
	if h := core.hellos[0]; !h.TLS || h.User != "CP1" || string(h.Password) != "x" {
		t.Errorf("hello %+v", h)
	}
	if n := guard.UnderWay(); n != 0 {
		t.Errorf("%d handshakes under way", n)
	}
	_ = server.Close()
	<-served
	if err := g.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestGuardedHandlerEndsTheHandshake(t *testing.T) {
	guard := NewGuard(1, 1)
	entered, leave := make(chan struct{}), make(chan struct{})
	server := NewServer(guard.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-leave
	})), guard)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(guard.Listen(l)) }()
	answered := make(chan error, 2)
	for range 2 {
		go func() {
			r, err := http.Get("http://" + l.Addr().String())
			if err == nil {
				err = r.Body.Close()
			}
			answered <- err
		}()
		<-entered // the first is still being served when the second comes
	}
	close(leave)
	for range 2 {
		if err := <-answered; err != nil {
			t.Error(err)
		}
	}
	_ = server.Close()
	<-served
}
