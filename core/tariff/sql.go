package tariff

import (
	"time"
	"unicode/utf8"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// MaxPage is the most tariffs List returns.
const MaxPage = 500

// Summary is a tariff in a list.
type Summary struct {
	ID        string
	Name      string
	Version   Version
	Currency  string
	UpdatedAt time.Time
}

// Cursor is the place in a list after which List goes on; the zero Cursor is
// its beginning.
type Cursor struct {
	UpdatedAt time.Time
	ID        string
}

// Put makes t the version of the tenant's tariff t.ID that holds from now on, and
// keeps the version for good. An empty name keeps the one there is, or is the
// id. The first version of a tariff holds since ever. A version that holds
// already changes nothing but the name. Invalid: an id that is empty or longer
// than 36 characters (OCPI CiString(36)), a name of more than 200, or a formula
// whose index is not there or in another currency.
func Put(tx *store.Tx, tenant, name string, t *Tariff) (Version, error) {
	return PutFrom(tx, tenant, name, t, tx.Now())
}

// PutFrom is Put from a time on, now or later. A version planned for that very time
// is replaced. The first version of a tariff cannot be planned: its offers can.
func PutFrom(tx *store.Tx, tenant, name string, t *Tariff, from time.Time) (Version, error) {
	const op = "tariff.put"
	switch {
	case t.ID == "" || utf8.RuneCountInString(t.ID) > 36:
		return "", fail.Field(op, "id", "must have 1 to 36 characters")
	case utf8.RuneCountInString(name) > 200:
		return "", fail.Field(op, "name", "has more than 200 characters")
	case from.After(tx.Now().Add(maxAhead)):
		return "", fail.Field(op, "from", "is more than two years ahead")
	case len(t.Original) == 0:
		return "", fail.New(fail.Internal, op, "the tariff has no original")
	}
	if err := checkIndexes(tx, tenant, t); err != nil {
		return "", err
	}
	v, err := t.Version()
	if err != nil {
		return "", err
	}
	if from.Before(tx.Now()) {
		from = tx.Now()
	}
	holds, known, err := store.One(tx, func(r *store.Row) Version { return Version(r.Text(0)) },
		`SELECT version_hash FROM tariff_publication WHERE tenant_id = $1 AND tariff_id = $2 AND from_at <= $3 ORDER BY from_at DESC LIMIT 1`, tenant, t.ID, from)
	switch {
	case err != nil:
		return "", err
	case !known && from.After(tx.Now()):
		return "", fail.Field(op, "from", "the first version of a tariff holds at once; let its offers begin later")
	case !known:
		from = time.Time{}
	}
	tx.Write(`INSERT INTO tariff_version (tenant_id, tariff_id, version_hash, currency, body, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, tariff_id, version_hash) DO NOTHING`,
		tenant, t.ID, string(v), string(t.Currency), string(t.Original), tx.Now())
	if holds != v {
		tx.Write(`INSERT INTO tariff_publication (tenant_id, tariff_id, from_at, version_hash, valid_from, valid_until, made_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, tariff_id, from_at) DO UPDATE SET
			version_hash = excluded.version_hash, valid_from = excluded.valid_from, valid_until = excluded.valid_until, made_at = excluded.made_at`,
			tenant, t.ID, sinceEver(from), string(v), t.ValidFrom, t.ValidUntil, tx.Now())
	}
	_, err = tx.Exec(`INSERT INTO tariff_tariff (tenant_id, id, current_hash, name, updated_at)
		VALUES ($1, $2, $3, CASE WHEN $4 = '' THEN $2 ELSE $4 END, $5)
		ON CONFLICT (tenant_id, id) DO UPDATE SET
			updated_at = CASE WHEN $6 THEN tariff_tariff.updated_at ELSE excluded.updated_at END,
			current_hash = excluded.current_hash,
			name = CASE WHEN $4 = '' THEN tariff_tariff.name ELSE excluded.name END`,
		tenant, t.ID, string(v), name, tx.Now(), holds == v)
	if err == nil && holds != v {
		err = Changed(tx, tenant)
	}
	return v, err
}

// maxAhead is how far ahead a version can be planned.
const maxAhead = 2 * 366 * 24 * time.Hour

// Withdraw takes back a version that is planned for a time to come, or is
// NotFound.
func Withdraw(tx *store.Tx, tenant, id string, from time.Time) error {
	n, err := tx.Exec(`DELETE FROM tariff_publication WHERE tenant_id = $1 AND tariff_id = $2 AND from_at = $3 AND from_at > $4`, tenant, id, from, tx.Now())
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "tariff.Withdraw", "no version of tariff %q is planned for that time", clip(id))
	}
	if err == nil {
		err = Changed(tx, tenant)
	}
	return err
}

// holding joins the version of a tariff t that holds at $2.
const holding = ` JOIN tariff_publication p ON p.tenant_id = t.tenant_id AND p.tariff_id = t.id AND p.from_at = (
		SELECT MAX(q.from_at) FROM tariff_publication q WHERE q.tenant_id = t.tenant_id AND q.tariff_id = t.id AND q.from_at <= $2)
	JOIN tariff_version v ON v.tenant_id = p.tenant_id AND v.tariff_id = p.tariff_id AND v.version_hash = p.version_hash `

