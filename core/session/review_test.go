package session_test

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/driver"
	"chargewright/core/session"
)

// 2.x E02: the cable comes first, the card later (TxStartPoint EVConnected).
func TestTheCardMayComeAfterTheCable(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		limit(t, db, "ONE", 1)
		apply(t, db, started2("OTHER", "ONE"))
		v := apply(t, db, func() session.Report { r := started2("X", ""); r.EVSE = 2; return r }())
		r := updated2("X", 1, 1, 100)
		r.Token, r.TokenType = "CARD", "ISO14443"
		got := apply(t, db, r)
		s := find(t, db, v.Session)
		if got.Token != driver.Accepted || s.Token != "card" || s.Verdict != driver.Accepted {
			t.Errorf("answered %s; the session's token is %q, verdict %q", got.Token, s.Token, s.Verdict)
		}
		apply(t, db, func() session.Report { r := started2("Y", ""); r.EVSE = 3; return r }())
		r = updated2("Y", 1, 1, 100)
		r.Token, r.TokenType = "ONE", "ISO14443"
		if got := apply(t, db, r); got.Token != driver.ConcurrentTx {
			t.Errorf("a second session of a token for one is %s", got.Token)
		}
	})
}

// What stations send for "not set" arrives as the zero time.
func TestNoTime(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		r := started16(0, "CARD")
		r.At, r.Samples[0].At = time.Time{}, time.Time{}
		if _, err := try(t, db, "S1", func(tx *store.Tx) (session.Verdict, error) { return session.Apply(tx, r) }); err != nil {
			t.Errorf("a start dated in the year 1: %v", err)
		}
	})
}

func TestEnergyIsNeverNegative(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		v := apply(t, db, started2("X", "CARD"))
		r := updated2("X", 1, 1, 0)
		r.Samples = nil
		for i, e := range []energy.Energy{0, math.MaxInt64 - 1, 0, math.MaxInt64 - 1} {
			r.Samples = append(r.Samples, energy.Sample{At: at(i + 1), Register: e})
		}
		apply(t, db, r)
		b := rebuild(t, db, v.Session)
		if b.session.Energy < 0 || b.timeline.Energy < 0 {
			t.Errorf("energy %d and %d", b.session.Energy, b.timeline.Energy)
		}
	})
}

func TestALateStartAfterManyGaps(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var v session.Verdict
		for seq := int64(1); seq < 140; seq += 2 {
			v = apply(t, db, updated2("X", seq, int(seq), 100+seq))
		}
		apply(t, db, started2("X", "CARD"))
		s := find(t, db, v.Session)
		if s.StartedAt.IsZero() || s.Flags.Has(session.FlagConflict) {
			t.Errorf("started %v, flags %v", s.StartedAt, s.Flags)
		}
	})
}

// 2.x TxEndedMeasurands with TxEndedInterval: the end repeats the whole series.
func TestTheEndRepeatsTheSeries(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		v := apply(t, db, started2("X", "CARD"))
		apply(t, db, updated2("X", 1, 5, 105))
		e := ended2("X", 2, 10, 110)
		e.Samples = []energy.Sample{kwh(0, 100), kwh(5, 105), kwh(10, 110)}
		apply(t, db, e)
		b := rebuild(t, db, v.Session)
		if b.timeline.Energy != 10*energy.KiloWattHour || len(b.timeline.Flags) != 0 {
			t.Errorf("energy %s, flags %v", b.timeline.Energy, b.timeline.Flags)
		}
	})
}

// 1.6 meterStop is whole Wh, the values before it are finer.
func TestAWholeStopAfterFinerValues(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		v := apply(t, db, started16(0, "CARD"))
		stop := stopped16(v.Tx, 10, 110)
		stop.Samples = []energy.Sample{{At: at(10), Register: 110*energy.KiloWattHour + 400, End: true}, kwh(10, 110)}
		apply(t, db, stop)
		b := rebuild(t, db, v.Session)
		if b.timeline.Flags.Hold() {
			t.Errorf("energy %s, flags %v", b.timeline.Energy, b.timeline.Flags)
		}
	})
}

