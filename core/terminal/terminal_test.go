package terminal_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/core/terminal"
	"chargewright/plug/simpay"
	"chargewright/schema"
)

var ours = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner, Actor: "usr_1"}

const reader = "reader_1"

// kiosk is a terminal at a site with a station of three EVSEs, and one elsewhere.
type kiosk struct {
	*testing.T
	db      *store.DB
	sim     *simpay.Sim
	ps      payment.Providers
	runner  *outbox.Runner
	id      string
	secret  string
	started []string // visits whose station was asked
}

func each(t *testing.T, fn func(k *kiosk)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) { fn(newKiosk(t, db)) })
}

func newKiosk(t *testing.T, db *store.DB) *kiosk {
	t.Helper()
	sim, err := simpay.New(simpay.Options{Base: "https://pay.example.org", Secrets: []string{"secret"}, Readers: []string{reader, "reader_2"}})
	if err != nil {
		t.Fatal(err)
	}
	k := &kiosk{T: t, db: db, sim: sim, ps: payment.Providers{"sim": sim}}
	handlers := payment.Handlers(db, k.ps, nil)
	in := func(fn func(tx *store.Tx, key string) error) outbox.Handler {
		return func(_ context.Context, e outbox.Event) error {
			k.do(func(tx *store.Tx) error { return fn(tx, e.Key) })
			return nil
		}
	}
	handlers[payment.TopicChanged], handlers[billing.TopicGuestEnd] = in(billing.Changed), in(billing.GuestLate)
	handlers[billing.TopicGuestStart] = func(_ context.Context, e outbox.Event) error {
		k.started = append(k.started, e.Key)
		return nil
	}
	k.runner = outbox.New(db, handlers, outbox.Options{Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
	k.do(k.furnish)
	return k
}

func (k *kiosk) furnish(tx *store.Tx) error {
	if err := access.Install(tx, access.Entity{Name: "Ours", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
		return err
	}
	for site, stations := range map[string][]string{"site": {"S1"}, "elsewhere": {"S9"}} {
		if err := station.PutSite(tx, station.Site{ID: site, Tenant: ours.Tenant, Entity: access.DefaultEntity, Name: site, Country: "DE", Zone: "Europe/Berlin"}); err != nil {
			return err
		}
		for _, s := range stations {
			if err := station.Create(tx, station.Station{ID: s, Tenant: ours.Tenant, Site: site, Onboarding: station.Accepted}); err != nil {
				return err
			}
			if _, err := device.Install(tx, ours.Tenant, s); err != nil {
				return err
			}
			if err := station.Booted(tx, s, station.Accepted); err != nil {
				return err
			}
			tx.Write(`UPDATE station_station SET connected = TRUE WHERE id = $1`, s)
			for evse := range int64(3) {
				if err := station.SetEVSE(tx, s, evse+1, "", 11_000); err != nil {
					return err
				}
				if err := station.SetStatus(tx, station.Report{Station: s, EVSE: evse + 1, Connector: 1, Status: station.Available, At: tx.Now()}); err != nil {
					return err
				}
			}
		}
	}
	p, err := tariff.Parse([]byte(`{"id":"T","currency":"EUR","tax_included":"YES","elements":[{"price_components":[{"type":"ENERGY","price":0.5,"vat":19}]}]}`))
	if err != nil {
		return err
	}
	if _, err := tariff.Put(tx, ours.Tenant, "", p); err != nil {
		return err
	}
	if err := tariff.Assign(tx, ours.Tenant, tariff.Place{Kind: tariff.OfTenant, ID: ours.Tenant}, "T"); err != nil {
		return err
	}
	t, secret, err := terminal.New(tx, ours, terminal.Terminal{Site: "site", Name: "By the door", Provider: "sim", Reader: reader})
	k.id, k.secret = t.ID, secret
	return err
}

func (k *kiosk) do(fn func(tx *store.Tx) error) {
	k.Helper()
	if err := k.try(fn); err != nil {
		k.Fatal(err)
	}
}

func (k *kiosk) try(fn func(tx *store.Tx) error) error {
	_, err := store.Do(k.Context(), k.db, "test", func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	return err
}

// drain does all that is due now.
func (k *kiosk) drain() {
	k.Helper()
	if err := k.runner.Drain(k.Context()); err != nil {
		k.Fatal(err)
	}
}

// pass lets a time pass for the visits and payments on record.
func (k *kiosk) pass(d time.Duration) {
	k.Helper()
	us := d.Microseconds()
	k.do(func(tx *store.Tx) error {
		tx.Write(`UPDATE driver_guest SET expires_at = expires_at - $1, created_at = created_at - $1`, us)
		tx.Write(`UPDATE payment_payment SET created_at = created_at - $1`, us)
		tx.Write(`UPDATE payment_step SET next_at = next_at - $1 WHERE next_at IS NOT NULL`, us)
		tx.Write(`UPDATE outbox_event SET due_at = due_at - $1, lease_until = NULL, lease_by = NULL, parked = FALSE`, us)
		return nil
	})
	k.drain()
}

func code(evse int) string { return fmt.Sprint("S1:", evse) }

// begin is a customer who chooses an EVSE at the price that it shows.
func (k *kiosk) begin(evse int) terminal.Begun {
	k.Helper()
	b := k.order(evse)
	k.drain()
	return b
}

// order is begin, and nobody has asked the reader yet.
func (k *kiosk) order(evse int) (b terminal.Begun) {
	k.Helper()
	k.do(func(tx *store.Tx) (err error) {
		t, found, err := terminal.ByScreen(tx, k.secret)
		if err != nil || !found {
			return fmt.Errorf("the screen: %v %v", found, err)
		}
		a, err := terminal.OfferAt(tx, t, code(evse))
		if err != nil {
			return err
		}
		b, err = terminal.Begin(tx, t, terminal.Order{
			Code: code(evse), Version: a.Bound.Version, Language: "de", Text: "Laden", Return: func(s string) string { return "https://charge.example.org/pay/v/" + s },
		})
		return err
	})
	return b
}

// begun is begin that has to begin.
func (k *kiosk) begun(evse int) driver.Guest {
	k.Helper()
	b := k.begin(evse)
	if b.No != "" {
		k.Fatalf("EVSE %d: %s", evse, b.No)
	}
	return b.Guest
}

func (k *kiosk) tap(card simpay.Card) {
	k.Helper()
	if err := k.sim.Tap(reader, card); err != nil {
		k.Fatal(err)
	}
}

// hear has the server learn what became of a visit's payment, as by a webhook.
func (k *kiosk) hear(g driver.Guest) {
	k.Helper()
	if _, err := payment.Learn(k.Context(), k.db, k.ps, "sim", payment.Query{Payment: g.Payment}); err != nil {
		k.Fatal(err)
	}
	k.drain()
}

func (k *kiosk) expect(g driver.Guest, want driver.GuestState, status payment.Status, reason string) {
	k.Helper()
	k.do(func(tx *store.Tx) error {
		now, _, err := driver.FindGuest(tx, g.ID)
		if err != nil {
			return err
		}
		p, _, err := payment.Find(tx, g.Payment)
		if now.State != want || p.Status != status || now.Reason != reason {
			k.Errorf("the visit is %s (%q) and its payment %s; want %s (%q), %s", now.State, now.Reason, p.Status, want, reason, status)
		}
		return err
	})
}

func (k *kiosk) free() {
	k.Helper()
	k.do(func(tx *store.Tx) error {
		t, err := terminal.Get(tx, ours, k.id)
		if err != nil {
			return err
		}
		busy, err := terminal.Busy(tx, t)
		if busy {
			k.Error("the reader is not free")
		}
		return err
	})
}

// One terminal serves many EVSEs: while the first customer charges the next pays.
func TestAVisitFollowsAnother(t *testing.T) {
	each(t, func(k *kiosk) {
		first := k.begun(1)
		if first.Hold <= 0 || first.Terminal != k.id || first.ExpiresAt.Sub(first.CreatedAt) != driver.ReaderTime {
			k.Errorf("%+v", first)
		}
		if b := k.begin(2); b.No != terminal.ReaderBusy {
			k.Errorf("while the reader waits for a card: %q", b.No)
		}
		k.tap(simpay.Good)
		k.hear(first)
		k.expect(first, driver.GuestAsking, payment.Held, "")
		second := k.begun(2)
		k.tap(simpay.ApplePay)
		k.hear(second)
		k.expect(second, driver.GuestAsking, payment.Held, "")
		if !slices.Equal(k.started, []string{first.ID, second.ID}) {
			k.Errorf("asked to start: %q", k.started)
		}
		if b := k.begin(1); b.No != terminal.EVSETaken {
			k.Errorf("where somebody is starting: %q", b.No)
		}
		for _, g := range []driver.Guest{first, second} {
			if c := k.sim.Charges(g.Payment); len(c) != 1 || c[0].Held != g.Hold || c[0].Method.Last4 == "" {
				k.Errorf("%+v", c)
			}
		}
		k.free()
	})
}

// Whatever comes between, nobody is charged who does not charge, and the reader is
// free for the next.
func TestVisitsThatComeToNothing(t *testing.T) {
	for name, c := range map[string]struct {
		goes   func(k *kiosk) driver.Guest
		state  driver.GuestState
		status payment.Status
		reason string
	}{
		"nobody pays": {func(k *kiosk) driver.Guest {
			g := k.begun(1)
			k.pass(driver.ReaderTime - time.Second)
			k.expect(g, driver.GuestPaying, payment.Open, "")
			k.pass(2 * time.Second)
			return g
		}, driver.GuestUnpaid, payment.Expired, "the time to pay is over"},
		"the card is refused": {func(k *kiosk) driver.Guest {
			g := k.begun(1)
			k.tap(simpay.NoFunds)
			k.hear(g)
			return g
		}, driver.GuestUnpaid, payment.Refused, "the bank refused the payment"},
		"they leave": {func(k *kiosk) driver.Guest {
			g := k.begun(1)
			k.leave(g)
			k.drain()
			k.tap(simpay.Good) // the reader asks no more
			return g
		}, driver.GuestUnpaid, payment.Expired, "the payment was cancelled"},
		"they leave when the card was shown": {func(k *kiosk) driver.Guest {
			g := k.begun(1)
			k.tap(simpay.Good)
			k.leave(g)
			k.drain()
			k.hear(g)
			return g
		}, driver.GuestUnpaid, payment.Released, "the payment was cancelled"},
		"the card is shown at the last moment": {func(k *kiosk) driver.Guest {
			g := k.begun(1)
			k.tap(simpay.Good)
			k.pass(driver.ReaderTime + time.Second)
			return g
		}, driver.GuestUnpaid, payment.Released, "the time to pay is over"},
		"the reader is not connected": {func(k *kiosk) driver.Guest {
			k.sim.Unplug(reader, true)
			g := k.begun(1)
			k.expect(g, driver.GuestPaying, payment.Planned, "")
			k.pass(5 * time.Second)
			k.sim.Unplug(reader, false)
			return g
		}, driver.GuestUnpaid, payment.Refused, "the card reader is busy or not connected"},
		"another server uses the reader": {func(k *kiosk) driver.Guest {
			if _, err := k.sim.Present(k.Context(), reader, payment.Ask{Payment: "pay_theirs", Key: "theirs", Amount: moneyOf(700)}); err != nil {
				k.Fatal(err)
			}
			g := k.begun(1)
			k.pass(5 * time.Second)
			if c := k.sim.Charges("pay_theirs"); c[0].Status != payment.Open {
				k.Errorf("theirs is %s", c[0].Status)
			}
			return g
		}, driver.GuestUnpaid, payment.Refused, "the card reader is busy or not connected"},
		"the EVSE is taken meanwhile": {func(k *kiosk) driver.Guest {
			g := k.begun(1)
			k.do(func(tx *store.Tx) error { // a guest who paid by the code on the charger
				o := g
				o.Terminal, o.Payment = "", payment.NewID()
				o, _, err := driver.NewGuest(tx, o)
				if err != nil {
					return err
				}
				_, _, err = driver.GuestPaid(tx, o.ID)
				return err
			})
			k.tap(simpay.Good)
			k.hear(g)
			return g
		}, driver.GuestFailed, payment.Released, "somebody else has begun to charge there"},
		"the station refuses": {func(k *kiosk) driver.Guest {
			g := k.begun(1)
			k.tap(simpay.Good)
			k.hear(g)
			k.do(func(tx *store.Tx) error {
				return billing.GuestAnswered(tx, g.ID, false, "the charger answered “Rejected”")
			})
			k.drain()
			return g
		}, driver.GuestFailed, payment.Released, "the charger answered “Rejected”"},
		"the terminal is retired": {func(k *kiosk) driver.Guest {
			g := k.begun(1)
			k.put(terminal.Change{Name: "x", Reader: reader, Retired: true})
			k.drain()
			k.tap(simpay.Good)
			k.put(terminal.Change{Name: "x", Reader: reader})
			return g
		}, driver.GuestUnpaid, payment.Expired, "the payment was cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(k *kiosk) {
				g := c.goes(k)
				k.expect(g, c.state, c.status, c.reason)
				for _, x := range k.sim.Charges(g.Payment) {
					if x.Held != 0 || x.Captured != 0 {
						k.Errorf("%+v", x)
					}
				}
				k.free()
				if b := k.begin(2); b.No != "" {
					k.Errorf("the next: %s", b.No)
				}
			})
		})
	}
}

func (k *kiosk) leave(g driver.Guest) {
	k.Helper()
	k.do(func(tx *store.Tx) error {
		t, err := terminal.Get(tx, ours, k.id)
		if err == nil {
			_, err = terminal.Leave(tx, t, g.ID)
		}
		return err
	})
}

func (k *kiosk) put(c terminal.Change) {
	k.Helper()
	k.do(func(tx *store.Tx) error { _, err := terminal.Put(tx, ours, k.id, c); return err })
}

// An answer that is lost, a call that is lost, and a crash between a step and its
// answer: the reader is asked once, and the card pays once.
func TestStepsOfAReaderAreMadeOnce(t *testing.T) {
	for _, trouble := range []simpay.Trouble{simpay.LoseAnswer, simpay.LoseCall} {
		t.Run(string(trouble), func(t *testing.T) {
			each(t, func(k *kiosk) {
				k.sim.Misbehave(simpay.Mood{Calls: []simpay.Trouble{trouble}})
				g := k.begun(1)
				k.expect(g, driver.GuestPaying, payment.Planned, "")
				k.pass(3 * time.Second)
				k.expect(g, driver.GuestPaying, payment.Open, "")
				if n := len(k.sim.Charges(g.Payment)); n != 1 {
					k.Fatalf("%d charges", n)
				}
				k.tap(simpay.Good)
				k.hear(g)
				k.expect(g, driver.GuestAsking, payment.Held, "")
			})
		})
	}
}

// dying is a provider during whose answer the server ends.
type dying struct{ *simpay.Sim }

func (d dying) Present(ctx context.Context, reader string, a payment.Ask) (payment.Charge, error) {
	if _, err := d.Sim.Present(ctx, reader, a); err != nil {
		return payment.Charge{}, err
	}
	panic("the power fails")
}

// A crash between the call and its record: the step is made again under its key.
func TestACrashAfterTheReaderWasAsked(t *testing.T) {
	each(t, func(k *kiosk) {
		b := k.order(1)
		func() {
			defer func() {
				if recover() == nil {
					k.Error("it did not crash")
				}
			}()
			_ = payment.Run(k.Context(), k.db, payment.Providers{"sim": dying{k.sim}}, nil, b.Payment.ID+"/authorize")
		}()
		k.expect(b.Guest, driver.GuestPaying, payment.Planned, "")
		k.pass(61 * time.Second)
		k.expect(b.Guest, driver.GuestPaying, payment.Open, "")
		k.tap(simpay.Good)
		k.hear(b.Guest)
		k.expect(b.Guest, driver.GuestAsking, payment.Held, "")
		if n := len(k.sim.Charges(b.Payment.ID)); n != 1 {
			k.Errorf("%d charges", n)
		}
	})
}

// Who left, or was too late, is not asked for a card by an attempt that comes after.
func TestAReaderIsNotAskedTooLate(t *testing.T) {
	each(t, func(k *kiosk) {
		k.sim.Misbehave(simpay.Mood{Down: true})
		g := k.begun(1)
		k.pass(driver.ReaderTime + time.Second)
		k.expect(g, driver.GuestUnpaid, payment.Planned, "the time to pay is over")
		if b := k.begin(2); b.No != terminal.ReaderBusy {
			k.Errorf("while nobody knows what the reader asks for: %q", b.No)
		}
		k.sim.Misbehave(simpay.Mood{})
		k.do(func(tx *store.Tx) error { // the request's own time passes, too
			tx.Write(`UPDATE payment_step SET request = $1 WHERE verb = 'authorize'`, `{"text":"Laden","until":"2020-01-01T00:00:00Z"}`)
			return nil
		})
		k.pass(time.Minute)
		k.expect(g, driver.GuestUnpaid, payment.Refused, "the time to pay is over")
		if n := len(k.sim.Charges(g.Payment)); n != 0 {
			k.Errorf("the reader was asked for %d charges", n)
		}
		k.free()
	})
}

// What was asked before and not answered is found, and ended.
func TestAReaderThatWasAskedIsFoundLater(t *testing.T) {
	each(t, func(k *kiosk) {
		k.sim.Misbehave(simpay.Mood{Calls: []simpay.Trouble{simpay.LoseAnswer}})
		g := k.begun(1)
		k.do(func(tx *store.Tx) error {
			tx.Write(`UPDATE payment_step SET request = $1 WHERE verb = 'authorize'`, `{"text":"Laden","until":"2020-01-01T00:00:00Z"}`)
			return nil
		})
		k.pass(driver.ReaderTime + time.Second)
		k.drain()
		k.expect(g, driver.GuestUnpaid, payment.Expired, "the time to pay is over")
		k.tap(simpay.Good)
		k.hear(g)
		k.expect(g, driver.GuestUnpaid, payment.Expired, "the time to pay is over")
		k.free()
	})
}

// A terminal that is retired while a customer charges changes nothing for them.
func TestARetiredTerminalLetsWhoPaidCharge(t *testing.T) {
	each(t, func(k *kiosk) {
		g := k.begun(1)
		k.tap(simpay.Good)
		k.hear(g)
		k.put(terminal.Change{Name: "x", Reader: reader, Retired: true})
		k.drain()
		k.expect(g, driver.GuestAsking, payment.Held, "")
		k.do(func(tx *store.Tx) error {
			shown, found, err := terminal.ByScreen(tx, k.secret)
			if err != nil || !found || !shown.Retired() {
				k.Errorf("its screen: %+v, %v", shown, err)
			}
			if _, list, err := terminal.Offers(tx, shown); err != nil || len(list) != 0 {
				k.Errorf("it offers %d, %v", len(list), err)
			}
			if _, err := terminal.OfferAt(tx, shown, code(2)); !fail.Is(err, fail.NotFound) {
				k.Errorf("it offers EVSE 2: %v", err)
			}
			return nil
		})
	})
}

// A terminal sells what it serves, at its own site.
func TestWhatATerminalServes(t *testing.T) {
	each(t, func(k *kiosk) {
		offered := func() (list []string) {
			k.do(func(tx *store.Tx) error {
				t, err := terminal.Get(tx, ours, k.id)
				if err != nil {
					return err
				}
				_, offers, err := terminal.Offers(tx, t)
				list = nil
				for _, a := range offers {
					if a.Price == nil || a.Hold <= 0 {
						k.Errorf("%s has no price or hold", a.Bay.Station)
					}
					list = append(list, fmt.Sprint(a.Bay.Station, ":", a.Bay.EVSE.EVSE))
				}
				for _, c := range []string{"S9:1", "S1:9", "", "nothing"} {
					if _, err := terminal.OfferAt(tx, t, c); !fail.Is(err, fail.NotFound) {
						k.Errorf("%q: %v", c, err)
					}
				}
				return err
			})
			return list
		}
		if got := offered(); !slices.Equal(got, []string{"S1:1", "S1:2", "S1:3"}) {
			k.Errorf("all of the site: %v", got)
		}
		k.put(terminal.Change{Name: "x", Reader: reader, EVSEs: []terminal.EVSE{{"S1", 3}, {"S1", 1}, {"S1", 3}}})
		if got := offered(); !slices.Equal(got, []string{"S1:1", "S1:3"}) {
			k.Errorf("a chosen list: %v", got)
		}
		k.do(func(tx *store.Tx) error {
			t, err := terminal.Get(tx, ours, k.id)
			if err != nil {
				return err
			}
			if _, err := terminal.OfferAt(tx, t, code(2)); !fail.Is(err, fail.NotFound) {
				k.Errorf("EVSE 2: %v", err)
			}
			b, err := terminal.Begin(tx, t, terminal.Order{Code: code(1), Version: "another", Language: "de", Text: "x", Return: func(string) string { return "" }})
			if b.No != terminal.NewPrice {
				k.Errorf("at another price: %q", b.No)
			}
			return err
		})
	})
}

func TestWhoSeesATerminal(t *testing.T) {
	each(t, func(k *kiosk) {
		here := access.Scope{Tenant: ours.Tenant, Role: access.Host, Sites: []string{"site"}}
		away := access.Scope{Tenant: ours.Tenant, Role: access.Host, Sites: []string{"elsewhere"}}
		for name, c := range map[string]struct {
			sc   access.Scope
			sees bool
		}{"owner": {ours, true}, "its host": {here, true}, "another host": {away, false}, "another tenant": {access.Scope{Tenant: "tn_x", Role: access.Owner}, false}} {
			k.do(func(tx *store.Tx) error {
				_, err := terminal.Get(tx, c.sc, k.id)
				if (err == nil) != c.sees || err != nil && !fail.Is(err, fail.NotFound) {
					k.Errorf("%s: %v", name, err)
				}
				list, err := terminal.List(tx, c.sc, "", time.Time{}, "", 10)
				if (len(list) == 1) != c.sees {
					k.Errorf("%s lists %d", name, len(list))
				}
				return err
			})
			if err := k.try(func(tx *store.Tx) error { _, _, err := terminal.NewScreen(tx, c.sc, k.id); return err }); (err == nil) != c.sees {
				k.Errorf("%s gives it a new address: %v", name, err)
			}
		}
		k.do(func(tx *store.Tx) error {
			if _, found, err := terminal.ByScreen(tx, k.secret); err != nil || found {
				k.Errorf("the address before still leads to it: %v", err)
			}
			return nil
		})
	})
}

func TestTerminalsAreRefused(t *testing.T) {
	each(t, func(k *kiosk) {
		good := terminal.Terminal{Site: "site", Name: "Two", Provider: "sim", Reader: "reader_2"}
		for name, c := range map[string]struct {
			change func(*terminal.Terminal)
			kind   fail.Kind
		}{
			"no name":                   {func(t *terminal.Terminal) { t.Name = " " }, fail.Invalid},
			"a long name":               {func(t *terminal.Terminal) { t.Name = strings.Repeat("x", 101) }, fail.Invalid},
			"no reader":                 {func(t *terminal.Terminal) { t.Reader = "" }, fail.Invalid},
			"no provider":               {func(t *terminal.Terminal) { t.Provider = "" }, fail.Invalid},
			"no site":                   {func(t *terminal.Terminal) { t.Site = "nowhere" }, fail.NotFound},
			"a station elsewhere":       {func(t *terminal.Terminal) { t.EVSEs = []terminal.EVSE{{"S9", 1}} }, fail.Invalid},
			"a station that is not":     {func(t *terminal.Terminal) { t.EVSEs = []terminal.EVSE{{"S5", 1}} }, fail.Invalid},
			"EVSE 0":                    {func(t *terminal.Terminal) { t.EVSEs = []terminal.EVSE{{"S1", 0}} }, fail.Invalid},
			"a reader that is taken":    {func(t *terminal.Terminal) { t.Reader = reader }, fail.Conflict},
			"more EVSEs than there may": {func(t *terminal.Terminal) { t.EVSEs = make([]terminal.EVSE, terminal.MaxEVSEs+1) }, fail.Invalid},
		} {
			x := good
			c.change(&x)
			if err := k.try(func(tx *store.Tx) error { _, _, err := terminal.New(tx, ours, x); return err }); !fail.Is(err, c.kind) {
				k.Errorf("%s: %v", name, err)
			}
		}
		k.put(terminal.Change{Name: "One", Reader: reader, Retired: true})
		good.Reader = reader // a retired one leaves its reader to another
		k.do(func(tx *store.Tx) error { _, _, err := terminal.New(tx, ours, good); return err })
		if err := k.try(func(tx *store.Tx) error {
			_, err := terminal.Put(tx, ours, k.id, terminal.Change{Name: "One", Reader: reader})
			return err
		}); !fail.Is(err, fail.Conflict) {
			k.Errorf("back in service beside the other: %v", err)
		}
	})
}

func moneyOf(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
