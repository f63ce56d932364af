package billing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// screen gives S1 a screen by its settings.
func screen(t testing.TB, db *store.DB, ks ...device.Known) {
	t.Helper()
	must(t, db, func(tx *store.Tx) error {
		d, _, err := device.At(tx, "S1")
		if err == nil {
			err = device.Learn(tx, d.ID, ks)
		}
		return err
	})
}

func says(component, variable, instance string) device.Known {
	return device.Known{Setting: device.Setting{Component: component, Variable: variable, Instance: instance}, Value: "true"}
}

// display plans the screens of the tenant and has them told; it returns those of
// which nothing is known.
func display(t testing.TB, db *store.DB) []string {
	t.Helper()
	return do(t, db, func(tx *store.Tx) ([]string, error) {
		p, unknown, err := billing.PlanDisplays(tx, ours.Tenant)
		if err == nil {
			err = billing.ShowDisplays(tx, p)
		}
		return unknown, err
	})
}

// shownBy are the jobs that tell screens, the newest first.
func shownBy(t testing.TB, db *store.DB) []device.Job {
	t.Helper()
	return do(t, db, func(tx *store.Tx) ([]device.Job, error) { return device.Jobs(tx, ours, device.CommandKey{}, 100) })
}

func displays(t testing.TB, db *store.DB, tariffID string) []string {
	t.Helper()
	var out []string
	for _, d := range do(t, db, func(tx *store.Tx) ([]billing.Display, error) {
		return billing.Displays(tx, ours, tariffID, billing.Display{}, 10)
	}) {
		when := "now"
		if !d.From.IsZero() {
			when = "later"
		}
		out = append(out, fmt.Sprint(d.Station, " ", when, " ", d.State))
	}
	return out
}

func TestScreensAreToldWhatHoldsAndWhatComes(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.40"))
		if unknown := display(t, db); !slices.Equal(unknown, []string{"S1"}) || len(displays(t, db, "T")) != 0 {
			t.Errorf("unknown are %v, shown %v", unknown, displays(t, db, "T"))
		}
		screen(t, db, says("DisplayMessageCtrlr", "Enabled", ""))
		display(t, db)
		jobs := func() []device.Job { return shownBy(t, db) }
		if got := displays(t, db, "T"); !slices.Equal(got, []string{"S1 now waiting"}) || len(jobs()) != 1 {
			t.Errorf("%v, %d jobs", got, len(jobs()))
		}
		display(t, db)
		if len(jobs()) != 1 {
			t.Errorf("told again: %d jobs", len(jobs()))
		}
		from := time.Now().Add(time.Hour)
		must(t, db, func(tx *store.Tx) error {
			next, err := tariff.Parse([]byte(perKWh("T", "EUR", "0.55")))
			if err == nil {
				_, err = tariff.PutFrom(tx, ours.Tenant, "", next, from)
			}
			return err
		})
		display(t, db)
		if got := displays(t, db, "T"); !slices.Equal(got, []string{"S1 now waiting", "S1 later waiting"}) {
			t.Errorf("planned: %v", got)
		}
		all := jobs()
		if len(all) != 2 || all[1].Count[device.ItemCancelled] != 1 || all[1].State != device.JobDone || !all[0].Whole {
			t.Errorf("what was overtaken: %+v", all)
		}
		if got := do(t, db, func(tx *store.Tx) ([]billing.Display, error) {
			return billing.Displays(tx, theirs, "T", billing.Display{}, 10)
		}); len(got) != 0 {
			t.Errorf("another tenant sees %v", got)
		}
		must(t, db, func(tx *store.Tx) error {
			return tariff.Withdraw(tx, ours.Tenant, "T", from.Truncate(time.Microsecond))
		})
		display(t, db)
		if got := displays(t, db, "T"); !slices.Equal(got, []string{"S1 now waiting"}) || len(jobs()) != 3 {
			t.Errorf("withdrawn: %v, %d jobs", got, len(jobs()))
		}
	})
}

// A device that takes the place of another was told nothing yet.
func TestAReplacedDeviceIsToldThePrice(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.40"))
		for n := 1; n <= 2; n++ {
			screen(t, db, says("DisplayMessageCtrlr", "Enabled", ""))
			for range 2 {
				display(t, db)
			}
			if jobs := shownBy(t, db); len(jobs) != n {
				t.Errorf("device %d: %d jobs", n, len(jobs))
			}
			must(t, db, func(tx *store.Tx) error {
				_, err := device.Install(tx, ours.Tenant, "S1")
				return err
			})
		}
	})
}

