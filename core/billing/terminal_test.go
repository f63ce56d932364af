package billing_test

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/session"
)

// atTerminal is a session that somebody pays at the station's terminal.
func (c *till) atTerminal(tx string, kWh, minutes int64) string {
	c.Helper()
	return charge(c, c.db, tx, kWh, minutes, func(r *session.Report) {
		if r.Kind == session.Started {
			r.Token, r.TokenType = "PSP-"+tx, session.DirectPayment
		}
	})
}

func told(tx, outcome string, micro int64, digest string) billing.Settlement {
	return billing.Settlement{Station: "S1", Tx: tx, Ref: "PSP-" + tx, Digest: digest, Outcome: outcome, Amount: strconv.FormatInt(micro, 10) + "e-6", Micro: &micro, At: time.Now()}
}

func (c *till) settles(s billing.Settlement) billing.Settlement {
	c.Helper()
	return do(c, c.db, func(tx *store.Tx) (billing.Settlement, error) {
		return billing.TookSettlement(tx, s, "secret of "+s.Ref+s.Digest)
	})
}

func (c *till) settlement(id string) billing.Settlement {
	c.Helper()
	for _, s := range do(c, c.db, func(tx *store.Tx) ([]billing.Settlement, error) {
		return billing.Settlements(tx, ours, "", time.Time{}, "", 100)
	}) {
		if s.ID == id {
			return s
		}
	}
	c.Fatalf("no settlement %s", id)
	return billing.Settlement{}
}

const euro = money.One

// 10 kWh at 0.50 € are 5 €.
func TestATerminalSettles(t *testing.T) {
	for name, x := range map[string]struct {
		outcome string
		micro   int64
		state   billing.SettlementState
		claim   billing.ClaimState
		paid    int64
		till    int64 // clearing/terminal
	}{
		"what is due":        {"Settled", 5 * euro, billing.SettlementBooked, billing.ClaimPaid, 500, 500},
		"less":               {"Settled", 4 * euro, billing.SettlementDiffers, billing.ClaimStuck, 400, 400},
		"more":               {"Settled", 6 * euro, billing.SettlementDiffers, billing.ClaimStuck, 600, 600},
		"nothing":            {"Settled", 0, billing.SettlementDiffers, billing.ClaimStuck, 0, 0},
		"a part of a cent":   {"Settled", 5*euro + 1, billing.SettlementStrange, billing.ClaimOpen, 0, 0},
		"a negative amount":  {"Settled", -5 * euro, billing.SettlementStrange, billing.ClaimOpen, 0, 0},
		"beyond all bounds":  {"Settled", 2_000_000 * euro, billing.SettlementStrange, billing.ClaimOpen, 0, 0},
		"not: it failed":     {"Failed", 5 * euro, billing.SettlementUnpaid, billing.ClaimOpen, 0, 0},
		"not: was cancelled": {"Canceled", 0, billing.SettlementUnpaid, billing.ClaimOpen, 0, 0},
		"not: was rejected":  {"Rejected", 5 * euro, billing.SettlementUnpaid, billing.ClaimOpen, 0, 0},
	} {
		for _, early := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", before the receipt"}[early], func(t *testing.T) {
				eachTill(t, func(c *till) {
					id := c.atTerminal("A", 10, 60)
					var s billing.Settlement
					if early {
						if s = c.settles(told("A", x.outcome, x.micro, "1")); s.State != billing.SettlementWaiting && s.State != billing.SettlementStrange {
							t.Fatalf("before the receipt: %+v", s)
						}
					}
					settle(t, c.db, id)
					if row := find(t, c.db, id); row.Verdict != driver.Accepted || len(row.Flags) != 0 || !row.Settled {
						t.Fatalf("the session: %+v", row)
					}
					if !early {
						if k := c.claim(id); k.State != billing.ClaimOpen || k.Due != 500 || k.Driver != "" {
							t.Fatalf("before the settlement: %+v", k)
						}
						s = c.settles(told("A", x.outcome, x.micro, "1"))
					}
					for range 2 {
						if got := c.settlement(s.ID); got.State != x.state || got.Session != id || (got.Why == "") != (x.state == billing.SettlementBooked) {
							t.Errorf("%+v", got)
						}
						k := c.claim(id)
						if k.State != x.claim || k.Paid != x.paid || k.Due != 500 {
							t.Errorf("the claim: %+v", k)
						}
						if n := c.balance("clearing/terminal"); n != x.till {
							t.Errorf("the terminal's money is %d", n)
						}
						if n := c.balance(k.Account); n != 500-x.paid {
							t.Errorf("%d are owed", n)
						}
						if again := c.settles(told("A", x.outcome, x.micro, "1")); again.ID != s.ID { // a repetition
							t.Errorf("told again it is another: %+v", again)
						}
					}
				})
			})
		}
	}
}

