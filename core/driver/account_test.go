package driver_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/driver"
)

func signUp(t testing.TB, db *store.DB, tenant, email string) driver.Driver {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (driver.Driver, error) { return driver.SignUp(tx, tenant, email, "de") })
}

func TestOneDriverForEachAddress(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada := signUp(t, db, ours.Tenant, " Ada@Example.ORG ")
		if ada.Email != "ada@example.org" || ada.Language != "de" || ada.ID == "" {
			t.Errorf("signed up: %+v", ada)
		}
		if again := signUp(t, db, ours.Tenant, "ADA@example.org"); again.ID != ada.ID {
			t.Errorf("a second driver %s for one address", again.ID)
		}
		if other := signUp(t, db, theirs.Tenant, "ada@example.org"); other.ID == ada.ID {
			t.Error("two tenants share a driver")
		}
		create := func(email string) error {
			_, err := try(t, db, func(tx *store.Tx) (string, error) {
				return driver.CreateDriver(tx, ours, driver.Driver{Name: "B", Email: email})
			})
			return err
		}
		if err := create("ada@EXAMPLE.org"); !fail.Is(err, fail.Conflict) {
			t.Errorf("the same address twice: %v", err)
		}
		for range 2 {
			if err := create(""); err != nil {
				t.Errorf("a driver without address: %v", err)
			}
		}
		for _, wrong := range []string{"ada", "a b@example.org", "Ada <ada@example.org>", strings.Repeat("a", 250) + "@x.org", "a@b\x00c"} {
			if _, err := try(t, db, func(tx *store.Tx) (driver.Driver, error) { return driver.SignUp(tx, ours.Tenant, wrong, "") }); !fail.Is(err, fail.Invalid) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		// The address moves by Update, and is free again when its driver leaves.
		update := func(d driver.Driver, sc access.Scope) error {
			_, err := try(t, db, func(tx *store.Tx) (int, error) { return 0, driver.Update(tx, sc, d) })
			return err
		}
		bob := signUp(t, db, ours.Tenant, "bob@example.org")
		bob.Email = "ada@example.org"
		if err := update(bob, ours); !fail.Is(err, fail.Conflict) {
			t.Errorf("taking another's address: %v", err)
		}
		if err := update(ada, theirs); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant changes a driver: %v", err)
		}
		do(t, db, func(tx *store.Tx) ([]driver.Gone, error) { return driver.Delete(tx, ours.Tenant, ada.ID) })
		if err := update(bob, ours); err != nil {
			t.Errorf("taking a free address: %v", err)
		}
		got, found, err := byEmail(t, db, "Ada@example.org")
		if err != nil || !found || got.ID != bob.ID {
			t.Errorf("%+v, %v, %v", got, found, err)
		}
	})
}

func byEmail(t testing.TB, db *store.DB, email string) (d driver.Driver, found bool, err error) {
	t.Helper()
	d, err = try(t, db, func(tx *store.Tx) (driver.Driver, error) {
		var err error
		d, found, err = driver.ByEmail(tx, ours.Tenant, email)
		return d, err
	})
	return d, found, err
}

func add(t testing.TB, db *store.DB, who, uid string) (driver.Card, error) {
	t.Helper()
	return try(t, db, func(tx *store.Tx) (driver.Card, error) { return driver.AddCard(tx, ours.Tenant, who, uid) })
}

func cards(t testing.TB, db *store.DB, who string) []driver.Card {
	t.Helper()
	return do(t, db, func(tx *store.Tx) ([]driver.Card, error) { return driver.Cards(tx, ours.Tenant, who) })
}

