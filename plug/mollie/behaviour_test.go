package mollie_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/core/payment"
	"chargewright/core/payment/paymenttest"
	"chargewright/plug/mollie"
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

func held(t *testing.T, f *fake, p *mollie.Provider, minor int64) payment.Charge {
	t.Helper()
	c, err := p.Authorize(t.Context(), ask(minor, "EUR"))
	must(t, c, err)
	f.pay(c.Ref, paymenttest.Good)
	c, err = p.Find(t.Context(), payment.Query{Ref: c.Ref})
	return must(t, c, err)
}

// What is asked of Mollie.
func TestTheRequest(t *testing.T) {
	f := newFake(t)
	p := open(t, f, nil)
	for name, c := range map[string]struct {
		change func(*payment.Ask)
		want   object
	}{
		"a hold": {func(*payment.Ask) {}, object{
			"captureMode": "manual", "locale": "de_DE", "description": "Charging", "sequenceType": nil, "customerId": nil, "method": nil,
			"webhookUrl": "https://charge.example.org/hooks/mollie?key=" + hookSecret,
		}},
		"at once":              {func(a *payment.Ask) { a.Take = true }, object{"captureMode": nil}},
		"saved":                {func(a *payment.Ask) { a.Save, a.Customer = true, "cst_1" }, object{"sequenceType": "first", "customerId": "cst_1"}},
		"a language not there": {func(a *payment.Ask) { a.Language = "xx" }, object{"locale": nil}},
		"nothing to call it":   {func(a *payment.Ask) { a.Text, a.Payment = "", "pay_x" }, object{"description": "pay_x"}},
	} {
		f.objects["cst_1"] = object{}
		a := ask(100, "EUR")
		c.change(&a)
		got, err := p.Authorize(t.Context(), a)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for k, want := range c.want {
			if v := f.objects[got.Ref]["request"].(object)[k]; v != want {
				t.Errorf("%s: %s is %v, want %v", name, k, v, want)
			}
		}
	}
	for a, field := range map[*payment.Ask]string{
		{Key: "k", Payment: "p", Amount: money.Amount{Minor: 5, Currency: "XXX"}}:                "currency",
		{Key: "k", Payment: "p", Amount: money.Amount{Minor: 1e15, Currency: "EUR"}}:             "amount",
		{Payment: "p", Amount: money.Amount{Minor: 5, Currency: "EUR"}}:                          "key",
		{Key: "k", Amount: money.Amount{Minor: 5, Currency: "EUR"}}:                              "payment",
		{Key: "k", Payment: "p", Amount: money.Amount{Minor: 5, Currency: "EUR"}, Method: "x/y"}: "method",
	} {
		if _, err := p.Authorize(t.Context(), *a); !fail.Is(err, fail.Invalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%+v: %v", a, err)
		}
	}
}

// Mollie forgets keys after an hour. What is asked again later still has its
// effect once.
func TestAskedAgainAfterTheKeyIsForgotten(t *testing.T) {
	now := time.Now()
	f := newFake(t)
	p := open(t, f, func(o *mollie.Options) { o.Now = func() time.Time { return now } })
	a := ask(5000, "EUR")
	first, err := p.Authorize(t.Context(), a)
	must(t, first, err)
	f.pay(first.Ref, paymenttest.Good)
	forget := func() { now = now.Add(2 * time.Hour); clear(f.answers) }
	forget()
	c, err := p.Authorize(t.Context(), a)
	if must(t, c, err); c.Ref != first.Ref || c.Status != payment.Held || f.count(a.Payment) != 1 {
		t.Fatalf("%+v of %d", c, f.count(a.Payment))
	}
	for range 2 {
		c, err = p.Capture(t.Context(), change(c, "capture", 3000))
		if must(t, c, err); c.Captured != 3000 || len(f.objects[c.Ref]["captures"].([]object)) != 1 {
			t.Fatalf("captured: %+v", c)
		}
		forget()
	}
	for range 2 {
		c, err = p.Refund(t.Context(), change(c, "refund", 1000))
		if must(t, c, err); c.Refunded != 1000 || len(f.objects[c.Ref]["refunds"].([]object)) != 1 {
			t.Fatalf("given back: %+v", c)
		}
		forget()
	}
	a.Amount.Minor++
	if c, err := p.Authorize(t.Context(), a); !fail.Is(err, fail.Conflict) {
		t.Errorf("another amount under the same id: %+v, %v", c, err)
	}
}

