package billing_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/schema"
)

var (
	ours   = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	theirs = access.Scope{Tenant: "tn_other", Role: access.Owner}
	start  = time.Now().UTC().Truncate(time.Hour).Add(-48 * time.Hour)
)

func try[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) (T, error) {
	t.Helper()
	return store.Do(t.Context(), db, "S1", fn)
}

func do[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := try(t, db, fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func must(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	do(t, db, func(tx *store.Tx) (struct{}, error) { return struct{}{}, fn(tx) })
}

func settle(t testing.TB, db *store.DB, id string) {
	t.Helper()
	if err := billing.Settle(t.Context(), db, id); err != nil {
		t.Fatal(err)
	}
}

// each runs fn on a station S1 with a card "CARD" and no tariff.
func each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		furnish(t, db)
		fn(t, db)
	})
}

func furnish(t testing.TB, db *store.DB) {
	t.Helper()
	must(t, db, func(tx *store.Tx) error {
		if err := access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
			return err
		}
		if err := station.PutSite(tx, station.Site{ID: "site", Tenant: ours.Tenant, Entity: access.DefaultEntity, Zone: "Europe/Berlin"}); err != nil {
			return err
		}
		if err := station.Create(tx, station.Station{ID: "S1", Tenant: ours.Tenant, Site: "site", Onboarding: station.Accepted}); err != nil {
			return err
		}
		if _, err := device.Install(tx, ours.Tenant, "S1"); err != nil {
			return err
		}
		return driver.PutToken(tx, ours, driver.Token{UID: "CARD", Type: "ISO14443", Status: driver.StatusAccepted})
	})
}

// offer publishes a tariff and makes it apply everywhere.
func offer(t testing.TB, db *store.DB, text string) tariff.Version {
	t.Helper()
	tf, err := tariff.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, db, func(tx *store.Tx) (tariff.Version, error) {
		v, err := tariff.Put(tx, ours.Tenant, "", tf)
		if err == nil {
			err = tariff.Assign(tx, ours.Tenant, tariff.Place{Kind: tariff.OfTenant, ID: ours.Tenant}, tf.ID)
		}
		return v, err
	})
}

// perKWh is a tariff of OCPI 2.2.1: prices are net.
func perKWh(id, currency, price string) string {
	return fmt.Sprintf(`{"id":%q,"currency":%q,"last_updated":"2026-01-01T00:00:00Z",
		"elements":[{"price_components":[{"type":"ENERGY","price":%s,"vat":19,"step_size":1}]}]}`, id, currency, price)
}

// charge has S1 say a whole transaction of some kWh in some minutes.
func charge(t testing.TB, db *store.DB, tx string, kWh, minutes int64, change func(*session.Report)) string {
	t.Helper()
	v := say(t, db, beginning(tx), change)
	say(t, db, ending(tx, kWh, minutes), change)
	return v.Session
}

func beginning(tx string) session.Report {
	return session.Report{
		Station: "S1", Protocol: "2.0.1", Tx: tx, Key: "0", Kind: session.Started, EVSE: 1, Connector: 1, Token: "CARD", TokenType: "ISO14443",
		At: start, Received: start, Flow: session.FlowCharging, Message: []byte("{}"), Samples: []energy.Sample{{At: start, Register: 100 * energy.KiloWattHour}},
	}
}

func ending(tx string, kWh, minutes int64) session.Report {
	r := beginning(tx)
	r.At = start.Add(time.Duration(minutes) * time.Minute)
	r.Key, r.Seq, r.Kind, r.Reason, r.Received, r.Token = "1", 1, session.Ended, "Local", r.At, ""
	r.Samples = []energy.Sample{{At: r.At, Register: energy.Energy(100+kWh) * energy.KiloWattHour}}
	return r
}

func say(t testing.TB, db *store.DB, r session.Report, change func(*session.Report)) session.Verdict {
	t.Helper()
	if change != nil {
		change(&r)
	}
	return do(t, db, func(tx *store.Tx) (session.Verdict, error) { return session.Apply(tx, r) })
}

func find(t testing.TB, db *store.DB, id string) session.Session {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (session.Session, error) { return session.Get(tx, ours, id) })
}

func receipt(t testing.TB, db *store.DB, id string) billing.Document {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (billing.Document, error) { return billing.GetDocument(tx, ours, id) })
}

