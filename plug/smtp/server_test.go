package smtp

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"chargewright/core/notify/notifytest"
)

// server is a small mail server (RFC 5321) that misbehaves when told to.
type server struct {
	t        *testing.T
	listener net.Listener
	tls      *tls.Config // nil: it offers no STARTTLS
	user     string      // PLAIN of "user\x00password"; "" asks for none

	mu    sync.Mutex
	next  notifytest.Behaviour
	inbox []notifytest.Received
	raw   []string
}

func newServer(t *testing.T, secure *tls.Config, fromFirst bool, user string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, listener: l, tls: secure, user: user}
	if fromFirst {
		s.listener, s.tls = tls.NewListener(l, secure), nil
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return s
}

func (s *server) behave(b notifytest.Behaviour) { s.mu.Lock(); s.next = b; s.mu.Unlock() }

func (s *server) take() notifytest.Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.next
	s.next = notifytest.Well
	return b
}

func (s *server) received() []notifytest.Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]notifytest.Received(nil), s.inbox...)
}

// talk holds one conversation.
func (s *server) talk(conn net.Conn) {
	defer func() { conn.Close() }()
	in := textproto.NewReader(bufio.NewReader(conn))
	say := func(line string) { io.WriteString(conn, line+"\r\n") }
	var to string
	x, signedIn := s.take(), s.user == ""
	if x == notifytest.Down {
		say("421 4.3.2 closing")
		return
	}
	say("220 test")
	for {
		line, err := in.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			if x == notifytest.Hangs {
				io.Copy(io.Discard, conn)
				return
			}
			offers := []string{"test", "8BITMIME", "ENHANCEDSTATUSCODES"}
			if s.tls != nil {
				offers = append(offers, "STARTTLS")
			}
			if s.user != "" {
				offers = append(offers, "AUTH PLAIN")
			}
			for i, o := range offers {
				say("250" + map[bool]string{true: " ", false: "-"}[i == len(offers)-1] + o)
			}
		case "STARTTLS":
			say("220 go")
			secured := tls.Server(conn, s.tls)
			if secured.Handshake() != nil {
				return
			}
			conn, in = secured, textproto.NewReader(bufio.NewReader(secured))
		case "AUTH":
			_, word, _ := strings.Cut(rest, " ")
			b, _ := base64.StdEncoding.DecodeString(word)
			if signedIn = string(b) == "\x00"+s.user; !signedIn {
				say("535 5.7.8 no")
				continue
			}
			say("235 2.7.0 yes")
		case "MAIL":
			if !signedIn {
				say("530 5.7.0 sign in")
				continue
			}
			say("250 2.1.0 ok")
		case "RCPT":
			if x == notifytest.Refuses {
				say("550 5.1.1 nobody here")
				continue
			}
			to = strings.Trim(strings.TrimPrefix(rest, "TO:"), "<>")
			say("250 2.1.5 ok")
		case "DATA":
			say("354 go on")
			b, err := in.ReadDotBytes()
			if err != nil {
				return
			}
			s.store(to, b)
			say("250 2.0.0 taken")
			if x == notifytest.Abrupt {
				return
			}
		case "RSET":
			say("250 2.0.0 ok")
		case "QUIT":
			say("221 2.0.0 bye")
			return
		default:
			say("502 5.5.2 what?")
		}
	}
}

func (s *server) store(to string, b []byte) {
	r, err := parse(string(b))
	if err != nil {
		s.t.Errorf("it cannot be read: %v\n%s", err, b)
	}
	r.To = to
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox, s.raw = append(s.inbox, r), append(s.raw, string(b))
}

// parse reads a mail as a mail program does.
func parse(text string) (r notifytest.Received, err error) {
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		return r, err
	}
	r.MessageID = m.Header.Get("Message-ID")
	if r.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return r, err
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return r, err
	}
	if kind == "text/plain" {
		r.Text, err = decoded(m.Body, m.Header.Get("Content-Transfer-Encoding"))
		return r, err
	}
	err = read(&r, multipart.NewReader(m.Body, params["boundary"]))
	return r, err
}

// read reads the parts of a mail, and those within them.
func read(r *notifytest.Received, parts *multipart.Reader) error {
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		body, err := decoded(p, p.Header.Get("Content-Transfer-Encoding"))
		if err != nil {
			return err
		}
		switch kind, params, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); {
		case p.FileName() != "":
		case kind == "text/plain":
			r.Text = body
		case kind == "text/html":
			r.HTML = body
		case strings.HasPrefix(kind, "multipart/"):
			if err := read(r, multipart.NewReader(strings.NewReader(body), params["boundary"])); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a part of type %q", kind)
		}
	}
}

func decoded(r io.Reader, encoding string) (string, error) {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	}
	b, err := io.ReadAll(r)
	return string(b), err
}
