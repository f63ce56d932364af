package paper

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/notify"
	"chargewright/core/payment"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/plug/simpay"
	"chargewright/schema"
	"chargewright/wire/en16931"
)

var ours = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner, Kind: access.KindSystem}

// world is a network that sells, with a provider of payments and a mail server
// that keeps what it is given.
type world struct {
	*testing.T
	db      *store.DB
	desk    *Desk
	sim     *simpay.Sim
	runner  *outbox.Runner
	mails   []notify.Mail
	version tariff.Version
	day     time.Time // of the next session
}

// Send implements notify.Mailer.
func (w *world) Send(_ context.Context, m notify.Mail) error {
	w.mails = append(w.mails, m)
	return nil
}

// Post implements notify.Poster.
func (w *world) Post(context.Context, notify.Request) (notify.Reply, error) {
	return notify.Reply{}, errors.New("nobody posts here")
}

func eachWorld(t *testing.T, fn func(w *world)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		sim, err := simpay.New(simpay.Options{Base: "https://pay.example", Secrets: []string{"secret"}})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, db: db, sim: sim, day: time.Now().UTC().Add(-48 * time.Hour).Truncate(time.Microsecond)}
		w.desk = NewDesk(Options{DB: db, Base: func() string { return "https://kranich.example" }, Log: slog.New(slog.DiscardHandler)})
		keys, err := secret.New(bytes.Repeat([]byte{7}, 32))
		if err != nil {
			t.Fatal(err)
		}
		courier, err := notify.NewCourier(notify.Options{DB: db, Keys: keys, Mailer: w, Poster: w, Files: w.desk.Files, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ps := payment.Providers{"sim": sim}
		on := func(fn func(tx *store.Tx, key string) error) outbox.Handler {
			return func(ctx context.Context, e outbox.Event) error {
				_, err := store.Do(ctx, db, e.Key, func(tx *store.Tx) (int, error) { return 0, fn(tx, e.Key) })
				return err
			}
		}
		handlers := payment.Handlers(db, ps, nil)
		maps.Copy(handlers, courier.Handlers())
		maps.Copy(handlers, map[string]outbox.Handler{
			payment.TopicChanged: on(billing.Changed), billing.TopicDun: on(billing.Dun), billing.TopicGuestEnd: on(billing.GuestLate),
			billing.TopicGuestStart: func(context.Context, outbox.Event) error { return nil },
			billing.TopicMail:       on(func(tx *store.Tx, key string) error { return w.desk.Mail(tx, ours.Tenant, key) }),
			session.TopicClosed:     func(ctx context.Context, e outbox.Event) error { return billing.Settle(ctx, db, e.Key) },
		})
		w.runner = outbox.New(db, handlers, outbox.Options{Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
		w.do(w.build)
		fn(w)
	})
}

func (w *world) do(fn func(tx *store.Tx) error) {
	w.Helper()
	if _, err := store.Do(w.Context(), w.db, "test", func(tx *store.Tx) (int, error) { return 0, fn(tx) }); err != nil {
		w.Fatal(err)
	}
}

func get[T any](w *world, fn func(tx *store.Tx) (T, error)) T {
	w.Helper()
	v, err := store.Do(w.Context(), w.db, "test", fn)
	if err != nil {
		w.Fatal(err)
	}
	return v
}

// build is a seller in Germany with one station and one price.
func (w *world) build(tx *store.Tx) error {
	if err := access.Install(tx, access.Entity{Name: "Kranich Ladenetz GmbH", Country: "DE", Currency: "EUR", NumberPrefix: "KR"}); err != nil {
		return err
	}
	if err := tariff.ShipTaxRates(tx, ours.Tenant); err != nil {
		return err
	}
	if err := access.PutBrand(tx, ours, access.Brand{
		Name: "Kranich Ladenetz", Helpline: "+49 30 5550 1234", Email: "hilfe@kranich.example", Languages: []string{"de", "en"}, Logo: access.Logo{Type: "image/png", Bytes: logo()},
	}); err != nil {
		return err
	}
	if err := station.PutSite(tx, station.Site{
		ID: "site", Tenant: ours.Tenant, Entity: access.DefaultEntity, Name: "Einkaufspark Mühlau", Address: "Am Markt 3", PostalCode: "12345", City: "Erlental", Country: "DE", Zone: "Europe/Berlin",
	}); err != nil {
		return err
	}
	if err := station.Create(tx, station.Station{ID: "KRN-MUE-07", Tenant: ours.Tenant, Site: "site", Onboarding: station.Accepted}); err != nil {
		return err
	}
	if _, err := device.Install(tx, ours.Tenant, "KRN-MUE-07"); err != nil {
		return err
	}
	if _, err := access.AddRegistration(tx, ours, access.Registration{
		Entity: access.DefaultEntity, Country: "DE", Kind: access.RegisteredStandard, VATID: "DE811569869", DealersOwe: true, Term: access.Term{From: "2020-01-01"},
	}); err != nil {
		return err
	}
	t, err := tariff.Parse([]byte(`{"id":"T","currency":"EUR","tax_included":"YES","last_updated":"2026-01-01T00:00:00Z","elements":[{"price_components":[
		{"type":"FLAT","price":1},{"type":"ENERGY","price":0.59,"step_size":1},{"type":"PARKING_TIME","price":6,"step_size":60}]}]}`))
	if err != nil {
		return err
	}
	if w.version, err = tariff.Put(tx, ours.Tenant, "", t); err != nil {
		return err
	}
	return tariff.Assign(tx, ours.Tenant, tariff.Place{Kind: tariff.OfTenant, ID: ours.Tenant}, "T")
}

// seller says all that a seller has to say.
func (w *world) seller() {
	w.do(func(tx *store.Tx) error {
		e, err := access.GetEntity(tx, ours.Tenant, access.DefaultEntity)
		if err != nil {
			return err
		}
		e.Zone, e.Street, e.PostalCode, e.City, e.Email, e.Phone = "Europe/Berlin", "Hafenstraße 14", "12345", "Erlental", "rechnung@kranich.example", "+49 30 5550 1200"
		e.Register, e.TaxNumber, e.IBAN, e.BIC = "HRB 12345, Amtsgericht Erlental", "123/456/78901", "DE89370400440532013000", "COBADEFFXXX"
		return access.PutEntity(tx, ours, e)
	})
}

// driver is one with a card of that name, and a mail address.
func (w *world) driver(card, language string, b *driver.Buyer) string {
	w.Helper()
	return get(w, func(tx *store.Tx) (string, error) {
		id, err := driver.CreateDriver(tx, ours, driver.Driver{Name: "Ada Lund", Email: strings.ToLower(card) + "@example.org", Language: language})
		if err != nil {
			return "", err
		}
		if err := driver.PutToken(tx, ours, driver.Token{UID: card, Type: "ISO14443", Status: driver.StatusAccepted, Driver: id}); err != nil || b == nil {
			return id, err
		}
		b.Driver = id
		if _, err := driver.PutBuyer(tx, ours, *b); err != nil || b.VATID == "" {
			return id, err
		}
		_, err = driver.ValidateBuyer(tx, ours, id, driver.VATValid, "seen in the register")
		return id, err
	})
}

// signature is a record as a meter signs it.
func signature(page string) string {
	return base64.StdEncoding.EncodeToString([]byte(`OCMF|{"FV":"1.0","GI":"KRANICH","GS":"G1","PG":"` + page + `","MS":"1EMH0012345678"}|{"SA":"ECDSA-secp256r1-SHA256","SD":"3045"}`))
}

// charge is a settled session of a token: 42.47 kWh in an hour, 20 minutes of it
// after the vehicle was full.
func (w *world) charge(token, kind string) string {
	w.Helper()
	begin, name := w.day, w.day.Format("150405.000000")
	w.day = w.day.Add(70 * time.Minute)
	say := func(n int64, after time.Duration, flow session.Flow, register energy.Energy, what session.Kind) string {
		r := session.Report{
			Station: "KRN-MUE-07", Protocol: "2.0.1", Tx: name, Key: fmt.Sprint(n), Seq: n, Kind: what, EVSE: 1, Connector: 1, At: begin.Add(after), Received: begin.Add(after), Flow: flow,
			Samples: []energy.Sample{{At: begin.Add(after), Register: 10_234_118_000 + register, Signed: signature(fmt.Sprint("T", 3871+n))}},
			Message: []byte(`{"meterValue":[{"sampledValue":[{"signedMeterValue":{"signedMeterData":"x","publicKey":"oca:base16:asn1:3059301306072A8648CE3D020106082A8648CE3D03010703420004"}}]}]}`),
		}
		if what == session.Started {
			r.Token, r.TokenType = token, kind
		}
		if what == session.Ended {
			r.Reason = "EVDisconnected"
		}
		v := get(w, func(tx *store.Tx) (session.Verdict, error) { return session.Apply(tx, r) })
		return v.Session
	}
	id := say(0, 0, session.FlowCharging, 0, session.Started)
	for i := range int64(10) {
		say(1+i, time.Duration(4*(i+1))*time.Minute, session.FlowCharging, energy.Energy(42_470_000*(i+1)/10), session.Updated)
	}
	say(11, 40*time.Minute, session.FlowSuspendedEV, 42_470_000, session.Updated)
	say(12, time.Hour, session.FlowSuspendedEV, 42_470_000, session.Ended)
	if err := billing.Settle(w.Context(), w.db, id); err != nil {
		w.Fatal(err)
	}
	w.drain()
	return id
}

func (w *world) drain() {
	w.Helper()
	w.do(func(tx *store.Tx) error {
		tx.Write(`UPDATE outbox_event SET due_at = 1 WHERE topic = $1`, billing.TopicMail)
		return nil
	})
	if err := w.runner.Drain(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) document(key string) billing.Document {
	w.Helper()
	return get(w, func(tx *store.Tx) (billing.Document, error) { return billing.GetDocument(tx, ours, key) })
}

// visit is a guest who has paid with a card and charged; the session's id.
func (w *world) visit(language string) (driver.Guest, string) {
	w.Helper()
	g := get(w, func(tx *store.Tx) (driver.Guest, error) {
		g, _, _, err := billing.Visit(tx, billing.VisitOrder{
			Guest: driver.Guest{
				Tenant: ours.Tenant, Station: "KRN-MUE-07", EVSE: 1, Hold: 5000, Email: "guest@example.org",
				Offer: driver.Offer{Tariff: "T", Version: string(w.version), Currency: "EUR", Language: language, Words: "0,59 € je kWh, 1,00 € je Ladevorgang, 0,10 € je Minute ohne Laden"},
			},
			Provider: "sim", Text: "Charging", Return: func(secret string) string { return "https://kranich.example/pay/v/" + secret },
		})
		return g, err
	})
	w.drain()
	p := get(w, func(tx *store.Tx) (payment.Payment, error) { p, _, err := payment.Find(tx, g.Payment); return p, err })
	if err := w.sim.Pay(p.Ref, simpay.Good); err != nil {
		w.Fatal(err)
	}
	w.learn(p.Ref)
	w.do(func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, true, "") })
	w.day = time.Now().UTC().Add(-time.Hour).Truncate(time.Microsecond)
	return g, w.charge(g.Token, "Central")
}

