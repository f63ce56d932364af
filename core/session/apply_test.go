package session_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/schema"
)

var (
	ours   = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	theirs = access.Scope{Tenant: "tn_other", Role: access.Owner}
	noon   = time.Now().UTC().Truncate(time.Hour).Add(-24 * time.Hour)
)

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func kwh(minute int, n int64) energy.Sample {
	return energy.Sample{At: at(minute), Register: energy.Energy(n) * energy.KiloWattHour}
}

func try[T any](t testing.TB, db *store.DB, key string, fn func(tx *store.Tx) (T, error)) (T, error) {
	t.Helper()
	return store.Do(t.Context(), db, key, fn)
}

func do[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := try(t, db, "S1", fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func must(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	do(t, db, func(tx *store.Tx) (struct{}, error) { return struct{}{}, fn(tx) })
}

// each runs fn on a network: stations S1 and S2 of ours, T1 of another tenant,
// and a card "CARD" of ours.
func each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		must(t, db, func(tx *store.Tx) error { return network(tx) })
		fn(t, db)
	})
}

func network(tx *store.Tx) error {
	if err := access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
		return err
	}
	tx.Write(`INSERT INTO access_tenant (id, name, created_at) VALUES ('tn_other', 'Theirs', 0)`)
	tx.Write(`INSERT INTO access_entity (id, tenant_id, name, country, currency, number_prefix, bank, provider_account, created_at)
		VALUES ('le_other', 'tn_other', 'Theirs', 'DE', 'EUR', 'T', '', '', 0)`)
	entity := map[string]string{ours.Tenant: access.DefaultEntity, theirs.Tenant: "le_other"}
	for id, tenant := range map[string]string{"S1": ours.Tenant, "S2": ours.Tenant, "T1": theirs.Tenant} {
		site := station.Site{ID: "site " + tenant, Tenant: tenant, Entity: entity[tenant], Zone: "Europe/Berlin"}
		if err := station.PutSite(tx, site); err != nil {
			return err
		}
		if err := station.Create(tx, station.Station{ID: id, Tenant: tenant, Site: site.ID, Onboarding: station.Accepted}); err != nil {
			return err
		}
		if _, err := device.Install(tx, tenant, id); err != nil {
			return err
		}
	}
	price, err := tariff.Parse([]byte(`{"id":"T","currency":"EUR","last_updated":"2026-01-01T00:00:00Z",
		"elements":[{"price_components":[{"type":"ENERGY","price":0.5,"step_size":1}]}]}`))
	if err != nil {
		return err
	}
	if _, err := tariff.Put(tx, ours.Tenant, "", price); err != nil {
		return err
	}
	if err := tariff.Assign(tx, ours.Tenant, tariff.Place{Kind: tariff.OfTenant, ID: ours.Tenant}, "T"); err != nil {
		return err
	}
	return driver.PutToken(tx, ours, driver.Token{UID: "CARD", Type: "ISO14443", Status: driver.StatusAccepted})
}

func apply(t testing.TB, db *store.DB, r session.Report) session.Verdict {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (session.Verdict, error) { return session.Apply(tx, r) })
}

func find(t testing.TB, db *store.DB, id string) session.Session {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (session.Session, error) { return session.Get(tx, ours, id) })
}

func list(t testing.TB, db *store.DB, f session.Filter) []session.Session {
	t.Helper()
	return do(t, db, func(tx *store.Tx) ([]session.Session, error) { return session.List(tx, ours, f, 1000) })
}

type rebuilt struct {
	session  session.Session
	inputs   []session.Input
	timeline session.Timeline
}

func rebuild(t testing.TB, db *store.DB, id string) rebuilt {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (rebuilt, error) {
		s, _, err := session.Find(tx, id)
		if err != nil {
			return rebuilt{}, err
		}
		in, err := session.InputsAfter(tx, s, session.InputKey{}, 10_000)
		if err != nil {
			return rebuilt{}, err
		}
		m, err := session.MeterOf(tx, s)
		return rebuilt{s, in, s.Timeline(in, m)}, err
	})
}

func started2(tx string, token string) session.Report {
	return session.Report{
		Station: "S1", Protocol: "2.0.1", Tx: tx, Key: "0", Kind: session.Started, Seq: 0, EVSE: 1, Connector: 1, Token: token, TokenType: "ISO14443",
		At: at(0), Received: at(0), Flow: session.FlowConnected, Samples: []energy.Sample{kwh(0, 100)}, Message: []byte(`{"seqNo":0}`),
	}
}

