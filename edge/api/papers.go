package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	drivers "chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/wire/en16931"
)

// Papers makes files of documents. Who may have them is judged before it is asked.
type Papers interface {
	// PDF prints a document, in its reader's own language unless one is given.
	PDF(ctx context.Context, d billing.Document, language, link string) ([]byte, error)
	// XML writes a document as an electronic invoice. One that breaks a rule is a
	// Conflict; its cause then has the Findings.
	XML(ctx context.Context, d billing.Document, o XMLOrder) ([]byte, error)
	// Address is where the document of a link is fetched.
	Address(secret string) string
	// Name is the name of a document's file, without what stands after the point.
	Name(d billing.Document) string
	// Evidence gathers what shows that a disputed charge was right: what is handed
	// in, and everything as it is on record, as ZIP. Story is what a person adds.
	Evidence(ctx context.Context, d payment.Objection, story string) (payment.Evidence, []byte, error)
}

// XMLOrder says how an electronic invoice is wanted.
type XMLOrder struct {
	Syntax    string // ubl or cii
	Profile   en16931.Profile
	Reference string // of the buyer (BT-10)
}

// papers returns who makes files; without one there are none.
func (s *server) papers() (Papers, error) {
	if s.o.Papers == nil {
		return nil, fail.New(fail.Unavailable, "api.papers", "this server makes no files of documents")
	}
	return s.o.Papers, nil
}

func paperOperations() []operation {
	const tag, path, own = "money", "/documents/{id}", "/me/documents/{id}"
	const pdfs = "Always there, whatever an electronic invoice lacks."
	const xmls = "EN 16931 in one of its syntaxes, or XRechnung 3.0. 409: the document breaks a rule, or the standard has no place for it; code is en16931, and errors name each rule with the business term at fault."
	const links = "The answer holds the address, once: it serves the PDF to whoever knows it, until it ends. Only a digest of it is kept. 409: there are 50 already."
	return []operation{
		{get, path + "/pdf", access.Books, tag, "getDocumentPDF", "Read a document as PDF", pdfs, 0, []int{503}, bindPDF},
		{get, path + "/xml", access.Books, tag, "getDocumentXML", "Read a receipt or a credit note as electronic invoice", xmls, 0, []int{409, 503}, bindXML},
		{post, path + "/links", access.Goodwill, tag, "postDocumentLink", "Make a link to a document", links, 201, []int{409, 503}, handle((*server).postLink)},
		{get, path + "/links", access.Books, tag, "listDocumentLinks", "List the links to a document that hold", "Newest first, without their addresses; at most 50.", 0, nil, handle((*server).listLinks)},
		{del, path + "/links", access.Goodwill, tag, "deleteDocumentLinks", "Take back the links to a document", "", 0, nil, handleNone((*server).deleteLinks)},
		{get, own + "/pdf", access.Me, "me", "getOwnDocumentPDF", "Read one of one's documents as PDF", pdfs, 0, []int{503}, bindPDF},
		{get, own + "/xml", access.Me, "me", "getOwnDocumentXML", "Read one of one's receipts or credit notes as electronic invoice", xmls, 0, []int{409, 503}, bindXML},
		{post, own + "/links", access.Me, "me", "postOwnDocumentLink", "Make a link to one of one's documents", links, 201, []int{409, 503}, handle((*server).postLink)},
		{del, own + "/links", access.Me, "me", "deleteOwnDocumentLinks", "Take back the links to one of one's documents", "", 0, nil, handleNone((*server).deleteLinks)},
		{get, "/me/mails", access.Me, "me", "getOwnMails", "Read which mails one wishes", "", 0, nil, handleOne((*server).getMails)},
		{put, "/me/mails", access.Me, "me", "putOwnMails", "Say which mails one wishes", "", 0, []int{412}, handleOne((*server).putMails)},
		{get, "/disputes/{id}/evidence", access.Books, "payments", "getDisputeEvidence", "Read what shows that a disputed charge was right",
			"As PDF what would be handed in now; as ZIP everything as it is on record, with a list of digests.", 0, []int{503}, bindEvidence},
	}
}

// DocumentPath names a document.
type DocumentPath struct {
	ID string `path:"id" minLength:"1" maxLength:"100" doc:"The document's id, or its session's: then its receipt in force"`
}

