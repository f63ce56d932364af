package paper

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/notify"
	"chargewright/core/payment"
	"chargewright/core/session"
)

// Bounds of what is gathered for a dispute.
const (
	maxInputs   = 5_000 // messages about the session
	maxDeeds    = 200
	maxMails    = 100
	maxReadings = 60 // in the table; the ZIP has all
	maxStory    = 20_000
)

// matter is all that is on record about a disputed payment, read in one snapshot.
type matter struct {
	dispute   payment.Objection
	payment   payment.Payment
	steps     []payment.Step
	guest     driver.Guest
	buyer     string // mail address
	session   session.Session
	shown     session.Shown
	inputs    []session.Input
	truncated bool // there are more messages than were read
	documents []billing.Document
	folders   []folder
	mails     []notify.Letter
	deeds     []access.Deed
	brand     access.Brand
	entity    access.Entity
	place     folder // of the receipt in force; empty without a session
	at        time.Time
}

// look reads the matter of a dispute.
func look(tx *store.Tx, d payment.Objection) (m matter, err error) {
	m.dispute, m.at = d, tx.Now()
	sc := system(d.Tenant)
	if m.payment, err = payment.Get(tx, sc, d.Payment); err != nil {
		return m, err
	}
	if m.steps, err = payment.Steps(tx, d.Payment); err != nil {
		return m, err
	}
	if m.brand, err = access.GetBrand(tx, d.Tenant); err != nil {
		return m, err
	}
	if m.entity, err = access.GetEntity(tx, d.Tenant, m.payment.Entity); err != nil {
		return m, err
	}
	if m.guest, _, err = driver.GuestByPayment(tx, d.Payment); err != nil {
		return m, err
	}
	if m.buyer = m.guest.Email; m.payment.Driver != "" {
		who, err := driver.GetDriver(tx, sc, m.payment.Driver)
		if err != nil && !fail.Is(err, fail.NotFound) {
			return m, err
		}
		m.buyer = who.Email
	}
	if m.buyer != "" {
		if m.mails, err = notify.MailsTo(tx, sc, m.buyer, maxMails); err != nil {
			return m, err
		}
	}
	ses, err := billing.SessionOf(tx, m.payment)
	if err == nil && ses != "" {
		err = m.charged(tx, ses)
	}
	if err == nil {
		err = m.audited(tx)
	}
	return m, err
}

// charged reads the session that was paid for.
func (m *matter) charged(tx *store.Tx, id string) (err error) {
	var found bool
	if m.session, found, err = session.Find(tx, id); err != nil || !found {
		return err
	}
	if m.shown, _, err = session.PriceShown(tx, id); err != nil {
		return err
	}
	if m.inputs, err = session.InputsAfter(tx, m.session, session.InputKey{}, maxInputs+1); err != nil {
		return err
	}
	if len(m.inputs) > maxInputs {
		m.inputs, m.truncated = m.inputs[:maxInputs], true
	}
	if m.documents, err = billing.DocumentsOf(tx, id); err != nil {
		return err
	}
	for _, d := range m.documents {
		f, err := gather(tx, d, string(English))
		if err != nil {
			return err
		}
		m.folders = append(m.folders, f)
		if d.Kind == billing.Receipt {
			m.place = f
		}
	}
	return nil
}

// audited reads what people did about the session and the payment.
func (m *matter) audited(tx *store.Tx) error {
	for _, object := range present(m.session.ID, m.payment.ID, m.dispute.ID) {
		list, err := access.Deeds(tx, system(m.dispute.Tenant), access.DeedFilter{Object: object}, maxDeeds)
		if err != nil {
			return err
		}
		m.deeds = append(m.deeds, list...)
	}
	if m.payment.Driver != "" && m.session.ID != "" {
		f := access.DeedFilter{Actor: m.payment.Driver, From: m.session.Began().Add(-time.Hour), To: m.at}
		if !m.session.StoppedAt.IsZero() {
			f.To = m.session.StoppedAt.Add(time.Hour)
		}
		list, err := access.Deeds(tx, system(m.dispute.Tenant), f, maxDeeds)
		if err != nil {
			return err
		}
		m.deeds = append(m.deeds, list...)
	}
	slices.SortFunc(m.deeds, func(a, b access.Deed) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) })
	m.deeds = slices.CompactFunc(m.deeds, func(a, b access.Deed) bool { return a.ID == b.ID })
	return nil
}

func (m *matter) money(minor int64) string {
	return english.money(minor, m.payment.Currency)
}

func (m *matter) zone() *time.Location { return zoneOf(m.place.doc.Body.Zone) }

func (m *matter) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(m.zone()).Format("2006-01-02 15:04:05 MST")
}

