package billing_test

import (
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/brake"
	"chargewright/core/driver"
	"chargewright/core/plan"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/plug/simpay"
)

// begins is a session of the card OWN on an EVSE, as a station reports it.
func (c *till) begins(name string, evse int64) session.Verdict {
	c.Helper()
	r := beginning(name)
	now := time.Now().UTC().Truncate(time.Microsecond)
	r.Token, r.EVSE, r.At, r.Received, r.Samples[0].At = "OWN", evse, now, now, now
	return do(c, c.db, func(tx *store.Tx) (session.Verdict, error) { return billing.Apply(tx, r) })
}

// ends ends it an hour later with 10 kWh, or whatever the station says.
func (c *till) ends(name string, evse, kWh int64) {
	c.Helper()
	r := ending(name, kWh, 60)
	at := time.Now().UTC().Add(time.Hour).Truncate(time.Microsecond)
	r.EVSE, r.At, r.Received, r.Samples[0].At = evse, at, at, at
	do(c, c.db, func(tx *store.Tx) (session.Verdict, error) { return billing.Apply(tx, r) })
	c.drain()
}

func (c *till) wallet(who string) plan.Wallet {
	c.Helper()
	return do(c, c.db, func(tx *store.Tx) (plan.Wallet, error) { return plan.Get(tx, ours.Tenant, who, "EUR") })
}

// policy sets a hold of 30.00 and what becomes of those without means.
func (c *till) policy(u billing.Unpaid) {
	c.Helper()
	must(c, c.db, func(tx *store.Tx) error {
		p, err := billing.GetPolicy(tx, ours.Tenant)
		if err != nil {
			return err
		}
		p.Hold, p.Unpaid = 3000, u
		return billing.SetPolicy(tx, ours.Tenant, p)
	})
}

// elsewhere is a station where the card does not charge.
const elsewhere = "ELSEWHERE"

// judge is what a station is told where the card does not charge already.
func (c *till) judge(token string) driver.Verdict {
	c.Helper()
	return c.judgeAt(elsewhere, token)
}

func (c *till) judgeAt(st, token string) driver.Verdict {
	c.Helper()
	must(c, c.db, func(tx *store.Tx) error {
		if _, found, err := station.Find(tx, st); err != nil || found {
			return err
		}
		return station.Create(tx, station.Station{ID: st, Tenant: ours.Tenant, Site: "site", Onboarding: station.Accepted})
	})
	return do(c, c.db, func(tx *store.Tx) (session.Judgement, error) {
		return billing.Authorise(tx, session.Attempt{Tenant: ours.Tenant, Token: token, Type: "ISO14443", Station: st, At: time.Now()})
	}).Verdict
}

func (c *till) why(who string) string {
	c.Helper()
	return do(c, c.db, func(tx *store.Tx) (string, error) { return billing.MayCharge(tx, ours.Tenant, who) })
}

// Who has nothing to pay with charges where the policy allows it, and else does not;
// a card of nobody and whoever has a method or money are not asked.
func TestDriversWithoutMeans(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member("")
		if p := do(t, c.db, func(tx *store.Tx) (billing.Policy, error) { return billing.GetPolicy(tx, ours.Tenant) }); p.Unpaid != billing.Allow {
			t.Errorf("by default: %q", p.Unpaid)
		}
		c.policy(billing.Allow)
		if c.judge("OWN") != driver.Accepted || c.why(who) != "" {
			t.Errorf("allowed, and %s, %q", c.judge("OWN"), c.why(who))
		}
		c.policy(billing.Refuse)
		if c.judge("OWN") != driver.NoCredit || c.judge("CARD") != driver.Accepted || c.why(who) != billing.NoMeans {
			t.Errorf("refused, and %s, %s, %q", c.judge("OWN"), c.judge("CARD"), c.why(who))
		}
		v := c.begins("A", 1)
		if s := find(t, c.db, v.Session); v.Token != driver.NoCredit || s.Verdict != driver.NoCredit || !s.Flags.Has(session.FlagUnauthorised) {
			t.Errorf("a station that starts all the same: %+v, %s %v", v, s.Verdict, s.Flags)
		}
		c.topUp(who, 100)
		if c.judge("OWN") != driver.Accepted || c.why(who) != "" {
			t.Errorf("with money, and %s, %q", c.judge("OWN"), c.why(who))
		}
		must(t, c.db, func(tx *store.Tx) error { return driver.Hold(tx, ours.Tenant, who, "unpaid") })
		if c.judge("OWN") != driver.Blocked || c.why(who) != billing.OwesMoney {
			t.Errorf("held, and %s, %q", c.judge("OWN"), c.why(who))
		}
		if _, err := try(t, c.db, func(tx *store.Tx) (int, error) {
			return 0, billing.SetPolicy(tx, ours.Tenant, billing.Policy{Unpaid: "perhaps"})
		}); !fail.Is(err, fail.Invalid) {
			t.Errorf("perhaps: %v", err)
		}
	})
	eachTill(t, func(c *till) {
		who := c.member(simpay.Good)
		c.policy(billing.Refuse)
		if c.judge("OWN") != driver.Accepted || c.why(who) != "" {
			t.Errorf("with a card, and %s, %q", c.judge("OWN"), c.why(who))
		}
	})
}

