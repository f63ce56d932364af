// Package notifytest holds the conformance suites of the ports of core/notify,
// RunMailer and RunPoster, and the fakes that pass them: stateful, and able to
// misbehave as real mail servers and receivers do.
package notifytest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/core/notify"
)

// Behaviour is what a mail server does with the next mail.
type Behaviour int

// The behaviours.
const (
	Well    Behaviour = iota
	Down              // it cannot be used now
	Refuses           // it will never take a mail for this recipient
	Hangs             // it does not answer
	Abrupt            // it takes the mail and hangs up without a goodbye
)

// Received is a mail as it arrived.
type Received struct{ MessageID, To, Subject, Text, HTML string }

// MailerCase is a Mailer with its server.
type MailerCase struct {
	Mailer notify.Mailer
	Next   func(Behaviour)   // what the server does with the next mail, and only that
	Inbox  func() []Received // what it has taken, the oldest first
}

// RunMailer checks that a Mailer does what the port promises; open gives a fresh
// one.
func RunMailer(t *testing.T, open func(t *testing.T) MailerCase) {
	letter := notify.Mail{
		ID: "mail_1", To: "ada@example.org", Subject: "Ihr Beleg über 5,95 €",
		Text: "Guten Tag,\n.\n..Punkte vorn\n" + strings.Repeat("ä", 600) + "\nhttps://example.org/?a=1&b=2\n", HTML: "<p>Grüße &amp; Dank</p>",
	}
	t.Run("arrives as written", func(t *testing.T) {
		c := open(t)
		plain := letter
		plain.ID, plain.HTML = "mail_2", ""
		for _, m := range []notify.Mail{letter, plain, letter} {
			if err := c.Mailer.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		in := c.Inbox()
		if len(in) != 3 {
			t.Fatalf("%d mails arrived", len(in))
		}
		for i, m := range []notify.Mail{letter, plain, letter} {
			if r := in[i]; r.To != m.To || r.Subject != m.Subject || lines(r.Text) != lines(m.Text) || lines(r.HTML) != lines(m.HTML) {
				t.Errorf("mail %d arrived as %+v", i, r)
			}
		}
		if in[0].MessageID != in[2].MessageID || in[0].MessageID == in[1].MessageID || in[0].MessageID == "" {
			t.Errorf("the message ids are %q, %q, %q", in[0].MessageID, in[1].MessageID, in[2].MessageID)
		}
	})
	t.Run("tells for good from for now", func(t *testing.T) {
		c := open(t)
		c.Next(Refuses)
		if err := c.Mailer.Send(t.Context(), letter); !fail.Is(err, fail.Invalid) {
			t.Errorf("a recipient refused: %v", err)
		}
		c.Next(Down)
		if err := c.Mailer.Send(t.Context(), letter); err == nil || fail.Is(err, fail.Invalid) || fail.Is(err, fail.Denied) {
			t.Errorf("a server that is down: %v", err)
		}
		if n := len(c.Inbox()); n != 0 {
			t.Errorf("%d mails arrived", n)
		}
		if err := c.Mailer.Send(t.Context(), letter); err != nil || len(c.Inbox()) != 1 {
			t.Errorf("when it is well again: %v", err)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		c := open(t)
		c.Next(Hangs)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		begun := time.Now()
		err := c.Mailer.Send(ctx, letter)
		// The connection's own deadline may be a little ahead of the context.
		if err == nil || fail.Is(err, fail.Invalid) || fail.Is(err, fail.Denied) || ctx.Err() == nil && time.Since(begun) < 40*time.Millisecond {
			t.Errorf("a server that hangs: %v", err)
		}
	})
	t.Run("a mail that was taken is not an error", func(t *testing.T) {
		c := open(t)
		c.Next(Abrupt)
		if err := c.Mailer.Send(t.Context(), letter); err != nil || len(c.Inbox()) != 1 {
			t.Errorf("%v, %d arrived", err, len(c.Inbox()))
		}
	})
	t.Run("many at once", func(t *testing.T) {
		c := open(t)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				m := letter
				m.ID, m.Subject = fmt.Sprint("mail_", i), fmt.Sprint("number ", i)
				if err := c.Mailer.Send(t.Context(), m); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		seen := map[string]bool{}
		for _, r := range c.Inbox() {
			seen[r.Subject] = true
		}
		if len(seen) != 8 {
			t.Errorf("%d different mails arrived", len(seen))
		}
	})
}

// lines makes texts comparable: mail knows lines, not how they end.
func lines(s string) string { return strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n") }

// Mailbox is a mail server in memory, and its Mailer.
type Mailbox struct {
	mu   sync.Mutex
	next Behaviour
	mail []notify.Mail
}

// Next says what becomes of the next mail.
func (b *Mailbox) Next(x Behaviour) { b.mu.Lock(); b.next = x; b.mu.Unlock() }

// Mails are the mails that arrived, the oldest first.
func (b *Mailbox) Mails() []notify.Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]notify.Mail(nil), b.mail...)
}

// Send implements notify.Mailer.
func (b *Mailbox) Send(ctx context.Context, m notify.Mail) error {
	b.mu.Lock()
	x := b.next
	b.next = Well
	if x == Well || x == Abrupt {
		b.mail = append(b.mail, m)
	}
	b.mu.Unlock()
	switch x {
	case Down:
		return fail.New(fail.Unavailable, "notifytest", "the mail server is down")
	case Refuses:
		return fail.New(fail.Invalid, "notifytest", "no such recipient")
	case Hangs:
		<-ctx.Done()
		return fail.Wrap(fail.Timeout, "notifytest", ctx.Err())
	}
	return nil
}
