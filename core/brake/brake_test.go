package brake_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/brake"
	"chargewright/schema"
)

var (
	ours   = access.Scope{Tenant: access.DefaultTenant, Role: access.Support, Actor: "usr_1"}
	theirs = access.Scope{Tenant: "tn_other", Role: access.Owner}
)

func do[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := store.Do(t.Context(), db, "brake", fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		do(t, db, func(tx *store.Tx) (int64, error) {
			return tx.Exec(`INSERT INTO access_tenant (id, name, created_at) VALUES ($1, 'Ours', 0), ('tn_other', 'Theirs', 0)`, ours.Tenant)
		})
		fn(t, db)
	})
}

var card = brake.Subject{Kind: brake.Token, Key: "card"}

func raise(t testing.TB, db *store.DB, s brake.Subject, r brake.Reason) brake.Block {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (brake.Block, error) {
		return brake.Raise(tx, ours.Tenant, brake.Sign{Subject: s, Reason: r, Station: "S1", EVSE: 1, Evidence: brake.Evidence{Count: 3, Limit: 3, Objects: make([]string, 40)}})
	})
}

func standing(t testing.TB, db *store.DB, tenant string, at time.Time, s ...brake.Subject) (brake.Block, bool) {
	t.Helper()
	type found struct {
		b  brake.Block
		ok bool
	}
	f := do(t, db, func(tx *store.Tx) (found, error) {
		b, ok, err := brake.Standing(tx, tenant, at, s...)
		return found{b, ok}, err
	})
	return f.b, f.ok
}

func TestABlockStandsUntilItsTermIsOver(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		b := raise(t, db, card, brake.Travel)
		if term := b.Until.Sub(b.BeganAt); term != 24*time.Hour || len(b.Evidence.Objects) != 20 {
			t.Errorf("it stands for %s, with %d objects", term, len(b.Evidence.Objects))
		}
		if again := raise(t, db, card, brake.TooManyStarts); again.ID != b.ID || again.Reason != brake.Travel {
			t.Errorf("a second block beside the first: %+v", again)
		}
		for _, c := range []struct {
			at   time.Time
			want bool
		}{{b.BeganAt.Add(-time.Microsecond), false}, {b.BeganAt, true}, {b.Until.Add(-time.Microsecond), true}, {b.Until, false}} {
			if _, ok := standing(t, db, ours.Tenant, c.at, brake.Subject{Kind: brake.Card, Key: "card"}, card); ok != c.want {
				t.Errorf("at %s it stands: %t", c.at.Sub(b.BeganAt), ok)
			}
		}
		if _, ok := standing(t, db, theirs.Tenant, b.BeganAt, card); ok {
			t.Error("another tenant's card is blocked")
		}
		if b := raise(t, db, brake.ByCard("sim", "fp"), brake.CardTesting); b.Until.Sub(b.BeganAt) != 24*time.Hour {
			t.Errorf("a card is blocked for %s", b.Until.Sub(b.BeganAt))
		}
		if b := raise(t, db, brake.AtEVSE("S1", 2), brake.CardTesting); b.Until.Sub(b.BeganAt) != time.Hour {
			t.Errorf("an EVSE is blocked for %s", b.Until.Sub(b.BeganAt))
		}
	})
}