// A brake keeps a card from another session, and not from ending its own.
func TestABrakedCardEndsItsSession(t *testing.T) {
	eachTill(t, func(c *till) {
		c.member(simpay.Good)
		must(c, c.db, func(tx *store.Tx) error { return brake.SetLimits(tx, ours.Tenant, brake.Limits{AccountParallel: 1}) })
		if v := c.begins("A", 1); v.Token != driver.Accepted {
			t.Fatalf("the first: %+v", v)
		}
		if here, there := c.judgeAt(beginning("A").Station, "OWN"), c.judge("OWN"); here != driver.Accepted || there != driver.ConcurrentTx {
			t.Errorf("where it charges %s, elsewhere %s", here, there)
		}
		if v := c.begins("B", 2); v.Token != driver.ConcurrentTx {
			t.Errorf("the second: %+v", v)
		}
	})
}

// What one session was promised is not there for another, and is free again when it
// was paid.
// Whatever became of a card while it charges, it ends its session, and begins none
// elsewhere: stations ask of both alike.
func TestACardThatWouldNotBeginEndsItsSession(t *testing.T) {
	one := int64(1)
	for name, then := range map[string]struct {
		do   func(tx *store.Tx, who string) error
		next driver.Verdict
	}{
		"blocked by staff": {func(tx *store.Tx, who string) error {
			return driver.PutToken(tx, ours, driver.Token{UID: "OWN", Type: "ISO14443", Driver: who, Status: driver.StatusBlocked})
		}, driver.Blocked},
		"its term is over": {func(tx *store.Tx, who string) error {
			return driver.PutToken(tx, ours, driver.Token{UID: "OWN", Type: "ISO14443", Driver: who, Status: driver.StatusAccepted, ExpiresAt: time.Now().Add(-time.Minute)})
		}, driver.Expired},
		"one at a time": {func(tx *store.Tx, who string) error {
			return driver.PutToken(tx, ours, driver.Token{UID: "OWN", Type: "ISO14443", Driver: who, Status: driver.StatusAccepted, MaxParallelSessions: &one})
		}, driver.ConcurrentTx},
		"its driver owes":      {func(tx *store.Tx, who string) error { return driver.Hold(tx, ours.Tenant, who, "unpaid") }, driver.Blocked},
		"it is not known more": {func(tx *store.Tx, _ string) error { return driver.DeleteToken(tx, ours, "OWN") }, driver.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			eachTill(t, func(c *till) {
				who := c.member(simpay.Good)
				c.begins("A", 1)
				must(t, c.db, func(tx *store.Tx) error { return then.do(tx, who) })
				if here, there := c.judgeAt("S1", "OWN"), c.judge("OWN"); here != driver.Accepted || there != then.next {
					t.Errorf("where it charges %s, elsewhere %s", here, there)
				}
				if v := c.begins("B", 2); v.Token != then.next {
					t.Errorf("a second session there: %s", v.Token)
				}
				c.ends("A", 1, 5)
				c.ends("B", 2, 5)
				if here := c.judgeAt("S1", "OWN"); name != "one at a time" && name != "its driver owes" && here != then.next {
					t.Errorf("after its end %s", here)
				}
			})
		})
	}
}