func TestSettlementsThatFitNothingAreKept(t *testing.T) {
	eachTill(t, func(c *till) {
		if s := c.settles(told("", "Canceled", 0, "1")); s.State != billing.SettlementVoid {
			t.Errorf("cancelled before a transaction: %+v", s)
		}
		free := told("", "Settled", 5*euro, "2")
		free.Ref = "PSP-free"
		if s := c.settles(free); s.State != billing.SettlementStrange {
			t.Errorf("taken for no transaction: %+v", s)
		}
		unread := told("Z", "Settled", 0, "3")
		unread.Micro = nil
		if s := c.settles(unread); s.State != billing.SettlementStrange {
			t.Errorf("no amount: %+v", s)
		}
		if s := c.settles(told("never", "Settled", 5*euro, "4")); s.State != billing.SettlementWaiting {
			t.Errorf("for a transaction nobody heard of: %+v", s)
		}
		id := charge(t, c.db, "card", 10, 60, nil) // by a card
		settle(t, c.db, id)
		if s := c.settles(told("card", "Settled", 5*euro, "5")); s.State != billing.SettlementStrange || c.balance("clearing/terminal") != 0 {
			t.Errorf("of a session that a card began: %+v", s)
		}
	})
}

func TestASecondSettlementOfAPaymentIsNotBooked(t *testing.T) {
	eachTill(t, func(c *till) {
		id := c.atTerminal("A", 10, 60)
		settle(t, c.db, id)
		if s := c.settles(told("A", "Failed", 5*euro, "0")); s.State != billing.SettlementUnpaid {
			t.Fatalf("%+v", s)
		}
		if s := c.settles(told("A", "Settled", 5*euro, "1")); s.State != billing.SettlementBooked {
			t.Fatalf("after a failure: %+v", s)
		}
		other := c.settles(told("A", "Settled", 50*euro, "2"))
		late := c.settles(told("A", "Failed", 5*euro, "3"))
		if other.State != billing.SettlementStrange || late.State != billing.SettlementStrange || c.balance("clearing/terminal") != 500 || c.claim(id).State != billing.ClaimPaid {
			t.Errorf("%+v, %+v, %+v", other, late, c.claim(id))
		}
	})
}

// What costs nothing is not paid: what a terminal took all the same is owed back.
func TestATerminalThatTookForNothing(t *testing.T) {
	for _, early := range []bool{false, true} {
		eachTill(t, func(c *till) {
			id := c.atTerminal("A", 0, 1)
			if early {
				c.settles(told("A", "Settled", 5*euro, "1"))
			}
			settle(t, c.db, id)
			if !early {
				c.settles(told("A", "Settled", 5*euro, "1"))
			}
			k := c.claim(id)
			if k.State != billing.ClaimStuck || k.Due != 0 || k.Paid != 500 || c.balance(k.Account) != -500 {
				t.Errorf("early %t: %+v, owed %d", early, k, c.balance(k.Account))
			}
		})
	}
}

func TestAPersonClosesWhatIsStrange(t *testing.T) {
	eachTill(t, func(c *till) {
		id := c.atTerminal("A", 10, 60)
		settle(t, c.db, id)
		s := c.settles(told("A", "Settled", 4*euro, "1"))
		closing := func(sc access.Scope, id, why string) error {
			_, err := store.Do(t.Context(), c.db, "s", func(tx *store.Tx) (billing.Settlement, error) { return billing.CloseSettlement(tx, sc, id, why) })
			return err
		}
		if err := closing(ours, s.ID, " "); !fail.Is(err, fail.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if err := closing(access.Scope{Tenant: "tn_other", Role: access.Owner}, s.ID, "x"); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant: %v", err)
		}
		if err := closing(ours, s.ID, "the terminal's limit"); err != nil {
			t.Fatal(err)
		}
		if got := c.settlement(s.ID); got.State != billing.SettlementClosed || c.claim(id).Paid != 400 {
			t.Errorf("%+v", got)
		}
		if err := closing(ours, s.ID, "again"); !fail.Is(err, fail.Conflict) {
			t.Errorf("twice: %v", err)
		}
		if got := do(t, c.db, func(tx *store.Tx) (billing.Settlement, error) {
			got, _, err := billing.SettlementBySecret(tx, "secret of "+s.Ref+"1")
			return got, err
		}); got.ID != s.ID {
			t.Errorf("by its secret: %+v", got)
		}
	})
}

// Whatever comes in whatever order and however often, the terminal's money in the
// books is what was settled exactly once, and no journal is off.
func TestSettlementsInAnyOrder(t *testing.T) {
	eachTill(t, func(c *till) {
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			n++
			tx := "T" + strconv.Itoa(n)
			before := c.balance("clearing/terminal")
			id := c.atTerminal(tx, 10, 60)
			steps := rapid.Permutation([]string{"receipt", "Failed", "Settled", "Settled", "Canceled"}).Draw(r, "steps")
			for _, what := range steps {
				if what == "receipt" {
					settle(t, c.db, id)
					continue
				}
				c.settles(told(tx, what, 5*euro, what))
			}
			if got := c.balance("clearing/terminal") - before; got != 500 {
				r.Fatalf("%q: the terminal's money is %d", steps, got)
			}
			if k := c.claim(id); k.State != billing.ClaimPaid || k.Paid != 500 || c.balance(k.Account) != 0 {
				r.Fatalf("%q: %+v", steps, k)
			}
		})
	})
}

