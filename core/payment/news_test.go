package payment_test

import (
	"bytes"
	"cmp"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
)

// call posts a webhook to the room.
func (b *bench) call(h http.Header, body []byte) (fresh bool, err error) {
	return payment.Receive(b.Context(), b.db, b.ps, sim, h.Get, bytes.NewReader(body))
}

func TestWebhooks(t *testing.T) {
	each(t, func(b *bench) {
		p := b.open(order(5000))
		if err := b.sim.Pay(p.Ref, simpay.Good); err != nil {
			b.Fatal(err)
		}
		c := b.sim.Charges(p.ID)[0]
		h, body := b.sim.Sign(c, "payment.held", time.Now())
		for i := range 3 {
			if fresh, err := b.call(h, body); err != nil || fresh != (i == 0) {
				b.Errorf("call %d: %v, %v", i, fresh, err)
			}
		}
		b.is(p.ID, payment.Open, 0, 0, 0) // answered before anything is done
		b.drain()
		b.is(p.ID, payment.Held, 5000, 0, 0)
		if n := b.count(`SELECT COUNT(*) FROM payment_delivery WHERE times = 3 AND handled_at IS NOT NULL`); n != 1 {
			b.Errorf("%d deliveries are written down", n)
		}
	})
}

func TestAWebhookThatComesManyTimesAtOnce(t *testing.T) {
	each(t, func(b *bench) {
		p := b.open(order(5000))
		h, body := b.sim.Sign(b.sim.Charges(p.ID)[0], "payment.held", time.Now())
		var fresh atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				first, err := b.call(h, body)
				if err != nil {
					b.Error(err)
				}
				if first {
					fresh.Add(1)
				}
			})
		}
		wg.Wait()
		if fresh.Load() != 1 {
			b.Errorf("it was fresh %d times", fresh.Load())
		}
	})
}

// The room and the provider, each behind a web server of its own.
func TestAGuestPaysOverHTTP(t *testing.T) {
	each(t, func(b *bench) {
		us := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := payment.Receive(r.Context(), b.db, b.ps, sim, r.Header.Get, r.Body); err != nil {
				http.Error(w, fail.Say(err), http.StatusForbidden)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}))
		defer us.Close()
		them := httptest.NewServer(nil)
		defer them.Close()
		s, err := simpay.New(simpay.Options{Base: them.URL + "/pages", Secrets: []string{"secret"}, Webhook: us.URL})
		if err != nil {
			b.Fatal(err)
		}
		them.Config.Handler = s.Handler()
		b.sim, b.ps = s, payment.Providers{sim: s}
		b.wire()
		p := b.open(order(5000))
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		a, err := client.PostForm(p.URL, url.Values{"act": {"pay"}, "card": {"good"}})
		if err != nil {
			b.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "https://charge.example.org/" {
			b.Errorf("the buyer is sent to %q with %d", a.Header.Get("Location"), a.StatusCode)
		}
		b.capture(p.ID, 1) // nothing is known of a hold yet
		s.Flush(b.Context())
		b.drain()
		b.is(p.ID, payment.Held, 5000, 0, 0)
		b.capture(p.ID, 1200)
		b.drain()
		b.is(p.ID, payment.Taken, 0, 1200, 0)
	})
}

func TestForgedWebhooksLeaveNoTrace(t *testing.T) {
	each(t, func(b *bench) {
		p := b.open(order(5000))
		c := b.sim.Charges(p.ID)[0]
		good, body := b.sim.Sign(c, "payment.held", time.Now())
		old, oldBody := b.sim.Sign(c, "payment.held", time.Now().Add(-time.Hour))
		forged := good.Clone()
		forged.Set(simpay.SignatureHeader, strings.Replace(forged.Get(simpay.SignatureHeader), "v1=", "v1=00", 1))
		for name, x := range map[string]struct {
			header http.Header
			body   []byte
			kind   fail.Kind
		}{
			"not signed": {http.Header{}, body, fail.Denied}, "signed by another": {forged, body, fail.Denied},
			"another body": {good, append(slices.Clone(body), ' '), fail.Denied}, "an old one": {old, oldBody, fail.Denied},
			"a huge one": {good, make([]byte, payment.MaxDelivery+1), fail.Invalid},
		} {
			if _, err := b.call(x.header, x.body); !fail.Is(err, x.kind) {
				b.Errorf("%s: %v", name, err)
			}
		}
		if _, err := payment.Receive(b.Context(), b.db, b.ps, "nobody", good.Get, bytes.NewReader(body)); !fail.Is(err, fail.NotFound) {
			b.Errorf("a provider that is not there: %v", err)
		}
		if n := b.count(`SELECT COUNT(*) FROM payment_delivery`); n != 0 {
			b.Errorf("%d deliveries are written down", n)
		}
	})
}

