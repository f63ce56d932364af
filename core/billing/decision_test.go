package billing_test

import (
	"sync"
	"testing"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/ledger"
	"chargewright/core/session"
)

func review(t testing.TB, db *store.DB, sc access.Scope, id string, d session.Decision) error {
	t.Helper()
	_, err := try(t, db, func(tx *store.Tx) (session.Session, error) { return session.Review(tx, sc, id, d) })
	return err
}

// held makes a session whose meter fell and settles it in vain.
func held(t testing.TB, db *store.DB, tx string) string {
	t.Helper()
	id := charge(t, db, tx, -10, 60, nil)
	settle(t, db, id)
	if s := find(t, db, id); !s.Held() {
		t.Fatalf("not held: %+v", s)
	}
	return id
}

func TestDecisions(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		accepted, named, void := held(t, db, "A"), held(t, db, "B"), held(t, db, "C")
		for id, d := range map[string]session.Decision{
			accepted: {Choice: session.Accept, Reason: "the meter was exchanged"},
			named:    {Choice: session.ByWord, Energy: 12_000, Reason: "read from the display"},
			void:     {Choice: session.Unbills, Reason: "goodwill"},
		} {
			if err := review(t, db, ours, id, d); err != nil {
				t.Fatal(err)
			}
			settle(t, db, id)
			settle(t, db, id)
			if err := review(t, db, ours, id, d); !fail.Is(err, fail.Conflict) {
				t.Errorf("decided twice: %v", err)
			}
		}
		noGap(t, db, 2)
		if c := consistent(t, db, accepted); c.Gross != 0 || find(t, db, accepted).Flags.Hold() {
			t.Errorf("accepted: %+v", c)
		}
		c := consistent(t, db, named) // 12 kWh at 0.50 and 19 %
		if s := find(t, db, named); c.Gross != 714 || c.Body.Energy != 12*energy.KiloWattHour || !c.Body.Estimated || !s.Flags.Has(session.FlagEstimated) || !s.Flags.Has(session.FlagReviewed) {
			t.Errorf("named: %+v %+v", c, s)
		}
		s := find(t, db, void)
		if !s.Settled || s.CostMinor != nil || !s.Flags.Has(session.FlagVoid) || len(posted(t, db, void)) != 0 {
			t.Errorf("void: %+v", s)
		}
		say(t, db, ending("C", 20, 70), func(r *session.Report) { r.Key, r.Seq = "2", 2 }) // late, and void all the same
		settle(t, db, void)
		noGap(t, db, 2)
		if n := do(t, db, ledger.Unbalanced); n != 0 {
			t.Errorf("%d journals are off", n)
		}
	})
}

func TestWhatCannotBeDecided(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		untold := charge(t, db, "N", 10, 60, nil) // no tariff yet
		settle(t, db, untold)
		offer(t, db, perKWh("T", "EUR", "0.50"))
		id, fine := held(t, db, "A"), charge(t, db, "B", 10, 60, nil)
		open := say(t, db, beginning("D"), func(r *session.Report) { r.EVSE = 2 }).Session
		ok := session.Decision{Choice: session.Accept, Reason: "x"}
		host := access.Scope{Tenant: ours.Tenant, Role: access.Host, Sites: []string{"elsewhere"}}
		for name, c := range map[string]struct {
			sc   access.Scope
			id   string
			d    session.Decision
			want fail.Kind
		}{
			"another tenant":     {theirs, id, ok, fail.NotFound},
			"another site":       {host, id, ok, fail.NotFound},
			"no session":         {ours, "ses_x", ok, fail.NotFound},
			"not held":           {ours, fine, ok, fail.Conflict},
			"open":               {ours, open, ok, fail.Conflict},
			"no tariff":          {ours, untold, ok, fail.Conflict},
			"no tariff, energy":  {ours, untold, session.Decision{Choice: session.ByWord, Energy: 1, Reason: "x"}, fail.Conflict},
			"no reason":          {ours, id, session.Decision{Choice: session.Accept}, fail.Invalid},
			"no choice":          {ours, id, session.Decision{Choice: "perhaps", Reason: "x"}, fail.Invalid},
			"negative":           {ours, id, session.Decision{Choice: session.ByWord, Energy: -1, Reason: "x"}, fail.Invalid},
			"more than any":      {ours, id, session.Decision{Choice: session.ByWord, Energy: session.MaxReviewed + 1, Reason: "x"}, fail.Invalid},
			"energy of a void":   {ours, id, session.Decision{Choice: session.Unbills, Energy: 1, Reason: "x"}, fail.Invalid},
			"energy of evidence": {ours, id, session.Decision{Choice: session.Accept, Energy: 1, Reason: "x"}, fail.Invalid},
		} {
			if err := review(t, db, c.sc, c.id, c.d); !fail.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s := find(t, db, id); s.Settled || !s.Held() {
			t.Errorf("it changed: %+v", s)
		}
		if err := review(t, db, ours, untold, session.Decision{Choice: session.Unbills, Reason: "x"}); err != nil {
			t.Errorf("void without a tariff: %v", err)
		}
	})
}

// What came after the decision and is strange holds the session again.
func TestADecisionKnowsWhatItKnew(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		id := say(t, db, ending("A", 10, 60), nil).Session // no start
		settle(t, db, id)
		if err := review(t, db, ours, id, session.Decision{Choice: session.Accept, Reason: "x"}); err != nil {
			t.Fatal(err)
		}
		say(t, db, beginning("A"), func(r *session.Report) { r.Samples[0].Register = 500 * energy.KiloWattHour }) // and the register fell
		settle(t, db, id)
		if s := find(t, db, id); s.Settled || !s.Flags.Has(session.FlagFall) || !s.Held() {
			t.Fatalf("settled by a decision that did not know: %+v", s)
		}
		if err := review(t, db, ours, id, session.Decision{Choice: session.ByWord, Energy: 10_000, Reason: "y"}); err != nil {
			t.Fatal(err)
		}
		settle(t, db, id)
		if c := consistent(t, db, id); c.Gross != 595 {
			t.Errorf("%+v", c)
		}
	})
}

// Decisions and settlements at once: one receipt at most, and none beside a void.
func TestDecisionsRace(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		for _, name := range []string{"A", "B", "C", "D"} {
			id := held(t, db, name)
			var wg sync.WaitGroup
			for i := range 9 {
				d := []session.Decision{{Choice: session.Accept, Reason: "x"}, {Choice: session.ByWord, Energy: 1000, Reason: "x"}, {Choice: session.Unbills, Reason: "x"}}[i%3]
				wg.Go(func() {
					if err := review(t, db, ours, id, d); err != nil && !fail.Is(err, fail.Conflict) {
						t.Error(err)
					}
					if err := billing.Settle(t.Context(), db, id); err != nil && !fail.Is(err, fail.Conflict) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			settle(t, db, id)
			s := find(t, db, id)
			receipts := do(t, db, func(tx *store.Tx) (int64, error) {
				n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM billing_document WHERE session_id = $1`, id)
				return n, err
			})
			if void := s.Flags.Has(session.FlagVoid); !s.Settled || void && receipts != 0 || !void && receipts != 1 {
				t.Errorf("%d receipts of %+v", receipts, s)
			}
		}
	})
}