// The key of another payment is not taken for this one's.
func TestAKeyUsedOtherwise(t *testing.T) {
	f := newFake(t)
	p := open(t, f, nil)
	a, b := ask(500, "EUR"), ask(700, "EUR")
	c, err := p.Authorize(t.Context(), a)
	must(t, c, err)
	b.Key = a.Key
	if c, err := p.Authorize(t.Context(), b); !fail.Is(err, fail.Conflict) {
		t.Errorf("%+v, %v", c, err)
	}
}

// The rest of a hold is released when the capture has succeeded, however long
// that takes; until then the payment counts as taken.
func TestTheRestIsReleased(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := open(t, f, nil)
	c := held(t, f, p, 5000)
	c, err := p.Capture(t.Context(), change(c, "capture", 2000))
	if must(t, c, err); f.objects[c.Ref]["status"] != "paid" || c.Captured != 2000 {
		t.Errorf("%s, %+v", f.objects[c.Ref]["status"], c)
	}
	c = held(t, f, p, 5000)
	f.lag = 1000
	c, err = p.Capture(t.Context(), change(c, "capture", 2000))
	if must(t, c, err); c.Status != payment.Taken || c.Captured != 2000 || c.Held != 0 || f.objects[c.Ref]["status"] != "authorized" {
		t.Errorf("while it is pending: %s, %+v", f.objects[c.Ref]["status"], c)
	}
	f.locked(func() { f.lag = 0; f.settle(f.objects[c.Ref]) })
	c, err = p.Capture(t.Context(), change(c, "capture", 2000))
	if must(t, c, err); f.objects[c.Ref]["status"] != "paid" || c.Captured != 2000 || len(f.objects[c.Ref]["captures"].([]object)) != 1 {
		t.Errorf("asked again: %s, %+v", f.objects[c.Ref]["status"], c)
	}
	c = held(t, f, p, 5000)
	f.lag = 1000
	if v, err := p.Void(t.Context(), change(c, "void", 0)); !fail.Is(err, fail.Timeout) {
		t.Errorf("a release that takes long: %+v, %v", v, err)
	}
}