// What waits for a day comes before a person, once and with its reason, and still
// comes right by itself if the other half turns up.
func TestATerminalThatNeverTellsIsLookedAt(t *testing.T) {
	late := func(c *till) { // a day passes, and its timers run, twice
		must(c, c.db, func(tx *store.Tx) error {
			day := int64(24 * time.Hour / time.Microsecond)
			tx.Write(`UPDATE billing_settlement SET created_at = created_at - $1`, day)
			tx.Write(`UPDATE billing_claim SET created_at = created_at - $1`, day)
			tx.Write(`UPDATE outbox_event SET due_at = 1`)
			return nil
		})
		c.drain()
		c.drain()
	}
	early := func(c *till) { // the timers run before their time, and wait on
		must(c, c.db, func(tx *store.Tx) error { tx.Write(`UPDATE outbox_event SET due_at = 1`); return nil })
		c.drain()
	}
	t.Run("a settlement without a session", func(t *testing.T) {
		eachTill(t, func(c *till) {
			s := c.settles(told("X", "Settled", 5*euro, "1"))
			early(c)
			if got := c.settlement(s.ID); got.State != billing.SettlementWaiting {
				t.Fatalf("before its time: %+v", got)
			}
			late(c)
			got := c.settlement(s.ID)
			if got.State != billing.SettlementOverdue || got.Why != "its session was not heard of for a day" {
				t.Fatalf("%+v", got)
			}
			list := do(c, c.db, func(tx *store.Tx) ([]billing.Settlement, error) {
				return billing.Settlements(tx, ours, billing.SettlementsToClose, time.Time{}, "", 10)
			})
			if len(list) != 1 || list[0].ID != s.ID {
				t.Errorf("to be closed: %+v", list)
			}
			closed := do(c, c.db, func(tx *store.Tx) (billing.Settlement, error) {
				return billing.CloseSettlement(tx, ours, s.ID, "paid back")
			})
			if closed.State != billing.SettlementClosed || c.balance("clearing/terminal") != 0 {
				t.Errorf("%+v", closed)
			}
			late(c)
			if got := c.settlement(s.ID); got.State != billing.SettlementClosed {
				t.Errorf("closed, and then %+v", got)
			}
		})
	})
	t.Run("a settlement whose receipt comes after all", func(t *testing.T) {
		eachTill(t, func(c *till) {
			id := c.atTerminal("A", 10, 60)
			s := c.settles(told("A", "Settled", 5*euro, "1"))
			late(c)
			if got := c.settlement(s.ID); got.State != billing.SettlementOverdue && got.State != billing.SettlementBooked {
				t.Fatalf("%+v", got)
			}
			settle(t, c.db, id)
			late(c)
			if got := c.settlement(s.ID); got.State != billing.SettlementBooked || got.Why != "" {
				t.Errorf("%+v", got)
			}
			if k := c.claim(id); k.State != billing.ClaimPaid || c.balance("clearing/terminal") != 500 {
				t.Errorf("%+v", k)
			}
		})
	})
	for name, tells := range map[string]func(c *till){
		"a receipt of which nothing was told":       func(*till) {},
		"a receipt of which nonsense was told":      func(c *till) { c.settles(told("A", "Settled", -1, "1")) },
		"a receipt of which something else is told": func(c *till) { c.settles(told("A", "Settled", 5*euro+1, "1")) },
	} {
		t.Run(name, func(t *testing.T) {
			eachTill(t, func(c *till) {
				id := c.atTerminal("A", 10, 60)
				settle(t, c.db, id)
				tells(c)
				early(c)
				if k := c.claim(id); k.State != billing.ClaimOpen {
					t.Fatalf("before its time: %+v", k)
				}
				late(c)
				if k := c.claim(id); k.State != billing.ClaimStuck || k.Reason != "the terminal has not told for a day what it settled" || k.Left() != 500 {
					t.Fatalf("%+v", k)
				}
				if name != "a receipt of which nothing was told" {
					return
				}
				c.settles(told("A", "Settled", 5*euro, "2")) // it tells after all
				if k := c.claim(id); k.State != billing.ClaimPaid || k.Reason != "" {
					t.Errorf("told at last: %+v", k)
				}
			})
		})
	}
	t.Run("a receipt of which it was told in time", func(t *testing.T) {
		eachTill(t, func(c *till) {
			id := c.atTerminal("A", 10, 60)
			settle(t, c.db, id)
			c.settles(told("A", "Failed", 5*euro, "1"))
			late(c)
			if k := c.claim(id); k.State != billing.ClaimOpen || k.Reason == "" {
				t.Errorf("it could not be taken: %+v", k)
			}
		})
	})
}
