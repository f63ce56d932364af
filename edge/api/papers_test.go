package api

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	drivers "chargewright/core/driver"
	"chargewright/core/notify"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
	"chargewright/wire/en16931"
)

// clerk is Papers that makes no files, and says what it was asked.
type clerk struct{}

func (clerk) PDF(_ context.Context, d billing.Document, language, _ string) ([]byte, error) {
	return []byte("%PDF " + d.ID + " " + language), nil
}

// unfitting has one finding.
type unfitting struct{}

func (unfitting) Error() string { return "no" }

func (unfitting) Findings() []en16931.Finding {
	return []en16931.Finding{{Rule: "BR-08", Term: "BG-5", Text: "the seller has a postal address"}}
}

func (clerk) XML(_ context.Context, d billing.Document, o XMLOrder) ([]byte, error) {
	if o.Profile == en16931.XRechnung && o.Reference == "" {
		return nil, &fail.Error{Kind: fail.Conflict, Text: "it cannot be written", Err: unfitting{}}
	}
	return []byte("<" + o.Syntax + " " + d.ID + "/>"), nil
}

func (clerk) Address(secret string) string { return "https://charge.example/d/" + secret }

func (clerk) Name(d billing.Document) string { return d.Number }

func (clerk) Evidence(_ context.Context, d payment.Objection, story string) (payment.Evidence, []byte, error) {
	return payment.Evidence{Text: story, Document: []byte("%PDF " + d.ID)}, []byte("PK " + d.ID), nil
}

func paperSamples(_ *harness, f fixture) map[string]sample {
	path, own := "/documents/"+f.receipt, "/me/documents/"+f.receipt
	return map[string]sample{
		"getDocumentPDF": {path: path + "/pdf"}, "getDocumentXML": {path: path + "/xml"}, "postDocumentLink": {path: path + "/links", body: `{}`}, "listDocumentLinks": {path: path + "/links"},
		"deleteDocumentLinks": {path: path + "/links"}, "getOwnDocumentPDF": {path: own + "/pdf"}, "getOwnDocumentXML": {path: own + "/xml"}, "postOwnDocumentLink": {path: own + "/links", body: `{}`},
		"deleteOwnDocumentLinks": {path: own + "/links"}, "getOwnMails": {path: "/me/mails"}, "putOwnMails": {path: "/me/mails", body: `{"documents":true}`},
		"getDisputeEvidence": {path: "/disputes/none/evidence", code: 404},
	}
}

// eachPaper runs fn on a network with a document of a driver's.
func eachPaper(t *testing.T, fn func(h *harness, driver, document string)) {
	each(t, func(h *harness) {
		h.as(200, put, "/stations/CP1", `{"name":"One","site_id":"site"}`)
		driver, _ := h.as(201, post, "/drivers", `{"name":"Ada"}`).body["id"].(string)
		h.as(200, put, "/tokens/CARD", `{"type":"ISO14443","driver_id":"`+driver+`"}`)
		h.as(200, put, "/tariffs/T1", tariffBody)
		h.as(200, put, "/tariff-assignments/site/site", `{"tariff_id":"T1"}`)
		s := h.charge("CP1", 1, "CARD", noon)
		h.end(s, 1, noon.Add(time.Hour))
		document, _ := h.as(200, get, "/documents/"+s, "").body["id"].(string)
		fn(h, driver, document)
	})
}

func (h *harness) mine(driver, method, path, body string) reply {
	her := caller{role: access.DriverRole, kind: access.KindDriver, person: driver, tenant: access.DefaultTenant}
	return h.do(her, operation{method: method}, sample{path: path, body: body})
}

func TestDocumentsAreFiles(t *testing.T) {
	eachPaper(t, func(h *harness, driver, document string) {
		r := h.as(200, get, "/documents/"+document+"/pdf?lang=de&save=true", "")
		if r.text != "%PDF "+document+" de" || r.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(r.header.Get("Content-Disposition"), `attachment; filename="R-0`) ||
			r.header.Get("Cache-Control") != "private, no-store" {
			h.Errorf("%v %s", r.header, r.text)
		}
		if r := h.as(200, get, "/documents/"+document+"/xml?syntax=cii", ""); r.text != "<cii "+document+"/>" || r.header.Get("Content-Type") != "application/xml" {
			h.Errorf("%v %s", r.header, r.text)
		}
		r = h.as(409, get, "/documents/"+document+"/xml?profile=xrechnung", "")
		if r.body["code"] != "en16931" || r.body["kind"] != "conflict" || !strings.Contains(r.text, `{"field":"BG-5","detail":"BR-08: the seller has a postal address"}`) {
			h.Errorf("%s", r.text)
		}
		h.as(200, get, "/documents/"+document+"/xml?profile=xrechnung&reference=PO1", "")
		h.as(422, get, "/documents/"+document+"/xml?syntax=pdf", "")
		h.as(404, get, "/documents/none/pdf", "")
		if r := h.mine(driver, get, "/me/documents/"+document+"/pdf", ""); r.code != 200 {
			h.Errorf("%d %s", r.code, r.text)
		}
	})
}