func updated2(tx string, seq int64, minute int, register int64) session.Report {
	return session.Report{
		Station: "S1", Protocol: "2.0.1", Tx: tx, Key: strconv.FormatInt(seq, 10), Kind: session.Updated, Seq: seq, At: at(minute), Received: at(minute),
		Flow: session.FlowCharging, Samples: []energy.Sample{kwh(minute, register)}, Message: fmt.Appendf(nil, `{"seqNo":%d}`, seq),
	}
}

func ended2(tx string, seq int64, minute int, register int64) session.Report {
	r := updated2(tx, seq, minute, register)
	r.Kind, r.Reason, r.Flow = session.Ended, "Local", session.FlowIdle
	return r
}

func started16(minute int, token string) session.Report {
	return session.Report{
		Station: "S1", Protocol: "1.6", StartKey: fmt.Sprint("1|", token, "|", minute), Key: "start", Kind: session.Started, Seq: -1, EVSE: 1, Connector: 1,
		Token: token, TokenType: "ISO14443", At: at(minute), Received: at(minute), Samples: []energy.Sample{kwh(minute, 100)},
		Message: fmt.Appendf(nil, `{"start":%d}`, minute),
	}
}

func meter16(tx string, minute int, register int64) session.Report {
	return session.Report{
		Station: "S1", Protocol: "1.6", Tx: tx, Key: fmt.Sprint("meter|", minute, "|", register), Kind: session.Updated, Seq: -1, EVSE: 1, Connector: 1,
		At: at(minute), Received: at(minute), Samples: []energy.Sample{kwh(minute, register)}, Message: fmt.Appendf(nil, `{"meter":%d,"at":%d}`, register, minute),
	}
}

func stopped16(tx string, minute int, register int64) session.Report {
	r := meter16(tx, minute, register)
	r.Key, r.Kind, r.Reason, r.Message = "stop", session.Ended, "Local", fmt.Appendf(nil, `{"stop":%d,"at":%d}`, register, minute)
	return r
}

// conversation draws what a station says of one transaction, in its own order.
func conversation(t *rapid.T, protocol, tx string) []session.Report {
	minute, register := 0, int64(100)
	n := rapid.IntRange(0, 10).Draw(t, "updates")
	first := started2(tx, "CARD")
	if protocol == "1.6" {
		first = started16(0, "CARD")
		first.StartKey = tx
	}
	rs := []session.Report{first}
	for i := range n + 1 {
		minute += rapid.IntRange(1, 20).Draw(t, "minutes")
		register += rapid.Int64Range(0, 5).Draw(t, "kWh")
		var r session.Report
		switch {
		case protocol == "1.6" && i < n:
			r = meter16(tx, minute, register)
		case protocol == "1.6":
			r = stopped16(tx, minute, register)
		case i < n:
			r = updated2(tx, int64(i)+1, minute, register)
			r.Flow = rapid.SampledFrom([]session.Flow{"", session.FlowCharging, session.FlowSuspendedEV, session.FlowSuspendedEVSE, session.FlowConnected}).Draw(t, "flow")
		default:
			r = ended2(tx, int64(i)+1, minute, register)
		}
		rs = append(rs, r)
	}
	return rs
}

// scramble draws an order of delivery with repetitions. A 1.6 start stays in
// front: without its answer the station does not know the transaction.
func scramble(t *rapid.T, rs []session.Report) []session.Report {
	again := rapid.SliceOfN(rapid.SampledFrom(rs), 0, 6).Draw(t, "again")
	if rs[0].Protocol == "1.6" {
		return append(rs[:1:1], rapid.Permutation(slices.Concat(rs[1:], again)).Draw(t, "order")...)
	}
	return rapid.Permutation(slices.Concat(rs, again)).Draw(t, "order")
}

