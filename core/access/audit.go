package access

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"chargewright/base/id"
	"chargewright/base/store"
)

// Deed is something that was asked of us and changes something.
type Deed struct {
	ID     string
	At     time.Time // when it began
	Scope  Scope     // on whose behalf; who is nobody has no Kind
	Action string    // operation id
	Method string
	Path   string
	Object string // id of what it was done to; "" unknown
	Remote string // address without port
	Status int    // of HTTP; 0: begun, and its end is not on record
	Change string // JSON, secrets masked, MaxChange bytes at most
}

// MaxChange bounds a deed's change, in bytes.
const MaxChange = 4 << 10

// nobody is the kind of an actor who has not said who they are.
const nobody = "nobody"

// Note puts a deed on record before it is done, with status 0, or after it was,
// and returns the id of the record. Nobody's are the default tenant's. A driver
// is noted by id alone: names stay where they can be forgotten.
func Note(tx *store.Tx, d Deed) (string, error) {
	row := id.New("aud")
	_, err := tx.Exec(`INSERT INTO access_audit (id, tenant_id, at, actor_kind, actor, actor_name, action, method, path, object, remote, status, change, search)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, d.values(row, tx.Now())...)
	return row, err
}

// Finish completes a deed's record: who it was, if that has come out, what it
// was done to, and its status.
func Finish(tx *store.Tx, row string, d Deed) {
	v := d.values(row, time.Time{})
	tx.Write(`UPDATE access_audit SET tenant_id = $2, actor_kind = $3, actor = $4, actor_name = $5, object = $6, status = $7, search = $8 WHERE id = $1`,
		row, v[1], v[3], v[4], v[5], v[9], v[11], v[13])
}

// values are a deed's columns, in the order of the table.
func (d Deed) values(row string, at time.Time) []any {
	tenant, kind, name := d.Scope.Tenant, d.Scope.Kind, clip(d.Scope.Name, 200)
	if tenant == "" {
		tenant = DefaultTenant
	}
	if kind == "" {
		kind = nobody
	}
	if kind == KindDriver {
		name = ""
	}
	path, object := clip(d.Path, 500), clip(d.Object, 200)
	return []any{
		row, tenant, at, kind, d.Scope.Actor, name, d.Action, d.Method, path, object, clip(d.Remote, 60), int64(d.Status), clip(d.Change, MaxChange),
		strings.ToLower(strings.Join([]string{name, object, d.Action, path}, "\n")),
	}
}

// clip cuts a text to n bytes at most, and leaves out what is not UTF-8.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// DeedFilter narrows a list of deeds. Zero fields do not narrow.
type DeedFilter struct {
	Search string // in the actor's name, the object, the action or the path, in any case
	Actor  string
	Action string
	Object string
	From   time.Time // inclusive
	To     time.Time // exclusive
	// Before is the last deed of the previous page.
	BeforeAt time.Time
	Before   string
}

// Deeds lists up to limit deeds in the tenant, newest first.
func Deeds(tx *store.Tx, sc Scope, f DeedFilter, limit int) ([]Deed, error) {
	args := []any{sc.Tenant, limit}
	where := `tenant_id = $1`
	narrow := func(wanted bool, before string, v any, after string) { // by what is asked for alone, so that its index is used
		if wanted {
			args = append(args, v)
			where += " AND " + before + "$" + strconv.Itoa(len(args)) + after
		}
	}
	narrow(f.Search != "", "LENGTH(REPLACE(search, ", strings.ToLower(f.Search), ", '')) < LENGTH(search)")
	narrow(f.Actor != "", "actor = ", f.Actor, "")
	narrow(f.Action != "", "action = ", f.Action, "")
	narrow(f.Object != "", "object = ", f.Object, "")
	narrow(!f.From.IsZero(), "at >= ", f.From, "")
	narrow(!f.To.IsZero(), "at < ", f.To, "")
	if !f.BeforeAt.IsZero() {
		narrow(true, "at <= ", f.BeforeAt, "")
		at := "$" + strconv.Itoa(len(args))
		narrow(true, "(at < "+at+" OR id < ", f.Before, ")")
	}
	return store.All(tx, func(r *store.Row) Deed {
		return Deed{
			ID: r.Text(0), At: r.Time(1), Scope: Scope{Tenant: sc.Tenant, Kind: r.Text(2), Actor: r.Text(3), Name: r.Text(4)}, Action: r.Text(5),
			Method: r.Text(6), Path: r.Text(7), Object: r.Text(8), Remote: r.Text(9), Status: int(r.Int(10)), Change: r.Text(11),
		}
	}, `SELECT id, at, actor_kind, actor, actor_name, action, method, path, object, remote, status, change FROM access_audit
		WHERE `+where+` ORDER BY at DESC, id DESC LIMIT $2`, args...)
}

// ForgetAudit deletes deeds that are over their term of 400 days.
func ForgetAudit(tx *store.Tx) {
	tx.Write(`DELETE FROM access_audit WHERE at < $1`, tx.Now().AddDate(0, 0, -400))
}
