package notifytest_test

import (
	"net/http"
	"testing"

	"chargewright/core/notify"
	"chargewright/core/notify/notifytest"
)

func TestMailbox(t *testing.T) {
	notifytest.RunMailer(t, func(*testing.T) notifytest.MailerCase {
		b := &notifytest.Mailbox{}
		return notifytest.MailerCase{Mailer: b, Next: b.Next, Inbox: func() (in []notifytest.Received) {
			for _, m := range b.Mails() {
				in = append(in, notifytest.Received{MessageID: m.ID, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML})
			}
			return in
		}}
	})
}

func TestPoster(t *testing.T) {
	notifytest.RunPoster(t, func(_ *testing.T, h http.Handler) (notify.Poster, string) {
		return notifytest.Poster{Receiver: h}, "https://receiver.example/hook"
	})
}
