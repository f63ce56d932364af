package notify

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Mail is a message to one person.
type Mail struct {
	ID      string // given by Queue; stable over attempts
	Tenant  string
	To      string    // one bare address
	Subject string    // one line, at most 200 characters
	Text    string    // at most 64 KiB, as is HTML
	HTML    string    // the same in HTML; "" for none
	Kind    string    // why it is sent, a word for lists: "sign_in", "receipt"…
	Key     string    // idempotency: a second mail of a tenant with this key is not made
	Until   time.Time // not sent after; zero: 24 h after Queue
	// Attached names what Options.Files makes files of when it is sent, at most 100
	// characters; "" nothing.
	Attached string
	Files    []File // set by the courier
}

// File is carried by a mail.
type File struct {
	Name  string // plain, "R-00000001.pdf"
	Type  string // of media, "application/pdf"
	Bytes []byte
}

// MaxFiles is how many bytes a mail's files have together; more are not sent.
const MaxFiles = 5 << 20

// Mailer sends mails. Send returns nil when the mail server has taken the mail.
// An error of kind fail.Invalid or fail.Denied is for good; every other may be
// better later. It is called by several goroutines, and ends with ctx.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// MailState is where a mail stands.
type MailState string

// The states of mails.
const (
	MailWaiting MailState = "waiting"
	MailSent    MailState = "sent"
	MailFailed  MailState = "failed"
	MailHeld    MailState = "held" // no mail server is configured
)

// TopicMail is the topic of a mail to be sent. The key is its id.
const TopicMail = "notify.mail"

// Bounds of mails.
const (
	maxSubject = 200
	maxBody    = 64 << 10
	maxKey     = 200
	mailWait   = 24 * time.Hour
)

// noServer is what a held mail waits for.
const noServer = "no mail server is configured"

// check refuses what no mail server should be given.
func (m Mail) check() error {
	a, err := mail.ParseAddress(m.To)
	switch {
	case err != nil || a.Address != m.To || len(m.To) > 254:
		return fail.Field("notify.Queue", "to", "it is no email address")
	case m.Subject == "" || len([]rune(m.Subject)) > maxSubject || strings.ContainsAny(m.Subject, "\r\n\x00"):
		return fail.Field("notify.Queue", "subject", "it is not one line of 1 to %d characters", maxSubject)
	case m.Text == "" || len(m.Text) > maxBody || len(m.HTML) > maxBody:
		return fail.Field("notify.Queue", "text", "it is empty or longer than %d bytes", maxBody)
	case len(m.Attached) > 100:
		return fail.Field("notify.Queue", "attached", "it has more than 100 characters")
	case m.Key == "" || len(m.Key) > maxKey:
		return fail.Field("notify.Queue", "key", "it does not have 1 to %d characters", maxKey)
	}
	return nil
}

// Queue has a mail sent after the commit. A mail whose tenant and key there
// are already changes nothing. An address or text that cannot be sent is
// Invalid and names the field.
func Queue(tx *store.Tx, m Mail) error {
	if err := m.check(); err != nil {
		return err
	}
	if m.Until.IsZero() {
		m.Until = tx.Now().Add(mailWait)
	}
	m.ID = id.New("mail")
	n, err := tx.Exec(`INSERT INTO notify_mail (id, tenant_id, nkey, kind, recipient, subject, text_body, html_body, state, attempts, error, until_at, created_at, attached)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', $10, $11, $12) ON CONFLICT (tenant_id, nkey) DO NOTHING`,
		m.ID, m.Tenant, m.Key, m.Kind, m.To, m.Subject, m.Text, m.HTML, MailWaiting, m.Until, tx.Now(), m.Attached)
	if err != nil || n == 0 {
		return err
	}
	return outbox.Emit(tx, TopicMail, m.ID, nil)
}

