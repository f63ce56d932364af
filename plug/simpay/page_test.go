package simpay_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"chargewright/base/money"
	"chargewright/core/payment"
	"chargewright/plug/simpay"
)

const back = "https://charge.example.org/pay/7?x=1"

// site is a Sim behind its own web server, and a browser that follows nothing.
type site struct {
	*testing.T
	sim    *simpay.Sim
	server *httptest.Server
}

func newSite(t *testing.T) *site {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	t.Cleanup(server.Close)
	s := open(t, func(o *simpay.Options) { o.Base = server.URL + "/simpay" })
	server.Config.Handler = s.Handler()
	return &site{t, s, server}
}

func (s *site) ask(minor int64, change ...func(*payment.Ask)) payment.Charge {
	s.Helper()
	a := payment.Ask{Payment: "pay_1", Key: "k", Amount: money.Amount{Minor: minor, Currency: "EUR"}, Text: "Laden <b>hier</b>", Language: "en", Return: back}
	for _, f := range change {
		f(&a)
	}
	call := s.sim.Authorize
	if minor == 0 {
		call = s.sim.Save
	}
	c, err := call(s.Context(), a)
	if err != nil {
		s.Fatal(err)
	}
	return c
}

type answer struct {
	status         int
	body, location string
	header         http.Header
}

func (s *site) do(r *http.Request) answer {
	s.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		s.Fatal(err)
	}
	return answer{a.StatusCode, string(b), a.Header.Get("Location"), a.Header}
}

func (s *site) get(address string) answer {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	return s.do(r)
}

func (s *site) press(address, act string, card simpay.Card) answer {
	s.Helper()
	form := url.Values{"act": {act}, "card": {string(card)}}
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.do(r)
}

func (s *site) is(c payment.Charge, want payment.Status) payment.Charge {
	s.Helper()
	got, err := s.sim.Find(s.Context(), payment.Query{Ref: c.Ref})
	if err != nil || got.Status != want {
		s.Errorf("it is %s, want %s: %v", got.Status, want, err)
	}
	return got
}

func (s *site) holds(a answer, status int, texts ...string) {
	s.Helper()
	if a.status != status {
		s.Errorf("status %d, want %d: %s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			s.Errorf("the page does not say %q:\n%s", text, a.body)
		}
	}
}

