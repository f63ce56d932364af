package pay

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/core/terminal"
)

// After how many seconds a screen beside a reader looks again, and goes back to the
// list for the next customer.
const (
	listAgain  = 15
	stateAgain = 2
	offerEnds  = 90
	sorryEnds  = 20
	linkEnds   = 45
)

// screen is what the page shows beside a reader.
type screen struct {
	Base   string // its own address
	Name   string
	Site   string
	Lang   string
	Other  string // the same page in the other language
	Tongue string // the other language, in its own words
	Bays   []bayTile
	List   bool
	Visit  *screenVisit
}

type bayTile struct{ Href, Number, Power, Plugs, Price, Hold, Blocked string }

// screenVisit is a visit that began at a terminal.
type screenVisit struct {
	Word, Note, Number, Hold, Leave string
	Over                            bool // nothing more comes of it here
	Link                            string
	QR                              *code
}

// code is a QR code as the path of its dark modules.
type code struct {
	Side int
	Path string
}

func drawCode(text string) *code {
	q, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil
	}
	const quiet = 4 // modules
	n := q.Bounds().Dx()
	var path strings.Builder
	for y := range n {
		for x := range n {
			if r, _, _, _ := q.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return &code{n + 2*quiet, path.String()}
}

// codeOf is by what the EVSE of a bay is found.
func codeOf(b station.Bay) string {
	if b.Number != "" {
		return b.Number
	}
	return b.Station + ":" + strconv.FormatInt(b.EVSE.EVSE, 10)
}

// readTerminal returns the terminal of a screen.
func readTerminal(tx *store.Tx, r *http.Request) (terminal.Terminal, error) {
	t, found, err := terminal.ByScreen(tx, r.PathValue("screen"))
	if err == nil && !found {
		err = fail.New(fail.NotFound, "pay.readTerminal", "there is no such screen")
	}
	return t, err
}

// takes is the provider whose reader takes cards at a terminal, "" if it does not at
// the moment.
func (s *server) takes(t terminal.Terminal) string {
	if slices.Contains(s.Readers, t.Provider) {
		return t.Provider
	}
	return ""
}

// frame is what all pages of a screen have.
func (s *server) frame(r *http.Request, t terminal.Terminal, at station.Place) (*screen, string) {
	lang := tongue(r, tariff.LanguageOf(at.Country))
	x := &screen{Base: "/pay/at/" + url.PathEscape(r.PathValue("screen")), Name: t.Name, Site: at.Name, Lang: lang, Tongue: "Deutsch"}
	other := "de"
	if lang == "de" {
		other, x.Tongue = "en", "English"
	}
	x.Other = r.URL.EscapedPath() + "?lang=" + other
	return x, lang
}

// home is the list of a screen, in its language.
func (x *screen) home() string { return x.Base + "?lang=" + x.Lang }

// bays is the page of a screen that waits for a customer.
func (s *server) bays(w http.ResponseWriter, r *http.Request) {
	type shown struct {
		terminal terminal.Terminal
		at       station.Place
		offers   []billing.AdHoc
	}
	v, err := store.Read(r.Context(), s.DB, func(tx *store.Tx) (v shown, err error) {
		if v.terminal, err = readTerminal(tx, r); err == nil {
			v.at, v.offers, err = terminal.Offers(tx, v.terminal)
		}
		return v, err
	})
	if err != nil {
		s.trouble(w, r, tongue(r, ""), err, "")
		return
	}
	x, lang := s.frame(r, v.terminal, v.at)
	t := vocabulary[lang]
	x.List = true
	for _, a := range v.offers {
		c := place{a}.view(t, lang, s.takes(v.terminal), codeOf(a.Bay), wish{})
		x.Bays = append(x.Bays, bayTile{
			Href: x.Base + "/e/" + url.PathEscape(c.Code) + "?lang=" + lang, Number: c.Code, Power: c.Power, Plugs: strings.Join(c.Plugs, ", "), Price: c.Price, Hold: c.Hold, Blocked: c.Blocked,
		})
	}
	out := view{T: t, Lang: lang, Title: t.Pay, Screen: x, Refresh: listAgain}
	if v.terminal.Retired() || len(x.Bays) == 0 {
		out.Problem = t.OutOfService
	}
	s.show(w, r, http.StatusOK, out)
}

// offered is an EVSE that a screen shows.
type offered struct {
	terminal terminal.Terminal
	offer    billing.AdHoc
}

func readOffered(tx *store.Tx, r *http.Request) (o offered, err error) {
	if o.terminal, err = readTerminal(tx, r); err == nil {
		o.offer, err = terminal.OfferAt(tx, o.terminal, r.PathValue("code"))
	}
	return o, err
}

// bay is the page of an EVSE with its price and what will be held.
func (s *server) bay(w http.ResponseWriter, r *http.Request) {
	o, err := store.Read(r.Context(), s.DB, func(tx *store.Tx) (offered, error) { return readOffered(tx, r) })
	if err != nil {
		s.trouble(w, r, tongue(r, ""), err, "/pay/at/"+url.PathEscape(r.PathValue("screen")))
		return
	}
	x, lang := s.frame(r, o.terminal, o.offer.Site)
	s.offer(w, r, http.StatusOK, x, o, vocabulary[lang], "")
}

// offer shows an EVSE on a screen, with why it cannot be started where it cannot.
func (s *server) offer(w http.ResponseWriter, r *http.Request, code int, x *screen, o offered, t words, why string) {
	c := place{o.offer}.view(t, x.Lang, s.takes(o.terminal), codeOf(o.offer.Bay), wish{})
	v := view{T: t, Lang: x.Lang, Title: c.Site, Charger: c, Screen: x, Back: x.home(), Refresh: offerEnds, Next: x.home()}
	if c.Notice = why; c.Blocked != "" {
		c.Notice = ""
	}
	s.show(w, r, code, v)
}

// begin has the reader ask for a card.
func (s *server) begin(w http.ResponseWriter, r *http.Request) {
	type made struct {
		offered
		begun terminal.Begun
	}
	m, err := store.Do(r.Context(), s.DB, "terminal/"+r.PathValue("screen"), func(tx *store.Tx) (m made, err error) {
		if m.offered, err = readOffered(tx, r); err != nil {
			return m, err
		}
		if s.takes(m.terminal) == "" {
			m.begun.No = terminal.Blocked
			return m, nil
		}
		x, lang := s.frame(r, m.terminal, m.offer.Site)
		m.begun, err = terminal.Begin(tx, m.terminal, terminal.Order{
			Code: r.PathValue("code"), Version: r.PostFormValue("version"), Language: lang, Text: cut(vocabulary[lang].Charging+" "+x.Site, 100),
			Return: func(secret string) string { return s.Base() + "/pay/v/" + secret },
		})
		return m, err
	})
	if err != nil {
		s.trouble(w, r, tongue(r, ""), err, "/pay/at/"+url.PathEscape(r.PathValue("screen")))
		return
	}
	x, lang := s.frame(r, m.terminal, m.offer.Site)
	t := vocabulary[lang]
	if no := m.begun.No; no != "" {
		s.offer(w, r, http.StatusConflict, x, m.offered, t, t.Noes[no])
		return
	}
	if err := s.Ask(r.Context(), m.begun.Payment.ID); err != nil {
		s.Log.WarnContext(r.Context(), "a card reader does not answer", "terminal", m.terminal.ID, "payment", m.begun.Payment.ID, "err", err)
	}
	http.Redirect(w, r, x.Base+"/v/"+m.begun.Secret+"?lang="+lang, http.StatusSeeOther)
}

// readAt is a visit that began at the terminal of a screen.
func (s *server) readAt(r *http.Request) (terminal.Terminal, follow, error) {
	t, err := store.Read(r.Context(), s.DB, func(tx *store.Tx) (terminal.Terminal, error) { return readTerminal(tx, r) })
	if err != nil {
		return t, follow{}, err
	}
	f, err := s.open(r)
	if err == nil && f.guest.Terminal != t.ID {
		err = fail.New(fail.NotFound, "pay.readAt", "no such visit began at the terminal")
	}
	return t, f, err
}

// beside shows a visit to who stands before the reader, until the next may.
func (s *server) beside(w http.ResponseWriter, r *http.Request) {
	t, f, err := s.readAt(r)
	if err == nil && s.looked(r, f) {
		t, f, err = s.readAt(r)
	}
	if err != nil {
		s.trouble(w, r, tongue(r, ""), err, "/pay/at/"+url.PathEscape(r.PathValue("screen")))
		return
	}
	x, lang := s.frame(r, t, station.Place{Name: f.site.Name, Country: f.site.Country})
	v := view{T: vocabulary[lang], Lang: lang, Title: vocabulary[lang].Pay, Screen: x, Next: x.home()}
	x.Visit, v.Refresh = s.besideVisit(r, x, f, vocabulary[lang])
	if v.Refresh == stateAgain {
		v.Next = ""
	}
	s.show(w, r, http.StatusOK, v)
}

func (s *server) besideVisit(r *http.Request, x *screen, f follow, t words) (*screenVisit, int) {
	g := f.guest
	v := &screenVisit{Word: t.States[g.State], Number: f.number, Hold: t.amount(g.Hold, f.pay.Currency)}
	secret := r.PathValue("secret")
	switch g.State {
	case driver.GuestPaying:
		v.Word, v.Note, v.Leave = t.ShowCard, t.ShowCardNote, x.Base+"/v/"+url.PathEscape(secret)+"/leave?lang="+x.Lang
		if f.pay.Ref == "" {
			v.Word = t.ReaderAsked
		}
		return v, stateAgain
	case driver.GuestUnpaid, driver.GuestFailed:
		v.Note, v.Over = t.reason(g.Reason), true
		return v, sorryEnds
	case driver.GuestAsking:
		v.Note = t.AskingNote
	case driver.GuestPlugIn:
		v.Note = t.PlugInNote
	}
	short := driver.Short(secret)
	v.Link = s.Base() + shortPath + short
	v.QR = drawCode(v.Link)
	v.Link = v.Link[:len(v.Link)-len(short)] + short[:4] + "-" + short[4:8] + "-" + short[8:]
	if g.State == driver.GuestAsking {
		return v, stateAgain
	}
	v.Over = true
	return v, linkEnds
}

// leave ends a visit that waits for its card.
func (s *server) leave(w http.ResponseWriter, r *http.Request) {
	t, f, err := s.readAt(r)
	if err == nil {
		_, err = store.Do(r.Context(), s.DB, "guest/"+f.guest.ID, func(tx *store.Tx) (driver.Guest, error) { return terminal.Leave(tx, t, f.guest.ID) })
	}
	if err != nil && !fail.Is(err, fail.Conflict) { // paid meanwhile: its page says so
		s.trouble(w, r, tongue(r, ""), err, "/pay/at/"+url.PathEscape(r.PathValue("screen")))
		return
	}
	x, _ := s.frame(r, t, station.Place{Country: f.site.Country})
	to := x.home()
	if err != nil {
		to = x.Base + "/v/" + url.PathEscape(r.PathValue("secret")) + "?lang=" + x.Lang
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// shortPath is where a short address of a visit begins.
const shortPath = "/r/"

// short leads from the short address of a visit to its page.
func (s *server) short(w http.ResponseWriter, r *http.Request) {
	if _, err := s.open(r); err != nil {
		s.trouble(w, r, tongue(r, ""), err, "/pay")
		return
	}
	http.Redirect(w, r, "/pay/v/"+driver.Short(r.PathValue("secret")), http.StatusSeeOther)
}

// guesses bounds the short secrets of nobody that come from one address: twenty, and
// then one each half minute.
const (
	guessRate  = 1.0 / 30
	guessBurst = 20
)

// open reads the visit whose secret the address holds. An address from which short
// ones were tried too often is Busy.
func (s *server) open(r *http.Request) (follow, error) {
	secret, from := r.PathValue("secret"), s.Proxies.Of(r)
	short := driver.Short(secret) != ""
	if short && s.guesses.Spent(from, time.Now()) {
		return follow{}, fail.New(fail.Busy, "pay.open", "too many addresses were tried")
	}
	f, err := store.Read(r.Context(), s.DB, func(tx *store.Tx) (follow, error) { return readVisit(tx, secret) })
	if short && fail.Is(err, fail.NotFound) {
		s.guesses.Take(from, time.Now())
	}
	return f, err
}