// Queued reports whether there is or was a mail of the tenant with a key.
func Queued(tx *store.Tx, tenant, key string) (bool, error) {
	_, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT id FROM notify_mail WHERE tenant_id = $1 AND nkey = $2`, tenant, key)
	return found, err
}

// Letter is what is on record of a mail: never its body.
type Letter struct {
	ID       string
	Kind     string
	To       string
	Subject  string
	State    MailState
	Attempts int64
	Error    string // of the last attempt, "" for none
	At       time.Time
	DoneAt   time.Time
}

const letterColumns = `id, kind, recipient, subject, state, attempts, error, created_at, done_at`

func scanLetter(r *store.Row) Letter {
	return Letter{r.Text(0), r.Text(1), r.Text(2), r.Text(3), MailState(r.Text(4)), r.Int(5), r.Text(6), r.Time(7), r.Time(8)}
}

// Mails lists up to limit mails of the tenant, newest first, made before the
// given one (zero values: from the newest on).
func Mails(tx *store.Tx, sc access.Scope, beforeAt time.Time, before string, limit int) ([]Letter, error) {
	return store.All(tx, scanLetter, `SELECT `+letterColumns+` FROM notify_mail
		WHERE tenant_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3)) ORDER BY created_at DESC, id DESC LIMIT $4`,
		sc.Tenant, orEver(beforeAt), before, limit)
}

// MailsTo lists up to limit mails of the tenant to an address, newest first.
func MailsTo(tx *store.Tx, sc access.Scope, address string, limit int) ([]Letter, error) {
	return store.All(tx, scanLetter, `SELECT `+letterColumns+` FROM notify_mail WHERE tenant_id = $1 AND recipient = $2 ORDER BY created_at DESC, id DESC LIMIT $3`,
		sc.Tenant, address, limit)
}

// orEver makes the far future of the zero time.
func orEver(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(1<<40, 0)
	}
	return t
}

// waitingMail is a mail as the courier sees it.
type waitingMail struct {
	Mail
	attempts  int64
	createdAt time.Time
}

func findMail(tx *store.Tx, mailID string) (waitingMail, bool, error) {
	return store.One(tx, func(r *store.Row) waitingMail {
		return waitingMail{
			Mail{ID: r.Text(0), Tenant: r.Text(1), Key: r.Text(2), Kind: r.Text(3), To: r.Text(4), Subject: r.Text(5), Text: r.Text(6), HTML: r.Text(7), Until: r.Time(8), Attached: r.Text(11)},
			r.Int(9), r.Time(10),
		}
	}, `SELECT id, tenant_id, nkey, kind, recipient, subject, text_body, html_body, until_at, attempts, created_at, attached
		FROM notify_mail WHERE id = $1 AND state = $2`, mailID, MailWaiting)
}

// endMail ends a mail and drops its body: it may hold a link that signs somebody in.
func endMail(tx *store.Tx, mailID string, s MailState, attempts int64, why string) {
	tx.Write(`UPDATE notify_mail SET state = $2, attempts = $3, error = $4, done_at = $5, text_body = '', html_body = '' WHERE id = $1 AND state = $6`,
		mailID, s, attempts, brief(why), tx.Now(), MailWaiting)
}

// Release lets go of held mails, at most limit of them, the oldest first, now
// that there is a mail server. Those that are too late have failed.
func Release(tx *store.Tx, limit int) (released int, err error) {
	ids, err := store.All(tx, func(r *store.Row) string { return r.Text(0) },
		`SELECT id FROM notify_mail WHERE state = $1 ORDER BY created_at, id LIMIT $2`, MailHeld, limit)
	for _, one := range ids {
		tx.Write(`UPDATE notify_mail SET state = $2, error = '' WHERE id = $1`, one, MailWaiting)
		if err := outbox.Emit(tx, TopicMail, one, nil); err != nil {
			return 0, err
		}
	}
	return len(ids), err
}

// Erase takes an address out of the record of mails, when its holder leaves.
func Erase(tx *store.Tx, tenant, address string) {
	tx.Write(`UPDATE notify_mail SET recipient = '', subject = '', text_body = '', html_body = '', state = CASE WHEN state IN ($3, $4) THEN $5 ELSE state END
		WHERE tenant_id = $1 AND recipient = $2`, tenant, address, MailWaiting, MailHeld, MailFailed)
}

// keep is how long mails and deliveries stay on record.
const keep = 30 * 24 * time.Hour

// Forget deletes what is over its term, and the bodies of mails that will not
// be sent any more.
func Forget(tx *store.Tx) {
	tx.Write(`UPDATE notify_mail SET text_body = '', html_body = '' WHERE state = $1 AND until_at < $2`, MailHeld, tx.Now())
	tx.Write(`DELETE FROM notify_mail WHERE created_at < $1`, tx.Now().Add(-keep))
	tx.Write(`DELETE FROM notify_delivery WHERE created_at < $1`, tx.Now().Add(-keep))
}
