package stripe_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/core/payment"
	"chargewright/core/payment/paymenttest"
	"chargewright/plug/stripe"
)

func ask(minor int64, c money.Currency) payment.Ask {
	p := id.New("pay")
	return payment.Ask{
		Payment: p, Key: p + "/authorize", Amount: money.Amount{Minor: minor, Currency: c}, Email: "buyer@example.org",
		Text: "Charging", Language: "de", Return: "https://charge.example.org/pay/" + p,
	}
}

func change(c payment.Charge, verb string, minor int64) payment.Change {
	return payment.Change{Payment: c.Payment, Ref: c.Ref, Key: c.Payment + "/" + verb, Amount: money.Amount{Minor: minor, Currency: c.Currency}}
}

func must(t *testing.T, c payment.Charge, err error) payment.Charge {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// held is a payment that a buyer has paid for on its page.
func held(t *testing.T, f *fake, p *stripe.Provider, minor int64) payment.Charge {
	t.Helper()
	c, err := p.Authorize(t.Context(), ask(minor, "EUR"))
	must(t, c, err)
	f.pay(c.Ref, paymenttest.Good)
	c, err = p.Find(t.Context(), payment.Query{Ref: c.Ref})
	return must(t, c, err)
}

// Stripe counts some currencies unlike ISO 4217; what it cannot express is refused.
func TestAmountsInStripesUnits(t *testing.T) {
	f := newFake(t)
	p := open(t, f, nil)
	for _, c := range []struct {
		minor    int64
		currency money.Currency
		want     int64 // 0: Invalid
	}{
		{1, "EUR", 1}, {5000, "JPY", 5000}, {500, "ISK", 50000}, {7, "UGX", 700}, {200, "MGA", 2}, {150, "MGA", 0},
		{5120, "KWD", 5120}, {5124, "KWD", 0}, {5, "TND", 0}, {0, "EUR", 0}, {-5, "EUR", 0}, {1_000_000_000_000, "EUR", 0},
		{999_999_999_999, "ISK", 0}, {10, "XXX", 0}, {10, "", 0},
	} {
		a := ask(c.minor, c.currency)
		got, err := p.Authorize(t.Context(), a)
		if c.want == 0 {
			if !fail.Is(err, fail.Invalid) || f.count(a.Payment) != 0 {
				t.Errorf("%d %s: %v", c.minor, c.currency, err)
			}
			continue
		}
		if err != nil || f.objects[got.Ref]["amount_total"] != c.want {
			t.Errorf("%d %s became %v, %v; want %d", c.minor, c.currency, f.objects[got.Ref]["amount_total"], err, c.want)
		}
	}
}

// What the page asks for.
func TestThePagesRequest(t *testing.T) {
	now := time.Date(2027, 3, 4, 5, 6, 7, 0, time.UTC)
	f := newFake(t)
	f.clock = func() time.Time { return now }
	p := open(t, f, func(o *stripe.Options) { o.Now = f.clock })
	for name, c := range map[string]struct {
		change func(*payment.Ask)
		want   map[string]string
	}{
		"a hold": {func(*payment.Ask) {}, map[string]string{
			"mode": "payment", "payment_method_types[0]": "card", "payment_intent_data[capture_method]": "manual", "locale": "de", "expires_at": "",
			"payment_method_options[card][request_incremental_authorization]": "if_available", "customer_email": "buyer@example.org", "customer": "",
			"customer_creation": "", "payment_intent_data[setup_future_usage]": "", "line_items[0][price_data][product_data][name]": "Charging",
			"adaptive_pricing[enabled]": "false", "line_items[0][quantity]": "1",
		}},
		"at once":               {func(a *payment.Ask) { a.Take = true }, map[string]string{"payment_intent_data[capture_method]": ""}},
		"saved for a new buyer": {func(a *payment.Ask) { a.Save = true }, map[string]string{"customer_creation": "always", "payment_intent_data[setup_future_usage]": "off_session"}},
		"saved for a known one": {func(a *payment.Ask) { a.Save, a.Customer = true, "cus_1" }, map[string]string{"customer": "cus_1", "customer_email": "", "customer_creation": ""}},
		"Norwegian":             {func(a *payment.Ask) { a.Language = "no" }, map[string]string{"locale": "nb"}},
		"a language not there":  {func(a *payment.Ask) { a.Language = "xx" }, map[string]string{"locale": "auto"}},
		"a term of a minute":    {func(a *payment.Ask) { a.Until = now.Add(time.Minute) }, map[string]string{"expires_at": fmt.Sprint(now.Add(31 * time.Minute).Unix())}},
		"a term of an hour":     {func(a *payment.Ask) { a.Until = now.Add(time.Hour) }, map[string]string{"expires_at": fmt.Sprint(now.Add(time.Hour).Unix())}},
		"a term of a week":      {func(a *payment.Ask) { a.Until = now.Add(7 * 24 * time.Hour) }, map[string]string{"expires_at": fmt.Sprint(now.Add(24*time.Hour - time.Minute).Unix())}},
		"nothing to call it":    {func(a *payment.Ask) { a.Text = ""; a.Payment = "pay_x" }, map[string]string{"line_items[0][price_data][product_data][name]": "pay_x"}},
	} {
		a := ask(100, "EUR")
		c.change(&a)
		got, err := p.Authorize(t.Context(), a)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for k, want := range c.want {
			if v := f.objects[got.Ref]["form"].(url.Values).Get(k); v != want {
				t.Errorf("%s: %s is %q, want %q", name, k, v, want)
			}
		}
	}
}

// The term of a short-lived page is counted from now: asked again a minute later
// the request differs, and the page is still the same one.
func TestAskedAgainLaterItIsTheSamePage(t *testing.T) {
	now := time.Now()
	f := newFake(t)
	p := open(t, f, func(o *stripe.Options) { o.Now = func() time.Time { return now } })
	a := ask(500, "EUR")
	a.Until = now.Add(15 * time.Minute)
	first, err := p.Authorize(t.Context(), a)
	must(t, first, err)
	now = now.Add(time.Minute)
	again, err := p.Authorize(t.Context(), a)
	if must(t, again, err); again.Ref != first.Ref || f.count(a.Payment) != 1 {
		t.Errorf("it is %s, was %s, and there are %d", again.Ref, first.Ref, f.count(a.Payment))
	}
	a.Amount.Minor = 600
	if c, err := p.Authorize(t.Context(), a); !fail.Is(err, fail.Conflict) {
		t.Errorf("another amount under the same key: %+v, %v", c, err)
	}
}

// By our id it finds what is old by the search, and never says that a payment is
// not there when it could not look at all of them.
func TestFindByOurID(t *testing.T) {
	now := time.Now()
	f := newFake(t)
	f.clock = func() time.Time { return now }
	p := open(t, f, func(o *stripe.Options) { o.Now = f.clock })
	old := held(t, f, p, 500)
	f.objects[old.Ref]["created"], f.intentOf(old.Ref)["created"] = now.Add(3*time.Hour).Unix(), now.Add(3*time.Hour).Unix() // long after its id was made
	now = now.Add(5 * time.Hour)
	c, err := p.Find(t.Context(), payment.Query{Payment: old.Payment})
	if must(t, c, err); c.Ref != old.Ref {
		t.Errorf("it found %s, not %s", c.Ref, old.Ref)
	}
	plain := ask(100, "EUR")
	plain.Payment = "pay_without_a_time"
	first, err := p.Authorize(t.Context(), plain)
	must(t, first, err)
	if c, err = p.Find(t.Context(), payment.Query{Payment: plain.Payment}); must(t, c, err).Ref != first.Ref {
		t.Errorf("it found %s, not %s", c.Ref, first.Ref)
	}
	if _, err := p.Find(t.Context(), payment.Query{}); !fail.Is(err, fail.Invalid) {
		t.Errorf("asking for nothing: %v", err)
	}
	now = time.Now()
	for n := range 2001 {
		f.make("checkout.session", "cs_other_", object{"client_reference_id": fmt.Sprint("pay_other_", n), "metadata": object{}})
	}
	if _, err := p.Find(t.Context(), payment.Query{Payment: ask(1, "EUR").Payment}); !fail.Is(err, fail.Unavailable) {
		t.Errorf("among too many: %v", err)
	}
}

// A twin of a call that is still running is waited for; if it takes too long,
// nobody knows what becomes of it.
func TestTwins(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := open(t, f, nil)
	f.slow = 400 * time.Millisecond
	a := ask(500, "EUR")
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := p.Authorize(t.Context(), a); err != nil {
			t.Error(err)
		}
	})
	for f.calledTimes("POST /v1/checkout/sessions") == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Authorize(ctx, a); !fail.Is(err, fail.Timeout) {
		t.Errorf("without patience: %v", err)
	}
	if _, err := p.Authorize(t.Context(), a); err != nil || f.count(a.Payment) != 1 {
		t.Errorf("with patience: %v, %d made", err, f.count(a.Payment))
	}
	wg.Wait()
}