// Get returns the version of a tariff that holds now, or NotFound.
func Get(tx *store.Tx, tenant, id string) (*Tariff, Summary, error) {
	type row struct {
		Summary
		body string
	}
	r, found, err := store.One(tx, func(r *store.Row) row { return row{scanSummary(r), r.Text(5)} },
		`SELECT t.id, t.name, v.version_hash, v.currency, t.updated_at, v.body FROM tariff_tariff t`+holding+`WHERE t.tenant_id = $1 AND t.id = $3`,
		tenant, tx.Now(), id)
	if err != nil {
		return nil, Summary{}, err
	}
	if !found {
		return nil, Summary{}, fail.New(fail.NotFound, "tariff.get", "there is no tariff %q", clip(id))
	}
	t, err := reparse(r.body)
	return t, r.Summary, err
}

// GetVersion returns a version of a tariff, current or not, or NotFound.
func GetVersion(tx *store.Tx, tenant, id string, v Version) (*Tariff, error) {
	body, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) },
		`SELECT body FROM tariff_version WHERE tenant_id = $1 AND tariff_id = $2 AND version_hash = $3`, tenant, id, string(v))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fail.New(fail.NotFound, "tariff.getversion", "there is no such version of tariff %q", clip(id))
	}
	return reparse(body)
}

// List returns the tenant's tariffs after a cursor, newest first, limit (at
// most MaxPage) of them. The cursor of the next page is the last one's
// UpdatedAt and ID.
func List(tx *store.Tx, tenant string, after Cursor, limit int) ([]Summary, error) {
	args := []any{tenant, tx.Now(), max(1, min(limit, MaxPage))}
	if after == (Cursor{}) {
		return store.All(tx, scanSummary, summaries+` ORDER BY t.updated_at DESC, t.id DESC LIMIT $3`, args...)
	}
	return store.All(tx, scanSummary, summaries+` AND (t.updated_at, t.id) < ($4, $5)
		ORDER BY t.updated_at DESC, t.id DESC LIMIT $3`, append(args, after.UpdatedAt, after.ID)...)
}

// ListSome is List of the tariffs with some ids alone, 10,000 at most.
func ListSome(tx *store.Tx, tenant string, ids []string, after Cursor, limit int) ([]Summary, error) {
	if after == (Cursor{}) {
		after.UpdatedAt = time.Unix(1<<40, 0)
	}
	args := []any{tenant, tx.Now(), after.UpdatedAt, after.ID, max(1, min(limit, MaxPage))}
	return store.All(tx, scanSummary, summaries+` AND (t.updated_at, t.id) < ($3, $4) AND `+access.In("t.id", ids, &args)+`
		ORDER BY t.updated_at DESC, t.id DESC LIMIT $5`, args...)
}

const summaries = `SELECT t.id, t.name, v.version_hash, v.currency, t.updated_at FROM tariff_tariff t` + holding + `WHERE t.tenant_id = $1`

// Published is a version that a tariff has or had from a time on.
type Published struct {
	Version   Version
	Currency  string
	From      time.Time // zero: since ever
	CreatedAt time.Time // when it was published, or planned
}

// Versions lists what a tariff was, is and will be, the last to hold first,
// MaxPage at most. Of a tariff that never was there are none.
func Versions(tx *store.Tx, tenant, id string) ([]Published, error) {
	return store.All(tx, func(r *store.Row) Published {
		return Published{Version(r.Text(0)), r.Text(1), since(r, 2), r.Time(3)}
	}, `SELECT p.version_hash, v.currency, p.from_at, p.made_at FROM tariff_publication p
		JOIN tariff_version v ON v.tenant_id = p.tenant_id AND v.tariff_id = p.tariff_id AND v.version_hash = p.version_hash
		WHERE p.tenant_id = $1 AND p.tariff_id = $2 ORDER BY p.from_at DESC LIMIT $3`, tenant, id, MaxPage)
}

// Delete stops a tariff. Its versions stay, for the sessions that are bound to
// them, but for those only planned. One that is offered somewhere, now or later, is a Conflict; one that is
// not there NotFound.
func Delete(tx *store.Tx, tenant, id string) error {
	const op = "tariff.delete"
	offered, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM tariff_offer o
		WHERE o.tenant_id = $1 AND o.tariff_id = $3 AND (o.ended_at IS NULL OR o.ended_at > $2) AND (o.until_at IS NULL OR o.until_at > $2)`, tenant, tx.Now(), id)
	if err != nil {
		return err
	}
	if offered > 0 {
		return fail.New(fail.Conflict, op, "the tariff is offered at %d places; take it away there first", offered)
	}
	tx.Write(`DELETE FROM tariff_publication WHERE tenant_id = $1 AND tariff_id = $2 AND from_at > $3`, tenant, id, tx.Now())
	n, err := tx.Exec(`DELETE FROM tariff_tariff WHERE tenant_id = $1 AND id = $2`, tenant, id)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, op, "there is no tariff %q", clip(id))
	}
	return err
}

func scanSummary(r *store.Row) Summary {
	return Summary{ID: r.Text(0), Name: r.Text(1), Version: Version(r.Text(2)), Currency: r.Text(3), UpdatedAt: r.Time(4)}
}

// reparse reads a stored original; one that no longer parses is a fault of ours.
func reparse(body string) (*Tariff, error) {
	t, err := Parse([]byte(body))
	if err != nil {
		return nil, &fail.Error{Kind: fail.Internal, Op: "tariff.reparse", Text: "a stored tariff cannot be read", Err: err}
	}
	return t, nil
}
