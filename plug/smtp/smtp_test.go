package smtp

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"testing"

	"chargewright/base/fail"
	"chargewright/core/notify"
	"chargewright/core/notify/notifytest"
)

const from = "?from=Chargewright+%3Coffice%40example.org%3E"

func TestConformance(t *testing.T) {
	notifytest.RunMailer(t, func(t *testing.T) notifytest.MailerCase {
		s := newServer(t, nil, false, "")
		m, err := New("smtp://" + s.listener.Addr().String() + from + "&tls=none")
		if err != nil {
			t.Fatal(err)
		}
		return notifytest.MailerCase{Mailer: m, Next: s.behave, Inbox: s.received}
	})
}

// certificate is one for 127.0.0.1, and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, pool
}

var letter = notify.Mail{ID: "mail_1", To: "ada@example.org", Subject: "Hello", Text: "Hello"}

func TestPasswordsTravelEncrypted(t *testing.T) {
	secure, pool := certificate(t)
	for name, c := range map[string]struct {
		scheme, user, extra string
		tls                 *tls.Config
		first, trusted      bool
		works               bool
	}{
		"starttls":                        {"smtp", "a:b", "", secure, false, true, true},
		"tls from the first byte":         {"smtps", "a:b", "", secure, true, true, true},
		"an unknown certificate":          {"smtp", "a:b", "", secure, false, false, false},
		"an unknown certificate at first": {"smtps", "a:b", "", secure, true, false, false},
		"the wrong password":              {"smtp", "a:c", "", secure, false, true, false},
		"a server without tls":            {"smtp", "a:b", "", nil, false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, c.tls, c.first, "a\x00b")
			m, err := New(c.scheme + "://" + c.user + "@" + s.listener.Addr().String() + from + c.extra)
			if err != nil {
				t.Fatal(err)
			}
			if c.trusted {
				m.tls.RootCAs = pool
			}
			err = m.Send(t.Context(), letter)
			if (err == nil) != c.works || len(s.received()) == 1 != c.works {
				t.Fatalf("%v", err)
			}
			if !c.works && (!fail.Is(err, fail.Unavailable) || strings.Contains(err.Error(), "a:b")) {
				t.Errorf("it can be mended, and names no password: %v", err)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	s := newServer(t, nil, false, "")
	m, err := New("smtp://" + s.listener.Addr().String() + from + "&tls=none")
	if err != nil {
		t.Fatal(err)
	}
	odd := letter
	odd.Subject = "Hello\r\nBcc: eve@example.org\r\n\r\nbody"
	if err := m.Send(t.Context(), odd); err != nil && !fail.Is(err, fail.Invalid) {
		t.Fatal(err)
	}
	odd.To = "ada@example.org>\r\nRCPT TO:<eve@example.org"
	if err := m.Send(t.Context(), odd); !fail.Is(err, fail.Invalid) {
		t.Errorf("an address with commands in it: %v", err)
	}
	if err := m.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	for _, text := range s.raw {
		if strings.Contains(text, "\nBcc:") || strings.Contains(text, "\n\nbody") {
			t.Errorf("the subject became headers:\n%s", text)
		}
	}
	last := s.raw[len(s.raw)-1]
	for _, want := range []string{"Message-ID: <mail_1@example.org>", "Auto-Submitted: auto-generated", `From: "Chargewright" <office@example.org>`, "Date: "} {
		if !strings.Contains(last, want) {
			t.Errorf("no %s in\n%s", want, last)
		}
	}
	for _, r := range s.received() {
		if r.To != letter.To {
			t.Errorf("a mail to %s", r.To)
		}
	}
}

func TestAddresses(t *testing.T) {
	for address, good := range map[string]bool{
		"smtp://mail.example.org?from=a@example.org": true, "smtps://u:p%40ss@mail.example.org?from=a@example.org": true,
		"smtp://mail.example.org:25?from=A+<a@example.org>&tls=none": true, "smtp://[::1]:25?from=a@example.org": true,
		"smtp://mail.example.org": false, "smtp://?from=a@example.org": false, "http://mail.example.org?from=a@example.org": false, "": false,
		"smtp://mail.example.org?from=nobody": false, "smtp://mail.example.org?from=a@example.org&tls=maybe": false,
		"smtps://mail.example.org?from=a@example.org&tls=none": false, "smtp://mail.example.org:0?from=a@example.org": false,
		"smtp://mail.example.org?from=a@example.org&password=hunter2": false, "smtp://u:hunter2@mail.example.org:99999?from=a@example.org": false,
	} {
		m, err := New(address)
		if (err == nil) != good || (m == nil) == good {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && (!fail.Is(err, fail.Invalid) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestFilesAreAttached(t *testing.T) {
	s := newServer(t, nil, false, "")
	m, err := New("smtp://" + s.listener.Addr().String() + from + "&tls=none")
	if err != nil {
		t.Fatal(err)
	}
	with := letter
	with.HTML, with.Files = "<p>Hello</p>", []notify.File{{Name: "R-1.pdf", Type: "application/pdf", Bytes: []byte("%PDF-1.4 receipt")}}
	if err := m.Send(t.Context(), with); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"multipart/mixed", "application/pdf", `filename="R-1.pdf"`, "attachment", base64.StdEncoding.EncodeToString(with.Files[0].Bytes)} {
		if !strings.Contains(s.raw[0], want) {
			t.Errorf("no %s in\n%s", want, s.raw[0])
		}
	}
}