// However the reports of a transaction come, in whatever order and how often:
// one session, one verdict for each report, and the same timeline.
func TestOrderAndRepetitionDoNotMatter(t *testing.T) {
	for _, protocol := range []string{"1.6", "2.0.1", "2.1"} {
		t.Run(protocol, func(t *testing.T) {
			each(t, func(t *testing.T, db *store.DB) {
				n := 0
				rapid.Check(t, func(rt *rapid.T) {
					n++
					rs := conversation(rt, protocol, fmt.Sprint("plain", n))
					straight := deliver(rt, t, db, rs)
					for i := range rs {
						if rs[i].Tx != "" {
							rs[i].Tx = fmt.Sprint("mixed", n)
						}
						if rs[i].StartKey != "" {
							rs[i].StartKey = fmt.Sprint("mixed", n)
						}
					}
					mixed := deliver(rt, t, db, scramble(rt, rs))
					sameTimeline(rt, straight, mixed)
					register := rs[len(rs)-1].Samples[0].Register - rs[0].Samples[0].Register
					if mixed.timeline.Energy != register || len(mixed.timeline.Flags) != 0 {
						rt.Fatalf("energy %s, the register says %s, flags %v", mixed.timeline.Energy, register, mixed.timeline.Flags)
					}
				})
			})
		})
	}
}

// deliver applies reports in the order given and checks that they make one session.
func deliver(rt *rapid.T, t *testing.T, db *store.DB, rs []session.Report) rebuilt {
	before := len(list(t, db, session.Filter{}))
	tx, id := "", ""
	verdicts := map[string]session.Verdict{}
	for i, r := range rs {
		if r.Protocol == "1.6" && r.Kind != session.Started {
			r.Tx = tx
		}
		r.Received = at(3000 + i)
		v := apply(t, db, r)
		if i == 0 {
			tx, id = v.Tx, v.Session
		}
		first, again := verdicts[r.Key]
		if v.Duplicate != again || v.Session != id || v.Tx != tx {
			rt.Fatalf("report %s of %s: %+v, again %v", r.Key, id, v, again)
		}
		if r.Kind == session.Started && v.Token != driver.Accepted {
			rt.Fatalf("the start is answered %+v", v)
		}
		v.Duplicate = false
		if again && v != first {
			rt.Fatalf("report %s is answered %+v and then %+v", r.Key, first, v)
		}
		verdicts[r.Key] = v
	}
	if after := len(list(t, db, session.Filter{})); after != before+1 {
		rt.Fatalf("%d sessions of one transaction", after-before)
	}
	b := rebuild(t, db, id)
	if len(b.inputs) != len(verdicts) || b.session.State != session.Closed || b.session.Token != "card" || len(b.session.Seq.Missing) != 0 {
		rt.Fatalf("%d inputs of %d: %+v", len(b.inputs), len(verdicts), b.session)
	}
	return b
}

func sameTimeline(t *rapid.T, a, b rebuilt) {
	x, y := a.timeline, b.timeline
	if !x.Start.Equal(y.Start) || !x.End.Equal(y.End) || x.Energy != y.Energy || !slices.Equal(x.Segments, y.Segments) || !slices.Equal(x.Flags, y.Flags) {
		t.Fatalf("in order\n%+v\nmixed\n%+v", x, y)
	}
	if a.session.Reason != b.session.Reason || a.session.Verdict != b.session.Verdict || !a.session.StartedAt.Equal(b.session.StartedAt) || !a.session.StoppedAt.Equal(b.session.StoppedAt) {
		t.Fatalf("in order\n%+v\nmixed\n%+v", a.session, b.session)
	}
}

// Many nodes may be told the same thing at once.
func TestOneReportAtOnceIsOneSession(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for name, r := range map[string]session.Report{"1.6 start": started16(0, "CARD"), "2.x start": started2("X", "CARD"), "2.x end alone": ended2("Y", 7, 5, 120)} {
			before := len(list(t, db, session.Filter{}))
			verdicts := make([]session.Verdict, 24)
			var wg sync.WaitGroup
			for i := range verdicts {
				wg.Go(func() {
					v, err := try(t, db, "S1", func(tx *store.Tx) (session.Verdict, error) { return session.Apply(tx, r) })
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
					verdicts[i] = v
				})
			}
			wg.Wait()
			fresh := 0
			for _, v := range verdicts {
				if !v.Duplicate {
					fresh++
				}
				if v.Session != verdicts[0].Session || v.Tx != verdicts[0].Tx || v.Token != verdicts[0].Token {
					t.Errorf("%s: %+v and %+v", name, v, verdicts[0])
				}
			}
			if fresh != 1 || len(list(t, db, session.Filter{})) != before+1 || len(rebuild(t, db, verdicts[0].Session).inputs) != 1 {
				t.Errorf("%s: %d fresh, %d sessions", name, fresh, len(list(t, db, session.Filter{}))-before)
			}
		}
	})
}

