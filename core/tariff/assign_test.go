package tariff_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/tariff"
	"chargewright/schema"
)

// Bindings and Applying find what Bind finds at each station, and ListSome lists that alone.
func TestApplyingIsBind(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		var ids []string
		for i := range 4 {
			ids = append(ids, fmt.Sprint("T", i))
			put(t, db, "tn_a", "", perKWh(t, ids[i], "0.49", ""))
		}
		rapid.Check(t, func(r *rapid.T) {
			places := []tariff.Place{{Kind: tariff.OfTenant, ID: "tn_a"}}
			siteOf := map[string]string{}
			for i := range rapid.IntRange(0, 6).Draw(r, "stations") {
				s, site := fmt.Sprint("S", i), rapid.SampledFrom([]string{"A", "B"}).Draw(r, "site")
				siteOf[s] = site
				places = append(places, tariff.Place{Kind: tariff.OfStation, ID: s}, tariff.Place{Kind: tariff.OfSite, ID: site})
			}
			got := do(t, db, func(tx *store.Tx) ([]string, error) {
				tx.Write(`DELETE FROM tariff_assignment`)
				for _, p := range places {
					if id := rapid.SampledFrom(append(ids, "", "")).Draw(r, "tariff"); id != "" {
						if err := tariff.Assign(tx, "tn_a", p, id); err != nil {
							return nil, err
						}
					}
				}
				return tariff.Applying(tx, "tn_a", siteOf)
			})
			want := map[string]bool{}
			do(t, db, func(tx *store.Tx) (bool, error) {
				all, err := tariff.Bindings(tx, "tn_a", siteOf)
				if err != nil {
					return false, err
				}
				for s, site := range siteOf {
					b, found, err := tariff.Bind(tx, "tn_a", site, s)
					if err != nil {
						return false, err
					}
					if found {
						want[b.Tariff] = true
					}
					if all[s] != b {
						r.Fatalf("%s: %v at once, alone %v", s, all[s], b)
					}
				}
				return true, nil
			})
			if len(got) != len(want) || !slices.IsSorted(got) || slices.ContainsFunc(got, func(id string) bool { return !want[id] }) {
				r.Fatalf("applying %q, bound %v", got, want)
			}
			var listed []string
			after := tariff.Cursor{}
			for range len(got) + 1 {
				page := do(t, db, func(tx *store.Tx) ([]tariff.Summary, error) { return tariff.ListSome(tx, "tn_a", got, after, 1) })
				if len(page) == 0 {
					break
				}
				listed = append(listed, page[0].ID)
				after = tariff.Cursor{UpdatedAt: page[0].UpdatedAt, ID: page[0].ID}
			}
			slices.Sort(listed)
			if !slices.Equal(listed, got) {
				r.Fatalf("listed %q of %q", listed, got)
			}
		})
	})
}
