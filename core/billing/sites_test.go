package billing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/ledger"
	"chargewright/core/reserve"
	"chargewright/core/session"
	"chargewright/core/station"
)

// Every room shows a host what took place at its sites and nothing else, also
// when the station has moved since, and never the books.
func TestRoomsShowAHostItsSites(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		must(t, db, func(tx *store.Tx) error {
			return station.PutSite(tx, station.Site{ID: "yonder", Tenant: ours.Tenant, Entity: access.DefaultEntity, Zone: "Europe/Berlin"})
		})
		first := charge(t, db, "tx-1", 10, 60, nil)
		settle(t, db, first)
		reservation := func(number int64) string {
			return do(t, db, func(tx *store.Tx) (string, error) {
				return reserve.Granted(tx, reserve.Reservation{Tenant: ours.Tenant, Station: "S1", Number: number, Token: "CARD", ExpiresAt: tx.Now().Add(time.Hour)})
			})
		}
		early := reservation(1)
		must(t, db, func(tx *store.Tx) error {
			return station.Update(tx, station.Station{ID: "S1", Tenant: ours.Tenant, Site: "yonder", Onboarding: station.Accepted})
		})
		second := charge(t, db, "tx-2", 10, 60, nil)
		late := reservation(2)
		host := func(sites ...string) access.Scope {
			return access.Scope{Tenant: ours.Tenant, Role: access.Host, Sites: sites}
		}
		for _, tt := range []struct {
			sc                             access.Scope
			stations, sites                []string
			sessions, reservations, unseen []string
		}{
			{ours, []string{"S1"}, []string{"site", "yonder"}, []string{first, second}, []string{early, late}, nil},
			{host("site"), nil, []string{"site"}, []string{first}, []string{early}, []string{second}},
			{host("yonder"), []string{"S1"}, []string{"yonder"}, []string{second}, []string{late}, []string{first}},
			{host("site", "yonder"), []string{"S1"}, []string{"site", "yonder"}, []string{first, second}, []string{early, late}, nil},
			{host("none"), nil, nil, nil, nil, []string{first, second}}, {host(), nil, nil, nil, nil, []string{first, second}},
			{access.Scope{Tenant: theirs.Tenant, Role: access.Host, Sites: []string{"site", "yonder"}}, nil, nil, nil, nil, []string{first, second}},
		} {
			name := fmt.Sprintf("%s of %q", tt.sc.Role, tt.sc.Sites)
			ids := func(what string, want []string, read func(tx *store.Tx) ([]string, error)) {
				t.Helper()
				got := do(t, db, read)
				slices.Sort(got)
				if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
					t.Errorf("%s sees the %s %q, want %q", name, what, got, want)
				}
			}
			ids("stations", tt.stations, func(tx *store.Tx) (out []string, err error) {
				rows, err := station.List(tx, tt.sc, "", 10)
				for _, r := range rows {
					out = append(out, r.ID)
				}
				return out, err
			})
			ids("sites", tt.sites, func(tx *store.Tx) (out []string, err error) {
				rows, err := station.Sites(tx, tt.sc)
				for _, r := range rows {
					out = append(out, r.ID)
				}
				return out, err
			})
			ids("sessions", tt.sessions, func(tx *store.Tx) (out []string, err error) {
				rows, err := session.List(tx, tt.sc, session.Filter{}, 10)
				for _, r := range rows {
					out = append(out, r.ID)
				}
				return out, err
			})
			ids("reservations", tt.reservations, func(tx *store.Tx) (out []string, err error) {
				rows, err := reserve.List(tx, tt.sc, "", time.Time{}, "", 10)
				for _, r := range rows {
					out = append(out, r.ID)
				}
				return out, err
			})
			for _, id := range tt.unseen {
				if s, err := try(t, db, func(tx *store.Tx) (session.Session, error) { return session.Get(tx, tt.sc, id) }); !fail.Is(err, fail.NotFound) || s.ID != "" {
					t.Errorf("%s reads a session: %+v %v", name, s, err)
				}
				if r, err := try(t, db, func(tx *store.Tx) (billing.Document, error) { return billing.GetDocument(tx, tt.sc, id) }); !fail.Is(err, fail.NotFound) || r.ID != "" {
					t.Errorf("%s reads a receipt: %+v %v", name, r, err)
				}
			}
			books := do(t, db, func(tx *store.Tx) (n int, err error) {
				cdrs, err := billing.CDRs(tx, tt.sc, time.Time{}, "", 10)
				if err != nil {
					return 0, err
				}
				receipts, err := billing.Documents(tx, tt.sc, billing.DocumentFilter{Kind: billing.Receipt}, time.Time{}, "", 10)
				if err != nil {
					return 0, err
				}
				balances, err := ledger.BalancesAfter(tx, tt.sc, "", ledger.Balance{}, 10)
				return len(cdrs) + len(receipts) + len(balances), err
			})
			if (books > 0) != (tt.sc.Role == access.Owner) {
				t.Errorf("%s sees %d lines of the books", name, books)
			}
		}
		if r, err := try(t, db, func(tx *store.Tx) (billing.Document, error) { return billing.GetDocument(tx, host("site"), first) }); err != nil || r.Session != first {
			t.Errorf("the receipt of a session at the host's site: %+v %v", r, err)
		}
	})
}