func (w *world) learn(ref string) {
	w.Helper()
	if _, err := payment.Learn(w.Context(), w.db, payment.Providers{"sim": w.sim}, "sim", payment.Query{Ref: ref}); err != nil {
		w.Fatal(err)
	}
	w.drain()
}

func (w *world) pdf(name string, d billing.Document, language string) string {
	w.Helper()
	b, err := w.desk.PDF(w.Context(), d, language, "")
	if err != nil {
		w.Fatal(err)
	}
	leave(w.T, name, b)
	return strings.ReplaceAll(all(read(w, b)), "\n", " ")
}

// leave writes a file where a person can look at it, when PAPER_OUT names a
// directory.
func leave(t *testing.T, name string, b []byte) {
	if dir := os.Getenv("PAPER_OUT"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) says(text string, words ...string) {
	w.Helper()
	for _, x := range words {
		if !strings.Contains(text, x) {
			w.Errorf("%q is not said in\n%s", x, text)
		}
	}
}

// xml writes a document in both syntaxes and profiles, and wants no fault.
func (w *world) xml(name string, d billing.Document) map[Syntax]string {
	w.Helper()
	out := map[Syntax]string{}
	for _, s := range []Syntax{UBL, CII} {
		for _, p := range []en16931.Profile{en16931.EN16931, en16931.XRechnung} {
			b, err := w.desk.XML(w.Context(), d, Order{s, p, "04011000-12345-34"})
			if err != nil {
				w.Fatal(s, p, err)
			}
			out[s] = string(b)
			leave(w.T, name+"-"+string(s)+".xml", b)
		}
	}
	return out
}

func TestABusinessGetsAnInvoiceThatConforms(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.seller()
		w.driver("FLEET", "de", &driver.Buyer{Kind: driver.BuysAsBusiness, Company: "Flotte GmbH", Address: "Werkstraße 9\n24103 Kiel", Country: "DE", VATID: "DE136695976"})
		d := w.document(w.charge("FLEET", "ISO14443"))
		if d.Gross != 2506+100+200 || d.Net+d.Tax != d.Gross {
			t.Fatalf("%d + %d = %d", d.Net, d.Tax, d.Gross)
		}
		w.says(w.pdf("invoice-de.pdf", d, ""), "Rechnung", d.Number, "28,06 €", "Flotte GmbH", "24103 Kiel", "DE136695976", "DE811569869", "MwSt. 19 % auf 23,58 €", "1EMH0012345678, OCMF", "T3871", "T3883",
			"oca:base16:asn1:", "42,470 kWh", "Standzeit ohne Laden", "Deutschland")
		w.says(w.pdf("invoice-en.pdf", d, "en"), "Invoice", "€28.06", "VAT 19 % on €23.58", "Germany")
		x := w.xml("invoice", d)
		for s, text := range x {
			for _, want := range []string{d.Number, "Flotte GmbH", "DE811569869", "23.58", "4.48", "28.06", "Kiel", "24103", "EM", "1EMH0012345678"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s lacks %q:\n%s", s, want, text)
				}
			}
		}
	})
}