// paperFile is an answer that is no JSON and is the asker's alone.
type paperFile struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

func fileOf(kind, how, name string, b []byte) *paperFile {
	return &paperFile{kind, fmt.Sprintf(`%s; filename="%s"`, how, name), "private, no-store", b}
}

// bindFile serves an operation whose answer is a file of one of the kinds.
func bindFile[I any](s *server, api huma.API, op huma.Operation, kinds []string, serve func(context.Context, access.Scope, *I) (*paperFile, error)) {
	content := map[string]*huma.MediaType{}
	for _, k := range kinds {
		content[k] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	op.Responses["200"] = &huma.Response{Description: "The file", Content: content}
	huma.Register(api, op, func(ctx context.Context, in *I) (*paperFile, error) {
		f, err := serve(ctx, scopeOf(ctx), in)
		if err != nil {
			return nil, s.failed(ctx, op, unfit(err))
		}
		return f, nil
	})
}

// unfit makes the answer to a document that breaks rules of EN 16931.
func unfit(err error) error {
	var u interface{ Findings() []en16931.Finding }
	if !errors.As(err, &u) {
		return err
	}
	p := problemOf(err)
	p.Code = "en16931"
	for _, f := range u.Findings() {
		where := f.Term
		if f.Where != "" {
			where += " " + f.Where
		}
		p.Errors = append(p.Errors, fault{where, f.Rule + ": " + f.Text})
	}
	return p
}

func (s *server) readDocument(ctx context.Context, sc access.Scope, id string) (billing.Document, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (billing.Document, error) { return billing.GetDocument(tx, sc, id) })
}

func bindPDF(s *server, api huma.API, op huma.Operation) {
	bindFile(s, api, op, []string{"application/pdf"}, func(ctx context.Context, sc access.Scope, in *struct {
		DocumentPath
		Language string `query:"lang" enum:"en,de" doc:"Else that of the driver, or in which the price was shown"`
		Save     bool   `query:"save" doc:"Have browsers save it instead of showing it"`
	}) (*paperFile, error) {
		maker, err := s.papers()
		if err != nil {
			return nil, err
		}
		d, err := s.readDocument(ctx, sc, in.ID)
		if err != nil {
			return nil, err
		}
		b, err := maker.PDF(ctx, d, in.Language, "")
		how := "inline"
		if in.Save {
			how = "attachment"
		}
		return fileOf("application/pdf", how, maker.Name(d)+".pdf", b), err
	})
}

func bindXML(s *server, api huma.API, op huma.Operation) {
	bindFile(s, api, op, []string{"application/xml"}, func(ctx context.Context, sc access.Scope, in *struct {
		DocumentPath
		Syntax    string `query:"syntax" enum:"ubl,cii" default:"ubl" doc:"UBL 2.1, or UN/CEFACT CII D16B"`
		Profile   string `query:"profile" enum:"en16931,xrechnung" default:"en16931"`
		Reference string `query:"reference" maxLength:"100" doc:"What the buyer asked to be named (BT-10); XRechnung requires it"`
	}) (*paperFile, error) {
		maker, err := s.papers()
		if err != nil {
			return nil, err
		}
		d, err := s.readDocument(ctx, sc, in.ID)
		if err != nil {
			return nil, err
		}
		o := XMLOrder{Syntax: in.Syntax, Reference: in.Reference}
		if in.Profile == "xrechnung" {
			o.Profile = en16931.XRechnung
		}
		b, err := maker.XML(ctx, d, o)
		return fileOf("application/xml", "attachment", maker.Name(d)+"-"+in.Syntax+".xml", b), err
	})
}

type documentLink struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

type newDocumentLink struct {
	DocumentLink
	URL string `json:"url" doc:"Shown this once"`
}

func showLink(l billing.Link) documentLink {
	return documentLink{l.ID, l.CreatedAt.UTC(), l.ExpiresAt.UTC()}
}

func (s *server) postLink(ctx context.Context, sc access.Scope, in *struct {
	DocumentPath
	Body struct {
		Days int `json:"days,omitempty" minimum:"1" maximum:"90" default:"30" doc:"For how long it holds"`
	} `nameHint:"MakeDocumentLink"`
}) (newDocumentLink, error) {
	maker, err := s.papers()
	if err != nil {
		return newDocumentLink{}, err
	}
	return store.Do(ctx, s.o.DB, "document/"+in.ID, func(tx *store.Tx) (newDocumentLink, error) {
		l, secret, err := billing.NewLink(tx, sc, in.ID, time.Duration(in.Body.Days)*24*time.Hour)
		if err != nil {
			return newDocumentLink{}, err
		}
		return newDocumentLink{showLink(l), maker.Address(secret)}, nil
	})
}

