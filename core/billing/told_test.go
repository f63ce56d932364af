package billing_test

import (
	"slices"
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// A driver is told a cost only where there is one to be told.
func TestAHeldSessionShowsNoCost(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.40"))
		void := held(t, db, "void")
		if err := review(t, db, ours, void, session.Decision{Choice: session.Unbills, Reason: "goodwill"}); err != nil {
			t.Fatal(err)
		}
		settle(t, db, void)
		for name, c := range map[string]struct {
			id   string
			want int64 // -1: none
		}{
			"charging":       {say(t, db, beginning("open"), nil).Session, 0},
			"ended":          {charge(t, db, "closed", 10, 60, nil), 476},
			"the meter fell": {held(t, db, "held"), -1},
			"never billed":   {void, -1},
		} {
			must(t, db, func(tx *store.Tx) error {
				s, err := session.Get(tx, ours, c.id)
				if err != nil {
					return err
				}
				cost, ok, err := billing.CostOf(tx, s, start)
				if err == nil && (ok != (c.want >= 0) || ok && (cost.Total.Minor != c.want || cost.Total.Currency != "EUR") || !ok && cost != (billing.Cost{})) {
					t.Errorf("%s: it shows %+v, %v", name, cost, ok)
				}
				return err
			})
		}
	})
}

// Who taps is told the prices of the EVSEs that wait for somebody, or else of all.
func TestThePriceIsThatOfTheEVSEsThatWait(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		told := func() []string {
			return do(t, db, func(tx *store.Tx) ([]string, error) {
				st, _, err := station.Find(tx, "S1")
				if err != nil {
					return nil, err
				}
				p, ok, err := billing.UserPrice(tx, st, "CARD", device.Screen{Prices: true})
				if err != nil || !ok {
					return nil, err
				}
				if p.Token != "CARD" || len(p.Texts) != 1 {
					t.Fatalf("it is told %+v", p)
				}
				return strings.Split(p.Texts[0].Content, "\n"), nil
			})
		}
		if got := told(); len(got) != 0 {
			t.Errorf("with nothing offered: %q", got)
		}
		offer(t, db, perKWh("one", "EUR", "0.40"))
		two, err := tariff.Parse([]byte(perKWh("two", "EUR", "0.60")))
		if err != nil {
			t.Fatal(err)
		}
		must(t, db, func(tx *store.Tx) error {
			if _, err := tariff.Put(tx, ours.Tenant, "", two); err != nil {
				return err
			}
			return tariff.Assign(tx, ours.Tenant, tariff.EVSEPlace("S1", 2), "two")
		})
		first, second := "1: €0.40 per kWh, plus tax", "2: €0.60 per kWh, plus tax"
		for _, c := range []struct {
			one, two station.Status
			want     []string
		}{
			{station.Available, station.Available, []string{first, second}},
			{station.Preparing, station.Preparing, []string{first, second}},
			{station.Available, station.Preparing, []string{"€0.60 per kWh, plus tax"}},
			{station.Occupied, station.Available, []string{"€0.40 per kWh, plus tax"}},
		} {
			must(t, db, func(tx *store.Tx) error {
				for i, s := range []station.Status{c.one, c.two} {
					if err := station.SetStatus(tx, station.Report{Station: "S1", EVSE: int64(i + 1), Connector: 1, Status: s}); err != nil {
						return err
					}
				}
				return nil
			})
			if got := told(); !slices.Equal(got, c.want) {
				t.Errorf("at %s and %s: %q", c.one, c.two, got)
			}
		}
	})
}