func TestThePageSaysThatItIsASimulation(t *testing.T) {
	s := newSite(t)
	c := s.ask(5050)
	a := s.get(c.URL)
	s.holds(a, 200, "Simulation.", "No money moves", "Reserve 50.50 EUR", "Laden &lt;b&gt;hier&lt;/b&gt;", `lang="en"`, `value="transfer"`)
	for _, never := range []string{"<script", "<b>hier", `type="text"`, `type="number"`, "cc-number"} {
		if strings.Contains(a.body, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "form-action 'self' https://charge.example.org") {
		t.Error(csp)
	}
	s.is(c, payment.Open)
	s.holds(s.get(s.server.URL+"/simpay/style.css"), 200, "--ground")
	s.holds(s.get(c.URL+"x"), 404)
	s.holds(s.get(s.server.URL+"/"), 404)
}

func TestThePageInGerman(t *testing.T) {
	s := newSite(t)
	c := s.ask(5050, func(a *payment.Ask) { a.Language, a.Take = "de", true })
	s.holds(s.get(c.URL), 200, `lang="de"`, "Es fließt kein Geld", "50,50 EUR bezahlen", "Überweisung")
}

func TestABuyerPaysOnThePage(t *testing.T) {
	s := newSite(t)
	c := s.ask(5050)
	if a := s.press(c.URL, "pay", simpay.GooglePay); a.status != http.StatusSeeOther || a.location != back {
		t.Errorf("%+v", a)
	}
	if got := s.is(c, payment.Held); got.Method.Wallet != "google_pay" {
		t.Errorf("%+v", got.Method)
	}
	s.holds(s.get(c.URL), 200, "This page is closed", "The amount is reserved", `href="https://charge.example.org/pay/7?x=1"`)
	s.press(c.URL, "pay", simpay.Good) // again, by the button of the browser
	if n := len(s.sim.Charges("pay_1")); n != 1 {
		t.Errorf("%d charges", n)
	}
	s.is(c, payment.Held)
}

func TestADeclinedBuyerTriesAnother(t *testing.T) {
	s := newSite(t)
	c := s.ask(5050)
	for card, code := range map[simpay.Card]string{simpay.Declined: "do_not_honor", simpay.NoFunds: "insufficient_funds", simpay.Expired: "expired_card"} {
		s.holds(s.press(c.URL, "pay", card), 200, `role="alert"`, code, "Choose another")
		s.is(c, payment.Open)
	}
	s.press(c.URL, "pay", simpay.Good)
	s.is(c, payment.Held)
}

func TestTheBankAsks(t *testing.T) {
	s := newSite(t)
	c := s.ask(5050)
	s.holds(s.press(c.URL, "pay", simpay.Challenged), 200, "3-D Secure", "Yes, it is me")
	s.press(c.URL, "pay", simpay.Good) // there is no way around
	s.is(c, payment.Open)
	s.holds(s.press(c.URL, "refuse", ""), 200, "authentication_failed", `value="good"`)
	s.is(c, payment.Open)
	s.press(c.URL, "pay", simpay.Challenged)
	if a := s.press(c.URL, "confirm", ""); a.status != http.StatusSeeOther {
		t.Errorf("%+v", a)
	}
	s.is(c, payment.Held)
}

// A charge without the buyer, whose bank wants them.
func TestTheBankAsksLater(t *testing.T) {
	s := newSite(t)
	first := s.ask(500, func(a *payment.Ask) { a.Save = true })
	s.press(first.URL, "pay", simpay.ConfirmLater)
	m := s.is(first, payment.Held).Method
	for i, act := range []string{"refuse", "confirm"} {
		c := s.ask(700, func(a *payment.Ask) {
			a.Method, a.Customer, a.Key, a.Payment = m.Ref, m.Customer, "later"+act, "pay_"+act
		})
		s.holds(s.get(c.URL), 200, "3-D Secure")
		s.press(c.URL, act, "")
		s.is(c, []payment.Status{payment.Refused, payment.Held}[i])
	}
}

func TestABuyerLeaves(t *testing.T) {
	s := newSite(t)
	c := s.ask(5050)
	if a := s.press(c.URL, "leave", simpay.Good); a.status != http.StatusSeeOther || a.location != back {
		t.Errorf("%+v", a)
	}
	s.is(c, payment.Open)
	nowhere := s.ask(100, func(a *payment.Ask) { a.Return, a.Key = "", "nowhere" })
	s.holds(s.press(nowhere.URL, "leave", ""), 200, "You left without paying")
	s.holds(s.press(nowhere.URL, "pay", simpay.Transfer), 200, "The amount is paid")
	s.is(nowhere, payment.Taken)
}

func TestSavingOnThePage(t *testing.T) {
	s := newSite(t)
	c := s.ask(0)
	s.holds(s.get(c.URL), 200, "Save a way to pay", "Nothing is taken now")
	s.press(c.URL, "pay", simpay.ApplePay)
	if got := s.is(c, payment.Released); got.Method.Ref == "" || got.Method.Wallet != "apple_pay" {
		t.Errorf("%+v", got.Method)
	}
	s.holds(s.get(c.URL), 200, "It is saved")
}

func TestFormsThatAreNotOurs(t *testing.T) {
	s := newSite(t)
	c := s.ask(5050)
	s.holds(s.press(c.URL, "pay", "4242424242424242"), 400)
	s.holds(s.press(c.URL+"x", "pay", simpay.Good), 404)
	s.holds(s.press(c.URL, strings.Repeat("x", 5000), simpay.Good), 400)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL, strings.NewReader("act=pay&card=good"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	s.holds(s.do(r), 403)
	s.is(c, payment.Open)
	for _, bad := range []string{"javascript:alert(1)", "//evil.example.org", "ftp://x", "/path"} {
		a := payment.Ask{Payment: "p", Key: "bad" + bad, Amount: money.Amount{Minor: 1, Currency: "EUR"}, Return: bad}
		if _, err := s.sim.Authorize(t.Context(), a); err == nil {
			t.Errorf("a return to %q", bad)
		}
	}
}

// A card is shown to a reader on its page, which tells what it asks for.
func TestThePageOfAReader(t *testing.T) {
	s := newSite(t)
	at := s.server.URL + "/simpay/readers/reader_1"
	if a := s.get(at); a.status != http.StatusOK || !strings.Contains(a.body, "asks for nothing") || !strings.Contains(a.body, `http-equiv="refresh"`) {
		t.Fatalf("idle: %d %s", a.status, a.body)
	}
	if a := s.get(s.server.URL + "/simpay/readers/nobody"); a.status != http.StatusNotFound {
		t.Errorf("a reader that is not there: %d", a.status)
	}
	present := func(key string) payment.Charge {
		c, err := s.sim.Present(t.Context(), "reader_1", payment.Ask{Payment: key, Key: key, Amount: money.Amount{Minor: 5000, Currency: "EUR"}, Text: "Laden <b>hier</b>", Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := present("pay_1")
	page := s.get(at)
	for _, want := range []string{"50.00", "Laden &lt;b&gt;hier", `value="good"`, `value="no_funds"`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.body, `value="transfer"`) {
		t.Error("a reader takes bank transfers")
	}
	if a := s.press(at, "show", "nothing"); a.status != http.StatusBadRequest {
		t.Errorf("a card that is none: %d", a.status)
	}
	s.press(at, "unplug", "")
	s.press(at, "show", "good") // it is not connected
	s.is(c, payment.Open)
	s.press(at, "plug", "")
	s.holds(s.press(at, "show", "good"), http.StatusSeeOther)
	s.is(c, payment.Held)
	c = present("pay_2")
	s.press(at, "show", "no_funds")
	s.is(c, payment.Refused)
}