func TestTwoSessionsDoNotCountOnTheSameMoney(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member("")
		c.policy(billing.Refuse)
		c.topUp(who, 4000)
		if v := c.begins("A", 1); v.Token != driver.Accepted || c.wallet(who).Free() != 1000 {
			t.Fatalf("the first: %+v, %+v", v, c.wallet(who))
		}
		if v := c.begins("A", 1); !v.Duplicate || c.wallet(who).Promised != 3000 {
			t.Errorf("said again: %+v, %+v", v, c.wallet(who))
		}
		if v := c.begins("B", 2); v.Token != driver.Accepted || c.wallet(who).Free() != 0 {
			t.Errorf("the second, on the rest: %+v, %+v", v, c.wallet(who))
		}
		if v := c.begins("C", 3); v.Token != driver.NoCredit || c.judge("OWN") != driver.NoCredit {
			t.Errorf("the third: %+v", v)
		}
		if st := beginning("A").Station; c.judgeAt(st, "OWN") != driver.Accepted {
			t.Error("a card that charges cannot end it")
		}
		c.ends("A", 1, 10)
		if w := c.wallet(who); w.Balance != 3500 || w.Promised != 1000 || c.judge("OWN") != driver.Accepted {
			t.Errorf("the first is paid: %+v", w)
		}
		c.ends("B", 2, 10)
		c.ends("C", 3, 10)
		if w := c.wallet(who); w.Balance != 2500 || w.Promised != 0 {
			t.Errorf("all are paid: %+v", w)
		}
	})
}

// However a session ends, nothing stays promised to it.
func TestNothingStaysPromised(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member("")
		c.policy(billing.Allow)
		c.topUp(who, 20000)
		for name, end := range map[string]func(id string){
			"settled": func(string) { c.ends("settled", 1, 10) },
			"failed":  func(string) { c.ends("failed", 1, 0) },
			"closed by a person": func(id string) {
				must(t, c.db, func(tx *store.Tx) error { _, err := session.Close(tx, ours, id, "Other", "gone"); return err })
				c.drain()
				if s := find(t, c.db, id); s.Held() {
					if err := review(t, c.db, ours, id, session.Decision{Choice: session.Unbills, Reason: "a test"}); err != nil {
						t.Fatal(err)
					}
				}
			},
			"superseded": func(string) {
				c.begins("next", 1)
				c.drain()
				c.ends("next", 1, 10)
			},
			"held and voided": func(id string) {
				c.ends("held and voided", 1, -10)
				if c.wallet(who).Promised != 3000 {
					t.Errorf("held, and %+v", c.wallet(who))
				}
				if err := review(t, c.db, ours, id, session.Decision{Choice: session.Unbills, Reason: "a test"}); err != nil {
					t.Fatal(err)
				}
			},
			"held and named": func(id string) {
				c.ends("held and named", 1, -10)
				if err := review(t, c.db, ours, id, session.Decision{Choice: session.ByWord, Energy: 1000, Reason: "a test"}); err != nil {
					t.Fatal(err)
				}
				c.drain()
			},
			"corrected": func(id string) {
				c.ends("corrected", 1, 10)
				if _, err := billing.Correct(t.Context(), c.db, ours, id, billing.Correction{Decision: session.Decision{Choice: session.ByWord, Energy: 12000, Reason: "a test"}, Gross: 600}); err != nil {
					t.Fatal(err)
				}
				c.drain()
			},
		} {
			v := c.begins(name, 1)
			if w := c.wallet(who); w.Promised != 3000 {
				t.Errorf("%s: begun, and %+v", name, w)
			}
			end(v.Session)
			if w := c.wallet(who); w.Promised != 0 {
				t.Errorf("%s: over, and %+v", name, w)
			}
		}
	})
}

// A hold is what the buyer pays: with the tax that is added to a price without it.
func TestAHoldHasTheTaxInIt(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		german(t, db)
		offer(t, db, `{"id":"N","currency":"EUR","last_updated":"2026-01-01T00:00:00Z","tax_included":"NO","elements":[{"price_components":[{"type":"ENERGY","price":0.5,"step_size":1}]}]}`)
		hold := func(who string) int64 {
			return do(t, db, func(tx *store.Tx) (int64, error) {
				site, err := station.SiteOf(tx, "S1")
				if err != nil {
					return 0, err
				}
				b, _, err := tariff.Bind(tx, ours.Tenant, tariff.Use{Site: "site", Station: "S1", EVSE: 1, Connector: 1, At: tx.Now()})
				if err != nil {
					return 0, err
				}
				p, err := tariff.GetVersion(tx, ours.Tenant, b.Tariff, tariff.Version(b.Version))
				if err != nil {
					return 0, err
				}
				return billing.HoldAt(tx, site, who, p, 50_000)
			})
		}
		if n := hold(""); n != 3000 { // 50 kWh are 25.00, 29.75 with 19 %
			t.Errorf("a guest's hold is %d", n)
		}
		if n := hold(buyer(t, db, "fr", driver.Buyer{Kind: driver.BuysToResell, Country: "FR", VATID: "FR40303265045"}, true)); n != 2500 {
			t.Errorf("of a dealer, who owes the tax: %d", n)
		}
	})
}
