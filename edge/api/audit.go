package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
)

// finishWait is how long the end of a deed may take to be written.
const finishWait = 5 * time.Second

type deedKey struct{}

// actAs says in whose name an open operation turned out to be done, such as a
// sign-in. Without it what nobody does is not on record.
func actAs(ctx context.Context, sc access.Scope) {
	if d, ok := ctx.Value(deedKey{}).(*access.Deed); ok {
		d.Scope = sc
	}
}

// created names what a deed made, where its path did not name it: the member ID
// of the answer.
func created(ctx context.Context, answer any) {
	d, ok := ctx.Value(deedKey{}).(*access.Deed)
	if !ok || d.Object != "" {
		return
	}
	v := reflect.Indirect(reflect.ValueOf(answer))
	if v.Kind() != reflect.Struct {
		return
	}
	if f := v.FieldByName("ID"); f.IsValid() && f.Kind() == reflect.String {
		d.Object = f.String()
	}
}

// audited serves an operation that changes something and puts it on record:
// before it is done, so that nothing is done that is not on record, and again
// when its status is known. Where the record cannot be written nothing is done.
func (s *server) audited(ctx huma.Context, sc access.Scope, body []byte, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if r.Method == http.MethodGet { // open: it changes something only if somebody signs in by it
		sc = access.Scope{}
	}
	d := s.deed(ctx, r, sc)
	d.Change = s.change(ctx.Operation(), body)
	row := ""
	if sc.Kind != "" {
		var err error
		if row, err = s.note(r.Context(), *d); err != nil {
			writeProblem(w, problemOf(s.failed(r.Context(), *ctx.Operation(), err)))
			return
		}
	}
	d.Status = http.StatusInternalServerError // should it panic
	defer func() { s.finish(r.Context(), row, *d) }()
	next(huma.WithValue(ctx, deedKey{}, d))
	d.Status = ctx.Status()
}

// refused puts on record that somebody tried what their role may not.
func (s *server) refused(ctx huma.Context, sc access.Scope) {
	r, _ := humago.Unwrap(ctx)
	if r.Method == http.MethodGet || sc.Kind == "" {
		return
	}
	d := s.deed(ctx, r, sc)
	d.Status = http.StatusForbidden
	if _, err := s.note(r.Context(), *d); err != nil && r.Context().Err() == nil {
		s.o.Log.ErrorContext(r.Context(), "a refused deed is not on record", "action", d.Action, "actor", sc.Actor, "err", err)
	}
}

// deed describes a request by its operation.
func (s *server) deed(ctx huma.Context, r *http.Request, sc access.Scope) *access.Deed {
	op := ctx.Operation()
	d := &access.Deed{Scope: sc, Action: op.OperationID, Method: r.Method, Path: r.URL.Path, Remote: s.o.Proxies.Of(r)}
	for part := range strings.SplitSeq(op.Path, "/") {
		name, ok := strings.CutPrefix(part, "{")
		if name = strings.TrimSuffix(name, "}"); !ok {
			continue
		}
		value := ctx.Param(name)
		if name == "uid" { // of a token: its end tells enough, and names nobody
			d.Path = strings.TrimSuffix(op.Path, "{uid}") + hint(value)
			value = hint(value)
		}
		if d.Object == "" && name != "kind" {
			d.Object = value
		}
	}
	return d
}

// hint is the end of something that is not to be told.
func hint(s string) string {
	r := []rune(s)
	return "…" + string(r[max(0, len(r)-min(4, len(r)/2)):])
}

func (s *server) note(ctx context.Context, d access.Deed) (string, error) {
	return store.Do(ctx, s.o.DB, "audit", func(tx *store.Tx) (string, error) { return access.Note(tx, d) })
}

// finish completes a record. An open operation gets one only now, if it turned
// out who did it.
func (s *server) finish(ctx context.Context, row string, d access.Deed) {
	if row == "" && d.Scope.Kind == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWait)
	defer cancel()
	_, err := store.Do(ctx, s.o.DB, "audit", func(tx *store.Tx) (none, error) {
		if row == "" {
			_, err := access.Note(tx, d)
			return none{}, err
		}
		access.Finish(tx, row, d)
		return none{}, nil
	})
	if err != nil {
		s.o.Log.ErrorContext(ctx, "the end of a deed is not on record", "action", d.Action, "record", row, "status", d.Status, "err", err)
	}
}

// deedView is a deed as the audit shows it.
type deedView struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at" doc:"When it began"`
	ActorKind string    `json:"actor_kind" enum:"key,staff,driver,system,nobody"`
	Actor     string    `json:"actor" doc:"Id of the API key, the user or the driver"`
	ActorName string    `json:"actor_name" doc:"As it was then: a key's label, a user's name; empty for drivers"`
	Action    string    `json:"action" doc:"Operation id"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Object    string    `json:"object" doc:"Id of what it was done to; empty when there is none"`
	Remote    string    `json:"remote" doc:"Address that the request came from"`
	Status    int       `json:"status" doc:"Of HTTP; 0: it began, and how it ended is not on record"`
	Change    document  `json:"change" doc:"The body of the request, secrets masked and long texts cut"`
}

func showDeed(d access.Deed) deedView {
	return deedView{
		d.ID, d.At.UTC(), d.Scope.Kind, d.Scope.Actor, d.Scope.Name, d.Action, d.Method, d.Path, d.Object, d.Remote, d.Status, documentOf(d.Change),
	}
}

// AuditQuery selects deeds; exports use it as well.
type AuditQuery struct {
	Q      string    `query:"q" maxLength:"100" doc:"Part of the actor's name, the object, the action or the path"`
	Actor  string    `query:"actor" maxLength:"100" doc:"Id of the actor"`
	Action string    `query:"action" maxLength:"60" doc:"Operation id"`
	Object string    `query:"object" maxLength:"200" doc:"Id of what it was done to"`
	From   time.Time `query:"from" doc:"Not before this time"`
	To     time.Time `query:"to" doc:"Before this time"`
}

func (q AuditQuery) filter(after place) access.DeedFilter {
	return access.DeedFilter{
		Search: q.Q, Actor: q.Actor, Action: q.Action, Object: q.Object, From: q.From, To: q.To, BeforeAt: after.at, Before: after.keys[0],
	}
}

func (s *server) listAudit(ctx context.Context, sc access.Scope, in *struct {
	Page
	AuditQuery
}) (list[deedView], error) {
	after, err := in.after(1)
	if err != nil {
		return list[deedView]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[deedView], error) {
		rows, err := access.Deeds(tx, sc, in.filter(after), in.Limit+1)
		return pageOf(rows, in.Limit, showDeed, func(d access.Deed) place { return byTime(d.At, d.ID) }), err
	})
}

// sitesExist refuses sites that are not the tenant's.
func sitesExist(tx *store.Tx, sc access.Scope, sites []string) error {
	for _, id := range sites {
		if _, err := stations.GetSite(tx, sc, id); err != nil {
			return fail.Field("api.sites", "sites", "there is no site %q", id)
		}
	}
	return nil
}