func numbers(t testing.TB, db *store.DB) []string {
	t.Helper()
	ns := do(t, db, func(tx *store.Tx) ([]string, error) {
		return store.All(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT number FROM billing_document`)
	})
	slices.Sort(ns)
	return ns
}

// noGap checks that n receipts have the numbers 1 to n.
func noGap(t testing.TB, db *store.DB, n int) {
	t.Helper()
	ns := numbers(t, db)
	if len(ns) != n {
		t.Fatalf("%d receipts, want %d", len(ns), n)
	}
	for i, s := range ns {
		if s != fmt.Sprintf("R-%08d", i+1) {
			t.Fatalf("receipt %d has the number %s", i+1, s)
		}
	}
}

// posted returns the postings of a settled session: account to amount.
func posted(t testing.TB, db *store.DB, id string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	must(t, db, func(tx *store.Tx) error {
		clear(out)
		return tx.Each(func(r *store.Row) error { out[r.Text(0)] += r.Int(1); return nil },
			`SELECT p.account, p.amount_minor FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id WHERE j.cause = $1`, "settlement/"+id)
	})
	return out
}

// consistent checks that receipt, journal, CDR and session of a settled session agree.
func consistent(t testing.TB, db *store.DB, id string) billing.Document {
	t.Helper()
	c, s, ps := receipt(t, db, id), find(t, db, id), posted(t, db, id)
	sum, owed := int64(0), int64(0)
	for account, minor := range ps {
		sum += minor
		if strings.HasPrefix(account, "receivable/") {
			owed += minor
		}
	}
	lines, taxes, tax := int64(0), int64(0), int64(0)
	for _, l := range c.Body.Lines {
		lines += l.Minor
	}
	for _, x := range c.Body.Taxes {
		taxes += x.Tax
	}
	for account, minor := range ps {
		if strings.HasPrefix(account, "tax/") {
			tax -= minor
		}
	}
	if sum != 0 || owed != c.Gross || c.Net+c.Tax != c.Gross || taxes != c.Tax || tax != c.Tax || lines != c.Net && lines != c.Gross {
		t.Fatalf("postings %v of receipt net %d tax %d gross %d, lines %+v, taxes %+v", ps, c.Net, c.Tax, c.Gross, c.Body.Lines, c.Body.Taxes)
	}
	if !s.Settled || s.CostMinor == nil || *s.CostMinor != c.Gross || s.Energy != c.Body.Energy || s.Currency != string(c.Currency) {
		t.Fatalf("session %+v of receipt %+v", s, c)
	}
	cdrs := do(t, db, func(tx *store.Tx) ([]billing.CDR, error) { return billing.CDRs(tx, ours, time.Time{}, "", 1000) })
	i := slices.IndexFunc(cdrs, func(x billing.CDR) bool { return x.Session == id })
	if i < 0 || cdrs[i].Energy != c.Body.Energy || cdrs[i].Currency != string(c.Currency) || !json.Valid([]byte(cdrs[i].Body)) {
		t.Fatalf("CDR %+v of receipt %+v", cdrs, c)
	}
	if off := do(t, db, ledger.Unbalanced); off != 0 {
		t.Fatalf("%d journals do not add up", off)
	}
	return c
}

func TestSettleOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		id := charge(t, db, "A", 10, 60, nil)
		settle(t, db, id)
		c := consistent(t, db, id)
		if c.Net != 500 || c.Tax != 95 || c.Gross != 595 || c.Number != "R-00000001" || c.Body.Token != "…CARD" && c.Body.Token != "…" {
			t.Errorf("%+v", c)
		}
		s := find(t, db, id)
		for range 3 {
			settle(t, db, id)
		}
		if again := receipt(t, db, id); again.ID != c.ID || !find(t, db, id).UpdatedAt.Equal(s.UpdatedAt) {
			t.Errorf("settled again: %+v", again)
		}
		noGap(t, db, 1)
		for _, key := range []string{c.ID, id} {
			if _, err := try(t, db, func(tx *store.Tx) (billing.Document, error) { return billing.GetDocument(tx, theirs, key) }); !fail.Is(err, fail.NotFound) {
				t.Errorf("another tenant reads %s: %v", key, err)
			}
		}
	})
}

// What is done for each session looks nothing up by walking a table that grows.
func TestSettlingWalksNoTable(t *testing.T) {
	var tables sync.Map
	db := storetest.Open(t, storetest.MigratedURL(t, schema.FS), schema.FS, store.Options{Walks: func(sql, table string) {
		if strings.Contains(table, "_") {
			tables.Store(table, sql)
		}
	}})
	furnish(t, db)
	offer(t, db, perKWh("T", "EUR", "0.50"))
	tables.Clear()
	id := charge(t, db, "A", 10, 60, nil)
	settle(t, db, id)
	receipt(t, db, id)
	tables.Range(func(table, sql any) bool {
		t.Errorf("%v is walked by %v", table, sql)
		return true
	})
}

func TestSettleDoesNothingWhereThereIsNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		open := say(t, db, beginning("A"), nil).Session
		for _, id := range []string{open, "none", ""} {
			settle(t, db, id)
		}
		noGap(t, db, 0)
		if s := find(t, db, open); s.Settled || !s.State.Open() {
			t.Errorf("%+v", s)
		}
	})
}

func TestSettleAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		var ids []string
		for i := range 12 {
			ids = append(ids, charge(t, db, fmt.Sprint("X", i), int64(i), 60, nil))
		}
		var wg sync.WaitGroup
		for range 4 {
			for _, id := range ids {
				wg.Go(func() {
					// Who loses the race may be told to come again.
					if err := billing.Settle(t.Context(), db, id); err != nil && !fail.Is(err, fail.Conflict) && !fail.Is(err, fail.Busy) {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		for _, id := range ids {
			settle(t, db, id)
			consistent(t, db, id)
		}
		noGap(t, db, len(ids))
	})
}

// A number taken by a settlement that fails is not lost.
func TestNumbersHaveNoGapAfterFailures(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		for i := range 6 {
			id := charge(t, db, fmt.Sprint("X", i), 10, 60, nil)
			if i%2 == 1 {
				must(t, db, func(tx *store.Tx) error { // a row in the way
					tx.Write(`INSERT INTO billing_cdr (id, tenant_id, session_id, revision, currency, energy_mwh, total_excl, total_incl, body, created_at)
						VALUES ('stray', $1, $2, 1, 'EUR', 0, '', '', '{}', 0)`, ours.Tenant, id)
					return nil
				})
				if err := billing.Settle(t.Context(), db, id); err == nil {
					t.Fatal("settled over a CDR that was there")
				}
				if s := find(t, db, id); s.Settled || len(posted(t, db, id)) != 0 {
					t.Fatalf("half settled: %+v", s)
				}
				must(t, db, func(tx *store.Tx) error { tx.Write(`DELETE FROM billing_cdr WHERE id = 'stray'`); return nil })
			}
			settle(t, db, id)
			consistent(t, db, id)
		}
		noGap(t, db, 6)
	})
}

func TestWhatIsHeldSaysWhy(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		untariffed := charge(t, db, "N", 10, 60, nil)
		offer(t, db, perKWh("T", "EUR", "0.50"))
		for name, c := range map[string]struct {
			id   string
			flag session.Flag
		}{
			"no tariff": {untariffed, session.FlagNoTariff},
			"no meter":  {charge(t, db, "A", 10, 60, func(r *session.Report) { r.Samples = nil }), session.FlagNoMeter},
			"fell":      {charge(t, db, "B", -10, 60, nil), session.FlagFall},
			"no start":  {say(t, db, ending("C", 10, 60), nil).Session, session.FlagNoStart},
			"clock":     {charge(t, db, "D", 10, 60, func(r *session.Report) { r.At = r.At.AddDate(-30, 0, 0) }), session.FlagClock},
			"too long":  {charge(t, db, "E", 10, 400*24*60, func(r *session.Report) { r.Received = r.At }), session.FlagBadTariff},
		} {
			for range 2 {
				settle(t, db, c.id)
			}
			s := find(t, db, c.id)
			if s.Settled || s.CostMinor != nil || !s.Flags.Has(c.flag) || !s.Flags.Hold() {
				t.Errorf("%s: settled %v, cost %v, flags %v", name, s.Settled, s.CostMinor, s.Flags)
			}
			if len(posted(t, db, c.id)) != 0 {
				t.Errorf("%s: booked", name)
			}
		}
		noGap(t, db, 0)
	})
}

func TestFreeOfCharge(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for i, text := range []string{
			perKWh("T", "EUR", "0"),
			`{"id":"T","currency":"EUR","last_updated":"2026-01-01T00:00:00Z","elements":[{"price_components":[{"type":"PARKING_TIME","price":3,"step_size":1}]}]}`,
			`{"id":"T","currency":"EUR","last_updated":"2026-01-01T00:00:00Z","max_price":{"excl_vat":0,"incl_vat":0},"elements":[{"price_components":[{"type":"ENERGY","price":1,"vat":19,"step_size":1}]}]}`,
		} {
			offer(t, db, text)
			id := charge(t, db, fmt.Sprint("X", i), 10, 60, nil)
			settle(t, db, id)
			if c := consistent(t, db, id); c.Gross != 0 || c.Body.Energy != 10*energy.KiloWattHour {
				t.Errorf("%s: %+v", text, c)
			}
		}
		noGap(t, db, 3)
	})
}

func TestZeroLength(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, `{"id":"T","currency":"EUR","last_updated":"2026-01-01T00:00:00Z","elements":[{"price_components":[
			{"type":"FLAT","price":1,"vat":19,"step_size":1},{"type":"ENERGY","price":0.5,"vat":19,"step_size":1},{"type":"TIME","price":60,"step_size":1}]}]}`)
		for tx, c := range map[string]struct{ kWh, minutes, net int64 }{"A": {0, 0, 0}, "B": {2, 1, 300}, "C": {0, 1, 0}, "D": {0, 3, 400}} {
			id := charge(t, db, tx, c.kWh, c.minutes, nil)
			settle(t, db, id)
			if got := consistent(t, db, id); got.Net != c.net {
				t.Errorf("%d kWh in %d min cost %d, want %d: %+v", c.kWh, c.minutes, got.Net, c.net, got.Body.Lines)
			}
			if failed := c.net == 0; failed != find(t, db, id).Flags.Has(session.FlagFailedStart) {
				t.Errorf("%d kWh in %d min: flags %v", c.kWh, c.minutes, find(t, db, id).Flags)
			}
		}
		id := charge(t, db, "E", 2, 0, nil)
		settle(t, db, id)
		if s := find(t, db, id); s.Settled || !s.Flags.Has(session.FlagJump) {
			t.Errorf("2 kWh in no time: settled %v, flags %v", s.Settled, s.Flags)
		}
	})
}

func TestCurrencies(t *testing.T) {
	for _, c := range []struct {
		currency, price string
		net, tax        int64
	}{
		{"EUR", "0.333", 333, 63},
		{"JPY", "33.3", 333, 63},
		{"JPY", "33.25", 333, 63}, // 332.5 rounds away from zero
		{"KWD", "0.0333", 333, 63},
		{"KWD", "0.033325", 333, 63},
		{"HUF", "99.999", 99999, 19000},
	} {
		t.Run(c.currency+" "+c.price, func(t *testing.T) {
			each(t, func(t *testing.T, db *store.DB) {
				offer(t, db, perKWh("T", c.currency, c.price))
				id := charge(t, db, "A", 10, 60, nil)
				settle(t, db, id)
				if got := consistent(t, db, id); got.Net != c.net || got.Tax != c.tax || string(got.Currency) != c.currency {
					t.Errorf("net %d, tax %d %s, want %d and %d", got.Net, got.Tax, got.Currency, c.net, c.tax)
				}
			})
		})
	}
}

// Money policy, rule 4: the version accepted at the start holds.
func TestTheBoundVersionPrices(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		first := offer(t, db, perKWh("T", "EUR", "0.50"))
		a := say(t, db, beginning("A"), nil).Session
		offer(t, db, perKWh("T", "JPY", "99"))
		since := func(evse int64) func(*session.Report) { // it begins after what was published last
			return func(r *session.Report) {
				const later = 49 * time.Hour
				r.EVSE, r.At, r.Received, r.Samples[0].At = evse, r.At.Add(later), r.Received.Add(later), r.Samples[0].At.Add(later)
			}
		}
		b := say(t, db, beginning("B"), since(2)).Session
		must(t, db, func(tx *store.Tx) error {
			if err := tariff.Assign(tx, ours.Tenant, tariff.Place{Kind: tariff.OfTenant, ID: ours.Tenant}, ""); err != nil {
				return err
			}
			return tariff.Delete(tx, ours.Tenant, "T")
		})
		n := say(t, db, beginning("N"), since(3)).Session
		say(t, db, ending("A", 10, 60), nil)
		say(t, db, ending("B", 10, 60), since(2))
		say(t, db, ending("N", 10, 60), since(3))
		for _, id := range []string{a, b, n} {
			settle(t, db, id)
		}
		if c := consistent(t, db, a); c.Net != 500 || c.Currency != "EUR" || c.Body.Version != string(first) {
			t.Errorf("under the first version: %+v", c)
		}
		if c := consistent(t, db, b); c.Net != 990 || c.Currency != "JPY" {
			t.Errorf("under the second version: %+v", c)
		}
		if s := find(t, db, n); s.Settled || !s.Flags.Has(session.FlagNoTariff) {
			t.Errorf("without a tariff: %+v", s)
		}
	})
}

// tariffs draws tariffs of OCPI 2.2.1 (net) and 2.3.0 (net and gross) with taxes and limits.
func tariffs(t *rapid.T, id string) string {
	price := func(name string) string {
		n := rapid.Int64Range(0, 3_000_000).Draw(t, name)
		return fmt.Sprintf("%d.%06d", n/1_000_000, n%1_000_000)
	}
	gross := rapid.Bool().Draw(t, "gross")
	rate := rapid.SampledFrom([]string{"0", "7", "19", "20", "25.5"})
	var parts []string
	for _, kind := range []string{"ENERGY", "TIME", "FLAT"} {
		if kind == "ENERGY" || rapid.Bool().Draw(t, kind) {
			parts = append(parts, fmt.Sprintf(`{"type":%q,"price":%s,"vat":%s,"step_size":1}`, kind, price(kind), rate.Draw(t, "rate")))
		}
	}
	head := fmt.Sprintf(`"id":%q,"currency":%q,"last_updated":"2026-01-01T00:00:00Z"`, id, rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency"))
	if gross {
		head += `,"tax_included":"YES"`
	}
	if rapid.Bool().Draw(t, "limited") {
		limit := rapid.SampledFrom([]string{"min_price", "max_price"}).Draw(t, "limit")
		if gross {
			head += fmt.Sprintf(`,%q:{"before_taxes":%s}`, limit, price("bound"))
		} else {
			head += fmt.Sprintf(`,%q:{"excl_vat":%s}`, limit, price("bound"))
		}
	}
	return fmt.Sprintf(`{%s,"elements":[{"price_components":[%s]}]}`, head, strings.Join(parts, ","))
}

// Whatever the tariff, what is booked is what the receipt says, to the last minor unit.
func TestReceiptIsWhatIsBooked(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			n++
			text := tariffs(rt, fmt.Sprint("T", n))
			tf, err := tariff.Parse([]byte(text))
			if err != nil {
				rt.Fatalf("%s: %v", text, err)
			}
			must(t, db, func(tx *store.Tx) error {
				if _, err := tariff.Put(tx, ours.Tenant, "", tf); err != nil {
					return err
				}
				return tariff.Assign(tx, ours.Tenant, tariff.Place{Kind: tariff.OfTenant, ID: ours.Tenant}, tf.ID)
			})
			wh := rapid.Int64Range(0, 90_000).Draw(rt, "Wh")
			id := charge(t, db, fmt.Sprint("X", n), 0, rapid.Int64Range(6, 600).Draw(rt, "minutes"), func(r *session.Report) {
				if r.Kind == session.Ended {
					r.Samples[0].Register += energy.Energy(wh) * energy.WattHour
				}
			})
			settle(t, db, id)
			if !find(t, db, id).Settled {
				rt.Fatalf("%s: held by %v", text, find(t, db, id).Flags)
			}
			consistent(t, db, id)
		})
		noGap(t, db, n)
	})
}

// Nobody is charged twice, though the evidence comes again and late.
func TestLateEvidenceDoesNotSettleAgain(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		id := charge(t, db, "A", 10, 60, nil)
		settle(t, db, id)
		c := receipt(t, db, id)
		say(t, db, beginning("A"), nil)
		late := ending("A", 99, 90)
		late.Key, late.Seq, late.Kind, late.Message = "2", 2, session.Updated, []byte(`{"late":1}`)
		say(t, db, late, nil)
		settle(t, db, id)
		again := receipt(t, db, id)
		if again.ID != c.ID || again.Gross != c.Gross || !find(t, db, id).Flags.Has(session.FlagLate) {
			t.Errorf("%+v, flags %v", again, find(t, db, id).Flags)
		}
		noGap(t, db, 1)
	})
}

func TestDriversAndGuestsOwe(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		who := do(t, db, func(tx *store.Tx) (string, error) {
			who, err := driver.CreateDriver(tx, ours, driver.Driver{Name: "A"})
			if err == nil {
				err = driver.PutToken(tx, ours, driver.Token{UID: "MINE", Type: "ISO14443", Status: driver.StatusAccepted, Driver: who})
			}
			return who, err
		})
		guest := charge(t, db, "A", 10, 60, nil)
		known := charge(t, db, "B", 10, 60, func(r *session.Report) {
			if r.Token != "" {
				r.Token = "mine"
			}
		})
		for _, id := range []string{guest, known} {
			settle(t, db, id)
			consistent(t, db, id)
		}
		if ps := posted(t, db, guest); ps["receivable/guest/"+guest] != 595 {
			t.Errorf("a guest: %v", ps)
		}
		if ps := posted(t, db, known); ps["receivable/driver/"+who] != 595 {
			t.Errorf("a driver: %v", ps)
		}
	})
}

func TestReceiptPages(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		for i := range 5 {
			settle(t, db, charge(t, db, fmt.Sprint("X", i), 1, 60, nil))
		}
		must(t, db, func(tx *store.Tx) error { tx.Write(`UPDATE billing_document SET issued_at = 1000000`); return nil })
		must(t, db, func(tx *store.Tx) error { tx.Write(`UPDATE billing_cdr SET created_at = 1000000`); return nil })
		var receipts, cdrs []string
		var at, cdrAt time.Time
		var last, lastCDR string
		for range 8 {
			for _, c := range do(t, db, func(tx *store.Tx) ([]billing.Document, error) {
				return billing.Documents(tx, ours, billing.DocumentFilter{Kind: billing.Receipt}, at, last, 2)
			}) {
				receipts, at, last = append(receipts, c.Number), c.IssuedAt, c.ID
			}
			for _, c := range do(t, db, func(tx *store.Tx) ([]billing.CDR, error) { return billing.CDRs(tx, ours, cdrAt, lastCDR, 2) }) {
				cdrs, cdrAt, lastCDR = append(cdrs, c.Session), c.CreatedAt, c.ID
			}
		}
		if strings.Join(receipts, " ") != "R-00000005 R-00000004 R-00000003 R-00000002 R-00000001" {
			t.Errorf("pages show %v", receipts)
		}
		slices.Sort(cdrs)
		if len(slices.Compact(cdrs)) != 5 {
			t.Errorf("pages show %v", cdrs)
		}
		if c := do(t, db, func(tx *store.Tx) ([]billing.Document, error) {
			return billing.Documents(tx, theirs, billing.DocumentFilter{Kind: billing.Receipt}, time.Time{}, "", 10)
		}); len(c) != 0 {
			t.Errorf("another tenant sees %d receipts", len(c))
		}
	})
}

// Sessions that are settled together take their numbers at once and without a gap; one
// that cannot be booked, one that changed meanwhile and one that comes twice keep no
// other back.
func TestSettledTogether(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		offer(t, db, perKWh("T", "EUR", "0.50"))
		var ids []string
		for i := range 30 {
			ids = append(ids, charge(t, db, fmt.Sprint("A", i), 1+int64(i), 60, nil))
		}
		bad := 17
		must(t, db, func(tx *store.Tx) error { // a journal that nobody knows has its cause
			_, _, err := ledger.Post(tx, ledger.Journal{Tenant: ours.Tenant, Entity: access.DefaultEntity, Cause: "settlement/" + ids[bad], Kind: "strange", Postings: []ledger.Posting{
				{Account: "a", Amount: money.Amount{Minor: 1, Currency: "EUR"}}, {Account: "b", Amount: money.Amount{Minor: -1, Currency: "EUR"}},
			}})
			return err
		})
		list := append(slices.Clone(ids), ids[3], "ses_unknown", ids[bad])
		failed := billing.SettleAll(t.Context(), db, list)
		for i, id := range list {
			if wrong := id == ids[bad]; (failed[i] != nil) != wrong {
				t.Errorf("%d: %v", i, failed[i])
			}
		}
		for i, id := range ids {
			if i != bad {
				consistent(t, db, id)
			} else if find(t, db, id).Settled {
				t.Error("it is settled without its journal")
			}
		}
		noGap(t, db, len(ids)-1)
		var more []string
		for i := range 30 {
			more = append(more, charge(t, db, fmt.Sprint("B", i), 1, 60, nil))
		}
		for i, err := range billing.SettleAll(t.Context(), db, append(slices.Clone(more), more...)) {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
		noGap(t, db, len(ids)-1+len(more))
	})
}