// A whole conversation thrown at the door at once ends as it should.
func TestAConversationAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		rs := []session.Report{started2("X", "CARD")}
		for i := range 10 {
			rs = append(rs, updated2("X", int64(i)+1, i+1, 100+int64(i)))
		}
		rs = append(rs, ended2("X", 11, 20, 120))
		var wg sync.WaitGroup
		for _, r := range slices.Concat(rs, rs, rs) {
			wg.Go(func() {
				if _, err := try(t, db, "S1", func(tx *store.Tx) (session.Verdict, error) { return session.Apply(tx, r) }); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		all := list(t, db, session.Filter{})
		if len(all) != 1 {
			t.Fatalf("%d sessions", len(all))
		}
		b := rebuild(t, db, all[0].ID)
		if b.timeline.Energy != 20*energy.KiloWattHour || len(b.timeline.Flags) != 0 || len(b.inputs) != 12 || b.session.State != session.Closed {
			t.Errorf("%+v, %d inputs, %+v", b.timeline, len(b.inputs), b.session)
		}
	})
}

// Same place, other content: both are kept, the first one counts, and it is flagged.
func TestContradictions(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for _, protocol := range []string{"1.6", "2.0.1"} {
			var v session.Verdict
			var say []session.Report
			if protocol == "1.6" {
				v = apply(t, db, started16(0, "CARD"))
				say = []session.Report{meter16(v.Tx, 5, 103), stopped16(v.Tx, 10, 110)}
			} else {
				v = apply(t, db, started2("X", "CARD"))
				say = []session.Report{updated2("X", 1, 5, 103), ended2("X", 2, 10, 110)}
			}
			for _, r := range say {
				apply(t, db, r)
			}
			first := rebuild(t, db, v.Session)
			lie := say[1]
			lie.Samples, lie.At, lie.Received, lie.Reason, lie.Message = []energy.Sample{kwh(60, 900)}, at(60), at(70), "Other", []byte(`{"lie":1}`)
			for i := range 3 {
				if got := apply(t, db, lie); got.Session != v.Session || got.Duplicate != (i > 0) {
					t.Errorf("%s: the contradiction is answered %+v", protocol, got)
				}
			}
			b := rebuild(t, db, v.Session)
			if !b.session.Flags.Has(session.FlagConflict) || len(b.inputs) != len(first.inputs)+1 {
				t.Errorf("%s: flags %v, %d inputs", protocol, b.session.Flags, len(b.inputs))
			}
			if b.timeline.Energy != 10*energy.KiloWattHour || !b.timeline.End.Equal(at(10)) || b.session.Reason != "Local" || b.session.Energy != first.session.Energy {
				t.Errorf("%s: overwritten: %+v", protocol, b)
			}
			if !slices.ContainsFunc(b.inputs, func(x session.Input) bool { return x.Message == `{"lie":1}` }) {
				t.Errorf("%s: the contradiction is not kept", protocol)
			}
		}
	})
}

func limit(t testing.TB, db *store.DB, uid string, n int64) {
	t.Helper()
	must(t, db, func(tx *store.Tx) error {
		return driver.PutToken(tx, ours, driver.Token{UID: uid, Type: "ISO14443", Status: driver.StatusAccepted, MaxParallelSessions: &n})
	})
}

func TestParallelSessions(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		limit(t, db, "TWO", 2)
		limit(t, db, "NONE", 0)
		begin := func(tx, token string, evse int64) session.Verdict {
			r := started2(tx, token)
			r.EVSE = evse
			return apply(t, db, r)
		}
		if v := begin("N", "none", 9); v.Token != driver.ConcurrentTx {
			t.Errorf("none at all: %+v", v)
		}
		for i, want := range []driver.Verdict{driver.Accepted, driver.Accepted, driver.ConcurrentTx} {
			for range 2 { // and again the same
				if v := begin(fmt.Sprint("P", i), "Two", int64(i)+1); v.Token != want {
					t.Errorf("session %d: %+v, want %s", i, v, want)
				}
			}
		}
		refused := list(t, db, session.Filter{Token: "TWO"})
		if len(refused) != 3 || !refused[0].Flags.Has(session.FlagUnauthorised) {
			t.Errorf("what was refused is not recorded: %+v", refused)
		}
		apply(t, db, ended2("P0", 1, 9, 101))
		apply(t, db, ended2("P2", 1, 9, 101))
		if v := begin("P3", "TWO", 4); v.Token != driver.Accepted {
			t.Errorf("after an end: %+v", v)
		}
		if v := begin("P0", "TWO", 1); v.Token != driver.Accepted || !v.Duplicate {
			t.Errorf("an old start again: %+v", v)
		}
	})
}

