package stripe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/core/payment"
	"chargewright/plug/stripe"
)

// mockVersion is of github.com/stripe/stripe-mock: Stripe's own judge of requests.
const mockVersion = "v0.203.0"

// buildMock builds stripe-mock outside this module, of which it is no part.
// CHARGEWRIGHT_TEST_STRIPE_MOCK names one that is there already.
func buildMock(t *testing.T) string {
	t.Helper()
	if at := os.Getenv("CHARGEWRIGHT_TEST_STRIPE_MOCK"); at != "" {
		return at
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "go", "install", "github.com/stripe/stripe-mock@"+mockVersion)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		say := t.Skipf
		if os.Getenv("CI") != "" {
			say = t.Fatalf
		}
		say("stripe-mock cannot be built, which takes a Go toolchain and a module proxy: %v\n%s", err, out)
	}
	return filepath.Join(dir, "stripe-mock")
}

// judge passes requests on to stripe-mock, notes what it refused, and patches
// its canned answers into the state that a call needs.
type judge struct {
	http.Transport
	mu      sync.Mutex
	seen    map[string]int
	refused []string
	patch   map[string]object // by method and path
}

func (j *judge) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := j.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(a.Body)
	if err != nil {
		return nil, err
	}
	a.Body.Close()
	j.mu.Lock()
	defer j.mu.Unlock()
	call := r.Method + " " + r.URL.Path
	j.seen[call]++
	if a.StatusCode != http.StatusOK {
		j.refused = append(j.refused, call+": "+string(body))
	}
	if p := j.patch[call]; p != nil {
		var o object
		if err := json.Unmarshal(body, &o); err != nil {
			return nil, err
		}
		for k, v := range p {
			o[k] = v
		}
		if body, err = json.Marshal(o); err != nil {
			return nil, err
		}
	}
	a.Body, a.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return a, nil
}