// story says in English what is on record, in sentences.
func (m *matter) story() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	d := m.place.doc.Body
	if m.session.ID == "" {
		say("The payment %s of %s was made on %s for a prepaid wallet or for a charging session that did not begin.", m.payment.ID, m.money(m.payment.Captured), m.time(m.payment.Created))
		return b.String()
	}
	if m.shown.Words != "" {
		how := map[session.How]string{session.Accepted: "was shown to the customer and accepted by them", session.Offered: "was the one offered at the charging point"}[m.shown.How]
		say("Before charging, this price %s (%s): “%s”. Its text has the SHA-256 digest %s.", how, m.time(m.shown.At), strings.ReplaceAll(m.shown.Words, "\n", " "), m.shown.Digest)
	}
	if m.guest.ID != "" {
		say("The customer paid on the payment provider's page; charging began after the payment was authorised (%s).", m.time(m.guest.CreatedAt))
	}
	if m.session.Verdict != "" {
		say("The charging point asked whether the customer's token …%s may charge; the answer was “%s”.", strings.TrimLeft(d.Token, "…"), m.session.Verdict)
	}
	say("Charging took place at %s, charging point %s, from %s to %s. %s were delivered.", strings.Join(present(d.Site, d.Address), ", "),
		cmp.Or(m.place.evse.ContractID, m.session.Station), m.time(d.Start), m.time(d.End), english.kwh(d.Energy))
	say("The meter read %s at the start and %s at the end.", english.kwh(d.First), english.kwh(d.Last))
	if d.Signed > 0 {
		say("%d readings are signed by the meter; the records are attached to our file unchanged.", d.Signed)
	}
	for _, x := range m.documents {
		if x.Kind == billing.CreditNote {
			say("%s was given back by credit note %s on %s.", m.money(x.Gross), x.Number, m.time(x.IssuedAt))
			continue
		}
		say("Receipt %s over %s was issued on %s.", x.Number, m.money(x.Gross), m.time(x.IssuedAt))
	}
	for _, x := range m.mails {
		if x.Kind == MailKind && x.State == notify.MailSent {
			say("Mailed to the customer on %s: %s.", m.time(x.DoneAt), x.Subject)
		}
	}
	return b.String()
}

// Evidence gathers what shows that a disputed charge was right: a PDF with the
// facts in English, and a ZIP of everything as it is on record. What a person adds
// stands first.
func (k *Desk) Evidence(ctx context.Context, d payment.Objection, added string) (payment.Evidence, []byte, error) {
	m, err := store.Read(ctx, k.o.DB, func(tx *store.Tx) (matter, error) { return look(tx, d) })
	if err != nil {
		return payment.Evidence{}, nil, err
	}
	text := strings.TrimSpace(strings.TrimSpace(added) + "\n\n" + m.story())
	if r := []rune(text); len(r) > maxStory/2 {
		text = string(r[:maxStory/2]) + " …"
	}
	files, err := m.files()
	if err != nil {
		return payment.Evidence{}, nil, err
	}
	pdf, err := m.render(text, files)
	if err != nil {
		return payment.Evidence{}, nil, err
	}
	pack, err := m.pack(append([]packed{{"evidence.pdf", pdf}}, files...))
	e := payment.Evidence{Text: text, Buyer: m.buyer, Service: m.place.doc.Body.End, Document: pdf}
	return e, pack, err
}

// packed is one file of the pack.
type packed struct {
	name string
	body []byte
}

func (p packed) digest() string {
	sum := sha256.Sum256(p.body)
	return hex.EncodeToString(sum[:])
}

// files are the records as they are kept, as JSON, and the documents as PDF.
func (m *matter) files() ([]packed, error) {
	var out []packed
	add := func(name string, v any) error {
		b, err := json.MarshalIndent(v, "", "  ")
		out = append(out, packed{name, b})
		return fail.Wrap(fail.Internal, "paper.Evidence", err)
	}
	m.payment.URL = ""
	if m.payment.Why != "" && m.payment.Trouble == payment.NoTrouble {
		m.payment.Why = ""
	}
	records := []struct {
		name string
		v    any
		have bool
	}{
		{"dispute.json", m.dispute, true}, {"payment.json", map[string]any{"payment": m.payment, "steps": m.steps}, true}, {"visit.json", m.guest, m.guest.ID != ""},
		{"session.json", m.session, m.session.ID != ""}, {"price.json", m.shown, m.shown.Words != ""},
		{"messages.json", map[string]any{"messages": m.inputs, "truncated": m.truncated}, len(m.inputs) > 0}, {"mails.json", m.mails, len(m.mails) > 0}, {"log.json", m.deeds, len(m.deeds) > 0},
	}
	for _, r := range records {
		if r.have {
			if err := add(r.name, r.v); err != nil {
				return nil, err
			}
		}
	}
	for i, f := range m.folders {
		if err := add("documents/"+Name(m.documents[i])+".json", m.documents[i]); err != nil {
			return nil, err
		}
		b, err := Render(f.printed())
		if err != nil {
			return nil, err
		}
		out = append(out, packed{"documents/" + Name(m.documents[i]) + ".pdf", b})
	}
	return out, nil
}