func TestALiftedBlockSaysWhoAndWhyAndItsPastCountsNoMore(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		b := raise(t, db, card, brake.TooManyStarts)
		lift := func(sc access.Scope, why string) error {
			_, err := store.Do(t.Context(), db, "brake", func(tx *store.Tx) (brake.Block, error) { return brake.Lift(tx, sc, b.ID, why) })
			return err
		}
		host := access.Scope{Tenant: ours.Tenant, Role: access.Host, Sites: []string{"site"}}
		for _, c := range []struct {
			sc   access.Scope
			why  string
			want fail.Kind
		}{{ours, " ", fail.Invalid}, {theirs, "x", fail.NotFound}, {host, "x", fail.NotFound}} {
			if err := lift(c.sc, c.why); !fail.Is(err, c.want) {
				t.Errorf("%+v lifts for %q: %v", c.sc, c.why, err)
			}
		}
		if err := lift(ours, " they lent it "); err != nil {
			t.Fatal(err)
		}
		if err := lift(ours, "again"); !fail.Is(err, fail.Conflict) {
			t.Errorf("lifted twice: %v", err)
		}
		got := do(t, db, func(tx *store.Tx) (brake.Block, error) { return brake.Get(tx, ours, b.ID) })
		if got.By != "usr_1" || got.For != "they lent it" || got.Stands(time.Now()) {
			t.Errorf("lifted: %+v", got)
		}
		since := do(t, db, func(tx *store.Tx) (time.Time, error) { return brake.Since(tx, ours.Tenant, card, brake.Day) })
		if !since.Equal(got.Until) {
			t.Errorf("counted since %s, lifted at %s", since, got.Until)
		}
		other := do(t, db, func(tx *store.Tx) (time.Time, error) {
			return brake.Since(tx, ours.Tenant, brake.AtEVSE("S1", 1), brake.Hour)
		})
		if d := time.Since(other); d < time.Hour || d > 2*time.Hour {
			t.Errorf("nothing was blocked there, and it counts for %s", d)
		}
		if next := raise(t, db, card, brake.TooManyStarts); next.ID == b.ID {
			t.Error("what is lifted cannot be blocked again")
		}
	})
}

func TestBlocksAreListedNewestFirstAndForgotten(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var ids []string
		for i := range 5 {
			ids = append(ids, raise(t, db, brake.AtEVSE("S1", int64(i)), brake.CardTesting).ID)
		}
		slices.Reverse(ids)
		list := func(f brake.Filter, at time.Time, before string) (got []string) {
			for _, b := range do(t, db, func(tx *store.Tx) ([]brake.Block, error) { return brake.List(tx, ours, f, at, before, 3) }) {
				got = append(got, b.ID)
			}
			return got
		}
		if got := list(brake.Filter{}, time.Time{}, ""); !slices.Equal(got, ids[:3]) {
			t.Errorf("%q, want %q", got, ids[:3])
		}
		third := do(t, db, func(tx *store.Tx) (brake.Block, error) { return brake.Get(tx, ours, ids[2]) })
		if got := list(brake.Filter{Standing: true, Kind: brake.EVSE}, third.BeganAt, third.ID); !slices.Equal(got, ids[3:]) {
			t.Errorf("%q, want %q", got, ids[3:])
		}
		if got := list(brake.Filter{Kind: brake.Card}, time.Time{}, ""); len(got) != 0 {
			t.Errorf("cards: %q", got)
		}
		do(t, db, func(tx *store.Tx) (int, error) {
			tx.Write(`UPDATE brake_block SET until_at = $1 WHERE id = $2`, tx.Now().AddDate(0, 0, -91), ids[0])
			tx.Write(`UPDATE brake_block SET until_at = $1 WHERE id = $2`, tx.Now().AddDate(0, 0, -89), ids[1])
			brake.Forget(tx)
			return 0, brake.Rename(tx, ours.Tenant, "card", "gone-1")
		})
		if got := list(brake.Filter{}, time.Time{}, ""); !slices.Equal(got, ids[1:4]) {
			t.Errorf("after a quarter of a year: %q", got)
		}
	})
}

