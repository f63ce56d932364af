package billing_test

import (
	"sync"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/ledger"
	"chargewright/core/session"
)

// A hold ends when the evidence that was missing comes.
func TestWhatWasMissingReleasesTheSession(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		id := say(t, db, ending("A", 10, 60), nil).Session
		settle(t, db, id)
		if s := find(t, db, id); s.Settled || !s.Flags.Has(session.FlagNoStart) {
			t.Fatalf("%+v", s)
		}
		say(t, db, beginning("A"), nil) // the queue of the station had it
		settle(t, db, id)
		if s := find(t, db, id); !s.Settled {
			t.Errorf("complete and still held: started %v, flags %v", s.StartedAt, s.Flags)
		}
	})
}

// A receipt's gross is what its journal debits: without the journal there is no receipt.
func TestNoReceiptWithoutItsJournal(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		id := charge(t, db, "A", 10, 60, nil)
		must(t, db, func(tx *store.Tx) error {
			_, _, err := ledger.Post(tx, ledger.Journal{
				Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Cause: "settlement/" + id, Kind: "stray", Postings: []ledger.Posting{
					{Account: "a", Amount: money.Amount{Minor: 1, Currency: "EUR"}}, {Account: "b", Amount: money.Amount{Minor: -1, Currency: "EUR"}},
				},
			})
			return err
		})
		if err := billing.Settle(t.Context(), db, id); !fail.Is(err, fail.Internal) || find(t, db, id).Settled {
			t.Errorf("settled beside a journal of another: %v", err)
		}
	})
}

// Settling again does nothing, to a held session as well.
func TestHeldSessionsStayAsTheyAre(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		id := charge(t, db, "A", -10, 60, nil)
		settle(t, db, id)
		before := find(t, db, id).UpdatedAt
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := billing.Settle(t.Context(), db, id); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if !find(t, db, id).UpdatedAt.Equal(before) {
			t.Error("settling a held session again changes it")
		}
	})
}
