package paper

import (
	"context"
	"fmt"
	"strings"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/notify"
)

// MailKind is the kind of the mails that bring documents.
const MailKind = "document"

// letters of documents by kind: subject and first line, with number and total.
var subjects = map[Language][4]string{
	English: {"Your receipt %s, %s", "Your invoice %s, %s", "Your credit note %s, %s", "Your statement %s, owed %s"},
	German:  {"Ihr Beleg %s, %s", "Ihre Rechnung %s, %s", "Ihre Rechnungskorrektur %s, %s", "Ihr Kontoauszug %s, offen %s"},
}

// phrasing of the rest of a mail.
var phrasing = map[Language]struct{ corrects, hold, bye string }{
	English: {"It corrects %s.", "The document is attached. Until %s it is also at", "Questions: %s"},
	German:  {"Sie korrigiert %s.", "Das Dokument hängt an. Bis %s liegt es auch unter", "Fragen: %s"},
}

// Mail queues the mail that brings a document to whom it is for, once: with its PDF
// and a link. Where nobody wishes or can have it any more nothing happens.
func (k *Desk) Mail(tx *store.Tx, tenant, document string) error {
	d, err := billing.GetDocument(tx, system(tenant), document)
	if err != nil {
		return err
	}
	key := "document/" + d.ID
	if done, err := notify.Queued(tx, d.Tenant, key); err != nil || done {
		return err
	}
	f, err := gather(tx, d, "")
	if err != nil || f.buyer.Email == "" {
		return err
	}
	l, secret, err := billing.NewLink(tx, system(d.Tenant), d.ID, 0)
	if err != nil {
		return err
	}
	return notify.Queue(tx, f.letter(k.Address(secret), l, key))
}

// letter is the mail of a document.
func (f *folder) letter(address string, l billing.Link, key string) notify.Mail {
	d, w, say := f.printed(), languages[f.language], phrasing[f.language]
	first := fmt.Sprintf(subjects[f.language][d.Kind], d.Number, strings.ReplaceAll(w.money(d.Gross, d.Currency), nbsp, " "))
	lines := []string{first + "."}
	if s := d.Session; s != nil {
		lines = append(lines, strings.Join(present(s.Site, s.Address), ", "), strings.ReplaceAll(w.span(s.Start.In(d.Zone), s.End.In(d.Zone)), nbsp, " ")+", "+strings.ReplaceAll(w.kwh(s.Energy), nbsp, " "))
	}
	if d.Corrects.Number != "" {
		lines = append(lines, "", fmt.Sprintf(say.corrects, d.Corrects.Number))
	}
	for _, n := range d.Notes {
		lines = append(lines, "", n)
	}
	lines = append(lines, "", fmt.Sprintf(say.hold, w.day(l.ExpiresAt.In(d.Zone))), address)
	if contact := strings.Join(present(d.Brand.Helpline, d.Brand.Mail), ", "); contact != "" {
		lines = append(lines, "", fmt.Sprintf(say.bye, contact))
	}
	return notify.Mail{
		Tenant: f.doc.Tenant, To: f.buyer.Email, Kind: MailKind, Key: key, Subject: first, Attached: f.doc.ID,
		Text: strings.Join(append(lines, "", d.Brand.Name, ""), "\n"),
	}
}

// Files makes what a mail of a document carries.
func (k *Desk) Files(ctx context.Context, m notify.Mail) ([]notify.File, error) {
	d, err := store.Read(ctx, k.o.DB, func(tx *store.Tx) (billing.Document, error) {
		return billing.GetDocument(tx, system(m.Tenant), m.Attached)
	})
	if err != nil {
		return nil, err
	}
	b, err := k.PDF(ctx, d, "", "")
	if err != nil {
		return nil, fail.Wrap(fail.KindOf(err), "paper.Files", err)
	}
	return []notify.File{{Name: Name(d) + ".pdf", Type: "application/pdf", Bytes: b}}, nil
}
