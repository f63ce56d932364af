package station

import (
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Filter narrows a list of stations. Zero fields do not narrow; several values
// of one field are alternatives.
type Filter struct {
	Text       string // part of the id, the name, the make, a number of the device or EVSE, a contract id, or of the site's name and address
	Overall    []string
	Sites      []string
	Protocols  []string
	Onboarding []string
	Vendors    []string
	IDs        []string
}

// MaxValues bounds the values of one field of a Filter.
const MaxValues = 200

// Check returns an Invalid error that names the field at fault.
func (f Filter) Check() error {
	for name, values := range map[string][]string{
		"status": f.Overall, "site": f.Sites, "protocol": f.Protocols, "onboarding": f.Onboarding, "vendor": f.Vendors, "ids": f.IDs,
	} {
		if len(values) > MaxValues {
			return fail.Field("station.Filter", name, "there are more than %d values", MaxValues)
		}
	}
	return nil
}

// where is the filter as an SQL condition on station_station s.
func (f Filter) where(sc access.Scope, args *[]any) string {
	conds := []string{"s.tenant_id = " + param(args, sc.Tenant), sc.Within("s.site_id", args)}
	for _, in := range []struct {
		column string
		values []string
	}{
		{"s.overall", f.Overall}, {"s.site_id", f.Sites}, {"s.protocol", f.Protocols}, {"s.onboarding", f.Onboarding}, {"s.vendor", f.Vendors}, {"s.id", f.IDs},
	} {
		if len(in.values) > 0 {
			conds = append(conds, access.In(in.column, in.values, args))
		}
	}
	if text := words(f.Text); text != "" {
		p, tenant := param(args, text), param(args, sc.Tenant)
		conds = append(conds, `(`+contains("s.words", p)+` OR s.site_id IN (SELECT t.id FROM station_site t WHERE t.tenant_id = `+tenant+` AND `+contains("t.words", p)+`))`)
	}
	return strings.Join(conds, " AND ")
}

// contains is an SQL condition: the text of a column has a part in it that is
// not empty.
func contains(column, part string) string {
	return "replace(" + column + ", " + part + ", '') <> " + column
}

// words joins texts to what is searched, in the form under which it compares.
func words(texts ...string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.Join(texts, " ")), " "))
}

// Order is how a list of stations is ordered.
type Order string

// The orders. The id comes last in each.
const (
	ByID       Order = "id"
	ByIDDown   Order = "-id"
	ByName     Order = "name"
	ByWorst    Order = "status"     // as worst orders them
	ByRecently Order = "-status_at" // the latest change of Overall first
)

// Key is the place in a list of stations after which the next page goes on; the
// zero key is its beginning.
type Key struct {
	At   time.Time // ByRecently: OverallAt
	Text string    // ByName: the name; ByWorst: Overall
	ID   string
}

// KeyOf is the place of a station in a list of that order.
func KeyOf(s Station, o Order) Key {
	switch o {
	case ByName:
		return Key{Text: s.Name, ID: s.ID}
	case ByWorst:
		return Key{Text: string(s.Overall), ID: s.ID}
	case ByRecently:
		return Key{At: s.OverallAt, ID: s.ID}
	}
	return Key{ID: s.ID}
}

// Search lists up to limit stations that the scope sees and the filter lets
// through, after a place. An order that does not exist is Invalid.
func Search(tx *store.Tx, sc access.Scope, f Filter, o Order, after Key, limit int) ([]Station, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	var args []any
	where := f.where(sc, &args)
	page := func(place, order string) ([]Station, error) {
		sql := `SELECT ` + stationColumns + ` FROM station_station s WHERE ` + where + place + ` ORDER BY ` + order + ` LIMIT ` + param(&args, limit)
		return store.All(tx, scanStation, sql, args...)
	}
	begins := after == Key{}
	switch o {
	case ByID, "":
		return page(" AND s.id > "+param(&args, after.ID), "s.id")
	case ByIDDown:
		if begins {
			return page("", "s.id DESC")
		}
		return page(" AND s.id < "+param(&args, after.ID), "s.id DESC")
	case ByName:
		if begins {
			return page("", "s.name, s.id")
		}
		name := param(&args, after.Text)
		return page(" AND (s.name > "+name+" OR (s.name = "+name+" AND s.id > "+param(&args, after.ID)+"))", "s.name, s.id")
	case ByRecently:
		if begins {
			return page("", "s.overall_at DESC, s.id DESC")
		}
		at := param(&args, after.At)
		return page(" AND (s.overall_at < "+at+" OR (s.overall_at = "+at+" AND s.id < "+param(&args, after.ID)+"))", "s.overall_at DESC, s.id DESC")
	case ByWorst:
		return searchWorst(tx, sc, f, after, limit)
	}
	return nil, fail.Field("station.Search", "sort", "%q is no order of stations", string(o))
}

