package session_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/brake"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
)

// braked is a driver with cards A and B and the token of an app, stations S1 in
// Berlin and S2 in Munich, and small limits.
type braked struct {
	*testing.T
	db     *store.DB
	driver string
	began  int
}

func eachBraked(t *testing.T, l brake.Limits, fn func(c *braked)) {
	each(t, func(t *testing.T, db *store.DB) {
		c := &braked{T: t, db: db}
		must(t, db, func(tx *store.Tx) (err error) {
			if c.driver, err = driver.CreateDriver(tx, ours, driver.Driver{Name: "Ada"}); err != nil {
				return err
			}
			for uid, kind := range map[string]string{"A": "ISO14443", "B": "ISO14443", "APP": "Central"} {
				if err := driver.PutToken(tx, ours, driver.Token{UID: uid, Type: kind, Driver: c.driver, Status: driver.StatusAccepted}); err != nil {
					return err
				}
			}
			lat, lon := int64(52_520_000), int64(13_405_000)
			berlin := station.Site{ID: "berlin", Tenant: ours.Tenant, Entity: access.DefaultEntity, Name: "Berlin", Country: "DE", Zone: "Europe/Berlin", Latitude: &lat, Longitude: &lon}
			south, west := int64(48_137_000), int64(11_575_000)
			munich := berlin
			munich.ID, munich.Latitude, munich.Longitude = "munich", &south, &west
			for at, site := range map[string]station.Site{"S1": berlin, "S2": munich} {
				if err := station.PutSite(tx, site); err != nil {
					return err
				}
				tx.Write(`UPDATE station_station SET site_id = $1 WHERE id = $2`, site.ID, at)
			}
			return brake.SetLimits(tx, ours.Tenant, l)
		})
		fn(c)
	})
}

// begin begins a session on an EVSE of its own.
func (c *braked) begin(at, token string, change func(*session.Report)) session.Verdict {
	c.Helper()
	c.began++
	now := time.Now().UTC().Truncate(time.Microsecond)
	r := session.Report{
		Station: at, Protocol: "2.0.1", Tx: "tx" + strconv.Itoa(c.began), Key: "0", Kind: session.Started, EVSE: int64(c.began), Connector: 1, Token: token, TokenType: "ISO14443",
		At: now, Received: now, Flow: session.FlowCharging, Message: []byte("{}"), Samples: []energy.Sample{{At: now, Register: energy.KiloWattHour}},
	}
	if change != nil {
		change(&r)
	}
	return apply(c, c.db, r)
}

func (c *braked) blocks() []brake.Block {
	c.Helper()
	return do(c, c.db, func(tx *store.Tx) ([]brake.Block, error) {
		return brake.List(tx, ours, brake.Filter{}, time.Time{}, "", 10)
	})
}

func (c *braked) lift(b brake.Block) {
	c.Helper()
	must(c, c.db, func(tx *store.Tx) error { _, err := brake.Lift(tx, ours, b.ID, "it was them"); return err })
}

func TestATokenIsBlockedThatBeginsTooOften(t *testing.T) {
	eachBraked(t, brake.Limits{TokenStarts: 3}, func(c *braked) {
		var ids []string
		for range 3 {
			v := c.begin("S1", "A", nil)
			if ids = append(ids, v.Session); v.Token != driver.Accepted || v.Block != "" {
				t.Fatalf("%+v", v)
			}
		}
		v := c.begin("S1", "a", nil) // tokens compare without regard to case
		if v.Token != driver.Blocked || v.Block != brake.TooManyStarts || !find(t, c.db, v.Session).Flags.Has(session.FlagUnauthorised) {
			t.Fatalf("the fourth: %+v", v)
		}
		list := c.blocks()
		if len(list) != 1 || list[0].Driver != c.driver || list[0].Key != "a" || list[0].Evidence.Count != 3 || list[0].Station != "S1" {
			t.Fatalf("blocks: %+v", list)
		}
		for _, id := range append(ids, v.Session) {
			if !slices.Contains(list[0].Evidence.Objects, id) {
				t.Errorf("session %s is no evidence: %q", id, list[0].Evidence.Objects)
			}
		}
		if v := c.begin("S1", "B", nil); v.Token != driver.Accepted {
			t.Errorf("another card of the driver: %+v", v)
		}
		c.lift(list[0])
		if v := c.begin("S1", "A", nil); v.Token != driver.Accepted {
			t.Errorf("lifted: %+v", v)
		}
	})
}