func (s *server) listLinks(ctx context.Context, sc access.Scope, in *struct{ DocumentPath }) (list[documentLink], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[documentLink], error) {
		rows, err := billing.Links(tx, sc, in.ID)
		return pageOf(rows, len(rows), showLink, nil), err
	})
}

func (s *server) deleteLinks(ctx context.Context, sc access.Scope, in *struct{ DocumentPath }) error {
	_, err := store.Do(ctx, s.o.DB, "document/"+in.ID, func(tx *store.Tx) (none, error) {
		return none{}, billing.RevokeLinks(tx, sc, in.ID)
	})
	return err
}

type wishedMails struct {
	Documents bool `json:"documents" doc:"Receipts, credit notes and monthly statements, with their PDF"`
}

func (s *server) getMails(ctx context.Context, sc access.Scope, _ *struct{ Reading }) (wishedMails, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (wishedMails, error) {
		yes, err := drivers.WishesPapers(tx, sc.Tenant, sc.Actor)
		return wishedMails{yes}, err
	})
}

func (s *server) putMails(ctx context.Context, sc access.Scope, in *struct {
	Writing
	Body wishedMails `nameHint:"PutWishedMails"`
}) (wishedMails, error) {
	return store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (wishedMails, error) {
		was, err := drivers.WishesPapers(tx, sc.Tenant, sc.Actor)
		if err == nil {
			err = in.check(wishedMails{was})
		}
		if err != nil {
			return wishedMails{}, err
		}
		return in.Body, drivers.WishPapers(tx, sc.Tenant, sc.Actor, in.Body.Documents)
	})
}

func bindEvidence(s *server, api huma.API, op huma.Operation) {
	bindFile(s, api, op, []string{"application/pdf", "application/zip"}, func(ctx context.Context, sc access.Scope, in *struct {
		ID     string `path:"id" minLength:"1" maxLength:"100" doc:"The dispute's id"`
		Format string `query:"format" enum:"pdf,zip" default:"pdf"`
	}) (*paperFile, error) {
		e, pack, err := s.evidence(ctx, sc, in.ID, "")
		if err != nil {
			return nil, err
		}
		if in.Format == "zip" {
			return fileOf("application/zip", "attachment", "evidence-"+in.ID+".zip", pack), nil
		}
		return fileOf("application/pdf", "inline", "evidence-"+in.ID+".pdf", e.Document), nil
	})
}

// evidence gathers what there is for a dispute that the scope sees.
func (s *server) evidence(ctx context.Context, sc access.Scope, dispute, story string) (payment.Evidence, []byte, error) {
	maker, err := s.papers()
	if err != nil {
		return payment.Evidence{}, nil, err
	}
	d, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (payment.Objection, error) { return payment.GetDispute(tx, sc, dispute) })
	if err != nil {
		return payment.Evidence{}, nil, err
	}
	return maker.Evidence(ctx, d, story)
}

// contestDispute hands in what was gathered, with what a person adds.
func (s *server) contestDispute(ctx context.Context, sc access.Scope, in *struct {
	ID   string `path:"id" maxLength:"100" doc:"The dispute's id"`
	Body struct {
		Text string `json:"text,omitempty" maxLength:"10000" doc:"What happened, in English; it stands before what is on record"`
	} `nameHint:"Contest"`
}) (payDispute, error) {
	t, err := s.till("api.contestDispute")
	if err != nil {
		return payDispute{}, err
	}
	e, _, err := s.evidence(ctx, sc, in.ID, in.Body.Text)
	if err != nil {
		return payDispute{}, err
	}
	if err := t.Contest(ctx, sc, in.ID, e); err != nil {
		return payDispute{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (payDispute, error) {
		o, err := payment.GetDispute(tx, sc, in.ID)
		if err != nil {
			return payDispute{}, err
		}
		return one(showDisputes(tx, sc, []payment.Objection{o}))
	})
}
