// Package smtp sends mails through a mail server: it implements notify.Mailer
// over SMTP with STARTTLS (smtp://) or TLS from the first byte (smtps://).
package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"chargewright/base/fail"
	"chargewright/core/notify"
)

// Mailer is a notify.Mailer. It makes a connection for each mail.
type Mailer struct {
	host    string
	from    netmail.Address
	options []mail.Option
	tls     *tls.Config
	secure  bool // TLS from the first byte
}

var _ notify.Mailer = (*Mailer)(nil)

// dialTime bounds the connection; the rest is the caller's context.
const dialTime = 10 * time.Second

// New reads smtp://user:password@host:587?from=Name <address>. User and password
// may be missing; the ports are 587 (smtp) and 465 (smtps) when none is given.
// With ?tls=none it speaks in the clear, for a relay on the same machine; else
// STARTTLS is required. An address that cannot be used is Invalid and names
// the field smtp-url, never its password.
func New(address string) (*Mailer, error) {
	no := func(why string) (*Mailer, error) { return nil, fail.Field("smtp.New", "smtp-url", "%s", why) }
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return no("it is not smtp://user:password@host:587?from=address or smtps://…")
	}
	q := u.Query()
	from, err := netmail.ParseAddress(q.Get("from"))
	if err != nil {
		return no("it needs ?from= with an email address, as in from=Chargewright <office@example.org>")
	}
	for k := range q {
		if k != "from" && k != "tls" {
			return no("it has " + strconv.Quote(k) + "; it knows from and tls")
		}
	}
	m := &Mailer{host: u.Hostname(), from: *from, tls: &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}}
	port := 587
	switch secure := q.Get("tls"); {
	case u.Scheme == "smtps" && secure == "":
		port, m.secure = 465, true
		m.options = append(m.options, mail.WithTLSPolicy(mail.NoTLS)) // it is below, not in, the conversation
	case u.Scheme == "smtp" && secure == "":
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSMandatory))
	case u.Scheme == "smtp" && secure == "none":
		m.options = append(m.options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return no("tls can only be none, and only with smtp://")
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 {
			return no("its port is no port")
		}
	}
	m.options = append(m.options, mail.WithPort(port), mail.WithoutNoop())
	if password, ok := u.User.Password(); ok {
		m.options = append(m.options, mail.WithUsername(u.User.Username()), mail.WithPassword(password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5))
	}
	if _, err := m.client(context.Background()); err != nil {
		return no("it cannot be used: " + err.Error())
	}
	return m, nil
}

// client makes a client whose connection ends with ctx.
func (m *Mailer) client(ctx context.Context) (*mail.Client, error) {
	timeout := time.Minute
	if end, ok := ctx.Deadline(); ok {
		timeout = max(time.Until(end), time.Millisecond)
	}
	return mail.NewClient(m.host, append([]mail.Option{
		mail.WithTLSConfig(m.tls), mail.WithTimeout(timeout),
		mail.WithDialContextFunc(func(_ context.Context, network, address string) (net.Conn, error) {
			return m.dial(ctx, network, address)
		}),
	}, m.options...)...)
}

// dial connects; with smtps:// the TLS handshake is part of it.
func (m *Mailer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: dialTime}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() }) //nolint:errcheck // it wakes who waits on it
	if !m.secure {
		return conn, nil
	}
	over := tls.Client(conn, m.tls)
	if err := over.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return over, nil
}

// Send implements notify.Mailer. What the server refuses for good (5xx to the
// recipient or the text) is Invalid; a server that cannot be used, whatever the
// reason, may be mended.
func (m *Mailer) Send(ctx context.Context, letter notify.Mail) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	msg, err := m.message(letter)
	if err != nil {
		return &fail.Error{Kind: fail.Invalid, Op: "smtp.Send", Text: "the mail cannot be written", Err: err}
	}
	c, err := m.client(ctx)
	if err != nil {
		return fail.Wrap(fail.Internal, "smtp.Send", err)
	}
	err = c.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() {
		return nil // taken; how the server says goodbye does not matter
	}
	return explain(ctx, err)
}

// explain gives a failure its kind and a text for people. The server's words
// are shown: they say what to mend.
func explain(ctx context.Context, err error) error {
	var sent *mail.SendError
	if errors.As(err, &sent) && sent.ErrorCode() >= 500 && (sent.Reason == mail.ErrSMTPRcptTo || sent.Reason == mail.ErrSMTPData || sent.Reason == mail.ErrSMTPDataClose) {
		return &fail.Error{Kind: fail.Invalid, Op: "smtp.Send", Text: fmt.Sprintf("the mail server refused it: %d %s", sent.ErrorCode(), sent.EnhancedStatusCode()), Err: err}
	}
	if ctx.Err() != nil {
		return &fail.Error{Kind: fail.Timeout, Op: "smtp.Send", Text: "the mail server did not answer in time", Err: err}
	}
	if errors.As(err, &sent) && sent.ErrorCode() != 0 {
		return &fail.Error{Kind: fail.Unavailable, Op: "smtp.Send", Text: fmt.Sprintf("the mail server put it off: %d %s", sent.ErrorCode(), sent.EnhancedStatusCode()), Err: err}
	}
	return &fail.Error{Kind: fail.Unavailable, Op: "smtp.Send", Text: "the mail server cannot be used: " + clean(err.Error()), Err: err}
}

// clean keeps an error to one line that fits a screen.
func clean(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

// message writes the mail. Its Message-ID is the same at every attempt, so that
// a mail sent twice can be known as one.
func (m *Mailer) message(letter notify.Mail) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(m.from.Name, m.from.Address); err != nil {
		return nil, err
	}
	if err := msg.To(letter.To); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(m.from.Address, "@")
	msg.SetMessageIDWithValue(letter.ID + "@" + domain)
	msg.SetDate()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5
	msg.Subject(letter.Subject)
	msg.SetBodyString(mail.TypeTextPlain, letter.Text)
	if letter.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, letter.HTML)
	}
	for _, f := range letter.Files {
		if err := msg.AttachReader(f.Name, bytes.NewReader(f.Bytes), mail.WithFileContentType(mail.ContentType(f.Type))); err != nil {
			return nil, err
		}
	}
	return msg, nil
}