// Others use our account at the provider too.
func TestNewsOfOthersChangeNothing(t *testing.T) {
	each(t, func(b *bench) {
		a := payment.Ask{Payment: "shop_1", Key: "shop_1", Amount: eur(100)}
		c, err := b.sim.Authorize(b.Context(), a)
		if err != nil {
			b.Fatal(err)
		}
		for _, q := range []payment.Query{{Ref: c.Ref}, {Payment: "pay_nobody"}, {Ref: "sim_none"}} {
			if got, err := payment.Learn(b.Context(), b.db, b.ps, sim, q); err != nil || got != "" {
				b.Errorf("%+v: %q, %v", q, got, err)
			}
		}
		if n := b.count(`SELECT COUNT(*) FROM payment_payment`); n != 0 {
			b.Errorf("%d payments", n)
		}
	})
}

func TestSweepLearnsWhatNobodyTold(t *testing.T) {
	each(t, func(b *bench) {
		paid, left := b.open(order(5000)), b.open(order(6000))
		lost := b.held(7000)
		if err := b.sim.Pay(paid.Ref, simpay.Good); err != nil {
			b.Fatal(err)
		}
		if err := b.sim.Lapse(lost.Ref); err != nil {
			b.Fatal(err)
		}
		sweep := func() {
			b.Helper()
			if err := payment.Sweep(b.Context(), b.db, b.ps); err != nil {
				b.Fatal(err)
			}
		}
		sweep()
		b.is(paid.ID, payment.Open, 0, 0, 0) // it was looked at just now
		overdue := func() {
			b.must(func(tx *store.Tx) error {
				tx.Write(`UPDATE payment_payment SET look_at = 1 WHERE look_at IS NOT NULL`)
				return nil
			})
		}
		overdue()
		sweep()
		b.is(paid.ID, payment.Held, 5000, 0, 0)
		b.is(left.ID, payment.Open, 0, 0, 0)
		b.is(lost.ID, payment.Released, 0, 0, 0)
		if n := b.count(`SELECT COUNT(*) FROM payment_payment WHERE look_at IS NOT NULL`); n != 2 {
			b.Errorf("%d are looked at again", n)
		}
		b.sim.Misbehave(simpay.Mood{Down: true})
		overdue()
		if err := payment.Sweep(b.Context(), b.db, b.ps); err == nil {
			b.Error("nobody said that the provider is down")
		}
		if n := b.count(`SELECT COUNT(*) FROM payment_payment WHERE look_at > 1`); n != 2 {
			b.Errorf("%d wait for their next turn", n)
		}
	})
}

func TestSweepWakesStepsWhoseEventWasLost(t *testing.T) {
	each(t, func(b *bench) {
		p := b.plan(order(5000))
		b.must(func(tx *store.Tx) error {
			tx.Write(`DELETE FROM outbox_event`)
			tx.Write(`UPDATE payment_step SET next_at = 1`)
			return nil
		})
		if err := payment.Sweep(b.Context(), b.db, b.ps); err != nil {
			b.Fatal(err)
		}
		b.drain()
		b.is(p.ID, payment.Open, 0, 0, 0)
	})
}

func TestAHoldIsSpokenOfBeforeItEnds(t *testing.T) {
	each(t, func(b *bench) {
		due := func(p string) time.Time {
			return do(b, func(tx *store.Tx) (time.Time, error) {
				at, _, err := store.One(tx, func(r *store.Row) time.Time { return r.Time(0) },
					`SELECT due_at FROM outbox_event WHERE topic = $1 AND key = $2`, payment.TopicExpiring, p)
				return at, err
			})
		}
		p := b.held(5000)
		if got := p.Before.Sub(due(p.ID)); got != 12*time.Hour {
			b.Errorf("it is spoken of %s before its end", got)
		}
		b.capture(p.ID, 100)
		b.drain()
		if at := due(p.ID); !at.IsZero() {
			b.Errorf("it is taken, and spoken of at %s", at)
		}
		short := b.paid(order(5000), simpay.ShortHold)
		if got := short.Before.Sub(due(short.ID)); got < 50*time.Second || got > 70*time.Second {
			b.Errorf("a hold of two minutes is spoken of %s before its end", got)
		}
		b.must(func(tx *store.Tx) error {
			return outbox.At(tx, tx.Now(), payment.TopicExpiring, short.ID, nil)
		})
		b.drain()
		if said := b.said(); !slices.Contains(said, "payment.expiring "+short.ID) {
			b.Errorf("the room said %v", said)
		}
	})
}

func driver(name string) access.Scope {
	return access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Actor: name}
}

func (b *bench) methods(name string) []payment.Saved {
	b.Helper()
	return do(b, func(tx *store.Tx) ([]payment.Saved, error) { return payment.Methods(tx, ours.Tenant, name) })
}