// Nobody reaches another's document by its id or its session's, in any of its forms.
func TestAnotherDriversDocumentIsNotThere(t *testing.T) {
	eachPaper(t, func(h *harness, driver, document string) {
		other, _ := h.as(201, post, "/drivers", `{"name":"Eve"}`).body["id"].(string)
		ses, _ := h.as(200, get, "/documents/"+document, "").body["session_id"].(string)
		for _, id := range []string{document, ses} {
			for _, form := range []string{"", "/pdf", "/xml"} {
				if r := h.mine(other, get, "/me/documents/"+id+form, ""); r.code != 404 {
					h.Errorf("%s%s: %d %s", id, form, r.code, r.text)
				}
			}
			if r := h.mine(other, post, "/me/documents/"+id+"/links", `{}`); r.code != 404 {
				h.Errorf("a link: %d %s", r.code, r.text)
			}
			if r := h.mine(other, del, "/me/documents/"+id+"/links", ""); r.code != 404 {
				h.Errorf("taking links back: %d", r.code)
			}
			if r := h.send(h.other, get, "/api/v1/documents/"+id+"/pdf", ""); r.code != 404 {
				h.Errorf("another tenant: %d", r.code)
			}
		}
	})
}

func TestLinksAreMadeAndTakenBack(t *testing.T) {
	eachPaper(t, func(h *harness, driver, document string) {
		path := "/documents/" + document + "/links"
		r := h.as(201, post, path, `{"days":7}`)
		url, _ := r.body["url"].(string)
		secret, ok := strings.CutPrefix(url, "https://charge.example/d/")
		if !ok || len(secret) != 32 {
			h.Fatalf("%s", r.text)
		}
		holds := func() (l billing.Link, found bool) {
			h.atom(func(tx *store.Tx) (err error) {
				l, _, found, err = billing.ByLink(tx, secret)
				found = found && l.Holds(tx.Now())
				return err
			})
			return l, found
		}
		if l, found := holds(); !found || l.Document != document || l.ExpiresAt.Sub(l.CreatedAt) != 7*24*time.Hour {
			h.Errorf("%+v, %v", l, found)
		}
		if l := h.as(200, get, path, ""); len(l.items(h.T)) != 1 || strings.Contains(l.text, secret) {
			h.Errorf("%s", l.text)
		}
		h.as(422, post, path, `{"days":91}`)
		if r := h.send(h.keys[access.Viewer], post, "/api/v1"+path, `{}`); r.code != 403 {
			h.Errorf("who may only look: %d", r.code)
		}
		if r := h.mine(driver, del, "/me"+path, ""); r.code != 204 {
			h.Errorf("%d %s", r.code, r.text)
		}
		if l, found := holds(); found || l.RevokedAt.IsZero() {
			h.Errorf("it was taken back: %+v", l)
		}
		if r := h.mine(driver, post, "/me"+path, `{}`); r.code != 201 {
			h.Errorf("%d %s", r.code, r.text)
		}
	})
}

// simTill is a Till with one provider.
type simTill struct {
	Till
	h  *harness
	ps payment.Providers
}

func (s simTill) Contest(ctx context.Context, sc access.Scope, dispute string, e payment.Evidence) error {
	return payment.Contest(ctx, s.h.db, s.ps, sc, dispute, e)
}