// A card is given to who holds it, never taken from somebody, and its answer
// does not tell whose it is.
func TestCards(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada, eve := signUp(t, db, ours.Tenant, "ada@x.org").ID, signUp(t, db, ours.Tenant, "eve@x.org").ID
		if err := put(t, db, ours, card("04AABBCC")); err != nil { // handed out by the operator
			t.Fatal(err)
		}
		blocked := card("04DDEEFF")
		blocked.Status = driver.StatusBlocked
		if err := put(t, db, ours, blocked); err != nil {
			t.Fatal(err)
		}
		c, err := add(t, db, ada, "04:aa:bb:cc")
		if err != nil || c.State != driver.CardActive || c.Hint() != "…BBCC" {
			t.Fatalf("a card of the operator: %+v, %v", c, err)
		}
		if again, err := add(t, db, ada, "04AABBCC"); err != nil || again != c {
			t.Errorf("the same card twice: %+v, %v", again, err)
		}
		mine, _ := get(t, db, ours, "04AABBCC")
		if mine.Driver != ada {
			t.Errorf("the token is of %q", mine.Driver)
		}
		same := func(c driver.Card) driver.Card { c.ID, c.UID = "", ""; c.AddedAt = mine.UpdatedAt; return c }
		stolen, err1 := add(t, db, eve, "04AABBCC")
		unknown, err2 := add(t, db, eve, "04999999")
		held, err3 := add(t, db, eve, "04DDEEFF")
		if err1 != nil || err2 != nil || err3 != nil || same(stolen) != same(unknown) || same(held) != same(unknown) || unknown.State != driver.CardWaiting {
			t.Errorf("the answer tells: %+v, %+v, %+v", stolen, unknown, held)
		}
		if now, _ := get(t, db, ours, "04AABBCC"); now.Driver != ada || now.Status != driver.StatusAccepted {
			t.Errorf("a claim changed the token: %+v", now)
		}
		if now, err := get(t, db, ours, "04999999"); err != nil || now.Status != driver.StatusBlocked || now.Driver != eve {
			t.Errorf("an unknown card is on file as %+v, %v", now, err)
		}
		// The operator accepts it.
		accepted := card("04999999")
		accepted.Driver = eve
		if err := put(t, db, ours, accepted); err != nil {
			t.Fatal(err)
		}
		states := map[string]driver.CardState{}
		for _, c := range cards(t, db, eve) {
			states[c.UID] = c.State
		}
		want := map[string]driver.CardState{"04999999": driver.CardActive, "04AABBCC": driver.CardWaiting, "04DDEEFF": driver.CardWaiting}
		if fmt.Sprint(states) != fmt.Sprint(want) {
			t.Errorf("cards %v, want %v", states, want)
		}
		drop := func(who, id string) error {
			_, err := try(t, db, func(tx *store.Tx) (int, error) { return 0, driver.DropCard(tx, ours.Tenant, who, id) })
			return err
		}
		if err := drop(eve, "crd_none"); !fail.Is(err, fail.NotFound) {
			t.Errorf("dropping no card: %v", err)
		}
		if err := drop(eve, stolen.ID); err != nil {
			t.Error(err)
		}
		if now, _ := get(t, db, ours, "04AABBCC"); now.Driver != ada {
			t.Errorf("dropping a claim changed the token: %+v", now)
		}
		if err := drop(ada, c.ID); err != nil {
			t.Error(err)
		}
		if now, _ := get(t, db, ours, "04AABBCC"); now.Driver != "" || now.Status != driver.StatusBlocked {
			t.Errorf("a lost card is %+v", now)
		}
	})
}

