package billing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/brake"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
)

func (c *till) limits(l brake.Limits) {
	c.Helper()
	must(c, c.db, func(tx *store.Tx) error { return brake.SetLimits(tx, ours.Tenant, l) })
}

func (c *till) blocks() []brake.Block {
	c.Helper()
	return do(c, c.db, func(tx *store.Tx) ([]brake.Block, error) {
		return brake.List(tx, ours, brake.Filter{}, time.Time{}, "", 10)
	})
}

func (c *till) lift(b brake.Block) {
	c.Helper()
	must(c, c.db, func(tx *store.Tx) error { _, err := brake.Lift(tx, ours, b.ID, "it was them"); return err })
}

// tried is one visit that comes to nothing, or not.
func (c *till) tried(remote string, evse int64, unpaid bool) {
	c.Helper()
	must(c, c.db, func(tx *store.Tx) error {
		g, _, err := driver.NewGuest(tx, driver.Guest{Tenant: ours.Tenant, Station: "S1", EVSE: evse, Remote: remote, Payment: payment.NewID(), Hold: 100})
		if err == nil && unpaid {
			err = driver.GuestOver(tx, g.ID, driver.GuestUnpaid, "the bank refused the payment")
		}
		return err
	})
}

func (c *till) braked(remote string, evse int64) brake.Reason {
	c.Helper()
	b := do(c, c.db, func(tx *store.Tx) (*brake.Block, error) {
		return billing.BrakeGuests(tx, ours.Tenant, "S1", evse, remote)
	})
	if b == nil {
		return ""
	}
	return b.Reason
}

func TestGuestsAreBrakedByAddressAndEVSE(t *testing.T) {
	for name, x := range map[string]struct {
		limits brake.Limits
		unpaid bool
		spread bool // over addresses
		want   brake.Reason
		kind   brake.Kind
	}{
		"visits from an address":      {brake.Limits{AddressVisits: 3}, false, false, brake.TooManyVisits, brake.Address},
		"card testing at an address":  {brake.Limits{AddressVisits: 9, AddressUnpaid: 3}, true, false, brake.CardTesting, brake.Address},
		"visits at an EVSE":           {brake.Limits{AddressVisits: 3, EVSEVisits: 3}, false, true, brake.TooManyVisits, brake.EVSE},
		"card testing at an EVSE":     {brake.Limits{AddressUnpaid: 3, EVSEUnpaid: 3}, true, true, brake.CardTesting, brake.EVSE},
		"paid visits are not testing": {brake.Limits{AddressUnpaid: 3, EVSEUnpaid: 3}, false, false, "", ""},
		"without limits":              {brake.Limits{}, true, false, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			eachTill(t, func(c *till) {
				c.limits(x.limits)
				from := func(i int) string {
					if x.spread {
						return fmt.Sprintf("address %d", i)
					}
					return "address"
				}
				for i := range 3 {
					if got := c.braked(from(i), 1); got != "" {
						t.Fatalf("attempt %d: %q", i, got)
					}
					c.tried(from(i), 1, x.unpaid)
				}
				got := c.braked(from(3), 1)
				if list := c.blocks(); got != x.want || got != "" && (len(list) != 1 || list[0].Kind != x.kind || list[0].Evidence.Count != 3) {
					t.Fatalf("%q, %+v", got, list)
				}
				if got == "" {
					return
				}
				if again := c.braked(from(3), 1); again != x.want || len(c.blocks()) != 1 {
					t.Errorf("the next: %q, %+v", again, c.blocks())
				}
				if x.kind == brake.EVSE {
					if got := c.braked(from(3), 2); got != "" {
						t.Errorf("at the EVSE beside it: %q", got)
					}
				} else if got := c.braked("another", 1); got != "" {
					t.Errorf("from another address: %q", got)
				}
				c.lift(c.blocks()[0])
				if got := c.braked(from(3), 1); got != "" {
					t.Errorf("lifted: %q", got)
				}
			})
		})
	}
}

func TestACardThatPaysTooOftenIsBlocked(t *testing.T) {
	eachTill(t, func(c *till) {
		c.limits(brake.Limits{CardVisits: 2})
		visit := func() driver.Guest {
			g := c.visit(5000)
			c.pay(g.Payment, simpay.Good)
			must(t, c.db, func(tx *store.Tx) error { return billing.GuestAnswered(tx, g.ID, false, "no") }) // it came to nothing; the card was seen
			c.drain()
			return c.guest(g.ID)
		}
		for range 2 {
			if g := visit(); g.Reason != "no" {
				t.Fatalf("%+v", g)
			}
		}
		g := visit()
		if g.State != driver.GuestFailed || g.Reason != brake.TooManyVisits.Words("de") {
			t.Fatalf("the third: %+v", g)
		}
		if p := c.paid(g.Payment); p.Status != payment.Released || p.Captured != 0 {
			t.Errorf("what a blocked card held: %+v", p)
		}
		list := c.blocks()
		if len(list) != 1 || list[0].Kind != brake.Card || !strings.HasPrefix(list[0].Key, "sim/") || len(list[0].Evidence.Objects) != 3 || list[0].Evidence.Count != 2 {
			t.Fatalf("%+v", list)
		}
		if len(c.started) != 2 {
			t.Errorf("%d stations were asked", len(c.started))
		}
		c.lift(list[0])
		if g := visit(); g.Reason != "no" {
			t.Errorf("lifted: %+v", g)
		}
	})
}