func TestReverseChargeIsSaidAndConforms(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.seller()
		w.driver("DEALER", "de", &driver.Buyer{Kind: driver.BuysToResell, Company: "Énergie SARL", Address: "1 rue de la Paix\n75001 Paris", Country: "FR", VATID: "FR12345678901"})
		d := w.document(w.charge("DEALER", "ISO14443"))
		if d.Tax != 0 || d.Body.Note == "" {
			t.Fatalf("tax %d, %q, %v", d.Tax, d.Body.Note, d.Body.Determined)
		}
		w.says(w.pdf("reverse-de.pdf", d, "de"), "Rechnung", "Énergie SARL", "Frankreich", "Steuerschuldnerschaft des Leistungsempfängers", "FR12345678901")
		w.says(w.pdf("reverse-en.pdf", d, "en"), "Invoice", "Reverse charge", "reverse charge on")
		for s, text := range w.xml("reverse", d) {
			if !strings.Contains(text, ">AE<") || !strings.Contains(text, "VATEX-EU-AE") || !strings.Contains(text, "FR12345678901") {
				t.Errorf("%s: %s", s, text)
			}
		}
	})
}

func TestWhatADocumentLacksIsNamedByItsRules(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.driver("FLEET", "en", &driver.Buyer{Kind: driver.BuysAsBusiness, Company: "Flotte GmbH", Address: "Kiel", Country: "DE"})
		d := w.document(w.charge("FLEET", "ISO14443"))
		missing := func(d billing.Document, p en16931.Profile, want ...string) {
			t.Helper()
			_, err := w.desk.XML(w.Context(), d, Order{UBL, p, ""})
			var u *Unfit
			if !fail.Is(err, fail.Conflict) || !errors.As(err, &u) {
				t.Fatalf("%v", err)
			}
			for _, rule := range want {
				if !slices.ContainsFunc(u.Findings(), func(f en16931.Finding) bool { return f.Rule == rule && f.Term != "" }) {
					t.Errorf("%s is not named: %v", rule, u.Findings())
				}
			}
			if !strings.Contains(fail.Say(err), want[0]) {
				t.Errorf("%q does not name %s", fail.Say(err), want[0])
			}
		}
		missing(d, en16931.EN16931, "BR-08")
		missing(d, en16931.XRechnung, "BR-08", "BR-DE-15", "BR-DE-2", "PEPPOL-EN16931-R020")
		w.pdf("bare.pdf", d, "") // is there all the same
		w.seller()
		if _, err := w.desk.XML(w.Context(), d, Order{CII, en16931.EN16931, ""}); err != nil {
			t.Errorf("the seller has said all, and %v", err)
		}
		_, ses := w.visit("de")
		missing(w.document(ses), en16931.EN16931, "BR-07", "BR-10")
		if _, err := w.desk.XML(w.Context(), d, Order{"pdf", en16931.EN16931, ""}); !fail.Is(err, fail.Invalid) {
			t.Error(err)
		}
	})
}