// A capture that fails after all leaves a hold, and says so.
func TestACaptureFails(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := open(t, f, nil)
	c := held(t, f, p, 5000)
	f.lag = 1000
	go func() {
		for n := 0; n == 0; time.Sleep(5 * time.Millisecond) {
			f.locked(func() {
				for _, x := range f.objects[c.Ref]["captures"].([]object) {
					x["status"], n = "failed", 1
				}
			})
		}
	}()
	if v, err := p.Capture(t.Context(), change(c, "capture", 2000)); !fail.Is(err, fail.Conflict) {
		t.Errorf("%+v, %v", v, err)
	}
	if c, err := p.Find(t.Context(), payment.Query{Ref: c.Ref}); err != nil || c.Status != payment.Held || c.Held != 5000 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAPageThatCannotBeClosed(t *testing.T) {
	f := newFake(t)
	f.closable = false
	p := open(t, f, nil)
	c, err := p.Authorize(t.Context(), ask(500, "EUR"))
	must(t, c, err)
	if v, err := p.Void(t.Context(), change(c, "void", 0)); !fail.Is(err, fail.Conflict) {
		t.Errorf("%+v, %v", v, err)
	}
}

// Refunds stay within what was taken, though Mollie would give more.
func TestNoMoreThanWasTaken(t *testing.T) {
	f := newFake(t)
	p := open(t, f, nil)
	c := held(t, f, p, 5000)
	c, err := p.Capture(t.Context(), change(c, "capture", 5000))
	must(t, c, err)
	if _, err := p.Refund(t.Context(), change(c, "refund", 5001)); !fail.Is(err, fail.Conflict) {
		t.Errorf("5001 of 5000: %v", err)
	}
	if _, err := p.Refund(t.Context(), change(c, "refund", 5000)); err != nil {
		t.Errorf("5000 of 5000: %v", err)
	}
}

// Payments of other software on the account do not disturb.
func TestFindAmongOthers(t *testing.T) {
	now := time.Now()
	f := newFake(t)
	p := open(t, f, func(o *mollie.Options) { o.Now = func() time.Time { return now } })
	mine, err := p.Authorize(t.Context(), ask(500, "EUR"))
	must(t, mine, err)
	plain := ask(500, "EUR")
	plain.Payment = "pay_without_a_time"
	other, err := p.Authorize(t.Context(), plain)
	must(t, other, err)
	for n, m := range []any{nil, "Order 12", 12, []any{"x"}, object{"payment": 5}, object{"payment": "theirs"}} {
		o := f.make("tr_", object{"status": "open", "amount": object{"currency": "EUR", "value": fmt.Sprint(n, ".00")}, "metadata": m})
		f.payments = append(f.payments, o["id"].(string))
	}
	for _, c := range []payment.Charge{mine, other} {
		if got, err := p.Find(t.Context(), payment.Query{Payment: c.Payment}); err != nil || got.Ref != c.Ref {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if _, err := p.Find(t.Context(), payment.Query{}); !fail.Is(err, fail.Invalid) {
		t.Errorf("asking for nothing: %v", err)
	}
	if _, err := p.Find(t.Context(), payment.Query{Ref: "tr_x/../../customers"}); !fail.Is(err, fail.NotFound) {
		t.Errorf("a reference that leads elsewhere: %v", err)
	}
	for range 5001 {
		f.payments = append(f.payments, f.make("tr_", object{"status": "open"})["id"].(string))
	}
	if _, err := p.Find(t.Context(), payment.Query{Payment: ask(1, "EUR").Payment}); !fail.Is(err, fail.Unavailable) {
		t.Errorf("among too many: %v", err)
	}
	late := ask(1, "EUR").Payment
	for _, o := range f.objects {
		o["createdAt"] = now.Add(-time.Hour).UTC().Format(time.RFC3339)
	}
	if _, err := p.Find(t.Context(), payment.Query{Payment: late}); !fail.Is(err, fail.NotFound) {
		t.Errorf("among many that are older: %v", err)
	}
}

func TestWebhooks(t *testing.T) {
	f := newFake(t)
	p := open(t, f, nil)
	c := held(t, f, p, 500)
	read := func(target, body string) (payment.Delivery, error) {
		return p.Webhook(t.Context(), func(name string) string {
			if name == ":path" {
				return target
			}
			return ""
		}, []byte(body))
	}
	good := "/hooks/mollie?key=" + hookSecret
	d, err := read(good, "id="+c.Ref)
	if err != nil || d.Ref != c.Ref || d.Payment != c.Payment || d.Kind != "payment.authorized" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := p.Capture(t.Context(), change(c, "capture", 500)); err != nil {
		t.Fatal(err)
	}
	if later, err := read(good, "id="+c.Ref); err != nil || later.Event == d.Event {
		t.Errorf("after a capture it is %+v, %v", later, err)
	}
	if _, err := read("/hooks/mollie?key="+oldSecret, "id="+c.Ref); err != nil {
		t.Errorf("by the secret before: %v", err)
	}
	for what, x := range map[string][2]string{
		"no target":         {"", "id=" + c.Ref},
		"no secret":         {"/hooks/mollie", "id=" + c.Ref},
		"an empty one":      {"/hooks/mollie?key=", "id=" + c.Ref},
		"another":           {good + "x", "id=" + c.Ref},
		"a path for target": {"://", "id=" + c.Ref},
		"nobody's payment":  {good, "id=tr_nobody"},
		"more than an id":   {good, "id=" + c.Ref + "&id=tr_x"},
		"another thing":     {good, "id=ord_12"},
		"a path for an id":  {good, "id=tr_/../x"},
		"nothing":           {good, ""},
	} {
		if d, err := read(x[0], x[1]); !fail.Is(err, fail.Denied) {
			t.Errorf("%s: %+v, %v", what, d, err)
		}
	}
	none := open(t, f, func(o *mollie.Options) { o.Hook, o.Secrets = "", nil })
	if _, err := none.Webhook(t.Context(), func(string) string { return "/hooks/mollie?key=" }, []byte("id="+c.Ref)); !fail.Is(err, fail.Denied) {
		t.Errorf("without a secret: %v", err)
	}
}

func TestDisputesEnd(t *testing.T) {
	now := time.Now()
	f := newFake(t)
	p := open(t, f, func(o *mollie.Options) { o.Now = func() time.Time { return now } })
	c := held(t, f, p, 500)
	c, err := p.Capture(t.Context(), change(c, "capture", 500))
	must(t, c, err)
	b := f.make("chb_", object{"amount": written(-500, f.objects[c.Ref]["amount"]), "reason": object{"code": "AC01"}})
	f.objects[c.Ref]["chargebacks"] = []object{b}
	state := func() payment.DisputeState {
		c, err := p.Find(t.Context(), payment.Query{Ref: c.Ref})
		if must(t, c, err); c.Dispute == nil || c.Dispute.Amount != 500 || c.Dispute.Reason != "AC01" {
			t.Fatalf("%+v", c.Dispute)
		}
		return c.Dispute.State
	}
	if s := state(); s != payment.DisputeOpen {
		t.Errorf("at first: %s", s)
	}
	now = now.Add(121 * 24 * time.Hour)
	if s := state(); s != payment.DisputeLost {
		t.Errorf("after 121 days: %s", s)
	}
	b["reversedAt"] = now.UTC().Format(time.RFC3339)
	if s := state(); s != payment.DisputeWon {
		t.Errorf("reversed: %s", s)
	}
}

// All movements come once, in order, over pages.
func TestMovementsOverPages(t *testing.T) {
	f := newFake(t)
	p := open(t, f, nil)
	start := time.Now().Add(-time.Hour).Truncate(time.Second)
	kinds := []string{"payment", "capture", "refund", "chargeback", "outgoing-transfer", "invoice-compensation", "balance-reserve"}
	for n := range 350 {
		f.clock = func() time.Time { return start.Add(time.Duration(n/7) * time.Second) }
		f.move(kinds[n%len(kinds)], object{"id": "tr_1", "amount": object{"currency": "EUR"}}, int64(n)-100, 3)
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
			if at := int64(350 - want + n - 100); m.Gross != at || m.Fee != 3 || m.Net != at-3 || m.Charge != "tr_1" {
				t.Fatalf("since %v the %dth is %+v, want %d", since, n, m, at)
			}
		}
	}
	list, _, err := p.Movements(t.Context(), start, "")
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []payment.MovementKind{
		payment.MovedCharge, payment.MovedCharge, payment.MovedRefund, payment.MovedDispute, payment.MovedPayout, payment.MovedFee, payment.MovedOther,
	} {
		if list[n].Kind != want {
			t.Errorf("%s became %s", kinds[n], list[n].Kind)
		}
	}
	if f.tokens[0] != "true" {
		t.Error("of a test key's account the live balance was asked for")
	}
	for _, cursor := range []string{"x", "baltr_1,", "baltr_1,../x"} {
		if _, _, err := p.Movements(t.Context(), start, cursor); !fail.Is(err, fail.Invalid) {
			t.Errorf("the cursor %q: %v", cursor, err)
		}
	}
	none := open(t, f, func(o *mollie.Options) { o.Reports = "" })
	if _, _, err := none.Movements(t.Context(), start, ""); !fail.Is(err, fail.Denied) {
		t.Errorf("without a token: %v", err)
	}
}

// A twin of a call that is still running is waited for.
func TestTwins(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.slow = 400 * time.Millisecond
	p := open(t, f, nil)
	a := ask(500, "EUR")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := p.Authorize(t.Context(), a); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if f.count(a.Payment) != 1 {
		t.Errorf("%d were made", f.count(a.Payment))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Authorize(ctx, ask(500, "EUR")); !fail.Is(err, fail.Timeout) || ctx.Err() == nil {
		t.Errorf("a call that outlives its context: %v", err)
	}
}

// Each answer of Mollie that is no success has its kind.
func TestFailuresHaveTheirKind(t *testing.T) {
	const no = `{"status":400,"title":"No","detail":"no"}`
	for name, c := range map[string]struct {
		status int
		body   string
		want   fail.Kind
	}{
		"wrong key": {401, no, fail.Denied}, "not allowed": {403, no, fail.Denied}, "not there": {404, no, fail.NotFound}, "gone": {410, no, fail.NotFound},
		"bad request": {400, no, fail.Invalid}, "unprocessable": {422, no, fail.Invalid}, "too many calls": {429, no, fail.Busy},
		"a twin": {409, no, fail.Conflict}, "a fault": {500, no, fail.Unavailable}, "out of service": {503, "<html>", fail.Unavailable},
		"no JSON": {200, "fine", fail.Unavailable}, "a redirect": {302, "", fail.Unavailable},
		"no end":               {200, `{"id":"` + strings.Repeat("x", 5<<20) + `"}`, fail.Unavailable},
		"another payment":      {200, `{"id":"tr_2","amount":{"currency":"EUR","value":"1.00"}}`, fail.Unavailable},
		"a currency unknown":   {200, `{"id":"tr_1","amount":{"currency":"ZZZ","value":"1.00"}}`, fail.Internal},
		"an amount in decimal": {200, `{"id":"tr_1","amount":{"currency":"EUR","value":"1.005"}}`, fail.Internal},
		"an absurd refund":     {200, `{"id":"tr_1","amount":{"currency":"EUR","value":"1.00"},"_embedded":{"refunds":[{"amount":{"currency":"EUR","value":"x"}}]}}`, fail.Internal},
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
			p, err := mollie.New(mollie.Options{Key: apiKey, URL: s.URL})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Find(t.Context(), payment.Query{Ref: "tr_1"}); err == nil || fail.KindOf(err) != c.want {
				t.Errorf("%v (%s), want %s", err, fail.KindOf(err), c.want)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	for field, o := range map[string]mollie.Options{
		"key": {Key: "sk_x"}, "reports": {Key: apiKey, Reports: "x"}, "secrets": {Key: apiKey, Secrets: []string{"short"}}, "url": {Key: apiKey, URL: "::"},
		"hook": {Key: apiKey, Hook: "https://example.org/hook"},
	} {
		if _, err := mollie.New(o); !fail.Is(err, fail.Invalid) || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), apiKey) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Whatever happens, no secret and no word about a buyer stands in a log or an error.
func TestNothingSecretIsSaid(t *testing.T) {
	var said bytes.Buffer
	f := newFake(t)
	noisy := func(o *mollie.Options) {
		o.Log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	p := open(t, f, noisy)
	note := func(err error) { fmt.Fprintln(&said, err, fail.Say(err)) }
	a := ask(500, "EUR")
	a.Save = true
	c, err := p.Authorize(t.Context(), a)
	must(t, c, err)
	f.pay(c.Ref, paymenttest.Good)
	_, err = p.Capture(t.Context(), change(c, "capture", 501))
	note(err)
	for _, trouble := range []paymenttest.Trouble{paymenttest.Lost, paymenttest.Overloaded, paymenttest.LockedOut} {
		f.locked(func() { f.trouble = trouble })
		_, err = p.Authorize(t.Context(), ask(500, "EUR"))
		note(err)
	}
	_, err = p.Webhook(t.Context(), func(string) string { return "/hooks/mollie?key=" + hookSecret + "x" }, []byte("id="+c.Ref))
	note(err)
	_, _, err = p.Movements(t.Context(), time.Now(), "")
	note(err)
	for _, body := range []string{
		`{"status":422,"title":"No","detail":"The email buyer@example.org is invalid","field":"email"}`, `{"buyer@example.org"`,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(422)
			io.WriteString(w, body)
		}))
		q := open(t, f, func(o *mollie.Options) { noisy(o); o.URL = s.URL })
		_, err = q.Authorize(t.Context(), a)
		note(err)
		s.Close()
		_, err = q.Authorize(t.Context(), a)
		note(err)
	}
	for _, secret := range []string{apiKey, reportKey, hookSecret, oldSecret, "buyer@example.org", "6787"} {
		if strings.Contains(said.String(), secret) {
			t.Errorf("%q was said:\n%s", secret, said.String())
		}
	}
	if !strings.Contains(said.String(), "/v2/payments") {
		t.Error("the log says nothing at all")
	}
}
