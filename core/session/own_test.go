package session_test

import (
	"strings"
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// asked makes a driver, and a start with an offer at EVSE 1 of S1.
func asked(t testing.TB, db *store.DB, o driver.Offer) driver.Start {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (driver.Start, error) {
		d, err := driver.SignUp(tx, ours.Tenant, "ada@example.org", "")
		if err != nil {
			return driver.Start{}, err
		}
		return driver.Ask(tx, driver.Start{Tenant: ours.Tenant, Driver: d.ID, Station: "S1", EVSE: 1, Offer: o})
	})
}

func offer(t testing.TB, db *store.DB, price string) driver.Offer {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (driver.Offer, error) {
		p, err := tariff.Parse([]byte(`{"id":"T","currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":` + price + `}]}]}`))
		if err != nil {
			return driver.Offer{}, err
		}
		if _, err := tariff.Put(tx, ours.Tenant, "", p); err != nil {
			return driver.Offer{}, err
		}
		b, _, err := tariff.Bind(tx, ours.Tenant, tariff.Use{Site: "site " + ours.Tenant, Station: "S1", At: tx.Now()})
		return driver.Offer{Tariff: b.Tariff, Version: b.Version, Currency: b.Currency}, err
	})
}

// What the driver accepted holds, whatever was published before the session
// began (money policy, rule 4): in 1.6 with the start, in 2.x also when the
// token comes after the cable.
func TestTheAcceptedPriceHolds(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		accepted := offer(t, db, "0.30")
		s := asked(t, db, accepted)
		published := offer(t, db, "0.90")
		if published == accepted {
			t.Fatal("the price did not change")
		}
		now := time.Now().UTC().Truncate(time.Microsecond) // after both were published
		start16 := func(token string, minute int) session.Report {
			return session.Report{
				Station: "S1", Protocol: "1.6", Key: "start", StartKey: token, Kind: session.Started, Seq: -1, EVSE: 1, Connector: 1, Token: token, TokenType: "ISO14443",
				At: now.Add(time.Duration(minute) * time.Minute), Received: now.Add(time.Duration(minute) * time.Minute), Message: []byte(`{"idTag":"` + token + `"}`),
			}
		}
		v := apply(t, db, start16(s.Token, 0))
		got := find(t, db, v.Session)
		if got.Version != accepted.Version || got.Driver != s.Driver || got.Flags.Has(session.FlagNoTariff) {
			t.Errorf("1.6: bound to %s of %+v", got.Version, got)
		}
		if again := apply(t, db, start16(s.Token, 0)); !again.Duplicate || find(t, db, again.Session).Version != accepted.Version {
			t.Errorf("1.6, repeated: %+v", again)
		}
		if other := apply(t, db, start16("CARD", 5)); find(t, db, other.Session).Version != published.Version {
			t.Error("a card got the price of somebody's start")
		}
		begun := do(t, db, func(tx *store.Tx) (driver.Start, error) { return driver.GetStart(tx, ours.Tenant, s.Driver, s.ID) })
		if begun.State != driver.Begun || begun.Session != v.Session {
			t.Errorf("the start is %+v", begun)
		}
		// 2.x: the cable first, then the token with the remote start id.
		late := asked(t, db, accepted)
		event := func(seq int64, kind session.Kind, token string, number *int64) session.Verdict {
			return apply(t, db, session.Report{
				Station: "S1", Protocol: "2.0.1", Tx: "tx-2", Key: string(kind), Kind: kind, Seq: seq, EVSE: 1, Connector: 1, Token: token, TokenType: "Central",
				RemoteStartID: number, At: now.Add(time.Duration(10+seq) * time.Minute), Received: now.Add(time.Duration(10+seq) * time.Minute), Message: []byte(kind),
			})
		}
		v = event(0, session.Started, "", nil)
		if got := find(t, db, v.Session); got.Version != published.Version {
			t.Errorf("2.x, the cable: bound to %s", got.Version)
		}
		event(1, session.Updated, late.Token, &late.Number)
		if got := find(t, db, v.Session); got.Version != accepted.Version || got.Driver != late.Driver {
			t.Errorf("2.x, the token: bound to %s", got.Version)
		}
		// The next session of the driver has no start of its own.
		if got := find(t, db, apply(t, db, start16(s.Token, 30)).Session); got.ID == v.Session {
			t.Error("one session for two")
		}
	})
}

