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

// Put makes t the current version of the tenant's tariff t.ID and keeps the
// version for good. An empty name keeps the one there is, or is the id. A
// version that is current already changes nothing but the name. Invalid: an id
// that is empty or longer than 36 characters (OCPI CiString(36)), a name of more
// than 200, or a formula whose index is not there or in another currency.
func Put(tx *store.Tx, tenant, name string, t *Tariff) (Version, error) {
	const op = "tariff.put"
	switch {
	case t.ID == "" || utf8.RuneCountInString(t.ID) > 36:
		return "", fail.Field(op, "id", "must have 1 to 36 characters")
	case utf8.RuneCountInString(name) > 200:
		return "", fail.Field(op, "name", "has more than 200 characters")
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
	_, err = tx.Exec(`INSERT INTO tariff_version (tenant_id, tariff_id, version_hash, currency, body, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, tariff_id, version_hash) DO NOTHING`,
		tenant, t.ID, string(v), string(t.Currency), string(t.Original), tx.Now())
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(`INSERT INTO tariff_tariff (tenant_id, id, current_hash, name, updated_at)
		VALUES ($1, $2, $3, CASE WHEN $4 = '' THEN $2 ELSE $4 END, $5)
		ON CONFLICT (tenant_id, id) DO UPDATE SET
			updated_at = CASE WHEN tariff_tariff.current_hash = excluded.current_hash THEN tariff_tariff.updated_at ELSE excluded.updated_at END,
			current_hash = excluded.current_hash,
			name = CASE WHEN $4 = '' THEN tariff_tariff.name ELSE excluded.name END`,
		tenant, t.ID, string(v), name, tx.Now())
	return v, err
}

// Get returns the current version of a tariff, or NotFound.
func Get(tx *store.Tx, tenant, id string) (*Tariff, Summary, error) {
	type row struct {
		Summary
		body string
	}
	r, found, err := store.One(tx, func(r *store.Row) row { return row{scanSummary(r), r.Text(5)} },
		`SELECT t.id, t.name, t.current_hash, v.currency, t.updated_at, v.body FROM tariff_tariff t
		JOIN tariff_version v ON v.tenant_id = t.tenant_id AND v.tariff_id = t.id AND v.version_hash = t.current_hash
		WHERE t.tenant_id = $1 AND t.id = $2`, tenant, id)
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
	limit = max(1, min(limit, MaxPage))
	if after == (Cursor{}) {
		return store.All(tx, scanSummary, summaries+` ORDER BY t.updated_at DESC, t.id DESC LIMIT $2`, tenant, limit)
	}
	return store.All(tx, scanSummary, summaries+` AND (t.updated_at, t.id) < ($2, $3)
		ORDER BY t.updated_at DESC, t.id DESC LIMIT $4`, tenant, after.UpdatedAt, after.ID, limit)
}

// ListSome is List of the tariffs with some ids alone, 10,000 at most.
func ListSome(tx *store.Tx, tenant string, ids []string, after Cursor, limit int) ([]Summary, error) {
	if after == (Cursor{}) {
		after.UpdatedAt = time.Unix(1<<40, 0)
	}
	args := []any{tenant, after.UpdatedAt, after.ID, max(1, min(limit, MaxPage))}
	return store.All(tx, scanSummary, summaries+` AND (t.updated_at, t.id) < ($2, $3) AND `+access.In("t.id", ids, &args)+`
		ORDER BY t.updated_at DESC, t.id DESC LIMIT $4`, args...)
}

const summaries = `SELECT t.id, t.name, t.current_hash, v.currency, t.updated_at FROM tariff_tariff t
	JOIN tariff_version v ON v.tenant_id = t.tenant_id AND v.tariff_id = t.id AND v.version_hash = t.current_hash
	WHERE t.tenant_id = $1`

// Published is a version that a tariff had, and since when.
type Published struct {
	Version   Version
	Currency  string
	CreatedAt time.Time
}

// Versions lists every version that a tariff ever had, newest first, MaxPage at
// most. Of a tariff that never was there are none.
func Versions(tx *store.Tx, tenant, id string) ([]Published, error) {
	return store.All(tx, func(r *store.Row) Published { return Published{Version(r.Text(0)), r.Text(1), r.Time(2)} },
		`SELECT version_hash, currency, created_at FROM tariff_version WHERE tenant_id = $1 AND tariff_id = $2
		ORDER BY created_at DESC, version_hash DESC LIMIT $3`, tenant, id, MaxPage)
}

// Delete stops offering a tariff. Its versions stay. A tariff that is not there
// is NotFound.
func Delete(tx *store.Tx, tenant, id string) error {
	n, err := tx.Exec(`DELETE FROM tariff_tariff WHERE tenant_id = $1 AND id = $2`, tenant, id)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "tariff.delete", "there is no tariff %q", clip(id))
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