// newJudge starts stripe-mock on a socket of its own.
func newJudge(t *testing.T) *judge {
	t.Helper()
	binary, dir := buildMock(t), t.TempDir()
	socket := filepath.Join(dir, "mock.sock")
	c := exec.CommandContext(t.Context(), binary, "-http-unix", socket)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	for n := 0; ; n++ {
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			break
		} else if n == 600 {
			t.Fatal("stripe-mock does not listen: ", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	j := &judge{seen: map[string]int{}, patch: map[string]object{}}
	j.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	t.Cleanup(j.CloseIdleConnections)
	return j
}

// Stripe's own description of its API takes every request that the adapter makes.
func TestStripeTakesEveryRequest(t *testing.T) {
	t.Parallel()
	j := newJudge(t)
	p, err := stripe.New(stripe.Options{Key: apiKey, URL: "http://stripe-mock", Uploads: "http://stripe-mock", Client: &http.Client{Transport: j}})
	if err != nil {
		t.Fatal(err)
	}
	held := object{"latest_charge": nil, "status": "requires_capture", "amount_capturable": 5000, "currency": "eur", "metadata": object{"payment": "pay_1", "via": "method"}}
	taken := object{"status": "succeeded", "amount_received": 5000, "currency": "eur", "metadata": object{"payment": "pay_1", "via": "method"}}
	asks := map[string]object{ // what the next read finds
		"GET /v1/checkout/sessions/cs_1": {"status": "open", "mode": "payment", "currency": "eur", "client_reference_id": "pay_1"},
		"GET /v1/payment_intents/pi_1":   held, "GET /v1/payment_intents/pi_2": taken,
		"POST /v1/payment_intents":              {"id": "pi_3", "currency": "eur", "metadata": object{}},
		"GET /v1/payment_intents/pi_3":          {"status": "requires_payment_method", "last_payment_error": nil, "currency": "eur", "metadata": object{"via": "reader"}},
		"GET /v1/disputes/dp_1":                 {"status": "needs_response"},
		"GET /v1/payment_methods/pm_1":          {"customer": "cus_1"},
		"POST /v1/checkout/sessions":            {"status": "open", "mode": "payment", "currency": "eur", "client_reference_id": "pay_1"},
		"POST /v1/payment_intents/pi_1/capture": taken, "POST /v1/payment_intents/pi_1/cancel": {"status": "canceled", "currency": "eur"},
		"POST /v1/payment_intents/pi_1/increment_authorization": held,
		"GET /v1/terminal/readers/tmr_1":                        {"action": object{"type": "process_payment_intent", "status": "in_progress", "process_payment_intent": object{"payment_intent": "pi_3"}}},
	}
	j.patch = asks
	ctx := t.Context()
	ask := payment.Ask{
		Payment: id.New("pay"), Key: "k", Amount: money.Amount{Minor: 5000, Currency: "EUR"}, Email: "a@example.org", Text: "Charging", Language: "de",
		Return: "https://example.org/back", Until: time.Now().Add(time.Hour),
	}
	with := func(change func(*payment.Ask)) payment.Ask { a := ask; change(&a); return a }
	change := func(ref string) payment.Change {
		return payment.Change{Payment: "pay_1", Ref: ref, Key: "k", Amount: money.Amount{Minor: 4000, Currency: "EUR"}, Reason: "faulty"}
	}
	more := change("pi_1")
	more.Amount.Minor = 6000
	charge := func(_ payment.Charge, err error) error { return err }
	for what, err := range map[string]error{
		"a page":               charge(p.Authorize(ctx, ask)),
		"a page that saves":    charge(p.Authorize(ctx, with(func(a *payment.Ask) { a.Save = true }))),
		"a page of a customer": charge(p.Authorize(ctx, with(func(a *payment.Ask) { a.Customer, a.Take = "cus_1", true }))),
		"saving":               charge(p.Save(ctx, ask)),
		"by method":            charge(p.Authorize(ctx, with(func(a *payment.Ask) { a.Customer, a.Method = "cus_1", "pm_1" }))),
		"by method, at once":   charge(p.Authorize(ctx, with(func(a *payment.Ask) { a.Customer, a.Method, a.Take = "cus_1", "pm_1", true }))),
		"find a page":          charge(p.Find(ctx, payment.Query{Ref: "cs_1"})),
		"find an intent":       charge(p.Find(ctx, payment.Query{Ref: "pi_1"})),
		"capture":              charge(p.Capture(ctx, change("pi_1"))),
		"increment":            charge(p.Increment(ctx, more)),
		"void":                 charge(p.Void(ctx, change("pi_1"))),
		"refund":               charge(p.Refund(ctx, change("pi_2"))),
		"forget":               p.Forget(ctx, "cus_1", "pm_1"),
		"contest":              p.Contest(ctx, "dp_1", payment.Evidence{Text: "x", Buyer: "a@example.org", Service: time.Now(), Document: []byte("%PDF-1.4")}),
		"present":              charge(p.Present(ctx, "tmr_1", ask)),
		"cancel":               p.Cancel(ctx, "tmr_1", "pi_3"),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := p.Void(ctx, change("cs_1")); err == nil { // it stays open, whatever one does to it
		t.Error("a page that stays open was closed")
	}
	p.Find(ctx, payment.Query{Payment: "pay_01890a5d-ac96-774b-bcce-b302099a8057"}) //nolint:errcheck // what it finds is canned; the requests are judged
	if _, err := p.Payout(ctx, payment.Payout{Key: "k", Account: "acct_1", Amount: ask.Amount, Text: "October"}); err != nil {
		t.Errorf("payout: %v", err)
	}
	if _, _, err := p.Movements(ctx, time.Now().Add(-time.Hour), ""); err != nil {
		t.Errorf("movements: %v", err)
	}
	if len(j.refused) > 0 {
		t.Errorf("refused:\n%s", strings.Join(j.refused, "\n"))
	}
	for _, call := range []string{
		"POST /v1/checkout/sessions", "POST /v1/checkout/sessions/cs_1/expire", "POST /v1/payment_intents", "POST /v1/payment_intents/pi_1/capture",
		"POST /v1/payment_intents/pi_1/cancel", "POST /v1/payment_intents/pi_1/increment_authorization", "POST /v1/refunds", "POST /v1/files",
		"POST /v1/disputes/dp_1", "POST /v1/payment_methods/pm_1/detach", "POST /v1/transfers", "POST /v1/terminal/readers/tmr_1/process_payment_intent",
		"POST /v1/terminal/readers/tmr_1/cancel_action", "GET /v1/balance_transactions", "GET /v1/checkout/sessions", "GET /v1/payment_intents",
		"GET /v1/payment_intents/search",
	} {
		if j.seen[call] == 0 {
			t.Errorf("%s was never called", call)
		}
	}
}
