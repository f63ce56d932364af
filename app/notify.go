package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/notify"
	"chargewright/edge/api"
	"chargewright/plug/smtp"
	"chargewright/plug/webhook"
)

// NotifyConfig is what concerns mails and webhooks.
type NotifyConfig struct {
	SMTPURL             string `name:"smtp-url" help:"Mail server, as smtp://user:password@host:587?from=Name <address>, or smtps:// with port 465; better in a file (default: mails are held)." placeholder:"URL"`
	SMTPURLFile         string `name:"smtp-url-file" help:"File with the address of the mail server." placeholder:"FILE"`
	WebhookAllowPrivate bool   `help:"Let webhooks go to private addresses and by http. For a network where everybody is trusted."`

	// Mailbox keeps mails in memory and shows them at /api/v1/mailbox, for a
	// demonstration. No flag: nobody shall meet it by accident.
	Mailbox bool `kong:"-"`
}

// check returns an Invalid error that names the setting at fault.
func (c NotifyConfig) check() error {
	if c.SMTPURL != "" && c.SMTPURLFile != "" {
		return fail.Field("config", "smtp-url-file", "the mail server is given twice")
	}
	_, err := c.mailer()
	return err
}

// mailer is the mail server of the configuration, nil for none.
func (c NotifyConfig) mailer() (notify.Mailer, error) {
	address := c.SMTPURL
	if c.SMTPURLFile != "" {
		b, err := os.ReadFile(c.SMTPURLFile)
		if err != nil {
			return nil, fail.Field("config", "smtp-url-file", "%v", err)
		}
		address = strings.TrimSpace(string(b))
	}
	if address == "" {
		return nil, nil
	}
	m, err := smtp.New(address)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// errandsAtOnce bounds the mails and postings under way.
const errandsAtOnce = 16

// tellers makes what carries mails and webhooks out.
func (s *Server) tellers(ctx context.Context) error {
	mailer, err := s.cfg.mailer()
	if err != nil {
		return err
	}
	if s.cfg.Mailbox {
		s.mailbox = &mailbox{}
		mailer = s.mailbox
	}
	s.courier, err = notify.NewCourier(notify.Options{
		DB: s.DB, Keys: s.Keys, Mailer: mailer, Log: s.log, Stopped: s.webhookStopped, Files: s.desk.Files,
		Poster: webhook.New(webhook.Options{AllowPrivate: s.cfg.WebhookAllowPrivate, Agent: "Chargewright"}),
	})
	if err != nil {
		return err
	}
	errands := s.courier.Handlers()
	errands[driver.TopicVAT] = s.checkVAT
	errands[billing.TopicSettled] = s.costs.final
	s.errands = outbox.New(s.DB, errands, outbox.Options{Log: s.log, Workers: errandsAtOnce, Poll: s.cfg.poll})
	if mailer == nil {
		return nil
	}
	_, err = store.Do(ctx, s.DB, "mail", func(tx *store.Tx) (int, error) { return notify.Release(tx, releasedAtOnce) })
	return err
}

// releasedAtOnce bounds the held mails that a start lets go.
const releasedAtOnce = 5_000

// told adds to the options of the API what mails and webhooks need.
func (s *Server) told(o *api.Options) {
	o.Courier = s.courier
	if s.mailbox != nil {
		o.Mailbox, o.Shown = true, s.mailbox.newest
	}
}

// tell sends mails and posts webhooks until ctx ends.
func (s *Server) tell(ctx context.Context) {
	if err := s.errands.Run(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("the runner of mails and webhooks ended", "err", err)
	}
}

// fanout makes the data of an event and a delivery for each subscriber.
func (s *Server) fanout(ctx context.Context, e outbox.Event) error {
	event, err := notify.EventOf(e)
	if err != nil {
		return err
	}
	_, err = store.Do(ctx, s.DB, "events/"+event.Tenant, func(tx *store.Tx) (struct{}, error) {
		data, err := api.EventData(tx, event)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, notify.Fanout(tx, event, data)
	})
	return err
}

// webhookStopped tells the owners that a webhook was deactivated.
func (s *Server) webhookStopped(tx *store.Tx, h notify.Hook, why string) error {
	return s.eachOwner(tx, h.Tenant, func(u access.User) error {
		return notify.Queue(tx, notify.Mail{
			Tenant: h.Tenant, To: u.Email, Kind: "webhook_stopped", Key: fmt.Sprint("webhook_stopped/", h.ID, "/", tx.Now().UnixMicro(), "/", u.ID),
			Subject: "A webhook was deactivated",
			Text:    fmt.Sprintf("The webhook %q to %s was deactivated: %s.\n\nWhat waited for it was given up and can be sent again once it is activated:\n%s\n", h.Label, h.URL, why, s.cfg.base(s.Addr)+"/"),
		})
	})
}

// eachOwner calls tell for every active owner of a tenant.
func (s *Server) eachOwner(tx *store.Tx, tenant string, tell func(access.User) error) error {
	users, err := access.Users(tx, access.Scope{Tenant: tenant, Role: access.Owner, Kind: access.KindSystem}, "", ownersTold)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.Role != access.Owner || u.State != access.Active {
			continue
		}
		if err := tell(u); err != nil {
			return err
		}
	}
	return nil
}

// ownersTold bounds the users among whom owners are looked for.
const ownersTold = 200

// mailbox is a mail server that keeps the newest mails and sends none.
type mailbox struct {
	mu    sync.Mutex
	mails []api.Shown // the newest last
}

// mailboxSize bounds the mails that are kept.
const mailboxSize = 50

// Send implements notify.Mailer.
func (b *mailbox) Send(_ context.Context, m notify.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, api.Shown{At: time.Now(), Mail: m})
	if extra := len(b.mails) - mailboxSize; extra > 0 {
		b.mails = slices.Delete(b.mails, 0, extra)
	}
	return nil
}

// newest returns up to limit mails, the newest first.
func (b *mailbox) newest(limit int) []api.Shown {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.mails[max(len(b.mails)-limit, 0):])
	slices.Reverse(out)
	return out
}
