package access

import (
	"unicode/utf8"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// View is a list as somebody saved it.
type View struct {
	ID     string // unique for its owner
	Owner  string // id of the user or key that saved it
	Page   string
	Name   string
	Query  string // of the address, without "?"
	Shared bool   // seen by all of the tenant who see every site
}

// maxViews bounds the views of one owner, and what a list shows.
const (
	maxViews  = 100
	viewsList = 500
)

// PutView saves one of the caller's own views, new or changed. Beyond 100 it is a
// Conflict. Who sees some sites only, or own things only, shares none: Denied.
func PutView(tx *store.Tx, sc Scope, v View) error {
	const op = "access.PutView"
	for _, f := range []struct {
		name, value string
		most        int
	}{{"id", v.ID, 100}, {"page", v.Page, 60}, {"name", v.Name, 100}} {
		if n := utf8.RuneCountInString(f.value); n == 0 || n > f.most {
			return fail.Field(op, f.name, "must have 1 to %d characters", f.most)
		}
	}
	if len(v.Query) > 2_000 {
		return fail.Field(op, "query", "has more than 2,000 bytes")
	}
	if v.Shared && !sc.shares() {
		return fail.New(fail.Denied, op, "the role %s shares no views", sc.Role)
	}
	n, err := tx.Exec(`INSERT INTO access_view (tenant_id, owner, id, page, name, query, shared, updated_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (SELECT COUNT(*) FROM access_view WHERE tenant_id = $1 AND owner = $2 AND id <> $3) < $9
		ON CONFLICT (tenant_id, owner, id) DO UPDATE SET page = excluded.page, name = excluded.name, query = excluded.query,
			shared = excluded.shared, updated_at = excluded.updated_at`,
		sc.Tenant, sc.Actor, v.ID, v.Page, v.Name, v.Query, v.Shared, tx.Now(), maxViews)
	if err == nil && n == 0 {
		err = fail.New(fail.Conflict, op, "there are %d views; remove one first", maxViews)
	}
	return err
}

// shares reports whether the views that others shared are the scope's to see.
func (sc Scope) shares() bool { return !sc.Limited() && sc.Role != DriverRole }

// Views lists the caller's own views of a page ("" for all) and those that
// others shared, by page and name, 500 at most.
func Views(tx *store.Tx, sc Scope, page string) ([]View, error) {
	return store.All(tx, func(r *store.Row) View {
		return View{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Bool(5)}
	}, `SELECT id, owner, page, name, query, shared FROM access_view
		WHERE tenant_id = $1 AND (owner = $2 OR ($3 AND shared)) AND ($4 = '' OR page = $4) ORDER BY page, name, id, owner LIMIT $5`,
		sc.Tenant, sc.Actor, sc.shares(), page, viewsList)
}

// DeleteView removes one of the caller's own views; another's is NotFound.
func DeleteView(tx *store.Tx, sc Scope, view string) error {
	n, err := tx.Exec(`DELETE FROM access_view WHERE tenant_id = $1 AND owner = $2 AND id = $3`, sc.Tenant, sc.Actor, view)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "access.DeleteView", "there is no view %q", clip(view, 100))
	}
	return err
}

// forgetViews deletes the views of somebody who is deleted.
func forgetViews(tx *store.Tx, owner string) {
	tx.Write(`DELETE FROM access_view WHERE owner = $1`, owner)
}