// A limit holds though the stations ask at the same instant.
func TestParallelSessionsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		must(t, db, func(tx *store.Tx) error {
			for i := range 12 {
				if err := station.Create(tx, station.Station{ID: fmt.Sprint("P", i), Tenant: ours.Tenant, Site: "site " + ours.Tenant, Onboarding: station.Accepted}); err != nil {
					return err
				}
			}
			return nil
		})
		limit(t, db, "ONE", 1)
		verdicts := make([]driver.Verdict, 12)
		var wg sync.WaitGroup
		for i := range verdicts {
			wg.Go(func() {
				r := started2("X", "ONE")
				r.Station = fmt.Sprint("P", i)
				v, err := try(t, db, r.Station, func(tx *store.Tx) (session.Verdict, error) { return session.Apply(tx, r) })
				if err != nil && !fail.Is(err, fail.Busy) {
					t.Errorf("station %d: %v", i, err)
				}
				verdicts[i] = v.Token
			})
		}
		wg.Wait()
		accepted := 0
		for _, v := range verdicts {
			if v == driver.Accepted {
				accepted++
			}
		}
		if accepted != 1 {
			t.Errorf("%d sessions at once: %v", accepted, verdicts)
		}
	})
}

func TestTransactionsBelongToTheirStation(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		a := apply(t, db, started2("X", "CARD"))
		r := started2("X", "CARD")
		r.Station = "S2"
		b := apply(t, db, r)
		r.Station = "T1"
		c := apply(t, db, r)
		if a.Session == b.Session || a.Session == c.Session || b.Duplicate || c.Duplicate {
			t.Errorf("%+v, %+v, %+v", a, b, c)
		}
		if c.Token != driver.Invalid {
			t.Errorf("our card at their station is %s", c.Token)
		}
		r = ended2("X", 1, 30, 110)
		r.Station = "S2"
		apply(t, db, r)
		if s := find(t, db, a.Session); !s.State.Open() || s.Energy != 0 {
			t.Errorf("ended by another station: %+v", s)
		}
		if _, err := try(t, db, "S1", func(tx *store.Tx) (session.Session, error) { return session.Get(tx, ours, c.Session) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("their session: %v", err)
		}
		if _, err := try(t, db, "S1", func(tx *store.Tx) (session.Session, error) { return session.Close(tx, ours, c.Session, "x", "") }); !fail.Is(err, fail.NotFound) {
			t.Errorf("closing their session: %v", err)
		}
		if n := len(list(t, db, session.Filter{})); n != 2 {
			t.Errorf("we see %d sessions", n)
		}
		r.Station = "none"
		if _, err := try(t, db, "S1", func(tx *store.Tx) (session.Verdict, error) { return session.Apply(tx, r) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("a station nobody knows: %v", err)
		}
	})
}

func TestReportsOutOfBounds(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for name, change := range map[string]func(*session.Report){
			"transaction id": func(r *session.Report) { r.Tx = strings.Repeat("x", 257) },
			"NUL":            func(r *session.Report) { r.Tx = "x\x00" },
			"no UTF-8":       func(r *session.Report) { r.Message = []byte("\xff") },
		} {
			r := started2("X", "CARD")
			change(&r)
			if _, err := try(t, db, "S1", func(tx *store.Tx) (session.Verdict, error) { return session.Apply(tx, r) }); !fail.Is(err, fail.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := len(list(t, db, session.Filter{})); n != 0 {
			t.Errorf("%d sessions of what was refused", n)
		}
		r := started2(strings.Repeat("x", 256), "CARD")
		r.Samples = slices.Repeat(r.Samples, 2000)
		if v := apply(t, db, r); len(rebuild(t, db, v.Session).inputs[0].Samples) != 2000 {
			t.Error("what is within bounds is not kept whole")
		}
	})
}

