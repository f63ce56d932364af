package payment_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/ledger"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
)

// take imports what the provider reports.
func (b *bench) take() int {
	b.Helper()
	n, err := payment.Import(b.Context(), b.db, b.ps, sim, books)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func (b *bench) items(open bool) []payment.Item {
	b.Helper()
	return see(b, func(tx *store.Tx) ([]payment.Item, error) {
		return payment.Items(tx, ours, sim, open, payment.Item{}, 1000)
	})
}

func (b *bench) checks() []payment.Check {
	b.Helper()
	return see(b, func(tx *store.Tx) ([]payment.Check, error) { return payment.Checks(tx, ours.Tenant, sim) })
}

// agrees checks that nothing is off, and what is on its way.
func (b *bench) agrees(transit int64) {
	b.Helper()
	for _, c := range b.checks() {
		if c.Off != 0 || c.InTransit != transit {
			b.Errorf("%+v, want %d in transit", c, transit)
		}
	}
}

func TestTheProviderReportsWhatWeBooked(t *testing.T) {
	each(t, func(b *bench) {
		p := b.taken(10000)
		b.agrees(10000)
		if items := b.items(true); len(items) != 1 || items[0].Match() != payment.InTransit || items[0].Payment != p.ID || items[0].Age(time.Now().Add(time.Hour)) < time.Hour {
			b.Errorf("%+v", items)
		}
		if n := b.take(); n != 1 {
			b.Errorf("%d are new", n)
		}
		if n := b.take(); n != 0 {
			b.Errorf("%d are new of what is known", n)
		}
		b.agrees(0)
		if items := b.items(false); len(items) != 1 || items[0].Match() != payment.Matched || items[0].Theirs != 10000 || items[0].Age(time.Now()) != 0 {
			b.Errorf("%+v", items)
		}
		b.refund(p.ID, "x", 1000, "")
		b.drain()
		b.agrees(-1000)
		if b.take(); b.sim.PayOut("EUR") == 0 {
			b.Error("nothing was paid out")
		}
		b.take()
		b.agrees(0)
		if got := b.balances(); got != "bank/sim 8835, fees/sim 165, receivable/guest/ses_1 -9000" {
			b.Error(got)
		}
	})
}

func TestWhatDoesNotAgreeIsShown(t *testing.T) {
	each(t, func(b *bench) {
		// charged at the provider by somebody else
		shop, err := b.sim.Authorize(b.Context(), payment.Ask{Payment: "shop_1", Key: "shop_1", Amount: eur(500), Take: true})
		if err == nil {
			err = b.sim.Pay(shop.Ref, simpay.Good)
		}
		if err != nil {
			b.Fatal(err)
		}
		differs := b.taken(3000)
		b.refund(differs.ID, "a", 100, "")
		b.drain()
		b.take()
		b.refund(differs.ID, "b", 50, "") // the second of two refunds is on its way
		b.drain()
		found := map[string]payment.Match{}
		for _, i := range b.items(true) {
			found[i.Charge+" "+string(i.Kind)] = i.Match()
		}
		want := map[string]payment.Match{shop.Ref + " charge": payment.NotOurs, differs.Ref + " refund": payment.Differs}
		if fmt.Sprint(found) != fmt.Sprint(want) {
			b.Errorf("%v, want %v", found, want)
		}
		b.agrees(-550)
		for _, sc := range []struct{ tenant string }{{theirs.Tenant}} {
			other := theirs
			other.Tenant = sc.tenant
			if items := do(b, func(tx *store.Tx) ([]payment.Item, error) {
				return payment.Items(tx, other, sim, false, payment.Item{}, 10)
			}); len(items) != 0 {
				b.Errorf("another tenant is shown %+v", items)
			}
		}
	})
}

func TestItemsPageByPage(t *testing.T) {
	each(t, func(b *bench) {
		for range 3 {
			b.refund(b.taken(100).ID, "x", 10, "")
		}
		b.drain()
		var last payment.Item
		var n int
		for range 20 {
			page := do(b, func(tx *store.Tx) ([]payment.Item, error) { return payment.Items(tx, ours, sim, true, last, 2) })
			if len(page) == 0 {
				break
			}
			n, last = n+len(page), page[len(page)-1]
		}
		if n != 6 {
			b.Errorf("pages show %d of 6", n)
		}
	})
}

// Who books past the room is found out.
func TestChecksFindWhatIsOff(t *testing.T) {
	each(t, func(b *bench) {
		b.taken(3000)
		b.take()
		b.agrees(0)
		b.must(func(tx *store.Tx) error {
			_, _, err := ledger.Post(tx, ledger.Journal{Tenant: ours.Tenant, Entity: books.Entity, Cause: "by hand", Kind: "manual", Postings: []ledger.Posting{
				{Account: "clearing/sim", Amount: eur(7)}, {Account: "bank/sim", Amount: eur(-7)},
			}})
			return err
		})
		if cs := b.checks(); len(cs) != 1 || cs[0].Off != 7 {
			b.Errorf("%+v", cs)
		}
	})
}

// report is a provider that reports what it is given, three entries a page.
type report struct {
	*simpay.Sim
	list []payment.Movement
}

func (r report) Movements(_ context.Context, since time.Time, after string) (out []payment.Movement, next string, err error) {
	for _, m := range r.list {
		if m.Ref > after && !m.At.Before(since) {
			if len(out) == 3 {
				return out, out[2].Ref, nil
			}
			out = append(out, m)
		}
	}
	return out, "", nil
}

func TestMovementsOfAllKinds(t *testing.T) {
	each(t, func(b *bench) {
		at := time.Now()
		entry := func(ref string, k payment.MovementKind, gross, fee, net int64, c money.Currency) payment.Movement {
			return payment.Movement{Ref: ref, Kind: k, Gross: gross, Fee: fee, Net: net, Currency: c, At: at}
		}
		b.ps = payment.Providers{sim: report{b.sim, []payment.Movement{
			entry("a", payment.MovedFee, -30, 0, -30, "EUR"),
			entry("b", payment.MovedFee, 0, 20, -20, "EUR"),
			entry("c", payment.MovedPayout, -100, 1, -101, "EUR"),
			entry("d", payment.MovedOther, -5, 0, -5, "EUR"),
			entry("e", payment.MovedCharge, 70, 2, 68, "SEK"),
			entry("f", payment.MovedCharge, 70, 2, 69, "EUR"), // does not add up
			entry("g", payment.MovedPayout, 40, 0, 40, "EUR"), // came back
		}}}
		if n := b.take(); n != 7 {
			b.Errorf("%d are new", n)
		}
		if n := b.take(); n != 0 {
			b.Errorf("%d are new again", n)
		}
		if got := b.balances(); got != "bank/sim 60, clearing/sim -111, clearing/sim -2, fees/sim 51, fees/sim 2" {
			b.Error(got)
		}
		for _, c := range b.checks() {
			if c.Currency == "SEK" && c.Off != 0 || c.Currency == "EUR" && c.Off != 1 {
				b.Errorf("%+v", c)
			}
		}
		kinds := map[payment.MovementKind]payment.Match{}
		for _, i := range b.items(true) {
			kinds[i.Kind] = i.Match()
		}
		if len(kinds) != 3 || kinds[payment.MovedStrange] != payment.NotOurs || kinds[payment.MovedOther] != payment.NotOurs {
			b.Errorf("%v", kinds)
		}
	})
}