func TestACreditNoteNamesWhatItCorrects(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.seller()
		w.driver("FLEET", "de", &driver.Buyer{Kind: driver.BuysAsBusiness, Company: "Flotte GmbH", Address: "Werkstraße 9, 24103 Kiel", Country: "DE", VATID: "DE136695976"})
		ses := w.charge("FLEET", "ISO14443")
		r := w.document(ses)
		part := get(w, func(tx *store.Tx) (billing.Document, error) {
			return billing.Credit(tx, ours, r.ID, billing.CreditOrder{Key: "1", Gross: 500, Reason: "Die Säule war gestört", To: billing.ToPayer})
		})
		w.says(w.pdf("credit-de.pdf", part, ""), "Rechnungskorrektur", r.Number+" vom", "5,00 €", "Die Säule war gestört", "Summe der Korrektur")
		rest := get(w, func(tx *store.Tx) (billing.Document, error) {
			return billing.Credit(tx, ours, r.ID, billing.CreditOrder{Key: "2", Reason: "Goodwill", To: billing.ToPayer})
		})
		for _, d := range []billing.Document{part, rest} {
			for s, text := range w.xml("credit", d) {
				if !strings.Contains(text, r.Number) || !strings.Contains(text, ">381<") {
					t.Errorf("%s: %s", s, text)
				}
			}
		}
	})
}