// What is listed is what is planned now, also where nothing is to be told: a 1.6
// station is not told ahead, and two versions can say the same.
func TestTheListOfScreensFollowsThePlan(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.40"))
		screen(t, db, says("", "CustomDisplayCostAndPrice", ""))
		display(t, db)
		from := time.Now().Add(time.Hour).Truncate(time.Second)
		plan := func(text string, at time.Time) string {
			return string(do(t, db, func(tx *store.Tx) (tariff.Version, error) {
				p, err := tariff.Parse([]byte(text))
				if err != nil {
					return "", err
				}
				return tariff.PutFrom(tx, ours.Tenant, "", p, at)
			}))
		}
		listed := func() (now, later string) {
			display(t, db)
			got := do(t, db, func(tx *store.Tx) ([]billing.Display, error) {
				return billing.Displays(tx, ours, "T", billing.Display{}, 10)
			})
			for _, d := range got {
				switch {
				case d.From.IsZero():
					now += d.Version
				case d.From.Equal(from):
					later += d.Version
				default:
					t.Errorf("listed from %v on", d.From)
				}
			}
			return now, later
		}
		first := plan(perKWh("T", "EUR", "0.55"), from)
		if _, later := listed(); later != first {
			t.Errorf("planned: %s, want %s", later, first)
		}
		must(t, db, func(tx *store.Tx) error { return tariff.Withdraw(tx, ours.Tenant, "T", from) })
		second := plan(perKWh("T", "EUR", "0.60"), from)
		if _, later := listed(); later != second || first == second {
			t.Errorf("another plan for the same time: %s, want %s", later, second)
		}
		must(t, db, func(tx *store.Tx) error { return tariff.Withdraw(tx, ours.Tenant, "T", from) })
		same := plan(strings.Replace(perKWh("T", "EUR", "0.40"), "2026-01-01", "2026-01-02", 1), time.Now())
		if now, later := listed(); now != same || later != "" {
			t.Errorf("the same words: %s and then %q, want %s", now, later, same)
		}
		if n := len(shownBy(t, db)); n != 1 {
			t.Errorf("told by %d jobs", n)
		}
	})
}

// Pages are full for those who see some sites only.
func TestAHostPagesThroughTheScreensOfItsSites(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.40"))
		screen(t, db, says("DisplayMessageCtrlr", "Enabled", ""))
		for _, id := range []string{"R1", "R2", "T1", "T2"} {
			must(t, db, func(tx *store.Tx) error {
				site := map[bool]string{false: "site", true: "yonder"}[id < "S"]
				if err := station.PutSite(tx, station.Site{ID: site, Tenant: ours.Tenant, Entity: access.DefaultEntity, Zone: "Europe/Berlin"}); err != nil {
					return err
				}
				if err := station.Create(tx, station.Station{ID: id, Tenant: ours.Tenant, Site: site, Onboarding: station.Accepted}); err != nil {
					return err
				}
				d, err := device.Install(tx, ours.Tenant, id)
				if err != nil {
					return err
				}
				return device.Learn(tx, d.ID, []device.Known{says("DisplayMessageCtrlr", "Enabled", "")})
			})
		}
		display(t, db)
		read := func(sites ...string) (out []string) {
			var after billing.Display
			for range 10 {
				page := do(t, db, func(tx *store.Tx) ([]billing.Display, error) {
					return billing.Displays(tx, access.Scope{Tenant: ours.Tenant, Role: access.Host, Sites: sites}, "T", after, 2)
				})
				for _, d := range page {
					out = append(out, d.Station)
				}
				if len(page) < 2 {
					break
				}
				after = page[1]
			}
			return out
		}
		if got := read("site"); !slices.Equal(got, []string{"S1", "T1", "T2"}) {
			t.Errorf("of one site: %v", got)
		}
		if got := read("site", "yonder"); len(got) != 5 {
			t.Errorf("of both: %v", got)
		}
		if got := read(); len(got) != 0 {
			t.Errorf("of none: %v", got)
		}
	})
}

