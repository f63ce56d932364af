package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/link"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/payment"
	"chargewright/core/tariff"
	"chargewright/plug/mollie"
	"chargewright/plug/simpay"
	"chargewright/plug/stripe"
)

const (
	stripeSecret = "whsec_of_this_installation"
	mollieSecret = "sixteen-letters-1"
)

// abroad are the interfaces of Stripe and of Mollie: each knows one payment, and says
// of it what a test wants.
type abroad struct {
	*httptest.Server
	mu    sync.Mutex
	asked string // our id, as the provider was told
	page  string // of Stripe: members of its checkout session
	tr    string // of Mollie: members of its payment
}

func newAbroad(t *testing.T) *abroad {
	a := &abroad{}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	return a
}

func (a *abroad) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/v1/checkout/sessions":
		a.asked = r.FormValue("client_reference_id")
		a.page = `"mode":"payment","status":"open","currency":"eur","url":"https://pay.example.org/"`
	case r.Method == http.MethodPost && r.URL.Path == "/v2/payments":
		var q struct{ Metadata struct{ Payment string } }
		_ = json.NewDecoder(r.Body).Decode(&q)
		a.asked, a.tr = q.Metadata.Payment, `"status":"open","amount":{"currency":"EUR","value":"50.00"}`
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodGet && (r.URL.Path == "/v1/checkout/sessions/cs_1" || r.URL.Path == "/v2/payments/tr_1"):
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"none"},"title":"Not Found","status":404}`)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/v1") {
		fmt.Fprintf(w, `{"id":"cs_1","object":"checkout.session","client_reference_id":%q,%s}`, a.asked, a.page)
		return
	}
	fmt.Fprintf(w, `{"id":"tr_1","resource":"payment","metadata":{"payment":%q},%s}`, a.asked, a.tr)
}

// becomes has a provider say what became of its payment.
func (a *abroad) becomes(page, tr string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.page, a.tr = page, tr
}

// cashier is a server with three providers, and a guest who is about to pay.
type cashier struct {
	*world
	key    string
	abroad *abroad
}

func newCashier(t *testing.T, url string) *cashier {
	c := &cashier{abroad: newAbroad(t)}
	c.world = newWorldBetween(t, url, func(cfg *Config) {
		cfg.Simpay, cfg.PayBy, cfg.StripeKey, cfg.StripeWebhookSecrets = true, "simpay", "sk_test_1", []string{stripeSecret}
		cfg.PublicURL = "https://charge.example.org"
		cfg.MollieKey, cfg.MollieWebhookSecrets = "test_1", []string{mollieSecret}
	}, func(core link.Core) link.Core { return core }, func(s *Server) {
		s.till.sim.Misbehave(simpay.Mood{Silent: true})
		var err error
		if s.till.providers["stripe"], err = stripe.New(stripe.Options{Key: "sk_test_1", Secrets: []string{stripeSecret}, URL: c.abroad.URL}); err != nil {
			t.Fatal(err)
		}
		if s.till.providers["mollie"], err = mollie.New(mollie.Options{Key: "test_1", Secrets: []string{mollieSecret}, URL: c.abroad.URL}); err != nil {
			t.Fatal(err)
		}
	})
	c.addStation("CS-1", "")
	c.addTariff(plainTariff)
	c.key = do(c.world, func(tx *store.Tx) (string, error) {
		return access.CreateKey(tx, access.DefaultTenant, access.Owner, "test")
	})
	return c
}

// guest is a visit with its payment of 50.00, asked of a provider.
func (c *cashier) guest(provider string) payment.Payment {
	c.t.Helper()
	p := do(c.world, func(tx *store.Tx) (payment.Payment, error) {
		b, _, err := tariff.Bind(tx, access.DefaultTenant, tariff.Use{Site: DefaultSite, Station: "CS-1", EVSE: 1, Customer: tariff.Customer{Guest: true}, At: tx.Now()})
		if err != nil {
			return payment.Payment{}, err
		}
		_, p, _, err := billing.Visit(tx, billing.VisitOrder{
			Guest: driver.Guest{Tenant: access.DefaultTenant, Station: "CS-1", EVSE: 1, Hold: 5000,
				Offer: driver.Offer{Tariff: b.Tariff, Version: b.Version, Currency: "EUR", Language: "en", Words: "0.40"}},
			Provider: provider, Text: "Charging", Return: func(string) string { return "https://charge.example.org/" },
		})
		return p, err
	})
	must(c.t, tillFace{c.Server}.Ask(context.Background(), p.ID))
	if p = c.payment(p.ID); p.Status != payment.Open || p.Ref == "" {
		c.t.Fatalf("%s: %+v", provider, p)
	}
	return p
}

// invoice is a payment of 50.00 by simpay for which no station is asked.
func (c *cashier) invoice() payment.Payment {
	c.t.Helper()
	p := do(c.world, func(tx *store.Tx) (payment.Payment, error) {
		return payment.Plan(tx, payment.Order{
			Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Key: "invoice", Purpose: payment.ForInvoice, Object: "inv_1", Account: "receivable/guest/one", Provider: "simpay",
			Mode: payment.ByPage, Amount: money.Amount{Minor: 5000, Currency: "EUR"}, Text: "Invoice", Return: "https://charge.example.org/",
		})
	})
	must(c.t, tillFace{c.Server}.Ask(context.Background(), p.ID))
	return c.payment(p.ID)
}

func (c *cashier) payment(id string) payment.Payment {
	c.t.Helper()
	return do(c.world, func(tx *store.Tx) (payment.Payment, error) { p, _, err := payment.Find(tx, id); return p, err })
}

// posts a webhook over HTTP and returns the status. Where the server hangs up before
// all of it was sent, its answer may be lost on these pipes: then it is sent again.
func (c *cashier) posts(target string, header http.Header, body string) int {
	c.t.Helper()
	for range 50 {
		code, err := c.post(target, header, body)
		if err == nil {
			return code
		}
		if !errors.Is(err, io.ErrClosedPipe) {
			c.t.Fatal(err)
		}
	}
	c.t.Fatalf("%s: the server hangs up", target)
	return 0
}

func (c *cashier) post(target string, header http.Header, body string) (int, error) {
	c.t.Helper()
	q, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://cs"+target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for k, v := range header {
		q.Header[k] = v
	}
	client := http.Client{Transport: &http.Transport{DialContext: c.net.Dial, DisableKeepAlives: true}}
	a, err := client.Do(q)
	if err != nil {
		return 0, err
	}
	return a.StatusCode, a.Body.Close()
}

// hears waits until what providers told is worked on.
func (c *cashier) hears() {
	c.t.Helper()
	c.settle()
}

func stripeSigned(secret, body string, at time.Time) http.Header {
	m := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(m, "%d.%s", at.Unix(), body)
	return http.Header{"Stripe-Signature": {fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(m.Sum(nil)))}}
}

func stripeEvent(name, page, payment string) string {
	return fmt.Sprintf(`{"id":%q,"object":"event","type":"checkout.session.completed","data":{"object":{"id":%q,"object":"checkout.session","client_reference_id":%q}}}`, name, page, payment)
}

// listed are the payments that wait for a person, as the console lists them, with
// the number of them that its list of what waits says.
func (c *cashier) listed() (items []struct {
	ID      string `json:"id"`
	Trouble string `json:"trouble"`
	Why     string `json:"trouble_reason"`
}, waiting int) {
	c.t.Helper()
	var list struct {
		Items []struct {
			ID      string `json:"id"`
			Trouble string `json:"trouble"`
			Why     string `json:"trouble_reason"`
		}
	}
	_, text := ask(c.t, c.Server, c.key, "GET", "/payments?trouble=true", "")
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		c.t.Fatal(text)
	}
	var sum struct{ Payments int }
	_, text = ask(c.t, c.Server, c.key, "GET", "/review", "")
	if err := json.Unmarshal([]byte(text), &sum); err != nil {
		c.t.Fatal(text)
	}
	return list.Items, sum.Payments
}

func (c *cashier) count(query string) int64 {
	c.t.Helper()
	return do(c.world, func(tx *store.Tx) (int64, error) {
		n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, query)
		return n, err
	})
}

// A webhook that its provider did not make, or not for us, is refused and changes
// nothing, whoever's it pretends to be.
func TestForgedWebhooksChangeNothing(t *testing.T) {
	engines(t, func(t *testing.T, at string) {
		c := newCashier(t, at)
		s, m, p := c.guest("stripe"), c.guest("mollie"), c.guest("simpay")
		now := time.Now()
		good := stripeEvent("evt_1", s.Ref, s.ID)
		charge := c.till.sim.Charges(p.ID)[0]
		signed, body := c.till.sim.Sign(charge, "payment.held", now)
		old, oldBody := c.till.sim.Sign(charge, "payment.held", now.Add(-10*time.Minute))
		early, earlyBody := c.till.sim.Sign(charge, "payment.held", now.Add(10*time.Minute))
		elsewhere, err := simpay.New(simpay.Options{Base: "https://other.example.org", Secrets: []string{"of another installation"}})
		if err != nil {
			t.Fatal(err)
		}
		theirs, theirBody := elsewhere.Sign(charge, "payment.held", now)
		huge := strings.Repeat(" ", payment.MaxDelivery) + good
		hookM := hookPath + "mollie?key="
		for name, x := range map[string]struct {
			target string
			header http.Header
			body   string
			status int
		}{
			"stripe, not signed":           {hookPath + "stripe", nil, good, 403},
			"stripe, another secret":       {hookPath + "stripe", stripeSigned("whsec_of_another", good, now), good, 403},
			"stripe, ten minutes ago":      {hookPath + "stripe", stripeSigned(stripeSecret, good, now.Add(-10*time.Minute)), good, 403},
			"stripe, changed afterwards":   {hookPath + "stripe", stripeSigned(stripeSecret, good, now), strings.Replace(good, s.ID, p.ID, 1), 403},
			"stripe, huge":                 {hookPath + "stripe", stripeSigned(stripeSecret, huge, now), huge, 400},
			"stripe, no event":             {hookPath + "stripe", stripeSigned(stripeSecret, "[]", now), "[]", 400},
			"stripe's at simpay's address": {hookPath + "simpay", stripeSigned(stripeSecret, good, now), good, 403},
			"mollie, no key":               {hookPath + "mollie", nil, "id=tr_1", 403},
			"mollie, another key":          {hookM + "sixteen-letters-2", nil, "id=tr_1", 403},
			"mollie, nobody's payment":     {hookM + mollieSecret, nil, "id=tr_2", 403},
			"mollie, no payment":           {hookM + mollieSecret, nil, "id=../tr_1", 403},
			"mollie, huge":                 {hookM + mollieSecret, nil, "id=tr_1" + strings.Repeat(" ", payment.MaxDelivery), 400},
			"simpay, not signed":           {hookPath + "simpay", nil, string(body), 403},
			"simpay, of another":           {hookPath + "simpay", theirs, string(theirBody), 403},
			"simpay, ten minutes ago":      {hookPath + "simpay", old, string(oldBody), 403},
			"simpay, in ten minutes":       {hookPath + "simpay", early, string(earlyBody), 403},
			"simpay, changed afterwards":   {hookPath + "simpay", signed, strings.Replace(string(body), p.ID, s.ID, 1), 403},
			"a provider that is not there": {hookPath + "nobody", signed, string(body), 404},
		} {
			if code := c.posts(x.target, x.header, x.body); code != x.status {
				t.Errorf("%s: %d, want %d", name, code, x.status)
			}
		}
		c.hears()
		for _, was := range []payment.Payment{s, m, p} {
			if now := c.payment(was.ID); now != was {
				t.Errorf("%s was %+v, is %+v", was.Provider, was, now)
			}
		}
		if n := c.count(`SELECT COUNT(*) FROM payment_delivery`); n != 0 {
			t.Errorf("%d deliveries are kept", n)
		}
	})
}

// What a provider signs counts only as far as it is true when the provider is asked:
// of an unknown payment, of another provider's, repeated, and in any order.
func TestWebhooksInAnyOrderAndNumber(t *testing.T) {
	engines(t, func(t *testing.T, at string) {
		c := newCashier(t, at)
		s, p := c.guest("stripe"), c.invoice()
		now := time.Now()
		send := func(charge payment.Charge, kind string, times int) {
			h, body := c.till.sim.Sign(charge, kind, now)
			for range times {
				if code := c.posts(hookPath+"simpay", h, string(body)); code != 200 {
					t.Errorf("%s: %d", kind, code)
				}
			}
			c.hears()
		}
		send(payment.Charge{Ref: "sim_none", Payment: "pay_none"}, "payment.held", 5)
		send(payment.Charge{Ref: s.Ref, Payment: s.ID}, "payment.taken", 5) // it is Stripe's
		if n := c.payment(s.ID); n != s {
			t.Errorf("the other provider's: %+v", n)
		}
		must(t, c.till.sim.Pay(p.Ref, simpay.Good))
		charge := c.till.sim.Charges(p.ID)[0]
		send(charge, "payment.held", 5)
		if n := c.payment(p.ID); n.Status != payment.Held {
			t.Fatalf("held: %+v", n)
		}
		do(c.world, func(tx *store.Tx) (payment.Request, error) { return payment.Capture(tx, p.ID, 1200) })
		for end := now.Add(time.Minute); c.till.sim.Charges(p.ID)[0].Captured == 0 && time.Now().Before(end); {
			time.Sleep(20 * time.Millisecond)
		}
		must(t, c.till.sim.GiveBack(p.Ref, 500))
		charge = c.till.sim.Charges(p.ID)[0]
		for _, kind := range []string{"payment.refunded", "payment.taken", "payment.held", "payment.open"} {
			send(charge, kind, 5)
		}
		n := c.payment(p.ID)
		if n.Status != payment.Taken || n.Captured != 1200 || n.Refunded != 500 || n.Trouble != "" {
			t.Errorf("in the end: %+v", n)
		}
		if b := do(c.world, func(tx *store.Tx) (int64, error) {
			return ledger.BalanceOf(tx, access.DefaultTenant, "clearing/simpay", "EUR")
		}); b != 700 {
			t.Errorf("the books have %d", b)
		}
		if k := c.count(`SELECT COUNT(*) FROM payment_delivery WHERE times = 5 AND handled_at IS NOT NULL`); k != 7 {
			t.Errorf("%d of 7 deliveries came five times and were heard", k)
		}
		if off := do(c.world, ledger.Unbalanced); off != 0 {
			t.Errorf("%d journals are off", off)
		}
		if k := c.count(`SELECT COUNT(*) FROM outbox_event WHERE parked`); k != 0 {
			t.Errorf("%d events are given up", k)
		}
	})
}

// A charge that cannot be what was asked for is booked nowhere, starts nothing, and
// is in the list of what waits for a person, with the reason.
func TestChargesThatCannotBeWaitForAPerson(t *testing.T) {
	intent := func(page, status, members string) string {
		return fmt.Sprintf(`"mode":"payment","status":"complete","currency":%q,"payment_intent":{"id":"pi_1","object":"payment_intent","currency":%q,"status":%q,%s}`, page, page, status, members)
	}
	for name, x := range map[string]struct{ page, tr, why string }{
		"another currency":        {intent("usd", "requires_capture", `"amount_capturable":5000`), `"status":"authorized","amount":{"currency":"USD","value":"50.00"}`, "EUR and paid in USD"},
		"more than asked":         {intent("eur", "requires_capture", `"amount_capturable":5001`), `"status":"authorized","amount":{"currency":"EUR","value":"50.01"}`, "5001"},
		"taken, and more":         {intent("eur", "succeeded", `"amount_received":9900000`), `"status":"paid","amount":{"currency":"EUR","value":"99000.00"}`, "9900000"},
		"a currency that is none": {intent("zzz", "requires_capture", `"amount_capturable":5000`), `"status":"authorized","amount":{"currency":"ZZZ","value":"50.00"}`, "currency"},
		"given back more than taken": {
			intent("eur", "succeeded", `"amount_received":5000,"latest_charge":{"id":"ch_1","object":"charge","amount_refunded":6000}`),
			`"status":"paid","amount":{"currency":"EUR","value":"50.00"},"_embedded":{"refunds":[{"id":"re_1","status":"refunded","amount":{"currency":"EUR","value":"60.00"}}]}`, "6000",
		},
	} {
		for _, provider := range []string{"stripe", "mollie"} {
			t.Run(name+"/"+provider, func(t *testing.T) {
				engines(t, func(t *testing.T, at string) {
					c := newCashier(t, at)
					p := c.guest(provider)
					c.abroad.becomes(x.page, x.tr)
					target, header, body := hookPath+"mollie?key="+url.QueryEscape(mollieSecret), http.Header{}, "id=tr_1"
					if provider == "stripe" {
						body = stripeEvent("evt_1", p.Ref, p.ID)
						target, header = hookPath+"stripe", stripeSigned(stripeSecret, body, time.Now())
					}
					if code := c.posts(target, header, body); code != 200 {
						t.Errorf("answered %d", code)
					}
					c.hears()
					list, waiting := c.listed()
					if len(list) != 1 || waiting != 1 || list[0].ID != p.ID || list[0].Trouble != "strange" || !strings.Contains(list[0].Why, x.why) {
						t.Fatalf("%d wait, listed: %+v; the payment %+v", waiting, list, c.payment(p.ID))
					}
					if n := c.count(`SELECT COUNT(*) FROM ledger_journal`); n != 0 {
						t.Errorf("%d journals", n)
					}
					if n := c.count(`SELECT COUNT(*) FROM driver_guest WHERE state = 'paying'`); n != 1 {
						t.Error("the guest's visit went on")
					}
				})
			})
		}
	}
}
