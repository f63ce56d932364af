package tariff

import (
	"maps"
	"slices"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Place says where a tariff applies. The most specific place with a tariff
// wins: station, then site, then tenant.
type Place struct {
	Kind string // "tenant", "site" or "station"
	ID   string
}

// Kinds of places.
const (
	OfTenant  = "tenant"
	OfSite    = "site"
	OfStation = "station"
)

// Bound is the tariff version that holds for a session from its start on,
// whatever is published later (money policy, rule 4).
type Bound struct {
	Tariff   string
	Version  string
	Currency string
}

// Assign makes a tariff apply at a place of the tenant. An empty tariff takes
// the assignment away.
func Assign(tx *store.Tx, tenant string, p Place, tariff string) error {
	if p.Kind != OfTenant && p.Kind != OfSite && p.Kind != OfStation {
		return fail.Field("tariff.Assign", "kind", "%q is no kind of place", p.Kind)
	}
	if tariff == "" {
		_, err := tx.Exec(`DELETE FROM tariff_assignment WHERE tenant_id = $1 AND kind = $2 AND place_id = $3`, tenant, p.Kind, p.ID)
		return err
	}
	n, err := tx.Exec(`INSERT INTO tariff_assignment (tenant_id, kind, place_id, tariff_id, updated_at)
		SELECT $1, $2, $3, id, $5 FROM tariff_tariff WHERE tenant_id = $1 AND id = $4
		ON CONFLICT (tenant_id, kind, place_id) DO UPDATE SET tariff_id = excluded.tariff_id, updated_at = excluded.updated_at`,
		tenant, p.Kind, p.ID, tariff, tx.Now())
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "tariff.Assign", "there is no tariff %q", tariff)
	}
	return err
}

// Assignment is a tariff at a place.
type Assignment struct {
	Place
	Tariff string
}

// MaxAssignments is the most that Assignments returns.
const MaxAssignments = 10_000

// Assignments lists where the tenant's tariffs apply, by kind and place; at most
// MaxAssignments.
func Assignments(tx *store.Tx, tenant string) ([]Assignment, error) {
	return store.All(tx, func(r *store.Row) Assignment { return Assignment{Place{r.Text(0), r.Text(1)}, r.Text(2)} },
		`SELECT a.kind, a.place_id, a.tariff_id FROM tariff_assignment a JOIN tariff_tariff t ON t.tenant_id = a.tenant_id AND t.id = a.tariff_id
		WHERE a.tenant_id = $1 ORDER BY a.kind, a.place_id LIMIT $2`, tenant, MaxAssignments)
}

// Bind returns the current version of the tariff that applies at a station;
// found is false where none does.
func Bind(tx *store.Tx, tenant, site, station string) (b Bound, found bool, err error) {
	return store.One(tx, func(r *store.Row) Bound { return Bound{r.Text(0), r.Text(1), r.Text(2)} },
		`SELECT t.id, t.current_hash, v.currency FROM tariff_assignment a
		JOIN tariff_tariff t ON t.tenant_id = a.tenant_id AND t.id = a.tariff_id
		JOIN tariff_version v ON v.tenant_id = t.tenant_id AND v.tariff_id = t.id AND v.version_hash = t.current_hash
		WHERE a.tenant_id = $1 AND ((a.kind = 'station' AND a.place_id = $2) OR (a.kind = 'site' AND a.place_id = $3) OR (a.kind = 'tenant' AND a.place_id = $1))
		ORDER BY CASE a.kind WHEN 'station' THEN 1 WHEN 'site' THEN 2 ELSE 3 END LIMIT 1`, tenant, station, site)
}

// Bindings is Bind for many stations in few queries, given with the sites where
// they stand. Those where no tariff applies are left out.
func Bindings(tx *store.Tx, tenant string, siteOf map[string]string) (map[string]Bound, error) {
	at := map[Place]Bound{}
	read := func(kind string, places []string) error {
		for some := range slices.Chunk(places, 1_000) {
			args := []any{tenant, kind}
			err := tx.Each(func(r *store.Row) error {
				at[Place{kind, r.Text(0)}] = Bound{r.Text(1), r.Text(2), r.Text(3)}
				return nil
			}, `SELECT a.place_id, t.id, t.current_hash, v.currency FROM tariff_assignment a
				JOIN tariff_tariff t ON t.tenant_id = a.tenant_id AND t.id = a.tariff_id
				JOIN tariff_version v ON v.tenant_id = t.tenant_id AND v.tariff_id = t.id AND v.version_hash = t.current_hash
				WHERE a.tenant_id = $1 AND a.kind = $2 AND `+access.In("a.place_id", some, &args), args...)
			if err != nil {
				return err
			}
		}
		return nil
	}
	stations := slices.Sorted(maps.Keys(siteOf))
	sites := slices.Compact(slices.Sorted(maps.Values(siteOf)))
	for kind, places := range map[string][]string{OfTenant: {tenant}, OfSite: sites, OfStation: stations} {
		if err := read(kind, places); err != nil {
			return nil, err
		}
	}
	out := make(map[string]Bound, len(stations))
	for _, s := range stations {
		for _, p := range []Place{{OfStation, s}, {OfSite, siteOf[s]}, {OfTenant, tenant}} {
			if b, ok := at[p]; ok {
				out[s] = b
				break
			}
		}
	}
	return out, nil
}

// Applying returns the ids of the tariffs that Bind finds for stations, given
// with the sites where they stand, in order.
func Applying(tx *store.Tx, tenant string, siteOf map[string]string) ([]string, error) {
	all, err := Bindings(tx, tenant, siteOf)
	var out []string
	for _, b := range all {
		out = append(out, b.Tariff)
	}
	slices.Sort(out)
	return slices.Compact(out), err
}
