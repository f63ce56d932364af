package session_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

func shown(t testing.TB, db *store.DB, id string) session.Shown {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (session.Shown, error) {
		p, _, err := session.PriceShown(tx, id)
		return p, err
	})
}

// publish puts a tariff with one price per kWh and offers it, and says when that
// was done.
func publish(t testing.TB, db *store.DB, id, price string, p tariff.Place, to tariff.Audience) time.Time {
	t.Helper()
	time.Sleep(time.Millisecond)
	return do(t, db, func(tx *store.Tx) (time.Time, error) {
		tf, err := tariff.Parse([]byte(`{"id":"` + id + `","currency":"EUR","tax_included":"YES","elements":[{"price_components":[{"type":"ENERGY","price":` + price + `,"vat":19}]}]}`))
		if err != nil {
			return tx.Now(), err
		}
		if _, err := tariff.Put(tx, ours.Tenant, "", tf); err != nil {
			return tx.Now(), err
		}
		_, err = tariff.Make(tx, ours.Tenant, tariff.Offer{Place: p, To: to, Tariff: id})
		return tx.Now(), err
	})
}

var (
	everyone = tariff.Audience{Kind: tariff.ToAll}
	anywhere = tariff.Place{Kind: tariff.OfTenant, ID: ours.Tenant}
)

// A session that a station reports late is bound to what was offered when it
// began, by the station's clock as far as that can be right.
func TestALateSessionHasThePriceOfItsStart(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		publish(t, db, "OLD", "0.30", tariff.Place{Kind: tariff.OfStation, ID: "S1"}, everyone)
		changed := publish(t, db, "NEW", "0.90", tariff.Place{Kind: tariff.OfStation, ID: "S1"}, everyone)
		for name, c := range map[string]struct {
			at, received time.Time
			want         string
		}{
			"before":               {changed.Add(-time.Microsecond), changed.Add(time.Hour), "OLD"},
			"at the change":        {changed, changed.Add(time.Hour), "NEW"},
			"from the future":      {changed.AddDate(1, 0, 0), changed.Add(time.Minute), "NEW"},
			"a clock back at 1970": {time.Unix(1000, 0), changed.Add(time.Minute), "NEW"},
		} {
			v := apply(t, db, session.Report{
				Station: "S1", Protocol: "2.0.1", Tx: name, Key: "0", Kind: session.Started, EVSE: 1, Connector: 1, Token: "CARD", TokenType: "ISO14443",
				At: c.at, Received: c.received, Offline: true, Message: []byte("{}"),
			})
			got, p := find(t, db, v.Session), shown(t, db, v.Session)
			if got.Tariff != c.want || p.Tariff != c.want || p.Version != got.Version || p.How != session.Offered {
				t.Errorf("%s: bound to %s, shown %+v", name, got.Tariff, p)
			}
			sum := sha256.Sum256([]byte(p.Words))
			if p.Digest != hex.EncodeToString(sum[:]) || p.Words == "" {
				t.Errorf("%s: %q has the digest %s", name, p.Words, p.Digest)
			}
		}
	})
}

// The end of a session that is heard first gives way to its beginning.
func TestTheBeginningDecidesWheneverItComes(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		publish(t, db, "OLD", "0.30", tariff.Place{Kind: tariff.OfStation, ID: "S1"}, everyone)
		changed := publish(t, db, "NEW", "0.90", tariff.Place{Kind: tariff.OfStation, ID: "S1"}, everyone)
		say := func(seq int64, kind session.Kind, at time.Time) string {
			return apply(t, db, session.Report{
				Station: "S1", Protocol: "2.0.1", Tx: "A", Key: string(kind), Seq: seq, Kind: kind, EVSE: 1, Connector: 1, At: at, Received: changed.Add(2 * time.Hour), Message: []byte(kind),
			}).Session
		}
		id := say(1, session.Ended, changed.Add(time.Hour))
		if got := find(t, db, id); got.Tariff != "NEW" {
			t.Errorf("the end alone: %s", got.Tariff)
		}
		say(0, session.Started, changed.Add(-time.Microsecond))
		if got := find(t, db, id); got.Tariff != "OLD" {
			t.Errorf("with its beginning: %s", got.Tariff)
		}
	})
}

// The EVSE and the driver's groups decide as soon as they are known.
func TestTheEVSEAndTheGroupDecide(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		publish(t, db, "EVSE", "0.50", tariff.EVSEPlace("S1", 2), everyone)
		publish(t, db, "STAFF", "0.20", anywhere, tariff.Audience{Kind: tariff.ToGroup, Group: "staff"})
		publish(t, db, "MEMBERS", "0.40", anywhere, tariff.Audience{Kind: tariff.ToMembers})
		made := do(t, db, func(tx *store.Tx) (time.Time, error) {
			if err := station.SetEVSE(tx, "S1", 2, "", 50_000); err != nil {
				return tx.Now(), err
			}
			if err := station.SetProfile(tx, "S1", 2, "nevi"); err != nil {
				return tx.Now(), err
			}
			who, err := driver.CreateDriver(tx, ours, driver.Driver{Name: "Ada", Email: "ada@example.org"})
			if err != nil {
				return tx.Now(), err
			}
			if err := driver.PutToken(tx, ours, driver.Token{UID: "OWN", Type: "ISO14443", Driver: who, Status: driver.StatusAccepted}); err != nil {
				return tx.Now(), err
			}
			return tx.Now(), driver.PutToken(tx, ours, driver.Token{UID: "WORK", Type: "ISO14443", Driver: who, Group: "staff", Status: driver.StatusBlocked})
		})
		n := int64(0)
		say := func(tx string, evse int64, token string, kind session.Kind) session.Session {
			n++
			return find(t, db, apply(t, db, session.Report{
				Station: "S1", Protocol: "2.0.1", Tx: tx, Key: string(kind) + token, Seq: n, Kind: kind, EVSE: evse, Connector: min(evse, 1), Token: token, TokenType: "ISO14443",
				At: made.Add(time.Second), Received: made.Add(time.Second), Message: []byte(token),
			}).Session)
		}
		if s := say("A", 0, "", session.Started); s.Tariff != "T" {
			t.Errorf("nothing known: %s", s.Tariff)
		}
		if s := say("A", 2, "", session.Updated); s.Tariff != "EVSE" || shown(t, db, s.ID).Profile != tariff.NEVI {
			t.Errorf("the EVSE known: %s, %+v", s.Tariff, shown(t, db, s.ID))
		}
		if s := say("A", 2, "OWN", session.Updated); s.Tariff != "MEMBERS" {
			t.Errorf("the driver known, whose card of the group is blocked: %s", s.Tariff)
		}
		do(t, db, func(tx *store.Tx) (bool, error) {
			w, err := driver.GetToken(tx, ours, "WORK")
			if err != nil {
				return false, err
			}
			w.Status = driver.StatusAccepted
			return true, driver.PutToken(tx, ours, w)
		})
		if s := say("B", 1, "OWN", session.Started); s.Tariff != "STAFF" {
			t.Errorf("a driver of the group by another card: %s", s.Tariff)
		}
	})
}
