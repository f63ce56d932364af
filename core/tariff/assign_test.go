package tariff_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/tariff"
	"chargewright/schema"
)

// raw is an offer as it stands in the table, so that its times are free to choose.
func raw(tx *store.Tx, n int, o tariff.Offer) {
	from := int64(0)
	if !o.From.IsZero() {
		from = o.From.UnixMicro()
	}
	tx.Write(`INSERT INTO tariff_offer (id, tenant_id, kind, place_id, audience, group_id, tariff_id, from_at, until_at, made_at, ended_at)
		VALUES ($1, 'tn_a', $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		fmt.Sprintf("off_%04d", n), o.Kind, o.Place.ID, o.To.Kind, o.To.Group, o.Tariff, from, o.Until, o.MadeAt, o.EndedAt)
}

var places = []tariff.Place{
	{Kind: tariff.OfTenant, ID: "tn_a"}, {Kind: tariff.OfSite, ID: "A"}, {Kind: tariff.OfSite, ID: "B"}, {Kind: tariff.OfStation, ID: "S1"}, {Kind: tariff.OfStation, ID: "S2"},
	tariff.EVSEPlace("S1", 1), tariff.EVSEPlace("S1", 2), tariff.ConnectorPlace("S1", 1, 1), tariff.ConnectorPlace("S1", 1, 2), tariff.ConnectorPlace("S1", 2, 1),
}

func drawOffer(r *rapid.T, ids []string) tariff.Offer {
	day := func(name string, from, to int) time.Time {
		return time.UnixMicro(0).UTC().AddDate(50, 0, rapid.IntRange(from, to).Draw(r, name))
	}
	o := tariff.Offer{
		Place: rapid.SampledFrom(places).Draw(r, "place"), Tariff: rapid.SampledFrom(ids).Draw(r, "tariff"), MadeAt: day("made", 0, 5),
		To: rapid.SampledFrom([]tariff.Audience{{Kind: tariff.ToAll}, {Kind: tariff.ToGuests}, {Kind: tariff.ToMembers}, {Kind: tariff.ToGroup, Group: "G"}, {Kind: tariff.ToGroup, Group: "H"}}).Draw(r, "to"),
	}
	if rapid.Bool().Draw(r, "begins") {
		o.From = day("from", 0, 10)
	}
	if rapid.Bool().Draw(r, "ends") {
		o.Until = day("until", 1, 12)
	}
	if rapid.IntRange(0, 3).Draw(r, "taken") == 0 {
		o.EndedAt = day("ended", 1, 12)
	}
	return o
}

func drawUse(r *rapid.T) tariff.Use {
	return tariff.Use{
		Site: rapid.SampledFrom([]string{"A", "B"}).Draw(r, "site"), Station: rapid.SampledFrom([]string{"S1", "S2"}).Draw(r, "station"),
		EVSE: int64(rapid.IntRange(0, 2).Draw(r, "evse")), Connector: int64(rapid.IntRange(0, 2).Draw(r, "connector")),
		Customer: rapid.SampledFrom([]tariff.Customer{{}, {Guest: true}, {Member: true}, {Member: true, Groups: []string{"G"}}, {Groups: []string{"G", "H"}}}).Draw(r, "buyer"),
		At:       time.UnixMicro(0).UTC().AddDate(50, 0, rapid.IntRange(0, 12).Draw(r, "at")),
	}
}

// holds is the rule in other words: whether an offer counts for a use.
func holds(o tariff.Offer, u tariff.Use) bool {
	here := map[tariff.Place]bool{{Kind: tariff.OfTenant, ID: "tn_a"}: true, {Kind: tariff.OfSite, ID: u.Site}: true, {Kind: tariff.OfStation, ID: u.Station}: true}
	if u.EVSE > 0 {
		here[tariff.EVSEPlace(u.Station, u.EVSE)] = true
		if u.Connector > 0 {
			here[tariff.ConnectorPlace(u.Station, u.EVSE, u.Connector)] = true
		}
	}
	belongs := map[string]bool{tariff.ToAll: true, tariff.ToGuests: u.Customer.Guest, tariff.ToMembers: u.Customer.Member, tariff.ToGroup: slices.Contains(u.Customer.Groups, o.To.Group)}
	return here[o.Place] && belongs[o.To.Kind] && !u.At.Before(o.From) && (o.Until.IsZero() || u.At.Before(o.Until)) && (o.EndedAt.IsZero() || u.At.Before(o.EndedAt))
}

// beats is the order of precedence in other words.
func beats(a, b tariff.Offer) bool {
	who := map[string]int{tariff.ToAll: 0, tariff.ToGuests: 1, tariff.ToMembers: 1, tariff.ToGroup: 2}
	where := map[string]int{tariff.OfTenant: 0, tariff.OfSite: 1, tariff.OfStation: 2, tariff.OfEVSE: 3, tariff.OfConnector: 4}
	switch {
	case who[a.To.Kind] != who[b.To.Kind]:
		return who[a.To.Kind] > who[b.To.Kind]
	case where[a.Kind] != where[b.Kind]:
		return where[a.Kind] > where[b.Kind]
	case a.Until.IsZero() != b.Until.IsZero():
		return b.Until.IsZero()
	case !a.From.Equal(b.From):
		return a.From.After(b.From)
	case !a.MadeAt.Equal(b.MadeAt):
		return a.MadeAt.After(b.MadeAt)
	}
	return a.ID > b.ID
}

// What a use is bound to is what the rule in other words says, alone, on a board
// of many, and at the head of the explanation; who lost says what it lost by.
func TestPrecedence(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		var ids []string
		for i := range 4 {
			ids = append(ids, fmt.Sprint("T", i))
			put(t, db, "tn_a", "", perKWh(t, ids[i], "0.49", ""))
		}
		rapid.Check(t, func(r *rapid.T) {
			var offers []tariff.Offer
			var uses []tariff.Use
			for range rapid.IntRange(0, 12).Draw(r, "offers") {
				offers = append(offers, drawOffer(r, ids))
			}
			for range 5 {
				uses = append(uses, drawUse(r))
			}
			do(t, db, func(tx *store.Tx) (bool, error) {
				tx.Write(`DELETE FROM tariff_offer`)
				for i := range offers {
					offers[i].ID = fmt.Sprintf("off_%04d", i)
					raw(tx, i, offers[i])
				}
				return true, nil
			})
			do(t, db, func(tx *store.Tx) (bool, error) {
				for _, u := range uses {
					bound(t, r, tx, offers, uses, u)
				}
				return true, nil
			})
		})
	})
}

func bound(t *testing.T, r *rapid.T, tx *store.Tx, offers []tariff.Offer, uses []tariff.Use, u tariff.Use) {
	t.Helper()
	want := ""
	var best tariff.Offer
	for _, o := range offers {
		if holds(o, u) && (want == "" || beats(o, best)) {
			best, want = o, o.Tariff
		}
	}
	b, found, err := tariff.Bind(tx, "tn_a", u)
	if err != nil || found != (want != "") || b.Tariff != want {
		r.Fatalf("%+v is bound to %+v %v %v, want %q", u, b, found, err, want)
	}
	board, err := tariff.Post(tx, "tn_a", u.At, uses...)
	if err != nil {
		r.Fatal(err)
	}
	if on, is := board.Choose(u); on != b || is != found {
		r.Fatalf("on the board %+v, alone %+v", on, b)
	}
	all, err := tariff.Explain(tx, "tn_a", u)
	if err != nil {
		r.Fatal(err)
	}
	for i, c := range all {
		if (c.Why == tariff.Wins) != (i == 0 && found) {
			r.Fatalf("candidate %d of %d: %+v", i, len(all), c)
		}
		lost := []tariff.Why{tariff.LessForWhom, tariff.LessWhere, tariff.LessBounded, tariff.Earlier, tariff.Older}
		if counts := c.Why == tariff.Wins || slices.Contains(lost, c.Why); counts != holds(c.Offer, u) {
			r.Fatalf("%s counts %v: %+v", c.Why, counts, c)
		}
	}
}

// What was offered at a time stays what was offered then, whatever is changed.
func TestThePastStays(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		all := tariff.Place{Kind: tariff.OfTenant, ID: "tn_a"}
		put(t, db, "tn_a", "", perKWh(t, "T", "0.10", ""))
		put(t, db, "tn_a", "", perKWh(t, "U", "0.90", ""))
		assign := func(id string) {
			do(t, db, func(tx *store.Tx) (bool, error) { return true, tariff.Assign(tx, "tn_a", all, id) })
		}
		type moment struct {
			at   time.Time
			want string
		}
		var seen []moment
		look := func() {
			t.Helper()
			do(t, db, func(tx *store.Tx) (bool, error) {
				b, _, err := tariff.Bind(tx, "tn_a", tariff.Use{Station: "S", At: tx.Now()})
				seen = append(seen, moment{tx.Now(), b.Tariff + b.Version})
				return true, err
			})
			time.Sleep(time.Millisecond)
		}
		look() // nothing
		assign("T")
		look()
		put(t, db, "tn_a", "", perKWh(t, "T", "0.20", ""))
		look()
		put(t, db, "tn_a", "", perKWh(t, "T", "0.10", ""))
		look()
		assign("U")
		look()
		assign("")
		look()
		assign("T")
		look()
		seen[0].want = seen[1].want // the first offer holds since ever
		do(t, db, func(tx *store.Tx) (bool, error) {
			for i, m := range seen {
				b, _, err := tariff.Bind(tx, "tn_a", tariff.Use{Station: "S", At: m.at})
				if err != nil || b.Tariff+b.Version != m.want {
					t.Errorf("moment %d: %s now, %s then, %v", i, b.Tariff+b.Version, m.want, err)
				}
			}
			return true, nil
		})
		if seen[1].want == seen[2].want || seen[2].want == seen[3].want || seen[3].want != seen[1].want || seen[5].want != "" || seen[6].want != seen[3].want {
			t.Errorf("%v", seen)
		}
	})
}

// An offer at a narrower place, made first, leaves alone what people there were
// shown by a wider one before; where nothing was offered it holds since ever.
func TestAFirstOfferDoesNotReachBack(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		put(t, db, "tn_a", "", perKWh(t, "T", "0.10", ""))
		put(t, db, "tn_a", "", perKWh(t, "U", "0.90", ""))
		assign := func(id string, p tariff.Place) time.Time {
			time.Sleep(time.Millisecond)
			return do(t, db, func(tx *store.Tx) (time.Time, error) { return tx.Now(), tariff.Assign(tx, "tn_a", p, id) })
		}
		then := func(at time.Time, u tariff.Use) string {
			u.At = at
			return do(t, db, func(tx *store.Tx) (tariff.Bound, error) { b, _, err := tariff.Bind(tx, "tn_a", u); return b, err }).Tariff
		}
		long := time.Now().AddDate(-1, 0, 0)
		assign("T", tariff.Place{Kind: tariff.OfSite, ID: "A"})
		changed := assign("U", tariff.EVSEPlace("S1", 1))
		at := tariff.Use{Site: "A", Station: "S1", EVSE: 1, Connector: 1}
		if then(long, at) != "T" || then(changed.Add(-time.Microsecond), at) != "T" || then(changed, at) != "U" {
			t.Errorf("the EVSE: %s long ago, %s before, %s after", then(long, at), then(changed.Add(-time.Microsecond), at), then(changed, at))
		}
		assign("T", tariff.ConnectorPlace("S1", 1, 1))
		if then(changed, at) != "U" {
			t.Errorf("the connector: %s", then(changed, at))
		}
		assign("U", tariff.Place{Kind: tariff.OfSite, ID: "B"})
		if got := then(long, tariff.Use{Site: "B", Station: "S9"}); got != "U" {
			t.Errorf("another site, which had nothing: %q", got)
		}
		assign("T", tariff.Place{Kind: tariff.OfTenant, ID: "tn_a"})
		if got := then(long, tariff.Use{Site: "C", Station: "S8"}); got != "T" {
			t.Errorf("everywhere, which had nothing: %q", got)
		}
		assign("U", tariff.Place{Kind: tariff.OfSite, ID: "C"})
		if got := then(long, tariff.Use{Site: "C", Station: "S8"}); got != "T" {
			t.Errorf("a site under everywhere: %q", got)
		}
	})
}

// A version planned for later holds from then on and not before, can be taken
// back until then, and never comes to hold of a tariff without a first one.
func TestPlannedVersions(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		v1 := put(t, db, "tn_a", "", perKWh(t, "T", "0.10", ""))
		do(t, db, func(tx *store.Tx) (bool, error) {
			midnight := tx.Now().Add(24 * time.Hour).Truncate(24 * time.Hour)
			if err := tariff.Assign(tx, "tn_a", tariff.Place{Kind: tariff.OfTenant, ID: "tn_a"}, "T"); err != nil {
				return false, err
			}
			v2, err := tariff.PutFrom(tx, "tn_a", "", perKWh(t, "T", "0.20", ""), midnight)
			if err != nil {
				return false, err
			}
			holds := func(at time.Time) tariff.Version {
				b, _, err := tariff.Bind(tx, "tn_a", tariff.Use{Station: "S", At: at})
				if err != nil {
					t.Error(err)
				}
				return tariff.Version(b.Version)
			}
			if holds(midnight.Add(-time.Microsecond)) != v1 || holds(midnight) != v2 {
				t.Error("midnight is not the border")
			}
			if now, s, err := tariff.Get(tx, "tn_a", "T"); err != nil || s.Version != v1 || now.Elements[0].Components[0].Price != 100_000 {
				t.Errorf("now %+v, %v", s, err)
			}
			all, err := tariff.Versions(tx, "tn_a", "T")
			if err != nil || len(all) != 2 || all[0].Version != v2 || !all[0].From.Equal(midnight) || !all[1].From.IsZero() {
				t.Errorf("%+v, %v", all, err)
			}
			for _, at := range []time.Time{{}, tx.Now(), midnight.Add(time.Second)} {
				if err := tariff.Withdraw(tx, "tn_a", "T", at); !fail.Is(err, fail.NotFound) {
					t.Errorf("withdrawn at %v: %v", at, err)
				}
			}
			if err := tariff.Withdraw(tx, "tn_a", "T", midnight); err != nil || holds(midnight) != v1 {
				t.Errorf("not withdrawn: %v", err)
			}
			if _, err := tariff.PutFrom(tx, "tn_a", "", perKWh(t, "NEW", "0.20", ""), midnight); !fail.Is(err, fail.Invalid) {
				t.Errorf("a first version in the future: %v", err)
			}
			if _, err := tariff.PutFrom(tx, "tn_a", "", perKWh(t, "T", "0.30", ""), midnight.AddDate(3, 0, 0)); !fail.Is(err, fail.Invalid) {
				t.Errorf("in three years: %v", err)
			}
			return true, nil
		})
	})
}

func TestWhatCannotBeOffered(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		put(t, db, "tn_a", "", perKWh(t, "T", "0.10", ""))
		now := time.Now()
		good := tariff.Offer{Place: tariff.Place{Kind: tariff.OfSite, ID: "A"}, To: tariff.Audience{Kind: tariff.ToAll}, Tariff: "T"}
		for name, change := range map[string]func(*tariff.Offer){
			"kind":               func(o *tariff.Offer) { o.Kind = "town" },
			"place":              func(o *tariff.Offer) { o.Place.ID = " " },
			"audience":           func(o *tariff.Offer) { o.To.Kind = "" },
			"group of all":       func(o *tariff.Offer) { o.To.Group = "G" },
			"no group":           func(o *tariff.Offer) { o.To.Kind = tariff.ToGroup },
			"over":               func(o *tariff.Offer) { o.Until = now.Add(-time.Hour) },
			"ends first":         func(o *tariff.Offer) { o.From, o.Until = now.Add(2*time.Hour), now.Add(time.Hour) },
			"no such tariff":     func(o *tariff.Offer) { o.Tariff = "X" },
			"tenant's, not ours": func(o *tariff.Offer) { o.Tariff = "" },
		} {
			o := good
			change(&o)
			if _, err := store.Do(t.Context(), db, "", func(tx *store.Tx) (tariff.Offer, error) { return tariff.Make(tx, "tn_a", o) }); !fail.Is(err, fail.Invalid) && !fail.Is(err, fail.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		o := do(t, db, func(tx *store.Tx) (tariff.Offer, error) { return tariff.Make(tx, "tn_a", good) })
		del := func() error {
			_, err := store.Do(t.Context(), db, "", func(tx *store.Tx) (bool, error) { return true, tariff.Delete(tx, "tn_a", "T") })
			return err
		}
		if err := del(); !fail.Is(err, fail.Conflict) {
			t.Errorf("deleted in use: %v", err)
		}
		if err := do(t, db, func(tx *store.Tx) (error, error) { return tariff.End(tx, "tn_b", o.ID), nil }); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant ended it: %v", err)
		}
		do(t, db, func(tx *store.Tx) (bool, error) { return true, tariff.End(tx, "tn_a", o.ID) })
		if err := do(t, db, func(tx *store.Tx) (error, error) { return tariff.End(tx, "tn_a", o.ID), nil }); !fail.Is(err, fail.NotFound) {
			t.Errorf("ended twice: %v", err)
		}
		if err := del(); err != nil {
			t.Error(err)
		}
	})
}

// ListSome lists the tariffs that Offered names, and those alone.
func TestOffered(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tenants(t, db)
		for i, p := range []tariff.Place{{Kind: tariff.OfSite, ID: "A"}, {Kind: tariff.OfSite, ID: "B"}, {Kind: tariff.OfStation, ID: "S1"}, tariff.EVSEPlace("S1", 2), tariff.ConnectorPlace("S2", 1, 1)} {
			id := fmt.Sprint("T", i)
			put(t, db, "tn_a", "", perKWh(t, id, "0.49", ""))
			do(t, db, func(tx *store.Tx) (bool, error) { return true, tariff.Assign(tx, "tn_a", p, id) })
		}
		for _, c := range []struct {
			at   map[string]string
			want []string
		}{
			{nil, nil}, {map[string]string{"S1": "A"}, []string{"T0", "T2", "T3"}}, {map[string]string{"S2": "B"}, []string{"T1", "T4"}}, {map[string]string{"S": "A"}, []string{"T0"}},
		} {
			got := do(t, db, func(tx *store.Tx) ([]string, error) { return tariff.Offered(tx, "tn_a", c.at) })
			if !slices.Equal(got, c.want) {
				t.Errorf("at %v: %q, want %q", c.at, got, c.want)
			}
			var listed []string
			after := tariff.Cursor{}
			for range len(got) + 1 {
				page := do(t, db, func(tx *store.Tx) ([]tariff.Summary, error) { return tariff.ListSome(tx, "tn_a", got, after, 1) })
				if len(page) == 0 {
					break
				}
				listed = append(listed, page[0].ID)
				after = tariff.Cursor{UpdatedAt: page[0].UpdatedAt, ID: page[0].ID}
			}
			slices.Sort(listed)
			if !slices.Equal(listed, got) {
				t.Errorf("listed %q of %q", listed, got)
			}
		}
	})
}