func TestClocksThatCannotBe(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for i, when := range []time.Time{
			time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Unix(0, 0), time.Date(1980, 1, 6, 0, 0, 0, 0, time.UTC), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
			at(6), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		} {
			r := started2(fmt.Sprint("X", i), "CARD")
			r.At, r.Samples, r.EVSE = when, []energy.Sample{{At: when, Register: 5}}, int64(i)+1
			e := ended2(r.Tx, 1, 30, 110)
			v := apply(t, db, r)
			apply(t, db, e)
			b := rebuild(t, db, v.Session)
			if !b.session.Flags.Has(session.FlagClock) || !b.timeline.Flags.Hold() || b.session.State != session.Closed {
				t.Errorf("%v: flags %v, timeline %v, %s", when, b.session.Flags, b.timeline.Flags, b.session.State)
			}
			if b.timeline.End.Before(b.timeline.Start) || !b.session.StartedAt.Equal(when.Truncate(time.Microsecond)) {
				t.Errorf("%v: from %v to %v", when, b.timeline.Start, b.timeline.End)
			}
		}
		for i, late := range []time.Duration{0, time.Minute, 400 * 24 * time.Hour, -4 * time.Minute} {
			r := started2(fmt.Sprint("Y", i), "CARD")
			r.EVSE, r.Received = int64(i)+20, r.At.Add(late)
			if s := find(t, db, apply(t, db, r).Session); len(s.Flags) != 0 {
				t.Errorf("%v late: flags %v", late, s.Flags)
			}
		}
	})
}

// Unknown 1.6 transactions are answered, recorded, and wait for a person.
func TestUnknownTransactions(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for _, tx := range []string{"0", "-1", "12345"} {
			r := stopped16(tx, 10, 110)
			r.Token = "CARD"
			v := apply(t, db, r)
			if v.Tx != tx || v.Token != driver.Accepted {
				t.Errorf("%s: %+v", tx, v)
			}
			if b := rebuild(t, db, v.Session); !b.session.Flags.Has(session.FlagUnknownTx) || !b.timeline.Flags.Has(session.FlagNoStart) || !b.timeline.Flags.Hold() {
				t.Errorf("%s: flags %v", tx, b.timeline.Flags)
			}
		}
	})
}

func TestAnUnknownCardChargesAllTheSame(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		must(t, db, func(tx *store.Tx) error {
			return driver.PutToken(tx, ours, driver.Token{UID: "OLD", Type: "ISO14443", Status: driver.StatusAccepted, ExpiresAt: at(0), Group: "G"})
		})
		for token, want := range map[string]driver.Verdict{"NOBODY": driver.Invalid, "old": driver.Expired} {
			v := apply(t, db, started2("X"+token, token))
			s := find(t, db, v.Session)
			if v.Token != want || !s.Flags.Has(session.FlagUnauthorised) || s.Token != strings.ToLower(token) {
				t.Errorf("%s: %+v, %+v", token, v, s)
			}
			apply(t, db, ended2("X"+token, 1, 10, 110))
			if b := rebuild(t, db, v.Session); b.timeline.Energy != 10*energy.KiloWattHour || b.timeline.Flags.Hold() {
				t.Errorf("%s: %+v", token, b.timeline)
			}
		}
		r := started2("Z", "old")
		r.At = at(0).Add(-time.Microsecond)
		if v := apply(t, db, r); v.Token != driver.Accepted || !v.ExpiresAt.Equal(at(0)) || v.Group != "G" {
			t.Errorf("just before its end: %+v", v)
		}
	})
}

// The end of a session that got lost is estimated, and the real one replaces it.
func TestLostEnds(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		a := apply(t, db, started2("A", "CARD"))
		apply(t, db, updated2("A", 1, 30, 105))
		next := started2("B", "CARD")
		next.At, next.Received = at(60), at(60)
		b := apply(t, db, next)
		s := find(t, db, a.Session)
		if s.State != session.Closed || !s.Estimated || !s.Flags.Has(session.FlagEstimated) || !s.StoppedAt.Equal(at(30)) {
			t.Errorf("after the next session: %+v", s)
		}
		if n := find(t, db, b.Session); !n.State.Open() {
			t.Errorf("the next one: %+v", n)
		}
		apply(t, db, ended2("A", 2, 55, 108))
		s = find(t, db, a.Session)
		if s.Estimated || s.Flags.Has(session.FlagEstimated) || !s.StoppedAt.Equal(at(55)) || s.Reason != "Local" || rebuild(t, db, a.Session).timeline.Energy != 8*energy.KiloWattHour {
			t.Errorf("after its real end: %+v", s)
		}
		late := started2("C", "CARD") // one of yesterday, from the queue, ends nothing of today
		late.At, late.Received = at(-600), at(70)
		apply(t, db, late)
		if n := find(t, db, b.Session); !n.State.Open() {
			t.Errorf("ended by an older one: %+v", n)
		}
	})
}