func TestAStatementTellsOfTheAccount(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.seller()
		id := w.driver("CARD", "en", nil)
		month := time.Now().UTC()
		for range 40 {
			w.charge("CARD", "ISO14443")
		}
		d := get(w, func(tx *store.Tx) (billing.Document, error) {
			e, err := access.GetEntity(tx, ours.Tenant, access.DefaultEntity)
			if err != nil {
				return billing.Document{}, err
			}
			d, found, err := billing.State(tx, ours.Tenant, e, id, "EUR", month)
			if err == nil && !found {
				err = errors.New("nothing happened")
			}
			return d, err
		})
		w.says(w.pdf("account-en.pdf", d, ""), "Statement", "€1,122.40", "Charging", "Owed on", "Ada Lund", "This statement bills nothing", "1,698.800 kWh", "Page 2 of", "still open")
		w.says(w.pdf("account-de.pdf", d, "de"), "Kontoauszug", "1.122,40 €", "Ladevorgang")
		if _, err := w.desk.XML(w.Context(), d, Order{Syntax: UBL}); !fail.Is(err, fail.Conflict) {
			t.Error(err)
		}
	})
}

func TestAGuestGetsTheReceiptByMailAndLink(t *testing.T) {
	eachWorld(t, func(w *world) {
		_, ses := w.visit("de")
		d := w.document(ses)
		if len(w.mails) != 1 {
			t.Fatalf("%d mails", len(w.mails))
		}
		m := w.mails[0]
		if m.To != "guest@example.org" || !strings.Contains(m.Subject, "Ihr Beleg "+d.Number+", 28,06 €") || len(m.Files) != 1 || m.Files[0].Name != d.Number+".pdf" || m.Files[0].Type != "application/pdf" {
			t.Fatalf("%+v", m)
		}
		text := strings.ReplaceAll(all(read(t, m.Files[0].Bytes)), "\n", " ")
		w.says(text, "Beleg", d.Number, "Bezahlt per Visa mit Endziffern", "0,59 € je kWh", "Kontakt"[:0])
		leave(t, "guest.pdf", m.Files[0].Bytes)
		_, rest, _ := strings.Cut(m.Text, "https://kranich.example")
		at, _, _ := strings.Cut(rest, "\n")
		fetch := func(path string, code int) *httptest.ResponseRecorder {
			t.Helper()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Header.Set("Accept-Language", "de")
			rec := httptest.NewRecorder()
			w.desk.Handler().ServeHTTP(rec, r)
			if rec.Code != code {
				t.Fatalf("%s: %d\n%s", path, rec.Code, rec.Body)
			}
			if h := rec.Header(); !strings.Contains(h.Get("Cache-Control"), "no-store") || !strings.Contains(h.Get("X-Robots-Tag"), "noindex") || h.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%v", h)
			}
			return rec
		}
		got := fetch(at, 200)
		if got.Header().Get("Content-Type") != "application/pdf" || got.Header().Get("Content-Disposition") != `inline; filename="`+d.Number+`.pdf"` || !bytes.HasPrefix(got.Body.Bytes(), []byte("%PDF-")) {
			t.Errorf("%v", got.Header())
		}
		w.says(strings.ReplaceAll(all(read(t, got.Body.Bytes())), "\n", ""), "https://kranich.example"+at)
		for _, wrong := range []string{at[:len(at)-1] + "0", at + "a", Path + "x", strings.ToUpper(at[:3]) + at[3:], Path + strings.Repeat("a", 4000)} {
			if wrong[:3] == Path {
				fetch(wrong, 404)
			}
		}
		w.do(func(tx *store.Tx) error {
			kept, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT secret FROM billing_link WHERE document_id = $1`, d.ID)
			if strings.Contains(kept, at[len(Path):]) {
				t.Error("the secret is kept")
			}
			tx.Write(`UPDATE billing_link SET expires_at = $1`, tx.Now().Add(-time.Second))
			return err
		})
		if gone := fetch(at, 410); !strings.Contains(gone.Body.String(), "Dieser Link gilt nicht mehr") || strings.Contains(gone.Body.String(), d.Number) {
			t.Error(gone.Body)
		}
		l, secret := w.link(d.ID)
		fetch(Path+secret, 200)
		w.do(func(tx *store.Tx) error { return billing.RevokeLinks(tx, ours, l.Document) })
		fetch(Path+secret, 410)

		note := get(w, func(tx *store.Tx) (billing.Document, error) {
			return billing.Credit(tx, ours, d.ID, billing.CreditOrder{Key: "1", Gross: 300, Reason: "Wartezeit", To: billing.ToPayer})
		})
		w.drain()
		if len(w.mails) != 2 || !strings.Contains(w.mails[1].Text, d.Number) || w.mails[1].Files[0].Name != note.Number+".pdf" {
			t.Fatalf("%d mails: %+v", len(w.mails), w.mails[1:])
		}
		w.says(strings.ReplaceAll(all(read(t, w.mails[1].Files[0].Bytes)), "\n", " "), "Zurückgezahlt per Visa", "3,00 €", "Wartezeit")
	})
}

func (w *world) link(document string) (billing.Link, string) {
	w.Helper()
	type made struct {
		l billing.Link
		s string
	}
	m := get(w, func(tx *store.Tx) (made, error) {
		l, s, err := billing.NewLink(tx, ours, document, 0)
		return made{l, s}, err
	})
	return m.l, m.s
}

func TestADriverGetsMailsOnlyIfTheyWish(t *testing.T) {
	eachWorld(t, func(w *world) {
		id := w.driver("CARD", "en", nil)
		w.charge("CARD", "ISO14443")
		if len(w.mails) != 0 {
			t.Fatalf("%+v", w.mails)
		}
		w.do(func(tx *store.Tx) error { return driver.WishPapers(tx, ours.Tenant, id, true) })
		w.charge("CARD", "ISO14443")
		if len(w.mails) != 1 || w.mails[0].To != "card@example.org" || !strings.HasPrefix(w.mails[0].Subject, "Your receipt KR-") {
			t.Fatalf("%+v", w.mails)
		}
		d := get(w, func(tx *store.Tx) ([]billing.Document, error) {
			return billing.Documents(tx, ours, billing.DocumentFilter{}, time.Time{}, "", 1)
		})[0]
		w.do(func(tx *store.Tx) error { return w.desk.Mail(tx, ours.Tenant, d.ID) })
		w.drain()
		if len(w.mails) != 1 {
			t.Errorf("the same document was mailed %d times", len(w.mails))
		}
	})
}

func TestLinksAreBounded(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.driver("CARD", "en", nil)
		d := w.document(w.charge("CARD", "ISO14443"))
		make := func(sc access.Scope, term time.Duration) error {
			_, err := store.Do(t.Context(), w.db, "test", func(tx *store.Tx) (int, error) {
				_, _, err := billing.NewLink(tx, sc, d.ID, term)
				return 0, err
			})
			return err
		}
		for _, term := range []time.Duration{time.Minute, billing.MaxLinkTerm + 1, -1} {
			if err := make(ours, term); !fail.Is(err, fail.Invalid) {
				t.Errorf("%v: %v", term, err)
			}
		}
		for _, sc := range []access.Scope{{Tenant: "tn_other", Role: access.Owner}, {Tenant: ours.Tenant, Role: access.DriverRole, Actor: "drv_other", Kind: access.KindDriver}} {
			if err := make(sc, 0); !fail.Is(err, fail.NotFound) {
				t.Errorf("%+v: %v", sc, err)
			}
		}
		for range 50 {
			if err := make(ours, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := make(ours, 0); !fail.Is(err, fail.Conflict) {
			t.Errorf("the 51st: %v", err)
		}
		w.do(func(tx *store.Tx) error { billing.RevokeLinksOf(tx, ours.Tenant, d.Driver); return nil })
		if n := len(get(w, func(tx *store.Tx) ([]billing.Link, error) { return billing.Links(tx, ours, d.ID) })); n != 0 {
			t.Errorf("the driver left, and %d links hold", n)
		}
		w.do(func(tx *store.Tx) error {
			tx.Write(`UPDATE billing_link SET expires_at = 1`)
			billing.ForgetLinks(tx)
			return nil
		})
		if n := get(w, func(tx *store.Tx) (int64, error) {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM billing_link`)
			return n, err
		}); n != 0 {
			t.Errorf("%d links are kept beyond their term", n)
		}
	})
}

