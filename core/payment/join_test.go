package payment

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// history draws what may become of a payment of 1000, in the order in which it does.
func history(t *rapid.T) []Charge {
	now := time.Unix(1_800_000_000, 0).UTC()
	c := Charge{Ref: "ref", Payment: "pay_1", Currency: "EUR", Status: Open, URL: "https://pay.example.org"}
	news := []Charge{c}
	next := func(change func(*Charge)) { change(&c); news = append(news, c) }
	card := func(c *Charge) { c.URL, c.Method = "", Method{Kind: "card", Last4: "4242"} }
	end := rapid.SampledFrom([]Status{Open, Expired, Refused, Released, Taken}).Draw(t, "end")
	if end == Open {
		return news
	}
	if end == Expired {
		next(func(c *Charge) { c.URL, c.Status = "", Expired })
		return news
	}
	if rapid.Bool().Draw(t, "holds") || end == Released {
		next(func(c *Charge) { card(c); c.Status, c.Held, c.CaptureBefore = Held, 600, now })
		for _, to := range []int64{700, 1000} {
			if rapid.Bool().Draw(t, "raised") {
				next(func(c *Charge) { c.Held, c.CaptureBefore = to, c.CaptureBefore.Add(time.Hour) })
			}
		}
	}
	next(func(c *Charge) {
		card(c)
		c.Status, c.Held, c.CaptureBefore = end, 0, time.Time{}
		if end == Taken {
			c.Captured = rapid.Int64Range(1, 1000).Draw(t, "captured")
		}
		if end == Refused {
			c.Decline = Decline{Code: "no"}
		}
	})
	for range rapid.IntRange(0, 3).Draw(t, "refunds") {
		if left := c.Captured - c.Refunded; end == Taken && left > 0 {
			next(func(c *Charge) { c.Refunded += rapid.Int64Range(1, left).Draw(t, "refund") })
		}
	}
	return news
}

// News may come twice and in any order: what a payment is in the end is the same,
// and on its way there no state is left for an earlier one and no sum falls.
func TestNewsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Payment{ID: "pay_1", Currency: "EUR", Asked: 1000, Status: Planned}
		told := history(t)
		want := p
		for _, c := range told {
			want, _ = want.join(c)
		}
		twice := append(slices.Clone(told), rapid.SliceOfN(rapid.SampledFrom(told), 0, 4).Draw(t, "again")...)
		got := p
		for _, c := range rapid.Permutation(twice).Draw(t, "order") {
			next, why := got.join(c)
			if why != "" {
				t.Fatalf("%+v is strange: %s", c, why)
			}
			if rank[next.Status] < rank[got.Status] || next.Captured < got.Captured || next.Refunded < got.Refunded || next.Captured > p.Asked {
				t.Fatalf("%+v became %+v", got, next)
			}
			got = next
		}
		if got != want {
			t.Fatalf("in order %+v, out of order %+v", want, got)
		}
		last := told[len(told)-1]
		if got.Status != last.Status || got.Held != last.Held || got.Captured != last.Captured || got.Refunded != last.Refunded {
			t.Fatalf("the provider has %+v, we have %+v", last, got)
		}
	})
}

// Whatever a provider says: a payment never has more than was asked, and what is
// strange changes nothing.
func TestNewsOfAnyKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.Int64Range(-2, 12)
		p := Payment{ID: "pay_1", Currency: "EUR", Asked: 10, Status: Planned}
		for range 8 {
			c := Charge{
				Ref: rapid.SampledFrom([]string{"ref", "ref", "ref", "other", ""}).Draw(t, "ref"), Payment: rapid.SampledFrom([]string{"pay_1", "pay_1", "pay_2"}).Draw(t, "payment"),
				Status:   rapid.SampledFrom([]Status{Open, Held, Taken, Released, Refused, Expired, Planned, ""}).Draw(t, "status"),
				Currency: "EUR", Held: some.Draw(t, "held"), Captured: some.Draw(t, "captured"), Refunded: some.Draw(t, "refunded"),
			}
			q, why := p.join(c)
			switch {
			case why != "" && q != p:
				t.Fatalf("%s, and it became %+v", why, q)
			case q.Held < 0 || q.Held > 10 || q.Captured < p.Captured || q.Captured > 10 || q.Refunded < p.Refunded || q.Refunded > q.Captured:
				t.Fatalf("%+v by %+v", q, c)
			case q.Held > 0 && q.Status != Held || q.Captured > 0 && q.Status != Taken:
				t.Fatalf("%+v by %+v", q, c)
			}
			p = q
		}
	})
}