func TestAbandon(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		v := apply(t, db, started2("A", "CARD"))
		seen := find(t, db, v.Session).UpdatedAt
		apply(t, db, updated2("A", 1, 30, 105))
		abandon := func(id string, seen time.Time) {
			must(t, db, func(tx *store.Tx) error { return session.Abandon(tx, id, seen) })
		}
		abandon(v.Session, seen)
		if s := find(t, db, v.Session); !s.State.Open() {
			t.Errorf("heard of since, and abandoned: %+v", s)
		}
		abandon("none", seen)
		abandon(v.Session, find(t, db, v.Session).UpdatedAt)
		s := find(t, db, v.Session)
		if s.State != session.Closed || !s.Estimated || !s.StoppedAt.Equal(at(30)) {
			t.Errorf("not abandoned: %+v", s)
		}
		abandon(v.Session, s.UpdatedAt)
		if again := find(t, db, v.Session); !again.UpdatedAt.Equal(s.UpdatedAt) {
			t.Error("abandoned twice")
		}
		if _, err := try(t, db, "S1", func(tx *store.Tx) (session.Session, error) { return session.Close(tx, ours, v.Session, "x", "") }); !fail.Is(err, fail.Conflict) {
			t.Errorf("closed twice: %v", err)
		}
	})
}

func topics(t testing.TB, db *store.DB, key string) map[string]time.Time {
	t.Helper()
	out := map[string]time.Time{}
	must(t, db, func(tx *store.Tx) error {
		clear(out)
		return tx.Each(func(r *store.Row) error { out[r.Text(0)] = r.Time(1); return nil }, `SELECT topic, due_at FROM outbox_event WHERE key = $1`, key)
	})
	return out
}

func TestEventsOfASession(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		v := apply(t, db, started2("A", "CARD"))
		if got := topics(t, db, v.Session); len(got) != 1 || got[session.TopicSilent].IsZero() {
			t.Errorf("after the start: %v", got)
		}
		observe := func(free bool) {
			must(t, db, func(tx *store.Tx) error {
				return session.Observe(tx, session.Report{Station: "S1", Protocol: "2.0.1", EVSE: 1, At: at(5), Received: at(5), Message: []byte("{}")}, free)
			})
		}
		observe(false)
		if got := topics(t, db, v.Session); len(got) != 1 {
			t.Errorf("a status that says nothing: %v", got)
		}
		observe(true)
		if got := topics(t, db, v.Session); got[session.TopicAbandoned].IsZero() {
			t.Errorf("a free connector: %v", got)
		}
		now := time.Now()
		apply(t, db, ended2("A", 5, 30, 110)) // 1 to 4 are missing
		if due := topics(t, db, v.Session)[session.TopicClosed]; due.Before(now.Add(14*time.Minute)) || due.After(time.Now().Add(16*time.Minute)) {
			t.Errorf("with a gap it is due at %v", due)
		}
		for seq := int64(1); seq < 5; seq++ {
			apply(t, db, updated2("A", seq, int(seq), 100+seq))
		}
		if due := topics(t, db, v.Session)[session.TopicClosed]; due.After(time.Now().Add(time.Second)) {
			t.Errorf("complete it is due at %v", due)
		}
		observe(true)
		w := apply(t, db, started16(40, "CARD"))
		must(t, db, func(tx *store.Tx) error { return session.Rebooted(tx, "S1") })
		if got := topics(t, db, w.Session); got[session.TopicAbandoned].IsZero() {
			t.Errorf("after a boot: %v", got)
		}
		if s := find(t, db, w.Session); !s.State.Open() {
			t.Errorf("a boot alone ended it: %+v", s)
		}
	})
}