func (f *fake) calledTimes(call string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c == call {
			n++
		}
	}
	return n
}

// A call ends with its context, and its outcome is then not known.
func TestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.slow = time.Second
	p := open(t, f, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Authorize(ctx, ask(500, "EUR")); !fail.Is(err, fail.Timeout) || ctx.Err() == nil {
		t.Errorf("%v", err)
	}
	p = open(t, f, func(o *stripe.Options) { o.Client = &http.Client{Timeout: 50 * time.Millisecond} })
	if _, err := p.Authorize(t.Context(), ask(500, "EUR")); !fail.Is(err, fail.Timeout) {
		t.Errorf("the client's own time: %v", err)
	}
}

// Each answer of Stripe that is no success has its kind.
func TestFailuresHaveTheirKind(t *testing.T) {
	stripeError := func(kind, code string) string {
		return fmt.Sprintf(`{"error":{"type":%q,"code":%q,"message":"no"}}`, kind, code)
	}
	for name, c := range map[string]struct {
		status int
		body   string
		want   fail.Kind
	}{
		"wrong key":            {401, stripeError("invalid_request_error", ""), fail.Denied},
		"a restricted key":     {403, stripeError("invalid_request_error", ""), fail.Denied},
		"not there":            {404, stripeError("invalid_request_error", "resource_missing"), fail.NotFound},
		"a wrong parameter":    {400, stripeError("invalid_request_error", "parameter_unknown"), fail.Invalid},
		"too small":            {400, stripeError("invalid_request_error", "amount_too_small"), fail.Invalid},
		"the wrong state":      {400, stripeError("invalid_request_error", "payment_intent_unexpected_state"), fail.Conflict},
		"too many calls":       {429, stripeError("invalid_request_error", "rate_limit"), fail.Busy},
		"locked for long":      {429, stripeError("invalid_request_error", "lock_timeout"), fail.Busy},
		"a twin for long":      {409, stripeError("idempotency_error", "idempotency_key_in_use"), fail.Timeout},
		"a key used otherwise": {400, stripeError("idempotency_error", ""), fail.Conflict},
		"a fault":              {500, stripeError("api_error", ""), fail.Unavailable},
		"a gateway's page":     {502, "<html>bad gateway</html>", fail.Unavailable},
		"no JSON":              {200, "fine", fail.Unavailable},
		"JSON of another kind": {200, `[1]`, fail.Unavailable},
		"a redirect":           {302, "", fail.Unavailable},
		"no end":               {200, `{"url":"` + strings.Repeat("x", 9<<20) + `"}`, fail.Unavailable},
		"a currency unknown":   {200, `{"id":"cs_1","status":"open","mode":"payment","currency":"zzz"}`, fail.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			}))
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.Start()
			t.Cleanup(s.Close)
			p, err := stripe.New(stripe.Options{Key: apiKey, URL: s.URL})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Find(t.Context(), payment.Query{Ref: "cs_1"}); fail.KindOf(err) != c.want || err == nil {
				t.Errorf("%v (%s), want %s", err, fail.KindOf(err), c.want)
			}
		})
	}
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	p, err := stripe.New(stripe.Options{Key: apiKey, URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Authorize(t.Context(), ask(100, "EUR")); !fail.Is(err, fail.Timeout) {
		t.Errorf("nobody there: %v", err)
	}
}

// A buyer who pays while their page is being closed is not charged.
func TestPaidWhileThePageCloses(t *testing.T) {
	f := newFake(t)
	c, err := open(t, f, nil).Authorize(t.Context(), ask(500, "EUR"))
	must(t, c, err)
	p := open(t, f, func(o *stripe.Options) {
		o.Client = &http.Client{Transport: before(func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/expire") {
				f.pay(c.Ref, paymenttest.Good)
			}
		})}
	})
	v, err := p.Void(t.Context(), change(c, "void", 0))
	if must(t, v, err); v.Status != payment.Released || v.Held != 0 {
		t.Errorf("%+v", v)
	}
}

