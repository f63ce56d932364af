package notify_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/notify"
	"chargewright/core/notify/notifytest"
)

var letter = notify.Mail{Tenant: ours.Tenant, To: "ada@example.org", Subject: "Hello", Text: "secret-link", HTML: "<p>secret-link</p>", Kind: "sign_in", Key: "k"}

// bodies counts the mails on record that still hold their body.
func bodies(b *bench) int64 {
	return do(b, func(tx *store.Tx) (int64, error) {
		n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM notify_mail WHERE text_body <> '' OR html_body <> ''`)
		return n, err
	})
}

func TestAMailIsSentOnceAndItsBodyDropped(t *testing.T) {
	each(t, func(b *bench) {
		for range 3 {
			b.queue(letter)
		}
		other := letter
		other.Tenant = theirs.Tenant
		b.queue(other)
		if bodies(b) != 2 {
			t.Fatalf("%d bodies", bodies(b))
		}
		b.drain()
		b.queue(letter) // long after it was sent
		b.drain()
		if got := b.mailbox.Mails(); len(got) != 2 || got[0].Text != letter.Text || got[0].HTML != letter.HTML || got[0].ID == "" {
			t.Fatalf("%+v", got)
		}
		list := b.mails(ours)
		if len(list) != 1 || list[0].State != notify.MailSent || list[0].Attempts != 1 || list[0].To != letter.To || list[0].DoneAt.IsZero() || list[0].Error != "" {
			t.Errorf("%+v", list)
		}
		if bodies(b) != 0 || b.open() != 0 {
			t.Errorf("%d bodies, %d events remain", bodies(b), b.open())
		}
	})
}

func TestMailsThatCannotBeSentAreRefused(t *testing.T) {
	each(t, func(b *bench) {
		for field, change := range map[string]func(*notify.Mail){
			"to": func(m *notify.Mail) { m.To = "Ada <ada@example.org>" }, "to ": func(m *notify.Mail) { m.To = "" },
			"to  ": func(m *notify.Mail) { m.To = "a@b.c\r\nBcc: x@y.z" }, "to   ": func(m *notify.Mail) { m.To = "a@b.c, d@e.f" },
			"subject": func(m *notify.Mail) { m.Subject = "a\nb" }, "subject ": func(m *notify.Mail) { m.Subject = "" },
			"subject  ": func(m *notify.Mail) { m.Subject = strings.Repeat("ä", 201) },
			"text":      func(m *notify.Mail) { m.Text = "" }, "text ": func(m *notify.Mail) { m.HTML = strings.Repeat("x", 70_000) },
			"key": func(m *notify.Mail) { m.Key = "" },
		} {
			m := letter
			change(&m)
			err := b.try(func(tx *store.Tx) error { return notify.Queue(tx, m) })
			if !fail.Is(err, fail.Invalid) || !strings.Contains(err.Error(), strings.TrimSpace(field)+":") {
				t.Errorf("%s: %v", field, err)
			}
		}
		if b.open() != 0 || len(b.mails(ours)) != 0 {
			t.Error("a mail that was refused is on record")
		}
	})
}

// down is a mail server that is never well, and knows when it was asked.
type down struct {
	mu    sync.Mutex
	asked []time.Time
}

func (d *down) Send(context.Context, notify.Mail) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, time.Now())
	return fail.New(fail.Unavailable, "test", "down")
}

func TestMailsAreTriedForADay(t *testing.T) {
	server := &down{}
	inTime(t, func(b *bench) {
		start := time.Now()
		b.queue(letter)
		time.Sleep(30 * time.Hour)
		m := b.mails(ours)[0]
		if m.State != notify.MailFailed || m.Error != "it could not be sent in time" || bodies(b) != 0 || b.open() != 0 || m.Attempts != int64(len(server.asked)) {
			t.Errorf("%+v", m)
		}
		if n := len(server.asked); n < 8 || n > 20 || server.asked[n-1].Sub(start) < 18*time.Hour || server.asked[n-1].Sub(start) > 24*time.Hour {
			t.Errorf("asked at %v", server.asked)
		}
	}, func(o *notify.Options) { o.Mailer = server })
}

func TestAMailServerThatRecovers(t *testing.T) {
	inTime(t, func(b *bench) {
		for i, x := range []notifytest.Behaviour{notifytest.Down, notifytest.Hangs} {
			b.mailbox.Next(x)
			m := letter
			m.Key = string(rune('a' + i))
			b.queue(m)
			time.Sleep(time.Hour)
			if got := b.mails(ours)[0]; got.State != notify.MailSent || got.Attempts != 2 || len(b.mailbox.Mails()) != i+1 {
				t.Errorf("%+v", got)
			}
		}
		b.mailbox.Next(notifytest.Refuses)
		m := letter
		m.Key = "refused"
		b.queue(m)
		time.Sleep(time.Hour)
		if got := b.mails(ours)[0]; got.State != notify.MailFailed || got.Attempts != 1 || got.Error != "no such recipient" || bodies(b) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestALinkIsNotSentWhenItIsOver(t *testing.T) {
	server := &down{}
	inTime(t, func(b *bench) {
		m := letter
		m.Until = time.Now().Add(15 * time.Minute)
		b.queue(m)
		time.Sleep(time.Hour)
		if got := b.mails(ours)[0]; got.State != notify.MailFailed || got.DoneAt.After(m.Until.Add(time.Minute)) || len(server.asked) < 3 || bodies(b) != 0 {
			t.Errorf("%+v", got)
		}
		for _, at := range server.asked {
			if at.After(m.Until) {
				t.Errorf("asked at %v, after its time", at)
			}
		}
	}, func(o *notify.Options) { o.Mailer = server })
}

func TestHeldUntilThereIsAServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newDB(t), func(o *notify.Options) { o.Mailer = nil })
		b.queue(letter)
		late := letter
		late.Key, late.Until = "late", time.Now().Add(time.Minute)
		b.queue(late)
		b.drain()
		for _, m := range b.mails(ours) {
			if m.State != notify.MailHeld || m.Error != "no mail server is configured" || m.Attempts != 0 {
				t.Errorf("%+v", m)
			}
		}
		time.Sleep(time.Hour)
		again := newBench(t, b.db)
		if n := do(again, func(tx *store.Tx) (int, error) { return notify.Release(tx, 100) }); n != 2 {
			t.Errorf("%d released", n)
		}
		again.drain()
		states := map[notify.MailState]int{}
		for _, m := range b.mails(ours) {
			states[m.State]++
		}
		if states[notify.MailSent] != 1 || states[notify.MailFailed] != 1 || len(again.mailbox.Mails()) != 1 || bodies(b) != 0 {
			t.Errorf("%v", states)
		}
	})
}

func TestPagesAndForgetting(t *testing.T) {
	each(t, func(b *bench) {
		for i := range 7 {
			m := letter
			m.Key, m.To = string(rune('a'+i)), string(rune('a'+i))+"@example.org"
			b.queue(m)
		}
		var seen []string
		var at time.Time
		last := ""
		for range 5 {
			page := do(b, func(tx *store.Tx) ([]notify.Letter, error) { return notify.Mails(tx, ours, at, last, 3) })
			for _, m := range page {
				seen, at, last = append(seen, m.To[:1]), m.At, m.ID
			}
		}
		if strings.Join(seen, "") != "gfedcba" {
			t.Errorf("pages show %v", seen)
		}
		b.must(func(tx *store.Tx) error { notify.Erase(tx, ours.Tenant, "c@example.org"); return nil })
		b.drain()
		if n := len(b.mailbox.Mails()); n != 6 {
			t.Errorf("%d mails were sent; one was erased", n)
		}
		for _, m := range b.mails(ours) {
			if m.To == "c@example.org" || m.To == "" && m.State != notify.MailFailed {
				t.Errorf("%+v", m)
			}
		}
		b.must(func(tx *store.Tx) error {
			tx.Write(`UPDATE notify_mail SET created_at = created_at - $1 WHERE recipient < 'd'`, 31*24*time.Hour/time.Microsecond)
			return nil
		})
		b.must(func(tx *store.Tx) error { notify.Forget(tx); return nil })
		if n := len(b.mails(ours)); n != 4 {
			t.Errorf("%d remain", n)
		}
	})
}

func TestFilesAreMadeWhenAMailIsSent(t *testing.T) {
	failing, asked := true, 0
	inTime(t, func(b *bench) {
		for _, c := range []struct {
			attached string
			files    int
		}{{"prd_1", 1}, {"gone", 0}, {"large", 0}, {"", 0}} {
			m := letter
			m.Key, m.Attached = "with "+c.attached, c.attached
			b.queue(m)
			time.Sleep(time.Hour)
			got := b.mailbox.Mails()
			if len(got) == 0 {
				t.Fatalf("%q was not sent: %+v", c.attached, b.mails(ours))
			}
			if last := got[len(got)-1]; last.Attached != c.attached || len(last.Files) != c.files {
				t.Errorf("%q: %d files with %q", c.attached, len(last.Files), last.Attached)
			}
		}
		if asked != 4 || len(b.mailbox.Mails()) != 4 {
			t.Errorf("asked %d times for %d mails", asked, len(b.mailbox.Mails()))
		}
		m := letter
		m.Key, m.Attached = "k", strings.Repeat("x", 101)
		if err := b.try(func(tx *store.Tx) error { return notify.Queue(tx, m) }); !fail.Is(err, fail.Invalid) {
			t.Error(err)
		}
	}, func(o *notify.Options) {
		o.Files = func(_ context.Context, m notify.Mail) ([]notify.File, error) {
			asked++
			switch {
			case m.Attached == "gone":
				return nil, fail.New(fail.NotFound, "test", "there is none")
			case m.Attached == "large":
				return []notify.File{{Name: "x.pdf", Bytes: make([]byte, notify.MaxFiles+1)}}, nil
			case failing:
				failing = false
				return nil, fail.New(fail.Internal, "test", "not now")
			}
			return []notify.File{{Name: m.Attached + ".pdf", Bytes: []byte("%PDF")}}, nil
		}
	})
}
