package billing_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// known writes slots as if they had been published at a time.
func known(t *testing.T, db *store.DB, published, at time.Time, mills ...int64) {
	t.Helper()
	must(t, db, func(tx *store.Tx) error {
		for i, m := range mills {
			from := at.Add(time.Duration(i) * 15 * time.Minute)
			tx.Write(`INSERT INTO tariff_slot (tenant_id, index_id, start_at, published_at, end_at, price) VALUES ($1, 'x', $2, $3, $4, $5)`,
				ours.Tenant, from, published, from.Add(15*time.Minute), m*1_000_000)
		}
		return nil
	})
}

func cdrOf(t *testing.T, db *store.DB, id string) (out struct {
	Fallback string   `json:"fallback_kwh"`
	Calendar string   `json:"holiday_calendar"`
	Holidays []string `json:"holidays"`
}) {
	t.Helper()
	for _, c := range do(t, db, func(tx *store.Tx) ([]billing.CDR, error) { return billing.CDRs(tx, ours, time.Time{}, "", 1000) }) {
		if c.Session == id {
			if err := json.Unmarshal([]byte(c.Body), &out); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

// Two hours at 2 kW: the first by its slots, the second by the fallback, since
// nothing was published in time. The running cost ends as the receipt.
func TestASessionIsSettledBySpotPrices(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		must(t, db, func(tx *store.Tx) error {
			return tariff.PutIndex(tx, tariff.Index{Tenant: ours.Tenant, ID: "x", Currency: "EUR", Zone: "Europe/Berlin", Slot: 15 * time.Minute, Alarm: 60})
		})
		offer(t, db, `{"id":"T","currency":"EUR","tax_included":"YES","elements":[{"price_components":[
			{"type":"ENERGY","price":0.60,"vat":19,"spot":{"index":"x","factor":"2","margin":"0.10","floor":"0.05"}}]}]}`)
		known(t, db, start.Add(-24*time.Hour), start, 100, 100, 999, -300)
		known(t, db, start.Add(29*time.Minute), start.Add(30*time.Minute), 200)             // in time: it counts
		known(t, db, start.Add(46*time.Minute), start.Add(45*time.Minute), 900)             // too late
		known(t, db, start.Add(3*time.Hour), start.Add(time.Hour), 900, 900, 900, 900, 900) // much too late

		v := say(t, db, beginning("A"), nil)
		running := priced(t, db, v.Session, start.Add(2*time.Hour))
		if ahead := aheadOf(t, running); len(ahead) != 1 || ahead[0].Price.String() != "0.60" {
			t.Errorf("ahead: %+v", ahead)
		}
		say(t, db, ending("A", 4, 120), nil)
		before := priced(t, db, v.Session, start.Add(2*time.Hour))
		settle(t, db, v.Session)

		// 1 kWh at 0.30, half a kWh at 0.50, half at the floor, two at the fallback.
		r := receipt(t, db, v.Session)
		if r.Gross != 30+25+3+120 || before.Rating.Invoice.Gross != r.Gross || r.Body.Fallback != "2.000" || len(r.Body.Lines) != 4 {
			t.Errorf("gross %d, before %d, fallback %q, lines %+v", r.Gross, before.Rating.Invoice.Gross, r.Body.Fallback, r.Body.Lines)
		}
		if c := cdrOf(t, db, v.Session); c.Fallback != "2" || c.Calendar != "" {
			t.Errorf("the CDR says %+v", c)
		}
	})
}

// An open session says what a kWh will cost, as far as it is known.
func TestAnOpenSessionSeesPricesAhead(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		must(t, db, func(tx *store.Tx) error {
			return tariff.PutIndex(tx, tariff.Index{Tenant: ours.Tenant, ID: "x", Currency: "EUR", Zone: "Europe/Berlin", Slot: 15 * time.Minute, Alarm: 60})
		})
		offer(t, db, `{"id":"T","currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.60,"spot":{"index":"x"}}]}]}`)
		known(t, db, start.Add(-time.Hour), start, 100, 200, 200, 300)
		v := say(t, db, beginning("A"), nil)
		p := priced(t, db, v.Session, start.Add(20*time.Minute))
		var got []string
		for _, x := range aheadOf(t, p) {
			got = append(got, x.At.Sub(start).String()+" "+x.Price.String())
		}
		if want := []string{"20m0s 0.20", "45m0s 0.30"}; !slices.Equal(got, want) {
			t.Errorf("ahead %v, want %v", got, want)
		}
	})
}

// A screen is told the price of the next slot, and of none that is not known.
func TestAScreenSeesTheNextSlot(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		must(t, db, func(tx *store.Tx) error {
			return tariff.PutIndex(tx, tariff.Index{Tenant: ours.Tenant, ID: "x", Currency: "EUR", Zone: "Europe/Berlin", Slot: 15 * time.Minute, Alarm: 60})
		})
		offer(t, db, `{"id":"T","currency":"EUR","tax_included":"N/A","elements":[{"price_components":[{"type":"ENERGY","price":0.60,"spot":{"index":"x"}}]}]}`)
		known(t, db, start.Add(-time.Hour), start, 100, 200)
		v := say(t, db, beginning("A"), nil)
		if c := costAt(t, db, v.Session, start.Add(10*time.Minute)); c.Rates.Energy.String() != "0.10" || c.Next == nil || !c.Next.At.Equal(start.Add(15*time.Minute)) || c.Next.Rates.Energy.String() != "0.20" {
			t.Errorf("in the first slot: %+v, next %+v", c.Rates, c.Next)
		}
		if c := costAt(t, db, v.Session, start.Add(20*time.Minute)); c.Rates.Energy.String() != "0.20" || c.Next != nil {
			t.Errorf("in the last slot: %+v, next %+v", c.Rates, c.Next)
		}
	})
}