// saved has a driver save a card without paying.
func (b *bench) saved(name string, with simpay.Card) payment.Saved {
	b.Helper()
	o := order(0)
	o.Purpose, o.Object, o.Driver, o.Account = payment.ForMethod, name, name, ""
	p := b.paid(o, with)
	b.is(p.ID, payment.Released, 0, 0, 0)
	for _, m := range b.methods(name) {
		if m.Method.Fingerprint == "simfp_"+string(with) {
			return m
		}
	}
	b.Fatalf("%s was not saved", with)
	return payment.Saved{}
}

// Who is asked to confirm a charge made without them is led back to what says how it
// ended, whether they confirm or not; a page that names an address leads there.
func TestConfirmingLeadsBack(t *testing.T) {
	each(t, func(b *bench) {
		m := b.saved("drv_1", simpay.ConfirmLater)
		press := func(p payment.Payment, act string) string {
			r := httptest.NewRequest(http.MethodPost, p.URL, strings.NewReader("act="+act))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			b.sim.Handler().ServeHTTP(w, r)
			b.learn(p)
			return w.Header().Get("Location")
		}
		for act, want := range map[string]payment.Status{"confirm": payment.Held, "refuse": payment.Refused} {
			for _, own := range []string{"", "https://charge.example.org/own"} {
				o := order(700)
				o.Mode, o.Driver, o.Method, o.Return = payment.BySaved, "drv_1", m.ID, own
				p := b.open(o)
				if got := press(p, act); got != cmp.Or(own, backTo(p.ID)) {
					b.Errorf("%s leads to %q", act, got)
				}
				if p = b.get(p.ID); p.Status != want {
					b.Errorf("%s: %+v", act, p)
				}
			}
		}
	})
}

func TestSavedMethods(t *testing.T) {
	each(t, func(b *bench) {
		first, second := b.saved("drv_1", simpay.Good), b.saved("drv_1", simpay.DeclinedLater)
		asks := b.saved("drv_2", simpay.ConfirmLater)
		if ms := b.methods("drv_1"); len(ms) != 2 || ms[0].ID != first.ID || !ms[0].Default || ms[1].Default {
			b.Errorf("%+v", ms)
		}
		by := func(name, method string) (payment.Payment, error) {
			o := order(700)
			o.Mode, o.Driver, o.Method, o.Provider = payment.BySaved, name, method, "any"
			var p payment.Payment
			err := b.try(func(tx *store.Tx) (err error) { p, err = payment.Plan(tx, o); return err })
			b.drain()
			if err != nil {
				return p, err
			}
			return b.get(p.ID), nil
		}
		if p, err := by("drv_1", first.ID); err != nil || p.Status != payment.Held || p.Held != 700 || p.Provider != sim {
			b.Errorf("%+v, %v", p, err)
		}
		if p, err := by("drv_1", second.ID); err != nil || p.Status != payment.Refused || p.Decline.Code != "insufficient_funds" || p.Decline.Confirm {
			b.Errorf("%+v, %v", p, err)
		}
		if p, err := by("drv_2", asks.ID); err != nil || p.Status != payment.Open || p.URL == "" {
			b.Errorf("%+v, %v", p, err)
		}
		if _, err := by("drv_2", first.ID); !fail.Is(err, fail.NotFound) {
			b.Errorf("another's card: %v", err)
		}
		b.must(func(tx *store.Tx) error { return payment.Prefer(tx, driver("drv_1"), second.ID) })
		if ms := b.methods("drv_1"); !ms[0].Default || ms[0].ID != second.ID || ms[1].Default {
			b.Errorf("%+v", ms)
		}
		for _, sc := range []access.Scope{driver("drv_2"), ours, {Tenant: theirs.Tenant, Role: access.DriverRole, Actor: "drv_1"}} {
			if err := b.try(func(tx *store.Tx) error { return payment.Remove(tx, sc, second.ID) }); !fail.Is(err, fail.NotFound) && !fail.Is(err, fail.Denied) {
				b.Errorf("%+v removes it: %v", sc, err)
			}
		}
		b.must(func(tx *store.Tx) error { return payment.Remove(tx, driver("drv_1"), second.ID) })
		b.drain()
		if ms := b.methods("drv_1"); len(ms) != 1 || !ms[0].Default {
			b.Errorf("%+v", ms)
		}
		b.must(func(tx *store.Tx) error { return payment.RemoveAll(tx, ours.Tenant, "drv_1") })
		b.drain()
		if _, err := b.sim.Authorize(b.Context(), payment.Ask{Payment: "p", Key: "k", Amount: eur(1), Method: first.Method.Ref}); !fail.Is(err, fail.Invalid) {
			b.Errorf("the provider still knows it: %v", err)
		}
	})
}