func TestACardIsNotUsedWhereItCannotHaveCome(t *testing.T) {
	eachBraked(t, brake.Limits{TravelKMH: 250}, func(c *braked) {
		c.begin("S1", "A", nil)
		v := c.begin("S2", "A", nil)
		if v.Token != driver.Blocked || v.Block != brake.Travel {
			t.Fatalf("%+v", v)
		}
		b := c.blocks()[0]
		if b.Reason != brake.Travel || b.Evidence.From != "S1" || b.Evidence.Distance < 450 || b.Evidence.Distance > 505 || b.Evidence.Limit != 250 {
			t.Errorf("%+v", b)
		}
		if v := c.begin("S1", "A", nil); v.Token != driver.Blocked {
			t.Errorf("the block stands at the first station, too: %+v", v)
		}
		if v := c.begin("S1", "B", nil); v.Token != driver.Accepted {
			t.Errorf("the driver's other card: %+v", v)
		}
		for _, at := range []string{"S1", "S2"} {
			if v := c.begin(at, "APP", nil); v.Token != driver.Accepted {
				t.Errorf("an app starts anywhere, and at %s %+v", at, v)
			}
		}
		c.lift(b)
		if v := c.begin("S2", "A", nil); v.Token != driver.Accepted {
			t.Errorf("lifted: %+v", v)
		}
	})
}

// What was not told at once proves nothing: the times may be wrong, and the order.
func TestWhatIsToldLateTripsNothing(t *testing.T) {
	offline := func(r *session.Report) { r.Offline = true }
	hours := func(n time.Duration) func(r *session.Report) {
		return func(r *session.Report) { r.At = r.At.Add(-n * time.Hour); r.Samples[0].At = r.At }
	}
	for name, late := range map[string][2]func(*session.Report){
		"the second is offline": {nil, offline}, "the first is offline": {offline, nil}, "1.6: the second is old": {nil, hours(2)}, "1.6: the first is old": {hours(1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			eachBraked(t, brake.Limits{TravelKMH: 250, TokenStarts: 1, AccountParallel: 1}, func(c *braked) {
				c.begin("S1", "A", late[0])
				if v := c.begin("S2", "A", late[1]); v.Token != driver.Accepted || len(c.blocks()) != 0 {
					t.Errorf("%+v, %+v", v, c.blocks())
				}
			})
		})
	}
}

func TestAnAccountChargesAtSoManyPlacesAtOnce(t *testing.T) {
	eachBraked(t, brake.Limits{AccountParallel: 2}, func(c *braked) {
		c.begin("S1", "A", nil)
		c.begin("S1", "B", nil)
		v := c.begin("S1", "APP", nil)
		if v.Token != driver.ConcurrentTx || v.Block != brake.ParallelUse {
			t.Fatalf("the third: %+v", v)
		}
		b := c.blocks()[0]
		if b.Kind != brake.Account || b.Key != c.driver || b.Evidence.Count != 2 || b.Until.Sub(b.BeganAt) != 15*time.Minute {
			t.Errorf("%+v", b)
		}
		if v := c.begin("S1", "CARD", nil); v.Token != driver.Accepted {
			t.Errorf("a card of nobody is not the account's: %+v", v)
		}
		c.lift(b)
		if v := c.begin("S1", "A", nil); v.Token != driver.Accepted {
			t.Errorf("lifted: %+v", v)
		}
	})
}

// A block judges what happens while it stands; a report that comes again is
// answered as the first time, and raises nothing more.
func TestABlockedStartRepeatedIsAnsweredAlike(t *testing.T) {
	eachBraked(t, brake.Limits{TokenStarts: 1}, func(c *braked) {
		c.begin("S1", "A", nil)
		var said session.Report
		first := c.begin("S1", "A", func(r *session.Report) { said = *r })
		second := apply(t, c.db, said)
		if first.Block != brake.TooManyStarts || second.Block != first.Block || second.Token != first.Token || !second.Duplicate || len(c.blocks()) != 1 {
			t.Errorf("%+v, then %+v", first, second)
		}
		before := c.begin("S1", "A", func(r *session.Report) { r.At, r.Offline = r.At.Add(-time.Hour), true; r.Samples[0].At = r.At })
		if before.Token != driver.Accepted {
			t.Errorf("begun offline before the block: %+v", before)
		}
	})
}

// To judge writes nothing: only who raises what was found does.
func TestJudgingBlocksNothingByItself(t *testing.T) {
	eachBraked(t, brake.Limits{TokenStarts: 1}, func(c *braked) {
		c.begin("S1", "A", nil)
		judge := func() session.Judgement {
			return do(t, c.db, func(tx *store.Tx) (session.Judgement, error) {
				return session.Authorise(tx, session.Attempt{Tenant: ours.Tenant, Token: "A", Station: "S1", At: tx.Now()})
			})
		}
		j := judge()
		if j.Verdict != driver.Blocked || !j.Noticed() || len(c.blocks()) != 0 {
			t.Fatalf("%+v, %+v", j, c.blocks())
		}
		must(t, c.db, func(tx *store.Tx) error { return j.Raise(tx, ours.Tenant) })
		if j := judge(); j.Verdict != driver.Blocked || j.Noticed() || j.Block != brake.TooManyStarts || len(c.blocks()) != 1 {
			t.Errorf("%+v, %+v", j, c.blocks())
		}
	})
}