func TestSilence(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		v := apply(t, db, started2("A", "CARD"))
		silent := func() session.Session {
			must(t, db, func(tx *store.Tx) error { return session.Silent(tx, v.Session) })
			return find(t, db, v.Session)
		}
		age := func(d time.Duration) {
			must(t, db, func(tx *store.Tx) error {
				tx.Write(`UPDATE session_session SET updated_at = updated_at - $1`, d.Microseconds())
				return nil
			})
		}
		age(47 * time.Hour)
		if s := silent(); s.Flags.Has(session.FlagProvisional) {
			t.Errorf("an AC session after 47 h: %v", s.Flags)
		}
		age(2 * time.Hour)
		if s := silent(); !s.Flags.Has(session.FlagProvisional) || !s.State.Open() || s.Flags.Hold() {
			t.Errorf("after 49 h: %s %v", s.State, s.Flags)
		}
		apply(t, db, updated2("A", 1, 30, 105))
		if s := find(t, db, v.Session); s.Flags.Has(session.FlagProvisional) {
			t.Errorf("heard of again: %v", s.Flags)
		}
		must(t, db, func(tx *store.Tx) error { return station.SetEVSE(tx, "S1", 1, "", 150_000) })
		age(7 * time.Hour)
		if s := silent(); !s.Flags.Has(session.FlagProvisional) {
			t.Errorf("a DC session after 7 h: %v", s.Flags)
		}
		must(t, db, func(tx *store.Tx) error { return session.Silent(tx, "none") })
	})
}

func TestListIsPagedAndFiltered(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		must(t, db, func(tx *store.Tx) error { // all made at one instant
			for i := range 7 {
				r := started2(fmt.Sprint("X", i), "CARD")
				r.EVSE = int64(i) + 1
				if i == 3 {
					r.Station, r.Token = "S2", "Other"
				}
				if _, err := session.Apply(tx, r); err != nil {
					return err
				}
			}
			_, err := session.Apply(tx, ended2("X0", 1, 30, 110))
			return err
		})
		var seen []string
		f := session.Filter{}
		for range 10 {
			page := do(t, db, func(tx *store.Tx) ([]session.Session, error) { return session.List(tx, ours, f, 2) })
			for _, s := range page {
				seen = append(seen, s.Tx)
				f.BeforeAt, f.Before = s.Began(), s.ID
			}
		}
		if strings.Join(seen, " ") != "X6 X5 X4 X3 X2 X1 X0" {
			t.Errorf("pages show %v", seen)
		}
		for _, c := range []struct {
			f session.Filter
			n int
		}{{session.Filter{Station: "S2"}, 1}, {session.Filter{Token: "oTHER"}, 1}, {session.Filter{Token: "card", Open: true}, 5}, {session.Filter{Open: true}, 6}, {session.Filter{Station: "T1"}, 0}} {
			if got := list(t, db, c.f); len(got) != c.n {
				t.Errorf("%+v: %d", c.f, len(got))
			}
		}
	})
}

// Sessions stand where they began, however late a station tells of them.
func TestListIsByTheBeginning(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for _, m := range []int{20, 60, 40} {
			r := started2(fmt.Sprint("at ", m), "CARD")
			r.EVSE, r.At = int64(m), at(m)
			apply(t, db, r)
		}
		var seen []string
		f := session.Filter{From: at(20), To: at(60).Add(time.Second)}
		for range 4 {
			for _, s := range do(t, db, func(tx *store.Tx) ([]session.Session, error) { return session.List(tx, ours, f, 1) }) {
				seen = append(seen, s.Tx)
				f.BeforeAt, f.Before = s.Began(), s.ID
			}
		}
		if !slices.Equal(seen, []string{"at 60", "at 40", "at 20"}) {
			t.Errorf("pages show %v", seen)
		}
		if got := list(t, db, session.Filter{From: at(21), To: at(60)}); len(got) != 1 || got[0].Tx != "at 40" {
			t.Errorf("from 21 to 60: %v", got)
		}
	})
}

func TestEvidenceIsPaged(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		v := apply(t, db, started2("X", "CARD"))
		for i := range int64(9) {
			r := updated2("X", i+1, int(i), 100+i)
			r.Received = at(3) // all at one instant
			apply(t, db, r)
		}
		s := find(t, db, v.Session)
		all := rebuild(t, db, v.Session).inputs
		var paged []string
		var after session.InputKey
		for range 10 {
			page := do(t, db, func(tx *store.Tx) ([]session.Input, error) { return session.InputsAfter(tx, s, after, 3) })
			for _, x := range page {
				paged = append(paged, x.Key)
				after = session.InputKey{Received: x.Received, Key: x.Key, Digest: x.Digest}
			}
		}
		if len(all) != 10 || len(paged) != 10 {
			t.Fatalf("%d in pages, %d in all", len(paged), len(all))
		}
		for i := range all {
			if all[i].Key != paged[i] {
				t.Errorf("place %d is %s in pages and %s in all", i, paged[i], all[i].Key)
			}
		}
	})
}