func TestSilenceIsFoundAgain(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		v := apply(t, db, started2("X", "CARD"))
		must(t, db, func(tx *store.Tx) error {
			tx.Write(`UPDATE session_session SET updated_at = updated_at - $1`, (50 * time.Hour).Microseconds())
			return nil
		})
		must(t, db, func(tx *store.Tx) error {
			if err := session.Silent(tx, v.Session); err != nil {
				return err
			}
			return outbox.Cancel(tx, session.TopicSilent, v.Session) // as the runner does when it is handled
		})
		apply(t, db, updated2("X", 1, 5, 105))
		if got := topics(t, db, v.Session); got[session.TopicSilent].IsZero() {
			t.Errorf("heard of again, and nobody watches: %v", got)
		}
	})
}

func TestAClosedSessionStaysClosed(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		r := updated2("X", 3, 5, 105)
		r.Samples = nil
		v := apply(t, db, r)
		do(t, db, func(tx *store.Tx) (session.Session, error) { return session.Close(tx, ours, v.Session, "by hand", "") })
		apply(t, db, updated2("X", 4, 6, 106))
		if s := find(t, db, v.Session); s.State != session.Closed {
			t.Errorf("a session closed by a person is %s again", s.State)
		}
	})
}

// Two nodes of one cluster hear of one station at once.
func TestTwoNodesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for round := range 6 {
			r := started16(round, "CARD")
			q := started2(fmt.Sprint("X", round), "CARD")
			q.EVSE = 2
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					for _, x := range []session.Report{r, q} {
						if _, err := try(t, db, fmt.Sprint("node", i), func(tx *store.Tx) (session.Verdict, error) { return session.Apply(tx, x) }); err != nil {
							t.Errorf("node %d: %v", i, err)
						}
					}
				})
			}
			wg.Wait()
		}
		if n := len(list(t, db, session.Filter{})); n != 12 {
			t.Errorf("%d sessions", n)
		}
	})
}

// A message with more readings than are used is no reason to lose the end of a
// session: every so manieth counts, and the first and the last.
func TestTooManySamplesAreThinned(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		v := apply(t, db, started2("X", "CARD"))
		e := ended2("X", 1, 9_000, 100)
		e.Samples = nil
		for i := range 9_001 {
			e.Samples = append(e.Samples, kwh(i, 100+int64(i)))
		}
		apply(t, db, e)
		b := rebuild(t, db, v.Session)
		if b.timeline.Energy != 9_000*energy.KiloWattHour || !b.timeline.Flags.Has(session.FlagThinned) || b.timeline.Flags.Hold() {
			t.Errorf("energy %s, flags %v", b.timeline.Energy, b.timeline.Flags)
		}
		if n := len(b.inputs[len(b.inputs)-1].Samples); n > 2_000 {
			t.Errorf("%d samples are used", n)
		}
	})
}

// A station that calls every reading a beginning does not lift the bound.
func TestThinningHasNoWayRound(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		v := apply(t, db, started2("X", "CARD"))
		e := ended2("X", 1, 9_000, 100)
		e.Samples = nil
		for i := range 9_001 {
			x := kwh(i, 100+int64(i))
			x.Begin = true
			e.Samples = append(e.Samples, x)
		}
		apply(t, db, e)
		b := rebuild(t, db, v.Session)
		if n := len(b.inputs[len(b.inputs)-1].Samples); n > 2_000 || b.timeline.Energy != 9_000*energy.KiloWattHour {
			t.Errorf("%d samples are used, energy %s", n, b.timeline.Energy)
		}
	})
}

// Meter values of a 1.6 transaction that was never given make no session.
func TestMeterValuesAloneMakeNoSession(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		r := started16(0, "CARD")
		r.StartKey, r.Tx, r.Key, r.Kind, r.Token = "", "0", "meter|1", session.Updated, ""
		if v := apply(t, db, r); v.Session != "" || len(list(t, db, session.Filter{})) != 0 {
			t.Errorf("verdict %+v", v)
		}
	})
}