func TestOnesOwnSessions(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		s := asked(t, db, offer(t, db, "0.30"))
		var ids []string
		for i := range 5 {
			v := apply(t, db, session.Report{
				Station: "S1", Protocol: "1.6", Key: "start", StartKey: string(rune('a' + i)), Kind: session.Started, Seq: -1, EVSE: int64(i + 1), Connector: 1,
				Token: s.Token, At: at(i), Received: at(i), Message: []byte("x"),
			})
			ids = append(ids, v.Session)
		}
		var seen []string
		var last session.Session
		for range 6 {
			for _, x := range do(t, db, func(tx *store.Tx) ([]session.Session, error) {
				return session.OfDriver(tx, ours.Tenant, s.Driver, last.Began(), last.ID, 2)
			}) {
				seen, last = append(seen, x.ID), x
			}
		}
		if len(seen) != 5 || seen[0] != ids[4] || seen[4] != ids[0] {
			t.Errorf("pages show %v of %v", seen, ids)
		}
		count := func(tenant string) int64 {
			return do(t, db, func(tx *store.Tx) (int64, error) { return session.OpenOf(tx, tenant, s.Driver) })
		}
		if count(ours.Tenant) != 5 || count(theirs.Tenant) != 0 {
			t.Errorf("%d open, %d elsewhere", count(ours.Tenant), count(theirs.Tenant))
		}
		places := do(t, db, func(tx *store.Tx) ([]station.Place, error) {
			ps := []station.Place{{ID: "site " + ours.Tenant, Bays: []station.Bay{
				{EVSE: station.EVSE{Station: "S1", EVSE: 2}}, {EVSE: station.EVSE{Station: "S1", EVSE: 9}}, {EVSE: station.EVSE{Station: "S2", EVSE: 2}},
			}}}
			return ps, session.Occupy(tx, ours.Tenant, ps)
		})
		if b := places[0].Bays; b[0].Open != station.FlowUnsaid || b[1].Open != station.NoSession || b[2].Open != station.NoSession {
			t.Errorf("bays %+v", b)
		}
	})
}

func TestPseudonyms(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		s := asked(t, db, offer(t, db, "0.30"))
		signed := `{"OCMF":"OCMF|{\"ID\":\"` + s.Token + `\"}|x"}`
		var ids []string
		for i, token := range []string{s.Token, strings.ToLower(s.Token), "CARD"} {
			key := "1|" + driver.Key(token) + "|" + string(rune('0'+i)) + "|0"
			v := apply(t, db, session.Report{
				Station: "S2", Protocol: "1.6", Key: "start", StartKey: key, Kind: session.Started, Seq: -1, EVSE: int64(i + 1), Connector: 1, Token: token,
				At: at(i), Received: at(i), Message: []byte(`{"idTag":"` + token + `","note":` + signed + `}`),
			})
			ids = append(ids, v.Session)
		}
		do(t, db, func(tx *store.Tx) (int64, error) { return tx.Exec(`UPDATE session_session SET state = 'closed'`) })
		gone := do(t, db, func(tx *store.Tx) ([]driver.Gone, error) { return driver.Delete(tx, ours.Tenant, s.Driver) })
		pages := 0
		for after, more := "", true; more; more = after != "" {
			after = do(t, db, func(tx *store.Tx) (string, error) {
				return session.Pseudonymise(tx, ours.Tenant, s.Driver, gone, after, 1)
			})
			pages++
		}
		if pages != 3 {
			t.Errorf("%d pages", pages)
		}
		for i, id := range ids[:2] {
			x := find(t, db, id)
			in := do(t, db, func(tx *store.Tx) ([]session.Input, error) {
				return session.InputsAfter(tx, x, session.InputKey{}, 100)
			})
			if x.Shown != gone[0].Pseudonym || x.Token != gone[0].Pseudonym || strings.Contains(x.StartKey, driver.Key(s.Token)) {
				t.Errorf("session %d holds %q, %q, %q", i, x.Token, x.Shown, x.StartKey)
			}
			if m := in[0].Message; strings.Contains(strings.ToLower(m), `"idtag":"`+driver.Key(s.Token)) || !strings.Contains(m, gone[0].Pseudonym) || !strings.Contains(m, signed) {
				t.Errorf("the evidence is %s", m)
			}
		}
		if x := find(t, db, ids[2]); x.Shown != "CARD" || x.StartKey != "1|card|2|0" {
			t.Errorf("another's session became %+v", x)
		}
		again := do(t, db, func(tx *store.Tx) (string, error) {
			return session.Pseudonymise(tx, ours.Tenant, s.Driver, gone, "", 10)
		})
		if x := find(t, db, ids[0]); again == "" || x.Shown != gone[0].Pseudonym {
			t.Errorf("run again: %+v", x)
		}
	})
}

// What was accepted for one connector does not hold on another.
func TestAPriceIsAcceptedForItsConnectors(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		cheap := offer(t, db, "0.30")
		dear := offer(t, db, "0.90")
		for connector, want := range map[int64]driver.Offer{1: dear, 2: cheap} {
			accepted := cheap
			accepted.Connectors = "2,3"
			s := asked(t, db, accepted)
			now := time.Now().UTC().Truncate(time.Microsecond)
			v := apply(t, db, session.Report{
				Station: "S1", Protocol: "2.0.1", Tx: "tx-" + string(rune('0'+connector)), Key: "0", Kind: session.Started, EVSE: 1, Connector: connector,
				Token: s.Token, TokenType: "Central", RemoteStartID: &s.Number, At: now, Received: now, Message: []byte("{}"),
			})
			if got := find(t, db, v.Session); got.Version != want.Version {
				t.Errorf("connector %d: %s", connector, got.Version)
			}
			do(t, db, func(tx *store.Tx) (bool, error) { tx.Write(`DELETE FROM driver_start`); return true, nil })
		}
	})
}
