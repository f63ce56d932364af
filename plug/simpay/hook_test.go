package simpay_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/money"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
)

// receiver takes webhooks, and answers as it is told.
type receiver struct {
	mu     sync.Mutex
	posts  []string // kind and id
	status int
	sim    *simpay.Sim
	bad    int // not signed
}

func (r *receiver) RoundTrip(q *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	d, err := r.sim.Webhook(q.Context(), q.Header.Get, body)
	if err != nil {
		r.bad++
	}
	r.posts = append(r.posts, d.Kind+" "+d.Event)
	return &http.Response{StatusCode: r.status, Body: http.NoBody, Request: q}, nil
}

func (r *receiver) took() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.posts
	r.posts = nil
	return out
}

// told runs fn in a bubble of time, with a Sim that calls a receiver.
func told(t *testing.T, fn func(s *simpay.Sim, r *receiver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{status: http.StatusNoContent}
		s := open(t, func(o *simpay.Options) {
			o.Webhook, o.Client = "https://charge.example.org/webhook", &http.Client{Transport: r}
		})
		r.sim = s
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		fn(s, r)
		cancel()
		<-done
		if r.bad > 0 {
			t.Errorf("%d webhooks were not signed", r.bad)
		}
	})
}

func pay(t *testing.T, s *simpay.Sim, name string) payment.Charge {
	t.Helper()
	c, err := s.Authorize(t.Context(), payment.Ask{Payment: name, Key: name, Amount: money.Amount{Minor: 900, Currency: "EUR"}})
	if err == nil {
		err = s.Pay(c.Ref, simpay.Good)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func kinds(posts []string) string {
	var out []string
	for _, p := range posts {
		kind, _, _ := strings.Cut(p, " ")
		out = append(out, kind)
	}
	return strings.Join(out, " ")
}

func TestWebhooksTell(t *testing.T) {
	told(t, func(s *simpay.Sim, r *receiver) {
		c := pay(t, s, "pay_1")
		synctest.Wait()
		if got := kinds(r.took()); got != "payment.held" {
			t.Errorf("told of %q", got)
		}
		if _, err := s.Capture(t.Context(), payment.Change{Ref: c.Ref, Key: "c", Amount: money.Amount{Minor: 500, Currency: "EUR"}}); err != nil {
			t.Fatal(err)
		}
		if err := s.Dispute(c.Ref, "fraudulent"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := kinds(r.took()); got != "payment.captured dispute.opened" {
			t.Errorf("told of %q", got)
		}
	})
}

func TestWebhooksMisbehave(t *testing.T) {
	told(t, func(s *simpay.Sim, r *receiver) {
		s.Misbehave(simpay.Mood{Twice: true, Shuffle: true, Late: time.Minute})
		c := pay(t, s, "pay_1")
		if err := s.Lapse(c.Ref); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		if got := r.took(); len(got) != 0 {
			t.Errorf("told too early of %v", got)
		}
		time.Sleep(time.Minute)
		got := r.took()
		if kinds(got) != "payment.released payment.released payment.held payment.held" || got[0] != got[1] || got[2] != got[3] {
			t.Errorf("told of %v", got)
		}
		s.Misbehave(simpay.Mood{Silent: true})
		pay(t, s, "pay_2")
		time.Sleep(time.Hour)
		if got := r.took(); len(got) != 0 {
			t.Errorf("told in silence of %v", got)
		}
	})
}

func TestWebhooksAreRepeatedUntilTheyAreTaken(t *testing.T) {
	told(t, func(s *simpay.Sim, r *receiver) {
		r.status = http.StatusInternalServerError
		pay(t, s, "pay_1")
		time.Sleep(2 * time.Minute)
		r.mu.Lock()
		r.status = http.StatusOK
		r.mu.Unlock()
		time.Sleep(24 * time.Hour)
		got := r.took()
		if len(got) < 3 || len(got) > 5 || got[0] != got[len(got)-1] {
			t.Errorf("told of %v", got)
		}
	})
}

func TestTheFileKeepsEverything(t *testing.T) {
	file := filepath.Join(t.TempDir(), "simpay.json")
	again := func() *simpay.Sim { return open(t, func(o *simpay.Options) { o.File = file }) }
	first := again()
	a := payment.Ask{Payment: "pay_1", Key: "k", Amount: money.Amount{Minor: 900, Currency: "EUR"}, Save: true, Take: true, Until: time.Now().Add(time.Hour)}
	c, err := first.Authorize(t.Context(), a)
	if err == nil {
		err = first.Pay(c.Ref, simpay.Good)
	}
	if err != nil {
		t.Fatal(err)
	}
	second := again()
	if got, want := text(t, second.Charges("")), text(t, first.Charges("")); got != want || !strings.Contains(want, `"taken"`) {
		t.Errorf("before %s, after %s", want, got)
	}
	if second.Balance("EUR") != first.Balance("EUR") || second.Balance("EUR") == 0 {
		t.Errorf("the balance is %d, it was %d", second.Balance("EUR"), first.Balance("EUR"))
	}
	if got, err := second.Authorize(t.Context(), a); err != nil || got.Ref != c.Ref {
		t.Errorf("the key makes %+v, %v", got, err)
	}
	m := second.Charges("")[0].Method
	if _, err := second.Authorize(t.Context(), payment.Ask{Payment: "pay_2", Key: "2", Amount: a.Amount, Method: m.Ref, Customer: m.Customer}); err != nil {
		t.Errorf("the saved method: %v", err)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAKeyIsForOneThing(t *testing.T) {
	s := open(t)
	a := payment.Ask{Payment: "pay_1", Key: "k", Amount: money.Amount{Minor: 900, Currency: "EUR"}}
	if _, err := s.Authorize(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	a.Amount.Minor = 901
	if c, err := s.Authorize(t.Context(), a); err == nil {
		t.Errorf("another amount under the key: %+v", c)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	for name, o := range map[string]simpay.Options{
		"no base": {Secrets: []string{"x"}}, "no secret": {Base: "https://x"}, "a slash at the end": {Base: "https://x/", Secrets: []string{"x"}},
		"no file": {Base: "https://x", Secrets: []string{"x"}, File: "."},
	} {
		if _, err := simpay.New(o); err == nil {
			t.Errorf("%s: it was made", name)
		}
	}
}

// Nothing that we did not sign is believed, whatever it looks like.
func FuzzWebhook(f *testing.F) {
	s, err := simpay.New(simpay.Options{Base: "https://pay.example.org", Secrets: []string{secret, "the one before"}})
	if err != nil {
		f.Fatal(err)
	}
	h, body := s.Sign(payment.Charge{Ref: "sim_1", Payment: "pay_1"}, "payment.held", time.Now())
	f.Add(h.Get(simpay.SignatureHeader), body)
	f.Add("t=1,v1=00", []byte(`{}`))
	f.Add("t=,v1=", []byte(nil))
	f.Add(",v1=zz,t=9", []byte(`null`))
	f.Fuzz(func(t *testing.T, signature string, b []byte) {
		d, err := s.Webhook(t.Context(), func(string) string { return signature }, b)
		at, _, _ := strings.Cut(strings.TrimPrefix(signature, "t="), ",")
		m := hmac.New(sha256.New, []byte(secret))
		m.Write([]byte(at + "."))
		m.Write(b)
		if err == nil && !strings.EqualFold(signature, "t="+at+",v1="+hex.EncodeToString(m.Sum(nil))) {
			t.Errorf("%q with %q is %+v", signature, b, d)
		}
	})
}
