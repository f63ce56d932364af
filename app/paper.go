package app

import (
	"context"

	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/edge/api"
	"chargewright/edge/paper"
)

// newDesk makes what makes files of documents.
func (s *Server) newDesk() *paper.Desk {
	return paper.NewDesk(paper.Options{DB: s.DB, Log: s.log, Base: func() string { return s.cfg.base(s.address()) }})
}

// mailDocument queues the mail that brings a document to who wished it.
func (s *Server) mailDocument(ctx context.Context, e outbox.Event) error {
	_, err := store.Do(ctx, s.DB, "document/"+e.Key, func(tx *store.Tx) (struct{}, error) {
		tenant, err := billing.TenantOf(tx, e.Key)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.desk.Mail(tx, tenant, e.Key)
	})
	return err
}

// paperFace is what the API asks of the desk.
type paperFace struct{ *paper.Desk }

func (f paperFace) XML(ctx context.Context, d billing.Document, o api.XMLOrder) ([]byte, error) {
	return f.Desk.XML(ctx, d, paper.Order{Syntax: paper.Syntax(o.Syntax), Profile: o.Profile, Reference: o.Reference})
}

func (f paperFace) Name(d billing.Document) string { return paper.Name(d) }
