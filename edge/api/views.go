package api

import (
	"context"

	"chargewright/base/store"
	"chargewright/core/access"
)

// view is a list as somebody saved it.
type view struct {
	ID     string `json:"id"`
	Page   string `json:"page" doc:"Of the console, such as stations"`
	Name   string `json:"name"`
	Query  string `json:"query" doc:"The query of the page's address, without question mark"`
	Shared bool   `json:"shared" doc:"Whether everybody in the tenant who sees every site sees it"`
	Own    bool   `json:"own" doc:"Whether it is the caller's; others cannot be changed"`
}

func (s *server) listViews(ctx context.Context, sc access.Scope, in *struct {
	Page string `query:"page" maxLength:"60" doc:"Only of this page"`
}) (list[view], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[view], error) {
		rows, err := access.Views(tx, sc, in.Page)
		l := list[view]{Items: make([]view, len(rows))}
		for i, v := range rows {
			l.Items[i] = view{v.ID, v.Page, v.Name, v.Query, v.Shared, v.Owner == sc.Actor}
		}
		return l, err
	})
}

// ViewPath names one of the caller's own views.
type ViewPath struct {
	ID string `path:"id" minLength:"1" maxLength:"100"`
}

func (s *server) putView(ctx context.Context, sc access.Scope, in *struct {
	ViewPath
	Body struct {
		Page   string `json:"page" minLength:"1" maxLength:"60"`
		Name   string `json:"name" minLength:"1" maxLength:"100"`
		Query  string `json:"query" maxLength:"2000"`
		Shared bool   `json:"shared,omitempty"`
	} `nameHint:"PutView"`
}) (view, error) {
	b := in.Body
	return store.Do(ctx, s.o.DB, "views/"+sc.Actor, func(tx *store.Tx) (view, error) {
		err := access.PutView(tx, sc, access.View{ID: in.ID, Page: b.Page, Name: b.Name, Query: b.Query, Shared: b.Shared})
		return view{in.ID, b.Page, b.Name, b.Query, b.Shared, true}, err
	})
}

func (s *server) deleteView(ctx context.Context, sc access.Scope, in *struct{ ViewPath }) error {
	_, err := store.Do(ctx, s.o.DB, "views/"+sc.Actor, func(tx *store.Tx) (none, error) {
		return none{}, access.DeleteView(tx, sc, in.ID)
	})
	return err
}