func TestCardBounds(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		eve := signUp(t, db, ours.Tenant, "eve@x.org").ID
		for _, wrong := range []string{"", "12", "04-A", "04AABB!", strings.Repeat("A", 37), "04ÄÄ"} {
			if _, err := add(t, db, eve, wrong); !fail.Is(err, fail.Invalid) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		for i := len(cards(t, db, eve)); i < driver.MaxWaiting; i++ {
			if _, err := add(t, db, eve, fmt.Sprintf("AAAA%04d", i)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := add(t, db, eve, "BBBB0000"); !fail.Is(err, fail.Conflict) {
			t.Errorf("one waiting card more: %v", err)
		}
		if n := len(cards(t, db, eve)); n != driver.MaxWaiting {
			t.Errorf("%d cards", n)
		}
	})
}

func TestFavouritesTellOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada := signUp(t, db, ours.Tenant, "ada@x.org")
		keep := func(tell, full bool) driver.Favourite {
			return do(t, db, func(tx *store.Tx) (driver.Favourite, error) {
				return driver.PutFavourite(tx, driver.Favourite{Driver: ada.ID, Site: "s1", Tenant: ours.Tenant}, tell, full)
			})
		}
		seen := func(free bool) int {
			return len(do(t, db, func(tx *store.Tx) ([]driver.Driver, error) { return driver.Seen(tx, "s1", free) }))
		}
		watched := func() int {
			return len(do(t, db, func(tx *store.Tx) ([]driver.Watch, error) { return driver.Watched(tx, "", 10) }))
		}
		for _, c := range []struct {
			name       string
			tell, full bool
			seen       []bool
			told       int
		}{
			{"not wanted", false, true, []bool{false, true}, 0},
			{"free already", true, false, []bool{true, true}, 0},
			{"free, full, free, full, free", true, false, []bool{true, false, true, false, true}, 1},
			{"full from the beginning", true, true, []bool{true, false, true}, 1},
			{"never free", true, true, []bool{false, false}, 0},
		} {
			keep(c.tell, c.full)
			told := 0
			for _, free := range c.seen {
				told += seen(free)
			}
			if told != c.told {
				t.Errorf("%s: told %d times", c.name, told)
			}
			if left := watched(); (left == 1) != (c.tell && c.told == 0) {
				t.Errorf("%s: %d sites are watched", c.name, left)
			}
		}
		keep(true, true)
		do(t, db, func(tx *store.Tx) (int64, error) {
			return tx.Exec(`UPDATE driver_favourite SET tell_until = $1`, tx.Now())
		})
		if seen(true) != 0 {
			t.Error("told after the time was over")
		}
		do(t, db, func(tx *store.Tx) (int, error) { return 0, driver.DeleteFavourite(tx, ada.ID, "s1") })
		if _, err := try(t, db, func(tx *store.Tx) (int, error) { return 0, driver.DeleteFavourite(tx, ada.ID, "s1") }); !fail.Is(err, fail.NotFound) {
			t.Errorf("deleting it twice: %v", err)
		}
	})
}

func TestKeptThingsAreBoundedAndOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada, eve := signUp(t, db, ours.Tenant, "ada@x.org").ID, signUp(t, db, ours.Tenant, "eve@x.org").ID
		vehicle := func(v driver.Vehicle) (driver.Vehicle, error) {
			return try(t, db, func(tx *store.Tx) (driver.Vehicle, error) { return driver.PutVehicle(tx, v) })
		}
		made, err := vehicle(driver.Vehicle{Driver: ada, Name: "A", BatteryWh: 77_000, Connectors: []string{"IEC_62196_T2", "CHADEMO"}})
		if err != nil {
			t.Fatal(err)
		}
		for range driver.MaxKept - 1 {
			if _, err := vehicle(driver.Vehicle{Driver: ada, Name: "B"}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := vehicle(driver.Vehicle{Driver: ada, Name: "C"}); !fail.Is(err, fail.Conflict) {
			t.Errorf("one vehicle too many: %v", err)
		}
		if _, err := vehicle(driver.Vehicle{ID: made.ID, Driver: eve, Name: "stolen"}); !fail.Is(err, fail.NotFound) {
			t.Errorf("another's vehicle: %v", err)
		}
		if _, err := try(t, db, func(tx *store.Tx) (int, error) { return 0, driver.DeleteVehicle(tx, eve, made.ID) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("deleting another's vehicle: %v", err)
		}
		got := do(t, db, func(tx *store.Tx) (driver.Vehicle, error) { return driver.GetVehicle(tx, ada, made.ID) })
		if got.Name != "A" || got.BatteryWh != 77_000 || !slices.Equal(got.Connectors, made.Connectors) {
			t.Errorf("it came back as %+v", got)
		}
		report := func() (driver.Report, error) {
			return try(t, db, func(tx *store.Tx) (driver.Report, error) {
				return driver.AddReport(tx, driver.Report{Tenant: ours.Tenant, Driver: ada, Site: "s1", Kind: driver.ReportBroken, Text: "x"})
			})
		}
		first, err := report()
		if err != nil {
			t.Fatal(err)
		}
		for range 19 {
			if _, err := report(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := report(); !fail.Is(err, fail.Conflict) {
			t.Errorf("one report too many: %v", err)
		}
		set := func(sc access.Scope) error {
			_, err := try(t, db, func(tx *store.Tx) (driver.Report, error) {
				return driver.SetReport(tx, sc, first.ID, driver.ReportDone, "thanks")
			})
			return err
		}
		host := ours
		host.Sites = []string{"s2"}
		if err := set(theirs); !fail.Is(err, fail.NotFound) {
			t.Errorf("another tenant: %v", err)
		}
		if err := set(host); !fail.Is(err, fail.NotFound) {
			t.Errorf("another site's host: %v", err)
		}
		if err := set(ours); err != nil {
			t.Error(err)
		}
		list := func(sc access.Scope, f driver.ReportFilter) []driver.Report {
			return do(t, db, func(tx *store.Tx) ([]driver.Report, error) { return driver.Reports(tx, sc, f, 100) })
		}
		if all, open := list(ours, driver.ReportFilter{}), list(ours, driver.ReportFilter{Open: true, Driver: ada}); len(all) != 20 || len(open) != 19 {
			t.Errorf("%d reports, %d open", len(all), len(open))
		}
		if n := len(list(theirs, driver.ReportFilter{})) + len(list(host, driver.ReportFilter{})) + len(list(ours, driver.ReportFilter{Driver: eve})); n != 0 {
			t.Errorf("%d reports show elsewhere", n)
		}
	})
}

// pseudonym is what stands for a token that is gone.
var pseudonym = regexp.MustCompile(`gone-[0-9a-f-]{36}`)

// After a driver left nothing in the room says who it was.
func TestDeletionLeavesNoPerson(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada := do(t, db, func(tx *store.Tx) (string, error) {
			return driver.CreateDriver(tx, ours, driver.Driver{Name: "Ada Lovelace", Email: "ada@x.org", Phone: "+49 170", Language: "de"})
		})
		mine := card("04AABBCC")
		mine.Driver = ada
		if err := put(t, db, ours, mine); err != nil {
			t.Fatal(err)
		}
		if _, err := add(t, db, ada, "04FFFF00"); err != nil {
			t.Fatal(err)
		}
		app := ask(t, db, driver.Start{Tenant: ours.Tenant, Driver: ada, Station: "CP1", EVSE: 1})
		do(t, db, func(tx *store.Tx) (int, error) {
			if _, err := driver.PutVehicle(tx, driver.Vehicle{Driver: ada, Name: "Ada's car"}); err != nil {
				return 0, err
			}
			if _, err := driver.PutFavourite(tx, driver.Favourite{Driver: ada, Site: "s1", Tenant: ours.Tenant}, true, true); err != nil {
				return 0, err
			}
			_, err := driver.AddReport(tx, driver.Report{Tenant: ours.Tenant, Driver: ada, Site: "s1", Kind: "other", Text: "call Ada"})
			return 0, err
		})
		gone := do(t, db, func(tx *store.Tx) ([]driver.Gone, error) { return driver.Delete(tx, ours.Tenant, ada) })
		if len(gone) != 3 {
			t.Errorf("gone %+v", gone)
		}
		left := do(t, db, func(tx *store.Tx) ([]string, error) {
			return store.All(tx, func(r *store.Row) string { return r.Text(0) }, `
				SELECT name || '|' || email || '|' || phone || '|' || COALESCE(login, '') FROM driver_driver UNION ALL
				SELECT uid || '|' || shown_uid FROM driver_token UNION ALL SELECT shown_uid FROM driver_claim UNION ALL
				SELECT name FROM driver_vehicle UNION ALL SELECT site_id FROM driver_favourite UNION ALL
				SELECT text FROM driver_report UNION ALL SELECT token FROM driver_start ORDER BY 1`)
		})
		for _, text := range left {
			text = pseudonym.ReplaceAllString(text, "") // its digits are chance
			for _, secret := range []string{"ada", "lovelace", "x.org", "170", "04aabbcc", "04ffff00", "s1", strings.ToLower(app.Token)} {
				if strings.Contains(strings.ToLower(text), secret) {
					t.Errorf("%q holds %q", text, secret)
				}
			}
		}
		events := do(t, db, func(tx *store.Tx) (outbox.Counts, error) { return outbox.Count(tx) })
		if events.Open != 1 {
			t.Errorf("%d events", events.Open)
		}
		if _, err := try(t, db, func(tx *store.Tx) ([]driver.Gone, error) { return driver.Delete(tx, ours.Tenant, ada) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		if _, err := try(t, db, func(tx *store.Tx) ([]driver.Gone, error) { return driver.Delete(tx, theirs.Tenant, ada) }); !fail.Is(err, fail.NotFound) {
			t.Errorf("by another tenant: %v", err)
		}
	})
}

func ask(t testing.TB, db *store.DB, s driver.Start) driver.Start {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (driver.Start, error) { return driver.Ask(tx, s) })
}

func TestStarts(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada, eve := signUp(t, db, ours.Tenant, "ada@x.org").ID, signUp(t, db, ours.Tenant, "eve@x.org").ID
		want := driver.Start{Tenant: ours.Tenant, Driver: ada, Station: "CP1", EVSE: 1, Offer: driver.Offer{Tariff: "T", Version: "v1", Currency: "EUR"}}
		s := ask(t, db, want)
		if s.State != driver.Asking || s.Number < 1 || len(s.Token) != 20 || s.Token != strings.ToUpper(s.Token) {
			t.Fatalf("asked: %+v", s)
		}
		other := want
		other.Driver = eve
		if _, err := try(t, db, func(tx *store.Tx) (driver.Start, error) { return driver.Ask(tx, other) }); !fail.Is(err, fail.Conflict) {
			t.Errorf("a second start at the EVSE: %v", err)
		}
		answer := func(id string, taken bool, why string) {
			do(t, db, func(tx *store.Tx) (int, error) { return 0, driver.Answered(tx, id, taken, why) })
		}
		read := func(who, id string) (driver.Start, error) {
			return try(t, db, func(tx *store.Tx) (driver.Start, error) { return driver.GetStart(tx, ours.Tenant, who, id) })
		}
		if _, err := read(eve, s.ID); !fail.Is(err, fail.NotFound) {
			t.Errorf("another's start: %v", err)
		}
		answer(s.ID, true, "")
		now, err := read(ada, s.ID)
		if err != nil || now.State != driver.PlugIn || !now.At(now.ExpiresAt).ExpiresAt.Equal(now.ExpiresAt) || now.At(now.ExpiresAt).State != driver.TimedOut {
			t.Errorf("taken: %+v, %v", now, err)
		}
		began := func(b driver.Beginning) (o driver.Offer, found bool) {
			o = do(t, db, func(tx *store.Tx) (o driver.Offer, err error) {
				o, found, err = driver.Began(tx, b)
				return o, err
			})
			return o, found
		}
		wrong := s.Number%1000 + 1_000_000_000 - s.Number%7
		if wrong == s.Number {
			wrong++
		}
		for name, b := range map[string]driver.Beginning{
			"another token":   {Tenant: ours.Tenant, Token: "XX", Station: "CP1", EVSE: 1},
			"another station": {Tenant: ours.Tenant, Token: s.Token, Station: "CP2", EVSE: 1},
			"another EVSE":    {Tenant: ours.Tenant, Token: s.Token, Station: "CP1", EVSE: 2},
			"another number":  {Tenant: ours.Tenant, Token: s.Token, Station: "CP1", EVSE: 1, Number: &wrong},
			"another tenant":  {Tenant: theirs.Tenant, Token: s.Token, Station: "CP1", EVSE: 1},
		} {
			b.Session = "ses_x"
			if o, found := began(b); found {
				t.Errorf("%s began %+v", name, o)
			}
		}
		o, found := began(driver.Beginning{Tenant: ours.Tenant, Token: strings.ToLower(s.Token), Station: "CP1", EVSE: 1, Number: &s.Number, Session: "ses_1"})
		if !found || o != want.Offer {
			t.Errorf("its own session: %+v, %v", o, found)
		}
		answer(s.ID, false, "too late") // the answer came after the session
		if now, _ := read(ada, s.ID); now.State != driver.Begun || now.Session != "ses_1" {
			t.Errorf("begun: %+v", now)
		}
		if _, found := began(driver.Beginning{Tenant: ours.Tenant, Token: s.Token, Station: "CP1", EVSE: 1, Session: "ses_2"}); found {
			t.Error("a start began twice")
		}
		// A refused one begins nothing; one that nobody plugged in for still may, late.
		r := ask(t, db, want)
		answer(r.ID, false, "no")
		if _, found := began(driver.Beginning{Tenant: ours.Tenant, Token: r.Token, Station: "CP1", EVSE: 1, Session: "ses_3"}); found {
			t.Error("a refused start began")
		}
		if r.Token != s.Token {
			t.Error("a driver has two app tokens")
		}
		late := ask(t, db, want)
		do(t, db, func(tx *store.Tx) (int64, error) {
			return tx.Exec(`UPDATE driver_start SET expires_at = $1 WHERE id = $2`, tx.Now(), late.ID)
		})
		if now, _ := read(ada, late.ID); now.State != driver.TimedOut {
			t.Errorf("its time is over: %+v", now)
		}
		if _, found := began(driver.Beginning{Tenant: ours.Tenant, Token: late.Token, Station: "CP1", Session: "ses_4"}); !found {
			t.Error("a late session lost its price")
		}
		if n := len(cards(t, db, ada)); n != 0 {
			t.Errorf("the app token shows among %d cards", n)
		}
	})
}

func TestABlockedAccountStartsNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada := signUp(t, db, ours.Tenant, "ada@x.org").ID
		s := ask(t, db, driver.Start{Tenant: ours.Tenant, Driver: ada, Station: "CP1", EVSE: 1})
		blocked := driver.Token{UID: s.Token, Type: "Central", Driver: ada, Status: driver.StatusBlocked}
		if err := put(t, db, ours, blocked); err != nil {
			t.Fatal(err)
		}
		_, err := try(t, db, func(tx *store.Tx) (driver.Start, error) {
			return driver.Ask(tx, driver.Start{Tenant: ours.Tenant, Driver: ada, Station: "CP2", EVSE: 1})
		})
		if !fail.Is(err, fail.Denied) {
			t.Errorf("a blocked account: %v", err)
		}
	})
}

// However many tokens a driver holds, none of them outlasts their driver.
func TestEveryTokenLeavesWithItsDriver(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		fleet := do(t, db, func(tx *store.Tx) (string, error) { return driver.CreateDriver(tx, ours, driver.Driver{Name: "Fleet"}) })
		const many = 1_001
		do(t, db, func(tx *store.Tx) (int, error) {
			for i := range many {
				x := card(fmt.Sprintf("04%06X", i))
				if x.Driver = fleet; i == 0 {
					x.UID = "ZZ" // after what pseudonyms are called
				}
				if err := driver.PutToken(tx, ours, x); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
		gone := do(t, db, func(tx *store.Tx) ([]driver.Gone, error) { return driver.Delete(tx, ours.Tenant, fleet) })
		good := do(t, db, func(tx *store.Tx) (int64, error) {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM driver_token WHERE driver_id = $1 AND (status = 'accepted' OR uid LIKE '04%')`, fleet)
			return n, err
		})
		if len(gone) != many || good != 0 {
			t.Errorf("%d of %d are gone, %d are still good", len(gone), many, good)
		}
	})
}