// Where the public holidays of the next year are not known yet a session is
// priced all the same; only what comes is not said.
func TestAnUnknownNextYearHoldsNoSession(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, `{"id":"T","currency":"EUR","tax_included":"N/A","elements":[
			{"price_components":[{"type":"ENERGY","price":0.20}],"restrictions":{"holiday":"ONLY"}},
			{"price_components":[{"type":"ENERGY","price":0.50}],"restrictions":{"end_time":"12:00"}},{"price_components":[{"type":"ENERGY","price":0.60}]}]}`)
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(start.Year()-1, 12, 31, 9, 0, 0, 0, zone)
		must(t, db, func(tx *store.Tx) error {
			if err := tariff.PutOwnHoliday(tx, ours.Tenant, tariff.OwnHoliday{Region: "XX", Date: (start.Year()-1)*10000 + 101, Name: "Ours"}); err != nil {
				return err
			}
			return station.PutSite(tx, station.Site{ID: "site", Tenant: ours.Tenant, Entity: access.DefaultEntity, Zone: "Europe/Berlin", Country: "XX"})
		})
		v := say(t, db, beginning("A"), func(r *session.Report) {
			r.At, r.Received = at, at
			for i := range r.Samples {
				r.Samples[i].At = at
			}
		})
		c := costAt(t, db, v.Session, at.Add(time.Hour))
		if c.Rates.Energy.String() != "0.50" || c.Next != nil {
			t.Errorf("the last day of the year: %+v, next %+v", c.Rates, c.Next)
		}
		if ahead := aheadOf(t, priced(t, db, v.Session, at.Add(time.Hour))); len(ahead) != 0 {
			t.Errorf("ahead: %+v", ahead)
		}
		must(t, db, func(tx *store.Tx) error {
			return tariff.PutOwnHoliday(tx, ours.Tenant, tariff.OwnHoliday{Region: "XX", Date: start.Year()*10000 + 101, Name: "Ours"})
		})
		if c := costAt(t, db, v.Session, at.Add(time.Hour)); c.Next == nil || !c.Next.At.Equal(at.Add(3*time.Hour)) || c.Next.Rates.Energy.String() != "0.60" {
			t.Errorf("once the next year is known: %+v, next %+v", c.Rates, c.Next)
		}
	})
}

func costAt(t *testing.T, db *store.DB, id string, until time.Time) billing.Cost {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (billing.Cost, error) {
		s, _, err := session.Find(tx, id)
		if err != nil {
			return billing.Cost{}, err
		}
		c, ok, err := billing.CostOf(tx, s, until)
		if !ok {
			t.Errorf("%s has no price to be told", until)
		}
		return c, err
	})
}

func aheadOf(t *testing.T, p billing.Priced) []tariff.PriceStep {
	t.Helper()
	steps, err := p.Ahead()
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// Where nobody knows the public holidays a tariff that needs them holds the
// session, until somebody does.
func TestUnknownHolidaysHoldASession(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, `{"id":"T","currency":"EUR","elements":[
			{"price_components":[{"type":"ENERGY","price":0.20}],"restrictions":{"holiday":"ONLY"}},{"price_components":[{"type":"ENERGY","price":0.50}]}]}`)
		id := charge(t, db, "A", 10, 60, nil)
		settle(t, db, id)
		if s := find(t, db, id); s.Settled || !s.Flags.Has(session.FlagNoCalendar) || s.Flags.Has(session.FlagBadTariff) {
			t.Fatalf("settled %v with %v", s.Settled, s.Flags)
		}
		if p := priced(t, db, id, start.Add(time.Hour)); !p.Held.Has(session.FlagNoCalendar) || p.Rating.Invoice.Gross != 0 {
			t.Errorf("held by %v at %d", p.Held, p.Rating.Invoice.Gross)
		}

		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		first, last := tariff.Date(start.In(zone)), tariff.Date(start.Add(time.Hour).In(zone))
		must(t, db, func(tx *store.Tx) error {
			for _, d := range []int{first, last} {
				if err := tariff.PutOwnHoliday(tx, ours.Tenant, tariff.OwnHoliday{Region: "DE-BY", Date: d, Name: "Ours"}); err != nil {
					return err
				}
			}
			return station.PutSite(tx, station.Site{ID: "site", Tenant: ours.Tenant, Entity: access.DefaultEntity, Zone: "Europe/Berlin", Country: "DE", Region: "DE-BY"})
		})
		if err := review(t, db, ours, id, session.Decision{Choice: session.Accept, Reason: "x"}); !fail.Is(err, fail.Conflict) {
			t.Errorf("accepted without a price: %v", err)
		}
		settle(t, db, id)
		if r := receipt(t, db, id); r.Gross != 200 || r.Body.Energy != 10*energy.KiloWattHour {
			t.Errorf("gross %d", r.Gross)
		}
		if c := cdrOf(t, db, id); !strings.HasPrefix(c.Calendar, "DE-BY ") || len(c.Holidays) == 0 {
			t.Errorf("the CDR says %+v", c)
		}
	})
}