// searchWorst goes through the statuses, the worst first, each by its index.
func searchWorst(tx *store.Tx, sc access.Scope, f Filter, after Key, limit int) ([]Station, error) {
	var out []Station
	reached := after == Key{}
	for _, w := range worst {
		id := ""
		if !reached {
			if reached = string(w) == after.Text; !reached {
				continue
			}
			id = after.ID
		}
		var args []any
		where := f.where(sc, &args) + " AND s.overall = " + param(&args, w) + " AND s.id > " + param(&args, id)
		rows, err := store.All(tx, scanStation, `SELECT `+stationColumns+` FROM station_station s WHERE `+where+` ORDER BY s.id LIMIT `+param(&args, limit-len(out)), args...)
		if err != nil {
			return nil, err
		}
		if out = append(out, rows...); len(out) >= limit {
			break
		}
	}
	return out, nil
}

// Count counts the stations that the scope sees and the filter lets through.
func Count(tx *store.Tx, sc access.Scope, f Filter) (int64, error) {
	var args []any
	where := f.where(sc, &args)
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM station_station s WHERE `+where, args...)
	return n, err
}

// Facet is how many stations have a value.
type Facet struct {
	Value, Label string // the label is a site's name; else the value
	Count        int64
}

// Facets counts the stations of a filter by what it can narrow, the most
// frequent values first, MaxValues of each at most. The filter's own values of
// a field do not narrow that field's facet, so that its alternatives show.
type Facets struct {
	Overall, Sites, Protocols, Onboarding, Vendors []Facet
}

// CountBy returns the facets of a filter.
func CountBy(tx *store.Tx, sc access.Scope, f Filter) (out Facets, err error) {
	if err := f.Check(); err != nil {
		return out, err
	}
	for _, x := range []struct {
		into   *[]Facet
		column string
		drop   func(*Filter)
	}{
		{&out.Overall, "s.overall", func(f *Filter) { f.Overall = nil }},
		{&out.Sites, "s.site_id", func(f *Filter) { f.Sites = nil }},
		{&out.Protocols, "s.protocol", func(f *Filter) { f.Protocols = nil }},
		{&out.Onboarding, "s.onboarding", func(f *Filter) { f.Onboarding = nil }},
		{&out.Vendors, "s.vendor", func(f *Filter) { f.Vendors = nil }},
	} {
		g, args := f, []any(nil)
		x.drop(&g)
		where := g.where(sc, &args)
		*x.into, err = store.All(tx, func(r *store.Row) Facet { return Facet{r.Text(0), r.Text(0), r.Int(1)} },
			`SELECT `+x.column+`, COUNT(*) AS n FROM station_station s WHERE `+where+` GROUP BY `+x.column+` ORDER BY n DESC, `+x.column+` LIMIT `+param(&args, MaxValues), args...)
		if err != nil {
			return out, err
		}
	}
	return out, labelSites(tx, out.Sites)
}

func labelSites(tx *store.Tx, fs []Facet) error {
	ids := make([]string, len(fs))
	for i, f := range fs {
		ids[i] = f.Value
	}
	names, err := SiteNames(tx, ids)
	for i := range fs {
		if n, ok := names[fs[i].Value]; ok {
			fs[i].Label = n
		}
	}
	return err
}

// SiteNames returns the names of sites by id, access.MaxSites at most.
func SiteNames(tx *store.Tx, ids []string) (map[string]string, error) {
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	var args []any
	err := tx.Each(func(r *store.Row) error {
		names[r.Text(0)] = r.Text(1)
		return nil
	}, `SELECT id, name FROM station_site WHERE `+access.In("id", ids, &args), args...)
	return names, err
}

// param appends an argument and returns the name of its parameter.
func param(args *[]any, v any) string {
	*args = append(*args, v)
	return "$" + strconv.Itoa(len(*args))
}

// Describe records what is known of the device at a station, for search: its
// vendor, and whatever else it may be looked for by.
func Describe(tx *store.Tx, station, vendor string, more ...string) error {
	made := words(append([]string{vendor}, more...)...)
	n, err := tx.Exec(`UPDATE station_station SET vendor = $1, made = $2 WHERE id = $3 AND (vendor <> $1 OR made <> $2)`, cut(vendor), made, station)
	if err == nil && n > 0 {
		err = reword(tx, station)
	}
	return err
}

// reword writes anew what search looks into.
func reword(tx *store.Tx, station string) error {
	parts, err := store.All(tx, func(r *store.Row) string { return r.Text(0) },
		`SELECT id || ' ' || name || ' ' || made FROM station_station WHERE id = $1
		UNION ALL SELECT evse_id || ' ' || COALESCE(number, '') FROM station_evse WHERE station_id = $1`, station)
	if err == nil {
		_, err = tx.Exec(`UPDATE station_station SET words = $1 WHERE id = $2`, words(parts...), station)
	}
	return err
}