func TestLimitsAreKeptWithinBounds(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		get := func() brake.Limits {
			return do(t, db, func(tx *store.Tx) (brake.Limits, error) { return brake.GetLimits(tx, ours.Tenant) })
		}
		if l := get(); l.TokenStarts != 30 || l.CardRefused != 4 {
			t.Errorf("by default %+v", l)
		}
		set := func(l brake.Limits) error {
			_, err := store.Do(t.Context(), db, "brake", func(tx *store.Tx) (int, error) { return 0, brake.SetLimits(tx, ours.Tenant, l) })
			return err
		}
		want := brake.Limits{TokenStarts: 1, AccountParallel: 2, TravelKMH: 3, AddressVisits: 4, AddressUnpaid: 5, EVSEVisits: 6, EVSEUnpaid: 7, CardVisits: 8, CardRefused: 9}
		for range 2 {
			if err := set(want); err != nil || get() != want {
				t.Errorf("%+v, %v", get(), err)
			}
			want.CardRefused = 0
		}
		for _, bad := range []brake.Limits{{TokenStarts: -1}, {CardRefused: 10_001}} {
			if err := set(bad); !fail.Is(err, fail.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestVisitsAreLaidBeforeTheirLimits(t *testing.T) {
	for _, c := range []struct {
		all, refused, most, mostRefused int64
		want                            brake.Reason
	}{
		{11, 5, 12, 6, ""}, {12, 5, 12, 6, brake.TooManyVisits}, {6, 6, 12, 6, brake.CardTesting}, {12, 6, 12, 6, brake.CardTesting},
		{1000, 1000, 0, 0, ""}, {0, 0, 1, 1, ""},
	} {
		s, bad := brake.Sign{}.Visits(c.all, c.refused, c.most, c.mostRefused, time.Now())
		if bad != (c.want != "") || bad && s.Reason != c.want {
			t.Errorf("%+v: %q, %t", c, s.Reason, bad)
		}
	}
}

var (
	berlin = brake.Point{Latitude: 52_520_000, Longitude: 13_405_000}
	munich = brake.Point{Latitude: 48_137_000, Longitude: 11_575_000} // 504 km
	suva   = brake.Point{Latitude: -18_141_000, Longitude: 178_442_000}
	apia   = brake.Point{Latitude: -13_833_000, Longitude: -171_767_000} // 1,144 km over the date line
)

func TestNobodyDrivesFasterThanTheLimit(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b brake.Point
		in   time.Duration
		kmh  int64
		want bool
	}{
		{"a night", berlin, munich, 8 * time.Hour, 250, false},
		{"an hour", berlin, munich, time.Hour, 250, true},
		{"two hours at 250", berlin, munich, 2 * time.Hour, 250, false},
		{"a clock that runs back", berlin, munich, -time.Hour, 250, true},
		{"no limit", berlin, munich, 0, 0, false},
		{"the same place at once", berlin, berlin, 0, 250, false},
		{"across a park", berlin, brake.Point{Latitude: 52_560_000, Longitude: 13_455_000}, 0, 250, false},
		{"over the date line in five hours", suva, apia, 5 * time.Hour, 250, false},
		{"over the date line in one", suva, apia, time.Hour, 250, true},
		{"from pole to pole, long ago", brake.Point{Latitude: 90_000_000}, brake.Point{Latitude: -90_000_000}, math.MaxInt64, 250, false},
	} {
		if km, got := brake.Undriveable(c.a, c.b, c.in, c.kmh); got != c.want {
			t.Errorf("%s: %d km, %t", c.name, km, got)
		}
	}
}

// The way is never told longer than it is within a country, and not much shorter.
func TestDistanceIsThatOfTheSphere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := brake.Point{Latitude: rapid.Int64Range(-65_000_000, 65_000_000).Draw(t, "lat"), Longitude: rapid.Int64Range(-180_000_000, 180_000_000).Draw(t, "lon")}
		b := brake.Point{Latitude: a.Latitude + rapid.Int64Range(-4_000_000, 4_000_000).Draw(t, "north"), Longitude: a.Longitude + rapid.Int64Range(-6_000_000, 6_000_000).Draw(t, "east")}
		rad := func(e6 int64) float64 { return float64(e6) / 1e6 * math.Pi / 180 }
		dlat, dlon := rad(b.Latitude-a.Latitude), rad(b.Longitude-a.Longitude)
		h := math.Pow(math.Sin(dlat/2), 2) + math.Cos(rad(a.Latitude))*math.Cos(rad(b.Latitude))*math.Pow(math.Sin(dlon/2), 2)
		real := 2 * 6_371_000 * math.Asin(math.Sqrt(h))
		got := float64(brake.Distance(a, b))
		if got > real*1.001+2 || got < real*0.7-2 {
			t.Fatalf("%v to %v: %.0f m, it is %.0f m", a, b, got, real)
		}
		if brake.Distance(a, b) != brake.Distance(b, a) {
			t.Fatal("the way back is another")
		}
	})
}