func TestAMethodIsSavedWithAPayment(t *testing.T) {
	each(t, func(b *bench) {
		o := order(700)
		o.Driver, o.Save = "drv_1", true
		p := b.paid(o, simpay.Good)
		for range 3 {
			b.learn(p)
		}
		ms := b.methods("drv_1")
		if len(ms) != 1 || ms[0].Method.Last4 != "0001" {
			b.Errorf("%+v", ms)
		}
		b.must(func(tx *store.Tx) error { return payment.Remove(tx, driver("drv_1"), ms[0].ID) })
		b.learn(p)
		if ms := b.methods("drv_1"); len(ms) != 0 {
			b.Errorf("it came back: %+v", ms)
		}
	})
}

func TestDisputes(t *testing.T) {
	each(t, func(b *bench) {
		won, lost := b.taken(3000), b.taken(2000)
		for _, p := range []payment.Payment{won, lost} {
			if err := b.sim.Dispute(p.Ref, "fraudulent"); err != nil {
				b.Fatal(err)
			}
			for range 2 {
				b.learn(p)
			}
		}
		if got := b.balances(); got != "disputes/sim 5000, receivable/guest/ses_1 -5000" {
			b.Error(got)
		}
		list := do(b, func(tx *store.Tx) ([]payment.Objection, error) {
			return payment.Disputes(tx, ours, time.Time{}, "", 10)
		})
		if len(list) != 2 || list[1].Payment != won.ID || list[1].State != payment.DisputeOpen || list[1].Amount != 3000 || list[1].DueAt.IsZero() {
			b.Fatalf("%+v", list)
		}
		for _, sc := range []access.Scope{theirs, driver("drv_1")} {
			if other := do(b, func(tx *store.Tx) ([]payment.Objection, error) { return payment.Disputes(tx, sc, time.Time{}, "", 10) }); len(other) != 0 {
				b.Errorf("%+v is shown %d", sc, len(other))
			}
		}
		contest := func() error {
			return payment.Contest(b.Context(), b.db, b.ps, ours, list[1].ID, payment.Evidence{Text: "12.4 kWh, signed"})
		}
		if err := contest(); err != nil {
			b.Fatal(err)
		}
		if err := contest(); !fail.Is(err, fail.Conflict) {
			b.Errorf("evidence twice: %v", err)
		}
		for p, win := range map[string]bool{won.Ref: true, lost.Ref: false} {
			if err := b.sim.Decide(p, win); err != nil {
				b.Fatal(err)
			}
		}
		for range 2 {
			b.learn(won)
			b.learn(lost)
		}
		if got := b.balances(); got != "clearing/sim 3000, disputes/sim 2000, receivable/guest/ses_1 -5000" {
			b.Error(got)
		}
		of := do(b, func(tx *store.Tx) ([]payment.Objection, error) { return payment.DisputesOf(tx, won.ID) })
		if len(of) != 1 || of[0].State != payment.DisputeWon {
			b.Errorf("%+v", of)
		}
	})
}

// Refunds that somebody made at the provider are booked to the payment's account.
func TestARefundMadeElsewhere(t *testing.T) {
	each(t, func(b *bench) {
		p := b.taken(3000)
		if err := b.sim.GiveBack(p.Ref, 400); err != nil {
			b.Fatal(err)
		}
		b.refund(p.ID, "ours", 100, "goodwill")
		b.drain()
		b.is(p.ID, payment.Taken, 0, 3000, 500)
		if got := b.balances(); got != "clearing/sim 2500, goodwill 100, receivable/guest/ses_1 -2600" {
			b.Error(got)
		}
	})
}

func TestForgetting(t *testing.T) {
	each(t, func(b *bench) {
		m := b.saved("drv_1", simpay.Good)
		h, body := b.sim.Sign(payment.Charge{Ref: "x"}, "payment.held", time.Now())
		if _, err := b.call(h, body); err != nil {
			b.Fatal(err)
		}
		b.must(func(tx *store.Tx) error { return payment.Remove(tx, driver("drv_1"), m.ID) })
		kept := func() (n int64) {
			b.must(func(tx *store.Tx) error { payment.Forget(tx); return nil })
			return b.count(`SELECT (SELECT COUNT(*) FROM payment_delivery) + (SELECT COUNT(*) FROM payment_method)`)
		}
		if n := kept(); n != 2 {
			b.Errorf("%d are kept of 2", n)
		}
		b.must(func(tx *store.Tx) error {
			tx.Write(`UPDATE payment_delivery SET received_at = $1`, tx.Now().AddDate(0, 0, -91))
			tx.Write(`UPDATE payment_method SET removed_at = $1`, tx.Now().AddDate(0, 0, -541))
			return nil
		})
		if n := kept(); n != 0 {
			b.Errorf("%d are kept beyond their term", n)
		}
	})
}