// A tariff to rate by says its own price, and the message that of each EVSE. What is
// more than a command holds is not shown, and that is said.
func TestEVSEsWithPricesOfTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		screen(t, db, says("DisplayMessageCtrlr", "Enabled", ""), says("TariffCostCtrlr", "Enabled", "Tariff"))
		price := func(from, to int64) {
			for n := from; n <= to; n++ {
				tf, err := tariff.Parse([]byte(perKWh(fmt.Sprintf("T%d", n), "EUR", fmt.Sprintf("0.%d", 100+n))))
				if err != nil {
					t.Fatal(err)
				}
				must(t, db, func(tx *store.Tx) error {
					if err := station.SetEVSE(tx, "S1", n, "", 11_000); err != nil {
						return err
					}
					if _, err := tariff.Put(tx, ours.Tenant, "", tf); err != nil {
						return err
					}
					return tariff.Assign(tx, ours.Tenant, tariff.EVSEPlace("S1", n), tf.ID)
				})
			}
		}
		price(1, 2)
		p := do(t, db, func(tx *store.Tx) (billing.Plan, error) {
			p, _, err := billing.PlanDisplays(tx, ours.Tenant)
			return p, err
		})
		now := p.Shown[0].Command.Now
		if len(now.Tariffs) != 2 || !strings.HasPrefix(now.Texts[0].Content, "1: €0.101") || !strings.Contains(now.Texts[0].Content, "\n2: €0.102") {
			t.Fatalf("%+v", now)
		}
		for i, x := range now.Tariffs {
			if got := x.Tariff.Texts; len(got) != len(now.Texts) || !strings.HasPrefix(got[0].Content, fmt.Sprintf("€0.10%d", i+1)) || strings.Contains(got[0].Content, "\n") {
				t.Errorf("EVSE %d is given %+v", x.EVSE, got)
			}
		}
		price(3, 60)
		display(t, db)
		got := do(t, db, func(tx *store.Tx) ([]billing.Display, error) {
			return billing.Displays(tx, ours, "T1", billing.Display{}, 10)
		})
		if len(got) != 1 || got[0].State != billing.DisplayCannot || got[0].Reason != "there is more to say than a command holds" || len(shownBy(t, db)) != 0 {
			t.Errorf("%+v, %d jobs", got, len(shownBy(t, db)))
		}
	})
}

func TestAScreenThatCannotShowATariffSaysWhy(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, `{"id":"T","currency":"EUR","last_updated":"2026-01-01T00:00:00Z","elements":[{"price_components":[{"type":"TIME","price":6,"vat":19,"step_size":60}]}]}`)
		screen(t, db, says("TariffCostCtrlr", "Enabled", "Tariff"))
		display(t, db)
		got := do(t, db, func(tx *store.Tx) ([]billing.Display, error) {
			return billing.Displays(tx, ours, "T", billing.Display{}, 10)
		})
		if len(got) != 1 || got[0].State != billing.DisplayCannot || got[0].Reason != "it cannot rate by the tariff: steps of 60" || got[0].Job != "" {
			t.Errorf("%+v", got)
		}
	})
}

// A station's own cost is compared once the session is settled, in its currency and
// rounded as money is.
func TestAClaimIsCompared(t *testing.T) {
	for name, c := range map[string]struct {
		claim   session.Claim
		differs bool
	}{
		"the same":         {session.Claim{Currency: "EUR", Micro: 4_760_000}, false},
		"half a cent":      {session.Claim{Currency: "EUR", Micro: 4_764_999}, false},
		"a cent":           {session.Claim{Currency: "EUR", Micro: 4_765_000}, true},
		"another currency": {session.Claim{Currency: "USD", Micro: 4_760_000}, true},
		"none":             {session.Claim{Currency: "EUR", Failed: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, db *store.DB) {
				offer(t, db, perKWh("T", "EUR", "0.40"))
				say(t, db, beginning("tx"), nil)
				v := say(t, db, ending("tx", 10, 60), func(r *session.Report) { r.Claim = &c.claim })
				settle(t, db, v.Session)
				if s := find(t, db, v.Session); !s.Settled || s.Flags.Has(session.FlagStationCost) != c.differs || s.Flags.Hold() || *s.CostMinor != 476 {
					t.Errorf("settled %v with %v", s.Settled, s.Flags)
				}
			})
		})
	}
	if m, ok := (session.Claim{Currency: "JPY", Micro: 499_500_000}).Minor(money.Currency("JPY")); !ok || m != 500 {
		t.Errorf("in yen it is %d, %v", m, ok)
	}
}