type before func(*http.Request)

func (b before) RoundTrip(r *http.Request) (*http.Response, error) {
	b(r)
	return http.DefaultTransport.RoundTrip(r)
}

func TestDeclines(t *testing.T) {
	f := newFake(t)
	p := open(t, f, nil)
	for code, want := range map[string]payment.Decline{
		"insufficient_funds":      {Code: "insufficient_funds"},
		"stolen_card":             {Code: "stolen_card", Final: true},
		"authentication_required": {Code: "authentication_required", Confirm: true},
	} {
		i := f.intent(500, "eur", "manual", "", object{"payment": "pay_1", "via": "method"})
		f.decline(i, "card_declined", code)
		c, err := p.Find(t.Context(), payment.Query{Ref: i["id"].(string)})
		must(t, c, err)
		if d := c.Decline; c.Status != payment.Refused || d.Code != want.Code || d.Final != want.Final || d.Confirm != want.Confirm || d.Text == "" {
			t.Errorf("%s: %+v", code, c)
		}
	}
}

func TestWebhooksOfEachKind(t *testing.T) {
	f := newFake(t)
	p := open(t, f, nil)
	page := held(t, f, p, 500)
	intent := f.intentOf(page.Ref)
	direct := f.intent(500, "eur", "manual", "", object{"payment": "pay_d", "via": "method"})
	for kind, c := range map[string]struct {
		o            object
		ref, payment string
	}{
		"checkout.session.completed":       {object{"id": page.Ref, "object": "checkout.session", "client_reference_id": page.Payment}, page.Ref, page.Payment},
		"payment_intent.payment_failed":    {clone(direct), direct["id"].(string), "pay_d"},
		"payment_intent.succeeded":         {clone(intent), page.Ref, page.Payment},
		"charge.captured":                  {clone(f.get(intent["latest_charge"])), page.Ref, page.Payment},
		"refund.updated":                   {object{"id": "re_1", "object": "refund", "payment_intent": intent["id"], "metadata": object{"ref": page.Ref, "payment": page.Payment}}, page.Ref, page.Payment},
		"refund.created":                   {object{"id": "re_2", "object": "refund", "payment_intent": intent["id"]}, page.Ref, ""},
		"charge.dispute.created":           {object{"id": "du_1", "object": "dispute", "payment_intent": intent["id"]}, page.Ref, ""},
		"terminal.reader.action_succeeded": {object{"id": "tmr_1", "object": "terminal.reader", "action": object{"process_payment_intent": object{"payment_intent": "pi_9"}}}, "pi_9", ""},
		"payout.paid":                      {object{"id": "po_1", "object": "payout"}, "", ""},
		"something.new":                    {object{"id": "x", "object": "x", "payment_intent": object{"of": "another shape"}}, "", ""},
	} {
		for _, secret := range []string{hookSecret, oldSecret} {
			post := sign(event(kind, c.o), secret, time.Now())
			d, err := p.Webhook(t.Context(), post.Header.Get, post.Body)
			if err != nil || d.Ref != c.ref || d.Payment != c.payment || d.Kind != kind || d.Event == "" {
				t.Errorf("%s: %+v, %v", kind, d, err)
			}
		}
		post := sign(event(kind, c.o), "whsec_of_somebody", time.Now())
		if d, err := p.Webhook(t.Context(), post.Header.Get, post.Body); !fail.Is(err, fail.Denied) {
			t.Errorf("%s, signed by somebody: %+v, %v", kind, d, err)
		}
	}
	for what, body := range map[string]string{"no JSON": "hello", "a list": "[]", "no id": `{"type":"x"}`} {
		post := sign(object{}, hookSecret, time.Now())
		post.Body = []byte(body)
		s := signText(body, hookSecret)
		if _, err := p.Webhook(t.Context(), func(string) string { return s }, post.Body); !fail.Is(err, fail.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	none := open(t, f, func(o *stripe.Options) { o.Secrets = nil })
	post := sign(event("payout.paid", object{"id": "po_1", "object": "payout"}), "", time.Now())
	if _, err := none.Webhook(t.Context(), post.Header.Get, post.Body); !fail.Is(err, fail.Denied) {
		t.Errorf("without a secret: %v", err)
	}
}

// All movements come once, in order, over pages; also on an account that has none
// before.
func TestMovementsOverPages(t *testing.T) {
	f := newFake(t)
	p := open(t, f, nil)
	start := time.Now().Add(-time.Hour).Truncate(time.Second)
	f.clock = func() time.Time { return start }
	kinds := []string{"charge", "refund", "dispute", "dispute_reversal", "payout", "fee", "transfer"}
	for n := range 350 {
		f.clock = func() time.Time { return start.Add(time.Duration(n/7) * time.Second) }
		f.book(kinds[n%len(kinds)], nil, int64(n)-100, 0, "eur")
	}
	for since, want := range map[time.Duration]int{0: 350, time.Second: 343, 49 * time.Second: 7, 50 * time.Second: 0, -1000 * time.Hour: 350} {
		var got []payment.Movement
		for after := ""; ; {
			list, next, err := p.Movements(t.Context(), start.Add(since), after)
			if err != nil || len(list) > 100 {
				t.Fatalf("%d, %v", len(list), err)
			}
			if got = append(got, list...); next == "" {
				break
			}
			after = next
		}
		if len(got) != want {
			t.Fatalf("since %v there are %d, want %d", since, len(got), want)
		}
		for n, m := range got {
			if at := int64(350 - want + n - 100); m.Gross != at {
				t.Fatalf("since %v the %dth is %d, want %d", since, n, m.Gross, at)
			}
		}
	}
	list, _, err := p.Movements(t.Context(), start, "")
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []payment.MovementKind{payment.MovedCharge, payment.MovedRefund, payment.MovedDispute, payment.MovedDispute, payment.MovedPayout, payment.MovedFee, payment.MovedOther} {
		if list[n].Kind != want || list[n].Charge != "" {
			t.Errorf("%s became %+v", kinds[n], list[n])
		}
	}
}

func TestEvidenceIsGivenOnce(t *testing.T) {
	f := newFake(t)
	p := open(t, f, nil)
	f.make("dispute", "du_", object{"status": "needs_response"})
	du := f.order["dispute"][0]
	e := payment.Evidence{Text: "It charged.", Buyer: "b@example.org", Service: time.Date(2027, 1, 2, 3, 0, 0, 0, time.UTC), Document: []byte("%PDF-1.4")}
	if err := p.Contest(t.Context(), du, payment.Evidence{Document: make([]byte, 5<<20)}); !fail.Is(err, fail.Invalid) {
		t.Errorf("a document of 5 MB: %v", err)
	}
	if err := p.Contest(t.Context(), du, e); err != nil {
		t.Fatal(err)
	}
	got := f.objects[du]["evidence"].(object)
	if got["uncategorized_text"] != e.Text || got["service_date"] != "2027-01-02" || f.get(got["service_documentation"])["purpose"] != "dispute_evidence" {
		t.Errorf("it was given %v", got)
	}
	if err := p.Contest(t.Context(), du, e); !fail.Is(err, fail.Conflict) {
		t.Errorf("a second time: %v", err)
	}
}

func TestAMethodOfAnotherBuyerStays(t *testing.T) {
	f := newFake(t)
	m := f.make("payment_method", "pm_", object{"customer": "cus_1"})
	if err := open(t, f, nil).Forget(t.Context(), "cus_2", m["id"].(string)); !fail.Is(err, fail.NotFound) || m["customer"] != "cus_1" {
		t.Errorf("%v, it is of %v", err, m["customer"])
	}
}

func TestOptions(t *testing.T) {
	for field, o := range map[string]stripe.Options{
		"key": {Key: "pk_test_x"}, "secrets": {Key: apiKey, Secrets: []string{"x"}}, "url": {Key: apiKey, URL: "::"}, "uploads": {Key: apiKey, Uploads: "ftp://x"},
	} {
		if _, err := stripe.New(o); !fail.Is(err, fail.Invalid) || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), apiKey) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Whatever happens, no secret and no word about a buyer stands in a log or an error.
func TestNothingSecretIsSaid(t *testing.T) {
	var said bytes.Buffer
	f := newFake(t)
	p := open(t, f, func(o *stripe.Options) {
		o.Log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	note := func(err error) { fmt.Fprintln(&said, err, fail.Say(err)) }
	a := ask(500, "EUR")
	a.Save = true
	c, err := p.Authorize(t.Context(), a)
	must(t, c, err)
	f.pay(c.Ref, paymenttest.DeclinedLater)
	c, err = p.Find(t.Context(), payment.Query{Ref: c.Ref})
	must(t, c, err)
	later := ask(100, "EUR")
	later.Method, later.Customer = c.Method.Ref, c.Method.Customer
	no, err := p.Authorize(t.Context(), later)
	must(t, no, err)
	_, err = p.Capture(t.Context(), change(c, "capture", 501))
	note(err)
	for _, trouble := range []paymenttest.Trouble{paymenttest.Lost, paymenttest.Overloaded, paymenttest.LockedOut} {
		f.locked(func() { f.trouble = trouble })
		_, err = p.Authorize(t.Context(), ask(500, "EUR"))
		note(err)
	}
	for _, body := range []string{
		`{"error":{"type":"invalid_request_error","code":"email_invalid","param":"customer_email","message":"Invalid email address: buyer@example.org"}}`,
		`{"error":{"type":"card_error","code":"card_declined","message":"no","payment_intent":{"id":"pi_1","client_secret":"pi_secret_` + hiddenSecret + `"}}}`,
		`{"buyer@example.org" ` + hiddenSecret,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, body)
		}))
		q := open(t, f, func(o *stripe.Options) {
			o.URL, o.Log = s.URL, slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		_, err = q.Authorize(t.Context(), ask(500, "EUR"))
		note(err)
		_, err = q.Capture(t.Context(), change(c, "capture", 1))
		note(err)
		s.Close()
	}
	post := sign(event("payout.paid", object{"id": "po_1"}), "whsec_other", time.Now())
	_, err = p.Webhook(t.Context(), post.Header.Get, post.Body)
	note(err)
	for _, secret := range []string{apiKey, hookSecret, oldSecret, hiddenSecret, "buyer@example.org", "4242"} {
		if strings.Contains(said.String(), secret) {
			t.Errorf("%q was said:\n%s", secret, said.String())
		}
	}
	if !strings.Contains(said.String(), "/v1/checkout/sessions") {
		t.Error("the log says nothing at all")
	}
}

// Whatever Stripe signs, it is understood, is of no interest, or is refused.
func FuzzDeliveries(f *testing.F) {
	for _, seed := range []string{
		`{"id":"evt_1","type":"x","data":{"object":{"id":"pi_1","object":"payment_intent","metadata":{"via":"method","payment":"p"}}}}`,
		`{"id":"evt_1","data":{"object":{"object":"terminal.reader","action":null}}}`, `{"id":"evt_1","data":{"object":[]}}`, `{"id":1}`, `null`, ``,
	} {
		f.Add(seed)
	}
	s := httptest.NewServer(http.NotFoundHandler())
	f.Cleanup(s.Close)
	p, err := stripe.New(stripe.Options{Key: apiKey, Secrets: []string{hookSecret}, URL: s.URL})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		signature := signText(body, hookSecret)
		d, err := p.Webhook(t.Context(), func(string) string { return signature }, []byte(body))
		if err == nil && d.Event == "" {
			t.Errorf("%q became %+v", body, d)
		}
	})
}
