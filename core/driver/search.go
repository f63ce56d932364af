package driver

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
)

// TokenFilter narrows a list of tokens. Zero fields do not narrow.
type TokenFilter struct {
	Text   string // part of the uid, whatever its case
	Status string
	Driver string
	Group  string
	After  string // the uid of the last token of the page before
}

// TokensBy lists up to limit tokens of the tenant that a filter lets through, by
// the form under which uids compare.
func TokensBy(tx *store.Tx, sc access.Scope, f TokenFilter, limit int) ([]Token, error) {
	args := []any{sc.Tenant, Key(f.After)}
	where := `tenant_id = $1 AND purpose = '' AND uid > $2`
	if text := Key(f.Text); text != "" {
		where += ` AND ` + contains("uid", param(&args, text))
	}
	if f.Status != "" {
		where += ` AND status = ` + param(&args, f.Status)
	}
	if f.Driver != "" {
		where += ` AND driver_id = ` + param(&args, f.Driver)
	}
	if f.Group != "" {
		where += ` AND group_id = ` + param(&args, f.Group)
	}
	return store.All(tx, scanToken, `SELECT `+tokenColumns+` FROM driver_token WHERE `+where+` ORDER BY uid LIMIT `+param(&args, limit), args...)
}

// contains is an SQL condition: the text of a column has a part in it that is
// not empty.
func contains(column, part string) string {
	return "replace(" + column + ", " + part + ", '') <> " + column
}

// param appends an argument and returns the name of its parameter.
func param(args *[]any, v any) string {
	*args = append(*args, v)
	return "$" + strconv.Itoa(len(*args))
}

// DriversBy lists up to limit drivers of the tenant, newest first, that have a
// text in their name, email or phone ("" for all), added before the given place
// (zero values: from the newest on).
func DriversBy(tx *store.Tx, sc access.Scope, text string, beforeAt time.Time, before string, limit int) ([]Driver, error) {
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	args := []any{sc.Tenant, beforeAt, before}
	where := `tenant_id = $1 AND deleted_at IS NULL AND (created_at < $2 OR (created_at = $2 AND id < $3))`
	if text = strings.TrimSpace(text); text != "" {
		given, lower := param(&args, text), param(&args, strings.ToLower(text))
		where += ` AND ` + hasPart(given, lower)
	}
	return store.All(tx, scanDriver, `SELECT `+driverColumns+` FROM driver_driver WHERE `+where+` ORDER BY created_at DESC, id DESC LIMIT `+param(&args, limit), args...)
}

// Names returns what some drivers of the tenant are called: their name, else
// their mail address. Those who left, and those who gave neither, are left out.
func Names(tx *store.Tx, sc access.Scope, drivers []string) (map[string]string, error) {
	out := map[string]string{}
	if len(drivers) == 0 {
		return out, nil
	}
	args := []any{sc.Tenant}
	err := tx.Each(func(r *store.Row) error {
		if name := cmp.Or(strings.TrimSpace(r.Text(1)), r.Text(2)); name != "" {
			out[r.Text(0)] = name
		}
		return nil
	}, `SELECT id, name, email FROM driver_driver WHERE tenant_id = $1 AND deleted_at IS NULL AND `+access.In("id", drivers, &args), args...)
	return out, err
}

// TokensOfEach counts the tokens of some drivers of the tenant.
func TokensOfEach(tx *store.Tx, sc access.Scope, drivers []string) (map[string]int64, error) {
	out := map[string]int64{}
	if len(drivers) == 0 {
		return out, nil
	}
	args := []any{sc.Tenant}
	err := tx.Each(func(r *store.Row) error {
		out[r.Text(0)] = r.Int(1)
		return nil
	}, `SELECT driver_id, COUNT(*) FROM driver_token WHERE tenant_id = $1 AND purpose = '' AND `+access.In("driver_id", drivers, &args)+` GROUP BY driver_id`, args...)
	return out, err
}

// Group is a token group and how many tokens it has.
type Group struct {
	ID     string
	Tokens int64
}

// Groups lists up to limit token groups of the tenant by id, those after the
// given one.
func Groups(tx *store.Tx, sc access.Scope, after string, limit int) ([]Group, error) {
	return store.All(tx, func(r *store.Row) Group { return Group{r.Text(0), r.Int(1)} },
		`SELECT group_id, COUNT(*) FROM driver_token WHERE tenant_id = $1 AND group_id > $2 GROUP BY group_id ORDER BY group_id LIMIT $3`, sc.Tenant, after, limit)
}