func TestADisputeHasItsEvidence(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.seller()
		g, ses := w.visit("en")
		d := w.document(ses)
		p := get(w, func(tx *store.Tx) (payment.Payment, error) { p, _, err := payment.Find(tx, g.Payment); return p, err })
		w.do(func(tx *store.Tx) error {
			_, err := access.Note(tx, access.Deed{Scope: access.Scope{Tenant: ours.Tenant, Kind: access.KindStaff, Actor: "usr_1", Name: "Support"}, Action: "getSession", Object: ses})
			return err
		})
		if err := w.sim.Dispute(p.Ref, "fraudulent"); err != nil {
			t.Fatal(err)
		}
		w.learn(p.Ref)
		o := get(w, func(tx *store.Tx) ([]payment.Objection, error) { return payment.DisputesOf(tx, p.ID) })[0]
		e, pack, err := w.desk.Evidence(t.Context(), o, "The customer called us while charging.")
		if err != nil {
			t.Fatal(err)
		}
		leave(t, "evidence.pdf", e.Document)
		leave(t, "evidence.zip", pack)
		shown := get(w, func(tx *store.Tx) (session.Shown, error) { s, _, err := session.PriceShown(tx, ses); return s, err })
		text := strings.ReplaceAll(all(read(t, e.Document)), "\n", " ")
		w.says(text, "Evidence for a disputed payment", "The customer called us while charging.", o.Ref, "fraudulent", "€28.06", d.Number, "Einkaufspark Mühlau", "10,234.118 kWh", "10,276.588 kWh", "accepted",
			"1EMH0012345678", "authorize", "capture", "getSession", "Your receipt "+d.Number, "messages.json")
		w.says(strings.ReplaceAll(text, " ", ""), shown.Digest)
		if e.Buyer != "guest@example.org" || !e.Service.Equal(d.Body.End) || len(e.Document) > 4<<20 || len(e.Text) > 20_000 || !strings.HasPrefix(e.Text, "The customer called us") {
			t.Errorf("%q, %v, %d bytes, %q", e.Buyer, e.Service, len(e.Document), e.Text)
		}
		files := unpack(t, pack)
		for name, b := range files {
			if name != "SHA256SUMS" && !strings.Contains(string(files["SHA256SUMS"]), packed{body: b}.digest()+"  "+name+"\n") {
				t.Errorf("%s has no digest", name)
			}
		}
		for _, want := range []string{"evidence.pdf", "dispute.json", "payment.json", "visit.json", "session.json", "price.json", "messages.json", "mails.json", "log.json", "documents/" + d.Number + ".json", "documents/" + d.Number + ".pdf"} {
			if len(files[want]) == 0 {
				t.Errorf("%s is not in the pack", want)
			}
		}
		if !bytes.Contains(files["messages.json"], []byte(signature("T3871"))) {
			t.Error("the signed record is not there as it was signed")
		}
		if err := payment.Contest(t.Context(), w.db, payment.Providers{"sim": w.sim}, ours, o.ID, e); err != nil {
			t.Fatal(err)
		}
		if now := get(w, func(tx *store.Tx) (payment.Objection, error) { return payment.GetDispute(tx, ours, o.ID) }); now.State == payment.DisputeOpen {
			t.Errorf("%+v", now)
		}
	})
}

func unpack(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
