package billing_test

import (
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/plug/simpay"
)

// A station that is moved to a site of another legal entity, with another currency,
// while somebody charges there: the session is billed once in the currency that was
// shown, the site it was at stays with its entity, and what follows stays with the
// entity that billed it, wherever the station goes.
func TestAStationMovesMeanwhile(t *testing.T) {
	eachTill(t, func(c *till) {
		c.member(simpay.Good)
		v := c.begins("A", 1)
		moves := func(to string) {
			must(t, c.db, func(tx *store.Tx) error {
				return station.Update(tx, station.Station{ID: "S1", Tenant: ours.Tenant, Site: to, Onboarding: station.Accepted})
			})
		}
		must(t, c.db, func(tx *store.Tx) error {
			if _, err := tx.Exec(`INSERT INTO access_entity (id, tenant_id, name, country, currency, number_prefix, bank, provider_account, created_at)
				VALUES ('le_two', $1, 'Two', 'SE', 'SEK', 'T', '', '', $2)`, ours.Tenant, time.Now()); err != nil {
				return err
			}
			if err := station.PutSite(tx, station.Site{ID: "two", Tenant: ours.Tenant, Entity: "le_two", Zone: "Europe/Stockholm"}); err != nil {
				return err
			}
			return station.PutSite(tx, station.Site{ID: "site", Tenant: ours.Tenant, Entity: "le_two", Zone: "Europe/Berlin"}) // it does not change hands
		})
		moves("two")
		c.ends("A", 1, 10)
		if s := find(t, c.db, v.Session); !s.Settled || s.Site != "site" {
			t.Fatalf("flags %v, at %s", s.Flags, s.Site)
		}
		r := receipt(t, c.db, v.Session)
		if r.Entity != access.DefaultEntity || r.Currency != "EUR" || r.Gross != 500 {
			t.Errorf("%s bills %d %s for %s", r.Number, r.Gross, r.Currency, r.Entity)
		}
		moves("site")
		moves("two")
		docs, err := c.correct(v.Session, session.Decision{Choice: session.ByWord, Energy: 5000})
		if err != nil || len(docs) != 2 {
			t.Fatal(docs, err)
		}
		for _, d := range docs {
			if d.Entity != r.Entity {
				t.Errorf("%s is of %s, the receipt of %s", d.Number, d.Entity, r.Entity)
			}
		}
		if x := c.claim(v.Session); x.Entity != r.Entity || x.Due != 250 || x.Paid != 250 {
			t.Errorf("claim %+v", x)
		}
		c.even("at the end")
	})
}

// A driver who leaves, or whose account staff delete, while their payment is under way.
func TestADriverGoesMeanwhile(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member(simpay.DeclinedLater)
		id := c.charged("A", "OWN", 10, 60)
		if mayLeave(c, who) == nil {
			t.Error("a driver who owes may leave")
		}
		must(t, c.db, func(tx *store.Tx) error { // past the rule, as it was before there was one
			if err := payment.RemoveAll(tx, ours.Tenant, who); err != nil {
				return err
			}
			_, err := driver.Delete(tx, ours.Tenant, who)
			return err
		})
		for range 8 {
			c.pass()
		}
		x := c.claim(id)
		if x.State == billing.ClaimAsked || x.Left() != 500 || x.Reason == "" {
			t.Errorf("what they owe: %+v", x)
		}
		c.even("at the end")
	})
}