// pack writes the files as ZIP, with a list of their digests.
func (m *matter) pack(files []packed) ([]byte, error) {
	var list strings.Builder
	for _, f := range files {
		fmt.Fprintf(&list, "%s  %s\n", f.digest(), f.name)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range append(files, packed{"SHA256SUMS", []byte(list.String())}) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: m.at})
		if err == nil {
			_, err = w.Write(f.body)
		}
		if err != nil {
			return nil, fail.Wrap(fail.Internal, "paper.Evidence", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fail.Wrap(fail.Internal, "paper.Evidence", err)
	}
	return out.Bytes(), nil
}

// sheetOf opens the pages of the matter.
func (m *matter) sheetOf(known *letters, logo []byte, pages int) *sheet {
	d := &Document{
		Kind: evidence, Language: English, Number: m.dispute.Ref, Issued: m.at, Zone: m.zone(), Currency: money.Currency(m.payment.Currency), Brand: brandOf(m.brand),
		Seller: sellerOf(m.entity, m.place.doc.Body, m.place.sellerID, English),
	}
	return newSheet(d, known, logo, pages)
}

// render prints the facts of the matter.
func (m *matter) render(text string, files []packed) ([]byte, error) {
	known, err := newLetters()
	if err != nil {
		return nil, err
	}
	logo := readLogo(brandOf(m.brand).Logo)
	counted := m.sheetOf(known, logo, 0)
	m.lay(counted, text, files)
	s := m.sheetOf(known, logo, counted.page)
	m.lay(s, text, files)
	var out bytes.Buffer
	if err := s.pdf.Output(&out); err != nil {
		return nil, fail.Wrap(fail.Internal, "paper.Evidence", err)
	}
	return out.Bytes(), nil
}

func (m *matter) lay(s *sheet, text string, files []packed) {
	s.first()
	s.text(left, s.y, style{"bold", 20, ink}, "Evidence for a disputed payment")
	s.y += 12
	s.line(left, right, s.y, 0.6, ink)
	s.y += 4
	p := m.payment
	card := strings.TrimSpace(cmp.Or(methods[p.Method.Brand], p.Method.Brand, p.Method.Kind))
	if p.Method.Last4 != "" {
		card += " ending " + p.Method.Last4
	}
	s.rows([]fact{
		{"Dispute", m.dispute.Ref + " at " + m.dispute.Provider, false}, {"Reason given", m.dispute.Reason, false}, {"Disputed", m.money(m.dispute.Amount), false},
		{"Opened", m.time(m.dispute.Created), false}, {"Evidence until", m.time(m.dispute.DueAt), false}, {"Payment", p.ID, true}, {"Provider's reference", p.Ref, true},
		{"Paid with", card, false}, {"Taken", m.money(p.Captured), false}, {"Given back", m.money(p.Refunded), false}, {"Gathered", m.time(m.at), false},
	}, left, 40, width)
	m.section(s, "What happened")
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			s.flow(left, width, body, s.clean(line))
			s.y += 1.2
		}
	}
	if m.session.ID != "" {
		m.layPrice(s)
		m.laySession(s)
		m.layReceipt(s)
	}
	m.laySteps(s)
	m.layLog(s)
	m.section(s, "Files on record")
	t := table{s: s, columns: []column{{"File", 60, false}, {"SHA-256", 110, false}}, size: 7.4}
	t.head()
	for _, f := range files {
		t.row("", f.name, f.digest())
	}
	s.foot()
}

// section begins a part under its heading, which is never left alone at the foot of
// a page: what a text or a table begins with stays with it.
func (m *matter) section(s *sheet, title string) {
	s.need(12 + 6*body.leading())
	s.y += 5
	s.text(left, s.y, style{"bold", 12.5, ink}, title)
	s.y += 7
}

func (m *matter) layPrice(s *sheet) {
	if m.shown.Words == "" {
		return
	}
	m.section(s, "The price, as it was shown")
	for _, line := range strings.Split(m.shown.Words, "\n") {
		s.flow(left, width, body, s.clean(line))
	}
	s.y += 1
	s.rows([]fact{
		{"Came to hold", string(m.shown.How), false}, {"When", m.time(m.shown.At), false}, {"Language", m.shown.Language, false}, {"Tariff", m.shown.Tariff, false},
		{"Version", m.shown.Version, true}, {"SHA-256 of the text", m.shown.Digest, true},
	}, left, 40, width)
}

