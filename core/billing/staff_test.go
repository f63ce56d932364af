package billing_test

import (
	"testing"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/plan"
	"chargewright/core/session"
	"chargewright/plug/simpay"
)

// What a person does about a claim moves money once, in every state.
func TestClaimsByHand(t *testing.T) {
	do := func(c *till, fn func(tx *store.Tx) (billing.Claim, error)) (billing.Claim, error) {
		x, err := try(c, c.db, fn)
		c.drain()
		return x, err
	}
	eachTill(t, func(c *till) {
		c.member("")
		id := c.charged("A", "OWN", 10, 60)
		half := billing.Transfer{Minor: 200, Reference: "REF 1"}
		for range 2 { // the same reference is one transfer
			if x, err := do(c, func(tx *store.Tx) (billing.Claim, error) { return billing.Received(tx, ours, id, half) }); err != nil || x.Left() != 300 || x.Hand != 200 {
				t.Errorf("%+v, %v", x, err)
			}
		}
		c.even("half by transfer")
		for _, bad := range []billing.Transfer{{301, "REF 2"}, {0, "REF 2"}, {-1, "REF 2"}, {10, " "}} {
			if _, err := do(c, func(tx *store.Tx) (billing.Claim, error) { return billing.Received(tx, ours, id, bad) }); !fail.Is(err, fail.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if _, err := do(c, func(tx *store.Tx) (billing.Claim, error) { return billing.AskAgain(tx, ours, id) }); !fail.Is(err, fail.Conflict) {
			t.Errorf("asked without a method: %v", err)
		}
		if x, err := do(c, func(tx *store.Tx) (billing.Claim, error) { return billing.GiveUp(tx, ours, id, "moved abroad") }); err != nil || x.State != billing.ClaimWrittenOff || c.balance("writeoff/bad_debt") != 300 {
			t.Errorf("%+v, %v", x, err)
		}
		c.even("given up")
		if _, err := do(c, func(tx *store.Tx) (billing.Claim, error) { return billing.GiveUp(tx, ours, id, "again") }); !fail.Is(err, fail.Conflict) {
			t.Errorf("given up twice: %v", err)
		}
		if x, err := do(c, func(tx *store.Tx) (billing.Claim, error) {
			return billing.Received(tx, ours, id, billing.Transfer{Minor: 100, Reference: "REF 3"})
		}); err != nil || x.Left() != 200 || c.balance("writeoff/bad_debt") != 200 {
			t.Errorf("%+v, bad debt %d, %v", x, c.balance("writeoff/bad_debt"), err)
		}
		if x, err := do(c, func(tx *store.Tx) (billing.Claim, error) {
			return billing.Received(tx, ours, id, billing.Transfer{Minor: 200, Reference: "REF 4"})
		}); err != nil || x.State != billing.ClaimPaid || c.balance("writeoff/bad_debt") != 0 {
			t.Errorf("%+v, bad debt %d, %v", x, c.balance("writeoff/bad_debt"), err)
		}
		c.even("paid at last")
		if n := c.balance("bank/transfer"); n != 500 {
			t.Errorf("the bank has %d", n)
		}
		c.credit(id, billing.CreditOrder{Key: "1", Gross: 50}) // no payment is there to give it back by
		c.even("credited")
	})
	eachTill(t, func(c *till) {
		c.member(simpay.DeclinedLater)
		id := c.charged("A", "OWN", 10, 60)
		if x, err := do(c, func(tx *store.Tx) (billing.Claim, error) { return billing.AskAgain(tx, ours, id) }); err != nil || x.Attempt != 2 {
			t.Errorf("%+v, %v", x, err)
		}
		for range 4 {
			c.pass()
		}
		if x := c.claim(id); x.State != billing.ClaimWrittenOff {
			t.Fatalf("%+v", x)
		}
		if x, err := do(c, func(tx *store.Tx) (billing.Claim, error) { return billing.AskAgain(tx, ours, id) }); err != nil || x.State != billing.ClaimAsked {
			t.Errorf("%+v, %v", x, err)
		}
		if x := c.claim(id); x.State != billing.ClaimWrittenOff || c.balance("writeoff/bad_debt") != 500 { // the card says no once more
			t.Errorf("%+v, bad debt %d", x, c.balance("writeoff/bad_debt"))
		}
		c.even("asked once more")
	})
}

// What was given up may be billed anew, and given up again: the books know of both.
func TestAClaimIsGivenUpAgain(t *testing.T) {
	eachTill(t, func(c *till) {
		c.member("")
		id := c.charged("A", "OWN", 10, 60)
		for n, kWh := range []int64{10, 8, 12, 8} {
			if n > 0 {
				if _, err := c.correct(id, session.Decision{Choice: session.ByWord, Energy: 1000 * kWh}); err != nil {
					t.Fatal(err)
				}
			}
			must(t, c.db, func(tx *store.Tx) error { _, err := billing.GiveUp(tx, ours, id, "no hope"); return err })
			if x := c.claim(id); x.State != billing.ClaimWrittenOff || x.Left() != 50*kWh || c.balance("writeoff/bad_debt") != 50*kWh || c.balance("receivable") != 0 {
				t.Errorf("given up %d times: %s with %d left, %d lost, %d owed", n+1, x.State, x.Left(), c.balance("writeoff/bad_debt"), c.balance("receivable"))
			}
		}
		c.even("at the end")
	})
}

// What a role may give back of one receipt is bounded by the policy, over all notes.
func TestGoodwillIsBounded(t *testing.T) {
	eachTill(t, func(c *till) {
		must(t, c.db, func(tx *store.Tx) error {
			return billing.SetPolicy(tx, ours.Tenant, billing.Policy{Operators: 4, Support: 2})
		})
		c.member("")
		id := c.charged("A", "OWN", 10, 60)
		give := func(r access.Role, key string, minor int64) error {
			_, err := try(t, c.db, func(tx *store.Tx) (billing.Document, error) {
				return billing.Credit(tx, access.Scope{Tenant: ours.Tenant, Role: r, Actor: "usr_1"}, id, billing.CreditOrder{Key: key, Gross: minor, Reason: "sorry"})
			})
			return err
		}
		for _, x := range []struct {
			role  access.Role
			key   string
			minor int64
			want  fail.Kind
		}{
			{access.Support, "1", 201, fail.Denied}, {access.Support, "2", 150, 0}, {access.Support, "3", 51, fail.Denied}, {access.Support, "4", 50, 0},
			{access.Support, "5", 0, fail.Denied}, {access.Technician, "6", 1, fail.Denied}, {access.Viewer, "7", 1, fail.Denied}, {access.Operator, "8", 201, fail.Denied},
			{access.Operator, "9", 200, 0}, {access.Finance, "10", 0, 0},
		} {
			if err := give(x.role, x.key, x.minor); x.want == 0 && err != nil || x.want != 0 && !fail.Is(err, x.want) {
				t.Errorf("%s gives %d: %v", x.role, x.minor, err)
			}
		}
		c.even("given")
	})
}

// A wallet goes back by the payments that filled it, and cannot be spent meanwhile.
func TestTheWalletIsPaidBack(t *testing.T) {
	eachTill(t, func(c *till) {
		who := c.member("")
		me := access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Actor: who}
		c.topUp(who, 1000)
		c.topUp(who, 500)
		c.charged("A", "OWN", 10, 60) // 5.00
		back := func() (int64, error) {
			return try(t, c.db, func(tx *store.Tx) (int64, error) { return billing.PayBack(tx, me, "EUR") })
		}
		if n, err := back(); err != nil || n != 1000 {
			t.Fatalf("%d, %v", n, err)
		}
		if w := do(t, c.db, func(tx *store.Tx) (plan.Wallet, error) { return plan.Get(tx, ours.Tenant, who, "EUR") }); w.Free() != 0 {
			t.Errorf("before it is back: %+v", w)
		}
		if err := mayLeave(c, who); !fail.Is(err, fail.Conflict) {
			t.Errorf("left with money in the wallet: %v", err)
		}
		c.drain()
		if w := do(t, c.db, func(tx *store.Tx) (plan.Wallet, error) { return plan.Get(tx, ours.Tenant, who, "EUR") }); w.Balance != 0 || w.Promised != 0 {
			t.Errorf("%+v", w)
		}
		c.even("paid back")
		if err := mayLeave(c, who); err != nil {
			t.Errorf("could not leave: %v", err)
		}
		if _, err := back(); !fail.Is(err, fail.Conflict) {
			t.Errorf("nothing is there: %v", err)
		}
	})
}

func mayLeave(c *till, who string) error {
	_, err := try(c, c.db, func(tx *store.Tx) (int, error) { return 0, billing.MayLeave(tx, ours.Tenant, who) })
	return err
}