// disputed is a dispute of a payment that was taken.
func (h *harness) disputed(sim *simpay.Sim, ps payment.Providers) string {
	h.Helper()
	runner := outbox.New(h.db, payment.Handlers(h.db, ps, nil), outbox.Options{Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
	drain := func() {
		if err := runner.Drain(h.Context()); err != nil {
			h.Fatal(err)
		}
	}
	learn := func(p payment.Payment) {
		if _, err := payment.Learn(h.Context(), h.db, ps, "sim", payment.Query{Payment: p.ID, Ref: p.Ref}); err != nil {
			h.Fatal(err)
		}
		drain()
	}
	var p payment.Payment
	h.atom(func(tx *store.Tx) (err error) {
		p, err = payment.Plan(tx, payment.Order{
			Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Key: "one", Purpose: payment.ForSession, Object: "ses_1", Account: "receivable/guest/ses_1", Provider: "sim",
			Mode: payment.ByPage, Amount: money.Amount{Minor: 1000, Currency: "EUR"}, Text: "Charging", Language: "en", Return: "https://charge.example/",
		})
		return err
	})
	drain()
	h.atom(func(tx *store.Tx) (err error) { p, _, err = payment.Find(tx, p.ID); return err })
	if err := sim.Pay(p.Ref, simpay.Good); err != nil {
		h.Fatal(err)
	}
	learn(p)
	h.atom(func(tx *store.Tx) error { _, err := payment.Capture(tx, p.ID, 1000); return err })
	drain()
	if err := sim.Dispute(p.Ref, "fraudulent"); err != nil {
		h.Fatal(err)
	}
	learn(p)
	var all []payment.Objection
	h.atom(func(tx *store.Tx) (err error) { all, err = payment.DisputesOf(tx, p.ID); return err })
	return all[0].ID
}

func TestEvidenceIsReadAndHandedIn(t *testing.T) {
	each(t, func(h *harness) {
		sim, err := simpay.New(simpay.Options{Base: "https://pay.example", Secrets: []string{"secret"}})
		if err != nil {
			h.Fatal(err)
		}
		ps := payment.Providers{"sim": sim}
		h.options.Till = simTill{h: h, ps: ps}
		if h.handler, err = New(h.options); err != nil {
			h.Fatal(err)
		}
		id := h.disputed(sim, ps)
		if r := h.as(200, get, "/disputes/"+id+"/evidence", ""); r.text != "%PDF "+id || r.header.Get("Content-Type") != "application/pdf" {
			h.Errorf("%v %s", r.header, r.text)
		}
		if r := h.as(200, get, "/disputes/"+id+"/evidence?format=zip", ""); r.text != "PK "+id || r.header.Get("Content-Type") != "application/zip" {
			h.Errorf("%v %s", r.header, r.text)
		}
		h.as(404, get, "/disputes/none/evidence", "")
		for _, key := range []string{h.other, h.keys[access.Host]} {
			if r := h.send(key, get, "/api/v1/disputes/"+id+"/evidence", ""); r.code != 404 && r.code != 403 {
				h.Errorf("%d %s", r.code, r.text)
			}
		}
		if r := h.as(200, post, "/disputes/"+id+"/evidence", `{"text":"they called us"}`); r.body["state"] == "open" {
			h.Errorf("%s", r.text)
		}
		h.as(409, post, "/disputes/"+id+"/evidence", `{}`)
	})
}

func TestADriverSaysWhichMailsTheyWish(t *testing.T) {
	eachPaper(t, func(h *harness, driver, _ string) {
		if r := h.mine(driver, get, "/me/mails", ""); r.text != `{"documents":false}` {
			h.Errorf("%s", r.text)
		}
		if r := h.mine(driver, put, "/me/mails", `{"documents":true}`); r.code != 200 || r.body["documents"] != true {
			h.Errorf("%d %s", r.code, r.text)
		}
		h.atom(func(tx *store.Tx) error {
			yes, err := drivers.WishesPapers(tx, access.DefaultTenant, driver)
			if !yes {
				h.Error("it was not kept")
			}
			return err
		})
	})
}

func TestEventsSayWhatKindOfDocumentWasIssued(t *testing.T) {
	eachPaper(t, func(h *harness, driver, document string) {
		data := func(id string) (text string) {
			h.atom(func(tx *store.Tx) error {
				b, err := EventData(tx, notify.Event{Tenant: access.DefaultTenant, Type: notify.ReceiptIssued, Object: id})
				text = string(b)
				return err
			})
			return text
		}
		if text := data(document); !strings.Contains(text, `"kind":"receipt"`) || !strings.Contains(text, `"driver_id":"`+driver+`"`) || !strings.Contains(text, `"corrects":null`) {
			h.Errorf("%s", text)
		}
		var note billing.Document
		h.atom(func(tx *store.Tx) (err error) {
			note, err = billing.Credit(tx, scope, document, billing.CreditOrder{Key: "1", Gross: 100, Reason: "late", To: billing.ToPayer})
			return err
		})
		if text := data(note.ID); !strings.Contains(text, `"kind":"credit_note"`) || !strings.Contains(text, `"corrects":{"id":"`+document+`","number":"`+note.Body.Credit.Of+`"}`) {
			h.Errorf("%s", text)
		}
	})
}