func (m *matter) laySession(s *sheet) {
	b, x := m.place.doc.Body, m.session
	m.section(s, "The charging session")
	facts := []fact{
		{"Where", strings.Join(present(b.Site, b.Address), ", "), false}, {"Charging point", strings.Join(present(m.place.evse.ContractID, x.Station, fmt.Sprint("EVSE ", x.EVSE)), ", "), false},
		{"Token", b.Token, true}, {"Authorised", string(x.Verdict), false}, {"Start", m.time(b.Start), false}, {"End", m.time(b.End), false}, {"End, in the station's words", x.Reason, false},
		{"Energy", english.kwh(b.Energy), false}, {"Session", x.ID, true}, {"Transaction", x.Tx, true}, {"Protocol", "OCPP " + x.Protocol, false},
	}
	if g := m.place.signed; g != nil {
		facts = append(facts, fact{"Signed by meter", strings.Join(present(g.Meter, g.Format, g.Begin, g.End), ", "), true}, fact{"Public key", g.Key, true})
	}
	s.rows(facts, left, 48, width)
	m.layReadings(s)
}

// layReadings lists the readings; of many the first and the last.
func (m *matter) layReadings(s *sheet) {
	type reading struct{ at, register, signed string }
	var all []reading
	for _, in := range m.inputs {
		for _, r := range in.Samples {
			sign := ""
			if r.Signed != "" {
				sign = packed{body: []byte(r.Signed)}.digest()
			}
			all = append(all, reading{m.time(r.At), english.kwh(r.Register), sign})
		}
	}
	if len(all) == 0 {
		return
	}
	s.y += 2
	t := table{s: s, columns: []column{{"Reading at", 40, false}, {"Register", 28, true}, {"", 5, false}, {"SHA-256 of the signed record", 97, false}}, size: 7.4}
	t.head()
	for i, r := range all {
		if len(all) > maxReadings && i >= maxReadings/2 && i < len(all)-maxReadings/2 {
			if i == maxReadings/2 {
				t.row("", "…", fmt.Sprintf("%d more", len(all)-maxReadings), "", "")
			}
			continue
		}
		t.row("", r.at, r.register, "", r.signed)
	}
}

func (m *matter) layReceipt(s *sheet) {
	for _, f := range m.folders {
		d := f.printed()
		m.section(s, fmt.Sprintf("%s %s, %s", english.kinds[d.Kind], d.Number, m.money(d.Gross)))
		t := table{s: s, columns: []column{{"What", 78, false}, {"Quantity", 30, true}, {"Price", 34, true}, {"Amount", 28, true}}, size: 8.4}
		t.head()
		for _, l := range d.Lines {
			t.row(l.Detail, english.what(l.What), english.quantity(l.Quantity, l.Unit), english.unitPrice(l.UnitPrice, l.Unit, d.Currency), m.money(l.Minor))
		}
		for _, x := range d.Taxes {
			t.row("", english.taxName(x)+" on "+m.money(x.Net), "", "", m.money(x.Minor))
		}
		t.row("", "Total", "", "", m.money(d.Gross))
	}
}

func (m *matter) laySteps(s *sheet) {
	m.section(s, "The payment, step by step")
	t := table{s: s, columns: []column{{"When", 46, false}, {"What", 34, false}, {"Amount", 24, true}, {"", 5, false}, {"Outcome", 61, false}}, size: 8}
	t.head()
	for _, x := range m.steps {
		t.row("", m.time(cmp.Or(x.Ended, x.Created)), string(x.Verb), m.money(x.Amount), "", strings.Join(present(string(x.State), string(x.Outcome), x.Answer), ", "))
	}
}

func (m *matter) layLog(s *sheet) {
	if len(m.mails) > 0 {
		m.section(s, "Mails to the customer")
		t := table{s: s, columns: []column{{"When", 46, false}, {"Subject", 80, false}, {"To", 30, false}, {"State", 14, false}}, size: 8}
		t.head()
		for _, x := range m.mails {
			t.row("", m.time(x.At), x.Subject, x.To, string(x.State))
		}
	}
	if len(m.deeds) > 0 {
		m.section(s, "The log of who did what")
		t := table{s: s, columns: []column{{"When", 46, false}, {"Who", 44, false}, {"What", 60, false}, {"Status", 20, true}}, size: 8}
		t.head()
		for _, x := range m.deeds {
			t.row("", m.time(x.At), strings.Join(present(x.Scope.Kind, cmp.Or(x.Scope.Name, x.Scope.Actor)), " "), x.Action, fmt.Sprint(x.Status))
		}
	}
}
